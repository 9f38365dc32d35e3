//! What masking must know of the tables of a database, read from its catalogue. Start at [`read`].

use super::cells;
use crate::db::schema::parity::labels;
use crate::db::{Column as DbColumn, DbError, Dialect, Row, Session, Value, catalogue};
use crate::model::canon::SqlType;
use crate::model::engine::Engine;
use crate::model::masking::{Column, ForeignKey, Shape, Table, Trigger, Unique};
use std::collections::BTreeMap;

/// Tables by schema and name.
type Tables = BTreeMap<(String, String), Table>;

/// Reads the facts of these tables (schema and name), or of all.
///
/// # Errors
/// What the server says.
pub async fn read<A: Send>(session: &mut Session<A>, only: Option<&[(String, String)]>) -> Result<Vec<Table>, DbError> {
    let dialect = session.dialect();
    let known = catalogue::read(session).await?;
    let wanted = |place: &(String, String)| only.is_none_or(|only| only.contains(place));
    let mut tables: Tables = known
        .into_iter()
        .filter(|(place, _)| wanted(place))
        .map(|(place, table)| (place, begun(dialect, table)))
        .collect();
    let sql = match dialect.engine {
        Engine::PostgreSql => include_str!("../../../sql/postgresql/masking.sql"),
        Engine::MySql => include_str!("../../../sql/mysql/masking.sql"),
        Engine::Sqlite => include_str!("../../../sql/sqlite/masking.sql"),
    };
    for row in session.query(sql, &[]).await? {
        let fact = Fact::of(&row)?;
        if let Some(table) = tables.get_mut(&(fact.schema.clone(), fact.table.clone())) {
            fact.put(dialect.engine, table);
        }
    }
    if dialect.engine == Engine::Sqlite {
        of_sqlite(session, &mut tables).await?;
    }
    Ok(tables.into_values().collect())
}

fn begun(dialect: &Dialect, table: catalogue::Table) -> Table {
    let column = |column: DbColumn| {
        let is_enum = dialect.engine == Engine::MySql && column.declared.starts_with("enum(");
        let labels = if is_enum { labels(&column.declared) } else { Vec::new() };
        Column {
            shape: Shape {
                sql_type: SqlType::new(dialect.engine, column.declared.clone()),
                labels,
                nullable: column.nullable,
            },
            name: column.name,
            declared: column.declared,
            generated: column.generated,
            surrogate: false,
            partition: false,
            touched: false,
        }
    };
    Table {
        schema: table.schema,
        name: table.name,
        columns: table.columns.into_iter().map(column).collect(),
        ..Table::default()
    }
}

/// One row of the query.
struct Fact {
    kind: String,
    schema: String,
    table: String,
    name: String,
    column: String,
    texts: [String; 3],
}

impl Fact {
    fn of(row: &Row) -> Result<Self, DbError> {
        let [kind, schema, table, name, _place, column, one, two, three] = row.as_slice() else {
            return Err(DbError::Unexpected(format!("a fact of {} columns", row.len())));
        };
        Ok(Self {
            kind: words(kind),
            schema: words(schema),
            table: words(table),
            name: words(name),
            column: words(column),
            texts: [words(one), words(two), words(three)],
        })
    }

    fn put(self, engine: Engine, table: &mut Table) {
        let Self { kind, name, column, texts: [one, two, three], .. } = self;
        let own = table.columns.iter_mut().find(|known| known.name == column);
        match (kind.as_str(), own) {
            ("base", Some(own)) => own.shape.sql_type = SqlType::new(engine, one),
            ("label", Some(own)) => own.shape.labels.push(one),
            ("surrogate", Some(own)) => {
                own.surrogate = true;
                // SQLite's hidden number is never NULL, whatever its column says.
                own.shape.nullable &= engine != Engine::Sqlite;
            }
            ("partition", Some(own)) => own.partition = true,
            ("touched", Some(own)) => own.touched = true,
            ("unique", _) => {
                if table.uniques.last().is_none_or(|last| last.name != name) {
                    let whole = one != "part";
                    table.uniques.push(Unique { name, columns: Vec::new(), primary: one == "primary", whole });
                }
                if let Some(last) = table.uniques.last_mut() {
                    last.whole &= one != "part";
                    last.columns.push(column);
                }
            }
            ("reference", _) => {
                if table.foreign_keys.last().is_none_or(|last| last.name != name) {
                    let to = (one, two);
                    table.foreign_keys.push(ForeignKey { name, columns: Vec::new(), to, to_columns: Vec::new() });
                }
                if let Some(last) = table.foreign_keys.last_mut() {
                    last.columns.push(column);
                    last.to_columns.push(three);
                }
            }
            ("check", _) => checked(table, name, one),
            ("trigger", _) => table.triggers.push(Trigger { name, text: one }),
            ("rows", _) => table.rows = one.parse().ok(),
            ("rowid", _) => table.rowid = true,
            ("inherited", _) => table.inherited = true,
            _ => {}
        }
    }
}

/// A CHECK constraint; MariaDB's JSON is a text with one that says so.
fn checked(table: &mut Table, name: String, text: String) {
    let inner = text.trim().strip_prefix("json_valid(`").and_then(|rest| rest.strip_suffix("`)"));
    let column = inner.map(|name| name.replace("``", "`"));
    match table.columns.iter_mut().find(|known| Some(&known.name) == column.as_ref()) {
        Some(known) => "json".clone_into(&mut known.shape.sql_type.name),
        None if table.checks.iter().any(|(_, known)| *known == text) => {}
        None => table.checks.push((name, text)),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        value => value.as_text().unwrap_or_default().into_owned(),
    }
}

/// What SQLite keeps as the text of a statement only: its CHECK constraints and its triggers.
async fn of_sqlite<A: Send>(session: &mut Session<A>, tables: &mut Tables) -> Result<(), DbError> {
    let mut schemas: Vec<String> = tables.keys().map(|(schema, _)| schema.clone()).collect();
    schemas.dedup();
    for schema in schemas {
        let list = session.dialect().qualified(&schema, "sqlite_schema");
        let sql =
            format!("SELECT type, name, tbl_name, sql FROM {list} WHERE type IN ('table', 'trigger') ORDER BY name");
        for row in session.query(&sql, &[]).await? {
            let [kind, name, table, sql] = row.as_slice() else { continue };
            let Some(table) = tables.get_mut(&(schema.clone(), words(table))) else { continue };
            if words(kind) == "trigger" {
                table.triggers.push(Trigger { name: words(name), text: words(sql) });
            } else {
                let text = words(sql);
                let found = text.to_uppercase().match_indices("CHECK").map(|(at, _)| at).collect::<Vec<_>>();
                // Only where the capitals are as long, so that the places are the same.
                let parts = found.into_iter().filter_map(|at| text.get(at..)).map(balanced);
                table.checks.extend(parts.map(|part| ("a CHECK".to_owned(), part)));
            }
        }
    }
    Ok(())
}

/// As far as its first parenthesis reaches.
fn balanced(text: &str) -> String {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return text[..=at].to_owned(),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.to_owned()
}

/// Columns by which rows are paged, as `db` knows them. SQLite's hidden number is the best there is where it is not masked.
pub(super) fn key_columns(dialect: &Dialect, table: &Table, names: &[String]) -> Vec<DbColumn> {
    names.iter().filter_map(|name| table.column(name)).map(|column| cells::column(dialect, column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_ends_where_its_parenthesis_does() {
        assert_eq!(balanced("CHECK (length(a) > (1)), b text)"), "CHECK (length(a) > (1))");
    }
}
