"""Reads every operation of the embedded AWS with boto3 and says what it saw as one JSON document.

Given: AWS_ENDPOINT_URL and static keys in the environment. Any surprise is an exception, and with it a failed test.
"""

import datetime
import json
import sys

import boto3
from botocore.exceptions import ClientError

dms = boto3.client("dms")
cloudwatch = boto3.client("cloudwatch")
sts = boto3.client("sts")


def refused(call, **arguments):
    """The error code of a call that must be refused."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["RequestId"], "a refusal without a request id"
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call} {arguments} was not refused")


def by_name(name):
    filters = [{"Name": "replication-task-id", "Values": [name]}]
    return dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]


identity = sts.get_caller_identity()
tasks = dms.describe_replication_tasks()["ReplicationTasks"]
lean = dms.describe_replication_tasks(WithoutSettings=True)["ReplicationTasks"]
assert all("ReplicationTaskSettings" not in task and "TableMappings" not in task for task in lean)
assert all(isinstance(task["ReplicationTaskCreationDate"], datetime.datetime) for task in tasks)
for task in tasks:
    json.loads(task["TableMappings"])
    json.loads(task["ReplicationTaskSettings"])

statistics = {}
for task in tasks:
    pages = dms.get_paginator("describe_table_statistics").paginate(
        ReplicationTaskArn=task["ReplicationTaskArn"], PaginationConfig={"PageSize": 20}
    )
    rows = [row for page in pages for row in page["TableStatistics"]]
    assert all(isinstance(row["LastUpdateTime"], datetime.datetime) for row in rows)
    statistics[task["ReplicationTaskIdentifier"]] = {row["TableName"]: row["TableState"] for row in rows}

billing = by_name("billing-cdc")
errors = dms.describe_table_statistics(
    ReplicationTaskArn=billing["ReplicationTaskArn"],
    Filters=[{"Name": "table-state", "Values": ["Table error"]}],
)["TableStatistics"]

instances = dms.describe_replication_instances()["ReplicationInstances"]
endpoints = dms.describe_endpoints()["Endpoints"]
connections = dms.describe_connections()["Connections"]
tags = dms.list_tags_for_resource(ResourceArn=billing["ReplicationTaskArn"])["TagList"]
assert dms.describe_replications()["Replications"] == []
assert dms.describe_replication_configs()["ReplicationConfigs"] == []


def series(dimensions, metric="CDCLatencyTarget", **more):
    query = {
        "Id": "q1",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/DMS", "MetricName": metric, "Dimensions": dimensions},
            "Period": 60,
            "Stat": "Average",
        },
    }
    end = datetime.datetime(2026, 1, 15, 14, 3, 22, tzinfo=datetime.timezone.utc)
    return cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=end - datetime.timedelta(hours=3), EndTime=end, **more
    )["MetricDataResults"][0]


resource_id = billing["ReplicationTaskArn"].rsplit(":", 1)[1]
right = [
    {"Name": "ReplicationInstanceIdentifier", "Value": instances[0]["ReplicationInstanceIdentifier"]},
    {"Name": "ReplicationTaskIdentifier", "Value": resource_id},
]
wrong = [right[0], {"Name": "ReplicationTaskIdentifier", "Value": "billing-cdc"}]
latency = series(right)
assert latency["StatusCode"] == "Complete"
assert latency["Timestamps"][0] > latency["Timestamps"][-1], "newest first"
assert series(right, ScanBy="TimestampAscending")["Values"] == latency["Values"][::-1]
listed = cloudwatch.list_metrics(Namespace="AWS/DMS", MetricName="CDCLatencyTarget")["Metrics"]

codes = {
    "no such filter": refused(dms.describe_endpoints, Filters=[{"Name": "colour", "Values": ["red"]}]),
    "nothing matches": refused(
        dms.describe_replication_tasks, Filters=[{"Name": "replication-task-id", "Values": ["nobody"]}]
    ),
    "too small a page": refused(dms.describe_endpoints, MaxRecords=5),
    "too large a page": refused(
        dms.describe_table_statistics, ReplicationTaskArn=billing["ReplicationTaskArn"], MaxRecords=501
    ),
    "bad marker": refused(dms.describe_endpoints, Marker="nonsense"),
    "not this operation": refused(dms.describe_certificates),
    "no such metric operation": refused(cloudwatch.describe_alarms),
    "no such token operation": refused(sts.get_session_token),
    "first start of a task that ran": refused(
        dms.start_replication_task,
        ReplicationTaskArn=by_name("catalog-load")["ReplicationTaskArn"],
        StartReplicationTaskType="start-replication",
    ),
    "stop of a task that stands": refused(
        dms.stop_replication_task, ReplicationTaskArn=by_name("catalog-load")["ReplicationTaskArn"]
    ),
    "reload of a cdc task": refused(
        dms.reload_tables,
        ReplicationTaskArn=billing["ReplicationTaskArn"],
        TablesToReload=[{"SchemaName": "shop", "TableName": "invoice"}],
    ),
}

started = dms.start_replication_task(
    ReplicationTaskArn=by_name("catalog-load")["ReplicationTaskArn"], StartReplicationTaskType="resume-processing"
)["ReplicationTask"]
stopped = dms.stop_replication_task(ReplicationTaskArn=billing["ReplicationTaskArn"])["ReplicationTask"]
reloaded = dms.reload_tables(
    ReplicationTaskArn=by_name("orders-cdc")["ReplicationTaskArn"],
    TablesToReload=[{"SchemaName": "shop", "TableName": "orders"}],
)
tested = dms.test_connection(
    ReplicationInstanceArn=instances[0]["ReplicationInstanceArn"], EndpointArn=endpoints[0]["EndpointArn"]
)["Connection"]

json.dump(
    {
        "account": identity["Account"],
        "arn": identity["Arn"],
        "tasks": {
            task["ReplicationTaskIdentifier"]: [
                task["MigrationType"],
                task["Status"],
                task.get("StopReason"),
                task["ReplicationTaskStats"]["FullLoadProgressPercent"],
            ]
            for task in tasks
        },
        "statistics": statistics,
        "errors": [row["TableName"] for row in errors],
        "instances": [instance["ReplicationInstanceIdentifier"] for instance in instances],
        "endpoints": [[endpoint["EndpointIdentifier"], endpoint["EndpointType"]] for endpoint in endpoints],
        "connections": [connection["Status"] for connection in connections],
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "points": len(latency["Values"]),
        "newest": latency["Timestamps"][0].isoformat(),
        "latency": latency["Values"][0],
        "wrong dimensions": len(series(wrong)["Values"]),
        "listed": len(listed),
        "codes": codes,
        "after": [started["Status"], stopped["Status"], reloaded["ReplicationTaskArn"][:12], tested["Status"]],
    },
    sys.stdout,
)
