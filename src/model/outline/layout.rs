//! Laying everything out at once, groups and chains included.

use rustc_hash::FxHashMap;

use super::super::tree::Tree;
use super::super::view::Criteria;
use super::mark::{Id, Kind, Mark};
use super::plan::{Place, Plan, SMALL};
use super::sequence::{LINK, MATCHED, MEMBER};
use super::siblings::{Family, families};
use super::stats::Share;
use super::{ALIVE, Item, MANY, Outline, slot_at, slot_of};

/// What is still to be laid out, the next last.
enum Task {
    Process(u32),
    Mark(Mark),
}

impl Outline {
    /// Lays everything out anew, by these criteria. Where everybody can't be asked at once the verdicts on those who are
    /// still there stay for now.
    pub(super) fn lay_out(&mut self, tree: &Tree, criteria: &Criteria, now_ns: u64) {
        let is_asked = self.judging.can_ask_all(tree, criteria);
        let mut plan = Plan::gather(tree, is_asked.then_some((criteria, now_ns)));
        self.hold_all(&mut plan, is_asked);
        self.look_beneath(&mut plan);
        let marks = self.all_marks(tree, &plan);
        drop(plan);
        self.sequence.fill(&marks);
        self.judging.begin_anew();
        if is_asked {
            self.judging.all_are_asked(criteria);
            self.verdicts.turn_all();
        }
        self.show_groups();
    }

    fn all_marks(&mut self, tree: &Tree, plan: &Plan) -> Vec<u32> {
        let mut families = families(tree, plan, self.few);
        let mut marks = Vec::with_capacity(tree.len() * 3 + 2);
        let mut tasks = vec![Task::Mark(Mark::new(Kind::Close, Id::WHOLE))];
        marks.push(Mark::new(Kind::Open, Id::WHOLE).bits());
        self.plan_children(0, plan, &mut families, &mut tasks);
        while let Some(task) = tasks.pop() {
            match task {
                Task::Mark(mark) => marks.push(mark.bits()),
                Task::Process(slot) => {
                    self.open(tree, slot, plan, &mut tasks, &mut marks);
                    let Place { children: 1.., .. } = plan.get(slot) else { continue };
                    self.plan_children(slot, plan, &mut families, &mut tasks);
                }
            }
        }
        marks
    }

    /// Takes in everybody, and forgets who is no longer there.
    fn hold_all(&mut self, plan: &mut Plan, is_asked: bool) {
        let former = std::mem::take(&mut self.items);
        self.clear();
        self.items.reserve_exact(plan.places.len() + plan.places.len() / 8);
        self.items.resize(plan.places.len(), Item::default());
        let mut newcomers = Vec::new();
        for (slot, place) in plan.places.iter_mut().enumerate().filter(|(_, place)| place.is_born) {
            if !is_asked {
                let stays = former.get(slot).is_some_and(|item| item.generation == place.generation);
                place.is_matched = stays && self.sequence.has(Id::process(slot_at(slot)), MATCHED);
                newcomers.extend(Some(slot_at(slot)).filter(|_| !stays));
            }
            self.hold_again(slot, place);
        }
        if self.judging.leaves_out_newcomers() {
            newcomers.into_iter().for_each(|slot| self.touch(slot));
        }
    }

    /// One who lives can be counted in no group.
    fn hold_again(&mut self, slot: usize, place: &Place) {
        let Some(item) = self.items.get_mut(slot) else { return };
        let flags = if place.is_alive { ALIVE } else { 0 };
        *item = Item { generation: place.generation, share: place.share, flags, ..Item::default() };
        let key = item.key(slot).filter(|_| !self.folds.folded.is_empty());
        let is_folded = key.is_some_and(|key| self.folds.folded.contains(&key));
        self.sequence.hold(slot_at(slot), place.is_matched, is_folded);
    }

    fn look_beneath(&mut self, plan: &mut Plan) {
        let pinned = self.pinned.filter(|&key| self.id_of(key).is_some()).map_or(0, slot_of);
        let Self { sequence, .. } = self;
        plan.each_from_below(|plan, slot| {
            let place = plan.get(slot);
            let is_free = slot != pinned;
            let own = if is_free && !place.is_alive { 1 } else { SMALL + 1 };
            let size = (place.size + own).min(SMALL + 1);
            let run = match place.children {
                0 => Some(0),
                1 => {
                    let only = plan.born_from(place.first_child);
                    let child = plan.get(only);
                    let is_like = child.comm == place.comm;
                    sequence.set_silently(Id::process(only), LINK, is_like);
                    Some(child.run).filter(|&run| is_like && run > 0)
                }
                _ => None,
            };
            let is_kept = place.is_kept || place.is_matched;
            if let Some(place) = plan.get_mut(slot) {
                (place.size, place.is_kept) = (size, is_kept);
                place.run = run.filter(|_| is_free).map_or(0, |run| run + 1);
            }
            if let Some(above) = plan.get_mut(place.parent) {
                above.size = (above.size + size).min(SMALL + 1);
                above.is_kept |= is_kept;
            }
        });
    }

    /// What stands at the beginning of a process; what stands at its end is still to come.
    fn open(&mut self, tree: &Tree, slot: u32, plan: &Plan, tasks: &mut Vec<Task>, marks: &mut Vec<u32>) {
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
        match children {
            0 => marks.push(Mark::new(Kind::Close, id).bits()),
            _ => tasks.push(Task::Mark(Mark::new(Kind::Close, id))),
        }
    }

    /// What comes first is pushed last.
    fn plan_children(
        &mut self,
        parent: u32,
        plan: &Plan,
        families: &mut FxHashMap<u32, Family>,
        tasks: &mut Vec<Task>,
    ) {
        let from = tasks.len();
        let (first, count) = plan.family(parent);
        match families.remove(&parent).filter(|_| count as usize > self.few) {
            Some(family) => self.plan_many(parent, family, plan, tasks),
            None => tasks.extend(plan.siblings(first).map(Task::Process)),
        }
        tasks.get_mut(from..).unwrap_or_default().reverse();
    }

    fn plan_many(&mut self, parent: u32, family: Family, plan: &Plan, tasks: &mut Vec<Task>) {
        match self.items.get_mut(parent as usize).filter(|_| parent != 0) {
            Some(item) => {
                item.set(MANY, true);
            }
            None => self.many_roots = true,
        }
        let parent = if parent == 0 { Id::WHOLE } else { Id::process(parent) };
        for (comm, class) in family.classes {
            let number = self.groups.alike(parent, comm);
            for &slot in &class.members {
                self.hold_in(slot, number, plan.get(slot).counted());
            }
            let Some(group) = self.groups.get_mut(number) else { continue };
            group.members = u32::try_from(class.members.len()).unwrap_or(u32::MAX);
            if class.members.len() <= self.few {
                group.loose = class.members;
                continue;
            }
            group.stats = class.stats;
            self.groups.form(number);
            self.close_or_open(number);
            tasks.push(Task::Mark(Mark::new(Kind::Open, Id::group(number))));
            tasks.extend(class.members.into_iter().map(Task::Process));
            tasks.push(Task::Mark(Mark::new(Kind::Close, Id::group(number))));
        }
        tasks.extend(family.children.into_iter().map(|(slot, is_member)| match is_member {
            true => Task::Mark(Mark::new(Kind::Home, Id::process(slot))),
            false => Task::Process(slot),
        }));
    }

    fn hold_in(&mut self, slot: u32, number: u32, share: Share) {
        if let Some(item) = self.items.get_mut(slot as usize) {
            (item.class, item.share) = (number, share);
        }
        self.sequence.set_silently(Id::process(slot), MEMBER, true);
    }
}
