/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/disturbances.h"

/* clang-format off */
const char disturbed_configuration[] =
    "{'suffix': 'sim', 'tags': {'platform': 'payments'},"
    " 'regions': {'primary': 'us-east-1', 'secondary': 'us-east-2', 'witness': 'us-west-2'},"
    " 'settings': {'repairs_per_hour': 1000, 'pass_interval_s': 86400},"
    " 'tables': {"
    "  'ledger': {'key': 'id', 'consistency': 'strong', 'indexes': {'by-status': {'key': 'status'}}},"
    "  'customers': {'key': 'id', 'ttl': 'expires_at', 'recovery_days': 14, 'encryption': 'aws_managed'}},"
    " 'buckets': {'logs': {'replicate': 'both', 'expire_days': 30},"
    "  'other': {'replicate': 'to-secondary', 'expire_days': 30},"
    "  'plain': {'replicate': 'none', 'expire_days': 30}},"
    " 'queues': {'orders': {'dead_letter': {'after': 3}},"
    "  'ordered': {'fifo': true, 'dead_letter': {'after': 0}}},"
    " 'parameters': {'url': {'value': '{queue:orders}', 'description': 'the orders'}, 'plain': {'value': 'v'}},"
    " 'roles': {'worker': {'for': 'lambda',"
    "  'managed_policies': ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],"
    "  'uses': [{'queue': 'orders', 'access': 'consume'}, {'parameter': 'url', 'access': 'read'}]}}}";

const struct disturbance disturbances[] = {
    { .kind = "sqs_queue", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "sqs:TagQueue",
      .steps = {
        { "sqs:TagQueue",
          "{'QueueUrl':'$url','Tags':{'platform':'other'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/VisibilityTimeout", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'VisibilityTimeout':'77'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/MessageRetentionPeriod", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'MessageRetentionPeriod':'7777'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/DelaySeconds", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'DelaySeconds':'7'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/ReceiveMessageWaitTimeSeconds",
      .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'ReceiveMessageWaitTimeSeconds':'7'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/MaximumMessageSize", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'MaximumMessageSize':'7777'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/SqsManagedSseEnabled", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'SqsManagedSseEnabled':'false'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/KmsMasterKeyId", .on = "/orders@",
      .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes", .also = "/Attributes/SqsManagedSseEnabled",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'KmsMasterKeyId':'alias/other'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/ContentBasedDeduplication", .on = "/ordered@",
      .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'ContentBasedDeduplication':'false'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/RedrivePolicy", .on = "/orders@",
      .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'RedrivePolicy':''}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/RedriveAllowPolicy", .on = "-dlq@",
      .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'RedriveAllowPolicy':'$deny'}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/Policy", .end = END_REPAIRED,
      .repairs = "sqs:SetQueueAttributes",
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'Policy':''}}" } } },
    { .kind = "sqs_queue", .row = "/Attributes/FifoQueue", .on = "/ordered@",
      .end = END_REFUSED,
      .steps = {
        { "sqs:SetQueueAttributes",
          "{'QueueUrl':'$url','Attributes':{'FifoQueue':'false'}}" } } },
    { .kind = "sqs_queue", .row = "", .end = END_REPAIRED,
      .repairs = "sqs:CreateQueue",
      .steps = {
        { "sqs:DeleteQueue",
          "{'QueueUrl':'$url'}" } } },
    { .kind = "ssm_parameter", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "ssm:AddTagsToResource",
      .steps = {
        { "ssm:AddTagsToResource",
          "{'ResourceType':'Parameter','ResourceId':'$name','Tags':[{'Key':'platform',"
          "'Value':'other'}]}" } } },
    { .kind = "ssm_parameter", .row = "/Value", .end = END_REPAIRED,
      .repairs = "ssm:PutParameter",
      .steps = {
        { "ssm:PutParameter",
          "{'Name':'$name','Value':'other','Description':'$description','Overwrite':true}" } } },
    { .kind = "ssm_parameter", .row = "/Description", .on = "/plain@", .end = END_REPAIRED,
      .repairs = "ssm:PutParameter",
      .steps = {
        { "ssm:PutParameter",
          "{'Name':'$name','Value':'v','Description':'other','Overwrite':true}" } } },
    { .kind = "ssm_parameter", .row = "/Tier", .on = "/plain@", .end = END_BLOCKED,
      .steps = {
        { "ssm:PutParameter",
          "{'Name':'$name','Value':'v','Tier':'Advanced','Overwrite':true}" } } },
    { .kind = "ssm_parameter", .row = "/Type", .end = END_FIXED },
    { .kind = "ssm_parameter", .row = "", .end = END_REPAIRED,
      .repairs = "ssm:PutParameter",
      .steps = {
        { "ssm:DeleteParameter",
          "{'Name':'$name'}" } } },
    { .kind = "iam_policy", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "iam:TagPolicy",
      .steps = {
        { "iam:TagPolicy",
          "{'PolicyArn':'arn:aws:iam::123456789012:policy/$name','Tags':[{'Key':'platform',"
          "'Value':'other'}]}" } } },
    { .kind = "iam_policy", .row = "/PolicyDocument", .end = END_REPAIRED,
      .repairs = "iam:CreatePolicyVersion",
      .steps = {
        { "iam:CreatePolicyVersion",
          "{'PolicyArn':'arn:aws:iam::123456789012:policy/$name','PolicyDocument':'$policy',"
          "'SetAsDefault':true}" } } },
    { .kind = "iam_policy", .row = "/Path", .end = END_NAMED },
    { .kind = "iam_policy", .row = "/Description", .end = END_FIXED },
    { .kind = "iam_policy", .row = "", .end = END_REFUSED,
      .steps = {
        { "iam:DeletePolicy",
          "{'PolicyArn':'arn:aws:iam::123456789012:policy/$name'}" } } },
    { .kind = "iam_role", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "iam:TagRole",
      .steps = {
        { "iam:TagRole",
          "{'RoleName':'$name','Tags':[{'Key':'platform','Value':'other'}]}" } } },
    { .kind = "iam_role", .row = "/AssumeRolePolicyDocument", .end = END_REPAIRED,
      .repairs = "iam:UpdateAssumeRolePolicy",
      .steps = {
        { "iam:UpdateAssumeRolePolicy",
          "{'RoleName':'$name','PolicyDocument':'$trust'}" } } },
    { .kind = "iam_role", .row = "/PermissionsBoundary", .end = END_REPAIRED,
      .repairs = "iam:PutRolePermissionsBoundary",
      .steps = {
        { "iam:DeleteRolePermissionsBoundary",
          "{'RoleName':'$name'}" } } },
    { .kind = "iam_role", .row = "/Policies/*", .on = "/worker", .end = END_REPAIRED,
      .repairs = "iam:PutRolePolicy",
      .steps = {
        { "iam:PutRolePolicy",
          "{'RoleName':'$name','PolicyName':'sqs-sim','PolicyDocument':'$policy'}" } } },
    { .kind = "iam_role", .row = "/Policies/*", .on = "/worker", .end = END_REPAIRED,
      .repairs = "iam:PutRolePolicy",
      .steps = {
        { "iam:DeleteRolePolicy",
          "{'RoleName':'$name','PolicyName':'sqs-sim'}" } } },
    { .kind = "iam_role", .row = "/Policies", .end = END_REPAIRED,
      .repairs = "iam:DeleteRolePolicy",
      .steps = {
        { "iam:PutRolePolicy",
          "{'RoleName':'$name','PolicyName':'careless','PolicyDocument':'$policy'}" } } },
    { .kind = "iam_role", .row = "/AttachedPolicies", .end = END_REPAIRED,
      .repairs = "iam:DetachRolePolicy",
      .steps = {
        { "iam:AttachRolePolicy",
          "{'RoleName':'$name','PolicyArn':'arn:aws:iam::aws:policy/AdministratorAccess'}" } } },
    { .kind = "iam_role", .row = "/AttachedPolicies", .on = "/worker", .end = END_REPAIRED,
      .repairs = "iam:AttachRolePolicy",
      .steps = {
        { "iam:DetachRolePolicy",
          "{'RoleName':'$name','PolicyArn':'arn:aws:iam::aws:policy/service-role/AWSLambdaB"
          "asicExecutionRole'}" } } },
    { .kind = "iam_role", .row = "/Description", .end = END_REPAIRED,
      .repairs = "iam:UpdateRole",
      .steps = {
        { "iam:UpdateRole",
          "{'RoleName':'$name','Description':'other'}" } } },
    { .kind = "iam_role", .row = "/MaxSessionDuration", .end = END_REPAIRED,
      .repairs = "iam:UpdateRole",
      .steps = {
        { "iam:UpdateRole",
          "{'RoleName':'$name','Description':'$description','MaxSessionDuration':7200}" } } },
    { .kind = "iam_role", .row = "/Path", .end = END_FIXED },
    { .kind = "iam_role", .row = "", .on = "/worker", .end = END_REPAIRED,
      .repairs = "iam:CreateRole iam:PutRolePolicy iam:PutRolePolicy iam:AttachRolePolicy", .also = "/",
      .steps = {
        { "iam:DeleteRolePolicy",
          "{'RoleName':'$name','PolicyName':'sqs-sim'}" },
        { "iam:DeleteRolePolicy",
          "{'RoleName':'$name','PolicyName':'ssm-sim'}" },
        { "iam:DetachRolePolicy",
          "{'RoleName':'$name','PolicyArn':'arn:aws:iam::aws:policy/service-role/AWSLambdaB"
          "asicExecutionRole'}" },
        { "iam:DeleteRole",
          "{'RoleName':'$name'}" } } },
    { .kind = "dynamodb_table", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "dynamodb:TagResource",
      .steps = {
        { "dynamodb:TagResource",
          "{'ResourceArn':'$arn','Tags':[{'Key':'platform','Value':'other'}]}" } } },
    { .kind = "dynamodb_table", .row = "/BillingMode", .on = "/customers@",
      .end = END_REFUSED,
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','BillingMode':'PROVISIONED',"
          "'ProvisionedThroughput':{'ReadCapacityUnits':5,'WriteCapacityUnits':5}}" } } },
    { .kind = "dynamodb_table", .row = "/StreamSpecification/StreamEnabled", .on = "/customers@",
      .end = END_REFUSED,
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','StreamSpecification':{'StreamEnabled':false}}" } } },
    { .kind = "dynamodb_table", .row = "/SSESpecification/Enabled", .on = "/customers@",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTable", .also = "/SSESpecification",
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','SSESpecification':{'Enabled':false}}" } } },
    { .kind = "dynamodb_table", .row = "/SSESpecification/SSEType", .on = "/customers@",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTable", .also = "/SSESpecification",
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','SSESpecification':{'Enabled':false}}" } } },
    { .kind = "dynamodb_table", .row = "/SSESpecification/KMSMasterKeyId",
      .end = END_UNWANTED },
    { .kind = "dynamodb_table", .row = "/TableClass", .end = END_UNWANTED },
    { .kind = "dynamodb_table", .row = "/StreamSpecification/StreamViewType",
      .end = END_FIXED },
    { .kind = "dynamodb_table", .row = "/KeySchema", .end = END_FIXED },
    { .kind = "dynamodb_table", .row = "/GlobalSecondaryIndexes", .on = "/ledger@",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTable", .settle = MINUTES(30),
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name',"
          "'GlobalSecondaryIndexUpdates':[{'Delete':{'IndexName':'by-status'}}]}" } } },
    { .kind = "dynamodb_table", .row = "/Replicas", .on = "/customers@",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTable dynamodb:TagResource dynamodb:UpdateTable dynamodb:UpdateCo"
          "ntinuousBackups", .also = "/", .settle = MINUTES(30),
      .steps = {
        { "dynamodb:UpdateTable@us-east-2",
          "{'TableName':'$name','DeletionProtectionEnabled':false}" },
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','ReplicaUpdates':[{'Delete':{'RegionName':'us-east-2'}}]}" } } },
    { .kind = "table_settings", .row = "/Tags", .on = "@us-east-2", .end = END_REPAIRED,
      .repairs = "dynamodb:TagResource",
      .steps = {
        { "dynamodb:TagResource",
          "{'ResourceArn':'$arn','Tags':[{'Key':'platform','Value':'other'}]}" } } },
    { .kind = "table_settings", .row = "/DeletionProtectionEnabled", .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTable",
      .steps = {
        { "dynamodb:UpdateTable",
          "{'TableName':'$name','DeletionProtectionEnabled':false}" } } },
    { .kind = "table_settings", .row = "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateContinuousBackups", .also = "/PointInTimeRecoverySpecification/",
      .steps = {
        { "dynamodb:UpdateContinuousBackups",
          "{'TableName':'$name',"
          "'PointInTimeRecoverySpecification':{'PointInTimeRecoveryEnabled':false}}" } } },
    { .kind = "table_settings", .row = "/PointInTimeRecoverySpecification/RecoveryPeriodInDays",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateContinuousBackups",
      .steps = {
        { "dynamodb:UpdateContinuousBackups",
          "{'TableName':'$name',"
          "'PointInTimeRecoverySpecification':{'PointInTimeRecoveryEnabled':true,"
          "'RecoveryPeriodInDays':7}}" } } },
    { .kind = "table_settings", .row = "/TimeToLiveSpecification/Enabled", .on = "/customers@us-east-1",
      .end = END_REPAIRED,
      .repairs = "dynamodb:UpdateTimeToLive", .also = "/TimeToLiveSpecification/", .settle = MINUTES(70),
      .steps = {
        { "dynamodb:UpdateTimeToLive",
          "{'TableName':'$name','TimeToLiveSpecification':{'Enabled':false,"
          "'AttributeName':'expires_at'}}" } } },
    { .kind = "table_settings", .row = "/TimeToLiveSpecification/AttributeName", .on = "/customers@us-east-1",
      .end = END_SLOW,
      .repairs = "dynamodb:UpdateTimeToLive dynamodb:UpdateTimeToLive", .also = "/TimeToLiveSpecification/", .settle = MINUTES(70),
      .steps = {
        { "dynamodb:UpdateTimeToLive",
          "{'TableName':'$name','TimeToLiveSpecification':{'Enabled':false,"
          "'AttributeName':'expires_at'}}" },
        { "dynamodb:UpdateTimeToLive",
          "{'TableName':'$name','TimeToLiveSpecification':{'Enabled':true,"
          "'AttributeName':'other'}}" } } },
    { .kind = "s3_bucket", .row = "/Tags", .end = END_REPAIRED,
      .repairs = "s3:PutBucketTagging",
      .steps = {
        { "s3:PutBucketTagging",
          "{'Bucket':'$name','Tagging':{'TagSet':[{'Key':'platform','Value':'other'},"
          "{'Key':'drd:environment','Value':'sim'},{'Key':'drd:resource','Value':'$id'},"
          "{'Key':'theirs','Value':'stays'}]}}" } } },
    { .kind = "s3_bucket", .row = "/PublicAccessBlockConfiguration", .end = END_REPAIRED,
      .repairs = "s3:PutPublicAccessBlock",
      .steps = {
        { "s3:DeletePublicAccessBlock",
          "{'Bucket':'$name'}" } } },
    { .kind = "s3_bucket", .row = "/PublicAccessBlockConfiguration", .end = END_REPAIRED,
      .repairs = "s3:PutPublicAccessBlock",
      .steps = {
        { "s3:PutPublicAccessBlock",
          "{'Bucket':'$name','PublicAccessBlockConfiguration':{'BlockPublicAcls':true}}" } } },
    { .kind = "s3_bucket", .row = "/OwnershipControls", .end = END_REPAIRED,
      .repairs = "s3:PutBucketOwnershipControls",
      .steps = {
        { "s3:PutBucketOwnershipControls",
          "{'Bucket':'$name','OwnershipControls':{'Rules':[{'ObjectOwnership':'ObjectWriter"
          "'}]}}" } } },
    { .kind = "s3_bucket", .row = "/ServerSideEncryptionConfiguration", .end = END_REPAIRED,
      .repairs = "s3:PutBucketEncryption",
      .steps = {
        { "s3:PutBucketEncryption",
          "{'Bucket':'$name','ServerSideEncryptionConfiguration':{'Rules':[{'ApplyServerSid"
          "eEncryptionByDefault':{'SSEAlgorithm':'aws:kms'}}]}}" } } },
    { .kind = "s3_bucket", .row = "/VersioningConfiguration/Status", .on = "/plain@",
      .end = END_REPAIRED,
      .repairs = "s3:PutBucketVersioning",
      .steps = {
        { "s3:PutBucketVersioning",
          "{'Bucket':'$name','VersioningConfiguration':{'Status':'Suspended'}}" } } },
    { .kind = "s3_bucket", .row = "/VersioningConfiguration/Status", .on = "/logs@",
      .end = END_REFUSED,
      .steps = {
        { "s3:PutBucketVersioning",
          "{'Bucket':'$name','VersioningConfiguration':{'Status':'Suspended'}}" } } },
    { .kind = "s3_bucket", .row = "/Policy", .end = END_REPAIRED,
      .repairs = "s3:PutBucketPolicy",
      .steps = {
        { "s3:DeleteBucketPolicy",
          "{'Bucket':'$name'}" } } },
    { .kind = "s3_bucket", .row = "/LifecycleConfiguration/Rules", .end = END_REPAIRED,
      .repairs = "s3:PutBucketLifecycleConfiguration",
      .steps = {
        { "s3:DeleteBucketLifecycle",
          "{'Bucket':'$name'}" } } },
    { .kind = "s3_bucket", .row = "", .on = "/plain@us-east-1", .end = END_REPAIRED,
      .repairs = "s3:CreateBucket s3:PutBucketVersioning s3:PutBucketPolicy s3:PutBucketLifecycleC"
          "onfiguration", .also = "/", .settle = MINUTES(150),
      .steps = {
        { "s3:DeleteBucket",
          "{'Bucket':'$name'}" } } },
    { .kind = "s3_replication", .row = "/Tags", .end = END_UNWANTED },
    { .kind = "s3_replication", .row = "/ReplicationConfiguration/Rules", .on = "/logs@us-east-1",
      .end = END_REPAIRED,
      .repairs = "s3:PutBucketReplication",
      .steps = {
        { "s3:PutBucketReplication",
          "{'Bucket':'$name','ReplicationConfiguration':{'Role':'arn:aws:iam::123456789012:"
          "role/logs-replication-sim','Rules':[{'ID':'to-us-east-2','Priority':1,"
          "'Status':'Disabled','Filter':{'Prefix':''},"
          "'DeleteMarkerReplication':{'Status':'Enabled'},"
          "'SourceSelectionCriteria':{'ReplicaModifications':{'Status':'Enabled'}},"
          "'Destination':{'Bucket':'arn:aws:s3:::logs-us-east-2-123456789012-sim',"
          "'ReplicationTime':{'Status':'Enabled','Time':{'Minutes':15}},"
          "'Metrics':{'Status':'Enabled','EventThreshold':{'Minutes':15}}}}]}}" } } },
    { .kind = "s3_replication", .row = "/ReplicationConfiguration/Role", .on = "/logs@us-east-1",
      .end = END_REPAIRED,
      .repairs = "s3:PutBucketReplication",
      .steps = {
        { "s3:PutBucketReplication",
          "{'Bucket':'$name','ReplicationConfiguration':{'Role':'arn:aws:iam::123456789012:"
          "role/other-replication-sim','Rules':[{'ID':'to-us-east-2','Priority':1,"
          "'Status':'Enabled','Filter':{'Prefix':''},"
          "'DeleteMarkerReplication':{'Status':'Enabled'},"
          "'SourceSelectionCriteria':{'ReplicaModifications':{'Status':'Enabled'}},"
          "'Destination':{'Bucket':'arn:aws:s3:::logs-us-east-2-123456789012-sim',"
          "'ReplicationTime':{'Status':'Enabled','Time':{'Minutes':15}},"
          "'Metrics':{'Status':'Enabled','EventThreshold':{'Minutes':15}}}}]}}" } } },
    { .kind = "s3_replication", .row = "", .end = END_REPAIRED,
      .repairs = "s3:PutBucketReplication",
      .steps = {
        { "s3:DeleteBucketReplication",
          "{'Bucket':'$name'}" } } },
    { .kind = NULL },
};

const struct fixture fixtures[] = {
    { .kind = "ssm_parameter", .row = "/Type", .id = "ssm_parameter/plain@us-east-1",
      .step = { "ssm:PutParameter",
          "{'Name':'$name','Type':'StringList','Value':'v','Tags':[{'Key':'drd:environment',"
          "'Value':'sim'},{'Key':'drd:resource','Value':'ssm_parameter/plain@us-east-1'}]}" } },
    { .kind = "iam_policy", .row = "/Description", .id = "iam_policy/permissions-boundary",
      .step = { "iam:CreatePolicy",
          "{'PolicyName':'$name','Description':'other','PolicyDocument':'$policy',"
          "'Tags':[{'Key':'drd:environment','Value':'sim'},{'Key':'drd:resource',"
          "'Value':'iam_policy/permissions-boundary'}]}" } },
    { .kind = "iam_role", .row = "/Path", .id = "iam_role/worker",
      .step = { "iam:CreateRole",
          "{'RoleName':'$name','Path':'/other/','AssumeRolePolicyDocument':'$trust',"
          "'Tags':[{'Key':'drd:environment','Value':'sim'},{'Key':'drd:resource',"
          "'Value':'iam_role/worker'}]}" } },
    { .kind = "dynamodb_table", .row = "/KeySchema", .id = "dynamodb_table/customers@us-east-1",
      .step = { "dynamodb:CreateTable",
          "{'TableName':'$name','BillingMode':'PAY_PER_REQUEST',"
          "'AttributeDefinitions':[{'AttributeName':'other','AttributeType':'S'}],"
          "'KeySchema':[{'AttributeName':'other','KeyType':'HASH'}],"
          "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'},"
          "'Tags':[{'Key':'drd:environment','Value':'sim'},{'Key':'drd:resource',"
          "'Value':'dynamodb_table/customers@us-east-1'}]}" } },
    { .kind = "dynamodb_table", .row = "/StreamSpecification/StreamViewType", .id = "dynamodb_table/customers@us-east-1",
      .step = { "dynamodb:CreateTable",
          "{'TableName':'$name','BillingMode':'PAY_PER_REQUEST',"
          "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],"
          "'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],"
          "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'KEYS_ONLY'},"
          "'Tags':[{'Key':'drd:environment','Value':'sim'},{'Key':'drd:resource',"
          "'Value':'dynamodb_table/customers@us-east-1'}]}" } },
    { .kind = NULL },
};
/* clang-format on */
