//! The tree's pane, drawn.

use ratatui::layout::Rect;

use super::columns::{self, Column};
use super::command_text;
use super::layout;
use super::paint::{Canvas, Piece, line_of};
use super::scene::Scene;
use super::theme::Role;
use super::tree_view::{Scroll, TreeView};
use crate::model::process::{Birth, Process};
use crate::model::view::{Criteria, Row};
use crate::text;

/// What the pane needs to know.
pub(super) struct TreePane<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) view: &'a TreeView,
    pub(super) criteria: &'a Criteria,
    /// The filters in force, as texts.
    pub(super) in_force: &'a [String],
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
    pub(super) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        let title = layout::title(area);
        canvas.title(title, self.focused, &self.title(), &self.position());
        let content = layout::content(area);
        let columns = columns::fitting(area.width.into());
        let heading = heading_height(area);
        if heading > 0 {
            draw_heading(content, &columns, canvas);
        }
        let list = Rect { y: content.y + heading, height: content.height - heading, ..content };
        for (index, (row, selected)) in self.view.visible().enumerate() {
            let Some(line) = line_of(list, index) else { break };
            self.draw_row(line, row, &columns, canvas);
            if selected {
                canvas.overlay(line, canvas.theme.selection(self.focused));
            }
        }
        if self.view.rows().is_empty() {
            canvas.text(list, 1, self.nothing(), Role::Faint);
        }
    }

    fn nothing(&self) -> &'static str {
        if !self.in_force.is_empty() || self.criteria.hide_exited {
            "No process matches. Esc clears the filters."
        } else if self.scene.is_over() {
            "No process."
        } else {
            "Waiting for the first process…"
        }
    }

    fn title(&self) -> Vec<Piece> {
        let mut title = vec![Piece::new("Processes", Role::Strong)];
        if !self.in_force.is_empty() {
            let of = self.scene.model.tree().len();
            let matched = self.view.matched() as u64;
            title.push(Piece::plain(format!(
                "  {} of {} match",
                text::count(matched),
                text::count(of as u64)
            )));
            title.push(Piece::new(format!("  {}", self.in_force.join(" · ")), Role::Notice));
        }
        if self.criteria.hide_exited {
            title.push(Piece::new("  exited hidden", Role::Notice));
        }
        if self.criteria.kernel_threads {
            title.push(Piece::plain("  with kernel threads"));
        }
        title
    }

    fn position(&self) -> Vec<Piece> {
        let state = match self.view.scroll() {
            Scroll::Still => return Vec::new(),
            Scroll::Tail => "live end".to_owned(),
            Scroll::Selected => match self.view.selected() {
                Some(id) => format!("following {}", id.pid),
                None => return Vec::new(),
            },
        };
        vec![Piece::new(state, Role::Strong)]
    }

    fn draw_row(&self, line: Rect, row: Row, columns: &[Column], canvas: &mut Canvas<'_>) {
        let Some(process) = self.scene.model.tree().get(row.key) else { return };
        let role = if row.matched { columns::role(process, self.scene.now_ns) } else { Role::Faint };
        let mut at = 0;
        for &column in columns {
            let value = columns::value(column, process, self.scene);
            canvas.text(line, at, &text::fit(&value, column.width(), column.align()), role);
            at += column.width() + 1;
        }
        let room = usize::from(line.width).saturating_sub(at);
        let guides = guides(row, room / 2);
        let at = canvas.text(line, at, &guides, Role::Faint);
        let room = usize::from(line.width).saturating_sub(at);
        let marks = marks(process);
        let kept = text::width(&marks).min(room / 2);
        let command = command_text::command(process, room);
        let at = canvas.text(line, at, &text::truncate(&command, room - kept), role);
        canvas.text(line, at, &marks, if row.matched { Role::Label } else { Role::Faint });
    }
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

/// The lines of the tree left of a command and the mark for folding, in at most `room` columns; the generations that
/// have no room are one `…`.
fn guides(row: Row, room: usize) -> String {
    let depth = usize::from(row.depth);
    // Two columns for each generation and two for the mark.
    let first = match room.saturating_sub(2) / 2 >= depth {
        true => 1,
        false => depth + 1 - room.saturating_sub(3) / 2,
    };
    let mut guides = String::new();
    if first > 1 {
        guides.push('…');
    }
    let goes_on = |generation: usize| {
        u32::try_from(generation)
            .ok()
            .and_then(|n| row.guides.checked_shr(n))
            .is_some_and(|bits| bits & 1 == 1)
    };
    for generation in first..depth {
        guides.push_str(if goes_on(generation) { "│ " } else { "  " });
    }
    if depth > 0 && first <= depth {
        guides.push_str(if goes_on(depth) { "├─" } else { "└─" });
    }
    guides.push_str(match (row.parental, row.folded) {
        (true, true) => "▸ ",
        (true, false) => "▾ ",
        (false, _) if depth > 0 => " ",
        (false, _) => "  ",
    });
    guides
}

/// What is worth a mark behind the command.
fn marks(process: &Process) -> String {
    let mut marks = String::new();
    if let Some(adopter) = process.adopted_by {
        marks.push_str(&format!("  ↑{}", adopter.pid));
    }
    if process.birth == Birth::Unseen {
        marks.push_str("  fork unseen");
    }
    let folded = &process.folded;
    if folded.processes > 0 {
        marks.push_str(&format!("  +{} gone", text::count(folded.processes)));
        if folded.failed > 0 {
            marks.push_str(&format!(", {} failed", text::count(folded.failed)));
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(depth: u16, guides: u64, parental: bool) -> Row {
        Row { key: Default::default(), depth, matched: true, folded: false, parental, guides }
    }

    #[test]
    fn guides_show_who_has_later_siblings() {
        assert_eq!(guides(row(0, 0, true), 20), "▾ ");
        assert_eq!(guides(row(1, 0b10, true), 20), "├─▾ ");
        assert_eq!(guides(row(2, 0b10, false), 20), "│ └─ ");
        assert_eq!(guides(row(3, 0b1000, false), 20), "    ├─ ");
    }

    #[test]
    fn deep_rows_leave_room_for_the_command() {
        for depth in [5, 40, 70, 1000] {
            for room in 0..40 {
                let columns = text::width(&guides(row(depth, u64::MAX, true), room));
                assert!(columns <= room.max(5), "{depth} {room} {columns}");
            }
        }
    }
}
