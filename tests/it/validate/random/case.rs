//! A random table, random rows in it, and random edits: what there is to be found is known because it was put there.

use super::kind::{KINDS, Kind, pick};
use super::value::Lit;
use cutover::db::{Dialect, Engine};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Kinds of a key, by their places in [`KINDS`]: no two keys of a table are the same to any engine, whatever it thinks of
/// case and blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Int,
    Small,
    Text,
    Uuid,
    Bytes,
    Date,
    Decimal,
    Timestamp,
}

/// SQLite keeps values of the last three in any spelling, so they are no keys there.
const KEYS: [&[Part]; 10] = [
    &[Part::Int],
    &[Part::Small, Part::Text],
    &[Part::Text],
    &[Part::Uuid],
    &[Part::Bytes],
    &[Part::Text, Part::Uuid, Part::Small],
    &[Part::Int, Part::Int],
    &[Part::Date, Part::Int],
    &[Part::Decimal],
    &[Part::Timestamp],
];

impl Part {
    fn declared(self, engine: Engine) -> &'static str {
        let [postgres, mysql, sqlite] = match self {
            Self::Int => ["bigint", "bigint", "integer"],
            Self::Small => ["smallint", "int", "smallint"],
            Self::Text => ["character varying(60)", "varchar(60)", "varchar(60)"],
            Self::Uuid => ["uuid", "char(36)", "uuid"],
            Self::Bytes => ["bytea", "varbinary(60)", "blob"],
            Self::Date => ["date", "date", "date"],
            Self::Decimal => ["numeric(14,4)", "decimal(14,4)", "decimal(14,4)"],
            Self::Timestamp => ["timestamp(6) without time zone", "datetime(6)", "timestamp"],
        };
        match engine {
            Engine::PostgreSql => postgres,
            Engine::MySql => mysql,
            Engine::Sqlite => sqlite,
        }
    }

    /// Of the `number`th key.
    fn value(self, rng: &mut Rng, number: usize) -> Lit {
        let n = i128::try_from(number).unwrap();
        match self {
            Self::Int => Lit::Int(if number.is_multiple_of(7) { n * 1_000_000_007 - 5_000_000_000 } else { n - 20 }),
            Self::Small => Lit::Int(n - 25),
            Self::Decimal => Lit::Digits(format!("{n}.{:04}", n * 37 % 10_000)),
            Self::Text => {
                let word: String = format!("{}x{number}", ["_k", "ka", "Zz", "é", "-", "kA", "😀", "~"][number % 8]);
                Lit::Text(if rng.bool() { word.to_uppercase() } else { word })
            }
            Self::Timestamp => {
                Lit::Moment(format!("20{:02}-03-0{} 10:00:00.{:06}", number % 40 + 10, number % 9 + 1, number))
            }
            Self::Date => Lit::Moment(format!("19{:02}-01-{:02}", number % 90 + 10, number % 28 + 1)),
            Self::Bytes => {
                Lit::Bytes(vec![u8::try_from(number * 83 % 256).unwrap(), u8::try_from(number / 256).unwrap(), 0])
            }
            Self::Uuid => Lit::Uuid((number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        }
    }
}

/// A column that is no key.
struct Field {
    kind: &'static Kind,
    /// The rule is given.
    ruled: bool,
}

/// A table: several cases are made of it, one after the other.
pub struct Table {
    pub name: String,
    seed: u64,
    engines: [Engine; 2],
    key: &'static [Part],
    fields: Vec<Field>,
    /// Places of the target's columns among the source's.
    order: Vec<usize>,
    upper: bool,
    /// The source's key is unique and not called primary; the target has none.
    source_unique: bool,
    target_keyless: bool,
}

/// Key columns first.
type Row = Vec<Lit>;
type Rows = BTreeMap<usize, Row>;
/// Key and change of each difference, and the columns that differ.
pub type Differences = BTreeMap<String, (String, BTreeSet<String>)>;

/// The rows of both sides, and what there is to be found.
pub struct Case {
    pub source: Rows,
    pub target: Rows,
    /// Rows of the target that stand there twice.
    pub twice: BTreeSet<usize>,
    pub expected: Differences,
    /// Of a table without a key: rows that are more often in the source, and more often in the target.
    pub uneven: [u64; 2],
}

fn column(at: usize) -> String {
    format!("c{at}")
}

impl Table {
    pub fn new(seed: u64, source: Engine, target: Engine) -> Self {
        let mut rng = Rng::with_seed(seed);
        let sqlite = [source, target].contains(&Engine::Sqlite);
        let key = KEYS[rng.usize(0..if sqlite { KEYS.len() - 3 } else { KEYS.len() })];
        // Rows that nothing tells apart but what they are: then nothing may be lost on the way.
        let keyless = rng.u8(0..8) == 0;
        let key = if keyless { &[][..] } else { key };
        let of_table = |kind: &&'static Kind| kind.is_of(source, target) && !(keyless && kind.lossy.is_some());
        let kinds: Vec<&'static Kind> = KINDS.iter().filter(of_table).collect();
        let field = |rng: &mut Rng| Field { kind: pick(rng, &kinds), ruled: rng.u8(0..4) > 0 };
        let fields: Vec<Field> = (0..rng.usize(1..6)).map(|_| field(&mut rng)).collect();
        let mut order: Vec<usize> = (0..key.len() + fields.len()).collect();
        if rng.bool() {
            rng.shuffle(&mut order);
        }
        let (upper, source_unique) = (rng.u8(0..4) == 0, rng.u8(0..5) == 0);
        let target_keyless = !keyless && rng.u8(0..5) == 0;
        let name = format!("t{seed}");
        Self { name, seed, engines: [source, target], key, fields, order, upper, source_unique, target_keyless }
    }

    pub fn is_keyless(&self) -> bool {
        self.key.is_empty()
    }

    fn name_of(&self, at: usize, of_target: bool) -> String {
        if of_target && self.upper { column(at).to_uppercase() } else { column(at) }
    }

    fn declared(&self, at: usize, of_target: bool) -> &'static str {
        let engine = self.engines[usize::from(of_target)];
        match self.key.get(at) {
            Some(part) => part.declared(engine),
            None => self.fields[at - self.key.len()].kind.declared(engine, of_target),
        }
    }

    /// Places of the columns as they stand in the table.
    fn order(&self, of_target: bool) -> Vec<usize> {
        if of_target { self.order.clone() } else { (0..self.order.len()).collect() }
    }

    fn qualified(&self, schema: &str, of_target: bool) -> String {
        Dialect::of(self.engines[usize::from(of_target)]).qualified(schema, &self.name)
    }

    /// As it is made.
    pub fn create(&self, schema: &str, of_target: bool) -> String {
        let engine = self.engines[usize::from(of_target)];
        let quoted = |at: usize| Dialect::of(engine).quoted(&self.name_of(at, of_target));
        let mut lines: Vec<String> = self
            .order(of_target)
            .into_iter()
            .map(|at| {
                let declared = self.declared(at, of_target);
                // MariaDB makes NOT NULL of a timestamp that does not say otherwise.
                let null = if at < self.key.len() { " NOT NULL" } else { "" };
                format!("{} {declared}{null}", quoted(at))
            })
            .collect();
        let key: Vec<String> = (0..self.key.len()).map(quoted).collect();
        match (of_target, self.source_unique, self.target_keyless) {
            _ if self.is_keyless() => {}
            (false, false, _) | (true, _, false) => lines.push(format!("PRIMARY KEY ({})", key.join(", "))),
            (false, true, _) => lines.push(format!("UNIQUE ({})", key.join(", "))),
            (true, _, true) => {}
        }
        let options = if engine == Engine::MySql { " DEFAULT CHARSET=utf8mb4" } else { "" };
        format!("CREATE TABLE {} ({}){options};\n", self.qualified(schema, of_target), lines.join(", "))
    }

    /// Rules as they are given on the command line.
    pub fn rules(&self) -> Vec<String> {
        let of = |(at, field): (usize, &Field)| {
            let rule = field.kind.lossy.as_ref().filter(|_| field.ruled)?.rule;
            Some(format!("--rule={}.{}={rule}", self.name, column(self.key.len() + at)))
        };
        self.fields.iter().enumerate().filter_map(of).collect()
    }

    /// What it is made of, for whoever looks at a failure.
    pub fn told(&self) -> String {
        let of = |of_target| {
            let declared = |at| format!("{} {}", self.name_of(at, of_target), self.declared(at, of_target));
            self.order(of_target).into_iter().map(declared).collect::<Vec<_>>().join(", ")
        };
        format!("({}) key {:?} and ({}), {:?}", of(false), self.key, of(true), self.rules())
    }

    /// One value, as both sides have it.
    fn cell(&self, rng: &mut Rng, at: usize) -> (Lit, Lit) {
        let kind = self.fields[at - self.key.len()].kind;
        if rng.u8(0..5) == 0 {
            return (Lit::Null, Lit::Null);
        }
        if let Some(lossy) = &kind.lossy {
            return (lossy.pair)(rng);
        }
        let value = self.spelled(at, (kind.value)(rng));
        // A document may be spelled in another way on the other side.
        let other = match (&value, self.declared(at, false)) {
            (Lit::Json(document, _), "jsonb") => Lit::Json(*document, rng.usize(0..3)),
            _ => value.clone(),
        };
        (value, other)
    }

    /// Where no side knows a document from its text, another spelling is another value.
    fn spelled(&self, at: usize, value: Lit) -> Lit {
        let is_known = [false, true].iter().any(|of_target| self.declared(at, *of_target) == "jsonb");
        match value {
            Lit::Json(document, _) if !is_known => Lit::Json(document, 0),
            value => value,
        }
    }

    /// A value of the target that is not what the source has; `None`: there is no other.
    fn other(&self, rng: &mut Rng, at: usize, source: &Lit) -> Option<Lit> {
        let kind = self.fields[at - self.key.len()].kind;
        if let Some(lossy) = &kind.lossy {
            return Some((lossy.other)(rng));
        }
        let other = (0..100).map(|_| self.spelled(at, (kind.value)(rng))).chain([Lit::Null]);
        other.into_iter().find(|other| !other.means(source))
    }

    pub fn case(&self, seed: u64) -> Case {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9).wrapping_add(7));
        let key = self.key.len();
        let whole = key + self.fields.len();
        let row = |rng: &mut Rng, number: usize| -> (Row, Row) {
            let of = |at: usize| {
                let Some(part) = self.key.get(at) else { return self.cell(rng, at) };
                let value = part.value(rng, number);
                (value.clone(), value)
            };
            (0..whole).map(of).unzip()
        };
        let count = pick(&mut rng, &[0, 1, 2, 17, 30, 61]);
        let (mut source, mut target) = (Rows::new(), Rows::new());
        for number in 0..count {
            let (ours, theirs) = row(&mut rng, number);
            source.insert(number, ours);
            target.insert(number, theirs);
        }
        if self.is_keyless() {
            for _ in 0..count / 3 {
                let (from, to) = (rng.usize(0..count), rng.usize(0..count));
                for rows in [&mut source, &mut target] {
                    let again = rows[&from].clone();
                    rows.insert(to, again);
                }
            }
        }
        let mut edited: BTreeMap<usize, usize> = BTreeMap::new();
        let mut twice = BTreeSet::new();
        let mut touched = BTreeSet::new();
        for _ in 0..pick(&mut rng, &[0, 0, 1, 3, 20]) {
            let number = rng.usize(0..count + 5);
            if !touched.insert(number) {
                continue;
            }
            match target.get_mut(&number) {
                None => {
                    target.insert(number, row(&mut rng, number).1);
                }
                Some(_) if rng.u8(0..3) == 0 => {
                    target.remove(&number);
                }
                Some(_) if self.target_keyless && rng.bool() => {
                    twice.insert(number);
                }
                Some(values) => {
                    let at = rng.usize(key..whole);
                    if let Some(other) = self.other(&mut rng, at, &source[&number][at]) {
                        values[at] = other;
                        edited.insert(number, at);
                    }
                }
            }
        }
        let mut more: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for (side, step) in [(&source, 1), (&target, -1)] {
            for row in side.values() {
                *more.entry(row.iter().map(Lit::meaning).collect()).or_default() += step;
            }
        }
        let uneven = [1, -1].map(|sign| more.values().map(|n| u64::try_from(n * sign).unwrap_or(0)).sum());
        if self.is_keyless() {
            return Case { source, target, twice, expected: Differences::new(), uneven };
        }
        let mut expected = Differences::new();
        for number in source.keys().chain(target.keys()) {
            let told = match (source.get(number), target.get(number)) {
                (Some(_), None) => ("missing", BTreeSet::new()),
                (None, Some(_)) => ("extra", BTreeSet::new()),
                (Some(ours), Some(theirs)) => {
                    let differs = |at: &usize| match &self.fields[at - key] {
                        _ if edited.get(number) == Some(at) => true,
                        Field { kind: Kind { lossy: None, .. }, .. } => !ours[*at].means(&theirs[*at]),
                        Field { ruled, .. } => !ruled && !ours[*at].is(&theirs[*at]),
                    };
                    let columns: BTreeSet<String> = (key..whole).filter(differs).map(column).collect();
                    match (columns.is_empty(), twice.contains(number)) {
                        (true, true) => ("extra", columns),
                        (true, false) => continue,
                        (false, _) => ("different", columns),
                    }
                }
                (None, None) => unreachable!(),
            };
            let row = source.get(number).or_else(|| target.get(number)).unwrap();
            let name = (0..key).map(|at| format!("{}={}", column(at), row[at].told())).collect::<Vec<_>>().join(" ");
            expected.insert(name, (told.0.to_owned(), told.1));
        }
        // A row that differs and stands there twice is two differences of one key; one is enough here.
        twice.retain(|number| {
            source.get(number).zip(target.get(number)).is_some_and(|_| {
                let row = &source[number];
                let name =
                    (0..key).map(|at| format!("{}={}", column(at), row[at].told())).collect::<Vec<_>>().join(" ");
                expected[&name].0 == "extra"
            })
        });
        Case { source, target, twice, expected, uneven }
    }

    /// Statements that make the table hold these rows and no others, in any order.
    pub fn fill(&self, schema: &str, case: &Case, of_target: bool) -> String {
        let engine = self.engines[usize::from(of_target)];
        let mut rng = Rng::with_seed(self.seed);
        let mut rows: Vec<&Row> = if of_target {
            let again = case.twice.iter().map(|number| &case.target[number]);
            case.target.values().chain(again).collect()
        } else {
            case.source.values().collect()
        };
        rng.shuffle(&mut rows);
        let mut sql = format!("DELETE FROM {};\n", self.qualified(schema, of_target));
        if rows.is_empty() {
            return sql;
        }
        let order = self.order(of_target);
        let names: Vec<String> =
            order.iter().map(|at| Dialect::of(engine).quoted(&self.name_of(*at, of_target))).collect();
        write!(sql, "INSERT INTO {} ({}) VALUES ", self.qualified(schema, of_target), names.join(", ")).unwrap();
        for (nth, row) in rows.into_iter().enumerate() {
            let values: Vec<String> =
                order.iter().map(|at| row[*at].sql(engine, self.declared(*at, of_target))).collect();
            write!(sql, "{}({})", if nth == 0 { "" } else { ", " }, values.join(", ")).unwrap();
        }
        sql.push_str(";\n");
        sql
    }
}
