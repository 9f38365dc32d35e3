//! The plan of a run that stopped after its load, with what the configuration says now: masking, own steps, what is compared, what
//! becomes of orphans, times. What was taken away, and how it comes back, stays as it was. Pure. Start at [`amend`].

use super::Plan;
use crate::model::masking::ResolvedTable;
use crate::model::refresh::{CustomStep, PlannedStep, StepKind, StepSeen, StepState};
use crate::model::untrusted::shown;
use std::collections::BTreeSet;

/// Steps that are the configuration's alone.
const OF_CONFIGURATION: [StepKind; 3] = [StepKind::Validate, StepKind::Mask, StepKind::Defuse];

/// Findings of these steps count for an amended plan; the target is not as it was before the load.
pub const LOOKED_AT: [StepKind; 5] =
    [StepKind::Validate, StepKind::Mask, StepKind::Defuse, StepKind::KeysBack, StepKind::Custom];

/// `fresh` is what the configuration makes of the target now.
///
/// # Errors
/// It is of something else, or cannot be told while keys are away.
pub fn amend(old: &Plan, fresh: &Plan) -> Result<Plan, String> {
    let of = |plan: &Plan| (plan.task.arn.clone(), plan.purpose, plan.load, plan.definition.clone());
    let places = |plan: &Plan| [&plan.source, &plan.target].map(|place| (place.place.clone(), place.identity.clone()));
    let tables = |plan: &Plan| -> BTreeSet<_> {
        plan.tables.iter().map(|table| (table.source.clone(), table.target.clone())).collect()
    };
    let ways = |plan: &Plan| (plan.source_way.clone(), plan.target_way.clone(), plan.destination.clone());
    if of(old) != of(fresh) || places(old) != places(fresh) || ways(old) != ways(fresh) || tables(old) != tables(fresh)
    {
        return Err(
            "task, databases or tables are others than when this run was confirmed: only masking, own steps, what is \
                    compared, orphans and times can become others in the middle of a run"
                .to_owned(),
        );
    }
    let is_there = |ident: &str| fresh.keys.iter().any(|key| key.ident == ident);
    let masks_other = !masks_the_same(old, fresh);
    if let Some(key) = old.keys.iter().find(|key| !is_there(&key.ident)).filter(|_| masks_other) {
        let key = shown(&key.ident);
        return Err(format!(
            "masking follows keys, and {key} is away at this moment: put it back by hand (restore.sql), then again"
        ));
    }
    let mut plan = Plan {
        watermarks: fresh.watermarks.clone(),
        validation: fresh.validation.clone(),
        masking: if masks_other { fresh.masking.clone() } else { old.masking.clone() },
        defuse: fresh.defuse.clone(),
        topic: fresh.topic.clone(),
        notice_after: fresh.notice_after,
        ..old.clone()
    };
    for key in &mut plan.keys {
        if let Some(now) = fresh.keys.iter().find(|now| now.ident == key.ident) {
            key.orphans = now.orphans;
        }
    }
    let before = |step: &&CustomStep<String>| step.after < StepKind::Load;
    plan.custom =
        old.custom.iter().filter(before).chain(fresh.custom.iter().filter(|step| !before(step))).cloned().collect();
    plan.steps = steps(old, fresh, &plan.custom);
    let names: BTreeSet<&str> = plan.steps.iter().map(|step| step.name.0.as_str()).collect();
    if names.len() != plan.steps.len() {
        return Err("a step of the configuration has the name of another one that was taken before the load".to_owned());
    }
    Ok(plan)
}

fn steps(old: &Plan, fresh: &Plan, custom: &[CustomStep<String>]) -> Vec<PlannedStep> {
    let of = |plan: &Plan, kind: StepKind| plan.steps.iter().find(|step| step.kind == kind).cloned();
    let mut all = Vec::new();
    for kind in StepKind::ALL.into_iter().filter(|kind| *kind != StepKind::Custom) {
        let now = of(fresh, kind);
        let step =
            if OF_CONFIGURATION.contains(&kind) || kind == StepKind::Notify { now.clone() } else { of(old, kind) };
        if let Some(mut step) = step {
            if let Some(now) = now {
                (step.timeout, step.retry, step.on_failure) = (now.timeout, now.retry, now.on_failure);
                if kind == StepKind::KeysBack && fresh.keys.len() == old.keys.len() {
                    step.words = now.words;
                }
            }
            all.push(step);
        }
        for own in custom.iter().filter(|own| own.after == kind) {
            let from = if kind < StepKind::Load { old } else { fresh };
            all.extend(from.steps.iter().find(|step| step.name == own.name).cloned());
        }
    }
    all
}

fn masks_the_same(old: &Plan, new: &Plan) -> bool {
    let rules = |plan: &Plan| {
        let of_table = |table: &ResolvedTable| {
            let columns: Vec<_> =
                table.columns.iter().map(|one| (one.name.clone(), one.decision.clone(), one.holds.clone())).collect();
            (table.schema.clone(), table.name.clone(), columns)
        };
        plan.masking.as_ref().map(|resolved| resolved.tables.iter().map(of_table).collect::<Vec<_>>())
    };
    rules(old) == rules(new)
}

/// What the step of this name does is another thing.
fn is_other(old: &Plan, new: &Plan, name: &str) -> bool {
    let of = |plan: &Plan| plan.steps.iter().find(|step| step.name.0 == name).cloned();
    let (Some(was), Some(is)) = (of(old), of(new)) else { return true };
    let orphans = |plan: &Plan| plan.keys.iter().map(|key| key.orphans).collect::<Vec<_>>();
    let does = |plan: &Plan| plan.custom(&is.name).map(|step| step.does.clone());
    match is.kind {
        StepKind::Mask | StepKind::Verify => !masks_the_same(old, new),
        StepKind::Defuse => old.defuse != new.defuse,
        StepKind::Validate => old.validation != new.validation || old.watermarks != new.watermarks,
        StepKind::KeysBack => orphans(old) != orphans(new),
        StepKind::Custom => does(old) != does(new),
        _ => was.sql != is.sql,
    }
}

/// What is other, a line each; none where nothing is.
pub fn changes(old: &Plan, new: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let names = |plan: &Plan| plan.steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    for step in &old.steps {
        if !names(new).contains(&step.name) {
            lines.push(format!("- step {}", shown(&step.name.0)));
        }
    }
    for step in &new.steps {
        let name = shown(&step.name.0).into_owned();
        let Some(was) = old.steps.iter().find(|was| was.name == step.name) else {
            lines.push(format!("+ step {name}: {}", shown(&step.words.join("; "))));
            continue;
        };
        let terms = |step: &PlannedStep| (step.timeout, step.retry, step.on_failure);
        let only = |here: &PlannedStep, there: &PlannedStep, sign: char| {
            let line = |text: &String| format!("{sign} {name}: {}", shown(text));
            let other = |text: &&String| !there.words.contains(text) && !there.sql.contains(text);
            here.words.iter().chain(&here.sql).filter(other).map(line).collect::<Vec<_>>()
        };
        let mut own = only(was, step, '-');
        own.extend(only(step, was, '+'));
        if own.is_empty() && is_other(old, new, &step.name.0) && step.kind != StepKind::Verify {
            own.push(format!("+ {name}: its rules are others"));
        }
        if terms(was) != terms(step) {
            own.push(format!("+ {name}: at most {:#}, tried again {} times", step.timeout, step.retry));
        }
        lines.extend(own);
    }
    if old.topic != new.topic {
        lines.push("+ another topic is told".to_owned());
    }
    if old.notice_after != new.notice_after {
        lines.push("+ a notice comes after another time".to_owned());
    }
    lines
}

/// Why all of it must be loaded once more first: what was done to these rows is other now. `steps`: as the run has taken them.
pub fn needs_load(old: &Plan, new: &Plan, steps: &[StepSeen]) -> Option<String> {
    let is_over =
        |state: &StepState| matches!(state, StepState::Done | StepState::Skipped { .. } | StepState::PassedOver { .. });
    let over = |name: &str| steps.iter().any(|seen| seen.name.0 == name && is_over(&seen.state));
    let is_begun = |name: &str| steps.iter().any(|seen| seen.name.0 == name && seen.state != StepState::Waiting);
    let after_load = |step: &&PlannedStep| {
        let at = |step: &PlannedStep| {
            new.custom(&step.name).or_else(|| old.custom(&step.name)).map_or(step.kind, |own| own.after)
        };
        at(step) >= StepKind::Load
    };
    for step in old.steps.iter().chain(&new.steps).filter(after_load) {
        let name = step.name.0.as_str();
        let is_done = if step.kind == StepKind::Mask { is_begun(name) } else { over(name) };
        if is_done && is_other(old, new, name) {
            return Some(format!("step {} has changed rows already, and is another now", shown(name)));
        }
    }
    let last = new.steps.iter().rposition(|step| over(&step.name.0));
    let skipped = new.steps.iter().take(last.unwrap_or(0)).find(|step| !over(&step.name.0));
    skipped.map(|step| format!("step {} stands before some that are done", shown(&step.name.0)))
}
