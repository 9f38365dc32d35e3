//! Tasks made for scale: what a fleet shows is what its rows say.

use super::super::task::{self, Tables};
use super::super::{Setting, Value, World};
use super::seconds;
use crate::demo::clock::FROZEN_AT;
use crate::model::table::TableState;
use jiff::SignedDuration;

#[test]
fn a_fleets_counts_are_those_of_its_rows_in_every_status() {
    let setting = Setting { seed: 3, fleet: Some("200x120".parse().unwrap()), ..Setting::default() };
    let mut world = World::new(setting, FROZEN_AT);
    assert_eq!(world.tasks.iter().filter(|task| task.is_serverless()).count(), 20);
    for minutes in [0, 30, 300] {
        let now = FROZEN_AT + SignedDuration::from_mins(minutes);
        world.advance(now);
        for task in world.tasks.iter().filter(|task| task.has_run()) {
            let mut counts = task::Counts::default();
            (0..task.table_count()).for_each(|index| counts.add(&task.table_state(index, now)));
            assert_eq!(counts, task.counts(now), "{} {:?} after {minutes} minutes", task.def.name, task.status);
            let Tables::Fleet(fleet) = &task.tables else { panic!("a fleet keeps no rows") };
            let row = task.table_row(7, now);
            assert_eq!(fleet.find(row.schema.raw(), row.table.raw()), Some(7));
        }
    }
    let statuses: std::collections::BTreeSet<_> = world.tasks.iter().map(|task| task.status.raw().to_owned()).collect();
    assert!(statuses.len() >= 5, "{statuses:?}");
}

#[test]
fn a_fleets_load_runs_on_and_ends_by_itself() {
    let setting = Setting { seed: 3, fleet: Some("100x50".parse().unwrap()), ..Setting::default() };
    let mut world = World::new(setting, FROZEN_AT);
    let loading = |task: &&task::Task| task.times.load_finish.is_none() && task.times.load_start.is_some();
    let name = world.tasks.iter().filter(loading).map(|task| task.def.name.clone()).next().unwrap();
    let index = world.by_name(&name).unwrap();
    let before = world.tasks[index].counts(FROZEN_AT);
    let soon = FROZEN_AT + seconds(120);
    world.advance(soon);
    assert!(world.tasks[index].counts(soon).loaded >= before.loaded);
    let end = FROZEN_AT + SignedDuration::from_mins(60);
    world.advance(end);
    assert_eq!(world.tasks[index].counts(end).queued, 0);
    assert_eq!(world.tasks[index].table_state(0, end), TableState::Completed);
    assert!(world.tasks[index].times.load_finish.is_some());
}

#[test]
fn a_serverless_replication_is_provisioned_runs_and_stops_with_reason_and_checkpoint() {
    let setting = Setting { seed: 3, fleet: Some("600x5".parse().unwrap()), ..Setting::default() };
    let mut world = World::new(setting, FROZEN_AT);
    let created = |task: &&task::Task| {
        task.is_serverless() && task.status.raw() == "created" && task.def.migration_type.has_cdc()
    };
    let arn = world.tasks.iter().find(created).unwrap().def.arn.clone();
    let index = world.by_arn(arn.as_str()).unwrap();
    let key = || ("ReplicationConfigArn", Value::from(arn.as_str()));
    let start = Value::map([key(), ("StartReplicationType", "start-replication".into())]);
    let stop = Value::map([key()]);
    assert_eq!(world.change("StopReplication", &stop, FROZEN_AT).unwrap_err().code, "InvalidResourceStateFault");
    let answer = world.change("StartReplication", &start, FROZEN_AT).unwrap();
    let replication = answer.get("Replication").unwrap();
    assert_eq!(replication.text_of("Status"), Some("initializing"));
    let mut seen = Vec::new();
    for second in 0..12 {
        world.advance(FROZEN_AT + seconds(second));
        seen.push(world.tasks[index].status.raw().to_owned());
    }
    seen.dedup();
    assert_eq!(seen.join(" "), super::super::time::PROVISIONING.join(" ") + " running");
    let now = FROZEN_AT + seconds(20);
    // Of the other kind nobody is called so.
    let classic = Value::map([("ReplicationTaskArn", arn.as_str().into())]);
    assert_eq!(world.change("StopReplicationTask", &classic, now).unwrap_err().code, "ResourceNotFoundFault");
    assert!(world.tasks[index].checkpoint.is_none() && world.tasks[index].stop_reason.is_none());
    world.change("StopReplication", &stop, now).unwrap();
    world.advance(now + seconds(5));
    let task = &world.tasks[index];
    assert_eq!((task.status.raw(), task.stop_reason.as_deref()), ("stopped", Some("Stop Reason NORMAL")));
    assert!(task.checkpoint.is_some());
    let refused = world.change("StartReplication", &start, now + seconds(6)).unwrap_err();
    let words = "Start Type : START_REPLICATION, valid only for replications running for the first time";
    assert_eq!((refused.code, refused.message.as_str()), ("InvalidParameterCombinationException", words));
}
