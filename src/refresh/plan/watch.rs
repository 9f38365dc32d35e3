//! Which plans `refresh watch` accepts: it does the part after a load that a rule has started, and nothing before. Pure.

use super::Plan;
use super::fires::Consumers;
use crate::model::Untrusted;
use crate::model::refresh::{Cadence, Finding, Level, Load, PlannedStep, StepKind};
use crate::model::settings::PrepMode;
use crate::model::untrusted::shown;

/// Steps that take something away before a load.
const AWAY: [StepKind; 3] = [StepKind::Quarantine, StepKind::TriggersOff, StepKind::KeysAway];
/// Steps that have no meaning where somebody else started the load.
const NOT_OURS: [StepKind; 5] =
    [StepKind::Rehearsal, StepKind::ScheduleOff, StepKind::Drain, StepKind::ScheduleBack, StepKind::QuarantineOff];

/// Why this plan cannot be watched for; empty: it can.
pub fn accepts(plan: &Plan, consumers: &Consumers) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut no = |step: StepKind, what: String, do_this: &str| {
        let what = Untrusted::new(what);
        found.push(Finding { level: Level::Blocking, step, what, do_this: do_this.to_owned() });
    };
    if plan.load != Load::FullLoad || plan.cadence != Cadence::Schedule {
        let what = format!("load is {:?} and cadence {:?}", plan.load.word(), plan.cadence.word());
        no(StepKind::Load, what, "Only a full load that a schedule starts is watched for: use `refresh run`.");
    }
    let mode = plan.prep_mode.as_str();
    if ![PrepMode::TruncateBeforeLoad, PrepMode::DoNothing].iter().any(|good| good.raw() == mode) {
        let mode = if mode.is_empty() { "not known".into() } else { shown(mode) };
        let what =
            format!("TargetTablePrepMode is {mode}: what a load leaves of the tables is not what was there before");
        no(StepKind::Load, what, "Set it to TRUNCATE_BEFORE_LOAD in the settings of the task.");
    }
    for step in plan.steps.iter().filter(|step| AWAY.contains(&step.kind)) {
        let what = format!(
            "{} has to be done before the load, and a rule that starts the task does not wait for it",
            step.name.0
        );
        no(step.kind, what, "Use `refresh run` from cron or systemd, and leave the rule off.");
    }
    for step in before_load(plan).filter(|step| step.kind == StepKind::Custom) {
        let what = format!("step {} stands before the load, and would not be done", step.name.0);
        no(step.kind, what, "Put it behind the load, or use `refresh run`.");
    }
    if !plan.replaces_lambda {
        for who in &consumers.acting {
            let what = format!("somebody else hears that the task has stopped, and may do the same work: {who}");
            no(StepKind::Wait, what, "Retire it; or set replaces_lambda = true, once it does nothing any more.");
        }
        for why in &consumers.unknown {
            let what = format!("whether somebody else hears that the task has stopped is not known: {why}");
            no(StepKind::Wait, what, "See that it can be read; or set replaces_lambda = true.");
        }
    }
    found
}

fn before_load(plan: &Plan) -> impl Iterator<Item = &PlannedStep> {
    plan.steps.iter().take_while(|step| step.kind != StepKind::Load)
}

/// The plan without what comes before a load that is on its way or over already.
#[must_use]
pub fn after_load(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.schedules.clear();
    plan.steps.retain(|step| !NOT_OURS.contains(&step.kind) && !AWAY.contains(&step.kind));
    for step in plan.steps.iter_mut().filter(|step| step.kind == StepKind::Load) {
        step.words = vec!["the load that a rule has started is taken as this one; nothing is started".to_owned()];
    }
    plan
}

#[cfg(test)]
pub(in crate::refresh) mod tests {
    use super::*;
    use crate::model::change::{Destination, Meant};
    use crate::model::engine::Engine;
    use crate::model::refresh::{OnFailure, Place, Purpose, Quarantine, RefreshName};
    use crate::model::{ReplicationArn, TaskName};
    use crate::refresh::plan::{VERSION, Way};

    pub fn plan(kinds: &[StepKind]) -> Plan {
        let step = |kind: &StepKind| PlannedStep {
            name: (*kind).into(),
            kind: *kind,
            words: Vec::new(),
            sql: Vec::new(),
            timeout: jiff::SignedDuration::from_mins(1),
            retry: 0,
            on_failure: OnFailure::Stop,
        };
        let place = || Place { engine: String::new(), place: String::new(), identity: None, found_by: String::new() };
        let way = || Way { engine: Engine::MySql, name: None };
        let arn = ReplicationArn::parse("arn:aws:dms:eu-west-1:123456789012:task:A").unwrap();
        Plan {
            version: VERSION,
            name: RefreshName("nightly".into()),
            task: Meant { arn, name: TaskName::new("nightly") },
            purpose: Purpose::DataRefresh,
            load: Load::FullLoad,
            cadence: Cadence::Schedule,
            source: place(),
            target: place(),
            source_way: way(),
            target_way: way(),
            destination: Destination::new("h", "d"),
            definition: String::new(),
            catalogue: String::new(),
            prep_mode: "TRUNCATE_BEFORE_LOAD".into(),
            schemas: Vec::new(),
            tables: Vec::new(),
            keys: Vec::new(),
            triggers: Vec::new(),
            watermarks: Vec::new(),
            quarantine: Quarantine::None,
            window: None,
            validation: None,
            sensitive: Vec::new(),
            masking: None,
            defuse: Vec::new(),
            custom: Vec::new(),
            steps: kinds.iter().map(step).collect(),
            schedules: Vec::new(),
            topic: None,
            notice_after: None,
            replaces_lambda: false,
        }
    }

    #[test]
    fn only_what_takes_nothing_away_and_is_nobody_elses_work_is_watched_for() {
        use StepKind::{Custom, Drain, KeysAway, Load as Loads, Lock, Mask, ScheduleOff, TriggersOff, Wait};
        let nobody = Consumers::default();
        let lambda = Consumers { acting: vec!["lambda refresh".into()], unknown: Vec::new() };
        let unknown = Consumers { acting: Vec::new(), unknown: vec!["denied".into()] };
        let good = plan(&[Lock, ScheduleOff, Drain, Loads, Wait, Mask]);
        let replaces = Plan { replaces_lambda: true, ..good.clone() };
        for (plan, consumers, part) in [
            (good.clone(), &nobody, None),
            (replaces, &lambda, None),
            (good.clone(), &lambda, Some("lambda refresh")),
            (good.clone(), &unknown, Some("is not known: denied")),
            (Plan { cadence: Cadence::OneTime, ..good.clone() }, &nobody, Some("cadence \"one-time\"")),
            (Plan { prep_mode: "DO_NOTHING".into(), ..good.clone() }, &nobody, None),
            (Plan { prep_mode: "DROP_AND_CREATE".into(), ..good.clone() }, &nobody, Some("is DROP_AND_CREATE")),
            (Plan { prep_mode: String::new(), ..good.clone() }, &nobody, Some("is not known")),
            (plan(&[Lock, KeysAway, Loads]), &nobody, Some("keys-away has to be done before")),
            (plan(&[Lock, TriggersOff, Loads]), &nobody, Some("triggers-off has to be done before")),
            (plan(&[Lock, Custom, Loads]), &nobody, Some("stands before the load")),
            (plan(&[Lock, Loads, Custom]), &nobody, None),
        ] {
            let found = accepts(&plan, consumers);
            match part {
                None => assert!(found.is_empty(), "{found:?}"),
                Some(part) => assert!(found[0].what.raw().contains(part), "{part}: {found:?}"),
            }
        }
        let after: Vec<StepKind> = after_load(&good).steps.iter().map(|step| step.kind).collect();
        assert_eq!(after, [Lock, Loads, Wait, Mask]);
    }
}
