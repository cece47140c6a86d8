//! What gestures do to the view's state.

use ratatui::layout::Position;

use super::Deed;
use super::target::Target;
use crate::ui::action::Action;
use crate::ui::layout::Share;
use crate::ui::mode::{Mode, Pane};
use crate::ui::paint::line_of;
use crate::ui::scene::Scene;
use crate::ui::scrub;
use crate::ui::timeline::{self, Zoom};
use crate::ui::view::{Request, Ui};
use crate::ui::views::View;

/// A turn of the wheel pans the timeline by such a part of its columns.
const PAN: usize = 16;

impl Ui {
    /// Does something with what is pointed at, or held; `rows` says which way the wheel turns, and how far.
    pub(super) fn perform_deed(
        &mut self,
        deed: Deed,
        target: Target,
        (at, rows): (Position, isize),
        scene: &Scene<'_>,
    ) -> Request {
        match (deed, target) {
            (Deed::Focus, Target::Pane(pane)) => self.focus = pane,
            (Deed::Select, target) => self.select_line(target, scene),
            (Deed::Open, target) => return self.open(target, scene),
            (Deed::Scroll, target) => return self.scroll(target, rows, scene),
            (Deed::Sort, Target::Heading(column)) => {
                self.table.sort_by_column(column);
                self.rows_changed();
            }
            (Deed::Sort, Target::StormHeading(column)) => self.storms.sort_by_column(column),
            (Deed::Turn, Target::StormTable(which)) => self.storms.show(which),
            (Deed::Turn, Target::Page(tab)) => {
                if let Some(details) = &mut self.details {
                    details.turn_to(tab);
                }
            }
            (Deed::PressKey, Target::Key(action)) => return self.perform(action, scene),
            (Deed::Travel, _) => return self.travel_to(at, scene),
            (Deed::SetCursor, _) => {
                if let Some(column) = self.column_near(at, scene) {
                    self.timeline.set_cursor(column);
                }
            }
            (Deed::ZoomToProcess, _) => return self.perform(Action::ZoomToProcess, scene),
            (Deed::Zoom, Target::Chart(column)) => {
                self.timeline.zoom_at(column, if rows < 0 { Zoom::In } else { Zoom::Out });
            }
            (Deed::Pan, _) => {
                let columns = timeline::chart_width(self.layout(scene, self.area()).tree);
                let by = i64::try_from(columns / PAN).unwrap_or(0).max(1);
                self.timeline.pan_by(if rows < 0 { -by } else { by });
            }
            (Deed::MoveSplit, target) => self.move_split(target, at, scene),
            (Deed::Choose, target) => return self.choose_line(target, scene),
            (Deed::Close, _) => return self.enter(Mode::Normal),
            _ => return Request::None,
        }
        Request::Redraw
    }

    fn select_line(&mut self, target: Target, scene: &Scene<'_>) {
        self.found = None;
        self.told = None;
        match target {
            Target::Row(Pane::Log, line) => self.log.go_to_line(line),
            Target::Row(_, line) => {
                self.details_of = None;
                match self.view {
                    View::Tree | View::Timeline => self.tree.go_to_line(scene.model.tree(), line),
                    View::Table => self.table.go_to_line(scene.model.tree(), line),
                    View::Failures => self.failures.go_to_line(scene.model, line),
                }
            }
            Target::StormRow(line) => self.storms.go_to_line(line),
            _ => {}
        }
    }

    /// What is selected by now.
    fn open(&mut self, target: Target, scene: &Scene<'_>) -> Request {
        match target {
            Target::StormRow(_) => self.perform(Action::Accept, scene),
            Target::Row(Pane::Tree, _)
                if self.view.has_tree_rows() && self.tree.toggle_fold(scene.model.tree()) =>
            {
                self.rows_changed();
                Request::Redraw
            }
            _ => self.perform(Action::Details, scene),
        }
    }

    fn scroll(&mut self, target: Target, rows: isize, scene: &Scene<'_>) -> Request {
        let tree = scene.model.tree();
        match target {
            Target::Pane(Pane::Tree) => {
                self.details_of = None;
                match self.view {
                    View::Tree | View::Timeline => self.tree.scroll_by(tree, rows),
                    View::Table => self.table.scroll_by(tree, rows),
                    View::Failures => self.failures.scroll_by(scene.model, rows),
                }
            }
            Target::Pane(Pane::Log) => self.log.scroll_by(rows),
            Target::Pane(Pane::Details) => {
                if let Some(details) = &mut self.details {
                    details.scroll_by(rows);
                }
            }
            Target::Pane(Pane::Output) => {
                return Request::ScrollOutput(i32::try_from(rows.saturating_neg()).unwrap_or(0));
            }
            Target::Storms => self.storms.scroll_by(rows),
            Target::Help => return self.scroll_help(rows, scene),
            Target::Menu => {
                let action = if rows < 0 { Action::Up } else { Action::Down };
                return self.perform(action, scene);
            }
            _ => return Request::None,
        }
        Request::Redraw
    }

    fn travel_to(&mut self, at: Position, scene: &Scene<'_>) -> Request {
        let header = self.layout(scene, self.area()).header;
        let line = line_of(header, 1);
        match line.and_then(|line| scrub::instant_at(line, scene, &self.keymap, at.x)) {
            Some(instant) => {
                self.stride = None;
                self.look_at(instant, scene)
            }
            None => Request::None,
        }
    }

    /// The nearest column of the timeline.
    fn column_near(&self, at: Position, scene: &Scene<'_>) -> Option<usize> {
        let pane = self.layout(scene, self.area()).tree;
        let last = timeline::chart_width(pane).checked_sub(1)?;
        let is_beyond = at.x >= pane.right();
        let beside = if is_beyond { last } else { 0 };
        Some(timeline::chart_column_at(pane, at.x).unwrap_or(beside))
    }

    fn move_split(&mut self, target: Target, at: Position, scene: &Scene<'_>) {
        let body = self.layout(scene, self.area()).body;
        let shares = &mut self.pointer.shares;
        if target == Target::Divider {
            let part = body.right().saturating_sub(at.x.saturating_add(1));
            shares.details = Some(Share { part, whole: body.width });
        } else {
            shares.lower = Some(Share { part: body.bottom().saturating_sub(at.y), whole: body.height });
        }
    }

    fn choose_line(&mut self, target: Target, scene: &Scene<'_>) -> Request {
        match (target, &self.mode) {
            (Target::Entry(index), &Mode::Menu(menu)) => self.choose_entry(index, menu, scene),
            (Target::Answer(action), _) => self.perform(action, scene),
            (Target::Columns(chooser), &Mode::Columns(before)) => {
                // The first click goes there, another one shows or hides it.
                match chooser == before {
                    true => self.perform(Action::ToggleColumn, scene),
                    false => self.enter(Mode::Columns(chooser)),
                }
            }
            _ => Request::None,
        }
    }
}
