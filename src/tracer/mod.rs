//! The kernel side's reader.
