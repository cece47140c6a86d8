//! The list to choose columns from, with what it comes to in the config file.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::columns::{DEFAULT, TableColumns, about};
use crate::model::table::Column;
use crate::text::{self, Align};
use crate::ui::action::Action;
use crate::ui::keymap::Keymap;
use crate::ui::mode::Mode;
use crate::ui::paint::{Canvas, Piece, line_of, scrolled_to, wrap_words};
use crate::ui::theme::Role;
use crate::ui::view::{Request, Ui};

/// The list, open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) struct Chooser {
    /// The column under the cursor, wherever it goes.
    at: Column,
}

impl Chooser {
    /// With the cursor on the first one.
    pub(in crate::ui) fn new(columns: &TableColumns) -> Self {
        Self { at: all(columns).first().copied().unwrap_or_default() }
    }

    fn index(self, columns: &[Column]) -> usize {
        columns.iter().position(|&column| column == self.at).unwrap_or(0)
    }

    /// Draws it over the area.
    pub(in crate::ui) fn draw(
        self,
        area: Rect,
        columns: &TableColumns,
        keymap: &Keymap,
        canvas: &mut Canvas<'_>,
    ) {
        if area.is_empty() {
            return;
        }
        canvas.clear(area);
        let title = vec![Piece::new("Columns of the table", Role::Strong)];
        canvas.title(Rect { height: 1, ..area }, true, &title, &[]);
        let settings = settings_lines(columns, keymap, settings_width(area));
        let all = all(columns);
        let (list, top) = self.window(area, &settings, &all);
        let beneath = usize::from(area.height.saturating_sub(1)) - list;
        for (index, &column) in all.iter().enumerate().skip(top).take(list) {
            let Some(line) = line_of(area, index - top + 1) else { break };
            self.draw_column(line, column, columns, canvas);
        }
        for (index, text) in settings.iter().take(beneath).enumerate() {
            let Some(line) = line_of(area, 1 + list + index) else { break };
            canvas.text(line, 1, text, if index == 0 { Role::Label } else { Role::Plain });
        }
    }

    /// How many columns are listed, and the first of them.
    fn window(self, area: Rect, settings: &[String], all: &[Column]) -> (usize, usize) {
        let rows = usize::from(area.height.saturating_sub(1));
        // The list is what it is about.
        let list = rows - settings.len().min(rows / 3);
        (list, scrolled_to(0, self.index(all), list, all.len()))
    }

    /// With the cursor on the column in this line of the screen, if there is one.
    pub(in crate::ui) fn with_line(
        self,
        area: Rect,
        columns: &TableColumns,
        keymap: &Keymap,
        y: u16,
    ) -> Option<Self> {
        let settings = settings_lines(columns, keymap, settings_width(area));
        let all = all(columns);
        let (list, top) = self.window(area, &settings, &all);
        let line = usize::from(y.checked_sub(area.y)?.checked_sub(1)?);
        all.get(top + line).filter(|_| line < list).map(|&at| Self { at })
    }

    fn draw_column(self, line: Rect, column: Column, columns: &TableColumns, canvas: &mut Canvas<'_>) {
        let is_shown = columns.shown.contains(&column);
        let name = text::pad(TableColumns::name(column), 14, Align::Left).into_owned();
        let mark = if is_shown { "[x]" } else { "[ ]" };
        canvas.text(line, 2, mark, Role::Strong);
        canvas.text(line, 6, &name, if is_shown { Role::Strong } else { Role::Plain });
        canvas.text(line, 21, about(column), Role::Label);
        if column == self.at {
            canvas.text(line, 0, "▸", Role::Strong);
            canvas.overlay(line, canvas.theme.selection(true, Role::Plain));
        }
    }
}

/// The columns for what the config file needs.
fn settings_width(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(2).max(8)
}

/// Those that are shown in their order, then the others.
fn all(columns: &TableColumns) -> Vec<Column> {
    let rest = Column::ALL.into_iter().filter(|column| !columns.shown.contains(column));
    columns.in_order().into_iter().chain(rest).collect()
}

/// What the config file needs so that it is so from the start.
fn settings(columns: &TableColumns) -> String {
    let names = |columns: &[Column]| {
        columns
            .iter()
            .map(|&column| format!("\"{}\"", TableColumns::name(column)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = "[table]\n".to_owned();
    let shown = columns.in_order();
    if shown != DEFAULT {
        let _ = writeln!(text, "columns = [{}]", names(&shown));
    }
    let _ = writeln!(text, "sort = \"{}\"", TableColumns::name(columns.sort));
    if columns.inverted {
        text.push_str("invert = true\n");
    }
    text
}

fn settings_lines(columns: &TableColumns, keymap: &Keymap, width: usize) -> Vec<String> {
    let key = keymap.key_of(Action::CopyColumns);
    let mut lines = vec![format!("Remembered here. For good, in the config file; {key} copies it:")];
    lines.extend(settings(columns).lines().flat_map(|line| wrap_words(line, width)));
    lines
}

impl Ui {
    /// Performs an action in the list of columns.
    pub(in crate::ui) fn perform_in_columns(&mut self, action: Action, chooser: Chooser) -> Request {
        let columns = &mut self.table.columns;
        let listed = all(columns);
        let at = chooser.index(&listed);
        let next = match action {
            Action::Up => at.checked_sub(1).unwrap_or(listed.len().saturating_sub(1)),
            Action::Down if at + 1 >= listed.len() => 0,
            Action::Down => at + 1,
            Action::ToggleColumn => {
                columns.toggle(chooser.at);
                self.rows_changed();
                return Request::Redraw;
            }
            Action::ColumnEarlier | Action::ColumnLater => {
                columns.shift(chooser.at, if action == Action::ColumnLater { 1 } else { -1 });
                return Request::Redraw;
            }
            Action::CopyColumns => {
                return Request::Copy { what: "settings for the config file", text: settings(columns) };
            }
            _ => return self.enter(Mode::Normal),
        };
        let at = listed.get(next).copied().unwrap_or(chooser.at);
        self.enter(Mode::Columns(Chooser { at }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_told_as_the_config_file_takes_it() {
        let mut columns = TableColumns::default();
        assert_eq!(settings(&columns), "[table]\nsort = \"start\"\n");
        columns.shown = vec![Column::Command, Column::Pid];
        (columns.sort, columns.inverted) = (Column::CpuPercent, true);
        assert_eq!(
            settings(&columns),
            "[table]\ncolumns = [\"pid\", \"command\"]\nsort = \"cpu%\"\ninvert = true\n"
        );
    }

    #[test]
    fn columns_are_moved_among_those_that_are_shown() {
        let mut columns = TableColumns {
            shown: vec![Column::Pid, Column::Life, Column::Command],
            ..TableColumns::default()
        };
        columns.shift(Column::Pid, 1);
        assert_eq!(columns.in_order(), [Column::Life, Column::Pid, Column::Command]);
        columns.shift(Column::Pid, 1);
        assert_eq!(columns.in_order(), [Column::Life, Column::Pid, Column::Command], "the command is last");
        columns.shift(Column::Life, -1);
        columns.toggle(Column::Rss);
        assert_eq!(columns.in_order(), [Column::Life, Column::Pid, Column::Rss, Column::Command]);
        for column in Column::ALL {
            while columns.shown.contains(&column) && columns.toggle(column) {}
        }
        assert_eq!(columns.shown.len(), 1, "one stays");
    }
}
