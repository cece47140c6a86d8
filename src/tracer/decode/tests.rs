//! Records that are right, and records that lie.

use proptest::prelude::*;

use super::*;

fn header(kind: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(77u64.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes
}

fn with_subject(kind: u32) -> Vec<u8> {
    let mut bytes = header(kind);
    for word in [100u64, 50, 9] {
        bytes.extend(word.to_ne_bytes());
    }
    for word in [42u32, 7, 1000, 1001, 0, 0] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(*b"cc1\0\0\0\0\0\0\0\0\0\0\0\0\0");
    bytes
}

/// `claimed` are the lengths that the record states of the three texts.
fn exec_bytes(texts: [&[u8]; 3], claimed: [u32; 3], flags: u32) -> Vec<u8> {
    let mut bytes = with_subject(RECORD_EXEC);
    for word in [40u32, 136 << 20 | 3] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(5u64.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    for word in claimed {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(texts.concat());
    bytes
}

const TEXTS: [&[u8]; 3] = [b"/bin/x\0", b"src\0work\0", b"x\0-y\0"];

fn exit_bytes(status: u32, flags: u32, blame: Option<(u32, u32)>) -> Vec<u8> {
    let mut bytes = with_subject(RECORD_EXIT);
    for word in [1000u64, 30, 10, 1, 2, 3, 4, 5, 6, 7, 8, 25] {
        bytes.extend(word.to_ne_bytes());
    }
    for word in [status, flags, 9, 0] {
        bytes.extend(word.to_ne_bytes());
    }
    if let Some((signal, cause)) = blame {
        bytes.extend(60u64.to_ne_bytes());
        for word in [6u32, signal, cause, 0] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(*b"bash\0\0\0\0\0\0\0\0\0\0\0\0");
    }
    bytes
}

fn exit_of(bytes: &[u8]) -> Exit {
    match decode(bytes, 4096).expect("well-formed").1.what {
        What::Exit(exit) => exit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_exec_is_read_whole() {
    let (kind, event) = decode(&exec_bytes(TEXTS, [7, 9, 5], 0), 4096).expect("well-formed");
    assert_eq!((kind, event.time_ns), (Kind::Exec, 77));
    let What::Exec(exec) = event.what else { panic!("{event:?}") };
    assert_eq!(exec.subject.id, ProcessId::new(42, 100));
    assert_eq!(exec.subject.parent, Some(ProcessId::new(7, 50)));
    assert_eq!(exec.subject.uids, Uids { effective: 1000, real: 1001 });
    assert_eq!((&*exec.image.filename, &*exec.image.argv), (&b"/bin/x"[..], &b"x\0-y\0"[..]));
    assert_eq!((exec.image.argv_truncated_bytes, exec.by_thread), (5, None));
    let cwd = exec.image.cwd.as_ref().expect("told");
    assert_eq!((&*cwd.path, cwd.deleted, cwd.cut), (&b"/work/src"[..], false, false));
    assert_eq!(exec.session, Session { id: 40, tty: 136 << 20 | 3 });
}

#[test]
fn lengths_that_lie_are_malformed() {
    for claimed in [[8, 9, 5], [7, 10, 5], [7, 9, 6], [u32::MAX, 9, 5], [7, u32::MAX, 5], [u32::MAX; 3]] {
        assert_eq!(decode(&exec_bytes(TEXTS, claimed, 0), 4096), Err(Malformed));
    }
    let whole = exec_bytes([b""; 3], [0; 3], 0);
    for cut in 0..whole.len() {
        assert_eq!(decode(&whole[..cut], 4096), Err(Malformed), "cut at {cut}");
    }
}

#[test]
fn paths_are_turned_round() {
    let path = |names: &[u8], cut| path_of(names, cut).into_vec();
    assert_eq!(path(b"", false), b"/");
    assert_eq!(path(b"b\0a\0", false), b"/a/b");
    assert_eq!(path(b"b\0a\0", true), b"a/b");
    assert_eq!(path(b"", true), b"");
    assert_eq!(path(b"no end", false), b"/no end");
}

#[test]
fn who_ended_it_is_told_where_the_signal_is_known() {
    let killer = ProcessId::new(6, 60);
    let by_process = Some(Killer::Process { id: killer, comm: "bash".into() });
    assert_eq!(exit_of(&exit_bytes(9, EXIT_BLAMED, Some((9, BLAME_PROCESS)))).killed_by, by_process);
    assert_eq!(exit_of(&exit_bytes(0x300, 0, None)).killed_by, None);
    let oom = EXIT_BLAMED | EXIT_OOM;
    assert_eq!(exit_of(&exit_bytes(9, oom, Some((9, 5)))).killed_by, Some(Killer::Kernel(Cause::Oom)));
    assert_eq!(exit_of(&exit_bytes(15, oom, Some((15, BLAME_PROCESS)))).killed_by, by_process);
    for (cause, expected) in [
        (BLAME_FAULT, Cause::Fault),
        (BLAME_TERMINAL, Cause::Terminal),
        (BLAME_TIMER, Cause::Timer),
        (BLAME_RLIMIT, Cause::Rlimit),
        (5, Cause::Other),
        (77, Cause::Other),
    ] {
        let exit = exit_of(&exit_bytes(11, EXIT_BLAMED, Some((11, cause))));
        assert_eq!(exit.killed_by, Some(Killer::Kernel(expected)));
    }
    assert_eq!(decode(&exit_bytes(9, EXIT_BLAMED, None), 4096), Err(Malformed), "a promise that is not kept");
}

#[test]
fn costs_are_read_in_their_order() {
    let exit = exit_of(&exit_bytes(0, EXIT_COSTS_PARTIAL, None));
    assert_eq!((exit.cpu_ns, exit.cpu_user_ns, exit.cpu_system_ns), (1000, 750, 250));
    assert_eq!((exit.max_rss_bytes, exit.cpu_partial, exit.usage.threads), (25 * 4096, true, 9));
    let Usage { minor_faults, major_faults, voluntary_switches, involuntary_switches, .. } = exit.usage;
    assert_eq!([minor_faults, major_faults, voluntary_switches, involuntary_switches], [1, 2, 3, 4]);
    let Usage { read_bytes, written_bytes, storage_read_bytes, storage_written_bytes, .. } = exit.usage;
    assert_eq!([read_bytes, written_bytes, storage_read_bytes, storage_written_bytes], [5, 6, 7, 8]);
}

#[test]
fn cpu_time_is_split_as_wait4_does() {
    assert_eq!(split_cpu(100, 0, 0), (100, 0));
    assert_eq!(split_cpu(100, 10, 0), (100, 0));
    assert_eq!(split_cpu(100, 0, 10), (0, 100));
    assert_eq!(split_cpu(100, 30, 10), (75, 25));
    assert_eq!(split_cpu(u64::MAX, u64::MAX, u64::MAX).1, u64::MAX / 2);
}

proptest! {
    #[test]
    fn hostile_bytes_do_not_panic(kind in 0u32..10, tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = header(kind);
        bytes.extend(tail);
        let _ = decode(&bytes, u64::MAX);
        let _ = decode_listed(&bytes);
        let _ = decode(bytes.get(16..).unwrap_or_default(), 4096);
    }
}
