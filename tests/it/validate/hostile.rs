//! Values that somebody made up to break something, in every column that can hold them: what is equal is equal, what
//! differs is found, what is none is not known, and a terminal sees none of it.

use super::random::quoted;
use super::side::{Side, Told, rows_of, run};
use cutover::db::Engine;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HOSTILE: &[&str] = &[
    "\u{1b}[2J",
    "\u{9b}31m",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{202e}txt.exe",
    "\u{200f}",
    "\u{feff}",
    "\u{2028}",
    "\u{7f}",
    "\u{8}\u{8}",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "\\N",
    "\\\\N",
    "\\.",
    "\\0",
    "NULL",
    "null",
    "<null>",
    "(null)",
    "",
    " ",
    "  ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    ";DROP TABLE t;--",
    "/*",
    "*/",
    "--",
    "#",
    "$$",
    "$1",
    ":a",
    "?",
    "%s",
    "%n",
    "{}",
    "{0}",
    "|",
    ",",
    "\u{1f}",
    "\u{1}",
    "é",
    "e\u{301}",
    "ß",
    "SS",
    "İ",
    "i",
    "ı",
    "😀",
    "\u{10ffff}",
    "\u{fffd}",
    "1",
    "01",
    "1.0",
    "1e3",
    "0x41",
    "-0",
    "NaN",
    "infinity",
    "true",
    "t",
    "0000-00-00",
    "a\0b",
    "\0",
];

const ENGINES: [Engine; 3] = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite];

fn create(engine: Engine) -> &'static str {
    match engine {
        Engine::PostgreSql => {
            "CREATE TABLE @.h (id bigint PRIMARY KEY, a varchar(60), b text, j jsonb, r bytea);
             CREATE TABLE @.k (k varchar(60) PRIMARY KEY, v int);"
        }
        Engine::MySql => {
            "CREATE TABLE @.h (id bigint PRIMARY KEY, a varchar(60), b longtext, j json, r longblob) CHARSET utf8mb4;
             CREATE TABLE @.k (k varchar(60) PRIMARY KEY, v int) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin;"
        }
        Engine::Sqlite => {
            "CREATE TABLE @.h (id bigint PRIMARY KEY, a varchar(60), b text, j json, r blob);
             CREATE TABLE @.k (k varchar(60) PRIMARY KEY, v int);"
        }
    }
}

/// The row of one value in every column.
fn row(engine: Engine, id: usize, text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    let bytes = text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "{byte:02x}").unwrap();
        all
    });
    let bytes = if engine == Engine::PostgreSql { format!("'\\x{bytes}'") } else { format!("x'{bytes}'") };
    let text = quoted(text, engine);
    format!("INSERT INTO @.h VALUES ({id}, {text}, {text}, {}, {bytes});\n", quoted(&json, engine))
}

fn tame(told: &Told) {
    for text in [&told.stdout, &told.stderr] {
        let bad = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202e}' | '\u{200f}'));
        assert!(!text.contains(bad), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_value_in_every_column_is_compared_as_what_it_is() {
    for (from, to) in ENGINES.into_iter().flat_map(|from| ENGINES.map(|to| (from, to))) {
        let (mut source, mut target) = (Side::new(from).await, Side::new(to).await);
        // PostgreSQL has no text with a zero in it.
        let values: Vec<&str> = HOSTILE
            .iter()
            .copied()
            .filter(|text| ![from, to].contains(&Engine::PostgreSql) || !text.contains('\0'))
            .collect();
        let (mut ours, mut theirs) = (create(from).to_owned(), create(to).to_owned());
        let mut want = BTreeSet::new();
        for (number, text) in values.iter().enumerate() {
            // Equal; another one; the next one of the list.
            let next = values[(number + 1) % values.len()];
            for (id, other) in
                [(number * 3, (*text).to_owned()), (number * 3 + 1, format!("{text}x")), (number * 3 + 2, next.into())]
            {
                ours.push_str(&row(from, id, text));
                theirs.push_str(&row(to, id, &other));
                if other != **text {
                    want.insert(format!("id={id}"));
                }
            }
            writeln!(ours, "INSERT INTO @.k VALUES ({}, 1);", quoted(text, from)).unwrap();
            writeln!(theirs, "INSERT INTO @.k VALUES ({}, {});", quoted(text, to), 1 + number % 2).unwrap();
        }
        // One that is large, and the same but for its last letter.
        let large = |engine: Engine, id: usize, end: char| {
            let text = if engine == Engine::Sqlite { "printf('%.*c', 3000000, 'x')" } else { "repeat('x', 3000000)" };
            let joined =
                if engine == Engine::MySql { format!("concat({text}, '{end}')") } else { format!("{text} || '{end}'") };
            format!("INSERT INTO @.h (id, b) VALUES ({id}, {joined});\n")
        };
        for (id, end) in [(10_000, 'y'), (10_001, 'z')] {
            ours.push_str(&large(from, id, 'y'));
            theirs.push_str(&large(to, id, end));
        }
        source.script(&ours).await;
        target.script(&theirs).await;
        let pair = format!("{from:?} and {to:?}");
        let told = run(&source, &target, &["--settle=0s", "--report=10000", "--with-values"]).await;
        assert_eq!(told.status, Some(1), "{pair}: {told:?}");
        for word in ["h", "k"] {
            assert_eq!(told.table(word)["problems"].as_array().unwrap().len(), 0, "{pair}: {}", told.table(word));
        }
        let found = rows_of(&told.lines, "h");
        let all: BTreeSet<String> = ["a", "b", "j", "r"].map(str::to_owned).into();
        for (key, (change, columns)) in &found {
            let large = key == "id=10001";
            assert_eq!(change, "different", "{pair}: {key}");
            assert_eq!(*columns, if large { BTreeSet::from(["b".to_owned()]) } else { all.clone() }, "{pair}: {key}");
        }
        want.insert("id=10001".to_owned());
        assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), want, "{pair}");
        let keys: BTreeSet<String> = values.iter().skip(1).step_by(2).map(|text| format!("k={text}")).collect();
        assert_eq!(rows_of(&told.lines, "k").into_keys().collect::<BTreeSet<_>>(), keys, "{pair}");
        tame(&told);
    }
}

/// SQLite keeps anything anywhere. In a column of another type it is no value, and two of them are not known to be equal.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_value_of_its_column_is_never_equal() {
    let types = ["integer", "boolean", "date", "time", "timestamp", "uuid", "real", "numeric", "blob", "json"];
    let values = ["\u{1b}[2J", "'", "\\N", "2026-02-30x", "\0", "1 2", "--", "nan", "{", "\u{202e}"];
    for column in types {
        let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
        let rows = |other: Option<usize>| {
            let create = format!("CREATE TABLE @.t (id bigint PRIMARY KEY, v {column});\n");
            values.iter().enumerate().fold(create, |mut sql, (id, text)| {
                let value = if other == Some(id) { "NULL".to_owned() } else { quoted(text, Engine::Sqlite) };
                writeln!(sql, "INSERT INTO @.t VALUES ({id}, {value});").unwrap();
                sql
            })
        };
        source.script(&rows(None)).await;
        target.script(&rows(None)).await;
        let told = run(&source, &target, &["--settle=0s", "--with-values"]).await;
        assert_eq!((told.status, told.verdict("t")), (Some(3), "unknown"), "{column}: {told:?}");
        assert!(told.table("t")["problems"].to_string().contains("not of its type"), "{}", told.table("t"));
        tame(&told);
        // One that is surely another is found all the same.
        let mut target = Side::new(Engine::Sqlite).await;
        target.script(&rows(Some(4))).await;
        let told = run(&source, &target, &["--settle=0s"]).await;
        assert_eq!((told.status, told.verdict("t")), (Some(1), "different"), "{column}: {told:?}");
        assert_eq!(rows_of(&told.lines, "t").into_keys().collect::<Vec<_>>(), ["id=4"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_and_names_do_not_drive_a_terminal() {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}evil\r\n\u{7}";
    let home = tempfile::tempdir().unwrap();
    for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
        let (mut source, mut target) = (Side::new(engine).await, Side::new(engine).await);
        let quote = |name: &str| source.dialect().quoted(name);
        let (table, key, value) = (quote(&format!("t{evil}")), quote(&format!("k{evil}")), quote(&format!("v{evil}")));
        let create = format!(
            "CREATE TABLE @.{table} ({key} varchar(60) NOT NULL PRIMARY KEY, {value} varchar(60)){};",
            if engine == Engine::MySql { " DEFAULT CHARSET=utf8mb4" } else { "" }
        );
        source.script(&format!("{create} INSERT INTO @.{table} VALUES ('{evil}', '{evil}')")).await;
        target.script(&format!("{create} INSERT INTO @.{table} VALUES ('{evil}', 'tame')")).await;
        for output in ["table", "json", "csv"] {
            let arguments = ["--settle=0s", "--with-values", "--output", output];
            let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"));
            command.args(["validate", "--source", &source.url, "--target", &target.url]).args(arguments);
            let done = command.env_clear().env("HOME", home.path()).output().await.unwrap();
            assert_eq!(done.status.code(), Some(1), "{engine:?}: {done:?}");
            for text in [&done.stdout, &done.stderr] {
                let text = String::from_utf8(text.clone()).unwrap();
                let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
                assert!(!text.is_empty() && !text.contains(bad), "{engine:?}, {output}: {text:?}");
            }
            if output == "json" {
                let text = String::from_utf8(done.stdout).unwrap();
                let mut lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
                let row = lines.find(|line| line["kind"] == "row").unwrap();
                assert_eq!(row["source_values"][format!("v{evil}")], evil);
            }
        }
    }
}
