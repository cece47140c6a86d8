//! A screen as SVG: one text for each run of cells of one look, on a grid that no font can shift.
//!
//! The output is small rather than pretty: numbers in tenths of a pixel, defaults inherited, blanks at the ends of runs
//! left out. `textLength` holds a run to its columns where the viewer's font is wider or narrower than the grid.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::colour::{FRAME, INK, PAPER, Rgb};
use super::grid::{self, Cell, Look};
use super::shapes::Brush;

/// All lengths are in tenths of a pixel. The width is that of a letter of 14 pixels in most fonts.
pub(super) const CELL_WIDTH: i32 = 84;
pub(super) const CELL_HEIGHT: i32 = 180;
/// The top, middle and bottom of a row, seen from the line that its letters stand on.
pub(super) const TOP: i32 = -135;
pub(super) const MIDDLE: i32 = TOP + CELL_HEIGHT / 2;
pub(super) const BOTTOM: i32 = TOP + CELL_HEIGHT;
const UNDERLINE: i32 = 25;
const MARGIN: i32 = 140;

/// A length in tenths of a pixel, as SVG writes it: `13.5`.
#[derive(Clone, Copy)]
pub(super) struct Tenths(pub(super) i32);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenth) = (self.0.unsigned_abs() / 10, self.0.unsigned_abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// The screen as a picture of its own, without anything that lies elsewhere.
pub fn svg(screen: &Buffer) -> String {
    let mut svg = String::new();
    open(&mut svg, screen.area);
    for (index, cells) in grid::rows(screen).iter().enumerate() {
        let row = row(cells);
        if !row.is_empty() {
            let _ = writeln!(svg, "<g transform=\"{}\">\n{row}</g>", place(index));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The beginning of a picture of screens of this size.
pub(super) fn open(svg: &mut String, area: Rect) {
    let width = Tenths(i32::from(area.width) * CELL_WIDTH + 2 * MARGIN);
    let height = Tenths(i32::from(area.height) * CELL_HEIGHT + 2 * MARGIN);
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,\
         monospace\" font-size=\"14\" fill=\"{INK}\" xml:space=\"preserve\">\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{PAPER}\" stroke=\"{FRAME}\"/>",
        Tenths(width.0 - 10),
        Tenths(height.0 - 10),
    );
}

/// Where the row with this index is.
pub(super) fn place(index: usize) -> String {
    let index = i32::try_from(index).unwrap_or(i32::MAX / CELL_HEIGHT - 1);
    format!("translate({},{})", Tenths(MARGIN), Tenths(MARGIN - TOP + index * CELL_HEIGHT))
}

/// A row, wherever it is: the same cells give the same text.
pub(super) fn row(cells: &[Cell]) -> String {
    let mut svg = String::new();
    papers(cells, &mut svg);
    underlines(cells, &mut svg);
    shapes(cells, &mut svg);
    texts(cells, &mut svg);
    svg
}

fn x(column: usize) -> i32 {
    i32::try_from(column).unwrap_or(0).saturating_mul(CELL_WIDTH)
}

/// The columns of neighbours, from the first's left to the last's right.
fn extent(cells: &[Cell]) -> (i32, i32) {
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return (0, 0) };
    (x(first.column), x(last.column + last.columns) - x(first.column))
}

fn papers(cells: &[Cell], svg: &mut String) {
    for run in cells.chunk_by(|a, b| a.look.paper == b.look.paper) {
        let Some(paper) = run.first().and_then(|cell| cell.look.paper) else { continue };
        let (x, width) = extent(run);
        let _ = writeln!(
            svg,
            "<path d=\"M{} {}h{}v{}h-{}z\" fill=\"{paper}\" shape-rendering=\"crispEdges\"/>",
            Tenths(x),
            Tenths(TOP),
            Tenths(width),
            Tenths(CELL_HEIGHT),
            Tenths(width),
        );
    }
}

fn underlines(cells: &[Cell], svg: &mut String) {
    let line = |cell: &Cell| cell.look.underline.then_some((cell.look.ink, cell.look.dim));
    for run in cells.chunk_by(|a, b| line(a) == line(b)) {
        let Some((ink, dim)) = run.first().and_then(line) else { continue };
        let (x, width) = extent(run);
        let opacity = opacity(dim);
        let _ = writeln!(
            svg,
            "<path d=\"M{} {}h{}\" stroke=\"{ink}\"{opacity}/>",
            Tenths(x),
            Tenths(UNDERLINE),
            Tenths(width)
        );
    }
}

/// One path for all that is painted alike.
fn shapes(cells: &[Cell], svg: &mut String) {
    let mut paths: BTreeMap<(Brush, Rgb, bool), String> = BTreeMap::new();
    for run in cells.chunk_by(|a, b| a.shape == b.shape && a.look == b.look) {
        let Some((cell, shape)) = run.first().and_then(|cell| Some((cell, cell.shape?))) else { continue };
        let path = paths.entry((shape.brush(), cell.look.ink, cell.look.dim)).or_default();
        shape.add_to(path, x(cell.column), i32::try_from(run.len()).unwrap_or(0));
    }
    for ((brush, ink, dim), path) in paths {
        let paint = match brush {
            Brush::Thin => format!("stroke=\"{ink}\""),
            Brush::Heavy => format!("stroke=\"{ink}\" stroke-width=\"2\""),
            Brush::Filled => format!("fill=\"{ink}\""),
        };
        let _ = writeln!(svg, "<path d=\"{path}\" {paint}{}/>", opacity(dim));
    }
}

fn texts(cells: &[Cell], svg: &mut String) {
    let mut rest = cells;
    while let Some(first) = rest.iter().position(is_letter) {
        rest = rest.get(first..).unwrap_or_default();
        let Some(head) = rest.first() else { break };
        let length = if head.goes_with_others() { run_length(rest, head.look) } else { 1 };
        let (run, after) = rest.split_at(length);
        text(run, svg);
        rest = after;
    }
}

fn is_letter(cell: &Cell) -> bool {
    cell.shape.is_none() && !cell.is_blank()
}

/// How many cells from the first on make one text: of one look, blanks of any between them.
fn run_length(cells: &[Cell], look: Look) -> usize {
    let mut length = 0;
    for (index, cell) in cells.iter().enumerate() {
        if cell.is_blank() {
            continue;
        }
        if !is_letter(cell) || !cell.goes_with_others() || !has_look_of_text(cell.look, look) {
            break;
        }
        length = index + 1;
    }
    length
}

/// Whether a text of one look may go on in the other: paper and underline are drawn apart from it.
fn has_look_of_text(one: Look, other: Look) -> bool {
    (one.ink, one.bold, one.dim, one.italic) == (other.ink, other.bold, other.dim, other.italic)
}

fn text(run: &[Cell], svg: &mut String) {
    let Some(Cell { look, .. }) = run.first() else { return };
    let (x, width) = extent(run);
    let _ = write!(svg, "<text x=\"{}\"", Tenths(x));
    if run.len() > 1 {
        let _ = write!(svg, " textLength=\"{}\"", Tenths(width));
    }
    if look.ink != INK {
        let _ = write!(svg, " fill=\"{}\"", look.ink);
    }
    for (is_so, attribute) in [(look.bold, " font-weight=\"bold\""), (look.italic, " font-style=\"italic\"")]
    {
        if is_so {
            svg.push_str(attribute);
        }
    }
    let _ = write!(svg, "{}>", opacity(look.dim));
    for c in run.iter().flat_map(|cell| cell.text.chars()) {
        match c {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            c => svg.push(c),
        }
    }
    svg.push_str("</text>\n");
}

const fn opacity(dim: bool) -> &'static str {
    if dim { " opacity=\".6\"" } else { "" }
}
