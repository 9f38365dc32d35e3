//! `cutover refresh plan` against the embedded AWS and real databases: what would be done, what forbids it, and that looking
//! changes nothing.

mod shown;

use crate::demo_databases_wire::Served;
use crate::{cli, servers};
use cutover::db::schema::snapshot::{self, Scope};
use cutover::db::{Database, Session, Write};
use cutover::demo::shop::{self, TABLES};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The staging database of the demo on SQLite.
const STAGING: &str = "shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";
/// Without these two the demo's own schedules would fire into it.
const SCHEDULES: &str =
    "schedules = [\"rule:default/staging-refresh-nightly\", \"schedule:migrations/staging-refresh-weekly\"]";

/// One column is masked.
const MASKS: &str = "[refresh.staging.masking.defaults]\n\"*\" = { fn = \"keep\", reason = \"a test\" }\n\
                     \"*document.content\" = \"null\"";

/// A configuration with one refresh: the usual keys, and what `more` says instead or besides.
fn config(to: &str, top: &str, more: &str) -> String {
    let usual = [
        ("task", "\"staging-refresh\"".to_owned()),
        ("purpose", "\"data-refresh\"".to_owned()),
        ("load", "\"full-load\"".to_owned()),
        ("cadence", "\"schedule\"".to_owned()),
        ("to", format!("[{to:?}]")),
        ("schedules", SCHEDULES.trim_start_matches("schedules = ").to_owned()),
    ];
    let said = |key: &str| more.lines().any(|line| line.starts_with(&format!("{key} =")));
    let usual = usual.iter().filter(|(key, _)| !said(key)).map(|(key, value)| format!("{key} = {value}\n"));
    format!("{top}\n[refresh.staging]\n{}{more}\n", usual.collect::<String>())
}

/// Plans it; exit status and the lines.
fn plan(demo: &Served, config: &str) -> (i32, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["refresh", "plan", "staging", "--output", "json", "--config"])
        .arg(&path)
        .env_clear()
        .envs([("HOME", "/nonexistent"), ("AWS_ENDPOINT_URL", demo.endpoint()), ("AWS_REGION", "eu-west-1")])
        .envs([("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo")])
        .env("MASK_KEY", "0123456789abcdef")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let status = output.status.code().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if status > 1 {
        eprintln!("{said}");
    }
    let lines = String::from_utf8(output.stdout).unwrap();
    (status, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

fn findings(lines: &[Value], level: &str) -> Vec<String> {
    let all = of(lines, "finding").into_iter().filter(|one| one["level"] == level);
    all.map(|one| {
        format!(
            "{}: {} [{}]",
            one["step"].as_str().unwrap(),
            one["what"].as_str().unwrap(),
            one["do_this"].as_str().unwrap()
        )
    })
    .collect()
}

fn steps(lines: &[Value]) -> Vec<&str> {
    of(lines, "step").into_iter().map(|step| step["name"].as_str().unwrap()).collect()
}

fn sql(lines: &[Value], step: &str) -> String {
    let found = of(lines, "step").into_iter().find(|one| one["name"] == step);
    let found = found.unwrap_or_else(|| panic!("no step {step}"));
    found["sql"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned() + "\n").collect()
}

/// Waits until the tables are there that the demo on SQLite opens with.
async fn opened(demo: &Served, config: &str) -> (i32, Vec<Value>) {
    let end = Instant::now() + Duration::from_secs(90);
    loop {
        let (status, lines) = plan(demo, config);
        let full = of(&lines, "table").iter().all(|table| table["rows_target"].as_u64().is_some_and(|rows| rows > 0));
        if of(&lines, "table").len() == 12 && full {
            return (status, lines);
        }
        assert!(Instant::now() < end, "the opening set never arrived: {lines:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_in_order_what_will_be_done_and_each_thing_that_forbids_it() {
    let demo = Served::start(&[]).await;
    let (status, lines) = opened(&demo, &config(STAGING, "", "")).await;
    assert_eq!((status, findings(&lines, "blocking")), (0, vec![]), "{lines:?}");
    let want = [
        "parity",
        "rehearsal",
        "lock",
        "capture",
        "schedule-off",
        "drain",
        "load",
        "wait",
        "analyze",
        "verify",
        "schedule-back",
        "close",
    ];
    assert_eq!(steps(&lines), want);
    let promised = cli::promised("refresh plan");
    for line in &lines {
        for (name, value) in line.as_object().unwrap() {
            let kinds = promised.get(name).unwrap_or_else(|| panic!("docs/json.md does not know {name}"));
            assert!(cli::fits(value, kinds), "{name}: {value} is not {kinds}");
        }
    }
    assert_eq!(lines.last().unwrap()["state"], "may-run");

    let own = "[[refresh.staging.step]]\nname = \"warm-up\"\nafter = \"mask\"\ncommand = [\"true\"]\nmark = true";
    let more =
        format!("topic = \"arn:aws:sns:eu-west-1:123456789012:x\"\n[refresh.staging.steps.wait]\nretry = 7\n{own}");
    let (status, lines) = plan(&demo, &config(STAGING, "", &more));
    let steps = steps(&lines);
    let at = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    assert!(status == 0 && at("wait") < at("warm-up") && at("warm-up") < at("analyze"), "{steps:?}");
    assert_eq!((steps.last(), of(&lines, "step")[at("wait")]["retry"].as_u64()), (Some(&"notify"), Some(7)));

    let (_, lines) = plan(&demo, &config(STAGING, "", MASKS));
    let (warns, notes) = (findings(&lines, "warning"), findings(&lines, "note"));
    let part = "not masked yet, from the load until masking has ended [Keep them away meanwhile: take away the right";
    assert!(warns.iter().any(|one| one.starts_with("quarantine: ") && one.contains(part)), "{warns:?}");
    assert!(notes.iter().any(|one| one.contains("no earlier run that masked is known")), "{notes:?}");

    for (top, more, part) in [
        ("", "to = [\"other.example/shop\"]", "lock: the target is shop-staging"),
        ("protected = [\"shop-stag*/*\"]", "to = [\"x/y\"]", "is protected by \"shop-stag*/*\""),
        ("", "task = \"orders-cdc\"", "load: task orders-cdc is of type"),
        ("", "task = \"orders-cdc\"", "drain: task orders-cdc is running"),
        ("", "task = \"catalog-load\"", "TargetTablePrepMode is DROP_AND_CREATE"),
        ("", "schedules = []", "schedule:migrations/staging-refresh-weekly starts this task too"),
        ("", "schedules = [\"rule:default/nowhere\"]", "there is no rule:default/nowhere"),
        ("", "sensitive = [\"shop.pay*\"]", "shop.payment must not be loaded"),
        ("", "window = \"Mon 00:00-00:01 Pacific/Kiritimati\"", "the source may be loaded only"),
        ("", "quarantine = \"connections\"", "is for PostgreSQL"),
        ("", "watermark = { \"shop.orders\" = \"nope\" }", "shop.orders of the source has no column nope"),
        ("", "[[refresh.staging.step]]\nname = \"x\"\nafter = \"load\"\nsql_file = \"gone.sql\"", "custom: step x: "),
        ("[databases.same]\nurl = \"SAME\"\n", "source = \"same\"", "source and target are one database"),
        ("", "[refresh.staging.masking]\nkey_env = \"K\"", "mask: "),
    ] {
        let (_, first) = plan(&demo, &config(STAGING, "", ""));
        let place = of(&first, "plan")[0]["target"]["place"].as_str().unwrap().to_owned();
        let top = top.replace("SAME", &format!("sqlite:{place}?schema=shop"));
        let (status, lines) = plan(&demo, &config(STAGING, &top, more));
        let forbids = findings(&lines, "blocking");
        assert!(forbids.iter().any(|one| one.contains(part)), "{more}: {part}: {forbids:?}");
        assert_eq!(status, 1, "{more}: {forbids:?}");
        assert_eq!(lines.last().unwrap()["state"], "forbidden");
    }
}

/// Waits until the tables have arrived that the demo opens with: nothing comes any more.
pub async fn settled(session: &mut Session<Write>, schema: &str) {
    let (end, mut before) = (Instant::now() + Duration::from_secs(90), Vec::new());
    loop {
        let mut now = Vec::new();
        for table in TABLES {
            now.push(shop::count(session, schema, &format!("stg_{table}")).await.unwrap_or_default());
        }
        if now == before && now.iter().all(|rows| *rows > 0) {
            return;
        }
        before = now;
        assert!(Instant::now() < end, "the opening set never arrived: {before:?}");
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

async fn open(url: &str) -> Session<Write> {
    Database::parse(url).unwrap().write_owned_by_demo().await.unwrap()
}

/// Host and database as an endpoint of the demo shows them.
fn destination(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (place, database) = rest.split_once('/').unwrap();
    format!("{}/{}", place.split(':').next().unwrap(), database.split('?').next().unwrap())
}

/// The catalogue, as far as a refresh of staging is about it; the demo goes on with the rest.
async fn catalogue(session: &mut Session<Write>) -> Vec<String> {
    let all = snapshot::read(session, &Scope::default()).await.unwrap().lines();
    let ours = |line: &String| ["stg_", "local_note", "cutover_ledger"].iter().any(|part| line.contains(part));
    all.into_iter().filter(ours).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_keys_and_triggers_go_and_come_back_and_looking_changes_nothing() {
    let server = servers::postgres().await;
    // The demo hands out a secret only where there is a password; this server asks for none.
    let with = |url: String| url.replacen("cutover@", "cutover:any@", 1);
    let (source, target) = (with(server.database().await), with(server.database().await));
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let to = destination(&target);
    let mut here = open(&target).await;
    settled(&mut here, "shop").await;
    here.script(
        "ALTER TABLE shop.stg_address ADD CONSTRAINT \"of Customer\" FOREIGN KEY (customer_id) REFERENCES shop.stg_customer (id) NOT VALID; \
         CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER noted AFTER INSERT ON shop.stg_orders FOR EACH ROW EXECUTE FUNCTION shop.note(); \
         INSERT INTO shop.stg_category (id, name) SELECT max(id) + 1000, 'staging only' FROM shop.stg_category; \
         CREATE TABLE shop.local_note (id int PRIMARY KEY, customer_id bigint REFERENCES shop.stg_customer (id)); \
         CREATE ROLE refresh_plan_weak LOGIN; GRANT USAGE ON SCHEMA shop TO refresh_plan_weak; \
         GRANT SELECT ON ALL TABLES IN SCHEMA shop TO refresh_plan_weak; \
         ANALYZE",
    )
    .await
    .unwrap();
    let before = catalogue(&mut here).await;

    let (status, lines) = plan(&demo, &config(&to, "", ""));
    let forbids = findings(&lines, "blocking");
    assert!(
        status == 1 && forbids.iter().any(|one| one.contains("local_note") && one.contains("orphans")),
        "{forbids:?}"
    );

    for (quarantine, warns) in [("", true), ("quarantine = \"connections\"\n", false)] {
        let (_, lines) = plan(&demo, &config(&to, "", &format!("{quarantine}{MASKS}")));
        let part = "until masking has ended [Keep them away meanwhile: quarantine = \"connections\".]";
        let found = findings(&lines, "warning");
        assert_eq!(found.iter().any(|one| one.contains(part)), warns, "{found:?}");
    }

    let report = "[refresh.staging.orphans]\n\"*\" = \"report\"";
    let (_, lines) = plan(&demo, &config(&to, "", report));
    let about_keys = |one: &&String| one.contains("local_note") || one.contains("of Customer");
    assert_eq!(findings(&lines, "blocking").iter().filter(about_keys).count(), 0, "{:?}", findings(&lines, "blocking"));
    let away = sql(&lines, "keys-away");
    assert!(away.contains("DROP CONSTRAINT") && away.contains("\"of Customer\""), "{away}");
    let back = sql(&lines, "keys-back");
    assert!(back.contains("ADD CONSTRAINT \"of Customer\"") && back.contains("NOT VALID"), "{back}");
    assert!(sql(&lines, "triggers-off").contains("DISABLE TRIGGER"), "{lines:?}");
    assert!(sql(&lines, "triggers-on").contains("ENABLE TRIGGER"), "{lines:?}");
    let category = of(&lines, "table").into_iter().find(|table| table["target"] == "shop.stg_category").unwrap();
    assert_eq!(category["only_target"], 1, "{category}");
    let sessions = of(&lines, "plan")[0]["sessions"].as_array().unwrap().len();
    assert!(sessions > 0, "ours is open");

    // Another user, who may look and nothing else.
    let weak = target.replacen("cutover:any@", "refresh_plan_weak@", 1);
    let top = format!("[databases.weak]\nurl = {weak:?}\ntls = \"off\"\nendpoint = \"shop-staging\"\n");
    let (status, lines) = plan(&demo, &config(&to, &top, &format!("target = \"weak\"\n{report}")));
    let forbids = findings(&lines, "blocking");
    for part in
        ["may not drop it", "REFERENCES", "may not make the schema cutover_ledger", "cannot switch its triggers off"]
    {
        assert!(status == 1 && forbids.iter().any(|one| one.contains(part)), "{part}: {forbids:?}");
    }
    // A third database, which is not the endpoint's.
    let other = server.database().await;
    let top = format!("[databases.other]\nurl = {other:?}\n");
    let (_, lines) = plan(&demo, &config(&to, &top, "source = \"other\""));
    let forbids = findings(&lines, "blocking");
    assert!(forbids.iter().any(|one| one.contains("the source of the task is")), "{forbids:?}");

    assert!(!before.is_empty());
    assert_eq!(before, catalogue(&mut here).await, "looking changed something");
    here.script("DROP OWNED BY refresh_plan_weak; DROP ROLE refresh_plan_weak").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb_the_keys_stay_and_the_endpoint_does_without_their_checks() {
    let server = servers::mariadb().await;
    let (source, target) = (server.database().await, server.database().await);
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let to = destination(&target);
    let mut here = open(&target).await;
    let schema = shop::schema_of(&Database::parse(&target).unwrap()).to_owned();
    settled(&mut here, &schema).await;
    // The rows were read one table after the other, so that some miss their parent.
    let key =
        "ALTER TABLE stg_address ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES stg_customer (id)";
    here.script(&format!("SET foreign_key_checks = 0; {key}")).await.unwrap();
    let before = catalogue(&mut here).await;
    let (_, lines) = plan(&demo, &config(&to, "", ""));
    let names = steps(&lines);
    assert!(!names.contains(&"keys-away") && names.contains(&"keys-back"), "{names:?}");
    let forbids = findings(&lines, "blocking");
    assert!(forbids.iter().all(|one| !one.contains("FOREIGN_KEY_CHECKS") && !one.contains("read-only")), "{forbids:?}");
    assert!(!before.is_empty());
    assert_eq!(before, catalogue(&mut here).await, "looking changed something");
}
