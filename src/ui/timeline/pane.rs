//! The timeline, drawn: at the left the rows of the tree, at the right their lives.

use ratatui::layout::Rect;

use super::axis::ticks;
use super::bars::Life;
use super::row::{ChartRow, bar_role};
use super::scale::{Time, time};
use super::state::{TimelineView, Window};
use super::status;
use crate::model::process::{NodeKey, Process};
use crate::model::view::{GroupKey, Node, Row};
use crate::text;
use crate::ui::command_text;
use crate::ui::flash::Flash;
use crate::ui::guides::Guides;
use crate::ui::keymap::Keymap;
use crate::ui::layout;
use crate::ui::paint::{Canvas, Piece, line_of};
use crate::ui::rows::{self as tree_rows, Filtering};
use crate::ui::scene::Scene;
use crate::ui::theme::Role;
use crate::ui::tree_view::TreeView;

/// What the pane needs to know.
pub(in crate::ui) struct TimelinePane<'a> {
    pub(in crate::ui) scene: &'a Scene<'a>,
    pub(in crate::ui) view: &'a TimelineView,
    pub(in crate::ui) rows: &'a TreeView,
    pub(in crate::ui) filters: Filtering<'a>,
    pub(in crate::ui) flash: Flash,
    pub(in crate::ui) keymap: &'a Keymap,
    pub(in crate::ui) focused: bool,
}

/// The columns of the names in a pane of this width.
fn names_width(width: usize) -> usize {
    match width {
        0..40 => width * 2 / 5,
        _ => (width * 3 / 10).clamp(16, 48),
    }
}

/// The columns of the chart in a pane: beside the names there is one for the sign of the critical path.
pub(in crate::ui) fn chart_width(pane: Rect) -> usize {
    let width = usize::from(pane.width);
    width.saturating_sub(names_width(width) + 1)
}

/// Which column of the chart is in this column of the screen.
pub(in crate::ui) fn chart_column_at(pane: Rect, column: u16) -> Option<usize> {
    let at = usize::from(column.checked_sub(pane.x)?);
    let at = at.checked_sub(names_width(pane.width.into()) + 1)?;
    (at < chart_width(pane)).then_some(at)
}

/// The lines above the rows: the axis, and above that the status.
fn heading(pane: Rect) -> u16 {
    match layout::content(pane).height {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    }
}

/// How many rows fit into a pane.
pub(in crate::ui) fn rows(pane: Rect) -> usize {
    usize::from(layout::content(pane).height.saturating_sub(heading(pane)))
}

/// The part of a line that begins in this column.
fn from_column(line: Rect, column: usize) -> Rect {
    let by = u16::try_from(column).unwrap_or(u16::MAX).min(line.width);
    Rect { x: line.x + by, width: line.width - by, ..line }
}

impl TimelinePane<'_> {
    pub(in crate::ui) fn draw(&self, pane: Rect, canvas: &mut Canvas<'_>) {
        if pane.is_empty() {
            return;
        }
        let title = tree_rows::title("Timeline", self.rows, self.filters, self.scene);
        canvas.title(layout::title(pane), self.focused, &title, &self.position());
        let content = layout::content(pane);
        let heading = heading(pane);
        let list = Rect { y: content.y + heading, height: content.height - heading, ..content };
        let visible = self.rows.visible(self.scene.model.tree());
        if let Some(line) = line_of(content, 0).filter(|_| heading > 1) {
            self.draw_status(line, &visible, canvas);
        }
        if let Some(line) = heading.checked_sub(1).and_then(|last| line_of(content, last.into())) {
            self.draw_axis(line, canvas);
        }
        let names = names_width(pane.width.into());
        let guides = Guides::new(visible.iter().map(|&(row, _)| row), names / 2);
        for (index, &(row, selected)) in visible.iter().enumerate() {
            let Some(line) = line_of(list, index) else { break };
            self.draw_row(line, row, guides, selected, canvas);
        }
        if self.rows.len() == 0 {
            let nothing = tree_rows::nothing(self.filters, self.scene);
            canvas.text(list, 1, &self.keymap.with_keys(nothing), Role::Faint);
        }
        self.draw_rules(from_column(list, names + 1), canvas);
    }

    /// What moves the rows, what the window over time follows, and its scale.
    fn position(&self) -> Vec<Piece> {
        let mut pieces = tree_rows::position(self.rows);
        let state = match self.view.window() {
            Window::Whole => "whole",
            Window::End(_) if self.view.is_over() => "end",
            Window::End(_) => "now",
            Window::Still(..) => "",
        };
        let between = if pieces.is_empty() { "" } else { "  " };
        if !state.is_empty() {
            pieces.push(Piece::new(format!("{between}{state}  "), Role::Strong));
        } else if !pieces.is_empty() {
            pieces.push(Piece::plain(between));
        }
        let column = text::duration(self.view.scale().per_column);
        pieces.push(Piece::plain(format!("{column} a column")));
        pieces
    }

    fn draw_status(&self, line: Rect, visible: &[(Row, bool)], canvas: &mut Canvas<'_>) {
        let lives = |&(row, _): &(Row, bool)| self.lives_at_cursor(row);
        let lives: Vec<bool> = visible.iter().filter_map(lives).collect();
        let alive = (lives.iter().filter(|&&alive| alive).count(), lives.len());
        let width = usize::from(line.width).saturating_sub(2);
        let pieces =
            status::line(self.view, self.scene, Some(alive).filter(|_| alive.1 > 0), self.keymap, width);
        canvas.pieces(line, 1, &pieces);
    }

    /// Whether whoever has this row lives at the cursor's very time, not only somewhere in its column; of a
    /// group, whether anybody does.
    fn lives_at_cursor(&self, row: Row) -> Option<bool> {
        let at = self.view.cursor()?;
        let tree = self.scene.model.tree();
        match row.of {
            Node::Process(key) => Some(self.view.lives_at(tree.get(key)?, at)),
            Node::Group(key) => Some(self.view.anybody_lives_at(tree, self.rows, key, at)),
        }
    }

    fn draw_axis(&self, line: Rect, canvas: &mut Canvas<'_>) {
        let names = names_width(line.width.into());
        canvas.text(Rect { width: line.width.min(names as u16), ..line }, 1, "COMMAND", Role::Label);
        let chart = from_column(line, names + 1);
        let pointers = [(self.column_of(self.view.mark()), "▽"), (self.cursor_column(), "▼")];
        for tick in ticks(self.view.scale(), self.view.begin()) {
            let at = canvas.text(chart, tick.column, "│", Role::Faint);
            let end = at + text::width(&tick.label);
            let is_free = |(column, _): &(Option<usize>, _)| column.is_none_or(|it| it < at || it >= end);
            if pointers.iter().all(is_free) {
                canvas.text(chart, at, &tick.label, Role::Label);
            }
        }
        for (column, glyph) in pointers {
            if let Some(column) = column {
                canvas.text(chart, column, glyph, Role::Notice);
            }
        }
    }

    fn column_of(&self, at: Option<Time>) -> Option<usize> {
        self.view.scale().visible_column_of(at?)
    }

    fn cursor_column(&self) -> Option<usize> {
        self.column_of(self.view.cursor())
    }

    /// The lines of cursor and mark, through all rows.
    fn draw_rules(&self, chart: Rect, canvas: &mut Canvas<'_>) {
        let cursor = self.cursor_column();
        let instant = self.scene.model.instant().and_then(|_| self.column_of(Some(self.view.now())));
        let mark = self.column_of(self.view.mark());
        let mark = mark.filter(|_| mark != cursor);
        let instant = instant.filter(|_| instant != cursor && instant != mark);
        for (column, glyph) in [(instant, "┃"), (mark, "┊"), (cursor, "│")] {
            let Some(column) = column else { continue };
            for line in chart.rows() {
                canvas.rule(line, column, glyph, Role::Strong);
            }
        }
    }

    fn draw_row(&self, line: Rect, row: Row, guides: Guides, selected: bool, canvas: &mut Canvas<'_>) {
        let names = names_width(line.width.into());
        let tree = self.scene.model.tree();
        let name = Rect { width: line.width.min(u16::try_from(names).unwrap_or(u16::MAX)), ..line };
        let at = canvas.text(name, 0, &guides.of(row), Role::Faint);
        let (text, role) = match row.of {
            Node::Process(key) => {
                let Some(process) = tree.get(key) else { return };
                let room = usize::from(name.width).saturating_sub(at);
                (command_text::brief(process, room), self.role(row, process))
            }
            Node::Group(key) => {
                let Some(facts) = self.rows.facts(key) else { return };
                (tree_rows::group_name(&facts), self.group_role(row, key))
            }
        };
        canvas.text(name, at, &text, role);
        if selected {
            canvas.overlay(name, canvas.theme.selection(self.focused, role));
        }
        if self.view.path.passes(tree, self.rows, row.of) {
            canvas.text(from_column(line, names), 0, "◆", Role::Notice);
        }
        let chart = from_column(line, names + 1);
        if selected {
            // It leads the eye along the row.
            canvas.text(chart, 0, &"·".repeat(chart.width.into()), Role::Faint);
        }
        match row.of {
            Node::Process(key) => self.draw_life(chart, row, key, canvas),
            Node::Group(key) => self.draw_group(chart, row, key, canvas),
        }
    }

    fn role(&self, row: Row, process: Process<'_>) -> Role {
        tree_rows::role(row, process, self.flash, self.filters, self.scene)
    }

    fn group_role(&self, row: Row, key: GroupKey) -> Role {
        let top = match key {
            GroupKey::Chain { top } => self.scene.model.tree().get(top),
            GroupKey::Alike { .. } => None,
        };
        match top {
            Some(top) => self.role(row, top),
            None if !row.matched => Role::Ancestor,
            None if self.filters.in_force.is_empty() => Role::Dead,
            None => Role::Plain,
        }
    }

    fn draw_life(&self, chart: Rect, row: Row, key: NodeKey, canvas: &mut Canvas<'_>) {
        let Some(process) = self.scene.model.tree().get(key) else { return };
        let (life, role) = (self.view.life(process), bar_role(process, row.matched));
        let mut ink = ChartRow::new(self.view.scale());
        let Some(bar) = ink.bar(life, role, &self.view.path.stretches_of(key)) else {
            ink.beyond(life);
            return ink.draw(chart, canvas);
        };
        ink.draw(chart, canvas);
        ink.draw_images(chart, process, bar, self.view.now(), canvas);
        ink.draw_end(chart, process, (bar, life), role, canvas);
    }

    fn draw_group(&self, chart: Rect, row: Row, key: GroupKey, canvas: &mut Canvas<'_>) {
        let facts = self.rows.facts(key);
        let failed = facts.and_then(|facts| facts.ends).map_or(0, |(failed, ..)| failed);
        let members = facts.map_or(0, |facts| facts.members);
        let role = match key {
            _ if !row.matched => Role::Faint,
            GroupKey::Chain { top } => {
                let top = self.scene.model.tree().get(top);
                top.map_or(Role::Ended, |top| bar_role(top, row.matched))
            }
            GroupKey::Alike { .. } if failed > 0 && failed == members => Role::Failed,
            GroupKey::Alike { .. } => Role::Ended,
        };
        let mut ink = ChartRow::new(self.view.scale());
        let end = ink.density(self.view.density(key), role);
        if end.is_none() {
            self.point_at_group(key, &mut ink);
        }
        ink.draw(chart, canvas);
        let Some(end) = end.filter(|_| failed > 0) else { return };
        let told = [format!("✗ {} failed", text::count(failed as u64)), "✗".to_owned()];
        let role = if row.matched { Role::Failed } else { role };
        ink.draw_behind(chart, end, told.into_iter(), role, canvas);
    }

    /// Nobody of the group is in the window.
    fn point_at_group(&self, key: GroupKey, ink: &mut ChartRow) {
        let tree = self.scene.model.tree();
        let any = self.rows.sample(tree, key, 0..u64::MAX, 2).members.pop();
        if let Some(process) = any.and_then(|key| tree.get(key)) {
            let end = process.end_ns().map_or(self.view.now(), time);
            ink.beyond(Life { start: time(process.id.start_ns), end });
        }
    }
}
