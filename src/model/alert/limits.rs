//! From which value on something is worth a word: the table of limits, what the configuration says of them, and which
//! task has which.

use crate::model::health::{LATENCY_CRITICAL, LATENCY_WARNING};
use crate::model::pattern;

/// One limit. Its place in [`TABLE`] is its number here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    LatencyWarning,
    LatencyCritical,
    LatencyRising,
    CatchingUp,
    Backlog,
    Retries,
    RetryWithin,
    LogErrorsWithin,
    FireWithin,
    DiskWarning,
    DiskCritical,
    MemoryFree,
    MaintenanceWithin,
    IdleAfter,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    pub limit: Limit,
    /// Key in the configuration; ends with its unit.
    pub key: &'static str,
    pub doc: &'static str,
    pub default: f64,
    pub least: f64,
    pub most: f64,
    /// May differ from task to task; the others are of instances.
    pub per_task: bool,
}

const fn task(limit: Limit, key: &'static str, default: f64, range: [f64; 2], doc: &'static str) -> Row {
    Row { limit, key, doc, default, least: range[0], most: range[1], per_task: true }
}

const fn instance(limit: Limit, key: &'static str, default: f64, range: [f64; 2], doc: &'static str) -> Row {
    Row { per_task: false, ..task(limit, key, default, range, doc) }
}

const DAY: f64 = 86_400.0;

pub const TABLE: [Row; 14] = [
    task(
        Limit::LatencyWarning,
        "latency_warning_seconds",
        LATENCY_WARNING,
        [1.0, DAY],
        "Target latency, end to end, that is a warning.",
    ),
    task(
        Limit::LatencyCritical,
        "latency_critical_seconds",
        LATENCY_CRITICAL,
        [1.0, 7.0 * DAY],
        "And that is critical; not below the warning.",
    ),
    task(
        Limit::LatencyRising,
        "latency_rising_seconds_per_minute",
        5.0,
        [0.1, 60.0],
        "Slope of the last five points that is a warning before the latency itself is. Nothing applied at all is 60.",
    ),
    task(
        Limit::CatchingUp,
        "catching_up_minutes",
        30.0,
        [0.0, 1440.0],
        "A task that was just started or resumed begins late: so long that is said instead of a high latency.",
    ),
    task(
        Limit::Backlog,
        "backlog_changes",
        10_000.0,
        [1.0, 1e12],
        "Changes that wait for the target, if they are also getting more.",
    ),
    task(Limit::Retries, "retries", 3.0, [2.0, 1000.0], "The same failure so often is a loop."),
    task(Limit::RetryWithin, "retry_within_minutes", 60.0, [1.0, 1440.0], "And within this time."),
    task(
        Limit::LogErrorsWithin,
        "log_errors_within_minutes",
        60.0,
        [1.0, 1440.0],
        "An error in the log stands so long.",
    ),
    task(
        Limit::FireWithin,
        "fire_within_minutes",
        30.0,
        [1.0, 1440.0],
        "A schedule that fires within this time into a running task.",
    ),
    instance(
        Limit::DiskWarning,
        "disk_free_warning_percent",
        20.0,
        [1.0, 99.0],
        "Free share of an instance's storage below which is a warning. DMS itself complains at 10.",
    ),
    instance(
        Limit::DiskCritical,
        "disk_free_critical_percent",
        10.0,
        [1.0, 99.0],
        "And below which is critical; not above the warning.",
    ),
    instance(
        Limit::MemoryFree,
        "memory_free_megabytes",
        256.0,
        [1.0, 1e6],
        "Memory that can be freed, while swap grows: below is a warning, below a quarter critical.",
    ),
    instance(
        Limit::MaintenanceWithin,
        "maintenance_within_hours",
        24.0,
        [1.0, 168.0],
        "Maintenance of an instance with running replication is told so long before.",
    ),
    instance(
        Limit::IdleAfter,
        "idle_after_hours",
        24.0,
        [1.0, 8760.0],
        "An instance on which nothing has run for so long costs money for nothing.",
    ),
];

impl Limit {
    pub fn row(self) -> &'static Row {
        // A test proves that every limit stands at its place.
        &TABLE[self as usize]
    }
}

/// The limits in force for one task, or for what is no task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits([f64; TABLE.len()]);

impl Default for Limits {
    fn default() -> Self {
        Self(TABLE.map(|row| row.default))
    }
}

impl Limits {
    pub fn of(&self, limit: Limit) -> f64 {
        self.0[limit as usize]
    }

    pub fn set(&mut self, limit: Limit, value: f64) {
        self.0[limit as usize] = value;
    }
}

/// Limits that the configuration names, by number.
pub type Named = Vec<(Limit, f64)>;

/// What the configuration says; empty is every default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// `[alerts]`.
    pub all: Named,
    /// `[alerts.task."orders-*"]`: pattern of names, and what differs for these tasks.
    pub tasks: Vec<(String, Named)>,
}

/// Where a limit was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin<'a> {
    Default,
    All,
    Task(&'a str),
}

impl Settings {
    /// Patterns that fit a name, the most telling last: more letters that are no wildcard say more.
    fn fitting(&self, name: &str) -> Vec<&(String, Named)> {
        let mut fitting: Vec<_> = self.tasks.iter().filter(|(glob, _)| pattern::fits(glob, name)).collect();
        let letters = |glob: &str| glob.chars().filter(|c| !matches!(c, '*' | '?')).count();
        fitting.sort_by_key(|(glob, _)| (letters(glob), glob.len(), glob.clone()));
        fitting
    }

    /// For what is no task.
    pub fn common(&self) -> Limits {
        let mut limits = Limits::default();
        for (limit, value) in &self.all {
            limits.set(*limit, *value);
        }
        limits
    }

    /// For the task of this name.
    pub fn of_task(&self, name: &str) -> Limits {
        let mut limits = self.common();
        for (limit, value) in self.fitting(name).into_iter().flat_map(|(_, named)| named) {
            limits.set(*limit, *value);
        }
        limits
    }

    /// Who has set a limit of this task, or of what is no task.
    pub fn origin(&self, name: Option<&str>, limit: Limit) -> Origin<'_> {
        let sets = |named: &Named| named.iter().any(|(one, _)| *one == limit);
        let fitting = name.map(|name| self.fitting(name)).unwrap_or_default();
        if let Some((glob, _)) = fitting.into_iter().rev().find(|(_, named)| sets(named)) {
            return Origin::Task(glob);
        }
        if sets(&self.all) { Origin::All } else { Origin::Default }
    }

    /// Pairs that contradict each other for somebody, in words: which key, in which pattern (`None`: for all), why.
    pub fn contradictions(&self) -> Vec<(Limit, Option<&str>, String)> {
        let mut out = contradiction(&self.common(), None);
        for (glob, named) in &self.tasks {
            let mut limits = self.common();
            for (limit, value) in named {
                limits.set(*limit, *value);
            }
            if named.iter().any(|(limit, _)| matches!(limit, Limit::LatencyWarning | Limit::LatencyCritical)) {
                out.extend(contradiction(&limits, Some(glob)));
            }
        }
        out
    }
}

fn contradiction<'a>(limits: &Limits, glob: Option<&'a str>) -> Vec<(Limit, Option<&'a str>, String)> {
    let mut out = Vec::new();
    let (warning, critical) = (Limit::LatencyWarning, Limit::LatencyCritical);
    if limits.of(critical) < limits.of(warning) {
        out.push((critical, glob, format!("is below {} = {}", warning.row().key, limits.of(warning))));
    }
    let (warning, critical) = (Limit::DiskWarning, Limit::DiskCritical);
    if glob.is_none() && limits.of(critical) > limits.of(warning) {
        out.push((critical, glob, format!("is above {} = {}", warning.row().key, limits.of(warning))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_stands_at_its_place_within_its_own_range() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.limit as usize, place, "{}", row.key);
            assert!(row.least <= row.default && row.default <= row.most, "{}", row.key);
            assert!(row.doc.ends_with('.') && TABLE.iter().filter(|other| other.key == row.key).count() == 1);
        }
    }

    #[test]
    fn the_most_telling_pattern_wins_key_by_key() {
        let settings = Settings {
            all: vec![(Limit::LatencyWarning, 30.0)],
            tasks: vec![
                ("orders-cdc".into(), vec![(Limit::LatencyWarning, 10.0)]),
                ("*".into(), vec![(Limit::LatencyWarning, 40.0), (Limit::Retries, 9.0)]),
                ("orders-*".into(), vec![(Limit::LatencyWarning, 20.0), (Limit::FireWithin, 5.0)]),
            ],
        };
        let of = |name, limit| settings.of_task(name).of(limit);
        for (name, limit, want, origin) in [
            ("orders-cdc", Limit::LatencyWarning, 10.0, Origin::Task("orders-cdc")),
            ("orders-eu", Limit::LatencyWarning, 20.0, Origin::Task("orders-*")),
            ("billing", Limit::LatencyWarning, 40.0, Origin::Task("*")),
            ("orders-cdc", Limit::FireWithin, 5.0, Origin::Task("orders-*")),
            ("orders-cdc", Limit::Retries, 9.0, Origin::Task("*")),
            ("orders-cdc", Limit::LatencyCritical, 900.0, Origin::Default),
        ] {
            assert!((of(name, limit) - want).abs() < f64::EPSILON, "{name} {limit:?}");
            assert_eq!(settings.origin(Some(name), limit), origin, "{name} {limit:?}");
        }
        assert_eq!(settings.origin(None, Limit::LatencyWarning), Origin::All);
        assert!((settings.common().of(Limit::LatencyWarning) - 30.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_critical_limit_that_comes_before_its_warning_is_a_contradiction() {
        let all = |all: Named| Settings { all, ..Settings::default() };
        assert_eq!(Settings::default().contradictions(), []);
        assert_eq!(all(vec![(Limit::LatencyWarning, 1_000.0)]).contradictions()[0].0, Limit::LatencyCritical);
        assert_eq!(all(vec![(Limit::DiskCritical, 50.0)]).contradictions()[0].0, Limit::DiskCritical);
        let one = Settings { all: vec![], tasks: vec![("a*".into(), vec![(Limit::LatencyCritical, 5.0)])] };
        assert_eq!(one.contradictions()[0].1, Some("a*"));
    }
}
