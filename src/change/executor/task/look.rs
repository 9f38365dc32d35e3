//! Whether something was done, by looking at what is there: for when no answer came. Only what can be known counts as done.

use crate::change::executor::Looked;
use crate::change::facts::TaskFacts;
use crate::model::change::{TableName, Verb};
use crate::model::parts::{ConnectionTest, Direction};
use crate::model::table::TableState;
use crate::model::task::TaskStatus;
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// Statuses between `created` and `running` of a serverless replication (section 2.6 of the DMS facts).
const PROVISIONING: [&str; 7] = [
    "initializing",
    "preparing_metadata_resources",
    "testing_connection",
    "fetching_metadata",
    "calculating_capacity",
    "provisioning_capacity",
    "replication_starting",
];

/// Of a task, beside what it was before sending.
pub(in crate::change::executor) fn looked(before: &TaskFacts, now: &TaskFacts, verb: &Verb) -> Looked {
    let (then, is) = (&before.task, &now.task);
    let done = match verb {
        Verb::Start { .. } | Verb::Resume { .. } | Verb::Reload { .. } => {
            is_starting(&is.status) && !is_starting(&then.status) || newer(then.stats.start, is.stats.start)
        }
        Verb::Stop => {
            let stopped = matches!(is.status, TaskStatus::Stopped) && newer(then.stats.stop, is.stats.stop);
            stopped || is.status == TaskStatus::Stopping && then.status != TaskStatus::Stopping
        }
        // Of those there is more to look at than the task.
        Verb::ReloadTables { .. } | Verb::TestConnections => false,
    };
    let state = is.status.raw().to_owned();
    let words = format!("it is {}{}", if done { "" } else { "still " }, shown(&state));
    Looked { done, words, state: Some(state) }
}

fn is_starting(status: &TaskStatus) -> bool {
    match status {
        TaskStatus::Starting | TaskStatus::Running => true,
        TaskStatus::Other(word) => PROVISIONING.contains(&word.raw()),
        _ => false,
    }
}

fn newer(then: Option<Timestamp>, now: Option<Timestamp>) -> bool {
    now.is_some() && now > then
}

/// Of one connection. A test that was under way before is not known to be ours.
pub(in crate::change::executor) fn looked_connection(before: &TaskFacts, now: &TaskFacts, end: Direction) -> Looked {
    let of = |facts: &TaskFacts| facts.connections[usize::from(end == Direction::Target)].clone();
    let status = |test: &Option<ConnectionTest>| test.as_ref().map_or("", |test| test.status.raw()).to_owned();
    let (then, is) = (status(&of(before)), status(&of(now)));
    let done = then != "testing" && then != is && !is.is_empty();
    let side = super::side(end);
    let word = if is.is_empty() { "nothing".into() } else { shown(&is) };
    let words = format!("the last test of the {side} says {}{word}", if done { "" } else { "still " });
    Looked { done, words, state: Some(now.task.status.raw().to_owned()) }
}

/// Of tables that were to be loaded again: each of them must be known to be.
pub(in crate::change::executor) fn looked_tables(before: &TaskFacts, now: &TaskFacts, names: &[TableName]) -> Looked {
    let find = |facts: &TaskFacts, name: &TableName| {
        facts.named.iter().find(|row| row.schema == name.schema && row.table == name.table).cloned()
    };
    let again = |name: &&TableName| match (find(before, name), find(now, name)) {
        // A load that was still to end says nothing about one that was to begin.
        (Some(then), Some(is)) if !then.state.is_unfinished() => {
            let ended = is.full_load_reloaded && newer(then.full_load_end, is.full_load_end);
            is.state == TableState::BeingReloaded || ended
        }
        _ => false,
    };
    let seen = names.iter().filter(again).count();
    let words = format!("a reload is seen of {seen} of {} tables", names.len());
    Looked { done: seen == names.len(), words, state: Some(now.task.status.raw().to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{facts, table};
    use super::*;
    use crate::model::Untrusted;
    use crate::model::change::StartFrom;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn with(status: TaskStatus, start: i64, stop: i64) -> TaskFacts {
        let mut facts = facts();
        (facts.task.status, facts.task.stats.start, facts.task.stats.stop) = (status, at(start), at(stop));
        facts
    }

    #[test]
    fn a_start_or_stop_is_known_by_status_or_by_a_newer_time() {
        use TaskStatus::{Failed, Ready, Running, Starting, Stopped, Stopping};
        let other = |word: &str| TaskStatus::Other(Untrusted::new(word));
        let start = Verb::Start { from: StartFrom::Beginning, until: None };
        let resume = Verb::Resume { until: None };
        let reload = Verb::Reload { until: None };
        // verb; before, started, stopped; now, started, stopped; done
        for (verb, before, now, done) in [
            (&start, (Ready, 1, 1), (Ready, 1, 1), false),
            (&start, (Ready, 1, 1), (Starting, 1, 1), true),
            (&start, (other("created"), 1, 1), (other("provisioning_capacity"), 1, 1), true),
            (&start, (other("created"), 1, 1), (other("created"), 1, 1), false),
            (&start, (other("created"), 1, 1), (other("something_new"), 1, 1), false),
            (&resume, (Stopped, 1, 2), (Running, 1, 2), true),
            (&resume, (Stopped, 1, 2), (Stopped, 1, 2), false),
            // So short that it was over before anybody looked.
            (&reload, (Stopped, 1, 2), (Stopped, 3, 4), true),
            (&reload, (Failed, 1, 2), (Failed, 3, 4), true),
            (&reload, (Failed, 1, 2), (Failed, 1, 2), false),
            (&Verb::Stop, (Running, 1, 0), (Running, 1, 0), false),
            (&Verb::Stop, (Running, 1, 0), (Stopping, 1, 0), true),
            (&Verb::Stop, (Running, 3, 2), (Stopped, 3, 4), true),
            // An older stop is no answer.
            (&Verb::Stop, (Running, 3, 2), (Stopped, 3, 2), false),
            (&Verb::Stop, (Running, 3, 2), (Failed, 3, 4), false),
        ] {
            let (before, now) = (with(before.0, before.1, before.2), with(now.0, now.1, now.2));
            let got = looked(&before, &now, verb);
            assert_eq!(got.done, done, "{verb:?} {:?} {:?}", before.task.status, now.task.status);
            assert_eq!(got.words.contains("still"), !done);
            assert_eq!(got.state.as_deref(), Some(now.task.status.raw()));
        }
    }

    #[test]
    fn a_test_is_known_by_what_it_says_now_and_did_not_say_before() {
        for (then, is, done) in [
            ("successful", "testing", true),
            ("failed", "successful", true),
            ("successful", "successful", false),
            ("testing", "successful", false),
            ("testing", "testing", false),
        ] {
            let tested = |status: &str| {
                let mut facts = facts();
                facts.connections[1].as_mut().unwrap().status = Untrusted::new(status);
                facts
            };
            let got = looked_connection(&tested(then), &tested(is), Direction::Target);
            assert_eq!(got.done, done, "{then} {is}");
            assert!(got.words.contains("test of the target says"), "{}", got.words);
        }
    }

    #[test]
    fn a_reload_of_tables_is_known_only_for_all_of_them() {
        use TableState::{BeforeLoad, BeingReloaded, Completed, Error};
        // state, end of load, reloaded: before, now
        for (then, is, done) in [
            ((Completed, 1, false), (BeingReloaded, 1, true), true),
            ((Error, 1, false), (BeingReloaded, 1, false), true),
            ((Completed, 1, true), (Completed, 2, true), true),
            ((Completed, 1, true), (Completed, 1, true), false),
            ((Completed, 1, false), (Completed, 2, false), false),
            ((BeingReloaded, 1, true), (BeingReloaded, 1, true), false),
            ((BeingReloaded, 1, true), (Completed, 2, true), false),
            ((BeforeLoad, 0, false), (Completed, 2, true), false),
        ] {
            let row = |name: &str, of: &(TableState, i64, bool)| {
                let (mut facts, mut row) = (facts(), table(name));
                (row.state, row.full_load_end, row.full_load_reloaded) = (of.0.clone(), at(of.1), of.2);
                facts.named.push(row);
                facts
            };
            let name = |name: &str| TableName { schema: "shop".into(), table: name.into() };
            let (before, now) = (row("a", &then), row("a", &is));
            assert_eq!(looked_tables(&before, &now, &[name("a")]).done, done, "{then:?} {is:?}");
            // One that is not known keeps all of them from being known.
            let both = looked_tables(&before, &now, &[name("a"), name("absent")]);
            assert!(!both.done && both.words.contains("of 2 tables"), "{}", both.words);
        }
    }
}
