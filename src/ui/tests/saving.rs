//! `S`: what is asked, and what the application is asked for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::builder::*;
use crate::picture::Format;
use crate::ui::Request;

fn emptied(screen: &mut Screen, world: &World) {
    screen.key(world, KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
}

#[test]
fn a_name_is_proposed_and_its_ending_says_what_is_written() {
    let world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "S");
    let text = screen.text(&world);
    assert!(text.contains("Write the screen (.svg or .txt) to: proctop-"), "{text}");
    match screen.code(&world, KeyCode::Enter) {
        Request::SavePicture { name, format: Format::Svg } => {
            let digits = name.strip_prefix("proctop-").and_then(|rest| rest.strip_suffix(".svg"));
            assert!(digits.is_some_and(|digits| digits.len() == 6), "{name}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!screen.text(&world).contains("Write the screen"), "the question is not in the picture");

    screen.typed(&world, "S");
    emptied(&mut screen, &world);
    screen.typed(&world, "a b.txt ");
    let wanted = Request::SavePicture { name: "a b.txt".to_owned(), format: Format::Text };
    assert_eq!(screen.code(&world, KeyCode::Enter), wanted);
}

#[test]
fn a_name_of_which_nobody_knows_what_is_meant_is_refused_and_the_question_can_be_left() {
    let world = build();
    let mut screen = Screen::new(80, 24);
    let before = screen.text(&world);
    screen.typed(&world, "S");
    emptied(&mut screen, &world);
    for _ in 0..2 {
        assert_eq!(screen.code(&world, KeyCode::Enter), Request::None);
        assert!(screen.text(&world).contains("must end in .svg (a picture) or .txt (text)"));
        screen.typed(&world, "screen.png");
    }
    screen.code(&world, KeyCode::Esc);
    assert_eq!(screen.text(&world), before);
}

#[test]
fn the_storm_view_is_what_is_written_when_it_is_asked_there() {
    let world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "s");
    let storms = screen.text(&world);
    for (last, is_asked) in [(KeyCode::Enter, true), (KeyCode::Esc, false)] {
        screen.typed(&world, "S");
        assert_ne!(screen.text(&world), storms);
        assert_eq!(matches!(screen.code(&world, last), Request::SavePicture { .. }), is_asked);
        assert_eq!(screen.text(&world), storms);
    }
}
