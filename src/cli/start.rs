//! `cutover start TASK`: the first run, or a later one of a `cdc` task from a position.

use super::operate::{self, Waiting};
use crate::app::{Failure, Setup};
use crate::model::change::{StartFrom, Until, Verb};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

#[derive(Debug, Args)]
pub struct Arguments {
    /// beginning, of a task that loads (also when left out); of a cdc task now (earlier changes are lost) or a time, UTC
    #[arg(long, value_name = "beginning|now|TIME", value_parser = from, conflicts_with = "from_position")]
    from: Option<StartFrom>,
    /// A position of the source's own (LSN, SCN, log file and offset) or a checkpoint of DMS
    #[arg(long, value_name = "POSITION", value_parser = NonEmptyStringValueParser::new())]
    from_position: Option<String>,
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    one: operate::One,
}

/// Where replication is to end by itself.
#[derive(Debug, Args)]
pub struct End {
    /// Where it ends by itself: server_time:2026-11-22T14:00:00 or commit_time:2026-11-22T14:00:00, UTC
    #[arg(long, value_name = "KIND:TIME")]
    pub cdc_stop: Option<Until>,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let from = match (&arguments.from, &arguments.from_position) {
        (_, Some(position)) => StartFrom::Position(position.clone()),
        (Some(from), None) => from.clone(),
        (None, None) => StartFrom::Beginning,
    };
    let verb = Verb::Start { from, until: arguments.end.cdc_stop.clone() };
    operate::run(setup, &arguments.one, verb, arguments.waiting.wait)
}

fn from(text: &str) -> Result<StartFrom, String> {
    match text {
        "beginning" => return Ok(StartFrom::Beginning),
        "now" => return Ok(StartFrom::Now),
        _ => {}
    }
    let zoned = || text.parse::<Timestamp>().ok();
    let in_utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    zoned().or_else(in_utc).map(StartFrom::Time).ok_or_else(|| {
        "expected beginning, now, or a time such as 2026-11-22T14:00:00 (UTC); a position goes to --from-position"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_word_or_a_time_that_cannot_be_misread() {
        let at = |second| Ok(StartFrom::Time(Timestamp::from_second(second).unwrap()));
        for (text, want) in [
            ("beginning", Ok(StartFrom::Beginning)),
            ("now", Ok(StartFrom::Now)),
            ("2026-11-22T14:00:00", at(1_795_356_000)),
            ("2026-11-22T14:00:00Z", at(1_795_356_000)),
            ("2026-11-22T15:00:00+01:00", at(1_795_356_000)),
            ("2026-11-22 14:00", at(1_795_356_000)),
        ] {
            assert_eq!(from(text), want, "{text}");
        }
        for text in ["", "Now", "14:00", "-1h", "checkpoint:V1#1", "mysql-bin.000003:4", "1795356000"] {
            assert!(from(text).is_err_and(|why| why.contains("--from-position")), "{text}: {:?}", from(text));
        }
    }
}
