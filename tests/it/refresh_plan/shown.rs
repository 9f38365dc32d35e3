//! What a plan shows of masking before it is done, and the SQL of what else will be done.

use super::*;
use std::collections::BTreeSet;

/// Everything a plan can have that is shown in SQL.
const ALL: &str = "orphans = { \"*\" = \"delete\" }\n\
    [refresh.staging.masking]\nkey_env = \"MASK_KEY\"\n[refresh.staging.masking.defaults]\n\
    \"*\" = { fn = \"keep\", reason = \"nobody's data\" }\n\"*customer.name\" = \"full_name\"\n\
    \"*customer.email\" = { fn = \"email\", domain = \"email\" }\n\"*customer.phone\" = \"phone\"\n\
    \"*customer.born\" = { fn = \"date_truncate\", to = \"year\" }\n\"*orders.note\" = \"redact\"";

/// Every value of these columns of the source.
async fn old_values(source: &str, table: &str, columns: &[&str]) -> BTreeSet<String> {
    let database = Database::parse(source).unwrap();
    let mut session = database.read().await.unwrap();
    let dialect = database.dialect();
    let name = dialect.qualified(shop::schema_of(&database), table);
    let mut all = BTreeSet::new();
    for column in columns {
        let sql = format!("SELECT CAST({column} AS char(60)) FROM {name} WHERE {column} IS NOT NULL");
        for row in session.query(&sql, &[]).await.unwrap() {
            all.insert(row[0].as_text().unwrap().trim_end().to_owned());
        }
    }
    assert!(all.len() > 1000, "{} values", all.len());
    all
}

/// Class and length, or what there is without a length.
fn is_class_and_length(old: &str) -> bool {
    let class = old.strip_suffix(')').and_then(|old| old.split_once('('));
    matches!(old, "null" | "empty")
        || class.is_some_and(|(word, length)| {
            word.bytes().all(|byte| byte.is_ascii_lowercase()) && length.parse::<u32>().is_ok()
        })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The masked columns of the customers, none of whose old values stands anywhere in the plan.
async fn masking_is_shown(source: &str, lines: &[Value]) {
    let shown = of(lines, "preview");
    let of_customer: Vec<_> = shown.iter().filter(|one| text(&one["target"]).ends_with(".stg_customer")).collect();
    let functions: BTreeSet<(&str, &str)> =
        of_customer.iter().map(|one| (text(&one["column"]), text(&one["function"]))).collect();
    let want =
        [("name", "full_name"), ("email", "email of the domain email"), ("phone", "phone"), ("born", "date_truncate")];
    assert_eq!(functions, BTreeSet::from(want));
    assert!(shown.iter().any(|one| text(&one["target"]).ends_with(".stg_orders")), "{shown:?}");
    for one in &shown {
        let values = one["values"].as_array().unwrap();
        assert_eq!(values.len(), 3, "{one}");
        assert!(values.iter().all(|value| is_class_and_length(text(&value["old"]))), "{one}");
    }
    let email = of_customer.iter().find(|one| one["column"] == "email").unwrap();
    let values = email["values"].as_array().unwrap();
    let is_told =
        |value: &Value| text(&value["old"]).starts_with("email(") && text(&value["new"]).ends_with("@example.invalid");
    assert!(values.iter().all(is_told), "{email}");
    let whole = lines.iter().map(|line| line.to_string() + "\n").collect::<String>();
    for old in old_values(source, "customer", &["email", "phone", "born"]).await {
        assert!(!whole.contains(&old), "{old} is shown");
    }
    let promised = cli::promised("refresh plan");
    for (name, value) in email.as_object().unwrap() {
        assert!(cli::fits(value, &promised[name]), "{name}: {value}");
    }
}

/// Without its key it is a plan all the same, and says why it shows no rows.
fn without_its_key(demo: &Served, to: &str) {
    let (_, lines) = plan(demo, &config(to, "", &ALL.replace("MASK_KEY", "NO_SUCH_KEY")));
    let why =
        "mask: what masking makes of rows is not shown: [refresh.staging.masking]: the variable NO_SUCH_KEY is not set";
    let warnings = findings(&lines, "warning");
    assert!(warnings.iter().any(|one| one.starts_with(why)), "{warnings:?}");
    assert!(of(&lines, "preview").is_empty() && steps(&lines).contains(&"mask"), "{lines:?}");
}

fn words(lines: &[Value], step: &str) -> String {
    of(lines, "step").into_iter().find(|one| one["name"] == step).unwrap()["words"].to_string()
}

/// All that must stand in the SQL of these steps.
fn has(lines: &[Value], all: &[(&str, &str)]) {
    for (step, part) in all {
        let sql = sql(lines, step);
        assert!(sql.contains(part), "{step}: {part} is not in {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_it_shows_rows_as_they_will_be_and_all_that_will_be_run() {
    let server = servers::postgres().await;
    let with = |url: String| url.replacen("cutover@", "cutover:any@", 1);
    let (source, target) = (with(server.database().await), with(server.database().await));
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let to = destination(&target);
    let mut here = open(&target).await;
    settled(&mut here, "shop").await;
    here.script(
        "ALTER TABLE shop.stg_address ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES shop.stg_customer (id) NOT VALID; \
         CREATE SEQUENCE shop.\"Next one\" OWNED BY shop.stg_category.id; \
         ALTER TABLE shop.stg_category ALTER id SET DEFAULT nextval('shop.\"Next one\"')",
    )
    .await
    .unwrap();
    let before = catalogue(&mut here).await;
    let config_of = |top: &str, more: &str| config(&to, top, &format!("quarantine = \"connections\"\n{more}{ALL}"));
    let (_, lines) = plan(&demo, &config_of("", ""));
    masking_is_shown(&source, &lines).await;
    let database = Database::parse(&target).unwrap().name().unwrap().to_owned();
    has(
        &lines,
        &[
            ("quarantine", &format!("REVOKE CONNECT ON DATABASE \"{database}\" FROM PUBLIC\n")),
            ("quarantine-off", &format!("GRANT CONNECT ON DATABASE \"{database}\" TO PUBLIC\n")),
            ("keys-back", "DELETE FROM ONLY \"shop\".\"stg_address\" AS c WHERE"),
            ("sequences", "SELECT pg_catalog.setval('\"shop\".\"Next one\"'::pg_catalog.regclass, <next>, false)"),
            ("mask", "VACUUM \"shop\".\"stg_customer\"\n"),
            ("mask", "VACUUM \"shop\".\"stg_orders\"\n"),
        ],
    );
    assert!(!sql(&lines, "mask").contains("stg_category"), "nothing in it is masked");
    assert!(words(&lines, "keys-back").contains("the last statement is run only where there are orphans"), "{lines:?}");
    assert!(words(&lines, "lock").contains("in the schema cutover_ledger"), "{lines:?}");
    without_its_key(&demo, &to);

    // A user of the source who may read the keys of the customers, and no more of them.
    let mut there = open(&source).await;
    there
        .script(
            "CREATE ROLE refresh_plan_half LOGIN; GRANT USAGE ON SCHEMA shop TO refresh_plan_half; \
             GRANT SELECT ON ALL TABLES IN SCHEMA shop TO refresh_plan_half; \
             REVOKE SELECT ON shop.customer FROM refresh_plan_half; GRANT SELECT (id) ON shop.customer TO refresh_plan_half",
        )
        .await
        .unwrap();
    let half = source.replacen("cutover:any@", "refresh_plan_half@", 1);
    let top = format!("[databases.half]\nurl = {half:?}\ntls = \"off\"\nendpoint = \"shop-prod\"\n");
    let (_, lines) = plan(&demo, &config_of(&top, "source = \"half\"\n"));
    let notes = findings(&lines, "note");
    let why = "mask: shop.stg_customer: what masking makes of rows is not shown: permission denied";
    assert!(notes.iter().any(|one| one.starts_with(why)), "{notes:?}");
    let tables: BTreeSet<&str> = of(&lines, "preview").iter().map(|one| text(&one["target"])).collect();
    assert_eq!(tables, BTreeSet::from(["shop.stg_orders"]));

    // Another user than that of DMS, whom the endpoint names.
    let bare = target.replacen("cutover:any@", "cutover@", 1);
    let top = format!("[databases.named]\nurl = {bare:?}\ntls = \"off\"\nendpoint = \"shop-staging\"\n");
    let (_, lines) = plan(&demo, &config_of(&top, "target = \"named\"\n"));
    assert!(sql(&lines, "quarantine").contains("REVOKE CONNECT"), "{:?}", findings(&lines, "blocking"));
    assert_eq!(before, catalogue(&mut here).await, "looking changed something");
    there.script("DROP OWNED BY refresh_plan_half; DROP ROLE refresh_plan_half").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb_it_shows_rows_as_they_will_be_and_all_that_will_be_run() {
    let server = servers::mariadb().await;
    let (source, target) = (server.database().await, server.database().await);
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let to = destination(&target);
    let mut here = open(&target).await;
    let schema = shop::schema_of(&Database::parse(&target).unwrap()).to_owned();
    settled(&mut here, &schema).await;
    here.script(
        "SET foreign_key_checks = 0; \
         ALTER TABLE stg_address ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES stg_customer (id); \
         ALTER TABLE stg_category MODIFY id bigint NOT NULL AUTO_INCREMENT",
    )
    .await
    .unwrap();
    let before = catalogue(&mut here).await;
    let (_, lines) = plan(&demo, &config(&to, "", ALL));
    masking_is_shown(&source, &lines).await;
    has(
        &lines,
        &[
            ("keys-back", &format!("DELETE c FROM `{schema}`.`stg_address` c JOIN (SELECT")),
            ("sequences", &format!("ALTER TABLE `{schema}`.`stg_category` AUTO_INCREMENT = <next>\n")),
        ],
    );
    assert_eq!(sql(&lines, "mask"), "", "InnoDB clears them by itself");
    assert!(words(&lines, "lock").contains("in the database cutover_ledger"), "{lines:?}");
    without_its_key(&demo, &to);
    assert_eq!(before, catalogue(&mut here).await, "looking changed something");
}
