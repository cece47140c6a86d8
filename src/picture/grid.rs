//! The cells of a screen, made safe: what each shows, how, and in which columns.

use ratatui::buffer::{Buffer, Cell as Source};
use ratatui::style::Modifier;

use super::colour::{INK, PAPER, Rgb, rgb};
use super::shapes::{self, Shape};
use crate::text::{self, sanitise::is_printable};

/// In the place of what can't be shown.
const REPLACEMENT: &str = "\u{fffd}";

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    pub(super) ink: Rgb,
    /// `None` where the picture's own shows.
    pub(super) paper: Option<Rgb>,
    pub(super) bold: bool,
    pub(super) dim: bool,
    pub(super) italic: bool,
    pub(super) underline: bool,
}

/// A cell, with those that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Where it begins, from 0.
    pub(super) column: usize,
    /// How many it takes: 2 for wide characters.
    pub(super) columns: usize,
    pub(super) text: String,
    pub(super) look: Look,
    /// What it is drawn as where the letters of a font would leave gaps.
    pub(super) shape: Option<Shape>,
}

impl Cell {
    pub(super) fn is_blank(&self) -> bool {
        self.text == " "
    }

    /// Whether it can stand in one text with its neighbours. Whatever a viewer's font may lack, draw wider or order from
    /// the right has a text of its own: it stays in its columns and moves no other.
    pub(super) fn goes_with_others(&self) -> bool {
        let mut chars = self.text.chars();
        let Some(c) = chars.next() else { return false };
        self.columns == 1 && chars.next().is_none() && matches!(c, ' '..='\u{58f}' | '\u{2010}'..='\u{27ff}')
    }
}

/// The screen's rows from the top; the cells of each from the left, without gaps.
pub(super) fn rows(screen: &Buffer) -> Vec<Vec<Cell>> {
    let width = usize::from(screen.area.width);
    if width == 0 {
        return Vec::new();
    }
    screen.content.chunks(width).map(|cells| row(cells, width)).collect()
}

fn row(cells: &[Source], width: usize) -> Vec<Cell> {
    let mut row = Vec::with_capacity(width);
    let mut free = 0;
    for (column, cell) in cells.iter().enumerate() {
        // A wide character covers the cell after it, whatever that holds.
        if column < free {
            continue;
        }
        let cell = convert(cell, column, width);
        free = column + cell.columns;
        row.push(cell);
    }
    row
}

fn convert(cell: &Source, column: usize, width: usize) -> Cell {
    let (mut text, mut columns) = if cell.modifier.contains(Modifier::HIDDEN) {
        (" ".to_owned(), 1)
    } else {
        let text = safe(cell.symbol());
        let columns = text::width(&text).max(1);
        (text, columns)
    };
    if column + columns > width {
        (text, columns) = (REPLACEMENT.to_owned(), 1);
    }
    let shape = shapes::shape(&text);
    Cell { column, columns, text, look: look(cell), shape }
}

/// What a viewer could act on goes. The sanitised cells of the UI hold nothing of that but joiners, which mean nothing
/// to letters that stand alone; but safety must not depend on it.
fn safe(symbol: &str) -> String {
    let mut text: String = symbol.chars().filter(|&c| is_printable(c)).collect();
    if text::width(&text) == 0 {
        text.clear();
        text.push_str(if symbol.is_empty() { " " } else { REPLACEMENT });
    }
    text
}

fn look(cell: &Source) -> Look {
    let (ink, paper) = (rgb(cell.fg), rgb(cell.bg));
    let has = |modifier| cell.modifier.contains(modifier);
    let (ink, paper) = if has(Modifier::REVERSED) {
        (paper.unwrap_or(PAPER), Some(ink.unwrap_or(INK)))
    } else {
        (ink.unwrap_or(INK), paper)
    };
    Look {
        ink,
        paper: paper.filter(|&paper| paper != PAPER),
        bold: has(Modifier::BOLD),
        dim: has(Modifier::DIM),
        italic: has(Modifier::ITALIC),
        underline: has(Modifier::UNDERLINED),
    }
}
