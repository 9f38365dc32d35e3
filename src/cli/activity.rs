//! `cutover activity`: the audit of this user on this machine, and of the team where there is one.

use super::events;
use super::print::{self, Format, List};
use crate::app::activity::{self, Wanted};
use crate::app::{Failure, Setup};
use crate::model::audit::Activity;
use crate::model::listing::activity as rows;
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::ops::ControlFlow;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only what was asked for by this user on this machine, nothing from the folder of a team
    #[arg(long)]
    mine: bool,
    /// Asked for since then: 2h, 7d, 2026-11-22 (UTC), 2026-11-22T14:03:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// About one task only: its ARN, or its exact name
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Go on with what is asked for from now on and what comes of it, one JSON object a line, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// How the list is printed; with --follow it is always JSON, a line each
    #[arg(long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

/// Since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Ago(SignedDuration),
    At(Timestamp),
}

impl Since {
    pub fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => now.checked_sub(span).unwrap_or(Timestamp::MIN),
            Self::At(at) => at,
        }
    }
}

pub fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Since::At(at));
    }
    // A date alone; one with a time needs its zone.
    if let (true, Ok(date)) = (text.len() == "2026-11-22".len(), text.parse::<Date>()) {
        let day = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(Since::At(day.timestamp()));
    }
    let duration = events::since(text).map(Since::Ago);
    duration.map_err(|why| format!("{why}, or a day such as 2026-11-22, or a time such as 2026-11-22T14:03:00Z"))
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let since = arguments.since.map(|since| since.from(Timestamp::now()));
    let wanted = Wanted { mine: arguments.mine, since, task: arguments.task.clone() };
    if !arguments.follow {
        let told = activity::activity(setup, &wanted)?;
        list(&told.activities).print(arguments.output.unwrap_or(Format::Table))?;
        let mut gaps = told.gaps.iter();
        let Some(first) = gaps.next() else { return Ok(0) };
        for gap in gaps {
            print::notes(&gap.lines());
        }
        // The same kind of problem otherwise, but the list is there: what is missing could not be told.
        return Err(Failure::ended(3, first));
    }
    if let Some(Format::Table | Format::Csv) = arguments.output {
        return Err(Failure::usage("--follow prints JSON, a line each: leave --output out, or say --output json"));
    }
    let each = |new: &[Activity]| {
        let heard = list(new).print_lines()?;
        Ok(if heard { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    };
    activity::follow(setup, &wanted, each, |gap| print::notes(&gap.lines()))?;
    Ok(0)
}

fn list(activities: &[Activity]) -> List {
    List { columns: rows::COLUMNS, rows: activities.iter().map(rows::cells).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_duration_a_day_or_a_time() {
        let at = |text: &str| Some(Since::At(text.parse().unwrap()));
        for (text, want) in [
            ("2h", Some(Since::Ago(SignedDuration::from_hours(2)))),
            ("2026-11-22", at("2026-11-22T00:00:00Z")),
            ("2026-11-22T14:03:00+01:00", at("2026-11-22T13:03:00Z")),
            ("2026-11-22T14:03:00", None),
            ("2026-13-22", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(since(text).ok(), want, "{text}");
        }
    }
}
