//! Which metrics to ask for each minute, within the cap on cost, and the points kept of them. Pure.

use super::known::Known;
use crate::model::ReplicationArn;
use crate::model::metric::{MetricName, Point, Series};
use crate::model::observation::TaskSeries;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Points older than this are dropped: enough for a sparkline and for "for how long already".
pub(super) const KEEP: SignedDuration = SignedDuration::from_mins(30);

/// Late points are still found when a window goes this far behind the last one.
const OVERLAP_MINUTES: i64 = 5;
const SHORTEST_WINDOW_MINUTES: i64 = 10;
const LONGEST_WINDOW_MINUTES: i64 = 180;

/// Dollars a day for one metric asked each minute: 1,440 times $0.01 per 1,000 (section 3.4 of the DMS facts).
const DOLLARS_A_DAY: f64 = 1440.0 * 0.01 / 1000.0;

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
const STAGES: [Stage; 9] = [
    stage(1, 1, 1, 5),
    stage(1, 1, 2, 5),
    stage(1, 1, 5, 15),
    stage(1, 1, 15, 60),
    stage(1, 2, 15, 60),
    stage(1, 5, 30, 60),
    stage(2, 10, 60, 60),
    stage(5, 15, 60, 60),
    stage(15, 60, 60, 60),
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

/// Points of every watched task, as far as they are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Book(BTreeMap<ReplicationArn, BTreeMap<MetricName, BTreeMap<Timestamp, f64>>>);

impl Book {
    pub(super) fn add(&mut self, series: Vec<TaskSeries>, now: Timestamp) {
        for TaskSeries { arn, series } in series {
            let kept = self.0.entry(arn).or_default().entry(series.name).or_default();
            kept.extend(series.points.into_iter().map(|point| (point.at, point.value)));
        }
        let oldest = now.checked_sub(KEEP).unwrap_or(Timestamp::MIN);
        for kept in self.0.values_mut().flat_map(BTreeMap::values_mut) {
            *kept = kept.split_off(&oldest);
        }
    }

    /// Forgets tasks that are no longer watched.
    pub(super) fn keep_only(&mut self, watched: impl Fn(&ReplicationArn) -> bool) {
        self.0.retain(|arn, _| watched(arn));
    }

    pub(super) fn series(&self) -> Vec<TaskSeries> {
        let one = |points: &BTreeMap<Timestamp, f64>| {
            points.iter().map(|(at, value)| Point { at: *at, value: *value }).collect()
        };
        self.0
            .iter()
            .flat_map(|(arn, all)| {
                all.iter().map(move |(name, points)| TaskSeries {
                    arn: arn.clone(),
                    series: Series { name: *name, points: one(points) },
                })
            })
            .collect()
    }

    /// Time of the newest point of all.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.values().flat_map(BTreeMap::values).filter_map(|points| points.keys().next_back().copied()).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(plan.queries.contains(&(arn(1), vec![MetricName::FullLoadThroughputRowsTarget])));
        assert_eq!(plan.window, 30);
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

    #[test]
    fn the_book_keeps_half_an_hour_in_order_and_knows_its_newest_point() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let at = |minutes| now - SignedDuration::from_mins(minutes);
        let point = |minutes, value| Point { at: at(minutes), value };
        let series =
            |points| vec![TaskSeries { arn: arn(0), series: Series { name: MetricName::CDCLatencyTarget, points } }];
        let mut book = Book::default();
        book.add(series(vec![point(40, 9.0), point(30, 1.0), point(2, 2.0)]), now);
        book.add(series(vec![point(2, 2.5), point(1, 3.0)]), now);
        assert_eq!(book.series()[0].series.points, [point(30, 1.0), point(2, 2.5), point(1, 3.0)]);
        assert_eq!(book.newest(), Some(at(1)));
        book.keep_only(|_| false);
        assert_eq!((book.series().len(), book.newest()), (0, None));
    }
}
