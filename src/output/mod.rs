//! Events as lines.
