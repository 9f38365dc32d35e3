//! One task with what it stands between, as it was just read: what a change of it is judged and compared by.

use super::grade::grade;
use crate::aws::Reader;
use crate::model::change::{Destination, Grade, Standing, Verb};
use crate::model::parts::{ConnectionTest, Endpoint};
use crate::model::settings::{self, TaskSettings};
use crate::model::table::TableRow;
use crate::model::task::{MigrationType, Task, TaskStatus};
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
    /// By the clock of AWS.
    pub read_at: Timestamp,
}

impl TaskFacts {
    pub async fn read(reader: &Reader, arn: &ReplicationArn, verb: &Verb) -> Result<Self, Problem> {
        let mut answer = reader.tasks_in_full(std::slice::from_ref(arn)).await?;
        let Some(task) = answer.value.pop().filter(|task| task.arn == *arn) else {
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
        let (source, target) = (endpoint(&task.source), endpoint(&task.target));
        let places = [place(reader, source.as_ref(), false).await, place(reader, target.as_ref(), false).await];
        let named = match verb {
            Verb::ReloadTables { tables, .. } => reader.tables_named(arn, tables).await?.value,
            _ => Vec::new(),
        };
        let mut facts = Self {
            settings: task.settings.as_deref().and_then(|text| settings::parse(text).ok()).unwrap_or_default(),
            connections: tests_of(&task, &connections),
            source,
            target,
            places,
            named,
            read_at: answer.stated.unwrap_or_else(|| reader.service_time(Timestamp::now())),
            task,
        };
        if facts.places[1].is_err() && facts.target_matters(verb) {
            facts.places[1] = place(reader, facts.target.as_ref(), true).await;
        }
        Ok(facts)
    }

    /// The database decides about it, or is confirmed with it: of a stop in the middle of a load, whether it may be resumed.
    fn target_matters(&self, verb: &Verb) -> bool {
        grade(self, verb) != Grade::Undoable || *verb == Verb::Stop && self.is_in_load()
    }

    /// What must read the same just before sending this. Of a test that is not what it is about: tasks share endpoints, and
    /// a test of one is a test of all of them.
    pub fn standing_for(&self, verb: &Verb) -> Standing {
        match verb {
            Verb::TestConnections => Standing { connections: [None, None], ..self.standing() },
            _ => self.standing(),
        }
    }

    /// All of it.
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

    /// Its load has ended, in this run and not in an earlier one.
    pub fn load_finished(&self) -> bool {
        let stats = &self.task.stats;
        stats.full_load_finish.is_some_and(|finish| stats.fresh_start.is_none_or(|fresh| finish >= fresh))
    }

    /// There is, or may be, a load that a stop would break off.
    pub fn is_in_load(&self) -> bool {
        self.task.migration_type != MigrationType::Cdc && !self.load_finished()
    }
}

/// Of source and target, from its instance.
pub(super) fn tests_of(task: &Task, all: &[ConnectionTest]) -> [Option<ConnectionTest>; 2] {
    [&task.source, &task.target].map(|endpoint| {
        let ours =
            |test: &&ConnectionTest| Some(&test.instance) == task.instance.as_ref() && test.endpoint == *endpoint;
        all.iter().find(ours).cloned()
    })
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
            read_at: at("10:03:22"),
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
    fn a_secret_is_opened_only_where_the_database_decides() {
        use crate::model::change::{ReloadHow, StartFrom};
        let in_load = |kind: &str| {
            let mut facts = facts(kind, "running");
            facts.task.stats.full_load_finish = None;
            facts
        };
        let leaving = |mut facts: TaskFacts| {
            facts.settings.prep_mode = Some(PrepMode::DoNothing);
            facts
        };
        let resume = || Verb::Resume { until: None };
        let start = |from| Verb::Start { from, until: None };
        let tables = |how| Verb::ReloadTables { tables: Vec::new(), how };
        for (facts, verb, want) in vec![
            (facts("cdc", "stopped"), resume(), false),
            (facts("full-load-and-cdc", "stopped"), resume(), false),
            (facts("full-load-and-cdc", "running"), tables(ReloadHow::Validation), false),
            (facts("full-load", "stopped"), Verb::TestConnections, false),
            (facts("cdc", "running"), Verb::Stop, false),
            (facts("full-load-and-cdc", "running"), Verb::Stop, false),
            (in_load("full-load-and-cdc"), Verb::Stop, true),
            (in_load("full-load"), Verb::Stop, true),
            (facts("full-load", "stopped"), resume(), true),
            (leaving(facts("full-load", "stopped")), resume(), true),
            (facts("full-load", "stopped"), Verb::Reload { until: None }, true),
            (facts("full-load-and-cdc", "running"), tables(ReloadHow::Data), true),
            (fresh("full-load"), start(StartFrom::Beginning), true),
            (fresh("cdc"), start(StartFrom::Now), true),
        ] {
            assert_eq!(facts.target_matters(&verb), want, "{verb:?} of a {:?}", facts.task.migration_type);
        }
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
