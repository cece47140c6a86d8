//! The encoding as it was once released: recordings outlive the program that made them.

use super::*;

fn subject() -> Subject {
    Subject {
        id: ProcessId::new(300, 1),
        parent: Some(ProcessId::new(1, 0)),
        comm: "sh".into(),
        uids: Uids { effective: 1000, real: 0 },
        cgroup_id: 5,
        kernel_thread: true,
        inner_pid: Some(7),
        outside: true,
    }
}

fn image() -> Arc<Image> {
    let cwd = Directory { path: b"/w"[..].into(), deleted: true, cut: false };
    Arc::new(Image {
        filename: b"/x"[..].into(),
        argv: b"x\0y\0"[..].into(),
        argv_truncated_bytes: 3,
        argv_unreadable: true,
        cwd: Some(cwd),
    })
}

fn exit(killed_by: Option<Killer>) -> What {
    let usage = Usage {
        minor_faults: 1,
        major_faults: 2,
        voluntary_switches: 3,
        involuntary_switches: 4,
        read_bytes: 5,
        written_bytes: 6,
        storage_read_bytes: 7,
        storage_written_bytes: 8,
        threads: 9,
    };
    What::Exit(Exit {
        subject: subject(),
        status: WaitStatus::exited(3),
        cpu_ns: 10,
        cpu_user_ns: 7,
        cpu_system_ns: 3,
        cpu_partial: true,
        max_rss_bytes: 4096,
        usage,
        killed_by,
    })
}

fn per_kind() -> PerKind {
    PerKind {
        fork: 1,
        exec: 2,
        exit: 3,
        exec_failed: 4,
        rename: 5,
        thread_start: 6,
        thread_end: 7,
        cgroup: 8,
    }
}

/// An event of every kind and a killer of every kind, with something in every field.
fn samples() -> Vec<Event> {
    let (subject, session) = (subject(), Session { id: 299, tty: 136 << 20 | 3 });
    let killer = Killer::Process { id: ProcessId::new(2, 3), comm: "k".into() };
    let thread = Thread { of: ProcessId::new(300, 1), tid: 301, comm: "t".into(), start_ns: 200, cpu_ns: 9 };
    let failed =
        ExecFailed { id: ProcessId::new(300, 1), comm: "sh".into(), error: 2, filename: b"/no"[..].into() };
    let account = Account {
        attempted: per_kind(),
        delivered: per_kind(),
        dropped: PerKind::default(),
        missed_at_most: 9,
        malformed: 8,
    };
    let causes = [Cause::Fault, Cause::Terminal, Cause::Timer, Cause::Rlimit, Cause::Oom, Cause::Other];
    let mut all = vec![
        What::Clock { wall_offset_ns: -2 },
        What::Snapshot(Snapshot { subject, session, threads: 2, zombie: true, image: Some(image()) }),
        What::SnapshotEnd { taken_ns: 6 },
        What::Fork(Fork { subject, forked_by: Some(ProcessId::new(2, 2)) }),
        What::Exec(Exec { subject, session, by_thread: Some(301), image: image() }),
        exit(Some(killer)),
        What::ExecFailed(failed),
        What::Rename(Rename { subject, to: "new".into() }),
        What::ThreadStart(thread),
        What::ThreadEnd(thread),
        What::Cgroup(Cgroup { id: 5, path: b"/a"[..].into(), cut: true }),
        What::Look(Look { subject, session }),
        What::Zombies(vec![ProcessId::new(300, 1), ProcessId::new(4, 200)]),
        What::Lost(Lost { dropped: per_kind(), missed_at_most: 4 }),
    ];
    all.extend(causes.map(|cause| exit(Some(Killer::Kernel(cause)))));
    all.push(What::End(account));
    all.into_iter().map(|what| Event { time_ns: 128, what }).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// If one of these fails, a type of the event vocabulary has changed and old recordings would be misread. Raise
/// [`crate::recording::format::VERSION`], keep reading the old one or refuse it, and only then change the test.
#[test]
fn the_encoding_of_version_2_does_not_change() {
    let sh = "73680000000000000000000000000000";
    let subject = format!("ac02010101 00{sh}e80700 0501 0107 01");
    let (session, directory) = ("ab0283808044", "0102 2f77 01 00");
    let image = format!("02 2f78 04 78007900 03 01 {directory}");
    let exit = format!("8001 05 {subject} 8006 0a 07 03 01 8020 01 02 03 04 05 06 07 08 09");
    let kinds = "0102030405060708";
    let [k, t, new] = ["6b", "74", "6e6577"].map(|comm| format!("{comm:0<32}"));
    let mut expected = vec![
        "8001 00 03".to_owned(),
        format!("8001 01 {subject} {session} 02 01 01 {image}"),
        "8001 02 06".to_owned(),
        format!("8001 03 {subject} 01 02 02"),
        format!("8001 04 {subject} {session} 01 ad02 {image}"),
        format!("{exit} 01 00 02 03 {k}"),
        format!("8001 06 ac0201 {sh} 02 03 2f6e6f"),
        format!("8001 07 {subject} {new}"),
        format!("8001 08 ac0201 ad02 {t} c801 09"),
        format!("8001 09 ac0201 ad02 {t} c801 09"),
        "8001 0a 05 02 2f61 01".to_owned(),
        format!("8001 0b {subject} {session}"),
        "8001 0c 02 ac0201 04c801".to_owned(),
        format!("8001 0d {kinds} 04"),
    ];
    expected.extend((0..6).map(|cause| format!("{exit} 01 01 {cause:02x}")));
    expected.push(format!("8001 0e {kinds} {kinds} 0000000000000000 09 08"));
    let samples = samples();
    assert_eq!(samples.len(), expected.len());
    for (event, expected) in samples.iter().zip(expected) {
        let expected = expected.replace(' ', "");
        assert_eq!(hex(&postcard::to_stdvec(event).unwrap()), expected, "{event:?}");
    }
    let header = "8950544f500d0a1a020000001e0000000ffb9b9e02766d07362e31382e343405302e312e30090702046d616b65032d6aff02";
    assert_eq!(hex(&record(&[])), header);
}

/// A whole recording of version 2: [`source`] and [`samples`].
const RECORDING: &str = "8950544f500d0a1a020000001e0000000ffb9b9e02766d07362e31382e343405302e312e30090702046d616b65032d6aff02\
    b1424c4bc7000000080300001500000054b527c028b52ffd600802ed050082091d2390274907ff8fea2fa0bdbb3d12fa33af\
    b83c5c37239b1d15c71b3fb28d344208d932ed8512b8c71c3701f784998b0017712f38780c75d589052e7315373140d24d40\
    8ee35ce89a19c2d1564542c71c1fe8970cd4c36573c9ef225e3b396330c528079f046d031d4e7f2c3dd88182fd5cdfb31b1b\
    00c48bc08a80a64550c07901270b3825e0bcb1469cae0580d87379ed7dc362410ee2f1690518b8191fadc72043e462438ea4\
    e1ba2bf1829f320ce0a8588220489775380018";

#[test]
fn a_recording_of_version_2_is_read() {
    let digits = RECORDING.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    assert_eq!(Reader::new(&bytes[..]).unwrap().source(), &source());
    assert_eq!(read(&bytes).unwrap(), (samples(), Ending::Clean));
}
