//! Laying everything out at once, groups and chains included.

use std::collections::BTreeMap;

use super::super::event::Comm;
use super::super::process::NodeKey;
use super::super::tree::Tree;
use super::groups::end_of;
use super::mark::{Id, Kind, Mark};
use super::sequence::{FOLDED, LINK, MATCHED, MEMBER, grow};
use super::stats::Share;
use super::{ALIVE, Item, MANY, Outline, generation_of, slot_of};

/// Whoever has more than so many processes beneath and with him is in no group.
const SMALL: u32 = super::groups::SMALL as u32;

/// What is known of a process from those beneath it, by slots.
#[derive(Default)]
struct Beneath {
    /// The processes, itself included, while they are few and dead; otherwise more than [`SMALL`].
    size: Vec<u32>,
    /// The length of the run that begins with it, if that ends with one without a child; otherwise 0.
    run: Vec<u32>,
}

/// What is still to be laid out, the next last.
enum Task {
    Process(NodeKey),
    Mark(Mark),
}

impl Outline {
    /// Lays everything out anew. Until everybody has been asked about again, the verdicts on those who are still there
    /// stay.
    pub(super) fn lay_out(&mut self, tree: &Tree) {
        let former = std::mem::take(&mut self.items);
        self.clear();
        for (key, process) in tree.iter() {
            let stays =
                former.get(slot_of(key) as usize).is_some_and(|item| item.generation == generation_of(key));
            self.hold_again(key, process.is_alive(), stays);
        }
        let order = in_order(tree);
        let beneath = self.look_beneath(tree, &order);
        let mut marks = Vec::with_capacity(tree.len() * 2 + 2);
        let mut tasks = vec![Task::Mark(Mark::new(Kind::Close, Id::WHOLE))];
        marks.push(Mark::new(Kind::Open, Id::WHOLE).bits());
        self.plan_children(tree, None, &beneath, &mut tasks);
        while let Some(task) = tasks.pop() {
            match task {
                Task::Mark(mark) => marks.push(mark.bits()),
                Task::Process(key) => self.plan(tree, key, &beneath, &mut tasks, &mut marks),
            }
        }
        self.sequence.fill(&marks);
        self.count_all();
        self.judging.begin_anew();
    }

    fn hold_again(&mut self, key: NodeKey, alive: bool, stays: bool) {
        let slot = slot_of(key);
        grow(&mut self.items, slot as usize, Item::default());
        if let Some(item) = self.items.get_mut(slot as usize) {
            *item = Item::of(key, if alive { ALIVE } else { 0 });
        }
        let id = Id::process(slot);
        self.sequence.set_silently(id, MEMBER, false);
        self.sequence.set_silently(id, FOLDED, self.folds.folded.contains(&key));
        if !stays {
            self.sequence.set_silently(id, MATCHED, false);
            if self.judging.has_verdicts() {
                self.touch(slot);
            }
        }
    }

    fn look_beneath(&mut self, tree: &Tree, order: &[NodeKey]) -> Beneath {
        let mut beneath = Beneath { size: vec![0; self.items.len()], run: vec![0; self.items.len()] };
        for &key in order.iter().rev() {
            let Some(process) = tree.get(key) else { continue };
            let slot = slot_of(key) as usize;
            let is_free = self.pinned != Some(key);
            let own = if is_free && !process.is_alive() { 1 } else { SMALL + 1 };
            let size = beneath.size.get_mut(slot).map(|size| {
                *size = (*size + own).min(SMALL + 1);
                *size
            });
            let parent = tree.parent(key);
            let above = parent.and_then(|parent| beneath.size.get_mut(slot_of(parent) as usize));
            if let (Some(above), Some(size)) = (above, size) {
                *above = (*above + size).min(SMALL + 1);
            }
            let of_child = match tree.first_child(key) {
                None => Some(0),
                Some(child) if tree.child_count(Some(key)) == 1 => {
                    let is_like = tree.get(child).is_some_and(|child| child.comm() == process.comm());
                    self.sequence.set_silently(Id::process(slot_of(child)), LINK, is_like);
                    let run = beneath.run.get(slot_of(child) as usize).copied();
                    run.filter(|&run| is_like && run > 0)
                }
                Some(_) => {
                    for child in tree.children(key) {
                        self.sequence.set_silently(Id::process(slot_of(child)), LINK, false);
                    }
                    None
                }
            };
            if parent.is_none() {
                self.sequence.set_silently(Id::process(slot_of(key)), LINK, false);
            }
            if let (Some(run), Some(of_child)) = (beneath.run.get_mut(slot), of_child.filter(|_| is_free)) {
                *run = of_child + 1;
            }
        }
        beneath
    }

    fn plan(
        &mut self,
        tree: &Tree,
        key: NodeKey,
        beneath: &Beneath,
        tasks: &mut Vec<Task>,
        marks: &mut Vec<u32>,
    ) {
        let (slot, id) = (slot_of(key), Id::process(slot_of(key)));
        let run = beneath.run.get(slot as usize).copied().unwrap_or(0);
        if run as usize > self.few && !self.sequence.has(id, LINK) {
            let comm = tree.get(key).map(|process| process.comm()).unwrap_or_default();
            let number = self.groups.create(id, comm, Some(slot));
            self.close_or_open(number);
            marks.push(Mark::new(Kind::Open, Id::group(number)).bits());
            tasks.push(Task::Mark(Mark::new(Kind::Close, Id::group(number))));
        }
        marks.push(Mark::new(Kind::Open, id).bits());
        tasks.push(Task::Mark(Mark::new(Kind::Close, id)));
        self.plan_children(tree, Some(key), beneath, tasks);
    }

    /// What comes first is pushed last.
    fn plan_children(
        &mut self,
        tree: &Tree,
        parent: Option<NodeKey>,
        beneath: &Beneath,
        tasks: &mut Vec<Task>,
    ) {
        let first = match parent {
            Some(key) => tree.first_child(key),
            None => tree.roots().next(),
        };
        let from = tasks.len();
        let children = std::iter::successors(first, |&key| tree.next_sibling(key));
        let many = tree.child_count(parent) > self.few;
        if !many {
            tasks.extend(children.map(Task::Process));
            tasks.get_mut(from..).unwrap_or_default().reverse();
            return;
        }
        match parent.and_then(|key| self.items.get_mut(slot_of(key) as usize)) {
            Some(item) => {
                item.set(MANY, true);
            }
            None => self.many_roots = true,
        }
        let children: Vec<NodeKey> = children.collect();
        let groups = self.gather(tree, parent, &children, beneath);
        for (number, members) in groups {
            tasks.push(Task::Mark(Mark::new(Kind::Open, Id::group(number))));
            tasks.extend(members.into_iter().map(Task::Process));
            tasks.push(Task::Mark(Mark::new(Kind::Close, Id::group(number))));
        }
        for key in children {
            let slot = slot_of(key);
            let class = self.class_of(slot);
            let is_member = self.groups.get(class).is_some_and(|group| group.loose.is_empty());
            tasks.push(match is_member {
                true => Task::Mark(Mark::new(Kind::Home, Id::process(slot))),
                false => Task::Process(key),
            });
        }
        tasks.get_mut(from..).unwrap_or_default().reverse();
    }

    /// Puts children into classes; those that are groups are returned with their members, in the order in which they
    /// stand.
    fn gather(
        &mut self,
        tree: &Tree,
        parent: Option<NodeKey>,
        children: &[NodeKey],
        beneath: &Beneath,
    ) -> Vec<(u32, Vec<NodeKey>)> {
        let mut alike: BTreeMap<Comm, Vec<NodeKey>> = BTreeMap::new();
        for &key in children {
            let size = beneath.size.get(slot_of(key) as usize).copied();
            if let Some(process) = tree.get(key).filter(|_| size.is_some_and(|size| size <= SMALL)) {
                alike.entry(process.comm()).or_default().push(key);
            }
        }
        let parent = self.id_or_whole(parent);
        let mut formed = Vec::new();
        for (comm, mut members) in alike {
            let number = self.groups.alike(parent, comm);
            for &key in &members {
                self.hold_in(tree, key, number);
            }
            let Some(group) = self.groups.get_mut(number) else { continue };
            group.members = u32::try_from(members.len()).unwrap_or(u32::MAX);
            if members.len() <= self.few {
                group.loose = members.iter().map(|&key| slot_of(key)).collect();
                continue;
            }
            self.groups.form(number);
            self.close_or_open(number);
            members.sort_by_key(|&key| end_of(tree, key));
            formed.push((number, members));
        }
        formed
    }

    fn hold_in(&mut self, tree: &Tree, key: NodeKey, number: u32) {
        let ended = tree.get(key).and_then(|process| Some((process, process.end_ns()?)));
        let share = ended.map(|(process, end_ns)| Share::new(process.lifetime_ns(end_ns), process.failed()));
        if let Some(item) = self.items.get_mut(slot_of(key) as usize) {
            (item.class, item.share) = (number, share.unwrap_or_default());
        }
        self.sequence.set_silently(Id::process(slot_of(key)), MEMBER, true);
    }
}

/// All processes, each before those beneath it.
fn in_order(tree: &Tree) -> Vec<NodeKey> {
    let mut order = Vec::with_capacity(tree.len());
    let mut at = tree.roots().next();
    while let Some(key) = at {
        order.push(key);
        at = tree.first_child(key);
        let mut done = Some(key).filter(|_| at.is_none());
        while let Some(key) = done {
            at = tree.next_sibling(key);
            done = if at.is_none() { tree.parent(key) } else { None };
        }
    }
    order
}
