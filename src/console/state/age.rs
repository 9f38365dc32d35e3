//! How old a piece of evidence is, as a label that seldom changes, and the moment it changes next.
//!
//! Labels step at 5 s up to 15 s, then at 15 s up to a minute, then in minutes, hours and days: an idle screen costs a
//! handful of cells a minute. They round down; the step is small beside what it measures.

use jiff::{SignedDuration, Timestamp};

/// Evidence may be ahead of our clock by this much before the clocks are called different, in seconds.
const AHEAD: i64 = 30;

/// How old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Whole seconds, never negative.
    Seconds(i64),
    /// The evidence is stamped later than our clock says it is.
    Ahead,
    /// The evidence carries no time.
    Unknown,
}

impl Age {
    pub fn of(as_of: Option<Timestamp>, now: Timestamp) -> Self {
        match as_of.map(|at| now.duration_since(at).as_millis().div_euclid(1000)) {
            None => Self::Unknown,
            Some(seconds) if seconds < -i128::from(AHEAD) => Self::Ahead,
            Some(seconds) => Self::Seconds(i64::try_from(seconds.max(0)).unwrap_or(i64::MAX)),
        }
    }

    /// `now`, `5s`, `45s`, `3m`, `5h`, `2d`.
    pub fn label(self) -> String {
        match self {
            Self::Unknown => "age unknown".to_owned(),
            Self::Ahead => "clocks differ".to_owned(),
            Self::Seconds(seconds) => match step(seconds) {
                _ if seconds < 5 => "now".to_owned(),
                by if seconds < 60 => format!("{}s", seconds / by * by),
                60 => format!("{}m", seconds / 60),
                3600 => format!("{}h", seconds / 3600),
                _ => format!("{}d", seconds / 86_400),
            },
        }
    }
}

/// Granularity of the label at this age, in seconds.
fn step(seconds: i64) -> i64 {
    match seconds {
        ..15 => 5,
        15..60 => 15,
        60..7200 => 60,
        7200..172_800 => 3600,
        _ => 86_400,
    }
}

/// When the label of this evidence changes next; `None` where it never does.
pub fn next_step(as_of: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let at = as_of?;
    let next = match Age::of(as_of, now) {
        Age::Seconds(seconds) => (seconds / step(seconds) + 1) * step(seconds),
        Age::Ahead => -AHEAD,
        Age::Unknown => return None,
    };
    at.checked_add(SignedDuration::from_secs(next)).ok().map(|then| then.max(soon(now)))
}

/// A deadline is never now, or the loop would spin.
fn soon(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX)
}

/// What is left until a moment: `4d`, `3h`, `47m`, `<1m`; `None` once it has come.
pub fn left(until: Timestamp, now: Timestamp) -> Option<String> {
    match seconds_left(until, now) {
        ..=0 => None,
        1..60 => Some("<1m".to_owned()),
        s @ 60..7200 => Some(format!("{}m", s / 60)),
        s @ 7200..172_800 => Some(format!("{}h", s / 3600)),
        s => Some(format!("{}d", s / 86_400)),
    }
}

/// Whole seconds until a moment, rounded up, so that nothing is over before it is.
pub fn seconds_left(until: Timestamp, now: Timestamp) -> i64 {
    let millis = until.duration_since(now).as_millis();
    i64::try_from(-(-millis).div_euclid(1000)).unwrap_or(i64::MAX)
}

/// When [`left`] changes next.
pub fn next_left(until: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let seconds = seconds_left(until, now);
    let at_left = match seconds {
        ..=0 => return None,
        1..60 => 0,
        s @ 60..7200 => s / 60 * 60 - 1,
        s @ 7200..172_800 => s / 3600 * 3600 - 1,
        s => s / 86_400 * 86_400 - 1,
    };
    until.checked_sub(SignedDuration::from_secs(at_left)).ok().map(|then| then.max(soon(now)))
}

/// The next midnight in UTC, when "today" is another day.
pub fn next_day(now: Timestamp) -> Option<Timestamp> {
    Timestamp::from_second((now.as_second().div_euclid(86_400) + 1) * 86_400).ok()
}

/// `14:03:22`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

pub use crate::model::alert::words::moment;

/// A length of time: `4s`, `3m12s`, `2h05m`, `3d04h`.
pub fn length(duration: SignedDuration) -> String {
    let s = duration.as_secs().max(0);
    match s {
        ..60 => format!("{s}s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d{:02}h", s / 86_400, s % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn labels_step_at_five_then_fifteen_seconds_then_minutes() {
        for (seconds, want) in [
            (0, "now"),
            (4, "now"),
            (5, "5s"),
            (14, "10s"),
            (15, "15s"),
            (44, "30s"),
            (59, "45s"),
            (60, "1m"),
            (7199, "119m"),
            (7200, "2h"),
            (172_800, "2d"),
        ] {
            assert_eq!(Age::of(Some(at(0)), at(seconds)).label(), want, "{seconds}");
        }
        assert_eq!(Age::of(None, at(0)).label(), "age unknown");
        assert_eq!(Age::of(Some(at(10)), at(0)).label(), "now");
        assert_eq!(Age::of(Some(at(100)), at(0)).label(), "clocks differ");
    }

    #[test]
    fn the_next_step_is_exactly_when_the_label_changes() {
        for seconds in (-100..400).chain([7190, 7200, 90_000, 172_790, 200_000]) {
            let (now, label) = (at(seconds), Age::of(Some(at(0)), at(seconds)).label());
            let next = next_step(Some(at(0)), now).unwrap();
            assert!(next > now);
            let just_before = next.checked_sub(SignedDuration::from_millis(1)).unwrap();
            assert_eq!(Age::of(Some(at(0)), just_before).label(), label, "{seconds}");
            if seconds >= 0 {
                assert_ne!(Age::of(Some(at(0)), next).label(), label, "{seconds}");
            }
        }
    }

    #[test]
    fn what_is_left_changes_exactly_at_its_deadline() {
        for seconds in [1, 59, 60, 61, 119, 120, 3600, 7199, 7200, 7201, 10_800, 172_799, 172_800, 500_000] {
            let label = left(at(seconds), at(0));
            let next = next_left(at(seconds), at(0)).unwrap();
            assert_ne!(left(at(seconds), next), label, "{seconds}");
        }
        assert_eq!(left(at(0), at(0)), None);
        assert_eq!(next_left(at(0), at(0)), None);
        assert_eq!(left(at(47 * 60 + 20), at(0)).as_deref(), Some("47m"));
    }

    #[test]
    fn lengths_and_moments_are_short() {
        assert_eq!(length(SignedDuration::from_secs(192)), "3m12s");
        assert_eq!(length(SignedDuration::from_secs(7500)), "2h05m");
        let now: Timestamp = "2026-11-22T14:03:22Z".parse().unwrap();
        for (text, want) in [
            ("2026-11-22T03:12:00Z", "03:12"),
            ("2026-11-20T03:12:00Z", "Nov 20 03:12"),
            ("2025-11-20T03:12:00Z", "2025-11-20 03:12"),
        ] {
            assert_eq!(moment(text.parse().unwrap(), now), want);
        }
    }
}
