//! Where counters go on after a load, by what real servers then give.

use super::*;
use cutover::db::schema::sequences::{self, Form, How, Next, Sequence};

async fn given(session: &mut Session<Write>, sequence: &Sequence) -> i64 {
    let name = sequence.name.sql(sequence.engine).replace('\'', "''");
    let rows = session.query(&format!("SELECT nextval('{name}'::regclass)"), &[]).await.unwrap();
    rows[0][0].as_int().unwrap()
}

#[tokio::test]
async fn every_sequence_of_postgresql_gives_what_the_formula_says() {
    let base = Base::postgres().await;
    base.script(include_str!("sequences_postgresql.sql")).await;
    let mut session = base.session().await;
    let found = sequences::read(&mut session).await.unwrap();
    let mut uses = 0;
    for (name, want) in [
        ("t_serial_id_seq", Next::Value(301)),
        ("t_identity_id_seq", Next::Value(8)),
        ("t_empty_id_seq", Next::Value(1)),
        ("t_odd_id_seq", Next::Value(11)),
        ("t_ten_id_seq", Next::Value(35)),
        ("down", Next::Value(-10)),
        ("down_empty", Next::Value(-1)),
        ("t_negative_id_seq", Next::Value(1)),
        ("small", Next::Exhausted(70_001)),
        ("full_up", Next::Exhausted(11)),
        ("shared", Next::Value(45)),
        ("t_base_id_seq", Next::Value(301)),
        ("t_part_id_seq", Next::Value(78)),
        ("Wéird; \"seq", Next::Value(13)),
        ("by_text", Next::Value(7)),
        ("invoice_no", Next::Unknown),
        ("times_ten", Next::Unknown),
        ("alone", Next::Unknown),
        ("round", Next::Value(1)),
        ("owned_only", Next::Value(9)),
    ] {
        let sequence = found.iter().find(|one| one.name.name == name).unwrap_or_else(|| panic!("{name} is not found"));
        uses += sequence.uses.len();
        let data = sequences::extremes(&mut session, sequence).await.unwrap();
        let next = sequences::next(sequence, data, None);
        assert_eq!(next, want, "{name}");
        if let Next::Value(value) = next {
            run(&mut session, &sequence.set_sql(value)).await;
            assert_eq!(i128::from(given(&mut session, sequence).await), value, "{name}");
            let position = sequences::position(&mut session, sequence).await.unwrap();
            assert_eq!((position.last_value, position.is_called), (value, true), "{name}");
        }
    }
    assert_eq!((found.len(), uses), (20, 20));
    let by_text = found.iter().find(|one| one.name.name == "by_text").unwrap();
    assert_eq!(by_text.uses[0].how, How::ByText);
    // A part of a partitioned table is the table's.
    let part = [TableName::new("public", "t_part_1")];
    assert_eq!(
        found.iter().filter(|one| one.is_of(&part)).map(|one| one.name.name.as_str()).collect::<Vec<_>>(),
        ["t_part_id_seq"]
    );
}

#[tokio::test]
async fn the_source_tells_what_the_data_cannot() {
    let (source, target) = (Base::postgres().await, Base::postgres().await);
    for base in [&source, &target] {
        base.script(include_str!("sequences_postgresql.sql")).await;
    }
    source
        .script("SELECT setval('invoice_no', 900); SELECT setval('t_serial_id_seq', 5); SELECT setval('t_odd_id_seq', 51); SELECT setval('round', 2)")
        .await;
    let mut theirs = source.database.read().await.unwrap();
    let mut session = target.session().await;
    let (sources, targets) =
        (sequences::read(&mut theirs).await.unwrap(), sequences::read(&mut session).await.unwrap());
    for (name, want) in
        [("invoice_no", 901), ("t_serial_id_seq", 301), ("t_odd_id_seq", 53), ("round", 3), ("alone", 3)]
    {
        let sequence = targets.iter().find(|one| one.name.name == name).unwrap();
        let counterpart = sequence.counterpart(&sources, TableName::clone).unwrap();
        let position = sequences::position(&mut theirs, counterpart).await.unwrap();
        let data = sequences::extremes(&mut session, sequence).await.unwrap();
        assert_eq!(sequences::next(sequence, data, Some((counterpart, position))), Next::Value(want), "{name}");
    }
}

#[tokio::test]
async fn rows_that_row_security_hides_are_an_error_and_not_a_smaller_number() {
    let base = Base::postgres().await;
    let user = format!("tenant_{}", base.database.name().unwrap());
    base.script(&format!(
        "CREATE ROLE {user} LOGIN; GRANT CREATE ON SCHEMA public TO {user}; SET ROLE {user};
         CREATE TABLE t (id serial, tenant int); INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i;
         ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;
         CREATE POLICY one ON t USING (tenant = 1)"
    ))
    .await;
    let database = Database::parse(&base.url.replace("cutover@", &format!("{user}@"))).unwrap();
    // A session that only reads sees all or nothing by itself; one that writes is an ordinary one.
    let mut session = database.write_owned_by_demo().await.unwrap();
    assert_eq!(session.query("SELECT max(id) FROM t", &[]).await.unwrap(), [[1_i64.into()]]);
    let found = sequences::read(&mut session).await.unwrap();
    let refused = sequences::extremes(&mut session, &found[0]).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    // The session is as it was.
    assert_eq!(session.query("SELECT max(id) FROM t", &[]).await.unwrap(), [[1_i64.into()]]);
}

#[tokio::test]
async fn counters_of_mariadb_go_on_behind_source_and_data() {
    let base = nasty_mariadb().await;
    base.script("INSERT INTO counted (id) VALUES (12); INSERT INTO fired (id, v) VALUES (40, 'x')").await;
    let mut session = base.session().await;
    let mine = |one: &Sequence| one.name.schema == base.schema;
    let found: Vec<Sequence> = sequences::read(&mut session).await.unwrap().into_iter().filter(mine).collect();
    let names: Vec<(&str, Form)> = found.iter().map(|one| (one.name.name.as_str(), one.form)).collect();
    assert_eq!(names, [("child", Form::AutoIncrement), ("fired", Form::AutoIncrement), ("numbers", Form::Sequence)]);
    for (sequence, next, insert, then) in [
        (&found[0], 1, "SELECT 77", 77),
        (&found[1], 41, "INSERT INTO fired (v) VALUES ('y') RETURNING id", 100),
        (&found[2], 15, "INSERT INTO counted (n) VALUES (1) RETURNING id", 35),
    ] {
        let data = sequences::extremes(&mut session, sequence).await.unwrap();
        assert_eq!(sequences::next(sequence, data, None), Next::Value(next), "{}", sequence.name.name);
        // As if the source were further.
        let further = sequences::Position { last_value: then, is_called: false };
        let Next::Value(value) = sequences::next(sequence, data, Some((sequence, further))) else { panic!() };
        assert_eq!(value, then);
        run(&mut session, &sequence.set_sql(value)).await;
        assert_eq!(sequences::position(&mut session, sequence).await.unwrap(), further, "{}", sequence.name.name);
        assert_eq!(session.query(insert, &[]).await.unwrap(), [[i64::try_from(then).unwrap().into()]]);
    }
}

#[tokio::test]
async fn counters_of_sqlite_go_on_behind_source_and_data() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::parse(&format!("sqlite:{}?schema=shop", folder.path().join("a.db").display())).unwrap();
    let mut session = database.write_owned_by_demo().await.unwrap();
    session
        .script("CREATE TABLE shop.t (id INTEGER PRIMARY KEY AUTOINCREMENT, v); CREATE TABLE shop.plain (id INTEGER PRIMARY KEY)")
        .await
        .unwrap();
    let found = sequences::read(&mut session).await.unwrap();
    assert_eq!(found.len(), 1);
    let position = sequences::position(&mut session, &found[0]).await.unwrap();
    assert_eq!((position.last_value, position.is_called), (1, false));
    session.script("INSERT INTO shop.t (id) VALUES (5)").await.unwrap();
    let data = sequences::extremes(&mut session, &found[0]).await.unwrap();
    let source = sequences::Position { last_value: 20, is_called: true };
    assert_eq!(sequences::next(&found[0], data, None), Next::Value(6));
    assert_eq!(sequences::next(&found[0], data, Some((&found[0], source))), Next::Value(21));
    for _ in 0..2 {
        run(&mut session, &found[0].set_sql(21)).await;
    }
    assert_eq!(session.insert("INSERT INTO shop.t (v) VALUES (1)", &[], "id").await.unwrap(), 21);
}
