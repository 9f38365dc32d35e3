//! Replication instances: disk, memory, state, maintenance, and paying for one that does nothing.

use super::{TREND, after, below, graded, minutes};
use crate::model::alert::facts::OfInstance;
use crate::model::alert::words::{bytes, count, length, moment};
use crate::model::alert::{Context, Limit, Outcome};
use crate::model::health::Health;
use crate::model::metric::{INSTANCE_FRESH_FOR, MetricName, Point};
use crate::model::parts::PendingMaintenance;
use crate::model::task::{Task, TaskStatus};
use crate::model::{Subject, Untrusted};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

fn fresh<'a>(of: &OfInstance<'a>, name: MetricName, now: Timestamp) -> Result<&'a [Point], Outcome> {
    let points = of.facts.instance_points(&of.instance.arn, name);
    match points.last() {
        Some(newest) if now.duration_since(newest.at) <= INSTANCE_FRESH_FOR => Ok(points),
        Some(_) => Err(Outcome::unknown("no fresh point of its metrics")),
        None => Err(Outcome::unknown("no point of its metrics was read")),
    }
}

pub fn disk_low(of: &OfInstance<'_>, context: &Context<'_>) -> Outcome {
    let points = match fresh(of, MetricName::FreeStorageSpace, context.now) {
        Ok(points) => points,
        Err(outcome) => return outcome,
    };
    let Some(storage) = of.instance.storage_gb.filter(|gb| *gb > 0) else {
        return Outcome::unknown("how much storage it has is not told");
    };
    let whole = f64::from(storage) * GIB;
    let shares: Vec<Point> =
        points.iter().map(|point| Point { value: point.value / whole * 100.0, ..*point }).collect();
    let limit =
        |severity| context.limit(if severity == Health::Critical { Limit::DiskCritical } else { Limit::DiskWarning });
    let severity = graded(context.stands, |severity, stood| below(&shares, limit(severity), stood));
    let (Some(severity), Some(share), Some(free)) = (severity, shares.last(), points.last()) else {
        return Outcome::GOOD;
    };
    let message = format!("disk {:.0} % free: {} of {storage} GiB", share.value, bytes(free.value));
    Outcome::bad(severity, message).dated(Some(share.at)).into()
}

/// Little that can be freed is nothing by itself: the system fills memory with caches. With growing swap it is.
pub fn memory_low(of: &OfInstance<'_>, context: &Context<'_>) -> Outcome {
    let both = fresh(of, MetricName::FreeableMemory, context.now)
        .and_then(|free| Ok((free, fresh(of, MetricName::SwapUsage, context.now)?)));
    let (free, swap) = match both {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let swap = &swap[swap.len().saturating_sub(TREND)..];
    let grown = swap.first().zip(swap.last()).map_or(0.0, |(first, last)| last.value - first.value);
    let low = context.limit(Limit::MemoryFree) * MIB;
    let limit = |severity| if severity == Health::Critical { low / 4.0 } else { low };
    let severity = graded(context.stands, |severity, stood| below(free, limit(severity), stood));
    let (Some(severity), Some(newest)) = (severity, free.last()) else { return Outcome::GOOD };
    // Once raised, swap that stays is bad enough.
    if grown < MIB && context.stands.is_none() {
        return Outcome::GOOD;
    }
    let message = format!("memory low: {} can be freed, and swap grows", bytes(newest.value));
    let finding = Outcome::bad(severity, message).dated(Some(newest.at));
    match swap.last() {
        Some(last) => finding.evidence(format!("{} of swap in use", bytes(last.value))).into(),
        None => finding.into(),
    }
}

/// States in which nothing runs on it (section 1.1 of the DMS facts), and those that pass.
const DOWN: [&str; 6] = [
    "failed",
    "storage-full",
    "incompatible-credentials",
    "incompatible-network",
    "inaccessible-encryption-credentials",
    "deleted",
];
const PASSING: [&str; 6] =
    ["creating", "deleting", "modifying", "upgrading", "rebooting", "resetting-master-credentials"];

pub fn unwell(of: &OfInstance<'_>, _context: &Context<'_>) -> Outcome {
    let status = &of.instance.status;
    let severity = match status.raw() {
        "available" => return Outcome::GOOD,
        "maintenance" => Health::Critical,
        down if DOWN.contains(&down) => Health::Critical,
        passing if PASSING.contains(&passing) => Health::Warning,
        _ => Health::Unknown,
    };
    let as_of = of.facts.stated(&Subject::Instances).and_then(|stated| stated.as_of);
    let message = format!("instance is {}: {} on it", status.shown(), count(of.tasks.len(), "task"));
    Outcome::bad(severity, message).dated(as_of).into()
}

/// Work that AWS is going to do while something replicates.
pub fn maintenance(of: &OfInstance<'_>, context: &Context<'_>) -> Outcome {
    let replicating = of.tasks.iter().filter(|task| {
        task.migration_type.has_cdc() && matches!(task.status, TaskStatus::Running | TaskStatus::Starting)
    });
    let replicating = replicating.count();
    if replicating == 0 {
        return Outcome::NOT_DUE;
    }
    let within = minutes(context.limit(Limit::MaintenanceWithin) * 60.0);
    let soon = |at: Timestamp| at.duration_since(context.now) <= within;
    let begins = |at: Timestamp| after(at, -within);
    let who = format!("{} replicating on it", count(replicating, "task"));
    let window = of.instance.maintenance_window.as_ref().and_then(|window| next_window(window, context.now));
    let mut pending: Vec<(&PendingMaintenance, Timestamp)> = of
        .facts
        .maintenance()
        .iter()
        .filter(|one| one.instance == of.instance.arn)
        .filter_map(|one| Some((one, when(one, window)?)))
        .collect();
    pending.sort_by_key(|(_, at)| *at);
    if let Some((one, at)) = pending.first().filter(|(_, at)| soon(*at)) {
        let (action, at_words) = (one.action.shown(), moment(*at, context.now));
        let when = if *at > context.now {
            format!("at {at_words} UTC, in {}", length(at.duration_since(context.now)))
        } else {
            format!("is due since {at_words} UTC")
        };
        let as_of = of.facts.stated(&Subject::Maintenance).and_then(|stated| stated.as_of);
        return Outcome::bad(Health::Warning, format!("maintenance {action} {when}")).evidence(who).dated(as_of).into();
    }
    let read = of.facts.stated(&Subject::Maintenance);
    let as_of = of.facts.stated(&Subject::Instances).and_then(|stated| stated.as_of);
    let later = pending.first().and_then(|(_, at)| begins(*at));
    let Some(window) = window else {
        return Outcome::unknown("its maintenance window is not told").until(later);
    };
    let later = [later, begins(window)].into_iter().flatten().filter(|at| *at > context.now).min();
    if !soon(window) {
        let outcome =
            if read.is_some() { Outcome::GOOD } else { Outcome::unknown("pending maintenance was not asked for") };
        return outcome.until(later);
    }
    let when =
        format!("window at {} UTC, in {}", moment(window, context.now), length(window.duration_since(context.now)));
    let changes = !of.instance.pending.is_empty();
    let (severity, what) = match (changes, read.is_some(), of.instance.auto_minor_upgrade) {
        (true, ..) => (Health::Warning, "changes that were asked for are made then"),
        (false, false, _) => (Health::Unknown, "whether anything is pending is not read"),
        (false, true, true) => (Health::Ok, "nothing is announced; minor versions are put in by themselves"),
        (false, true, false) => (Health::Ok, "nothing is announced"),
    };
    // That nothing is announced is as old as that answer.
    let as_of = if changes { as_of } else { read.and_then(|stated| stated.as_of) };
    let finding = Outcome::bad(severity, format!("maintenance {when}: {what}")).evidence(who).dated(as_of);
    // It is over for this time when the next one is a week away.
    Outcome::from(finding).until(after(window, SignedDuration::from_secs(1)))
}

/// When a pending action can happen: as AWS says, or at the next window after the date it gives.
fn when(one: &PendingMaintenance, window: Option<Timestamp>) -> Option<Timestamp> {
    match (one.earliest(), window) {
        (Some(at), Some(window)) if one.current_apply.is_none() && one.forced_apply != Some(at) => Some(at.max(window)),
        (Some(at), _) => Some(at),
        (None, window) => window.filter(|_| one.opt_in.is_some()),
    }
}

/// The next begin of `ddd:hh24:mi-ddd:hh24:mi`, UTC; `None` where that is not what it is.
pub fn next_window(window: &Untrusted, now: Timestamp) -> Option<Timestamp> {
    let (begin, _) = window.raw().split_once('-')?;
    let mut parts = begin.split(':');
    let day = match parts.next()?.to_ascii_lowercase().as_str() {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    };
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let today = now.to_zoned(TimeZone::UTC).date();
    let ahead = today.weekday().until(day);
    let time = jiff::civil::Time::new(hour, minute, 0, 0).ok()?;
    let on = |days: i8| -> Option<Timestamp> {
        let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
        date.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    on(ahead).filter(|at| *at > now).or_else(|| on(ahead + 7))
}

/// Nothing has run on it for long.
pub fn idle(of: &OfInstance<'_>, context: &Context<'_>) -> Outcome {
    if of.instance.status.raw() != "available" {
        return Outcome::NOT_DUE;
    }
    let rests = |status: &TaskStatus| {
        matches!(status, TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove | TaskStatus::Ready)
    };
    if of.tasks.iter().any(|task| !rests(&task.status)) {
        return Outcome::GOOD;
    }
    if !of.facts.sees_every_task() {
        return Outcome::unknown("tasks that are not watched may run on it");
    }
    // A stop that DMS does not date leaves open how long ago it was.
    let undated = |task: &&Task| task.stats.start.is_some_and(|start| task.stats.stop.is_none_or(|stop| stop < start));
    if of.tasks.iter().any(undated) {
        return Outcome::unknown("when the last task on it stopped is not told");
    }
    let stops = of.tasks.iter().map(|task| task.newest_stated());
    let Some(since) = stops.flatten().max().or(of.instance.created) else {
        return Outcome::unknown("since when nothing runs on it is not told");
    };
    let limit = minutes(context.limit(Limit::IdleAfter) * 60.0);
    let idle = context.now.duration_since(since);
    if idle < limit {
        return Outcome::GOOD.until(after(since, limit));
    }
    let message = format!("idle for {}, and costs money ({})", length(idle), of.instance.class.shown());
    let as_of = of.facts.stated(&Subject::Instances).and_then(|stated| stated.as_of);
    let evidence = match of.tasks.len() {
        0 => "no task on it".to_owned(),
        n => format!("{} on it, none running", count(n, "task")),
    };
    Outcome::bad(Health::Warning, message).evidence(evidence).dated(as_of).since(Some(since)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_window_begins_this_week_or_next() {
        // A Sunday.
        let now: Timestamp = "2026-11-22T14:03:22Z".parse().unwrap();
        for (window, want) in [
            ("sun:16:00-sun:16:30", Some("2026-11-22T16:00:00Z")),
            ("sun:14:00-sun:14:30", Some("2026-11-29T14:00:00Z")),
            ("mon:03:15-mon:03:45", Some("2026-11-23T03:15:00Z")),
            ("Sat:23:59-sun:00:29", Some("2026-11-28T23:59:00Z")),
            ("any:00:00-x", None),
            ("mon:24:00-mon:24:30", None),
            ("mon:-1:00-mon", None),
            ("", None),
        ] {
            let want = want.map(|text| text.parse::<Timestamp>().unwrap());
            assert_eq!(next_window(&Untrusted::new(window), now), want, "{window}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_window_is_ahead_within_a_week_or_none(text in "\\PC{0,30}", second in 0_i64..4_000_000_000) {
            let now = Timestamp::from_second(second).unwrap();
            for window in [text, "fri:10:00-fri:10:30".to_owned()] {
                if let Some(next) = next_window(&Untrusted::new(window), now) {
                    proptest::prop_assert!(next > now && next.duration_since(now) <= SignedDuration::from_hours(168));
                }
            }
        }
    }
}
