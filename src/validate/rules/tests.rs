//! Rules, each with what it calls the same and what it does not.

use super::*;

#[test]
fn a_rule_is_spelled_as_it_is_read() {
    for text in [
        "timestamp-truncate:3",
        "timestamp-round:0",
        "timestamp-either:3",
        "zone:Europe/Berlin",
        "scale:2",
        "float:1e-9",
        "pad",
        "empty-is-null",
        "first:32768",
        "json",
        "ignore",
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
    }
    for wrong in [
        "",
        "scale",
        "scale:x",
        "timestamp-round:7",
        "timestamp-either",
        "zone",
        "zone:",
        "zone:Europe/Nowhere",
        "float:2",
        "float:-1",
        "float:NaN",
        "pad:1",
        "first",
        "first:0",
        "first:-1",
        "trim",
    ] {
        assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
    }
}

#[test]
fn digits_are_rounded_half_away_from_zero_however_many_there_are() {
    for (text, decimals, want) in [
        ("1.005", 2, "1.01"),
        ("1.004", 2, "1"),
        ("-1.005", 2, "-1.01"),
        ("-0.004", 2, "0"),
        ("9.995", 2, "10"),
        ("99", 0, "99"),
        ("0.5", 0, "1"),
        ("123456789012345678901234567890.125", 2, "123456789012345678901234567890.13"),
        ("1.50", 4, "1.5"),
        ("1e-3", 2, "0"),
        ("1e3", 2, "1000"),
    ] {
        assert_eq!(rounded(text, decimals).as_deref(), Some(want), "{text}");
    }
    assert_eq!(rounded("NaN", 2), None);
}

fn timestamp(text: &str) -> Vec<u8> {
    Canon::Timestamp.bytes(Raw::Text(text.as_bytes())).unwrap()
}

#[test]
fn digits_that_either_engine_may_have_lost_do_not_count_and_others_do() {
    let of = |rule: &str| Rules::new(Canon::Timestamp, vec![rule.parse().unwrap()]);
    let all = ["timestamp-truncate:3", "timestamp-round:3", "timestamp-either:3"].map(of);
    for (source, target, want) in [
        ("10:00:00.0007", "10:00:00", [true, false, true]),
        ("10:00:00.0007", "10:00:00.001", [false, true, true]),
        ("10:00:00.0004", "10:00:00", [true, true, true]),
        ("10:00:00.0004", "10:00:00.001", [false, false, false]),
        ("10:00:00.0007", "10:00:00.002", [false, false, false]),
        ("23:59:59.9996", "23:59:59.999", [true, false, true]),
    ] {
        let [a, b] = [source, target].map(|clock| timestamp(&format!("2026-11-22 {clock}")));
        assert_eq!(all.each_ref().map(|rules| rules.agree(Some(&a), Some(&b))), want, "{source} {target}");
    }
}

#[test]
fn a_clock_on_a_wall_tells_a_moment_only_where_it_shows_a_time_once() {
    let types = |source: &str, target: &str| {
        use crate::model::engine::Engine::{MySql, PostgreSql};
        (SqlType::new(MySql, source), SqlType::new(PostgreSql, target))
    };
    let rules = |list: &[&str], (source, target): (SqlType, SqlType)| {
        let list = list.iter().map(|rule| rule.parse().unwrap()).collect();
        Rules::new(Canon::Timestamp, list).between(&source, &target)
    };
    let (wall, moment) = (types("datetime(6)", "timestamp(6) with time zone"), types("timestamp", "timestamp"));
    let berlin = rules(&["zone:Europe/Berlin"], wall.clone()).unwrap();
    for (source, target, want) in [
        ("2026-07-01 12:00:00.5", "2026-07-01 10:00:00.5", true),
        ("2026-12-01 12:00:00", "2026-12-01 11:00:00", true),
        ("2026-12-01 12:00:00", "2026-12-01 10:00:00", false),
        // The same bytes are two hours apart.
        ("2026-07-01 12:00:00", "2026-07-01 12:00:00", false),
        // Never shown, and shown twice.
        ("2026-03-29 02:30:00", "2026-03-29 01:30:00", false),
        ("2026-03-29 02:30:00", "2026-03-29 00:30:00", false),
        ("2026-10-25 02:30:00", "2026-10-25 00:30:00", false),
        ("2026-10-25 02:30:00", "2026-10-25 01:30:00", false),
        ("2026-10-25 03:00:00", "2026-10-25 02:00:00", true),
        ("infinity", "infinity", true),
        ("-infinity", "infinity", false),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00", false),
    ] {
        let (a, b) = (timestamp(source), timestamp(target));
        assert_eq!(berlin.agree(Some(&a), Some(&b)), want, "{source} {target}");
    }
    let at = timestamp("2026-07-01 12:00:00");
    assert!(berlin.agree(None, None) && !berlin.agree(Some(&at), None) && !berlin.agree(None, Some(&at)));
    // The other way round, and with digits lost besides.
    let other = rules(&["zone:Europe/Berlin", "timestamp-truncate:0"], moment).unwrap();
    let (a, b) = (timestamp("2026-07-01 10:00:00"), timestamp("2026-07-01 12:00:00.7"));
    assert!(other.agree(Some(&a), Some(&b)) && !other.agree(Some(&b), Some(&a)));
    // Without the types nobody knows, and then nothing is equal.
    let loose = Rules::new(Canon::Timestamp, vec!["zone:UTC".parse().unwrap()]);
    assert!(!loose.agree(Some(&at), Some(&at)) && !loose.trusts_bytes());
    assert!(rules(&["zone:UTC"], types("datetime", "timestamp")).unwrap_err().contains("zone:UTC"));
}

#[test]
fn times_keep_their_sign() {
    for (text, digits, mode, want) in [
        ("12:00:00.123999", 3, RoundMode::Floor, 43_200_123_000),
        ("12:00:00.1235", 3, RoundMode::HalfExpand, 43_200_124_000),
        ("-838:59:59.5", 0, RoundMode::Floor, -3_020_399_000_000),
        ("-00:00:00.5", 0, RoundMode::HalfExpand, -1_000_000),
        ("24:00:00", 0, RoundMode::Floor, 86_400_000_000),
    ] {
        assert_eq!(time(text, digits, mode), Some(want), "{text}");
    }
}

#[test]
fn only_the_first_bytes_count_up_to_the_last_whole_character() {
    let rules = |canon| Rules::new(canon, vec![Rule::First(4)]);
    for (one, other, same) in [
        ("abcdef", "abcdxy", true),
        ("abcdef", "abcd", true),
        ("abcdef", "abc", false),
        ("abcxef", "abcdef", false),
        // The é is the fourth byte and the fifth: what was cut ends before it, or has all of it.
        ("abcéf", "abc", true),
        ("abcéf", "abcé", true),
        ("abcéf", "abcd", false),
        ("a語語", "a語", true),
        ("ab語", "ab", true),
        ("a😀", "a", true),
        ("😀a", "😀b", true),
        ("😀", "", false),
        ("abc", "abcd", false),
    ] {
        assert_eq!(rules(Canon::Text).agree(Some(one.as_bytes()), Some(other.as_bytes())), same, "{one} {other}");
    }
    // Bytes are no characters.
    assert!(!rules(Canon::Bytes).agree(Some("abcéf".as_bytes()), Some(b"abc")));
    assert!(!rules(Canon::Text).agree(Some(b"abcd"), None));
}
