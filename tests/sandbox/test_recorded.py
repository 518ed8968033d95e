# SPDX-License-Identifier: Apache-2.0
"""The sandbox's answers beside recorded answers of real AWS: the same codes, statuses, messages and
fields. The recordings stay where they are (DRD_VECTORS); without them this is skipped, visibly."""
import json
import os
import pathlib
import re

import botocore.exceptions
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(os.environ.get("DRD_VECTORS", ROOT.parent / "shared/vectors"))
needs_vectors = pytest.mark.skipif(not (VECTORS / "responses").is_dir(),
                                   reason=f"no recorded answers in {VECTORS}")
ME = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}]})
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


def recorded(file, test, *path):
    for name, entry in json.loads((VECTORS / "responses" / file).read_text()).items():
        if name.endswith("::" + test):
            answer = entry["recorded-content"]
            for step in path:
                answer = answer[step]
            return answer
    raise AssertionError(f"{file} has no {test}")


def error_of(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return caught.value.response


def ask(sandbox, service):
    return sandbox.client(service, attempts=8)


def queue(sandbox, name, **attributes):
    return ask(sandbox, "sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def fifo(sandbox, name):
    return queue(sandbox, name, FifoQueue="true")


# file, test and step of the recording; what to do here.
SQS = "sqs-test_sqs.json"
IAM = "iam-test_iam.json"
STS = "sts-test_sts.json"
ERRORS = [
    (SQS, "TestSqsProvider::test_non_existent_queue", "queue-does-not-exist",
     lambda s: ask(s, "sqs").get_queue_url(QueueName="none")),
    (SQS, "TestSqsProvider::test_send_receive_max_number_of_messages[sqs]",
     "send_max_number_of_messages",
     lambda s: ask(s, "sqs").receive_message(QueueUrl=queue(s, "r1"), MaxNumberOfMessages=11)),
    (SQS, "TestSqsProvider::test_send_oversized_message[sqs]", "send_oversized_message",
     lambda s: ask(s, "sqs").send_message(QueueUrl=queue(s, "r2"), MessageBody="x" * 1048577)),
    (SQS, "TestSqsProvider::test_create_queue_with_different_attributes_raises_exception[sqs]",
     "create_queue_01",
     lambda s: (queue(s, "r3", DelaySeconds="1"), queue(s, "r3", DelaySeconds="2"))),
    (SQS, "TestSqsProvider::test_fifo_queue_send_message_with_delay_seconds_fails[sqs]",
     "send_message", lambda s: ask(s, "sqs").send_message(
         QueueUrl=fifo(s, "r4.fifo"), MessageBody="x", MessageGroupId="g",
         MessageDeduplicationId="d", DelaySeconds=2)),
    (SQS, "TestSqsProvider::test_send_batch_missing_deduplication_id_for_fifo_queue[sqs]",
     "test_missing_deduplication_id_for_fifo_queue", lambda s: ask(s, "sqs").send_message(
         QueueUrl=fifo(s, "r5.fifo"), MessageBody="x", MessageGroupId="g")),
    (SQS, "TestSqsProvider::test_set_unsupported_attribute_fifo[sqs]", "invalid-attr-name-1",
     lambda s: ask(s, "sqs").set_queue_attributes(QueueUrl=queue(s, "r6"),
                                                  Attributes={"FifoQueue": "true"})),
    (SQS, "TestSqsProvider::test_set_unsupported_attribute_fifo[sqs]", "invalid-attr-name-2",
     lambda s: ask(s, "sqs").set_queue_attributes(QueueUrl=fifo(s, "r7.fifo"),
                                                  Attributes={"FifoQueue": "false"})),
    (SQS, "TestSqsProvider::test_send_empty_message[sqs]", "send_empty_message",
     lambda s: ask(s, "sqs").send_message(QueueUrl=queue(s, "r8"), MessageBody="")),
    (IAM, "TestIAMExtensions::test_create_role_with_malformed_assume_role_policy_document",
     "invalid-json",
     lambda s: ask(s, "iam").create_role(RoleName="r9", AssumeRolePolicyDocument="{")),
    (IAM, "TestIAMIntegrations::test_role_attach_policy", "non_existent_malformed_policy_arn",
     lambda s: (ask(s, "iam").create_role(RoleName="r10", AssumeRolePolicyDocument=ME),
                ask(s, "iam").attach_role_policy(RoleName="r10", PolicyArn="x" * 30))),
    (IAM, "TestIAMIntegrations::test_role_attach_policy", "valid_arn_not_existent",
     lambda s: (ask(s, "iam").create_role(RoleName="r11", AssumeRolePolicyDocument=ME),
                ask(s, "iam").attach_role_policy(
                    RoleName="r11", PolicyArn="arn:aws:iam::123456789012:policy/none"))),
    (IAM, "TestIAMIntegrations::test_delete_non_existent_policy_returns_no_such_entity",
     "delete-non-existent-policy-exc", lambda s: ask(s, "iam").delete_policy(
         PolicyArn="arn:aws:iam::123456789012:policy/non-existent-policy")),
] + [
    (STS, "TestSTSIntegrations::test_sts_invalid_parameters", step,
     lambda s, arn=arn: ask(s, "sts").assume_role(RoleArn=arn, RoleSessionName="Session1"))
    for step, arn in (("malformed-arn", "nothing-valid-in-here"),
                      ("no-partition", "arn::b:::something/test-role"),
                      ("no-service", "arn:a::::something/test-role"),
                      ("not-enough-colons", "arn:a:::something/test-role"),
                      ("no-resource", "arn:a:a::aaaaaaaaaa:"))
] + [
    (STS, "TestSTSIntegrations::test_sts_invalid_parameters", "invalid-session-name",
     lambda s: ask(s, "sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/x",
                                         RoleSessionName="Session1:2")),
]


def comparable(message):
    """Volatile values replaced on both sides: placeholders, account numbers, names."""
    message = re.sub(r"<[^>]*>\d*", "_", message)
    return re.sub(r"policy/\S+", "policy/_", re.sub(r"arn:(aws|_):", "arn:_:",
                  re.sub(r"\b(\d)\1{11}\b|123456789012", "_", message)))


@needs_vectors
@pytest.mark.parametrize("file, test, step, act", ERRORS, ids=[e[2] for e in ERRORS])
def test_errors(sandbox, file, test, step, act):
    wanted = recorded(file, test, step)
    got = error_of(lambda: act(sandbox))
    assert got["ResponseMetadata"]["HTTPStatusCode"] == wanted["ResponseMetadata"]["HTTPStatusCode"]
    for field in ("Code", "QueryErrorCode", "Type"):
        assert got["Error"].get(field) == wanted["Error"].get(field)
    assert comparable(got["Error"]["Message"]) == comparable(wanted["Error"]["Message"])


def fields(value):
    """The shape of an answer: which members, of which kind, without the values."""
    if isinstance(value, dict):
        return {k: fields(v) for k, v in value.items() if k != "ResponseMetadata"}
    return [fields(v) for v in value[:1]] if isinstance(value, list) else None


@needs_vectors
def test_fields_of_a_role(sandbox):
    iam = ask(sandbox, "iam")
    test = "TestRoles::test_role_with_tags"
    trust = ME.replace('"AWS": "123456789012"', '"Service": "ec2.amazonaws.com"')
    created = iam.create_role(RoleName="fields", Path="/p/", AssumeRolePolicyDocument=trust,
                              Tags=[{"Key": "test", "Value": "value"}])
    for answer, step in ((created, "create-role-response"),
                         (iam.get_role(RoleName="fields"), "get-role-response"),
                         (iam.list_roles(PathPrefix="/p/"), "list-role-response")):
        assert fields(answer) == fields(recorded(IAM, test, step)), step


@needs_vectors
def test_fields_of_a_policy(sandbox):
    made = ask(sandbox, "iam").create_policy(PolicyName="fields", PolicyDocument=DOCUMENT)
    assert fields(made) == fields(recorded(IAM, "TestIAMIntegrations::test_role_attach_policy",
                                           "create_policy_response"))


@needs_vectors
def test_fields_of_a_session(sandbox):
    ask(sandbox, "iam").create_role(RoleName="session", AssumeRolePolicyDocument=ME)
    sandbox.advance(16)
    got = ask(sandbox, "sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/session", RoleSessionName="me")
    assert fields(got) == fields(recorded(STS, "TestSTSIntegrations::test_assume_role",
                                          "assume-role"))


@needs_vectors
def test_fields_of_a_queue(sandbox):
    url = queue(sandbox, "fields", MessageRetentionPeriod="604800",
                ReceiveMessageWaitTimeSeconds="10", VisibilityTimeout="20")
    got = ask(sandbox, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    wanted = recorded(SQS, "TestSqsProvider::test_create_and_update_queue_attributes[sqs]",
                      "get_queue_attributes")
    assert fields(got) == fields(wanted)
    assert {k: v for k, v in got["Attributes"].items() if v.isdigit() and len(v) < 8} == {
        k: v for k, v in wanted["Attributes"].items() if v.isdigit()}


@needs_vectors
def test_fields_of_a_parameter(sandbox):
    ssm = ask(sandbox, "ssm")
    test = "TestSSM::test_parameters_with_path"
    put = ssm.put_parameter(Name="/recorded/x", Value="123", Type="String")
    assert fields(put) == fields(recorded("ssm-test_ssm.json", test, "put-parameter-response"))
    for answer, step in ((ssm.get_parameter(Name="/recorded/x"), "get-parameter-response"),
                         (ssm.get_parameters(Names=["/recorded/x"]), "get-parameters-response")):
        assert fields(answer) == fields(recorded("ssm-test_ssm.json", test, step)), step
