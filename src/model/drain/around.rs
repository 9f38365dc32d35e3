//! What is not a metric: the task itself, its load, its tables, its log, DMS's validation, and what may come in between.

use super::flow::clock;
use super::{
    COMPARED_FOR, Check, Evidence, LOG_FOR, MAINTENANCE_FOR, SCHEDULES_FOR, STATUS_FOR, Standing, TABLES_FOR, Tally,
    Topic,
};
use crate::model::health::{self, Load};
use crate::model::log_line::{self, LogEvent, Severity};
use crate::model::log_sign;
use crate::model::maintenance_window::Window;
use crate::model::reading;
use crate::model::schedule::{Deed, Schedule, ScheduleState};
use crate::model::task::{MigrationType, StopReason, Task, TaskStatus};
use crate::model::validation::Verdict;
use crate::model::validation::told::{RunLine, RunState};
use crate::model::{ReplicationKind, settings};
use jiff::{SignedDuration, Timestamp};

/// Log lines of this long count against being through (section 7.3 of the DMS facts asks for minutes; an hour covers a
/// rehearsal's last steps).
const LOG_BACK: SignedDuration = SignedDuration::from_hours(1);

/// What comes within this time comes into the switch.
const NEAR: SignedDuration = SignedDuration::from_hours(6);

pub(super) fn status(evidence: &Evidence<'_>) -> Check {
    let (standing, words) = status_words(evidence.task);
    Check::new(Topic::Status, standing, words).dated(evidence.status_as_of, STATUS_FOR, evidence.now)
}

fn status_words(task: &Task) -> (Standing, String) {
    use Standing::{Fail, Pass, Unknown, Waiting};
    let kind = match &task.migration_type {
        MigrationType::FullLoad => "full load",
        MigrationType::FullLoadAndCdc => "load and changes",
        MigrationType::Cdc => "changes only",
        MigrationType::Other(text) => return (Unknown, format!("of type {}, not known to this program", text.raw())),
    };
    let only_loads = !task.migration_type.has_cdc();
    match (&task.status, task.stop_reason()) {
        (TaskStatus::Running, _) if only_loads => (Waiting, "running: it loads".to_owned()),
        (TaskStatus::Running, _) => (Pass, format!("running, {kind}")),
        (TaskStatus::Stopped, Some(StopReason::FullLoadOnlyFinished)) if only_loads => {
            (Pass, "stopped when its full load had finished; it moves no changes".to_owned())
        }
        (TaskStatus::Stopped, Some(StopReason::StoppedAfterFullLoad)) => {
            (Fail, "stopped after the full load: every change made during the load is missing".to_owned())
        }
        (TaskStatus::Stopped, Some(StopReason::StoppedAfterCachedEvents)) => {
            (Fail, "stopped after the changes made during the load: later ones are missing".to_owned())
        }
        (TaskStatus::Stopped, Some(r @ (StopReason::StoppedAtCommitTime | StopReason::StoppedAtServerTime))) => (
            Unknown,
            format!("stopped at the time asked for ({}): through only if writes had ended before it", r.raw()),
        ),
        (TaskStatus::Stopped, reason) if only_loads => {
            let why = reason.map_or("no known reason", StopReason::raw);
            (Fail, format!("stopped before its load had finished ({why})"))
        }
        (TaskStatus::Stopped, reason) => {
            let why = reason.map_or("no known reason", StopReason::raw);
            (Fail, format!("stopped ({why}): what was written since is not on the target"))
        }
        (TaskStatus::Failed | TaskStatus::FailedMove, _) => {
            (Fail, format!("{}: nothing is replicated", task.status.raw()))
        }
        (TaskStatus::Ready, _) => (Fail, "never started".to_owned()),
        (TaskStatus::Deleting, _) => (Fail, "is being deleted".to_owned()),
        (TaskStatus::Other(text), _) if task.arn.kind() != ReplicationKind::Serverless => {
            (Unknown, format!("status {}, not known to this program", text.raw()))
        }
        (other, _) => (Waiting, format!("{}: not running yet", other.raw())),
    }
}

/// When the full load of this run finished. A date from before the newest fresh start is of an earlier run.
pub(super) fn load_finished(task: &Task) -> Option<Timestamp> {
    let stats = &task.stats;
    stats.full_load_finish.filter(|finish| stats.fresh_start.is_none_or(|fresh| *finish >= fresh))
}

pub(super) fn full_load(evidence: &Evidence<'_>) -> Check {
    let (task, topic) = (evidence.task, Topic::Load);
    if !task.migration_type.has_full_load() {
        return Check::new(
            topic,
            Standing::NotDue,
            "this task only brings changes; what was there before is not its business",
        );
    }
    let stats = &task.stats;
    let of_status = |standing, words: String| {
        Check::new(topic, standing, words).dated(evidence.status_as_of, STATUS_FOR, evidence.now)
    };
    match health::load(task) {
        Load::NotStarted => return of_status(Standing::Fail, "never started".to_owned()),
        // The percentage is DMS's own estimate and says nothing about what arrived.
        Load::Loading { .. } => {
            let left = stats.tables_loading + stats.tables_queued;
            let words = format!("{} tables loaded, {left} to go", stats.tables_loaded);
            return of_status(Standing::Waiting, words);
        }
        Load::Incomplete { errored } if errored > 0 => {
            return of_status(
                Standing::Fail,
                format!("ended with {errored} {} in error", noun(errored.unsigned_abs() as usize)),
            );
        }
        Load::Incomplete { .. } => {
            return of_status(
                Standing::Fail,
                "ended before every table was loaded; resuming does not load them".to_owned(),
            );
        }
        Load::Complete | Load::None => {}
    }
    let Some(finish) = load_finished(task) else {
        return of_status(Standing::Unknown, "AWS tells no finish date of this run".to_owned());
    };
    let Some((tally, as_of)) = evidence.tables else {
        return Check::new(topic, Standing::Unknown, "finished by its date; the states of its tables are not asked");
    };
    let (standing, words) = match tally.unfinished.count {
        0 if tally.tables == 0 => (Standing::Fail, "finished, and not one table is listed".to_owned()),
        0 => (Standing::Pass, format!("finished {}, {} tables", date(finish, evidence.now), tally.tables)),
        n => (Standing::Waiting, format!("{n} still to load: {}", tally.unfinished.words())),
    };
    of_tables(evidence, topic, standing, words, as_of)
}

/// DMS refreshes the statistics of a running task only: of another, nothing newer is due.
fn of_tables(
    evidence: &Evidence<'_>,
    topic: Topic,
    standing: Standing,
    words: String,
    as_of: Option<Timestamp>,
) -> Check {
    let check = Check::new(topic, standing, words);
    if evidence.running() {
        return check.dated(as_of, TABLES_FOR, evidence.now);
    }
    Check { seen: as_of.into(), ..check }
}

/// What there is to say while the tables are not asked.
fn tables_not_asked(evidence: &Evidence<'_>, topic: Topic) -> Check {
    let stats = &evidence.task.stats;
    if !evidence.running() && stats.fresh_start.is_none() && stats.start.is_none() {
        return Check::new(topic, Standing::NotDue, "never started: DMS counts nothing");
    }
    Check::new(topic, Standing::Unknown, "not asked: open the task, or ask now for those on screen")
}

pub(super) fn tables(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Tables;
    let errored = evidence.task.stats.tables_errored;
    match evidence.tables {
        Some((tally, as_of)) => {
            let (standing, words) = match () {
                () if tally.bad.count > 0 => (Standing::Fail, tally.bad.words()),
                () if errored > 0 => (Standing::Fail, format!("{errored} in error by the task's own count")),
                () if tally.odd.count > 0 => {
                    (Standing::Unknown, format!("in a state this program does not know: {}", tally.odd.words()))
                }
                () if tally.tables == 0 => (Standing::Fail, "none is listed: the mappings match nothing".to_owned()),
                () => (Standing::Pass, format!("none of {} in error, cancelled or missing", tally.tables)),
            };
            of_tables(evidence, topic, standing, words, as_of)
        }
        None if errored > 0 => {
            let words = format!("{errored} in error by the task's own count");
            Check::new(topic, Standing::Fail, words).dated(evidence.status_as_of, STATUS_FOR, evidence.now)
        }
        None => tables_not_asked(evidence, topic),
    }
}

/// A table that is in no list is in no error either.
pub(super) fn selected(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Selected;
    let Some((tally, as_of)) = evidence.tables else { return tables_not_asked(evidence, topic) };
    let (standing, words) = match &tally.absent {
        Err(why) => (Standing::Unknown, (*why).to_owned()),
        Ok(absent) if absent.count > 0 => {
            (Standing::Fail, format!("the mappings ask for what is not listed: {}", absent.words()))
        }
        Ok(_) => (Standing::Pass, "each rule of the mappings has its tables".to_owned()),
    };
    of_tables(evidence, topic, standing, words, as_of)
}

pub(super) fn backlog(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Backlog;
    if evidence.only_loads() {
        return Check::new(topic, Standing::NotDue, "a full load moves no changes");
    }
    let Some((tally, as_of)) = evidence.tables else { return tables_not_asked(evidence, topic) };
    let (standing, words) = match (tally.changes, tally.untold.count) {
        (0, 0) if tally.tables == 0 => (Standing::Unknown, "no table is listed".to_owned()),
        (0, 0) => (Standing::Pass, "all that was captured is applied".to_owned()),
        (0, _) => (Standing::Unknown, format!("0, but these do not tell what is applied: {}", tally.untold.words())),
        (changes, untold) => {
            let more = if untold > 0 { format!("; {untold} do not tell") } else { String::new() };
            (
                Standing::Waiting,
                format!(
                    "{} changes captured and not applied, in {} {}{more}",
                    grouped(changes),
                    tally.behind,
                    noun(tally.behind)
                ),
            )
        }
    };
    of_tables(evidence, topic, standing, words, as_of)
}

pub(super) fn log(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Log;
    let switched_off = evidence
        .task
        .settings
        .as_deref()
        .and_then(|text| settings::parse(text).ok())
        .is_some_and(|settings| settings.logging_enabled == Some(false));
    if switched_off {
        return Check::new(topic, Standing::Unknown, "logging is off: rejected rows are told nowhere else");
    }
    let Some(log) = evidence.log else {
        return Check::new(topic, Standing::Unknown, "the log is not read yet");
    };
    if let Some(why) = log.none {
        return Check::new(topic, Standing::Unknown, format!("the log tells nothing: {why}"));
    }
    let since = evidence.now.checked_sub(LOG_BACK).unwrap_or(evidence.now);
    let since = evidence.task.stats.start.map_or(since, |start| since.max(start));
    let bad: Vec<&LogEvent> = log.lines.iter().filter(|line| line.at >= since && speaks_against(line)).collect();
    let (standing, words) = match bad.last() {
        Some(newest) => {
            let message = log_line::parse(newest.text.raw());
            let message = message.map_or(newest.text.raw(), |line| line.message);
            (Standing::Fail, format!("{} since {}; {}: {message}", bad.len(), clock(since), clock(newest.at)))
        }
        None => (Standing::Pass, format!("none since {}", clock(since))),
    };
    Check::new(topic, standing, words).dated(log.as_of, LOG_FOR, evidence.now)
}

/// An error, or a sign of rows that did not arrive whatever its letter.
fn speaks_against(line: &LogEvent) -> bool {
    // That reading stops and goes on is for the retries to say: a line alone does not tell whether it still holds.
    if reading::by_line(line).is_some() {
        return false;
    }
    let text = line.text.raw();
    let error = log_line::parse(text).is_some_and(|line| line.severity == Some(Severity::Error));
    error || log_sign::find(text).is_some()
}

pub(super) fn validation(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Validation;
    let Some((tally, as_of)) = evidence.tables else { return tables_not_asked(evidence, topic) };
    let (standing, words) = validation_words(tally);
    of_tables(evidence, topic, standing, words, as_of)
}

fn validation_words(tally: &Tally) -> (Standing, String) {
    let all = &tally.validation;
    let unknown = all.no_key + all.not_enabled + all.untold;
    match () {
        () if all.failed.count > 0 => {
            (Standing::Fail, format!("{} records differ: {}", all.failed_records, all.failed.words()))
        }
        () if all.suspended.count > 0 => (Standing::Fail, format!("given up for {}", all.suspended.words())),
        () if tally.tables == 0 => (Standing::Unknown, "no table is listed".to_owned()),
        () if all.not_enabled == tally.tables => (Standing::Unknown, "not enabled: DMS compares nothing".to_owned()),
        () if all.pending > 0 => {
            (Standing::Waiting, format!("{} of {} tables not yet compared", all.pending, tally.tables))
        }
        () if unknown > 0 => {
            let parts =
                [(all.no_key, "have no key"), (all.not_enabled, "are not enabled"), (all.untold, "do not tell")];
            let parts = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
            (Standing::Unknown, format!("{} validated, {}", all.validated, parts.collect::<Vec<_>>().join(", ")))
        }
        () => (Standing::Pass, format!("all {} tables validated", all.validated)),
    }
}

pub(super) fn compared(evidence: &Evidence<'_>) -> Check {
    let topic = Topic::Compared;
    let Some(run) = evidence.compared else {
        return Check::new(topic, Standing::Unknown, "this task was not compared by this program");
    };
    let tables = format!("{} {}", run.tables, noun(run.tables));
    if !run.state.is_over() {
        return Check::new(topic, Standing::Waiting, format!("under way ({}), {tables}", run.state.word()));
    }
    let (standing, words) = match run.verdict {
        Some(Verdict::Different) => (Standing::Fail, format!("{} of {tables} differ", run.different)),
        Some(Verdict::Equal) if run.state == RunState::Ended => match moved_since(evidence.task, run) {
            None => (Standing::Pass, format!("{tables} equal, row by row")),
            // It says what was, and not what is to be switched to.
            Some(why) => (Standing::Waiting, format!("{tables} equal then, {why}: compare again")),
        },
        Some(Verdict::CountsEqual) if run.state == RunState::Ended => {
            (Standing::Unknown, format!("{tables} have equal counts; rows were not compared"))
        }
        _ => (Standing::Unknown, format!("{}: {} of {tables} are not known", run.state.word(), run.unknown)),
    };
    Check::new(topic, standing, words).dated(run.ended, COMPARED_FOR, evidence.now)
}

/// Why what was equal may not be so any more: its task has moved rows since, or did meanwhile.
fn moved_since(task: &Task, run: &RunLine) -> Option<&'static str> {
    let stands = task.status == TaskStatus::Stopped;
    match () {
        () if task.stats.start.is_some_and(|start| start > run.started) => Some("before the task was started again"),
        () if run.at_rest == Some(true) => None,
        () if stands && task.stats.stop.is_some_and(|stop| stop <= run.started) => None,
        () => Some("while it ran"),
    }
}

pub(super) fn maintenance(evidence: &Evidence<'_>) -> Check {
    let (topic, now) = (Topic::Maintenance, evidence.now);
    if evidence.task.arn.kind() == ReplicationKind::Serverless {
        return Check::new(topic, Standing::NotDue, "serverless: no instance of yours");
    }
    let (Some((all, as_of)), Some(instance)) = (evidence.maintenance, evidence.instance) else {
        return Check::new(topic, Standing::Unknown, "not read yet");
    };
    let near = |at: Timestamp| at <= now.checked_add(NEAR).unwrap_or(Timestamp::MAX);
    let window = instance.maintenance_window.as_ref().and_then(|text| Window::parse(text.raw()));
    let next = window.and_then(|window| window.next(now));
    let opens = next.map(|(start, _)| start).filter(|start| near(*start));
    let mine: Vec<_> = all.iter().filter(|one| one.instance == instance.arn).collect();
    let in_window = |one: &&&crate::model::parts::PendingMaintenance| {
        one.opt_in.as_ref().is_some_and(|opt_in| opt_in.raw() == "next-maintenance")
            || one.auto_applied_after.is_some_and(near)
    };
    let planned = mine.iter().find_map(|one| one.earliest().filter(|at| near(*at)).map(|at| (one, at)));
    let immediate = mine.iter().find(|one| one.opt_in.as_ref().is_some_and(|opt_in| opt_in.raw() == "immediate"));
    let (standing, words) = match (planned, immediate, opens) {
        (Some((one, at)), ..) => (Standing::Fail, format!("{} from {} on", one.action.raw(), date(at, now))),
        (_, Some(one), _) => (Standing::Fail, format!("{} at once", one.action.raw())),
        (.., Some(at)) if mine.iter().any(|one| in_window(&one)) => {
            (Standing::Fail, format!("pending, and the window opens {}", date(at, now)))
        }
        (.., Some(at)) if !instance.pending.is_empty() => {
            (Standing::Fail, format!("the instance is changed in the window that opens {}", date(at, now)))
        }
        (.., Some(at)) if instance.auto_minor_upgrade => {
            (Standing::Fail, format!("minor upgrades install themselves, and the window opens {}", date(at, now)))
        }
        (.., None) if next.is_none() => (Standing::Unknown, "the window of the instance is not known".to_owned()),
        _ => (Standing::Pass, format!("none within {} h", NEAR.as_hours())),
    };
    Check::new(topic, standing, words).dated(as_of, MAINTENANCE_FOR, now)
}

pub(super) fn schedules(evidence: &Evidence<'_>) -> Check {
    let (topic, now) = (Topic::Schedules, evidence.now);
    let Some((all, as_of)) = evidence.schedules else {
        return Check::new(topic, Standing::Unknown, "not read yet");
    };
    let enabled = |one: &&Schedule| one.state != ScheduleState::Disabled;
    let of_task = |one: &Schedule| -> Option<Deed> {
        one.deeds().filter(|(_, arn)| **arn == evidence.task.arn).map(|(deed, _)| deed).next()
    };
    let mine: Vec<(&Schedule, Deed)> =
        all.iter().filter(enabled).filter_map(|one| of_task(one).map(|deed| (one, deed))).collect();
    let when = |one: &Schedule| {
        let next = one.next(now, 1).ok().and_then(|times| times.first().map(jiff::Zoned::timestamp));
        next.map(|at| format!(", next {}", date(at, now))).unwrap_or_default()
    };
    let (standing, words) = match mine.iter().find(|(_, deed)| *deed != Deed::Names).or_else(|| mine.first()) {
        Some((one, deed @ Deed::Names)) => (
            Standing::Unknown,
            format!(
                "{} is enabled and {} this task; what it does with it is not told{}",
                one.name.raw(),
                deed.word(),
                when(one)
            ),
        ),
        Some((one, deed)) => {
            let more = if mine.len() > 1 { format!(", and {} others", mine.len() - 1) } else { String::new() };
            (Standing::Fail, format!("{} {} this task and is enabled{}{more}", one.name.raw(), deed.word(), when(one)))
        }
        None => {
            (Standing::Pass, "none enabled that names this task; what a function does by itself is not told".to_owned())
        }
    };
    Check::new(topic, standing, words).dated(as_of, SCHEDULES_FOR, now)
}

fn noun(n: usize) -> &'static str {
    if n == 1 { "table" } else { "tables" }
}

/// `1,204,551`.
fn grouped(n: i64) -> String {
    let digits = n.max(0).to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|one| std::str::from_utf8(one).ok()).collect();
    groups.join(",")
}

/// `14:03 UTC`, with the day where it is another.
fn date(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    if day(at) == day(now) { clock(at) } else { at.strftime("%b %d %H:%M UTC").to_string() }
}
