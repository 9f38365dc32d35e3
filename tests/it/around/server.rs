//! What only the server knows: slots and the WAL they keep, the binlog, open transactions, who waits for whom.

use super::Base;
use cutover::db::around::{Asked, source, target};
use cutover::db::{Database, Value};
use cutover::model::around::{Blocked, Known, Open, SourceSeen};
use jiff::SignedDuration;
use std::time::{Duration, Instant};

async fn seen(base: &Base) -> SourceSeen {
    source(&base.database).await.unwrap().1
}

/// Asks until it is so. `InnoDB` tells the same again to whoever asks within a tenth of a second.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn a_slot_that_nobody_reads_keeps_wal_and_says_how_much() {
    let base = Base::postgres().await;
    let name = format!("orders5pq7_{}", base.database.name().unwrap());
    assert_eq!(seen(&base).await.slots, Known::Is(vec![]));
    base.script(&format!("SELECT pg_create_logical_replication_slot('{name}', 'test_decoding')")).await;
    base.script("CREATE TABLE t (x text); INSERT INTO t SELECT repeat('x', 500) FROM generate_series(1, 5000)").await;
    let told = seen(&base).await;
    let [slot] = told.slots.is().unwrap().as_slice() else { panic!("{:?}", told.slots) };
    assert_eq!((slot.name.raw(), slot.active, slot.is_of("ORDERS5PQ7", None)), (name.as_str(), false, true));
    assert!(slot.retained.unwrap() > 1_000_000, "{slot:?}");
    assert!(slot.behind.unwrap() > 1_000_000, "{slot:?}");
    assert_eq!(slot.wal_status.as_ref().unwrap().raw(), "reserved");
    assert_eq!((told.binlog, told.replica), (Known::NotDue, Known::Is(None)));
    base.script(&format!("SELECT pg_drop_replication_slot('{name}')")).await;
}

#[tokio::test]
async fn mariadb_tells_how_it_keeps_its_changes() {
    let base = Base::mariadb().await;
    base.script("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await;
    let told = seen(&base).await;
    let binlog = told.binlog.is().unwrap();
    assert_eq!((binlog.on, binlog.format.raw()), (true, "ROW"));
    assert_eq!(binlog.row_image.as_ref().unwrap().raw(), "FULL");
    assert_eq!(binlog.rds_hours, None);
    let files = binlog.files.is().unwrap();
    assert!(files.count >= 1 && files.bytes > 0, "{files:?}");
    assert_eq!(files.has("binlog.000001"), Some(true));
    assert_eq!((told.slots, told.replica), (Known::NotDue, Known::Is(None)));

    // Somebody who may read rows, and nothing of the server.
    let stranger = format!("r_{}", base.schema);
    base.script(&format!(
        "CREATE USER '{stranger}'@'%' IDENTIFIED BY 'sesame'; GRANT SELECT ON {}.* TO '{stranger}'@'%'",
        base.schema
    ))
    .await;
    let database = Database::parse(&base.url.replace("cutover:", &format!("{stranger}:"))).unwrap();
    let refused = source(&database).await.unwrap().1;
    let binlog = refused.binlog.is().unwrap();
    assert!(matches!(&binlog.files, Known::Unknown(why) if why.raw().starts_with("not allowed: ")), "{binlog:?}");
    assert!(matches!(&refused.open, Known::Unknown(why) if why.raw().contains("PROCESS")), "{:?}", refused.open);
}

#[tokio::test]
async fn the_oldest_open_transaction_is_told_with_its_age_and_whether_it_has_written() {
    for base in [Base::postgres().await, Base::mariadb().await] {
        let table = base.database.dialect().qualified(&base.schema, "t");
        base.script(&format!("CREATE TABLE {table} (id int PRIMARY KEY, x varchar(20))")).await;
        let mut writer = base.session().await;
        writer.begin().await.unwrap();
        writer.execute(&format!("INSERT INTO {table} VALUES (1, 'secret')"), &[]).await.unwrap();
        let mine = |open: &Open, pid: i64| open.transactions.iter().find(|one| one.pid == Some(pid)).cloned();
        let sql = match base.schema.as_str() {
            "public" => "SELECT CAST(pg_backend_pid() AS bigint)",
            _ => "SELECT CAST(CONNECTION_ID() AS SIGNED)",
        };
        let pid = writer.query(sql, &[]).await.unwrap()[0][0].as_int().unwrap();
        let one = until("it is a second old", async || {
            let told = seen(&base).await;
            let open = told.open.is().unwrap_or_else(|| panic!("{:?}", told.open));
            assert!(!serde_json::to_string(open).unwrap().contains("secret"));
            mine(open, pid).filter(|one| one.open_for >= SignedDuration::from_secs(1))
        })
        .await;
        assert!(one.open_for < SignedDuration::from_secs(60), "{one:?}");
        assert_eq!(one.has_written, Some(true), "{one:?}");
        assert_eq!(one.user.as_ref().unwrap().raw(), "cutover");
        assert_eq!(one.state.as_ref().unwrap().raw(), "idle in transaction");
        writer.rollback().await.unwrap();
        until("it is gone", async || mine(seen(&base).await.open.is().unwrap(), pid).is_none().then_some(())).await;
    }
}

#[tokio::test]
async fn a_transaction_that_nobody_holds_any_more_is_open_all_the_same() {
    let base = Base::postgres().await;
    let name = base.database.name().unwrap().to_owned();
    base.script(&format!("CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '{name}'"))
        .await;
    let told = seen(&base).await;
    let open = told.open.is().unwrap();
    let [one] = open.transactions.as_slice() else { panic!("{open:?}") };
    assert_eq!((one.pid, one.has_written, one.state.as_ref().unwrap().raw()), (None, Some(true), "prepared"));
    base.script(&format!("ROLLBACK PREPARED '{name}'")).await;
}

#[tokio::test]
async fn who_may_not_see_the_sessions_of_others_is_told_how_many_there_are() {
    let base = Base::postgres().await;
    let stranger = format!("blind_{}", base.database.name().unwrap());
    base.script(&format!("CREATE ROLE {stranger} LOGIN")).await;
    let mut other = base.session().await;
    other.query("SELECT 1", &[]).await.unwrap();
    let database = Database::parse(&base.url.replace("cutover@", &format!("{stranger}@"))).unwrap();
    let told = source(&database).await.unwrap().1;
    let open = told.open.is().unwrap();
    assert!(open.transactions.is_empty() && open.hidden >= 1, "{open:?}");
}

#[tokio::test]
async fn a_session_that_waits_is_told_with_the_one_it_waits_for() {
    for base in [Base::postgres().await, Base::mariadb().await] {
        let table = base.database.dialect().qualified(&base.schema, "held");
        base.script(&format!("CREATE TABLE {table} (id int PRIMARY KEY, x int); INSERT INTO {table} VALUES (1, 1)"))
            .await;
        let blocked = async || -> Vec<Blocked> {
            let told = target(&base.database, &Asked::default()).await.unwrap().1;
            let all = told.blocked.is().unwrap_or_else(|| panic!("{:?}", told.blocked)).clone();
            // The MariaDB of the run is everybody's.
            all.into_iter().filter(|one| base.schema == "public" || about(one, &base.schema)).collect()
        };
        assert_eq!(blocked().await, []);
        let mut holder = base.session().await;
        holder.begin().await.unwrap();
        let update = format!("UPDATE {table} SET x = x + 1 WHERE id = 1");
        holder.execute(&update, &[]).await.unwrap();
        let mut waiter = base.session().await;
        let waiting = tokio::spawn(async move { waiter.execute(&update, &[]).await });
        let one = until("somebody waits", async || blocked().await.into_iter().next()).await;
        let by = one.by.clone().unwrap();
        assert_ne!(by.pid, one.pid);
        assert_eq!(by.state.as_ref().unwrap().raw(), "idle in transaction");
        assert_eq!(one.user.as_ref().unwrap().raw(), "cutover");
        assert!(one.waits.is_some() && by.open_for.is_some(), "{one:?}");
        holder.rollback().await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 1);
        until("nobody waits", async || blocked().await.is_empty().then_some(())).await;
    }
}

fn about(one: &Blocked, schema: &str) -> bool {
    one.table.as_ref().is_some_and(|table| table.raw().contains(schema))
}

#[tokio::test]
async fn looking_changes_nothing_and_what_takes_too_long_is_given_up() {
    let base = Base::postgres().await;
    // A table of DMS that nobody can read while it is locked.
    base.script(r#"CREATE TABLE public.awsdms_status ("TASK_NAME" text, "TASK_STATUS" text, "STATUS_TIME" timestamp, "PENDING_CHANGES" bigint)"#)
        .await;
    let mut holder = base.session().await;
    holder.begin().await.unwrap();
    holder.execute("LOCK TABLE public.awsdms_status IN ACCESS EXCLUSIVE MODE", &[]).await.unwrap();
    let asked = Asked { names: vec!["x".into()], newest: 5, ..Asked::default() };
    let told = target(&base.database, &asked).await.unwrap().1;
    assert!(matches!(&told.status, Known::Unknown(why) if why.raw() == "no answer within 5 s"), "{:?}", told.status);
    holder.rollback().await.unwrap();
    let rows = base.session().await.query("SELECT count(*) FROM public.awsdms_status", &[]).await.unwrap();
    assert_eq!(rows, [vec![Value::Int(0)]]);
}
