//! What the command has written, as its terminal shows it.

use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::command_text;
use super::layout;
use super::paint::{Canvas, Piece};
use super::scene::{CommandView, Outcome};
use super::theme::{Role, Theme};
use crate::text;

/// The part of the command's screen that is shown, when the pane is not as large as it.
#[derive(Clone, Copy)]
struct Window {
    area: Rect,
    first_row: u16,
}

impl Window {
    /// The cursor's line is inside.
    fn new(area: Rect, screen: &vt100::Screen) -> Self {
        let (cursor, _) = screen.cursor_position();
        let first_row = (cursor + 1).saturating_sub(area.height);
        Self { area, first_row }
    }
}

/// The area in which the command's screen is shown.
pub(super) fn screen_area(pane: Rect) -> Rect {
    layout::content(pane)
}

/// Who has the keyboard, and the name of the key that changes that.
pub(super) enum Keyboard {
    Ours(String),
    TheCommands(String),
}

/// Draws the pane.
pub(super) fn draw(
    pane: Rect,
    command: &CommandView<'_>,
    keyboard: &Keyboard,
    focused: bool,
    canvas: &mut Canvas<'_>,
) {
    if pane.is_empty() {
        return;
    }
    canvas.title(
        layout::title(pane),
        focused || matches!(keyboard, Keyboard::TheCommands(_)),
        &title(command),
        &position(command, keyboard),
    );
    let window = Window::new(screen_area(pane), command.screen);
    for y in 0..window.area.height {
        draw_row(window, y, command.screen, canvas);
    }
}

/// Where the command's cursor is on our screen.
pub(super) fn cursor(pane: Rect, screen: &vt100::Screen) -> Option<Position> {
    let window = Window::new(screen_area(pane), screen);
    let (row, column) = screen.cursor_position();
    let row = row.checked_sub(window.first_row)?;
    let inside = row < window.area.height && column < window.area.width;
    let visible = inside && !screen.hide_cursor() && screen.scrollback() == 0;
    visible.then(|| Position::new(window.area.x + column, window.area.y + row))
}

fn title(command: &CommandView<'_>) -> Vec<Piece> {
    let line = text::sanitise(command.text.as_bytes());
    let (outcome, role) = match command.outcome {
        Outcome::Running => ("running".to_owned(), Role::Strong),
        Outcome::Exited(status) if status.success() => (command_text::outcome(status), Role::Plain),
        Outcome::Exited(status) => (command_text::outcome(status), Role::Failed),
    };
    vec![
        Piece::new("Output  ", Role::Strong),
        Piece::new(outcome, role),
        Piece::plain(format!("  {}", text::truncate(&line, 40))),
    ]
}

fn position(command: &CommandView<'_>, keyboard: &Keyboard) -> Vec<Piece> {
    let back = command.screen.scrollback();
    vec![match keyboard {
        Keyboard::TheCommands(key) => {
            Piece::new(format!("has the keyboard · {key} takes it back"), Role::Notice)
        }
        Keyboard::Ours(_) if back > 0 => Piece::plain(format!("{} lines back", text::count(back as u64))),
        Keyboard::Ours(key) if command.outcome == Outcome::Running => {
            Piece::plain(format!("{key} types into it"))
        }
        Keyboard::Ours(_) => return Vec::new(),
    }]
}

fn draw_row(window: Window, y: u16, screen: &vt100::Screen, canvas: &mut Canvas<'_>) {
    let row = window.first_row + y;
    for x in 0..window.area.width {
        let Some(cell) = screen.cell(row, x) else { break };
        if cell.is_wide_continuation() || (cell.is_wide() && x + 1 >= window.area.width) {
            continue;
        }
        let style = style(cell, canvas.theme);
        // A cell holds one character with its marks, whatever the command sent.
        let symbol = text::sanitise(cell.contents().as_bytes());
        let symbol = if symbol.is_empty() { " ".into() } else { symbol };
        let expected = if cell.is_wide() { 2 } else { 1 };
        let symbol = if text::width(&symbol) > expected { "\u{fffd}".into() } else { symbol };
        let at = Rect { x: window.area.x + x, y: window.area.y + y, width: expected as u16, height: 1 };
        canvas.styled(at, 0, &symbol, style);
    }
}

fn style(cell: &vt100::Cell, theme: Theme) -> Style {
    let [ink, paper] = [cell.fgcolor(), cell.bgcolor()].map(|own| theme.commands_own(colour(own)));
    let style = Style::new().fg(ink).bg(paper);
    let modifiers = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    modifiers
        .into_iter()
        .filter(|(set, _)| *set)
        .fold(style, |style, (_, modifier)| style.add_modifier(modifier))
}

const fn colour(colour: vt100::Color) -> Color {
    match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
