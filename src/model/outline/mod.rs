//! The rows of the tree, kept up to date with it: what an event costs here does not depend on how many processes are
//! kept, but for a logarithm, and neither does looking at the rows of a window.
//!
//! The rows stand in one sequence of marks, two for each process, with what is beneath the process between them
//! ([`sequence`]). Over that lies a balanced tree ([`chunks`]) that knows for every stretch how many rows there are to
//! see in it ([`summary`]), so that neither a fold nor a match has to be told to anybody above or beneath.
//!
//! Where the tree's journal does not reach back far enough everything is laid out anew.

mod chains;
mod chunks;
mod counting;
mod groups;
mod instant;
mod judging;
mod layout;
mod mark;
pub(super) mod parts;
mod plan;
mod replay;
mod sample;
mod sequence;
mod siblings;
mod stats;
mod summary;
#[cfg(test)]
mod tests;
mod verdicts;
mod window;

use rustc_hash::FxHashSet;
use slotmap::{Key, KeyData};

use super::process::NodeKey;
use super::tree::Tree;
use super::view::Criteria;
use groups::{FEW, Groups};
pub use groups::{GroupFacts, GroupKey};
use judging::Judging;
use mark::{Id, Kind};
pub use sample::Sample;
use sequence::{FOLDED, MATCHED, Sequence};
use stats::Share;
use verdicts::Verdicts;
pub use window::{Node, Row};

/// What is known of a slot of the tree.
#[derive(Clone, Copy, Debug, Default)]
struct Item {
    /// Which of those that have the slot one after the other is there; 0 for nobody.
    generation: u32,
    /// The number of the group, or of those alike that are still too few for one; 0 where it can be in none.
    class: u32,
    /// How it is counted there.
    share: Share,
    flags: u8,
}

/// It will match by the criteria that are coming.
const WILL_MATCH: u8 = 1;
/// It waits to be looked at.
const TOUCHED: u8 = 2;
/// It lives, as far as is known.
const ALIVE: u8 = 4;
/// It has so many children that there can be groups of them.
const MANY: u8 = 8;

impl Item {
    fn of(key: NodeKey, flags: u8) -> Self {
        Self { generation: generation_of(key), flags, ..Self::default() }
    }

    /// Who is there.
    fn key(&self, slot: usize) -> Option<NodeKey> {
        let key = u64::from(self.generation) << 32 | u64::from(slot_at(slot));
        (self.generation != 0).then(|| KeyData::from_ffi(key).into())
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Tells whether it was so before.
    fn set(&mut self, flag: u8, on: bool) -> bool {
        let before = self.has(flag);
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
        before
    }
}

/// What the user has folded and opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// Processes whose children are folded away.
    pub folded: FxHashSet<NodeKey>,
    /// Groups that are open.
    pub opened: FxHashSet<GroupKey>,
}

/// The rows of the tree from top to bottom.
#[derive(Clone, Debug)]
pub struct Outline {
    items: Vec<Item>,
    sequence: Sequence,
    groups: Groups,
    folds: Folds,
    judging: Judging,
    verdicts: Verdicts,
    /// Slots of those that are not as they were.
    touched: Vec<u32>,
    /// The step of the tree's journal that comes next; `None` before the first.
    read_to: Option<u64>,
    /// Siblings alike are a group when there are more than so many.
    few: usize,
    many_roots: bool,
    /// Who is to be seen by himself, whatever he could be a member of.
    pinned: Option<NodeKey>,
    /// The instant as of which all this is.
    instant: Option<u64>,
    /// Room for counting.
    found: Vec<(Id, bool)>,
}

impl Default for Outline {
    fn default() -> Self {
        let mut outline = Self {
            items: Vec::new(),
            sequence: Sequence::default(),
            groups: Groups::default(),
            folds: Folds::default(),
            judging: Judging::default(),
            verdicts: Verdicts::default(),
            touched: Vec::new(),
            read_to: None,
            few: FEW,
            many_roots: false,
            pinned: None,
            instant: None,
            found: Vec::new(),
        };
        outline.clear();
        outline
    }
}

impl Outline {
    /// Brings the rows up to date with the tree that they are of, or a later state of it. What takes long is begun: see
    /// [`Outline::is_complete`].
    pub fn update(&mut self, tree: &Tree, criteria: &Criteria, now_ns: u64) {
        self.follow(tree, criteria, now_ns);
        self.begin_judging(criteria);
        self.note_ages(tree, now_ns);
        self.settle_touched(tree, now_ns);
        self.judge_some(tree, now_ns);
        self.sequence.refresh();
    }

    /// Goes on with what takes long; to be called until [`Outline::is_complete`].
    pub fn go_on(&mut self, tree: &Tree, now_ns: u64) {
        self.judge_some(tree, now_ns);
        self.sequence.refresh();
    }

    /// Whether the rows are those of the latest criteria. Until then they are those of the criteria before.
    pub fn is_complete(&self) -> bool {
        !self.judging.is_under_way()
    }

    /// Whether it is not worth while to begin anything that goes by its verdicts: others will be there soon.
    pub(super) fn is_about_to_turn(&self) -> bool {
        self.judging.is_about_to_turn()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        // The whole is kept as one, and is none.
        (self.sequence.whole().kept as usize).saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many processes match; the others that have rows are their ancestors.
    pub fn matched(&self) -> usize {
        self.sequence.whole().matched as usize
    }

    /// Where the row of a process or a group is; `None` also where it is folded away.
    pub fn position(&self, node: impl Into<Node>) -> Option<usize> {
        let (before, _) = self.sequence.standing(self.id_of_node(node.into())?)?;
        before.checked_sub(1)
    }

    /// The last row that does not stand behind the place of a process or a group: its own, if it has one, or that into
    /// which it is folded.
    pub fn nearest(&self, node: impl Into<Node>) -> Option<usize> {
        let id = self.id_of_node(node.into())?;
        let before = self.sequence.seen_before(id)?;
        let own = usize::from(self.sequence.standing(id).is_some());
        (before + own).checked_sub(2)
    }

    /// Whether so much has happened to the tree that the rows should follow it now, wanted or not: a little later they
    /// would have to be laid out anew.
    pub fn is_behind(&self, tree: &Tree) -> bool {
        self.read_to.is_some_and(|read_to| tree.journal().is_filling_since(read_to))
    }

    /// The next update is with another tree.
    pub fn begin_anew(&mut self) {
        self.read_to = None;
    }

    /// What is folded and opened.
    pub fn folds(&self) -> &Folds {
        &self.folds
    }

    /// Folds what is beneath a process or a group away, or shows it; tells whether that is news. Groups are folded from
    /// the beginning.
    pub fn set_folded(&mut self, node: impl Into<Node>, folded: bool) -> bool {
        let node = node.into();
        let is_news = match (node, folded) {
            (Node::Process(key), true) => self.folds.folded.insert(key),
            (Node::Process(key), false) => self.folds.folded.remove(&key),
            (Node::Group(key), true) => self.folds.opened.remove(&key),
            (Node::Group(key), false) => self.folds.opened.insert(key),
        };
        if let Some(id) = self.id_of_node(node).filter(|_| is_news) {
            self.sequence.set(id, FOLDED, folded);
            self.sequence.refresh();
        }
        is_news
    }

    /// Folds and opens just these. Takes time in proportion to all processes.
    pub fn fold_only(&mut self, folds: Folds) {
        self.folds = folds;
        for (slot, item) in self.items.iter().enumerate() {
            let is_folded = item.key(slot).is_some_and(|key| self.folds.folded.contains(&key));
            self.sequence.set_silently(Id::process(slot_at(slot)), FOLDED, is_folded);
        }
        for number in self.groups.numbers() {
            self.close_or_open(number);
        }
        self.sequence.touch_all();
        self.sequence.refresh();
    }

    fn id_of_node(&self, node: Node) -> Option<Id> {
        match node {
            Node::Process(key) => self.id_of(key),
            Node::Group(key) => self.id_of_group(key),
        }
    }

    /// Looks at everybody of whom something is new: whether he matches, and where he belongs.
    fn settle_touched(&mut self, tree: &Tree, now_ns: u64) {
        self.count_children(tree, None);
        while !self.touched.is_empty() {
            let mut living = Vec::new();
            let mut dead = Vec::new();
            for slot in self.look_at_touched(tree, now_ns) {
                let Some(key) = self.key_of(Id::process(slot)) else { continue };
                let Some(process) = tree.get(key) else { continue };
                match process.end_ns() {
                    Some(end_ns) => dead.push((end_ns, slot)),
                    None => living.push(slot),
                }
            }
            self.sort_by_ends(tree, &mut dead);
            for slot in living.into_iter().chain(dead.into_iter().map(|(_, slot)| slot)) {
                self.settle_in_chains(tree, slot);
                self.settle_in_groups(tree, slot);
            }
        }
    }

    /// Whoever comes into a group stands last in it, and there they stand by their ends.
    fn sort_by_ends(&self, tree: &Tree, dead: &mut [(u64, u32)]) {
        let end = |slot: u32| self.key_of(Id::process(slot)).and_then(|key| groups::end_of(tree, key));
        dead.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| end(a.1).cmp(&end(b.1))));
    }

    /// Judges everybody of whom something is new, and counts whose children they are. Returns them, with those who are to
    /// be looked at because of that: siblings of long ago, where there are enough for a group.
    fn look_at_touched(&mut self, tree: &Tree, now_ns: u64) -> Vec<u32> {
        let mut all = Vec::new();
        while !self.touched.is_empty() {
            let touched = std::mem::take(&mut self.touched);
            for &slot in &touched {
                self.judge(tree, slot, now_ns);
                self.settle_links(tree, slot);
            }
            for &slot in &touched {
                let Some(key) = self.key_of(Id::process(slot)).filter(|&key| tree.get(key).is_some()) else {
                    continue;
                };
                self.count_children(tree, Some(key));
                if let Some(parent) = tree.parent(key) {
                    self.count_children(tree, Some(parent));
                }
            }
            all.extend(touched);
        }
        all
    }

    fn id_of(&self, key: NodeKey) -> Option<Id> {
        let slot = slot_of(key);
        let item = self.items.get(slot as usize)?;
        (item.generation == generation_of(key)).then_some(Id::process(slot))
    }

    fn key_of(&self, id: Id) -> Option<NodeKey> {
        self.items.get(id.index()).filter(|_| !id.is_group())?.key(id.index())
    }

    fn touch(&mut self, slot: u32) {
        if let Some(item) = self.items.get_mut(slot as usize)
            && !item.set(TOUCHED, true)
        {
            self.touched.push(slot);
        }
    }

    /// All processes in the order in which they stand, hidden or not. Takes time in proportion to them.
    pub fn all(&self) -> impl Iterator<Item = NodeKey> + '_ {
        let marks = self.sequence.place(Kind::Open, Id::WHOLE).map(|place| self.sequence.marks_from(place));
        let opens = marks.into_iter().flatten().filter(|mark| mark.kind() == Kind::Open);
        opens.filter_map(|mark| self.key_of(mark.id()))
    }

    /// When verdicts turned beside those of whom the journal tells.
    pub(super) fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// Whether a process matches.
    pub fn is_matched(&self, key: NodeKey) -> bool {
        self.id_of(key).is_some_and(|id| self.sequence.has(id, MATCHED))
    }

    /// Whether a process or a group has a row when nothing is folded.
    pub fn is_kept(&self, node: impl Into<Node>) -> bool {
        self.id_of_node(node.into()).is_some_and(|id| self.sequence.is_kept(id))
    }
}

/// The slot that a place of the tree has: another process may have it later.
pub(super) fn slot_of(key: NodeKey) -> u32 {
    // The lower half; the upper one tells who of those that have it one after the other.
    u32::try_from(key.data().as_ffi() & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Odd in the tree's keys, so never 0.
fn generation_of(key: NodeKey) -> u32 {
    u32::try_from(key.data().as_ffi() >> 32).unwrap_or_default()
}

fn slot_at(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
