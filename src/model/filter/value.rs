//! The values of comparisons: durations, sizes, numbers, signals and names.

use std::str::FromStr;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::field::{EventKind, State};
use super::{quote, suggest};

/// The largest signal number that a wait status can carry.
const MAX_SIGNAL: u8 = 126;
/// glibc's `SIGRTMIN` and `SIGRTMAX`.
const FIRST_REAL_TIME: u8 = 34;
const LAST_REAL_TIME: u8 = 64;
/// `MAX_ERRNO` of include/linux/err.h.
const MAX_ERRNO: u32 = 4095;

/// The errors that an exec can fail with, for the most part.
pub(super) const LIKELY_ERRORS: [&str; 12] = [
    "ENOENT",
    "EACCES",
    "ENOEXEC",
    "EPERM",
    "E2BIG",
    "ENOTDIR",
    "ENOMEM",
    "ETXTBSY",
    "ELOOP",
    "EFAULT",
    "ELIBBAD",
    "ENAMETOOLONG",
];

/// Reads a duration, as in `50ms`, `1s500ms`, `1.5s`, `2min`; a bare number is in milliseconds. Returns nanoseconds.
///
/// # Errors
/// One line that says what is wrong and how to write it.
pub fn parse_duration_ns(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let parsed =
        if bare { humantime::parse_duration(&format!("{text}ms")) } else { humantime::parse_duration(text) };
    let too_long = || format!("{} is too long a duration, or finer than a nanosecond", quote(text));
    match parsed {
        Ok(duration) => nanoseconds(duration).ok_or_else(too_long),
        Err(humantime::DurationError::NumberOverflow) => Err(too_long()),
        Err(_) => Err(format!(
            "{} is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds",
            quote(text)
        )),
    }
}

fn nanoseconds(duration: Duration) -> Option<u64> {
    u64::try_from(duration.as_nanos()).ok()
}

/// Reads a size, as in `512K`, `100M`, `1.5G`, `16MiB`; a bare number is in bytes, the suffixes are powers of 1024.
/// Returns bytes, fractions of a byte rounded down.
///
/// # Errors
/// One line that says what is wrong and how to write it.
pub fn parse_size_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let wrong = || format!("{} is not a size; write 512K, 100M, 1.5G or a number of bytes", quote(text));
    let end = text.bytes().position(|b| !b.is_ascii_digit() && b != b'.').unwrap_or(text.len());
    let (digits, suffix) = text.split_at_checked(end).ok_or_else(wrong)?;
    let shift = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(wrong());
    }
    let too_large = || format!("{} is too large a size", quote(text));
    let whole = whole.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).ok_or_else(too_large)?;
    whole.checked_add(fraction_of(fraction, 1 << shift)).ok_or_else(too_large)
}

/// `0.digits × unit`, rounded down; digits beyond the twelfth change nothing that matters.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut scale = 1u128;
    let mut sum = 0u128;
    for digit in digits.bytes().take(12).map(|b| u128::from(b.saturating_sub(b'0'))) {
        scale *= 10;
        sum = sum * 10 + digit;
    }
    u64::try_from(sum * u128::from(unit) / scale).unwrap_or(u64::MAX)
}

/// Reads a process id.
pub(super) fn pid(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{} is not a process id", quote(text)))
}

/// Reads the id of a session: that of the process that began it.
pub(super) fn session(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{} is not a session; that is the number of a process", quote(text)))
}

/// Reads a number of things.
pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{} is not a number", quote(text)))
}

/// Reads an error: its number, or its name in any case.
pub(super) fn errno(text: &str) -> Result<u32, String> {
    if let Ok(number @ 1..=MAX_ERRNO) = text.parse() {
        return Ok(number);
    }
    let name = match text.to_ascii_uppercase().as_str() {
        "EWOULDBLOCK" => "EAGAIN".to_owned(),
        "EDEADLOCK" => "EDEADLK".to_owned(),
        "ENOTSUP" => "EOPNOTSUPP".to_owned(),
        name => name.to_owned(),
    };
    let known = (1..=MAX_ERRNO).filter_map(|number| Some((number, errno_by_number(number)?)));
    let found = known.clone().find(|(_, errno)| format!("{errno:?}") == name);
    found.map(|(number, _)| number).ok_or_else(|| match suggest::hint(text, LIKELY_ERRORS) {
        hint if hint.is_empty() => {
            format!("{} is not an error; write ENOENT or a number from 1 to {MAX_ERRNO}", quote(text))
        }
        hint => format!("{} is not an error{hint}", quote(text)),
    })
}

fn errno_by_number(number: u32) -> Option<Errno> {
    let errno = Errno::from_raw(i32::try_from(number).ok()?);
    (errno != Errno::UnknownErrno).then_some(errno)
}

/// Reads an exit code.
pub(super) fn exit_code(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("{} is not an exit code; those are 0 to 255", quote(text)))
}

/// Reads a user: a number is a uid, anything else a name.
pub(super) fn user(text: &str, names: &dyn Fn(&str) -> Option<u32>) -> Result<u32, String> {
    if let Ok(uid) = text.parse() {
        return Ok(uid);
    }
    names(text).ok_or_else(|| format!("unknown user {}; write a user's name or number", quote(text)))
}

/// Reads a signal: its number, or its name in any case, with or without `SIG`, as the screen and the events write it.
pub(super) fn signal(text: &str) -> Result<u8, String> {
    let upper = text.to_ascii_uppercase();
    // Of a number without a name `signal 33` is written.
    if let Ok(number) = upper.strip_prefix("SIGNAL ").unwrap_or(&upper).parse::<u8>()
        && (1..=MAX_SIGNAL).contains(&number)
    {
        return Ok(number);
    }
    let name = match upper.strip_prefix("SIG").unwrap_or(&upper) {
        "IOT" => "ABRT",
        "POLL" => "IO",
        "CLD" => "CHLD",
        other => other,
    };
    if let Some(number) = real_time_signal(name) {
        return Ok(number);
    }
    let known = || Signal::iterator().map(|signal| signal.as_str().trim_start_matches("SIG"));
    match Signal::from_str(&format!("SIG{name}")) {
        Ok(signal) => u8::try_from(signal as i32).map_err(|_| format!("{} is not a signal", quote(text))),
        Err(_) => match suggest::hint(name, known().chain(["RTMIN", "RTMAX"])) {
            hint if hint.is_empty() => {
                Err(format!("{} is not a signal; write KILL, SIGKILL or a number from 1 to 126", quote(text)))
            }
            hint => Err(format!("{} is not a signal{hint}", quote(text))),
        },
    }
}

/// The number of `RTMIN+3` or `RTMAX-3`: as `kill -l` counts them.
fn real_time_signal(name: &str) -> Option<u8> {
    let after = |name: &str, sign: char| {
        let digits = if name.is_empty() { "0" } else { name.strip_prefix(sign)? };
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u8>().ok()).flatten()
    };
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => FIRST_REAL_TIME.checked_add(after(rest, '+')?)?,
        (None, Some(rest)) => LAST_REAL_TIME.checked_sub(after(rest, '-')?)?,
        (None, None) => return None,
    };
    (FIRST_REAL_TIME..=LAST_REAL_TIME).contains(&number).then_some(number)
}

/// Reads a kind of event.
pub(super) fn event(text: &str) -> Result<EventKind, String> {
    one_of("event", text, &EventKind::ALL, EventKind::name)
}

/// Reads a state; also by the shorter words that the screen has for two of them.
pub(super) fn state(text: &str) -> Result<State, String> {
    let shown = [("run", State::Running), ("exit", State::Exited)];
    if let Some(&(_, state)) = shown.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
        return Ok(state);
    }
    one_of("state", text, &State::ALL, State::name)
}

fn one_of<T: Copy>(what: &str, text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    if let Some(&found) = all.iter().find(|&&each| name(each).eq_ignore_ascii_case(text)) {
        return Ok(found);
    }
    let names = all.iter().map(|&each| name(each)).collect::<Vec<_>>();
    let hint = suggest::hint(text, names.iter().copied());
    let way_out = if hint.is_empty() { format!("; there is {}", names.join(", ")) } else { hint };
    Err(format!("unknown {what} {}{way_out}", quote(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn durations() {
        for (text, ns) in [
            ("50ms", 50 * MS),
            ("10", 10 * MS),
            ("0", 0),
            ("1.5", 1_500_000),
            ("1.5s", 1500 * MS),
            ("0.25ms", 250_000),
            ("1s500ms", 1500 * MS),
            ("1s 500ms", 1500 * MS),
            ("2min", 120_000 * MS),
            ("7us", 7000),
            ("3ns", 3),
            (" 5ms ", 5 * MS),
        ] {
            assert_eq!(parse_duration_ns(text), Ok(ns), "{text}");
        }
        for text in ["", "ms", "5x", "-5", "-5ms", "1.2.3", ".", "..", "abc", "5 apples", "١"] {
            assert_eq!(
                parse_duration_ns(text),
                Err(format!(
                    "'{text}' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds"
                ))
            );
        }
        for text in ["600y", "99999999999999999999", "0.5ns"] {
            assert!(parse_duration_ns(text).unwrap_err().contains("too long"), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("512K", 512 << 10),
            ("100M", 100 << 20),
            ("100m", 100 << 20),
            ("16MiB", 16 << 20),
            ("1G", 1 << 30),
            ("1.5G", 3 << 29),
            ("0.5K", 512),
            ("2T", 2 << 40),
        ] {
            assert_eq!(parse_size_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "1X", "-1", "1.2.3", "1.", ".5", "1 M", "0x10", "1é"] {
            assert!(parse_size_bytes(text).unwrap_err().contains("is not a size"), "{text}");
        }
        for text in ["99999999999999999999", "18446744073709551615K"] {
            assert!(parse_size_bytes(text).unwrap_err().contains("too large"), "{text}");
        }
    }

    #[test]
    fn signals() {
        for text in ["9", "KILL", "kill", "SIGKILL", "sigKill"] {
            assert_eq!(signal(text), Ok(9), "{text}");
        }
        assert_eq!(signal("IOT"), signal("abrt"));
        assert_eq!(signal("64"), Ok(64));
        assert_eq!(signal("SGEV").unwrap_err(), "'SGEV' is not a signal; did you mean 'SEGV'?");
        for text in ["0", "127", "SIG", "", "SIGSIGKILL", "-9", "bogus", "signal 0", "SIGSIGNAL 3"] {
            assert!(signal(text).unwrap_err().contains("is not a signal"), "{text}");
        }
    }

    /// As they are shown, and as they are completed.
    #[test]
    fn a_signal_is_known_by_the_name_that_is_written() {
        for number in 1..=MAX_SIGNAL {
            let name = crate::text::signal_name(number);
            for text in [&name, name.trim_start_matches("SIG"), &name.to_lowercase(), &name.to_uppercase()] {
                assert_eq!(signal(text), Ok(number), "{text}");
            }
        }
        assert_eq!(["RTMAX-0", "sigrtmax-14", "RTMIN+0", "RTMIN+30"].map(signal), [64, 50, 34, 64].map(Ok));
        for text in
            ["RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN++1", "RTMIN+999", "RTMIN3"]
        {
            assert!(signal(text).unwrap_err().contains("is not a signal"), "{text}");
        }
    }

    #[test]
    fn words_are_taken_in_any_case_and_guessed_at() {
        assert_eq!(event("Exec"), Ok(EventKind::Exec));
        assert_eq!(state("ZOMBIE"), Ok(State::Zombie));
        assert_eq!(state("runing").unwrap_err(), "unknown state 'runing'; did you mean 'running'?");
        assert_eq!(
            event("bang").unwrap_err(),
            "unknown event 'bang'; there is fork, exec, exit, snapshot, exec_failed, changed, renamed, adopted, \
             session, uid, zombie, reaped, thread_start, thread_end, lost, storm"
        );
        assert_eq!(event("renames").unwrap_err(), "unknown event 'renames'; did you mean 'renamed'?");
    }

    #[test]
    fn errors_by_name_and_number() {
        for text in ["2", "ENOENT", "enoent", "ENOent"] {
            assert_eq!(errno(text), Ok(2), "{text}");
        }
        assert_eq!((errno("EWOULDBLOCK"), errno("enotsup")), (Ok(11), Ok(95)));
        assert_eq!(errno("4095"), Ok(4095), "the kernel has more than are named");
        assert_eq!(errno("ENOET").unwrap_err(), "'ENOET' is not an error; did you mean 'ENOENT'?");
        for text in ["", "0", "4096", "-2", "NOENT2", "bogus", "UnknownErrno"] {
            assert!(errno(text).unwrap_err().contains("is not an error"), "{text}");
        }
        assert_eq!(
            errno("bogus").unwrap_err(),
            "'bogus' is not an error; write ENOENT or a number from 1 to 4095"
        );
    }
}
