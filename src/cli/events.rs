//! `cutover events [TASK]`.

use super::print::{self, Format, List};
use crate::app::{EventFacts, Failure, Setup, headless};
use crate::model::listing::events;
use clap::Args;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use std::ops::ControlFlow;

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of a task, or its exact name; every task and instance when left out
    task: Option<String>,
    /// Go on with what happens from now on, one JSON object a line, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// How far back: 90m, 24h, 7d; DMS keeps about 14 days
    #[arg(long, default_value = "24h", value_name = "DURATION", value_parser = since)]
    since: SignedDuration,
    /// How the list is printed; with --follow it is always JSON, a line each
    #[arg(long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let task = arguments.task.as_deref();
    if !arguments.follow {
        let facts = headless::events(setup, task, arguments.since)?;
        list(&facts).print(arguments.output.unwrap_or(Format::Table))?;
        return facts.complete().map(|()| 0);
    }
    if let Some(Format::Table | Format::Csv) = arguments.output {
        return Err(Failure::usage("--follow prints JSON, a line each: leave --output out, or say --output json"));
    }
    let each = |facts: &EventFacts| {
        let heard = list(facts).print_lines()?;
        Ok(if heard { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    };
    headless::follow(setup, task, arguments.since, each, |failure| print::failure(&failure))?;
    Ok(0)
}

/// At least a second, at most a year: a longer one is a mistake.
pub(super) fn since(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "expected a duration such as 90m, 24h or 7d".to_owned())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let duration = duration.map_err(|_| "days are the longest unit".to_owned())?;
    let fits = (SignedDuration::from_secs(1)..=SignedDuration::from_hours(24 * 366)).contains(&duration);
    if fits { Ok(duration) } else { Err("expected something between 1s and 366d".to_owned()) }
}

fn list(facts: &EventFacts) -> List {
    List { columns: events::COLUMNS, rows: facts.events.iter().map(events::cells).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_what_people_write_and_never_nothing() {
        for (text, want) in [
            ("90m", Some(5_400)),
            ("24h", Some(86_400)),
            ("1d12h", Some(129_600)),
            ("30s", Some(30)),
            ("0s", None),
            ("-1h", None),
            ("1mo", None),
            ("400d", None),
            ("90", None),
            ("", None),
        ] {
            assert_eq!(since(text).ok().map(|duration| duration.as_secs()), want, "{text}");
        }
    }
}
