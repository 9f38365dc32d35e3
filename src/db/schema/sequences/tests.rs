//! Where counters go on, case by case.

use super::*;

fn sequence(start: i128, increment: i128, min: i128, max: i128) -> Sequence {
    let table = TableName::new("public", "t");
    Sequence {
        engine: Engine::PostgreSql,
        form: Form::Sequence,
        name: TableName::new("public", "t_id_seq"),
        start,
        increment,
        min,
        max,
        cycle: false,
        uses: vec![Use { table, column: "id".into(), how: How::Owned, tells: true, family: vec![] }],
    }
}

const BIG: i128 = i64::MAX as i128;

fn data(least: i128, greatest: i128) -> Extremes {
    Extremes { least: Some(least), greatest: Some(greatest) }
}

#[test]
fn data_alone_says_where_to_go_on_in_every_direction_and_step() {
    let none = Extremes::default();
    for (what, of, data, want) in [
        ("empty", sequence(1, 1, 1, BIG), none, Next::Value(1)),
        ("plain", sequence(1, 1, 1, BIG), data(1, 300), Next::Value(301)),
        ("odd only, off the lattice", sequence(1, 2, 1, BIG), data(1, 10), Next::Value(11)),
        ("odd only, on the lattice", sequence(1, 2, 1, BIG), data(1, 11), Next::Value(13)),
        ("step of ten", sequence(5, 10, 1, BIG), data(5, 25), Next::Value(35)),
        ("step of ten, between", sequence(5, 10, 1, BIG), data(5, 26), Next::Value(35)),
        ("behind its start", sequence(100, 1, 1, BIG), data(1, 50), Next::Value(100)),
        ("negative ids", sequence(1, 1, 1, BIG), data(-5, -2), Next::Value(1)),
        ("descending", sequence(-1, -1, -BIG, -1), data(-9, -1), Next::Value(-10)),
        ("descending, empty", sequence(-1, -3, -BIG, -1), none, Next::Value(-1)),
        ("descending, between", sequence(-1, -3, -BIG, -1), data(-5, -1), Next::Value(-7)),
        ("descending, positive ids", sequence(-1, -1, -BIG, -1), data(3, 900), Next::Value(-1)),
        ("wider column", sequence(1, 1, 1, 32_767), data(1, 70_000), Next::Exhausted(70_001)),
        ("at its end", sequence(1, 1, 1, 10), data(1, 10), Next::Exhausted(11)),
        ("last one left", sequence(1, 1, 1, 10), data(1, 9), Next::Value(10)),
        ("end of all", sequence(1, 1, 1, BIG), data(1, BIG), Next::Exhausted(BIG + 1)),
        ("numeric beyond", sequence(1, 1, 1, BIG), data(1, i128::MAX), Next::Exhausted(i128::MAX)),
    ] {
        assert_eq!(next(&of, data, None), want, "{what}");
    }
}

#[test]
fn the_further_of_source_and_data_counts() {
    let position = |last_value, is_called| Position { last_value, is_called };
    let cycling = |of: Sequence| Sequence { cycle: true, ..of };
    let untold = |mut of: Sequence| {
        of.uses[0].tells = false;
        of
    };
    let (up, down, ten) = (sequence(1, 1, 1, BIG), sequence(-1, -1, -BIG, -1), sequence(1, 10, 1, BIG));
    for (what, target, data, source, at, want) in [
        ("gaps in the source", up.clone(), data(1, 7), up.clone(), position(20, true), Next::Value(21)),
        ("rows of later", up.clone(), data(1, 30), up.clone(), position(20, true), Next::Value(31)),
        ("never called", up.clone(), Extremes::default(), up.clone(), position(1, false), Next::Value(1)),
        ("called once", up.clone(), Extremes::default(), up.clone(), position(1, true), Next::Value(2)),
        ("descending", down.clone(), data(-4, -1), down.clone(), position(-9, true), Next::Value(-10)),
        ("the source's own lattice", ten.clone(), data(7, 27), ten.clone(), position(27, true), Next::Value(37)),
        ("other steps", ten.clone(), data(1, 1), up.clone(), position(36, true), Next::Value(41)),
        (
            "nothing tells but the source",
            untold(up.clone()),
            Extremes::default(),
            up.clone(),
            position(5, true),
            Next::Value(6),
        ),
        (
            "it goes round",
            cycling(sequence(1, 1, 1, 5)),
            data(1, 5),
            cycling(sequence(1, 1, 1, 5)),
            position(2, true),
            Next::Value(3),
        ),
        (
            "it goes round now",
            cycling(sequence(1, 1, 1, 5)),
            data(1, 5),
            cycling(sequence(1, 1, 1, 5)),
            position(5, true),
            Next::Value(1),
        ),
        (
            "narrower than the source",
            sequence(1, 1, 1, 10),
            data(1, 2),
            up.clone(),
            position(50, true),
            Next::Exhausted(51),
        ),
    ] {
        assert_eq!(next(&target, data, Some((&source, at))), want, "{what}");
    }
    assert_eq!(next(&untold(up), Extremes::default(), None), Next::Unknown);
    assert_eq!(next(&cycling(sequence(1, 1, 1, 5)), data(1, 5), None), Next::Value(1));
}

#[test]
fn a_counter_is_found_in_the_source_by_its_column_and_then_by_its_name() {
    let of = |name: &str, column: &str| {
        let mut one = sequence(1, 1, 1, BIG);
        one.name = TableName::new("prod", name);
        one.uses[0].table = TableName::new("prod", "t");
        one.uses[0].column = column.to_owned();
        one
    };
    let source = [of("t_id_seq", "other"), of("renamed_seq", "id")];
    let named = |table: &TableName| TableName::new("prod", &table.name);
    let mut mine = sequence(1, 1, 1, BIG);
    assert_eq!(mine.counterpart(&source, named).map(|one| one.name.name.as_str()), Some("renamed_seq"));
    mine.uses.clear();
    assert_eq!(mine.counterpart(&source, named).map(|one| one.name.name.as_str()), Some("t_id_seq"));
    assert_eq!(mine.counterpart(&source, TableName::clone), None);
}

#[test]
fn each_kind_is_set_in_its_own_words() {
    let of = |engine, form| Sequence { engine, form, name: TableName::new("it's", "a\"b"), ..sequence(1, 1, 1, BIG) };
    for (of, want) in [
        (
            of(Engine::PostgreSql, Form::Sequence),
            vec![r#"SELECT pg_catalog.setval('"it''s"."a""b"'::pg_catalog.regclass, 7, false)"#],
        ),
        (of(Engine::MySql, Form::Sequence), vec![r#"ALTER SEQUENCE `it's`.`a"b` RESTART 7"#]),
        (of(Engine::MySql, Form::AutoIncrement), vec![r#"ALTER TABLE `it's`.`a"b` AUTO_INCREMENT = 7"#]),
        (
            of(Engine::Sqlite, Form::SqliteSequence),
            vec![
                r#"DELETE FROM "it's"."sqlite_sequence" WHERE name = 'a"b'"#,
                r#"INSERT INTO "it's"."sqlite_sequence" (name, seq) VALUES ('a"b', 6)"#,
            ],
        ),
    ] {
        assert_eq!(of.set_sql(7), want);
    }
}

#[test]
fn a_counter_survives_the_ledger() {
    let of = sequence(1, 1, 1, i128::from(u64::MAX));
    let text = serde_json::to_string(&of).unwrap();
    assert_eq!(serde_json::from_str::<Sequence>(&text).unwrap(), of);
}
