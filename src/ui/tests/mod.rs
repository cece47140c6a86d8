//! The interface as a whole: frames, keys, and whatever may come.

mod builder;
mod facts;
mod filtering;
mod frames;
mod groups;
mod hostile;
mod keys;
mod panes;
mod rows;
mod search;
