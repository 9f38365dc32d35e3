//! What a real catalogue says, and what is said before a refresh begins.

use super::{ENGINES, Place, of, resolved, rule, rules};
use cutover::model::masking::check::{check, key as key_of};
use cutover::model::masking::{Function, Rule, Severity};

async fn nasty(engine: &str) -> Place {
    let place = Place::new(engine).await;
    let text = match engine {
        "postgresql" => {
            "CREATE TYPE {s}.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN {s}.short AS varchar(6) CHECK (VALUE <> 'x'); \
             CREATE TABLE {s}.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, u uuid DEFAULT gen_random_uuid(), code varchar(12) UNIQUE, \
               mail varchar(80) NOT NULL CHECK (mail LIKE '%@%'), lower_mail text GENERATED ALWAYS AS (lower(mail)) STORED, mood {s}.mood, s {s}.short, tiny varchar(5)); \
             CREATE UNIQUE INDEX customer_mail ON {s}.customer (lower(mail)); \
             CREATE TABLE {s}.orders (id int NOT NULL, day date NOT NULL, customer bigint NOT NULL REFERENCES {s}.customer, PRIMARY KEY (id, day)) PARTITION BY RANGE (day); \
             CREATE TABLE {s}.orders_1 PARTITION OF {s}.orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); \
             CREATE TABLE {s}.log (line text); \
             CREATE FUNCTION {s}.copy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (OLD.mail); RETURN NEW; END'; \
             CREATE TRIGGER copied AFTER UPDATE ON {s}.customer FOR EACH ROW EXECUTE FUNCTION {s}.copy()"
        }
        "mariadb" => {
            "CREATE TABLE {s}.customer (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, u char(36) DEFAULT (uuid()), code varchar(12) UNIQUE, \
               mail varchar(80) NOT NULL UNIQUE CHECK (mail LIKE '%@%'), lower_mail varchar(80) AS (lower(mail)) STORED, mood enum('sad','glad'), s varchar(6), tiny varchar(5), \
               seen timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp, doc json); \
             CREATE TABLE {s}.orders (id int NOT NULL, day date NOT NULL, customer bigint NOT NULL, PRIMARY KEY (id, day)) \
               PARTITION BY RANGE (year(day)) (PARTITION p VALUES LESS THAN MAXVALUE); \
             CREATE TABLE {s}.log (line text, customer bigint, FOREIGN KEY (customer) REFERENCES {s}.customer (id)); \
             CREATE TRIGGER {s}.copied AFTER UPDATE ON {s}.customer FOR EACH ROW INSERT INTO log (line) VALUES (OLD.mail)"
        }
        _ => {
            "CREATE TABLE {s}.customer (id INTEGER PRIMARY KEY, u uuid, code varchar(12) UNIQUE, \
               mail varchar(80) NOT NULL UNIQUE CHECK (mail LIKE '%@%'), lower_mail text AS (lower(mail)), mood text, s varchar(6), tiny varchar(5)); \
             CREATE TABLE {s}.orders (id int NOT NULL, day date NOT NULL, customer bigint NOT NULL REFERENCES customer, PRIMARY KEY (id, day)) WITHOUT ROWID; \
             CREATE TABLE {s}.log (line text); \
             CREATE TRIGGER {s}.copied AFTER UPDATE ON customer BEGIN INSERT INTO log VALUES (OLD.mail); END"
        }
    };
    place.script(text).await;
    place
}

#[tokio::test]
async fn the_catalogue_of_each_engine_gives_the_same_facts() {
    for engine in ENGINES {
        let place = nasty(engine).await;
        let tables = place.facts().await;
        let customer = of(&tables, "customer");
        let surrogate: Vec<&str> =
            customer.columns.iter().filter(|column| column.surrogate).map(|column| column.name.as_str()).collect();
        let want: &[&str] = if engine == "sqlite" { &["id"] } else { &["id", "u"] };
        assert_eq!(surrogate, want, "{engine}");
        assert!(customer.column("lower_mail").unwrap().generated);
        let uniques: Vec<(Vec<&str>, bool)> = customer
            .uniques
            .iter()
            .map(|unique| (unique.columns.iter().map(String::as_str).collect(), unique.whole))
            .collect();
        for (column, whole) in [("id", true), ("code", true), ("mail", engine != "postgresql")] {
            assert!(uniques.contains(&(vec![column], whole)), "{engine} {column}: {uniques:?}");
        }
        assert!(customer.checks.iter().any(|(_, text)| text.contains("mail")), "{engine}: {:?}", customer.checks);
        assert!(
            customer.triggers.iter().any(|trigger| trigger.name == "copied" && trigger.text.contains("OLD.mail")),
            "{engine}"
        );
        assert_eq!(customer.column("mood").unwrap().shape.labels.len(), if engine == "sqlite" { 0 } else { 2 });
        assert_eq!(customer.column("s").unwrap().shape.limit(), Some(6), "{engine}");
        let orders = of(&tables, "orders");
        assert_eq!(orders.column("day").unwrap().partition, engine != "sqlite", "{engine}");
        let child = if engine == "mariadb" { "log" } else { "orders" };
        let reference = &of(&tables, child).foreign_keys[0];
        assert_eq!(
            (reference.columns.as_slice(), reference.to.1.as_str(), reference.to_columns.as_slice()),
            (&["customer".to_owned()][..], "customer", &["id".to_owned()][..]),
            "{engine}"
        );
        assert!(!tables.iter().any(|table| table.name == "orders_1"), "a partition is no table of its own");
        assert_eq!((customer.rowid, orders.rowid), (engine == "sqlite", false), "{engine}");
        if engine == "mariadb" {
            assert!(customer.column("seen").unwrap().touched);
            assert_eq!(customer.column("doc").unwrap().shape.sql_type.name, "json");
        }
        assert!(key_of(orders, resolved(&rules(&[]), &tables).table(&place.schema, "orders").unwrap()).is_some());
    }
}

#[tokio::test]
async fn what_would_fail_in_the_middle_is_said_before() {
    for engine in ENGINES {
        let place = nasty(engine).await;
        let tables = place.facts().await;
        let constant = || rule(Function::Constant { value: "a@b".into() });
        let cases: Vec<(&str, &str, Rule, Option<&str>)> = vec![
            ("customer", "mail", rule(Function::Null), Some("may not be NULL")),
            ("customer", "mail", constant(), Some("constant gives the same value to many")),
            ("customer", "mail", Rule { unique: true, ..rule(Function::Email) }, None),
            ("customer", "code", rule(Function::FullName), Some("random bits here")),
            ("customer", "code", rule(Function::Digits), Some("not masked yet")),
            ("customer", "code", rule(Function::Null), None),
            ("customer", "code", rule(Function::Email), Some("takes 12 characters, and email needs 20")),
            ("customer", "tiny", rule(Function::Phone), Some("takes 5 characters")),
            ("customer", "tiny", rule(Function::Redact), None),
            ("customer", "lower_mail", rule(Function::Hash { length: 32 }), Some("computed from other columns")),
            ("customer", "id", rule(Function::Email), Some("which email does not make")),
            ("orders", "day", rule(Function::Redact), Some("which redact does not make")),
        ];
        for (table, column, rule, want) in cases {
            let resolved = resolved(&rules(&[(table, &[(column, rule.clone())])]), &tables);
            let said: Vec<String> = check(&tables, &resolved)
                .into_iter()
                .filter(|one| one.severity == Severity::Blocking && one.place.ends_with(column))
                .map(|one| one.what)
                .collect();
            match want {
                Some(want) => {
                    assert!(said.iter().any(|one| one.contains(want)), "{engine} {column} {}: {said:?}", rule.told());
                }
                None => assert!(said.is_empty(), "{engine} {column} {}: {said:?}", rule.told()),
            }
        }
        let with_mail = resolved(&rules(&[("customer", &[("mail", rule(Function::Email))])]), &tables);
        let warned: Vec<String> = check(&tables, &with_mail).into_iter().map(|one| one.what).collect();
        assert!(warned.iter().any(|one| one.contains("copied, which may have copied values")), "{engine}: {warned:?}");
        assert!(warned.iter().any(|one| one.contains("must satisfy")), "{engine}: {warned:?}");
        if engine != "sqlite" {
            let moved = resolved(&rules(&[("orders", &[("day", rule(Function::DateJitter { days: 3 }))])]), &tables);
            assert!(check(&tables, &moved).iter().any(|one| one.what.contains("in which partition")), "{engine}");
            let mood = resolved(
                &rules(&[("customer", &[("mood", rule(Function::Choice { values: vec!["mad".into()] }))])]),
                &tables,
            );
            assert!(check(&tables, &mood).iter().any(|one| one.place.ends_with("mood")), "{engine}");
        }
    }
}
