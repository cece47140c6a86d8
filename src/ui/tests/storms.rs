//! The banner of a storm, the storm view, and what keys do there.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::builder::*;
use crate::model::event::{Account, WaitStatus, What};
use crate::ui::{self, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

/// Before that, a shell that starts a few; then make, which starts a thousand a second for six seconds.
pub(super) fn storm() -> World {
    let mut world = build_keeping(20_000);
    for pid in 20_000..20_030 {
        world.fork(80, pid).pass(MS).exec(pid, "uptime").pass(30 * MS).exit(pid, WaitStatus::exited(0));
        world.pass(MS);
    }
    for step in 0..3000 {
        let (sh, cc) = (30_000 + 2 * step, 30_001 + 2 * step);
        world.fork(4312, sh).pass(MS / 5).exec(sh, "sh -c cc1").pass(MS / 5);
        world.fork(sh, cc).pass(MS / 5).exec(cc, "cc1 x.c").pass(MS);
        world.exit(cc, WaitStatus::exited(u8::from(step % 10 == 0))).pass(MS / 5);
        world.exit(sh, WaitStatus::exited(0)).pass(MS / 5);
    }
    world
}

fn calm(mut world: World) -> World {
    for pid in 40_000..40_005 {
        world.pass(S).fork(80, pid).pass(MS).exit(pid, WaitStatus::exited(0));
    }
    world
}

#[test]
fn a_banner_says_who_it_is() {
    let world = storm();
    for (width, height) in SIZES {
        assert_snapshot!(format!("banner_{width}x{height}"), Screen::new(width, height).settled(&world));
    }
}

/// Not the rate that it had when it was high, until it is sure that it is over.
#[test]
fn a_banner_says_that_it_is_calm_again() {
    let mut world = storm();
    let line = |world: &World| Screen::new(100, 30).text(world).lines().nth(1).unwrap_or_default().to_owned();
    assert!(
        line(&world).starts_with(" STORM  make(4312) > sh > cc1  1,000/s for 6.0s  "),
        "{}",
        line(&world)
    );
    world.pass(1300 * MS);
    world.model.pass_time(world.now_ns);
    let calm = line(&world);
    assert!(
        calm.starts_with(" STORM  make(4312) > sh > cc1  calm for 1.3s after 6.0s  6,000 in all"),
        "{calm}"
    );
}

#[test]
fn nothing_moves_for_the_banner() {
    let stormy = storm();
    let (mut screen, mut other) = (Screen::new(100, 30), Screen::new(100, 30));
    let text = screen.text(&stormy);
    let before = other.text(&build());
    let places = |text: &str| {
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, line)| line.starts_with('─') || line.starts_with('━'))
            .map(|(at, _)| at)
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&text), places(&before));
    assert!(text.lines().nth(1).unwrap().starts_with(" STORM  make(4312) > sh > cc1"), "{text}");
    assert!(text.contains(" for 6.0s"), "{text}");
    let over = calm(stormy);
    let text = screen.text(&over);
    assert!(text.lines().nth(1).unwrap().starts_with(" fork "), "{text}");
}

#[test]
fn the_log_has_both_ends_of_it() {
    let over = calm(storm());
    let mut screen = Screen::new(140, 30);
    screen.typed(&over, "/event:storm");
    screen.code(&over, KeyCode::Enter);
    let text = screen.settled(&over);
    let lines: Vec<_> = text.lines().filter(|line| line.contains(" STORM  ")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("begins  make(4312) > sh > cc1  "), "{text}");
    let end = "over  make(4312) > sh > cc1  for 6.0s  6,000 processes  300 failed  p50 ";
    assert!(lines[1].contains(end), "{text}");
}

#[test]
fn of_a_storm_that_is_over_its_peak_is_told() {
    let mut world = build_keeping(20_000);
    // Ever slower.
    for step in 0..2500 {
        world.fork(4312, 30_000 + step).pass(MS).exit(30_000 + step, WaitStatus::exited(0));
        world.pass(u64::from(step) * 800_000 / 1000);
    }
    let mut screen = Screen::new(120, 30);
    let text = screen.text(&world);
    assert!(text.contains("352/s for 5.0s"), "{text}");
    let over = calm(world);
    screen.typed(&over, "s");
    let text = screen.text(&over);
    let line = text.lines().find(|line| line.contains("The latest storm was over")).expect("it is told");
    assert!(line.ends_with("ago: make(4312) > make  peak 750/s of all, for 5.0s"), "{line}");
}

/// The tree knows exactly how many, however many births there were; what is estimated is now less and now more.
#[test]
fn the_total_of_a_parent_is_exact_in_a_storm() {
    for births in (3000..5000).step_by(250) {
        let mut world = build_keeping(20_000);
        for pid in 30_000..30_000 + births {
            world.fork(4312, pid).pass(MS / 10).exit(pid, WaitStatus::exited(0)).pass(MS / 10);
        }
        world.model.pass_time(world.now_ns + S / 10);
        let mut screen = Screen::new(200, 30);
        screen.typed(&world, "s");
        let text = screen.text(&world);
        let line = text.lines().find(|line| line.starts_with(" make(4312)")).expect("a row");
        // Those from before the storm are seven; and all came in the last minute.
        let total = crate::text::count(u64::from(births) + 7);
        assert_eq!(line.split_whitespace().filter(|word| *word == total).count(), 2, "{total}: {line}");
    }
}

/// The tables count up to now, whatever instant is looked at: so nobody's total is what came in the minute before that.
#[test]
fn at_an_instant_a_minute_has_nothing_of_what_came_later() {
    let mut world = World::new(1000);
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot_end();
    world.fork(1, 50).pass(MS).exec(50, "make");
    let instant = world.now_ns + 5 * S;
    for pid in 100..200 {
        world.pass(S).fork(50, pid).pass(MS).exit(pid, WaitStatus::exited(0));
    }
    world.model.pass_time(world.now_ns + S);
    world.model.look_at(Some(instant));
    let mut screen = Screen::new(120, 20);
    screen.typed(&world, "s");
    let text = screen.text(&world);
    let line = text.lines().find(|line| line.starts_with(" make(50)")).expect("a row");
    assert_eq!(line.split_whitespace().filter(|word| *word == "100").count(), 1, "the total: {line}");
}

#[test]
fn at_an_instant_the_view_is_that_of_now() {
    let world = storm();
    let rows = |world: &World, keys: &str| {
        let mut screen = Screen::new(200, 40);
        for key in keys.chars() {
            screen.code(world, if key == '\t' { KeyCode::Tab } else { KeyCode::Char(key) });
        }
        let text = screen.text(world);
        let rows =
            text.lines().skip_while(|line| !line.contains("NAME")).take_while(|line| !line.trim().is_empty());
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let tables = ["s", "s\t", "s\t\t"];
    let now = tables.map(|keys| rows(&world, keys));
    assert!(now.iter().all(|rows| rows.len() > 2 && rows[1].contains(" 500 ")), "{now:?}");
    let mut past = world;
    // In the middle of it, and before the one who makes it was born.
    for back in [3 * S, 3600 * S] {
        past.model.look_at(Some(past.now_ns.saturating_sub(back)));
        assert_eq!(tables.map(|keys| rows(&past, keys)), now, "{back} back");
    }
}

/// Shorter than a tenth of a second.
#[test]
fn a_short_stream_that_has_ended_has_rates_and_rows() {
    let mut world = World::new(100);
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot_end();
    for pid in 100..105 {
        world.fork(1, pid).pass(MS).exit(pid, WaitStatus::exited(1));
    }
    let mut screen = Screen::new(120, 20);
    screen.typed(&world, "s");
    assert!(screen.text(&world).contains(" fork      0/s "), "{}", screen.text(&world));
    world.apply(What::End(Account::default()));
    let text = screen.text(&world);
    assert!(text.contains(" fork      5/s ") && text.contains(" failed      5/s"), "{text}");
    let line = text.lines().find(|line| line.starts_with(" systemd(1)")).expect("a row");
    assert_eq!(line.split_whitespace().nth(2), Some("5"), "{line}");
}

#[test]
fn the_view_shows_three_tables() {
    let world = storm();
    for (width, height) in SIZES {
        for (table, keys) in [("parents", "s"), ("comms", "s\t"), ("paths", "s\t\t")] {
            let mut screen = Screen::new(width, height);
            for key in keys.chars() {
                screen.code(&world, if key == '\t' { KeyCode::Tab } else { KeyCode::Char(key) });
            }
            if table == "parents" || width >= 80 {
                assert_snapshot!(format!("storms_{table}_{width}x{height}"), screen.text(&world));
            }
        }
    }
}

#[test]
fn the_view_says_what_will_be_in_it() {
    let world = World::new(100);
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "s");
        assert_snapshot!(format!("storms_none_{width}x{height}"), screen.text(&world));
    }
}

/// The names in the table, from top to bottom.
fn names(screen: &mut Screen, world: &World) -> Vec<String> {
    let text = screen.text(world);
    let lines = text.lines().skip(2).skip_while(|line| !line.contains("NAME")).skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty());
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn tables_are_sorted_by_any_column_and_the_selection_stays_on_its_row() {
    let world = storm();
    let mut screen = Screen::new(200, 40);
    screen.settled(&world);
    screen.typed(&world, "s");
    screen.code(&world, KeyCode::Tab);
    let by_rate = names(&mut screen, &world);
    assert_eq!(by_rate[..2], ["cc1", "sh"]);
    screen.typed(&world, "j");
    screen.typed(&world, "<");
    let by_name = names(&mut screen, &world);
    let mut sorted = by_name.clone();
    sorted.sort();
    assert_eq!(by_name, sorted);
    screen.typed(&world, "I");
    assert_eq!(names(&mut screen, &world), sorted.into_iter().rev().collect::<Vec<_>>());
    screen.code(&world, KeyCode::Enter);
    let selected = screen.ui.tree.selected().expect("a process");
    let process = world.model.tree().get(world.model.tree().find(selected).unwrap()).unwrap();
    assert_eq!(process.comm().as_bytes(), b"sh", "the second row's latest process");
    assert_eq!(screen.ui.focus, crate::ui::mode::Pane::Tree);
}

#[test]
fn a_key_leads_to_the_culprit_from_anywhere() {
    let world = storm();
    let mut screen = Screen::new(80, 24);
    screen.settled(&world);
    screen.typed(&world, "*B");
    assert_eq!(screen.ui.tree.selected().map(|id| id.pid), Some(4312), "also where it was folded away");
    screen.typed(&world, "gsB");
    assert_eq!(screen.ui.tree.selected().map(|id| id.pid), Some(4312));
    assert!(!screen.text(&world).contains("[Parents]"));
    // Over, but not forgotten.
    let over = calm(world);
    screen.typed(&over, "gB");
    assert_eq!(screen.ui.tree.selected().map(|id| id.pid), Some(4312));
    screen.typed(&over, "/comm=sshd");
    screen.code(&over, KeyCode::Enter);
    screen.settled(&over);
    screen.typed(&over, "B");
    assert!(screen.text(&over).contains("make(4312) is hidden by what is shown"), "{}", screen.text(&over));

    let quiet = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&quiet, "B");
    assert!(!screen.text(&quiet).contains("Culprit"), "without a storm there is no such key");
}

#[test]
fn the_view_closes_by_the_key_that_opened_it() {
    let world = storm();
    for close in [KeyCode::Char('s'), KeyCode::Esc, KeyCode::Char('q')] {
        let mut screen = Screen::new(80, 24);
        let before = screen.settled(&world);
        screen.typed(&world, "s");
        assert!(screen.text(&world).contains("[Parents]"));
        screen.code(&world, close);
        assert_eq!(screen.settled(&world), before);
    }
}

#[test]
fn without_lines_it_is_ascii() {
    let world = storm();
    let mut screen = Screen::with(
        UiOptions { look: ui::Look { ascii: true, ..ui::Look::default() }, ..UiOptions::default() },
        120,
        30,
    );
    screen.typed(&world, "s");
    assert!(screen.text(&world).is_ascii(), "{}", screen.text(&world));
}
