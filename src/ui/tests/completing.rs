//! Completion, history and saved filters in the line where a filter is typed.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::builder::*;
use super::keys::{ALL, pids};
use crate::model::event::*;
use crate::ui::{Request, UiOptions};

/// The text in the prompt.
fn line(screen: &mut Screen, world: &World) -> String {
    let text = screen.text(world);
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("Filter: "));
    line.unwrap_or_default().to_owned()
}

/// What Tab makes of a text, once, twice and so on.
fn tabs(world: &World, text: &str, times: usize) -> Vec<String> {
    let mut screen = Screen::new(80, 40);
    screen.typed(world, "/");
    screen.typed(world, text);
    let mut lines = Vec::new();
    for _ in 0..times {
        screen.code(world, KeyCode::Tab);
        lines.push(line(&mut screen, world));
    }
    lines
}

#[test]
fn a_name_and_then_its_values_are_completed() {
    let world = build();
    assert_eq!(tabs(&world, "com", 3), ["comm:", "comm:make", "comm:cc1"]);
    assert_eq!(tabs(&world, "not sta", 3), ["not state:", "not state:running", "not state:exited"]);
    assert_eq!(tabs(&world, "a (exi", 2), ["a (exit!=", "a (exit!=0"]);
    assert_eq!(tabs(&world, "sig:s", 3)[0], "sig:SEGV", "one that ended something comes first");
    assert_eq!(tabs(&world, "user=d", 1), ["user=dev"]);
    assert_eq!(tabs(&world, "event:exec", 2), ["event:exec_failed", "event:exec_failed"]);
    assert_eq!(tabs(&world, "under:81", 2), ["under:8121", "under:8122"]);
    assert_eq!(tabs(&world, "pyth", 1), ["python3"]);
    assert_eq!(tabs(&world, "argv:x", 1), ["argv:x"]);
}

#[test]
fn the_list_goes_round_and_escape_takes_the_choice_back() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/comm:c");
    for expected in ["comm:cc1", "comm:cc", "comm:cc1"] {
        assert_eq!(screen.code(&world, KeyCode::Tab), Request::Redraw);
        assert_eq!(line(&mut screen, &world), expected);
    }
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122, 8130]);
    screen.code(&world, KeyCode::Up);
    assert_eq!(line(&mut screen, &world), "comm:cc");
    assert!(screen.text(&world).contains("Completion ") && screen.text(&world).contains(" 2 of 2 "));
    screen.code(&world, KeyCode::Esc);
    assert_eq!(line(&mut screen, &world), "comm:c");
    assert!(!screen.text(&world).contains("Completion "));
    screen.code(&world, KeyCode::BackTab);
    screen.code(&world, KeyCode::Right);
    assert!(!screen.text(&world).contains("Completion "), "any other key takes it");
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn the_list_stands_above_the_line() {
    let mut world = build();
    world.fork(4312, 9000).exec(9000, "a\u{301}\u{202e}b(c)").fork(4312, 9001).exec(9001, "and\u{a0}so");
    for (width, height) in [(80, 24), (120, 40), (40, 10), (20, 5)] {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "/exit=0 or comm:");
        screen.code(&world, KeyCode::Tab);
        screen.code(&world, KeyCode::Tab);
        assert_snapshot!(format!("completion_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn where_a_comm_is_typed_it_is_completed_as_it_is() {
    let mut world = build();
    world.rename(8180, "(sd-pam) x").exec(8180, "(sd-pam)\u{a0}x");
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "c=(s");
    screen.code(&world, KeyCode::Tab);
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("comm=\"(sd-pam)"), "{}", screen.text(&world));
    assert!(pids(&mut screen, &world).contains(&8180));
}

#[test]
fn a_search_and_a_duration_are_completed_too() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.code(&world, KeyCode::F(3));
    screen.typed(&world, "wor");
    screen.code(&world, KeyCode::Tab);
    assert!(screen.text(&world).contains("Search: worker"));
    screen.code(&world, KeyCode::Enter);
    assert_eq!(super::keys::selected(&screen), 8161);
    screen.typed(&world, "d");
    screen.code(&world, KeyCode::Tab);
    assert!(screen.text(&world).contains("Lived at least: 10ms"));
}

#[test]
fn what_was_typed_comes_back() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    for text in ["comm:cc1", "exit!=0", "comm=sleep"] {
        screen.typed(&world, "/");
        screen.code(&world, KeyCode::Home);
        (0..20).for_each(|_| drop(screen.code(&world, KeyCode::Delete)));
        screen.typed(&world, text);
        screen.code(&world, KeyCode::Enter);
    }
    screen.typed(&world, "/");
    let mut seen = Vec::new();
    for key in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down, KeyCode::Down] {
        screen.code(&world, key);
        seen.push(line(&mut screen, &world));
    }
    assert_eq!(seen, ["exit!=0", "comm:cc1", "comm:cc1", "exit!=0", "comm=sleep", "comm=sleep"]);
    screen.typed(&world, " x");
    screen.code(&world, KeyCode::Up);
    screen.code(&world, KeyCode::Down);
    assert_eq!(line(&mut screen, &world), "comm=sleep x", "the draft is not lost");
    // Another kind of line has a history of its own.
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "c");
    assert_eq!(screen.code(&world, KeyCode::Up), Request::None);
}

#[test]
fn a_saved_filter_has_a_name() {
    let world = build();
    let saved = [("failed", "exit!=0"), ("not writable", "x"), ("wrong", "dur>")];
    let saved_filters = saved.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let mut screen = Screen::with(UiOptions { saved_filters, ..UiOptions::default() }, 100, 40);
    screen.typed(&world, "/comm:cc1 @");
    screen.code(&world, KeyCode::Tab);
    assert_eq!(line(&mut screen, &world), "comm:cc1 @failed");
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122]);
    assert!(screen.text(&world).contains("@failed  exit!=0") && screen.text(&world).contains("@wrong"));
    assert!(!screen.text(&world).contains("not writable"));
    screen.code(&world, KeyCode::Tab);
    assert!(screen.text(&world).contains("in the saved filter 'wrong', column 5: no value after 'dur>'"));
    assert_eq!(pids(&mut screen, &world), [1, 80, 4200, 4312, 8121, 8122], "the last that was right");
    screen.code(&world, KeyCode::Tab);
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("1 of 15 match  comm:cc1 @failed"), "{}", screen.text(&world));
}

fn comm() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..15),
        "[a-z()\"\\\\ =~@!<>:\u{301}é日\u{202e}]{1,9}".prop_map(String::into_bytes),
        proptest::sample::select(vec!["and", "or", "not", "\"", "\\", "@x", "a b", "(", "!", "=x", "-c"])
            .prop_map(|comm| comm.as_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever processes are called: every value that is offered makes a filter, and the process is found by it.
    #[test]
    fn what_is_offered_is_right(comms in proptest::collection::vec(comm(), 1..6), bare in any::<bool>()) {
        let mut world = World::new(20);
        world.snapshot(1, 0, "x", "x").snapshot_end();
        for (pid, comm) in (2..).zip(&comms) {
            world.fork(1, pid);
            let subject = Subject { comm: Comm::from_bytes(comm), ..world.subject(pid) };
            let image = Image { argv: (*b"y").into(), ..Image::default() };
            world.apply(What::Exec(Exec { subject, image: image.into(), ..Exec::default() }));
        }
        let mut screen = Screen::new(100, 40);
        screen.typed(&world, if bare { "/" } else { "/comm=" });
        let first = comms.iter().filter_map(|comm| std::str::from_utf8(comm).ok()?.chars().next()).next();
        if bare {
            screen.typed(&world, &first.filter(|c| c.is_alphanumeric()).unwrap_or('x').to_string());
        }
        for _ in 0..comms.len() + 1 {
            screen.code(&world, KeyCode::Tab);
            let text = screen.text(&world);
            let line = line(&mut screen, &world);
            // a word that wants a value yet, or one with a number that is a proposal, as in `rss>10M`
            let is_proposal = line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('>');
            if line.ends_with([':', '=']) || is_proposal {
                continue;
            }
            prop_assert!(!text.lines().any(|line| line.trim_start().starts_with('^')), "{text}");
            prop_assert!(!text.contains("0 of"), "{text}");
        }
    }
}
