//! What stands: since when, acknowledged or not, and what rings.

use super::stage::{Stage, before, min, now, place};
use crate::model::alert::{Alert, Book, Facts, Place, Settings};
use crate::model::health::Health;
use crate::model::task::TaskStatus;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn late(seconds: f64) -> Stage {
    let mut stage = Stage::well();
    stage.latency(&[seconds; 2], &[seconds * 0.4; 2]);
    stage
}

fn high(book: &Book) -> Option<&Alert> {
    book.get(&place(), "latency-high")
}

fn acknowledge(book: &mut Book, minutes: i64) {
    let until = after(min(minutes));
    book.acknowledge(&place(), "latency-high", "the DBA knows".to_owned(), until, now());
}

#[test]
fn an_acknowledgement_is_over_in_time_with_worse_and_with_another_time() {
    let mut book = Book::default();
    book.judge(&late(94.0), now());
    acknowledge(&mut book, 10);
    assert!(!high(&book).unwrap().counts());
    book.judge(&late(95.0), after(60));
    assert_eq!(high(&book).unwrap().ack.as_ref().unwrap().reason, "the DBA knows");
    assert_eq!(book.until(), Some(after(min(10))), "judged again when it is over");
    book.judge(&late(95.0), after(min(10)));
    assert!(high(&book).unwrap().counts(), "over in time");
    acknowledge(&mut book, 20);
    book.judge(&late(1_000.0), after(61));
    assert!(high(&book).unwrap().counts(), "it got worse");
    acknowledge(&mut book, 20);
    book.judge(&late(94.0), after(90));
    assert!(!high(&book).unwrap().counts(), "better is no reason to come back");
    book.judge(&Stage::well(), after(95));
    book.judge(&late(94.0), after(100));
    assert!(high(&book).unwrap().counts(), "raised again");
    acknowledge(&mut book, 20);
    book.recall(&place(), "latency-high");
    assert!(high(&book).unwrap().counts(), "taken back");
}

#[test]
fn a_newer_line_in_the_log_lifts_the_acknowledgement_of_the_older_ones() {
    let mut stage = Stage::well();
    stage.line(min(5), "E:  Something went wrong");
    let mut book = Book::default();
    book.judge(&stage, now());
    book.acknowledge(&place(), "log-errors", "seen".into(), after(3600), now());
    book.judge(&stage, now());
    assert!(!book.get(&place(), "log-errors").unwrap().counts());
    stage.line(-30, "E:  Something went wrong");
    book.judge(&stage, after(60));
    assert!(book.get(&place(), "log-errors").unwrap().counts());
}

#[test]
fn it_is_alarming_when_something_critical_is_new_and_only_then() {
    let mut failed = Stage::well();
    failed.tasks[0].status = TaskStatus::Failed;
    let mut failed_before_us = failed.clone();
    failed_before_us.tasks[0].stats.stop = Some(before(min(5)));
    let mut book = Book::default();
    assert!(!book.judge(&failed, now()), "it was there at the first look");
    assert!(!book.judge(&failed, after(20)));
    let mut book = Book::default();
    assert!(!book.judge(&Stage::well(), now()));
    assert!(!book.judge(&late(94.0), after(20)), "a warning");
    assert!(book.judge(&late(1_000.0), after(40)), "now critical");
    assert!(!book.judge(&late(1_000.0), after(60)), "still critical");
    assert!(book.judge(&failed, after(80)), "something else");
    let mut book = Book::default();
    book.judge(&Stage::well(), now());
    assert!(!book.judge(&failed_before_us, after(20)), "new to us only");
}

#[test]
fn since_when_is_what_the_evidence_says_and_else_when_it_was_first_seen() {
    let mut book = Book::default();
    book.judge(&late(94.0), now());
    assert!(high(&book).unwrap().at_least, "it may have begun before the first point we have");
    let mut book = Book::default();
    book.judge(&Stage::well(), now());
    book.judge(&late(94.0), after(30));
    assert_eq!((high(&book).unwrap().since, high(&book).unwrap().at_least), (after(30), false));
    let mut told = Stage::well();
    told.latency(&[2.0, 70.0, 80.0], &[1.0, 40.0, 40.0]);
    book.judge(&told, after(40));
    assert_eq!(high(&book).unwrap().since, before(120), "the points tell");
    let order: Vec<bool> = book.of(&place()).iter().map(Alert::counts).collect();
    assert!(order.is_sorted_by(|a, b| a >= b), "what wants attention first");
}

fn worse(stage: &Stage) -> Health {
    let mut book = Book::new(Settings::default());
    book.judge(stage as &dyn Facts, now());
    book.of(&Place::Task(stage.tasks[0].arn.clone())).iter().map(|alert| alert.severity).max().unwrap_or(Health::Ok)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn an_acknowledgement_never_hides_what_gets_worse(
        latencies in proptest::collection::vec(0f64..2_000.0, 1..12),
        acknowledged in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut book = Book::default();
        let mut silenced: Option<Health> = None;
        for (n, latency) in latencies.iter().enumerate() {
            let now = after(i64::try_from(n).unwrap());
            book.judge(&late(*latency), now);
            match high(&book) {
                Some(alert) if alert.ack.is_some() => {
                    prop_assert!(silenced.is_some_and(|severity| alert.severity <= severity), "{alert:?}");
                }
                Some(alert) => prop_assert!(alert.counts()),
                None => silenced = None,
            }
            if acknowledged[n] && let Some(severity) = high(&book).map(|alert| alert.severity) {
                book.acknowledge(&place(), "latency-high", String::new(), after(3600), now);
                silenced = Some(severity);
            }
        }
    }

    #[test]
    fn what_stands_is_never_less_than_what_would_be_raised(latencies in proptest::collection::vec(0f64..2_000.0, 1..12)) {
        let mut book = Book::default();
        for latency in latencies {
            let stage = late(latency);
            book.judge(&stage, now());
            let stands = book.of(&place()).iter().map(|alert| alert.severity).max().unwrap_or(Health::Ok);
            prop_assert!(stands >= worse(&stage), "{latency}");
        }
    }
}
