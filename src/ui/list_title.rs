//! What the titles of views say of what is shown.

use super::paint::Piece;
use super::scene::Scene;
use super::theme::Role;
use crate::model::view::Criteria;

/// What decides which rows there are, and whether all of them are there.
pub(super) fn criteria(in_force: &[String], criteria: &Criteria, is_complete: bool) -> Vec<Piece> {
    let mut title = Vec::new();
    if !in_force.is_empty() {
        title.push(Piece::new(format!("  {}", in_force.join(" · ")), Role::Notice));
    }
    if !is_complete {
        title.push(Piece::new("  looking through all…", Role::Notice));
    }
    if criteria.hide_exited {
        title.push(Piece::new("  exited hidden", Role::Notice));
    }
    if criteria.kernel_threads {
        title.push(Piece::plain("  with kernel threads"));
    }
    title
}

/// What stands where there is no row; keys are still to be put in.
pub(super) fn nothing(what: &str, scene: &Scene<'_>, in_force: &[String], criteria: &Criteria) -> String {
    if !in_force.is_empty() || criteria.hide_exited {
        format!("No {what} matches. {{back}} clears the filters.")
    } else if scene.is_over() {
        format!("No {what}.")
    } else {
        format!("Waiting for the first {what}…")
    }
}
