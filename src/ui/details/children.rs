//! Its children, one a line.

use super::Page;
use crate::model::process::{NodeKey, Process};
use crate::text::{self, Align, count, duration};
use crate::ui::command_text::{self, Naming};
use crate::ui::paint::Piece;
use crate::ui::theme::Role;

/// Children that are shown; the rest is counted.
const CHILDREN: usize = 200;

impl Page<'_> {
    /// In the order in which they were born.
    pub(super) fn children(&mut self, key: NodeKey) {
        let tree = self.scene.model.tree();
        let mut children = tree.children(key).filter_map(|key| tree.get(key)).peekable();
        if children.peek().is_none() {
            return;
        }
        self.heading("Children");
        let shown: Vec<_> = children.by_ref().take(CHILDREN).collect();
        for child in shown {
            self.child(child);
        }
        let more = children.count();
        if more > 0 {
            self.remark(format!("and {} more", count(more as u64)));
        }
    }

    fn child(&mut self, child: Process<'_>) {
        let (state, role) = match child.ending() {
            Some(ending) if ending.failed() => (command_text::ending(&ending), Role::Failed),
            Some(ending) => (command_text::ending(&ending), Role::Dead),
            None => (command_text::state(child), Role::Plain),
        };
        let pid = Piece::new(format!("{:>7} ", child.id.pid), Role::Label);
        let life = text::pad(&duration(child.lifetime_ns(self.scene.now_ns)), 7, Align::Right).into_owned();
        let facts = format!("{} {life}  ", text::pad(&state, 12, Align::Left));
        let room = self.width.saturating_sub(pid.width() + text::width(&facts));
        let command = command_text::command(child, Naming::Whole, room);
        let command = text::truncate(&command, room).into_owned();
        let second = if child.is_alive() { Role::Plain } else { Role::Dead };
        self.lines.push(vec![pid, Piece::new(facts, role), Piece::new(command, second)]);
    }
}
