//! Several screens as one SVG that shows them in turn.
//!
//! Screens that follow each other differ in few rows: each distinct row is written once, with the times at which it is
//! shown. A viewer that does not move pictures shows the last screen.

use std::fmt::Write;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::grid;
use super::svg;

/// Screens that are collected, row by row as they will be drawn: many large ones take little memory so.
#[derive(Debug, Default)]
pub struct Film {
    area: Rect,
    frames: Vec<Vec<String>>,
}

impl Film {
    /// Adds the next screen. All should be of one size: that of the first counts.
    pub fn add(&mut self, screen: &Buffer) {
        if self.frames.is_empty() {
            self.area = screen.area;
        }
        self.frames.push(grid::rows(screen).iter().map(|cells| svg::row(cells)).collect());
    }

    /// Shows the screens in turn, each for `each`, the last one for `last`, for ever. Empty if there is none.
    pub fn animation(&self, each: Duration, last: Duration) -> String {
        let mut picture = String::new();
        if self.frames.is_empty() {
            return picture;
        }
        svg::open(&mut picture, self.area);
        let clock = Clock { frames: self.frames.len(), each, last };
        for index in 0..usize::from(self.area.height) {
            let rows = self.frames.iter().map(|rows| rows.get(index).map_or("", String::as_str));
            let row: Vec<&str> = rows.collect();
            add_row(&mut picture, index, &row, clock);
        }
        picture.push_str("</svg>\n");
        picture
    }
}

/// One row of the screen: what stands there in each frame.
fn add_row(picture: &mut String, index: usize, row: &[&str], clock: Clock) {
    let place = svg::place(index);
    for (frame, &content) in row.iter().enumerate() {
        let is_new = row.iter().take(frame).all(|before| *before != content);
        if content.is_empty() || !is_new {
            continue;
        }
        let shown: Vec<bool> = row.iter().map(|other| *other == content).collect();
        let (hidden, animate) = clock.attributes(&shown);
        let _ = writeln!(picture, "<g transform=\"{place}\"{hidden}>\n{animate}{content}</g>");
    }
}

#[derive(Clone, Copy)]
struct Clock {
    frames: usize,
    each: Duration,
    last: Duration,
}

impl Clock {
    fn begins_ms(self, frame: usize) -> u128 {
        self.each.as_millis() * frame as u128
    }

    /// What makes a group appear in some of the frames: an attribute for those who do not move, and an element.
    fn attributes(self, shown: &[bool]) -> (&'static str, String) {
        if shown.iter().all(|&is_shown| is_shown) {
            return ("", String::new());
        }
        let hidden = if shown.last() == Some(&true) { "" } else { " visibility=\"hidden\"" };
        let all = self.begins_ms(self.frames.saturating_sub(1)) + self.last.as_millis();
        let (mut values, mut times) = (String::new(), String::new());
        let mut before = None;
        for (frame, &is_shown) in shown.iter().enumerate() {
            if before == Some(is_shown) {
                continue;
            }
            if before.is_some() {
                values.push(';');
                times.push(';');
            }
            values.push_str(if is_shown { "visible" } else { "hidden" });
            times.push_str(&share(self.begins_ms(frame), all));
            before = Some(is_shown);
        }
        let animate = format!(
            "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"{all}ms\" repeatCount=\"indefinite\" \
             values=\"{values}\" keyTimes=\"{times}\"/>\n"
        );
        (hidden, animate)
    }
}

/// A part of the whole, in four digits at most: `.0625`.
fn share(part: u128, whole: u128) -> String {
    let text = format!(".{:04}", part * 10_000 / whole.max(1));
    let text = text.trim_end_matches('0');
    if text == "." { "0".to_owned() } else { text.to_owned() }
}
