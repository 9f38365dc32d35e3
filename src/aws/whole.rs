//! One rule or one schedule, in full, read by itself.
//!
//! A schedule is switched by writing all of it again (section 0 of the DMS facts, point 15), so here is also where a field
//! that this program does not know is found: what is not known cannot be written back.

use crate::aws::answer::Answer;
use crate::aws::convert;
use crate::aws::limiter::Urgency;
use crate::aws::wire::{Refused, Wire};
use crate::model::operation::Operation;
use crate::model::schedule::{Schedule, Target};
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// The largest page.
const PAGE: i32 = 100;

/// Everything `GetSchedule` says, to be written back as it is.
#[derive(Debug, Clone)]
pub struct WholeSchedule {
    pub(super) output: GetScheduleOutput,
    unknown: Vec<String>,
}

impl WholeSchedule {
    pub fn schedule(&self) -> Schedule {
        convert::described_schedule(&self.output)
    }

    /// Fields of the answer that this program does not know, and that writing it back would lose.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }
}

/// One rule with its targets. Targets that may not be read are in [`Answer::missing`].
pub(super) async fn rule(wire: &Wire, bus: &str, name: &str) -> Result<Answer<Schedule>, Refused> {
    let events = &wire.clients.events;
    let reply = wire
        .send(Operation::DescribeRule, Urgency::Interactive, 0, |witness| {
            let request = events.describe_rule().event_bus_name(bus).name(name);
            request.customize().interceptor(witness).send()
        })
        .await?;
    let mut answer = Answer {
        value: convert::described_rule(&reply.value, bus),
        stated: reply.stated,
        pages: 1,
        missing: Vec::new(),
    };
    let (mut found, mut next): (Vec<Target>, Option<String>) = (Vec::new(), None);
    loop {
        let operation = Operation::ListTargetsByRule;
        let sent = wire
            .send(operation, Urgency::Interactive, 0, |witness| {
                let request = events.list_targets_by_rule().event_bus_name(bus).rule(name).limit(PAGE);
                let request = request.set_next_token(next.clone()).customize();
                request.interceptor(witness).send()
            })
            .await;
        let page = match sent {
            Ok(reply) => reply,
            Err(refused) => {
                answer.missing.push(refused.into());
                return Ok(answer);
            }
        };
        answer.page(page.stated);
        found.extend(page.value.targets().iter().map(convert::rule_target));
        match wire.next_page(operation, &answer, next.as_deref(), page.value.next_token()) {
            Ok(Some(token)) => next = Some(token),
            Ok(None) => break,
            Err(problem) => {
                answer.missing.push(problem);
                return Ok(answer);
            }
        }
    }
    answer.value.targets = Some(found);
    Ok(answer)
}

/// One schedule.
pub(super) async fn schedule(wire: &Wire, group: &str, name: &str) -> Result<WholeSchedule, Refused> {
    let body = Body::default();
    let reply = wire
        .send(Operation::GetSchedule, Urgency::Interactive, 0, |witness| {
            let request = wire.clients.scheduler.get_schedule().group_name(group).name(name).customize();
            request.interceptor(witness).interceptor(body.clone()).send()
        })
        .await?;
    Ok(WholeSchedule { output: reply.value, unknown: body.unknown() })
}

/// Keeps the text of an answer, of which the SDK gives only the fields it knows.
#[derive(Debug, Clone, Default)]
struct Body(Arc<Mutex<Vec<u8>>>);

#[dyn_dispatch_hint]
impl Intercept for Body {
    fn name(&self) -> &'static str {
        "Body"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let bytes = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
        Ok(())
    }
}

impl Body {
    fn unknown(&self) -> Vec<String> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match serde_json::from_slice::<Value>(&text) {
            Ok(value) => {
                let mut found = Vec::new();
                unknown(&value, &mut found);
                found
            }
            // What cannot be looked at may hold anything.
            Err(_) => vec!["an answer that could not be looked at".to_owned()],
        }
    }
}

/// Every member of `GetSchedule`'s answer, at any depth (API model of EventBridge Scheduler, 2021-06-30).
const KNOWN: [&str; 58] = [
    "ActionAfterCompletion",
    "Arn",
    "AssignPublicIp",
    "CapacityProviderStrategy",
    "CreationDate",
    "DeadLetterConfig",
    "Description",
    "DetailType",
    "EcsParameters",
    "EnableECSManagedTags",
    "EnableExecuteCommand",
    "EndDate",
    "EventBridgeParameters",
    "FlexibleTimeWindow",
    "Group",
    "GroupName",
    "Input",
    "KinesisParameters",
    "KmsKeyArn",
    "LastModificationDate",
    "LaunchType",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
    "MaximumWindowInMinutes",
    "MessageGroupId",
    "Mode",
    "Name",
    "NetworkConfiguration",
    "PartitionKey",
    "PipelineParameterList",
    "PlacementConstraints",
    "PlacementStrategy",
    "PlatformVersion",
    "PropagateTags",
    "ReferenceId",
    "RetryPolicy",
    "RoleArn",
    "SageMakerPipelineParameters",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "SecurityGroups",
    "Source",
    "SqsParameters",
    "StartDate",
    "State",
    "Subnets",
    "Tags",
    "Target",
    "TaskCount",
    "TaskDefinitionArn",
    "Value",
    "awsvpcConfiguration",
    "base",
    "capacityProvider",
    "expression",
    "field",
    "type",
    "weight",
];

fn unknown(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| unknown(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if !KNOWN.contains(&name.as_str()) {
                    found.push(name.clone());
                } else if name != "Tags" {
                    // The names of tags are the owner's.
                    unknown(member, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_writing_back_would_lose_is_found_at_any_depth() {
        for (text, want) in [
            (r#"{"Name":"x","Target":{"Arn":"a","EcsParameters":{"Tags":[{"team":"payments"}]}}}"#, vec![]),
            (r#"{"Name":"x","Jitter":1}"#, vec!["Jitter"]),
            (r#"{"Target":{"EcsParameters":{"CapacityProviderStrategy":[{"base":1,"floor":2}]}}}"#, vec!["floor"]),
            ("", vec!["an answer that could not be looked at"]),
        ] {
            let body = Body::default();
            *body.0.lock().unwrap() = text.as_bytes().to_vec();
            assert_eq!(body.unknown(), want, "{text}");
        }
    }
}
