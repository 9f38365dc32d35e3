//! Scripts that repair: what stands in them, and what they refuse.

use super::*;
use crate::db::scan::DescribedColumn;
use crate::model::canon::{Raw, SqlType};
use crate::model::validation::{Method, Tally};
use crate::validate::plan::ColumnPlan;
use crate::validate::rules::Rules;

fn column(engine: Engine, name: &str, sql_type: &str, canon: Canon) -> ColumnPlan {
    let side = ScanColumn {
        name: name.into(),
        sql_type: SqlType::new(engine, sql_type),
        canon,
        nullable: true,
        byte_order: false,
        lob: None,
    };
    ColumnPlan { source: side.clone(), target: side, rules: vec![] }
}

/// A table with a hostile name: an integer as its key, a text, and a number that the target computes.
fn plan(engine: Engine) -> TablePlan {
    let columns = vec![
        column(engine, "id", "bigint", Canon::Int),
        column(engine, "no\"te`", "text", Canon::Text),
        column(engine, "twice", "bigint", Canon::Int),
    ];
    let described = columns.iter().map(|one| DescribedColumn {
        name: one.target.name.clone(),
        sql_type: one.target.sql_type.clone(),
        nullable: true,
        generated: one.target.name == "twice",
        byte_order: false,
    });
    let shape: Vec<DescribedColumn> = described.collect();
    let mut plan = crate::validate::plan::table(
        &described_table("t\"`", &shape),
        &described_table("t\"`", &shape),
        &crate::validate::Terms::default(),
    )
    .unwrap();
    (plan.method, plan.key) = (Method::Stream, 1);
    plan.rules = columns.iter().map(|one| Rules::new(one.canon(), vec![])).collect();
    (plan.columns, plan.shape) = (columns, (shape.clone(), shape));
    plan
}

fn described_table(name: &str, columns: &[DescribedColumn]) -> crate::db::scan::Described {
    crate::db::scan::Described {
        schema: "s".into(),
        name: name.into(),
        columns: columns.to_vec(),
        primary_key: vec!["id".into()],
        unique_keys: vec![],
        rows: None,
        bytes: None,
    }
}

fn row(id: i64, note: &str) -> RowCopy {
    let (id, twice) = (Canon::Int.bytes(Raw::Int(id)).unwrap(), Canon::Int.bytes(Raw::Int(id * 2)).unwrap());
    RowCopy::of([Cell::Value(&id), Cell::Value(note.as_bytes()), Cell::Value(&twice)].into_iter())
}

fn both(id: i64, source: Option<&str>, target: Option<&str>) -> Both {
    let one = row(id, "");
    let of = |note: Option<&str>| note.map(|note| row(id, note)).into_iter().collect();
    Both { key: RowCopy::of(std::iter::once(one.cell(0))), source: of(source), target: of(target) }
}

fn written(dialect: &'static Dialect, deletes: bool) -> Script {
    let here = Whereabouts {
        dialect,
        place: "db:1/shop".into(),
        database: Some("sh'op".into()),
        host: Some("10.0.0.1".into()),
        port: Some("1".into()),
    };
    let plan = plan(dialect.engine);
    let rows = [
        both(1, Some("it's"), None),
        both(2, Some("a\\'; DROP TABLE x;--"), Some("old")),
        both(3, None, Some("extra")),
        both(4, Some("same"), Some("same")),
    ];
    let at = "2026-11-22T14:03:22Z".parse().unwrap();
    script(&here, &[Table { plan: &plan, rows: &rows, like: &[] }], &[], deletes, "source:1/shop", at)
}

#[test]
fn the_guard_comes_first_and_nothing_in_a_name_or_value_leaves_its_quotes() {
    let of = Dialect::of;
    for (dialect, guard, insert, update) in [
        (
            of(Engine::PostgreSql),
            "BEGIN;\nDO $cutover$ BEGIN\n  IF current_database()::text IS DISTINCT FROM 'sh''op'",
            "INSERT INTO \"s\".\"t\"\"`\" (\"id\", \"no\"\"te`\") OVERRIDING SYSTEM VALUE VALUES (1, 'it''s');",
            "SET \"no\"\"te`\" = E'a\\\\''; DROP TABLE x;--' WHERE \"id\" = 2;",
        ),
        (
            of(Engine::MySql),
            "SELECT IF(DATABASE() <=> 'sh''op' AND @@hostname <=> '10.0.0.1'",
            "INSERT INTO `s`.`t\"``` (`id`, `no\"te```) SELECT 1, 'it''s' FROM DUAL WHERE @cutover_here = 1;",
            "SET `no\"te``` = CONVERT(x'615c273b2044524f50205441424c4520783b2d2d' USING utf8mb4) WHERE `id` = 2",
        ),
        (
            Dialect::redshift(),
            "-- Redshift cannot tell on which host it is: run this on db:1/shop only.\nBEGIN;\n\
             SELECT 1 / CASE WHEN current_database() = 'sh''op' THEN 1 ELSE 0 END AS guard;",
            "INSERT INTO \"s\".\"t\"\"`\" (\"id\", \"no\"\"te`\") VALUES (1, 'it''s');",
            "SET \"no\"\"te`\" = ('a' || chr(92) || '''; DROP TABLE x;--') WHERE \"id\" = 2;",
        ),
        (
            of(Engine::Sqlite),
            "-- SQLite cannot tell on which host it is: run this where db:1/shop is the target.\n\
             DROP TABLE IF EXISTS temp.cutover_here;",
            "INSERT INTO \"t\"\"`\" (\"id\", \"no\"\"te`\") SELECT 1, 'it''s' WHERE EXISTS (SELECT 1 FROM temp.cutover_here);",
            "SET \"no\"\"te`\" = 'a\\''; DROP TABLE x;--' WHERE \"id\" = 2 AND EXISTS (SELECT 1 FROM temp.cutover_here);",
        ),
    ] {
        let script = written(dialect, false);
        let statements: Vec<&str> =
            script.text.lines().skip_while(|line| line.starts_with("-- ") && !line.contains("cannot tell")).collect();
        let rest = statements.join("\n");
        assert!(rest.starts_with(guard), "{}: {rest}", dialect.name);
        assert!(rest.contains(insert), "{}: {rest}", dialect.name);
        assert!(rest.contains(update), "{}: {rest}", dialect.name);
        assert!(dialect.engine != Engine::Sqlite || rest.contains("name = 'main' AND file = 'sh''op';"), "{rest}");
        assert!(!rest.contains("DELETE FROM") && rest.ends_with("COMMIT;"), "{rest}");
        assert_eq!((script.inserts, script.updates, script.deletes, script.kept, script.equal), (1, 1, 0, 1, 1));
        assert!(!rest.contains("twice"), "the target computes it: {rest}");
    }
}

#[test]
fn what_still_moved_or_is_not_known_to_its_end_is_not_repaired() {
    let tally = Tally {
        source: Some(9),
        target: Some(9),
        different: Some(2),
        missing: Some(1),
        extra: Some(1),
        in_flight: Some(0),
        unsettled: Some(0),
        arrived: Some(0),
    };
    let of = |tally: Tally, problems: &[&str]| TableResult {
        source: "s.t".into(),
        target: "s.t".into(),
        method: Method::Stream,
        tally,
        not_compared: vec![],
        problems: problems.iter().map(|one| (*one).into()).collect(),
        at_rest: None,
        as_of_from: None,
        as_of_to: None,
        fingerprint: String::new(),
        checks: vec![],
        why: String::new(),
    };
    let (moved, unknown) = ("rows still moved", "nobody knows all that differs");
    let unlisted = "4 rows differ and 3 are listed";
    for (result, listed, refused) in [
        (of(tally, &[]), 4, None),
        (of(tally, &[]), 3, Some(unlisted)),
        (of(tally, &[]), 0, Some("4 rows differ and 0 are listed")),
        (of(Tally { in_flight: Some(1), ..tally }, &[]), 4, Some(moved)),
        (of(Tally { unsettled: Some(1), ..tally }, &[]), 4, Some(moved)),
        // Differences were found, and there may be others.
        (of(tally, &["source: the server went away"]), 4, Some(unknown)),
        (of(tally, &["interrupted"]), 4, Some(unknown)),
        // No difference was found, and nobody knows of none.
        (of(Tally { source: Some(9), ..Tally::default() }, &[]), 0, Some(unknown)),
        (TableResult { method: Method::None, ..of(Tally::default(), &[]) }, 0, Some(unknown)),
    ] {
        match (may_be_repaired(&result, listed), refused) {
            (Ok(()), None) => {}
            (Err(why), Some(words)) => assert!(why.starts_with("s.t: ") && why.contains(words), "{why}"),
            (told, _) => panic!("{told:?}: {:?} {:?}, {listed} listed", result.tally, result.problems),
        }
    }
}

#[test]
fn deletes_are_written_only_where_they_are_asked_for() {
    let script = written(Dialect::of(Engine::PostgreSql), true);
    assert!(script.text.contains("DELETE FROM \"s\".\"t\"\"`\" WHERE \"id\" = 3;"), "{}", script.text);
    assert_eq!((script.deletes, script.kept), (1, 0));
}

#[test]
fn what_cannot_be_written_for_sure_is_left_out_and_said() {
    let here = Whereabouts {
        dialect: Dialect::of(Engine::PostgreSql),
        place: "db/x".into(),
        database: None,
        host: None,
        port: None,
    };
    let plan = plan(Engine::PostgreSql);
    let mut twice = both(6, Some("a"), Some("b"));
    twice.target.push(row(6, "c"));
    let rows = [both(5, Some("nul\0"), None), twice];
    let script =
        script(&here, &[Table { plan: &plan, rows: &rows, like: &[] }], &[], true, "source", Timestamp::UNIX_EPOCH);
    assert_eq!(
        script.left,
        ["s.t\"` id=5: column no\"te`: PostgreSQL has no text with U+0000", "s.t\"` id=6: several rows have this key"]
    );
    assert!(!script.text.contains("INSERT INTO") && script.text.contains("-- NOT REPAIRED: s.t\"` id=5"));
}

#[test]
fn rows_without_a_key_are_inserted_as_often_as_they_are_missing_and_never_deleted() {
    let here = Whereabouts {
        dialect: Dialect::of(Engine::PostgreSql),
        place: "db/x".into(),
        database: None,
        host: None,
        port: None,
    };
    let plan = TablePlan { key: 0, method: Method::Multiset, ..plan(Engine::PostgreSql) };
    let name = |hash: &str| RowCopy::of(std::iter::once(Cell::Value(hash.as_bytes())));
    let like = [
        Alike { name: name("ab"), missing: vec![row(1, "x"), row(1, "x")], extra: vec![], same: None },
        Alike { name: name("cd"), missing: vec![], extra: vec![row(2, "y")], same: None },
        Alike { name: name("ef"), missing: vec![], extra: vec![], same: Some(row(3, "z")) },
    ];
    let table = || Table { plan: &plan, rows: &[], like: &like };
    let kept = script(&here, &[table()], &[], false, "source", Timestamp::UNIX_EPOCH);
    assert_eq!((kept.inserts, kept.kept, kept.equal, kept.left.len()), (2, 1, 1, 0));
    assert_eq!(kept.text.matches("VALUES (1, 'x');").count(), 2, "{}", kept.text);
    let asked = script(&here, &[table()], &[], true, "source", Timestamp::UNIX_EPOCH);
    assert_eq!((asked.deletes, asked.kept), (0, 0));
    let why = "s.t\"` cd: 1 too many in the target stay: without a key nothing tells one from its like";
    assert_eq!(asked.left, [why]);
}

#[test]
fn rows_come_after_those_they_refer_to_and_go_before_them() {
    let here = Whereabouts {
        dialect: Dialect::of(Engine::MySql),
        place: "db/x".into(),
        database: None,
        host: None,
        port: None,
    };
    let name = |name: &str| ("s".to_owned(), name.to_owned());
    let plans: Vec<TablePlan> = ["customer", "line", "order", "region"]
        .map(|table| TablePlan { target: name(table), ..plan(Engine::MySql) })
        .into_iter()
        .collect();
    let rows = [both(1, Some("a"), None), both(2, Some("a"), Some("b")), both(3, None, Some("c"))];
    let tables: Vec<Table<'_>> = plans.iter().map(|plan| Table { plan, rows: &rows, like: &[] }).collect();
    // `cart` is not among them, and yet a line stands below a customer by way of it too.
    let line = [("line", "order"), ("order", "cart"), ("cart", "customer"), ("customer", "region")];
    for (refers, want, circle) in [
        (&line[..], &["region", "customer", "order", "line"][..], false),
        (&[], &["customer", "line", "order", "region"], false),
        (
            &[("region", "customer"), ("customer", "region"), ("line", "customer")],
            &["order", "customer", "region", "line"],
            true,
        ),
    ] {
        let refers: Vec<(Name, Name)> = refers.iter().map(|(child, parent)| (name(child), name(parent))).collect();
        let text = script(&here, &tables, &refers, true, "source", Timestamp::UNIX_EPOCH).text;
        let of = |word: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(word));
            lines.filter_map(|rest| rest.split('`').nth(3).map(str::to_owned)).collect()
        };
        let mut back = of("DELETE FROM ");
        back.reverse();
        for told in [of("INSERT INTO "), of("UPDATE "), back] {
            assert_eq!(told, want, "{text}");
        }
        assert!(text.rfind("DELETE FROM") < text.find("UPDATE "), "{text}");
        assert_eq!(text.contains("-- Foreign keys go in a circle"), circle, "{text}");
    }
}

#[test]
fn values_are_written_whole_and_as_what_they_are_however_they_were_compared() {
    use crate::db::scan::Lob;
    for (hash, limit) in [(false, Some(4)), (true, None), (true, Some(4))] {
        let mut cut = plan(Engine::Sqlite);
        let canon = if hash { Canon::Text } else { Canon::Bytes };
        let column = &mut cut.columns[1];
        for side in [&mut column.source, &mut column.target] {
            (side.lob, side.canon) = (Some(Lob { hash, limit }), canon);
        }
        cut.rules[1] = Rules::new(canon, vec![]);
        let whole = crate::validate::lobs::whole(&cut);
        assert!(whole.columns.iter().all(|column| column.source.lob.is_none() && column.target.lob.is_none()));
        let here = Whereabouts {
            dialect: Dialect::of(Engine::Sqlite),
            place: "x.db".into(),
            database: None,
            host: None,
            port: None,
        };
        let rows = [
            both(1, Some("longer than four"), None),
            // Only behind the limit: that was not compared, so it is no difference.
            both(2, Some("same, and on"), Some("same")),
        ];
        let script = script(
            &here,
            &[Table { plan: &whole, rows: &rows, like: &[] }],
            &[],
            false,
            "source",
            Timestamp::UNIX_EPOCH,
        );
        let updates = usize::from(limit.is_none());
        assert_eq!((script.inserts, script.updates, &script.left[..]), (1, updates, &[][..]), "{hash} {limit:?}");
        assert!(script.text.contains("SELECT 1, 'longer than four' WHERE"), "{}", script.text);
    }
    // Rows without a key are called by what was compared of them.
    let keyless = TablePlan { key: 0, ..plan(Engine::Sqlite) };
    assert_eq!(crate::validate::lobs::whole(&keyless), keyless);
}
