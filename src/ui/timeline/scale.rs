//! Which time stands in which column.

/// A time of the boot clock, in nanoseconds. Signed: the window may begin before the machine did.
pub(super) type Time = i64;

/// A time as the model has it.
pub(super) fn time(ns: u64) -> Time {
    Time::try_from(ns).unwrap_or(Time::MAX)
}

/// The same the other way round; what was before the clock began is its beginning.
pub(super) fn clock(at: Time) -> u64 {
    u64::try_from(at).unwrap_or(0)
}

const S: u64 = 1_000_000_000;
const MIN: u64 = 60 * S;
const H: u64 = 60 * MIN;
const D: u64 = 24 * H;

/// The shortest time that a column stands for, in nanoseconds: what comes later than it was stamped, by a switch between
/// CPUs, is in the same order.
pub(super) const FINEST: u64 = 100;

/// The longest: with it a column for each of the 584 years of 64 bits would do.
const COARSEST: u64 = 10_000 * D;

/// Round times from a minute to a day.
const LONG: [u64; 10] = [MIN, 2 * MIN, 5 * MIN, 10 * MIN, 20 * MIN, 30 * MIN, H, 2 * H, 6 * H, 12 * H];

/// All round times from [`FINEST`] to [`COARSEST`], ascending: below a minute and from a day on 1, 2 and 5 with noughts.
fn round_times() -> impl DoubleEndedIterator<Item = u64> {
    let decade = |unit: u64| [unit, 2 * unit, 5 * unit];
    let short = (2..11).map(|power| 10u64.pow(power)).flat_map(decade).filter(|&ns| ns < 50 * S);
    let days = [D, 10 * D, 100 * D, 1_000 * D].into_iter().flat_map(decade);
    short.chain([30 * S]).chain(LONG).chain(days).chain([COARSEST])
}

/// The shortest round time that is not below `ns`; the longest there is.
pub(super) fn round_up(ns: u64) -> u64 {
    round_times().find(|&round| round >= ns).unwrap_or(COARSEST)
}

/// The next shorter, or longer, round time.
pub(super) fn step(ns: u64, longer: bool) -> u64 {
    if longer {
        round_times().find(|&round| round > ns).unwrap_or(COARSEST)
    } else {
        round_times().rev().find(|&round| round < ns).unwrap_or(FINEST)
    }
}

/// A window over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scale {
    /// The left edge of the first column.
    pub(super) start: Time,
    /// The time that a column stands for, in nanoseconds; never 0.
    pub(super) per_column: u64,
    pub(super) columns: usize,
}

impl Scale {
    pub(super) fn new(start: Time, per_column: u64, columns: usize) -> Self {
        Self { start, per_column: per_column.max(1), columns }
    }

    fn length(self) -> i128 {
        i128::from(self.per_column.max(1))
    }

    /// The left edge of a column, be it on the screen or not.
    pub(super) fn time_of(self, column: i64) -> Time {
        let at = i128::from(self.start) + i128::from(column) * self.length();
        Time::try_from(at.clamp(Time::MIN.into(), Time::MAX.into())).unwrap_or(self.start)
    }

    /// The right edge of the last column.
    pub(super) fn end(self) -> Time {
        self.time_of(i64::try_from(self.columns).unwrap_or(i64::MAX))
    }

    /// The column in which a time lies, be it on the screen or not.
    pub(super) fn column_of(self, at: Time) -> i64 {
        let column = (i128::from(at) - i128::from(self.start)).div_euclid(self.length());
        i64::try_from(column).unwrap_or(if column < 0 { i64::MIN } else { i64::MAX })
    }

    /// The same, where that is on the screen.
    pub(super) fn visible_column_of(self, at: Time) -> Option<usize> {
        usize::try_from(self.column_of(at)).ok().filter(|&column| column < self.columns)
    }

    /// The eighths of columns before a time, of those on the screen; those that it lies in count where `up`.
    pub(super) fn eighths(self, at: Time, up: bool) -> usize {
        let eighths = (i128::from(at) - i128::from(self.start)) * 8 + if up { self.length() - 1 } else { 0 };
        let most = self.columns.saturating_mul(8);
        let found = eighths.div_euclid(self.length()).max(0);
        usize::try_from(found).unwrap_or(most).min(most)
    }

    /// The same window with a column for another time, so that `at` stays in its column.
    pub(super) fn zoomed(self, per_column: u64, at: Time) -> Self {
        let column = i128::from(self.column_of(at));
        let start = i128::from(at) - column * i128::from(per_column.max(1));
        let start = Time::try_from(start).unwrap_or(if start < 0 { Time::MIN } else { Time::MAX });
        Self::new(start, per_column, self.columns)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scales_are_round() {
        let all: Vec<u64> = round_times().collect();
        assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
        assert_eq!(all[..4], [100, 200, 500, 1000]);
        assert_eq!(
            (round_up(0), round_up(101), round_up(11 * S), round_up(21 * S)),
            (100, 200, 20 * S, 30 * S)
        );
        assert_eq!((step(S, true), step(S, false), step(3 * S, false)), (2 * S, S / 2, 2 * S));
        assert_eq!((step(FINEST, false), step(u64::MAX, true)), (FINEST, COARSEST));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_time_is_in_its_column(start in -(1i64 << 40)..1i64 << 60, per in 1u64..1 << 50, column in 0usize..300) {
            let scale = Scale::new(start, per, 300);
            let at = scale.time_of(column as i64);
            prop_assert_eq!(scale.visible_column_of(at), Some(column));
            prop_assert_eq!(scale.column_of(at - 1), column as i64 - 1);
            prop_assert!(scale.eighths(at, false) == column * 8 && scale.eighths(at, true) == column * 8);
        }

        /// Whatever the zoom, the cursor's time keeps its column.
        #[test]
        fn zooming_keeps_a_time_in_its_column(
            start in -(1i64 << 40)..1i64 << 60, per in 100u64..1 << 50, to in 100u64..1 << 50, at in 0i64..300 << 20,
        ) {
            let scale = Scale::new(start, per, 300);
            let at = start.saturating_add(at);
            prop_assert_eq!(scale.zoomed(to, at).column_of(at), scale.column_of(at));
        }

        #[test]
        fn nothing_overflows(start: i64, per: u64, at: i64, to: u64, column: i64) {
            let scale = Scale::new(start, per, 200);
            let zoomed = scale.zoomed(to, at);
            prop_assert!(zoomed.eighths(at, true) <= 1600 && zoomed.eighths(at, false) <= zoomed.eighths(at, true));
            prop_assert!(scale.end() >= scale.start);
            scale.time_of(column);
        }
    }
}
