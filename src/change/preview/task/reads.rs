//! What is read for a preview besides the facts it is judged by: all of it at once, and each only where it is told of.

use super::{Around, Listed, task};
use crate::aws::{MetricQuery, Reader, Urgency, WhichTables};
use crate::change::Drafter;
use crate::change::facts::TaskFacts;
use crate::change::grade::grade;
use crate::model::change::{Grade, Meant, Preview, Verb};
use crate::model::metric::{KEPT, MetricName, Series};
use crate::model::table::TableRow;
use crate::model::task::TaskStatus;
use crate::model::{Problem, ReplicationKind};
use jiff::Timestamp;

/// What a stop is judged by.
const METRICS: [MetricName; 2] = [MetricName::CDCIncomingChanges, MetricName::CDCLatencyTarget];

impl Drafter {
    pub(in crate::change) async fn preview_task(&self, facts: TaskFacts, meant: &Meant, verb: &Verb) -> Preview {
        let reader = self.reader().at(Urgency::Interactive);
        let destroys = matches!(grade(&facts, verb), Grade::Destroys { .. });
        let stops = *verb == Verb::Stop && facts.task.status == TaskStatus::Running;
        let now = reader.service_time(self.now());
        let every = match verb {
            Verb::Start { .. } | Verb::Resume { .. } | Verb::Reload { .. } => facts.task.stats.fresh_start.is_some(),
            Verb::Stop => stops,
            Verb::ReloadTables { .. } | Verb::TestConnections => false,
        };
        let (tables, points, schedules) = tokio::join!(
            when(every, tables(&reader, &facts)),
            when(stops && facts.task.migration_type.has_cdc(), points(&reader, &facts, now)),
            when(destroys, schedules(&reader)),
        );
        let around = Around { tables, points, schedules };
        // Ages are by the clock of AWS, how long an answer counts is by ours.
        let preview = task(&facts, &around, meant, verb, reader.scope(), self.environment(), now);
        Preview { made: self.now(), ..preview }
    }
}

async fn when<T>(wanted: bool, read: impl Future<Output = T>) -> Option<T> {
    if wanted { Some(read.await) } else { None }
}

fn why(problem: &Problem) -> String {
    crate::model::untrusted::shown(&problem.summary).into_owned()
}

async fn tables(reader: &Reader, facts: &TaskFacts) -> Result<Vec<TableRow>, String> {
    let answer = reader.tables(&facts.task.arn, WhichTables::All).await;
    answer.map(|answer| answer.value).map_err(|problem| why(&problem))
}

async fn points(reader: &Reader, facts: &TaskFacts, now: Timestamp) -> Result<Vec<Series>, String> {
    let task = &facts.task;
    let instance = match (task.arn.kind(), &task.instance) {
        (ReplicationKind::Classic, Some(arn)) => {
            let instances = reader.instances().await.map_err(|problem| why(&problem))?.value;
            instances.into_iter().find(|instance| instance.arn == *arn).map(|instance| instance.name)
        }
        _ => None,
    };
    let query = MetricQuery { arn: task.arn.clone(), instance, names: METRICS.to_vec() };
    let from = now.checked_sub(KEPT).unwrap_or(now);
    let answer = reader.metrics(&[query], from, now).await.map_err(|problem| why(&problem))?;
    if let (true, Some(problem)) = (answer.value.is_empty(), answer.missing.first()) {
        return Err(why(problem));
    }
    Ok(answer.value.into_iter().map(|one| one.series).collect())
}

/// Rules and schedules of both services. One that is denied leaves the other.
async fn schedules(reader: &Reader) -> Result<Listed, String> {
    let mut listed = Listed::default();
    let mut refused = Vec::new();
    let (rules, schedules) = tokio::join!(reader.rules(), reader.schedules());
    for answer in [rules, schedules] {
        match answer {
            Ok(answer) => {
                listed.all.extend(answer.value);
                refused.extend(answer.missing.first().map(why));
            }
            Err(problem) => refused.push(why(&problem)),
        }
    }
    if refused.len() > 1 && listed.all.is_empty() {
        return Err(refused.swap_remove(0));
    }
    listed.missing = refused.into_iter().next();
    Ok(listed)
}
