//! Amazon Redshift, which nobody can start here: a real PostgreSQL behind a wire that refuses, in Redshift's words, what
//! Redshift does not have, and that calls itself Redshift. What it lets through is what its guide documents.

use super::side::{Side, Told, command, rows_of, told};
use cutover::db::scan::{KeyRange, Limits, Rows, ScanRequest, Scanner};
use cutover::db::{Database, DbError, Engine, Value};
use cutover::model::canon::Canon;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

const VERSION: &str = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 \
                       (Red Hat 3.4.2-6.fc3), Redshift 1.0.77467";

/// Words that Redshift does not know, or that mean something else there. (Redshift Developer Guide, "Unsupported
/// PostgreSQL features", "… data types", "… functions"; its catalogue is that of PostgreSQL 8.0.)
const FORBIDDEN: [&str; 49] = [
    "string_agg",
    "array_agg",
    "array[",
    "[]",
    "unnest",
    "any(",
    "lateral",
    "width_bucket",
    "div(",
    "is distinct from",
    "is not distinct from",
    "convert_to",
    "convert_from",
    "collate \"",
    "tablesample",
    "ctid",
    "pg_stats",
    "pg_stat_",
    "attgenerated",
    "attidentity",
    "attcollation",
    "relispartition",
    "pg_partition_tree",
    "pg_relation_size",
    "indnkeyatts",
    "indisvalid",
    "with ordinality",
    "with recursive",
    "regtype",
    "regclass",
    "to_json",
    "jsonb",
    "on conflict",
    "returning",
    "filter (where",
    "bytea",
    "sha256(",
    "uuid",
    "bit(",
    "::bit",
    "generate_subscripts",
    "pg_collation",
    "pg_encoding_to_char",
    "grouping sets",
    "make_interval",
    "trim_scale",
    "exists (select from",
    // Both are varchar(256), and cut what is longer.
    "::text",
    "as text)",
];

/// What SET knows. (Redshift Developer Guide, "Configuration reference".)
const SETTINGS: [&str; 6] = [
    "timezone",
    "datestyle",
    "extra_float_digits",
    "statement_timeout",
    "search_path",
    "enable_result_cache_for_session",
];

/// What a client may say of itself when it connects.
const STARTUP: [&str; 7] =
    ["user", "database", "client_encoding", "datestyle", "timezone", "application_name", "extra_float_digits"];

/// Why Redshift would refuse a statement.
fn refused(sql: &str) -> Option<String> {
    // What stands between quotes is nobody's word.
    let outside: String = sql.split('\'').step_by(2).collect::<Vec<_>>().join("''");
    let lower = outside.to_lowercase();
    let words = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(word) = FORBIDDEN.iter().find(|word| words.contains(**word)) {
        return Some(format!("not supported: {word}"));
    }
    let mut statements = words.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    statements.find_map(|statement| {
        let mut parts = statement.split([' ', '=']).filter(|part| !part.is_empty());
        match (parts.next()?, parts.next().unwrap_or_default()) {
            ("set" | "show", name) if !SETTINGS.contains(&name) => {
                Some(format!("unrecognized configuration parameter \"{name}\""))
            }
            ("copy", _) => Some("COPY TO STDOUT is not supported".to_owned()),
            ("explain", next) => (next != "select").then(|| format!("not read-only: explain {next}")),
            ("select" | "begin" | "commit" | "rollback" | "set" | "show", _) => None,
            (word, _) => Some(format!("not read-only: {word}")),
        }
    })
}

/// A Redshift, as far as a client can tell.
pub struct Redshift {
    /// Its tables, and a session that can change them.
    pub side: Side,
    pub url: String,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Redshift {
    pub async fn new() -> Self {
        let mut side = Side::new(Engine::PostgreSql).await;
        let (_, rest) = side.url.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').map(|(server, name)| (server.to_owned(), name.to_owned())).unwrap();
        // A backslash is an escape there.
        side.script(&format!("ALTER DATABASE {name} SET standard_conforming_strings = off")).await;
        side.script(&format!("ALTER DATABASE {name} SET escape_string_warning = off")).await;
        side.script(
            "CREATE DOMAIN @.varbyte AS bytea; CREATE DOMAIN @.super AS json;
             CREATE FUNCTION @.to_hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT encode($1, 'hex') $$;
             CREATE FUNCTION @.len(text) RETURNS integer LANGUAGE sql AS $$ SELECT length($1) $$",
        )
        .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redshift://cutover@127.0.0.1:{}/{name}", listener.local_addr().unwrap().port());
        let refused = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&refused);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(joined(client, server.clone(), Arc::clone(&log)));
            }
        });
        Self { side, url, refused }
    }

    /// Tables whose keys nobody enforces, as there. `@` stands for the schema.
    pub async fn script(&mut self, sql: &str) {
        for statement in sql.split(';').filter(|statement| !statement.trim().is_empty()) {
            self.side.script(statement).await;
            self.side
                .script(
                    "UPDATE pg_index SET indisvalid = false, indisready = false WHERE indrelid >= 16384 AND indisvalid",
                )
                .await;
        }
    }

    /// What was refused so far.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

async fn joined(mut client: TcpStream, server: String, log: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let server = TcpStream::connect(server).await.ok()?;
    let startup = loop {
        let length = client.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await.ok()?;
        if body.get(..4)? == 80_877_103_u32.to_be_bytes() {
            client.write_all(b"N").await.ok()?;
        } else {
            break body;
        }
    };
    let names = startup.get(4..)?.split(|byte| *byte == 0).step_by(2).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(|name| String::from_utf8_lossy(name).to_lowercase()).collect();
    if let Some(name) = names.iter().find(|name| !STARTUP.contains(&name.as_str())) {
        log.lock().unwrap().push(format!("startup: {name}"));
        return None;
    }
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    to_server.write_u32(u32::try_from(startup.len()).ok()? + 4).await.ok()?;
    to_server.write_all(&startup).await.ok()?;
    let up = requests(from_client, &mut to_server, &log);
    let down = async {
        // Until it is ready it says who it is; what comes then goes through as it is.
        loop {
            let (kind, mut body) = message(&mut from_server).await?;
            if kind == b'S' && body.starts_with(b"server_version\0") {
                body = b"server_version\08.0.2\0".to_vec();
            }
            send(&mut to_client, kind, &body).await?;
            if kind == b'Z' {
                break;
            }
        }
        tokio::io::copy(&mut from_server, &mut to_client).await.ok()
    };
    tokio::select! {
        _ = up => {}
        _ = down => {}
    }
    Some(())
}

async fn requests(
    mut from: OwnedReadHalf,
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    log: &Mutex<Vec<String>>,
) -> Option<()> {
    let raise = |why: &str| {
        log.lock().unwrap().push(why.to_owned());
        let why = why.replace('\'', "''");
        format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = '{why}'; END $$\0").into_bytes()
    };
    let mut extended = false;
    loop {
        let (kind, body) = message(&mut from).await?;
        match kind {
            b'Q' => {
                let sql = String::from_utf8_lossy(&body).trim_end_matches('\0').to_owned();
                let body = match refused(&sql) {
                    Some(why) => raise(&format!("{why}: {sql}")),
                    None => {
                        sql.replace("version()", &format!("'{VERSION}'")).into_bytes().into_iter().chain([0]).collect()
                    }
                };
                send(to, b'Q', &body).await?;
            }
            // The whole conversation of a prepared statement ends in one refusal.
            b'S' if extended => {
                extended = false;
                send(to, b'Q', &raise("a prepared statement")).await?;
            }
            b'P' | b'B' | b'D' | b'E' | b'C' | b'H' | b'F' => extended = true,
            _ => send(to, kind, &body).await?,
        }
    }
}

async fn message(from: &mut OwnedReadHalf) -> Option<(u8, Vec<u8>)> {
    let kind = from.read_u8().await.ok()?;
    let mut body = vec![0; (from.read_u32().await.ok()? as usize).checked_sub(4)?];
    from.read_exact(&mut body).await.ok()?;
    Some((kind, body))
}

async fn send(to: &mut (impl tokio::io::AsyncWrite + Unpin), kind: u8, body: &[u8]) -> Option<()> {
    let mut all = vec![kind];
    all.extend_from_slice(&u32::try_from(body.len() + 4).ok()?.to_be_bytes());
    all.extend_from_slice(body);
    to.write_all(&all).await.ok()
}

async fn compared(source: &str, target: &str, arguments: &[&str]) -> Told {
    let settle = if arguments.iter().any(|one| one.starts_with("--settle")) { &[][..] } else { &["--settle=0s"] };
    told(command(source, target, &[settle, arguments].concat()).output().await.unwrap())
}

const REDSHIFT_TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, s smallint, n numeric(38,10), r real,
    d double precision, b boolean, c char(10), v varchar(4000), day date, at timestamp, z timestamptz, t time, raw varbyte,
    doc super, u varchar(36));";
const POSTGRESQL_TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, s smallint, n numeric(38,10), r real,
    d double precision, b boolean, c char(10), v text, day date, at timestamp, z timestamptz, t time, raw bytea,
    doc jsonb, u uuid);";
const MARIADB_TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, s smallint, n decimal(38,10), r float,
    d double, b tinyint(1), c char(10), v text, day date, at datetime(6), z timestamp(6), t time(6), raw varbinary(99),
    doc json, u uuid) DEFAULT CHARSET=utf8mb4;";

/// Row by row, for PostgreSQL and Redshift: `^` is a backslash, which each of them writes in another way.
const ROWS: [&str; 4] = [
    "1, -7, 12345678901234567890.0123456789, 0.1, 0.1, true, 'ab', 'it''s a ^ in a text ', '2026-11-22',
     '2026-11-22 10:00:00.000001', '2026-11-22 10:00:00.5+02', '23:59:59.999999', BYTES(00ff5c27), '{\"b\": 1.0, \"a\": [true]}',
     '0bb5c2c5-9c5e-4f0f-8a40-0d6b3c1f2e11'",
    "2, 32767, -0.5, 16777217, 1e300, false, '', '', '1999-12-31', '1970-01-01 00:00:00', '2038-01-19 03:14:07+00', '00:00:00',
     BYTES(), '[]', 'FFFFFFFF-9C5E-4F0F-8A40-0D6B3C1F2E11'",
    "3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "4, 0, 0, 3.4028e38, 2.2250738585072014e-308, true, 'ü 漢', 'AaÜ\n漢😀^n', '2026-02-28', '2026-02-28 23:59:59.9', '2026-02-28 23:59:59+00', '12:00:00',
     BYTES(27), '\"x\"', '00000000-0000-0000-0000-000000000000'",
];

/// The rows as an engine writes them.
fn rows(engine: Engine, redshift: bool) -> String {
    let all = ROWS.map(|row| {
        let row = if redshift { row.replace('^', "\\\\") } else { row.replace('^', "\\") };
        let mysql = engine == Engine::MySql;
        let (bytes, after) = if mysql { ("x'", "'") } else { ("decode('", "', 'hex')") };
        let row = match row.split_once("BYTES(") {
            Some((head, rest)) => {
                let (hex, tail) = rest.split_once(')').unwrap();
                format!("{head}{bytes}{hex}{after}{tail}")
            }
            None => row,
        };
        if engine == Engine::MySql {
            // No zones in its literals, and a backslash is an escape there too.
            let row = row.replace("10:00:00.5+02", "08:00:00.5").replace("+00'", "'").replace('\\', "\\\\");
            format!("({row})")
        } else {
            format!("({row})")
        }
    });
    format!("INSERT INTO @.t VALUES {}", all.join(", "))
}

/// A Redshift with the table, and its other side.
async fn pair(other: Engine) -> (Redshift, Side) {
    let mut redshift = Redshift::new().await;
    redshift.script(REDSHIFT_TABLE).await;
    redshift.side.script("SET standard_conforming_strings = off").await;
    redshift.side.script(&rows(Engine::PostgreSql, true)).await;
    let mut side = Side::new(other).await;
    let table = if other == Engine::MySql { MARIADB_TABLE } else { POSTGRESQL_TABLE };
    if other == Engine::MySql {
        side.script("SET time_zone = '+00:00'").await;
    }
    side.script(table).await;
    side.script(&rows(other, false)).await;
    (redshift, side)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_equal_to_its_like_and_each_edit_is_found_in_either_direction() {
    for other in [Engine::PostgreSql, Engine::MySql] {
        let (mut redshift, mut side) = pair(other).await;
        for (source, target) in [(&redshift.url, &side.url), (&side.url, &redshift.url)] {
            let told = compared(source, target, &[]).await;
            assert_eq!(
                (told.status, told.verdict("t")),
                (Some(0), "equal"),
                "{other:?}: {told:?}\n{:?}",
                redshift.refused()
            );
            assert_eq!(told.table("t")["rows_source"], 4);
            assert!(told.stderr.contains("Redshift does not enforce keys"), "{}", told.stderr);
        }
        let edits = [
            ("s", "s = 8"),
            ("n", "n = 12345678901234567890.0123456788"),
            ("r", "r = 0.10000001"),
            ("d", "d = 0.10000000000000002"),
            ("b", "b = false"),
            ("c", "c = 'abc'"),
            ("v", "v = concat(v, ' ')"),
            ("day", "day = '2026-11-23'"),
            ("at", "at = '2026-11-22 10:00:00.000002'"),
            ("t", "t = '23:59:59.999998'"),
            ("doc", "doc = '{\"b\": 1.5, \"a\": [true]}'"),
            ("u", "u = '0bb5c2c5-9c5e-4f0f-8a40-0d6b3c1f2e12'"),
        ];
        for (column, edit) in edits {
            side.script(&format!("BEGIN; UPDATE @.t SET {edit} WHERE id = 1; COMMIT")).await;
            let told = compared(&side.url, &redshift.url, &[]).await;
            let found = rows_of(&told.lines, "t");
            let (change, columns) = found.get("id=1").unwrap_or_else(|| panic!("{other:?} {column}: {told:?}"));
            assert!(change == "different" && found.len() == 1 && told.status == Some(1), "{column}: {found:?}");
            assert!(columns.contains(column), "{column}: {columns:?}");
            side.script("DELETE FROM @.t").await;
            side.script(&rows(other, false)).await;
        }
        side.script("DELETE FROM @.t WHERE id = 2").await;
        redshift.script("DELETE FROM @.t WHERE id = 3").await;
        let told = compared(&redshift.url, &side.url, &[]).await;
        let changes: Vec<_> = rows_of(&told.lines, "t").into_iter().map(|(key, (change, _))| (key, change)).collect();
        let want = [("id=2", "missing"), ("id=3", "extra")].map(|(key, change)| (key.to_owned(), change.to_owned()));
        assert_eq!(changes, want, "{told:?}");
        assert_eq!(redshift.refused(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_one_key_are_compared_as_a_multiset_since_nobody_enforces_it() {
    let mut redshift = Redshift::new().await;
    redshift.script("CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(9)); INSERT INTO @.t VALUES (1, 'a'), (1, 'a'), (2, 'b')").await;
    let mut side = Side::new(Engine::MySql).await;
    side.script("CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(9)); INSERT INTO @.t VALUES (1, 'a'), (2, 'b')")
        .await;
    for settle in ["--settle=0s", "--settle=300ms"] {
        let told = compared(&side.url, &redshift.url, &[settle]).await;
        let table = told.table("t");
        assert_eq!((told.status, &table["extra"], &table["different"]), (Some(1), &1.into(), &0.into()), "{told:?}");
    }
    side.script("DROP TABLE @.t; CREATE TABLE @.t (id bigint, a varchar(9), KEY (id)); INSERT INTO @.t VALUES (1, 'a'), (2, 'b'), (1, 'a')").await;
    let told = compared(&redshift.url, &side.url, &[]).await;
    assert_eq!((told.status, told.verdict("t")), (Some(0), "equal"), "{told:?}");
    assert_eq!(redshift.refused(), [""; 0]);
}

/// PostgreSQL has no such step in its plans; here its words are the name of a table.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_hides_rows_is_seen_in_the_plan_of_the_server() {
    let mut redshift = Redshift::new().await;
    let tables =
        "CREATE TABLE @.\"XN RLS SecureScan\" (id bigint PRIMARY KEY); CREATE TABLE @.t (id bigint PRIMARY KEY)";
    redshift.script(tables).await;
    let mut side = Side::new(Engine::PostgreSql).await;
    side.script(tables).await;
    for kind in ["--kind=rows", "--kind=count"] {
        for (source, target) in [(&redshift.url, &side.url), (&side.url, &redshift.url)] {
            let told = compared(source, target, &[kind]).await;
            assert_eq!((told.status, told.verdict("XN RLS SecureScan")), (Some(3), "unknown"), "{told:?}");
            assert!(told.table("XN RLS SecureScan")["not_compared"].to_string().contains("a policy hides"), "{told:?}");
            assert_ne!(told.verdict("t"), "unknown", "{told:?}");
        }
    }
    assert_eq!(redshift.refused(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_text_come_in_the_order_of_their_bytes_and_ranges_have_each_row_once() {
    let fill = |backslash: &str| {
        let mut rows: Vec<String> = (0..3_000).map(|n| format!("('k{n:05}', {n})")).collect();
        for (at, key) in ["", "a", "a ", "A", "b''c", "^", "^n", "ü", "漢", "\u{1}", "~"].iter().enumerate() {
            rows.push(format!("('{}', {at})", key.replace('^', backslash)));
        }
        rows.join(", ")
    };
    let mut redshift = Redshift::new().await;
    let create = "CREATE TABLE @.t (k varchar(40) NOT NULL PRIMARY KEY, n int)";
    redshift.script(create).await;
    redshift.side.script("SET standard_conforming_strings = off").await;
    redshift.side.script(&format!("INSERT INTO @.t VALUES {}", fill("\\\\"))).await;
    let mut side = Side::new(Engine::PostgreSql).await;
    side.script(&format!("{create}; INSERT INTO @.t VALUES {}", fill("\\"))).await;
    for (source, target) in [(&redshift.url, &side.url), (&side.url, &redshift.url)] {
        let told = compared(source, target, &["--range-rows=500"]).await;
        assert_eq!((told.status, told.verdict("t")), (Some(0), "equal"), "{told:?}\n{:?}", redshift.refused());
    }
    // Looked at again by their keys, with all that stands in them.
    side.script("UPDATE @.t SET n = n + 1 WHERE length(k) < 3 OR k = 'b''c'").await;
    let told = compared(&side.url, &redshift.url, &["--settle=200ms"]).await;
    assert_eq!(
        (told.status, &told.table("t")["different"]),
        (Some(1), &11.into()),
        "{told:?}\n{:?}",
        redshift.refused()
    );
    let mut other = Redshift::new().await;
    let numbers = "CREATE TABLE @.t (a int, b int, v int, PRIMARY KEY (a, b)); INSERT INTO @.t SELECT n % 50, n, n FROM generate_series(1, 4000) n";
    other.script(numbers).await;
    let mut side = Side::new(Engine::PostgreSql).await;
    side.script(numbers).await;
    side.script("UPDATE @.t SET v = -v WHERE b = 3999").await;
    for ranges in ["--range-rows=300", "--range-rows=100000"] {
        let told = compared(&other.url, &side.url, &[ranges]).await;
        assert_eq!(
            rows_of(&told.lines, "t").into_keys().collect::<Vec<_>>(),
            ["a=49 b=3999"],
            "{told:?}\n{:?}",
            other.refused()
        );
        assert_eq!(told.table("t")["rows_source"], 4_000);
    }
    assert_eq!((redshift.refused(), other.refused()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_on_the_server_when_nobody_wants_it_or_when_it_takes_too_long() {
    let mut redshift = Redshift::new().await;
    redshift.script("CREATE TABLE @.t (id bigint PRIMARY KEY); INSERT INTO @.t VALUES (1)").await;
    let database = Database::parse(&redshift.url).unwrap();
    let request = |scanner: Scanner, seconds: u32| async move {
        let described = scanner.describe("public", "t").await.unwrap();
        let columns = described.columns.iter().map(|column| column.read_as(Canon::Int)).collect();
        let filter = Some(format!("EXISTS (SELECT 1 FROM pg_sleep({seconds}))"));
        let (schema, table) = (described.schema, described.name);
        ScanRequest {
            schema,
            table,
            columns,
            key: vec![0],
            rows: Rows::Range(KeyRange::default()),
            filter,
            ordered: true,
        }
    };
    let scanner = Scanner::new(database.clone(), Limits::default());
    let scan = scanner.scan(request(scanner.clone(), 123).await);
    let name = redshift.url.rsplit('/').next().unwrap().to_owned();
    let running = format!(
        "SELECT CAST(count(*) AS bigint) FROM pg_stat_activity
         WHERE datname = '{name}' AND state = 'active' AND query LIKE '%pg_sleep(123)%' AND query NOT LIKE '%stat_activity%'"
    );
    let mut wait = async |want: i64| {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while redshift.side.session.query(&running, &[]).await.unwrap() != [vec![Value::Int(want)]] {
            assert!(std::time::Instant::now() < deadline, "not {want} statements");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    wait(1).await;
    scan.stop().await;
    wait(0).await;
    let limits = Limits { statement_timeout: Duration::from_millis(200), ..Limits::default() };
    let scanner = Scanner::new(database, limits);
    let mut scan = scanner.scan(request(scanner.clone(), 60).await);
    let error = scan.next().await.unwrap_err();
    assert!(matches!(&error, DbError::Server { code, .. } if code == "SQLSTATE 57014"), "{error}");
    assert_eq!(redshift.refused(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_only_reads_and_what_postgresql_would_do_is_refused_there() {
    let mut redshift = Redshift::new().await;
    redshift.script("CREATE TABLE @.t (id bigint PRIMARY KEY)").await;
    let database = Database::parse(&redshift.url).unwrap();
    let mut session = database.read().await.unwrap();
    let rows = session.query("SELECT version(), $1, $2", &["a\\b'c".into(), Value::Null]).await.unwrap();
    assert_eq!(rows, [vec![VERSION.into(), "a\\b'c".into(), Value::Null]]);
    assert_eq!(redshift.refused(), [""; 0]);
    // The wire has a table of its own of what changes data; the transaction refuses what gets past it.
    let said = session.query("SELECT nextval('none')", &[]).await.unwrap_err().to_string();
    assert!(said.contains("none"), "{said}");
    drop(session);
    redshift.side.script("CREATE SEQUENCE @.one").await;
    let mut session = database.read().await.unwrap();
    let said = session.query("SELECT nextval('one')", &[]).await.unwrap_err().to_string();
    assert!(said.contains("read-only transaction"), "{said}");
    // As PostgreSQL it cannot even be described: this wire is what it says it is.
    let postgres = Database::parse(&redshift.url.replace("redshift:", "postgres:")).unwrap();
    assert!(postgres.read().await.is_err(), "default_transaction_read_only is no setting of Redshift's");
    assert!(!redshift.refused().is_empty());
    // It would run whatever stands in a statement.
    let scanner = Scanner::new(database, Limits::default());
    for sql in [
        "SELECT 1 AS a; COMMIT",
        "SELECT 1 AS a) AS r; COMMIT; SELECT * FROM (SELECT 1",
        "SELECT '\\'; COMMIT --' AS a",
        "SELECT $$;$$ AS a",
    ] {
        let said = scanner.columns_of(sql).await.unwrap_err().to_string();
        assert!(said.contains("only one piece of SQL"), "{sql}: {said}");
        let said = scanner.results(sql, Vec::new()).next().await.unwrap_err().to_string();
        assert!(said.contains("only one piece of SQL"), "{sql}: {said}");
        assert!(scanner.takes("public", "t", sql).await.is_err(), "{sql}");
    }
    scanner.takes("public", "t", "id > 1 AND id < (2 + 1)").await.unwrap();
    let said = scanner.takes("public", "t", "nosuch > 1").await.unwrap_err().to_string();
    assert!(said.contains("nosuch"), "{said}");
    for sql in [
        "COPY (SELECT 1) TO STDOUT",
        "SELECT string_agg(a, ',') FROM t",
        "SELECT 1 WHERE a IS DISTINCT FROM b",
        "SET bytea_output = 'hex'",
        "SELECT a::text FROM t",
        "DELETE FROM t",
        "SELECT 1; SHOW server_encoding",
    ] {
        assert!(refused(sql).is_some(), "{sql}");
    }
    for sql in ["SELECT 'string_agg' FROM t", "SET timezone TO 'UTC'", "BEGIN READ ONLY", "SELECT count(*) FROM t"] {
        assert_eq!(refused(sql), None, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_aggregates_and_statements_are_compared_on_it() {
    for other in [Engine::PostgreSql, Engine::MySql] {
        let (mut redshift, side) = pair(other).await;
        for kind in ["count", "aggregate"] {
            let told = compared(&side.url, &redshift.url, &[&format!("--kind={kind}")]).await;
            assert_eq!((told.status, told.verdict("t")), (Some(0), "counts_equal"), "{other:?} {kind}: {told:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let sql = "SELECT b, count(*) AS n, sum(s) AS s, max(v) AS v FROM SCHEMA.t GROUP BY b";
        for (file, schema) in [("a.sql", &side.schema), ("b.sql", &redshift.side.schema)] {
            std::fs::write(folder.path().join(file), sql.replace("SCHEMA", schema)).unwrap();
        }
        let databases = format!(
            "read_only_may_validate = true\n[databases.a]\nurl = \"{}\"\n[databases.b]\nurl = \"{}\"\n",
            side.url.replace(":sesame@", "@"),
            redshift.url
        );
        let checks = "[validation.x]\nsource = \"a\"\ntarget = \"b\"\nkind = \"sql\"\n[[validation.x.sql]]\n\
                      name = \"by-b\"\nsource = \"a.sql\"\ntarget = \"b.sql\"\nkey = [\"b\"]\n";
        std::fs::write(&config, databases + checks).unwrap();
        let statements = async || {
            let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
            command.args(["validate", "--config"]).arg(&config).args(["x", "--output=json", "--settle=0s", "--yes"]);
            command.env_clear().env("HOME", folder.path()).env("CUTOVER_A_PASSWORD", "sesame");
            told(command.stdin(std::process::Stdio::null()).output().await.unwrap())
        };
        let told = statements().await;
        assert_eq!(told.status, Some(0), "{other:?}: {told:?}\n{:?}", redshift.refused());
        redshift.side.script("UPDATE @.t SET s = s + 1, v = 'other' WHERE id = 1").await;
        let told = compared(&side.url, &redshift.url, &["--kind=aggregate"]).await;
        assert_eq!((told.status, told.verdict("t")), (Some(1), "different"), "{other:?}: {told:?}");
        let told = statements().await;
        assert_eq!(told.status, Some(1), "{other:?}: {told:?}");
        assert_eq!(redshift.refused(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_repairs_it_and_a_large_text_is_compared_as_far_as_the_task_copies_it() {
    let mut redshift = Redshift::new().await;
    redshift.script("CREATE TABLE @.t (id bigint PRIMARY KEY, v varchar(4000), n numeric(12,2))").await;
    redshift.side.script("SET standard_conforming_strings = off").await;
    let mut side = Side::new(Engine::PostgreSql).await;
    side.script("CREATE TABLE @.t (id bigint PRIMARY KEY, v text, n numeric(12,2))").await;
    let whole = format!("{}é{}", "x".repeat(1_023), "y".repeat(99));
    side.script(&format!("INSERT INTO @.t VALUES (1, 'it''s a \\ b', 1.50), (2, 'new', -3.25), (3, '{whole}', 0)"))
        .await;
    let cut = "x".repeat(1_023);
    redshift.side.script(&format!("INSERT INTO @.t VALUES (1, 'old', 1.25), (3, '{cut}', 0), (4, 'gone', NULL)")).await;
    let (store, told) = (tempfile::tempdir().unwrap(), async |store: &std::path::Path| {
        let mut command = command(&side.url, &redshift.url, &["--settle=0s", "--lob-limit=1"]);
        command.env("HOME", store).env("XDG_STATE_HOME", store);
        told(command.output().await.unwrap())
    });
    let first = told(store.path()).await;
    let keys: Vec<String> = rows_of(&first.lines, "t").into_keys().collect();
    assert_eq!(keys, ["id=1", "id=2", "id=4"], "{first:?}");
    assert!(first.table("t")["why"].as_str().is_some(), "{first:?}");
    // The limit is a term of this comparison; a script is for whole values.
    let whole = compared(&side.url, &redshift.url, &[]).await;
    assert_eq!(rows_of(&whole.lines, "t").len(), 4, "{whole:?}");
    redshift.side.script("UPDATE @.t SET v = v || 'é' || repeat('y', 99) WHERE id = 3").await;
    let mut again = command(&side.url, &redshift.url, &["--settle=0s"]);
    again.env("HOME", store.path()).env("XDG_STATE_HOME", store.path()).output().await.unwrap();
    let file = store.path().join("repair.sql");
    let mut repair = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    repair.args(["validations", "repair", "last", "--deletes", "--file"]).arg(&file);
    repair.args(["--source", &side.url, "--target", &redshift.url]);
    repair.env_clear().env("HOME", store.path()).env("XDG_STATE_HOME", store.path());
    let made = repair.stdin(std::process::Stdio::null()).output().await.unwrap();
    assert!(made.status.success(), "{made:?} {:?}", redshift.refused());
    let script = std::fs::read_to_string(&file).unwrap();
    for word in ["DO $", "OVERRIDING", "E'", "::numeric", "COLLATE"] {
        assert!(!script.contains(word), "{word}: {script}");
    }
    let mut elsewhere = Redshift::new().await;
    elsewhere.script("CREATE TABLE @.t (id bigint PRIMARY KEY, v varchar(4000), n numeric(12,2))").await;
    let refused = elsewhere.side.session.script(&script).await;
    assert!(refused.is_err(), "the guard must stop it: {script}");
    redshift.side.session.script(&script).await.unwrap_or_else(|error| panic!("{error}\n{script}"));
    let second = compared(&side.url, &redshift.url, &[]).await;
    assert_eq!((second.status, second.verdict("t")), (Some(0), "equal"), "{second:?}\n{script}");
}
