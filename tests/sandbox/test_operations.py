# SPDX-License-Identifier: Apache-2.0
"""boto3 drives every operation of the sandbox: each of them at least once to success, and at least
once to a refusal of its own. Here are the operations that the other tests have no story for."""
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = {"dynamodb", "iam", "s3", "sqs", "ssm", "sts"}

QUEUE = {"QueueUrl": "http://localhost/123456789012/absent"}
BUCKET = {"Bucket": "absent-bucket"}
TABLE = {"TableName": "absent"}
KEY = {"Key": {"id": {"S": "1"}}}
ARN = {"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/absent"}
ROLE = {"RoleName": "absent"}
POLICY = {"PolicyArn": "arn:aws:iam::123456789012:policy/absent"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
PARAMETER = {"ResourceType": "Parameter", "ResourceId": "/absent"}
TAGS = {"Tags": [{"Key": "a", "Value": "b"}]}
KEYS = {"TagKeys": ["a"]}

# Operations on what is not there: by service, code and status.
ABSENT = [
    ("dynamodb", "ResourceNotFoundException", 400, {
        "batch_get_item": {"RequestItems": {"absent": {"Keys": [KEY["Key"]]}}},
        "delete_item": {**TABLE, **KEY},
        "delete_table": TABLE,
        "describe_table": TABLE,
        "describe_time_to_live": TABLE,
        "get_item": {**TABLE, **KEY},
        "list_tags_of_resource": ARN,
        "put_item": {**TABLE, "Item": KEY["Key"]},
        "query": {**TABLE, "KeyConditionExpression": "id = :i",
                  "ExpressionAttributeValues": {":i": {"S": "1"}}},
        "scan": TABLE,
        "tag_resource": {**ARN, **TAGS},
        "untag_resource": {**ARN, **KEYS},
        "update_item": {**TABLE, **KEY, "UpdateExpression": "REMOVE x"},
        "update_table": {**TABLE, "DeletionProtectionEnabled": True},
        "update_time_to_live": {**TABLE, "TimeToLiveSpecification": {"Enabled": True,
                                                                     "AttributeName": "x"}},
    }),
    ("dynamodb", "TableNotFoundException", 400, {
        "describe_continuous_backups": TABLE,
        "update_continuous_backups": {**TABLE, "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": True}},
    }),
    ("iam", "NoSuchEntity", 404, {
        "attach_role_policy": {**ROLE, **POLICY},
        "create_policy_version": {**POLICY, "PolicyDocument": DOCUMENT},
        "delete_policy": POLICY,
        "delete_policy_version": {**POLICY, "VersionId": "v2"},
        "delete_role": ROLE,
        "delete_role_permissions_boundary": ROLE,
        "delete_role_policy": {**ROLE, "PolicyName": "p"},
        "detach_role_policy": {**ROLE, **POLICY},
        "get_policy": POLICY,
        "get_policy_version": {**POLICY, "VersionId": "v1"},
        "get_role": ROLE,
        "get_role_policy": {**ROLE, "PolicyName": "p"},
        "list_attached_role_policies": ROLE,
        "list_entities_for_policy": POLICY,
        "list_policy_tags": POLICY,
        "list_policy_versions": POLICY,
        "list_role_policies": ROLE,
        "list_role_tags": ROLE,
        "put_role_permissions_boundary": {**ROLE, "PermissionsBoundary": POLICY["PolicyArn"]},
        "put_role_policy": {**ROLE, "PolicyName": "p", "PolicyDocument": DOCUMENT},
        "simulate_principal_policy": {"PolicySourceArn": "arn:aws:iam::123456789012:role/absent",
                                      "ActionNames": ["s3:GetObject"]},
        "tag_policy": {**POLICY, **TAGS},
        "tag_role": {**ROLE, **TAGS},
        "untag_policy": {**POLICY, **KEYS},
        "untag_role": {**ROLE, **KEYS},
        "update_assume_role_policy": {**ROLE, "PolicyDocument": DOCUMENT},
        "update_role": {**ROLE, "Description": "d"},
    }),
    ("s3", "NoSuchBucket", 404, {
        "delete_bucket": BUCKET,
        "delete_bucket_lifecycle": BUCKET,
        "delete_bucket_policy": BUCKET,
        "delete_bucket_replication": BUCKET,
        "delete_bucket_tagging": BUCKET,
        "delete_object": {**BUCKET, "Key": "k"},
        "delete_objects": {**BUCKET, "Delete": {"Objects": [{"Key": "k"}]}},
        "delete_public_access_block": BUCKET,
        "get_bucket_encryption": BUCKET,
        "get_bucket_lifecycle_configuration": BUCKET,
        "get_bucket_location": BUCKET,
        "get_bucket_ownership_controls": BUCKET,
        "get_bucket_policy": BUCKET,
        "get_bucket_replication": BUCKET,
        "get_bucket_tagging": BUCKET,
        "get_bucket_versioning": BUCKET,
        "get_object": {**BUCKET, "Key": "k"},
        "get_public_access_block": BUCKET,
        "list_object_versions": BUCKET,
        "list_objects_v2": BUCKET,
        "put_bucket_encryption": {**BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
        "put_bucket_lifecycle_configuration": {**BUCKET, "LifecycleConfiguration": {"Rules": [
            {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]}},
        "put_bucket_ownership_controls": {**BUCKET, "OwnershipControls": {"Rules": [
            {"ObjectOwnership": "ObjectWriter"}]}},
        "put_bucket_policy": {**BUCKET, "Policy": DOCUMENT},
        "put_bucket_replication": {**BUCKET, "ReplicationConfiguration": {
            "Role": "arn:aws:iam::123456789012:role/absent", "Rules": [
                {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::b"}}]}},
        "put_bucket_tagging": {**BUCKET, "Tagging": {"TagSet": []}},
        "put_bucket_versioning": {**BUCKET, "VersioningConfiguration": {"Status": "Enabled"}},
        "put_object": {**BUCKET, "Key": "k"},
        "put_public_access_block": {**BUCKET, "PublicAccessBlockConfiguration": {}},
    }),
    ("s3", "404", 404, {
        "head_bucket": BUCKET,
        "head_object": {**BUCKET, "Key": "k"},
    }),
    ("sqs", "AWS.SimpleQueueService.NonExistentQueue", 400, {
        "delete_message": {**QUEUE, "ReceiptHandle": "h"},
        "delete_queue": QUEUE,
        "get_queue_attributes": QUEUE,
        "get_queue_url": {"QueueName": "absent"},
        "list_queue_tags": QUEUE,
        "receive_message": QUEUE,
        "send_message": {**QUEUE, "MessageBody": "m"},
        "set_queue_attributes": {**QUEUE, "Attributes": {"DelaySeconds": "1"}},
        "tag_queue": {**QUEUE, "Tags": {"a": "b"}},
        "untag_queue": {**QUEUE, **KEYS},
    }),
    ("sqs", "ResourceNotFoundException", 400, {
        "list_message_move_tasks": {"SourceArn": "arn:aws:sqs:us-east-1:123456789012:absent"},
        "start_message_move_task": {"SourceArn": "arn:aws:sqs:us-east-1:123456789012:absent"},
    }),
    ("ssm", "ParameterNotFound", 400, {
        "delete_parameter": {"Name": "/absent"},
        "get_parameter": {"Name": "/absent"},
    }),
    ("ssm", "InvalidResourceId", 400, {
        "add_tags_to_resource": {**PARAMETER, **TAGS},
        "list_tags_for_resource": PARAMETER,
        "remove_tags_from_resource": {**PARAMETER, **KEYS},
    }),
]

# What no absence can refuse, wrong input does.
WRONG = [
    ("dynamodb", "list_tables", {"Limit": 101}, "ValidationException", 400),
    ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": "{"},
     "MalformedPolicyDocument", 400),
    ("iam", "list_roles", {"PathPrefix": "no-slash"}, "ValidationError", 400),
    ("ssm", "delete_parameters", {"Names": [str(i) for i in range(11)]}, "ValidationException",
     400),
    ("ssm", "get_parameters_by_path", {"Path": "no-slash"}, "ValidationException", 400),
]


@pytest.mark.parametrize("service, code, status, calls", ABSENT,
                         ids=[f"{row[0]}-{row[1]}" for row in ABSENT])
def test_absent(sandbox, refuses, service, code, status, calls):
    client = sandbox.client(service, attempts=8)
    for operation, args in calls.items():
        with refuses(code, status):
            getattr(client, operation)(**args)


@pytest.mark.parametrize("service, operation, args, code, status", WRONG,
                         ids=[f"{row[0]}-{row[1]}" for row in WRONG])
def test_wrong_input(sandbox, refuses, service, operation, args, code, status):
    with refuses(code, status):
        getattr(sandbox.client(service), operation)(**args)


def test_bucket_settings_go(sandbox, refuses):
    client = sandbox.client("s3")
    client.create_bucket(Bucket="undone")
    assert "Status" not in client.get_bucket_versioning(Bucket="undone")
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                             "BucketKeyEnabled": True}]}
    client.put_bucket_encryption(Bucket="undone", ServerSideEncryptionConfiguration=encryption)
    seen = client.get_bucket_encryption(Bucket="undone")["ServerSideEncryptionConfiguration"]
    assert seen == encryption
    with refuses("MalformedXML", 400):
        client.put_bucket_encryption(Bucket="undone",
                                     ServerSideEncryptionConfiguration={"Rules": []})
    sandbox.advance(1)  # settings written at once may collide
    client.put_bucket_tagging(Bucket="undone", Tagging={"TagSet": TAGS["Tags"]})
    sandbox.advance(1)
    client.put_bucket_lifecycle_configuration(Bucket="undone", LifecycleConfiguration={"Rules": [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]})
    for get, delete, absent in [
            ("bucket_tagging", "bucket_tagging", "NoSuchTagSet"),
            ("bucket_lifecycle_configuration", "bucket_lifecycle", "NoSuchLifecycleConfiguration"),
            ("public_access_block", "public_access_block", "NoSuchPublicAccessBlockConfiguration"),
            ("bucket_replication", "bucket_replication",
             "ReplicationConfigurationNotFoundError")]:
        for _ in range(2):  # deleting what is not there is no error
            sandbox.advance(1)
            getattr(client, "delete_" + delete)(Bucket="undone")
        with refuses(absent, 404):
            getattr(client, "get_" + get)(Bucket="undone")


def test_table_tags_and_deleted_items(sandbox, refuses):
    client = sandbox.client("dynamodb")
    made = client.create_table(
        TableName="labelled", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    sandbox.advance(10)
    arn = made["TableDescription"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": k, "Value": "v"} for k in "ab"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []  # it takes a moment
    sandbox.advance(5)
    client.untag_resource(ResourceArn=arn, TagKeys=["a", "none"])
    sandbox.advance(5)
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "v"}]
    with refuses("ValidationException", 400, "Too many tags"):
        client.tag_resource(ResourceArn=arn,
                            Tags=[{"Key": str(i), "Value": "v"} for i in range(50)])
    client.put_item(TableName="labelled", Item={"id": {"S": "1"}, "x": {"S": "y"}})
    with refuses("ConditionalCheckFailedException", 400):
        client.delete_item(TableName="labelled", **KEY, ConditionExpression="x = :x",
                           ExpressionAttributeValues={":x": {"S": "z"}})
    gone = client.delete_item(TableName="labelled", **KEY, ReturnValues="ALL_OLD")["Attributes"]
    assert gone == {"id": {"S": "1"}, "x": {"S": "y"}}
    client.delete_item(TableName="labelled", **KEY)  # again: no error
    assert "Item" not in client.get_item(TableName="labelled", **KEY)


def test_parameter_goes(sandbox, refuses):
    client = sandbox.client("ssm")
    client.put_parameter(Name="/gone", Value="1", Type="String")
    client.delete_parameter(Name="/gone")
    with refuses("ParameterNotFound", 400):
        client.get_parameter(Name="/gone")


def operations():
    lines = (ROOT / "aws/model/operations.txt").read_text().splitlines()
    rows = [tuple(line.split()) for line in lines if not line.startswith("#")]
    return [row for row in rows if row and row[0] in SERVICES]


def test_every_operation_was_driven(whole_run):
    asked = operations()
    assert len(asked) > 100
    never = [o for o in asked if not any(status < 300 for status in whole_run.get(o, ()))]
    unrefused = [o for o in asked
                 if not any(400 <= status < 500 for status in whole_run.get(o, ()))]
    assert (never, unrefused) == ([], [])
