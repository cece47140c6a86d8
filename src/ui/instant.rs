//! An instant as one types it: a time of day, or how far from the start or from the end.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span as Days, Timestamp};

use super::filters::Mistake;
use crate::model::filter::parse_duration_ns;
use crate::text;

/// Days that are tried for a time of day.
const DAYS: i64 = 400;

/// What instants are told by, in nanoseconds of the boot clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When the tracing began.
    pub(super) begun_ns: u64,
    /// The first instant that is kept.
    pub(super) first_ns: u64,
    /// The end, or now.
    pub(super) last_ns: u64,
    /// To be added for wall time since 1970 (UTC).
    pub(super) wall_offset_ns: i64,
}

/// The instant that a text means, on the boot clock in nanoseconds. It need not be one that is kept.
///
/// # Errors
/// What is wrong with the text, and where.
pub(super) fn parse(text: &str, span: &Span, zone: &TimeZone) -> Result<u64, Mistake> {
    let trimmed = text.trim();
    let mistake = |message: String| Mistake {
        at: text.len() - text.trim_start().len(),
        len: trimmed.len(),
        message: text::sanitise(message.as_bytes()).into_owned(),
    };
    let length = |length: &str| parse_duration_ns(length).map_err(mistake);
    if let Some(after) = trimmed.strip_prefix('+') {
        return Ok(span.begun_ns.saturating_add(length(after)?));
    }
    if let Some(before) = trimmed.strip_prefix('-') {
        return Ok(span.last_ns.saturating_sub(length(before)?));
    }
    if let Some(percent) = trimmed.strip_suffix('%') {
        let percent = percent.trim().parse::<u8>().ok().filter(|&percent| percent <= 100);
        let percent = percent.ok_or_else(|| mistake("write 0% to 100% of what is kept".to_owned()))?;
        let kept = u128::from(span.last_ns.saturating_sub(span.first_ns)) * u128::from(percent) / 100;
        return Ok(span.first_ns.saturating_add(u64::try_from(kept).unwrap_or(u64::MAX)));
    }
    let time = trimmed.parse::<Time>().ok().filter(|_| trimmed.contains(':'));
    time.and_then(|time| at_time_of_day(time, span, zone)).ok_or_else(|| {
        mistake("write a time of day (14:03:22), +12.5s from the start, -30s from the end, or 50%".to_owned())
    })
}

/// The latest such time that is kept; if none is, that on the day of the end.
fn at_time_of_day(time: Time, span: &Span, zone: &TimeZone) -> Option<u64> {
    let wall = i128::from(span.last_ns) + i128::from(span.wall_offset_ns);
    let last = zone.to_datetime(Timestamp::from_nanosecond(wall).ok()?).date();
    let on_day = |days: i64| {
        let date = last.checked_sub(Days::new().days(days)).ok()?;
        let wall = zone.to_timestamp(date.to_datetime(time)).ok()?.as_nanosecond();
        Some(u64::try_from(wall - i128::from(span.wall_offset_ns)).unwrap_or(0))
    };
    let kept = |at_ns: &u64| (span.first_ns..=span.last_ns).contains(at_ns);
    let of_days = (0..DAYS).map_while(on_day);
    of_days
        .take_while(|&at_ns| at_ns >= span.first_ns || at_ns > span.last_ns)
        .find(kept)
        .or_else(|| on_day(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    /// From 23:59:40 to 00:00:20 UTC; before 23:59:50 not all is kept.
    fn span() -> Span {
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let wall_offset_ns = midnight.as_nanosecond() as i64 - (1000 * S) as i64;
        Span { begun_ns: 980 * S, first_ns: 990 * S, last_ns: 1020 * S, wall_offset_ns }
    }

    fn at(text: &str) -> Option<f64> {
        let ns = parse(text, &span(), &TimeZone::UTC).ok()?;
        Some((ns as f64 - 1000.0 * S as f64) / S as f64)
    }

    #[test]
    fn instants_are_told_from_the_start_and_from_the_end() {
        assert_eq!(at("+12.5s"), Some(-7.5));
        assert_eq!(at(" -30s "), Some(-10.0));
        assert_eq!(at("-500"), Some(19.5), "a bare number is milliseconds, as elsewhere");
        assert_eq!((at("0%"), at("50%"), at("100 %")), (Some(-10.0), Some(5.0), Some(20.0)));
        assert_eq!(at("+1h"), Some(3580.0), "it need not be kept");
        assert_eq!(at("-1h"), Some(-1000.0), "nothing is before the boot");
    }

    #[test]
    fn a_time_of_day_is_that_of_the_day_on_which_it_is_kept() {
        assert_eq!((at("00:00:05"), at("00:00:05.25"), at("0:00")), (Some(5.0), Some(5.25), None));
        assert_eq!((at("23:59:55"), at("00:00")), (Some(-5.0), Some(0.0)));
        assert_eq!(at("00:01"), Some(60.0), "behind the end");
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(parse("09:00:01", &span(), &zone).ok(), Some(1001 * S));
    }

    #[test]
    fn what_is_no_instant_is_told_where_it_is() {
        for text in ["", "soon", "14", "25:00", "14:61", "+", "-x", "+-5s", "101%", "%", "1403", "\x1b[2J"] {
            let mistake = parse(&format!(" {text}"), &span(), &TimeZone::UTC).unwrap_err();
            assert!(mistake.at + mistake.len <= text.len() + 1, "{mistake:?}");
            assert!(!mistake.message.is_empty() && !mistake.message.contains('\x1b'));
        }
    }
}
