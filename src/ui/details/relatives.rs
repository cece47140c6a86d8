//! Its parents, children and descendants.

use super::{LABEL_WIDTH, Page};
use crate::model::process::{NodeKey, Process};
use crate::model::tree::Descendants;
use crate::text::{self, bytes, count, duration};
use crate::ui::command_text::{self, Naming};
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

/// Generations that are shown.
const ANCESTORS: usize = 64;
/// How old sums may be while everything moves, in nanoseconds: there may be a hundred thousand descendants.
const SUMS_KEPT_NS: u64 = 250_000_000;

/// The sums over the descendants, and what they were computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    of: NodeKey,
    version: u64,
    instant: Option<u64>,
    at_ns: u64,
    sums: Descendants,
}

impl Sums {
    /// The former ones while they are right, or young and `moving`: then it is looked again soon.
    pub(super) fn kept_or_new(former: Option<Self>, scene: &Scene<'_>, of: NodeKey, moving: bool) -> Self {
        let (version, instant, at_ns) = (scene.model.version(), scene.model.instant(), scene.now_ns);
        let is_good = |sums: &Self| {
            let age_ns = at_ns.checked_sub(sums.at_ns);
            let is_young = moving && age_ns.is_some_and(|age_ns| age_ns < SUMS_KEPT_NS);
            (sums.of, sums.instant) == (of, instant) && (sums.version == version || is_young)
        };
        let anew = || Self { of, version, instant, at_ns, sums: scene.model.tree().descendants(of) };
        former.filter(is_good).unwrap_or_else(anew)
    }
}

impl Page<'_> {
    pub(super) fn relatives(&mut self, key: NodeKey, process: Process<'_>, sums: &Sums) {
        let tree = self.scene.model.tree();
        self.heading("Relatives");
        let mut children = vec![count(process.children())];
        if process.living_children() > 0 {
            children.push(format!("{} alive", count(process.living_children().into())));
        }
        self.values("children", &children);
        if sums.sums.processes() > 0 {
            self.values("descendants", &descendants(&sums.sums));
        }
        if let Some(adopter) = process.adopted_by() {
            self.entry("adopted by", command_text::name(tree, adopter), Role::Notice);
        }
        if let Some(forked_by) = process.forked_by() {
            self.entry("forked by", command_text::name(tree, forked_by), Role::Plain);
        }
        let mut known = false;
        for (index, (_, parent)) in tree.ancestors(key).take(ANCESTORS).enumerate() {
            known = true;
            let label = if index == 0 { "parents" } else { "" };
            let role = if parent.is_alive() { Role::Plain } else { Role::Dead };
            let room = self.width.saturating_sub(LABEL_WIDTH);
            let command = command_text::command(parent, Naming::Whole, room);
            let line = format!("{} {command}", parent.id.pid);
            self.entry(label, text::truncate(&line, room), role);
        }
        if let Some(parent) = process.parent().filter(|_| !known) {
            self.entry("parent", format!("{} (not traced)", parent.pid), Role::Plain);
        }
    }
}

impl Page<'_> {
    /// What its descendants cost, as far as they have ended.
    pub(super) fn family_costs(&mut self, sums: &Sums) {
        if sums.sums.processes() > 0 {
            self.heading("With its descendants");
            self.values("descendants", &descendants(&sums.sums));
        }
    }
}

/// The costs are those of the ones that have ended.
fn descendants(sums: &Descendants) -> Vec<String> {
    let mut values = vec![count(sums.processes())];
    for (number, what) in
        [(sums.living, "alive"), (sums.ended.failed, "failed"), (sums.gone, "no longer kept")]
    {
        if number > 0 {
            values.push(format!("{} {what}", count(number)));
        }
    }
    if sums.ended.processes > 0 {
        values.push(format!("cpu {}", duration(sums.ended.cpu_ns)));
        values.push(format!("largest rss {}", bytes(sums.ended.max_rss_bytes)));
    }
    values
}
