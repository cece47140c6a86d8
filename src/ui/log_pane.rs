//! The event log's pane, drawn.

use ratatui::layout::Rect;

use super::action::Action;
use super::command_text::{self, Naming};
use super::failures::HARMLESS;
use super::keymap::Keymap;
use super::layout;
use super::log_view::LogView;
use super::marks::{Columns, Marks};
use super::paint::{Canvas, Piece, line_of};
use super::scene::Scene;
use super::search::Search;
use super::theme::Role;
use crate::model::changes::Change;
use crate::model::event::{Kind, Lost, ProcessId};
use crate::model::filter::Filter;
use crate::model::log::{Entry, FailedExec, LogLine, base_name};
use crate::model::process::Ending;
use crate::text::{self, Align, Stamps};

const TIME_WIDTH: usize = 12;
const EVENT_WIDTH: usize = 6;
const PID_WIDTH: usize = 7;
/// Between how a process ended and what it ran.
const GAP: &str = "  ";

/// What the pane needs to know.
pub(super) struct LogPane<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) view: &'a LogView,
    /// Whose lines are marked.
    pub(super) selected: Option<ProcessId>,
    pub(super) filtered: bool,
    /// Of which matches are marked, too.
    pub(super) filter: &'a Filter,
    /// Whose matches are marked.
    pub(super) search: Option<&'a Search>,
    pub(super) keymap: &'a Keymap,
    pub(super) focused: bool,
}

/// How many lines fit into the pane.
pub(super) fn rows(area: Rect) -> usize {
    layout::content(area).height.into()
}

impl LogPane<'_> {
    pub(super) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        canvas.title(layout::title(area), self.focused, &self.title(), &self.position());
        let content = layout::content(area);
        let mut stamps = Stamps::time_of_day(self.scene.local.clone());
        for (index, (line, under_cursor)) in self.view.visible(self.scene.model).enumerate() {
            let Some(on) = line_of(content, index) else { break };
            self.draw_line(on, &line, &mut stamps, canvas);
            if under_cursor {
                canvas.overlay(on, canvas.theme.selection(self.focused, Role::Plain));
            }
        }
    }

    fn title(&self) -> Vec<Piece> {
        let mut title = vec![Piece::new("Events", Role::Strong)];
        if self.filtered {
            title.push(Piece::plain(format!("  {} match", text::count(self.view.len() as u64))));
        }
        if self.scene.failed_execs {
            title.push(Piece::plain("  with failed execs"));
        }
        title
    }

    fn position(&self) -> Vec<Piece> {
        vec![match (self.view.newer(), self.view.is_following()) {
            (_, true) if self.scene.model.instant().is_some() => Piece::plain("up to then"),
            (0, true) if self.scene.is_over() => Piece::plain("end"),
            (_, true) => Piece::plain("following"),
            (newer, false) => {
                let key = self.keymap.key_of(Action::LiveEnd);
                let below = if newer == 0 {
                    "stands still".to_owned()
                } else {
                    format!("{} newer", text::count(newer as u64))
                };
                Piece::new(format!("{below} · {key} to the end"), Role::Notice)
            }
        }]
    }

    fn draw_line(&self, on: Rect, line: &LogLine<'_>, stamps: &mut Stamps, canvas: &mut Canvas<'_>) {
        let (event, role) = kind(line);
        let mut at = 0;
        if on.width >= 60 {
            let wall_ns = i64::try_from(line.time_ns)
                .unwrap_or(i64::MAX)
                .saturating_add(self.scene.model.wall_offset_ns());
            canvas.text(on, at, stamps.show(wall_ns), Role::Faint);
            at += TIME_WIDTH + 1;
        }
        canvas.text(on, at, event, role);
        at += EVENT_WIDTH + 1;
        if let Entry::Lost(lost) = &line.entry {
            canvas.text(on, at, &lost_text(lost), role);
            return;
        }
        if let Entry::Storm(storm) = &line.entry {
            canvas.text(on, at, &text::facts::storm(storm), role);
            return;
        }
        let is_selected = self.selected == Some(line.id);
        let pid = text::pad(&line.id.pid.to_string(), PID_WIDTH - 1, Align::Right).into_owned();
        let mark = if is_selected { "▸" } else { " " };
        canvas.text(on, at, &format!("{mark}{pid}"), if is_selected { Role::Strong } else { Role::Plain });
        at += PID_WIDTH + 1;
        let comm_width = match on.width {
            100.. => 15,
            60.. => 10,
            _ => 8,
        };
        let comm = text::fit(&command_text::comm(line.comm), comm_width, Align::Left).into_owned();
        let (from, shown) = (at, text::width(comm.trim_end()));
        canvas.text(on, at, &comm, if is_selected { Role::Strong } else { Role::Plain });
        at += comm_width + 1;
        let room = usize::from(on.width).saturating_sub(at);
        canvas.text(on, at, &detail(line, self.scene, room), role);
        self.mark_found(line, canvas, on, (from, from + shown), at);
    }

    /// Marks what was found in the comm, which stands `within` these columns, and in the command line from `detail` on.
    fn mark_found(
        &self,
        line: &LogLine,
        canvas: &mut Canvas<'_>,
        on: Rect,
        within: (usize, usize),
        detail: usize,
    ) {
        let search = self.search.filter(|search| search.finds_line(self.scene.model.tree(), line));
        let marks = Marks { filter: self.filter, search };
        let (from, to) = within;
        let comm = marks.in_comm(line.comm);
        for found in &comm {
            canvas.mark_match(on, from + found.start, (from + found.end).min(to));
        }
        let in_detail = found_in_detail(&marks, line, usize::from(on.width).saturating_sub(detail));
        for found in &in_detail {
            canvas.mark_match(on, detail + found.start, detail + found.end);
        }
        if search.is_some() && comm.is_empty() && in_detail.is_empty() {
            canvas.mark_match(on, from, to);
        }
    }
}

/// The columns of a line's detail in which something was found.
fn found_in_detail(marks: &Marks<'_>, line: &LogLine, room: usize) -> Vec<Columns> {
    match &line.entry {
        Entry::Exec(image) => marks.in_arguments(*image, Naming::Base, room),
        Entry::Exit(ending, Some(image)) if ending.failed() => {
            let before = text::width(&exit_text(line, ending)) + GAP.len();
            let found = marks.in_arguments(*image, Naming::Base, room);
            found.into_iter().map(|found| before + found.start..before + found.end).collect()
        }
        _ => Vec::new(),
    }
}

fn kind(line: &LogLine<'_>) -> (&'static str, Role) {
    match &line.entry {
        Entry::Fork(_) => ("FORK", Role::Faint),
        Entry::Exec(_) => ("EXEC", Role::Plain),
        Entry::Exit(ending, _) if ending.failed() => ("EXIT", Role::Failed),
        Entry::Exit(..) => ("EXIT", Role::Dead),
        Entry::ExecFailed(failed) if failed.found => ("FAILED", Role::Dead),
        Entry::ExecFailed(_) => ("FAILED", Role::Failed),
        Entry::Changed(change) => changed_kind(change, line.id),
        Entry::ThreadStart(_) | Entry::ThreadEnd(_) => ("THREAD", Role::Faint),
        Entry::Lost(_) => ("LOST", Role::Alarm),
        Entry::Storm(_) => ("STORM", Role::Alarm),
    }
}

fn changed_kind(change: &Change, of: ProcessId) -> (&'static str, Role) {
    match change {
        Change::Renamed { .. } => ("RENAME", Role::Label),
        Change::Adopted => ("ADOPT", Role::Label),
        // Only its leader has called setsid; whoever else is in another one by now has a terminal or lost it.
        Change::Session(session) if session.id == of.pid => ("SETSID", Role::Label),
        Change::Session(_) => ("TTY", Role::Label),
        Change::Uids { .. } => ("UID", Role::Notice),
        Change::Zombie => ("ZOMBIE", Role::Alarm),
        Change::Reaped => ("REAPED", Role::Label),
    }
}

fn detail(line: &LogLine<'_>, scene: &Scene<'_>, room: usize) -> String {
    match &line.entry {
        Entry::Fork(forked_by) => {
            let parent = line.parent.map(|parent| format!("child of {}", parent.pid)).unwrap_or_default();
            match forked_by {
                Some(by) => format!("{parent}, forked by {}", by.pid),
                None => parent,
            }
        }
        Entry::Exec(image) => command_text::arguments(*image, Naming::Base, room),
        Entry::Exit(ending, image) => {
            let mut detail = exit_text(line, ending);
            if let Some(image) = image.filter(|_| ending.failed()) {
                detail.push_str(GAP);
                detail.push_str(&command_text::arguments(image, Naming::Base, room));
            }
            detail
        }
        Entry::ExecFailed(failed) => failed_text(failed),
        Entry::Changed(change) => changed_text(change, line, scene),
        Entry::ThreadStart(thread) => format!("thread {} starts", thread.tid),
        Entry::ThreadEnd(thread) => {
            let lifetime = text::duration(line.time_ns.saturating_sub(thread.start_ns));
            format!("thread {} ends  {lifetime:>6}  cpu {:>5}", thread.tid, text::duration(thread.cpu_ns))
        }
        Entry::Lost(_) => String::new(),
        Entry::Storm(storm) => text::facts::storm(storm),
    }
}

fn failed_text(failed: &FailedExec) -> String {
    let error = text::errno_name(failed.error);
    let shown = |name: &[u8]| text::sanitise(command_text::head(name, 4096)).into_owned();
    let tried = match failed.tries {
        0 | 1 => format!("{error}  {}", shown(&failed.filename)),
        tries => format!("{error}  {}  in {tries} places", shown(base_name(&failed.filename))),
    };
    // The mark is in front for a narrow pane, where the words are cut.
    if failed.found { format!("{HARMLESS} {tried}, then found") } else { tried }
}

fn changed_text(change: &Change, line: &LogLine<'_>, scene: &Scene<'_>) -> String {
    let parent = line.parent.map(|parent| command_text::name(scene.model.tree(), parent));
    let user = |uid: u32| command_text::user(scene.users, uid);
    match change {
        Change::Renamed { from } => format!("was {}", command_text::comm(*from)),
        Change::Adopted => parent.map(|parent| format!("by {parent}")).unwrap_or_default(),
        Change::Session(session) => match text::tty_name(session.tty) {
            Some(tty) => format!("session {} on {tty}", session.id),
            None => format!("session {} without a terminal", session.id),
        },
        Change::Uids { from } if from.effective != line.uids.effective => {
            format!("{}, was {}", user(line.uids.effective), user(from.effective))
        }
        Change::Uids { from } => format!("real user {}, was {}", user(line.uids.real), user(from.real)),
        Change::Zombie => {
            format!("its parent {} does not wait", parent.unwrap_or_else(|| "(unknown)".to_owned()))
        }
        Change::Reaped => match ended_ns(line.id, scene) {
            Some(ended_ns) => format!("after {}", text::duration(line.time_ns.saturating_sub(ended_ns))),
            None => String::new(),
        },
    }
}

fn ended_ns(id: ProcessId, scene: &Scene<'_>) -> Option<u64> {
    let tree = scene.model.tree();
    tree.get(tree.find(id)?)?.end_ns()
}

fn exit_text(line: &LogLine<'_>, ending: &Ending) -> String {
    let state = command_text::ending(ending);
    let lifetime = text::duration(ending.time_ns.saturating_sub(line.id.start_ns));
    if ending.status.is_none() {
        return format!("{state}  lived at most {lifetime}");
    }
    let killed_by = ending.killed_by.map(|by| format!("  {}", text::facts::killer(&by, line.id)));
    let at_least = if ending.cpu_partial { "≥" } else { "" };
    format!(
        "{state:<10} {lifetime:>6}  cpu {at_least}{:>5}  {:>5}{}",
        text::duration(ending.cpu_ns),
        text::bytes(ending.max_rss_bytes),
        killed_by.unwrap_or_default()
    )
}

fn lost_text(lost: &Lost) -> String {
    let lost_of = |kind: Kind| match lost.dropped.get(kind) {
        0 => None,
        1 => Some(format!("1 {}", kind_in_words(kind))),
        count => Some(format!("{} {}s", text::count(count), kind_in_words(kind))),
    };
    let mut parts: Vec<String> = Kind::ALL.into_iter().filter_map(lost_of).collect();
    if lost.missed_at_most > 0 {
        parts.push(format!("≤ {} missed", text::count(lost.missed_at_most)));
    }
    parts.join(", ")
}

/// One of them.
const fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Fork => "fork",
        Kind::Exec => "exec",
        Kind::Exit => "exit",
        Kind::ExecFailed => "failed exec",
        Kind::Rename => "rename",
        Kind::ThreadStart => "thread start",
        Kind::ThreadEnd => "thread end",
        Kind::Cgroup => "cgroup path",
    }
}
