"""Reads topics and secrets with boto3 and says what it saw as one JSON document; with `fill`, makes some first (moto)."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

sns = boto3.client("sns")
secrets = boto3.client("secretsmanager")
filling = sys.argv[1:] == ["fill"]

if filling:
    topic = sns.create_topic(Name="dms-failures")["TopicArn"]
    sns.create_topic(Name="dms-silent")
    # More than one page of a hundred.
    for n in range(103):
        sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=f"https://hooks.example/{n:03}")
    secrets.create_secret(Name="rds/shop", SecretString=json.dumps({"username": "u", "password": "gr\u00fcn \U0001f511"}))
    secrets.create_secret(Name="bytes", SecretBinary=b"\x00\x01")
    secrets.put_secret_value(SecretId="rds/shop", SecretString=json.dumps({"username": "u", "password": "new"}))


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    raise AssertionError(f"{call} {arguments} was not refused")


topics = {}
for page in sns.get_paginator("list_topics").paginate():
    for arn in [topic["TopicArn"] for topic in page["Topics"]]:
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        assert attributes["TopicArn"] == arn
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        subscribed = [one for page in pages for one in page["Subscriptions"]]
        assert all(one["TopicArn"] == arn for one in subscribed)
        topics[arn] = {
            "confirmed": int(attributes["SubscriptionsConfirmed"]),
            "pending": int(attributes["SubscriptionsPending"]),
            "subscribers": [
                {
                    "protocol": one["Protocol"],
                    "endpoint": one["Endpoint"],
                    "confirmed": one["SubscriptionArn"].startswith("arn:"),
                }
                for one in subscribed
            ],
        }

values = {}
pages = secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2})
for listed in [secret for page in pages for secret in page["SecretList"]]:
    described = secrets.describe_secret(SecretId=listed["ARN"])
    assert described["Name"] == listed["Name"]
    value = secrets.get_secret_value(SecretId=listed["Name"])
    stages = described["VersionIdsToStages"]
    assert stages[value["VersionId"]] == value["VersionStages"] == ["AWSCURRENT"]
    assert secrets.get_secret_value(SecretId=listed["ARN"]).get("SecretString") == value.get("SecretString")
    values[listed["Name"]] = value.get("SecretString")

first = next(iter(topics))
absent = first.rsplit(":", 1)[0] + ":absent"
codes = {
    "no such topic": refused(sns.get_topic_attributes, TopicArn=absent),
    "no such topic to list": refused(sns.list_subscriptions_by_topic, TopicArn=absent),
    "no such topic to tell": refused(sns.publish, TopicArn=absent, Message="x"),
    "no such secret": refused(secrets.get_secret_value, SecretId="absent"),
    "no such secret to describe": refused(secrets.describe_secret, SecretId="absent"),
}
told = None
# moto would really call the subscribers.
if not filling:
    told = sns.publish(TopicArn=first, Message="r\u00fccksicht & <tags>\nnext", Subject="cutover")["MessageId"]
    codes["no ARN"] = refused(sns.get_topic_attributes, TopicArn="dms-failures")
    codes["nothing to say"] = refused(sns.publish, TopicArn=first, Message="")
    codes["not this operation"] = refused(sns.create_topic, Name="x")
    codes["not this one either"] = refused(secrets.create_secret, Name="x", SecretString="y")
    codes["an older value"] = refused(secrets.get_secret_value, SecretId="rds/shop-prod", VersionStage="AWSPREVIOUS")
json.dump({"topics": topics, "secrets": values, "codes": codes, "told": told}, sys.stdout)
