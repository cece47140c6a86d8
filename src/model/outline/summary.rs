//! What a stretch of the outline's marks comes to, so that two stretches that follow each other can be added.
//!
//! A row is *kept* when it or a descendant matches, which lies between its two marks: so an open mark whose close lies
//! beyond a stretch may wait there for a match. And a row is seen when no fold is around it: the folds around a mark
//! are never fewer than none, so of a stretch only the rows with the fewest folds around them can be seen.

/// The folds around the marks of a stretch in which there is no row.
const NO_ROW: i32 = i32::MAX / 2;

/// The sums. The default is that of an empty stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    /// Matches.
    pub(super) matched: u32,
    /// The rows with the fewest folds around them that are kept because of a match inside of the stretch.
    pub(super) kept: u32,
    /// Closes whose opens lie before it.
    pub(super) closes: u32,
    /// Opens whose closes lie after it.
    pub(super) opens: u32,
    /// Those of `closes` that lie before the first match; without one, all.
    pub(super) closes_first: u32,
    /// The innermost of `opens`, those after the last match: they are kept only if there is a match behind the stretch.
    pub(super) waiting: u32,
    /// The outermost of those that wait, with the fewest folds around them.
    pub(super) waiting_seen: u32,
    /// Folds that begin, less those that end.
    pub(super) folds: i32,
    /// The fewest folds around a row, counted from the beginning of the stretch.
    least: i32,
    /// Nothing but the opens of links of a chain.
    pub(super) all_links: bool,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            matched: 0,
            kept: 0,
            closes: 0,
            opens: 0,
            closes_first: 0,
            waiting: 0,
            waiting_seen: 0,
            folds: 0,
            least: NO_ROW,
            all_links: true,
        }
    }
}

impl Summary {
    /// The same with a row that opens behind it.
    #[inline]
    pub(super) fn push_open(&mut self, matched: bool, folded: bool, link: bool) {
        if self.folds < self.least {
            (self.least, self.kept, self.waiting_seen) = (self.folds, 0, 0);
        }
        let seen = u32::from(self.folds == self.least);
        if matched {
            self.kept += self.waiting_seen + seen;
            (self.waiting, self.waiting_seen) = (0, 0);
            self.matched += 1;
        } else {
            self.waiting += 1;
            self.waiting_seen += seen;
        }
        self.opens += 1;
        self.folds += i32::from(folded);
        self.all_links &= link;
    }

    /// The same with a row that closes behind it.
    #[inline]
    pub(super) fn push_close(&mut self, folded: bool) {
        if self.opens > 0 {
            self.opens -= 1;
            self.waiting = self.waiting.saturating_sub(1);
            self.waiting_seen = self.waiting_seen.min(self.waiting);
        } else {
            self.closes += 1;
            self.closes_first += u32::from(self.matched == 0);
        }
        self.folds -= i32::from(folded);
        self.all_links = false;
    }

    /// The same with a mark behind it that is none of a row.
    #[inline]
    pub(super) fn push_nothing(&mut self) {
        self.all_links = false;
    }

    /// This stretch and the one after it.
    #[inline]
    pub(super) fn then(&self, after: &Self) -> Self {
        let least = self.least.min(self.folds + after.least);
        let seen = |is_least: bool, n: u32| if is_least { n } else { 0 };
        let (before_is_seen, after_is_seen) = (self.least == least, self.folds + after.least == least);
        let closed = if after.matched > 0 { after.closes_first } else { after.closes };
        let left = self.waiting.saturating_sub(closed);
        let left_seen = seen(before_is_seen, self.waiting_seen).min(left);
        let (found, waiting, waiting_seen) =
            if after.matched > 0 { (left_seen, 0, 0) } else { (0, left, left_seen) };
        let closes_beyond = |closes: u32| self.closes + closes.saturating_sub(self.opens);
        Self {
            matched: self.matched + after.matched,
            kept: seen(before_is_seen, self.kept) + seen(after_is_seen, after.kept) + found,
            closes: closes_beyond(after.closes),
            opens: after.opens + self.opens.saturating_sub(after.closes),
            closes_first: if self.matched > 0 { self.closes_first } else { closes_beyond(closed) },
            waiting: waiting + after.waiting,
            waiting_seen: waiting_seen + seen(after_is_seen, after.waiting_seen),
            folds: self.folds + after.folds,
            least,
            all_links: self.all_links && after.all_links,
        }
    }

    /// The rows that are seen of this stretch, which begins where the outline does, when `behind` is all that follows.
    pub(super) fn resolved(&self, behind: &Self) -> u32 {
        let left = if behind.matched > 0 { self.waiting.saturating_sub(behind.closes_first) } else { 0 };
        self.kept + self.waiting_seen.min(left)
    }

    /// Whether a row that opens behind this stretch, which begins where the outline does, is seen if it is kept.
    pub(super) fn is_open(&self) -> bool {
        self.folds == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows as `(`, matching ones as `<`, folded ones as `[` and, if they match, `{`.
    fn sum(text: &str) -> Summary {
        let mut sum = Summary::default();
        for c in text.chars() {
            match c {
                '(' | '<' | '[' | '{' => sum.push_open("<{".contains(c), "[{".contains(c), false),
                _ => sum.push_close(c == ']'),
            }
        }
        sum
    }

    #[test]
    fn rows_are_kept_for_what_is_inside_of_them() {
        let kept = |text| sum(text).kept;
        assert_eq!(kept("()"), 0);
        assert_eq!(kept("<)"), 1);
        assert_eq!(kept("(()<))()"), 2);
        assert_eq!(kept("((<)))"), 3);
        assert_eq!(kept("([<)](<)))"), 4, "what is folded away is not seen, but found");
        assert_eq!(kept("(([])(<)))"), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// However a sequence is cut into stretches, they come to the same.
        #[test]
        fn sums_do_not_depend_on_where_it_is_cut(steps in prop::collection::vec((0..6u8, any::<bool>()), 0..40), cuts in prop::collection::vec(any::<u8>(), 2)) {
            let mut text = String::new();
            let mut stack = Vec::new();
            for (kind, matched) in steps {
                match (kind, stack.pop()) {
                    (0..3, Some(close)) => text.push(close),
                    (kind, top) => {
                        stack.extend(top);
                        let (open, close) = match (kind % 2, matched) {
                            (0, false) => ('(', ')'),
                            (0, true) => ('<', ')'),
                            (_, false) => ('[', ']'),
                            (_, true) => ('{', ']'),
                        };
                        text.push(open);
                        stack.push(close);
                    }
                }
            }
            text.extend(stack.into_iter().rev());
            let mut cuts: Vec<_> = cuts.iter().map(|&cut| usize::from(cut) % (text.len() + 1)).collect();
            cuts.sort_unstable();
            let (a, b, c) = (&text[..cuts[0]], &text[cuts[0]..cuts[1]], &text[cuts[1]..]);
            let whole = sum(&text);
            prop_assert_eq!(sum(a).then(&sum(b)).then(&sum(c)), whole);
            prop_assert_eq!(sum(a).then(&sum(b).then(&sum(c))), whole);
            prop_assert_eq!((whole.opens, whole.closes, whole.folds), (0, 0, 0));
        }
    }
}
