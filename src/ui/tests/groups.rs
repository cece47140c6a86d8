//! Many alike in one row: what it tells, opening and closing it, and finding what is in it.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::builder::*;
use super::keys::{pids, selected, tree};
use crate::model::event::*;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// A make that has compiled much and still does, and a script that has called itself fourteen times.
fn storm() -> World {
    let mut world = World::new(2000);
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot(4200, 1, "bash", "-bash").snapshot_end().pass(S);
    world.fork(4200, 4312).pass(MS).exec(4312, "make -j8").pass(MS);
    world.fork(4312, 4400).exec(4400, "python3 gen.py").pass(50 * MS).exit(4400, WaitStatus::exited(0));
    for n in 0..1204 {
        let pid = 5000 + n;
        world.fork(4312, pid).pass(MS).exec(pid, &format!("cc1 file{n}.c"));
        world.pass(u64::from(20 + n % 23) * MS).exit(pid, WaitStatus::exited(u8::from(n % 401 == 7)));
    }
    world.fork(4312, 7000).exec(7000, "ld -o all").pass(MS);
    for n in 0..14 {
        let parent = if n == 0 { 4200 } else { 7999 + n };
        world.fork(parent, 8000 + n).pass(MS);
        world.exec(8000 + n, "sh ./again.sh");
    }
    for n in (0..14).rev() {
        world.pass(MS).exit(8000 + n, WaitStatus::exited(1));
    }
    world.pass(100 * MS);
    world
}

fn row_with<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    text.lines().find(|line| line.contains(part))
}

#[test]
fn a_storm_is_a_row() {
    let world = storm();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        assert_snapshot!(format!("storm_{width}x{height}"), screen.text(&world));
        screen.typed(&world, "jjjl");
        assert_snapshot!(format!("storm_opened_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn what_is_done_with_one_process_is_not_done_with_many() {
    let world = storm();
    let mut screen = Screen::new(100, 30);
    screen.typed(&world, "jjj");
    assert_eq!(screen.ui.selected(), None, "a row of many");
    for key in [KeyCode::Char('m'), KeyCode::F(9), KeyCode::Char('b')] {
        screen.code(&world, key);
        let text = screen.text(&world);
        let told = text.lines().last().unwrap_or_default();
        assert!(told.contains("a row of many: Space opens it"), "{key:?}: {told}");
    }
}

#[test]
fn a_filter_looks_inside() {
    let world = storm();
    let mut screen = Screen::new(100, 30);
    screen.typed(&world, "/exit!=0");
    screen.code(&world, KeyCode::Enter);
    assert_snapshot!("storm_failed", screen.text(&world));
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "/file17.c");
    let text = screen.text(&world);
    assert!(row_with(&text, "└─ cc1 file17.c").is_some(), "one match is no group: {text}");
    assert!(row_with(&text, "×").is_none(), "{text}");
    assert_eq!(selected(&screen), 5017);
}

#[test]
fn a_group_is_opened_and_closed_as_a_process_is() {
    let world = storm();
    let mut screen = Screen::new(80, 60);
    let closed = screen.text(&world);
    // To make's first row.
    screen.typed(&world, "jjj");
    assert_eq!(screen.ui.tree.selected(), None, "no process is selected");
    assert!(row_with(&screen.text(&world), "▸ cc1 ×1,204").is_some());
    screen.code(&world, KeyCode::Right);
    let opened = screen.text(&world);
    assert!(row_with(&opened, "▾ cc1 ×1,204").is_some() && row_with(&opened, "cc1 file0.c").is_some());
    screen.code(&world, KeyCode::Right);
    assert_eq!(selected(&screen), 5000);
    screen.typed(&world, "j");
    assert_eq!(selected(&screen), 5001);
    screen.code(&world, KeyCode::Left);
    assert_eq!(screen.ui.tree.selected(), None, "from a member to its group");
    screen.code(&world, KeyCode::Left);
    screen.typed(&world, "g");
    assert_eq!(screen.text(&world), closed);
    screen.typed(&world, "jjj");
    screen.code(&world, KeyCode::Left);
    assert_eq!(selected(&screen), 4312, "from a closed group to the parent");
}

#[test]
fn a_chain_is_a_row_and_opens() {
    let world = storm();
    let mut screen = Screen::new(80, 60);
    assert!(row_with(&screen.text(&world), "▸ sh ×14 deep").is_some());
    screen.typed(&world, "jjjjjjh");
    assert_eq!(selected(&screen), 4200, "{}", screen.text(&world));
    screen.typed(&world, "jjjjjl");
    let text = screen.text(&world);
    assert!(row_with(&text, "▾ sh ×14 deep").is_some(), "{text}");
    assert_eq!(pids(&mut screen, &world).iter().filter(|pid| (8000..8014).contains(*pid)).count(), 14);
}

/// The lines of the details, without what stands beside them.
fn details(screen: &mut Screen, world: &World) -> Vec<String> {
    let text = screen.text(world);
    let lines = text.lines().skip_while(|line| !line.contains("Details  "));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn the_details_of_a_group_are_what_is_known_of_it() {
    let world = storm();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "jjj");
    screen.code(&world, KeyCode::Enter);
    let lines = details(&mut screen, &world);
    assert!(lines[0].starts_with("─ Details  cc1 ×1,204 ──") && !lines[0].contains("All"), "{lines:?}");
    assert_eq!(
        lines[1..7],
        [
            " members     1,204",
            " failed      3",
            " lifetimes   p50 32ms   p99 44ms",
            " parent      make(4312)",
            "",
            " Ended siblings with one name are one row until it is opened. Space opens it,",
        ]
    );
    screen.typed(&world, "jjj");
    let lines = details(&mut screen, &world);
    assert!(lines[0].starts_with("─ Details  sh ×14 deep ──"), "{lines:?}");
    assert_eq!(lines[1..5], [" members     14", " failed      14", " first       sh(8000)", ""]);
    // Its first member has them all.
    screen.typed(&world, "lj");
    assert!(details(&mut screen, &world)[0].starts_with("─ Details  8000  [All]"));
}

#[test]
fn under_a_filter_the_details_of_a_group_are_about_what_matches() {
    let world = storm();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/exit!=0 or pid=8000");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "gjjj");
    screen.code(&world, KeyCode::Enter);
    let lines = details(&mut screen, &world);
    assert_eq!(lines[1..3], [" members     3 of 1,204 match", " failed      3"], "{lines:?}");
    // Of none that match nothing is made up; its row is gone, but it is selected still.
    screen.typed(&world, "cnobody");
    screen.code(&world, KeyCode::Enter);
    let lines = details(&mut screen, &world);
    assert_eq!(lines[1..3], [" members     0 of 1,204 match", " parent      make(4312)"], "{lines:?}");
}

#[test]
fn details_of_nobody_are_a_title() {
    let (world, mut screen) = (World::new(10), Screen::new(80, 24));
    screen.code(&world, KeyCode::Enter);
    assert!(details(&mut screen, &world)[0].starts_with("─ Details  [All] Args "));
}

#[test]
fn whoever_is_selected_is_not_swallowed() {
    let mut world = storm();
    let mut screen = Screen::new(80, 60);
    // The linker, which lives.
    screen.typed(&world, "jjjjj");
    assert_eq!(selected(&screen), 7000, "{}", screen.text(&world));
    world.fork(4312, 7001).exec(7001, "cc1 late.c");
    screen.typed(&world, "j");
    assert_eq!(selected(&screen), 7001);
    world.pass(MS).exit(7001, WaitStatus::exited(0));
    let text = tree(&mut screen, &world).join("\n");
    assert_eq!(selected(&screen), 7001);
    assert!(row_with(&text, "cc1 late.c").is_some() && row_with(&text, "×1,204").is_some(), "{text}");
    screen.typed(&world, "k");
    let text = tree(&mut screen, &world).join("\n");
    assert_eq!(selected(&screen), 7000);
    assert!(row_with(&text, "cc1 late.c").is_none() && row_with(&text, "×1,205").is_some(), "{text}");
}

#[test]
fn what_is_in_a_closed_group_is_found() {
    let world = storm();
    let mut screen = Screen::new(80, 24);
    screen.code(&world, KeyCode::F(3));
    screen.typed(&world, "file1100.c");
    assert_eq!(selected(&screen), 6100);
    assert!(row_with(&screen.text(&world), "cc1 file1100.c").is_some());
    // Taken back, the group is closed again.
    screen.code(&world, KeyCode::Esc);
    assert!(row_with(&screen.text(&world), "▸ cc1 ×1,204").is_some());
}

#[test]
fn a_killer_in_a_group_is_shown_in_it() {
    let mut world = storm();
    let killer = world.id(5003);
    let subject = world.subject(7000);
    world.apply(What::Exit(Exit {
        subject,
        status: WaitStatus::signaled(9, false),
        killed_by: Some(Killer::Process { id: killer, comm: "cc1".into() }),
        ..Exit::default()
    }));
    let mut screen = Screen::new(80, 60);
    screen.typed(&world, "jjjjj");
    assert_eq!(selected(&screen), 7000);
    screen.typed(&world, "b");
    assert_eq!(selected(&screen), 5003, "{}", screen.text(&world));
}

#[test]
fn a_long_judgement_is_made_between_keys_and_the_rows_of_before_stay_so_long() {
    let mut world = World::new(20_000);
    world.snapshot(1, 0, "init", "init").snapshot_end();
    for pid in 2..9000 {
        let comm = if pid % 2 == 0 { "even" } else { "odd" };
        world.fork(1, pid).exec(pid, comm).pass(1).exit(pid, WaitStatus::exited(0));
    }
    let mut screen = Screen::new(80, 24);
    screen.show(&world);
    while !screen.ui.is_complete() {
        screen.ui.go_on(&world.scene());
    }
    screen.typed(&world, "c=odd");
    let text = screen.text(&world);
    assert!(text.contains("looking through all…") && row_with(&text, "even ×4,499").is_some(), "{text}");
    let mut pieces = 0;
    while !screen.ui.is_complete() {
        screen.ui.go_on(&world.scene());
        pieces += 1;
    }
    assert!(pieces > 1);
    let text = screen.text(&world);
    assert!(!text.contains("looking through all…") && row_with(&text, "even").is_none(), "{text}");
    assert!(text.contains("4,499 of 8,999 match") && row_with(&text, "odd ×4,499").is_some(), "{text}");
}
