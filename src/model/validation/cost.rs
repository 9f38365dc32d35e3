//! What comparing by rows will cost, from the estimates of a plan: told before it is confirmed. Pure.

use super::{Kind, Method, Planned, PlannedTable};

/// Rows that one statement reads, as ranges are cut where nothing else is said.
const RANGE_ROWS: u64 = 250_000;
/// Rows in one bucket of a digest, and the bytes that come back for a bucket: count, two sums, number.
const BUCKET_ROWS: u64 = 1_000;
const BUCKET_BYTES: u64 = 40;
/// Nanoseconds a row of a pair of tables takes, with both servers and this machine near each other: read and merged, or
/// hashed on the servers (measured, one connection a side).
const STREAM_NANOS: u64 = 1_600;
const DIGEST_NANOS: u64 = 2_200;
/// Bytes a second of one gigabit, and of a line of fifty megabits.
const GIGABIT: u64 = 125_000_000;
const SLOW: u64 = 6_250_000;

/// What comparing by rows costs. Estimates, and those of the servers are rough: a plan says so too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Tables that are compared by rows.
    pub tables: usize,
    /// Rows of the source; of the target.
    pub rows_source: u64,
    pub rows_target: u64,
    /// Bytes from both servers to this machine.
    pub bytes: u64,
    /// Tables whose size nobody knows: they come on top of everything else.
    pub unknown: usize,
    pub queries_source: u64,
    pub queries_target: u64,
    /// Seconds over a gigabit, and over fifty megabits.
    pub seconds: u64,
    pub seconds_slow: u64,
}

/// The cost of all tables that are compared by rows.
pub fn cost(planned: &Planned) -> Cost {
    let mut all = Cost::default();
    let (mut nanos, mut fast, mut slow) = (0, 0, 0);
    for table in planned.tables.iter().filter(|table| by_rows(table)) {
        all.tables += 1;
        let (source, target) = rows(table);
        let ranges = source.unwrap_or(0).div_ceil(RANGE_ROWS).max(1);
        // What it is, its ranges, and again in the end.
        (all.queries_source, all.queries_target) = (all.queries_source + ranges + 3, all.queries_target + ranges + 2);
        let (Some(source), Some(target)) = (source, target) else {
            all.unknown += 1;
            continue;
        };
        let (bytes, each) = match table.method {
            Method::Stream => {
                all.unknown += usize::from(table.bytes_source.is_none());
                // As wide on both sides.
                (share(table.bytes_source.unwrap_or(0), source.saturating_add(target), source), STREAM_NANOS)
            }
            _ => (2 * BUCKET_BYTES * source.div_ceil(BUCKET_ROWS), DIGEST_NANOS),
        };
        all.rows_source = all.rows_source.saturating_add(source);
        all.rows_target = all.rows_target.saturating_add(target);
        all.bytes = all.bytes.saturating_add(bytes);
        let work = source.max(target).saturating_mul(each);
        nanos = u64::saturating_add(nanos, work);
        fast = u64::saturating_add(fast, work.max(wire(bytes, GIGABIT)));
        slow = u64::saturating_add(slow, work.max(wire(bytes, SLOW)));
    }
    all.seconds = fast.max(nanos).div_ceil(1_000_000_000);
    all.seconds_slow = slow.max(nanos).div_ceil(1_000_000_000);
    all
}

/// Whether rows of it are read.
fn by_rows(table: &PlannedTable) -> bool {
    table.kind == Kind::Rows && matches!(table.method, Method::Stream | Method::Digest | Method::Multiset)
}

/// Whether anything of a plan is compared by rows.
pub fn is_by_rows(planned: &Planned) -> bool {
    planned.tables.iter().any(by_rows)
}

/// A target of which nothing is known is taken to be as long as its source, and the other way round.
fn rows(table: &PlannedTable) -> (Option<u64>, Option<u64>) {
    (table.rows_source.or(table.rows_target), table.rows_target.or(table.rows_source))
}

/// `bytes` for `of` rows, for `rows` of them.
fn share(bytes: u64, rows: u64, of: u64) -> u64 {
    let share = u128::from(bytes) * u128::from(rows) / u128::from(of.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

fn wire(bytes: u64, rate: u64) -> u64 {
    u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(rate)).unwrap_or(u64::MAX)
}

impl Cost {
    /// For the person who confirms it.
    pub fn lines(&self) -> Vec<String> {
        let tables = if self.tables == 1 { "1 table".to_owned() } else { format!("{} tables", self.tables) };
        let mut lines = vec![
            format!(
                "it reads about {} of the source and {} of the target, in {tables}",
                if self.rows_source == 1 { "1 row".to_owned() } else { format!("{} rows", short(self.rows_source)) },
                short(self.rows_target)
            ),
            format!(
                "{} over the network from both servers: traffic between zones, regions or out of AWS is billed",
                if self.bytes == 0 && self.unknown > 0 {
                    "nobody knows how much".to_owned()
                } else {
                    volume(self.bytes)
                }
            ),
            format!(
                "about {} statements on the source and {} on the target, none of which writes or locks",
                short(self.queries_source),
                short(self.queries_target)
            ),
            format!(
                "about {} at a gigabit a second, {} at fifty megabits",
                duration(self.seconds),
                duration(self.seconds_slow)
            ),
        ];
        if self.unknown > 0 {
            let which = match self.unknown {
                1 => "1 table, whose size nobody knows".to_owned(),
                some => format!("{some} tables, whose sizes nobody knows"),
            };
            lines.push(format!("rows, bytes or time come on top for {which}"));
        }
        lines
    }
}

/// Three digits are enough for an estimate: `1.2 M`, `340 k`.
fn short(number: u64) -> String {
    scaled(number, &[(1_000_000_000, " G"), (1_000_000, " M"), (10_000, " k")])
}

fn volume(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => "under 1 MB".to_owned(),
        _ => {
            format!("about {}", scaled(bytes, &[(1_000_000_000_000, " TB"), (100_000_000, " GB"), (1_000_000, " MB")]))
        }
    }
}

fn scaled(number: u64, steps: &[(u64, &str)]) -> String {
    let Some((step, unit)) = steps.iter().find(|(step, _)| number >= *step) else { return number.to_string() };
    // What a step is called counts from its own power of a thousand.
    let base = match *step {
        10_000 => 1_000,
        100_000_000 => 1_000_000_000,
        step => step,
    };
    let tenths = number.saturating_mul(10) / base;
    if tenths < 100 { format!("{}.{}{unit}", tenths / 10, tenths % 10) } else { format!("{}{unit}", tenths / 10) }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{} s", seconds.max(1)),
        100..6_000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Gate, PlannedSide, What};
    use super::*;

    fn table(method: Method, rows: Option<u64>, bytes: Option<u64>) -> PlannedTable {
        PlannedTable {
            source: "shop.t".into(),
            target: "shop.t".into(),
            kind: if method == Method::Count { Kind::Count } else { Kind::Rows },
            method,
            why: String::new(),
            key: Vec::new(),
            columns: Vec::new(),
            rows_source: rows,
            rows_target: None,
            bytes_source: bytes,
            query_source: String::new(),
            query_target: String::new(),
            not_compared: Vec::new(),
        }
    }

    fn planned(tables: Vec<PlannedTable>) -> Planned {
        let side = |at: &str| PlannedSide { at: at.into(), engine: "postgresql".into(), by: "--source".into() };
        Planned {
            what: What::Addresses,
            source: side("a/x"),
            target: side("b/x"),
            seen_from: "here".into(),
            gate: Gate::NoTask,
            tables,
            target_only: Vec::new(),
            of_dms: Vec::new(),
            fingerprint: "f".into(),
            is: crate::model::validation::Whose::default(),
            said: crate::model::validation::Said::default(),
        }
    }

    #[test]
    fn a_stream_costs_both_sides_of_the_table_and_a_digest_only_its_sums() {
        let of = |method| cost(&planned(vec![table(method, Some(1_000_000), Some(115_000_000))]));
        let stream = of(Method::Stream);
        assert_eq!((stream.rows_source, stream.rows_target, stream.bytes), (1_000_000, 1_000_000, 230_000_000));
        assert_eq!((stream.seconds, stream.seconds_slow), (2, 37));
        assert_eq!((stream.queries_source, stream.queries_target), (7, 6));
        let digest = of(Method::Digest);
        assert_eq!((digest.bytes, digest.seconds, digest.seconds_slow), (80_000, 3, 3));
        assert_eq!((of(Method::Count), is_by_rows(&planned(vec![]))), (Cost::default(), false));
    }

    #[test]
    fn what_nobody_knows_is_said_and_counted_for_nothing() {
        for (rows, bytes, read) in [(None, None, 0), (None, Some(9), 0), (Some(5), None, 5)] {
            let cost = cost(&planned(vec![table(Method::Stream, rows, bytes)]));
            assert_eq!((cost.unknown, cost.rows_source, cost.bytes), (1, read, 0));
            assert!(cost.lines().join("\n").contains("come on top for 1 table, whose size nobody knows"));
        }
    }

    #[test]
    fn estimates_are_short() {
        for (number, want) in
            [(0, "0"), (9_999, "9999"), (12_345, "12 k"), (1_234_567, "1.2 M"), (7_000_000_000, "7.0 G")]
        {
            assert_eq!(short(number), want);
        }
        for (bytes, want) in [(5, "under 1 MB"), (23_400_000, "about 23 MB"), (230_000_000, "about 0.2 GB")] {
            assert_eq!(volume(bytes), want);
        }
        for (seconds, want) in [(0, "1 s"), (99, "99 s"), (100, "2 min"), (7_200, "2 h")] {
            assert_eq!(duration(seconds), want);
        }
    }
}
