//! What the views of the tree's rows share: what their titles tell, what they say where there is no row, and how a row
//! looks.

use super::command_text;
use super::flash::Flash;
use super::paint::Piece;
use super::scene::Scene;
use super::theme::Role;
use super::tree_view::{Scroll, TreeView};
use crate::model::process::Process;
use crate::model::view::{Criteria, GroupFacts, Row};
use crate::text;

/// What decides which rows there are.
#[derive(Clone, Copy)]
pub(super) struct Filtering<'a> {
    pub(super) criteria: &'a Criteria,
    /// The filters in force, as texts.
    pub(super) in_force: &'a [String],
}

/// What is said where there is no row; keys stand in it as `{action}`.
pub(super) fn nothing(filters: Filtering<'_>, scene: &Scene<'_>) -> &'static str {
    if !filters.in_force.is_empty() || filters.criteria.hide_exited {
        "No process matches. {back} clears the filters."
    } else if scene.is_over() {
        "No process."
    } else {
        "Waiting for the first process…"
    }
}

/// The name of the view, and what is not as usual with its rows.
pub(super) fn title(name: &str, view: &TreeView, filters: Filtering<'_>, scene: &Scene<'_>) -> Vec<Piece> {
    let mut title = vec![Piece::new(name, Role::Strong)];
    if !filters.in_force.is_empty() {
        let of = scene.model.tree().len();
        let matched = view.matched() as u64;
        title.push(Piece::plain(format!("  {} of {} match", text::count(matched), text::count(of as u64))));
    }
    title.extend(not_as_usual(filters, view.is_complete()));
    title
}

/// What decides which rows there are, and whether all of them are there.
pub(super) fn not_as_usual(filters: Filtering<'_>, is_complete: bool) -> Vec<Piece> {
    let mut title = Vec::new();
    if !filters.in_force.is_empty() {
        title.push(Piece::new(format!("  {}", filters.in_force.join(" · ")), Role::Notice));
    }
    if !is_complete {
        title.push(Piece::new("  looking through all…", Role::Notice));
    }
    if filters.criteria.hide_exited {
        title.push(Piece::new("  exited hidden", Role::Notice));
    }
    if filters.criteria.kernel_threads {
        title.push(Piece::plain("  with kernel threads"));
    }
    title
}

/// What moves the window over the rows.
pub(super) fn position(view: &TreeView) -> Vec<Piece> {
    let state = match view.scroll() {
        Scroll::Still => return Vec::new(),
        Scroll::Tail => "live end".to_owned(),
        Scroll::Selected => match view.selected() {
            Some(id) => format!("following {}", id.pid),
            None => return Vec::new(),
        },
    };
    vec![Piece::new(state, Role::Strong)]
}

/// What matches a filter stands out from its ancestors, the dead among it too.
pub(super) fn role(
    row: Row,
    process: Process<'_>,
    flash: Flash,
    filters: Filtering<'_>,
    scene: &Scene<'_>,
) -> Role {
    if !row.matched {
        return Role::Ancestor;
    }
    match flash.role(process, scene.now_ns) {
        Role::Dead if !filters.in_force.is_empty() => Role::Plain,
        role => role,
    }
}

/// Who the members of a group are, and how many.
pub(super) fn group_name(facts: &GroupFacts) -> String {
    let (comm, members) = (command_text::comm(facts.comm), text::count(facts.members as u64));
    match facts.ends {
        Some(_) => format!("{comm} ×{members}"),
        None if facts.members == facts.of => format!("{comm} ×{members} deep"),
        None => format!("{comm} ×{members} of {} deep", text::count(facts.of as u64)),
    }
}
