//! Keys as text, for those who can't press them: `/comm:cc1<Enter>G<Down>`.
//!
//! A character stands for its key. Between `<` and `>` stands the name of a key as the help shows it (`<Enter>`,
//! `<PgDn>`, `<Ctrl-u>`, `<F4>`), in upper or lower case; `<lt>` is the key `<` itself. Blanks and line ends count as
//! themselves and as nothing, respectively: so a script can be broken into lines.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::Key;

/// The keys that have names.
const NAMED: [KeyCode; 15] = [
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::BackTab,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::Backspace,
    KeyCode::Delete,
    KeyCode::Char(' '),
];

/// Reads keys.
///
/// # Errors
/// One line that says what is no key, and where.
pub fn parse_keys(text: &str) -> Result<Vec<KeyEvent>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '<' {
            let (key, after) = named_key(after).map_err(|complaint| {
                let before = text.len() - rest.len();
                let column = text.get(..before).unwrap_or_default().chars().count() + 1;
                format!("{complaint} at character {column}")
            })?;
            keys.push(key);
            rest = after;
            continue;
        }
        if c.is_control() && c != '\n' {
            return Err(format!("{c:?} is no key; write a name such as <Tab>"));
        }
        if c != '\n' {
            keys.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
        rest = after;
    }
    Ok(keys)
}

/// A name up to its `>`, and what follows.
fn named_key(text: &str) -> Result<(KeyEvent, &str), String> {
    // the key `>` has a name of one letter with a modifier: `<Ctrl->>`
    let end = text.char_indices().skip(1).find(|&(at, c)| c == '>' && !text.get(..at).is_some_and(is_prefix));
    let Some((name, after)) = end.and_then(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?))) else {
        return Err("no '>' closes the name of the key; '<lt>' is the key '<' itself".to_owned());
    };
    match key_of_name(name) {
        Some(key) => Ok((key, after)),
        None => Err(format!(
            "there is no key <{}>; there are <Enter>, <Esc>, <Tab>, <Down>, <PgDn>, <Ctrl-u>, <F1> and such",
            crate::text::truncate(&crate::text::sanitise(name.as_bytes()), 20)
        )),
    }
}

fn is_prefix(name: &str) -> bool {
    name.eq_ignore_ascii_case("Ctrl-")
}

fn key_of_name(name: &str) -> Option<KeyEvent> {
    let (name, modifiers) = match name.get(..5) {
        Some(prefix) if is_prefix(prefix) => (name.get(5..)?, KeyModifiers::CONTROL),
        _ => (name, KeyModifiers::NONE),
    };
    let mut chars = name.chars();
    let code = match (chars.next()?, chars.next()) {
        (c, None) if modifiers == KeyModifiers::CONTROL => KeyCode::Char(c.to_ascii_lowercase()),
        _ => code_of_name(name)?,
    };
    Some(KeyEvent::new(code, modifiers))
}

fn code_of_name(name: &str) -> Option<KeyCode> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("lt") {
        return Some(KeyCode::Char('<'));
    }
    if let Some(number) = name.strip_prefix(['F', 'f']).and_then(|number| number.parse().ok()) {
        return Some(KeyCode::F(number)).filter(|_| (1..=12).contains(&number));
    }
    NAMED.into_iter().find(|&code| is(&Key::of(code).name()) || typed_name(code).is_some_and(is))
}

/// The name on a keyboard of a key whose name in the help is a sign, or that the help does not name.
const fn typed_name(code: KeyCode) -> Option<&'static str> {
    Some(match code {
        KeyCode::Up => "Up",
        KeyCode::Down => "Down",
        KeyCode::Left => "Left",
        KeyCode::Right => "Right",
        KeyCode::Backspace => "Backspace",
        KeyCode::Delete => "Delete",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bindings::BINDINGS;
    use super::*;

    fn codes(text: &str) -> Vec<(KeyCode, KeyModifiers)> {
        parse_keys(text).unwrap().into_iter().map(|key| (key.code, key.modifiers)).collect()
    }

    #[test]
    fn characters_stand_for_themselves_and_names_for_their_keys() {
        let plain = |code| (code, KeyModifiers::NONE);
        assert_eq!(
            codes("/a é<lt>\n<enter><PgDn><↓><Down><f10><Ctrl-U><Ctrl->><Shift-Tab><Space>"),
            [
                plain(KeyCode::Char('/')),
                plain(KeyCode::Char('a')),
                plain(KeyCode::Char(' ')),
                plain(KeyCode::Char('é')),
                plain(KeyCode::Char('<')),
                plain(KeyCode::Enter),
                plain(KeyCode::PageDown),
                plain(KeyCode::Down),
                plain(KeyCode::Down),
                plain(KeyCode::F(10)),
                (KeyCode::Char('u'), KeyModifiers::CONTROL),
                (KeyCode::Char('>'), KeyModifiers::CONTROL),
                plain(KeyCode::BackTab),
                plain(KeyCode::Char(' ')),
            ]
        );
        assert_eq!(codes(""), []);
    }

    #[test]
    fn what_is_no_key_is_told_with_its_place() {
        for (text, told) in [
            ("ab<Foo>", "no key <Foo>"),
            ("ab<", "no '>' closes"),
            ("ab<Enter", "no '>' closes"),
            ("ab<>", "no '>' closes"),
            ("ab<F0>", "no key <F0>"),
            ("ab<F13>", "no key <F13>"),
            ("ab<Ctrl->", "no '>' closes"),
            ("ab<dur<5>", "no key <dur<5>"),
        ] {
            let complaint = parse_keys(text).unwrap_err();
            assert!(complaint.contains(told) && complaint.ends_with("at character 3"), "{complaint}");
            assert_eq!(complaint.lines().count(), 1);
        }
        assert!(parse_keys("a\u{1b}[A").unwrap_err().contains("is no key"));
        let long = parse_keys(&format!("<{}\u{1b}>", "x".repeat(1000))).unwrap_err();
        assert!(long.len() < 200 && !long.contains(char::is_control), "{long}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_refused_in_one_line(text in "(\\PC|<|>|<Ctrl-|<F1|\n|\u{1b}){0,12}") {
            match parse_keys(&text) {
                Ok(keys) => prop_assert!(keys.len() <= text.chars().count()),
                Err(complaint) => prop_assert!(!complaint.contains(char::is_control), "{complaint:?}"),
            }
        }
    }

    #[test]
    fn every_key_of_the_keymap_can_be_written_down() {
        for key in BINDINGS.iter().flat_map(|binding| binding.keys) {
            let name = key.name();
            let text = if name.chars().count() == 1 && name.is_ascii() { name } else { format!("<{name}>") };
            let text = if text == "<" { "<lt>".to_owned() } else { text };
            let events = parse_keys(&text).unwrap();
            assert!(matches!(events.as_slice(), [event] if key.matches(*event)), "{text}");
        }
    }
}
