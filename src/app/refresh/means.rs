//! What the process of a run works with: AWS, both databases found anew whenever a session is opened, who it is.

use super::super::headless::the_task;
use super::super::validate::sides::{self, SideAsked};
use super::key;
use crate::app::change::whence;
use crate::app::{Failure, Setup, headless};
use crate::aws::{Connected, Reader};
use crate::change::{Executor, Notifier, Time};
use crate::model::ReplicationArn;
use crate::model::audit::Whence;
use crate::model::change::{Destination, Meant};
use crate::model::masking::Key;
use crate::model::refresh::{Line, RefreshName, WishFor};
use crate::model::topic::TopicArn;
use crate::refresh::plan::Way;
use crate::refresh::{Aws, Door, Means, Plan, Trouble, Zombie};
use crate::store::Audit;
use crate::store::runs::Writer;
use crate::validate::merge::Side;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// As much of a plan as it takes to find what it is about; of a plan that another program wrote, too.
#[derive(Debug, Clone, Deserialize)]
pub struct About {
    pub task: Meant,
    pub source_way: Way,
    pub target_way: Way,
    pub destination: Destination,
    pub topic: Option<String>,
    masking: Option<IgnoredAny>,
}

impl From<&Plan> for About {
    fn from(plan: &Plan) -> Self {
        Self {
            task: plan.task.clone(),
            source_way: plan.source_way.clone(),
            target_way: plan.target_way.clone(),
            destination: plan.destination.clone(),
            topic: plan.topic.clone(),
            masking: plan.masking.as_ref().map(|_| IgnoredAny),
        }
    }
}

impl About {
    /// The key of the masking, where the plan masks anything: looked for before anything is begun.
    ///
    /// # Errors
    /// It is not where the configuration says, or the configuration no longer says it.
    pub async fn key(&self, setup: &Setup, name: &RefreshName, means: &Means) -> Result<Option<Key>, Failure> {
        if self.masking.is_none() {
            return Ok(None);
        }
        key::masking(setup, means.aws.as_ref().map(|aws| &aws.reader), name).await
    }

    /// Of a plan as it is kept.
    ///
    /// # Errors
    /// It says nothing of that.
    pub fn of(plan: &str) -> Result<Self, Failure> {
        serde_json::from_str(plan)
            .map_err(|error| Failure::could_not(format!("the plan of this run cannot be read: {error}")))
    }
}

/// What is different from one process to another.
pub struct Circumstances {
    pub wishes: watch::Receiver<Option<WishFor>>,
    pub take_over: bool,
    /// Who hears of each line of the log, besides the journal.
    pub lines: Option<UnboundedSender<Line>>,
}

/// Signs in and makes everything ready.
///
/// # Errors
/// Nothing may be changed here, nobody is signed in, or the audit cannot be kept.
pub async fn means(setup: &Arc<Setup>, about: &About, circumstances: Circumstances) -> Result<Means, Failure> {
    let authority = setup.mode.authority()?;
    let connected = headless::connected(setup).await?;
    let whence = whence::here();
    let writer = Writer { os_user: whence.os_user.clone(), host: whence.host.clone(), pid: whence.pid };
    let audit = audit(setup, &whence).await?;
    // What was confirmed may be loaded; what is protected stays so.
    let mut safeguards = setup.safeguards.clone();
    safeguards.reload_allowed.push(about.destination.clone());
    let executor = Executor::new(&authority, &connected, audit, whence, environment(setup), safeguards, time())?;
    let notifier = match &about.topic {
        None => None,
        Some(topic) => Some(notifier(setup, &connected, topic).await?),
    };
    let Connected { reader, .. } = connected;
    let door =
        |side, way: &Way| door(Arc::clone(setup), reader.clone(), side, way.name.clone(), about.task.arn.clone());
    Ok(Means {
        source: door(Side::Source, &about.source_way),
        target: door(Side::Target, &about.target_way),
        aws: Some(Aws::new(reader.clone(), executor, notifier)),
        store: setup.store.clone(),
        who: writer,
        time: time(),
        wishes: circumstances.wishes,
        zombie: if circumstances.take_over { Zombie::EndAny } else { Zombie::EndOurs },
        lines: circumstances.lines,
    })
}

/// Whoever tells this topic something.
///
/// # Errors
/// As [`means`].
pub async fn notifier(setup: &Setup, connected: &Connected, topic: &str) -> Result<Notifier, Failure> {
    let authority = setup.mode.authority()?;
    let topic = topic.parse::<TopicArn>().map_err(Failure::usage)?;
    let whence = whence::here();
    let kept = (audit(setup, &whence).await?, whence);
    Ok(Notifier::new(&authority, connected, topic, kept, environment(setup), time())?)
}

async fn audit(setup: &Setup, whence: &Whence) -> Result<Audit, Failure> {
    let audit = Audit::open_or_later(&setup.store, whence).await;
    Ok(audit.map_err(|error| error.problem("the audit cannot be kept, not even later"))?)
}

fn environment(setup: &Setup) -> Option<String> {
    setup.demo.is_some().then(|| "DEMO".to_owned()).or_else(|| setup.environment.clone())
}

pub(super) fn time() -> Time {
    Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span)) }
}

/// The way to one database, with its address, its password and its token of the moment.
pub fn door(setup: Arc<Setup>, reader: Reader, side: Side, name: Option<String>, task: ReplicationArn) -> Door {
    Door::new(move || {
        let (setup, reader, name, task) = (Arc::clone(&setup), reader.clone(), name.clone(), task.clone());
        Box::pin(async move {
            let asked = if let Some(name) = name {
                SideAsked::Database(name)
            } else {
                let task = the_task(&reader, task.as_str()).await.map_err(|failure| trouble(&failure))?;
                SideAsked::Endpoint(if side == Side::Source { task.source } else { task.target })
            };
            // Nobody is there who could be asked for a password.
            let found = sides::Means::of(&setup, Some(&reader), false).find(side, &asked).await;
            found.map(|found| found.database).map_err(|failure| trouble(&failure))
        })
    })
}

/// What a database that is not found means for a run: most of it passes, credentials are given anew, and what the configuration
/// does not name stays unnamed.
fn trouble(failure: &Failure) -> Trouble {
    let words = failure.lines.join(" ");
    let is_about = |word: &str| words.to_ascii_lowercase().contains(word);
    if failure.is_about_a_password() || is_about("credentials") || is_about("expired") {
        Trouble::Credentials(words)
    } else if failure.status == Failure::usage("").status {
        Trouble::Refused(words)
    } else {
        Trouble::Lost(words)
    }
}
