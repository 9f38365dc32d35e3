//! (state, message, now) to effects. Pure: no clock, no I/O; the same messages give the same screen.
//!
//! May touch `state`, `actions`, `message` and `model`. [`update`] sorts messages; `keys` does what a key means, `export`
//! copies and writes, `operate` marks rows and leads from the
//! menu to the question, `report` folds what the feeds say, `lists` is about events and schedules, `logs` about logs, the rest
//! is here.

mod activity;
mod alerts;
mod changed;
pub mod confirm;
mod export;
mod keys;
mod lists;
mod logs;
mod operate;
mod refreshes;
mod report;
mod validate;
mod validations;

use super::message::{Effect, Message};
use super::state::facts::Held;
use super::state::notice::{Done, Notice};
use super::state::problems::EntryState;
use super::state::{Banner, Connection, Mode, State, Traffic, age};
use crate::model::parts::Identity;
use crate::model::{Problem, ProblemKind, Report, Scope};
use jiff::{SignedDuration, Timestamp};

/// Takes one message and says what is to be done.
pub fn update(state: &mut State, message: Message, now: Timestamp) -> Vec<Effect> {
    state.now = now;
    let before = state.screen();
    let mut effects = Vec::new();
    confirm::pass(state, &mut effects);
    match message {
        Message::Key(key) => keys::press(state, key, &mut effects),
        Message::Paste(text) => keys::paste(state, &text),
        Message::NotTaken(why) => state.notice = Some(Notice::new(Done::Not, why, state.now)),
        Message::Resize(area) => state.area = area,
        Message::Focus(focused) => state.focused = focused,
        Message::Tick => {}
        Message::Connected { scope, identity } => {
            connected(state, scope, identity, &mut effects);
            // Somebody may have to look at what was left unfinished.
            activity::ask(state, &mut effects);
            refreshes::ask(state, &mut effects);
        }
        Message::ConnectFailed(problem) => connect_failed(state, problem, &mut effects),
        Message::Report(report) => reported(state, report, &mut effects),
        Message::Written { id, outcome } => {
            validate::written(state, id);
            export::written(state, id, outcome);
        }
        Message::Validations(answer) => validations::take(state, answer),
        Message::Validation { run, told } => validations::told(state, &run, told),
        Message::Offered { id, offer } => validate::offered(state, id, offer),
        Message::ValidationBegan { id, began } => validate::began(state, id, began, &mut effects),
        Message::ValidationEvent { run, event } => validations::happened(state, &run, *event),
        Message::Rows { id, rows } => validations::rows(state, id, rows),
        Message::Revealed { id, outcome } => validate::revealed(state, id, outcome),
        Message::Refreshes(answer) => refreshes::take(state, answer, &mut effects),
        Message::Refresh { run, told } => refreshes::told(state, &run, told),
        Message::RefreshOffered { id, offer } => refreshes::offered(state, id, offer),
        Message::RefreshBegan { id, began } => refreshes::began(state, id, began, &mut effects),
        Message::RefreshSteered { id, outcome } => refreshes::steered(state, id, outcome, &mut effects),
        Message::ServiceClock(ahead) => service_clock(state, ahead),
        Message::Looked { id, looked } => confirm::looked(state, id, looked),
        Message::Drafted { id, drafts } => confirm::drafted(state, id, drafts, &mut effects),
        Message::Admitted { id } => {
            confirm::admit(state, id);
            validate::admit(state, id);
        }
        Message::NotConfirmed { id, why } => confirm::not_confirmed(state, id, &why),
        Message::Ended { id, nth, outcome } => {
            confirm::ended(state, id, nth, *outcome, &mut effects);
            activity::again(&mut effects);
        }
        Message::Followed { id, nth, outcome } => {
            confirm::followed(state, id, nth, *outcome, &mut effects);
            activity::again(&mut effects);
        }
        Message::ReadOnly(problem) => read_only(state, problem, &mut effects),
        Message::Resumed => {
            confirm::absent(state, &mut effects);
            validate::absent(state, &mut effects);
        }
        Message::Activity(answer) => activity::take(state, answer),
        Message::TerminalSlow => terminal_slow(state),
        Message::Traffic { requests_last_minute, dollars_per_day, dollars_cap } => {
            state.traffic = Some(Traffic { requests_last_minute, dollars_per_day, dollars_cap });
        }
    }
    if state.screen() != before {
        operate::left(state, before);
    }
    settle(state, &mut effects);
    effects
}

/// What follows from any change: judgements that are due, heights, the pane that follows the cursor, the feeds' focus.
fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    state.notice = state.notice.take().filter(|notice| state.now < notice.until);
    let due = [state.tasks.judged_until, state.alerts.book.until()].into_iter().flatten().min();
    if due.is_some_and(|due| state.now >= due) {
        judge(state);
    }
    if state.alerts.take_bell() {
        effects.push(Effect::Bell);
    }
    lists::pass(state);
    activity::pass(state, effects);
    validate::pass(state);
    validations::pass(state, effects);
    refreshes::pass(state, effects);
    confirm::read(state);
    crate::console::state::validate::lay(state);
    state.fit();
    state.page().follow(state);
    if matches!(state.connection, Connection::Connected { .. }) {
        let focus = state.focus();
        if state.looked.as_ref() != Some(&focus) {
            state.looked = Some(focus.clone());
            effects.push(Effect::Look(focus));
        }
    }
}

fn judge(state: &mut State) {
    let open = state.tables.as_ref().filter(|tables| !tables.rows.is_empty());
    let open = open.map(|tables| (&tables.arn, tables.rows.as_slice()));
    let held = Held { world: &state.world, open, sees_every_task: state.setup.sees_every_task };
    state.alerts.judge(&held, state.setup.bell, state.now);
    state.tasks.judge(&state.world, open, &state.alerts.book, state.now);
}

/// Folds it, and looks whether an open question is still about what there is.
fn reported(state: &mut State, report: Report, effects: &mut Vec<Effect>) {
    let news = match &report {
        Report::Observed { observation, .. } => Some((observation.subject.clone(), observation.received)),
        Report::Failed { .. } => None,
    };
    report::fold(state, report);
    if let Some((subject, received)) = news {
        confirm::compare(state, &subject, received, effects);
    }
}

/// Operating was meant and is not possible: it is said, and nothing is asked from here on.
fn read_only(state: &mut State, problem: Problem, effects: &mut Vec<Effect>) {
    confirm::close(state, effects);
    state.setup.mode = Mode::ReadOnly;
    state.setup.read_only_because.clone_from(&problem.hint);
    state.problems.add(problem, None, EntryState::Standing, state.now);
}

fn connected(state: &mut State, scope: Scope, identity: Identity, effects: &mut Vec<Effect>) {
    if let Connection::Connected { scope: old, .. } = &state.connection
        && *old != scope
    {
        let problem = Problem {
            kind: ProblemKind::Configuration,
            summary: format!("now another account or region: {}", place(&scope)),
            detail: format!("before: {}; everything shown from there was dropped", place(old)),
            hint: "check the profile before you go on".to_owned(),
            request_id: None,
            at: state.now,
        };
        confirm::close(state, effects);
        // Everything of the old scope goes at once; what stays is about the program itself.
        let fresh = State::new(state.setup.clone(), state.area, state.now);
        let problems = std::mem::take(&mut state.problems);
        let (focused, writings, questions) = (state.focused, state.writings, state.questions);
        *state = State { focused, problems, writings, questions, ..fresh };
        state.problems.settle_all(state.now);
        state.problems.add(problem, None, EntryState::Note, state.now);
    }
    state.connection = Connection::Connected { scope, identity };
    state.banner = None;
    state.problems.settle(&crate::model::Subject::Identity, false, state.now);
}

/// A scope as people know it.
fn place(scope: &Scope) -> String {
    format!("account {}, {}, profile {}", scope.account.0, scope.region.0, scope.profile)
}

fn connect_failed(state: &mut State, problem: Problem, effects: &mut Vec<Effect>) {
    if state.connection == Connection::SigningIn {
        effects.push(Effect::Leave { status: 3, problem: Some(problem) });
        return;
    }
    state.banner = Some(Banner { problem: problem.clone(), since: state.now });
    let subject = Some(crate::model::Subject::Identity);
    state.problems.add(problem, subject, EntryState::Standing, state.now);
}

/// Less than this is nothing to tell anybody.
const CLOCK_OFF: SignedDuration = SignedDuration::from_secs(10);

fn service_clock(state: &mut State, ahead: SignedDuration) {
    if ahead.abs() < CLOCK_OFF {
        return;
    }
    let side = if ahead.is_positive() { "behind" } else { "ahead of" };
    let problem = Problem {
        kind: ProblemKind::Configuration,
        summary: format!("the clock of this machine is {} {side} AWS's", age::length(ahead.abs())),
        detail: "Ages and times on this screen go by AWS's clock.".to_owned(),
        hint: "Look at its time synchronisation (timedatectl, chronyc tracking): AWS refuses requests that are signed \
               five minutes off."
            .to_owned(),
        request_id: None,
        at: state.now,
    };
    state.problems.add(problem, None, EntryState::Note, state.now);
}

fn terminal_slow(state: &mut State) {
    let problem = Problem {
        kind: ProblemKind::Timeout,
        summary: "the terminal takes output slowly".to_owned(),
        detail: "a frame was still being written when the next was due; frames in between are skipped".to_owned(),
        hint: "keys are still read; Ctrl-Q lets a terminal stopped with Ctrl-S go on".to_owned(),
        request_id: None,
        at: state.now,
    };
    state.problems.add(problem, None, EntryState::Note, state.now);
}

#[cfg(test)]
mod tests;
