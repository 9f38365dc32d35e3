//! Validations of the console: plans, runs, rows read again, files. Effects come in, messages go out through the inbox.
//!
//! Everything works on AWS's runtime and answers later; the screen never waits. A run belongs to this program: when the
//! console ends, it is stopped on its servers, see [`Validations::finish`]. Values of rows are read only for tables that were
//! revealed, which stands in the audit before anything is read. Start at [`Validations`]; `seek.rs` finds databases and plans,
//! `rows.rs` reads rows again, `paper.rs` writes them.

mod paper;
mod rows;
mod seek;

use super::validate::job::{self, Control, Running};
use super::validate::{allow, kept, told};
use super::{Failure, Inbox, Setup, panic};
use crate::aws::Connected;
use crate::console::message::{Effect, Message};
use crate::model::validation::told::{Asked, RunLine, RunState, RunTold, Wished};
use crate::model::validation::{RunEvent, RunFilter, RunId, Said, Trigger};
use crate::model::{Problem, ProblemKind};
use jiff::Timestamp;
use seek::{Held, Known};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, watch};

/// Whoever leaves waits this long for statements to end on their servers.
const LEAVES_WITHIN: Duration = Duration::from_secs(10);

/// Runs in the list; more are in `cutover validations`.
const LISTED: u64 = 300;

/// Plans of runs that are kept at hand, with their databases, to read rows again.
const AT_HAND: usize = 16;

/// See the module's first paragraph.
#[derive(Clone)]
pub(super) struct Validations(Arc<Inner>);

struct Inner {
    setup: Setup,
    inbox: Arc<Inbox>,
    runtime: Handle,
    connected: watch::Sender<Option<Connected>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The plan that is asked about; there is one at a time.
    held: Option<(u64, Held)>,
    /// Plans that are not meant after all.
    dropped: BTreeSet<u64>,
    running: BTreeMap<RunId, Control>,
    /// Where the rows of a run are found, the newest last.
    known: Vec<(RunId, Arc<Known>)>,
    /// Tables whose values may be read.
    revealed: BTreeSet<(RunId, usize)>,
}

impl Validations {
    pub(super) fn new(setup: Setup, inbox: Arc<Inbox>, runtime: Handle) -> Self {
        let connected = watch::Sender::new(None);
        Self(Arc::new(Inner { setup, inbox, runtime, connected, state: Mutex::default() }))
    }

    /// Somebody is signed in: tasks and endpoints can be asked for.
    pub(super) fn connected(&self, connected: Connected) {
        self.0.connected.send_replace(Some(connected));
    }

    /// Carries out what concerns validations; everything else is somebody else's.
    pub(super) fn perform(&self, effect: Effect) {
        match effect {
            Effect::ReadValidations => self.spawn(async |inner| {
                let runs = inner.list().await.map_err(|failure| problem("what is kept cannot be read", &failure));
                inner.inbox.send(Message::Validations(runs));
            }),
            Effect::ReadValidation { run } => self.spawn(async move |inner| {
                let told = inner.whole(&run).await;
                let told =
                    told.map(Box::new).map_err(|failure| problem(&format!("{} cannot be read", run.0), &failure));
                inner.inbox.send(Message::Validation { run, told });
            }),
            Effect::PlanValidation { id, asked } => self.spawn(async move |inner| inner.plan(id, asked).await),
            Effect::DropPlan { id } => {
                let mut state = self.0.lock();
                state.dropped.insert(id);
                state.held.take_if(|(held, _)| *held == id);
            }
            Effect::StartValidation { id, answer } => self.spawn(async move |inner| {
                let began = inner.start(id, &answer).await;
                let began = began.map(Box::new).map_err(|failure| problem("the validation does not begin", &failure));
                inner.inbox.send(Message::ValidationBegan { id, began });
            }),
            Effect::ControlValidation { run, wish } => self.0.control(&run, wish),
            Effect::ReadRows { id, asked } => self.spawn(async move |inner| {
                let rows = inner.rows(&asked).await;
                let rows = rows.map(Box::new).map_err(|failure| problem("the rows cannot be read again", &failure));
                inner.inbox.send(Message::Rows { id, rows });
            }),
            Effect::Reveal { id, run, nth, answer } => self.spawn(async move |inner| {
                let outcome = inner.reveal(&run, nth, &answer).await;
                let outcome = outcome.map_err(|failure| problem("values are not shown", &failure));
                inner.inbox.send(Message::Revealed { id, outcome });
            }),
            Effect::WriteRows { id, run, nth, what, path, answer } => self.spawn(async move |inner| {
                let outcome = inner.write(&run, nth, what, &path, &answer).await;
                inner.inbox.send(Message::Written { id, outcome });
            }),
            _ => {}
        }
    }

    fn spawn<F>(&self, work: impl FnOnce(Arc<Inner>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(Arc::clone(&self.0));
        self.0.runtime.spawn(async move {
            panic::on_request("validation");
            work.await;
        });
    }

    /// Runs that are under way.
    pub(super) fn running(&self) -> usize {
        self.0.lock().running.len()
    }

    /// Stops every run, and waits until its statements have ended on their servers, within reason. `false`: they have not.
    pub(super) fn finish(&self, runtime: &Runtime) -> bool {
        for control in self.0.lock().running.values() {
            control.stop();
        }
        runtime.block_on(async {
            let ended = async {
                while self.running() > 0 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            tokio::time::timeout(LEAVES_WITHIN, ended).await.is_ok()
        })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn list(&self) -> Result<Vec<RunLine>, Failure> {
        let filter = RunFilter { most: Some(LISTED), ..RunFilter::default() };
        let runs = kept::list(&self.setup.store, &filter).await?;
        Ok(runs.iter().map(told::line).collect())
    }

    async fn whole(&self, run: &RunId) -> Result<RunTold, Failure> {
        let whole = kept::one(&self.setup.store, run).await?;
        whole.map(told::whole).ok_or_else(|| Failure::could_not("it is not kept any more"))
    }

    async fn plan(&self, id: u64, asked: Asked) {
        let held = Box::pin(self.seek(&asked, &Said::default())).await;
        let offer = match held {
            Ok(held) => {
                let offer = self.offer(&held).await;
                let mut state = self.lock();
                if state.dropped.remove(&id) {
                    return;
                }
                state.held = Some((id, held));
                Ok(Box::new(offer))
            }
            Err(failure) => Err(problem("there is no plan", &failure)),
        };
        self.inbox.send(Message::Offered { id, offer });
    }

    /// Begins the plan of this number, where what was typed confirms it.
    async fn start(self: &Arc<Self>, id: u64, answer: &str) -> Result<RunTold, Failure> {
        let held = self.lock().held.take_if(|(held, _)| *held == id);
        let (_, held) = held.ok_or_else(|| Failure::could_not("the plan is gone: plan again"))?;
        // Judged anew: what was shown may be minutes old.
        let offer = self.offer(&held).await;
        if let Some(refused) = offer.refused {
            return Err(Failure::could_not(refused));
        }
        if let Some(expects) = &offer.expects {
            if expects != answer {
                return Err(Failure::could_not("that was not what has to be typed: nothing is read"));
            }
            // Where it cannot be remembered it is asked again.
            let _ = allow::agreed(&self.setup.store, &held.planned).await;
        }
        let run = job::id(Timestamp::now());
        let known = Arc::new(Known::of(&held));
        let line = begun(&held, &run);
        let planned = held.planned.clone();
        let running = job::start(held.job(run.clone(), Trigger::Operator, &self.setup.store));
        {
            let mut state = self.lock();
            state.running.insert(run.clone(), running.control.clone());
            state.known.push((run.clone(), known));
            let over = state.known.len().saturating_sub(AT_HAND);
            state.known.drain(..over);
        }
        let told = RunTold {
            line,
            planned: Some(planned),
            gate: None,
            progress: None,
            tables: vec![],
            summary: None,
            failed: None,
        };
        // Events before its beginning would be about nothing.
        let inner = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::task::yield_now().await;
            inner.listen(running).await;
        });
        Ok(told)
    }

    /// Hands on what happens, until the last word.
    async fn listen(&self, running: Running) {
        panic::on_request("validation");
        let Running { id, mut events, control } = running;
        listen(&id, &mut events, &self.inbox).await;
        drop(control);
        self.lock().running.remove(&id);
    }

    fn control(&self, run: &RunId, wish: Wished) {
        let control = self.lock().running.get(run).cloned();
        let Some(control) = control else { return };
        match wish {
            Wished::Pause => control.pause(),
            Wished::GoOn => control.go_on(),
            Wished::Stop => control.stop(),
        }
    }
}

async fn listen(id: &RunId, events: &mut mpsc::Receiver<RunEvent>, inbox: &Inbox) {
    let mut over = false;
    while let Some(event) = events.recv().await {
        over |= matches!(event, RunEvent::Ended(_) | RunEvent::Failed(_));
        inbox.send(Message::ValidationEvent { run: id.clone(), event: Box::new(event) });
    }
    if !over {
        let event = Box::new(RunEvent::Failed("it ended without a word".to_owned()));
        inbox.send(Message::ValidationEvent { run: id.clone(), event });
    }
}

/// One problem a person sees.
fn problem(summary: &str, failure: &Failure) -> Problem {
    let mut lines = failure.lines.iter();
    Problem {
        kind: ProblemKind::InvalidState,
        summary: summary.to_owned(),
        detail: lines.next().cloned().unwrap_or_default(),
        hint: lines.cloned().collect::<Vec<_>>().join(" "),
        request_id: None,
        at: Timestamp::now(),
    }
}

/// A run of our own that begins.
fn begun(held: &Held, run: &RunId) -> RunLine {
    let planned = &held.planned;
    RunLine {
        id: run.clone(),
        what: planned.what.clone(),
        trigger: Trigger::Operator,
        state: RunState::Waiting,
        verdict: None,
        started: Timestamp::now(),
        ended: None,
        source_at: planned.source.at.clone(),
        target_at: planned.target.at.clone(),
        seen_from: planned.seen_from.clone(),
        tables: planned.tables.len(),
        equal: 0,
        different: 0,
        unknown: 0,
        rows: 0,
        differences: 0,
        ours: true,
        at_rest: None,
    }
}
