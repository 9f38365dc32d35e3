//! Foreign keys, triggers and sequences of real servers, taken away and put back; and what their catalogues say.

mod identity;
mod orphans;
mod parity;
mod sequences;
mod text;

use crate::around::Base;
use cutover::db::schema::keys::{self, Key, Presence};
use cutover::db::schema::snapshot::{self, Scope, Snapshot};
use cutover::db::schema::triggers::{self, State, Trigger};
use cutover::db::schema::{TableName, prepare};
use cutover::db::{Database, Session, Write};

/// A database full of hard cases.
pub async fn nasty_postgres() -> Base {
    let base = Base::postgres().await;
    base.script(include_str!("nasty_postgresql.sql")).await;
    base
}

pub async fn nasty_mariadb() -> Base {
    let base = Base::mariadb().await;
    base.script(&format!("ALTER DATABASE {} CHARACTER SET utf8mb4", base.schema)).await;
    let other = format!("{}_other", base.schema);
    base.script(&include_str!("nasty_mariadb.sql").replace("{other}", &other)).await;
    base
}

/// A session that is told what the statements mean.
pub async fn prepared(base: &Base) -> Session<Write> {
    let mut session = base.session().await;
    for statement in prepare(session.dialect().engine) {
        session.script(statement).await.unwrap();
    }
    session
}

pub async fn run(session: &mut Session<Write>, statements: &[String]) {
    for statement in statements {
        if let Err(error) = session.script(statement).await {
            panic!("{error}\n{statement}");
        }
    }
}

/// MariaDB's server is everybody's: only our own databases count.
fn scope(base: &Base) -> Scope {
    let only = (base.schema != "public").then(|| vec![base.schema.clone(), format!("{}_other", base.schema)]);
    Scope { only, except: Vec::new() }
}

pub async fn snapshot(base: &Base) -> Snapshot {
    let mut session = base.database.read().await.unwrap();
    snapshot::read(&mut session, &scope(base)).await.unwrap()
}

pub async fn keys_of(base: &Base) -> Vec<Key> {
    let mut session = base.database.read().await.unwrap();
    keys::read(&mut session, scope(base).only.as_deref()).await.unwrap()
}

pub async fn triggers_of(base: &Base) -> Vec<Trigger> {
    let mut session = base.database.read().await.unwrap();
    let found = triggers::read(&mut session, None).await.unwrap();
    let only = scope(base).only;
    found.into_iter().filter(|one| only.as_ref().is_none_or(|only| only.contains(&one.table.schema))).collect()
}

/// Through the text form that a ledger keeps.
fn kept(keys: &[Key]) -> Vec<Key> {
    let kept: Vec<Key> = serde_json::from_str(&serde_json::to_string(keys).unwrap()).unwrap();
    assert_eq!(kept, keys);
    kept
}

#[track_caller]
pub fn same(before: &Snapshot, after: &Snapshot) {
    assert_eq!(before.difference(after), Vec::<String>::new());
    assert_eq!(before.fingerprint(), after.fingerprint());
}

#[tokio::test]
async fn every_key_of_postgresql_goes_and_comes_back_the_same() {
    let base = nasty_postgres().await;
    let before = snapshot(&base).await;
    let keys = kept(&keys_of(&base).await);
    assert_eq!(keys.len(), 29);
    assert!(keys.iter().all(|key| key.can_drop && key.can_readd && key.presence(&keys) == Presence::Same));

    let mut session = prepared(&base).await;
    for chunk in keys::chunks(&keys) {
        session.begin().await.unwrap();
        for key in chunk {
            run(&mut session, &key.away()).await;
        }
        session.commit().await.unwrap();
    }
    let now = keys_of(&base).await;
    assert_eq!(now, []);
    assert!(keys.iter().all(|key| key.presence(&now) == Presence::Gone));
    // What no other way allows.
    session.script("TRUNCATE TABLE a.parent; TRUNCATE TABLE a.part").await.unwrap();
    assert!(before.difference(&snapshot(&base).await).iter().all(|line| line.starts_with("- foreign_key")));

    for key in &keys {
        session.begin().await.unwrap();
        run(&mut session, &key.back()).await;
        session.commit().await.unwrap();
    }
    let now = keys_of(&base).await;
    for key in &keys {
        let unseen = key.validate().is_some();
        assert_eq!(key.presence(&now), if unseen { Presence::Unvalidated } else { Presence::Same }, "{}", key.ident);
    }
    for statement in keys.iter().filter_map(Key::validate) {
        session.script(&statement).await.unwrap();
    }
    same(&before, &snapshot(&base).await);
    let now = keys_of(&base).await;
    assert_eq!(now, keys);
}

#[tokio::test]
async fn a_rehearsal_that_is_rolled_back_leaves_no_trace() {
    let base = nasty_postgres().await;
    let (before, keys) = (snapshot(&base).await, keys_of(&base).await);
    let mut session = prepared(&base).await;
    session.begin().await.unwrap();
    for key in &keys {
        run(&mut session, &key.away()).await;
    }
    for key in &keys {
        run(&mut session, &key.back()).await;
    }
    session.rollback().await.unwrap();
    same(&before, &snapshot(&base).await);
}

#[tokio::test]
async fn what_is_lost_with_a_key_and_not_in_its_definition_is_told_until_it_is_back() {
    let base = nasty_postgres().await;
    let keys = keys_of(&base).await;
    let find = |name: &str| keys.iter().find(|key| key.name == name).unwrap();
    let mut session = prepared(&base).await;
    for (name, words) in
        [("late", "its comment"), ("of_all", "shares in partitions"), ("is_off", "states of its triggers")]
    {
        let key = find(name);
        run(&mut session, &key.away()).await;
        session.script(&key.add_sql).await.unwrap();
        let Presence::Incomplete(said) = key.presence(&keys_of(&base).await) else {
            panic!("{name} is not incomplete")
        };
        assert!(said.contains(words), "{said}");
        // Twice is as good as once.
        run(&mut session, &key.around()).await;
        run(&mut session, &key.around()).await;
        assert_eq!(key.presence(&keys_of(&base).await), Presence::Same, "{name}");
    }
    let late = find("late");
    run(&mut session, &late.away()).await;
    session.script("ALTER TABLE a.child ADD CONSTRAINT late FOREIGN KEY (p) REFERENCES b.parent").await.unwrap();
    let Presence::Drifted(said) = late.presence(&keys_of(&base).await) else { panic!("another key is not told") };
    assert!(said.contains("a.parent(id) ON DELETE CASCADE") && said.contains("b.parent(id)"), "{said}");
}

#[tokio::test]
async fn a_search_path_leads_no_key_to_another_table_and_is_put_back() {
    let base = Base::postgres().await;
    base.script(
        "CREATE SCHEMA a; CREATE TABLE a.parent (id int PRIMARY KEY); CREATE TABLE a.child (p int REFERENCES a.parent);
         CREATE TABLE public.parent (id int PRIMARY KEY)",
    )
    .await;
    let mut session = base.database.read().await.unwrap();
    session.query("SELECT set_config('search_path', 'a, \"it''s\"', false)", &[]).await.unwrap();
    let keys = keys::read(&mut session, None).await.unwrap();
    assert_eq!(keys[0].def, "FOREIGN KEY (p) REFERENCES a.parent(id)");
    let path = session.query("SELECT current_setting('search_path')", &[]).await.unwrap();
    assert_eq!(path, [["a, \"it's\"".into()]]);
}

#[tokio::test]
async fn only_an_owner_may_drop_and_only_with_references_put_back() {
    let base = Base::postgres().await;
    let user = format!("owner_{}", base.database.name().unwrap());
    base.script(&format!(
        "CREATE ROLE {user} LOGIN; CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE own_parent (id int PRIMARY KEY);
         CREATE TABLE child (a int REFERENCES parent, b int REFERENCES own_parent); CREATE TABLE other (c int REFERENCES parent);
         ALTER TABLE child OWNER TO {user}; ALTER TABLE own_parent OWNER TO {user}"
    ))
    .await;
    let database = Database::parse(&base.url.replace("cutover@", &format!("{user}@"))).unwrap();
    let mut session = database.read().await.unwrap();
    let keys = keys::read(&mut session, None).await.unwrap();
    let may: Vec<(&str, bool, bool)> =
        keys.iter().map(|key| (key.name.as_str(), key.can_drop, key.can_readd)).collect();
    assert_eq!(may, [("child_a_fkey", true, false), ("child_b_fkey", true, true), ("other_c_fkey", false, false)]);
}

#[tokio::test]
async fn every_key_of_mariadb_goes_and_comes_back_the_same_with_its_index() {
    let base = nasty_mariadb().await;
    let before = snapshot(&base).await;
    let keys = kept(&keys_of(&base).await);
    assert_eq!(keys.len(), 17);
    assert_eq!(
        keys.iter().filter(|key| !key.parent_exists).map(|key| key.name.as_str()).collect::<Vec<_>>(),
        ["nowhere"]
    );
    let mut session = prepared(&base).await;
    for key in &keys {
        run(&mut session, &key.away()).await;
        run(&mut session, &key.away()).await;
    }
    assert_eq!(keys_of(&base).await, []);
    for key in &keys {
        run(&mut session, &key.back()).await;
    }
    same(&before, &snapshot(&base).await);
    let now = keys_of(&base).await;
    assert!(keys.iter().all(|key| key.presence(&now) == Presence::Same));
    assert!(keys.iter().all(|key| key.validate().is_none()));
}

#[tokio::test]
async fn triggers_of_postgresql_are_switched_off_and_get_their_own_state_back() {
    let base = nasty_postgres().await;
    let (before, triggers) = (snapshot(&base).await, triggers_of(&base).await);
    assert_eq!(triggers.len(), 11);
    let mut session = prepared(&base).await;
    for trigger in triggers.iter().rev() {
        run(&mut session, &trigger.away).await;
    }
    assert!(triggers_of(&base).await.iter().all(|one| one.state == State::Disabled));
    for trigger in &triggers {
        run(&mut session, &trigger.back).await;
    }
    same(&before, &snapshot(&base).await);
    // What goes into a partitioned table fires the triggers of its parts.
    let part = TableName::new("a", "part");
    let of_part = triggers::read(&mut session, Some(&[part])).await.unwrap();
    assert_eq!(of_part.len(), 6);
}

#[tokio::test]
async fn triggers_of_mariadb_come_back_in_their_order_and_in_their_modes_wherever_it_stopped() {
    let base = nasty_mariadb().await;
    let (before, triggers) = (snapshot(&base).await, triggers_of(&base).await);
    let names: Vec<&str> = triggers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["first", "sec`ond", "third", "after_all"]);
    assert!(triggers.iter().all(|one| one.stuck.is_none()), "{triggers:?}");
    for gone in 0..=triggers.len() {
        let mut session = prepared(&base).await;
        for trigger in triggers.iter().rev().take(gone) {
            run(&mut session, &trigger.away).await;
        }
        assert_eq!(triggers_of(&base).await.len(), triggers.len() - gone);
        for trigger in &triggers {
            run(&mut session, &trigger.back).await;
        }
        same(&before, &snapshot(&base).await);
        assert_eq!(triggers_of(&base).await, triggers);
        // The session is as it was.
        let mode = session.query("SELECT CAST(@@SESSION.sql_mode AS CHAR)", &[]).await.unwrap();
        assert!(format!("{mode:?}").contains("PIPES_AS_CONCAT") && !format!("{mode:?}").contains("ANSI_QUOTES"));
    }
    base.script("INSERT INTO fired (v) VALUES ('a')").await;
    let mut session = base.session().await;
    // One puts `\n` behind it, not a new line, and the last a backslash.
    let row = session.query("SELECT v FROM fired", &[]).await.unwrap();
    assert_eq!(row, [["a\\n\\".into()]]);
}

#[tokio::test]
async fn triggers_of_sqlite_come_back_in_the_file_they_were_in() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?schema=shop", folder.path().join("a.db").display());
    let database = Database::parse(&url).unwrap();
    let mut session = database.write_owned_by_demo().await.unwrap();
    session
        .script(
            "CREATE TABLE shop.parent (id INTEGER PRIMARY KEY); CREATE TABLE shop.t (id INTEGER PRIMARY KEY, p REFERENCES parent, v text);
             CREATE TRIGGER shop.\"on \"\"it\" AFTER INSERT ON t BEGIN UPDATE t SET v = 'a;b' WHERE id = new.id; END;
             CREATE TRIGGER IF NOT EXISTS shop.plain BEFORE DELETE ON t WHEN old.v = 'TRIGGER' BEGIN SELECT raise(abort, 'no'); END;
             CREATE INDEX shop.t_v ON t (v)",
        )
        .await
        .unwrap();
    let scope = Scope::default();
    let before = snapshot::read(&mut session, &scope).await.unwrap();
    let found = triggers::read(&mut session, None).await.unwrap();
    assert_eq!(found.len(), 2);
    for trigger in found.iter().rev() {
        run(&mut session, &trigger.away).await;
    }
    assert_eq!(triggers::read(&mut session, None).await.unwrap(), []);
    for _ in 0..2 {
        for trigger in &found {
            run(&mut session, &trigger.back).await;
        }
    }
    same(&before, &snapshot::read(&mut session, &scope).await.unwrap());
    let keys = keys::read(&mut session, None).await.unwrap();
    assert_eq!(
        (keys[0].def.as_str(), keys[0].away().len()),
        ("FOREIGN KEY (\"p\") REFERENCES \"shop\".\"parent\" (\"id\")", 0)
    );
}
