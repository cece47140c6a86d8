//! What typing into a prompt does: filters and searches as they are typed, kept or taken back.

use super::action::Action;
use super::completion::Turn;
use super::failures::FailuresPlace;
use super::filters::{FilterKind, Filters, Mistake};
use super::log_view::LogPlace;
use super::mode::{Mode, Pane};
use super::prompt::{Prompt, Purpose};
use super::save;
use super::scene::Scene;
use super::search::{Search, Way};
use super::table::TablePlace;
use super::tree_view::TreePlace;
use super::view::{Request, Ui};
use super::views::View;
use crate::model::event::ProcessId;

/// What a cancelled edit of a filter goes back to.
#[derive(Debug)]
pub(super) struct BeforeFilter {
    filters: Filters,
    selected: Option<ProcessId>,
}

/// What a cancelled search goes back to.
#[derive(Debug)]
pub(super) struct BeforeSearch {
    tree: TreePlace,
    table: TablePlace,
    failures: FailuresPlace,
    log: LogPlace,
    focus: Pane,
    search: Option<Search>,
}

impl Ui {
    pub(super) fn edit(&mut self, kind: FilterKind) -> Request {
        let before = BeforeFilter { filters: self.filters.clone(), selected: self.selected() };
        let prompt = Prompt::new(Purpose::Filter(kind, before), self.filters.text(kind));
        self.enter(Mode::Prompt(Box::new(prompt)))
    }

    pub(super) fn begin_search(&mut self) -> Request {
        let before = BeforeSearch {
            tree: self.tree.place(),
            table: self.table.place(),
            failures: self.failures.place(),
            log: self.log.place(),
            focus: self.focus,
            search: self.search.clone(),
        };
        // Elsewhere there is nothing to search in.
        if self.focus != Pane::Log {
            self.focus = Pane::Tree;
        }
        self.enter(Mode::Prompt(Box::new(Prompt::new(Purpose::Search(before), ""))))
    }

    pub(super) fn begin_picture(&mut self, scene: &Scene<'_>) -> Request {
        let before = Box::new(std::mem::replace(&mut self.mode, Mode::Normal));
        let prompt = Prompt::new(Purpose::Picture(before), &save::proposed_name(scene));
        self.enter(Mode::Prompt(Box::new(prompt)))
    }

    /// The text in the prompt has changed.
    pub(super) fn prompt_edited(&mut self, scene: &Scene<'_>) -> Request {
        // Put back below: what the edit leads to is a matter of the whole view.
        let Mode::Prompt(mut prompt) = std::mem::replace(&mut self.mode, Mode::Normal) else {
            return Request::None;
        };
        let text = prompt.input.value();
        prompt.mistake = match &prompt.purpose {
            Purpose::Filter(kind, _) => self.filters.set(*kind, text, scene.users, &self.saved).err(),
            Purpose::Search(before) => self.search_typed(text, before, scene).err(),
            Purpose::Picture(_) => save::format(text).err(),
            Purpose::Instant => self.instant_typed(text, scene).err(),
        };
        let is_right = prompt.mistake.is_none();
        let was_selected = match &prompt.purpose {
            Purpose::Filter(_, before) => Some(before.selected),
            Purpose::Search(_) | Purpose::Picture(_) | Purpose::Instant => None,
        };
        self.mode = Mode::Prompt(prompt);
        if let Some(was_selected) = was_selected.filter(|_| is_right) {
            self.criteria_changed();
            self.wants_match = true;
            self.prepare(scene, self.area());
            // What was selected may have had no row while the text was half typed.
            if let Some(id) = was_selected {
                self.select_again(id, scene);
            }
            self.find_match(scene);
        }
        Request::Redraw
    }

    /// Searches from where the search began.
    fn search_typed(&mut self, text: &str, before: &BeforeSearch, scene: &Scene<'_>) -> Result<(), Mistake> {
        self.found = None;
        self.return_to(before, scene);
        if let Some(search) = Search::new(text)? {
            self.search = Some(search);
            self.seek(Way::Here, scene);
        }
        Ok(())
    }

    fn return_to(&mut self, before: &BeforeSearch, scene: &Scene<'_>) {
        self.search.clone_from(&before.search);
        self.log.restore(before.log);
        if self.tree.restore_folds(&before.tree) {
            self.rows_changed();
            self.prepare(scene, self.area());
        }
        self.tree.restore(scene.model.tree(), &before.tree);
        self.table.restore(scene.model.tree(), &before.table);
        self.failures.restore(scene.model.tree(), &before.failures);
    }

    /// A key that is bound in a prompt.
    pub(super) fn perform_in_prompt(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        let Mode::Prompt(prompt) = &mut self.mode else { return Request::None };
        let history = self.histories.of(prompt);
        let has_list = prompt.completion.is_some();
        let changed = match action {
            Action::Complete => prompt.complete(Turn::Next, scene, &self.saved),
            Action::CompleteBack => prompt.complete(Turn::Previous, scene, &self.saved),
            Action::Newer if has_list => prompt.complete(Turn::Next, scene, &self.saved),
            Action::Older if has_list => prompt.complete(Turn::Previous, scene, &self.saved),
            Action::Older => history.is_some_and(|history| prompt.recall_older(history)),
            Action::Newer => history.is_some_and(|history| prompt.recall_newer(history)),
            Action::Cancel if has_list => prompt.take_completion_back(),
            Action::Accept if has_list && prompt.mistake.is_some() => {
                prompt.completion = None;
                return Request::Redraw;
            }
            _ => return self.end_edit(action, scene),
        };
        if changed { self.prompt_edited(scene) } else { Request::None }
    }

    fn end_edit(&mut self, action: Action, scene: &Scene<'_>) -> Request {
        let Mode::Prompt(prompt) = std::mem::replace(&mut self.mode, Mode::Normal) else {
            return Request::None;
        };
        if action == Action::Accept && prompt.mistake.is_some() {
            self.mode = Mode::Prompt(prompt);
            return Request::None;
        }
        if action == Action::Accept {
            self.histories.keep(&prompt);
        }
        match prompt.purpose {
            Purpose::Picture(before) => {
                self.mode = *before;
                let name = prompt.input.value().trim_end();
                if let (Action::Accept, Ok(format)) = (action, save::format(name)) {
                    return Request::SavePicture { name: name.to_owned(), format };
                }
            }
            Purpose::Instant => {
                let typed = self.instant_typed(prompt.input.value(), scene);
                if let (Action::Accept, Ok(at_ns)) = (action, typed) {
                    return self.look_at(at_ns, scene);
                }
            }
            _ if action == Action::Accept => {}
            Purpose::Filter(_, before) => {
                self.filters = before.filters;
                self.wants_match = false;
                self.criteria_changed();
                self.prepare(scene, self.area());
                if let Some(id) = before.selected {
                    self.select_again(id, scene);
                }
            }
            Purpose::Search(before) => {
                self.found = None;
                self.return_to(&before, scene);
                self.focus = before.focus;
            }
        }
        Request::Redraw
    }

    /// To the next or the previous match of the search that is in force, else of the filters.
    pub(super) fn search_on(&mut self, way: Way, scene: &Scene<'_>) -> Request {
        if self.focus != Pane::Log {
            self.focus = Pane::Tree;
        }
        self.seek(way, scene);
        Request::Redraw
    }

    fn seek(&mut self, way: Way, scene: &Scene<'_>) {
        let search = self.search.as_ref();
        if self.focus == Pane::Log {
            let (place, found) = self.log.look_for(scene.model, search, way);
            self.found = Some(found);
            if let Some(place) = place {
                self.log.go_to_place(place);
            }
            return;
        }
        let tree = scene.model.tree();
        self.details_of = None;
        let (place, found) = match self.view {
            View::Tree | View::Timeline => return self.seek_in_tree(way, scene),
            View::Table => self.table.look_for(tree, search, way),
            View::Failures => self.failures.look_for(scene.model, search, way, scene.now_ns),
        };
        self.found = Some(found);
        match (place, self.view) {
            (Some(place), View::Table) => self.table.go_to(tree, place),
            (Some(place), View::Failures) => self.failures.go_to(scene.model, place),
            _ => {}
        }
    }

    fn seek_in_tree(&mut self, way: Way, scene: &Scene<'_>) {
        let (tree, search) = (scene.model.tree(), self.search.as_ref());
        let (key, found) = self.tree.look_for(tree, search, way, scene.now_ns);
        self.found = Some(found);
        let Some(key) = key else { return };
        if self.tree.uncover(tree, key) {
            self.rows_changed();
            self.prepare(scene, self.area());
        }
        self.tree.go_to_node(tree, key);
    }
}
