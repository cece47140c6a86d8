//! Command lines to read and to paste: bash makes the exact bytes of the arguments from them again.

use std::borrow::Cow;

use super::sanitise::{is_mark, is_printable, sanitise};

/// The arguments as one line for a shell, separated by spaces: plain words bare, others in `'…'`, and those with
/// anything that is not safe to print in `$'…'` (which bash, zsh and ksh know). Sanitising changes nothing in it.
pub fn quote_args<'a>(args: impl Iterator<Item = &'a [u8]>) -> String {
    let mut line = String::new();
    push_args(&mut line, args);
    line
}

/// Appends what [`quote_args`] returns.
pub fn push_args<'a>(line: &mut String, args: impl Iterator<Item = &'a [u8]>) {
    for (index, arg) in args.enumerate() {
        if index > 0 {
            line.push(' ');
        }
        push_word(line, arg, index == 0);
    }
}

fn push_word(line: &mut String, word: &[u8], is_command: bool) {
    match sanitise(word) {
        Cow::Borrowed(text) if is_bare(text) && !(is_command && is_special_command(text)) => {
            line.push_str(text)
        }
        Cow::Borrowed(text) => push_single_quoted(line, text),
        Cow::Owned(_) => push_ansi_c_quoted(line, word),
    }
}

/// No shell gives a meaning to anything in it. `=` at the start is a path look-up in zsh.
fn is_bare(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    !text.is_empty() && !text.starts_with('=') && text.bytes().all(plain)
}

/// In the place of the command this would be an assignment or a keyword. (A command named `%1` cannot be called
/// by that name at all: bash takes it for a job even when it is quoted.)
fn is_special_command(text: &str) -> bool {
    const KEYWORDS: [&str; 17] = [
        "if", "then", "elif", "else", "fi", "for", "in", "do", "done", "case", "esac", "while", "until",
        "select", "function", "time", "coproc",
    ];
    text.contains('=') || KEYWORDS.contains(&text)
}

fn push_single_quoted(line: &mut String, text: &str) {
    line.push('\'');
    for c in text.chars() {
        match c {
            '\'' => line.push_str("'\\''"),
            _ => line.push(c),
        }
    }
    line.push('\'');
}

fn push_ansi_c_quoted(line: &mut String, word: &[u8]) {
    line.push_str("$'");
    for chunk in word.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_ansi_c_char(line, c);
        }
        chunk.invalid().iter().for_each(|&b| push_hex(line, b));
    }
    line.push('\'');
}

fn push_ansi_c_char(line: &mut String, c: char) {
    match c {
        '\n' => line.push_str("\\n"),
        '\t' => line.push_str("\\t"),
        '\r' => line.push_str("\\r"),
        '\x1b' => line.push_str("\\e"),
        '\\' => line.push_str("\\\\"),
        '\'' => line.push_str("\\'"),
        // An interactive bash looks for history here, after `\'` at least.
        '!' => push_hex(line, b'!'),
        // A mark is fine on its base, but between escapes that is not worth following.
        _ if is_printable(c) && !is_mark(c) => line.push(c),
        _ => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| push_hex(line, b)),
    }
}

fn push_hex(line: &mut String, byte: u8) {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    line.push_str("\\x");
    line.push(digit(byte >> 4));
    line.push(digit(byte & 0xf));
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn quoted(args: &[&[u8]]) -> String {
        quote_args(args.iter().copied())
    }

    #[test]
    fn table() {
        let cases: &[(&[&[u8]], &str)] = &[
            (&[], ""),
            (&[b"cc1", b"-O2", b"--param=x=1", b"a/b.c"], "cc1 -O2 --param=x=1 a/b.c"),
            (&[b"sh", b"-c", b"exit 3"], "sh -c 'exit 3'"),
            (&[b"sh", b""], "sh ''"),
            (&[b"echo", b"it's", b"$HOME", b"*"], r"echo 'it'\''s' '$HOME' '*'"),
            (&[b"echo", b"~", b"#", b"=ls"], "echo '~' '#' '=ls'"),
            (&[b"A=1", b"A=1"], "'A=1' A=1"),
            (&[b"if", b"if"], "'if' if"),
            (&[b"printf", b"\x1b[2J\n\t'\\!"], r"printf $'\e[2J\n\t\'\\\x21'"),
            (&[b"vi", "日本 é".as_bytes()], "vi '日本 é'"),
            (&[b"vi", b"caf\xe9s"], r"vi $'caf\xe9s'"),
            (&[b"vi", "gpj\u{202e}.exe".as_bytes()], r"vi $'gpj\xe2\x80\xae.exe'"),
            (&[b"vi", "\u{301}e".as_bytes()], r"vi $'\xcc\x81e'"),
        ];
        for (args, expected) in cases {
            assert_eq!(quoted(args), *expected);
        }
    }

    /// What `script` prints under bash, split at NUL; `None` where there is no bash.
    fn bash(script: &str) -> Option<Vec<Vec<u8>>> {
        let mut bash = Command::new("bash");
        bash.env("LC_ALL", "C.UTF-8").arg("-c").arg(OsStr::from_bytes(script.as_bytes()));
        let out = match bash.output() {
            Ok(out) => out,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("bash: {error}"),
        };
        assert!(out.status.success(), "{script}: {}", out.stderr.escape_ascii());
        let ended = out.stdout.strip_suffix(&[0]).unwrap_or(&out.stdout);
        Some(ended.split(|&b| b == 0).map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn the_command_word_stays_a_word() {
        let report = "command_not_found_handle() { printf '%s\\0' \"$@\"; }; ";
        for word in ["NO=such", "if", "done", "no-such-command", "no such", "!", "{", "[["] {
            let args: [&[u8]; 2] = [word.as_bytes(), b"x"];
            if let Some(seen) = bash(&format!("{report}{}", quoted(&args))) {
                assert_eq!(seen, args, "{word}");
            }
        }
    }

    fn argument() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![any::<u8>(), proptest::sample::select(b"'\"\\$`!~#=*{} \n\x1bnx1".to_vec())];
        let bytes = proptest::collection::vec(byte, 0..12);
        prop_oneof![bytes, any::<String>().prop_map(String::into_bytes)]
            .prop_map(|arg| arg.into_iter().filter(|&b| b != 0).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn bash_makes_the_same_bytes_again(args in proptest::collection::vec(argument(), 1..20)) {
            let line = quote_args(args.iter().map(Vec::as_slice));
            prop_assert!(matches!(sanitise(line.as_bytes()), Cow::Borrowed(_)), "{line:?}");
            if let Some(seen) = bash(&format!("printf '%s\\0' {line}")) {
                prop_assert_eq!(seen, args, "{}", line);
            }
        }
    }
}
