//! An address of a database, and the ways to open it.

use super::dialect::{Dialect, Engine};
use super::error::DbError;
use super::session::{Connection, Read, Session, Write};
use crate::model::Secret;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a SQLite statement waits for another writer before it says "database is locked".
const SQLITE_BUSY: Duration = Duration::from_secs(30);

/// Where a database is. Read from `postgres://`, `mysql://` (also `mariadb://`) or `sqlite:PATH`.
///
/// SQLite has no schemas of its own, but an attached file is one. `sqlite:PATH?schema=shop` attaches the file under the
/// name `shop`, so that its tables are `shop.customer` in every statement and in the catalogue, and another schema name
/// fails in SQLite's own words. Without the parameter the schema is SQLite's own `main`.
#[derive(Clone)]
pub struct Database {
    address: Address,
}

#[derive(Clone)]
enum Address {
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
    Sqlite { path: PathBuf, schema: String },
}

impl Database {
    /// Reads an address. Nothing is opened.
    pub fn parse(url: &str) -> Result<Self, DbError> {
        let bad = |error: sqlx::Error| DbError::Address { why: error.to_string() };
        let (scheme, rest) = url.split_once(':').ok_or_else(|| DbError::Address {
            why: "expected postgres://…, mysql://… or sqlite:PATH".to_owned(),
        })?;
        let address = match scheme {
            "postgres" | "postgresql" => Address::Postgres(Box::new(url.parse::<PgConnectOptions>().map_err(bad)?)),
            "mysql" | "mariadb" => {
                Address::MySql(Box::new(format!("mysql:{rest}").parse::<MySqlConnectOptions>().map_err(bad)?))
            }
            "sqlite" => sqlite(rest)?,
            other => {
                let why = format!("scheme {other:?} is not one of postgres, mysql, sqlite");
                return Err(DbError::Address { why });
            }
        };
        Ok(Self { address })
    }

    /// The same address with this password, whatever it said before. A file has none.
    #[must_use]
    pub fn with_password(self, password: &Secret) -> Self {
        let password = password.expose();
        let address = match self.address {
            Address::Postgres(options) => Address::Postgres(Box::new(options.password(password))),
            Address::MySql(options) => Address::MySql(Box::new(options.password(password))),
            file @ Address::Sqlite { .. } => file,
        };
        Self { address }
    }

    pub fn dialect(&self) -> &'static Dialect {
        Dialect::of(match self.address {
            Address::Postgres(_) => Engine::PostgreSql,
            Address::MySql(_) => Engine::MySql,
            Address::Sqlite { .. } => Engine::Sqlite,
        })
    }

    /// `host:port/database`, or the path of a file. Without user and password.
    pub fn place(&self) -> String {
        match &self.address {
            Address::Postgres(o) => {
                format!("{}:{}/{}", o.get_host(), o.get_port(), o.get_database().unwrap_or(o.get_username()))
            }
            Address::MySql(o) => format!("{}:{}/{}", o.get_host(), o.get_port(), o.get_database().unwrap_or_default()),
            Address::Sqlite { path, .. } => path.display().to_string(),
        }
    }

    /// The host a person knows the database by; `None` for a file.
    pub fn host(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(o) => Some(o.get_host()),
            Address::MySql(o) => Some(o.get_host()),
            Address::Sqlite { .. } => None,
        }
    }

    pub fn port(&self) -> Option<u16> {
        match &self.address {
            Address::Postgres(o) => Some(o.get_port()),
            Address::MySql(o) => Some(o.get_port()),
            Address::Sqlite { .. } => None,
        }
    }

    /// Name of the database, where the address gives one; for MySQL this is also the schema.
    pub fn name(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(o) => o.get_database(),
            Address::MySql(o) => o.get_database(),
            Address::Sqlite { path, .. } => path.file_name().and_then(|name| name.to_str()),
        }
    }

    /// The one schema the address itself names: MySQL's database, SQLite's `schema` parameter.
    pub fn named_schema(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(_) => None,
            Address::MySql(o) => o.get_database(),
            Address::Sqlite { schema, .. } => Some(schema),
        }
    }

    /// Opens a session in which the server itself refuses every change.
    pub async fn read(&self) -> Result<Session<Read>, DbError> {
        let mut session = Session::new(self.connect(false).await?, self.dialect(), self.place());
        for statement in self.dialect().read_only {
            session.run(statement).await?;
        }
        Ok(session)
    }

    /// Opens a session that can change data. **Only for databases the demo owns**: its source, its target, the folder
    /// it made. Anything else is opened with [`Database::read`].
    pub async fn write_owned_by_demo(&self) -> Result<Session<Write>, DbError> {
        Ok(Session::new(self.connect(true).await?, self.dialect(), self.place()))
    }

    async fn connect(&self, create: bool) -> Result<Connection, DbError> {
        let failed = |error: sqlx::Error| DbError::connect(&self.place(), &error);
        match &self.address {
            Address::Postgres(options) => {
                let options = options.as_ref().clone().application_name("cutover").disable_statement_logging();
                options.connect().await.map(|c| Connection::Postgres(Box::new(c))).map_err(failed)
            }
            Address::MySql(options) => {
                let options = options.as_ref().clone().disable_statement_logging();
                options.connect().await.map(|c| Connection::MySql(Box::new(c))).map_err(failed)
            }
            Address::Sqlite { path, schema } => attach(path, schema, create, &self.place()).await,
        }
    }
}

/// The address without user and password, so that neither gets into a log.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({} {})", self.dialect().name, self.place())
    }
}

fn sqlite(rest: &str) -> Result<Address, DbError> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let mut schema = "main".to_owned();
    for parameter in parameters.split('&').filter(|p| !p.is_empty()) {
        match parameter.split_once('=') {
            Some(("schema", name)) if !name.is_empty() => name.clone_into(&mut schema),
            _ => return Err(DbError::Address { why: format!("parameter {parameter:?} is not schema=NAME") }),
        }
    }
    if path.is_empty() {
        return Err(DbError::Address { why: "the path of the SQLite file is missing".to_owned() });
    }
    Ok(Address::Sqlite { path: PathBuf::from(path), schema })
}

async fn attach(path: &Path, schema: &str, create: bool, place: &str) -> Result<Connection, DbError> {
    // ATTACH would quietly make an empty file, and an empty database is not the one that was asked for.
    if !create && !path.exists() {
        return Err(DbError::Connect { place: place.to_owned(), why: "no such file".to_owned() });
    }
    let failed = |error: sqlx::Error| DbError::connect(place, &error);
    let main = schema == "main";
    let mut options = SqliteConnectOptions::new()
        .busy_timeout(SQLITE_BUSY)
        // An attached file is opened with the flags of the connection.
        .create_if_missing(create)
        .foreign_keys(false)
        .disable_statement_logging();
    if main {
        options = options.filename(path);
        if create {
            options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
        }
    }
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.map_err(failed)?;
    if !main {
        let quoted = Dialect::of(Engine::Sqlite).quoted(schema);
        let text = format!("ATTACH DATABASE ? AS {quoted}");
        let path = path.to_str().ok_or_else(|| DbError::Address { why: "the path is not UTF-8".to_owned() })?;
        let attach = sqlx::query(sqlx::AssertSqlSafe(text)).bind(path.to_owned());
        attach.execute(&mut connection).await.map_err(failed)?;
        if create {
            let text = format!("PRAGMA {quoted}.journal_mode=WAL; PRAGMA {quoted}.synchronous=NORMAL");
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.map_err(failed)?;
        }
    }
    Ok(Connection::Sqlite(Box::new(connection)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_place_nor_error_shows_the_password() {
        for url in ["postgres://bob:hunter2@db.example/shop", "mysql://bob:hunter2@db.example:3307/shop"] {
            let database = Database::parse(url).unwrap();
            for text in [format!("{database:?}"), database.place()] {
                assert!(!text.contains("hunter2") && text.contains("db.example"), "{text}");
            }
        }
        for url in ["postgres://bob:hunter2@db.example:port/shop", "oracle://bob:hunter2@db/x", "hunter2"] {
            let error = Database::parse(url).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_sqlite_address_names_its_schema() {
        for (url, place, schema) in [
            ("sqlite:/tmp/a.db", "/tmp/a.db", "main"),
            ("sqlite:///tmp/a.db", "/tmp/a.db", "main"),
            ("sqlite:a.db?schema=shop", "a.db", "shop"),
        ] {
            let database = Database::parse(url).unwrap();
            assert_eq!((database.place().as_str(), database.named_schema()), (place, Some(schema)), "{url}");
        }
        assert!(Database::parse("sqlite:a.db?mode=rw").is_err());
        assert!(Database::parse("sqlite:").is_err());
    }

    #[tokio::test]
    async fn a_read_session_does_not_make_the_file_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.db");
        for query in ["", "?schema=shop"] {
            let error =
                Database::parse(&format!("sqlite:{}{query}", path.display())).unwrap().read().await.unwrap_err();
            assert!(error.to_string().contains("no such file") && error.is_lost(), "{error}");
            assert!(!path.exists());
        }
    }
}
