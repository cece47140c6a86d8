//! Who is whose child: a list for each parent, and one of the roots.
//!
//! A child does not name its parent but its family, and that names the parent. So when a dead parent goes and its
//! children move up, only those of the smaller of the two families have to be told of another one: whoever is told finds
//! its family grown to at least twice the size, which happens to nobody often.

use slotmap::SlotMap;

use super::super::process::{FamilyKey, Links, NodeKey, Process};

type Nodes = SlotMap<NodeKey, Process>;

/// All families.
#[derive(Clone, Debug)]
pub(super) struct Families {
    families: SlotMap<FamilyKey, Family>,
    roots: FamilyKey,
}

#[derive(Clone, Copy, Debug, Default)]
struct Family {
    /// `None` of the roots.
    parent: Option<NodeKey>,
    first: Option<NodeKey>,
    last: Option<NodeKey>,
    members: usize,
}

/// What came of giving up a parent.
pub(super) struct Merged {
    /// How many children moved up.
    pub(super) children: usize,
    /// How many processes had to be told of another family.
    pub(super) relabelled: usize,
}

impl Default for Families {
    fn default() -> Self {
        let mut families = SlotMap::with_key();
        let roots = families.insert(Family::default());
        Self { families, roots }
    }
}

impl Families {
    pub(super) fn first_root(&self) -> Option<NodeKey> {
        self.families.get(self.roots)?.first
    }

    pub(super) fn parent(&self, links: &Links) -> Option<NodeKey> {
        self.families.get(links.family)?.parent
    }

    pub(super) fn first_child(&self, links: &Links) -> Option<NodeKey> {
        self.families.get(links.own?)?.first
    }

    /// How many children those links lead to; without any, how many roots there are.
    pub(super) fn members(&self, links: Option<&Links>) -> usize {
        let family = links.map_or(Some(self.roots), |links| links.own);
        family.and_then(|family| self.families.get(family)).map_or(0, |family| family.members)
    }

    /// Links `key`, which stands nowhere, as the last child of `parent`, or as the last root.
    pub(super) fn append(&mut self, nodes: &mut Nodes, key: NodeKey, parent: Option<NodeKey>) {
        let place = match parent.and_then(|key| nodes.get_mut(key)) {
            Some(node) => *node
                .links
                .own
                .get_or_insert_with(|| self.families.insert(Family { parent, ..Family::default() })),
            None => self.roots,
        };
        let Some(family) = self.families.get_mut(place) else { return };
        let last = family.last.replace(key);
        family.first.get_or_insert(key);
        family.members += 1;
        if let Some(node) = nodes.get_mut(key) {
            node.links = Links { family: place, previous: last, next: None, own: node.links.own };
        }
        if let Some(last) = last.and_then(|last| nodes.get_mut(last)) {
            last.links.next = Some(key);
        }
    }

    /// Takes `key` from its place, and tells beneath whom that was.
    pub(super) fn unlink(&mut self, nodes: &mut Nodes, key: NodeKey) -> Option<NodeKey> {
        let links = nodes.get(key)?.links;
        let family = self.families.get_mut(links.family)?;
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
        let own = gone.own.and_then(|own| Some((own, *self.families.get(own)?)));
        let (Some((own, children)), Some(&siblings)) = (own, self.families.get(gone.family)) else {
            return Merged { children: 0, relabelled: 0 };
        };
        let (kept, dropped, told) = if children.members > siblings.members {
            (own, gone.family, siblings)
        } else {
            (gone.family, own, children)
        };
        tell(nodes, told.first, kept);
        if let Some(last) = siblings.last.and_then(|last| nodes.get_mut(last)) {
            last.links.next = children.first;
        }
        if let Some(first) = children.first.and_then(|first| nodes.get_mut(first)) {
            first.links.previous = siblings.last;
        }
        self.families.remove(dropped);
        if let Some(family) = self.families.get_mut(kept) {
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
        Merged { children: children.members, relabelled: told.members }
    }
}

/// Tells a whole list of another family.
fn tell(nodes: &mut Nodes, first: Option<NodeKey>, family: FamilyKey) {
    let mut at = first;
    while let Some(node) = at.and_then(|key| nodes.get_mut(key)) {
        node.links.family = family;
        at = node.links.next;
    }
}
