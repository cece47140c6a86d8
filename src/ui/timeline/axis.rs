//! The axis: round times, and how they are written.

use super::scale::{Scale, Time, round_up};
use crate::text;

const S: u64 = 1_000_000_000;

/// A label of the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    /// The column in which its time lies.
    pub(super) column: usize,
    pub(super) label: String,
}

/// The columns between labels at least.
const ROOM: u64 = 9;

/// The labels from left to right: round times counted from `origin`, none in another one's way.
pub(super) fn ticks(scale: Scale, origin: Time) -> Vec<Tick> {
    let step = round_up(scale.per_column.saturating_mul(ROOM));
    let relative = |at: Time| i128::from(at) - i128::from(origin);
    let first = relative(scale.start).div_euclid(i128::from(step));
    let mut ticks = Vec::new();
    let mut free = 0;
    for number in (first..).take(scale.columns + 2) {
        let Ok(at) = i64::try_from(number * i128::from(step)) else { break };
        let column = scale.column_of(origin.saturating_add(at));
        let Some(column) = usize::try_from(column).ok().filter(|&column| column >= free) else { continue };
        if column >= scale.columns {
            break;
        }
        let label = instant(at, step);
        if column + 1 + text::width(&label) > scale.columns {
            break;
        }
        free = column + text::width(&label) + 2;
        ticks.push(Tick { column, label });
    }
    ticks
}

/// A time since the beginning, as exact as `precision` nanoseconds ask for: `+1.25s` `-3m05s` `+250µs` `0`.
pub(super) fn instant(ns: i64, precision: u64) -> String {
    let sign = match ns {
        0 => return "0".to_owned(),
        1.. => '+',
        _ => '-',
    };
    format!("{sign}{}", length(ns.unsigned_abs(), precision))
}

/// A length of time, as exact as `precision` nanoseconds ask for: `1.25s` `3m05.5s` `250µs` `2h07m`.
pub(super) fn length(ns: u64, precision: u64) -> String {
    match ns {
        0..1_000 => format!("{ns}ns"),
        1_000..1_000_000 => decimal(ns, 1_000, precision, 1) + "µs",
        1_000_000..S => decimal(ns, 1_000_000, precision, 1) + "ms",
        _ if ns < 60 * S => decimal(ns, S, precision, 1) + "s",
        _ => {
            let (minutes, rest) = (ns / (60 * S), ns % (60 * S));
            let seconds = decimal(rest, S, precision, 2);
            let seconds = if precision.is_multiple_of(60 * S) { String::new() } else { seconds + "s" };
            match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
                (0, 0, minutes) => format!("{minutes}m{seconds}"),
                (0, hours, minutes) => format!("{hours}h{minutes:02}m{seconds}"),
                (days, hours, minutes) if precision < 60 * S => {
                    format!("{days}d{hours:02}h{minutes:02}m{seconds}")
                }
                (days, hours, 0) => format!("{days}d{hours:02}h"),
                (days, hours, minutes) => format!("{days}d{hours:02}h{minutes:02}m"),
            }
        }
    }
}

/// `ns` in `unit`s with so many digits before the point at least, and behind it as many as tell times apart that are
/// `precision` from each other.
fn decimal(ns: u64, unit: u64, precision: u64, digits: usize) -> String {
    let whole = format!("{:0digits$}", ns / unit);
    let (mut rest, mut scale, mut decimals) = (ns % unit, unit, String::new());
    while scale > 1 && !precision.is_multiple_of(scale) {
        scale /= 10;
        decimals += &(rest / scale).to_string();
        rest %= scale;
    }
    if decimals.is_empty() { whole } else { format!("{whole}.{decimals}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn times_are_as_exact_as_is_wanted() {
        let cases = [
            (0, MS, "0"),
            (250_000, 50_000, "+250µs"),
            (1_250_000, 50_000, "+1.25ms"),
            (500_000_000, 500 * MS, "+500ms"),
            (1_234_567_890, MS, "+1.234s"),
            (-1_500_000_000, 500 * MS, "-1.5s"),
            (5_000_000_000, 5 * S, "+5s"),
            (185_000_000_000, S, "+3m05s"),
            (185_500_000_000, 500 * MS, "+3m05.5s"),
            (180_000_000_000, 60 * S, "+3m"),
            (7_620_000_000_000, 60 * S, "+2h07m"),
            (100_000_000_000_000, 60 * S, "+1d03h46m"),
            (86_400_000_000_000, 86_400 * S, "+1d00h"),
            (800, 100, "+800ns"),
        ];
        for (ns, precision, shown) in cases {
            assert_eq!(instant(ns, precision), shown);
        }
    }

    #[test]
    fn labels_stand_at_their_times_and_apart() {
        let scale = Scale::new(10_000_000_000, 100 * MS, 60);
        let shown: Vec<_> =
            ticks(scale, 10_000_000_000).into_iter().map(|tick| (tick.column, tick.label)).collect();
        let wanted = [(0, "0"), (10, "+1s"), (20, "+2s"), (30, "+3s"), (40, "+4s"), (50, "+5s")];
        assert_eq!(shown, wanted.map(|(column, label)| (column, label.to_owned())));
        for per in (2..17).map(|power| 10u64.pow(power)).flat_map(|per| [per, per * 3, per * 7]) {
            for start in [-5_000_000_000, 0, 7, 3_600_000_000_000] {
                let ticks = ticks(Scale::new(start, per, 80), 11);
                assert!(!ticks.is_empty() && ticks.len() <= 10, "{per} {start}");
                let ends = ticks.iter().map(|tick| tick.column + text::width(&tick.label));
                let begins = ticks.iter().map(|tick| tick.column).skip(1).chain([usize::MAX]);
                assert!(ends.zip(begins).all(|(end, next)| end < next), "{ticks:?}");
                assert!(ticks.iter().all(|tick| tick.column + text::width(&tick.label) < 80));
            }
        }
    }
}
