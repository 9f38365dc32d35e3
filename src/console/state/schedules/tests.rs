//! When each row fires, what it does to tasks, and that time going on is enough to change it.

use super::*;
use crate::console::fixtures::lists::{call, schedule, schedules};
use crate::console::fixtures::{after, now, tasks};
use crate::model::schedule::{Deed, Target};
use jiff::SignedDuration;

fn world() -> World {
    let mut world = World::default();
    world.set_tasks(tasks(), now());
    world
}

fn taken(new: Vec<Schedule>) -> (World, Schedules) {
    let (mut world, mut schedules) = (world(), Schedules::default());
    schedules.list.set_height(100);
    schedules.take(&mut world, new, now());
    (world, schedules)
}

fn names(world: &World, schedules: &Schedules) -> Vec<String> {
    schedules.list.visible().map(|(_, row)| world.schedules[row].name.raw().to_owned()).collect()
}

#[test]
fn what_is_not_known_comes_first_then_the_soonest_and_last_what_no_clock_starts() {
    let (world, schedules) = taken(schedules());
    assert_eq!(
        names(&world, &schedules),
        [
            "fortnightly",
            "not-readable",
            "on-mars",
            "dms-lag-probe",
            "orders-reload",
            "orders-count-check",
            "staging-refresh-nightly",
            "staging-refresh-weekly",
            "yearly-archive",
            "AutoScalingManagedRule",
            "billing-cutover-stop",
            "dms-api-calls",
            "dms-failures",
            "last-year",
            "migration-report-weekly",
        ]
    );
}

#[test]
fn a_start_clashes_only_where_it_will_fire_and_its_task_runs() {
    let start = |id: &str| call("startReplicationTask", id);
    let daily = |target: Target| schedule("s", "UTC", "cron(0 8 * * ? *)", target);
    for (schedule, clashes) in [
        (daily(start("ORDERSXCDC")), true),
        (daily(start("INVENTORYXCDC")), true),
        (daily(start("STAGINGXREFRESH")), false),
        (daily(start("NOTXLISTED")), false),
        (daily(call("stopReplicationTask", "ORDERSXCDC")), false),
        (Schedule { state: ScheduleState::Disabled, ..daily(start("ORDERSXCDC")) }, false),
        (Schedule { state: ScheduleState::Other("PAUSED".into()), ..daily(start("ORDERSXCDC")) }, true),
        (schedule("s", "UTC", "at(2020-01-01T00:00:00)", start("ORDERSXCDC")), false),
    ] {
        let (_, schedules) = taken(vec![schedule.clone()]);
        assert_eq!(schedules.lines[0].clashes(), clashes, "{schedule:?}");
        assert_eq!(schedules.clashes, usize::from(clashes));
    }
}

#[test]
fn what_a_target_does_is_told_by_name_or_told_to_be_hidden() {
    let (world, schedules) = taken(schedules());
    for (name, want) in [
        ("staging-refresh-weekly", "starts staging-refresh"),
        ("billing-cutover-stop", "stops billing-cdc"),
        ("orders-count-check", "names orders-cdc"),
        ("yearly-archive", "starts NOTXLISTED"),
        ("staging-refresh-nightly", "hidden: a Lambda function, hidden: an SSM document"),
        ("dms-api-calls", "a log group"),
        ("AutoScalingManagedRule", "not read"),
        // Its target is known, what it is told is not.
        ("not-readable", "not read"),
    ] {
        let row = world.schedules.iter().position(|one| one.name.raw() == name).unwrap();
        assert_eq!(starts_words(&schedules.lines[row]), want, "{name}");
    }
}

#[test]
fn a_task_that_starts_or_goes_changes_the_row_without_a_new_list() {
    let (mut world, mut schedules) =
        taken(vec![schedule("s", "UTC", "cron(0 8 * * ? *)", call("startReplicationTask", "STAGINGXREFRESH"))]);
    assert!(!schedules.lines[0].clashes());
    let mut running = tasks();
    running.iter_mut().find(|task| task.name.raw() == "staging-refresh").unwrap().status =
        crate::model::task::TaskStatus::Running;
    world.set_tasks(running, now());
    schedules.join(&world, now());
    assert!(schedules.lines[0].clashes());
    world.set_tasks(vec![], now());
    schedules.join(&world, now());
    let Some(Does::Task { deed: Deed::Starts, name: None, clash: false, .. }) =
        schedules.lines[0].does.as_ref().and_then(|does| does.first())
    else {
        panic!("{:?}", schedules.lines[0].does)
    };
}

#[test]
fn time_alone_brings_the_next_time_and_marks_what_is_soon() {
    let hourly = schedule("s", "UTC", "cron(37 0/2 * * ? *)", call("startReplicationTask", "X"));
    let (world, mut schedules) = taken(vec![hourly.clone()]);
    let next = |schedules: &Schedules| schedules.lines[0].next.as_ref().unwrap().timestamp();
    assert_eq!(next(&schedules).to_string(), "2026-11-22T14:37:00Z");
    assert!(is_soon(&hourly, &schedules.lines[0], now()));
    let until = schedules.told_until.unwrap();
    assert_eq!(until, next(&schedules));
    schedules.pass(&world, until);
    assert_eq!(next(&schedules).to_string(), "2026-11-22T16:37:00Z");
    assert!(!is_soon(&hourly, &schedules.lines[0], until));
    // The hour before it is a moment of its own.
    assert_eq!(schedules.told_until, next(&schedules).checked_sub(SOON).ok());
    let off = Schedule { state: ScheduleState::Disabled, ..hourly };
    assert!(!is_soon(&off, &schedules.lines[0], next(&schedules) - SignedDuration::from_secs(1)));
}

#[test]
fn the_cursor_stays_on_its_schedule_when_the_list_comes_anew() {
    let (mut world, mut schedules) = taken(schedules());
    let rows = ScheduleRows { schedules: &world.schedules, lines: &schedules.lines, now: now() };
    schedules.list.go(4, &rows);
    assert_eq!(schedules.list.key().unwrap().2.raw(), "orders-reload");
    let mut new = self::schedules();
    new.reverse();
    new.retain(|one| one.name.raw() != "on-mars");
    schedules.take(&mut world, new, after(60));
    assert_eq!(schedules.list.key().unwrap().2.raw(), "orders-reload");
    let line = schedules.list.row().map(|row| &schedules.lines[row]).unwrap();
    assert!(line.clashes(), "its line went with it");
}

#[test]
fn dead_subscriptions_come_first() {
    let mut world = World::default();
    world.subscriptions = crate::console::fixtures::lists::subscriptions();
    let names: Vec<&str> = subscriptions(&world).into_iter().map(|one| one.name.raw()).collect();
    assert_eq!(names, ["dms-oncall", "dms-silent", "dms-changes", "dms-old", "dms-failures"]);
}
