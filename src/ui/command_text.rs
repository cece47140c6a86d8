//! Command lines and names as short texts that are safe to show.

use rustc_hash::FxHashMap;

use crate::model::event::{Comm, ImageRef, ProcessId, WaitStatus};
use crate::model::process::{Ending, Process};
use crate::model::tree::Tree;
use crate::text;

/// The arguments among which one that tells something is looked for.
const LOOKED_AT: usize = 32;

/// How much of the command's name is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// All of it.
    Whole,
    /// Of an absolute path only the last part.
    Base,
}

/// A comm.
pub(super) fn comm(comm: Comm) -> String {
    text::sanitise(comm.as_bytes()).into_owned()
}

/// What a process runs, as one line of which the first `columns` columns are right: the arguments quoted for a shell;
/// in parentheses the name of what has only forked, in brackets that of a kernel thread.
pub(super) fn command(process: Process<'_>, naming: Naming, columns: usize) -> String {
    if process.is_kernel_thread() {
        return format!("[{}]", comm(process.comm()));
    }
    match process.image() {
        Some((image, false)) if !image.argv.is_empty() => arguments(image, naming, columns),
        _ => format!("({})", comm(process.comm())),
    }
}

/// The same where there is little room: where it has none for the whole, the name with the one argument that tells most:
/// the first that is no option and looks like the name of a file, else the first that is no option.
pub(super) fn brief(process: Process<'_>, columns: usize) -> String {
    let whole = command(process, Naming::Base, columns);
    let Some((image, false)) = process.image() else { return whole };
    if text::width(&whole) <= columns || image.argv.is_empty() || process.is_kernel_thread() {
        return whole;
    }
    let plain = |arg: &&[u8]| !arg.is_empty() && !arg.starts_with(b"-");
    let mut args = image.args().take(LOOKED_AT);
    let name = args.next().map(|arg| named(arg, Naming::Base)).unwrap_or_default();
    let is_file = |arg: &&[u8]| plain(arg) && arg.contains(&b'.');
    let telling = args.clone().find(is_file).or_else(|| args.find(plain));
    let room = columns.saturating_mul(16).max(64);
    text::quote_args(std::iter::once(head(name, room)).chain(telling.map(|arg| head(arg, room))))
}

/// The arguments of an image as one line of which the first `columns` columns are right.
pub(super) fn arguments(image: ImageRef<'_>, naming: Naming, columns: usize) -> String {
    let (shown, cut) = shown_arguments(image, naming, columns);
    let mut line = text::quote_args(shown.into_iter());
    if cut {
        line.push('…');
    }
    line
}

/// As many of the arguments as can be seen in so many columns, and whether anything is missing.
pub(super) fn shown_arguments(image: ImageRef<'_>, naming: Naming, columns: usize) -> (Vec<&[u8]>, bool) {
    // No column takes more bytes than a base with its marks.
    let mut room = columns.saturating_mul(16).max(64);
    let mut cut = image.argv_truncated_bytes > 0;
    let mut shown = Vec::new();
    for (index, arg) in image.args().enumerate() {
        let arg = if index == 0 { named(arg, naming) } else { arg };
        if room == 0 {
            cut = true;
            break;
        }
        let head = head(arg, room);
        cut |= head.len() < arg.len();
        room = room.saturating_sub(head.len() + 1);
        shown.push(head);
    }
    (shown, cut)
}

fn named(command: &[u8], naming: Naming) -> &[u8] {
    let base = command.rsplit(|&byte| byte == b'/').next().unwrap_or(command);
    let is_shortened = naming == Naming::Base && command.starts_with(b"/") && !base.is_empty();
    if is_shortened { base } else { command }
}

/// At most `limit` bytes, not ending inside a character.
pub(super) fn head(bytes: &[u8], limit: usize) -> &[u8] {
    let is_inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let end = (limit.saturating_sub(3)..=limit).rev().find(|&at| !is_inside(at)).unwrap_or(limit);
    bytes.get(..end).unwrap_or(bytes)
}

/// A process by its comm and pid: `bash(4312)`; by its pid alone where nothing is known of it.
pub(super) fn name(tree: &Tree, id: ProcessId) -> String {
    match tree.find(id).and_then(|key| tree.get(key)) {
        Some(process) => format!("{}({})", comm(process.comm()), id.pid),
        None => id.pid.to_string(),
    }
}

/// A user's name, or the number where it has none.
pub(super) fn user(users: &FxHashMap<u32, String>, uid: u32) -> String {
    match users.get(&uid) {
        Some(name) => text::sanitise(name.as_bytes()).into_owned(),
        None => uid.to_string(),
    }
}

/// How a process ended, in at most eleven columns, with a sign that tells it apart without colours: `✓ exit 0`,
/// `✗ exit 3`, `✗ SIGKILL`, `✗ SIGSEGV*` with a core dump, `? unseen`.
pub(super) fn ending(ending: &Ending) -> String {
    let Some(status) = ending.status else { return "? unseen".to_owned() };
    let Some(signal) = status.signal() else { return outcome(status) };
    let name = text::signal_name(signal);
    let core = if status.core_dumped() { "*" } else { "" };
    // Of the longest, as SIGRTMIN+15, everybody knows what they are.
    let short = name.strip_prefix("SIG").filter(|_| name.len() + core.len() > 9).unwrap_or(&name);
    format!("{} {short}{core}", sign(status))
}

/// An outcome with its sign: `✓ exit 0`, `✗ SIGSEGV, core dumped`.
pub(super) fn outcome(status: WaitStatus) -> String {
    format!("{} {}", sign(status), text::status(status))
}

const fn sign(status: WaitStatus) -> char {
    if status.success() { '✓' } else { '✗' }
}

/// What a process does or how it ended, in at most eleven columns.
pub(super) fn state(process: Process<'_>) -> String {
    match process.ending() {
        Some(ended) => ending(&ended),
        None if process.is_zombie() => "zombie".to_owned(),
        None => "run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Image;

    #[test]
    fn endings_have_a_sign_and_eleven_columns() {
        let shown = |status| ending(&Ending { status, ..Ending::default() });
        for (status, wanted) in [
            (Some(WaitStatus::exited(0)), "✓ exit 0"),
            (Some(WaitStatus::exited(255)), "✗ exit 255"),
            (Some(WaitStatus::signaled(9, false)), "✗ SIGKILL"),
            (Some(WaitStatus::signaled(11, true)), "✗ SIGSEGV*"),
            (Some(WaitStatus::signaled(26, false)), "✗ SIGVTALRM"),
            (None, "? unseen"),
        ] {
            assert_eq!(shown(status), wanted);
        }
        // signal(7): what dumps core.
        let dumps = |signal: u8| matches!(signal, 3..=8 | 11 | 24 | 25 | 31);
        for signal in 1..=64 {
            let shown = shown(Some(WaitStatus::signaled(signal, dumps(signal))));
            assert!(text::width(&shown) <= 11, "{shown}");
        }
    }

    #[test]
    fn a_head_ends_between_characters() {
        assert_eq!(head("aé".as_bytes(), 2), b"a");
        assert_eq!(head("aé".as_bytes(), 3), "aé".as_bytes());
        assert_eq!(head(b"abc", 9), b"abc");
        assert_eq!(head(&[0x80; 9], 5), [0x80; 5]);
        assert_eq!(head(b"abc", 0), b"");
    }

    #[test]
    fn long_arguments_are_cut_with_a_mark() {
        let image = |argv: &[u8]| Image { argv: argv.into(), ..Image::default() };
        let arguments = |image: &Image, columns| arguments(image.view(), Naming::Whole, columns);
        assert_eq!(arguments(&image(b"ls\0-l\0"), 80), "ls -l");
        let long = arguments(&image(&[b'x'; 10_000]), 10);
        assert!(long.len() < 300 && long.ends_with("x…"));
        let many = arguments(&image(&b"y\0".repeat(10_000)), 10);
        assert!(many.len() < 300 && many.ends_with("y…"));
        let truncated = Image { argv_truncated_bytes: 7, ..image(b"ls\0") };
        assert_eq!(arguments(&truncated, 10), "ls…");
    }
    #[test]
    fn of_an_absolute_path_the_name_is_enough() {
        let shown = |naming, argv: &[u8]| {
            arguments(Image { argv: argv.into(), ..Image::default() }.view(), naming, 80)
        };
        assert_eq!(shown(Naming::Base, b"/usr/lib/gcc/12/cc1\0-o\0/tmp/x.s\0"), "cc1 -o /tmp/x.s");
        assert_eq!(shown(Naming::Whole, b"/usr/bin/cc\0-c\0"), "/usr/bin/cc -c");
        for kept in ["./configure", "../a/b", "dir/", "/", "/dir/", "-bash"] {
            assert_eq!(shown(Naming::Base, kept.as_bytes()), kept);
        }
    }
}
