//! Which part of what is shown a filter or a search has found.

use std::ops::Range;

use super::command_text::{self, Naming};
use super::search::Search;
use crate::model::event::{Comm, ImageRef};
use crate::model::filter::{Filter, Part};
use crate::model::process::Process;
use crate::text;

/// What is marked.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    /// The filter that let it through; an empty one for what is shown for another's sake.
    pub(super) filter: &'a Filter,
    pub(super) search: Option<&'a Search>,
}

/// A range of columns.
pub(super) type Columns = Range<usize>;

impl Marks<'_> {
    /// The bytes of a text that were found.
    fn find(&self, part: Part, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        self.filter.find_in(part, bytes, &mut found);
        if let Some(search) = self.search {
            search.find_in(part, bytes, &mut found);
        }
        found.retain(|range| !range.is_empty());
        found
    }

    /// In a comm as it is shown.
    pub(super) fn in_comm(&self, comm: Comm) -> Vec<Columns> {
        let shown = command_text::comm(comm);
        self.in_shown(Part::Comm, comm.as_bytes(), &shown).collect()
    }

    /// In a process's command as [`command_text::command`] shows it.
    pub(super) fn in_command(&self, process: Process<'_>, naming: Naming, columns: usize) -> Vec<Columns> {
        match process.image() {
            Some((image, false)) if !process.is_kernel_thread() && !image.argv.is_empty() => {
                self.in_arguments(image, naming, columns)
            }
            // Behind a parenthesis or a bracket.
            _ => {
                self.in_comm(process.comm()).into_iter().map(|found| found.start + 1..found.end + 1).collect()
            }
        }
    }

    /// Whether anything is marked in a process's command.
    pub(super) fn is_found(&self, process: Process<'_>, columns: usize) -> bool {
        !self.in_command(process, Naming::Base, columns).is_empty()
    }

    /// In the arguments of an image as [`command_text::arguments`] shows them.
    pub(super) fn in_arguments(&self, image: ImageRef<'_>, naming: Naming, columns: usize) -> Vec<Columns> {
        let mut found = Vec::new();
        let mut at = 0;
        for (index, arg) in command_text::shown_arguments(image, naming, columns).0.into_iter().enumerate() {
            let shown = quoted(arg, index == 0);
            let parts: &[Part] = if index == 0 { &[Part::Arg, Part::Comm] } else { &[Part::Arg] };
            for &part in parts {
                let ranges = self.in_shown(part, arg, &shown);
                found.extend(ranges.map(|range| at + range.start..at + range.end));
            }
            at += text::width(&shown) + 1;
        }
        found
    }

    /// What was found in a text, as columns of how it is shown: as it is, in quotes, or otherwise: then all of it is marked.
    fn in_shown<'b>(
        &self,
        part: Part,
        bytes: &[u8],
        shown: &'b str,
    ) -> impl Iterator<Item = Columns> + use<'b> {
        let offset = match shown.as_bytes() {
            same if same == bytes => Some(0),
            [b'\'', inner @ .., b'\''] if inner == bytes => Some(1),
            _ => None,
        };
        let column = |at: usize| shown.get(..at).map(text::width);
        self.find(part, bytes).into_iter().map(move |found| {
            let exact =
                offset.and_then(|offset| Some(column(offset + found.start)?..column(offset + found.end)?));
            exact.unwrap_or_else(|| 0..text::width(shown))
        })
    }
}

/// An argument as it stands in a command line.
fn quoted(arg: &[u8], is_command: bool) -> String {
    if is_command {
        return text::quote_args(std::iter::once(arg));
    }
    let mut line = text::quote_args([b"x", arg].into_iter());
    line.split_off(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Image;

    fn found(filter: &str, argv: &[u8]) -> Vec<String> {
        let image = Image { argv: argv.into(), ..Image::default() };
        let filter = Filter::parse(filter, &|_| None).unwrap();
        let marks = Marks { filter: &filter, search: None };
        let shown = command_text::arguments(image.view(), Naming::Base, 80);
        let columns = marks.in_arguments(image.view(), Naming::Base, 80);
        columns
            .into_iter()
            .map(|found| {
                assert!(found.end <= text::width(&shown), "{shown} {found:?}");
                let mut at = 0;
                let inside = shown.chars().filter(|c| {
                    let here = at;
                    at += text::width(c.encode_utf8(&mut [0; 4]));
                    found.contains(&here)
                });
                inside.collect()
            })
            .collect()
    }

    #[test]
    fn the_part_that_was_found_is_marked_however_it_is_quoted() {
        assert_eq!(found("argv~-O[23]", b"cc\0-O2\0-O1\0"), ["-O2"]);
        assert_eq!(found("CC", b"/usr/bin/cc\0cc.c\0"), ["cc", "cc", "cc"], "as argument and as comm");
        assert_eq!(found("argv:\"b c\"", "sh\0日b c d\0".as_bytes()), ["b c"]);
        assert_eq!(found("argv:x", b"sh\0it's x\0"), [r"'it'\''s x'"], "all of it");
        assert_eq!(found("argv:x", b"sh\0a\nx\0"), [r"$'a\nx'"]);
        assert_eq!(found("argv:b", b"sh\0if b\0b\0"), ["b", "b"]);
        assert!(found("not sh", b"sh\0").is_empty());
        assert!(found("usr", b"/usr/bin/cc\0").is_empty(), "that is not shown");
        assert_eq!(found("comm=cc", b"cc\0cc\0"), ["cc"]);
    }
}
