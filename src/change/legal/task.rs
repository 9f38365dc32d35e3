//! What may be done to a task, as it was just read: the table of types and statuses, then what the configuration forbids,
//! then what the request itself must say, then the connections. Pure; the first that refuses decides.

use crate::change::facts::TaskFacts;
use crate::change::grade::grade;
use crate::model::change::{
    Destination, Grade, Refusal, ReloadHow, Ruling, Safeguards, StartFrom, TableName, Verb, VerbKind, legal,
};
use crate::model::task::MigrationType;
use crate::model::untrusted::shown;
use crate::model::{ReplicationKind, Untrusted};

type Rule = fn(&TaskFacts, &Verb, &Safeguards) -> Option<Refusal>;

/// In this order: what must never be comes before what could be said better.
const RULES: [Rule; 8] = [retired, protected, allowed, start_from, until, tables, validation_is_on, connected];

/// Whether this may be done to this task, as it was just read.
pub fn task(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Ruling {
    match legal::task(&legal::Case::of(&facts.task), verb.kind()) {
        Ruling::Legal => {}
        other => return other,
    }
    RULES.iter().find_map(|rule| rule(facts, verb, safeguards)).map_or(Ruling::Legal, Ruling::Refused)
}

fn no(why: impl Into<String>, do_this: impl Into<String>) -> Option<Refusal> {
    Some(Refusal { why: why.into(), do_this: do_this.into() })
}

fn retired(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Option<Refusal> {
    let begins = matches!(verb.kind(), VerbKind::Start | VerbKind::Resume | VerbKind::Reload | VerbKind::ReloadTables);
    if !begins || !safeguards.is_retired(&facts.task.name) {
        return None;
    }
    no(
        format!("{} is retired: the configuration says that it is not started again", facts.task.name.shown()),
        "Take it out of `retired` in the configuration, if it is meant to run.",
    )
}

/// Where rows would be destroyed; `None` where none would.
fn destroyed<'a>(facts: &'a TaskFacts, verb: &Verb) -> Option<&'a Result<Destination, String>> {
    matches!(grade(facts, verb), Grade::Destroys { .. }).then_some(&facts.places[1])
}

fn protected(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Option<Refusal> {
    let Ok(at) = destroyed(facts, verb)? else { return None };
    let pattern = safeguards.protects(at)?;
    no(
        format!("it would destroy rows in {at}, which is protected by {:?} in the configuration", shown(pattern)),
        "Look at the target of the task. Nothing overwrites a protected database from here, whatever else is allowed.",
    )
}

fn allowed(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Option<Refusal> {
    match destroyed(facts, verb)? {
        Ok(at) if safeguards.may_overwrite(at) => None,
        Ok(at) => no(
            format!("it would destroy rows in {at}, which is not in reload_allowed"),
            format!("If that is meant, set reload_allowed = [\"{at}\"] in the configuration."),
        ),
        Err(why) => no(
            format!("it would destroy rows, and in which database is not known: {why}"),
            "Without host and database it cannot be compared with reload_allowed. The command below does it by hand.",
        ),
    }
}

fn start_from(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    let Verb::Start { from, .. } = verb else { return None };
    let task = &facts.task;
    let (cdc, ran) = (task.migration_type == MigrationType::Cdc, task.stats.fresh_start.is_some());
    let postgres = facts.source.as_ref().is_some_and(|source| source.engine.raw().contains("postgres"));
    match from {
        StartFrom::Beginning if cdc => no(
            "it is a cdc task: it must be said from where changes are captured",
            "Give a position or checkpoint, or a time; or say \"from now\", which loses earlier changes.",
        ),
        StartFrom::Beginning => None,
        _ if !cdc => no("it loads, and a load starts at its beginning", "Leave the position out."),
        StartFrom::Now if ran => no(
            "it has run before: from now on, everything since it stopped would be lost",
            "Resume it, or give a position, a checkpoint or a time.",
        ),
        StartFrom::Now => {
            let own = task.cdc_start_position.as_ref().filter(|position| !position.is_empty())?;
            no(
                format!("the task has a start position of its own, {}: DMS would begin there, not now", own.shown()),
                "Give that position, if it is meant, or take it out of the task.",
            )
        }
        StartFrom::Time(_) if postgres => no(
            "its source is PostgreSQL, and DMS does not start that from a time",
            "Give a position (an LSN); its replication slot must exist.",
        ),
        StartFrom::Position(text) if text.trim().is_empty() => {
            no("the position is empty", "Give a position or checkpoint, or a time.")
        }
        StartFrom::Position(text) if shown(text) != *text => {
            no("the position has characters that no position has", "Give it as the source, or DMS, writes it.")
        }
        StartFrom::Time(_) | StartFrom::Position(_) => None,
    }
}

fn until(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    if verb.until().is_none() || facts.task.migration_type.has_cdc() {
        return None;
    }
    no("it only loads: there are no changes at which it could end", "Leave the end out.")
}

fn tables(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    let Verb::ReloadTables { tables, .. } = verb else { return None };
    if tables.is_empty() {
        return no("no table is named", "Name at least one, as SCHEMA.TABLE.");
    }
    let name = |one: &TableName| format!("{}.{}", one.schema.shown(), one.table.shown());
    if let Some(twice) = (1..tables.len()).find(|at| tables[..*at].contains(&tables[*at])) {
        return no(format!("{} is named twice", name(&tables[twice])), "Name each table once.");
    }
    let has = |one: &TableName| facts.named.iter().any(|row| row.schema == one.schema && row.table == one.table);
    let unknown: Vec<String> = tables.iter().filter(|one| !has(one)).map(name).collect();
    let more = if unknown.len() > 1 { format!(", and {} others", unknown.len() - 1) } else { String::new() };
    no(
        format!("the task has no table {}{more}", unknown.first()?),
        "Name tables as `cutover tables` does: in the source's words, upper and lower case as there.",
    )
}

fn validation_is_on(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    let off = facts.settings.validation_enabled == Some(false);
    if !off || !matches!(verb, Verb::ReloadTables { how: ReloadHow::Validation, .. }) {
        return None;
    }
    no("its validation is off", "Stop it and set EnableValidation in its settings, then ask again.")
}

/// DMS refuses to start where the last test of either connection was not successful. Its word for a test is cached and has
/// no time.
fn connected(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    let classic = facts.task.arn.kind() == ReplicationKind::Classic;
    if classic && *verb == Verb::TestConnections && facts.task.instance.is_none() {
        return no("AWS does not say on which instance it is", "Ask again; else use the AWS console.");
    }
    if !classic || !matches!(verb.kind(), VerbKind::Start | VerbKind::Resume | VerbKind::Reload) {
        return None;
    }
    let (which, test) = ["source", "target"]
        .into_iter()
        .zip(&facts.connections)
        .find(|(_, test)| !test.as_ref().is_some_and(|test| test.status.raw() == "successful"))?;
    let name = shell_name(&facts.task.name.0);
    match test {
        None => no(
            format!("the connection to its {which} was never tested, and DMS starts only with both tests successful"),
            format!("Test first: cutover test-connections {name}"),
        ),
        Some(test) if test.status.raw() == "testing" => {
            no(format!("the connection to its {which} is being tested"), "Wait for the test to end, then ask again.")
        }
        Some(test) => {
            let said = test.last_failure.as_ref().filter(|said| !said.is_empty());
            let said = said.map(|said| format!(": {}", said.shown())).unwrap_or_default();
            no(
                format!(
                    "the last test of the connection to its {which} was not successful ({}){said}",
                    test.status.shown()
                ),
                format!("Put it right and test again: cutover test-connections {name}"),
            )
        }
    }
}

fn shell_name(name: &Untrusted) -> String {
    crate::change::preview::quoted(&name.shown())
}
