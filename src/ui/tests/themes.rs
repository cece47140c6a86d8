//! Every view in every theme: one frame each, and for each of its styles what it is in the themes, side by side. Read a changed
//! snapshot before it is accepted.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::builder::*;
use super::{failures, storms};
use crate::ui::{ColourLevel, Look, Request, ThemeName, UiOptions};

/// Each with the colours of the terminal that it is for.
const THEMES: [(&str, ThemeName, ColourLevel); 5] = [
    ("dark", ThemeName::Dark, ColourLevel::True),
    ("light", ThemeName::Light, ColourLevel::True),
    ("16", ThemeName::Sixteen, ColourLevel::Ansi),
    ("mono", ThemeName::Mono, ColourLevel::True),
    ("none", ThemeName::Dark, ColourLevel::None),
];

/// The name of its snapshot, what it is over, and the keys that lead there.
type View = (&'static str, fn() -> World, &'static str);
type Style = (Color, Color, Modifier);

fn style(cell: &Cell) -> Style {
    (cell.fg, cell.bg, cell.modifier)
}

fn name((ink, paper, modifier): &Style) -> String {
    let of = |colour: &Color, prefix: &str| match colour {
        Color::Reset => String::new(),
        colour => format!("{prefix}{colour} "),
    };
    let modifiers: Vec<_> = modifier.iter_names().map(|(name, _)| name.to_lowercase()).collect();
    let name = format!("{}{}{}", of(ink, ""), of(paper, "on "), modifiers.join("+"));
    if name.is_empty() { "plain".to_owned() } else { name.trim_end().to_owned() }
}

/// What is on the screen after these keys, and the style of each cell. Enter is `\n`, Tab `\t`.
fn frame(mut world: World, keys: &str, theme: ThemeName, colours: ColourLevel) -> (String, Vec<Style>) {
    let look = Look { theme, colours, ascii: false };
    let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24);
    screen.settled(&world);
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            key => KeyCode::Char(key),
        };
        if let Request::LookAt(instant) = screen.code(&world, code) {
            world.model.look_at(instant);
        }
    }
    let text = screen.settled(&world);
    (text, screen.show(&world).buffer().content.iter().map(style).collect())
}

/// The frame in all themes: beneath each line a letter for what each cell is in them, and then what the letters stand for.
fn in_all_themes(world: fn() -> World, keys: &str) -> String {
    let frames = THEMES.map(|(_, theme, colours)| frame(world(), keys, theme, colours));
    let text = &frames[0].0;
    assert!(frames.iter().all(|frame| frame.0 == *text), "a theme changes no text");
    let plain = [(Color::Reset, Color::Reset, Modifier::empty()); THEMES.len()];
    let (mut known, mut shown) = (vec![plain], String::new());
    for (row, line) in text.lines().enumerate() {
        let letters: String = (row * 80..(row + 1) * 80)
            .map(|cell| {
                let styles = frames.each_ref().map(|frame| frame.1[cell]);
                let at = known.iter().position(|known| *known == styles).unwrap_or_else(|| {
                    known.push(styles);
                    known.len() - 1
                });
                b" abcdefghijklmnopqrstuvwxyz"[at] as char
            })
            .collect();
        shown += &format!("|{line}\n:{}\n", letters.trim_end());
    }
    for (letter, styles) in ('a'..).zip(&known[1..]) {
        let named = THEMES.iter().zip(styles).map(|((theme, ..), style)| format!("{theme} {}", name(style)));
        shown += &format!("{letter}: {}\n", named.collect::<Vec<_>>().join(", "));
    }
    shown
}

#[test]
fn every_view_in_every_theme() {
    let cases: [View; 8] = [
        ("tree", failures::failures, "jjjj"),
        ("table", failures::failures, "tL/exit!=0 or comm:cc1\njj"),
        ("failures", failures::failures, "fjj"),
        ("storms", storms::storm, "s\tj"),
        ("log", failures::failures, "\tkkkk"),
        ("details", build, "jjjj\n\t"),
        ("help", build, "f?"),
        ("time", build, "@+1.2s\njjjj"),
    ];
    for (name, world, keys) in cases {
        assert_snapshot!(format!("all_themes_{name}"), in_all_themes(world, keys));
    }
}
