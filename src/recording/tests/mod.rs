//! Writer and reader against each other, and the reader against everything else.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample;

use super::{Ending, OpenError, Reader, Writer};
use crate::model::event::*;

mod compactness;
mod damage;
mod golden;
mod writing;

/// A source with something in every field.
fn source() -> Source {
    Source {
        host: "vm".into(),
        kernel: "6.18.44".into(),
        proctop: "0.1.0".into(),
        wall_offset_ns: -5,
        started_ns: 7,
        command: vec![b"make".to_vec(), b"-j\xff".to_vec()],
        cpus: 2,
    }
}

/// A clock event, the smallest that there is.
fn tick(time_ns: u64) -> Event {
    Event { time_ns, what: What::Clock { wall_offset_ns: 1 } }
}

fn end(time_ns: u64) -> Event {
    Event { time_ns, what: What::End(Account::default()) }
}

/// An exec with this many bytes of argv, which do not compress.
fn exec(time_ns: u64, argv_bytes: usize) -> Event {
    let mut state = time_ns | 1;
    let argv = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let image = Image { argv: argv.take(argv_bytes).collect(), ..Image::default() };
    Event { time_ns, what: What::Exec(Exec { image: Arc::new(image), ..Exec::default() }) }
}

/// A recording with a block for each of the lists.
fn record(blocks: &[&[Event]]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &source()).expect("a header");
    for events in blocks {
        writer.write_batch(events).expect("events");
        writer.flush().expect("a block");
    }
    writer.finish().expect("a recording")
}

/// All that a reader makes of these bytes.
fn read(bytes: &[u8]) -> Result<(Vec<Event>, Ending), OpenError> {
    let mut reader = Reader::new(bytes)?;
    let mut events = Vec::new();
    while let Some(block) = reader.next_block().expect("slices can be read") {
        assert!(!block.is_empty());
        events.extend(block);
    }
    assert!(reader.next_block().expect("still at the end").is_none());
    Ok((events, reader.ending().expect("an ending after the end")))
}

fn bytes() -> impl Strategy<Value = Box<[u8]>> {
    vec(any::<u8>(), 0..300).prop_map(Vec::into_boxed_slice)
}

prop_compose! {
    fn process_id()(pid: u32, start_ns: u64) -> ProcessId {
        ProcessId { pid, start_ns }
    }
}

prop_compose! {
    fn directory()(path in bytes(), deleted: bool, cut: bool) -> Directory {
        Directory { path, deleted, cut }
    }
}

prop_compose! {
    fn image()(
        filename in bytes(), argv in bytes(), argv_truncated_bytes: u64, argv_unreadable: bool,
        cwd in option::of(directory()),
    ) -> Arc<Image> {
        Arc::new(Image { filename, argv, argv_truncated_bytes, argv_unreadable, cwd })
    }
}

fn comm() -> impl Strategy<Value = Comm> {
    any::<[u8; 16]>().prop_map(|bytes| Comm::from_bytes(&bytes))
}

prop_compose! {
    fn subject()(
        id in process_id(), parent in option::of(process_id()), comm in comm(), effective: u32, real: u32,
        cgroup_id: u64, kernel_thread: bool, inner_pid: Option<u32>, outside: bool,
    ) -> Subject {
        let uids = Uids { effective, real };
        Subject { id, parent, comm, uids, cgroup_id, kernel_thread, inner_pid, outside }
    }
}

prop_compose! {
    fn session()(id: u32, tty: u32) -> Session {
        Session { id, tty }
    }
}

prop_compose! {
    fn usage()(n: [u64; 8], threads: u32) -> Usage {
        let [minor_faults, major_faults, voluntary_switches, involuntary_switches, read_bytes, written_bytes, ..] = n;
        let [.., storage_read_bytes, storage_written_bytes] = n;
        Usage {
            minor_faults, major_faults, voluntary_switches, involuntary_switches, read_bytes, written_bytes,
            storage_read_bytes, storage_written_bytes, threads,
        }
    }
}

fn killer() -> impl Strategy<Value = Killer> {
    let causes = [Cause::Fault, Cause::Terminal, Cause::Timer, Cause::Rlimit, Cause::Oom, Cause::Other];
    prop_oneof![
        (process_id(), comm()).prop_map(|(id, comm)| Killer::Process { id, comm }),
        sample::select(causes.to_vec()).prop_map(Killer::Kernel),
    ]
}

prop_compose! {
    fn exit()(
        subject in subject(), status: u32, cpu_ns: u64, cpu_user_ns: u64, cpu_system_ns: u64, cpu_partial: bool,
        max_rss_bytes: u64, usage in usage(), killed_by in option::of(killer()),
    ) -> Exit {
        let status = WaitStatus(status);
        Exit {
            subject, status, cpu_ns, cpu_user_ns, cpu_system_ns, cpu_partial, max_rss_bytes, usage, killed_by,
        }
    }
}

prop_compose! {
    fn thread()(of in process_id(), tid: u32, comm in comm(), start_ns: u64, cpu_ns: u64) -> Thread {
        Thread { of, tid, comm, start_ns, cpu_ns }
    }
}

fn per_kind() -> impl Strategy<Value = PerKind> {
    any::<[u64; Kind::ALL.len()]>().prop_map(|numbers| {
        let mut counts = PerKind::default();
        for (kind, number) in Kind::ALL.into_iter().zip(numbers) {
            *counts.get_mut(kind) = number;
        }
        counts
    })
}

prop_compose! {
    fn account()(
        attempted in per_kind(), delivered in per_kind(), dropped in per_kind(), missed_at_most: u64, malformed: u64,
    ) -> Account {
        Account { attempted, delivered, dropped, missed_at_most, malformed }
    }
}

/// What is told of processes.
fn of_processes() -> impl Strategy<Value = What> {
    let snapshot = (subject(), session(), any::<u32>(), any::<bool>(), option::of(image())).prop_map(
        |(subject, session, threads, zombie, image)| {
            What::Snapshot(Snapshot { subject, session, threads, zombie, image })
        },
    );
    let exec = (subject(), session(), any::<Option<u32>>(), image())
        .prop_map(|(subject, session, by_thread, image)| Exec { subject, session, by_thread, image });
    let fork = (subject(), option::of(process_id()));
    let failed = (process_id(), comm(), any::<u32>(), bytes());
    prop_oneof![
        snapshot,
        fork.prop_map(|(subject, forked_by)| What::Fork(Fork { subject, forked_by })),
        exec.prop_map(What::Exec),
        exit().prop_map(What::Exit),
        failed.prop_map(|(id, comm, error, filename)| What::ExecFailed(ExecFailed {
            id,
            comm,
            error,
            filename
        })),
        (subject(), comm()).prop_map(|(subject, to)| What::Rename(Rename { subject, to })),
        thread().prop_map(What::ThreadStart),
        thread().prop_map(What::ThreadEnd),
        (subject(), session()).prop_map(|(subject, session)| What::Look(Look { subject, session })),
        vec(process_id(), 0..20).prop_map(What::Zombies),
    ]
}

/// Every kind of event but the end.
fn what() -> impl Strategy<Value = What> {
    let cgroup = (any::<u64>(), bytes(), any::<bool>());
    let lost = (per_kind(), any::<u64>());
    prop_oneof![
        10 => of_processes(),
        1 => any::<i64>().prop_map(|wall_offset_ns| What::Clock { wall_offset_ns }),
        1 => any::<u64>().prop_map(|taken_ns| What::SnapshotEnd { taken_ns }),
        1 => cgroup.prop_map(|(id, path, cut)| What::Cgroup(Cgroup { id, path, cut })),
        1 => lost.prop_map(|(dropped, missed_at_most)| What::Lost(Lost { dropped, missed_at_most })),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (any::<u64>(), what()).prop_map(|(time_ns, what)| Event { time_ns, what });
    vec(event, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(mut events in events(), account in account(), flush_every in 1..20_usize) {
        events.push(Event { time_ns: 9, what: What::End(account) });
        let blocks: Vec<&[Event]> = events.chunks(flush_every).collect();
        let recording = record(&blocks);
        let reader = Reader::new(&recording[..]).unwrap();
        prop_assert_eq!(reader.source(), &source());
        prop_assert_eq!(read(&recording).unwrap(), (events, Ending::Clean));
    }
}
