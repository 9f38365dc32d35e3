//! One PostgreSQL and one MariaDB for the whole test binary, each started when the first test asks for it.
//!
//! A server runs under a shell that waits for the end of its standard input. The pipe's other end is ours, so when this
//! process ends, however it ends, the kernel closes it, and the shell stops the server and removes its folder.

use cutover::db::Database;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running server; it lives as long as this process.
pub struct Server {
    /// Address without the database's name.
    base: String,
    /// A database that is always there.
    first: &'static str,
    /// Its folder; with TLS, `ca.pem` and `other-ca.pem` are in it.
    dir: PathBuf,
    pid: i32,
    /// How it is run, once its folder is made; how it is ended.
    run: String,
    signal: &'static str,
    _shell: Child,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Server {
    /// A file in its folder.
    #[allow(dead_code, reason = "not every binary that has this file asks")]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A database of the same name as that of another server has.
    pub async fn database_like(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap();
        let first = Database::parse(&format!("{}/{}", self.base, self.first)).unwrap();
        first.write_owned_by_demo().await.unwrap().script(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("{}/{name}", self.base)
    }

    /// Address of a fresh, empty database.
    pub async fn database(&self) -> String {
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let first = Database::parse(&format!("{}/{}", self.base, self.first)).unwrap();
        let mut session = first.write_owned_by_demo().await.unwrap();
        session.script(&format!("CREATE DATABASE {name}")).await.unwrap();
        format!("{}/{name}", self.base)
    }

    /// Of the server itself, which has others of its own.
    #[allow(dead_code, reason = "not every binary that has this file asks")]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Gone at once, as when the machine loses its power.
    #[allow(dead_code, reason = "not every binary that has this file kills")]
    pub fn kill(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// Started again after it was killed, with what it had.
    #[allow(dead_code, reason = "not every binary that has this file kills")]
    pub async fn again(&self) -> Self {
        let (run, signal, base, first) = (&self.run, self.signal, self.base.clone(), self.first);
        let dir = self.dir.clone();
        // What the dead one has started lives a moment longer, and nobody else may have its memory before. Its own process is
        // not reaped, so it looks alive.
        let run = format!("rm -f \"$dir/data/postmaster.pid\" \"$dir\"/.s.PGSQL*; sleep 0.2\n{run}");
        let again = move || launch("the server", &dir, ("", &run), signal, base, first);
        tokio::task::spawn_blocking(again).await.unwrap()
    }
}

/// A server that nobody else uses, with options of its own.
#[allow(dead_code, reason = "not every binary that has this file asks")]
pub async fn own_postgres(options: &'static str) -> Server {
    tokio::task::spawn_blocking(move || start_postgres(options)).await.unwrap()
}

/// The same of MariaDB.
#[allow(dead_code, reason = "not every binary that has this file asks")]
pub async fn own_mariadb(options: &'static str) -> Server {
    tokio::task::spawn_blocking(move || start_mariadb(options)).await.unwrap()
}

pub async fn postgres() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start_postgres(""))).await.unwrap()
}

/// One more, with a certificate for `localhost` and for 0.0.0.0: an address of this machine that does not look like one.
#[allow(dead_code, reason = "not every binary that has this file asks")]
pub async fn postgres_with_tls() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start_postgres(POSTGRES_TLS))).await.unwrap()
}

pub async fn mariadb() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start_mariadb(""))).await.unwrap()
}

/// As [`postgres_with_tls`].
#[allow(dead_code, reason = "not every binary that has this file asks")]
pub async fn mariadb_with_tls() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    tokio::task::spawn_blocking(|| SERVER.get_or_init(|| start_mariadb(MARIADB_TLS))).await.unwrap()
}

#[allow(dead_code, reason = "not every binary that has this file asks")]
const POSTGRES_TLS: &str = "-c ssl=on -c ssl_cert_file=\"$dir/server.pem\" -c ssl_key_file=\"$dir/server.key\"";
#[allow(dead_code, reason = "not every binary that has this file asks")]
const MARIADB_TLS: &str = "--ssl-cert=\"$dir/server.pem\" --ssl-key=\"$dir/server.key\"";

/// For a server that has a certificate: two authorities, and a certificate of the first.
const CERTIFICATES: &str = r#"
new='req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
for ca in ca other-ca; do
    openssl $new -x509 -days 2 -subj "/CN=cutover test $ca" -keyout "$dir/$ca.key" -out "$dir/$ca.pem" >>"$log" 2>&1 || exit 1
done
openssl $new -subj /CN=localhost -keyout "$dir/server.key" -out "$dir/server.csr" >>"$log" 2>&1 || exit 1
echo 'subjectAltName = DNS:localhost, IP:0.0.0.0' >"$dir/server.ext"
openssl x509 -req -days 2 -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial \
    -extfile "$dir/server.ext" -out "$dir/server.pem" >>"$log" 2>&1 || exit 1
chmod 600 "$dir/server.key"
"#;

fn start_postgres(options: &str) -> Server {
    let bin = newest("/usr/lib/postgresql").expect("PostgreSQL is not installed: apt-get install postgresql");
    let port = free_port();
    // PostgreSQL refuses to run as root.
    let user = if is_root() { "setpriv --reuid=postgres --regid=postgres --clear-groups " } else { "" };
    let owner = if is_root() { "chown -R postgres \"$dir\"\n" } else { "" };
    let certificates = if options.contains("server.pem") { CERTIFICATES } else { "" };
    let bin = bin.display();
    let make = format!(
        "{certificates}{owner}{user}{bin}/initdb -D \"$dir/data\" -U cutover -A trust -E UTF8 --locale=C.UTF-8 --no-sync >\"$log\" 2>&1 || exit 1"
    );
    let run = format!(
        "{user}{bin}/postgres -D \"$dir/data\" -p {port} -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories=\"$dir\" -c fsync=off -c max_connections=200 \
            -c wal_level=logical -c max_prepared_transactions=8 {options} >>\"$log\" 2>&1 </dev/null &"
    );
    start("PostgreSQL", (&make, &run), "INT", format!("postgres://cutover@127.0.0.1:{port}"), "postgres")
}

fn start_mariadb(options: &str) -> Server {
    let found = |name: &str| {
        ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
            .iter()
            .map(|dir| Path::new(dir).join(name))
            .find(|path| path.exists())
    };
    let missing = "MariaDB is not installed: apt-get install mariadb-server";
    let (server, install) = (found("mariadbd").expect(missing), found("mariadb-install-db").expect(missing));
    let port = free_port();
    let user = if is_root() { "--user=mysql" } else { "" };
    let owner = if is_root() { "chown -R mysql \"$dir\"\n" } else { "" };
    let certificates = if options.contains("server.pem") { CERTIFICATES } else { "" };
    let (server, install) = (server.display(), install.display());
    let make = format!(
        "{certificates}{owner}cat >\"$dir/init.sql\" <<'END'
CREATE USER IF NOT EXISTS 'cutover'@'%' IDENTIFIED BY 'sesame';
CREATE USER IF NOT EXISTS 'cutover'@'localhost' IDENTIFIED BY 'sesame';
GRANT ALL ON *.* TO 'cutover'@'%' WITH GRANT OPTION;
GRANT ALL ON *.* TO 'cutover'@'localhost' WITH GRANT OPTION;
END
         # A server that starts removes what looks temporary in its folder for it, whoever has made it.
         TMPDIR=\"$dir\" {install} --no-defaults {user} --datadir=\"$dir/data\" --skip-test-db --auth-root-authentication-method=normal >\"$log\" 2>&1 || exit 1"
    );
    let run = format!(
        "{server} --no-defaults {user} --datadir=\"$dir/data\" --port={port} --bind-address=127.0.0.1 --socket=\"$dir/s\" \
            --tmpdir=\"$dir\" --pid-file=\"$dir/pid\" --init-file=\"$dir/init.sql\" --innodb-flush-log-at-trx-commit=0 \
            --log-bin=\"$dir/binlog\" --binlog-format=ROW --server-id=1 {options} >>\"$log\" 2>&1 </dev/null &"
    );
    start("MariaDB", (&make, &run), "TERM", format!("mysql://cutover:sesame@127.0.0.1:{port}"), "mysql")
}

/// Makes a server and starts it.
fn start(what: &str, scripts: (&str, &str), signal: &'static str, base: String, first: &'static str) -> Server {
    let dir = tempfile::tempdir().unwrap().keep();
    std::os::unix::fs::chown(&dir, None, None).unwrap();
    launch(what, &dir, scripts, signal, base, first)
}

/// Starts a server and waits until it answers. The second script leaves it as the shell's last background job.
fn launch(
    what: &str,
    dir: &Path,
    (make, run): (&str, &str),
    signal: &'static str,
    base: String,
    first: &'static str,
) -> Server {
    let log = dir.with_extension("log");
    let script = format!(
        "dir=$1; log=$2\n{make}\n{run}\npid=$!\necho $pid\nread _\nkill -{signal} $pid\nwait $pid\nrm -rf \"$dir\" \"$log\""
    );
    let mut shell = Command::new("sh")
        .args(["-c", &script, "sh"])
        .args([dir, &log])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    // Nothing comes from a server that cannot be made; what it said stands in the log.
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    let address = Database::parse(&format!("{base}/{first}")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let Err(error) = runtime.block_on(address.read()) else { break };
        let ended = shell.try_wait().unwrap();
        if ended.is_some() || Instant::now() > deadline {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("{what} does not start: {error}\n{said}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let pid = pid.trim().parse().unwrap();
    Server { base, first, dir: dir.to_owned(), pid, run: run.to_owned(), signal, _shell: shell }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `bin` of the newest version below a folder.
fn newest(folder: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path().join("bin"));
    versions.filter(|bin| bin.join("initdb").exists()).max()
}

#[tokio::test]
async fn a_read_session_is_refused_changes_by_each_server() {
    for (server, refusal) in [(postgres().await, "read-only transaction"), (mariadb().await, "READ ONLY transaction")] {
        let url = server.database().await;
        let database = Database::parse(&url).unwrap();
        let schema = database.named_schema().unwrap_or("public").to_owned();
        let mut writer = database.write_owned_by_demo().await.unwrap();
        writer.script(&format!("CREATE TABLE {schema}.t (id bigint PRIMARY KEY)")).await.unwrap();
        let mut reader = database.read().await.unwrap();
        let said = reader.query(&format!("INSERT INTO {schema}.t (id) VALUES (1)"), &[]).await.unwrap_err().to_string();
        assert!(said.contains(refusal) && said.contains("25006"), "{said}");
        assert!(!format!("{reader:?}").contains("sesame"));
    }
}

#[tokio::test]
async fn a_refused_password_is_not_repeated() {
    let base = mariadb().await.base.replace("sesame", "hunter2");
    let error = Database::parse(&format!("{base}/mysql")).unwrap().read().await.unwrap_err();
    assert!(error.is_lost());
    let said = format!("{error} {error:?}");
    assert!(said.contains("Access denied") && !said.contains("hunter2"), "{said}");
}
