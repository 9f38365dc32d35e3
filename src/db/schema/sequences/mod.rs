//! Sequences, identities and counters: which there are, what uses them, and where they have to go on after a load.
//!
//! Start at [`read`]; [`next`] is the formula. DMS moves none of them. The position in the source, read *after* the load, and
//! the data that came are both asked, and the further of the two counts, in the sequence's own direction and step.

mod mysql;
mod postgres;
mod sqlite;

use super::{TableName, literal};
use crate::db::catalogue::fields;
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use crate::db::value::Value;
use serde::{Deserialize, Serialize};

/// What kind of counter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A sequence of PostgreSQL, also behind `serial` and identity columns, or a SEQUENCE of MariaDB.
    Sequence,
    /// `AUTO_INCREMENT` of a table of the MySQL family.
    AutoIncrement,
    /// A row of SQLite's `sqlite_sequence`.
    SqliteSequence,
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub engine: Engine,
    pub form: Form,
    /// Of the sequence; of the table for [`Form::AutoIncrement`] and [`Form::SqliteSequence`].
    pub name: TableName,
    pub start: i128,
    pub increment: i128,
    pub min: i128,
    pub max: i128,
    pub cycle: bool,
    pub uses: Vec<Use>,
}

/// A column that takes its values from a counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    pub table: TableName,
    pub column: String,
    pub how: How,
    /// The column holds what the counter gave, so its values tell where to go on. False for `'INV-' || nextval(…)`.
    pub tells: bool,
    /// Tables above and below it, of inheritance and partitions: the column is theirs too.
    pub family: Vec<TableName>,
}

/// How a column is tied to its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// `serial`, OWNED BY.
    Owned,
    Identity,
    /// Only by its default.
    Default,
    /// By a default that names it as a text, which the catalogue does not follow.
    ByText,
}

/// Where a counter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub last_value: i128,
    /// False: `last_value` has not been given out yet.
    pub is_called: bool,
}

/// The ends of the data in all columns that use a counter; `None` without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extremes {
    pub least: Option<i128>,
    pub greatest: Option<i128>,
}

/// Where a counter has to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// The value that it gives next.
    Value(i128),
    /// There is none left between its bounds: this one would be needed.
    Exhausted(i128),
    /// Neither the source nor the data says anything.
    Unknown,
}

/// Every counter of the database, by name, with what uses it.
pub async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Sequence>, DbError> {
    match session.dialect().engine {
        Engine::PostgreSql => postgres::read(session).await,
        Engine::MySql => mysql::read(session).await,
        Engine::Sqlite => sqlite::read(session).await,
    }
}

/// Where it stands now.
pub async fn position<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Position, DbError> {
    match sequence.engine {
        Engine::PostgreSql => postgres::position(session, sequence).await,
        Engine::MySql => mysql::position(session, sequence).await,
        Engine::Sqlite => sqlite::position(session, sequence).await,
    }
}

/// The ends of the data that uses it, of all columns that tell. Rows that the user may not see are an error, not fewer rows.
pub async fn extremes<A: Send>(session: &mut Session<A>, sequence: &Sequence) -> Result<Extremes, DbError> {
    let sql = session.dialect();
    let mut found = Extremes::default();
    for one in sequence.uses.iter().filter(|one| one.tells) {
        let (column, table) = (sql.quoted(&one.column), one.table.sql(sequence.engine));
        let row = match sequence.engine {
            Engine::PostgreSql => postgres::ends(session, &column, &table).await?,
            Engine::MySql | Engine::Sqlite => {
                let query = format!("SELECT min({column}), max({column}) FROM {table}");
                session.query(&query, &[]).await?.into_iter().next().unwrap_or_default()
            }
        };
        let [least, greatest] = fields(row)?;
        found.take(number(&least)?);
        found.take(number(&greatest)?);
    }
    Ok(found)
}

fn number(value: &Value) -> Result<Option<i128>, DbError> {
    let Some(text) = value.as_text() else { return Ok(None) };
    let parsed = text.parse().map(Some);
    parsed.map_err(|_| {
        DbError::Unexpected("a column that takes its values from a sequence holds no whole number".to_owned())
    })
}

impl Extremes {
    fn take(&mut self, value: Option<i128>) {
        let Some(value) = value else { return };
        self.least = Some(self.least.map_or(value, |least| least.min(value)));
        self.greatest = Some(self.greatest.map_or(value, |greatest| greatest.max(value)));
    }
}

/// Where `target` has to go on, given the data in it and the source's counter with its position, if it has one.
pub fn next(target: &Sequence, data: Extremes, source: Option<(&Sequence, Position)>) -> Next {
    let up = target.increment >= 0;
    let by_source = source.map(|(source, position)| {
        let next = position.next(source);
        // In other steps than the source's only the target's own values are right.
        if source.increment == target.increment { next } else { target.at_or_after(next) }
    });
    let by_data = target.uses.iter().any(|one| one.tells).then(|| {
        let best = if up { data.greatest } else { data.least };
        best.map_or(target.start, |best| target.after(best))
    });
    let further = match (by_source, by_data) {
        (None, None) => return Next::Unknown,
        // Where it goes round, the furthest value is not the last one.
        (Some(source), Some(_)) if target.cycle => source,
        (Some(one), Some(other)) => {
            if up {
                one.max(other)
            } else {
                one.min(other)
            }
        }
        (Some(one), None) | (None, Some(one)) => one,
    };
    if (target.min..=target.max).contains(&further) {
        Next::Value(further)
    } else if target.cycle {
        Next::Value(if up { target.min } else { target.max })
    } else {
        Next::Exhausted(further)
    }
}

impl Position {
    /// What the counter gives next.
    pub fn next(self, of: &Sequence) -> i128 {
        let next = if self.is_called { self.last_value.saturating_add(of.increment) } else { self.last_value };
        if !of.cycle || (of.min..=of.max).contains(&next) {
            next
        } else if of.increment >= 0 {
            of.min
        } else {
            of.max
        }
    }
}

impl Sequence {
    /// A column of one of these tables uses it.
    pub fn is_of(&self, tables: &[TableName]) -> bool {
        self.uses.iter().any(|one| tables.contains(&one.table) || one.family.iter().any(|t| tables.contains(t)))
    }

    /// The first of its values behind this one.
    fn after(&self, value: i128) -> i128 {
        self.at_or_after(value.saturating_add(self.increment.signum()))
    }

    /// The first of its values that is this one or behind it: from its start, in its steps.
    fn at_or_after(&self, value: i128) -> i128 {
        let step = if self.increment == 0 { 1 } else { self.increment };
        let gone = value.saturating_sub(self.start).saturating_mul(step.signum());
        if gone <= 0 {
            return self.start;
        }
        let steps = (gone - 1) / step.abs() + 1;
        self.start.saturating_add(steps.saturating_mul(step))
    }

    /// The source's counter for this one: the one behind the same column, else the one of the same name. `named` gives the name
    /// that a table of the target has in the source.
    pub fn counterpart<'s>(&self, source: &'s [Self], named: impl Fn(&TableName) -> TableName) -> Option<&'s Self> {
        let of_column = self.uses.iter().find_map(|mine| {
            let table = named(&mine.table);
            source.iter().find(|one| one.uses.iter().any(|its| its.table == table && its.column == mine.column))
        });
        of_column.or_else(|| {
            let name = named(&self.name);
            source.iter().find(|one| one.form == self.form && one.name == name)
        })
    }

    /// Statements that make it give this value next. Not part of any transaction on PostgreSQL, and on the MySQL family each
    /// commits by itself.
    pub fn set_sql(&self, value: i128) -> Vec<String> {
        self.statements(&value.to_string(), &value.saturating_sub(1).to_string())
    }

    /// The same before the value is known.
    pub fn set_sql_later(&self) -> Vec<String> {
        self.statements("<next>", "<next - 1>")
    }

    fn statements(&self, value: &str, last: &str) -> Vec<String> {
        let name = self.name.sql(self.engine);
        match self.form {
            Form::Sequence if self.engine == Engine::PostgreSql => {
                let name = literal(Engine::PostgreSql, &name);
                vec![format!("SELECT pg_catalog.setval({name}::pg_catalog.regclass, {value}, false)")]
            }
            // SETVAL goes only forward.
            Form::Sequence => vec![format!("ALTER SEQUENCE {name} RESTART {value}")],
            Form::AutoIncrement => vec![format!("ALTER TABLE {name} AUTO_INCREMENT = {value}")],
            Form::SqliteSequence => {
                let table = literal(Engine::Sqlite, &self.name.name);
                let kept = TableName::new(&self.name.schema, "sqlite_sequence").sql(Engine::Sqlite);
                vec![
                    format!("DELETE FROM {kept} WHERE name = {table}"),
                    format!("INSERT INTO {kept} (name, seq) VALUES ({table}, {last})"),
                ]
            }
        }
    }
}

#[cfg(test)]
mod tests;
