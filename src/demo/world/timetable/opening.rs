//! What the demo's account has scheduled when it opens: the nightly and weekly refresh of staging, and around them what
//! such accounts have.

use super::{Rule, Schedule, Target, Timetable};
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

fn rule(name: &str, state: &'static str, target: Target) -> Rule {
    Rule {
        bus: "default".to_owned(),
        name: name.to_owned(),
        state,
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
    let call = |call: &str, input| target("", format!("{CALL}{call}"), Some(SCHEDULER_ROLE), Some(input));
    let mut all = Vec::new();
    if let Some(arn) = task("staging-refresh") {
        let input = json!({"ReplicationTaskArn": arn, "StartReplicationTaskType": "reload-target"});
        all.push(Schedule {
            group: "migrations".to_owned(),
            name: "staging-refresh-weekly".to_owned(),
            state: "ENABLED",
            expression: "cron(30 2 ? * SUN *)".to_owned(),
            zone: "Europe/Berlin",
            description: Some("Full reload of staging, Sunday night"),
            start: None,
            end: None,
            window: Some(15),
            created: day(41),
            target: call("startReplicationTask", input),
        });
    }
    if let Some(arn) = task("billing-cdc") {
        let at = (now + SignedDuration::from_hours(60)).strftime("at(%Y-%m-%dT%H:00:00)").to_string();
        all.push(Schedule {
            group: "migrations".to_owned(),
            name: "billing-cutover-stop".to_owned(),
            state: "DISABLED",
            expression: at,
            zone: "UTC",
            description: Some("Stops replication when the freeze is over"),
            start: None,
            end: None,
            window: None,
            created: day(3),
            target: call("stopReplicationTask", json!({"ReplicationTaskArn": arn})),
        });
    }
    if let Some(arn) = task("orders-cdc") {
        let function = resource("lambda", "function:validate-counts");
        all.push(Schedule {
            group: "default".to_owned(),
            name: "orders-count-check".to_owned(),
            state: "ENABLED",
            expression: "rate(6 hours)".to_owned(),
            zone: "UTC",
            description: None,
            start: Some(day(2)),
            end: Some(now + SignedDuration::from_hours(24 * 14)),
            window: None,
            created: day(9),
            target: target("", function, Some(SCHEDULER_ROLE), Some(json!({"task": arn, "limit": 0.01}))),
        });
    }
    // A fleet has one schedule for each task: more than one page, and one question each.
    if world.setting.fleet.is_some() {
        all.extend(world.tasks.iter().filter(|task| !task.is_serverless()).enumerate().map(|(index, task)| Schedule {
            group: "migrations".to_owned(),
            name: format!("refresh-{}", task.def.name),
            state: if index % 7 == 3 { "DISABLED" } else { "ENABLED" },
            expression: format!("cron({} {} * * ? *)", index % 60, index % 24),
            zone: "America/New_York",
            description: None,
            start: None,
            end: None,
            window: None,
            created: day(9),
            target: call("startReplicationTask", json!({"ReplicationTaskArn": task.def.arn.as_str()})),
        }));
    }
    all
}
