//! The question before a change at the sizes it is seen in, at every stage.

use super::*;
use crate::console::fixtures::changes::*;
use crate::model::audit::State as End;
use crate::model::change::{Change, Destination, Draft, Grade, Verb};

#[test]
fn a_question_at_120x40() {
    let (mut state, _) = open_one(120, 40);
    press(&mut state, "billing");
    assert_snapshot!(text(&state));
}

/// A reload, with more to say than there is room for.
fn long() -> (Change, Draft) {
    let change = change("staging-refresh", Verb::Reload { until: None });
    let mut draft = draft(&change);
    let destination = Destination::new("shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com", "shop");
    draft.preview.grade = Grade::Destroys { destination: Some(destination) };
    draft.preview.warnings = vec![
        "at least 28,450 rows in 12 tables go: each is dropped and made again (DROP_AND_CREATE), with its indexes and \
         defaults lost"
            .to_owned(),
        "schedule:migrations/staging-refresh-weekly starts it too, next Sun 2026-11-29 01:30 UTC".to_owned(),
    ];
    draft.preview.effects = (1..30).map(|n| format!("shop.table_{n:02}: {n},000 rows")).collect();
    (change, draft)
}

#[test]
fn a_long_question_at_80x24_keeps_what_to_type_and_what_to_fear_in_sight() {
    let (change, draft) = long();
    let (mut state, _) = open(80, 24, vec![change], vec![draft]);
    keys(&mut state, &[KeyCode::PageDown]);
    let screen = text(&state);
    for part in ["28,450 rows", "staging-refresh-weekly", "type staging-refresh and Enter", "> ", "destroys rows of"] {
        assert!(screen.contains(part), "{part:?} is not on\n{screen}");
    }
    assert_snapshot!(screen);
}

#[test]
fn a_long_question_on_the_smallest_screen() {
    let (change, draft) = long();
    let (state, _) = open(60, 15, vec![change], vec![draft]);
    let screen = text(&state);
    assert!(screen.contains("type staging-refresh and Enter") && screen.contains("destroys rows of"), "{screen}");
    assert!(screen.contains("scroll down first"), "{screen}");
    assert_snapshot!(screen);
}

#[test]
fn that_rows_are_destroyed_is_said_once() {
    let (change, mut draft) = long();
    draft.preview.warnings.insert(0, "DESTROYS ROWS in shop-staging/shop".to_owned());
    let (state, _) = open(120, 40, vec![change], vec![draft]);
    let screen = text(&state);
    assert!(screen.contains("✗ DESTROYS ROWS in shop-staging/shop"), "{screen}");
    assert_eq!(screen.to_lowercase().matches("destroys rows").count(), 1, "{screen}");
}

#[test]
fn several_at_80x24() {
    let changes: Vec<Change> = ["billing-cdc", "orders-cdc", "audit-cdc"].iter().map(|name| stop(name)).collect();
    let mut drafts: Vec<Draft> = changes.iter().map(draft).collect();
    drafts[1] = refused(&changes[1]);
    drafts[2].preview.warnings.push("its slot has 41 GB of log behind it".to_owned());
    let (mut state, id) = open(80, 24, changes, drafts);
    assert_snapshot!("several_asked", text(&state));
    press(&mut state, "stop 2");
    keys(&mut state, &[KeyCode::Enter]);
    let done = outcome(End::Done, &["told billing-cdc to stop", "go on with: cutover resume billing-cdc"]);
    update(&mut state, Message::Ended { id, nth: 0, outcome: Box::new(done) }, now());
    assert_snapshot!("several_sending", text(&state));
    let lost = outcome(End::Unknown, &["unknown: it was sent once and no answer came", "Look before you ask again."]);
    update(&mut state, Message::Ended { id, nth: 2, outcome: Box::new(lost) }, now());
    assert_snapshot!("several_ended", text(&state));
}

#[test]
fn before_and_instead_of_a_question_at_80x24() {
    let mut state = populated_with(operating(), 80, 24);
    let id = put(&mut state, vec![stop("billing-cdc")]);
    assert_snapshot!("looking", text(&state));
    let no = refused(&stop("billing-cdc"));
    update(&mut state, Message::Drafted { id, drafts: vec![Ok(no)] }, now());
    assert_snapshot!("refused", text(&state));
    let id = put(&mut state, vec![stop("billing-cdc")]);
    let denied = problem(ProblemKind::AccessDenied, "dms:DescribeReplicationTasks in eu-west-1: access denied");
    update(&mut state, Message::Drafted { id, drafts: vec![Err(denied)] }, now());
    assert_snapshot!("could_not_be_looked_at", text(&state));
    let (mut state, id) = open_one(80, 24);
    update(&mut state, Message::Tick, after(61));
    assert_snapshot!("died", text(&state));
    let (mut ended, _) = open_one(80, 24);
    press(&mut ended, "billing-cdc");
    keys(&mut ended, &[KeyCode::Enter]);
    let done = outcome(End::Done, &["told billing-cdc to stop", "go on with: cutover resume billing-cdc"]);
    update(&mut ended, Message::Ended { id, nth: 0, outcome: Box::new(done) }, now());
    assert_snapshot!("ended", text(&ended));
}

#[test]
fn in_ascii_there_is_nothing_else() {
    let mut setup = operating();
    setup.ascii = true;
    let mut state = populated_with(setup, 80, 24);
    let id = put(&mut state, vec![stop("billing-cdc")]);
    update(&mut state, Message::Drafted { id, drafts: vec![Ok(draft(&stop("billing-cdc")))] }, now());
    assert!(text(&state).is_ascii(), "{}", text(&state));
}
