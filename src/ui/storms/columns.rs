//! The columns of the storm view: what they show, how they sort, and which of them there is room for.

use std::cmp::Ordering;

use super::rows::StormRow;
use crate::text;
use crate::ui::paint::short_count;

/// A column beside the name, which is always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ui) enum Column {
    Name,
    #[default]
    Now,
    Minute,
    Peak,
    Total,
    Live,
    P50,
    P99,
    Failed,
    Cpu,
}

/// The columns of the name: at least, before the minute has any more, and at most.
const NAME: (usize, usize, usize) = (20, 40, 64);
/// The cells of the last minute: of the number and the blank behind it, and of all at least; where there is room, a cell
/// for each second.
pub(super) const MINUTE_COUNT: usize = 7;
const MINUTE: (usize, usize) = (MINUTE_COUNT + 5, MINUTE_COUNT + 60);

impl Column {
    /// In the order in which they stand, and are gone through for sorting.
    pub(super) const ALL: [Column; 10] = [
        Column::Name,
        Column::Now,
        Column::Minute,
        Column::Peak,
        Column::Total,
        Column::Live,
        Column::P50,
        Column::P99,
        Column::Failed,
        Column::Cpu,
    ];

    /// Where there is no room, the last of these goes first.
    const BY_RANK: [Column; 9] = [
        Column::Now,
        Column::Total,
        Column::Minute,
        Column::P50,
        Column::Failed,
        Column::Cpu,
        Column::Live,
        Column::Peak,
        Column::P99,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Column::Name => "NAME",
            Column::Now => "NOW/S",
            Column::Minute => "MINUTE",
            Column::Peak => "PEAK/S",
            Column::Total => "TOTAL",
            Column::Live => "LIVE",
            Column::P50 => "P50",
            Column::P99 => "P99",
            Column::Failed => "FAIL%",
            Column::Cpu => "CPU",
        }
    }

    /// The next one to sort by.
    pub(super) fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&column| column == self).unwrap_or(0);
        let next = (at + Self::ALL.len()).saturating_add_signed(by) % Self::ALL.len();
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    /// Its own order: the most first, names from A to Z.
    pub(super) fn compare(self, one: &StormRow, other: &StormRow) -> Ordering {
        match self {
            Column::Name => one.name.cmp(&other.name),
            Column::Now => {
                // Those that rest are in the order of what they were.
                (other.now, other.peak).cmp(&(one.now, one.peak))
            }
            Column::Minute => other.minute.cmp(&one.minute),
            Column::Peak => other.peak.cmp(&one.peak),
            Column::Total => other.total.cmp(&one.total),
            Column::Live => other.live.cmp(&one.live),
            Column::P50 => other.p50.cmp(&one.p50),
            Column::P99 => other.p99.cmp(&one.p99),
            Column::Failed => other.failed_percent.cmp(&one.failed_percent),
            Column::Cpu => other.cpu_ns.cmp(&one.cpu_ns),
        }
    }

    /// What stands in a row; of the minute how many, the rest of it is drawn.
    pub(super) fn value(self, row: &StormRow) -> String {
        let time = |ns: Option<u64>| ns.map(text::duration).unwrap_or_default();
        match self {
            Column::Name => row.name.clone(),
            Column::Now => short_count(row.now.into()),
            Column::Minute => short_count(row.minute),
            Column::Peak => short_count(row.peak.into()),
            Column::Total => short_count(row.total),
            Column::Live => short_count(row.live),
            Column::P50 => time(row.p50),
            Column::P99 => time(row.p99),
            Column::Failed => row.failed_percent.map(|percent| percent.to_string()).unwrap_or_default(),
            Column::Cpu => text::duration(row.cpu_ns),
        }
    }

    const fn width(self) -> usize {
        match self {
            Column::Name => NAME.0,
            Column::Minute => MINUTE.0,
            Column::Failed => 5,
            _ => 6,
        }
    }
}

/// The columns that there is room for, each with its width, left to right; all but the first have a blank before them.
pub(super) fn layout(width: usize, sort: Column) -> Vec<(Column, usize)> {
    let mut room = width.saturating_sub(NAME.0);
    let mut shown = vec![Column::Name];
    let by_rank = Column::BY_RANK;
    // What is sorted by is seen.
    let first = by_rank.iter().filter(|&&column| column == sort);
    for &column in first.chain(by_rank.iter().filter(|&&column| column != sort)) {
        let needed = column.width() + 1;
        if needed > room {
            break;
        }
        room -= needed;
        shown.push(column);
    }
    let more_name = room.min(NAME.1 - NAME.0);
    let has_minute = shown.contains(&Column::Minute);
    let more_minute = if has_minute { (room - more_name).min(MINUTE.1 - MINUTE.0) } else { 0 };
    let more_name = (room - more_minute).min(NAME.2 - NAME.0);
    let width = |column: Column| match column {
        Column::Name => (NAME.0 + more_name).min(width),
        Column::Minute => MINUTE.0 + more_minute,
        column => column.width(),
    };
    Column::ALL
        .into_iter()
        .filter(|column| shown.contains(column))
        .map(|column| (column, width(column)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_is_used_and_none_is_exceeded() {
        for width in 0..300 {
            for sort in Column::ALL {
                let columns = layout(width, sort);
                let used: usize = columns.iter().map(|(_, width)| width + 1).sum::<usize>() - 1;
                assert!(used <= width.max(NAME.0), "{width}: {columns:?}");
                assert!(columns.iter().any(|(column, _)| *column == sort) || width < 33, "{width}");
            }
        }
        assert_eq!(layout(200, Column::Now).len(), Column::ALL.len());
        assert!(layout(78, Column::Now).len() >= 7);
        assert!(layout(78, Column::P99).iter().any(|(column, _)| *column == Column::P99));
    }

    #[test]
    fn sorting_goes_round() {
        let round = std::iter::successors(Some(Column::Now), |column| Some(column.step(1)));
        assert_eq!(round.take(11).last(), Some(Column::Now));
        assert_eq!(Column::Peak.step(-1), Column::Minute);
        assert_eq!(Column::Name.step(-1), Column::Cpu);
    }
}
