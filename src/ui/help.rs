//! The help screen, made from the keymap and the table of the mouse.

use ratatui::layout::Rect;

use super::bindings::MOUSE;
use super::keymap::{Available, Context, Group, Keymap};
use super::layout;
use super::paint::{Canvas, Piece, line_of, wrap_words};
use super::theme::Role;
use super::views::View;
use crate::text::{self, Align};

/// The columns for the names of keys: those of the most in the table.
const KEYS_WIDTH: usize = 14;
/// Below this width what a key does stands beneath its name, unless both are short.
const NARROW: usize = 36;

/// What the marks mean.
const LEGEND: [(&str, &str); 12] = [
    ("run", "it lives; what is new stands out for a moment"),
    ("✓ exit 0", "ended well"),
    ("✗ exit 3", "ended with that code: badly"),
    ("✗ SIGSEGV*", "ended by that signal; *: with a core dump"),
    ("? unseen", "it is gone, and how was not seen"),
    ("(sh)", "has only forked; [sh]: a kernel thread"),
    ("↑1", "its parent died, and 1 adopted it"),
    ("by sh(12)", "sh, process 12, sent the signal that ended it; {killer} goes there"),
    ("zombie 3s", "it ended 3 seconds ago, and its parent does not wait for it"),
    ("outside", "it is not in the pid namespace that proctop runs in"),
    ("…12", "generation 12; its lines have no room"),
    ("+9 gone", "descendants that are no longer kept"),
];

/// What those of the failures mean.
const CAUSES: [(&str, &str); 3] = [
    ("●", "where it went wrong: nothing that it started failed"),
    ("dim", "something that it started failed before"),
    ("○", "its parent ended well all the same"),
];

/// What those of the timeline mean.
const OVER_TIME: [(&str, &str); 9] = [
    ("▏▌█", "it lived so long; the tick in a bar is an exec, the name the image's"),
    ("▸ 3.4s", "it goes on, and has lived so long"),
    ("✓ 3.4s", "ended well after so long"),
    ("✗ exit 3", "ended badly"),
    ("† SIGKILL", "ended by a signal"),
    ("? 3.4s", "its end was not seen, but noticed after so long"),
    ("░▒▓█", "of a group: less than half of the time one lives there, one, some, more than four"),
    ("◆", "on the critical path, where the bar is full: what all waited for; {path-next} goes along it"),
    ("‹ ›", "it lived before what is shown, or after that"),
];

/// All lines.
fn lines(keymap: &Keymap, available: Available, width: usize) -> Vec<Vec<Piece>> {
    // Whoever reads about searching may not have begun.
    let available = Available { search: true, storm: true, instant: true, ..available };
    let mut lines = Vec::new();
    for &group in Group::ALL {
        let mut rows = rows(keymap, group, available, width).peekable();
        if rows.peek().is_some() {
            lines.push(vec![Piece::new(group.title(), Role::Strong)]);
            lines.extend(rows);
            lines.push(Vec::new());
        }
    }
    lines.push(vec![Piece::new("Mouse", Role::Strong)]);
    let told = MOUSE.iter().filter(|binding| !binding.help.is_empty());
    lines.extend(told.flat_map(|binding| row(binding.gesture.name(), binding.help, width)));
    lines.push(Vec::new());
    let legend = |(mark, meaning): &(&str, &str)| row(mark, &keymap.with_keys(meaning), width);
    let marks: Option<(&str, &[(&str, &str)])> = match available.view {
        View::Tree | View::Table => None,
        View::Timeline => Some(("Marks of the timeline", &OVER_TIME)),
        View::Failures => Some(("Marks of failures", &CAUSES)),
    };
    if let Some((title, marks)) = marks {
        lines.push(vec![Piece::new(title, Role::Strong)]);
        lines.extend(marks.iter().flat_map(legend));
        lines.push(Vec::new());
    }
    lines.push(vec![Piece::new("In the rows", Role::Strong)]);
    lines.extend(LEGEND.iter().flat_map(legend));
    lines
}

fn rows(
    keymap: &Keymap,
    group: Group,
    available: Available,
    width: usize,
) -> impl Iterator<Item = Vec<Piece>> {
    keymap
        .bound
        .iter()
        .filter(move |bound| bound.row.group == group)
        // In the list of signals the keys are those of the menu.
        .filter(|bound| !matches!(bound.row.context, Context::Help | Context::Signals | Context::Columns))
        .filter(move |bound| is_here(bound.row.context, available))
        // How to move is the same there.
        .filter(move |bound| bound.row.context != Context::Storms || group == Group::Storms)
        .filter(move |bound| bound.row.is_available(available))
        .flat_map(move |bound| row(&bound.key_names(), &bound.help, width))
}

/// Whether keys of a context mean anything in a view; whether a signal is to be sent is asked of the living only.
fn is_here(context: Context, Available { view, live, .. }: Available) -> bool {
    match context {
        Context::Sure => live,
        Context::Tree => view == View::Tree,
        Context::Table => view == View::Table,
        Context::Failures => view == View::Failures,
        Context::Timeline => view == View::Timeline,
        _ => true,
    }
}

/// A name and its meaning, in as many lines as that takes.
fn row(name: &str, meaning: &str, width: usize) -> Vec<Vec<Piece>> {
    if width < NARROW && text::width(name) + text::width(meaning) + 3 <= width {
        return vec![vec![Piece::new(format!("{name}  "), Role::Label), Piece::plain(meaning)]];
    }
    let beneath = width < NARROW;
    let name = if beneath { name.into() } else { text::pad(name, KEYS_WIDTH, Align::Right) };
    let indent = if beneath { 2 } else { text::width(&name) + 2 };
    let mut first = Piece::new(format!("{name}  "), Role::Label);
    let mut lines = Vec::new();
    if beneath {
        lines.push(vec![std::mem::replace(&mut first, Piece::plain("  "))]);
    }
    for part in wrap_words(meaning, width.saturating_sub(indent + 1).max(8)) {
        let before = std::mem::replace(&mut first, Piece::plain(" ".repeat(indent)));
        lines.push(vec![before, Piece::plain(part)]);
    }
    lines
}

/// How far the help can be scrolled down in this area.
pub(super) fn last_top(area: Rect, keymap: &Keymap, available: Available) -> usize {
    lines(keymap, available, area.width.into()).len().saturating_sub(layout::content(area).height.into())
}

/// Draws over whatever is in the area.
pub(super) fn draw(
    area: Rect,
    top: usize,
    (keymap, available): (&Keymap, Available),
    canvas: &mut Canvas<'_>,
) {
    canvas.clear(area);
    let lines = lines(keymap, available, area.width.into());
    let content = layout::content(area);
    let top = top.min(last_top(area, keymap, available));
    let below = lines.len().saturating_sub(top + usize::from(content.height));
    let position = if below == 0 { Vec::new() } else { vec![Piece::plain(format!("{below} more below"))] };
    canvas.title(layout::title(area), true, &[Piece::new("Help", Role::Strong)], &position);
    for (index, line) in lines.iter().skip(top).enumerate() {
        let Some(on) = line_of(content, index) else { break };
        canvas.pieces(on, 1, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWS: [View; 4] = [View::Tree, View::Table, View::Timeline, View::Failures];

    fn available(view: View, live: bool) -> Available {
        Available { view, live, command: true, search: true, storm: true, instant: true }
    }

    #[test]
    fn what_keys_do_stands_in_one_column() {
        for view in VIEWS {
            for line in lines(&Keymap::default(), available(view, true), 120) {
                let Some(name) = line.first().filter(|_| line.len() > 1) else { continue };
                assert_eq!(name.width(), KEYS_WIDTH + 2, "{}", name.text);
            }
        }
    }

    #[test]
    fn whoever_cannot_send_a_signal_reads_nothing_of_it() {
        let told = |live: bool| {
            let lines = lines(&Keymap::default(), available(View::Tree, live), 120);
            let texts = lines.into_iter().filter_map(|line| Some(line.get(1)?.text.to_string()));
            texts.filter(|text| text.starts_with("Send it") || text == "Don't").collect::<Vec<_>>()
        };
        assert_eq!(told(true).len(), 3, "{:?}", told(true));
        assert_eq!(told(false), Vec::<String>::new());
    }
}
