//! The mover between real databases: what it leaves on the target is what the source has.

use crate::servers;
use cutover::db::{Database, Row, Value, catalogue};
use cutover::demo::mover::order::{Begin, Checkpoint, Control, Happened, Order};
use cutover::demo::mover::{self, capture};
use cutover::demo::shop::{self, ForeignKeys, Seed, TABLES, Workload};
use cutover::model::mappings::{self, Mappings};
use cutover::model::settings::PrepMode;
use jiff::Timestamp;
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

async fn load_and_follow(pair: Pair) {
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    // Changes while the load runs, and after it.
    for _ in 0..60 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until(|said| matches!(said, Happened::Applied { .. } | Happened::Idle(_))).await;
    for _ in 0..120 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    assert_eq!(failures(&said), BTreeMap::new());
    pair.assert_equal().await;

    let loaded: u64 = said.iter().map(|s| if let Happened::Loaded { rows, .. } = s { *rows } else { 0 }).sum();
    assert!(loaded > 1_000, "{loaded} rows");
    let count = |applied: bool| -> u64 {
        let one = |said: &Happened| match said {
            Happened::Captured { inserts, updates, deletes, .. } if !applied => inserts + updates + deletes,
            Happened::Applied { inserts, updates, deletes, .. } if applied => inserts + updates + deletes,
            _ => 0,
        };
        said.iter().map(one).sum()
    };
    assert!(count(false) > 100);
    assert_eq!(count(false), count(true), "captured is applied");
}

#[tokio::test]
async fn sqlite_to_sqlite_is_equal_after_load_and_changes() {
    load_and_follow(Pair::sqlite().await).await;
}

#[tokio::test]
async fn postgresql_to_postgresql_is_equal_after_load_and_changes() {
    load_and_follow(Pair::postgres().await).await;
}

#[tokio::test]
async fn mariadb_to_mariadb_is_equal_after_load_and_changes() {
    load_and_follow(Pair::mariadb().await).await;
}

#[tokio::test]
async fn postgresql_to_mariadb_is_equal_after_load_and_changes() {
    load_and_follow(Pair::crossed().await).await;
}

#[tokio::test]
async fn a_foreign_key_on_the_target_really_breaks_a_truncate() {
    for (pair, words) in [
        (
            Pair::postgres().await,
            "cannot truncate a table referenced in a foreign key constraint: Table \"address\" references \"customer\". (SQLSTATE 0A000)",
        ),
        (Pair::mariadb().await, "Cannot truncate a table referenced in a foreign key constraint"),
    ] {
        let target = Database::parse(&pair.target).unwrap();
        let mut session = target.write_owned_by_demo().await.unwrap();
        shop::create(&mut session, shop::schema_of(&target), ForeignKeys::With).await.unwrap();
        let order =
            Order { prep_mode: PrepMode::TruncateBeforeLoad, sub_tasks: 1, ..pair.order(Begin::LoadAll, false) };
        let said = Running::start(order).finish().await;
        let failed = failures(&said);
        for table in ["customer", "orders", "product", "invoice", "category", "address"] {
            assert!(
                failed[table].contains(if table == "customer" { words } else { &words[..40] }),
                "{}",
                failed[table]
            );
        }
        assert!(rows(&pair.target, "customer").await.is_empty(), "a failed table got nothing");
        // Nothing refers to it, and it refers to rows that are not there.
        assert!(failed["order_item"].contains("foreign key constraint"), "{}", failed["order_item"]);
    }
}

#[tokio::test]
async fn a_stopped_task_resumes_from_its_checkpoint_and_loses_and_doubles_nothing() {
    for pair in [Pair::sqlite().await, Pair::postgres().await] {
        let mut workload = pair.workload().await;
        let mut running = Running::start(pair.order(Begin::LoadAll, true));
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        let mut seen = 0;
        let mut at = Checkpoint(0);
        let sum = |said: &[Happened]| -> u64 {
            let one = |said: &Happened| match said {
                Happened::Applied { inserts, updates, deletes, .. } => inserts + updates + deletes,
                _ => 0,
            };
            said.iter().map(one).sum()
        };
        for round in 0..3 {
            for _ in 0..40 {
                workload.step(Timestamp::now()).await.unwrap();
            }
            let (stopped, said) = running.stop().await;
            assert!(stopped >= at);
            (at, seen) = (stopped, seen + sum(&said));
            // While nobody listens.
            for _ in 0..20 {
                workload.step(Timestamp::now()).await.unwrap();
            }
            running = Running::start(pair.order(Begin::Changes { from: Some(at) }, true));
            if round == 2 {
                running.until_at(pair.position().await).await;
            }
        }
        let (at, said) = running.stop().await;
        assert_eq!(at, pair.position().await);
        assert_eq!(seen + sum(&said), u64::try_from(at.0).unwrap(), "each change was applied once");
        pair.assert_equal().await;
    }
}

#[tokio::test]
async fn an_interrupted_load_goes_on_without_losing_what_changed_in_between() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let order = Order { pace: Some(3_000), sub_tasks: 1, ..pair.order(Begin::LoadAll, true) };
    let mut running = Running::start(order);
    running.until(|said| matches!(said, Happened::LoadEnded { table, .. } if table == "customer")).await;
    let (_, said) = running.stop().await;
    let from = said.iter().find_map(|s| if let Happened::At(at) = s { Some(*at) } else { None }).unwrap();
    let ended = |name: &str| said.iter().any(|s| matches!(s, Happened::LoadEnded { table, .. } if table == name));
    let rest: Vec<(String, String)> =
        TABLES.iter().filter(|name| !ended(name)).map(|name| ("shop".to_owned(), (*name).to_owned())).collect();
    assert!(rest.len() > 3 && rest.len() < TABLES.len(), "{rest:?}");
    for _ in 0..100 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    let mut running = Running::start(pair.order(Begin::LoadRest { tables: rest.clone(), from }, true));
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    let started = said.iter().filter(|s| matches!(s, Happened::LoadStarted { .. })).count();
    assert_eq!(started, rest.len(), "only the rest is loaded");
    pair.assert_equal().await;
}

#[tokio::test]
async fn one_table_is_reloaded_while_the_others_go_on() {
    for pair in [Pair::sqlite().await, Pair::postgres().await] {
        let mut workload = pair.workload().await;
        let schema = schema(&pair.source);
        let order = Order { pace: Some(2_000), ..pair.order(Begin::LoadAll, true) };
        let mut running = Running::start(order);
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        script(&pair.target, "DELETE FROM {schema}.order_item").await;
        let reload = (1, schema.clone(), "order_item".to_owned());
        running.control.send_modify(|control| control.reload.push(reload));
        running.until(|said| matches!(said, Happened::LoadStarted { table, .. } if table == "order_item")).await;
        for _ in 0..80 {
            workload.step(Timestamp::now()).await.unwrap();
        }
        running.until(|said| matches!(said, Happened::LoadEnded { table, .. } if table == "order_item")).await;
        running.until_at(pair.position().await).await;
        let (_, said) = running.stop().await;
        let loads = said.iter().filter(|s| matches!(s, Happened::LoadStarted { table, .. } if table == "order_item"));
        assert_eq!(loads.count(), 2, "asked once, reloaded once");
        assert_eq!(failures(&said), BTreeMap::new());
        pair.assert_equal().await;
    }
}

#[tokio::test]
async fn mappings_are_obeyed_by_load_and_changes() {
    let mut pair = Pair::sqlite().await;
    let text = [
        selection("shop", "%", "include"),
        selection("shop", "invoice%", "exclude"),
        r#"{"rule-type":"transformation","rule-id":"a","rule-target":"table","object-locator":{"schema-name":"shop","table-name":"customer"},"rule-action":"rename","value":"client"}"#.to_owned(),
        r#"{"rule-type":"transformation","rule-id":"b","rule-target":"table","object-locator":{"schema-name":"shop","table-name":"order%"},"rule-action":"add-prefix","value":"stg_"}"#.to_owned(),
        r#"{"rule-type":"transformation","rule-id":"c","rule-target":"column","object-locator":{"schema-name":"shop","table-name":"%","column-name":"email"},"rule-action":"remove-column"}"#.to_owned(),
        r#"{"rule-type":"transformation","rule-id":"d","rule-target":"column","object-locator":{"schema-name":"shop","table-name":"customer","column-name":"id"},"rule-action":"rename","value":"client_id"}"#.to_owned(),
    ]
    .join(",");
    pair.mappings = mappings::parse(&rule(&text)).unwrap();
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    for _ in 0..80 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    assert_eq!(failures(&said), BTreeMap::new());

    let mut session = Database::parse(&pair.target).unwrap().read().await.unwrap();
    let there = catalogue::read(&mut session).await.unwrap();
    let names: Vec<&str> = there.values().map(|table| table.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "address",
            "category",
            "client",
            "document",
            "payment",
            "product",
            "shipment",
            "stg_order_item",
            "stg_orders",
            "stock"
        ]
    );
    let client = &there[&("shop".to_owned(), "client".to_owned())];
    let columns: Vec<&str> = client.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["client_id", "name", "phone", "born", "newsletter", "created_at"]);
    assert_eq!(client.primary_key, ["client_id"]);
    let without_email: Vec<Row> = {
        let mut rows = rows(&pair.source, "customer").await;
        for row in &mut rows {
            row.remove(2);
        }
        rows.sort_by_cached_key(|row| format!("{row:?}"));
        rows
    };
    assert_eq!(without_email, rows(&pair.target, "client").await);
    assert_eq!(rows(&pair.source, "order_item").await, rows(&pair.target, "stg_order_item").await);
}

#[tokio::test]
async fn each_preparation_mode_does_what_it_says() {
    for pair in [Pair::sqlite().await, Pair::postgres().await, Pair::mariadb().await] {
        let target = Database::parse(&pair.target).unwrap();
        let mut session = target.write_owned_by_demo().await.unwrap();
        shop::create(&mut session, shop::schema_of(&target), ForeignKeys::Without).await.unwrap();
        let stray = "INSERT INTO {schema}.category (id, name) VALUES (900001, 'stray')";

        // DO_NOTHING keeps what is there, and the keys that are there refuse the same rows.
        script(&pair.target, stray).await;
        let order = |prep_mode| Order { prep_mode, ..pair.order(Begin::LoadAll, false) };
        assert_eq!(failures(&Running::start(order(PrepMode::DoNothing)).finish().await), BTreeMap::new());
        let kept = rows(&pair.target, "category").await;
        assert!(kept.iter().any(|row| row[0] == Value::Int(900_001)));
        let again = failures(&Running::start(order(PrepMode::DoNothing)).finish().await);
        assert_eq!(again.len(), TABLES.len());
        let words = again["customer"].to_lowercase();
        assert!(words.contains("duplicate") || words.contains("unique constraint"), "{words}");
        assert_eq!(rows(&pair.target, "category").await, kept, "a failed table is as it was");

        // TRUNCATE_BEFORE_LOAD takes the rows and keeps the table with what hangs on it.
        assert_eq!(failures(&Running::start(order(PrepMode::TruncateBeforeLoad)).finish().await), BTreeMap::new());
        pair.assert_equal().await;
        if target.dialect().one_writer {
            // SQLite declares the shop's foreign keys in its tables: they are still there.
            let kept = catalogue::read(&mut session).await.unwrap();
            assert_eq!(kept[&(schema(&pair.target), "orders".to_owned())].foreign_keys.len(), 2);
        }

        // DROP_AND_CREATE leaves a table and its key, nothing else.
        script(&pair.target, "ALTER TABLE {schema}.category ADD COLUMN extra integer").await;
        assert_eq!(failures(&Running::start(order(PrepMode::DropAndCreate)).finish().await), BTreeMap::new());
        pair.assert_equal().await;
        let made = catalogue::read(&mut session).await.unwrap();
        let category = &made[&(schema(&pair.target), "category".to_owned())];
        assert_eq!(category.columns.len(), 3);
        assert_eq!(category.primary_key, ["id"]);
        let own = schema(&pair.target);
        assert!(made.values().filter(|table| table.schema == own).all(|table| table.foreign_keys.is_empty()));
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_applied_is_out_and_the_others_go_on() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    script(&pair.target, "DROP TABLE {schema}.order_item").await;
    for _ in 0..60 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    let failed = failures(&said);
    assert_eq!(failed.keys().collect::<Vec<_>>(), ["order_item"]);
    assert!(failed["order_item"].contains("no such table"), "{failed:?}");
    for table in TABLES.iter().filter(|name| **name != "order_item") {
        assert_eq!(rows(&pair.source, table).await, rows(&pair.target, table).await, "{table}");
    }
}

#[tokio::test]
async fn a_change_waits_for_the_delay_and_the_checkpoint_with_it() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    running.control.send_modify(|control| control.apply_delay_ms = 3_600_000);
    let before = pair.position().await;
    for _ in 0..20 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until(|said| matches!(said, Happened::Captured { .. })).await;
    running.control.send_modify(|control| control.stop = true);
    running.until(|said| matches!(said, Happened::Stopped)).await;
    assert!(!running.said.iter().any(|said| matches!(said, Happened::Applied { .. })));
    let at = running.said.iter().rev().find_map(|s| if let Happened::At(at) = s { Some(*at) } else { None });
    assert_eq!(at, Some(before));
}

#[tokio::test]
async fn a_lost_connection_and_a_purged_log_end_the_run_with_the_reason() {
    let pair = Pair::postgres().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    let target = Database::parse(&pair.target).unwrap();
    let name = target.name().unwrap();
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    let mut workload = pair.workload().await;
    script(&pair.target, &kill).await;
    for _ in 0..10 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    let said = running.until(|said| matches!(said, Happened::Failed { .. })).await;
    let Happened::Failed { why } = said else { unreachable!() };
    assert!(why.contains("lost") && why.contains("terminating connection"), "{why}");

    let from = Some(Checkpoint(pair.position().await.0 + 1_000));
    let mut running = Running::start(pair.order(Begin::Changes { from }, true));
    let said = running.until(|said| matches!(said, Happened::Failed { .. })).await;
    assert!(format!("{said:?}").contains("Could not find the position"), "{said:?}");
}

#[tokio::test]
async fn a_change_that_commits_late_is_not_lost() {
    for pair in [Pair::postgres().await, Pair::mariadb().await] {
        let schema = schema(&pair.source);
        let mut running = Running::start(pair.order(Begin::LoadAll, true));
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        let source = Database::parse(&pair.source).unwrap();
        let (mut early, mut late) =
            (source.write_owned_by_demo().await.unwrap(), source.write_owned_by_demo().await.unwrap());
        early.begin().await.unwrap();
        early.script(&format!("UPDATE {schema}.customer SET name = 'early' WHERE id = 1")).await.unwrap();
        let second = tokio::spawn(async move {
            late.script(&format!("UPDATE {schema}.customer SET name = 'late' WHERE id = 2")).await.unwrap();
        });
        // Long enough for the mover to read the second one, were it there.
        tokio::time::sleep(Duration::from_millis(600)).await;
        early.commit().await.unwrap();
        second.await.unwrap();
        running.until_at(pair.position().await).await;
        running.stop().await;
        pair.assert_equal().await;
        let names: Vec<Value> = rows(&pair.target, "customer").await.iter().map(|row| row[1].clone()).collect();
        assert!(names.contains(&"early".into()) && names.contains(&"late".into()));
    }
}

#[tokio::test]
async fn a_schema_the_sqlite_target_does_not_have_fails_in_its_own_words() {
    let mut pair = Pair::sqlite().await;
    let text = format!(
        r#"{},{{"rule-type":"transformation","rule-id":"2","rule-target":"schema","object-locator":{{"schema-name":"shop"}},"rule-action":"rename","value":"staging"}}"#,
        selection("shop", "category", "explicit")
    );
    pair.mappings = mappings::parse(&rule(&text)).unwrap();
    let said = Running::start(pair.order(Begin::LoadAll, false)).finish().await;
    assert!(failures(&said)["category"].contains("unknown database"), "{said:?}");
    assert!(said.contains(&Happened::Tables(vec![("shop".into(), "category".into())])));
}
