//! The timeline: the lives of the tree's rows as bars over time.
//!
//! `state` holds the window over time, the cursor and the mark; `scale` says which time is in which column, `axis` and
//! `bars` what stands there, `path` keeps the critical path. `pane` draws, `row` a row of it and `status` the line above;
//! `update` does what keys ask for.

mod axis;
mod bars;
mod pane;
mod path;
mod row;
mod scale;
mod state;
mod status;
mod update;

pub(super) use pane::{TimelinePane, chart_width, rows};
pub(super) use state::TimelineView;
