//! What keys do in the tree, seen on the screen.

use crossterm::event::KeyCode;

use super::builder::*;
use crate::model::event::*;
use crate::ui::{Origin, Outcome};

pub(super) fn selected(screen: &Screen) -> u32 {
    screen.ui.tree.selected().map_or(0, |id| id.pid)
}

/// The lines of the tree's pane.
pub(super) fn tree(screen: &mut Screen, world: &World) -> Vec<String> {
    let text = screen.text(world);
    let rows = text.lines().skip(4).take_while(|line| !line.contains("Events")).map(str::to_owned);
    rows.filter(|line| !line.is_empty()).collect()
}

pub(super) fn pids(screen: &mut Screen, world: &World) -> Vec<u32> {
    tree(screen, world).iter().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}

pub(super) const ALL: [u32; 13] = [1, 80, 4200, 4312, 8121, 8122, 8130, 8140, 8150, 8160, 8161, 8170, 8180];

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
fn what_was_given_up_is_told_at_its_parent() {
    let mut world = World::new(5);
    world.snapshot(1, 0, "init", "init").snapshot_end();
    for pid in 100..120 {
        world.fork(1, pid).pass(MS).exit(pid, WaitStatus::exited(u8::from(pid < 103)));
    }
    // The model keeps whomever the last event was about until the next one.
    world.fork(1, 120);
    let mut screen = Screen::new(100, 30);
    assert!(tree(&mut screen, &world)[0].ends_with("▾ init  +15 gone, 3 failed"));
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
        world.apply(What::Snapshot(Snapshot {
            subject,
            zombie: pid == 8180,
            image: None,
            ..Snapshot::default()
        }));
    }
    let now_ns = world.now_ns;
    world.listed(9000, 4312, "cc", "cc -c x.c", now_ns).pass(MS).snapshot_end();
    let mut screen = Screen::new(100, 40);
    let rows = tree(&mut screen, &world);
    let row =
        |pid: &str| rows.iter().find(|row| row.trim_start().starts_with(pid)).cloned().unwrap_or_default();
    assert!(row("8170 ").contains("? unseen"), "{rows:#?}");
    assert!(row("8180 ").contains("zombie"), "{rows:#?}");
    assert!(row("9000 ").ends_with("cc -c x.c  fork unseen"), "{rows:#?}");
}

#[test]
fn a_key_that_does_nothing_here_says_why() {
    let mut world = build();
    world.origin = Origin::Recording { name: "x", note: None };
    let mut screen = Screen::new(100, 30);
    let told =
        |screen: &mut Screen, world: &World| screen.text(world).lines().last().unwrap_or_default().to_owned();
    for (key, why) in [
        ("B", "nobody is known to make a storm"),
        ("o", "there is no command: 'proctop -- COMMAND' runs one"),
        ("i", "there is no command"),
        ("n", "nothing is searched for: F3 begins"),
        (".", "this is now"),
        ("Z", "nothing more comes: there is nothing to stop"),
        ("sB", "nobody is known to make a storm"),
    ] {
        screen.typed(&world, key);
        let line = told(&mut screen, &world);
        assert!(line.contains(why), "{key}: {line}");
    }
    screen.typed(&world, "j");
    assert!(!told(&mut screen, &world).contains("storm"), "it was about the last key");
    screen.code(&world, KeyCode::Esc);
    screen.code(&world, KeyCode::Tab);
    world.lose(3, 0);
    for key in ["Gm", "b"] {
        screen.typed(&world, key);
        let line = told(&mut screen, &world);
        assert!(line.contains("this line is about no process"), "{key}: {line}");
    }
    world.outcome = Some(Outcome::Exited(WaitStatus::exited(0)));
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "i");
    assert!(told(&mut screen, &world).contains("the command has ended"));
}
