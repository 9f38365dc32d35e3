//! An address of a database, and the ways to open it.

use super::dialect::{Dialect, Engine};
use super::error::DbError;
use super::guard::{self, Guard};
use super::permit::WritePermit;
use super::session::{Connection, Read, Session, Write};
use super::spoken;
use super::value::Value;
use crate::model::Secret;
use crate::model::database::{Parts, Tls};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a SQLite statement waits for another writer before it says "database is locked".
const SQLITE_BUSY: Duration = Duration::from_secs(30);
/// A server that is there answers sooner, also one that is woken up by the question (Redshift and Aurora Serverless).
const CONNECT: Duration = Duration::from_mins(1);
/// A server that says nothing for so long is looked at: perhaps it is one that waits to be spoken to.
const SILENT: Duration = Duration::from_secs(2);
/// How a certificate begins.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// Where Redshift listens, where an address names no port.
const REDSHIFT_PORT: u16 = 5439;

/// Where a database is. Read from `postgres://`, `redshift://`, `mysql://` (also `mariadb://`) or `sqlite:PATH`.
///
/// The way to a server is encrypted and verified, unless the address says otherwise (`sslmode`, `ssl-mode`) or the server
/// is on this machine: [`Database::guard`].
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
    /// Speaks PostgreSQL, as far as it goes.
    Redshift(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
    Sqlite {
        path: PathBuf,
        schema: String,
    },
}

impl Database {
    /// Reads an address. Nothing is opened.
    pub fn parse(url: &str) -> Result<Self, DbError> {
        let bad = |error: sqlx::Error| DbError::Address { why: error.to_string() };
        let (scheme, rest) = url.split_once(':').ok_or_else(|| DbError::Address {
            why: "expected postgres://…, mysql://…, redshift://… or sqlite:PATH".to_owned(),
        })?;
        let parts = Parts::of(url);
        let postgres = |text: &str| -> Result<Box<PgConnectOptions>, DbError> {
            let options = text.parse::<PgConnectOptions>().map_err(bad)?;
            let here = options.get_socket().is_some() || guard::is_here(options.get_host());
            Ok(Box::new(if parts.says_tls() || here { options } else { options.ssl_mode(PgSslMode::VerifyFull) }))
        };
        let address = match scheme {
            "postgres" | "postgresql" => Address::Postgres(postgres(url)?),
            "redshift" => {
                // The driver's own settings of a session are not all known there.
                let options = postgres(&format!("postgres:{rest}"))?.extra_float_digits(None);
                let options = if parts.port.is_none() { options.port(REDSHIFT_PORT) } else { options };
                Address::Redshift(Box::new(options))
            }
            "mysql" | "mariadb" => {
                let options = format!("mysql:{rest}").parse::<MySqlConnectOptions>().map_err(bad)?;
                let here = options.get_socket().is_some() || guard::is_here(options.get_host());
                let plain = parts.says_tls() || here;
                Address::MySql(Box::new(if plain { options } else { options.ssl_mode(MySqlSslMode::VerifyIdentity) }))
            }
            "sqlite" => sqlite(rest)?,
            other => {
                let why = format!("scheme {other:?} is not one of postgres, mysql, mariadb, redshift, sqlite");
                return Err(DbError::Address { why });
            }
        };
        Ok(Self { address })
    }

    /// The same with another way of protecting it, whatever the address says.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        let (postgres, mysql) = match tls {
            Tls::Verify => (PgSslMode::VerifyFull, MySqlSslMode::VerifyIdentity),
            Tls::Require => (PgSslMode::Require, MySqlSslMode::Required),
            Tls::Off => (PgSslMode::Disable, MySqlSslMode::Disabled),
        };
        self.changed(|options| options.ssl_mode(postgres), |options| options.ssl_mode(mysql))
    }

    /// Certificates that are trusted besides those of this machine. The file is read here, so that what is wrong with it is
    /// told as what it is.
    pub fn with_ca(self, path: &Path) -> Result<Self, DbError> {
        let why = match std::fs::read(path) {
            Ok(text) if text.windows(BEGIN.len()).any(|part| part == BEGIN) => {
                return Ok(self.changed(|options| options.ssl_root_cert(path), |options| options.ssl_ca(path)));
            }
            Ok(_) => "there is no certificate in it: it must be PEM".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(DbError::Address { why: format!("the certificates in {}: {why}", path.display()) })
    }

    /// The same on another host, which may have a port: `HOST` or `HOST:PORT`.
    #[must_use]
    pub fn with_host(self, place: &str) -> Self {
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse::<u16>().ok()),
            _ => (place, None),
        };
        let was_here = self.guard() == Guard::Local;
        let moved = self.changed(|options| options.host(host), |options| options.host(host));
        let moved = if let Some(port) = port { moved.with_port(port) } else { moved };
        // What went without for being on this machine is not any more.
        if was_here && !guard::is_here(host) { moved.with_tls(Tls::Verify) } else { moved }
    }

    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        self.changed(|options| options.port(port), |options| options.port(port))
    }

    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        self.changed(|options| options.username(user), |options| options.username(user))
    }

    /// The same server with another database.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        self.changed(|options| options.database(name), |options| options.database(name))
    }

    fn changed(
        self,
        postgres: impl FnOnce(PgConnectOptions) -> PgConnectOptions,
        mysql: impl FnOnce(MySqlConnectOptions) -> MySqlConnectOptions,
    ) -> Self {
        let address = match self.address {
            Address::Postgres(options) => Address::Postgres(Box::new(postgres(*options))),
            Address::Redshift(options) => Address::Redshift(Box::new(postgres(*options))),
            Address::MySql(options) => Address::MySql(Box::new(mysql(*options))),
            file @ Address::Sqlite { .. } => file,
        };
        Self { address }
    }

    /// How the way there is protected.
    pub fn guard(&self) -> Guard {
        let here = |socket: bool, host: &str| socket || guard::is_here(host);
        match &self.address {
            Address::Postgres(o) | Address::Redshift(o) => match o.get_ssl_mode() {
                PgSslMode::VerifyFull => Guard::Verified,
                _ if here(o.get_socket().is_some(), o.get_host()) => Guard::Local,
                PgSslMode::VerifyCa => Guard::Authority,
                PgSslMode::Require => Guard::Unverified,
                PgSslMode::Prefer => Guard::Perhaps,
                // The driver takes "allow" for "never".
                PgSslMode::Allow | PgSslMode::Disable => Guard::Open,
            },
            Address::MySql(o) => match o.get_ssl_mode() {
                MySqlSslMode::VerifyIdentity => Guard::Verified,
                _ if here(o.get_socket().is_some(), o.get_host()) => Guard::Local,
                MySqlSslMode::VerifyCa => Guard::Authority,
                MySqlSslMode::Required => Guard::Unverified,
                MySqlSslMode::Preferred => Guard::Perhaps,
                MySqlSslMode::Disabled => Guard::Open,
            },
            Address::Sqlite { .. } => Guard::File,
        }
    }

    /// The same address with this password, whatever it said before. A file has none.
    #[must_use]
    pub fn with_password(self, password: &Secret) -> Self {
        let password = password.expose();
        self.changed(|options| options.password(password), |options| options.password(password))
    }

    pub fn dialect(&self) -> &'static Dialect {
        match self.address {
            Address::Postgres(_) => Dialect::of(Engine::PostgreSql),
            Address::Redshift(_) => Dialect::redshift(),
            Address::MySql(_) => Dialect::of(Engine::MySql),
            Address::Sqlite { .. } => Dialect::of(Engine::Sqlite),
        }
    }

    /// `host:port/database`, or the path of a file. Without user and password.
    pub fn place(&self) -> String {
        match &self.address {
            Address::Postgres(o) | Address::Redshift(o) => {
                format!("{}:{}/{}", o.get_host(), o.get_port(), o.get_database().unwrap_or(o.get_username()))
            }
            Address::MySql(o) => format!("{}:{}/{}", o.get_host(), o.get_port(), o.get_database().unwrap_or_default()),
            Address::Sqlite { path, .. } => path.display().to_string(),
        }
    }

    /// Of a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.address {
            Address::Sqlite { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The host a person knows the database by; `None` for a file.
    pub fn host(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(o) | Address::Redshift(o) => Some(o.get_host()),
            Address::MySql(o) => Some(o.get_host()),
            Address::Sqlite { .. } => None,
        }
    }

    pub fn port(&self) -> Option<u16> {
        match &self.address {
            Address::Postgres(o) | Address::Redshift(o) => Some(o.get_port()),
            Address::MySql(o) => Some(o.get_port()),
            Address::Sqlite { .. } => None,
        }
    }

    /// Name of the database, where the address gives one; for MySQL this is also the schema.
    pub fn name(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(o) | Address::Redshift(o) => o.get_database(),
            Address::MySql(o) => o.get_database(),
            Address::Sqlite { path, .. } => path.file_name().and_then(|name| name.to_str()),
        }
    }

    /// The one schema the address itself names: MySQL's database, SQLite's `schema` parameter.
    pub fn named_schema(&self) -> Option<&str> {
        match &self.address {
            Address::Postgres(_) | Address::Redshift(_) => None,
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
        if let Some([name, query, want]) = self.dialect().sees_all {
            // Somebody on the way may take a setting and keep it to himself.
            let rows = session.query(query, &[]).await?;
            let value = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
            if value.as_deref() != Some(want) {
                let why = format!("{} does not set {name} to {want}: rows could be left out unseen", self.place());
                return Err(DbError::Unexpected(why));
            }
        }
        Ok(session)
    }

    /// Opens a session that can change data. **Only for databases the demo owns**: its source, its target, the folder
    /// it made. Anything else is opened with [`Database::read`].
    pub async fn write_owned_by_demo(&self) -> Result<Session<Write>, DbError> {
        Ok(Session::new(self.connect(true).await?, self.dialect(), self.place()))
    }

    /// Opens a session that can change data, in the database that the permit was issued for. `label` is what the server's list
    /// of sessions shows, where the engine has such a name. What it sets stands in `sql/<engine>/session.sql`.
    pub async fn write(&self, permit: &WritePermit, label: &str) -> Result<Session<Write>, DbError> {
        let place = self.place();
        if !permit.is_for(&place) {
            return Err(DbError::Unexpected(format!(
                "{place} is not the database that was confirmed: it is not opened"
            )));
        }
        let mut session = Session::new(Box::pin(self.labelled(label, false)).await?, self.dialect(), place);
        session.run(self.dialect().session).await?;
        Ok(session)
    }

    async fn connect(&self, create: bool) -> Result<Connection, DbError> {
        Box::pin(self.labelled("cutover", create)).await
    }

    async fn labelled(&self, label: &str, create: bool) -> Result<Connection, DbError> {
        // A server that said no in its own protocol is the one that was meant.
        let failed = |error: sqlx::Error| {
            let strange = matches!(error, sqlx::Error::Protocol(_) | sqlx::Error::Io(_) | sqlx::Error::Tls(_));
            (strange, DbError::connect(&self.place(), &error))
        };
        let connected = async {
            match &self.address {
                Address::Postgres(options) | Address::Redshift(options) => {
                    let options = options.as_ref().clone().application_name(label).disable_statement_logging();
                    options.connect().await.map(|c| Connection::Postgres(Box::new(c))).map_err(failed)
                }
                Address::MySql(options) => {
                    let options = options.as_ref().clone().disable_statement_logging();
                    options.connect().await.map(|c| Connection::MySql(Box::new(c))).map_err(failed)
                }
                Address::Sqlite { path, schema } => {
                    attach(path, schema, create, &self.place()).await.map_err(|error| (false, error))
                }
            }
        };
        let silent = || {
            let why = format!(
                "no answer within {} s: look at the way there (name, port, security groups, VPN)",
                CONNECT.as_secs()
            );
            (false, DbError::Connect { place: self.place(), why })
        };
        let told = tokio::select! {
            biased;
            told = tokio::time::timeout(CONNECT, connected) => told.unwrap_or_else(|_| Err(silent())),
            error = self.mistaken_late() => Err((false, error)),
        };
        match told {
            Ok(connection) => Ok(connection),
            Err((true, error)) => Err(self.mistaken().await.unwrap_or(error)),
            Err((false, error)) => Err(error),
        }
    }

    /// Looks who it is that does not answer. Goes on for ever where it is not known to be another.
    async fn mistaken_late(&self) -> DbError {
        tokio::time::sleep(SILENT).await;
        match self.mistaken().await {
            Some(error) => error,
            None => std::future::pending().await,
        }
    }

    /// That another engine answers there than the address says.
    async fn mistaken(&self) -> Option<DbError> {
        let (scheme, meant, host, port) = match &self.address {
            Address::Postgres(o) if o.get_socket().is_none() => {
                ("postgres", Engine::PostgreSql, o.get_host(), o.get_port())
            }
            Address::Redshift(o) if o.get_socket().is_none() => {
                ("redshift", Engine::PostgreSql, o.get_host(), o.get_port())
            }
            Address::MySql(o) if o.get_socket().is_none() => ("mysql", Engine::MySql, o.get_host(), o.get_port()),
            _ => return None,
        };
        let there = spoken::engine(host, port).await.filter(|there| *there != meant)?;
        let [name, right] = match there {
            Engine::MySql => ["MySQL or MariaDB", "mysql"],
            _ => ["PostgreSQL", "postgres"],
        };
        let why = format!("{name} answers there, and the address says {scheme}://: write {right}://");
        Some(DbError::Connect { place: self.place(), why })
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

    #[test]
    fn the_way_is_verified_unless_the_address_says_otherwise_or_there_is_none() {
        for (url, want) in [
            ("postgres://db.example/shop", Guard::Verified),
            ("redshift://db.example/shop", Guard::Verified),
            ("mysql://db.example/shop", Guard::Verified),
            ("mariadb://10.0.0.7/shop", Guard::Verified),
            ("postgres://127.0.0.1/shop", Guard::Local),
            ("mysql://localhost/shop", Guard::Local),
            ("mysql://[::1]/shop", Guard::Local),
            ("postgres:///shop?host=/var/run/postgresql", Guard::Local),
            ("mysql://db/shop?socket=/run/mysqld.sock", Guard::Local),
            ("postgres://127.0.0.1/shop?sslmode=verify-full", Guard::Verified),
            ("postgres://db/shop?sslmode=verify-ca", Guard::Authority),
            ("redshift://db/shop?sslmode=require", Guard::Unverified),
            ("mysql://db/shop?ssl-mode=PREFERRED", Guard::Perhaps),
            ("postgres://db/shop?sslmode=disable", Guard::Open),
            ("sqlite:/tmp/a.db", Guard::File),
        ] {
            assert_eq!(Database::parse(url).unwrap().guard(), want, "{url}");
        }
        let tls = |url: &str, tls| Database::parse(url).unwrap().with_tls(tls).guard();
        assert_eq!(tls("postgres://db/shop?sslmode=disable", Tls::Verify), Guard::Verified);
        assert_eq!(tls("mysql://db/shop", Tls::Require), Guard::Unverified);
        assert_eq!(tls("redshift://db/shop", Tls::Off), Guard::Open);
        let moved = |to: &str| Database::parse("mysql://127.0.0.1:3307/shop").unwrap().with_host(to);
        assert_eq!((moved("db-ro").place(), moved("db-ro").guard()), ("db-ro:3307/shop".into(), Guard::Verified));
        assert_eq!((moved("::1").guard(), moved("db-ro:3308").place()), (Guard::Local, "db-ro:3308/shop".into()));
    }

    #[test]
    fn redshift_has_a_port_of_its_own() {
        for (url, want) in [
            ("redshift://bob@wg.example/dev", "wg.example:5439/dev"),
            ("redshift://wg.example:5500/dev", "wg.example:5500/dev"),
            ("redshift://wg.example/dev?port=5501", "wg.example:5501/dev"),
        ] {
            let database = Database::parse(url).unwrap();
            assert_eq!((database.place().as_str(), database.dialect().name), (want, "redshift"), "{url}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_told_as_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let with = || Database::parse("postgres://db/shop").unwrap().with_ca(&path).map(drop);
        assert!(with().unwrap_err().to_string().contains("No such file"));
        std::fs::write(&path, "hello").unwrap();
        assert!(with().unwrap_err().to_string().contains("must be PEM"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\n").unwrap();
        assert!(with().is_ok());
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
