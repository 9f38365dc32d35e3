"""Reads the log operations of an endpoint with boto3 and says what it saw as one JSON document.

Given: AWS_ENDPOINT_URL and static keys in the environment, and as arguments group and stream.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

logs = boto3.client("logs")
group, stream = sys.argv[1:3]


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call} {arguments} was not refused")


def all_pages(**arguments):
    pages, events = 0, []
    empty = 0
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, **arguments):
        pages += 1
        events += page["events"]
        empty += not page["events"] and "nextToken" in page
    return {"pages": pages, "empty": empty, "texts": [event["message"] for event in events],
            "ids": [event["eventId"] for event in events], "times": [event["timestamp"] for event in events]}


everything = all_pages(logStreamNames=[stream])
start = everything["times"][len(everything["times"]) // 2]
json.dump(
    {
        "everything": everything,
        "bad": all_pages(logStreamNames=[stream], filterPattern='?"]E:" ?"]W:"'),
        "phrase": all_pages(logStreamNamePrefix=stream, filterPattern='"is suspended"'),
        "from": [start, all_pages(logStreamNames=[stream], startTime=start)["times"]],
        "groups": [one["logGroupName"] for one in logs.describe_log_groups(logGroupNamePrefix="dms-")["logGroups"]],
        "streams": [one["logStreamName"] for one in logs.describe_log_streams(logGroupName=group)["logStreams"]],
        "codes": [
            refused(logs.filter_log_events, logGroupName="nothing"),
            refused(logs.filter_log_events, logGroupName=group, logStreamNames=["nothing"]),
            refused(logs.filter_log_events, logGroupName=group, logStreamNames=[stream], logStreamNamePrefix="x"),
            refused(logs.filter_log_events, logGroupName=group, filterPattern="]E:"),
            refused(logs.filter_log_events, logGroupName=group, nextToken="x"),
            refused(logs.describe_log_streams, logGroupName="nothing"),
            refused(logs.get_log_events, logGroupName=group, logStreamName=stream),
        ],
    },
    sys.stdout,
)
