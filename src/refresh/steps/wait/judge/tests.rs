//! Loads, as DMS tells of them, and what is made of it.

use super::*;
use crate::model::refresh::LoadedTable;
use crate::refresh::plan::watch::tests::plan;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn task(status: &str, reason: Option<&str>, errored: i32) -> Task {
    serde_json::from_value(json!({
        "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "nightly", "migration_type": "full-load",
        "status": status, "stop_reason": reason, "last_failure": null, "source": "s", "target": "t", "instance": null,
        "stats": {"full_load_progress_percent": 100, "elapsed_ms": null, "tables_loaded": 0, "tables_loading": 0,
                  "tables_queued": 0, "tables_errored": errored, "fresh_start": at(0), "start": at(0), "stop": null,
                  "full_load_start": null, "full_load_finish": null},
        "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
        "recovery_checkpoint": null
    }))
    .unwrap()
}

fn row(table: &str, state: &str, end: Option<i64>, update: Option<i64>) -> TableRow {
    TableRow {
        schema: "shop".into(),
        table: table.into(),
        state: state.to_owned().into(),
        captured: crate::model::table::Counts::default(),
        applied: crate::model::table::AppliedCounts::default(),
        full_load_rows: 10,
        full_load_start: None,
        full_load_end: end.map(at),
        full_load_reloaded: false,
        validation: None,
        validation_details: None,
        validation_pending: 0,
        validation_failed: 0,
        validation_suspended: 0,
        last_update: update.map(at),
    }
}

fn planned(load: Load) -> Plan {
    let table = |name: &str| LoadedTable {
        source: ("shop".into(), name.into()),
        target: ("shop".into(), name.into()),
        rows_source: None,
        rows_target: None,
        only_target: None,
    };
    Plan { load, tables: vec![table("a"), table("b")], ..plan(&[]) }
}

const FINISHED: Option<&str> = Some("Stop Reason FULL_LOAD_ONLY_FINISHED");
const DONE: &str = "Table completed";

#[test]
fn only_a_finished_load_with_every_table_complete_and_none_in_error_is_complete() {
    let good = || vec![row("a", DONE, Some(5), Some(6)), row("b", DONE, Some(7), Some(8))];
    let with = |second: TableRow| vec![row("a", DONE, Some(5), Some(6)), second];
    for (task, rows, want) in [
        (task("stopped", FINISHED, 0), good(), "complete"),
        (task("stopped", FINISHED, 0), with(row("b", DONE, None, None)), "complete"),
        // A hundred percent says nothing.
        (task("running", None, 0), good(), "going"),
        (task("starting", FINISHED, 0), good(), "going"),
        (task("stopped", FINISHED, 1), good(), "late: the load finished, and DMS counts 1"),
        (
            task("stopped", FINISHED, 0),
            with(row("b", "Full load", None, Some(6))),
            "late: the load finished, and 1 of 2",
        ),
        (task("stopped", FINISHED, 0), vec![row("a", DONE, Some(5), Some(6))], "late: the load finished, and 1 of 2"),
        // As it was left by the load before.
        (task("stopped", FINISHED, 0), with(row("b", DONE, Some(-5), Some(-4))), "late: the load finished, and 1 of 2"),
        (task("stopped", FINISHED, 0), with(row("b", "Table error", None, Some(-4))), "late: "),
        (
            task("stopped", FINISHED, 0),
            with(row("b", "Table error", None, Some(6))),
            "failed: the load finished with tables in error: shop.b (Table error)",
        ),
        (task("stopped", FINISHED, 0), with(row("b", "Table does not exist", None, None)), "failed: "),
        (task("stopped", None, 0), good(), "late: the task has stopped"),
        (
            task("stopped", Some("Stop Reason NORMAL"), 0),
            good(),
            "failed: the load did not finish: the task stopped (NORMAL)",
        ),
        (
            task("failed", Some("Stop Reason FATAL_ERROR Error Level FATAL"), 0),
            good(),
            "failed: the task failed: FATAL_ERROR",
        ),
        (task("deleting", None, 0), good(), "failed: the task is deleted"),
    ] {
        let judged = judge(&planned(Load::FullLoad), &task, &rows, at(0)).0;
        assert!(said(&judged).starts_with(want), "{judged:?}, not {want}");
    }
}

#[test]
fn a_load_with_changes_after_it_is_complete_while_the_task_runs() {
    let good = || vec![row("a", DONE, Some(5), Some(6)), row("b", DONE, Some(7), Some(8))];
    let with = |state: &str| vec![row("a", DONE, Some(5), Some(6)), row("b", state, None, Some(6))];
    for (task, rows, want) in [
        (task("running", None, 0), good(), "complete"),
        (task("running", None, 0), with("Full load"), "going"),
        (task("running", None, 0), Vec::new(), "going"),
        (task("running", None, 0), with("Table error"), "failed: the load finished with tables in error"),
        (
            task("stopped", Some("Stop Reason STOPPED_AFTER_FULL_LOAD"), 0),
            good(),
            "failed: the task stopped (STOPPED_AFTER",
        ),
    ] {
        let judged = judge(&planned(Load::FullLoadAndCdc), &task, &rows, at(0)).0;
        assert!(said(&judged).starts_with(want), "{judged:?}, not {want}");
    }
}

fn said(judged: &Judged) -> String {
    match judged {
        Judged::Going => "going".to_owned(),
        Judged::Complete => "complete".to_owned(),
        Judged::Late(why) => format!("late: {why}"),
        Judged::Failed(why) => format!("failed: {why}"),
    }
}
