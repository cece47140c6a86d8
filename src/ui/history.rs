//! What was typed before, to be had again.

use std::collections::VecDeque;

use tui_input::Input;

use super::prompt::Prompt;

/// The lines that are kept of each kind; the oldest goes first.
const KEPT: usize = 100;

/// Lines of one kind that were accepted, the latest last. Each is there once.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<String>,
}

impl History {
    /// Keeps a line, unless it is blank.
    pub(super) fn keep(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        self.lines.retain(|known| known != line);
        self.lines.push_back(line.to_owned());
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }
}

/// Where in its history a prompt is.
#[derive(Debug)]
pub(super) struct Recalled {
    /// So many lines back, from 1.
    back: usize,
    /// What was typed before.
    draft: Input,
}

impl Prompt {
    /// Puts an older line in the place of what is there. False when there is none.
    pub(super) fn recall_older(&mut self, history: &History) -> bool {
        let back = self.recalled.as_ref().map_or(1, |recalled| recalled.back + 1);
        let line = |back| history.lines.len().checked_sub(back).and_then(|index| history.lines.get(index));
        // An edit mostly begins with the latest line already.
        let is_here = |back| line(back).is_some_and(|line| line == self.input.value().trim());
        let back = if self.recalled.is_none() && is_here(back) { back + 1 } else { back };
        let Some(line) = line(back) else { return false };
        let draft = match self.recalled.take() {
            Some(recalled) => recalled.draft,
            None => self.input.clone(),
        };
        self.input = Input::new(line.clone());
        self.recalled = Some(Recalled { back, draft });
        true
    }

    /// The next younger line; after the latest what was typed. False when that is there.
    pub(super) fn recall_newer(&mut self, history: &History) -> bool {
        let Some(Recalled { back, draft }) = self.recalled.take() else { return false };
        let newer = back.checked_sub(1).filter(|&back| back > 0);
        let line = newer.and_then(|back| history.lines.get(history.lines.len().checked_sub(back)?));
        match (newer, line) {
            (Some(back), Some(line)) if *line != draft.value().trim() => {
                self.input = Input::new(line.clone());
                self.recalled = Some(Recalled { back, draft });
            }
            _ => self.input = draft,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_kept_once_and_the_oldest_goes() {
        let mut history = History::default();
        for line in ["a", " b ", "", "a", "  "] {
            history.keep(line);
        }
        assert_eq!(history.lines, ["b", "a"]);
        (0..2 * KEPT).for_each(|n| history.keep(&n.to_string()));
        assert_eq!((history.lines.len(), history.lines[0].as_str()), (KEPT, "100"));
    }
}
