//! Tasks: what is said of a change that the service has taken. `send.rs` sends, `look.rs` tells by looking whether it was
//! done, `difference.rs` says what changed before sending.

mod difference;
mod look;
mod send;

pub(super) use difference::difference;
pub(super) use look::{looked, looked_connection, looked_tables};
pub(super) use send::Batches;

use super::Executor;
use crate::aws::Signed;
use crate::change::facts::TaskFacts;
use crate::change::legal;
use crate::model::change::{Meant, Verb, VerbKind};
use crate::model::parts::Direction;
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, ReplicationArn};

/// What each end of a task is called.
pub(super) fn side(end: Direction) -> &'static str {
    match end {
        Direction::Source => "source",
        Direction::Target => "target",
    }
}

fn end_of(index: usize) -> Direction {
    if index == 0 { Direction::Source } else { Direction::Target }
}

fn endpoint(task: &Task, end: Direction) -> &EndpointArn {
    match end {
        Direction::Source => &task.source,
        Direction::Target => &task.target,
    }
}

/// Both connections of a task: `source shop-prod`.
fn connections(facts: &TaskFacts) -> [String; 2] {
    let named = |end: Direction, endpoint: Option<&crate::model::parts::Endpoint>| match endpoint {
        Some(endpoint) => format!("{} {}", side(end), endpoint.name.shown()),
        None => format!("{} {}", side(end), shown(&self::endpoint(&facts.task, end).0)),
    };
    [named(Direction::Source, facts.source.as_ref()), named(Direction::Target, facts.target.as_ref())]
}

impl Executor {
    /// What was begun, how it goes on, and the status it has by now.
    pub(super) async fn done_task(
        &self,
        facts: &TaskFacts,
        task: &Meant,
        verb: &Verb,
        signed: &Signed,
    ) -> (Vec<String>, Option<String>) {
        let name = task.name.shown();
        // The status alone: what it stands between has not changed by this.
        let status = match verb.kind() {
            VerbKind::ReloadTables | VerbKind::ValidateTables | VerbKind::TestConnections => {
                Some(facts.task.status.raw().to_owned())
            }
            VerbKind::Start | VerbKind::Resume | VerbKind::Reload | VerbKind::Stop => status(signed, &task.arn).await,
        };
        let is = status
            .as_deref()
            .map_or_else(|| "its status could not be read".to_owned(), |status| format!("it is {} now", shown(status)));
        let end = verb.until().map(|until| format!("it ends by itself at {}", shown(until.raw())));
        let lines = match verb {
            Verb::Start { .. } => vec![format!("started {name} (start-replication): {is}")],
            Verb::Resume { .. } => vec![format!("resumed {name} (resume-processing): {is}")],
            Verb::Reload { .. } => vec![format!("all of {name} is being loaded again (reload-target): {is}")],
            Verb::Stop => vec![
                format!("{name} was told to stop: {is}"),
                "StopReason and RecoveryCheckpoint are there when it has stopped.".to_owned(),
                match legal::resume_after(facts, None, &self.safeguards) {
                    None => format!("go on afterwards with: cutover resume {name}"),
                    Some(refusal) => format!("as things stand it is not resumed from here: {}", refusal.why),
                },
            ],
            Verb::ReloadTables { tables, .. } => {
                let requests = send::of_tables(tables).requests();
                let words = match verb.kind() {
                    VerbKind::ValidateTables => "validated again",
                    _ => "loaded again",
                };
                vec![format!(
                    "{} of {name} to be {words}, asked for in {}",
                    count(tables.len(), "table"),
                    count(requests, "request")
                )]
            }
            Verb::TestConnections => {
                let known = match send::to_test(facts).len() {
                    0 => " (both were being tested already: nothing was sent)",
                    1 => " (one of them was being tested already: only the other was asked for)",
                    _ => "",
                };
                vec![
                    format!("the connections of {name} are being tested: {}{known}", connections(facts).join(", ")),
                    "The results are there when both tests have ended.".to_owned(),
                ]
            }
        };
        let stop = matches!(verb, Verb::Start { .. } | Verb::Resume { .. } | Verb::Reload { .. })
            .then(|| format!("stop it with: cutover stop {name}"));
        (lines.into_iter().chain(end).chain(stop).collect(), status)
    }
}

async fn status(signed: &Signed, arn: &ReplicationArn) -> Option<String> {
    let mut tasks = signed.reader().tasks_in_full(std::slice::from_ref(arn)).await.ok()?.value;
    tasks.pop().map(|task| task.status.raw().to_owned())
}

fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::change::{Destination, Standing};
    use crate::model::parts::{ConnectionTest, Endpoint};
    use crate::model::settings;
    use crate::model::table::{AppliedCounts, Counts, TableRow, TableState};
    use crate::model::task::{MigrationType, TaskStats, TaskStatus};
    use crate::model::{InstanceArn, TaskName, Untrusted};
    use jiff::Timestamp;

    const SETTINGS: &str = r#"{"FullLoadSettings":{"TargetTablePrepMode":"DO_NOTHING"}}"#;

    /// A stopped task between two databases.
    pub fn facts() -> TaskFacts {
        let at = |second| Timestamp::from_second(second).ok();
        let text = |text: &str| Some(Untrusted::new(text));
        let endpoint = |name: &str, direction| Endpoint {
            arn: EndpointArn(name.into()),
            name: name.into(),
            direction: Some(direction),
            host: text(&format!("{name}.example")),
            database: text("shop"),
            ..Endpoint::default()
        };
        let instance = InstanceArn("rep".into());
        let tested = |name: &str| {
            let (instance, endpoint) = (instance.clone(), EndpointArn(name.into()));
            Some(ConnectionTest { instance, endpoint, status: "successful".into(), last_failure: None })
        };
        TaskFacts {
            task: Task {
                arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:X").unwrap(),
                name: TaskName::new("orders"),
                migration_type: MigrationType::FullLoadAndCdc,
                status: TaskStatus::Stopped,
                stop_reason: text("Stop Reason NORMAL"),
                last_failure: None,
                source: EndpointArn("src".into()),
                target: EndpointArn("tgt".into()),
                instance: Some(instance.clone()),
                stats: TaskStats { fresh_start: at(1), start: at(1), stop: at(2), ..TaskStats::default() },
                table_mappings: Some("{}".into()),
                settings: Some(SETTINGS.into()),
                cdc_start_position: None,
                cdc_stop_position: None,
                recovery_checkpoint: text("checkpoint:V1#7"),
            },
            settings: settings::parse(SETTINGS).unwrap(),
            source: Some(endpoint("src", Direction::Source)),
            target: Some(endpoint("tgt", Direction::Target)),
            places: ["src", "tgt"].map(|name| Ok(Destination::new(&format!("{name}.example"), "shop"))),
            named: Vec::new(),
            read_at: Timestamp::UNIX_EPOCH,
            connections: [tested("src"), tested("tgt")],
        }
    }

    pub fn standing(facts: &TaskFacts) -> Standing {
        facts.standing()
    }

    pub fn table(name: &str) -> TableRow {
        TableRow {
            schema: "shop".into(),
            table: name.into(),
            state: TableState::Completed,
            captured: Counts::default(),
            applied: AppliedCounts::default(),
            full_load_rows: 0,
            full_load_start: None,
            full_load_end: None,
            full_load_reloaded: false,
            validation: None,
            validation_details: None,
            validation_pending: 0,
            validation_failed: 0,
            validation_suspended: 0,
            last_update: None,
        }
    }

    #[test]
    fn a_test_of_a_shared_connection_is_no_difference_for_another_test() {
        let tested = |verb: &Verb| {
            let mut facts = facts();
            let then = facts.standing_for(verb);
            facts.connections[0].as_mut().unwrap().status = "testing".into();
            then == facts.standing_for(verb)
        };
        assert!(tested(&Verb::TestConnections));
        assert!(!tested(&Verb::Resume { until: None }));
    }

    #[test]
    fn what_moves_by_itself_while_a_task_runs_is_no_difference() {
        let mut facts = facts();
        facts.task.status = TaskStatus::Running;
        let then = facts.standing();
        facts.task.recovery_checkpoint = Some("checkpoint:V1#8".into());
        assert_eq!(then, facts.standing());
        facts.task.status = TaskStatus::Stopped;
        assert!(facts.standing().recovery_checkpoint.is_some());
    }
}
