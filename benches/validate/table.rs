//! The data: one table in several shapes, the same on both sides but for what a case changes. Made in PostgreSQL, carried
//! through files, loaded as one would load it.

use super::Place;
use cutover::db::Database;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

/// One comparison.
pub struct Case {
    pub name: &'static str,
    pub source: &'static str,
    pub target: &'static str,
    pub key: &'static [&'static str],
    /// How many there are to be found, of so many rows.
    pub differences: fn(u64) -> u64,
    /// How many times faster than reladiff it ought to be.
    pub aim: Option<f64>,
    /// The same over the long wire; `None`: not run there.
    pub far: Option<f64>,
    /// reladiff takes minutes: once, unless everything is asked for.
    pub slow: bool,
}

const fn case(name: &'static str, target: &'static str, differences: fn(u64) -> u64, aim: Option<f64>) -> Case {
    Case { name, source: "t", target, key: &["id"], differences, aim, far: None, slow: false }
}

pub const CASES: &[Case] = &[
    Case { far: Some(2.0), ..case("identical", "t", |_| 0, Some(4.0)) },
    Case { far: Some(8.0), ..case("ten differences", "t_ten", |_| 10, Some(8.0)) },
    Case { slow: true, ..case("10 % differ", "t_tenth", |rows| rows / 10, Some(80.0)) },
    Case { source: "g", ..case("gap in the key", "g", |_| 0, None) },
    Case { source: "g", slow: true, ..case("gap, three differences", "g_three", |_| 3, None) },
    Case { source: "c", key: &["a", "b"], ..case("composite key", "c", |_| 0, None) },
    Case { source: "c", key: &["a", "b"], ..case("composite, three differ", "c_three", |_| 3, None) },
    Case { source: "k", key: &["k"], ..case("text key", "k", |_| 0, None) },
    Case { source: "k", key: &["k"], ..case("text key, three differ", "k_three", |_| 3, None) },
];

const COLUMNS: &str = "n, amount, name, note, at, day, flag, x";

/// As many shapes as there are.
pub const ALL: usize = SHAPES.len();

/// Key columns of each shape: as they are declared in both engines, and as they come from `t`.
const SHAPES: [(&str, [&str; 2], &str, &str); 4] = [
    ("t", ["id bigint NOT NULL", "id bigint NOT NULL"], "id", "id"),
    // Half of the keys lie four thousand million million beyond the others.
    (
        "g",
        ["id bigint NOT NULL", "id bigint NOT NULL"],
        "id",
        "CASE WHEN id % 2 = 0 THEN id ELSE id + 4000000000000000 END AS id",
    ),
    (
        "c",
        ["a integer NOT NULL, b integer NOT NULL", "a int NOT NULL, b int NOT NULL"],
        "a, b",
        "CAST(id / 1000 AS integer) AS a, CAST(id % 1000 AS integer) AS b",
    ),
    (
        "k",
        ["k varchar(40) COLLATE \"C\" NOT NULL", "k varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL"],
        "k",
        "'key' || md5(CAST(id AS text)) AS k",
    ),
];

fn create(name: &str, of_mysql: bool) -> String {
    let (_, key, list, _) = SHAPES.iter().find(|(shape, ..)| name.starts_with(shape)).unwrap();
    let rest = match of_mysql {
        true => {
            "n int NOT NULL, amount decimal(12,2) NOT NULL, name varchar(60) NOT NULL, note text, at datetime(6) NOT NULL, \
             day date NOT NULL, flag tinyint(1) NOT NULL, x double NOT NULL"
        }
        false => {
            "n integer NOT NULL, amount numeric(12,2) NOT NULL, name varchar(60) NOT NULL, note text, \
             at timestamp(6) NOT NULL, day date NOT NULL, flag boolean NOT NULL, x double precision NOT NULL"
        }
    };
    let options = if of_mysql { " DEFAULT CHARSET=utf8mb4" } else { "" };
    format!(
        "DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({}, {rest}, PRIMARY KEY ({list})){options};",
        key[usize::from(of_mysql)]
    )
}

async fn script(place: &Place, sql: &str) {
    let mut session = Database::parse(&place.url).unwrap().write_owned_by_demo().await.unwrap();
    session.script(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

/// Three keys of a hundred are left out. About 115 bytes a row as text.
fn rows(rows: u64) -> String {
    format!(
        "SELECT g, CAST(g * 7919 % 1000003 AS integer), CAST((g * 31 % 1000000000) / 100.0 AS numeric(12,2)),
                'customer ' || left(md5(CAST(g AS text)), 20),
                CASE WHEN g % 10 < 3 THEN NULL ELSE 'note ' || left(md5(CAST(-g AS text)), 12 + CAST(g % 21 AS integer)) END,
                timestamp '2020-01-01' + (g * 1234567 % 190000000000000) * interval '1 microsecond',
                date '1990-01-01' + CAST(g % 12000 AS integer), g % 3 = 0, sqrt(CAST(g AS double precision))
         FROM generate_series(1, CAST({rows} * 1.05 + 1000 AS bigint)) AS g
         WHERE g % 100 NOT IN (13, 57, 91) ORDER BY g LIMIT {rows}"
    )
}

/// Makes the tables of the source, those of the first so many shapes, and a file of each.
pub async fn make(source: &Place, (count, shapes): (u64, usize), files: &Path) {
    for (shape, _, list, from) in SHAPES.into_iter().take(shapes) {
        let insert = if shape == "t" {
            format!("INSERT INTO t {}", rows(count))
        } else {
            format!(
                "INSERT INTO {shape} ({list}, {COLUMNS}) SELECT * FROM (SELECT {from}, {COLUMNS} FROM t) AS s ORDER BY {list}"
            )
        };
        let file = files.join(format!("{shape}.tsv"));
        let _ = std::fs::remove_file(&file);
        script(source, &format!("{} {insert};", create(shape, false))).await;
        let columns = COLUMNS.replace("flag", "CAST(flag AS integer)");
        let copy = format!("COPY (SELECT {list}, {columns} FROM {shape} ORDER BY {list}) TO '{}'", file.display());
        script(source, &copy).await;
        script(source, &format!("VACUUM ANALYZE {shape}")).await;
    }
    script(source, "CHECKPOINT").await;
}

/// Loads them into the target; where it is all of them, makes those that differ, too. Seconds that `t` took.
pub async fn load(target: &Place, (rows, shapes): (u64, usize), files: &Path) -> f64 {
    let mut first = None;
    let is_case = |case: &&Case| shapes == ALL && case.source != case.target;
    for (shape, ..) in SHAPES.into_iter().take(shapes) {
        let file = files.join(format!("{shape}.tsv"));
        script(target, &create(shape, target.of_mysql)).await;
        let began = Instant::now();
        let sql = match target.of_mysql {
            true => format!("LOAD DATA INFILE '{}' INTO TABLE {shape}", file.display()),
            false => format!("COPY {shape} FROM '{}'", file.display()),
        };
        script(target, &sql).await;
        first.get_or_insert(began.elapsed().as_secs_f64());
        for other in CASES.iter().filter(is_case).filter(|case| case.source == shape) {
            let name = other.target;
            script(target, &format!("{} INSERT INTO {name} SELECT * FROM {shape};", create(name, target.of_mysql)))
                .await;
            change(target, shape, name, rows).await;
        }
    }
    let made = SHAPES.iter().take(shapes).map(|(shape, ..)| *shape);
    let tables = || made.clone().chain(CASES.iter().filter(is_case).map(|case| case.target));
    for table in tables() {
        script(target, &format!("{} {table}", if target.of_mysql { "ANALYZE TABLE" } else { "VACUUM ANALYZE" })).await;
    }
    first.unwrap()
}

/// What differs in a copy.
async fn change(target: &Place, shape: &str, name: &str, rows: u64) {
    // In key order, so that the same rows are meant on every engine.
    let (_, _, list, _) = SHAPES.iter().find(|(one, ..)| *one == shape).unwrap();
    let sql = match name {
        // A value of four columns, three rows fewer, three more, all over the table: each in a segment of its own.
        "t_ten" => {
            let nth = |part: u64| format!("(SELECT id FROM t ORDER BY id LIMIT 1 OFFSET {})", rows * part / 11);
            let mut sql = String::new();
            for (part, value) in [
                (1, "amount = amount + 0.01"),
                (2, "name = 'other'"),
                (3, "note = CASE WHEN note IS NULL THEN '' END"),
                (4, "at = '2001-01-01 00:00:00.000001'"),
            ] {
                writeln!(sql, "UPDATE t_ten SET {value} WHERE id = {};", nth(part)).unwrap();
            }
            for part in 5..8 {
                writeln!(sql, "DELETE FROM t_ten WHERE id = {};", nth(part)).unwrap();
            }
            // Such keys were left out.
            for part in 8..11 {
                writeln!(
                    sql,
                    "INSERT INTO t_ten SELECT id - id % 100 + 13, {COLUMNS} FROM t WHERE id = {};",
                    nth(part)
                )
                .unwrap();
            }
            sql
        }
        // Every tenth row, by its place and not by its key.
        "t_tenth" => {
            let place = "(SELECT id, row_number() OVER (ORDER BY id) AS place FROM t) AS p";
            match target.of_mysql {
                true => {
                    format!("UPDATE t_tenth INNER JOIN {place} ON t_tenth.id = p.id SET n = n + 1 WHERE place % 10 = 0")
                }
                false => {
                    format!("UPDATE t_tenth SET n = n + 1 FROM {place} WHERE t_tenth.id = p.id AND place % 10 = 0")
                }
            }
        }
        _ => {
            let nth = |place: u64| format!("(SELECT {list} FROM {shape} ORDER BY {list} LIMIT 1 OFFSET {place})");
            format!(
                "UPDATE {name} SET n = -1 WHERE ({list}) = {}; UPDATE {name} SET note = 'other' WHERE ({list}) = {};
                 DELETE FROM {name} WHERE ({list}) = {}",
                nth(rows / 5),
                nth(rows / 2),
                nth(rows / 5 * 4)
            )
        }
    };
    script(target, &sql).await;
}
