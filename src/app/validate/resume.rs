//! Going on with a comparison that ended early: what is known of it is not compared again. Only where the plan is the same;
//! where it is not, it is said what changed.
//!
//! Start at [`find`]. What was compared before may have changed since: the answer says from when each part is.

use super::keep::Keep;
use super::{Failure, kept};
use crate::db::scan::KeyRange;
use crate::model::Untrusted;
use crate::model::untrusted::shown;
use crate::model::validation::{KeptTable, KeptWhole, Planned, PlannedTable, RunFilter, RunId, RunState};
use crate::store::{self, validations};
use crate::validate::{Done, Known, KnownPart};
use std::collections::{BTreeSet, HashMap};

/// Changes that are told; the others are only counted.
const TOLD: usize = 8;

/// What is gone on with.
#[derive(Debug)]
pub struct Resumed {
    pub id: RunId,
    pub keep: Keep,
    /// By the table's place in the plan.
    pub known: HashMap<usize, Known>,
    /// What is known, in words.
    pub note: String,
}

/// Finds the comparison that is meant, `last` for the newest of the same, and what is known of it.
///
/// # Errors
/// There is none, it runs, it has nothing left, or its plan was another one.
pub async fn find(
    settings: &store::Settings,
    wanted: &str,
    planned: &Planned,
    fingerprints: &[String],
) -> Result<Resumed, Failure> {
    let id = if wanted == "last" { last(settings, planned).await? } else { RunId(wanted.to_owned()) };
    let whole = kept::one(settings, &id).await?;
    let Some(whole) = whole else {
        let name = shown(&id.0).into_owned();
        return Err(Failure::usage(format!("--resume {name}: no such comparison; `cutover validations` lists them")));
    };
    let refused = |lines: Vec<String>| Failure { status: 2, lines };
    if let Some(why) = unwilling(&whole) {
        return Err(refused(vec![format!("--resume {}: {why}", id.0)]));
    }
    let changes = changes(&whole, planned, fingerprints);
    if !changes.is_empty() {
        let mut lines = vec![format!("--resume {}: it cannot go on, its plan was another one:", id.0)];
        let more = changes.len().saturating_sub(TOLD);
        lines.extend(changes.into_iter().take(TOLD));
        lines.extend((more > 0).then(|| format!("and {more} more")));
        lines.push("without --resume everything is compared from the beginning".to_owned());
        return Err(refused(lines));
    }
    let known = known(settings, &whole).await?;
    let note = note(&whole, &known);
    let keep = Keep::Again { settings: settings.clone(), owner: whole.run.owner };
    Ok(Resumed { id, keep, known, note })
}

/// The newest comparison of the same two databases and for the same reason.
async fn last(settings: &store::Settings, planned: &Planned) -> Result<RunId, Failure> {
    let same = |run: &crate::model::validation::KeptRun| {
        run.what == planned.what && run.source.at == planned.source.at && run.target.at == planned.target.at
    };
    let all = kept::list(settings, &RunFilter::default()).await?;
    let newest = all.into_iter().find(same).map(|run| run.id);
    newest.ok_or_else(|| Failure::usage("--resume last: these two were not compared before, or nothing of it was kept"))
}

/// Why it cannot go on, whatever the plan is.
fn unwilling(whole: &KeptWhole) -> Option<String> {
    let run = &whole.run;
    let gate = run.summary.as_ref().and_then(|summary| summary.gate.as_ref());
    let meddled = gate.and_then(|gate| gate.problems.first());
    let left = whole.tables.iter().any(|table| !is_settled(table));
    match run.state {
        RunState::Running | RunState::Paused => {
            Some(format!("it is {}, by process {} on {}", run.state.word(), run.pid, shown(&run.host)))
        }
        _ if !left => {
            let verdict = run.verdict.map_or("unknown", crate::model::validation::Verdict::word);
            Some(format!("nothing of it is left to compare, and its answer is {verdict}"))
        }
        // What was read before may have been loaded again since.
        _ => meddled.map(|problem| format!("what was compared before cannot be relied on: {}", problem.shown())),
    }
}

fn is_settled(table: &KeptTable) -> bool {
    table.result.as_ref().is_some_and(crate::model::validation::TableResult::is_settled)
}

/// What is another than it was.
fn changes(whole: &KeptWhole, planned: &Planned, fingerprints: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    let was = &whole.planned;
    if was.what != planned.what {
        all.push("it was of something else: a task, a name of the configuration, or addresses".to_owned());
    }
    for (side, was, is) in [("source", &was.source, &planned.source), ("target", &was.target, &planned.target)] {
        if was.at != is.at {
            all.push(format!("its {side} was {}, and now it is {}", was.at.shown(), is.at.shown()));
        }
    }
    for (side, was, is) in
        [("source", &was.is.source, &planned.is.source), ("target", &was.is.target, &planned.is.target)]
    {
        if was != is && all.is_empty() {
            all.push(format!("its {side} is another database, though its address is the same, or was made anew"));
        }
    }
    if was.is.task != planned.is.task {
        all.push("its task has been started anew or reloaded since".to_owned());
    }
    let name = |table: &PlannedTable| (table.source.clone(), table.target.clone());
    let before: Vec<_> = was.tables.iter().map(name).collect();
    let now: Vec<_> = planned.tables.iter().map(name).collect();
    for (names, others, words) in
        [(&before, &now, "is not in the plan any more"), (&now, &before, "was not in the plan before")]
    {
        let gone = names.iter().filter(|one| !others.contains(one));
        all.extend(gone.map(|(source, _)| format!("{} {words}", source.shown())));
    }
    if all.is_empty() && before != now {
        all.push("its tables were in another order".to_owned());
    }
    for (nth, table) in planned.tables.iter().enumerate() {
        let Some(at) = before.iter().position(|one| *one == name(table)) else { continue };
        let (old, kept) = (&was.tables[at], whole.tables.get(at));
        let same = kept.is_some_and(|kept| fingerprints.get(nth) == Some(&kept.fingerprint));
        if let Some(what) = altered(old, table) {
            all.push(format!("{}: {what}", table.source.shown()));
        } else if !same {
            all.push(format!("{}: types or rules of its columns are others", table.source.shown()));
        }
    }
    all
}

/// In which way one table is another than it was.
pub(super) fn altered(was: &PlannedTable, is: &PlannedTable) -> Option<String> {
    let list = |names: Vec<&Untrusted>| {
        let names: Vec<String> = names.iter().map(|name| name.shown().into_owned()).collect();
        names.join(", ")
    };
    let all = |table: &PlannedTable| -> BTreeSet<Untrusted> {
        let left = table.not_compared.iter().filter_map(|not| not.column.clone());
        table.key.iter().chain(&table.columns).cloned().chain(left).collect()
    };
    let (before, now) = (all(was), all(is));
    let (gone, new) = (before.difference(&now).collect::<Vec<_>>(), now.difference(&before).collect::<Vec<_>>());
    match () {
        () if !gone.is_empty() => Some(format!("it has no column {} any more", list(gone))),
        () if !new.is_empty() => Some(format!("it has a column {} that it had not", list(new))),
        () if was.key != is.key => Some(format!(
            "its key was {}, and now it is {}",
            list(was.key.iter().collect()),
            list(is.key.iter().collect())
        )),
        () if was.columns != is.columns || was.not_compared != is.not_compared => {
            Some("other columns of it are compared".to_owned())
        }
        () if was.kind != is.kind || was.method != is.method => {
            Some(format!("it was compared by {}, and now it would be by {}", was.method.word(), is.method.word()))
        }
        () => None,
    }
}

/// Tables that are done, and ranges of the others.
async fn known(settings: &store::Settings, whole: &KeptWhole) -> Result<HashMap<usize, Known>, Failure> {
    let failed = |error: store::StoreError| Failure::from(error.problem("the comparison cannot be read"));
    let (cuts, units) = validations::units(settings, &whole.run.id).await.map_err(failed)?;
    let mut known = HashMap::new();
    for (nth, table) in whole.tables.iter().enumerate() {
        if let Some(result) = table.result.as_ref().filter(|_| is_settled(table)) {
            let done = Done { nth, result: result.clone(), rows: table.rows.clone() };
            known.insert(nth, Known::Done(Box::new(done)));
        }
    }
    for (nth, ranges) in cuts {
        // What cannot be read is compared again.
        let Ok(ranges) = serde_json::from_str::<Vec<KeyRange>>(&ranges) else { continue };
        known.entry(nth).or_insert(Known::Parts { ranges, parts: HashMap::new() });
    }
    for unit in units {
        if let (Some(Known::Parts { ranges, parts }), Ok(part)) =
            (known.get_mut(&unit.nth), serde_json::from_str::<KnownPart>(&unit.part))
            && unit.number < ranges.len()
        {
            parts.insert(unit.number, part);
        }
    }
    Ok(known)
}

fn note(whole: &KeptWhole, known: &HashMap<usize, Known>) -> String {
    let (mut tables, mut ranges, mut of, mut open) = (0, 0, 0, 0);
    for one in known.values() {
        match one {
            Known::Done(_) => tables += 1,
            Known::Parts { ranges: all, parts } => {
                (ranges, of) = (ranges + parts.len(), of + all.len());
                open += parts.values().map(|part| part.open.len()).sum::<usize>();
            }
        }
    }
    let began = whole.run.started;
    let again = if ranges < of { ", the others are read again" } else { "" };
    let cut =
        if of > 0 { format!(", and {ranges} of {of} ranges of those that were begun{again}") } else { String::new() };
    let cut = match open {
        0 => cut,
        1 => format!("{cut}; 1 row in them had not settled, and is read again by its key"),
        _ => format!("{cut}; {open} rows in them had not settled, and are read again by their keys"),
    };
    format!(
        "going on with {} of {began:.0}: {tables} of {} tables are known{cut}; they are as of then",
        whole.run.id.0,
        whole.tables.len()
    )
}
