//! What fires by the clock in the demo's account: event buses with rules and their targets, schedule groups with schedules.
//!
//! They are told, not run: nothing in the demo starts at these times. `opening.rs` is the set it opens with, `events.rs`
//! and `scheduler.rs` answer for the two services, `switch.rs` switches: a rule by a call of its own, a schedule by writing
//! all of it again.

mod events;
pub mod opening;
mod scheduler;
mod switch;

pub use events::{buses, rule, rules, targets};
pub use scheduler::{groups, schedule, schedules};
pub use switch::{disable_rule, enable_rule, update_schedule};

use super::refusal::Refusal;
use crate::demo::wire::Value;
use jiff::Timestamp;

/// One rule with its targets.
#[derive(Debug, Clone)]
pub struct Rule {
    pub bus: String,
    pub name: String,
    pub state: String,
    pub expression: Option<String>,
    pub pattern: Option<String>,
    pub description: Option<&'static str>,
    pub managed_by: Option<&'static str>,
    pub targets: Vec<Target>,
}

/// One target of a rule or schedule.
#[derive(Debug, Clone)]
pub struct Target {
    pub id: String,
    pub arn: String,
    pub role: Option<&'static str>,
    pub input: Option<String>,
}

/// One schedule of EventBridge Scheduler.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub group: String,
    pub name: String,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// Everything that its owner says of it, as the service takes it.
    pub body: Value,
}

impl Schedule {
    fn state(&self) -> &str {
        self.body.text_of("State").unwrap_or("ENABLED")
    }
}

/// All of it, in the order in which the services list it: by name.
#[derive(Debug, Clone, Default)]
pub struct Timetable {
    pub buses: Vec<String>,
    pub rules: Vec<Rule>,
    /// Name and creation.
    pub groups: Vec<(String, Timestamp)>,
    pub schedules: Vec<Schedule>,
}

/// Largest page of both services, and what they give where nothing is asked.
const PAGE: usize = 100;

/// The part of a list for this request, and the token of the next.
fn cut<'a, T>(input: &Value, size: &str, found: &'a [T]) -> Result<(&'a [T], Option<String>), Refusal> {
    let take = match input.get(size) {
        None | Some(Value::Null) => PAGE,
        Some(value) => value
            .int()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| Refusal::validation_exception(format!("{size} must be between 1 and {PAGE}")))?,
    };
    let start = match input.text_of("NextToken") {
        None => 0,
        // Opaque to clients, and not a plain number that one could count on.
        Some(token) => token
            .strip_prefix("demo-")
            .and_then(|at| usize::from_str_radix(at, 36).ok())
            .filter(|at| *at <= found.len())
            .ok_or_else(|| Refusal::validation_exception("The provided token is invalid"))?,
    };
    let end = found.len().min(start + take);
    Ok((&found[start..end], (end < found.len()).then(|| format!("demo-{}", base36(end)))))
}

fn base36(mut n: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]));
        n /= 36;
        if n == 0 {
            return digits.iter().rev().collect();
        }
    }
}
