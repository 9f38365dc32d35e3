//! Which plans `refresh watch` accepts: it does the part after a load that a rule has started, and nothing before. Pure.

use super::Plan;
use super::fires::Consumers;
use crate::model::Untrusted;
use crate::model::refresh::{Cadence, Finding, Level, Load, PlannedStep, StepKind};

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
