//! How much happens: totals, the rate now, and the last two minutes second by second.

use super::Model;

const TENTH_NS: u64 = 100_000_000;
/// Tenths of a second that are kept: a second for the rate now, and the one that is under way.
const TENTHS: usize = 11;
/// Seconds that are kept for sparklines.
pub const SECONDS: usize = 120;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Forks.
    Fork,
    /// Execs.
    Exec,
    /// Exits.
    Exit,
    /// Exits with a code other than 0, and deaths by signal.
    Failed,
}

impl Counted {
    /// All of them.
    pub const ALL: [Counted; 4] = [Counted::Fork, Counted::Exec, Counted::Exit, Counted::Failed];
}

/// A ring of counts for equal stretches of time.
#[derive(Clone, Debug)]
pub(super) struct Buckets<const N: usize> {
    counts: [u32; N],
    /// The stretch that is counted in now.
    newest: u64,
}

impl<const N: usize> Buckets<N> {
    pub(super) const fn new() -> Self {
        Self { counts: [0; N], newest: 0 }
    }

    fn slot(stretch: u64) -> usize {
        usize::try_from(stretch % N as u64).unwrap_or(0)
    }

    /// The stretch that was counted in last.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    pub(super) fn add(&mut self, stretch: u64, more: u32) {
        if stretch > self.newest {
            let gone = (stretch - self.newest).min(N as u64);
            for passed in stretch + 1 - gone..=stretch {
                self.counts[Self::slot(passed)] = 0;
            }
            self.newest = stretch;
        }
        if stretch + N as u64 > self.newest {
            let count = &mut self.counts[Self::slot(stretch)];
            *count = count.saturating_add(more);
        }
    }

    /// Takes back what was counted in a stretch, if that is still kept.
    pub(super) fn take_back(&mut self, stretch: u64, less: u32) {
        if stretch <= self.newest && stretch + N as u64 > self.newest {
            let count = &mut self.counts[Self::slot(stretch)];
            *count = count.saturating_sub(less);
        }
    }

    pub(super) fn get(&self, stretch: u64) -> u32 {
        let kept = stretch <= self.newest && stretch + N as u64 > self.newest;
        if kept { self.counts[Self::slot(stretch)] } else { 0 }
    }
}

#[derive(Clone, Debug)]
struct Series {
    total: u64,
    tenths: Buckets<TENTHS>,
    seconds: Buckets<SECONDS>,
}

/// Counts over time.
#[derive(Clone, Debug)]
pub struct Rates {
    series: [Series; 4],
}

impl Default for Rates {
    fn default() -> Self {
        Self::new()
    }
}

impl Rates {
    /// Nothing counted.
    pub const fn new() -> Self {
        const EMPTY: Series = Series { total: 0, tenths: Buckets::new(), seconds: Buckets::new() };
        Self { series: [EMPTY; 4] }
    }

    pub(super) fn count(&mut self, what: Counted, time_ns: u64) {
        let series = &mut self.series[what as usize];
        series.total = series.total.saturating_add(1);
        series.tenths.add(time_ns / TENTH_NS, 1);
        series.seconds.add(time_ns / (10 * TENTH_NS), 1);
    }

    /// How many ever.
    pub fn total(&self, what: Counted) -> u64 {
        self.series[what as usize].total
    }

    /// How many in the second that ended with the last full tenth before `now_ns`.
    pub fn per_second(&self, what: Counted, now_ns: u64) -> u32 {
        let tenth = now_ns / TENTH_NS;
        let tenths = &self.series[what as usize].tenths;
        (1..=10).map(|back| tenths.get(tenth.saturating_sub(back))).fold(0, u32::saturating_add)
    }

    /// The counts of the last `seconds` full seconds before `now_ns` (at most [`SECONDS`] − 1), oldest first.
    pub fn history(&self, what: Counted, now_ns: u64, seconds: usize) -> impl Iterator<Item = u32> + '_ {
        let second = now_ns / (10 * TENTH_NS);
        let series = &self.series[what as usize].seconds;
        let back = seconds.min(SECONDS - 1) as u64;
        (1..=back).rev().map(move |back| second.checked_sub(back).map_or(0, |at| series.get(at)))
    }
}

impl Model {
    /// Now, whatever instant is looked at, of a clock that stands at `now_ns`: while it stands at an instant of the past, the
    /// latest of which something is known. Boot clock, in nanoseconds.
    pub fn present_ns(&self, now_ns: u64) -> u64 {
        if self.instant().is_some() { self.latest_ns.max(now_ns) } else { now_ns }
    }

    /// The instant as of which rates are asked for at `now_ns`: of a stream that has ended, the end of its last tenth of a
    /// second, in which nothing is to come.
    pub fn rates_ns(&self, now_ns: u64) -> u64 {
        let is_its_end = self.account.is_some() && now_ns >= self.latest_ns;
        if is_its_end { now_ns.saturating_add(TENTH_NS) } else { now_ns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 10 * TENTH_NS;

    #[test]
    fn a_steady_rate_is_shown_as_it_is_and_fades_with_time() {
        let mut rates = Rates::new();
        for i in 0..200 {
            rates.count(Counted::Fork, 10 * SECOND + i * SECOND / 100);
        }
        assert_eq!(rates.per_second(Counted::Fork, 12 * SECOND), 100);
        assert_eq!(rates.per_second(Counted::Fork, 12 * SECOND + SECOND / 2), 50);
        assert_eq!(rates.per_second(Counted::Fork, 14 * SECOND), 0);
        assert_eq!(rates.total(Counted::Fork), 200);
        assert_eq!(rates.history(Counted::Fork, 13 * SECOND, 4).collect::<Vec<_>>(), [0, 100, 100, 0]);
        assert_eq!(
            rates.history(Counted::Fork, 13 * SECOND + 130 * SECOND, 3).collect::<Vec<_>>(),
            [0, 0, 0]
        );
    }

    #[test]
    fn time_that_goes_back_a_little_is_counted_and_time_long_gone_is_not() {
        let mut rates = Rates::new();
        rates.count(Counted::Exit, 100 * SECOND);
        rates.count(Counted::Exit, 100 * SECOND - TENTH_NS);
        assert_eq!(rates.per_second(Counted::Exit, 100 * SECOND + TENTH_NS), 2);
        rates.count(Counted::Exit, 0);
        assert_eq!(rates.total(Counted::Exit), 3);
        assert_eq!(rates.per_second(Counted::Exit, 100 * SECOND + TENTH_NS), 2);
        rates.count(Counted::Exit, u64::MAX);
        assert_eq!(rates.total(Counted::Exit), 4);
    }
}
