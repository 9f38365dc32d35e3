//! Which metrics to ask for each minute, within the cap on cost. Pure.

use super::book::KEEP;
use super::known::Known;
use crate::model::ReplicationArn;
pub(super) use crate::model::metric::INSTANCES_EVERY;
use crate::model::metric::MetricName;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Late points are still found when a window goes this far behind the last one.
pub(super) const OVERLAP_MINUTES: i64 = 5;
pub(super) const SHORTEST_WINDOW_MINUTES: i64 = 10;
const LONGEST_WINDOW_MINUTES: i64 = 180;

/// Dollars a day for one metric asked each minute: 1,440 times $0.01 per 1,000 (section 3.4 of the DMS facts).
const DOLLARS_A_DAY: f64 = 1440.0 * 0.01 / 1000.0;

/// What alerts about an instance hang on (section 3.1 of the DMS facts).
pub(super) const INSTANCE_NAMES: [MetricName; 4] =
    [MetricName::CPUUtilization, MetricName::FreeableMemory, MetricName::SwapUsage, MetricName::FreeStorageSpace];

/// Charts may take up to this part of the cap.
const CHARTS_SHARE: f64 = 0.25;

/// Dollars a day of that many metrics, asked every so many minutes.
#[allow(clippy::cast_precision_loss, reason = "hundreds of metrics, an hour of minutes")]
fn dollars(metrics: usize, every: i64) -> f64 {
    metrics as f64 / every as f64 * DOLLARS_A_DAY
}

/// Minutes between two looks at the charts on screen: one, unless that costs more than its share of the cap.
#[allow(clippy::cast_possible_truncation, reason = "clamped to an hour before")]
pub(super) fn charts_every(dollars_per_day: f64) -> i64 {
    let each_minute = dollars(MetricName::TASK.len() + MetricName::INSTANCE.len(), 1);
    (each_minute / (dollars_per_day * CHARTS_SHARE)).ceil().clamp(1.0, 60.0) as i64
}

/// What of the cap is left for the tasks.
pub(super) fn left(dollars_per_day: f64, instances: usize, charts: bool) -> f64 {
    let instances = dollars(instances * INSTANCE_NAMES.len(), INSTANCES_EVERY);
    let charts = if charts { dollars_per_day * CHARTS_SHARE } else { 0.0 };
    (dollars_per_day - instances - charts).max(0.0)
}

/// Every how many minutes each group is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stage {
    /// Everything of the tasks on screen.
    visible: i64,
    /// Target latency of running CDC tasks: what their health is judged by.
    latency: i64,
    /// The other metrics of running CDC tasks.
    rest: i64,
    /// Everything of tasks without CDC, or not running.
    others: i64,
}

const fn stage(visible: i64, latency: i64, rest: i64, others: i64) -> Stage {
    Stage { visible, latency, rest, others }
}

/// From what is wanted to what is cheapest. The first one within the cap is taken. Latency is stretched only where
/// nothing else helps, because a latency point is fresh for three minutes only.
const STAGES: [Stage; 10] = [
    stage(1, 1, 1, 5),
    stage(1, 1, 2, 5),
    stage(1, 1, 5, 15),
    stage(1, 1, 15, 60),
    stage(1, 2, 15, 60),
    stage(1, 5, 30, 60),
    stage(2, 10, 60, 60),
    stage(5, 15, 60, 60),
    stage(15, 60, 60, 60),
    stage(15, 60, 120, 120),
];

/// What is asked in one round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    pub queries: Vec<(ReplicationArn, Vec<MetricName>)>,
    /// Minutes back from now.
    pub window: i64,
}

/// Metrics a task can publish at all, the one its health hangs on first.
fn names(task: &Known) -> Vec<MetricName> {
    let mut names = Vec::new();
    if task.has_cdc {
        names.extend([
            MetricName::CDCLatencyTarget,
            MetricName::CDCLatencySource,
            MetricName::CDCIncomingChanges,
            MetricName::CDCThroughputRowsSource,
            MetricName::CDCThroughputRowsTarget,
        ]);
    }
    if task.has_full_load && !(task.loaded && task.has_cdc) {
        names.push(MetricName::FullLoadThroughputRowsTarget);
    }
    if task.running {
        // A task can be running and do nothing but try again.
        names.push(MetricName::RecoveryCount);
    }
    names
}

/// The names due at `minute` for one task under `stage`; `place` spreads tasks over the minutes.
fn due(task: &Known, visible: bool, stage: Stage, minute: i64, place: i64) -> Vec<MetricName> {
    let turn = |every: i64| (minute + place).rem_euclid(every) == 0;
    if !task.measurable || !task.has_run {
        return Vec::new();
    }
    let mut names = names(task);
    if visible {
        return if turn(stage.visible) { names } else { Vec::new() };
    }
    if !(task.running && task.has_cdc) {
        return if turn(stage.others) { names } else { Vec::new() };
    }
    let (latency, rest) = (turn(stage.latency), turn(stage.rest));
    names.retain(|name| if *name == MetricName::CDCLatencyTarget { latency } else { rest });
    names
}

/// Dollars a day if `stage` holds.
fn cost(tasks: &BTreeMap<ReplicationArn, Known>, visible: &BTreeSet<ReplicationArn>, stage: Stage) -> f64 {
    let per_minute: f64 = tasks
        .iter()
        .filter(|(_, task)| task.measurable && task.has_run)
        .map(|(arn, task)| {
            let all = names(task).len();
            #[allow(clippy::cast_precision_loss, reason = "six metrics and an hour of minutes at most")]
            let share = |metrics: usize, every: i64| metrics as f64 / every as f64;
            if visible.contains(arn) {
                share(all, stage.visible)
            } else if task.running && task.has_cdc {
                share(1, stage.latency) + share(all - 1, stage.rest)
            } else {
                share(all, stage.others)
            }
        })
        .sum();
    per_minute * DOLLARS_A_DAY
}

/// The first stage within the cap; the last one where none is.
pub(super) fn affordable(
    tasks: &BTreeMap<ReplicationArn, Known>,
    visible: &BTreeSet<ReplicationArn>,
    dollars_per_day: f64,
) -> Stage {
    let fits = STAGES.into_iter().find(|stage| cost(tasks, visible, *stage) <= dollars_per_day);
    fits.unwrap_or(STAGES[STAGES.len() - 1])
}

/// What to ask at `now`. Tasks not in `asked` yet are asked for everything over the whole time that is kept.
pub(super) fn plan(
    tasks: &BTreeMap<ReplicationArn, Known>,
    visible: &BTreeSet<ReplicationArn>,
    asked: &BTreeSet<ReplicationArn>,
    last: Option<Timestamp>,
    dollars_per_day: f64,
    now: Timestamp,
) -> Plan {
    let stage = affordable(tasks, visible, dollars_per_day);
    let minute = now.as_second().div_euclid(60);
    let mut plan = Plan::default();
    let mut newcomers = false;
    for (place, (arn, task)) in tasks.iter().enumerate() {
        let place = i64::try_from(place).unwrap_or_default();
        let new = !asked.contains(arn) && task.measurable && task.has_run;
        let names = if new { names(task) } else { due(task, visible.contains(arn), stage, minute, place) };
        if !names.is_empty() {
            newcomers |= new;
            plan.queries.push((arn.clone(), names));
        }
    }
    let since = last.map_or(0, |last| now.duration_since(last).as_mins());
    let slowest = stage.rest.max(stage.latency);
    let kept = if newcomers { KEEP.as_mins() } else { 0 };
    plan.window =
        (since.max(slowest) + OVERLAP_MINUTES).max(kept).clamp(SHORTEST_WINDOW_MINUTES, LONGEST_WINDOW_MINUTES);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn arn(n: usize) -> ReplicationArn {
        ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:123456789012:task:T{n:04}")).unwrap()
    }

    fn known(running: bool, has_cdc: bool) -> Known {
        Known {
            running,
            has_cdc,
            has_full_load: !has_cdc,
            loaded: false,
            has_run: true,
            tables_in_error: false,
            start: None,
            measurable: true,
            instance: None,
        }
    }

    fn fleet(n: usize, task: &Known) -> BTreeMap<ReplicationArn, Known> {
        (0..n).map(|i| (arn(i), task.clone())).collect()
    }

    /// Metrics asked in a day, in dollars, once every task is known.
    fn dollars_of_a_day(tasks: &BTreeMap<ReplicationArn, Known>, visible: &BTreeSet<ReplicationArn>, cap: f64) -> f64 {
        let asked: BTreeSet<_> = tasks.keys().cloned().collect();
        let start: Timestamp = "2026-11-22T00:00:15Z".parse().unwrap();
        let metrics: usize = (0..1440)
            .map(|minute| {
                let now = start + SignedDuration::from_mins(minute);
                let plan = plan(tasks, visible, &asked, Some(now), cap, now);
                plan.queries.iter().map(|(_, names)| names.len()).sum::<usize>()
            })
            .sum();
        #[allow(clippy::cast_precision_loss, reason = "a few million")]
        let metrics = metrics as f64;
        metrics * 0.01 / 1000.0
    }

    #[test]
    fn the_cost_of_a_day_keeps_to_the_cap_at_any_size() {
        for (n, cap) in [(1, 20.0), (100, 20.0), (600, 20.0), (600, 50.0), (600, 5.0), (600, 1.0)] {
            let tasks = fleet(n, &known(true, true));
            let visible = tasks.keys().take(40).cloned().collect();
            let dollars = dollars_of_a_day(&tasks, &visible, cap);
            assert!(dollars <= cap, "{n} tasks, cap {cap}: {dollars}");
        }
    }

    #[test]
    fn visible_and_cdc_tasks_are_asked_each_minute_and_others_every_five() {
        let asked_in_an_hour = |task: &Known, visible: bool| {
            let tasks = fleet(1, task);
            let visible = if visible { tasks.keys().cloned().collect() } else { BTreeSet::new() };
            let asked = tasks.keys().cloned().collect();
            let start: Timestamp = "2026-11-22T00:00:15Z".parse().unwrap();
            (0..60)
                .filter(|minute| {
                    let now = start + SignedDuration::from_mins(*minute);
                    !plan(&tasks, &visible, &asked, Some(now), 20.0, now).queries.is_empty()
                })
                .count()
        };
        for (task, visible, want) in [
            (known(true, true), false, 60),
            (known(true, true), true, 60),
            (known(true, false), true, 60),
            (known(true, false), false, 12),
            (known(false, true), false, 12),
            (Known { has_run: false, ..known(false, true) }, true, 0),
            (Known { measurable: false, ..known(true, true) }, true, 0),
        ] {
            assert_eq!(asked_in_an_hour(&task, visible), want, "{task:?} visible {visible}");
        }
    }

    #[test]
    fn at_600_cdc_tasks_the_latency_stays_at_a_minute_within_the_default_cap() {
        let tasks = fleet(600, &known(true, true));
        let cap = crate::feeds::Settings::default().dollars_per_day;
        let stage = affordable(&tasks, &tasks.keys().take(40).cloned().collect(), cap);
        assert_eq!((stage.visible, stage.latency), (1, 1));
        assert!(stage.rest > 1);
    }

    #[test]
    fn a_new_task_is_asked_for_everything_over_all_the_time_that_is_kept() {
        let tasks = fleet(2, &known(true, false));
        let asked = BTreeSet::from([arn(0)]);
        let now: Timestamp = "2026-11-22T00:01:15Z".parse().unwrap();
        let plan = plan(&tasks, &BTreeSet::new(), &asked, Some(now), 20.0, now);
        assert!(
            plan.queries.contains(&(arn(1), vec![MetricName::FullLoadThroughputRowsTarget, MetricName::RecoveryCount]))
        );
        assert_eq!(plan.window, 30);
    }

    #[test]
    fn charts_and_instances_leave_the_rest_of_the_cap_to_the_tasks() {
        for (cap, every) in [(20.0, 1), (1.0, 2), (0.1, 18)] {
            assert_eq!(charts_every(cap), every, "{cap}");
            let charts = dollars(MetricName::TASK.len() + MetricName::INSTANCE.len(), every);
            let all = left(cap, 3, true) + dollars(3 * INSTANCE_NAMES.len(), INSTANCES_EVERY) + charts;
            assert!(all <= cap + 1e-9, "{cap}: {all}");
        }
        assert!(left(20.0, 0, false) > 19.99 && left(0.1, 60, true) < 1e-9);
    }

    #[test]
    fn after_a_gap_the_window_reaches_back_over_it() {
        let tasks = fleet(1, &known(true, true));
        let asked = tasks.keys().cloned().collect();
        let now: Timestamp = "2026-11-22T10:00:15Z".parse().unwrap();
        for (minutes, want) in [(1, 10), (20, 25), (600, 180)] {
            let last = Some(now - SignedDuration::from_mins(minutes));
            assert_eq!(plan(&tasks, &BTreeSet::new(), &asked, last, 20.0, now).window, want);
        }
    }
}
