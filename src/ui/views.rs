//! What stands in the tree's place.

/// Exactly one of these at any time. All show the rows of the tree, with its selection, folds and filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    /// The tree itself.
    #[default]
    Tree,
    /// Lives over time.
    Timeline,
}
