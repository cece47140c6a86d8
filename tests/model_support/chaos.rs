//! Events without sense: few pids, few start times, parents from anywhere, times that jump.

use std::collections::HashSet;
use std::sync::Arc;

use proctop::model::event::{
    Cause, Cgroup, Directory, Event, Exec, ExecFailed, Exit, Fork, Image, Killer, Look, Lost, PerKind,
    ProcessId, Rename, Session, Snapshot, Subject, Thread, Uids, Usage, WaitStatus, What,
};
use proptest::prelude::*;

const NAMES: [&str; 4] = ["sh", "cc1", "ls", "kworker"];

fn id() -> impl Strategy<Value = ProcessId> {
    (0..9u32, 0..4u64).prop_map(|(pid, start)| ProcessId::new(pid, start * 100))
}

fn subject() -> impl Strategy<Value = Subject> {
    let parent = prop::option::weighted(0.9, id());
    (id(), parent, 0..NAMES.len(), 0..2u32, prop::bool::weighted(0.1), 0..3u64).prop_map(
        |(id, parent, name, uid, kernel_thread, cgroup_id)| Subject {
            id,
            parent,
            comm: NAMES[name].into(),
            uids: Uids { effective: uid, real: uid },
            cgroup_id,
            kernel_thread,
            ..Subject::default()
        },
    )
}

fn image() -> impl Strategy<Value = Arc<Image>> {
    (0..NAMES.len(), prop::collection::vec(any::<u8>(), 0..6), any::<bool>()).prop_map(
        |(name, argv, in_tmp)| {
            let filename = NAMES[name].as_bytes().into();
            let cwd = in_tmp.then(|| Directory { path: b"/tmp"[..].into(), ..Directory::default() });
            Arc::new(Image { filename, argv: argv.into(), cwd, ..Image::default() })
        },
    )
}

fn session() -> impl Strategy<Value = Session> {
    (0..3u32, 0..2u32).prop_map(|(id, tty)| Session { id, tty: tty * (136 << 20) })
}

fn killer() -> impl Strategy<Value = Option<Killer>> {
    let process =
        (id(), 0..NAMES.len()).prop_map(|(id, name)| Killer::Process { id, comm: NAMES[name].into() });
    prop::option::of(prop_oneof![process, Just(Killer::Kernel(Cause::Oom))])
}

fn exit() -> impl Strategy<Value = Exit> {
    let told = (subject(), any::<u16>(), any::<u32>(), killer(), 0..4u32);
    told.prop_map(|(subject, status, cpu, killed_by, threads)| Exit {
        subject,
        status: WaitStatus(status.into()),
        cpu_ns: cpu.into(),
        killed_by,
        usage: Usage { threads, ..Usage::default() },
        ..Exit::default()
    })
}

/// Few names in few places: searches that go on, end well, or don't.
fn failed() -> impl Strategy<Value = ExecFailed> {
    let place = prop::sample::select(vec!["/a/", "/b/", "/c/"]);
    let error = prop_oneof![5 => Just(2u32), 1 => Just(13)];
    (id(), 0..2usize, place, error).prop_map(|(id, name, place, error)| ExecFailed {
        id,
        comm: "sh".into(),
        error,
        filename: format!("{place}{}", NAMES[name]).into_bytes().into(),
    })
}

fn thread() -> impl Strategy<Value = Thread> {
    (id(), 1..20u32).prop_map(|(of, tid)| Thread { of, tid, comm: "pool".into(), start_ns: 1, cpu_ns: 1 })
}

/// What happens beside birth, exec and end.
fn change() -> impl Strategy<Value = What> {
    let path = prop::sample::select(vec!["/", "/system.slice/x.service", "/user.slice"]);
    let cgroup =
        (0..3u64, path).prop_map(|(id, path)| Cgroup { id, path: path.as_bytes().into(), cut: false });
    prop_oneof![
        4 => failed().prop_map(What::ExecFailed),
        3 => (subject(), session()).prop_map(|(subject, session)| What::Look(Look { subject, session })),
        2 => (subject(), 0..NAMES.len()).prop_map(|(subject, to)| What::Rename(Rename { subject, to: NAMES[to].into() })),
        2 => prop::collection::vec(id(), 0..6).prop_map(What::Zombies),
        1 => thread().prop_map(What::ThreadStart),
        1 => thread().prop_map(What::ThreadEnd),
        1 => cgroup.prop_map(What::Cgroup),
    ]
}

fn what() -> impl Strategy<Value = What> {
    let fork = (subject(), prop::option::weighted(0.1, id()))
        .prop_map(|(subject, forked_by)| What::Fork(Fork { subject, forked_by }));
    let exec = (subject(), session(), image())
        .prop_map(|(subject, session, image)| What::Exec(Exec { subject, session, by_thread: None, image }));
    let listed = (subject(), session(), any::<bool>(), prop::option::of(image()));
    let snapshot = listed.prop_map(|(subject, session, zombie, image)| {
        What::Snapshot(Snapshot { subject, session, threads: 1, zombie, image })
    });
    let lost = (any::<u64>(), any::<u64>()).prop_map(|(exec, missed_at_most)| {
        What::Lost(Lost { dropped: PerKind { exec, ..PerKind::default() }, missed_at_most })
    });
    prop_oneof![
        8 => fork,
        5 => exec,
        6 => exit().prop_map(What::Exit),
        4 => snapshot,
        8 => change(),
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

/// Two processes that look for programs again and again, and do little else.
pub fn searches() -> impl Strategy<Value = Vec<Event>> {
    let step =
        (prop_oneof![6 => failed().prop_map(What::ExecFailed), 1 => what()], 1..3u32, 0..40_000_000u64);
    prop::collection::vec(step, 0..80).prop_map(|steps| {
        let mut time_ns = 0;
        let event = |(mut what, pid, pause): (What, u32, u64)| {
            time_ns += pause;
            let id = ProcessId::new(pid, 1);
            match &mut what {
                What::ExecFailed(failed) => failed.id = id,
                What::Exec(exec) => exec.subject.id = id,
                What::Fork(fork) => fork.subject.id = id,
                _ => {}
            }
            Event { time_ns, what }
        };
        steps.into_iter().map(event).collect()
    })
}

/// Whom an event is about.
fn whose(event: &Event) -> Option<ProcessId> {
    match &event.what {
        What::Snapshot(Snapshot { subject, .. })
        | What::Fork(Fork { subject, .. })
        | What::Exec(Exec { subject, .. })
        | What::Exit(Exit { subject, .. })
        | What::Rename(Rename { subject, .. })
        | What::Look(Look { subject, .. }) => Some(subject.id),
        What::ExecFailed(failed) => Some(failed.id),
        What::ThreadStart(thread) | What::ThreadEnd(thread) => Some(thread.of),
        _ => None,
    }
}

/// Any events, but one after the other, nobody's birth after what else is told of him, and nothing known from /proc.
pub fn ordered_events() -> impl Strategy<Value = Vec<Event>> {
    events().prop_map(|mut events| {
        let mut known = HashSet::new();
        events.retain(|event| {
            let is_new = whose(event).is_some_and(|id| known.insert(id));
            is_new || !matches!(event.what, What::Fork(_))
        });
        for (event, time_ns) in events.iter_mut().zip(500..) {
            event.time_ns = time_ns;
            if let What::Snapshot(snapshot) = &mut event.what {
                snapshot.image = None;
            }
        }
        events
    })
}
