//! The topic of the plan is told how a run ended, that it waits for somebody, or that it takes longer than was said.
//!
//! A message that may have gone is not sent twice. Nothing is changed by it: what is late is told, and never switched on by itself.

use crate::change::Notice;
use crate::model::refresh::{PlannedStep, RefreshId, RunState, StepKind, StepState};
use crate::model::topic::subject;
use crate::model::untrusted::shown;
use crate::refresh::ledger::LedgerRun;
use crate::refresh::plan::Plan;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::watch::is_watched;
use crate::refresh::work::{Changed, Work};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What the step notes while it sends: whoever finds it does not know whether it was sent.
const SENDING: &str = "sending";
/// Nobody waits longer than this for a message at the end.
const PATIENCE: Duration = Duration::from_mins(2);

#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(work: &mut Work, step: &PlannedStep) -> Result<Probe, Trouble> {
    let noted = work.journal.steps().iter().find(|seen| seen.name == step.name).map(|seen| seen.note.as_str());
    Ok(if noted == Some(SENDING) {
        Probe::Done("it may have been sent: it is not sent twice".to_owned())
    } else {
        Probe::NotYet
    })
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let notice = notice(work, "done", None);
    work.note(step, SENDING).await?;
    match work.notify(&notice).await {
        Ok(Changed::Done(outcome)) => Ok(Came::Done(outcome.lines.join("; "))),
        Ok(Changed::Nothing(why)) => Ok(Came::Skipped(why)),
        Err(trouble) => {
            work.note(step, "").await?;
            Err(trouble)
        }
    }
}

/// A run that does not come to its end by itself, or was undone.
pub(in crate::refresh) async fn ended(work: &mut Work, state: RunState, why: Option<&str>) {
    let how = match state {
        RunState::NeedsAttention => "needs attention",
        RunState::NeedsCredentials => "needs credentials",
        RunState::Undone if is_watched(&work.plan) => "undone, the rows are as their load left them",
        RunState::Undone => "undone, everything is as it was",
        RunState::Running | RunState::Paused | RunState::Parked | RunState::Undoing | RunState::Done => return,
    };
    if work.plan.topic.is_none() {
        return;
    }
    let notice = notice(work, how, why);
    tell(work, &notice).await;
}

/// It takes longer than was said beforehand. `false`: surely nobody was told.
pub(in crate::refresh) async fn overdue(work: &mut Work) -> bool {
    let why = "it has not ended; what is away stays away until it ends";
    let notice = notice(work, "late", Some(why));
    let _ = work.line(None, format!("late: {why}"), true).await;
    tell(work, &notice).await
}

/// The same of a run that somebody looks at from beside it: as much as the ledger knows.
pub(in crate::refresh) fn late(run: &LedgerRun, plan: &Plan, why: &str, now: Timestamp) -> Notice {
    let who = (run.os_user.as_str(), run.host.as_str());
    let mut lines = beginning(plan, &run.id, who, (run.began, now), ("late", Some(why)));
    lines.push(format!("last seen alive {}", run.beat.strftime("%F %T UTC")));
    let name = crate::model::shell::quoted(&plan.name.0);
    lines.push(format!(
        "`cutover refresh status {name}` on {} says where it stands; with that machine gone: cutover refresh recover {name}",
        shown(&run.host)
    ));
    Notice { subject: subject(&format!("refresh {}: late", plan.name.0)), text: lines.join("\n") }
}

/// `false`: surely nobody was told.
async fn tell(work: &mut Work, notice: &Notice) -> bool {
    let told = tokio::time::timeout(PATIENCE, Box::pin(work.notify(notice))).await;
    let (said, bad) = match &told {
        Ok(Ok(Changed::Done(outcome))) => (outcome.lines.join("; "), false),
        Ok(Ok(Changed::Nothing(why))) => (format!("nobody was told: {why}"), true),
        Ok(Err(trouble)) => (format!("nobody was told: {trouble}"), true),
        Err(_) => ("whether anybody was told is not known: no answer came".to_owned(), true),
    };
    // It is told here at least.
    let _ = work.line(None, said, bad).await;
    !matches!(told, Ok(Err(_)))
}

/// What every notice begins with: which run, of what, since when, and why it is told of.
fn beginning(
    plan: &Plan,
    id: &RefreshId,
    (os_user, host): (&str, &str),
    (began, now): (Timestamp, Timestamp),
    (how, why): (&str, Option<&str>),
) -> Vec<String> {
    let mut lines = vec![
        format!("refresh {}, run {}: {how}", shown(&plan.name.0), id.0),
        format!("task {}, {} -> {}", plan.task.name.shown(), shown(&plan.source.place), shown(&plan.target.place)),
        format!(
            "began {}, {:#} ago, by {} on {}",
            began.strftime("%F %T UTC"),
            rounded(now.duration_since(began)),
            shown(os_user),
            shown(host)
        ),
    ];
    lines.extend(why.map(|why| format!("why: {}", shown(why))));
    lines
}

/// What is said: where it stands, what each step came to. Notes of steps have no values of rows in them.
fn notice(work: &Work, how: &str, why: Option<&str>) -> Notice {
    let plan = &work.plan;
    let who = (work.who.os_user.as_str(), work.who.host.as_str());
    let mut lines = beginning(plan, &work.id, who, (work.began, work.now()), (how, why));
    lines.push(String::new());
    for seen in work.journal.steps().iter().filter(|seen| seen.kind != StepKind::Notify) {
        let note = match &seen.state {
            StepState::Waiting => continue,
            StepState::Done => seen.note.clone(),
            state => {
                let why = state.why().unwrap_or_else(|| seen.note.clone());
                format!("{}: {why}", state.word().to_uppercase())
            }
        };
        lines.push(format!("{}: {}", seen.name.0, shown(&note)));
    }
    let away = work.journal.away().len();
    if away > 0 {
        lines.push(String::new());
        lines.push(format!(
            "away right now: {away} (keys, triggers, schedules, rights); `cutover refresh status` names them"
        ));
    }
    if how.starts_with("needs") {
        lines.push(format!("go on with: cutover refresh resume {}", crate::model::shell::quoted(&plan.name.0)));
    }
    Notice { subject: subject(&format!("refresh {}: {how}", plan.name.0)), text: lines.join("\n") }
}

fn rounded(span: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(span.as_secs())
}
