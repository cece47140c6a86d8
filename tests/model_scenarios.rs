//! Stories of processes and what the model makes of them: each file of `tests/scenarios` is one.
//!
//! With `PROCTOP_BLESS=1` the expected state in the files is written anew from what the model says; read the difference.

mod model_support;

use std::fs;
use std::path::{Path, PathBuf};

use model_support::invariants;
use model_support::script::Script;
use model_support::show;
use proctop::model::Model;
use proctop::model::event::Event;

fn scenario_files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("tests/scenarios is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "scn"))
        .collect();
    files.sort();
    files
}

/// What passes the story's scope when its events come in batches of `size`.
fn in_scope(script: &Script, size: usize) -> Vec<Event> {
    let mut scope = script.scope();
    let mut passed = Vec::new();
    for batch in script.events.chunks(size) {
        scope.filter(batch.to_vec(), &mut passed);
    }
    passed
}

fn tell(script: &Script) -> Model {
    let events = in_scope(script, usize::MAX);
    assert_eq!(events, in_scope(script, 1), "the scope minds where a batch ends");
    let mut model = Model::new(script.history);
    for event in &events {
        model.apply(event);
        invariants::assert_sound(&model, script.history);
    }
    model
}

/// Tells the story of a file; returns what differs from what it expects.
fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let script = Script::parse(&text)?;
    for needed in ["tree", "log", "counts"] {
        if !script.sections.iter().any(|section| section.head == needed) {
            return Err(format!("no section == {needed}"));
        }
    }
    let model = tell(&script);
    let mut expected = script.story.trim_end().to_owned();
    let mut actual = expected.clone();
    for section in &script.sections {
        expected.push_str(&format!("\n\n== {}\n{}", section.head, section.body.trim_end()));
        let shown = show::section(&model, &section.head)?;
        actual.push_str(&format!("\n\n== {}\n{}", section.head, shown.trim_end()));
    }
    if std::env::var_os("PROCTOP_BLESS").is_some() {
        return fs::write(path, actual + "\n").map_err(|error| error.to_string());
    }
    if actual == expected { Ok(()) } else { Err(difference(&expected, &actual)) }
}

fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let mut text = String::new();
    for index in 0..expected.len().max(actual.len()) {
        let (wanted, got) = (expected.get(index), actual.get(index));
        if wanted != got {
            text += &format!(
                "line {}:\n  expected {}\n  got      {}\n",
                index + 1,
                wanted.unwrap_or(&"nothing"),
                got.unwrap_or(&"nothing")
            );
        }
    }
    text
}

#[test]
fn every_story_ends_as_it_should() {
    let files = scenario_files();
    assert!(files.len() >= 30, "only {} stories found", files.len());
    let failed: Vec<_> = files
        .iter()
        .filter_map(|path| check(path).err().map(|error| format!("{}\n{error}", path.display())))
        .collect();
    assert!(failed.is_empty(), "{} of {} stories:\n{}", failed.len(), files.len(), failed.join("\n"));
}

#[test]
fn a_line_that_says_something_unknown_is_refused() {
    let refused = |line: &str| {
        let before = "+0ms snapshot 1 init\n+1ms fork 2 <1 sh\n";
        Script::parse(&format!("{before}{line}\n")).err().unwrap_or_else(|| panic!("took {line:?}"))
    };
    for line in [
        "5ms fork 3 <1 sh",
        "+5ms spawn 3 <1 sh",
        "+5ms fork 3 <1 sh colour=red",
        "+5ms fork 3 <1 sh zombie",
        "+5ms fork 3 <9 sh",
        "+5ms fork 3 <1 sh more",
        "+5ms exec 2",
        "+5ms exec 2 sh",
        "+5ms exit 2",
        "+5ms exit 2 256",
        "+5ms exit 2 SIGNONE",
        "+5ms exit 3 0",
        "+5ms lost forks=1",
        "+5ms rename 2",
        "+5ms rename 2 a b",
        "+5ms rename 9 a",
        "+5ms failed 2",
        "+5ms failed 2 /a b",
        "+5ms failed 2 errno=x /a",
        "+5ms thread+ 2 rss=1",
        "+5ms thread- 2 word",
        "+5ms look 2 killer=1",
        "+5ms look 2 word",
        "+5ms zombies 9",
        "+5ms cgroup 5",
        "+5ms cgroup x /a",
        "+5ms exit 2 SIGKILL killer=9",
        "+5ms exit 2 SIGKILL killer=flood",
        "+5ms exec 2 pts=x /a a",
        "+5ms listed",
        "+5ms end now",
        "history many",
        "scope everything 1",
    ] {
        assert!(refused(line).starts_with("line 3: "), "{line:?}");
    }
}
