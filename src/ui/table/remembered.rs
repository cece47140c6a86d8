//! The columns from one run to the next: a record among what is remembered for the user.

use super::columns::{DEFAULT, TableColumns};
use crate::model::table::Column;

/// What the record is called.
const NAME: &str = "table";

impl TableColumns {
    /// The columns that are shown, as a line of text; nothing where they are the usual ones.
    pub(in crate::ui) fn records(shown: &[Column]) -> String {
        if shown == DEFAULT { String::new() } else { record(shown) }
    }

    /// Takes the columns of the latest record, unless the user has set others. What makes no sense is no record: the file
    /// is anybody's to edit.
    pub(in crate::ui) fn recall(&mut self, records: &str) {
        if self.shown != DEFAULT {
            return;
        }
        let latest =
            records.lines().rev().find_map(|line| columns(line.strip_prefix(NAME)?.strip_prefix('\t')?));
        if let Some(shown) = latest {
            self.shown = shown;
        }
    }

    /// A record of what is shown now, where that is not what is kept already.
    pub(in crate::ui) fn change(&self, kept: &mut Vec<Column>) -> Option<String> {
        (*kept != self.shown).then(|| {
            kept.clone_from(&self.shown);
            record(kept)
        })
    }
}

fn record(shown: &[Column]) -> String {
    let names: Vec<_> = shown.iter().map(|&column| TableColumns::name(column)).collect();
    format!("{NAME}\t{}\n", names.join(" "))
}

fn columns(names: &str) -> Option<Vec<Column>> {
    let mut shown = Vec::new();
    for name in names.split(' ') {
        let column = TableColumns::named(name)?;
        if shown.contains(&column) {
            return None;
        }
        shown.push(column);
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recalled(records: &str) -> Vec<Column> {
        let mut columns = TableColumns::default();
        columns.recall(records);
        columns.shown
    }

    #[test]
    fn the_latest_columns_come_back() {
        let chosen = [Column::Life, Column::CpuPercent, Column::Command];
        let records = format!("filter\ta\n{}{}", record(&[Column::Pid]), record(&chosen));
        assert_eq!(recalled(&records), chosen);
        assert_eq!(recalled(&format!("{records}table\tlife nonsense\ntable\tpid pid\ntable\t\n")), chosen);
        assert_eq!(recalled("tables\tpid\n"), DEFAULT);
        assert_eq!(TableColumns::records(&chosen), "table\tlife cpu% command\n");
        assert_eq!(TableColumns::records(&DEFAULT), "");
    }

    #[test]
    fn those_of_the_config_file_come_first() {
        let mut columns = TableColumns { shown: vec![Column::Rss], ..TableColumns::default() };
        columns.recall("table\tpid\n");
        assert_eq!(columns.shown, [Column::Rss]);
    }

    #[test]
    fn a_change_is_told_once() {
        let mut kept = DEFAULT.to_vec();
        let mut columns = TableColumns::default();
        assert_eq!(columns.change(&mut kept), None);
        columns.toggle(Column::Start);
        let told = columns.change(&mut kept).expect("a change");
        assert_eq!(recalled(&told), columns.shown);
        assert_eq!(columns.change(&mut kept), None);
        columns.shown = DEFAULT.to_vec();
        let back = columns.change(&mut kept).expect("a change");
        assert_eq!(recalled(&(told + &back)), DEFAULT, "the usual ones may be chosen, too");
    }
}
