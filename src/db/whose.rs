//! Which database an address leads to now: another one may answer there tomorrow, through a tunnel, in another folder, or
//! after it was made anew. Start at [`Database::whose`].

use super::database::Database;
use super::error::DbError;
use super::session::{Read, Session};
use super::value::Value;
use crate::model::engine::Engine;
use std::path::Path;

impl Database {
    /// What the database says of itself, in words that are the same as long as it is the same one. Empty where it does not
    /// say. Takes a session of its own.
    pub async fn whose(&self) -> Result<String, DbError> {
        if let Some(path) = self.path() {
            return Ok(of_file(path));
        }
        let mut session = self.read().await?;
        let dialect = self.dialect();
        match dialect.engine {
            Engine::PostgreSql if dialect.redshift => Ok(String::new()),
            Engine::PostgreSql => {
                let own = "SELECT CAST(oid AS text) FROM pg_database WHERE datname = current_database()";
                let number = first(&mut session, own).await?.unwrap_or_default();
                // A server that only looks like PostgreSQL may not know it, or not tell everybody.
                let system = "SELECT CAST(system_identifier AS text) FROM pg_control_system()";
                let system = first(&mut session, system).await.ok().flatten().unwrap_or_default();
                Ok(format!("{system}/{number}"))
            }
            _ => {
                let sql = "SHOW GLOBAL VARIABLES WHERE Variable_name IN \
                           ('server_uuid', 'server_uid', 'hostname', 'port', 'server_id', 'datadir')";
                let rows = session.query(sql, &[]).await?;
                let cell =
                    |row: &Vec<Value>, at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().into_owned();
                let mut all: Vec<(String, String)> = rows.iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
                // What was made for nothing else; where an older server has none, what it is told apart by.
                if all.iter().any(|(name, value)| name.starts_with("server_u") && !value.is_empty()) {
                    all.retain(|(name, _)| name.starts_with("server_u"));
                }
                all.sort_unstable();
                Ok(all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("/"))
            }
        }
    }
}

async fn first(session: &mut Session<Read>, sql: &str) -> Result<Option<String>, DbError> {
    let rows = session.query(sql, &[]).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_text).map(std::borrow::Cow::into_owned))
}

/// Where it really is, and which file that is.
fn of_file(path: &Path) -> String {
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let number = std::fs::metadata(&whole).map(|about| {
        use std::os::unix::fs::MetadataExt as _;
        format!("{}:{}", about.dev(), about.ino())
    });
    format!("{} {}", whole.display(), number.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_another_one_when_it_was_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let whose = async |name: &str| {
            Database::parse(&format!("sqlite:{}", folder.path().join(name).display())).unwrap().whose().await.unwrap()
        };
        std::fs::write(folder.path().join("a.db"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("a.db"), folder.path().join("b.db")).unwrap();
        let one = whose("a.db").await;
        assert_eq!(one, whose("b.db").await);
        std::fs::write(folder.path().join("c.db"), "").unwrap();
        std::fs::rename(folder.path().join("c.db"), folder.path().join("a.db")).unwrap();
        assert_ne!(one, whose("a.db").await);
    }
}
