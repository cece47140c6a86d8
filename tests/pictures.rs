//! Pictures without a terminal, and the pictures in the repository: they are what the recordings beside them show.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use proctop::model::event::{Event, What};
use proctop::recording::Reader;
use support::screen::command;

/// More is too much for a repository.
const MAX_RECORDING: u64 = 100_000;
const MAX_PICTURE: u64 = 300_000;

/// Where programs are, the same on many machines, and what the recordings have made for themselves.
const NEUTRAL: [&str; 6] = ["/srv/", "/bin/", "/usr/bin/", "/usr/lib/", "/home/dev/", "/tmp/"];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn names(directory: &Path, ending: &str) -> BTreeSet<OsString> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|it| it == ending));
    wanted.map(|path| path.file_name().unwrap().to_owned()).collect()
}

fn open(arguments: &[&str]) -> Output {
    let recording = repository("screenshots/recordings/build.ptop");
    let mut open = command([&["open", recording.to_str().unwrap()], arguments].concat());
    open.stdin(Stdio::null()).output().unwrap()
}

fn recordings() -> Vec<(PathBuf, Reader, Vec<Event>)> {
    let directory = repository("screenshots/recordings");
    let read = |name: &OsString| {
        let path = directory.join(name);
        let mut reader = Reader::open(&path).unwrap();
        let mut events = Vec::new();
        while let Some(block) = reader.next_block().unwrap() {
            events.extend(block);
        }
        assert!(reader.ending().is_some_and(|ending| ending.is_clean()), "{}", path.display());
        (path, reader, events)
    };
    let all: Vec<_> = names(&directory, "ptop").iter().map(read).collect();
    assert!(!all.is_empty());
    all
}

#[test]
fn the_pictures_in_the_repository_are_those_of_the_recordings() {
    let directory = tempfile::tempdir().unwrap();
    let drawn = Command::new(repository("scripts/screenshots.sh"))
        .args([support::proctop(), directory.path()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(drawn.status.success(), "{drawn:?}");
    let kept = repository("screenshots");
    assert_eq!(names(directory.path(), "svg"), names(&kept, "svg"));
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    for name in names(&kept, "svg") {
        assert!(
            readme.contains(&format!("](screenshots/{})", name.display())),
            "{} is not shown",
            name.display()
        );
        let (is, was) =
            (fs::read(directory.path().join(&name)).unwrap(), fs::read(kept.join(&name)).unwrap());
        assert!(
            is == was,
            "{} shows something else now: look at what `make screenshots` draws",
            name.display()
        );
        assert!(u64::try_from(is.len()).unwrap() < MAX_PICTURE, "{}", name.display());
    }
}

#[test]
fn the_recordings_name_nothing_of_the_machine_that_made_them() {
    let is_neutral = |path: &[u8]| {
        let path = String::from_utf8_lossy(path).into_owned();
        !path.starts_with('/') || NEUTRAL.iter().any(|begin| format!("{path}/").starts_with(begin))
    };
    for (path, reader, events) in recordings() {
        let shown = path.display();
        assert!(fs::metadata(&path).unwrap().len() < MAX_RECORDING, "{shown}");
        let source = reader.source();
        assert_eq!(source.host, "laptop", "{shown}");
        assert!(
            source.kernel.split('.').all(|number| number.parse::<u32>().is_ok()),
            "{shown}: {}",
            source.kernel
        );
        for event in events {
            let image = match &event.what {
                What::Exec(exec) => &exec.image,
                // text of theirs is a comm at most, which is the end of a name above
                What::Clock { .. } | What::SnapshotEnd { .. } | What::Fork(_) | What::Exit(_) => continue,
                What::Look(_) | What::Zombies(_) | What::End(_) => continue,
                other => panic!("{shown}: nobody has looked at what this may tell: {other:?}"),
            };
            let directory = image.cwd.as_ref().map(|cwd| &*cwd.path);
            let words = image.argv.split(|&byte| byte == 0).chain([&*image.filename]).chain(directory);
            for word in words {
                assert!(is_neutral(word), "{shown}: {}", word.escape_ascii());
            }
        }
    }
}

/// The user's filters can be named in the keys, as on the screen in a terminal.
#[test]
fn keys_name_saved_filters() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("proctop")).unwrap();
    let config = directory.path().join("proctop/config.toml");
    let drawn = |keys: &str| {
        let recording = repository("screenshots/recordings/build.ptop");
        let arguments = ["open", recording.to_str().unwrap(), "--text", "-", "--keys", keys];
        let mut open = command(arguments);
        open.env("XDG_CONFIG_HOME", directory.path()).stdin(Stdio::null()).output().unwrap()
    };
    fs::write(&config, "[filters]\nbad = \"comm~^cc1 exit!=0\"\n").unwrap();
    let named = drawn("/@bad<Enter>");
    assert!(named.status.success() && named.stdout != drawn("/nobody<Enter>").stdout, "{named:?}");
    let text = String::from_utf8(named.stdout).unwrap();
    assert!(text.contains("1 of 20 match"), "{text}");
    fs::write(&config, "[filters]\nbad = 7\n").unwrap();
    assert_eq!(drawn("/@bad<Enter>").status.code(), Some(2));
    assert_eq!(drawn("/comm:cc1<Enter>").status.code(), Some(0), "of no use, and so not read");
}

#[test]
fn a_picture_goes_to_the_standard_output_or_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("screen.svg");
    let users = repository("scripts/recordings/passwd");
    let arguments =
        ["--size", "100x20", "--keys", "/comm:cc1 exit!=0<Enter>", "--passwd", users.to_str().unwrap()];
    let drawn = open(&[&arguments[..], &["--svg", "-"]].concat());
    let svg = String::from_utf8(drawn.stdout).unwrap();
    assert_eq!((drawn.status.code(), drawn.stderr.as_slice()), (Some(0), &b""[..]));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("eval.c") && !svg.contains("lexer.c"), "{svg}");

    let drawn = open(&[&arguments[..], &["--svg", file.to_str().unwrap()]].concat());
    assert_eq!(
        (drawn.status.code(), drawn.stdout.as_slice(), drawn.stderr.as_slice()),
        (Some(0), &b""[..], &b""[..])
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), svg);

    let text = String::from_utf8(open(&[&arguments[..], &["--text", "-"]].concat()).stdout).unwrap();
    assert_eq!(text.lines().count(), 20);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains(" dev ") && text.contains("1 of ") && text.contains("eval.c"), "{text}");

    for size in ["20x5", "400x200"] {
        assert_eq!(open(&["--svg", "-", "--size", size, "--keys", "?"]).status.code(), Some(0), "{size}");
    }
}

#[test]
fn a_picture_that_is_not_to_be_had_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let (link, precious) = (directory.path().join("link"), directory.path().join("precious"));
    fs::write(&precious, "kept").unwrap();
    symlink(&precious, &link).unwrap();
    for (arguments, said) in [
        (&["--svg", "-", "--size", "9x9"][..], "--size: '9x9' is not a size"),
        (&["--svg", "-", "--keys", "j<Foo>"], "--keys: 'Foo' is no key"),
        (&["--svg", "-", "--keys", "jq"], "--keys: one of them quits"),
        (&["--svg", "-", "--keys", "S<Enter>"], "--keys: one of them writes a file"),
        (&["--svg", "/nowhere/at.all"], "its directory does not exist"),
        (&["--svg", link.to_str().unwrap()], "it is a symbolic link"),
        (&["--svg", "-", "--passwd", "/nowhere/at.all"], "cannot read the users in \"/nowhere/at.all\""),
    ] {
        let refused = open(arguments);
        let line = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{line}");
        assert!(line.starts_with("proctop: ") && line.contains(said) && line.lines().count() == 1, "{line}");
    }
    assert_eq!(fs::read_to_string(precious).unwrap(), "kept");

    let copy = directory.path().join("copy.ptop");
    fs::copy(repository("screenshots/recordings/build.ptop"), &copy).unwrap();
    let before = fs::read(&copy).unwrap();
    let refused =
        command(["open", copy.to_str().unwrap(), "--svg", copy.to_str().unwrap()]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        String::from_utf8(refused.stderr).unwrap().contains("is the recording itself; name another file")
    );
    assert_eq!(fs::read(&copy).unwrap(), before);
}
