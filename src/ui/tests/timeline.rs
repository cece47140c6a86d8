//! The timeline: frames, what keys do in it, and what must hold whatever they do.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::builder::*;
use super::keys::selected;
use super::look::styled;
use crate::model::event::*;
use crate::ui::{ColourLevel, Look, Origin, Outcome, Request, ThemeName, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

/// The build, with siblings alike that come and go, as a recording: its make has ended.
fn ended() -> World {
    let mut world = build();
    for n in 0..40 {
        let pid = 9000 + n;
        world.fork(4312, pid).pass(MS).exec(pid, &format!("as file{n}.s")).pass(u64::from(5 + n % 7) * MS);
        world.exit(pid, WaitStatus::exited(u8::from(n % 20 == 3)));
    }
    world.exit(8180, WaitStatus::exited(0)).exit(8170, WaitStatus::exited(0));
    world.pass(50 * MS).exit(4312, WaitStatus::exited(2)).pass(10 * MS);
    world.origin = Origin::Recording { name: "build.ptop", note: None };
    world
}

fn frame(world: &World, width: u16, height: u16, keys: &str) -> String {
    let mut screen = Screen::new(width, height);
    screen.typed(world, keys);
    screen.text(world)
}

/// The time that the cursor reads, as it is told.
fn told(screen: &mut Screen, world: &World) -> String {
    screen.text(world).lines().nth(3).unwrap_or_default().trim().to_owned()
}

fn go_to(screen: &mut Screen, world: &World, pid: u32) {
    screen.typed(world, "g");
    for _ in 0..100 {
        if selected(screen) == pid {
            return;
        }
        screen.typed(world, "j");
    }
    panic!("{pid} has no row");
}

#[test]
fn a_build_at_all_sizes() {
    let world = ended();
    for (width, height) in SIZES {
        assert_snapshot!(format!("timeline_{width}x{height}"), frame(&world, width, height, "3jjj"));
        let measured = frame(&world, width, height, "3jjjhhhvllll");
        assert_snapshot!(format!("timeline_cursor_{width}x{height}"), measured);
    }
}

#[test]
fn a_live_one_follows_the_end() {
    let mut world = build();
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "3");
    assert_snapshot!("timeline_live", screen.text(&world));
    let scale = screen.ui.timeline_scale();
    // By whole columns, at the same scale.
    for _ in 0..240 {
        world.pass(53 * MS);
        screen.show(&world);
        let (start, per_column) = screen.ui.timeline_scale();
        assert_eq!(per_column, scale.1);
        assert_eq!((start - scale.0).rem_euclid(per_column as i64), 0);
    }
    assert!(screen.ui.timeline_scale().0 > scale.0);
    // Whoever looks at something is not carried away, until he wants to.
    screen.typed(&world, "<");
    let stands = screen.ui.timeline_scale();
    world.pass(10 * S);
    screen.show(&world);
    assert_eq!(screen.ui.timeline_scale(), stands);
    screen.typed(&world, ".");
    assert!(screen.ui.timeline_scale().0 > scale.0);
    assert!(screen.text(&world).contains("━ now  200ms a column"));
}

#[test]
fn the_whole_of_a_command_grows_in_steps() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "3");
    let mut scales = vec![screen.ui.timeline_scale()];
    for _ in 0..300 {
        world.pass(S);
        screen.show(&world);
        let scale = screen.ui.timeline_scale();
        if Some(&scale) != scales.last() {
            scales.push(scale);
        }
    }
    let steps: Vec<u64> = scales.iter().map(|scale| scale.1 / MS).collect();
    assert_eq!(steps, [100, 200, 500, 1000, 2000, 5000]);
    assert!(scales.iter().all(|scale| scale.0 == scales[0].0), "the beginning stays where it is");
}

#[test]
fn each_theme_tells_the_endings_apart() {
    let world = ended();
    for (name, theme, colours) in [
        ("dark", ThemeName::Dark, ColourLevel::True),
        ("light", ThemeName::Light, ColourLevel::True),
        ("sixteen", ThemeName::Sixteen, ColourLevel::Ansi),
        ("mono", ThemeName::Mono, ColourLevel::None),
    ] {
        let look = Look { theme, colours, ascii: false };
        let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24);
        screen.typed(&world, "3jjjlv");
        assert_snapshot!(format!("timeline_{name}"), styled(&mut screen, &world));
    }
    let look = Look { ascii: true, ..Look::default() };
    let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24);
    screen.typed(&world, "3jjjlv");
    let text = screen.text(&world);
    assert!(text.is_ascii());
    assert_snapshot!("timeline_ascii", text);
}

#[test]
fn the_cursor_reads_times_and_durations() {
    let world = ended();
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "3");
    assert!(told(&mut screen, &world).starts_with("← → read times"));
    screen.typed(&world, "l");
    let begun = told(&mut screen, &world);
    assert!(begun.starts_with("+3.58s  12:00:03.586  "), "{begun}");
    screen.typed(&world, "vllllllllll");
    let later = told(&mut screen, &world);
    assert!(later.contains(" from +3.58s  "), "{later}");
    screen.code(&world, KeyCode::Esc);
    assert!(told(&mut screen, &world).starts_with("← → read times"));
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("━ Processes"), "and then back to the tree");
}

/// A recording of fifteen that come one after the other with pauses between them, called so by their pids.
fn one_by_one(name: impl Fn(u32) -> String) -> World {
    let mut world = World::new(1000);
    world.origin = Origin::Recording { name: "jobs.ptop", note: None };
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot_end();
    world.pass(S);
    for pid in 100..115 {
        world.fork(1, pid).exec(pid, &name(pid)).pass(40 * MS);
        world.exit(pid, WaitStatus::exited(0)).pass(40 * MS);
    }
    world.pass(8 * S);
    world
}

/// How many live at the cursor, from the end of the recording to its beginning.
fn alive_at_each_column(world: &World, of: &str) -> Vec<usize> {
    let mut screen = Screen::new(120, 40);
    screen.typed(world, "3");
    let mut alive = |_| {
        screen.code(world, KeyCode::Left);
        let told = told(&mut screen, world);
        let number = told.split_once(of).and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{told}"))
    };
    (0..100).map(&mut alive).collect()
}

/// However many a column has.
#[test]
fn those_who_live_at_the_cursor_are_those_of_its_very_time() {
    let alive = alive_at_each_column(&one_by_one(|pid| format!("job{pid}")), " of 16 shown alive");
    assert_eq!(alive.iter().max(), Some(&2), "systemd and one of them: {alive:?}");
    assert_eq!(alive.last(), Some(&1), "at the beginning");
    // As one group.
    let alive = alive_at_each_column(&one_by_one(|_| "job".to_owned()), " of 2 shown alive");
    let some = |of: &usize| *of == 2;
    let (first, last) = (alive.iter().position(some), alive.iter().rposition(some));
    let busy = &alive[first.expect("some time")..=last.expect("some time")];
    assert!(busy.contains(&1), "between two of them nobody lives: {alive:?}");
}

#[test]
fn the_critical_path_is_told_and_followed() {
    let world = ended();
    let mut screen = Screen::new(160, 50);
    screen.typed(&world, "3jjj");
    assert_eq!(selected(&screen), 4312);
    let path = told(&mut screen, &world);
    assert!(path.starts_with("critical path 6.2s: "), "{path}");
    assert!(path.contains("sleep 100 5.0s"), "{path}");
    assert!(path.ends_with(" …"), "there are more on it than have room: {path}");
    let mut seen = vec![selected(&screen)];
    while !screen.text(&world).contains("this is the end of the critical path") {
        screen.typed(&world, "p");
        seen.push(selected(&screen));
        assert!(seen.len() < 60, "{seen:?}");
    }
    assert_eq!(seen[..6], [4312, 8121, 8122, 8130, 8140, 9000], "{seen:?}");
    // Most are in a group, which opens for them.
    assert_eq!(seen.last(), Some(&9039), "{seen:?}");
    screen.typed(&world, "P");
    assert_eq!(selected(&screen), 9038);
    // Of one that is named it stays that of this one.
    go_to(&mut screen, &world, 8121);
    screen.typed(&world, "C");
    assert!(
        told(&mut screen, &world).starts_with("critical path of cc -c foo.c 190ms: "),
        "{}",
        told(&mut screen, &world)
    );
    screen.typed(&world, "k");
    assert!(told(&mut screen, &world).starts_with("critical path of cc -c foo.c"));
    screen.typed(&world, "jCk");
    assert!(told(&mut screen, &world).starts_with("critical path 6.2s"), "{}", told(&mut screen, &world));
}

#[test]
fn what_is_no_matter_of_time_is_as_in_the_tree() {
    let world = ended();
    let mut screen = Screen::new(120, 40);
    go_to(&mut screen, &world, 8121);
    screen.typed(&world, "3");
    assert_eq!(selected(&screen), 8121);
    screen.typed(&world, " ");
    assert!(screen.text(&world).contains("▸ cc -c foo.c"));
    screen.typed(&world, "/comm:cc1");
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).lines().nth(2).unwrap().contains("━ Timeline  2 of "));
    screen.typed(&world, "1");
    assert!(screen.text(&world).lines().nth(2).unwrap().contains("━ Processes  2 of "));
    screen.typed(&world, "TT");
    assert!(screen.text(&world).contains("━ Processes"));
    assert_eq!(screen.typed(&world, "1"), Request::Redraw);
}

#[test]
fn an_instant_that_is_looked_at_has_a_line_and_moves_nothing() {
    let mut world = ended();
    world.now_ns = world.model.latest_ns();
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "3");
    screen.show(&world);
    let scale = screen.ui.timeline_scale();
    world.now_ns = START + 2 * S;
    world.model.look_at(Some(world.now_ns));
    let text = screen.text(&world);
    assert_eq!(screen.ui.timeline_scale(), scale);
    let ruled = text.lines().skip(5).filter(|line| line.contains('┃')).count();
    assert!(ruled > 3 && !text.contains("critical path 6"), "{text}");
    let make = text.lines().find(|line| line.contains("make -j8")).unwrap();
    assert!(make.contains("▸ 1.0s"), "{make}");
    assert_eq!(screen.typed(&world, "."), Request::LookAt(None));
}

#[test]
fn groups_show_how_many_live() {
    let world = ended();
    let text = frame(&world, 160, 50, "3");
    let group = text.lines().find(|line| line.contains("as ×40")).unwrap_or_else(|| panic!("{text}"));
    assert!(group.contains('▒') && group.contains("✗ 2 failed"), "{group}");
    // Where it is not in the window it is told where it is.
    let mut screen = Screen::new(160, 50);
    screen.typed(&world, "3hhhhhhhhhhhhhhhhhhhh++++++++");
    let text = screen.text(&world);
    let group = text.lines().find(|line| line.contains("as ×40")).unwrap_or_else(|| panic!("{text}"));
    assert!(group.ends_with('›'), "{group}");
}

#[test]
fn wide_and_hostile_names_stay_in_their_rows() {
    let mut world = World::new(100);
    world.snapshot(1, 0, "init", "init").snapshot_end();
    for (pid, name) in
        (2..).zip(["日本語日本語", "e\u{301}\u{301}x", "\u{202e}evil", "👨\u{200d}👩\u{200d}👧", "\x1b[31m"])
    {
        world.fork(1, pid).exec(pid, name).pass(2 * S);
    }
    world.pass(S);
    for keys in ["3", "3h", "3hhhvlll", "3+++", "3---"] {
        for width in 20..90 {
            let text = frame(&world, width, 20, keys);
            assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
            assert!(text.lines().all(|line| crate::text::width(line) <= usize::from(width)), "{text}");
        }
    }
}

/// What can be asked of the window over time.
#[derive(Clone, Debug)]
enum Ask {
    Key(char),
    ZoomAt(usize, bool),
    Pan(i64),
    Cursor(usize),
    Pass(u64),
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        6 => proptest::sample::select("hlv+-0z<>.pPCjkG *".chars().collect::<Vec<_>>()).prop_map(Ask::Key),
        2 => (0usize..90, any::<bool>()).prop_map(|(column, closer)| Ask::ZoomAt(column, closer)),
        1 => prop_oneof![-300i64..300, any::<i64>()].prop_map(Ask::Pan),
        2 => (0usize..90).prop_map(Ask::Cursor),
        1 => (0u64..20 * S).prop_map(Ask::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked, the window keeps something of the time that is known, and zooming keeps the cursor in its column.
    #[test]
    fn the_window_never_loses_the_time(asked in proptest::collection::vec(ask(), 1..40)) {
        let mut world = build();
        let mut screen = Screen::new(100, 30);
        screen.typed(&world, "3");
        for ask in asked {
            let before = screen.ui.timeline_cursor_column();
            match &ask {
                Ask::Key(c) => drop(screen.typed(&world, &c.to_string())),
                Ask::ZoomAt(column, closer) => screen.ui.timeline_zoom_at(*column, *closer),
                Ask::Pan(columns) => screen.ui.timeline_pan_by(*columns),
                Ask::Cursor(column) => screen.ui.timeline_set_cursor(*column),
                Ask::Pass(ns) => drop(world.pass(*ns)),
            }
            screen.show(&world);
            let (start, per_column) = screen.ui.timeline_scale();
            let end = i128::from(start) + i128::from(per_column) * 69;
            prop_assert!(i128::from(start) <= i128::from(world.now_ns) && end >= i128::from(START), "{ask:?}: {start} {per_column}");
            let is_zoom = matches!(ask, Ask::Key('+' | '-'));
            if let (true, Some(column)) = (is_zoom, before) {
                prop_assert_eq!(screen.ui.timeline_cursor_column(), Some(column));
            }
        }
    }
}
