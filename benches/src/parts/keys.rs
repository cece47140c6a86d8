//! How soon a key has its effect on the screen.

use std::time::{Duration, Instant};

use vt100::Screen;

use crate::support::pty::Pty;

/// How long an answer is waited for before the run is given up: longer than any storm lasts, so that an answer that comes with the
/// storm's end is a bad figure and not none.
const PATIENCE: Duration = Duration::from_secs(120);

/// Types keys in turn: help comes and goes, the prompt of the filter comes and goes.
#[derive(Debug, Default)]
pub struct Keys {
    typed: usize,
}

/// A key, and what is to be seen of it.
type Step = (&'static str, fn(&Screen) -> bool);

const STEPS: [Step; 4] = [
    ("?", |screen| shows_help(&screen.contents())),
    ("q", |screen| !shows_help(&screen.contents())),
    // text is typed where the cursor is
    ("/", |screen| !screen.hide_cursor()),
    ("\x1b", |screen| screen.hide_cursor()),
];

impl Keys {
    /// Types the next key. Returns the milliseconds until it is to be seen.
    pub fn press(&mut self, pty: &mut Pty) -> f64 {
        let Some((key, is_seen)) = STEPS.get(self.typed % STEPS.len()) else { return 0.0 };
        self.typed += 1;
        let begun = Instant::now();
        pty.send(key);
        pty.wait_for(is_seen, PATIENCE);
        begun.elapsed().as_secs_f64() * 1e3
    }

    /// Types until the screen is as it was at first.
    pub fn put_back(&mut self, pty: &mut Pty) {
        while !self.typed.is_multiple_of(STEPS.len()) {
            self.press(pty);
        }
    }
}

fn shows_help(text: &str) -> bool {
    text.lines().any(|line| line.contains("━ Help ━") || line.contains("─ Help ─"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_is_no_help() {
        assert!(!shows_help(" ? Help  / Filter  F3 Find\n"));
        assert!(shows_help(" proctop\n━ Help ━━━━\n Moving\n"));
    }
}
