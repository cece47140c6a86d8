//! What the lines say.

use super::super::fixture::*;
use super::super::{Context, Format};
use super::*;
use crate::model::event::{Cause, Comm, Event, Killer, Lost, ProcessId, WaitStatus};

fn text(event: &Event) -> String {
    printed(Format::Text, &line(event))
}

fn text_with(event: &Event, context: Context<'_>) -> String {
    printed(Format::Text, &Line { context, ..line(event) })
}

#[test]
fn one_line_per_event() {
    insta::assert_snapshot!(
        [
            printed_start(Format::Text, &source()),
            text(&snapshot()),
            text(&fork()),
            text(&exec()),
            text(&exit(WaitStatus::exited(0))),
            text(&lost()),
            text(&end(1)),
        ]
        .concat(),
        @r"
    TIME         EVENT        PID    PPID    UID COMM             DETAIL
    11:13:07.123 SNAPSHOT    8122       -      0 sudo             sudo id  (ruid 1000)
    11:13:07.123 FORK        8122    8121   1000 sh
    11:13:07.123 EXEC        8122    8121   1000 ls               ls -l '/my etc'  (/usr/bin/ls)
    11:13:07.123 EXIT        8122    8121   1000 ls               exit 0  lifetime 12ms  cpu 3.0ms  rss 4.0M
    11:13:07.123 LOST           -       -      - -                12 fork, 3 exec (≤ 4 missed)
    11:13:07.123 END            -       -      - -                lost in all: 1 fork  of 4,010
    "
    );
    for quiet in silent().iter().chain([&end(0)]) {
        assert_eq!(text(quiet), "");
    }
}

#[test]
fn a_failure_shows_its_arguments() {
    let image = image(b"/usr/bin/ls", b"ls\0-l\0/etc\0");
    let context = Context {
        image: Some(&image),
        image_ns: Some(10_000_000),
        images: 2,
        inferred: false,
        alone: false,
        ..Context::default()
    };
    let mut partial = exit(WaitStatus::exited(3));
    if let What::Exit(exit) = &mut partial.what {
        exit.cpu_partial = true;
    }
    insta::assert_snapshot!(
        [
            text_with(&exit(WaitStatus::exited(0)), context),
            text_with(&exit(WaitStatus::exited(3)), Context { images: 1, ..context }),
            text_with(&exit(WaitStatus::signaled(9, false)), context),
            text_with(&exit(WaitStatus::signaled(11, true)), Context::default()),
            text(&partial),
            text_with(&exit(WaitStatus::exited(0)), Context { inferred: true, ..context }),
        ]
        .concat(),
        @r"
    11:13:07.123 EXIT        8122    8121   1000 ls               exit 0  lifetime 12ms  2 images, last 10ms  cpu 3.0ms  rss 4.0M
    11:13:07.123 EXIT        8122    8121   1000 ls               exit 3  lifetime 12ms  cpu 3.0ms  rss 4.0M  ls -l /etc
    11:13:07.123 EXIT        8122    8121   1000 ls               SIGKILL  lifetime 12ms  2 images, last 10ms  cpu 3.0ms  rss 4.0M  ls -l /etc
    11:13:07.123 EXIT        8122    8121   1000 ls               SIGSEGV, core dumped  lifetime 12ms  cpu 3.0ms  rss 4.0M
    11:13:07.123 EXIT        8122    8121   1000 ls               exit 3  lifetime 12ms  cpu ≥ 3.0ms  rss 4.0M
    11:13:07.123 EXIT        8122    8121   1000 ls               exit unseen
    "
    );
}

#[test]
fn an_exit_that_stands_alone_has_its_arguments() {
    let image = image(b"/usr/bin/ls", b"ls\0-l\0");
    let context = Context { image: Some(&image), alone: true, ..Context::default() };
    assert!(text_with(&exit(WaitStatus::exited(0)), context).ends_with("  ls -l\n"));
    let context = Context { alone: false, ..context };
    assert!(!text_with(&exit(WaitStatus::exited(0)), context).contains("ls -l"));
}

#[test]
fn rare_details() {
    let mut by_other = fork();
    if let What::Fork(fork) = &mut by_other.what {
        fork.forked_by = Some(ProcessId::new(123, 1));
    }
    let mut by_thread = exec_of(Image { argv_truncated_bytes: 123, ..image(b"/bin/x", b"x\0cut") });
    if let What::Exec(exec) = &mut by_thread.what {
        exec.by_thread = Some(8130);
    }
    let unreadable = Image { argv_unreadable: true, ..image(b"/my bin/x", b"") };
    let mut zombie = snapshot();
    if let What::Snapshot(snapshot) = &mut zombie.what {
        (snapshot.zombie, snapshot.subject.kernel_thread, snapshot.image) = (true, true, None);
    }
    let inferred = Context { inferred: true, ..Context::default() };
    let cases = [
        (text(&by_other), "sh               forked by 123\n"),
        (text_with(&fork(), inferred), "sh               (fork unseen)\n"),
        (text(&by_thread), "ls               x cut  (+123 bytes cut)  (/bin/x)  (by thread 8130)\n"),
        (text(&exec_of(unreadable)), "ls               '/my bin/x'  (arguments unreadable)\n"),
        (text_with(&exec(), inferred), "ls               ls -l '/my etc'  (/usr/bin/ls)  (exec unseen)\n"),
        (text(&zombie), "sudo             zombie  kernel thread  (ruid 1000)\n"),
    ];
    for (line, end) in cases {
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn hostile_text_stays_in_its_line() {
    let line = text(&hostile());
    assert_eq!(
        line,
        "11:13:07.123 EXEC        8122    8121   1000 ␛[2J␊\u{fffd},\"x        \
         $'\\e]0;pwn\\x07' $'a\\nb' $'gpj\\xe2\\x80\\xae.exe' $'\\xc2\\x9b2J' $'caf\\xe9'  ($'/tmp/\\xff\\e[2J')\n"
    );
    assert_eq!(sanitise(line.trim_end().as_bytes()), line.trim_end());
}

#[test]
fn who_ended_it() {
    let itself = Killer::Process { id: ProcessId::new(8122, 5_000_000_000), comm: "ls".into() };
    let cases = [
        (bash(), "SIGKILL  by bash(4312)  lifetime 12ms  cpu 3.0ms  rss 4.0M  9 threads\n"),
        (
            Killer::Kernel(Cause::Oom),
            "SIGKILL  by the kernel: oom  lifetime 12ms  cpu 3.0ms  rss 4.0M  9 threads\n",
        ),
        (itself, "SIGKILL  by itself  lifetime 12ms  cpu 3.0ms  rss 4.0M  9 threads\n"),
    ];
    for (killer, end) in cases {
        let line = text(&killed_by(killer));
        assert!(line.ends_with(&format!("  {end}")), "{line}");
    }
    let mut single = killed_by(bash());
    if let What::Exit(exit) = &mut single.what {
        exit.usage.threads = 1;
    }
    assert!(text(&single).ends_with("  rss 4.0M\n"), "one thread is nothing to tell");
}

#[test]
fn what_else_happened() {
    let (look, all) = (&silent()[4], changes());
    let subject = subject(b"sh");
    let known = |tries| Context { subject: Some(&subject), tries, ..Context::default() };
    let mut lines: Vec<_> = all.iter().map(|change| text_with(look, changed(change))).collect();
    let [start, end] = thread();
    lines.extend([
        text_with(&failed(b"/my bin/no"), known(1)),
        text_with(&failed(b"/usr/bin/no"), known(7)),
        text(&failed(b"")),
        text_with(&exec(), Context { tries: 1, ..Context::default() }),
        text_with(&exec(), Context { tries: 3, ..Context::default() }),
        text_with(&start, known(0)),
        text(&end),
        text(&exec_inside()),
    ]);
    insta::assert_snapshot!(lines.concat(), @r"
    11:13:07.123 RENAME      8122    8121   1000 new              renamed, was old
    11:13:07.123 ADOPTED     8122       1   1000 new              adopted by 1
    11:13:07.123 SESSION     8122    8121   1000 new              session 812 on pts/3
    11:13:07.123 UID         8122    8121   1000 new              uid 1000, was 0
    11:13:07.123 ZOMBIE      8122    8121   1000 new              zombie: 8121 does not reap it  ended 3.0s ago
    11:13:07.123 REAPED      8122    8121   1000 new              reaped at last  ended 3.0s ago
    11:13:07.123 EXECFAIL    8122    8121   1000 sh               ENOENT  '/my bin/no'
    11:13:07.123 EXECFAIL    8122    8121   1000 sh               ENOENT  no  in 7 places
    11:13:07.123 EXECFAIL    8122       -      - sh               ENOENT
    11:13:07.123 EXEC        8122    8121   1000 ls               ls -l '/my etc'  (/usr/bin/ls)  (not in 1 place before)
    11:13:07.123 EXEC        8122    8121   1000 ls               ls -l '/my etc'  (/usr/bin/ls)  (not in 3 places before)
    11:13:07.123 THREAD+     8122    8121   1000 sh               thread 8130
    11:13:07.123 THREAD-     8122       -      - worker           thread 8130  lifetime 10ms  cpu 4.0ms
    11:13:07.123 EXEC        8122    8121   1000 x                x  (/bin/x)
    ");
}

#[test]
fn a_loss_is_told_by_all_its_kinds() {
    let mut dropped = PerKind::default();
    for (kind, n) in Kind::ALL.into_iter().zip(1..) {
        *dropped.get_mut(kind) = n;
    }
    let line = text(&event(What::Lost(Lost { dropped, missed_at_most: 0 })));
    let kinds = "1 fork, 2 exec, 3 exit, 4 exec_failed, 5 rename, 6 thread_start, 7 thread_end, 8 cgroup\n";
    assert!(line.ends_with(kinds), "{line}");
}

#[test]
fn what_others_wrote_stays_in_its_line_there_too() {
    let hostile: Comm = "\x1b[2J\nx".into();
    let subject = Subject { comm: hostile, ..subject(b"") };
    let change = (Change::Renamed { from: hostile }, subject);
    let killer = Killer::Process { id: ProcessId::new(1, 1), comm: hostile };
    let known = Context { subject: Some(&subject), tries: 2, ..Context::default() };
    for line in [
        text_with(&silent()[4], changed(&change)),
        text(&killed_by(killer)),
        text_with(&failed(b"/a/\x1b[2J\n"), known),
    ] {
        let shown = line.strip_suffix('\n').unwrap();
        assert_eq!(sanitise(shown.as_bytes()), shown);
    }
}
