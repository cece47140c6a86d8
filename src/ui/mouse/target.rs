//! What is under the pointer. It is asked of those who draw it, so that it is where one sees it.

use ratatui::layout::{Position, Rect};

use super::Place;
use crate::model::table::Column;
use crate::ui::action::Action;
use crate::ui::details::Tab;
use crate::ui::layout::{self, Layout};
use crate::ui::mode::{Mode, Pane};
use crate::ui::paint::line_of;
use crate::ui::scene::Scene;
use crate::ui::storms::{self, StormColumn, Which};
use crate::ui::table::{self, Chooser};
use crate::ui::timeline;
use crate::ui::view::Ui;
use crate::ui::views::View;
use crate::ui::{failures, footer, log_pane, question, scrub, tree_pane};

/// Something on the screen. Lines are counted from the first that a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Pane(Pane),
    Row(Pane, usize),
    Heading(Column),
    /// The title of the pane beneath the tree.
    Split,
    /// The line beside the details.
    Divider,
    Page(Tab),
    /// A column of the timeline.
    Chart(usize),
    Scrub,
    Key(Action),
    Storms,
    StormRow(usize),
    StormHeading(StormColumn),
    StormTable(Which),
    Help,
    /// The list of columns, with the cursor on this one.
    Columns(Chooser),
    /// A menu or another list to choose from, wherever in it.
    Menu,
    Entry(usize),
    Answer(Action),
    /// Not the menu.
    Beside,
}

impl Target {
    pub(super) const fn place(self) -> Place {
        match self {
            Target::Pane(_) | Target::Storms | Target::Help | Target::Menu => Place::Pane,
            Target::Row(..) | Target::StormRow(_) => Place::Row,
            Target::Heading(_) | Target::StormHeading(_) => Place::Heading,
            Target::Split | Target::Divider => Place::Split,
            Target::Page(_) | Target::StormTable(_) => Place::Page,
            Target::Chart(_) => Place::Chart,
            Target::Scrub => Place::Scrub,
            Target::Key(_) => Place::Key,
            Target::Columns(_) | Target::Entry(_) | Target::Answer(_) => Place::Entry,
            Target::Beside => Place::Beside,
        }
    }
}

/// The rows at the lower end of what a pane contains.
fn list(content: Rect, rows: usize) -> Rect {
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(content.height);
    Rect { y: content.bottom() - height, height, ..content }
}

impl Ui {
    /// What is pointed at, from the outermost to the innermost. What lies beneath something else is not, and while the
    /// command has the keyboard nothing is.
    pub(super) fn targets(&self, at: Position, scene: &Scene<'_>) -> Vec<Target> {
        let layout = self.layout(scene, self.area());
        if matches!(self.mode, Mode::Keyboard) {
            return Vec::new();
        }
        if layout.footer.contains(at) {
            return self.key_at(&layout, at, scene).into_iter().collect();
        }
        let is_in_body = layout.body.contains(at);
        let keys = (&self.keymap, self.available(scene));
        match &self.mode {
            Mode::Normal => self.in_panes(&layout, at, scene),
            Mode::Storms if is_in_body => self.in_storms(layout.body, at),
            Mode::Help(_) if is_in_body => vec![Target::Help],
            Mode::Columns(chooser) if is_in_body => {
                let chooser = chooser.with_line(layout.body, &self.table.columns, &self.keymap, at.y);
                std::iter::once(Target::Menu).chain(chooser.map(Target::Columns)).collect()
            }
            Mode::Menu(menu) if is_in_body => match menu.entry_at(layout.body, keys, at.y) {
                Some(index) => vec![Target::Menu, Target::Entry(index)],
                None => vec![Target::Beside],
            },
            Mode::Leaving if is_in_body => {
                question::answer_at(layout.body, keys, at.y).map(Target::Answer).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn key_at(&self, layout: &Layout, at: Position, scene: &Scene<'_>) -> Option<Target> {
        if scene.notice.is_some() && layout.notice.is_empty() {
            // It stands in their place.
            return None;
        }
        let bindings = self.keymap.bindings(&self.mode, self.focus, self.available(scene));
        let key = footer::key_at(layout.footer, &self.outcome_in_footer(), bindings, at.x)?;
        Some(Target::Key(key.row.action))
    }

    fn in_panes(&self, layout: &Layout, at: Position, scene: &Scene<'_>) -> Vec<Target> {
        if let Some(line) = line_of(layout.header, 1).filter(|line| line.contains(at)) {
            if scrub::is_bar(line, scene, &self.keymap, at.x) {
                return vec![Target::Scrub];
            }
            let is_way_back = scrub::is_way_back(line, scene, &self.keymap, at.x);
            return is_way_back.then_some(Target::Key(Action::Present)).into_iter().collect();
        }
        if layout.divider.contains(at) {
            return vec![Target::Divider];
        }
        let panes = [Pane::Tree, Pane::Log, Pane::Output, Pane::Details];
        let Some(pane) = panes.into_iter().find(|&pane| layout.area_of(pane).contains(at)) else {
            return Vec::new();
        };
        let area = layout.area_of(pane);
        let mut targets = vec![Target::Pane(pane)];
        if layout::title(area).contains(at) {
            targets.extend((layout.lower() == Some(area)).then_some(Target::Split));
            if let Some(details) = self.details.as_ref().filter(|_| pane == Pane::Details) {
                targets.extend(details.tab_at(area, at.x).map(Target::Page));
            }
            return targets;
        }
        match pane {
            Pane::Tree => targets.extend(self.in_view(area, at, scene)),
            Pane::Log => {
                let line = usize::from(at.y - layout::content(area).y);
                let is_row = line < log_pane::rows(area) && self.log.visible(scene.model).nth(line).is_some();
                targets.extend(is_row.then_some(Target::Row(Pane::Log, line)));
            }
            Pane::Output | Pane::Details => {}
        }
        targets
    }

    /// In the pane of the view, beneath its title.
    fn in_view(&self, area: Rect, at: Position, scene: &Scene<'_>) -> Vec<Target> {
        let tree = scene.model.tree();
        let (rows, shown) = match self.view {
            View::Tree => (tree_pane::rows(area), self.tree.visible(tree).len()),
            View::Timeline => (timeline::rows(area), self.tree.visible(tree).len()),
            View::Table => (table::rows(area), self.table.visible(tree).len()),
            View::Failures => (failures::rows(area), self.failures.visible(tree).len()),
        };
        let list = list(layout::content(area), rows);
        let mut targets = Vec::new();
        if list.contains(at) {
            let line = usize::from(at.y - list.y);
            targets.extend((line < shown).then_some(Target::Row(Pane::Tree, line)));
        } else if at.y + 1 != list.y {
            return targets;
        } else if self.view == View::Table {
            targets.extend(table::column_at(&self.table.columns, area, at.x).map(Target::Heading));
        }
        if self.view == View::Timeline {
            targets.extend(timeline::chart_column_at(area, at.x).map(Target::Chart));
        }
        targets
    }

    fn in_storms(&self, area: Rect, at: Position) -> Vec<Target> {
        let mut targets = vec![Target::Storms];
        if layout::title(area).contains(at) {
            targets.extend(self.storms.table_at(area, at.x).map(Target::StormTable));
            return targets;
        }
        let list = list(layout::content(area), storms::rows(area));
        if list.contains(at) {
            let line = usize::from(at.y - list.y);
            targets.extend((line < self.storms.lines()).then_some(Target::StormRow(line)));
        } else if at.y + 1 == list.y {
            targets.extend(self.storms.column_at(area, at.x).map(Target::StormHeading));
        }
        targets
    }
}
