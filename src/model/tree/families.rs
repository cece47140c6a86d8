//! Who is whose child: a list for each parent, and one of the roots.
//!
//! A child does not name its parent but its family, and that names the parent. So when a dead parent goes and its
//! children move up, only those of the smaller of the two families have to be told of another one: whoever is told finds
//! its family grown to at least twice the size, which happens to nobody often.

use super::super::node::{FamilyIndex, Links, NodeIndex, Nodes};
use super::super::store::Pool;

/// All families.
#[derive(Clone, Debug)]
pub(super) struct Families {
    families: Pool<Family>,
    roots: FamilyIndex,
}

#[derive(Clone, Copy, Debug, Default)]
struct Family {
    /// `None` of the roots.
    parent: Option<NodeIndex>,
    first: Option<NodeIndex>,
    last: Option<NodeIndex>,
    members: u32,
}

/// What came of giving up a parent.
pub(super) struct Merged {
    /// How many children moved up.
    pub(super) children: u32,
    /// How many processes had to be told of another family.
    pub(super) relabelled: usize,
}

impl Default for Families {
    fn default() -> Self {
        let mut families = Pool::default();
        let roots = FamilyIndex::new(families.insert(Family::default()));
        Self { families, roots }
    }
}

impl Families {
    fn get(&self, family: FamilyIndex) -> Option<&Family> {
        self.families.get(family.number())
    }

    fn get_mut(&mut self, family: FamilyIndex) -> Option<&mut Family> {
        self.families.get_mut(family.number())
    }

    pub(super) fn first_root(&self) -> Option<NodeIndex> {
        self.get(self.roots)?.first
    }

    pub(super) fn parent(&self, links: &Links) -> Option<NodeIndex> {
        self.get(links.family?)?.parent
    }

    pub(super) fn first_child(&self, links: &Links) -> Option<NodeIndex> {
        self.get(links.own?)?.first
    }

    /// How many children those links lead to; without any, how many roots there are.
    pub(super) fn members(&self, links: Option<&Links>) -> usize {
        let family = links.map_or(Some(self.roots), |links| links.own);
        family.and_then(|family| self.get(family)).map_or(0, |family| family.members as usize)
    }

    /// Links `at`, which stands nowhere, as the last child of `parent`, or as the last root.
    pub(super) fn append(&mut self, nodes: &mut Nodes, at: NodeIndex, parent: Option<NodeIndex>) {
        let place = match parent.and_then(|parent| nodes.get_mut(parent)) {
            Some(node) => *node.links.own.get_or_insert_with(|| {
                FamilyIndex::new(self.families.insert(Family { parent, ..Family::default() }))
            }),
            None => self.roots,
        };
        let Some(family) = self.get_mut(place) else { return };
        let last = family.last.replace(at);
        family.first.get_or_insert(at);
        family.members += 1;
        if let Some(node) = nodes.get_mut(at) {
            node.links = Links { family: Some(place), previous: last, next: None, own: node.links.own };
        }
        if let Some(last) = last.and_then(|last| nodes.get_mut(last)) {
            last.links.next = Some(at);
        }
    }

    /// Takes `at` from its place, and tells beneath whom that was.
    pub(super) fn unlink(&mut self, nodes: &mut Nodes, at: NodeIndex) -> Option<NodeIndex> {
        let links = nodes.get(at)?.links;
        let family = self.get_mut(links.family?)?;
        family.members = family.members.saturating_sub(1);
        match links.previous.and_then(|previous| nodes.get_mut(previous)) {
            Some(previous) => previous.links.next = links.next,
            None => family.first = links.next,
        }
        match links.next.and_then(|next| nodes.get_mut(next)) {
            Some(next) => next.links.previous = links.previous,
            None => family.last = links.previous,
        }
        family.parent
    }

    /// The children of a process that is gone, with these links, move up: behind its siblings.
    pub(super) fn merge(&mut self, nodes: &mut Nodes, gone: &Links) -> Merged {
        let found = |index: Option<FamilyIndex>| Some((index?, *self.get(index?)?));
        let Some((own, children)) = found(gone.own) else { return Merged { children: 0, relabelled: 0 } };
        if children.members == 0 {
            self.families.remove(own.number());
            return Merged { children: 0, relabelled: 0 };
        }
        let Some((place, siblings)) = found(gone.family) else {
            return Merged { children: 0, relabelled: 0 };
        };
        let (kept, dropped, told) =
            if children.members > siblings.members { (own, place, siblings) } else { (place, own, children) };
        tell(nodes, told.first, kept);
        if let Some(last) = siblings.last.and_then(|last| nodes.get_mut(last)) {
            last.links.next = children.first;
        }
        if let Some(first) = children.first.and_then(|first| nodes.get_mut(first)) {
            first.links.previous = siblings.last;
        }
        self.families.remove(dropped.number());
        if let Some(family) = self.get_mut(kept) {
            *family = Family {
                parent: siblings.parent,
                first: siblings.first.or(children.first),
                last: children.last.or(siblings.last),
                members: siblings.members + children.members,
            };
        }
        match siblings.parent.and_then(|parent| nodes.get_mut(parent)) {
            Some(parent) => parent.links.own = Some(kept),
            None => self.roots = kept,
        }
        Merged { children: children.members, relabelled: told.members as usize }
    }
}

/// Tells a whole list of another family.
fn tell(nodes: &mut Nodes, first: Option<NodeIndex>, family: FamilyIndex) {
    let mut next = first;
    while let Some(node) = next.and_then(|at| nodes.get_mut(at)) {
        node.links.family = Some(family);
        next = node.links.next;
    }
}
