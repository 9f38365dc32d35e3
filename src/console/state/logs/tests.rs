//! Moving about in a log while it grows.

use super::log::Log;
use super::rows::{Glass, Kind, LAID_OUT};
use super::sieve::Level;
use super::*;
use crate::console::state::page::Move;
use crate::model::log_line::LogEvent;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_768_485_802 + second).unwrap()
}

fn event(second: i64, text: &str) -> LogEvent {
    LogEvent { id: String::new(), stream: "s".into(), at: at(second), ingested: None, text: text.into() }
}

fn engine(second: i64, component: &str, letter: char, message: &str) -> LogEvent {
    event(second, &format!("1: 2026-01-15T14:03:22 [{component:<16}]{letter}:  {message}  (a.c:1)"))
}

fn glass() -> Glass {
    Glass { wrap: true, zone: TimeZone::UTC, width: 100 }
}

fn news(lines: Vec<LogEvent>) -> LogNews {
    LogNews { lines, since: Some(at(-3600)), ..LogNews::default() }
}

/// `lines` numbered lines, one a second, on a screen of ten rows.
fn log(lines: i64) -> Log {
    let mut log = Log::default();
    log.set_height(10);
    add(&mut log, (0..lines).map(|n| event(n, &format!("line {n}"))).collect());
    log
}

fn add(log: &mut Log, lines: Vec<LogEvent>) {
    log.add(news(lines));
    log.settle(&glass());
}

fn shown(log: &Log) -> Vec<String> {
    let rows = log.on_screen(&glass());
    rows.into_iter().filter(|(_, row)| !matches!(row.kind, Kind::Note | Kind::Day)).map(|(_, row)| row.text).collect()
}

fn act(log: &mut Log, how: Move) {
    log.act(how, &glass());
    log.settle(&glass());
}

fn cursor(log: &Log) -> &str {
    log.cursor().map_or("", |line| &line.text)
}

#[test]
fn the_newest_line_is_followed_until_somebody_scrolls_up() {
    let mut log = log(30);
    assert_eq!((shown(&log).last().map(String::as_str), cursor(&log)), (Some("line 29"), "line 29"));
    add(&mut log, vec![event(30, "line 30")]);
    assert_eq!((shown(&log).last().map(String::as_str), log.follow), (Some("line 30"), true));
    act(&mut log, Move::Rows(-1));
    let before = shown(&log);
    assert_eq!((cursor(&log), log.follow), ("line 29", false));
    add(&mut log, (31..40).map(|n| event(n, &format!("line {n}"))).collect());
    assert_eq!((shown(&log), log.fresh), (before, 9), "nothing moves, and what came is counted");
    act(&mut log, Move::Pages(1));
    assert!(shown(&log).contains(&"line 39".to_owned()), "{:?}", shown(&log));
    assert_eq!((log.fresh, log.follow), (0, false), "they are on screen now");
    act(&mut log, Move::Rows(-2));
    add(&mut log, vec![event(40, "line 40")]);
    act(&mut log, Move::Last);
    assert_eq!((cursor(&log), log.follow, log.fresh), ("line 40", true, 0));
    log.toggle_follow();
    add(&mut log, vec![event(41, "line 41")]);
    assert_eq!((log.fresh, cursor(&log)), (1, "line 40"));
}

#[test]
fn keys_lead_through_the_whole_log_and_stop_at_its_ends() {
    let mut log = log(100);
    act(&mut log, Move::First);
    assert_eq!(cursor(&log), "line 0");
    let rows = log.on_screen(&glass());
    assert_eq!((rows[0].1.kind, rows[1].1.kind, rows.len()), (Kind::Note, Kind::Day, 10));
    for n in 1..100 {
        act(&mut log, Move::Rows(1));
        assert_eq!(cursor(&log), format!("line {n}"));
        assert!(shown(&log).contains(&format!("line {n}")), "{n}: {:?}", shown(&log));
    }
    act(&mut log, Move::Rows(1));
    assert_eq!((cursor(&log), log.follow), ("line 99", false));
    for n in (0..99).rev() {
        act(&mut log, Move::Rows(-1));
        assert_eq!(cursor(&log), format!("line {n}"));
    }
    let mut pages = 0;
    while cursor(&log) != "line 99" {
        act(&mut log, Move::Pages(1));
        pages += 1;
        assert!(pages < 20);
    }
    assert!(pages >= 10);
    while cursor(&log) != "line 0" {
        act(&mut log, Move::Pages(-1));
        pages += 1;
        assert!(pages < 40);
    }
}

#[test]
fn a_line_longer_than_the_screen_is_read_row_by_row() {
    let mut log = log(3);
    let parts: Vec<String> = (0..40).map(|n| format!("part {n}")).collect();
    add(&mut log, vec![event(5, &parts.join("\n")), event(6, "after")]);
    act(&mut log, Move::First);
    act(&mut log, Move::Rows(3));
    assert!(cursor(&log).starts_with("part 0"));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        seen.extend(shown(&log));
        act(&mut log, Move::Rows(1));
    }
    assert_eq!(cursor(&log), "after");
    assert!((0..40).all(|n| seen.contains(&format!("part {n}"))), "{seen:?}");
    seen.clear();
    for _ in 0..60 {
        act(&mut log, Move::Rows(-1));
        seen.extend(shown(&log));
    }
    assert_eq!(cursor(&log), "line 0");
    assert!((0..40).all(|n| seen.contains(&format!("part {n}"))), "{seen:?}");
}

#[test]
fn a_search_goes_up_from_where_it_began_and_round_the_ends() {
    let mut log = log(100);
    log.begin_search();
    for typed in ["l", "li", "line 5"] {
        log.seek(typed, &glass());
    }
    assert_eq!((cursor(&log), log.counts.hits, log.follow), ("line 59", 11, false));
    for want in ["line 58", "line 57"] {
        log.go_to_hit(false, false, &glass());
        assert_eq!(cursor(&log), want);
    }
    log.go_to_hit(true, false, &glass());
    assert_eq!(cursor(&log), "line 58");
    for _ in 0..2 {
        log.go_to_hit(true, false, &glass());
    }
    assert_eq!(cursor(&log), "line 5", "round the end");
    log.seek("nonesuch", &glass());
    log.settle(&glass());
    assert_eq!((cursor(&log), log.counts.hits, log.follow), ("line 99", 0, true), "not found: back where it began");
    log.seek("line 3", &glass());
    add(&mut log, vec![event(200, "LINE 3 again")]);
    assert_eq!(log.counts.hits, 12);
}

#[test]
fn a_filter_keeps_what_belongs_together_and_counts_what_it_hides() {
    let quiet = "No records received to load or apply on target, waiting";
    let lines = vec![
        event(0, "loose at the beginning"),
        engine(1, "METADATA_MANAGE", 'E', "bad"),
        event(1, "    more of the bad"),
        engine(2, "TARGET_APPLY", 'I', quiet),
        engine(3, "SORTER", 'I', "fine"),
        event(3, "    more of the fine"),
        engine(4, "SORTER", 'W', "Reading from source is paused"),
        engine(5, "SORTER", 'X', "a new letter"),
    ];
    // Whether they come at once or one by one, before the filter or after it.
    for late in [false, true] {
        for (level, component, quiet, want) in [
            (Level::All, "", false, vec![0, 1, 2, 4, 5, 6, 7]),
            (Level::All, "", true, vec![0, 1, 2, 3, 4, 5, 6, 7]),
            (Level::Warnings, "", false, vec![0, 1, 2, 6, 7]),
            (Level::Errors, "", false, vec![0, 1, 2, 7]),
            (Level::WorthALook, "", false, vec![0, 6]),
            (Level::All, "METADATA_MANAGER", false, vec![0, 1, 2]),
            (Level::All, "sort", false, vec![0, 4, 5, 6, 7]),
        ] {
            let mut log = Log::default();
            log.set_height(20);
            if !late {
                add(&mut log, lines.clone());
            }
            log.refilter(|sieve| (sieve.level, sieve.component, sieve.quiet) = (level, component.to_owned(), quiet));
            if late {
                for line in &lines {
                    add(&mut log, vec![line.clone()]);
                }
            }
            let kept: Vec<usize> = (0..lines.len()).filter(|n| log.ring.get(*n).unwrap().marks.kept).collect();
            assert_eq!(kept, want, "{level:?} {component} {quiet} {late}");
            assert_eq!((log.counts.kept, log.counts.lines, log.counts.quiet), (want.len(), 8, 1));
        }
    }
}

#[test]
fn a_gap_is_a_row_that_no_filter_hides_and_is_closed_by_the_next_good_news() {
    let mut log = log(3);
    log.add(LogNews { gap: Some((at(2), at(10))), why: Some("throttled".into()), ..LogNews::default() });
    log.add(LogNews { gap: Some((at(2), at(14))), why: Some("throttled".into()), ..LogNews::default() });
    log.refilter(|sieve| sieve.level = Level::WorthALook);
    log.settle(&glass());
    let open: Vec<String> = shown(&log).into_iter().filter(|text| text.contains("no lines read since")).collect();
    assert_eq!(open.len(), 1, "{:?}", shown(&log));
    log.refilter(|sieve| sieve.level = Level::All);
    log.add(LogNews { filled: Some((at(2), at(20))), lines: vec![event(5, "found later")], ..LogNews::default() });
    log.settle(&glass());
    let rows = shown(&log);
    let gap = rows.iter().position(|text| text.contains("read since, they follow")).unwrap();
    assert_eq!(rows[gap + 1], "found later", "{rows:?}");
    assert_eq!((log.counts.lines, log.counts.kept), (4, 4), "a gap is no line");
}

#[test]
fn a_wanted_moment_is_gone_to_as_soon_as_there_is_something() {
    let mut log = Log::default();
    log.set_height(10);
    log.want(at(50));
    log.settle(&glass());
    add(&mut log, (0..100).map(|n| event(n, &format!("line {n}"))).collect());
    assert_eq!((cursor(&log), log.follow), ("line 50", false));
    log.want(at(-100));
    log.settle(&glass());
    assert_eq!(cursor(&log), "line 0");
    assert_eq!(log.missed, None, "it was read, and nothing stands there");
    log.want(at(-4000));
    log.settle(&glass());
    assert_eq!((log.missed, log.follow), (Some(at(-4000)), true), "no line passes for one of that time");
}

#[test]
fn the_oldest_lines_go_first_and_the_screen_says_so() {
    let mut log = log(0);
    add(&mut log, (0..i64::try_from(ring::LINES_MAX).unwrap() + 500).map(|n| event(n, "x")).collect());
    assert_eq!((log.ring.len(), log.counts.lines, log.ring.dropped), (ring::LINES_MAX, ring::LINES_MAX, 500));
    act(&mut log, Move::First);
    assert!(log.on_screen(&glass())[0].1.text.contains("500 older lines dropped"));
}

#[test]
fn all_logs_together_are_bounded_and_the_one_on_screen_is_the_last_to_lose_lines() {
    let mut logs = Logs::default();
    let source = |n: usize| LogSource::Group(format!("group-{n}"));
    let big = |n: i64| event(n, &"x".repeat(4_000));
    for n in 0..3 {
        logs.look(&source(n));
        logs.add(source(n), news((0..4_000).map(big).collect()));
    }
    let bytes: usize = logs.read.values().map(|log| log.ring.bytes()).sum();
    assert!(bytes <= BYTES_MAX && bytes > BYTES_MAX - 10_000, "{bytes}");
    let lines = |n: usize| logs.get(&source(n)).unwrap().ring.len();
    assert!(lines(0) < 1_000 && lines(1) == 4_000 && lines(2) == 4_000, "{} {} {}", lines(0), lines(1), lines(2));
    logs.add(source(2), news((4_000..12_000).map(big).collect()));
    let log = logs.get(&source(2)).unwrap();
    assert!(log.ring.dropped > 0 && logs.get(&source(1)).unwrap().ring.is_empty());
    assert!(log.ring.bytes() <= BYTES_MAX);
}

#[test]
fn however_long_the_log_only_what_is_on_screen_is_laid_out() {
    let laid_out = |log: &mut Log, what: &mut dyn FnMut(&mut Log)| {
        let before = LAID_OUT.with(std::cell::Cell::get);
        what(log);
        LAID_OUT.with(std::cell::Cell::get) - before
    };
    for lines in [100, 100_000] {
        let mut log = log(0);
        log.set_height(50);
        add(&mut log, (0..lines).map(|n| engine(n, "SORTER", 'I', &format!("line {n}"))).collect());
        log.settle(&glass());
        for how in [Move::Rows(-1), Move::Pages(-1), Move::First, Move::Pages(1), Move::Rows(1), Move::Last] {
            let moved = laid_out(&mut log, &mut |log| act(log, how));
            assert!(moved <= 6 * 51, "{lines} lines, {how:?}: {moved}");
        }
        let drawn = laid_out(&mut log, &mut |log| drop(log.on_screen(&glass())));
        assert!(drawn <= 51, "{lines}: {drawn}");
        log.refilter(|sieve| sieve.level = Level::WorthALook);
        assert!(laid_out(&mut log, &mut |log| log.settle(&glass())) == 0, "nothing is shown");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// Whatever batches, late lines and gaps come while somebody moves about: what is shown, in order, is what was sent,
    /// once.
    #[test]
    fn everything_sent_stands_there_once_in_order(
        batches in proptest::collection::vec((proptest::collection::vec((0i64..300, 1usize..4), 0..12), 0u8..6, 0u8..8), 1..20),
        height in 3usize..30,
    ) {
        let mut log = Log::default();
        log.set_height(height);
        let (mut sent, mut number) = (Vec::new(), 0usize);
        for (lines, gap, key) in batches {
            let events: Vec<LogEvent> = lines.iter().map(|(second, rows)| {
                number += 1;
                sent.push((*second, number));
                event(*second, &format!("#{number}{}", "\n  rest".repeat(rows - 1)))
            }).collect();
            let second = i64::from(gap) * 50;
            let gap = (gap > 3).then(|| (at(second), at(second + 20)));
            log.add(LogNews { gap, filled: None, ..news(events) });
            let how = [Move::Rows(-1), Move::Rows(1), Move::Pages(-1), Move::Pages(1), Move::First, Move::Last];
            log.settle(&glass());
            if let Some(how) = how.get(usize::from(key)) {
                act(&mut log, *how);
            }
            prop_assert!(log.on_screen(&glass()).len() <= height);
        }
        sent.sort_unstable();
        let want: Vec<String> = sent.iter().map(|(_, number)| format!("#{number}")).collect();
        // From the top down, a row at a time, every line is seen, each in its place.
        act(&mut log, Move::First);
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..log.ring.len() * 4 + 10 {
            let line = log.cursor().filter(|line| !line.is_gap()).map(|line| line.text.lines().next().unwrap_or("").to_owned());
            if line.is_some() && line.as_ref() != seen.last() {
                seen.extend(line.clone());
            }
            if let Some(line) = line {
                prop_assert!(shown(&log).contains(&line), "the cursor is on screen");
            }
            act(&mut log, Move::Rows(1));
        }
        prop_assert_eq!(seen, want);
    }
}
