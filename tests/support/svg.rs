//! A picture of a terminal's screen: cells in, SVG out.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;
/// From the top of a cell to the line that letters stand on.
const BASELINE: f32 = 13.5;
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
    /// The cells hold lines or blocks, which are drawn: the letters of a font leave gaps between rows.
    drawn: bool,
}

/// A run of cells of the same look: where it begins, and the text of each cell.
struct Run {
    row: u16,
    column: u16,
    look: Look,
    texts: Vec<String>,
}

/// The screen as it is now.
pub fn picture(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let width = f32::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,\
         monospace\" font-size=\"14\" fill=\"none\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for run in (0..rows).flat_map(|row| runs(screen, row, columns)) {
        run.draw(&mut svg);
    }
    svg.push_str("</svg>\n");
    svg
}

fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else { continue };
        // The second half of a wide character has no text of its own.
        let text = match (cell.is_wide_continuation(), cell.has_contents()) {
            (true, _) => String::new(),
            (false, true) => cell.contents().to_owned(),
            (false, false) => " ".to_owned(),
        };
        let look = look(cell, &text);
        match runs.last_mut() {
            Some(last) if last.look == look => last.texts.push(text),
            _ => runs.push(Run { row, column, look, texts: vec![text] }),
        }
    }
    runs
}

fn look(cell: &Cell, text: &str) -> Look {
    let (mut ink, mut paper) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        let (from_paper, from_ink) =
            (paper.unwrap_or_else(|| PAPER.into()), ink.unwrap_or_else(|| INK.into()));
        (ink, paper) = (Some(from_paper), Some(from_ink));
    }
    Look {
        ink: ink.unwrap_or_else(|| INK.into()),
        paper,
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
        drawn: arms(text).is_some() || eighths(text).is_some(),
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

/// The arms of a line-drawing character: left, right, up, down.
fn arms(text: &str) -> Option<[bool; 4]> {
    let arms = match text {
        "─" | "━" => "lr",
        "│" | "┃" => "ud",
        "├" => "rud",
        "┤" => "lud",
        "└" | "╰" => "ru",
        "┘" | "╯" => "lu",
        "┌" | "╭" => "rd",
        "┐" | "╮" => "ld",
        "┬" => "lrd",
        "┴" => "lru",
        "┼" => "lrud",
        _ => return None,
    };
    Some(['l', 'r', 'u', 'd'].map(|arm| arms.contains(arm)))
}

/// How many eighths of the cell a bar fills.
fn eighths(text: &str) -> Option<u8> {
    let mut bars = "▁▂▃▄▅▆▇█".chars();
    let at = bars.position(|bar| text.chars().eq([bar]))?;
    u8::try_from(at + 1).ok()
}

impl Run {
    fn draw(&self, svg: &mut String) {
        let x = MARGIN + f32::from(self.column) * CELL.0;
        let y = MARGIN + f32::from(self.row) * CELL.1;
        let width = self.texts.len() as f32 * CELL.0;
        if let Some(paper) = &self.look.paper {
            let height = CELL.1;
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
                 fill=\"{paper}\" shape-rendering=\"crispEdges\"/>"
            );
        }
        if self.look.underline {
            let (ink, below) = (&self.look.ink, y + BASELINE + 2.5);
            let _ = writeln!(svg, "<path d=\"M{x:.1} {below:.1}h{width:.1}\" stroke=\"{ink}\"/>");
        }
        if self.look.drawn {
            self.draw_shapes(x, y, svg);
        } else {
            self.draw_text(x, y, width, svg);
        }
    }

    fn draw_text(&self, x: f32, y: f32, width: f32, svg: &mut String) {
        let text: String = self.texts.concat();
        if text.trim().is_empty() {
            return;
        }
        let mut style = self.opacity().to_owned();
        for (is_so, attribute) in
            [(self.look.bold, " font-weight=\"bold\""), (self.look.italic, " font-style=\"italic\"")]
        {
            if is_so {
                style.push_str(attribute);
            }
        }
        let (baseline, ink) = (y + BASELINE, &self.look.ink);
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
             xml:space=\"preserve\" fill=\"{ink}\"{style}>{text}</text>"
        );
    }

    fn draw_shapes(&self, x: f32, y: f32, svg: &mut String) {
        let (mut thin, mut thick, mut filled) = (String::new(), String::new(), String::new());
        let (middle, mut left) = (y + CELL.1 / 2.0, x);
        for text in &self.texts {
            if let Some([to_left, to_right, up, down]) = arms(text) {
                let strokes = if matches!(text.as_str(), "━" | "┃") { &mut thick } else { &mut thin };
                let half = CELL.0 / 2.0;
                let from = if to_left { left } else { left + half };
                let length = half * f32::from(u8::from(to_left) + u8::from(to_right));
                let top = if up { y } else { middle };
                let height = CELL.1 / 2.0 * f32::from(u8::from(up) + u8::from(down));
                if length > 0.0 {
                    let _ = write!(strokes, "M{from:.1} {middle:.1}h{length:.1}");
                }
                if height > 0.0 {
                    let _ = write!(strokes, "M{:.1} {top:.1}v{height:.1}", left + half);
                }
            }
            if let Some(eighths) = eighths(text) {
                let height = CELL.1 / 8.0 * f32::from(eighths);
                // a little apart, so that bars can be counted
                let (bar, bottom) = (CELL.0 - 1.0, y + CELL.1);
                let _ = write!(filled, "M{left:.1} {bottom:.1}h{bar:.1}v-{height:.1}h-{bar:.1}z");
            }
            left += CELL.0;
        }
        let (ink, opacity) = (&self.look.ink, self.opacity());
        for (path, paint) in [
            (thin, format!("stroke=\"{ink}\"")),
            (thick, format!("stroke=\"{ink}\" stroke-width=\"2\"")),
            (filled, format!("fill=\"{ink}\"")),
        ] {
            if !path.is_empty() {
                let _ = writeln!(svg, "<path d=\"{path}\" {paint}{opacity}/>");
            }
        }
    }

    fn opacity(&self) -> &'static str {
        if self.look.dim { " opacity=\"0.6\"" } else { "" }
    }
}
