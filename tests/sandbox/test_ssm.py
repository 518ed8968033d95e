# SPDX-License-Identifier: Apache-2.0
"""Parameter Store through boto3: every operation that the sandbox has."""
import pytest


@pytest.fixture
def ssm(sandbox):
    return sandbox.client("ssm", attempts=8)


def test_life(ssm, refuses):
    with refuses("ParameterNotFound", 400):
        ssm.get_parameter(Name="/life/a")
    assert ssm.put_parameter(Name="/life/a", Value="1", Type="String", Description="d",
                             Tags=[{"Key": "k", "Value": "v"}])["Tier"] == "Standard"
    with refuses("ParameterAlreadyExists", 400):
        ssm.put_parameter(Name="/life/a", Value="2", Type="String")
    with refuses("ValidationException", 400, "tags and overwrite can't be used together"):
        ssm.put_parameter(Name="/life/a", Value="2", Overwrite=True,
                          Tags=[{"Key": "k", "Value": "v"}])
    assert ssm.put_parameter(Name="/life/a", Value="2", Overwrite=True)["Version"] == 2
    got = ssm.get_parameter(Name="/life/a")["Parameter"]
    assert (got["Value"], got["Version"], got["Type"]) == ("2", 2, "String")
    assert ssm.get_parameter(Name="/life/a:1")["Parameter"]["Value"] == "1"
    with refuses("ParameterVersionNotFound", 400):
        ssm.get_parameter(Name="/life/a:9")
    assert ssm.get_parameter(Name=got["ARN"])["Parameter"]["Value"] == "2"
    both = ssm.get_parameters(Names=["/life/a", "/life/none"])
    assert [p["Name"] for p in both["Parameters"]] == ["/life/a"]
    assert both["InvalidParameters"] == ["/life/none"]
    gone = ssm.delete_parameters(Names=["/life/a", "/life/none"])
    assert gone["DeletedParameters"] == ["/life/a"]
    with refuses("ParameterNotFound", 400):
        ssm.delete_parameter(Name="/life/a")


def test_wrong_input(ssm, refuses):
    with refuses("ValidationException", 400, "parameter type is required"):
        ssm.put_parameter(Name="/wrong", Value="1")
    with refuses("ValidationException", 400, "maximum parameter value of 4096"):
        ssm.put_parameter(Name="/wrong", Value="x" * 4097, Type="String")
    assert ssm.put_parameter(Name="/right", Value="x" * 4097, Type="String",
                             Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    with refuses("ValidationException", 400, "length less than or equal to 10"):
        ssm.get_parameters(Names=[str(i) for i in range(11)])
    with refuses("HierarchyLevelLimitExceededException", 400):
        ssm.put_parameter(Name="/x" * 16, Value="1", Type="String")
    with refuses("ParameterPatternMismatchException", 400):
        ssm.put_parameter(Name="/wrong", Value="abc", Type="String", AllowedPattern="[0-9]+")


def test_secrets_paths_and_tags(ssm, refuses):
    ssm.put_parameter(Name="/paths/secret", Value="hidden", Type="SecureString")
    assert "hidden" not in ssm.get_parameter(Name="/paths/secret")["Parameter"]["Value"]
    assert ssm.get_parameter(Name="/paths/secret",
                             WithDecryption=True)["Parameter"]["Value"] == "hidden"
    for i in range(11):
        ssm.put_parameter(Name=f"/paths/deep/{i:02}", Value="1", Type="String")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/paths", Recursive=True))
    assert [len(page["Parameters"]) for page in pages] == [10, 2]
    assert len(ssm.get_parameters_by_path(Path="/paths")["Parameters"]) == 1
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="/paths/secret",
                             Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="/paths/secret",
                                  TagKeys=["c"])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/paths/secret")[
        "TagList"] == [{"Key": "a", "Value": "b"}]
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:a", "Values": ["b"]}])
    assert [p["Name"] for p in found["Parameters"]] == ["/paths/secret"]
    assert found["Parameters"][0]["KeyId"] == "alias/aws/ssm"
    with refuses("InvalidResourceId", 400):
        ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/none")
    with refuses("InvalidFilterKey", 400):
        ssm.describe_parameters(ParameterFilters=[{"Key": "Label", "Values": ["b"]}])
