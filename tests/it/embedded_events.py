"""Reads events and event subscriptions of the embedded AWS with boto3; any surprise is a failed test."""

import datetime
import json
import sys

import boto3
from botocore.exceptions import ClientError

dms = boto3.client("dms")
now = datetime.datetime(2026, 1, 15, 14, 3, 22, tzinfo=datetime.timezone.utc)


def refused(**arguments):
    try:
        dms.describe_events(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{arguments} was not refused")


def events(**arguments):
    return [e for page in dms.get_paginator("describe_events").paginate(**arguments) for e in page["Events"]]


everything = events(StartTime=now - datetime.timedelta(hours=3), EndTime=now)
assert everything == sorted(everything, key=lambda event: event["Date"])
assert everything == events(Duration=180, PaginationConfig={"PageSize": 20})
assert all("EventId" not in event and event["SourceIdentifier"].count(":") == 0 for event in everything)
failures = events(Duration=180, EventCategories=["failure"], SourceType="replication-task")
billing = events(Duration=180, SourceIdentifier="billing-cdc")
recent = events(Duration=5)
assert all(event["Date"] >= now - datetime.timedelta(minutes=5) for event in recent)
subscriptions = dms.describe_event_subscriptions()["EventSubscriptionsList"]
json.dump(
    {
        "sources": sorted({(event["SourceType"], event["SourceIdentifier"]) for event in everything}),
        "twice": len(everything) > len({(e["SourceIdentifier"], e["Date"], e["Message"]) for e in everything}),
        "uncategorised": sum(not event["EventCategories"] for event in everything),
        "failures": sorted({event["Message"][:28] for event in failures}),
        "billing": sorted({event["Message"] for event in billing}),
        "subscriptions": {one["CustSubscriptionId"]: one["Status"] for one in subscriptions},
        "codes": [
            refused(SourceType="replication-tusk"),
            refused(EventCategories=["State Change"]),
            refused(StartTime=now, EndTime=now - datetime.timedelta(hours=1)),
            refused(MaxRecords=5),
            refused(Filters=[{"Name": "colour", "Values": ["red"]}]),
        ],
    },
    sys.stdout,
)
