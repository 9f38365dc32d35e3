//! Which way a table is compared, and in which parts. Start at [`choose`].
//!
//! Rows that are sent cost the wire; rows that are summed up cost the servers three or four times as much. So the first
//! rows of a table are sent, from both sides; where that took more than twice what hashing them could, they are summed up
//! too, and the rest gets sums if those took less than half the time. What decides besides the clock: a type that only this
//! program compares, a key that no index gives in order, no key at all, few rows.

use super::digest::{self, Sums};
use super::look::{self, Trouble};
use super::merge::Side;
use super::pace::Pace;
use super::plan::{self, TablePlan};
use super::run::{Shared, stopped};
use crate::db::scan::digest::{Groups, Hash, Hashed, Written};
use crate::db::scan::{Bound, Key, KeyRange, Rows, Scan, ScanRequest};
use crate::model::canon::{Canon, Holds};
use crate::model::validation::Method;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a person wants of the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Whichever is faster.
    #[default]
    Auto,
    Stream,
    /// Wherever the servers can write every column.
    Digest,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "stream" => Ok(Self::Stream),
            "digest" => Ok(Self::Digest),
            _ => Err("one of auto, stream, digest".to_owned()),
        }
    }
}

/// Rows of a group, and of a group in a large table.
const GROUP: u64 = 1_000;
const LARGE_GROUP: u64 = 10_000;
const LARGE: u64 = 10_000_000;
/// Groups by a hash: as many numbers may stand in a condition.
const HASHED: u64 = 10_000;
/// A table of unknown size.
const ROWS: u64 = 1_000_000;

/// Rows that are read to find out.
const FIRST: u64 = 20_000;
/// Below these nothing is worth finding out.
const FEW_ROWS: u64 = 100_000;
const FEW_BYTES: u64 = 32 * 1_024 * 1_024;
/// What a server takes to hash a row, and each byte of it, at the very least: measured were 1.5 microseconds a row of 115
/// bytes, and 14 a row of 20,000.
const HASH_ROW: f64 = 1.4;
const HASH_BYTE: f64 = 0.000_6;
/// A larger table is not sorted for a comparison: it would go to the server's disk.
const SORTED_ROWS: u64 = 10_000_000;
const SORTED_BYTES: u64 = 1_024 * 1_024 * 1_024;

/// What was chosen, and the parts of the table.
pub(super) struct Chosen {
    pub method: Method,
    /// With the figures, where there are some.
    pub why: String,
    pub parts: Vec<(KeyRange, Option<Sums>)>,
}

/// Chooses for one table with a plan to compare its rows.
pub(super) async fn choose(shared: &Shared, plan: &TablePlan) -> Result<Chosen, Trouble> {
    let wanted = shared.options.method;
    let redshift = [&shared.source, &shared.target].iter().any(|side| side.database().dialect().redshift);
    let written = match digest::written(plan) {
        _ if redshift => Err("Redshift does not write values as other servers do".to_owned()),
        // An old server, or one that only looks like PostgreSQL: not without being asked for.
        Ok(_) if wanted == Wanted::Auto && (plan.key == 0 || !is_small(plan)) && hash(shared).await? == Hash::Md5 => {
            Err("a server has no SHA-256".to_owned())
        }
        written => written,
    };
    let served = plan.key > 0
        && [Side::Source, Side::Target]
            .iter()
            .all(|side| look::request(plan, *side, plan::whole()).is_served_by_index());
    if plan.method == Method::Multiset {
        let sums = match (wanted, written) {
            (Wanted::Stream, _) => Err("every row is read, as asked".to_owned()),
            (_, written) => written.map_err(|why| format!("every row is read: {why}")),
        };
        let (sums, why) = match sums {
            Ok(written) => {
                let hashed = by_hash(shared, plan, 0..plan.columns.len(), &written).await?;
                (Some(hashed), "rows are counted by their hash on the servers".to_owned())
            }
            Err(why) => (None, why),
        };
        return Ok(Chosen { method: Method::Multiset, why, parts: vec![(KeyRange::default(), sums)] });
    }
    let (method, why) = match (wanted, &written) {
        (Wanted::Stream, _) => (Method::Stream, String::new()),
        (Wanted::Auto, _) if is_small(plan) => (Method::Stream, String::new()),
        (_, Err(why)) => (Method::Stream, format!("every row is read: {why}")),
        (Wanted::Digest, Ok(_)) => (Method::Digest, "sums, as asked".to_owned()),
        (Wanted::Auto, Ok(_)) if !served => sorted(shared, plan).await?,
        (Wanted::Auto, Ok(written)) => measured(shared, plan, written).await?,
    };
    let parts = match (method, written) {
        (Method::Digest, Ok(written)) if !served => {
            vec![(KeyRange::default(), Some(by_hash(shared, plan, 0..plan.key, &written).await?))]
        }
        (Method::Digest, Ok(written)) => summed(shared, plan, written).await?,
        _ => look::ranges(shared, plan).await?.into_iter().map(|range| (range, None)).collect(),
    };
    Ok(Chosen { method, why, parts })
}

fn is_small(plan: &TablePlan) -> bool {
    let TablePlan { rows_source: rows, bytes_source: bytes, .. } = plan;
    let few = rows.is_none_or(|rows| rows < FEW_ROWS) && bytes.is_none_or(|bytes| bytes < FEW_BYTES);
    few && (rows.is_some() || bytes.is_some())
}

/// The hash that both servers have.
async fn hash(shared: &Shared) -> Result<Hash, Trouble> {
    let of = |side| move |error| Trouble::Db { side, error };
    let source = shared.source.hash().await.map_err(of(Side::Source))?;
    let target = shared.target.hash().await.map_err(of(Side::Target))?;
    Ok(if source == target { source } else { Hash::Md5 })
}

/// Groups by the hash of some columns, in one part.
async fn by_hash(
    shared: &Shared,
    plan: &TablePlan,
    of: std::ops::Range<usize>,
    written: &[Written],
) -> Result<Sums, Trouble> {
    let hash = hash(shared).await?;
    let groups = (plan.rows_source.unwrap_or(ROWS) / GROUP).clamp(16, HASHED);
    let of = of.filter_map(|at| Some((at, *written.get(at)?))).collect();
    Ok(Sums { written: written.to_vec(), hash, groups: Groups::Hash(Hashed { of, hash, groups }) })
}

fn group_rows(plan: &TablePlan) -> u64 {
    if plan.rows_source.is_some_and(|rows| rows > LARGE) { LARGE_GROUP } else { GROUP }
}

/// Ranges with groups in the order of the key.
async fn summed(
    shared: &Shared,
    plan: &TablePlan,
    written: Vec<Written>,
) -> Result<Vec<(KeyRange, Option<Sums>)>, Trouble> {
    let hash = hash(shared).await?;
    let sums = |groups| Some(Sums { written: written.clone(), hash, groups });
    if is_integer(plan) {
        let ranges = look::ranges(shared, plan).await?;
        let span = span(&ranges, shared.range_rows(plan), group_rows(plan));
        return Ok(ranges.into_iter().map(|range| (range, sums(Groups::Span(span)))).collect());
    }
    let request = look::request(plan, Side::Source, plan::whole());
    let mut wish = shared.wish.clone();
    let cuts = tokio::select! {
        biased;
        () = stopped(&mut wish) => return Err(Trouble::Stopped),
        cuts = shared.source.cuts(&request, group_rows(plan)) => cuts,
    };
    let cuts = cuts.map_err(|error| Trouble::Db { side: Side::Source, error })?;
    let each = usize::try_from(shared.range_rows(plan) / group_rows(plan)).unwrap_or(usize::MAX);
    Ok(bounded(&cuts, each).into_iter().map(|(range, bounds)| (range, sums(Groups::Bounds(bounds)))).collect())
}

/// Ranges of so many groups each, and the bounds between the groups of each.
fn bounded(cuts: &[Key], each: usize) -> Vec<(KeyRange, Vec<Key>)> {
    let each = each.max(1);
    let ends = cuts.iter().skip(each - 1).step_by(each).cloned().collect();
    let mut inner = cuts.chunks(each);
    let ranges = KeyRange::between(ends);
    ranges
        .into_iter()
        .map(|range| {
            let mut bounds = inner.next().unwrap_or_default().to_vec();
            // The range itself ends there.
            if range.to.as_ref().is_some_and(|to| bounds.last() == Some(&to.key)) {
                bounds.pop();
            }
            (range, bounds)
        })
        .collect()
}

/// One integer that both servers can divide.
fn is_integer(plan: &TablePlan) -> bool {
    let [key] = &plan.columns[..plan.key.min(plan.columns.len())] else { return false };
    let fits = [&key.source, &key.target].iter().all(|side| side.sql_type.holds() == Holds::Int && !side.nullable);
    fits && key.canon() == Canon::Int
}

/// Numbers that have about so many rows among them, by the distance of the ranges' ends.
fn span(ranges: &[KeyRange], range_rows: u64, group_rows: u64) -> u64 {
    let number = |bound: &Bound| bound.key.0.first().and_then(|bytes| Canon::Int.decode(bytes).parse::<i128>().ok());
    let ends: Vec<i128> = ranges.iter().filter_map(|range| number(range.to.as_ref()?)).collect();
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return group_rows };
    let rows = i128::from(range_rows) * i128::try_from(ends.len() - 1).unwrap_or(1);
    if rows == 0 {
        return group_rows;
    }
    let span = (last - first) * i128::from(group_rows) / rows;
    // Half of all unsigned integers still has a signed number.
    u64::try_from(span.max(2)).unwrap_or(u64::MAX).min(u64::MAX / 4)
}

/// What it took to send some rows.
#[derive(Debug, Clone, Copy)]
struct Sent {
    rows: u64,
    bytes: u64,
    time: SignedDuration,
}

impl Sent {
    /// Nearly as fast as the best of servers hashes such rows: sums of them could not take less than half the time. `times`:
    /// they are hashed so often.
    #[allow(clippy::cast_precision_loss, reason = "some thousands of rows, and what they weigh")]
    fn is_fast(self, times: f64) -> bool {
        let hashed = times * (HASH_ROW * self.rows as f64 + HASH_BYTE * self.bytes as f64);
        self.rows > 0 && self.time.as_micros() as f64 * 0.5 <= hashed
    }

    fn why(self) -> String {
        let Self { rows, bytes, time } = self;
        format!("first {rows} rows: {} \u{b5}s a row streamed ({} bytes)", each(time, rows), bytes / rows.max(1))
    }
}

/// Microseconds of one of so many rows.
fn each(time: SignedDuration, rows: u64) -> String {
    let tenths = u64::try_from(time.as_micros() * 10).unwrap_or_default() / rows.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What both ways took for the same rows.
#[derive(Debug, Clone, Copy)]
struct Figures {
    sent: Sent,
    summed: SignedDuration,
}

impl Figures {
    /// Sums must take less than half the time: they are work for the servers, which have other work in such a night.
    fn method(&self) -> Method {
        if self.summed * 2 < self.sent.time { Method::Digest } else { Method::Stream }
    }

    fn why(&self) -> String {
        format!("{}, {} \u{b5}s by sums", self.sent.why(), each(self.summed, self.sent.rows))
    }
}

/// Reads the first rows, both ways where one alone does not tell.
async fn measured(shared: &Shared, plan: &TablePlan, written: &[Written]) -> Result<(Method, String), Trouble> {
    let request = look::request(plan, Side::Source, plan::whole());
    let mut wish = shared.wish.clone();
    let first = Pace::most(shared.options.rows_per_second, FIRST);
    let bound = tokio::select! {
        biased;
        () = stopped(&mut wish) => return Err(Trouble::Stopped),
        bound = shared.source.key_after(&request, first - 1) => bound,
    };
    let Some(key) = bound.map_err(|error| Trouble::Db { side: Side::Source, error })? else {
        return Ok((Method::Stream, String::new()));
    };
    let range = Rows::Range(KeyRange { from: None, to: Some(Bound { key, inclusive: true }) });
    let asked = |side| look::request(plan, side, range.clone());
    let look = async || sent(shared, [asked(Side::Source), asked(Side::Target)], u64::MAX).await;
    let sent = look().await?;
    if sent.is_fast(1.0) {
        return Ok((Method::Stream, format!("{}, as fast as sums can be", sent.why())));
    }
    let groups = if is_integer(plan) { Groups::Span(GROUP) } else { Groups::Bounds(Vec::new()) };
    let sums = Sums { written: written.to_vec(), hash: hash(shared).await?, groups };
    let began = shared.now();
    digest::both(shared, plan, range.clone(), &sums).await?;
    let mut figures = Figures { sent, summed: shared.now().duration_since(began) };
    if !shared.paced(sent.rows * 2).await {
        return Err(Trouble::Stopped);
    }
    // Once more: what was sent first may have come from a disk, and what was summed up then did not.
    if figures.method() == Method::Digest {
        let again = look().await?;
        figures.sent.time = figures.sent.time.min(again.time);
    }
    Ok((figures.method(), figures.why()))
}

/// Where a server has to sort for the order of the key. Rows are hashed twice for groups without an order, so rows that
/// come fast are sorted rather. Measured in a million rows: 1.1 seconds for the sort of MariaDB, 3.3 and 3.8 for the sums.
async fn sorted(shared: &Shared, plan: &TablePlan) -> Result<(Method, String), Trouble> {
    let why = "no index gives the order of the key".to_owned();
    let large = plan.rows_source.is_none_or(|rows| rows > SORTED_ROWS)
        || plan.bytes_source.is_some_and(|bytes| bytes > SORTED_BYTES);
    if large {
        return Ok((Method::Digest, why));
    }
    let asked = |side| ScanRequest { ordered: false, ..look::request(plan, side, plan::whole()) };
    let first = Pace::most(shared.options.rows_per_second, FIRST);
    let sent = sent(shared, [asked(Side::Source), asked(Side::Target)], first).await?;
    let method = if sent.is_fast(2.0) { Method::Stream } else { Method::Digest };
    Ok((method, format!("{why}; {}", sent.why())))
}

/// Reads both sides, so many rows of each at most, and drops them.
async fn sent(shared: &Shared, [ours, theirs]: [ScanRequest; 2], most: u64) -> Result<Sent, Trouble> {
    async fn all(scan: &mut Scan, side: Side, most: u64) -> Result<(u64, u64, bool), Trouble> {
        let (mut rows, mut bytes) = (0, 0);
        while let Some(batch) = scan.next().await.map_err(|error| Trouble::Db { side, error })? {
            rows += batch.rows() as u64;
            bytes += batch.weight() as u64;
            if rows >= most {
                return Ok((rows, bytes, true));
            }
        }
        Ok((rows, bytes, false))
    }
    let began = shared.now();
    let (mut ours, mut theirs) = (shared.source.scan(ours), shared.target.scan(theirs));
    let mut wish = shared.wish.clone();
    let told = tokio::select! {
        biased;
        () = stopped(&mut wish) => Err(Trouble::Stopped),
        told = async {
            tokio::try_join!(all(&mut ours, Side::Source, most), all(&mut theirs, Side::Target, most))
        } => told,
    };
    let time = shared.now().duration_since(began);
    // A statement ends on its server before anything else is done there.
    match &told {
        Ok(((.., false), (.., false))) => {}
        _ => drop(tokio::join!(ours.stop(), theirs.stop())),
    }
    let ((rows, bytes, _), (more, ..)) = told?;
    if !shared.paced(rows + more).await {
        return Err(Trouble::Stopped);
    }
    Ok(Sent { rows, bytes, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::Raw;

    fn key(number: i64) -> Key {
        Key(vec![Canon::Int.bytes(Raw::Int(number)).unwrap()])
    }

    fn sent(rows: u64, bytes: u64, millis: i64) -> Sent {
        Sent { rows, bytes, time: SignedDuration::from_millis(millis) }
    }

    #[test]
    fn sums_must_be_clearly_faster() {
        let of = |streamed, summed| Figures {
            sent: sent(20_000, 2_300_000, streamed),
            summed: SignedDuration::from_millis(summed),
        };
        for (streamed, summed, want) in [
            (20, 40, Method::Stream),
            (40, 38, Method::Stream),
            (400, 60, Method::Digest),
            (400, 210, Method::Stream),
            (0, 0, Method::Stream),
        ] {
            assert_eq!(of(streamed, summed).method(), want, "{streamed} {summed}");
        }
        let why = of(400, 37).why();
        assert_eq!(why, "first 20000 rows: 20.0 \u{b5}s a row streamed (115 bytes), 1.8 \u{b5}s by sums");
    }

    #[test]
    fn rows_that_come_as_fast_as_they_could_be_hashed_are_not_summed_up_to_find_out() {
        for (row, times, millis, want) in [
            (115, 1.0, 24, true),
            // A gigabit, and fifty megabits a second.
            (115, 1.0, 34, true),
            (115, 1.0, 58, true),
            (115, 1.0, 62, false),
            (115, 1.0, 370, false),
            (115, 2.0, 60, true),
            (115, 2.0, 370, false),
            (20_000, 1.0, 240, true),
            (20_000, 1.0, 3_200, false),
        ] {
            assert_eq!(sent(20_000, row * 20_000, millis).is_fast(times), want, "{row} {times} {millis}");
        }
        assert!(!sent(0, 0, 0).is_fast(1.0), "nothing was seen");
    }

    #[test]
    fn a_group_spans_as_many_numbers_as_its_rows_take() {
        let ranges = |ends: &[i64]| KeyRange::between(ends.iter().map(|end| key(*end)).collect());
        for (ends, want) in [
            (&[][..], 1_000),
            (&[250_000], 1_000),
            (&[250_000, 500_000], 1_000),
            // A tenth of the numbers are there.
            (&[0, 2_500_000, 5_000_000], 10_000),
            (&[i64::MIN, i64::MAX], 73_786_976_294_838_206),
            (&[5, 5], 2),
        ] {
            assert_eq!(span(&ranges(ends), 250_000, 1_000), want, "{ends:?}");
        }
    }

    #[test]
    fn ranges_have_their_groups_and_together_every_bound() {
        let cuts: Vec<Key> = (1..=7).map(key).collect();
        for (each, want) in [
            (3, vec![(None, Some(3), vec![1, 2]), (Some(3), Some(6), vec![4, 5]), (Some(6), None, vec![7])]),
            (7, vec![(None, Some(7), vec![1, 2, 3, 4, 5, 6]), (Some(7), None, vec![])]),
            (100, vec![(None, None, vec![1, 2, 3, 4, 5, 6, 7])]),
        ] {
            let number = |key: &Key| Canon::Int.decode(&key.0[0]).parse::<i64>().unwrap();
            let end = |bound: Option<Bound>| bound.map(|bound| number(&bound.key));
            let got = bounded(&cuts, each).into_iter();
            let got: Vec<_> = got
                .map(|(range, inner)| (end(range.from), end(range.to), inner.iter().map(number).collect()))
                .collect();
            assert_eq!(got, want, "{each}");
        }
        assert_eq!(bounded(&[], 250).len(), 1);
    }
}
