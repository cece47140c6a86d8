//! What holds of a model after any events whatever.

use std::collections::HashSet;

use proctop::model::Model;
use proctop::model::critical::CriticalPath;
use proctop::model::event::ProcessId;
use proctop::model::process::{IMAGES_KEPT, NodeKey, Process};

/// Panics where the model contradicts itself or keeps too much.
pub fn assert_sound(model: &Model, history: usize) {
    assert_tree(model);
    assert_numbers(model);
    assert_bounds(model, history);
    assert_critical_paths(model);
}

/// The path of a process is its life, without gaps, of processes of its subtree.
fn assert_critical_paths(model: &Model) {
    let tree = model.tree();
    for (root, process) in tree.iter().filter(|(_, process)| !process.is_alive()).take(8) {
        let path = CriticalPath::of(tree, root).expect("it has ended");
        let (start_ns, end_ns) = (process.id.start_ns, process.end_ns().expect("it has ended"));
        let end_ns = end_ns.max(start_ns);
        let mut at_ns = start_ns;
        for stretch in path.stretches() {
            assert!(stretch.from_ns == at_ns && stretch.to_ns > at_ns, "{path:?}");
            let mut up = std::iter::successors(Some(stretch.key), |&key| tree.parent(key));
            assert!(up.any(|key| key == root), "{path:?}");
            at_ns = stretch.to_ns;
        }
        assert_eq!(at_ns, end_ns);
        let own: u64 = path.members().iter().map(|member| member.own_ns).sum();
        assert_eq!((own, path.length_ns()), (end_ns - start_ns, own));
    }
}

/// Every process once, reachable from the roots, with links that agree.
fn assert_tree(model: &Model) {
    let tree = model.tree();
    let mut seen: HashSet<NodeKey> = HashSet::new();
    let mut ids: HashSet<ProcessId> = HashSet::new();
    let mut open: Vec<(NodeKey, Option<NodeKey>)> = tree.roots().map(|key| (key, None)).collect();
    while let Some((key, parent)) = open.pop() {
        assert!(seen.insert(key), "a process stands in two places");
        assert_eq!(tree.parent(key), parent);
        let process = tree.get(key).expect("a place in the tree has a process");
        assert!(ids.insert(process.id), "{:?} is there twice", process.id);
        assert_eq!(tree.find(process.id), Some(key));
        let is_the_living = tree.living(process.id.pid) == Some(key);
        assert_eq!(is_the_living, process.is_alive(), "{:?}", process.id);
        assert_eq!(tree.first_child(key), tree.children(key).next());
        assert_children(model, key, process);
        open.extend(tree.children(key).map(|child| (child, Some(key))));
    }
    assert_eq!(seen.len(), tree.len(), "not all can be reached from the roots");
    for (key, _) in tree.iter() {
        let above = tree.ancestors(key).count();
        assert!(above < tree.len(), "a circle");
    }
}

fn assert_children(model: &Model, key: NodeKey, process: Process<'_>) {
    let tree = model.tree();
    let children: Vec<_> = tree.children(key).filter_map(|child| tree.get(child)).collect();
    let living = children.iter().filter(|child| child.is_alive()).count();
    assert_eq!(process.living_children() as usize, living, "living children of {:?}", process.id);
    assert!(process.children() >= children.len() as u64, "children of {:?}", process.id);
}

fn assert_numbers(model: &Model) {
    let tree = model.tree();
    let living = tree.iter().filter(|(_, process)| process.is_alive()).count();
    assert_eq!(tree.alive(), living);
    assert_eq!(tree.alive() + tree.dead(), tree.len());
    assert_eq!(tree.is_empty(), tree.roots().next().is_none());
    assert_eq!(model.seen(), tree.len() as u64 + tree.evicted());
    let folded: u64 = tree.iter().map(|(_, process)| process.folded().processes).sum();
    assert!(folded <= tree.evicted(), "more were folded than given up");
    for (_, process) in tree.iter() {
        assert!(process.adopted_by().is_none() || process.adopted_by() != process.parent());
        assert!(process.folded().failed <= process.folded().processes);
    }
}

fn assert_bounds(model: &Model, history: usize) {
    let (tree, log) = (model.tree(), model.log());
    // Whoever the latest event ended stays until the next.
    let limit = history.max(model.concluded().len() + model.changes().len() + 1);
    assert!(tree.dead() <= limit, "{} dead are kept, {history} may be", tree.dead());
    assert!(model.concluded().iter().all(|&key| tree.get(key).is_some()));
    let lines = log.end() - log.first();
    assert!(lines <= (history * 4).max(1000) as u64);
    assert_eq!(log.iter_from(0).count() as u64, lines);
    assert!(tree.iter().all(|(_, process)| process.images().count() <= IMAGES_KEPT));
}
