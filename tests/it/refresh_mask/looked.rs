//! Preview and verification: no old value is shown, and what was left is found.

use super::desk::{mask, prepare};
use super::{ENGINES, Place, key, of, resolved, rule, rules};
use cutover::model::masking::personal::Personal;
use cutover::model::masking::{Function, Rule};
use cutover::refresh::mask::verify::{Origin, against, target};
use cutover::refresh::mask::{counts, preview};

const ROWS: usize = 40;

async fn people(engine: &str) -> Place {
    let place = Place::new(engine).await;
    prepare(&place).await;
    place
        .script(
            "CREATE TABLE {s}.person (id int NOT NULL PRIMARY KEY, mail varchar(60) NOT NULL UNIQUE, phone varchar(30), card varchar(30), \
             born date, name varchar(40), note text, remark text)",
        )
        .await;
    let rows: Vec<String> = (0..ROWS)
        .map(|row| {
            let phone = if row % 4 == 0 { "NULL".to_owned() } else { format!("'+49 30 90{row:04}'") };
            format!("({row}, 'person{row}@mail.example.com', {phone}, '4111 1111 1111 1111', '1980-01-{:02}', 'Name {row}', 'fine', 'ok')", row % 28 + 1)
        })
        .collect();
    place.script(&format!("INSERT INTO {{s}}.person VALUES {}", rows.join(", "))).await;
    place
}

fn columns() -> [(&'static str, Rule); 7] {
    [
        ("mail", Rule { unique: true, ..rule(Function::Email) }),
        ("phone", rule(Function::Phone)),
        ("card", rule(Function::CreditCard)),
        ("born", rule(Function::DateJitter { days: 30 })),
        ("name", rule(Function::FullName)),
        ("note", rule(Function::Partial { keep_start: 1, keep_end: 1, with: '*' })),
        ("remark", rule(Function::Keep)),
    ]
}

#[tokio::test]
async fn a_preview_shows_new_values_and_of_old_ones_only_their_looks() {
    for engine in ENGINES {
        let place = people(engine).await;
        let tables = place.facts().await;
        let resolved = resolved(&rules(&[("person", &columns())]), &tables);
        let of_table = resolved.table(&place.schema, "person").unwrap();
        let mut session = place.database.read().await.unwrap();
        let table = of(&tables, "person");
        let sides = (table, &Origin::same(table));
        let dialect = place.database.dialect();
        let seen = preview::read(&mut session, dialect, sides, of_table, Some(&key()), 5).await.unwrap();
        let shown = serde_json::to_string(&seen).unwrap();
        for old in ["person", "mail.example", "+49", "90", "4111", "1980", "Name", "fine"] {
            assert!(!shown.replace(&seen.table, "").contains(old), "{engine}: {old} in {shown}");
        }
        let column = |name: &str| seen.columns.iter().find(|column| column.name == name).unwrap();
        assert_eq!((seen.columns.len(), column("mail").values.len(), &*column("mail").function), (6, 5, "email"));
        let first: Vec<&str> = seen.columns.iter().map(|column| column.values[0].old.as_str()).collect();
        assert_eq!(first, ["email(24)", "null", "card(19)", "date(10)", "text(6)", "text(4)"], "{engine}");
        assert!(column("mail").values[0].new.ends_with("@example.invalid"));
        for (name, new) in [("born", "date(10)"), ("note", "text(4)")] {
            assert_eq!(column(name).values[0].new, new, "something of the old one stands in it");
        }

        place
            .script("CREATE TABLE {s}.folk AS SELECT mail AS post, phone, card, born, name, note FROM {s}.person")
            .await;
        let renamed = [("mail".to_owned(), "post".to_owned())].into();
        let elsewhere = Origin { schema: place.schema.clone(), table: "folk".to_owned(), renamed };
        let other = preview::read(&mut session, dialect, (table, &elsewhere), of_table, Some(&key()), 5).await.unwrap();
        assert_eq!(other, seen, "{engine}: the source calls them otherwise");

        if engine == "mariadb" {
            // Its text holds no more than what is fetched.
            place.script("ALTER TABLE {s}.person MODIFY note longtext").await;
        }
        place.script(&format!("UPDATE {{s}}.person SET note = '{}'", "x".repeat(70_000))).await;
        let seen = preview::read(&mut session, dialect, sides, of_table, Some(&key()), 5).await.unwrap();
        assert_eq!(seen.columns[5].values[0].old, "70000 bytes", "{engine}: it was fetched");
    }
}

#[tokio::test]
async fn a_value_that_was_left_is_found_and_not_repeated() {
    for engine in ENGINES {
        let source = people(engine).await;
        let place = people(engine).await;
        let tables = place.facts().await;
        let resolved = resolved(&rules(&[("person", &columns())]), &tables);
        let table = of(&tables, "person");
        let of_table = resolved.table(&place.schema, "person").unwrap();
        let key = key();
        let before = counts::read(&mut place.session().await, table, of_table).await.unwrap();
        assert_eq!((before.rows, before.nulls["phone"], before.distinct["mail"]), (ROWS as u64, 10, ROWS as u64));

        let mut from = source.database.read().await.unwrap();
        let mut to = place.database.read().await.unwrap();
        let origin = Origin { schema: source.schema.clone(), ..Origin::same(table) };
        let nothing_done = target(&mut to, table, of_table, Some(&key), None).await.unwrap();
        let places: Vec<String> =
            nothing_done.findings.iter().map(|one| one.place.rsplit('.').next().unwrap().to_owned()).collect();
        for column in ["mail", "phone", "card"] {
            assert!(places.iter().any(|place| place == column), "{engine}: {places:?}");
        }
        let left = against(&mut from, &mut to, (table, &origin), of_table, Some(&key)).await.unwrap();
        assert_eq!((left.rows, left.findings.len()), (ROWS as u64, 6), "{engine}: {:?}", left.findings);

        mask(&place, &tables, &resolved, &key, &["person"]).await;
        let clean = target(&mut to, table, of_table, Some(&key), None).await.unwrap();
        assert_eq!((clean.rows, clean.findings.as_slice()), (ROWS as u64, &[][..]), "{engine}");
        let clean = against(&mut from, &mut to, (table, &origin), of_table, Some(&key)).await.unwrap();
        assert_eq!((clean.rows, clean.findings.as_slice()), (ROWS as u64, &[][..]), "{engine}");
        let after = counts::read(&mut place.session().await, table, of_table).await.unwrap();
        assert_eq!(counts::compare(of_table, &before, &after), [], "{engine}");

        for (sql, place_of, says) in [
            (
                "UPDATE {s}.person SET mail = 'person7@mail.example.com' WHERE id = 7",
                "mail",
                "1 of 40 rows do not look masked by email",
            ),
            (
                "UPDATE {s}.person SET born = '1980-01-09' WHERE id = 8",
                "born",
                "1 of 40 rows that were compared hold what the source holds",
            ),
            (
                "UPDATE {s}.person SET remark = 'call +49 30 901820' WHERE id = 9",
                "remark",
                "1 of 40 rows hold what looks like a telephone number",
            ),
            (
                "UPDATE {s}.person SET note = 'DE89370400440532013000' WHERE id = 9",
                "note",
                "1 of 40 rows hold what looks like an IBAN",
            ),
        ] {
            place.script(sql).await;
            let mut findings = target(&mut to, table, of_table, Some(&key), None).await.unwrap().findings;
            findings
                .extend(against(&mut from, &mut to, (table, &origin), of_table, Some(&key)).await.unwrap().findings);
            let told: Vec<String> =
                findings.iter().map(|one| format!("{}: {} ({})", one.place, one.what, one.hint)).collect();
            assert!(told.iter().any(|one| one.contains(place_of) && one.contains(says)), "{engine}: {told:?}");
            for value in ["person7", "1980", "901820", "DE89"] {
                assert!(!told.iter().any(|one| one.contains(value)), "{told:?}");
            }
        }
        place.script("UPDATE {s}.person SET phone = NULL WHERE id = 1; UPDATE {s}.person SET name = 'x' WHERE id = 1; DELETE FROM {s}.person WHERE id = 2").await;
        let after = counts::read(&mut place.session().await, table, of_table).await.unwrap();
        let told = counts::compare(of_table, &before, &after);
        assert!(told.iter().any(|one| one.what == "had 40 rows before it was masked and has 39 now"), "{told:?}");
        assert!(told.iter().any(|one| one.what.contains("39 now") && one.place.ends_with("mail")), "{told:?}");
    }
}

#[tokio::test]
async fn what_a_kept_column_may_hold_is_no_finding() {
    let place = Place::new("sqlite").await;
    place.script("CREATE TABLE {s}.shop (id INTEGER PRIMARY KEY, help text); INSERT INTO {s}.shop VALUES (1, 'help@shop.example')").await;
    let tables = place.facts().await;
    for (holds, findings) in [(vec![], 1), (vec![Personal::Phone], 1), (vec![Personal::Email], 0)] {
        let keep = Rule { holds, ..rule(Function::Keep) };
        let resolved = resolved(&rules(&[("shop", &[("help", keep)])]), &tables);
        let of_table = resolved.table("shop", "shop").unwrap();
        let mut session = place.database.read().await.unwrap();
        let got = target(&mut session, of(&tables, "shop"), of_table, None, None).await.unwrap();
        assert_eq!(got.findings.len(), findings, "{:?}", got.findings);
    }
}
