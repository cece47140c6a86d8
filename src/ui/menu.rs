//! What can be done with one process: a list to choose from by its keys or by moving, a list of signals, and the question
//! before one is sent.

use ratatui::layout::Rect;

use super::action::Action;
use super::command_text::{self, Naming};
use super::details::Subject;
use super::keymap::{Available, Bound, Context, Group, Keymap};
use super::mode::{Mode, Pane};
use super::paint::{Canvas, Piece, line_of, scrolled_to};
use super::scene::Scene;
use super::theme::Role;
use super::view::{Request, Ui};
use crate::model::event::ProcessId;
use crate::model::process::Process;
use crate::text;

/// The signals that are offered, and what they are for. The first one is the one that is mostly meant.
const SIGNALS: [(u8, &str); 11] = [
    (15, "end it; it may clean up, or refuse"),
    (9, "end it at once; it can't refuse"),
    (2, "interrupt it, as Ctrl-C does"),
    (1, "hang up; many services read their settings again"),
    (3, "quit, mostly with a core dump"),
    (6, "abort, mostly with a core dump"),
    (19, "stop it"),
    (18, "let it go on"),
    (10, "whatever it takes it for"),
    (12, "whatever it takes it for"),
    (28, "its terminal has another size"),
];

/// Which of the lists it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Everything.
    All,
    /// The signals.
    Signals,
    /// Whether this one is to be sent.
    Sure(u8),
}

/// An open menu.
#[derive(Clone, Copy, Debug)]
pub(super) struct Menu {
    /// About whom: chosen when it was opened, wherever the selection goes meanwhile.
    pub(super) of: ProcessId,
    pub(super) page: Page,
    at: usize,
}

impl Menu {
    pub(super) const fn new(of: ProcessId, page: Page) -> Self {
        Self { of, page, at: 0 }
    }

    /// The entries: a key and its meaning, each.
    fn entries(self, (keymap, available): (&Keymap, Available)) -> Vec<(String, String)> {
        let of_bound = |bound: &Bound| (bound.key_name(), bound.help.clone());
        match self.page {
            Page::All => items(keymap, available).map(of_bound).collect(),
            Page::Signals => {
                let named = |&(signal, about): &(u8, &str)| {
                    (text::signal_name(signal).into_owned(), about.to_owned())
                };
                SIGNALS.iter().map(named).collect()
            }
            Page::Sure(_) => {
                keymap.bound.iter().filter(|bound| bound.row.context == Context::Sure).map(of_bound).collect()
            }
        }
    }

    /// The first entry that is shown.
    fn top(self, area: Rect, entries: usize) -> usize {
        scrolled_to(0, self.at, usize::from(area.height.saturating_sub(1)), entries)
    }

    /// The entry in this line of the screen; `None` beside the menu.
    pub(super) fn entry_at(self, area: Rect, keys: (&Keymap, Available), y: u16) -> Option<usize> {
        let entries = self.entries(keys).len();
        let area = beneath(area, entries);
        let line = usize::from(y.checked_sub(area.y)?.checked_sub(1)?);
        Some(self.top(area, entries) + line).filter(|&index| index < entries && y < area.bottom())
    }

    fn title(self, scene: &Scene<'_>) -> String {
        let name = command_text::name(scene.model.tree(), self.of);
        match self.page {
            Page::All => name,
            Page::Signals => format!("Which signal for {name}?"),
            Page::Sure(signal) => format!("Send {} to {name}?", text::signal_name(signal)),
        }
    }

    /// Draws it over the lower end of the area.
    pub(super) fn draw(
        self,
        area: Rect,
        scene: &Scene<'_>,
        keys: (&Keymap, Available),
        canvas: &mut Canvas<'_>,
    ) {
        let entries = self.entries(keys);
        let area = beneath(area, entries.len());
        canvas.clear(area);
        let command = process(scene, self.of)
            .map(|process| command_text::command(process, Naming::Whole, area.width.into()));
        let mut title = vec![Piece::new(self.title(scene), Role::Notice)];
        title.extend(command.map(|command| Piece::plain(format!("  {command}"))));
        canvas.title(Rect { height: area.height.min(1), ..area }, true, &title, &[]);
        let top = self.top(area, entries.len());
        let keys = entries.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
        for (index, (key, meaning)) in entries.iter().enumerate().skip(top) {
            let Some(line) = line_of(area, index - top + 1) else { break };
            canvas.text(line, 2, key, Role::Strong);
            canvas.text(line, 4 + keys, meaning, Role::Plain);
            // Nothing is preselected where a slip of the finger could send it.
            if index == self.at && !matches!(self.page, Page::Sure(_)) {
                canvas.text(line, 0, "▸", Role::Strong);
                canvas.overlay(line, canvas.theme.selection(true, Role::Plain));
            }
        }
    }
}

/// The lower end of an area, with room for a title and so many entries.
fn beneath(area: Rect, entries: usize) -> Rect {
    let height = u16::try_from(entries + 1).unwrap_or(u16::MAX).min(area.height);
    Rect { y: area.bottom() - height, height, ..area }
}

/// What can be chosen.
fn items(keymap: &Keymap, available: Available) -> impl Iterator<Item = &Bound> {
    let of_menu = |bound: &&Bound| bound.row.context == Context::Menu && bound.row.group == Group::Row;
    keymap.bound.iter().filter(of_menu).filter(move |bound| bound.row.is_available(available))
}

/// A process of the tree.
pub(super) fn process<'a>(scene: &Scene<'a>, id: ProcessId) -> Option<Process<'a>> {
    let tree = scene.model.tree();
    tree.get(tree.find(id)?)
}

impl Ui {
    /// Opens a menu for the selected process, in the log for the line's.
    pub(super) fn open_menu(&mut self, page: Page, scene: &Scene<'_>) -> Request {
        match self.meant(scene) {
            Some(of) if page == Page::Signals => self.ask_for_signal(of, scene),
            Some(of) => self.enter(Mode::Menu(Menu::new(of, page))),
            None => self.tell_that_none_is_meant(scene),
        }
    }

    /// The process that what is done is done with: the selected one, in the log the line's.
    pub(super) fn meant(&self, scene: &Scene<'_>) -> Option<ProcessId> {
        match self.focus {
            Pane::Log => self.log.current(scene.model).map(|line| line.id).filter(|id| id.pid != 0),
            _ => self.details_of.or(self.selected()),
        }
    }

    /// Says why there is no such process.
    pub(super) fn tell_that_none_is_meant(&mut self, scene: &Scene<'_>) -> Request {
        let why = match (self.focus, self.subject(scene)) {
            (Pane::Log, _) if self.log.current(scene.model).is_some() => "this line is about no process",
            (Pane::Log, _) => "no line is selected",
            (_, Some(Subject::Group(..))) => "a row of many: {toggle-fold} opens it",
            _ => "no process is selected",
        };
        self.told = Some(self.keymap.with_keys(why));
        Request::Redraw
    }

    fn ask_for_signal(&mut self, of: ProcessId, scene: &Scene<'_>) -> Request {
        let why_not = match process(scene, of) {
            None => Some("is no longer kept"),
            Some(process) if process.is_zombie() => Some("has ended: it waits for its parent, signal that"),
            Some(process) if !process.is_alive() => Some("has ended"),
            Some(process) if process.is_kernel_thread() => Some("is a kernel thread, which takes no signals"),
            Some(process) if process.is_outside() => {
                Some("is not in this pid namespace, and can't be named here")
            }
            Some(_) => None,
        };
        if let Some(why_not) = why_not {
            self.told = Some(format!("{} {why_not}", command_text::name(scene.model.tree(), of)));
            return self.enter(Mode::Normal);
        }
        self.enter(Mode::Menu(Menu::new(of, Page::Signals)))
    }

    pub(super) fn perform_in_menu(&mut self, action: Action, menu: Menu, scene: &Scene<'_>) -> Request {
        let last = menu.entries((&self.keymap, self.available(scene))).len().saturating_sub(1);
        let at = match action {
            Action::Up => menu.at.checked_sub(1).unwrap_or(last),
            Action::Down if menu.at >= last => 0,
            Action::Down => menu.at + 1,
            Action::Cancel => return self.enter(Mode::Normal),
            _ => return self.choose(action, menu, scene),
        };
        self.enter(Mode::Menu(Menu { at, ..menu }))
    }

    /// What an entry stands for, as if it had been gone to and chosen. Of the question before a signal is sent each has its
    /// own key.
    pub(super) fn choose_entry(&mut self, index: usize, menu: Menu, scene: &Scene<'_>) -> Request {
        let mut answers = self.keymap.bound.iter().filter(|bound| bound.row.context == Context::Sure);
        let action = match menu.page {
            Page::All | Page::Signals => Some(Action::Accept),
            Page::Sure(_) => answers.nth(index).map(|bound| bound.row.action),
        };
        let menu = Menu { at: index, ..menu };
        action.map_or(Request::None, |action| self.perform_in_menu(action, menu, scene))
    }

    fn choose(&mut self, action: Action, menu: Menu, scene: &Scene<'_>) -> Request {
        match (menu.page, action) {
            (Page::All, Action::Accept) => {
                let chosen = items(&self.keymap, self.available(scene)).nth(menu.at);
                let chosen = chosen.map(|bound| bound.row.action);
                chosen.map_or(Request::None, |action| self.choose(action, menu, scene))
            }
            (Page::All, Action::SendSignal) => self.ask_for_signal(menu.of, scene),
            (Page::All, action) => {
                self.mode = Mode::Normal;
                self.follow_up(action, menu.of, scene)
            }
            (Page::Signals, _) => {
                let Some(&(signal, _)) = SIGNALS.get(menu.at) else { return Request::None };
                self.enter(Mode::Menu(Menu::new(menu.of, Page::Sure(signal))))
            }
            (Page::Sure(signal), _) => {
                self.mode = Mode::Normal;
                Request::Signal(menu.of, signal)
            }
        }
    }
}
