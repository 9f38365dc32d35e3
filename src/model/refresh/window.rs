//! When the source may be loaded: `Mon-Fri 01:00-05:00 Europe/London`. Pure.

use crate::model::untrusted::shown;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Days, a time of the day, and where the clock hangs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// From Monday.
    days: [bool; 7],
    from: Time,
    /// Not after `from`: on the day after. Midnight is the end of the day.
    to: Time,
    zone: TimeZone,
    text: String,
}

/// Why a text is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(String);

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Window {
    /// It is open then.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.around(at).is_some()
    }

    /// The opening that it is in at this moment: from when until when.
    pub fn around(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let today = at.to_zoned(self.zone.clone()).date();
        let of = |day: Date| self.of(day).filter(|(from, to)| *from <= at && at < *to);
        of(today).or_else(|| of(today.yesterday().ok()?))
    }

    /// The next opening that begins after this moment.
    pub fn next(&self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let today = at.to_zoned(self.zone.clone()).date();
        let mut days = (0..=8).filter_map(|n| today.checked_add(n.days()).ok());
        days.find_map(|day| self.of(day).filter(|(from, _)| *from > at))
    }

    /// The opening that begins on this day. In a night that is an hour shorter or longer so is the window.
    fn of(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let nth = usize::try_from(day.weekday().to_monday_zero_offset()).ok()?;
        if !*self.days.get(nth)? {
            return None;
        }
        let end = if self.to <= self.from { day.tomorrow().ok()? } else { day };
        let at = |day: Date, time: Time| Some(day.to_datetime(time).to_zoned(self.zone.clone()).ok()?.timestamp());
        Some((at(day, self.from)?, at(end, self.to)?))
    }
}

impl std::str::FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let wrong = |why: String| WindowError(why);
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_times = |word: &&str| word.contains(':');
        let nth = words.iter().position(is_times).ok_or_else(|| wrong("there is no time of the day in it".into()))?;
        let (before, after) = (&words[..nth], &words[nth + 1..]);
        let days = match before {
            [] => [true; 7],
            [days] => days_of(days).map_err(wrong)?,
            _ => return Err(wrong("days are written in one word, as Mon-Fri or Mon,Wed,Sat".into())),
        };
        let (from, to) = words[nth].split_once('-').ok_or_else(|| wrong("times are written as 01:00-05:00".into()))?;
        let (from, to) = (time(from).map_err(wrong)?, time(to).map_err(wrong)?);
        let zone = match after {
            [] => TimeZone::UTC,
            [name] => TimeZone::get(name).map_err(|_| wrong(format!("{:?} is no time zone", shown(name))))?,
            _ => return Err(wrong("behind the times stands only the name of a time zone".into())),
        };
        if from == to && from != Time::midnight() {
            return Err(wrong("it begins and ends at the same time".into()));
        }
        Ok(Self { days, from, to, zone, text: words.join(" ") })
    }
}

fn days_of(text: &str) -> Result<[bool; 7], String> {
    let day = |word: &str| {
        let nth = DAYS.iter().position(|day| day.eq_ignore_ascii_case(word));
        nth.ok_or_else(|| format!("{:?} is no day: Mon, Tue, Wed, Thu, Fri, Sat, Sun", shown(word)))
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (day(from)?, day(to)?);
        // From Friday to Monday goes over the end of the week.
        let length = (to + 7 - from) % 7;
        (0..=length).for_each(|n| days[(from + n) % 7] = true);
    }
    Ok(days)
}

fn time(text: &str) -> Result<Time, String> {
    let wrong = || format!("{:?} is no time of the day such as 01:00", shown(text));
    if text == "24:00" {
        return Ok(Time::midnight());
    }
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let two = |word: &str| (word.len() == 2).then(|| word.parse::<i8>().ok()).flatten().ok_or_else(wrong);
    Time::new(two(hour)?, two(minute)?, 0, 0).map_err(|_| wrong())
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Window {
    type Error = WindowError;

    fn try_from(text: String) -> Result<Self, WindowError> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_in_its_days_and_hours_where_its_clock_hangs() {
        for (text, at, open) in [
            // 2026-11-22 is a Sunday.
            ("Mon-Fri 01:00-05:00 Europe/London", "2026-11-23T01:00:00Z", true),
            ("Mon-Fri 01:00-05:00 Europe/London", "2026-11-23T05:00:00Z", false),
            ("Mon-Fri 01:00-05:00 Europe/London", "2026-11-22T02:00:00Z", false),
            // In summer that is an hour earlier.
            ("Mon-Fri 01:00-05:00 Europe/London", "2026-07-06T00:30:00Z", true),
            ("01:00-05:00", "2026-11-22T04:59:59Z", true),
            ("Sat 22:00-04:00", "2026-11-22T03:00:00Z", true),
            ("Sun 22:00-04:00", "2026-11-22T03:00:00Z", false),
            ("fri-mon 00:00-24:00", "2026-11-22T23:59:59Z", true),
            ("Tue,Thu 00:00-24:00", "2026-11-22T12:00:00Z", false),
            ("00:00-00:00", "2026-11-22T12:00:00Z", true),
        ] {
            let window: Window = text.parse().unwrap();
            assert_eq!(window.is_open(at.parse().unwrap()), open, "{text} {at}");
            assert_eq!(window.to_string(), text);
        }
    }

    #[test]
    fn the_next_opening_is_found_also_over_the_week() {
        let at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, want) in [
            ("Mon-Fri 01:00-05:00", "2026-11-23T01:00:00Z"),
            ("Sun 11:00-13:00", "2026-11-29T11:00:00Z"),
            ("22:00-04:00 Europe/Berlin", "2026-11-22T21:00:00Z"),
        ] {
            let window: Window = text.parse().unwrap();
            assert_eq!(window.next(at).map(|(from, _)| from.to_string()).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_window_says_what_is_wrong() {
        for (text, part) in [
            ("", "no time of the day"),
            ("Mon-Fri", "no time of the day"),
            ("Mon Tue 01:00-02:00", "one word"),
            ("Mon-Fry 01:00-02:00", "\"Fry\" is no day"),
            ("01:00", "01:00-05:00"),
            ("1:00-2:00", "\"1:00\" is no time"),
            ("25:00-26:00", "\"25:00\" is no time"),
            ("02:00-02:00", "same time"),
            ("01:00-02:00 Mars/Base", "no time zone"),
            ("01:00-02:00 UTC please", "only the name"),
        ] {
            let why = text.parse::<Window>().unwrap_err().to_string();
            assert!(why.contains(part), "{text}: {why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_window_or_an_error_and_a_window_reads_itself(text in "[MonTueWdhFri,-]{0,9} ?[0-9:-]{0,12}") {
            if let Ok(window) = text.parse::<Window>() {
                proptest::prop_assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
            }
        }
    }
}
