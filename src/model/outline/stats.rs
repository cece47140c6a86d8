//! What the members of a group come to together.

/// The steps into which a doubling of lifetimes is divided.
const STEPS: u32 = 8;

/// How a member is counted, in 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share(u16);

const BUCKET: u16 = 511;
const FAILED: u16 = 512;
const COUNTED: u16 = 1024;
const MATCHED: u16 = 2048;

impl Share {
    pub(super) fn new(lifetime_ns: u64, failed: bool) -> Self {
        Share(bucket(lifetime_ns) | if failed { FAILED } else { 0 })
    }

    /// It has a row when nothing is folded, and whether it matches itself.
    pub(super) fn with(self, counted: bool, matched: bool) -> Self {
        let bits = self.0 & (BUCKET | FAILED);
        Share(bits | if counted { COUNTED } else { 0 } | if matched { MATCHED } else { 0 })
    }
}

/// The sums over those members that are counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    pub(super) counted: u32,
    pub(super) matched: u32,
    pub(super) failed: u32,
    /// How many lived so long, by buckets, shortest first: those of one kind live about equally long, so they are few.
    lifetimes: Vec<(u16, u32)>,
}

impl Stats {
    /// Nobody is counted.
    pub(super) fn clear(&mut self) {
        self.lifetimes.clear();
        (self.counted, self.matched, self.failed) = (0, 0, 0);
    }

    pub(super) fn add(&mut self, share: Share) {
        if share.0 & COUNTED == 0 {
            return;
        }
        self.counted += 1;
        self.matched += u32::from(share.0 & MATCHED != 0);
        self.failed += u32::from(share.0 & FAILED != 0);
        let bucket = share.0 & BUCKET;
        match self.lifetimes.binary_search_by_key(&bucket, |&(bucket, _)| bucket) {
            Ok(at) => {
                if let Some((_, count)) = self.lifetimes.get_mut(at) {
                    *count += 1;
                }
            }
            Err(at) => self.lifetimes.insert(at, (bucket, 1)),
        }
    }

    /// Takes away what was added.
    pub(super) fn remove(&mut self, share: Share) {
        if share.0 & COUNTED == 0 {
            return;
        }
        self.counted = self.counted.saturating_sub(1);
        self.matched = self.matched.saturating_sub(u32::from(share.0 & MATCHED != 0));
        self.failed = self.failed.saturating_sub(u32::from(share.0 & FAILED != 0));
        let bucket = share.0 & BUCKET;
        let Ok(at) = self.lifetimes.binary_search_by_key(&bucket, |&(bucket, _)| bucket) else { return };
        match self.lifetimes.get_mut(at) {
            Some((_, count)) if *count > 1 => *count -= 1,
            _ => {
                self.lifetimes.remove(at);
            }
        }
    }

    /// The lifetime that so many of a hundred do not exceed, in nanoseconds: at most a sixteenth off.
    pub(super) fn percentile(&self, percent: u32) -> u64 {
        let wanted = (u64::from(self.counted) * u64::from(percent)).div_ceil(100).max(1);
        let mut found = 0;
        for &(bucket, count) in &self.lifetimes {
            found += u64::from(count);
            if found >= wanted {
                return middle(bucket);
            }
        }
        0
    }
}

/// Lifetimes below eight nanoseconds have a bucket each, longer ones eight buckets for each doubling.
fn bucket(ns: u64) -> u16 {
    let bucket = match ns.checked_ilog2() {
        Some(doublings) if doublings >= 3 => {
            u64::from((doublings - 2) * STEPS) + ((ns >> (doublings - 3)) & u64::from(STEPS - 1))
        }
        _ => ns,
    };
    u16::try_from(bucket).unwrap_or(BUCKET).min(BUCKET)
}

/// What stands for all lifetimes of a bucket.
fn middle(bucket: u16) -> u64 {
    let (doublings, step) = (u32::from(bucket) / STEPS, u64::from(bucket) % u64::from(STEPS));
    match doublings.checked_sub(1) {
        None => step,
        Some(shift) => {
            let least = (u64::from(STEPS) + step).checked_shl(shift).unwrap_or(u64::MAX);
            least.saturating_add((1u64 << shift) / 2)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shares_add_up_and_go_again() {
        let counted = |ns, failed| Share::new(ns, failed).with(true, true);
        let mut stats = Stats::default();
        for ns in [10, 20, 30, 40_000] {
            stats.add(counted(ns * 1_000_000, ns == 30));
        }
        stats.add(Share::new(1, true).with(false, false));
        assert_eq!((stats.counted, stats.matched, stats.failed), (4, 4, 1));
        let near = |found: u64, ms: u64| found.abs_diff(ms * 1_000_000) <= ms * 1_000_000 / 16;
        assert!(near(stats.percentile(50), 20) && near(stats.percentile(99), 40_000));
        stats.remove(counted(40_000_000_000, false));
        assert!(near(stats.percentile(99), 30), "{}", stats.percentile(99));
        assert_eq!(stats.lifetimes.len(), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_bucket_is_at_most_a_sixteenth_off(ns in any::<u64>(), shift in 0..64u32) {
            let ns = ns >> shift;
            let off = middle(bucket(ns)).abs_diff(ns);
            prop_assert!(off <= ns / 16, "{ns} {off}");
            prop_assert!(bucket(ns) <= bucket(ns.saturating_add(1)));
        }
    }
}
