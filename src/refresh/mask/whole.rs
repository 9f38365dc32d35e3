//! A table without a key that stays as it is, masked in one transaction: each different value of a column once, into a
//! temporary table beside its new one, and then all rows by one statement. That works because a value's new value depends on
//! nothing else.

use super::apply::{Applied, Desk, masked_row};
use super::{Column, own_rows};
use crate::db::{DbError, Dialect, Kind, Value};
use crate::model::engine::Engine;
use crate::model::masking::Table;

/// Different values that are read and written at a time.
const ROWS: usize = 500;

/// The names and expressions around one column's temporary table.
struct Map<'c> {
    dialect: &'static Dialect,
    one: &'c Column,
    /// The temporary table, in full.
    name: String,
    /// Of the masked table, in full, and alone as a statement about it calls it.
    table: String,
    alone: String,
}

/// Within an open transaction.
pub(super) async fn apply<D: Desk>(desk: &mut D, table: &Table, columns: &[Column]) -> Result<Applied, D::Error> {
    let dialect = desk.dialect();
    let name = own_rows(dialect, table);
    let mut applied = Applied::default();
    let mut maps = Vec::new();
    for (number, one) in columns.iter().enumerate() {
        let own = format!("cutover_mask_{number}");
        let own = match dialect.engine {
            Engine::PostgreSql => dialect.qualified("pg_temp", &own),
            Engine::MySql => dialect.qualified(&table.schema, &own),
            Engine::Sqlite => dialect.qualified("temp", &own),
        };
        let map = Map { dialect, one, name: own, table: name.clone(), alone: table.name.clone() };
        for sql in map.create() {
            desk.execute(&sql, &[]).await?;
        }
        desk.execute(&map.fill(), &[]).await?;
        fill(desk, &map, &mut applied).await?;
        maps.push(map);
    }
    let touched = table
        .columns
        .iter()
        .filter(|column| column.touched && columns.iter().all(|one| one.column.name != column.name));
    let mut set: Vec<String> = maps.iter().map(Map::set).collect();
    set.extend(touched.map(|column| format!("{0} = {0}", dialect.quoted(&column.name))));
    applied.rows = desk.execute(&format!("UPDATE {name} SET {}", set.join(", ")), &[]).await?;
    if dialect.engine == Engine::MySql {
        // It counts only rows that changed.
        let rows = desk.query(&format!("SELECT count(*) FROM {name}"), &[]).await?;
        applied.rows = count(&rows);
    }
    for map in &maps {
        desk.execute(&map.drop(), &[]).await?;
    }
    Ok(applied)
}

fn count(rows: &[crate::db::Row]) -> u64 {
    rows.first().and_then(|row| row.first()).and_then(Value::as_int).and_then(|n| n.try_into().ok()).unwrap_or_default()
}

/// A new value beside each old one.
async fn fill<D: Desk>(desk: &mut D, map: &Map<'_>, applied: &mut Applied) -> Result<(), D::Error> {
    let mut last = 0;
    loop {
        let page = desk.query(&map.select(), &[Value::Int(last)]).await?;
        let mut new = Vec::with_capacity(page.len());
        for row in &page {
            let [number, old] = row.as_slice() else {
                return Err(DbError::Unexpected("a value without its number".to_owned()).into());
            };
            last = number.as_int().unwrap_or(i64::MAX);
            let made = masked_row(std::slice::from_ref(map.one), std::slice::from_ref(old), applied)?;
            new.push((last, made.into_iter().next().unwrap_or(Value::Null)));
        }
        if new.is_empty() {
            return Ok(());
        }
        let values = Map::values(&new);
        desk.execute(&map.write(new.len()), &values).await?;
    }
}

impl Map<'_> {
    fn is_bytes(&self) -> bool {
        self.one.column.kind == Kind::Bytes
    }

    fn create(&self) -> Vec<String> {
        let name = &self.name;
        match self.dialect.engine {
            Engine::PostgreSql => vec![format!(
                "CREATE TEMPORARY TABLE {name} (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, h bytea UNIQUE, \
                     was text, becomes text) ON COMMIT DROP"
            )],
            Engine::MySql => {
                let kind = if self.is_bytes() { "LONGBLOB" } else { "LONGTEXT CHARACTER SET utf8mb4" };
                vec![
                    self.drop(),
                    format!(
                        "CREATE TEMPORARY TABLE {name} (n BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, h BINARY(32) NOT NULL UNIQUE, \
                         was {kind}, becomes {kind})"
                    ),
                ]
            }
            Engine::Sqlite => vec![
                self.drop(),
                // Without types, so that each value keeps its own.
                format!("CREATE TABLE {name} (n INTEGER PRIMARY KEY, h UNIQUE, was, becomes)"),
            ],
        }
    }

    fn drop(&self) -> String {
        let temporary = if self.dialect.engine == Engine::MySql { "TEMPORARY " } else { "" };
        format!("DROP {temporary}TABLE IF EXISTS {}", self.name)
    }

    /// With its table: the temporary one has columns too.
    fn column(&self) -> String {
        self.dialect.qualified(&self.alone, &self.one.column.name)
    }

    /// The old value as text, or bytes as they are.
    fn old(&self) -> String {
        let column = self.column();
        match self.dialect.engine {
            Engine::PostgreSql => format!("CAST({column} AS text)"),
            Engine::MySql if self.is_bytes() => column,
            Engine::MySql => format!("CONVERT(CAST({column} AS CHAR) USING utf8mb4)"),
            Engine::Sqlite => column,
        }
    }

    /// What two values have in common only when they are the same, byte by byte.
    fn hash(&self) -> String {
        let old = self.old();
        match self.dialect.engine {
            Engine::PostgreSql => format!("sha256(convert_to({old}, 'UTF8'))"),
            Engine::MySql => format!("UNHEX(SHA2({old}, 256))"),
            Engine::Sqlite => old,
        }
    }

    fn fill(&self) -> String {
        let (name, table, column, hash, old) = (&self.name, &self.table, self.column(), self.hash(), self.old());
        let rows = format!("(h, was) SELECT {hash}, {old} FROM {table} WHERE {column} IS NOT NULL");
        match self.dialect.engine {
            Engine::PostgreSql => format!("INSERT INTO {name} {rows} ON CONFLICT (h) DO NOTHING"),
            Engine::MySql => format!("INSERT IGNORE INTO {name} {rows}"),
            Engine::Sqlite => format!("INSERT OR IGNORE INTO {name} {rows}"),
        }
    }

    fn select(&self) -> String {
        let old = if self.dialect.engine == Engine::PostgreSql && self.is_bytes() {
            // The same text as the server's own, whatever the session prints bytes as.
            "CAST(was AS bytea)"
        } else {
            "was"
        };
        let number = self.dialect.parameter(1, "bigint");
        format!("SELECT n, {old} FROM {} WHERE n > {number} ORDER BY n LIMIT {ROWS}", self.name)
    }

    fn write(&self, rows: usize) -> String {
        let mut number = 0;
        let mut place = |declared: &str| {
            number += 1;
            self.dialect.parameter(number, declared)
        };
        let cases: Vec<String> =
            (0..rows).map(|_| format!("WHEN {} THEN {}", place("bigint"), place("text"))).collect();
        let among: Vec<String> = (0..rows).map(|_| place("bigint")).collect();
        format!("UPDATE {} SET becomes = CASE n {} END WHERE n IN ({})", self.name, cases.join(" "), among.join(", "))
    }

    fn values(new: &[(i64, Value)]) -> Vec<Value> {
        let pairs = new.iter().flat_map(|(number, value)| [Value::Int(*number), value.clone()]);
        pairs.chain(new.iter().map(|(number, _)| Value::Int(*number))).collect()
    }

    fn set(&self) -> String {
        let (column, name, hash) = (self.column(), &self.name, self.hash());
        let found = format!("(SELECT cutover_m.becomes FROM {name} AS cutover_m WHERE cutover_m.h = {hash})");
        // Text needs no cast, and a cast to varchar(n) would cut what is too long instead of refusing it.
        let found = if self.dialect.engine == Engine::PostgreSql && self.one.column.kind != Kind::Text {
            format!("CAST({found} AS {})", self.one.column.declared)
        } else {
            found
        };
        format!(
            "{} = CASE WHEN {column} IS NULL THEN NULL ELSE {found} END",
            self.dialect.quoted(&self.one.column.name)
        )
    }
}
