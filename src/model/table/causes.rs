//! What failures have to do with each other: the compiler fails, therefore the shell, therefore make.

use super::super::outline::slot_of;
use super::super::process::NodeKey;
use super::super::tree::Tree;

/// What a failure has to do with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// None of its children failed, and its parent has not ended well: it is where something went wrong.
    Cause,
    /// A child of it failed: it did, too, as a consequence.
    Consequence,
    /// Its parent ended well all the same: it was expected, or made good.
    Harmless,
}

/// Whose children failed, by slots.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    has_failed_child: Vec<bool>,
}

impl Causes {
    /// Somebody is not as he was, or is seen for the first time: if he failed, his parent has to know.
    pub(super) fn note(&mut self, tree: &Tree, slot: u32) {
        let Some(key) = tree.at_slot(slot) else { return };
        if !tree.get(key).is_some_and(|process| process.failed()) {
            return;
        }
        let Some(parent) = tree.parent(key).map(|parent| slot_of(parent) as usize) else { return };
        if parent >= self.has_failed_child.len() {
            self.has_failed_child.resize(parent + 1, false);
        }
        if let Some(has) = self.has_failed_child.get_mut(parent) {
            *has = true;
        }
    }

    /// Another one will have the slot.
    pub(super) fn forget(&mut self, slot: u32) {
        if let Some(has) = self.has_failed_child.get_mut(slot as usize) {
            *has = false;
        }
    }

    pub(super) fn failure(&self, tree: &Tree, key: NodeKey) -> Option<Failure> {
        let process = tree.get(key).filter(|process| process.failed())?;
        let has_failed_child = self.has_failed_child.get(slot_of(key) as usize).copied().unwrap_or(false);
        // Of those that are no longer kept it is known that there were some.
        if has_failed_child || process.folded().failed > 0 {
            return Some(Failure::Consequence);
        }
        let parent = tree.parent(key).and_then(|parent| tree.get(parent));
        let went_on = parent.and_then(|parent| parent.status()).is_some_and(|status| status.success());
        Some(if went_on { Failure::Harmless } else { Failure::Cause })
    }
}
