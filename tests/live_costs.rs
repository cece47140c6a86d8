//! What a process used beside CPU time and memory: what wait4 and the process itself say is the truth.

mod support;

use support::bpf_or_skip;
use support::live::{log_command, sh};
use support::programs::{named_numbers, program};

/// Each thread switches once more behind its exit event, and may fault once when the kernel clears its tid in its memory.
fn assert_just_below(told: u64, waited: u64, slack: u64, what: &str) {
    assert!(told <= waited && waited <= told + slack, "{what}: {told}, and wait4 says {waited}");
}

#[test]
fn faults_switches_and_threads_are_those_of_all_threads() {
    if !bpf_or_skip() {
        return;
    }
    let path = program("threads");
    for (burner, last) in [("leader", "helper"), ("helpers", "leader"), ("helpers", "helper")] {
        let arguments = ["--threads", "8", "--burner", burner, "--last", last, "--burn", "40"];
        let (ran, events) = log_command(&[], [&[path.to_str().unwrap()][..], &arguments].concat());
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        let truth = named_numbers(ran.stdout_text());
        let exit = events.of("exit").find(|row| row.number("pid") == truth["pid"]).expect("its exit");
        let case = format!("{burner} burn, {last} is last");
        assert_eq!(exit.number("threads"), 8, "{case}");
        for name in ["minor_faults", "major_faults", "voluntary_switches", "involuntary_switches"] {
            assert_just_below(exit.number(name), truth[name], 16, &format!("{case}, {name}"));
        }
        assert!(truth["minor_faults"] > 40, "{case}: the truth says something");
    }
}

#[test]
fn a_process_of_one_thread_says_so_and_one_of_many_counts_those_that_ended() {
    if !bpf_or_skip() {
        return;
    }
    let path = program("threads");
    let (ran, events) = log_command(&[], [path.to_str().unwrap(), "--threads", "100", "--burn", "5"]);
    let truth = named_numbers(ran.stdout_text());
    let exit = events.of("exit").find(|row| row.number("pid") == truth["pid"]).expect("its exit");
    assert_eq!(exit.number("threads"), 100);
    assert_eq!(
        events.one("exit", events.command()).number("threads"),
        1,
        "its parent has none beside its leader"
    );
}

#[test]
fn bytes_through_system_calls_are_counted() {
    if !bpf_or_skip() {
        return;
    }
    let (_, events) = log_command(
        &[],
        sh("head -c 3000000 /dev/zero | wc -c; dd if=/dev/zero of=/dev/null bs=1000 count=7 status=none"),
    );
    let root = events.command();
    let of = |comm: &str| {
        let mut exits = events.of_children("exit", root).filter(|row| row.text("comm") == comm);
        exits.next().unwrap_or_else(|| panic!("no exit of {comm}"))
    };
    let (head, wc, dd) = (of("head"), of("wc"), of("dd"));
    assert_eq!(head.number("written_bytes"), 3_000_000);
    // what the dynamic linker reads comes on top
    for (row, least) in [(head, 3_000_000), (wc, 3_000_000), (dd, 7_000)] {
        let read = row.number("read_bytes");
        assert!((least..least + 100_000).contains(&read), "{read}: {row:?}");
    }
    assert_eq!(dd.number("written_bytes"), 7_000);
}

#[test]
fn threads_are_told_when_they_are_wanted() {
    if !bpf_or_skip() {
        return;
    }
    let path = program("threads");
    let command = [path.to_str().unwrap(), "--threads", "6", "--last", "helper", "--burn", "10"];
    let (ran, events) = log_command(&["-t"], command);
    let pid = named_numbers(ran.stdout_text())["pid"];
    let of = |event| {
        events
            .of(event)
            .filter(|row| row.number("pid") == pid)
            .map(|row| row.small("tid"))
            .collect::<Vec<_>>()
    };
    let (mut started, mut ended) = (of("thread_start"), of("thread_end"));
    assert_eq!(started.len(), 5, "all but the leader");
    started.push(u32::try_from(pid).unwrap());
    started.sort_unstable();
    ended.sort_unstable();
    assert_eq!(started, ended, "each end once, the leader's among them");
    let longest = events.of("thread_end").map(|row| row.number("cpu_ns")).max();
    assert!(longest > Some(1_000_000), "those that burnt: {longest:?}");

    let (_, without) = log_command(&[], command);
    assert_eq!(without.of("thread_start").count() + without.of("thread_end").count(), 0);
}
