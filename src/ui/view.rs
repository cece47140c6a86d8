//! The view's state as a whole, and its boundary to the application.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::ascii;
use super::bindings::BINDINGS;
use super::details;
use super::details_pane::{self, DetailsView};
use super::filter_bar;
use super::filters::Filters;
use super::footer;
use super::header;
use super::help;
use super::keymap::Available;
use super::layout::{Layout, Wanted};
use super::log_pane::{self, LogPane};
use super::log_view::LogView;
use super::mode::{Lower, Mode, Pane};
use super::output_pane::{self, Keyboard};
use super::paint::Canvas;
use super::question;
use super::scene::{Origin, Scene};
use super::theme::{ColourLevel, Role, Theme};
use super::tree_pane::{self, TreePane};
use super::tree_view::{Scroll, TreeView};
use crate::model::event::ProcessId;
use crate::model::filter::Filter;
use crate::model::view::Criteria;
use crate::text;

/// How the view begins.
#[derive(Clone, Debug, Default)]
pub struct UiOptions {
    /// The filter that is in force at first.
    pub filter: Filter,
    /// The minimum duration that is in force at first, in nanoseconds.
    pub min_duration_ns: u64,
    /// Draw with ASCII characters only.
    pub ascii: bool,
    /// The colours that may be used.
    pub colours: ColourLevel,
}

/// What the application has to do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Nothing; the screen stays as it is.
    None,
    /// Draw anew.
    Redraw,
    /// Clear the terminal and draw everything anew.
    Repaint,
    /// End. Asked for only when no command runs.
    Quit,
    /// Give the terminal back and stop, as Ctrl-Z does.
    Suspend,
    /// From now on give frozen scenes (true) or current ones again (false).
    Pause(bool),
    /// Hand this key to the command's terminal.
    ToCommand(KeyEvent),
    /// Hand this text to the command's terminal as a paste.
    PasteToCommand(String),
    /// Scroll the command's output back by so many lines, forward where negative; beyond its ends it stops there.
    ScrollOutput(i32),
    /// Terminate the command, then end.
    TerminateCommand,
    /// End and let the command run on.
    LeaveCommandRunning,
}

/// Whether time passes on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Running,
    Paused,
}

/// What the caches were computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prepared {
    version: u64,
    revision: u64,
    now_ns: u64,
    area: Rect,
}

/// All state of the view.
#[derive(Debug)]
pub struct Ui {
    theme: Theme,
    ascii: bool,
    pub(super) mode: Mode,
    pub(super) focus: Pane,
    pub(super) lower: Lower,
    pub(super) clock: Clock,
    pub(super) filters: Filters,
    pub(super) criteria: Criteria,
    /// The filters as texts, for titles.
    in_force: Vec<String>,
    pub(super) tree: TreeView,
    pub(super) log: LogView,
    /// Open where there is one.
    pub(super) details: Option<DetailsView>,
    /// Whose details are shown, where it is not the selected process.
    pub(super) details_of: Option<ProcessId>,
    /// Counts changes of criteria and folds.
    revision: u64,
    prepared: Option<Prepared>,
}

impl Ui {
    /// A view of everything that the options let through.
    pub fn new(options: UiOptions) -> Self {
        let mut ui = Self {
            theme: Theme::new(options.colours),
            ascii: options.ascii,
            mode: Mode::Normal,
            focus: Pane::Tree,
            lower: Lower::Log,
            clock: Clock::Running,
            filters: Filters::new(options.filter, options.min_duration_ns),
            criteria: Criteria::default(),
            in_force: Vec::new(),
            tree: TreeView::new(),
            log: LogView::default(),
            details: None,
            details_of: None,
            revision: 0,
            prepared: None,
        };
        ui.criteria_changed();
        ui
    }

    /// Takes in a key and tells what the application has to do.
    pub fn on_key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Request {
        self.prepare(scene, self.area());
        let request = self.take_key(key, scene);
        self.prepare(scene, self.area());
        request
    }

    /// Takes in pasted text.
    pub fn on_paste(&mut self, text: &str, scene: &Scene<'_>) -> Request {
        let request = self.take_paste(text, scene);
        self.prepare(scene, self.area());
        request
    }

    /// The screen that was prepared last.
    pub(super) fn area(&self) -> Rect {
        self.prepared.map(|prepared| prepared.area).unwrap_or_default()
    }

    /// The filters changed, or what else decides which rows there are.
    pub(super) fn criteria_changed(&mut self) {
        self.filters.apply(&mut self.criteria);
        self.in_force = self.filters.in_force();
        self.log.reset();
        self.rows_changed();
    }

    /// There are other rows, at the next preparation.
    pub(super) fn rows_changed(&mut self) {
        self.revision += 1;
    }

    pub(super) fn available(scene: &Scene<'_>) -> Available {
        Available { live: !scene.is_over(), command: scene.command.is_some() }
    }

    fn wanted(&self, scene: &Scene<'_>, width: u16) -> Wanted {
        let prompt = match &self.mode {
            Mode::Prompt(prompt) => filter_bar::height(prompt, width),
            _ => 0,
        };
        Wanted {
            lower: self.lower,
            details: self.details.is_some(),
            focus: self.focus,
            prompt,
            notice: scene.notice.is_some(),
        }
    }

    pub(super) fn layout(&self, scene: &Scene<'_>, area: Rect) -> Layout {
        Layout::new(area, self.wanted(scene, area.width))
    }

    /// Brings everything that is computed from the scene up to date. To be called before [`Ui::draw`], whenever
    /// the scene or the size of the screen has changed.
    pub fn prepare(&mut self, scene: &Scene<'_>, area: Rect) {
        self.leave_modes_without_sense(scene);
        if self.prepared.is_none() && scene.command.is_some() {
            self.tree.set_scroll(Scroll::Tail);
        }
        let layout = self.layout(scene, area);
        self.tree.resize(tree_pane::rows(layout.tree));
        self.log.resize(log_pane::rows(layout.log));
        let next =
            Prepared { version: scene.model.version(), revision: self.revision, now_ns: scene.now_ns, area };
        if self.are_rows_stale(next) {
            self.tree.rebuild(scene.model, &self.criteria, scene.now_ns);
            if self.prepared.is_some_and(|before| before.version > next.version) {
                self.log.reset();
            }
            self.log.update(scene.model, &self.criteria);
        }
        self.prepared = Some(next);
        self.prepare_details(scene, layout.details);
    }

    fn are_rows_stale(&self, next: Prepared) -> bool {
        let Some(before) = self.prepared else { return true };
        let ages_count = self.criteria.min_duration_ns > 0 || !self.criteria.filter.is_empty();
        (before.version, before.revision) != (next.version, next.revision)
            || (ages_count && before.now_ns != next.now_ns)
    }

    fn prepare_details(&mut self, scene: &Scene<'_>, area: Rect) {
        let of = self.details_of.or(self.tree.selected());
        let Some(view) = &mut self.details else { return };
        let lines = of.map(|of| details::lines(scene, of, details_pane::text_width(area)));
        view.set(of, lines.unwrap_or_default(), log_pane::rows(area));
    }

    /// A command that has ended needs no keyboard and no question.
    fn leave_modes_without_sense(&mut self, scene: &Scene<'_>) {
        if matches!(self.mode, Mode::Keyboard | Mode::Leaving) && !scene.command_runs() {
            self.mode = Mode::Normal;
        }
        if scene.command.is_none() && self.lower == Lower::Output {
            self.lower = Lower::Log;
        }
        let gone = match self.focus {
            Pane::Tree => false,
            Pane::Details => self.details.is_none(),
            pane => pane != self.lower.pane(),
        };
        if gone {
            self.focus = if self.focus == Pane::Details { Pane::Tree } else { self.lower.pane() };
        }
    }

    /// Draws; changes nothing.
    pub fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>) {
        let layout = self.layout(scene, frame.area());
        let mut canvas = Canvas { buffer: frame.buffer_mut(), theme: self.theme };
        header::draw(layout.header, scene, self.clock == Clock::Paused, &mut canvas);
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
        let tree = TreePane {
            scene,
            view: &self.tree,
            criteria: &self.criteria,
            in_force: &self.in_force,
            focused: has_keys(Pane::Tree),
        };
        tree.draw(layout.tree, canvas);
        let log = LogPane {
            scene,
            view: &self.log,
            selected: self.tree.selected(),
            filtered: !self.in_force.is_empty(),
            focused: has_keys(Pane::Log),
        };
        log.draw(layout.log, canvas);
        if let Some(command) = &scene.command {
            let keyboard = match self.mode {
                Mode::Keyboard => Keyboard::TheCommands(key_of(Action::TakeKeyboard)),
                _ => Keyboard::Ours(key_of(Action::GiveKeyboard)),
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

    fn draw_bars(&self, layout: &Layout, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        if let Mode::Prompt(prompt) = &self.mode {
            filter_bar::draw(layout.prompt, prompt, canvas);
        }
        let notice = scene.notice.map(|notice| text::sanitise(notice.as_bytes()));
        match notice {
            Some(notice) if layout.notice.is_empty() => {
                canvas.text(layout.footer, 1, &notice, Role::Notice);
            }
            notice => {
                canvas.text(layout.notice, 1, &notice.unwrap_or_default(), Role::Notice);
                footer::draw(layout.footer, &self.mode, self.focus, Self::available(scene), canvas);
            }
        }
    }

    fn draw_overlay(&self, layout: &Layout, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
        let available = Self::available(scene);
        match (&self.mode, &scene.command) {
            (Mode::Help(top), _) => help::draw(layout.body, *top, available, canvas),
            (Mode::Leaving, Some(command)) => question::draw(layout.body, command, available, canvas),
            _ => {}
        }
    }

    fn cursor(&self, layout: &Layout, scene: &Scene<'_>) -> Option<Position> {
        match (&self.mode, &scene.command) {
            (Mode::Prompt(prompt), _) => filter_bar::cursor(layout.prompt, prompt),
            (Mode::Keyboard, Some(command)) => output_pane::cursor(layout.output, command.screen),
            _ => None,
        }
    }

    /// The rows and columns that the command's terminal should have on a screen of this size: those of the pane that
    /// shows it, whether that is open or not. `None` where there is no room for any.
    pub fn output_size(&self, area: Rect) -> Option<(u16, u16)> {
        let beside = self.details.is_some() && Layout::is_wide(area);
        let wanted =
            Wanted { lower: Lower::Output, details: beside, focus: Pane::Output, prompt: 0, notice: false };
        let pane = output_pane::screen_area(Layout::new(area, wanted).output);
        (!pane.is_empty()).then_some((pane.height, pane.width))
    }

    /// Whether something on the screen changes with time alone: then it is to be drawn several times a second.
    pub fn needs_ticks(&self, scene: &Scene<'_>) -> bool {
        // Ages, rates and the clock at the top; of a recording everything stands still.
        scene.origin == Origin::Live && self.clock == Clock::Running && !scene.is_over()
    }
}

/// The name of the key for an action.
fn key_of(action: Action) -> String {
    let binding = BINDINGS.iter().find(|binding| binding.action == action);
    binding.map(|binding| binding.key_name()).unwrap_or_default()
}
