//! Rules and schedules that start the task are switched off, and back to what each was before.
//!
//! What it was stands in the ledger before anything is sent. One that was off stays off and is left alone. What somebody else does
//! to one meanwhile is seen and told: what he wrote stays as he wrote it. Start at [`run`]; [`undo`] is the same as switching back.

use crate::change::Way;
use crate::model::ProblemKind;
use crate::model::change::{Change, Named, Switch};
use crate::model::refresh::{PlannedStep, StepKind};
use crate::model::schedule::{Schedule, ScheduleKind, ScheduleState};
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::{Changed, Work};
use crate::store::points;
use std::time::Duration;

/// A request whose answer was lost may arrive for as long as this, and what is read may be old: a minute and a half.
const LOOKS: u32 = 18;
const EACH: Duration = Duration::from_secs(5);

/// Something of the plan, as the ledger has it and as it is.
struct One {
    what: Named,
    known: Option<Obj>,
    /// `None`: it is not there any more.
    now: Option<Schedule>,
}

impl One {
    fn name(&self) -> String {
        self.what.full()
    }

    fn is_off(&self) -> bool {
        self.now.as_ref().is_some_and(|now| now.state == ScheduleState::Disabled)
    }

    fn is_away(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.state.is_away())
    }
}

/// As it was before, as the ledger keeps it.
pub(super) fn prior(obj: &Obj) -> Result<Schedule, Trouble> {
    serde_json::from_str(&obj.json)
        .map_err(|_| Trouble::Refused(format!("what the ledger says of {} makes no sense to this program", obj.ident)))
}

async fn read(work: &mut Work, what: &Named) -> Result<Option<Schedule>, Trouble> {
    let (reader, kind) = (work.aws()?.reader.clone(), what.kind);
    let (group, name) = (what.group.raw().to_owned(), what.name.raw().to_owned());
    let asked = async {
        match kind {
            ScheduleKind::Rule => reader.rule(&group, &name).await.map(|answer| answer.value),
            ScheduleKind::Schedule => reader.schedule(&group, &name).await.map(|whole| whole.schedule()),
        }
    };
    match Box::pin(work.beside(asked)).await? {
        Ok(schedule) => Ok(Some(schedule)),
        Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
        Err(problem) => Err(problem.into()),
    }
}

async fn all(work: &mut Work) -> Result<Vec<One>, Trouble> {
    let plan = std::sync::Arc::clone(&work.plan);
    let known = ledger::objs(&mut work.target, ObjKind::Schedule).await?;
    let mut all = Vec::with_capacity(plan.schedules.len());
    for what in &plan.schedules {
        work.good_moment()?;
        let known = known.iter().find(|obj| obj.ident == what.full()).cloned();
        all.push(One { what: what.clone(), known, now: read(work, what).await? });
    }
    Ok(all)
}

pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let all = all(work).await?;
    if step.kind == StepKind::ScheduleBack {
        return Ok(if all.iter().any(One::is_away) { Probe::Partly } else { Probe::NotYet });
    }
    if all.iter().all(|one| one.known.is_none()) {
        return Ok(Probe::NotYet);
    }
    let settled = |one: &One| {
        let state = one.known.as_ref().map(|known| known.state);
        one.is_off() && matches!(state, Some(ObjState::Present | ObjState::Dropped))
    };
    Ok(if all.iter().all(settled) { Probe::Done(off_note(&all)) } else { Probe::Partly })
}

fn off_note(all: &[One]) -> String {
    let ours = all.iter().filter(|one| one.is_away()).count();
    match all.len() - ours {
        0 => format!("{ours} switched off"),
        others => format!("{ours} switched off, {others} off already"),
    }
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    if step.kind == StepKind::ScheduleBack {
        super::load::still_ours(work).await?;
        return Ok(Came::Done(back(work, step).await?));
    }
    let all = all(work).await?;
    for one in &all {
        off(work, step, one).await?;
    }
    let known = ledger::objs(&mut work.target, ObjKind::Schedule).await?;
    let away = known.iter().filter(|obj| obj.state.is_away()).count();
    Ok(Came::Done(match known.len() - away {
        0 => format!("{away} switched off"),
        others => format!("{away} switched off, {others} off already"),
    }))
}

pub(super) async fn undo(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    back(work, step).await
}

/// Writes it down as it is now.
async fn put(work: &mut Work, schedule: &Schedule, ident: String, state: ObjState) -> Result<(), Trouble> {
    let json = serde_json::to_string(schedule).map_err(|error| Trouble::refused(error.to_string()))?;
    let restore = schedule.state.raw().to_owned();
    if points::mutant("prior-forgotten") {
        return Ok(());
    }
    ledger::put(&mut work.target, &[Obj { kind: ObjKind::Schedule, ident, restore, json, state, error: None }]).await
}

async fn off(work: &mut Work, step: &PlannedStep, one: &One) -> Result<(), Trouble> {
    let name = one.name();
    let Some(now) = &one.now else {
        return Err(Trouble::Refused(format!("{name} is not there any more: plan it again")));
    };
    match (one.known.as_ref().map(|known| known.state), one.is_off()) {
        (Some(ObjState::Present), true) => return Ok(()),
        (Some(ObjState::Dropping | ObjState::Dropped), true) => {
            return ledger::set(&mut work.target, (ObjKind::Schedule, &name), ObjState::Dropped, None).await;
        }
        (_, true) => return put(work, now, name, ObjState::Present).await,
        (Some(ObjState::Dropping), false) => {}
        (Some(ObjState::Dropped), false) => {
            work.warn(step, format!("somebody has switched {name} on again meanwhile: it is switched off once more"))
                .await?;
        }
        (_, false) => put(work, now, name.clone(), ObjState::Dropping).await?,
    }
    let change = Change::Switch { what: one.what.clone(), to: Switch::Disable };
    let changed = Box::pin(work.change(&step.name, &change, Way::Forward)).await;
    let is_first = one.known.as_ref().is_none_or(|known| known.state != ObjState::Dropping);
    if is_first && matches!(changed, Err(Trouble::Refused(_))) {
        // It surely was not switched off: nothing is to be put back.
        put(work, now, name.clone(), ObjState::Present).await?;
    }
    match changed? {
        Changed::Done(outcome) => {
            ledger::set(&mut work.target, (ObjKind::Schedule, &name), ObjState::Dropped, None).await?;
            work.say(step, outcome.lines.join("; ")).await
        }
        Changed::Nothing(how) => {
            // What somebody else has switched off is not ours to switch on again.
            work.warn(step, format!("{name}: {how}, by somebody else: it stays off afterwards")).await?;
            let there = read(work, &one.what).await?.unwrap_or_else(|| now.clone());
            put(work, &there, name, ObjState::Present).await
        }
    }
}

/// Each of them to what it was before.
async fn back(work: &mut Work, step: &PlannedStep) -> Result<String, Trouble> {
    let all = all(work).await?;
    let (mut on, mut left, mut failed) = (0, 0, None);
    for one in &all {
        // One that cannot be switched keeps none of the others off.
        match back_one(work, step, one).await {
            Ok(true) => on += 1,
            Ok(false) => left += 1,
            Err(trouble @ (Trouble::Failed(_) | Trouble::Refused(_))) => {
                work.warn(step, format!("{}: {trouble}", one.name())).await?;
                failed = failed.or_else(|| Some(trouble.at(&one.name())));
            }
            Err(trouble) => return Err(trouble),
        }
    }
    match failed {
        Some(trouble) => Err(trouble),
        None if left == 0 => Ok(format!("{on} as before")),
        None => Ok(format!("{on} as before, {left} left as they are")),
    }
}

/// Whether it was switched back now; `false`: it was left as it is.
async fn back_one(work: &mut Work, step: &PlannedStep, one: &One) -> Result<bool, Trouble> {
    let name = one.name();
    let Some(known) = &one.known else { return Ok(false) };
    if !known.state.is_away() {
        return Ok(known.state == ObjState::Valid);
    }
    let before = prior(known)?;
    let settled = (ObjKind::Schedule, name.as_str());
    let there = if known.state == ObjState::Dropping { on_its_way(work, step, one).await? } else { one.now.clone() };
    let Some(now) = &there else {
        work.warn(step, format!("{name} is not there any more: somebody has deleted it")).await?;
        ledger::set(&mut work.target, settled, ObjState::Valid, Some("deleted meanwhile")).await?;
        return Ok(false);
    };
    if let Some(what) = rewritten(&before, now) {
        work.warn(step, format!("{name} was changed by somebody else meanwhile: {what}; that stays")).await?;
    }
    if now.state != ScheduleState::Disabled {
        if known.state == ObjState::Dropped {
            let state = shown(now.state.raw()).into_owned();
            work.warn(step, format!("{name} was switched on by somebody else meanwhile: it is {state}")).await?;
        }
        ledger::set(&mut work.target, settled, ObjState::Valid, None).await?;
        return Ok(true);
    }
    let change = Change::Switch { what: one.what.clone(), to: Switch::Enable };
    let said = match Box::pin(work.change(&step.name, &change, Way::Back)).await? {
        Changed::Done(outcome) => outcome.lines.join("; "),
        Changed::Nothing(how) => format!("{name}: {how}"),
    };
    ledger::set(&mut work.target, settled, ObjState::Valid, None).await?;
    work.say(step, said).await?;
    Ok(true)
}

/// As it is when a request to switch it off, of which nobody heard again, can no longer arrive: one that is on may still go off.
async fn on_its_way(work: &mut Work, step: &PlannedStep, one: &One) -> Result<Option<Schedule>, Trouble> {
    let mut now = one.now.clone();
    for _ in 0..LOOKS {
        if now.as_ref().is_none_or(|now| now.state == ScheduleState::Disabled) {
            break;
        }
        work.note(step, format!("looking whether {} is still being switched off", one.name())).await?;
        work.wait(EACH).await?;
        now = read(work, &one.what).await?;
    }
    Ok(now)
}

/// What somebody else wrote into it; `None`: nothing but its state.
fn rewritten(before: &Schedule, now: &Schedule) -> Option<String> {
    let parts = [
        (before.expression != now.expression, "when it fires"),
        (before.time_zone != now.time_zone, "its time zone"),
        ((before.start, before.end) != (now.start, now.end), "its beginning or end"),
        (before.flexible_minutes != now.flexible_minutes, "its window"),
        (before.targets.is_some() && now.targets.is_some() && before.targets != now.targets, "what it calls"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
