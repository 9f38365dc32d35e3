//! Comparisons that have a name: a task of the embedded AWS by its mappings, and what the configuration names, on real
//! servers.

use super::side::{Side, Told, told};
use crate::demo_databases_wire::Served;
use crate::servers;
use cutover::db::{Database, Engine};
use cutover::demo::shop::{self, ForeignKeys, Seed};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

/// `cutover validate` with a configuration of its own.
fn command(config: &Path, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["validate", "--config"]).arg(config).args(arguments);
    command.env_clear().env("HOME", config.parent().unwrap()).env("CUTOVER_NEW_PASSWORD", "sesame");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(config: &Path, arguments: &[&str]) -> Told {
    told(command(config, &[&["--output=json", "--settle=0s", "--yes"], arguments].concat()).output().await.unwrap())
}

struct Shop {
    folder: tempfile::TempDir,
    source: String,
    target: String,
}

impl Shop {
    /// The demo's shop on PostgreSQL and on MariaDB, the same rows in both.
    async fn new() -> Self {
        let (source, target) = (servers::postgres().await.database().await, servers::mariadb().await.database().await);
        let seed = Seed { seed: 3, scale: 0.02, now: "2026-11-22T10:00:00Z".parse().unwrap() };
        for url in [&source, &target] {
            let database = Database::parse(url).unwrap();
            let schema = shop::schema_of(&database).to_owned();
            let mut session = database.write_owned_by_demo().await.unwrap();
            shop::create(&mut session, &schema, ForeignKeys::Without).await.unwrap();
            shop::fill(&mut session, &schema, &seed).await.unwrap();
        }
        Self { folder: tempfile::tempdir().unwrap(), source, target }
    }

    fn config(&self, more: &str) -> std::path::PathBuf {
        let path = self.folder.path().join("config.toml");
        let bare = |url: &str| url.replace(":sesame@", "@");
        let databases = format!(
            "read_only_may_validate = true\n[databases.old]\nurl = \"{}\"\n[databases.new]\nurl = \"{}\"\n",
            bare(&self.source),
            bare(&self.target)
        );
        std::fs::write(&path, format!("{databases}{more}")).unwrap();
        path
    }

    async fn change(&self, sql: &str) {
        let mut session = Database::parse(&self.target).unwrap().write_owned_by_demo().await.unwrap();
        session.script(sql).await.unwrap();
    }

    /// A configuration whose tables pair PostgreSQL's schema with MariaDB's database.
    fn tables(&self) -> String {
        let schema = Database::parse(&self.target).unwrap().named_schema().unwrap().to_owned();
        format!("[validation.shop]\nsource = \"old\"\ntarget = \"new\"\ntables = [\"shop.*={schema}.*\"]\n")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_passes_on_equal_shops_and_tells_the_one_that_is_not() {
    let shop = Shop::new().await;
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/samples");
    let mut names: Vec<String> = std::fs::read_dir(&samples)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".source.sql").map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(names, ["counts_by_day", "max_id", "money_by_month", "orphans"]);
    let mut config = "[validation.checks]\nsource = \"old\"\ntarget = \"new\"\nkind = \"sql\"\n".to_owned();
    for name in &names {
        let file = |side: &str| samples.join(format!("{name}.{side}.sql")).display().to_string();
        let first = std::fs::read_to_string(file("source")).unwrap();
        // The key stands in the sample itself.
        let key = first.lines().next().unwrap().split_once("Key: ").map(|(_, key)| key.trim_end_matches('.'));
        let key: Vec<String> =
            key.unwrap_or_default().split(", ").filter(|key| !key.is_empty()).map(|key| format!("{key:?}")).collect();
        let (source, target, key) = (file("source"), file("target"), key.join(", "));
        let section = [
            "[[validation.checks.sql]]".to_owned(),
            format!("name = {name:?}"),
            format!("source = {source:?}"),
            format!("target = {target:?}"),
            format!("key = [{key}]\n"),
        ];
        config.push_str(&section.join("\n"));
    }
    let config = shop.config(&config);
    let equal = run(&config, &["checks"]).await;
    assert_eq!((equal.status, equal.summary()["verdict"].as_str()), (Some(0), Some("counts_equal")), "{equal:?}");
    let tables: Vec<_> = equal.lines.iter().filter(|line| line["kind"] == "table").collect();
    assert_eq!(tables.len(), names.len());
    assert!(tables.iter().all(|table| table["method"] == "sql" && !table["checks"].as_array().unwrap().is_empty()));
    shop.change(
        "UPDATE payment SET amount = amount + 0.01 WHERE id = (SELECT id FROM (SELECT min(id) AS id FROM payment) x)",
    )
    .await;
    let differs = run(&config, &["checks"]).await;
    assert_eq!(differs.status, Some(1), "{differs:?}");
    for line in differs.lines.iter().filter(|line| line["kind"] == "table") {
        let want = if line["source"] == "money_by_month" { "different" } else { "counts_equal" };
        assert_eq!(line["verdict"], want, "{line}");
    }
    let money = differs.lines.iter().find(|line| line["source"] == "money_by_month").unwrap();
    let failed: Vec<_> = money["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["name"].as_str().unwrap().ends_with(": amount") && failed[0]["source"].is_null(), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn aggregates_see_a_sum_a_null_and_a_greatest_value_and_hide_values() {
    let shop = Shop::new().await;
    let config = shop.config(&(shop.tables() + "kind = \"aggregate\"\n"));
    let equal = run(&config, &["shop"]).await;
    assert_eq!((equal.status, equal.summary()["verdict"].as_str()), (Some(0), Some("counts_equal")), "{equal:?}");
    assert_eq!(equal.lines.iter().filter(|line| line["method"] == "aggregate").count(), 12);
    for (sql, table, check) in [
        ("UPDATE payment SET amount = amount + 0.01 ORDER BY id LIMIT 1", "shop.payment", "sum(amount)"),
        (
            "UPDATE customer SET phone = NULL WHERE phone IS NOT NULL ORDER BY id LIMIT 1",
            "shop.customer",
            "count(phone)",
        ),
        ("UPDATE customer SET name = 'ÿÿÿ' ORDER BY id LIMIT 1", "shop.customer", "max(name)"),
        (
            "UPDATE document SET content = concat(content, 'x') WHERE content IS NOT NULL ORDER BY id LIMIT 1",
            "shop.document",
            "sum(bytes of content)",
        ),
        ("UPDATE product SET weight_kg = 4e6 ORDER BY id LIMIT 1", "shop.product", "sum(weight_kg)"),
    ] {
        shop.change(sql).await;
        let told = run(&config, &["shop"]).await;
        let line = told.lines.iter().find(|line| line["source"] == table).unwrap();
        let failed: Vec<_> = line["checks"].as_array().unwrap().iter().filter(|one| one["passed"] == false).collect();
        assert!(failed.iter().any(|one| one["name"] == check), "{sql}: {line}");
        assert_eq!((told.status, line["verdict"].as_str()), (Some(1), Some("different")));
        assert!(
            line["checks"].as_array().unwrap().iter().all(|one| one["source"].is_null() || one["source"].is_u64()),
            "{line}"
        );
    }
    let open = run(&config, &["shop", "--with-values", "--table=shop.customer"]).await;
    let line = open.lines.iter().find(|line| line["source"] == "shop.customer").unwrap();
    let name = line["checks"].as_array().unwrap().iter().find(|one| one["name"] == "max(name)").unwrap();
    assert_eq!(name["target"], "ÿÿÿ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_filters_leaves_out_and_names_rules_of_single_tables() {
    let shop = Shop::new().await;
    let more = "exclude = [\"shop.document\"]\n\
                [validation.shop.table.\"shop.orders\"]\nwhere = \"id > 2\"\nrules = [\"total=scale:0\"]\n\
                [validation.shop.table.\"*stock\"]\nkind = \"count\"\n";
    let config = shop.config(&(shop.tables() + more));
    shop.change(
        "UPDATE orders SET status = 'lost' WHERE id = 1; UPDATE orders SET total = floor(total) + 0.2 WHERE id = 4; \
                 UPDATE stock SET quantity = quantity + 1; DELETE FROM document",
    )
    .await;
    // What the rule leaves of a total decides, on both sides.
    let mut source = Database::parse(&shop.source).unwrap().write_owned_by_demo().await.unwrap();
    source.script("UPDATE shop.orders SET total = floor(total) + 0.3 WHERE id = 4").await.unwrap();
    let told = run(&config, &["shop"]).await;
    assert_eq!(told.status, Some(0), "{told:?}");
    assert_eq!(told.summary()["verdict"], "counts_equal");
    assert_eq!(told.summary()["waived"], serde_json::json!(["shop.document"]));
    assert_eq!((&told.table("orders")["method"], &told.table("stock")["method"]), (&"stream".into(), &"count".into()));
    let limited = run(&config, &["shop", "--table=shop.document"]).await;
    assert_eq!(limited.status, Some(0), "it is waived however it is named: {limited:?}");
    for (name, part) in [("nothing", "no task"), ("shop", "")] {
        let plan = command(&config, &[name, "--dry-run"]).output().await.unwrap();
        let said = String::from_utf8(plan.stderr).unwrap();
        // A name that the configuration has not is a task's, and nobody is signed in here.
        assert!(if part.is_empty() { plan.status.success() } else { !plan.status.success() }, "{said}");
    }
    let plan = command(&config, &["shop", "--dry-run"]).output().await.unwrap();
    let text = String::from_utf8(plan.stdout).unwrap();
    for part in [
        "[validation.shop], seen from",
        "by [databases.old]",
        "of the source only rows where id > 2",
        "count(*) FROM \"shop\".\"stock\"",
        "FROM \"shop\".\"orders\" WHERE ((id > 2) AND \"orders\".\"id\" > :from AND \"orders\".\"id\" <= :to)",
        ".document: left out, as the configuration says (waived)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_compared_by_its_mappings_and_endpoints() {
    let demo = Served::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[validation.night]\ntask = \"staging-refresh\"\nkind = \"count\"\n[validation.orders-cdc]\ntask = \"billing-cdc\"\n").unwrap();
    let command = |arguments: &[&str]| {
        let mut command = command(&config, arguments);
        command.env("AWS_ENDPOINT_URL", demo.endpoint()).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", "demo").env("AWS_SECRET_ACCESS_KEY", "demo");
        command
    };
    let plan = command(&["staging-refresh", "--dry-run"]).output().await.unwrap();
    let (text, said) = (String::from_utf8(plan.stdout).unwrap(), String::from_utf8(plan.stderr).unwrap());
    for part in
        ["task staging-refresh", "the full load has finished", "comparisons", "shop.order_item", "endpoint shop-"]
    {
        assert!(text.contains(part), "{part}: {text}{said}");
    }
    // A table that nobody sees there, and of which DMS counts rows.
    let json = || async { told(command(&["staging-refresh", "--dry-run", "--output=json"]).output().await.unwrap()) };
    let document = |told: &Told| {
        let tables = told.lines[0]["tables"].as_array().unwrap().iter();
        tables.filter(|table| table["source"] == "shop.document").cloned().collect::<Vec<_>>()
    };
    let before = json().await;
    assert_eq!(
        (before.lines[0]["tables"].as_array().unwrap().len(), &document(&before)[0]["method"]),
        (12, &"stream".into())
    );
    let file = before.lines[0]["source"]["at"].as_str().unwrap();
    let mut source =
        Database::parse(&format!("sqlite:{file}?schema=shop")).unwrap().write_owned_by_demo().await.unwrap();
    source.script("DROP TABLE shop.document").await.unwrap();
    let after = json().await;
    let left = document(&after);
    assert_eq!((after.lines[0]["tables"].as_array().unwrap().len(), left.len()), (12, 1), "{after:?}");
    assert!(left[0]["not_compared"].to_string().contains("DMS counts its rows"), "{left:?}");
    let json = told(command(&["night", "--dry-run", "--output=json"]).output().await.unwrap());
    assert_eq!(
        (&json.lines[0]["what"]["named"], &json.lines[0]["tables"][0]["kind"]),
        (&"night".into(), &"count".into())
    );
    assert!(json.lines[0]["gate"]["full_load"].is_object(), "{}", json.lines[0]);
    let both = told(command(&["orders-cdc", "--dry-run"]).output().await.unwrap());
    assert_eq!(both.status, Some(2));
    assert!(both.stderr.contains("is a task and [validation.orders-cdc]"), "{}", both.stderr);
}

/// A plan without what depends on the moment: rows, bytes, places, tables that a mover has just made.
fn golden(plan: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut out = String::new();
    for table in plan["tables"].as_array().unwrap() {
        let names = |name: &str| table[name].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(", ");
        writeln!(out, "{} -> {}", text(&table["source"]), text(&table["target"])).unwrap();
        writeln!(out, "  {} by {}: {}", text(&table["kind"]), text(&table["method"]), text(&table["why"])).unwrap();
        writeln!(out, "  key {}; columns {}", names("key"), names("columns")).unwrap();
        for not in table["not_compared"].as_array().unwrap() {
            let waived = if not["waived"] == true { " (waived)" } else { "" };
            writeln!(out, "  not {}: {}{waived}", text(&not["column"]), text(&not["reason"])).unwrap();
        }
    }
    out
}

/// Mappings of the demo's tasks are turned into these plans. `CUTOVER_ACCEPT=1` writes what it is now; read the difference.
#[tokio::test(flavor = "multi_thread")]
async fn mappings_of_the_demo_become_the_plans_that_were_read_by_a_person() {
    let demo = Served::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let mut said = String::new();
    for task in ["billing-cdc", "orders-cdc", "staging-refresh"] {
        let mut command = command(&config, &[task, "--dry-run", "--output=json"]);
        command.env("AWS_ENDPOINT_URL", demo.endpoint()).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", "demo").env("AWS_SECRET_ACCESS_KEY", "demo");
        let told = told(command.output().await.unwrap());
        assert_eq!(told.status, Some(0), "{told:?}");
        writeln!(said, "# {task}\n{}", golden(&told.lines[0])).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/validate/plans_of_the_demo.txt");
    if std::env::var_os("CUTOVER_ACCEPT").is_some() {
        std::fs::write(&file, &said).unwrap();
    }
    assert_eq!(said, std::fs::read_to_string(&file).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_said_before_anything_is_opened() {
    let (source, target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let databases = format!("[databases.a]\nurl = {:?}\n[databases.b]\nurl = {:?}\n", source.url, target.url);
    std::fs::write(&config, databases + "[validation.x]\nsource = \"a\"\ntarget = \"b\"\nkind = \"sql\"\n[[validation.x.sql]]\nname = \"n\"\nsql = \"gone.sql\"\n").unwrap();
    for (arguments, part) in [
        (&["x"][..], "gone.sql"),
        (&[], "give a TASK or NAME, or two addresses"),
        (&["x", "--source", "sqlite:a", "--target", "sqlite:b"], "cannot be used with"),
        (&["x", "--task", "t"], "--task is for two addresses"),
    ] {
        let output = command(&config, arguments).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.contains(part)), (Some(2), true), "{arguments:?}: {said}");
    }
}
