//! EventBridge Scheduler: groups, schedules. The list has neither expression nor time zone, as at AWS.

use super::{Schedule, Timetable, cut};
use crate::demo::wire::Value;
use crate::demo::world::refusal::Refusal;
use crate::demo::world::{ACCOUNT, REGION};
use jiff::Timestamp;

pub(super) fn arn(schedule: &Schedule) -> String {
    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{}/{}", schedule.group, schedule.name)
}

pub(super) fn known<'a>(book: &Timetable, group: &'a str) -> Result<&'a str, Refusal> {
    if book.groups.iter().any(|(name, _)| name == group) {
        return Ok(group);
    }
    Err(Refusal::not_found_exception(format!("Schedule group {group} does not exist.")))
}

pub fn groups(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let prefix = input.text_of("NamePrefix").unwrap_or_default();
    let found: Vec<&(String, Timestamp)> = book.groups.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    let (page, token) = cut(input, "MaxResults", &found)?;
    let items = page.iter().map(|(name, created)| {
        Value::map([
            ("Name", name.as_str().into()),
            ("Arn", format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{name}").into()),
            ("State", "ACTIVE".into()),
            ("CreationDate", (*created).into()),
            ("LastModificationDate", (*created).into()),
        ])
    });
    Ok(Value::map([("ScheduleGroups", Value::list(items)), ("NextToken", token.into())]))
}

pub fn schedules(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let prefix = input.text_of("NamePrefix").unwrap_or_default();
    let (group, state) = (input.text_of("ScheduleGroup"), input.text_of("State"));
    if let Some(group) = group {
        known(book, group)?;
    }
    let passes = |schedule: &&Schedule| {
        schedule.name.starts_with(prefix)
            && group.is_none_or(|group| schedule.group == group)
            && state.is_none_or(|state| schedule.state() == state)
    };
    let found: Vec<&Schedule> = book.schedules.iter().filter(passes).collect();
    let (page, token) = cut(input, "MaxResults", &found)?;
    let items = page.iter().map(|schedule| {
        Value::map([
            ("Arn", arn(schedule).into()),
            ("Name", schedule.name.as_str().into()),
            ("GroupName", schedule.group.as_str().into()),
            ("State", schedule.state().into()),
            ("CreationDate", schedule.created.into()),
            ("LastModificationDate", schedule.modified.into()),
            ("Target", Value::map([("Arn", target_arn(schedule).into())])),
        ])
    });
    Ok(Value::map([("Schedules", Value::list(items)), ("NextToken", token.into())]))
}

pub fn schedule(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let group = known(book, input.text_of("GroupName").unwrap_or("default"))?;
    let name = input.text_of("Name").unwrap_or_default();
    let found = book.schedules.iter().find(|schedule| schedule.group == group && schedule.name == name);
    let schedule = found.ok_or_else(|| Refusal::not_found_exception(format!("Schedule {name} does not exist.")))?;
    let Value::Map(mut members) = schedule.body.clone() else { return Err(Refusal::unknown_operation()) };
    // What nobody said is answered as what it means.
    let defaults = [
        ("State", Value::from("ENABLED")),
        ("ScheduleExpressionTimezone", "UTC".into()),
        ("ActionAfterCompletion", "NONE".into()),
    ];
    for (name, value) in defaults {
        if schedule.body.get(name).is_none() {
            members.push((name.into(), value));
        }
    }
    for (name, value) in &mut members {
        if let (Value::Map(target), "Target") = (value, name.as_ref())
            && !target.iter().any(|(name, _)| name == "RetryPolicy")
        {
            let retry = Value::map([("MaximumEventAgeInSeconds", 86_400.into()), ("MaximumRetryAttempts", 185.into())]);
            target.push(("RetryPolicy".into(), retry));
        }
    }
    let own = [
        ("Arn", Value::from(arn(schedule))),
        ("Name", schedule.name.as_str().into()),
        ("GroupName", schedule.group.as_str().into()),
        ("CreationDate", schedule.created.into()),
        ("LastModificationDate", schedule.modified.into()),
    ];
    members.extend(own.map(|(name, value)| (name.into(), value)));
    Ok(Value::Map(members))
}

fn target_arn(schedule: &Schedule) -> &str {
    schedule.body.get("Target").and_then(|target| target.text_of("Arn")).unwrap_or_default()
}
