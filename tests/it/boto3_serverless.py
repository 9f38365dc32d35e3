"""Starts, reloads and stops serverless replications and prints what came of it. Waits for what it asked for."""

import json
import os
import time

import boto3
from botocore.exceptions import ClientError

dms = boto3.client("dms", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
PATIENCE = 60


def one(arn):
    found = dms.describe_replications(Filters=[{"Name": "replication-config-arn", "Values": [arn]}])
    return found["Replications"][0]


def seen_until(arn, wanted):
    """Statuses on the way to this one, each once."""
    seen, end = [], time.monotonic() + PATIENCE
    while time.monotonic() < end:
        status = one(arn)["Status"]
        if status not in seen:
            seen.append(status)
        if status == wanted:
            return seen
        time.sleep(0.05)
    return seen + ["not " + wanted]


def refused(call, **arguments):
    try:
        call(**arguments)
        return "accepted"
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]


def of(status, *types):
    return next(r["ReplicationConfigArn"] for r in REPLICATIONS if r["Status"] == status and r["ReplicationType"] in types)


REPLICATIONS = dms.describe_replications(MaxRecords=100)["Replications"]
loads = of("running", "full-load-and-cdc")
created = of("created", "full-load-and-cdc", "full-load")
stood = of("stopped", "full-load")
table = dms.describe_replication_table_statistics(ReplicationConfigArn=loads)["ReplicationTableStatistics"][0]
tables = [{"SchemaName": table["SchemaName"], "TableName": table["TableName"]}]

codes = {
    "stop of one that stands": refused(dms.stop_replication, ReplicationConfigArn=stood),
    "start of one that ran": refused(
        dms.start_replication, ReplicationConfigArn=stood, StartReplicationType="start-replication"
    ),
    "resume of a full load": refused(
        dms.start_replication, ReplicationConfigArn=stood, StartReplicationType="resume-processing"
    ),
    "resume before the first run": refused(
        dms.start_replication, ReplicationConfigArn=created, StartReplicationType="resume-processing"
    ),
    "reload of one that stands": refused(
        dms.reload_replication_tables, ReplicationConfigArn=stood, TablesToReload=tables
    ),
    "nobody": refused(dms.stop_replication, ReplicationConfigArn=stood + "X"),
}
started = dms.start_replication(ReplicationConfigArn=created, StartReplicationType="start-replication")["Replication"]
reloaded = dms.reload_replication_tables(ReplicationConfigArn=loads, TablesToReload=tables, ReloadOption="data-reload")
filters = [{"Name": name, "Values": [table[member]]} for name, member in [("schema-name", "SchemaName"), ("table-name", "TableName")]]
again = dms.describe_replication_table_statistics(ReplicationConfigArn=loads, Filters=filters)
stopping = dms.stop_replication(ReplicationConfigArn=loads)["Replication"]
way = seen_until(created, "running")
seen_until(loads, "stopped")
stopped = one(loads)
resumed = dms.start_replication(ReplicationConfigArn=loads, StartReplicationType="resume-processing")["Replication"]

print(json.dumps({
    "codes": codes,
    "started": started["Status"],
    "way": way,
    "reloaded": reloaded["ReplicationConfigArn"] == loads,
    "table": [row["TableState"] for row in again["ReplicationTableStatistics"]],
    "stopping": stopping["Status"],
    "stopped": [stopped["StopReason"], stopped["RecoveryCheckpoint"].split("#")[0]],
    "resumed": resumed["Status"],
}))
