//! DMS's own tables on a target: there, not there, not allowed, hostile.

use super::Base;
use cutover::db::Database;
use cutover::db::around::{Asked, target};
use cutover::model::Untrusted;
use cutover::model::around::{FailureKind, Known, TargetSeen};
use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn asked() -> Asked {
    Asked {
        names: vec!["ORDERS5PQ7".into(), "orders-cdc".into()],
        control_schema: None,
        since: Some(at("2026-11-22T10:00:00Z")),
        newest: 2,
        values: false,
    }
}

async fn seen(database: &Database, asked: &Asked) -> TargetSeen {
    let (as_of, seen) = target(database, asked).await.unwrap();
    assert!(as_of.unwrap().duration_since(Timestamp::now()).as_secs().abs() < 30, "{as_of:?}");
    seen
}

/// The tables as DMS makes them on PostgreSQL: columns in upper case.
const POSTGRES: &str = r#"
CREATE TABLE public.awsdms_apply_exceptions ("TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL,
  "TABLE_NAME" varchar(128) NOT NULL, "ERROR_TIME" timestamp NOT NULL, "STATEMENT" text NOT NULL, "ERROR" text NOT NULL);
CREATE TABLE public.awsdms_suspended_tables ("SERVER_NAME" varchar(128), "TASK_NAME" varchar(128), "TABLE_OWNER" varchar(128),
  "TABLE_NAME" varchar(128), "SUSPEND_REASON" varchar(32), "SUSPEND_TIMESTAMP" timestamp);
CREATE TABLE public.awsdms_status ("SERVER_NAME" varchar(128), "TASK_NAME" varchar(128), "TASK_STATUS" varchar(32),
  "STATUS_TIME" timestamp, "PENDING_CHANGES" bigint);
CREATE TABLE public.awsdms_validation_failures_v1 ("TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL,
  "TABLE_NAME" varchar(128) NOT NULL, "FAILURE_TIME" timestamp NOT NULL, "KEY_TYPE" varchar(128) NOT NULL, "KEY" text NOT NULL,
  "FAILURE_TYPE" varchar(128) NOT NULL, "DETAILS" text NOT NULL);
CREATE TABLE public.awsdms_validation_failures_v2 ("RESYNC_ID" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "TASK_NAME" varchar(128) NOT NULL, "TABLE_OWNER" varchar(128) NOT NULL, "TABLE_NAME" varchar(128) NOT NULL,
  "FAILURE_TIME" timestamp NOT NULL, "KEY_TYPE" varchar(128) NOT NULL, "KEY" text NOT NULL, "FAILURE_TYPE" varchar(128) NOT NULL,
  "DETAILS" text NOT NULL, "RESYNC_RESULT" varchar(32), "RESYNC_TIME" timestamp, "RESYNC_ACTION" varchar(32));
"#;

const ROWS: &str = r#"
INSERT INTO public.awsdms_apply_exceptions VALUES
  ('ORDERS5PQ7', 'shop', 'orders', '2026-11-22 09:00:00', 'INSERT INTO orders VALUES (5, ''secret-a'')', 'old'),
  ('ORDERS5PQ7', 'shop', 'orders', '2026-11-22 11:00:00', 'UPDATE orders SET email = ''secret-b''',
   E'RetCode: SQL_ERROR  SqlState: 23505 NativeError: 1 Message: Key (email)=(secret-b)\x1b[2J'),
  ('orders-cdc', 'shop', E'cust\x1b]0;x\x07omer', '2026-11-22 12:00:00.5', 'x', 'secret-c'),
  ('SOMEBODYELSE', 'shop', 'orders', '2026-11-22 12:00:00', 'x', 'secret-d');
INSERT INTO public.awsdms_suspended_tables VALUES ('s', 'orders5pq7', 'shop', 'document', 'TABLE ERROR', '2026-11-22 11:30:00');
INSERT INTO public.awsdms_status VALUES ('s', 'ORDERS5PQ7', 'CHANGE PROCESSING', '2026-11-22 12:00:00', 17);
INSERT INTO public.awsdms_validation_failures_v1 VALUES
  ('ORDERS5PQ7', 'shop', 'orders', '2026-11-22 11:00:00', 'Row', '{"key":["3451491"]}', 'RECORD_DIFF',
   '[[''email'', ''secret-e''], ]');
INSERT INTO public.awsdms_validation_failures_v2
  ("TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "FAILURE_TIME", "KEY_TYPE", "KEY", "FAILURE_TYPE", "DETAILS", "RESYNC_ACTION") VALUES
  ('ORDERS5PQ7', 'shop', 'customer', '2026-11-22 12:00:00', 'Row', '{"key":["7","a"]}', 'MISSING_TARGET', 'secret-f', 'UPSERT');
"#;

#[tokio::test]
async fn rows_of_this_task_are_counted_and_told_without_a_value_of_a_row() {
    let base = Base::postgres().await;
    base.script(POSTGRES).await;
    base.script(ROWS).await;
    let seen = seen(&base.database, &asked()).await;

    let exceptions = seen.exceptions.is().unwrap();
    assert_eq!((exceptions.total, exceptions.more, exceptions.since_start), (3, false, Some(2)));
    assert_eq!(exceptions.of_others, 1);
    let told: Vec<_> = exceptions.newest.iter().map(|one| (one.table.shown().into_owned(), one.code.clone())).collect();
    assert_eq!(told, [("cust]0;xomer".to_owned(), None), ("orders".to_owned(), Some("23505".to_owned()))]);
    assert_eq!(exceptions.newest[1].at, Some(at("2026-11-22T11:00:00Z")));

    let suspended = seen.suspended.is().unwrap();
    assert_eq!((suspended.total, suspended.newest[0].table.raw()), (1, "document"));

    let failures = seen.failures.is().unwrap();
    let tables: Vec<_> = failures.tables.iter().map(Untrusted::raw).collect();
    assert_eq!(tables, ["public.awsdms_validation_failures_v1", "public.awsdms_validation_failures_v2"]);
    let told: Vec<_> = failures.newest.iter().map(|one| (one.table.raw(), one.key.raw(), one.kind.clone())).collect();
    assert_eq!(
        told,
        [
            ("customer", "(7, a)".to_owned(), FailureKind::MissingTarget),
            ("orders", "3451491".to_owned(), FailureKind::Different)
        ]
    );
    assert_eq!(failures.newest[0].resync.as_ref().unwrap().raw(), "UPSERT");

    let status = seen.status.is().unwrap().as_ref().unwrap();
    assert_eq!((status.status.raw(), status.pending_changes), ("CHANGE PROCESSING", Some(17)));

    // Everything that is told, as it would be kept.
    let kept = serde_json::to_string(&seen).unwrap();
    assert!(!kept.contains("secret"), "{kept}");
    let with_values = super::control::seen(&base.database, &Asked { values: true, ..asked() }).await;
    let kept = serde_json::to_string(&with_values).unwrap();
    for value in ["secret-b", "secret-c", "secret-e", "secret-f", "TABLE ERROR"] {
        assert!(kept.contains(value), "{value}: {kept}");
    }
    assert!(!kept.contains("secret-d"), "another task's: {kept}");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_not_an_empty_one_and_one_that_may_not_be_read_says_so() {
    let base = Base::postgres().await;
    let none = seen(&base.database, &asked()).await;
    assert_eq!((none.exceptions, none.failures), (Known::NotThere, Known::NotThere));

    base.script(POSTGRES).await;
    let empty = seen(&base.database, &asked()).await;
    assert_eq!(empty.exceptions.is().unwrap().total, 0);
    assert_eq!(empty.status, Known::Is(None));
    let elsewhere = Asked { control_schema: Some("dms_control".into()), ..asked() };
    assert_eq!(seen(&base.database, &elsewhere).await.exceptions, Known::NotThere);

    let stranger = format!("watcher_{}", base.database.name().unwrap());
    base.script(&format!("CREATE ROLE {stranger} LOGIN; GRANT SELECT ON public.awsdms_status TO {stranger}")).await;
    let database = Database::parse(&base.url.replace("cutover@", &format!("{stranger}@"))).unwrap();
    let refused = seen(&database, &asked()).await;
    let Known::Unknown(why) = &refused.exceptions else { panic!("{:?}", refused.exceptions) };
    assert_eq!(why.raw(), "not allowed: no SELECT on public.awsdms_apply_exceptions");
    assert_eq!(refused.status, Known::Is(None));
}

#[tokio::test]
async fn mariadb_keeps_them_in_a_database_of_their_own_and_hides_what_one_may_not_read() {
    let base = Base::mariadb().await;
    let control = format!("{}_control", base.schema);
    let asked = Asked { control_schema: Some(control.clone()), ..asked() };
    assert_eq!(seen(&base.database, &asked).await.exceptions, Known::NotThere);
    base.script(&format!(
        "CREATE DATABASE {control} CHARACTER SET utf8mb4;
         CREATE TABLE {control}.awsdms_apply_exceptions (TASK_NAME varchar(128) NOT NULL, TABLE_OWNER varchar(128) NOT NULL,
           TABLE_NAME varchar(128) NOT NULL, ERROR_TIME datetime NOT NULL, STATEMENT longtext NOT NULL, ERROR longtext NOT NULL);
         CREATE TABLE {control}.awsdms_validation_failures_v1 (TASK_NAME varchar(128) NOT NULL, TABLE_OWNER varchar(128) NOT NULL,
           TABLE_NAME varchar(128) NOT NULL, FAILURE_TIME datetime NOT NULL, KEY_TYPE varchar(128) NOT NULL,
           `KEY` text NOT NULL, FAILURE_TYPE varchar(128) NOT NULL, DETAILS longtext NOT NULL);
         INSERT INTO {control}.awsdms_apply_exceptions VALUES
           ('ORDERS5PQ7', 'shop', 'orders', '2026-11-22 11:00:00', 'secret', 'SqlState: 23000 secret');
         INSERT INTO {control}.awsdms_validation_failures_v1 VALUES
           ('orders5pq7', 'shop', 'orders', '2026-11-22 11:00:00', 'Row', '{{\"key\":[\"1\"]}}', 'MISSING_SOURCE', 'secret')"
    ))
    .await;
    let told = seen(&base.database, &asked).await;
    let exceptions = told.exceptions.is().unwrap();
    assert_eq!(
        (exceptions.total, exceptions.since_start, exceptions.newest[0].code.as_deref()),
        (1, Some(1), Some("23000"))
    );
    assert_eq!(exceptions.newest[0].at, Some(at("2026-11-22T11:00:00Z")));
    assert_eq!(told.failures.is().unwrap().newest[0].key.raw(), "1");
    assert_eq!(told.suspended, Known::NotThere);
    assert!(!serde_json::to_string(&told).unwrap().contains("secret"));

    let stranger = format!("w_{}", base.schema);
    base.script(&format!(
        "CREATE USER '{stranger}'@'%' IDENTIFIED BY 'sesame'; GRANT SELECT ON {}.* TO '{stranger}'@'%'",
        base.schema
    ))
    .await;
    let url = base.url.replace("cutover:", &format!("{stranger}:"));
    let refused = seen(&Database::parse(&url).unwrap(), &asked).await;
    let Known::Unknown(why) = &refused.exceptions else { panic!("{:?}", refused.exceptions) };
    assert!(why.raw().starts_with("not allowed: ") && why.raw().contains("awsdms_apply_exceptions"), "{why:?}");
}

#[tokio::test]
async fn a_file_has_them_too_and_nothing_that_only_a_server_knows() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?schema=shop", folder.path().join("a.db").display());
    let database = Database::parse(&url).unwrap();
    let mut session = database.write_owned_by_demo().await.unwrap();
    session
        .script(
            "CREATE TABLE shop.awsdms_suspended_tables (TASK_NAME TEXT, TABLE_OWNER TEXT, TABLE_NAME TEXT,
               SUSPEND_REASON TEXT, SUSPEND_TIMESTAMP TEXT);
             INSERT INTO shop.awsdms_suspended_tables VALUES ('ORDERS5PQ7', 'shop', 'orders', 'secret', '2026-11-22 11:00:00')",
        )
        .await
        .unwrap();
    let seen = seen(&database, &asked()).await;
    let suspended = seen.suspended.is().unwrap();
    assert_eq!((suspended.total, suspended.since_start, suspended.newest[0].reason.as_ref()), (1, Some(1), None));
    assert_eq!((seen.exceptions, seen.blocked, seen.replica), (Known::NotThere, Known::NotDue, Known::NotDue));
}
