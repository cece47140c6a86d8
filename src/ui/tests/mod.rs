//! The interface as a whole: frames, keys, and whatever may come.

mod builder;
mod frames;
mod hostile;
mod keys;
mod rows;
mod search;
