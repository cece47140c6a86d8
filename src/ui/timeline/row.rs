//! One row of the chart: the ink of a life, where its images changed, the names in it, and what is said behind its end.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::bars::{self, Bar, Life};
use super::scale::{Scale, Time, time};
use crate::model::critical::Stretch;
use crate::model::event::Comm;
use crate::model::process::Process;
use crate::text;
use crate::ui::command_text;
use crate::ui::paint::Canvas;
use crate::ui::theme::Role;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    glyph: char,
    role: Role,
}

/// A row that is being drawn into one line.
pub(super) struct ChartRow {
    scale: Scale,
    ink: Vec<Option<Ink>>,
}

/// What a bar looks like by how its process ended.
pub(super) fn bar_role(process: Process<'_>, matched: bool) -> Role {
    match (process.status(), process.is_alive()) {
        _ if !matched => Role::Faint,
        (_, true) => Role::Running,
        (None, _) => Role::Faint,
        (Some(status), _) if status.signal().is_some() => Role::Killed,
        (Some(status), _) if !status.success() => Role::Failed,
        (Some(_), _) => Role::Ended,
    }
}

/// The sign behind a bar: it tells the endings apart without colours.
fn sign(process: Process<'_>) -> char {
    match (process.status(), process.is_alive()) {
        (_, true) => '▸',
        (None, _) => '?',
        (Some(status), _) if status.signal().is_some() => '†',
        (Some(status), _) if !status.success() => '✗',
        (Some(_), _) => '✓',
    }
}

/// Some columns of a line.
fn columns_of(line: Rect, from: usize, columns: usize) -> Rect {
    let at = |column: usize| u16::try_from(column).unwrap_or(u16::MAX).min(line.width);
    let width = at(from.saturating_add(columns)) - at(from);
    Rect { x: line.x + at(from), width, ..line }
}

impl ChartRow {
    pub(super) fn new(scale: Scale) -> Self {
        Self { scale, ink: vec![None; scale.columns] }
    }

    fn put(&mut self, column: usize, glyph: char, role: Role) {
        if let Some(ink) = self.ink.get_mut(column) {
            *ink = Some(Ink { glyph, role });
        }
    }

    /// The bar of a life. Where the critical path goes through it, the rest of it is a shade.
    pub(super) fn bar(&mut self, life: Life, role: Role, path: &[Stretch]) -> Option<Bar> {
        let bar = Bar::new(life, self.scale)?;
        for column in bar.from..bar.to {
            let glyph = bar.glyph(column).unwrap_or(' ');
            let shaded = !path.is_empty() && glyph == '█';
            self.put(column, if shaded { '▒' } else { glyph }, role);
        }
        for stretch in path {
            let stretch = Life { start: time(stretch.from_ns), end: time(stretch.to_ns) };
            let Some(part) = Bar::new(stretch, self.scale) else { continue };
            for column in part.from..part.to {
                self.put(column, bar.glyph(column).unwrap_or('█'), Role::Notice);
            }
        }
        Some(bar)
    }

    /// How many of a group live. Returns the column behind the last with ink.
    pub(super) fn density(&mut self, alive: &[f32], role: Role) -> Option<usize> {
        let shades: Vec<_> = alive.iter().map(|&alive| bars::shade(alive)).collect();
        for (column, shade) in shades.iter().enumerate() {
            if let Some(shade) = shade {
                self.put(column, *shade, role);
            }
        }
        shades.iter().rposition(Option::is_some).map(|last| last + 1)
    }

    /// Where a life lies that is not in the window.
    pub(super) fn beyond(&mut self, life: Life) {
        let last = self.scale.columns.saturating_sub(1);
        if life.end <= self.scale.start {
            self.put(0, '‹', Role::Faint);
        } else {
            self.put(last, '›', Role::Faint);
        }
    }

    /// Draws what there is so far.
    pub(super) fn draw(&self, chart: Rect, canvas: &mut Canvas<'_>) {
        let mut column = 0;
        for run in self.ink.chunk_by(|one, other| one.map(|ink| ink.role) == other.map(|ink| ink.role)) {
            if let Some(role) = run.first().copied().flatten().map(|ink| ink.role) {
                let glyphs: String = run.iter().flatten().map(|ink| ink.glyph).collect();
                canvas.clear(columns_of(chart, column, run.len()));
                canvas.text(chart, column, &glyphs, role);
            }
            column += run.len();
        }
    }

    /// The ink of columns that all look the same.
    fn uniform(&self, columns: std::ops::Range<usize>) -> Option<Ink> {
        let mut ink = self.ink.get(columns)?.iter();
        let first = (*ink.next()?)?;
        ink.all(|other| *other == Some(first)).then_some(first)
    }

    /// Ticks where the image changed, and the names of the images where there is room. After [`ChartRow::draw`].
    pub(super) fn draw_images(
        &self,
        chart: Rect,
        process: Process<'_>,
        bar: Bar,
        now: Time,
        canvas: &mut Canvas<'_>,
    ) {
        let start = time(process.id.start_ns);
        let end = process.end_ns().map_or(now, time);
        let mut images: Vec<(Time, Option<Comm>)> = vec![(start, None)];
        for run in process.images() {
            let since = run.since_ns.map_or(start, time);
            if since > start {
                images.push((since, Some(run.comm)));
            } else {
                images = vec![(start, Some(run.comm))];
            }
        }
        if let [(_, only @ None)] = &mut images[..] {
            *only = Some(process.comm());
        }
        let ends = images.iter().skip(1).map(|(since, _)| *since).chain([end]);
        for (&(since, comm), until) in images.iter().zip(ends) {
            self.draw_tick(chart, since, bar, canvas);
            if let Some(comm) = comm {
                self.draw_name(chart, bar, (since, until), &command_text::comm(comm), canvas);
            }
        }
    }

    fn draw_tick(&self, chart: Rect, since: Time, bar: Bar, canvas: &mut Canvas<'_>) {
        let column = self.scale.visible_column_of(since).filter(|column| bar.full().contains(column));
        let Some(column) = column.filter(|&column| column > bar.from) else { return };
        let Some(ink) = self.uniform(column..column + 1) else { return };
        let style = canvas.theme.style(ink.role).add_modifier(Modifier::REVERSED);
        canvas.styled(chart, column, "│", style);
    }

    /// A name between two times, with some of the bar on both sides.
    fn draw_name(
        &self,
        chart: Rect,
        bar: Bar,
        (since, until): (Time, Time),
        name: &str,
        canvas: &mut Canvas<'_>,
    ) {
        let full = bar.full();
        let from = self.scale.eighths(since, true).div_ceil(8).max(full.start) + 1;
        let to = (self.scale.eighths(until, false) / 8).min(full.end);
        let width = text::width(name);
        if width == 0 || from + width >= to {
            return;
        }
        let Some(ink) = self.uniform(from - 1..from + width + 1) else { return };
        let style = canvas.theme.style(ink.role);
        let style = if ink.glyph == '█' { style.add_modifier(Modifier::REVERSED) } else { style };
        canvas.styled(chart, from, name, style);
    }

    /// Behind the end of a life: its sign, how it ended and how long it was, as far as there is room.
    pub(super) fn draw_end(
        &self,
        chart: Rect,
        process: Process<'_>,
        (bar, life): (Bar, Life),
        role: Role,
        canvas: &mut Canvas<'_>,
    ) {
        if life.end > self.scale.end() {
            return;
        }
        let length = text::duration(u64::try_from(life.end.saturating_sub(life.start)).unwrap_or(0));
        let sign = sign(process);
        let how = match process.status() {
            Some(status) if !status.success() => Some(text::status(status)),
            _ => None,
        };
        let long = how.map(|how| format!("{sign} {how}  {length}"));
        let told = long.into_iter().chain([format!("{sign} {length}"), sign.to_string()]);
        self.draw_behind(chart, bar.to, told, role, canvas);
    }

    /// The first of these texts for which there is room behind a column.
    pub(super) fn draw_behind(
        &self,
        chart: Rect,
        column: usize,
        mut told: impl Iterator<Item = String>,
        role: Role,
        canvas: &mut Canvas<'_>,
    ) {
        let room = self.scale.columns.saturating_sub(column);
        if let Some(told) = told.find(|told| text::width(told) <= room) {
            canvas.clear(columns_of(chart, column, text::width(&told)));
            canvas.text(chart, column, &told, role);
        }
    }
}
