//! Refreshes: what is read when, and that nothing is begun or steered that was not typed.

use super::*;
use crate::console::fixtures::refreshes as it;
use crate::console::state::refreshes::row::What;
use crate::console::state::refreshes::run::Part;
use crate::console::state::{Mode, Setup};
use crate::model::refresh::told::{Deed, Offer, RunTold, joined};
use crate::model::refresh::{RefreshId, RunHead, RunState};

fn operating() -> Setup {
    Setup { mode: Mode::Operate, refreshes: it::prepared(), ..setup() }
}

fn with(setup: Setup, first: Option<&RunTold>) -> State {
    let mut state = populated_with(setup, 120, 40);
    update(&mut state, it::journals(first.map(|told| told.seen.head.clone())), now());
    asked(&mut state, char('R'));
    update(&mut state, it::journals(first.map(|told| told.seen.head.clone())), now());
    state
}

/// On the plan of staging, as it was offered.
fn planned(setup: Setup, offer: Offer) -> State {
    let mut state = with(setup, None);
    asked(&mut state, KeyCode::Down);
    let effects = asked(&mut state, ENTER);
    let id = state.questions;
    assert!(matches!(&effects[..], [Effect::PlanRefresh { name, .. }] if name.0 == "staging"), "{effects:?}");
    update(&mut state, Message::RefreshOffered { id, offer: Ok(Box::new(offer)) }, now());
    state
}

fn opened(setup: Setup, told: &RunTold) -> State {
    let mut state = with(setup, Some(told));
    asked(&mut state, KeyCode::Down);
    asked(&mut state, KeyCode::Down);
    assert_eq!(asked(&mut state, ENTER), [Effect::ReadRefresh { run: it::id() }]);
    update(&mut state, it::told(told.clone()), now());
    state
}

/// Types this into the question that a key opened, and presses Enter.
fn answer(state: &mut State, text: &str) -> Vec<Effect> {
    let id = state.questions;
    update(state, Message::Admitted { id }, state.now);
    press(state, text);
    asked(state, ENTER)
}

#[test]
fn journals_are_read_when_somebody_signs_in_opens_the_list_and_looks_at_it() {
    let reads = |effects: &[Effect]| effects.iter().filter(|one| **one == Effect::ReadRefreshes).count();
    let mut state = State::new(operating(), Area { width: 120, height: 40 }, now());
    assert_eq!(reads(&update(&mut state, connected(), now())), 1);
    assert_eq!(reads(&asked(&mut state, char('R'))), 0, "an answer is awaited");
    update(&mut state, it::journals(None), now());
    assert_eq!(reads(&asked(&mut state, char('r'))), 1);
    update(&mut state, it::journals(None), now());
    assert_eq!(reads(&update(&mut state, Message::Tick, after(4))), 0);
    assert_eq!(reads(&update(&mut state, Message::Tick, after(5))), 1);
    update(&mut state, it::journals(None), after(5));
    asked(&mut state, ESC);
    assert_eq!(reads(&update(&mut state, Message::Tick, after(60))), 0, "elsewhere it is told unasked");
}

#[test]
fn a_run_is_read_each_second_while_a_process_works_on_it_and_seldom_else() {
    for (told, seconds) in [(it::running(), 1), (it::failed(), 5)] {
        let mut state = opened(operating(), &told);
        let read = Effect::ReadRefresh { run: it::id() };
        let before = update(
            &mut state,
            Message::Tick,
            now().checked_add(jiff::SignedDuration::from_millis(seconds * 1000 - 1)).unwrap(),
        );
        assert!(!before.contains(&read), "{before:?}");
        assert!(state.next_deadline(now()).unwrap() <= after(seconds));
        assert!(update(&mut state, Message::Tick, after(seconds)).contains(&read));
        assert!(!update(&mut state, Message::Tick, after(seconds + 1)).contains(&read), "an answer is awaited");
    }
}

#[test]
fn a_run_on_screen_is_read_again_when_its_journal_says_another_thing() {
    let mut told = it::running();
    told.seen.head.state = RunState::Paused;
    let mut state = opened(operating(), &told);
    let read = Effect::ReadRefresh { run: it::id() };
    assert!(!update(&mut state, it::journals(Some(told.seen.head.clone())), now()).contains(&read));
    assert!(update(&mut state, it::journals(Some(it::head())), now()).contains(&read));
}

#[test]
fn a_plan_begins_only_with_the_database_typed_out() {
    let mut state = planned(operating(), it::offer());
    assert_eq!(asked(&mut state, char('s')), [], "one key begins nothing");
    let question = state.questions;
    update(&mut state, Message::Paste(it::TARGET.into()), now());
    press(&mut state, it::TARGET);
    assert_eq!(asked(&mut state, ENTER), [], "typed before it could be read");
    for wrong in ["", "staging", "shop-staging", &it::TARGET.to_uppercase()] {
        assert_eq!(answer(&mut state, wrong), [], "{wrong}");
        update(&mut state, Message::Key(Key { code: char('u'), ctrl: true, alt: false }), now());
    }
    let effects = answer(&mut state, it::TARGET);
    let plan = state.refreshes.plan.as_ref().unwrap().id;
    assert_eq!(effects, [Effect::StartRefresh { id: question, plan, answer: it::TARGET.into() }]);
    assert_eq!(asked(&mut state, ENTER), [], "it is sent once");
    let effects = update(&mut state, Message::RefreshBegan { id: question, began: Ok(it::id()) }, now());
    assert!(effects.contains(&Effect::ReadRefresh { run: it::id() }), "{effects:?}");
    assert_eq!((state.screen(), state.overlay.is_none()), (Screen::RefreshRun, true));
    asked(&mut state, ESC);
    assert_eq!(state.screen(), Screen::Refreshes, "the plan was meant once");
}

#[test]
fn a_plan_that_did_not_begin_says_why_until_it_is_planned_again() {
    let mut state = planned(operating(), it::offer());
    asked(&mut state, char('s'));
    let id = state.questions;
    answer(&mut state, it::TARGET);
    let first = |state: &State| state.refreshes.plan.as_ref().unwrap().visible().next().unwrap().text.clone();
    let why = problem(ProblemKind::InvalidState, "the refresh does not begin");
    update(&mut state, Message::RefreshBegan { id, began: Err(why) }, now());
    assert_eq!((state.screen(), state.overlay.is_none()), (Screen::RefreshPlan, true));
    assert!(first(&state).contains("does not begin"), "{}", first(&state));
    asked(&mut state, char('r'));
    let id = state.questions;
    update(&mut state, Message::RefreshOffered { id, offer: Ok(Box::new(it::offer())) }, now());
    assert!(!first(&state).contains("does not begin"));
}

#[test]
fn nothing_is_asked_where_nothing_may_be_begun() {
    let read_only = || Setup { mode: Mode::ReadOnly, read_only_because: "Pass --operate.".into(), ..operating() };
    let mut refused = it::offer();
    refused.refused = Some("expect_account is another one".into());
    let cases: Vec<(State, &str)> = vec![
        (planned(read_only(), it::offer()), "read-only: nothing can be changed here. Pass --operate."),
        (planned(operating(), it::forbidden()), "forbidden by 1 finding: see the top of the plan"),
        (planned(operating(), refused), "expect_account is another one"),
    ];
    for (mut state, why) in cases {
        assert_eq!(asked(&mut state, char('s')), []);
        assert!(state.overlay.is_none(), "{why}");
        assert_eq!(state.notice.as_ref().unwrap().text, why);
    }
    let mut state = planned(operating(), it::offer());
    update(&mut state, it::journals(Some(it::head())), now());
    asked(&mut state, char('s'));
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("is running"));
    for key in "puatf".chars() {
        let mut state = opened(read_only(), &it::running());
        asked(&mut state, char(key));
        assert!(state.overlay.is_none() && state.notice.is_some(), "{key}");
    }
}

#[test]
fn each_state_of_a_run_can_be_asked_what_makes_sense() {
    let of = |state: RunState, alive: Option<bool>| {
        let mut told = it::running();
        (told.seen.head.state, told.seen.head.alive) = (state, alive);
        told
    };
    for (told, keys) in [
        (of(RunState::Running, Some(true)), "pa"),
        (of(RunState::Running, None), "pa"),
        (of(RunState::Running, Some(false)), "ua"),
        (of(RunState::Undoing, Some(true)), ""),
        (of(RunState::Paused, Some(false)), "ua"),
        (of(RunState::NeedsCredentials, Some(false)), "ua"),
        (of(RunState::NeedsAttention, Some(false)), "uat"),
        (of(RunState::Parked, Some(false)), "af"),
        (of(RunState::Undone, Some(false)), ""),
        (of(RunState::Done, Some(false)), ""),
    ] {
        for key in "puatf".chars() {
            let mut state = opened(operating(), &told);
            asked(&mut state, char(key));
            assert_eq!(state.overlay.is_some(), keys.contains(key), "{key} {:?}", told.seen.head.state);
        }
    }
}

#[test]
fn what_was_typed_reaches_the_run_and_what_came_of_it_is_said() {
    let abort = |stop_task| Deed::Abort { stop_task };
    let mut unloaded = it::failed();
    unloaded.seen.head.step = Some(crate::model::refresh::StepName("wait".into()));
    let again = |whole| Deed::LoadAgain { whole };
    let cases: [(RunTold, char, &str, Vec<KeyCode>, Deed); 7] = [
        (unloaded.clone(), 't', it::TARGET, vec![], again(false)),
        (unloaded, 't', it::TARGET, vec![KeyCode::Left], again(true)),
        (it::running(), 'p', "pause", vec![], Deed::Pause),
        (it::running(), 'a', "abort", vec![], abort(false)),
        (it::running(), 'a', "abort", vec![KeyCode::Right], abort(true)),
        (it::running(), 'a', "abort", vec![KeyCode::Right, KeyCode::Left], abort(false)),
        (it::failed(), 'u', it::TARGET, vec![], Deed::Resume),
    ];
    for (told, opens, typed, before, deed) in cases {
        let mut state = opened(operating(), &told);
        asked(&mut state, char(opens));
        let id = state.questions;
        assert_eq!(answer(&mut state, "yes"), [], "{deed:?}");
        update(&mut state, Message::Key(Key { code: char('u'), ctrl: true, alt: false }), now());
        for code in before {
            asked(&mut state, code);
        }
        let effects = answer(&mut state, typed);
        assert_eq!(effects, [Effect::SteerRefresh { id, run: it::id(), deed, answer: typed.into() }]);
        let effects = update(&mut state, Message::RefreshSteered { id, outcome: Ok("asked".into()) }, now());
        assert!(effects.contains(&Effect::ReadRefreshes) && state.overlay.is_none());
        assert_eq!(state.notice.as_ref().unwrap().text, "asked");
    }
}

#[test]
fn before_the_load_an_abort_has_one_way_only() {
    let mut told = it::running();
    for step in told.seen.steps.iter_mut().skip(9) {
        (step.attempts, step.began, step.ended) = (0, None, None);
        step.state = crate::model::refresh::StepState::Waiting;
    }
    let mut state = opened(operating(), &told);
    asked(&mut state, char('a'));
    asked(&mut state, KeyCode::Right);
    let effects = answer(&mut state, "abort");
    assert!(
        matches!(&effects[..], [Effect::SteerRefresh { deed: Deed::Abort { stop_task: false }, .. }]),
        "{effects:?}"
    );
}

#[test]
fn a_question_dies_unanswered_and_when_the_program_was_away() {
    for message in [Message::Resumed, Message::Tick] {
        let mut state = planned(operating(), it::offer());
        asked(&mut state, char('s'));
        let id = state.questions;
        update(&mut state, Message::Admitted { id }, now());
        press(&mut state, it::TARGET);
        update(&mut state, message, after(61));
        assert_eq!(asked(&mut state, ENTER), []);
    }
}

#[test]
fn what_needs_somebody_is_a_problem_until_it_does_not() {
    let mut state = with(Setup { mode: Mode::ReadOnly, ..operating() }, Some(&it::failed()));
    assert_eq!(state.problems.standing(), 1);
    update(&mut state, it::journals(Some(it::failed().seen.head)), now());
    assert_eq!(state.problems.standing(), 1, "it is the same one");
    asked(&mut state, ESC);
    assert!(state.red().unwrap().contains("needs attention at keys-back: insert or update"));
    let mut left = it::running();
    left.seen.head.alive = Some(false);
    update(&mut state, it::journals(Some(left.seen.head)), now());
    assert_eq!(state.problems.standing(), 1);
    assert!(state.red().unwrap().contains("has no process any more"));
    let error = Message::Refreshes(Err(problem(ProblemKind::Internal, "journals cannot be read")));
    update(&mut state, error, now());
    assert!(state.red().is_some(), "what was known stays");
    assert_eq!(state.problems.standing(), 2);
    update(&mut state, it::journals(Some(it::done().seen.head)), now());
    assert_eq!((state.red(), state.problems.standing()), (None, 0));
}

#[test]
fn a_run_of_another_machine_needs_somebody_here_and_says_why_it_is_not_opened() {
    let mut state = with(Setup { mode: Mode::ReadOnly, ..operating() }, None);
    for (run, alive, red) in [
        (RunState::NeedsAttention, Some(false), Some("needs attention: insert or update")),
        (RunState::Running, Some(false), Some("refresh staging of 14:01 UTC on cron-1 is silent since 13:03 UTC")),
        (RunState::Running, None, None),
    ] {
        let head = RunHead { state: run, alive, ..it::elsewhere() };
        update(&mut state, it::journals(Some(head)), now());
        assert_eq!(state.problems.standing(), usize::from(red.is_some()), "{run:?}");
        let said = state.refreshes.red(now());
        assert!(red.map_or(said.is_none(), |red| said.as_ref().is_some_and(|said| said.contains(red))), "{said:?}");
        while !matches!(&state.refreshes.row().unwrap().what, What::Run(head) if head.id == it::id()) {
            asked(&mut state, KeyCode::Down);
        }
        assert_eq!(asked(&mut state, ENTER), []);
        let said = state.notice.as_ref().unwrap().text.clone();
        let next = if red.is_some() { "`cutover refresh recover staging` goes on" } else { "it is at work there" };
        assert!(said.contains("journal of cutover on cron-1") && said.contains(next), "{said}");
    }
    // Called otherwise where it was begun; and what is here is nearer.
    let mut head = it::elsewhere();
    head.name.0 = "stage".into();
    assert_eq!(head.command().unwrap(), format!("cutover refresh recover staging --run {}", it::id().0));
    let both = joined(vec![it::head()], &[it::elsewhere()]);
    assert_eq!(both, [it::head()]);
}

#[test]
fn what_a_step_has_changed_is_asked_of_aws_at_once() {
    let mut state = with(operating(), Some(&it::running()));
    let asks = |effects: &[Effect]| effects.contains(&Effect::AskNow(vec![Subject::Tasks, Subject::Schedules]));
    let mut same = it::running().seen.head;
    same.began = now();
    assert!(!asks(&update(&mut state, it::journals(Some(same)), now())));
    assert!(asks(&update(&mut state, it::journals(Some(it::done().seen.head)), now())));
}

#[test]
fn a_plan_that_nobody_waits_for_is_dropped() {
    let mut state = planned(operating(), it::offer());
    let first = state.refreshes.plan.as_ref().unwrap().id;
    let effects = asked(&mut state, char('r'));
    let second = state.questions;
    assert!(effects.contains(&Effect::DropRefreshPlan { id: first }), "{effects:?}");
    let late = Message::RefreshOffered { id: first, offer: Ok(Box::new(it::forbidden())) };
    update(&mut state, late, now());
    assert!(state.refreshes.plan.as_ref().unwrap().offer().is_none());
    update(&mut state, Message::RefreshOffered { id: second, offer: Ok(Box::new(it::offer())) }, now());
    assert!(state.refreshes.plan.as_ref().unwrap().offer().is_some());
}

#[test]
fn the_part_with_the_keys_goes_round_and_the_log_follows_until_it_is_held() {
    let mut told = it::running();
    let line = told.seen.lines[0].clone();
    told.seen.lines = (0..400).map(|_| line.clone()).collect();
    let mut state = opened(operating(), &told);
    let part = |state: &State| state.refreshes.run.as_ref().unwrap().part;
    let first = |state: &State| state.refreshes.run.as_ref().unwrap().visible(Part::Log).next().unwrap().0;
    for want in [Part::Away, Part::Load, Part::Log] {
        asked(&mut state, KeyCode::Tab);
        assert_eq!(part(&state), want);
    }
    let end = first(&state);
    assert!(end > 380);
    asked(&mut state, KeyCode::PageUp);
    let held = first(&state);
    assert!(held < end);
    told.seen.lines.push(line);
    update(&mut state, it::told(told.clone()), now());
    assert_eq!(first(&state), held);
    asked(&mut state, KeyCode::End);
    update(&mut state, it::told(told), now());
    assert_eq!(first(&state), end + 1);
    asked(&mut state, KeyCode::Tab);
    assert_eq!(part(&state), Part::Steps);
}

#[test]
fn an_answer_about_another_run_is_nothing_to_the_one_on_screen() {
    let mut state = opened(operating(), &it::running());
    let mut other = it::failed();
    other.seen.head.id = RefreshId("other".into());
    update(&mut state, it::told(other), now());
    assert_eq!(state.refreshes.run.as_ref().unwrap().told.as_ref().unwrap().seen.head.state, RunState::Running);
}
