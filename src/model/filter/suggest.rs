//! Guesses at what a misspelt name was meant to be.

/// Longer words are nobody's misspelling of a short name, and would cost quadratic time.
const MAX_CHARS: usize = 24;

/// The name nearest to `word`, if any is near enough to have been meant.
pub(crate) fn nearest(word: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(MAX_CHARS + 1).collect();
    if word.len() > MAX_CHARS {
        return None;
    }
    let allowed = if word.len() <= 4 { 1 } else { 2 };
    let close = |name: &'static str| {
        let distance = distance(&word, &name.to_lowercase().chars().collect::<Vec<_>>());
        // One letter shares too much with any other.
        (distance <= allowed && distance < word.len()).then_some((distance, name))
    };
    names.into_iter().filter_map(close).min_by_key(|&(distance, _)| distance).map(|(_, name)| name)
}

/// `; did you mean 'x'?`, or nothing.
pub(super) fn hint(word: &str, names: impl IntoIterator<Item = &'static str>) -> String {
    nearest(word, names).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        let mut last_b = None;
        for (j, &y) in b.iter().enumerate() {
            let cell = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (cell(&row, j) + usize::from(x != y)).min(cell(&row, j + 1) + 1).min(cell(&next, j) + 1);
            if last_a == Some(y) && last_b == Some(x) && j > 0 {
                least = least.min(cell(&before, j - 1) + 1);
            }
            next.push(least);
            last_b = Some(y);
        }
        before = std::mem::replace(&mut row, next);
        last_a = Some(x);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["comm", "argv", "file", "dur", "pid", "ppid", "uid"];
        for (word, meant) in [
            ("com", Some("comm")),
            ("COMM", Some("comm")),
            ("cmom", Some("comm")),
            ("command", None),
            ("agrv", Some("argv")),
            ("pdi", Some("pid")),
            ("http", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
        assert_eq!(nearest(&"comm".repeat(1000), names), None);
    }

    #[test]
    fn a_swap_of_neighbours_costs_one() {
        let count =
            |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(count("abcd", "acbd"), 1);
        assert_eq!(count("ba", "ab"), 1);
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
    }
}
