//! Refreshes of the console: journals are read, plans are made, a run is begun or asked for something. Effects come in, messages
//! go out through the inbox.
//!
//! Everything works on AWS's runtime and answers later; the screen never waits. What was typed is judged here, and again by the
//! process of the run. Nothing is stopped when the console ends: a run has a process of its own. Start at [`Desk`].

use super::elsewhere::{Lookout, Others};
use super::{Answer, Further, LoadAgain, Wished, go_on, plan, start, wish};
use crate::app::{Failure, Inbox, Setup, panic};
use crate::aws::Connected;
use crate::console::message::{Effect, Message};
use crate::model::refresh::told::{Deed, Journals, Offer, RunTold, joined};
use crate::model::refresh::{LoadedTable, RefreshId, RefreshName};
use crate::model::{Problem, ProblemKind, Untrusted};
use crate::refresh::Plan;
use crate::refresh::plan::Built;
use crate::store::runs;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Mutex as Turn, watch};

/// Journals are looked at this often, whatever is on screen: what needs somebody is said at once.
const EVERY: Duration = Duration::from_secs(2);

/// Targets are looked at this often, once somebody is signed in.
const OTHERS_EVERY: Duration = Duration::from_mins(1);

/// See the module's first paragraph.
#[derive(Clone)]
pub(in crate::app) struct Desk(Arc<Inner>);

struct Inner {
    setup: Setup,
    inbox: Arc<Inbox>,
    runtime: Handle,
    connected: watch::Sender<Option<Connected>>,
    /// One reading at a time: what is read later is newer.
    watcher: Turn<runs::Watcher>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The plan on screen; there is one at a time.
    held: Option<(u64, Arc<Built>)>,
    /// Plans that are not meant after all.
    dropped: BTreeSet<u64>,
    /// What the plan of a run says: it never changes.
    known: BTreeMap<RefreshId, Known>,
    /// Runs of others, as their targets said last.
    others: Others,
}

/// What the screen shows of a plan beside its run.
#[derive(Clone, Default)]
struct Known {
    answer: Option<Untrusted>,
    tables: Vec<LoadedTable>,
}

impl Desk {
    pub(in crate::app) fn new(setup: Setup, inbox: Arc<Inbox>, runtime: Handle) -> Self {
        let connected = watch::Sender::new(None);
        let (watcher, state) = (Turn::default(), Mutex::default());
        Self(Arc::new(Inner { setup, inbox, runtime, connected, watcher, state }))
    }

    /// Somebody is signed in: tasks can be asked for.
    pub(in crate::app) fn connected(&self, connected: Connected) {
        self.0.connected.send_replace(Some(connected));
    }

    /// Says what the journals and the targets say whenever that is another thing, for as long as the program runs.
    pub(in crate::app) fn watch(&self) {
        self.spawn(async |inner| {
            // A demo has nobody else.
            if inner.setup.demo.is_some() {
                return;
            }
            let mut lookout = Lookout::default();
            let mut connected = inner.connected.subscribe();
            while connected.wait_for(Option::is_some).await.is_ok() {
                let reader = connected.borrow().as_ref().map(|connected| connected.reader.clone());
                let others = lookout.look(&inner.setup, reader.as_ref(), true).await;
                inner.lock().others = others;
                tokio::time::sleep(OTHERS_EVERY).await;
            }
        });
        self.spawn(async |inner| {
            let mut last = None;
            loop {
                let found = inner.journals().await;
                // A problem has its time, which is another each time.
                let told = found.as_ref().map(clone_without_times).map_err(|problem| problem.detail.clone());
                if last.as_ref() != Some(&told) {
                    inner.inbox.send(Message::Refreshes(found));
                    last = Some(told);
                }
                tokio::time::sleep(EVERY).await;
            }
        });
    }

    /// Carries out what concerns refreshes; everything else is somebody else's.
    pub(in crate::app) fn perform(&self, effect: Effect) {
        match effect {
            Effect::ReadRefreshes => self.spawn(async |inner| {
                let found = inner.journals().await;
                inner.inbox.send(Message::Refreshes(found));
            }),
            Effect::ReadRefresh { run } => self.spawn(async move |inner| {
                let told = inner.whole(&run).await;
                let told =
                    told.map(Box::new).map_err(|failure| problem(&format!("{} cannot be read", run.0), &failure));
                inner.inbox.send(Message::Refresh { run, told });
            }),
            Effect::PlanRefresh { id, name } => self.spawn(async move |inner| inner.plan(id, name).await),
            Effect::DropRefreshPlan { id } => {
                let mut state = self.0.lock();
                if state.held.take_if(|(held, _)| *held == id).is_none() {
                    state.dropped.insert(id);
                }
            }
            Effect::StartRefresh { id, plan, answer } => self.blocking(move |inner| {
                let began = inner.start(plan, answer);
                let began = began.map_err(|failure| problem("the refresh does not begin", &failure));
                inner.inbox.send(Message::RefreshBegan { id, began });
            }),
            Effect::SteerRefresh { id, run, deed, answer } => self.spawn(async move |inner| {
                let outcome = inner.steer(&run, deed, &answer).await;
                let outcome = outcome.map_err(|failure| problem(&format!("no {}", deed.word()), &failure));
                inner.inbox.send(Message::RefreshSteered { id, outcome });
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
            panic::on_request("refresh");
            work.await;
        });
    }

    fn blocking(&self, work: impl FnOnce(Arc<Inner>) + Send + 'static) {
        let inner = Arc::clone(&self.0);
        self.0.runtime.spawn_blocking(move || work(inner));
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn journals(&self) -> Result<Journals, Problem> {
        let found = self.watcher.lock().await.list(&self.setup.store).await;
        let (heads, unread) = found.map_err(|error| error.problem("journals of refreshes cannot be read"))?;
        let unread = unread.iter().map(|error| error.problem("the journal of a refresh cannot be read")).collect();
        let Others { heads: others, unseen } = self.lock().others.clone();
        Ok(Journals { heads: joined(heads, &others), unread, unseen })
    }

    async fn whole(&self, run: &RefreshId) -> Result<RunTold, Failure> {
        let seen = super::seen(&self.setup, run).await?;
        let Known { answer, tables } = self.known(run).await?;
        Ok(RunTold { seen, answer, tables })
    }

    /// What its plan says, read once: it may be large.
    async fn known(&self, run: &RefreshId) -> Result<Known, Failure> {
        if let Some(known) = self.lock().known.get(run) {
            return Ok(known.clone());
        }
        let kept = runs::kept(&self.setup.store, run).await;
        let kept = kept.map_err(|error| Failure::from(error.problem("its plan cannot be read")))?;
        let plan = kept.and_then(|kept| serde_json::from_str::<Plan>(&kept.plan).ok());
        let known = plan.map_or_else(Known::default, |plan| Known {
            answer: Some(Untrusted::new(String::from(plan.destination))),
            tables: plan.tables,
        });
        self.lock().known.insert(run.clone(), known.clone());
        Ok(known)
    }

    async fn plan(&self, id: u64, name: RefreshName) {
        let built = self.built(&name).await;
        let offer = match built {
            Ok((built, notes)) => {
                let refused = self.setup.mode.authority().err().map(|problem| problem.hint);
                let plan = built.shown.clone();
                let mut state = self.lock();
                if state.dropped.remove(&id) {
                    return;
                }
                state.held = Some((id, Arc::new(built)));
                Ok(Box::new(Offer { plan, notes, refused }))
            }
            Err(failure) => Err(problem(&format!("there is no plan of {}", name.0), &failure)),
        };
        self.inbox.send(Message::RefreshOffered { id, offer });
    }

    async fn built(&self, name: &RefreshName) -> Result<(Built, Vec<String>), Failure> {
        let connected = self.connected.borrow().clone();
        let connected =
            connected.ok_or_else(|| Failure::could_not("not signed in yet: a plan asks AWS about the task"))?;
        // Boxed: it is large, and once.
        Box::pin(plan::built(&self.setup, &connected.reader, &name.0, plan::Eyes::InConsole)).await
    }

    /// Begins the plan of this number, where what was typed confirms it.
    fn start(&self, plan: u64, answer: String) -> Result<RefreshId, Failure> {
        let held = self.lock().held.as_ref().filter(|(held, _)| *held == plan).map(|(_, built)| Arc::clone(built));
        let built = held.ok_or_else(|| Failure::could_not("the plan is gone: plan again"))?;
        let began = start(&self.setup, &built, &Answer::Typed(answer))?;
        // It was meant once.
        self.lock().held.take_if(|(held, _)| *held == plan);
        Ok(began)
    }

    /// Asks this of a run, where what was typed is what had to be.
    async fn steer(&self, run: &RefreshId, deed: Deed, answer: &str) -> Result<String, Failure> {
        let known = self.known(run).await?;
        let other = "its plan cannot be read by this program: another version has made it";
        let expects = known.answer.ok_or_else(|| Failure::could_not(other))?;
        if deed.expects(&expects) != answer {
            return Err(Failure::could_not("that was not what has to be typed: nothing was asked of it"));
        }
        let (setup, run) = (self.setup.clone(), run.clone());
        let done = self.runtime.spawn_blocking(move || steer(&setup, run, deed)).await;
        done.map_err(|_| Failure::could_not("it ended without a word"))?
    }
}

/// Blocks: it may sign in, or begin a process.
fn steer(setup: &Setup, run: RefreshId, deed: Deed) -> Result<String, Failure> {
    if let Some(what) = deed.wish() {
        return Ok(match wish(setup, &run, what, false)? {
            Wished::Told if deed == Deed::Pause => "asked to pause: it does between two transactions".to_owned(),
            Wished::Told => "asked to end: it does between two transactions".to_owned(),
            Wished::ToldLedger => "the machine that carries it out is told by the ledger on the target".to_owned(),
            Wished::Begun => "a process has begun that does it".to_owned(),
            Wished::Nothing(why) => why,
        });
    }
    let further = match deed {
        Deed::Finish => Further::Finish(run),
        Deed::LoadAgain { whole } => {
            Further::LoadAgain { id: run, how: if whole { LoadAgain::Whole } else { LoadAgain::Unfinished } }
        }
        _ => Further::Resume(run),
    };
    go_on(setup, further, false).map(|run| format!("{} goes on", run.0))
}

/// What it says, whenever it was read.
fn clone_without_times(journals: &Journals) -> Journals {
    let mut journals = journals.clone();
    for problem in &mut journals.unread {
        problem.at = Timestamp::UNIX_EPOCH;
    }
    journals
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
