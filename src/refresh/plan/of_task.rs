//! What the task itself says against a refresh, as it was just read. Pure. Start at [`check`].

use super::findings::Findings;
use crate::change::{TaskFacts, ruling};
use crate::model::change::{Destination, Ruling, Safeguards, StartFrom, Verb};
use crate::model::engine::Engine;
use crate::model::parts::Endpoint;
use crate::model::refresh::{Load, Settings, StepKind};
use crate::model::settings::PrepMode;
use crate::model::task::{MigrationType, Task, TaskStatus};

/// What keeps a MySQL target from looking at foreign keys while it is loaded, as DMS wants it written.
pub const CHECKS_OFF: &str = "Initstmt=SET FOREIGN_KEY_CHECKS=0";

/// What starts this load; `None`: nothing can yet.
pub(in crate::refresh) fn verb(load: Load, task: &Task) -> Option<Verb> {
    let has_run = task.stats.fresh_start.is_some();
    match load {
        Load::FullLoad | Load::FullLoadAndCdc if has_run => Some(Verb::Reload { until: None }),
        Load::FullLoad | Load::FullLoadAndCdc => Some(Verb::Start { from: StartFrom::Beginning, until: None }),
        Load::Cdc if has_run => Some(Verb::Resume { until: None }),
        Load::Cdc => {
            let own = task.cdc_start_position.as_ref().filter(|position| !position.is_empty())?;
            Some(Verb::Start { from: StartFrom::Position(own.raw().to_owned()), until: None })
        }
    }
}

/// Everything about the task and its endpoints.
pub(super) fn check(
    settings: &Settings,
    safeguards: &Safeguards,
    facts: &TaskFacts,
    verb: Option<&Verb>,
    found: &mut Findings,
) {
    let name = facts.task.name.0.raw();
    let wanted = match settings.load {
        Load::FullLoad => MigrationType::FullLoad,
        Load::FullLoadAndCdc => MigrationType::FullLoadAndCdc,
        Load::Cdc => MigrationType::Cdc,
    };
    if facts.task.migration_type != wanted {
        let what =
            format!("task {name} is of type {}, and load is {:?}", facts.task.migration_type.raw(), wanted.raw());
        found.blocking(StepKind::Load, what, "Name a task of that type, or say what this one does in `load`.");
    }
    let runs = matches!(facts.task.status, TaskStatus::Starting | TaskStatus::Running | TaskStatus::Stopping);
    if runs {
        let what = format!("task {name} is {}", facts.task.status.raw());
        found.blocking(StepKind::Drain, what, "Wait until it has stopped, or stop it: `cutover stop`.");
    }
    destination(settings, safeguards, facts, found);
    prep_mode(settings.load, facts, found);
    let Some(verb) = verb else {
        let what = format!(
            "task {name} has never run and has no start position of its own: from where it would begin is not said"
        );
        found.blocking(
            StepKind::Load,
            what,
            "Give the task a start position (CdcStartPosition), or start it once by hand.",
        );
        return;
    };
    match ruling(facts, verb, &settings.safeguards(safeguards)) {
        Ruling::Refused(refusal) if !runs => found.blocking(StepKind::Load, refusal.why, refusal.do_this),
        _ => {}
    }
}

/// The target is one that may be loaded by this.
fn destination(settings: &Settings, safeguards: &Safeguards, facts: &TaskFacts, found: &mut Findings) {
    let at = match &facts.places[1] {
        Ok(at) => at,
        Err(why) => {
            let what = format!("which database the task loads is not known: {why}");
            found.blocking(StepKind::Lock, what, "See that the endpoint, or its secret, can be read.");
            return;
        }
    };
    if let Some(pattern) = safeguards.protects(at) {
        let what = format!("the target {at} is protected by {pattern:?} in the configuration");
        found.blocking(
            StepKind::Lock,
            what,
            "Look at the target of the task: nothing overwrites a protected database.",
        );
    } else if !settings.to.contains(at) {
        let may: Vec<String> = settings.to.iter().map(Destination::to_string).collect();
        let what = format!("the target is {at}, and this may load only {}", may.join(", "));
        found.blocking(StepKind::Lock, what, "If that is meant, name it in `to`.");
    }
    if facts.places[0].as_ref() == Ok(at) {
        let what = format!("source and target are both {at}");
        found.blocking(StepKind::Lock, what, "Look at the endpoints of the task.");
    }
}

/// What DMS does with rows that are there.
fn prep_mode(load: Load, facts: &TaskFacts, found: &mut Findings) {
    if load == Load::Cdc {
        return;
    }
    let set = "Set TargetTablePrepMode to TRUNCATE_BEFORE_LOAD in the settings of the task.";
    match facts.settings.prep_mode {
        Some(PrepMode::TruncateBeforeLoad) => {}
        Some(PrepMode::DropAndCreate) => {
            let what = "TargetTablePrepMode is DROP_AND_CREATE: DMS would drop the tables with their keys, indexes, triggers, \
                        defaults and grants, and make again only columns and primary keys";
            found.blocking(StepKind::Load, what, set);
        }
        Some(PrepMode::DoNothing) => {
            let what = "TargetTablePrepMode is DO_NOTHING: rows that are there stay, rows with the same key make the load fail, \
                        and tables without a key get every row twice";
            let instead = "Empty the tables in a step of your own before the load, or set it to TRUNCATE_BEFORE_LOAD.";
            found.warning(StepKind::Load, what, instead);
        }
        None => {
            let what =
                "the settings of the task do not say what DMS does with rows that are there (TargetTablePrepMode)";
            found.blocking(StepKind::Load, what, set);
        }
    }
}

/// The target endpoint of the MySQL family has its sessions go without the checks of foreign keys.
pub(super) fn checks_off(engine: Engine, endpoint: Option<&Endpoint>, keys: usize, found: &mut Findings) {
    if engine == Engine::PostgreSql || keys == 0 {
        return;
    }
    let says = endpoint.is_some_and(goes_without_checks);
    if !says {
        let what = "the target endpoint does not switch the checks of foreign keys off: TRUNCATE of a table that a key refers to \
                    is refused, and so are rows that come before their parents";
        let name = endpoint.map_or_else(|| "of the task".into(), |endpoint| endpoint.name.shown().into_owned());
        let do_this = format!("Give endpoint {name} this in its extra connection attributes: {CHECKS_OFF}");
        found.blocking(StepKind::Load, what, do_this);
    }
}

fn goes_without_checks(endpoint: &Endpoint) -> bool {
    endpoint.settings.iter().any(|setting| {
        let name = setting.name.raw().to_ascii_lowercase();
        let value: String = setting.value.raw().chars().filter(|c| !c.is_whitespace()).collect();
        let value = value.to_ascii_lowercase();
        ["initstmt", "afterconnectscript"].contains(&name.as_str())
            && value.split([';', ',']).any(|part| {
                let part = part.strip_prefix("set").unwrap_or(part);
                let part = part.strip_prefix("session").or_else(|| part.strip_prefix("@@session.")).unwrap_or(part);
                ["foreign_key_checks=0", "foreign_key_checks=off"].contains(&part)
            })
    })
}

/// Whether a database that the configuration names is the one of an endpoint; why not.
pub(super) fn is_of_endpoint(
    side: &'static str,
    database: &crate::db::Database,
    vouched: bool,
    at: &Result<Destination, String>,
    found: &mut Findings,
) {
    let (false, Ok(at), Some(host)) = (vouched, at, database.host()) else { return };
    let ours = Destination::new(host, database.name().unwrap_or_default());
    let without = |at: &Destination| String::from(at.clone()).rsplit_once('/').map(|(host, _)| host.to_owned());
    let names_none = String::from(at.clone()).ends_with('/');
    if ours == *at || names_none && without(&ours) == without(at) {
        return;
    }
    let what = format!("the {side} of the task is {at}, and the configuration names {ours}");
    let do_this = "If they are one, say so with `endpoint` in that [databases.NAME].";
    found.blocking(StepKind::Lock, what, do_this);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;
    use crate::model::parts::EndpointSetting;
    use crate::model::refresh::Level;

    #[test]
    fn a_target_of_the_mysql_family_has_to_go_without_checks_where_it_has_keys() {
        let endpoint = |name: &str, value: &str| Endpoint {
            name: "shop-staging".into(),
            settings: vec![EndpointSetting { name: name.into(), value: value.into() }],
            ..Endpoint::default()
        };
        for (name, value, good) in [
            ("Initstmt", "SET FOREIGN_KEY_CHECKS=0", true),
            ("initstmt", "set foreign_key_checks = 0", true),
            ("initstmt", "SET time_zone='UTC', FOREIGN_KEY_CHECKS=OFF", true),
            ("AfterConnectScript", "SET SESSION FOREIGN_KEY_CHECKS=0;", true),
            ("initstmt", "SET @@session.foreign_key_checks=0", true),
            ("initstmt", "SET FOREIGN_KEY_CHECKS=1", false),
            ("initstmt", "SET NOT_FOREIGN_KEY_CHECKS=0", false),
            ("parallelLoadThreads", "FOREIGN_KEY_CHECKS=0", false),
        ] {
            let mut found = Findings::default();
            checks_off(Engine::MySql, Some(&endpoint(name, value)), 1, &mut found);
            let found = found.done();
            assert_eq!(found.is_empty(), good, "{name}={value}: {found:?}");
            assert!(found.iter().all(|one| one.level == Level::Blocking && one.do_this.contains(CHECKS_OFF)));
        }
        for (engine, keys) in [(Engine::PostgreSql, 1), (Engine::MySql, 0)] {
            let mut found = Findings::default();
            checks_off(engine, None, keys, &mut found);
            assert!(found.done().is_empty(), "{engine:?}");
        }
    }

    #[test]
    fn a_database_of_the_configuration_is_the_endpoints_or_somebody_says_so() {
        for (url, at, vouched, good) in [
            ("postgres://u@DB.example:5433/shop", "db.example/shop", false, true),
            ("postgres://u@db.example/other", "db.example/shop", false, false),
            ("postgres://u@tunnel/shop", "db.example/shop", false, false),
            ("postgres://u@tunnel/shop", "db.example/shop", true, true),
            ("mysql://u@db.example/shop", "db.example/", false, true),
            ("mysql://u@other.example/shop", "db.example/", false, false),
            ("sqlite:/tmp/x.db", "db.example/shop", false, true),
        ] {
            let mut found = Findings::default();
            let database = Database::parse(url).unwrap();
            is_of_endpoint("target", &database, vouched, &Ok(at.parse().unwrap()), &mut found);
            assert_eq!(found.done().is_empty(), good, "{url} {at}");
        }
    }
}
