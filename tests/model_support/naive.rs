//! The view computed the plain way, to compare with.

use proctop::model::log::Entry;
use proctop::model::process::NodeKey;
use proctop::model::view::{Criteria, Row};
use rustc_hash::FxHashSet;
use proctop::model::{LineSubject, Model, ProcessSubject};

/// What the rows depend on.
pub struct View<'a> {
    pub model: &'a Model,
    pub criteria: &'a Criteria,
    pub folded: &'a FxHashSet<NodeKey>,
    pub now_ns: u64,
}

impl View<'_> {
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add_siblings(&self.model.tree().roots().collect::<Vec<_>>(), 0, 0, &mut rows);
        rows
    }

    fn add_siblings(&self, siblings: &[NodeKey], depth: u16, guides_above: u64, rows: &mut Vec<Row>) {
        let kept: Vec<_> = siblings.iter().copied().filter(|&key| self.is_kept(key)).collect();
        for (index, &key) in kept.iter().enumerate() {
            let goes_on = u64::from(index + 1 < kept.len());
            let guides = guides_above | goes_on.checked_shl(depth.into()).unwrap_or(0);
            let children: Vec<_> = self.model.tree().children(key).collect();
            let (matched, parental) = (self.is_match(key), !children.is_empty());
            let folded = parental && self.folded.contains(&key);
            rows.push(Row { key, depth, matched, folded, parental, guides });
            if !folded {
                self.add_siblings(&children, depth + 1, guides, rows);
            }
        }
    }

    fn is_match(&self, key: NodeKey) -> bool {
        is_match(self.model, self.criteria, self.now_ns, key)
    }

    fn is_kept(&self, key: NodeKey) -> bool {
        is_kept(self.model, self.criteria, self.now_ns, key)
    }
}

/// It or a descendant matches.
fn is_kept(model: &Model, criteria: &Criteria, now_ns: u64, key: NodeKey) -> bool {
    is_match(model, criteria, now_ns, key)
        || model.tree().children(key).any(|child| is_kept(model, criteria, now_ns, child))
}

pub fn is_match(model: &Model, criteria: &Criteria, now_ns: u64, key: NodeKey) -> bool {
    let process = model.tree().get(key).expect("a child has a place");
    let until_ns = process.ending.map_or(now_ns, |ending| ending.time_ns);
    (!process.kernel_thread || criteria.kernel_threads)
        && (process.ending.is_none() || !criteria.hide_exited)
        && until_ns.saturating_sub(process.id.start_ns) >= criteria.min_duration_ns
        && criteria.filter.matches(&ProcessSubject::new(model.tree(), key, process, now_ns))
}

/// The numbers of the lines, judged all at once.
pub fn lines(model: &Model, criteria: &Criteria) -> Vec<u64> {
    let mut numbers = Vec::new();
    for (number, line) in model.log().iter_from(0) {
        let lived_ns = match &line.entry {
            // nobody knows how long it lived whose end was not seen
            Entry::Exit(ending, _) if ending.status.is_some() => {
                Some(ending.time_ns.saturating_sub(line.id.start_ns))
            }
            _ => None,
        };
        let is_long =
            criteria.min_duration_ns == 0 || lived_ns.is_some_and(|ns| ns >= criteria.min_duration_ns);
        let is_loss = matches!(line.entry, Entry::Lost(_));
        if is_loss || (is_long && criteria.filter.matches(&LineSubject::new(model.tree(), line))) {
            numbers.push(number);
        }
    }
    numbers
}
