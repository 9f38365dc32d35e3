//! What comparing a source with a target came to, as it is shown, printed and kept.
//!
//! Names of the field: *missing* is in the source only, *extra* in the target only. Start at [`TableResult`]; [`Verdict`]
//! has the one rule that makes a verdict of counts.

mod cost;
mod kept;
mod planned;
mod run;
pub mod told;

pub use cost::{Cost, cost, is_by_rows, range_rows, words as cost_words};
pub use kept::{
    Begun, KeptOfTable, KeptRun, KeptTable, KeptUnit, KeptWhole, Outcome, Pair, RunFilter, RunState, SILENCE,
};
pub use planned::{Planned, PlannedSide, PlannedTable, Said, Whose};
pub use run::{Gate, GateSeen, Gated, Kind, Phase, Progress, RunEvent, RunId, Settles, TableProgress, Trigger, What};

use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer. Its order is how much it weighs: of several, the greatest is the answer to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every planned table and column was compared by rows, or waived by name, and no row differs.
    Equal,
    /// Only numbers of rows were compared, and they are the same.
    CountsEqual,
    /// Something was not compared, failed, or still moves.
    Unknown,
    /// At least one difference has settled.
    Different,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::CountsEqual => "counts_equal",
            Self::Unknown => "unknown",
            Self::Different => "different",
        }
    }

    /// Exit status of a command that ends with it.
    pub fn status(self) -> u8 {
        match self {
            Self::Equal | Self::CountsEqual => 0,
            Self::Different => 1,
            Self::Unknown => 3,
        }
    }
}

/// How a table was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All rows of both sides in key order, merged.
    Stream,
    /// Sums over groups of rows on the servers; rows are fetched and compared where they differ.
    Digest,
    /// No key: rows are counted by what they are, in groups by their hash.
    Multiset,
    /// Count, nulls, least, greatest and sum of each column.
    Aggregate,
    /// The results of two statements.
    Sql,
    /// Numbers of rows.
    Count,
    /// Not at all.
    None,
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Digest => "digest",
            Self::Multiset => "multiset",
            Self::Aggregate => "aggregate",
            Self::Sql => "sql",
            Self::Count => "count",
            Self::None => "none",
        }
    }
}

/// Something that was not compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCompared {
    /// `None`: the whole table.
    pub column: Option<Untrusted>,
    pub reason: String,
    /// Said beforehand, by name, that this does not matter.
    pub waived: bool,
}

/// Numbers of rows. `None` where it was not looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub source: Option<u64>,
    pub target: Option<u64>,
    /// Settled: on both sides, and not equal.
    pub different: Option<u64>,
    /// Settled: in the source only.
    pub missing: Option<u64>,
    /// Settled: in the target only.
    pub extra: Option<u64>,
    /// Differed whenever they were looked at, and were other rows each time.
    pub in_flight: Option<u64>,
    /// Differed once, and were not looked at again: there were too many, or looking failed.
    pub unsettled: Option<u64>,
    /// Differed once and are equal by now: they came through while it was compared. Why rows of both sides may be other
    /// numbers where nothing differs.
    #[serde(default)]
    pub arrived: Option<u64>,
}

/// One table, compared or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableResult {
    /// `schema.table`
    pub source: Untrusted,
    pub target: Untrusted,
    pub method: Method,
    pub tally: Tally,
    pub not_compared: Vec<NotCompared>,
    /// Why it could not be told to the end: words of a server or our own.
    pub problems: Vec<Untrusted>,
    /// Nothing wrote on either side while it was compared; `None`: not known.
    pub at_rest: Option<bool>,
    /// First and last moment at which a row of it was read.
    pub as_of_from: Option<Timestamp>,
    pub as_of_to: Option<Timestamp>,
    /// The plan this belongs to: another plan has another fingerprint.
    pub fingerprint: String,
    /// What was compared besides rows: aggregates, results of statements.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What decided for the method, with what was measured. Empty where there was nothing to decide.
    #[serde(default)]
    pub why: String,
}

/// One number or value that both sides were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `max(amount)`, or a column of a statement's result.
    pub name: Untrusted,
    /// Values of rows are hidden as those of rows are: then these are null, and `passed` tells.
    pub source: Value,
    pub target: Value,
    /// `None`: it cannot be told.
    pub passed: Option<bool>,
}

/// Between what this program says of a problem and what a server said, which may hold a value of a row.
pub const SAID: &str = "; the server said: ";

impl TableResult {
    /// The same without values of rows: only numbers of rows stay among what was asked of both sides.
    #[must_use]
    pub fn without_values(&self) -> Self {
        let mut all = self.clone();
        for check in &mut all.checks {
            let counts = |word: &str| check.name.raw() == word || check.name.raw().starts_with(&format!("{word}("));
            if !(self.method == Method::Aggregate && (counts("count") || counts("nulls"))) {
                (check.source, check.target) = (Value::Null, Value::Null);
            }
        }
        for problem in &mut all.problems {
            if let Some((ours, _)) = problem.raw().split_once(SAID) {
                *problem = Untrusted::from(ours);
            }
        }
        all
    }

    /// It was told to its end: nothing of it is gained by looking again at the same moment.
    pub fn is_settled(&self) -> bool {
        let none = |number: Option<u64>| number.unwrap_or(0) == 0;
        self.problems.is_empty()
            && none(self.tally.in_flight)
            && none(self.tally.unsettled)
            && self.checks.iter().all(|check| check.passed.is_some())
            && self.verdict_is_told()
    }

    /// Whether its method says anything at all with these numbers, whatever was left out.
    fn verdict_is_told(&self) -> bool {
        let waived = self.not_compared.iter().map(|not| NotCompared { waived: true, ..not.clone() }).collect();
        Self { not_compared: waived, ..self.clone() }.verdict() != Verdict::Unknown
    }

    /// Nothing of it was compared, and that was agreed to by name: no row of it is known to be equal.
    pub fn is_waived(&self) -> bool {
        self.method == Method::None && self.verdict() == Verdict::Equal
    }

    /// How it is said to people: `waived`, or the word of its verdict.
    pub fn word(&self) -> &'static str {
        if self.is_waived() { "waived" } else { self.verdict().word() }
    }

    /// Any settled difference is `different`; else anything that is not known is `unknown`.
    pub fn verdict(&self) -> Verdict {
        let Tally { source, target, different, missing, extra, in_flight, unsettled, .. } = self.tally;
        let some = |number: Option<u64>| number.is_some_and(|number| number > 0);
        if self.checks.iter().any(|check| check.passed == Some(false)) && !some(in_flight) && !some(unsettled) {
            return Verdict::Different;
        }
        let counts_differ = self.method == Method::Count && source != target && !some(in_flight) && !some(unsettled);
        if some(different) || some(missing) || some(extra) {
            return Verdict::Different;
        }
        let told = self.problems.is_empty()
            && !some(in_flight)
            && !some(unsettled)
            && self.not_compared.iter().all(|one| one.waived);
        match self.method {
            Method::Count if counts_differ && source.is_some() && target.is_some() => Verdict::Different,
            _ if !told => Verdict::Unknown,
            Method::Count if source.is_some() && source == target => Verdict::CountsEqual,
            // Waived as a whole: nothing was compared, and nothing was to be.
            Method::None if !self.not_compared.is_empty() => Verdict::Equal,
            Method::Stream | Method::Digest | Method::Multiset
                if [source, target, different, missing, extra, in_flight].iter().all(Option::is_some) =>
            {
                Verdict::Equal
            }
            Method::Aggregate | Method::Sql
                if !self.checks.is_empty() && self.checks.iter().all(|check| check.passed == Some(true)) =>
            {
                Verdict::CountsEqual
            }
            _ => Verdict::Unknown,
        }
    }
}

/// In which way a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChange {
    Different,
    Missing,
    Extra,
}

impl RowChange {
    pub fn word(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}

/// A value of a row as it is printed: a number, a text, or null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub column: Untrusted,
    pub value: Value,
}

/// One difference that has settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    pub source: Untrusted,
    pub target: Untrusted,
    pub key: Vec<Cell>,
    pub change: RowChange,
    /// Columns that differ; empty where the whole row is on one side only.
    pub columns: Vec<Untrusted>,
    /// When this difference was seen first, and when last.
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Values of the columns above, or of all where the row is on one side only. Empty unless they were asked for.
    pub source_values: Vec<Cell>,
    pub target_values: Vec<Cell>,
    /// Of the whole row as it is compared, where there is one: the same row has the same, and it tells no value.
    #[serde(default)]
    pub source_hash: Option<String>,
    #[serde(default)]
    pub target_hash: Option<String>,
}

/// What stands in place of a key where a table has none: rows are told apart by their hashes.
pub const ROW_HASH: &str = "row_hash";

impl RowResult {
    /// The same without the values of either side. The key stays.
    #[must_use]
    pub fn without_values(&self) -> Self {
        Self { source_values: Vec::new(), target_values: Vec::new(), ..self.clone() }
    }

    /// As it may be written down. Where there is no key, only the hash of the row may stand in its place.
    #[must_use]
    pub fn kept(&self, method: Method) -> Self {
        let mut row = self.without_values();
        if method == Method::Multiset {
            row.key.retain(|cell| cell.column.raw() == ROW_HASH);
        }
        row
    }
}

/// The answer to all tables. No table at all has no answer.
pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().max().unwrap_or(Verdict::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_said_of_a_row_is_not_written_down() {
        let ours = "source: a value in a row is not written as one of its type (SQLSTATE 22P02)";
        let problems =
            vec![Untrusted::from(format!("{ours}{SAID}input: \"123{SAID}45\"")), Untrusted::from("interrupted")];
        let kept = TableResult { problems, ..table(Method::Stream, Tally::default()) }.without_values().problems;
        assert_eq!(kept, [Untrusted::from(ours), Untrusted::from("interrupted")]);
    }

    fn table(method: Method, tally: Tally) -> TableResult {
        TableResult {
            source: "shop.t".into(),
            target: "shop.t".into(),
            method,
            tally,
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
    fn without_a_key_only_the_hash_of_a_row_is_kept() {
        let cell = |column: &str| Cell { column: column.into(), value: Value::from("x") };
        let at = Timestamp::UNIX_EPOCH;
        let row = RowResult {
            source: "shop.t".into(),
            target: "shop.t".into(),
            key: vec![cell(ROW_HASH), cell("name")],
            change: RowChange::Missing,
            columns: Vec::new(),
            first_seen: at,
            last_seen: at,
            source_values: vec![cell("name")],
            target_values: Vec::new(),
            source_hash: None,
            target_hash: None,
        };
        for (method, key) in [(Method::Multiset, &row.key[..1]), (Method::Stream, &row.key[..])] {
            let kept = row.kept(method);
            assert_eq!((&kept.key[..], kept.source_values.len()), (key, 0), "{method:?}");
        }
    }

    const CLEAN: Tally = Tally {
        source: Some(3),
        target: Some(3),
        different: Some(0),
        missing: Some(0),
        extra: Some(0),
        in_flight: Some(0),
        unsettled: Some(0),
        arrived: Some(0),
    };

    #[test]
    fn a_verdict_is_equal_only_where_everything_is_known() {
        for (tally, want) in [
            (CLEAN, Verdict::Equal),
            (Tally { different: Some(1), ..CLEAN }, Verdict::Different),
            (Tally { missing: Some(1), in_flight: Some(4), ..CLEAN }, Verdict::Different),
            (Tally { extra: Some(1), ..CLEAN }, Verdict::Different),
            (Tally { in_flight: Some(1), ..CLEAN }, Verdict::Unknown),
            (Tally { unsettled: Some(1), ..CLEAN }, Verdict::Unknown),
            (Tally { target: None, ..CLEAN }, Verdict::Unknown),
            (Tally { extra: None, ..CLEAN }, Verdict::Unknown),
            (Tally::default(), Verdict::Unknown),
        ] {
            assert_eq!(table(Method::Stream, tally).verdict(), want, "{tally:?}");
        }
    }

    #[test]
    fn a_problem_or_a_column_left_out_is_never_equal_unless_it_was_waived() {
        let mut it = table(Method::Stream, CLEAN);
        it.problems.push("connection lost".into());
        assert_eq!(it.verdict(), Verdict::Unknown);
        it.tally.different = Some(2);
        assert_eq!(it.verdict(), Verdict::Different);
        for (waived, want) in [(true, Verdict::Equal), (false, Verdict::Unknown)] {
            for (column, method) in [(Some("c".into()), Method::Stream), (None, Method::None)] {
                let mut it = table(method, CLEAN);
                it.not_compared.push(NotCompared { column, reason: "no".into(), waived });
                assert_eq!(it.verdict(), want);
            }
        }
        assert_eq!(table(Method::None, CLEAN).verdict(), Verdict::Unknown);
    }

    #[test]
    fn counts_say_no_more_than_counts() {
        let of = |source, target, in_flight| Tally { source, target, in_flight, ..Tally::default() };
        for (tally, want) in [
            (of(Some(3), Some(3), Some(0)), Verdict::CountsEqual),
            (of(Some(3), Some(4), Some(0)), Verdict::Different),
            (of(Some(3), Some(4), Some(1)), Verdict::Unknown),
            (of(Some(3), None, None), Verdict::Unknown),
            (of(None, None, None), Verdict::Unknown),
        ] {
            assert_eq!(table(Method::Count, tally).verdict(), want, "{tally:?}");
        }
    }

    #[test]
    fn the_worst_table_decides_and_no_table_is_no_answer() {
        use Verdict::{CountsEqual, Different, Equal, Unknown};
        for (all, want) in [
            (vec![Equal, Equal], Equal),
            (vec![Equal, CountsEqual], CountsEqual),
            (vec![Equal, Unknown], Unknown),
            (vec![Unknown, Different, Equal], Different),
            (vec![], Unknown),
        ] {
            assert_eq!(overall(all), want);
        }
    }
}
