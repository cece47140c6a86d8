//! The line above the axis: what the cursor reads, and the critical path.

use super::axis::{instant, length};
use super::path::PathView;
use super::state::TimelineView;
use crate::model::critical::{CriticalPath, Member};
use crate::model::tree::Tree;
use crate::text;
use crate::ui::command_text;
use crate::ui::keymap::Keymap;
use crate::ui::paint::{Piece, total_width};
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

/// The columns of a name on the path at most.
const NAME: usize = 24;
/// The most processes of the path that are named.
const NAMED: usize = 16;
/// With fewer columns the path is not told.
const LEAST: usize = 24;

/// The line, in so many columns. `alive` says how many of the rows on the screen live at the cursor, and of how many.
pub(super) fn line(
    view: &TimelineView,
    scene: &Scene<'_>,
    alive: Option<(usize, usize)>,
    keymap: &Keymap,
    width: usize,
) -> Vec<Piece> {
    let mut line = cursor(view, scene, alive);
    let room = width.saturating_sub(total_width(&line) + 2);
    if let Some(path) = view.path.path().filter(|_| room >= LEAST || line.is_empty()) {
        if !line.is_empty() {
            line.push(Piece::plain("  "));
        }
        line.extend(critical(path, &view.path, scene.model.tree(), room));
    }
    if line.is_empty() {
        let hint = "{cursor-left} {cursor-right} read times; a critical path is told of what has ended";
        line.push(Piece::new(keymap.with_keys(hint), Role::Faint));
    }
    line
}

/// What the cursor reads: since the beginning, the time of day, how long since the mark, and how many live.
fn cursor(view: &TimelineView, scene: &Scene<'_>, alive: Option<(usize, usize)>) -> Vec<Piece> {
    let Some(at) = view.cursor() else { return Vec::new() };
    let precision = exactness(view.scale().per_column);
    let since = instant(at.saturating_sub(view.begin()), precision);
    let day = text::time_of_day(at.saturating_add(scene.model.wall_offset_ns()), scene.local);
    let mut pieces = vec![Piece::new(since, Role::Strong), Piece::plain(format!("  {day}"))];
    if view.mark() == Some(at) {
        pieces.push(Piece::new("  marked", Role::Notice));
    } else if let Some(mark) = view.mark() {
        let duration = length(at.abs_diff(mark), precision);
        let from = instant(mark.saturating_sub(view.begin()), precision);
        pieces.push(Piece::new(format!("  {duration}"), Role::Notice));
        pieces.push(Piece::plain(format!(" {} {from}", if at < mark { "before" } else { "from" })));
    }
    if let Some((alive, of)) = alive {
        let (alive, of) = (text::count(alive as u64), text::count(of as u64));
        pieces.push(Piece::plain(format!("  {alive} of {of} shown alive")));
    }
    pieces
}

/// What tells the columns apart: the decimal place of their length.
fn exactness(per_column: u64) -> u64 {
    10u64.saturating_pow(per_column.max(1).ilog10())
}

/// How long it is, and the heaviest on it as far as there is room; where there are more, `…` says so.
fn critical(path: &CriticalPath, view: &PathView, tree: &Tree, room: usize) -> Vec<Piece> {
    let root = tree.find(path.root());
    let partial = if path.is_partial() { " of what is kept" } else { "" };
    let of = match root.filter(|_| view.is_pinned()) {
        Some(root) => format!(" of {}", name(tree, root)),
        None => String::new(),
    };
    let head = format!("critical path{of}{partial} {}: ", text::duration(path.length_ns()));
    let telling = |most: usize| {
        let heaviest = path.heaviest(most);
        let is_there = |member: &&Member| Some(member.key) == root;
        let missing = root.filter(|_| !heaviest.iter().any(is_there)).map(|root| name(tree, root));
        let told = |member: &&Member| format!("{} {}", name(tree, member.key), text::duration(member.own_ns));
        let are_all = missing.is_none() && heaviest.len() == path.members().len();
        let rest = if are_all { "" } else { " …" };
        let named: Vec<_> = missing.into_iter().chain(heaviest.iter().map(told)).collect();
        format!("{}{rest}", named.join(" > "))
    };
    let room = room.saturating_sub(text::width(&head));
    let most = path.members().len().min(NAMED);
    // All of them need no sign, and may fit where one less does not.
    let told = (1..=most).rev().map(telling).find(|told| text::width(told) <= room);
    // What is cut at the end of the line has a sign, too.
    let told = told.unwrap_or_else(|| telling(1));
    vec![Piece::new(head, Role::Notice), Piece::plain(told)]
}

fn name(tree: &Tree, key: crate::model::process::NodeKey) -> String {
    let Some(process) = tree.get(key) else { return "?".to_owned() };
    text::truncate(&command_text::brief(process, NAME), NAME).into_owned()
}
