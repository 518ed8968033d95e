# SPDX-License-Identifier: Apache-2.0
"""DynamoDB as boto3 meets it: tables and their waiters, global tables, items as users write them."""
import decimal

import boto3.dynamodb.conditions
import boto3.dynamodb.types
import pytest

KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
       "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "BillingMode": "PAY_PER_REQUEST",
       "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
QUICK = {"Delay": 1, "MaxAttempts": 5}


def make(sandbox, name, **more):
    client = sandbox.client("dynamodb")
    client.create_table(TableName=name, **{**KEY, **more})
    sandbox.advance(10)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=QUICK)
    return client


def make_global(sandbox, name, **more):
    east1 = make(sandbox, name)
    east1.update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": "us-east-2"}}],
                       **more)
    sandbox.advance(60)
    return east1, sandbox.client("dynamodb", "us-east-2")


def strong(sandbox, name):
    return make_global(sandbox, name, MultiRegionConsistency="STRONG",
                       GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-west-2"}}])


def test_create_read_delete(sandbox, refuses):
    client = make(sandbox, "life", Tags=[{"Key": "drd:environment", "Value": "t"}])
    table = client.describe_table(TableName="life")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == KEY["KeySchema"]
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert tags == [{"Key": "drd:environment", "Value": "t"}]
    assert "life" in client.list_tables()["TableNames"]
    with refuses("ResourceInUseException", 400):
        client.create_table(TableName="life", **KEY)
    client.delete_table(TableName="life")
    sandbox.advance(10)
    client.get_waiter("table_not_exists").wait(TableName="life", WaiterConfig=QUICK)
    with refuses("ResourceNotFoundException", 400, "Table: life not found"):
        client.describe_table(TableName="life")


def test_settings(sandbox, refuses):
    client = make(sandbox, "settings")
    client.update_continuous_backups(
        TableName="settings",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    backups = client.describe_continuous_backups(TableName="settings")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert recovery["RecoveryPeriodInDays"] == 35
    ttl = {"Enabled": True, "AttributeName": "until"}
    client.update_time_to_live(TableName="settings", TimeToLiveSpecification=ttl)
    with refuses("ValidationException", 400, "multiple times"):
        client.update_time_to_live(TableName="settings",
                                   TimeToLiveSpecification={**ttl, "Enabled": False})
    sandbox.advance(3700)
    seen = client.describe_time_to_live(TableName="settings")["TimeToLiveDescription"]
    assert seen == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    client.update_table(TableName="settings", DeletionProtectionEnabled=True)
    with refuses("ValidationException", 400, "protected"):
        client.delete_table(TableName="settings")


def test_global_table(sandbox, refuses):
    east1, east2 = make_global(sandbox, "pair")
    replicas = east2.describe_table(TableName="pair")["Table"]["Replicas"]
    assert [(r["RegionName"], r["ReplicaStatus"]) for r in replicas] == [("us-east-1", "ACTIVE")]
    east1.put_item(TableName="pair", Item={"id": {"S": "1"}, "v": {"S": "there"}})
    sandbox.advance(5)
    assert east2.get_item(TableName="pair", Key={"id": {"S": "1"}})["Item"]["v"] == {"S": "there"}
    with refuses("ValidationException", 400, "last 24 hours"):
        east1.delete_table(TableName="pair")
    east1.update_table(TableName="pair", ReplicaUpdates=[{"Delete": {"RegionName": "us-east-2"}}])
    with refuses("ResourceInUseException", 400):
        east1.delete_table(TableName="pair")
    sandbox.advance(60)
    with refuses("ResourceNotFoundException"):
        east2.describe_table(TableName="pair")
    east1.delete_table(TableName="pair")


def test_strong_table(sandbox, refuses):
    east1, east2 = strong(sandbox, "money")
    table = east2.describe_table(TableName="money")["Table"]
    assert table["MultiRegionConsistency"] == "STRONG"
    assert table["GlobalTableWitnesses"] == [{"RegionName": "us-west-2", "WitnessStatus": "ACTIVE"}]
    east1.put_item(TableName="money", Item={"id": {"S": "payment"}, "by": {"S": "east1"}})
    with refuses("ConditionalCheckFailedException", 400) as caught:
        east2.put_item(TableName="money", Item={"id": {"S": "payment"}},
                       ConditionExpression="attribute_not_exists(id)",
                       ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Item"]["by"] == {"S": "east1"}


def test_items_through_the_resource(sandbox):
    """Python values, there and back, through boto3's own types and condition builders."""
    client = make(sandbox, "typed")
    put, get = boto3.dynamodb.types.TypeSerializer(), boto3.dynamodb.types.TypeDeserializer()
    item = {"id": "1", "n": decimal.Decimal("-12.5"), "yes": True, "nothing": None, "b": b"\x00\xff",
            "list": [decimal.Decimal(1), "two", {"x": {"a", "b"}}],
            "numbers": {decimal.Decimal(1), decimal.Decimal("2.5")}}
    client.put_item(TableName="typed", Item={k: put.serialize(v) for k, v in item.items()})
    seen = client.get_item(TableName="typed", Key={"id": {"S": "1"}}, ConsistentRead=True)["Item"]
    back = {k: get.deserialize(v) for k, v in seen.items()}
    assert {**back, "b": bytes(back["b"])} == item
    built = boto3.dynamodb.conditions.ConditionExpressionBuilder().build_expression(
        boto3.dynamodb.conditions.Key("id").eq("1"), is_key_condition=True)
    found = client.query(
        TableName="typed", KeyConditionExpression=built.condition_expression,
        ExpressionAttributeNames=built.attribute_name_placeholders,
        ExpressionAttributeValues={k: put.serialize(v)
                                   for k, v in built.attribute_value_placeholders.items()})
    assert found["Count"] == 1
    updated = client.update_item(
        TableName="typed", Key={"id": {"S": "1"}}, UpdateExpression="SET n = n + :d REMOVE nothing",
        ExpressionAttributeValues={":d": {"N": "0.1"}}, ReturnValues="ALL_NEW")["Attributes"]
    assert updated["n"] == {"N": "-12.4"} and "nothing" not in updated
    batch = client.batch_get_item(RequestItems={"typed": {"Keys": [{"id": {"S": "1"}}]}})
    assert len(batch["Responses"]["typed"]) == 1


@pytest.mark.parametrize("change, says", [
    ({"KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}]}, "not defined"),
    ({"BillingMode": "PROVISIONED"}, "must both be specified"),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}, "Neither"),
])
def test_wrong_definitions(sandbox, refuses, change, says):
    with refuses("ValidationException", 400, says):
        sandbox.client("dynamodb").create_table(TableName="wrong", **{**KEY, **change})


def test_transactions(sandbox, refuses):
    client = make(sandbox, "accounts")
    make(sandbox, "payments")
    client.put_item(TableName="accounts", Item={"id": {"S": "a"}, "cents": {"N": "100"}})

    def pay(number, cents, **more):
        amount = {":c": {"N": str(cents)}}
        return client.transact_write_items(TransactItems=[
            {"Update": {"TableName": "accounts", "Key": {"id": {"S": "a"}},
                        "UpdateExpression": "SET cents = cents - :c",
                        "ConditionExpression": "cents >= :c", "ExpressionAttributeValues": amount,
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
            {"Put": {"TableName": "payments", "Item": {"id": {"S": number}},
                     "ConditionExpression": "attribute_not_exists(id)"}}], **more)

    def cents():
        return client.get_item(TableName="accounts", Key={"id": {"S": "a"}})["Item"]["cents"]["N"]

    used = pay("1", 60, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert [(u["TableName"], u["WriteCapacityUnits"]) for u in used] == [("accounts", 2.0),
                                                                         ("payments", 2.0)]
    assert cents() == "40"
    with refuses("TransactionCanceledException", 400,
                 "specific reasons [ConditionalCheckFailed, None]") as caught:
        pay("2", 60)
    assert caught.value.response["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
         "Item": {"id": {"S": "a"}, "cents": {"N": "40"}}}, {"Code": "None"}]
    with refuses("TransactionCanceledException", 400, "[None, ConditionalCheckFailed]"):
        pay("1", 1)
    assert cents() == "40"
    for _ in range(2):
        pay("3", 10, ClientRequestToken="once")
    assert cents() == "30"
    with refuses("IdempotentParameterMismatchException", 400):
        pay("4", 10, ClientRequestToken="once")
    with refuses("ValidationException", 400, "less than or equal to 100"):
        client.transact_write_items(TransactItems=[
            {"Delete": {"TableName": "payments", "Key": {"id": {"S": str(i)}}}}
            for i in range(101)])
    with refuses("ResourceNotFoundException", 400):
        client.transact_write_items(TransactItems=[
            {"Delete": {"TableName": "absent", "Key": {"id": {"S": "x"}}}}])


def test_transactions_stay_in_their_region(sandbox, refuses):
    east1, east2 = make_global(sandbox, "spread")
    east1.transact_write_items(TransactItems=[
        {"Put": {"TableName": "spread", "Item": {"id": {"S": str(i)}}}} for i in range(3)])
    sandbox.advance(5)
    assert east2.scan(TableName="spread", Select="COUNT")["Count"] == 3
    east1, _ = strong(sandbox, "no-transactions")
    with refuses("ValidationException", 400, "multi-Region strong consistency"):
        east1.transact_write_items(TransactItems=[
            {"Put": {"TableName": "no-transactions", "Item": {"id": {"S": "1"}}}}])


def test_scan(sandbox, refuses):
    client = make(sandbox, "scanned", GlobalSecondaryIndexes=[
        {"IndexName": "by-kind", "Projection": {"ProjectionType": "KEYS_ONLY"},
         "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}]}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"},
                              {"AttributeName": "kind", "AttributeType": "S"}])
    for i in range(20):
        client.put_item(TableName="scanned", Item={
            "id": {"S": str(i)}, "n": {"N": str(i)}, **({"kind": {"S": "even"}} if i % 2 == 0
                                                        else {})})
    pages = list(client.get_paginator("scan").paginate(
        TableName="scanned", PaginationConfig={"PageSize": 6}))
    assert [page["Count"] for page in pages] == [6, 6, 6, 2]
    assert {i["id"]["S"] for page in pages for i in page["Items"]} == {str(i) for i in range(20)}
    parts = [client.scan(TableName="scanned", Segment=s, TotalSegments=3)["Items"]
             for s in range(3)]
    assert sum(map(len, parts)) == 20
    some = client.scan(TableName="scanned", FilterExpression="n >= :n", ProjectionExpression="id",
                       ExpressionAttributeValues={":n": {"N": "18"}})
    assert (some["Count"], some["ScannedCount"]) == (2, 20)
    assert sorted(some["Items"], key=str) == [{"id": {"S": "18"}}, {"id": {"S": "19"}}]
    index = client.scan(TableName="scanned", IndexName="by-kind")["Items"]
    assert len(index) == 10 and all(set(item) == {"id", "kind"} for item in index)
    with refuses("ValidationException", 400, "is not less than TotalSegments"):
        client.scan(TableName="scanned", Segment=3, TotalSegments=3)
    with refuses("ResourceNotFoundException", 400):
        client.scan(TableName="absent")
