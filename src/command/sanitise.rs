//! Kept output made safe to print on the user's own terminal.

use std::io::{self, Write};

use vte::{Params, Parser, Perform};

/// How much is collected before it is written.
const BLOCK_BYTES: usize = 64 * 1024;

/// Writes `parts`, which are one stream, with only text, `\n`, `\r`, `\t`, `\b` and SGR sequences: the effects are
/// limited to lines and colours. `\r\n`, as a terminal makes of `\n`, becomes `\n`. What was printed on the
/// alternate screen (by an editor or pager) is left out, as it is when such a program ends on a real terminal.
/// Colours are reset at the end if any were set.
pub(super) fn write_sanitised(parts: [&[u8]; 2], out: &mut impl Write) -> io::Result<()> {
    let mut parser = Parser::new();
    let mut text = Text::default();
    for block in parts.into_iter().flat_map(|part| part.chunks(BLOCK_BYTES)) {
        parser.advance(&mut text, block);
        out.write_all(&text.safe)?;
        text.safe.clear();
    }
    text.flush_returns();
    if text.coloured {
        text.safe.extend_from_slice(b"\x1b[0m");
    }
    out.write_all(&text.safe)?;
    out.flush()
}

#[derive(Default)]
struct Text {
    safe: Vec<u8>,
    /// A `\r` is held back until it is known not to be part of a `\r\n`.
    returned: bool,
    /// Some SGR other than a reset was passed on.
    coloured: bool,
    alternate_screen: bool,
}

impl Text {
    fn flush_returns(&mut self) {
        if std::mem::take(&mut self.returned) {
            self.safe.push(b'\r');
        }
    }

    fn set_private_mode(&mut self, params: &Params, on: bool) {
        if params.iter().any(|param| matches!(param, [47 | 1047 | 1049])) {
            self.alternate_screen = on;
        }
    }

    fn push_sgr(&mut self, params: &Params) {
        self.flush_returns();
        let params: Vec<String> =
            params.iter().map(|subs| subs.iter().map(u16::to_string).collect::<Vec<_>>().join(":")).collect();
        let params = params.join(";");
        self.coloured = !matches!(params.as_str(), "" | "0");
        self.safe.extend_from_slice(format!("\x1b[{params}m").as_bytes());
    }
}

/// Characters that are no text: they control the terminal or change the order in which others are shown.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Perform for Text {
    fn print(&mut self, c: char) {
        if self.alternate_screen || is_control(c) {
            return;
        }
        self.flush_returns();
        self.safe.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            _ if self.alternate_screen => {}
            b'\r' => self.returned = true,
            b'\n' => {
                self.returned = false;
                self.safe.push(b'\n');
            }
            b'\t' | 0x08 => {
                self.flush_returns();
                self.safe.push(byte);
            }
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        match (intermediates, action) {
            _ if ignore => {}
            ([], 'm') if !self.alternate_screen => self.push_sgr(params),
            ([b'?'], 'h') => self.set_private_mode(params, true),
            ([b'?'], 'l') => self.set_private_mode(params, false),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        // A full reset leaves the alternate screen too.
        if intermediates.is_empty() && byte == b'c' {
            self.alternate_screen = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sanitised(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write_sanitised([bytes, b""], &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn text_lines_and_colours_pass() {
        assert_eq!(sanitised("a\tü 漢\u{1f600}\r\nb\x08c\n".as_bytes()), "a\tü 漢\u{1f600}\nb\x08c\n");
        assert_eq!(sanitised(b"10%\r20%\r\r\n"), "10%\r20%\n");
        assert_eq!(sanitised(b"end\r"), "end\r");
        assert_eq!(
            sanitised(b"\x1b[1;38;5;9mred\x1b[38:2::1:2:3mx"),
            "\x1b[1;38;5;9mred\x1b[38:2:0:1:2:3mx\x1b[0m"
        );
        assert_eq!(sanitised(b"\x1b[31mred\x1b[m."), "\x1b[31mred\x1b[0m.");
    }

    #[test]
    fn what_controls_the_terminal_does_not() {
        for (hostile, left) in [
            ("\x1b]0;title\x07a", "a"),
            ("\x1b]52;c;ZXZpbA==\x1b\\a", "a"),
            ("\x1b[2J\x1b[H\x1b[6n\x1b[?1003ha", "a"),
            ("\x1bP$qm\x1b\\a\x1bc", "a"),
            ("\x1b[>4;2ma", "a"),
            ("a\u{9b}31mb\u{85}", "a31mb"),
            ("a\u{202e}b\u{2066}c", "abc"),
            ("\x07\x0e\x05\0a\x7f", "a"),
            ("\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\a", "a"),
            ("vi \x1b[?1049hsecret\r\nscreen\x1b[31m\x1b[?1049l done", "vi  done"),
        ] {
            assert_eq!(sanitised(hostile.as_bytes()), left, "{hostile:?}");
        }
        assert_eq!(sanitised(b"caf\xe9 \x9b1m\xff"), "caf\u{fffd} 1m\u{fffd}");
    }

    /// Whether there is nothing in `text` but what the documentation allows.
    fn harmless(text: &str) -> bool {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| is_control(c) && !"\n\r\t\x08".contains(c)) {
            let Some(sgr) = rest[at..].strip_prefix("\x1b[") else { return false };
            let after = sgr.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';' || c == ':');
            let Some(after) = after.strip_prefix('m') else { return false };
            rest = after;
        }
        true
    }

    proptest! {
        #[test]
        fn nothing_else_comes_out_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let out = sanitised(&bytes);
            prop_assert!(harmless(&out), "{:?}", out);
        }

        #[test]
        fn nothing_else_comes_out_of_hostile_text(text in "(\x1b[\\[\\]P_?]{0,2}[0-9;:?>mhlHc\u{7}\u{9b}\r\n]{0,6}|.){0,40}") {
            let out = sanitised(text.as_bytes());
            prop_assert!(harmless(&out), "{:?}", out);
        }
    }
}
