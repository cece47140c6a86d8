//! What is refused, and how.

use super::*;

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
        (&["config", "--path", "--example"], "--path and --example exclude each other;"),
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
        (
            &["-f", "a", "log", "-f", "b sid>"],
            "--filter: column 7: no value after 'sid>'; write the number of a process;",
        ),
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
fn bytes_that_are_no_text_are_refused_where_text_is_needed() {
    use std::os::unix::ffi::OsStringExt;
    let error =
        parse(["proctop".into(), "-f".into(), OsString::from_vec(vec![0xff])], &none_saved).unwrap_err();
    assert_eq!(error.to_string(), "proctop: an option's value is not valid UTF-8; see 'proctop --help'");
    let odd = parse(["proctop".into(), OsString::from_vec(b"\xff\n".to_vec())], &none_saved).unwrap_err();
    assert_eq!((odd.exit_code(), odd.to_string().lines().count()), (2, 1), "{odd}");
}
