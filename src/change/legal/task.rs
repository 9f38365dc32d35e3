//! What may be done to a task, as it was just read: the table of types and statuses, then what the configuration forbids,
//! then what the request itself must say, then the connections. Pure; the first that refuses decides.

use super::connected::connected;
use crate::change::facts::TaskFacts;
use crate::change::grade::grade;
use crate::model::change::{
    Destination, Grade, Refusal, ReloadHow, Ruling, Safeguards, StartFrom, TableName, Verb, VerbKind, legal,
};
use crate::model::task::MigrationType;
use crate::model::untrusted::shown;

type Rule = fn(&TaskFacts, &Verb, &Safeguards) -> Option<Refusal>;

/// In this order: what must never be comes before what could be said better.
const RULES: [Rule; 7] = [retired, protected, allowed, start_from, until, tables, validation_is_on];

/// Whether this may be done to this task, as it was just read.
pub fn task(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Ruling {
    match but_for_connections(facts, verb, safeguards) {
        Ruling::Legal => connected(facts, verb, &facts.connections).map_or(Ruling::Legal, Ruling::Refused),
        other => other,
    }
}

/// The same, whatever the tests of its connections say.
pub(super) fn but_for_connections(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Ruling {
    match legal::task(&legal::Case::of(&facts.task), verb.kind()) {
        Ruling::Legal => {}
        Ruling::Nothing(why) => return nothing(facts, verb, why),
        refused @ Ruling::Refused(_) => return refused,
    }
    RULES.iter().find_map(|rule| rule(facts, verb, safeguards)).map_or(Ruling::Legal, Ruling::Refused)
}

/// It runs, or is on its way: what else was asked for is not so because of that.
fn nothing(facts: &TaskFacts, verb: &Verb, why: String) -> Ruling {
    let begins = matches!(verb, Verb::Start { from, .. } if *from != StartFrom::Beginning);
    let own = facts.task.cdc_stop_position.as_ref().and_then(|own| own.raw().parse().ok());
    let ends = verb.until().is_some_and(|until| own.as_ref() != Some(until));
    let (what, nouns) = match (begins, ends) {
        (false, false) => return Ruling::Nothing(why),
        (true, false) => ("a start position", "position"),
        (false, true) => ("an end", "end"),
        (true, true) => ("a start position and an end", "position and end"),
    };
    Ruling::Refused(Refusal {
        why: format!("{why}, and {what} can be given only when it starts: it was not set"),
        do_this: format!("Stop it first, and ask again with this {nouns} when it is stopped."),
    })
}

/// What the configuration forbids, whenever and by whom it is done: of a rule or schedule that does it later.
pub fn forbidden(facts: &TaskFacts, verb: &Verb, safeguards: &Safeguards) -> Option<Refusal> {
    let rules: [Rule; 3] = [retired, protected, allowed];
    rules.iter().find_map(|rule| rule(facts, verb, safeguards))
}

#[allow(clippy::unnecessary_wraps, reason = "what every rule ends with where it refuses")]
pub(super) fn no(why: impl Into<String>, do_this: impl Into<String>) -> Option<Refusal> {
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
            "Without host and database it cannot be compared with reload_allowed: see that they can be read.",
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
        StartFrom::Time(at) if task.stats.stop.is_some_and(|stop| *at > stop) => {
            let stop = task.stats.stop.map(|stop| stop.strftime("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default();
            no(
                format!("it ran until {stop} UTC: what changed between then and this time would be lost"),
                format!("Resume it, or give a time not after {stop}, a position or a checkpoint."),
            )
        }
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
    let until = verb.until()?;
    if !facts.task.migration_type.has_cdc() {
        return no("it only loads: there are no changes at which it could end", "Leave the end out.");
    }
    // A commit that has passed may still be to come for a task that is behind: its preview warns.
    if !until.of_server() || until.time().is_none_or(|at| at > facts.read_at) {
        return None;
    }
    no(
        format!("its end, {}, has passed: it is {} by the clock of AWS", until.raw(), facts.read_at.strftime("%FT%TZ")),
        "Give a time to come, in UTC, or leave the end out.",
    )
}

fn tables(facts: &TaskFacts, verb: &Verb, _: &Safeguards) -> Option<Refusal> {
    let Verb::ReloadTables { tables, .. } = verb else { return None };
    if tables.is_empty() {
        return no("no table is named", "Name at least one, as SCHEMA.TABLE.");
    }
    if let Some(twice) = (1..tables.len()).find(|at| tables[..*at].contains(&tables[*at])) {
        return no(format!("{} is named twice", tables[twice].shown()), "Name each table once.");
    }
    let has = |one: &TableName| facts.named.iter().any(|row| row.schema == one.schema && row.table == one.table);
    let unknown: Vec<String> = tables.iter().filter(|one| !has(one)).map(TableName::shown).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::facts::tests::{at, facts, fresh};
    use crate::model::change::Until;
    use crate::model::settings::PrepMode;

    fn start(from: StartFrom) -> Verb {
        Verb::Start { from, until: None }
    }

    fn position(text: &str) -> Verb {
        start(StartFrom::Position(text.to_owned()))
    }

    fn resume() -> Verb {
        Verb::Resume { until: None }
    }

    fn reload() -> Verb {
        Verb::Reload { until: None }
    }

    fn tables(names: &[&str], how: ReloadHow) -> Verb {
        let tables = names.iter().map(|name| TableName { schema: "shop".into(), table: (*name).into() }).collect();
        Verb::ReloadTables { tables, how }
    }

    /// Staging may be overwritten.
    fn open() -> Safeguards {
        Safeguards { reload_allowed: vec!["staging.example/shop".parse().unwrap()], ..Safeguards::default() }
    }

    fn with(mut facts: TaskFacts, change: impl FnOnce(&mut TaskFacts)) -> TaskFacts {
        change(&mut facts);
        facts
    }

    /// With two tables that it knows.
    fn running() -> TaskFacts {
        with(facts("full-load-and-cdc", "running"), |facts| {
            facts.named = ["orders", "customer"].map(crate::change::preview::tests::row).to_vec();
        })
    }

    fn said(ruling: Ruling) -> String {
        match ruling {
            Ruling::Legal => "legal".to_owned(),
            Ruling::Nothing(why) => format!("nothing: {why}"),
            Ruling::Refused(Refusal { why, do_this }) => {
                assert!(!do_this.is_empty());
                format!("{why}. {do_this}")
            }
        }
    }

    fn check(cases: Vec<(TaskFacts, Verb, Safeguards, &str)>) {
        for (facts, verb, safeguards, want) in cases {
            let said = said(task(&facts, &verb, &safeguards));
            let right = if want == "legal" { said == want } else { said.contains(want) };
            assert!(right, "{verb:?} of a {:?}: {said:?}, not {want:?}", facts.task.migration_type);
        }
    }

    /// The same with an end.
    fn ending(verb: Verb) -> Verb {
        let end = "commit_time:2026-11-22T14:00:00".parse().ok();
        match verb {
            Verb::Start { from, .. } => Verb::Start { from, until: end },
            _ => Verb::Resume { until: end },
        }
    }

    fn ends_at(end: &str) -> TaskFacts {
        with(facts("cdc", "running"), |facts| facts.task.cdc_stop_position = Some(end.into()))
    }

    #[test]
    fn the_table_of_statuses_comes_first() {
        check(vec![
            (facts("cdc", "running"), resume(), open(), "nothing: it is running already"),
            (facts("cdc", "moving"), Verb::Stop, open(), "being moved"),
            (facts("cdc", "running"), start(StartFrom::Beginning), open(), "nothing: it is running already"),
            // What was asked for beside that it runs, and is not so.
            (facts("cdc", "running"), start(StartFrom::Now), open(), "already, and a start position can be given only"),
            (facts("cdc", "starting"), position("x"), open(), "starting, and a start position can be given only"),
            (facts("cdc", "running"), ending(resume()), open(), "already, and an end can be given only"),
            (
                facts("cdc", "running"),
                ending(start(StartFrom::Now)),
                open(),
                "a start position and an end can be given",
            ),
            (ends_at("commit_time: 2026-11-22T14:00:00"), ending(resume()), open(), "nothing: it is running already"),
            (ends_at("commit_time:2026-11-22T15:00:00"), ending(resume()), open(), "Stop it first"),
            (fresh("full-load"), resume(), open(), "never run"),
        ]);
    }

    #[test]
    fn what_destroys_needs_its_database_in_reload_allowed_and_protected_and_retired_win() {
        let closed = Safeguards::default;
        let protected = || Safeguards { protected: vec!["STAGING.*/*".into()], ..open() };
        let retired = || Safeguards { retired: vec!["orders".into()], ..open() };
        let nowhere = |kind: &str, status: &str| {
            with(facts(kind, status), |facts| facts.places[1] = Err("endpoint x names no host".to_owned()))
        };
        let elsewhere = with(facts("full-load", "stopped"), |facts| {
            facts.places[1] = Ok(Destination::new("staging.example", "shop2"));
        });
        let leave = |facts| with(facts, |facts| facts.settings.prep_mode = Some(PrepMode::DoNothing));
        let unknown = |facts| with(facts, |facts| facts.settings.prep_mode = None);
        let half = || with(facts("full-load-and-cdc", "failed"), |facts| facts.task.stats.full_load_finish = None);
        let old =
            || with(facts("full-load-and-cdc", "failed"), |facts| facts.task.stats.fresh_start = Some(at("08:00:00")));
        let begin = || start(StartFrom::Beginning);
        check(vec![
            (facts("full-load", "stopped"), reload(), open(), "legal"),
            (facts("full-load", "stopped"), reload(), closed(), "staging.example/shop, which is not in reload_allowed"),
            (facts("full-load", "stopped"), reload(), closed(), "reload_allowed = [\"staging.example/shop\"]"),
            (elsewhere, reload(), open(), "staging.example/shop2, which is not in"),
            (facts("full-load", "stopped"), reload(), protected(), "protected by \"STAGING.*/*\""),
            (facts("full-load", "stopped"), reload(), retired(), "orders is retired"),
            (nowhere("full-load", "stopped"), reload(), open(), "not known: endpoint x names no host"),
            // A reload destroys whatever the preparation mode says.
            (leave(facts("full-load", "stopped")), reload(), closed(), "not in reload_allowed"),
            // A first start destroys, but where the tables are left alone.
            (fresh("full-load"), begin(), closed(), "not in reload_allowed"),
            (unknown(fresh("full-load")), begin(), closed(), "not in reload_allowed"),
            (fresh("full-load-and-cdc"), begin(), protected(), "protected by"),
            (fresh("full-load"), begin(), open(), "legal"),
            (leave(fresh("full-load")), begin(), closed(), "legal"),
            (leave(fresh("full-load")), begin(), retired(), "retired"),
            // A resume destroys where it may load.
            (facts("full-load", "stopped"), resume(), closed(), "not in reload_allowed"),
            (leave(facts("full-load", "stopped")), resume(), closed(), "legal"),
            (facts("full-load-and-cdc", "stopped"), resume(), closed(), "legal"),
            (half(), resume(), closed(), "not in reload_allowed"),
            (old(), resume(), closed(), "not in reload_allowed"),
            (facts("cdc", "stopped"), resume(), protected(), "legal"),
            (nowhere("cdc", "stopped"), resume(), closed(), "legal"),
            (facts("cdc", "stopped"), resume(), retired(), "retired"),
            (facts("cdc", "stopped"), position("x"), retired(), "retired"),
            (running(), tables(&["orders"], ReloadHow::Data), closed(), "not in reload_allowed"),
            (running(), tables(&["orders"], ReloadHow::Data), protected(), "protected"),
            (running(), tables(&["orders"], ReloadHow::Data), retired(), "retired"),
            (running(), tables(&["orders"], ReloadHow::Data), open(), "legal"),
            (running(), tables(&["orders"], ReloadHow::Validation), protected(), "legal"),
            // Nothing of it keeps anybody from stopping or testing.
            (facts("full-load", "running"), Verb::Stop, retired(), "legal"),
            (nowhere("full-load", "running"), Verb::Stop, protected(), "legal"),
            (facts("cdc", "stopped"), Verb::TestConnections, retired(), "legal"),
        ]);
    }

    #[test]
    fn a_cdc_task_says_from_where_and_one_that_loads_does_not() {
        let postgres =
            || with(fresh("cdc"), |facts| facts.source.as_mut().unwrap().engine = "aurora-postgresql".into());
        let own = with(fresh("cdc"), |facts| facts.task.cdc_start_position = Some("mysql-bin.000007:4".into()));
        let time = || start(StartFrom::Time(at("08:00:00")));
        let until: Until = "commit_time:2026-11-22T14:00:00".parse().unwrap();
        let stopping = |from| Verb::Start { from, until: Some(until.clone()) };
        let ending = |end: &str| Verb::Resume { until: end.parse().ok() };
        check(vec![
            (fresh("cdc"), start(StartFrom::Beginning), open(), "must be said from where"),
            (fresh("cdc"), start(StartFrom::Now), open(), "legal"),
            (fresh("cdc"), time(), open(), "legal"),
            (fresh("cdc"), position("mysql-bin.000007:4"), open(), "legal"),
            (fresh("cdc"), position(" "), open(), "position is empty"),
            (fresh("cdc"), position("a\u{1b}[2J"), open(), "characters that no position has"),
            (own, start(StartFrom::Now), open(), "start position of its own, mysql-bin.000007:4"),
            (facts("cdc", "stopped"), start(StartFrom::Now), open(), "everything since it stopped would be lost"),
            // It stopped at nine.
            (facts("cdc", "stopped"), time(), open(), "legal"),
            (facts("cdc", "stopped"), start(StartFrom::Time(at("09:00:00"))), open(), "legal"),
            (
                facts("cdc", "stopped"),
                start(StartFrom::Time(at("09:00:01"))),
                open(),
                "it ran until 2026-11-22T09:00:00",
            ),
            (facts("cdc", "failed"), start(StartFrom::Time(at("23:00:00"))), open(), "this time would be lost"),
            (fresh("cdc"), start(StartFrom::Time(at("23:00:00"))), open(), "legal"),
            (facts("cdc", "stopped"), start(StartFrom::Beginning), open(), "must be said from where"),
            (facts("cdc", "failed"), position("x"), open(), "legal"),
            (postgres(), time(), open(), "does not start that from a time"),
            (postgres(), position("0/1A2B"), open(), "legal"),
            (fresh("full-load"), start(StartFrom::Now), open(), "a load starts at its beginning"),
            (fresh("full-load-and-cdc"), time(), open(), "a load starts at its beginning"),
            (fresh("full-load-and-cdc"), position("x"), open(), "a load starts at its beginning"),
            (fresh("full-load-and-cdc"), start(StartFrom::Beginning), open(), "legal"),
            (fresh("full-load"), stopping(StartFrom::Beginning), open(), "no changes at which it could end"),
            (fresh("full-load-and-cdc"), stopping(StartFrom::Beginning), open(), "legal"),
            (fresh("cdc"), stopping(StartFrom::Now), open(), "legal"),
            // It was read at 10:03:22.
            (facts("cdc", "stopped"), ending("server_time:2026-11-22T10:03:23"), open(), "legal"),
            (
                facts("cdc", "stopped"),
                ending("server_time:2026-11-22T10:03:22"),
                open(),
                "server_time:2026-11-22T10:03:22, has passed: it is 2026-11-22T10:03:22Z by",
            ),
            (facts("cdc", "stopped"), ending("commit_time:2026-11-22T09:00:00"), open(), "legal"),
        ]);
    }

    #[test]
    fn tables_are_named_once_are_known_and_validated_only_where_validation_is_on() {
        let data = |names: &[&str]| tables(names, ReloadHow::Data);
        let off = |value| with(running(), |facts| facts.settings.validation_enabled = value);
        let validate = || tables(&["orders"], ReloadHow::Validation);
        check(vec![
            (running(), data(&["orders", "customer"]), open(), "legal"),
            (running(), data(&[]), open(), "no table is named"),
            (running(), data(&["orders", "customer", "orders"]), open(), "shop.orders is named twice"),
            (running(), data(&["orders", "ghost"]), open(), "no table shop.ghost."),
            (running(), data(&["ghost", "Orders"]), open(), "no table shop.ghost, and 1 others"),
            (running(), data(&["\u{1b}[2J"]), open(), "no table shop.[2J"),
            (running(), validate(), open(), "legal"),
            (off(Some(false)), validate(), open(), "its validation is off"),
            (off(Some(false)), data(&["orders"]), open(), "legal"),
            (off(None), validate(), open(), "legal"),
        ]);
    }

    #[test]
    fn nothing_begins_on_a_connection_that_is_not_tested() {
        let status = |at: usize, status: &str| {
            with(facts("cdc", "stopped"), |facts| {
                let test = facts.connections[at].as_mut().unwrap();
                (test.status, test.last_failure) = (status.into(), Some("no route to \u{1b}[2Jhost".into()));
            })
        };
        let never = with(facts("cdc", "stopped"), |facts| facts.connections[1] = None);
        let serverless = with(facts("cdc", "stopped"), |facts| {
            let arn = "arn:aws:dms:eu-west-1:123456789012:replication-config:ABC";
            facts.task.arn = crate::model::ReplicationArn::parse(arn).unwrap();
            (facts.task.instance, facts.connections) = (None, [None, None]);
        });
        let homeless = with(facts("cdc", "stopped"), |facts| facts.task.instance = None);
        check(vec![
            (facts("cdc", "stopped"), resume(), open(), "legal"),
            (status(0, "failed"), resume(), open(), "source was not successful (failed): no route to [2Jhost"),
            (status(0, "failed"), position("x"), open(), "test again: cutover test-connections orders"),
            (status(1, "testing"), resume(), open(), "target is being tested"),
            (never.clone(), resume(), open(), "target was never tested"),
            (never.clone(), Verb::TestConnections, open(), "legal"),
            (never, Verb::Stop, open(), "nothing: it does not run"),
            (serverless.clone(), resume(), open(), "legal"),
            (serverless, Verb::TestConnections, open(), "there is no instance"),
            (homeless, Verb::TestConnections, open(), "on which instance"),
        ]);
    }
}
