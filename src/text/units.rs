//! Numbers for people. Everything is cut, never rounded up, so that a larger value never shows as a smaller one.

use std::borrow::Cow;

use crate::model::event::WaitStatus;

/// A length of time in at most six columns: `340ns` `1.2µs` `12µs` `3.4ms` `182ms` `12.4s` `3m05s` `2h07m` `3d04h`
/// `412d` `31y`. Cut to what is shown; a year is 365 days.
pub fn duration(ns: u64) -> String {
    const US: u64 = 1_000;
    const MS: u64 = 1_000 * US;
    const S: u64 = 1_000 * MS;
    const MIN: u64 = 60 * S;
    const H: u64 = 60 * MIN;
    const D: u64 = 24 * H;
    match ns {
        _ if ns < US => format!("{ns}ns"),
        _ if ns < MS => small(ns, US, 10, "µs"),
        _ if ns < S => small(ns, MS, 10, "ms"),
        _ if ns < MIN => small(ns, S, 60, "s"),
        _ if ns < H => format!("{}m{:02}s", ns / MIN, ns % MIN / S),
        _ if ns < D => format!("{}h{:02}m", ns / H, ns % H / MIN),
        _ if ns < 100 * D => format!("{}d{:02}h", ns / D, ns % D / H),
        _ if ns < 10_000 * D => format!("{}d", ns / D),
        _ => format!("{}y", ns / (365 * D)),
    }
}

/// `value` in `unit`s, with one decimal below `decimal_below` of them.
fn small(value: u64, unit: u64, decimal_below: u64, name: &str) -> String {
    let whole = value / unit;
    if whole < decimal_below {
        // The remainder is below `unit`: at most 2^60 here, so ten of them do not overflow.
        format!("{whole}.{}{name}", value % unit * 10 / unit)
    } else {
        format!("{whole}{name}")
    }
}

/// An amount of memory in at most five columns, by powers of 1024: `512B` `1.6M` `88M` `1023K`. Cut.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["K", "M", "G", "T", "P", "E"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let mut unit = 1024u64;
    for name in UNITS {
        if bytes / unit < 1024 {
            return small(bytes, unit, 10, name);
        }
        unit = unit.saturating_mul(1024);
    }
    // Not reached: 64 bits end at 16E.
    format!("{bytes}B")
}

/// A number with thousands separated: `48,211`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Events per second: `0/s` `3.4/s` `1,204/s`. Cut; what is not a positive number is 0.
pub fn rate(per_second: f64) -> String {
    // `as` maps NaN and negative numbers to 0 and what is too large to the maximum.
    let tenths = (per_second * 10.0) as u64;
    match tenths {
        0 => "0/s".to_owned(),
        1..100 => format!("{}.{}/s", tenths / 10, tenths % 10),
        _ => format!("{}/s", count(tenths / 10)),
    }
}

/// The name of a signal by Linux's numbers (x86, ARM and most others) with `SIG`. Real-time ones are counted as
/// `kill -l` does, from glibc's `SIGRTMIN` = 34 to `SIGRTMAX` = 64; a number without a name is `signal 77`.
pub fn signal_name(signal: u8) -> Cow<'static, str> {
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    match signal {
        34 => Cow::Borrowed("SIGRTMIN"),
        35..=63 => Cow::Owned(format!("SIGRTMIN+{}", signal - 34)),
        64 => Cow::Borrowed("SIGRTMAX"),
        _ => match usize::from(signal).checked_sub(1).and_then(|index| NAMES.get(index)) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("signal {signal}")),
        },
    }
}

/// How a process ended: `exit 0`, `exit 3`, `SIGKILL`, `SIGSEGV, core dumped`.
pub fn status(status: WaitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) if status.core_dumped() => format!("{}, core dumped", signal_name(signal)),
        (Some(signal), _) => signal_name(signal).into_owned(),
        (None, code) => format!("exit {}", code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const S: u64 = 1_000_000_000;
    const D: u64 = 86_400 * S;

    #[test]
    fn duration_table() {
        let cases = [
            (0, "0ns"),
            (340, "340ns"),
            (999, "999ns"),
            (1_000, "1.0µs"),
            (12_999, "12µs"),
            (999_999, "999µs"),
            (3_456_000, "3.4ms"),
            (9_999_999, "9.9ms"),
            (182_000_000, "182ms"),
            (S - 1, "999ms"),
            (12_460_000_000, "12.4s"),
            (60 * S - 1, "59.9s"),
            (60 * S, "1m00s"),
            (185 * S, "3m05s"),
            (3600 * S - 1, "59m59s"),
            (7620 * S, "2h07m"),
            (D - 1, "23h59m"),
            (3 * D + 4 * 3600 * S, "3d04h"),
            (100 * D - 1, "99d23h"),
            (100 * D, "100d"),
            (10_000 * D - 1, "9999d"),
            (10_000 * D, "27y"),
            (u64::MAX, "584y"),
        ];
        for (ns, expected) in cases {
            assert_eq!(duration(ns), expected, "{ns}");
        }
    }

    #[test]
    fn bytes_table() {
        const M: u64 = 1 << 20;
        let cases = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.0K"),
            (512 * 1024, "512K"),
            (M - 1, "1023K"),
            (M * 17 / 10, "1.6M"),
            (88 * M + 5, "88M"),
            (10 * M - 1, "9.9M"),
            (u64::MAX, "15E"),
        ];
        for (value, expected) in cases {
            assert_eq!(bytes(value), expected, "{value}");
        }
    }

    #[test]
    fn counts_and_rates() {
        assert_eq!(
            [0, 999, 1000, 48_211, 1_234_567].map(count),
            ["0", "999", "1,000", "48,211", "1,234,567"].map(str::to_owned)
        );
        let rates = [0.0, 0.09, 3.49, 9.99, 10.9, 1204.7, -1.0, f64::NAN];
        assert_eq!(
            rates.map(rate),
            ["0/s", "0/s", "3.4/s", "9.9/s", "10/s", "1,204/s", "0/s", "0/s"].map(str::to_owned)
        );
    }

    /// The system's own table is the oracle for the names that it knows.
    #[test]
    fn signal_names() {
        for signal in nix::sys::signal::Signal::iterator() {
            assert_eq!(signal_name(signal as u8), signal.as_str());
        }
        assert_eq!(
            [0, 32, 33, 34, 37, 63, 64, 65, 77, 127].map(signal_name),
            [
                "signal 0",
                "signal 32",
                "signal 33",
                "SIGRTMIN",
                "SIGRTMIN+3",
                "SIGRTMIN+29",
                "SIGRTMAX",
                "signal 65",
                "signal 77",
                "signal 127"
            ]
        );
    }

    #[test]
    fn status_reads_like_a_sentence() {
        assert_eq!(status(WaitStatus::exited(0)), "exit 0");
        assert_eq!(status(WaitStatus::exited(3)), "exit 3");
        assert_eq!(status(WaitStatus::signaled(9, false)), "SIGKILL");
        assert_eq!(status(WaitStatus::signaled(11, true)), "SIGSEGV, core dumped");
    }

    /// What a text of [`duration`] or [`bytes`] stands for, in the smallest unit, read back by the table of units.
    fn value(text: &str, units: &[(&str, f64)]) -> f64 {
        let mut rest = text;
        let mut sum = 0.0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap();
            let (number, after) = rest.split_at(digits);
            let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let unit = units.iter().find(|(name, _)| *name == &after[..end]).unwrap().1;
            sum += number.parse::<f64>().unwrap() * unit;
            rest = &after[end..];
        }
        sum
    }

    fn duration_value(ns: u64) -> f64 {
        let s = 1e9;
        let units = [
            ("ns", 1.0),
            ("µs", 1e3),
            ("ms", 1e6),
            ("s", s),
            ("m", 60.0 * s),
            ("h", 3600.0 * s),
            ("d", 86_400.0 * s),
        ];
        value(&duration(ns), &[&units[..], &[("y", 365.0 * 86_400.0 * s)]].concat())
    }

    fn bytes_value(n: u64) -> f64 {
        let units = ["B", "K", "M", "G", "T", "P", "E"];
        let units: Vec<_> = units.iter().enumerate().map(|(i, u)| (*u, 1024f64.powi(i as i32))).collect();
        value(&bytes(n), &units)
    }

    /// Every order of magnitude as often as any other, and values close together.
    fn pairs() -> impl Strategy<Value = (u64, u64)> {
        (any::<u64>(), 0u32..64, any::<u64>(), 0u32..64)
            .prop_map(|(value, shift, step, step_shift)| (value >> shift, step >> step_shift))
            .prop_map(|(low, step)| (low, low.saturating_add(step)))
    }

    proptest! {
        #[test]
        fn narrow_and_monotone((low, high) in pairs()) {
            prop_assert!(duration(low).chars().count() <= 6);
            prop_assert!(bytes(low).chars().count() <= 5);
            prop_assert!(duration_value(low) <= duration_value(high));
            prop_assert!(bytes_value(low) <= bytes_value(high));
            // Read back from decimal digits, in floating point: one part in 10^12 is its noise, not a rounding up.
            prop_assert!(duration_value(low) <= low as f64 * (1.0 + 1e-12));
        }
    }
}
