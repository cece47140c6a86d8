//! The interface as a whole: frames, keys, and whatever may come.

mod builder;
mod completing;
mod facts;
mod failures;
mod filtering;
mod follow_ups;
mod frames;
mod groups;
mod hostile;
mod keys;
mod look;
mod mouse;
mod own_keys;
mod panes;
mod rows;
mod saving;
mod search;
mod storms;
mod table;
mod themes;
mod time;
mod timeline;
