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
                (from, first_of(matches, |number| ended(number) > ends.end).min(matches))
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
