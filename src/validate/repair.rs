//! A script that makes the target's rows equal to the source's: written for a person who reads it, and never run from here.
//!
//! Pure: rows that were read again go in, text comes out. The first statement stops the script on any other host or
//! database, where the engine can tell; whatever cannot be written for sure is left out, with the reason. Names and values
//! are quoted by `literal.rs`, by dialect. Start at [`script`].

mod literal;
#[cfg(test)]
mod tests;

use super::merge::RowCopy;
use super::names::{Name, dotted};
use super::plan::TablePlan;
use super::reread::{Alike, Both, differing, words};
use crate::db::catalogue;
use crate::db::scan::{Cell, ScanColumn};
use crate::db::{DbError, Read, Value};
use crate::db::{Dialect, Engine, Session};
use crate::model::canon::{Canon, Holds};
use crate::model::untrusted::shown;
use crate::model::validation::{TableResult, Verdict};
use jiff::Timestamp;
use literal::{literal, text};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Which database and server the script is for, as the server itself says.
#[derive(Clone)]
pub struct Whereabouts {
    pub dialect: &'static Dialect,
    /// As people know it: `host:port/database`, or a path.
    pub place: String,
    /// Of SQLite its file.
    pub database: Option<String>,
    /// Address or name of the host; `None` where the server has none to tell.
    pub host: Option<String>,
    pub port: Option<String>,
}

/// Asks a server who it is.
///
/// # Errors
/// It cannot be asked.
pub async fn whereabouts(session: &mut Session<Read>) -> Result<Whereabouts, DbError> {
    let dialect = session.dialect();
    let place = shown(session.place()).into_owned();
    let mut out = Whereabouts { dialect, place, database: None, host: None, port: None };
    let sql = match dialect.engine {
        // It tells nobody its address.
        Engine::PostgreSql if dialect.redshift => include_str!("../../sql/redshift/whereabouts.sql"),
        Engine::PostgreSql => include_str!("../../sql/postgresql/whereabouts.sql"),
        Engine::MySql => include_str!("../../sql/mysql/whereabouts.sql"),
        Engine::Sqlite => include_str!("../../sql/sqlite/whereabouts.sql"),
    };
    let rows = session.query(sql, &[]).await?;
    let said = |at: usize| rows.first()?.get(at).and_then(Value::as_text).map(std::borrow::Cow::into_owned);
    (out.database, out.host, out.port) = (said(0), said(1), said(2));
    Ok(out)
}

/// Which table refers to which by a foreign key: child and parent.
pub type Refers = Vec<(Name, Name)>;

/// Asks a database for its foreign keys.
///
/// # Errors
/// It cannot be asked.
pub async fn references(session: &mut Session<Read>) -> Result<Refers, DbError> {
    let all = catalogue::read(session).await?;
    let of = |(child, table): (Name, catalogue::Table)| {
        table.foreign_keys.into_iter().map(move |key| (child.clone(), key.refers_to))
    };
    Ok(all.into_iter().flat_map(of).filter(|(child, parent)| child != parent).collect())
}

/// One table with its rows as they are now.
#[derive(Debug)]
pub struct Table<'a> {
    pub plan: &'a TablePlan,
    pub rows: &'a [Both],
    /// Instead of them, where the table has no key.
    pub like: &'a [Alike],
}

/// The script, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub text: String,
    pub inserts: usize,
    pub updates: usize,
    pub deletes: usize,
    /// Extra rows that stay, because deletes were not asked for.
    pub kept: usize,
    /// Rows that are equal by now.
    pub equal: usize,
    /// Rows that cannot be written for sure, and why.
    pub left: Vec<String>,
}

/// Why no script is written for a table.
///
/// # Errors
/// The reason, for a person.
pub fn may_be_repaired(result: &TableResult, listed: usize) -> Result<(), String> {
    let name = result.source.shown();
    let some = |n: Option<u64>| n.is_some_and(|n| n > 0);
    if some(result.tally.in_flight) || some(result.tally.unsettled) {
        return Err(format!(
            "{name}: rows still moved when it was compared; compare again before anything is repaired"
        ));
    }
    if !result.problems.is_empty() || result.verdict() == Verdict::Unknown {
        return Err(format!("{name}: it was not compared to its end, so nobody knows all that differs"));
    }
    let all = result.tally.different.unwrap_or(0) + result.tally.missing.unwrap_or(0) + result.tally.extra.unwrap_or(0);
    if all > listed as u64 {
        let hint = "compare again with --report of at least as many";
        return Err(format!(
            "{name}: {all} rows differ and {listed} are listed: the script would not be whole; {hint}"
        ));
    }
    Ok(())
}

/// Places of the tables, parents before their children; else as they stand. And those of which nobody can say which comes
/// first, since their foreign keys go in a circle.
fn ordered(tables: &[Table<'_>], refers: &[(Name, Name)]) -> (Vec<usize>, Vec<usize>) {
    let mut left: Vec<usize> = (0..tables.len()).collect();
    let (mut out, mut circle) = (Vec::with_capacity(tables.len()), Vec::new());
    let name = |at: usize| &tables[at].plan.target;
    // Also by way of tables that are not among these.
    let above = |at: usize| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![name(at)]);
        while let Some(child) = next.pop() {
            next.extend(refers.iter().filter(|(of, _)| of == child).map(|(_, to)| to).filter(|to| seen.insert(*to)));
        }
        seen
    };
    let above: Vec<BTreeSet<&Name>> = left.iter().map(|at| above(*at)).collect();
    while !left.is_empty() {
        let free = |at: &usize| left.iter().all(|other| other == at || !above[*at].contains(name(*other)));
        let place = left.iter().position(free).unwrap_or_else(|| {
            // Of a circle nothing but its own members stands above.
            let own =
                |at: &usize| left.iter().all(|up| !above[*at].contains(name(*up)) || above[*up].contains(name(*at)));
            left.iter().position(own).unwrap_or(0)
        });
        let at = left.remove(place);
        if above[at].contains(name(at)) {
            circle.push(at);
        }
        out.push(at);
    }
    (out, circle)
}

/// Writes the script: what goes, children first; then what changes and comes, parents first. `at`: when the rows were read.
pub fn script(
    here: &Whereabouts,
    tables: &[Table<'_>],
    refers: &[(Name, Name)],
    deletes: bool,
    from: &str,
    at: Timestamp,
) -> Script {
    let mut out =
        Script { text: String::new(), inserts: 0, updates: 0, deletes: 0, kept: 0, equal: 0, left: Vec::new() };
    let (order, circle) = ordered(tables, refers);
    let (mut gone, mut come) = (Vec::new(), String::new());
    for at in &order {
        gone.push(of_table(here.dialect, &tables[*at], deletes, &mut come, &mut out));
    }
    let body: String = gone.into_iter().rev().chain([come]).collect();
    let mut head = vec![
        format!("Repair of {}, from the rows of {}.", here.place, shown(from)),
        format!("Rows were read at {}; what changed since is overwritten.", at.strftime("%Y-%m-%d %H:%M:%S UTC")),
        format!("{} inserts, {} updates, {} deletes.", out.inserts, out.updates, out.deletes),
    ];
    if out.kept > 0 {
        head.push(format!("{} extra rows stay: deletes were not asked for.", out.kept));
    }
    if !circle.is_empty() {
        let names: Vec<String> =
            circle.iter().map(|at| shown(&dotted(&tables[*at].plan.target)).into_owned()).collect();
        head.push(format!("Foreign keys go in a circle, so no order suits them all: {}.", names.join(", ")));
    }
    head.extend(out.left.iter().map(|left| format!("NOT REPAIRED: {left}")));
    head.push("Written by cutover, and never run by it. Read it first.".to_owned());
    let mut text = String::new();
    for line in head {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "-- {}", shown(&line));
    }
    text.push_str(&before(here));
    text.push_str(&body);
    text.push_str("COMMIT;\n");
    out.text = text;
    out
}

/// What stands before the first row: the guard, and how values are to be read.
fn before(here: &Whereabouts) -> String {
    match here.dialect.engine {
        // It has neither DO nor any word for its host; dividing by nothing ends the transaction, and with it all that
        // follows.
        Engine::PostgreSql if here.dialect.redshift => format!(
            "-- Redshift cannot tell on which host it is: run this on {} only.\nBEGIN;\n\
             SELECT 1 / CASE WHEN current_database() = {} THEN 1 ELSE 0 END AS guard;\n\
             SET timezone TO 'UTC';\nSET datestyle TO 'ISO, YMD';\n",
            shown(&here.place),
            text(here.dialect, here.database.as_deref().unwrap_or_default())
        ),
        Engine::PostgreSql => {
            let mut conditions = Vec::new();
            let of = |what: &str, value: &Option<String>| match value {
                Some(value) => format!("{what} IS DISTINCT FROM {}", text(here.dialect, value)),
                None => format!("{what} IS NOT NULL"),
            };
            conditions.push(of("current_database()::text", &here.database));
            conditions.push(of("host(inet_server_addr())", &here.host));
            conditions.push(of("current_setting('port')", &here.port));
            let mut tag = "cutover".to_owned();
            while conditions.iter().any(|one| one.contains(&format!("${tag}$")))
                || here.place.contains(&format!("${tag}$"))
            {
                tag.push('_');
            }
            let words = text(here.dialect, &format!("cutover: this is not {}", here.place).replace('%', "%%"));
            // In a transaction whatever follows a failure fails too, also where a client goes on.
            format!(
                "BEGIN;\nDO ${tag}$ BEGIN\n  IF {} THEN\n    RAISE EXCEPTION {words};\n  END IF;\nEND ${tag}$;\n\
                 SET LOCAL TIME ZONE 'UTC';\nSET LOCAL standard_conforming_strings = on;\nSET LOCAL datestyle = 'ISO, YMD';\n",
                conditions.join("\n     OR ")
            )
        }
        Engine::MySql => {
            let of = |what: &str, value: &Option<String>| match value {
                Some(value) => format!("{what} <=> {}", text(here.dialect, value)),
                None => format!("{what} IS NULL"),
            };
            let here = [of("DATABASE()", &here.database), of("@@hostname", &here.host), of("@@port", &here.port)];
            // The second table has two rows: where it is asked for at all, the statement fails.
            format!(
                "SELECT IF({}, 'this is the target', (SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2) AS `not the target`)) AS guard;\n\
                 SET @cutover_here = {};\nSET NAMES utf8mb4;\nSET time_zone = '+00:00';\n\
                 SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';\nSTART TRANSACTION;\n",
                here.join(" AND "),
                here.join(" AND ")
            )
        }
        // Where a client goes on after a failure, the table stays empty, and nothing is changed without its row.
        Engine::Sqlite => format!(
            "-- SQLite cannot tell on which host it is: run this where {} is the target.\n\
             DROP TABLE IF EXISTS temp.cutover_here;\n\
             CREATE TEMP TABLE cutover_here (guard INTEGER CONSTRAINT \"this is the target\" CHECK (guard = 1));\n\
             INSERT INTO temp.cutover_here SELECT count(*) FROM pragma_database_list WHERE name = 'main' AND file = {};\n\
             BEGIN IMMEDIATE;\n",
            shown(&here.place),
            text(here.dialect, here.database.as_deref().unwrap_or_default())
        ),
    }
}

/// What changes and comes goes to the end of `come`; what goes is given back.
fn of_table(dialect: &Dialect, table: &Table<'_>, deletes: bool, come: &mut String, out: &mut Script) -> String {
    let plan = table.plan;
    let name = match dialect.engine {
        // There a schema is only what a session calls an attached file: whoever opens the file has no such name.
        Engine::Sqlite => dialect.quoted(&plan.target.1),
        _ => dialect.qualified(&plan.target.0, &plan.target.1),
    };
    let (mut gone, mut changed, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for both in table.rows {
        let told = match (&both.source[..], &both.target[..]) {
            ([], []) => {
                out.equal += 1;
                continue;
            }
            ([row], []) => insert(dialect, plan, &name, row).map(|sql| new.push(sql)),
            ([], [_]) if !deletes => {
                out.kept += 1;
                continue;
            }
            ([], [row]) => delete(dialect, plan, &name, row).map(|sql| gone.push(sql)),
            ([source], [target]) => {
                let columns = differing(plan, source, target);
                if columns.is_empty() {
                    out.equal += 1;
                    continue;
                }
                update(dialect, plan, &name, source, &columns).map(|sql| changed.push(sql))
            }
            _ => Err("several rows have this key".to_owned()),
        };
        if let Err(why) = told {
            let parts = (0..plan.key).map(|at| {
                let value = words(plan.columns[at].canon(), both.key.cell(at)).unwrap_or_else(|| "NULL".to_owned());
                format!("{}={value}", plan.columns[at].target.name)
            });
            let key = parts.collect::<Vec<_>>().join(" ");
            out.left.push(shown(&format!("{} {key}: {why}", dotted(&plan.target))).into_owned());
        }
    }
    for alike in table.like {
        out.equal += usize::from(alike.missing.is_empty() && alike.extra.is_empty());
        let name_of = words(Canon::Text, alike.name.cell(0)).unwrap_or_default();
        let mut leave = |why: &str| out.left.push(format!("{} {name_of}: {why}", shown(&dotted(&plan.target))));
        for row in &alike.missing {
            match insert(dialect, plan, &name, row) {
                Ok(sql) => new.push(sql),
                Err(why) => leave(&shown(&why)),
            }
        }
        if deletes && !alike.extra.is_empty() {
            let rows = alike.extra.len();
            leave(&format!("{rows} too many in the target stay: without a key nothing tells one from its like"));
        } else {
            out.kept += alike.extra.len();
        }
    }
    (out.deletes, out.updates, out.inserts) =
        (out.deletes + gone.len(), out.updates + changed.len(), out.inserts + new.len());
    // Rows that go make room for those that come: another unique column may be taken.
    let titled = |statements: Vec<String>, words: &str| match &statements[..] {
        [] => String::new(),
        _ => format!("\n-- {}{words}\n{}\n", shown(&dotted(&plan.target)), statements.join("\n")),
    };
    changed.append(&mut new);
    come.push_str(&titled(changed, ""));
    titled(gone, ": rows that only the target has")
}

/// Holds on the target only.
const SQLITE_HERE: &str = "EXISTS (SELECT 1 FROM temp.cutover_here)";

/// Whether the target computes a column by itself.
fn is_generated(plan: &TablePlan, column: &ScanColumn) -> bool {
    plan.shape.1.iter().any(|one| one.name == column.name && one.generated)
}

fn value(dialect: &Dialect, plan: &TablePlan, row: &RowCopy, at: usize) -> Result<String, String> {
    let column = &plan.columns[at].target;
    if let Some(limit) = column.lob.and_then(|lob| lob.limit) {
        return Err(format!("column {}: no more than {limit} bytes of it are read, by the LOB limit", column.name));
    }
    literal(dialect, column, row.cell(at)).map_err(|why| format!("column {}: {why}", column.name))
}

fn insert(dialect: &Dialect, plan: &TablePlan, name: &str, row: &RowCopy) -> Result<String, String> {
    let columns: Vec<usize> =
        (0..plan.columns.len()).filter(|at| !is_generated(plan, &plan.columns[*at].target)).collect();
    let names: Vec<String> = columns.iter().map(|at| dialect.quoted(&plan.columns[*at].target.name)).collect();
    let values: Vec<String> = columns.iter().map(|at| value(dialect, plan, row, *at)).collect::<Result<_, _>>()?;
    let (names, values) = (names.join(", "), values.join(", "));
    Ok(match dialect.engine {
        Engine::PostgreSql if dialect.redshift => format!("INSERT INTO {name} ({names}) VALUES ({values});"),
        // A column that numbers itself takes a number all the same.
        Engine::PostgreSql => format!("INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values});"),
        Engine::MySql => format!("INSERT INTO {name} ({names}) SELECT {values} FROM DUAL WHERE @cutover_here = 1;"),
        Engine::Sqlite => format!("INSERT INTO {name} ({names}) SELECT {values} WHERE {SQLITE_HERE};"),
    })
}

fn update(dialect: &Dialect, plan: &TablePlan, name: &str, row: &RowCopy, columns: &[usize]) -> Result<String, String> {
    let set = |at: &usize| {
        let column = &plan.columns[*at].target;
        if is_generated(plan, column) {
            return Err(format!("column {} is computed by the target", column.name));
        }
        Ok(format!("{} = {}", dialect.quoted(&column.name), value(dialect, plan, row, *at)?))
    };
    let sets: Vec<String> = columns.iter().map(set).collect::<Result<_, _>>()?;
    Ok(format!("UPDATE {name} SET {} WHERE {};", sets.join(", "), found(dialect, plan, row)?))
}

fn delete(dialect: &Dialect, plan: &TablePlan, name: &str, row: &RowCopy) -> Result<String, String> {
    Ok(format!("DELETE FROM {name} WHERE {};", found(dialect, plan, row)?))
}

/// A condition that exactly the row of this key fulfils.
fn found(dialect: &Dialect, plan: &TablePlan, row: &RowCopy) -> Result<String, String> {
    let (mut parts, engine) = (Vec::new(), dialect.engine);
    for at in 0..plan.key {
        let column = &plan.columns[at].target;
        let name = dialect.quoted(&column.name);
        if row.cell(at) == Cell::Null {
            parts.push(format!("{name} IS NULL"));
            continue;
        }
        let value = value(dialect, plan, row, at)?;
        let holds = column.sql_type.holds();
        match (column.canon, engine) {
            (Canon::Uuid, _) if !matches!(holds, Holds::Uuid | Holds::Bytes) => {
                // Kept as text it may be written in capitals, or without hyphens.
                let own =
                    if engine == Engine::PostgreSql && !dialect.redshift { format!("{name}::text") } else { name };
                parts.push(format!("lower(replace({own}, '-', '')) = lower(replace({value}, '-', ''))"));
            }
            // Blanks at the end count for nothing there, and here they are not at the end.
            (Canon::Text, _) if dialect.redshift => parts.push(format!("{name} || chr(1) = {value} || chr(1)")),
            // Under a collation other texts may be equal to this one.
            (Canon::Text, Engine::PostgreSql) if !column.byte_order => {
                parts.push(format!("{name} = {value} AND {name}::text COLLATE \"C\" = {value}"));
            }
            (Canon::Text, Engine::MySql) if !column.byte_order => {
                let exact = format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY) = CAST({value} AS BINARY)");
                parts.push(format!("{name} = {value} AND {exact}"));
            }
            (Canon::Text, Engine::Sqlite) => parts.push(format!("{name} = {value} COLLATE BINARY")),
            (Canon::Float32 | Canon::Float64, _) => {
                return Err(format!("column {} of the key is a float", column.name));
            }
            _ => parts.push(format!("{name} = {value}")),
        }
    }
    match engine {
        Engine::PostgreSql => {}
        Engine::MySql => parts.push("@cutover_here = 1".to_owned()),
        Engine::Sqlite => parts.push(SQLITE_HERE.to_owned()),
    }
    Ok(parts.join(" AND "))
}
