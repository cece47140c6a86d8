//! What is searched for, and which of the places where it is comes next.

use std::fmt;
use std::ops::Range;

use super::filters::Mistake;
use crate::model::filter::{Filter, Part};
use crate::model::log::LogLine;
use crate::model::process::{NodeKey, Process};
use crate::model::tree::Tree;
use crate::model::{LineSubject, ProcessSubject};
use crate::text;

/// A text that is looked for as a word of a filter is: in comm and in every argument, in any case.
#[derive(Clone, Debug)]
pub(super) struct Search {
    text: String,
    word: Filter,
}

impl Search {
    /// Prepares the search for a text, whatever it would mean as a filter; `None` for an empty one.
    ///
    /// # Errors
    /// When it is too long to be searched for.
    pub(super) fn new(text: &str) -> Result<Option<Self>, Mistake> {
        if text.is_empty() {
            return Ok(None);
        }
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        match Filter::parse(&quoted, &|_| None) {
            Ok(word) => Ok(Some(Self { text: text.to_owned(), word })),
            Err(_) => {
                Err(Mistake { at: 0, len: text.len(), message: "too long to be searched for".to_owned() })
            }
        }
    }

    /// As it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn finds_process(&self, tree: &Tree, key: NodeKey, process: Process<'_>, now_ns: u64) -> bool {
        self.word.matches(&ProcessSubject::new(tree, key, process, now_ns))
    }

    /// Adds where in a text of a process or a line it finds something.
    pub(super) fn find_in(&self, part: Part, text: &[u8], found: &mut Vec<Range<usize>>) {
        self.word.find_in(part, text, found);
    }

    pub(super) fn finds_line(&self, tree: &Tree, line: &LogLine<'_>) -> bool {
        self.word.matches(&LineSubject::new(tree, line))
    }
}

/// Which match is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The first one here or later.
    Here,
    /// The first one later.
    Next,
    /// The last one before.
    Previous,
}

/// What a search came to, for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Match {
        /// Counted from 1, in the order of the places.
        number: usize,
        of: usize,
        /// The search went on at the other end.
        wrapped: bool,
    },
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize| text::count(n as u64);
        match *self {
            Found::Nothing => f.write_str("no match"),
            Found::Match { number, of, wrapped } => {
                let wrapped = if wrapped { ", wrapped" } else { "" };
                write!(f, "{} of {}{wrapped}", count(number), count(of))
            }
        }
    }
}

/// Which of the `places`, which ascend, comes next from `from` on.
pub(super) fn choose(places: &[usize], from: usize, way: Way) -> (Option<usize>, Found) {
    let of = places.len();
    let Some(last) = of.checked_sub(1) else { return (None, Found::Nothing) };
    let later = match way {
        Way::Here | Way::Previous => places.partition_point(|&place| place < from),
        Way::Next => places.partition_point(|&place| place <= from),
    };
    let (index, wrapped) = match way {
        Way::Here | Way::Next if later > last => (0, true),
        Way::Here | Way::Next => (later, false),
        Way::Previous => later.checked_sub(1).map_or((last, true), |index| (index, false)),
    };
    (places.get(index).copied(), Found::Match { number: index + 1, of, wrapped })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::model::event::{Event, Exec, Image, ProcessId, Subject, What};

    #[test]
    fn the_next_place_wraps_at_both_ends() {
        let at = |from, way| {
            let (place, found) = choose(&[2, 5, 9], from, way);
            format!("{} ({found})", place.unwrap())
        };
        assert_eq!(at(0, Way::Here), "2 (1 of 3)");
        assert_eq!(at(5, Way::Here), "5 (2 of 3)");
        assert_eq!(at(5, Way::Next), "9 (3 of 3)");
        assert_eq!(at(9, Way::Next), "2 (1 of 3, wrapped)");
        assert_eq!(at(10, Way::Here), "2 (1 of 3, wrapped)");
        assert_eq!(at(5, Way::Previous), "2 (1 of 3)");
        assert_eq!(at(2, Way::Previous), "9 (3 of 3, wrapped)");
        assert_eq!(at(7, Way::Previous), "5 (2 of 3)");
        assert_eq!(choose(&[], 3, Way::Next), (None, Found::Nothing));
        assert_eq!(Found::Nothing.to_string(), "no match");
    }

    #[test]
    fn whatever_is_typed_is_searched_for_as_it_is() {
        for text in [r"comm:x", "a b", r#"say "hi""#, r"back\slash\", "(", "not", "=~", "日本"] {
            let search = Search::new(text).unwrap().unwrap();
            let mut model = Model::new(10);
            let subject = Subject { id: ProcessId::new(7, 1), ..Subject::default() };
            let image = Image { argv: format!("sh\0-{text}-\0").as_bytes().into(), ..Image::default() };
            let exec = Exec { subject, by_thread: None, image: image.into(), ..Exec::default() };
            model.apply(&Event { time_ns: 2, what: What::Exec(exec) });
            let tree = model.tree();
            let (key, process) = tree.iter().next().unwrap();
            assert!(search.finds_process(tree, key, process, 3), "{text}");
            let other = Search::new(&format!("{text}x")).unwrap().unwrap();
            assert!(!other.finds_process(tree, key, process, 3), "{text}");
        }
        assert!(Search::new("").unwrap().is_none());
        assert!(Search::new(&"x".repeat(5000)).is_err());
    }
}
