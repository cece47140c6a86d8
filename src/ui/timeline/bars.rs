//! Lives as ink in columns: bars with eighths of a column, and shades for many lives in one row. Pure.

use super::scale::{Scale, Time};

const FROM_LEFT: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// A life that is drawn: to its end, or to now where it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) start: Time,
    pub(super) end: Time,
}

/// What a life covers: at least an eighth of a column, wherever it is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// The first column with ink.
    pub(super) from: usize,
    /// The column after the last one with ink.
    pub(super) to: usize,
    /// What stands in the first and in the last column.
    head: char,
    tail: char,
}

impl Bar {
    /// `None` where it is not on the screen.
    pub(super) fn new(life: Life, scale: Scale) -> Option<Self> {
        let end = life.end.max(life.start);
        if scale.columns == 0 || scale.column_of(end) < 0 || life.start >= scale.end() {
            return None;
        }
        // Whoever ends where the window begins is seen no more; but whoever lives for no time at all is.
        if end <= scale.start && life.start < scale.start {
            return None;
        }
        let all = scale.columns * 8;
        let first = scale.eighths(life.start, false).min(all - 1);
        let last = scale.eighths(end, true).max(first + 1);
        let (from, to) = (first / 8, last.div_ceil(8));
        let (lead, tail) = (first % 8, last - (to - 1) * 8);
        let (head, tail) = match to - from {
            1 => (within(lead, tail), within(lead, tail)),
            _ => (from_right(8 - lead), FROM_LEFT.get(tail).copied().unwrap_or('█')),
        };
        Some(Self { from, to, head, tail })
    }

    /// What stands in a column; `None` outside of the bar.
    pub(super) fn glyph(&self, column: usize) -> Option<char> {
        match column {
            _ if !(self.from..self.to).contains(&column) => None,
            _ if column == self.from => Some(self.head),
            _ if column + 1 == self.to => Some(self.tail),
            _ => Some('█'),
        }
    }

    /// The columns that are full.
    pub(super) fn full(&self) -> std::ops::Range<usize> {
        let is_full = |column| self.glyph(column) == Some('█');
        let from = if is_full(self.from) { self.from } else { self.from + 1 };
        let to = if is_full(self.to - 1) { self.to } else { self.to - 1 };
        from..to.max(from)
    }
}

/// The nearest that there is to so many eighths at the right side of a column.
const fn from_right(eighths: usize) -> char {
    match eighths {
        6.. => '█',
        3..6 => '▐',
        _ => '▕',
    }
}

/// The nearest that there is to what lies from one eighth to another one.
fn within(from: usize, to: usize) -> char {
    match from {
        0..4 => FROM_LEFT.get(to.max(1)).copied().unwrap_or('█'),
        4..7 => '▐',
        _ => '▕',
    }
}

/// How many of a group live in each column on average, when each of `sample`, in the order of their ends, stands for so
/// many.
pub(super) fn density(sample: &[Life], each: f32, scale: Scale) -> Vec<f32> {
    let mut alive = vec![0.0; scale.columns];
    let is_whole = each <= 1.0;
    let mut before: Option<Time> = None;
    for life in sample {
        let end = life.end.max(life.start);
        // Those that it stands for ended since the one before it did.
        let from = before.filter(|_| !is_whole).map_or(life.start, |before| before.min(life.start));
        let (spread, lived) = ((end - from).max(1) as f32, (end - life.start).max(1) as f32);
        add(&mut alive, Life { start: from, end }, each * (lived / spread).min(1.0), scale);
        before = Some(end);
    }
    alive
}

/// Adds so much in the columns of a life, in the first and the last as much less as it does not fill them.
fn add(alive: &mut [f32], life: Life, amount: f32, scale: Scale) {
    let Some(bar) = Bar::new(life, scale) else { return };
    for (column, cell) in alive.iter_mut().enumerate().take(bar.to).skip(bar.from) {
        let left = i64::try_from(column).unwrap_or(i64::MAX);
        let (from, to) = (scale.time_of(left), scale.time_of(left.saturating_add(1)));
        let lived = life.end.min(to).saturating_sub(life.start.max(from)).max(1);
        *cell += amount * (lived as f32 / scale.per_column.max(1) as f32);
    }
}

/// How many live, as a shade: less than half, one, some, many. `None` for nobody.
pub(super) fn shade(alive: f32) -> Option<char> {
    match alive {
        _ if alive <= 0.0 => None,
        _ if alive <= 0.5 => Some('░'),
        _ if alive <= 1.5 => Some('▒'),
        _ if alive <= 4.0 => Some('▓'),
        _ => Some('█'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawn(start: Time, end: Time, scale: Scale) -> String {
        let bar = Bar::new(Life { start, end }, scale);
        (0..scale.columns).map(|column| bar.and_then(|bar| bar.glyph(column)).unwrap_or('·')).collect()
    }

    #[test]
    fn bars_have_eighths_of_a_column() {
        let scale = Scale::new(1000, 80, 6);
        let cases = [
            (1000, 1480, "██████"),
            (1000, 1080, "█·····"),
            (1080, 1250, "·██▏··"),
            (1120, 1300, "·▐█▊··"),
            (1150, 1300, "·▕█▊··"),
            (1010, 1015, "▎·····"),
            (1070, 1075, "▕·····"),
            (1240, 1240, "···▏··"),
            (0, 1100, "█▎····"),
            (1400, 9000, "·····█"),
            (0, 9000, "██████"),
            (0, 1000, "······"),
            (1480, 9000, "······"),
            (1000, 1000, "▏·····"),
        ];
        for (start, end, shown) in cases {
            assert_eq!(drawn(start, end, scale), shown, "{start} {end}");
        }
    }

    #[test]
    fn a_group_shows_how_many_live() {
        let scale = Scale::new(0, 80, 8);
        let shades = |lives: &[(Time, Time)]| -> String {
            let lives: Vec<Life> = lives.iter().map(|&(start, end)| Life { start, end }).collect();
            density(&lives, 1.0, scale).into_iter().map(|alive| shade(alive).unwrap_or('·')).collect()
        };
        assert_eq!(shades(&[]), "········");
        assert_eq!(shades(&[(80, 160), (320, 340), (320, 480)]), "·▒··▒▒··");
        // Two that stand for twenty, one after the other: there is no gap between them.
        let spread = density(&[Life { start: 0, end: 80 }, Life { start: 240, end: 320 }], 10.0, scale);
        assert!(spread[..4].iter().all(|&alive| alive > 0.0) && spread[4] == 0.0, "{spread:?}");
    }

    fn lives() -> impl Strategy<Value = (Life, Scale)> {
        ((0i64..4000, 0i64..4000), (0i64..2000, 1u64..300, 0usize..60)).prop_map(
            |((start, length), scale)| {
                (Life { start, end: start + length }, Scale::new(scale.0, scale.1, scale.2))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A bar never leaves the window, and there is ink wherever somebody lives: nowhere else.
        #[test]
        fn there_is_ink_where_there_is_life((life, scale) in lives()) {
            let bar = Bar::new(life, scale);
            if let Some(bar) = bar {
                prop_assert!(bar.from < bar.to && bar.to <= scale.columns);
                prop_assert!(bar.full().start >= bar.from && bar.full().end <= bar.to.max(bar.full().start));
            }
            for column in 0..scale.columns {
                let (from, to) = (scale.time_of(column as i64), scale.time_of(column as i64 + 1));
                let lives = life.start < to && life.end > from;
                let instant = life.start == life.end && (from..to).contains(&life.start);
                let ink = bar.and_then(|bar| bar.glyph(column));
                prop_assert_eq!(ink.is_some(), lives || instant, "{} {:?}", column, bar);
                prop_assert_ne!(ink, Some(' '));
            }
            let alive = density(&[life], 1.0, scale);
            for (column, alive) in alive.into_iter().enumerate() {
                prop_assert_eq!(shade(alive).is_some(), bar.is_some_and(|bar| bar.glyph(column).is_some()));
            }
        }
    }
}
