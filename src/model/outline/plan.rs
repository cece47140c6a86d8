//! What is to be known of everybody before all is laid out.

use super::super::process::Process;
use super::super::subject::ProcessSubject;
use super::super::tree::{Standing, Tree};
use super::super::view::Criteria;
use super::parts::in_parts;
use super::stats::Share;
use super::{generation_of, slot_at, slot_of};

/// Whoever has more than so many processes beneath and with him is in no group.
pub(super) const SMALL: u8 = super::groups::SMALL as u8;

/// Slots at which one thread looks before it takes some more.
const GATHERED_IN_A_ROW: usize = if cfg!(debug_assertions) { 1 << 6 } else { 1 << 12 };

/// What is to be known of a slot. Others are named by their slots; 0 is nobody.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) end_ns: u64,
    pub(super) parent: u32,
    pub(super) first_child: u32,
    next_sibling: u32,
    /// Which of those that have the slot one after the other.
    pub(super) generation: u32,
    /// The number of its comm.
    pub(super) comm: u32,
    pub(super) children: u32,
    /// The length of the run that begins with it, if that ends with one without a child; otherwise 0.
    pub(super) run: u32,
    /// How it would be counted in a group, but for the verdicts.
    pub(super) share: Share,
    /// The processes, itself included, while they are few and dead; otherwise more than [`SMALL`].
    pub(super) size: u8,
    pub(super) is_alive: bool,
    pub(super) is_matched: bool,
    /// It matches, or one beneath it does.
    pub(super) is_kept: bool,
    /// By the instant that is looked at. Who is not has no children that are.
    pub(super) is_born: bool,
}

impl Place {
    fn of(standing: Standing<'_>) -> Self {
        let generation = generation_of(standing.key);
        let Standing { parent, first_child, next_sibling, .. } = standing;
        let place = Self { parent, first_child, next_sibling, generation, ..Self::default() };
        standing.process.map_or(place, |process| place.with(process))
    }

    /// Of one who is born.
    fn with(self, process: Process<'_>) -> Self {
        let end_ns = process.end_ns();
        let share = end_ns.map(|end_ns| Share::new(process.lifetime_ns(end_ns), process.failed()));
        Self {
            end_ns: end_ns.unwrap_or(0),
            comm: process.held_comm().map_or(u32::MAX, |comm| comm.number()),
            is_alive: end_ns.is_none(),
            share: share.unwrap_or_default(),
            is_born: true,
            ..self
        }
    }

    /// How it is counted in a group.
    pub(super) fn counted(&self) -> Share {
        self.share.with(self.is_kept, self.is_matched)
    }
}

/// Everybody, beside each other: to go through the tree's own memory in the order of the rows takes several times as long.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) places: Vec<Place>,
    first_root: u32,
    roots: u32,
}

impl Plan {
    /// Looks at everybody. Whether they match is asked by these criteria at this time, if by any.
    pub(super) fn gather(tree: &Tree, ask: Option<(&Criteria, u64)>) -> Self {
        let mut places = vec![Place::default(); tree.slots() as usize];
        in_parts(&mut places, GATHERED_IN_A_ROW, |first, places| {
            for (slot, place) in (first..).zip(places) {
                let Some(standing) = tree.standing(slot_at(slot)) else { continue };
                *place = Place::of(standing);
                if let Some((criteria, now_ns)) = ask
                    && let Some(process) = standing.process
                {
                    place.is_matched = criteria.admits(process, now_ns)
                        && criteria.filter.matches(&ProcessSubject::new(tree, standing.key, process, now_ns));
                }
            }
        });
        let first_root = tree.roots().next().map_or(0, slot_of);
        let mut plan = Plan { places, first_root, roots: 0 };
        plan.count();
        plan
    }

    pub(super) fn get(&self, slot: u32) -> Place {
        self.places.get(slot as usize).copied().unwrap_or_default()
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Place> {
        self.places.get_mut(slot as usize).filter(|_| slot != 0)
    }

    /// The first child of somebody, or the first root, and how many there are.
    pub(super) fn family(&self, parent: u32) -> (u32, u32) {
        match parent {
            0 => (self.first_root, self.roots),
            parent => (self.get(parent).first_child, self.get(parent).children),
        }
    }

    /// Those that are born from there on.
    pub(super) fn siblings(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let is_there = |slot: u32| Some(slot).filter(|&slot| slot != 0);
        let all = std::iter::successors(is_there(first), move |&slot| is_there(self.get(slot).next_sibling));
        all.filter(|&slot| self.get(slot).is_born)
    }

    /// The first from there on that is born.
    pub(super) fn born_from(&self, first: u32) -> u32 {
        self.siblings(first).next().unwrap_or(0)
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

    /// Hands out everybody, each behind those beneath him.
    pub(super) fn each_from_below(&mut self, mut take: impl FnMut(&mut Self, u32)) {
        // How many children of each are still to come.
        let mut awaited: Vec<u32> = self.places.iter().map(|place| place.children).collect();
        for slot in 1..self.places.len() {
            let mut at = slot_at(slot);
            if !self.get(at).is_born || self.get(at).children > 0 {
                continue;
            }
            while at != 0 {
                take(self, at);
                at = self.get(at).parent;
                let Some(awaited) = awaited.get_mut(at as usize) else { break };
                *awaited = awaited.saturating_sub(1);
                if *awaited > 0 {
                    break;
                }
            }
        }
    }
}
