//! From one instant to another: who comes, who goes and who is not as he was. That takes a look at everybody, but only those
//! of whom something happened between the two are moved or judged; where they are many, all is laid out anew.

use super::super::process::NodeKey;
use super::super::tree::{Tree, Turned};
use super::{Outline, slot_of};

/// So many in all are followed one by one, or a part of those kept: then laying all out is cheaper.
const FEW: usize = 64;
const PART: usize = 16;

impl Outline {
    /// The shape is that of the tree at the instant that it looks at now, and whoever is not as he was is touched. False
    /// where that is better laid out anew; then it may be neither.
    pub(super) fn go_to_instant(&mut self, tree: &Tree, from_ns: u64, to_ns: u64) -> bool {
        let most = (tree.len() / PART).max(FEW);
        let Some(Turned { mut born, changed }) = tree.turned_between(from_ns, to_ns, most) else {
            return false;
        };
        // Parents come before their children.
        born.sort_unstable_by_key(|&(id, _)| (id.start_ns, id.pid));
        if to_ns < from_ns {
            born.iter().rev().for_each(|&(_, key)| self.take_away(tree, key));
        } else if !born.iter().all(|&(_, key)| self.bring_back(tree, key)) {
            return false;
        }
        for key in changed {
            if self.id_of(key).is_some() {
                self.touch(slot_of(key));
            }
        }
        true
    }

    /// It is still to come. Whether it is folded stays known for then.
    fn take_away(&mut self, tree: &Tree, key: NodeKey) {
        let was_folded = self.folds.folded.contains(&key);
        self.remove(key, tree.parent(key));
        if was_folded {
            self.folds.folded.insert(key);
        }
    }

    /// It has come as the last child of its parent; false where it is not that, or its parent is not there.
    fn bring_back(&mut self, tree: &Tree, key: NodeKey) -> bool {
        let parent = tree.parent(key);
        let is_last = tree.next_sibling(key).is_none_or(|next| self.id_of(next).is_none());
        let is_held = parent.is_none_or(|parent| self.id_of(parent).is_some());
        if self.id_of(key).is_none() && is_last && is_held {
            self.put(key, parent);
        }
        self.id_of(key).is_some()
    }
}
