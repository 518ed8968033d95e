# SPDX-License-Identifier: Apache-2.0
"""IAM and STS through boto3: roles, policies, sessions, and what they allow."""
import base64
import json

import botocore
import botocore.config
import boto3
import pytest


def document(action="sqs:*", resource="*", effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": resource, **more}]})


def trust(**principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"],
         "Principal": principal}]})


ME = trust(AWS="123456789012")


@pytest.fixture
def iam(sandbox):
    return sandbox.client("iam", attempts=8)


def test_role_life(iam, refuses):
    with refuses("NoSuchEntity", 404, "The role with name life cannot be found."):
        iam.get_role(RoleName="life")
    made = iam.create_role(RoleName="life", Path="/app/", AssumeRolePolicyDocument=ME,
                           Description="d", MaxSessionDuration=7200,
                           Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert made["Arn"] == "arn:aws:iam::123456789012:role/app/life"
    iam.get_waiter("role_exists").wait(RoleName="life")
    with refuses("EntityAlreadyExists", 409):
        iam.create_role(RoleName="life", AssumeRolePolicyDocument=ME)
    role = iam.get_role(RoleName="life")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(ME)
    assert (role["MaxSessionDuration"], role["RoleLastUsed"]) == (7200, {})
    iam.update_role(RoleName="life", Description="new", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="life",
                                  PolicyDocument=trust(Service="lambda.amazonaws.com"))
    iam.tag_role(RoleName="life", Tags=[{"Key": "c", "Value": "d"}])
    iam.untag_role(RoleName="life", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="life")["Tags"] == [{"Key": "c", "Value": "d"}]
    assert any(r["RoleName"] == "life" for r in iam.list_roles(PathPrefix="/app/")["Roles"])
    iam.put_role_policy(RoleName="life", PolicyName="p", PolicyDocument=document())
    assert iam.list_role_policies(RoleName="life")["PolicyNames"] == ["p"]
    assert iam.get_role_policy(RoleName="life", PolicyName="p")[
        "PolicyDocument"] == json.loads(document())
    with refuses("DeleteConflict", 409, "must delete policies first"):
        iam.delete_role(RoleName="life")
    iam.delete_role_policy(RoleName="life", PolicyName="p")
    iam.delete_role(RoleName="life")
    with refuses("NoSuchEntity", 404):
        iam.delete_role(RoleName="life")


def test_wrong_documents(iam, refuses):
    with refuses("MalformedPolicyDocument", 400, "This policy contains invalid Json"):
        iam.create_role(RoleName="bad", AssumeRolePolicyDocument="{")
    with refuses("MalformedPolicyDocument", 400, "prohibited field Resource"):
        iam.create_role(RoleName="bad", AssumeRolePolicyDocument=document())
    with refuses("MalformedPolicyDocument", 400, "Invalid principal in policy"):
        iam.create_role(RoleName="bad", AssumeRolePolicyDocument=trust(
            AWS="arn:aws:iam::123456789012:role/none"))
    with refuses("ValidationError", 400, "roleName"):
        iam.get_role(RoleName="a b")


def test_managed_policies(iam, refuses):
    made = iam.create_policy(PolicyName="managed", PolicyDocument=document())["Policy"]
    arn = made["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn)
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument=ME)
    with refuses("ValidationError", 400, "Could not be parsed!"):
        iam.attach_role_policy(RoleName="holder", PolicyArn="longer-than-twenty-characters")
    with refuses("NoSuchEntity", 404, "does not exist or is not attachable."):
        iam.attach_role_policy(RoleName="holder", PolicyArn=arn + "x")
    iam.attach_role_policy(RoleName="holder", PolicyArn=arn)
    iam.attach_role_policy(RoleName="holder", PolicyArn="arn:aws:iam::aws:policy/service-role/"
                                                         "AWSLambdaBasicExecutionRole")
    attached = iam.list_attached_role_policies(RoleName="holder")["AttachedPolicies"]
    assert [p["PolicyName"] for p in attached] == ["managed", "AWSLambdaBasicExecutionRole"]
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"][0]["RoleName"] == "holder"
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("ssm:*"),
                                        SetAsDefault=True)["PolicyVersion"]["VersionId"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == version == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"][
        "Document"] == json.loads(document())
    with refuses("DeleteConflict", 409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    iam.put_role_permissions_boundary(RoleName="holder", PermissionsBoundary=arn)
    assert iam.get_role(RoleName="holder")["Role"]["PermissionsBoundary"][
        "PermissionsBoundaryArn"] == arn
    iam.delete_role_permissions_boundary(RoleName="holder")
    with refuses("DeleteConflict", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="holder", PolicyArn=arn)
    with refuses("NoSuchEntity", 404):
        iam.detach_role_policy(RoleName="holder", PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    with refuses("NoSuchEntity", 404):
        iam.get_policy(PolicyArn=arn)


def session(sandbox, role, **more):
    keys = sandbox.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::123456789012:role/{role}", RoleSessionName="me",
        **more)["Credentials"]
    return dict(aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"])


def test_sessions_enforce(iam, sandbox, refuses):
    sts = sandbox.client("sts")
    with refuses("ValidationError", 400, "nothing-valid-in-here is invalid"):
        sts.assume_role(RoleArn="nothing-valid-in-here", RoleSessionName="me")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=ME)
    with refuses("AccessDenied", 403):  # the role has not spread yet
        session(sandbox, "worker")
    sandbox.advance(16)
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=document(
        ["sqs:CreateQueue", "sqs:GetQueueUrl"], "arn:aws:sqs:us-east-1:*:worker-*"))
    keys = session(sandbox, "worker")
    assert sandbox.client("sts", **keys).get_caller_identity()["Arn"] == \
        "arn:aws:sts::123456789012:assumed-role/worker/me"
    sqs = sandbox.client("sqs", **keys)
    sqs.create_queue(QueueName="worker-1")
    with refuses("AccessDenied", 403, "because no identity-based policy allows the"):
        sqs.create_queue(QueueName="other")
    with refuses("AccessDenied", 403):
        sandbox.client("sqs", "us-east-2", **keys).create_queue(QueueName="worker-1")
    with refuses("AccessDeniedException", 400, "ssm:GetParameter"):
        sandbox.client("ssm", **keys).get_parameter(Name="/x")
    sandbox.advance(3600)
    with refuses("ExpiredToken", says="expired"):
        sandbox.client("sts", **keys).get_caller_identity()
    with refuses("InvalidClientTokenId", 403):
        sandbox.client("sts", **{**keys, "aws_session_token": "wrong"}).get_caller_identity()


def test_simulation(iam):
    iam.create_role(RoleName="asked", AssumeRolePolicyDocument=ME)
    iam.put_role_policy(RoleName="asked", PolicyName="p", PolicyDocument=document("s3:Get*"))
    results = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/asked",
        ActionNames=["s3:GetObject", "s3:PutObject"])["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["allowed", "implicitDeny"]


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"


def test_web_identity_is_unsigned(iam, sandbox, refuses):
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust(
        Federated="arn:aws:iam::123456789012:oidc-provider/id.example"))
    sandbox.advance(16)
    sts = boto3.client("sts", region_name="us-east-1", endpoint_url=sandbox.url,
                       config=botocore.config.Config(signature_version=botocore.UNSIGNED))
    args = dict(RoleArn="arn:aws:iam::123456789012:role/web", RoleSessionName="me")
    answer = sts.assume_role_with_web_identity(
        WebIdentityToken=token(iss="https://id.example", sub="you", aud="drd"), **args)
    assert answer["SubjectFromWebIdentityToken"] == "you"
    with refuses("AccessDenied", 403):
        sts.assume_role_with_web_identity(
            WebIdentityToken=token(iss="https://other.example", sub="you"), **args)
    with refuses("InvalidIdentityToken", 400):
        sts.assume_role_with_web_identity(WebIdentityToken="nonsense", **args)
    with refuses("ExpiredTokenException", 400):
        sts.assume_role_with_web_identity(
            WebIdentityToken=token(iss="https://id.example", sub="you", exp=1), **args)
    with refuses("MissingAuthenticationToken", 403):
        sts.get_caller_identity()


def test_not_implemented_is_said(sandbox, refuses):
    with refuses("NotImplemented", 501, "acm:ListCertificates"):
        sandbox.client("acm").list_certificates()
    with refuses("NotImplemented", 501):
        sandbox.client("iam").list_users()
