"""Every read operation by boto3, to its last page: one JSON object on standard output.

Arguments: classic task ARN, serverless ARN, instance ARN, start and end of the metrics, and the metric queries as JSON."""

import datetime
import json
import sys

import boto3

classic, serverless, instance, start, end, queries = sys.argv[1:]
dms = boto3.client("dms")
cloudwatch = boto3.client("cloudwatch")
out = {}


def read(key, call, **arguments):
    """Follows the marker by hand; not every operation has a paginator."""
    pages = []
    while True:
        page = call(**arguments)
        page.pop("ResponseMetadata")
        marker = page.pop("Marker", None)
        pages.append(page)
        if marker is None:
            break
        arguments["Marker"] = marker
    member = next(name for name, value in pages[0].items() if isinstance(value, list))
    out[key] = {**pages[0], member: [item for page in pages for item in page[member]]}


read("tasks", dms.describe_replication_tasks)
read("replications", dms.describe_replications)
read("configs", dms.describe_replication_configs)
read("tables", dms.describe_table_statistics, ReplicationTaskArn=classic)
if not serverless.endswith(":NONE"):
    read("serverless tables", dms.describe_replication_table_statistics, ReplicationConfigArn=serverless)
read("instances", dms.describe_replication_instances)
read("maintenance", dms.describe_pending_maintenance_actions)
read("task logs", dms.describe_replication_instance_task_logs, ReplicationInstanceArn=instance)
read("endpoints", dms.describe_endpoints)
read("connections", dms.describe_connections)
read("tags", dms.list_tags_for_resource, ResourceArn=classic)
read(
    "metrics",
    cloudwatch.get_metric_data,
    MetricDataQueries=json.loads(queries),
    StartTime=start,
    EndTime=end,
    ScanBy="TimestampAscending",
)
identity = boto3.client("sts").get_caller_identity()
identity.pop("ResponseMetadata")
out["identity"] = identity


def plain(value):
    assert isinstance(value, datetime.datetime), value
    return value.isoformat()


json.dump(out, sys.stdout, default=plain)
