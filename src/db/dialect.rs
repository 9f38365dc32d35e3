//! What differs between engines, as a table with one row for each, and the statements generated from it.
//!
//! Start at [`Dialect`]: every difference is a field, so that the statements below read the same for all engines.

use super::catalogue::Column;
use super::types::{self, Names, Spelling};
use super::value::Kind;
pub use crate::model::engine::Engine;
use std::fmt::Write as _;

/// One engine's ways.
#[allow(clippy::struct_excessive_bools, reason = "each is a difference of its own")]
pub struct Dialect {
    pub engine: Engine,
    pub name: &'static str,
    /// It is Amazon Redshift: the engine is PostgreSQL, as far as it goes. See `db::redshift`.
    pub redshift: bool,
    quote: char,
    /// `$1` instead of `?`.
    numbered: bool,
    /// Parameters travel as text; the statement casts them.
    casts: bool,
    /// Most parameters one statement may have, by the wire protocol or the engine's build.
    pub max_parameters: usize,
    pub begin: &'static str,
    /// Run when a session opens for reading only.
    pub(super) read_only: &'static [&'static str],
    /// Run when a session opens that may change data.
    pub(super) session: &'static str,
    /// What must have come of it, or rows could be left out without a word: a setting, how it is asked for, its value.
    pub(super) sees_all: Option<[&'static str; 3]>,
    /// Empties a table; `{}` is its name.
    truncate: &'static str,
    /// Makes a schema if there is none; `None` where a connection has exactly the schemas it was opened with.
    create_schema: Option<&'static str>,
    /// Switches foreign key checks of this session off and on; `None` where an ordinary user cannot.
    pub foreign_key_checks: Option<[&'static str; 2]>,
    /// Behind an insert, to make it an update where the key is taken: `{key}` and the list of `upsert_set`.
    upsert: &'static str,
    upsert_set: &'static str,
    /// Turns a value into text in a select list.
    text: &'static str,
    /// Kinds the driver reads without help.
    plain: &'static [Kind],
    /// Behind the closing parenthesis of CREATE TABLE.
    table_options: &'static str,
    /// Writers queue for the whole database instead of for rows.
    pub one_writer: bool,
    pub(super) names: Names,
    spellings: &'static [Spelling],
    pub(super) catalogue: CatalogueSql,
}

/// The catalogue queries of an engine; each file says what it returns.
pub(super) struct CatalogueSql {
    pub columns: &'static str,
    pub primary_keys: &'static str,
    pub foreign_keys: &'static str,
    /// `None` where no table is a part of another.
    pub partitions: Option<&'static str>,
    /// Tables that DMS keeps.
    pub control_tables: &'static str,
    pub describe: DescribeSql,
}

/// The queries about one table; each takes its schema and its name.
pub(super) struct DescribeSql {
    pub columns: &'static str,
    pub keys: &'static str,
    /// `None` where the engine keeps no estimate: rows are counted.
    pub size: Option<&'static str>,
}

const POSTGRESQL: Dialect = Dialect {
    engine: Engine::PostgreSql,
    name: "postgresql",
    redshift: false,
    quote: '"',
    numbered: true,
    casts: true,
    max_parameters: 65_535, // 16 bits in the Bind message
    begin: "BEGIN",
    session: include_str!("../../sql/postgresql/session.sql"),
    // Where a policy would hide rows the statement fails instead.
    read_only: &[
        "SET default_transaction_read_only = on; SET row_security = off",
        // Whoever waits behind a lock has others wait behind it. What the server or the user says goes before.
        "SELECT set_config('lock_timeout', '120s', false) WHERE current_setting('lock_timeout') = '0'",
    ],
    sees_all: Some(["row_security", "SELECT current_setting('row_security')", "off"]),
    truncate: "TRUNCATE TABLE {}",
    create_schema: Some("CREATE SCHEMA IF NOT EXISTS {}"),
    foreign_key_checks: None,
    upsert: " ON CONFLICT ({key}) DO UPDATE SET ",
    upsert_set: "{} = excluded.{}",
    text: "CAST({} AS text)",
    plain: &[Kind::Bool, Kind::Int, Kind::Float, Kind::Bytes],
    table_options: "",
    one_writer: false,
    names: types::POSTGRESQL,
    spellings: types::SPELL_POSTGRESQL,
    catalogue: CatalogueSql {
        columns: include_str!("../../sql/postgresql/columns.sql"),
        primary_keys: include_str!("../../sql/postgresql/primary_keys.sql"),
        foreign_keys: include_str!("../../sql/postgresql/foreign_keys.sql"),
        partitions: Some(include_str!("../../sql/postgresql/partitions.sql")),
        control_tables: include_str!("../../sql/postgresql/control_tables.sql"),
        describe: DescribeSql {
            columns: include_str!("../../sql/postgresql/describe_columns.sql"),
            keys: include_str!("../../sql/postgresql/describe_keys.sql"),
            size: Some(include_str!("../../sql/postgresql/describe_size.sql")),
        },
    },
};

const REDSHIFT: Dialect = Dialect {
    name: "redshift",
    redshift: true,
    // There is no setting for it: a session that reads is one transaction that only reads.
    read_only: &["BEGIN READ ONLY"],
    sees_all: None,
    catalogue: CatalogueSql {
        columns: include_str!("../../sql/redshift/columns.sql"),
        primary_keys: include_str!("../../sql/redshift/primary_keys.sql"),
        foreign_keys: include_str!("../../sql/redshift/foreign_keys.sql"),
        partitions: None,
        control_tables: include_str!("../../sql/redshift/control_tables.sql"),
        describe: DescribeSql {
            columns: include_str!("../../sql/redshift/describe_columns.sql"),
            keys: include_str!("../../sql/redshift/describe_keys.sql"),
            size: Some(include_str!("../../sql/redshift/describe_size.sql")),
        },
    },
    ..POSTGRESQL
};

const MYSQL: Dialect = Dialect {
    engine: Engine::MySql,
    name: "mysql",
    redshift: false,
    quote: '`',
    numbered: false,
    casts: false,
    max_parameters: 65_535, // 16 bits in COM_STMT_PREPARE_OK
    begin: "START TRANSACTION",
    session: include_str!("../../sql/mysql/session.sql"),
    // The limit of the server or of the user would cut every result; DEFAULT is the server's own.
    read_only: &[
        "SET SESSION TRANSACTION READ ONLY; SET SESSION sql_select_limit = 18446744073709551615",
        "SET SESSION lock_wait_timeout = LEAST(@@SESSION.lock_wait_timeout, 120)",
    ],
    sees_all: Some([
        "sql_select_limit",
        "SELECT CAST(@@SESSION.sql_select_limit AS CHAR)",
        "18446744073709551615", // no limit (MySQL manual, "Server System Variables")
    ]),
    truncate: "TRUNCATE TABLE {}",
    create_schema: Some("CREATE SCHEMA IF NOT EXISTS {}"),
    foreign_key_checks: Some(["SET SESSION foreign_key_checks = 0", "SET SESSION foreign_key_checks = 1"]),
    upsert: " ON DUPLICATE KEY UPDATE ",
    upsert_set: "{} = VALUES({})",
    text: "CAST({} AS CHAR)",
    plain: &[Kind::Bool, Kind::Int, Kind::Float, Kind::Text, Kind::Bytes],
    // The server's default may be a character set of one byte.
    table_options: " DEFAULT CHARSET=utf8mb4",
    one_writer: false,
    names: types::MYSQL,
    spellings: types::SPELL_MYSQL,
    catalogue: CatalogueSql {
        columns: include_str!("../../sql/mysql/columns.sql"),
        primary_keys: include_str!("../../sql/mysql/primary_keys.sql"),
        foreign_keys: include_str!("../../sql/mysql/foreign_keys.sql"),
        partitions: None,
        control_tables: include_str!("../../sql/mysql/control_tables.sql"),
        describe: DescribeSql {
            columns: include_str!("../../sql/mysql/describe_columns.sql"),
            keys: include_str!("../../sql/mysql/describe_keys.sql"),
            size: Some(include_str!("../../sql/mysql/describe_size.sql")),
        },
    },
};

const SQLITE: Dialect = Dialect {
    engine: Engine::Sqlite,
    name: "sqlite",
    redshift: false,
    quote: '"',
    numbered: false,
    casts: false,
    max_parameters: 32_766, // SQLITE_MAX_VARIABLE_NUMBER
    // A deferred transaction that begins by reading cannot wait for the lock; this one asks for it at once.
    begin: "BEGIN IMMEDIATE",
    read_only: &["PRAGMA query_only = ON"],
    session: "PRAGMA synchronous = FULL",
    sees_all: None,
    truncate: "DELETE FROM {}",
    create_schema: None,
    foreign_key_checks: Some(["PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"]),
    upsert: " ON CONFLICT ({key}) DO UPDATE SET ",
    upsert_set: "{} = excluded.{}",
    text: "{}",
    plain: &[],
    table_options: "",
    one_writer: true,
    names: types::SQLITE,
    spellings: types::SPELL_SQLITE,
    catalogue: CatalogueSql {
        columns: include_str!("../../sql/sqlite/columns.sql"),
        primary_keys: include_str!("../../sql/sqlite/primary_keys.sql"),
        foreign_keys: include_str!("../../sql/sqlite/foreign_keys.sql"),
        partitions: None,
        control_tables: include_str!("../../sql/sqlite/control_tables.sql"),
        describe: DescribeSql {
            columns: include_str!("../../sql/sqlite/describe_columns.sql"),
            keys: include_str!("../../sql/sqlite/describe_keys.sql"),
            size: None,
        },
    },
};

impl Dialect {
    pub fn of(engine: Engine) -> &'static Self {
        match engine {
            Engine::PostgreSql => &POSTGRESQL,
            Engine::MySql => &MYSQL,
            Engine::Sqlite => &SQLITE,
        }
    }

    /// PostgreSQL's, as far as Redshift goes along.
    pub fn redshift() -> &'static Self {
        &REDSHIFT
    }

    /// A text as a literal of Redshift's, where a backslash may be an escape or not.
    pub fn redshift_literal(text: &str) -> String {
        super::redshift::literal(text)
    }

    /// A name as this engine quotes it.
    pub fn quoted(&self, name: &str) -> String {
        let q = self.quote;
        let doubled = name.replace(q, &format!("{q}{q}"));
        format!("{q}{doubled}{q}")
    }

    /// `schema.table`, quoted.
    pub fn qualified(&self, schema: &str, table: &str) -> String {
        format!("{}.{}", self.quoted(schema), self.quoted(table))
    }

    /// Placeholder of the `number`th parameter (from 1) for a column of this declared type.
    pub fn parameter(&self, number: usize, declared: &str) -> String {
        let place = if self.numbered { format!("${number}") } else { "?".to_owned() };
        // Text needs no cast, and a cast to varchar(n) would cut what is too long instead of refusing it.
        if self.casts && self.kind(declared) != Kind::Text { format!("CAST({place} AS {declared})") } else { place }
    }

    /// What a column declared like this holds.
    pub fn kind(&self, declared: &str) -> Kind {
        types::kind(self.names, declared)
    }

    /// A column in a select list, so that [`Kind::settle`] gives the same value on every engine.
    pub fn read(&self, column: &Column) -> String {
        let name = self.quoted(&column.name);
        if self.plain.contains(&column.kind) { name } else { self.text.replace("{}", &name) }
    }

    /// The type another engine's column gets here.
    pub fn spelled(&self, from: &Self, column: &Column, in_key: bool) -> String {
        if from.engine == self.engine {
            column.declared.clone()
        } else {
            types::spelled(self.spellings, column.kind, &column.declared, in_key)
        }
    }

    pub fn truncate(&self, schema: &str, table: &str) -> String {
        self.truncate.replace("{}", &self.qualified(schema, table))
    }

    pub fn drop_table(&self, schema: &str, table: &str) -> String {
        format!("DROP TABLE IF EXISTS {}", self.qualified(schema, table))
    }

    pub fn create_schema(&self, schema: &str) -> Option<String> {
        self.create_schema.map(|text| text.replace("{}", &self.quoted(schema)))
    }

    /// Table and primary key, nothing else.
    pub fn create_table(&self, schema: &str, table: &str, columns: &[Column], key: &[String]) -> String {
        let mut lines: Vec<String> = columns
            .iter()
            .map(|c| format!("{} {}{}", self.quoted(&c.name), c.declared, if c.nullable { "" } else { " NOT NULL" }))
            .collect();
        if !key.is_empty() {
            lines.push(format!("PRIMARY KEY ({})", self.names_of(key)));
        }
        format!("CREATE TABLE {} ({}){}", self.qualified(schema, table), lines.join(", "), self.table_options)
    }

    /// `INSERT` of this many rows; parameters row by row.
    pub fn insert(&self, schema: &str, table: &str, columns: &[Column], rows: usize) -> String {
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.qualified(schema, table), self.names_of(&names));
        let mut number = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (at, column) in columns.iter().enumerate() {
                number += 1;
                let comma = if at == 0 { "" } else { ", " };
                // Writing to a String cannot fail.
                let _ = write!(sql, "{comma}{}", self.parameter(number, &column.declared));
            }
            sql.push(')');
        }
        sql
    }

    /// [`Dialect::insert`] that overwrites where the key is taken.
    pub fn upsert(&self, schema: &str, table: &str, columns: &[Column], key: &[String], rows: usize) -> String {
        let mut sql = self.insert(schema, table, columns, rows);
        sql.push_str(&self.upsert.replace("{key}", &self.names_of(key)));
        let others: Vec<&Column> = columns.iter().filter(|c| !key.contains(&c.name)).collect();
        // A table that is all key still needs something to set.
        let set: Vec<&Column> = if others.is_empty() { columns.iter().take(1).collect() } else { others };
        let set: Vec<String> = set.iter().map(|c| self.upsert_set.replace("{}", &self.quoted(&c.name))).collect();
        sql.push_str(&set.join(", "));
        sql
    }

    /// Condition that picks this many rows by their key; parameters key by key.
    pub fn where_key(&self, key: &[Column], rows: usize) -> String {
        if let [one] = key {
            let places: Vec<String> = (1..=rows).map(|n| self.parameter(n, &one.declared)).collect();
            return format!("{} IN ({})", self.quoted(&one.name), places.join(", "));
        }
        let mut number = 0;
        let rows: Vec<String> = (0..rows)
            .map(|_| {
                let parts: Vec<String> = key
                    .iter()
                    .map(|column| {
                        number += 1;
                        format!("{} = {}", self.quoted(&column.name), self.parameter(number, &column.declared))
                    })
                    .collect();
                format!("({})", parts.join(" AND "))
            })
            .collect();
        rows.join(" OR ")
    }

    /// A list of quoted names.
    pub fn names_of(&self, names: &[String]) -> String {
        names.iter().map(|name| self.quoted(name)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(engine: Engine, name: &str, declared: &str) -> Column {
        let kind = Dialect::of(engine).kind(declared);
        Column { name: name.into(), declared: declared.into(), kind, nullable: true, generated: false }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(POSTGRESQL.quoted(r#"a"; DROP"#), r#""a""; DROP""#);
        assert_eq!(MYSQL.quoted("a`b"), "`a``b`");
    }

    #[test]
    fn each_engine_upserts_in_its_own_words() {
        for (engine, want) in [
            (
                Engine::PostgreSql,
                r#"INSERT INTO "s"."t" ("id", "v") VALUES (CAST($1 AS bigint), $2), (CAST($3 AS bigint), $4) ON CONFLICT ("id") DO UPDATE SET "v" = excluded."v""#,
            ),
            (
                Engine::MySql,
                "INSERT INTO `s`.`t` (`id`, `v`) VALUES (?, ?), (?, ?) ON DUPLICATE KEY UPDATE `v` = VALUES(`v`)",
            ),
            (
                Engine::Sqlite,
                r#"INSERT INTO "s"."t" ("id", "v") VALUES (?, ?), (?, ?) ON CONFLICT ("id") DO UPDATE SET "v" = excluded."v""#,
            ),
        ] {
            let columns = [column(engine, "id", "bigint"), column(engine, "v", "text")];
            assert_eq!(Dialect::of(engine).upsert("s", "t", &columns, &["id".into()], 2), want);
        }
    }

    #[test]
    fn a_key_of_two_columns_is_matched_pair_by_pair() {
        let key = [column(Engine::PostgreSql, "a", "integer"), column(Engine::PostgreSql, "b", "text")];
        assert_eq!(
            POSTGRESQL.where_key(&key, 2),
            r#"("a" = CAST($1 AS integer) AND "b" = $2) OR ("a" = CAST($3 AS integer) AND "b" = $4)"#
        );
        assert_eq!(MYSQL.where_key(&key[..1], 3), "`a` IN (?, ?, ?)");
    }
}
