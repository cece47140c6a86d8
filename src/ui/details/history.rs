//! Its fork, its execs, its end.

use super::Page;
use crate::model::process::{Birth, Process};
use crate::text;
use crate::ui::command_text::{self, Naming};
use crate::ui::paint::{Piece, wrap_words};
use crate::ui::theme::Role;

impl Page<'_> {
    /// What happened to it one after the other, each with how long after the one before it came.
    /// Of each command line as much as fits in so many lines.
    pub(super) fn history(&mut self, process: Process<'_>, lines: usize) {
        self.heading("History");
        if process.failed_execs() > 0 {
            let failed = match process.failed_execs() {
                1 => "1 exec failed".to_owned(),
                count => format!("{} execs failed", text::count(count.into())),
            };
            self.remark_behind(&failed, Role::Notice);
        }
        let began = match process.birth() {
            Birth::Forked => "fork",
            Birth::Snapshot => "fork (before the tracing)",
            Birth::Unseen => "fork (not seen)",
        };
        self.moment(Some(process.id.start_ns), None, began, Role::Plain);
        // What came before the tracing has no time, so that nothing can be measured from it.
        let mut before = (process.birth() != Birth::Snapshot).then_some(process.id.start_ns);
        for (index, run) in process.images().enumerate() {
            if index == 1 && process.images_dropped() > 0 {
                self.remark(format!("{} more", text::count(process.images_dropped().into())));
            }
            let line = command_text::arguments(run.image, Naming::Whole, self.width.saturating_mul(lines));
            self.moment(run.since_ns, before, &format!("exec {line}"), Role::Plain);
            before = run.since_ns.or(before);
        }
        if let Some(ending) = process.ending() {
            let role = if ending.failed() { Role::Failed } else { Role::Plain };
            let blame = ending.killed_by.map(|by| format!(" {}", text::facts::killer(&by, process.id)));
            let ended = format!("{}{}", command_text::ending(&ending), blame.unwrap_or_default());
            self.moment(Some(ending.time_ns), before, &ended, role);
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

    pub(super) fn time(&mut self, boot_ns: u64) -> String {
        let boot_ns = i64::try_from(boot_ns).unwrap_or(i64::MAX);
        self.stamps.show(boot_ns.saturating_add(self.scene.model.wall_offset_ns())).to_owned()
    }
}
