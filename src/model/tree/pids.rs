//! Processes by pid. The kernel gives pids out in turn, so those that come one after the other lie side by side.

use super::super::node::NodeIndex;

/// Pids of a page.
const PAGE: usize = 256;
/// No pid lies beyond: four times `PID_MAX_LIMIT` of include/linux/threads.h.
const PAGES: usize = (1 << 24) / PAGE;

#[derive(Clone, Debug)]
struct Page {
    places: [Option<NodeIndex>; PAGE],
    used: u32,
}

/// One for each pid at most. Only pages that are used take memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Pids {
    pages: Vec<Option<Box<Page>>>,
    len: usize,
}

impl Pids {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, pid: u32) -> Option<NodeIndex> {
        let page = self.pages.get(pid as usize / PAGE)?.as_deref()?;
        page.places.get(pid as usize % PAGE).copied()?
    }

    /// All of them, in the order of their pids.
    pub(super) fn iter(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.pages.iter().flatten().flat_map(|page| page.places.iter().flatten().copied())
    }

    /// Returns who had the pid before.
    pub(super) fn insert(&mut self, pid: u32, at: NodeIndex) -> Option<NodeIndex> {
        let number = pid as usize / PAGE;
        if number >= PAGES {
            return None;
        }
        if number >= self.pages.len() {
            self.pages.resize_with(number + 1, || None);
        }
        let empty = || Box::new(Page { places: [None; PAGE], used: 0 });
        let page = self.pages.get_mut(number)?.get_or_insert_with(empty);
        let former = page.places.get_mut(pid as usize % PAGE)?.replace(at);
        if former.is_none() {
            page.used += 1;
            self.len += 1;
        }
        former
    }

    /// Nobody has the pid any more, if it was `at` who had it; false if it was not.
    pub(super) fn remove(&mut self, pid: u32, at: NodeIndex) -> bool {
        let Some(slot) = self.pages.get_mut(pid as usize / PAGE) else { return false };
        let Some(page) = slot else { return false };
        let Some(place) = page.places.get_mut(pid as usize % PAGE).filter(|place| **place == Some(at)) else {
            return false;
        };
        *place = None;
        page.used -= 1;
        self.len -= 1;
        if page.used == 0 {
            *slot = None;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_and_go_with_their_pids() {
        let mut pids = Pids::default();
        let [one, other] = [1, 2].map(|number| NodeIndex::new(number).unwrap());
        assert_eq!((pids.insert(70_000, one), pids.insert(70_001, other)), (None, None));
        assert_eq!(pids.insert(70_000, other), Some(one));
        assert_eq!((pids.get(70_000), pids.get(70_002), pids.len()), (Some(other), None, 2));
        assert!(!pids.remove(70_000, one), "another one has it");
        assert!(pids.remove(70_000, other) && pids.remove(70_001, other) && !pids.remove(5, one));
        assert_eq!((pids.get(70_001), pids.len()), (None, 0));
        assert!(pids.pages.iter().all(Option::is_none), "what is empty goes");
        assert_eq!((pids.insert(u32::MAX, one), pids.len()), (None, 0), "that is no pid");
    }
}
