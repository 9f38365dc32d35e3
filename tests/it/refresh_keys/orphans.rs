//! Rows whose parent is gone, on every engine.

use super::*;
use cutover::db::schema::orphans::{self, Policy};

async fn number(session: &mut Session<Write>, sql: &str) -> i64 {
    match session.query(sql, &[]).await {
        Ok(rows) => rows[0][0].as_int().unwrap(),
        Err(error) => panic!("{error}\n{sql}"),
    }
}

/// Runs a policy to its end; rows that it touched.
async fn mended(session: &mut Session<Write>, key: &Key, policy: Policy, batch: u32) -> u64 {
    let statement = orphans::mend(key, policy, batch).unwrap().unwrap();
    let mut all = 0;
    loop {
        let touched = session.execute(&statement, &[]).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
        if touched == 0 {
            return all;
        }
        assert!(touched <= u64::from(batch), "{touched} rows at once");
        all += touched;
    }
}

const POSTGRESQL: &str = "
    CREATE TABLE parent (id int PRIMARY KEY, a int, b text, UNIQUE (a, b)); INSERT INTO parent SELECT i, i, 'b' || i FROM generate_series(1, 10) i;
    CREATE TABLE heir () INHERITS (parent); INSERT INTO heir VALUES (50, 50, 'b50');
    CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent, a int, b text,
        CONSTRAINT simple FOREIGN KEY (a, b) REFERENCES parent (a, b));
    CREATE TABLE nokey (p bigint NOT NULL REFERENCES parent);
    CREATE TABLE whole (id int, a int, b text, CONSTRAINT whole FOREIGN KEY (b, a) REFERENCES parent (b, a) MATCH FULL);
    CREATE TABLE part (id int, p int CONSTRAINT part REFERENCES parent) PARTITION BY HASH (id);
    CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1)";

#[tokio::test]
async fn postgresql_counts_and_mends_what_its_own_keys_would_refuse() {
    let base = Base::postgres().await;
    base.script(&POSTGRESQL.replace("UNIQUE (a, b)", "UNIQUE (a, b), UNIQUE (b, a)")).await;
    let keys = keys_of(&base).await;
    let find = |name: &str| keys.iter().find(|key| key.name == name).unwrap();
    let mut session = prepared(&base).await;
    for key in &keys {
        run(&mut session, &key.away()).await;
    }
    session
        .script(
            "INSERT INTO public.child VALUES (1, 1, 1, 'b1'), (2, NULL, NULL, NULL), (3, 50, 1, NULL), (4, 99, 1, 'b2'), (5, 98, 9, 'x');
             INSERT INTO public.nokey SELECT i FROM generate_series(9, 40) i;
             INSERT INTO public.whole VALUES (1, 1, 'b1'), (2, NULL, NULL), (3, 1, NULL), (4, NULL, 'b1'), (5, 1, 'b2');
             INSERT INTO public.part SELECT i, i FROM generate_series(1, 40) i",
        )
        .await
        .unwrap();
    for (name, want, first) in
        [("child_p_fkey", 3, "3"), ("simple", 2, "4"), ("nokey_p_fkey", 30, "11"), ("whole", 3, ""), ("part", 30, "11")]
    {
        let key = find(name);
        assert_eq!(number(&mut session, &orphans::count(key)).await, want, "{name}");
        let sample = session.query(&orphans::sample(key, 100), &[]).await.unwrap();
        assert_eq!((i64::try_from(sample.len()).unwrap(), sample[0].len()), (want, orphans::sample_columns(key).len()));
        let mut firsts: Vec<i64> = sample.iter().filter_map(|row| row[0].as_int()).collect();
        firsts.sort_unstable();
        assert_eq!(firsts.first().map(ToString::to_string).unwrap_or_default(), first, "{name}");
    }
    assert_eq!(mended(&mut session, find("child_p_fkey"), Policy::Null, 2).await, 3);
    assert_eq!(mended(&mut session, find("simple"), Policy::Delete, 1).await, 2);
    assert_eq!(mended(&mut session, find("nokey_p_fkey"), Policy::Delete, 7).await, 30);
    assert_eq!(mended(&mut session, find("whole"), Policy::Null, 2).await, 3);
    assert_eq!(mended(&mut session, find("part"), Policy::Delete, 7).await, 30);
    assert!(orphans::mend(find("nokey_p_fkey"), Policy::Null, 1).unwrap_err().contains("NOT NULL"));
    assert_eq!(orphans::mend(find("part"), Policy::Report, 1), Ok(None));
    // The server agrees.
    for key in &keys {
        run(&mut session, &key.back()).await;
        assert_eq!(number(&mut session, &orphans::count(key)).await, 0);
        if let Some(validate) = key.validate() {
            session.script(&validate).await.unwrap();
        }
    }
    assert_eq!(keys_of(&base).await, keys);
}

#[tokio::test]
async fn a_partitioned_key_with_orphans_stands_on_its_parts_until_they_are_gone() {
    let base = nasty_postgres().await;
    let (before, keys) = (snapshot(&base).await, keys_of(&base).await);
    let key = keys.iter().find(|key| key.name == "of_all").unwrap();
    let mut session = prepared(&base).await;
    run(&mut session, &key.away()).await;
    session.script("INSERT INTO a.part VALUES (5, 2, 77), (6, 3, 77)").await.unwrap();
    let refused = session.script(&key.back()[0]).await.unwrap_err().to_string();
    assert!(refused.contains("23503"), "{refused}");
    for _ in 0..2 {
        run(&mut session, &key.leaf_back()).await;
    }
    let refused = session.script("INSERT INTO a.part VALUES (7, 3, 77)").await.unwrap_err().to_string();
    assert!(refused.contains("23503"), "{refused}");
    assert_eq!(mended(&mut session, key, Policy::Null, 1).await, 2);
    session.begin().await.unwrap();
    run(&mut session, &key.back()).await;
    for _ in 0..2 {
        run(&mut session, &key.leaf_away()).await;
    }
    session.commit().await.unwrap();
    same(&before, &snapshot(&base).await);
}

#[tokio::test]
async fn anti_joins_of_mariadb_and_sqlite_find_what_checks_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let mariadb = Base::mariadb().await;
    let sqlite = Database::parse(&format!("sqlite:{}?schema=shop", folder.path().join("a.db").display())).unwrap();
    let tables = "
        CREATE TABLE {s}.parent (id int PRIMARY KEY, a int, b varchar(20), UNIQUE (a, b));
        CREATE TABLE {s}.child (id int PRIMARY KEY, p int, a int, b varchar(20) NOT NULL,
            CONSTRAINT c_p FOREIGN KEY (p) REFERENCES parent (id), CONSTRAINT c_ab FOREIGN KEY (a, b) REFERENCES parent (a, b));
        CREATE TABLE {s}.nokey (p int, CONSTRAINT n_p FOREIGN KEY (p) REFERENCES parent (id));
        CREATE TABLE {s}.tree (id int PRIMARY KEY, up int, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES tree (id));
        CREATE TABLE {s}.nowhere (id int PRIMARY KEY, p int, CONSTRAINT w_p FOREIGN KEY (p) REFERENCES gone (id))";
    let rows = "
        INSERT INTO {s}.parent VALUES (1, 1, 'x'), (2, 2, 'y');
        INSERT INTO {s}.child VALUES (1, 1, 1, 'x'), (2, NULL, NULL, 'z'), (3, 9, 1, 'y'), (4, 8, 2, 'y');
        INSERT INTO {s}.nokey VALUES (1), (7), (7), (NULL), (8);
        INSERT INTO {s}.tree VALUES (1, NULL), (2, 1), (3, 9), (4, 3);
        INSERT INTO {s}.nowhere VALUES (1, NULL), (2, 1)";
    for (database, schema) in [(mariadb.database.clone(), mariadb.schema.clone()), (sqlite, "shop".to_owned())] {
        let mut session = database.write_owned_by_demo().await.unwrap();
        for statement in prepare(session.dialect().engine) {
            session.script(statement).await.unwrap();
        }
        session.script(&tables.replace("{s}", &schema)).await.unwrap();
        session.script(&rows.replace("{s}", &schema)).await.unwrap();
        let keys = keys::read(&mut session, Some(&[schema])).await.unwrap();
        let find = |table: &str, column: &str| {
            keys.iter().find(|key| key.child.name == table && key.columns[0] == column).unwrap()
        };
        let checked = orphans::sqlite_check(&mut session).await.unwrap();
        for (table, column, want, policy) in [
            ("child", "p", 2, Policy::Null),
            ("child", "a", 1, Policy::Null),
            ("nokey", "p", 3, Policy::Delete),
            ("tree", "up", 1, Policy::Delete),
            ("nowhere", "p", 1, Policy::Null),
        ] {
            let key = find(table, column);
            assert_eq!(number(&mut session, &orphans::count(key)).await, want, "{table}.{column}");
            if session.dialect().engine == cutover::db::Engine::Sqlite {
                let its = checked.iter().find(|(t, n, _)| *t == key.child && n.to_string() == key.name).unwrap();
                assert_eq!(its.2, u64::try_from(want).unwrap(), "{table}.{column}");
            }
            let sample = session.query(&orphans::sample(key, 2), &[]).await.unwrap();
            assert_eq!(i64::try_from(sample.len()).unwrap(), want.min(2));
            // What is deleted makes orphans of its own children: 3, and then 4.
            let touched = mended(&mut session, key, policy, 10).await;
            assert_eq!(touched, if table == "tree" { 2 } else { u64::try_from(want).unwrap() }, "{table}.{column}");
            assert_eq!(number(&mut session, &orphans::count(key)).await, 0);
        }
        assert_eq!(orphans::sqlite_check(&mut session).await.unwrap(), []);
    }
}

#[tokio::test]
async fn keys_are_mended_from_the_top_and_orphans_of_a_partial_load_are_foreseen() {
    let base = Base::postgres().await;
    base.script(
        "CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE m (id int PRIMARY KEY REFERENCES z); CREATE TABLE a (id int REFERENCES m);
         CREATE TABLE h (id int PRIMARY KEY, e int)",
    )
    .await;
    let keys = keys_of(&base).await;
    let (order, in_circle) = orphans::in_order(&keys);
    assert_eq!(
        (order.iter().map(|key| key.child.name.as_str()).collect::<Vec<_>>(), in_circle),
        (vec!["m", "a"], false)
    );
    let table = |name: &str| TableName::new("public", name);
    for (loaded, want) in [
        (vec!["z", "m", "a"], vec![]),
        (vec!["m", "a"], vec!["public.m is loaded and public.z"]),
        (vec!["z"], vec!["public.m is not loaded and keeps its rows, but public.z"]),
        (vec![], vec![]),
    ] {
        let loaded: Vec<TableName> = loaded.into_iter().map(table).collect();
        let found = orphans::foreseen(&keys, &loaded);
        assert_eq!(found.len(), want.len(), "{found:?}");
        assert!(found.iter().zip(want).all(|((_, one), words)| one.words.raw().contains(words)), "{found:?}");
    }
    base.script("ALTER TABLE h ADD FOREIGN KEY (e) REFERENCES h").await;
    assert!(orphans::in_order(&keys_of(&base).await).1);
}
