//! Lines and blocks, which are drawn: the letters of a font leave gaps between rows and columns.

use std::fmt::Write;

use super::svg::{BOTTOM, CELL_HEIGHT, CELL_WIDTH, MIDDLE, TOP, Tenths};

/// What a cell is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Strokes from the middle to the left, right, upper and lower side.
    Line { arms: [bool; 4], heavy: bool },
    /// So many eighths of the cell, from below.
    Up(i32),
    /// So many eighths of the cell, from the left.
    Across(i32),
    /// So many eighths of the cell, from the right.
    Right(i32),
}

/// What a cell with this text is drawn as; `None` for letters.
pub(super) fn shape(text: &str) -> Option<Shape> {
    let mut chars = text.chars();
    let c = chars.next().filter(|_| chars.next().is_none())?;
    let arms = match c {
        '▁'..='█' => return Some(Shape::Up(eighths(c, '▁') + 1)),
        '▐' => return Some(Shape::Right(4)),
        '▕' => return Some(Shape::Right(1)),
        '▉'..='▏' => return Some(Shape::Across(7 - eighths(c, '▉'))),
        '─' | '━' => "lr",
        '│' | '┃' => "ud",
        '├' => "rud",
        '┤' => "lud",
        '└' | '╰' => "ru",
        '┘' | '╯' => "lu",
        '┌' | '╭' => "rd",
        '┐' | '╮' => "ld",
        '┬' => "lrd",
        '┴' => "lru",
        '┼' => "lrud",
        _ => return None,
    };
    let arms = ['l', 'r', 'u', 'd'].map(|arm| arms.contains(arm));
    Some(Shape::Line { arms, heavy: matches!(c, '━' | '┃') })
}

fn eighths(c: char, first: char) -> i32 {
    i32::try_from(u32::from(c).saturating_sub(u32::from(first))).unwrap_or_default()
}

/// How a path is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Brush {
    Thin,
    Heavy,
    Filled,
}

impl Shape {
    /// The brush that it is painted with.
    pub(super) const fn brush(self) -> Brush {
        match self {
            Shape::Line { heavy: true, .. } => Brush::Heavy,
            Shape::Line { heavy: false, .. } => Brush::Thin,
            Shape::Up(_) | Shape::Across(_) | Shape::Right(_) => Brush::Filled,
        }
    }

    /// Adds it to a path: of `count` cells in a row from `x` on, in tenths.
    pub(super) fn add_to(self, path: &mut String, x: i32, count: i32) {
        // Writing to a String cannot fail.
        let _ = match self {
            Shape::Line { arms, .. } => {
                lines(path, arms, x, count);
                Ok(())
            }
            Shape::Up(eighths) => {
                let (width, height) = (Tenths(CELL_WIDTH * count), Tenths(CELL_HEIGHT * eighths / 8));
                write!(path, "M{} {}h{width}v-{height}h-{width}z", Tenths(x), Tenths(BOTTOM))
            }
            Shape::Right(eighths) => {
                // Its left side is where the rest of the cell ends.
                let rest = CELL_WIDTH * (8 - eighths) / 8;
                (0..count).try_for_each(|index| {
                    let (x, width) = (Tenths(x + index * CELL_WIDTH + rest), Tenths(CELL_WIDTH - rest));
                    write!(path, "M{x} {}h{width}v{}h-{width}z", Tenths(TOP), Tenths(CELL_HEIGHT))
                })
            }
            // The cells do not touch unless the first is full.
            Shape::Across(eighths) => (0..count).try_for_each(|index| {
                let (x, width) = (Tenths(x + index * CELL_WIDTH), Tenths(CELL_WIDTH * eighths / 8));
                let height = Tenths(CELL_HEIGHT);
                write!(path, "M{x} {}h{width}v{height}h-{width}z", Tenths(TOP))
            }),
        };
    }
}

fn lines(path: &mut String, [left, right, up, down]: [bool; 4], x: i32, count: i32) {
    const HALF: i32 = CELL_WIDTH / 2;
    if left && right {
        let _ = write!(path, "M{} {}h{}", Tenths(x), Tenths(MIDDLE), Tenths(CELL_WIDTH * count));
    }
    for x in (0..count).map(|index| x + index * CELL_WIDTH) {
        if left != right {
            let from = if left { x } else { x + HALF };
            let _ = write!(path, "M{} {}h{}", Tenths(from), Tenths(MIDDLE), Tenths(HALF));
        }
        let (from, to) = (if up { TOP } else { MIDDLE }, if down { BOTTOM } else { MIDDLE });
        if from < to {
            let _ = write!(path, "M{} {}v{}", Tenths(x + HALF), Tenths(from), Tenths(to - from));
        }
    }
}
