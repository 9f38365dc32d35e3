//! Reading tables for a comparison, on real servers: what is equal has equal bytes, and nothing else has.

mod faults;
mod keys;
mod recipes;
mod written;

use crate::servers;
use cutover::db::Database;
use cutover::db::scan::{Cell, KeyRange, Limits, Rows, Scan, ScanRequest, Scanner};
use cutover::model::canon::Canon;
use tempfile::TempDir;

/// An empty database of each engine.
pub struct Bench {
    pub urls: [String; 3],
    _folder: TempDir,
}

pub const POSTGRESQL: usize = 0;
pub const MARIADB: usize = 1;
pub const SQLITE: usize = 2;

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = [
            servers::postgres().await.database().await,
            servers::mariadb().await.database().await,
            format!("sqlite:{}", folder.path().join("a.db").display()),
        ];
        let bench = Self { urls, _folder: folder };
        // The server's own default has one byte a character.
        bench.script(MARIADB, &format!("ALTER DATABASE {} CHARACTER SET utf8mb4", bench.schema(MARIADB))).await;
        bench
    }

    pub fn database(&self, engine: usize) -> Database {
        Database::parse(&self.urls[engine]).unwrap()
    }

    pub async fn script(&self, engine: usize, sql: &str) {
        let mut session = self.database(engine).write_owned_by_demo().await.unwrap();
        if let Err(error) = session.script(sql).await {
            panic!("{error}\n{sql}");
        }
    }

    pub fn scanner(&self, engine: usize) -> Scanner {
        Scanner::new(self.database(engine), Limits::default())
    }

    pub fn schema(&self, engine: usize) -> String {
        self.database(engine).named_schema().unwrap_or("public").to_owned()
    }

    /// A request for the whole of a table, each column as its own type reads it.
    pub async fn request(&self, engine: usize, table: &str, key: &[&str]) -> ScanRequest {
        let described = self.scanner(engine).describe(&self.schema(engine), table).await.unwrap();
        let columns: Vec<_> = described
            .columns
            .iter()
            .map(|column| column.read_as(Canon::common(&column.sql_type, &column.sql_type).unwrap()))
            .collect();
        let key = key.iter().map(|name| columns.iter().position(|column| column.name == *name).unwrap()).collect();
        ScanRequest {
            schema: described.schema,
            table: described.name,
            columns,
            key,
            rows: Rows::Range(KeyRange::default()),
            filter: None,
            ordered: true,
        }
    }
}

/// A value that outlives its batch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    Null,
    Value(Vec<u8>),
    Misfit(String),
}

/// Every row, to the end that the engine declared.
pub async fn all(mut scan: Scan) -> Vec<Vec<Held>> {
    let mut rows = Vec::new();
    while let Some(batch) = scan.next().await.unwrap() {
        for row in 0..batch.rows() {
            let held = |column| match batch.cell(row, column) {
                Cell::Null => Held::Null,
                Cell::Value(bytes) => Held::Value(bytes.to_vec()),
                Cell::Misfit(words) => Held::Misfit(String::from_utf8_lossy(words).into_owned()),
            };
            rows.push((0..batch.columns()).map(held).collect());
        }
    }
    rows
}

/// What ends a scan before its rows do.
pub async fn error(mut scan: Scan) -> cutover::db::DbError {
    loop {
        match scan.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the scan came to its end"),
            Err(error) => return error,
        }
    }
}
