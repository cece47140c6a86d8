//! The marks of the outline in chunks, and the chunks in a balanced tree: a treap, that is a search tree by place and a
//! heap by priorities that look random. Places are not numbered: a chunk knows those around it.

mod walk;

use super::parts::in_parts;
use super::summary::Summary;

/// No chunk.
pub(super) const NIL: u32 = u32::MAX;
/// The most marks in a chunk: so few that going through them costs about what going through the tree of chunks does. In
/// builds for tests fewer, so that small trees have many.
pub(super) const FULL: usize = if cfg!(debug_assertions) { 16 } else { 64 };

/// Chunks that one thread sums up before it takes some more.
const SUMMED_IN_A_ROW: usize = if cfg!(debug_assertions) { 16 } else { 512 };

/// Marks that follow each other.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) marks: Vec<u32>,
    own: Summary,
    /// With all chunks beneath it in the tree.
    total: Summary,
    left: u32,
    right: u32,
    parent: u32,
    priority: u32,
    /// The members of groups that stand in it are to be counted anew.
    uncounted: bool,
    /// `own` is not right.
    changed: bool,
    /// `total` is not right; then that of all above is not, either.
    stale: bool,
}

/// All chunks. Several trees can stand beside each other for a while.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    chunks: Vec<Chunk>,
    free: Vec<u32>,
    pub(super) root: u32,
    created: u64,
    /// Many are not right.
    is_all_changed: bool,
    #[cfg(test)]
    pub(super) steps: std::cell::Cell<u64>,
}

impl Default for Chunks {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            root: NIL,
            created: 0,
            is_all_changed: true,
            #[cfg(test)]
            steps: std::cell::Cell::new(0),
        }
    }
}

impl Chunks {
    fn step(&self) {
        #[cfg(test)]
        self.steps.set(self.steps.get() + 1);
    }

    pub(super) fn get(&self, at: u32) -> Option<&Chunk> {
        self.chunks.get(at as usize)
    }

    /// Whoever asks for this is going to change the marks.
    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Chunk> {
        self.touch(at);
        self.chunks.get_mut(at as usize)
    }

    pub(super) fn len(&self, at: u32) -> usize {
        self.get(at).map_or(0, |chunk| chunk.marks.len())
    }

    pub(super) fn marks(&self, at: u32) -> &[u32] {
        self.get(at).map_or(&[], |chunk| &chunk.marks)
    }

    /// What a chunk's marks come to; right after [`Chunks::refresh`].
    pub(super) fn own(&self, at: u32) -> Summary {
        self.get(at).map_or_else(Summary::default, |chunk| chunk.own)
    }

    fn total(&self, at: u32) -> Summary {
        self.get(at).map_or_else(Summary::default, |chunk| chunk.total)
    }

    /// What everything comes to; right after [`Chunks::refresh`].
    pub(super) fn whole(&self) -> Summary {
        self.total(self.root)
    }

    pub(super) fn left(&self, at: u32) -> u32 {
        self.get(at).map_or(NIL, |chunk| chunk.left)
    }

    pub(super) fn right(&self, at: u32) -> u32 {
        self.get(at).map_or(NIL, |chunk| chunk.right)
    }

    fn parent(&self, at: u32) -> u32 {
        self.get(at).map_or(NIL, |chunk| chunk.parent)
    }

    fn priority(&self, at: u32) -> u32 {
        self.get(at).map_or(0, |chunk| chunk.priority)
    }

    fn set_left(&mut self, at: u32, child: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.left = child;
        }
        self.set_parent(child, at);
    }

    fn set_right(&mut self, at: u32, child: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.right = child;
        }
        self.set_parent(child, at);
    }

    fn set_parent(&mut self, at: u32, parent: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.parent = parent;
        }
    }

    /// A chunk outside of any tree.
    pub(super) fn create(&mut self, marks: Vec<u32>) -> u32 {
        self.created += 1;
        let chunk = Chunk {
            marks,
            own: Summary::default(),
            total: Summary::default(),
            left: NIL,
            right: NIL,
            parent: NIL,
            priority: scattered(self.created),
            uncounted: true,
            changed: true,
            stale: true,
        };
        if let Some(at) = self.free.pop()
            && let Some(place) = self.chunks.get_mut(at as usize)
        {
            *place = chunk;
            return at;
        }
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(NIL)
    }

    /// Its marks, or what they stand for, are not as they were.
    pub(super) fn touch(&mut self, at: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.changed = true;
        }
        self.make_stale(at);
    }

    /// Nothing is right, nor counted.
    pub(super) fn touch_all(&mut self) {
        self.is_all_changed = true;
        for chunk in &mut self.chunks {
            (chunk.uncounted, chunk.changed, chunk.stale) = (true, true, true);
        }
    }

    /// Its members are to be counted anew.
    pub(super) fn uncount(&mut self, at: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.uncounted = true;
        }
    }

    /// The next chunk from `from` on of which the members are to be counted, which now are.
    pub(super) fn take_uncounted(&mut self, from: u32) -> Option<u32> {
        let rest = self.chunks.iter_mut().enumerate().skip(from as usize);
        let (at, chunk) = rest.into_iter().find(|(_, chunk)| chunk.uncounted)?;
        chunk.uncounted = false;
        u32::try_from(at).ok()
    }

    fn make_stale(&mut self, mut at: u32) {
        while let Some(chunk) = self.chunks.get_mut(at as usize).filter(|chunk| !chunk.stale) {
            chunk.stale = true;
            at = chunk.parent;
        }
    }

    /// Computes the sums that are not right.
    pub(super) fn refresh(&mut self, sum: &(impl Fn(&[u32]) -> Summary + Sync)) {
        if std::mem::take(&mut self.is_all_changed) {
            in_parts(&mut self.chunks, SUMMED_IN_A_ROW, |_, chunks| {
                for chunk in chunks.iter_mut().filter(|chunk| chunk.changed) {
                    (chunk.own, chunk.changed) = (sum(&chunk.marks), false);
                }
            });
        }
        self.refresh_beneath(self.root, sum);
    }

    fn refresh_beneath(&mut self, at: u32, sum: &impl Fn(&[u32]) -> Summary) {
        let Some(chunk) = self.get(at).filter(|chunk| chunk.stale) else { return };
        let (left, right) = (chunk.left, chunk.right);
        let own = if chunk.changed { sum(&chunk.marks) } else { chunk.own };
        self.step();
        self.refresh_beneath(left, sum);
        self.refresh_beneath(right, sum);
        let total = self.total(left).then(&own).then(&self.total(right));
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            (chunk.own, chunk.total, chunk.changed, chunk.stale) = (own, total, false, false);
        }
    }

    /// Makes one tree of two that follow each other.
    pub(super) fn merge(&mut self, before: u32, after: u32) -> u32 {
        self.step();
        if before == NIL || after == NIL {
            return if before == NIL { after } else { before };
        }
        if self.priority(before) >= self.priority(after) {
            let right = self.merge(self.right(before), after);
            self.set_right(before, right);
            self.force_stale(before);
            before
        } else {
            let left = self.merge(before, self.left(after));
            self.set_left(after, left);
            self.force_stale(after);
            after
        }
    }

    /// Of one whose parent is stale, or is going to be.
    fn force_stale(&mut self, at: u32) {
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.stale = true;
        }
    }

    /// Cuts a tree before a chunk (or after it).
    pub(super) fn split(&mut self, at: u32, after: bool) -> (u32, u32) {
        self.make_stale(at);
        let (mut before, mut behind) = if after { (at, self.right(at)) } else { (self.left(at), at) };
        if after {
            self.set_right(at, NIL);
        } else {
            self.set_left(at, NIL);
        }
        let (mut child, mut up) = (at, self.parent(at));
        self.set_parent(at, NIL);
        while up != NIL {
            self.step();
            let above = self.parent(up);
            if self.right(up) == child {
                self.set_right(up, before);
                before = up;
            } else {
                self.set_left(up, behind);
                behind = up;
            }
            (child, up) = (up, above);
        }
        for root in [before, behind] {
            self.set_parent(root, NIL);
        }
        (before, behind)
    }

    /// Puts a tree of chunks behind the chunk `at`.
    pub(super) fn insert_after(&mut self, at: u32, tree: u32) {
        let (before, behind) = self.split(at, true);
        let before = self.merge(before, tree);
        self.root = self.merge(before, behind);
        self.set_parent(self.root, NIL);
    }

    /// Takes a chunk out of its tree and forgets it.
    pub(super) fn remove(&mut self, at: u32) {
        let (left, right, parent) = (self.left(at), self.right(at), self.parent(at));
        let child = self.merge(left, right);
        self.set_parent(child, parent);
        if parent == NIL {
            self.root = child;
        } else if self.left(parent) == at {
            self.set_left(parent, child);
        } else {
            self.set_right(parent, child);
        }
        self.make_stale(parent);
        if let Some(chunk) = self.chunks.get_mut(at as usize) {
            chunk.marks = Vec::new();
            chunk.parent = NIL;
            self.free.push(at);
        }
    }

    /// Chunks in their order, as one tree.
    pub(super) fn build(&mut self, chunks: impl Iterator<Item = u32>) {
        let mut spine: Vec<u32> = Vec::new();
        for at in chunks {
            let mut last = NIL;
            while let Some(&top) = spine.last().filter(|&&top| self.priority(top) < self.priority(at)) {
                last = top;
                spine.pop();
            }
            self.set_left(at, last);
            if let Some(&top) = spine.last() {
                self.set_right(top, at);
            }
            spine.push(at);
        }
        self.root = spine.first().copied().unwrap_or(NIL);
    }
}

/// Looks random and is the same in every run (the finaliser of splitmix64).
fn scattered(n: u64) -> u32 {
    let mut n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from(n >> 32).unwrap_or(0)
}
