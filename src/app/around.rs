//! Asking the two databases of a task what only they know, while somebody looks at it, or once for a command.
//!
//! One connection a side, opened for each look and closed after it; read-only, and no statement lasts longer than five
//! seconds. The console never waits for it: answers come through the inbox like those of a feed. In read-only mode only
//! databases are asked that a section `[databases.NAME]` of the configuration names: whoever wrote it meant that. Start at
//! [`spawn`], or at [`once`] for a command.

use super::headless::{block, connected, the_task};
use super::validate::sides::{Found, Means};
use super::values::{self, Book, Deed, Of};
use super::{Clock, Failure, Inbox, Setup, panic};
use crate::aws::{self, Reader};
use crate::console::message::Message;
use crate::db::DbError;
use crate::db::around::{self, Asked};
use crate::demo::clock::FROZEN_AT;
use crate::model::around::{Around, Place, Side};
use crate::model::database::Entry;
use crate::model::observation::VERSION;
use crate::model::task::Task;
use crate::model::{Observation, Problem, ProblemKind, ReplicationArn, Report, Scope, Subject, Value, settings};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the databases are asked while somebody looks.
const EVERY: Duration = Duration::from_secs(30);

/// A database that could not be reached, or that nothing names, is looked for again after this.
const LOST_FOR: Duration = Duration::from_mins(2);

/// One that was found is taken to be the same for so long: endpoints and secrets are not read at every look.
const FOUND_FOR: Duration = Duration::from_mins(10);

/// A server that neither answers nor refuses is given up after this.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// Rows of each of DMS's tables on a screen.
const SHOWN: u32 = 50;

/// What finding and asking needs of a setup.
#[derive(Clone)]
pub(super) struct Ways {
    databases: Vec<Entry>,
    aws: aws::Settings,
    /// Nothing but what the configuration names.
    only_named: bool,
    clock: Clock,
    may_ask: bool,
}

impl Ways {
    pub(super) fn of_console(setup: &Setup) -> Self {
        // The demo's databases are its own.
        let only_named = setup.demo.is_none() && setup.mode.authority().is_err();
        Self {
            databases: setup.databases.clone(),
            aws: setup.aws.clone(),
            only_named,
            clock: setup.clock,
            may_ask: false,
        }
    }

    fn means<'a>(&'a self, reader: &'a Reader) -> Means<'a> {
        Means {
            databases: &self.databases,
            aws: Some(&self.aws),
            reader: Some(reader),
            may_ask: self.may_ask,
            runs_nothing: false,
        }
    }
}

/// What is wished.
#[derive(Debug, Clone, Default, PartialEq)]
struct Wanted {
    of: Option<ReplicationArn>,
    /// Raised when somebody asks for it now.
    asked: u64,
}

/// Tells what is on screen; dropping it ends the asking.
#[derive(Debug)]
pub(super) struct Handle(watch::Sender<Wanted>);

impl Handle {
    pub(super) fn look(&self, of: Option<ReplicationArn>) {
        self.0.send_if_modified(|wanted| {
            let new = wanted.of != of;
            wanted.of = of;
            new
        });
    }

    pub(super) fn ask_now(&self, subjects: &[Subject]) {
        self.0.send_if_modified(|wanted| {
            let mine =
                |subject: &Subject| matches!((subject, &wanted.of), (Subject::Databases(arn), Some(of)) if arn == of);
            let asked = subjects.iter().any(mine);
            wanted.asked += u64::from(asked);
            asked
        });
    }
}

/// Begins to ask for whatever is looked at.
pub(super) fn spawn(reader: Reader, scope: Scope, ways: Ways, inbox: Arc<Inbox>) -> Handle {
    let (sender, wanted) = watch::channel(Wanted::default());
    let asking = Asking { reader, scope, ways, inbox, known: HashMap::new(), next: HashMap::new() };
    tokio::spawn(asking.until_nobody_wants(wanted));
    Handle(sender)
}

/// Both sides of a task, as they were found.
struct Sides {
    at: Instant,
    both: [Result<Option<Found>, Failure>; 2],
}

impl Sides {
    fn holds(&self) -> bool {
        let found = self.both.iter().all(|side| matches!(side, Ok(Some(_))));
        self.at.elapsed() < if found { FOUND_FOR } else { LOST_FOR }
    }
}

struct Asking {
    reader: Reader,
    scope: Scope,
    ways: Ways,
    inbox: Arc<Inbox>,
    known: HashMap<ReplicationArn, Sides>,
    /// When each is due again, whoever comes back to it before.
    next: HashMap<ReplicationArn, Instant>,
}

impl Asking {
    async fn until_nobody_wants(mut self, mut wanted: watch::Receiver<Wanted>) {
        panic::on_request("feed");
        let mut asked = 0;
        loop {
            let now = wanted.borrow_and_update().clone();
            let Some(arn) = now.of else {
                if wanted.changed().await.is_err() {
                    return;
                }
                continue;
            };
            if now.asked != asked {
                asked = now.asked;
                // What could not be reached may have been put right.
                self.known.retain(|_, sides| sides.both.iter().all(|side| matches!(side, Ok(Some(_)))));
                self.next.remove(&arn);
            }
            let due = self.next.get(&arn).copied().unwrap_or_else(Instant::now);
            tokio::select! {
                changed = wanted.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(due.into()) => {
                    let report = self.report(&arn).await;
                    self.inbox.send(Message::Report(report));
                    self.next.insert(arn, Instant::now() + EVERY);
                }
            }
        }
    }

    async fn report(&mut self, arn: &ReplicationArn) -> Report {
        let (scope, subject) = (self.scope.clone(), Subject::Databases(arn.clone()));
        let every = SignedDuration::try_from(EVERY).ok();
        match Box::pin(self.look(arn)).await {
            Ok(around) => {
                let as_of = around.as_of().map(|at| self.by_our_clock(at));
                let value = Value::Databases(Box::new(around));
                let received = Timestamp::now();
                let observation = Box::new(Observation { version: VERSION, scope, subject, value, as_of, received });
                Report::Observed { observation, every }
            }
            Err(problem) => {
                let retry_at = every.and_then(|every| Timestamp::now().checked_add(every).ok());
                Report::Failed { scope, subject, problem: Box::new(problem), retry_at }
            }
        }
    }

    /// Where a clock stands still everything is of that moment.
    fn by_our_clock(&self, at: Timestamp) -> Timestamp {
        match self.ways.clock {
            Clock::System => at,
            Clock::Frozen(_) => FROZEN_AT,
        }
    }

    async fn look(&mut self, arn: &ReplicationArn) -> Result<Around, Problem> {
        let task = self.reader.tasks_in_full(std::slice::from_ref(arn)).await?.value.into_iter().next();
        let task = task.ok_or_else(|| gone(arn))?;
        if !self.known.get(arn).is_some_and(Sides::holds) {
            // Boxed: finding a database is a deep future, and rare.
            let both = Box::pin(self.ways.means(&self.reader).each_of_task(&task, self.ways.only_named)).await;
            let both = both.map_err(|failure| problem(&failure))?;
            self.known.insert(arn.clone(), Sides { at: Instant::now(), both });
        }
        let Some(sides) = self.known.get(arn) else { return Err(gone(arn)) };
        let mut around = Box::pin(read(&task, &sides.both, SHOWN, false)).await;
        if let Clock::Frozen(_) = self.ways.clock {
            for at in [as_of(&mut around.source), as_of(&mut around.target)].into_iter().flatten() {
                *at = FROZEN_AT;
            }
        }
        Ok(around)
    }
}

fn as_of<T>(side: &mut Side<T>) -> Option<&mut Timestamp> {
    match side {
        Side::Read { as_of, .. } => as_of.as_mut(),
        Side::Failed { .. } | Side::NoConnection { .. } => None,
    }
}

/// Asks both at once.
async fn read(
    task: &Task,
    [source, target]: &[Result<Option<Found>, Failure>; 2],
    newest: u32,
    values: bool,
) -> Around {
    let told = task.settings.as_deref().and_then(|text| settings::parse(text).ok());
    let asked = Asked {
        names: vec![task.arn.resource_id().0, task.name.raw().to_owned()],
        control_schema: told.and_then(|told| told.control_schema),
        since: task.stats.fresh_start,
        newest,
        values,
    };
    let (source, target) = tokio::join!(
        side("source", source, async |found| around::source(&found.database).await),
        side("target", target, async |found| around::target(&found.database, &asked).await),
    );
    Around { source, target }
}

async fn side<T>(
    word: &str,
    found: &Result<Option<Found>, Failure>,
    ask: impl AsyncFnOnce(&Found) -> Result<(Option<Timestamp>, T), DbError>,
) -> Side<T> {
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => {
            let why = format!(
                "no [databases.NAME] names the endpoint of this task's {word}: without one nothing is asked in read-only mode"
            );
            return Side::NoConnection { why };
        }
        Err(failure) => return Side::Failed { place: None, why: failure.lines.join("; ").into() },
    };
    let place = Place {
        at: found.database.place().into(),
        by: found.by.clone(),
        engine: found.database.dialect().name.to_owned(),
    };
    match tokio::time::timeout(GIVEN_UP, ask(found)).await {
        Ok(Ok((as_of, seen))) => Side::Read { place, as_of, seen },
        Ok(Err(error)) => Side::Failed { place: Some(place), why: error.to_string().into() },
        Err(_) => Side::Failed { place: Some(place), why: format!("no answer within {} s", GIVEN_UP.as_secs()).into() },
    }
}

/// For a command: everything of one task, now; and the slot that its source endpoint names.
///
/// # Errors
/// No such task, or AWS refuses.
pub fn once(
    setup: &Setup,
    named: &str,
    newest: u32,
    with_values: bool,
) -> Result<(Task, Option<String>, Around), Failure> {
    block(async {
        let connected = connected(setup).await?;
        let reader = connected.reader.clone();
        let brief = the_task(&reader, named).await?;
        if with_values {
            let (arn, name) = (brief.arn.as_str().to_owned(), brief.name.shown().into_owned());
            let of = Of {
                words: format!("of {name}: what its databases say, with what DMS's own tables quote of rows"),
                precondition: json!({ "task": arn }),
                name: format!("task:{name}"),
                arn,
            };
            values::note(Book::of(setup), Some(&connected), Deed::Print, None, of).await?;
        }
        let full = reader.tasks_in_full(std::slice::from_ref(&brief.arn)).await?.value.into_iter().next();
        let task = full.unwrap_or(brief);
        let both = Box::pin(Means::of(setup, Some(&reader), true).each_of_task(&task, false)).await?;
        let around = Box::pin(read(&task, &both, newest, with_values)).await;
        let endpoints = reader.endpoints().await?.value;
        let source = endpoints.iter().find(|endpoint| endpoint.arn == task.source);
        Ok((task, source.and_then(|source| source.slot()).map(str::to_owned), around))
    })
}

fn gone(arn: &ReplicationArn) -> Problem {
    Problem {
        kind: ProblemKind::NotFound,
        summary: "the databases of a task cannot be asked".to_owned(),
        detail: format!("DMS lists no task {}", arn.as_str()),
        hint: "It may have been deleted.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    }
}

fn problem(failure: &Failure) -> Problem {
    let mut lines = failure.lines.iter();
    Problem {
        kind: ProblemKind::Configuration,
        summary: lines.next().cloned().unwrap_or_default(),
        detail: lines.cloned().collect::<Vec<_>>().join("; "),
        hint: "`cutover databases TASK` shows the same without a screen.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    }
}
