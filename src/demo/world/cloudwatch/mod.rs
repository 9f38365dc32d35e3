//! `GetMetricData` and `ListMetrics`, with CloudWatch's own limits, order and status codes.

mod statistic;

use super::World;
use super::metrics::MINUTE;
use super::parts::Instance;
use super::refusal::Refusal;
use super::task::{Tables, Task};
use crate::demo::wire::Value;
use crate::model::metric::{MetricName, Point};
use jiff::Timestamp;
use statistic::{Statistic, aggregate};

/// Queries in one request (CloudWatch API reference, `GetMetricData`).
const MAX_QUERIES: usize = 500;
/// Data points in one answer (same page).
const MAX_POINTS: usize = 100_800;
const NAMESPACE: &str = "AWS/DMS";
/// Metrics in one answer of `ListMetrics` (its own page).
const LIST_PAGE: usize = 500;

struct Query {
    id: String,
    label: String,
    points: Vec<Point>,
}

pub fn get_metric_data(world: &World, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let missing = |name: &str| Refusal::validation(format!("The parameter {name} is required."));
    let start = input.get("StartTime").and_then(Value::time).ok_or_else(|| missing("StartTime"))?;
    let end = input.get("EndTime").and_then(Value::time).ok_or_else(|| missing("EndTime"))?;
    if start >= end {
        return Err(Refusal::validation("The parameter StartTime must be less than the parameter EndTime."));
    }
    let queries = input.items_of("MetricDataQueries");
    if queries.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if queries.len() > MAX_QUERIES {
        let message = format!("The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.");
        return Err(Refusal::validation(message));
    }
    let oldest_first = match input.text_of("ScanBy") {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => return Err(Refusal::validation(format!("The value {other} for parameter ScanBy is invalid."))),
    };
    let limit = match input.get("MaxDatapoints").and_then(Value::int) {
        None => MAX_POINTS,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=MAX_POINTS).contains(n))
            .ok_or_else(|| Refusal::validation("The parameter MaxDatapoints is out of range."))?,
    };
    let mut results: Vec<Query> = Vec::with_capacity(queries.len());
    for query in queries {
        let mut result = read(world, query, (start, end), now)?;
        if results.iter().any(|other| other.id == result.id) {
            return Err(Refusal::validation(format!(
                "The values for parameter id in MetricDataQueries are not unique: {}",
                result.id
            )));
        }
        if !oldest_first {
            result.points.reverse();
        }
        if query.get("ReturnData").and_then(Value::truth).unwrap_or(true) {
            results.push(result);
        }
    }
    paged(&results, input.text_of("NextToken"), limit)
}

/// One query of a request.
fn read(world: &World, query: &Value, range: (Timestamp, Timestamp), now: Timestamp) -> Result<Query, Refusal> {
    let id = query.text_of("Id").unwrap_or_default();
    let well_formed =
        id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !well_formed {
        return Err(Refusal::validation(format!(
            "The value {id} for parameter Id is not matching the expected pattern"
        )));
    }
    let invalid = |what: &str| Refusal::validation(format!("The value for parameter {what} of query {id} is invalid."));
    // Expressions belong to dashboards; a client of DMS metrics asks for metrics.
    let stat = query.get("MetricStat").ok_or_else(|| invalid("MetricStat"))?;
    let metric = stat.get("Metric").ok_or_else(|| invalid("Metric"))?;
    let name = metric.text_of("MetricName").ok_or_else(|| invalid("MetricName"))?;
    let period = stat.get("Period").and_then(Value::int).filter(|p| *p > 0 && p % MINUTE == 0);
    let period = period.ok_or_else(|| invalid("Period"))?;
    let statistic = stat.text_of("Stat").and_then(Statistic::parse).ok_or_else(|| invalid("Stat"))?;
    let label = query.text_of("Label").unwrap_or(name).to_owned();
    let unit = stat.text_of("Unit");
    let known = MetricName::parse(name).filter(|known| {
        metric.text_of("Namespace") == Some(NAMESPACE) && unit.is_none_or(|unit| unit == unit_of(*known))
    });
    let asked = metric.items_of("Dimensions");
    let task = || world.tasks.iter().find(|task| dimensions_match(&dimensions(world, task), asked));
    let instance =
        || world.instances.iter().find(|i| instance_dimensions(i).iter().any(|own| dimensions_match(own, asked)));
    // What does not exist has no points; CloudWatch says nothing more.
    let points = known.map_or_else(Vec::new, |known| match (task(), instance()) {
        (Some(task), _) if MetricName::TASK.contains(&known) => world.points(task, known, range, now),
        (None, Some(instance)) => world.gauge(instance, known, range, now),
        _ => Vec::new(),
    });
    let points = aggregate(&points, period, statistic);
    Ok(Query { id: id.to_owned(), label, points })
}

type Dimensions = Vec<(&'static str, String)>;

/// Both dimensions of a task, instance *name* and *resource id*; `account:resource id` for a serverless replication.
fn dimensions(world: &World, task: &Task) -> Dimensions {
    let id = task.resource_id();
    match &task.def.instance {
        None => vec![("ReplicationConfigId", format!("{}:{id}", super::ACCOUNT))],
        Some(arn) => vec![
            ("ReplicationInstanceIdentifier", world.instance(arn).map(|i| i.name.clone()).unwrap_or_default()),
            ("ReplicationTaskIdentifier", id),
        ],
    }
}

/// An instance is published twice: under its name, and under its resource id.
fn instance_dimensions(instance: &Instance) -> [Dimensions; 2] {
    [
        vec![("ReplicationInstanceIdentifier", instance.name.clone())],
        vec![("ReplicationInstanceExternalResourceId", instance.resource_id().to_owned())],
    ]
}

/// Exactly these dimensions, in any order: one too many or too few is another metric.
fn dimensions_match(own: &Dimensions, asked: &[Value]) -> bool {
    own.len() == asked.len()
        && own.iter().all(|(name, value)| {
            asked.iter().any(|d| d.text_of("Name") == Some(name) && d.text_of("Value") == Some(value.as_str()))
        })
}

/// The unit a point is published with.
fn unit_of(name: MetricName) -> &'static str {
    match name.unit() {
        "seconds" => "Seconds",
        "%" => "Percent",
        "MB" => "Megabytes",
        "bytes" => "Bytes",
        "KB/s" => "Kilobytes/Second",
        "bytes/s" => "Bytes/Second",
        "rows/s" | "operations/s" => "Count/Second",
        _ => "Count",
    }
}

/// Cuts the answer at `limit` points; a query that goes on in the next page says `PartialData`.
fn paged(results: &[Query], token: Option<&str>, limit: usize) -> Result<Value, Refusal> {
    let invalid = || Refusal::parameter("The service cannot process the request because the NextToken is invalid.");
    let (first, mut offset) = match token {
        None => (0, 0),
        Some(token) => {
            let (query, offset) = token.strip_prefix("demo-").and_then(|t| t.split_once('-')).ok_or_else(invalid)?;
            (query.parse::<usize>().map_err(|_| invalid())?, offset.parse::<usize>().map_err(|_| invalid())?)
        }
    };
    let within = results.get(first).is_some_and(|query| offset <= query.points.len());
    if token.is_some() && !within {
        return Err(invalid());
    }
    let (mut room, mut out, mut next) = (limit, Vec::new(), None);
    for (index, query) in results.iter().enumerate().skip(first) {
        let rest = &query.points[offset..];
        let take = rest.len().min(room);
        let complete = take == rest.len();
        if !complete && take == 0 {
            next = Some(format!("demo-{index}-{offset}"));
            break;
        }
        out.push(Value::map([
            ("Id", query.id.as_str().into()),
            ("Label", query.label.as_str().into()),
            ("Timestamps", Value::list(rest[..take].iter().map(|point| point.at.into()))),
            ("Values", Value::list(rest[..take].iter().map(|point| point.value.into()))),
            ("StatusCode", if complete { "Complete" } else { "PartialData" }.into()),
        ]));
        if !complete {
            next = Some(format!("demo-{index}-{}", offset + take));
            break;
        }
        room -= take;
        offset = 0;
    }
    Ok(Value::map([
        ("MetricDataResults", Value::List(out)),
        ("NextToken", next.into()),
        ("Messages", Value::List(Vec::new())),
    ]))
}

pub fn list_metrics(world: &World, input: &Value) -> Result<Value, Refusal> {
    let invalid = || Refusal::parameter("The service cannot process the request because the NextToken is invalid.");
    let start = match input.text_of("NextToken") {
        None => 0,
        Some(token) => token.strip_prefix("demo-").and_then(|n| n.parse::<usize>().ok()).ok_or_else(invalid)?,
    };
    let right_namespace = input.text_of("Namespace").is_none_or(|namespace| namespace == NAMESPACE);
    let asked = input.items_of("Dimensions");
    let mut all = Vec::new();
    let fits = |own: &Dimensions, name: MetricName| {
        let dimensions = asked.iter().all(|d| {
            own.iter().any(|(name, value)| {
                d.text_of("Name") == Some(name) && d.text_of("Value").is_none_or(|asked| asked == value)
            })
        });
        dimensions && right_namespace && input.text_of("MetricName").is_none_or(|asked| asked == name.raw())
    };
    for task in &world.tasks {
        let own = dimensions(world, task);
        let names = MetricName::TASK.into_iter().filter(|name| publishes(task, *name) && fits(&own, *name));
        all.extend(names.map(|name| (name, own.clone())));
    }
    for own in world.instances.iter().flat_map(instance_dimensions) {
        let names = MetricName::INSTANCE.into_iter().filter(|name| fits(&own, *name));
        all.extend(names.map(|name| (name, own.clone())));
    }
    let shape = |(name, own): &(MetricName, Dimensions)| {
        let dimensions =
            own.iter().map(|(name, value)| Value::map([("Name", (*name).into()), ("Value", value.as_str().into())]));
        Value::map([
            ("Namespace", NAMESPACE.into()),
            ("MetricName", name.raw().into()),
            ("Dimensions", Value::list(dimensions)),
        ])
    };
    let end = all.len().min(start.saturating_add(LIST_PAGE));
    let page = all.get(start..end).ok_or_else(invalid)?;
    Ok(Value::map([
        ("Metrics", Value::list(page.iter().map(shape))),
        ("NextToken", (end < all.len()).then(|| format!("demo-{end}")).into()),
    ]))
}

fn publishes(task: &Task, name: MetricName) -> bool {
    match task.tables {
        Tables::Kept(_) => task.points.has(name),
        Tables::Fleet(_) => {
            let changes = name.raw().starts_with("CDC");
            task.has_run() && (!changes || task.def.migration_type.has_cdc())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;
    use crate::demo::world::Setting;
    use jiff::SignedDuration;

    fn query(id: &str, metric: &str, dimensions: &[(&str, &str)], unit: Option<&str>) -> Value {
        let dimensions = dimensions.iter().map(|(n, v)| Value::map([("Name", (*n).into()), ("Value", (*v).into())]));
        let metric = Value::map([
            ("Namespace", NAMESPACE.into()),
            ("MetricName", metric.into()),
            ("Dimensions", Value::list(dimensions)),
        ]);
        let stat =
            Value::map([("Metric", metric), ("Period", 60.into()), ("Stat", "Average".into()), ("Unit", unit.into())]);
        Value::map([("Id", id.into()), ("MetricStat", stat)])
    }

    fn request(queries: Vec<Value>, more: Vec<(&'static str, Value)>) -> Value {
        let start = FROZEN_AT - SignedDuration::from_hours(3);
        let mut members = vec![
            ("MetricDataQueries", Value::List(queries)),
            ("StartTime", start.into()),
            ("EndTime", FROZEN_AT.into()),
        ];
        members.extend(more);
        Value::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    fn counts(answer: &Value) -> Vec<(usize, String)> {
        let results = answer.items_of("MetricDataResults").iter();
        results.map(|r| (r.items_of("Values").len(), r.text_of("StatusCode").unwrap_or_default().to_owned())).collect()
    }

    type Asked<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn only_the_right_dimensions_match() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let task = &world.tasks[0];
        let (id, name) = (task.resource_id(), task.def.name.clone());
        let instance = world.instances[0].name.clone();
        let (task_key, instance_key) = ("ReplicationTaskIdentifier", "ReplicationInstanceIdentifier");
        let cases: [(Asked<'_>, Option<&str>, bool); 8] = [
            (&[(instance_key, &instance), (task_key, &id)], None, true),
            (&[(task_key, &id), (instance_key, &instance)], Some("Seconds"), true),
            (&[(task_key, &id), (instance_key, &instance)], Some("Count"), false),
            (&[(task_key, &name), (instance_key, &instance)], None, false),
            (&[(task_key, &id)], None, false),
            (&[(task_key, &id), (instance_key, &world.instances[0].arn.0)], None, false),
            (&[(instance_key, &instance)], None, false),
            (&[], None, false),
        ];
        for (dimensions, unit, found) in cases {
            let request = request(vec![query("q1", "CDCLatencyTarget", dimensions, unit)], vec![]);
            let answer = get_metric_data(&world, &request, FROZEN_AT).unwrap();
            let got = counts(&answer);
            assert_eq!(got.len(), 1, "an unknown metric still has a result");
            assert_eq!(got[0].0 > 0, found, "{dimensions:?}");
            assert_eq!(got[0].1, "Complete");
        }
    }

    #[test]
    fn an_instance_is_found_by_its_name_alone_or_its_resource_id_alone() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let instance = &world.instances[0];
        let (by_name, by_id) = ("ReplicationInstanceIdentifier", "ReplicationInstanceExternalResourceId");
        let (name, id) = (instance.name.as_str(), instance.resource_id());
        let cases: [(&str, Asked<'_>, Option<&str>, bool); 7] = [
            ("FreeStorageSpace", &[(by_name, name)], None, true),
            ("FreeStorageSpace", &[(by_id, id)], Some("Bytes"), true),
            ("FreeStorageSpace", &[(by_name, name)], Some("Gigabytes"), false),
            ("FreeStorageSpace", &[(by_name, &instance.arn.0)], None, false),
            ("FreeStorageSpace", &[(by_name, name), (by_id, id)], None, false),
            ("CDCLatencyTarget", &[(by_name, name)], None, false),
            ("ReadLatency", &[(by_name, name)], None, false),
        ];
        for (metric, dimensions, unit, found) in cases {
            let answer =
                get_metric_data(&world, &request(vec![query("q1", metric, dimensions, unit)], vec![]), FROZEN_AT);
            assert_eq!(counts(&answer.unwrap())[0].0 > 0, found, "{metric} {dimensions:?}");
        }
    }

    #[test]
    fn an_answer_is_cut_at_the_limit_and_goes_on_with_its_token() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let id = world.tasks[0].resource_id();
        let name = world.instances[0].name.clone();
        let dimensions = [("ReplicationTaskIdentifier", id.as_str()), ("ReplicationInstanceIdentifier", name.as_str())];
        let ask = |token: Option<&str>| {
            let queries = vec![
                query("a", "CDCLatencyTarget", &dimensions, None),
                query("b", "CDCLatencySource", &dimensions, None),
            ];
            let more = vec![("MaxDatapoints", 100.into()), ("NextToken", token.into())];
            get_metric_data(&world, &request(queries, more), FROZEN_AT)
        };
        let (mut token, mut total, mut pages) = (None::<String>, 0, 0);
        loop {
            let answer = ask(token.as_deref()).unwrap();
            total += counts(&answer).iter().map(|(n, _)| n).sum::<usize>();
            pages += 1;
            token = answer.text_of("NextToken").map(ToOwned::to_owned);
            if token.is_none() {
                break;
            }
            assert_eq!(counts(&answer).last().unwrap().1, "PartialData");
        }
        // 14:02 is the newest whole minute, 11:04 the first whose start lies in the range.
        assert_eq!((total, pages), (2 * 179, 4));
        assert!(ask(Some("demo-7-0")).is_err() && ask(Some("x")).is_err());
    }

    #[test]
    fn newest_comes_first_unless_asked_otherwise() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let id = world.tasks[0].resource_id();
        let name = world.instances[0].name.clone();
        let dimensions = [("ReplicationTaskIdentifier", id.as_str()), ("ReplicationInstanceIdentifier", name.as_str())];
        for (scan, descending) in
            [(None, true), (Some("TimestampDescending"), true), (Some("TimestampAscending"), false)]
        {
            let request =
                request(vec![query("a", "CDCLatencyTarget", &dimensions, None)], vec![("ScanBy", scan.into())]);
            let answer = get_metric_data(&world, &request, FROZEN_AT).unwrap();
            let times: Vec<_> =
                answer.items_of("MetricDataResults")[0].items_of("Timestamps").iter().filter_map(Value::time).collect();
            assert_eq!(times[0] > times[1], descending);
        }
    }

    #[test]
    fn requests_outside_the_limits_are_refused() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let one = |id: &str| query(id, "CDCLatencyTarget", &[], None);
        let many = (0..501).map(|i| one(&format!("q{i}"))).collect();
        for queries in [vec![], many, vec![one("a"), one("a")], vec![one("Big")], vec![one("")]] {
            assert_eq!(
                get_metric_data(&world, &request(queries, vec![]), FROZEN_AT).unwrap_err().code,
                "ValidationError"
            );
        }
        assert!(
            get_metric_data(&world, &request((0..500).map(|i| one(&format!("q{i}"))).collect(), vec![]), FROZEN_AT)
                .is_ok()
        );
    }
}
