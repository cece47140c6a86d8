//! The pages of the details: all of it, or one side of it at length.

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ui) enum Tab {
    #[default]
    All,
    /// Its file and its arguments.
    Arguments,
    /// Its fork, its execs and its end, with whole command lines.
    Execs,
    /// Parents, children, descendants.
    Family,
    Cost,
    /// Who ended it, and whom it ended.
    Signals,
}

impl Tab {
    const ALL: [Tab; 6] = [Tab::All, Tab::Arguments, Tab::Execs, Tab::Family, Tab::Cost, Tab::Signals];

    pub(in crate::ui) const fn name(self) -> &'static str {
        match self {
            Tab::All => "All",
            Tab::Arguments => "Args",
            Tab::Execs => "Execs",
            Tab::Family => "Family",
            Tab::Cost => "Cost",
            Tab::Signals => "Signals",
        }
    }

    /// The page so many further, round and round.
    pub(in crate::ui) fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let next = at.saturating_add(Self::ALL.len()).saturating_add_signed(by) % Self::ALL.len();
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    pub(in crate::ui) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }
}
