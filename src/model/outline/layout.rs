//! Laying everything out at once, groups and chains included.

use std::collections::BTreeMap;

use super::super::event::Comm;
use super::super::process::{NodeKey, Process};
use super::super::tree::Tree;
use super::groups::end_of;
use super::mark::{Id, Kind, Mark};
use super::sequence::{FOLDED, LINK, MATCHED, MEMBER, grow};
use super::stats::Share;
use super::{ALIVE, Item, MANY, Outline, generation_of, slot_of};

/// Whoever has more than so many processes beneath and with him is in no group.
const SMALL: u8 = super::groups::SMALL as u8;

/// What is to be known of a slot. Others are named by their slots; 0 is nobody.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    end_ns: u64,
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    /// The number of its comm.
    comm: u32,
    children: u32,
    /// The length of the run that begins with it, if that ends with one without a child; otherwise 0.
    run: u32,
    /// The processes, itself included, while they are few and dead; otherwise more than [`SMALL`].
    size: u8,
    /// By the instant that is looked at. Who is not has no children that are.
    is_born: bool,
}

/// Everybody, beside each other: to go through the tree's own memory in the order of the rows takes several times as long.
#[derive(Debug, Default)]
struct Plan {
    places: Vec<Place>,
    comms: BTreeMap<Comm, u32>,
    first_root: u32,
    roots: u32,
}

impl Plan {
    fn get(&self, slot: u32) -> Place {
        self.places.get(slot as usize).copied().unwrap_or_default()
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut Place> {
        self.places.get_mut(slot as usize).filter(|_| slot != 0)
    }

    /// The first child of somebody, or the first root, and how many there are.
    fn family(&self, parent: u32) -> (u32, u32) {
        match parent {
            0 => (self.first_root, self.roots),
            parent => (self.get(parent).first_child, self.get(parent).children),
        }
    }

    fn siblings(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let is_there = |slot: u32| Some(slot).filter(|&slot| slot != 0);
        let all = std::iter::successors(is_there(first), move |&slot| is_there(self.get(slot).next_sibling));
        all.filter(|&slot| self.get(slot).is_born)
    }

    /// The first from there on that is born.
    fn born_from(&self, first: u32) -> u32 {
        self.siblings(first).next().unwrap_or(0)
    }

    fn number_of(&mut self, comm: Comm) -> u32 {
        let next = u32::try_from(self.comms.len()).unwrap_or(u32::MAX);
        *self.comms.entry(comm).or_insert(next)
    }

    /// Counts the children of everybody, and the roots.
    fn count(&mut self) {
        for slot in 1..self.places.len() {
            let Some(place) = self.places.get(slot).filter(|place| place.is_born) else { continue };
            if let Some(parent) = self.get_mut(place.parent) {
                parent.children += 1;
            }
        }
        self.roots = u32::try_from(self.siblings(self.first_root).count()).unwrap_or(u32::MAX);
    }

    /// All processes, each before those beneath it.
    fn in_order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.places.len());
        let mut at = self.born_from(self.first_root);
        while at != 0 {
            order.push(at);
            let mut done = at;
            at = self.born_from(self.get(at).first_child);
            while at == 0 && done != 0 {
                let Place { next_sibling, parent, .. } = self.get(done);
                (at, done) = (self.born_from(next_sibling), parent);
            }
        }
        order
    }
}

/// What is still to be laid out, the next last.
enum Task {
    Process(u32),
    Mark(Mark),
}

impl Outline {
    /// Lays everything out anew. Until everybody has been asked about again, the verdicts on those who are still there
    /// stay.
    pub(super) fn lay_out(&mut self, tree: &Tree) {
        let mut plan = self.gather_all(tree);
        self.look_beneath(&mut plan);
        let mut marks = Vec::with_capacity(tree.len() * 2 + 2);
        let mut tasks = vec![Task::Mark(Mark::new(Kind::Close, Id::WHOLE))];
        marks.push(Mark::new(Kind::Open, Id::WHOLE).bits());
        self.plan_children(tree, 0, &plan, &mut tasks);
        while let Some(task) = tasks.pop() {
            match task {
                Task::Mark(mark) => marks.push(mark.bits()),
                Task::Process(slot) => self.plan(tree, slot, &plan, &mut tasks, &mut marks),
            }
        }
        drop(plan);
        self.sequence.fill(&marks);
        if self.judging.has_verdicts() {
            self.count_all();
        }
        self.show_groups();
        self.judging.begin_anew();
    }

    /// Takes in everybody, and forgets who is no longer there.
    fn gather_all(&mut self, tree: &Tree) -> Plan {
        let former = std::mem::take(&mut self.items);
        self.clear();
        let mut plan = Plan { places: Vec::with_capacity(tree.len() + 1), ..Plan::default() };
        for standing in tree.standings() {
            let slot = slot_of(standing.key);
            grow(&mut plan.places, slot as usize, Place::default());
            let stays =
                former.get(slot as usize).is_some_and(|item| item.generation == generation_of(standing.key));
            let place = Place {
                parent: standing.parent,
                first_child: standing.first_child,
                next_sibling: standing.next_sibling,
                is_born: standing.process.is_some(),
                ..Place::default()
            };
            let place = match standing.process {
                Some(process) => self.take_in(&mut plan, standing.key, process, (place, stays)),
                None => place,
            };
            if let Some(known) = plan.get_mut(slot) {
                *known = place;
            }
        }
        plan.first_root = tree.roots().next().map_or(0, slot_of);
        plan.count();
        plan
    }

    /// What is to be known of one who is born, and stays if he was there before.
    fn take_in(
        &mut self,
        plan: &mut Plan,
        key: NodeKey,
        process: Process<'_>,
        (place, stays): (Place, bool),
    ) -> Place {
        let end_ns = process.end_ns();
        let share = end_ns.map(|end_ns| Share::new(process.lifetime_ns(end_ns), process.failed()));
        self.hold_again(key, share, stays);
        Place { end_ns: end_ns.unwrap_or(0), comm: plan.number_of(process.comm()), ..place }
    }

    /// One who lives can be counted in no group.
    fn hold_again(&mut self, key: NodeKey, share: Option<Share>, stays: bool) {
        let slot = slot_of(key);
        grow(&mut self.items, slot as usize, Item::default());
        if let Some(item) = self.items.get_mut(slot as usize) {
            *item = Item::of(key, if share.is_none() { ALIVE } else { 0 });
            item.share = share.unwrap_or_default();
        }
        let id = Id::process(slot);
        self.sequence.set_silently(id, MEMBER | LINK, false);
        self.sequence.set_silently(id, FOLDED, self.folds.folded.contains(&key));
        if !stays {
            self.sequence.set_silently(id, MATCHED, false);
            if self.judging.leaves_out_newcomers() {
                self.touch(slot);
            }
        }
    }

    fn look_beneath(&mut self, plan: &mut Plan) {
        let pinned = self.pinned.filter(|&key| self.id_of(key).is_some()).map_or(0, slot_of);
        for &slot in plan.in_order().iter().rev() {
            let place = plan.get(slot);
            let is_alive = self.items.get(slot as usize).is_none_or(|item| item.has(ALIVE));
            let is_free = slot != pinned;
            let own = if is_free && !is_alive { 1 } else { SMALL + 1 };
            let size = (place.size + own).min(SMALL + 1);
            let run = match place.children {
                0 => Some(0),
                1 => {
                    let only = plan.born_from(place.first_child);
                    let child = plan.get(only);
                    let is_like = child.comm == place.comm;
                    self.sequence.set_silently(Id::process(only), LINK, is_like);
                    Some(child.run).filter(|&run| is_like && run > 0)
                }
                _ => None,
            };
            if let Some(place) = plan.get_mut(slot) {
                (place.size, place.run) = (size, run.filter(|_| is_free).map_or(0, |run| run + 1));
            }
            if let Some(above) = plan.get_mut(place.parent) {
                above.size = (above.size + size).min(SMALL + 1);
            }
        }
    }

    fn plan(&mut self, tree: &Tree, slot: u32, plan: &Plan, tasks: &mut Vec<Task>, marks: &mut Vec<u32>) {
        let id = Id::process(slot);
        let Place { run, children, .. } = plan.get(slot);
        if run as usize > self.few && !self.sequence.has(id, LINK) {
            let process = self.key_of(id).and_then(|key| tree.get(key));
            let comm = process.map(|process| process.comm()).unwrap_or_default();
            let number = self.groups.create(id, comm, Some(slot));
            self.close_or_open(number);
            marks.push(Mark::new(Kind::Open, Id::group(number)).bits());
            tasks.push(Task::Mark(Mark::new(Kind::Close, Id::group(number))));
        }
        marks.push(Mark::new(Kind::Open, id).bits());
        if children == 0 {
            marks.push(Mark::new(Kind::Close, id).bits());
            return;
        }
        tasks.push(Task::Mark(Mark::new(Kind::Close, id)));
        self.plan_children(tree, slot, plan, tasks);
    }

    /// What comes first is pushed last.
    fn plan_children(&mut self, tree: &Tree, parent: u32, plan: &Plan, tasks: &mut Vec<Task>) {
        let from = tasks.len();
        let (first, count) = plan.family(parent);
        if count as usize <= self.few {
            tasks.extend(plan.siblings(first).map(Task::Process));
            tasks.get_mut(from..).unwrap_or_default().reverse();
            return;
        }
        match self.items.get_mut(parent as usize).filter(|_| parent != 0) {
            Some(item) => {
                item.set(MANY, true);
            }
            None => self.many_roots = true,
        }
        let children: Vec<u32> = plan.siblings(first).collect();
        for (number, members) in self.gather(tree, parent, &children, plan) {
            tasks.push(Task::Mark(Mark::new(Kind::Open, Id::group(number))));
            tasks.extend(members.into_iter().map(Task::Process));
            tasks.push(Task::Mark(Mark::new(Kind::Close, Id::group(number))));
        }
        for slot in children {
            let class = self.class_of(slot);
            let is_member = self.groups.get(class).is_some_and(|group| group.loose.is_empty());
            tasks.push(match is_member {
                true => Task::Mark(Mark::new(Kind::Home, Id::process(slot))),
                false => Task::Process(slot),
            });
        }
        tasks.get_mut(from..).unwrap_or_default().reverse();
    }

    /// Puts children into classes; those that are groups are returned with their members, in the order in which they
    /// stand.
    fn gather(&mut self, tree: &Tree, parent: u32, children: &[u32], plan: &Plan) -> Vec<(u32, Vec<u32>)> {
        let mut alike: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &slot in children {
            let Place { size, comm, .. } = plan.get(slot);
            if size <= SMALL {
                alike.entry(comm).or_default().push(slot);
            }
        }
        let comm_of = |slot: u32| {
            let process = self.key_of(Id::process(slot)).and_then(|key| tree.get(key));
            process.map(|process| process.comm()).unwrap_or_default()
        };
        let with_comm = |members: Vec<u32>| Some((comm_of(*members.first()?), members));
        let mut by_comm: Vec<_> = alike.into_values().filter_map(with_comm).collect();
        by_comm.sort_by_key(|&(comm, _)| comm);
        let parent = if parent == 0 { Id::WHOLE } else { Id::process(parent) };
        let mut formed = Vec::new();
        for (comm, mut members) in by_comm {
            let number = self.groups.alike(parent, comm);
            for &slot in &members {
                self.hold_in(slot, number);
            }
            let Some(group) = self.groups.get_mut(number) else { continue };
            group.members = u32::try_from(members.len()).unwrap_or(u32::MAX);
            if members.len() <= self.few {
                group.loose = members;
                continue;
            }
            self.groups.form(number);
            self.close_or_open(number);
            self.sort_by_ends(tree, &mut members, plan);
            formed.push((number, members));
        }
        formed
    }

    fn sort_by_ends(&self, tree: &Tree, members: &mut [u32], plan: &Plan) {
        let whole = |slot: u32| self.key_of(Id::process(slot)).and_then(|key| end_of(tree, key));
        members.sort_by(|&a, &b| {
            let ends = plan.get(a).end_ns.cmp(&plan.get(b).end_ns);
            ends.then_with(|| whole(a).cmp(&whole(b)))
        });
    }

    fn hold_in(&mut self, slot: u32, number: u32) {
        if let Some(item) = self.items.get_mut(slot as usize) {
            item.class = number;
        }
        self.sequence.set_silently(Id::process(slot), MEMBER, true);
    }
}
