//! Names and values that are meant to break out: quotes, controls, long texts, types of every kind.

use super::desk::{mask, prepare};
use super::{ENGINES, Place, key, of, resolved, rule, rules};
use cutover::db::Value;
use cutover::model::masking::check::check;
use cutover::model::masking::{Function, Rule, Severity};
use cutover::refresh::mask::verify::{Origin, against, target};

const NASTY: [&str; 9] = [
    "'; DROP TABLE marks; --",
    "\"quoted\" `ticks` \\back\\slash",
    "\u{1}\u{7}\u{1b}[2J",
    "\u{202e}turned\u{200b}",
    "😀 日本語 ünïcödé e\u{301}",
    "$1 ? %s {}",
    "",
    "   ",
    "line\r\nline\ttab",
];

#[tokio::test]
async fn no_name_and_no_value_leaves_its_quotes() {
    for engine in ENGINES {
        let place = Place::new(engine).await;
        prepare(&place).await;
        let quote = |name: &str| place.dialect().quoted(name);
        let (table, key_column, column) = ("t\"a`b.l'e; ü", "k\"e`y", "c\"o`l'; new");
        let options = if engine == "mariadb" { " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" } else { "" };
        let (t, k, c) = (quote(table), quote(key_column), quote(column));
        place
            .script(&format!(
                "CREATE TABLE {{s}}.{t} ({k} varchar(200) NOT NULL PRIMARY KEY, {c} varchar(200), n int NOT NULL){options}; \
                 CREATE TABLE {{s}}.keyless ({c} varchar(200), becomes varchar(200), n int NOT NULL){options}"
            ))
            .await;
        let mut session = place.session().await;
        let dialect = place.dialect();
        let place_of = |n| dialect.parameter(n, "text");
        for (n, text) in NASTY.iter().enumerate() {
            // PostgreSQL's and MariaDB's keys: none may be twice, and one ends in blanks.
            let values: [Value; 2] = [format!("{n}{text}").into(), (*text).into()];
            let sql = format!(
                "INSERT INTO {} VALUES ({}, {}, {n})",
                dialect.qualified(&place.schema, table),
                place_of(1),
                place_of(2)
            );
            session.execute(&sql, &values).await.unwrap();
            let sql = format!(
                "INSERT INTO {} VALUES ({}, {}, {n})",
                dialect.qualified(&place.schema, "keyless"),
                place_of(1),
                place_of(2)
            );
            session.execute(&sql, &[values[1].clone(), values[1].clone()]).await.unwrap();
        }
        let tables = place.facts().await;
        let hash = || rule(Function::Hash { length: 64 });
        let all = rules(&[
            (table, &[(column, hash())]),
            ("keyless", &[(column, hash()), ("becomes", rule(Function::Redact))]),
        ]);
        let resolved = resolved(&all, &tables);
        let applied = mask(&place, &tables, &resolved, &key(), &[table, "keyless"]).await;
        assert_eq!(applied.iter().map(|one| (one.rows, one.misfits)).collect::<Vec<_>>(), [(9, 0), (9, 0)], "{engine}");
        let shape = &of(&tables, table).column(column).unwrap().shape;
        let expected = cutover::model::masking::Mask::new(&hash(), shape, Some(&key())).unwrap();
        let want: Vec<Option<String>> = NASTY.iter().map(|text| expected.of(Some(text)).value).collect();
        assert_eq!(place.texts(&format!("SELECT {c} FROM {{s}}.{t} ORDER BY n")).await, want, "{engine}");
        assert_eq!(place.texts(&format!("SELECT {c} FROM {{s}}.keyless ORDER BY n")).await, want, "{engine}");
        let redacted = place.texts("SELECT becomes FROM {s}.keyless ORDER BY n").await;
        assert_eq!(redacted[5].as_deref(), Some("xx x xx xx"), "{engine}");
        assert_eq!(place.number("SELECT count(*) FROM {s}.marks").await, 2, "{engine}");
        let mut read = place.database.read().await.unwrap();
        for name in [table, "keyless"] {
            let of_table = resolved.table(&place.schema, name).unwrap();
            assert_eq!(target(&mut read, of(&tables, name), of_table, Some(&key()), None).await.unwrap().findings, []);
        }
    }
}

/// Types of one engine: a column, its values as SQL, the function, and what must hold of the new values.
struct Typed {
    declared: &'static str,
    values: &'static str,
    rule: fn() -> Rule,
    /// SQL with `c`, true for every row that is right.
    right: &'static str,
}

const POSTGRESQL: &[Typed] = &[
    Typed {
        declared: "jsonb",
        values: "'{\"a\": \"bob@x.example\", \"b\": 7}'",
        rule: || rule(Function::Json { paths: vec![], otherwise: cutover::model::masking::Otherwise::Redact }),
        right: "c = '{\"a\": \"xxxxxxxxxxxxx\", \"b\": 0}'",
    },
    Typed {
        declared: "bytea",
        values: "'\\x00ff'",
        rule: || rule(Function::Hash { length: 32 }),
        right: "length(c) = 16",
    },
    Typed {
        declared: "uuid",
        values: "'550e8400-e29b-41d4-a716-446655440000'",
        rule: || rule(Function::Uuid),
        right: "c <> '550e8400-e29b-41d4-a716-446655440000'",
    },
    Typed { declared: "inet", values: "'10.1.2.3/8'", rule: || rule(Function::Ip), right: "c << '198.18.0.0/15'" },
    Typed { declared: "char(8)", values: "'ab'", rule: || rule(Function::Redact), right: "c = 'xx'" },
    Typed { declared: "smallint", values: "1234", rule: || rule(Function::Digits), right: "c BETWEEN 1000 AND 9999" },
    Typed {
        declared: "real",
        values: "1.5",
        rule: || rule(Function::Noise { millionths: 100_000 }),
        right: "c BETWEEN 1.3 AND 1.7 AND c <> 1.5",
    },
    Typed {
        declared: "numeric",
        values: "12345678901234567890.123",
        rule: || rule(Function::Noise { millionths: 10_000 }),
        right: "c BETWEEN 12e18 AND 13e18",
    },
    Typed {
        declared: "mood",
        values: "'sad'",
        rule: || rule(Function::Choice { values: vec!["glad".into(), "so so".into()] }),
        right: "c IN ('glad', 'so so')",
    },
    Typed {
        declared: "short",
        values: "'hello'",
        rule: || rule(Function::RandomString { length: Some(6), alphabet: "abc".into() }),
        right: "length(c) = 6",
    },
    Typed {
        declared: "timestamptz",
        values: "'2026-03-29 01:30:00+00'",
        rule: || rule(Function::DateTruncate { to: cutover::model::masking::Truncate::Year }),
        right: "c = '2026-01-01 00:00:00+00'",
    },
    Typed { declared: "text[]", values: "'{a,b}'", rule: || rule(Function::Default), right: "c = '{}'" },
    Typed {
        declared: "boolean",
        values: "true",
        rule: || rule(Function::Constant { value: "false".into() }),
        right: "NOT c",
    },
    Typed { declared: "citext", values: "'Bob'", rule: || rule(Function::FirstName), right: "c <> 'Bob'" },
];

const MARIADB: &[Typed] = &[
    Typed {
        declared: "json",
        values: "'{\"a\": \"bob@x.example\"}'",
        rule: || rule(Function::Json { paths: vec![], otherwise: cutover::model::masking::Otherwise::Redact }),
        right: "c = '{\"a\": \"xxxxxxxxxxxxx\"}'",
    },
    Typed {
        declared: "binary(16)",
        values: "x'00ff00ff00ff00ff00ff00ff00ff00ff'",
        rule: || rule(Function::Uuid),
        right: "c <> x'00ff00ff00ff00ff00ff00ff00ff00ff' AND LENGTH(c) = 16",
    },
    Typed {
        declared: "blob",
        values: "x'00ff'",
        rule: || rule(Function::Hash { length: 32 }),
        right: "LENGTH(c) = 16",
    },
    Typed {
        declared: "uuid",
        values: "'550e8400-e29b-41d4-a716-446655440000'",
        rule: || rule(Function::Uuid),
        right: "c <> '550e8400-e29b-41d4-a716-446655440000'",
    },
    Typed {
        declared: "tinyint(1)",
        values: "1",
        rule: || rule(Function::Constant { value: "0".into() }),
        right: "c = 0",
    },
    Typed {
        declared: "bigint unsigned",
        values: "18446744073709551615",
        rule: || rule(Function::Digits),
        right: "c <> 18446744073709551615 AND c > 1000000000000000000",
    },
    Typed {
        declared: "enum('sad','glad')",
        values: "'sad'",
        rule: || rule(Function::Choice { values: vec!["glad".into()] }),
        right: "c = 'glad'",
    },
    Typed {
        declared: "varchar(10) CHARACTER SET latin1",
        values: "'Zo\u{eb}'",
        rule: || rule(Function::Redact),
        right: "c = 'xxx'",
    },
    Typed {
        declared: "timestamp(3) NULL",
        values: "'2026-03-29 02:30:00.123'",
        rule: || rule(Function::DateJitter { days: 3 }),
        right: "ABS(DATEDIFF(c, '2026-03-29')) BETWEEN 1 AND 3",
    },
    Typed {
        declared: "decimal(10,2)",
        values: "-12.50",
        rule: || rule(Function::Noise { millionths: 100_000 }),
        right: "c BETWEEN -13.75 AND -11.25 AND c <> -12.50",
    },
    Typed {
        declared: "inet6",
        values: "'fe80::1'",
        rule: || rule(Function::Ip),
        right: "CAST(c AS CHAR) LIKE '2001:db8:%'",
    },
];

const SQLITE: &[Typed] = &[
    Typed { declared: "", values: "42", rule: || rule(Function::Hash { length: 16 }), right: "length(c) = 16" },
    Typed {
        declared: "INTEGER",
        values: "1234",
        rule: || rule(Function::Digits),
        right: "typeof(c) = 'integer' AND c BETWEEN 1000 AND 9999",
    },
    Typed {
        declared: "REAL",
        values: "1.5",
        rule: || rule(Function::Noise { millionths: 100_000 }),
        right: "typeof(c) = 'real' AND c <> 1.5",
    },
    Typed {
        declared: "BLOB",
        values: "x'00ff'",
        rule: || rule(Function::Hash { length: 32 }),
        right: "typeof(c) = 'blob' AND length(c) = 16",
    },
    Typed {
        declared: "date",
        values: "'2026-11-22'",
        rule: || rule(Function::DateTruncate { to: cutover::model::masking::Truncate::Month }),
        right: "c = '2026-11-01'",
    },
];

#[tokio::test]
async fn every_type_takes_what_its_function_makes_with_a_key_and_without() {
    for (engine, typed) in [("postgresql", POSTGRESQL), ("mariadb", MARIADB), ("sqlite", SQLITE)] {
        let place = Place::new(engine).await;
        let source = Place::new(engine).await;
        prepare(&place).await;
        for one in [&place, &source] {
            if engine == "postgresql" {
                one.script(
                    "CREATE TYPE {s}.mood AS ENUM ('sad', 'glad', 'so so'); CREATE DOMAIN {s}.short AS varchar(6) CHECK (VALUE <> 'nobody'); \
                     CREATE EXTENSION citext",
                )
                .await;
            }
            for (number, one_type) in typed.iter().enumerate() {
                let (declared, values) = (one_type.declared, one_type.values);
                one.script(&format!(
                    "CREATE TABLE {{s}}.k{number} (id int NOT NULL PRIMARY KEY, c {declared}); INSERT INTO {{s}}.k{number} VALUES (1, {values}), (2, NULL); \
                     CREATE TABLE {{s}}.w{number} (c {declared}); INSERT INTO {{s}}.w{number} VALUES ({values}), (NULL), ({values})"
                ))
                .await;
            }
        }
        let tables = place.facts().await;
        for (number, one_type) in typed.iter().enumerate() {
            for name in [format!("k{number}"), format!("w{number}")] {
                let all = rules(&[(&name, &[("c", (one_type.rule)())])]);
                let resolved = resolved(&all, &tables);
                let said = check(&tables, &resolved);
                assert!(
                    said.iter().all(|one| one.severity == Severity::Warning),
                    "{engine} {}: {said:?}",
                    one_type.declared
                );
                let applied = mask(&place, &tables, &resolved, &key(), &[&name]).await;
                assert_eq!(applied[0].misfits, 0, "{engine} {}", one_type.declared);
                let wrong = place
                    .number(&format!(
                        "SELECT count(*) FROM {{s}}.{name} WHERE c IS NOT NULL AND NOT ({})",
                        one_type.right
                    ))
                    .await;
                let now = place.query(&format!("SELECT count(*), count(c) FROM {{s}}.{name}")).await;
                let left = if name.starts_with('k') { [2, 1] } else { [3, 2] };
                assert_eq!(
                    (wrong, now[0].iter().map(|n| n.as_int().unwrap()).collect::<Vec<_>>()),
                    (0, left.to_vec()),
                    "{engine} {} {name}",
                    one_type.declared
                );
                let of_table = resolved.table(&place.schema, &name).unwrap();
                let table = of(&tables, &name);
                let origin = Origin { schema: source.schema.clone(), ..Origin::same(table) };
                let (mut from, mut to) = (source.database.read().await.unwrap(), place.database.read().await.unwrap());
                let left = against(&mut from, &mut to, (table, &origin), of_table, Some(&key())).await.unwrap();
                assert_eq!(left.findings, [], "{engine} {}", one_type.declared);
            }
        }
    }
}
