//! When AWS is going to work on the instances.

use super::World;
use super::parts::{Instance, Maintenance};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Begin of the window at the opening, UTC.
const DAY: Weekday = Weekday::Sunday;
const HOUR: i8 = 2;
const MINUTE: i8 = 14;
/// A window lasts half an hour, the least AWS allows.
const LONG: SignedDuration = SignedDuration::from_mins(30);
/// Nothing comes nearer than this by itself.
const AHEAD: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long it could be put off.
const FORCED_AFTER: SignedDuration = SignedDuration::from_hours(21 * 24);

/// The window an instance opens with.
pub fn window() -> String {
    "sun:02:14-sun:02:44".to_owned()
}

/// Maintenance in the first window that is days away.
pub fn planned(now: Timestamp) -> Maintenance {
    let earliest = (now + AHEAD).to_zoned(TimeZone::UTC);
    let days = i64::from(earliest.weekday().until(DAY));
    let date = earliest.date().saturating_add(jiff::Span::new().days(days));
    let at = date.at(HOUR, MINUTE, 0, 0).to_zoned(TimeZone::UTC).map_or(now + AHEAD, |zoned| zoned.timestamp());
    let at = if at < now + AHEAD { at + SignedDuration::from_hours(7 * 24) } else { at };
    Maintenance { at, forced: at + FORCED_AFTER, asked_for: false }
}

/// The first instance's maintenance comes this many minutes from now, and its window with it; `None` puts both back.
pub fn shift(world: &mut World, minutes: Option<i64>, now: Timestamp) {
    let opened = world.opened;
    let Some(instance) = world.instances.first_mut() else { return };
    let Some(minutes) = minutes else {
        instance.window = window();
        instance.maintenance = Some(planned(opened));
        return;
    };
    let at = now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
    near(instance, at);
}

fn near(instance: &mut Instance, at: Timestamp) {
    let words = |at: Timestamp| at.to_zoned(TimeZone::UTC).strftime("%a:%H:%M").to_string().to_ascii_lowercase();
    instance.window = format!("{}-{}", words(at), words(at.saturating_add(LONG).unwrap_or(at)));
    instance.maintenance = Some(Maintenance { at, forced: at, asked_for: true });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintenance_is_planned_into_a_window_at_least_three_days_ahead() {
        for (now, want) in [
            ("2026-11-16T00:00:00Z", "2026-11-22T02:14:00Z"),
            ("2026-11-19T02:14:00Z", "2026-11-22T02:14:00Z"),
            ("2026-11-19T02:15:00Z", "2026-11-29T02:14:00Z"),
            ("2026-11-22T12:00:00Z", "2026-11-29T02:14:00Z"),
        ] {
            assert_eq!(planned(now.parse().unwrap()).at.to_string(), want, "{now}");
        }
    }
}
