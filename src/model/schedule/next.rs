//! The coming times, with daylight saving time as EventBridge Scheduler does it: a time that the clocks skip does not
//! fire, a time that comes twice fires once, at the first.
//!
//! [`Schedule::next`] is for whoever wants times, [`Schedule::coming`] for whoever must also tell what the clocks do to
//! them, or what a disabled one would do.

use super::{Expression, ExpressionError, Schedule, ScheduleKind, ScheduleState};
use crate::model::Untrusted;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// Why there is no coming time. None of these is "soon".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNext {
    #[error("it is disabled")]
    Disabled,
    #[error("it answers to events, not to the clock")]
    Events,
    #[error("its expression could not be read")]
    NotRead,
    #[error("its expression is not understood: {0}")]
    NotUnderstood(ExpressionError),
    #[error("its time zone {0:?} is not known here")]
    Zone(Untrusted),
    #[error("AWS does not say when it began to count")]
    Uncounted,
    #[error("its times are over")]
    Over,
}

/// Skipped times in a row that are looked past: the longest run is one clock change of a schedule by the minute.
const SKIPPED: usize = 1_500;

/// What is to come, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coming {
    Fires(Zoned),
    /// The clocks show its time twice; it fires at the first.
    FiresOnce(Zoned),
    /// The clocks skip `count` of its local times, from the first to the last: nothing fires.
    Skipped {
        first: DateTime,
        last: DateTime,
        count: usize,
    },
}

impl Coming {
    /// When it fires, where it does.
    pub fn fires(&self) -> Option<&Zoned> {
        match self {
            Self::Fires(at) | Self::FiresOnce(at) => Some(at),
            Self::Skipped { .. } => None,
        }
    }
}

impl Schedule {
    /// The first `count` times after `now`, in the schedule's own time zone. Never an empty list.
    pub fn next(&self, now: Timestamp, count: usize) -> Result<Vec<Zoned>, NoNext> {
        let coming = match self.coming(now, count) {
            Err(NoNext::Events) => return Err(NoNext::Events),
            _ if self.state == ScheduleState::Disabled => return Err(NoNext::Disabled),
            coming => coming?,
        };
        let times: Vec<Zoned> = coming.iter().filter_map(Coming::fires).cloned().collect();
        if times.is_empty() { Err(NoNext::Over) } else { Ok(times) }
    }

    /// The first `count` times after `now` and what the clocks skip between them; of a disabled one, as if it were
    /// enabled. Never an empty list, yet all of it may be skipped.
    pub fn coming(&self, now: Timestamp, count: usize) -> Result<Vec<Coming>, NoNext> {
        if self.expression.is_none() && self.event_pattern {
            return Err(NoNext::Events);
        }
        let expression = self.parsed().ok_or(NoNext::NotRead)?.map_err(NoNext::NotUnderstood)?;
        let zone = self.zone()?;
        let found = match &expression {
            Expression::Rate { count: every, unit } => {
                self.ticks(*every, *unit, &zone, now, count)?.into_iter().map(Coming::Fires).collect()
            }
            Expression::At(at) => {
                // AWS heeds neither start nor end of what fires once.
                let once = |after| (after < *at).then_some(*at);
                days(once, &zone, (None, None), now, count)
            }
            Expression::Cron(cron) => days(|after| cron.after(after), &zone, (self.start, self.end), now, count),
        };
        if found.is_empty() { Err(NoNext::Over) } else { Ok(found) }
    }

    /// Time between two runs, where the expression is a rate.
    pub fn period(&self) -> Option<SignedDuration> {
        match self.parsed()?.ok()? {
            Expression::Rate { count, unit } => Some(Expression::period(count, unit)),
            Expression::Cron(_) | Expression::At(_) => None,
        }
    }

    /// A time of its own for people, with its zone and in UTC, each with its day, which may differ.
    pub fn both(&self, at: &Zoned) -> String {
        let utc = at.timestamp().to_zoned(TimeZone::UTC);
        match self.time_zone.as_ref().map(Untrusted::shown) {
            Some(zone) if zone != "UTC" && self.kind == ScheduleKind::Schedule => {
                format!("{} {zone} ({} UTC)", at.strftime("%a %Y-%m-%d %H:%M"), utc.strftime("%a %H:%M"))
            }
            _ => format!("{} UTC", utc.strftime("%a %Y-%m-%d %H:%M")),
        }
    }

    fn zone(&self) -> Result<TimeZone, NoNext> {
        match (&self.time_zone, self.kind) {
            (Some(name), ScheduleKind::Schedule) => TimeZone::get(name.raw()).map_err(|_| NoNext::Zone(name.clone())),
            _ => Ok(TimeZone::UTC),
        }
    }

    /// Times of a rate: whole periods after it began to count. A rule does not tell when that was, and neither does a
    /// schedule that was changed since it was made.
    fn ticks(
        &self,
        every: u32,
        unit: super::Unit,
        zone: &TimeZone,
        now: Timestamp,
        count: usize,
    ) -> Result<Vec<Zoned>, NoNext> {
        let unchanged = self.created.filter(|created| self.modified.is_none_or(|modified| modified == *created));
        let began = match self.kind {
            ScheduleKind::Rule => None,
            ScheduleKind::Schedule => self.start.or(unchanged),
        };
        let began = began.ok_or(NoNext::Uncounted)?;
        let period = Expression::period(every, unit);
        let past = now.as_second() - began.as_second();
        let first = if past < 0 { 0 } else { past / period.as_secs() + 1 };
        let times = (first..).map_while(|n| began.checked_add(period.checked_mul(i32::try_from(n).ok()?)?).ok());
        let times = times.filter(|at| *at > now).take_while(|at| self.end.is_none_or(|end| *at < end));
        Ok(times.take(count).map(|at| at.to_zoned(zone.clone())).collect())
    }
}

/// Times of civil occurrences within start and end.
fn days(
    after: impl Fn(DateTime) -> Option<DateTime>,
    zone: &TimeZone,
    (start, end): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
    count: usize,
) -> Vec<Coming> {
    let from = start.map_or(now, |start| now.max(start));
    // Earlier than the clock of `from` says: in the second pass of a repeated hour the civil time has gone back, and a
    // time that is exactly the start counts.
    let mut civil = zone.to_datetime(from).checked_sub(SignedDuration::from_secs(1)).unwrap_or(DateTime::MIN);
    let mut found: Vec<Coming> = Vec::new();
    let mut fires = 0;
    for _ in 0..SKIPPED + count {
        let Some(next) = (fires < count).then(|| after(civil)).flatten() else { break };
        civil = next;
        let ambiguous = zone.to_ambiguous_zoned(next);
        let offset = ambiguous.offset();
        // In a gap this is the time after it, which says well enough whether the schedule has ended by then.
        let Ok(at) = ambiguous.compatible() else { continue };
        let instant = at.timestamp();
        if end.is_some_and(|end| instant >= end) {
            break;
        }
        if instant <= now || start.is_some_and(|start| instant < start) {
            continue;
        }
        match offset {
            AmbiguousOffset::Gap { .. } => match found.last_mut() {
                Some(Coming::Skipped { last, count, .. }) => (*last, *count) = (next, *count + 1),
                _ => found.push(Coming::Skipped { first: next, last: next, count: 1 }),
            },
            AmbiguousOffset::Fold { .. } => found.push(Coming::FiresOnce(at)),
            AmbiguousOffset::Unambiguous { .. } => found.push(Coming::Fires(at)),
        }
        fires += usize::from(!matches!(offset, AmbiguousOffset::Gap { .. }));
    }
    found
}
