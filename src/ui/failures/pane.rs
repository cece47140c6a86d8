//! The failures, drawn.

use ratatui::layout::Rect;

use super::FailuresView;
use crate::model::filter::Filter;
use crate::model::log::{Entry, FailedExec, base_name};
use crate::model::process::{NodeKey, Process};
use crate::model::table::{Failed, Failure};
use crate::text::{self, Align};
use crate::ui::command_cell::CommandCell;
use crate::ui::command_text;
use crate::ui::keymap::Keymap;
use crate::ui::layout;
use crate::ui::paint::{Canvas, Piece, line_of};
use crate::ui::rows::{self as shared, Filtering};
use crate::ui::scene::Scene;
use crate::ui::search::Search;
use crate::ui::theme::Role;

/// What the pane needs to know.
pub(in crate::ui) struct FailuresPane<'a> {
    pub(in crate::ui) scene: &'a Scene<'a>,
    pub(in crate::ui) view: &'a FailuresView,
    pub(in crate::ui) filters: Filtering<'a>,
    /// Whose matches are marked.
    pub(in crate::ui) search: Option<&'a Search>,
    pub(in crate::ui) keymap: &'a Keymap,
    pub(in crate::ui) focused: bool,
    /// All rows are there.
    pub(in crate::ui) is_complete: bool,
}

/// Where it went wrong.
const CAUSE: &str = "●";
/// The columns of a mark and the blank behind it.
const MARK_WIDTH: usize = 2;
/// It was expected, or made good.
pub(in crate::ui) const HARMLESS: &str = "○";

/// The columns left of the command, with what they take; what is 0 has no room.
struct Widths {
    time: usize,
    who: usize,
    what: usize,
    life: usize,
}

/// The fewest columns for how it ended, and those that are left for the command whatever that needs.
const LEAST_WHAT: usize = 11;
const LEAST_COMMAND: usize = 15;

impl Widths {
    /// For rows of which one needs so many columns for how it ended: with a sender that is more than usual.
    fn new(pane: u16, needed: usize) -> Self {
        let (time, life) = match pane {
            72.. => (12, 6),
            56.. => (12, 0),
            _ => (0, 0),
        };
        let (who, usual) = match pane {
            140.. => (23, 32),
            100.. => (20, 24),
            40.. => (14, LEAST_WHAT),
            _ => (8, LEAST_WHAT),
        };
        let others: usize =
            [time, who, life].into_iter().filter(|&width| width > 0).map(|width| width + 1).sum();
        let room = usize::from(pane).saturating_sub(MARK_WIDTH + others + 1);
        let most = room.saturating_sub(LEAST_COMMAND.max(room / 3)).max(LEAST_WHAT);
        Self { time, who, what: usual.max(needed).min(most), life }
    }
}

/// How many rows fit into the pane.
pub(in crate::ui) fn rows(area: Rect) -> usize {
    usize::from(layout::content(area).height.saturating_sub(heading_height(area)))
}

/// The line with the columns' names goes where there is hardly room for rows.
fn heading_height(area: Rect) -> u16 {
    u16::from(layout::content(area).height >= 4)
}

/// What stands in a row left of the command.
struct Cells {
    mark: &'static str,
    time_ns: u64,
    who: String,
    what: String,
    life: String,
}

impl FailuresPane<'_> {
    pub(in crate::ui) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        if area.is_empty() {
            return;
        }
        canvas.title(layout::title(area), self.focused, &self.title(), &meaning());
        let content = layout::content(area);
        let visible = self.view.visible(self.scene.model.tree());
        let needed = visible.iter().map(|&(row, _)| text::width(&self.what(row))).max();
        let widths = Widths::new(area.width, needed.unwrap_or(0));
        let heading = heading_height(area);
        if heading > 0 {
            draw_heading(content, &widths, canvas);
        }
        let list = Rect { y: content.y + heading, height: content.height - heading, ..content };
        for (index, &(row, selected)) in visible.iter().enumerate() {
            let Some(line) = line_of(list, index) else { break };
            let role = match row {
                Failed::Process(key) => self.draw_process(line, key, &widths, canvas),
                Failed::Exec(number) => self.draw_exec(line, number, &widths, canvas),
            };
            if let Some(role) = role.filter(|_| selected) {
                canvas.overlay(line, canvas.theme.selection(self.focused, role));
            }
        }
        if self.view.len() == 0 && self.is_complete {
            self.draw_nothing(list, canvas);
        }
    }

    /// How it ended.
    fn what(&self, row: Failed) -> String {
        let model = self.scene.model;
        match row {
            Failed::Process(key) => model.tree().get(key).map(what),
            Failed::Exec(number) => model.log().get(number).and_then(|line| match &line.entry {
                Entry::ExecFailed(failed) => Some(error(failed)),
                _ => None,
            }),
        }
        .unwrap_or_default()
    }

    fn draw_nothing(&self, list: Rect, canvas: &mut Canvas<'_>) {
        let nothing = if self.filters.criteria.hide_exited {
            "Failures are of those that have exited, and these are hidden. {hide-exited} shows them."
        } else if !self.filters.in_force.is_empty() {
            "No failure matches. {back} clears the filters."
        } else if self.scene.is_over() {
            "Nothing has failed."
        } else {
            "Nothing has failed. Here will be what ends badly, the latest first."
        };
        canvas.text(list, 1, &self.keymap.with_keys(nothing), Role::Faint);
    }

    fn title(&self) -> Vec<Piece> {
        let count = text::count(self.view.len() as u64);
        let matched = if self.filters.in_force.is_empty() { "" } else { " match" };
        let mut title =
            vec![Piece::new("Failures", Role::Strong), Piece::plain(format!("  {count}{matched}"))];
        title.extend(shared::not_as_usual(self.filters, self.is_complete));
        if self.scene.failed_execs {
            title.push(Piece::plain("  with failed execs"));
        }
        title
    }

    /// Draws the row of a process and tells its role.
    fn draw_process(
        &self,
        line: Rect,
        key: NodeKey,
        widths: &Widths,
        canvas: &mut Canvas<'_>,
    ) -> Option<Role> {
        let tree = self.scene.model.tree();
        let process = tree.get(key)?;
        let (mark, role) = match self.view.failure(tree, key)? {
            Failure::Cause => (CAUSE, Role::FailedNow),
            Failure::Consequence => ("", Role::Faint),
            Failure::Harmless => (HARMLESS, Role::Plain),
        };
        let cells = Cells {
            mark,
            time_ns: process.end_ns().unwrap_or(0),
            who: who(&command_text::comm(process.comm()), process.id.pid, widths.who),
            what: what(process),
            life: text::duration(process.lifetime_ns(self.scene.now_ns)),
        };
        let at = self.draw_cells(line, &cells, widths, role, canvas);
        let nothing = Filter::default();
        let finds = |search: &&Search| search.finds_process(tree, key, process, self.scene.now_ns);
        let cell = CommandCell {
            process,
            filter: if self.filters.in_force.is_empty() { &nothing } else { &self.filters.criteria.filter },
            search: self.search.filter(|search| finds(search)),
            now_ns: self.scene.now_ns,
            // That stands in a column of its own.
            blames: false,
        };
        cell.draw(line, at, (role, Role::Label), canvas);
        Some(role)
    }

    /// The same for a failed exec.
    fn draw_exec(&self, line: Rect, number: u64, widths: &Widths, canvas: &mut Canvas<'_>) -> Option<Role> {
        let told = self.scene.model.log().get(number)?;
        let Entry::ExecFailed(failed) = &told.entry else { return None };
        let cells = Cells {
            // Found since, in another place.
            mark: if failed.found { HARMLESS } else { "" },
            time_ns: told.time_ns,
            who: who(&command_text::comm(told.comm), told.id.pid, widths.who),
            what: error(failed),
            life: String::new(),
        };
        let role = Role::Plain;
        let at = self.draw_cells(line, &cells, widths, role, canvas);
        canvas.text(line, at, &tried(failed), role);
        if self.search.is_some_and(|search| search.finds_line(self.scene.model.tree(), &told)) {
            canvas.mark_match(line, at, at + text::width(&tried(failed)));
        }
        Some(role)
    }

    /// Draws what stands left of the command and tells where that begins.
    fn draw_cells(
        &self,
        line: Rect,
        cells: &Cells,
        widths: &Widths,
        role: Role,
        canvas: &mut Canvas<'_>,
    ) -> usize {
        canvas.text(line, 0, cells.mark, role);
        let wall_ns = i64::try_from(cells.time_ns).unwrap_or(i64::MAX);
        let wall_ns = wall_ns.saturating_add(self.scene.model.wall_offset_ns());
        let time = if widths.time > 0 { text::time_of_day(wall_ns, self.scene.local) } else { String::new() };
        let values = [
            (&time, widths.time, Align::Left),
            (&cells.who, widths.who, Align::Left),
            (&cells.what, widths.what, Align::Left),
            (&cells.life, widths.life, Align::Right),
        ];
        let mut at = MARK_WIDTH;
        for (value, width, align) in values {
            if width > 0 {
                canvas.text(line, at, &text::fit(value, width, align), role);
                at += width + 1;
            }
        }
        at
    }
}

fn draw_heading(line: Rect, widths: &Widths, canvas: &mut Canvas<'_>) {
    let names = [
        ("TIME", widths.time, Align::Left),
        ("WHO", widths.who, Align::Left),
        ("WHAT", widths.what, Align::Left),
        ("LIFE", widths.life, Align::Right),
    ];
    let mut at = MARK_WIDTH;
    for (name, width, align) in names {
        if width > 0 {
            canvas.text(line, at, &text::fit(name, width, align), Role::Label);
            at += width + 1;
        }
    }
    canvas.text(line, at, "COMMAND", Role::Label);
}

/// What the marks mean, at the right of the title.
fn meaning() -> Vec<Piece> {
    vec![
        Piece::new(CAUSE, Role::FailedNow),
        Piece::plain(" cause  "),
        Piece::new("dim", Role::Faint),
        Piece::plain(" followed  "),
        Piece::plain(format!("{HARMLESS} parent ended well")),
    ]
}

/// `cc1(8122)`; of a long comm the beginning, so that the pid is there.
fn who(comm: &str, pid: u32, width: usize) -> String {
    let pid = format!("({pid})");
    let room = width.saturating_sub(text::width(&pid));
    format!("{}{pid}", text::truncate(comm, room))
}

/// How it ended, and by whom.
fn what(process: Process<'_>) -> String {
    let Some(ending) = process.ending() else { return String::new() };
    let short = command_text::ending(&ending);
    match ending.killed_by {
        Some(killer) => format!("{short} {}", text::facts::killer(&killer, process.id)),
        None => short,
    }
}

/// Why nothing was executed.
fn error(failed: &FailedExec) -> String {
    format!("✗ {}", text::errno_name(failed.error))
}

/// What could not be executed.
fn tried(failed: &FailedExec) -> String {
    let shown = |name: &[u8]| text::sanitise(command_text::head(name, 4096)).into_owned();
    match failed.tries {
        0 | 1 => shown(&failed.filename),
        tries => format!("{}  in {tries} places", shown(base_name(&failed.filename))),
    }
}
