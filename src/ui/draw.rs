//! The whole screen, drawn from the view's state.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::ascii;
use super::failures::FailuresPane;
use super::filter_bar;
use super::footer;
use super::header;
use super::help;
use super::layout::Layout;
use super::log_pane::LogPane;
use super::mode::{Mode, Pane};
use super::notice;
use super::orientation;
use super::output_pane::{self, Keyboard};
use super::paint::{Canvas, Piece};
use super::question;
use super::rows::Filtering;
use super::scene::Scene;
use super::search::{Found, Search};
use super::storms::StormsPane;
use super::table::TablePane;
use super::theme::Role;
use super::timeline::TimelinePane;
use super::tree_pane::TreePane;
use super::view::{Clock, Ui};
use super::views::View;
use crate::text;

impl Ui {
    /// Draws; changes nothing.
    pub fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>) {
        let layout = self.layout(scene, frame.area());
        let mut canvas = Canvas { buffer: frame.buffer_mut(), theme: self.theme };
        header::draw(layout.header, scene, self.clock == Clock::Paused, &self.keymap, &mut canvas);
        self.draw_panes(&layout, scene, &mut canvas);
        self.draw_bars(&layout, scene, &mut canvas);
        self.draw_overlay(&layout, scene, &mut canvas);
        if self.ascii {
            ascii::downgrade(canvas.buffer);
        }
        if let Some(position) = self.cursor(&layout, scene) {
            frame.set_cursor_position(position);
        }
    }

    fn draw_panes(&self, layout: &Layout, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let has_keys = |pane| self.focus == pane && matches!(self.mode, Mode::Normal | Mode::Prompt(_));
        match self.view {
            View::Tree => self.draw_tree(layout.tree, scene, has_keys(Pane::Tree), canvas),
            View::Timeline => self.draw_timeline(layout.tree, scene, has_keys(Pane::Tree), canvas),
            View::Table => self.draw_table(layout.tree, scene, has_keys(Pane::Tree), canvas),
            View::Failures => self.draw_failures(layout.tree, scene, has_keys(Pane::Tree), canvas),
        }
        let log = LogPane {
            scene,
            view: &self.log,
            selected: self.selected(),
            filtered: !self.in_force.is_empty(),
            filter: &self.criteria.filter,
            search: self.search.as_ref(),
            keymap: &self.keymap,
            focused: has_keys(Pane::Log),
        };
        log.draw(layout.log, canvas);
        if let Some(command) = &scene.command {
            let keyboard = match self.mode {
                Mode::Keyboard => Keyboard::TheCommands(self.keymap.key_of(Action::TakeKeyboard)),
                _ => Keyboard::Ours(self.keymap.key_of(Action::GiveKeyboard)),
            };
            output_pane::draw(layout.output, command, &keyboard, has_keys(Pane::Output), canvas);
        }
        if let Some(details) = &self.details {
            details.draw(layout.details, has_keys(Pane::Details), canvas);
        }
        for row in layout.divider.rows() {
            canvas.text(row, 0, "│", Role::Faint);
        }
    }

    fn draw_tree(&self, area: Rect, scene: &Scene<'_>, focused: bool, canvas: &mut Canvas<'_>) {
        let tree = TreePane {
            scene,
            view: &self.tree,
            criteria: &self.criteria,
            in_force: &self.in_force,
            search: self.search.as_ref(),
            flash: self.flash(scene),
            keymap: &self.keymap,
            focused,
        };
        tree.draw(area, canvas);
    }

    fn draw_table(&self, area: Rect, scene: &Scene<'_>, focused: bool, canvas: &mut Canvas<'_>) {
        let table = TablePane {
            scene,
            view: &self.table,
            filters: Filtering { criteria: &self.criteria, in_force: &self.in_force },
            search: self.search.as_ref(),
            flash: self.flash(scene),
            keymap: &self.keymap,
            focused,
            is_complete: self.is_view_complete(),
        };
        table.draw(area, canvas);
    }

    fn draw_failures(&self, area: Rect, scene: &Scene<'_>, focused: bool, canvas: &mut Canvas<'_>) {
        let failures = FailuresPane {
            scene,
            view: &self.failures,
            filters: Filtering { criteria: &self.criteria, in_force: &self.in_force },
            search: self.search.as_ref(),
            keymap: &self.keymap,
            focused,
            is_complete: self.is_view_complete(),
        };
        failures.draw(area, canvas);
    }

    fn draw_timeline(&self, area: Rect, scene: &Scene<'_>, focused: bool, canvas: &mut Canvas<'_>) {
        let timeline = TimelinePane {
            scene,
            view: &self.timeline,
            rows: &self.tree,
            filters: Filtering { criteria: &self.criteria, in_force: &self.in_force },
            flash: self.flash(scene),
            keymap: &self.keymap,
            focused,
        };
        timeline.draw(area, canvas);
    }

    fn draw_bars(&self, layout: &Layout, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        if let Mode::Prompt(prompt) = &self.mode {
            filter_bar::draw(layout.prompt, prompt, self.outcome().as_ref(), canvas);
        }
        match scene.notice {
            // There is no room but in the place of the keys.
            Some(notice) if layout.notice.is_empty() => notice::draw(layout.footer, notice, canvas),
            notice => {
                match notice {
                    Some(notice) => notice::draw(layout.notice, notice, canvas),
                    None if self.orientation => orientation::draw(layout.notice, scene, &self.keymap, canvas),
                    None => {}
                }
                let bindings = self.keymap.bindings(&self.mode, self.focus, self.available(scene));
                footer::draw(layout.footer, &self.outcome_in_footer(), bindings, canvas);
            }
        }
    }

    /// What the search came to.
    fn outcome(&self) -> Option<Piece> {
        let role = |found| if found == Found::Nothing { Role::Failed } else { Role::Notice };
        self.found.map(|found| Piece::new(found.to_string(), role(found)))
    }

    /// What is to be said about the last key: of a search what was searched for, too.
    pub(super) fn outcome_in_footer(&self) -> Vec<Piece> {
        if let Some(told) = &self.told {
            return vec![Piece::new(told.as_str(), Role::Notice)];
        }
        let Some(outcome) = self.outcome().filter(|_| !matches!(self.mode, Mode::Prompt(_))) else {
            return Vec::new();
        };
        let text = self.search.as_ref().map_or("match", Search::text);
        let text = text::sanitise(text.as_bytes());
        vec![Piece::new(format!("{} ", text::truncate(&text, 20)), Role::Strong), outcome]
    }

    fn draw_overlay(&self, layout: &Layout, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let keys = (&self.keymap, self.available(scene));
        match (&self.mode, &scene.command) {
            (Mode::Storms, _) => {
                StormsPane { scene, view: &self.storms }.draw(layout.body, canvas);
            }
            (Mode::Prompt(prompt), _) => {
                if let Some(completion) = &prompt.completion {
                    completion.draw(layout.body, canvas);
                }
            }
            (Mode::Help(top), _) => help::draw(layout.body, *top, keys, canvas),
            (Mode::Columns(chooser), _) => {
                chooser.draw(layout.body, &self.table.columns, &self.keymap, canvas);
            }
            (Mode::Menu(menu), _) => menu.draw(layout.body, scene, keys, canvas),
            (Mode::Leaving, Some(command)) => question::draw(layout.body, command, keys, canvas),
            _ => {}
        }
    }

    fn cursor(&self, layout: &Layout, scene: &Scene<'_>) -> Option<Position> {
        match (&self.mode, &scene.command) {
            (Mode::Prompt(prompt), _) => filter_bar::cursor(layout.prompt, prompt, self.outcome().as_ref()),
            (Mode::Keyboard, Some(command)) => output_pane::cursor(layout.output, command.screen),
            _ => None,
        }
    }
}
