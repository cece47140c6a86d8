//! Command lines and what they lead to.

use clap::CommandFactory;

use super::*;
use crate::model::filter::Filter;
use crate::model::storm::Threshold;
use crate::output::Format;
use crate::picture;
use crate::tracer::DEFAULT_RING_BYTES;
use crate::ui::{ThemeChoice, When};

const MS: u64 = 1_000_000;

fn none_saved() -> Result<BTreeMap<String, String>, String> {
    Ok(BTreeMap::new())
}

fn try_line(args: &[&str]) -> Result<Invocation, CliError> {
    parse(std::iter::once("proctop").chain(args.iter().copied()).map(OsString::from), &none_saved)
}

fn trace(command: &[&str]) -> Trace {
    Trace {
        failed_execs: false,
        threads: false,
        drop_all: false,
        command: command.iter().map(OsString::from).collect(),
        ring_bytes: DEFAULT_RING_BYTES,
        verbose: false,
    }
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, &|name| (name == "root").then_some(0)).unwrap()
}

fn ui(trace: Trace, selection: Selection) -> Invocation {
    let (look, storm) = (LookOptions::default(), Threshold::default());
    Invocation::Ui(Ui { trace, selection, history: None, look, storm })
}

fn live(trace: Trace) -> Log {
    Log {
        source: LogSource::Live { trace, wait_all: false, until: None },
        selection: Selection::default(),
        format: Format::Text,
        output: LogOutput::Stdout,
        storm: Threshold::default(),
    }
}

fn record(file: &str, trace: Trace) -> Record {
    Record { file: file.into(), trace, pid: None, wait_all: false, until: None }
}

fn open(file: &str) -> Open {
    Open {
        file: file.into(),
        selection: Selection::default(),
        history: None,
        look: LookOptions::default(),
        storm: Threshold::default(),
        users: None,
        still: None,
    }
}

fn comm(pattern: &str) -> Selection {
    let comm_filter = Filter::comm(pattern).unwrap();
    Selection { comm: Some(pattern.into()), comm_filter, ..Selection::default() }
}

fn minimum(ns: u64) -> Selection {
    Selection { min_duration_ns: Some(ns), ..Selection::default() }
}

fn under(pid: u32) -> Selection {
    Selection { pid: Some(pid), ..Selection::default() }
}

#[track_caller]
fn leads_to(args: &[&str], expected: Invocation) {
    match try_line(args) {
        Ok(found) => assert_eq!(found, expected, "{args:?}"),
        Err(error) => panic!("{args:?}: {error}"),
    }
}

#[test]
fn the_screen() {
    let none = Selection::default;
    leads_to(&[], ui(trace(&[]), none()));
    leads_to(&["--", "make", "-j8"], ui(trace(&["make", "-j8"]), none()));
    leads_to(&["--", "sh", "-c", "ls; exit 3"], ui(trace(&["sh", "-c", "ls; exit 3"]), none()));
    leads_to(&["--", "log", "--format"], ui(trace(&["log", "--format"]), none()));
    leads_to(&["--", "sh", "--"], ui(trace(&["sh", "--"]), none()));
    leads_to(&["--", "--", "x"], ui(trace(&["--", "x"]), none()));
    leads_to(&["-d", "10"], ui(trace(&[]), minimum(10 * MS)));
    leads_to(&["-d1s500ms"], ui(trace(&[]), minimum(1500 * MS)));
    leads_to(&["--min-duration=1.5s"], ui(trace(&[]), minimum(1500 * MS)));
    leads_to(&["-d", "0"], ui(trace(&[]), minimum(0)));
    leads_to(&["-c", "=sh"], ui(trace(&[]), comm("=sh")));
    leads_to(&["-u", "root"], ui(trace(&[]), Selection { uid: Some(0), ..none() }));
    leads_to(&["-u", "1000"], ui(trace(&[]), Selection { uid: Some(1000), ..none() }));
    leads_to(&["-p", "4312"], ui(trace(&[]), under(4312)));
    leads_to(&["-f", "user=root"], ui(trace(&[]), Selection { filter: filter("user=root"), ..none() }));
    leads_to(
        &["-f", "a or b", "--filter", "dur>5ms"],
        ui(trace(&[]), Selection { filter: filter("(a or b) and dur>5ms"), ..none() }),
    );
    leads_to(&["--ring-size", "20M"], ui(Trace { ring_bytes: 32 << 20, ..trace(&[]) }, none()));
    leads_to(&["-v", "--", "id"], ui(Trace { verbose: true, ..trace(&["id"]) }, none()));
    leads_to(
        &["--history", "7"],
        Invocation::Ui(Ui {
            trace: trace(&[]),
            selection: none(),
            history: Some(7),
            look: LookOptions::default(),
            storm: Threshold::default(),
        }),
    );
}

#[test]
fn log() {
    let with = |log: Log| Invocation::Log(log);
    leads_to(&["log"], with(live(trace(&[]))));
    leads_to(&["log", "--", "id"], with(Log { output: LogOutput::Stderr, ..live(trace(&["id"])) }));
    leads_to(&["log", "-o", "-", "--", "id"], with(live(trace(&["id"]))));
    leads_to(&["log", "-o", "f"], with(Log { output: LogOutput::File("f".into()), ..live(trace(&[])) }));
    leads_to(&["log", "--format", "json"], with(Log { format: Format::Json, ..live(trace(&[])) }));
    leads_to(&["log", "--format=csv"], with(Log { format: Format::Csv, ..live(trace(&[])) }));
    leads_to(
        &["log", "--wait-all", "--", "id"],
        with(Log {
            source: LogSource::Live { trace: trace(&["id"]), wait_all: true, until: None },
            output: LogOutput::Stderr,
            ..live(trace(&[]))
        }),
    );
    leads_to(
        &["log", "--from", "f.ptop", "-d", "10"],
        with(Log {
            source: LogSource::Recording("f.ptop".into()),
            selection: minimum(10 * MS),
            ..live(trace(&[]))
        }),
    );
}

#[test]
fn record_open_and_doctor() {
    leads_to(&["record", "-o", "f"], Invocation::Record(record("f", trace(&[]))));
    leads_to(&["record", "--output=f", "--", "id"], Invocation::Record(record("f", trace(&["id"]))));
    leads_to(
        &["record", "-o", "f", "--wait-all", "--", "id"],
        Invocation::Record(Record { wait_all: true, ..record("f", trace(&["id"])) }),
    );
    leads_to(
        &["record", "-o", "f", "-p", "1"],
        Invocation::Record(Record { pid: Some(1), ..record("f", trace(&[])) }),
    );
    leads_to(&["open", "f"], Invocation::Open(open("f")));
    leads_to(&["open", "--", "-f"], Invocation::Open(open("-f")));
    leads_to(
        &["open", "f", "-c", "cc", "--history", "9"],
        Invocation::Open(Open { selection: comm("cc"), history: Some(9), ..open("f") }),
    );
    leads_to(&["doctor"], Invocation::Doctor(Doctor { verbose: false }));
    leads_to(&["doctor", "-v"], Invocation::Doctor(Doctor { verbose: true }));
}

#[test]
fn a_picture_of_a_recording_needs_no_terminal() {
    let still = |file: Option<&str>, format| Still {
        file: file.map(Into::into),
        format,
        size: (120, 40),
        keys: Vec::new(),
        frames: 1,
    };
    let with = |still| Invocation::Open(Open { still: Some(still), ..open("f") });
    leads_to(&["open", "f", "--svg", "x.svg"], with(still(Some("x.svg"), picture::Format::Svg)));
    leads_to(&["open", "f", "--text", "-"], with(still(None, picture::Format::Text)));
    let keys = crate::ui::parse_keys("/a<Enter>").unwrap();
    leads_to(
        &["open", "f", "--svg", "-", "--size", "20x200", "--keys", "/a<Enter>", "--frames", "9"],
        with(Still { size: (20, 200), keys, frames: 9, ..still(None, picture::Format::Svg) }),
    );
    leads_to(
        &["open", "f", "--passwd", "users"],
        Invocation::Open(Open { users: Some("users".into()), ..open("f") }),
    );
    for (args, message) in [
        (&["--svg", "a", "--text", "b"][..], "--svg and --text do not go together;"),
        (&["--frames", "2", "--text", "b"], "--frames and --text do not go together;"),
        (&["--keys", "q"], "--keys goes with --svg or --text;"),
        (&["--size", "80x24"], "--size goes with --svg or --text;"),
        (
            &["--svg", "a", "--size", "19x24"],
            "--size: '19x24' is not a size from 20x5 to 400x200, such as 120x40;",
        ),
        (&["--svg", "a", "--size", "80x4"], "--size: '80x4' is not a size from"),
        (&["--svg", "a", "--size", "401x24"], "--size: '401x24' is not a size from"),
        (&["--svg", "a", "--size", "80x201"], "--size: '80x201' is not a size from"),
        (&["--svg", "a", "--size", "80"], "--size: '80' is not a size from"),
        (&["--svg", "a", "--size", "99999999x24"], "--size: '99999999x24' is not a size from"),
        (&["--svg", "a", "--frames", "1"], "--frames: '1' is not a number from 2 to 100;"),
        (&["--svg", "a", "--frames", "-3"], "--frames: '-3' is not a number from 2 to 100;"),
        (&["--svg", "a", "--keys", "ab<Foo>"], "--keys: 'Foo' is no key; write one as x, Ctrl-x,"),
    ] {
        let error = try_line(&[&["open", "f"], args].concat()).expect_err("a mistake");
        assert!(error.to_string().starts_with(&format!("proctop: {message}")), "{error}");
        assert_eq!((error.exit_code(), error.to_string().lines().count()), (2, 1));
    }
}

#[test]
fn options_stand_before_or_behind_the_subcommand() {
    let slow = Invocation::Log(Log { selection: minimum(10 * MS), ..live(trace(&[])) });
    leads_to(&["-d", "10", "log"], slow.clone());
    leads_to(&["log", "-d", "10"], slow);
    let both = Selection { filter: filter("a and b and c"), ..comm("x") };
    leads_to(
        &["-f", "a", "-f", "b", "log", "-f", "c", "-c", "x"],
        Invocation::Log(Log { selection: both, ..live(trace(&[])) }),
    );
    leads_to(
        &["-v", "-p", "5", "--ring-size", "4K", "record", "-o", "f"],
        Invocation::Record(Record {
            pid: Some(5),
            ..record("f", Trace { verbose: true, ring_bytes: 4096, ..trace(&[]) })
        }),
    );
    leads_to(&["--history", "3", "open", "f"], Invocation::Open(Open { history: Some(3), ..open("f") }));
    leads_to(&["-v", "doctor"], Invocation::Doctor(Doctor { verbose: true }));
}

#[test]
fn how_to_draw_is_asked_for_and_where_the_config_file_is() {
    let look = |theme, colour, ascii| LookOptions { theme, colour, ascii };
    let screen = |look| match ui(trace(&[]), Selection::default()) {
        Invocation::Ui(ui) => Invocation::Ui(Ui { look, ..ui }),
        other => other,
    };
    leads_to(&["--theme", "dark"], screen(look(Some(ThemeChoice::Dark), None, None)));
    leads_to(
        &["--theme=16", "--color=never"],
        screen(look(Some(ThemeChoice::Sixteen), Some(When::Never), None)),
    );
    leads_to(&["--colour", "always"], screen(look(None, Some(When::Always), None)));
    leads_to(&["--ascii"], screen(look(None, None, Some(When::Always))));
    leads_to(&["--ascii=never"], screen(look(None, None, Some(When::Never))));
    leads_to(
        &["--color", "never", "open", "f", "--ascii"],
        Invocation::Open(Open { look: look(None, Some(When::Never), Some(When::Always)), ..open("f") }),
    );
    leads_to(&["config", "--path"], Invocation::Config(Config::Path));
    leads_to(&["config", "--example"], Invocation::Config(Config::Example));
}

#[test]
fn what_is_traced_beside_the_usual_is_asked_for() {
    let both = || Trace { failed_execs: true, threads: true, ..trace(&[]) };
    let log = |trace| Invocation::Log(live(trace));
    leads_to(&["-x", "-t"], ui(both(), Selection::default()));
    leads_to(&["--failed-exec", "--threads"], ui(both(), Selection::default()));
    leads_to(&["log", "-xt"], log(both()));
    leads_to(&["-x", "log", "-t"], log(both()));
    leads_to(&["-x", "log", "-x"], log(Trace { failed_execs: true, ..trace(&[]) }));
    leads_to(&["record", "-o", "f", "-tx"], Invocation::Record(record("f", both())));
    leads_to(&["--drop-all"], ui(Trace { drop_all: true, ..trace(&[]) }, Selection::default()));
    leads_to(&["log", "--drop-all"], log(Trace { drop_all: true, ..trace(&[]) }));
}

#[test]
fn a_command_need_not_be_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let odd = OsString::from_vec(b"\xff\xfe".to_vec());
    let args = ["proctop".into(), "--".into(), "echo".into(), odd.clone()];
    match parse(args, &none_saved) {
        Ok(Invocation::Ui(ui)) => assert_eq!(ui.trace.command, [OsString::from("echo"), odd]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_selection_combines_all_but_the_duration() {
    let combined = |args: &[&str]| match try_line(args) {
        Ok(Invocation::Ui(ui)) => ui.selection.combined(),
        other => panic!("{other:?}"),
    };
    assert!(combined(&[]).is_empty());
    assert!(combined(&["-d", "10"]).is_empty());
    assert_eq!(
        combined(&["-c", "cc", "-u", "0", "-p", "7", "-f", "a or b", "-d", "10"]).text(),
        "comm:cc and uid=0 and (a or b)"
    );
}

#[test]
fn mistakes_are_one_line_and_end_with_2() {
    for (args, message) in [
        (&["sh"][..], "'sh' is not a subcommand; to run it as a command: proctop -- sh;"),
        (&["sh", "-c", "x"], "'sh' is not a subcommand; to run it as a command: proctop -- sh;"),
        (&["-d", "5", "sh"], "'sh' is not a subcommand; to run it as a command: proctop -- sh;"),
        (&["lgo"], "'lgo' is not a subcommand; did you mean 'log' or 'proctop -- lgo'?"),
        (&["help"], "'help' is not a subcommand; did you mean '--help'?"),
        (&["a\nb"], "'a\\nb' is not a subcommand; to run it as a command: proctop -- COMMAND;"),
        (&["report"], "'report' is not a subcommand; did you mean 'record' or 'proctop -- report'?"),
        (&["log", "sh"], "unexpected word 'sh'; to run it as a command: proctop log -- sh;"),
        (&["open", "a", "b"], "unexpected word 'b';"),
        (&["--"], "nothing follows '--'; write the command there, as in 'proctop -- make';"),
        (&["log", "-v", "--"], "nothing follows '--'; write the command there, as in 'proctop -- make';"),
        (&["--", ""], "the command after '--' has an empty name;"),
        (&["--histroy", "5"], "unknown option '--histroy'; did you mean '--history'?"),
        (&["-y"], "unknown option '-y';"),
        (&["--failed-execs"], "unknown option '--failed-execs'; did you mean '--failed-exec'?"),
        (&["--\x1b[31m"], "unknown option '--\\u{1b}[31m';"),
        (&["--format", "json"], "'--format' goes with 'log'; write it behind that word;"),
        (&["-o", "f", "log"], "'-o' goes with 'log' and 'record'; write it behind that word;"),
        (&["doctor", "-d", "5"], "'doctor' has no option '-d';"),
        (&["-d", "5", "doctor"], "'doctor' has no option '--min-duration';"),
        (&["--history", "5", "log"], "'log' has no option '--history';"),
        (&["--ring-size", "1M", "open", "f"], "'open' has no option '--ring-size';"),
        (&["-v", "open", "f"], "'open' has no option '--verbose';"),
        (
            &["record", "-o", "f", "-c", "x"],
            "'record' has no option '-c', since it keeps everything; give it to 'open' or 'log';",
        ),
        (
            &["-f", "x", "record", "-o", "f"],
            "'record' has no option '--filter', since it keeps everything; give it to 'open' or 'log';",
        ),
        (&["record", "-o", "f", "-y"], "'record' has no option '-y';"),
        (&["-x", "open", "f"], "'open' has no option '--failed-exec';"),
        (&["open", "f", "-t"], "'open' has no option '-t';"),
        (&["-t", "doctor"], "'doctor' has no option '--threads';"),
        (&["--drop-all", "doctor"], "'doctor' has no option '--drop-all';"),
        (&["record"], "'record' needs --output <FILE>;"),
        (&["config"], "'config' needs <--path|--example>;"),
        (&["config", "--path", "--example"], "--path is given twice;"),
        (&["-d", "5", "config", "--path"], "'config' has no option '--min-duration';"),
        (&["--theme", "dark", "log"], "'log' has no option '--theme';"),
        (&["log", "--ascii"], "'log' has no option '--ascii';"),
        (&["--theme", "drak"], "--theme: unknown value 'drak'; did you mean 'dark'?"),
        (&["--color", "1"], "--color: unknown value '1'; there is auto, always, never;"),
        (&["--color", "never", "open", "f", "--color=auto"], "--color is given twice;"),
        (&["record", "-o", "-"], "--output: a recording needs a file; './-' is one of that name;"),
        (&["open"], "'open' needs <FILE>;"),
        (&["-d"], "no value for '--min-duration <TIME>';"),
        (&["log", "-o", ""], "no value for '--output <FILE>';"),
        (
            &["-d", "5x"],
            "--min-duration: '5x' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds;",
        ),
        (
            &["-d", "-5"],
            "--min-duration: '-5' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds;",
        ),
        (&["-d", "1", "-d", "2"], "--min-duration is given twice;"),
        (&["-d", "1", "log", "-d", "2"], "--min-duration is given twice;"),
        (&["--pid", "1", "record", "-o", "f", "-p", "2"], "--pid is given twice;"),
        (&["-p", "0"], "--pid: '0' is not a process id; those are positive numbers;"),
        (&["-p", "-1"], "--pid: '-1' is not a process id; those are positive numbers;"),
        (&["-p", "2147483648"], "--pid: '2147483648' is not a process id; those are positive numbers;"),
        (&["-p", "1", "--", "id"], "--pid and a command do not go together;"),
        (&["record", "-o", "f", "-p", "1", "--", "id"], "--pid and a command do not go together;"),
        (&["-u", "no such"], "--user: unknown user 'no such'; write a user's name or number;"),
        (&["--history", "0"], "--history: '0' is not a number from 1 to 10000000;"),
        (
            &["--storm-rate", "0"],
            "--storm-rate: '0' is not a number of processes per second from 1 to 1000000000;",
        ),
        (
            &["log", "--until-storm", "many"],
            "--until-storm: 'many' is not a number of processes per second from 1 to 1000000000;",
        ),
        (&["log", "--keep", "5s"], "--keep needs --until-storm, as in '--until-storm 500';"),
        (
            &["record", "-o", "f", "--timeout", "5s"],
            "--timeout needs --until-storm, as in '--until-storm 500';",
        ),
        (
            &["record", "-o", "f", "--until-storm", "500", "--", "make"],
            "--until-storm and a command do not go together; start it beforehand and watch it by --pid;",
        ),
        (
            &["log", "--storm-rate", "9", "--until-storm", "500"],
            "--storm-rate and --until-storm do not go together;",
        ),
        (&["log", "--from", "f", "--until-storm", "500"], "--from and --until-storm do not go together;"),
        (
            &["--storm-rate", "9", "record", "-o", "f"],
            "'record' has no option '--storm-rate', since it keeps everything; give it to 'open' or 'log';",
        ),
        (&["--ring-size", "1K"], "--ring-size: '1K' is not a size from 4K to 1G;"),
        (
            &["--ring-size", "big"],
            "--ring-size: 'big' is not a size; write 512K, 100M, 1.5G or a number of bytes;",
        ),
        (&["-c", ""], "--comm: column 1: the pattern is empty;"),
        (&["-c", "~a("], "--comm: column 2: bad regular expression: unclosed group;"),
        (&["-f", "a com:x"], "--filter: column 3: unknown field 'com'; did you mean 'comm'?"),
        (&["-f", "a", "log", "-f", "b dur>"], "--filter: column 7: no value after 'dur>';"),
        (
            &["-f", "user=\"no such\""],
            "--filter: column 6: unknown user 'no such'; write a user's name or number;",
        ),
        (&["log", "--format", "xml"], "--format: unknown value 'xml'; there is text, json, csv;"),
        (&["log", "--format", "jsn"], "--format: unknown value 'jsn'; did you mean 'json'?"),
        (&["--verbose=3"], "--verbose takes no value;"),
        (&["log", "--wait-all"], "--wait-all needs a command, as in '--wait-all -- make';"),
        (&["log", "--from", "f", "--", "id"], "--from and a command do not go together;"),
        (&["log", "--from", "f", "--wait-all"], "--from and --wait-all do not go together;"),
        (&["--ring-size", "1M", "log", "--from", "f"], "--from and --ring-size do not go together;"),
        (&["-x", "log", "--from", "f"], "--from and --failed-exec do not go together;"),
        (&["log", "-t", "--from", "f"], "--from and --threads do not go together;"),
        (&["log", "--drop-all", "--from", "f"], "--from and --drop-all do not go together;"),
        (&["-v", "log", "--from", "f"], "--from and --verbose do not go together;"),
    ] {
        let error = try_line(args).unwrap_err();
        assert_eq!(error.to_string(), format!("proctop: {message} see 'proctop --help'"), "{args:?}");
        assert_eq!(error.exit_code(), 2, "{args:?}");
        assert!(!error.to_string().chars().any(char::is_control), "{args:?}");
    }
}

#[test]
fn storms() {
    let floor = |floor| Threshold { floor, adapts: true };
    let look = LookOptions::default();
    let screen =
        Ui { trace: trace(&[]), selection: Selection::default(), history: None, look, storm: floor(90) };
    leads_to(&["--storm-rate", "90/s"], Invocation::Ui(screen));
    let log = Log { storm: floor(90), ..live(trace(&[])) };
    leads_to(&["log", "--storm-rate", "90"], Invocation::Log(log.clone()));
    leads_to(&["--storm-rate", "90", "log"], Invocation::Log(log));
    leads_to(&["open", "f", "--storm-rate", "90"], Invocation::Open(Open { storm: floor(90), ..open("f") }));
    let until = |keep_ns, timeout_ns| Some(Until { rate: 300, keep_ns, timeout_ns });
    let source = LogSource::Live { trace: trace(&[]), wait_all: false, until: until(10_000 * MS, None) };
    // What the user says is a storm is one, whatever is normal here.
    let storm = Threshold { floor: 300, adapts: false };
    leads_to(&["log", "--until-storm", "300"], Invocation::Log(Log { source, storm, ..live(trace(&[])) }));
    leads_to(
        &["record", "-o", "f", "-p", "9", "--until-storm", "300", "--keep", "2s", "--timeout", "1min"],
        Invocation::Record(Record {
            pid: Some(9),
            until: until(2_000 * MS, Some(60_000 * MS)),
            ..record("f", trace(&[]))
        }),
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_where_text_is_needed() {
    use std::os::unix::ffi::OsStringExt;
    let error =
        parse(["proctop".into(), "-f".into(), OsString::from_vec(vec![0xff])], &none_saved).unwrap_err();
    assert_eq!(error.to_string(), "proctop: an option's value is not valid UTF-8; see 'proctop --help'");
    let odd = parse(["proctop".into(), OsString::from_vec(b"\xff\n".to_vec())], &none_saved).unwrap_err();
    assert_eq!((odd.exit_code(), odd.to_string().lines().count()), (2, 1), "{odd}");
}

#[test]
fn help_and_version_end_with_0() {
    for args in [&["--help"][..], &["-h"], &["log", "--help"], &["open", "-h"], &["doctor", "-h"], &["-V"]] {
        assert_eq!(try_line(args).unwrap_err().exit_code(), 0, "{args:?}");
    }
    let version = try_line(&["--version"]).unwrap_err().to_string();
    assert_eq!(version.trim(), concat!("proctop ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_fits_80_columns_with_one_line_for_each_option() {
    let root = args::Cli::command();
    let mut pages = vec![root.clone()];
    pages.extend(args::SUBCOMMANDS.iter().map(|name| root.find_subcommand(name).unwrap().clone()));
    assert_eq!(root.get_subcommands().count(), args::SUBCOMMANDS.len());
    for page in pages {
        let text = page.term_width(80).render_help().to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let options = text.split("\nOptions:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        for line in options.lines() {
            assert!(line.trim_start().starts_with('-') && line.trim_start().contains("  "), "{line}");
        }
    }
}

#[test]
fn help_states_the_defaults() {
    let text = args::Cli::command().render_help().to_string();
    assert!(text.contains("--history") && text.contains("[default: by free memory]"), "{text}");
    assert!(text.contains(&format!("[default: {}M]", DEFAULT_RING_BYTES >> 20)), "{text}");
    assert!(text.contains(&format!("[default: {}]", crate::model::storm::DEFAULT_FLOOR)), "{text}");
}

#[test]
fn the_parser_is_sound() {
    args::Cli::command().debug_assert();
}

#[test]
fn a_saved_filter_is_named_and_only_then_asked_for() {
    let saved = || Ok(BTreeMap::from([("slow".to_owned(), "dur>1s".to_owned())]));
    let line = |filter: &str| ["proctop", "log", "-f", filter].map(OsString::from);
    let Ok(Invocation::Log(log)) = parse(line("@slow and exit!=0"), &saved) else { panic!() };
    let wanted = Filter::parse_with("@slow and exit!=0", &|_| None, &saved().unwrap()).unwrap();
    // Filters are equal by their texts.
    let shown = |filter: &Filter| format!("{filter:?}");
    assert_eq!(shown(&log.selection.filter), shown(&wanted));
    assert_ne!(shown(&wanted), shown(&filter("@slow and exit!=0")), "a word");
    let broken = || Err("config.toml:3:7: no such field".to_owned());
    assert!(parse(line("exit!=0"), &broken).is_ok());
    let error = parse(line("@slow"), &broken).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert_eq!(error.to_string(), "proctop: config.toml:3:7: no such field; see 'proctop --help'");
}
