//! The listener: opens a port on the loopback interface and serves until it is stopped.

use crate::db::Database;
use crate::demo::clock::{Clock, FROZEN_AT};
use crate::demo::faults::Fault;
use crate::demo::open;
use crate::demo::shop;
use crate::demo::stage::{Launcher, Stage};
use crate::demo::wire::{Cuttable, handle};
use crate::demo::world::fleet::Fleet;
use crate::demo::world::{Databases, Place, Setting, World};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Time passes in the world at least this often.
const TICK: Duration = Duration::from_millis(250);
/// Movers are given this long to finish their batch when the demo ends.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How the embedded AWS is to be.
#[derive(Clone, Default)]
pub struct Options {
    /// 0 takes a free port.
    pub port: u16,
    /// Fixes all chance.
    pub seed: u64,
    /// Stops the clock at [`FROZEN_AT`]; no row moves.
    pub frozen: bool,
    /// Instead of the opening set: many tasks that exist only on the wire.
    pub fleet: Option<Fleet>,
    pub faults: Vec<Fault>,
    /// Databases other than the demo's own files.
    pub source_url: Option<String>,
    pub target_url: Option<String>,
    /// Where the demo's own files go; a temporary folder of its own where nothing is said.
    pub data: Option<PathBuf>,
    /// Rows per second of a full load, so that it can be watched; `None` is as fast as it goes.
    pub pace: Option<u32>,
    /// The databases are taken as they are: nothing is written into them when this opens, and nothing changes the source.
    pub as_found: bool,
    /// A start or a stop takes no longer than it has to, instead of so long that it is seen.
    pub hurried: bool,
    /// Who moves rows. Without one, nothing moves and metrics go on as they were.
    pub launcher: Option<Launcher>,
}

impl Options {
    /// Where rows are. A target database given by URL also takes the staging tables, under a prefix.
    pub fn databases(&self, data: &Path) -> Result<Databases, DemoError> {
        let place = |given: &Option<String>, file: &str| {
            let url = given.clone().unwrap_or_else(|| shop::sqlite_url(&data.join(file)));
            let database = Database::parse(&url)?;
            let schema = shop::schema_of(&database).to_owned();
            Ok::<_, DemoError>((Place { url, schema }, database.place()))
        };
        let (source, source_at) = place(&self.source_url, "source.db")?;
        let (target, target_at) = place(&self.target_url, "target.db")?;
        if source_at == target_at {
            return Err(DemoError::Same(source_at));
        }
        let (staging, _) = place(&self.target_url, "staging.db")?;
        Ok(Databases { source, target, staging, shared: self.target_url.is_some() })
    }
}

/// Why the embedded AWS did not come up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen { port: u16, source: std::io::Error },
    #[error("cannot create the data folder {}: {source}", folder.display())]
    Data { folder: PathBuf, source: std::io::Error },
    /// A load would drop the tables it reads from.
    #[error("source and target are the same database: {0}")]
    Same(String),
    #[error("cannot make the demo's databases: {0}")]
    Database(#[from] crate::db::DbError),
}

/// A running embedded AWS. Stops when dropped; [`Running::stop`] also waits.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where the demo's own databases are.
    pub data: PathBuf,
    stage: Arc<Stage>,
    shutdown: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    temporary: bool,
    /// Dropped, it ends the changes on the source.
    _business: Option<watch::Sender<bool>>,
}

impl Running {
    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Switches a fault on while it runs, as `POST /_demo/fault` does.
    pub fn switch_on(&self, fault: Fault) {
        self.stage.switch_on(fault);
    }

    /// Switches it off again; with a value, only that one.
    pub fn switch_off(&self, fault: &Fault) {
        self.stage.switch_off(fault.name, fault.value.as_deref());
    }

    /// How often what was to be changed: by `service:Operation`, and the ARN or name in the request.
    pub fn changes(&self) -> BTreeMap<(String, String), u64> {
        self.stage.changes()
    }

    /// Stops listening, lets movers finish their batch, removes a temporary folder.
    pub async fn stop(mut self) {
        self.shutdown.send_replace(true);
        if let Some(server) = self.server.take() {
            // It ends by itself, or was aborted; either way it is gone.
            let _ = server.await;
        }
        let mut movers = self.stage.close();
        let all = async { while movers.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            movers.abort_all();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.send_replace(true);
        // Dropping the set aborts what has not stopped.
        drop(self.stage.close());
        if self.temporary {
            // Nothing can be done about a folder that will not go, and nobody is left to tell.
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

/// Opens the port and serves in the background, on the caller's runtime.
pub async fn serve(options: Options) -> Result<Running, DemoError> {
    let clock = if options.frozen { Clock::Frozen(FROZEN_AT) } else { Clock::Live };
    let port = options.port;
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| DemoError::Listen { port, source })?;
    let addr = listener.local_addr().map_err(|source| DemoError::Listen { port, source })?;
    let (data, temporary) = match &options.data {
        Some(folder) => (folder.clone(), false),
        None => (std::env::temp_dir().join(format!("cutover-demo-{}-{}", std::process::id(), addr.port())), true),
    };
    std::fs::create_dir_all(&data).map_err(|source| DemoError::Data { folder: data.clone(), source })?;
    // A stopped clock and a fleet move nothing.
    let launcher = options.launcher.clone().filter(|_| !options.frozen && options.fleet.is_none());
    let databases = launcher.as_ref().map(|_| options.databases(&data)).transpose()?;
    let business = match &databases {
        Some(databases) if !options.as_found => Some(open::shop(databases, options.seed, clock.now()).await?),
        _ => None,
    };
    let setting =
        Setting { seed: options.seed, fleet: options.fleet, databases, pace: options.pace, hurried: options.hurried };
    let stage = Arc::new(Stage::new(clock, options.seed, World::new(setting, clock.now()), launcher));
    stage.tick();
    for fault in options.faults {
        stage.switch_on(fault);
    }
    let (shutdown, until) = watch::channel(false);
    let server = tokio::spawn(run(listener, Arc::clone(&stage), until));
    Ok(Running { addr, data, stage, shutdown, server: Some(server), temporary, _business: business })
}

async fn run(listener: TcpListener, stage: Arc<Stage>, mut until: watch::Receiver<bool>) {
    // Dropped with this future, which ends every connection.
    let mut connections = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            // Also ends when the handle is gone.
            _ = until.wait_for(|stop| *stop) => return,
            _ = tick.tick() => stage.tick(),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A connection that broke before it was accepted is the client's loss, not ours.
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let stream = Cuttable::new(stream);
                let cut = stream.cut();
                let stage = Arc::clone(&stage);
                connections.spawn(async move {
                    let service = service_fn(|request| {
                        let (stage, cut) = (Arc::clone(&stage), Arc::clone(&cut));
                        async move {
                            let answer = handle(stage, request).await;
                            cut.store(answer.is_err(), Ordering::Relaxed);
                            answer
                        }
                    });
                    // What goes wrong with one connection concerns its client only.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        }
    }
}
