//! Keys and pastes as the bytes that a program on an xterm would get.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The bytes for a key; empty for keys that xterm does not send, and for releases.
///
/// `application_cursor` is the mode that the command's terminal is in ([`vt100::Screen::application_cursor`]).
pub fn encode_key(key: &KeyEvent, application_cursor: bool) -> Vec<u8> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let modifier = xterm_modifier(key.modifiers);
    match key.code {
        KeyCode::Char(c) => with_alt(key.modifiers, char_bytes(c, key.modifiers)),
        KeyCode::Enter => with_alt(key.modifiers, b"\r".to_vec()),
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => b"\x1b[Z".to_vec(),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Tab => with_alt(key.modifiers, b"\t".to_vec()),
        KeyCode::Esc => with_alt(key.modifiers, b"\x1b".to_vec()),
        KeyCode::Backspace => {
            let erase = if key.modifiers.contains(KeyModifiers::CONTROL) { 0x08 } else { 0x7f };
            with_alt(key.modifiers, vec![erase])
        }
        KeyCode::Null => vec![0],
        KeyCode::Up => cursor_key('A', modifier, application_cursor),
        KeyCode::Down => cursor_key('B', modifier, application_cursor),
        KeyCode::Right => cursor_key('C', modifier, application_cursor),
        KeyCode::Left => cursor_key('D', modifier, application_cursor),
        KeyCode::End => cursor_key('F', modifier, application_cursor),
        KeyCode::Home => cursor_key('H', modifier, application_cursor),
        KeyCode::Insert => editing_key(2, modifier),
        KeyCode::Delete => editing_key(3, modifier),
        KeyCode::PageUp => editing_key(5, modifier),
        KeyCode::PageDown => editing_key(6, modifier),
        KeyCode::F(n) => function_key(n, modifier),
        _ => Vec::new(),
    }
}

/// The bytes for pasted text. Line ends become Enter; other control characters but Tab are left out, so that text
/// can neither press keys nor end the bracket. `bracketed` is [`vt100::Screen::bracketed_paste`].
pub fn encode_paste(text: &str, bracketed: bool) -> Vec<u8> {
    let lines = text.replace("\r\n", "\r").replace('\n', "\r");
    let typed: String = lines.chars().filter(|c| matches!(c, '\r' | '\t') || !c.is_control()).collect();
    if bracketed { [b"\x1b[200~", typed.as_bytes(), b"\x1b[201~"].concat() } else { typed.into_bytes() }
}

/// xterm's number for a combination of modifiers: 1 for none.
fn xterm_modifier(modifiers: KeyModifiers) -> u8 {
    let bit = |modifier, value| if modifiers.contains(modifier) { value } else { 0 };
    1 + bit(KeyModifiers::SHIFT, 1) + bit(KeyModifiers::ALT, 2) + bit(KeyModifiers::CONTROL, 4)
}

/// Alt is an ESC before the key.
fn with_alt(modifiers: KeyModifiers, mut bytes: Vec<u8>) -> Vec<u8> {
    if modifiers.contains(KeyModifiers::ALT) {
        bytes.insert(0, 0x1b);
    }
    bytes
}

fn char_bytes(c: char, modifiers: KeyModifiers) -> Vec<u8> {
    let control = if modifiers.contains(KeyModifiers::CONTROL) { control_byte(c) } else { None };
    control.map_or_else(|| c.to_string().into_bytes(), |byte| vec![byte])
}

/// What Ctrl makes of a character, with the digits and signs that stand in for unreachable ones.
fn control_byte(c: char) -> Option<u8> {
    Some(match c {
        'a'..='z' | 'A'..='Z' => c as u8 & 0x1f,
        ' ' | '@' | '2' | '`' => 0x00,
        '[' | '{' | '3' => 0x1b,
        '\\' | '|' | '4' => 0x1c,
        ']' | '}' | '5' => 0x1d,
        '^' | '~' | '6' => 0x1e,
        '_' | '/' | '-' | '7' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

fn cursor_key(last: char, modifier: u8, application: bool) -> Vec<u8> {
    match (modifier, application) {
        (1, true) => format!("\x1bO{last}"),
        (1, false) => format!("\x1b[{last}"),
        _ => format!("\x1b[1;{modifier}{last}"),
    }
    .into_bytes()
}

fn editing_key(number: u8, modifier: u8) -> Vec<u8> {
    if modifier == 1 { format!("\x1b[{number}~") } else { format!("\x1b[{number};{modifier}~") }.into_bytes()
}

fn function_key(n: u8, modifier: u8) -> Vec<u8> {
    let number = match n {
        1..=4 => {
            let last = char::from(b'O' + n);
            return if modifier == 1 { format!("\x1bO{last}") } else { format!("\x1b[1;{modifier}{last}") }
                .into_bytes();
        }
        5 => 15,
        6..=10 => n + 11,
        11..=14 => n + 12,
        15 | 16 => n + 13,
        17..=20 => n + 14,
        _ => return Vec::new(),
    };
    editing_key(number, modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;

    fn sent(code: KeyCode, modifiers: KeyModifiers) -> Vec<u8> {
        encode_key(&KeyEvent::new(code, modifiers), false)
    }

    #[test]
    fn text_and_control_characters() {
        let c = KeyCode::Char;
        let table: &[(KeyCode, KeyModifiers, &[u8])] = &[
            (c('a'), NONE, b"a"),
            (c('A'), SHIFT, b"A"),
            (c('ü'), NONE, "ü".as_bytes()),
            (c('漢'), ALT, "\x1b漢".as_bytes()),
            (c('x'), ALT, b"\x1bx"),
            (c('c'), CTRL, b"\x03"),
            (c('C'), CTRL | SHIFT, b"\x03"),
            (c('z'), CTRL, b"\x1a"),
            (c('a'), CTRL | ALT, b"\x1b\x01"),
            (c(' '), CTRL, b"\0"),
            (c('['), CTRL, b"\x1b"),
            (c('4'), CTRL, b"\x1c"),
            (c('\\'), CTRL, b"\x1c"),
            (c('5'), CTRL, b"\x1d"),
            (c('6'), CTRL, b"\x1e"),
            (c('7'), CTRL, b"\x1f"),
            (c('?'), CTRL, b"\x7f"),
            (c('9'), CTRL, b"9"),
            (c('ü'), CTRL, "ü".as_bytes()),
        ];
        for (code, modifiers, bytes) in table {
            assert_eq!(sent(*code, *modifiers), *bytes, "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn named_keys() {
        use KeyCode::*;
        let table: &[(KeyCode, KeyModifiers, &[u8])] = &[
            (Enter, NONE, b"\r"),
            (Enter, ALT, b"\x1b\r"),
            (Tab, NONE, b"\t"),
            (Tab, SHIFT, b"\x1b[Z"),
            (BackTab, SHIFT, b"\x1b[Z"),
            (Backspace, NONE, b"\x7f"),
            (Backspace, ALT, b"\x1b\x7f"),
            (Backspace, CTRL, b"\x08"),
            (Esc, NONE, b"\x1b"),
            (Up, NONE, b"\x1b[A"),
            (Down, NONE, b"\x1b[B"),
            (Right, CTRL, b"\x1b[1;5C"),
            (Left, ALT | SHIFT, b"\x1b[1;4D"),
            (Home, NONE, b"\x1b[H"),
            (End, NONE, b"\x1b[F"),
            (Insert, NONE, b"\x1b[2~"),
            (Delete, NONE, b"\x1b[3~"),
            (Delete, CTRL, b"\x1b[3;5~"),
            (PageUp, NONE, b"\x1b[5~"),
            (PageDown, SHIFT, b"\x1b[6;2~"),
            (CapsLock, NONE, b""),
        ];
        for (code, modifiers, bytes) in table {
            assert_eq!(sent(*code, *modifiers), *bytes, "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn function_keys_are_those_of_xterm() {
        let numbers = [15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];
        for (n, number) in (5..=20).zip(numbers) {
            assert_eq!(sent(KeyCode::F(n), NONE), format!("\x1b[{number}~").into_bytes(), "F{n}");
        }
        for (n, last) in (1..=4).zip("PQRS".chars()) {
            assert_eq!(sent(KeyCode::F(n), NONE), format!("\x1bO{last}").into_bytes(), "F{n}");
        }
        assert_eq!(sent(KeyCode::F(1), SHIFT), b"\x1b[1;2P");
        assert_eq!(sent(KeyCode::F(12), CTRL), b"\x1b[24;5~");
        assert_eq!(sent(KeyCode::F(40), NONE), b"");
    }

    #[test]
    fn application_cursor_mode_changes_only_bare_cursor_keys() {
        let sent = |code, modifiers| encode_key(&KeyEvent::new(code, modifiers), true);
        assert_eq!(sent(KeyCode::Up, NONE), b"\x1bOA");
        assert_eq!(sent(KeyCode::Home, NONE), b"\x1bOH");
        assert_eq!(sent(KeyCode::Up, CTRL), b"\x1b[1;5A");
        assert_eq!(sent(KeyCode::Delete, NONE), b"\x1b[3~");
    }

    #[test]
    fn a_release_sends_nothing_and_a_repeat_does() {
        let of_kind = |kind| encode_key(&KeyEvent::new_with_kind(KeyCode::Char('a'), NONE, kind), false);
        assert_eq!(of_kind(KeyEventKind::Release), b"");
        assert_eq!(of_kind(KeyEventKind::Repeat), b"a");
    }

    #[test]
    fn a_paste_types_text_and_presses_no_keys() {
        assert_eq!(encode_paste("a\nb\r\nc\td", false), b"a\rb\rc\td");
        assert_eq!(encode_paste("x\x03\x1b[A\u{9b}y", false), b"x[Ay");
        assert_eq!(encode_paste("l1\nl2", true), b"\x1b[200~l1\rl2\x1b[201~");
        assert_eq!(encode_paste("a\x1b[201~rm", true), b"\x1b[200~a[201~rm\x1b[201~");
    }
}
