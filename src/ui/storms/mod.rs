//! The storm view: who starts most, as three tables, and its state.

mod columns;
mod pane;
mod rows;

pub(super) use columns::Column as StormColumn;
pub(super) use pane::{StormsPane, rows};

use super::paint::scrolled_to;
use super::scene::Scene;
use crate::model::event::ProcessId;
use columns::Column;
use rows::{RowKey, StormRow};

/// One of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Which {
    /// Processes by what they started themselves.
    #[default]
    Parents,
    /// Comms under which processes were started.
    Comms,
    /// Comms from ancestors down.
    Paths,
}

impl Which {
    pub(super) const ALL: [Which; 3] = [Which::Parents, Which::Comms, Which::Paths];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Which::Parents => "Parents",
            Which::Comms => "Comms",
            Which::Paths => "Paths",
        }
    }
}

/// What a table is sorted by, and which row is selected.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    sort: Column,
    /// The other way round than the column's own.
    inverted: bool,
    /// A row stays selected wherever it goes; without one it is the first.
    selected: Option<RowKey>,
    top: usize,
}

/// The state.
#[derive(Debug, Default)]
pub(super) struct StormsView {
    which: Which,
    places: [Place; 3],
    rows: Vec<StormRow>,
    height: usize,
}

impl StormsView {
    fn place(&self) -> &Place {
        let [parents, comms, paths] = &self.places;
        match self.which {
            Which::Parents => parents,
            Which::Comms => comms,
            Which::Paths => paths,
        }
    }

    fn place_mut(&mut self) -> &mut Place {
        let [parents, comms, paths] = &mut self.places;
        match self.which {
            Which::Parents => parents,
            Which::Comms => comms,
            Which::Paths => paths,
        }
    }

    /// Gathers and sorts the rows of the table that is shown, for so many lines of the screen.
    pub(super) fn prepare(&mut self, scene: &Scene<'_>, height: usize) {
        self.rows = rows::gather(scene, self.which);
        let Place { sort, inverted, .. } = *self.place();
        self.rows.sort_by(|one, other| {
            let order = sort.compare(one, other);
            let order = if inverted { order.reverse() } else { order };
            order.then_with(|| one.key.cmp(&other.key))
        });
        self.height = height;
        let (selected, len) = (self.selected_index(), self.rows.len());
        let place = self.place_mut();
        place.top = scrolled_to(place.top, selected, height, len);
    }

    fn selected_index(&self) -> usize {
        let selected = self.place().selected;
        self.rows.iter().position(|row| Some(row.key) == selected).unwrap_or(0)
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }

    pub(super) fn move_by(&mut self, rows: isize) {
        let last = self.rows.len().saturating_sub(1);
        let index = self.selected_index().saturating_add_signed(rows).min(last);
        self.place_mut().selected = self.rows.get(index).map(|row| row.key);
    }

    /// Moves the window by so many rows, and the selection with it.
    pub(super) fn scroll_by(&mut self, rows: isize) {
        let place = self.place_mut();
        place.top = place.top.saturating_add_signed(rows);
        self.move_by(rows);
    }

    /// How many rows are on the screen.
    pub(super) fn lines(&self) -> usize {
        self.rows.len().saturating_sub(self.place().top).min(self.height)
    }

    /// Selects the row in this line of the screen, if there is one.
    pub(super) fn go_to_line(&mut self, line: usize) {
        let row = self.rows.get(self.place().top + line).map(|row| row.key);
        let place = self.place_mut();
        place.selected = row.or(place.selected);
    }

    /// Shows this table.
    pub(super) fn show(&mut self, which: Which) {
        self.which = which;
    }

    /// Sorts by this column, the other way round where the rows are sorted by it already.
    pub(super) fn sort_by_column(&mut self, column: Column) {
        let place = self.place_mut();
        place.inverted = column == place.sort && !place.inverted;
        place.sort = column;
    }

    /// To the first row, and on with whichever is the first.
    pub(super) fn first(&mut self) {
        self.place_mut().selected = None;
    }

    pub(super) fn switch(&mut self, by: isize) {
        let at = Which::ALL.iter().position(|&which| which == self.which).unwrap_or(0);
        let next = (at + Which::ALL.len()).saturating_add_signed(by) % Which::ALL.len();
        self.which = Which::ALL.get(next).copied().unwrap_or_default();
    }

    /// Sorts by the next column, or by one before.
    pub(super) fn sort_by(&mut self, by: isize) {
        let place = self.place_mut();
        place.sort = place.sort.step(by);
        place.inverted = false;
    }

    pub(super) fn invert(&mut self) {
        let place = self.place_mut();
        place.inverted = !place.inverted;
    }

    /// The process of the selected row: of a comm or path one that has this name.
    pub(super) fn process(&self) -> Option<ProcessId> {
        self.rows.get(self.selected_index())?.process
    }
}
