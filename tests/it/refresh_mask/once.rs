//! Each row is masked once, whenever the session dies: before a statement, after it, after a commit nobody heard of.

use super::desk::{Plain, prepare};
use super::{ENGINES, Place, key, of, resolved, rule, rules};
use cutover::model::masking::{Function, Mask};
use cutover::refresh::mask::apply::is_done;
use cutover::refresh::mask::{Desk as _, apply, counts, verify};

/// Name of the table, its columns for each engine, the columns that are masked. Every table has `n`, its number.
const TABLES: [(&str, &str, &[&str]); 4] = [
    ("by_number", "id bigint NOT NULL PRIMARY KEY, n int NOT NULL, mail varchar(60), note text", &["mail", "note"]),
    (
        "by_pair",
        "a varchar(20) NOT NULL, b int NOT NULL, n int NOT NULL, mail varchar(60), PRIMARY KEY (a, b)",
        &["mail"],
    ),
    ("by_nothing", "n int NOT NULL, mail varchar(60), note text", &["mail", "note"]),
    // Its key is what is masked.
    ("by_mail", "mail varchar(60) NOT NULL PRIMARY KEY, n int NOT NULL, note text", &["mail", "note"]),
];

/// As many as make three pages, the last of them short.
const ROWS: usize = 25;

fn mail(row: usize) -> String {
    format!("b'o\\b{row}@example.com")
}

fn note(row: usize) -> Option<String> {
    // Some are the same, some are not there.
    (!row.is_multiple_of(5)).then(|| format!("note {} \u{1f600}", row % 3))
}

fn text(value: Option<&String>) -> String {
    value.map_or("NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")))
}

async fn fill(place: &Place, name: &str, mysql: bool) {
    let rows = (0..ROWS).map(|row| {
        let mail = text(Some(&if mysql { mail(row).replace('\\', "\\\\") } else { mail(row) }));
        let note = text(note(row).as_ref());
        match name {
            "by_number" => format!("({}, {row}, {mail}, {note})", row * 7),
            "by_pair" => format!("('{}', {}, {row}, {mail})", ["x", "X x", "é", "日本"][row % 4], row / 4),
            "by_nothing" => format!("({row}, {mail}, {note})"),
            _ => format!("({mail}, {row}, {note})"),
        }
    });
    let rows: Vec<String> = rows.collect();
    place.script(&format!("DELETE FROM {{s}}.{name}; DELETE FROM {{s}}.marks")).await;
    place.script(&format!("INSERT INTO {{s}}.{name} VALUES {}", rows.join(", "))).await;
}

async fn dies_anywhere(engine: &str) {
    let place = Place::new(engine).await;
    prepare(&place).await;
    for (name, columns, _) in TABLES {
        let options = if engine == "mariadb" { " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" } else { "" };
        place.script(&format!("CREATE TABLE {{s}}.{name} ({columns}){options}")).await;
    }
    let tables = place.facts().await;
    let hash = || rule(Function::Hash { length: 40 });
    let all = rules(&TABLES.map(|(name, _, masked)| {
        let columns: &'static [(&'static str, _)] =
            Box::leak(masked.iter().map(|column| (*column, hash())).collect::<Vec<_>>().into_boxed_slice());
        (name, columns)
    }));
    let resolved = resolved(&all, &tables);
    let key = key();
    for (name, _, masked) in TABLES {
        let table = of(&tables, name);
        let of_table = resolved.table(&place.schema, name).unwrap();
        let made = |column: &str, old: Option<String>| {
            let shape = &table.column(column).unwrap().shape;
            Mask::new(&hash(), shape, Some(&key)).unwrap().of(old.as_deref()).value
        };
        let want: Vec<Vec<Option<String>>> = masked
            .iter()
            .map(|column| {
                let old = |row| if *column == "mail" { Some(mail(row)) } else { note(row) };
                (0..ROWS).map(|row| made(column, old(row))).collect()
            })
            .collect();
        let mut life = 0;
        let mut deaths = 0;
        loop {
            fill(&place, name, engine == "mariadb").await;
            let mut desk = Plain::new(&place, Some(life)).await;
            let first = apply(&mut desk, table, of_table, Some(&key)).await;
            deaths += usize::from(first.is_err());
            let mut after = Plain::new(&place, None).await;
            let applied = apply(&mut after, table, of_table, Some(&key)).await.unwrap();
            assert_eq!((applied.rows, applied.misfits), (ROWS as u64, 0), "{engine} {name} after {life}");
            for (column, want) in masked.iter().zip(&want) {
                let got = place.texts(&format!("SELECT {column} FROM {{s}}.{name} ORDER BY n")).await;
                assert_eq!(got, *want, "{engine} {name}.{column} after {life} points");
            }
            let mark = after.marked(&table.full_name()).await.unwrap().unwrap();
            assert_eq!(is_done(&mark).unwrap(), Some(applied), "{mark}");
            assert!(mark.contains("\"after\":[]"), "no value of a key stays in a mark: {mark}");
            assert!(!mark.contains("example.com"), "no masked value stands in a mark: {mark}");
            if first.is_ok() {
                break;
            }
            life += 1;
        }
        assert!(deaths > 20, "{engine} {name} died {deaths} times");
        let pages = if ["by_number", "by_pair"].contains(&name)
            || engine == "sqlite" && name == "by_nothing"
            || engine == "sqlite" && name == "by_mail"
        {
            3
        } else {
            1
        };
        fill(&place, name, engine == "mariadb").await;
        let mut desk = Plain::new(&place, None).await;
        apply(&mut desk, table, of_table, Some(&key)).await.unwrap();
        assert_eq!(desk.progress.len(), pages, "{engine} {name}: {:?}", desk.statements);
        assert_eq!(desk.progress.last().unwrap().rows, ROWS as u64);
    }
}

#[tokio::test]
async fn on_postgresql_every_row_is_masked_once_whenever_the_session_dies() {
    dies_anywhere(ENGINES[0]).await;
}

#[tokio::test]
async fn on_mariadb_every_row_is_masked_once_whenever_the_session_dies() {
    dies_anywhere(ENGINES[1]).await;
}

#[tokio::test]
async fn on_sqlite_every_row_is_masked_once_whenever_the_session_dies() {
    dies_anywhere(ENGINES[2]).await;
}

#[tokio::test]
async fn what_was_begun_with_one_key_is_not_finished_with_another() {
    let place = Place::new("sqlite").await;
    prepare(&place).await;
    place
        .script("CREATE TABLE {s}.t (id INTEGER PRIMARY KEY, mail text); INSERT INTO {s}.t VALUES (1, 'a'), (2, 'b')")
        .await;
    let tables = place.facts().await;
    let resolved = resolved(&rules(&[("t", &[("mail", rule(Function::Email))])]), &tables);
    let of_table = resolved.table("shop", "t").unwrap();
    let mut desk = Plain::new(&place, None).await;
    desk.rows = 1;
    apply(&mut desk, of(&tables, "t"), of_table, Some(&key())).await.unwrap();
    let other = cutover::model::masking::Key::new(&cutover::model::Secret::new("another key of many bytes")).unwrap();
    let refused = apply(&mut desk, of(&tables, "t"), of_table, Some(&other)).await.unwrap_err().to_string();
    assert!(refused.contains("another masking key"), "{refused}");
    assert_eq!(desk.progress.iter().map(|one| one.rows).collect::<Vec<_>>(), [1, 2, 2]);
}

#[tokio::test]
async fn rows_of_a_table_that_inherits_are_masked_as_its_own_and_once() {
    let place = Place::new("postgresql").await;
    prepare(&place).await;
    place
        .script(
            "CREATE TABLE {s}.by_key (id int PRIMARY KEY, mail varchar(60)); \
             CREATE TABLE {s}.by_key_of (PRIMARY KEY (id)) INHERITS ({s}.by_key); \
             CREATE TABLE {s}.keyless (id int, mail varchar(60)); CREATE TABLE {s}.keyless_of () INHERITS ({s}.keyless)",
        )
        .await;
    let names = ["by_key", "by_key_of", "keyless", "keyless_of"];
    for name in names {
        // The same keys in both: a page by key of the parent alone has each once.
        let rows: Vec<String> = (0..ROWS).map(|row| format!("({row}, '{name}{row}@example.com')")).collect();
        place.script(&format!("INSERT INTO {{s}}.{name} VALUES {}", rows.join(", "))).await;
    }
    let tables = place.facts().await;
    let hash = || rule(Function::Hash { length: 40 });
    let all = rules(&names.map(|name| (name, Box::leak(Box::new([("mail", hash())])) as &'static [(&'static str, _)])));
    let (resolved, key) = (resolved(&all, &tables), key());
    for name in names {
        let (table, of_table) = (of(&tables, name), resolved.table(&place.schema, name).unwrap());
        assert_eq!(table.inherited, !name.ends_with("_of"));
        let mut desk = Plain::new(&place, None).await;
        assert_eq!(apply(&mut desk, table, of_table, Some(&key)).await.unwrap().rows, ROWS as u64, "{name}");
        let counted = counts::read(&mut place.session().await, table, of_table).await.unwrap();
        assert_eq!(counted.rows, ROWS as u64, "{name}");
        let looked = verify::target(&mut place.session().await, table, of_table, Some(&key), None).await.unwrap();
        assert_eq!((looked.rows, looked.findings.len()), (ROWS as u64, 0), "{name}");
    }
    for name in names {
        let shape = &of(&tables, name).column("mail").unwrap().shape;
        let mask = Mask::new(&hash(), shape, Some(&key)).unwrap();
        let got = place.texts(&format!("SELECT mail FROM ONLY {{s}}.{name} ORDER BY id")).await;
        let want: Vec<_> = (0..ROWS).map(|row| mask.of(Some(&format!("{name}{row}@example.com"))).value).collect();
        assert_eq!(got, want, "{name}");
    }
}
