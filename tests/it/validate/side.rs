//! One side of a comparison in a test, and the command that compares two.

use crate::servers;
use cutover::db::{Database, Dialect, Engine, Session, Write};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

/// A fresh database.
pub struct Side {
    pub url: String,
    pub schema: String,
    pub session: Session<Write>,
    _folder: Option<tempfile::TempDir>,
}

impl Side {
    pub async fn new(engine: Engine) -> Self {
        let (url, folder) = match engine {
            Engine::PostgreSql => (servers::postgres().await.database().await, None),
            Engine::MySql => (servers::mariadb().await.database().await, None),
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (format!("sqlite:{}", folder.path().join("a.db").display()), Some(folder))
            }
        };
        Self { _folder: folder, ..Self::at(url).await }
    }

    /// A database that is there.
    pub async fn at(url: String) -> Self {
        let database = Database::parse(&url).unwrap();
        let schema = database.named_schema().unwrap_or("public").to_owned();
        let session = database.write_owned_by_demo().await.unwrap();
        Self { url, schema, session, _folder: None }
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.session.dialect()
    }

    /// Statements in which `@` stands for the schema.
    pub async fn script(&mut self, sql: &str) {
        let sql = sql.replace('@', &self.schema);
        self.session.script(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// What the command printed.
#[derive(Debug)]
pub struct Told {
    pub status: Option<i32>,
    pub lines: Vec<Value>,
    pub stdout: String,
    pub stderr: String,
}

impl Told {
    /// The line of a table, by its bare name.
    pub fn table(&self, name: &str) -> &Value {
        let of = |line: &&Value| line["kind"] == "table" && bare(line) == name;
        self.lines.iter().find(of).unwrap_or_else(|| panic!("no table {name}: {self:?}"))
    }

    pub fn verdict(&self, name: &str) -> &str {
        self.table(name)["verdict"].as_str().unwrap()
    }

    pub fn summary(&self) -> &Value {
        let last = self.lines.last().unwrap_or_else(|| panic!("nothing printed: {}", self.stderr));
        assert_eq!(last["kind"], "summary", "{last}");
        last
    }
}

fn bare(line: &Value) -> &str {
    let name = line["source"].as_str().unwrap();
    name.split_once('.').map_or(name, |(_, table)| table)
}

pub fn command(source: &str, target: &str, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["validate", "--source", source, "--target", target, "--output=json"]).args(arguments);
    // Nothing is kept there, whoever runs the tests.
    command.env_clear().env("HOME", "/dev/null").stdin(Stdio::null()).kill_on_drop(true);
    command
}

pub async fn run(source: &Side, target: &Side, arguments: &[&str]) -> Told {
    let mut command = command(&source.url, &target.url, arguments);
    // Values leave only where that can be written down.
    let home = tempfile::tempdir().unwrap();
    if arguments.contains(&"--with-values") {
        command.env("HOME", home.path());
    }
    told(command.output().await.unwrap())
}

pub fn told(output: std::process::Output) -> Told {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines = stdout.lines().map(parse).collect();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Told { status: output.status.code(), lines, stdout, stderr }
}

/// Verdict of each table, by its bare name.
pub fn verdicts(lines: &[Value]) -> BTreeMap<String, String> {
    let tables = lines.iter().filter(|line| line["kind"] == "table");
    tables.map(|line| (bare(line).to_owned(), line["verdict"].as_str().unwrap().to_owned())).collect()
}

/// The differences of one table: the key as `column=value`, and what happened to which columns.
pub fn rows_of(lines: &[Value], table: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let rows = lines.iter().filter(|line| line["kind"] == "row" && bare(line) == table);
    rows.map(|line| {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let key: Vec<String> =
            line["key"].as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
        let columns = line["columns"].as_array().unwrap().iter().map(text).collect();
        (key.join(" "), (text(&line["change"]), columns))
    })
    .collect()
}
