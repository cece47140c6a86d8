//! The few styles, by meaning, in one table for all themes. A meaning never rests on colour alone: words, marks or
//! modifiers say the same.

use ratatui::style::{Color, Modifier, Style};

use super::depth::ColourLevel;

/// Which colours stand for the meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// Light colours for a dark background; the sixteen where the terminal has no more.
    Dark,
    /// Dark colours for a light background; the sixteen where the terminal has no more.
    Light,
    /// The terminal's own sixteen, which suit its background.
    #[default]
    Sixteen,
    /// None; a command's output keeps its own.
    Mono,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Of no special meaning.
    Plain,
    /// Headings of columns and names of values.
    Label,
    /// Of less interest, as guides are.
    Faint,
    /// There for another's sake: an ancestor of what matches.
    Ancestor,
    /// What has the user's attention: the title of the focused pane, keys in the footer.
    Strong,
    /// All is as it should be.
    Good,
    /// Born just now.
    New,
    /// Born a moment ago.
    NewFading,
    /// Ended well just now.
    Died,
    /// Ended well a moment ago.
    DiedFading,
    /// Ended well.
    Dead,
    /// Ended badly just now.
    FailedNow,
    /// Ended badly.
    Failed,
    /// Something that the user must not overlook: losses, errors.
    Alarm,
    /// A state that lasts: paused, a filter in force.
    Notice,
    /// Rates drawn as bars.
    Spark,
    /// The bar of a life that goes on.
    Running,
    /// The bar of a life that ended well.
    Ended,
    /// The bar of a life that a signal ended.
    Killed,
}

/// A row of the table: what a role looks like. Without colours the modifiers alone have to do.
struct Look {
    modifiers: Modifier,
    /// In each theme; `None` is the terminal's default.
    colours: Option<Colours>,
}

/// A colour in each theme that has them.
struct Colours {
    sixteen: Color,
    /// As 0xRRGGBB.
    dark: u32,
    light: u32,
}

const fn look(modifiers: Modifier, colours: Option<Colours>) -> Look {
    Look { modifiers, colours }
}

const fn colours(sixteen: Color, dark: u32, light: u32) -> Option<Colours> {
    Some(Colours { sixteen, dark, light })
}

/// The table. The colours of dark and light are legible on black and on white (contrast at least 4.5).
const fn look_of(role: Role) -> Look {
    const NONE: Modifier = Modifier::empty();
    const BOLD: Modifier = Modifier::BOLD;
    const DIM: Modifier = Modifier::DIM;
    match role {
        Role::Plain => look(NONE, None),
        Role::Label => look(NONE, colours(Color::Cyan, 0x76_c7d6, 0x0b_6475)),
        Role::Faint | Role::Dead => look(DIM, None),
        Role::Ancestor => look(DIM.union(Modifier::ITALIC), None),
        Role::Strong => look(BOLD, None),
        Role::Good | Role::New => look(BOLD, colours(Color::Green, 0x7e_e787, 0x11_6329)),
        Role::NewFading => look(NONE, colours(Color::Green, 0x7e_e787, 0x11_6329)),
        Role::Died => look(BOLD, colours(Color::Magenta, 0xd2_a8ff, 0x66_39ba)),
        Role::DiedFading => look(NONE, colours(Color::Magenta, 0xd2_a8ff, 0x66_39ba)),
        Role::Failed => look(NONE, colours(Color::Red, 0xff_8a80, 0xb8_1d24)),
        Role::FailedNow | Role::Alarm => look(BOLD, colours(Color::Red, 0xff_8a80, 0xb8_1d24)),
        Role::Notice => look(BOLD, colours(Color::Yellow, 0xe3_b341, 0x7d_4e00)),
        Role::Running => look(NONE, colours(Color::Green, 0x7e_e787, 0x11_6329)),
        Role::Killed => look(NONE, colours(Color::Magenta, 0xd2_a8ff, 0x66_39ba)),
        Role::Spark | Role::Ended => look(NONE, colours(Color::Blue, 0x79_c0ff, 0x05_50ae)),
    }
}

/// Styles for roles in a theme, on a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    name: ThemeName,
    level: ColourLevel,
}

impl Theme {
    pub(super) const fn new(name: ThemeName, level: ColourLevel) -> Self {
        Self { name, level }
    }

    pub(super) fn style(self, role: Role) -> Style {
        let look = look_of(self.told_apart(role));
        let styled = Style::new().add_modifier(look.modifiers);
        match look.colours {
            Some(colours) if self.has_colours() => styled.fg(self.colour(&colours)),
            _ => styled,
        }
    }

    fn has_colours(self) -> bool {
        self.level > ColourLevel::None && self.name != ThemeName::Mono
    }

    /// Without colours what fades does so at once, in the end.
    fn told_apart(self, role: Role) -> Role {
        match role {
            Role::NewFading if !self.has_colours() => Role::New,
            Role::DiedFading if !self.has_colours() => Role::Died,
            role => role,
        }
    }

    fn colour(self, colours: &Colours) -> Color {
        let rgb = match self.name {
            _ if self.level <= ColourLevel::Ansi => return colours.sixteen,
            ThemeName::Sixteen | ThemeName::Mono => return colours.sixteen,
            ThemeName::Dark => colours.dark,
            ThemeName::Light => colours.light,
        };
        self.level.nearest(Color::from_u32(rgb))
    }

    /// A colour of the command's own, as far as the terminal shows it.
    pub(super) fn commands_own(self, colour: Color) -> Color {
        self.level.nearest(colour)
    }

    /// Over what a search has found.
    pub(super) const fn found(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Over the selected row, whose role it is: strong in the pane that has the keys, weak in the others. A strong one has
    /// one colour throughout, so that it is a bar and not patches.
    pub(super) fn selection(self, focused: bool, role: Role) -> Style {
        if !focused {
            return Style::new().add_modifier(Modifier::UNDERLINED);
        }
        let colour = self.style(role).fg.unwrap_or(Color::Reset);
        Style::new().fg(colour).remove_modifier(Modifier::DIM).add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::depth::rgb;

    const ALL: [Role; 19] = {
        use Role::*;
        [
            Plain, Label, Faint, Ancestor, Strong, Good, New, NewFading, Died, DiedFading, Dead, FailedNow,
            Failed, Alarm, Notice, Spark, Running, Ended, Killed,
        ]
    };
    const THEMES: [ThemeName; 4] = [ThemeName::Dark, ThemeName::Light, ThemeName::Sixteen, ThemeName::Mono];
    const LEVELS: [ColourLevel; 4] =
        [ColourLevel::None, ColourLevel::Ansi, ColourLevel::Indexed, ColourLevel::True];

    #[test]
    fn without_colours_there_is_none() {
        for role in ALL {
            for (name, level) in THEMES
                .map(|name| (name, ColourLevel::None))
                .into_iter()
                .chain(LEVELS.map(|level| (ThemeName::Mono, level)))
            {
                let style = Theme::new(name, level).style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{role:?} in {name:?} with {level:?}");
            }
        }
    }

    #[test]
    fn no_theme_has_colours_that_the_terminal_has_not() {
        for name in THEMES {
            for role in ALL {
                let colour = |level| Theme::new(name, level).style(role).fg;
                let sixteen = Theme::new(ThemeName::Sixteen, ColourLevel::True).style(role).fg;
                assert!(!matches!(colour(ColourLevel::Indexed), Some(Color::Rgb(..))), "{role:?}");
                if name != ThemeName::Mono {
                    assert_eq!(colour(ColourLevel::Ansi), sixteen, "{role:?}");
                }
            }
        }
    }

    #[test]
    fn what_ends_and_what_begins_is_told_apart_without_colours() {
        let style = |role| Theme::new(ThemeName::Mono, ColourLevel::None).style(role);
        for (one, other) in [
            (Role::New, Role::Plain),
            (Role::NewFading, Role::Plain),
            (Role::Died, Role::Dead),
            (Role::DiedFading, Role::Dead),
            (Role::FailedNow, Role::Failed),
            (Role::Failed, Role::Dead),
        ] {
            assert_ne!(style(one), style(other), "{one:?}");
        }
    }

    /// The contrast of two colours as WCAG 2 defines it, from 1 to 21.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let luminance = |colour: [u8; 3]| {
            let linear = colour.map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    #[test]
    fn colours_are_legible_on_their_background() {
        for (name, background) in [(ThemeName::Dark, [0x1e; 3]), (ThemeName::Light, [0xff; 3])] {
            for level in [ColourLevel::Indexed, ColourLevel::True] {
                for role in ALL {
                    let shown = match Theme::new(name, level).style(role).fg {
                        None => continue,
                        Some(Color::Rgb(red, green, blue)) => [red, green, blue],
                        Some(Color::Indexed(index @ 16..)) => rgb(index),
                        Some(other) => panic!("{role:?}: {other:?}"),
                    };
                    let contrast = contrast(shown, background);
                    assert!(contrast >= 4.5, "{role:?} in {name:?} with {level:?}: {contrast:.1}");
                }
            }
        }
    }
}
