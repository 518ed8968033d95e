# SPDX-License-Identifier: Apache-2.0
"""S3 as boto3 meets it: buckets, their settings, objects with versions, conditions, replication."""
import json

import pytest


def make(sandbox, name, region="us-east-1", versioned=False):
    client = sandbox.client("s3", region)
    place = {} if region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **place)
    client.get_waiter("bucket_exists").wait(Bucket=name, WaiterConfig={"Delay": 1})
    if versioned:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return client


def test_bucket(sandbox, refuses):
    client = make(sandbox, "life-east2", "us-east-2")
    assert client.get_bucket_location(Bucket="life-east2")["LocationConstraint"] == "us-east-2"
    assert "life-east2" in [b["Name"] for b in client.list_buckets()["Buckets"]]
    with refuses("BucketAlreadyOwnedByYou", 409):
        make(sandbox, "life-east2", "us-east-2")
    with refuses("IllegalLocationConstraintException", 400):
        client.create_bucket(Bucket="life-nowhere")
    with refuses("AccessDenied", 403):
        client.get_bucket_tagging(Bucket="life-east2", ExpectedBucketOwner="999999999999")
    client.delete_bucket(Bucket="life-east2")
    with refuses("404", 404):
        client.head_bucket(Bucket="life-east2")


SETTINGS = [
    ("bucket_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}}, "NoSuchTagSet"),
    ("bucket_lifecycle_configuration",
     {"LifecycleConfiguration": {"Rules": [
         {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
          "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]}},
     "NoSuchLifecycleConfiguration"),
    ("bucket_ownership_controls",
     {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}, None),
    ("public_access_block",
     {"PublicAccessBlockConfiguration": {
         "BlockPublicAcls": False, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
         "RestrictPublicBuckets": True}}, None),
]


@pytest.mark.parametrize("name, value, absent", SETTINGS, ids=[s[0] for s in SETTINGS])
def test_settings(sandbox, refuses, name, value, absent):
    bucket = "set-" + name.replace("_", "-")
    client = make(sandbox, bucket)
    if absent:
        with refuses(absent, 404):
            getattr(client, "get_" + name)(Bucket=bucket)
    getattr(client, "put_" + name)(Bucket=bucket, **value)
    seen = getattr(client, "get_" + name)(Bucket=bucket)
    wanted = next(iter(value.values()))
    assert wanted in (seen, seen.get(next(iter(value)))) or wanted.items() <= seen.items()


def test_policy(sandbox, refuses):
    client = make(sandbox, "policed")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
                 "Resource": "arn:aws:s3:::policed"}
    client.put_bucket_policy(Bucket="policed", Policy=json.dumps({"Version": "2012-10-17",
                                                                  "Statement": [statement]}))
    assert json.loads(client.get_bucket_policy(Bucket="policed")["Policy"])["Statement"] == [
        statement]
    with refuses("AccessDenied", 403):
        client.delete_bucket(Bucket="policed")
    sandbox.advance(1)
    public = {**statement, "Effect": "Allow"}
    with refuses("AccessDenied", 403, "BlockPublicPolicy"):
        client.put_bucket_policy(Bucket="policed", Policy=json.dumps({"Statement": [public]}))
    sandbox.advance(1)
    client.delete_bucket_policy(Bucket="policed")
    client.delete_bucket(Bucket="policed")


def test_objects_and_versions(sandbox, refuses):
    client = make(sandbox, "versions", versioned=True)
    key = "a b/\u00e9+%"
    first = client.put_object(Bucket="versions", Key=key, Body=b"one\0", Metadata={"Epoch": "1"})
    client.put_object(Bucket="versions", Key=key, Body=b"two")
    seen = client.get_object(Bucket="versions", Key=key, VersionId=first["VersionId"])
    assert (seen["Body"].read(), seen["Metadata"], seen["ETag"]) == (
        b"one\0", {"epoch": "1"}, first["ETag"])
    client.delete_object(Bucket="versions", Key=key)
    with refuses("NoSuchKey", 404):
        client.get_object(Bucket="versions", Key=key)
    with refuses("BucketNotEmpty", 409):
        client.delete_bucket(Bucket="versions")
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket="versions", PaginationConfig={"PageSize": 2})
    everything = [{"Key": v["Key"], "VersionId": v["VersionId"]} for page in pages
                  for v in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert len(everything) == 3 and {v["Key"] for v in everything} == {key}
    assert len(client.delete_objects(Bucket="versions", Delete={"Objects": everything})
               ["Deleted"]) == 3
    client.delete_bucket(Bucket="versions")


def test_conditional_writes(sandbox, refuses):
    """The lever: always there, changed only by who has seen its latest state."""
    client = make(sandbox, "levers")
    etag = client.put_object(Bucket="levers", Key="lever", Body=b"hold", IfNoneMatch="*")["ETag"]
    with refuses("PreconditionFailed", 412):
        client.put_object(Bucket="levers", Key="lever", Body=b"hold", IfNoneMatch="*")
    sandbox.advance(1)
    client.put_object(Bucket="levers", Key="lever", Body=b"evict", IfMatch=etag)
    sandbox.advance(1)
    with refuses("PreconditionFailed", 412):
        client.put_object(Bucket="levers", Key="lever", Body=b"hold", IfMatch=etag)


def test_listing(sandbox):
    client = make(sandbox, "listed")
    for key in ["a", "b/1", "b/2", "c"]:
        client.put_object(Bucket="listed", Key=key)
    pages = list(client.get_paginator("list_objects_v2").paginate(
        Bucket="listed", Delimiter="/", PaginationConfig={"PageSize": 1}))
    assert [o["Key"] for page in pages for o in page.get("Contents", [])] == ["a", "c"]
    assert [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])] == ["b/"]


def test_replication(sandbox, refuses):
    source = make(sandbox, "from-east1", versioned=True)
    target = make(sandbox, "to-east2", "us-east-2", versioned=True)
    iam = sandbox.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sts:AssumeRole"}]}
    rights = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
         "Resource": "arn:aws:s3:::from-east1"},
        {"Effect": "Allow", "Action": "s3:GetObjectVersionForReplication",
         "Resource": "arn:aws:s3:::from-east1/*"},
        {"Effect": "Allow", "Action": ["s3:ReplicateObject", "s3:ReplicateDelete"],
         "Resource": "arn:aws:s3:::to-east2/*"}]}
    role = iam.create_role(RoleName="s3-copier", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="s3-copier", PolicyName="copy", PolicyDocument=json.dumps(rights))
    sandbox.advance(60)
    configuration = {"Role": role["Role"]["Arn"], "Rules": [{
        "ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": "arn:aws:s3:::to-east2"}}]}
    source.put_bucket_replication(Bucket="from-east1", ReplicationConfiguration=configuration)
    seen = source.get_bucket_replication(Bucket="from-east1")["ReplicationConfiguration"]
    assert seen == configuration
    source.put_object(Bucket="from-east1", Key="log", Body=b"line")
    assert source.head_object(Bucket="from-east1", Key="log")["ReplicationStatus"] == "PENDING"
    sandbox.advance(30)
    assert source.head_object(Bucket="from-east1", Key="log")["ReplicationStatus"] == "COMPLETED"
    copy = target.get_object(Bucket="to-east2", Key="log")
    assert (copy["Body"].read(), copy["ReplicationStatus"]) == (b"line", "REPLICA")
    source.delete_object(Bucket="from-east1", Key="log")
    sandbox.advance(30)
    with refuses("NoSuchKey", 404):
        target.get_object(Bucket="to-east2", Key="log")
    with refuses("InvalidBucketState", 409):
        source.put_bucket_versioning(Bucket="from-east1",
                                     VersioningConfiguration={"Status": "Suspended"})
