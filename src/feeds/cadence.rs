//! THE table of how often what is asked.
//!
//! Each row has a shortest interval and a share of the request budget. The interval in force is the longer of the
//! shortest one and `requests / share`, so the shares, which add up to the budget, bound the rate whatever the size of the
//! account: the design's 1 DMS request a second while somebody looks, 0.3 while nobody does.

use jiff::{SignedDuration, Timestamp};

/// DMS requests per second while the console has the focus (design page, budgets).
pub const BUDGET_FOCUSED: f64 = 1.0;
/// And while it has not.
pub const BUDGET_UNFOCUSED: f64 = 0.3;

/// What is asked regularly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Who we are, and until when.
    Identity,
    /// The list of tasks. Also the only thing that says a task stopped.
    Tasks,
    /// Table statistics of the task whose tables are open.
    OpenTables,
    /// Tables in error of the tasks that have some.
    KnownErrors,
    /// Tables in error of all other tasks, one after the other.
    QuietErrors,
    Instances,
    Endpoints,
    Connections,
    /// Settings and mappings: once per task and start; and slowly again, in case somebody modified a stopped task.
    Settings,
    /// Tags, where the scope asks for them.
    Tags,
    /// One request for all tasks and instances.
    Events,
    /// Who is told of events.
    Subscriptions,
    /// EventBridge and its Scheduler: no DMS request, but one a rule and one a schedule.
    Schedules,
    /// What AWS is going to do to instances.
    Maintenance,
    /// Settings and mappings of the task whose definition is open.
    OpenDefinition,
    /// The log on screen. CloudWatch Logs has a quota of its own.
    Log,
    /// Errors and warnings in the logs of all tasks, one after the other. Its share is of that quota.
    LogErrors,
}

impl Kind {
    /// Its share is one of the DMS budget.
    pub fn is_dms(self) -> bool {
        self != Self::LogErrors
    }
}

/// Shortest interval in seconds, and share of the budget in requests per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    pub shortest: u32,
    pub share: f64,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub kind: Kind,
    pub focused: Pace,
    pub unfocused: Pace,
}

const fn pace(shortest: u32, share: f64) -> Pace {
    Pace { shortest, share }
}

/// Shortest intervals: status decides what an operator does next, so 10 s; DMS refreshes table statistics about that
/// often; what changes by hand only, minutes. `Identity` goes to STS and has no DMS share.
pub const TABLE: [Row; 17] = [
    Row { kind: Kind::Identity, focused: pace(300, 0.0), unfocused: pace(300, 0.0) },
    Row { kind: Kind::Tasks, focused: pace(10, 0.34), unfocused: pace(60, 0.10) },
    Row { kind: Kind::OpenTables, focused: pace(10, 0.22), unfocused: pace(60, 0.05) },
    Row { kind: Kind::KnownErrors, focused: pace(60, 0.09), unfocused: pace(300, 0.03) },
    Row { kind: Kind::QuietErrors, focused: pace(600, 0.09), unfocused: pace(3600, 0.02) },
    Row { kind: Kind::Instances, focused: pace(300, 0.02), unfocused: pace(900, 0.01) },
    Row { kind: Kind::Endpoints, focused: pace(600, 0.03), unfocused: pace(1800, 0.01) },
    Row { kind: Kind::Connections, focused: pace(300, 0.05), unfocused: pace(900, 0.02) },
    Row { kind: Kind::Settings, focused: pace(3600, 0.03), unfocused: pace(7200, 0.005) },
    Row { kind: Kind::Tags, focused: pace(3600, 0.04), unfocused: pace(7200, 0.01) },
    Row { kind: Kind::Events, focused: pace(20, 0.06), unfocused: pace(60, 0.02) },
    Row { kind: Kind::Subscriptions, focused: pace(600, 0.01), unfocused: pace(1800, 0.005) },
    Row { kind: Kind::Schedules, focused: pace(60, 0.0), unfocused: pace(300, 0.0) },
    Row { kind: Kind::Maintenance, focused: pace(1800, 0.01), unfocused: pace(3600, 0.005) },
    Row { kind: Kind::OpenDefinition, focused: pace(60, 0.01), unfocused: pace(600, 0.005) },
    Row { kind: Kind::Log, focused: pace(4, 0.0), unfocused: pace(30, 0.0) },
    Row { kind: Kind::LogErrors, focused: pace(60, 0.8), unfocused: pace(120, 0.4) },
];

/// Serverless replications cost two more requests with every list of tasks. Where there were none, they are looked for
/// this often only.
pub const SERVERLESS_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// While credentials are expired, only this is asked: whether they still are. STS, not DMS.
pub const PROBE: SignedDuration = SignedDuration::from_secs(15);

/// A part that is known to be missing (the name of a task's instance) is looked for this often.
pub const MISSING_PART: SignedDuration = SignedDuration::from_mins(1);

/// A log that is not there, or may not be read, is looked for this often while it is on screen; in the background more
/// seldom still.
pub const NO_LOG: SignedDuration = SignedDuration::from_secs(30);
pub const NO_LOG_BEHIND: SignedDuration = SignedDuration::from_mins(10);

/// Somebody waits for the log on screen: after failures it is tried again at least this often.
pub const LOG_PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// Milliseconds between the first looks into the logs of tasks: the pace of [`Kind::LogErrors`] at its fastest.
pub const LOG_SPACING: i64 = 1_250;

/// Newly seen tasks, whose settings, tags or metrics were never asked, are asked at once, but no more often than this.
pub const NEWCOMERS: SignedDuration = SignedDuration::from_secs(5);

pub fn row(kind: Kind) -> &'static Row {
    // A test below proves that every kind has its row in this order.
    &TABLE[kind as usize]
}

/// Interval in force. `requests` is what one round costs: pages of a list, or tasks of a row that asks task by task.
pub fn every(kind: Kind, focused: bool, requests: u32) -> SignedDuration {
    let row = row(kind);
    let pace = if focused { row.focused } else { row.unfocused };
    let by_share = if pace.share > 0.0 { f64::from(requests) / pace.share } else { 0.0 };
    // Whole seconds upwards: an interval on a label should not read 17.647 s.
    SignedDuration::from_secs(f64_to_seconds(by_share).max(i64::from(pace.shortest)))
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to what fits just before")]
fn f64_to_seconds(seconds: f64) -> i64 {
    seconds.ceil().clamp(0.0, 1e9) as i64
}

/// Wait after the `failures`-th failure in a row: doubling from five seconds to five minutes, and never shorter than
/// what is usual.
pub fn backoff(failures: u32, usual: SignedDuration) -> SignedDuration {
    let doubled = 5_i64 << failures.clamp(1, 7).saturating_sub(1);
    SignedDuration::from_secs(doubled.min(300)).max(usual.min(SignedDuration::from_mins(5)))
}

/// Seconds after the full minute at which metrics are asked: CloudWatch shows the points of a minute a little after its
/// end, and asking before would show everything a minute late.
pub const METRICS_OFFSET: i64 = 15;

/// The next time to ask for metrics strictly after `now`.
pub fn next_metrics(now: Timestamp) -> Timestamp {
    let second = now.as_second() - METRICS_OFFSET;
    let next = second - second.rem_euclid(60) + 60 + METRICS_OFFSET;
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row_and_shares_add_up_to_the_budget() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, place);
            assert!(row.unfocused.shortest >= row.focused.shortest && row.unfocused.share <= row.focused.share);
        }
        let sum = |share: fn(&Row) -> f64| TABLE.iter().filter(|row| row.kind.is_dms()).map(share).sum::<f64>();
        assert!(sum(|row| row.focused.share) <= BUDGET_FOCUSED + 1e-9);
        assert!(sum(|row| row.unfocused.share) <= BUDGET_UNFOCUSED + 1e-9);
    }

    /// Requests of one round per kind in an account of that many tasks: one instance and two endpoints per ten tasks,
    /// 10,000 tables open, every tenth task with an error, serverless in use.
    fn requests(kind: Kind, tasks: u32) -> u32 {
        match kind {
            // Other services.
            Kind::Identity | Kind::Schedules | Kind::Log | Kind::LogErrors => 0,
            Kind::Tasks | Kind::Settings => tasks.div_ceil(100) + 2,
            Kind::OpenTables => 20,
            Kind::KnownErrors => tasks.div_ceil(10),
            Kind::QuietErrors => tasks - tasks / 10,
            Kind::Instances => (tasks / 10).div_ceil(100).max(1),
            Kind::Endpoints | Kind::Connections => (tasks * 2).div_ceil(100),
            Kind::Tags => tasks,
            Kind::Events => 1 + tasks / 300,
            Kind::Subscriptions | Kind::Maintenance | Kind::OpenDefinition => 1,
        }
    }

    #[test]
    fn the_request_rate_keeps_to_the_budget_at_any_size() {
        for tasks in [1, 100, 600] {
            for (focused, budget) in [(true, BUDGET_FOCUSED), (false, BUDGET_UNFOCUSED)] {
                let rate: f64 = TABLE
                    .iter()
                    .map(|row| {
                        let requests = requests(row.kind, tasks);
                        f64::from(requests) / every(row.kind, focused, requests).as_secs_f64()
                    })
                    .sum();
                assert!(rate <= budget, "{tasks} tasks, focused {focused}: {rate} requests/s");
                assert!(rate > 0.01, "{tasks} tasks, focused {focused}: nothing is asked");
            }
        }
    }

    #[test]
    fn what_matters_is_asked_often_and_a_big_task_more_slowly() {
        for (kind, focused, requests, want) in [
            (Kind::Tasks, true, 1, 10),
            (Kind::Tasks, true, 6, 18),
            (Kind::Tasks, true, 8, 24),
            (Kind::Tasks, false, 6, 60),
            (Kind::OpenTables, true, 1, 10),
            (Kind::OpenTables, true, 20, 91),
            (Kind::OpenTables, true, 120, 546),
            (Kind::OpenTables, false, 1, 60),
            (Kind::KnownErrors, true, 1, 60),
            (Kind::QuietErrors, true, 100, 1112),
            (Kind::Identity, false, 1, 300),
            (Kind::Log, true, 7, 4),
            (Kind::Log, false, 7, 30),
            (Kind::LogErrors, true, 1, 60),
            (Kind::LogErrors, true, 48, 60),
            (Kind::LogErrors, true, 600, 750),
            (Kind::LogErrors, false, 600, 1500),
        ] {
            assert_eq!(every(kind, focused, requests).as_secs(), want, "{kind:?} {focused} {requests}");
        }
    }

    #[test]
    fn failures_back_off_to_five_minutes() {
        let usual = SignedDuration::from_secs(10);
        let waits: Vec<i64> = (1..=9).map(|failures| backoff(failures, usual).as_secs()).collect();
        assert_eq!(waits, [10, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(backoff(1, SignedDuration::from_hours(1)).as_secs(), 300);
    }

    #[test]
    fn metrics_are_asked_a_little_after_each_full_minute() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (now, want) in [
            ("2026-11-22T14:03:00Z", "2026-11-22T14:03:15Z"),
            ("2026-11-22T14:03:14.9Z", "2026-11-22T14:03:15Z"),
            ("2026-11-22T14:03:15Z", "2026-11-22T14:04:15Z"),
            ("2026-11-22T14:03:15.2Z", "2026-11-22T14:04:15Z"),
            ("2026-11-22T14:03:59Z", "2026-11-22T14:04:15Z"),
        ] {
            assert_eq!(next_metrics(at(now)), at(want), "{now}");
        }
    }
}
