//! Who matches. Verdicts are kept: asked again is only about those of whom something new was told, or whose age has come
//! to where the answer can be another one. Other criteria are asked about everybody, some at a time; until that is done
//! the rows stay those of the criteria before.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::super::subject::ProcessSubject;
use super::super::tree::Tree;
use super::super::view::Criteria;
use super::mark::Id;
use super::parts::in_parts;
use super::sequence::MATCHED;
use super::{ALIVE, Outline, TOUCHED, WILL_MATCH, slot_at, slot_of};

/// The chunks of which the members are counted at a time.
const COUNTED_AT_ONCE: usize = if cfg!(debug_assertions) { 1 << 10 } else { 1 << 12 };

/// Processes that one thread asks about before it takes some more.
const JUDGED_IN_A_ROW: usize = if cfg!(debug_assertions) { 1 << 8 } else { 1 << 12 };

/// When all is laid out anew, so many times as many are asked about at once as otherwise: to lay them out takes longer.
const PIECES_AT_ONCE: u64 = 4;

/// By which criteria, and how far that has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Judging {
    /// Those that the verdicts are by; `None` before the first.
    shown: Option<Criteria>,
    /// Those of which everybody is being asked.
    coming: Option<Pass>,
    /// After that the members of groups are counted anew: from this chunk on.
    uncounted: Option<u32>,
    ages: Ages,
}

#[derive(Clone, Debug)]
struct Pass {
    criteria: Criteria,
    /// The slot that comes next.
    next: usize,
    /// Verdicts on those before it may be wrong by now.
    again: bool,
    /// It follows one of which some verdicts were wrong in the end.
    repeats: bool,
}

impl Pass {
    fn new(criteria: Criteria) -> Self {
        Self { criteria, next: 0, again: false, repeats: false }
    }
}

/// The living in the order of their starts, while answers depend on ages.
#[derive(Clone, Debug, Default)]
struct Ages {
    /// The ages at which answers may change.
    thresholds: Vec<u64>,
    starts: FxHashMap<u32, u64>,
    order: BTreeSet<(u64, u32)>,
    seen_at: u64,
}

impl Judging {
    pub(super) fn is_under_way(&self) -> bool {
        self.coming.is_some() || self.is_counting()
    }

    /// Whether everybody is being asked. Where that goes on and on, as what is asked for changes all the time, it says so
    /// of the first time alone.
    pub(super) fn is_about_to_turn(&self) -> bool {
        self.coming.as_ref().is_some_and(|pass| !pass.repeats)
    }

    /// Whether what groups tell is about to change.
    pub(super) fn is_counting(&self) -> bool {
        self.uncounted.is_some()
    }

    /// All members of groups are to be counted anew.
    pub(super) fn begin_counting(&mut self) {
        self.uncounted = Some(0);
    }

    /// Everybody is to be asked about anew, by the criteria that are in force.
    fn ask_again(&mut self) {
        match (&mut self.coming, &self.shown) {
            // To begin again each time would never come to an end.
            (Some(pass), _) => pass.again |= pass.next > 0,
            (None, Some(shown)) => {
                self.coming = Some(Pass::new(shown.clone()));
            }
            (None, None) => {}
        }
    }

    fn asks(&self, about: fn(&Criteria) -> bool) -> bool {
        let coming = self.coming.as_ref().map(|pass| &pass.criteria);
        self.shown.iter().chain(coming).any(about)
    }

    pub(super) fn cgroup_learned(&mut self) {
        if self.asks(|criteria| criteria.filter.asks_for_cgroup()) {
            self.ask_again();
        }
    }

    /// Somebody has other ancestors, and with him all beneath him.
    pub(super) fn family_changed(&mut self) {
        if self.asks(|criteria| criteria.filter.asks_for_ancestors()) {
            self.ask_again();
        }
    }

    /// Whether those who come while everybody is asked anew may have to wait for long: others are being asked already.
    pub(super) fn leaves_out_newcomers(&self) -> bool {
        self.shown.is_some() && self.coming.as_ref().is_some_and(|pass| pass.next > 0)
    }

    /// It is not known of whom something is new; and members of groups have just been counted.
    pub(super) fn begin_anew(&mut self) {
        self.uncounted = None;
        self.ask_again();
        self.ages = Ages { seen_at: self.ages.seen_at, ..Ages::default() };
    }

    /// Whether everybody can be asked about while all is laid out.
    pub(super) fn can_ask_all(&self, tree: &Tree, criteria: &Criteria) -> bool {
        u64::from(tree.slots()) <= criteria.at_a_time() * PIECES_AT_ONCE
    }

    /// Everybody has been asked about.
    pub(super) fn all_are_asked(&mut self, criteria: &Criteria) {
        self.shown = Some(criteria.clone());
        self.coming = None;
    }

    pub(super) fn forget(&mut self, slot: u32) {
        self.ages.remove(slot);
    }
}

impl Ages {
    fn remove(&mut self, slot: u32) {
        if let Some(start_ns) = self.starts.remove(&slot) {
            self.order.remove(&(start_ns, slot));
        }
    }

    fn insert(&mut self, slot: u32, start_ns: u64) {
        self.remove(slot);
        self.starts.insert(slot, start_ns);
        self.order.insert((start_ns, slot));
    }

    /// Those who have come to a threshold since this was asked last.
    fn come_of_age(&mut self, now_ns: u64) -> Vec<u32> {
        let before = std::mem::replace(&mut self.seen_at, now_ns);
        let (from, to) = (before.min(now_ns), before.max(now_ns));
        let mut found = Vec::new();
        for threshold in &self.thresholds {
            // Born later than `from` - threshold, and not later than `to` - threshold.
            let Some(latest) = to.checked_sub(*threshold) else { continue };
            let earliest = from.checked_sub(*threshold).map_or(0, |earliest| earliest.saturating_add(1));
            if earliest <= latest {
                found.extend(self.order.range((earliest, 0)..=(latest, u32::MAX)).map(|&(_, slot)| slot));
            }
        }
        found
    }
}

fn thresholds(criteria: &Criteria) -> Vec<u64> {
    let mut all = criteria.filter.durations();
    all.extend(Some(criteria.min_duration_ns).filter(|&ns| ns > 0));
    all
}

impl Outline {
    /// From now on it is by these criteria, once everybody has been asked about.
    pub(super) fn begin_judging(&mut self, criteria: &Criteria) {
        let judging = &mut self.judging;
        let latest = judging.coming.as_ref().map(|pass| &pass.criteria).or(judging.shown.as_ref());
        if latest.is_some_and(|latest| latest.is_same(criteria)) {
            return;
        }
        judging.coming = Some(Pass::new(criteria.clone()));
        if judging.shown.as_ref().is_some_and(|shown| shown.is_same(criteria)) {
            // Taken back before it was done.
            judging.coming = None;
        }
    }

    /// Touches those whose age makes a difference.
    pub(super) fn note_ages(&mut self, tree: &Tree, now_ns: u64) {
        let judging = &mut self.judging;
        let coming = judging.coming.as_ref().map(|pass| &pass.criteria);
        let wanted: Vec<u64> = judging.shown.iter().chain(coming).flat_map(thresholds).collect();
        if wanted != judging.ages.thresholds {
            judging.ages = Ages { seen_at: judging.ages.seen_at, ..Ages::default() };
            judging.ages.thresholds = wanted;
            if !judging.ages.thresholds.is_empty() {
                for key in tree.living_keys() {
                    let start_ns = tree.get(key).map_or(0, |process| process.id.start_ns);
                    judging.ages.insert(slot_of(key), start_ns);
                }
            }
        }
        for slot in judging.ages.come_of_age(now_ns) {
            self.touch(slot);
            self.verdicts.came_of_age(slot);
        }
    }

    /// Asks about one of whom something is new.
    pub(super) fn judge(&mut self, tree: &Tree, slot: u32, now_ns: u64) {
        let Some(item) = self.items.get_mut(slot as usize) else { return };
        item.set(TOUCHED, false);
        let Some((key, process)) = item.key(slot as usize).and_then(|key| Some((key, tree.get(key)?))) else {
            return;
        };
        item.set(ALIVE, process.is_alive());
        let subject = ProcessSubject::new(tree, key, process, now_ns);
        let shows =
            |criteria: &Criteria| criteria.admits(process, now_ns) && criteria.filter.matches(&subject);
        let judging = &mut self.judging;
        item.set(WILL_MATCH, judging.coming.as_ref().is_some_and(|pass| shows(&pass.criteria)));
        if let Some(shown) = &judging.shown {
            self.sequence.set(Id::process(slot), MATCHED, shows(shown));
        }
        if judging.ages.thresholds.is_empty() {
            return;
        }
        if process.is_alive() {
            judging.ages.insert(slot, process.id.start_ns);
        } else {
            judging.ages.remove(slot);
        }
    }

    /// Asks about some more by the criteria that are coming, then counts some more members of groups.
    pub(super) fn judge_some(&mut self, tree: &Tree, now_ns: u64) {
        let Some(pass) = &mut self.judging.coming else { return self.count_on() };
        let criteria = &pass.criteria;
        let at_a_time = usize::try_from(criteria.at_a_time()).unwrap_or(usize::MAX);
        let end = pass.next.saturating_add(at_a_time).min(self.items.len());
        let some = self.items.get_mut(pass.next..end).unwrap_or_default();
        in_parts(some, JUDGED_IN_A_ROW, |first, items| {
            for (slot, item) in (pass.next + first..).zip(items) {
                let Some(key) = item.key(slot) else { continue };
                let Some(process) = tree.get(key) else { continue };
                let will_match = criteria.admits(process, now_ns)
                    && criteria.filter.matches(&ProcessSubject::new(tree, key, process, now_ns));
                item.set(WILL_MATCH, will_match);
            }
        });
        pass.next += at_a_time;
        if pass.next >= self.items.len() {
            self.show_coming();
        }
    }

    /// Everybody has been asked about.
    fn show_coming(&mut self) {
        let Some(pass) = self.judging.coming.take() else { return };
        for (slot, item) in self.items.iter_mut().enumerate() {
            self.sequence.set_silently(Id::process(slot_at(slot)), MATCHED, item.has(WILL_MATCH));
            item.share = item.share.with(false, false);
        }
        // To count them from nothing costs half of what finding the differences would.
        self.groups.forget_counts();
        self.sequence.touch_all();
        self.verdicts.turn_all();
        self.judging.shown = Some(pass.criteria);
        if pass.again {
            self.judging.ask_again();
            self.judging.coming.iter_mut().for_each(|pass| pass.repeats = true);
        }
        self.judging.begin_counting();
        self.show_groups();
        self.count_on();
    }

    fn count_on(&mut self) {
        let Some(mut from) = self.judging.uncounted else { return };
        for _ in 0..COUNTED_AT_ONCE {
            // What changed meanwhile may stand before that.
            let next = self.sequence.chunks.take_uncounted(from);
            let Some(chunk) = next.or_else(|| self.sequence.chunks.take_uncounted(0)) else {
                self.judging.uncounted = None;
                self.show_groups();
                return;
            };
            self.count_in_chunk(chunk);
            from = chunk + 1;
        }
        self.judging.uncounted = Some(from);
    }
}
