//! `EventBridge`: buses, rules, targets.

use super::{Rule, Timetable, cut};
use crate::demo::wire::Value;
use crate::demo::world::refusal::Refusal;
use crate::demo::world::{ACCOUNT, REGION};

fn bus_arn(bus: &str) -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}")
}

fn rule_arn(rule: &Rule) -> String {
    // Rules of the default bus carry no bus in their ARN.
    let place = if rule.bus == "default" { String::new() } else { format!("{}/", rule.bus) };
    format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{place}{}", rule.name)
}

/// The bus of a request: by name, by ARN, or the default one.
pub(super) fn bus<'a>(book: &Timetable, input: &'a Value) -> Result<&'a str, Refusal> {
    let asked = input.text_of("EventBusName").unwrap_or("default");
    let name = asked.rsplit_once("event-bus/").map_or(asked, |(_, name)| name);
    if book.buses.iter().any(|bus| bus == name) {
        return Ok(name);
    }
    Err(Refusal::not_found_exception(format!("Event bus {name} does not exist.")))
}

fn the_rule<'a>(book: &'a Timetable, input: &Value, key: &str) -> Result<&'a Rule, Refusal> {
    let bus = bus(book, input)?;
    let name = input
        .text_of(key)
        .ok_or_else(|| Refusal::validation_exception(format!("1 validation error detected: {key} must not be null")))?;
    let found = book.rules.iter().find(|rule| rule.bus == bus && rule.name == name);
    found.ok_or_else(|| Refusal::not_found_exception(format!("Rule {name} does not exist on EventBus {bus}.")))
}

fn shape(rule: &Rule) -> Value {
    Value::map([
        ("Name", rule.name.as_str().into()),
        ("Arn", rule_arn(rule).into()),
        ("EventPattern", rule.pattern.clone().into()),
        ("State", rule.state.as_str().into()),
        ("Description", rule.description.into()),
        ("ScheduleExpression", rule.expression.clone().into()),
        ("ManagedBy", rule.managed_by.into()),
        ("EventBusName", rule.bus.as_str().into()),
    ])
}

pub fn buses(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let prefix = input.text_of("NamePrefix").unwrap_or_default();
    let found: Vec<&String> = book.buses.iter().filter(|bus| bus.starts_with(prefix)).collect();
    let (page, token) = cut(input, "Limit", &found)?;
    let items = page.iter().map(|bus| Value::map([("Name", bus.as_str().into()), ("Arn", bus_arn(bus).into())]));
    Ok(Value::map([("EventBuses", Value::list(items)), ("NextToken", token.into())]))
}

pub fn rules(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let bus = bus(book, input)?;
    let prefix = input.text_of("NamePrefix").unwrap_or_default();
    let found: Vec<&Rule> = book.rules.iter().filter(|rule| rule.bus == bus && rule.name.starts_with(prefix)).collect();
    let (page, token) = cut(input, "Limit", &found)?;
    Ok(Value::map([("Rules", Value::list(page.iter().map(|rule| shape(rule)))), ("NextToken", token.into())]))
}

pub fn rule(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let mut answer = shape(the_rule(book, input, "Name")?);
    if let Value::Map(members) = &mut answer {
        members.push(("CreatedBy".into(), ACCOUNT.into()));
    }
    Ok(answer)
}

pub fn targets(book: &Timetable, input: &Value) -> Result<Value, Refusal> {
    let rule = the_rule(book, input, "Rule")?;
    let (page, token) = cut(input, "Limit", &rule.targets)?;
    let items = page.iter().map(|target| {
        Value::map([
            ("Id", target.id.as_str().into()),
            ("Arn", target.arn.as_str().into()),
            ("RoleArn", target.role.into()),
            ("Input", target.input.clone().into()),
        ])
    });
    Ok(Value::map([("Targets", Value::list(items)), ("NextToken", token.into())]))
}
