//! The table, drawn.

use ratatui::layout::Rect;

use super::TableView;
use super::columns::{TableColumns, align, ascends, title, total_width, value, width};
use crate::model::filter::Filter;
use crate::model::process::{NodeKey, Process};
use crate::model::table::Column;
use crate::text;
use crate::ui::command_cell::CommandCell;
use crate::ui::flash::Flash;
use crate::ui::keymap::Keymap;
use crate::ui::layout;
use crate::ui::marks::Marks;
use crate::ui::paint::{Canvas, Piece, line_of};
use crate::ui::rows::{self as shared, Filtering};
use crate::ui::scene::Scene;
use crate::ui::search::Search;
use crate::ui::theme::Role;
use crate::ui::window::Anchor;

/// What the pane needs to know.
pub(in crate::ui) struct TablePane<'a> {
    pub(in crate::ui) scene: &'a Scene<'a>,
    pub(in crate::ui) view: &'a TableView,
    pub(in crate::ui) filters: Filtering<'a>,
    /// Whose matches are marked.
    pub(in crate::ui) search: Option<&'a Search>,
    pub(in crate::ui) flash: Flash,
    pub(in crate::ui) keymap: &'a Keymap,
    pub(in crate::ui) focused: bool,
    /// All rows are there, in the order that was asked for.
    pub(in crate::ui) is_complete: bool,
}

/// How many rows fit into the pane.
pub(in crate::ui) fn rows(area: Rect) -> usize {
    usize::from(layout::content(area).height.saturating_sub(heading_height(area)))
}

/// The line with the columns' names goes where there is hardly room for rows.
fn heading_height(area: Rect) -> u16 {
    u16::from(layout::content(area).height >= 4)
}

/// The columns that are shown in a pane of this width with the first column of each, the command last.
fn places(columns: &TableColumns, pane: Rect) -> Vec<(usize, Column)> {
    let mut at = 0;
    let mut place = |column: Column| {
        let from = at;
        at += width(column) + 1;
        (from, column)
    };
    let command = columns.shown.contains(&Column::Command).then_some(Column::Command);
    columns.fitting(pane.width.into()).into_iter().chain(command).map(&mut place).collect()
}

/// Whose name stands in this column of the screen.
pub(in crate::ui) fn column_at(columns: &TableColumns, pane: Rect, column: u16) -> Option<Column> {
    let at = usize::from(column.checked_sub(pane.x)?);
    let places = places(columns, pane);
    let (_, column) = places.into_iter().rev().find(|&(from, _)| from <= at)?;
    Some(column)
}

impl TablePane<'_> {
    pub(in crate::ui) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        canvas.title(layout::title(area), self.focused, &self.title(), &self.position());
        let content = layout::content(area);
        let columns = self.view.columns.fitting(area.width.into());
        let heading = heading_height(area);
        if heading > 0 {
            self.draw_heading(content, canvas);
        }
        let list = Rect { y: content.y + heading, height: content.height - heading, ..content };
        for (index, &(key, selected)) in self.view.visible(self.scene.model.tree()).iter().enumerate() {
            let Some(line) = line_of(list, index) else { break };
            let Some(process) = self.scene.model.tree().get(key) else { continue };
            let role = self.role(process);
            self.draw_row(line, key, process, &columns, canvas);
            if selected {
                canvas.overlay(line, canvas.theme.selection(self.focused, role));
            }
        }
        if self.view.len() == 0 && self.is_complete {
            let nothing = shared::nothing(self.filters, self.scene);
            canvas.text(list, 1, &self.keymap.with_keys(nothing), Role::Faint);
        }
    }

    fn title(&self) -> Vec<Piece> {
        let mut pieces = vec![Piece::new("Table", Role::Strong)];
        let (shown, of) = (self.view.len() as u64, self.scene.model.tree().len() as u64);
        pieces.push(Piece::plain(match self.filters.in_force {
            [] => format!("  {}", text::count(shown)),
            _ => format!("  {} of {} match", text::count(shown), text::count(of)),
        }));
        let inverted = if self.view.columns.inverted { ", inverted" } else { "" };
        pieces.push(Piece::plain(format!("  by {}{inverted}", TableColumns::name(self.view.sort()))));
        pieces.extend(shared::not_as_usual(self.filters, self.is_complete));
        pieces
    }

    fn position(&self) -> Vec<Piece> {
        let state = match (self.view.window.anchor, self.view.selected()) {
            (Anchor::Last, _) => "last".to_owned(),
            (Anchor::Middle, Some(id)) => format!("following {}", id.pid),
            _ => return Vec::new(),
        };
        vec![Piece::new(state, Role::Strong)]
    }

    fn role(&self, process: Process<'_>) -> Role {
        self.flash.role(process, self.scene.now_ns)
    }

    fn draw_heading(&self, line: Rect, canvas: &mut Canvas<'_>) {
        let chosen = &self.view.columns;
        for (at, column) in places(chosen, line) {
            let is_sorted = column == chosen.sort;
            let mark = match (is_sorted, ascends(column) != chosen.inverted) {
                (false, _) => "",
                (true, true) => "▴",
                (true, false) => "▾",
            };
            let name = format!("{mark}{}", title(column));
            let name = match column {
                Column::Command => name.into(),
                _ => text::fit(&name, width(column), align(column)),
            };
            canvas.text(line, at, &name, if is_sorted { Role::Strong } else { Role::Label });
        }
    }

    fn draw_row(
        &self,
        line: Rect,
        key: NodeKey,
        process: Process<'_>,
        columns: &[Column],
        canvas: &mut Canvas<'_>,
    ) {
        let role = self.role(process);
        let search = self
            .search
            .filter(|search| search.finds_process(self.scene.model.tree(), key, process, self.scene.now_ns));
        let mut at = 0;
        for &column in columns {
            let value = value(column, process, self.scene);
            canvas.text(line, at, &text::fit(&value, width(column), align(column)), role);
            if column == Column::Comm {
                for found in (Marks { filter: &self.filters.criteria.filter, search }).in_comm(process.comm())
                {
                    canvas.mark_match(line, at + found.start, at + found.end.min(width(column)));
                }
            }
            at += width(column) + 1;
        }
        if self.view.columns.shown.contains(&Column::Command) {
            let nothing = Filter::default();
            let filter =
                if self.filters.in_force.is_empty() { &nothing } else { &self.filters.criteria.filter };
            let cell = CommandCell { process, filter, search, now_ns: self.scene.now_ns, blames: true };
            cell.draw(line, total_width(columns), (role, Role::Label), canvas);
        }
    }
}
