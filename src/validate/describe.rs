//! From two databases to a plan: which tables there are, what they are, and whether they still are what they were.

use super::Plan;
use super::look::Trouble;
use super::merge::Side;
use super::names::{Asked, Name, Names, dotted, pairs};
use super::plan::{TablePlan, Terms, all_meant, is_waived, table};
use crate::db::scan::{Described, Limits, Scanner};
use crate::db::{Database, DbError, Engine, Value, catalogue};
use crate::model::untrusted::shown;
use crate::model::validation::{Method, NotCompared};

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
    let (ours, theirs) = tokio::try_join!(names(source, Side::Source), names(target, Side::Target))?;
    let pairs = pairs(&ours, &theirs, asked).map_err(PlanError::Usage)?;
    if pairs.both.is_empty() {
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
    let [source_at, target_at] = [source, target].map(|side| shown(&side.place()).into_owned());
    let [source, target] = [source, target].map(|side| Scanner::new(side.clone(), Limits::default()));
    let mut described = Vec::with_capacity(pairs.both.len());
    for (ours, theirs) in &pairs.both {
        described
            .push(tokio::try_join!(describe(&source, ours, Side::Source), describe(&target, theirs, Side::Target))?);
    }
    let sides: Vec<(&Described, &Described)> = described.iter().map(|(ours, theirs)| (ours, theirs)).collect();
    all_meant(terms, &sides, &pairs.source_only).map_err(PlanError::Usage)?;
    let mut tables = Vec::with_capacity(sides.len());
    for (ours, theirs) in sides {
        tables.push(table(ours, theirs, terms).map_err(PlanError::Usage)?);
    }
    tables.extend(pairs.source_only.iter().map(|name| alone(name, terms)));
    let unenforced = source.database().dialect().redshift || target.database().dialect().redshift;
    for (nth, table) in tables.iter_mut().enumerate() {
        table.nth = nth;
        if unenforced && table.method == Method::Stream {
            table.why.push_str("; Redshift does not enforce keys: rows of one key are compared as a multiset");
        }
    }
    Ok(Plan { tables, target_only: pairs.target_only, of_dms: pairs.of_dms, source_at, target_at })
}

/// A table of the source that the target has not: it was not compared, and that matters.
fn alone(name: &Name, terms: &Terms) -> TablePlan {
    let reason = "the target has no table of this name".to_owned();
    TablePlan {
        nth: 0,
        source: name.clone(),
        target: (String::new(), String::new()),
        method: Method::None,
        why: reason.clone(),
        key: 0,
        columns: Vec::new(),
        not_compared: vec![NotCompared { column: None, reason, waived: is_waived(terms, name) }],
        rows_source: None,
        rows_target: None,
        bytes_source: None,
        rules: Vec::new(),
        shape: (Vec::new(), Vec::new()),
    }
}

async fn names(database: &Database, side: Side) -> Result<Names, PlanError> {
    let failed = |error| PlanError::Db { side, error };
    let mut session = database.read().await.map_err(failed)?;
    let own = database.named_schema().map(str::to_owned);
    let engine = database.dialect().engine;
    let schema = match own {
        Some(schema) => Some(schema),
        None if engine == Engine::PostgreSql => {
            let rows = session.query("SELECT CAST(current_schema() AS text)", &[]).await.map_err(failed)?;
            rows.first().and_then(|row| row.first()).and_then(Value::as_text).map(std::borrow::Cow::into_owned)
        }
        None => None,
    };
    let all = catalogue::read(&mut session).await.map_err(failed)?.into_keys();
    // A MySQL server has many databases; the address names the one that is meant.
    let meant = |name: &Name| engine != Engine::MySql || schema.as_ref().is_none_or(|schema| *schema == name.0);
    Ok(Names { all: all.filter(meant).collect(), schema })
}

async fn describe(scanner: &Scanner, name: &Name, side: Side) -> Result<Described, PlanError> {
    scanner.describe(&name.0, &name.1).await.map_err(|error| PlanError::Db { side, error })
}

/// Looks whether the tables are still what the plan says: rows of another table would have been compared.
pub(super) async fn still_so(source: &Scanner, target: &Scanner, plan: &TablePlan) -> Result<(), Trouble> {
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
