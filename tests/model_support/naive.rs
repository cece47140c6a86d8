//! The view computed the plain way, to compare with.

use std::collections::BTreeMap;

use proctop::model::event::Comm;
use proctop::model::log::Entry;
use proctop::model::process::{NodeKey, Process};
use proctop::model::view::{Criteria, Folds, GroupKey, Node, Row};
use proctop::model::{LineSubject, Model, ProcessSubject};

/// What the rows depend on.
pub struct View<'a> {
    pub model: &'a Model,
    pub criteria: &'a Criteria,
    pub folds: &'a Folds,
    pub now_ns: u64,
    /// More than so many alike are a group.
    pub few: usize,
    pub pinned: Option<NodeKey>,
    /// In which order members stand in a group.
    pub order: &'a [NodeKey],
}

/// A process or a group, and what stands in it.
struct Standing {
    of: Node,
    matched: bool,
    folded: bool,
    parental: bool,
    beneath: Vec<NodeKey>,
}

impl View<'_> {
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let roots = self.children(None);
        self.add_siblings(self.standing(None, &roots), 0, 0, &mut rows);
        rows
    }

    fn add_siblings(&self, siblings: Vec<Standing>, depth: u16, guides_above: u64, rows: &mut Vec<Row>) {
        let last = siblings.len().saturating_sub(1);
        for (index, one) in siblings.into_iter().enumerate() {
            let goes_on = u64::from(index < last);
            let guides = guides_above | goes_on.checked_shl(depth.into()).unwrap_or(0);
            let Standing { of, matched, folded, parental, beneath } = one;
            rows.push(Row { of, depth, matched, folded, parental, guides });
            if folded {
                continue;
            }
            let next = match of {
                Node::Process(key) => self.standing(Some(key), &beneath),
                Node::Group(GroupKey::Chain { .. }) => {
                    beneath.into_iter().map(|key| self.process(key)).collect()
                }
                Node::Group(GroupKey::Alike { .. }) => {
                    self.kept(&beneath).map(|key| self.outer(key)).collect()
                }
            };
            self.add_siblings(next, depth + 1, guides, rows);
        }
    }

    fn children(&self, parent: Option<NodeKey>) -> Vec<NodeKey> {
        match parent {
            Some(key) => self.model.tree().children(key).collect(),
            None => self.model.tree().roots().collect(),
        }
    }

    fn kept<'k>(&self, keys: &'k [NodeKey]) -> impl Iterator<Item = NodeKey> + use<'k, '_> {
        keys.iter().copied().filter(|&key| self.is_kept(key))
    }

    /// What stands beneath a process: groups first, then the other children.
    fn standing(&self, parent: Option<NodeKey>, children: &[NodeKey]) -> Vec<Standing> {
        let groups = self.groups(children);
        let mut all = Vec::new();
        for (comm, members) in &groups {
            let kept: Vec<_> = self.kept(members).collect();
            match kept[..] {
                [] => {}
                [only] => all.push(self.outer(only)),
                _ => {
                    let key = GroupKey::Alike { parent, comm: *comm };
                    let matched = kept.iter().any(|&key| self.is_match(key));
                    all.push(self.group(key, matched, members.clone()));
                }
            }
        }
        let is_member = |key: &NodeKey| groups.values().any(|members| members.contains(key));
        let others = self.kept(children).filter(|key| !is_member(key));
        all.extend(others.map(|key| self.outer(key)));
        all
    }

    pub fn groups(&self, children: &[NodeKey]) -> BTreeMap<Comm, Vec<NodeKey>> {
        let mut groups: BTreeMap<Comm, Vec<NodeKey>> = BTreeMap::new();
        for &key in children.iter().filter(|&&key| self.is_small_and_dead(key)) {
            groups.entry(self.get(key).comm()).or_default().push(key);
        }
        groups.retain(|_, members| members.len() > self.few);
        for members in groups.values_mut() {
            members.sort_by_key(|key| self.order.iter().position(|other| other == key));
        }
        groups
    }

    fn get(&self, key: NodeKey) -> Process<'_> {
        self.model.tree().get(key).expect("it is in the tree")
    }

    fn is_small_and_dead(&self, key: NodeKey) -> bool {
        let mut all = vec![key];
        let mut at = 0;
        while let Some(&key) = all.get(at) {
            all.extend(self.model.tree().children(key));
            at += 1;
        }
        all.len() <= 64 && all.iter().all(|&key| !self.get(key).is_alive() && self.pinned != Some(key))
    }

    /// The chain that begins with it, or it itself.
    fn outer(&self, key: NodeKey) -> Standing {
        let is_inside =
            self.model.tree().parent(key).is_some_and(|parent| self.next_of_run(parent) == Some(key));
        let run: Vec<_> = std::iter::successors(Some(key), |&key| self.next_of_run(key)).collect();
        let ends = run.last().is_some_and(|&last| self.children(Some(last)).is_empty());
        let is_pinned = run.iter().any(|&key| self.pinned == Some(key));
        if is_inside || !ends || is_pinned || run.len() <= self.few {
            return self.process(key);
        }
        self.group(GroupKey::Chain { top: key }, true, vec![key])
    }

    fn next_of_run(&self, key: NodeKey) -> Option<NodeKey> {
        match self.children(Some(key))[..] {
            [only] if self.get(only).comm() == self.get(key).comm() => Some(only),
            _ => None,
        }
    }

    fn group(&self, key: GroupKey, matched: bool, beneath: Vec<NodeKey>) -> Standing {
        let folded = !self.folds.opened.contains(&key);
        Standing { of: Node::Group(key), matched, folded, parental: true, beneath }
    }

    fn process(&self, key: NodeKey) -> Standing {
        let beneath = self.children(Some(key));
        let parental = !beneath.is_empty();
        let folded = parental && self.folds.folded.contains(&key);
        Standing { of: Node::Process(key), matched: self.is_match(key), folded, parental, beneath }
    }

    pub fn is_match(&self, key: NodeKey) -> bool {
        is_match(self.model, self.criteria, self.now_ns, key)
    }

    pub fn is_kept(&self, key: NodeKey) -> bool {
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
    let until_ns = process.ending().map_or(now_ns, |ending| ending.time_ns);
    (!process.is_kernel_thread() || criteria.kernel_threads)
        && (process.is_alive() || !criteria.hide_exited)
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
        if is_loss || (is_long && criteria.filter.matches(&LineSubject::new(model.tree(), &line))) {
            numbers.push(number);
        }
    }
    numbers
}
