//! Reading the audit: for the command, for whoever follows it, and for the screen. Changes nothing and asks nobody.

use super::change::whence;
use super::headless::{block, block_on};
use super::{Failure, Inbox, Setup, panic};
use crate::console::message::Message;
use crate::model::Problem;
use crate::model::audit::{Activity, Kept, Key, Told, Whence, judged};
use crate::model::untrusted::shown;
use crate::store::{self, History};
use jiff::Timestamp;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

/// A file that grew is seen this soon by whoever follows.
const EVERY: Duration = Duration::from_secs(2);

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only of this user on this machine.
    pub mine: bool,
    /// Asked for since then.
    pub since: Option<Timestamp>,
    /// About the task of this ARN, or of exactly this name.
    pub task: Option<String>,
}

impl Wanted {
    fn wants(&self, kept: &Kept) -> bool {
        let entry = &kept.entry;
        let of_task = |named: &String| entry.arn.raw() == named || entry.name == format!("task:{}", shown(named));
        (kept.mine || !self.mine)
            && self.since.is_none_or(|since| entry.asked_at >= since)
            && self.task.as_ref().is_none_or(of_task)
    }

    /// What is read for it: without the others, no folder of theirs.
    fn settings(&self, setup: &Setup) -> store::Settings {
        let shared = setup.store.shared.clone().filter(|_| !self.mine);
        store::Settings { shared, ..setup.store.clone() }
    }
}

/// What is wanted of the audit, the newest first.
pub fn activity(setup: &Setup, wanted: &Wanted) -> Result<Told, Failure> {
    panic::on_request("headless");
    let me = whence::here();
    let mut history = History::new(&wanted.settings(setup), &me);
    let told = block_on(read(&mut history, &me))?;
    let mut told = told?;
    keep(&mut told, wanted);
    Ok(told)
}

/// Settled against all entries, then only those that are wanted.
fn keep(told: &mut Told, wanted: &Wanted) {
    told.activities.retain(|one| wanted.wants(&Kept { entry: one.entry.clone(), mine: one.mine }));
}

/// The same, the oldest first, and then whatever is new or has another result, until `each` has had enough. `trouble` is told
/// once what cannot be read.
pub fn follow(
    setup: &Setup,
    wanted: &Wanted,
    mut each: impl FnMut(&[Activity]) -> Result<ControlFlow<()>, Failure>,
    mut trouble: impl FnMut(&Problem),
) -> Result<(), Failure> {
    block(async {
        panic::on_request("headless");
        let me = whence::here();
        let mut history = History::new(&wanted.settings(setup), &me);
        let mut told: HashMap<Key, Activity> = HashMap::new();
        let mut troubled: Vec<String> = Vec::new();
        loop {
            let mut now = read(&mut history, &me).await?;
            keep(&mut now, wanted);
            let mut new: Vec<Activity> =
                now.activities.into_iter().filter(|one| told.get(&one.key()) != Some(one)).collect();
            new.reverse();
            told.extend(new.iter().map(|one| (one.key(), one.clone())));
            if !new.is_empty() && each(&new)?.is_break() {
                return Ok(());
            }
            for gap in now.gaps.iter().filter(|gap| !troubled.contains(&gap.detail)) {
                trouble(gap);
            }
            troubled = now.gaps.into_iter().map(|gap| gap.detail).collect();
            tokio::time::sleep(EVERY).await;
        }
    })
}

/// Reads everything and says what is to be made of it.
async fn read(history: &mut History, me: &Whence) -> Result<Told, Problem> {
    let found = history.read().await.map_err(|error| error.problem("the audit cannot be read"))?;
    let alive = |whence: &Whence| whence.host != me.host || whence::is_alive(whence.pid);
    let activities = judged(found.entries, Timestamp::now(), &alive);
    let gaps = found.gaps.iter().map(|gap| gap.problem("a part of the audit cannot be read")).collect();
    Ok(Told { activities, gaps })
}

/// Reads the audit for the screen, one reading at a time.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// `None` where no audit is kept at all.
    history: Option<Arc<Mutex<History>>>,
    me: Arc<Whence>,
}

impl Reading {
    pub(super) fn new(settings: &store::Settings, demo: bool) -> Self {
        let me = whence::here();
        let kept = settings.dir.is_some() || !demo;
        let history = kept.then(|| Arc::new(Mutex::new(History::new(settings, &me))));
        Self { history, me: Arc::new(me) }
    }

    /// Answers with a message: what is there after it was asked for.
    pub(super) fn read(&self, runtime: &Handle, inbox: &Arc<Inbox>) {
        let inbox = Arc::clone(inbox);
        let Some(history) = self.history.clone() else {
            return inbox.send(Message::Activity(Ok(Told::default())));
        };
        let me = Arc::clone(&self.me);
        runtime.spawn(async move {
            panic::on_request("task");
            let mut history = history.lock().await;
            inbox.send(Message::Activity(read(&mut history, &me).await));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit::{Entry, State};
    use crate::model::{AccountId, Region, Scope};

    fn kept(name: &str, arn: &str, second: i64, mine: bool) -> Kept {
        let whence = Whence { os_user: "u".into(), host: "h".into(), pid: 1, tty: true, version: "0".into() };
        let entry = Entry {
            id: "1".into(),
            asked_at: Timestamp::from_second(second).unwrap(),
            ended_at: None,
            state: State::Done,
            caller: "arn".into(),
            whence,
            scope: Scope { profile: "p".into(), account: AccountId("1".into()), region: Region("r".into()) },
            environment: None,
            kind: "stop-task".into(),
            arn: arn.into(),
            name: name.into(),
            preview: String::new(),
            precondition: serde_json::Value::Null,
            aws_command: String::new(),
            confirmed_by: None,
            request_id: None,
            outcome: String::new(),
        };
        Kept { entry, mine }
    }

    #[test]
    fn a_task_is_an_arn_or_an_exact_name_and_a_time_is_when_it_was_asked_for() {
        let arn = "arn:aws:dms:eu-west-1:1:task:A";
        let task = |named: &str| Wanted { task: Some(named.into()), ..Wanted::default() };
        let since = |second| Wanted { since: Timestamp::from_second(second).ok(), ..Wanted::default() };
        let mine = Wanted { mine: true, ..Wanted::default() };
        let ours = kept("task:orders", arn, 100, true);
        let theirs = Kept { mine: false, ..ours.clone() };
        for (wanted, kept, want) in [
            (Wanted::default(), &theirs, true),
            (mine.clone(), &theirs, false),
            (mine, &ours, true),
            (task("orders"), &ours, true),
            (task(arn), &ours, true),
            (task("order"), &ours, false),
            (task("task:orders"), &ours, false),
            (since(100), &ours, true),
            (since(101), &ours, false),
        ] {
            assert_eq!(wanted.wants(kept), want, "{wanted:?}");
        }
    }
}
