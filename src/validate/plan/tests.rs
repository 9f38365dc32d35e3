//! Which key is taken, what is left out and why, and what a fingerprint tells apart.

use super::*;
use crate::model::canon::SqlType;
use crate::model::engine::Engine;
use crate::validate::mapped::TaskTables;
use std::sync::Arc;

/// `name type` for each column; a type that ends in ` null` may be null.
fn described(engine: Engine, columns: &[&str], primary: &[&str], unique: &[&[&str]]) -> Described {
    let column = |text: &&str| {
        let (name, declared) = text.split_once(' ').unwrap();
        let nullable = declared.ends_with(" null");
        DescribedColumn {
            name: name.to_owned(),
            sql_type: SqlType::new(engine, declared.trim_end_matches(" null")),
            nullable,
            generated: false,
            byte_order: false,
        }
    };
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Described {
        schema: "s".into(),
        name: "t".into(),
        columns: columns.iter().map(column).collect(),
        primary_key: names(primary),
        unique_keys: unique.iter().map(|key| names(key)).collect(),
        rows: Some(10),
        bytes: None,
    }
}

fn postgres(columns: &[&str], primary: &[&str], unique: &[&[&str]]) -> Described {
    described(Engine::PostgreSql, columns, primary, unique)
}

fn mysql(columns: &[&str], primary: &[&str]) -> Described {
    described(Engine::MySql, columns, primary, &[])
}

fn keys(names: &[&str]) -> Terms {
    Terms { keys: names.iter().map(|name| (*name).to_owned()).collect(), ..Terms::default() }
}

#[test]
fn the_key_is_the_first_that_both_sides_can_order_by() {
    let both = ["id bigint", "code text", "j json"];
    for (source, target, terms, want) in [
        (postgres(&both, &["id"], &[]), mysql(&both, &["id"]), Terms::default(), "primary key (id)"),
        (postgres(&both, &[], &[]), mysql(&both, &["id"]), Terms::default(), "primary key of the target (id)"),
        (postgres(&both, &[], &[&["code"]]), mysql(&both, &[]), Terms::default(), "unique key (code)"),
        // JSON has no order, so the next key is taken.
        (postgres(&both, &["j"], &[&["code"]]), mysql(&both, &[]), Terms::default(), "unique key (code)"),
        (postgres(&both, &["id"], &[]), mysql(&both, &["id"]), keys(&["CODE", "id"]), "--key (CODE, id)"),
    ] {
        let plan = table(&source, &target, &terms).unwrap();
        assert_eq!((plan.why.as_str(), plan.method), (want, Method::Stream));
    }
    let plan = table(&postgres(&both, &["id"], &[]), &mysql(&both, &["id"]), &keys(&["code", "id"])).unwrap();
    let names: Vec<&str> = plan.columns.iter().map(|column| column.source.name.as_str()).collect();
    assert_eq!((names, plan.key), (vec!["code", "id", "j"], 2));
}

#[test]
fn without_a_key_rows_are_counted_and_the_reason_is_said() {
    let columns = ["id bigint", "j json", "p point null"];
    for (source, terms, part) in [
        (postgres(&columns, &[], &[]), Terms::default(), "no primary key"),
        (postgres(&columns, &["j"], &[]), Terms::default(), "primary key (j): j (json)"),
        (postgres(&columns, &["p"], &[]), Terms::default(), "primary key (p): its column p cannot be compared"),
        (
            postgres(&["id text", "j json", "p point"], &["id"], &[]),
            Terms { rules: vec!["t.id=pad".parse().unwrap()], ..Terms::default() },
            "has a rule",
        ),
    ] {
        let target = mysql(&["id bigint", "j json", "p varchar(9)"], &[]);
        let target = if terms.rules.is_empty() { target } else { mysql(&["id text", "j json", "p varchar(9)"], &[]) };
        let plan = table(&source, &target, &terms).unwrap();
        assert_eq!((plan.method, plan.key, plan.not_compared.len(), plan.columns.len()), (Method::Multiset, 0, 1, 2));
        assert!(plan.why.contains(part) && plan.why.contains("counted by what they are"), "{}", plan.why);
    }
}

#[test]
fn a_table_is_not_compared_where_a_key_was_named_that_is_none_or_nothing_is_left_of_it() {
    let columns = ["id bigint", "p point null"];
    for (source, terms, part) in [
        (postgres(&columns, &["id"], &[]), keys(&["nothing"]), "its column nothing cannot be compared"),
        (postgres(&["p point"], &[], &[]), Terms::default(), "no primary key"),
    ] {
        let plan = table(&source, &mysql(&["id bigint", "p varchar(9)"], &[]), &terms).unwrap();
        assert_eq!((plan.method, plan.not_compared.len(), plan.columns.len()), (Method::None, 1, 0));
        assert!(plan.not_compared[0].reason.contains(part), "{:?}", plan.not_compared);
    }
}

#[test]
fn columns_that_are_left_out_are_listed_and_may_be_waived() {
    let source = postgres(&["id bigint", "Note text", "p point null", "gone int", "skip int"], &["id"], &[]);
    let target = mysql(&["id bigint", "note longtext", "p varchar(9)", "more int", "skip int"], &["id"]);
    let terms = Terms {
        rules: vec!["S.T.SKIP=ignore".parse().unwrap()],
        waived: vec!["t.gone: it was never used".into(), "s.t.MORE".into()],
        ..Terms::default()
    };
    let plan = table(&source, &target, &terms).unwrap();
    let pairs: Vec<(&str, &str)> =
        plan.columns.iter().map(|pair| (pair.source.name.as_str(), pair.target.name.as_str())).collect();
    assert_eq!(pairs, [("id", "id"), ("Note", "note")]);
    let left: Vec<(&str, bool)> =
        plan.not_compared.iter().map(|one| (one.column.as_ref().unwrap().raw(), one.waived)).collect();
    assert_eq!(left, [("p", false), ("gone", true), ("skip", false), ("more", true)]);
    assert_eq!(plan.not_compared[1].reason, "not in the target; waived because: it was never used");
    assert_eq!(all_meant(&terms, &[(&source, &target)], &[]), Ok(()));
    let wrong = Terms { waived: vec!["t.gon: it was never used".into()], ..terms.clone() };
    assert!(all_meant(&wrong, &[(&source, &target)], &[]).unwrap_err().starts_with("--waive t.gon: no such"));
    // Only numbers: no column is compared, so none is left out.
    let plan = table(&source, &target, &Terms { kind: Kind::Count, ..terms }).unwrap();
    assert_eq!((plan.method, plan.not_compared.len()), (Method::Count, 0));
}

#[test]
fn a_rule_for_another_type_is_a_mistake() {
    let side = || postgres(&["id bigint", "a text"], &["id"], &[]);
    let terms = Terms { rules: vec!["t.a=scale:2".parse().unwrap()], ..Terms::default() };
    assert!(table(&side(), &side(), &terms).unwrap_err().contains("s.t.a=scale:2"));
    for wrong in ["a=pad", "t.a", "t.a=nothing", "=pad"] {
        assert!(wrong.parse::<RuleFor>().is_err(), "{wrong}");
    }
}

#[test]
fn a_plan_can_be_written_down_and_another_one_has_another_fingerprint() {
    let source = postgres(&["id bigint", "a text"], &["id"], &[]);
    let plan = table(&source, &mysql(&["id bigint", "a text"], &["id"]), &Terms::default()).unwrap();
    let print = plan.fingerprint("h:1/a", "h:2/b");
    assert_eq!((print.len(), &print), (32, &plan.fingerprint("h:1/a", "h:2/b")));
    let wider = table(&source, &mysql(&["id bigint", "a char(9)"], &["id"]), &Terms::default()).unwrap();
    assert_ne!(print, wider.fingerprint("h:1/a", "h:2/b"));
    assert_ne!(print, plan.fingerprint("h:1/a", "h:3/b"));
    assert!(serde_json::to_string(&plan).unwrap().contains("\"method\":\"stream\""));
    // The offset basis and the hash of "a", from the FNV draft's own vectors.
    assert_eq!(format!("{:032x}", fnv(b"")), "6c62272e07bb014262b821756295c58d");
    assert_eq!(format!("{:032x}", fnv(b"a")), "d228cb696f1a8caf78912b704e4a8964");
}

#[test]
fn a_unit_survives_being_written_down() {
    let source = postgres(&["id bigint", "a timestamp with time zone", "b numeric(9,2)"], &["id"], &[]);
    let terms = Terms {
        rules: vec!["t.a=timestamp-truncate:3".parse().unwrap(), "t.b=scale:1".parse().unwrap()],
        filter_source: Some("id > 5".to_owned()),
        ..Terms::default()
    };
    let target = mysql(&["id bigint", "a timestamp(3)", "b decimal(9,1)"], &["id"]);
    let plan = table(&source, &target, &terms).unwrap();
    let key = |byte: u8| crate::db::scan::Key(vec![vec![1, byte]]);
    let range = crate::db::scan::KeyRange::between(vec![key(1), key(7)]).remove(1);
    let (fingerprint, plan) = (plan.fingerprint("a", "b"), Arc::new(plan));
    let unit = crate::validate::run::Unit { fingerprint, plan, range, only: None, sums: None };
    let text = serde_json::to_string(&unit).unwrap();
    let back: crate::validate::run::Unit = serde_json::from_str(&text).unwrap();
    assert_eq!(back, unit, "{text}");
    assert_eq!(back.plan.rules.len(), 3, "rules are read from their words");
    assert!(serde_json::from_str::<crate::validate::run::Unit>(&text.replace("scale:1", "scale:x")).is_err());
}

fn task(rules: &[&str]) -> Arc<TaskTables> {
    let select = r#"{"rule-type":"selection","rule-id":"1","rule-action":"include","object-locator":{"schema-name":"s","table-name":"%"}"#;
    let filter = r#","filters":[{"filter-type":"source","column-name":"id","filter-conditions":[{"filter-operator":"gte","value":"5"}]}]}"#;
    let rules = std::iter::once(format!("{select}{filter}")).chain(rules.iter().map(|rule| (*rule).to_owned()));
    let text = format!(r#"{{"rules":[{}]}}"#, rules.collect::<Vec<_>>().join(","));
    Arc::new(TaskTables { mappings: crate::model::mappings::parse(&text).unwrap(), ..TaskTables::default() })
}

fn turn(id: u32, column: &str, action: &str, value: &str) -> String {
    format!(
        r#"{{"rule-type":"transformation","rule-id":"{id}","rule-target":"column","rule-action":"{action}","value":"{value}",
        "object-locator":{{"schema-name":"s","table-name":"t","column-name":"{column}"}}}}"#
    )
}

#[test]
fn columns_of_a_task_go_where_its_rules_put_them_and_what_it_leaves_out_or_adds_is_its_own() {
    let source = postgres(&["id bigint", "note text", "gone int", "kept int", "card text"], &["id"], &[]);
    let target = mysql(
        &["id bigint", "remark longtext", "kept int", "card longtext", "loaded_at datetime", "more int"],
        &["id"],
    );
    let rules = [
        turn(2, "note", "rename", "remark"),
        turn(3, "gone", "remove-column", ""),
        turn(4, "kept", "remove-column", ""),
        turn(5, "card", "data-masking-hash-mask", ""),
        turn(6, "%", "add-column", "loaded_at"),
    ];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let plan = table(&source, &target, &Terms { task: Some(task(&rules)), ..Terms::default() }).unwrap();
    let pairs: Vec<(&str, &str)> =
        plan.columns.iter().map(|pair| (pair.source.name.as_str(), pair.target.name.as_str())).collect();
    assert_eq!(pairs, [("id", "id"), ("note", "remark")]);
    let left: Vec<(&str, bool)> =
        plan.not_compared.iter().map(|one| (one.column.as_ref().unwrap().raw(), one.waived)).collect();
    // What is left out and there all the same is not known to be right; neither is what is masked.
    assert_eq!(left, [("gone", true), ("kept", false), ("card", false), ("loaded_at", true), ("more", false)]);
    assert_eq!(plan.filter_source.as_deref(), Some("(\"t\".\"id\" >= 5)"));
    assert!(plan.why.contains("any other row of the target is extra"), "{}", plan.why);
    let gone = postgres(&["key bigint"], &["key"], &[]);
    let plan = table(&gone, &gone, &Terms { task: Some(task(&[])), ..Terms::default() }).unwrap();
    assert_eq!(plan.method, Method::None);
    assert!(plan.why.contains("filters by column id, which the source has not"), "{}", plan.why);
}

#[test]
fn what_is_said_of_one_table_wins_and_a_pattern_without_tables_is_a_mistake() {
    let side = || postgres(&["id bigint", "a text"], &["id"], &[]);
    let own = TableTerms {
        kind: Some(Kind::Count),
        keys: Some(vec!["a".to_owned()]),
        waived: vec!["b".to_owned()],
        filter_target: Some("x".to_owned()),
        ..TableTerms::default()
    };
    let terms = Terms { tables: vec![("s.*".to_owned(), own)], ..Terms::default() };
    let here = terms.of(&("s".to_owned(), "t".to_owned()));
    assert_eq!((here.kind, here.keys, here.waived), (Kind::Count, vec!["a".to_owned()], vec!["s.t.b".to_owned()]));
    assert_eq!(terms.of(&("other".to_owned(), "t".to_owned())).kind, Kind::Rows);
    let (ours, theirs) = (side(), side());
    let said = all_meant(&terms, &[(&ours, &theirs)], &[]).unwrap_err();
    assert!(said.contains("no column b"), "{said}");
    let terms = Terms { tables: vec![("s.x".to_owned(), TableTerms::default())], ..Terms::default() };
    assert!(all_meant(&terms, &[(&ours, &theirs)], &[]).unwrap_err().contains("no such table"));
}
