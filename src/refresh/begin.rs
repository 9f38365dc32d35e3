//! Ways to a run that is carried out: a new one, one that goes on from its journal, one whose journal is lost, one that was parked.
//!
//! Whatever the way, the plan is the one that was confirmed (its hash says so), the journal has one writer, the target's lock
//! is ours, and the ledger there has been taken up: whoever had the run before can write nothing any more.

use super::held::{Bearer, Door, Held, Zombie};
use super::journal::Journal;
use super::ledger::{self, LedgerRun, Mark};
use super::plan::{Plan, VERSION};
use super::runner::{self, marks};
use super::trouble::Trouble;
use super::watch::is_watched;
use super::work::{Aws, Work};
use crate::change::{Confirmed, Covered, PLAN_LIVES, Time};
use crate::model::Untrusted;
use crate::model::audit::How;
use crate::model::refresh::{
    Line, PlanHash, RefreshId, RefreshName, RunHead, RunState, StepKind, StepSeen, StepState, WishFor,
};
use crate::store::runs::{self, Writer};
use crate::store::{Settings, StoreError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// What a run may use: found anew each time that a process takes it up.
#[derive(Debug)]
pub struct Means {
    pub source: Door,
    pub target: Door,
    /// `None` only where no step of the plan asks AWS for anything.
    pub aws: Option<Aws>,
    pub store: Settings,
    /// Who carries it out.
    pub who: Writer,
    pub time: Time,
    /// What the process was asked for: a signal.
    pub wishes: watch::Receiver<Option<WishFor>>,
    pub zombie: Zombie,
    /// Who hears of each line of the log, besides the journal.
    pub lines: Option<UnboundedSender<Line>>,
}

impl Means {
    /// Both databases must be those of the plan, whenever a session is opened.
    fn only_of(self, plan: &Plan) -> Self {
        let source = self.source.only(plan.source.identity.as_deref());
        let target = self.target.only(plan.target.identity.as_deref());
        Self { source, target, ..self }
    }
}

/// An id that nobody else gives a run.
pub fn new_id(now: Timestamp) -> RefreshId {
    RefreshId(format!("{}-{:04x}", now.strftime("%Y%m%dT%H%M%SZ"), fastrand::u16(..)))
}

/// What a confirmation of this plan covers.
///
/// # Errors
/// The plan cannot be written as JSON.
pub fn covered(plan: &Plan, made: Timestamp) -> Result<Covered, Trouble> {
    Ok(Covered {
        hash: hash(plan)?,
        made,
        destination: plan.destination.clone(),
        place: plan.target.place.clone(),
        task: plan.task.arn.clone(),
        schedules: plan.schedules.clone(),
    })
}

pub(super) fn hash(plan: &Plan) -> Result<PlanHash, Trouble> {
    plan.hash().map_err(|error| Trouble::refused(error.to_string()))
}

/// Begins a run: takes the lock, then writes the journal. Nothing was changed before.
///
/// # Errors
/// The plan is not the one that was confirmed, or has a step that is not known here; the lock is somebody's; the journal cannot
/// be written.
pub async fn begin(id: RefreshId, plan: Plan, confirmed: Confirmed<PlanHash>, means: Means) -> Result<Work, Trouble> {
    if hash(&plan)? != *confirmed.hash() {
        return Err(Trouble::refused("the plan is not the one that was confirmed"));
    }
    runner::known(&plan)?;
    let means = means.only_of(&plan);
    let session = lock(&id, &confirmed, &means, None).await?;
    let text = serde_json::to_string(&plan).map_err(|error| Trouble::refused(error.to_string()))?;
    let head = head(&id, &plan, confirmed.hash(), &means, (means.time.now)());
    let steps = waiting(&plan);
    let file = runs::Journal::begin(&means.store, &head, (&text, confirmed.how_it_was()), &steps).await?;
    let journal = Journal::new(file, steps, Vec::new(), means.lines.clone());
    Ok(work(id, plan, confirmed, session, journal, head.began, means))
}

async fn lock(
    id: &RefreshId,
    confirmed: &Confirmed<PlanHash>,
    means: &Means,
    before: Option<u32>,
) -> Result<Held, Trouble> {
    let bearer = Bearer { run: id.clone(), host: means.who.host.clone(), pid: means.who.pid, before, attempt: 0 };
    Held::open(means.target.clone(), confirmed.permit(), bearer, means.zombie).await
}

fn work(
    id: RefreshId,
    plan: Plan,
    confirmed: Confirmed<PlanHash>,
    target: Held,
    journal: Journal,
    began: Timestamp,
    means: Means,
) -> Work {
    Work {
        id,
        plan: Arc::new(plan),
        target,
        source: means.source,
        beside: means.target,
        aws: means.aws,
        time: means.time,
        who: means.who,
        masking_key: None,
        journal,
        confirmed,
        store: means.store,
        told: means.wishes,
        in_ledger: false,
        undoing: None,
        deaf: false,
        pinged: Instant::now(),
        began,
        late_told: false,
        #[cfg(test)]
        script: None,
    }
}

fn head(id: &RefreshId, plan: &Plan, hash: &PlanHash, means: &Means, began: Timestamp) -> RunHead {
    RunHead {
        id: id.clone(),
        name: plan.name.clone(),
        task: plan.task.name.0.clone(),
        purpose: plan.purpose,
        load: plan.load,
        source: plan.source.clone(),
        target: plan.target.clone(),
        plan: hash.clone(),
        state: RunState::Running,
        step: None,
        began,
        ended: None,
        why: None,
        os_user: means.who.os_user.clone(),
        host: means.who.host.clone(),
        pid: means.who.pid,
        alive: None,
        elsewhere: None,
    }
}

pub(super) fn waiting(plan: &Plan) -> Vec<StepSeen> {
    let seen = |step: &crate::model::refresh::PlannedStep| StepSeen {
        name: step.name.clone(),
        kind: step.kind,
        state: StepState::Waiting,
        attempts: 0,
        began: None,
        ended: None,
        note: String::new(),
    };
    plan.steps.iter().map(seen).collect()
}

/// The plan of a journal, as it was confirmed.
///
/// # Errors
/// It is of another version, or not the one that was confirmed.
pub fn kept_plan(kept: &runs::Kept) -> Result<Plan, Trouble> {
    plan(&kept.plan, &kept.head.plan, "its journal")
}

/// The plan of a journal or a ledger, as it was confirmed.
pub(super) fn plan(text: &str, hash_then: &PlanHash, whose: &str) -> Result<Plan, Trouble> {
    let version = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|json| json.get("version")?.as_u64());
    if version != Some(u64::from(VERSION)) {
        let version = version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
        return Err(Trouble::Refused(format!(
            "the plan in {whose} is of version {version}, and this program knows {VERSION}: go on with the program that \
             began it"
        )));
    }
    let plan: Plan = serde_json::from_str(text)
        .map_err(|error| Trouble::Refused(format!("the plan in {whose} cannot be read: {error}")))?;
    if hash(&plan)? != *hash_then {
        return Err(Trouble::Refused(format!(
            "the plan in {whose} is not the one that was confirmed: nothing is done with it"
        )));
    }
    runner::known(&plan)?;
    Ok(plan)
}

pub(super) fn confirmed(
    plan: &Plan,
    recorded: &PlanHash,
    how: How,
    now: Timestamp,
) -> Result<Confirmed<PlanHash>, Trouble> {
    Confirmed::carried_on(covered(plan, now)?, recorded, how, now).map_err(|why| Trouble::refused(why.to_string()))
}

/// What is wanted of a run that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    GoOn,
    Finish,
}

fn may(state: RunState, id: &RefreshId, name: &RefreshName, wanted: Wanted) -> Result<(), Trouble> {
    let (id, name) = (&id.0, &name.0);
    let why = match (state, wanted) {
        (RunState::Done, _) => {
            format!("run {id} is done: nothing of it is left to do. A new one is begun with run {name}")
        }
        (RunState::Undone, _) => {
            format!("run {id} is undone, everything is as it was: a new one is begun with run {name}")
        }
        (RunState::Parked, Wanted::GoOn) => {
            format!("run {id} is parked: `cutover refresh finish {name}` ends it when all is through")
        }
        (RunState::Parked, Wanted::Finish) | (_, Wanted::GoOn) => return Ok(()),
        (state, Wanted::Finish) => {
            format!("run {id} is not parked, it is {}: `cutover refresh resume {name}` goes on with it", state.word())
        }
    };
    Err(Trouble::Refused(why))
}

/// Goes on with a run from its journal on this machine.
///
/// # Errors
/// There is none; it is over or parked; somebody carries it out; the plan is not the one that was confirmed; the ledger on the
/// target does not have it.
pub async fn resume(id: &RefreshId, means: Means) -> Result<Work, Trouble> {
    go_on(id, means, Wanted::GoOn).await
}

/// Goes on with a run that was parked: from here on it is ended.
///
/// # Errors
/// As [`resume`]; it is not parked.
pub async fn finish(id: &RefreshId, means: Means) -> Result<Work, Trouble> {
    go_on(id, means, Wanted::Finish).await
}

async fn go_on(id: &RefreshId, means: Means, wanted: Wanted) -> Result<Work, Trouble> {
    let kept = runs::kept(&means.store, id).await.map_err(|error| elsewhere(error, None))?.ok_or_else(|| {
        Trouble::Refused(format!(
            "there is no journal of run {} on this machine: `cutover refresh recover` goes on from the ledger on the target",
            id.0
        ))
    })?;
    may(kept.head.state, id, &kept.head.name, wanted)?;
    let plan = kept_plan(&kept)?;
    let confirmed = confirmed(&plan, &kept.head.plan, kept.how, (means.time.now)())?;
    let means = means.only_of(&plan);
    let file = runs::Journal::take_up(&means.store, id, &means.who).await;
    let file = file.map_err(|error| elsewhere(error, Some(&kept.head.name)))?;
    let before = Some(kept.head.pid).filter(|_| kept.head.host == means.who.host);
    let held = lock(id, &confirmed, &means, before).await?;
    let journal = Journal::new(file, kept.steps, kept.away, means.lines.clone());
    let mut work = work(id.clone(), plan, confirmed, held, journal, kept.head.began, means);
    let found = take_up(&mut work).await?;
    let was_begun =
        work.journal.steps().iter().any(|seen| seen.kind == StepKind::Lock && seen.state == StepState::Done);
    if found.is_none() && was_begun {
        return Err(Trouble::Refused(format!(
            "the ledger on {} does not have run {}: it is another database, or was restored from a copy of before. What was \
             taken away there stands in {}.restore.sql beside the journal",
            work.plan.target.place, id.0, id.0
        )));
    }
    // What is watched for was confirmed for whenever a load comes.
    if found.is_none() && !is_watched(&work.plan) && work.now().duration_since(work.began) > PLAN_LIVES {
        // Nobody would confirm it today as it was then.
        work.undoing = Some("it had not locked the target before its plan was too old: plan it anew".to_owned());
    }
    if let Some(run) = found {
        may(run.state, id, &run.name, wanted).or_else(|refused| match run.state {
            // The process ended between the ledger and the journal: the journal is brought up to it.
            RunState::Done | RunState::Undone => Ok(()),
            RunState::Parked if wanted == Wanted::GoOn => Ok(()),
            // It was taken out of the park, and the process ended before the journal said so.
            _ if wanted == Wanted::Finish => Ok(()),
            _ => Err(refused),
        })?;
        if run.state == RunState::Undone {
            let now = work.now();
            work.journal.state(RunState::Undone, None, run.why.as_deref(), Some(now)).await?;
            return Err(Trouble::Refused(format!("run {} is undone, everything is as it was", id.0)));
        }
    }
    unparked(&mut work, wanted).await?;
    Ok(work)
}

/// A run that is there is not held up by the disk that its journal is on: all that it needs stands in the ledger.
fn elsewhere(error: StoreError, name: Option<&RefreshName>) -> Trouble {
    if !matches!(error, StoreError::Nowhere | StoreError::File { .. } | StoreError::Database { .. }) {
        return error.into();
    }
    Trouble::Refused(format!(
        "{}. With a folder on another disk it goes on from the ledger on the target: XDG_STATE_HOME=/another/folder cutover \
         refresh recover {}",
        Trouble::from(error),
        name.map_or_else(|| "NAME".to_owned(), |name| crate::model::shell::quoted(&name.0))
    ))
}

/// Whoever finishes a run has left its park behind.
async fn unparked(work: &mut Work, wanted: Wanted) -> Result<(), Trouble> {
    let park = work.plan.steps.iter().position(|step| step.kind == StepKind::Park);
    let Some(nth) = park.filter(|_| wanted == Wanted::Finish) else { return Ok(()) };
    let (name, now) = (work.plan.steps[nth].name.clone(), work.now());
    if work.in_ledger {
        ledger::mark_anew(&mut work.target, &name, marks::OVER, marks::DONE).await?;
        ledger::state(&mut work.target, RunState::Running, None, now).await?;
    }
    let change = |seen: &mut StepSeen| {
        seen.state = StepState::Done;
        seen.ended = Some(now);
    };
    work.journal.step(nth, change, Vec::new()).await?;
    work.journal.state(RunState::Running, Some(&name), None, None).await
}

/// Takes the run up in the ledger on the target, where it is there, and believes the ledger about which steps are over.
async fn take_up(work: &mut Work) -> Result<Option<LedgerRun>, Trouble> {
    let schema = work.target.schema().map(str::to_owned);
    let runs = ledger::runs(work.target.session()?, schema.as_deref()).await?;
    let Some(run) = runs.into_iter().find(|run| run.id == work.id) else { return Ok(None) };
    if run.hash != *work.confirmed.hash() {
        return Err(Trouble::Refused(format!(
            "the ledger on the target has another plan for this run than the journal: `cutover refresh recover {}` goes on with \
             the ledger's",
            run.name.0
        )));
    }
    let (os_user, now) = (work.who.os_user.clone(), work.now());
    ledger::take_up(&mut work.target, &os_user, now).await?;
    work.in_ledger = true;
    let marks = ledger::marks(&mut work.target).await?;
    work.undoing = undoing(&marks);
    let believed = believe(&work.plan, work.journal.steps(), &marks);
    for (nth, state) in believed {
        work.journal.step(nth, |seen| seen.state = state, Vec::new()).await?;
    }
    if run.state != RunState::Done && run.state != RunState::Undone {
        work.show_away().await?;
    }
    Ok(Some(run))
}

fn undoing(marks: &[Mark]) -> Option<String> {
    let mark = marks.iter().find(|mark| mark.step == marks::RUN && mark.key == marks::UNDOING);
    mark.map(|mark| mark.detail.clone())
}

/// What the ledger knows better than the journal. Steps before the lock have no mark: who has a row there has passed them.
fn believe(plan: &Plan, steps: &[StepSeen], marks: &[Mark]) -> Vec<(usize, StepState)> {
    let lock = plan.steps.iter().position(|step| step.kind == StepKind::Lock);
    let close = plan.steps.iter().position(|step| step.kind == StepKind::Close);
    let mut changed = Vec::new();
    for (nth, (step, seen)) in plan.steps.iter().zip(steps).enumerate() {
        if seen.state == StepState::Undone || close.is_some_and(|close| nth > close) {
            continue;
        }
        let mark = marks.iter().find(|mark| mark.step == step.name.0 && mark.key == marks::OVER);
        let is_over = matches!(seen.state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. });
        let before = lock.is_some_and(|lock| nth < lock);
        match mark.map(|mark| mark.detail.as_str()) {
            None if is_over && !before => changed.push((nth, StepState::Running)),
            None if !is_over && before => {
                changed.push((nth, StepState::Skipped { why: "it was over before the lock".to_owned() }));
            }
            Some(_) if is_over => {}
            Some(marks::PASSED) => {
                changed.push((nth, StepState::PassedOver { why: Untrusted::new("it failed before") }));
            }
            Some(marks::SKIPPED) => {
                changed.push((nth, StepState::Skipped { why: "nothing was to be done".to_owned() }));
            }
            Some(_) => changed.push((nth, StepState::Done)),
            None => {}
        }
    }
    changed
}

/// Runs in the ledger on a target that are not over. Changes nothing, needs no lock.
///
/// # Errors
/// The target cannot be read.
pub async fn open_runs(target: &Door) -> Result<Vec<LedgerRun>, Trouble> {
    let database = target.find().await?;
    ledger::open_runs(&mut database.read().await?, database.named_schema()).await
}

/// Asks for something of a run that another machine carries out: in the ledger on its target, where it looks between steps and twice a
/// minute while it waits.
///
/// # Errors
/// There is no such run; the plan in the ledger is not the one that was confirmed; what the server says.
pub async fn wish_from_afar(target: &Door, id: &RefreshId, wish: WishFor, now: Timestamp) -> Result<(), Trouble> {
    let found = open_runs(target).await?.into_iter().find(|run| run.id == *id);
    let run = found.ok_or_else(|| Trouble::Refused(format!("the ledger on the target has no open run {}", id.0)))?;
    let plan = plan(&run.plan, &run.hash, "the ledger on the target")?;
    let permit = confirmed(&plan, &run.hash, run.how, now)?.permit();
    let database = target.find().await?;
    let mut session = database.write(&permit, "cutover").await?;
    ledger::beside::wish(&mut session, database.named_schema(), id, wish).await
}

/// Goes on with a run whose journal is lost, or stands on another machine: from the ledger on the target alone.
///
/// # Errors
/// No run is open there; it is carried out at this moment; as [`resume`].
pub async fn recover(name: &RefreshName, id: Option<&RefreshId>, means: Means) -> Result<Work, Trouble> {
    let open = open_runs(&means.target).await?;
    let found = open.into_iter().find(|run| id.map_or(run.name == *name, |id| run.id == *id));
    let Some(run) = found else {
        return Err(Trouble::Refused(format!(
            "the ledger on the target has no open run of {}: nothing is away there on its account",
            name.0
        )));
    };
    // What is here and goes with it is better than nothing: it has the log.
    if let Ok(Some(kept)) = runs::kept(&means.store, &run.id).await
        && kept.head.plan == run.hash
    {
        return Box::pin(go_on(&run.id, means, Wanted::GoOn)).await;
    }
    let plan = plan(&run.plan, &run.hash, "the ledger on the target")?;
    let confirmed = confirmed(&plan, &run.hash, run.how, (means.time.now)())?;
    let means = means.only_of(&plan);
    let before = Some(run.pid).filter(|_| run.host == means.who.host);
    let session = Box::pin(lock(&run.id, &confirmed, &means, before)).await?;
    let steps = waiting(&plan);
    let mut head = head(&run.id, &plan, &run.hash, &means, run.began);
    head.state = run.state;
    let file = runs::Journal::replace(&means.store, &head, (&run.plan, run.how), &steps).await;
    let file = file.map_err(|error| elsewhere(error, Some(&run.name)))?;
    let journal = Journal::new(file, steps, Vec::new(), means.lines.clone());
    let mut work = work(run.id.clone(), plan, confirmed, session, journal, run.began, means);
    take_up(&mut work).await?;
    // Steps are taken one after the other: of those that are not over only the first can have been begun.
    if let Some(nth) = runner::first_open(&work) {
        work.journal.step(nth, |seen| seen.state = StepState::Running, Vec::new()).await?;
    }
    let line = format!("recovered from the ledger on the target; before, {} on {} had it", run.os_user, run.host);
    work.line(None, line, true).await?;
    Ok(work)
}
