//! Numbers, times and names, as they are told before a change.

use crate::model::alert::words::grouped;
use crate::model::table::TableRow;
use jiff::{SignedDuration, Timestamp};

/// Tables that are named one by one; the rest is counted.
const NAMED: usize = 5;

/// Characters of a text of DMS: the rest of a failure is in the console.
const SHORT: usize = 160;

/// `1 table`, `1,204 tables`.
pub fn counted(n: usize, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(n))
}

/// `1,204,551 rows`.
pub fn rows(n: i64) -> String {
    counted(usize::try_from(n).unwrap_or_default(), "row")
}

/// `2026-11-22 14:03 UTC`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `40 s`, `12 min`, `5 h`, `3 days`: the largest unit of which there are two.
pub fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `schema.table`, clean.
pub fn table(row: &TableRow) -> String {
    format!("{}.{}", row.schema.shown(), row.table.shown())
}

/// `a, b and 3 others`.
pub fn listed(names: &[String]) -> String {
    let (named, rest) = names.split_at(names.len().min(NAMED));
    let named = named.join(", ");
    match rest {
        [] => named,
        [_] => format!("{named} and one other"),
        rest => format!("{named} and {} others", grouped(rest.len())),
    }
}

/// The beginning of a clean text.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_told_as_one_says_them() {
        for (seconds, want) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days"), (-5, "0 s")]
        {
            assert_eq!(span(SignedDuration::from_secs(seconds)), want);
        }
        let names: Vec<String> = (1..=7).map(|n| format!("t{n}")).collect();
        for (n, want) in [(1, "t1"), (5, "t1, t2, t3, t4, t5"), (6, "t1, t2, t3, t4, t5 and one other")] {
            assert_eq!(listed(&names[..n]), want);
        }
        assert_eq!(listed(&names), "t1, t2, t3, t4, t5 and 2 others");
        assert_eq!((counted(1, "table"), counted(1_204, "row")), ("1 table".to_owned(), "1,204 rows".to_owned()));
    }
}
