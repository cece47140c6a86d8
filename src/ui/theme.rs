//! The few styles, by meaning. A meaning never rests on colour alone: words, marks or modifiers say the same.

use ratatui::style::{Color, Modifier, Style};

/// How many colours may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourLevel {
    /// None (`NO_COLOR`): only bold, dim, underlined and reversed.
    None,
    /// The sixteen of the terminal's own palette; a command's output keeps its own.
    #[default]
    Ansi,
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
    /// Born within the last second.
    New,
    /// Ended well.
    Dead,
    /// Ended badly.
    Failed,
    /// Something that the user must not overlook: losses, errors.
    Alarm,
    /// A state that lasts: paused, a filter in force.
    Notice,
    /// Rates drawn as bars.
    Spark,
}

/// Styles for roles under a level of colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    colours: ColourLevel,
}

impl Theme {
    pub(super) const fn new(colours: ColourLevel) -> Self {
        Self { colours }
    }

    pub(super) const fn has_colours(self) -> bool {
        matches!(self.colours, ColourLevel::Ansi)
    }

    pub(super) const fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let (colour, modifiers) = match role {
            Role::Plain => return plain,
            Role::Label => (Some(Color::Cyan), Modifier::empty()),
            Role::Faint => (None, Modifier::DIM),
            Role::Ancestor => (None, Modifier::DIM.union(Modifier::ITALIC)),
            Role::Strong => (None, Modifier::BOLD),
            Role::New => (Some(Color::Green), Modifier::BOLD),
            Role::Dead => (None, Modifier::DIM),
            Role::Failed => (Some(Color::Red), Modifier::empty()),
            Role::Alarm => (Some(Color::Red), Modifier::BOLD),
            Role::Notice => (Some(Color::Yellow), Modifier::BOLD),
            Role::Spark => (Some(Color::Blue), Modifier::empty()),
        };
        let styled = plain.add_modifier(modifiers);
        match colour {
            Some(colour) if self.has_colours() => styled.fg(colour),
            _ => styled,
        }
    }

    /// Over what a search has found.
    pub(super) const fn found(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Over the selected row: strong in the pane that has the keys, weak in the others.
    pub(super) const fn selection(self, focused: bool) -> Style {
        match focused {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_there_is_none() {
        use Role::*;
        let theme = Theme::new(ColourLevel::None);
        for role in [Plain, Label, Faint, Ancestor, Strong, New, Dead, Failed, Alarm, Notice, Spark] {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!(Theme::new(ColourLevel::Ansi).style(Role::Failed).fg.is_some());
    }
}
