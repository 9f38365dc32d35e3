//! What the tasks wrote before the world opened: three hours of regular lines, and every start, load, error and stop that
//! the describe operations tell of.

use super::lines;
use crate::demo::world::World;
use crate::demo::world::metrics::{BACKFILL_MINUTES, MINUTE, minute_of};
use crate::demo::world::task::Tables;
use crate::model::table::TableState;
use crate::model::task::TaskStatus;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Minutes of a task that exists only on the wire: there may be hundreds of them.
const FLEET_MINUTES: i64 = 10;

pub fn backfill(world: &mut World, now: Timestamp) {
    for index in 0..world.tasks.len() {
        one(world, index, now);
        let log = Arc::make_mut(&mut world.tasks[index].log);
        log.sort();
        log.minute = Some(minute_of(now));
    }
}

fn one(world: &mut World, index: usize, now: Timestamp) {
    let task = &mut world.tasks[index];
    let times = task.times;
    let kept = matches!(task.tables, Tables::Kept(_));
    if let Some(start) = times.start {
        lines::started(task, times.fresh_start == times.start, start);
    }
    if kept {
        tables(world, index);
    }
    let task = &mut world.tasks[index];
    if let Some(stop) = times.stop {
        match task.last_failure.clone() {
            Some(failure) => lines::failed(task, &failure, stop),
            None => lines::stopped(task, &task.stop_reason.clone().unwrap_or_default(), stop),
        }
    }
    if task.status != TaskStatus::Running || !task.def.migration_type.has_cdc() {
        return;
    }
    let minutes = if kept { BACKFILL_MINUTES } else { FLEET_MINUTES };
    for back in (1..=minutes).rev() {
        let minute = minute_of(now) - SignedDuration::from_secs(back * MINUTE);
        if times.start.is_none_or(|start| start <= minute) {
            lines::one_minute(world, index, minute, now);
        }
    }
}

/// Loads that came through, and the tables that did not.
fn tables(world: &mut World, index: usize) {
    let rows: Vec<_> = world.tasks[index].kept().iter().map(|table| table.shown.clone()).collect();
    let failed = world.tasks[index].status == TaskStatus::Failed;
    for row in rows {
        let (schema, table) = (row.schema.raw(), row.table.raw());
        let ends = row.full_load_end.zip(row.full_load_start);
        match row.state {
            TableState::Error if failed => {
                let task = &mut world.tasks[index];
                let Some(stop) = task.times.stop else { continue };
                if table == "document" {
                    lines::column_dropped(task, schema, table, "body", stop - SignedDuration::from_secs(5));
                }
                lines::csv_failed(task, schema, table, stop - SignedDuration::from_secs(2));
            }
            TableState::Error => {
                if let Some(at) = row.last_update {
                    lines::table_error(world, index, schema, table, at);
                }
            }
            _ => {
                if let Some((end, start)) = ends {
                    let task = &mut world.tasks[index];
                    lines::load_started(task, schema, table, start);
                    lines::load_ended(task, schema, table, row.full_load_rows, end);
                }
            }
        }
    }
}
