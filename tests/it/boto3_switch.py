"""Switches schedules and rules the two ways AWS has for it, and prints what came of it."""

import json
import os

import boto3

client = lambda service: boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])  # noqa: E731
events, scheduler = client("events"), client("scheduler")
NAME = {"Name": "staging-refresh-weekly", "GroupName": "migrations"}
SAID = [
    "ActionAfterCompletion", "Description", "EndDate", "FlexibleTimeWindow", "KmsKeyArn", "ScheduleExpression",
    "ScheduleExpressionTimezone", "StartDate", "Target",
]


def schedule():
    answer = scheduler.get_schedule(**NAME)
    return {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "LastModificationDate")}


def rule(name):
    answer = events.describe_rule(Name=name)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


before = schedule()
everything = {key: before[key] for key in SAID if key in before}
scheduler.update_schedule(**NAME, **everything, State="DISABLED")
whole = schedule()
same = {**before, "State": "DISABLED"} == whole
scheduler.update_schedule(**NAME, **everything, State="ENABLED")
scheduler.update_schedule(
    **NAME,
    ScheduleExpression=before["ScheduleExpression"],
    FlexibleTimeWindow={"Mode": "OFF"},
    Target={"Arn": before["Target"]["Arn"], "RoleArn": before["Target"]["RoleArn"]},
    State="DISABLED",
)
after = schedule()

rule_before = rule("staging-refresh-nightly")
events.disable_rule(Name="staging-refresh-nightly")
rule_after = rule("staging-refresh-nightly")

variant = [rule("dms-api-calls")["State"]]
for switch in (events.disable_rule, events.enable_rule):
    switch(Name="dms-api-calls")
    variant.append(rule("dms-api-calls")["State"])

try:
    events.disable_rule(Name="AutoScalingManagedRule")
    managed = "switched"
except events.exceptions.ManagedRuleException as refused:
    managed = refused.response["Error"]["Code"]

print(json.dumps({
    "schedule": {"before": before, "after": after, "whole": whole["State"] if same else "something was lost"},
    "rule": {"before": rule_before, "after": rule_after},
    "variant": variant,
    "managed": managed,
}, default=str))
