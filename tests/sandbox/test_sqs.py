# SPDX-License-Identifier: Apache-2.0
"""SQS through boto3: every operation that the sandbox has."""
import json

import pytest


@pytest.fixture
def sqs(sandbox):
    return sandbox.client("sqs")


def arn(name):
    return f"arn:aws:sqs:us-east-1:123456789012:{name}"


def test_life(sqs, sandbox, refuses):
    with refuses("AWS.SimpleQueueService.NonExistentQueue", 400, "does not exist"):
        sqs.get_queue_url(QueueName="life")
    url = sqs.create_queue(QueueName="life", Attributes={"DelaySeconds": "3"},
                           tags={"team": "pay"})["QueueUrl"]
    assert sqs.get_queue_url(QueueName="life")["QueueUrl"] == url
    assert sqs.create_queue(QueueName="life")["QueueUrl"] == url
    with refuses("QueueAlreadyExists", 400, "different value for attribute DelaySeconds"):
        sqs.create_queue(QueueName="life", Attributes={"DelaySeconds": "4"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "20"})
    attributes = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["VisibilityTimeout", "QueueArn"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "20", "QueueArn": arn("life")}
    sqs.tag_queue(QueueUrl=url, Tags={"a": "b"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "none"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    sqs.delete_queue(QueueUrl=url)
    with refuses("AWS.SimpleQueueService.QueueDeletedRecently", 400):
        sqs.create_queue(QueueName="life")
    with refuses("AWS.SimpleQueueService.NonExistentQueue", 400):
        sqs.get_queue_attributes(QueueUrl=url)
    sandbox.advance(60)
    sqs.create_queue(QueueName="life")


@pytest.mark.parametrize("attributes, code, says", [
    ({"Nonsense": "1"}, "InvalidAttributeName", "Unknown Attribute Nonsense."),
    ({"DelaySeconds": "901"}, "InvalidAttributeValue", "DelaySeconds"),
    ({"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    ({"Policy": "{"}, "InvalidAttributeValue", "Policy"),
    ({"RedrivePolicy": "{}"}, "InvalidParameterValue", "RedrivePolicy"),
])
def test_wrong_attributes(sqs, refuses, attributes, code, says):
    with refuses(code, 400, says):
        sqs.create_queue(QueueName="wrong", Attributes=attributes)


def test_wrong_names(sqs, refuses):
    for name in ("a b", "x" * 81, "q.fifo"):
        with refuses("InvalidParameterValue", 400, "1 to 80 in length"):
            sqs.create_queue(QueueName=name)


def test_listing_in_pages(sqs):
    for i in range(5):
        sqs.create_queue(QueueName=f"page-{i}")
    pages = list(sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}))
    assert [len(page["QueueUrls"]) for page in pages] == [2, 2, 1]


def test_messages(sqs, sandbox, refuses):
    url = sqs.create_queue(QueueName="messages")["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\0\1"}})
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["All"],
                              MessageAttributeNames=["All"])["Messages"][0]
    assert got["MessageId"] == sent["MessageId"] and got["Body"] == "hello"
    assert got["MessageAttributes"]["raw"]["BinaryValue"] == b"\0\1"
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sandbox.advance(31)
    again = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    sandbox.advance(31)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with refuses("InvalidParameterValue", 400, "Must be between 1 and 10, if provided."):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    with refuses("InvalidParameterValue", 400, "Message must be shorter than 1048576 bytes."):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 1048577)
    with refuses("MissingParameter", 400, "MessageBody"):
        sqs.send_message(QueueUrl=url, MessageBody="")


def test_dead_letters_and_moving_back(sqs, sandbox, refuses):
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    url = sqs.create_queue(QueueName="alive", Attributes={
        "VisibilityTimeout": "1", "RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1})})["QueueUrl"]
    for i in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(i))
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    sandbox.advance(2)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    count = sqs.get_queue_attributes(QueueUrl=dead,
                                     AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert count == {"ApproximateNumberOfMessages": "3"}
    handle = sqs.start_message_move_task(SourceArn=arn("dead"),
                                         MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with refuses("InvalidParameterValue", 400, "There is already a task running."):
        sqs.start_message_move_task(SourceArn=arn("dead"))
    assert sqs.list_message_move_tasks(SourceArn=arn("dead"))["Results"][0]["Status"] == "RUNNING"
    sqs.cancel_message_move_task(TaskHandle=handle)
    with refuses("ResourceNotFoundException", says="Task does not exist."):
        sqs.cancel_message_move_task(TaskHandle=handle)
    sqs.start_message_move_task(SourceArn=arn("dead"))
    assert sqs.list_message_move_tasks(SourceArn=arn("dead"))["Results"][0]["Status"] == "COMPLETED"
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 3
    with refuses("InvalidParameterValue", 400, "Value for parameter TaskHandle is invalid."):
        sqs.cancel_message_move_task(TaskHandle="nonsense")


def test_fifo(sqs):
    url = sqs.create_queue(QueueName="order.fifo", Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
    for body in ("1", "1", "2"):
        assert sqs.send_message(QueueUrl=url, MessageBody=body,
                                MessageGroupId="g")["SequenceNumber"]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [m["Body"] for m in got] == ["1", "2"]
