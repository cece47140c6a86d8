//! A few for many: members of a group that stand for all.

use std::ops::Range;

use super::super::process::NodeKey;
use super::super::tree::Tree;
use super::Outline;
use super::groups::GroupKey;
use super::mark::Kind;
use super::sequence::Place;

/// Members of a group, in the order in which they stand there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Who: of siblings alike the siblings themselves, of a chain its links.
    pub members: Vec<NodeKey>,
    /// For how many each of them stands.
    pub each: f32,
}

impl Outline {
    /// At most `most` (from 2 on) of those that match in a group, evenly spread over it, the last one among them; of
    /// siblings alike only those that ended within `ends` (boot clock, nanoseconds), as exactly as they stand in the order
    /// of their ends. Whoever is among them stays so while the group grows, until it has doubled. Takes time in proportion
    /// to `most`, with logarithms.
    pub fn sample(&self, tree: &Tree, group: GroupKey, ends: Range<u64>, most: u32) -> Sample {
        let Some(id) = self.id_of_group(group) else { return Sample::default() };
        let bounds = self.sequence.place(Kind::Open, id).zip(self.sequence.place(Kind::Close, id));
        let Some((open, close)) = bounds else { return Sample::default() };
        let matches = self.sequence.matches_between(open, close);
        let (from, to) = match group {
            GroupKey::Alike { .. } => {
                let ended = |number| self.end_of_match(tree, group, open, number);
                let from = first_of(matches, |number| ended(number) >= ends.start);
                (from, first_of(matches, |number| ended(number) > ends.end) - 1)
            }
            GroupKey::Chain { .. } => (1, matches),
        };
        let wanted = (to + 1).saturating_sub(from);
        let each = wanted.div_ceil(most.saturating_sub(1).max(1)).max(1).next_power_of_two();
        let spread = (from.div_ceil(each)..=to / each).map(|number| number * each);
        let last = Some(to).filter(|to| to % each > 0 && wanted > 0);
        let mut members = Vec::new();
        for number in spread.chain(last) {
            let member = self.member_at(tree, group, open, number);
            // Of one member several may match beneath it.
            if member != members.last().copied() {
                members.extend(member);
            }
        }
        let known = self.facts(group).map_or(0, |facts| facts.members) as f32 / matches.max(1) as f32;
        let each = if each == 1 { 1.0 } else { known * wanted as f32 / members.len().max(1) as f32 };
        Sample { members, each }
    }

    /// Who of a group the match with this number (from 1) is, or is a descendant of.
    fn member_at(&self, tree: &Tree, group: GroupKey, open: Place, number: u32) -> Option<NodeKey> {
        let key = self.sequence.matched_behind(open, number).and_then(|id| self.key_of(id))?;
        let GroupKey::Alike { parent, .. } = group else { return Some(key) };
        let mut up = std::iter::successors(Some(key), |&key| tree.parent(key));
        up.find(|&key| tree.parent(key) == parent)
    }

    fn end_of_match(&self, tree: &Tree, group: GroupKey, open: Place, number: u32) -> u64 {
        let member = self.member_at(tree, group, open, number).and_then(|key| tree.get(key));
        member.and_then(|process| process.end_ns()).unwrap_or(u64::MAX)
    }
}

/// The first number from 1 to `last` of which something is so, of which it is so for all behind it; one more where it is
/// so for none.
fn first_of(last: u32, is_so: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (1, last + 1);
    while from < to {
        let middle = from + (to - from) / 2;
        if is_so(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::super::super::Model;
    use super::super::super::event::{Event, Exit, Fork, ProcessId, Subject, WaitStatus, What};
    use super::super::super::view::{Criteria, Node};
    use super::super::Outline;
    use super::*;
    use crate::model::filter::Filter;

    /// A parent whose children lived one after the other, a hundred nanoseconds each; every third failed.
    fn storm(children: u64, filter: &str) -> (Model, Outline, GroupKey) {
        let mut model = Model::new(1 << 16);
        let subject = |n: u64| Subject {
            id: ProcessId::new(u32::try_from(n).unwrap() + 1, 100 * n + 100),
            parent: (n > 0).then_some(ProcessId::new(1, 100)),
            comm: "cc1".into(),
            ..Subject::default()
        };
        for n in 0..=children {
            let fork = What::Fork(Fork { subject: subject(n), forked_by: None });
            model.apply(&Event { time_ns: 100 * n + 100, what: fork });
            let status = WaitStatus::exited(u8::from(n % 3 == 0));
            let exit = What::Exit(Exit { subject: subject(n), status, ..Exit::default() });
            if n > 0 {
                model.apply(&Event { time_ns: 100 * n + 200, what: exit });
            }
        }
        let criteria = Criteria { filter: Filter::parse(filter, &|_| None).unwrap(), ..Criteria::default() };
        let mut outline = Outline::default();
        outline.update(model.tree(), &criteria, 0);
        while !outline.is_complete() {
            outline.go_on(model.tree(), 0);
        }
        let group = outline.nodes(0..2).into_iter().find_map(|node| match node {
            Node::Group(key) => Some(key),
            Node::Process(_) => None,
        });
        (model, outline, group.unwrap())
    }

    /// The numbers of those in the sample, and for how many each stands.
    fn sampled(storm: &(Model, Outline, GroupKey), ends: Range<u64>, most: u32) -> (Vec<u32>, f32) {
        let (model, outline, group) = storm;
        let sample = outline.sample(model.tree(), *group, ends, most);
        let number = |&key: &NodeKey| model.tree().get(key).unwrap().id.pid - 1;
        (sample.members.iter().map(number).collect(), sample.each)
    }

    #[test]
    fn few_stand_for_themselves_and_many_for_each_other() {
        let all = 0..u64::MAX;
        let twelve = storm(12, "");
        assert_eq!(sampled(&twelve, all.clone(), 20), ((1..=12).collect(), 1.0));
        let (few, each) = sampled(&twelve, all.clone(), 6);
        assert_eq!((few, each), (vec![4, 8, 12], 4.0));
        // Those that were taken are taken on.
        let many = storm(1000, "");
        let (before, each) = sampled(&many, all.clone(), 40);
        assert_eq!((before[..3].to_vec(), before.last()), (vec![32, 64, 96], Some(&1000)));
        assert!((each - 1000.0 / before.len() as f32).abs() < 0.01);
        let (after, _) = sampled(&storm(1200, ""), all, 40);
        assert_eq!(after[..31], before[..31]);
    }

    #[test]
    fn a_window_and_a_filter_leave_the_others_out() {
        // The child with number n ends at 100 n + 200.
        let many = storm(1000, "");
        assert_eq!(sampled(&many, 50_200..50_900, 40), ((500..=507).collect(), 1.0));
        assert!(sampled(&many, 500_000..600_000, 40).0.is_empty());
        let (within, each) = sampled(&many, 20_200..60_100, 40);
        assert!(within.len() <= 40 && within.iter().all(|n| (200..600).contains(n)), "{within:?}");
        assert!((each * within.len() as f32 - 400.0).abs() < 1.0, "{each}");
        let failed = sampled(&storm(1000, "exit!=0"), 50_200..51_200, 40);
        assert_eq!(failed, (vec![501, 504, 507, 510], 1.0));
    }
}
