//! The terminal's colours as those of the picture.

use std::fmt;

use ratatui::style::Color;

/// What is behind the text where a cell says nothing.
pub(super) const PAPER: Rgb = Rgb(0x16, 0x18, 0x1d);
/// The text where a cell says nothing.
pub(super) const INK: Rgb = Rgb(0xd5, 0xd8, 0xde);
/// The line around the picture.
pub(super) const FRAME: Rgb = Rgb(0x3b, 0x40, 0x48);

/// The sixteen of the picture's terminal.
const PALETTE: [Rgb; 16] = [
    FRAME,
    Rgb(0xe5, 0x61, 0x6b),
    Rgb(0x8e, 0xc0, 0x7c),
    Rgb(0xe0, 0xb3, 0x5c),
    Rgb(0x6a, 0xa5, 0xe8),
    Rgb(0xc5, 0x8a, 0xf0),
    Rgb(0x5f, 0xc4, 0xc0),
    INK,
    Rgb(0x6b, 0x72, 0x7d),
    Rgb(0xff, 0x7b, 0x85),
    Rgb(0xa8, 0xdc, 0x95),
    Rgb(0xf5, 0xcf, 0x7f),
    Rgb(0x8c, 0xc0, 0xff),
    Rgb(0xdb, 0xa8, 0xff),
    Rgb(0x83, 0xe0, 0xdc),
    Rgb(0xff, 0xff, 0xff),
];

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl fmt::Display for Rgb {
    /// `#d5d8de`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// `None` for the one that a terminal has by itself.
pub(super) fn rgb(colour: Color) -> Option<Rgb> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(Rgb(red, green, blue)),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(PALETTE.get(usize::from(index)).copied().unwrap_or_else(|| beyond_palette(index)))
}

/// The colour cube and the greys that xterm has behind its sixteen.
fn beyond_palette(index: u8) -> Rgb {
    let cube = index.saturating_sub(16);
    if cube < 216 {
        let level = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
        Rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    } else {
        let grey = 8 + 10 * (cube - 216);
        Rgb(grey, grey, grey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_xterm_behind_the_sixteen() {
        assert_eq!(rgb(Color::Reset), None);
        assert_eq!(rgb(Color::Gray), Some(INK));
        assert_eq!(rgb(Color::Indexed(7)), Some(INK));
        for (index, shown) in
            [(16, "#000000"), (208, "#ff8700"), (231, "#ffffff"), (232, "#080808"), (255, "#eeeeee")]
        {
            assert_eq!(rgb(Color::Indexed(index)).unwrap().to_string(), shown);
        }
    }
}
