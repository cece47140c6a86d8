//! The critical path of what has ended: which process its total time was spent in, at every moment of it.
//!
//! It is found from the end backwards. Up to its end the process itself was what all waited for, back to the moment at
//! which the last of its children ended: that child released it. Before that moment the child is asked in the same way,
//! back to its beginning, which its parent decided; there the parent goes on, with the child that had ended last by then.
//! With several jobs at a time that is the one whose end made room for the next. A child that outlives its parent, as a
//! daemon does, released nobody. Who really waited for whom the events do not tell: a child of which nobody took
//! notice is on the path all the same when it is the last to end.

use rustc_hash::FxHashMap;

use super::event::ProcessId;
use super::process::NodeKey;
use super::tree::Tree;

/// A time during which all waited for one process and none of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// For whom.
    pub key: NodeKey,
    /// From when on, boot clock in nanoseconds.
    pub from_ns: u64,
    /// Up to when; never before `from_ns`.
    pub to_ns: u64,
}

impl Stretch {
    /// How long it is, in nanoseconds.
    pub const fn length_ns(&self) -> u64 {
        self.to_ns.saturating_sub(self.from_ns)
    }
}

/// The path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticalPath {
    root: ProcessId,
    /// From the first to the last, without gaps: together they are the life of the root.
    stretches: Vec<Stretch>,
    /// Each process of the path with what it spent there itself and the stretches that are its, in the order of its
    /// first one.
    members: Vec<Member>,
    places: FxHashMap<NodeKey, usize>,
    /// Somebody on it has descendants that are no longer kept: they may have been on it.
    partial: bool,
}

/// A process on the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub key: NodeKey,
    /// When the path comes to it first, boot clock in nanoseconds.
    pub from_ns: u64,
    /// The sum of its stretches, in nanoseconds.
    pub own_ns: u64,
    /// Its stretches, by their numbers.
    stretches: Vec<usize>,
}

/// A process that is being asked, back to `at_ns`.
struct Asked {
    key: NodeKey,
    start_ns: u64,
    at_ns: u64,
    /// Its children that have ended, as (end, start, who), the last to end last.
    children: Vec<(u64, u64, NodeKey)>,
}

impl Asked {
    fn new(tree: &Tree, key: NodeKey, start_ns: u64, end_ns: u64) -> Self {
        let ended = |key: NodeKey| {
            let child = tree.get(key)?;
            let start_ns = child.id.start_ns;
            // Nobody ends before he begins, whatever a stream tells.
            Some((child.end_ns()?.max(start_ns), start_ns, key))
        };
        let mut children: Vec<_> = tree.children(key).filter_map(ended).collect();
        children.sort_unstable();
        Self { key, start_ns, at_ns: end_ns, children }
    }

    /// The child that released it latest, but not after `at_ns`.
    fn released_by(&mut self) -> Option<(u64, u64, NodeKey)> {
        while let Some((end_ns, start_ns, key)) = self.children.pop() {
            if end_ns <= self.at_ns && start_ns >= self.start_ns {
                return Some((end_ns, start_ns, key));
            }
        }
        None
    }
}

impl CriticalPath {
    /// The path of a process that has ended; `None` of one that lives. Takes time in proportion to the children of those
    /// who are on it (with a logarithm).
    pub fn of(tree: &Tree, root: NodeKey) -> Option<Self> {
        let process = tree.get(root)?;
        let (start_ns, end_ns) = (process.id.start_ns, process.end_ns()?.max(process.id.start_ns));
        let mut asked = vec![Asked::new(tree, root, start_ns, end_ns)];
        let mut stretches = Vec::new();
        while let Some(now) = asked.last_mut() {
            let released = now.released_by();
            let from_ns = released.map_or(now.start_ns, |(end_ns, ..)| end_ns);
            if from_ns < now.at_ns {
                stretches.push(Stretch { key: now.key, from_ns, to_ns: now.at_ns });
            }
            match released {
                Some((end_ns, start_ns, child)) => {
                    now.at_ns = start_ns;
                    asked.push(Asked::new(tree, child, start_ns, end_ns));
                }
                None => {
                    asked.pop();
                }
            }
        }
        stretches.reverse();
        Some(Self::with(tree, process.id, stretches))
    }

    fn with(tree: &Tree, root: ProcessId, stretches: Vec<Stretch>) -> Self {
        let mut members: Vec<Member> = Vec::new();
        let mut places = FxHashMap::default();
        for (number, stretch) in stretches.iter().enumerate() {
            let place = *places.entry(stretch.key).or_insert(members.len());
            if place == members.len() {
                let (key, from_ns) = (stretch.key, stretch.from_ns);
                members.push(Member { key, from_ns, own_ns: 0, stretches: Vec::new() });
            }
            if let Some(member) = members.get_mut(place) {
                member.own_ns += stretch.length_ns();
                member.stretches.push(number);
            }
        }
        let has_gone = |member: &Member| tree.get(member.key).is_some_and(|it| it.folded().processes > 0);
        let partial = members.iter().any(has_gone);
        Self { root, stretches, members, places, partial }
    }

    /// Whose path it is.
    pub const fn root(&self) -> ProcessId {
        self.root
    }

    /// All of it, in nanoseconds: the lifetime of the root.
    pub fn length_ns(&self) -> u64 {
        self.stretches.iter().map(Stretch::length_ns).sum()
    }

    /// From the first to the last, without gaps.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The processes on it, in the order in which it comes to them first.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The number of a process among the members.
    pub fn place(&self, key: NodeKey) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// The stretches of a process, from the first to the last; none where it is not on the path.
    pub fn stretches_of(&self, key: NodeKey) -> impl Iterator<Item = Stretch> + '_ {
        let member = self.place(key).and_then(|place| self.members.get(place));
        let numbers = member.map_or(&[][..], |member| &member.stretches);
        numbers.iter().filter_map(|&number| self.stretches.get(number).copied())
    }

    /// Whether somebody on it has descendants that are no longer kept: they may have been on it.
    pub const fn is_partial(&self) -> bool {
        self.partial
    }

    /// The members that took most of the time themselves, at most so many, in the order of the path.
    pub fn heaviest(&self, most: usize) -> Vec<&Member> {
        let mut places: Vec<usize> = (0..self.members.len()).collect();
        let own_ns = |&place: &usize| self.members.get(place).map_or(0, |member| member.own_ns);
        places.sort_by_key(|place| std::cmp::Reverse(own_ns(place)));
        places.truncate(most);
        places.sort_unstable();
        places.into_iter().filter_map(|place| self.members.get(place)).collect()
    }
}
