//! What follows from a row: the menu, filters by what it is, ways to its family, copies, signals.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::builder::*;
use super::facts::everything;
use super::keys::{ALL, pids, selected};
use crate::model::event::*;
use crate::ui::{Origin, Request};

/// A screen on which the process with this pid is selected.
fn at(world: &World, pid: u32) -> Screen {
    let mut screen = Screen::new(80, 40);
    screen.show(world);
    let id = world.id(pid);
    assert!(screen.ui.tree.go_to_process(world.model.tree(), id), "{pid}");
    screen
}

fn last_line(screen: &mut Screen, world: &World) -> String {
    screen.text(world).lines().last().unwrap_or_default().to_owned()
}

/// The filter that a key of the menu leads to, as the title of the tree shows it.
fn filter_by(world: &World, pid: u32, key: &str) -> String {
    let mut screen = at(world, pid);
    screen.typed(world, "m");
    screen.typed(world, key);
    assert_eq!(selected(&screen), pid, "the row stays selected");
    screen.ui.in_force.join(" · ")
}

fn copied(world: &World, pid: u32, key: &str) -> String {
    let mut screen = at(world, pid);
    match screen.typed(world, &format!("m{key}")) {
        Request::Copy { text, .. } => text,
        other => format!("{other:?}: {}", last_line(&mut screen, world)),
    }
}

#[test]
fn the_menu_tells_what_can_be_done() {
    let world = build();
    for (width, height) in [(80, 24), (120, 40), (40, 10), (20, 5)] {
        for (name, keys) in [("menu", "jjjm"), ("signals", "jjjmx"), ("sure", "jjjmxj")] {
            let mut screen = Screen::new(width, height);
            screen.typed(&world, keys);
            if name == "sure" {
                screen.code(&world, KeyCode::Enter);
            }
            assert_snapshot!(format!("{name}_{width}x{height}"), screen.text(&world));
        }
    }
}

#[test]
fn a_filter_is_made_of_what_a_row_is() {
    let mut world = build();
    world.apply(What::Cgroup(Cgroup { id: 4242, path: (*b"/system.slice/x y.service").into(), cut: false }));
    assert_eq!(filter_by(&world, 8122, "c"), "comm=cc1");
    assert_eq!(filter_by(&world, 8122, "p"), "under=8121");
    assert_eq!(filter_by(&world, 8122, "u"), "user=dev");
    assert_eq!(filter_by(&world, 8122, "g"), "cgroup=\"x y.service\"");
    assert_eq!(filter_by(&world, 8121, "s"), "under=8121");
    world.users.insert(77, "dev".to_owned());
    assert_eq!(filter_by(&world, 8122, "u"), "uid=1000", "that name is another's, too");
}

#[test]
fn a_filter_by_a_row_takes_the_place_of_the_one_that_was_typed_which_comes_back() {
    let world = build();
    let mut screen = at(&world, 8122);
    screen.typed(&world, "/exit!=0");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "mc");
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122, 8130]);
    screen.typed(&world, "/");
    screen.code(&world, KeyCode::Up);
    screen.code(&world, KeyCode::Enter);
    assert_eq!(screen.ui.in_force, ["exit!=0"]);
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn ways_lead_to_the_family_and_into_the_log() {
    let world = build();
    let go = |pid, key: &str| {
        let mut screen = at(&world, pid);
        screen.typed(&world, &format!("m{key}"));
        (selected(&screen), last_line(&mut screen, &world))
    };
    assert_eq!(go(8122, "P").0, 8121);
    assert_eq!(go(8121, "C").0, 8122);
    assert!(go(8122, "C").1.contains("it has no child in the tree"));
    assert!(go(1, "P").1.contains("its parent is not in the tree"));
    for (pid, why) in [
        (8180, "it has not ended"),
        (8130, "it ended by itself: exit 0"),
        (8122, "it ended by itself: exit 1"),
        (8150, "SIGSEGV, core dumped: who sent that is not known"),
    ] {
        assert!(go(pid, "b").1.contains(why), "{pid}: {}", go(pid, "b").1);
    }
    assert!(go(1, "e").1.contains("no exec of it is among the events shown"));
    assert!(go(1, "g").1.contains("its cgroup is not known"));
    let mut screen = at(&world, 8121);
    screen.typed(&world, "me");
    let line = screen.ui.log.current(&world.model).unwrap();
    assert_eq!(
        (line.id.pid, line.time_ns),
        (8121, START + S + 2 * MS + 40 * MS + 4 * MS),
        "the latest of two"
    );
    // And from the line in the log on: the menu is about the line's process.
    screen.typed(&world, "kkkkmc");
    assert_ne!(screen.ui.in_force, ["comm=cc"]);
}

#[test]
fn what_is_copied_can_be_pasted_and_run() {
    let mut world = build();
    assert_eq!(copied(&world, 8121, "y"), "cc -c foo.c");
    assert_eq!(copied(&world, 8121, "i"), "8121");
    assert_eq!(copied(&world, 8121, "f"), "/usr/bin/cc");
    assert!(copied(&world, 8180, "y").contains("it has executed nothing: it is a copy of its parent"));
    let exec = |world: &mut World, image: Image| {
        let subject = world.subject(8180);
        world.apply(What::Exec(Exec { subject, image: image.into(), ..Exec::default() }));
    };
    let cwd = || Some(Directory { path: (*b"/home/my dir").into(), deleted: false, cut: false });
    let image = |argv: &[u8], file: &[u8]| Image {
        argv: argv.into(),
        filename: file.into(),
        cwd: cwd(),
        ..Image::default()
    };
    exec(&mut world, image(b"-bash\0it's\0a\nb\0", b"/bin/bash"));
    assert_eq!(
        copied(&world, 8180, "y"),
        r"/bin/bash 'it'\''s' $'a\nb'",
        "as a login shell it can't be called"
    );
    exec(&mut world, image(b"x\0", b"./a\x1bb"));
    assert_eq!(copied(&world, 8180, "f"), r"$'/home/my dir/./a\eb'");
    exec(&mut world, Image { argv_truncated_bytes: 9, ..image(b"x\0", b"/x") });
    assert!(copied(&world, 8180, "y").contains("longer than what is kept"));
    let mut screen = at(&world, 8121);
    assert_eq!(screen.typed(&world, "mr"), Request::CopyRow(world.id(8121)));
    assert_eq!(screen.typed(&world, "mw"), Request::WriteCopied);
}

#[test]
fn a_signal_goes_to_whom_the_menu_was_opened_for_after_a_question() {
    let mut world = build();
    let mut screen = at(&world, 4312);
    let make = world.id(4312);
    screen.code(&world, KeyCode::F(9));
    assert!(screen.text(&world).contains("Which signal for make(4312)?"));
    // Meanwhile the row under the cursor may be another's.
    assert!(screen.ui.tree.go_to_process(world.model.tree(), world.id(80)));
    assert_eq!(screen.code(&world, KeyCode::Enter), Request::Redraw, "not without a question");
    assert!(screen.text(&world).contains("Send SIGTERM to make(4312)?"));
    for slip in [KeyCode::Enter, KeyCode::Char(' '), KeyCode::Char('x')] {
        assert_eq!(screen.code(&world, slip), Request::None);
    }
    assert_eq!(screen.code(&world, KeyCode::Char('y')), Request::Signal(make, 15));
    screen.typed(&world, "mxj");
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("Send SIGKILL to sshd(80)?"));
    assert_eq!(screen.typed(&world, "n"), Request::Redraw);
    assert_eq!(pids(&mut screen, &world), ALL);
    let facts = everything();
    for (pid, why) in [
        (8181, "late(8181) has ended"),
        (8180, "left(8180) has ended: it waits for its parent"),
        (9001, "(9001) is not in this pid namespace"),
    ] {
        let mut screen = at(&facts, pid);
        screen.code(&facts, KeyCode::F(9));
        assert!(last_line(&mut screen, &facts).contains(why), "{}", last_line(&mut screen, &facts));
    }
    screen.typed(&world, "K");
    screen.show(&world);
    assert!(screen.ui.tree.go_to_process(world.model.tree(), world.id(2)));
    screen.code(&world, KeyCode::F(9));
    assert!(last_line(&mut screen, &world).contains("kernel thread"));
    world.origin = Origin::Recording { name: "x", note: None };
    screen.code(&world, KeyCode::F(9));
    assert!(
        last_line(&mut screen, &world).contains("nobody to signal"),
        "what is recorded can't be signalled"
    );
    screen.typed(&world, "m");
    assert!(!screen.text(&world).contains("signal"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever it is called: a filter by its comm finds the process.
    #[test]
    fn a_filter_by_a_comm_finds_its_process(comm in proptest::collection::vec(any::<u8>(), 1..15)) {
        let mut world = build();
        let subject = Subject { comm: Comm::from_bytes(&comm), ..world.subject(8180) };
        let image = Image { argv: (*b"y").into(), ..Image::default() };
        world.apply(What::Exec(Exec { subject, image: image.into(), ..Exec::default() }));
        let mut screen = at(&world, 8180);
        screen.typed(&world, "mc");
        prop_assert!(pids(&mut screen, &world).contains(&8180), "{:?}", screen.ui.in_force);
        prop_assert!(screen.text(&world).contains(" of 15 match"));
    }
}
