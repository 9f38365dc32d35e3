//! Asking before anything is changed: a question opens, lives a minute, and is answered at most once.
//!
//! [`ask`] is the way in for every screen. Whether an answer confirms anything is decided where changes are made; here it is
//! made sure that nothing goes there which nobody typed into an open question, after it was on screen long enough.

use super::{changed, export};
use crate::console::message::Effect;
use crate::console::state::confirm::{ANSWER_MAX, Confirm, Head, Row, Stage, shape};
use crate::console::state::notice::{Done, Notice};
use crate::console::state::operate::Left;
use crate::console::state::page::Move;
use crate::console::state::problems::EntryState;
use crate::console::state::{Connection, Mode, Overlay, State};
use crate::model::audit::State as End;
use crate::model::change::{Change, Draft, Outcome};
use crate::model::untrusted::shown;
use crate::model::{Problem, ProblemKind, Subject};
use jiff::Timestamp;

/// Looks at what is to be changed and puts the question. In read-only nothing is asked.
pub fn ask(state: &mut State, changes: Vec<Change>, effects: &mut Vec<Effect>) {
    ask_leaving(state, changes, Vec::new(), effects);
}

/// The same, where `left` were marked too and cannot be changed.
pub fn ask_leaving(state: &mut State, changes: Vec<Change>, left: Vec<Left>, effects: &mut Vec<Effect>) {
    if let Err(why) = may_ask(state, &changes) {
        state.notice = Some(Notice::new(Done::Not, why, state.now));
        return;
    }
    close(state, effects);
    state.questions += 1;
    let id = state.questions;
    state.typing = false;
    effects.push(Effect::Draft { id, changes: changes.clone() });
    state.overlay = Some(Overlay::Confirm(Box::new(Confirm::new(id, changes, left))));
}

/// Nothing can be changed, and how to get out of that.
pub fn read_only(state: &State) -> String {
    format!("read-only: nothing can be changed here. {}", state.setup.read_only_because).trim_end().to_owned()
}

fn may_ask(state: &State, changes: &[Change]) -> Result<(), String> {
    if state.setup.mode == Mode::ReadOnly {
        return Err(read_only(state));
    }
    if state.connection == Connection::SigningIn {
        return Err("not signed in yet: nothing can be changed".to_owned());
    }
    match changes {
        [] => Err("there is nothing to change here".to_owned()),
        [_] => Ok(()),
        [first, rest @ ..] => {
            let same = |one: &Change| one.several().is_some() && one.several() == first.several();
            let why = || format!("{} is never done to several at once", first.kind().replace('-', " "));
            (same(first) && rest.iter().all(same)).then_some(()).ok_or_else(why)
        }
    }
}

fn open(state: &mut State) -> Option<&mut Confirm> {
    match &mut state.overlay {
        Some(Overlay::Confirm(confirm)) => Some(confirm),
        _ => None,
    }
}

/// The question of this number.
fn of(state: &mut State, id: u64) -> Option<&mut Confirm> {
    open(state).filter(|confirm| confirm.id == id)
}

/// Esc. Of several that are being sent the rest stays; whatever else there is closes.
pub fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(confirm) = open(state) else { return };
    let several = confirm.going().count() > 1;
    if let (Stage::Sending { stopping: stopping @ false }, true) = (&mut confirm.stage, several) {
        *stopping = true;
        effects.push(Effect::DropDraft { id: confirm.id });
        return;
    }
    close(state, effects);
}

/// Whatever question there is goes away. One that was not answered is forgotten where changes are made, too.
pub fn close(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(confirm) = open(state) else { return };
    if matches!(confirm.stage, Stage::Asking | Stage::Open { .. } | Stage::Closed) {
        effects.push(Effect::DropDraft { id: confirm.id });
    }
    state.overlay = None;
}

/// An unanswered question dies.
fn die(state: &mut State, why: &str, effects: &mut Vec<Effect>) {
    let Some(confirm) = open(state) else { return };
    if !matches!(confirm.stage, Stage::Asking | Stage::Open { .. }) {
        return;
    }
    effects.push(Effect::DropDraft { id: confirm.id });
    confirm.stage = Stage::Over { why: why.to_owned() };
    confirm.text.clear();
    confirm.offset = 0;
}

/// The program was stopped, or is about to be: nobody has looked since.
pub fn absent(state: &mut State, effects: &mut Vec<Effect>) {
    die(state, "the program was suspended, so the question is closed", effects);
}

/// Time passes, and sometimes goes back, which is no better.
pub fn pass(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    if open(state).and_then(|confirm| confirm.left(now)).is_some_and(|left| left <= 0) {
        let lives = state.setup.answer_within.as_secs();
        die(state, &format!("nobody answered within {lives} s, so the question is closed"), effects);
    }
}

/// So many of them were looked at.
pub fn looked(state: &mut State, id: u64, looked: usize) {
    if let Some(confirm) = of(state, id) {
        confirm.looked = looked;
    }
}

/// What was found.
pub fn drafted(state: &mut State, id: u64, drafts: Vec<Result<Draft, Problem>>, effects: &mut Vec<Effect>) {
    let (now, lives) = (state.now, state.setup.answer_within);
    let Some(confirm) = of(state, id).filter(|confirm| confirm.stage == Stage::Asking) else { return };
    let whole = drafts.len() == confirm.changes.len();
    confirm.rows = drafts.into_iter().map(|found| Row { found, outcome: None, later: None }).collect();
    confirm.stage = if !whole {
        effects.push(Effect::DropDraft { id });
        Stage::Over { why: "not all of it was looked at".to_owned() }
    } else if confirm.expected().is_some() {
        Stage::Open { since: now, lives, admitted: false, head: Head::default(), says: None }
    } else {
        Stage::Closed
    };
}

/// It has been on screen long enough: what is typed from here on counts.
pub fn admit(state: &mut State, id: u64) {
    if !is_shown(state) {
        return;
    }
    if let Some(Stage::Open { admitted, .. }) = of(state, id).map(|confirm| &mut confirm.stage) {
        *admitted = true;
    }
}

/// It can be read, so it can be answered.
fn is_shown(state: &State) -> bool {
    !state.layout().too_small
}

/// Notes how far its head was on screen. On a small one the end of it has to be scrolled through, without a jump.
pub fn read(state: &mut State) {
    let (now, area, shown) = (state.now, state.area, is_shown(state));
    let Some(confirm) = open(state).filter(|confirm| shown && !confirm.is_read()) else { return };
    let shape = shape(confirm, now, area);
    let offset = confirm.offset.min(shape.scrolls());
    if let Stage::Open { head, .. } = &mut confirm.stage {
        head.note(shape.pane.width, offset, shape.rows, shape.below);
    }
}

/// A character: a number chooses an offer while nothing is typed; anything else is part of the answer.
pub fn typed(state: &mut State, c: char, effects: &mut Vec<Effect>) {
    if !is_shown(state) {
        return;
    }
    let Some(confirm) = open(state) else { return };
    let offer = c.to_digit(10).filter(|_| confirm.text.is_empty()).and_then(|n| usize::try_from(n).ok());
    let offer = offer.and_then(|n| confirm.offers().get(n.checked_sub(1)?)).cloned();
    if let (Some(offer), Stage::Open { admitted: true, .. } | Stage::Closed) = (offer, &confirm.stage) {
        return ask(state, vec![offer], effects);
    }
    edit(state, |text| {
        if !c.is_control() && text.chars().count() < ANSWER_MAX {
            text.push(c);
        }
    });
}

/// Changes what is typed so far, where that counts.
pub fn edit(state: &mut State, change: impl FnOnce(&mut String)) {
    if !is_shown(state) {
        return;
    }
    let Some(confirm) = open(state) else { return };
    if let Stage::Open { admitted: true, head: Head { read: true, .. }, says, .. } = &mut confirm.stage {
        *says = None;
        change(&mut confirm.text);
    }
}

/// Enter. Confirms where exactly what is asked for was typed; once.
pub fn answer(state: &mut State, effects: &mut Vec<Effect>) {
    if !is_shown(state) || state.setup.mode != Mode::Operate {
        return;
    }
    let Some(confirm) = open(state) else { return };
    let expected = confirm.expected();
    let Stage::Open { admitted: true, head: Head { read: true, .. }, says, .. } = &mut confirm.stage else { return };
    if expected.is_none_or(|expected| expected != confirm.text) {
        *says = Some(if confirm.text.is_empty() {
            "nothing is typed yet, so nothing was sent"
        } else {
            "that is something else, so nothing was sent"
        });
        return;
    }
    let answer = std::mem::take(&mut confirm.text);
    effects.push(Effect::Confirm { id: confirm.id, answer });
    confirm.stage = Stage::Sending { stopping: false };
    confirm.offset = 0;
}

/// The answer was none after all.
pub fn not_confirmed(state: &mut State, id: u64, why: &str) {
    if let Some(confirm) = of(state, id) {
        confirm.stage = Stage::Over { why: format!("not confirmed: {}", shown(why)) };
    }
}

/// One of them has ended. What it is about is asked again, and it is said also where nobody looks at the question.
pub fn ended(state: &mut State, id: u64, nth: usize, outcome: Outcome, effects: &mut Vec<Effect>) {
    let Some(confirm) = of(state, id) else {
        return told(state, "a change that was sent has ended", &outcome);
    };
    let change = confirm.changes.get(nth).cloned();
    if let Some(row) = confirm.rows.get_mut(nth) {
        row.outcome = Some(outcome);
    }
    let (ended, all) = confirm.progress();
    if ended >= all {
        confirm.stage = Stage::Ended;
        let well = |row: &Row| row.outcome.as_ref().is_none_or(|outcome| outcome.state == End::Done);
        // What was marked is done. What went wrong stays marked, to be asked for again.
        if confirm.rows.iter().all(well) {
            super::operate::drop_marks(state);
        }
    }
    ask_again(state, change.as_ref(), effects);
}

/// What a change began has come to its end: a task has stopped, a test has its result.
pub fn followed(state: &mut State, id: u64, nth: usize, outcome: Outcome, effects: &mut Vec<Effect>) {
    told(state, "what was begun has ended", &outcome);
    let Some(confirm) = of(state, id) else { return };
    let change = confirm.changes.get(nth).cloned();
    if let Some(row) = confirm.rows.get_mut(nth) {
        row.later = Some(outcome);
    }
    ask_again(state, change.as_ref(), effects);
}

/// In the footer; what did not go well is to be read again on Problems. Activity has all of it.
fn told(state: &mut State, what: &str, outcome: &Outcome) {
    let first = outcome.lines.first().map_or(what, String::as_str);
    let done = match outcome.state {
        End::Done => Done::Well,
        End::Unknown => Done::Partly,
        _ => Done::Not,
    };
    state.notice = Some(Notice::new(done, first, state.now));
    if outcome.state == End::Done {
        return;
    }
    let problem = Problem {
        kind: ProblemKind::InvalidState,
        summary: first.to_owned(),
        detail: outcome.lines.iter().skip(1).cloned().collect::<Vec<_>>().join("; "),
        hint: outcome.audit.as_ref().map(|id| format!("Its entry in the audit is {id}.")).unwrap_or_default(),
        request_id: outcome.request_id.clone(),
        at: state.now,
    };
    state.problems.add(problem, None, EntryState::Note, state.now);
}

fn ask_again(state: &mut State, change: Option<&Change>, effects: &mut Vec<Effect>) {
    let subjects = match change {
        None => Vec::new(),
        Some(Change::Switch { .. }) => vec![Subject::Schedules],
        Some(Change::Task { task, .. }) => {
            let mut subjects = vec![Subject::Tasks, Subject::Connections];
            if state.opened.as_ref() == Some(&task.arn) {
                subjects.push(Subject::Tables(task.arn.clone()));
            }
            subjects
        }
    };
    let now = state.now;
    for subject in &subjects {
        state.world.feed_mut(subject).ask(now);
    }
    // Asked a moment ago or not: what was known then is known to be old.
    if !subjects.is_empty() {
        effects.push(Effect::AskNow(subjects));
    }
}

/// A report of `subject` came, received at `received`: what the question is about may have changed meanwhile.
pub fn compare(state: &mut State, subject: &Subject, received: Timestamp, effects: &mut Vec<Effect>) {
    let Some(Overlay::Confirm(confirm)) = &state.overlay else { return };
    if !matches!(confirm.stage, Stage::Open { .. }) {
        return;
    }
    let world = &state.world;
    let changed = confirm.going().find_map(|(_, draft)| {
        let preview = &draft.preview;
        // Of before it was looked at: the preview knows better.
        let known = received >= preview.made;
        let what = known.then(|| changed::since(world, preview, subject)).flatten()?;
        Some(format!("{} {what}, so the question is closed", preview.change.answer().shown()))
    });
    if let Some(why) = changed {
        die(state, &why, effects);
    }
}

/// The commands that do the same, for the ticket.
pub fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let commands = open(state).map(|confirm| confirm.commands());
    export::to_clipboard(state, commands, effects);
}

pub fn scroll(state: &mut State, how: Move) {
    let (now, area) = (state.now, state.area);
    let Some(confirm) = open(state) else { return };
    let shape = shape(confirm, now, area);
    confirm.offset = how.from(confirm.offset, shape.rows.max(2) - 1).min(shape.scrolls());
}
