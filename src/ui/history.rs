//! What was typed before, to be had again.

use std::collections::VecDeque;

use tui_input::Input;

use super::prompt::Prompt;
use crate::model::filter::MAX_TEXT_BYTES;

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

/// The lines of all kinds of prompts, with a record of each for a file: the name of the kind, a tab, the line.
#[derive(Debug, Default)]
pub(super) struct Histories {
    kinds: [History; Prompt::KINDS],
    /// What is not in the file yet.
    unsaved: String,
}

impl Histories {
    /// As a file has them. What is no record is left out: the file is anybody's to edit.
    pub(super) fn read(records: &str) -> Self {
        let mut histories = Self::default();
        for record in records.lines() {
            let Some((name, line)) = record.split_once('\t') else { continue };
            let kind = Prompt::NAMES.iter().position(|known| *known == name);
            let is_a_line = line.len() <= MAX_TEXT_BYTES && !line.contains(char::is_control);
            if let Some(history) = kind.filter(|_| is_a_line).and_then(|kind| histories.kinds.get_mut(kind)) {
                history.keep(line);
            }
        }
        histories
    }

    pub(super) fn of(&self, prompt: &Prompt) -> Option<&History> {
        self.kinds.get(prompt.kind())
    }

    /// Keeps what stands in a prompt.
    pub(super) fn keep(&mut self, prompt: &Prompt) {
        self.keep_line(prompt.kind(), prompt.input.value());
    }

    /// Keeps a filter as if it had been typed.
    pub(super) fn keep_filter(&mut self, text: &str) {
        self.keep_line(Prompt::FILTER, text);
    }

    fn keep_line(&mut self, kind: usize, line: &str) {
        let Some((history, name)) = self.kinds.get_mut(kind).zip(Prompt::NAMES.get(kind)) else { return };
        history.keep(line);
        if !line.trim().is_empty() {
            self.unsaved += &record(name, line.trim());
        }
    }

    /// The records since the last call.
    pub(super) fn take_unsaved(&mut self) -> String {
        std::mem::take(&mut self.unsaved)
    }

    /// All records, the oldest of each kind first.
    pub(super) fn records(&self) -> String {
        let all = Prompt::NAMES.iter().zip(&self.kinds);
        all.flat_map(|(name, history)| history.lines.iter().map(move |line| record(name, line))).collect()
    }
}

fn record(kind: &str, line: &str) -> String {
    format!("{kind}\t{line}\n")
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
    fn what_a_file_has_is_read_as_far_as_it_makes_sense() {
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        let file = format!(
            "filter\tcomm:cc1\nsearch\tmain.c\n\nnonsense\nother\tx\ncomm\t\x1b[2J\ncomm\t{long}\nfilter\ta\tb\ncomm\tcc1"
        );
        let histories = Histories::read(&file);
        assert_eq!(histories.records(), "filter\tcomm:cc1\ncomm\tcc1\nsearch\tmain.c\n");
        assert_eq!(Histories::read(&histories.records()).records(), histories.records());
    }

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
