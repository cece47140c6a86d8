//! What `proctop log --format json` told, as tests ask for it.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;

use nix::sys::signal::Signal;
use serde_json::Value;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(Value);

/// A pid together with the start of its process.
pub type Id = (u32, u64);

/// All lines of a run that ended in order.
pub struct Events {
    rows: Vec<Row>,
}

impl Row {
    /// Takes a field away, if it is there.
    pub fn remove(&mut self, name: &str) {
        if let Some(fields) = self.0.as_object_mut() {
            fields.remove(name);
        }
    }

    /// # Panics
    /// If the line is no JSON object.
    #[track_caller]
    pub fn parse(line: &str) -> Self {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
        assert!(value.is_object(), "not an object: {line}");
        Self(value)
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The number of that name.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number '{name}' in {}", self.0))
    }

    /// A number that fits a pid, a uid or a code.
    #[track_caller]
    pub fn small(&self, name: &str) -> u32 {
        u32::try_from(self.number(name)).unwrap_or_else(|_| panic!("'{name}' is too large in {}", self.0))
    }

    #[track_caller]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no text '{name}' in {}", self.0))
    }

    #[track_caller]
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.get(name).and_then(Value::as_array);
        let list = list.unwrap_or_else(|| panic!("no list '{name}' in {}", self.0));
        list.iter().map(|text| text.as_str().unwrap_or_else(|| panic!("not texts: {}", self.0))).collect()
    }

    pub fn is(&self, event: &str) -> bool {
        self.get("event").and_then(Value::as_str) == Some(event)
    }

    /// Concluded, not seen.
    pub fn is_inferred(&self) -> bool {
        self.get("inferred") == Some(&Value::Bool(true))
    }

    #[track_caller]
    pub fn id(&self) -> Id {
        (self.small("pid"), self.number("start_ns"))
    }

    /// The identity of the parent; `None` for those that have none.
    pub fn parent(&self) -> Option<Id> {
        let pid = u32::try_from(self.get("ppid")?.as_u64()?).ok()?;
        Some((pid, self.get("ppid_start_ns")?.as_u64()?))
    }

    /// Asserts that an exit tells the ending that waitpid told, and nothing beside it.
    #[track_caller]
    pub fn assert_ended(&self, status: ExitStatus) {
        let signal = self.get("signal").map(|name| name.as_str().expect("a signal's name"));
        let waited = status.signal().map(|n| Signal::try_from(n).expect("a known signal").as_str());
        assert_eq!(signal, waited, "{status} and {}", self.0);
        let code = self.get("exit_code").map(|code| code.as_i64().expect("a code"));
        assert_eq!(code, status.code().map(i64::from), "{status} and {}", self.0);
        let dumped = self.get("core_dumped").map(|dumped| dumped.as_bool().expect("yes or no"));
        assert_eq!(dumped, status.signal().map(|_| status.core_dumped()), "{status} and {}", self.0);
    }
}

impl Events {
    /// # Panics
    /// If a line is no JSON object, or the first is not `start` or the last not `end`.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let events = Self { rows: text.lines().map(Row::parse).collect() };
        assert!(events.rows.first().is_some_and(|row| row.is("start")), "no start: {}", head(text));
        assert!(events.rows.last().is_some_and(|row| row.is("end")), "no end behind {}", events.rows.len());
        for marker in ["start", "end"] {
            assert_eq!(events.of(marker).count(), 1, "{marker}");
        }
        events.tell_missed();
        events
    }

    /// How many runs of the programs the kernel skipped at most (7.0 and newer do): no such event was counted.
    pub fn missed_at_most(&self) -> u64 {
        self.end().get("missed_at_most").and_then(Value::as_u64).unwrap_or(0)
    }

    /// Tells who runs the tests that an exact one may fail without a defect; scripts/kernels/init repeats it then.
    fn tell_missed(&self) {
        let missed = self.missed_at_most();
        if missed > 0 {
            let test = thread::current().name().unwrap_or("test").to_owned();
            // not eprintln!: what that prints is kept from the terminal
            let _ = writeln!(io::stderr(), "\n*** MISSED {test}: {missed} events at most ***");
        }
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn start(&self) -> &Row {
        &self.rows[0]
    }

    /// The last line, with the account.
    pub fn end(&self) -> &Row {
        &self.rows[self.rows.len() - 1]
    }

    /// All lines of this event, in order.
    pub fn of<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.is(event))
    }

    /// Those of the processes whose parent this was at that moment.
    pub fn of_children<'a>(&'a self, event: &'a str, parent: Id) -> impl Iterator<Item = &'a Row> {
        self.of(event).filter(move |row| row.parent() == Some(parent))
    }

    /// Those of one process.
    pub fn of_process<'a>(&'a self, event: &'a str, id: Id) -> impl Iterator<Item = &'a Row> {
        self.of(event).filter(move |row| row.id() == id)
    }

    /// The only one of a process.
    ///
    /// # Panics
    /// If there is none, or more.
    #[track_caller]
    pub fn one<'a>(&'a self, event: &'a str, id: Id) -> &'a Row {
        self.at_most_one(event, id).unwrap_or_else(|| panic!("no {event} of {id:?}"))
    }

    /// The only one of a process, if there is one.
    ///
    /// # Panics
    /// If there are more.
    #[track_caller]
    pub fn at_most_one<'a>(&'a self, event: &'a str, id: Id) -> Option<&'a Row> {
        let rows: Vec<&Row> = self.of_process(event, id).collect();
        assert!(rows.len() <= 1, "the {event} of {id:?}: {rows:?}");
        rows.first().copied()
    }

    /// The identity of a child that the test itself started while proctop looked on.
    ///
    /// # Panics
    /// If its fork was not told exactly once.
    #[track_caller]
    pub fn child_of_test(&self, pid: u32) -> Id {
        let forks: Vec<&Row> = self
            .of("fork")
            .filter(|row| row.small("pid") == pid && row.small("ppid") == std::process::id())
            .collect();
        assert_eq!(forks.len(), 1, "the fork of {pid}: {forks:?}");
        forks[0].id()
    }

    /// The identity of the command that proctop ran.
    ///
    /// # Panics
    /// If it did not run any, or the first fork that it told is not the command's.
    #[track_caller]
    pub fn command(&self) -> Id {
        assert!(self.start().get("command").is_some(), "no command: {:?}", self.start());
        self.of("fork").next().expect("the command's fork").id()
    }

    /// Asserts that the account is exact: for each kind, attempted = delivered + dropped.
    #[track_caller]
    pub fn assert_account_closed(&self) {
        for kind in KINDS {
            let [attempted, delivered, dropped] =
                ["attempted", "delivered", "dropped"].map(|which| self.account(which, kind));
            assert_eq!(attempted, delivered + dropped, "{kind}: {:?}", self.end());
        }
        assert_eq!(self.end().get("malformed"), None, "records that make no sense");
    }

    /// Asserts an exact account without any loss.
    #[track_caller]
    pub fn assert_nothing_lost(&self) {
        self.assert_account_closed();
        for kind in KINDS {
            assert_eq!(self.account("dropped", kind), 0, "{kind}: {:?}", self.end());
        }
        // Runs that the kernel skipped (7.0 and newer do) may have been threads', and anybody's: no loss is proven.
        assert!(self.of("lost").all(|row| row.number("count") == 0), "{:?}", self.end());
    }

    /// A number of the account: `attempted`, `delivered` or `dropped` of a kind.
    #[track_caller]
    pub fn account(&self, which: &str, kind: &str) -> u64 {
        let counts = self.end().get(which).unwrap_or_else(|| panic!("no '{which}' in {:?}", self.end()));
        counts.get(kind).and_then(Value::as_u64).unwrap_or_else(|| panic!("no '{kind}' in {:?}", self.end()))
    }
}

/// The kinds of the account.
pub const KINDS: [&str; 3] = ["fork", "exec", "exit"];

fn head(text: &str) -> &str {
    text.get(..300).unwrap_or(text)
}
