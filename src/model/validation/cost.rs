//! What comparing by rows will cost, from the estimates of a plan: told before it is confirmed. Pure.

use super::{Kind, Method, Planned, PlannedTable};

/// Rows that one statement reads, as ranges are cut where nothing else is said.
const RANGE_ROWS: u64 = 250_000;
/// Bytes that one statement reads, about: a second's worth. Fewer rows than these are not worth a statement.
const RANGE_BYTES: u64 = 64 * 1_024 * 1_024;
const FEWEST_ROWS: u64 = 4_000;
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
    /// Tables of which no server says how many rows they have: they come on top of everything else.
    pub unknown: usize,
    /// Tables whose rows are known, and not their bytes.
    pub weightless: usize,
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
        let each = range_rows(RANGE_ROWS, source, table.bytes_source);
        let ranges = source.unwrap_or(0).div_ceil(each).max(1);
        // What it is, its ranges, and again in the end.
        (all.queries_source, all.queries_target) = (all.queries_source + ranges + 3, all.queries_target + ranges + 2);
        let (Some(source), Some(target)) = (source, target) else {
            all.unknown += 1;
            continue;
        };
        let (bytes, each) = match table.method {
            Method::Stream => {
                all.weightless += usize::from(table.bytes_source.is_none());
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

/// Rows in a range of a table with so many rows and bytes, as its server estimates them: no more than were asked for, and
/// fewer where they are wide.
pub fn range_rows(asked: u64, rows: Option<u64>, bytes: Option<u64>) -> u64 {
    let (Some(rows @ 1..), Some(bytes)) = (rows, bytes) else { return asked };
    asked.min(share(RANGE_BYTES, rows, bytes).max(FEWEST_ROWS))
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

/// What a plan costs, for the person who begins it: a sentence a line. Kinds that send no rows are told as what they do.
pub fn words(planned: &Planned) -> Vec<String> {
    let mut lines = if is_by_rows(planned) { cost(planned).lines() } else { Vec::new() };
    for (kind, does) in [
        (Kind::Count, "counts its rows on both servers: only the numbers are sent"),
        (Kind::Aggregate, "is read once by each of both servers: only the sums are sent"),
        (Kind::Sql, "runs on both servers as it is written, and its results are sent"),
    ] {
        let number = planned.tables.iter().filter(|one| one.kind == kind && one.method != Method::None).count();
        let what = match (kind, number) {
            (_, 0) => continue,
            (Kind::Sql, 1) => "1 statement".to_owned(),
            (Kind::Sql, _) => format!("each of {number} statements"),
            (_, 1) => "1 table".to_owned(),
            _ => format!("each of {number} tables"),
        };
        lines.push(format!("{what} {does}"));
    }
    if lines.is_empty() {
        lines.push("nothing is compared, so nothing is read".to_owned());
    }
    lines
}

impl Cost {
    /// For the person who confirms it.
    fn lines(&self) -> Vec<String> {
        let tables = if self.tables == 1 { "1 table".to_owned() } else { format!("{} tables", self.tables) };
        let some = |number: usize| match number {
            1 => "1 table".to_owned(),
            _ => format!("{number} tables"),
        };
        // What has no estimate is never counted for nothing: it stands beside what has one, or in its place.
        let rows = match self.tables - self.unknown {
            0 => format!(
                "it reads every row of {tables} on both sides: the servers have no estimate how many (PostgreSQL has one after \
                 its first ANALYZE)"
            ),
            known => {
                let besides = match self.unknown {
                    0 => String::new(),
                    number => format!(", and every row of {}, of which no server has an estimate", some(number)),
                };
                let (source, target) = (short(self.rows_source), short(self.rows_target));
                let rows = if self.rows_source == 1 { "row" } else { "rows" };
                format!(
                    "it reads about {source} {rows} of the source and {target} of the target, in {}{besides}",
                    some(known)
                )
            }
        };
        let billed = "traffic between zones, regions or out of AWS is billed";
        let bytes = match self.unknown + self.weightless {
            0 => format!("{} over the network from both servers: {billed}", volume(self.bytes)),
            number if number == self.tables && self.bytes == 0 => {
                format!("all of it comes over the network from both servers, how many bytes is not known: {billed}")
            }
            number => format!(
                "{} over the network from both servers, and the bytes of {}, which are not known: {billed}",
                volume(self.bytes),
                some(number)
            ),
        };
        let statements = format!(
            "about {} statements on the source and {} on the target, none of which writes or locks",
            short(self.queries_source),
            short(self.queries_target)
        );
        let time = match (self.unknown, self.weightless) {
            (0, 0) => format!(
                "about {} at a gigabit a second, {} at fifty megabits",
                duration(self.seconds),
                duration(self.seconds_slow)
            ),
            (0, _) => format!("about {} where the servers are near; longer over a slow line", duration(self.seconds)),
            _ => "how long it takes is not known beforehand; it can be paused, stopped and gone on with".to_owned(),
        };
        vec![rows, bytes, statements, time]
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
    fn wide_rows_come_in_smaller_ranges() {
        for (asked, rows, bytes, want) in [
            // 115 bytes a row, 512, 8,000 and a megabyte.
            (250_000, Some(1_000_000), Some(115_000_000), 250_000),
            (250_000, Some(1_000_000), Some(512_000_000), 131_072),
            (250_000, Some(10_000_000), Some(80_000_000_000), 8_388),
            (250_000, Some(1_000), Some(1_048_576_000), 4_000),
            (1_000, Some(1_000), Some(1_048_576_000), 1_000),
            (250_000, None, Some(1_048_576_000), 250_000),
            (250_000, Some(1_000_000), None, 250_000),
            (250_000, Some(0), Some(8_192), 250_000),
            (250_000, Some(5), Some(0), 250_000),
            (250_000, Some(u64::MAX), Some(1), 250_000),
        ] {
            assert_eq!(range_rows(asked, rows, bytes), want, "{asked} {rows:?} {bytes:?}");
        }
        let wide = cost(&planned(vec![table(Method::Stream, Some(1_000_000), Some(512_000_000))]));
        assert_eq!((wide.queries_source, wide.queries_target), (8 + 3, 8 + 2));
    }

    #[test]
    fn what_nobody_knows_is_said_and_never_counted_for_nothing() {
        let of = |tables: &[(Option<u64>, Option<u64>)]| {
            let tables = tables.iter().map(|(rows, bytes)| table(Method::Stream, *rows, *bytes)).collect();
            words(&planned(tables)).join("\n")
        };
        for (tables, there, not) in [
            (&[(None, None)][..], "every row of 1 table on both sides: the servers have no estimate", "about 0 rows"),
            (&[(None, Some(9))], "how many bytes is not known", "under 1 MB"),
            (&[(Some(5), None)], "about 5 rows of the source and 5 of the target, in 1 table\n", "every row"),
            (&[(Some(5), None)], "near; longer over a slow line", "gigabit"),
            (&[(Some(5), Some(9)), (None, None)], "in 1 table, and every row of 1 table, of which no server", "0 of"),
            (&[(Some(5), Some(9)), (None, None)], "and the bytes of 1 table, which are not known", "gigabit"),
            (&[(Some(5), Some(9))], "under 1 MB over the network from both servers: ", "not known"),
        ] {
            let said = of(tables);
            assert!(said.contains(there) && !said.contains(not), "{tables:?}: {said}");
        }
    }

    #[test]
    fn what_sends_no_rows_is_not_told_as_if_it_did() {
        let of = |kind: Kind, count: usize| {
            let one = PlannedTable { kind, ..table(Method::Count, Some(7), None) };
            words(&planned(vec![one; count])).join("\n")
        };
        assert_eq!(of(Kind::Count, 1), "1 table counts its rows on both servers: only the numbers are sent");
        assert!(of(Kind::Aggregate, 3).starts_with("each of 3 tables is read once"));
        assert!(of(Kind::Sql, 2).starts_with("each of 2 statements runs on both servers"));
        assert_eq!(of(Kind::Rows, 0), "nothing is compared, so nothing is read");
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
