//! Events without sense: few pids, few start times, parents from anywhere, times that jump.

use std::sync::Arc;

use proctop::model::event::{
    Event, Exec, Exit, Fork, Image, Lost, PerKind, ProcessId, Snapshot, Subject, Uids, WaitStatus, What,
};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["sh", "cc1", "ls", "kworker"];

fn id() -> impl Strategy<Value = ProcessId> {
    (0..9u32, 0..4u64).prop_map(|(pid, start)| ProcessId::new(pid, start * 100))
}

fn subject() -> impl Strategy<Value = Subject> {
    let parent = prop::option::weighted(0.9, id());
    (id(), parent, 0..NAMES.len(), 0..2u32, prop::bool::weighted(0.1)).prop_map(
        |(id, parent, name, uid, kernel_thread)| Subject {
            id,
            parent,
            comm: NAMES[name].into(),
            uids: Uids { effective: uid, real: uid },
            cgroup_id: 0,
            kernel_thread,
            ..Subject::default()
        },
    )
}

fn image() -> impl Strategy<Value = Arc<Image>> {
    (0..NAMES.len(), prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(name, argv)| {
        let filename = NAMES[name].as_bytes().into();
        Arc::new(Image {
            filename,
            argv: argv.into(),
            argv_truncated_bytes: 0,
            argv_unreadable: false,
            ..Image::default()
        })
    })
}

fn what() -> impl Strategy<Value = What> {
    let fork = (subject(), prop::option::weighted(0.1, id()))
        .prop_map(|(subject, forked_by)| What::Fork(Fork { subject, forked_by }));
    let exec = (subject(), image())
        .prop_map(|(subject, image)| What::Exec(Exec { subject, by_thread: None, image, ..Exec::default() }));
    let exit = (subject(), any::<u16>(), any::<u32>()).prop_map(|(subject, status, cpu)| {
        let status = WaitStatus(status.into());
        What::Exit(Exit { subject, status, cpu_ns: cpu.into(), ..Exit::default() })
    });
    let snapshot =
        (subject(), any::<bool>(), prop::option::of(image())).prop_map(|(subject, zombie, image)| {
            What::Snapshot(Snapshot { subject, zombie, image, ..Snapshot::default() })
        });
    let lost = (any::<u64>(), any::<u64>()).prop_map(|(exec, missed_at_most)| {
        What::Lost(Lost { dropped: PerKind { exec, ..PerKind::default() }, missed_at_most })
    });
    prop_oneof![
        8 => fork,
        5 => exec,
        6 => exit,
        4 => snapshot,
        1 => (0..500u64).prop_map(|taken_ns| What::SnapshotEnd { taken_ns }),
        1 => lost,
        1 => any::<i64>().prop_map(|wall_offset_ns| What::Clock { wall_offset_ns }),
    ]
}

fn time_ns() -> impl Strategy<Value = u64> {
    prop_oneof![20 => 0..1000u64, 1 => any::<u64>()]
}

/// Any events at any times.
pub fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (time_ns(), what()).prop_map(|(time_ns, what)| Event { time_ns, what });
    prop::collection::vec(event, 0..150)
}

/// Any events, but one after the other, and nothing known from /proc.
pub fn ordered_events() -> impl Strategy<Value = Vec<Event>> {
    events().prop_map(|mut events| {
        for (event, time_ns) in events.iter_mut().zip(500..) {
            event.time_ns = time_ns;
            if let What::Snapshot(snapshot) = &mut event.what {
                snapshot.image = None;
            }
        }
        events
    })
}
