//! Who of many siblings are alike, when all is laid out: for each family by itself, so that two threads can do it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::event::Comm;
use super::super::tree::Tree;
use super::groups::end_of;
use super::parts::in_parts;
use super::plan::{Plan, SMALL};
use super::slot_at;
use super::stats::Stats;

/// The many children of one process, or the many roots.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// All of them in their order, each with whether it stands in a group.
    pub(super) children: Vec<(u32, bool)>,
    /// Those alike that are dead and have little beneath them, by their comms.
    pub(super) classes: BTreeMap<Comm, Class>,
}

/// Siblings alike, in the order of their ends where they are a group.
#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) members: Vec<u32>,
    /// What they come to; where they are no group, nothing.
    pub(super) stats: Stats,
}

/// All families with more than `few` children, by the parents; the roots are those of 0.
pub(super) fn families(tree: &Tree, plan: &Plan, few: usize) -> FxHashMap<u32, Family> {
    let parents = (0..plan.places.len()).map(slot_at).filter(|&slot| {
        let (_, children) = plan.family(slot);
        children as usize > few
    });
    let mut all: Vec<(u32, Family)> = parents.map(|parent| (parent, Family::default())).collect();
    in_parts(&mut all, 1, |_, some| {
        for (parent, family) in some {
            *family = Family::of(tree, plan, *parent, few);
        }
    });
    all.into_iter().collect()
}

impl Family {
    fn of(tree: &Tree, plan: &Plan, parent: u32, few: usize) -> Self {
        let mut by_number: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut children = Vec::new();
        for slot in plan.siblings(plan.family(parent).0) {
            let place = plan.get(slot);
            children.push((slot, place.size <= SMALL));
            if place.size <= SMALL {
                by_number.entry(place.comm).or_default().push(slot);
            }
        }
        let mut classes: BTreeMap<Comm, Class> = BTreeMap::new();
        let mut comms: Vec<(u32, Comm)> = Vec::new();
        for (number, members) in by_number {
            let Some(comm) = members.first().map(|&first| comm_of(tree, first)) else { continue };
            comms.push((number, comm));
            classes.entry(comm).or_default().members.extend(members);
        }
        for class in classes.values_mut().filter(|class| class.members.len() > few) {
            class.form(tree, plan);
        }
        let is_formed = |comm: &Comm| classes.get(comm).is_some_and(|class| class.members.len() > few);
        comms.retain(|(_, comm)| is_formed(comm));
        for (slot, is_member) in &mut children {
            let comm = plan.get(*slot).comm;
            *is_member &= comms.binary_search_by_key(&comm, |&(number, _)| number).is_ok();
        }
        Self { children, classes }
    }
}

impl Class {
    fn form(&mut self, tree: &Tree, plan: &Plan) {
        let whole = |slot: u32| tree.at_slot(slot).and_then(|key| end_of(tree, key));
        let with_end = |&slot: &u32| (plan.get(slot).end_ns, slot);
        let mut by_end: Vec<(u64, u32)> = self.members.iter().map(with_end).collect();
        by_end.sort_by(|(one_ns, one), (other_ns, other)| {
            one_ns.cmp(other_ns).then_with(|| whole(*one).cmp(&whole(*other)))
        });
        self.members.clear();
        self.members.extend(by_end.into_iter().map(|(_, slot)| slot));
        for &slot in &self.members {
            self.stats.add(plan.get(slot).counted());
        }
    }
}

fn comm_of(tree: &Tree, slot: u32) -> Comm {
    let process = tree.at_slot(slot).and_then(|key| tree.get(key));
    process.map(|process| process.comm()).unwrap_or_default()
}
