/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/operation.h"

#include "daemon/base/base.h"

/* ---- error codes that mean "not there", per service; from the models and recorded answers ---- */
static const char *const not_found_acm[] = { "ResourceNotFoundException", NULL };
static const char *const not_found_apigateway[] = { "NotFoundException", NULL };
static const char *const not_found_cloudwatch[] = { "ResourceNotFound", "ResourceNotFoundException",
                                                    "DashboardNotFoundError", NULL };
static const char *const not_found_dynamodb[] = { "ResourceNotFoundException",
                                                  "TableNotFoundException", NULL };
static const char *const not_found_iam[] = { "NoSuchEntity", "NoSuchEntityException", NULL };
static const char *const not_found_lambda[] = { "ResourceNotFoundException",
                                                "ProvisionedConcurrencyConfigNotFoundException",
                                                NULL };
static const char *const not_found_logs[] = { "ResourceNotFoundException", NULL };
static const char *const not_found_route53[] = { "NoSuchHostedZone", "NoSuchHealthCheck",
                                                 "NoSuchChange", NULL };
static const char *const not_found_s3[] = { "NoSuchBucket",
                                            "NoSuchKey",
                                            "NoSuchVersion",
                                            "NotFound",
                                            "404",
                                            "ReplicationConfigurationNotFoundError",
                                            "NoSuchBucketPolicy",
                                            "NoSuchPublicAccessBlockConfiguration",
                                            "NoSuchTagSet",
                                            "NoSuchLifecycleConfiguration",
                                            "OwnershipControlsNotFoundError",
                                            "ServerSideEncryptionConfigurationNotFoundError",
                                            NULL };
static const char *const not_found_sns[] = { "NotFound", "NotFoundException", "ResourceNotFound",
                                             "ResourceNotFoundException", NULL };
static const char *const not_found_sqs[] = { "QueueDoesNotExist",
                                             "AWS.SimpleQueueService.NonExistentQueue",
                                             "ResourceNotFoundException", NULL };
static const char *const not_found_ssm[] = { "ParameterNotFound", "InvalidResourceId", NULL };

/* ---- ARNs; see operation.h for what braces mean ---- */
#define REGIONAL(service, rest) "arn:aws:" service ":{region}:{account}:" rest
#define CERTIFICATE REGIONAL("acm", "certificate/*")
#define ALARM(name) REGIONAL("cloudwatch", "alarm:" name)
#define DASHBOARD(name) "arn:aws:cloudwatch::{account}:dashboard/" name
#define TABLE(name) REGIONAL("dynamodb", "table/" name)
#define NAMED_TABLE TABLE("{TableName}")
#define ROLE(name) "arn:aws:iam::{account}:role/" name
#define POLICY(name) "arn:aws:iam::{account}:policy/" name
#define FUNCTION(name) REGIONAL("lambda", "function:" name)
#define NAMED_FUNCTION FUNCTION("{FunctionName:function}")
#define MAPPING(uuid) REGIONAL("lambda", "event-source-mapping:" uuid)
#define LOG_GROUP(name) REGIONAL("logs", "log-group:" name)
#define ZONE(id) "arn:aws:route53:::hostedzone/" id
#define CHECK(id) "arn:aws:route53:::healthcheck/" id
#define CHANGE(id) "arn:aws:route53:::change/" id
#define BUCKET "arn:aws:s3:::{Bucket}"
#define OBJECT(key) BUCKET "/" key
#define TOPIC(name) REGIONAL("sns", name)
#define QUEUE(name) REGIONAL("sqs", name)
#define PARAMETER(name) REGIONAL("ssm", "parameter/" name)

/* ---- what AWS checks besides the operation's own action (aws-facts: service authorization
 * reference, and the API reference of each operation) ---- */
static const struct permission tags_acm[] = { { "Tags", "acm:AddTagsToCertificate", CERTIFICATE },
                                              { 0 } };
static const struct permission tags_apigateway[] = {
    { "tags", "apigateway:PUT", "arn:aws:apigateway:{region}::/tags/*" }, { 0 }
};
static const struct permission tags_alarm[] = {
    { "Tags", "cloudwatch:TagResource", ALARM("{AlarmName}") }, { 0 }
};
static const struct permission tags_table[] = { { "Tags", "dynamodb:TagResource", NAMED_TABLE },
                                                { 0 } };
/* Adding a replica makes the table in the other region and fills it in the caller's name.
 * Source: Amazon DynamoDB developer guide, "Using IAM with global tables". */
#define REPLICA(change, action)                                                                    \
    { "ReplicaUpdates[]." change, "dynamodb:" action,                                              \
      "arn:aws:dynamodb:{ReplicaUpdates[]." change ".RegionName}:{account}:table/{TableName}" }
static const struct permission replicas_table[] = {
    REPLICA("Create", "CreateTable"),
    REPLICA("Create", "CreateTableReplica"),
    REPLICA("Create", "DescribeTable"),
    REPLICA("Create", "Scan"),
    REPLICA("Create", "Query"),
    REPLICA("Create", "UpdateItem"),
    REPLICA("Create", "PutItem"),
    REPLICA("Create", "GetItem"),
    REPLICA("Create", "DeleteItem"),
    REPLICA("Create", "BatchWriteItem"),
    REPLICA("Delete", "DeleteTable"),
    REPLICA("Delete", "DeleteTableReplica"),
    { "GlobalTableWitnessUpdates[].Create", "dynamodb:CreateGlobalTableWitness", NAMED_TABLE },
    { "GlobalTableWitnessUpdates[].Delete", "dynamodb:DeleteGlobalTableWitness", NAMED_TABLE },
    { 0 },
};
static const struct permission transact_items[] = {
    { "TransactItems[].Update", "dynamodb:UpdateItem",
      TABLE("{TransactItems[].Update.TableName}") },
    { "TransactItems[].Delete", "dynamodb:DeleteItem",
      TABLE("{TransactItems[].Delete.TableName}") },
    { "TransactItems[].ConditionCheck", "dynamodb:ConditionCheckItem",
      TABLE("{TransactItems[].ConditionCheck.TableName}") },
    { 0 },
};
static const struct permission tags_role[] = {
    { "Tags", "iam:TagRole", ROLE("{Path:bare}{RoleName}") },
    { 0 },
};
static const struct permission tags_policy[] = {
    { "Tags", "iam:TagPolicy", POLICY("{Path:bare}{PolicyName}") },
    { 0 },
};
static const struct permission function_role[] = {
    { "Role", "iam:PassRole", "{Role}" },
    { "Tags", "lambda:TagResource", FUNCTION("{FunctionName:function}") },
    { 0 },
};
static const struct permission new_function_role[] = { { "Role", "iam:PassRole", "{Role}" },
                                                       { 0 } };
static const struct permission tags_log_group[] = {
    { "tags", "logs:TagResource", LOG_GROUP("{logGroupName}") }, { 0 }
};
static const struct permission replication_role[] = {
    { "ReplicationConfiguration.Role", "iam:PassRole", "{ReplicationConfiguration.Role}" }, { 0 }
};
static const struct permission tags_bucket[] = {
    { "CreateBucketConfiguration.Tags[]", "s3:TagResource", BUCKET }, { 0 }
};
static const struct permission object_version[] = {
    { "VersionId", "s3:DeleteObjectVersion", OBJECT("{Key}") }, { 0 }
};
static const struct permission object_versions[] = {
    { "Delete.Objects[].VersionId", "s3:DeleteObjectVersion", OBJECT("{Delete.Objects[].Key}") },
    { 0 },
};
static const struct permission tags_topic[] = { { "Tags", "sns:TagResource", TOPIC("{Name}") },
                                                { 0 } };
static const struct permission tags_queue[] = { { "tags", "sqs:TagQueue", QUEUE("{QueueName}") },
                                                { 0 } };
static const struct permission tags_parameter[] = {
    { "Tags", "ssm:AddTagsToResource", PARAMETER("{Name:bare}") }, { 0 }
};

/* ---- reads that AWS answers for several names at once ---- */
static const struct batch batch_parameters = {
    .list = "Names", .max = 10, .deal = { { "Parameters", "Name" }, { "InvalidParameters", NULL } }
};
static const struct batch batch_alarms = { .list = "AlarmNames",
                                           .max = 100,
                                           .deal = { { "MetricAlarms", "AlarmName" },
                                                     { "CompositeAlarms", "AlarmName" } } };
static const struct batch batch_tags = { .list = "ResourceIds",
                                         .max = 10,
                                         .deal = { { "ResourceTagSets", "ResourceId" } } };

/* clang-format off */
#define ROW(svc, op, pl, hm, acc, fam, action, resource, absent) \
    .service = svc, .name = #op, .plane = PLANE_##pl, .home = HOME_##hm, .access = ACCESS_##acc, \
    .family = BUDGET_##fam, .iam_action = action, .iam_resource = resource, .not_found = absent
#define ACM(op, plane, access, resource) \
    ROW("acm", op, plane, REGION, access, ACM, "acm:" #op, resource, not_found_acm)
/* API Gateway checks the HTTP verb on the path. */
#define APIGATEWAY(op, access, family, verb) \
    ROW("apigateway", op, CONTROL, REGION, access, family, "apigateway:" #verb, \
        "arn:aws:apigateway:{region}::{:path}", not_found_apigateway)
#define CLOUDWATCH(op, plane, access, family, resource) \
    ROW("cloudwatch", op, plane, REGION, access, CLOUDWATCH_##family, "cloudwatch:" #op, resource, not_found_cloudwatch)
#define DYNAMODB(op, plane, access, family, action, resource) \
    ROW("dynamodb", op, plane, REGION, access, DYNAMODB_##family, "dynamodb:" #action, resource, not_found_dynamodb)
#define IAM(op, access, family, resource) \
    ROW("iam", op, CONTROL, US_EAST_1, access, IAM_##family, "iam:" #op, resource, not_found_iam)
#define LAMBDA(op, plane, access, family, resource) \
    ROW("lambda", op, plane, REGION, access, LAMBDA_##family, "lambda:" #op, resource, not_found_lambda)
#define LOGS(op, plane, access, resource) \
    ROW("logs", op, plane, REGION, access, LOGS, "logs:" #op, resource, not_found_logs)
#define TAGGING(op, plane, access, resource) \
    ROW("resourcegroupstaggingapi", op, plane, REGION, access, TAGGING, "tag:" #op, resource, NULL)
#define ROUTE53(op, access, family, resource) \
    ROW("route53", op, CONTROL, US_EAST_1, access, family, "route53:" #op, resource, not_found_route53)
#define S3(op, plane, access, family, action, resource) \
    ROW("s3", op, plane, REGION, access, S3_##family, "s3:" #action, resource, not_found_s3)
#define SNS(op, plane, access, resource) \
    ROW("sns", op, plane, REGION, access, SNS, "sns:" #op, resource, not_found_sns)
#define SQS(op, plane, access, resource) \
    ROW("sqs", op, plane, REGION, access, SQS, "sqs:" #op, resource, not_found_sqs)
#define SSM(op, plane, access, family, resource) \
    ROW("ssm", op, plane, REGION, access, SSM_##family, "ssm:" #op, resource, not_found_ssm)
/* AssumeRole changes nothing but what the caller holds, so it counts as a read: observing needs it. */
#define STS(op, plane, access, action, resource) \
    ROW("sts", op, plane, REGION, access, STS, action, resource, NULL)

const struct operation operations[] = {
    { ACM(AddTagsToCertificate, CONTROL, WRITE, "{CertificateArn}") },
    { ACM(DeleteCertificate, CONTROL, DESTROY, "{CertificateArn}") },
    { ACM(DescribeCertificate, CONTROL, READ, "{CertificateArn}") },
    { ACM(ListCertificates, CONTROL, READ, "*") },
    { ACM(ListTagsForCertificate, CONTROL, READ, "{CertificateArn}") },
    { ACM(RemoveTagsFromCertificate, CONTROL, WRITE, "{CertificateArn}") },
    { ACM(RequestCertificate, CONTROL, WRITE, CERTIFICATE), .also = tags_acm },

    { APIGATEWAY(CreateBasePathMapping, WRITE, APIGATEWAY, POST) },
    { APIGATEWAY(CreateDeployment, WRITE, APIGATEWAY_DEPLOYMENT, POST) },
    { APIGATEWAY(CreateDomainName, WRITE, APIGATEWAY_DOMAIN, POST), .also = tags_apigateway },
    { APIGATEWAY(CreateResource, WRITE, APIGATEWAY_RESOURCE, POST) },
    { APIGATEWAY(CreateRestApi, WRITE, APIGATEWAY_CREATE_API, POST), .also = tags_apigateway },
    { APIGATEWAY(CreateStage, WRITE, APIGATEWAY, POST), .also = tags_apigateway },
    { APIGATEWAY(DeleteBasePathMapping, DESTROY, APIGATEWAY, DELETE) },
    { APIGATEWAY(DeleteDeployment, DESTROY, APIGATEWAY, DELETE) },
    { APIGATEWAY(DeleteDomainName, DESTROY, APIGATEWAY_DOMAIN, DELETE) },
    { APIGATEWAY(DeleteIntegration, DESTROY, APIGATEWAY, DELETE) },
    { APIGATEWAY(DeleteMethod, DESTROY, APIGATEWAY, DELETE) },
    { APIGATEWAY(DeleteResource, DESTROY, APIGATEWAY_RESOURCE, DELETE) },
    { APIGATEWAY(DeleteRestApi, DESTROY, APIGATEWAY_DELETE_API, DELETE) },
    { APIGATEWAY(DeleteStage, DESTROY, APIGATEWAY, DELETE) },
    { APIGATEWAY(GetAccount, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetBasePathMapping, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetBasePathMappings, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetDeployment, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetDeployments, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetDomainName, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetDomainNames, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetResources, READ, APIGATEWAY_RESOURCES_READ, GET) },
    { APIGATEWAY(GetRestApi, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetRestApis, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetStage, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetStages, READ, APIGATEWAY, GET) },
    { APIGATEWAY(GetTags, READ, APIGATEWAY, GET) },
    { APIGATEWAY(PutIntegration, WRITE, APIGATEWAY, PUT) },
    { APIGATEWAY(PutMethod, WRITE, APIGATEWAY, PUT) },
    { APIGATEWAY(PutRestApi, WRITE, APIGATEWAY_RESOURCE, PUT) },
    { APIGATEWAY(TagResource, WRITE, APIGATEWAY, PUT) },
    { APIGATEWAY(UntagResource, WRITE, APIGATEWAY, DELETE) },
    { APIGATEWAY(UpdateAccount, WRITE, APIGATEWAY_ACCOUNT, PATCH) },
    { APIGATEWAY(UpdateBasePathMapping, WRITE, APIGATEWAY, PATCH) },
    { APIGATEWAY(UpdateDomainName, WRITE, APIGATEWAY_DOMAIN, PATCH) },
    { APIGATEWAY(UpdateIntegration, WRITE, APIGATEWAY, PATCH) },
    { APIGATEWAY(UpdateMethod, WRITE, APIGATEWAY, PATCH) },
    { APIGATEWAY(UpdateRestApi, WRITE, APIGATEWAY, PATCH) },
    { APIGATEWAY(UpdateStage, WRITE, APIGATEWAY, PATCH) },

    { CLOUDWATCH(DeleteAlarms, CONTROL, DESTROY, WRITE, ALARM("{AlarmNames[]}")) },
    { CLOUDWATCH(DeleteDashboards, CONTROL, DESTROY, WRITE, DASHBOARD("{DashboardNames[]}")) },
    { CLOUDWATCH(DescribeAlarmHistory, CONTROL, READ, READ, ALARM("*")) },
    { CLOUDWATCH(DescribeAlarms, CONTROL, READ, READ, "*"), .batch = &batch_alarms },
    { CLOUDWATCH(GetDashboard, CONTROL, READ, READ, DASHBOARD("{DashboardName}")) },
    { CLOUDWATCH(GetMetricData, DATA, READ, DATA, "*") },
    { CLOUDWATCH(ListMetrics, CONTROL, READ, READ, "*") },
    { CLOUDWATCH(ListTagsForResource, CONTROL, READ, READ, "{ResourceARN}") },
    { CLOUDWATCH(PutCompositeAlarm, CONTROL, WRITE, WRITE, "*"), .also = tags_alarm },
    { CLOUDWATCH(PutDashboard, CONTROL, WRITE, WRITE, DASHBOARD("{DashboardName}")) },
    { CLOUDWATCH(PutMetricAlarm, CONTROL, WRITE, WRITE, ALARM("{AlarmName}")), .also = tags_alarm },
    { CLOUDWATCH(PutMetricData, DATA, WRITE, DATA, "*") },
    { CLOUDWATCH(SetAlarmState, CONTROL, WRITE, WRITE, ALARM("{AlarmName}")) },
    { CLOUDWATCH(TagResource, CONTROL, WRITE, WRITE, "{ResourceARN}") },
    { CLOUDWATCH(UntagResource, CONTROL, WRITE, WRITE, "{ResourceARN}") },

    { DYNAMODB(BatchGetItem, DATA, READ, ITEM, BatchGetItem, TABLE("{RequestItems:keys}")) },
    { DYNAMODB(CreateTable, CONTROL, WRITE, WRITE, CreateTable, NAMED_TABLE), .also = tags_table },
    { DYNAMODB(DeleteItem, DATA, DESTROY, ITEM, DeleteItem, NAMED_TABLE) },
    { DYNAMODB(DeleteTable, CONTROL, DESTROY, WRITE, DeleteTable, NAMED_TABLE) },
    { DYNAMODB(DescribeContinuousBackups, CONTROL, READ, READ, DescribeContinuousBackups, NAMED_TABLE) },
    { DYNAMODB(DescribeTable, CONTROL, READ, READ, DescribeTable, NAMED_TABLE) },
    { DYNAMODB(DescribeTimeToLive, CONTROL, READ, READ, DescribeTimeToLive, NAMED_TABLE) },
    { DYNAMODB(GetItem, DATA, READ, ITEM, GetItem, NAMED_TABLE) },
    { DYNAMODB(ListTables, CONTROL, READ, READ, ListTables, "*") },
    { DYNAMODB(ListTagsOfResource, CONTROL, READ, READ, ListTagsOfResource, "{ResourceArn}") },
    { DYNAMODB(PutItem, DATA, WRITE, ITEM, PutItem, NAMED_TABLE) },
    { DYNAMODB(Query, DATA, READ, ITEM, Query, NAMED_TABLE) },
    { DYNAMODB(Scan, DATA, READ, ITEM, Scan, NAMED_TABLE) },
    { DYNAMODB(TagResource, CONTROL, WRITE, TAG, TagResource, "{ResourceArn}") },
    { DYNAMODB(TransactWriteItems, DATA, WRITE, ITEM, PutItem, TABLE("{TransactItems[].Put.TableName}")),
      .also = transact_items },
    { DYNAMODB(UntagResource, CONTROL, WRITE, TAG, UntagResource, "{ResourceArn}") },
    { DYNAMODB(UpdateContinuousBackups, CONTROL, WRITE, WRITE, UpdateContinuousBackups, NAMED_TABLE) },
    { DYNAMODB(UpdateItem, DATA, WRITE, ITEM, UpdateItem, NAMED_TABLE) },
    { DYNAMODB(UpdateTable, CONTROL, WRITE, WRITE, UpdateTable, NAMED_TABLE), .also = replicas_table },
    { DYNAMODB(UpdateTimeToLive, CONTROL, WRITE, WRITE, UpdateTimeToLive, NAMED_TABLE) },

    { IAM(AttachRolePolicy, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(CreatePolicy, WRITE, WRITE, POLICY("{Path:bare}{PolicyName}")), .also = tags_policy },
    { IAM(CreatePolicyVersion, WRITE, WRITE, "{PolicyArn}") },
    { IAM(CreateRole, WRITE, WRITE, ROLE("{Path:bare}{RoleName}")), .also = tags_role },
    { IAM(DeletePolicy, DESTROY, WRITE, "{PolicyArn}") },
    { IAM(DeletePolicyVersion, WRITE, WRITE, "{PolicyArn}") },
    { IAM(DeleteRole, DESTROY, WRITE, ROLE("{RoleName}")) },
    { IAM(DeleteRolePermissionsBoundary, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(DeleteRolePolicy, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(DetachRolePolicy, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(GetPolicy, READ, READ, "{PolicyArn}") },
    { IAM(GetPolicyVersion, READ, READ, "{PolicyArn}") },
    { IAM(GetRole, READ, READ, ROLE("{RoleName}")) },
    { IAM(GetRolePolicy, READ, READ, ROLE("{RoleName}")) },
    { IAM(ListAttachedRolePolicies, READ, READ, ROLE("{RoleName}")) },
    { IAM(ListEntitiesForPolicy, READ, READ, "{PolicyArn}") },
    { IAM(ListPolicyTags, READ, READ, "{PolicyArn}") },
    { IAM(ListPolicyVersions, READ, READ, "{PolicyArn}") },
    { IAM(ListRolePolicies, READ, READ, ROLE("{RoleName}")) },
    { IAM(ListRoleTags, READ, READ, ROLE("{RoleName}")) },
    { IAM(ListRoles, READ, READ, ROLE("*")) },
    { IAM(PutRolePermissionsBoundary, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(PutRolePolicy, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(SimulatePrincipalPolicy, READ, READ, "{PolicySourceArn}") },
    { IAM(TagPolicy, WRITE, WRITE, "{PolicyArn}") },
    { IAM(TagRole, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(UntagPolicy, WRITE, WRITE, "{PolicyArn}") },
    { IAM(UntagRole, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(UpdateAssumeRolePolicy, WRITE, WRITE, ROLE("{RoleName}")) },
    { IAM(UpdateRole, WRITE, WRITE, ROLE("{RoleName}")) },

    { LAMBDA(AddPermission, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(CreateAlias, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(CreateEventSourceMapping, CONTROL, WRITE, CONTROL, "*") },
    { LAMBDA(CreateFunction, CONTROL, WRITE, CONTROL, NAMED_FUNCTION), .also = function_role },
    { LAMBDA(DeleteAlias, CONTROL, DESTROY, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(DeleteEventSourceMapping, CONTROL, DESTROY, CONTROL, MAPPING("{UUID}")) },
    { LAMBDA(DeleteFunction, CONTROL, DESTROY, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(DeleteFunctionConcurrency, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(DeleteProvisionedConcurrencyConfig, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(GetAlias, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(GetEventSourceMapping, CONTROL, READ, CONTROL, MAPPING("{UUID}")) },
    { LAMBDA(GetFunction, CONTROL, READ, READ, NAMED_FUNCTION), .secret = true },
    { LAMBDA(GetFunctionConcurrency, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(GetFunctionConfiguration, CONTROL, READ, CONTROL, NAMED_FUNCTION), .secret = true },
    { LAMBDA(GetFunctionEventInvokeConfig, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(GetPolicy, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(GetProvisionedConcurrencyConfig, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { ROW("lambda", Invoke, DATA, REGION, WRITE, LAMBDA_INVOKE, "lambda:InvokeFunction", NAMED_FUNCTION,
          not_found_lambda) },
    { LAMBDA(ListEventSourceMappings, CONTROL, READ, CONTROL, "*") },
    { LAMBDA(ListFunctions, CONTROL, READ, CONTROL, "*") },
    { LAMBDA(ListTags, CONTROL, READ, CONTROL, "{Resource}") },
    { LAMBDA(ListVersionsByFunction, CONTROL, READ, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(PublishVersion, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(PutFunctionConcurrency, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(PutFunctionEventInvokeConfig, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(PutProvisionedConcurrencyConfig, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(RemovePermission, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(TagResource, CONTROL, WRITE, CONTROL, "{Resource}") },
    { LAMBDA(UntagResource, CONTROL, WRITE, CONTROL, "{Resource}") },
    { LAMBDA(UpdateAlias, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(UpdateEventSourceMapping, CONTROL, WRITE, CONTROL, MAPPING("{UUID}")) },
    { LAMBDA(UpdateFunctionCode, CONTROL, WRITE, CONTROL, NAMED_FUNCTION) },
    { LAMBDA(UpdateFunctionConfiguration, CONTROL, WRITE, CONTROL, NAMED_FUNCTION),
      .also = new_function_role },

    { LOGS(CreateLogGroup, CONTROL, WRITE, LOG_GROUP("{logGroupName}")), .also = tags_log_group },
    { LOGS(DeleteLogGroup, CONTROL, DESTROY, LOG_GROUP("{logGroupName}")) },
    { LOGS(DescribeLogGroups, CONTROL, READ, LOG_GROUP("*")) },
    { LOGS(ListTagsForResource, CONTROL, READ, "{resourceArn}") },
    { LOGS(PutRetentionPolicy, CONTROL, WRITE, LOG_GROUP("{logGroupName}")) },
    { LOGS(TagResource, CONTROL, WRITE, "{resourceArn}") },

    { TAGGING(GetResources, CONTROL, READ, "*") },

    { ROUTE53(ChangeResourceRecordSets, WRITE, ROUTE53, ZONE("{HostedZoneId:last}")) },
    { ROUTE53(ChangeTagsForResource, WRITE, ROUTE53, "arn:aws:route53:::{ResourceType}/{ResourceId:last}") },
    { ROUTE53(CreateHealthCheck, WRITE, ROUTE53_CREATE_CHECK, "*") },
    { ROUTE53(CreateHostedZone, WRITE, ROUTE53, "*") },
    { ROUTE53(DeleteHealthCheck, DESTROY, ROUTE53, CHECK("{HealthCheckId}")) },
    { ROUTE53(DeleteHostedZone, DESTROY, ROUTE53, ZONE("{Id:last}")) },
    { ROUTE53(GetChange, READ, ROUTE53, CHANGE("{Id:last}")) },
    { ROUTE53(GetHealthCheck, READ, ROUTE53, CHECK("{HealthCheckId}")) },
    { ROUTE53(GetHealthCheckStatus, READ, ROUTE53_CHECK_STATUS, CHECK("{HealthCheckId}")) },
    { ROUTE53(GetHostedZone, READ, ROUTE53, ZONE("{Id:last}")) },
    { ROUTE53(ListHealthChecks, READ, ROUTE53, "*") },
    { ROUTE53(ListHostedZones, READ, ROUTE53, "*") },
    { ROUTE53(ListHostedZonesByName, READ, ROUTE53, "*") },
    { ROUTE53(ListResourceRecordSets, READ, ROUTE53, ZONE("{HostedZoneId:last}")) },
    { ROUTE53(ListTagsForResource, READ, ROUTE53, "arn:aws:route53:::{ResourceType}/{ResourceId:last}") },
    { ROUTE53(ListTagsForResources, READ, ROUTE53, "arn:aws:route53:::{ResourceType}/{ResourceIds[]:last}"),
      .batch = &batch_tags },
    { ROUTE53(TestDNSAnswer, READ, ROUTE53, ZONE("{HostedZoneId:last}")) },
    { ROUTE53(UpdateHealthCheck, WRITE, ROUTE53_UPDATE_CHECK, CHECK("{HealthCheckId}")) },
    { ROUTE53(UpdateHostedZoneFeatures, WRITE, ROUTE53, ZONE("{HostedZoneId:last}")) },

    { S3(CreateBucket, CONTROL, WRITE, CONFIG, CreateBucket, BUCKET), .also = tags_bucket },
    { S3(DeleteBucket, CONTROL, DESTROY, CONFIG, DeleteBucket, BUCKET) },
    { S3(DeleteBucketLifecycle, CONTROL, WRITE, CONFIG, PutLifecycleConfiguration, BUCKET) },
    { S3(DeleteBucketPolicy, CONTROL, WRITE, CONFIG, DeleteBucketPolicy, BUCKET) },
    { S3(DeleteBucketReplication, CONTROL, WRITE, CONFIG, PutReplicationConfiguration, BUCKET) },
    { S3(DeleteBucketTagging, CONTROL, WRITE, CONFIG, PutBucketTagging, BUCKET) },
    { S3(DeleteObject, DATA, DESTROY, OBJECT, DeleteObject, OBJECT("{Key}")), .also = object_version },
    { S3(DeleteObjects, DATA, DESTROY, OBJECT, DeleteObject, OBJECT("{Delete.Objects[].Key}")),
      .also = object_versions },
    { S3(DeletePublicAccessBlock, CONTROL, WRITE, CONFIG, PutBucketPublicAccessBlock, BUCKET) },
    { S3(GetBucketEncryption, CONTROL, READ, CONFIG, GetEncryptionConfiguration, BUCKET) },
    { S3(GetBucketLifecycleConfiguration, CONTROL, READ, CONFIG, GetLifecycleConfiguration, BUCKET) },
    { S3(GetBucketLocation, CONTROL, READ, CONFIG, GetBucketLocation, BUCKET) },
    { S3(GetBucketOwnershipControls, CONTROL, READ, CONFIG, GetBucketOwnershipControls, BUCKET) },
    { S3(GetBucketPolicy, CONTROL, READ, CONFIG, GetBucketPolicy, BUCKET) },
    { S3(GetBucketReplication, CONTROL, READ, CONFIG, GetReplicationConfiguration, BUCKET) },
    { S3(GetBucketTagging, CONTROL, READ, CONFIG, GetBucketTagging, BUCKET) },
    { S3(GetBucketVersioning, CONTROL, READ, CONFIG, GetBucketVersioning, BUCKET) },
    { S3(GetObject, DATA, READ, OBJECT, GetObject, OBJECT("{Key}")) },
    { S3(GetPublicAccessBlock, CONTROL, READ, CONFIG, GetBucketPublicAccessBlock, BUCKET) },
    { S3(HeadBucket, CONTROL, READ, CONFIG, ListBucket, BUCKET) },
    { S3(HeadObject, DATA, READ, OBJECT, GetObject, OBJECT("{Key}")) },
    { S3(ListBuckets, CONTROL, READ, CONFIG, ListAllMyBuckets, "*") },
    { S3(ListObjectVersions, DATA, READ, OBJECT, ListBucketVersions, BUCKET) },
    { S3(ListObjectsV2, DATA, READ, OBJECT, ListBucket, BUCKET) },
    { S3(PutBucketEncryption, CONTROL, WRITE, CONFIG, PutEncryptionConfiguration, BUCKET) },
    { S3(PutBucketLifecycleConfiguration, CONTROL, WRITE, CONFIG, PutLifecycleConfiguration, BUCKET) },
    { S3(PutBucketOwnershipControls, CONTROL, WRITE, CONFIG, PutBucketOwnershipControls, BUCKET) },
    { S3(PutBucketPolicy, CONTROL, WRITE, CONFIG, PutBucketPolicy, BUCKET) },
    { S3(PutBucketReplication, CONTROL, WRITE, CONFIG, PutReplicationConfiguration, BUCKET),
      .also = replication_role },
    { S3(PutBucketTagging, CONTROL, WRITE, CONFIG, PutBucketTagging, BUCKET) },
    { S3(PutBucketVersioning, CONTROL, WRITE, CONFIG, PutBucketVersioning, BUCKET) },
    { S3(PutObject, DATA, WRITE, OBJECT, PutObject, OBJECT("{Key}")) },
    { S3(PutPublicAccessBlock, CONTROL, WRITE, CONFIG, PutBucketPublicAccessBlock, BUCKET) },

    { SNS(CreateTopic, CONTROL, WRITE, TOPIC("{Name}")), .also = tags_topic },
    { SNS(DeleteTopic, CONTROL, DESTROY, "{TopicArn}") },
    { SNS(GetSubscriptionAttributes, CONTROL, READ, TOPIC("*")) },
    { SNS(GetTopicAttributes, CONTROL, READ, "{TopicArn}") },
    { SNS(ListSubscriptionsByTopic, CONTROL, READ, "{TopicArn}") },
    { SNS(ListTagsForResource, CONTROL, READ, "{ResourceArn}") },
    { SNS(ListTopics, CONTROL, READ, TOPIC("*")) },
    { SNS(Publish, DATA, WRITE, "{TopicArn}") },
    { SNS(SetSubscriptionAttributes, CONTROL, WRITE, TOPIC("*")) },
    { SNS(SetTopicAttributes, CONTROL, WRITE, "{TopicArn}") },
    { SNS(Subscribe, CONTROL, WRITE, "{TopicArn}") },
    { SNS(TagResource, CONTROL, WRITE, "{ResourceArn}") },
    { SNS(Unsubscribe, CONTROL, DESTROY, TOPIC("*")) },
    { SNS(UntagResource, CONTROL, WRITE, "{ResourceArn}") },

    { SQS(CancelMessageMoveTask, CONTROL, WRITE, QUEUE("*")) },
    { SQS(CreateQueue, CONTROL, WRITE, QUEUE("{QueueName}")), .also = tags_queue },
    { SQS(DeleteMessage, DATA, DESTROY, QUEUE("{QueueUrl:last}")) },
    { SQS(DeleteQueue, CONTROL, DESTROY, QUEUE("{QueueUrl:last}")) },
    { SQS(GetQueueAttributes, CONTROL, READ, QUEUE("{QueueUrl:last}")) },
    { SQS(GetQueueUrl, CONTROL, READ, QUEUE("{QueueName}")) },
    { SQS(ListMessageMoveTasks, CONTROL, READ, "{SourceArn}") },
    { SQS(ListQueueTags, CONTROL, READ, QUEUE("{QueueUrl:last}")) },
    { SQS(ListQueues, CONTROL, READ, QUEUE("*")) },
    { SQS(ReceiveMessage, DATA, WRITE, QUEUE("{QueueUrl:last}")) },
    { SQS(SendMessage, DATA, WRITE, QUEUE("{QueueUrl:last}")) },
    { SQS(SetQueueAttributes, CONTROL, WRITE, QUEUE("{QueueUrl:last}")) },
    { SQS(StartMessageMoveTask, CONTROL, WRITE, "{SourceArn}") },
    { SQS(TagQueue, CONTROL, WRITE, QUEUE("{QueueUrl:last}")) },
    { SQS(UntagQueue, CONTROL, WRITE, QUEUE("{QueueUrl:last}")) },

    { SSM(AddTagsToResource, CONTROL, WRITE, WRITE, PARAMETER("{ResourceId:bare}")) },
    { SSM(DeleteParameter, CONTROL, DESTROY, WRITE, PARAMETER("{Name:bare}")) },
    { SSM(DeleteParameters, CONTROL, DESTROY, WRITE, PARAMETER("{Names[]:bare}")) },
    { SSM(DescribeParameters, CONTROL, READ, READ, "*") },
    { SSM(GetParameter, DATA, READ, READ, PARAMETER("{Name:bare}")), .secret = true },
    { SSM(GetParameters, DATA, READ, READ, PARAMETER("{Names[]:bare}")), .batch = &batch_parameters, .secret = true },
    { SSM(GetParametersByPath, DATA, READ, READ, PARAMETER("{Path:bare}")), .secret = true },
    { SSM(ListTagsForResource, CONTROL, READ, READ, PARAMETER("{ResourceId:bare}")) },
    { SSM(PutParameter, CONTROL, WRITE, WRITE, PARAMETER("{Name:bare}")), .also = tags_parameter },
    { SSM(RemoveTagsFromResource, CONTROL, WRITE, WRITE, PARAMETER("{ResourceId:bare}")) },

    { STS(AssumeRole, DATA, READ, "sts:AssumeRole", "{RoleArn}"), .secret = true },
    { STS(AssumeRoleWithWebIdentity, DATA, READ, "", "*"), .secret = true },
    { STS(GetCallerIdentity, DATA, READ, "", "*") },
    { .name = NULL },
};
/* clang-format on */
const size_t n_operations = ARRAY_SIZE(operations) - 1;

const struct operation *operation_find(const char *service, const char *name)
{
    size_t low = 0, high = n_operations;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(service, operations[middle].service);
        if (order == 0)
            order = strcmp(name, operations[middle].name);
        if (order == 0)
            return &operations[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct operation *operation_named(const char *service_colon_name)
{
    const char *colon = strchr(service_colon_name, ':');
    if (colon == NULL)
        return NULL;
    autofree char *service = xstrndup(service_colon_name, (size_t)(colon - service_colon_name));
    return operation_find(service, colon + 1);
}

const struct operation *operation_get(const char *service_colon_name)
{
    const struct operation *op = operation_named(service_colon_name);
    assert(op != NULL && "an operation that is not in the catalogue");
    return op;
}

const struct operation_model *operation_model(const struct operation *op)
{
    return model_operation(op->service, op->name);
}

enum region operation_region(const struct operation *op, enum region region)
{
    return op->home == HOME_US_EAST_1 ? REGION_US_EAST_1 : region;
}

const char *budget_family_name(enum budget_family family)
{
    static const char *const names[N_BUDGET_FAMILIES] = {
#define X(id, name) [BUDGET_##id] = (name),
        BUDGET_FAMILIES(X)
#undef X
    };
    assert((unsigned)family < N_BUDGET_FAMILIES);
    return names[family];
}
