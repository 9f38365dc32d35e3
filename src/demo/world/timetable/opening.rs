//! What the demo's account has scheduled when it opens: the nightly and weekly refresh of staging, and around them what
//! such accounts have.

use super::{Rule, Schedule, Target, Timetable};
use crate::demo::wire::Value;
use crate::demo::world::{ACCOUNT, REGION, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const SCHEDULER_ROLE: &str = "arn:aws:iam::123456789012:role/migration-scheduler";
const EVENTS_ROLE: &str = "arn:aws:iam::123456789012:role/migration-events";
/// Starts the ARN of a target that is a call of the DMS API itself.
const CALL: &str = "arn:aws:scheduler:::aws-sdk:databasemigration:";

fn resource(service: &str, what: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{what}")
}

fn target(id: &str, arn: String, role: Option<&'static str>, input: Option<serde_json::Value>) -> Target {
    Target { id: id.to_owned(), arn, role, input: input.map(|input| input.to_string()) }
}

fn rule(name: &str, state: &str, target: Target) -> Rule {
    Rule {
        bus: "default".to_owned(),
        name: name.to_owned(),
        state: state.to_owned(),
        expression: None,
        pattern: None,
        description: None,
        managed_by: None,
        targets: vec![target],
    }
}

pub fn build(world: &World, now: Timestamp) -> Timetable {
    let day = |n: i64| now - SignedDuration::from_hours(24 * n);
    let mut book = Timetable {
        buses: vec!["default".to_owned(), "shop-events".to_owned()],
        groups: vec![("default".to_owned(), day(400)), ("migrations".to_owned(), day(60))],
        rules: rules(),
        schedules: schedules(world, now),
    };
    book.rules.sort_by(|a, b| a.name.cmp(&b.name));
    book.schedules.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    book
}

fn rules() -> Vec<Rule> {
    let lambda = |name: &str| resource("lambda", &format!("function:{name}"));
    let pattern = |pattern: serde_json::Value| Some(pattern.to_string());
    // Which task this refreshes cannot be known from here: the function and the document hide it.
    let mut nightly =
        rule("staging-refresh-nightly", "ENABLED", target("refresh", lambda("refresh-staging"), None, None));
    nightly.expression = Some("cron(30 1 * * ? *)".to_owned());
    nightly.description = Some("Refresh staging from production");
    nightly.targets.push(target(
        "mask",
        resource("ssm", "automation-definition/mask-staging:$DEFAULT"),
        Some(EVENTS_ROLE),
        Some(json!({"Database": ["shop-staging"]})),
    ));
    let mut report =
        rule("migration-report-weekly", "DISABLED", target("report", lambda("migration-report"), None, None));
    report.expression = Some("cron(0 6 ? * MON *)".to_owned());
    let mut heartbeat = rule("dms-lag-probe", "ENABLED", target("probe", lambda("dms-lag-probe"), None, None));
    heartbeat.expression = Some("rate(5 minutes)".to_owned());
    let mut failures = rule("dms-failures", "ENABLED", target("chat", resource("sns", "migration-alarms"), None, None));
    failures.pattern = pattern(json!({"source": ["aws.dms"], "detail": {"category": ["Failure"]}}));
    let mut audit = rule(
        "dms-api-calls",
        "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        target("log", resource("logs", "log-group:/audit/dms"), None, None),
    );
    audit.pattern = pattern(json!({"source": ["aws.dms"], "detail-type": ["AWS API Call via CloudTrail"]}));
    let mut managed =
        rule("AutoScalingManagedRule", "ENABLED", target("autoscaling", resource("autoscaling", ""), None, None));
    managed.pattern = pattern(json!({"source": ["aws.ec2"]}));
    managed.managed_by = Some("autoscaling.amazonaws.com");
    let mut shipped = rule("order-shipped", "ENABLED", target("queue", resource("sqs", "shipped-orders"), None, None));
    "shop-events".clone_into(&mut shipped.bus);
    shipped.pattern = pattern(json!({"source": ["shop.orders"], "detail-type": ["shipped"]}));
    vec![nightly, report, heartbeat, failures, audit, managed, shipped]
}

fn schedules(world: &World, now: Timestamp) -> Vec<Schedule> {
    let day = |n: i64| now - SignedDuration::from_hours(24 * n);
    let task = |name: &str| world.by_name(name).map(|index| world.tasks[index].def.arn.as_str().to_owned());
    let schedule = |group: &str, name: String, created: Timestamp, body: Value| Schedule {
        group: group.to_owned(),
        name,
        created,
        modified: created,
        body,
    };
    let to = |arn: String, input: serde_json::Value| {
        let arn = Value::from(arn);
        Value::map([("Arn", arn), ("RoleArn", SCHEDULER_ROLE.into()), ("Input", input.to_string().into())])
    };
    let call = |call: &str, input| to(format!("{CALL}{call}"), input);
    let exactly = || Value::map([("Mode", "OFF".into())]);
    let mut all = Vec::new();
    if let Some(arn) = task("staging-refresh") {
        let input = json!({"ReplicationTaskArn": arn, "StartReplicationTaskType": "reload-target"});
        let window = Value::map([("Mode", "FLEXIBLE".into()), ("MaximumWindowInMinutes", 15.into())]);
        let body = Value::map([
            ("ScheduleExpression", "cron(30 2 ? * SUN *)".into()),
            ("ScheduleExpressionTimezone", "Europe/Berlin".into()),
            ("Description", "Full reload of staging, Sunday night".into()),
            ("FlexibleTimeWindow", window),
            ("Target", call("startReplicationTask", input)),
        ]);
        all.push(schedule("migrations", "staging-refresh-weekly".to_owned(), day(41), body));
    }
    if let Some(arn) = task("billing-cdc") {
        let at = (now + SignedDuration::from_hours(60)).strftime("at(%Y-%m-%dT%H:00:00)").to_string();
        let body = Value::map([
            ("State", "DISABLED".into()),
            ("ScheduleExpression", at.into()),
            ("Description", "Stops replication when the freeze is over".into()),
            ("FlexibleTimeWindow", exactly()),
            ("Target", call("stopReplicationTask", json!({"ReplicationTaskArn": arn}))),
        ]);
        all.push(schedule("migrations", "billing-cutover-stop".to_owned(), day(3), body));
    }
    if let Some(arn) = task("orders-cdc") {
        let function = resource("lambda", "function:validate-counts");
        let body = Value::map([
            ("ScheduleExpression", "rate(6 hours)".into()),
            ("StartDate", day(2).into()),
            ("EndDate", (now + SignedDuration::from_hours(24 * 14)).into()),
            ("FlexibleTimeWindow", exactly()),
            ("Target", to(function, json!({"task": arn, "limit": 0.01}))),
        ]);
        all.push(schedule("default", "orders-count-check".to_owned(), day(9), body));
    }
    // A fleet has one schedule for each task: more than one page, and one question each.
    if world.setting.fleet.is_some() {
        all.extend(world.tasks.iter().filter(|task| !task.is_serverless()).enumerate().map(|(index, task)| {
            let state = if index % 7 == 3 { "DISABLED" } else { "ENABLED" };
            let input = json!({"ReplicationTaskArn": task.def.arn.as_str()});
            let body = Value::map([
                ("State", state.into()),
                ("ScheduleExpression", format!("cron({} {} * * ? *)", index % 60, index % 24).into()),
                ("ScheduleExpressionTimezone", "America/New_York".into()),
                ("FlexibleTimeWindow", exactly()),
                ("Target", call("startReplicationTask", input)),
            ]);
            schedule("migrations", format!("refresh-{}", task.def.name), day(9), body)
        }));
    }
    all
}
