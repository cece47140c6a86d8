//! The mouse: events become gestures here, `target` tells what is pointed at, the table in `bindings` what is to be done
//! with it, and `deeds` does that.

mod deeds;
mod target;

use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::bindings::MOUSE;
use super::layout::Shares;
use super::mode::Mode;
use super::scene::Scene;
use super::view::{Request, Ui};
use target::Target;

/// Two clicks in the same line that are no further apart are a double click.
const DOUBLE: Duration = Duration::from_millis(400);
/// The rows that a notch of the wheel is worth.
const NOTCH: isize = 3;

/// What is done with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gesture {
    Click,
    /// The second of two clicks; it is a click before that.
    DoubleClick,
    Wheel,
    /// The wheel with Shift, or one that goes sidewards.
    SideWheel,
    CtrlWheel,
    Drag,
}

impl Gesture {
    /// For the help.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Gesture::Click => "click",
            Gesture::DoubleClick => "double click",
            Gesture::Wheel => "wheel",
            Gesture::SideWheel => "Shift-wheel",
            Gesture::CtrlWheel => "Ctrl-wheel",
            Gesture::Drag => "drag",
        }
    }
}

/// A kind of place on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All of a pane or of an overlay.
    Pane,
    /// A row of a list in it.
    Row,
    /// The name of a column.
    Heading,
    /// What stands between two panes.
    Split,
    /// The name of a page or a table in a title.
    Page,
    /// The bars of the timeline, and their axis.
    Chart,
    /// The bar of all the time that is kept.
    Scrub,
    /// A key in the footer.
    Key,
    /// A line of a menu.
    Entry,
    /// What is not the menu.
    Beside,
}

/// What a gesture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Focus,
    Select,
    /// Fold, or show details.
    Open,
    Scroll,
    Sort,
    Turn,
    PressKey,
    Travel,
    SetCursor,
    ZoomToProcess,
    Zoom,
    Pan,
    MoveSplit,
    Choose,
    Close,
}

/// The state.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    /// How the panes were dragged.
    pub(super) shares: Shares,
    /// When there was the last click.
    clicked: Option<Duration>,
    /// The line of that, where a second one would mean something.
    line: Option<u16>,
    /// What is being dragged.
    held: Option<Target>,
}

impl Ui {
    pub(super) fn take_mouse(&mut self, event: MouseEvent, at: Duration, scene: &Scene<'_>) -> Request {
        let pointed = Position::new(event.column, event.row);
        let sidewards = event.modifiers.contains(KeyModifiers::SHIFT);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(pointed, at, scene),
            MouseEventKind::Drag(MouseButton::Left) => self.drag(pointed, scene),
            MouseEventKind::Up(_) => {
                self.pointer.held = None;
                Request::None
            }
            MouseEventKind::ScrollLeft => self.wheel(pointed, Gesture::SideWheel, -NOTCH, scene),
            MouseEventKind::ScrollRight => self.wheel(pointed, Gesture::SideWheel, NOTCH, scene),
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let rows = if event.kind == MouseEventKind::ScrollUp { -NOTCH } else { NOTCH };
                let gesture = match event.modifiers.contains(KeyModifiers::CONTROL) {
                    true => Gesture::CtrlWheel,
                    false if sidewards => Gesture::SideWheel,
                    false => Gesture::Wheel,
                };
                self.wheel(pointed, gesture, rows, scene)
            }
            _ => Request::None,
        }
    }

    fn click(&mut self, pointed: Position, at: Duration, scene: &Scene<'_>) -> Request {
        let targets = self.targets(pointed, scene);
        let is_soon = self.pointer.clicked.is_some_and(|before| at.saturating_sub(before) <= DOUBLE);
        let is_double = is_soon && self.pointer.line == Some(pointed.y);
        let can_be_doubled = targets.iter().any(|target| deed(*target, Gesture::DoubleClick).is_some());
        self.pointer.clicked = Some(at);
        self.pointer.line = (can_be_doubled && !is_double).then_some(pointed.y);
        self.pointer.held = targets.iter().rev().copied().find(|held| deed(*held, Gesture::Drag).is_some());
        // The second half of a double click that opened a menu chooses nothing in it, least of all a signal.
        if is_soon && matches!(self.mode, Mode::Menu(_) | Mode::Leaving) {
            return Request::None;
        }
        let mut request = Request::None;
        for &target in &targets {
            if let Some(deed) = deed(target, Gesture::Click) {
                request = self.perform_deed(deed, target, (pointed, 0), scene);
            }
        }
        if !is_double {
            return request;
        }
        match best(&targets, Gesture::DoubleClick) {
            Some((deed, target)) => self.perform_deed(deed, target, (pointed, 0), scene),
            None => request,
        }
    }

    fn drag(&mut self, pointed: Position, scene: &Scene<'_>) -> Request {
        let held = self.pointer.held.filter(|_| matches!(self.mode, Mode::Normal));
        let dragged = held.and_then(|held| Some((deed(held, Gesture::Drag)?, held)));
        match dragged {
            Some((deed, held)) => self.perform_deed(deed, held, (pointed, 0), scene),
            None => Request::None,
        }
    }

    fn wheel(&mut self, pointed: Position, gesture: Gesture, rows: isize, scene: &Scene<'_>) -> Request {
        let targets = self.targets(pointed, scene);
        // Whoever holds a key down where that means nothing still wants to scroll.
        match best(&targets, gesture).or_else(|| best(&targets, Gesture::Wheel)) {
            Some((deed, target)) => self.perform_deed(deed, target, (pointed, rows), scene),
            None => Request::None,
        }
    }
}

/// What a gesture does with something, if anything.
fn deed(target: Target, gesture: Gesture) -> Option<Deed> {
    let place = target.place();
    MOUSE.iter().find(|row| row.place == place && row.gesture == gesture).map(|row| row.deed)
}

/// The innermost of what is pointed at that a gesture does anything with.
fn best(targets: &[Target], gesture: Gesture) -> Option<(Deed, Target)> {
    targets.iter().rev().find_map(|&target| Some((deed(target, gesture)?, target)))
}
