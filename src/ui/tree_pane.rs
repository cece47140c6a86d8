//! The tree's pane, drawn.

use ratatui::layout::Rect;

use super::columns::{self, Column};
use super::command_cell::CommandCell;
use super::flash::Flash;
use super::guides::Guides;
use super::keymap::Keymap;
use super::layout;
use super::paint::{Canvas, Piece, line_of, total_width};
use super::rows::{self, Filtering};
use super::scene::Scene;
use super::search::Search;
use super::theme::Role;
use super::tree_view::TreeView;
use crate::model::filter::Filter;
use crate::model::view::{Criteria, GroupFacts, GroupKey, Node, Row};
use crate::text;

/// What the pane needs to know.
pub(super) struct TreePane<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) view: &'a TreeView,
    pub(super) criteria: &'a Criteria,
    /// The filters in force, as texts.
    pub(super) in_force: &'a [String],
    /// Whose matches are marked.
    pub(super) search: Option<&'a Search>,
    pub(super) flash: Flash,
    pub(super) keymap: &'a Keymap,
    pub(super) focused: bool,
}

/// How many rows of processes fit into the pane.
pub(super) fn rows(area: Rect) -> usize {
    usize::from(layout::content(area).height.saturating_sub(heading_height(area)))
}

/// The line with the columns' names goes where there is hardly room for rows.
fn heading_height(area: Rect) -> u16 {
    u16::from(layout::content(area).height >= 4)
}

impl TreePane<'_> {
    fn filters(&self) -> Filtering<'_> {
        Filtering { criteria: self.criteria, in_force: self.in_force }
    }

    pub(super) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        let title = layout::title(area);
        canvas.title(
            title,
            self.focused,
            &rows::title("Processes", self.view, self.filters(), self.scene),
            &rows::position(self.view),
        );
        let content = layout::content(area);
        let columns = columns::fitting(area.width.into());
        let room = usize::from(area.width).saturating_sub(columns::total_width(&columns));
        let visible = self.view.visible(self.scene.model.tree());
        let guides = Guides::new(visible.iter().map(|&(row, _)| row), room / 2);
        let heading = heading_height(area);
        if heading > 0 {
            draw_heading(content, &columns, canvas);
        }
        let list = Rect { y: content.y + heading, height: content.height - heading, ..content };
        for (index, &(row, selected)) in visible.iter().enumerate() {
            let Some(line) = line_of(list, index) else { break };
            let Some(role) = self.draw_row(line, row, &columns, guides, canvas) else { continue };
            if selected {
                canvas.overlay(line, canvas.theme.selection(self.focused, role));
            }
        }
        if self.view.len() == 0 {
            let nothing = rows::nothing(self.filters(), self.scene);
            canvas.text(list, 1, &self.keymap.with_keys(nothing), Role::Faint);
        }
    }

    /// Draws a row and tells its role, while its process is known.
    fn draw_row(
        &self,
        line: Rect,
        row: Row,
        columns: &[Column],
        guides: Guides,
        canvas: &mut Canvas<'_>,
    ) -> Option<Role> {
        let key = match row.of {
            Node::Process(key) => key,
            Node::Group(key) => return self.draw_group(line, row, key, columns, guides, canvas),
        };
        let process = self.scene.model.tree().get(key)?;
        let role = rows::role(row, process, self.flash, self.filters(), self.scene);
        let mut at = 0;
        for &column in columns {
            let value = columns::value(column, process, self.scene);
            canvas.text(line, at, &text::fit(&value, column.width(), column.align()), role);
            at += column.width() + 1;
        }
        let at = canvas.text(line, at, &guides.of(row), Role::Faint);
        let nothing = Filter::default();
        let tree = self.scene.model.tree();
        let finds = |search: &&Search| search.finds_process(tree, key, process, self.scene.now_ns);
        let cell = CommandCell {
            process,
            filter: if row.matched { &self.criteria.filter } else { &nothing },
            search: self.search.filter(|search| finds(search)),
            now_ns: self.scene.now_ns,
            blames: true,
        };
        let beside = if row.matched { Role::Label } else { Role::Ancestor };
        cell.draw(line, at, (role, beside), canvas);
        Some(role)
    }
}

impl TreePane<'_> {
    /// Draws the row of a group and tells its role.
    fn draw_group(
        &self,
        line: Rect,
        row: Row,
        key: GroupKey,
        columns: &[Column],
        guides: Guides,
        canvas: &mut Canvas<'_>,
    ) -> Option<Role> {
        let facts = self.view.facts(key)?;
        let role = match key {
            GroupKey::Chain { top } => {
                let top = self.scene.model.tree().get(top)?;
                rows::role(row, top, self.flash, self.filters(), self.scene)
            }
            _ if !row.matched => Role::Ancestor,
            GroupKey::Alike { .. } if self.in_force.is_empty() => Role::Dead,
            GroupKey::Alike { .. } => Role::Plain,
        };
        let at = canvas.text(line, columns::total_width(columns), &guides.of(row), Role::Faint);
        let room = usize::from(line.width).saturating_sub(at);
        canvas.pieces(line, at, &fitting_facts(&facts, row.matched, role, room));
        Some(role)
    }
}

/// What a group's row tells in so many columns: who they are and how many, how long they lived, how many failed.
fn fitting_facts(facts: &GroupFacts, matched: bool, role: Role, room: usize) -> Vec<Piece> {
    let or_dimmed = |wanted| if matched { wanted } else { role };
    let name = Piece::new(rows::group_name(facts), role);
    let Some((failed, half, most)) = facts.ends else { return vec![name] };
    let lifetimes = format!("  p50 {} p99 {}", text::duration(half), text::duration(most));
    let mut pieces = vec![name, Piece::new(lifetimes, or_dimmed(Role::Label))];
    if failed > 0 {
        pieces.push(Piece::new(format!("  {} failed", text::count(failed as u64)), or_dimmed(Role::Failed)));
    }
    if total_width(&pieces) > room {
        pieces.remove(1);
    }
    pieces
}

fn draw_heading(content: Rect, columns: &[Column], canvas: &mut Canvas<'_>) {
    let mut at = 0;
    for column in columns {
        let title = text::fit(column.title(), column.width(), column.align());
        canvas.text(content, at, &title, Role::Label);
        at += column.width() + 1;
    }
    canvas.text(content, at, "COMMAND", Role::Label);
}
