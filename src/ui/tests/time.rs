//! Back in time: the tree and the log as they were, where one is, and the way back.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::builder::*;
use crate::model::event::WaitStatus;
use crate::ui::{Origin, Outcome, Request, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

fn line(screen: &mut Screen, world: &World, number: usize) -> String {
    screen.text(world).lines().nth(number).unwrap_or_default().to_owned()
}

/// The row of a process, without the lines of the log.
fn row(screen: &mut Screen, world: &World, pid: &str) -> Option<String> {
    let text = screen.text(world);
    let tree = text.lines().take_while(|line| !line.contains("Events "));
    tree.map(str::to_owned).find(|line| line.trim_start().starts_with(pid))
}

#[test]
fn a_build_is_looked_at_while_it_ran() {
    for (width, height) in SIZES {
        let mut world = build();
        let mut screen = Screen::new(width, height);
        // While the compiler runs that fails later.
        screen.travel(&mut world, "@+1.2s\n");
        assert_snapshot!(format!("time_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn that_the_picture_stands_still_is_seen_in_the_past_too() {
    let mut world = build();
    for width in [50, 80, 120] {
        let mut screen = Screen::new(width, 24);
        screen.travel(&mut world, "[Z");
        let first = line(&mut screen, &world, 0);
        assert!(first.contains("AS OF ") && first.contains("PAUSED"), "{first}");
        screen.travel(&mut world, "Z");
        assert!(!line(&mut screen, &world, 0).contains("PAUSED"));
        screen.travel(&mut world, ".");
    }
}

#[test]
fn who_sees_it_for_the_first_time_reads_what_is_seen() {
    let mut world = build();
    let options = || UiOptions { orientation: true, ..UiOptions::default() };
    let text = |world: &World| Screen::with(options(), 80, 24).text(world);
    assert!(text(&world).contains("Every process of this machine: who started it"), "{}", text(&world));
    world.outcome = Some(Outcome::Running);
    assert!(text(&world).contains("Every process of the command: who started it"), "{}", text(&world));
    world.origin = Origin::Recording { name: "x", note: None };
    assert!(text(&world).contains("Every process of the recording: who started it"), "{}", text(&world));
}

#[test]
fn each_event_is_undone_and_done_again() {
    let mut world = build();
    let mut screen = Screen::new(120, 40);
    screen.travel(&mut world, "[");
    assert_eq!(row(&mut screen, &world, "8180"), None, "its fork was the latest event");
    assert!(row(&mut screen, &world, "8140").is_some_and(|row| row.contains("KILL")));
    screen.travel(&mut world, "[");
    let running = row(&mut screen, &world, "8140").unwrap_or_default();
    assert!(running.contains("run") && !running.contains("KILL"), "{running}");
    assert!(!screen.text(&world).contains("EXIT    8140"), "the log ends there, too");
    screen.travel(&mut world, "]");
    assert!(row(&mut screen, &world, "8140").is_some_and(|row| row.contains("KILL")));
    screen.travel(&mut world, "]");
    assert!(row(&mut screen, &world, "8180").is_some());
    assert!(world.model.instant().is_some());
    screen.travel(&mut world, "]");
    assert_eq!(world.model.instant(), None, "behind the last event is now");
    assert_eq!(screen.typed(&world, "]"), Request::Redraw);
    assert!(line(&mut screen, &world, 39).contains("this is now"));
}

#[test]
fn under_a_filter_the_steps_are_its_events() {
    let mut world = build();
    let mut screen = Screen::new(120, 40);
    screen.travel(&mut world, "/exit!=0 comm:cc1\n[");
    assert_eq!(world.model.instant(), Some(START + S + 231 * MS - 1), "just before the compiler failed");
    assert!(row(&mut screen, &world, "8122").is_none(), "so far it has not");
    screen.travel(&mut world, "]");
    assert!(row(&mut screen, &world, "8122").is_some());
}

#[test]
fn any_instant_is_near() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    let (first, last) = (world.model.kept_from_ns(), world.model.latest_ns());
    let at =
        |world: &World| world.model.instant().map(|at_ns| (at_ns - first) as f64 / (last - first) as f64);
    let near = |at: Option<f64>, wanted: f64| at.is_some_and(|at| (at - wanted).abs() < 0.001);
    screen.travel(&mut world, "{");
    assert!(near(at(&world), 0.75));
    screen.travel(&mut world, "{");
    assert!(near(at(&world), 0.5));
    screen.travel(&mut world, "}");
    assert!(near(at(&world), 0.625), "each turn halves the step");
    screen.travel(&mut world, "}");
    assert!(near(at(&world), 0.75));
    screen.travel(&mut world, "{");
    assert!(near(at(&world), 0.6875));
    screen.travel(&mut world, ".");
    assert_eq!(at(&world), None);
    screen.travel(&mut world, "{{{{{");
    assert!(near(at(&world), 0.0));
    assert!(line(&mut screen, &world, 23).contains("this is the beginning"));
    screen.travel(&mut world, "@25%\n");
    assert!(near(at(&world), 0.25));
    screen.travel(&mut world, "@-1s\n");
    assert_eq!(world.model.instant(), Some(last - S));
    screen.travel(&mut world, "@12:00:01.5\n");
    assert_eq!(world.model.instant(), Some(START + 1500 * MS));
    screen.travel(&mut world, "@soon\n");
    assert!(screen.text(&world).contains("write a time of day"));
    screen.code(&world, KeyCode::Esc);
    assert_eq!(world.model.instant(), Some(START + 1500 * MS), "taken back");
}

#[test]
fn what_is_not_kept_is_told() {
    let mut world = build_keeping(2);
    let mut screen = Screen::new(120, 24);
    screen.travel(&mut world, "@0%\n[");
    assert_eq!(world.model.instant(), Some(world.model.kept_from_ns()));
    assert!(line(&mut screen, &world, 23).contains("only the last 5.3s are kept"), "{}", screen.text(&world));
}

#[test]
fn the_selection_and_what_comes_meanwhile_stay() {
    let mut world = build();
    let mut screen = Screen::new(120, 40);
    screen.travel(&mut world, "@+1.2s\n");
    screen.ui.tree.go_to_process(world.model.tree(), world.id(8122));
    let before = screen.text(&world);
    assert!(!screen.ui.needs_ticks(&world.scene()));
    world.pass(S).fork(4312, 9000).pass(MS).exec(9000, "late").pass(MS).exit(4312, WaitStatus::exited(0));
    let text = screen.text(&world);
    let rows = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&text), rows(&before));
    assert!(text.lines().next().unwrap().contains("AS OF 12:00:01.200 (-6.6s)"), "{text}");
    screen.code(&world, KeyCode::Esc);
    screen.travel(&mut world, ".");
    assert_eq!(screen.ui.tree.selected(), Some(world.id(8122)));
    assert!(row(&mut screen, &world, "9000").is_some() && row(&mut screen, &world, "8122").is_some());
}

#[test]
fn the_way_back_is_told_and_esc_is_one() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    assert!(!line(&mut screen, &world, 23).contains("Back to now"));
    screen.travel(&mut world, "[");
    assert!(line(&mut screen, &world, 1).ends_with(". back to live"));
    assert!(line(&mut screen, &world, 23).contains(". Back to now"));
    assert_eq!(screen.code(&world, KeyCode::Esc), Request::LookAt(None));
    world.origin = Origin::Recording { name: "build.ptop", note: None };
    assert!(line(&mut screen, &world, 1).ends_with(". to the end"));
    assert_eq!(screen.typed(&world, "."), Request::LookAt(None));
}
