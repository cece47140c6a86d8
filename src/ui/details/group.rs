//! What is known of the members of a group, which share a row until somebody opens it.

use super::Page;
use crate::model::process::NodeKey;
use crate::model::view::{GroupFacts, GroupKey};
use crate::text::{count, duration};
use crate::ui::command_text;
use crate::ui::paint::{Piece, wrap_words};
use crate::ui::theme::Role;

/// A chain keeps no sums of how its members ended. So many are looked at for every frame; of a longer one it is not told.
const LOOKED_AT: usize = 4096;

impl Page<'_> {
    /// Under a filter most of it is about those that match, as in the row.
    pub(super) fn group(&mut self, key: GroupKey, facts: &GroupFacts) {
        let members = match facts.members == facts.of {
            true => count(facts.of as u64),
            false => format!("{} of {} match", count(facts.members as u64), count(facts.of as u64)),
        };
        self.entry("members", members, Role::Plain);
        if let Some((failed, half, most)) = facts.ends.filter(|_| facts.members > 0) {
            self.failed(failed);
            let lifetimes = [half, most].map(duration);
            let [half, most] = &lifetimes;
            self.values("lifetimes", &[format!("p50 {half}"), format!("p99 {most}")]);
        }
        let why = match key {
            GroupKey::Alike { parent, .. } => {
                self.one("parent", parent);
                "Ended siblings with one name are one row until it is opened."
            }
            GroupKey::Chain { top } => {
                if facts.members == facts.of && facts.of <= LOOKED_AT {
                    self.failed(self.failed_in_chain(top, facts.of));
                }
                self.one("first", Some(top));
                "Each has forked the next and nobody else: one row until it is opened."
            }
        };
        self.lines.push(Vec::new());
        let how =
            self.keymap.with_keys("{toggle-fold} opens it, with a row and details for each, and closes it.");
        for line in wrap_words(&format!("{why} {how}"), self.width) {
            self.lines.push(vec![Piece::new(line, Role::Faint)]);
        }
    }

    fn failed(&mut self, failed: usize) {
        let role = if failed > 0 { Role::Failed } else { Role::Plain };
        self.entry("failed", count(failed as u64), role);
    }

    fn failed_in_chain(&self, top: NodeKey, length: usize) -> usize {
        let tree = self.scene.model.tree();
        // Whoever comes behind the last one is not asked for: at an instant all who are still to come would be passed over.
        let next = |&(key, number): &(NodeKey, usize)| {
            (number < length).then(|| tree.first_child(key)).flatten().map(|child| (child, number + 1))
        };
        let members = std::iter::successors(Some((top, 1)), next);
        members.filter(|&(key, _)| tree.get(key).is_some_and(|process| process.failed())).count()
    }

    fn one(&mut self, label: &str, key: Option<NodeKey>) {
        let tree = self.scene.model.tree();
        if let Some(process) = key.and_then(|key| tree.get(key)) {
            self.entry(label, command_text::name(tree, process.id), Role::Plain);
        }
    }
}
