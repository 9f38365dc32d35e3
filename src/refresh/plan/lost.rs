//! Rows that only the target has: a load that empties its tables loses them. Counted by key where that is cheap on both
//! servers, else it is said why not. Start at [`count`].

use super::findings::Findings;
use super::tables::Loaded;
use crate::db::scan::{Limits, Scanner};
use crate::db::{Database, DbError, Kind, Read, Session, Value};
use crate::model::refresh::{LoadedTable, StepKind};
use crate::model::untrusted::shown;
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, HashSet};

/// Most keys of one side of a table, and of all tables together: some seconds, some ten megabytes.
const MOST: usize = 100_000;
const MOST_IN_ALL: usize = 1_000_000;
/// Most tables named in one finding.
const NAMED: usize = 5;

/// What counting may use.
pub(super) struct Means<'a> {
    pub source: &'a Database,
    pub target: &'a Database,
    pub sessions: (&'a mut Session<Read>, &'a mut Session<Read>),
    /// Why nothing is counted at all; `None`: it is.
    pub not: Option<&'static str>,
}

/// Every loaded table with its sizes, and the rows that only the target has.
///
/// # Errors
/// Of either database, with its side.
pub(super) async fn count(
    means: Means<'_>,
    loaded: &[Loaded<'_>],
    found: &mut Findings,
) -> Result<Vec<LoadedTable>, (&'static str, DbError)> {
    let Means { source, target, sessions: (there, here), not } = means;
    let (ours, theirs) =
        (Scanner::new(source.clone(), Limits::default()), Scanner::new(target.clone(), Limits::default()));
    let mut tables = Vec::with_capacity(loaded.len());
    let mut left: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut lost: Vec<(u64, String)> = Vec::new();
    let mut budget = MOST_IN_ALL;
    for one in loaded {
        let from = ours.describe(&one.source.schema, &one.source.name).await.map_err(|error| ("source", error))?;
        let to = theirs.describe(&one.target.schema, &one.target.name).await.map_err(|error| ("target", error))?;
        let mut table = LoadedTable {
            source: (one.source.schema.clone(), one.source.name.clone()),
            target: (one.target.schema.clone(), one.target.name.clone()),
            rows_source: from.rows,
            rows_target: to.rows,
            only_target: None,
        };
        let name = shown(&format!("{}.{}", one.target.schema, one.target.name)).into_owned();
        let keys = if to.rows == Some(0) && target.dialect().one_writer {
            table.only_target = Some(0);
            Ok(None)
        } else {
            match not {
                Some(why) => Err(why),
                None => keys(one, there, here, (from.rows, to.rows)).map(Some),
            }
        };
        match keys {
            Ok(None) => {}
            Ok(Some((there_sql, here_sql))) => {
                let counted = one_table((there, &there_sql), (here, &here_sql), &mut budget).await?;
                match counted {
                    Ok(rows) => {
                        table.only_target = Some(rows);
                        if rows > 0 {
                            lost.push((rows, name));
                        }
                    }
                    Err(why) => left.entry(why).or_default().push(name),
                }
            }
            Err(why) => left.entry(why).or_default().push(name),
        }
        tables.push(table);
    }
    lost.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    if !lost.is_empty() {
        let all: u64 = lost.iter().map(|(rows, _)| rows).sum();
        let named = lost.iter().map(|(rows, name)| format!("{name} {rows}")).collect();
        let what = format!("{all} rows that only the target has will be lost: {}", some(named));
        found.warning(StepKind::Load, what, "Copy what is still needed before.");
    }
    for (why, names) in left {
        let what = format!("rows that only the target has are not counted in {}: {why}", some(names));
        found.note(StepKind::Load, what);
    }
    Ok(tables)
}

fn some(mut list: Vec<String>) -> String {
    let more = list.len().saturating_sub(NAMED);
    list.truncate(NAMED);
    if more > 0 { format!("{} and {more} more", list.join(", ")) } else { list.join(", ") }
}

/// The statements that give the keys of both sides as text, or why there are none.
fn keys(
    one: &Loaded<'_>,
    there: &Session<Read>,
    here: &Session<Read>,
    rows: (Option<u64>, Option<u64>),
) -> Result<(String, String), &'static str> {
    let too_many = |rows: Option<u64>| rows.is_some_and(|rows| rows > MOST as u64);
    if one.filtered {
        return Err("the task takes only some rows");
    }
    if one.target.primary_key.is_empty() {
        return Err("without a primary key");
    }
    if too_many(rows.0) || too_many(rows.1) {
        return Err("more than 100,000 rows");
    }
    let same = there.dialect().engine == here.dialect().engine;
    let mut columns = (Vec::new(), Vec::new());
    for name in &one.target.primary_key {
        let from = one.columns.iter().find(|(_, theirs)| theirs == name).map(|(ours, _)| ours);
        let (Some(from), Some(to)) = (from.and_then(|from| one.source.column(from)), one.target.column(name)) else {
            return Err("a column of the key does not come from the source");
        };
        // Text of two engines, or under two collations, is not always the same where it looks the same.
        let comparable = from.kind == to.kind && (same || from.kind == Kind::Int);
        if !comparable {
            return Err("keys of two engines that are no numbers");
        }
        columns.0.push(from.name.clone());
        columns.1.push(name.clone());
    }
    let sql = |session: &Session<Read>, schema: &str, table: &str, columns: &[String]| {
        let dialect = session.dialect();
        let list: Vec<String> = columns.iter().map(|column| as_text(session, &dialect.quoted(column))).collect();
        format!("SELECT {} FROM {} LIMIT {}", list.join(", "), dialect.qualified(schema, table), MOST + 1)
    };
    Ok((
        sql(there, &one.source.schema, &one.source.name, &columns.0),
        sql(here, &one.target.schema, &one.target.name, &columns.1),
    ))
}

fn as_text(session: &Session<Read>, column: &str) -> String {
    use crate::model::engine::Engine;
    match session.dialect().engine {
        Engine::PostgreSql | Engine::Sqlite => format!("CAST({column} AS TEXT)"),
        Engine::MySql => format!("CAST({column} AS CHAR)"),
    }
}

type Counted = Result<u64, &'static str>;

async fn one_table(
    (there, there_sql): (&mut Session<Read>, &str),
    (here, here_sql): (&mut Session<Read>, &str),
    budget: &mut usize,
) -> Result<Counted, (&'static str, DbError)> {
    const SPENT: &str = "a million keys were read already";
    const MANY: &str = "more than 100,000 rows";
    if *budget < MOST {
        return Ok(Err(SPENT));
    }
    let ours: HashSet<Vec<String>> = match read(there, there_sql).await.map_err(|error| ("source", error))? {
        Some(keys) => keys,
        None => return Ok(Err(MANY)),
    };
    let Some(theirs) = read(here, here_sql).await.map_err(|error| ("target", error))? else { return Ok(Err(MANY)) };
    *budget = budget.saturating_sub(ours.len() + theirs.len());
    let only = theirs.iter().filter(|key| !ours.contains(*key)).count();
    Ok(Ok(u64::try_from(only).unwrap_or(u64::MAX)))
}

/// Every key, or `None` where there are too many.
async fn read(session: &mut Session<Read>, sql: &str) -> Result<Option<HashSet<Vec<String>>>, DbError> {
    let mut keys = HashSet::new();
    let mut rows = session.stream(sql, &[]);
    // To its end: the statement itself has the limit.
    while let Some(row) = rows.next().await {
        let key = row?.iter().map(|value: &Value| value.as_text().unwrap_or_default().into_owned()).collect();
        keys.insert(key);
    }
    Ok((keys.len() <= MOST).then_some(keys))
}
