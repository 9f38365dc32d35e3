//! What the databases say, and everything that keeps them from saying it.

use super::*;
use crate::model::Untrusted;
use crate::model::around::{
    ApplyException, Binlog, BinlogFiles, Blocked, Blocker, Known, Listed, Open, OpenTransaction, Place, Replica, Side,
    Slot, SourceSeen, Suspended, TargetSeen,
};
use crate::model::validation::told::RunState::{self, Comparing, Ended, Interrupted};
use crate::model::validation::{RunId, Trigger, Verdict, What};

const GB: i64 = 1024 * 1024 * 1024;

fn none<T>() -> Known<Listed<T>> {
    listed(0, Some(0), Vec::new())
}

fn listed<T>(total: u64, since_start: Option<u64>, newest: Vec<T>) -> Known<Listed<T>> {
    let tables = vec!["public.awsdms".into()];
    Known::Is(Listed { tables, total, more: false, since_start, of_others: 0, newest })
}

fn slot() -> Slot {
    Slot {
        name: "orders_00016402".into(),
        plugin: Some("test_decoding".into()),
        active: true,
        retained: Some(GB),
        behind: Some(2048),
        wal_status: Some("reserved".into()),
        safe: None,
    }
}

fn binlog() -> Binlog {
    Binlog {
        on: true,
        format: "ROW".into(),
        row_image: Some("FULL".into()),
        kept_for: Some(SignedDuration::from_hours(24)),
        rds_hours: None,
        files: Known::Is(BinlogFiles { oldest: "b.000007".into(), newest: "b.000009".into(), count: 3, bytes: 4096 }),
    }
}

fn transaction(minutes: i64, has_written: bool) -> OpenTransaction {
    OpenTransaction {
        pid: Some(4711),
        user: Some("app".into()),
        application: None,
        state: Some("idle in transaction".into()),
        open_for: SignedDuration::from_mins(minutes),
        has_written: Some(has_written),
    }
}

fn waiting(seconds: Option<i64>) -> Blocked {
    let by = Blocker { pid: 8, user: Some("report".into()), state: Some("active".into()), open_for: None };
    let waits = seconds.map(SignedDuration::from_secs);
    Blocked { pid: 9, user: Some("dms".into()), waits, table: Some("shop.orders".into()), by: Some(by) }
}

fn place() -> Place {
    Place { at: "db.example:5432/shop".into(), by: "[databases.shop]".into(), engine: "postgresql".into() }
}

/// Both say that all is well.
fn well() -> Around {
    let source = SourceSeen {
        slots: Known::Is(vec![slot()]),
        binlog: Known::NotDue,
        open: Known::Is(Open::default()),
        replica: Known::Is(None),
    };
    let target = TargetSeen {
        exceptions: none(),
        suspended: none(),
        failures: none(),
        status: Known::Is(None),
        blocked: Known::Is(vec![]),
        replica: Known::Is(None),
    };
    Around {
        source: Side::Read { place: place(), as_of: Some(ago(20)), seen: source },
        target: Side::Read { place: place(), as_of: Some(ago(20)), seen: target },
    }
}

fn source(change: impl FnOnce(&mut SourceSeen)) -> Scene {
    let mut around = well();
    if let Side::Read { seen, .. } = &mut around.source {
        change(seen);
    }
    Scene::with(|scene| scene.databases = Some(around))
}

fn target(change: impl FnOnce(&mut TargetSeen)) -> Scene {
    let mut around = well();
    if let Side::Read { seen, .. } = &mut around.target {
        change(seen);
    }
    Scene::with(|scene| scene.databases = Some(around))
}

fn one_slot(change: impl FnOnce(&mut Slot)) -> Scene {
    source(|seen| {
        let mut slot = slot();
        change(&mut slot);
        seen.slots = Known::Is(vec![slot]);
    })
}

fn of_binlog(change: impl FnOnce(&mut Binlog)) -> Scene {
    let mut scene = source(|seen| {
        let mut binlog = binlog();
        change(&mut binlog);
        (seen.slots, seen.binlog) = (Known::NotDue, Known::Is(binlog));
    });
    scene.task.recovery_checkpoint = Some("checkpoint:V1#27#b.000008:1975:-1:2002".into());
    scene
}

fn refused<T>() -> Known<T> {
    Known::Unknown(Untrusted::from("not allowed: permission denied"))
}

#[test]
fn databases_that_say_all_is_well_leave_only_the_application_to_ask() {
    let judged = source(|_| {}).judged();
    assert_eq!(
        (judged.verdict.word(), judged.verdict.words()),
        ("THROUGH", "as far as AWS can tell; not known: our validation, source writes".to_owned())
    );
}

#[test]
fn a_change_that_was_not_applied_is_not_through() {
    let one = |code: Option<&str>| ApplyException {
        schema: "shop".into(),
        table: "orders".into(),
        at: Some(ago(7200)),
        code: code.map(str::to_owned),
        error: None,
        statement: None,
    };
    let exceptions = |known| target(|seen| seen.exceptions = known);
    let suspended = |known| target(|seen| seen.suspended = known);
    let table = Suspended { schema: "shop".into(), table: "document".into(), at: None, reason: None };
    for (scene, topic, standing, words) in [
        (target(|_| {}), Topic::Exceptions, Standing::Pass, "none of this task"),
        (
            exceptions(listed(3, Some(2), vec![one(Some("23505"))])),
            Topic::Exceptions,
            Standing::Fail,
            "2 since its fresh start; the newest 12:03 UTC: shop.orders, SQLSTATE 23505",
        ),
        (exceptions(listed(3, Some(0), vec![one(None)])), Topic::Exceptions, Standing::Pass, "3 older"),
        // When it was started is not known: all of them count.
        (exceptions(listed(3, None, vec![one(None)])), Topic::Exceptions, Standing::Fail, "3; the newest"),
        (exceptions(Known::NotThere), Topic::Exceptions, Standing::Unknown, "has no awsdms_apply_exceptions"),
        (exceptions(refused()), Topic::Exceptions, Standing::Unknown, "not allowed: permission denied"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
    for (scene, topic, standing, words) in [
        (suspended(listed(1, Some(1), vec![table])), Topic::Suspended, Standing::Fail, "the newest: shop.document"),
        (suspended(Known::NotThere), Topic::Suspended, Standing::Unknown, "switched off"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
    let load = Scene::with(|scene| scene.task.migration_type = MigrationType::FullLoad);
    assert_stands(&load, Topic::Exceptions, Standing::NotDue, "moves no changes");
    assert_stands(&load, Topic::SourceLog, Standing::NotDue, "reads no log");
}

#[test]
fn a_slot_that_nobody_reads_or_that_keeps_too_much_is_told() {
    let topic = Topic::SourceLog;
    for (scene, standing, words) in vec![
        (one_slot(|_| {}), Standing::Pass, "is read; 1.0 GB of WAL kept, 2.0 kB not confirmed"),
        (one_slot(|slot| slot.active = false), Standing::Fail, "nobody reads it, and the task says running; 1.0 GB"),
        (
            one_slot(|slot| slot.retained = Some(11 * GB)),
            Standing::Fail,
            "11.0 GB of WAL kept for it, which can fill the disk",
        ),
        (one_slot(|slot| slot.retained = None), Standing::Unknown, "is not told"),
        (one_slot(|slot| slot.wal_status = Some("lost".into())), Standing::Fail, "is lost"),
        (one_slot(|slot| slot.wal_status = Some("unreserved".into())), Standing::Fail, "about to be lost"),
        (one_slot(|slot| slot.safe = Some(GB)), Standing::Pass, "lost after 1.0 GB more"),
        (one_slot(|slot| slot.name = "billing_0001".into()), Standing::Unknown, "none of the 1 slots of this database"),
        (source(|seen| seen.slots = refused()), Standing::Unknown, "not allowed"),
        (
            source(|seen| (seen.slots, seen.replica) = (Known::Is(vec![]), Known::Is(Some(Replica { behind: None })))),
            Standing::Unknown,
            "read from a replica",
        ),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
    let mut named = one_slot(|slot| slot.name = "by_hand".into());
    named.slot = Some("by_hand");
    assert_stands(&named, topic, Standing::Pass, "slot by_hand is read");
    let mut stopped = one_slot(|slot| slot.active = false);
    stopped.task.status = TaskStatus::Stopped;
    assert_stands(&stopped, topic, Standing::Pass, "nobody reads it while the task stands; 1.0 GB of WAL kept for it");
}

#[test]
fn a_binlog_that_dms_cannot_read_or_that_is_gone_is_told() {
    let files = |known| of_binlog(|binlog| binlog.files = known);
    for (scene, standing, words) in [
        (of_binlog(|_| {}), Standing::Pass, "ROW; position in b.000008 of b.000007 to b.000009, 4.0 kB, kept 24 h"),
        (of_binlog(|binlog| binlog.on = false), Standing::Fail, "writes no binlog"),
        (of_binlog(|binlog| binlog.format = "MIXED".into()), Standing::Fail, "MIXED: DMS needs ROW"),
        (of_binlog(|binlog| binlog.row_image = Some("MINIMAL".into())), Standing::Fail, "needs FULL"),
    ] {
        assert_stands(&scene, Topic::SourceLog, standing, words);
    }
    for (scene, standing, words) in [
        (of_binlog(|binlog| binlog.rds_hours = Some(72)), Standing::Pass, "kept 72 h by RDS"),
        (
            files(Known::Is(BinlogFiles { oldest: "b.000009".into(), newest: "b.000012".into(), count: 4, bytes: 1 })),
            Standing::Fail,
            "position is in b.000008, and there is only b.000009",
        ),
        (files(refused()), Standing::Unknown, "which files there are: not allowed"),
    ] {
        assert_stands(&scene, Topic::SourceLog, standing, words);
    }
    let file = source(|seen| (seen.slots, seen.binlog) = (Known::NotDue, Known::NotDue));
    assert_stands(&file, Topic::SourceLog, Standing::NotDue, "a file");
}

#[test]
fn an_old_transaction_that_has_written_and_a_long_wait_stand_in_the_way() {
    let open = |transactions: Vec<OpenTransaction>, hidden| {
        source(|seen| seen.open = Known::Is(Open { transactions, hidden }))
    };
    let blocked = |all: Vec<Blocked>| target(|seen| seen.blocked = Known::Is(all));
    let (old, blocks) = (Topic::OpenTransactions, Topic::Blockers);
    for (scene, topic, standing, words) in vec![
        (open(vec![], 0), old, Standing::Pass, "none"),
        (open(vec![transaction(9, true)], 0), old, Standing::Pass, "has written is 9 min old"),
        (
            open(vec![transaction(10, true)], 0),
            old,
            Standing::Fail,
            "open for 10 min by app (4711), idle in transaction: what it wrote comes only when it commits",
        ),
        (open(vec![transaction(90, false)], 0), old, Standing::Pass, "the oldest reads: open for 90 min"),
        (open(vec![], 3), old, Standing::Unknown, "3 sessions of others are hidden"),
        // What is seen is bad enough.
        (open(vec![transaction(30, true)], 3), old, Standing::Fail, "open for 30 min"),
        (source(|seen| seen.replica = Known::Is(Some(Replica { behind: None }))), old, Standing::Unknown, "a replica"),
        (source(|seen| seen.open = refused()), old, Standing::Unknown, "not allowed"),
        (blocked(vec![]), blocks, Standing::Pass, "nobody waits"),
        (
            blocked(vec![waiting(Some(3))]),
            blocks,
            Standing::Pass,
            "1 waiting; dms (9) since 3 s in shop.orders, for report (8, active)",
        ),
        (blocked(vec![waiting(Some(3)), waiting(Some(31))]), blocks, Standing::Fail, "1 waiting; dms (9) since 31 s"),
        (blocked(vec![waiting(None)]), blocks, Standing::Fail, "an unknown time"),
        (target(|seen| seen.blocked = refused()), blocks, Standing::Unknown, "not allowed"),
    ] {
        assert_stands(&scene, topic, standing, words);
    }
}

#[test]
fn what_was_not_read_is_not_known_and_says_why() {
    let with = |around| Scene::with(|scene| scene.databases = Some(around));
    let no = || Side::NoConnection { why: "no [databases.…] for the source".to_owned() };
    let failed = || Side::Failed { place: None, why: "connection refused".into() };
    for (scene, words) in [
        (through(), "not read yet"),
        (with(Around { source: no(), ..well() }), "no [databases.…] for the source"),
        (with(Around { source: failed(), ..well() }), "connection refused"),
    ] {
        assert_stands(&scene, Topic::OpenTransactions, Standing::Unknown, words);
        assert_stands(&scene, Topic::SourceLog, Standing::Unknown, words);
    }
    for (as_of, words) in
        [(Some(ago(181)), "too old to count"), (None, "carries no time"), (Some(ago(-90)), "the clocks differ")]
    {
        let mut around = well();
        if let Side::Read { as_of: at, .. } = &mut around.target {
            *at = as_of;
        }
        assert_stands(&with(around), Topic::Exceptions, Standing::Unknown, words);
    }
}

#[test]
fn a_comparison_of_ours_counts_for_an_hour_and_only_where_it_compared_rows() {
    let run = |state: RunState, verdict, ended: i64| RunLine {
        id: RunId("r".into()),
        what: What::Task("orders".into()),
        trigger: Trigger::Operator,
        state,
        verdict,
        started: ago(ended + 60),
        ended: Some(ago(ended)),
        source_at: "a".into(),
        target_at: "b".into(),
        seen_from: "here".into(),
        tables: 12,
        equal: 11,
        different: 1,
        unknown: 2,
        rows: 5,
        differences: 3,
        ours: true,
        at_rest: None,
    };
    for (state, verdict, ended, standing, words) in [
        (Ended, Some(Verdict::Equal), 60, Standing::Pass, "12 tables equal, row by row"),
        (Ended, Some(Verdict::Equal), 3600, Standing::Unknown, "too old to count"),
        (Ended, Some(Verdict::CountsEqual), 60, Standing::Unknown, "rows were not compared"),
        (Ended, Some(Verdict::Different), 60, Standing::Fail, "1 of 12 tables differ"),
        (Interrupted, Some(Verdict::Different), 60, Standing::Fail, "1 of 12 tables differ"),
        (Interrupted, Some(Verdict::Equal), 60, Standing::Unknown, "interrupted: 2 of 12 tables are not known"),
        (Ended, Some(Verdict::Unknown), 60, Standing::Unknown, "2 of 12 tables are not known"),
        (Comparing, None, 60, Standing::Waiting, "under way (comparing), 12 tables"),
    ] {
        let scene = Scene::with(|scene| {
            scene.compared = Some(RunLine { at_rest: Some(true), ..run(state, verdict, ended) });
        });
        assert_stands(&scene, Topic::Compared, standing, words);
    }
    // What was equal while rows moved is not what is switched to; the comparison began two minutes ago.
    let (running, stopped) = (TaskStatus::Running, TaskStatus::Stopped);
    for (at_rest, status, start, stop, standing, words) in [
        (Some(false), &running, 9_000, None, Standing::Waiting, "12 tables equal then, while it ran: compare again"),
        (None, &running, 9_000, None, Standing::Waiting, "while it ran"),
        (None, &stopped, 9_000, Some(90), Standing::Waiting, "while it ran"),
        (None, &stopped, 9_000, Some(300), Standing::Pass, "equal, row by row"),
        (Some(true), &running, 9_000, Some(300), Standing::Pass, "equal, row by row"),
        (Some(true), &running, 30, Some(300), Standing::Waiting, "before the task was started again"),
    ] {
        let scene = Scene::with(|scene| {
            scene.task.status = status.clone();
            (scene.task.stats.start, scene.task.stats.stop) = (Some(ago(start)), stop.map(ago));
            scene.compared = Some(RunLine { at_rest, ..run(Ended, Some(Verdict::Equal), 60) });
        });
        assert_stands(&scene, Topic::Compared, standing, words);
    }
    assert_stands(&through(), Topic::Compared, Standing::Unknown, "not compared by this program");
}
