//! The rules of the language, each on subjects that differ in what it speaks of.

mod fake;
mod mistakes;
mod properties;

use fake::{Fake, MS, check, compiler, holds, names, parse};

use super::*;
use crate::model::event::{Cause, Killer, ProcessId, WaitStatus};

#[test]
fn nothing_asked_is_everything() {
    for text in ["", "  \t\n"] {
        let filter = parse(text);
        assert!(filter.is_empty() && filter.matches(&Fake::default()));
        assert_eq!(filter, Filter::default());
    }
    assert!(!parse("x").is_empty());
}

#[test]
fn words_look_into_comm_and_arguments() {
    check(
        &compiler(),
        &["cc1", "CC", "-o2", "make", "file.c", "\"a FILE\"", "\"\"", "\"and\" or cc1", "\"(x\""],
        &["/usr/lib", "8122", "\"and\"", "\"a  file\"", "-O3"],
    );
}

#[test]
fn text_fields() {
    check(
        &compiler(),
        &[
            "comm:CC",
            "comm=sh",
            "comm=cc1",
            "comm~^c+1$",
            "comm!=bash",
            "COMM:cc1",
            "file:/GCC/",
            "file=/usr/lib/gcc/cc1",
            "file!=/bin/sh",
            "argv~\"-O[23]\"",
            "argv=\"A file.c\"",
            "argv~^(-O2|-O3)$",
            "argv~\\(x\\)",
            "comm~(cc|ld)1",
        ],
        &[
            "comm=CC1",
            "comm!=sh",
            "comm:bash",
            "comm~^c$",
            "file:sh",
            "argv=-o2",
            "argv!=-O2",
            "argv:\"cc1 -O2\"",
        ],
    );
}

#[test]
fn quantities() {
    check(
        &compiler(),
        &[
            "dur=50ms",
            "dur>=50",
            "dur<=50ms",
            "dur<1.5s",
            "dur>49ms",
            "dur!=1s500ms",
            "dur > 49",
            "dur>\"1ms 5us\"",
            "cpu<21ms",
            "cpu>=0.02s",
            "rss>=100M",
            "rss<1G",
            "rss=102400K",
            "pid=8122",
            "pid:8122",
            "ppid=8121",
            "pid>8000",
            "uid=1000",
            "uid>=1000",
            "user=dev",
            "user:dev",
            "user!=root",
            "user=1000",
            "uid=dev",
        ],
        &[
            "dur>50",
            "dur<50ms",
            "cpu>20ms",
            "rss>100M",
            "pid=812",
            "pid:812",
            "ppid=8122",
            "user=root",
            "uid<1000",
        ],
    );
}

#[test]
fn exit_is_the_code_and_only_unequal_zero_includes_signals() {
    let with = |status| Fake { status: Some(status), ..Fake::default() };
    check(
        &with(WaitStatus::exited(0)),
        &["exit=0", "exit<1", "exit!=3"],
        &["exit!=0", "sig=KILL", "sig!=KILL"],
    );
    check(
        &with(WaitStatus::exited(3)),
        &["exit=3", "exit:3", "exit!=0", "exit>0", "exit!=1"],
        &["exit=0", "exit!=3"],
    );
    check(
        &with(WaitStatus::signaled(9, false)),
        &["exit!=0", "exit != 0", "exit!=\"0\"", "sig=9", "sig=KILL", "sig:sigkill", "sig!=TERM"],
        &["exit=0", "exit!=3", "exit!=1", "exit>0", "exit<255", "exit>=0", "exit=9", "exit=137", "sig!=kill"],
    );
    check(&with(WaitStatus::signaled(11, true)), &["sig=SEGV", "exit!=0"], &["sig=KILL"]);
    check(
        &with(WaitStatus::signaled(37, false)),
        &["sig=37", "sig=RTMIN+3", "sig:SIGRTMAX-27"],
        &["sig=RTMIN", "sig=RTMAX"],
    );
}

#[test]
fn the_missing_makes_every_comparison_false() {
    let nothing = Fake::default();
    for field in ["comm", "argv", "file", "cwd", "cgroup", "tty", "killer"] {
        for operator in [":", "=", "!=", "~"] {
            for value in ["x", "\"\""] {
                assert!(!holds(&format!("{field}{operator}{value}"), &nothing), "{field}{operator}{value}");
            }
        }
    }
    for field in ["dur", "cpu", "rss", "pid", "ppid", "uid", "exit", "sid", "threads"] {
        for operator in ["=", "!=", "<", "<=", ">", ">="] {
            for value in ["0", "1"] {
                assert!(!holds(&format!("{field}{operator}{value}"), &nothing), "{field}{operator}{value}");
            }
        }
    }
    for text in [
        "errno=2",
        "errno!=2",
        "sig=9",
        "sig!=9",
        "user!=root",
        "event!=exec",
        "state!=running",
        "state=running",
        "under=1",
    ] {
        assert!(!holds(text, &nothing), "{text}");
    }
    check(&nothing, &["not exit=0", "!comm:x", "under!=1"], &["exit!=0", "not under!=1"]);
}

#[test]
fn where_it_ran() {
    check(
        &compiler(),
        &[
            "cwd:/HOME",
            "cwd=\"/home/dev/my tree\"",
            "cwd!=/tmp",
            "cwd~^/home/[a-z]+/",
            "cgroup:docker",
            "cgroup=0123456789ab",
            "cgroup~scope$",
            "cgroup!=/user.slice",
            "tty:pts",
            "tty=pts/3",
            "tty!=pts/4",
            "tty~^pts/[0-9]$",
            "sid=812",
            "sid:812",
            "sid>800",
            "threads>3",
            "threads=4",
            "threads:4",
            "threads!=1",
        ],
        &[
            "cwd=/home",
            "cwd:/tmp",
            "cgroup=docker",
            "tty=pts",
            "tty!=pts/3",
            "sid:81",
            "threads>4",
            "threads<4",
        ],
    );
}

#[test]
fn who_ended_it() {
    let by = |killer| Fake { killer: Some(killer), ..Fake::default() };
    let bash = Killer::Process { id: ProcessId::new(4312, 7), comm: "bash".into() };
    check(
        &by(bash),
        &[
            "killer:BASH",
            "killer=bash",
            "killer=4312",
            "killer:4312",
            "killer~^ba",
            "killer!=sh",
            "killer!=43",
        ],
        &["killer:431", "killer=ash", "killer!=bash", "killer!=4312", "killer:kernel", "killer~4312"],
    );
    check(
        &by(Killer::Kernel(Cause::Oom)),
        &[
            "killer:oom",
            "killer=oom",
            "killer:kernel",
            "killer=kernel",
            "killer!=fault",
            "killer~^(oom|rlimit)$",
        ],
        &["killer:bash", "killer=4312", "killer!=oom", "killer!=kernel"],
    );
    let seven = Killer::Process { id: ProcessId::new(8, 7), comm: "7".into() };
    check(&by(seven), &["killer=7", "killer=8"], &["killer!=7", "killer!=8"]);
}

#[test]
fn why_an_exec_failed() {
    let failed = Fake { errno: Some(13), event: Some(EventKind::ExecFailed), ..Fake::default() };
    check(
        &failed,
        &["errno=EACCES", "errno:eacces", "errno=13", "errno!=ENOENT", "event:exec_failed"],
        &["errno=2", "errno!=EACCES", "event:exec"],
    );
}

#[test]
fn a_change_is_of_its_kind_and_of_all_changes() {
    let of = |kind| Fake { event: Some(kind), ..Fake::default() };
    check(
        &of(EventKind::Renamed),
        &["event:renamed", "event:changed", "event!=adopted", "event!=exec"],
        &["event!=changed", "event:adopted", "event:exec", "event!=renamed"],
    );
    for kind in EventKind::ALL {
        let name = kind.name();
        assert!(holds(&format!("event:{name}"), &of(kind)), "{name}");
    }
    let changes = EventKind::ALL.into_iter().filter(|&kind| kind.is(EventKind::Changed)).count();
    assert_eq!(changes, 7);
    check(&of(EventKind::Fork), &["event!=changed"], &["event:changed"]);
}

#[test]
fn kinds_states_and_subtrees() {
    check(
        &compiler(),
        &[
            "event=exit",
            "event:EXIT",
            "event!=fork",
            "state=exited",
            "state=exit",
            "state!=zombie",
            "under=8122",
            "under:4312",
            "under!=5",
        ],
        &[
            "event=exec",
            "event!=exit",
            "state=running",
            "state=run",
            "state!=exited",
            "under=1",
            "under!=4312",
        ],
    );
}

#[test]
fn not_binds_tighter_than_and_and_that_tighter_than_or() {
    let subject = Fake { comms: vec!["a"], ..Fake::default() };
    check(
        &subject,
        &[
            "a or b b",
            "b b or a",
            "a or b and b",
            "not b a",
            "not b and a",
            "!b",
            "! b",
            "!!a",
            "not not a",
            "not(b)",
            "(a)",
            "((a))",
            "(b or a) a",
            "!(b or b)",
            "a AND a",
            "b Or a",
            "NOT b",
            "a(a)",
            "not b or b",
        ],
        &["a b", "a and b", "(a or b) b", "not a or b", "!(a or b)", "not (a) a", "!a", "not a"],
    );
}

#[test]
fn blanks_may_stand_on_either_side_of_an_operator() {
    check(
        &compiler(),
        &[
            "dur> 49ms",
            "dur >49ms",
            "dur > 49ms",
            "exit!= 0 or comm: cc1",
            "comm: cc1 dur>49ms",
            "comm: \"cc1\"",
            "comm~ ^cc",
            "not comm=  cc",
            "(dur> 49)",
            "comm!x or cc1",
        ],
        &["comm: bash cc1", "dur> 50ms", "comm!x", "comm= not_this"],
    );
}

#[test]
fn options_are_filters_too() {
    let subject = compiler();
    for (pattern, text, expected) in [
        ("CC", "comm:CC", true),
        ("=cc1", "comm=cc1", true),
        ("=cc", "comm=cc", false),
        ("~^c+1$", "comm~\"^c+1$\"", true),
        ("a b", "comm:\"a b\"", false),
        ("\"\\", r#"comm:"\"\\""#, false),
    ] {
        let filter = Filter::comm(pattern).unwrap();
        assert_eq!((filter.text(), filter.matches(&subject)), (text, expected), "{pattern}");
        assert_eq!(parse(text).matches(&subject), expected);
    }
    for pattern in ["", "=", "~"] {
        assert_eq!(Filter::comm(pattern).unwrap_err().message, "the pattern is empty");
    }
    assert_eq!(
        Filter::comm("~a(").unwrap_err().to_string(),
        "column 2: bad regular expression: unclosed group"
    );
    assert!(Filter::comm(&"x".repeat(5000)).is_err());

    assert!(Filter::min_duration(0).is_empty());
    assert_eq!(Filter::min_duration(1500 * MS).text(), "dur>=1s500ms");
    assert!(
        Filter::min_duration(50 * MS).matches(&subject)
            && !Filter::min_duration(50 * MS + 1).matches(&subject)
    );
    assert!(Filter::user(1000).matches(&subject) && !Filter::user(0).matches(&subject));
    assert!(Filter::under(4312).matches(&subject) && !Filter::under(5).matches(&subject));
    assert_eq!((Filter::user(7).text(), Filter::under(7).text()), ("uid=7", "under=7"));
}

#[test]
fn both_filters_hold_in_their_combination() {
    let and = |a: &str, b: &str| Filter::and(parse(a), parse(b));
    assert_eq!(and("a or b", "c").text(), "(a or b) and c");
    assert_eq!(and("a b", " c ").text(), "a b and c");
    assert_eq!(and("", "c").text(), "c");
    assert_eq!(and("a", "").text(), "a");
    assert!(and("", "").is_empty());
    check(&compiler(), &[and("cc1 or x", "make").text()], &[and("cc1 or x", "ld").text()]);
    assert!(!and("cc1 or x", "ld").matches(&compiler()));
    let many = (0..100_000).fold(Filter::default(), |all, _| match all.text.len() {
        0..=10_000 => Filter::and(all, Filter::user(1000)),
        _ => all,
    });
    assert!(many.matches(&compiler()));
}

#[test]
fn a_subject_may_be_a_trait_object() {
    let subject: &dyn Subject = &compiler();
    assert!(parse("cc1 dur>5").matches(subject));
}

#[test]
fn saved_filters_stand_for_what_they_say() {
    let saved = [("slow", "dur>1s or comm:x"), ("bad", "dur>"), ("two", "@slow"), ("none", " ")];
    let saved = saved.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let parse = |text: &str| Filter::parse_with(text, &names, &saved);
    let of = |ns| Fake { duration_ns: Some(ns), comms: vec!["sh"], ..Fake::default() };
    let slow_sh = parse("@slow comm=sh").unwrap();
    assert_eq!(slow_sh.text(), "@slow comm=sh");
    assert!(slow_sh.matches(&of(2000 * MS)) && !slow_sh.matches(&of(MS)));
    assert!(parse("not @slow").unwrap().matches(&of(MS)));
    let wrong = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(
        wrong("a @bad"),
        "column 3: in the saved filter 'bad', column 5: no value after 'dur>'; write 50ms, 1.5s, 2min or a number of \
         milliseconds"
    );
    assert_eq!(
        wrong("@two"),
        "column 1: in the saved filter 'two', column 1: a saved filter can't name another one"
    );
    assert_eq!(wrong("@none"), "column 1: the saved filter 'none' is empty");
    assert_eq!(
        wrong("(@nosuch)"),
        "column 2: unknown saved filter 'nosuch'; there is '@bad @none @slow @two'"
    );
    assert!(Filter::parse_saved("a @slow", &names).is_err_and(|mistake| mistake.at == 2));
    assert!(parse("\"@nosuch\"").is_ok(), "in quotes it is a word");
    assert!(Filter::parse("@slow", &names).is_ok(), "and where nothing is saved");
    let long = [("long".to_owned(), format!("a{}", " ".repeat(4000)))].into_iter().collect();
    let many = Filter::parse_with(&"@long ".repeat(100), &names, &long).unwrap_err();
    assert!(many.message.contains("bytes of saved filters"), "{many}");
}

#[test]
fn what_is_looked_for_is_found_where_it_stands_and_not_where_it_must_not() {
    let found = |text: &str, part, value: &str| {
        let mut found = Vec::new();
        parse(text).find_in(part, value.as_bytes(), &mut found);
        found
    };
    assert_eq!(found("comm:c or argv:x", Part::Comm, "cxc"), [0..1, 2..3]);
    assert_eq!(found("comm:c (argv:x exit=0)", Part::Arg, "cxc").first(), Some(&(1..2)));
    assert_eq!(found("c not x", Part::Arg, "cxc"), [0..1, 2..3]);
    assert!(found("comm!=c dur>5 file:c", Part::Comm, "c").is_empty());
    assert!(found("", Part::Comm, "c").is_empty());
}
