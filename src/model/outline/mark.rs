//! What the outline consists of: two marks around everything that is beneath a process or a group, and one for the home
//! of a process that stands in a group.

/// Whose mark: a process by its slot in the tree, or a group by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u32);

const GROUP: u32 = 1 << 29;

impl Id {
    /// The group around everything: what stands beside each other in it are the roots.
    pub(super) const WHOLE: Id = Id::group(0);

    pub(super) const fn process(slot: u32) -> Self {
        Id(slot & (GROUP - 1))
    }

    pub(super) const fn group(number: u32) -> Self {
        Id(number & (GROUP - 1) | GROUP)
    }

    /// The slot or number.
    pub(super) const fn index(self) -> usize {
        (self.0 & (GROUP - 1)) as usize
    }

    pub(super) const fn is_group(self) -> bool {
        self.0 & GROUP != 0
    }
}

/// Which of the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What follows is beneath it.
    Open,
    /// What follows no longer is.
    Close,
    /// Here it would stand if it were in no group.
    Home,
}

/// A mark, in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u32);

impl Mark {
    pub(super) const fn new(kind: Kind, id: Id) -> Self {
        Mark((kind as u32) << 30 | id.0)
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        Mark(bits)
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    pub(super) const fn kind(self) -> Kind {
        match self.0 >> 30 {
            0 => Kind::Open,
            1 => Kind::Close,
            _ => Kind::Home,
        }
    }

    pub(super) const fn id(self) -> Id {
        Id(self.0 & (GROUP | (GROUP - 1)))
    }
}
