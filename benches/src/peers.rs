//! Other programs that tell of processes: how they are called, what they tell, and how that is read.

use std::collections::HashMap;

use crate::storm::Kind;

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// It was forked.
    Fork,
    /// It executed a program.
    Exec,
    /// It ended.
    Exit,
}

/// How a peer is put to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It watches the machine.
    Beside,
    /// It starts the storm itself.
    Around,
}

/// A program that does a part of what proctop does.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// What it is called here.
    pub name: &'static str,
    /// Its executable.
    pub program: &'static str,
    /// How it is told to tell of processes.
    pub arguments: &'static [&'static str],
    /// How it is put to work.
    pub way: Way,
    /// What it tells of.
    pub tells: &'static [What],
    /// How long it takes until it watches, at most.
    pub start_ms: u64,
    /// What a line of its output says.
    pub parse: fn(&str) -> Option<(What, u32)>,
}

const BPFTRACE: &str = r#"tracepoint:sched:sched_process_fork { printf("fork %d\n", args->child_pid); }
tracepoint:sched:sched_process_exit { printf("exit %d\n", pid); }"#;

/// All that are known.
pub const ALL: &[Peer] = &[
    Peer {
        name: "forkstat",
        program: "forkstat",
        arguments: &["-e", "fork,exec,exit"],
        way: Way::Beside,
        tells: &[What::Fork, What::Exec, What::Exit],
        start_ms: 500,
        parse: forkstat,
    },
    Peer {
        name: "extrace",
        program: "extrace",
        arguments: &["-t"],
        way: Way::Beside,
        tells: &[What::Exec],
        start_ms: 500,
        parse: extrace,
    },
    Peer {
        name: "execsnoop (libbpf-tools)",
        program: "execsnoop",
        arguments: &[],
        way: Way::Beside,
        tells: &[What::Exec],
        start_ms: 800,
        parse: execsnoop,
    },
    Peer {
        name: "execsnoop (bcc)",
        program: "execsnoop-bpfcc",
        arguments: &[],
        way: Way::Beside,
        tells: &[What::Exec],
        start_ms: 6000,
        parse: execsnoop,
    },
    Peer {
        name: "exitsnoop (libbpf-tools)",
        program: "exitsnoop",
        arguments: &[],
        way: Way::Beside,
        tells: &[What::Exit],
        start_ms: 800,
        parse: exitsnoop,
    },
    Peer {
        name: "exitsnoop (bcc)",
        program: "exitsnoop-bpfcc",
        arguments: &[],
        way: Way::Beside,
        tells: &[What::Exit],
        start_ms: 6000,
        parse: exitsnoop,
    },
    Peer {
        name: "bpftrace one-liner",
        program: "bpftrace",
        arguments: &["-e", BPFTRACE],
        way: Way::Beside,
        tells: &[What::Fork, What::Exit],
        start_ms: 2000,
        parse: bpftrace,
    },
    Peer {
        name: "perf trace",
        program: "perf",
        arguments: &[
            "trace",
            "--all-cpus",
            "--no-syscalls",
            "--event",
            "sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit",
        ],
        way: Way::Beside,
        tells: &[What::Fork, What::Exec, What::Exit],
        start_ms: 1500,
        parse: perf_trace,
    },
    Peer {
        name: "strace -f",
        program: "strace",
        arguments: &["-f", "-e", "trace=process"],
        way: Way::Around,
        tells: &[What::Exit],
        start_ms: 0,
        parse: strace,
    },
];

/// `12:00:00 exit  26726    0   0.001 storm`; of a fork the line of the child.
fn forkstat(line: &str) -> Option<(What, u32)> {
    let mut words = line.split_whitespace().skip(1);
    let (event, pid) = (words.next()?, words.next()?.parse().ok()?);
    match event {
        "fork" => words.any(|word| word == "child").then_some((What::Fork, pid)),
        "exec" => Some((What::Exec, pid)),
        "exit" => Some((What::Exit, pid)),
        _ => None,
    }
}

/// `  29806+ mkdir -p out`. Of exits it tells only of those whose exec it has seen.
fn extrace(line: &str) -> Option<(What, u32)> {
    let (pid, _) = line.trim_start().split_once('+')?;
    Some((What::Exec, pid.parse().ok()?))
}

/// `PCOMM PID PPID RET ARGS`, of a comm without blanks.
fn execsnoop(line: &str) -> Option<(What, u32)> {
    let mut words = line.split_whitespace().skip(1);
    let pid = words.next()?.parse().ok()?;
    (words.nth(1)? == "0").then_some((What::Exec, pid))
}

/// `PCOMM PID PPID TID AGE(s) EXIT_CODE`, of a comm without blanks.
fn exitsnoop(line: &str) -> Option<(What, u32)> {
    Some((What::Exit, line.split_whitespace().nth(1)?.parse().ok()?))
}

/// As our one-liner prints it.
fn bpftrace(line: &str) -> Option<(What, u32)> {
    let (event, pid) = line.split_once(' ')?;
    let what = match event {
        "fork" => What::Fork,
        "exit" => What::Exit,
        _ => return None,
    };
    Some((what, pid.trim().parse().ok()?))
}

/// `3.3 storm/19002 sched:sched_process_exit(comm: "storm", …)`: the thread that it happened to stands in front; of a fork
/// the child stands behind, at the end: `child_pid: 19002 (storm))`.
fn perf_trace(line: &str) -> Option<(What, u32)> {
    let (before, event) = line.split_once(" sched:sched_process_")?;
    let own = || before.rsplit('/').next()?.trim().parse().ok();
    if event.starts_with("fork(") {
        let child = event.rsplit_once("child_pid: ")?.1;
        let end = child.find(|c: char| !c.is_ascii_digit()).unwrap_or(child.len());
        return Some((What::Fork, child.get(..end)?.parse().ok()?));
    }
    if event.starts_with("exec(") {
        return Some((What::Exec, own()?));
    }
    event.starts_with("exit(").then(own).flatten().map(|pid| (What::Exit, pid))
}

/// `[pid 812] +++ exited with 3 +++`, or without brackets where it goes to a file.
fn strace(line: &str) -> Option<(What, u32)> {
    let (pid, _) = line.split_once(" +++ exited with ")?;
    let pid = pid.strip_prefix("[pid ").and_then(|pid| pid.strip_suffix(']')).unwrap_or(pid);
    Some((What::Exit, pid.trim().parse().ok()?))
}

/// What a storm's children did.
pub fn happened(kind: Kind) -> &'static [What] {
    match kind {
        Kind::Vfork => &[What::Fork, What::Exit],
        Kind::Spawn => &[What::Fork, What::Exec, What::Exit],
    }
}

/// Of how much of what a peer is to tell it has not told: events that happened to the children of storms, of the kinds that it
/// tells of, without a line in its output. And how many it was to tell.
pub fn not_told(peer: &Peer, output: &str, storms: &[(Kind, &[(u32, u8)])]) -> (u64, u64) {
    let mut told: HashMap<(What, u32), u64> = HashMap::new();
    for event in output.lines().filter_map(peer.parse) {
        *told.entry(event).or_default() += 1;
    }
    let (mut missing, mut expected) = (0, 0);
    for (kind, children) in storms {
        let kinds = happened(*kind).iter().filter(|what| peer.tells.contains(what));
        for (what, &(pid, _)) in kinds.flat_map(|&what| children.iter().map(move |child| (what, child))) {
            expected += 1;
            match told.get_mut(&(what, pid)) {
                Some(left) if *left > 0 => *left -= 1,
                _ => missing += 1,
            }
        }
    }
    (missing, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str) -> &'static Peer {
        ALL.iter().find(|peer| peer.name.starts_with(name)).unwrap()
    }

    fn told(name: &str, line: &str) -> Option<(What, u32)> {
        (peer(name).parse)(line)
    }

    #[test]
    fn lines_of_peers_are_understood() {
        for (name, line, event) in [
            ("forkstat", "15:33:06 fork   6702 parent          bash /dev/fd/3 ", None),
            ("forkstat", "15:33:06 fork  26726 child           bash /dev/fd/3 ", Some((What::Fork, 26726))),
            (
                "forkstat",
                "15:33:06 exec  26726                 timeout 20 ./storm",
                Some((What::Exec, 26726)),
            ),
            ("forkstat", "15:33:06 exit  26728    768   0.001  storm", Some((What::Exit, 26728))),
            ("forkstat", "Time     Event     PID Info   Duration Process", None),
            ("extrace", "              29806+ mkdir -p out", Some((What::Exec, 29806))),
            ("extrace", "              29806- mkdir exited status=0 time=0.001s", None),
            ("execsnoop", "PCOMM            PID    PPID   RET ARGS", None),
            ("execsnoop", "true             12852  12803    0 /bin/true ", Some((What::Exec, 12852))),
            ("execsnoop", "true             12852  12803   -2 /bin/none ", None),
            ("exitsnoop", "mkdir            6672    3305    6672    0.00    0", Some((What::Exit, 6672))),
            ("exitsnoop", "PCOMM            PID     PPID    TID     AGE(s)  EXIT_CODE", None),
            ("bpftrace", "exit 12860", Some((What::Exit, 12860))),
            ("bpftrace", "Attaching 2 probes...", None),
            (
                "perf",
                r#"     3.318 storm/19002 sched:sched_process_exit(comm: "storm", pid: 19002 (storm), prio: 120, group_dead: 1)"#,
                Some((What::Exit, 19002)),
            ),
            (
                "perf",
                r#"     0.564 bash/6655 sched:sched_process_fork(parent_comm: "bash", parent_pid: 6655 (bash), child_comm: "bash", child_pid: 19000 (bash))"#,
                Some((What::Fork, 19000)),
            ),
            ("strace", "[pid   812] +++ exited with 3 +++", Some((What::Exit, 812))),
            ("strace", "812   +++ exited with 3 +++", Some((What::Exit, 812))),
            ("strace", "812   vfork() = 813", None),
        ] {
            assert_eq!(told(name, line), event, "{name}: {line}");
        }
    }

    #[test]
    fn what_was_not_told_is_missing_once_for_each_time_it_happened() {
        let children = [(7, 0), (8, 0), (7, 0)];
        let storms = [(Kind::Vfork, &children[..])];
        let output = "fork 7\nexit 7\nfork 8\nexit 8\nexit 9\nexit 8\n";
        // 7 came twice, and the second time neither its fork nor its exit was told
        assert_eq!(not_told(peer("bpftrace"), output, &storms), (2, 6));
        assert_eq!(not_told(peer("bpftrace"), "", &storms), (6, 6));
        assert_eq!(not_told(peer("extrace"), "", &storms), (0, 0), "there was no exec to be told of");
        assert_eq!(not_told(peer("extrace"), "", &[(Kind::Spawn, &children[..])]), (3, 3));
    }
}
