//! The columns of the table: their names, which of them there is room for, and what stands in them.

use crate::model::cgroups::Owner;
use crate::model::process::Process;
use crate::model::table::{Column, cpu_per_mille};
use crate::text::{self, Align};
use crate::ui::command_text;
use crate::ui::paint::short_count;
use crate::ui::scene::Scene;

/// The columns that the user has chosen, in their order, and which of them the rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumns {
    /// Each once. The command stands last, wherever it is here.
    pub shown: Vec<Column>,
    /// What the rows are sorted by at first; it need not be shown.
    pub sort: Column,
    /// The other way round than the column's own: its greatest first, ids and texts from their beginning.
    pub inverted: bool,
}

impl Default for TableColumns {
    fn default() -> Self {
        Self { shown: DEFAULT.to_vec(), sort: Column::Start, inverted: false }
    }
}

pub(super) const DEFAULT: [Column; 18] = [
    Column::Start,
    Column::Pid,
    Column::Ppid,
    Column::User,
    Column::State,
    Column::Life,
    Column::Cpu,
    Column::CpuPercent,
    Column::Rss,
    Column::Children,
    Column::Threads,
    Column::MinorFaults,
    Column::MajorFaults,
    Column::Switches,
    Column::Read,
    Column::Written,
    Column::Cgroup,
    Column::Command,
];

/// Where there is no room, the last of these goes first. The command never does.
const BY_RANK: [Column; 19] = [
    Column::Pid,
    Column::State,
    Column::Life,
    Column::Start,
    Column::Cpu,
    Column::Rss,
    Column::Ppid,
    Column::User,
    Column::Children,
    Column::CpuPercent,
    Column::End,
    Column::Comm,
    Column::Threads,
    Column::Written,
    Column::Read,
    Column::Switches,
    Column::MinorFaults,
    Column::MajorFaults,
    Column::Cgroup,
];

/// What the command gets before there are all columns, at least; and the part of the width that is its own.
const FOR_COMMAND: (usize, usize) = (24, 3);

/// What stands in it, in a few words.
pub(super) const fn about(column: Column) -> &'static str {
    match column {
        Column::Pid => "process id",
        Column::Ppid => "pid of the latest parent",
        Column::User => "effective user; sorts by number",
        Column::Comm => "name",
        Column::Start => "when it began",
        Column::End => "when it ended",
        Column::Life => "how long it lived, or lives",
        Column::State => "what it does or how it ended; sorts the worst first",
        Column::Cpu => "CPU time, of what has ended",
        Column::CpuPercent => "CPU time for its lifetime; 100% is one CPU",
        Column::Rss => "peak resident memory",
        Column::Threads => "threads that it ever had",
        Column::MinorFaults => "page faults without storage",
        Column::MajorFaults => "page faults that waited for storage",
        Column::Switches => "context switches",
        Column::Read => "bytes read, from whatever",
        Column::Written => "bytes written, to whatever",
        Column::Children => "children ever",
        Column::Cgroup => "container, unit or cgroup",
        Column::Command => "arguments; stands last",
    }
}

pub(super) const fn title(column: Column) -> &'static str {
    match column {
        Column::Pid => "PID",
        Column::Ppid => "PPID",
        Column::User => "USER",
        Column::Comm => "COMM",
        Column::Start => "START",
        Column::End => "END",
        Column::Life => "LIFE",
        Column::State => "STATE",
        Column::Cpu => "CPU",
        Column::CpuPercent => "CPU%",
        Column::Rss => "RSS",
        Column::Threads => "THR",
        Column::MinorFaults => "MINFLT",
        Column::MajorFaults => "MAJFLT",
        Column::Switches => "CTXSW",
        Column::Read => "READ",
        Column::Written => "WRITE",
        Column::Children => "KIDS",
        Column::Cgroup => "CGROUP",
        Column::Command => "COMMAND",
    }
}

/// How wide it is, whatever stands in it; the command takes what is left.
pub(super) const fn width(column: Column) -> usize {
    match column {
        Column::Pid | Column::Ppid | Column::MinorFaults | Column::MajorFaults => 7,
        Column::User => 8,
        Column::Comm => 15,
        Column::Start | Column::End => 12,
        Column::State => 11,
        Column::Life
        | Column::Cpu
        | Column::CpuPercent
        | Column::Switches
        | Column::Read
        | Column::Written
        | Column::Children
        | Column::Threads => 6,
        Column::Rss => 5,
        Column::Cgroup => 16,
        Column::Command => 0,
    }
}

pub(super) const fn align(column: Column) -> Align {
    match column {
        Column::User | Column::Comm | Column::State | Column::Cgroup | Column::Command => Align::Left,
        _ => Align::Right,
    }
}

/// Whether its own order begins with the least.
pub(super) const fn ascends(column: Column) -> bool {
    matches!(
        column,
        Column::Pid | Column::Ppid | Column::User | Column::Comm | Column::Cgroup | Column::Command
    )
}

impl TableColumns {
    /// What the config file and the list of columns call it.
    pub const fn name(column: Column) -> &'static str {
        match column {
            Column::Pid => "pid",
            Column::Ppid => "ppid",
            Column::User => "user",
            Column::Comm => "comm",
            Column::Start => "start",
            Column::End => "end",
            Column::Life => "life",
            Column::State => "state",
            Column::Cpu => "cpu",
            Column::CpuPercent => "cpu%",
            Column::Rss => "rss",
            Column::Threads => "threads",
            Column::MinorFaults => "minor-faults",
            Column::MajorFaults => "major-faults",
            Column::Switches => "switches",
            Column::Read => "read",
            Column::Written => "written",
            Column::Children => "children",
            Column::Cgroup => "cgroup",
            Column::Command => "command",
        }
    }

    /// The column of a name.
    pub fn named(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|&column| Self::name(column) == name)
    }

    /// Shows a column, as the last one before the command, or hides it; tells whether it did. One stays.
    pub(super) fn toggle(&mut self, column: Column) -> bool {
        if !self.shown.contains(&column) {
            self.shown.push(column);
            return true;
        }
        let is_last = self.shown.len() == 1;
        if !is_last {
            self.shown.retain(|&shown| shown != column);
        }
        !is_last
    }

    /// Moves a column that is shown by so many places.
    pub(super) fn shift(&mut self, column: Column, by: isize) {
        let mut shown = self.in_order();
        let movable = shown.iter().filter(|&&shown| shown != Column::Command).count();
        let Some(at) = shown.iter().take(movable).position(|&shown| shown == column) else { return };
        shown.remove(at);
        shown.insert(at.saturating_add_signed(by).min(movable - 1), column);
        self.shown = shown;
    }

    /// Another column to sort by, in its own order.
    pub(super) fn step(&mut self, by: isize) {
        let columns = self.in_order();
        let at = columns.iter().position(|&column| column == self.sort);
        let next = match at {
            Some(at) => (at + columns.len()).saturating_add_signed(by) % columns.len().max(1),
            None => 0,
        };
        if let Some(&column) = columns.get(next) {
            self.sort = column;
            self.inverted = false;
        }
    }

    /// The command last.
    pub(super) fn in_order(&self) -> Vec<Column> {
        let (command, mut others): (Vec<_>, Vec<_>) =
            self.shown.iter().partition(|&&column| column == Column::Command);
        others.extend(command);
        others
    }

    /// The columns that there is room for in a pane of this width, from left to right, without the command. The one that
    /// the rows are sorted by is among them, if any is.
    pub(super) fn fitting(&self, pane: usize) -> Vec<Column> {
        let has_command = self.shown.contains(&Column::Command);
        let (least, share) = FOR_COMMAND;
        let for_command = if has_command { least.max(pane / share).min(pane) } else { 0 };
        let mut room = pane - for_command;
        let sort = std::iter::once(self.sort).filter(|column| self.shown.contains(column));
        let mut taken: Vec<Column> = Vec::new();
        for column in sort.chain(BY_RANK) {
            let needed = width(column) + 1;
            if column == Column::Command || taken.contains(&column) || !self.shown.contains(&column) {
                continue;
            }
            if needed > room {
                break;
            }
            room -= needed;
            taken.push(column);
        }
        self.in_order().into_iter().filter(|column| taken.contains(column)).collect()
    }
}

/// What the columns take, with the blanks after them.
pub(super) fn total_width(columns: &[Column]) -> usize {
    columns.iter().map(|&column| width(column) + 1).sum()
}

/// What stands in a column; of the command nothing, that is drawn.
pub(super) fn value(column: Column, process: Process<'_>, scene: &Scene<'_>) -> String {
    let ending = process.ending().filter(|ending| ending.status.is_some());
    let usage = ending.map(|ending| ending.usage);
    let count = |value: Option<u64>| value.map(short_count).unwrap_or_default();
    match column {
        Column::Pid => process.id.pid.to_string(),
        Column::Ppid => process.latest_parent().map(|parent| parent.pid.to_string()).unwrap_or_default(),
        Column::User => command_text::user(scene.users, process.uids().effective),
        Column::Comm => command_text::comm(process.comm()),
        Column::Start => time(process.id.start_ns, scene),
        Column::End => process.end_ns().map(|end_ns| time(end_ns, scene)).unwrap_or_default(),
        Column::Life => text::duration(process.lifetime_ns(scene.now_ns)),
        Column::State => command_text::state(process),
        Column::Cpu => process.cpu_ns().map(text::duration).unwrap_or_default(),
        Column::CpuPercent => cpu_per_mille(process).map(percent).unwrap_or_default(),
        Column::Rss => process.max_rss_bytes().map(text::bytes).unwrap_or_default(),
        Column::Threads => {
            count(usage.map(|usage| usage.threads.into()).filter(|&threads: &u64| threads > 0))
        }
        Column::MinorFaults => count(usage.map(|usage| usage.minor_faults)),
        Column::MajorFaults => count(usage.map(|usage| usage.major_faults)),
        Column::Switches => {
            count(usage.map(|usage| usage.voluntary_switches.saturating_add(usage.involuntary_switches)))
        }
        Column::Read => usage.map(|usage| text::bytes(usage.read_bytes)).unwrap_or_default(),
        Column::Written => usage.map(|usage| text::bytes(usage.written_bytes)).unwrap_or_default(),
        Column::Children => count(Some(process.children()).filter(|&children| children > 0)),
        Column::Cgroup => cgroup(process, scene),
        Column::Command => String::new(),
    }
}

/// A time of day.
pub(in crate::ui) fn time(boot_ns: u64, scene: &Scene<'_>) -> String {
    let wall_ns = i64::try_from(boot_ns).unwrap_or(i64::MAX);
    text::time_of_day(wall_ns.saturating_add(scene.model.wall_offset_ns()), scene.local)
}

/// `0.4%` `99.9%` `1204%`, cut.
fn percent(per_mille: u64) -> String {
    match per_mille {
        0..1000 => format!("{}.{}%", per_mille / 10, per_mille % 10),
        _ => format!("{}%", per_mille / 10),
    }
}

/// The container or the unit, else the path from its end.
fn cgroup(process: Process<'_>, scene: &Scene<'_>) -> String {
    let Some(path) = scene.model.cgroups().path(process.cgroup_id()) else { return String::new() };
    match path.owner() {
        Some(Owner::Container { engine, id }) => {
            text::sanitise(format!("{engine}:{id}").as_bytes()).into_owned()
        }
        Some(Owner::Unit(unit)) => text::sanitise(unit.as_bytes()).into_owned(),
        None => {
            let room = width(Column::Cgroup);
            let end = path.bytes.get(path.bytes.len().saturating_sub(4 * room)..).unwrap_or_default();
            let shown = text::sanitise(end);
            let mut cut = shown.as_ref();
            while text::width(cut) > room {
                let mut rest = cut.chars();
                rest.next();
                cut = rest.as_str();
            }
            cut.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_one_by_one_as_the_pane_narrows() {
        let columns = TableColumns::default();
        let names = |pane| columns.fitting(pane).into_iter().map(title).collect::<Vec<_>>().join(" ");
        assert_eq!(names(80), "START PID STATE LIFE CPU RSS");
        assert_eq!(names(40), "START");
        assert_eq!(names(20), "");
        for pane in 1..300 {
            let taken = |pane| total_width(&columns.fitting(pane));
            assert!(columns.fitting(pane).len() >= columns.fitting(pane - 1).len());
            assert!(pane < 24 || pane - taken(pane) >= 24, "{pane}");
        }
        assert_eq!(columns.fitting(300).len(), DEFAULT.len() - 1);
    }

    #[test]
    fn the_column_of_the_order_has_room() {
        let columns = TableColumns { sort: Column::Written, ..TableColumns::default() };
        assert!(columns.fitting(80).contains(&Column::Written));
    }

    #[test]
    fn names_are_told_apart_and_titles_fit_with_a_mark() {
        for (index, &column) in Column::ALL.iter().enumerate() {
            assert!(
                Column::ALL[..index]
                    .iter()
                    .all(|&other| TableColumns::name(other) != TableColumns::name(column))
            );
            assert!(column == Column::Command || text::width(title(column)) < width(column), "{column:?}");
            assert!(column == Column::Command || BY_RANK.contains(&column), "{column:?}");
        }
    }

    #[test]
    fn a_part_of_a_cpu_has_a_decimal() {
        assert_eq!([0, 4, 999, 1000, 12_049].map(percent), ["0.0%", "0.4%", "99.9%", "100%", "1204%"]);
    }
}
