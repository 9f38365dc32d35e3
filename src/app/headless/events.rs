//! Events, once or for as long as somebody reads them.

use super::{block, complete, connect, list, the_task, watched};
use crate::app::{Failure, Setup};
use crate::aws::{Answer, Reader};
use crate::feeds;
use crate::model::event::{Event, SourceType, Window};
use crate::model::{Problem, ProblemKind, Untrusted};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

/// One cheap request for all tasks; DMS says so little that more often would tell nothing sooner (section 5.4 of the DMS
/// facts).
const EVERY: Duration = Duration::from_secs(10);

/// Events, oldest first.
#[derive(Debug, Clone)]
pub struct EventFacts {
    pub events: Vec<Event>,
    missing: Vec<Problem>,
}

impl EventFacts {
    /// Fails with the first part that could not be told.
    pub fn complete(&self) -> Result<(), Failure> {
        complete(&self.missing)
    }
}

/// Whose events are told.
enum About {
    /// One task, by name: events know nothing else.
    Task(Untrusted),
    /// Everything, but for tasks outside of the configured scope.
    Scope { watch: feeds::Settings, tagged: Option<BTreeSet<Untrusted>> },
}

impl About {
    async fn find(reader: &Reader, setup: &Setup, named: Option<&str>) -> Result<Self, Failure> {
        if let Some(named) = named {
            return Ok(Self::Task(the_task(reader, named).await?.name.0));
        }
        let watch = setup.watch.clone();
        if watch.tags.is_empty() {
            return Ok(Self::Scope { watch, tagged: None });
        }
        let mut tasks = list(reader).await?.value;
        watched(reader, &watch, &mut tasks).await?;
        let tagged = tasks.into_iter().map(|task| task.name.0).collect();
        Ok(Self::Scope { watch, tagged: Some(tagged) })
    }

    fn includes(&self, event: &Event) -> bool {
        match self {
            Self::Task(name) => event.is_of_task(name.raw()),
            Self::Scope { .. } if event.source_type != SourceType::Task => true,
            Self::Scope { watch, tagged } => {
                watch.watches(event.source.raw()) && tagged.as_ref().is_none_or(|names| names.contains(&event.source))
            }
        }
    }
}

/// A stream of events under way.
struct Stream {
    reader: Reader,
    about: About,
    window: Window,
}

impl Stream {
    async fn open(setup: &Setup, named: Option<&str>, since: SignedDuration) -> Result<Self, Failure> {
        let reader = connect(setup).await?;
        let about = About::find(&reader, setup, named).await?;
        let now = reader.service_time(Timestamp::now());
        let window = Window::new(now.checked_sub(since).unwrap_or(Timestamp::MIN));
        Ok(Self { reader, about, window })
    }

    /// What is new.
    async fn read(&mut self) -> Result<EventFacts, Problem> {
        let asked = self.window.next(self.reader.service_time(Timestamp::now()));
        let Answer { value, stated, missing, .. } = self.reader.events(asked.from, asked.to).await?;
        let mut events = self.window.take(asked, stated, value);
        events.retain(|event| self.about.includes(event));
        Ok(EventFacts { events, missing })
    }
}

/// Events of the last `since`, of one task or of everything.
pub fn events(setup: &Setup, named: Option<&str>, since: SignedDuration) -> Result<EventFacts, Failure> {
    block(async { Ok(Stream::open(setup, named, since).await?.read().await?) })
}

/// The same, and then what happens from now on, until `each` has had enough. What passes by itself does not end it: `trouble`
/// is told once, and what happened meanwhile is not lost.
pub fn follow(
    setup: &Setup,
    named: Option<&str>,
    since: SignedDuration,
    mut each: impl FnMut(&EventFacts) -> Result<ControlFlow<()>, Failure>,
    mut trouble: impl FnMut(Failure),
) -> Result<(), Failure> {
    block(async {
        let mut stream = Stream::open(setup, named, since).await?;
        let mut troubled: Option<ProblemKind> = None;
        loop {
            match stream.read().await {
                Ok(facts) => {
                    troubled = None;
                    if each(&facts)?.is_break() {
                        return Ok(());
                    }
                    if let Err(failure) = facts.complete() {
                        trouble(failure);
                    }
                }
                Err(problem) if passes(problem.kind) => {
                    if troubled.replace(problem.kind) != Some(problem.kind) {
                        trouble(problem.into());
                    }
                }
                Err(problem) => return Err(problem.into()),
            }
            tokio::time::sleep(EVERY).await;
        }
    })
}

/// Whether it is worth asking again. Credentials that ran out may be replaced where they came from.
fn passes(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::Throttled
            | ProblemKind::Timeout
            | ProblemKind::Unreachable
            | ProblemKind::Service
            | ProblemKind::ExpiredCredentials
    )
}
