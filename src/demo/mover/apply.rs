//! Applying a batch of captured changes: what to do in which order (pure), then doing it in one transaction.
//!
//! The log names rows and does not carry them, so each row is read once, as it is now, and brought to the target: written
//! where it is there, deleted where it is gone. Done twice it gives the same, which is what makes a resume safe.

use crate::db::{Column, DbError, Kind, Read, Row, Session, Value, Write};
use crate::demo::mover::capture::Entry;
use crate::demo::mover::plan::Plan;
use std::collections::{BTreeMap, HashMap};

/// Keys in one statement; SQLite's parser nests every OR one deeper and stops at 1,000.
const KEYS: usize = 200;

/// Key values in key order.
type Key = Vec<String>;

/// Rows of one table as the source has them now.
type Found = HashMap<Key, Row>;

/// One statement's worth of work on a table, by table name.
#[derive(Debug, Clone, PartialEq)]
enum Step<'e> {
    Write(&'e str, Vec<Key>),
    Delete(&'e str, Vec<Key>),
}

/// Why a batch did not go through.
pub enum Refused {
    /// This table is to blame (its source name); the others can go on without it.
    Table(String, DbError),
    /// The connection or the transaction as a whole.
    Run(DbError),
}

/// Applies entries of the tables in `plans` (by source name) in one transaction.
pub async fn batch(
    reader: &mut Session<Read>,
    target: &mut Session<Write>,
    plans: &BTreeMap<String, Plan>,
    entries: &[Entry],
) -> Result<(), Refused> {
    let mut found: HashMap<&str, Found> = HashMap::new();
    for (name, plan) in plans {
        let keys = keys_of(plan, name, entries);
        if !keys.is_empty() {
            let rows = fetch(reader, plan, &keys).await.map_err(|error| blame(name, error))?;
            found.insert(name, rows);
        }
    }
    let there = |table: &str, key: &Key| found.get(table).is_some_and(|rows| rows.contains_key(key));
    let steps = steps(plans, entries, there);
    target.begin().await.map_err(Refused::Run)?;
    for step in &steps {
        let (name, done) = match step {
            Step::Write(name, keys) => {
                let rows: Vec<&Row> = keys.iter().filter_map(|key| found.get(name).and_then(|f| f.get(key))).collect();
                (name, write(target, &plans[*name], &rows).await)
            }
            Step::Delete(name, keys) => (name, delete(target, &plans[*name], keys).await),
        };
        if let Err(error) = done {
            if !error.is_lost() {
                target.rollback().await.map_err(Refused::Run)?;
            }
            return Err(blame(name, error));
        }
    }
    target.commit().await.map_err(Refused::Run)
}

fn blame(table: &str, error: DbError) -> Refused {
    if error.is_lost() { Refused::Run(error) } else { Refused::Table(table.to_owned(), error) }
}

fn key_of(plan: &Plan, entry: &Entry) -> Key {
    plan.source.primary_key.iter().map(|column| entry.key.get(column).cloned().unwrap_or_default()).collect()
}

fn keys_of(plan: &Plan, table: &str, entries: &[Entry]) -> Vec<Key> {
    let mut keys: Vec<Key> = entries.iter().filter(|e| e.table == table).map(|e| key_of(plan, e)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The order of work: a row that is there is written where the log first names it, so that it stands before the rows
/// that refer to it; a row that is gone is deleted where the log last names it, after the rows that referred to it.
fn steps<'e>(
    plans: &BTreeMap<String, Plan>,
    entries: &'e [Entry],
    there: impl Fn(&str, &Key) -> bool,
) -> Vec<Step<'e>> {
    let keyed: Vec<(&str, Key)> = entries
        .iter()
        .filter_map(|entry| plans.get(&entry.table).map(|plan| (entry.table.as_str(), key_of(plan, entry))))
        .collect();
    let (mut first, mut last) = (HashMap::new(), HashMap::new());
    for (at, row) in keyed.iter().enumerate() {
        first.entry(row).or_insert(at);
        last.insert(row, at);
    }
    let mut steps: Vec<Step> = Vec::new();
    for (at, row) in keyed.iter().enumerate() {
        let (table, key) = row;
        let alive = there(table, key);
        if at != if alive { first[row] } else { last[row] } {
            continue;
        }
        match steps.last_mut() {
            Some(Step::Write(name, keys)) if alive && name == table => keys.push(key.clone()),
            Some(Step::Delete(name, keys)) if !alive && name == table => keys.push(key.clone()),
            _ if alive => steps.push(Step::Write(table, vec![key.clone()])),
            _ => steps.push(Step::Delete(table, vec![key.clone()])),
        }
    }
    steps
}

async fn fetch(reader: &mut Session<Read>, plan: &Plan, keys: &[Key]) -> Result<Found, DbError> {
    let dialect = reader.dialect();
    let key = plan.source.key_columns();
    let mut list: Vec<String> = key.iter().map(|column| dialect.read(column)).collect();
    list.extend(plan.read.iter().map(|column| dialect.read(column)));
    let from = dialect.qualified(&plan.source.schema, &plan.source.name);
    let mut found = Found::new();
    for keys in keys.chunks(KEYS) {
        let sql = format!("SELECT {} FROM {from} WHERE {}", list.join(", "), dialect.where_key(&key, keys.len()));
        for mut row in reader.query(&sql, &parameters(&key, keys)?).await? {
            let values = row.split_off(key.len());
            let key: Key = row.iter().map(|value| value.as_text().unwrap_or_default().into_owned()).collect();
            let values = values.into_iter().zip(&plan.read).map(|(value, column)| column.kind.settle(value)).collect();
            found.insert(key, values);
        }
    }
    Ok(found)
}

async fn write(target: &mut Session<Write>, plan: &Plan, rows: &[&Row]) -> Result<(), DbError> {
    let dialect = target.dialect();
    let most = (dialect.max_parameters / plan.written.len().max(1)).clamp(1, KEYS);
    for rows in rows.chunks(most) {
        let sql = dialect.upsert(&plan.target.0, &plan.target.1, &plan.written, &plan.key, rows.len());
        let values: Vec<Value> = rows.iter().flat_map(|row| row.iter().cloned()).collect();
        target.execute(&sql, &values).await?;
    }
    Ok(())
}

async fn delete(target: &mut Session<Write>, plan: &Plan, keys: &[Key]) -> Result<(), DbError> {
    let dialect = target.dialect();
    let key: Vec<Column> =
        plan.key.iter().filter_map(|name| plan.written.iter().find(|column| column.name == *name)).cloned().collect();
    let from = dialect.qualified(&plan.target.0, &plan.target.1);
    for keys in keys.chunks(KEYS) {
        let sql = format!("DELETE FROM {from} WHERE {}", dialect.where_key(&key, keys.len()));
        target.execute(&sql, &parameters(&plan.source.key_columns(), keys)?).await?;
    }
    Ok(())
}

/// Keys as values, so that SQLite compares a number with a number.
fn parameters(columns: &[Column], keys: &[Key]) -> Result<Vec<Value>, DbError> {
    let value = |(column, text): (&Column, &String)| match column.kind {
        Kind::Int => text
            .parse()
            .map(Value::Int)
            .map_err(|_| DbError::Unexpected(format!("the change log gives {text:?} for the number {}", column.name))),
        _ => Ok(Value::Text(text.clone())),
    };
    keys.iter().flat_map(|key| columns.iter().zip(key)).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Dialect, Engine, Table, catalogue::Catalogue};
    use crate::demo::mover::capture::Operation;
    use crate::demo::mover::order::Checkpoint;
    use crate::demo::mover::plan::plans;

    fn plan_of(names: &[&str]) -> BTreeMap<String, Plan> {
        let lite = Dialect::of(Engine::Sqlite);
        let catalogue: Catalogue = names
            .iter()
            .map(|name| {
                let id = Column {
                    name: "id".into(),
                    declared: "INTEGER".into(),
                    kind: lite.kind("INTEGER"),
                    nullable: false,
                    generated: false,
                };
                let table = Table {
                    schema: "shop".into(),
                    name: (*name).into(),
                    columns: vec![id],
                    primary_key: vec!["id".into()],
                    foreign_keys: vec![],
                };
                (("shop".to_owned(), (*name).to_owned()), table)
            })
            .collect();
        let all = r#"{"rules":[{"rule-type":"selection","rule-id":"1","object-locator":{"schema-name":"%","table-name":"%"},"rule-action":"include"}]}"#;
        let mappings = crate::model::mappings::parse(all).unwrap();
        plans(&catalogue, lite, lite, &mappings, &Catalogue::new())
            .into_iter()
            .map(|plan| (plan.source.name.clone(), plan))
            .collect()
    }

    fn entries(log: &[(&str, Operation, i64)]) -> Vec<Entry> {
        let entry = |(at, (table, operation, id)): (usize, &(&str, Operation, i64))| Entry {
            at: Checkpoint(i64::try_from(at).unwrap()),
            table: (*table).into(),
            operation: *operation,
            key: [("id".to_owned(), id.to_string())].into(),
            committed: jiff::Timestamp::UNIX_EPOCH,
        };
        log.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn rows_are_written_before_their_children_and_deleted_after_them() {
        use Operation::{Delete, Insert, Update};
        let plans = plan_of(&["parent", "child"]);
        let log = entries(&[
            ("parent", Insert, 1),
            ("parent", Update, 9),
            ("child", Insert, 1),
            ("child", Insert, 2),
            ("child", Delete, 8),
            ("parent", Update, 1),
            ("parent", Delete, 9),
            ("unknown", Insert, 5),
        ]);
        let gone = [("parent", "9"), ("child", "8")];
        let steps = steps(&plans, &log, |table, key| !gone.contains(&(table, key[0].as_str())));
        let keys = |ids: &[&str]| ids.iter().map(|id| vec![(*id).to_owned()]).collect::<Vec<_>>();
        assert_eq!(
            steps,
            [
                Step::Write("parent", keys(&["1"])),
                Step::Write("child", keys(&["1", "2"])),
                Step::Delete("child", keys(&["8"])),
                Step::Delete("parent", keys(&["9"])),
            ]
        );
    }
}
