//! Keys: how they are written down, recognised and named.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::model::filter::quote;
use crate::text;

/// Keys that are no characters, each with its name and what else it is called.
const NAMED: [(KeyCode, &[&str]); 15] = [
    (KeyCode::Up, &["Up", "↑"]),
    (KeyCode::Down, &["Down", "↓"]),
    (KeyCode::Left, &["Left", "←"]),
    (KeyCode::Right, &["Right", "→"]),
    (KeyCode::PageUp, &["PgUp", "PageUp"]),
    (KeyCode::PageDown, &["PgDn", "PageDown"]),
    (KeyCode::Home, &["Home"]),
    (KeyCode::End, &["End"]),
    (KeyCode::Insert, &["Insert", "Ins"]),
    (KeyCode::Delete, &["Delete", "Del"]),
    (KeyCode::Backspace, &["Backspace"]),
    (KeyCode::Enter, &["Enter", "Return"]),
    (KeyCode::Esc, &["Esc", "Escape"]),
    (KeyCode::Tab, &["Tab"]),
    (KeyCode::BackTab, &["Shift-Tab"]),
];

/// A key with its modifiers. Shift is not told apart where it changes the character already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    pub(super) const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE }
    }

    pub(super) const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    pub(super) const fn of(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// Whether the terminal reported this key.
    pub(super) fn matches(self, event: KeyEvent) -> bool {
        let told = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER);
        // Terminals send Ctrl-] and Ctrl-5 as the same byte; crossterm calls it the latter.
        let code = match event.code {
            KeyCode::Char('5') if told == KeyModifiers::CONTROL => KeyCode::Char(']'),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        code == self.code && told == self.modifiers
    }

    /// What a terminal reports for it.
    pub(super) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether it puts a character into a text.
    pub(super) const fn is_typed(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// As people write it: `Ctrl-u`, `PgUp`, `↑`.
    pub(super) fn name(self) -> String {
        let arrow = match self.code {
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            _ => return self.spelling(),
        };
        format!("{}{arrow}", self.prefix())
    }

    /// As [`Key::parse`] takes it: in ASCII, but for characters beyond it.
    pub(super) fn spelling(self) -> String {
        let prefix = self.prefix();
        match self.code {
            KeyCode::Char(' ') => format!("{prefix}Space"),
            KeyCode::Char(c) => format!("{prefix}{c}"),
            KeyCode::F(number) => format!("{prefix}F{number}"),
            code => {
                let named = NAMED.iter().find(|(known, _)| *known == code);
                format!("{prefix}{}", named.map_or("?", |(_, names)| names[0]))
            }
        }
    }

    fn prefix(self) -> &'static str {
        match (self.modifiers.contains(KeyModifiers::CONTROL), self.modifiers.contains(KeyModifiers::ALT)) {
            (false, false) => "",
            (true, false) => "Ctrl-",
            (false, true) => "Alt-",
            (true, true) => "Ctrl-Alt-",
        }
    }

    /// Reads a key: a character, or a name as `Ctrl-u`, `F5`, `PgUp`, `Alt-x`. Names may be in any case.
    ///
    /// # Errors
    /// One line, for what is no key or never comes from a terminal.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((modifier, after)) = split_modifier(rest) {
            modifiers |= modifier;
            rest = after;
        }
        let unknown =
            || format!("{} is no key; write one as x, Ctrl-x, Alt-x, F5, PgUp, Space or Enter", quote(text));
        let code = code_of(rest).ok_or_else(unknown)?;
        let key = Self { code, modifiers };
        if modifiers.contains(KeyModifiers::CONTROL) { key.under_control(text) } else { Ok(key) }
    }

    /// Of characters with Ctrl a terminal sends only some, and of those some are other keys.
    fn under_control(self, text: &str) -> Result<Self, String> {
        let KeyCode::Char(c) = self.code else { return Ok(self) };
        let other = |name: &str| Err(format!("terminals send {} as {name}; write that", quote(text)));
        match c.to_ascii_lowercase() {
            'i' => other("Tab"),
            'm' => other("Enter"),
            '[' => other("Esc"),
            c @ ('a'..='z' | ']' | ' ') => Ok(Self { code: KeyCode::Char(c), ..self }),
            _ => Err(format!("terminals do not send {}; Ctrl goes with a letter, Space or ]", quote(text))),
        }
    }
}

/// A modifier with what follows it. A lone `-` is a key.
fn split_modifier(text: &str) -> Option<(KeyModifiers, &str)> {
    let known = [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)];
    known.into_iter().find_map(|(prefix, modifier)| {
        let (head, rest) = text.split_at_checked(prefix.len())?;
        (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some((modifier, rest))
    })
}

fn code_of(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        let named = NAMED.iter().find(|(_, names)| names.contains(&name));
        let is_seen = !c.is_whitespace() && text::width(name) > 0 && text::sanitise(name.as_bytes()) == name;
        return named.map(|(code, _)| *code).or_else(|| (is_seen || c == ' ').then_some(KeyCode::Char(c)));
    }
    if name.eq_ignore_ascii_case("space") {
        return Some(KeyCode::Char(' '));
    }
    let number = name.strip_prefix(['F', 'f']).filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
    if let Some(number) =
        number.and_then(|number| number.parse().ok()).filter(|number| (1..=24).contains(number))
    {
        return Some(KeyCode::F(number));
    }
    let is_called = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    NAMED.iter().find(|(_, names)| is_called(names)).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelt_is_read_again() {
        for text in [
            "x",
            "G",
            "?",
            "-",
            "é",
            "Space",
            "Ctrl-u",
            "Ctrl-]",
            "Ctrl-Space",
            "Alt-x",
            "Alt--",
            "F1",
            "F12",
            "Up",
            "PgDn",
            "Enter",
            "Esc",
            "Shift-Tab",
            "Ctrl-Left",
            "Ctrl-Alt-a",
            "Delete",
        ] {
            assert_eq!(Key::parse(text).map(Key::spelling).as_deref(), Ok(text));
        }
        for (text, meant) in [
            (" ", "Space"),
            ("ctrl-U", "Ctrl-u"),
            ("pageup", "PgUp"),
            ("↑", "Up"),
            ("return", "Enter"),
            ("f5", "F5"),
        ] {
            assert_eq!(Key::parse(text).map(Key::spelling).as_deref(), Ok(meant));
        }
    }

    #[test]
    fn what_no_terminal_sends_is_refused() {
        for (text, says) in [
            ("", "'' is no key"),
            ("xx", "'xx' is no key"),
            ("F0", "'F0' is no key"),
            ("F25", "'F25' is no key"),
            ("Ctrl-", "'Ctrl-' is no key"),
            ("Shift-x", "'Shift-x' is no key"),
            ("\u{202e}", "is no key"),
            ("\n", "is no key"),
            ("Ctrl-i", "terminals send 'Ctrl-i' as Tab; write that"),
            ("ctrl-M", "terminals send 'ctrl-M' as Enter"),
            ("Ctrl-1", "terminals do not send 'Ctrl-1'"),
        ] {
            let message = Key::parse(text).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
    }

    #[test]
    fn shift_is_part_of_a_letter_and_control_is_not() {
        let event = |code, modifiers| KeyEvent::new(code, modifiers);
        assert!(Key::char('G').matches(event(KeyCode::Char('G'), KeyModifiers::SHIFT)));
        assert!(!Key::char('c').matches(event(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(Key::ctrl(']').matches(event(KeyCode::Char('5'), KeyModifiers::CONTROL)));
        assert!(Key::of(KeyCode::BackTab).matches(event(KeyCode::BackTab, KeyModifiers::SHIFT)));
    }
}
