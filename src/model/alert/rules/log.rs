//! The log of a task: errors in it, and why there are none to be seen.

use super::{after, minutes};
use crate::model::alert::digest::LogFact;
use crate::model::alert::facts::OfTask;
use crate::model::alert::words::{count, moment};
use crate::model::alert::{Context, Limit, Outcome};
use crate::model::health::Health;
use crate::model::log_line::Severity;
use crate::model::log_sign::Sign;
use crate::model::task::TaskStatus;

/// Signs that other rules tell.
const ELSEWHERE: [&str; 3] = ["reading-paused", "reading-resumed", "recoverable-error"];
/// Signs of which a task recovers, or which say nothing about the data: a warning.
const MILD: [&str; 3] = ["endpoint", "no-tables", "no-impact"];

fn counts(line: &LogFact) -> bool {
    match line.sign {
        Some(sign) => !ELSEWHERE.contains(&sign.id),
        None => line.severity == Some(Severity::Error),
    }
}

/// Data was lost or the task cannot go on.
fn grave(sign: &Sign) -> bool {
    !MILD.contains(&sign.id)
}

pub fn errors(of: &OfTask<'_>, context: &Context<'_>) -> Outcome {
    let Some(log) = &of.digest.log else { return Outcome::unknown("its log was not looked into") };
    let within = minutes(context.limit(Limit::LogErrorsWithin));
    let recent = || log.iter().filter(|line| counts(line) && context.now.duration_since(line.at) <= within);
    // The worst is told: first a sign that data was lost, then any sign, then the newest line.
    let rank = |line: &&LogFact| (line.sign.is_some_and(grave), line.sign.is_some(), line.at);
    let Some(worst) = recent().max_by_key(rank) else {
        return if of.digest.no_log.is_some() { Outcome::unknown("it has no log") } else { Outcome::GOOD };
    };
    let severity = if worst.sign.is_some_and(grave) { Health::Critical } else { Health::Warning };
    let n = recent().count();
    let (first, newest) = (recent().map(|line| line.at).min(), recent().map(|line| line.at).max());
    let what = worst.sign.map_or_else(|| worst.message.shown(), |sign| sign.meaning.into());
    let since = first.map(|at| moment(at, context.now)).unwrap_or_default();
    let message = format!("{} in the log since {since} UTC: {what}", count(n, "error"));
    let finding = Outcome::bad(severity, message).dated(newest).since(first).occurred(newest);
    let finding = match worst.sign {
        Some(_) => finding.evidence(worst.message.shown().into_owned()),
        None => finding,
    };
    let over = recent().filter_map(|line| after(line.at, within)).min();
    Outcome::from(finding).until(over.and_then(|at| after(at, jiff::SignedDuration::from_millis(1))))
}

pub fn off(of: &OfTask<'_>, _context: &Context<'_>) -> Outcome {
    match of.digest.settings.as_ref().map(|settings| settings.logging_enabled) {
        None => Outcome::unknown("its settings were not read yet"),
        Some(Some(true)) => Outcome::GOOD,
        // Where the settings do not say, DMS does not log.
        Some(_) => {
            let message = "logging is off: rejected rows and truncated values stand in the log only";
            Outcome::bad(Health::Warning, message).dated(of.stated).into()
        }
    }
}

pub fn none(of: &OfTask<'_>, _context: &Context<'_>) -> Outcome {
    if of.task.status != TaskStatus::Running {
        return Outcome::NOT_DUE;
    }
    let off = of.digest.settings.as_ref().is_some_and(|settings| settings.logging_enabled != Some(true));
    match (&of.digest.no_log, &of.digest.log) {
        (Some(why), _) if !off => Outcome::bad(Health::Warning, format!("it has no log: {why}")).into(),
        (None, None) if !off => Outcome::unknown("its log was not looked into"),
        _ => Outcome::GOOD,
    }
}
