//! The mouse: where one points at, and what each gesture does there.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::builder::*;
use crate::model::event::WaitStatus;
use crate::ui::mode::Pane;
use crate::ui::views::View;
use crate::ui::{Outcome, Request};

const LEFT: MouseButton = MouseButton::Left;

/// A screen with a mouse, and a clock for its clicks.
struct Hand {
    screen: Screen,
    at: Duration,
}

impl Hand {
    fn new(width: u16, height: u16) -> Self {
        Self { screen: Screen::new(width, height), at: Duration::ZERO }
    }

    fn does(&mut self, world: &World, kind: MouseEventKind, (column, row): (u16, u16)) -> Request {
        self.with(world, kind, (column, row), KeyModifiers::NONE)
    }

    fn with(
        &mut self,
        world: &World,
        kind: MouseEventKind,
        (column, row): (u16, u16),
        modifiers: KeyModifiers,
    ) -> Request {
        self.screen.show(world);
        self.screen.ui.on_mouse(MouseEvent { kind, column, row, modifiers }, self.at, &world.scene())
    }

    /// Long after the one before.
    fn click(&mut self, world: &World, at: (u16, u16)) -> Request {
        self.at += Duration::from_secs(1);
        let request = self.does(world, MouseEventKind::Down(LEFT), at);
        self.does(world, MouseEventKind::Up(LEFT), at);
        request
    }

    fn double_click(&mut self, world: &World, at: (u16, u16)) -> Request {
        self.click(world, at);
        self.at += Duration::from_millis(300);
        self.does(world, MouseEventKind::Down(LEFT), at)
    }

    fn drag(&mut self, world: &World, from: (u16, u16), to: (u16, u16)) -> Request {
        self.at += Duration::from_secs(1);
        self.does(world, MouseEventKind::Down(LEFT), from);
        let request = self.does(world, MouseEventKind::Drag(LEFT), to);
        self.does(world, MouseEventKind::Up(LEFT), to);
        request
    }

    /// Where the first of these texts stands.
    fn find(&mut self, world: &World, text: &str) -> (u16, u16) {
        let shown = self.screen.settled(world);
        let found = shown.lines().enumerate().find_map(|(row, line)| Some((line.find(text)?, row, line)));
        let (at, row, line) = found.unwrap_or_else(|| panic!("{text:?} in\n{shown}"));
        (crate::text::width(&line[..at]) as u16, row as u16)
    }

    fn click_on(&mut self, world: &World, text: &str) -> Request {
        let at = self.find(world, text);
        self.click(world, at)
    }

    fn text(&mut self, world: &World) -> String {
        self.screen.settled(world)
    }

    fn selected(&self) -> Option<u32> {
        self.screen.ui.selected().map(|id| id.pid)
    }
}

/// The lines of the screen that are titles of panes.
fn titles(text: &str) -> Vec<usize> {
    let is_title = |line: &str| line.starts_with(['━', '─']);
    text.lines().enumerate().filter(|(_, line)| is_title(line)).map(|(row, _)| row).collect()
}

#[test]
fn a_click_selects_a_row_and_gives_its_pane_the_keys() {
    let world = build();
    for keys in ["", "t", "f", "3"] {
        let mut hand = Hand::new(120, 40);
        hand.screen.typed(&world, keys);
        let (_, row) = hand.find(&world, if keys == "3" { "cc1" } else { "8122" });
        hand.click(&world, (3, row));
        assert_eq!((hand.selected(), hand.screen.ui.focus), (Some(8122), Pane::Tree), "{keys}");
        // A line of the log: the selection stays where it is, the cursor goes there.
        hand.click_on(&world, "EXIT      8140");
        assert_eq!((hand.selected(), hand.screen.ui.focus), (Some(8122), Pane::Log), "{keys}");
        let line = hand.screen.ui.log.current(&world.model).map(|line| line.id.pid);
        assert_eq!(line, Some(8140), "{keys}");
    }
    // Beneath the last row there is none.
    let mut hand = Hand::new(120, 60);
    let before = (hand.text(&world), hand.selected());
    hand.double_click(&world, (5, 35));
    assert_eq!((hand.text(&world), hand.selected()), before);
}

#[test]
fn a_double_click_folds_and_opens() {
    let world = build();
    let mut hand = Hand::new(120, 40);
    let make = hand.find(&world, "make -j8");
    hand.double_click(&world, make);
    assert!(!hand.text(&world).contains("cc1 foo.c -o foo.s  "), "{}", hand.text(&world));
    assert_eq!(hand.selected(), Some(4312));
    // A third click is not another double click.
    hand.at += Duration::from_millis(100);
    hand.does(&world, MouseEventKind::Down(LEFT), make);
    assert!(hand.screen.ui.details.is_none());
    hand.double_click(&world, make);
    let leaf = hand.find(&world, "cc1 foo.c");
    // Too slow.
    hand.click(&world, leaf);
    hand.click(&world, leaf);
    assert!(hand.screen.ui.details.is_none());
    hand.double_click(&world, leaf);
    assert!(hand.text(&world).contains("Details  8122"), "{}", hand.text(&world));
    hand.screen.code(&world, KeyCode::Esc);
    hand.screen.typed(&world, "t");
    let row = hand.find(&world, "8130");
    hand.double_click(&world, row);
    assert!(hand.text(&world).contains("Details  8130"), "{}", hand.text(&world));
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut world = build();
    for pid in 9000..9100 {
        world.fork(4312, pid).pass(MS);
    }
    for keys in ["", "t", "3"] {
        let mut hand = Hand::new(100, 30);
        hand.screen.typed(&world, keys);
        hand.screen.code(&world, KeyCode::Tab);
        let line = |hand: &mut Hand| {
            let text = hand.text(&world);
            text.lines().nth(7).unwrap_or_default().trim_end_matches(['│', ' ']).to_owned()
        };
        let fourth = {
            let text = hand.text(&world);
            text.lines().nth(10).unwrap_or_default().trim_end_matches(['│', ' ']).to_owned()
        };
        hand.does(&world, MouseEventKind::ScrollDown, (10, 8));
        let pid = |line: &str| line.split_whitespace().find_map(|word| word.parse::<u32>().ok());
        assert_eq!(pid(&line(&mut hand)), pid(&fourth), "{keys}: {}", hand.text(&world));
        assert_eq!(hand.screen.ui.focus, Pane::Log, "the keys stay where they are");
        for _ in 0..100 {
            hand.does(&world, MouseEventKind::ScrollDown, (10, 8));
        }
        for _ in 0..100 {
            hand.does(&world, MouseEventKind::ScrollUp, (10, 8));
        }
        hand.screen.typed(&world, "g");
        assert_ne!(line(&mut hand), "", "{keys}");
    }
    let mut hand = Hand::new(100, 30);
    assert!(hand.text(&world).contains(" following "));
    hand.does(&world, MouseEventKind::ScrollUp, (10, 26));
    assert!(hand.text(&world).contains("3 newer"), "{}", hand.text(&world));
    hand.does(&world, MouseEventKind::ScrollDown, (10, 26));
    assert!(hand.text(&world).contains(" following "), "{}", hand.text(&world));
    world.outcome = Some(Outcome::Running);
    hand.screen.typed(&world, "o");
    assert_eq!(hand.does(&world, MouseEventKind::ScrollUp, (10, 26)), Request::ScrollOutput(3));
    hand.screen.typed(&world, "i");
    assert_eq!(
        hand.does(&world, MouseEventKind::ScrollUp, (10, 26)),
        Request::None,
        "the command's keyboard"
    );
    assert_eq!(hand.click(&world, (10, 8)), Request::None);
}

#[test]
fn a_click_on_a_heading_sorts() {
    let world = build();
    let mut hand = Hand::new(160, 40);
    hand.screen.typed(&world, "t");
    hand.click_on(&world, "PPID");
    assert!(hand.text(&world).contains("by ppid  ") || hand.text(&world).contains("▴PPID"));
    hand.click_on(&world, "PPID");
    assert!(hand.text(&world).contains("▾PPID"), "{}", hand.text(&world));
    hand.click_on(&world, "COMMAND");
    assert!(hand.text(&world).contains("▴COMMAND"), "{}", hand.text(&world));
    hand.screen.typed(&world, "s");
    hand.click_on(&world, "TOTAL");
    assert!(hand.text(&world).contains("▾TOTAL"), "{}", hand.text(&world));
    hand.click_on(&world, "TOTAL");
    assert!(hand.text(&world).contains("▴TOTAL"), "{}", hand.text(&world));
    hand.click_on(&world, "Comms");
    assert!(hand.text(&world).contains("[Comms]"), "{}", hand.text(&world));
    let row = hand.find(&world, "cc1 ");
    hand.double_click(&world, row);
    assert_eq!(hand.selected(), Some(8130), "the latest");
}

#[test]
fn panes_are_dragged_and_keep_their_share() {
    let world = build();
    let mut hand = Hand::new(160, 40);
    hand.screen.code(&world, KeyCode::Enter);
    let before = titles(&hand.text(&world));
    let split = hand.find(&world, "Events");
    hand.drag(&world, split, (60, split.1 - 5));
    let after = titles(&hand.text(&world));
    assert_eq!(after[1] + 5, before[1]);
    // To the ends: both stay usable.
    hand.drag(&world, (20, after[1] as u16), (20, 0));
    assert_eq!(titles(&hand.text(&world))[1], 8);
    hand.drag(&world, (20, 8), (20, 39));
    assert_eq!(titles(&hand.text(&world))[1], 36);
    hand.drag(&world, (20, 36), (20, 20));
    // On a screen twice as high it is the same part, and back again the same line.
    hand.screen.resize(160, 77);
    assert_eq!(titles(&hand.text(&world))[1], 2 + 2 * 18);
    hand.screen.resize(160, 40);
    assert_eq!(titles(&hand.text(&world))[1], 20);
    let (divider, _) = hand.find(&world, "│─ Details");
    hand.drag(&world, (divider, 10), (80, 12));
    assert_eq!(hand.find(&world, "│─ Details").0, 80);
    hand.drag(&world, (80, 10), (0, 12));
    assert_eq!(hand.find(&world, "│─ Details").0, 47);
    // What was not held down there moves nothing.
    hand.drag(&world, (20, 8), (20, 15));
    assert_eq!(titles(&hand.text(&world))[1], 20);
}

#[test]
fn names_in_titles_and_in_the_footer_can_be_clicked() {
    let world = build();
    let mut hand = Hand::new(200, 40);
    hand.screen.code(&world, KeyCode::Enter);
    hand.click_on(&world, "Family");
    assert!(hand.text(&world).contains("[Family]"), "{}", hand.text(&world));
    assert_eq!(hand.screen.ui.focus, Pane::Details);
    hand.click_on(&world, "Table");
    assert_eq!(hand.screen.ui.view, View::Table);
    hand.click_on(&world, "Help");
    assert!(hand.text(&world).contains("━ Help "), "{}", hand.text(&world));
    // Only the help itself scrolls now.
    let selected = hand.selected();
    let before = hand.text(&world);
    assert_eq!(hand.click(&world, (10, 10)), Request::None);
    hand.does(&world, MouseEventKind::ScrollDown, (10, 10));
    assert_eq!(hand.text(&world).lines().nth(10), before.lines().nth(13));
    assert_eq!(hand.selected(), selected);
    hand.click_on(&world, "Close");
    assert!(!hand.text(&world).contains("━ Help "));
    assert_eq!(hand.click_on(&world, "Quit"), Request::Quit);
}

#[test]
fn a_menu_is_chosen_from_and_closed_beside_it() {
    let world = build();
    let mut hand = Hand::new(120, 40);
    let row = hand.find(&world, "worker --serve");
    hand.click(&world, row);
    hand.screen.typed(&world, "m");
    assert_eq!(hand.click_on(&world, "Copy its pid"), Request::Copy { what: "pid", text: "8161".into() });
    hand.screen.typed(&world, "m");
    hand.click(&world, (5, 3));
    assert!(matches!(hand.screen.ui.mode, crate::ui::mode::Mode::Normal));
    assert_eq!(hand.selected(), Some(8161), "what lies beneath is not reached");
    // No signal goes out by a double click, not even by a triple one.
    hand.screen.typed(&world, "m");
    let signal = hand.find(&world, "Send it a signal");
    hand.click(&world, signal);
    for _ in 0..3 {
        hand.at += Duration::from_millis(200);
        assert_eq!(hand.does(&world, MouseEventKind::Down(LEFT), (10, 37)), Request::None);
    }
    hand.click_on(&world, "end it at once");
    assert!(hand.text(&world).contains("Send SIGKILL to"), "{}", hand.text(&world));
    let (_, title) = hand.find(&world, "Send SIGKILL to");
    let request = hand.click(&world, (4, title + 1));
    assert!(matches!(request, Request::Signal(id, 9) if id.pid == 8161), "{request:?}");
}

#[test]
fn the_question_is_answered_by_its_lines_only() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    let mut hand = Hand::new(100, 30);
    hand.screen.typed(&world, "q");
    assert_eq!(hand.click(&world, (10, 8)), Request::None);
    assert_eq!(hand.click_on(&world, "Quit and leave it running"), Request::LeaveCommandRunning);
    world.outcome = Some(Outcome::Exited(WaitStatus::exited(0)));
    hand.screen.typed(&world, "tC");
    let (column, row) = hand.find(&world, "[x]");
    hand.click(&world, (column, row + 1));
    hand.click(&world, (column, row + 1));
    let line = hand.text(&world).lines().nth(usize::from(row) + 1).unwrap_or_default().to_owned();
    assert!(line.contains("▸ [ ]") || hand.text(&world).contains("▸ [ ]"), "{}", hand.text(&world));
}

#[test]
fn the_bar_of_time_leads_to_an_instant() {
    let mut world = build();
    let mut hand = Hand::new(120, 40);
    assert_eq!(hand.click(&world, (60, 1)), Request::None, "there is no bar");
    hand.screen.travel(&mut world, "[");
    let line = hand.text(&world).lines().nth(1).unwrap_or_default().to_owned();
    let here = crate::text::width(&line[..line.find('┃').expect("where one is")]) as u16;
    let Request::LookAt(Some(instant)) = hand.click(&world, (here - 30, 1)) else { panic!("an instant") };
    world.model.look_at(Some(instant));
    let line = hand.text(&world).lines().nth(1).unwrap_or_default().to_owned();
    assert_eq!(crate::text::width(&line[..line.find('┃').expect("there")]) as u16, here - 30, "{line}");
    let Request::LookAt(Some(dragged)) = hand.drag(&world, (here - 30, 1), (0, 20)) else {
        panic!("dragged")
    };
    assert!(dragged < instant);
    assert_eq!(hand.click_on(&world, "back to live"), Request::LookAt(None));
}

#[test]
fn the_timeline_is_read_zoomed_and_panned() {
    let world = build();
    let mut hand = Hand::new(120, 40);
    hand.screen.typed(&world, "30");
    let (_, row) = hand.find(&world, "make");
    hand.click(&world, (90, row));
    let column = hand.screen.ui.timeline_cursor_column().expect("a cursor");
    assert_eq!(hand.selected(), Some(4312));
    hand.drag(&world, (90, row), (95, row));
    assert_eq!(hand.screen.ui.timeline_cursor_column(), Some(column + 5));
    let (start, before) = hand.screen.ui.timeline_scale();
    hand.with(&world, MouseEventKind::ScrollUp, (80, row), KeyModifiers::CONTROL);
    let (_, after) = hand.screen.ui.timeline_scale();
    assert!(after < before);
    hand.with(&world, MouseEventKind::ScrollDown, (80, row), KeyModifiers::CONTROL);
    assert_eq!(hand.screen.ui.timeline_scale().1, before);
    hand.with(&world, MouseEventKind::ScrollDown, (80, row), KeyModifiers::SHIFT);
    assert!(hand.screen.ui.timeline_scale().0 > start);
    // On the names it is a wheel like any other.
    let scale = hand.screen.ui.timeline_scale();
    hand.with(&world, MouseEventKind::ScrollDown, (5, row), KeyModifiers::CONTROL);
    assert_eq!(hand.screen.ui.timeline_scale(), scale);
    assert_ne!(hand.selected(), Some(4312));
    hand.screen.typed(&world, "0");
    let (_, row) = hand.find(&world, "cc1 foo.c");
    hand.double_click(&world, (80, row));
    assert!(hand.screen.ui.timeline_scale().1 < scale.1 / 4, "{}", hand.text(&world));
}

#[test]
fn the_help_has_the_table_of_the_mouse() {
    let world = build();
    let mut hand = Hand::new(120, 160);
    hand.screen.typed(&world, "?");
    let text = hand.text(&world);
    let section: Vec<_> =
        text.lines().skip_while(|line| *line != " Mouse").take_while(|line| !line.is_empty()).collect();
    for row in crate::ui::bindings::MOUSE.iter().filter(|row| !row.help.is_empty()) {
        let told = format!("{}  {}", row.gesture.name(), row.help);
        assert!(section.iter().any(|line| line.ends_with(&told)), "{told}: {section:#?}");
    }
}
