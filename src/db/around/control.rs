//! The tables that DMS keeps on a target. Their names, the case of their columns and which of them there are differ between
//! engines and versions, so the catalogue is asked first and the statements are made from what it says.

use super::{moment, told};
use crate::db::catalogue::{Column, fields, text};
use crate::db::error::DbError;
use crate::db::session::{Read, Session};
use crate::db::value::{Kind, Row, Value};
use crate::model::Untrusted;
use crate::model::around::{
    ApplyException, ControlStatus, FailureKind, Known, Listed, Suspended, ValidationFailure, failed_key,
};
use crate::model::engine::Engine;
use jiff::Timestamp;

/// Rows are counted up to here.
const COUNTED: u64 = 10_000;

/// Characters read of a text: a statement of DMS can hold a whole document.
const LENGTH: usize = 4_000;

/// Where DMS keeps its tables on MySQL unless it is told otherwise (section 7.2 of the DMS facts).
const MYSQL_SCHEMA: &str = "awsdms_control";

/// A control table of this database.
#[derive(Debug)]
pub(super) struct Table {
    schema: String,
    name: String,
    columns: Vec<Column>,
    readable: bool,
}

/// Which tables are meant, and the columns wanted of them.
struct Shape {
    tables: &'static [&'static str],
    time: &'static str,
    columns: &'static [&'static str],
    /// Wanted only with values.
    values: &'static [&'static str],
}

const EXCEPTIONS: Shape = Shape {
    tables: &["awsdms_apply_exceptions"],
    time: "ERROR_TIME",
    columns: &["TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "ERROR"],
    values: &["STATEMENT"],
};

const SUSPENDED: Shape = Shape {
    tables: &["awsdms_suspended_tables"],
    time: "SUSPEND_TIMESTAMP",
    columns: &["TABLE_OWNER", "TABLE_NAME", "SUSPEND_TIMESTAMP"],
    values: &["SUSPEND_REASON"],
};

const FAILURES: Shape = Shape {
    tables: &["awsdms_validation_failures_v1", "awsdms_validation_failures_v2"],
    time: "FAILURE_TIME",
    columns: &["TABLE_OWNER", "TABLE_NAME", "FAILURE_TIME", "KEY_TYPE", "KEY", "FAILURE_TYPE", "RESYNC_ACTION"],
    values: &["DETAILS"],
};

const STATUS: Shape = Shape {
    tables: &["awsdms_status"],
    time: "STATUS_TIME",
    columns: &["TASK_STATUS", "STATUS_TIME", "PENDING_CHANGES"],
    values: &[],
};

/// Every control table there is.
pub(super) async fn tables(session: &mut Session<Read>) -> Result<Vec<Table>, DbError> {
    let dialect = session.dialect();
    let mut tables: Vec<Table> = Vec::new();
    for row in session.query(dialect.catalogue.control_tables, &[]).await? {
        let [schema, table, column, declared, readable] = fields(row)?;
        let (schema, name, declared) = (text(schema), text(table), text(declared));
        if tables.last().is_none_or(|last| (&last.schema, &last.name) != (&schema, &name)) {
            tables.push(Table { schema, name, columns: Vec::new(), readable: readable.is_true() });
        }
        if let Some(table) = tables.last_mut() {
            let kind = dialect.kind(&declared);
            table.columns.push(Column { name: text(column), declared, kind, nullable: true, generated: false });
        }
    }
    Ok(tables)
}

impl Table {
    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// What is read of them.
pub(super) struct Control<'a> {
    pub(super) session: &'a mut Session<Read>,
    pub(super) there: Vec<Table>,
    /// Why the catalogue did not say which there are.
    pub(super) refused: Option<Untrusted>,
    pub(super) asked: &'a super::Asked,
}

impl Control<'_> {
    pub(super) async fn exceptions(&mut self) -> Result<Known<Listed<ApplyException>>, DbError> {
        let values = self.asked.values;
        let one = move |row: Row| {
            let [schema, table, at, error, statement] = fields(row)?;
            let error = told(error);
            Ok(ApplyException {
                schema: text(schema).into(),
                table: text(table).into(),
                at: moment(&text(at)),
                code: error.as_ref().and_then(|error| sqlstate(error.raw())),
                error: error.filter(|_| values),
                statement: told(statement),
            })
        };
        self.listed(&EXCEPTIONS, one, |one| one.at).await
    }

    pub(super) async fn suspended(&mut self) -> Result<Known<Listed<Suspended>>, DbError> {
        let one = |row: Row| {
            let [schema, table, at, reason] = fields(row)?;
            let (schema, table) = (text(schema).into(), text(table).into());
            Ok(Suspended { schema, table, at: moment(&text(at)), reason: told(reason) })
        };
        self.listed(&SUSPENDED, one, |one| one.at).await
    }

    pub(super) async fn failures(&mut self) -> Result<Known<Listed<ValidationFailure>>, DbError> {
        let one = |row: Row| {
            let [schema, table, at, key_type, key, kind, resync, details] = fields(row)?;
            Ok(ValidationFailure {
                schema: text(schema).into(),
                table: text(table).into(),
                at: moment(&text(at)),
                key_type: text(key_type).into(),
                key: failed_key(&text(key)),
                kind: FailureKind::from(Untrusted::from(text(kind))),
                resync: told(resync),
                details: told(details),
            })
        };
        self.listed(&FAILURES, one, |one| one.at).await
    }

    pub(super) async fn status(&mut self) -> Result<Known<Option<ControlStatus>>, DbError> {
        let one = |row: Row| {
            let [status, at, pending] = fields(row)?;
            let pending_changes = pending.as_int();
            Ok(ControlStatus { status: text(status).into(), at: moment(&text(at)), pending_changes })
        };
        Ok(match self.listed(&STATUS, one, |one| one.at).await? {
            Known::Is(listed) => Known::Is(listed.newest.into_iter().next()),
            Known::NotThere => Known::NotThere,
            Known::NotDue => Known::NotDue,
            Known::Unknown(why) => Known::Unknown(why),
        })
    }

    /// The rows of the task in every table of this shape.
    async fn listed<T>(
        &mut self,
        shape: &Shape,
        one: impl Fn(Row) -> Result<T, DbError>,
        at: impl Fn(&T) -> Option<Timestamp>,
    ) -> Result<Known<Listed<T>>, DbError> {
        if let Some(why) = &self.refused {
            return Ok(Known::Unknown(why.clone()));
        }
        let mut there = Vec::new();
        for (place, table) in self.there.iter().enumerate() {
            let named = shape.tables.iter().any(|name| table.name.eq_ignore_ascii_case(name));
            let asked = self.asked.control_schema.as_ref();
            if named && asked.is_none_or(|schema| table.schema.eq_ignore_ascii_case(schema)) {
                there.push(place);
            }
        }
        if there.is_empty() {
            return self.absent(shape).await;
        }
        let mut all: Option<Listed<T>> = None;
        for place in there {
            let table = &self.there[place];
            let name = format!("{}.{}", table.schema, table.name);
            if !table.readable {
                return Ok(Known::Unknown(format!("not allowed: no SELECT on {name}").into()));
            }
            let Some(task) = table.column("TASK_NAME") else {
                return Ok(Known::Unknown(format!("{name} has no column TASK_NAME").into()));
            };
            let statements = self.statements(shape, table, task);
            let listed = read(self.session, statements, name, &one).await?;
            all = Some(match all.take() {
                Some(all) => joined(all, listed),
                None => listed,
            });
        }
        Ok(all.map_or(Known::NotThere, |mut listed| {
            listed.newest.sort_by_key(|one| std::cmp::Reverse(at(one)));
            listed.newest.truncate(self.asked.newest as usize);
            Known::Is(listed)
        }))
    }

    /// MySQL does not show tables that one may not read: asking for it tells whether it is there.
    async fn absent<T>(&mut self, shape: &Shape) -> Result<Known<T>, DbError> {
        let dialect = self.session.dialect();
        if dialect.engine != Engine::MySql {
            return Ok(Known::NotThere);
        }
        let schema = self.asked.control_schema.as_deref().unwrap_or(MYSQL_SCHEMA);
        let Some(table) = shape.tables.first() else { return Ok(Known::NotThere) };
        let probe = format!("SELECT 1 FROM {} LIMIT 0", dialect.qualified(schema, table));
        match self.session.query(&probe, &[]).await {
            // 1049 no such database, 1146 no such table.
            Err(DbError::Server { code, .. }) if code.starts_with("1049,") || code.starts_with("1146,") => {
                Ok(Known::NotThere)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(Known::NotThere),
        }
    }

    fn statements(&self, shape: &Shape, table: &Table, task: &Column) -> Statements {
        let dialect = self.session.dialect();
        let from = dialect.qualified(&table.schema, &table.name);
        let names: Vec<Value> = self.asked.names.iter().map(|name| Value::from(name.to_lowercase())).collect();
        let places: Vec<String> = (1..=names.len()).map(|number| dialect.parameter(number, "text")).collect();
        let mine = format!("LOWER({}) IN ({})", dialect.quoted(&task.name), places.join(", "));
        let read = |name: &&str| match table.column(name) {
            Some(column) if column.kind == Kind::Text => {
                format!("SUBSTR({}, 1, {LENGTH})", dialect.quoted(&column.name))
            }
            Some(column) => dialect.read(column),
            None => "NULL".to_owned(),
        };
        let hidden = |name: &&str| if self.asked.values { read(name) } else { "NULL".to_owned() };
        let wanted: Vec<String> = shape.columns.iter().map(read).chain(shape.values.iter().map(hidden)).collect();
        let time = table.column(shape.time);
        let order = time.map(|time| format!(" ORDER BY {} DESC", dialect.quoted(&time.name))).unwrap_or_default();
        let counted = |condition: &str| {
            format!("SELECT COUNT(*) FROM (SELECT 1 FROM {from} WHERE {condition} LIMIT {}) x", COUNTED + 1)
        };
        let since = time.zip(self.asked.since).map(|(time, since)| {
            let place = dialect.parameter(names.len() + 1, &time.declared);
            let since = Value::from(since.strftime("%Y-%m-%d %H:%M:%S").to_string());
            (counted(&format!("{mine} AND {} >= {place}", dialect.quoted(&time.name))), since)
        });
        let newest = self.asked.newest;
        Statements {
            total: counted(&mine),
            since,
            others: counted(&format!("NOT ({mine})")),
            newest: format!("SELECT {} FROM {from} WHERE {mine}{order} LIMIT {newest}", wanted.join(", ")),
            names,
        }
    }
}

/// What is asked of one table.
struct Statements {
    total: String,
    since: Option<(String, Value)>,
    others: String,
    newest: String,
    names: Vec<Value>,
}

async fn read<T>(
    session: &mut Session<Read>,
    ask: Statements,
    name: String,
    one: impl Fn(Row) -> Result<T, DbError>,
) -> Result<Listed<T>, DbError> {
    let total = count(session, &ask.total, &ask.names).await?;
    let since_start = match ask.since {
        None => None,
        Some((sql, since)) => {
            let parameters: Vec<Value> = ask.names.iter().cloned().chain([since]).collect();
            Some(count(session, &sql, &parameters).await?.min(COUNTED))
        }
    };
    let of_others = count(session, &ask.others, &ask.names).await?.min(COUNTED);
    let newest = session.query(&ask.newest, &ask.names).await?;
    let newest = newest.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let tables = vec![Untrusted::from(name)];
    Ok(Listed { tables, total: total.min(COUNTED), more: total > COUNTED, since_start, of_others, newest })
}

async fn count(session: &mut Session<Read>, sql: &str, parameters: &[Value]) -> Result<u64, DbError> {
    let rows = session.query(sql, parameters).await?;
    let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
    count
        .and_then(|count| u64::try_from(count).ok())
        .ok_or_else(|| DbError::Unexpected("a count came back as something else".to_owned()))
}

fn joined<T>(mut all: Listed<T>, other: Listed<T>) -> Listed<T> {
    all.tables.extend(other.tables);
    all.total += other.total;
    all.more |= other.more;
    all.since_start = all.since_start.zip(other.since_start).map(|(a, b)| a + b);
    all.of_others += other.of_others;
    all.newest.extend(other.newest);
    all
}

/// The SQLSTATE in an error of DMS: `RetCode: SQL_ERROR  SqlState: 23505 NativeError: 1 …`. The rest of such a text quotes
/// rows.
fn sqlstate(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("SqlState:").or_else(|| error.split_once("SQLSTATE "))?;
    let code: String = rest.trim_start().chars().take_while(char::is_ascii_alphanumeric).take(6).collect();
    (code.len() == 5).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_error_only_its_code_is_told() {
        for (error, want) in [
            ("RetCode: SQL_ERROR  SqlState: 23505 NativeError: 1 Message: Key (id)=(5)", Some("23505")),
            ("duplicate key value (SQLSTATE 23505)", Some("23505")),
            ("SqlState: secret-value", None),
            ("Key (email)=(a@b.example) already exists", None),
        ] {
            assert_eq!(sqlstate(error).as_deref(), want, "{error}");
        }
    }
}
