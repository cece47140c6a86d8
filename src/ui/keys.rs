//! Keys: how they are written down, recognised and named.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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

    /// As people write it: `Ctrl-u`, `PgUp`, `↑`.
    pub(super) fn name(self) -> String {
        let prefix = if self.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
        let name = match self.code {
            KeyCode::Char(' ') => "Space",
            KeyCode::Char(c) => return format!("{prefix}{c}"),
            KeyCode::F(number) => return format!("{prefix}F{number}"),
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            KeyCode::Home => "Home",
            KeyCode::End => "End",
            KeyCode::Enter => "Enter",
            KeyCode::Esc => "Esc",
            KeyCode::Tab => "Tab",
            KeyCode::BackTab => "Shift-Tab",
            _ => "?",
        };
        format!("{prefix}{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_is_part_of_a_letter_and_control_is_not() {
        let event = |code, modifiers| KeyEvent::new(code, modifiers);
        assert!(Key::char('G').matches(event(KeyCode::Char('G'), KeyModifiers::SHIFT)));
        assert!(!Key::char('c').matches(event(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(Key::ctrl(']').matches(event(KeyCode::Char('5'), KeyModifiers::CONTROL)));
        assert!(Key::of(KeyCode::BackTab).matches(event(KeyCode::BackTab, KeyModifiers::SHIFT)));
    }
}
