//! The few styles, by meaning. A meaning never rests on colour alone.

/// How many colours may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourLevel {
    /// None (`NO_COLOR`): only bold, dim, underlined and reversed.
    None,
    /// The sixteen of the terminal's own palette; a command's output keeps its own.
    #[default]
    Ansi,
}
