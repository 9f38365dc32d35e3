//! One task with what it stands between, as it was just read: what a change of it is judged and compared by.

use crate::aws::Reader;
use crate::model::change::{Destination, Standing, Verb};
use crate::model::parts::{ConnectionTest, Endpoint};
use crate::model::settings::{self, TaskSettings};
use crate::model::table::TableRow;
use crate::model::task::{Task, TaskStatus};
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, Problem, ProblemKind, ReplicationArn, Untrusted};
use jiff::Timestamp;

/// One task with what it stands between, as it was just read.
#[derive(Debug, Clone)]
pub struct TaskFacts {
    /// With its settings and mappings.
    pub task: Task,
    /// As far as they could be read; what could not is unknown.
    pub settings: TaskSettings,
    pub source: Option<Endpoint>,
    pub target: Option<Endpoint>,
    /// Last tests of source and target from its instance.
    pub connections: [Option<ConnectionTest>; 2],
    /// Where source and target are, or why that is not known.
    pub places: [Result<Destination, String>; 2],
    /// Statistics of those tables the verb names; of one that the task does not have there are none.
    pub named: Vec<TableRow>,
}

impl TaskFacts {
    pub async fn read(reader: &Reader, arn: &ReplicationArn, verb: &Verb) -> Result<Self, Problem> {
        let mut tasks = reader.tasks_in_full(std::slice::from_ref(arn)).await?.value;
        let Some(task) = tasks.pop().filter(|task| task.arn == *arn) else {
            return Err(Problem {
                kind: ProblemKind::NotFound,
                summary: "there is no such task".to_owned(),
                detail: arn.as_str().to_owned(),
                hint: "`cutover tasks` lists what there is.".to_owned(),
                request_id: None,
                at: Timestamp::now(),
            });
        };
        let endpoints = reader.endpoints().await?.value;
        // A stop does not depend on them; many stops at once each have a minute.
        let connections = match verb {
            Verb::Stop => Vec::new(),
            _ => reader.connections().await?.value,
        };
        let endpoint = |arn: &EndpointArn| endpoints.iter().find(|endpoint| endpoint.arn == *arn).cloned();
        let test = |arn: &EndpointArn| {
            let ours = |test: &&ConnectionTest| Some(&test.instance) == task.instance.as_ref() && test.endpoint == *arn;
            connections.iter().find(ours).cloned()
        };
        let (source, target) = (endpoint(&task.source), endpoint(&task.target));
        // A stop in the middle of a load that nothing resumes is confirmed with the database too.
        let writes = match verb {
            Verb::TestConnections => false,
            Verb::Stop => task.migration_type.has_full_load() && !load_finished(&task),
            _ => true,
        };
        let places = [place(reader, source.as_ref(), false).await, place(reader, target.as_ref(), writes).await];
        let named = match verb {
            Verb::ReloadTables { tables, .. } => reader.tables_named(arn, tables).await?.value,
            _ => Vec::new(),
        };
        Ok(Self {
            settings: task.settings.as_deref().and_then(|text| settings::parse(text).ok()).unwrap_or_default(),
            connections: [test(&task.source), test(&task.target)],
            source,
            target,
            places,
            named,
            task,
        })
    }

    /// What must read the same just before sending.
    pub fn standing(&self) -> Standing {
        let Self { task, settings, connections, places: [source_at, target_at], .. } = self;
        // While changes flow, their position moves by itself.
        let moves = matches!(task.status, TaskStatus::Starting | TaskStatus::Running | TaskStatus::Stopping);
        Standing {
            arn: task.arn.clone(),
            status: task.status.clone(),
            migration_type: task.migration_type.clone(),
            stop_reason: task.stop_reason.clone(),
            source: task.source.clone(),
            target: task.target.clone(),
            instance: task.instance.clone(),
            source_at: source_at.clone().ok(),
            target_at: target_at.clone().ok(),
            ports: [&self.source, &self.target].map(|endpoint| endpoint.as_ref().and_then(|endpoint| endpoint.port)),
            prep_mode: settings.prep_mode.map(|mode| mode.raw().to_owned()),
            mappings: task.table_mappings.clone(),
            fresh_start: task.stats.fresh_start,
            start: task.stats.start,
            stop: task.stats.stop,
            cdc_start_position: task.cdc_start_position.clone(),
            cdc_stop_position: task.cdc_stop_position.clone(),
            recovery_checkpoint: task.recovery_checkpoint.clone().filter(|_| !moves),
            connections: connections.clone().map(|test| test.map(|test| test.status)),
        }
    }

    /// Host and database that the task writes to.
    pub fn target_at(&self) -> Option<&Destination> {
        self.places[1].as_ref().ok()
    }

    pub fn load_finished(&self) -> bool {
        load_finished(&self.task)
    }
}

/// Its load has ended, in this run and not in an earlier one.
fn load_finished(task: &Task) -> bool {
    let stats = &task.stats;
    stats.full_load_finish.is_some_and(|finish| stats.fresh_start.is_none_or(|fresh| finish >= fresh))
}

/// Where an endpoint is. One that keeps its host in a secret is asked for there, where that matters; of the secret only host
/// and database are taken.
async fn place(reader: &Reader, endpoint: Option<&Endpoint>, open: bool) -> Result<Destination, String> {
    let endpoint = endpoint.ok_or("its endpoint is not listed")?;
    let database = endpoint.database.as_ref().map(Untrusted::raw);
    if let Some(host) = endpoint.host.as_ref().filter(|host| !host.is_empty()) {
        return Ok(Destination::new(host.raw(), database.unwrap_or_default()));
    }
    let name = endpoint.name.shown();
    let Some(secret) = endpoint.secret.as_ref() else {
        return Err(format!("endpoint {name} ({}) names no host", endpoint.engine.shown()));
    };
    if !open {
        return Err(format!("endpoint {name} keeps its host in secret {}", secret.shown()));
    }
    match reader.secret(secret.raw()).await {
        Ok(answer) => in_secret(answer.value.expose(), database).ok_or_else(|| {
            format!("endpoint {name} keeps its host in secret {}, and there is none in it", secret.shown())
        }),
        Err(problem) => Err(format!(
            "endpoint {name} keeps its host in secret {}, which could not be read: {}",
            secret.shown(),
            shown(&problem.summary)
        )),
    }
}

/// As RDS and DMS write it; the database of the endpoint comes first.
fn in_secret(text: &str, database: Option<&str>) -> Option<Destination> {
    #[derive(serde::Deserialize)]
    struct Place {
        host: String,
        dbname: Option<String>,
    }
    let place: Place = serde_json::from_str(text).ok()?;
    let database = database.map(str::to_owned).or(place.dbname).unwrap_or_default();
    (!place.host.is_empty()).then(|| Destination::new(&place.host, &database))
}

#[cfg(test)]
pub(in crate::change) mod tests {
    use super::*;
    use crate::model::settings::PrepMode;
    use crate::model::task::TaskStats;
    use crate::model::{InstanceArn, TaskName};

    pub fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}Z").parse().unwrap()
    }

    /// A task from shop-prod to staging that ran this morning and loaded all there is; both connections are tested.
    pub fn facts(migration_type: &str, status: &str) -> TaskFacts {
        let endpoint = |name: &str, host: &str| Endpoint {
            arn: EndpointArn(format!("arn:aws:dms:eu-west-1:123456789012:endpoint:{name}")),
            name: name.into(),
            engine: "mysql".into(),
            host: Some(host.into()),
            port: Some(3306),
            database: Some("shop".into()),
            ..Endpoint::default()
        };
        let (source, target) = (endpoint("shop-prod", "prod.example"), endpoint("shop-staging", "staging.example"));
        let instance = InstanceArn("arn:aws:dms:eu-west-1:123456789012:rep:ONE".into());
        let test = |endpoint: &Endpoint| {
            let (instance, endpoint) = (instance.clone(), endpoint.arn.clone());
            Some(ConnectionTest { instance, endpoint, status: "successful".into(), last_failure: None })
        };
        let idle = status != "running";
        let task = Task {
            arn: ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:ABC").unwrap(),
            name: TaskName::new("orders"),
            migration_type: migration_type.to_owned().into(),
            status: status.to_owned().into(),
            stop_reason: idle.then(|| "Stop Reason NORMAL".into()),
            last_failure: None,
            source: source.arn.clone(),
            target: target.arn.clone(),
            instance: Some(instance.clone()),
            stats: TaskStats {
                full_load_progress_percent: Some(100),
                tables_loaded: 3,
                fresh_start: Some(at("06:00:00")),
                start: Some(at("06:00:00")),
                stop: idle.then(|| at("09:00:00")),
                full_load_start: Some(at("06:00:10")),
                full_load_finish: Some(at("07:00:00")),
                ..TaskStats::default()
            },
            table_mappings: None,
            settings: None,
            cdc_start_position: None,
            cdc_stop_position: None,
            recovery_checkpoint: idle.then(|| "checkpoint:V1#27#mysql-bin.000012:1204:-1".into()),
        };
        let prep_mode = Some(PrepMode::DropAndCreate);
        TaskFacts {
            settings: TaskSettings { prep_mode, validation_enabled: Some(true), ..TaskSettings::default() },
            connections: [test(&source), test(&target)],
            places: [Ok(Destination::new("prod.example", "shop")), Ok(Destination::new("staging.example", "shop"))],
            source: Some(source),
            target: Some(target),
            named: Vec::new(),
            task,
        }
    }

    /// The same before its first run.
    pub fn fresh(migration_type: &str) -> TaskFacts {
        let mut facts = facts(migration_type, "ready");
        facts.task.stats = TaskStats::default();
        (facts.task.stop_reason, facts.task.recovery_checkpoint) = (None, None);
        facts
    }

    #[test]
    fn a_secret_tells_host_and_database_and_the_endpoint_knows_its_database_better() {
        for (text, database, want) in [
            (r#"{"username":"u","password":"p","host":"DB.example","dbname":"shop"}"#, None, Some("db.example/shop")),
            (r#"{"username":"u","password":"p","host":"db","dbname":"shop"}"#, Some("other"), Some("db/other")),
            (r#"{"username":"u","password":"p","host":"db"}"#, None, Some("db/")),
            (r#"{"username":"u","password":"p","host":""}"#, None, None),
            (r#"{"username":"u","password":"p"}"#, None, None),
            ("hunter2", None, None),
        ] {
            assert_eq!(in_secret(text, database).map(|at| at.to_string()).as_deref(), want, "{text}");
        }
    }
}
