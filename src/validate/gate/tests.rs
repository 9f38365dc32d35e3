use super::*;
use serde_json::{Value, json};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

const NOW: i64 = 10_000;

/// A task that started long ago and was read just now; `with` changes what stands there.
#[allow(clippy::needless_pass_by_value, reason = "it stands in tables of cases")]
fn task(kind: &str, status: &str, with: Value) -> Task {
    let mut all = json!({
        "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "orders", "migration_type": kind,
        "status": status, "stop_reason": null, "last_failure": null, "source": "s", "target": "t", "instance": null,
        "stats": {"full_load_progress_percent": 100, "elapsed_ms": null, "tables_loaded": 3, "tables_loading": 0,
                  "tables_queued": 0, "tables_errored": 0, "fresh_start": at(0), "start": at(0), "stop": null,
                  "full_load_start": at(0), "full_load_finish": at(60)},
        "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
        "recovery_checkpoint": null
    });
    for (name, value) in with.as_object().into_iter().flatten() {
        let place = if all.get(name).is_some() { &mut all[name] } else { &mut all["stats"][name] };
        *place = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn seen(task: Task) -> Evidence {
    Evidence { task: Some(task), stated: Some(at(NOW)), measured: Some(at(NOW)), ..Evidence::default() }
}

/// Both latencies, each with the age of its point.
fn with_points(mut evidence: Evidence, source: (f64, i64), target: (f64, i64)) -> Evidence {
    let points = |(value, age): (f64, i64)| vec![Point { at: at(NOW - age), value }];
    (evidence.source, evidence.target) = (points(source), points(target));
    evidence
}

fn running(source: (f64, i64), target: (f64, i64)) -> Evidence {
    with_points(seen(task("cdc", "running", json!({}))), source, target)
}

const LATENCY: Gate = Gate::Latency { limit: LIMIT, timeout: TIMEOUT };
const LOAD: Gate = Gate::FullLoad { timeout: TIMEOUT };

/// `open`, `waiting` or `shut`, and words of it.
fn is(gate: &Gate, evidence: &Evidence, word: &str, words: &str) -> GateSeen {
    let seen = judge(gate, evidence, at(NOW - 10), at(NOW));
    assert!(seen.word() == word && seen.why().contains(words), "{word} {words:?}, not {seen:?}");
    seen
}

#[test]
fn a_running_task_opens_on_fresh_points_of_both_latencies_and_on_nothing_else() {
    let young = |status, with| with_points(seen(task("cdc", status, with)), (1.0, 30), (1.0, 30));
    let loading = json!({"full_load_finish": null, "tables_loaded": 1, "tables_loading": 2});
    for (evidence, word, words) in [
        (running((1.0, 60), (2.0, 90)), "open", "latency 1 s to the source, 2 s to the target at"),
        (running((5.0, 60), (5.0, 60)), "open", "5 s"),
        (running((0.0, 60), (0.0, 180)), "open", "0 s"),
        (running((1.0, 60), (5.1, 60)), "waiting", "the limit is 5s"),
        (running((9.0, 60), (2.0, 60)), "waiting", "latency 9 s to the source"),
        (running((1.0, 60), (2.0, 181)), "waiting", "CDCLatencyTarget has no point since"),
        (running((1.0, 400), (2.0, 60)), "waiting", "CDCLatencySource has no point since"),
        (running((f64::NAN, 60), (2.0, 60)), "waiting", "is no number"),
        (seen(task("cdc", "running", json!({}))), "waiting", "the task runs and publishes nothing"),
        // Points from before its newest start say nothing of this run.
        (young("running", json!({"start": at(NOW - 20)})), "waiting", "has no fresh point yet"),
        (Evidence { measured: None, ..seen(task("cdc", "running", json!({}))) }, "waiting", "no fresh point yet"),
        (
            with_points(seen(task("full-load-and-cdc", "running", loading)), (0.0, 60), (0.0, 60)),
            "waiting",
            "loading: 1 of 3 tables",
        ),
        (with_points(seen(task("full-load-and-cdc", "running", json!({}))), (0.0, 60), (1.0, 60)), "open", "1 s"),
        (young("starting", json!({})), "waiting", "the task is starting"),
        (young("testing", json!({})), "waiting", "the task is testing"),
        (young("stopped", json!({"stop_reason": "Stop Reason NORMAL"})), "shut", "stopped (NORMAL)"),
        (young("failed", json!({"last_failure": "disk\u{1b}[2J full"})), "shut", "the task failed: disk[2J full"),
        (young("running", json!({"tables_errored": 2})), "open", "2 tables in error"),
    ] {
        is(&LATENCY, &evidence, word, words);
    }
    let GateSeen::Open { at_rest, latency, .. } = is(&LATENCY, &running((1.0, 60), (2.5, 60)), "open", "") else {
        return;
    };
    assert_eq!((at_rest, latency), (Some(false), Some(SignedDuration::from_millis(2_500))));
}

#[test]
fn what_is_not_known_of_the_task_opens_nothing() {
    let evidence = running((1.0, 60), (2.0, 60));
    for gate in [LATENCY, LOAD, Gate::Drained] {
        is(&gate, &Evidence::default(), "waiting", "not read yet");
        is(&gate, &Evidence { problem: Some("throttled".into()), ..Evidence::default() }, "waiting", "yet: throttled");
        is(&gate, &Evidence { stated: None, ..evidence.clone() }, "waiting", "how old");
        is(&gate, &Evidence { stated: Some(at(NOW - 181)), ..evidence.clone() }, "waiting", "not read since");
        is(&gate, &Evidence { gone: true, ..evidence.clone() }, "shut", "not there any more");
    }
    is(&Gate::NoTask, &Evidence::default(), "open", "no task");
}

#[test]
fn a_gate_that_does_not_open_in_time_is_shut_with_what_it_waited_for() {
    let evidence = running((1.0, 60), (90.0, 60));
    for (since, word) in [(NOW - 599, "waiting"), (NOW - 600, "shut")] {
        let seen = judge(&LATENCY, &evidence, at(since), at(NOW));
        assert!(seen.word() == word && seen.why().contains("90 s"), "{seen:?}");
    }
    let seen = judge(&Gate::Drained, &Evidence::default(), at(NOW - 600), at(NOW));
    assert!(seen.word() == "shut" && seen.why().contains("not open within 10m: the task is not read yet"), "{seen:?}");
    // It is open however long that took.
    assert_eq!(judge(&LATENCY, &running((1.0, 60), (1.0, 60)), at(0), at(NOW)).word(), "open");
}

#[allow(clippy::unnecessary_wraps, reason = "it stands beside tables that were not read")]
fn tables(bad: &[&str], unfinished: usize, waiting: i64, untold: usize) -> Option<Tables> {
    let bad = bad.iter().map(|name| (*name).to_owned()).collect();
    Some(Tables { all: 3, bad, unfinished, waiting, untold })
}

#[test]
fn a_full_load_opens_only_when_it_has_finished_with_no_table_in_error() {
    const FINISHED: &str = "Stop Reason FULL_LOAD_ONLY_FINISHED";
    let load = |status: &str, reason: &str, tables| Evidence {
        tables,
        ..seen(task("full-load", status, json!({"stop_reason": reason})))
    };
    let named = &["s.a (Table error)", "s.b", "s.c", "s.d"];
    for (evidence, word, words) in [
        (load("stopped", FINISHED, tables(&[], 0, 0, 0)), "open", "the full load has finished, 3 tables"),
        (load("stopped", FINISHED, None), "waiting", "statistics of its tables are not read yet"),
        (
            load("stopped", FINISHED, tables(named, 0, 0, 0)),
            "shut",
            "4 tables in error: s.a (Table error), s.b, s.c and 1",
        ),
        (load("stopped", FINISHED, tables(&[], 1, 0, 0)), "waiting", "1 table is not loaded yet"),
        (
            load("stopped", "Stop Reason NORMAL", tables(&[], 0, 0, 0)),
            "shut",
            "did not finish: the task stopped (NORMAL)",
        ),
        (load("stopped", "x", tables(&[], 0, 0, 0)), "shut", "stopped (x)"),
        (load("running", "", None), "waiting", "loading: 3 of 3"),
        (load("failed", "Stop Reason FATAL_ERROR", None), "shut", "the task failed"),
        (load("ready", "", None), "waiting", "never run"),
    ] {
        is(&LOAD, &evidence, word, words);
    }
    // The task's own count may know what the rows do not tell yet.
    let counted = seen(task("full-load", "stopped", json!({"stop_reason": FINISHED, "tables_errored": 1})));
    is(&LOAD, &Evidence { tables: tables(&[], 0, 0, 0), ..counted }, "shut", "1 table in error");
    // Nobody watched the source since.
    let GateSeen::Open { at_rest, .. } = is(&LOAD, &load("stopped", FINISHED, tables(&[], 0, 0, 0)), "open", "") else {
        return;
    };
    assert_eq!(at_rest, None);
}

#[test]
fn a_task_that_stopped_in_order_with_nothing_waiting_is_at_rest() {
    let none = || tables(&[], 0, 0, 0);
    for (reason, tables, word, words, at_rest) in [
        ("Stop Reason NORMAL", none(), "open", "stopped (NORMAL), all that was captured is applied", Some(true)),
        ("Stop Reason STOPPED_AT_COMMIT_TIME", none(), "open", "COMMIT_TIME", Some(true)),
        ("Stop Reason STOPPED_AFTER_CACHED_EVENTS", none(), "open", "CACHED", Some(true)),
        ("Stop Reason NORMAL", tables(&["s.a (Table error)"], 0, 0, 0), "open", "1 table in error: s.a", Some(true)),
        ("Stop Reason NORMAL", tables(&[], 0, 0, 2), "open", "not told for 2 tables", None),
        ("something new", none(), "open", "stopped (something new)", None),
        ("Stop Reason NORMAL", tables(&[], 0, 7, 0), "shut", "7 changes captured and not applied", None),
        ("Stop Reason NORMAL", None, "waiting", "statistics", None),
        ("Stop Reason STOPPED_AFTER_FULL_LOAD", none(), "shut", "before everything had gone through", None),
        ("Stop Reason FATAL_ERROR Error Level FATAL", none(), "shut", "FATAL_ERROR", None),
        ("Stop Reason RECOVERABLE_ERROR", none(), "shut", "RECOVERABLE_ERROR", None),
        ("Stop Reason STOPPED_DUE_TO_LOW_DISK", none(), "shut", "LOW_DISK", None),
    ] {
        let evidence = Evidence { tables, ..seen(task("cdc", "stopped", json!({"stop_reason": reason}))) };
        let told = is(&Gate::Drained, &evidence, word, words);
        let rest = if let GateSeen::Open { at_rest, .. } = told { at_rest } else { None };
        assert_eq!(rest, at_rest, "{reason}");
    }
    for (status, word, words) in [("running", "shut", "runs again"), ("stopping", "waiting", "is stopping")] {
        is(&Gate::Drained, &seen(task("cdc", status, json!({}))), word, words);
    }
}

#[test]
fn a_waived_gate_is_open_whatever_there_is_and_knows_the_latency_where_there_is_one() {
    let gate = Gate::Waived { reason: "dress\u{1b} rehearsal".into() };
    for (evidence, want) in [
        (Evidence::default(), None),
        (seen(task("cdc", "failed", json!({}))), None),
        (running((1.0, 60), (90.0, 60)), Some(SignedDuration::from_secs(90))),
    ] {
        let GateSeen::Open { at_rest, latency, .. } = is(&gate, &evidence, "open", "without a gate: dress rehearsal")
        else {
            return;
        };
        assert_eq!((at_rest, latency), (None, want));
    }
}

#[test]
fn the_gate_is_chosen_by_what_the_task_does_and_how_it_stands() {
    for (kind, status, want) in [
        ("cdc", "running", LATENCY),
        ("full-load-and-cdc", "starting", LATENCY),
        ("cdc", "stopped", Gate::Drained),
        ("full-load-and-cdc", "failed", Gate::Drained),
        ("full-load", "running", LOAD),
        ("full-load", "stopped", LOAD),
    ] {
        assert_eq!(fitting(&task(kind, status, json!({})), LIMIT, TIMEOUT), want, "{kind} {status}");
    }
}

#[test]
fn rows_of_a_task_that_fails_or_begins_afresh_are_not_equal_and_what_is_only_news_is_a_note() {
    let cdc = |status: &str, with: Value| with_points(seen(task("cdc", status, with)), (1.0, 60), (2.0, 60));
    let stopped = |reason: &str| cdc("stopped", json!({"stop_reason": reason}));
    let opened = task("cdc", "running", json!({}));
    let stood = task("cdc", "stopped", json!({"stop_reason": "Stop Reason NORMAL"}));
    let loaded = task("full-load", "stopped", json!({}));
    let waived = Gate::Waived { reason: "x".into() };
    let latency = (&LATENCY, &opened, Some(false));
    let drained = (&Gate::Drained, &stood, Some(true));
    let load = (&LOAD, &loaded, None);
    let full = |status, with| seen(task("full-load", status, with));
    for ((gate, opened, rest), evidence, at_rest, note, problem) in [
        (latency, cdc("running", json!({})), Some(false), "", ""),
        (latency, running((1.0, 60), (94.0, 60)), Some(false), "rose above 5s: 94 s", ""),
        (latency, running((1.0, 60), (2.0, 500)), Some(false), "CDCLatencyTarget has no point since", ""),
        (latency, stopped("Stop Reason NORMAL"), None, "stopped (NORMAL) while", ""),
        (latency, stopped("Stop Reason FATAL_ERROR"), None, "", "stopped (FATAL_ERROR)"),
        (latency, cdc("failed", json!({"last_failure": "no disk"})), Some(false), "", "the task failed: no disk"),
        (latency, cdc("running", json!({"fresh_start": at(NOW - 70)})), Some(false), "", "began afresh"),
        (latency, Evidence { gone: true, ..Evidence::default() }, None, "", "was deleted"),
        (drained, stopped("Stop Reason NORMAL"), Some(true), "", ""),
        (drained, cdc("running", json!({})), Some(false), "running again", ""),
        (drained, cdc("starting", json!({})), Some(false), "starting again", ""),
        (drained, cdc("stopped", json!({"start": at(NOW - 70), "stop_reason": "Stop Reason NORMAL"})), None, "", ""),
        (load, full("stopped", json!({})), None, "", ""),
        (load, full("running", json!({})), Some(false), "", "loads while rows are compared"),
        (load, full("stopped", json!({"start": at(NOW - 70)})), None, "", "ran again"),
        ((&waived, &opened, None), cdc("failed", json!({"last_failure": "no disk"})), None, "failed: no disk", ""),
    ] {
        let told = meanwhile(gate, (Some(opened), rest), &evidence, at(NOW));
        let (said, wrong) = (told.note.clone().unwrap_or_default(), told.problem.clone().unwrap_or_default());
        assert!(said.contains(note) && said.is_empty() == note.is_empty(), "{told:?}, not {note}");
        assert!(wrong.contains(problem) && wrong.is_empty() == problem.is_empty(), "{told:?}, not {problem}");
        assert_eq!((told.at_rest, told.unseen.as_deref()), (at_rest, None), "{told:?}");
    }
    let old = Evidence { stated: Some(at(NOW - 500)), ..cdc("running", json!({})) };
    let told = meanwhile(&LATENCY, (Some(&opened), Some(false)), &old, at(NOW));
    assert!(told.unseen.as_deref().is_some_and(|why| why.contains("not read since")), "{told:?}");
    assert_eq!(meanwhile(&waived, (None, None), &old, at(NOW)).unseen, None);
}

#[test]
fn tables_are_counted_by_what_they_leave_undone() {
    let row = |name: &str, state: &str, captured: i64, applied: Value| -> TableRow {
        serde_json::from_value(json!({
            "schema": "s", "table": name, "state": state,
            "captured": {"inserts": captured, "updates": 0, "deletes": 0, "ddls": 0},
            "applied": {"inserts": applied, "updates": 0, "deletes": 0, "ddls": 0},
            "full_load_rows": 0, "full_load_start": null, "full_load_end": null, "full_load_reloaded": false,
            "validation": null, "validation_details": null, "validation_pending": 0, "validation_failed": 0,
            "validation_suspended": 0, "last_update": null
        }))
        .unwrap()
    };
    let all = Tables::of(&[
        row("a", "Table completed", 9, json!(9)),
        row("b", "Table completed", 9, json!(4)),
        row("c", "Table completed", 9, Value::Null),
        row("d", "Table completed", 0, Value::Null),
        row("e\u{1b}", "Table error", 9, json!(0)),
        row("f", "Before load", 0, json!(0)),
        row("g", "Table cancelled", 0, json!(0)),
    ]);
    let bad = vec!["s.e (Table error)".to_owned(), "s.g (Table cancelled)".to_owned()];
    assert_eq!(all, Tables { all: 7, bad, unfinished: 1, waiting: 5, untold: 1 });
}
