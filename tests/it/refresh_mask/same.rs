//! The same value becomes the same on every engine, in every table, and what refers to something still finds it.

use super::desk::{mask, prepare};
use super::{ENGINES, Place, key, of, resolved, rule, rules};
use cutover::model::masking::check::check;
use cutover::model::masking::{Decision, Function, Rule, Severity};

#[tokio::test]
async fn values_stay_joinable_across_engines() {
    let mut all = Vec::new();
    for engine in ENGINES {
        let place = Place::new(engine).await;
        prepare(&place).await;
        let (money, born, at, number) = match engine {
            "postgresql" => ("numeric(12,4)", "date", "timestamptz", "uuid"),
            "mariadb" => ("decimal(12,2)", "date", "datetime(6)", "char(36)"),
            _ => ("numeric", "date", "timestamp", "uuid"),
        };
        place
            .script(&format!(
                "CREATE TABLE {{s}}.t (id int NOT NULL PRIMARY KEY, mail varchar(80), money {money}, born {born}, seen {at}, u {number}, \
                 big bigint, doc varchar(200))"
            ))
            .await;
        place
            .script(
                "INSERT INTO {s}.t VALUES \
                 (1, 'Zoë@example.com', 12.5, '1980-02-29', '2026-11-22 10:00:00.5', '550e8400-e29b-41d4-a716-446655440000', 12345678901, \
                  '{\"a\": \"x@y.example\", \"n\": [1.10]}'), \
                 (2, '', -3, '9999-12-31', '1970-01-02 00:00:00', 'AAAAAAAA-e29b-41d4-a716-446655440000', -7, '{}'), \
                 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            )
            .await;
        let tables = place.facts().await;
        let document: Rule = rule(Function::Json {
            paths: vec![("$.a".parse().unwrap(), rule(Function::Email))],
            otherwise: cutover::model::masking::Otherwise::Keep,
        });
        let columns = [
            ("mail", rule(Function::Email)),
            ("money", rule(Function::Noise { millionths: 100_000 })),
            ("born", rule(Function::DateJitter { days: 30 })),
            ("seen", rule(Function::DateTruncate { to: cutover::model::masking::Truncate::Month })),
            ("u", rule(Function::Hash { length: 32 })),
            ("big", rule(Function::Digits)),
            ("doc", document),
        ];
        // A text that holds a UUID is not one: masked as what it looks like.
        let columns =
            columns.map(|(name, rule)| if name == "u" { (name, Rule::of(Function::Uuid)) } else { (name, rule) });
        let resolved = resolved(&rules(&[("t", &columns)]), &tables);
        assert!(
            check(&tables, &resolved).iter().all(|one| one.severity == Severity::Warning),
            "{:?}",
            check(&tables, &resolved)
        );
        let applied = mask(&place, &tables, &resolved, &key(), &["t"]).await;
        assert_eq!(applied[0].misfits, 0, "{engine}");
        let mut rows = Vec::new();
        for column in ["mail", "born", "big", "doc"] {
            rows.push(place.texts(&format!("SELECT {} FROM {{s}}.t ORDER BY id", read(engine, column))).await);
        }
        rows.push(
            place
                .texts(&format!("SELECT {} FROM {{s}}.t ORDER BY id", read(engine, "seen")))
                .await
                .into_iter()
                .map(|seen| seen.map(|seen| seen[..10].to_owned()))
                .collect(),
        );
        rows.push(place.texts(&format!("SELECT {} FROM {{s}}.t WHERE id <> 2 ORDER BY id", read(engine, "u"))).await);
        all.push((engine, rows));
    }
    for (engine, rows) in &all {
        assert_eq!(rows, &all[0].1, "{engine} and {}", all[0].0);
        assert_eq!(
            rows.iter().map(|column| column.last().unwrap()).filter(|last| last.is_some()).count(),
            0,
            "NULL stays NULL"
        );
    }
    let rows = &all[0].1;
    assert!(
        rows[0][0].as_ref().unwrap().ends_with("@example.invalid") && rows[3][0].as_ref().unwrap().contains("[1.10]"),
        "{rows:?}"
    );
    assert_eq!(rows[4], [Some("2026-11-01".to_owned()), Some("1970-01-01".to_owned()), None]);
}

fn read(engine: &str, column: &str) -> String {
    match engine {
        "postgresql" => format!("CAST({column} AS text)"),
        "mariadb" => format!("CAST({column} AS CHAR)"),
        _ => format!("CAST({column} AS TEXT)"),
    }
}

#[tokio::test]
async fn what_refers_to_a_masked_key_follows_it_and_still_finds_it() {
    for engine in ENGINES {
        let place = Place::new(engine).await;
        prepare(&place).await;
        place
            .script(
                "CREATE TABLE {s}.person (mail varchar(60) NOT NULL PRIMARY KEY, chief varchar(60), name varchar(40)); \
                 CREATE TABLE {s}.letter (id int NOT NULL PRIMARY KEY, sender varchar(60) NOT NULL, body varchar(40), \
                   CONSTRAINT letter_sender FOREIGN KEY (sender) REFERENCES person (mail) ON UPDATE CASCADE); \
                 CREATE TABLE {s}.stamp (letter int NOT NULL, mail varchar(60) NOT NULL, PRIMARY KEY (letter, mail), \
                   CONSTRAINT stamp_mail FOREIGN KEY (mail) REFERENCES person (mail)); \
                 INSERT INTO {s}.person VALUES ('a@x.example', NULL, 'A'), ('b@x.example', 'a@x.example', 'B'), ('c@x.example', 'b@x.example', 'C'); \
                 INSERT INTO {s}.letter VALUES (1, 'a@x.example', 'hello'), (2, 'c@x.example', 'well'); \
                 INSERT INTO {s}.stamp VALUES (1, 'b@x.example'), (2, 'b@x.example'), (2, 'a@x.example')"
                    .replace("REFERENCES person", if engine == "sqlite" { "REFERENCES person" } else { "REFERENCES {s}.person" })
                    .as_str(),
            )
            .await;
        let tables = place.facts().await;
        let all = rules(&[
            ("person", &[("mail", rule(Function::Email)), ("chief", rule(Function::Email))]),
            ("letter", &[]),
            ("stamp", &[]),
        ]);
        let resolved = resolved(&all, &tables);
        assert_eq!(
            resolved
                .findings
                .iter()
                .filter(|one| one.severity == Severity::Blocking && !one.place.contains("marks"))
                .count(),
            0,
            "{:?}",
            resolved.findings
        );
        for (table, column) in [("letter", "sender"), ("stamp", "mail")] {
            let own = resolved.table(&place.schema, table).unwrap().column(column).unwrap();
            assert_eq!(own.decision, Decision::Mask(rule(Function::Email)), "{engine} {table}.{column}");
            assert!(own.why.contains("person.mail, which it refers to"), "{}", own.why);
        }
        if engine == "postgresql" {
            // As the refresh does: the keys are away while it masks.
            place.script("ALTER TABLE {s}.letter DROP CONSTRAINT letter_sender; ALTER TABLE {s}.stamp DROP CONSTRAINT stamp_mail").await;
        }
        mask(&place, &tables, &resolved, &key(), &["person", "letter", "stamp"]).await;
        let found = "SELECT count(*) FROM {s}.letter l JOIN {s}.person p ON p.mail = l.sender JOIN {s}.stamp t ON t.letter = l.id \
                     JOIN {s}.person q ON q.mail = t.mail";
        assert_eq!(place.number(found).await, 3, "{engine}");
        assert_eq!(
            place.number("SELECT count(*) FROM {s}.person p JOIN {s}.person q ON q.mail = p.chief").await,
            2,
            "{engine}"
        );
        assert_eq!(place.number("SELECT count(*) FROM {s}.person WHERE mail LIKE '%x.example'").await, 0, "{engine}");
        if engine == "postgresql" {
            place
                .script(
                    "ALTER TABLE {s}.letter ADD FOREIGN KEY (sender) REFERENCES {s}.person (mail); \
                     ALTER TABLE {s}.stamp ADD FOREIGN KEY (mail) REFERENCES {s}.person (mail)",
                )
                .await;
        }
        let _ = of(&tables, "stamp");
    }
}
