# SPDX-License-Identifier: Apache-2.0
"""The IAM policies that drd prints are enough for all it does, and nothing of what they are made of
is superfluous talk: with one action less, drd fails and names it. The sandbox decides as IAM does and
logs which statement allowed each call."""
import concurrent.futures
import json
import os
import random
import time

import pytest
from stage import ROOT, Stage

from conftest import BUILD, FAST, SPEED, one_of_each
from test_converge import BREAKS

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/sandbox"},
     "Action": "sts:AssumeRole"}]})
REMOVALS = 10


def arn(role):
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def printed(stage, mode):
    done = stage.run_drd("--print-iam-policy", mode)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put(stage, role, policy):
    stage.client("iam").put_role_policy(RoleName=role, PolicyName="drd",
                                        PolicyDocument=json.dumps(policy))


def make_role(stage, role, policy):
    stage.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    put(stage, role, policy)


def work_as(stage, observe, reconcile):
    stage.document["settings"].update(role_observe=arn(observe), role_reconcile=arn(reconcile))
    stage.write_config()
    stage.door("POST", "/sandbox/clock", {"advance_s": 60})  # until the roles can be assumed


def denials(stage):
    return {f"{r['service']}:{r['operation']}": r["decision"] for r in stage.requests()
            if "Denied" in r["error"] and "/drd-" in r["principal"]}


def principals(stage):
    """Roles that made calls."""
    return {r["principal"].split("/")[1] for r in stage.requests() if "/drd-" in r["principal"]}


def document():
    example = json.loads((ROOT / "config/examples/payments.json").read_text())
    return dict(example, account=ACCOUNT)


@pytest.fixture(scope="module")
def guarded():
    """Roles with the printed policies, and all of the example in place."""
    with Stage(BUILD, document(), SPEED, FAST) as stage:
        make_role(stage, "drd-observe", printed(stage, "observe"))
        make_role(stage, "drd-reconcile", printed(stage, "reconcile"))
        work_as(stage, "drd-observe", "drd-reconcile")
        stage.forget_requests()
        yield stage


def test_reconcile_policy_is_enough(guarded):
    stage = guarded
    done = stage.run_drd("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    for careless, _ in BREAKS.values():
        careless(stage)
    stage.door("POST", "/sandbox/clock", {"advance_s": 61})
    done = stage.run_drd("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert denials(stage) == {}
    assert principals(stage) == {"drd-reconcile"}


def test_observe_policy_is_enough_and_allows_no_write(guarded):
    stage = guarded
    stage.forget_requests()
    done = stage.run_drd("--observe", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert denials(stage) == {} and stage.writes() == []
    assert principals(stage) == {"drd-observe"}
    # The same role could not change anything even if drd tried.
    list(BREAKS.values())[1][0](stage)
    work_as(stage, "drd-observe", "drd-observe")
    done = stage.run_drd("--once")
    assert done.returncode != 0
    assert "sqs:SetQueueAttributes" in done.stdout and "AccessDenied" in done.stdout
    assert list(denials(stage)) == ["sqs:SetQueueAttributes"]
    work_as(stage, "drd-observe", "drd-reconcile")
    assert stage.run_drd("--once").returncode == 0


def test_destroy_with_the_reconcile_policy(guarded):
    stage = guarded
    stage.client("s3").put_object(Bucket=f"transaction-logs-us-east-1-{ACCOUNT}-demo", Key="k",
                                  Body=b"kept until now")
    stage.forget_requests()
    stage.start_drd()
    done = stage.ctl("destroy", "--confirm", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert denials(stage) == {}
    assert stage.inventory() == {"role ": ["drd-observe", "drd-reconcile"]}
    assert stage.stop_drd() == 0


# ---- one action less ----

def without(policy, action):
    """The policy without this action."""
    less = json.loads(json.dumps(policy))
    for statement in less["Statement"]:
        statement["Action"] = [a for a in statement["Action"] if a != action]
    less["Statement"] = [s for s in less["Statement"] if s["Action"]]
    return less


def run_without(beside, suffix, action):
    """A run from nothing in an environment of its own; what it said."""
    with Stage(BUILD, dict(one_of_each(), suffix=suffix, account=ACCOUNT), settings=FAST, beside=beside) as stage:
        role = f"drd-{suffix}"
        make_role(stage, role, without(printed(stage, "reconcile"), action))
        work_as(stage, role, role)
        done = stage.run_drd("--once")
        return action, done.returncode, done.stdout + done.stderr


# What converging from nothing cannot do without, as the sandbox checks it; an action not in this list
# is for repairing or destroying only.
NEEDED = """
dynamodb:CreateGlobalTableWitness dynamodb:CreateTable dynamodb:CreateTableReplica
dynamodb:DescribeContinuousBackups dynamodb:DescribeTable dynamodb:DescribeTimeToLive
dynamodb:ListTagsOfResource dynamodb:TagResource dynamodb:UpdateContinuousBackups
dynamodb:UpdateTable dynamodb:UpdateTimeToLive iam:CreatePolicy iam:CreateRole iam:GetPolicy
iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies
iam:ListRolePolicies iam:PassRole iam:PutRolePolicy iam:TagPolicy iam:TagRole s3:CreateBucket
s3:GetBucketOwnershipControls s3:GetBucketPolicy s3:GetBucketPublicAccessBlock s3:GetBucketTagging
s3:GetBucketVersioning s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration
s3:GetReplicationConfiguration s3:PutBucketPolicy s3:PutBucketVersioning
s3:PutLifecycleConfiguration s3:PutReplicationConfiguration s3:TagResource sqs:CreateQueue
sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListQueueTags sqs:TagQueue ssm:AddTagsToResource
ssm:DescribeParameters ssm:GetParameters ssm:ListTagsForResource ssm:PutParameter""".split()


def test_one_action_less_is_noticed():
    seed = int(os.environ.get("DRD_SEED", time.time_ns() % 100000))
    print(f"seed {seed}")
    actions = random.Random(seed).sample(NEEDED, REMOVALS)
    with Stage(BUILD, one_of_each(), SPEED, FAST) as stage:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(run_without, stage, f"less{i}", action)
                    for i, action in enumerate(actions)]
            for run in runs:
                action, code, said = run.result(timeout=120)
                assert code != 0, f"seed {seed}: without {action} nothing failed"
                assert action in said, f"seed {seed}: {action} is not named in:\n{said[-3000:]}"
