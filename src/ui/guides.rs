//! The lines of the tree left of the commands, and what becomes of them where they have no room.

use crate::model::view::Row;
use crate::text;

/// The columns from which on blanks and numbers make the lines clearer.
const ROOMY: usize = 8;

/// How the rows on the screen are indented. Generations that none of them needs go first, so that the tree keeps its
/// form; of a row that still has no room the generation is told as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guides {
    /// Generations that are left out of all rows.
    hidden: usize,
    /// The columns that the lines and the mark for folding may take.
    room: usize,
    /// The digits of the largest generation.
    digits: usize,
}

impl Guides {
    pub(super) fn new(rows: impl Iterator<Item = Row>, room: usize) -> Self {
        let depths = rows.map(|row| usize::from(row.depth));
        let (least, most) =
            depths.fold((usize::MAX, 0), |(least, most), depth| (least.min(depth), most.max(depth)));
        let hidden = if most <= generations(room) { 0 } else { least.min(most).saturating_sub(1) };
        // Leaving out one saves nothing.
        Self { hidden: if hidden > 1 { hidden } else { 0 }, room, digits: most.to_string().len() }
    }

    /// The lines of a row, with its mark.
    pub(super) fn of(self, row: Row) -> String {
        let depth = usize::from(row.depth);
        let prefix = match self.hidden {
            0 => "",
            _ if self.room < ROOMY => "…",
            _ => "… ",
        };
        let wanted = depth.saturating_sub(self.hidden);
        let (mut guides, shown) = if wanted <= generations(self.room.saturating_sub(text::width(prefix))) {
            (prefix.to_owned(), wanted)
        } else {
            let numbered = format!("…{depth:<digits$} ", digits = self.digits);
            let fits = self.room >= ROOMY && text::width(&numbered) + 4 <= self.room;
            let prefix = if fits { numbered } else { "…".to_owned() };
            let shown = generations(self.room.saturating_sub(text::width(&prefix)));
            (prefix, shown)
        };
        push_lines(&mut guides, row, depth.saturating_sub(shown) + 1);
        guides
    }
}

/// How many fit: two columns for each, and two for the mark.
const fn generations(room: usize) -> usize {
    room.saturating_sub(2) / 2
}

/// The lines of the generations from `first` on, and the mark.
fn push_lines(guides: &mut String, row: Row, first: usize) {
    let depth = usize::from(row.depth);
    let goes_on = |generation: usize| {
        let line = u32::try_from(generation).ok().and_then(|n| row.guides.checked_shr(n));
        line.is_some_and(|bits| bits & 1 == 1)
    };
    for generation in first..depth {
        guides.push_str(if goes_on(generation) { "│ " } else { "  " });
    }
    if depth > 0 && first <= depth {
        guides.push_str(if goes_on(depth) { "├─" } else { "└─" });
    }
    guides.push_str(match (row.parental, row.folded) {
        (true, true) => "▸ ",
        (true, false) => "▾ ",
        (false, _) if depth > 0 => " ",
        (false, _) => "  ",
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::process::NodeKey;
    use crate::model::view::Node;

    fn row(depth: u16, guides: u64, parental: bool) -> Row {
        Row { of: Node::Process(NodeKey::default()), depth, matched: true, folded: false, parental, guides }
    }

    fn shown(rows: &[Row], room: usize) -> Vec<String> {
        let guides = Guides::new(rows.iter().copied(), room);
        rows.iter().map(|row| guides.of(*row)).collect()
    }

    #[test]
    fn guides_show_who_has_later_siblings() {
        let guides = |row| shown(&[row], 20).concat();
        assert_eq!(guides(row(0, 0, true)), "▾ ");
        assert_eq!(guides(row(1, 0b10, true)), "├─▾ ");
        assert_eq!(guides(row(2, 0b10, false)), "│ └─ ");
        assert_eq!(guides(row(3, 0b1000, false)), "    ├─ ");
    }

    #[test]
    fn generations_above_all_rows_are_left_out_of_all_of_them() {
        let rows = [row(40, 0, true), row(41, 1 << 41, false), row(41, 0, true), row(42, 0, false)];
        assert_eq!(shown(&rows, 16), ["… └─▾ ", "…   ├─ ", "…   └─▾ ", "…     └─ "]);
        // Where there is room for all, nothing is left out.
        assert_eq!(shown(&rows[..1], 82), [format!("{}└─▾ ", " ".repeat(78))]);
    }

    #[test]
    fn rows_that_are_too_far_apart_tell_their_generation() {
        let rows = [row(0, 0, true), row(40, 0, true), row(41, 0, true)];
        assert_eq!(shown(&rows, 12), ["▾ ", "…40     └─▾ ", "…41     └─▾ "]);
        assert_eq!(
            shown(&[row(0, 0, true), row(9, 0, true), row(10, 0, true)], 9)[1..],
            ["…9  └─▾ ", "…10 └─▾ "]
        );
        assert_eq!(shown(&rows, 7), ["▾ ", "…  └─▾ ", "…  └─▾ "]);
        assert_eq!(shown(&rows, 3), ["▾ ", "…▾ ", "…▾ "]);
    }

    #[test]
    fn deep_rows_leave_room_for_the_command() {
        for depth in [5, 40, 70, 1000, u16::MAX] {
            for (top, room) in
                [0, 2, depth - 1, depth].into_iter().flat_map(|top| (0..40).map(move |r| (top, r)))
            {
                for line in shown(&[row(top, u64::MAX, true), row(depth, u64::MAX, true)], room) {
                    assert!(text::width(&line) <= room.max(5), "{top} {depth} {room} {line}");
                }
            }
        }
    }
}
