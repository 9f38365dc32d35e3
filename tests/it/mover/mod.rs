//! The mover between real databases: what it leaves on the target is what the source has. `changes.rs` follows them as
//! they happen, `rules.rs` obeys mappings and preparation modes.

mod changes;
mod rules;

use crate::servers;
use cutover::db::{Database, Row, catalogue};
use cutover::demo::mover::order::{Begin, Checkpoint, Control, Happened, Order};
use cutover::demo::mover::{self, capture};
use cutover::demo::shop::{self, Seed, TABLES, Workload};
use cutover::model::mappings::{self, Mappings};
use cutover::model::settings::PrepMode;
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

/// A source with a small shop, and an empty target.
struct Pair {
    source: String,
    target: String,
    mappings: Mappings,
    _folder: Option<TempDir>,
}

fn rule(text: &str) -> String {
    format!(r#"{{"rules":[{text}]}}"#)
}

fn selection(schema: &str, table: &str, action: &str) -> String {
    format!(
        r#"{{"rule-type":"selection","rule-id":"{table}","object-locator":{{"schema-name":"{schema}","table-name":"{table}"}},"rule-action":"{action}"}}"#
    )
}

fn schema(url: &str) -> String {
    shop::schema_of(&Database::parse(url).unwrap()).to_owned()
}

impl Pair {
    async fn new(source: String, target: String, folder: Option<TempDir>) -> Self {
        let seed = Seed { seed: 11, scale: 0.05, now: "2026-11-22T10:00:00Z".parse().unwrap() };
        shop::prepare_source(&Database::parse(&source).unwrap(), &seed).await.unwrap();
        let (from, to) = (schema(&source), schema(&target));
        let text = format!(
            r#"{},{{"rule-type":"transformation","rule-id":"2","rule-target":"schema","object-locator":{{"schema-name":"{from}"}},"rule-action":"rename","value":"{to}"}}"#,
            selection(&from, "%", "include")
        );
        let mappings = mappings::parse(&rule(&text)).unwrap();
        Self { source, target, mappings, _folder: folder }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| shop::sqlite_url(&folder.path().join(name));
        let (source, target) = (url("source.db"), url("target.db"));
        Self::new(source, target, Some(folder)).await
    }

    async fn postgres() -> Self {
        let server = servers::postgres().await;
        Self::new(server.database().await, server.database().await, None).await
    }

    async fn mariadb() -> Self {
        let server = servers::mariadb().await;
        Self::new(server.database().await, server.database().await, None).await
    }

    async fn crossed() -> Self {
        Self::new(servers::postgres().await.database().await, servers::mariadb().await.database().await, None).await
    }

    fn order(&self, begin: Begin, changes: bool) -> Order {
        Order {
            source_url: self.source.clone(),
            target_url: self.target.clone(),
            mappings: self.mappings.clone(),
            prep_mode: PrepMode::DropAndCreate,
            begin,
            changes_after_load: changes,
            pace: None,
            sub_tasks: 4,
            checks_off: false,
            control_of: None,
        }
    }

    async fn workload(&self) -> Workload {
        Workload::open(&Database::parse(&self.source).unwrap(), 5).await.unwrap()
    }

    async fn position(&self) -> Checkpoint {
        let mut session = Database::parse(&self.source).unwrap().read().await.unwrap();
        capture::position(&mut session, &schema(&self.source)).await.unwrap()
    }

    async fn assert_equal(&self) {
        for table in TABLES {
            let (source, target) = (rows(&self.source, table).await, rows(&self.target, table).await);
            assert!(!source.is_empty(), "{table} is empty");
            assert_eq!(source.len(), target.len(), "number of rows of {table}");
            for (ours, theirs) in source.iter().zip(&target) {
                assert_eq!(ours, theirs, "{table}");
            }
        }
    }
}

/// All rows of a table in the form every engine shares, sorted.
async fn rows(url: &str, table: &str) -> Vec<Row> {
    let database = Database::parse(url).unwrap();
    let schema = shop::schema_of(&database).to_owned();
    let mut session = database.read().await.unwrap();
    let tables = catalogue::read(&mut session).await.unwrap();
    let columns = &tables[&(schema.clone(), table.to_owned())].columns;
    let dialect = database.dialect();
    let list: Vec<String> = columns.iter().map(|column| dialect.read(column)).collect();
    let sql = format!("SELECT {} FROM {}", list.join(", "), dialect.qualified(&schema, table));
    let rows = session.query(&sql, &[]).await.unwrap();
    let settle = |row: Row| row.into_iter().zip(columns).map(|(value, c)| c.kind.settle(value)).collect::<Row>();
    let mut rows: Vec<Row> = rows.into_iter().map(settle).collect();
    rows.sort_by_cached_key(|row| format!("{row:?}"));
    rows
}

async fn script(url: &str, sql: &str) {
    let mut session = Database::parse(url).unwrap().write_owned_by_demo().await.unwrap();
    session.script(&sql.replace("{schema}", &schema(url))).await.unwrap();
}

/// A mover under way.
struct Running {
    control: watch::Sender<Control>,
    out: mpsc::UnboundedReceiver<Happened>,
    said: Vec<Happened>,
}

impl Running {
    fn start(order: Order) -> Self {
        let (control, listener) = watch::channel(Control { stop: false, reload: Vec::new(), apply_delay_ms: 0 });
        let (voice, out) = mpsc::unbounded_channel();
        tokio::spawn(mover::run(order, listener, voice));
        Self { control, out, said: Vec::new() }
    }

    /// Listens until something is said, and gives it.
    async fn until(&mut self, want: impl Fn(&Happened) -> bool) -> Happened {
        let listen = async {
            loop {
                let happened = self.out.recv().await.unwrap_or_else(|| panic!("the mover ended: {:#?}", self.said));
                self.said.push(happened.clone());
                if want(&happened) {
                    return happened;
                }
                assert!(!matches!(happened, Happened::Failed { .. }), "{happened:?}");
            }
        };
        tokio::time::timeout(Duration::from_mins(1), listen).await.expect("nothing of the kind was said in a minute")
    }

    async fn until_at(&mut self, position: Checkpoint) {
        self.until(|said| matches!(said, Happened::At(at) if *at >= position)).await;
    }

    async fn finish(mut self) -> Vec<Happened> {
        self.until(|said| matches!(said, Happened::LoadFinished)).await;
        assert!(self.out.recv().await.is_none(), "the last word is the last");
        self.said
    }

    /// Stops the run; gives the position to resume from.
    async fn stop(mut self) -> (Checkpoint, Vec<Happened>) {
        self.control.send_modify(|control| control.stop = true);
        self.until(|said| matches!(said, Happened::Stopped)).await;
        let at = self.said.iter().rev().find_map(|said| if let Happened::At(at) = said { Some(*at) } else { None });
        (at.expect("a run with changes says where it is"), self.said)
    }
}

/// Failed tables and the words of the database.
fn failures(said: &[Happened]) -> BTreeMap<String, String> {
    let failed = |said: &Happened| match said {
        Happened::TableFailed { table, why, .. } => Some((table.clone(), why.clone())),
        _ => None,
    };
    said.iter().filter_map(failed).collect()
}
