//! Counting the members of groups anew, after other verdicts: a chunk at a time.

use super::Outline;
use super::mark::{Id, Kind, Mark};
use super::sequence::{MATCHED, MEMBER};

impl Outline {
    /// Looks again which of the members that stand in a chunk are counted in their groups.
    pub(super) fn count_in_chunk(&mut self, chunk: u32) {
        // The members around the mark that began in this chunk, each with whether there is a match in it so far.
        let mut around: Vec<(Id, bool)> = Vec::new();
        let mut found = std::mem::take(&mut self.found);
        for &bits in self.sequence.chunks.marks(chunk) {
            let mark = Mark::from_bits(bits);
            let id = mark.id();
            if id.is_group() {
                continue;
            }
            let is_member = self.sequence.has(id, MEMBER);
            match mark.kind() {
                Kind::Open => {
                    if is_member {
                        around.push((id, false));
                    }
                    if self.sequence.has(id, MATCHED) {
                        around.iter_mut().for_each(|(_, counted)| *counted = true);
                    }
                }
                Kind::Close if is_member => match around.pop() {
                    Some(member) => found.push(member),
                    None => found.push((id, self.has_match_beneath(id))),
                },
                _ => {}
            }
        }
        // Those that end elsewhere are found there.
        for (id, counted) in found.drain(..) {
            self.count_as(id, counted);
        }
        self.found = found;
    }

    fn count_as(&mut self, id: Id, counted: bool) {
        let matched = self.sequence.has(id, MATCHED);
        let Some(item) = self.items.get_mut(id.index()) else { return };
        let (class, before) = (item.class, item.share);
        let now = before.with(counted, matched);
        if now == before {
            return;
        }
        item.share = now;
        if let Some(group) = self.groups.get_mut(class).filter(|group| group.loose.is_empty()) {
            group.stats.remove(before);
            group.stats.add(now);
        }
    }

    fn has_match_beneath(&self, id: Id) -> bool {
        let Some(place) = self.sequence.place(Kind::Open, id) else { return false };
        let close = Mark::new(Kind::Close, id);
        let mut beneath = self.sequence.marks_from(place).take_while(|&mark| mark != close);
        beneath.any(|mark| !mark.id().is_group() && self.sequence.has(mark.id(), MATCHED))
    }

    /// All are counted.
    pub(super) fn show_groups(&mut self) {
        for number in self.groups.all_formed() {
            self.show_or_not(number);
        }
    }
}
