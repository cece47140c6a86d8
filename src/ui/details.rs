//! The selected process in detail, as lines.

use std::sync::Arc;

use super::command_text::{self, Naming, head};
use super::paint::{Piece, wrap, wrap_words};
use super::scene::Scene;
use super::theme::Role;
use crate::model::event::{Image, ProcessId};
use crate::model::process::{Birth, Ending, NodeKey, Process};
use crate::text::{self, Stamps};

/// Bytes of arguments that are shown; the rest is counted.
const ARGUMENT_BYTES: usize = 64 << 10;
/// Generations that are shown.
const ANCESTORS: usize = 64;
/// The columns of the names at the left.
const LABEL_WIDTH: usize = 11;

/// One line.
pub(super) type DetailLine = Vec<Piece>;

/// All lines about a process.
#[derive(Debug, Default)]
pub(super) struct Details {
    before: Vec<DetailLine>,
    arguments: Option<Arguments>,
    after: Vec<DetailLine>,
}

/// The lines of an image's arguments. They may be thousands: they are kept while the image and the width are the same.
#[derive(Debug)]
struct Arguments {
    image: Arc<Image>,
    width: usize,
    lines: Vec<DetailLine>,
}

impl Details {
    /// The lines for a pane of `width` columns; what `former` has of them is used again.
    pub(super) fn about(scene: &Scene<'_>, id: ProcessId, width: usize, former: Self) -> Self {
        let tree = scene.model.tree();
        let Some((key, process)) = tree.find(id).and_then(|key| Some((key, tree.get(key)?))) else {
            let line = vec![Piece::new(format!("process {} is no longer kept", id.pid), Role::Faint)];
            return Self { before: vec![line], ..Self::default() };
        };
        let stamps = Stamps::time_of_day(scene.local.clone());
        let mut page = Page { scene, stamps, width: width.max(LABEL_WIDTH + 8), lines: Vec::new() };
        page.life(process);
        page.command(process);
        let before = std::mem::take(&mut page.lines);
        let arguments = process.image().map(|(image, _)| page.kept_arguments(image, former.arguments));
        page.history(process);
        page.relatives(key, process);
        page.rights(process);
        Self { before, arguments, after: page.lines }
    }

    fn parts(&self) -> [&[DetailLine]; 3] {
        let arguments = self.arguments.as_ref().map_or(&[][..], |arguments| &arguments.lines);
        [&self.before, arguments, &self.after]
    }

    pub(super) fn len(&self) -> usize {
        self.parts().map(<[_]>::len).iter().sum()
    }

    /// The lines from number `top` on.
    pub(super) fn iter_from(&self, top: usize) -> impl Iterator<Item = &DetailLine> {
        let [before, arguments, after] = self.parts();
        before.iter().chain(arguments).chain(after).skip(top)
    }
}

struct Page<'a> {
    scene: &'a Scene<'a>,
    stamps: Stamps,
    width: usize,
    lines: Vec<DetailLine>,
}

impl Page<'_> {
    fn heading(&mut self, text: &str) {
        self.lines.push(Vec::new());
        self.lines.push(vec![Piece::new(text, Role::Strong)]);
    }

    /// A name and its value; a long value goes on in the next lines.
    fn entry(&mut self, label: &str, value: impl Into<String>, role: Role) {
        let room = self.room(LABEL_WIDTH);
        self.rows(label_of(label), wrap_words(&value.into(), room), role);
    }

    /// What may have blanks of its own is cut wherever the line ends.
    fn wrapped(&mut self, first: Piece, value: &str, role: Role) {
        let room = self.room(first.width());
        self.rows(first, wrap(value, room), role);
    }

    fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(1)
    }

    fn rows(&mut self, first: Piece, rows: Vec<String>, role: Role) {
        let indent = first.width();
        let mut rows = rows.into_iter();
        self.lines.push(vec![first, Piece::new(rows.next().unwrap_or_default(), role)]);
        for row in rows {
            self.lines.push(vec![Piece::plain(" ".repeat(indent)), Piece::new(row, role)]);
        }
    }

    fn time(&mut self, boot_ns: u64) -> String {
        let boot_ns = i64::try_from(boot_ns).unwrap_or(i64::MAX);
        self.stamps.show(boot_ns.saturating_add(self.scene.model.wall_offset_ns())).to_owned()
    }

    fn life(&mut self, process: &Process) {
        let now_ns = self.scene.now_ns;
        let (state, role) = match &process.ending {
            Some(Ending { status: Some(status), .. }) if status.success() => {
                (text::status(*status), Role::Plain)
            }
            Some(Ending { status: Some(status), .. }) => (text::status(*status), Role::Failed),
            Some(Ending { status: None, .. }) => ("ended; its exit was not seen".to_owned(), Role::Notice),
            None if process.zombie => ("zombie: nobody has reaped it".to_owned(), Role::Notice),
            None => ("runs".to_owned(), Role::Plain),
        };
        self.entry("state", state, role);
        let mut lifetime = text::duration(process.lifetime_ns(now_ns));
        if let Some(image_ns) = process.image_ns(now_ns) {
            lifetime.push_str(&format!("   image time {}", text::duration(image_ns)));
        }
        self.entry("lifetime", lifetime, Role::Plain);
        self.costs(process);
    }

    fn costs(&mut self, process: &Process) {
        let Some(ending) = process.ending.as_ref().filter(|ending| ending.status.is_some()) else { return };
        let at_least = if ending.cpu_partial { "at least " } else { "" };
        let costs = format!(
            "cpu {at_least}{} (user {}, kernel {})   peak rss {}",
            text::duration(ending.cpu_ns),
            text::duration(ending.cpu_user_ns),
            text::duration(ending.cpu_system_ns),
            text::bytes(ending.max_rss_bytes)
        );
        self.entry("costs", costs, Role::Plain);
    }

    fn command(&mut self, process: &Process) {
        let comm = command_text::comm(process.comm);
        let Some((image, inherited)) = process.image() else {
            self.entry("comm", comm, Role::Plain);
            return;
        };
        if image.filename.is_empty() {
            self.entry("comm", comm, Role::Plain);
        } else {
            let file = text::sanitise(head(&image.filename, 4096));
            self.wrapped(label_of("file"), &format!("{file}   comm {comm}"), Role::Plain);
        }
        self.heading(if inherited { "Arguments (its parent's: it has only forked)" } else { "Arguments" });
    }

    fn kept_arguments(&mut self, image: &Arc<Image>, former: Option<Arguments>) -> Arguments {
        let is_same = |former: &Arguments| former.width == self.width && Arc::ptr_eq(&former.image, image);
        former.filter(is_same).unwrap_or_else(|| {
            self.arguments(image);
            let lines = std::mem::take(&mut self.lines);
            Arguments { image: image.clone(), width: self.width, lines }
        })
    }

    fn arguments(&mut self, image: &Image) {
        let mut room = ARGUMENT_BYTES;
        let mut args = image.args().enumerate();
        for (index, arg) in args.by_ref() {
            let shown = head(arg, room);
            let mut value = text::sanitise(shown).into_owned();
            let cut = arg.len() - shown.len();
            if cut > 0 {
                value.push_str(&format!("… {} more bytes", text::count(cut as u64)));
            }
            self.wrapped(Piece::new(format!("{index:>3}  "), Role::Label), &value, Role::Plain);
            room = room.saturating_sub(shown.len() + 1);
            if room == 0 {
                break;
            }
        }
        let more = args.count();
        if more > 0 {
            self.remark(format!("and {} more", text::count(more as u64)));
        }
        if image.argv_truncated_bytes > 0 {
            self.remark(format!("{} bytes beyond the cap", text::count(image.argv_truncated_bytes)));
        }
        if image.argv_unreadable {
            self.remark("the rest could not be read".to_owned());
        }
    }

    fn remark(&mut self, text: String) {
        self.lines.push(vec![Piece::plain("     "), Piece::new(text, Role::Notice)]);
    }

    /// What happened to it one after the other, each with how long after the one before it came.
    fn history(&mut self, process: &Process) {
        self.heading("History");
        let began = match process.birth {
            Birth::Forked => "fork",
            Birth::Snapshot => "fork (before the tracing)",
            Birth::Unseen => "fork (not seen)",
        };
        self.moment(Some(process.id.start_ns), None, began, Role::Plain);
        // What came before the tracing has no time, so that nothing can be measured from it.
        let mut before = (process.birth != Birth::Snapshot).then_some(process.id.start_ns);
        for (index, run) in process.images.iter().enumerate() {
            if index == 1 && process.images_dropped > 0 {
                self.remark(format!("{} more", text::count(process.images_dropped.into())));
            }
            let line = command_text::arguments(&run.image, Naming::Whole, self.width.saturating_mul(3));
            self.moment(run.since_ns, before, &format!("exec {line}"), Role::Plain);
            before = run.since_ns.or(before);
        }
        if let Some(ending) = &process.ending {
            let role = if ending.failed() { Role::Failed } else { Role::Plain };
            self.moment(Some(ending.time_ns), before, &command_text::ending(ending), role);
        }
    }

    fn moment(&mut self, at_ns: Option<u64>, before_ns: Option<u64>, what: &str, role: Role) {
        let after = at_ns.zip(before_ns).map(|(at, before)| at.saturating_sub(before));
        let after = after.map(|ns| format!("+{}", text::duration(ns))).unwrap_or_default();
        let at = at_ns.map_or_else(|| "before".to_owned(), |at_ns| self.time(at_ns));
        let label = format!("{at:<12} {after:>7} ");
        let label = Piece::new(label, Role::Label);
        let rows = wrap_words(what, self.room(label.width()));
        self.rows(label, rows, role);
    }

    fn relatives(&mut self, key: NodeKey, process: &Process) {
        let tree = self.scene.model.tree();
        self.heading("Relatives");
        self.entry("children", children(process), Role::Plain);
        if let Some(adopter) = process.adopted_by {
            self.entry("adopted by", self.name(adopter), Role::Notice);
        }
        if let Some(forked_by) = process.forked_by {
            self.entry("forked by", self.name(forked_by), Role::Plain);
        }
        let mut known = false;
        for (index, (_, parent)) in tree.ancestors(key).take(ANCESTORS).enumerate() {
            known = true;
            let label = if index == 0 { "parents" } else { "" };
            let role = if parent.is_alive() { Role::Plain } else { Role::Dead };
            let room = self.width.saturating_sub(LABEL_WIDTH);
            let command = command_text::command(parent, Naming::Whole, room);
            let line = format!("{} {command}", parent.id.pid);
            self.entry(label, text::truncate(&line, room), role);
        }
        if let Some(parent) = process.parent.filter(|_| !known) {
            self.entry("parent", format!("{} (not traced)", parent.pid), Role::Plain);
        }
    }

    fn name(&self, id: ProcessId) -> String {
        let tree = self.scene.model.tree();
        match tree.find(id).and_then(|key| tree.get(key)) {
            Some(process) => format!("{} {}", id.pid, command_text::comm(process.comm)),
            None => id.pid.to_string(),
        }
    }

    fn rights(&mut self, process: &Process) {
        let user = |uid: u32| format!("{} ({uid})", command_text::user(self.scene.users, uid));
        let (effective, real) = (user(process.uids.effective), user(process.uids.real));
        let user = if effective == real { effective } else { format!("{effective}, real {real}") };
        self.heading("Rights");
        self.entry("user", user, Role::Plain);
        if process.cgroup_id != 0 {
            self.entry("cgroup id", process.cgroup_id.to_string(), Role::Plain);
        }
    }
}

fn label_of(label: &str) -> Piece {
    Piece::new(text::fit(label, LABEL_WIDTH, text::Align::Left).into_owned(), Role::Label)
}

fn children(process: &Process) -> String {
    let mut line = text::count(process.children);
    if process.living_children > 0 {
        line.push_str(&format!(", {} alive", text::count(process.living_children.into())));
    }
    let folded = &process.folded;
    if folded.processes > 0 {
        line.push_str(&format!(
            "; {} descendants no longer kept ({} failed, cpu {})",
            text::count(folded.processes),
            text::count(folded.failed),
            text::duration(folded.cpu_ns)
        ));
    }
    line
}
