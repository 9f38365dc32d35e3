//! Every function: what it makes, that it makes it again, that it stays within its column.

use super::super::json::JsonPath;
use super::super::personal::{is_iban, luhn};
use super::super::*;
use crate::model::Secret;
use crate::model::canon::SqlType;
use crate::model::engine::Engine;
use proptest::prelude::*;

pub(super) fn key() -> Key {
    Key::new(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
}

fn shape(declared: &str) -> Shape {
    Shape { sql_type: SqlType::new(Engine::PostgreSql, declared), labels: Vec::new(), nullable: false }
}

fn mask(rule: &Rule, declared: &str) -> Mask {
    Mask::new(rule, &shape(declared), Some(&key())).unwrap()
}

fn made(rule: &Rule, declared: &str, old: &str) -> String {
    let masked = mask(rule, declared).of(Some(old));
    assert!(masked.fitted, "{rule:?} cannot read {old:?}");
    masked.value.unwrap()
}

/// One of each, with options that are nobody's default.
fn all() -> Vec<Rule> {
    let json = |path: &str, function| (path.parse::<JsonPath>().unwrap(), Rule::of(function));
    [
        Function::Keep,
        Function::Null,
        Function::Default,
        Function::Constant { value: "n/a".into() },
        Function::Hash { length: 20 },
        Function::Email,
        Function::FirstName,
        Function::LastName,
        Function::FullName,
        Function::Phone,
        Function::Address,
        Function::City,
        Function::Zip,
        Function::Company,
        Function::Username,
        Function::Url,
        Function::Ip,
        Function::Uuid,
        Function::CreditCard,
        Function::Iban,
        Function::Ssn,
        Function::Partial { keep_start: 1, keep_end: 2, with: '•' },
        Function::Digits,
        Function::RandomString { length: Some(7), alphabet: "aé日".into() },
        Function::RandomInt { min: -5, max: 500 },
        Function::Choice { values: vec!["gold".into(), "silver".into()] },
        Function::RegexReplace { pattern: "[0-9]+".into(), with: "#".into() },
        Function::Redact,
        Function::Lorem,
        Function::Json { paths: vec![json("$..mail", Function::Email)], otherwise: Otherwise::Redact },
    ]
    .map(Rule::of)
    .into()
}

type Holds = fn(&str) -> bool;

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn each_function_makes_what_it_says() {
    let rule = Rule::of;
    let cases: Vec<(Rule, &str, &str, Holds)> = vec![
        (rule(Function::Keep), "text", "as it is", |new| new == "as it is"),
        (rule(Function::Default), "integer", "7", |new| new == "0"),
        (rule(Function::Default), "date", "1999-01-01", |new| new == "1970-01-01"),
        (rule(Function::Default), "jsonb", "[1]", |new| new == "{}"),
        (rule(Function::Constant { value: "n/a".into() }), "text", "x", |new| new == "n/a"),
        (rule(Function::Hash { length: 20 }), "text", "x", |new| {
            new.len() == 20 && u128::from_str_radix(new, 16).is_ok()
        }),
        (rule(Function::Hash { length: 20 }), "integer", "5", |new| {
            (1..=i64::from(i32::MAX)).contains(&new.parse().unwrap())
        }),
        (rule(Function::Hash { length: 20 }), "uuid", "x", |new| Class::of(new) == Class::Uuid),
        (rule(Function::Hash { length: 20 }), "bytea", "\\x00", |new| new.len() == 22 && new.starts_with("\\x")),
        (rule(Function::Email), "text", "bob@x", |new| new.ends_with("@example.invalid") && new.len() == 29),
        (rule(Function::FirstName), "text", "Bob", |new| new.chars().all(char::is_alphabetic)),
        (rule(Function::FullName), "text", "Bob", |new| new.split(' ').count() == 2),
        (rule(Function::Phone), "text", "+49 30", |new| new.len() == 14 && new.starts_with("+999")),
        (rule(Function::Address), "text", "x", |new| new.split(' ').count() == 3),
        (rule(Function::Zip), "text", "SW1A 1aa", |new| {
            let kinds: Vec<bool> = new.chars().map(char::is_numeric).collect();
            new.len() == 8 && kinds == [false, false, true, false, false, true, false, false] && &new[4..5] == " "
        }),
        (rule(Function::Username), "text", "bob", |new| new.starts_with("user_") && new.len() == 17),
        (rule(Function::Url), "text", "x", |new| new.starts_with("https://example.invalid/")),
        (rule(Function::Ip), "text", "10.0.0.1", |new| new.parse::<std::net::Ipv4Addr>().is_ok()),
        (rule(Function::Ip), "text", "fe80::1", |new| new.parse::<std::net::Ipv6Addr>().is_ok()),
        (rule(Function::Uuid), "text", "x", |new| Class::of(new) == Class::Uuid && &new[14..15] == "4"),
        (rule(Function::Uuid), "character varying(32)", "x", |new| new.len() == 32 && !new.contains('-')),
        (rule(Function::CreditCard), "text", "4111 1111 1111 1111", |new| {
            new.len() == 19
                && luhn(&new.replace(' ', ""))
                && new.starts_with("9999 99")
                && new.matches(' ').count() == 3
        }),
        (rule(Function::CreditCard), "text", "378282246310005", |new| new.len() == 15 && luhn(new)),
        (rule(Function::CreditCard), "text", "none", |new| new.len() == 16 && luhn(new)),
        (rule(Function::Iban), "text", "DE89370400440532013000", |new| {
            new.len() == 22 && is_iban(new) && new.starts_with("ZZ")
        }),
        (rule(Function::Iban), "text", "GB82 WEST 1234 5698 7654 32", |new| {
            new.len() == 27 && is_iban(&new.replace(' ', ""))
        }),
        (rule(Function::Ssn), "text", "078-05-1120", |new| new.len() == 11 && new.starts_with("000-")),
        (rule(Function::Ssn), "text", "078051120", |new| new.len() == 9 && new.starts_with("000")),
        (rule(Function::Partial { keep_start: 1, keep_end: 2, with: '*' }), "text", "secret", |new| new == "s***et"),
        (rule(Function::Partial { keep_start: 1, keep_end: 2, with: '*' }), "text", "日本語", |new| new == "***"),
        (rule(Function::Digits), "text", "AB-12 345", |new| {
            new.starts_with("AB-") && new.len() == 9 && new != "AB-12 345"
        }),
        (rule(Function::Digits), "integer", "-1234", |new| (-9999..=-1000).contains(&new.parse::<i64>().unwrap())),
        (rule(Function::Digits), "integer", "2147483647", |new| new.parse::<i32>().is_ok()),
        (rule(Function::RandomString { length: Some(5), alphabet: "ab".into() }), "text", "x", |new| {
            new.len() == 5 && new.chars().all(|c| "ab".contains(c))
        }),
        (rule(Function::RandomString { length: None, alphabet: "ab".into() }), "text", "日本", |new| new.len() == 2),
        (rule(Function::RandomInt { min: -3, max: 3 }), "integer", "9", |new| (-3..=3).contains(&new.parse().unwrap())),
        (rule(Function::Noise { millionths: 100_000 }), "integer", "1000", |new| {
            let new: i64 = new.parse().unwrap();
            (900..=1100).contains(&new) && new != 1000
        }),
        (rule(Function::Noise { millionths: 100_000 }), "numeric(10,2)", "-12.50", |new| {
            let number: f64 = new.parse().unwrap();
            (-13.75..=-11.25).contains(&number) && new != "-12.50" && new.len() == 6
        }),
        (rule(Function::Noise { millionths: 100_000 }), "numeric(3,2)", "0.05", |new| new.len() == 4),
        (rule(Function::Noise { millionths: 100_000 }), "double precision", "1.5", |new| {
            (1.35..=1.65).contains(&new.parse().unwrap())
        }),
        (rule(Function::DateJitter { days: 3 }), "date", "2026-03-01", |new| {
            ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-02", "2026-03-03", "2026-03-04"].contains(&new)
        }),
        (rule(Function::DateJitter { days: 30 }), "date", "9999-12-31", |new| new < "9999-12-31"),
        (rule(Function::DateJitter { days: 1 }), "timestamp", "2026-03-02 10:11:12.5+00", |new| {
            new.ends_with(" 10:11:12.5+00")
        }),
        (rule(Function::DateTruncate { to: Truncate::Year }), "date", "2026-03-02", |new| new == "2026-01-01"),
        (rule(Function::DateTruncate { to: Truncate::Month }), "timestamp", "2026-03-02 10:11:12.5+00", |new| {
            new == "2026-03-01 00:00:00+00"
        }),
        (rule(Function::Choice { values: vec!["gold".into(), "silver".into()] }), "text", "gold", |new| {
            new == "silver"
        }),
        (
            rule(Function::RegexReplace { pattern: "(\\w+)@\\w+".into(), with: "$1@z".into() }),
            "text",
            "to bob@x",
            |new| new == "to bob@z",
        ),
        (rule(Function::Redact), "text", "Müller 日 7\n", |new| new == "xxxxxx x x\n"),
        (rule(Function::Lorem), "text", "twelve chars", |new| new.len() == 12),
    ];
    for (rule, declared, old, holds) in cases {
        let new = made(&rule, declared, old);
        assert!(holds(&new), "{} of {old:?} as {declared}: {new:?}", rule.told());
        assert_eq!(made(&rule, declared, old), new, "the same again");
    }
}

#[test]
fn what_a_function_cannot_read_is_nothing_or_neutral_and_never_kept() {
    for (function, declared, old) in [
        (Function::DateJitter { days: 3 }, "text", "yesterday"),
        (Function::DateJitter { days: 3 }, "date", "infinity"),
        (Function::DateJitter { days: 3 }, "date", "0044-03-15 BC"),
        (Function::Noise { millionths: 10_000 }, "numeric", "NaN"),
        (Function::Noise { millionths: 10_000 }, "double precision", "inf"),
        (Function::Digits, "integer", "7.5"),
        (Function::Json { paths: Vec::new(), otherwise: Otherwise::Keep }, "text", "{secret"),
    ] {
        let rule = Rule::of(function);
        let strict = mask(&rule, declared).of(Some(old));
        assert!(!strict.fitted && strict.value.is_some_and(|new| !new.contains(old)), "{}", rule.told());
        let loose = Shape { nullable: true, ..shape(declared) };
        let loose = Mask::new(&rule, &loose, Some(&key())).unwrap().of(Some(old));
        assert_eq!(loose, Masked { value: None, fitted: false }, "{}", rule.told());
    }
}

#[test]
fn a_domain_joins_and_a_key_divides() {
    let of =
        |domain: Option<&str>, function: Function| Rule { domain: domain.map(str::to_owned), ..Rule::of(function) };
    let local =
        |text: String| text.trim_start_matches("user_").trim_start_matches('u').split('@').next().unwrap().to_owned();
    let mail = made(&of(None, Function::Email), "text", "bob@x");
    assert_eq!(
        mail,
        made(&of(Some("email"), Function::Email), "character varying(80)", "bob@x"),
        "its own name is the default"
    );
    assert_ne!(mail, made(&of(Some("other"), Function::Email), "text", "bob@x"));
    assert_ne!(mail, made(&of(None, Function::Email), "text", "Bob@x"));
    let folded = Rule { ignore_case: true, ..of(None, Function::Email) };
    assert_eq!(made(&folded, "text", " BOB@x"), made(&folded, "text", "bob@x"));
    let (a, b) = (of(Some("who"), Function::Email), of(Some("who"), Function::Username));
    assert_eq!(local(made(&a, "text", "bob")), local(made(&b, "text", "bob")), "one domain, one person");
    let other = Key::new(&Secret::new("another key of many bytes")).unwrap();
    let elsewhere = Mask::new(&of(None, Function::Email), &shape("text"), Some(&other)).unwrap();
    assert_ne!(elsewhere.of(Some("bob@x")).value, Some(mail));
    assert_ne!(other.fingerprint(), key().fingerprint());
}

#[test]
fn a_key_is_long_enough_or_refused() {
    assert!(Key::new(&Secret::new("short")).is_err());
    assert!(Key::new(&Secret::new("  0123456789abcde \n")).is_err(), "blanks around it do not count");
    let rule = Rule::of(Function::Email);
    assert!(matches!(Mask::new(&rule, &shape("text"), None), Err(error) if error.to_string() == "email needs a key"));
    assert!(Mask::new(&Rule::of(Function::Redact), &shape("text"), None).is_ok());
}

#[test]
fn the_same_values_came_out_when_this_was_written() {
    // What is masked today must find what was masked last month: these never change.
    for (function, old, want) in [
        (Function::Email, "bob@example.com", PINNED[0]),
        (Function::FullName, "Bob Builder", PINNED[1]),
        (Function::Digits, "0123456789", PINNED[2]),
        (Function::Uuid, "x", PINNED[3]),
    ] {
        let rule = Rule::of(function);
        assert_eq!(made(&rule, "text", old), want, "{}", rule.told());
    }
}

/// Reckoned by another program from the same definition.
const PINNED: [&str; 4] =
    ["umrimhz4vqk3b@example.invalid", "Igor Haas", "3488153362", "9e1112cd-621b-4bd1-9d32-e11d0211aaa7"];

#[test]
fn values_within_json_are_found_by_path_and_everything_else_keeps_its_bytes() {
    let paths = |all: &[(&str, Function)]| -> Vec<(JsonPath, Rule)> {
        all.iter().map(|(path, function)| (path.parse().unwrap(), Rule::of(function.clone()))).collect()
    };
    let x = || Function::Constant { value: "X".into() };
    for (paths, otherwise, old, want) in [
        (
            paths(&[("$.a.mail", x())]),
            Otherwise::Keep,
            r#"{ "z":1.10, "a" : {"mail":"b@x","b":[1,2]}, "é":"\u00e9" }"#,
            r#"{ "z":1.10, "a" : {"mail":"X","b":[1,2]}, "é":"\u00e9" }"#,
        ),
        (
            paths(&[("$..mail", x())]),
            Otherwise::Keep,
            r#"[{"mail":"a"},{"b":[{"mail":"c"}]}]"#,
            r#"[{"mail":"X"},{"b":[{"mail":"X"}]}]"#,
        ),
        (
            paths(&[("$[*].n", x()), ("$[0].m", Function::Null)]),
            Otherwise::Keep,
            r#"[{"n":5,"m":{"q":[1]}},{"n":"y","m":1}]"#,
            r#"[{"n":"X","m":null},{"n":"X","m":1}]"#,
        ),
        (
            paths(&[("$.list", x())]),
            Otherwise::Keep,
            r#"{"list":["a",{"b":"c"}],"d":"e"}"#,
            r#"{"list":["X",{"X":"X"}],"d":"e"}"#,
        ),
        (
            paths(&[("$.keep", Function::Keep)]),
            Otherwise::Redact,
            r#"{"keep":"k","t":"a b","n":-1.5,"b":true,"o":null,"e":{}}"#,
            r#"{"keep":"k","t":"x x","n":0,"b":false,"o":null,"e":{}}"#,
        ),
        (
            paths(&[("$[\"a.b\"]", x())]),
            Otherwise::Keep,
            r#"{"a.b":"s","a":{"b":"t"}}"#,
            r#"{"a.b":"X","a":{"b":"t"}}"#,
        ),
        (paths(&[("$", Function::RandomInt { min: 7, max: 8 })]), Otherwise::Keep, "3", "7|8"),
        (paths(&[]), Otherwise::Redact, r#""quote \" and \\ 😀""#, r#""xxxxx x xxx x x""#),
    ] {
        let rule = Rule::of(Function::Json { paths, otherwise });
        let got = made(&rule, "jsonb", old);
        let want = want.replace(r#"{"X":"X"}"#, r#"{"b":"X"}"#);
        assert!(want.split('|').any(|one| one == got), "{old}: {got}");
    }
    for path in ["a", "$a", "$.", "$[", "$[x]", "$..", "$.a..[0]"] {
        assert!(path.parse::<JsonPath>().is_err(), "{path}");
    }
    for path in ["$", "$.a.b", "$.a.*.b", "$..b", "$[0].*", "$[\"a.b\"]"] {
        assert_eq!(path.parse::<JsonPath>().unwrap().to_string(), path);
    }
}

#[test]
fn one_digit_and_many_are_one_to_one() {
    let rule = Rule::of(Function::Digits);
    for (declared, range) in [("text", 0..1000), ("integer", 0..10), ("integer", 100..1000)] {
        let mask = mask(&rule, declared);
        let width = if declared == "text" { 3 } else { 0 };
        let old: Vec<String> = range.map(|n| format!("{n:0width$}")).collect();
        let mut new: Vec<String> = old.iter().map(|old| mask.of(Some(old)).value.unwrap()).collect();
        assert_ne!(old, new);
        new.sort();
        let mut sorted = old;
        sorted.sort();
        assert_eq!(new, sorted, "{declared}");
    }
}

#[test]
fn an_old_value_is_shown_by_its_looks() {
    for (old, want) in [
        (None, "null"),
        (Some(""), "empty"),
        (Some("bob@example.com"), "email(15)"),
        (Some("日本語"), "text(3)"),
        (Some("12.5"), "number(4)"),
        (Some("2026-11-22 10:00:00"), "date(19)"),
        (Some("550e8400-e29b-41d4-a716-446655440000"), "uuid(36)"),
        (Some("{\"a\":1}"), "json(7)"),
        (Some("https://x.example/a"), "url(19)"),
        (Some("+49 30 901820"), "phone(13)"),
        (Some("4111111111111111"), "card(16)"),
        (Some("\\x00ff"), "bytes(6)"),
    ] {
        assert_eq!(print(old), want);
    }
}

proptest! {
    #[test]
    fn whatever_the_text_every_function_is_steady_within_its_column_and_clean(old in "\\PC{0,60}", limit in 1_usize..50) {
        for mut rule in all() {
            for unique in [false, true] {
                rule.unique = unique;
                let declared = format!("character varying({limit})");
                let mask = mask(&rule, &declared);
                let new = mask.of(Some(&old));
                prop_assert_eq!(&mask.of(Some(&old)), &new);
                prop_assert_eq!(mask.of(None), Masked { value: None, fitted: true });
                if let Some(new) = new.value {
                    prop_assert!(new.chars().count() <= limit, "{} made {:?} for {}", rule.told(), new, limit);
                    prop_assert!(!new.contains('\0'));
                    if let Some(looks) = mask.looks_made(&new) && limit >= super::super::space::least(&rule.function) {
                        prop_assert!(looks, "{} does not know {:?}", rule.told(), new);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_one_to_one_keeps_numbers_apart(a in 0_u64..1_000_000_000_000, b in 0_u64..1_000_000_000_000) {
        let mask = mask(&Rule::of(Function::Digits), "bigint");
        let of = |n: u64| mask.of(Some(&n.to_string())).value.unwrap();
        prop_assert_eq!(a == b, of(a) == of(b));
        prop_assert_eq!(of(a).len(), a.to_string().len());
    }

    #[test]
    fn a_json_document_stays_one(text in "[a-z0-9 \"\\\\{}:,\\[\\]é]{0,40}", number in any::<f64>()) {
        let document = serde_json::json!({ "mail": text, "n": number, "list": [text, null, { "mail": 1 }] }).to_string();
        for rule in all().into_iter().filter(|rule| matches!(rule.function, Function::Json { .. })) {
            let new = made(&rule, "jsonb", &document);
            let parsed: serde_json::Value = serde_json::from_str(&new).unwrap();
            prop_assert!(parsed["mail"].as_str().unwrap().ends_with("@example.invalid"));
            prop_assert_eq!(parsed["list"].as_array().unwrap().len(), 3);
        }
        let keep = Rule::of(Function::Json { paths: Vec::new(), otherwise: Otherwise::Keep });
        prop_assert_eq!(made(&keep, "jsonb", &document), document);
    }
}
