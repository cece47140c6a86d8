//! The recipes of the README, played key by key: what a new user wants to know, in at most six key presses from the start
//! screen. What is typed into a prompt is not counted.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::bpf_or_skip;
use support::gate::Gate;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, command};

/// More is more than anybody remembers.
const MOST_PRESSES: usize = 6;

/// The recipes by the words of the README, each played by the test of that name.
const SLOWEST: &str = "the slowest compiler call of a build";
const LEAKED: &str = "the test that leaked a process";
const TERMINATES: &str = "who sends SIGTERM";
const STARTS_MOST: &str = "what started the most processes in the last minute";
const RAN_THERE: &str = "what ran in a directory at a time";
const RUN_AGAIN: &str = "a command line, to run it again";
const TASKS: [&str; 6] = [SLOWEST, LEAKED, TERMINATES, STARTS_MOST, RAN_THERE, RUN_AGAIN];

#[derive(Debug)]
enum Step {
    Press(String),
    Type(String),
}

/// What a terminal sends for the key of this name.
fn sent_by(name: &str) -> &str {
    match name {
        "Enter" => key::ENTER,
        "Esc" => key::ESC,
        _ => {
            assert_eq!(name.chars().count(), 1, "{name:?} is no key that these tests know");
            name
        }
    }
}

/// The rows of the README's recipes: the task, and its keys.
fn recipes() -> Vec<(String, Vec<Step>)> {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("Recipes\n")).expect("recipes");
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].to_owned(), steps(cells[2]))
    })
    .collect()
}

/// `` `/` *comm:cc1* `Enter` ``: a key, a text that is typed, and a key.
fn steps(cell: &str) -> Vec<Step> {
    let step = |word: &str| {
        let within = |mark: char| word.strip_prefix(mark)?.strip_suffix(mark).map(str::to_owned);
        let key = within('`').map(Step::Press);
        key.or_else(|| within('*').map(Step::Type))
            .unwrap_or_else(|| panic!("neither key nor text: {word:?}"))
    };
    cell.split_whitespace().map(step).collect()
}

/// Does what the README says for a task, with other texts in the place of some of its, as a user does who looks at the
/// screen after each key.
fn play(pty: &mut Pty, task: &str, instead: &[(&str, &str)]) {
    let (_, steps) = recipes().into_iter().find(|(name, _)| name == task).expect("it is in the README");
    let mut presses = 0;
    for step in steps {
        match step {
            Step::Press(name) => {
                presses += 1;
                assert!(presses <= MOST_PRESSES, "more than {MOST_PRESSES} key presses: {task}");
                pty.send(sent_by(&name));
            }
            Step::Type(text) => {
                pty.send(instead.iter().fold(text, |text, (from, to)| text.replace(from, to)));
            }
        }
        rest(pty);
    }
}

/// Until nothing changes any more but what time alone changes.
fn rest(pty: &Pty) {
    let (still, at_most) = (Duration::from_millis(200), Instant::now() + Duration::from_secs(2));
    let (mut seen, mut since) = (pty.screen_text(), Instant::now());
    while since.elapsed() < still && Instant::now() < at_most {
        thread::sleep(Duration::from_millis(20));
        let now = pty.screen_text();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
}

fn build() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop")
}

/// The recording of a build, on the screen.
fn open_build() -> Pty {
    let pty = Pty::proctop(&["open", build().to_str().expect("a path")], 100, 30);
    pty.wait_for_row("its root", |row| row.command == "make -k -j2");
    pty
}

fn run(command: &mut Command) -> Output {
    let out = command.output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out
}

#[test]
fn the_recipes_are_those_that_are_tested_and_short() {
    let recipes = recipes();
    let names: Vec<&str> = recipes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, TASKS);
    for (name, steps) in &recipes {
        let presses = steps.iter().filter(|step| matches!(step, Step::Press(_))).count();
        assert!((1..=MOST_PRESSES).contains(&presses), "{name}: {presses}");
    }
}

/// Who knows nothing but the help finds each of these keys there.
#[test]
fn the_help_has_every_key_of_the_recipes() {
    let mut told = BTreeSet::new();
    for keys in ["?", "t?", "s?"] {
        let recording = build();
        let out = run(command(["open", recording.to_str().unwrap(), "--text", "-", "--size", "120x200"])
            .args(["--keys", keys]));
        for line in String::from_utf8(out.stdout).unwrap().lines() {
            let names: String = line.chars().take(16).collect();
            told.extend(names.split_whitespace().map(str::to_owned));
        }
    }
    for (task, steps) in recipes() {
        for step in steps {
            let Step::Press(name) = step else { continue };
            assert!(told.contains(&name), "{task}: {name} is not in the help");
        }
    }
}

#[test]
fn the_slowest_compiler_call_is_on_top() {
    let recording = build();
    let log = run(&mut command(["log", "--format", "json", "--from", recording.to_str().unwrap()]));
    let lines = String::from_utf8(log.stdout).unwrap();
    let exits = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let slowest = exits
        .filter(|line| line["event"] == "exit" && line["comm"] == "cc1")
        .max_by_key(|line| line["lifetime_ns"].as_u64())
        .expect("a compiler call");

    let mut pty = open_build();
    play(&mut pty, SLOWEST, &[]);
    pty.wait_in_pane("Table", "▾LIFE");
    let table = pty.pane("Table");
    let first: Vec<&str> = table[2].split_whitespace().collect();
    assert!(first.contains(&slowest["pid"].to_string().as_str()), "{slowest}: {table:#?}");
    assert!(table[2..].iter().all(|line| line.is_empty() || line.contains("cc1 ")), "{table:#?}");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn the_test_that_leaked_is_above_what_it_leaked() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [
        ("test-cart.sh", "/bin/true; exit 0"),
        ("test-login.sh", "sleep 321 & /bin/true; exit 0"),
        ("test-mail.sh", "sleep 0.01 & wait; /bin/false; exit 1"),
    ] {
        fs::write(directory.path().join(name), text).expect("a test");
    }
    let gate = Gate::new();
    let script = format!(
        "cd {}; for test in test-*.sh; do sh $test; done; {}; exit 0",
        directory.path().display(),
        gate.wait()
    );
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("the last one's end", |row| row.command == "sh test-mail.sh" && row.state == "exit 1");
    play(&mut pty, LEAKED, &[]);
    let rows = pty.wait_for_rows("the suite, the test, and what it left", |rows| rows.len() == 3);
    let [suite, test, leaked] = &rows[..] else { unreachable!("three") };
    assert!(suite.command.starts_with("sh -c ") && suite.state == "run", "{rows:#?}");
    assert!(test.command == "sh test-login.sh" && test.state == "exit 0" && test.dim, "{rows:#?}");
    assert!(leaked.command.starts_with("sleep 321") && leaked.state == "run", "{rows:#?}");
    assert!(leaked.guides.len() > test.guides.len() - "▾".len(), "beneath it: {rows:#?}");
    gate.open();
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn who_sends_a_signal_is_gone_to() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("watchdog.sh"), "/bin/true; kill -TERM $1; /bin/true").expect("a script");
    let script = format!(
        "cd {}; sleep 321 & /bin/true; sh watchdog.sh $!; wait $!; sh -c 'exit 3'; exit 0",
        directory.path().display()
    );
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("the end of all", |row| {
        row.command.starts_with("sh -c 'exit 3'") && row.state == "exit 3"
    });
    play(&mut pty, TERMINATES, &[]);
    let killer =
        pty.wait_for_row("who did it", |row| row.selected && row.command.starts_with("sh watchdog.sh "));
    let by = format!("sleep 321  by sh({})", killer.pid);
    pty.wait_for_row("whom he ended", |row| row.state == "SIGTERM" && row.command == by);
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn what_started_most_in_a_minute_is_on_top_even_when_it_rests() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let early = "i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i+1)); done";
    fs::write(directory.path().join("early.sh"), early).expect("a script");
    fs::write(directory.path().join("late.sh"), "while sleep 0.2; do :; done").expect("a script");
    let script = format!("cd {}; sh early.sh; sh late.sh", directory.path().display());
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("enough of the second", |row| {
        row.command.starts_with("sh late.sh")
            && row.kids.parse().is_ok_and(|kids: u32| (10..50).contains(&kids))
    });
    play(&mut pty, STARTS_MOST, &[]);
    pty.wait_in_pane("Storms", "▾MINUTE");
    let storms = pty.pane("Storms");
    let [first, second] = [&storms[3], &storms[4]];
    assert!(first.contains("sh early.sh") && first.contains(" 60 "), "{storms:#?}");
    assert!(second.contains("sh late.sh"), "{storms:#?}");
    pty.escape(|screen| support::screen::pane(screen, "Storms").is_none());
    assert_eq!(pty.quit_and_terminate(), Some(128 + 15));
}

#[test]
fn what_ran_in_a_directory_then_is_all_that_is_shown() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (here, elsewhere) = (directory.path().join("here"), directory.path().join("elsewhere"));
    fs::create_dir(&here).and_then(|()| fs::create_dir(&elsewhere)).expect("directories");
    let gate = Gate::new();
    let script = format!(
        "cd {here}; /bin/true; sleep 301 & a=$!; cd {elsewhere}; sleep 302 & b=$!; {wait}; kill $a $b; wait; \
         cd {here}; sleep 303 & a=$!; {wait}; kill $a; exit 0",
        here = here.display(),
        elsewhere = elsewhere.display(),
        wait = gate.wait()
    );
    let mut pty = Pty::watch(&script);
    pty.wait_for_rows("both", |rows| {
        let runs = |command: &str| rows.iter().any(|row| row.command == command && row.state == "run");
        runs("sleep 301") && runs("sleep 302")
    });
    // The first full second after now, and past it.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() + 1;
    thread::sleep(Duration::from_millis(1500));
    gate.open();
    pty.wait_for_row("the third", |row| row.command == "sleep 303");
    let time = format!("{:02}:{:02}:{:02}", since / 3600 % 24, since / 60 % 60, since % 60);
    play(&mut pty, RAN_THERE, &[("14:03:22", &time), ("/srv/shop", here.to_str().unwrap())]);
    pty.wait_for_text(&format!("AS OF {time}"), PATIENCE);
    let rows = pty.wait_for_rows("the root and the one", |rows| rows.len() == 2);
    assert!(rows[1].command == "sleep 301" && rows[1].state == "run", "{rows:#?}");
    gate.open();
    pty.send(".");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_copied_command_line_runs() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("version"), "7.2.1\n").expect("a file");
    let mut pty = open_build();
    play(&mut pty, RUN_AGAIN, &[]);
    pty.wait_for_text("command line copied", PATIENCE);
    let raw = pty.raw();
    let begin = b"\x1b]52;c;";
    let from = raw.windows(begin.len()).position(|window| window == begin).expect("a copy") + begin.len();
    let end = raw[from..].iter().position(|&byte| byte == 7).expect("its end") + from;
    let line = String::from_utf8(STANDARD.decode(&raw[from..end]).expect("base64")).expect("text");
    let ran = run(Command::new("sh").arg("-c").arg(&line).current_dir(directory.path()));
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "#define VERSION \"7.2.1\"\n", "{line}");
    assert_eq!(pty.quit(), Some(0));
}
