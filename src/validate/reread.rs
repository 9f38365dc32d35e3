//! Rows of a table read again by their keys, or with their neighbours, as they are now: for eyes, for a file, for a script.
//!
//! Start at [`Rereader`]. Keys come as they were listed; what cannot be turned back into a key is said, never guessed. Nothing
//! here decides about equal or different for a result: that is [`super::run`]'s.

use super::look::request;
use super::merge::{RowCopy, Shape, Side, Tagged, compared, paired};
use super::multiset;
use super::plan::{TablePlan, whole};
use crate::db::scan::{Cell, Key, KeyRange, Limits, Lob, MOST_KEYS, Rows, Scanner};
use crate::db::{Database, DbError};
use crate::model::canon::{Canon, Raw, unhex};
use crate::model::untrusted::shown;
use crate::model::validation::{self, ROW_HASH};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A row by its key is there at once, or the server has something else to do.
const WITHIN: Duration = Duration::from_secs(30);

/// Rows about one key that are held, at most: there can be any number of one side between two of the other.
const MOST_BESIDE: usize = 50;

/// Rows of one key on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    /// The key's columns only.
    pub key: RowCopy,
    pub source: Vec<RowCopy>,
    pub target: Vec<RowCopy>,
}

/// Rows of a table without a key that have one name, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// What they are called by in the results.
    pub name: RowCopy,
    /// Rows of the source that have no like in the target, and the other way round.
    pub missing: Vec<RowCopy>,
    pub extra: Vec<RowCopy>,
    /// One of those that both sides have.
    pub same: Option<RowCopy>,
}

/// Rows without a key that are held, at most.
const MOST_ALIKE: usize = 10_000;

/// They cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum RereadError {
    #[error("{}: {error}", .side.word())]
    Db { side: Side, error: DbError },
    #[error("{0} has no key by which a row could be found again")]
    NoKey(String),
    #[error("a key that was listed cannot be read back: column {0}")]
    Key(String),
    #[error("{0} has no key, and its large values were compared by their hash: nothing finds such a row again")]
    Hashed(String),
    #[error("more than {MOST_ALIKE} rows of {0} are those that differ, or are like them: they are not read again")]
    TooMany(String),
    #[error("{0} is not read in the order of its key by an index: its neighbours would cost the whole table each time")]
    NoIndex(String),
}

/// Reads rows of both databases again.
pub struct Rereader {
    source: Scanner,
    target: Scanner,
}

impl Rereader {
    pub fn new((source, target): (Database, Database)) -> Self {
        let limits = Limits { statement_timeout: WITHIN, ..Limits::default() };
        Self { source: Scanner::new(source, limits), target: Scanner::new(target, limits) }
    }

    /// Rows with these keys, in the order of the key; a key that is on neither side any more has none.
    ///
    /// # Errors
    /// Either side cannot be read, or the table has no key.
    pub async fn by_keys(&self, plan: &TablePlan, keys: &[Key]) -> Result<Vec<Both>, RereadError> {
        let mut all = BTreeMap::new();
        for some in keys.chunks(MOST_KEYS) {
            self.read(plan, &Rows::Keys(some.to_vec()), usize::MAX, &mut all).await?;
        }
        for key in keys {
            let key = RowCopy::of(key.0.iter().map(|part| Cell::Value(part)));
            all.entry(key).or_default();
        }
        Ok(all.into_iter().map(|(key, [source, target])| Both { key, source, target }).collect())
    }

    /// The rows about one key, `rows` on either side of it as the source has them, and the row itself.
    ///
    /// # Errors
    /// Either side cannot be read, or only by sorting the whole table.
    pub async fn around(&self, plan: &TablePlan, key: &Key, rows: u64) -> Result<Vec<Both>, RereadError> {
        let [ours, theirs] = [Side::Source, Side::Target].map(|side| request(plan, side, whole()));
        if !ours.is_served_by_index() || !theirs.is_served_by_index() {
            return Err(RereadError::NoIndex(shown(&plan.source.1).into_owned()));
        }
        let failed = |error| RereadError::Db { side: Side::Source, error };
        let KeyRange { from, to } = self.source.around(&ours, key, rows).await.map_err(failed)?;
        let mut all = BTreeMap::new();
        self.read(plan, &Rows::Range(KeyRange { from, to }), MOST_BESIDE, &mut all).await?;
        Ok(all.into_iter().map(|(key, [source, target])| Both { key, source, target }).collect())
    }

    /// Rows of a table without a key by what they are called, `names` as they were listed. Nothing finds them but reading
    /// both tables from one end to the other, which the servers stop where it takes too long.
    ///
    /// # Errors
    /// Either side cannot be read, a name is none, or there are too many of them.
    pub async fn by_names(&self, plan: &TablePlan, names: &[&str]) -> Result<Vec<Alike>, RereadError> {
        let table = || shown(&plan.source.1).into_owned();
        if plan.columns.iter().any(|column| column.source.lob.is_some_and(|lob| lob.hash)) {
            return Err(RereadError::Hashed(table()));
        }
        let read = |name: &&str| u128::from_str_radix(name, 16).map_err(|_| RereadError::Key(ROW_HASH.to_owned()));
        let wanted: BTreeSet<u128> = names.iter().map(read).collect::<Result<_, _>>()?;
        let of = async |side: Side| {
            let scanner = if side == Side::Source { &self.source } else { &self.target };
            let mut scan = scanner.scan(request(plan, side, whole()));
            let mut out = Tagged::new();
            while let Some(batch) = scan.next().await.map_err(|error| RereadError::Db { side, error })? {
                for row in 0..batch.rows() {
                    let row = RowCopy::of((0..batch.columns()).map(|column| batch.cell(row, column)));
                    let hash = multiset::hash_of(&plan.rules, &row);
                    if wanted.contains(&hash) {
                        out.push((hash, row));
                    }
                }
                if out.len() > MOST_ALIKE {
                    scan.stop().await;
                    return Err(RereadError::TooMany(table()));
                }
            }
            Ok(out)
        };
        let (ours, theirs) = tokio::try_join!(of(Side::Source), of(Side::Target))?;
        let any: BTreeMap<u128, RowCopy> = ours.iter().map(|(hash, row)| (*hash, row.clone())).collect();
        let shape = Shape { key: 0, rules: plan.rules.clone() };
        let told = paired(&shape, ours, theirs).map_err(|_| RereadError::TooMany(table()))?;
        let [missing, extra] = [told.0, told.1].map(|rows| {
            let mut by_hash: BTreeMap<u128, Vec<RowCopy>> = BTreeMap::new();
            for (hash, row) in rows {
                by_hash.entry(hash).or_default().push(row);
            }
            by_hash
        });
        let alike = |hash: u128| {
            let of = |rows: &BTreeMap<u128, Vec<RowCopy>>| rows.get(&hash).cloned().unwrap_or_default();
            let (missing, extra) = (of(&missing), of(&extra));
            let same = any.get(&hash).filter(|_| missing.is_empty() && extra.is_empty()).cloned();
            Alike { name: multiset::name(hash), missing, extra, same }
        };
        Ok(wanted.into_iter().map(alike).collect())
    }

    async fn read(
        &self,
        plan: &TablePlan,
        rows: &Rows,
        most: usize,
        into: &mut BTreeMap<RowCopy, [Vec<RowCopy>; 2]>,
    ) -> Result<(), RereadError> {
        if plan.key == 0 {
            return Err(RereadError::NoKey(shown(&plan.source.1).into_owned()));
        }
        let of = async |side: Side| {
            let scanner = if side == Side::Source { &self.source } else { &self.target };
            let mut wanted = request(plan, side, rows.clone());
            for column in &mut wanted.columns {
                // Whole, not as a hash; only what was cut on its way stays cut.
                column.lob = column.lob.filter(|lob| lob.limit.is_some()).map(|lob| Lob { hash: false, ..lob });
            }
            let mut scan = scanner.scan(wanted);
            let mut out: Vec<RowCopy> = Vec::new();
            while let Some(batch) = scan.next().await.map_err(|error| RereadError::Db { side, error })? {
                for row in 0..batch.rows() {
                    out.push(RowCopy::of((0..batch.columns()).map(|column| batch.cell(row, column))));
                }
                if out.len() > most {
                    out.truncate(most);
                    scan.stop().await;
                    break;
                }
            }
            Ok::<_, RereadError>(out)
        };
        let (source, target) = tokio::try_join!(of(Side::Source), of(Side::Target))?;
        for (side, rows) in [source, target].into_iter().enumerate() {
            for row in rows {
                let key = RowCopy::of((0..plan.key).map(|column| row.cell(column)));
                into.entry(key).or_default()[side].push(row);
            }
        }
        Ok(())
    }
}

/// Columns in which two rows of one key differ now.
pub fn differing(plan: &TablePlan, source: &RowCopy, target: &RowCopy) -> Vec<usize> {
    let shape = Shape { key: plan.key, rules: plan.rules.clone() };
    let found = compared(&shape, |at| source.cell(at), |at| target.cell(at));
    let mut columns = found.columns;
    // Of two values that are none nobody can say that they are equal.
    columns.extend(found.unreadable.filter(|at| !columns.contains(at)));
    columns.sort_unstable();
    columns
}

/// What rows without a key are called by, as they were listed, each once.
pub fn names(rows: &[validation::RowResult]) -> Vec<&str> {
    let mut names: Vec<&str> = rows.iter().filter_map(|row| name(&row.key)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The same of one listed key.
pub fn name(key: &[validation::Cell]) -> Option<&str> {
    match key {
        [one] if one.column.raw() == ROW_HASH => one.value.as_str(),
        _ => None,
    }
}

/// A listed key as the bytes by which it is found.
///
/// # Errors
/// It has a NULL, or is no value of its column.
pub fn key(plan: &TablePlan, cells: &[validation::Cell]) -> Result<Key, RereadError> {
    if plan.key == 0 || cells.len() != plan.key {
        return Err(RereadError::NoKey(shown(&plan.source.1).into_owned()));
    }
    let part = |(at, cell): (usize, &validation::Cell)| {
        let canon = plan.columns[at].canon();
        bytes(canon, &cell.value).ok_or_else(|| RereadError::Key(cell.column.shown().into_owned()))
    };
    cells.iter().enumerate().map(part).collect::<Result<_, _>>().map(Key)
}

/// The canonical bytes of a value as it was listed; `None` where it is not one that can come back.
fn bytes(canon: Canon, value: &Value) -> Option<Vec<u8>> {
    let text = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
        Value::Bool(truth) => return canon.bytes(Raw::Bool(*truth)).ok(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
    };
    if canon == Canon::Bytes {
        return unhex(text.strip_prefix("\\x")?);
    }
    let tries = [Raw::Text(text.as_bytes()), Raw::Digits(text.as_bytes())];
    let ints = [text.parse().ok().map(Raw::Int), text.parse().ok().map(Raw::Uint)];
    let mut tries = tries.into_iter().chain(ints.into_iter().flatten()).filter_map(|raw| canon.bytes(raw).ok());
    // Only what reads the same again is the same.
    tries.find(|bytes| canon.decode(bytes) == text)
}

/// A value for JSON: integers as numbers, everything else as its text.
pub fn json(canon: Canon, cell: Cell<'_>) -> Value {
    super::look::json(canon, cell)
}

/// A value as a person reads it; `None` is NULL.
pub fn words(canon: Canon, cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Value(bytes) => Some(canon.decode(bytes)),
        Cell::Misfit(words) => Some(format!("no {}: {}", canon.word(), String::from_utf8_lossy(words))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::Day;
    use serde_json::json;

    #[test]
    fn a_listed_key_is_found_again_by_the_very_same_bytes() {
        let day = Day::new(2026, 11, 22);
        for (canon, raw, listed) in [
            (Canon::Int, Raw::Int(-7), json!(-7)),
            (Canon::Int, Raw::Uint(u64::MAX), json!(u64::MAX)),
            (Canon::Decimal, Raw::Digits(b"12.50"), json!("12.5")),
            (Canon::Bool, Raw::Bool(true), json!(true)),
            (Canon::Text, Raw::Text("a'b\\ü".as_bytes()), json!("a'b\\ü")),
            (Canon::Bytes, Raw::Bytes(&[0, 255]), json!("\\x00ff")),
            (Canon::Date, Raw::Date(day), json!("2026-11-22")),
            (Canon::Timestamp, Raw::Timestamp(day, 1_500_000), json!("2026-11-22 00:00:01.5")),
            (Canon::Uuid, Raw::Uuid([7; 16]), json!("07070707-0707-0707-0707-070707070707")),
        ] {
            assert_eq!(bytes(canon, &listed), canon.bytes(raw).ok(), "{canon:?} {listed}");
        }
        for (canon, listed) in [(Canon::Int, json!(null)), (Canon::Int, json!("7a")), (Canon::Bytes, json!("00ff"))] {
            assert_eq!(bytes(canon, &listed), None, "{canon:?} {listed}");
        }
    }
}
