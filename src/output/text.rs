//! Aligned columns for people, in the manner of `execsnoop` and `ps`.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{Line, lifetime_ns};
use crate::model::event::{Account, Exec, Exit, Fork, Image, Kind, PerKind, Snapshot, Subject, What};
use crate::text::{Align, Stamps, bytes, count, duration, fit, push_args, quote_args, sanitise, status};

/// The line above all events.
pub(super) const HEADER: &str = "TIME         EVENT        PID    PPID    UID COMM             DETAIL\n";

const COMM_COLUMNS: usize = 16;

/// Makes the text line of an event, in a buffer that it uses again.
pub(super) struct TextLines {
    stamps: Stamps,
    line: String,
}

impl TextLines {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { stamps: Stamps::time_of_day(zone), line: String::new() }
    }

    /// Empty for events that have no line.
    pub(super) fn event(&mut self, line: &Line<'_>) -> &[u8] {
        self.line.clear();
        let out = &mut self.line;
        let time = self.stamps.show(line.wall_ns);
        match &line.event.what {
            What::Snapshot(snapshot) => {
                columns(out, time, "SNAPSHOT", Some(&snapshot.subject));
                snapshot_detail(out, snapshot);
            }
            What::Fork(fork) => {
                columns(out, time, "FORK", Some(&fork.subject));
                fork_detail(out, fork, line.context.inferred);
            }
            What::Exec(exec) => {
                columns(out, time, "EXEC", Some(&exec.subject));
                exec_detail(out, exec, line.context.inferred);
            }
            What::Exit(exit) => {
                columns(out, time, "EXIT", Some(&exit.subject));
                exit_detail(out, exit, line);
            }
            What::Lost(lost) => {
                columns(out, time, "LOST", None);
                push_lost(out, &lost.dropped, lost.missed_at_most);
            }
            What::End(account) if is_incomplete(account) => {
                columns(out, time, "END", None);
                end_detail(out, account);
            }
            _ => return &[],
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out.as_bytes()
    }
}

/// Everything before the detail. Writing to a String cannot fail.
fn columns(out: &mut String, time: &str, event: &str, subject: Option<&Subject>) {
    _ = write!(out, "{time} {event:<8} ");
    let Some(subject) = subject else {
        _ = write!(out, "{:>7} {:>7} {:>6} {:<COMM_COLUMNS$} ", "-", "-", "-", "-");
        return;
    };
    _ = write!(out, "{:>7} ", subject.id.pid);
    _ = match subject.parent {
        Some(parent) => write!(out, "{:>7} ", parent.pid),
        None => write!(out, "{:>7} ", "-"),
    };
    let comm = sanitise(subject.comm.as_bytes());
    _ = write!(out, "{:>6} {} ", subject.uids.effective, fit(&comm, COMM_COLUMNS, Align::Left));
}

/// Appends one part of the detail, apart from the one before it. The columns end with one space.
fn push_part(out: &mut String, part: &str) {
    if !part.is_empty() {
        out.push_str(part);
        out.push_str("  ");
    }
}

fn snapshot_detail(out: &mut String, snapshot: &Snapshot) {
    if snapshot.zombie {
        push_part(out, "zombie");
    }
    if snapshot.subject.kernel_thread {
        push_part(out, "kernel thread");
    }
    if let Some(image) = &snapshot.image {
        push_image(out, image);
        push_file(out, image);
    }
    push_ruid(out, &snapshot.subject);
}

fn fork_detail(out: &mut String, fork: &Fork, inferred: bool) {
    if let Some(by) = fork.forked_by {
        push_part(out, &format!("forked by {}", by.pid));
    }
    if inferred {
        push_part(out, "(fork unseen)");
    }
}

fn exec_detail(out: &mut String, exec: &Exec, inferred: bool) {
    push_image(out, &exec.image);
    push_file(out, &exec.image);
    push_ruid(out, &exec.subject);
    if let Some(thread) = exec.by_thread {
        push_part(out, &format!("(by thread {thread})"));
    }
    if inferred {
        push_part(out, "(exec unseen)");
    }
}

fn exit_detail(out: &mut String, exit: &Exit, line: &Line<'_>) {
    let context = &line.context;
    if context.inferred {
        push_part(out, "exit unseen");
        return;
    }
    push_part(out, &status(exit.status));
    push_part(out, &format!("lifetime {}", duration(lifetime_ns(line.event, exit.subject.id.start_ns))));
    if let (2.., Some(image_ns)) = (context.images, context.image_ns) {
        push_part(out, &format!("{} images, last {}", context.images, duration(image_ns)));
    }
    let at_least = if exit.cpu_partial { "≥ " } else { "" };
    push_part(out, &format!("cpu {at_least}{}", duration(exit.cpu_ns)));
    if exit.max_rss_bytes > 0 {
        push_part(out, &format!("rss {}", bytes(exit.max_rss_bytes)));
    }
    if let Some(image) = context.image_of(exit) {
        push_image(out, image);
    }
}

/// The file, where the first argument does not name it: that can say anything.
fn push_file(out: &mut String, image: &Image) {
    let Some(name) = image.args().next() else { return };
    if !image.filename.is_empty() && name != &*image.filename {
        push_part(out, &format!("({})", quote_args(std::iter::once(&*image.filename))));
    }
}

/// The arguments, whole; where there are none, the file.
fn push_image(out: &mut String, image: &Image) {
    if image.argv.is_empty() && !image.filename.is_empty() {
        push_part(out, &quote_args(std::iter::once(&*image.filename)));
    } else if !image.argv.is_empty() {
        push_args(out, image.args());
        out.push_str("  ");
    }
    if image.argv_truncated_bytes > 0 {
        push_part(out, &format!("(+{} bytes cut)", image.argv_truncated_bytes));
    }
    if image.argv_unreadable {
        push_part(out, "(arguments unreadable)");
    }
}

fn push_ruid(out: &mut String, subject: &Subject) {
    if subject.uids.real != subject.uids.effective {
        push_part(out, &format!("(ruid {})", subject.uids.real));
    }
}

/// `12 fork, 3 exec (≤ 4 missed)`
fn push_lost(out: &mut String, dropped: &PerKind, missed_at_most: u64) {
    let kinds = Kind::ALL.into_iter().filter(|&kind| dropped.get(kind) > 0);
    let counts: Vec<_> = kinds.map(|kind| format!("{} {}", count(dropped.get(kind)), kind.name())).collect();
    out.push_str(&counts.join(", "));
    if missed_at_most > 0 {
        let missed = format!("≤ {} missed", count(missed_at_most));
        out.push_str(&if counts.is_empty() { missed } else { format!(" ({missed})") });
    }
    out.push_str("  ");
}

fn is_incomplete(account: &Account) -> bool {
    account.dropped.total() > 0 || account.missed_at_most > 0 || account.malformed > 0
}

fn end_detail(out: &mut String, account: &Account) {
    out.push_str("lost in all: ");
    push_lost(out, &account.dropped, account.missed_at_most);
    if account.malformed > 0 {
        push_part(out, &format!("{} unreadable", count(account.malformed)));
    }
    push_part(out, &format!("of {}", count(account.attempted.total())));
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::super::{Context, Format};
    use super::*;
    use crate::model::event::{Event, ProcessId, WaitStatus};

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
            (
                text_with(&exec(), inferred),
                "ls               ls -l '/my etc'  (/usr/bin/ls)  (exec unseen)\n",
            ),
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
}
