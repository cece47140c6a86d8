//! User names for uids, asked once each.

use nix::unistd::{Uid, User};
use rustc_hash::{FxHashMap, FxHashSet};

/// More users than this are shown by number: a hostile recording could name four billion.
const LIMIT: usize = 10_000;

/// A cache of the user database.
#[derive(Debug, Default)]
pub(super) struct Users {
    asked: FxHashSet<u32>,
    known: FxHashMap<u32, String>,
}

impl Users {
    /// The name of a user, if the system knows one.
    pub(super) fn name(&mut self, uid: u32) -> Option<&str> {
        self.learn(uid);
        self.known.get(&uid).map(String::as_str)
    }

    /// Looks a user up unless that was done before.
    pub(super) fn learn(&mut self, uid: u32) {
        if self.asked.len() >= LIMIT || !self.asked.insert(uid) {
            return;
        }
        if let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) {
            self.known.insert(uid, user.name);
        }
    }

    /// All names that were learnt.
    pub(super) fn known(&self) -> &FxHashMap<u32, String> {
        &self.known
    }
}
