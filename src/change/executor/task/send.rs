//! What is sent for a task: one request, or several in order until one is not taken.

use super::{connections, end_of};
use crate::aws::{Sent, Signed};
use crate::change::confirmed::Confirmed;
use crate::change::executor::{Dispatch, Executor, Seen, noted, told};
use crate::change::facts::TaskFacts;
use crate::model::audit::Entry;
use crate::model::change::{Change, ReloadHow, TableName, Verb};
use crate::model::parts::Direction;

/// What one change asks for, in the order it is sent.
pub(in crate::change::executor) struct Batches {
    /// What each is called: `tables` or `connections`.
    noun: &'static str,
    names: Vec<String>,
    /// In one request.
    size: usize,
    /// Taken by the service.
    taken: usize,
    /// Sent with the last request.
    last: usize,
}

impl Batches {
    fn new(noun: &'static str, names: Vec<String>, size: usize) -> Self {
        Self { noun, names, size, taken: 0, last: 0 }
    }

    /// What the next request asks for.
    fn next(&mut self) -> std::ops::Range<usize> {
        let from = self.taken;
        self.last = self.size.min(self.names.len() - from);
        from..from + self.last
    }

    fn take(&mut self) {
        self.taken += self.last;
        self.last = 0;
    }

    /// The last request is known to have been taken, though no answer came.
    pub fn settle(&mut self) {
        self.take();
    }

    /// The service has taken something.
    pub fn is_begun(&self) -> bool {
        self.taken > 0
    }

    /// It has taken everything.
    pub fn is_whole(&self) -> bool {
        self.taken == self.names.len()
    }

    /// `tables 11 to 20 of 23 (a, b)`.
    fn words(&self, from: usize, to: usize) -> String {
        let names = self.names[from..to].join(", ");
        let (noun, all) = (self.noun, self.names.len());
        match to - from {
            1 => format!("{noun} {to} of {all} ({names})"),
            _ => format!("{noun} {} to {to} of {all} ({names})", from + 1),
        }
    }

    /// So far, for the audit.
    fn so_far(&self) -> String {
        format!("asked for so far: {}", self.words(0, self.taken))
    }

    /// What was asked for, what became of the last request, and what was never sent. Empty where all of it is one request.
    pub fn lines(&self, last: &str) -> Vec<String> {
        let (sent, all) = (self.taken + self.last, self.names.len());
        if all <= self.size {
            return Vec::new();
        }
        let line =
            |what: &str, from: usize, to: usize| (from < to).then(|| format!("{what}: {}", self.words(from, to)));
        let lines = [line("asked for", 0, self.taken), line(last, self.taken, sent), line("not sent", sent, all)];
        lines.into_iter().flatten().collect()
    }

    /// How many requests it takes.
    pub fn requests(&self) -> usize {
        self.names.len().div_ceil(self.size)
    }
}

/// Connections that are not being tested already, with their names.
pub(super) fn to_test(facts: &TaskFacts) -> Vec<(Direction, String)> {
    let testing = |at: usize| facts.connections[at].as_ref().is_some_and(|test| test.status.raw() == "testing");
    let all = connections(facts).into_iter().enumerate();
    all.filter(|(at, _)| !testing(*at)).map(|(at, name)| (end_of(at), name)).collect()
}

/// Requests of a reload, for whoever tells of it.
pub(super) fn of_tables(tables: &[TableName]) -> Batches {
    Batches::new("tables", tables.iter().map(TableName::shown).collect(), TableName::IN_ONE_REQUEST)
}

/// Some of it was taken, and the rest is not sent.
fn broken_off(batches: &Batches, why: Vec<String>) -> Vec<String> {
    let mut lines = vec!["done only in part".to_owned()];
    lines.extend(batches.lines(""));
    lines.extend(why);
    lines
}

impl Executor {
    /// Sends. Where it takes several requests, each is written into the audit before the next one, and the first that is
    /// not taken is the last.
    ///
    /// # Errors
    /// Lines that say why no more was sent, and what was.
    pub(in crate::change::executor) async fn send_task(
        &mut self,
        confirmed: &Confirmed<Change>,
        facts: &TaskFacts,
        signed: &Signed,
        verb: &Verb,
        entry: &mut Entry,
    ) -> Result<Dispatch, Vec<String>> {
        let arn = &facts.task.arn;
        let one = match verb {
            Verb::Start { from, until } => signed.start_task(arn, from, until.as_ref()).await,
            Verb::Resume { until } => signed.resume_task(arn, until.as_ref()).await,
            Verb::Reload { until } => signed.reload_task(arn, until.as_ref()).await,
            Verb::Stop => signed.stop_task(arn).await,
            Verb::ReloadTables { tables, how } => {
                return self.send_tables(confirmed, facts, signed, tables, *how, entry).await;
            }
            Verb::TestConnections => return self.send_tests(confirmed, facts, signed, entry).await,
        };
        Ok(Dispatch::one(one))
    }

    async fn send_tables(
        &mut self,
        confirmed: &Confirmed<Change>,
        facts: &TaskFacts,
        signed: &Signed,
        tables: &[TableName],
        how: ReloadHow,
        entry: &mut Entry,
    ) -> Result<Dispatch, Vec<String>> {
        let arn = &facts.task.arn;
        let mut batches = of_tables(tables);
        loop {
            let batch = &tables[batches.next()];
            let seen = match how {
                ReloadHow::Data => Seen::Tables(batch.to_vec()),
                ReloadHow::Validation => {
                    Seen::Nothing("whether tables are validated again cannot be seen from outside")
                }
            };
            let last = signed.reload_tables(arn, batch, how).await;
            if self.was_last(&last, &mut batches, entry).await? {
                return Ok(Dispatch { last, batches: Some(batches), seen });
            }
            if let Err(why) = self.may_go_on(confirmed, facts, signed).await {
                return Err(broken_off(&batches, why));
            }
        }
    }

    async fn send_tests(
        &mut self,
        confirmed: &Confirmed<Change>,
        facts: &TaskFacts,
        signed: &Signed,
        entry: &mut Entry,
    ) -> Result<Dispatch, Vec<String>> {
        let Some(instance) = &facts.task.instance else {
            let why =
                "nothing was sent: a serverless replication has no instance to test from, it tests when it starts";
            return Err(vec![why.to_owned()]);
        };
        // A test that is under way is of the same endpoint from the same instance: its result is the one that was asked for.
        let (ends, names): (Vec<Direction>, Vec<String>) = to_test(facts).into_iter().unzip();
        if ends.is_empty() {
            return Ok(Dispatch::one(Sent::Done { request_id: None }));
        }
        let mut batches = Batches::new("connections", names, 1);
        loop {
            let end = ends[batches.next().start];
            let last = signed.test_connection(instance, super::endpoint(&facts.task, end)).await;
            if self.was_last(&last, &mut batches, entry).await? {
                return Ok(Dispatch { last, batches: Some(batches), seen: Seen::Connection(end) });
            }
            if let Err(why) = self.may_go_on(confirmed, facts, signed).await {
                return Err(broken_off(&batches, why));
            }
        }
    }

    /// Before each request but the first, for which it was just looked: whether it is still meant, and the task still as it was.
    /// It alone is read again, in one request: where it stands between is not changed while it runs.
    async fn may_go_on(
        &self,
        confirmed: &Confirmed<Change>,
        facts: &TaskFacts,
        signed: &Signed,
    ) -> Result<(), Vec<String>> {
        if !confirmed.lives((self.time.now)()) {
            return Err(vec!["no more was sent: the confirmation is more than a minute old".to_owned()]);
        }
        let arn = &facts.task.arn;
        let read = signed.reader().tasks_in_full(std::slice::from_ref(arn)).await;
        let now = read.map_err(|problem| told("no more was sent: it could not be read again", &problem))?.value.pop();
        let Some(now) = now.filter(|task| task.arn == *arn) else {
            return Err(vec!["no more was sent: it is no longer there".to_owned()]);
        };
        let (then, now) = (facts.standing(), TaskFacts { task: now, ..facts.clone() }.standing());
        if then == now {
            return Ok(());
        }
        Err(vec![format!("no more was sent: it was changed meanwhile: {}", super::difference(&then, &now))])
    }

    /// Whether nothing more is sent: all of it was taken, or this was not.
    async fn was_last(&mut self, last: &Sent, batches: &mut Batches, entry: &mut Entry) -> Result<bool, Vec<String>> {
        let Sent::Done { request_id } = last else { return Ok(true) };
        batches.take();
        if batches.is_whole() {
            return Ok(true);
        }
        noted(entry, request_id.as_deref());
        entry.outcome = batches.so_far();
        match self.audit.advance(entry).await {
            Ok(()) => Ok(false),
            Err(error) => {
                Err(broken_off(batches, error.problem("the audit cannot be written, so no more was sent").lines()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("s.t{n}")).collect()
    }

    #[test]
    fn a_connection_that_is_being_tested_is_not_tested_again() {
        for (statuses, want) in [
            (["successful", "failed"], vec![Direction::Source, Direction::Target]),
            (["testing", "successful"], vec![Direction::Target]),
            (["failed", "testing"], vec![Direction::Source]),
            (["testing", "testing"], vec![]),
        ] {
            let mut facts = super::super::tests::facts();
            for (test, status) in facts.connections.iter_mut().flatten().zip(statuses) {
                test.status = status.into();
            }
            assert_eq!(to_test(&facts).into_iter().map(|(end, _)| end).collect::<Vec<_>>(), want, "{statuses:?}");
        }
    }

    #[test]
    fn twenty_three_tables_are_three_requests_and_each_table_is_in_one_of_them() {
        let mut batches = Batches::new("tables", names(23), 10);
        assert_eq!(batches.requests(), 3);
        let mut all = Vec::new();
        while !batches.is_whole() {
            all.push(batches.next());
            batches.take();
        }
        assert_eq!(all, [0..10, 10..20, 20..23]);
        assert_eq!(
            batches.lines("refused"),
            ["asked for: tables 1 to 23 of 23 (".to_owned() + &names(23).join(", ") + ")"]
        );
    }

    #[test]
    fn what_was_asked_for_refused_and_never_sent_adds_up() {
        let mut batches = Batches::new("tables", names(5), 2);
        batches.next();
        assert!(!batches.is_begun());
        assert_eq!(
            batches.lines("refused"),
            ["refused: tables 1 to 2 of 5 (s.t1, s.t2)", "not sent: tables 3 to 5 of 5 (s.t3, s.t4, s.t5)"]
        );
        batches.take();
        batches.next();
        assert!(batches.is_begun() && !batches.is_whole());
        assert_eq!(
            batches.lines("no answer came"),
            [
                "asked for: tables 1 to 2 of 5 (s.t1, s.t2)",
                "no answer came: tables 3 to 4 of 5 (s.t3, s.t4)",
                "not sent: tables 5 of 5 (s.t5)"
            ]
        );
        batches.settle();
        assert_eq!(batches.so_far(), "asked for so far: tables 1 to 4 of 5 (s.t1, s.t2, s.t3, s.t4)");
        // What is one request has nothing to add up.
        let mut few = Batches::new("tables", names(2), 10);
        few.next();
        assert!(few.lines("refused").is_empty());
    }
}
