//! What a column may hold, as one table: its type in each engine, its values, and what it may lose on the way.

use super::value::{DOCUMENTS, Lit};
use cutover::db::Engine;
use fastrand::Rng;

/// A kind of column. An empty type: the engine has none.
pub struct Kind {
    pub source: [&'static str; 3],
    /// Where it is declared otherwise in the target; empty: as in the source.
    pub target: [&'static str; 3],
    pub value: fn(&mut Rng) -> Lit,
    /// Loss on the way, and the rule that allows it.
    pub lossy: Option<Lossy>,
}

/// What becomes of a value in the target.
pub struct Lossy {
    pub rule: &'static str,
    /// A value of the source and what it became, which the rule calls the same.
    pub pair: fn(&mut Rng) -> (Lit, Lit),
    /// A value that the rule does not call the same as any of the above.
    pub other: fn(&mut Rng) -> Lit,
}

fn at(engine: Engine) -> usize {
    match engine {
        Engine::PostgreSql => 0,
        Engine::MySql => 1,
        Engine::Sqlite => 2,
    }
}

impl Kind {
    pub fn declared(&self, engine: Engine, of_target: bool) -> &'static str {
        let other = self.target[at(engine)];
        if of_target && !other.is_empty() { other } else { self.source[at(engine)] }
    }

    /// Whether both engines have it.
    pub fn is_of(&self, source: Engine, target: Engine) -> bool {
        // Neither of two SQLite columns says which of them has a zone.
        let zoned = self.lossy.as_ref().is_some_and(|lossy| lossy.rule.starts_with("zone"));
        let declared = [self.declared(source, false), self.declared(target, true)];
        declared.iter().all(|one| !one.is_empty())
            && !(zoned && [source, target] == [Engine::Sqlite; 2])
            // What only PostgreSQL prints has no form in common with another engine.
            && (self.source[1..] != ["", ""] || source == target)
    }
}

const SAME: [&str; 3] = ["", "", ""];

const fn exact(source: [&'static str; 3], value: fn(&mut Rng) -> Lit) -> Kind {
    Kind { source, target: SAME, value, lossy: None }
}

const fn lossy(
    source: [&'static str; 3],
    target: [&'static str; 3],
    rule: &'static str,
    pair: fn(&mut Rng) -> (Lit, Lit),
    other: fn(&mut Rng) -> Lit,
) -> Kind {
    Kind { source, target, value: |_| Lit::Null, lossy: Some(Lossy { rule, pair, other }) }
}

pub const KINDS: &[Kind] = &[
    exact(["bigint", "bigint", "integer"], |rng| {
        Lit::Int(pick(rng, &[0, -1, 1, i64::MAX, i64::MIN, 255, 65_536, rng.clone().i64(-50..50)]).into())
    }),
    exact(["smallint", "int", "smallint"], |rng| Lit::Int(rng.i64(-300..300).into())),
    exact(["numeric(20,0)", "bigint unsigned", ""], |rng| {
        Lit::Int(pick(rng, &[0, 1, u64::MAX, u64::MAX - 1, 1 << 63, rng.clone().u64(..)]).into())
    }),
    exact(["boolean", "tinyint(1)", "boolean"], |rng| Lit::Bool(rng.bool())),
    exact(["boolean", "bit(1)", "boolean"], |rng| Lit::Bool(rng.bool())),
    exact(["bit(8)", "bit(8)", ""], |rng| Lit::Bits(rng.u8(..))),
    exact(["numeric(14,4)", "decimal(14,4)", "decimal(14,4)"], |rng| Lit::Digits(decimal(rng, 4))),
    exact(["numeric(38,10)", "decimal(38,10)", "text"], |rng| {
        let whole =
            pick(rng, &["0", "1", "9999999999999999999999999999", "10000", "-1", "-9999999999999999999999999998"]);
        Lit::Digits(format!("{whole}.{:010}", pick(rng, &[0_u64, 1, 9_999_999_999, 5_000_000_000])))
    }),
    exact(["numeric", "decimal(28,6)", "numeric"], |rng| Lit::Digits(decimal(rng, 6))),
    exact(["double precision", "double", "double"], |rng| Lit::Float(double(rng))),
    exact(["real", "float", ""], |rng| {
        Lit::Float(pick(
            rng,
            &[0.0, 0.5, -2.25, 16_777_216.0, 16_777_214.0, 1_024.125, f64::from(rng.clone().i16(..)) / 16.0],
        ))
    }),
    exact(["character varying(60)", "varchar(60)", "varchar(60)"], |rng| Lit::Text(text(rng))),
    exact(["text", "longtext", "text"], |rng| Lit::Text(text(rng).repeat(pick(rng, &[1, 1, 1, 300])))),
    exact(["character(12)", "char(12)", "text"], |rng| {
        Lit::Text(pick(rng, &["", "a", "A", "b c", "ä😀", " x", "\\", "'", "ab\tc"]).into())
    }),
    exact(["text", "enum('a','B c','é')", "text"], |rng| Lit::Text(pick(rng, &["a", "B c", "é"]).into())),
    exact(["text", "set('a','b','c')", "text"], |rng| {
        Lit::Text(pick(rng, &["", "a", "b", "a,b", "a,c", "a,b,c"]).into())
    }),
    exact(["timestamp(6) without time zone", "datetime(6)", "timestamp"], |rng| Lit::Moment(moment(rng, "", 6))),
    exact(["timestamp(6) with time zone", "timestamp(6) null", "timestamp"], |rng| Lit::Utc(moment(rng, "", 6))),
    exact(["timestamp(0) without time zone", "datetime", "datetime"], |rng| Lit::Moment(moment(rng, "", 0))),
    exact(["date", "date", "date"], |rng| Lit::Moment(day(rng, 1..40_000))),
    exact(["time(6) without time zone", "time(6)", "time"], |rng| {
        Lit::Moment(format!("{}.{:06}", clock(rng, 0..24), rng.u32(0..2) * 7))
    }),
    exact(["bytea", "varbinary(60)", "blob"], |rng| Lit::Bytes(bytes(rng))),
    exact(["bytea", "longblob", "blob"], |rng| Lit::Bytes(bytes(rng).repeat(pick(rng, &[1, 1, 400])))),
    exact(["uuid", "char(36)", "uuid"], |rng| Lit::Uuid(rng.u128(..))),
    exact(["uuid", "binary(16)", "blob"], |rng| Lit::Uuid(rng.u128(..))),
    exact(["jsonb", "json", "json"], |rng| Lit::Json(rng.usize(0..DOCUMENTS.len()), rng.usize(0..3))),
    exact(["json", "longtext", "json"], |rng| Lit::Json(rng.usize(0..DOCUMENTS.len()), 0)),
    exact(["interval", "", ""], |rng| {
        Lit::Moment(pick(rng, &["1 month", "30 days", "720:00:00", "-1 day", "00:00:00.000001"]).into())
    }),
    exact(["integer[]", "", ""], |rng| Lit::Moment(pick(rng, &["{}", "{1,2}", "{2,1}", "{NULL}", "{{1},{2}}"]).into())),
    exact(["inet", "", ""], |rng| Lit::Moment(pick(rng, &["10.0.0.1", "10.0.0.1/8", "::1"]).into())),
    lossy(STAMP, SHORT, "timestamp-truncate:3", |rng| became(rng, 0), later),
    lossy(STAMP, SHORT, "timestamp-round:3", |rng| became(rng, 500), later),
    lossy(
        STAMP,
        SHORT,
        "timestamp-either:3",
        |rng| {
            let half = pick(rng, &[0, 500]);
            became(rng, half)
        },
        later,
    ),
    lossy(
        ["timestamp(6) without time zone", "datetime(6)", "datetime"],
        ["timestamp(6) with time zone", "timestamp(6) null", "datetime"],
        "zone:Europe/Berlin",
        |rng| {
            // Clocks are set in the small hours.
            let (day, hour, rest) =
                (day(rng, 11_000..20_000), rng.i64(4..24), format!("{:02}:{:02}", rng.u8(0..60), rng.u8(0..60)));
            let wall = format!("{day} {hour:02}:{rest}");
            let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
            let at: jiff::civil::DateTime = wall.parse().unwrap();
            let utc = zone.to_ambiguous_timestamp(at).unambiguous().unwrap();
            (Lit::Moment(wall), Lit::Utc(utc.strftime("%Y-%m-%d %H:%M:%S").to_string()))
        },
        |rng| Lit::Utc(moment(rng, "2037", 0)),
    ),
    lossy(
        ["numeric(14,4)", "decimal(14,4)", "decimal(14,4)"],
        ["numeric(14,2)", "decimal(14,2)", "decimal(14,2)"],
        "scale:2",
        |rng| {
            let units = rng.i64(-9_999_999..9_999_999);
            let kept = (units.abs() + 50) / 100 * units.signum();
            (Lit::Digits(digits(units, 4)), Lit::Digits(digits(kept, 2)))
        },
        |rng| Lit::Digits(digits(rng.i64(100_000_000..200_000_000), 2)),
    ),
    lossy(
        ["double precision", "double", "double"],
        SAME,
        "float:1e-9",
        |rng| {
            let x = f64::from(rng.i16(1..9_999)) / 8.0;
            (Lit::Float(x), Lit::Float(if rng.bool() { x } else { x * (1.0 + 1e-12) }))
        },
        |rng| Lit::Float(f64::from(rng.i16(1..9_999)) / 8.0 + 10_000.062_5),
    ),
    lossy(
        ["text", "longtext", "text"],
        SAME,
        "pad",
        |rng| {
            let text = text(rng).trim_end().to_owned();
            let padded = format!("{text}{}", " ".repeat(rng.usize(0..3)));
            (Lit::Text(text), Lit::Text(padded))
        },
        |rng| Lit::Text(format!("{} other", text(rng))),
    ),
    lossy(
        ["text", "longtext", "text"],
        SAME,
        "empty-is-null",
        |rng| {
            let other = Lit::Text(format!("x{}", text(rng)));
            pick(
                rng,
                &[
                    (Lit::Null, Lit::Text(String::new())),
                    (Lit::Text(String::new()), Lit::Null),
                    (Lit::Null, Lit::Null),
                    (other.clone(), other),
                ],
            )
        },
        |rng| Lit::Text(format!("other {}", text(rng))),
    ),
    lossy(
        ["text", "longtext", "text"],
        SAME,
        "json",
        |rng| {
            let document = rng.usize(0..DOCUMENTS.len());
            (Lit::Json(document, rng.usize(0..3)), Lit::Json(document, rng.usize(0..3)))
        },
        |rng| Lit::Text(format!("{{\"other\": {}}}", rng.u8(..))),
    ),
];

const STAMP: [&str; 3] = ["timestamp(6) without time zone", "datetime(6)", "timestamp"];
const SHORT: [&str; 3] = ["timestamp(3) without time zone", "datetime(3)", "timestamp"];

/// A timestamp, and what is left of it with three digits: cut, or rounded when `half` is half a millisecond.
fn became(rng: &mut Rng, half: i64) -> (Lit, Lit) {
    let at: jiff::civil::DateTime = moment(rng, "", 0).parse().unwrap();
    let micros = pick(rng, &[0, 1, 499, 500, 501, 700, 999, 123_999, 999_499, 999_500, 999_999]);
    let stamp = |micros: i64| {
        Lit::Moment((at + jiff::Span::new().microseconds(micros)).strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
    };
    (stamp(micros), stamp((micros + half) / 1_000 * 1_000))
}

fn later(rng: &mut Rng) -> Lit {
    Lit::Moment(moment(rng, "2038", 0))
}

pub fn pick<T: Clone>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())].clone()
}

fn day(rng: &mut Rng, days: std::ops::Range<i32>) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    (epoch + jiff::Span::new().days(rng.i32(days))).to_string()
}

fn clock(rng: &mut Rng, hours: std::ops::Range<u8>) -> String {
    format!("{:02}:{:02}:{:02}", rng.u8(hours), rng.u8(0..60), rng.u8(0..60))
}

/// In some year from 2000 to 2036, or in the one that is given.
fn moment(rng: &mut Rng, year: &str, digits: usize) -> String {
    let day = day(rng, 10_957..24_400);
    let day = if year.is_empty() { day } else { format!("{year}-01-{:02}", rng.u8(1..19)) };
    let fraction = if digits == 0 { "" } else { pick(rng, &["", ".5", ".000001", ".999999", ".123", ".0007"]) };
    // Only what both sides keep alike is one value: no zeros at the end.
    format!("{day} {}{fraction}", clock(rng, 0..24))
}

fn digits(units: i64, scale: u32) -> String {
    let unit = 10_i64.pow(scale);
    let (sign, width) = (if units < 0 { "-" } else { "" }, scale as usize);
    format!("{sign}{}.{:0width$}", units.abs() / unit, units.abs() % unit)
}

fn decimal(rng: &mut Rng, scale: u32) -> String {
    let units = pick(rng, &[0, 5, -5, 10_000, 99_999, -1, rng.clone().i64(-99_999_999..99_999_999)]);
    digits(units, scale)
}

fn double(rng: &mut Rng) -> f64 {
    let any = f64::from_bits(rng.u64(..));
    let some = if any.is_finite() && any != 0.0 { any } else { f64::from(rng.i32(..)) / 1_024.0 };
    pick(
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
            some,
        ],
    )
}

pub fn text(rng: &mut Rng) -> String {
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
        "\\N",
        "\r\n",
        "e\u{301}",
        "NULL",
        "\u{7f}",
        "\u{9b}",
        ";--",
        "?",
        "$1",
    ];
    (0..rng.usize(0..5)).map(|_| pick(rng, &pieces)).collect()
}

fn bytes(rng: &mut Rng) -> Vec<u8> {
    (0..rng.usize(0..6)).map(|_| pick(rng, &[0, 1, 10, 32, 39, 92, 127, 128, 255])).collect()
}
