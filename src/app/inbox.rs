//! What the rest of the house has to say to the console. Senders never wait; the newest report per scope and subject wins.

use crate::console::message::Message;
use crate::model::validation::{RunEvent, RunId};
use crate::model::{Report, Scope, Subject};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Shared between every task that has something to say and the one loop that listens.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// In order: connections, problems, streams.
    queue: Vec<Message>,
    reports: BTreeMap<(Scope, Subject), Newest>,
    traffic: Option<Message>,
    /// Of a validation that runs only the newest progress counts.
    progress: BTreeMap<RunId, Message>,
}

/// A failure does not erase the answer that came just before it: the last good data stays on screen.
#[derive(Debug, Default)]
struct Newest {
    observed: Option<Report>,
    failed: Option<Report>,
}

impl Inbox {
    pub fn send(&self, message: Message) {
        let mut waiting = self.lock();
        match message {
            // A failure of a stream must not overtake the lines before it.
            Message::Report(report) if report.key().1.is_stream() => waiting.queue.push(Message::Report(report)),
            Message::Report(report) => {
                let (scope, subject) = report.key();
                let newest = waiting.reports.entry((scope.clone(), subject.clone())).or_default();
                match report {
                    Report::Observed { .. } => *newest = Newest { observed: Some(report), failed: None },
                    Report::Failed { .. } => newest.failed = Some(report),
                }
            }
            Message::Traffic { .. } => waiting.traffic = Some(message),
            Message::ValidationEvent { run, event } if matches!(*event, RunEvent::Progress(_)) => {
                waiting.progress.insert(run.clone(), Message::ValidationEvent { run, event });
            }
            other => waiting.queue.push(other),
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// Comes back when something was sent since the last [`Inbox::drain`].
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Everything that waits: the queue first, so that a connection is known before what came through it.
    pub fn drain(&self) -> Vec<Message> {
        let Waiting { queue, reports, traffic, progress } = std::mem::take(&mut *self.lock());
        let reports = reports.into_values().flat_map(|newest| [newest.observed, newest.failed]);
        queue
            .into_iter()
            .chain(reports.flatten().map(Message::Report))
            .chain(traffic)
            .chain(progress.into_values())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::{Observation, VERSION, Value};
    use crate::model::{AccountId, Problem, ProblemKind, Region};
    use jiff::Timestamp;

    fn scope(account: &str) -> Scope {
        Scope { profile: "p".into(), account: AccountId(account.into()), region: Region("eu-west-1".into()) }
    }

    fn observed(account: &str, subject: Subject, second: i64) -> Message {
        let received = Timestamp::from_second(second).unwrap();
        let value = Value::Tasks(vec![]);
        let scope = scope(account);
        let observation = Box::new(Observation { version: VERSION, scope, subject, value, as_of: None, received });
        Message::Report(Report::Observed { observation, every: None })
    }

    fn failed(account: &str, subject: Subject) -> Message {
        let problem = Box::new(Problem {
            kind: ProblemKind::Timeout,
            summary: "no answer".into(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: Timestamp::UNIX_EPOCH,
        });
        Message::Report(Report::Failed { scope: scope(account), subject, problem, retry_at: None })
    }

    #[test]
    fn the_newest_report_wins_per_scope_and_subject() {
        let cases: [(Vec<Message>, Vec<Message>); 5] = [
            (
                vec![observed("1", Subject::Tasks, 1), observed("1", Subject::Tasks, 2)],
                vec![observed("1", Subject::Tasks, 2)],
            ),
            (
                vec![observed("2", Subject::Tasks, 1), observed("1", Subject::Tasks, 2)],
                vec![observed("1", Subject::Tasks, 2), observed("2", Subject::Tasks, 1)],
            ),
            (
                vec![observed("1", Subject::Tasks, 1), failed("1", Subject::Tasks)],
                vec![observed("1", Subject::Tasks, 1), failed("1", Subject::Tasks)],
            ),
            (
                vec![failed("1", Subject::Tasks), observed("1", Subject::Tasks, 1)],
                vec![observed("1", Subject::Tasks, 1)],
            ),
            (
                vec![failed("1", Subject::Metrics), Message::TerminalSlow, Message::TerminalSlow],
                vec![Message::TerminalSlow, Message::TerminalSlow, failed("1", Subject::Metrics)],
            ),
        ];
        for (sent, want) in cases {
            let inbox = Inbox::default();
            for message in sent {
                inbox.send(message);
            }
            assert_eq!(inbox.drain(), want);
            assert_eq!(inbox.drain(), vec![]);
        }
    }

    #[test]
    fn nothing_of_a_stream_is_dropped_and_it_stays_in_order() {
        let inbox = Inbox::default();
        let sent = [observed("1", Subject::Events, 1), failed("1", Subject::Events), observed("1", Subject::Events, 2)];
        for message in sent.clone() {
            inbox.send(message);
        }
        assert_eq!(inbox.drain(), sent);
    }

    #[test]
    fn ten_thousand_reports_take_the_room_of_one() {
        let inbox = Inbox::default();
        for second in 0..10_000 {
            inbox.send(observed("1", Subject::Tasks, second));
            inbox.send(Message::Traffic { requests_last_minute: 1, dollars_per_day: Some(0.1), dollars_cap: 20.0 });
        }
        assert_eq!(inbox.drain().len(), 2);
    }
}
