//! What `cutover validate` takes about a task that still moves rows: its gate, when a comparison begins, who is told.

use crate::app::validate::Moving;
use crate::model::topic::TopicArn;
use clap::Args;
use jiff::{SignedDuration, Span};

/// Apart from what is compared and how.
const HEADING: &str = "While a task moves rows";

#[derive(Debug, Args)]
#[allow(clippy::doc_markdown, reason = "these lines are printed by --help as they stand")]
pub struct Gating {
    /// The task that moves these rows, by ARN or exact name: rows are compared when its gate is open. While it replicates:
    /// CDCLatencySource and CDCLatencyTarget are low, on fresh points. Of a full load: it has finished with no table in
    /// error. Stopped after a drain: everything that was captured is applied
    #[arg(long, value_name = "TASK", help_heading = HEADING)]
    task: Option<String>,
    /// Latency up to which the gate is open [default: 5s]
    #[arg(long = "gate", value_name = "DURATION", value_parser = latency, help_heading = HEADING)]
    limit: Option<SignedDuration>,
    /// How long the gate is waited for; then nothing is known [default: 10m]
    #[arg(long = "gate-timeout", value_name = "DURATION", value_parser = long, help_heading = HEADING)]
    timeout: Option<SignedDuration>,
    /// Compare now, whatever the gate says; the reason stands in the answer
    #[arg(long, value_name = "REASON", value_parser = reason, conflicts_with_all = ["limit", "timeout"], help_heading = HEADING)]
    no_gate: Option<String>,
    /// Wait until the task has stopped, then compare. A stop that was there before does not count: it has to run once more
    #[arg(long, conflicts_with_all = ["every", "resume"], help_heading = HEADING)]
    when_stopped: bool,
    /// Compare again and again, this long from one beginning to the next, until interrupted; the exit status is that of the
    /// last. Never two at once: a beginning that falls into a comparison is left out
    #[arg(long, value_name = "DURATION", value_parser = long, conflicts_with = "resume", help_heading = HEADING)]
    every: Option<SignedDuration>,
    /// Tell an SNS topic how each comparison ended: verdict, numbers, names of tables, never values or keys. Needs --operate,
    /// and is written into the audit
    #[arg(long, value_name = "ARN", help_heading = HEADING)]
    notify: Option<TopicArn>,
}

impl Gating {
    pub fn every(&self) -> Option<SignedDuration> {
        self.every
    }

    /// Somebody has to be signed in.
    pub fn needs_aws(&self) -> bool {
        self.task.is_some() || self.notify.is_some()
    }

    /// The task, and the rest.
    pub fn wanted(self) -> (Option<String>, Moving) {
        let Self { task, limit, timeout, no_gate, when_stopped, every, notify } = self;
        (task, Moving { limit, timeout, no_gate, when_stopped, every, notify })
    }
}

fn duration(text: &str, least: SignedDuration, most: SignedDuration, like: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no duration from {least:#} to {most:#}, such as {like}");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = SignedDuration::try_from(span).map_err(|_| wrong())?;
    (least..=most).contains(&duration).then_some(duration).ok_or_else(wrong)
}

fn latency(text: &str) -> Result<SignedDuration, String> {
    duration(text, SignedDuration::from_secs(1), SignedDuration::from_hours(24), "5s")
}

fn long(text: &str) -> Result<SignedDuration, String> {
    duration(text, SignedDuration::from_secs(1), SignedDuration::from_hours(24 * 7), "30m")
}

/// Whoever reads the answer later wants to know why.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why: it stands in the answer".to_owned()) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_reasons_are_bounded() {
        for (text, seconds) in [("1s", Some(1)), ("5s", Some(5)), ("24h", Some(86_400)), ("0s", None), ("25h", None)] {
            assert_eq!(latency(text).ok().map(|wait| wait.as_secs()), seconds, "{text}");
        }
        for (text, seconds) in [("30m", Some(1800)), ("168h", Some(604_800)), ("169h", None), ("", None), ("5", None)] {
            assert_eq!(long(text).ok().map(|wait| wait.as_secs()), seconds, "{text}");
        }
        assert!(latency("0s").unwrap_err().contains("from 1s to 24h, such as 5s"));
        assert_eq!(reason(" rehearsal "), Ok("rehearsal".to_owned()));
        assert!(reason("  ").is_err());
    }
}
