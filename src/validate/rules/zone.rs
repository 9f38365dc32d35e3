//! Times of a clock on a wall beside moments: `datetime` of MySQL beside `timestamp with time zone` of PostgreSQL.
//!
//! Moments are kept in UTC; a clock shows the time of its zone. Where clocks are set back it shows an hour twice, and
//! nobody can tell which it was: such a time is no moment here. Start at [`Zone::moment`].

use crate::model::canon::{Canon, Raw, SqlType};
use crate::model::engine::Engine;
use crate::model::untrusted::shown;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = if name.is_empty() { None } else { TimeZone::get(name).ok() };
        known.map(Self).ok_or_else(|| {
            format!("{:?} is no time zone of the IANA database; zone takes one such as zone:Europe/Berlin", shown(name))
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl Zone {
    /// The canonical moment of what the clock shows, in UTC; `None` where it showed that never, or twice.
    pub(super) fn moment<'a>(&self, wall: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let text = Canon::Timestamp.decode(wall);
        if text.ends_with("infinity") {
            return Some(Cow::Borrowed(wall));
        }
        let at: DateTime = text.parse().ok()?;
        let moment = self.0.to_ambiguous_timestamp(at).unambiguous().ok()?;
        let utc = TimeZone::UTC.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
        Canon::Timestamp.bytes(Raw::Text(utc.as_bytes())).ok().map(Cow::Owned)
    }
}

/// The side whose times are those of a clock on a wall; the other side has moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    Source,
    Target,
}

/// What a type says about its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Wall,
    Moment,
    /// SQLite's types and text say nothing: they are what the other side is not.
    Nothing,
}

fn says(of: &SqlType) -> Says {
    match (of.engine, of.bare().as_str()) {
        (Engine::PostgreSql, "timestamp with time zone") | (Engine::MySql, "timestamp") => Says::Moment,
        (Engine::PostgreSql, "timestamp" | "timestamp without time zone" | "date")
        | (Engine::MySql, "datetime" | "date") => Says::Wall,
        _ => Says::Nothing,
    }
}

impl Wall {
    /// `None` where both sides are of one kind, or neither says what it is.
    pub fn of(source: &SqlType, target: &SqlType) -> Option<Self> {
        match (says(source), says(target)) {
            (Says::Wall, Says::Moment | Says::Nothing) | (Says::Nothing, Says::Moment) => Some(Self::Source),
            (Says::Moment, Says::Wall | Says::Nothing) | (Says::Nothing, Says::Wall) => Some(Self::Target),
            _ => None,
        }
    }
}
