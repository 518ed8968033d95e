# SPDX-License-Identifier: Apache-2.0
"""The whole of drd against the sandbox, from nothing to in sync and back, seen by another client
(boto3) and by the sandbox's own log of requests. The tests of one `example` go in order: each leaves
it in sync for the next."""
import json

import pytest
from stage import ROOT, Stage, wait_for

from conftest import BUILD, FAST, SPEED

ACCOUNT = "123456789012"
PAIR = ("us-east-1", "us-east-2")
LOGS = {region: f"transaction-logs-{region}-{ACCOUNT}-demo" for region in PAIR}


@pytest.fixture(scope="module")
def example():
    with Stage(BUILD, speed=SPEED, settings=FAST) as stage:
        yield stage


def other(region):
    return PAIR[1 - PAIR.index(region)]


def tags_of(pairs):
    return {pair["Key"]: pair["Value"] for pair in pairs}


def owned(resource):
    return {"platform": "payments", "drd:environment": "demo", "drd:resource": resource}


def queue_url(stage, region, name):
    return stage.client("sqs", region).get_queue_url(QueueName=name)["QueueUrl"]


def report(done):
    return json.loads(done.stdout)


# ---- from nothing to in sync ----

def test_once_from_nothing(example):
    done = example.run_drd("--once", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert report(done)["not_in_sync"] == []
    assert report(done)["result"]["resources"] == {"total": 33, "in_sync": 33}


def test_once_again_writes_nothing(example):
    example.forget_requests()
    done = example.run_drd("--once")
    assert done.returncode == 0
    assert "33 in_sync" in done.stdout
    assert example.requests() and example.writes() == []


def test_over_tls():
    """The same over TLS, with an authority of our own."""
    with Stage(BUILD, "config/examples/minimal.json", SPEED, FAST, tls=True) as stage:
        assert stage.env["AWS_ENDPOINT_URL"].startswith("https://")
        done = stage.run_drd("--once")
        assert done.returncode == 0, done.stdout + done.stderr
        stage.forget_requests()
        assert stage.run_drd("--once").returncode == 0
        assert stage.requests() and stage.writes() == []


# ---- what another client sees ----

@pytest.mark.parametrize("region", PAIR)
def test_tables(example, region):
    dynamodb = example.client("dynamodb", region)
    for name in ("payments", "customers", "sessions"):
        table = dynamodb.describe_table(TableName=f"{name}-demo")["Table"]
        assert table["TableStatus"] == "ACTIVE"
        assert table["DeletionProtectionEnabled"] is True
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        replicas = {r["RegionName"]: r["ReplicaStatus"] for r in table["Replicas"]}
        assert replicas.pop(region, "ACTIVE") == "ACTIVE"
        assert replicas == {other(region): "ACTIVE"}
        backups = dynamodb.describe_continuous_backups(TableName=f"{name}-demo")
        backups = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert backups["PointInTimeRecoveryStatus"] == "ENABLED"
        assert backups["RecoveryPeriodInDays"] == 35
        ttl = dynamodb.describe_time_to_live(TableName=f"{name}-demo")["TimeToLiveDescription"]
        sessions = name == "sessions"
        assert ttl.get("AttributeName") == ("expires_at" if sessions else None)
        # AWS takes up to an hour over ENABLING; nobody has to wait for that.
        assert ttl["TimeToLiveStatus"] in (("ENABLING", "ENABLED") if sessions else ("DISABLED",))
        tags = tags_of(dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"])
        assert tags == owned(f"dynamodb_table/{name}@us-east-1")
        strong = name == "payments"
        assert table.get("MultiRegionConsistency", "EVENTUAL") == ("STRONG" if strong else "EVENTUAL")
        witnesses = [w["RegionName"] for w in table.get("GlobalTableWitnesses", [])]
        assert witnesses == (["us-west-2"] if strong else [])
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert strong or table["StreamSpecification"] == stream


def test_table_index_and_items(example):
    near, far = (example.client("dynamodb", region) for region in PAIR)
    table = far.describe_table(TableName="payments-demo")["Table"]
    index, = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by-status" and index["IndexStatus"] == "ACTIVE"
    assert [k["AttributeName"] for k in index["KeySchema"]] == ["status", "updated_at"]
    near.put_item(TableName="payments-demo", Item={"payment_id": {"S": "p1"}, "amount": {"N": "7"}})
    found = far.get_item(TableName="payments-demo", Key={"payment_id": {"S": "p1"}},
                         ConsistentRead=True)
    assert found["Item"]["amount"] == {"N": "7"}


@pytest.mark.parametrize("region", PAIR)
def test_buckets(example, region):
    s3, bucket = example.client("s3", region), {"Bucket": LOGS[region]}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    rule, = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    ownership, = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
    policy = json.loads(s3.get_bucket_policy(**bucket)["Policy"])
    assert any(s["Effect"] == "Deny" and s["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
               for s in policy["Statement"])
    keep, = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert keep["Status"] == "Enabled" and keep["Expiration"]["Days"] == 2555
    assert keep["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    tags = tags_of(s3.get_bucket_tagging(**bucket)["TagSet"])
    assert tags == owned(f"s3_bucket/transaction-logs@{region}")
    replication = s3.get_bucket_replication(**bucket)["ReplicationConfiguration"]
    rule, = replication["Rules"]
    assert replication["Role"].endswith(":role/transaction-logs-replication-demo")
    assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{LOGS[other(region)]}"
    assert rule["Destination"]["ReplicationTime"]["Status"] == "Enabled"
    assert rule["DeleteMarkerReplication"]["Status"] == "Enabled"


@pytest.mark.parametrize("region", PAIR)
def test_objects_replicate(example, region):
    """Plain HTTP stands for TLS in the sandbox, so the bucket's TLS-only policy lets this through."""
    near, far = example.client("s3", region), example.client("s3", other(region))
    key = f"from-{region}"
    near.put_object(Bucket=LOGS[region], Key=key, Body=b"42 paid")
    example.door("POST", "/sandbox/clock", {"advance_s": 60})

    def arrived():
        listing = far.list_objects_v2(Bucket=LOGS[other(region)]).get("Contents", [])
        return key in [entry["Key"] for entry in listing]
    wait_for("the replicated object", arrived)
    assert far.get_object(Bucket=LOGS[other(region)], Key=key)["Body"].read() == b"42 paid"
    assert near.head_object(Bucket=LOGS[region], Key=key)["ReplicationStatus"] == "COMPLETED"


@pytest.mark.parametrize("region", PAIR)
def test_queues(example, region):
    sqs = example.client("sqs", region)
    for name, visibility, after in (("payments", "180", 5), ("notifications", "30", 3)):
        url = queue_url(example, region, f"{name}-demo")
        have = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert have["VisibilityTimeout"] == visibility
        assert have["MessageRetentionPeriod"] == "345600"
        assert have["ReceiveMessageWaitTimeSeconds"] == "20"
        assert have["SqsManagedSseEnabled"] == "true"
        dead = f"arn:aws:sqs:{region}:{ACCOUNT}:{name}-dlq-demo"
        redrive = json.loads(have["RedrivePolicy"])
        assert redrive == {"deadLetterTargetArn": dead, "maxReceiveCount": after}
        tls_only, = json.loads(have["Policy"])["Statement"]
        assert tls_only["Effect"] == "Deny"
        assert tls_only["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        assert tags == owned(f"sqs_queue/{name}@{region}")
        have = sqs.get_queue_attributes(QueueUrl=queue_url(example, region, f"{name}-dlq-demo"),
                                        AttributeNames=["All"])["Attributes"]
        assert have["MessageRetentionPeriod"] == "1209600"
        allow = json.loads(have["RedriveAllowPolicy"])
        assert allow == {"redrivePermission": "byQueue",
                         "sourceQueueArns": [f"arn:aws:sqs:{region}:{ACCOUNT}:{name}-demo"]}


@pytest.mark.parametrize("region, site", zip(PAIR, ("use1", "use2")))
def test_parameters(example, region, site):
    ssm = example.client("ssm", region)
    wanted = {
        "ledger-table": "payments-demo",
        "queue-url": f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/payments-demo",
        "log-bucket": LOGS[region],
        "database": f"postgres://reporting@db.{site}.payments.internal:5432/reporting",
    }
    found = ssm.get_parameters(Names=[f"/payments-demo/{name}" for name in wanted])["Parameters"]
    assert {p["Name"].rpartition("/")[2]: p["Value"] for p in found} == wanted
    for name in wanted:
        tags = ssm.list_tags_for_resource(ResourceType="Parameter",
                                          ResourceId=f"/payments-demo/{name}")["TagList"]
        assert tags_of(tags) == owned(f"ssm_parameter/payments/{name}@{region}")


def test_roles(example):
    iam = example.client("iam")
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/permissions-boundary-demo"
    policies = {"payments-api": {"dynamodb-demo", "sqs-demo", "ssm-demo"},
                "payments-worker": {"dynamodb-demo", "sqs-demo", "s3-demo", "ssm-demo"}}
    for name, wanted in policies.items():
        role = iam.get_role(RoleName=f"{name}-demo")["Role"]
        trust, = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
        assert tags_of(role["Tags"]) == owned(f"iam_role/{name}")
        assert set(iam.list_role_policies(RoleName=f"{name}-demo")["PolicyNames"]) == wanted
    sqs = iam.get_role_policy(RoleName="payments-api-demo", PolicyName="sqs-demo")["PolicyDocument"]
    statement, = sqs["Statement"]
    assert "sqs:SendMessage" in statement["Action"]
    assert "sqs:ReceiveMessage" not in statement["Action"]
    assert sorted(statement["Resource"]) == [f"arn:aws:sqs:{r}:{ACCOUNT}:payments-demo" for r in PAIR]
    trust, = iam.get_role(RoleName="transaction-logs-replication-demo")["Role"][
        "AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}


# ---- the daemon's own account of it ----

def test_outputs(example):
    example.start_drd()
    try:
        wait_for("in sync", example.in_sync)
        outputs = example.ctl_json("outputs")
        shell = example.ctl("outputs", "--shell")
        assert outputs["missing"] == {}
        assert outputs["outputs"]["buckets"]["transaction-logs"] == LOGS
        assert outputs["outputs"]["queues"]["payments"] == {
            region: f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/payments-demo" for region in PAIR}
        assert LOGS["us-east-1"] in shell.stdout and shell.returncode == 0
        assert example.ctl("status").returncode == 0
        assert example.ctl_json("plan")["result"]["changes"] == []
    finally:
        assert example.stop_drd() == 0


# ---- careless hands: (resource, field, what somebody does) ----

def delete_queue(stage):
    sqs = stage.client("sqs", "us-east-2")
    sqs.delete_queue(QueueUrl=queue_url(stage, "us-east-2", "notifications-demo"))


def redirect_dead_letters(stage):
    sqs, url = stage.client("sqs", "us-east-1"), queue_url(stage, "us-east-1", "payments-demo")
    dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:payments-dlq-demo"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 500})})


def untag_queue(stage):
    stage.client("sqs", "us-east-2").untag_queue(
        QueueUrl=queue_url(stage, "us-east-2", "payments-demo"), TagKeys=["platform"])


def stop_backups(stage):
    stage.client("dynamodb", "us-east-2").update_continuous_backups(
        TableName="payments-demo",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})


def unprotect_table(stage):
    stage.client("dynamodb", "us-east-1").update_table(TableName="customers-demo",
                                                       DeletionProtectionEnabled=False)


def edit_parameter(stage):
    stage.client("ssm", "us-east-1").put_parameter(
        Name="/payments-demo/database", Value="postgres://elsewhere", Overwrite=True)


def widen_policy(stage):
    stage.client("iam").put_role_policy(
        RoleName="payments-api-demo", PolicyName="sqs-demo", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}))


def add_policy(stage):
    stage.client("iam").put_role_policy(
        RoleName="payments-worker-demo", PolicyName="back-door", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))


def open_bucket(stage):
    stage.client("s3", "us-east-1").delete_public_access_block(Bucket=LOGS["us-east-1"])


def drop_lifecycle(stage):
    stage.client("s3", "us-east-2").delete_bucket_lifecycle(Bucket=LOGS["us-east-2"])


def drop_replication(stage):
    stage.client("s3", "us-east-1").delete_bucket_replication(Bucket=LOGS["us-east-1"])


BREAKS = {
    "sqs_queue/notifications@us-east-2": (delete_queue, None),
    "sqs_queue/payments@us-east-1": (redirect_dead_letters, "/Attributes/RedrivePolicy"),
    "sqs_queue/payments@us-east-2": (untag_queue, "/Tags/platform"),
    "table_settings/payments@us-east-2": (
        stop_backups, "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
    "table_settings/customers@us-east-1": (unprotect_table, "/DeletionProtectionEnabled"),
    "ssm_parameter/payments/database@us-east-1": (edit_parameter, "/Value"),
    "iam_role/payments-api": (widen_policy, "/Policies/sqs-demo"),
    "iam_role/payments-worker": (add_policy, "/Policies/back-door"),
    "s3_bucket/transaction-logs@us-east-1": (open_bucket, "/PublicAccessBlockConfiguration"),
    "s3_bucket/transaction-logs@us-east-2": (drop_lifecycle, "/LifecycleConfiguration"),
    "s3_replication/transaction-logs@us-east-1": (drop_replication, None),
}


def test_observe_names_what_is_broken_and_writes_nothing(example):
    for careless, _ in BREAKS.values():
        careless(example)
    example.forget_requests()
    done = example.run_drd("--observe", "--once", "--json")
    assert done.returncode == 2, done.stderr
    rows = {row["id"]: row for row in report(done)["not_in_sync"]}
    assert set(rows) >= set(BREAKS)
    assert example.writes() == []
    for resource, (_, pointer) in BREAKS.items():
        pointers = [entry["pointer"] for entry in rows[resource].get("drift", [])]
        assert pointer is None or any(p.startswith(pointer) for p in pointers), (resource, pointers)
    # Only what hangs on a broken thing may be unsettled besides.
    for resource in set(rows) - set(BREAKS):
        assert rows[resource]["state"] not in ("drifted", "absent"), rows[resource]
    text = example.run_drd("--observe", "--once")
    assert text.returncode == 2 and all(resource in text.stdout for resource in BREAKS)


def test_once_repairs(example):
    example.door("POST", "/sandbox/clock", {"advance_s": 61})  # a deleted queue's name is taken 60 s
    example.forget_requests()
    done = example.run_drd("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    # One write for each, no more; recovery's days are said with its switch.
    assert sorted(example.writes()) == sorted([
        "sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue",
        "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "ssm:PutParameter",
        "iam:PutRolePolicy", "iam:DeleteRolePolicy", "s3:PutPublicAccessBlock",
        "s3:PutBucketLifecycleConfiguration", "s3:PutBucketReplication"])
    done = example.run_drd("--observe", "--once")
    assert done.returncode == 0, done.stdout


# ---- taking down ----

def test_destroy_leaves_nothing_and_no_neighbour_is_touched(example):
    """Another environment of the same configuration in the same account, data in the buckets."""
    document = dict(json.loads((ROOT / "config/examples/minimal.json").read_text()), suffix="other",
                    parameters={"payments/ledger": {"value": "{table:customers}"}})
    with Stage(BUILD, document, settings=FAST, beside=example) as neighbour:
        done = neighbour.run_drd("--once")
        assert done.returncode == 0, done.stdout + done.stderr
        both = example.inventory()
        theirs = {place: kept for place, names in both.items()
                  if (kept := [n for n in names if "-other" in n])}
        example.start_drd()
        refused = example.ctl("destroy", "--confirm", "other")
        assert refused.returncode == 3 and "suffix" in refused.stderr
        assert example.inventory() == both
        done = example.ctl("destroy", "--confirm", "demo")
        assert done.returncode == 0, done.stdout + done.stderr
        assert example.inventory() == theirs
        assert example.ctl_json("status")["resources"] == {"total": 33, "gone": 33}
        assert example.stop_drd() == 0
        neighbour.forget_requests()
        assert neighbour.run_drd("--once").returncode == 0
        assert neighbour.writes() == []
        neighbour.start_drd()
        assert neighbour.ctl("destroy", "--confirm", "other").returncode == 0
        assert example.inventory() == {}
