//! Every rule by cases: raised, not raised, not known, let go.

mod around;
mod book;
mod of_task;
mod stage;

use super::{Book, Settings, TABLE, markdown};
use crate::model::alert::{Facts, Place};
use crate::model::health::Health;
use stage::{Stage, now};

/// A change of the stage, and what stands then: ids with their severity, in any order.
type Case = (&'static str, fn(&mut Stage), &'static [(&'static str, Health)]);

fn check(cases: &[Case]) {
    for (name, change, want) in cases {
        let mut stage = Stage::well();
        change(&mut stage);
        let mut found: Vec<_> = stage.judged().iter().map(|alert| (alert.id(), alert.severity)).collect();
        found.sort_unstable();
        let mut want = want.to_vec();
        want.sort_unstable();
        assert_eq!(found, want, "{name}");
    }
}

/// What cannot be judged.
fn unchecked(stage: &Stage) -> Vec<&'static str> {
    let book = stage.judged_by(Settings::default());
    book.unchecked().iter().map(|unchecked| unchecked.rule.id).collect()
}

/// Judges one stage after the other, a minute between, and tells whether `id` stood each time.
fn stands(book: &mut Book, place: &Place, id: &str, stages: &[Stage]) -> Vec<bool> {
    let stood = stages.iter().map(|stage| {
        book.judge(stage as &dyn Facts, now());
        book.get(place, id).is_some()
    });
    stood.collect()
}

#[test]
fn where_all_is_well_and_known_nothing_stands_and_nothing_is_unwatched() {
    assert_eq!(Stage::well().judged(), []);
    assert_eq!(unchecked(&Stage::well()), Vec::<&str>::new());
}

#[test]
fn every_rule_has_its_own_name_and_words() {
    for rule in TABLE {
        assert_eq!(TABLE.iter().filter(|other| other.id == rule.id).count(), 1, "{}", rule.id);
        assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.id);
        for words in [rule.title, rule.compares, rule.action] {
            assert!(!words.is_empty() && words.is_ascii() && !words.ends_with('.'), "{}: {words}", rule.id);
        }
        assert!(markdown().contains(&format!("| `{}` | {} |", rule.id, rule.check.word())));
    }
}
