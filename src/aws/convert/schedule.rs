//! `Rule` of EventBridge; `Schedule` of EventBridge Scheduler, in full and as its list has it.

use super::{text, text_or_empty, time};
use crate::model::Untrusted;
use crate::model::schedule::{Schedule, ScheduleKind, Target};
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as events;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, ScheduleSummary};

/// Without its targets, which another operation has.
pub(in crate::aws) fn rule(raw: &events::Rule, bus: &str) -> Schedule {
    Schedule {
        kind: ScheduleKind::Rule,
        group: Untrusted::new(raw.event_bus_name().unwrap_or(bus)),
        name: text_or_empty(raw.name()),
        arn: text_or_empty(raw.arn()),
        state: raw.state().map_or("", |state| state.as_str()).to_owned().into(),
        expression: text(raw.schedule_expression()),
        event_pattern: raw.event_pattern().is_some_and(|pattern| !pattern.is_empty()),
        description: text(raw.description()),
        managed_by: text(raw.managed_by()),
        time_zone: None,
        start: None,
        end: None,
        flexible_minutes: None,
        created: None,
        modified: None,
        targets: None,
    }
}

pub(in crate::aws) fn rule_target(raw: &events::Target) -> Target {
    Target::new(text(Some(raw.id())), Untrusted::new(raw.arn()), raw.input())
}

/// One rule, asked for by its name; it says the same as its row of the list.
pub(in crate::aws) fn described_rule(raw: &DescribeRuleOutput, bus: &str) -> Schedule {
    let row = events::Rule::builder()
        .set_name(raw.name.clone())
        .set_arn(raw.arn.clone())
        .set_event_pattern(raw.event_pattern.clone())
        .set_state(raw.state.clone())
        .set_description(raw.description.clone())
        .set_schedule_expression(raw.schedule_expression.clone())
        .set_managed_by(raw.managed_by.clone())
        .set_event_bus_name(raw.event_bus_name.clone());
    rule(&row.build(), bus)
}

/// One schedule, asked for by its name.
pub(in crate::aws) fn described_schedule(raw: &GetScheduleOutput) -> Schedule {
    let row = ScheduleSummary::builder()
        .set_arn(raw.arn.clone())
        .set_name(raw.name.clone())
        .set_group_name(raw.group_name.clone())
        .set_state(raw.state.clone());
    schedule(summary(&row.build()), raw)
}

/// What the list says: no expression, no time zone, no input of the target.
pub(in crate::aws) fn summary(raw: &ScheduleSummary) -> Schedule {
    Schedule {
        kind: ScheduleKind::Schedule,
        group: text_or_empty(raw.group_name()),
        name: text_or_empty(raw.name()),
        arn: text_or_empty(raw.arn()),
        state: raw.state().map_or("", |state| state.as_str()).to_owned().into(),
        expression: None,
        event_pattern: false,
        description: None,
        managed_by: None,
        time_zone: None,
        start: None,
        end: None,
        flexible_minutes: None,
        created: time(raw.creation_date()),
        modified: time(raw.last_modification_date()),
        targets: raw.target().map(|target| vec![Target::new(None, Untrusted::new(target.arn()), None)]),
    }
}

/// The whole of it, over what the list said.
pub(in crate::aws) fn schedule(summary: Schedule, raw: &GetScheduleOutput) -> Schedule {
    let target = raw.target().map(|target| vec![Target::new(None, Untrusted::new(target.arn()), target.input())]);
    Schedule {
        state: raw.state().map_or(summary.state, |state| state.as_str().to_owned().into()),
        expression: text(raw.schedule_expression()),
        description: text(raw.description()),
        time_zone: text(raw.schedule_expression_timezone()),
        start: time(raw.start_date()),
        end: time(raw.end_date()),
        flexible_minutes: raw.flexible_time_window().and_then(window),
        created: time(raw.creation_date()).or(summary.created),
        modified: time(raw.last_modification_date()).or(summary.modified),
        targets: target.or(summary.targets),
        ..summary
    }
}

fn window(raw: &FlexibleTimeWindow) -> Option<i32> {
    (*raw.mode() == FlexibleTimeWindowMode::Flexible).then(|| raw.maximum_window_in_minutes()).flatten()
}
