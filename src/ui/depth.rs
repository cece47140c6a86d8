//! How many colours a terminal shows, and the nearest one where it has fewer.

use ratatui::style::Color;

/// How many colours may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColourLevel {
    /// None (`NO_COLOR`): only bold, dim, underlined and reversed.
    None,
    /// The sixteen of the terminal's own palette.
    #[default]
    Ansi,
    /// The 256 of xterm's palette.
    Indexed,
    /// Any.
    True,
}

/// The steps of xterm's cube of colours, which has the indexes from 16 on.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// The index of the first of 24 greys.
const FIRST_GREY: u8 = 232;
/// xterm's own idea of the sixteen. Users choose others, so that this is a guess.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

impl ColourLevel {
    /// The colour itself where there is such a one, else the nearest; the terminal's default where there are none.
    pub(super) fn nearest(self, colour: Color) -> Color {
        match (self, colour) {
            (ColourLevel::None, _) => Color::Reset,
            (ColourLevel::Indexed, Color::Rgb(red, green, blue)) => indexed([red, green, blue]),
            (ColourLevel::Ansi, Color::Rgb(red, green, blue)) => ansi([red, green, blue]),
            (ColourLevel::Ansi, Color::Indexed(index @ 16..)) => ansi(rgb(index)),
            (_, colour) => colour,
        }
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.into_iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// What xterm shows for an index from 16 on.
pub(super) fn rgb(index: u8) -> [u8; 3] {
    if index >= FIRST_GREY {
        return [8 + 10 * (index - FIRST_GREY); 3];
    }
    let place = index.saturating_sub(16);
    [place / 36, place / 6 % 6, place % 6].map(|step| STEPS.get(usize::from(step)).copied().unwrap_or(255))
}

/// The nearest of the cube, or of the greys where one of them is nearer.
fn indexed(wanted: [u8; 3]) -> Color {
    let [red, green, blue] = wanted.map(|part| {
        let steps = (0..).zip(STEPS);
        steps.min_by_key(|&(_, step)| step.abs_diff(part)).map_or(0, |(place, _)| place)
    });
    let cube = 16 + 36 * red + 6 * green + blue;
    let mean = wanted.into_iter().map(u16::from).sum::<u16>() / 3;
    let grey = u8::try_from(mean.saturating_sub(3) / 10).unwrap_or(23).min(23) + FIRST_GREY;
    let is_grey_nearer = distance(rgb(grey), wanted) < distance(rgb(cube), wanted);
    Color::Indexed(if is_grey_nearer { grey } else { cube })
}

fn ansi(wanted: [u8; 3]) -> Color {
    let nearest = (0..).zip(SIXTEEN).min_by_key(|&(_, shown)| distance(shown, wanted));
    Color::Indexed(nearest.map_or(7, |(index, _)| index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_only_colours_that_it_has() {
        let orange = Color::Rgb(255, 140, 0);
        assert_eq!(ColourLevel::True.nearest(orange), orange);
        assert_eq!(ColourLevel::Indexed.nearest(orange), Color::Indexed(208));
        assert_eq!(ColourLevel::Ansi.nearest(Color::Rgb(250, 10, 10)), Color::Indexed(9));
        assert_eq!(ColourLevel::Ansi.nearest(Color::Indexed(196)), Color::Indexed(9));
        assert_eq!(ColourLevel::None.nearest(Color::Red), Color::Reset);
        for level in [ColourLevel::Ansi, ColourLevel::Indexed, ColourLevel::True] {
            for own in [Color::Reset, Color::Red, Color::Indexed(9)] {
                assert_eq!(level.nearest(own), own);
            }
        }
    }

    #[test]
    fn none_of_the_256_is_nearer() {
        for wanted in (0..=255_u8)
            .step_by(15)
            .flat_map(|part| [[part; 3], [part, 30, 200], [255 - part, part, 90], [12, part, part / 2]])
        {
            let Color::Indexed(index) = indexed(wanted) else { panic!("{wanted:?}") };
            let least = (16..=255).map(|index| distance(rgb(index), wanted)).min();
            assert_eq!(Some(distance(rgb(index), wanted)), least, "{wanted:?}");
        }
    }

    #[test]
    fn the_cube_and_the_greys_are_xterms() {
        for (index, shown) in
            [(16, [0; 3]), (208, [255, 135, 0]), (231, [255; 3]), (232, [8; 3]), (255, [238; 3])]
        {
            assert_eq!(rgb(index), shown);
            assert_eq!(
                ColourLevel::Indexed.nearest(Color::Rgb(shown[0], shown[1], shown[2])),
                Color::Indexed(index)
            );
        }
    }
}
