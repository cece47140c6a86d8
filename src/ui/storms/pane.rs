//! The storm view, drawn over the panes.

use ratatui::layout::Rect;

use super::columns::{self, Column};
use super::rows::{RowKey, StormRow};
use super::{StormsView, Which};
use crate::text::{self, Align};
use crate::ui::header;
use crate::ui::layout;
use crate::ui::paint::{Canvas, Piece, line_of, title_piece_at, wrap_words};
use crate::ui::scene::Scene;
use crate::ui::storm_banner;
use crate::ui::theme::Role;

/// What the view needs to know.
pub(in crate::ui) struct StormsPane<'a> {
    pub(in crate::ui) scene: &'a Scene<'a>,
    pub(in crate::ui) view: &'a StormsView,
}

/// How many rows fit into the area: beneath its title, what is said of the latest storm, and the names of the columns.
pub(in crate::ui) fn rows(area: Rect) -> usize {
    usize::from(layout::content(area).height).saturating_sub(2)
}

/// The columns that there is room for, each with its first column in the line and its width.
fn places(line: Rect, sort: Column) -> Vec<(usize, Column, usize)> {
    let mut at = 1;
    let place = |(column, width): (Column, usize)| {
        let from = at;
        at += width + 1;
        (from, column, width)
    };
    columns::layout(usize::from(line.width).saturating_sub(2), sort).into_iter().map(place).collect()
}

impl StormsView {
    /// The column whose name stands in this column of the screen; without rows there are no names.
    pub(in crate::ui) fn column_at(&self, area: Rect, column: u16) -> Option<Column> {
        let at = usize::from(column.checked_sub(area.x)?);
        let places = places(area, self.place().sort);
        let (_, column, _) = places.into_iter().rev().find(|&(from, ..)| from <= at)?;
        (!self.rows.is_empty()).then_some(column)
    }

    /// The table whose name stands in this column of the screen, in the title.
    pub(in crate::ui) fn table_at(&self, area: Rect, column: u16) -> Option<Which> {
        let right = self.position(rows(area));
        let title = self.title();
        let piece = title_piece_at(layout::title(area), &title, &right, column)?;
        let name = piece.text.trim_matches(['[', ']', ' ']);
        Which::ALL.into_iter().find(|which| which.title() == name)
    }

    fn title(&self) -> Vec<Piece> {
        let mut title = vec![Piece::new("Storms", Role::Strong)];
        for which in Which::ALL {
            let is_shown = which == self.which;
            let name = if is_shown { format!("[{}]", which.title()) } else { format!(" {} ", which.title()) };
            title.push(Piece::plain(" "));
            title.push(Piece::new(name, if is_shown { Role::Strong } else { Role::Faint }));
        }
        title
    }

    fn position(&self, height: usize) -> Vec<Piece> {
        let below = self.rows.len().saturating_sub(self.place().top + height);
        if below == 0 { Vec::new() } else { vec![Piece::plain(format!("{below} more below"))] }
    }
}

impl StormsPane<'_> {
    pub(in crate::ui) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        canvas.clear(area);
        canvas.title(layout::title(area), true, &self.view.title(), &self.view.position(rows(area)));
        let content = layout::content(area);
        if let Some(line) = line_of(content, 0) {
            canvas.text(line, 1, &self.latest(), Role::Plain);
        }
        if self.view.rows.is_empty() {
            self.draw_empty(content, canvas);
            return;
        }
        let sort = self.view.place().sort;
        let columns = columns::layout(usize::from(area.width).saturating_sub(2), sort);
        if let Some(line) = line_of(content, 1) {
            self.draw_names(line, canvas);
        }
        let selected = self.view.selected_index();
        let shown = self.view.rows.iter().enumerate().skip(self.view.place().top).take(rows(area));
        for (number, (index, row)) in shown.enumerate() {
            let Some(line) = line_of(content, number + 2) else { break };
            draw_row(line, row, &columns, canvas);
            if index == selected {
                canvas.overlay(line, canvas.theme.selection(true, Role::Plain));
            }
        }
    }

    /// What is said of the latest storm.
    fn latest(&self) -> String {
        let storms = self.scene.model.storms();
        if self.scene.model.instant().is_some() {
            return "This counts up to now, whatever instant is looked at.".to_owned();
        }
        if let Some(storm) = storm_banner::storm(self.scene) {
            let facts = storm_banner::facts(&storm).join("  ");
            let from = text::count(storm.course.threshold.into());
            return format!("{facts}  (a storm from {from}/s on)");
        }
        match storms.latest() {
            Some(storm) => {
                let ago = text::duration(self.scene.now_ns.saturating_sub(storm.course.latest_ns));
                let (who, past) = (storm_banner::who(&storm), storm_banner::past(&storm));
                format!("The latest storm was over {ago} ago: {who}  {past}")
            }
            None => format!("No storm. It is one from {}/s on.", text::count(storms.limit().into())),
        }
    }

    fn draw_names(&self, line: Rect, canvas: &mut Canvas<'_>) {
        for (at, column, width) in places(line, self.view.place().sort) {
            let is_sorted = column == self.view.place().sort;
            let mark = match (is_sorted, self.view.place().inverted) {
                (false, _) => "",
                (true, false) => "▾",
                (true, true) => "▴",
            };
            let name = format!("{mark}{}", column.title());
            let role = if is_sorted { Role::Strong } else { Role::Label };
            canvas.text(line, at, &text::fit(&name, width, align(column)), role);
        }
    }

    fn draw_empty(&self, content: Rect, canvas: &mut Canvas<'_>) {
        let text = match self.view.which {
            Which::Parents => {
                "Here will be the processes that start most others: each with how many a second now and at its peak, \
                 how many in all and alive, how long they live, how many fail, and their CPU time. A process is listed \
                 from its fourth child on."
            }
            Which::Comms => {
                "Here will be the commands that are started most, by their names: how often a second now and at the \
                 peak, how many in all and alive, how long they live, how many fail, and their CPU time."
            }
            Which::Paths => {
                "Here will be who starts whom most, as names from ancestors down, such as make > sh > cc1: with the \
                 same numbers."
            }
        };
        let width = usize::from(content.width).saturating_sub(4).clamp(8, 72);
        for (index, part) in wrap_words(text, width).iter().enumerate() {
            let Some(line) = line_of(content, index + 2) else { break };
            canvas.text(line, 2, part, Role::Faint);
        }
    }
}

const fn align(column: Column) -> Align {
    match column {
        Column::Name | Column::Minute => Align::Left,
        _ => Align::Right,
    }
}

fn draw_row(line: Rect, row: &StormRow, columns: &[(Column, usize)], canvas: &mut Canvas<'_>) {
    let mut at = 1;
    for &(column, width) in columns {
        if column == Column::Minute {
            let count = column.value(row);
            canvas.text(line, at, &text::fit(&count, columns::MINUTE_COUNT - 1, Align::Right), Role::Plain);
            let width = width.saturating_sub(columns::MINUTE_COUNT);
            let counts = squeeze(&row.history, width);
            let peak = counts.iter().copied().max().unwrap_or(0);
            let bars = header::sparkline(&counts, peak);
            let bars = text::pad(&bars, width, Align::Right);
            canvas.text(line, at + columns::MINUTE_COUNT, &bars, Role::Spark);
        } else {
            let value = column.value(row);
            let role = match column {
                Column::Failed if row.failed_percent.is_some_and(|percent| percent > 0) => Role::Failed,
                Column::Now if row.now > 0 => Role::Strong,
                _ => Role::Plain,
            };
            let value = if column == Column::Name { shorten(row, &value, width) } else { value };
            canvas.text(line, at, &text::fit(&value, width, align(column)), role);
        }
        at += width + 1;
    }
}

/// Of a path that has no room its end, where it leads to.
fn shorten(row: &StormRow, name: &str, width: usize) -> String {
    let mut rest = name;
    let mut shown = name.to_owned();
    while matches!(row.key, RowKey::Path(_))
        && text::width(&shown) > width
        && let Some((_, after)) = rest.split_once(" > ")
    {
        rest = after;
        shown = format!("… > {rest}");
    }
    shown
}

/// As many cells as there are: each the most of its seconds.
fn squeeze(history: &[u32], cells: usize) -> Vec<u32> {
    let each = history.len().div_ceil(cells.max(1)).max(1);
    history.rchunks(each).rev().map(|seconds| seconds.iter().copied().max().unwrap_or(0)).collect()
}
