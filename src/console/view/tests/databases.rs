//! What the databases of a task say, in Drain and beside our own validations.

use super::*;
use crate::console::fixtures::definition::*;
use crate::console::message::Effect;
use crate::model::around::{
    ApplyException, Around, FailureKind, Key as FailedKey, Known, Listed, Open, Place, Side, Slot, SourceSeen,
    TargetSeen, ValidationFailure,
};
use jiff::SignedDuration;

fn place(at: &str, by: &str, engine: &str) -> Place {
    Place { at: at.into(), by: by.into(), engine: engine.into() }
}

fn listed<T>(newest: Vec<T>) -> Known<Listed<T>> {
    let total = newest.len() as u64;
    let tables = vec!["public.awsdms_validation_failures_v2".into()];
    Known::Is(Listed { tables, total, more: false, since_start: Some(total), of_others: 0, newest })
}

/// A source whose slot nobody reads, and a target that refused a change and of which a key failed.
fn around() -> Around {
    let as_of = Some(now() - SignedDuration::from_secs(20));
    let slot = Slot {
        name: "ordersxcdc_00016402".into(),
        plugin: None,
        active: false,
        retained: Some(3 << 30),
        behind: None,
        wal_status: Some("reserved".into()),
        safe: None,
    };
    let source = SourceSeen {
        slots: Known::Is(vec![slot]),
        binlog: Known::NotDue,
        open: Known::Is(Open { transactions: Vec::new(), hidden: 4 }),
        replica: Known::Is(None),
    };
    let exception = ApplyException {
        schema: "public".into(),
        table: "orders\u{1b}[2J".into(),
        at: as_of,
        code: Some("23505".into()),
        error: None,
        statement: None,
    };
    let failure = ValidationFailure {
        schema: "public".into(),
        table: "orders".into(),
        at: as_of,
        key_type: "Row".into(),
        key: FailedKey::Columns(vec!["3451491".into(), "\u{202e}a".into()]),
        kind: FailureKind::MissingTarget,
        resync: None,
        details: Some("never on a screen".into()),
    };
    let target = TargetSeen {
        exceptions: listed(vec![exception]),
        suspended: Known::NotThere,
        failures: listed(vec![failure]),
        status: Known::Is(None),
        blocked: Known::Is(Vec::new()),
        replica: Known::Is(None),
    };
    let source = Side::Read {
        place: place("shop-prod.example:5432/shop", "[databases.shop-prod]", "postgresql"),
        as_of,
        seen: source,
    };
    let target = Side::Read {
        place: place("shop-new.example:5432/shop", "[databases.shop-new]", "postgresql"),
        as_of,
        seen: target,
    };
    Around { source, target }
}

fn told(around: Around, width: u16, height: u16) -> State {
    let mut state = drain_opened(0, width, height);
    let subject = Subject::Databases(arn("ORDERSXCDC"));
    update(&mut state, observed(subject, Value::Databases(Box::new(around)), 20, 30), now());
    state
}

#[test]
fn drain_with_what_the_databases_say_at_120x40() {
    assert_snapshot!(text(&told(around(), 120, 40)));
}

#[test]
fn drain_of_databases_that_cannot_be_asked_at_80x24() {
    let no =
        "no [databases.NAME] names the endpoint of this task's source: without one nothing is asked in read-only mode";
    let failed = Side::Failed { place: None, why: "cannot connect to shop-new.example:5432/shop: refused".into() };
    let mut state = told(Around { source: Side::NoConnection { why: no.into() }, target: failed }, 80, 24);
    keys(&mut state, &[KeyCode::PageDown]);
    assert_snapshot!(text(&state));
}

#[test]
fn failed_keys_stand_beside_our_validations_without_a_value_of_a_row() {
    let mut state = told(around(), 120, 40);
    press(&mut state, "=");
    let screen = text(&state);
    for words in ["failed keys in public.awsdms_validation_failures_v2: 1", "missing", "public.orders  (3451491, a)"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("never on a screen") && !screen.contains('\u{202e}'), "{screen}");
}

#[test]
fn where_dms_and_our_newest_run_disagree_it_is_said_of_the_table() {
    use crate::console::fixtures::validations as it;
    use crate::console::state::validations::run::Run;
    use crate::model::validation::told::TableTold;
    use crate::model::validation::{RunEvent, Tally};
    let none = Some(0);
    let equal = Tally {
        source: Some(9),
        target: Some(9),
        different: none,
        missing: none,
        extra: none,
        in_flight: none,
        unsettled: none,
        arrived: None,
    };
    for (tally, says) in [
        (equal, Some("public.orders: DMS says it differs, our run found it equal")),
        // Both say that it differs.
        (Tally { different: Some(1), ..equal }, None),
        // Nobody knows what we would say.
        (Tally { in_flight: Some(1), ..equal }, None),
    ] {
        let mut state = told(around(), 120, 40);
        let mut run = it::told();
        let RunEvent::Table { nth, mut result, .. } = it::done(4) else { panic!("no table") };
        (result.source, result.tally) = ("public.orders".into(), tally);
        run.tables = vec![TableTold { nth, result: *result, rows: vec![] }];
        state.validations.read = Some(Box::new(Run::new(run)));
        press(&mut state, "=");
        let screen = text(&state);
        match says {
            Some(words) => assert!(screen.contains(words), "{words}: {screen}"),
            None => assert!(!screen.contains("DMS says"), "{screen}"),
        }
    }
}

#[test]
fn the_databases_are_asked_for_while_they_are_on_screen_and_by_the_key_that_asks_now() {
    let databases = Some(arn("ORDERSXCDC"));
    let mut state = drain_opened(0, 120, 40);
    assert_eq!(state.focus().databases_of, databases);
    let asked = update(&mut state, key(KeyCode::Char('r')), now());
    let of_databases =
        |effect: &Effect| matches!(effect, Effect::AskNow(all) if all.contains(&Subject::Databases(arn("ORDERSXCDC"))));
    assert!(asked.iter().any(of_databases), "{asked:?}");
    press(&mut state, "=");
    assert_eq!(state.focus().databases_of, databases);
    press(&mut state, "t");
    assert_eq!(state.focus().databases_of, None);
}
