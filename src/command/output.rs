//! What the command printed in its own terminal: a screen to draw, and the bytes to print afterwards.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::guard::EscapeGuard;
use super::sanitise;

/// How many of the last bytes are kept.
pub const MAX_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// How many lines that have left the screen can be scrolled back to.
pub const SCROLLBACK_LINES: usize = 2_000;

/// The largest screen; a larger size is cut to it.
pub const MAX_ROWS: u16 = 500;

/// The widest screen; a larger size is cut to it.
pub const MAX_COLS: u16 = 1_000;

/// How far after a cut the next whole line is looked for.
const MAX_LINE_SKIP: usize = 4096;

thread_local! {
    static CONTAINING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic in this thread, at this moment, is caught by [`KeptOutput`], so that a panic hook has nothing to
/// do and to say.
pub fn panic_is_contained() -> bool {
    CONTAINING.get()
}

/// The command's output, bounded in every respect.
pub struct KeptOutput {
    raw: VecDeque<u8>,
    dropped_bytes: u64,
    parser: vt100::Parser,
    guard: EscapeGuard,
    passed: Vec<u8>,
    /// How often the emulator panicked.
    panics: usize,
}

impl std::fmt::Debug for KeptOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = self.raw.len();
        f.debug_struct("KeptOutput")
            .field("kept", &kept)
            .field("dropped", &self.dropped_bytes)
            .field("panics", &self.panics)
            .finish()
    }
}

impl KeptOutput {
    /// An empty screen of this size, which is cut to 1..=[`MAX_ROWS`] and 1..=[`MAX_COLS`].
    pub fn new(rows: u16, cols: u16) -> Self {
        Self {
            raw: VecDeque::new(),
            dropped_bytes: 0,
            parser: new_parser(rows, cols),
            guard: EscapeGuard::default(),
            passed: Vec::new(),
            panics: 0,
        }
    }

    /// Takes the next bytes, as they come from the terminal: sequences and characters may be cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.keep(bytes);
        self.emulate(bytes);
    }

    fn emulate(&mut self, bytes: &[u8]) {
        let cols = self.parser.screen().size().1.get();
        let mut passed = std::mem::take(&mut self.passed);
        self.guard.filter(bytes, cols, &mut passed);
        self.contain(|parser| parser.process(&passed));
        passed.clear();
        self.passed = passed;
    }

    /// Changes the size of the screen, cut as in [`KeptOutput::new`]. Shows its live end again.
    ///
    /// Lines are wrapped anew: what is kept is printed again on a screen of the new width, since the emulator would
    /// cut it. A program on the alternate screen (an editor, a pager) draws anew by itself.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let (old, new) = (self.parser.screen().size(), size(rows, cols));
        if old.1 == new.1 || self.parser.screen().alternate_screen() {
            self.contain(|parser| parser.set_size(new.0, new.1));
            return;
        }
        self.parser = new_parser(rows, cols);
        self.guard = EscapeGuard::default();
        let kept = std::mem::take(&mut self.raw);
        let (front, back) = kept.as_slices();
        self.emulate(front);
        self.emulate(back);
        self.raw = kept;
    }

    /// Shows the screen as it was `lines` lines ago, as far as is kept; 0 is the live end.
    pub fn scroll_to(&mut self, lines: usize) {
        self.contain(|parser| parser.screen_mut().set_scrollback(lines));
    }

    /// What to draw: cells with their colours and attributes, the cursor, and the modes that change how keys and
    /// pastes are sent. [`vt100::Screen::scrollback`] tells how far it is scrolled back, and
    /// [`vt100::Screen::scrollback_len`] how far it can be.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// How many bytes the command has printed.
    pub fn total_bytes(&self) -> u64 {
        self.dropped_bytes.saturating_add(self.raw.len() as u64)
    }

    /// Writes what is kept, safe to print on any terminal: text, line breaks, tabs, backspaces and colours pass and
    /// nothing else does. If the beginning is not kept, a first line says how many bytes are missing.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_sanitised(&self, out: &mut impl Write) -> io::Result<()> {
        let skip = if self.dropped_bytes > 0 { self.to_next_line() } else { 0 };
        if self.dropped_bytes > 0 {
            let missing = self.dropped_bytes.saturating_add(skip as u64);
            writeln!(out, "proctop: the first {missing} bytes of the command's output are not shown")?;
        }
        let (front, back) = self.raw.as_slices();
        let in_front = skip.min(front.len());
        let parts = [front.get(in_front..), back.get(skip - in_front..)];
        sanitise::write_sanitised(parts.map(Option::unwrap_or_default), out)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let fits = bytes.get(bytes.len().saturating_sub(MAX_KEPT_BYTES)..).unwrap_or_default();
        let excess = (self.raw.len() + fits.len()).saturating_sub(MAX_KEPT_BYTES);
        self.raw.drain(..excess);
        self.raw.extend(fits);
        self.dropped_bytes = self.dropped_bytes.saturating_add((excess + bytes.len() - fits.len()) as u64);
    }

    /// How many bytes lie before the first whole line, if one starts nearby.
    fn to_next_line(&self) -> usize {
        self.raw.iter().take(MAX_LINE_SKIP).position(|&b| b == b'\n').map_or(0, |at| at + 1)
    }

    /// Does something with the emulator. Should it panic, by a defect that some bytes bring out, the screen starts
    /// anew and nothing else is lost. (One such defect is known, and the guard keeps its cause away.)
    fn contain(&mut self, act: impl FnOnce(&mut vt100::Parser)) {
        CONTAINING.set(true);
        let done = catch_unwind(AssertUnwindSafe(|| act(&mut self.parser)));
        CONTAINING.set(false);
        if done.is_err() {
            let (rows, cols) = self.parser.screen().size();
            self.parser = new_parser(rows.get(), cols.get());
            self.guard = EscapeGuard::default();
            self.panics += 1;
        }
    }
}

fn size(rows: u16, cols: u16) -> (NonZeroU16, NonZeroU16) {
    let within = |n: u16, max: u16| NonZeroU16::new(n.min(max)).unwrap_or(NonZeroU16::MIN);
    (within(rows, MAX_ROWS), within(cols, MAX_COLS))
}

fn new_parser(rows: u16, cols: u16) -> vt100::Parser {
    let (rows, cols) = size(rows, cols);
    vt100::Parser::new(rows, cols, SCROLLBACK_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(output: &KeptOutput) -> String {
        let mut bytes = Vec::new();
        output.write_sanitised(&mut bytes).expect("a Vec takes all");
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn with(rows: u16, cols: u16, bytes: &[u8]) -> KeptOutput {
        let mut output = KeptOutput::new(rows, cols);
        output.feed(bytes);
        output
    }

    /// Reads everything that can be drawn, as the pane does.
    fn draw(output: &KeptOutput) -> usize {
        let screen = output.screen();
        let (rows, cols) = screen.size();
        let cells = (0..rows.get()).flat_map(|row| (0..cols.get()).map(move |col| (row, col)));
        let text: usize =
            cells.filter_map(|(row, col)| screen.cell(row, col)).map(|c| c.contents().len()).sum();
        text + screen.contents().len() + usize::from(screen.cursor_position().0)
    }

    #[test]
    fn the_screen_shows_text_with_colours_even_when_cut_in_pieces() {
        let mut output = KeptOutput::new(3, 10);
        for byte in "ab\r\n\x1b[1;31mr\u{fc}d\x1b[m\x1b]0;title\x07!".bytes() {
            output.feed(&[byte]);
        }
        assert_eq!(output.screen().contents(), "ab\nrüd!");
        let red = output.screen().cell(1, 0).expect("on the screen");
        assert_eq!((red.fgcolor(), red.bold()), (vt100::Color::Idx(1), true));
        assert_eq!(output.screen().cell(1, 3).expect("on the screen").fgcolor(), vt100::Color::Default);
    }

    #[test]
    fn it_scrolls_back_as_far_as_is_kept() {
        let mut output = KeptOutput::new(2, 10);
        (0..3000).for_each(|n| output.feed(format!("{n}\r\n").as_bytes()));
        output.scroll_to(3);
        assert_eq!(output.screen().contents(), "2996\n2997");
        output.scroll_to(usize::MAX);
        assert_eq!(output.screen().scrollback(), SCROLLBACK_LINES);
        assert_eq!(output.screen().contents(), "999\n1000");
        output.scroll_to(0);
        assert_eq!(output.screen().contents(), "2999");
    }

    #[test]
    fn sizes_are_cut_to_what_is_possible() {
        for (asked, given) in [
            ((0, 0), (1, 1)),
            ((1, 1), (1, 1)),
            ((24, 80), (24, 80)),
            ((u16::MAX, u16::MAX), (MAX_ROWS, MAX_COLS)),
        ] {
            let mut output = KeptOutput::new(asked.0, asked.1);
            let size = |output: &KeptOutput| (output.screen().size().0.get(), output.screen().size().1.get());
            assert_eq!(size(&output), given);
            output.resize(7, 7);
            output.resize(asked.0, asked.1);
            assert_eq!(size(&output), given);
        }
    }

    #[test]
    fn all_output_is_printed_when_it_fits() {
        let bytes = b"one\r\n\x1b[32mtwo\x1b[0m\x1b[2J\r\n";
        let output = with(24, 80, bytes);
        assert_eq!(printed(&output), "one\n\x1b[32mtwo\x1b[0m\n");
        assert_eq!(output.total_bytes(), bytes.len() as u64);
    }

    #[test]
    fn a_cut_beginning_is_counted_and_the_rest_starts_with_a_line() {
        let mut output = KeptOutput::new(24, 80);
        let line = b"0123456789abcde\r\n";
        let lines = MAX_KEPT_BYTES / line.len() + 1000;
        (0..lines).for_each(|_| output.feed(line));
        let total = lines * line.len();
        assert_eq!(output.total_bytes(), total as u64);
        assert_eq!(output.raw.len(), MAX_KEPT_BYTES);
        let text = printed(&output);
        let (first, rest) = text.split_once('\n').expect("lines");
        let whole = MAX_KEPT_BYTES / line.len();
        assert_eq!(rest, "0123456789abcde\n".repeat(whole));
        let missing = total - whole * line.len();
        assert_eq!(
            first,
            format!("proctop: the first {missing} bytes of the command's output are not shown")
        );
    }

    #[test]
    fn one_piece_larger_than_all_that_is_kept() {
        let mut bytes = vec![b'x'; MAX_KEPT_BYTES + 10];
        bytes.extend_from_slice(b"end");
        let output = with(2, 2, &bytes);
        assert_eq!(output.total_bytes(), MAX_KEPT_BYTES as u64 + 13);
        assert!(printed(&output).starts_with("proctop: the first 13 bytes"));
        assert!(printed(&output).ends_with("xend"));
    }

    #[test]
    fn lines_are_wrapped_anew_when_the_width_changes() {
        let mut output = with(4, 20, b"0123456789abcdef\r\nnext");
        output.resize(4, 8);
        assert_eq!(output.screen().contents(), "0123456789abcdef\nnext");
        output.resize(4, 20);
        assert_eq!(output.screen().contents(), "0123456789abcdef\nnext");
        output.feed(b"\r\nlast");
        assert_eq!(output.screen().contents(), "0123456789abcdef\nnext\nlast");
    }

    #[test]
    fn a_panic_in_the_emulator_costs_the_screen_only() {
        let mut output = with(4, 20, b"before\r\n");
        assert!(!panic_is_contained());
        output.contain(|_| {
            assert!(panic_is_contained());
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(!panic_is_contained());
        output.feed(b"after");
        assert_eq!(output.screen().contents(), "after");
        assert_eq!(output.screen().size().1.get(), 20);
        assert_eq!(printed(&output), "before\nafter");
    }

    #[test]
    fn a_selector_that_widens_the_last_column_does_no_harm() {
        for (cols, bytes) in [(1, "❤\u{fe0f}"), (3, "   0\u{fe0f}\x1b[?6h  ")] {
            let mut output = KeptOutput::new(2, cols);
            bytes.bytes().for_each(|byte| output.feed(&[byte]));
            output.feed(bytes.as_bytes());
            output.feed(b"\xef\x1b]0;\x07\xb8\x8f");
            assert_eq!(output.panics, 0);
            assert!(output.screen().contents().contains(['❤', '0']));
        }
    }

    /// Bytes that are likely to be sequences which move, insert, delete and widen.
    fn terminal_bytes() -> impl Strategy<Value = Vec<u8>> {
        let sequence = "\x1b\\[[?]?([0-9]{0,2}|65535)(;([0-9]{0,2}|65535))?[@A-HJ-MPSTXbdfhlmr`]";
        let other = "(\x1b[78=>McDE]|\x1b\\[\\?(1049|47|6|25)[hl]|[\n\r\t\u{8}\u{b}]|[a-z]{1,9}|[漢字🎉\u{301}\u{200d}❤\u{fe0f}é])";
        let piece = prop_oneof![
            4 => sequence.prop_map(String::into_bytes),
            4 => other.prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 0..8),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_sizes_panic(
            steps in prop::collection::vec((terminal_bytes(), 0..6_u16, 0..9_u16, 0..30_usize), 1..12),
        ) {
            let mut output = KeptOutput::new(3, 5);
            let mut total = 0;
            for (bytes, rows, cols, scroll) in steps {
                output.feed(&bytes);
                total += bytes.len() as u64;
                draw(&output);
                output.resize(rows, cols);
                output.scroll_to(scroll);
                draw(&output);
            }
            prop_assert_eq!(output.total_bytes(), total);
            prop_assert_eq!(output.panics, 0, "contained, but not known");
            printed(&output);
        }
    }
}
