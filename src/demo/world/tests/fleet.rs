//! Tasks made for scale: what a fleet shows is what its rows say.

use super::super::task::{self, Tables};
use super::super::{Setting, World};
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
