//! What the terminal emulator is spared: sequences that would make it hold or do much for few bytes.

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// The longest control sequence that is passed on; real ones are far shorter.
const MAX_SEQUENCE: usize = 256;

/// The intermediate bytes that the parser keeps.
const INTERMEDIATES: usize = 2;

/// U+FE0F, which asks for the wide, coloured form of the character before it. vt100 0.18 panics when that character
/// stands in the last column; without it the pane shows the narrow form, as many terminals do.
const WIDE_FORM: [u8; 3] = [0xef, 0xb8, 0x8f];

/// Drops string sequences (OSC, DCS, SOS, PM, APC), which the parser would collect without a bound and the pane does
/// not use, and the character U+FE0F; limits how often one sequence repeats a character. All else passes unchanged.
///
/// It follows the same state machine as the parser behind it, so that both agree where a sequence starts.
#[derive(Debug, Default)]
pub(super) struct EscapeGuard {
    state: State,
    /// The control sequence so far, without its ESC and `[`; or the intermediate bytes behind an ESC.
    held: Vec<u8>,
    /// How many bytes of [`WIDE_FORM`] have come, and are held back until it is known what they become.
    wide_form: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// Behind an escape with intermediate bytes (`ESC ( B`): another escape in its middle cancels it.
    Intermediate,
    Control,
    /// A control sequence that is too long to be true.
    Overlong,
    String {
        ended_by_bel: bool,
    },
}

impl EscapeGuard {
    /// Appends to `out` what may pass. A repetition (`CSI n b`) is limited to `max_repeat`.
    pub(super) fn filter(&mut self, bytes: &[u8], max_repeat: u16, out: &mut Vec<u8>) {
        let start = out.len();
        self.drop_sequences(bytes, max_repeat, out);
        // After that: what stood between the bytes of the character may be gone now.
        if self.wide_form > 0 || out.iter().skip(start).any(|&b| b == WIDE_FORM[0]) {
            let passed = out.split_off(start);
            self.drop_wide_form(&passed, out);
        }
    }

    fn drop_wide_form(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for &byte in bytes {
            if WIDE_FORM.get(self.wide_form) == Some(&byte) {
                self.wide_form = (self.wide_form + 1) % WIDE_FORM.len();
                continue;
            }
            out.extend(WIDE_FORM.iter().take(self.wide_form));
            self.wide_form = usize::from(byte == WIDE_FORM[0]);
            if self.wide_form == 0 {
                out.push(byte);
            }
        }
    }

    fn drop_sequences(&mut self, mut bytes: &[u8], max_repeat: u16, out: &mut Vec<u8>) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.state == State::Text {
                let text = bytes.iter().position(|&b| b == ESC).unwrap_or(bytes.len());
                let (text, after) = bytes.split_at(text);
                out.extend_from_slice(text);
                bytes = after.get(1..).unwrap_or_default();
                if !after.is_empty() {
                    self.state = State::Escape;
                }
                continue;
            }
            bytes = rest;
            self.state = self.step(byte, max_repeat, out);
        }
    }

    /// The state after one byte that is not plain text.
    fn step(&mut self, byte: u8, max_repeat: u16, out: &mut Vec<u8>) -> State {
        match (byte, self.state) {
            (ESC, _) => State::Escape,
            (CAN | SUB, _) => {
                out.push(byte);
                State::Text
            }
            (_, State::String { ended_by_bel }) => {
                if byte == BEL && ended_by_bel {
                    State::Text
                } else {
                    self.state
                }
            }
            // Other control characters act at once, and the sequence around them goes on.
            (0x00..=0x1f, _) => {
                out.push(byte);
                self.state
            }
            (0x7f.., _) => self.state,
            (_, State::Escape) => self.after_escape(byte, out),
            (0x30.., State::Intermediate) => {
                out.push(ESC);
                out.extend_from_slice(&self.held);
                out.push(byte);
                State::Text
            }
            (_, State::Intermediate) => {
                // The parser keeps two and ignores the sequence if there are more: three say that as well as all.
                if self.held.len() <= INTERMEDIATES {
                    self.held.push(byte);
                }
                State::Intermediate
            }
            (0x40..=0x7e, State::Control) => {
                self.emit(byte, max_repeat, out);
                State::Text
            }
            (0x40..=0x7e, _) => State::Text,
            (_, State::Control) if self.held.len() < MAX_SEQUENCE => {
                self.held.push(byte);
                State::Control
            }
            _ => State::Overlong,
        }
    }

    fn after_escape(&mut self, byte: u8, out: &mut Vec<u8>) -> State {
        match byte {
            b'[' => {
                self.held.clear();
                State::Control
            }
            0x20..=0x2f => {
                self.held.clear();
                self.held.push(byte);
                State::Intermediate
            }
            b']' => State::String { ended_by_bel: true },
            b'P' | b'X' | b'^' | b'_' => State::String { ended_by_bel: false },
            _ => {
                out.extend_from_slice(&[ESC, byte]);
                State::Text
            }
        }
    }

    fn emit(&self, last: u8, max_repeat: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(&[ESC, b'[']);
        let count = if last == b'b' { std::str::from_utf8(&self.held).ok() } else { None };
        match count.and_then(|digits| digits.split([';', ':']).next()).map(str::parse::<u64>) {
            Some(Ok(count)) => out.extend_from_slice(count.min(max_repeat.into()).to_string().as_bytes()),
            Some(Err(_)) if self.held.iter().any(u8::is_ascii_digit) => {
                out.extend_from_slice(max_repeat.to_string().as_bytes());
            }
            _ => out.extend_from_slice(&self.held),
        }
        out.push(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vte::{Params, Parser, Perform};

    /// Writes down all that a parser is told to do.
    #[derive(Default)]
    struct Log {
        acts: Vec<String>,
        strings: usize,
    }

    impl Perform for Log {
        fn print(&mut self, c: char) {
            self.acts.push(format!("print {c:?}"));
        }
        fn execute(&mut self, byte: u8) {
            self.acts.push(format!("execute {byte}"));
        }
        fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
            self.acts.push(format!(
                "csi {:?} {intermediates:?} {ignore} {action}",
                params.iter().collect::<Vec<_>>()
            ));
        }
        fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
            self.acts.push(format!("esc {intermediates:?} {ignore} {byte}"));
        }
        fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
            self.strings += 1;
        }
        fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {
            self.strings += 1;
        }
    }

    fn parsed(bytes: &[u8]) -> Log {
        let mut log = Log::default();
        Parser::new().advance(&mut log, bytes);
        log
    }

    fn filtered(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut guard, mut out) = (EscapeGuard::default(), Vec::new());
        pieces.iter().for_each(|piece| guard.filter(piece, 80, &mut out));
        out
    }

    #[test]
    fn strings_go_whatever_ends_them() {
        for string in [
            "\x1b]0;title\x07",
            "\x1b]52;c;AAAA\x1b\\",
            "\x1bPq#0~\x1b\\",
            "\x1b_x\x07y\x1b\\",
            "\x1bXz\x1b\\",
        ] {
            let out = filtered(&[b"a", string.as_bytes(), b"b"]);
            assert!(out == b"ab" || out == b"a\x1b\\b", "{string:?} leaves {}", out.escape_ascii());
        }
        assert_eq!(
            filtered(&[b"\x1b", b"\n", b"]", b"0;", b"x\x07y"]),
            b"\ny",
            "in pieces, a newline inside"
        );
    }

    #[test]
    fn an_endless_string_holds_nothing() {
        let mut guard = EscapeGuard::default();
        let mut out = Vec::new();
        guard.filter(b"\x1b]", 80, &mut out);
        for _ in 0..1000 {
            guard.filter(&[b'A'; 1000], 80, &mut out);
        }
        guard.filter(b"\x1b[", 80, &mut out);
        for _ in 0..1000 {
            guard.filter(&[b'1'; 1000], 80, &mut out);
        }
        guard.filter(b"mx", 80, &mut out);
        assert_eq!(out, b"x");
        assert!(guard.held.capacity() <= 2 * MAX_SEQUENCE);
    }

    #[test]
    fn a_sequence_that_another_one_cancels_does_not_go_on_behind_that() {
        for (bytes, left) in
            [(&b"\x1b \x1b]\x07["[..], &b"["[..]), (b"\x1b(\x1b[1mB", b"\x1b[1mB"), (b"\x1b(\x18B", b"\x18B")]
        {
            assert_eq!(filtered(&[bytes]), left);
        }
        assert_eq!(
            filtered(&[b"\x1b(", b"B\x1b#8\x1b !\"#x"]),
            b"\x1b(B\x1b#8\x1b !\"x",
            "no more than are kept and one"
        );
    }

    #[test]
    fn repetitions_are_limited_and_others_are_not() {
        assert_eq!(filtered(&[b"x\x1b[65535b"]), b"x\x1b[80b");
        assert_eq!(filtered(&[b"x\x1b[99999999999999999999999b"]), b"x\x1b[80b");
        assert_eq!(filtered(&[b"x\x1b[7;9b\x1b[b"]), b"x\x1b[7b\x1b[b");
        assert_eq!(filtered(&[b"\x1b[65535B\x1b[1;31m\x1b(B"]), b"\x1b[65535B\x1b[1;31m\x1b(B");
    }

    #[test]
    fn the_wide_form_goes_and_its_neighbours_stay() {
        let text = "\u{fe0e}❤\u{fe0f}\u{fe0f}x\u{f000}".as_bytes();
        let left = "\u{fe0e}❤x\u{f000}".as_bytes();
        for cut in 0..text.len() {
            assert_eq!(filtered(&[&text[..cut], &text[cut..]]), left, "cut at {cut}");
        }
        assert_eq!(filtered(&[b"\xef\xef\xb8\x8f\xef\xb8x"]), b"\xef\xef\xb8x");
    }

    proptest! {
        #[test]
        fn the_parser_behind_never_sees_a_string(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(parsed(&filtered(&[&bytes])).strings, 0);
        }

        #[test]
        fn all_but_strings_and_repetitions_acts_the_same(
            bytes in prop::collection::vec(prop::sample::select(b"\x1b\x1b\x1b[[]P_X^\\;:019?> (mHJbhlcA\n\r\x07\x18\x7f".as_slice()), 0..200),
            cut in 0..200_usize,
        ) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|&b| b != b'b').collect();
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(parsed(&filtered(&[head, tail])).acts, parsed(&bytes).acts);
        }
    }
}
