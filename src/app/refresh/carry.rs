//! Carrying a run out: in a process of its own, which outlives whoever began it ([`obey`]), or in this one for systemd and cron
//! ([`here`]).

use super::means::{About, Circumstances, door, means};
use super::order::{Amend, Answer, Begin, Further, Order, Said, What};
use super::{late, plan, signals};
use crate::app::{Failure, Setup, headless};
use crate::change::{Confirmed, NotConfirmed, Yes};
use crate::model::masking::Key;
use crate::model::refresh::{Line, PlanHash, RefreshId, RefreshName, RunState, WishFor};
use crate::model::untrusted::shown;
use crate::refresh::ledger::LedgerRun;
use crate::refresh::{self, Door, Ended, Trouble, Work};
use crate::store::runs;
use crate::validate::merge::Side;
use jiff::Timestamp;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// One for what waits, one for a comparison.
const WORKERS: usize = 2;

/// What the process of a run does: reads its order from standard input, says on standard output whether it has begun, and
/// carries it out whatever becomes of the one who began it.
///
/// # Errors
/// It did not begin; standard output has been told.
pub fn obey() -> Result<u8, Failure> {
    // Out of the session of the terminal: its end, and its Ctrl-C, are none of ours. Where it is out of it already, it stays so.
    let _ = rustix::process::setsid();
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    let begun = read.map_err(|error| Failure::could_not(format!("the order cannot be read: {error}"))).and_then(|_| {
        let order: Order =
            serde_json::from_str(&text).map_err(|error| Failure::usage(format!("this is no order: {error}")))?;
        drop(text);
        ordered(order)
    });
    match begun {
        Ok(ended) => Ok(status(ended.state)),
        Err(failure) => {
            say(&Said::Refused { status: failure.status, lines: failure.lines.clone() });
            Err(failure)
        }
    }
}

fn ordered(order: Order) -> Result<Ended, Failure> {
    let Order { what, place, take_over } = order;
    let setup = Arc::new(place.setup()?);
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let wishes = heard(false)?;
        let (lines, said) = unbounded_channel();
        let begun = |id: &RefreshId| {
            // From here on this is where it speaks, also where it breaks. Without a disk it goes on all the same.
            if let Ok(log) = runs::log(&setup.store, id) {
                let _ = rustix::stdio::dup2_stderr(&log);
            }
            say(&Said::Begun(id.clone()));
        };
        let telling = tokio::spawn(tell(said));
        let ended = carry_out(&setup, what, (wishes, take_over), Some(lines), begun).await;
        // The sender is gone with the run.
        let _ = telling.await;
        if let Ok(ended) = &ended {
            note(&end(ended));
        }
        ended
    });
    runtime.shutdown_background();
    ended
}

/// Carries a run out in this process. `begun` hears of it once it has the target and its journal.
///
/// # Errors
/// It did not begin.
pub async fn here(
    setup: &Arc<Setup>,
    what: What,
    take_over: bool,
    begun: impl FnOnce(&RefreshId),
) -> Result<Ended, Failure> {
    let wishes = heard(true)?;
    carry_out(setup, what, (wishes, take_over), None, begun).await
}

/// A runtime for it.
///
/// # Errors
/// There is none to be had.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(WORKERS).enable_all().build();
    runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))
}

fn heard(attended: bool) -> Result<watch::Receiver<Option<WishFor>>, Failure> {
    signals::listen(attended).map_err(|error| Failure::could_not(format!("signals: {error}")))
}

async fn carry_out(
    setup: &Arc<Setup>,
    what: What,
    (wishes, take_over): (watch::Receiver<Option<WishFor>>, bool),
    lines: Option<UnboundedSender<Line>>,
    begun: impl FnOnce(&RefreshId),
) -> Result<Ended, Failure> {
    let circumstances = Circumstances { wishes, take_over, lines };
    let work = match what {
        What::Begin(order) => Box::pin(begin(setup, *order, circumstances)).await?,
        What::Amend(order) => Box::pin(amend(setup, *order, circumstances)).await?,
        What::Further(further) => Box::pin(go_on(setup, further, circumstances)).await?,
    };
    begun(&work.id);
    if let Err(failure) = late::begin(setup, &work.id, &work.plan) {
        // The run itself tells it as long as it lives.
        note(&failure.lines.join("; "));
    }
    Ok(Box::pin(refresh::run(work)).await)
}

async fn begin(setup: &Arc<Setup>, order: Begin, circumstances: Circumstances) -> Result<Work, Failure> {
    let confirmed = confirmed(&order)?;
    let Begin { id, plan, .. } = order;
    let about = About::from(&plan);
    let means = means(setup, &about, circumstances).await?;
    let key = about.key(setup, &plan.name, &means).await?;
    let work = Box::pin(refresh::begin(id, plan, confirmed, means)).await.map_err(|trouble| refused(&trouble))?;
    Ok(keyed(work, key))
}

async fn amend(setup: &Arc<Setup>, order: Amend, circumstances: Circumstances) -> Result<Work, Failure> {
    let Amend { begin: order, again } = order;
    let confirmed = confirmed(&order)?;
    let Begin { id, plan, .. } = order;
    let about = About::from(&plan);
    let means = means(setup, &about, circumstances).await?;
    let key = about.key(setup, &plan.name, &means).await?;
    let work =
        Box::pin(refresh::amend(&id, plan, confirmed, again, means)).await.map_err(|trouble| refused(&trouble))?;
    Ok(keyed(work, key))
}

/// The confirmation of a plan that was shown: as it was typed, or by the flag.
///
/// # Errors
/// It is another plan, it is too old, or the answer is another one.
pub(super) fn confirmed(order: &Begin) -> Result<Confirmed<PlanHash>, Failure> {
    let covered = refresh::covered(&order.plan, order.made).map_err(|trouble| refused(&trouble))?;
    if covered.hash != order.hash {
        return Err(not_confirmed(NotConfirmed::OtherPlan));
    }
    let now = Timestamp::now();
    let confirmed = match &order.answer {
        Answer::Typed(answer) => Confirmed::typed_plan(covered, answer, now),
        Answer::Flag(target) => match Yes::given(true) {
            Some(yes) => Confirmed::plan_by_flag(covered, yes, target, now),
            None => Err(NotConfirmed::OtherAnswer),
        },
    };
    confirmed.map_err(not_confirmed)
}

fn not_confirmed(why: NotConfirmed) -> Failure {
    Failure { status: 1, lines: vec![format!("not confirmed: {why}"), "Nothing was changed.".to_owned()] }
}

async fn go_on(setup: &Arc<Setup>, further: Further, circumstances: Circumstances) -> Result<Work, Failure> {
    let (name, plan) = match &further {
        Further::Resume(id) | Further::Finish(id) | Further::LoadAgain { id, .. } => {
            let kept = runs::kept(&setup.store, id).await;
            let kept = kept.map_err(|error| {
                let mut failure = Failure::from(error.problem("the journal cannot be read"));
                failure.lines.push(
                    "`XDG_STATE_HOME=/another/folder cutover refresh recover NAME` goes on without it.".to_owned(),
                );
                failure
            })?;
            let none = || Failure::usage(format!("run {} has no journal on this machine", shown(&id.0)));
            let kept = kept.ok_or_else(none)?;
            (kept.head.name, kept.plan)
        }
        Further::Recover { name, id } => (name.clone(), in_ledger(setup, name, id.as_ref()).await?.0.plan),
    };
    let about = About::of(&plan)?;
    let means = means(setup, &about, circumstances).await?;
    let key = about.key(setup, &name, &means).await?;
    let work = match further {
        Further::Resume(id) => Box::pin(refresh::resume(&id, means)).await,
        Further::Finish(id) => Box::pin(refresh::finish(&id, means)).await,
        Further::Recover { name, id } => Box::pin(refresh::recover(&name, id.as_ref(), means)).await,
        Further::LoadAgain { id, how } => match Box::pin(refresh::resume(&id, means)).await {
            Ok(mut work) => refresh::load_again(&mut work, how).await.map(|()| work),
            Err(trouble) => Err(trouble),
        },
    };
    work.map(|work| keyed(work, key)).map_err(|trouble| refused(&trouble))
}

fn keyed(work: Work, key: Option<Key>) -> Work {
    match key {
        Some(key) => work.with_masking_key(key),
        None => work,
    }
}

/// The open run of this name as the ledger on the target has it, and the way there: which target, the configuration says.
pub(super) async fn in_ledger(
    setup: &Arc<Setup>,
    name: &RefreshName,
    id: Option<&RefreshId>,
) -> Result<(LedgerRun, Door), Failure> {
    let settings = plan::settings(setup, &name.0)?;
    let reader = headless::connect(setup).await?;
    let task = headless::the_task(&reader, &settings.task).await?;
    let target = door(Arc::clone(setup), reader, Side::Target, settings.target.clone(), task.arn);
    let open = refresh::open_runs(&target).await.map_err(|trouble| refused(&trouble))?;
    let found = open.into_iter().find(|run| id.map_or(run.name == *name, |id| run.id == *id));
    let Some(run) = found else {
        let which = id.map_or_else(|| format!("run of {}", shown(&name.0)), |id| format!("run {}", shown(&id.0)));
        let line = format!("the ledger on the target has no open {which}: nothing is away there on its account");
        return Err(Failure { status: 1, lines: vec![line] });
    };
    Ok((run, target))
}

/// Why a run did not begin, or does not go on, as a command says it.
pub(super) fn refused(trouble: &Trouble) -> Failure {
    let status = match trouble {
        Trouble::Refused(_) | Trouble::Failed(_) | Trouble::Wish(_) => 1,
        Trouble::Credentials(_) | Trouble::Lost(_) => 3,
    };
    Failure { status, lines: vec![shown(&trouble.to_string()).into_owned()] }
}

/// Exit status of a run that stands so: a parked one has come as far as it comes by itself.
pub fn status(state: RunState) -> u8 {
    u8::from(!matches!(state, RunState::Done | RunState::Parked))
}

/// How it ended, in one line.
fn end(ended: &Ended) -> String {
    let why = ended.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let command = ended.command.as_ref().map(|command| format!("; {command}")).unwrap_or_default();
    let journal =
        ended.journal.as_ref().map(|why| format!("; the journal could not be written: {why}")).unwrap_or_default();
    format!("{}{why}{command}{journal}", ended.state.word())
}

/// Whoever began us may be gone; that changes nothing.
fn say(said: &Said) {
    if let Ok(line) = serde_json::to_string(said) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(format!("{line}\n").as_bytes());
        let _ = out.flush();
    }
}

async fn tell(mut lines: UnboundedReceiver<Line>) {
    while let Some(line) = lines.recv().await {
        let step = line.step.map(|step| format!("{}: ", step.0)).unwrap_or_default();
        note(&format!("{step}{}", line.text.shown()));
    }
}

/// Into the log of the run.
pub(super) fn note(text: &str) {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    let _ = std::io::stderr().lock().write_all(format!("{now} {}\n", shown(text)).as_bytes());
}
