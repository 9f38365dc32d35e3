//! Catalogues of two databases beside one another, and the tables of migrations in them.

use super::*;
use cutover::db::schema::migrations;
use cutover::db::schema::parity::{Pair, parity};
use cutover::db::schema::snapshot::Kind;

fn pair(source: &Base, target: &Base, table: &str) -> Pair {
    Pair {
        source: TableName::new(&source.schema, table),
        target: TableName::new(&target.schema, table),
        left_out: vec![],
        renamed: vec![],
    }
}

#[tokio::test]
async fn two_fresh_copies_have_the_same_lines_and_every_change_is_found() {
    let (one, two) = (nasty_postgres().await, nasty_postgres().await);
    let source = snapshot(&one).await;
    same(&source, &snapshot(&two).await);
    assert!(source.items.len() > 200, "{}", source.items.len());
    two.script(
        "ALTER TABLE a.child ALTER r TYPE int; ALTER TABLE a.child ADD extra text; ALTER TABLE a.child DROP COLUMN s;
         ALTER TABLE a.child ALTER t SET NOT NULL; CREATE INDEX child_q ON a.child (q); ALTER TYPE a.mood RENAME VALUE 'glad' TO 'happy';
         COMMENT ON COLUMN a.child.c1 IS 'second'; DROP TABLE a.hen CASCADE; ALTER TABLE a.child ADD CHECK (c1 > 0)",
    )
    .await;
    let target = snapshot(&two).await;
    let tables = ["child", "hen", "tree"];
    let pairs: Vec<Pair> = tables
        .map(|name| Pair {
            source: TableName::new("a", name),
            target: TableName::new("a", name),
            left_out: vec![],
            renamed: vec![],
        })
        .into();
    let found = parity(&source, &target, &pairs);
    let said: Vec<String> = found.iter().map(|one| format!("{:?} {}", one.severity, one.words.raw())).collect();
    for want in [
        "Blocking the column r is narrower in the target: bigint does not fit into integer",
        "Blocking the column s is missing in the target",
        "Blocking the column t is NOT NULL only in the target",
        "Blocking the enumeration of m lacks in the target: glad",
        "Blocking the constraint child_c1_check is only in the target",
        "Blocking a.hen is not in the target",
        "Warning the column extra is only in the target",
        "Warning the column c1 has another comment in the target",
        "Warning the index child_q is only in the target",
        "Warning the foreign key elsewhere is not, or not so, in the target",
    ] {
        assert!(said.iter().any(|one| one.starts_with(want)), "{want}\n{said:#?}");
    }
    assert_eq!(said.len(), 10, "{said:#?}");
    assert!(found.windows(2).all(|two| two[0].severity <= two[1].severity));
}

#[tokio::test]
async fn a_table_of_postgresql_is_compared_with_one_of_mariadb() {
    let (one, two) = (Base::postgres().await, Base::mariadb().await);
    one.script(
        "CREATE TABLE t (id serial PRIMARY KEY, ok boolean NOT NULL, name varchar(40), body text, at timestamptz, big bigint, u uuid)",
    )
    .await;
    two.script(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, ok tinyint(1) NOT NULL, name varchar(20), body longtext, at datetime(6), \
         big int, u char(36), c int GENERATED ALWAYS AS (1) STORED)",
    )
    .await;
    let found = parity(&snapshot(&one).await, &snapshot(&two).await, &[pair(&one, &two, "t")]);
    let said: Vec<&str> = found.iter().map(|one| one.words.raw()).collect();
    assert_eq!(
        said,
        [
            "the column big is narrower in the target: bigint does not fit into int(11)",
            "the column name is narrower in the target: character varying(40) does not fit into varchar(20)",
            "the column c is only in the target",
        ]
    );
}

#[tokio::test]
async fn a_snapshot_leaves_out_what_dms_and_the_ledger_keep() {
    let base = Base::postgres().await;
    base.script("CREATE TABLE t (id int)").await;
    let before = snapshot(&base).await;
    base.script(
        "CREATE TABLE awsdms_status (id int PRIMARY KEY); CREATE SCHEMA _cutover; CREATE TABLE _cutover.run (id int)",
    )
    .await;
    let mut session = base.session().await;
    let scope = Scope { only: None, except: vec!["_cutover".into()] };
    same(&before, &snapshot::read(&mut session, &scope).await.unwrap());
    // Rows are no part of it.
    base.script("INSERT INTO t VALUES (1); ANALYZE t").await;
    same(&before, &snapshot::read(&mut session, &scope).await.unwrap());
    assert_eq!(before.of(Kind::Column, &TableName::new("public", "t")).count(), 1);
}

#[tokio::test]
async fn migrations_of_frameworks_are_read_from_every_engine() {
    let tables = "
        CREATE TABLE {s}.django_migrations (id int PRIMARY KEY, app varchar(99), name varchar(99), applied varchar(40));
        INSERT INTO {s}.django_migrations VALUES (1, 'shop', '0001_initial', 'x'), (2, 'shop', '0002_more', 'x');
        CREATE TABLE {s}.flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), script varchar(99), checksum int, success boolean);
        INSERT INTO {s}.flyway_schema_history VALUES (1, '1', 'V1.sql', -77, true), (2, NULL, 'R__view.sql', 5, true), (3, '2', 'V2.sql', 3, false);
        CREATE TABLE {s}.schema_migrations (version bigint PRIMARY KEY, dirty boolean);
        INSERT INTO {s}.schema_migrations VALUES (20250101, true);
        CREATE TABLE {s}._prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64), finished_at timestamp NULL, migration_name varchar(99), rolled_back_at timestamp NULL);
        INSERT INTO {s}._prisma_migrations VALUES ('1', 'aa', '2026-01-01 00:00:00', '001', NULL), ('2', 'bb', NULL, '002', '2026-01-01 00:00:00'), ('3', 'cc', NULL, '003', NULL);
        CREATE TABLE {s}.goose_db_version (id int PRIMARY KEY, version_id bigint, is_applied boolean);
        INSERT INTO {s}.goose_db_version VALUES (1, 0, true), (2, 5, true), (3, 6, true), (4, 6, false);
        CREATE TABLE {s}._sqlx_migrations (version bigint PRIMARY KEY, success boolean, checksum {bytes});
        INSERT INTO {s}._sqlx_migrations VALUES (1, true, {ff});
        CREATE TABLE {s}.migrations (id int PRIMARY KEY, migration varchar(99), batch int);
        INSERT INTO {s}.migrations VALUES (1, '2014_users', 1);
        CREATE TABLE {s}.ar_internal_metadata (`key` varchar(99) PRIMARY KEY, value varchar(99));
        INSERT INTO {s}.ar_internal_metadata VALUES ('environment', 'production')";
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Database::parse(&format!("sqlite:{}?schema=shop", folder.path().join("a.db").display())).unwrap();
    let (postgres, mariadb) = (Base::postgres().await, Base::mariadb().await);
    let mut read = Vec::new();
    for (database, schema, bytes, ff) in [
        (postgres.database.clone(), "public".to_owned(), "bytea", "'\\xff'"),
        (mariadb.database.clone(), mariadb.schema.clone(), "blob", "x'ff'"),
        (sqlite, "shop".to_owned(), "blob", "x'ff'"),
    ] {
        let mut session = database.write_owned_by_demo().await.unwrap();
        let quote = if bytes == "bytea" { "\"" } else { "`" };
        let sql = tables.replace("{s}", &schema).replace("{bytes}", bytes).replace("{ff}", ff).replace('`', quote);
        session.script(&sql).await.unwrap();
        let mut found = migrations::read(&mut session).await.unwrap();
        found.retain(|one| one.table.schema == schema);
        for one in &mut found {
            one.table.schema = "s".into();
        }
        read.push(found);
    }
    assert_eq!(read[0], read[1]);
    assert_eq!(read[0], read[2]);
    let of =
        |tool: &str| read[0].iter().find(|one| one.tool == tool).unwrap_or_else(|| panic!("{tool}: {:?}", read[0]));
    let applied = |tool: &str| of(tool).applied.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(applied("Django"), ["shop 0001_initial", "shop 0002_more"]);
    assert_eq!(applied("Flyway"), ["1 V1.sql", "2 V2.sql", "R__view.sql"]);
    assert_eq!(
        (of("Flyway").dirty.as_slice(), of("Flyway").applied["1 V1.sql"].as_deref()),
        (["2 V2.sql".to_owned()].as_slice(), Some("-77"))
    );
    assert_eq!(of("golang-migrate").dirty, ["20250101"]);
    assert_eq!((applied("Prisma"), of("Prisma").dirty.as_slice()), (vec!["001", "003"], ["003".to_owned()].as_slice()));
    assert_eq!(applied("goose"), ["0", "5"]);
    assert_eq!(of("sqlx").applied["1"].as_deref(), Some("\\xff"));
    assert_eq!(applied("Laravel"), ["2014_users"]);
    assert!(of("Rails").applied.is_empty());
}
