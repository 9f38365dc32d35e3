//! `cutover validate --dry-run`: the plan as a person reads it, with the statements that both servers get.

use super::report::grouped;
use crate::model::untrusted::shown;
use crate::model::validation::{Gate, Kind, Method, NotCompared, Planned, PlannedTable, What, cost_words};

/// The whole plan, a line each.
pub fn whole(planned: &Planned) -> Vec<String> {
    let what = match &planned.what {
        What::Task(name) => format!("task {name}"),
        What::Named(name) => format!("[validation.{name}]"),
        What::Addresses => "two databases".to_owned(),
    };
    let mut lines = vec![format!("{what}, seen from {}", planned.seen_from)];
    for (word, side) in [("source", &planned.source), ("target", &planned.target)] {
        lines.push(format!("  {word}  {} ({}), by {}", side.at.shown(), side.engine, side.by));
    }
    lines.push(format!("  gate    {}", gate(&planned.gate)));
    lines.push(format!("  plan    {}", planned.fingerprint));
    lines.push(String::new());
    lines.push("what it costs".to_owned());
    lines.extend(cost_words(planned).into_iter().map(|line| format!("  {line}")));
    let (compared, left): (Vec<_>, Vec<_>) = planned.tables.iter().partition(|table| table.method != Method::None);
    lines.push(String::new());
    lines.push(match compared.len() {
        1 => "1 comparison".to_owned(),
        count => format!("{count} comparisons"),
    });
    for table in &compared {
        lines.extend(one(table));
    }
    if !left.is_empty() {
        lines.push(String::new());
        lines.push("not compared".to_owned());
        for table in left {
            let why = table.not_compared.first().map_or(table.why.as_str(), |not| not.reason.as_str());
            let waived = if table.not_compared.iter().all(|not| not.waived) { " (waived)" } else { "" };
            lines.push(format!("  {}: {}{waived}", both(table), shown(why)));
        }
    }
    for (words, all) in [("in the target only", &planned.target_only), ("DMS's own, left out", &planned.of_dms)] {
        if !all.is_empty() {
            let all: Vec<String> = all.iter().map(|name| name.shown().into_owned()).collect();
            lines.push(format!("{words}: {}", all.join(", ")));
        }
    }
    lines
}

fn one(table: &PlannedTable) -> Vec<String> {
    let mut lines = vec![format!("  {}", both(table))];
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| format!("~{}", grouped(number)));
    if table.kind != Kind::Sql {
        let bytes = table.bytes_source.map(|bytes| format!(", {} MB", grouped(bytes.div_ceil(1_000_000))));
        let (ours, theirs) = (number(table.rows_source), number(table.rows_target));
        lines.push(format!("    rows    {ours} source, {theirs} target{}", bytes.unwrap_or_default()));
    }
    lines.push(format!("    method  {}: {}", table.method.word(), shown(&table.why)));
    if table.columns.len() + table.key.len() > 0 {
        let names: Vec<String> = table.key.iter().chain(&table.columns).map(|name| name.shown().into_owned()).collect();
        lines.push(format!("    columns {}", names.join(", ")));
    }
    for NotCompared { column, reason, waived } in &table.not_compared {
        let column = column.as_ref().map_or_else(|| "all".to_owned(), |column| column.shown().into_owned());
        let waived = if *waived { " (waived)" } else { "" };
        lines.push(format!("    without {column}: {}{waived}", shown(reason)));
    }
    if table.query_source == table.query_target {
        lines.extend(query("both   ", &table.query_source));
    } else {
        lines.extend(query("source ", &table.query_source));
        lines.extend(query("target ", &table.query_target));
    }
    lines
}

fn query(side: &str, sql: &str) -> Vec<String> {
    let lines = sql.lines().enumerate();
    lines.map(|(at, line)| format!("    {} {}", if at == 0 { side } else { "       " }, shown(line))).collect()
}

fn both(table: &PlannedTable) -> String {
    let (source, target) = (table.source.shown(), table.target.shown());
    if target.is_empty() || source == target { source.into_owned() } else { format!("{source} -> {target}") }
}

fn gate(gate: &Gate) -> String {
    match gate {
        Gate::Latency { limit, timeout } => {
            format!("both latencies at most {limit:#} on fresh points, waited for up to {timeout:#}")
        }
        Gate::FullLoad { timeout } => {
            format!("the full load has finished with no table in error, waited for up to {timeout:#}")
        }
        Gate::Drained => "the task is stopped, and everything that was captured is applied".to_owned(),
        Gate::Waived { reason } => format!("waived: {}", shown(reason)),
        Gate::NoTask => "none: no task is known".to_owned(),
    }
}
