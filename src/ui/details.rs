//! The selected process, or group, in detail, as lines.

mod arguments;
mod children;
mod group;
mod history;
mod life;
mod place;
mod relatives;
mod signals;
mod tabs;

use super::keymap::Keymap;
use super::paint::{Piece, wrap, wrap_words};
use super::scene::Scene;
use super::theme::Role;
use crate::model::event::ProcessId;
use crate::model::process::{NodeKey, Process};
use crate::model::view::{GroupFacts, GroupKey};
use crate::text::{self, Stamps};
use arguments::Arguments;
use relatives::Sums;
use signals::Victims;
pub(super) use tabs::Tab;

/// The columns of the names at the left.
const LABEL_WIDTH: usize = 12;
/// Below this width values stand right behind their names.
const NARROW: usize = 32;
/// The lines for each command line of an exec: among other things, and on a page of their own.
const SOME_LINES: usize = 3;
const MANY_LINES: usize = 64;
/// What stands between two values in a line.
const GAP: &str = "   ";

/// One line.
pub(super) type DetailLine = Vec<Piece>;

/// Whose row is selected.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Process(ProcessId),
    /// A row of many, and what it tells.
    Group(GroupKey, GroupFacts),
}

impl Subject {
    /// Whether it is the same one, whatever has become of it.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Process(one), Self::Process(other)) => one == other,
            (Self::Group(one, _), Self::Group(other, _)) => one == other,
            _ => false,
        }
    }
}

/// All lines about a process or a group.
#[derive(Debug, Default)]
pub(super) struct Details {
    before: Vec<DetailLine>,
    arguments: Option<Arguments>,
    after: Vec<DetailLine>,
    sums: Option<Sums>,
    victims: Option<Victims>,
}

impl Details {
    /// The lines for a pane of `width` columns; what `former` has of them is used again. While the scene is `moving` it
    /// is looked again soon in any case.
    pub(super) fn about(
        (scene, keymap): (&Scene<'_>, &Keymap),
        (id, tab): (ProcessId, Tab),
        width: usize,
        moving: bool,
        former: Self,
    ) -> Self {
        let tree = scene.model.tree();
        let Some((key, process)) = tree.find(id).and_then(|key| Some((key, tree.get(key)?))) else {
            let line = vec![Piece::new(format!("process {} is no longer kept", id.pid), Role::Faint)];
            return Self { before: vec![line], ..Self::default() };
        };
        let mut page = Page::new((scene, keymap), width);
        let mut details = Self::default();
        if matches!(tab, Tab::All | Tab::Arguments) {
            if tab == Tab::All {
                page.life(key, process);
            }
            page.command(process);
            details.before = std::mem::take(&mut page.lines);
            details.arguments =
                process.image().map(|(image, _)| page.kept_arguments(image, former.arguments));
        }
        if matches!(tab, Tab::All | Tab::Family | Tab::Cost) {
            details.sums = Some(Sums::kept_or_new(former.sums, scene, key, moving));
        }
        if tab == Tab::Signals {
            details.victims = Some(Victims::kept_or_new(former.victims, scene, id, moving));
        }
        page.rest((key, process), tab, (details.sums.as_ref(), details.victims.as_ref()));
        details.after = page.lines;
        details
    }

    /// The lines about a group.
    pub(super) fn about_group(
        (scene, keymap): (&Scene<'_>, &Keymap),
        (key, facts): (GroupKey, &GroupFacts),
        width: usize,
    ) -> Self {
        let mut page = Page::new((scene, keymap), width);
        page.group(key, facts);
        Self { before: page.lines, ..Self::default() }
    }

    fn parts(&self) -> [&[DetailLine]; 3] {
        let arguments = self.arguments.as_ref().map_or(&[][..], |arguments| &arguments.lines);
        [&self.before, arguments, &self.after]
    }

    pub(super) fn len(&self) -> usize {
        self.parts().map(<[_]>::len).iter().sum()
    }

    /// The lines from number `top` on.
    pub(super) fn iter_from(&self, top: usize) -> impl Iterator<Item = &DetailLine> {
        let [before, arguments, after] = self.parts();
        before.iter().chain(arguments).chain(after).skip(top)
    }
}

/// Lines in the making.
struct Page<'a> {
    scene: &'a Scene<'a>,
    keymap: &'a Keymap,
    stamps: Stamps,
    width: usize,
    lines: Vec<DetailLine>,
}

impl<'a> Page<'a> {
    fn new((scene, keymap): (&'a Scene<'a>, &'a Keymap), width: usize) -> Self {
        let stamps = Stamps::time_of_day(scene.local.clone());
        Self { scene, keymap, stamps, width: width.max(LABEL_WIDTH + 4), lines: Vec::new() }
    }

    /// What a page has behind the arguments.
    fn rest(
        &mut self,
        (key, process): (NodeKey, Process<'_>),
        tab: Tab,
        (sums, victims): (Option<&Sums>, Option<&Victims>),
    ) {
        match (tab, sums, victims) {
            (Tab::All, Some(sums), _) => {
                self.history(process, SOME_LINES);
                self.relatives(key, process, sums);
                self.costs(process);
                self.place(process);
            }
            (Tab::Execs, ..) => self.history(process, MANY_LINES),
            (Tab::Family, Some(sums), _) => {
                self.relatives(key, process, sums);
                self.children(key);
            }
            (Tab::Cost, Some(sums), _) => {
                self.cost_page(process);
                self.family_costs(sums);
            }
            (Tab::Signals, _, Some(victims)) => self.signals(process, victims),
            _ => {}
        }
        // A page of its own needs no distance to what stands above.
        if tab != Tab::All && tab != Tab::Arguments && self.lines.first().is_some_and(Vec::is_empty) {
            self.lines.remove(0);
        }
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(Vec::new());
        self.lines.push(vec![Piece::new(text, Role::Strong)]);
    }

    /// The name of a value.
    fn label(&self, label: &str) -> Piece {
        let width = if self.width < NARROW { text::width(label) + 1 } else { LABEL_WIDTH };
        Piece::new(text::fit(label, width, text::Align::Left).into_owned(), Role::Label)
    }

    /// A name and its value; a long value goes on in the next lines.
    fn entry(&mut self, label: &str, value: impl Into<String>, role: Role) {
        let label = self.label(label);
        let room = self.room(label.width());
        self.rows(label, wrap_words(&value.into(), room), role);
    }

    /// A name and several values, each of which stays whole where that is possible.
    fn values(&mut self, label: &str, values: &[String]) {
        let label = self.label(label);
        let room = self.room(label.width());
        let mut rows: Vec<String> = Vec::new();
        for value in values {
            match rows.last_mut() {
                Some(row) if text::width(row) + GAP.len() + text::width(value) <= room => {
                    row.push_str(GAP);
                    row.push_str(value);
                }
                _ => rows.extend(wrap_words(value, room)),
            }
        }
        self.rows(label, rows, Role::Plain);
    }

    /// What may have blanks of its own is cut wherever the line ends.
    fn wrapped(&mut self, first: Piece, value: &str, role: Role) {
        let room = self.room(first.width());
        self.rows(first, wrap(value, room), role);
    }

    /// Behind the last line, or beneath it where there is no room.
    fn remark_behind(&mut self, text: &str, role: Role) {
        let piece = Piece::new(format!("{GAP}{text}"), role);
        let used: usize = self.lines.last().map_or(0, |line| line.iter().map(Piece::width).sum());
        match self.lines.last_mut() {
            Some(line) if used + piece.width() <= self.width => line.push(piece),
            _ => self.lines.push(vec![Piece::plain(" "), Piece::new(text, role)]),
        }
    }

    fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(1)
    }

    fn rows(&mut self, first: Piece, rows: Vec<String>, role: Role) {
        let indent = first.width();
        let mut rows = rows.into_iter();
        self.lines.push(vec![first, Piece::new(rows.next().unwrap_or_default(), role)]);
        for row in rows {
            self.lines.push(vec![Piece::plain(" ".repeat(indent)), Piece::new(row, role)]);
        }
    }

    fn remark(&mut self, text: String) {
        self.lines.push(vec![Piece::plain("     "), Piece::new(text, Role::Notice)]);
    }
}
