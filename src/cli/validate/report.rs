//! A plan, its progress and its answer, as people read them. 80 columns are enough for everything but long names.

use crate::app::validate::{Done, Plan, TablePlan, names};
use crate::model::listing::validations::Summary;
use crate::model::untrusted::shown;
use crate::model::validation::told;
use crate::model::validation::{
    Cell, Gate, GateSeen, Method, NotCompared, Phase, Progress, RowResult, TableProgress, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Above the lines of [`table`].
pub const HEAD: &str = "VERDICT      SOURCE ROWS TARGET ROWS  DIFFER MISSING   EXTRA  TABLE\n";

/// Characters of a value that are printed; the whole of it is in the JSON.
const VALUE: usize = 40;

/// What will be compared, what will not, and why.
pub fn plan(plan: &Plan, from: &str) -> Vec<String> {
    let mut lines = vec![format!("seen from {from}: source {}", plan.source_at), format!("target {}", plan.target_at)];
    let compared: Vec<&TablePlan> = plan.tables.iter().filter(|table| table.method != Method::None).collect();
    let how = match compared.first().map(|table| table.method) {
        Some(Method::Count) => "only numbers of rows are compared (count)",
        Some(Method::Aggregate) => "count, nulls, least, greatest and sum of each column are compared (aggregate)",
        Some(Method::Sql) => "results of statements are compared (sql)",
        _ => "all rows of both sides are compared (stream, or digest where that is faster)",
    };
    // How much that is, the cost says: from both servers, and with what has no estimate.
    lines.push(format!("{}; {how}", number(compared.len(), "table")));
    for table in &compared {
        // As the cost counts them: what one server does not know, the other may.
        let rows = table.rows_source.or(table.rows_target).filter(|_| table.statement.is_none());
        let rows = rows.map_or_else(|| "?".to_owned(), |rows| format!("~{}", grouped(rows)));
        lines.push(format!("  {rows:>14} rows  {}, {}", pair(table), table.why));
    }
    let columns = |table: &TablePlan| -> Vec<String> {
        table.not_compared.iter().map(|not| format!("  {}{}", pair(table), left_out(not))).collect()
    };
    let left: Vec<String> = plan.tables.iter().flat_map(columns).collect();
    if !left.is_empty() {
        lines.push("not compared, so never \"equal\" unless waived (--waive NAME):".to_owned());
        lines.extend(left);
    }
    for (words, all) in [("in the target only", &plan.target_only), ("DMS's own, left out", &plan.of_dms)] {
        if !all.is_empty() {
            let all: Vec<String> = all.iter().map(|name| shown(&names::dotted(name)).into_owned()).collect();
            lines.push(format!("{words}: {}", all.join(", ")));
        }
    }
    lines
}

fn left_out(not: &NotCompared) -> String {
    let column = not.column.as_ref().map(|column| format!(".{}", column.shown())).unwrap_or_default();
    let waived = if not.waived { " (waived)" } else { "" };
    format!("{column}: {}{waived}", shown(&not.reason))
}

/// `shop.orders`, or `shop.orders -> public.orders` where the names differ.
fn pair(table: &TablePlan) -> String {
    both(&table.said(&table.source), &table.said(&table.target), table.target.1.is_empty())
}

fn both(source: &str, target: &str, alone: bool) -> String {
    let source = shown(source);
    if alone || source == shown(target) { source.into_owned() } else { format!("{source} -> {}", shown(target)) }
}

/// One table: a line of numbers, and what is to be said of it below.
pub fn table(done: &Done, report: usize, values: bool) -> String {
    let result = &done.result;
    let tally = result.tally;
    let digits = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), grouped);
    let mut out = String::new();
    let name = both(result.source.raw(), result.target.raw(), result.target.is_empty());
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        out,
        "{:<12} {:>11} {:>11} {:>7} {:>7} {:>7}  {name}",
        result.word(),
        digits(tally.source),
        digits(tally.target),
        digits(tally.different),
        digits(tally.missing),
        digits(tally.extra),
    );
    for row in &done.rows {
        let _ = writeln!(out, "    {}", difference(row, values));
    }
    let passed = result.checks.iter().filter(|check| check.passed == Some(true)).count();
    if passed > 0 {
        let _ = writeln!(out, "    {} passed", number(passed, "check"));
    }
    for check in result.checks.iter().filter(|check| check.passed != Some(true)) {
        let word = if check.passed.is_none() { "not known" } else { "differs" };
        let values = match (&check.source, &check.target) {
            (serde_json::Value::Null, serde_json::Value::Null) => String::new(),
            (ours, theirs) => format!(": {} | {}", shown(&ours.to_string()), shown(&theirs.to_string())),
        };
        let _ = writeln!(out, "    {word:<10} {}{values}", check.name.shown());
    }
    let all = tally.different.unwrap_or(0) + tally.missing.unwrap_or(0) + tally.extra.unwrap_or(0);
    let left = all.saturating_sub(done.rows.len() as u64);
    if left > 0 {
        let _ = writeln!(out, "    and {} more, counted and not listed (--report {report})", grouped(left));
    }
    for (number, words) in [
        (tally.in_flight, "in flight, different whenever looked at and another each time"),
        (tally.unsettled, "not settled, different once and not looked at again"),
    ] {
        if let Some(number) = number.filter(|number| *number > 0) {
            let _ = writeln!(out, "    {} {}: {words}", grouped(number), if number == 1 { "row" } else { "rows" });
        }
    }
    if let Some(arrived) = tally.arrived.filter(|number| *number > 0) {
        let _ = writeln!(out, "    {} arrived meanwhile, and are equal", number(arrived, "row"));
    }
    for not in &result.not_compared {
        let column = not.column.as_ref().map_or_else(String::new, |column| format!(" {}", column.shown()));
        let waived = if not.waived { " (waived)" } else { "" };
        let _ = writeln!(out, "    not compared{column}: {}{waived}", shown(&not.reason));
    }
    if !result.why.is_empty() {
        let _ = writeln!(out, "    {}: {}", result.method.word(), shown(&result.why));
    }
    for problem in &result.problems {
        let _ = writeln!(out, "    not told to the end: {}", problem.shown());
    }
    out
}

fn difference(row: &RowResult, values: bool) -> String {
    let key: Vec<String> = row.key.iter().map(|cell| format!("{}={}", cell.column.shown(), value(cell))).collect();
    let mut out = format!("{:<10} {}", row.change.word(), key.join(" "));
    if values && !row.columns.is_empty() {
        let both = row.source_values.iter().zip(&row.target_values);
        let told = both.map(|(a, b)| format!("{} {} | {}", a.column.shown(), value(a), value(b)));
        let _ = write!(out, ": {}", told.collect::<Vec<_>>().join("; "));
    } else if values {
        let cells = row.source_values.iter().chain(&row.target_values);
        let others = cells.filter(|cell| !row.key.iter().any(|key| key.column == cell.column));
        let told: Vec<String> = others.map(|cell| format!("{} {}", cell.column.shown(), value(cell))).collect();
        if !told.is_empty() {
            let _ = write!(out, ": {}", told.join("; "));
        }
    } else if !row.columns.is_empty() {
        let names: Vec<String> = row.columns.iter().map(|column| column.shown().into_owned()).collect();
        let _ = write!(out, ": {}", names.join(", "));
    }
    out
}

/// Texts in quotes, so that an empty one and blanks at the end are seen, and `null` the text is not null.
fn value(cell: &Cell) -> String {
    let Some(text) = cell.value.as_str() else { return cell.value.to_string() };
    let text = shown(text);
    let cut: String = text.chars().take(VALUE).collect();
    if cut.len() < text.len() { format!("'{cut}'...") } else { format!("'{cut}'") }
}

/// The answer, and where it was seen.
pub fn summary(summary: &Summary) -> String {
    let words = match summary.verdict {
        Verdict::Equal if summary.waived.is_empty() => {
            let arrived = match summary.arrived {
                0 => String::new(),
                rows => format!(" ({} arrived while it ran)", number(rows, "row")),
            };
            format!("every row is the same on both sides{arrived}")
        }
        Verdict::Equal => equal_but_waived(summary),
        Verdict::CountsEqual => {
            "every number that was compared is the same on both sides; not all rows were".to_owned()
        }
        Verdict::Different => {
            let more = if summary.unknown > 0 { format!(", {} unknown", summary.unknown) } else { String::new() };
            format!(
                "{} of {} {}{more}",
                summary.different,
                number(summary.tables, "table"),
                if summary.different == 1 { "differs" } else { "differ" }
            )
        }
        Verdict::Unknown => format!("{} of {} cannot be told", summary.unknown, number(summary.tables, "table")),
    };
    // A gate that did not open says more than the number of tables that are behind it.
    let shut = summary.gate.as_ref().filter(|gate| matches!(gate.seen, GateSeen::Shut { .. }));
    let words = shut.map_or(words, |gate| format!("nothing was compared: {}", shown(gate.seen.why())));
    let interrupted = if summary.interrupted { " (interrupted)" } else { "" };
    let mut out = format!("{}{interrupted}: {words}\n", summary.verdict.word());
    let _ = writeln!(
        out,
        "  {} rows in {}, {} rows in {}",
        grouped(summary.rows_source),
        shown(&summary.source_at),
        grouped(summary.rows_target),
        shown(&summary.target_at)
    );
    if let (Some(from), Some(to)) = (summary.as_of_from, summary.as_of_to) {
        let _ = writeln!(out, "  read from {from:.0} to {to:.0}, seen from {}", shown(&summary.seen_from));
    }
    for gate in summary.gate.iter().filter(|_| shut.is_none()) {
        let _ = writeln!(out, "  gate: {}", shown(gate.seen.why()));
    }
    for line in summary.gate.iter().flat_map(|gate| gate.problems.iter().chain(&gate.notes)) {
        let _ = writeln!(out, "  meanwhile: {}", line.shown());
    }
    if summary.kept {
        let _ = writeln!(out, "  kept: cutover validations show {}", shown(&summary.run));
    }
    if summary.kept && summary.interrupted {
        let _ = writeln!(out, "  go on with it: the same command, and --resume {}", shown(&summary.run));
    }
    if !summary.waived.is_empty() {
        let names: Vec<String> = summary.waived.iter().map(|name| name.shown().into_owned()).collect();
        let _ = writeln!(out, "  waived, and not compared: {}", names.join(", "));
    }
    out
}

/// Of what was waived nobody has compared a row: the sentence must not say so.
fn equal_but_waived(summary: &Summary) -> String {
    let arrived = match summary.arrived {
        0 => String::new(),
        rows => format!("; {} arrived while it ran", number(rows, "row")),
    };
    let names: Vec<String> = summary.waived.iter().map(|name| name.shown().into_owned()).collect();
    format!("every row that was compared is the same; waived: {}{arrived}", names.join(", "))
}

/// Rows of both sides, as the servers estimate them; `None` where one of them does not.
pub fn expected(plan: &Plan) -> Option<u64> {
    let compared = plan.tables.iter().filter(|table| table.method != Method::None);
    compared.map(|table| Some(table.rows_source? + table.rows_target.or(table.rows_source)?)).sum()
}

/// One line, short enough for 80 columns. `expected`: rows of both sides.
pub fn progress(
    progress: &Progress,
    per_second: u64,
    expected: Option<u64>,
    elapsed: Option<SignedDuration>,
) -> String {
    let total = progress.total();
    let TableProgress { rows_source, rows_target, differing, settles, .. } = total;
    // What is being read says more than what waits meanwhile.
    let settles = settles.filter(|_| per_second == 0).and_then(|settles| settles.words(progress.at));
    let elapsed = elapsed.and_then(|length| u64::try_from(length.as_secs()).ok()).filter(|seconds| *seconds > 0);
    let elapsed = match elapsed {
        None => String::new(),
        Some(seconds @ 0..100) => format!(", elapsed {seconds} s"),
        Some(seconds) => format!(", elapsed {} min", seconds / 60),
    };
    let tables = format!("{}/{} tables", progress.tables_done(), progress.tables.len());
    let speed = match progress.phase {
        Phase::Planning => return "planning".to_owned(),
        Phase::Waiting => return format!("waiting, {tables}{elapsed}"),
        Phase::Paused => "paused".to_owned(),
        Phase::Comparing if settles.is_some() => format!("settling, {}", settles.unwrap_or_default()),
        Phase::Comparing | Phase::Ended => {
            let left = expected.map(|rows| rows.saturating_sub(rows_source + rows_target)).filter(|left| *left > 0);
            let left = left.filter(|_| per_second > 0).map(|left| format!(", ~{} left", span(left / per_second)));
            format!("{} rows/s{}", grouped(per_second), left.unwrap_or_default())
        }
    };
    format!(
        "{tables}, {} + {} rows, {speed}, {} differ{elapsed}",
        grouped(rows_source),
        grouped(rows_target),
        grouped(differing)
    )
}

/// `45 s`, `12 min`, `3 h`.
fn span(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{} s", seconds.max(1)),
        100..6_000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// What it waits for. `began`: when the run did, and by which gate.
pub fn gate(seen: &GateSeen, began: Option<&(Timestamp, Gate)>) -> String {
    match (seen, began) {
        (GateSeen::Waiting { why }, Some((at, gate))) => told::waiting(why, *at, Some(gate)),
        (GateSeen::Waiting { why }, None) => format!("waiting: {why}"),
        (GateSeen::Open { why, .. }, _) => format!("gate open: {why}"),
        (GateSeen::Shut { why }, _) => format!("not compared: {why}"),
    }
}

/// Rows a second, of both sides, over the last two seconds or so.
#[derive(Default)]
pub struct Rate(Vec<(Instant, u64)>);

impl Rate {
    pub fn of(&mut self, progress: TableProgress) -> u64 {
        let (now, rows) = (Instant::now(), progress.rows_source + progress.rows_target);
        self.0.retain(|(at, _)| now.duration_since(*at) <= Duration::from_secs(2));
        self.0.push((now, rows));
        let Some((at, before)) = self.0.first() else { return 0 };
        let millis = now.duration_since(*at).as_millis().max(1);
        u64::try_from(u128::from(rows.saturating_sub(*before)) * 1_000 / millis).unwrap_or(u64::MAX)
    }
}

fn number(count: impl TryInto<u64>, word: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    if count == 1 { format!("1 {word}") } else { format!("{} {word}s", grouped(count)) }
}

/// Digits in groups of three.
pub(in crate::cli) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::validation::{Settles, TableResult, Tally};

    #[test]
    fn progress_tells_what_is_left_where_that_is_known() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let table =
            TableProgress { rows_source: 900, rows_target: 100, differing: 2, began: true, ..Default::default() };
        let of = |phase| Progress { phase, at, tables: vec![table] };
        for (phase, rate, expected, want) in [
            (Phase::Comparing, 50, Some(4_000), "0/1 tables, 900 + 100 rows, 50 rows/s, ~60 s left, 2 differ"),
            (Phase::Comparing, 50, None, "0/1 tables, 900 + 100 rows, 50 rows/s, 2 differ"),
            (Phase::Comparing, 0, Some(4_000), "0/1 tables, 900 + 100 rows, 0 rows/s, 2 differ"),
            (Phase::Comparing, 50, Some(900), "0/1 tables, 900 + 100 rows, 50 rows/s, 2 differ"),
            (Phase::Paused, 50, Some(4_000), "0/1 tables, 900 + 100 rows, paused, 2 differ"),
            (Phase::Waiting, 0, None, "waiting, 0/1 tables"),
        ] {
            assert_eq!(progress(&of(phase), rate, expected, None), want);
        }
        // Until when, and why so long; not while rows are read, nor of what is done.
        let second = |n: i64| jiff::Timestamp::from_second(n).unwrap();
        let settles = |until, latency: Option<i64>| {
            Some(Settles { until: second(until), latency: latency.map(jiff::SignedDuration::from_secs) })
        };
        for (settles, done, rate, want) in [
            (settles(11, Some(3)), false, 0, "settling, 11 s left, at a latency of 3 s, 2 differ"),
            (settles(5, None), false, 0, "settling, 5 s left, 2 differ"),
            (settles(5, None), false, 40, "40 rows/s, 2 differ"),
            (settles(5, None), true, 0, "0 rows/s, 2 differ"),
            (settles(0, None), false, 0, "0 rows/s, 2 differ"),
        ] {
            let tables = vec![TableProgress { done, settles, ..table }];
            let said = progress(
                &Progress { phase: Phase::Comparing, at, tables },
                rate,
                None,
                Some(SignedDuration::from_secs(125)),
            );
            assert!(said.ends_with(&format!("{want}, elapsed 2 min")), "{said}");
        }
    }

    fn told(verdict: Verdict, waived: &[&str], arrived: u64) -> Summary {
        Summary {
            verdict,
            tables: 2,
            equal: 2,
            different: 0,
            unknown: 0,
            rows_source: 3_066,
            rows_target: 2_824,
            differences: 0,
            listed: 0,
            source_only: vec![],
            target_only: vec![],
            waived: waived.iter().map(|name| (*name).into()).collect(),
            source_at: "a/shop".into(),
            target_at: "b/shop".into(),
            seen_from: "jump".into(),
            as_of_from: None,
            as_of_to: None,
            interrupted: false,
            run: String::new(),
            kept: false,
            gate: None,
            arrived,
        }
    }

    #[test]
    fn equal_says_what_came_meanwhile_and_what_nobody_compared() {
        for (waived, arrived, want) in [
            (&[][..], 0, "equal: every row is the same on both sides\n"),
            (&[], 242, "equal: every row is the same on both sides (242 rows arrived while it ran)\n"),
            (&["shop.note"], 0, "equal: every row that was compared is the same; waived: shop.note\n"),
            (
                &["shop.note"],
                1,
                "equal: every row that was compared is the same; waived: shop.note; 1 row arrived while it ran\n",
            ),
        ] {
            let said = summary(&told(Verdict::Equal, waived, arrived));
            assert!(said.starts_with(want), "{said}");
        }
    }

    #[test]
    fn a_waived_table_is_not_called_equal_and_what_arrived_is_counted() {
        let result = |method, tally, waived: bool| TableResult {
            source: "shop.t".into(),
            target: "shop.t".into(),
            method,
            tally,
            not_compared: if waived {
                vec![NotCompared { column: None, reason: "no key".into(), waived }]
            } else {
                vec![]
            },
            problems: vec![],
            at_rest: None,
            as_of_from: None,
            as_of_to: None,
            fingerprint: String::new(),
            checks: vec![],
            why: String::new(),
        };
        let zero = Some(0);
        let tally = Tally {
            source: Some(3_066),
            target: Some(2_824),
            different: zero,
            missing: zero,
            extra: zero,
            in_flight: zero,
            unsettled: zero,
            arrived: Some(242),
        };
        for (result, starts, holds) in [
            (result(Method::None, Tally::default(), true), "waived ", "no key (waived)"),
            (result(Method::Stream, tally, false), "equal ", "    242 rows arrived meanwhile, and are equal\n"),
        ] {
            let said = table(&Done { nth: 0, result, rows: vec![] }, 100, false);
            assert!(said.starts_with(starts) && said.contains(holds), "{said}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), want);
        }
    }
}
