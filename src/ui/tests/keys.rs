//! What keys do, seen on the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::builder::*;
use crate::model::event::*;
use crate::model::filter::Filter;
use crate::ui::{Outcome, Request, UiOptions};

fn selected(screen: &Screen) -> u32 {
    screen.ui.tree.selected().map_or(0, |id| id.pid)
}

/// The lines of the tree's pane.
fn tree(screen: &mut Screen, world: &World) -> Vec<String> {
    let text = screen.text(world);
    let rows = text.lines().skip(4).take_while(|line| !line.contains("Events")).map(str::to_owned);
    rows.filter(|line| !line.is_empty()).collect()
}

fn pids(screen: &mut Screen, world: &World) -> Vec<u32> {
    tree(screen, world).iter().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

const ALL: [u32; 13] = [1, 80, 4200, 4312, 8121, 8122, 8130, 8140, 8150, 8160, 8161, 8170, 8180];

#[test]
fn the_selection_stays_on_its_process_while_rows_come_above_it() {
    let mut world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "jjjjjjj");
    assert_eq!(selected(&screen), 8140);
    for pid in 9000..9010 {
        world.fork(8121, pid);
    }
    assert_eq!(pids(&mut screen, &world).len(), 23);
    assert_eq!(selected(&screen), 8140);
    screen.typed(&world, "k");
    assert_eq!(selected(&screen), 8130);
}

#[test]
fn what_is_at_the_top_stays_there_while_rows_come_above_it() {
    let mut world = build();
    for pid in 9000..9040 {
        world.fork(4312, pid);
    }
    let mut screen = Screen::new(80, 24);
    screen.code(&world, KeyCode::End);
    screen.typed(&world, "kkk");
    let before = pids(&mut screen, &world);
    assert!(before[0] > 8180);
    for pid in 9100..9110 {
        world.fork(8121, pid);
    }
    assert_eq!(pids(&mut screen, &world), before);
}

#[test]
fn the_live_end_is_followed_until_the_selection_moves() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "G");
    assert_eq!(selected(&screen), 8180);
    world.fork(4312, 9000);
    assert_eq!(pids(&mut screen, &world).last(), Some(&9000));
    assert_eq!(selected(&screen), 8180);
    screen.typed(&world, "k");
    world.fork(4312, 9001);
    assert_ne!(pids(&mut screen, &world).last(), Some(&9001));
}

#[test]
fn with_a_command_the_newest_are_in_sight_at_first() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    for pid in 9000..9040 {
        world.fork(4312, pid);
    }
    let mut screen = Screen::new(80, 24);
    assert_eq!(pids(&mut screen, &world).last(), Some(&9039));
    assert_eq!(selected(&screen), 1);
    screen.typed(&world, "j");
    assert_eq!(selected(&screen), 80);
    assert_eq!(pids(&mut screen, &world).first(), Some(&80));
}

#[test]
fn following_keeps_the_process_in_the_middle() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "jjjjjjjF");
    for pid in 9000..9030 {
        world.fork(8121, pid).fork(4312, pid + 100);
    }
    let rows = pids(&mut screen, &world);
    assert_eq!(rows[rows.len() / 2], 8140);
    assert!(screen.text(&world).contains("following 8140"));
    screen.typed(&world, "F");
    assert!(!screen.text(&world).contains("following 8140"));
}

#[test]
fn folding_hides_descendants_and_the_selection_goes_to_the_fold() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    assert_eq!(pids(&mut screen, &world), ALL);
    screen.typed(&world, "jjjj ");
    assert_eq!(selected(&screen), 8121);
    assert!(!pids(&mut screen, &world).contains(&8122));
    assert!(tree(&mut screen, &world)[4].contains("▸ cc -c foo.c"));
    screen.typed(&world, " j");
    assert_eq!(selected(&screen), 8122);
    // Left on a leaf goes to its parent, there it folds.
    screen.typed(&world, "h");
    assert_eq!(selected(&screen), 8121);
    screen.code(&world, KeyCode::Left);
    assert_eq!(pids(&mut screen, &world).len(), ALL.len() - 1);
    screen.code(&world, KeyCode::Right);
    assert_eq!(pids(&mut screen, &world), ALL);
    screen.code(&world, KeyCode::Right);
    assert_eq!(selected(&screen), 8122);
    screen.typed(&world, "*");
    assert_eq!(pids(&mut screen, &world), [1]);
    assert_eq!(selected(&screen), 1);
    screen.typed(&world, "*");
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn a_selection_whose_row_vanishes_goes_to_a_neighbour() {
    let mut world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "jjjjjjx");
    // 8130 is hidden now; 8160 was three rows below it, and 4312 three above.
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8160, 8161, 8170, 8180]);
    assert_eq!(selected(&screen), 8160);
    screen.typed(&world, "jj");
    assert_eq!(selected(&screen), 8170);
    world.exit(8170, WaitStatus::exited(0));
    screen.show(&world);
    assert_eq!(selected(&screen), 8180);
}

#[test]
fn comm_filters_as_it_is_typed_and_escape_takes_it_back() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "ccc1");
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122, 8130]);
    assert_eq!(selected(&screen), 8122);
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
    assert_eq!(selected(&screen), 1);
    screen.typed(&world, "c=sleep");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8140]);
    assert!(screen.text(&world).contains("1 of 15 match  comm=sleep"));
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn the_filters_add_up() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/user=dev");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "cc");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "d100ms");
    screen.code(&world, KeyCode::Enter);
    let text = screen.text(&world);
    assert!(text.contains("2 of 15 match  user=dev · comm:c · ≥ 100ms"), "{text}");
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122]);
}

#[test]
fn living_processes_reach_the_minimum_duration() {
    let mut world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "d1500");
    screen.code(&world, KeyCode::Enter);
    assert!(!pids(&mut screen, &world).contains(&8180));
    world.pass(2 * S);
    assert!(pids(&mut screen, &world).contains(&8180));
    assert!(!pids(&mut screen, &world).contains(&8130));
}

#[test]
fn the_last_filter_that_was_right_stays_in_force_and_a_wrong_one_is_not_kept() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/comm=sleep exit");
    screen.typed(&world, ">");
    assert!(screen.text(&world).contains('^'));
    assert_eq!(screen.code(&world, KeyCode::Enter), Request::None);
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn options_set_the_first_filters() {
    let world = build();
    let filter = Filter::parse("comm:cc1", &|_| None).unwrap();
    let options = UiOptions { filter, min_duration_ns: 100 * MS, ..UiOptions::default() };
    let mut screen = Screen::with(options, 80, 40);
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122]);
    screen.typed(&world, "/");
    assert!(screen.text(&world).contains("Filter: comm:cc1"));
}

#[test]
fn kernel_threads_are_hidden_at_first() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "K");
    let rows = tree(&mut screen, &world);
    assert!(rows.iter().any(|row| row.ends_with("▾ [kthreadd]")));
    screen.typed(&world, "K");
    assert_eq!(pids(&mut screen, &world), ALL);
}

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
    assert!(screen.text(&world).contains("cgroup id  4242"));
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "j");
    let text = screen.text(&world);
    assert!(text.contains("Details  8122") && text.contains("state      exit 1"));
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("Events"));
}

#[test]
fn the_command_gets_every_key_but_the_way_back() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    assert_eq!(screen.typed(&world, "i"), Request::None);
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
fn what_was_given_up_is_told_at_its_parent() {
    let mut world = World::new(5);
    world.snapshot(1, 0, "init", "init").snapshot_end();
    for pid in 100..120 {
        world.fork(1, pid).pass(MS).exit(pid, WaitStatus::exited(u8::from(pid < 103)));
    }
    let mut screen = Screen::new(100, 30);
    assert!(tree(&mut screen, &world)[0].ends_with("▾ init  +15 gone, 3 failed"));
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
fn what_was_not_seen_is_marked() {
    let mut world = build();
    // A new list after a loss: 9000 is in it and 8170 is not.
    world.lose(2, 0).snapshot(1, 0, "systemd", "/sbin/init");
    for (pid, parent) in [(80, 1), (4200, 80)] {
        world.snapshot(pid, parent, "x", "x");
    }
    for pid in [4312, 8161, 8180] {
        let subject = world.subject(pid);
        world.apply(What::Snapshot(Snapshot { subject, zombie: pid == 8180, image: None }));
    }
    world.snapshot(9000, 4312, "cc", "cc -c x.c").pass(MS).snapshot_end();
    let mut screen = Screen::new(100, 40);
    let rows = tree(&mut screen, &world);
    let row =
        |pid: &str| rows.iter().find(|row| row.trim_start().starts_with(pid)).cloned().unwrap_or_default();
    assert!(row("8170 ").contains("exit unseen"), "{rows:#?}");
    assert!(row("8180 ").contains("zombie"), "{rows:#?}");
    assert!(row("9000 ").ends_with("cc -c x.c  fork unseen"), "{rows:#?}");
}
