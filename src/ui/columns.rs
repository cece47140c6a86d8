//! The columns of the tree: which of them fit, and what stands in them.

use super::command_text;
use super::paint::short_count;
use super::scene::Scene;
use crate::model::process::Process;
use crate::text::{self, Align};

/// A column left of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Pid,
    User,
    State,
    Life,
    Cpu,
    Rss,
    Kids,
}

const ALL: [Column; 7] =
    [Column::Pid, Column::User, Column::State, Column::Life, Column::Cpu, Column::Rss, Column::Kids];

/// The first goes first where there is not enough room.
const EXPENDABLE: [Column; 7] =
    [Column::User, Column::Rss, Column::Kids, Column::Cpu, Column::Life, Column::State, Column::Pid];

impl Column {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Column::Pid => "PID",
            Column::User => "USER",
            Column::State => "STATE",
            Column::Life => "LIFE",
            Column::Cpu => "CPU",
            Column::Rss => "RSS",
            Column::Kids => "KIDS",
        }
    }

    pub(super) const fn width(self) -> usize {
        match self {
            Column::Pid => 7,
            Column::User => 8,
            Column::State => 11,
            Column::Life | Column::Cpu | Column::Kids => 6,
            Column::Rss => 5,
        }
    }

    pub(super) const fn align(self) -> Align {
        match self {
            Column::User | Column::State => Align::Left,
            _ => Align::Right,
        }
    }
}

/// What a command gets before all columns are there.
const FOR_COMMAND: usize = 32;
/// What the columns take, without that of the user.
const FIGURES: usize = 48;

/// The columns that fit beside a command in a pane of this width, from left to right.
pub(super) fn fitting(width: usize) -> Vec<Column> {
    let for_command = (width / 3).max(width.saturating_sub(FIGURES)).clamp(8, FOR_COMMAND);
    let mut columns = ALL.to_vec();
    for gone in EXPENDABLE {
        if total_width(&columns) + for_command <= width {
            break;
        }
        columns.retain(|&column| column != gone);
    }
    columns
}

/// What the columns take, with the blanks after them.
pub(super) fn total_width(columns: &[Column]) -> usize {
    columns.iter().map(|column| column.width() + 1).sum()
}

/// What stands in a column.
pub(super) fn value(column: Column, process: Process<'_>, scene: &Scene<'_>) -> String {
    let ending = process.ending().filter(|ending| ending.status.is_some());
    match column {
        Column::Pid => process.id.pid.to_string(),
        Column::User => command_text::user(scene.users, process.uids().effective),
        Column::State => command_text::state(process),
        Column::Life => text::duration(process.lifetime_ns(scene.now_ns)),
        Column::Cpu => ending.map(|ending| text::duration(ending.cpu_ns)).unwrap_or_default(),
        Column::Rss => ending.map(|ending| text::bytes(ending.max_rss_bytes)).unwrap_or_default(),
        Column::Kids if process.children() == 0 => String::new(),
        Column::Kids => short_count(process.children()),
    }
}

#[cfg(test)]
mod tests {
    use super::Column::*;
    use super::*;

    #[test]
    fn columns_go_one_by_one_as_the_pane_narrows() {
        assert_eq!(fitting(200), ALL);
        assert_eq!(fitting(90), ALL);
        assert_eq!(fitting(80), [Pid, State, Life, Cpu, Rss, Kids]);
        assert_eq!(fitting(40), [Pid, State, Life]);
        assert_eq!(fitting(20), [Column::Pid]);
        assert_eq!(fitting(10), []);
        for width in 1..200 {
            let taken = |width| total_width(&fitting(width));
            assert!(fitting(width).len() >= fitting(width - 1).len());
            assert!(width < 80 || width - taken(width) >= FOR_COMMAND, "{width}");
        }
    }
}
