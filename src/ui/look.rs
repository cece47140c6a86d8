//! Which theme, colours and characters a terminal gets: from what was asked for, and from what its environment says.

use super::depth::ColourLevel;
use super::theme::ThemeName;

/// A theme to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ThemeChoice {
    /// Dark or light where the terminal says what its background is (`COLORFGBG`) and has the colours, else 16
    #[default]
    Auto,
    /// For dark backgrounds
    Dark,
    /// For light backgrounds
    Light,
    /// The terminal's own sixteen colours
    #[value(name = "16")]
    Sixteen,
    /// No colours but the command's
    Mono,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// As the environment says
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookChoice {
    /// The theme.
    pub theme: ThemeChoice,
    /// Whether there are colours; auto heeds `NO_COLOR` and `TERM`.
    pub colour: When,
    /// Whether only ASCII is drawn; auto heeds the locale.
    pub ascii: When,
}

/// What a terminal gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Which colours stand for what.
    pub theme: ThemeName,
    /// The colours that may be used.
    pub colours: ColourLevel,
    /// Draw with ASCII characters only.
    pub ascii: bool,
}

impl Look {
    /// Decides; `variable` looks into the environment, where what is empty counts as not set.
    pub fn new(choice: LookChoice, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let colours = colours(choice.colour, &set);
        Self { theme: theme(choice.theme, colours, &set), colours, ascii: ascii(choice.ascii, &set) }
    }
}

fn colours(when: When, set: &dyn Fn(&str) -> Option<String>) -> ColourLevel {
    let terminal = set("TERM").unwrap_or_default();
    // https://no-color.org: any value but an empty one.
    let are_unwanted = || set("NO_COLOR").is_some() || terminal == "dumb" || terminal.ends_with("-m");
    if when == When::Never || (when == When::Auto && are_unwanted()) {
        return ColourLevel::None;
    }
    let says_any = matches!(set("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
    if says_any || terminal.ends_with("-direct") {
        ColourLevel::True
    } else if terminal.contains("256color") {
        ColourLevel::Indexed
    } else {
        ColourLevel::Ansi
    }
}

fn theme(choice: ThemeChoice, colours: ColourLevel, set: &dyn Fn(&str) -> Option<String>) -> ThemeName {
    match choice {
        ThemeChoice::Dark => ThemeName::Dark,
        ThemeChoice::Light => ThemeName::Light,
        ThemeChoice::Sixteen => ThemeName::Sixteen,
        ThemeChoice::Mono => ThemeName::Mono,
        ThemeChoice::Auto if colours < ColourLevel::Indexed => ThemeName::Sixteen,
        ThemeChoice::Auto => {
            // `ink;paper` or `ink;default;paper`, as rxvt and Konsole set it: numbers of the sixteen colours.
            let ground = set("COLORFGBG");
            let paper = ground.as_deref().and_then(|ground| ground.rsplit(';').next()?.parse().ok());
            match paper {
                Some(0..=6 | 8) => ThemeName::Dark,
                Some(7 | 9..=15) => ThemeName::Light,
                _ => ThemeName::Sixteen,
            }
        }
    }
}

fn ascii(when: When, set: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale = || ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, set(name)?)));
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => locale().is_some_and(|(name, value)| !has_lines(name, &value.to_ascii_lowercase())),
    }
}

/// Whether terminals of this locale have characters to draw lines with. "C" mostly stands there because nobody chose a
/// locale, in containers for example, and says nothing of the terminal; in LC_ALL somebody has put it on purpose.
fn has_lines(name: &str, locale: &str) -> bool {
    let unchosen = matches!(locale, "c" | "posix") && name != "LC_ALL";
    unchosen || locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(choice: LookChoice, environment: &[(&str, &str)]) -> Look {
        Look::new(choice, &|name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_are_those_that_the_terminal_says_it_has() {
        use ColourLevel::*;
        for (when, environment, level) in [
            (When::Auto, &[][..], Ansi),
            (When::Auto, &[("TERM", "xterm")], Ansi),
            (When::Auto, &[("TERM", "xterm-256color")], Indexed),
            (When::Auto, &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], True),
            (When::Auto, &[("TERM", "xterm"), ("COLORTERM", "24bit")], True),
            (When::Auto, &[("TERM", "xterm"), ("COLORTERM", "yes")], Ansi),
            (When::Auto, &[("TERM", "xterm-direct")], True),
            (When::Auto, &[("TERM", "dumb")], None),
            (When::Auto, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], None),
            (When::Auto, &[("TERM", "xterm-256color"), ("NO_COLOR", "")], Indexed),
            (When::Always, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Indexed),
            (When::Always, &[("TERM", "dumb")], Ansi),
            (When::Never, &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], None),
        ] {
            let choice = LookChoice { colour: when, ..LookChoice::default() };
            assert_eq!(look(choice, environment).colours, level, "{when:?} {environment:?}");
        }
    }

    #[test]
    fn the_theme_suits_a_background_that_is_told() {
        const RICH: (&str, &str) = ("TERM", "xterm-256color");
        let chosen = |theme, environment: &[(&str, &str)]| {
            look(LookChoice { theme, ..LookChoice::default() }, environment).theme
        };
        assert_eq!(chosen(ThemeChoice::Auto, &[RICH]), ThemeName::Sixteen);
        for (ground, theme) in [
            ("15;0", ThemeName::Dark),
            ("0;15", ThemeName::Light),
            ("0;default;15", ThemeName::Light),
            ("12;8", ThemeName::Dark),
            ("15;default", ThemeName::Sixteen),
            ("0;99", ThemeName::Sixteen),
        ] {
            assert_eq!(chosen(ThemeChoice::Auto, &[RICH, ("COLORFGBG", ground)]), theme, "{ground}");
            assert_eq!(chosen(ThemeChoice::Auto, &[("COLORFGBG", ground)]), ThemeName::Sixteen);
            assert_eq!(chosen(ThemeChoice::Mono, &[RICH, ("COLORFGBG", ground)]), ThemeName::Mono);
        }
    }

    #[test]
    fn lines_are_for_locales_that_have_them() {
        let ascii =
            |ascii, environment: &[_]| look(LookChoice { ascii, ..LookChoice::default() }, environment).ascii;
        for (environment, is_ascii) in [
            (&[][..], false),
            (&[("LANG", "C")], false),
            (&[("LC_ALL", "C")], true),
            (&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")], false),
            (&[("LANG", "en_US.ISO-8859-1")], true),
            (&[("LC_CTYPE", "C.utf8"), ("LANG", "en_US.ISO-8859-1")], false),
        ] {
            assert_eq!(ascii(When::Auto, environment), is_ascii, "{environment:?}");
            assert!(ascii(When::Always, environment) && !ascii(When::Never, environment));
        }
    }
}
