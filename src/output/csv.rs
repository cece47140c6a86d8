//! Comma-separated values (RFC 4180) with the columns of [`COLUMNS`].
//!
//! A field that does not apply is empty. Text is sanitised, so that the file is safe to look at on a terminal, and
//! what a spreadsheet would take for a formula is marked as text. For the exact bytes use JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::{Line, lifetime_ns};
use crate::model::event::{Exit, Image, PerKind, Subject, What};
use crate::text::{Stamps, push_args, sanitise, signal_name};

/// The header row. New columns are only ever added at the end.
///
/// `time` is RFC 3339 in UTC; `…_ns` are nanoseconds, `start_ns` of the boot clock; `argv` is quoted for a shell.
/// An exit that was seen has one of `exit_code` and `signal`, the latter with `core_dumped`; only a failed one has
/// `filename` and `argv`. `lost_…` are records that could not be handed over: in a `lost` row since the one before,
/// in the `end` row in all.
pub const COLUMNS: [&str; 29] = [
    "time",
    "event",
    "pid",
    "ppid",
    "ppid_start_ns",
    "start_ns",
    "uid",
    "ruid",
    "user",
    "comm",
    "filename",
    "argv",
    "argv_truncated_bytes",
    "cgroup_id",
    "exit_code",
    "signal",
    "core_dumped",
    "lifetime_ns",
    "image_ns",
    "cpu_ns",
    "cpu_user_ns",
    "cpu_system_ns",
    "cpu_partial",
    "max_rss_bytes",
    "inferred",
    "lost_fork",
    "lost_exec",
    "lost_exit",
    "missed_at_most",
];

/// One row; its fields are the [`COLUMNS`], in their order.
#[derive(Default, Serialize)]
struct Row<'a> {
    time: &'a str,
    event: &'static str,
    pid: Option<u32>,
    ppid: Option<u32>,
    ppid_start_ns: Option<u64>,
    start_ns: Option<u64>,
    uid: Option<u32>,
    ruid: Option<u32>,
    user: Option<Cow<'a, str>>,
    comm: Option<Cow<'a, str>>,
    filename: Option<Cow<'a, str>>,
    argv: Option<&'a str>,
    argv_truncated_bytes: Option<u64>,
    cgroup_id: Option<u64>,
    exit_code: Option<u8>,
    signal: Option<Cow<'a, str>>,
    core_dumped: Option<bool>,
    lifetime_ns: Option<u64>,
    image_ns: Option<u64>,
    cpu_ns: Option<u64>,
    cpu_user_ns: Option<u64>,
    cpu_system_ns: Option<u64>,
    cpu_partial: Option<bool>,
    max_rss_bytes: Option<u64>,
    inferred: Option<bool>,
    lost_fork: Option<u64>,
    lost_exec: Option<u64>,
    lost_exit: Option<u64>,
    missed_at_most: Option<u64>,
}

/// Makes the row of an event, in buffers that it uses again.
pub(super) struct CsvLines {
    stamps: Stamps,
    argv: String,
    writer: csv::Writer<LastRecord>,
}

impl CsvLines {
    pub(super) fn new() -> Self {
        let writer = csv::WriterBuilder::new().has_headers(false).from_writer(LastRecord::default());
        Self { stamps: Stamps::utc(), argv: String::new(), writer }
    }

    pub(super) fn start(&mut self) -> io::Result<&[u8]> {
        self.writer.write_record(COLUMNS)?;
        self.record()
    }

    /// Empty for events that have no row.
    pub(super) fn event(&mut self, line: &Line<'_>) -> io::Result<&[u8]> {
        let image = shown_image(line);
        self.argv.clear();
        if let Some(image) = image {
            push_argv(&mut self.argv, image);
        }
        let time = self.stamps.show(line.wall_ns);
        let mut row = Row { time, inferred: line.context.inferred.then_some(true), ..Row::default() };
        match &line.event.what {
            What::Snapshot(snapshot) => row.subject("snapshot", &snapshot.subject, line),
            What::Fork(fork) => row.subject("fork", &fork.subject, line),
            What::Exec(exec) => row.subject("exec", &exec.subject, line),
            What::Exit(exit) => {
                row.subject("exit", &exit.subject, line);
                row.exit(exit, line);
            }
            What::Lost(lost) => row.lost("lost", &lost.dropped, lost.missed_at_most),
            What::End(account) => row.lost("end", &account.dropped, account.missed_at_most),
            _ => return Ok(&[]),
        }
        if let Some(image) = image {
            row.image(image, &self.argv);
        }
        self.writer.serialize(row)?;
        self.record()
    }

    fn record(&mut self) -> io::Result<&[u8]> {
        self.writer.flush()?;
        Ok(&self.writer.get_ref().bytes)
    }
}

/// The image that belongs into the row: at an exit only after a failure.
fn shown_image<'a>(line: &Line<'a>) -> Option<&'a Image> {
    match &line.event.what {
        What::Snapshot(snapshot) => snapshot.image.as_deref(),
        What::Exec(exec) => Some(&exec.image),
        What::Exit(exit) if !line.context.inferred => line.context.image_of(exit),
        _ => None,
    }
}

impl<'a> Row<'a> {
    fn subject(&mut self, event: &'static str, subject: &'a Subject, line: &Line<'a>) {
        self.event = event;
        self.pid = Some(subject.id.pid);
        self.ppid = subject.parent.map(|parent| parent.pid);
        self.ppid_start_ns = subject.parent.map(|parent| parent.start_ns);
        self.start_ns = Some(subject.id.start_ns);
        self.uid = Some(subject.uids.effective);
        self.ruid = (subject.uids.real != subject.uids.effective).then_some(subject.uids.real);
        self.user = line.user.map(|user| text(user.as_bytes()));
        self.comm = Some(text(subject.comm.as_bytes()));
        self.cgroup_id = nonzero(subject.cgroup_id);
    }

    fn image(&mut self, image: &'a Image, argv: &'a str) {
        self.filename = (!image.filename.is_empty()).then(|| text(&image.filename));
        self.argv = Some(argv);
        self.argv_truncated_bytes = nonzero(image.argv_truncated_bytes);
    }

    fn exit(&mut self, exit: &Exit, line: &Line<'a>) {
        if line.context.inferred {
            return;
        }
        self.exit_code = exit.status.code();
        self.signal = exit.status.signal().map(signal_name);
        self.core_dumped = exit.status.signal().map(|_| exit.status.core_dumped());
        self.lifetime_ns = Some(lifetime_ns(line.event, exit.subject.id.start_ns));
        self.image_ns = line.context.image_ns;
        self.cpu_ns = Some(exit.cpu_ns);
        self.cpu_user_ns = Some(exit.cpu_user_ns);
        self.cpu_system_ns = Some(exit.cpu_system_ns);
        self.cpu_partial = exit.cpu_partial.then_some(true);
        self.max_rss_bytes = nonzero(exit.max_rss_bytes);
    }

    fn lost(&mut self, event: &'static str, dropped: &PerKind, missed_at_most: u64) {
        self.event = event;
        self.lost_fork = Some(dropped.fork);
        self.lost_exec = Some(dropped.exec);
        self.lost_exit = Some(dropped.exit);
        self.missed_at_most = Some(missed_at_most);
    }
}

fn nonzero(n: u64) -> Option<u64> {
    (n > 0).then_some(n)
}

/// Spreadsheets run what begins like this.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@'])
}

/// Safe for terminals, and for spreadsheets by the apostrophe that marks text in them.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let text = sanitise(bytes);
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// The quoted arguments. A backslash hides a formula's sign from spreadsheets and is nothing to a shell.
fn push_argv(argv: &mut String, image: &Image) {
    push_args(argv, image.args());
    if is_formula(argv) {
        argv.insert(0, '\\');
    }
}

/// Holds one record: what is written after a flush takes the place of what was written before it.
#[derive(Default)]
struct LastRecord {
    bytes: Vec<u8>,
    whole: bool,
}

impl Write for LastRecord {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.whole) {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.whole = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::fixture::*;
    use super::super::{Context, Format};
    use super::*;
    use crate::model::event::{Event, WaitStatus};

    /// The fields of a printed row that are not empty.
    fn fields(line: &Line<'_>) -> BTreeMap<&'static str, String> {
        let printed = printed(Format::Csv, line);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(printed.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].len(), COLUMNS.len());
        let named = COLUMNS.into_iter().zip(rows[0].iter().map(str::to_owned));
        named.filter(|(_, field)| !field.is_empty()).collect()
    }

    fn field(event: &Event, name: &str) -> Option<String> {
        fields(&line(event)).remove(name)
    }

    #[test]
    fn the_header_is_the_fields_of_a_row() {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(Row::default()).unwrap();
        let derived = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let header = printed_start(Format::Csv, &source());
        assert_eq!(derived.lines().next(), header.strip_suffix('\n'));
    }

    #[test]
    fn one_row_per_event() {
        let csv = |event: &Event| printed(Format::Csv, &line(event));
        let image = image(b"/usr/bin/ls", b"ls\0-l\0");
        let context = Context { image: Some(&image), image_ns: Some(10), images: 1, ..Context::default() };
        let killed = exit(WaitStatus::signaled(11, true));
        insta::assert_snapshot!(
            [
                csv(&snapshot()),
                csv(&fork()),
                csv(&exec()),
                csv(&exit(WaitStatus::exited(0))),
                printed(Format::Csv, &Line { context, ..line(&killed) }),
                csv(&lost()),
                csv(&end(1)),
            ]
            .concat(),
            @r"
        2026-11-21T09:13:07.123456789Z,snapshot,8122,,,5000000000,0,1000,dev,sudo,,sudo id,,,,,,,,,,,,,,,,,
        2026-11-21T09:13:07.123456789Z,fork,8122,8121,4000000000,5000000000,1000,,dev,sh,,,,,,,,,,,,,,,,,,,
        2026-11-21T09:13:07.123456789Z,exec,8122,8121,4000000000,5000000000,1000,,dev,ls,/usr/bin/ls,ls -l '/my etc',,42,,,,,,,,,,,,,,,
        2026-11-21T09:13:07.123456789Z,exit,8122,8121,4000000000,5000000000,1000,,dev,ls,,,,,0,,,12345678,,3000000,1000000,2000000,,4299161,,,,,
        2026-11-21T09:13:07.123456789Z,exit,8122,8121,4000000000,5000000000,1000,,dev,ls,/usr/bin/ls,ls -l,,,,SIGSEGV,true,12345678,10,3000000,1000000,2000000,,4299161,,,,,
        2026-11-21T09:13:07.123456789Z,lost,,,,,,,,,,,,,,,,,,,,,,,,12,3,0,4
        2026-11-21T09:13:07.123456789Z,end,,,,,,,,,,,,,,,,,,,,,,,,1,0,0,0
        "
        );
        for quiet in silent() {
            assert_eq!(csv(&quiet), "");
        }
    }

    #[test]
    fn what_was_concluded_claims_nothing_more() {
        let exit = exit(WaitStatus::exited(0));
        let context = Context { inferred: true, images: 1, image_ns: Some(5), ..Context::default() };
        let row = fields(&Line { context, ..line(&exit) });
        assert_eq!(row["inferred"], "true");
        for absent in ["exit_code", "lifetime_ns", "image_ns", "cpu_ns", "max_rss_bytes"] {
            assert!(!row.contains_key(absent), "{absent}");
        }
    }

    #[test]
    fn hostile_text_reaches_no_terminal() {
        let event = hostile();
        let printed = printed(Format::Csv, &line(&event));
        let shown = printed.strip_suffix('\n').unwrap();
        assert_eq!(sanitise(shown.as_bytes()), shown);
        assert_eq!(field(&event, "comm").unwrap(), "␛[2J␊\u{fffd},\"x");
        assert_eq!(field(&event, "filename").unwrap(), "/tmp/\u{fffd}␛[2J");
    }

    #[test]
    fn no_field_is_a_formula() {
        for (argv, expected) in [
            (&b"-bash\0"[..], "\\-bash"),
            (b"@SUM\0x\0", "\\@SUM x"),
            (b"=1+1\0", "'=1+1'"),
            (b"ls\0-l\0", "ls -l"),
        ] {
            let mut event = exec_of(image(b"=cmd", argv));
            if let What::Exec(exec) = &mut event.what {
                exec.subject.comm = "+1".into();
            }
            assert_eq!(field(&event, "argv").unwrap(), expected);
            assert_eq!(field(&event, "filename").unwrap(), "'=cmd");
            assert_eq!(field(&event, "comm").unwrap(), "'+1");
        }
    }
}
