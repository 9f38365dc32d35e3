//! Refreshes: when journals are read, the way from the list to a plan and to a run, and the questions before anything is begun
//! or steered.
//!
//! What was typed is judged where it counts, in `app`; nothing is asked in read-only mode.

use super::keys::go;
use super::validate::put;
use super::validations::say;
use crate::console::actions::ActionId;
use crate::console::message::Effect;
use crate::console::state::notice::Done;
use crate::console::state::problems::EntryState;
use crate::console::state::refreshes::ask::Question;
use crate::console::state::refreshes::plan::PlanView;
use crate::console::state::refreshes::row::What;
use crate::console::state::refreshes::run::RunView;
use crate::console::state::validate::About;
use crate::console::state::{Connection, Mode, Overlay, Screen, State};
use crate::model::refresh::told::{Deed, Journals, Offer, RunTold};
use crate::model::refresh::{Level, RefreshId, RefreshName, RunHead};
use crate::model::untrusted::shown;
use crate::model::{Problem, ProblemKind, Subject};
use jiff::Timestamp;

/// What a key of these screens does.
pub fn perform(state: &mut State, action: ActionId, effects: &mut Vec<Effect>) {
    match action {
        ActionId::Refreshes => {
            go(state, Screen::Refreshes);
            ask(state, effects);
        }
        ActionId::OpenRefresh => open(state, effects),
        ActionId::PlanRefresh => plan_here(state, effects),
        ActionId::StartRefresh => start(state),
        ActionId::PauseRefresh => steer(state, Deed::Pause),
        ActionId::ResumeRefresh => steer(state, Deed::Resume),
        ActionId::LoadAgain => steer(state, Deed::LoadAgain { whole: false }),
        ActionId::AbortRefresh => steer(state, Deed::Abort { stop_task: false }),
        ActionId::FinishRefresh => steer(state, Deed::Finish),
        ActionId::NextPart => turn(state, true),
        ActionId::PreviousPart => turn(state, false),
        _ => {}
    }
}

fn turn(state: &mut State, forward: bool) {
    if let Some(run) = &mut state.refreshes.run {
        run.turn(forward);
    }
}

/// Reads what the journals say, unless an answer is awaited.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    if state.refreshes.feed.ask(state.now) {
        again(effects);
    }
}

/// Something was begun or steered from here: what was read before is older than that.
fn again(effects: &mut Vec<Effect>) {
    if !effects.contains(&Effect::ReadRefreshes) {
        effects.push(Effect::ReadRefreshes);
    }
}

/// `r` on one of these screens. `false`: it is another screen.
pub fn ask_now(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    match state.screen() {
        Screen::Refreshes => ask(state, effects),
        Screen::RefreshRun => read_open(state, effects),
        Screen::RefreshPlan => {
            if let Some(name) = state.refreshes.plan.as_ref().map(|plan| plan.name.clone()) {
                plan(state, name, effects);
            }
        }
        _ => return false,
    }
    true
}

/// What the journals say.
pub fn take(state: &mut State, answer: Result<Journals, Problem>, effects: &mut Vec<Effect>) {
    let State { refreshes, setup, problems, now, .. } = state;
    let before = refreshes.standings();
    refreshes.take(answer, &setup.refreshes, problems, *now);
    // A step that ended may have stopped or loaded a task, or switched a schedule: what is known of them is old now.
    if !before.is_empty() && before != refreshes.standings() {
        effects.push(Effect::AskNow(vec![Subject::Tasks, Subject::Schedules]));
    }
    // The run on screen is another thing now: a process took it up, or it has ended.
    let open = state.refreshes.run.as_ref().and_then(|run| run.told.as_ref()).map(|told| &told.seen.head);
    let is_other = |head: &RunHead| {
        open.is_some_and(|open| open.id == head.id && (open.state, open.alive) != (head.state, head.alive))
    };
    if state.screen() == Screen::RefreshRun && state.refreshes.heads.iter().any(is_other) {
        read_open(state, effects);
    }
}

/// One of them.
pub fn told(state: &mut State, id: &RefreshId, told: Result<Box<RunTold>, Problem>) {
    let now = state.now;
    if let Some(run) = state.refreshes.run.as_mut().filter(|run| run.id == *id) {
        run.take(told, now);
    }
}

/// Time has gone on: what is looked at is read again.
pub fn pass(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.focused {
        return;
    }
    match state.screen() {
        Screen::Refreshes if state.refreshes.due().is_some_and(|due| state.now >= due) => ask(state, effects),
        Screen::RefreshRun if run_due(state).is_some_and(|due| state.now >= due) => read_open(state, effects),
        _ => {}
    }
}

/// When the run on screen is to be read again.
fn run_due(state: &State) -> Option<Timestamp> {
    state.refreshes.run.as_ref()?.due()
}

fn read_open(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if let Some(run) = &mut state.refreshes.run
        && run.feed.ask(now)
    {
        effects.push(Effect::ReadRefresh { run: run.id.clone() });
    }
}

/// Enter on a row: the run, or the plan of what the configuration has.
fn open(state: &mut State, effects: &mut Vec<Effect>) {
    match state.refreshes.row().map(|row| row.what.clone()) {
        Some(What::Run(head)) if head.elsewhere.is_some() => {
            let who = format!("{} on {}", shown(&head.os_user), shown(&head.host));
            let next = head.command().map_or_else(
                || "; it is at work there".to_owned(),
                |command| format!("; `{}` goes on with it from here", shown(&command)),
            );
            say(state, Done::Not, &format!("its steps and its log are in the journal of {who}{next}"));
        }
        Some(What::Run(head)) => show(state, &head.id, effects),
        Some(What::Prepared { prepared, .. }) => plan(state, prepared.name, effects),
        None => {}
    }
}

/// This run comes on screen.
pub fn show(state: &mut State, id: &RefreshId, effects: &mut Vec<Effect>) {
    if state.refreshes.run.as_ref().is_none_or(|run| run.id != *id) {
        state.refreshes.run = Some(Box::new(RunView::new(id.clone())));
    }
    // Only one run is open, and its plan is behind it no more.
    state.screens.retain(|screen| !matches!(screen, Screen::RefreshRun | Screen::RefreshPlan));
    state.screens.push(Screen::RefreshRun);
    read_open(state, effects);
}

/// `n`: the plan of what is under the cursor, or of the run on screen once more.
fn plan_here(state: &mut State, effects: &mut Vec<Effect>) {
    let name = match state.screen() {
        Screen::Refreshes => state.refreshes.row().map(|row| match &row.what {
            What::Prepared { prepared, .. } => prepared.name.clone(),
            What::Run(head) => head.name.clone(),
        }),
        Screen::RefreshRun => {
            let told = state.refreshes.run.as_ref().and_then(|run| run.told.as_ref());
            told.map(|told| told.seen.head.name.clone())
        }
        _ => None,
    };
    match name {
        Some(name) if state.setup.refreshes.iter().any(|one| one.name == name) => plan(state, name, effects),
        Some(name) => {
            let words = format!("the configuration has no [refresh.{}] any more", shown(&name.0));
            say(state, Done::Not, &words);
        }
        None => say(state, Done::Not, "there is no refresh under the cursor"),
    }
}

/// Plans this one, and shows it.
fn plan(state: &mut State, name: RefreshName, effects: &mut Vec<Effect>) {
    if state.connection == Connection::SigningIn {
        return say(state, Done::Not, "not signed in yet: a plan asks AWS about the task");
    }
    if let Some(old) = &state.refreshes.plan {
        effects.push(Effect::DropRefreshPlan { id: old.id });
    }
    state.questions += 1;
    let id = state.questions;
    state.refreshes.plan = Some(Box::new(PlanView::new(id, name.clone())));
    go(state, Screen::RefreshPlan);
    effects.push(Effect::PlanRefresh { id, name });
}

/// The plan, or why there is none.
pub fn offered(state: &mut State, id: u64, offer: Result<Box<Offer>, Problem>) {
    if let Some(plan) = &mut state.refreshes.plan {
        plan.take(id, offer);
    }
}

/// Why nothing can be changed, where that is so.
fn read_only(state: &State) -> Option<String> {
    let because = &state.setup.read_only_because;
    (state.setup.mode == Mode::ReadOnly)
        .then(|| format!("read-only: nothing can be changed here. {because}").trim_end().to_owned())
}

/// `s` on a plan: the question before it is carried out.
fn start(state: &mut State) {
    let Some(plan) = state.refreshes.plan.as_deref() else { return };
    let Some(offer) = plan.offer() else { return say(state, Done::Not, "there is no plan yet") };
    if let Some(why) = read_only(state).or_else(|| offer.refused.as_ref().map(|why| shown(why).into_owned())) {
        return say(state, Done::Not, &why);
    }
    if !offer.plan.may_run() {
        let number = offer.plan.findings.iter().filter(|one| one.level == Level::Blocking).count();
        let words =
            format!("forbidden by {}: see the top of the plan", crate::console::text::plural(number, "finding"));
        return say(state, Done::Not, &words);
    }
    if let Some(run) = state.refreshes.open_run(&plan.name) {
        let words = format!("{} is {}: it comes to its end first", shown(&run.id.0), run.standing());
        return say(state, Done::Not, &words);
    }
    let place = match &state.connection {
        Connection::Connected { scope, .. } => Some(format!(
            "{}: {}",
            crate::console::state::header::environment(state),
            crate::console::state::confirm::place(scope)
        )),
        Connection::SigningIn => None,
    };
    let (question, expects) = (Question::start(plan.id, offer, place), offer.plan.answer.raw().to_owned());
    put(state, About::Refresh(Box::new(question)), expects);
}

/// The question before this is asked of the run on screen.
fn steer(state: &mut State, deed: Deed) {
    let Some(told) = state.refreshes.run.as_deref().and_then(|run| run.told.as_deref()) else { return };
    if let Err(why) = deed.fits(&told.seen.head) {
        return say(state, Done::Not, why);
    }
    if let Some(why) = read_only(state) {
        return say(state, Done::Not, &why);
    }
    let Some(answer) = &told.answer else {
        return say(state, Done::Not, "its plan cannot be read by this program: another version has made it");
    };
    let (question, expects) = (Question::steer(told, deed), deed.expects(answer));
    put(state, About::Refresh(Box::new(question)), expects);
}

/// What was typed to a question goes where it is judged.
pub fn answered(id: u64, question: &Question, answer: String, effects: &mut Vec<Effect>) {
    effects.push(match question {
        Question::Start { plan, .. } => Effect::StartRefresh { id, plan: *plan, answer },
        Question::Steer { run, deed, .. } => Effect::SteerRefresh { id, run: run.clone(), deed: *deed, answer },
    });
}

/// The question of this number is over.
fn close(state: &mut State, id: u64) -> bool {
    let here = matches!(&state.overlay, Some(Overlay::Ask(ask)) if ask.id == id);
    if here {
        state.overlay = None;
    }
    here
}

/// It is carried out, and comes on screen; or not.
pub fn began(state: &mut State, id: u64, began: Result<RefreshId, Problem>, effects: &mut Vec<Effect>) {
    let here = close(state, id);
    again(effects);
    match began {
        Ok(run) if here => show(state, &run, effects),
        Ok(run) => say(state, Done::Well, &format!("refresh {} has begun", shown(&run.0))),
        Err(problem) => {
            if let Some(plan) = &mut state.refreshes.plan {
                plan.refuse(problem.clone());
            }
            failed(state, problem);
        }
    }
}

/// It was asked of the run, or not.
pub fn steered(state: &mut State, id: u64, outcome: Result<String, Problem>, effects: &mut Vec<Effect>) {
    close(state, id);
    again(effects);
    read_open(state, effects);
    match outcome {
        Ok(words) => say(state, Done::Well, &shown(&words)),
        Err(problem) => failed(state, problem),
    }
}

fn failed(state: &mut State, problem: Problem) {
    let detail = if problem.detail.is_empty() { String::new() } else { format!(": {}", shown(&problem.detail)) };
    say(state, Done::Not, &format!("{}{detail}", shown(&problem.summary)));
    // What was typed wrongly is said, and is no problem of anything.
    if problem.kind != ProblemKind::Configuration {
        state.problems.add(problem, None, EntryState::Note, state.now);
    }
}
