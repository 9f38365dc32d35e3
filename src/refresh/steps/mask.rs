//! Personal data is replaced, every row once: table by table, a page of rows and its mark in one transaction (`desk.rs`). Before
//! a table is begun it is counted, and again at its end: what masking must not change has not. Then what still holds old
//! values is cleared away, since dead rows can be read.
//!
//! Marks of this step: a table's name (how far it is), `counted` and `cleared` with its name. Only while a table is under way its
//! mark has a value of a row: the last key.

mod desk;

use super::{load, session};
use crate::db::{Engine, Value};
use crate::model::masking::{Decision, Key, Resolved, ResolvedTable, Severity, Table};
use crate::model::refresh::{PlannedStep, Quarantine};
use crate::model::untrusted::shown;
use crate::refresh::ledger;
use crate::refresh::mask::apply::{has_key_of, is_done};
use crate::refresh::mask::counts::{self, Counts};
use crate::refresh::mask::{Applied, apply, facts, vacuum};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use desk::StepDesk;
use std::sync::Arc;
use std::time::Duration;

/// Only PostgreSQL skips a VACUUM that is not allowed.
const MAY_VACUUM: &str = include_str!("../../../sql/postgresql/may_vacuum.sql");
const DEAD_ROWS: &str = include_str!("../../../sql/postgresql/dead_rows.sql");
const OLD_READERS: &str = include_str!("../../../sql/postgresql/old_readers.sql");
/// How long those who may still read old rows are waited for, and how often they are looked for.
const READ_FOR: Duration = Duration::from_mins(2);
const LOOK_EACH: Duration = Duration::from_secs(1);

fn counted(name: &str) -> String {
    format!("counted {name}")
}

fn cleared(name: &str) -> String {
    format!("cleared {name}")
}

/// The tables in which something is masked here.
fn masked(resolved: &Resolved) -> impl Iterator<Item = &ResolvedTable> {
    resolved.tables.iter().filter(|table| table.masked().next().is_some())
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let plan = Arc::clone(&work.plan);
    let marks = ledger::marks(&mut work.target).await?;
    let is_there = |key: &str| marks.iter().any(|mark| mark.step == step.name.0 && mark.key == key);
    let Some(resolved) = &plan.masking else { return Ok(Probe::NotYet) };
    let all: Vec<String> = masked(resolved).map(|table| format!("{}.{}", table.schema, table.name)).collect();
    // Cleared is what a table is last of all.
    Ok(match all.iter().filter(|name| is_there(&cleared(name))).count() {
        done if done == all.len() => Probe::Done(format!("{} were masked before", tables(done))),
        0 if !all.iter().any(|name| is_there(name)) => Probe::NotYet,
        _ => Probe::Partly,
    })
}

fn tables(number: usize) -> String {
    if number == 1 { "1 table".to_owned() } else { format!("{number} tables") }
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = Arc::clone(&work.plan);
    let Some(resolved) = &plan.masking else { return Ok(Came::skipped("the plan masks nothing")) };
    has_key(work, resolved)?;
    load::still_ours(work).await?;
    let key = work.masking_key.clone();
    session::ready(work).await?;
    let all = there(work, resolved).await?;
    for (table, _) in &all {
        let name = table.full_name();
        if let Some(mark) = ledger::marked(&mut work.target, &step.name, &name).await? {
            has_key_of(&name, &mark, key.as_deref())?;
        }
    }
    let mut sum = Applied::default();
    for (nth, (table, resolved)) in all.iter().enumerate() {
        let place = format!("table {} of {}", nth + 1, all.len());
        let applied = one(work, step, (table, resolved), key.as_deref(), &place).await?;
        sum.rows += applied.rows;
        sum.misfits += applied.misfits;
    }
    for (table, _) in &all {
        clear(work, step, table).await?;
    }
    let misfits = match sum.misfits {
        0 => String::new(),
        number => format!("; {number} values could not be read by their function and are empty now"),
    };
    Ok(Came::done(format!("{} rows in {}{misfits}", sum.rows, tables(all.len()))))
}

/// Asked before anything is taken away, too: a load that cannot be masked is worse than none.
///
/// # Errors
/// A function needs the key, and nobody gave it.
pub(super) fn has_key(work: &Work, resolved: &Resolved) -> Result<(), Trouble> {
    let mut rules = resolved.tables.iter().flat_map(ResolvedTable::masked);
    if work.masking_key.is_none() && rules.any(|(_, rule)| rule.function.needs_key()) {
        return Err(Trouble::refused(
            "the key of masking is not known to this process: it is found by what [refresh.NAME.masking] says of it",
        ));
    }
    Ok(())
}

/// The masked tables as the catalogue has them now, which must be as the plan has them.
pub(super) async fn there<'p>(
    work: &mut Work,
    resolved: &'p Resolved,
) -> Result<Vec<(Table, &'p ResolvedTable)>, Trouble> {
    let places: Vec<(String, String)> =
        masked(resolved).map(|table| (table.schema.clone(), table.name.clone())).collect();
    let mut facts = facts::read(work.target.session()?, Some(&places)).await?;
    let mut all = Vec::with_capacity(places.len());
    for resolved in masked(resolved) {
        let at = facts.iter().position(|table| table.schema == resolved.schema && table.name == resolved.name);
        let name = format!("{}.{}", resolved.schema, resolved.name);
        let Some(at) = at else {
            return Err(Trouble::refused(format!("{} is not there any more", shown(&name))));
        };
        let table = facts.swap_remove(at);
        if let Some(column) = undecided(&table, resolved) {
            let name = shown(&format!("{name}.{column}")).into_owned();
            return Err(Trouble::refused(format!("{name}: the plan does not say what becomes of this column")));
        }
        all.push((table, resolved));
    }
    Ok(all)
}

/// A column of which nobody has said what becomes of it.
fn undecided<'t>(table: &'t Table, resolved: &ResolvedTable) -> Option<&'t str> {
    let is_decided = |name: &str| resolved.column(name).is_some_and(|one| one.decision != Decision::Unresolved);
    table.columns.iter().map(|column| column.name.as_str()).find(|name| !is_decided(name))
}

async fn one(
    work: &mut Work,
    step: &PlannedStep,
    (table, resolved): (&Table, &ResolvedTable),
    key: Option<&Key>,
    place: &str,
) -> Result<Applied, Trouble> {
    let name = table.full_name();
    if let Some(mark) = ledger::marked(&mut work.target, &step.name, &name).await?
        && ledger::marked(&mut work.target, &step.name, &cleared(&name)).await?.is_some()
    {
        return Ok(is_done(&mark)?.unwrap_or_default());
    }
    let before = counted_before(work, step, (table, resolved), place).await?;
    let mut desk = StepDesk::new(work, step, place);
    let applied = Box::pin(apply(&mut desk, table, resolved, key)).await?;
    let after = count(work, table, resolved).await?;
    compare(work, step, resolved, (&before, &after)).await?;
    Ok(applied)
}

/// What there was before its first row was masked, whoever counted it.
async fn counted_before(
    work: &mut Work,
    step: &PlannedStep,
    (table, resolved): (&Table, &ResolvedTable),
    place: &str,
) -> Result<Counts, Trouble> {
    let name = table.full_name();
    let odd = |error: serde_json::Error| Trouble::refused(error.to_string());
    if let Some(text) = ledger::marked(&mut work.target, &step.name, &counted(&name)).await? {
        return serde_json::from_str(&text).map_err(odd);
    }
    work.note(step, format!("{place}: {}, counted", shown(&name))).await?;
    let before = count(work, table, resolved).await?;
    let text = ascii(&serde_json::to_string(&before).map_err(odd)?);
    ledger::mark(&mut work.target, &step.name, &counted(&name), &text).await?;
    Ok(before)
}

/// In a session of its own, so that ours stays alive and wishes are heard meanwhile.
async fn count(work: &mut Work, table: &Table, resolved: &ResolvedTable) -> Result<Counts, Trouble> {
    let mut session = work.beside.read().await?;
    Ok(work.beside(counts::read(&mut session, table, resolved)).await??)
}

async fn compare(
    work: &mut Work,
    step: &PlannedStep,
    resolved: &ResolvedTable,
    (before, after): (&Counts, &Counts),
) -> Result<(), Trouble> {
    if before.rows != after.rows {
        // Whether each row is masked is seen by looking at each, which `verify` does.
        let name = shown(&format!("{}.{}", resolved.schema, resolved.name)).into_owned();
        let text = format!(
            "{name} had {} rows and has {} now: somebody else writes to it, and what it holds cannot be compared with before",
            before.rows, after.rows
        );
        return work.warn(step, text).await;
    }
    let mut wrong = None;
    for finding in counts::compare(resolved, before, after) {
        let text = shown(&format!("{} {}", finding.place, finding.what)).into_owned();
        if finding.severity == Severity::Blocking {
            wrong.get_or_insert(format!("{text}: {}", finding.hint));
        } else {
            work.warn(step, text).await?;
        }
    }
    wrong.map_or(Ok(()), |why| Err(Trouble::Refused(why)))
}

/// Old values in dead rows and free pages.
async fn clear(work: &mut Work, step: &PlannedStep, table: &Table) -> Result<(), Trouble> {
    let name = table.full_name();
    if ledger::marked(&mut work.target, &step.name, &cleared(&name)).await?.is_some() {
        return Ok(());
    }
    work.good_moment()?;
    let dialect = work.target.dialect();
    let vacuum = vacuum::vacuum(dialect, table, false);
    let mut left = None;
    if let Some(sql) = &vacuum.sql {
        work.note(step, format!("vacuuming {}", shown(&name))).await?;
        left = if dialect.engine != Engine::PostgreSql {
            work.target.script(sql).await.map_err(|trouble| trouble.at(&shown(&name)))?;
            None
        } else if may_vacuum(work, table).await? {
            vacuumed(work, step, table, sql).await.map_err(|trouble| trouble.at(&shown(&name)))?
        } else {
            Some(format!("this user may not vacuum it, so dead rows keep old values until somebody does: {sql}"))
        };
    }
    let Some(left) = left else {
        return ledger::mark_anew(&mut work.target, &step.name, &cleared(&name), vacuum.note).await;
    };
    let left = format!("{}: {left}", shown(&name));
    if work.plan.quarantine != Quarantine::None {
        return Err(Trouble::failed(left));
    }
    work.warn(step, left).await?;
    // Without a quarantine whoever reads them could read the rows themselves before.
    ledger::mark_anew(&mut work.target, &step.name, &cleared(&name), "dead rows with old values are left").await
}

/// VACUUM leaves what somebody may still read and what it cannot get at, and says nothing of it; the server's count of dead rows does.
/// `None`: nothing is left.
async fn vacuumed(work: &mut Work, step: &PlannedStep, table: &Table, sql: &str) -> Result<Option<String>, Trouble> {
    // What the masking itself did must not be counted behind its back; before PostgreSQL 15 that may happen.
    if truth(work, "SELECT pg_catalog.to_regproc('pg_catalog.pg_stat_force_next_flush') IS NOT NULL").await? {
        work.target.query("SELECT pg_catalog.pg_stat_force_next_flush()::text", &[]).await?;
    }
    let mut waited = Duration::ZERO;
    loop {
        let [before, tables, _] = dead_rows(work, table).await?;
        work.target.script(sql).await?;
        let [after, _, dead] = dead_rows(work, table).await?;
        let is_counted = after >= before + tables;
        if is_counted && dead == 0 {
            return Ok(None);
        }
        let who = old_readers(work).await?;
        let left = if is_counted {
            format!("{dead} dead rows")
        } else {
            "dead rows, which the server does not count,".to_owned()
        };
        let left = format!("{left} with old values can still be read, by {who}");
        if waited >= READ_FOR {
            return Ok(Some(format!("{left}: end that, or vacuum it later: {sql}")));
        }
        work.note(step, format!("{}: {left}", shown(&table.full_name()))).await?;
        work.wait(LOOK_EACH).await?;
        waited += LOOK_EACH;
    }
}

/// How often it was vacuumed, it and what belongs to it; how many that are; how many dead rows are in them.
async fn dead_rows(work: &mut Work, table: &Table) -> Result<[i64; 3], Trouble> {
    let rows = work.target.query(DEAD_ROWS, &[table.schema.as_str().into(), table.name.as_str().into()]).await?;
    let numbers = rows.first().and_then(|row| row.iter().map(Value::as_int).collect::<Option<Vec<i64>>>());
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| Trouble::failed("the server did not say how many rows are dead"))
}

async fn truth(work: &mut Work, sql: &str) -> Result<bool, Trouble> {
    let rows = work.target.query(sql, &[]).await?;
    Ok(rows.first().and_then(|row| row.first()).is_some_and(Value::is_true))
}

async fn old_readers(work: &mut Work) -> Result<String, Trouble> {
    let rows = work.target.query(OLD_READERS, &[]).await?;
    let names = rows.iter().filter_map(|row| row.first()?.as_text()).take(5);
    let names: Vec<String> = names.map(|name| shown(&name).into_owned()).collect();
    Ok(if names.is_empty() { "somebody whom this user may not see".to_owned() } else { names.join(", ") })
}

async fn may_vacuum(work: &mut Work, table: &Table) -> Result<bool, Trouble> {
    let rows = work.target.query(MAY_VACUUM, &[table.schema.as_str().into(), table.name.as_str().into()]).await?;
    Ok(rows.first().and_then(|row| row.first()).is_some_and(Value::is_true))
}

/// Names of columns may hold anything, and the ledger's character set may be one byte.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                use std::fmt::Write as _;
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}
