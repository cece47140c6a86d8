//! The critical path on the screen: whose it is, and which rows it goes through. It is found once for each process whose
//! it is, not for each frame.

use rustc_hash::FxHashMap;

use crate::model::critical::{CriticalPath, Stretch};
use crate::model::event::{Comm, ProcessId};
use crate::model::process::NodeKey;
use crate::model::tree::Tree;
use crate::model::view::{GroupKey, Node};
use crate::ui::scene::Scene;
use crate::ui::tree_view::TreeView;

/// The state.
#[derive(Debug, Default)]
pub(super) struct PathView {
    /// Whose path the user wants.
    pinned: Option<ProcessId>,
    /// Whose it is, with its end.
    of: Option<(ProcessId, u64)>,
    path: Option<CriticalPath>,
    /// Somebody on the path for each parent and comm: it may stand in their group.
    kinds: FxHashMap<(Option<NodeKey>, Comm), NodeKey>,
}

impl PathView {
    /// Finds the path, where it is another one's.
    pub(super) fn prepare(&mut self, scene: &Scene<'_>, rows: &TreeView) {
        let tree = scene.model.tree();
        let root = self.root(scene, rows);
        let of = root.and_then(|key| tree.get(key)).and_then(|root| Some((root.id, root.end_ns()?)));
        if of == self.of {
            return;
        }
        self.of = of;
        self.path = root.filter(|_| of.is_some()).and_then(|root| CriticalPath::of(tree, root));
        self.kinds.clear();
        for member in self.path.iter().flat_map(CriticalPath::members) {
            if let Some(process) = tree.get(member.key) {
                self.kinds.insert((tree.parent(member.key), process.comm()), member.key);
            }
        }
    }

    /// Whose path is shown: that of the process that the user has named, else of the whole of which the selected process
    /// was a part, as far up as it has ended; else of the command that is traced.
    fn root(&self, scene: &Scene<'_>, rows: &TreeView) -> Option<NodeKey> {
        let tree = scene.model.tree();
        if let Some(pinned) = self.pinned.and_then(|id| tree.find(id)) {
            return Some(pinned);
        }
        let has_ended = |key: &NodeKey| tree.get(*key).is_some_and(|process| !process.is_alive());
        let selected = match rows.selected_node(tree) {
            Some(Node::Process(key) | Node::Group(GroupKey::Chain { top: key })) => Some(key),
            Some(Node::Group(GroupKey::Alike { parent, .. })) => parent,
            None => None,
        };
        let up = std::iter::successors(selected, |&key| tree.parent(key));
        let topmost = up.take_while(has_ended).last();
        topmost.or_else(|| scene.command.and_then(|_| tree.roots().next()).filter(has_ended))
    }

    /// From now on the path of this process; where it is so already, that of the whole again.
    pub(super) fn toggle_pin(&mut self, id: ProcessId) {
        self.pinned = if self.pinned == Some(id) { None } else { Some(id) };
    }

    pub(super) const fn is_pinned(&self) -> bool {
        self.pinned.is_some()
    }

    pub(super) const fn path(&self) -> Option<&CriticalPath> {
        self.path.as_ref()
    }

    /// The stretches of a process on the path.
    pub(super) fn stretches_of(&self, key: NodeKey) -> Vec<Stretch> {
        self.path.iter().flat_map(|path| path.stretches_of(key)).collect()
    }

    /// Whether the path goes through a row.
    pub(super) fn passes(&self, tree: &Tree, rows: &TreeView, node: Node) -> bool {
        let on_path = |key| self.path.as_ref().is_some_and(|path| path.place(key).is_some());
        match node {
            Node::Process(key) => on_path(key),
            Node::Group(GroupKey::Chain { top }) => on_path(top),
            Node::Group(GroupKey::Alike { parent, comm }) => {
                let member = self.kinds.get(&(parent, comm));
                member.is_some_and(|&key| tree.get(key).is_some() && !rows.has_row(key))
            }
        }
    }

    /// The process on the path after (or before) `key`; of one that is not on it the first that it comes to after the
    /// start of that.
    pub(super) fn beside(&self, tree: &Tree, key: Option<NodeKey>, next: bool) -> Option<NodeKey> {
        let path = self.path.as_ref()?;
        let members = path.members();
        let place = match key.and_then(|key| path.place(key)) {
            Some(place) if next => place.checked_add(1),
            Some(place) => place.checked_sub(1),
            None => {
                let start_ns = key.and_then(|key| tree.get(key)).map_or(0, |process| process.id.start_ns);
                let after = members.partition_point(|member| member.from_ns < start_ns);
                if next { Some(after) } else { after.checked_sub(1) }
            }
        };
        members.get(place?).map(|member| member.key)
    }
}
