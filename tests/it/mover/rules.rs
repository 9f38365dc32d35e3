//! Which tables, in what state the target finds itself, and what breaks there.

use super::{Pair, Running, failures, rows, rule, schema, script, selection};
use cutover::db::{Database, Row, Value, catalogue};
use cutover::demo::mover::order::{Begin, Happened, Order};
use cutover::demo::shop::{self, ForeignKeys, TABLES};
use cutover::model::mappings;
use cutover::model::settings::PrepMode;
use jiff::Timestamp;
use std::collections::BTreeMap;

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
