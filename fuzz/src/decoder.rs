//! One record of the kernel side: of the ring, or of the list of processes.

use std::fmt::Debug;

use proctop::model::event::{Comm, Event, Kind, ProcessId, Source, Subject, What};
use proctop::recording::{Reader, Writer};
use proctop::tracer::{Listed, Malformed, decode, decode_listed};

/// The fuzz target `decoder`.
pub fn check(bytes: &[u8]) {
    for page_bytes in [1, 4096, u64::MAX] {
        if let Some((length, (kind, event))) = stands_alone(bytes, |bytes| decode(bytes, page_bytes)) {
            check_event(&bytes[..length], kind, &event);
        }
    }
    if let Some((length, (listed, claimed))) = stands_alone(bytes, decode_listed) {
        assert_eq!(length, claimed, "where the next one begins");
        check_listed(&bytes[..length], &listed);
    }
}

fn check_listed(bytes: &[u8], listed: &Listed) {
    match listed {
        Listed::Process(entry) => {
            assert_eq!(entry.time_ns, first_word(bytes));
            check_subject(&entry.snapshot.subject);
            assert!(decode(bytes, 4096).is_err(), "it never stands in the ring");
        }
        Listed::Cgroup(cgroup) => check_path(bytes, &cgroup.path, cgroup.cut),
    }
}

/// Each of its names stands in the record.
fn check_path(bytes: &[u8], path: &[u8], cut: bool) {
    assert!(path.len() <= bytes.len() && (cut || path.first() == Some(&b'/')), "{path:?}");
    assert!(path.split(|&byte| byte == b'/').all(|name| name.len() < 2 || holds(bytes, name)));
}

/// Whether `bytes` are a record, in an event's terms.
pub fn is_record(bytes: &[u8]) -> bool {
    decode(bytes, 4096).is_ok() || decode_listed(bytes).is_ok()
}

/// What was decoded and how many bytes that took; it depends on these alone and on their place not at all.
fn stands_alone<T: PartialEq + Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, Malformed>,
) -> Option<(usize, T)> {
    let decoded = decode(bytes);
    let shifted = [&[0xa5], bytes].concat();
    assert_eq!(decode(&shifted[1..]), decoded, "at an odd address");
    let decoded = decoded.ok()?;
    let extended = [bytes, &[0xa5; 9]].concat();
    assert_eq!(decode(&extended).as_ref(), Ok(&decoded), "with something behind it");
    let lengths: Vec<usize> = (0..=bytes.len()).collect();
    let length = lengths.partition_point(|&length| decode(&bytes[..length]).is_err());
    assert_eq!(decode(&bytes[..length]).as_ref(), Ok(&decoded), "without what is behind it");
    Some((length, decoded))
}

fn check_event(bytes: &[u8], kind: Kind, event: &Event) {
    assert_eq!(event.time_ns, first_word(bytes));
    let subject = match (&event.what, kind) {
        (What::Fork(fork), Kind::Fork) => {
            check_parent(fork.forked_by);
            &fork.subject
        }
        (What::Exec(exec), Kind::Exec) => {
            let (filename, argv) = (&exec.image.filename, &exec.image.argv);
            assert!(filename.len() + argv.len() < bytes.len(), "texts and a fixed part");
            assert!(holds(bytes, filename) && holds(bytes, argv), "they stand in the record");
            assert_ne!(exec.by_thread, Some(0));
            let cwd = exec.image.cwd.as_ref().expect("a record tells it");
            check_path(bytes, &cwd.path, cwd.cut);
            &exec.subject
        }
        (What::Exit(exit), Kind::Exit) => {
            assert_eq!(exit.cpu_user_ns.checked_add(exit.cpu_system_ns), Some(exit.cpu_ns));
            assert!(exit.status.0 <= 0xffff);
            &exit.subject
        }
        (What::Rename(rename), Kind::Rename) => {
            check_comm(rename.to);
            &rename.subject
        }
        (What::ExecFailed(failed), Kind::ExecFailed) => {
            check_comm(failed.comm);
            assert!(holds(bytes, &failed.filename));
            &Subject::default()
        }
        (What::ThreadStart(thread), Kind::ThreadStart) | (What::ThreadEnd(thread), Kind::ThreadEnd) => {
            check_comm(thread.comm);
            &Subject::default()
        }
        (What::Cgroup(cgroup), Kind::Cgroup) => {
            check_path(bytes, &cgroup.path, cgroup.cut);
            &Subject::default()
        }
        (what, kind) => panic!("{kind:?} is told as {what:?}"),
    };
    check_subject(subject);
    assert_eq!(recorded(event), std::slice::from_ref(event), "as a recording has it");
}

fn check_subject(subject: &Subject) {
    check_comm(subject.comm);
    assert_ne!(subject.inner_pid, Some(0));
    check_parent(subject.parent);
}

fn check_comm(comm: Comm) {
    assert!(comm.as_bytes().len() < 16 && !comm.as_bytes().contains(&0));
}

/// The idle task is nobody's parent.
fn check_parent(parent: Option<ProcessId>) {
    assert!(parent.is_none_or(|parent| parent.pid != 0));
}

/// The event, written and read again.
fn recorded(event: &Event) -> Vec<Event> {
    let mut writer = Writer::new(Vec::new(), &Source::default()).expect("a header");
    writer.write(event).expect("an event");
    let recording = writer.finish().expect("a recording");
    Reader::new(&recording[..]).expect("a header").flat_map(|block| block.expect("a block")).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

fn first_word(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes[..8].try_into().expect("eight bytes"))
}
