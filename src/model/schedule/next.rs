//! The coming times, with daylight saving time as EventBridge Scheduler does it: a time that the clocks skip does not
//! fire, a time that comes twice fires once, at the first.

use super::{Expression, ExpressionError, Schedule, ScheduleKind, ScheduleState};
use crate::model::Untrusted;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};

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

impl Schedule {
    /// The first `count` times after `now`, in the schedule's own time zone. Never an empty list.
    pub fn next(&self, now: Timestamp, count: usize) -> Result<Vec<Zoned>, NoNext> {
        if self.expression.is_none() && self.event_pattern {
            return Err(NoNext::Events);
        }
        if self.state == ScheduleState::Disabled {
            return Err(NoNext::Disabled);
        }
        let expression = self.parsed().ok_or(NoNext::NotRead)?.map_err(NoNext::NotUnderstood)?;
        let zone = self.zone()?;
        let found = match &expression {
            Expression::Rate { count: every, unit } => self.ticks(*every, *unit, &zone, now, count)?,
            Expression::At(at) => resolved(&zone, *at).filter(|at| at.timestamp() > now).into_iter().collect(),
            Expression::Cron(cron) => self.days(|after| cron.after(after), &zone, now, count),
        };
        if found.is_empty() { Err(NoNext::Over) } else { Ok(found) }
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

    /// Times of civil occurrences within start and end.
    fn days(
        &self,
        after: impl Fn(DateTime) -> Option<DateTime>,
        zone: &TimeZone,
        now: Timestamp,
        count: usize,
    ) -> Vec<Zoned> {
        let from = self.start.map_or(now, |start| now.max(start));
        // Earlier than the clock of `from` says: in the second pass of a repeated hour the civil time has gone back, and
        // a time that is exactly the start counts.
        let mut civil = zone.to_datetime(from).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(DateTime::MIN);
        let mut found: Vec<Zoned> = Vec::new();
        for _ in 0..SKIPPED + count {
            let Some(next) = (found.len() < count).then(|| after(civil)).flatten() else { break };
            civil = next;
            let Some(at) = resolved(zone, next) else { continue };
            let instant = at.timestamp();
            if self.end.is_some_and(|end| instant >= end) {
                break;
            }
            if instant > now && self.start.is_none_or(|start| instant >= start) {
                found.push(at);
            }
        }
        found
    }
}

/// The instant of a civil time; the first of two, and none where the clocks skip it.
fn resolved(zone: &TimeZone, civil: DateTime) -> Option<Zoned> {
    let ambiguous = zone.to_ambiguous_zoned(civil);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => ambiguous.earlier().ok(),
    }
}
