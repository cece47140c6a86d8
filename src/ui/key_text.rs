//! Keys as text, for those who can't press them: `/comm:cc1<Enter>G<Down>`.
//!
//! A character stands for its key. Between `<` and `>` stands the name of a key as the help shows it (`<Enter>`,
//! `<PgDn>`, `<Ctrl-u>`, `<F4>`), in upper or lower case; `<lt>` is the key `<` itself. Blanks and line ends count as
//! themselves and as nothing, respectively: so a script can be broken into lines.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::Key;

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
                format!("{complaint}; that is at character {column}")
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
    let Some((name, after)) = text.split_once('>') else {
        return Err("no '>' closes the name of the key; '<lt>' is the key '<' itself".to_owned());
    };
    let key = if name.eq_ignore_ascii_case("lt") { Key::char('<') } else { Key::parse(name)? };
    Ok((key.event(), after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bindings::bindings;
    use super::*;

    fn codes(text: &str) -> Vec<(KeyCode, KeyModifiers)> {
        parse_keys(text).unwrap().into_iter().map(|key| (key.code, key.modifiers)).collect()
    }

    #[test]
    fn characters_stand_for_themselves_and_names_for_their_keys() {
        let plain = |code| (code, KeyModifiers::NONE);
        assert_eq!(
            codes("/a é<lt>\n<enter><PgDn><↓><Down><f10><Ctrl-U>><Shift-Tab><Space>"),
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
                plain(KeyCode::Char('>')),
                plain(KeyCode::BackTab),
                plain(KeyCode::Char(' ')),
            ]
        );
        assert_eq!(codes(""), []);
    }

    #[test]
    fn what_is_no_key_is_told_with_its_place() {
        for (text, told) in [
            ("ab<Foo>", "'Foo' is no key"),
            ("ab<", "no '>' closes"),
            ("ab<Enter", "no '>' closes"),
            ("ab<>", "'' is no key"),
            ("ab<F0>", "'F0' is no key"),
            ("ab<Ctrl-m>", "as Enter; write that"),
            ("ab<dur<5>", "'dur<5' is no key"),
        ] {
            let complaint = parse_keys(text).unwrap_err();
            assert!(complaint.contains(told) && complaint.ends_with("at character 3"), "{complaint}");
            assert_eq!(complaint.lines().count(), 1);
        }
        assert!(parse_keys("a\u{1b}[A").unwrap_err().contains("is no key"));
        let long = parse_keys(&format!("<{}\u{1b}>", "x".repeat(1000))).unwrap_err();
        assert!(long.len() < 300 && !long.contains(char::is_control), "{long}");
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
        for key in bindings().flat_map(|binding| binding.keys) {
            let name = key.name();
            let text = if name.chars().count() == 1 && name.is_ascii() { name } else { format!("<{name}>") };
            let text = if text == "<" { "<lt>".to_owned() } else { text };
            let events = parse_keys(&text).unwrap();
            assert!(matches!(events.as_slice(), [event] if key.matches(*event)), "{text}");
        }
    }
}
