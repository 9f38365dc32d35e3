//! Questions before a change: what opens them, what answers them, what ends them.

use super::*;
use crate::console::fixtures::changes::*;
use crate::console::state::Mode;
use crate::console::state::confirm::Stage;
use crate::model::EndpointArn;
use crate::model::audit::State as End;
use crate::model::change::{Change, Destination, Draft, Grade, Precondition, Verb};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn stage(state: &State) -> Option<&Stage> {
    match &state.overlay {
        Some(Overlay::Confirm(confirm)) => Some(&confirm.stage),
        _ => None,
    }
}

fn over(state: &State) -> &str {
    match stage(state) {
        Some(Stage::Over { why }) => why,
        other => panic!("{other:?}"),
    }
}

fn enter(state: &mut State) -> Vec<Effect> {
    asked(state, ENTER)
}

#[test]
fn the_name_and_enter_confirm_once() {
    let (mut state, id) = open_one(120, 40);
    assert_eq!(enter(&mut state), [], "nothing is typed yet");
    press(&mut state, "billing-cd");
    assert_eq!(enter(&mut state), [], "not all of it");
    press(&mut state, "x");
    assert_eq!(enter(&mut state), [], "another name");
    keys(&mut state, &[KeyCode::Backspace]);
    press(&mut state, "c");
    assert_eq!(enter(&mut state), [Effect::Confirm { id, answer: "billing-cdc".into() }]);
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), [], "it is on its way");
    let done = outcome(End::Done, &["told billing-cdc to stop"]);
    let effects = update(&mut state, Message::Ended { id, nth: 0, outcome: Box::new(done) }, now());
    assert_eq!(effects, [Effect::AskNow(vec![Subject::Tasks, Subject::Connections]), Effect::ReadActivity]);
    assert_eq!(stage(&state), Some(&Stage::Ended));
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), []);
    assert_eq!(asked(&mut state, ESC), [], "closed, with nothing to forget");
    assert!(state.overlay.is_none());
}

#[test]
fn keys_of_before_it_was_on_screen_for_long_enough_are_no_answer() {
    let mut state = populated_with(operating(), 120, 40);
    let id = put(&mut state, vec![stop("billing-cdc")]);
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), []);
    update(&mut state, Message::Drafted { id, drafts: vec![Ok(draft(&stop("billing-cdc")))] }, now());
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), []);
    update(&mut state, Message::Admitted { id: id + 1 }, now());
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), [], "another question was admitted");
    update(&mut state, Message::Admitted { id }, now());
    update(&mut state, Message::Paste("billing-cdc".into()), now());
    assert_eq!(enter(&mut state), [], "pasted text answers nothing");
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state).len(), 1);
}

#[test]
fn a_question_dies_of_time_absence_and_change_and_says_of_what() {
    let stopped = || -> Message {
        let all = tasks().into_iter().map(|task| match task.name.raw() {
            "billing-cdc" => crate::model::task::Task { status: TaskStatus::Stopped, ..task },
            _ => task,
        });
        observed(Subject::Tasks, Value::Tasks(all.collect()), -5, 15)
    };
    let cases: Vec<(Message, Timestamp, Option<&str>)> = vec![
        (Message::Tick, after(59), None),
        (Message::Tick, after(60), Some("nobody answered within 60 s")),
        (Message::Tick, before(1), Some("nobody answered within 60 s")),
        (Message::Resumed, after(1), Some("suspended")),
        (Message::Key(Key { code: char('z'), ctrl: true, alt: false }), after(1), Some("suspended")),
        (Message::Focus(false), after(1), None),
        (Message::Resize(Area { width: 80, height: 24 }), after(1), None),
        (observed(Subject::Tasks, Value::Tasks(tasks()), -5, 15), after(6), None),
        (stopped(), after(6), Some("billing-cdc was running when it was looked at and is stopped now")),
        (Message::ReadOnly(problem(ProblemKind::Configuration, "no")), after(1), None),
    ];
    for (message, at, want) in cases {
        let (mut state, id) = open_one(120, 40);
        let text = format!("{message:?} at {at}");
        let effects = update(&mut state, message, at);
        let dropped = effects.contains(&Effect::DropDraft { id });
        match want {
            Some(words) => {
                assert!(over(&state).contains(words) && dropped, "{text}: {}", over(&state));
                press(&mut state, "billing-cdc");
                assert_eq!(enter(&mut state), [], "{text}");
            }
            None if state.setup.mode == Mode::ReadOnly => assert!(state.overlay.is_none() && dropped, "{text}"),
            None => {
                assert!(matches!(stage(&state), Some(Stage::Open { .. })) && !dropped, "{text}");
            }
        }
    }
}

#[test]
fn an_older_report_does_not_end_a_question_that_knows_better() {
    let (mut state, _) = open_one(120, 40);
    let old = tasks().into_iter().map(|task| crate::model::task::Task { status: TaskStatus::Stopped, ..task });
    update(&mut state, observed(Subject::Tasks, Value::Tasks(old.collect()), 1, 15), now());
    assert!(matches!(stage(&state), Some(Stage::Open { .. })));
}

/// A billing-cdc that became something else, and the words for it.
#[test]
fn a_question_about_what_is_not_the_same_any_more_is_closed() {
    use crate::model::observation::Definition;
    use crate::model::parts::Endpoint;
    use crate::model::task::{MigrationType, Task};
    let arn = arn("BILLINGXCDC");
    let with = |change: &dyn Fn(&mut Task)| {
        let mut all = tasks();
        all.iter_mut().filter(|task| task.arn == arn).for_each(change);
        observed(Subject::Tasks, Value::Tasks(all), -5, 15)
    };
    let defined = |mappings: &str, mode: &str| {
        let settings = format!(r#"{{"FullLoadSettings":{{"TargetTablePrepMode":"{mode}"}}}}"#);
        let new = Definition { table_mappings: Some(mappings.to_owned()), settings: Some(settings) };
        observed(Subject::Definition(arn.clone()), Value::Definition(new), -5, 15)
    };
    let target = |host: &str, database: &str| {
        let arn = tasks()[0].target.clone();
        let (host, database) = (Some(host.into()), Some(database.into()));
        let one = Endpoint { arn, host, database, ..Endpoint::default() };
        observed(Subject::Endpoints, Value::Endpoints(vec![one]), -5, 15)
    };
    let gone = tasks().into_iter().filter(|task| task.arn != arn).collect();
    let elsewhere = EndpointArn("arn:aws:dms:eu-west-1:123456789012:endpoint:ELSEWHERE".into());
    for (report, want) in [
        (with(&|_| {}), None),
        (observed(Subject::Tasks, Value::Tasks(gone), -5, 15), Some("billing-cdc is not there any more")),
        (with(&|task| task.target = elsewhere.clone()), Some("billing-cdc has another target than when")),
        (with(&|task| task.source = elsewhere.clone()), Some("billing-cdc has another source than when")),
        (with(&|task| task.instance = None), Some("another replication instance")),
        (with(&|task| task.migration_type = MigrationType::FullLoad), Some("another migration type")),
        (defined("{}", "DO_NOTHING"), None),
        (defined("{ }", "DO_NOTHING"), Some("billing-cdc has other table mappings")),
        (defined("{}", "DROP_AND_CREATE"), Some("another TargetTablePrepMode")),
        (target("STAGING.example.", "shop"), None),
        (target("prod.example", "shop"), Some("another host or database at its target")),
        (target("staging.example", "other"), Some("another host or database at its target")),
    ] {
        let mut draft = draft(&stop("billing-cdc"));
        let Precondition::Task(then) = &mut draft.preview.precondition else { panic!() };
        (then.mappings, then.prep_mode) = (Some("{}".to_owned()), Some("DO_NOTHING".to_owned()));
        then.target_at = Some(Destination::new("staging.example", "shop"));
        let (mut state, id) = open(120, 40, vec![stop("billing-cdc")], vec![draft]);
        let effects = update(&mut state, report, after(6));
        match want {
            None => assert!(matches!(stage(&state), Some(Stage::Open { .. })), "{:?}", stage(&state)),
            Some(want) => {
                assert!(over(&state).contains(want), "{want}: {}", over(&state));
                assert!(effects.contains(&Effect::DropDraft { id }));
            }
        }
    }
}

/// More to fear than a small screen has room for.
#[test]
fn nothing_is_answered_before_all_there_is_to_fear_was_on_screen() {
    let mut draft = draft(&stop("billing-cdc"));
    draft.preview.warnings = (1..12).map(|n| format!("warning {n}")).collect();
    let ready = |state: &State| match &state.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.is_read(),
        _ => panic!(),
    };
    let (state, _) = open(120, 60, vec![stop("billing-cdc")], vec![draft.clone()]);
    assert!(ready(&state), "all of it fits");
    let (mut state, id) = open(80, 24, vec![stop("billing-cdc")], vec![draft.clone()]);
    assert!(ready(&state), "all of it fits");
    let (mut small, small_id) = open(60, 15, vec![stop("billing-cdc")], vec![draft]);
    press(&mut small, "billing-cdc");
    assert_eq!(enter(&mut small), []);
    keys(&mut small, &[KeyCode::End]);
    press(&mut small, "billing-cdc");
    assert!(!ready(&small) && enter(&mut small).is_empty(), "jumped over");
    keys(&mut small, &[KeyCode::Home]);
    for _ in 0..20 {
        keys(&mut small, &[KeyCode::PageDown]);
    }
    press(&mut small, "billing-cdc");
    assert!(ready(&small));
    assert_eq!(enter(&mut small), [Effect::Confirm { id: small_id, answer: "billing-cdc".into() }]);
    // What was read stays read, however small it gets.
    update(&mut state, Message::Resize(Area { width: 60, height: 15 }), now());
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), [Effect::Confirm { id, answer: "billing-cdc".into() }]);
}

#[test]
fn while_the_screen_is_too_small_to_read_it_there_is_no_question() {
    let mut state = populated_with(operating(), 20, 5);
    let id = put(&mut state, vec![stop("billing-cdc")]);
    update(&mut state, Message::Drafted { id, drafts: vec![Ok(draft(&stop("billing-cdc")))] }, now());
    update(&mut state, Message::Admitted { id }, now());
    assert_eq!(state.question(), None);
    update(&mut state, Message::Resize(Area { width: 120, height: 40 }), now());
    assert_eq!(state.question(), Some(id), "from here on it can be read");
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state), []);
    update(&mut state, Message::Admitted { id }, now());
    press(&mut state, "billing-cdc");
    assert_eq!(enter(&mut state).len(), 1);
}

#[test]
fn in_read_only_nothing_is_even_looked_at() {
    let mut state = populated(120, 40);
    state.setup.read_only_because = "Pass --operate.".to_owned();
    let mut effects = Vec::new();
    super::super::confirm::ask(&mut state, vec![stop("billing-cdc")], &mut effects);
    assert_eq!((effects, state.overlay.is_none()), (vec![], true));
    assert_eq!(state.notice.unwrap().text, "read-only: nothing can be changed here. Pass --operate.");
}

#[test]
fn of_several_what_cannot_be_done_is_left_out_and_the_number_says_so() {
    let names = ["billing-cdc", "orders-cdc", "audit-cdc"];
    let changes: Vec<Change> = names.iter().map(|name| stop(name)).collect();
    let mut drafts: Vec<Draft> = changes.iter().map(draft).collect();
    drafts[1] = refused(&changes[1]);
    let (mut state, id) = open(120, 40, changes.clone(), drafts);
    press(&mut state, "stop 3");
    assert_eq!(enter(&mut state), []);
    keys(&mut state, &[KeyCode::Backspace]);
    press(&mut state, "2");
    assert_eq!(enter(&mut state), [Effect::Confirm { id, answer: "stop 2".into() }]);
    let ended = |nth, outcome| Message::Ended { id, nth, outcome: Box::new(outcome) };
    update(&mut state, ended(0, outcome(End::Done, &["told it"])), now());
    assert_eq!(asked(&mut state, ESC), [Effect::DropDraft { id }], "the rest is called off");
    assert!(state.overlay.is_some());
    update(&mut state, ended(2, outcome(End::Refused, &["called off"])), now());
    assert_eq!(stage(&state), Some(&Stage::Ended));
}

#[test]
fn several_that_cannot_go_together_are_not_asked() {
    let destroys = |name: &str| {
        let change = change(name, Verb::Resume { until: None });
        let mut draft = draft(&change);
        draft.preview.grade = Grade::Destroys { destination: None };
        (change, draft)
    };
    let (changes, drafts): (Vec<_>, Vec<_>) = [destroys("a"), destroys("b")].into_iter().unzip();
    let (state, _) = open(120, 40, changes, drafts);
    assert_eq!(stage(&state), Some(&Stage::Closed), "what destroys is asked for alone");
    let reload = |name| change(name, Verb::Reload { until: None });
    for changes in [vec![], vec![reload("a"), reload("b")], vec![stop("a"), reload("b")]] {
        let mut state = populated_with(operating(), 120, 40);
        let mut effects = Vec::new();
        super::super::confirm::ask(&mut state, changes, &mut effects);
        assert!(effects.is_empty() && state.overlay.is_none() && state.notice.is_some());
    }
}

#[test]
fn a_number_takes_an_offer_only_while_nothing_is_typed() {
    let (mut state, id) = open_one(120, 40);
    press(&mut state, "b");
    assert_eq!(asked(&mut state, char('1')), []);
    keys(&mut state, &[KeyCode::Backspace, KeyCode::Backspace]);
    let test = change("billing-cdc", Verb::TestConnections);
    assert_eq!(
        asked(&mut state, char('1')),
        [Effect::DropDraft { id }, Effect::Draft { id: id + 1, changes: vec![test] }]
    );
    assert_eq!(stage(&state), Some(&Stage::Asking));
}

#[test]
fn what_ends_after_the_question_was_closed_is_said_all_the_same() {
    let (mut state, id) = open_one(120, 40);
    press(&mut state, "billing-cdc");
    enter(&mut state);
    assert_eq!(asked(&mut state, ESC), [], "what was sent cannot be called back");
    assert!(state.overlay.is_none());
    let unknown =
        outcome(End::Unknown, &["unknown: it was sent once and no answer came", "Look before you ask again."]);
    update(&mut state, Message::Ended { id, nth: 0, outcome: Box::new(unknown) }, now());
    assert!(state.notice.as_ref().unwrap().text.starts_with("unknown: it was sent once"));
    assert_eq!(state.problems.entries()[0].problem.detail, "Look before you ask again.");
}

#[test]
fn another_account_takes_the_question_away_and_numbers_are_not_used_twice() {
    let (mut state, id) = open_one(120, 40);
    let Message::Connected { mut scope, identity } = connected() else { panic!() };
    scope.account = AccountId("999999999999".into());
    let effects = update(&mut state, Message::Connected { scope, identity }, after(1));
    assert!(effects.contains(&Effect::DropDraft { id }) && state.overlay.is_none());
    assert!(state.questions >= id);
}

#[test]
fn the_command_is_copied_while_it_is_asked_and_also_as_the_way_out() {
    for drafts in [vec![draft(&stop("billing-cdc"))], vec![refused(&stop("billing-cdc"))]] {
        let (mut state, _) = open(120, 40, vec![stop("billing-cdc")], drafts);
        let effects = update(&mut state, Message::Key(Key { code: char('y'), ctrl: true, alt: false }), now());
        let copied =
            effects.iter().any(|effect| matches!(effect, Effect::Copy(text) if text.starts_with("aws dms stop")));
        assert!(copied, "{effects:?}");
    }
}

/// What may come, in any order.
#[derive(Debug, Clone)]
enum Step {
    Ask(usize),
    Drafted(u64, bool),
    Admitted(u64),
    /// Types what is asked for, whatever that is.
    Name,
    Other(Message),
}

fn steps() -> impl Strategy<Value = Step> {
    let key = |code, ctrl| Step::Other(Message::Key(Key { code, ctrl, alt: false }));
    let code = prop_oneof![
        4 => Just(KeyCode::Enter),
        2 => "[a-z12 :?-]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap())),
        1 => proptest::sample::select(vec![ESC, KeyCode::Backspace, KeyCode::Up, KeyCode::PageDown, KeyCode::Tab]),
    ];
    let id = 0u64..6;
    let ended = |id| Message::Ended { id, nth: 0, outcome: Box::new(outcome(End::Done, &["done"])) };
    prop_oneof![
        3 => (0usize..3).prop_map(Step::Ask),
        4 => (id.clone(), any::<bool>()).prop_map(|(id, legal)| Step::Drafted(id, legal)),
        4 => id.clone().prop_map(Step::Admitted),
        5 => Just(Step::Name),
        6 => (code, any::<bool>()).prop_map(move |(code, ctrl)| key(code, ctrl && code == KeyCode::Char('y'))),
        1 => Just(key(KeyCode::Char('z'), true)),
        1 => proptest::sample::select(vec!["billing-cdc", "stop 2\r", "billing-cdc\r\n"])
            .prop_map(|text| Step::Other(Message::Paste(text.to_owned()))),
        1 => Just(Step::Other(Message::Resumed)),
        1 => (30u16..200, 10u16..60).prop_map(|(width, height)| Step::Other(Message::Resize(Area { width, height }))),
        1 => id.clone().prop_map(|id| Step::Other(Message::NotConfirmed { id, why: "no".to_owned() })),
        1 => id.prop_map(move |id| Step::Other(ended(id))),
        1 => proptest::sample::select(everything()).prop_map(Step::Other),
        1 => Just(Step::Other(Message::Tick)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_only_a_typed_answer_to_an_open_question_confirms_and_once(
        sequence in proptest::collection::vec((steps(), -2i64..40), 1..60),
        operate: bool,
    ) {
        let mode = if operate { Mode::Operate } else { Mode::ReadOnly };
        let mut state = populated_with(crate::console::state::Setup { mode, ..setup() }, 120, 40);
        let marked = [
            vec![stop("billing-cdc")],
            vec![stop("billing-cdc"), stop("orders-cdc")],
            vec![change("audit-cdc", Verb::TestConnections)],
        ];
        let (mut clock, mut seen, mut confirmed) = (0, Vec::new(), BTreeMap::<u64, u32>::new());
        let mut admitted = std::collections::BTreeSet::new();
        for (step, seconds) in sequence {
            clock += seconds;
            let now = after(clock);
            let before = state.clone();
            let mut effects = Vec::new();
            match step {
                Step::Ask(at) => super::super::confirm::ask(&mut state, marked[at].clone(), &mut effects),
                Step::Drafted(id, legal) => {
                    let changes = match &state.overlay {
                        Some(Overlay::Confirm(confirm)) => confirm.changes.clone(),
                        _ => marked[0].clone(),
                    };
                    let found = |change| Ok(if legal { draft(change) } else { refused(change) });
                    let drafts = changes.iter().map(found).collect();
                    effects = update(&mut state, Message::Drafted { id, drafts }, now);
                }
                Step::Admitted(id) => {
                    admitted.extend(before.question().filter(|open| *open == id));
                    effects = update(&mut state, Message::Admitted { id }, now);
                }
                Step::Name => {
                    let name = match &state.overlay {
                        Some(Overlay::Confirm(confirm)) => confirm.expected().unwrap_or_default(),
                        _ => String::new(),
                    };
                    for c in name.chars() {
                        effects.extend(update(&mut state, key(KeyCode::Char(c)), now));
                    }
                }
                Step::Other(message) => effects = update(&mut state, message, now),
            }
            for effect in effects {
                prop_assert!(operate || !matches!(effect, Effect::Draft { .. } | Effect::Confirm { .. }), "{effect:?}");
                if let Effect::Confirm { id, answer } = &effect {
                    let Some(Overlay::Confirm(open)) = &before.overlay else { panic!("{effect:?} without a question") };
                    prop_assert!(matches!(open.stage, Stage::Open { admitted: true, .. }), "{:?}", open.stage);
                    prop_assert!(open.id == *id && admitted.contains(id), "{id}");
                    prop_assert_eq!(open.expected().unwrap_or_default(), answer.as_str());
                    *confirmed.entry(*id).or_default() += 1;
                }
                seen.push(effect);
            }
        }
        prop_assert!(confirmed.values().all(|times| *times == 1), "{confirmed:?}");
    }
}
