//! The notice that a run takes longer than was said, also where nobody carries it out any more: a process of its own waits beside
//! each run that has one ([`begin`], [`wait`]), since the runner may be killed, stopped or without credentials; and whoever watches on
//! another machine looks into the ledger ([`Looks`], [`watch`]), since a machine may be lost with both.

use super::means::{About, door, notifier, time};
use super::order::{Beside, Whereabouts};
use super::watch::every;
use super::{carry, plan, spawn};
use crate::app::{Failure, Setup, headless};
use crate::console::terminal::{Signal, Signals};
use crate::model::refresh::RefreshId;
use crate::model::untrusted::shown;
use crate::refresh::late::{due, is_due, tell, untold};
use crate::refresh::ledger::LedgerRun;
use crate::refresh::{Door, Plan, Trouble};
use crate::store::runs;
use crate::validate::merge::Side;
use jiff::Timestamp;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two attempts to tell, and two looks into a ledger.
const AGAIN: Duration = Duration::from_mins(1);
/// Nobody is waited for longer than this once somebody should have been told.
const GIVES_UP: Duration = Duration::from_hours(7 * 24);

/// Begins the process that waits beside a run; nothing where nobody is to be told. It reads where it is from its standard input, as the
/// process of a run does, and outlives whoever began it.
pub(super) fn begin(setup: &Setup, id: &RefreshId, plan: &Plan) -> Result<(), Failure> {
    if due(plan, Timestamp::now()).is_none() {
        return Ok(());
    }
    let failed =
        |why: String| Failure::could_not(format!("nobody waits beside the run to tell that it is late: {why}"));
    let order = Beside { run: id.clone(), place: Whereabouts::of(setup)? };
    let order = serde_json::to_vec(&order).map_err(|error| failed(error.to_string()))?;
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut child = Command::new(program)
        .args(["refresh", "wait-beside"])
        .env_clear()
        .envs(spawn::environment(setup))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // It speaks into the log of the run.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let told = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(&order));
    // It may end before we do: nobody leaves a dead process behind.
    std::thread::spawn(move || child.wait());
    told.map_err(|error| failed(error.to_string()))
}

/// What that process does.
///
/// # Errors
/// It cannot read what it is told.
pub fn wait() -> Result<u8, Failure> {
    let _ = rustix::process::setsid();
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::could_not(format!("what it waits beside cannot be read: {error}")))?;
    let Beside { run, place } =
        serde_json::from_str(&text).map_err(|error| Failure::usage(format!("this names no run: {error}")))?;
    let setup = Arc::new(place.setup()?);
    if let Ok(log) = runs::log(&setup.store, &run) {
        let _ = rustix::stdio::dup2_stderr(&log);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    runtime.block_on(beside(&setup, &run))?;
    Ok(0)
}

async fn beside(setup: &Arc<Setup>, id: &RefreshId) -> Result<(), Failure> {
    let unread = |error: crate::store::StoreError| Failure::from(error.problem("the journal cannot be read"));
    let Some(kept) = runs::kept(&setup.store, id).await.map_err(unread)? else { return Ok(()) };
    let plan: Plan = serde_json::from_str(&kept.plan).map_err(|error| Failure::could_not(error.to_string()))?;
    let Some(due) = due(&plan, kept.head.began) else { return Ok(()) };
    let about = About::from(&plan);
    // Without a folder to write it nobody else can have written another one.
    let ours = runs::waits(&setup.store, id).unwrap_or_default();
    let (time, each, mut said) = (time(), every(AGAIN), String::new());
    while is_due(&setup.store, id, &ours, due, (time, each)).await {
        let words = match told(setup, &about, id).await {
            Ok(words) => {
                carry::note(&words);
                return Ok(());
            }
            Err(failure) => failure.lines.join("; "),
        };
        if words != said {
            carry::note(&format!("late, and nobody could be told, which is tried again each minute: {words}"));
            said = words;
        }
        if (time.now)().duration_since(due).unsigned_abs() > GIVES_UP {
            return Ok(());
        }
        (time.wait)(each).await;
    }
    Ok(())
}

/// Tells of this run, in words of what came of it.
async fn told(setup: &Arc<Setup>, about: &About, id: &RefreshId) -> Result<String, Failure> {
    let reader = headless::connect(setup).await?;
    let target = door(Arc::clone(setup), reader, Side::Target, about.target_way.name.clone(), about.task.arn.clone());
    let late = untold(&target, Timestamp::now()).await.map_err(|trouble| could_not(&trouble))?;
    match late.iter().find(|run| run.id == *id) {
        Some(run) => tell_of(setup, &target, run).await,
        None => Ok("late: somebody was told already, or nothing is away on its account".to_owned()),
    }
}

async fn tell_of(setup: &Arc<Setup>, target: &Door, run: &LedgerRun) -> Result<String, Failure> {
    let topic = About::of(&run.plan)?.topic.unwrap_or_default();
    let connected = headless::connected(setup).await?;
    let mut notifier = notifier(setup, &connected, &topic).await?;
    let told = Box::pin(tell(target, run, &mut notifier, Timestamp::now())).await;
    let words = told.map_err(|trouble| could_not(&trouble))?;
    let (id, words) = (&run.id.0, words.unwrap_or_else(|| "somebody else has told it".to_owned()));
    Ok(format!("run {id} is late: {words}"))
}

fn could_not(trouble: &Trouble) -> Failure {
    Failure::could_not(shown(&trouble.to_string()).into_owned())
}

/// Looks into the ledger of a target, and tells of every run there that is late.
#[derive(Debug, Default)]
pub(super) struct Looks {
    last: Option<Instant>,
    said: Option<String>,
}

impl Looks {
    /// Once a minute, for whoever looks more often at something else. What came of it, where that is new.
    pub(super) async fn now_and_then(&mut self, setup: &Arc<Setup>, target: &Door) -> Option<String> {
        if self.last.is_some_and(|last| last.elapsed() < AGAIN) {
            return None;
        }
        self.last = Some(Instant::now());
        self.look(setup, target).await
    }

    async fn look(&mut self, setup: &Arc<Setup>, target: &Door) -> Option<String> {
        let mut said = Vec::new();
        match untold(target, Timestamp::now()).await {
            Err(trouble) => said.push(format!("whether a run is late cannot be told: {}", shown(&trouble.to_string()))),
            Ok(late) => {
                for run in &late {
                    said.push(match tell_of(setup, target, run).await {
                        Ok(words) => words,
                        Err(failure) => format!("run {} is late: {}", shown(&run.id.0), failure.lines.join("; ")),
                    });
                }
            }
        }
        let said = (!said.is_empty()).then(|| said.join(". "));
        let is_new = said != self.said;
        self.said.clone_from(&said);
        said.filter(|_| is_new)
    }
}

/// `refresh watch --late`: stays, and tells of every run on the target of this refresh that is late, and does nothing else. So it is
/// for every refresh. `say` hears what came of each look. Blocks.
///
/// # Errors
/// Nothing may be changed here; AWS cannot be asked; whoever is told has had enough.
pub fn watch(setup: Setup, name: &str, say: &mut dyn FnMut(&str) -> Result<(), Failure>) -> Result<u8, Failure> {
    setup.may_change()?;
    let runtime = carry::runtime()?;
    let setup = Arc::new(setup);
    let settings = plan::settings(&setup, name)?.clone();
    runtime.block_on(async {
        let mut signals = Signals::listen().map_err(|error| Failure::could_not(format!("signals: {error}")))?;
        let reader = headless::connect(&setup).await?;
        let task = headless::the_task(&reader, &settings.task).await?;
        let target = door(Arc::clone(&setup), reader, Side::Target, settings.target, task.arn);
        let mut looks = Looks::default();
        loop {
            if let Some(text) = looks.look(&setup, &target).await {
                say(&text)?;
            }
            let ended = async { while !matches!(signals.next().await, Signal::End(_)) {} };
            if tokio::time::timeout(AGAIN, ended).await.is_ok() {
                return Ok(0);
            }
        }
    })
}
