use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::{Film, Format, svg, text};

/// A small screen with one of each.
fn styled() -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 5));
    let plain = Style::new();
    buffer.set_string(0, 0, "━ Tree ━━", plain.add_modifier(Modifier::BOLD));
    buffer.set_string(12, 0, "▂▄█", plain.fg(Color::Blue));
    buffer.set_string(0, 1, "├─▾ sh -c", plain.add_modifier(Modifier::DIM));
    buffer.set_string(10, 1, "'a < b && c'", plain.fg(Color::Red));
    buffer.set_string(2, 2, "selected 日本 e\u{301}x", plain.fg(Color::Green));
    buffer.set_style(Rect::new(0, 2, 24, 1), plain.add_modifier(Modifier::REVERSED));
    buffer.set_string(0, 3, "under", plain.add_modifier(Modifier::UNDERLINED | Modifier::ITALIC));
    buffer.set_string(6, 3, "שלום", plain.fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(208)));
    buffer.set_string(12, 3, "secret", plain.add_modifier(Modifier::HIDDEN));
    buffer
}

#[test]
fn a_styled_screen() {
    assert_snapshot!(svg(&styled()));
}

#[test]
fn as_text_it_is_what_stands_there() {
    assert_eq!(
        text(&styled()),
        "━ Tree ━━   ▂▄█\n├─▾ sh -c 'a < b && c'\n  selected 日本 e\u{301}x\nunder שלום\n\n"
    );
}

#[test]
fn what_a_viewer_could_act_on_is_replaced() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
    let symbols = ["\u{1b}", "\u{202e}", "\u{301}", "e\u{200d}\u{7}", "\u{ffff}", "&", "<", "日"];
    for (x, symbol) in (0..).zip(symbols) {
        buffer[(x, 0)].set_symbol(symbol);
    }
    let replaced = '\u{fffd}';
    assert_eq!(text(&buffer), format!("{replaced}{replaced}{replaced}e{replaced}&<{replaced}\n"));
    assert!(is_well_formed(&svg(&buffer)));
}

#[test]
fn an_animation_writes_down_once_what_stays() {
    let frame = |name: &str| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        buffer.set_string(0, 0, "stays", Style::new());
        buffer.set_string(0, 1, name, Style::new());
        buffer
    };
    let frames: Vec<Buffer> = ["one", "two", "one", "", "end"].into_iter().map(frame).collect();
    let drawn = animation(&frames, Duration::from_millis(500), Duration::from_secs(2));
    assert!(is_well_formed(&drawn));
    assert_snapshot!(drawn);
    assert_eq!(animation(&[], Duration::ZERO, Duration::ZERO), "");
    assert!(is_well_formed(&animation(&frames, Duration::ZERO, Duration::ZERO)));
}

#[test]
fn the_ending_of_a_name_says_the_format() {
    for (name, format) in [
        ("a.svg", Some(Format::Svg)),
        ("/x.y/a b.SVG", Some(Format::Svg)),
        ("a.svg.txt", Some(Format::Text)),
        ("a.png", None),
        ("svg", None),
        (".svg", None),
        ("dir/.txt", None),
        ("", None),
    ] {
        assert_eq!(Format::of_name(name), format, "{name}");
    }
}

fn animation(screens: &[Buffer], each: Duration, last: Duration) -> String {
    let mut film = Film::default();
    for screen in screens {
        film.add(screen);
    }
    film.animation(each, last)
}

/// Whether every element is closed in its turn, every value quoted, every `&` one of our three, and nothing a control
/// character but the ends of lines.
fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = svg;
    let is_text = |text: &str| {
        let bare =
            ["&amp;", "&lt;", "&gt;"].iter().fold(text.to_owned(), |text, entity| text.replace(entity, ""));
        !bare.contains(['&', '>']) && bare.chars().all(|c| c == '\n' || !c.is_control())
    };
    while let Some((before, after)) = rest.split_once('<') {
        let Some((tag, next)) = after.split_once('>') else { return false };
        // Quotes come in pairs, and between them is no quote: every second part is a value.
        let is_tag = tag.matches('"').count() % 2 == 0 && tag.split('"').all(is_text);
        if !is_text(before) || !is_tag {
            return false;
        }
        let name = tag.trim_matches('/').split(' ').next().unwrap_or_default();
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(_), _) if open.pop() != Some(name) => return false,
            (None, false) => open.push(name),
            _ => {}
        }
        rest = next;
    }
    open.is_empty() && is_text(rest)
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let symbol = prop_oneof![
        proptest::sample::select(vec![
            "a", " ", "─", "█", "▏", "日", "e\u{301}", "\u{202e}", "<", "&", "]]>", "\u{0}"
        ]),
        any::<char>().prop_map(|c| &*c.to_string().leak()),
        "[\\PC\\pC]{0,3}".prop_map(|text| &*text.leak()),
    ];
    let colour = prop_oneof![Just(Color::Reset), any::<u8>().prop_map(Color::Indexed)];
    (symbol, colour.clone(), colour, any::<u16>()).prop_map(|(symbol, fg, bg, modifier)| {
        let mut cell = Cell::default();
        cell.set_symbol(symbol).set_fg(fg).set_bg(bg);
        cell.modifier = Modifier::from_bits_truncate(modifier);
        cell
    })
}

proptest! {
    #[test]
    fn whatever_the_cells_hold_the_picture_is_well_formed(
        width in 0_u16..9,
        cells in proptest::collection::vec(any_cell(), 0..40),
    ) {
        let height = u16::try_from(cells.len()).unwrap() / width.max(1);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        for (to, cell) in buffer.content.iter_mut().zip(&cells) {
            to.clone_from(cell);
        }
        let drawn = svg(&buffer);
        prop_assert!(is_well_formed(&drawn), "{drawn}");
        prop_assert_eq!(svg(&buffer), drawn);
        let written = text(&buffer);
        prop_assert!(written.chars().all(|c| c == '\n' || !c.is_control()));
        for line in written.lines() {
            prop_assert!(crate::text::width(line) <= usize::from(width), "{line}");
        }
        let other = animation(&[buffer.clone(), Buffer::empty(buffer.area)], Duration::from_secs(1), Duration::ZERO);
        prop_assert!(is_well_formed(&other), "{other}");
    }
}
