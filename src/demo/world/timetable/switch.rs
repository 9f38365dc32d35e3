//! Switching on and off, the two ways AWS has for it (section 6 of the DMS facts).

use super::events::bus;
use super::scheduler::{arn, known};
use super::{Rule, Timetable};
use crate::demo::wire::Value;
use crate::demo::world::refusal::Refusal;
use jiff::Timestamp;
use std::borrow::Cow;

/// What an owner says of a schedule; whatever is not said in an update is as if it never had been.
const SAID: [&str; 10] = [
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
];
const REQUIRED: [&str; 3] = ["ScheduleExpression", "FlexibleTimeWindow", "Target"];

fn the_rule<'a>(book: &'a mut Timetable, input: &Value) -> Result<&'a mut Rule, Refusal> {
    let bus = bus(book, input)?.to_owned();
    let name = input.text_of("Name").unwrap_or_default();
    let found = book.rules.iter_mut().find(|rule| rule.bus == bus && rule.name == name);
    let absent = || Refusal::not_found_exception(format!("Rule {name} does not exist on EventBus {bus}."));
    let rule = found.ok_or_else(absent)?;
    match rule.managed_by {
        Some(service) => Err(Refusal::managed_rule(format!(
            "Rule {name} is managed by an AWS service and can only be modified if force is used: {service}"
        ))),
        None => Ok(rule),
    }
}

pub fn enable_rule(book: &mut Timetable, input: &Value) -> Result<Value, Refusal> {
    "ENABLED".clone_into(&mut the_rule(book, input)?.state);
    Ok(Value::Map(Vec::new()))
}

pub fn disable_rule(book: &mut Timetable, input: &Value) -> Result<Value, Refusal> {
    "DISABLED".clone_into(&mut the_rule(book, input)?.state);
    Ok(Value::Map(Vec::new()))
}

/// Replaces the schedule by what is said now.
pub fn update_schedule(book: &mut Timetable, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
    let group = known(book, input.text_of("GroupName").unwrap_or("default"))?.to_owned();
    let name = input.text_of("Name").unwrap_or_default();
    for member in REQUIRED {
        if input.get(member).is_none() {
            let message = format!(
                "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
            );
            return Err(Refusal::validation_exception(message));
        }
    }
    if input.get("Target").and_then(|target| target.text_of("RoleArn")).is_none() {
        return Err(Refusal::validation_exception("1 validation error detected: Value at 'target.roleArn' failed to satisfy constraint: Member must not be null".to_owned()));
    }
    let found = book.schedules.iter_mut().find(|schedule| schedule.group == group && schedule.name == name);
    let schedule = found.ok_or_else(|| Refusal::not_found_exception(format!("Schedule {name} does not exist.")))?;
    let said = SAID.iter().filter_map(|member| {
        let value = input.get(member)?;
        // Instants come as numbers; they are kept as what they are.
        let value = if member.ends_with("Date") { value.time().into() } else { value.clone() };
        Some((Cow::Borrowed(*member), value))
    });
    schedule.body = Value::Map(said.collect());
    schedule.modified = now;
    Ok(Value::map([("ScheduleArn", arn(schedule).into())]))
}
