//! The driver of terminals of the tests, which are tested themselves (`tests/harness.rs`). It panics where it can't go on;
//! the program takes that for "could not be measured".

#[allow(
    dead_code,
    missing_docs,
    clippy::missing_panics_doc,
    reason = "the tests' own, of which a part is used"
)]
#[path = "../../tests/support/pty.rs"]
pub mod pty;

use vt100::Screen;

/// The number behind a word in the first line of the screen.
pub fn header_number(screen: &Screen, word: &str) -> Option<u64> {
    number_behind(screen.contents().lines().next()?, word)
}

/// The number behind a word, without the commas in it.
pub fn number_behind(line: &str, word: &str) -> Option<u64> {
    let mut words = line.split_whitespace().skip_while(|&at| at != word);
    words.nth(1)?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_behind_its_word() {
        let line = " proctop  vm   LIVE   lost 1,204   00:02:13";
        assert_eq!(number_behind(line, "lost"), Some(1204));
        assert_eq!(number_behind(line, "LIVE"), None);
        assert_eq!(number_behind(line, "found"), None);
    }
}
