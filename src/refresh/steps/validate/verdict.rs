//! What a comparison of a source that goes on with what was loaded from it says. Pure. Start at [`of_table`].
//!
//! A row of the source that was written after the load began is another one there, and that is no fault of the load: where a
//! column says when a row was last written (`watermark`) such rows are set apart, and what is left differs. What nothing can
//! tell about, a row that only the target has or a table without such a column, is said to have moved, never to be equal.

use crate::model::validation::{Cell, RowChange, RowResult, TableResult, Tally, Verdict};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A transaction that was open when the load began may have given its rows an earlier time.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(1);

/// What came of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Also where rows were set apart: so many.
    Equal { apart: u64 },
    /// It differs, and whether the source has moved since or something is wrong cannot be told.
    Moved { rows: u64, apart: u64 },
    /// So many rows differ which the source has not written since.
    Different { rows: u64, apart: u64 },
    /// Something was not compared.
    Unknown,
}

/// When a row was last written, as the plan says and as far as it was compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watermark<'a> {
    pub column: &'a str,
    /// When the load began to read.
    pub since: Timestamp,
}

/// `rows`: the differences, with the values of the source, as far as they were listed.
pub(super) fn of_table(result: &TableResult, rows: &[RowResult], watermark: Option<Watermark<'_>>) -> Told {
    match result.verdict() {
        Verdict::Equal | Verdict::CountsEqual => return Told::Equal { apart: 0 },
        Verdict::Unknown => return Told::Unknown,
        Verdict::Different => {}
    }
    let Tally { different, missing, extra, .. } = result.tally;
    let all: u64 = [different, missing, extra].into_iter().flatten().sum();
    let Some(watermark) = watermark else { return Told::Moved { rows: all, apart: 0 } };
    let (mut apart, mut wrong) = (0, 0);
    for row in rows {
        match judge(row, watermark) {
            Some(true) => apart += 1,
            Some(false) => wrong += 1,
            None => {}
        }
    }
    let left = all.saturating_sub(apart);
    match (wrong, left) {
        (0, 0) if all > 0 => Told::Equal { apart },
        (0, rows) => Told::Moved { rows, apart },
        (rows, _) => Told::Different { rows, apart },
    }
}

/// Whether the source has written this row since; `None`: nothing tells.
fn judge(row: &RowResult, watermark: Watermark<'_>) -> Option<bool> {
    let value = row.source_values.iter().find(|cell| cell.column.raw() == watermark.column);
    match (row.change, value) {
        // It was deleted there, or never was there.
        (RowChange::Extra, _) => None,
        // The same time on both sides, and other contents.
        (RowChange::Different, None) => Some(false),
        (_, cell) => Some(written(cell?)? > watermark.since - OPEN_FOR),
    }
}

/// A moment, as values are printed; without a zone it is taken for one of UTC.
fn written(cell: &Cell) -> Option<Timestamp> {
    let text = cell.value.as_str()?;
    text.parse::<Timestamp>().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(time).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::validation::Method;
    use serde_json::Value;

    const SINCE: &str = "2026-11-22T19:00:00Z";

    fn row(change: RowChange, watermark: Option<Value>) -> RowResult {
        let at = Timestamp::UNIX_EPOCH;
        let cell = |value| Cell { column: "updated_at".into(), value };
        RowResult {
            source: "shop.t".into(),
            target: "shop.t".into(),
            key: Vec::new(),
            change,
            columns: Vec::new(),
            first_seen: at,
            last_seen: at,
            source_values: watermark.map(cell).into_iter().collect(),
            target_values: Vec::new(),
            source_hash: None,
            target_hash: None,
        }
    }

    fn result(rows: &[RowResult], more: u64) -> TableResult {
        let count = |change| Some(rows.iter().filter(|row| row.change == change).count() as u64);
        TableResult {
            source: "shop.t".into(),
            target: "shop.t".into(),
            method: Method::Stream,
            tally: Tally {
                source: Some(9),
                target: Some(9),
                different: count(RowChange::Different).map(|number| number + more),
                missing: count(RowChange::Missing),
                extra: count(RowChange::Extra),
                in_flight: Some(0),
                ..Tally::default()
            },
            not_compared: Vec::new(),
            problems: Vec::new(),
            at_rest: None,
            as_of_from: None,
            as_of_to: None,
            fingerprint: String::new(),
            checks: Vec::new(),
            why: String::new(),
        }
    }

    #[test]
    fn rows_written_since_are_set_apart_and_what_cannot_be_told_is_not_called_equal() {
        use RowChange::{Different, Extra, Missing};
        let new = || Some(Value::from("2026-11-22 19:00:01.5"));
        let old = || Some(Value::from("2026-11-22 18:30:00"));
        for (rows, more, want) in [
            (vec![], 0, Told::Equal { apart: 0 }),
            (vec![row(Different, new()), row(Missing, new())], 0, Told::Equal { apart: 2 }),
            (vec![row(Different, new()), row(Different, old())], 0, Told::Different { rows: 1, apart: 1 }),
            // Nothing but the time is the same.
            (vec![row(Different, None)], 0, Told::Different { rows: 1, apart: 0 }),
            (vec![row(Missing, old())], 0, Told::Different { rows: 1, apart: 0 }),
            (vec![row(Extra, None), row(Missing, new())], 0, Told::Moved { rows: 1, apart: 1 }),
            (vec![row(Missing, Some(Value::Null))], 0, Told::Moved { rows: 1, apart: 0 }),
            (vec![row(Missing, Some(Value::from(7)))], 0, Told::Moved { rows: 1, apart: 0 }),
            // More than were listed.
            (vec![row(Different, new())], 5, Told::Moved { rows: 5, apart: 1 }),
            // Open when the load began.
            (vec![row(Missing, Some("2026-11-22T18:59:30Z".into()))], 0, Told::Equal { apart: 1 }),
        ] {
            let watermark = Watermark { column: "updated_at", since: SINCE.parse().unwrap() };
            assert_eq!(of_table(&result(&rows, more), &rows, Some(watermark)), want, "{rows:?} {more}");
        }
    }

    #[test]
    fn without_a_column_that_says_so_the_source_has_moved() {
        let rows = [row(RowChange::Different, Some("2026-01-01 00:00:00".into()))];
        assert_eq!(of_table(&result(&rows, 0), &rows, None), Told::Moved { rows: 1, apart: 0 });
        let mut unknown = result(&[], 0);
        unknown.problems.push("connection lost".into());
        assert_eq!(of_table(&unknown, &[], None), Told::Unknown);
    }
}
