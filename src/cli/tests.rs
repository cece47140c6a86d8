//! Command lines and what they lead to.

mod mistakes;

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
        saved_filters: BTreeMap::new(),
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
    // Keys may name one, too.
    let pressed = |keys: &str| ["proctop", "open", "f", "--text", "-", "--keys", keys].map(OsString::from);
    let Ok(Invocation::Open(Open { still: Some(still), .. })) = parse(pressed("/@slow<Enter>"), &saved)
    else {
        panic!()
    };
    assert_eq!(still.saved_filters, saved().unwrap());
    assert!(parse(pressed("/exit!=0<Enter>"), &broken).is_ok());
    assert_eq!(parse(pressed("/@slow<Enter>"), &broken).unwrap_err().exit_code(), 2);
}
