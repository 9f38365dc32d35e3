//! What is found between two tables, case by case.

use super::*;

fn table(name: &str) -> TableName {
    TableName::new("s", name)
}

fn item(kind: Kind, name: &str, details: &[(&str, &str)]) -> Item {
    let details = details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Item { kind, schema: "s".into(), table: "t".into(), name: name.into(), details }
}

fn column(name: &str, details: &[(&str, &str)]) -> Item {
    item(Kind::Column, name, details)
}

fn snapshot(engine: Engine, items: &[Item]) -> Snapshot {
    let mut all = vec![item(Kind::Table, "", &[])];
    all.extend(items.iter().cloned());
    all.sort();
    Snapshot { engine, version: "15.18".into(), items: all }
}

fn pair() -> Pair {
    Pair { source: table("t"), target: table("t"), left_out: vec![], renamed: vec![] }
}

fn said(source: &Snapshot, target: &Snapshot, pair: Pair) -> Vec<(Severity, String)> {
    parity(source, target, &[pair]).into_iter().map(|one| (one.severity, one.words.raw().to_owned())).collect()
}

/// Columns of the source and of the target, and what is to be said.
type Case = (Vec<Item>, Vec<Item>, Option<(Severity, &'static str)>);

#[test]
fn each_difference_weighs_what_it_costs() {
    use Severity::{Blocking, Warning};
    let id = || column("id", &[("type", "integer"), ("not_null", "true")]);
    let x = |details: &[(&str, &str)]| column("x", details);
    let index = |name: &str, details: &[(&str, &str)]| item(Kind::Index, name, details);
    let check = item(Kind::Constraint, "c", &[("form", "c"), ("def", "CHECK (id > 0)")]);
    let cases: Vec<Case> = vec![
        (vec![id()], vec![id()], None),
        (vec![id(), x(&[("type", "text")])], vec![id()], Some((Blocking, "x is missing in the target"))),
        (vec![id()], vec![id(), x(&[("type", "text")])], Some((Warning, "x is only in the target"))),
        (
            vec![id()],
            vec![id(), x(&[("type", "text"), ("not_null", "true")])],
            Some((Blocking, "x is only in the target, NOT NULL and without a default")),
        ),
        (
            vec![id()],
            vec![id(), x(&[("type", "text"), ("not_null", "true"), ("default", "''")])],
            Some((Warning, "x is only in the target")),
        ),
        (
            vec![x(&[("type", "character varying(20)")])],
            vec![x(&[("type", "character varying(12)")])],
            Some((
                Blocking,
                "x is narrower in the target: character varying(20) does not fit into character varying(12)",
            )),
        ),
        (
            vec![x(&[("type", "integer")])],
            vec![x(&[("type", "bigint")])],
            Some((Warning, "x is integer in the source and bigint in the target")),
        ),
        (vec![x(&[("type", "date")])], vec![x(&[("type", "bytea")])], Some((Blocking, "x is of another type"))),
        (
            vec![x(&[("type", "text")])],
            vec![x(&[("type", "text"), ("not_null", "true")])],
            Some((Blocking, "x is NOT NULL only in the target")),
        ),
        (
            vec![x(&[("type", "text"), ("not_null", "true")])],
            vec![x(&[("type", "text")])],
            Some((Warning, "x is NOT NULL only in the source")),
        ),
        (
            vec![x(&[("type", "integer")])],
            vec![x(&[("type", "integer"), ("generated", "1 + 1")])],
            Some((Blocking, "x is computed only in the target")),
        ),
        (
            vec![x(&[("type", "integer")])],
            vec![x(&[("type", "integer"), ("comment", "hm")])],
            Some((Warning, "x has another comment")),
        ),
        (
            vec![id(), index("i", &[("columns", "[\"id\"]")])],
            vec![id()],
            Some((Warning, "the index i is not, or not so, in the target")),
        ),
        (
            vec![id(), index("i", &[("columns", "[\"id\"]"), ("def", "CREATE INDEX i ON s.t USING btree (id)")])],
            vec![id(), index("j", &[("columns", "[\"id\"]"), ("def", "CREATE INDEX j ON s.t USING btree (id)")])],
            None,
        ),
        (
            vec![id()],
            vec![id(), index("u", &[("columns", "[\"id\"]"), ("unique", "true")])],
            Some((Blocking, "the index u is only in the target")),
        ),
        (vec![id()], vec![id(), check.clone()], Some((Blocking, "the constraint c is only in the target"))),
        (vec![id(), check], vec![id()], Some((Warning, "the constraint c is not, or not so, in the target"))),
        (
            vec![id(), item(Kind::ForeignKey, "f", &[("def", "FOREIGN KEY (id) REFERENCES s.t(id)")])],
            vec![id(), item(Kind::ForeignKey, "g", &[("def", "FOREIGN KEY (id) REFERENCES s.t(id) NOT VALID")])],
            None,
        ),
    ];
    for (source, target, want) in cases {
        let (source, target) = (snapshot(Engine::PostgreSql, &source), snapshot(Engine::PostgreSql, &target));
        let got = said(&source, &target, pair());
        match want {
            None => assert!(got.is_empty(), "{got:?}"),
            Some((severity, words)) => {
                assert!(got.len() == 1 && got[0].0 == severity && got[0].1.contains(words), "{words}: {got:?}");
            }
        }
    }
}

#[test]
fn enumerations_are_compared_by_their_labels() {
    let of = |labels: &str| {
        let mut kind = item(Kind::Type, "", &[("form", "e"), ("labels", labels)]);
        kind.table = "Mood".into();
        snapshot(Engine::PostgreSql, &[kind, column("m", &[("type", "s.\"Mood\""), ("enum", "s.\"Mood\"")])])
    };
    for (source, target, want) in [
        (r#"["a","b"]"#, r#"["a","b"]"#, None),
        (r#"["a","b"]"#, r#"["b","a"]"#, Some((Severity::Warning, "another order"))),
        (r#"["a","b"]"#, r#"["a","b","c"]"#, Some((Severity::Warning, "only the target knows"))),
        (r#"["a","b","c"]"#, r#"["a"]"#, Some((Severity::Blocking, "lacks in the target: b, c"))),
    ] {
        let got = said(&of(source), &of(target), pair());
        match want {
            None => assert!(got.is_empty(), "{got:?}"),
            Some((severity, words)) => assert!(got[0].0 == severity && got[0].1.contains(words), "{got:?}"),
        }
    }
}

#[test]
fn what_the_mappings_remove_or_rename_is_looked_for_so() {
    let source =
        snapshot(Engine::PostgreSql, &[column("old", &[("type", "text")]), column("secret", &[("type", "text")])]);
    let mut target = snapshot(Engine::PostgreSql, &[column("new", &[("type", "text")])]);
    for item in &mut target.items {
        item.schema = "other".into();
    }
    let pair = Pair {
        source: table("t"),
        target: TableName::new("other", "t"),
        left_out: vec!["secret".into()],
        renamed: vec![("old".into(), "new".into())],
    };
    assert_eq!(said(&source, &target, pair), []);
}

#[test]
fn across_engines_only_what_means_the_same_is_compared() {
    let source = snapshot(
        Engine::PostgreSql,
        &[
            column("id", &[("type", "integer"), ("not_null", "true"), ("default", "nextval('x')")]),
            column("note", &[("type", "text")]),
            item(Kind::Index, "i", &[("columns", "[\"id\"]")]),
        ],
    );
    let target = snapshot(
        Engine::MySql,
        &[
            column("ID", &[("type", "int(11)"), ("not_null", "true"), ("identity", "auto_increment")]),
            column("note", &[("type", "varchar(20)")]),
        ],
    );
    let got = said(&source, &target, pair());
    assert_eq!(got.len(), 1, "{got:?}");
    assert!(got[0].1.contains("note is narrower"), "{got:?}");
    assert!(blind_spots(&source, &target).iter().any(|words| words.starts_with("indexes")));
    assert!(blind_spots(&source, &source).is_empty());
}

#[test]
fn a_table_that_is_not_there_is_said_once_and_other_versions_are_a_warning() {
    let mut empty = snapshot(Engine::PostgreSql, &[]);
    empty.items.clear();
    empty.version = "16.3".into();
    let got = said(&snapshot(Engine::PostgreSql, &[column("id", &[("type", "integer")])]), &empty, pair());
    assert_eq!(got.len(), 2, "{got:?}");
    assert_eq!(got[0], (Severity::Blocking, "s.t is not in the target".to_owned()));
    assert!(got[1].1.contains("15.18 and 16.3"), "{got:?}");
}
