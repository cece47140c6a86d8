//! Who ended it, and whom it ended.

use super::Page;
use crate::model::event::{Killer, ProcessId};
use crate::model::log::Entry;
use crate::model::process::Process;
use crate::text::count;
use crate::ui::command_text;
use crate::ui::paint::Piece;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

/// Lines of the log that are looked through, the latest of them.
const LINES: u64 = 20_000;
/// Victims that are shown.
const VICTIMS: usize = 100;
/// How old the list may be while everything moves, in nanoseconds.
const KEPT_NS: u64 = 500_000_000;

/// Whom it ended, as far as the log tells, and what that was computed from.
#[derive(Debug)]
pub(super) struct Victims {
    of: ProcessId,
    version: u64,
    at_ns: u64,
    /// When, and what is to be said; the latest first.
    victims: Vec<(u64, String)>,
    /// So many lines of the log were looked through, where there were more.
    looked_at: Option<u64>,
}

impl Victims {
    /// The former ones while they are right, or young and `moving`.
    pub(super) fn kept_or_new(former: Option<Self>, scene: &Scene<'_>, of: ProcessId, moving: bool) -> Self {
        let (version, at_ns) = (scene.model.version(), scene.now_ns);
        let is_good = |known: &Self| {
            let is_young = moving && at_ns.checked_sub(known.at_ns).is_some_and(|age_ns| age_ns < KEPT_NS);
            known.of == of && (known.version == version || is_young)
        };
        former.filter(is_good).unwrap_or_else(|| {
            let log = scene.model.log();
            let from = log.end().saturating_sub(LINES).max(log.first());
            let ended = log.iter_from(from).rev().filter_map(|(_, line)| match &line.entry {
                Entry::Exit(ending, _) if is_by(ending.killed_by, of) && line.id != of => {
                    let comm = command_text::comm(line.comm);
                    Some((line.time_ns, format!("{comm}({}) {}", line.id.pid, command_text::ending(ending))))
                }
                _ => None,
            });
            let looked_at = (from > 0).then(|| log.end().saturating_sub(from));
            Self { of, version, at_ns, victims: ended.take(VICTIMS).collect(), looked_at }
        })
    }
}

fn is_by(killer: Option<Killer>, of: ProcessId) -> bool {
    matches!(killer, Some(Killer::Process { id, .. }) if id == of)
}

impl Page<'_> {
    pub(super) fn signals(&mut self, process: Process<'_>, victims: &Victims) {
        self.state(process);
        match process.ending() {
            Some(ending) if ending.status.is_some_and(|status| status.signal().is_some()) => {
                if ending.killed_by.is_none() {
                    self.entry("sender", "it is not known who sent the signal", Role::Faint);
                }
            }
            Some(_) => self.entry("signal", "it was not ended by one", Role::Plain),
            None => self.entry("signal", "none has ended it so far", Role::Plain),
        }
        self.heading("Ended by its signals");
        for (time_ns, what) in &victims.victims {
            let label = format!("{:<12}  ", self.time(*time_ns));
            self.lines.push(vec![Piece::new(label, Role::Label), Piece::new(what.as_str(), Role::Failed)]);
        }
        if victims.victims.is_empty() {
            self.lines.push(vec![Piece::new("nobody", Role::Faint)]);
        } else if victims.victims.len() == VICTIMS {
            self.remark(format!("the latest {VICTIMS}"));
        }
        if let Some(lines) = victims.looked_at {
            self.remark(format!("as the latest {} events tell", count(lines)));
        }
    }
}
