//! The view's state as a whole, and its boundary to the application.

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::completion::Saved;
use super::details::Subject;
use super::details_pane::DetailsView;
use super::failures::{self, FailuresView};
use super::filter_bar;
use super::filters::Filters;
use super::flash::Flash;
use super::history::Histories;
use super::keymap::{Available, Keymap};
use super::layout::{Layout, Wanted};
use super::log_pane;
use super::log_view::LogView;
use super::look::Look;
use super::mode::{Lower, Mode, Pane};
use super::mouse::Pointer;
use super::notice;
use super::orientation;
use super::output_pane;
use super::scene::Scene;
use super::search::{Found, Search};
use super::storms::{self, StormsView};
use super::table::{self, TableColumns, TableView};
use super::theme::Theme;
use super::timeline::{self, TimelineView};
use super::travel::Stride;
use super::tree_pane;
use super::tree_view::{Scroll, TreeView};
use super::views::View;
use crate::model::event::ProcessId;
use crate::model::filter::Filter;
use crate::model::table::Column;
use crate::model::view::Criteria;
use crate::picture::Format;

/// How the view begins.
#[derive(Clone, Debug, Default)]
pub struct UiOptions {
    /// The filter that is in force at first.
    pub filter: Filter,
    /// The minimum duration that is in force at first, in nanoseconds.
    pub min_duration_ns: u64,
    /// Begin with the exited hidden.
    pub hide_exited: bool,
    /// Begin with kernel threads shown.
    pub kernel_threads: bool,
    /// Filters by the names that the user has given them; all are right.
    pub saved_filters: BTreeMap<String, String>,
    /// Theme, colours and characters.
    pub look: Look,
    /// How long what is new stands out.
    pub flash: Flash,
    /// The keys.
    pub keymap: Keymap,
    /// The columns of the table.
    pub columns: TableColumns,
    /// What was typed in former runs, as [`Ui::typed`] gave it; untrusted.
    pub typed: String,
    /// Tell in three lines what this is, until a key is pressed.
    pub orientation: bool,
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
    /// From now on give scenes as of this instant of the boot clock, or as of now again: see [`crate::model::Model::look_at`].
    LookAt(Option<u64>),
    /// Give the terminal this text to be pasted elsewhere; a notice is the answer.
    Copy {
        /// What it is, for the answer.
        what: &'static str,
        /// Harmless to a terminal, and one line.
        text: String,
    },
    /// The same with a JSON object that tells what is known of this process.
    CopyRow(ProcessId),
    /// Write what was copied last to a file; a notice is the answer.
    WriteCopied,
    /// Send this signal to this process and to no other that has its pid by now; a notice is the answer.
    Signal(ProcessId, u8),
    /// Begin to tell failed execs, or tell them no more; a notice is the answer.
    ToggleFailedExecs,
    /// Write the screen, as it is drawn from now on, to a file.
    SavePicture {
        /// As it was typed.
        name: String,
        /// What the file is to hold.
        format: Format,
    },
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
    instant: Option<u64>,
    area: Rect,
}

/// All state of the view.
#[derive(Debug)]
pub struct Ui {
    pub(super) theme: Theme,
    pub(super) flash: Flash,
    pub(super) keymap: Keymap,
    pub(super) ascii: bool,
    pub(super) mode: Mode,
    pub(super) focus: Pane,
    pub(super) lower: Lower,
    pub(super) clock: Clock,
    pub(super) filters: Filters,
    pub(super) saved: Saved,
    /// What was typed into each of the prompts.
    pub(super) histories: Histories,
    /// Three lines for who sees this for the first time.
    pub(super) orientation: bool,
    pub(super) criteria: Criteria,
    /// The filters as texts, for titles.
    pub(super) in_force: Vec<String>,
    /// What stands in the tree's area.
    pub(super) view: View,
    pub(super) tree: TreeView,
    pub(super) table: TableView,
    /// The columns that are remembered already.
    columns_kept: Vec<Column>,
    pub(super) failures: FailuresView,
    pub(super) log: LogView,
    /// Open where there is one.
    pub(super) details: Option<DetailsView>,
    /// Whose details are shown, where it is not the selected process.
    pub(super) details_of: Option<ProcessId>,
    /// What is searched for, while a search is in force.
    pub(super) search: Option<Search>,
    /// What the search came to, until another key is pressed.
    pub(super) found: Option<Found>,
    /// What else is to be said about the last key, until another one is pressed.
    pub(super) told: Option<String>,
    /// What the mouse has done.
    pub(super) pointer: Pointer,
    pub(super) storms: StormsView,
    /// The latest large step in time.
    pub(super) stride: Option<Stride>,
    pub(super) timeline: TimelineView,
    /// The selection goes to a match when all rows are there.
    pub(super) wants_match: bool,
    /// Counts changes of criteria and folds.
    revision: u64,
    prepared: Option<Prepared>,
}

impl Ui {
    /// A view of everything that the options let through.
    pub fn new(options: UiOptions) -> Self {
        let mut columns = options.columns;
        columns.recall(&options.typed);
        let mut ui = Self {
            theme: Theme::new(options.look.theme, options.look.colours),
            flash: options.flash,
            keymap: options.keymap,
            ascii: options.look.ascii,
            mode: Mode::Normal,
            focus: Pane::Tree,
            lower: Lower::Log,
            clock: Clock::Running,
            filters: Filters::new(options.filter, options.min_duration_ns),
            criteria: Criteria {
                hide_exited: options.hide_exited,
                kernel_threads: options.kernel_threads,
                ..Criteria::default()
            },
            saved: options.saved_filters,
            histories: Histories::read(&options.typed),
            orientation: options.orientation,
            in_force: Vec::new(),
            view: View::default(),
            tree: TreeView::new(),
            columns_kept: columns.shown.clone(),
            table: TableView::new(columns),
            failures: FailuresView::default(),
            log: LogView::default(),
            details: None,
            details_of: None,
            search: None,
            found: None,
            told: None,
            pointer: Pointer::default(),
            storms: StormsView::default(),
            stride: None,
            timeline: TimelineView::default(),
            wants_match: false,
            revision: 0,
            prepared: None,
        };
        ui.criteria_changed();
        ui
    }

    /// Takes in a key and tells what the application has to do.
    pub fn on_key(&mut self, key: KeyEvent, scene: &Scene<'_>) -> Request {
        self.prepare(scene, self.area());
        let was_orienting = std::mem::take(&mut self.orientation);
        let request = match self.take_key(key, scene) {
            Request::None if was_orienting => Request::Redraw,
            request => request,
        };
        self.prepare(scene, self.area());
        request
    }

    /// Takes in what the mouse has done, and when: since whatever moment, of a clock that never goes back.
    pub fn on_mouse(&mut self, event: MouseEvent, at: Duration, scene: &Scene<'_>) -> Request {
        self.prepare(scene, self.area());
        let request = self.take_mouse(event, at, scene);
        let was_orienting =
            matches!(event.kind, MouseEventKind::Down(_)) && std::mem::take(&mut self.orientation);
        self.prepare(scene, self.area());
        if was_orienting && request == Request::None { Request::Redraw } else { request }
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
        self.failures.reset();
        self.rows_changed();
    }

    /// There are other rows, at the next preparation.
    pub(super) fn rows_changed(&mut self) {
        self.revision += 1;
    }

    pub(super) fn available(&self, scene: &Scene<'_>) -> Available {
        Available {
            view: self.view,
            live: !scene.is_over(),
            command: scene.command.is_some(),
            search: self.search.is_some() || !self.filters.is_empty(),
            storm: scene.model.storms().latest().is_some_and(|storm| storm.culprit.is_some()),
            // The window of the timeline has an end of its own.
            instant: scene.model.instant().is_some() || self.view == View::Timeline,
        }
    }

    fn wanted(&self, scene: &Scene<'_>, width: u16) -> Wanted {
        let prompt = match &self.mode {
            Mode::Prompt(prompt) => filter_bar::height(prompt, width),
            _ => 0,
        };
        Wanted {
            lower: self.lower,
            shares: self.pointer.shares,
            details: self.details.is_some(),
            focus: self.focus,
            prompt,
            notice: match scene.notice {
                Some(notice) => notice::height(notice, width),
                None if self.orientation => orientation::LINES,
                None => 0,
            },
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
        self.tree.resize(match self.view {
            View::Timeline => timeline::rows(layout.tree),
            View::Tree | View::Table | View::Failures => tree_pane::rows(layout.tree),
        });
        self.table.resize(table::rows(layout.tree));
        self.failures.resize(failures::rows(layout.tree));
        self.log.resize(log_pane::rows(layout.log));
        let next = Prepared {
            version: scene.model.version(),
            revision: self.revision,
            now_ns: scene.now_ns,
            instant: scene.model.instant(),
            area,
        };
        let is_pin_new = self.tree.pin_selected(scene.model.tree());
        if self.are_rows_stale(next) || is_pin_new {
            if self.prepared.is_some_and(|before| before.version > next.version) {
                // Another model: what was frozen, mostly.
                self.log.reset();
                self.tree.begin_anew();
                self.table.begin_anew();
                self.failures.begin_anew();
            }
            self.tree.update(scene.model, &self.criteria, scene.now_ns);
            self.update_view(scene);
            self.log.update(scene.model, &self.criteria);
        }
        self.prepared = Some(next);
        if self.view == View::Timeline {
            self.timeline.prepare(scene, &self.tree, timeline::chart_width(layout.tree));
        }
        self.prepare_details(scene, layout.details);
        if matches!(self.mode, Mode::Storms) {
            self.storms.prepare(scene, storms::rows(layout.body));
        }
    }

    /// To be called when events were taken in, whether a frame is due or not. So many at once, or so long without a frame
    /// (the terminal takes none), that the rows would be laid out anew: those are followed already now.
    pub fn keep_up(&mut self, scene: &Scene<'_>) {
        if self.tree.is_behind(scene.model) {
            self.prepare(scene, self.area());
        }
    }

    /// Whether everything that was asked for has come to its end. While it has not, the rows and lines of before are
    /// shown.
    pub fn is_complete(&self) -> bool {
        self.is_view_complete() && self.log.is_complete()
    }

    pub(super) fn find_match(&mut self, scene: &Scene<'_>) {
        if self.wants_match && self.tree.is_complete() {
            self.wants_match = false;
            self.tree.go_to_match(scene.model.tree());
        }
    }

    /// Whether the rows are those that were asked for, and the lines on the screen, while others are still being judged.
    pub fn are_rows_complete(&self) -> bool {
        self.is_view_complete()
    }

    /// Goes on with what takes long, for a few milliseconds. To be called between keys until [`Ui::is_complete`].
    pub fn go_on(&mut self, scene: &Scene<'_>) {
        if !self.is_view_complete() {
            self.go_on_in_view(scene);
        } else if !self.log.is_complete() {
            self.log.update(scene.model, &self.criteria);
        }
    }

    fn are_rows_stale(&self, next: Prepared) -> bool {
        let Some(before) = self.prepared else { return true };
        (before.version, before.revision, before.instant) != (next.version, next.revision, next.instant)
            || ((self.criteria.depend_on_time() || self.view_ages()) && before.now_ns != next.now_ns)
    }

    fn prepare_details(&mut self, scene: &Scene<'_>, area: Rect) {
        let moving = self.needs_ticks(scene);
        let of = match self.details_of {
            Some(id) => Some(Subject::Process(id)),
            None => self.subject(scene),
        };
        if let Some(view) = &mut self.details {
            view.update((scene, &self.keymap), of, area, moving);
        }
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

    /// The rows and columns that the command's terminal should have on a screen of this size: those of the pane that
    /// shows it, whether that is open or not. `None` where there is no room for any.
    pub fn output_size(&self, area: Rect) -> Option<(u16, u16)> {
        let beside = self.details.is_some() && Layout::is_wide(area);
        let wanted = Wanted {
            lower: Lower::Output,
            details: beside,
            focus: Pane::Output,
            prompt: 0,
            notice: 0,
            shares: self.pointer.shares,
        };
        let pane = output_pane::screen_area(Layout::new(area, wanted).output);
        (!pane.is_empty()).then_some((pane.height, pane.width))
    }

    /// What is to be remembered for another run: what was typed into filters and searches and kept, and the columns of the
    /// table. A line of text for each.
    pub fn typed(&self) -> String {
        self.histories.records() + &TableColumns::records(&self.columns_kept)
    }

    /// What of [`Ui::typed`] has come since the last call.
    pub fn take_newly_typed(&mut self) -> String {
        let mut records = self.histories.take_unsaved();
        // While they are being chosen they are nobody's choice yet.
        if !matches!(self.mode, Mode::Columns(_)) {
            records.extend(self.table.columns.change(&mut self.columns_kept));
        }
        records
    }

    /// Whether the first lines are still there that tell what this is.
    pub fn is_orienting(&self) -> bool {
        self.orientation
    }

    /// A text in which each `{action}` is replaced by the name of its key.
    pub fn with_keys(&self, text: &str) -> String {
        self.keymap.with_keys(text)
    }
}
