//! From chunk to chunk, and to the one where something is.

use super::super::summary::Summary;
use super::{Chunks, NIL};

impl Chunks {
    /// The first chunk of a tree.
    pub(in crate::model::outline) fn first(&self, tree: u32) -> u32 {
        self.outermost(tree, Self::left)
    }

    /// The last chunk of a tree.
    pub(in crate::model::outline) fn last(&self, tree: u32) -> u32 {
        self.outermost(tree, Self::right)
    }

    fn outermost(&self, tree: u32, side: fn(&Self, u32) -> u32) -> u32 {
        let mut at = tree;
        while side(self, at) != NIL {
            self.step();
            at = side(self, at);
        }
        at
    }

    /// The chunk behind this one.
    pub(in crate::model::outline) fn next(&self, at: u32) -> u32 {
        match self.right(at) {
            NIL => self.first_above(at, Self::right),
            right => self.first(right),
        }
    }

    /// The chunk before this one.
    pub(in crate::model::outline) fn previous(&self, at: u32) -> u32 {
        match self.left(at) {
            NIL => self.first_above(at, Self::left),
            left => self.last(left),
        }
    }

    /// The nearest one above that this one is not beneath on that side.
    fn first_above(&self, at: u32, side: fn(&Self, u32) -> u32) -> u32 {
        let (mut child, mut up) = (at, self.parent(at));
        while up != NIL && side(self, up) == child {
            self.step();
            (child, up) = (up, self.parent(up));
        }
        up
    }

    /// What all chunks before this one come to.
    pub(in crate::model::outline) fn before(&self, at: u32) -> Summary {
        let mut sum = self.total(self.left(at));
        let mut child = at;
        loop {
            let up = self.parent(child);
            if up == NIL {
                return sum;
            }
            self.step();
            if self.right(up) == child {
                sum = self.total(self.left(up)).then(&self.own(up)).then(&sum);
            }
            child = up;
        }
    }

    /// What all chunks behind this one come to.
    pub(in crate::model::outline) fn behind(&self, at: u32) -> Summary {
        let mut sum = self.total(self.right(at));
        let mut child = at;
        loop {
            let up = self.parent(child);
            if up == NIL {
                return sum;
            }
            self.step();
            if self.left(up) == child {
                sum = sum.then(&self.own(up)).then(&self.total(self.right(up)));
            }
            child = up;
        }
    }

    /// The first chunk behind `at` with which `sum` (of what lies before that) satisfies `is_enough`, and the sum before
    /// it. What is enough must stay enough with more.
    pub(in crate::model::outline) fn find_behind(
        &self,
        at: u32,
        mut sum: Summary,
        is_enough: &impl Fn(&Summary) -> bool,
    ) -> Option<(u32, Summary)> {
        let mut at = at;
        let mut subtree = self.right(at);
        loop {
            let with = sum.then(&self.total(subtree));
            if subtree != NIL && is_enough(&with) {
                return Some(self.find_beneath(subtree, sum, is_enough));
            }
            sum = with;
            let up = self.first_above(at, Self::right);
            if up == NIL {
                return None;
            }
            let with = sum.then(&self.own(up));
            if is_enough(&with) {
                return Some((up, sum));
            }
            (sum, at, subtree) = (with, up, self.right(up));
        }
    }

    fn find_beneath(
        &self,
        mut at: u32,
        mut sum: Summary,
        is_enough: &impl Fn(&Summary) -> bool,
    ) -> (u32, Summary) {
        loop {
            self.step();
            let left = self.left(at);
            let with = sum.then(&self.total(left));
            if left != NIL && is_enough(&with) {
                at = left;
                continue;
            }
            let with_own = with.then(&self.own(at));
            if is_enough(&with_own) || self.right(at) == NIL {
                return (at, with);
            }
            (sum, at) = (with_own, self.right(at));
        }
    }

    /// The chunk with the `n`-th row that is seen, and how many rows stand before that chunk.
    pub(in crate::model::outline) fn find_row(&self, n: u32) -> Option<(u32, u32)> {
        let (mut at, mut before, mut behind) = (self.root, Summary::default(), Summary::default());
        while at != NIL {
            self.step();
            let (left, own, right) = (self.total(self.left(at)), self.own(at), self.total(self.right(at)));
            let behind_own = right.then(&behind);
            let behind_left = own.then(&behind_own);
            let with_left = before.then(&left);
            let first = with_left.resolved(&behind_left);
            if n < first {
                (at, behind) = (self.left(at), behind_left);
                continue;
            }
            let with_own = with_left.then(&own);
            if n < with_own.resolved(&behind_own) {
                return Some((at, first));
            }
            (at, before) = (self.right(at), with_own);
        }
        None
    }

    /// The last chunk before `at` that has something other than links.
    pub(in crate::model::outline) fn last_unlinked_before(&self, at: u32) -> u32 {
        let mut at = at;
        let mut subtree = self.left(at);
        loop {
            if subtree != NIL && !self.total(subtree).all_links {
                break;
            }
            at = self.first_above(at, Self::left);
            if at == NIL || !self.own(at).all_links {
                return at;
            }
            subtree = self.left(at);
        }
        loop {
            self.step();
            let right = self.right(subtree);
            if right != NIL && !self.total(right).all_links {
                subtree = right;
            } else if !self.own(subtree).all_links {
                return subtree;
            } else {
                subtree = self.left(subtree);
            }
        }
    }
}
