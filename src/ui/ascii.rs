//! A finished screen in ASCII: for terminals and locales that show nothing else.

use ratatui::buffer::Buffer;

/// Replaces each character beyond ASCII by one that looks or means alike, `?` where there is none.
pub(super) fn downgrade(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            cell.set_char(substitute(cell.symbol()));
        }
    }
}

fn substitute(symbol: &str) -> char {
    match symbol {
        "─" | "━" | "—" | "–" => '-',
        "│" | "├" | "┃" => '|',
        "└" => '`',
        "┌" | "┐" | "┘" | "╭" | "╮" | "╰" | "╯" => '+',
        "▾" => 'v',
        "▴" => '^',
        "▸" => '>',
        "↑" => '^',
        "↓" => 'v',
        "←" => '<',
        "→" => '>',
        "…" => '~',
        "·" => '.',
        "µ" => 'u',
        "≤" => '<',
        "≥" => '>',
        "×" => 'x',
        "✓" => '+',
        "✗" => '!',
        "●" => '*',
        "○" => 'o',
        "▁" => '_',
        "▂" => '.',
        "▃" => ',',
        "▄" => '-',
        "▅" => '=',
        "▆" => '+',
        "▇" => '*',
        "▏" | "▎" | "▍" | "▌" | "▋" | "▊" | "▉" | "▐" | "▕" => '=',
        "░" => '.',
        "▒" => ':',
        "▓" => '%',
        "◆" => '*',
        "▼" => 'v',
        "▽" => 'V',
        "┊" => ':',
        "‹" => '<',
        "›" => '>',
        "†" => 'x',
        "█" => '#',
        _ => '?',
    }
}
