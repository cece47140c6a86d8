//! The screen to be written to a file: the name that is proposed, and what a name must be.

use super::filters::Mistake;
use super::scene::Scene;
use crate::picture::Format;
use crate::text;

/// A name that most likely is free: of the time that the screen shows, `proctop-120344.svg`.
pub(super) fn proposed_name(scene: &Scene<'_>) -> String {
    let now_ns = i64::try_from(scene.now_ns).unwrap_or(i64::MAX);
    let time = text::time_of_day(now_ns.saturating_add(scene.model.wall_offset_ns()), scene.local);
    let digits: String = time.chars().filter(char::is_ascii_digit).take(6).collect();
    format!("proctop-{digits}.svg")
}

/// What the file is to hold: its ending says that.
pub(super) fn format(name: &str) -> Result<Format, Mistake> {
    let message = "the name must end in .svg (a picture) or .txt (text)".to_owned();
    Format::of_name(name.trim_end()).ok_or(Mistake { at: name.len(), len: 0, message })
}
