//! A text that is said to be a filter.

use std::fmt::Debug;

use proctop::model::event::{Cause, Killer, WaitStatus};
use proctop::model::filter::{
    EventKind, Filter, MAX_TEXT_BYTES, ParseError, State, Subject, parse_duration_ns, parse_size_bytes,
};

/// The fuzz target `filter`.
pub fn check(text: &str) {
    if let Ok(filter) = read(text) {
        assert_eq!(filter.text(), text.trim());
        assert_eq!(filter.to_string(), filter.text());
        check_meaning(&filter);
    }
    match Filter::comm(text) {
        Ok(filter) => check_printed(&filter),
        Err(error) => check_error(text, &error),
    }
    check_value(text, parse_duration_ns(text));
    check_value(text, parse_size_bytes(text));
}

/// Whether it is a filter that restricts something.
pub fn is_filter(text: &str) -> bool {
    read(text).is_ok_and(|filter| !filter.is_empty())
}

fn read(text: &str) -> Result<Filter, ParseError> {
    let read = Filter::parse(text, &|name| (name == "root").then_some(0));
    if let Err(error) = &read {
        check_error(text, error);
    }
    read
}

/// It has a place in the text and one line to say.
fn check_error(text: &str, error: &ParseError) {
    let ParseError { at, len, column, message } = error;
    assert!(text.get(*at..at + len).is_some(), "{error:?}");
    assert_eq!(text[..*at].chars().count() + 1, *column);
    check_line(message);
}

fn check_line(text: &str) {
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
}

fn check_value<T: Debug>(text: &str, value: Result<T, String>) {
    if let Err(message) = value {
        check_line(&message);
        assert!(message.len() <= text.len().min(40) * 10 + 100, "it quotes a little of the text");
    }
}

/// Negated, in parentheses and together with others it means what it says.
fn check_meaning(filter: &Filter) {
    let meaning = meaning(filter);
    assert_eq!(self::meaning(&read(filter.text()).expect("it was one just now")), meaning);
    if filter.is_empty() {
        assert!(meaning.iter().all(|&holds| holds));
        return;
    }
    let not: Vec<bool> = meaning.iter().map(|holds| !holds).collect();
    // It may be too long or too deep by now.
    if let Ok(negated) = read(&format!("not ({filter})")) {
        assert_eq!(self::meaning(&negated), not);
    }
    let other = Filter::user(0);
    let others = self::meaning(&other);
    let expected: Vec<bool> = meaning.iter().zip(&others).map(|(own, other)| *own && *other).collect();
    for both in [Filter::and(filter.clone(), other.clone()), Filter::and(other, filter.clone())] {
        assert_eq!(self::meaning(&both), expected);
        check_printed(&both);
    }
}

/// What a filter that was not read from a text prints is read as the same.
fn check_printed(filter: &Filter) {
    match read(filter.text()) {
        Ok(again) => assert_eq!(meaning(&again), meaning(filter), "{filter}"),
        Err(error) => assert!(filter.text().len() > MAX_TEXT_BYTES, "{filter}: {error}"),
    }
}

/// Of which subjects it holds.
fn meaning(filter: &Filter) -> Vec<bool> {
    SUBJECTS.iter().map(|subject| filter.matches(subject)).collect()
}

/// A process, or an event of one, that has what is not `None` or empty.
struct Fake {
    comms: &'static [&'static [u8]],
    argv: &'static [u8],
    filename: Option<&'static [u8]>,
    number: Option<u32>,
    status: Option<WaitStatus>,
    state: Option<State>,
    event: Option<EventKind>,
    killer: Option<Killer>,
}

const NOBODY: Fake = Fake {
    comms: &[],
    argv: b"",
    filename: None,
    number: None,
    status: None,
    state: None,
    event: None,
    killer: None,
};

const SUBJECTS: [Fake; 4] = [
    NOBODY,
    Fake {
        comms: &[b"sh", b"cc1"],
        argv: b"cc1\0-O2\0\xff main.c\0\0",
        filename: Some(b"/usr/bin/cc1"),
        number: Some(0),
        status: Some(WaitStatus(0)),
        state: Some(State::Exited),
        event: Some(EventKind::Exit),
        killer: None,
    },
    Fake {
        comms: &["größe".as_bytes()],
        number: Some(4312),
        status: Some(WaitStatus(9)),
        event: Some(EventKind::Exec),
        killer: Some(Killer::Kernel(Cause::Oom)),
        ..NOBODY
    },
    Fake { comms: &[b""], number: Some(u32::MAX), state: Some(State::Running), ..NOBODY },
];

impl Subject for Fake {
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.comms.iter().any(|comm| test(comm))
    }

    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        test(self.argv)
    }

    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.filename.is_some_and(test)
    }

    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.filename.is_some_and(test)
    }

    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.comms.iter().any(|comm| test(comm))
    }

    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.filename.is_some_and(test)
    }

    fn sid(&self) -> Option<u32> {
        self.number
    }

    fn killer(&self) -> Option<&Killer> {
        self.killer.as_ref()
    }

    fn errno(&self) -> Option<u32> {
        self.number
    }

    fn threads(&self) -> Option<u32> {
        self.number
    }

    fn pid(&self) -> Option<u32> {
        self.number
    }

    fn ppid(&self) -> Option<u32> {
        self.number
    }

    fn uid(&self) -> Option<u32> {
        self.number
    }

    fn duration_ns(&self) -> Option<u64> {
        self.number.map(|number| u64::from(number) << 10)
    }

    fn status(&self) -> Option<WaitStatus> {
        self.status
    }

    fn cpu_ns(&self) -> Option<u64> {
        self.duration_ns()
    }

    fn max_rss_bytes(&self) -> Option<u64> {
        self.duration_ns()
    }

    fn state(&self) -> Option<State> {
        self.state
    }

    fn is_under(&self, pid: u32) -> bool {
        self.number == Some(pid)
    }

    fn event(&self) -> Option<EventKind> {
        self.event
    }
}
