//! What is no filter, and where.

use super::super::*;
use super::fake::{Fake, holds, names};

#[test]
fn mistakes_are_named_where_they_are() {
    for (text, at, len, message) in [
        ("com:x", 0, 3, "column 1: unknown field 'com'; did you mean 'comm'?"),
        ("a b com:x", 4, 3, "column 5: unknown field 'com'; did you mean 'comm'?"),
        (
            "é min-dur>5",
            3,
            7,
            "column 3: unknown field 'min-dur'; to search for this text, put it in double quotes",
        ),
        ("com > 5", 0, 3, "column 1: unknown field 'com'; did you mean 'comm'?"),
        ("comm>5", 4, 1, "column 5: '>' does not go with 'comm'; it takes : = != ~"),
        ("dur:5", 3, 1, "column 4: ':' does not go with 'dur'; it takes = != < <= > >="),
        (
            "dur>abc",
            4,
            3,
            "column 5: 'abc' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds",
        ),
        ("rss>1X", 4, 2, "column 5: '1X' is not a size; write 512K, 100M, 1.5G or a number of bytes"),
        ("exit=300", 5, 3, "column 6: '300' is not an exit code; those are 0 to 255"),
        ("user=bob", 5, 3, "column 6: unknown user 'bob'; write a user's name or number"),
        ("state=runing", 6, 6, "column 7: unknown state 'runing'; did you mean 'running'?"),
        ("pid=-1", 4, 2, "column 5: '-1' is not a process id"),
        ("sid=x", 4, 1, "column 5: 'x' is not a session; that is the number of a process"),
        ("threads>many", 8, 4, "column 9: 'many' is not a number"),
        ("threads~4", 7, 1, "column 8: '~' does not go with 'threads'; it takes : = != < <= > >="),
        ("a errno=ENOET", 8, 5, "column 9: 'ENOET' is not an error; did you mean 'ENOENT'?"),
        ("errno>2", 5, 1, "column 6: '>' does not go with 'errno'; it takes : = !="),
        ("cgrp:x", 0, 4, "column 1: unknown field 'cgrp'; to search for this text, put it in double quotes"),
        ("cgruop:x", 0, 6, "column 1: unknown field 'cgruop'; did you mean 'cgroup'?"),
        ("killer~[a", 7, 2, "column 8: bad regular expression: unclosed character class"),
        ("cwd>x", 3, 1, "column 4: '>' does not go with 'cwd'; it takes : = != ~"),
        ("event:renamd", 6, 6, "column 7: unknown event 'renamd'; did you mean 'renamed'?"),
        ("comm~[a", 5, 2, "column 6: bad regular expression: unclosed character class"),
        ("comm~*", 5, 1, "column 6: bad regular expression: repetition operator missing expression"),
        ("comm:", 5, 0, "column 6: no value after 'comm:'; \"\" is the empty one"),
        ("comm: dur>5ms", 5, 0, "column 6: no value after 'comm:'; \"\" is the empty one"),
        ("dur>", 4, 0, "column 5: no value after 'dur>'; write 50ms, 1.5s, 2min or a number of milliseconds"),
        (
            "(cpu > )",
            7,
            0,
            "column 8: no value after 'cpu >'; write 50ms, 1.5s, 2min or a number of milliseconds",
        ),
        ("comm~", 5, 0, "column 6: no value after 'comm~'; a regular expression belongs there"),
        ("exit!= or a", 6, 0, "column 7: no value after 'exit!='; write a number from 0 to 255"),
        ("sig= (a)", 4, 0, "column 5: no value after 'sig='; write KILL, SIGKILL or a number from 1 to 126"),
        ("comm: !a", 5, 0, "column 6: no value after 'comm:'; \"\" is the empty one"),
        ("comm: @a", 5, 0, "column 6: no value after 'comm:'; \"\" is the empty one"),
        ("comm: dur > 5", 5, 0, "column 6: no value after 'comm:'; \"\" is the empty one"),
        ("zzz=", 0, 3, "column 1: unknown field 'zzz'; to search for this text, put it in double quotes"),
        ("comm>", 4, 1, "column 5: '>' does not go with 'comm'; it takes : = != ~"),
        ("com:x dur>", 0, 3, "column 1: unknown field 'com'; did you mean 'comm'?"),
        ("comm!~^cc1$ b", 4, 2, "column 5: unknown operator '!~'; write 'not comm~^cc1$'"),
        ("comm !: \"a b\"", 5, 2, "column 6: unknown operator '!:'; write 'not comm:\"a b\"'"),
        ("comm!=~a", 4, 3, "column 5: unknown operator '!=~'; write 'not comm~a'"),
        ("exit!:0", 4, 2, "column 5: unknown operator '!:'; write 'exit!=0'"),
        ("exit!==0", 4, 3, "column 5: unknown operator '!=='; write 'exit!=0'"),
        ("a (dur!>5ms)", 6, 2, "column 7: unknown operator '!>'; write 'not dur>5ms'"),
        ("dur!>=", 3, 3, "column 4: unknown operator '!>='; write 'not dur>=…'"),
        ("sig!~KILL", 3, 2, "column 4: unknown operator '!~'; write 'sig!=KILL'"),
        ("comm!<5", 4, 2, "column 5: unknown operator '!<'; 'comm' takes : = != ~"),
        ("com!~x", 0, 3, "column 1: unknown field 'com'; did you mean 'comm'?"),
        ("sig=~9", 3, 2, "column 4: unknown operator '=~'; 'sig' takes : = !="),
        ("comm==x", 4, 2, "column 5: unknown operator '=='; write '='"),
        ("dur=>5", 3, 2, "column 4: unknown operator '=>'; write '>='"),
        ("file:~/x", 4, 2, "column 5: unknown operator ':~'; write '~'"),
        (">5", 0, 1, "column 1: no field before '>'; to search for it, put the text in double quotes"),
        ("a && b", 2, 2, "column 3: write 'and' for '&&'"),
        ("a || b", 2, 2, "column 3: write 'or' for '||'"),
        ("\"abc", 0, 4, "column 1: this quote is never closed"),
        ("comm:\"a\\\"", 5, 4, "column 6: this quote is never closed"),
        ("comm:\"a\"b", 8, 1, "column 9: a space must follow the closing quote"),
        ("comm:a\"b\"", 6, 1, "column 7: a quote in the middle; put all of the text in quotes"),
        ("(a", 0, 1, "column 1: this '(' is never closed"),
        ("a (", 2, 1, "column 3: this '(' is never closed"),
        ("a)", 1, 1, "column 2: this ')' closes nothing"),
        ("a ( ) b", 2, 3, "column 3: there is nothing in these parentheses"),
        ("a and", 5, 0, "column 6: a condition is missing after 'and'"),
        ("a or or b", 5, 0, "column 6: a condition is missing after 'or'"),
        ("(a or ) b", 6, 0, "column 7: a condition is missing after 'or'"),
        ("not", 3, 0, "column 4: a condition is missing after 'not'"),
        ("or a", 0, 0, "column 1: a condition is missing here"),
        (")", 0, 0, "column 1: a condition is missing here"),
    ] {
        let error = Filter::parse(text, &names).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.at, error.len), (message, at, len), "{text}");
    }
}

#[test]
fn depth_length_and_regular_expressions_are_bounded() {
    let refuse = |text: &str| Filter::parse(text, &names).unwrap_err();
    assert!(refuse(&"(".repeat(10_000)).message.contains("at most 4096 bytes"));
    for text in ["(".repeat(4000), "!".repeat(4000), "not ".repeat(1000)] {
        assert!(refuse(&text).message.contains("more than 64 levels"), "{text}");
    }
    assert!(holds(
        &format!("{}a{}", "(".repeat(63), ")".repeat(63)),
        &Fake { comms: vec!["a"], ..Fake::default() }
    ));
    let long = refuse(&"é".repeat(2049));
    assert_eq!((long.at, long.len), (4096, 2));
    assert!(Filter::parse(&"comm~a ".repeat(16), &names).is_ok());
    for field in ["comm", "argv", "file", "cwd", "cgroup", "tty", "killer"] {
        assert!(refuse(&format!("{field}~a ").repeat(17)).message.contains("more than 16"), "{field}");
    }
    let seventeenth = refuse(&"comm~a ".repeat(17));
    assert_eq!(
        (seventeenth.at, seventeenth.message.as_str()),
        (16 * 7 + 5, "more than 16 regular expressions")
    );
}
