//! A stop: what is on its way, what the source has to keep, and that it is no exact end.

use super::words::{listed, span, table};
use super::{Said, Seen};
use crate::change::facts::TaskFacts;
use crate::change::legal::resume_after;
use crate::model::ReplicationKind;
use crate::model::change::{Grade, Safeguards, Verb};
use crate::model::drain::{self, Check, Evidence, Standing, Tally, Topic};
use crate::model::metric::{MetricName, Point, Series};
use crate::model::task::{MigrationType, TaskStatus};
use crate::model::untrusted::shown;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;

/// What is told of the way from source to target.
const TOLD: [Topic; 5] = [Topic::Load, Topic::Tables, Topic::Backlog, Topic::Incoming, Topic::LatencyTarget];

/// The time of the example: late enough to type it.
const SOON: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn say(seen: &Seen<'_>, said: &mut Said) {
    let task = &seen.facts.task;
    let running = task.status == TaskStatus::Running;
    let in_load = running && seen.facts.is_in_load();
    if in_load {
        load(seen, said);
    }
    if task.migration_type.has_cdc() && running {
        changes(seen, in_load, said);
    }
    back(seen, said);
}

/// A load that it breaks off and that is not resumed from here leaves the target half loaded, and nothing puts that back.
pub(super) fn grade(facts: &TaskFacts, safeguards: &Safeguards) -> Grade {
    if facts.is_in_load() && resume_after(facts, None, safeguards).is_some() {
        return Grade::Lasting { destination: facts.target_at().cloned() };
    }
    crate::change::grade::grade(facts, &Verb::Stop)
}

/// Whether it can be resumed afterwards, and how.
fn back(seen: &Seen<'_>, said: &mut Said) {
    if seen.facts.task.arn.kind() == ReplicationKind::Serverless {
        said.warn(
            "it is serverless: some time after a stop its capacity is given up (deprovisioned), and to come back then was \
             seen to take 40 minutes and more",
        );
    }
    let tests = seen.around.tests.as_ref();
    let again = format!("put back with: cutover resume {}", seen.name());
    match (resume_after(seen.facts, tests.and_then(|tests| tests.as_ref().ok()), seen.here.safeguards), tests) {
        (Some(refusal), _) => {
            let half = if seen.facts.is_in_load() { "the target stays half loaded: " } else { "" };
            said.warn(format!("{half}as things stand it is not resumed from here: {}", refusal.why));
            said.say(format!("before it could be resumed: {}", refusal.do_this));
        }
        (None, Some(Err(why))) => {
            said.say(again);
            said.say(format!(
                "DMS resumes it only with both connection tests successful; whether they are is not known: {why}"
            ));
        }
        (None, _) => said.say(again),
    }
}

fn load(seen: &Seen<'_>, said: &mut Said) {
    let stats = &seen.facts.task.stats;
    said.warn(match seen.facts.task.migration_type {
        MigrationType::FullLoadAndCdc => {
            "its load is not finished. Resuming was seen to skip what is not loaded: getting it takes a reload, which \
             destroys what is there"
        }
        _ => "its load is not finished: a resume begins the unfinished tables again",
    });
    let left: Vec<String> =
        seen.rows().unwrap_or_default().iter().filter(|row| row.state.is_unfinished()).map(table).collect();
    if left.is_empty() {
        said.say(format!(
            "{} tables loaded, {} to go",
            stats.tables_loaded.max(0),
            stats.tables_loading.saturating_add(stats.tables_queued).max(0)
        ));
    } else {
        said.say(format!("not loaded yet: {}", listed(&left)));
    }
}

fn changes(seen: &Seen<'_>, in_load: bool, said: &mut Said) {
    let mut checks = checks(seen);
    let unread = seen.around.tables.as_ref().and_then(|tables| tables.as_ref().err());
    if let Some(why) = unread {
        if in_load {
            said.say(format!("tables and backlog: not known: {why}"));
        }
        checks.retain(|check| !matches!(check.topic, Topic::Load | Topic::Tables | Topic::Backlog));
    }
    if !in_load {
        said.warn("are writes on the source frozen? For a cutover: stopping first and freezing later loses the tail");
        let mut open: Vec<&Check> = checks.iter().filter(|check| check.standing > Standing::Pass).collect();
        // The worst of them in front.
        open.sort_by_key(|check| Reverse(check.standing));
        for check in &open {
            let word = if check.standing == Standing::Unknown { "not known" } else { "not through" };
            said.warn(format!("{word}: {}", told(check, seen.now)));
        }
        if let Some(why) = unread {
            said.warn(format!("not known: tables and backlog: {why}"));
        } else if open.is_empty() {
            said.say("what was captured is applied, as far as AWS can tell");
        }
    }
    // What is open is warned of, and not said twice.
    let rest = checks.iter().filter(|check| match check.standing {
        Standing::NotDue => false,
        Standing::Pass => true,
        Standing::Waiting | Standing::Unknown | Standing::Fail => in_load,
    });
    // Its own lines say more of the load.
    let rest = rest.filter(|check| !in_load || check.topic != Topic::Load);
    said.effects.extend(rest.map(|check| told(check, seen.now)));
    said.say(format!("while it is stopped, {}", log_kept(seen)));
    let soon = seen.now.checked_add(SOON).unwrap_or(seen.now).strftime("%Y-%m-%dT%H:%M:00");
    said.say(format!("a stop is no exact end. For one: resume it with --cdc-stop commit_time:{soon} (UTC)"));
}

fn checks(seen: &Seen<'_>) -> Vec<Check> {
    let task = &seen.facts.task;
    let counted = seen.rows().map(|rows| {
        let as_of = rows.iter().filter_map(|row| row.last_update).max();
        (Tally::of(rows, task.table_mappings.as_deref()), as_of)
    });
    let series: &[Series] = match &seen.around.points {
        Some(Ok(series)) => series,
        _ => &[],
    };
    let points = |name: MetricName| -> &[Point] {
        series.iter().find(|one| one.name == name).map_or(&[], |one| one.points.as_slice())
    };
    let failed = match &seen.around.points {
        Some(Err(why)) => Some(why.as_str()),
        _ => None,
    };
    let evidence = Evidence {
        task,
        status_as_of: Some(seen.now),
        tables: counted.as_ref().map(|(tally, as_of)| (tally, *as_of)),
        points: &points,
        measured: matches!(seen.around.points, Some(Ok(_))).then_some(seen.now),
        charted: false,
        metrics_failed: failed,
        charts_failed: None,
        log: None,
        events: None,
        schedules: None,
        maintenance: None,
        instance: None,
        databases: None,
        databases_failed: None,
        slot: None,
        compared: None,
        now: seen.now,
    };
    let all = drain::judge(&evidence).checks;
    all.into_iter().filter(|check| TOLD.contains(&check.topic)).collect()
}

/// `latency: 2 s at 3 points in a row (60 s ago)`.
fn told(check: &Check, now: Timestamp) -> String {
    let age = match check.seen {
        drain::Seen::At(at) => format!(" ({} ago)", span(now.duration_since(at))),
        drain::Seen::Undated | drain::Seen::Timeless => String::new(),
    };
    format!("{}: {}{age}", check.topic.word(), shown(&check.words))
}

/// What has to stay on the source until it runs again.
fn log_kept(seen: &Seen<'_>) -> &'static str {
    let engine = seen.facts.source.as_ref().map_or("", |source| source.engine.raw());
    match engine {
        engine if engine.contains("postgres") => {
            "its replication slot keeps WAL on the source, which can fill that disk; and without the slot it never resumes"
        }
        engine if engine.contains("mysql") || engine.contains("mariadb") || engine.contains("aurora") => {
            "the source must keep its binlog: RDS purges it unless told how long to keep it"
        }
        engine if engine.contains("oracle") => "the source must keep its archived redo logs",
        engine if engine.contains("sqlserver") => "the source must keep its transaction log, or backups of it",
        _ => "the source must keep its log: it resumes only while what it has not read is there",
    }
}
