//! The groups that there are, found by what they are.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::super::event::Comm;
use super::super::mark::Id;
use super::super::slot_at;
use super::super::stats::Stats;

/// Those alike, be they so many that they are a group or not; or a chain.
#[derive(Clone, Debug)]
pub(in crate::model::outline) struct Group {
    pub(in crate::model::outline) parent: Id,
    pub(in crate::model::outline) comm: Comm,
    /// The first of a chain.
    pub(in crate::model::outline) top: Option<u32>,
    /// The members while they are few.
    pub(in crate::model::outline) loose: Vec<u32>,
    pub(in crate::model::outline) members: u32,
    pub(in crate::model::outline) stats: Stats,
}

/// All groups by what they are.
#[derive(Clone, Debug, Default)]
pub(in crate::model::outline) struct Groups {
    all: Vec<Option<Group>>,
    free: Vec<u32>,
    alike: BTreeMap<(Id, Comm), u32>,
    /// Those of `alike` that have marks.
    formed: BTreeMap<(Id, Comm), u32>,
    pub(in crate::model::outline) chains: FxHashMap<u32, u32>,
}

impl Groups {
    pub(in crate::model::outline) fn get(&self, number: u32) -> Option<&Group> {
        self.all.get(number as usize)?.as_ref()
    }

    pub(in crate::model::outline) fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        self.all.get_mut(number as usize)?.as_mut()
    }

    pub(in crate::model::outline) fn create(&mut self, parent: Id, comm: Comm, top: Option<u32>) -> u32 {
        if self.all.is_empty() {
            // The whole.
            self.all.push(None);
        }
        let group = Group { parent, comm, top, loose: Vec::new(), members: 0, stats: Stats::default() };
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                self.all.push(None);
                slot_at(self.all.len() - 1)
            }
        };
        if let Some(place) = self.all.get_mut(number as usize) {
            *place = Some(group);
        }
        match top {
            Some(top) => self.chains.insert(top, number),
            None => self.alike.insert((parent, comm), number),
        };
        number
    }

    pub(in crate::model::outline) fn drop(&mut self, number: u32) {
        let Some(group) = self.all.get_mut(number as usize).and_then(Option::take) else { return };
        self.free.push(number);
        match group.top {
            Some(top) => {
                self.chains.remove(&top);
            }
            None => {
                self.alike.remove(&(group.parent, group.comm));
                self.formed.remove(&(group.parent, group.comm));
            }
        }
    }

    pub(in crate::model::outline) fn alike(&mut self, parent: Id, comm: Comm) -> u32 {
        let known = self.alike.get(&(parent, comm)).copied();
        known.unwrap_or_else(|| self.create(parent, comm, None))
    }

    pub(in crate::model::outline) fn find(&self, parent: Id, comm: Comm) -> Option<u32> {
        self.formed.get(&(parent, comm)).copied()
    }

    pub(in crate::model::outline) fn form(&mut self, number: u32) {
        if let Some((parent, comm)) = self.get(number).map(|group| (group.parent, group.comm)) {
            self.formed.insert((parent, comm), number);
        }
    }

    pub(super) fn unform(&mut self, number: u32) {
        if let Some(key) = self.get(number).map(|group| (group.parent, group.comm)) {
            self.formed.remove(&key);
        }
    }

    pub(super) fn beneath(&self, parent: Id) -> Vec<u32> {
        let all = self.alike.range((parent, Comm::default())..);
        all.take_while(|&(&(of, _), _)| of == parent).map(|(_, &number)| number).collect()
    }

    /// The group that stands before that of this comm.
    pub(super) fn before(&self, parent: Id, comm: Comm) -> Option<u32> {
        let before = self.formed.range((parent, Comm::default())..(parent, comm));
        before.last().map(|(_, &number)| number)
    }

    /// All that have marks.
    pub(in crate::model::outline) fn numbers(&self) -> Vec<u32> {
        self.formed.values().chain(self.chains.values()).copied().collect()
    }

    /// Nobody is counted any longer.
    pub(in crate::model::outline) fn forget_counts(&mut self) {
        for group in self.all.iter_mut().flatten() {
            group.stats.clear();
        }
    }

    pub(in crate::model::outline) fn all_formed(&self) -> Vec<u32> {
        self.formed.values().copied().collect()
    }
}
