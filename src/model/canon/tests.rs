//! Bytes that are equal are equal values, and their order is that of the values.

use super::*;
use crate::model::engine::Engine::{self, MySql, PostgreSql, Sqlite};
use proptest::prelude::*;
use std::cmp::Ordering;

fn text(canon: Canon, text: &str) -> Result<Vec<u8>, Misfit> {
    canon.bytes(Raw::Text(text.as_bytes()))
}

/// Each row ascends strictly.
#[test]
fn the_order_of_bytes_is_the_order_of_values() {
    let rows: &[(Canon, &[&str])] = &[
        (
            Canon::Int,
            &["-9223372036854775808", "-1", "0", "1", "255", "256", "9223372036854775807", "18446744073709551615"],
        ),
        (
            Canon::Decimal,
            &[
                "-Infinity",
                "-1e400",
                "-100.01",
                "-100",
                "-99.9901",
                "-99.99",
                "-1.05",
                "-1",
                "-0.5",
                "-0.05",
                "-0.0005",
                "0",
                "0.000000000000000000000000000000000001",
                "0.01",
                "0.011",
                "0.1",
                "0.10000000000000000001",
                "0.99",
                "1",
                "1.5",
                "9",
                "9.99",
                "10",
                "10.01",
                "99",
                "100",
                "12345678901234567890123456789012345678",
                "1e400",
                "Infinity",
                "NaN",
            ],
        ),
        (
            Canon::Float64,
            &["-inf", "-1e300", "-1", "-5e-324", "0", "5e-324", "2.2250738585072014e-308", "1", "1e300", "inf", "NaN"],
        ),
        (Canon::Float32, &["-inf", "-1", "0", "1e-45", "1", "16777216", "inf", "NaN"]),
        (Canon::Bool, &["false", "true"]),
        (Canon::Text, &["", " ", "A", "AB", "a", "a\u{1}", "a ", "é", "日本", "😀"]),
        (
            Canon::Date,
            &[
                "-infinity",
                "4713-01-01 BC",
                "0044-03-15 BC",
                "0001-12-31 BC",
                "0001-01-01",
                "1970-01-01",
                "2026-00-00",
                "2026-02-00",
                "2026-02-28",
                "9999-12-31",
                "294276-12-31",
                "infinity",
            ],
        ),
        (
            Canon::Timestamp,
            &[
                "-infinity",
                "0044-03-15 12:00:00 BC",
                "0000-00-00 00:00:00",
                "1969-12-31 23:59:59.999999",
                "1970-01-01",
                "2026-11-22 10:00:00",
                "2026-11-22 10:00:00.000001",
                "9999-12-31 23:59:59.999999",
                "infinity",
            ],
        ),
        (Canon::Time, &["-838:59:59.999999", "-00:00:00.5", "00:00:00", "23:59:59", "24:00:00", "838:59:59"]),
        (
            Canon::Uuid,
            &[
                "00000000-0000-0000-0000-000000000001",
                "7fffffffffffffffffffffffffffffff",
                "FFFFFFFF-ffff-ffff-ffff-ffffffffffff",
            ],
        ),
    ];
    for (canon, row) in rows {
        for pair in row.windows(2) {
            let [low, high] = pair else { unreachable!() };
            let (a, b) = (text_of(*canon, low), text_of(*canon, high));
            assert!(a < b, "{canon:?}: {low} {a:?} is not below {high} {b:?}");
        }
    }
}

fn text_of(canon: Canon, value: &str) -> Vec<u8> {
    text(canon, value).unwrap_or_else(|_| panic!("{value} is no {canon:?}"))
}

#[test]
fn one_value_has_one_form_however_it_is_written() {
    for (canon, spellings) in [
        (Canon::Int, vec!["7", "007", "+7"]),
        (Canon::Decimal, vec!["1.50", "1.5", "+1.5", "0001.5000", "15e-1", "0.15E1", "150e-2"]),
        (Canon::Decimal, vec!["0", "-0", "0.00", "-0.000", "0e9", ".0", "0."]),
        (Canon::Decimal, vec!["100", "1e2", "100.00", "0.1e3"]),
        (Canon::Decimal, vec!["0.001", "1e-3", ".001"]),
        (Canon::Float64, vec!["0", "-0.0", "0e5"]),
        (Canon::Float64, vec!["NaN", "nan", "-NaN"]),
        (
            Canon::Timestamp,
            vec!["2026-11-22 10:00:00", "2026-11-22T10:00:00Z", "2026-11-22 10:00:00.000+00", "2026-11-22 10:00"],
        ),
        (Canon::Timestamp, vec!["2026-11-22", "2026-11-22 00:00:00.000000000"]),
        (Canon::Uuid, vec!["0F0E0D0C-0B0A-0908-0706-050403020100", "0f0e0d0c0b0a09080706050403020100"]),
        (
            Canon::Json,
            vec![
                r#"{"b":[1.0,2e1],"a":null}"#,
                "{ \"a\" : null , \"b\" : [1, 20] }",
                r#"{"a":1,"b":[1,20.0],"\u0061":null}"#,
            ],
        ),
        (Canon::Json, vec![r#""\u00e9\ud83d\ude00\/""#, "\"é😀/\""]),
        (Canon::Set, vec!["b,a", "a,b"]),
    ] {
        let want = text_of(canon, spellings[0]);
        for spelling in &spellings {
            assert_eq!(text_of(canon, spelling), want, "{canon:?} {spelling}");
        }
    }
}

#[test]
fn values_that_differ_have_different_bytes() {
    for (canon, values) in [
        (
            Canon::Json,
            vec![
                "1",
                "\"1\"",
                "[1]",
                "{}",
                "[]",
                "null",
                "true",
                r#"{"a":1}"#,
                r#"{"a":2}"#,
                "0.1",
                "0.10000000000000001",
                "12345678901234567890",
                "12345678901234567891",
            ],
        ),
        (Canon::Text, vec!["", " ", "\0", "a", "A", "a ", "é", "e\u{301}"]),
        (Canon::Date, vec!["0000-00-00", "0001-01-01 BC", "0001-01-01", "2026-02-00", "2026-01-31", "2026-03-01"]),
    ] {
        for (at, one) in values.iter().enumerate() {
            for other in &values[at + 1..] {
                assert_ne!(text_of(canon, one), text_of(canon, other), "{canon:?} {one:?} {other:?}");
            }
        }
    }
}

#[test]
fn what_is_not_of_the_type_is_a_misfit_and_never_a_value() {
    for (canon, raw) in [
        (Canon::Int, Raw::Text(b"abc")),
        (Canon::Int, Raw::Text(b"1.0")),
        (Canon::Int, Raw::Float64(1.0)),
        (Canon::Int, Raw::Text(b"18446744073709551616")),
        (Canon::Int, Raw::Bits(&[1, 0, 0, 0, 0, 0, 0, 0, 0])),
        (Canon::Decimal, Raw::Text(b"")),
        (Canon::Decimal, Raw::Text(b".")),
        (Canon::Decimal, Raw::Text(b"1.2.3")),
        (Canon::Decimal, Raw::Text(b"1e99999999999")),
        (Canon::Decimal, Raw::Text(b"1e8388608")),
        (Canon::Decimal, Raw::Text("１".as_bytes())),
        (Canon::Decimal, Raw::Groups { negative: false, weight: 0, groups: &[255, 255] }),
        (Canon::Decimal, Raw::Groups { negative: false, weight: 0, groups: &[0, 1, 255, 255] }),
        (Canon::Float64, Raw::Text(b"wide")),
        (Canon::Float64, Raw::Bytes(b"1")),
        (Canon::Bool, Raw::Int(2)),
        (Canon::Bool, Raw::Text(b"yes")),
        (Canon::Text, Raw::Int(1)),
        (Canon::Text, Raw::Bytes(b"a")),
        (Canon::Bytes, Raw::Text(b"a")),
        (Canon::Date, Raw::Text(b"2026-11-22 10:00:00")),
        (Canon::Date, Raw::Text(b"22.11.2026")),
        (Canon::Date, Raw::Text(b"2026-13-01")),
        (Canon::Timestamp, Raw::Text(b"2026-11-22 10:00:00+02")),
        (Canon::Timestamp, Raw::Text(b"2026-11-22 24:00:00")),
        (Canon::Timestamp, Raw::Text(b"2026-11-22 10:00:00.0000001")),
        (Canon::Timestamp, Raw::Int(1_700_000_000)),
        (Canon::Time, Raw::Text(b"10")),
        (Canon::Uuid, Raw::Text(b"0f0e0d0c-0b0a-0908-0706-05040302010g")),
        (Canon::Uuid, Raw::Bytes(b"short")),
        (Canon::Json, Raw::Text(b"{\"a\":1,}")),
        (Canon::Json, Raw::Text(b"[1,]")),
        (Canon::Json, Raw::Text(b"01")),
        (Canon::Json, Raw::Text(br#""\ud800""#)),
        (Canon::Json, Raw::Text(b"1 2")),
        (Canon::Json, Raw::Text(b"")),
        (Canon::Json, Raw::Float64(f64::INFINITY)),
    ] {
        assert_eq!(canon.bytes(raw), Err(Misfit), "{canon:?} {raw:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(text(Canon::Json, &deep), Err(Misfit));
}

/// The forms in which engines give one value, and what a person reads.
#[test]
fn engines_agree_on_a_value_and_a_person_reads_it() {
    let rows: Vec<(Canon, Vec<Raw<'_>>, &str)> = vec![
        (Canon::Int, vec![Raw::Bool(true), Raw::Int(1), Raw::Uint(1), Raw::Bits(&[0, 1]), Raw::Text(b"1")], "1"),
        (Canon::Int, vec![Raw::Uint(u64::MAX), Raw::Bits(&[255; 8])], "18446744073709551615"),
        (
            Canon::Decimal,
            vec![
                Raw::Digits(b"-1234567.8900"),
                Raw::Groups { negative: true, weight: 1, groups: &[0, 123, 0x11, 0xd7, 0x22, 0xc4] },
                Raw::Float64(-1_234_567.89),
            ],
            "-1234567.89",
        ),
        (Canon::Decimal, vec![Raw::Int(300), Raw::Digits(b"300.0"), Raw::Float32(300.0), Raw::Float64(3e2)], "300"),
        (Canon::Decimal, vec![Raw::Float32(0.1), Raw::Float64(0.1), Raw::Digits(b"0.1")], "0.1"),
        (Canon::Decimal, vec![Raw::Float64(f64::INFINITY), Raw::Digits(b"Infinity")], "Infinity"),
        (Canon::Decimal, vec![Raw::Float64(5e-324), Raw::Digits(b"5e-324")], "5e-324"),
        (Canon::Decimal, vec![Raw::Float64(-f64::MAX)], "-1.7976931348623157e308"),
        (Canon::Float64, vec![Raw::Float32(0.5), Raw::Float64(0.5)], "0.5"),
        (Canon::Float64, vec![Raw::Float64(-0.0), Raw::Float64(0.0), Raw::Float32(-0.0)], "0"),
        (Canon::Bool, vec![Raw::Bool(true), Raw::Int(1), Raw::Text(b"t"), Raw::Bits(&[1])], "true"),
        (Canon::Date, vec![Raw::Date(Day::new(-43, 3, 15)), Raw::Text(b"0044-03-15 BC")], "0044-03-15 BC"),
        (Canon::Date, vec![Raw::Date(Day::new(0, 0, 0)), Raw::Text(b"0000-00-00")], "0000-00-00"),
        (
            Canon::Timestamp,
            vec![Raw::Timestamp(Day::new(2026, 11, 22), 1_500_000), Raw::Text(b"2026-11-22 00:00:01.5")],
            "2026-11-22 00:00:01.5",
        ),
        (Canon::Timestamp, vec![Raw::Date(Day::new(2026, 11, 22)), Raw::Text(b"2026-11-22")], "2026-11-22 00:00:00"),
        (Canon::Timestamp, vec![Raw::Timestamp(Day::INFINITY, 0), Raw::Text(b"infinity")], "infinity"),
        (Canon::Time, vec![Raw::Time(86_400_000_000), Raw::Text(b"24:00:00.000")], "24:00:00"),
        (Canon::Time, vec![Raw::Time(-3_020_399_999_999), Raw::Text(b"-838:59:59.999999")], "-838:59:59.999999"),
        (Canon::Uuid, vec![Raw::Uuid([7; 16]), Raw::Bytes(&[7; 16])], "07070707-0707-0707-0707-070707070707"),
        (Canon::Bits, vec![Raw::Bits(&[0, 0, 5]), Raw::Bits(&[5])], "b'101'"),
        (Canon::Bytes, vec![Raw::Bytes(&[0, 255])], "\\x00ff"),
        (Canon::Json, vec![Raw::Text(b"[1e2, {}]")], "[100,{}]"),
        (Canon::Json, vec![Raw::Int(3), Raw::Float64(3.0), Raw::Text(b" 3.0 ")], "3"),
        (Canon::Interval, vec![Raw::Interval { months: 14, days: -3, micros: 1 }], "14 months -3 days 00:00:00.000001"),
    ];
    for (canon, raws, person) in rows {
        let want = canon.bytes(raws[0]).unwrap();
        assert_eq!(canon.decode(&want), person);
        for raw in raws {
            assert_eq!(canon.bytes(raw), Ok(want.clone()), "{canon:?} {raw:?}");
        }
    }
}

#[test]
fn a_number_of_days_is_the_day_of_the_calendar() {
    for (number, day) in [
        (0, Day::new(1970, 1, 1)),
        (-1, Day::new(1969, 12, 31)),
        (11_016, Day::new(2000, 2, 29)),
        (-719_162, Day::new(1, 1, 1)),
        (-719_163, Day::new(0, 12, 31)),
        (2_932_896, Day::new(9999, 12, 31)),
    ] {
        assert_eq!(Day::from_number(number), day);
    }
}

/// Two types and their form, or a part of the reason why there is none.
type Case = (Engine, &'static str, Engine, &'static str, Result<Canon, &'static str>);

#[test]
fn a_pair_of_types_has_one_form_in_either_order_or_a_reason() {
    let cases: &[Case] = &[
        (PostgreSql, "integer", MySql, "int(11)", Ok(Canon::Int)),
        (PostgreSql, "numeric(20,0)", MySql, "bigint(20) unsigned", Ok(Canon::Decimal)),
        (PostgreSql, "bigint", MySql, "int(10) unsigned zerofill", Ok(Canon::Int)),
        (PostgreSql, "boolean", MySql, "tinyint(1)", Ok(Canon::Int)),
        (PostgreSql, "boolean", PostgreSql, "boolean", Ok(Canon::Bool)),
        (PostgreSql, "boolean", PostgreSql, "character varying(5)", Ok(Canon::Bool)),
        (PostgreSql, "boolean", MySql, "bit(1)", Ok(Canon::Int)),
        (PostgreSql, "bit(8)", MySql, "bit(8)", Ok(Canon::Bits)),
        (PostgreSql, "numeric(12,2)", MySql, "decimal(12,2)", Ok(Canon::Decimal)),
        (PostgreSql, "numeric", Sqlite, "TEXT", Ok(Canon::Decimal)),
        (PostgreSql, "numeric(12,2)", Sqlite, "REAL", Ok(Canon::Decimal)),
        (PostgreSql, "double precision", MySql, "double", Ok(Canon::Float64)),
        (PostgreSql, "real", MySql, "float", Ok(Canon::Float32)),
        (PostgreSql, "real", MySql, "double", Ok(Canon::Float64)),
        (PostgreSql, "character varying(80)", MySql, "varchar(80)", Ok(Canon::Text)),
        (PostgreSql, "character(3)", Sqlite, "VARCHAR(3)", Ok(Canon::Text)),
        (PostgreSql, "enum", MySql, "enum('a','b (c)')", Ok(Canon::Text)),
        (PostgreSql, "text", MySql, "set('a','b')", Ok(Canon::Set)),
        (PostgreSql, "bytea", MySql, "varbinary(20)", Ok(Canon::Bytes)),
        (PostgreSql, "date", MySql, "date", Ok(Canon::Date)),
        (PostgreSql, "date", MySql, "datetime", Ok(Canon::Timestamp)),
        (PostgreSql, "time without time zone", MySql, "time(6)", Ok(Canon::Time)),
        (PostgreSql, "timestamp(3) with time zone", MySql, "timestamp(6)", Ok(Canon::Timestamp)),
        (PostgreSql, "timestamp without time zone", MySql, "datetime(6)", Ok(Canon::Timestamp)),
        (PostgreSql, "uuid", MySql, "char(36)", Ok(Canon::Uuid)),
        (PostgreSql, "uuid", MySql, "binary(16)", Ok(Canon::Uuid)),
        (PostgreSql, "jsonb", MySql, "longtext", Ok(Canon::Json)),
        (PostgreSql, "json", MySql, "json", Ok(Canon::Json)),
        (PostgreSql, "interval", PostgreSql, "interval day to second(3)", Err("same type")),
        (PostgreSql, "interval", PostgreSql, "interval", Ok(Canon::Interval)),
        (PostgreSql, "integer[]", PostgreSql, "integer[]", Ok(Canon::Text)),
        (PostgreSql, "inet", MySql, "varchar(40)", Err("same type of the same engine")),
        (PostgreSql, "integer[]", MySql, "json", Err("same type of the same engine")),
        (PostgreSql, "bytea", MySql, "longtext", Err("no form in common")),
        (PostgreSql, "timestamp without time zone", MySql, "bigint(20)", Err("no form in common")),
        (PostgreSql, "money", MySql, "decimal(12,2)", Ok(Canon::Decimal)),
        (PostgreSql, "integer", MySql, "year(4)", Ok(Canon::Int)),
        (MySql, "point", MySql, "point", Err("type point of MySQL is not read")),
        (MySql, "decimal(65,30)", Sqlite, "", Ok(Canon::Decimal)),
        (Sqlite, "", Sqlite, "any", Err("neither side declares")),
        (Sqlite, "UNSIGNED BIG INT", Sqlite, "INT8", Ok(Canon::Int)),
        (Sqlite, "wibble", Sqlite, "wibble", Err("type wibble of SQLite is not read")),
    ];
    for (a, one, b, other, want) in cases {
        let (one, other) = (SqlType::new(*a, *one), SqlType::new(*b, *other));
        for (source, target) in [(&one, &other), (&other, &one)] {
            match (Canon::common(source, target), want) {
                (Ok(got), Ok(want)) => assert_eq!(got, *want, "{source:?} {target:?}"),
                (Err(got), Err(want)) => assert!(got.0.contains(want), "{got}"),
                (got, want) => panic!("{source:?} {target:?}: {got:?}, not {want:?}"),
            }
        }
    }
    assert_eq!(SqlType::new(MySql, "decimal(12,2) unsigned").size(), [12, 2]);
    assert_eq!(SqlType::new(PostgreSql, "timestamp(3) with time zone").size(), [3]);
}

/// Order of decimals by school arithmetic on their digits: sign, length of the whole part, digit by digit.
fn by_digits(one: &str, other: &str) -> Ordering {
    let parts = |text: &str| {
        let negative = text.starts_with('-');
        let text = text.trim_start_matches('-');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (whole, fraction) = (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned());
        let zero = whole.is_empty() && fraction.is_empty();
        (negative && !zero, whole, fraction)
    };
    let (a, b) = (parts(one), parts(other));
    let size = (a.1.len(), &a.1, &a.2).cmp(&(b.1.len(), &b.1, &b.2));
    match (a.0, b.0) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn integers_order_as_integers(a in any::<i64>(), b in any::<i64>(), c in any::<u64>()) {
        let bytes = |n| Canon::Int.bytes(Raw::Int(n)).unwrap();
        prop_assert_eq!(bytes(a).cmp(&bytes(b)), a.cmp(&b));
        let unsigned = Canon::Int.bytes(Raw::Uint(c)).unwrap();
        prop_assert_eq!(bytes(a).cmp(&unsigned), i128::from(a).cmp(&i128::from(c)));
        prop_assert_eq!(Canon::Int.decode(&bytes(a)), a.to_string());
        prop_assert_eq!(Canon::Int.decode(&unsigned), c.to_string());
        // The same number as a decimal, from every form it comes in.
        let decimal = Canon::Decimal.bytes(Raw::Int(a)).unwrap();
        prop_assert_eq!(&decimal, &text(Canon::Decimal, &a.to_string()).unwrap());
        prop_assert_eq!(Canon::Decimal.decode(&decimal), a.to_string());
    }

    #[test]
    fn decimals_order_by_their_digits(a in "-?[0-9]{1,6}(\\.[0-9]{1,6})?", b in "-?[0-9]{1,6}(\\.[0-9]{1,6})?") {
        let (x, y) = (text(Canon::Decimal, &a).unwrap(), text(Canon::Decimal, &b).unwrap());
        prop_assert_eq!(x.cmp(&y), by_digits(&a, &b), "{} {}", a, b);
        prop_assert_eq!(by_digits(&Canon::Decimal.decode(&x), &a), Ordering::Equal);
    }

    #[test]
    fn a_decimal_of_few_digits_has_the_form_that_an_exponent_gives_it(text in "-?[0-9]{0,12}(\\.[0-9]{0,9})?") {
        prop_assert_eq!(Canon::Decimal.bytes(Raw::Digits(text.as_bytes())), Canon::Decimal.bytes(Raw::Digits(format!("{text}e0").as_bytes())));
    }

    #[test]
    fn long_decimals_keep_every_digit(a in "-?[0-9]{0,60}[1-9](\\.[0-9]{0,60}[1-9])?", shift in -30_i32..30) {
        let bytes = text(Canon::Decimal, &a).unwrap();
        let decoded = Canon::Decimal.decode(&bytes);
        prop_assert_eq!(by_digits(&decoded, &a), Ordering::Equal, "{} {}", decoded, a);
        prop_assert_eq!(&text(Canon::Decimal, &format!("{a}e0")).unwrap(), &bytes);
        let shifted = text(Canon::Decimal, &format!("{a}e{shift}")).unwrap();
        let back = format!("{}e{}", Canon::Decimal.decode(&shifted), -shift);
        prop_assert_eq!(text(Canon::Decimal, &back).unwrap(), bytes);
    }

    #[test]
    fn postgresql_groups_are_the_digits_they_stand_for(
        groups in proptest::collection::vec(0_u16..10_000, 0..8), weight in -6_i32..8, negative: bool,
    ) {
        let wire: Vec<u8> = groups.iter().flat_map(|g| g.to_be_bytes()).collect();
        let digits = groups.iter().map(|g| format!("{g:04}")).collect::<Vec<_>>().concat();
        let written = format!("{}0{digits}e{}", if negative { "-" } else { "" },
            4 * (i64::from(weight) + 1 - i64::try_from(groups.len()).unwrap()));
        let got = Canon::Decimal.bytes(Raw::Groups { negative, weight, groups: &wire }).unwrap();
        prop_assert_eq!(got, text(Canon::Decimal, &written).unwrap(), "{}", written);
    }

    #[test]
    fn floats_order_as_their_total_order_without_two_zeros(a in any::<u64>(), b in any::<u64>()) {
        let (a, b) = (f64::from_bits(a), f64::from_bits(b));
        let bytes = |x| Canon::Float64.bytes(Raw::Float64(x)).unwrap();
        let plain = |x: f64| if x.is_nan() { f64::NAN } else { x + 0.0 };
        prop_assert_eq!(bytes(a).cmp(&bytes(b)), plain(a).total_cmp(&plain(b)));
        let decoded: f64 = Canon::Float64.decode(&bytes(a)).parse().unwrap();
        prop_assert_eq!(bytes(decoded), bytes(a));
        // Two floats meet as decimals only if they are one.
        let decimal = |x| Canon::Decimal.bytes(Raw::Float64(x)).unwrap();
        prop_assert_eq!(decimal(a) == decimal(b), plain(a).total_cmp(&plain(b)).is_eq());
        prop_assert_eq!(decimal(a).cmp(&decimal(b)), plain(a).total_cmp(&plain(b)));
    }

    #[test]
    fn small_floats_order_too(a in any::<u32>(), b in any::<u32>()) {
        let (a, b) = (f32::from_bits(a), f32::from_bits(b));
        let bytes = |x| Canon::Float32.bytes(Raw::Float32(x)).unwrap();
        let plain = |x: f32| if x.is_nan() { f32::NAN } else { x + 0.0 };
        prop_assert_eq!(bytes(a).cmp(&bytes(b)), plain(a).total_cmp(&plain(b)));
        let wide = |x| Canon::Float64.bytes(Raw::Float32(x)).unwrap();
        prop_assert_eq!(wide(a).cmp(&wide(b)), plain(a).total_cmp(&plain(b)));
    }

    #[test]
    fn days_and_microseconds_order(a in -2_000_000_i64..100_000_000, b in -2_000_000_i64..100_000_000, m in 0_i64..86_400_000_000, n in 0_i64..86_400_000_000) {
        let bytes = |days, micros| Canon::Timestamp.bytes(Raw::Timestamp(Day::from_number(days), micros)).unwrap();
        prop_assert_eq!(bytes(a, m).cmp(&bytes(b, n)), (a, m).cmp(&(b, n)));
        prop_assert_eq!(bytes(a, m).cmp(&bytes(a, n)), m.cmp(&n));
        let decoded = Canon::Timestamp.decode(&bytes(a, m));
        prop_assert_eq!(text(Canon::Timestamp, &decoded).unwrap(), bytes(a, m), "{}", decoded);
    }

    #[test]
    fn json_is_itself_again(document in json(3)) {
        let once = text(Canon::Json, &document).unwrap();
        prop_assert_eq!(Canon::Json.bytes(Raw::Text(&once)).unwrap(), once.clone());
        // serde_json is the reference for structure.
        let (a, b): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&document).unwrap(), serde_json::from_slice(&once).unwrap());
        prop_assert_eq!(loose(a), loose(b));
    }

    #[test]
    fn nothing_makes_a_form_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        for canon in ALL {
            for raw in [Raw::Text(&bytes), Raw::Bytes(&bytes), Raw::Digits(&bytes), Raw::Bits(&bytes)] {
                let mut out = Vec::new();
                if canon.put(raw, &mut out).is_ok() {
                    let _ = canon.decode(&out);
                }
            }
            let _ = canon.decode(&bytes);
        }
    }
}

const ALL: [Canon; 15] = [
    Canon::Int,
    Canon::Decimal,
    Canon::Float32,
    Canon::Float64,
    Canon::Bool,
    Canon::Text,
    Canon::Bytes,
    Canon::Date,
    Canon::Time,
    Canon::Timestamp,
    Canon::Uuid,
    Canon::Json,
    Canon::Bits,
    Canon::Set,
    Canon::Interval,
];

fn json(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,4})?",
        "\\PC{0,6}".prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(depth, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[ {} ]", items.join(" , "))),
            proptest::collection::vec(("[a-c]{0,2}", inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
    .boxed()
}

/// Numbers as floats, so that 1 and 1.0 are one for the reference too.
fn loose(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(n) => Value::from(n.as_f64().unwrap() + 0.0),
        Value::Array(items) => Value::Array(items.into_iter().map(loose).collect()),
        Value::Object(members) => Value::Object(members.into_iter().map(|(k, v)| (k, loose(v))).collect()),
        other => other,
    }
}
