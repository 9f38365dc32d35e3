//! What only the databases tell: changes that could not be applied, tables given up, the log that changes are read from, open
//! transactions, who waits for whom. Where they cannot be asked, each check says why.

use super::flow::clock;
use super::{Check, DATABASES_FOR, Evidence, Standing, Topic};
use crate::model::around::{
    Around, BLOCKED_FOR, Binlog, Blocked, Known, Listed, OPEN_FOR, Open, OpenTransaction, RETAINED_WAL, Replica, Side,
    Slot, amount, binlog_file, length,
};
use crate::model::settings;
use jiff::Timestamp;

/// A standing and its words.
type Said = (Standing, String);

/// What a check reads of a database.
fn of_side<'a, T: 'a>(
    evidence: &Evidence<'a>,
    topic: Topic,
    side: impl FnOnce(&'a Around) -> &'a Side<T>,
    say: impl FnOnce(&'a T) -> Said,
) -> Check {
    let Some(around) = evidence.databases else {
        let why = evidence.databases_failed.unwrap_or("not read yet: it is while this task is on screen");
        return Check::new(topic, Standing::Unknown, why);
    };
    let side = side(around);
    match side.seen() {
        Err(why) => Check::new(topic, Standing::Unknown, why),
        Ok(seen) => {
            let (standing, words) = say(seen);
            let check = Check::new(topic, standing, words);
            if standing == Standing::NotDue { check } else { check.dated(side.as_of(), DATABASES_FOR, evidence.now) }
        }
    }
}

/// All of them, in the order of [`Topic::ALL`].
pub(super) fn all(evidence: &Evidence<'_>) -> [Check; 6] {
    [
        exceptions(evidence),
        suspended(evidence),
        failures(evidence),
        source_log(evidence),
        open(evidence),
        blockers(evidence),
    ]
}

fn exceptions(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Exceptions;
    if evidence.only_loads() {
        return Check::new(topic, Standing::NotDue, "a full load moves no changes");
    }
    of_side(
        evidence,
        topic,
        |around| &around.target,
        |seen| {
            listed(&seen.exceptions, "awsdms_apply_exceptions", |newest| {
                let code = newest.code.as_ref().map(|code| format!(", SQLSTATE {code}")).unwrap_or_default();
                (newest.at, format!("{}.{}{code}", newest.schema.raw(), newest.table.raw()))
            })
        },
    )
}

fn suspended(evidence: &Evidence<'_>) -> Check {
    of_side(
        evidence,
        Topic::Suspended,
        |around| &around.target,
        |seen| {
            listed(&seen.suspended, "awsdms_suspended_tables", |newest| {
                (newest.at, format!("{}.{}", newest.schema.raw(), newest.table.raw()))
            })
        },
    )
}

/// Keys that DMS's own validation found wrong.
fn failures(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Failures;
    let settings = evidence.task.settings.as_deref().and_then(|text| settings::parse(text).ok());
    if settings.is_some_and(|settings| settings.validation_enabled == Some(false)) {
        return Check::new(topic, Standing::NotDue, "DMS compares nothing: its validation is off");
    }
    of_side(
        evidence,
        topic,
        |around| &around.target,
        |seen| {
            listed(&seen.failures, "awsdms_validation_failures", |newest| {
                let (table, key) = (format!("{}.{}", newest.schema.raw(), newest.table.raw()), newest.key.raw());
                (newest.at, format!("{table} {key}, {}", newest.kind.word()))
            })
        },
    )
}

/// Rows of the task in a table in which there should be none.
fn listed<T>(known: &Known<Listed<T>>, name: &str, newest: impl FnOnce(&T) -> (Option<Timestamp>, String)) -> Said {
    let rows = match known {
        Known::Is(rows) => rows,
        Known::NotThere => {
            return (Standing::Unknown, format!("the target has no {name}: switched off, or kept in another schema"));
        }
        Known::NotDue => return (Standing::NotDue, "this engine has none".to_owned()),
        Known::Unknown(why) => return (Standing::Unknown, format!("{name}: {}", why.raw())),
    };
    let newest = rows.newest.first().map(newest).map(|(at, what)| match at {
        Some(at) => format!("; the newest {}: {what}", clock(at)),
        None => format!("; the newest: {what}"),
    });
    let newest = newest.unwrap_or_default();
    let others = match rows.of_others {
        0 => String::new(),
        n => format!(" ({n} of other tasks)"),
    };
    match rows.since_start {
        _ if rows.total == 0 => (Standing::Pass, format!("none of this task{others}")),
        Some(0) => (Standing::Pass, format!("none since its fresh start; {} older", rows.count())),
        Some(since) if !rows.more => (Standing::Fail, format!("{since} since its fresh start{newest}")),
        _ => (Standing::Fail, format!("{}{newest}", rows.count())),
    }
}

fn source_log(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::SourceLog;
    if evidence.only_loads() {
        return Check::new(topic, Standing::NotDue, "a full load reads no log");
    }
    of_side(
        evidence,
        topic,
        |around| &around.source,
        |seen| match (&seen.slots, &seen.binlog) {
            (Known::Unknown(why), _) | (_, Known::Unknown(why)) => (Standing::Unknown, why.raw().to_owned()),
            (Known::Is(slots), _) => of_slots(evidence, slots, &seen.replica),
            (_, Known::Is(binlog)) => of_binlog(evidence, binlog),
            _ => (Standing::NotDue, "a file keeps no log of changes".to_owned()),
        },
    )
}

fn of_slots(evidence: &Evidence<'_>, slots: &[Slot], replica: &Known<Option<Replica>>) -> Said {
    let id = evidence.task.arn.resource_id().0;
    let mine: Vec<&Slot> = slots.iter().filter(|slot| slot.is_of(&id, evidence.slot)).collect();
    if mine.is_empty() {
        if matches!(replica, Known::Is(Some(_))) {
            return (Standing::Unknown, "read from a replica: slots stand on its primary".to_owned());
        }
        let named = evidence.slot.map_or_else(|| "a name of this task".to_owned(), |name| format!("the name {name}"));
        return (Standing::Unknown, format!("none of the {} slots of this database has {named}", slots.len()));
    }
    let all = mine.into_iter().map(|slot| of_slot(slot, evidence.running()));
    all.max_by_key(|(standing, _)| *standing).unwrap_or((Standing::Unknown, String::new()))
}

fn of_slot(slot: &Slot, runs: bool) -> Said {
    let name = slot.name.raw();
    let kept = slot.retained.map_or_else(|| "an unknown amount".to_owned(), amount);
    match slot.wal_status.as_ref().map(crate::model::Untrusted::raw) {
        Some("lost") => {
            return (Standing::Fail, format!("slot {name} is lost: the WAL it needs is gone, so load again"));
        }
        Some("unreserved") => {
            return (
                Standing::Fail,
                format!("slot {name} is about to be lost: {kept} of WAL is more than the server keeps"),
            );
        }
        _ => {}
    }
    let too_much = slot.retained.is_some_and(|bytes| bytes > RETAINED_WAL);
    let room = slot.safe.map(|bytes| format!("; lost after {} more", amount(bytes))).unwrap_or_default();
    match (slot.active, too_much) {
        (false, _) if runs => (
            Standing::Fail,
            format!("slot {name}: nobody reads it, and the task says running; {kept} of WAL kept{room}"),
        ),
        (_, true) => (Standing::Fail, format!("slot {name}: {kept} of WAL kept for it, which can fill the disk{room}")),
        (false, false) => (
            Standing::Pass,
            format!("slot {name}: nobody reads it while the task stands; {kept} of WAL kept for it{room}"),
        ),
        (true, false) if slot.retained.is_none() => {
            (Standing::Unknown, format!("slot {name} is read; how much WAL is kept for it is not told"))
        }
        (true, false) => {
            let behind = slot.behind.map(|bytes| format!(", {} not confirmed", amount(bytes))).unwrap_or_default();
            (Standing::Pass, format!("slot {name} is read; {kept} of WAL kept{behind}{room}"))
        }
    }
}

fn of_binlog(evidence: &Evidence<'_>, binlog: &Binlog) -> Said {
    if !binlog.on {
        return (Standing::Fail, "the source writes no binlog: no change can be read".to_owned());
    }
    if !binlog.format.raw().eq_ignore_ascii_case("row") {
        let words = format!("binlog_format is {}: DMS needs ROW", binlog.format.raw());
        return (Standing::Fail, words);
    }
    if let Some(image) = binlog.row_image.as_ref().filter(|image| !image.raw().eq_ignore_ascii_case("full")) {
        return (Standing::Fail, format!("binlog_row_image is {}: DMS needs FULL", image.raw()));
    }
    let position = evidence.task.recovery_checkpoint.as_ref().map(crate::model::Untrusted::raw);
    let needed = position.and_then(binlog_file);
    let kept = match (binlog.rds_hours, binlog.kept_for) {
        (Some(hours), _) => format!("kept {hours} h by RDS"),
        (None, Some(kept)) => format!("kept {}", length(kept)),
        (None, None) => "no time limit told".to_owned(),
    };
    let files = match &binlog.files {
        Known::Is(files) => files,
        Known::Unknown(why) => {
            return (Standing::Unknown, format!("ROW, {kept}; which files there are: {}", why.raw()));
        }
        Known::NotThere | Known::NotDue => return (Standing::Unknown, format!("ROW, {kept}; no file is listed")),
    };
    let (oldest, newest) = (files.oldest.raw(), files.newest.raw());
    let there = format!("{oldest} to {newest}, {}, {kept}", amount(files.bytes));
    match needed.map(|needed| (needed, files.has(needed))) {
        Some((needed, Some(false))) => {
            (Standing::Fail, format!("the task's position is in {needed}, and there is only {there}: it cannot resume"))
        }
        Some((needed, Some(true))) => (Standing::Pass, format!("ROW; position in {needed} of {there}")),
        _ => (Standing::Pass, format!("ROW; {there}; which file the task needs is not told")),
    }
}

fn open(evidence: &Evidence<'_>) -> Check {
    of_side(
        evidence,
        Topic::OpenTransactions,
        |around| &around.source,
        |seen| match &seen.open {
            Known::Unknown(why) => (Standing::Unknown, why.raw().to_owned()),
            Known::NotDue | Known::NotThere => (Standing::NotDue, "a file tells nobody's transactions".to_owned()),
            Known::Is(_) if matches!(&seen.replica, Known::Is(Some(_))) => {
                (Standing::Unknown, "read from a replica: those of its primary are not told".to_owned())
            }
            Known::Is(open) => of_open(open),
        },
    )
}

fn of_open(open: &Open) -> Said {
    let by_age = |writers: bool| {
        let all = open.transactions.iter().filter(move |one| (one.has_written != Some(false)) == writers);
        all.max_by_key(|one| one.open_for)
    };
    match (by_age(true), by_age(false)) {
        (Some(one), _) if one.open_for >= OPEN_FOR => {
            (Standing::Fail, format!("{}: what it wrote comes only when it commits", who(one)))
        }
        _ if open.hidden > 0 => (
            Standing::Unknown,
            format!("{} sessions of others are hidden from this user: it needs pg_read_all_stats", open.hidden),
        ),
        (Some(one), _) => (Standing::Pass, format!("the oldest that has written is {} old", length(one.open_for))),
        (None, Some(one)) => (Standing::Pass, format!("none that has written; the oldest reads: {}", who(one))),
        (None, None) => (Standing::Pass, "none".to_owned()),
    }
}

/// `open for 23 min, app of user bob (4711), idle in transaction`.
fn who(one: &OpenTransaction) -> String {
    let user = one.user.as_ref().map_or("an unknown user", crate::model::Untrusted::raw);
    let pid = one.pid.map(|pid| format!(" ({pid})")).unwrap_or_default();
    let with = one.application.as_ref().map(|with| format!(" with {}", with.raw())).unwrap_or_default();
    let state = one.state.as_ref().map(|state| format!(", {}", state.raw())).unwrap_or_default();
    format!("open for {} by {user}{pid}{with}{state}", length(one.open_for))
}

fn blockers(evidence: &Evidence<'_>) -> Check {
    of_side(
        evidence,
        Topic::Blockers,
        |around| &around.target,
        |seen| match &seen.blocked {
            Known::Unknown(why) => (Standing::Unknown, why.raw().to_owned()),
            Known::NotDue | Known::NotThere => (Standing::NotDue, "a file has one writer at a time".to_owned()),
            Known::Is(all) => of_blocked(all),
        },
    )
}

fn of_blocked(all: &[Blocked]) -> Said {
    let Some(worst) = all.iter().max_by_key(|one| one.waits) else {
        return (Standing::Pass, "nobody waits for a lock".to_owned());
    };
    let user = worst.user.as_ref().map_or("an unknown user", crate::model::Untrusted::raw);
    let table = worst.table.as_ref().map(|table| format!(" in {}", table.raw())).unwrap_or_default();
    let waits = worst.waits.map_or_else(|| "for an unknown time".to_owned(), length);
    let by = match &worst.by {
        None => "whom for is not told".to_owned(),
        Some(by) => {
            let who = by.user.as_ref().map_or("an unknown user", crate::model::Untrusted::raw);
            let state = by.state.as_ref().map(|state| format!(", {}", state.raw())).unwrap_or_default();
            let open = by.open_for.map(|open| format!(" for {}", length(open))).unwrap_or_default();
            format!("for {who} ({}{state}{open})", by.pid)
        }
    };
    let mut waiting: Vec<i64> = all.iter().map(|one| one.pid).collect();
    waiting.sort_unstable();
    waiting.dedup();
    let long = worst.waits.is_none_or(|waits| waits >= BLOCKED_FOR);
    let standing = if long { Standing::Fail } else { Standing::Pass };
    (standing, format!("{} waiting; {user} ({}) since {waits}{table}, {by}", waiting.len(), worst.pid))
}
