"""Reads rules and schedules with boto3 and says what it saw as one JSON document; with `fill`, makes some first (moto)."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

events = boto3.client("events")
scheduler = boto3.client("scheduler")
TASK = "arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM"

if sys.argv[1:] == ["fill"]:
    import datetime

    events.create_event_bus(Name="shop")
    for n in range(120):
        events.put_rule(Name=f"rule-{n:03}", ScheduleExpression=f"cron({n % 60} 3 * * ? *)", State="ENABLED")
    events.disable_rule(Name="rule-007")
    events.put_rule(Name="shipped", EventBusName="shop", EventPattern=json.dumps({"source": ["shop"]}))
    function = "arn:aws:lambda:eu-west-1:123456789012:function:refresh"
    events.put_targets(
        Rule="rule-001", Targets=[{"Id": "a", "Arn": function, "Input": json.dumps({"task": TASK})}]
    )
    scheduler.create_schedule_group(Name="migrations")
    for n in range(105):
        scheduler.create_schedule(
            Name=f"refresh-{n:03}",
            GroupName="migrations" if n % 2 else "default",
            ScheduleExpression="cron(30 2 ? * SUN *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            State="DISABLED" if n == 3 else "ENABLED",
            StartDate=datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc),
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask",
                "RoleArn": "arn:aws:iam::123456789012:role/x",
                "Input": json.dumps({"ReplicationTaskArn": TASK}),
            },
        )


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    raise AssertionError(f"{call} {arguments} was not refused")


found = []
for bus in events.list_event_buses()["EventBuses"]:
    rules, token = [], {}
    while True:
        page = events.list_rules(EventBusName=bus["Name"], Limit=3 if "fill" not in sys.argv else 100, **token)
        rules += page["Rules"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    for rule in rules:
        described = events.describe_rule(Name=rule["Name"], EventBusName=bus["Name"])
        assert described["Arn"] == rule["Arn"] and described["State"] == rule["State"]
        targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus["Name"])["Targets"]
        expression = rule.get("ScheduleExpression") or None
        found.append(["rule", bus["Name"], rule["Name"], rule["State"], expression, [t["Arn"] for t in targets]])

groups = [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]]
pages = scheduler.get_paginator("list_schedules").paginate(PaginationConfig={"PageSize": 100 if "fill" in sys.argv else 2})
for summary in [schedule for page in pages for schedule in page["Schedules"]]:
    assert summary["GroupName"] in groups and "ScheduleExpression" not in summary
    whole = scheduler.get_schedule(Name=summary["Name"], GroupName=summary["GroupName"])
    assert whole["Arn"] == summary["Arn"] and whole["CreationDate"] == summary["CreationDate"]
    found.append(
        [
            "schedule",
            summary["GroupName"],
            summary["Name"],
            whole["State"],
            whole["ScheduleExpression"],
            [whole["Target"]["Arn"]],
        ]
    )

codes = [
    refused(events.describe_rule, Name="absent"),
    refused(events.list_rules, EventBusName="absent"),
    refused(scheduler.get_schedule, Name="absent"),
    refused(scheduler.list_schedules, GroupName="absent") if "fill" not in sys.argv else None,
]
json.dump({"found": sorted(found, key=lambda row: row[:3]), "codes": codes, "groups": groups}, sys.stdout)
