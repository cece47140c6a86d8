//! The one table of the mouse, beside that of the keys: it decides what a gesture does, and the section of the help about
//! the mouse is made from it.

use super::super::mouse::{Deed, Gesture, Place};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui) struct MouseBinding {
    pub(in crate::ui) place: Place,
    pub(in crate::ui) gesture: Gesture,
    pub(in crate::ui) deed: Deed,
    /// Empty where another row tells it.
    pub(in crate::ui) help: &'static str,
}

const fn row(place: Place, gesture: Gesture, deed: Deed, help: &'static str) -> MouseBinding {
    MouseBinding { place, gesture, deed, help }
}

/// The table.
pub(in crate::ui) const MOUSE: &[MouseBinding] = &[
    row(Place::Row, Gesture::Click, Deed::Select, "On a row: select it; its pane gets the keys"),
    row(Place::Pane, Gesture::Click, Deed::Focus, ""),
    row(Place::Heading, Gesture::Click, Deed::Sort, "On the name of a column: sort by it; again: invert"),
    row(Place::Page, Gesture::Click, Deed::Turn, "On the name of a page in a title: turn to it"),
    row(Place::Key, Gesture::Click, Deed::PressKey, "On a key in the last line: as if it were pressed"),
    row(Place::Scrub, Gesture::Click, Deed::Travel, "On the bar of time at the top: to that instant"),
    row(Place::Scrub, Gesture::Drag, Deed::Travel, ""),
    row(Place::Chart, Gesture::Click, Deed::SetCursor, "Beside the names of the timeline: the cursor there"),
    row(Place::Chart, Gesture::Drag, Deed::SetCursor, ""),
    row(Place::Entry, Gesture::Click, Deed::Choose, "In a menu: choose that; beside it: close the menu"),
    row(Place::Beside, Gesture::Click, Deed::Close, ""),
    row(
        Place::Row,
        Gesture::DoubleClick,
        Deed::Open,
        "Fold or unfold; where there is nothing to fold, details",
    ),
    row(
        Place::Chart,
        Gesture::DoubleClick,
        Deed::ZoomToProcess,
        "Beside the names of the timeline: the life of that process",
    ),
    row(Place::Pane, Gesture::Wheel, Deed::Scroll, "Scroll what is under the pointer, whoever has the keys"),
    row(Place::Chart, Gesture::SideWheel, Deed::Pan, "In the timeline: earlier or later"),
    row(Place::Chart, Gesture::CtrlWheel, Deed::Zoom, "In the timeline: zoom in and out, around the pointer"),
    row(
        Place::Split,
        Gesture::Drag,
        Deed::MoveSplit,
        "The lower pane's title, or the line beside the details",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gesture_does_one_thing_in_a_place_and_the_help_tells_it() {
        for (index, one) in MOUSE.iter().enumerate() {
            let is_same = |other: &&MouseBinding| (other.place, other.gesture) == (one.place, one.gesture);
            assert_eq!(MOUSE.iter().position(|other| is_same(&other)), Some(index), "{one:?}");
            // Untold is only what is told of the same place, or goes without saying.
            let place =
                MOUSE.iter().filter(|other| other.place == one.place && !other.help.is_empty()).count();
            assert!(place > 0 || one.deed == Deed::Close, "{one:?}");
        }
    }
}
