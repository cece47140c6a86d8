//! The event log's pane, drawn.

use ratatui::layout::Rect;

use super::command_text::{self, Naming};
use super::layout;
use super::log_view::LogView;
use super::paint::{Canvas, Piece, line_of};
use super::scene::Scene;
use super::search::Search;
use super::theme::Role;
use crate::model::changes::Change;
use crate::model::event::{Lost, ProcessId, Subject};
use crate::model::log::{Entry, FailedExec, LogLine, base_name};
use crate::model::process::Ending;
use crate::text::{self, Align, Stamps};

const TIME_WIDTH: usize = 12;
const EVENT_WIDTH: usize = 4;
const PID_WIDTH: usize = 7;

/// What the pane needs to know.
pub(super) struct LogPane<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) view: &'a LogView,
    /// Whose lines are marked.
    pub(super) selected: Option<ProcessId>,
    pub(super) filtered: bool,
    /// Whose matches are marked.
    pub(super) search: Option<&'a Search>,
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
            self.draw_line(on, line, &mut stamps, canvas);
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
        title
    }

    fn position(&self) -> Vec<Piece> {
        vec![match (self.view.newer(), self.view.is_following()) {
            (0, true) if self.scene.is_over() => Piece::plain("end"),
            (_, true) => Piece::plain("following"),
            (newer, false) => {
                Piece::new(format!("{} newer · G to the end", text::count(newer as u64)), Role::Notice)
            }
        }]
    }

    fn draw_line(&self, on: Rect, line: &LogLine, stamps: &mut Stamps, canvas: &mut Canvas<'_>) {
        let (event, role) = kind(&line.entry);
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
        canvas.text(on, at, &detail(line, room), role);
        if self.search.is_some_and(|search| search.finds_line(self.scene.model.tree(), line)) {
            canvas.mark_match(on, from, from + shown);
        }
    }
}

fn kind(entry: &Entry) -> (&'static str, Role) {
    match entry {
        Entry::Fork(_) => ("FORK", Role::Faint),
        Entry::Exec(_) => ("EXEC", Role::Plain),
        Entry::Exit(ending, _) if ending.failed() => ("EXIT", Role::Failed),
        Entry::Exit(..) => ("EXIT", Role::Dead),
        Entry::ExecFailed(_) => ("FAIL", Role::Failed),
        Entry::Changed(Change::Zombie) => ("LATE", Role::Alarm),
        Entry::Changed(_) => ("CHNG", Role::Faint),
        Entry::ThreadStart(_) => ("THR+", Role::Faint),
        Entry::ThreadEnd(_) => ("THR-", Role::Faint),
        Entry::Lost(_) => ("LOST", Role::Alarm),
    }
}

fn detail(line: &LogLine, room: usize) -> String {
    match &line.entry {
        Entry::Fork(forked_by) => {
            let parent = line.parent.map(|parent| format!("child of {}", parent.pid)).unwrap_or_default();
            match forked_by {
                Some(by) => format!("{parent}, forked by {}", by.pid),
                None => parent,
            }
        }
        Entry::Exec(image) => command_text::arguments(image, Naming::Base, room),
        Entry::Exit(ending, image) => {
            let mut detail = exit_text(line, ending);
            if let Some(image) = image.as_ref().filter(|_| ending.failed()) {
                detail.push_str("  ");
                detail.push_str(&command_text::arguments(image, Naming::Base, room));
            }
            detail
        }
        Entry::ExecFailed(failed) => failed_text(failed),
        Entry::Changed(change) => text::facts::change(change, &subject_of_line(line)),
        Entry::ThreadStart(thread) => format!("thread {}", thread.tid),
        Entry::ThreadEnd(thread) => {
            let lifetime = text::duration(line.time_ns.saturating_sub(thread.start_ns));
            format!("thread {}  {lifetime}  cpu {}", thread.tid, text::duration(thread.cpu_ns))
        }
        Entry::Lost(_) => String::new(),
    }
}

fn failed_text(failed: &FailedExec) -> String {
    let error = text::errno_name(failed.error);
    let name = text::sanitise(&failed.filename);
    match failed.tries {
        0 | 1 => format!("{error}  {name}"),
        tries => format!("{error}  {}  in {tries} places", text::sanitise(base_name(&failed.filename))),
    }
}

fn subject_of_line(line: &LogLine) -> Subject {
    Subject { id: line.id, parent: line.parent, comm: line.comm, uids: line.uids, ..Subject::default() }
}

fn exit_text(line: &LogLine, ending: &Ending) -> String {
    let state = command_text::ending(ending);
    let lifetime = text::duration(ending.time_ns.saturating_sub(line.id.start_ns));
    if ending.status.is_none() {
        return format!("{state}  lived at most {lifetime}");
    }
    let killed_by = ending.killed_by.map(|by| format!("  {}", text::facts::killer(&by, line.id)));
    let at_least = if ending.cpu_partial { "≥" } else { "" };
    format!(
        "{state:<8} {lifetime:>6}  cpu {at_least}{:>5}  {:>5}{}",
        text::duration(ending.cpu_ns),
        text::bytes(ending.max_rss_bytes),
        killed_by.unwrap_or_default()
    )
}

fn lost_text(lost: &Lost) -> String {
    let mut parts = Vec::new();
    for (count, what) in
        [(lost.dropped.fork, "forks"), (lost.dropped.exec, "execs"), (lost.dropped.exit, "exits")]
    {
        if count > 0 {
            parts.push(format!("{} {what}", text::count(count)));
        }
    }
    if lost.missed_at_most > 0 {
        parts.push(format!("≤ {} missed", text::count(lost.missed_at_most)));
    }
    parts.join(", ")
}
