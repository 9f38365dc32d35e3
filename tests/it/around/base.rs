//! A fresh database on a server that all tests share.

use crate::servers;
use cutover::db::{Database, Session, Write};

/// A fresh database of one engine.
pub struct Base {
    pub database: Database,
    pub url: String,
    /// Where tables go that name no schema.
    pub schema: String,
}

impl Base {
    pub async fn postgres() -> Self {
        Self::of(servers::postgres().await.database().await)
    }

    pub async fn mariadb() -> Self {
        Self::of(servers::mariadb().await.database().await)
    }

    pub fn of(url: String) -> Self {
        let database = Database::parse(&url).unwrap();
        let schema = database.named_schema().unwrap_or("public").to_owned();
        Self { database, url, schema }
    }

    pub async fn session(&self) -> Session<Write> {
        self.database.write_owned_by_demo().await.unwrap()
    }

    pub async fn script(&self, sql: &str) {
        if let Err(error) = self.session().await.script(sql).await {
            panic!("{error}\n{sql}");
        }
    }
}
