//! The rows of the storm view, as values to sort and to show.

use super::Which;
use crate::model::event::{Comm, ProcessId};
use crate::model::storm::tables::{MINUTE, PATH, Row};
use crate::text;
use crate::ui::command_text::{self, Naming};
use crate::ui::scene::Scene;

/// The columns of a command line behind a parent's name that are made.
const ARGUMENTS: usize = 60;

/// The time of a row's history that is over.
const MINUTE_NS: u64 = MINUTE as u64 * 1_000_000_000;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowKey {
    Parent(ProcessId),
    Comm(Comm),
    Path([Comm; PATH]),
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct StormRow {
    pub(super) key: RowKey,
    pub(super) name: String,
    /// Where the way leads from here.
    pub(super) process: Option<ProcessId>,
    pub(super) now: u32,
    /// New processes in the last minute.
    pub(super) minute: u64,
    pub(super) peak: u32,
    pub(super) total: u64,
    pub(super) live: u64,
    pub(super) p50: Option<u64>,
    pub(super) p99: Option<u64>,
    /// `None` while nothing has ended.
    pub(super) failed_percent: Option<u64>,
    pub(super) cpu_ns: u64,
    pub(super) history: Vec<u32>,
}

impl StormRow {
    fn new<K>(row: &Row<K>, key: RowKey, name: String, scene: &Scene<'_>) -> Self {
        let now_ns = scene.model.present_ns(scene.now_ns);
        let rates_ns = scene.model.rates_ns(now_ns);
        Self {
            key,
            name,
            process: row.process(),
            now: row.rate(rates_ns),
            minute: row.minute(now_ns),
            peak: row.peak(rates_ns),
            total: row.total,
            live: row.live,
            p50: row.lifetimes.quantile(50),
            p99: row.lifetimes.quantile(99),
            failed_percent: (row.ended > 0).then(|| row.failed_percent()),
            cpu_ns: row.cpu_ns,
            history: row.history(now_ns).collect(),
        }
    }
}

/// All rows of a table that there is anything to say of. They are of now, whatever instant is looked at: the tables have
/// nothing of what was before.
pub(super) fn gather(scene: &Scene<'_>, which: Which) -> Vec<StormRow> {
    let storms = scene.model.storms();
    let mut rows: Vec<StormRow> = match which {
        Which::Parents => storms.parents().rows().iter().map(|row| parent(scene, row)).collect(),
        Which::Comms => {
            let name = |comm: &Comm| command_text::comm(*comm);
            let row = |row: &Row<Comm>| StormRow::new(row, RowKey::Comm(row.key), name(&row.key), scene);
            storms.comms().rows().iter().map(row).collect()
        }
        Which::Paths => {
            let row = |row: &Row<_>| StormRow::new(row, RowKey::Path(row.key), path_name(&row.key), scene);
            storms.paths().rows().iter().map(row).collect()
        }
    };
    // A name that all who were forked under it have left by an exec.
    rows.retain(|row| row.total > 0);
    rows
}

/// What the tree counts of a process it counts of all its children, and exactly.
fn parent(scene: &Scene<'_>, row: &Row<ProcessId>) -> StormRow {
    let process = scene.model.present(row.key);
    let comm = command_text::comm(process.map_or(row.comm, |process| process.comm()));
    let mut name = format!("{comm}({})", row.key.pid);
    if let Some(process) = process {
        name.push_str("  ");
        name.push_str(&command_text::command(process, Naming::Base, ARGUMENTS));
    }
    let counted = StormRow::new(row, RowKey::Parent(row.key), name, scene);
    let now_ns = scene.model.present_ns(scene.now_ns);
    let is_young = now_ns.saturating_sub(row.key.start_ns) < MINUTE_NS;
    let total = process.map_or(counted.total, |process| process.children());
    StormRow {
        process: Some(row.key),
        // Of very many it is estimated. Of who is younger all were counted in it.
        minute: if is_young { total } else { counted.minute.min(total) },
        total,
        live: process.map_or(0, |process| process.living_children().into()),
        ..counted
    }
}

fn path_name(path: &[Comm; PATH]) -> String {
    let comms = path.iter().filter(|comm| !comm.as_bytes().is_empty());
    let comms: Vec<_> = comms.map(|comm| text::sanitise(comm.as_bytes())).collect();
    comms.join(" > ")
}
