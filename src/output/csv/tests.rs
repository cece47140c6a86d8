//! What the rows say.

use std::collections::BTreeMap;

use super::super::fixture::*;
use super::super::{Context, Format};
use super::*;
use crate::model::event::{Cause, Event, Killer, Kind, Lost, WaitStatus};

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
    2026-11-21T09:13:07.123456789Z,snapshot,8122,,,5000000000,0,1000,dev,sudo,,sudo id,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
    2026-11-21T09:13:07.123456789Z,fork,8122,8121,4000000000,5000000000,1000,,dev,sh,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
    2026-11-21T09:13:07.123456789Z,exec,8122,8121,4000000000,5000000000,1000,,dev,ls,/usr/bin/ls,ls -l '/my etc',,42,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
    2026-11-21T09:13:07.123456789Z,exit,8122,8121,4000000000,5000000000,1000,,dev,ls,,,,,0,,,12345678,,3000000,1000000,2000000,,4299161,,,,,,,,,,,,,,,,,,,,,0,0,0,0,0,0,0,0,,,,,,,,,,,,,,,,,,,,,,
    2026-11-21T09:13:07.123456789Z,exit,8122,8121,4000000000,5000000000,1000,,dev,ls,/usr/bin/ls,ls -l,,,,SIGSEGV,true,12345678,10,3000000,1000000,2000000,,4299161,,,,,,,,,,,,,,,,,,,,,0,0,0,0,0,0,0,0,,,,,,,,,,,,,,,,,,,,,,
    2026-11-21T09:13:07.123456789Z,lost,,,,,,,,,,,,,,,,,,,,,,,,12,3,0,4,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,0,0,0,0,0,,,,,,,,
    2026-11-21T09:13:07.123456789Z,end,,,,,,,,,,,,,,,,,,,,,,,,1,0,0,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,0,0,0,0,0,,,,,,,,
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

#[test]
fn where_it_ran() {
    let docker = path_of("/docker/ID");
    let row = fields(&Line {
        context: Context { cgroup: Some(&docker), ..Context::default() },
        ..line(&exec_inside())
    });
    for (name, value) in [
        ("cwd", "/my dir"),
        ("cwd_deleted", "true"),
        ("container", "0123456789ab"),
        ("container_engine", "docker"),
        ("sid", "812"),
        ("tty", "pts/3"),
        ("inner_pid", "7"),
        ("outside", "true"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!(row["cgroup"].as_bytes(), &*docker.bytes);
    let unit = path_of("/system.slice/-x.service");
    let row =
        fields(&Line { context: Context { cgroup: Some(&unit), ..Context::default() }, ..line(&exec()) });
    assert_eq!(row["unit"], "'-x.service", "a formula it is not");
}

#[test]
fn who_ended_it_and_what_it_cost() {
    let row = fields(&line(&killed_by(bash())));
    let names = [
        "minor_faults",
        "major_faults",
        "voluntary_switches",
        "involuntary_switches",
        "read_bytes",
        "written_bytes",
        "storage_read_bytes",
        "storage_written_bytes",
        "threads",
    ];
    for (name, number) in names.into_iter().zip(1..) {
        assert_eq!(row[name], number.to_string(), "{name}");
    }
    let killer = ["killed_by_pid", "killed_by_start_ns", "killed_by_comm"].map(|name| row[name].as_str());
    assert_eq!(killer, ["4312", "77", "bash"]);
    let row = fields(&line(&killed_by(Killer::Kernel(Cause::Oom))));
    assert_eq!(row["killed_by_kernel"], "oom");
    assert!(!row.contains_key("killed_by_pid"));
}

#[test]
fn what_else_happened() {
    let subject = subject(b"sh");
    let known = |tries| Context { subject: Some(&subject), tries, ..Context::default() };
    let row = |event: &Event, context| fields(&Line { context, ..line(event) });
    let searched = row(&failed(b"/bin/no"), known(3));
    let told = ["event", "ppid", "uid", "errno", "filename", "tries"].map(|name| searched[name].as_str());
    assert_eq!(told, ["exec_failed", "8121", "1000", "ENOENT", "/bin/no", "3"]);
    let stranger = row(&failed(b"/bin/no"), Context::default());
    assert_eq!((stranger["pid"].as_str(), stranger["comm"].as_str()), ("8122", "sh"));
    assert!(!stranger.contains_key("uid") && !stranger.contains_key("tries"));
    assert_eq!(row(&exec(), known(2))["path_tries"], "2");
    let [start, end] = thread();
    let ended = row(&end, known(0));
    let told = ["event", "tid", "thread_start_ns", "lifetime_ns", "cpu_ns"].map(|name| ended[name].as_str());
    assert_eq!(told, ["thread_end", "8130", "5002345678", "10000000", "4000000"]);
    assert_eq!(row(&start, known(0))["event"], "thread_start");
    let all = changes();
    let rows: Vec<_> = all.iter().map(|change| row(&silent()[4], changed(change))).collect();
    let names: Vec<_> = rows.iter().map(|row| row["event"].as_str()).collect();
    assert_eq!(names, ["renamed", "adopted", "session", "uid", "zombie", "reaped"]);
    assert_eq!((rows[0]["from"].as_str(), rows[0]["comm"].as_str()), ("old", "new"));
    assert_eq!((rows[1]["ppid"].as_str(), rows[1]["ppid_start_ns"].as_str()), ("1", "7"));
    assert_eq!((rows[2]["sid"].as_str(), rows[2]["tty"].as_str()), ("812", "pts/3"));
    assert_eq!((rows[3]["from_uid"].as_str(), rows[3]["from_ruid"].as_str()), ("0", "1000"));
    assert_eq!((rows[4]["age_ns"].as_str(), rows[5]["age_ns"].as_str()), ("3000000000", "3000000000"));
}

#[test]
fn a_loss_is_told_by_all_its_kinds() {
    let mut dropped = PerKind::default();
    for (kind, n) in Kind::ALL.into_iter().zip(1..) {
        *dropped.get_mut(kind) = n;
    }
    let row = fields(&line(&event(What::Lost(Lost { dropped, missed_at_most: 9 }))));
    for (kind, n) in Kind::ALL.into_iter().zip(1..) {
        assert_eq!(row[format!("lost_{}", kind.name()).as_str()], n.to_string());
    }
}

#[test]
fn columns_are_only_added_at_the_end() {
    assert_eq!(COLUMNS[..4], ["time", "event", "pid", "ppid"]);
    assert_eq!(COLUMNS[28], "missed_at_most");
    assert_eq!((COLUMNS[29], COLUMNS[65]), ("cwd", "lost_cgroup"));
}
