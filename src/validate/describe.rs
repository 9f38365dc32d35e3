//! From two databases to a plan: which tables there are, what they are, and whether they still are what they were.

use super::Plan;
use super::look::Trouble;
use super::mapped;
use super::merge::Side;
use super::names::{self, Asked, Left, Name, Names, Pairs, dotted, fits, pairs};
use super::plan::{TablePlan, Terms, all_meant, doubt, key_meant, left_out, name, table};
use crate::db::scan::{Described, Limits, Scanner};
use crate::db::{Database, DbError, Engine, Value, catalogue};
use crate::model::untrusted::shown;
use crate::model::validation::{Kind, Method, NotCompared};
use std::time::Duration;

/// A table that somebody holds a lock on is waited for so long; then it is listed as not compared, and the others go on.
const LOCKED_FOR: Duration = Duration::from_secs(5);

/// There is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was asked for does not fit what is there.
    #[error("{0}")]
    Usage(String),
    #[error("{}: {error}", .side.word())]
    Db { side: Side, error: DbError },
}

/// Plans the tables that are asked for; all that both sides have, where none is.
///
/// # Errors
/// A name that means nothing, no table at all, or a database that cannot be read.
pub async fn plan(source: &Database, target: &Database, asked: &[Asked], terms: &Terms) -> Result<Plan, PlanError> {
    let [source_at, target_at] = [source, target].map(|side| shown(&side.place()).into_owned());
    if terms.kind == Kind::Sql {
        if terms.statements.is_empty() {
            return Err(PlanError::Usage(
                "nothing to compare: no statements are named, and of kind sql nothing else is".into(),
            ));
        }
        let tables = numbered(statements(terms).collect());
        let (target_only, of_dms, doubts) = (Vec::new(), Vec::new(), Vec::new());
        return Ok(Plan { tables, target_only, of_dms, doubts, source_at, target_at });
    }
    let all = terms.task.is_some();
    let (ours, theirs) = tokio::try_join!(names(source, Side::Source, all), names(target, Side::Target, all))?;
    let pairs = paired(&ours, &theirs, asked, terms).map_err(PlanError::Usage)?;
    if pairs.both.is_empty() && pairs.left.is_empty() && terms.statements.is_empty() {
        let side = |names: &Names| match names.all.len() {
            1 => "1 table".to_owned(),
            count => format!("{count} tables"),
        };
        let line = format!(
            "nothing to compare: the source ({}) has {}, the target ({}) has {}, and no two of one name",
            shown(&source.place()),
            side(&ours),
            shown(&target.place()),
            side(&theirs)
        );
        return Err(PlanError::Usage(line));
    }
    let limits = Limits { lock_timeout: Some(LOCKED_FOR), ..Limits::default() };
    let [source, target] = [source, target].map(|side| Scanner::new(side.clone(), limits));
    let (mut described, mut unread) = (Vec::with_capacity(pairs.both.len()), Vec::new());
    for (ours, theirs) in &pairs.both {
        match tokio::try_join!(describe(&source, ours, Side::Source), describe(&target, theirs, Side::Target)) {
            Ok(both) => described.push(both),
            // Without its server there is nothing to plan with; else it is this table's trouble.
            Err(error @ PlanError::Db { error: DbError::Connect { .. } | DbError::Lost { .. }, .. }) => {
                return Err(error);
            }
            Err(why) => unread.push((ours, theirs, why)),
        }
    }
    let sides: Vec<(&Described, &Described)> = described.iter().map(|(ours, theirs)| (ours, theirs)).collect();
    let of_unread = unread.iter().map(|(name, ..)| *name);
    let alone: Vec<Name> =
        pairs.source_only.iter().chain(pairs.left.iter().map(|one| &one.source)).chain(of_unread).cloned().collect();
    all_meant(terms, &sides, &alone).map_err(PlanError::Usage)?;
    // Nobody knows the columns of a table that could not be read.
    if unread.is_empty() {
        key_meant(terms, &sides).map_err(PlanError::Usage)?;
    }
    let (mut tables, mut doubts) = (Vec::with_capacity(sides.len()), Vec::new());
    let redshift = [&source, &target].map(|side| side.database().dialect().redshift);
    let unenforced = redshift.contains(&true);
    for (ours, theirs) in sides {
        let own = Terms { redshift, ..terms.of(&name(ours)) };
        let (ours_at, theirs_at) = ((&source, ours, Side::Source), (&target, theirs, Side::Target));
        tokio::try_join!(takes(ours_at, own.filter_source.as_deref()), takes(theirs_at, own.filter_target.as_deref()))?;
        let unseen = tokio::try_join!(unseen(ours_at, own.kind), unseen(theirs_at, own.kind))?;
        if let Some(reason) = unseen.0.or(unseen.1) {
            let (ours, theirs) = (name(ours), name(theirs));
            let not = left_out(terms, &[&ours, &theirs], None, reason);
            tables.push(TablePlan::left(&ours, Some(&theirs), not));
            continue;
        }
        let plan = table(ours, theirs, &own).map_err(PlanError::Usage)?;
        if let Some(doubt) = doubt(&plan, ours, theirs, &own) {
            let key = own.keys.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
            doubts.push(format!("{}: --key ({key}): {doubt}", shown(&dotted(&plan.source))));
        }
        tables.push(plan);
    }
    tables.extend(unread.into_iter().map(|(ours, theirs, why)| {
        let reason = format!("what it is could not be read, {}", shown(&why.to_string()));
        TablePlan::left(ours, Some(theirs), left_out(terms, &[ours, theirs], None, reason))
    }));
    tables.extend(pairs.source_only.iter().map(|name| {
        let reason = "the target has no table of this name".to_owned();
        TablePlan::left(name, None, left_out(terms, &[name], None, reason))
    }));
    tables.extend(pairs.left.into_iter().map(|one| {
        let not = left_out(terms, &[&one.source], None, one.reason);
        let not = NotCompared { waived: one.waived || not.waived, ..not };
        TablePlan::left(&one.source, one.target.as_ref(), not)
    }));
    for table in tables.iter_mut().filter(|table| unenforced && table.method == Method::Stream) {
        table.why.push_str("; Redshift does not enforce keys: rows of one key are compared as a multiset");
    }
    tables.extend(statements(terms));
    let tables = numbered(tables);
    Ok(Plan { tables, target_only: pairs.target_only, of_dms: pairs.of_dms, doubts, source_at, target_at })
}

fn statements(terms: &Terms) -> impl Iterator<Item = TablePlan> {
    terms.statements.iter().map(TablePlan::of_statement)
}

fn numbered(mut tables: Vec<TablePlan>) -> Vec<TablePlan> {
    tables.iter_mut().enumerate().for_each(|(nth, table)| table.nth = nth);
    tables
}

/// Which tables belong together, by the task's mappings where there is a task, else by their names.
fn paired(source: &Names, target: &Names, asked: &[Asked], terms: &Terms) -> Result<Pairs, String> {
    let mut found = match &terms.task {
        None => pairs(source, target, asked)?,
        Some(task) => {
            let narrowed = |name: &Name| terms.of(name).filter_target.is_some();
            let mut found = mapped::pairs(source, target, task, &terms.more, &narrowed)?;
            only(&mut found, source, target, asked)?;
            found
        }
    };
    only(&mut found, source, target, &terms.only)?;
    let excluded = |name: &Name| terms.excluded.iter().any(|pattern| fits(pattern, name));
    let leave = |source: &Name, target: Option<&Name>| Left {
        source: source.clone(),
        target: target.cloned(),
        reason: "left out, as the configuration says".to_owned(),
        waived: true,
    };
    let (out, both) = std::mem::take(&mut found.both).into_iter().partition(|(from, _)| excluded(from));
    (found.both, found.left) = (both, std::mem::take(&mut found.left));
    found.left.retain(|one| !excluded(&one.source));
    let out: Vec<(Name, Name)> = out;
    found.left.extend(out.iter().map(|(from, to)| leave(from, Some(to))));
    let (out, alone) = std::mem::take(&mut found.source_only).into_iter().partition(excluded);
    found.source_only = alone;
    let out: Vec<Name> = out;
    found.left.extend(out.iter().map(|from| leave(from, None)));
    Ok(found)
}

/// Leaves of the tables those that are asked for.
fn only(found: &mut Pairs, source: &Names, target: &Names, asked: &[Asked]) -> Result<(), String> {
    if asked.is_empty() {
        return Ok(());
    }
    let mut wanted = Vec::with_capacity(asked.len());
    for one in names::expanded(source, asked)? {
        let from = names::find(source, &one.source, "source")?;
        let known =
            found.both.iter().any(|(other, _)| *other == from) || found.left.iter().any(|other| other.source == from);
        match &one.target {
            Some(to) => {
                let to = names::find(target, to, "target")?;
                found.both.retain(|(other, _)| *other != from);
                found.left.retain(|other| other.source != from);
                found.both.push((from.clone(), to));
            }
            None if !known => return Err(format!("table {} is not among what is compared", shown(&dotted(&from)))),
            None => {}
        }
        wanted.push(from);
    }
    found.both.retain(|(from, _)| wanted.contains(from));
    found.left.retain(|one| wanted.contains(&one.source));
    found.source_only.retain(|name| wanted.contains(name));
    found.target_only.clear();
    Ok(())
}

/// `all`: also other databases of a server than the one of the address.
async fn names(database: &Database, side: Side, all: bool) -> Result<Names, PlanError> {
    let failed = |error| PlanError::Db { side, error };
    let mut session = database.read().await.map_err(failed)?;
    let own = database.named_schema().map(str::to_owned);
    let engine = database.dialect().engine;
    let schema = match own {
        Some(schema) => Some(schema),
        None if engine == Engine::PostgreSql => {
            let rows = session.query("SELECT CAST(current_schema() AS varchar(127))", &[]).await.map_err(failed)?;
            rows.first().and_then(|row| row.first()).and_then(Value::as_text).map(std::borrow::Cow::into_owned)
        }
        None => None,
    };
    let tables = catalogue::read(&mut session).await.map_err(failed)?.into_keys();
    // A MySQL server has many databases; the address names the one that is meant, a task those that it puts rows into.
    let meant = |name: &Name| all || engine != Engine::MySql || schema.as_ref().is_none_or(|schema| *schema == name.0);
    let parts = if all { catalogue::partitions(&mut session).await.map_err(failed)? } else { Vec::new() };
    Ok(Names { all: tables.filter(meant).collect(), schema, parts })
}

/// Whether the server takes the condition that a person wrote for its rows.
async fn takes((scanner, table, side): (&Scanner, &Described, Side), condition: Option<&str>) -> Result<(), PlanError> {
    let Some(condition) = condition else { return Ok(()) };
    scanner.takes(&table.schema, &table.name, condition).await.map_err(|error| {
        if error.is_lost() || error.is_retryable() {
            return PlanError::Db { side, error };
        }
        let place = dotted(&name(table));
        PlanError::Usage(format!("{}_where of {}: {}", side.word(), shown(&place), shown(&error.to_string())))
    })
}

/// Why a table cannot be compared: not all of it is seen.
async fn unseen((scanner, table, side): (&Scanner, &Described, Side), kind: Kind) -> Result<Option<String>, PlanError> {
    let unseen = scanner.unseen(table).await.map_err(|error| PlanError::Db { side, error })?;
    // Rows are counted without their columns.
    let why = unseen.rows.or(unseen.columns.filter(|_| kind != Kind::Count));
    Ok(why.map(|why| format!("{}: {why}", side.word())))
}

async fn describe(scanner: &Scanner, name: &Name, side: Side) -> Result<Described, PlanError> {
    scanner.describe(&name.0, &name.1).await.map_err(|error| PlanError::Db { side, error })
}

/// Looks whether the tables are still what the plan says: rows of another table would have been compared.
pub(super) async fn still_so(source: &Scanner, target: &Scanner, plan: &TablePlan) -> Result<(), Trouble> {
    if plan.statement.is_some() {
        return Ok(());
    }
    let of = |scanner: &Scanner, name: &Name, side| {
        let (scanner, name) = (scanner.clone(), name.clone());
        async move { scanner.describe(&name.0, &name.1).await.map_err(|error| Trouble::Db { side, error }) }
    };
    let (ours, theirs) =
        tokio::try_join!(of(source, &plan.source, Side::Source), of(target, &plan.target, Side::Target))?;
    if plan.shape == (ours.columns, theirs.columns) {
        return Ok(());
    }
    Err(Trouble::Altered(format!("{} was altered while it was compared", shown(&dotted(&plan.source)))))
}
