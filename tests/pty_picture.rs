//! `S`: the screen into a file, which belongs to whoever called, although proctop has no right to give it away any more.

mod support;

use std::fs;
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use proctop::model::event::{Event, Source, What};
use proctop::recording::{Reader, Writer};
use support::process::signal;
use support::pty::Pty;
use support::screen::{PATIENCE, command};
use support::{proctop, root_or_skip};

/// Whoever called `sudo`: a user that most machines do not have.
const CALLER: (u32, u32) = (4_001, 4_002);

/// Asks for a file of this name, and waits for what is said about it.
#[track_caller]
fn save(pty: &mut Pty, name: &str, said: &str) {
    pty.send("S");
    pty.wait_for_text("Write the screen (.svg or .txt) to: proctop-", PATIENCE);
    pty.send(format!("\x15{name}\r"));
    pty.wait_for_text(said, PATIENCE);
}

/// As [`Pty::proctop`], called by [`CALLER`] through `sudo` from a directory.
fn start_in(directory: &Path, arguments: &[&str]) -> Pty {
    let mut proctop = command(arguments);
    proctop
        .current_dir(directory)
        .env("SUDO_UID", CALLER.0.to_string())
        .env("SUDO_GID", CALLER.1.to_string());
    Pty::start(&proctop, 120, 30)
}

#[test]
fn the_screen_goes_to_a_file_of_the_caller_with_the_callers_rights_alone() {
    if !root_or_skip() {
        return;
    }
    for arguments in [&["--", "sleep", "1000"][..], &["--drop-all", "--", "sleep", "1000"]] {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(path("theirs")).unwrap();
        chown(path("theirs"), Some(CALLER.0), Some(CALLER.1)).unwrap();
        let mut pty = start_in(&path("theirs"), arguments);
        let row = pty.wait_for_row("the command", |row| row.command == "sleep 1000");

        save(&mut pty, "screen.svg", "theirs/screen.svg");
        pty.wait_for_text("the screen is in", PATIENCE);
        let svg = fs::read_to_string(path("theirs/screen.svg")).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains(">sleep 1000<"), "{svg}");
        assert!(!svg.contains("Write the screen"), "without the question");
        let metadata = fs::symlink_metadata(path("theirs/screen.svg")).unwrap();
        assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (CALLER.0, CALLER.1, 0o600));

        save(&mut pty, "screen.txt", "the screen is in");
        let text = fs::read_to_string(path("theirs/screen.txt")).unwrap();
        assert!(text.lines().any(|line| line.ends_with(" sleep 1000")), "{text}");
        assert_eq!(text.lines().count(), 30);

        save(&mut pty, "screen.txt", "is there already; choose another name");
        assert_eq!(fs::read_to_string(path("theirs/screen.txt")).unwrap(), text);
        // where root could write, and the caller can't
        save(&mut pty, "../ours.svg", "has no right to");
        fs::write(path("precious"), "kept").unwrap();
        symlink(path("precious"), path("theirs/link.svg")).unwrap();
        save(&mut pty, "link.svg", "it is a symbolic link");
        save(&mut pty, "absent/screen.svg", "its directory does not exist");
        save(&mut pty, "screen.png", "the name must end in .svg (a picture) or .txt (text)");
        pty.send("\x1b");
        pty.wait_for(|screen| !screen.contents().contains("Write the screen"), PATIENCE);
        assert_eq!(fs::read_to_string(path("precious")).unwrap(), "kept");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "and nothing else");
        assert_eq!(fs::read_dir(path("theirs")).unwrap().count(), 3);
        // with --drop-all proctop itself may not, since the command is another's
        signal(row.pid, Signal::SIGTERM);
        assert_eq!(pty.quit(), Some(143));
    }
}

#[test]
fn without_a_terminal_the_file_is_the_callers_too() {
    if !root_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    chown(directory.path(), Some(CALLER.0), Some(CALLER.1)).unwrap();
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let draw = |to: &Path| {
        let mut open = command(["open", recording.to_str().unwrap(), "--svg", to.to_str().unwrap()]);
        open.env("SUDO_UID", CALLER.0.to_string()).env("SUDO_GID", CALLER.1.to_string());
        open.stdin(Stdio::null()).output().unwrap()
    };
    let theirs = directory.path().join("screen.svg");
    assert_eq!(draw(&theirs).status.code(), Some(0));
    let metadata = fs::symlink_metadata(&theirs).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (CALLER.0, CALLER.1, 0o600));
    chown(directory.path(), Some(0), Some(0)).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = draw(&directory.path().join("other.svg"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("has no right to"), "{refused:?}");
}

#[test]
fn a_recording_is_drawn_from_its_screen_too() {
    let directory = tempfile::tempdir().unwrap();
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let mut open = command(["open", recording.to_str().unwrap(), "-f", "exit!=0"]);
    let mut pty = Pty::start(open.current_dir(directory.path()), 120, 30);
    pty.wait_for_row("the failure", |row| row.command.starts_with("cc1 "));
    save(&mut pty, "screen.txt", "the screen is in");
    let text = fs::read_to_string(directory.path().join("screen.txt")).unwrap();
    assert!(text.contains("RECORDING build.ptop") && text.contains("exit 1"), "{text}");
    // the name that is proposed is of the time that is shown
    pty.send("S\r");
    pty.wait_for(
        |screen| {
            let told = screen.contents();
            told.contains("the screen is in") && told.contains("/proctop-")
        },
        PATIENCE,
    );
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    let is_of_its_time = |name: &str| {
        let digits = name.strip_prefix("proctop-").and_then(|rest| rest.strip_suffix(".svg"));
        digits.is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()))
    };
    assert!(names.iter().any(|name| is_of_its_time(name.to_str().unwrap())), "{names:?}");
    assert_eq!(pty.quit(), Some(0));
}

/// So many events of a storm make a picture.
const ENOUGH: usize = 6_500;

/// `make recordings`: what the pictures show, anew from real runs. Of the kernel's release the numbers are kept.
#[test]
#[ignore = "it writes to screenshots/recordings"]
fn record_anew() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    let record = Command::new(root.join("scripts/recordings/record.sh"))
        .args([proctop(), directory.path()])
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(record.success());
    for entry in fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut reader = Reader::open(&path).unwrap();
        let source = reader.source().clone();
        let numbers =
            source.kernel.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let source = Source { kernel: numbers.to_owned(), ..source };
        let mut events: Vec<Event> = Vec::new();
        while let Some(block) = reader.next_block().unwrap() {
            events.extend(block);
        }
        // the path of a cgroup is the machine's
        events.retain(|event| !matches!(event.what, What::Cgroup(_)));
        if path.file_stem().is_some_and(|name| name == "storm") {
            amid(&mut events);
        }
        let to = root.join("screenshots/recordings").join(path.file_name().unwrap());
        let mut writer = Writer::new(File::create(to).unwrap(), &source).unwrap();
        writer.write_batch(&events).unwrap();
        writer.finish().unwrap();
    }
}

/// Cuts events off while all is at work: the first process and most others have not ended.
fn amid(events: &mut Vec<Event>) {
    let first = events.iter().find_map(|event| match &event.what {
        What::Fork(fork) => Some(fork.subject.id),
        _ => None,
    });
    let ends = |event: &Event| matches!(&event.what, What::Exit(exit) if Some(exit.subject.id) == first);
    let Some(mut end) = events.pop() else { return };
    events.truncate(events.iter().position(ends).unwrap_or(events.len()).min(ENOUGH));
    end.time_ns = events.last().map_or(end.time_ns, |last| last.time_ns);
    events.push(end);
}
