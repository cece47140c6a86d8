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

pub(super) use pane::{TimelinePane, chart_column_at, chart_width, rows};
pub(super) use state::{TimelineView, Zoom};

#[cfg(test)]
mod looked_at {
    //! What tests look at.

    use super::state::Zoom;
    use crate::ui::view::Ui;

    impl Ui {
        /// The left edge of the window, and nanoseconds for each column.
        pub(in crate::ui) fn timeline_scale(&self) -> (i64, u64) {
            (self.timeline.scale().start, self.timeline.scale().per_column)
        }

        pub(in crate::ui) fn timeline_cursor_column(&self) -> Option<usize> {
            self.timeline.scale().visible_column_of(self.timeline.cursor()?)
        }

        pub(in crate::ui) fn timeline_zoom_at(&mut self, column: usize, closer: bool) {
            self.timeline.zoom_at(column, if closer { Zoom::In } else { Zoom::Out });
        }

        pub(in crate::ui) fn timeline_pan_by(&mut self, columns: i64) {
            self.timeline.pan_by(columns);
        }

        pub(in crate::ui) fn timeline_set_cursor(&mut self, column: usize) {
            self.timeline.set_cursor(column);
        }
    }
}
