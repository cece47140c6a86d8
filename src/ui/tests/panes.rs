//! The panes beside the tree: the log, the details, the output, the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::builder::*;
use super::keys::selected;
use crate::model::event::WaitStatus;
use crate::ui::{Outcome, Request};

#[test]
fn the_log_stands_still_once_it_is_scrolled() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "kkkkkkkkkk");
    let log = |screen: &mut Screen, world: &World| {
        let text = screen.text(world);
        text.lines()
            .skip_while(|line| !line.contains("Events"))
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let before = log(&mut screen, &world);
    world.fork(4312, 9000).fork(4312, 9001);
    assert_eq!(log(&mut screen, &world), before);
    assert!(screen.text(&world).contains("newer"));
    screen.typed(&world, "G");
    let after = log(&mut screen, &world);
    assert!(after.iter().any(|line| line.contains("9001")));
    assert!(screen.text(&world).contains(" following "));
}

#[test]
fn enter_in_the_log_shows_whose_line_it_is() {
    let world = build();
    let mut screen = Screen::new(120, 40);
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "kk");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(selected(&screen), 8140);
    assert!(screen.text(&world).contains("Details  8140"));
    screen.code(&world, KeyCode::Enter);
    assert!(!screen.text(&world).contains("Details  8140"));
}

#[test]
fn details_follow_the_selection_and_can_be_scrolled() {
    let world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "jjjj");
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("Details  8121"));
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "G");
    assert!(screen.text(&world).contains("cgroup id   4242"));
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "j");
    let text = screen.text(&world);
    assert!(text.contains("Details  8122") && text.contains("state       ✗ exit 1"));
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("Events"));
}

#[test]
fn the_command_gets_every_key_but_the_way_back() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    assert_eq!(screen.typed(&world, "iq"), Request::Quit, "there is nobody to give it to");
    world.outcome = Some(Outcome::Running);
    screen.typed(&world, "i");
    for key in [
        KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE),
        KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE),
    ] {
        assert_eq!(screen.key(&world, key), Request::ToCommand(key));
    }
    assert_eq!(screen.ui.on_paste("ls\n", &world.scene()), Request::PasteToCommand("ls\n".into()));
    // The byte 0x1d, as crossterm reports it.
    screen.key(&world, KeyEvent::new(KeyCode::Char('5'), KeyModifiers::CONTROL));
    assert_eq!(screen.typed(&world, "?"), Request::Redraw);
    screen.typed(&world, "qi");
    world.outcome = Some(Outcome::Exited(WaitStatus::exited(0)));
    assert_eq!(screen.typed(&world, "q"), Request::Quit);
}

#[test]
fn the_pane_of_the_output_has_the_size_that_the_command_is_told() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    for (width, height) in [(80, 24), (120, 40), (40, 10), (20, 5)] {
        let mut screen = Screen::new(width, height);
        let size = screen.ui.output_size(ratatui::layout::Rect::new(0, 0, width, height));
        screen.typed(&world, "o");
        screen.show(&world);
        let layout = screen.ui.layout(&world.scene(), ratatui::layout::Rect::new(0, 0, width, height));
        let pane = super::super::output_pane::screen_area(layout.output);
        assert_eq!(size, Some((pane.height, pane.width)), "{width}x{height}");
    }
}

#[test]
fn quitting_a_running_command_is_a_choice() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    assert_eq!(screen.typed(&world, "q"), Request::Quit);
    world.outcome = Some(Outcome::Running);
    assert_eq!(screen.typed(&world, "qt"), Request::TerminateCommand);
    assert_eq!(screen.typed(&world, "ql"), Request::LeaveCommandRunning);
    assert_eq!(screen.typed(&world, "q"), Request::Redraw);
    screen.code(&world, KeyCode::Esc);
    assert!(!screen.text(&world).contains("still running"));
    let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    assert_eq!(screen.key(&world, control('z')), Request::Suspend);
    assert_eq!(screen.key(&world, control('l')), Request::Repaint);
    screen.typed(&world, "/");
    assert_eq!(screen.key(&world, control('z')), Request::Suspend);
}

#[test]
fn on_a_small_screen_tab_goes_from_pane_to_pane() {
    let world = build();
    let mut screen = Screen::new(40, 9);
    assert!(screen.text(&world).contains("Processes"));
    screen.code(&world, KeyCode::Tab);
    let text = screen.text(&world);
    assert!(text.contains("Events") && !text.contains("Processes"));
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("Details"));
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("Processes"));
}

#[test]
fn details_show_the_arguments_of_the_image_that_runs_now() {
    let mut world = build();
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "G");
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("0  make"));
    world.exec(8180, "gcc -O2 x.c");
    let text = screen.text(&world);
    assert!(text.contains("0  gcc") && text.contains("1  -O2") && !text.contains("0  make"), "{text}");
    screen.resize(80, 24);
    screen.typed(&world, "k");
    assert!(screen.text(&world).contains("0  make"), "of 8170");
}

#[test]
fn the_help_fills_a_screen_that_has_grown() {
    let world = build();
    let mut screen = Screen::new(40, 10);
    screen.typed(&world, "?G");
    assert!(screen.text(&world).contains("+9 gone"));
    screen.resize(120, 100);
    let text = screen.text(&world);
    assert!(text.contains("+9 gone") && text.contains("To the next pane"), "{text}");
    screen.typed(&world, "k");
    let text = screen.text(&world);
    assert!(!text.contains("+9 gone"), "{text}");
}
