//! The state of the timeline: which part of time is in the window, where cursor and mark are, and what takes too long to
//! be computed for each frame.

use super::bars::{self, Life};
use super::path::PathView;
use super::scale::{FINEST, Scale, Time, clock, round_up, step, time};
use crate::model::process::Process;
use crate::model::tree::Tree;
use crate::model::view::{GroupKey, Node};
use crate::ui::scene::Scene;
use crate::ui::tree_view::TreeView;

/// What a column stands for at first where something still happens, in nanoseconds.
const LIVE: u64 = 200_000_000;
/// The members that stand for a group at most, for one row and for all rows on the screen.
const SAMPLED: (u32, u32) = (96, 768);

/// The part of time that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// Everything since the beginning. While that grows the scale changes in steps.
    Whole,
    /// The latest, with so many nanoseconds for each column.
    End(u64),
    /// From this time on, with so many nanoseconds for each column.
    Still(Time, u64),
}

/// A way to zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Zoom {
    In,
    Out,
}

/// The state.
#[derive(Debug, Default)]
pub(in crate::ui) struct TimelineView {
    /// `None` until it is first shown.
    window: Option<Window>,
    /// What the window comes to on the screen.
    scale: Scale,
    /// The beginning of the tracing, and now.
    begin: Time,
    now: Time,
    /// The latest of which something is known: now, unless an instant before that is looked at.
    latest: Time,
    is_over: bool,
    cursor: Option<Time>,
    mark: Option<Time>,
    pub(super) path: PathView,
    /// How many live in each column, of the groups that have rows on the screen.
    densities: Vec<(GroupKey, Vec<f32>)>,
}

impl TimelineView {
    pub(super) const fn scale(&self) -> Scale {
        self.scale
    }

    pub(super) const fn begin(&self) -> Time {
        self.begin
    }

    pub(super) const fn now(&self) -> Time {
        self.now
    }

    pub(super) const fn cursor(&self) -> Option<Time> {
        self.cursor
    }

    pub(super) const fn mark(&self) -> Option<Time> {
        self.mark
    }

    pub(super) fn window(&self) -> Window {
        self.window.unwrap_or(Window::Whole)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many of a group live in each column.
    pub(super) fn density(&self, group: GroupKey) -> &[f32] {
        let found = self.densities.iter().find(|(key, _)| *key == group);
        found.map_or(&[], |(_, density)| density)
    }

    /// From its start to its end, or to now.
    pub(super) fn life(&self, process: Process<'_>) -> Life {
        let end = process.end_ns().map_or(self.now, time);
        Life { start: time(process.id.start_ns), end }
    }

    /// Whether its life contains this time: its start does, its end does not.
    pub(super) fn lives_at(&self, process: Process<'_>, at: Time) -> bool {
        let is_there = process.end_ns().map_or(at <= self.now, |end_ns| at < time(end_ns));
        is_there && time(process.id.start_ns) <= at
    }

    /// Whether a member of a group lives then; of a large one as far as those know that stand for the others.
    pub(super) fn anybody_lives_at(&self, tree: &Tree, rows: &TreeView, group: GroupKey, at: Time) -> bool {
        let facts = rows.facts(group);
        let is_small = facts.as_ref().is_some_and(|facts| facts.members <= SAMPLED.0 as usize);
        let longest = facts.and_then(|facts| facts.ends).map_or(0, |(_, _, most)| most);
        let until = if is_small { u64::MAX } else { clock(at).saturating_add(longest) };
        let sample = rows.sample(tree, group, clock(at)..until, SAMPLED.0);
        let mut members = sample.members.into_iter().filter_map(|key| tree.get(key));
        members.any(|member| self.lives_at(member, at))
    }

    /// Brings everything up to date, for a chart of so many columns.
    pub(in crate::ui) fn prepare(&mut self, scene: &Scene<'_>, rows: &TreeView, columns: usize) {
        self.now = time(scene.now_ns);
        self.begin = time(scene.now_ns.saturating_sub(scene.elapsed_ns));
        self.latest = match scene.model.instant() {
            Some(_) => time(scene.model.latest_ns()).max(self.now),
            None => self.now,
        };
        self.is_over = scene.is_over();
        let first = if self.is_over || scene.command.is_some() { Window::Whole } else { Window::End(LIVE) };
        let window = *self.window.get_or_insert(first);
        self.scale = self.scale_of(window, columns);
        self.path.prepare(scene, rows);
        self.prepare_groups(scene.model.tree(), rows);
    }

    fn prepare_groups(&mut self, tree: &Tree, rows: &TreeView) {
        let group = |node| match node {
            Node::Group(key) => Some(key),
            Node::Process(_) => None,
        };
        let groups: Vec<GroupKey> = rows.visible(tree).iter().filter_map(|(row, _)| group(row.of)).collect();
        let each = SAMPLED.1 / u32::try_from(groups.len().max(1)).unwrap_or(u32::MAX);
        let density = |&key: &GroupKey| {
            let ends = rows.facts(key).and_then(|facts| facts.ends);
            let longest = time(ends.map_or(0, |(_, _, most)| most));
            let in_window = clock(self.scale.start)..clock(self.scale.end().saturating_add(longest));
            let sample = rows.sample(tree, key, in_window, each.clamp(8, SAMPLED.0));
            let lives = sample.members.into_iter().filter_map(|key| Some(self.life(tree.get(key)?)));
            (key, bars::density(&lives.collect::<Vec<_>>(), sample.each, self.scale))
        };
        self.densities = groups.iter().map(density).collect();
    }

    /// The time since the beginning, in nanoseconds.
    fn span(&self) -> u64 {
        u64::try_from(self.latest.saturating_sub(self.begin)).unwrap_or(0)
    }

    fn scale_of(&self, window: Window, columns: usize) -> Scale {
        // Behind an end there is room for what is said of it.
        let room = columns - (columns / 8).min(10);
        let room_ns = room.max(1) as u64;
        match window {
            Window::Whole => {
                let exact = self.span().div_ceil(room_ns).max(FINEST);
                let per_column = if self.is_over { exact } else { round_up(exact) };
                Scale::new(self.begin, per_column, columns)
            }
            Window::End(per_column) => {
                // By whole columns, so that nothing trembles.
                let shown = i64::try_from(per_column.saturating_mul(room_ns)).unwrap_or(i64::MAX);
                let from = self.now.saturating_sub(shown).max(self.begin);
                let whole = i64::try_from(per_column.max(1)).unwrap_or(i64::MAX);
                let off = from.saturating_sub(self.begin).rem_euclid(whole);
                let start = if off > 0 { from.saturating_add(whole - off) } else { from };
                Scale::new(start, per_column, columns)
            }
            Window::Still(start, per_column) => Scale::new(start, per_column, columns),
        }
    }

    fn show(&mut self, window: Window) {
        self.window = Some(window);
        self.scale = self.scale_of(window, self.scale.columns);
    }

    fn stand_still(&mut self, scale: Scale) {
        self.show(Window::Still(scale.start, scale.per_column));
    }

    /// The scale one step on, where there is one: everything at once is enough.
    fn zoomed(&self, zoom: Zoom) -> u64 {
        let per_column = self.scale.per_column;
        let longest = round_up(self.span().div_ceil(self.scale.columns.max(1) as u64));
        match zoom {
            Zoom::Out => step(per_column, true).min(longest.max(per_column)),
            Zoom::In => step(per_column, false).min(per_column),
        }
    }

    /// Zooms around the cursor, where that is in the window. The live end stays in sight when it is.
    pub(super) fn zoom(&mut self, zoom: Zoom) {
        let cursor = self.cursor.and_then(|at| self.scale.visible_column_of(at));
        match (cursor, self.window()) {
            (Some(column), _) => self.zoom_at(column, zoom),
            (None, Window::End(_)) => self.show(Window::End(self.zoomed(zoom))),
            (None, Window::Whole) if !self.is_over => self.show(Window::End(self.zoomed(zoom))),
            (None, _) => self.zoom_at(self.scale.columns / 2, zoom),
        }
    }

    /// Zooms around a column: the cursor's time, where it is there, else that at the column's left edge keeps its column.
    pub(in crate::ui) fn zoom_at(&mut self, column: usize, zoom: Zoom) {
        let column = i64::try_from(column.min(self.scale.columns.saturating_sub(1))).unwrap_or(i64::MAX);
        let here = self.cursor.filter(|&at| self.scale.column_of(at) == column);
        let at = here.unwrap_or_else(|| self.known(self.scale.time_of(column)));
        self.stand_still(self.scale.zoomed(self.zoomed(zoom), at));
    }

    /// Everything at once.
    pub(super) fn whole(&mut self) {
        self.show(Window::Whole);
    }

    /// To the live end, and on with it.
    pub(super) fn follow_end(&mut self) {
        self.show(Window::End(self.scale.per_column));
    }

    /// Shows what lies so many columns later, or earlier; something of the recorded time stays in the window.
    pub(in crate::ui) fn pan_by(&mut self, columns: i64) {
        let last = i64::try_from(self.scale.columns.saturating_sub(1)).unwrap_or(i64::MAX);
        let scale = Scale { start: self.scale.time_of(columns), ..self.scale };
        let earliest = Scale { start: self.begin, ..scale }.time_of(last.saturating_neg());
        let start = scale.start.clamp(earliest.min(self.scale.start), self.now.max(self.scale.start));
        self.stand_still(Scale { start, ..scale });
    }

    /// Puts the cursor into a column; the window stands still from now on.
    pub(in crate::ui) fn set_cursor(&mut self, column: usize) {
        let column = column.min(self.scale.columns.saturating_sub(1));
        let at = self.scale.time_of(i64::try_from(column).unwrap_or(i64::MAX));
        self.cursor = Some(self.known(at));
        self.stand_still(self.scale);
    }

    /// The nearest time of which something is known.
    fn known(&self, at: Time) -> Time {
        at.max(self.begin).min(self.now)
    }

    /// Moves the cursor by so many columns, and the window after it. It comes into the middle of what there is.
    pub(super) fn move_cursor(&mut self, columns: i64) {
        let last = i64::try_from(self.scale.columns.saturating_sub(1)).unwrap_or(i64::MAX);
        let Some(cursor) = self.cursor else {
            let end = self.scale.column_of(self.now).clamp(0, last);
            return self.set_cursor(usize::try_from(end / 2).unwrap_or(0));
        };
        let column = self.scale.column_of(cursor);
        let next = if (0..=last).contains(&column) { column.saturating_add(columns) } else { column };
        self.cursor = Some(self.known(self.scale.time_of(next)));
        self.stand_still(self.scale);
        self.reveal_cursor();
    }

    fn reveal_cursor(&mut self) {
        let Some(column) = self.cursor.map(|at| self.scale.column_of(at)) else { return };
        let columns = i64::try_from(self.scale.columns).unwrap_or(i64::MAX);
        if column < 0 {
            self.pan_by(column);
        } else if column >= columns {
            self.pan_by(column - columns + 1);
        }
    }

    /// Durations are told from the cursor on now; a mark that is there already goes.
    pub(super) fn set_mark(&mut self) {
        if self.cursor.is_none() {
            self.move_cursor(0);
        }
        self.mark = if self.mark == self.cursor { None } else { self.cursor };
    }

    /// Takes cursor and mark away; tells whether there was any.
    pub(in crate::ui) fn clear_cursor(&mut self) -> bool {
        let was = (self.cursor.take(), self.mark.take());
        was != (None, None)
    }

    /// Shows a life from its start to its end, with something on both sides.
    pub(super) fn zoom_to(&mut self, life: Life) {
        let columns = self.scale.columns.max(1) as u64;
        let beside = (columns / 8).min(10);
        let length = u64::try_from(life.end.saturating_sub(life.start)).unwrap_or(0);
        let per_column = round_up(length.div_ceil((columns - 2 * beside).max(1))).max(FINEST);
        let before = i64::try_from(beside).unwrap_or(0).saturating_neg();
        let scale = Scale::new(life.start, per_column, self.scale.columns);
        self.stand_still(Scale { start: scale.time_of(before), ..scale });
    }

    /// Moves the window so that something of a life is in it.
    pub(super) fn reveal(&mut self, life: Life) {
        if life.end < self.scale.start || life.start >= self.scale.end() {
            let before = i64::try_from(self.scale.columns / 4).unwrap_or(0);
            let by = self.scale.column_of(life.start).saturating_sub(before);
            self.pan_by(by);
        }
    }
}
