//! Random tables, rows and edits on every pair of engines: what `cutover validate` says must be what was edited.
//!
//! Each case is a table of its own, and one run compares them all. `CUTOVER_VALIDATE_CASES` (default 40) and
//! `CUTOVER_VALIDATE_SEED` choose them; a failure names the seed of its case.

use super::side::{Side, Told, rows_of, run, verdicts};
use cutover::db::{Column, Dialect, Engine, Value};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// What a column of the test holds, whichever engine it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Int,
    Small,
    Bool,
    Decimal,
    Double,
    Text,
    Timestamp,
    Date,
    Time,
    Bytes,
    Uuid,
    Json,
}

const ORDINARY: [Type; 12] = [
    Type::Int,
    Type::Small,
    Type::Bool,
    Type::Decimal,
    Type::Double,
    Type::Text,
    Type::Timestamp,
    Type::Date,
    Type::Time,
    Type::Bytes,
    Type::Uuid,
    Type::Json,
];

/// SQLite keeps the last three in any spelling, so they are no keys there.
const KEYS: [&[Type]; 10] = [
    // Rows that nothing tells apart but what they are.
    &[],
    &[Type::Int],
    &[Type::Small, Type::Text],
    &[Type::Text],
    &[Type::Uuid],
    &[Type::Bytes],
    &[Type::Text, Type::Uuid, Type::Small],
    &[Type::Date, Type::Int],
    &[Type::Decimal],
    &[Type::Timestamp],
];

impl Type {
    fn declared(self, engine: Engine) -> &'static str {
        let [postgres, mysql, sqlite] = match self {
            Self::Int => ["bigint", "bigint", "integer"],
            Self::Small => ["smallint", "int", "smallint"],
            Self::Bool => ["boolean", "tinyint(1)", "boolean"],
            Self::Decimal => ["numeric(14,4)", "decimal(14,4)", "decimal(14,4)"],
            Self::Double => ["double precision", "double", "double"],
            Self::Text => ["character varying(60)", "varchar(60)", "varchar(60)"],
            Self::Timestamp => ["timestamp(6) without time zone", "datetime(6)", "timestamp"],
            Self::Date => ["date", "date", "date"],
            Self::Time => ["time(6) without time zone", "time(6)", "time"],
            Self::Bytes => ["bytea", "varbinary(60)", "blob"],
            Self::Uuid => ["uuid", "char(36)", "uuid"],
            Self::Json => ["jsonb", "json", "json"],
        };
        match engine {
            Engine::PostgreSql => postgres,
            Engine::MySql => mysql,
            Engine::Sqlite => sqlite,
        }
    }

    fn value(self, rng: &mut Rng) -> Value {
        match self {
            Self::Int => Value::Int(pick(rng, &[0, -1, 1, i64::MAX, i64::MIN, 255, 65_536, rng.clone().i64(-50..50)])),
            Self::Small => Value::Int(rng.i64(-300..300)),
            Self::Bool => Value::Bool(rng.bool()),
            Self::Decimal => {
                let units = pick(rng, &[0, 5, -5, 10_000, 99_999, -1, rng.clone().i64(-99_999_999..99_999_999)]);
                let sign = if units < 0 { "-" } else { "" };
                Value::Decimal(format!("{sign}{}.{:04}", units.abs() / 10_000, units.abs() % 10_000))
            }
            Self::Double => Value::Float(pick(
                rng,
                &[
                    0.0,
                    0.1,
                    1e-9,
                    5e-9,
                    1e300,
                    -1e-300,
                    0.123_456_7,
                    0.123_456_74,
                    1e15,
                    1e17,
                    16_777_217.0,
                    -2.5,
                    5e-324,
                ],
            )),
            Self::Text => {
                let pieces = [
                    "",
                    " ",
                    "a",
                    "A",
                    "b",
                    "ä",
                    "😀",
                    "|",
                    "\\",
                    "'",
                    "\"",
                    "<null>",
                    "\t",
                    "\u{1b}[2J",
                    "\u{202e}",
                    "%s",
                ];
                Value::Text((0..rng.usize(0..5)).map(|_| pick(rng, &pieces)).collect())
            }
            Self::Timestamp => {
                let day = self::day(rng, 10_957..25_000);
                let micros = pick(rng, &["", ".5", ".000001", ".999999", ".123", ".0007"]);
                Value::Timestamp(format!(
                    "{day} {:02}:{:02}:{:02}{micros}",
                    rng.u8(0..24),
                    rng.u8(0..60),
                    rng.u8(0..60)
                ))
            }
            Self::Date => Value::Text(day(rng, 1..40_000)),
            Self::Time => Value::Text(format!(
                "{:02}:{:02}:{:02}.{:06}",
                rng.u8(0..24),
                rng.u8(0..60),
                rng.u8(0..60),
                rng.u32(0..2) * 7
            )),
            Self::Bytes => {
                Value::Bytes((0..rng.usize(0..6)).map(|_| pick(rng, &[0, 1, 10, 32, 127, 128, 255])).collect())
            }
            Self::Uuid => uuid(rng.u128(..)),
            Self::Json => Value::Text(
                pick(rng, &["{\"a\":1,\"bb\":[1,2]}", "{\"a\":2}", "[]", "\"x\"", "null", "{\"a\":{\"b\":\"😀\"}}"])
                    .into(),
            ),
        }
    }

    /// The `number`th key, such that no two are the same to any engine, whatever it thinks of case and blanks.
    fn key(self, rng: &mut Rng, number: usize) -> Value {
        let n = i64::try_from(number).unwrap();
        match self {
            Self::Int => Value::Int(if number.is_multiple_of(7) { n * 1_000_000_007 - 5_000_000_000 } else { n - 20 }),
            Self::Small => Value::Int(n - 25),
            Self::Decimal => Value::Decimal(format!("{}.{:04}", n, n * 37 % 10_000)),
            Self::Text => {
                let word: String = format!("{}x{number}", ["_k", "ka", "Zz", "é", "-", "kA"][number % 6]);
                Value::Text(if rng.bool() { word.to_uppercase() } else { word })
            }
            Self::Timestamp => {
                Value::Timestamp(format!("20{:02}-03-0{} 10:00:00.{:06}", number % 40 + 10, number % 9 + 1, number))
            }
            Self::Date => Value::Text(format!("19{:02}-01-{:02}", number % 90 + 10, number % 28 + 1)),
            Self::Bytes => {
                Value::Bytes(vec![u8::try_from(number * 83 % 256).unwrap(), u8::try_from(number / 256).unwrap(), 0])
            }
            Self::Uuid => uuid((number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
            Self::Bool | Self::Double | Self::Time | Self::Json => unreachable!("no key in this test"),
        }
    }
}

fn pick<T: Clone>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())].clone()
}

fn day(rng: &mut Rng, days: std::ops::Range<i32>) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    (epoch + jiff::Span::new().days(rng.i32(days))).to_string()
}

fn uuid(number: u128) -> Value {
    let hex = format!("{number:032x}");
    Value::Text(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// Key columns first.
type Row = Vec<Value>;

struct Case {
    name: String,
    seed: u64,
    types: Vec<Type>,
    /// How many of them are the key.
    key: usize,
    source: BTreeMap<usize, Row>,
    target: BTreeMap<usize, Row>,
    /// Number of the key, what happened to it, and to which columns.
    edits: BTreeMap<usize, (&'static str, BTreeSet<String>)>,
}

impl Case {
    fn new(seed: u64, sqlite: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let key = KEYS[rng.usize(0..if sqlite { KEYS.len() - 3 } else { KEYS.len() })];
        let mut types = key.to_vec();
        types.extend((0..rng.usize(1..6)).map(|_| pick(&mut rng, &ORDINARY)));
        let row = |rng: &mut Rng, number: usize| -> Row {
            let of = |(at, one): (usize, &Type)| match at < key.len() {
                true => one.key(rng, number),
                false if rng.u8(0..5) == 0 => Value::Null,
                false => one.value(rng),
            };
            types.iter().enumerate().map(of).collect()
        };
        let count = pick(&mut rng, &[0, 1, 2, 30, 61]);
        let mut source: BTreeMap<usize, Row> = (0..count).map(|number| (number, row(&mut rng, number))).collect();
        if key.is_empty() {
            for _ in 0..count / 3 {
                let again = source[&rng.usize(0..count)].clone();
                source.insert(rng.usize(0..count), again);
            }
        }
        let mut target = source.clone();
        let mut edits = BTreeMap::new();
        for _ in 0..pick(&mut rng, &[0, 0, 1, 3, 20]) {
            let number = rng.usize(0..count + 5);
            if edits.contains_key(&number) {
                continue;
            }
            match target.get_mut(&number) {
                None => {
                    target.insert(number, row(&mut rng, number));
                    edits.insert(number, ("extra", BTreeSet::new()));
                }
                Some(_) if rng.u8(0..3) == 0 => {
                    target.remove(&number);
                    edits.insert(number, ("missing", BTreeSet::new()));
                }
                Some(values) => {
                    let at = rng.usize(key.len()..types.len());
                    let other = (0..100).map(|_| types[at].value(&mut rng)).chain([Value::Null]);
                    let Some(other) = other.into_iter().find(|other| *other != values[at]) else { continue };
                    values[at] = other;
                    edits.insert(number, ("different", BTreeSet::from([column(at)])));
                }
            }
        }
        Self { name: format!("c{seed}"), seed, key: key.len(), types, source, target, edits }
    }

    fn columns(&self, engine: Engine) -> Vec<Column> {
        let dialect = Dialect::of(engine);
        let of = |(at, one): (usize, &Type)| {
            let declared = one.declared(engine).to_owned();
            let (kind, nullable) = (dialect.kind(&declared), at >= self.key);
            Column { name: column(at), declared, kind, nullable, generated: false }
        };
        self.types.iter().enumerate().map(of).collect()
    }

    /// Makes the table and fills it, in any order.
    async fn write(&self, side: &mut Side, rows: &BTreeMap<usize, Row>) {
        let mut rng = Rng::with_seed(self.seed);
        let columns = self.columns(side.dialect().engine);
        let key: Vec<String> = columns[..self.key].iter().map(|c| c.name.clone()).collect();
        let create = side.dialect().create_table(&side.schema, &self.name, &columns, &key);
        side.session.script(&create).await.unwrap_or_else(|error| panic!("{create}: {error}"));
        let mut rows: Vec<&Row> = rows.values().collect();
        rng.shuffle(&mut rows);
        for chunk in rows.chunks(16) {
            let insert = side.dialect().insert(&side.schema, &self.name, &columns, chunk.len());
            let values: Vec<Value> = chunk.iter().flat_map(|row| row.iter().cloned()).collect();
            side.session.execute(&insert, &values).await.unwrap_or_else(|error| panic!("{insert} {values:?}: {error}"));
        }
    }

    /// Rows that are more often in the source, and in the target, than on the other side.
    fn uneven(&self) -> [u64; 2] {
        let mut more: BTreeMap<String, i64> = BTreeMap::new();
        for (side, step) in [(&self.source, 1), (&self.target, -1)] {
            for row in side.values() {
                *more.entry(format!("{row:?}")).or_default() += step;
            }
        }
        let sum = |sign: i64| more.values().map(|n| u64::try_from(n * sign).unwrap_or(0)).sum();
        [sum(1), sum(-1)]
    }

    /// Key and change of each difference there ought to be, in the words of the JSON.
    fn expected(&self) -> BTreeMap<String, (String, BTreeSet<String>)> {
        let of = |(number, (change, columns)): (&usize, &(&'static str, BTreeSet<String>))| {
            let row = self.source.get(number).or_else(|| self.target.get(number)).unwrap();
            let cell = |at: usize| {
                let text = row[at].as_text().unwrap().into_owned();
                let text = match self.types[at] {
                    Type::Decimal | Type::Timestamp => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    _ => text,
                };
                format!("{}={text}", column(at))
            };
            let key = (0..self.key).map(cell).collect::<Vec<_>>().join(" ");
            (key, ((*change).to_owned(), columns.clone()))
        };
        self.edits.iter().map(of).collect()
    }
}

fn column(at: usize) -> String {
    format!("c{at}")
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap())
}

async fn every_case(source: Engine, target: Engine) {
    let (cases, seed) = (number("CUTOVER_VALIDATE_CASES", 40), number("CUTOVER_VALIDATE_SEED", 1_000));
    let pair = format!("{source:?} and {target:?}");
    let sqlite = [source, target].contains(&Engine::Sqlite);
    let mut first = seed;
    // A database of some hundred tables is still described in no time.
    while first < seed + cases {
        let all: Vec<Case> = (first..(seed + cases).min(first + 100)).map(|seed| Case::new(seed, sqlite)).collect();
        let (mut ours, mut theirs) = (Side::new(source).await, Side::new(target).await);
        for case in &all {
            case.write(&mut ours, &case.source).await;
            case.write(&mut theirs, &case.target).await;
        }
        for method in ["stream", "digest"] {
            // With a wait, so that every difference is also found again by its key.
            let method = format!("--method={method}");
            let arguments = ["--settle=100ms", "--report=1000", "--range-rows=7", &method];
            let told = run(&ours, &theirs, &arguments).await;
            check(&all, &told, &format!("{pair}, {method}"));
        }
        first += 100;
    }
    eprintln!("{pair}: {cases} cases from seed {seed}");
}

fn check(all: &[Case], told: &Told, pair: &str) {
    {
        let verdicts = verdicts(&told.lines);
        assert_eq!(verdicts.len(), all.len(), "{pair}: {}", told.stderr);
        for case in all {
            let at = format!("{pair}, seed {}: {:?}", case.seed, case.types);
            if case.key == 0 {
                keyless(case, told, &verdicts[&case.name], &at);
                continue;
            }
            let expected = case.expected();
            let want = if expected.is_empty() { "equal" } else { "different" };
            assert_eq!(verdicts[&case.name], want, "{at}: {:?}\n{:?}", told.table(&case.name), case.edits);
            assert_eq!(rows_of(&told.lines, &case.name), expected, "{at}");
            let table = told.table(&case.name);
            let rows = [table["rows_source"].as_u64(), table["rows_target"].as_u64()];
            assert_eq!(rows, [Some(case.source.len() as u64), Some(case.target.len() as u64)], "{at}");
        }
    }
}

fn keyless(case: &Case, told: &Told, verdict: &str, at: &str) {
    let table = told.table(&case.name);
    let [missing, extra] = case.uneven();
    let got = ["missing", "extra", "different"].map(|name| table[name].as_u64());
    assert_eq!(got, [Some(missing), Some(extra), Some(0)], "{at}: {table}");
    assert_eq!(verdict, if missing + extra == 0 { "equal" } else { "different" }, "{at}: {table}");
    let listed = rows_of(&told.lines, &case.name);
    assert!(listed.keys().all(|key| key.starts_with("row_hash=")), "{at}: {listed:?}");
    assert_eq!(listed.is_empty(), missing + extra == 0, "{at}");
    let rows = [table["rows_source"].as_u64(), table["rows_target"].as_u64()];
    assert_eq!(rows, [Some(case.source.len() as u64), Some(case.target.len() as u64)], "{at}");
    assert_eq!(table["method"], "multiset", "{at}");
}

macro_rules! pairs {
    ($($name:ident: $source:ident, $target:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            every_case(Engine::$source, Engine::$target).await;
        }
    )*};
}

pairs! {
    postgresql_with_postgresql: PostgreSql, PostgreSql;
    postgresql_with_mariadb: PostgreSql, MySql;
    postgresql_with_sqlite: PostgreSql, Sqlite;
    mariadb_with_postgresql: MySql, PostgreSql;
    mariadb_with_mariadb: MySql, MySql;
    mariadb_with_sqlite: MySql, Sqlite;
    sqlite_with_postgresql: Sqlite, PostgreSql;
    sqlite_with_mariadb: Sqlite, MySql;
    sqlite_with_sqlite: Sqlite, Sqlite;
}
