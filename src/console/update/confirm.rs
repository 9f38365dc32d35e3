//! Asking before anything is changed: a question opens, lives a minute, and is answered at most once.
//!
//! `ask` is the way in for every screen. Whether an answer confirms anything is decided where changes are made; here it is
//! only made sure that nothing is sent there which nobody typed.

use crate::console::message::Effect;
use crate::console::state::confirm::{Confirm, Row, Stage};
use crate::console::state::notice::{Done, Notice};
use crate::console::state::{Connection, Mode, Overlay, State};
use crate::model::Problem;
use crate::model::change::{Change, Draft, Outcome};

/// Looks at what is to be changed and puts the question. In read-only nothing is asked.
pub fn ask(state: &mut State, changes: Vec<Change>, effects: &mut Vec<Effect>) {
    if let Err(why) = may_ask(state, &changes) {
        state.notice = Some(Notice::new(Done::Not, why, state.now));
        return;
    }
    drop_question(state, effects);
    state.questions += 1;
    let id = state.questions;
    state.typing = false;
    effects.push(Effect::Draft { id, changes: changes.clone() });
    state.overlay = Some(Overlay::Confirm(Box::new(Confirm::new(id, changes))));
}

fn may_ask(state: &State, changes: &[Change]) -> Result<(), String> {
    if state.setup.mode == Mode::ReadOnly {
        return Err("read-only: nothing can be changed here; leave and pass --operate".to_owned());
    }
    if state.connection == Connection::SigningIn {
        return Err("not signed in yet: nothing can be changed".to_owned());
    }
    match changes {
        [] => Err("there is nothing to change here".to_owned()),
        [_] => Ok(()),
        [first, rest @ ..] => {
            let same = |one: &Change| one.several().is_some() && one.kind() == first.kind();
            let why = || format!("{} is never done to several at once", first.kind());
            (same(first) && rest.iter().all(same)).then_some(()).ok_or_else(why)
        }
    }
}

/// Whatever question there is goes away, and is forgotten where changes are made.
pub fn drop_question(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Confirm(confirm)) = &state.overlay {
        if !matches!(confirm.stage, Stage::Over { .. } | Stage::Ended) {
            effects.push(Effect::DropDraft { id: confirm.id });
        }
        state.overlay = None;
    }
}

/// The overlay of this number.
fn of(state: &mut State, id: u64) -> Option<&mut Confirm> {
    match &mut state.overlay {
        Some(Overlay::Confirm(confirm)) if confirm.id == id => Some(confirm),
        _ => None,
    }
}

/// What was found.
pub fn drafted(state: &mut State, id: u64, drafts: Vec<Result<Draft, Problem>>) {
    let now = state.now;
    let Some(confirm) = of(state, id).filter(|confirm| confirm.stage == Stage::Asking) else { return };
    confirm.rows = drafts.into_iter().map(|found| Row { found, outcome: None }).collect();
    confirm.stage = match confirm.expected() {
        Some(_) if confirm.rows.len() == confirm.changes.len() => {
            Stage::Open { since: now, admitted: false, says: None }
        }
        _ => Stage::Closed,
    };
}

/// The answer was none.
pub fn not_confirmed(state: &mut State, id: u64, why: String) {
    if let Some(confirm) = of(state, id) {
        confirm.stage = Stage::Over { why };
    }
}

/// One of them has ended.
pub fn ended(state: &mut State, id: u64, nth: usize, outcome: Outcome) {
    let Some(confirm) = of(state, id) else { return };
    if let Some(row) = confirm.rows.get_mut(nth) {
        row.outcome = Some(outcome);
    }
    let (ended, all) = confirm.progress();
    if ended >= all {
        confirm.stage = Stage::Ended;
    }
}
