//! A screen as a picture to share: a buffer of cells in, SVG or plain text out. Pure, and the same for the same cells.
//!
//! Nothing of what a cell holds is trusted: what a terminal or a viewer could act on is replaced ([`grid`]), so the SVG
//! is well-formed and free of control characters whatever the screen shows.

mod animation;
mod colour;
mod grid;
mod shapes;
mod svg;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;

pub use animation::Film;
pub use svg::svg;

/// How a screen is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An image that every browser shows.
    Svg,
    /// The characters alone.
    Text,
}

impl Format {
    /// What a file's name promises by its ending.
    pub fn of_name(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() || stem.ends_with('/') {
            return None;
        }
        match ending.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }

    /// The screen in this format.
    pub fn draw(self, screen: &Buffer) -> String {
        match self {
            Self::Svg => svg(screen),
            Self::Text => text(screen),
        }
    }
}

/// The lines of the screen, without the blanks at their ends; each ends with a line feed.
pub fn text(screen: &Buffer) -> String {
    let mut text = String::new();
    for row in grid::rows(screen) {
        let line: String = row.iter().map(|cell| cell.text.as_str()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
