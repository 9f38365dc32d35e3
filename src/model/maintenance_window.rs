//! The weekly window in which AWS may work on an instance: `sun:23:30-mon:00:30`, UTC.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// When it opens and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    day: Weekday,
    time: Time,
    length: SignedDuration,
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

const WEEK_MINUTES: i64 = 7 * 24 * 60;

/// `sun:23:30`.
fn moment(text: &str) -> Option<(Weekday, Time)> {
    let (day, time) = text.trim().split_once(':')?;
    let day = DAYS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(day))?.1;
    let (hour, minute) = time.split_once(':')?;
    Some((day, Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?))
}

fn minute_of_week((day, time): (Weekday, Time)) -> i64 {
    i64::from(day.to_monday_zero_offset()) * 24 * 60 + i64::from(time.hour()) * 60 + i64::from(time.minute())
}

impl Window {
    /// `None` where the text is no window.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (moment(from)?, moment(to)?);
        let minutes = (minute_of_week(to) - minute_of_week(from)).rem_euclid(WEEK_MINUTES);
        (minutes > 0).then(|| Self { day: from.0, time: from.1, length: SignedDuration::from_mins(minutes) })
    }

    /// The window that is open at `now`, else the next one: its start and end.
    pub fn next(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let back = i64::from(today.weekday().since(self.day));
        // This week's, which may be over, and the one after it.
        [-back, 7 - back].into_iter().find_map(|days| {
            let date = today.checked_add(days.days()).ok()?;
            let start = date.to_datetime(self.time).to_zoned(TimeZone::UTC).ok()?.timestamp();
            let end = start.checked_add(self.length).ok()?;
            (end > now).then_some((start, end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_window_is_the_one_that_is_open_or_the_one_to_come() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        // 2026-11-22 is a Sunday.
        for (window, now, start, end) in [
            ("sun:23:30-mon:00:30", "2026-11-22T14:00:00Z", "2026-11-22T23:30:00Z", "2026-11-23T00:30:00Z"),
            ("sun:23:30-mon:00:30", "2026-11-23T00:29:59Z", "2026-11-22T23:30:00Z", "2026-11-23T00:30:00Z"),
            ("sun:23:30-mon:00:30", "2026-11-23T00:30:00Z", "2026-11-29T23:30:00Z", "2026-11-30T00:30:00Z"),
            ("Wed:04:01-wed:04:31", "2026-11-22T14:00:00Z", "2026-11-25T04:01:00Z", "2026-11-25T04:31:00Z"),
            ("sat:10:00-sat:11:00", "2026-11-22T14:00:00Z", "2026-11-28T10:00:00Z", "2026-11-28T11:00:00Z"),
        ] {
            let next = Window::parse(window).unwrap().next(at(now)).unwrap();
            assert_eq!(next, (at(start), at(end)), "{window} {now}");
        }
        for odd in ["", "sun", "sun:23:30", "xxx:00:00-sun:00:00", "sun:25:00-mon:00:00", "sun:1:00-sun:1:00"] {
            assert_eq!(Window::parse(odd), None, "{odd}");
        }
    }
}
