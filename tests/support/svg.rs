//! A picture of a terminal's screen: cells in, SVG out.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d5d8de";

/// The sixteen colours of the picture's terminal.
const PALETTE: [&str; 16] = [
    "#3b4048", "#e5616b", "#8ec07c", "#e0b35c", "#6aa5e8", "#c58af0", "#5fc4c0", "#d5d8de", "#6b727d",
    "#ff7b85", "#a8dc95", "#f5cf7f", "#8cc0ff", "#dba8ff", "#83e0dc", "#ffffff",
];

/// How a run of cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// The screen as it is now.
pub fn picture(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (u16::from(rows), u16::from(columns));
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..rows {
        for (column, look, text) in runs(screen, row, columns) {
            draw(&mut svg, row, column, &look, &text);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The cells of a row in runs of the same look: where each begins, how it looks, and its text (one entry a column).
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<(u16, Look, Vec<String>)> {
    let mut runs: Vec<(u16, Look, Vec<String>)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else { continue };
        let look = look(cell);
        // The second half of a wide character has no text of its own.
        let text = match (cell.is_wide_continuation(), cell.has_contents()) {
            (true, _) => String::new(),
            (false, true) => cell.contents().to_owned(),
            (false, false) => " ".to_owned(),
        };
        match runs.last_mut() {
            Some((_, last, texts)) if *last == look => texts.push(text),
            _ => runs.push((column, look, vec![text])),
        }
    }
    runs
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (ink, paper) = (Some(paper.unwrap_or_else(|| PAPER.into())), Some(ink.unwrap_or_else(|| INK.into())));
    }
    Look {
        ink: ink.unwrap_or_else(|| INK.into()),
        paper,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index @ 0..16) => Some(PALETTE[usize::from(index)].to_owned()),
        Color::Idx(index @ 16..232) => {
            let level = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
            let cube = index - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

fn draw(svg: &mut String, row: u16, column: u16, look: &Look, texts: &[String]) {
    let x = MARGIN + f32::from(column) * CELL.0;
    let y = MARGIN + f32::from(row) * CELL.1;
    let width = texts.len() as f32 * CELL.0;
    if let Some(paper) = &look.paper {
        let height = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{paper}\"/>"
        );
    }
    let text: String = texts.concat();
    if text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    for (is_so, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.dim, " opacity=\"0.6\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
    ] {
        if is_so {
            style.push_str(attribute);
        }
    }
    let baseline = y + CELL.1 * 0.75;
    let ink = &look.ink;
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{ink}\"{style}>{text}</text>"
    );
}
