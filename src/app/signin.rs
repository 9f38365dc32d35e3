//! From settings to watching, behind a screen that is already drawn: start the demo if there is one, find out who we are,
//! start the feeds.

use super::around::{self, Ways};
use super::demo::Server;
use super::operator::{OperatorSetup, Waiting, operate};
use super::refresh::desk::Desk;
use super::validations::Validations;
use super::{Inbox, Setup, panic};
use crate::aws::{self, Connected, Limiters};
use crate::console::message::{Focus, Message};
use crate::feeds::{self, Handle, Looking, Said};
use crate::model::{Problem, ReplicationArn, Report, Subject};
use std::sync::{Arc, Mutex, PoisonError};

/// The feeds, once there are any; what was asked of them before waits here.
#[derive(Clone, Default)]
pub struct Watching(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    handle: Option<Handle>,
    databases: Option<around::Handle>,
    focus: Option<Focus>,
}

impl Watching {
    pub fn look(&self, focus: Focus) {
        self.with(|inner| match &inner.handle {
            Some(handle) => {
                if let Some(databases) = &inner.databases {
                    databases.look(databases_of(&focus));
                }
                handle.look(looking(focus));
            }
            None => inner.focus = Some(focus),
        });
    }

    /// Before the feeds are there everything is about to be asked anyway.
    pub fn ask_now(&self, subjects: Vec<Subject>) {
        self.with(|inner| {
            if let Some(databases) = &inner.databases {
                databases.ask_now(&subjects);
            }
            if let Some(handle) = &inner.handle {
                handle.ask_now(subjects);
            }
        });
    }

    fn started(&self, handle: Handle, databases: around::Handle) {
        self.with(|inner| {
            if let Some(focus) = inner.focus.take() {
                databases.look(databases_of(&focus));
                handle.look(looking(focus));
            }
            inner.handle = Some(handle);
            inner.databases = Some(databases);
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The task whose databases somebody looks at now.
fn databases_of(focus: &Focus) -> Option<ReplicationArn> {
    focus.databases_of.clone().filter(|_| focus.looking)
}

fn looking(focus: Focus) -> Looking {
    let Focus { tables_of, log_of, charts_of, definition_of, databases_of: _, visible, looking } = focus;
    Looking { tables_of, log_of, charts_of, definition_of, visible, looking }
}

/// Signs in and starts watching; everything it has to say goes to the inbox.
pub(super) async fn sign_in(
    setup: Setup,
    inbox: Arc<Inbox>,
    watching: Watching,
    waiting: Option<Waiting>,
    (validations, refreshes): (Validations, Desk),
) {
    panic::on_request("task");
    match connect(&setup).await {
        Ok((connected, server)) => {
            if let Some(waiting) = waiting {
                let (setup, inbox) = (OperatorSetup::of(&setup), Arc::clone(&inbox));
                // A disk that takes its time keeps nobody from watching.
                tokio::spawn(operate(waiting, setup, connected.clone(), inbox));
            }
            validations.connected(connected.clone());
            refreshes.connected(connected.clone());
            let Connected { reader, scope, identity } = connected;
            inbox.send(Message::Connected { scope: scope.clone(), identity });
            let sink = {
                let inbox = Arc::clone(&inbox);
                move |said: Said| inbox.send(message(said))
            };
            let ways = Ways::of_console(&setup);
            let databases = around::spawn(reader.clone(), scope.clone(), ways, Arc::clone(&inbox));
            watching.started(feeds::spawn(reader, scope.clone(), setup.watch, Arc::new(sink)), databases);
            if let Some(server) = server {
                let problem = Box::new(server.ended().await);
                let subject = Subject::Identity;
                inbox.send(Message::Report(Report::Failed { scope, subject, problem, retry_at: None }));
            }
        }
        Err(problem) => inbox.send(Message::ConnectFailed(problem)),
    }
}

async fn connect(setup: &Setup) -> Result<(Connected, Option<Server>), Problem> {
    let (settings, server) = match &setup.demo {
        None => (setup.aws.clone(), None),
        Some(flags) => {
            let server = Server::start(flags, setup.store.dir.as_deref()).await?;
            // There is one, and it is started once.
            let _ = setup.demo_at.set(server.endpoint().to_owned());
            (aws::Settings::embedded(server.endpoint()), Some(server))
        }
    };
    Ok((aws::connect(&settings, &Limiters::default()).await?, server))
}

fn message(said: Said) -> Message {
    panic::on_request("feed");
    match said {
        Said::Report(report) => Message::Report(report),
        Said::ServiceClock(ahead) => Message::ServiceClock(ahead),
        Said::Traffic { requests_last_minute, dollars_per_day, dollars_cap } => {
            Message::Traffic { requests_last_minute, dollars_per_day, dollars_cap }
        }
    }
}
