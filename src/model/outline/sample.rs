//! A few for many: members of a group that stand for all.

use super::super::process::NodeKey;
use super::super::tree::Tree;
use super::Outline;
use super::groups::GroupKey;
use super::mark::Kind;

impl Outline {
    /// At most `most` (from 2 on) of those that match in a group, evenly spread over it and in the order in which they
    /// stand there, the last one among them: of siblings alike the siblings themselves, of a chain its links. Whoever is
    /// among them stays so while the group grows, until it has doubled. Takes time in proportion to `most`, with a
    /// logarithm.
    pub fn sample(&self, tree: &Tree, group: GroupKey, most: u32) -> Vec<NodeKey> {
        let Some(id) = self.id_of_group(group) else { return Vec::new() };
        let bounds = self.sequence.place(Kind::Open, id).zip(self.sequence.place(Kind::Close, id));
        let Some((open, close)) = bounds else { return Vec::new() };
        let matches = self.sequence.matches_between(open, close);
        let each = matches.div_ceil(most.saturating_sub(1).max(1)).max(1).next_power_of_two();
        let spread = (1..=matches / each).map(|number| number * each);
        let mut members = Vec::new();
        for number in spread.chain((matches % each > 0).then_some(matches)) {
            let found = self.sequence.matched_behind(open, number).and_then(|id| self.key_of(id));
            let member = found.and_then(|key| member_of(tree, group, key));
            // Of one member several may match beneath it.
            if member != members.last().copied() {
                members.extend(member);
            }
        }
        members
    }
}

/// Who of a group a process is, or is a descendant of.
fn member_of(tree: &Tree, group: GroupKey, key: NodeKey) -> Option<NodeKey> {
    let GroupKey::Alike { parent, .. } = group else { return Some(key) };
    let mut up = std::iter::successors(Some(key), |&key| tree.parent(key));
    up.find(|&key| tree.parent(key) == parent)
}
