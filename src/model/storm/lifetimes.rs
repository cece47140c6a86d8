//! Lifetimes of many processes, as a histogram of fixed size.

/// Parts of each power of two: a quantile is off by at most a sixteenth of itself, about 6 %.
const PARTS: usize = 8;
/// Powers of two: from 2^10 ns, about a microsecond, to 2^42, more than an hour. What is outside counts at the border.
const LOWEST: u32 = 10;
const POWERS: usize = 32;
const BUCKETS: usize = POWERS * PARTS;

/// A histogram with logarithmic buckets, 1 KiB.
#[derive(Clone, Default)]
pub struct Lifetimes {
    /// Made at the first one.
    counts: Option<Box<[u32; BUCKETS]>>,
    total: u64,
}

impl std::fmt::Debug for Lifetimes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lifetimes(of {})", self.total)
    }
}

impl Lifetimes {
    /// Counts so many of so many nanoseconds.
    pub(super) fn add(&mut self, ns: u64, weight: u32) {
        let counts = self.counts.get_or_insert_with(|| Box::new([0; BUCKETS]));
        if let Some(count) = counts.get_mut(bucket(ns)) {
            *count = count.saturating_add(weight);
            self.total = self.total.saturating_add(weight.into());
        }
    }

    /// Forgets them, and keeps the room.
    pub(super) fn clear(&mut self) {
        if self.total > 0
            && let Some(counts) = &mut self.counts
        {
            counts.fill(0);
        }
        self.total = 0;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The lifetime that `percent` of them did not exceed, in nanoseconds and within a sixteenth; `None` of none.
    pub fn quantile(&self, percent: u8) -> Option<u64> {
        let wanted = (self.total.saturating_mul(percent.into())).div_ceil(100).max(1);
        let mut seen = 0u64;
        let found = self.counts.as_ref()?.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        });
        found.filter(|_| self.total > 0).map(middle)
    }
}

fn bucket(ns: u64) -> usize {
    let ns = ns.max(1 << LOWEST);
    let power = ns.ilog2();
    let part = (ns - (1 << power)) >> (power - 3);
    let power = usize::try_from(power - LOWEST).unwrap_or(usize::MAX);
    power.saturating_mul(PARTS).saturating_add(usize::try_from(part).unwrap_or(0)).min(BUCKETS - 1)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let (power, part) = (bucket / PARTS, (bucket % PARTS) as u64);
    let base = 1u64 << (LOWEST as usize + power);
    base + base / 16 * (2 * part + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_off_by_a_sixteenth_at_most() {
        for ns in
            (0..300).map(|n: i32| 1.1f64.powi(n) * 1_100.0).map(|ns| ns as u64).filter(|&ns| ns < 1 << 42)
        {
            let mut lifetimes = Lifetimes::default();
            lifetimes.add(ns, 1);
            let told = lifetimes.quantile(50).expect("one");
            assert!(told.abs_diff(ns) <= ns / 16 + 1, "{ns} told as {told}");
        }
    }

    #[test]
    fn quantiles_divide_what_was_counted() {
        let mut lifetimes = Lifetimes::default();
        assert_eq!(lifetimes.quantile(50), None);
        for ms in 1..=1000u64 {
            lifetimes.add(ms * 1_000_000, 1);
        }
        for (percent, ms) in [(1, 10.0), (50, 500.0), (99, 990.0), (100, 1000.0)] {
            let told = lifetimes.quantile(percent).expect("many") as f64 / 1e6;
            assert!((told / ms - 1.0).abs() < 0.07, "p{percent}: {told} ms");
        }
        lifetimes.add(0, 1);
        lifetimes.add(u64::MAX, 1);
        assert_eq!((lifetimes.total(), lifetimes.quantile(0).is_some()), (1002, true));
        lifetimes.clear();
        assert_eq!((lifetimes.total(), lifetimes.quantile(99)), (0, None));
    }
}
