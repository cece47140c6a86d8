//! Filters as they are typed, kept and taken back.

use crossterm::event::KeyCode;

use super::builder::*;
use super::keys::{ALL, pids, selected, tree};
use crate::model::filter::Filter;
use crate::ui::{Request, UiOptions};

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
