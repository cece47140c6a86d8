//! What actions do to the view's state.

use crossterm::event::{KeyEvent, KeyEventKind};

use super::action::Action;
use super::details_pane::DetailsView;
use super::filters::{FilterKind, Filters};
use super::help;
use super::menu::Page;
use super::mode::{Lower, Mode, Pane};
use super::scene::Scene;
use super::search::Way;
use super::table::Chooser;
use super::view::{Clock, Request, Ui};
use super::views::View;
use super::window::Anchor;
use crate::model::table::Column;

impl Ui {
    pub(super) fn take_key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Request {
        if key.kind == KeyEventKind::Release {
            return Request::None;
        }
        let action = self.keymap.action(&self.mode, self.focus, self.available(scene), key);
        match (&mut self.mode, action) {
            (Mode::Keyboard, None) => Request::ToCommand(key),
            (Mode::Prompt(prompt), None) => match prompt.on_key(key) {
                Some(true) => self.prompt_edited(scene),
                Some(false) => Request::Redraw,
                None => Request::None,
            },
            (Mode::Normal | Mode::Storms, None) => self.tell_why_not(key, scene),
            (_, None) => Request::None,
            (_, Some(action)) => self.perform(action, scene),
        }
    }

    fn tell_why_not(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Request {
        let why = self.keymap.why_not(&self.mode, self.focus, self.available(scene), key);
        let Some(why) = why else { return Request::None };
        self.told = Some(why);
        Request::Redraw
    }

    pub(super) fn take_paste(&mut self, text: &str, scene: &Scene<'_>) -> Request {
        match &mut self.mode {
            Mode::Prompt(prompt) => {
                prompt.on_paste(text);
                self.prompt_edited(scene)
            }
            Mode::Keyboard => Request::PasteToCommand(text.to_owned()),
            Mode::Normal
            | Mode::Help(_)
            | Mode::Menu(_)
            | Mode::Columns(_)
            | Mode::Storms
            | Mode::Leaving => Request::None,
        }
    }

    pub(super) fn perform(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        match action {
            Action::Suspend => return Request::Suspend,
            Action::Repaint => return Request::Repaint,
            _ => {}
        }
        match self.mode {
            Mode::Normal => self.perform_in_panes(action, scene),
            Mode::Help(top) => self.perform_in_help(action, top, scene),
            Mode::Storms => self.perform_in_storms(action, scene),
            Mode::Prompt(_) => self.perform_in_prompt(action, scene),
            Mode::Menu(menu) => self.perform_in_menu(action, menu, scene),
            Mode::Columns(chooser) => self.perform_in_columns(action, chooser),
            Mode::Leaving => self.answer(action),
            Mode::Keyboard => self.enter(Mode::Normal),
        }
    }

    pub(super) fn enter(&mut self, mode: Mode) -> Request {
        self.mode = mode;
        Request::Redraw
    }

    fn perform_in_panes(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        self.found = None;
        self.told = None;
        match action {
            Action::Quit if scene.command_runs() => return self.enter(Mode::Leaving),
            Action::Quit => return Request::Quit,
            Action::Help => return self.enter(Mode::Help(0)),
            Action::Storms => return self.enter(Mode::Storms),
            Action::Culprit => self.go_to_culprit(scene),
            Action::Search => return self.begin_search(),
            Action::SearchNext => return self.search_on(Way::Next, scene),
            Action::SearchPrevious => return self.search_on(Way::Previous, scene),
            Action::EditFilter => return self.edit(FilterKind::Expression),
            Action::EditComm => return self.edit(FilterKind::Comm),
            Action::EditMinDuration => return self.edit(FilterKind::MinDuration),
            Action::SavePicture => return self.begin_picture(scene),
            Action::Pause => return self.toggle_pause(),
            Action::Earlier => return self.earlier(scene),
            Action::Later => return self.later(scene),
            Action::FarEarlier => return self.stride(Way::Previous, scene),
            Action::FarLater => return self.stride(Way::Next, scene),
            Action::GoToTime => return self.begin_instant(),
            Action::Present if self.view == View::Timeline => return self.end_of_timeline(scene),
            Action::Present => return self.back_to_now(),
            Action::FailedExecs => return Request::ToggleFailedExecs,
            Action::Killer => return self.go_to_killer(scene),
            Action::Menu => return self.open_menu(Page::All, scene),
            Action::SendSignal => return self.open_menu(Page::Signals, scene),
            Action::HideExited => {
                self.criteria.hide_exited = !self.criteria.hide_exited;
                self.rows_changed();
            }
            Action::KernelThreads => {
                self.criteria.kernel_threads = !self.criteria.kernel_threads;
                self.rows_changed();
            }
            Action::Follow => self.toggle_following(),
            Action::TreeView => self.switch_view(View::Tree, scene),
            Action::TableView => self.switch_view(View::Table, scene),
            Action::FailuresView => self.switch_view(View::Failures, scene),
            Action::NextPane => self.move_focus(1, scene),
            Action::PreviousPane => self.move_focus(-1, scene),
            Action::Details => self.toggle_details(scene),
            Action::Output => self.toggle_output(scene),
            Action::TimelineView => self.switch_view(View::Timeline, scene),
            Action::GiveKeyboard => return self.give_keyboard(scene),
            Action::Back => return self.back(scene),
            _ => return self.perform_in_pane(action, scene),
        }
        Request::Redraw
    }

    fn perform_in_pane(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        match self.focus {
            Pane::Tree => match self.view {
                View::Tree => self.perform_in_tree(action, scene),
                View::Timeline => {
                    if !self.perform_in_timeline(action, scene) {
                        self.perform_in_tree(action, scene);
                    }
                }
                View::Table => return self.perform_in_table(action, scene),
                View::Failures => return self.perform_in_failures(action, scene),
            },
            Pane::Log => match step(action, self.log.height()) {
                Some(Step::By(lines)) => self.log.move_by(lines),
                Some(Step::First) => self.log.first(),
                Some(Step::Last) => self.log.live_end(),
                None => return Request::None,
            },
            Pane::Details => {
                let Some(details) = &mut self.details else { return Request::None };
                match (action, step(action, details.height())) {
                    (Action::NextTab, _) => details.turn(1),
                    (Action::PreviousTab, _) => details.turn(-1),
                    (_, step) => match step {
                        Some(Step::By(lines)) => details.scroll_by(lines),
                        Some(Step::First) => details.scroll_by(isize::MIN),
                        Some(Step::Last) => details.scroll_by(isize::MAX),
                        None => return Request::None,
                    },
                }
            }
            Pane::Output => {
                let rows = self.output_size(self.area()).map_or(1, |(rows, _)| rows);
                return match step(action, rows.into()) {
                    Some(Step::By(lines)) => {
                        Request::ScrollOutput(i32::try_from(lines.saturating_neg()).unwrap_or(0))
                    }
                    Some(Step::First) => Request::ScrollOutput(i32::MAX),
                    Some(Step::Last) => Request::ScrollOutput(-i32::MAX),
                    None => Request::None,
                };
            }
        }
        Request::Redraw
    }

    fn perform_in_tree(&mut self, action: Action, scene: &Scene<'_>) {
        let tree = scene.model.tree();
        match step(action, self.tree.height()) {
            Some(Step::By(rows)) => self.tree.move_by(tree, rows),
            Some(Step::First) => self.tree.first(tree),
            Some(Step::Last) => self.tree.live_end(tree),
            None => {
                let changed = match action {
                    Action::ToggleFold => self.tree.toggle_fold(tree),
                    Action::Fold => self.tree.set_folded(tree, true),
                    Action::Unfold => self.tree.set_folded(tree, false),
                    Action::FoldAll => {
                        self.tree.toggle_all(tree);
                        true
                    }
                    Action::Left => {
                        self.tree.set_folded(tree, true) || {
                            self.tree.go_to_parent(tree);
                            false
                        }
                    }
                    Action::Right => {
                        self.tree.set_folded(tree, false) || {
                            self.tree.go_to_child(tree);
                            false
                        }
                    }
                    _ => false,
                };
                if changed {
                    self.rows_changed();
                }
            }
        }
        self.details_of = None;
    }

    fn perform_in_table(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        let tree = scene.model.tree();
        self.details_of = None;
        match (step(action, self.table.window.height), action) {
            (Some(Step::By(rows)), _) => self.table.move_by(tree, rows),
            (Some(Step::First), _) => self.table.go_to_end(tree, Anchor::First),
            (Some(Step::Last), _) => self.table.go_to_end(tree, Anchor::Last),
            (None, Action::SortNext) => self.table.sort_by(1),
            (None, Action::SortPrevious) => self.table.sort_by(-1),
            (None, Action::SortByLife) => self.table.sort_on(Column::Life),
            (None, Action::SortByCpu) => self.table.sort_on(Column::Cpu),
            (None, Action::SortByMemory) => self.table.sort_on(Column::Rss),
            (None, Action::Invert) => self.table.invert(),
            (None, Action::Columns) => {
                return self.enter(Mode::Columns(Chooser::new(&self.table.columns)));
            }
            _ => return Request::None,
        }
        self.rows_changed();
        Request::Redraw
    }

    fn perform_in_failures(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        self.details_of = None;
        match (step(action, self.failures.window.height), action) {
            (Some(Step::By(rows)), _) => self.failures.move_by(scene.model, rows),
            (Some(Step::First), _) => self.failures.go_to_end(scene.model, Anchor::First),
            (Some(Step::Last), _) => self.failures.go_to_end(scene.model, Anchor::Last),
            (None, Action::ToTree) => self.switch_view(View::Tree, scene),
            _ => return Request::None,
        }
        Request::Redraw
    }

    fn toggle_pause(&mut self) -> Request {
        self.clock = match self.clock {
            Clock::Running => Clock::Paused,
            Clock::Paused => Clock::Running,
        };
        Request::Pause(self.clock == Clock::Paused)
    }

    /// The panes that can be reached, in order.
    fn panes(&self, scene: &Scene<'_>) -> Vec<Pane> {
        let covered = self.details.is_some() && self.layout(scene, self.area()).divider.is_empty();
        let mut panes = vec![Pane::Tree];
        if !covered {
            panes.push(self.lower.pane());
        }
        if self.details.is_some() {
            panes.push(Pane::Details);
        }
        panes
    }

    fn move_focus(&mut self, by: isize, scene: &Scene<'_>) {
        let panes = self.panes(scene);
        let at = panes.iter().position(|&pane| pane == self.focus).unwrap_or(0);
        let next = at.saturating_add(panes.len()).saturating_add_signed(by) % panes.len().max(1);
        self.focus = panes.get(next).copied().unwrap_or(Pane::Tree);
    }

    /// The focus goes to a pane that is on the screen: to this one, when the one that had it is not.
    fn keep_in_sight(&mut self, pane: Pane, scene: &Scene<'_>) {
        let layout = self.layout(scene, self.area());
        if layout.area_of(self.focus).is_empty() || layout.area_of(pane).is_empty() {
            self.focus = pane;
        }
    }

    fn toggle_details(&mut self, scene: &Scene<'_>) {
        let from_log = if self.focus == Pane::Log { self.log.current(scene.model) } else { None };
        let shown = self.details_of.or(self.selected());
        if self.details.is_some() && from_log.as_ref().is_none_or(|line| Some(line.id) == shown) {
            self.close_details();
            return;
        }
        if let Some(line) = from_log {
            let found = self.select(line.id, scene);
            self.details_of = (!found && line.id.pid != 0).then_some(line.id);
        }
        self.details.get_or_insert_with(DetailsView::default);
        self.keep_in_sight(Pane::Details, scene);
    }

    fn close_details(&mut self) {
        self.details = None;
        self.details_of = None;
        if self.focus == Pane::Details {
            self.focus = Pane::Tree;
        }
    }

    fn toggle_output(&mut self, scene: &Scene<'_>) {
        let was_lower = self.focus == self.lower.pane();
        self.lower = match self.lower {
            Lower::Log => Lower::Output,
            Lower::Output => Lower::Log,
        };
        if was_lower {
            self.focus = self.lower.pane();
        }
        self.uncover_lower(scene);
    }

    /// Where the details stand in the place of the lower pane they have to go.
    pub(super) fn uncover_lower(&mut self, scene: &Scene<'_>) {
        if !self.panes(scene).contains(&self.lower.pane()) {
            self.close_details();
        }
        if self.lower == Lower::Output {
            self.keep_in_sight(Pane::Output, scene);
        } else if self.focus == Pane::Output {
            self.focus = Pane::Log;
        }
    }

    fn give_keyboard(&mut self, scene: &Scene<'_>) -> Request {
        if !scene.command_runs() {
            self.told = Some("the command has ended".to_owned());
            return Request::Redraw;
        }
        self.lower = Lower::Output;
        self.uncover_lower(scene);
        self.focus = Pane::Output;
        self.mode = Mode::Keyboard;
        Request::ScrollOutput(-i32::MAX)
    }

    /// Esc: what lies on top goes first, then the past, the search, the filters, following, the view.
    fn back(&mut self, scene: &Scene<'_>) -> Request {
        if self.details.is_some() {
            self.close_details();
        } else if self.lower == Lower::Output {
            self.lower = Lower::Log;
            if self.focus == Pane::Output {
                self.focus = Pane::Tree;
            }
        } else if scene.model.instant().is_some() {
            return self.back_to_now();
        } else if (self.view == View::Timeline && self.timeline.clear_cursor())
            || self.search.take().is_some()
        {
        } else if !self.filters.is_empty() {
            self.filters = Filters::default();
            self.criteria_changed();
        } else if self.is_following() {
            self.toggle_following();
        } else if self.view != View::Tree {
            self.switch_view(View::Tree, scene);
        } else {
            return Request::None;
        }
        Request::Redraw
    }

    fn answer(&mut self, action: Action) -> Request {
        self.mode = Mode::Normal;
        match action {
            Action::Terminate => Request::TerminateCommand,
            Action::LeaveRunning => Request::LeaveCommandRunning,
            _ => Request::Redraw,
        }
    }

    fn perform_in_storms(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        self.told = None;
        match action {
            Action::Help => return self.enter(Mode::Help(0)),
            Action::Pause => return self.toggle_pause(),
            Action::SavePicture => return self.begin_picture(scene),
            Action::Back => return self.enter(Mode::Normal),
            Action::TreeView => self.leave_storms_to(View::Tree, scene),
            Action::TableView => self.leave_storms_to(View::Table, scene),
            Action::TimelineView => self.leave_storms_to(View::Timeline, scene),
            Action::FailuresView => self.leave_storms_to(View::Failures, scene),
            Action::NextPane => self.storms.switch(1),
            Action::PreviousPane => self.storms.switch(-1),
            Action::SortNext => self.storms.sort_by(1),
            Action::SortPrevious => self.storms.sort_by(-1),
            Action::Invert => self.storms.invert(),
            Action::Culprit => self.go_to_culprit(scene),
            Action::Accept => {
                if let Some(process) = self.storms.process() {
                    self.leave_storms_for(process, scene);
                }
            }
            action => match step(action, self.storms.height()) {
                Some(Step::By(rows)) => self.storms.move_by(rows),
                Some(Step::First) => self.storms.first(),
                Some(Step::Last) => self.storms.move_by(isize::MAX),
                None => return Request::None,
            },
        }
        Request::Redraw
    }

    /// By so many lines.
    pub(super) fn scroll_help(&mut self, lines: isize, scene: &Scene<'_>) -> Request {
        let Mode::Help(top) = self.mode else { return Request::None };
        let last = help::last_top(self.layout(scene, self.area()).body, &self.keymap, self.available(scene));
        self.enter(Mode::Help(top.min(last).saturating_add_signed(lines).min(last)))
    }

    fn perform_in_help(&mut self, action: Action, top: usize, scene: &Scene<'_>) -> Request {
        let body = self.layout(scene, self.area()).body;
        let last = help::last_top(body, &self.keymap, self.available(scene));
        let height = usize::from(body.height.saturating_sub(1));
        // The screen may have grown.
        let top = top.min(last);
        self.enter(match step(action, height) {
            Some(Step::By(lines)) => Mode::Help(top.saturating_add_signed(lines).min(last)),
            Some(Step::First) => Mode::Help(0),
            Some(Step::Last) => Mode::Help(last),
            None => Mode::Normal,
        })
    }
}

/// A movement, whatever it is that moves.
#[derive(Clone, Copy)]
enum Step {
    By(isize),
    First,
    Last,
}

fn step(action: Action, height: usize) -> Option<Step> {
    // A page keeps a line of the one before.
    let page = isize::try_from(height).unwrap_or(isize::MAX).saturating_sub(1).max(1);
    let half = (page / 2).max(1);
    Some(match action {
        Action::Up => Step::By(-1),
        Action::Down => Step::By(1),
        Action::PageUp => Step::By(-page),
        Action::PageDown => Step::By(page),
        Action::HalfPageUp => Step::By(-half),
        Action::HalfPageDown => Step::By(half),
        Action::First => Step::First,
        Action::LiveEnd => Step::Last,
        _ => return None,
    })
}
