//! What becomes of a process: other names and places, images, its end.

use super::super::event::{Comm, Image, ProcessId, Session, Subject};
use super::super::log::Head;
use super::super::node::{Extra, Node, NodeIndex, Rare, Run, Search, SideIndex, flag};
use super::super::packed::Packed;
use super::super::process::{Birth, Ending, IMAGES_KEPT, NodeKey, Process};
use super::super::store::{ImageIndex, Interned, Place};
use super::Tree;

impl Tree {
    /// What a process has beside what all have; there is such a thing from now on.
    fn extra(&mut self, at: NodeIndex) -> Option<&mut Extra> {
        let node = self.nodes.get_mut(at)?;
        let side = *node.extra.get_or_insert_with(|| SideIndex::new(self.extras.insert(Extra::default())));
        self.extras.get_mut(side.number())
    }

    /// What few have; there is such a thing from now on.
    pub(super) fn rare(&mut self, at: NodeIndex) -> Option<&mut Rare> {
        let known = self.extra(at)?.rare;
        let side = known.unwrap_or_else(|| SideIndex::new(self.rares.insert(Rare::default())));
        self.extra(at)?.rare = Some(side);
        self.rares.get_mut(side.number())
    }

    /// Drops what says nothing.
    fn trim(&mut self, at: NodeIndex) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let Some(side) = node.extra else { return };
        let Some(extra) = self.extras.get_mut(side.number()) else { return };
        extra.later.shrink_to_fit();
        if let Some(rare) = extra.rare
            && self.rares.get(rare.number()) == Some(&Rare::default())
        {
            self.rares.remove(rare.number());
            extra.rare = None;
        }
        if extra.is_empty() {
            self.extras.remove(side.number());
            node.extra = None;
        }
    }

    /// Takes what an event says of a process as it is now.
    pub(in crate::model) fn refresh(&mut self, key: NodeKey, subject: &Subject, session: Option<Session>) {
        self.journal.changed(key);
        let Some(at) = self.nodes.index(key) else { return };
        self.set_comm(at, subject.comm);
        self.set_place(at, |place| Place::of(subject, session.or(place.session)));
        let Some(node) = self.nodes.get_mut(at) else { return };
        node.set_inner_pid(subject.inner_pid);
        let parent = node.parent();
        self.set_adopted_by(at, subject.parent.filter(|_| subject.parent != parent));
    }

    fn set_comm(&mut self, at: NodeIndex, comm: Comm) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let former = node.comm;
        if former.and_then(|former| self.store.comms.get(former)) == Some(&comm) {
            return;
        }
        node.comm = Some(self.store.comms.hold(&comm, node.image_comm, Clone::clone));
        if let Some(former) = former {
            self.store.comms.release(former);
        }
    }

    fn set_place(&mut self, at: NodeIndex, change: impl FnOnce(Place) -> Place) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let former = node.place.and_then(|place| self.store.places.get(place)).copied().unwrap_or_default();
        let place = change(former);
        if place != former || node.place.is_none() {
            let held = node.place.replace(self.store.places.hold(&place, None, Clone::clone));
            if let Some(held) = held {
                self.store.places.release(held);
            }
        }
    }

    pub(in crate::model) fn rename(&mut self, key: NodeKey, comm: Comm) {
        self.journal.changed(key);
        if let Some(at) = self.nodes.index(key) {
            self.set_comm(at, comm);
        }
    }

    pub(in crate::model) fn adopt(&mut self, key: NodeKey, adopted_by: Option<ProcessId>) {
        self.journal.changed(key);
        if let Some(at) = self.nodes.index(key) {
            self.set_adopted_by(at, adopted_by);
        }
    }

    pub(super) fn set_adopted_by(&mut self, at: NodeIndex, adopted_by: Option<ProcessId>) {
        let has_extra = self.nodes.get(at).is_some_and(|node| node.extra.is_some());
        if (has_extra || adopted_by.is_some())
            && let Some(extra) = self.extra(at)
        {
            extra.adopted_by = adopted_by;
        }
    }

    pub(in crate::model) fn set_zombie(&mut self, key: NodeKey, zombie: bool) {
        self.journal.changed(key);
        if let Some(node) = self.node_mut(key) {
            node.set(flag::ZOMBIE, zombie);
        }
    }

    /// The list of this number named a living process.
    pub(in crate::model) fn set_listed(&mut self, key: NodeKey, list: u32) {
        if let Some(node) = self.node_mut(key).filter(|node| node.is_alive()) {
            node.end_ns = list.into();
        }
    }

    /// Whether a living process was named by the list of this number.
    pub(in crate::model) fn is_listed(&self, id: ProcessId, list: u32) -> bool {
        let node = self.index_of(id).and_then(|at| self.nodes.get(at));
        node.is_some_and(|node| node.is_alive() && node.end_ns == u64::from(list))
    }

    /// Its fork was seen.
    pub(in crate::model) fn set_forked(&mut self, key: NodeKey, by: Option<ProcessId>) {
        self.journal.changed(key);
        let Some(at) = self.nodes.index(key) else { return };
        if let Some(node) = self.nodes.get_mut(at) {
            node.set_birth(Birth::Forked);
        }
        if let Some(rare) = by.and_then(|_| self.rare(at)) {
            rare.forked_by = by;
        }
    }

    /// Counts the execs that failed anew, from how many there were.
    pub(in crate::model) fn count_failed_execs(&mut self, key: NodeKey, count: impl FnOnce(u32) -> u32) {
        self.journal.changed(key);
        if let Some(extra) = self.nodes.index(key).and_then(|at| self.extra(at)) {
            extra.failed_execs = count(extra.failed_execs);
        }
    }

    pub(in crate::model) fn set_search(&mut self, key: NodeKey, search: Search) {
        if let Some(rare) = self.nodes.index(key).and_then(|at| self.rare(at)) {
            rare.search = Some(search);
        }
    }

    /// Whoever does something else has given up.
    pub(in crate::model) fn take_search(&mut self, key: NodeKey) -> Option<Search> {
        let extra = self.extras.get(self.node(key)?.extra?.number())?;
        self.rares.get_mut(extra.rare?.number())?.search.take()
    }

    /// A living process that was forked just now is in its parent's session, unless it is known to be in another one
    /// already, and has its parent's image; false where that is not known. The parent has given up what it looked for.
    pub(in crate::model) fn inherit(&mut self, key: NodeKey, parent: Option<ProcessId>) -> bool {
        self.journal.changed(key);
        let parent = parent.and_then(|parent| self.index_of(parent));
        let (Some(at), Some(parent)) = (self.nodes.index(key), parent.and_then(|at| self.nodes.get(at)))
        else {
            return false;
        };
        let (place, extra, mut image) = (parent.place, parent.extra, parent.image.or(parent.inherited));
        if let Some(extra) = extra.and_then(|extra| self.extras.get(extra.number())) {
            image = extra.later.last().map(|run| run.image).or(image);
            if let Some(rare) = extra.rare.and_then(|rare| self.rares.get_mut(rare.number())) {
                rare.search = None;
            }
        }
        let session = place.and_then(|place| self.store.places.get(place)).and_then(|place| place.session);
        self.set_place(at, |place| Place { session: place.session.or(session), ..place });
        let Some(image) = image else { return false };
        let node = self.nodes.get_mut(at).filter(|node| node.is_alive() && node.inherited.is_none());
        let Some(node) = node else { return false };
        node.inherited = Some(image);
        self.store.hold(image);
        true
    }

    /// The latest of a process's exec chain.
    pub(in crate::model) fn last_image(&self, key: NodeKey) -> Option<ImageIndex> {
        let node = self.node(key)?;
        let extra = node.extra.and_then(|extra| self.extras.get(extra.number()));
        extra.and_then(|extra| extra.later.last()).map(|run| run.image).or(node.image)
    }

    /// What a line of the log tells of a process as it is now.
    pub(in crate::model) fn head_of(&mut self, time_ns: u64, key: NodeKey) -> Option<Head> {
        let process = self.get(key)?;
        let (id, parent, node) = (process.id, process.latest_parent(), self.node(key)?);
        let (comm, place) = node.comm.zip(node.place)?;
        let (comm, place) = (self.store.comms.hold_too(comm), self.store.places.hold_too(place));
        Some(Head { time_ns, id, parent, comm, place })
    }

    /// What a line of the log tells of `subject`, which is the process at `key` where there is one.
    pub(in crate::model) fn head(&mut self, time_ns: u64, key: Option<NodeKey>, subject: &Subject) -> Head {
        let Subject { id, parent, comm, uids, .. } = *subject;
        let node = key.and_then(|key| self.node(key));
        let (near_comm, near_place) = node.map_or((None, None), |node| (node.comm, node.place));
        let known = near_place.and_then(|place| self.store.places.get(place));
        let comm = self.store.comms.hold(&comm, near_comm, Clone::clone);
        let place = match known.filter(|place| place.uids == uids).and(near_place) {
            Some(place) => self.store.places.hold_too(place),
            None => self.store.places.hold(&Place { uids, ..Place::default() }, None, Clone::clone),
        };
        Head { time_ns, id, parent, comm, place }
    }

    /// Adds an image to the chain of a living process.
    pub(in crate::model) fn push_image(
        &mut self,
        key: NodeKey,
        since_ns: Option<u64>,
        comm: Comm,
        image: &Image,
    ) {
        self.journal.changed(key);
        let at = self.nodes.index(key);
        let Some((at, process)) = at.zip(self.get(key).filter(Process::is_alive)) else { return };
        // What /proc showed in the snapshot may be the very exec whose event comes now.
        let listed = process.listed_image();
        let is_same = listed.is_some_and(|listed| *listed.argv == *image.argv);
        let is_crowded = self.store.is_crowded_by(image);
        if is_crowded {
            while self.drop_image(at) {}
        } else if is_same {
            self.pop_image(at);
        } else if self.image_count(at) >= IMAGES_KEPT {
            self.drop_image(at);
        }
        let near = self.nodes.get(at).and_then(|node| node.comm);
        let comm = self.store.comms.hold(&comm, near, Clone::clone);
        let image = self.store.add_to_chain(image, !is_crowded);
        self.append_image(at, Run { since_ns, comm, image });
    }

    fn append_image(&mut self, at: NodeIndex, run: Run) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        if node.image.is_some() {
            if let Some(extra) = self.extra(at) {
                // Room for four, a vector's first step, is seldom needed.
                extra.later.reserve_exact(1);
                extra.later.push(run);
            }
            return;
        }
        (node.image, node.image_comm) = (Some(run.image), Some(run.comm));
        let after_ns = run.since_ns.and_then(|since_ns| since_ns.checked_sub(node.start_ns));
        let after_ns = after_ns.and_then(|after_ns| u32::try_from(after_ns).ok());
        node.image_after_ns = after_ns.unwrap_or(0);
        node.set(flag::SINCE_UNKNOWN, run.since_ns.is_none());
        let is_wide = run.since_ns.is_some() && after_ns.is_none();
        node.set(flag::SINCE_WIDE, is_wide);
        if let Some(since_ns) = run.since_ns.filter(|_| is_wide)
            && let Some(rare) = self.rare(at)
        {
            rare.first_since_ns = since_ns;
        }
    }

    /// Removes the image after the first one, for want of that the first; false if there is none.
    fn drop_image(&mut self, at: NodeIndex) -> bool {
        let later = self.later(at).filter(|later| !later.is_empty());
        let gone = match later.map(|later| later.remove(0)) {
            Some(run) => Some((run.image, run.comm)),
            None => self.take_first_image(at),
        };
        let Some((image, comm)) = gone else { return false };
        self.store.release_from_chain(image);
        self.store.comms.release(comm);
        if let Some(extra) = self.extra(at) {
            extra.images_dropped = extra.images_dropped.saturating_add(1);
        }
        true
    }

    /// Removes the latest image.
    fn pop_image(&mut self, at: NodeIndex) {
        let gone = match self.later(at).and_then(Vec::pop) {
            Some(run) => Some((run.image, run.comm)),
            None => self.take_first_image(at),
        };
        if let Some((image, comm)) = gone {
            self.store.release_from_chain(image);
            self.store.comms.release(comm);
        }
    }

    fn later(&mut self, at: NodeIndex) -> Option<&mut Vec<Run>> {
        let extra = self.nodes.get(at)?.extra?;
        self.extras.get_mut(extra.number()).map(|extra| &mut extra.later)
    }

    fn take_first_image(&mut self, at: NodeIndex) -> Option<(ImageIndex, Interned)> {
        let node = self.nodes.get_mut(at)?;
        node.image.take().zip(node.image_comm.take())
    }

    fn image_count(&mut self, at: NodeIndex) -> usize {
        let first = self.nodes.get(at).is_some_and(|node| node.image.is_some());
        usize::from(first) + self.later(at).map_or(0, |later| later.len())
    }

    /// The image that /proc showed of a living process was not there before the events.
    pub(in crate::model) fn forget_listed_image(&mut self, key: NodeKey) {
        self.journal.changed(key);
        let process = self.get(key).filter(Process::is_alive);
        let is_listed = process.is_some_and(|process| process.listed_image().is_some());
        if let Some(at) = self.nodes.index(key).filter(|_| is_listed) {
            self.pop_image(at);
        }
    }

    /// Ends a living process; what was seen also takes the place of what was concluded. False when nothing changed.
    pub(in crate::model) fn end(&mut self, key: NodeKey, ending: &Ending, costs: &Packed) -> bool {
        self.journal.changed(key);
        let Some(at) = self.nodes.index(key) else { return false };
        let Some(node) = self.nodes.get(at) else { return false };
        if !node.is_alive() {
            let is_better = !node.has(flag::STATUS) && ending.status.is_some();
            if is_better {
                self.set_ending(at, ending, costs);
            }
            return is_better;
        }
        let (pid, first, parent) = (node.pid, node.image, self.families.parent(&node.links));
        self.set_ending(at, ending, costs);
        self.set_zombie(key, false);
        self.take_search(key);
        if let Some(image) = first {
            self.store.ended(image);
        }
        let later = self.later(at).map(std::mem::take).unwrap_or_default();
        later.iter().for_each(|run| self.store.ended(run.image));
        if let Some(place) = self.later(at) {
            *place = later;
        }
        self.trim(at);
        self.living.remove(pid, at);
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.child_ended();
        }
        self.dead += 1;
        self.ended.push(at);
        true
    }

    fn set_ending(&mut self, at: NodeIndex, ending: &Ending, costs: &Packed) {
        if self.looked.is_some()
            && let Some(before) = self.nodes.get(at).cloned()
        {
            self.count_ended(&before, ending.time_ns);
        }
        let Some(node) = self.nodes.get_mut(at) else { return };
        node.end_ns = ending.time_ns;
        node.status = ending.status.map_or(0, |status| status.0);
        node.set(flag::DEAD, true);
        node.set(flag::STATUS, ending.status.is_some());
        node.set(flag::CPU_PARTIAL, ending.cpu_partial);
        let inline = costs.inline();
        node.set(flag::WIDE, inline.is_none());
        node.costs = inline.unwrap_or_default();
        if (inline.is_none() || ending.killed_by.is_some())
            && let Some(rare) = self.rare(at)
        {
            rare.killed_by = ending.killed_by;
            if inline.is_none() {
                rare.costs = costs.as_slice().into();
            }
        }
    }

    fn node_mut(&mut self, key: NodeKey) -> Option<&mut Node> {
        let at = self.nodes.index(key)?;
        self.nodes.get_mut(at)
    }
}
