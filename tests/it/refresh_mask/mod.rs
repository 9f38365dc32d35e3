//! Masking on real servers: every row once, the same on every engine, nothing left.

mod checked;
mod desk;
mod hostile;
mod looked;
mod once;
mod same;

use crate::servers;
use cutover::db::{Database, Dialect, Row, Session, Value, Write};
use cutover::model::Secret;
use cutover::model::masking::resolve::{ByTask, Resolved, resolve};
use cutover::model::masking::{Function, Key, Rule, Rules, Table, TableRules};
use cutover::refresh::mask::facts;
use tempfile::TempDir;

/// A database of one engine, empty, with a schema called as `schema` says.
pub struct Place {
    pub database: Database,
    pub schema: String,
    _folder: Option<TempDir>,
}

pub const ENGINES: [&str; 3] = ["postgresql", "mariadb", "sqlite"];

impl Place {
    pub async fn new(engine: &str) -> Self {
        match engine {
            "postgresql" => {
                let url = servers::postgres().await.database().await;
                Self { database: Database::parse(&url).unwrap(), schema: "public".to_owned(), _folder: None }
            }
            "mariadb" => {
                let url = servers::mariadb().await.database().await;
                let schema = url.rsplit('/').next().unwrap().to_owned();
                Self { database: Database::parse(&url).unwrap(), schema, _folder: None }
            }
            _ => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}?schema=shop", folder.path().join("a.db").display());
                let database = Database::parse(&url).unwrap();
                Self { database, schema: "shop".to_owned(), _folder: Some(folder) }
            }
        }
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.database.dialect()
    }

    pub async fn session(&self) -> Session<Write> {
        self.database.write_owned_by_demo().await.unwrap()
    }

    /// A script in which `{s}` is the schema, quoted.
    pub async fn script(&self, sql: &str) {
        let sql = sql.replace("{s}", &self.dialect().quoted(&self.schema));
        self.session().await.script(&sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    pub async fn query(&self, sql: &str) -> Vec<Row> {
        let sql = sql.replace("{s}", &self.dialect().quoted(&self.schema));
        self.session().await.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        // MariaDB sends a text that is compared byte by byte as bytes.
        let first = |row: &Row| match &row[0] {
            Value::Bytes(bytes) => Some(String::from_utf8(bytes.clone()).unwrap()),
            value => value.as_text().map(std::borrow::Cow::into_owned),
        };
        self.query(sql).await.iter().map(first).collect()
    }

    pub async fn number(&self, sql: &str) -> i64 {
        self.query(sql).await[0].first().and_then(Value::as_int).unwrap()
    }

    pub async fn facts(&self) -> Vec<Table> {
        // MariaDB shows other databases too.
        let all = facts::read(&mut self.session().await, None).await.unwrap();
        all.into_iter().filter(|table| table.schema == self.schema).collect()
    }
}

pub fn key() -> Key {
    Key::new(&Secret::new("a key of sixteen bytes and more")).unwrap()
}

pub fn rule(function: Function) -> Rule {
    Rule::of(function)
}

/// Rules for tables by name: columns and what masks them; everything else passes.
pub fn rules(tables: &[(&str, &[(&str, Rule)])]) -> Rules {
    let key = cutover::model::database::PasswordFrom::Environment("X".into());
    let mut rules = Rules { key, ..Rules::default() };
    for (table, columns) in tables {
        let mut of_table = TableRules { passthrough: Some("a test".into()), ..TableRules::default() };
        for (column, rule) in *columns {
            of_table.columns.insert((*column).to_owned(), rule.clone());
        }
        rules.tables.insert((*table).to_owned(), of_table);
    }
    rules
}

pub fn resolved(rules: &Rules, tables: &[Table]) -> Resolved {
    resolve(rules, tables, &ByTask::new(), None)
}

pub fn of<'t>(tables: &'t [Table], name: &str) -> &'t Table {
    tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}
