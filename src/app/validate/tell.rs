//! What a topic is told of a comparison: its verdict, its numbers and the tables that are not equal. Pure. Never a value or
//! a key of a row, and never the words of a database, which may have one in them: whoever reads a topic is nobody we know.
//!
//! Start at [`notice`].

use super::{Done, Failure};
use crate::change::Notice;
use crate::model::listing::validations::Summary;
use crate::model::topic::subject;
use crate::model::untrusted::shown;
use crate::model::validation::{RunId, TableResult, Trigger, Verdict};
use std::fmt::Write as _;

/// Bytes of a message. SNS takes 262,144 (`Publish`); nobody reads on a phone what is longer than this.
const LONGEST: usize = 32_768;

/// What a message is about.
#[derive(Debug, Clone)]
pub struct About<'a> {
    pub id: &'a RunId,
    pub trigger: Trigger,
    /// The task, where one is known.
    pub task: Option<&'a str>,
    /// The machine it was seen from.
    pub from: &'a str,
}

impl About<'_> {
    fn what(&self) -> String {
        self.task.map_or_else(|| "two databases".to_owned(), |task| shown(task).into_owned())
    }

    fn because(&self) -> String {
        match self.trigger {
            Trigger::Operator => "it was asked for".to_owned(),
            Trigger::Stopped => "the task stopped".to_owned(),
            Trigger::Every(every) => format!("it is compared every {every:#}"),
        }
    }
}

/// The message to how it ended. `tables`: those that were done.
pub fn notice(about: &About<'_>, ended: &Result<Summary, Failure>, tables: &[Done]) -> Notice {
    let (word, answer, lines) = match ended {
        Ok(summary) => (summary.verdict.word(), told(summary), of(summary, tables)),
        Err(failure) => {
            let why = failure.lines.first().map_or("", String::as_str);
            (Verdict::Unknown.word(), "it could not be compared".to_owned(), format!("  {}\n", shown(why)))
        }
    };
    let what = about.what();
    let mut text = format!("{word}: {answer}\n");
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "  {what}, run {}, begun because {}", about.id.0, about.because());
    let _ = writeln!(text, "  seen from {}", shown(about.from));
    text.push_str(&lines);
    Notice { subject: subject(&format!("cutover: {word}, {what}: {answer}")), text: bounded(text) }
}

/// The answer in a few words.
fn told(summary: &Summary) -> String {
    let Summary { tables, different, unknown, differences, .. } = summary;
    let all = if *tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") };
    match summary.verdict {
        Verdict::Equal => format!("{all}, every row"),
        Verdict::CountsEqual => format!("{all}, by their numbers only"),
        Verdict::Different if *unknown > 0 => {
            format!("{different} of {all} with {differences} differences, {unknown} unknown")
        }
        Verdict::Different => format!("{different} of {all} with {differences} differences"),
        Verdict::Unknown => match &summary.gate {
            Some(gate) if gate.seen.word() == "shut" => format!("not compared: {}", gate.seen.why()),
            Some(gate) if *unknown == 0 && !gate.problems.is_empty() => {
                gate.problems.first().map(|problem| problem.shown().into_owned()).unwrap_or_default()
            }
            _ if summary.interrupted => "interrupted".to_owned(),
            _ => format!("{unknown} of {all} cannot be told"),
        },
    }
}

fn of(summary: &Summary, tables: &[Done]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "  source {}, {} rows read", shown(&summary.source_at), summary.rows_source);
    let _ = writeln!(text, "  target {}, {} rows read", shown(&summary.target_at), summary.rows_target);
    if let (Some(from), Some(to)) = (summary.as_of_from, summary.as_of_to) {
        let _ = writeln!(text, "  read from {from:.0} to {to:.0}");
    }
    if let Some(gate) = &summary.gate {
        let _ = writeln!(text, "  gate {}: {}", gate.seen.word(), shown(gate.seen.why()));
        for line in gate.problems.iter().chain(&gate.notes) {
            let _ = writeln!(text, "  meanwhile: {}", line.shown());
        }
    }
    if summary.interrupted {
        text.push_str("  interrupted\n");
    }
    let mut worst: Vec<&TableResult> = tables.iter().map(|done| &done.result).collect();
    worst.retain(|result| !matches!(result.verdict(), Verdict::Equal | Verdict::CountsEqual));
    worst.sort_by_key(|result| std::cmp::Reverse(result.verdict()));
    for result in worst {
        let _ = writeln!(text, "{}", line(result));
    }
    let absent = summary.tables.saturating_sub(tables.len());
    if absent > 0 {
        let _ = writeln!(text, "unknown: {absent} more that were not compared");
    }
    if !summary.waived.is_empty() {
        let names: Vec<_> = summary.waived.iter().map(|name| name.shown()).collect();
        let _ = writeln!(text, "waived, and not compared: {}", names.join(", "));
    }
    text
}

/// One table that is not equal.
fn line(result: &TableResult) -> String {
    let (source, target) = (result.source.shown(), result.target.shown());
    let name =
        if source == target || target.is_empty() { source.into_owned() } else { format!("{source} -> {target}") };
    let tally = result.tally;
    let mut parts: Vec<String> = [
        (tally.different, "different"),
        (tally.missing, "missing"),
        (tally.extra, "extra"),
        (tally.in_flight, "in flight"),
        (tally.unsettled, "not settled"),
    ]
    .into_iter()
    .filter_map(|(number, word)| number.filter(|number| *number > 0).map(|number| format!("{number} {word}")))
    .collect();
    if let (Some(ours), Some(theirs)) = (tally.source, tally.target)
        && ours != theirs
    {
        parts.push(format!("{ours} rows in the source, {theirs} in the target"));
    }
    let failed = result.checks.iter().filter(|check| check.passed != Some(true)).count();
    if failed > 0 {
        parts.push(format!("{failed} checks not passed"));
    }
    if !result.problems.is_empty() {
        parts.push("not told to the end".to_owned());
    }
    let left = result.not_compared.iter().filter(|one| !one.waived).count();
    if left > 0 {
        parts.push("not compared as a whole".to_owned());
    }
    format!("{}: {name}: {}", result.verdict().word(), parts.join(", "))
}

/// Whole lines, as many as fit, and how many do not.
fn bounded(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let mut kept = String::with_capacity(LONGEST);
    let mut lines = text.lines();
    // Room for the last line, which says what is left out.
    for line in lines.by_ref() {
        if kept.len() + line.len() + 64 > LONGEST {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    let _ = writeln!(kept, "and {} more lines that do not fit here", lines.count() + 1);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::validation::{GateSeen, Gated, Method, NotCompared, Tally};
    use crate::model::{Untrusted, validation};
    use jiff::SignedDuration;

    fn done(nth: usize, name: &str, tally: Tally) -> Done {
        let result = TableResult {
            source: Untrusted::from(name),
            target: Untrusted::from(name),
            method: Method::Stream,
            why: String::new(),
            tally,
            not_compared: Vec::new(),
            problems: Vec::new(),
            at_rest: None,
            as_of_from: None,
            as_of_to: None,
            fingerprint: String::new(),
            checks: Vec::new(),
        };
        Done { nth, result, rows: Vec::new() }
    }

    const CLEAN: Tally = Tally {
        source: Some(3),
        target: Some(3),
        different: Some(0),
        missing: Some(0),
        extra: Some(0),
        in_flight: Some(0),
        unsettled: Some(0),
        arrived: None,
    };

    fn summary(all: &[Done], tables: usize) -> Summary {
        let verdicts = || all.iter().map(|done| done.result.verdict());
        let count = |wanted| verdicts().filter(|verdict| *verdict == wanted).count();
        Summary {
            verdict: validation::overall(verdicts()),
            tables,
            equal: count(Verdict::Equal),
            different: count(Verdict::Different),
            unknown: count(Verdict::Unknown) + tables - all.len(),
            rows_source: 9,
            rows_target: 8,
            differences: 5,
            listed: 5,
            source_only: vec![],
            target_only: vec![],
            waived: vec!["shop.w".into()],
            source_at: "db-1/shop".into(),
            target_at: "db-2/shop".into(),
            seen_from: "jump".into(),
            as_of_from: "2026-11-22T10:00:00Z".parse().ok(),
            as_of_to: "2026-11-22T10:00:09Z".parse().ok(),
            interrupted: false,
            gate: None,
            arrived: 0,
            run: String::new(),
            kept: false,
        }
    }

    fn about(id: &RunId) -> About<'_> {
        About {
            id,
            trigger: Trigger::Every(SignedDuration::from_mins(30)),
            task: Some("orders\u{1b}-cdc"),
            from: "jump",
        }
    }

    #[test]
    fn a_message_says_the_verdict_the_numbers_and_the_tables_that_are_not_equal() {
        let mut broken = done(2, "shop.c", CLEAN);
        broken.result.problems.push("source: invalid input syntax: 'a secret value'".into());
        broken.result.not_compared.push(NotCompared { column: None, reason: "a secret".into(), waived: false });
        let tally = Tally { different: Some(1), missing: Some(4), target: Some(2), ..CLEAN };
        let all = [done(0, "shop.a", CLEAN), broken, done(1, "shop.b\n", tally)];
        let id = RunId("20261122T100000Z-7f3a".into());
        let Notice { subject, text } = notice(&about(&id), &Ok(summary(&all, 3)), &all);
        assert_eq!(subject, "cutover: different, orders-cdc: 1 of 3 tables with 5 differences, 1 unknown");
        assert_eq!(
            text,
            "different: 1 of 3 tables with 5 differences, 1 unknown\n  \
             orders-cdc, run 20261122T100000Z-7f3a, begun because it is compared every 30m\n  seen from jump\n  \
             source db-1/shop, 9 rows read\n  target db-2/shop, 8 rows read\n  \
             read from 2026-11-22T10:00:00Z to 2026-11-22T10:00:09Z\n\
             different: shop.b : 1 different, 4 missing, 3 rows in the source, 2 in the target\n\
             unknown: shop.c: not told to the end, not compared as a whole\n\
             waived, and not compared: shop.w\n"
        );
    }

    #[test]
    fn what_could_not_be_compared_is_told_too() {
        let id = RunId("r".into());
        let mut shut = Summary { verdict: Verdict::Unknown, ..summary(&[], 3) };
        let gate = GateSeen::Shut { why: "not open within 10m: latency 94 s".into() };
        shut.gate = Some(Gated { seen: gate, waived: None, notes: vec!["a note".into()], problems: vec![] });
        let Notice { subject, text } = notice(&about(&id), &Ok(shut), &[]);
        assert!(subject.contains("unknown") && subject.contains("not open within 10m: latency 94 s"), "{subject}");
        assert!(text.contains("gate shut: not open") && text.contains("meanwhile: a note"), "{text}");
        assert!(text.contains("unknown: 3 more that were not compared"), "{text}");
        let failure = Failure::could_not("source: connection refused");
        let Notice { subject, text } = notice(&About { task: None, ..about(&id) }, &Err(failure), &[]);
        assert_eq!(subject, "cutover: unknown, two databases: it could not be compared");
        assert!(text.contains("  source: connection refused\n"), "{text}");
    }

    #[test]
    fn a_message_ends_with_a_whole_line_before_it_is_too_long() {
        let tally = Tally { extra: Some(7), ..CLEAN };
        let all: Vec<Done> = (0..2_000).map(|nth| done(nth, &format!("shop.table_{nth}"), tally)).collect();
        let id = RunId("r".into());
        let text = notice(&about(&id), &Ok(summary(&all, 2_000)), &all).text;
        assert!(text.len() <= LONGEST && text.len() > LONGEST - 200, "{}", text.len());
        let last = text.lines().last().unwrap();
        let listed = text.lines().filter(|line| line.starts_with("different: shop.")).count();
        assert_eq!(last, format!("and {} more lines that do not fit here", 2_000 - listed + 1));
    }
}
