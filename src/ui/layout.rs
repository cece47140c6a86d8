//! Who stands where on a screen of a given size.

use ratatui::layout::Rect;

use super::mode::{Lower, Pane};

/// From this width on the details stand beside the tree.
const WIDE: u16 = 120;
/// Panes stand one above the other from this many lines on; below only the focused one is shown.
const TALL: u16 = 10;

/// What the tree keeps when another pane is dragged over it: a title, the names of its columns and some rows; or columns.
const TREE_LEAST: (u16, u16) = (48, 6);
/// What a pane keeps that is dragged small.
const OTHER_LEAST: (u16, u16) = (30, 3);

/// A part of the panes' area, as somebody has dragged it: it stays the same part on a screen of another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: u16,
    pub(super) whole: u16,
}

impl Share {
    /// That part of so many lines or columns, within these bounds.
    fn of(self, size: u16, least: u16, most: u16) -> u16 {
        let part = u32::from(size) * u32::from(self.part) / u32::from(self.whole.max(1));
        u16::try_from(part).unwrap_or(u16::MAX).min(most).max(least)
    }
}

/// What was dragged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// The pane beneath the tree, whichever it is: its lines.
    pub(super) lower: Option<Share>,
    /// The details beside the tree: their columns.
    pub(super) details: Option<Share>,
}

/// What the layout depends on beside the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) lower: Lower,
    pub(super) details: bool,
    pub(super) focus: Pane,
    /// Lines of the prompt, 0 when there is none.
    pub(super) prompt: u16,
    /// Lines of the notice, 0 when there is none.
    pub(super) notice: u16,
    pub(super) shares: Shares,
}

/// The areas; what has no room is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) header: Rect,
    pub(super) notice: Rect,
    /// All panes together; overlays go here.
    pub(super) body: Rect,
    pub(super) tree: Rect,
    pub(super) log: Rect,
    pub(super) output: Rect,
    pub(super) details: Rect,
    /// The line between the panes at the left and the details at the right.
    pub(super) divider: Rect,
    pub(super) prompt: Rect,
    pub(super) footer: Rect,
}

impl Layout {
    /// Whether the details have room beside the other panes.
    pub(super) const fn is_wide(area: Rect) -> bool {
        area.width >= WIDE
    }

    pub(super) fn new(area: Rect, wanted: Wanted) -> Self {
        let mut layout = Self::default();
        let mut rest = area;
        let roomy = area.height >= 8;
        layout.header = take_top(&mut rest, if roomy { 2 } else { 1 });
        if roomy {
            let height = wanted.notice.min(rest.height / 4);
            layout.notice = take_top(&mut rest, height);
        }
        if roomy || wanted.prompt == 0 {
            layout.footer = take_bottom(&mut rest, 1);
        }
        // What is filtered stays in sight while the filter is edited.
        let prompt = wanted.prompt.min((rest.height / 2).max(1));
        layout.prompt = take_bottom(&mut rest, prompt);
        layout.body = rest;
        layout.place_panes(rest, wanted);
        layout
    }

    fn place_panes(&mut self, mut rest: Rect, wanted: Wanted) {
        let beside = wanted.details && Self::is_wide(rest) && rest.height > 3;
        if beside {
            let width = match wanted.shares.details {
                Some(share) => share.of(rest.width, OTHER_LEAST.0, rest.width - TREE_LEAST.0),
                None => (rest.width / 3).clamp(44, 80),
            };
            self.details = Rect { x: rest.right() - width, width, ..rest };
            self.divider = Rect { x: self.details.x - 1, width: 1, ..rest };
            rest.width -= width + 1;
        }
        let below = if wanted.details && !beside { Pane::Details } else { wanted.lower.pane() };
        if rest.height >= TALL {
            let height = match wanted.shares.lower {
                Some(share) => share.of(rest.height, OTHER_LEAST.1, rest.height - TREE_LEAST.1),
                None if below == Pane::Log => rest.height / 3,
                None => rest.height / 2,
            };
            let area = take_bottom(&mut rest, height);
            self.place(below, area);
            self.tree = rest;
        } else if wanted.focus == Pane::Tree || (beside && wanted.focus == Pane::Details) {
            self.tree = rest;
        } else {
            self.place(if wanted.focus == Pane::Details { Pane::Details } else { below }, rest);
        }
    }

    fn place(&mut self, pane: Pane, area: Rect) {
        match pane {
            Pane::Tree => self.tree = area,
            Pane::Log => self.log = area,
            Pane::Output => self.output = area,
            Pane::Details => self.details = area,
        }
    }

    /// The pane beneath the tree, where there are both.
    pub(super) fn lower(&self) -> Option<Rect> {
        let beneath = [self.log, self.output, self.details].into_iter();
        let mut beneath = beneath.filter(|area| !area.is_empty() && area.x == self.tree.x);
        beneath.next().filter(|_| !self.tree.is_empty())
    }

    pub(super) fn area_of(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Tree => self.tree,
            Pane::Log => self.log,
            Pane::Output => self.output,
            Pane::Details => self.details,
        }
    }
}

/// A pane without its title.
pub(super) fn content(pane: Rect) -> Rect {
    if pane.height < 2 {
        return pane;
    }
    Rect { y: pane.y + 1, height: pane.height - 1, ..pane }
}

/// The title of a pane; a pane of one line has none.
pub(super) fn title(pane: Rect) -> Rect {
    Rect { height: if pane.height < 2 { 0 } else { 1 }, ..pane }
}

fn take_top(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let taken = Rect { height, ..*rest };
    rest.y += height;
    rest.height -= height;
    taken
}

fn take_bottom(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    rest.height -= height;
    Rect { y: rest.y + rest.height, height, ..*rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_stay_on_the_screen_and_apart() {
        let panes = [Pane::Tree, Pane::Log, Pane::Output, Pane::Details];
        for (width, height) in (0..200).step_by(7).flat_map(|w| (0..60).map(move |h| (w, h))) {
            for focus in panes {
                for (details, prompt, notice) in [(false, 0, 0), (true, 0, 1), (true, 2, 0), (false, 0, 3)] {
                    let share = (notice > 0).then_some(Share { part: width, whole: height });
                    let shares = Shares { lower: share, details: share };
                    let wanted = Wanted { lower: Lower::Log, details, focus, prompt, notice, shares };
                    let area = Rect::new(0, 0, width, height);
                    let l = Layout::new(area, wanted);
                    let all = [
                        l.header, l.notice, l.tree, l.log, l.output, l.details, l.divider, l.prompt, l.footer,
                    ];
                    let sum: u32 = all.iter().map(|rect| rect.area()).sum();
                    assert!(sum <= area.area(), "{area} {l:?}");
                    assert!(
                        all.iter().all(|rect| rect.is_empty() || area.union(*rect) == area),
                        "{area} {l:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_small_screen_shows_the_focused_pane() {
        let shares = Shares::default();
        let wanted =
            Wanted { lower: Lower::Log, details: false, focus: Pane::Log, prompt: 0, notice: 0, shares };
        let layout = Layout::new(Rect::new(0, 0, 40, 10), wanted);
        assert_eq!((layout.log.height, layout.tree.height), (7, 0));
    }
}
