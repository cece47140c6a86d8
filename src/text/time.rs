//! Wall-clock time as text. Cut, never rounded up: no event is shown in a second that it was not in.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

const NS_PER_SECOND: i64 = 1_000_000_000;

/// `2026-11-21T09:13:07.123456789Z`: RFC 3339 in UTC, always with nine digits. For many of them see [`Stamps`].
pub fn wall_time(wall_ns: i64) -> String {
    Stamps::utc().show(wall_ns).to_owned()
}

/// `12:03:44.120`: the time of day in `zone`. For many of them see [`Stamps`].
pub fn time_of_day(wall_ns: i64, zone: &TimeZone) -> String {
    Stamps::time_of_day(zone.clone()).show(wall_ns).to_owned()
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Rfc3339,
    TimeOfDay,
}

/// Writes stamps of one style. Neighbouring events mostly fall into the same second, so the calendar is
/// asked only when the second changes.
#[derive(Clone, Debug)]
pub struct Stamps {
    style: Style,
    zone: TimeZone,
    /// The second that the beginning of `text` stands for.
    second: Option<i64>,
    /// How much of `text` is the same within a second.
    whole: usize,
    text: String,
}

impl Stamps {
    /// As [`wall_time`] shows it.
    pub fn utc() -> Self {
        Self::new(Style::Rfc3339, TimeZone::UTC)
    }

    /// As [`time_of_day`] shows it.
    pub fn time_of_day(zone: TimeZone) -> Self {
        Self::new(Style::TimeOfDay, zone)
    }

    fn new(style: Style, zone: TimeZone) -> Self {
        Self { style, zone, second: None, whole: 0, text: String::new() }
    }

    /// The text for `wall_ns` nanoseconds since 1970.
    pub fn show(&mut self, wall_ns: i64) -> &str {
        let second = wall_ns.div_euclid(NS_PER_SECOND);
        let ns = wall_ns.rem_euclid(NS_PER_SECOND);
        if self.second != Some(second) {
            self.show_second(second);
        }
        self.text.truncate(self.whole);
        // Writing to a String cannot fail.
        _ = match self.style {
            Style::Rfc3339 => write!(self.text, "{ns:09}Z"),
            Style::TimeOfDay => write!(self.text, "{:03}", ns / 1_000_000),
        };
        &self.text
    }

    fn show_second(&mut self, second: i64) {
        // Nanoseconds in 64 bits reach from 1677 to 2262, well inside the calendar.
        let at = self.zone.to_datetime(Timestamp::from_second(second).unwrap_or_default());
        self.text.clear();
        if matches!(self.style, Style::Rfc3339) {
            _ = write!(self.text, "{:04}-{:02}-{:02}T", at.year(), at.month(), at.day());
        }
        _ = write!(self.text, "{:02}:{:02}:{:02}.", at.hour(), at.minute(), at.second());
        self.whole = self.text.len();
        self.second = Some(second);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wall_time_has_nine_digits() {
        assert_eq!(wall_time(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(wall_time(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(wall_time(1_795_252_387_123_456_789), "2026-11-21T09:13:07.123456789Z");
        assert_eq!(wall_time(i64::MIN), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(wall_time(i64::MAX), "2262-04-11T23:47:16.854775807Z");
    }

    #[test]
    fn time_of_day_follows_the_zone_and_is_cut() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(time_of_day(1_795_252_387_123_999_999, &zone), "11:13:07.123");
        assert_eq!(time_of_day(1_795_252_387_123_999_999, &TimeZone::UTC), "09:13:07.123");
    }

    proptest! {
        /// The calendar crate is the oracle, and the cached second must not leak into the next stamp.
        #[test]
        fn stamps_agree_with_the_calendar(start: i64, steps in proptest::collection::vec(0i64..3_000_000_000, 0..20)) {
            let (mut stamps, mut at) = (Stamps::utc(), start);
            for step in steps {
                at = at.saturating_add(step);
                let expected = format!("{:.9}", Timestamp::from_nanosecond(at.into()).unwrap());
                prop_assert_eq!(stamps.show(at), expected);
            }
        }
    }
}
