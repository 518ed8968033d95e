/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"
#include "config/topology.h"
#include "daemon/base/random.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fnmatch.h>

#define ACCOUNT "123456789012"
#define TWO "'suffix': 'demo', 'regions': {'primary': 'us-east-1', 'secondary': 'us-east-2'}"
#define THREE                                                                                      \
    "'suffix': 'demo', "                                                                           \
    "'regions': {'primary': 'us-east-1', 'secondary': 'us-east-2', 'witness': 'us-west-2'}"

/* A file of the source tree. */
static char *read_file(const char *name)
{
    const char *root = getenv("DRD_SOURCE");
    autofree char *path = xasprintf("%s/%s", root == NULL ? "." : root, name);
    struct buffer b = { 0 };
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        ck_abort_msg("cannot read %s", path);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(&b, block, n);
    (void)fclose(file);
    return buffer_take(&b);
}

static char *problems_text(const struct problems *problems)
{
    struct buffer all = { 0 };
    for (size_t i = 0; i < problems->n; i++) {
        autofree char *one = problem_text(&problems->items[i]);
        buffer_printf(&all, "%s\n", one);
    }
    return buffer_take(&all);
}

static void fail_with(const struct problems *problems)
{
    autofree char *all = problems_text(problems);
    ck_abort_msg("unexpected problems:\n%s", all);
}

static char *double_quoted(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

/* Single quotes stand for double ones. */
static struct topology *load(const char *text)
{
    struct topology *t = NULL;
    struct problems problems = { 0 };
    autofree char *copy = double_quoted(text);
    if (topology_load(copy, strlen(copy), "test.json", &t, &problems) != 0)
        fail_with(&problems);
    return t;
}

static struct graph expand(const struct topology *t, const json_t *secrets)
{
    struct graph graph;
    struct problems problems = { 0 };
    if (topology_expand(t, ACCOUNT, secrets, &graph, &problems) != 0)
        fail_with(&problems);
    return graph;
}

/* Every secret is "secret". */
static struct graph graph_of(const char *text)
{
    struct topology *t = load(text);
    json_auto_t *secrets = json_object(), *listed = topology_secrets(t);
    size_t i;
    json_t *one;
    json_array_foreach(listed, i, one) json_object_set_new(
        secrets, json_string_value(json_object_get(one, "pointer")), json_string("secret"));
    struct graph g = expand(t, secrets);
    topology_unref(t);
    return g;
}

static const struct resource *resource(const struct graph *g, const char *id)
{
    size_t i = graph_find(g, id);
    if (i == SIZE_MAX)
        ck_abort_msg("no resource %s", id);
    return &g->items[i];
}

/* A member of a want, by keys: want_of(&g, "kind/name", "A", "B"). */
#define want_of(g, id, ...) want_at(g, id, (const char *const[]){ __VA_ARGS__, NULL })
static const json_t *want_at(const struct graph *g, const char *id, const char *const *keys)
{
    const json_t *at = resource(g, id)->want;
    for (; *keys != NULL; keys++)
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(*keys))
                               : json_object_get(at, *keys);
    return at;
}

#define ck_want(g, text, id, ...)                                                                  \
    do {                                                                                           \
        json_auto_t *wanted_ = unit_json(text);                                                    \
        ck_assert_json_eq(want_of(g, id, __VA_ARGS__), wanted_);                                   \
    } while (0)

/* ids, and what each needs: the shape of a topology without its contents. */
static char *outline(const struct graph *g)
{
    struct buffer b = { 0 };
    for (size_t i = 0; i < g->n; i++) {
        buffer_str(&b, g->items[i].id);
        for (size_t j = 0; j < g->items[i].n_needs; j++)
            buffer_printf(&b, "%s%s", j == 0 ? " <- " : ", ", g->items[g->items[i].needs[j]].id);
        buffer_str(&b, "\n");
    }
    return buffer_take(&b);
}

/* DRD_UPDATE=1 writes expectations anew; look at the difference before committing it. */
static void check_golden(const char *name, const char *text)
{
    autofree char *path = xasprintf("%s/%s", getenv("DRD_SOURCE"), name);
    if (getenv("DRD_UPDATE") != NULL) {
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_ne(fputs(text, file), EOF);
        ck_assert_int_eq(fclose(file), 0);
    }
    autofree char *golden = read_file(name);
    ck_assert_str_eq(text, golden);
}

START_TEST(test_examples_outline)
{
    static const char *const examples[] = { "minimal", "payments" };
    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        autofree char *source = xasprintf("config/examples/%s.json", examples[i]);
        autofree char *golden = xasprintf("tests/cases/config/%s.outline", examples[i]);
        autofree char *text = read_file(source);
        struct graph g = graph_of(text);
        autofree char *lines = outline(&g);
        check_golden(golden, lines);
        graph_clear(&g);
    }
}
END_TEST

/* A case is a configuration, a line of four equals signs, and the messages. */
static void check_case(const char *name)
{
    static const char no_end[] = "\n<no end of line>\n";
    autofree char *path = xasprintf("tests/cases/config/%s", name);
    autofree char *text = read_file(path);
    char *end = strstr(text, "====\n");
    ck_assert_ptr_nonnull(end);
    size_t size = (size_t)(end - text);
    if (size > strlen(no_end) && strncmp(end - strlen(no_end), no_end, strlen(no_end)) == 0)
        size -= strlen(no_end);
    struct topology *t = NULL;
    struct problems problems = { 0 };
    int r = topology_load(text, size, "bad.json", &t, &problems);
    autofree char *said = problems_text(&problems);
    autofree char *whole = xasprintf("%.*s====\n%s", (int)(end - text), text, said);
    if (r == 0)
        ck_abort_msg("%s was accepted", name);
    ck_assert_ptr_null(t);
    check_golden(path, whole);
    problems_clear(&problems);
}

START_TEST(test_bad_input)
{
    autofree char *path = xasprintf("%s/tests/cases/config", getenv("DRD_SOURCE"));
    DIR *directory = opendir(path);
    unsigned n = 0;
    ck_assert_ptr_nonnull(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (str_suffix(entry->d_name, ".case")) {
            check_case(entry->d_name);
            n++;
        }
    (void)closedir(directory);
    ck_assert_uint_gt(n, 50);
}
END_TEST

static void check_refused(const char *text, size_t size, const char *message)
{
    struct topology *t = NULL;
    struct problems problems = { 0 };
    ck_assert_int_ne(topology_load(text, size, NULL, &t, &problems), 0);
    ck_assert_uint_eq(problems.n, 1);
    autofree char *said = problem_text(&problems.items[0]);
    ck_assert_str_eq(said, message);
    problems_clear(&problems);
}

START_TEST(test_bad_bytes)
{
    static char big[DOCUMENT_MAX + 1];
    memset(big, ' ', sizeof big);
    check_refused(big, sizeof big, "the file has 1048577 bytes; at most 1048576 are read");
    check_refused("\xff\xfe{\0}\0", 6, "the file is UTF-16. Save it as UTF-8.");
    check_refused("", 0, "the file is empty. Start from config/examples/minimal.json.");
    check_refused("\xef\xbb\xbf", 3, "the file is empty. Start from config/examples/minimal.json.");
    memset(big, '[', 10000);
    check_refused(big, 10000, "nested more than 32 deep");
    check_refused(big, 33, "nested more than 32 deep");
    memset(big + 32, ']', 32);
    check_refused(big, 64, "the configuration must be an object. Start with { and end with }.");
    check_refused(
        "{\"suffix\": \"\xff\"}", 14,
        ":1: not JSON: unable to decode byte 0xff near '\"' (column 12). Save it as UTF-8.");
}
END_TEST

START_TEST(test_byte_order_mark_is_skipped)
{
    struct topology *t = NULL;
    struct problems problems = { 0 };
    autofree char *text = double_quoted("\xef\xbb\xbf{" TWO "}");
    ck_assert_int_eq(topology_load(text, strlen(text), "a", &t, &problems), 0);
    topology_unref(t);
}
END_TEST

START_TEST(test_accessors)
{
    struct topology *t = load("{" THREE ", 'account': '" ACCOUNT "', 'settings': {'mode': "
                              "'observe', 'pass_interval_s': 7, 'budget_scale': 0.5, 'connect_to': "
                              "{'a:443': '127.0.0.1:1'}}}");
    const struct settings *s = topology_settings(t);
    ck_assert_str_eq(topology_suffix(t), "demo");
    ck_assert_int_eq(topology_primary(t), REGION_US_EAST_1);
    ck_assert_int_eq(topology_secondary(t), REGION_US_EAST_2);
    ck_assert_int_eq(topology_witness(t), REGION_US_WEST_2);
    ck_assert_str_eq(s->account, ACCOUNT);
    ck_assert_int_eq(s->mode, MODE_OBSERVE);
    ck_assert_str_eq(mode_name(s->mode), "observe");
    ck_assert_int_eq(s->pass_interval, SECONDS(7));
    ck_assert(s->budget_scale > 0.49 && s->budget_scale < 0.51);
    ck_assert_uint_eq(json_object_size(s->connect_to), 1);
    ck_assert_str_eq(s->control_socket, "/run/drd/control.sock");
    ck_assert_uint_eq(s->repairs_per_hour, 3);
    ck_assert_ptr_nonnull(json_object_get(topology_document(t), "queues"));
    topology_unref(topology_ref(t));
    topology_unref(t);
    topology_unref(NULL);
}
END_TEST

START_TEST(test_wrong_account)
{
    struct topology *t = load("{" TWO ", 'account': '210987654321'}");
    struct graph g;
    struct problems problems = { 0 };
    ck_assert_int_ne(topology_expand(t, ACCOUNT, NULL, &g, &problems), 0);
    ck_assert_int_ne(topology_expand(t, "12", NULL, &g, &problems), 0);
    autofree char *said = problems_text(&problems);
    ck_assert_str_eq(said,
                     "/account: the credentials are of account 123456789012, the configuration is "
                     "for 210987654321. Use the other account's credentials, or change "
                     "\"account\".\n"
                     "/account: \"12\" is no account: it must be 12 digits\n");
    problems_clear(&problems);
    topology_unref(t);
}
END_TEST

START_TEST(test_strong_table)
{
    struct graph g = graph_of("{" THREE ", 'tables': {'pay': {'key': 'id', 'sort_key': 'n:number', "
                              "'consistency': 'strong', 'encryption': 'aws_managed', 'indexes': "
                              "{'all': {'key': 'b:binary'}, 'keys': {'key': 'id', 'include': []}, "
                              "'some': {'key': 'b:binary', 'sort_key': 'n:number', 'include': "
                              "['x']}}}}}");
    ck_want(&g,
            "{'TableName': 'pay-demo', 'AttributeDefinitions': ["
            "{'AttributeName': 'id', 'AttributeType': 'S'},"
            "{'AttributeName': 'n', 'AttributeType': 'N'},"
            "{'AttributeName': 'b', 'AttributeType': 'B'}],"
            "'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'},"
            "{'AttributeName': 'n', 'KeyType': 'RANGE'}],"
            "'GlobalSecondaryIndexes': ["
            "{'IndexName': 'all', 'KeySchema': [{'AttributeName': 'b', 'KeyType': 'HASH'}],"
            "'Projection': {'ProjectionType': 'ALL'}},"
            "{'IndexName': 'keys', 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}],"
            "'Projection': {'ProjectionType': 'KEYS_ONLY'}},"
            "{'IndexName': 'some', 'KeySchema': [{'AttributeName': 'b', 'KeyType': 'HASH'},"
            "{'AttributeName': 'n', 'KeyType': 'RANGE'}],"
            "'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['x']}}],"
            "'BillingMode': 'PAY_PER_REQUEST',"
            "'SSESpecification': {'Enabled': true, 'SSEType': 'KMS'},"
            "'Replicas': ['us-east-2'], 'MultiRegionConsistency': 'STRONG',"
            "'Witness': 'us-west-2', 'Tags': {'drd:environment': 'demo',"
            "'drd:resource': 'dynamodb_table/pay@us-east-1'}}",
            "dynamodb_table/pay@us-east-1", NULL);
    graph_clear(&g);
}
END_TEST

START_TEST(test_eventual_table)
{
    struct graph g = graph_of("{" TWO ", 'tags': {'team': 'x'}, 'tables': {'s': {'key': 'id', "
                              "'ttl': 'gone', 'mode': 'propose', 'adopt': true}, 'plain': {'key': "
                              "'id', 'recoverable': false, 'deletion_protection': false}}}");
    ck_want(&g, "{'StreamEnabled': true, 'StreamViewType': 'NEW_AND_OLD_IMAGES'}",
            "dynamodb_table/s@us-east-1", "StreamSpecification");
    ck_want(&g,
            "{'TableName': 's-demo', 'PointInTimeRecoverySpecification': "
            "{'PointInTimeRecoveryEnabled': true, 'RecoveryPeriodInDays': 35},"
            "'DeletionProtectionEnabled': true,"
            "'TimeToLiveSpecification': {'AttributeName': 'gone', 'Enabled': true},"
            "'Tags': {'team': 'x', 'drd:environment': 'demo',"
            "'drd:resource': 'dynamodb_table/s@us-east-1'}}",
            "table_settings/s@us-east-1", NULL);
    ck_assert_ptr_null(want_of(&g, "table_settings/s@us-east-2", "TimeToLiveSpecification"));
    ck_want(&g, "{'PointInTimeRecoveryEnabled': false}", "table_settings/plain@us-east-2",
            "PointInTimeRecoverySpecification");
    ck_assert_int_eq(resource(&g, "dynamodb_table/s@us-east-1")->mode, MODE_PROPOSE);
    ck_assert(resource(&g, "table_settings/s@us-east-2")->adopt);
    ck_assert_int_eq(resource(&g, "dynamodb_table/plain@us-east-1")->mode, MODE_ENFORCE);
    graph_clear(&g);
}
END_TEST

START_TEST(test_queues)
{
    struct graph g = graph_of("{" TWO ", 'queues': {'orders': {}, 'f': {'fifo': true, "
                              "'dead_letter': {'queue': 'bad'}}, 'bad': {'fifo': true, "
                              "'retention_s': 1209600, 'dead_letter': {'after': 0}}}}");
    ck_want(&g,
            "{'VisibilityTimeout': 30, 'MessageRetentionPeriod': 345600, 'DelaySeconds': 0,"
            "'ReceiveMessageWaitTimeSeconds': 20, 'MaximumMessageSize': 262144,"
            "'SqsManagedSseEnabled': true, 'RedrivePolicy': {'deadLetterTargetArn':"
            "'${sqs_queue/orders-dlq@us-east-2.arn}', 'maxReceiveCount': 5},"
            "'Policy': {'Version': '2012-10-17', 'Statement': [{'Sid': 'TlsOnly', 'Effect': 'Deny',"
            "'Principal': '*', 'Action': 'sqs:*',"
            "'Resource': 'arn:aws:sqs:us-east-2:123456789012:orders-demo',"
            "'Condition': {'Bool': {'aws:SecureTransport': 'false'}}}]}}",
            "sqs_queue/orders@us-east-2", "Attributes");
    ck_want(&g,
            "{'redrivePermission': 'byQueue',"
            "'sourceQueueArns': ['arn:aws:sqs:us-east-2:123456789012:orders-demo']}",
            "sqs_queue/orders-dlq@us-east-2", "Attributes", "RedriveAllowPolicy");
    ck_want(&g, "1209600", "sqs_queue/orders-dlq@us-east-1", "Attributes",
            "MessageRetentionPeriod");
    ck_want(&g, "'orders-dlq-demo'", "sqs_queue/orders-dlq@us-east-1", "QueueName");
    ck_want(&g, "'f-demo.fifo'", "sqs_queue/f@us-east-1", "QueueName");
    ck_want(&g, "true", "sqs_queue/f@us-east-1", "Attributes", "FifoQueue");
    ck_want(&g, "['arn:aws:sqs:us-east-1:123456789012:f-demo.fifo']", "sqs_queue/bad@us-east-1",
            "Attributes", "RedriveAllowPolicy", "sourceQueueArns");
    ck_assert_uint_eq(graph_find(&g, "sqs_queue/bad-dlq@us-east-1"), SIZE_MAX);
    graph_clear(&g);
}
END_TEST

START_TEST(test_buckets)
{
    struct graph g = graph_of(
        "{" TWO ", 'buckets': {'logs': {'expire_days': 9, 'expire_versions_days': 3}, "
        "'one': {'replicate': 'to-secondary', 'time_control': false, "
        "'replicate_deletes': false}, 'none': {'replicate': 'none'}}}");
    const char *logs = "s3_bucket/logs@us-east-1";
    ck_want(&g, "'logs-us-east-1-123456789012-demo'", logs, "Bucket");
    ck_want(&g, "{'Status': 'Enabled'}", logs, "VersioningConfiguration");
    ck_want(&g,
            "{'Rules': [{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'AES256'},"
            "'BucketKeyEnabled': false}]}",
            logs, "ServerSideEncryptionConfiguration");
    ck_want(&g,
            "{'BlockPublicAcls': true, 'IgnorePublicAcls': true, 'BlockPublicPolicy': true,"
            "'RestrictPublicBuckets': true}",
            logs, "PublicAccessBlockConfiguration");
    ck_want(&g, "{'Rules': [{'ObjectOwnership': 'BucketOwnerEnforced'}]}", logs,
            "OwnershipControls");
    ck_want(&g,
            "['arn:aws:s3:::logs-us-east-1-123456789012-demo',"
            "'arn:aws:s3:::logs-us-east-1-123456789012-demo/*']",
            logs, "Policy", "Statement", "0", "Resource");
    ck_want(&g,
            "{'Rules': [{'ID': 'keep', 'Status': 'Enabled', 'Filter': {'Prefix': ''},"
            "'AbortIncompleteMultipartUpload': {'DaysAfterInitiation': 7},"
            "'Expiration': {'Days': 9}, 'NoncurrentVersionExpiration': {'NoncurrentDays': 3}}]}",
            logs, "LifecycleConfiguration");
    ck_want(&g,
            "{'Role': '${iam_role/logs-replication.arn}', 'Rules': [{'ID': 'to-us-east-1',"
            "'Priority': 1, 'Status': 'Enabled', 'Filter': {'Prefix': ''},"
            "'DeleteMarkerReplication': {'Status': 'Enabled'},"
            "'SourceSelectionCriteria': {'ReplicaModifications': {'Status': 'Enabled'}},"
            "'Destination': {'Bucket': '${s3_bucket/logs@us-east-1.arn}',"
            "'ReplicationTime': {'Status': 'Enabled', 'Time': {'Minutes': 15}},"
            "'Metrics': {'Status': 'Enabled', 'EventThreshold': {'Minutes': 15}}}}]}",
            "s3_replication/logs@us-east-2", "ReplicationConfiguration");
    ck_want(&g,
            "[{'ID': 'to-us-east-2', 'Priority': 1, 'Status': 'Enabled', 'Filter': {'Prefix': ''},"
            "'DeleteMarkerReplication': {'Status': 'Disabled'},"
            "'Destination': {'Bucket': '${s3_bucket/one@us-east-2.arn}'}}]",
            "s3_replication/one@us-east-1", "ReplicationConfiguration", "Rules");
    ck_assert_uint_eq(graph_find(&g, "s3_replication/one@us-east-2"), SIZE_MAX);
    ck_assert_uint_eq(graph_find(&g, "s3_replication/none@us-east-1"), SIZE_MAX);
    ck_assert_uint_eq(graph_find(&g, "iam_role/none-replication"), SIZE_MAX);
    ck_assert_ptr_null(want_of(&g, "s3_replication/one@us-east-1", "Tags"));
    graph_clear(&g);
}
END_TEST

START_TEST(test_replication_role)
{
    struct graph g = graph_of("{" TWO ", 'buckets': {'l': {'replicate': 'to-secondary'}}}");
    const char *role = "iam_role/l-replication";
    ck_want(&g, "'l-replication-demo'", role, "RoleName");
    ck_want(&g,
            "{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow',"
            "'Principal': {'Service': 's3.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]}",
            role, "AssumeRolePolicyDocument");
    ck_want(&g,
            "{'s3-demo': {'Version': '2012-10-17', 'Statement': ["
            "{'Sid': 'Source', 'Effect': 'Allow',"
            "'Action': ['s3:GetReplicationConfiguration', 's3:ListBucket'],"
            "'Resource': ['arn:aws:s3:::l-us-east-1-123456789012-demo']},"
            "{'Sid': 'SourceObjects', 'Effect': 'Allow', 'Action': ['s3:GetObjectVersionAcl',"
            "'s3:GetObjectVersionForReplication', 's3:GetObjectVersionTagging'],"
            "'Resource': ['arn:aws:s3:::l-us-east-1-123456789012-demo/*']},"
            "{'Sid': 'Destination', 'Effect': 'Allow', 'Action': ['s3:ReplicateDelete',"
            "'s3:ReplicateObject', 's3:ReplicateTags'],"
            "'Resource': ['arn:aws:s3:::l-us-east-2-123456789012-demo/*']}]}}",
            role, "Policies");
    graph_clear(&g);
}
END_TEST

START_TEST(test_parameters)
{
    struct topology *t = load(
        "{" TWO ", 'tables': {'t': {'key': 'id'}}, 'queues': {'q': {}}, 'buckets': {'b': "
        "{'replicate': 'none'}}, 'roles': {'r': {'for': 'ec2'}, 's': {'for': 'ecs', 'scope': "
        "'regional'}}, 'parameters': {'app/all': {'value': '{region} {other_region} {account} "
        "{suffix} {table:t} {queue:q} {dead_letters:q} {bucket:b} {parameter:x} {role:r} "
        "{role:s}'}, 'x': {'values': {'primary': '{{not}', 'secondary': '${no.reference}'}}, "
        "'pw': {'secret': {'environment': 'PW'}}, 'two': {'secrets': {'primary': {'file': "
        "'/a'}, 'secondary': {'file': '/b'}}}}}");
    json_auto_t *listed = topology_secrets(t);
    json_auto_t *expected = unit_json(
        "[{'environment': 'PW', 'pointer': '/parameters/pw/secret'},"
        "{'file': '/a', 'pointer': '/parameters/two/secrets/primary'},"
        "{'file': '/b', 'pointer': '/parameters/two/secrets/secondary'}]");
    ck_assert_json_eq(listed, expected);
    json_auto_t *secrets = unit_json("{'/parameters/pw/secret': 'a${b}',"
                                     "'/parameters/two/secrets/primary': 'one',"
                                     "'/parameters/two/secrets/secondary': 'two'}");
    struct graph g = expand(t, secrets);
    ck_want(&g,
            "'us-east-2 us-east-1 123456789012 demo ${dynamodb_table/t@us-east-1.name} "
            "${sqs_queue/q@us-east-2.url} ${sqs_queue/q-dlq@us-east-2.url} "
            "${s3_bucket/b@us-east-2.name} ${ssm_parameter/x@us-east-2.name} ${iam_role/r.arn} "
            "${iam_role/s-us-east-2.arn}'",
            "ssm_parameter/app/all@us-east-2", "Value");
    ck_want(&g, "'/app-demo/all'", "ssm_parameter/app/all@us-east-1", "Name");
    ck_want(&g, "'{not}'", "ssm_parameter/x@us-east-1", "Value");
    ck_want(&g, "'$${no.reference}'", "ssm_parameter/x@us-east-2", "Value");
    ck_want(&g, "'SecureString'", "ssm_parameter/pw@us-east-2", "Type");
    ck_want(&g, "'a$${b}'", "ssm_parameter/pw@us-east-2", "Value");
    ck_want(&g, "'two'", "ssm_parameter/two@us-east-2", "Value");
    graph_clear(&g);
    topology_unref(t);
}
END_TEST

START_TEST(test_secrets_missing)
{
    struct topology *t = load("{" TWO ", 'parameters': {'a': {'secret': {'environment': 'PW'}}, "
                              "'b': {'secret': {'file': '/b'}}, 'c': {'secret': {'file': '/c'}}}}");
    json_auto_t *secrets = unit_json("{'/parameters/c/secret': ''}");
    struct graph g;
    struct problems problems = { 0 };
    ck_assert_int_ne(topology_expand(t, ACCOUNT, secrets, &g, &problems), 0);
    autofree char *said = problems_text(&problems);
    ck_assert_str_eq(said,
                     "/parameters/a/secret: the environment variable PW is not set. Set it where "
                     "drd is started.\n"
                     "/parameters/b/secret: the file /b could not be read. drd's user must be able "
                     "to read it.\n"
                     "/parameters/c/secret: the secret has 0 bytes; SSM allows 1 to 8192\n");
    problems_clear(&problems);
    topology_unref(t);
}
END_TEST

START_TEST(test_roles)
{
    struct graph g = graph_of(
        "{" TWO ", 'permissions_boundary': 'arn:aws:iam::1:policy/b', 'tables': {'t': {'key': "
        "'id', 'indexes': {'idx': {'key': 'x'}}}}, 'parameters': {'p/w': {'secret': {'file': "
        "'/x'}}}, 'roles': {'r': {'for': 'ecs', 'scope': 'regional', 'description': 'mine', "
        "'uses': [{'table': 't', 'access': 'read_write'}, {'parameter': 'p/w', 'access': "
        "'read'}]}}}");
    const char *role = "iam_role/r-us-east-2";
    ck_want(&g, "'r-us-east-2-demo'", role, "RoleName");
    ck_want(&g, "'mine'", role, "Description");
    ck_want(&g, "'arn:aws:iam::1:policy/b'", role, "PermissionsBoundary");
    ck_want(&g,
            "[{'Effect': 'Allow', 'Principal': {'Service': 'ecs-tasks.amazonaws.com'},"
            "'Action': 'sts:AssumeRole',"
            "'Condition': {'StringEquals': {'aws:SourceAccount': '123456789012'}}}]",
            role, "AssumeRolePolicyDocument", "Statement");
    ck_want(&g,
            "['arn:aws:dynamodb:us-east-2:123456789012:table/t-demo',"
            "'arn:aws:dynamodb:us-east-2:123456789012:table/t-demo/index/idx']",
            role, "Policies", "dynamodb-demo", "Statement", "0", "Resource");
    ck_want(&g, "['arn:aws:dynamodb:us-east-2:123456789012:table/t-demo']", role, "Policies",
            "dynamodb-demo", "Statement", "1", "Resource");
    ck_want(&g, "['arn:aws:ssm:us-east-2:123456789012:parameter/p-demo/w']", role, "Policies",
            "ssm-demo", "Statement", "0", "Resource");
    ck_want(&g,
            "{'StringEquals': {'kms:ViaService': 'ssm.us-east-2.amazonaws.com',"
            "'kms:EncryptionContext:PARAMETER_ARN':"
            "'arn:aws:ssm:us-east-2:123456789012:parameter/p-demo/w'}}",
            role, "Policies", "kms-demo", "Statement", "0", "Condition");
    ck_assert_uint_eq(graph_find(&g, "iam_policy/permissions-boundary"), SIZE_MAX);
    graph_clear(&g);
    g = graph_of("{" TWO ", 'permissions_boundary': 'none', 'roles': {'r': {'for': 'ec2'}}}");
    ck_assert_ptr_null(want_of(&g, "iam_role/r", "PermissionsBoundary"));
    graph_clear(&g);
}
END_TEST

static void check_resource(const json_t *resource)
{
    for (size_t i = 0; i < json_array_size(resource); i++) {
        const char *arn = json_string_value(json_array_get(resource, i));
        ck_assert(str_prefix(arn, "arn:aws:"));
        /* Named to the last letter; a star only for the objects in a named bucket. */
        const char *star = strchr(arn, '*');
        ck_assert(star == NULL || (str_prefix(arn, "arn:aws:s3:::") && str_suffix(arn, "-demo/*") &&
                                   star == arn + strlen(arn) - 1));
    }
}

/* R9: least privilege, in every role of the example. */
START_TEST(test_no_wildcards)
{
    autofree char *text = read_file("config/examples/payments.json");
    struct graph g = graph_of(text);
    unsigned n = 0;
    for (size_t i = 0; i < g.n; i++) {
        const char *name;
        json_t *policy, *statement;
        size_t j;
        if (!str_eq(g.items[i].kind, "iam_role"))
            continue;
        ck_want(&g, "'${iam_policy/permissions-boundary.arn}'", g.items[i].id,
                "PermissionsBoundary");
        json_object_foreach(json_object_get(g.items[i].want, "Policies"), name, policy)
            json_array_foreach(json_object_get(policy, "Statement"), j, statement)
        {
            const json_t *actions = json_object_get(statement, "Action");
            for (size_t k = 0; k < json_array_size(actions); k++)
                ck_assert_ptr_null(strchr(json_string_value(json_array_get(actions, k)), '*'));
            ck_assert_uint_gt(json_array_size(json_object_get(statement, "Resource")), 0);
            check_resource(json_object_get(statement, "Resource"));
            n++;
        }
    }
    ck_assert_uint_gt(n, 15);
    graph_clear(&g);
}
END_TEST

static bool matches_one(const json_t *patterns, const char *text)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(patterns); i++)
        found = found || fnmatch(json_string_value(json_array_get(patterns, i)), text, 0) == 0;
    return found;
}

/* Whether one statement of the boundary allows the action on the resource. */
static bool within(const json_t *boundary, const char *action, const char *resource)
{
    const json_t *statements = json_object_get(boundary, "Statement");
    bool found = false;
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *one = json_array_get(statements, i);
        found = found || (matches_one(json_object_get(one, "Action"), action) &&
                          matches_one(json_object_get(one, "Resource"), resource));
    }
    return found;
}

static unsigned check_within(const json_t *boundary, const json_t *role)
{
    unsigned n = 0;
    const char *name;
    json_t *policy, *statement, *action, *resource;
    size_t i, j, k;
    json_object_foreach(json_object_get(role, "Policies"), name, policy)
        json_array_foreach(json_object_get(policy, "Statement"), i, statement)
            json_array_foreach(json_object_get(statement, "Action"), j, action)
                json_array_foreach(json_object_get(statement, "Resource"), k, resource)
    {
        ck_assert_msg(within(boundary, json_string_value(action), json_string_value(resource)),
                      "the boundary forbids %s on %s", json_string_value(action),
                      json_string_value(resource));
        n++;
    }
    return n;
}

/* A boundary that forbids what a role was given would be found in production only. */
START_TEST(test_boundary_is_no_tighter_than_roles)
{
    autofree char *text = read_file("config/examples/payments.json");
    const char *const texts[] = {
        text, "{" TWO ", 'queues': {'q': {'fifo': true}}, 'parameters': {'p': {'secret': {'file': "
              "'/x'}}}, 'buckets': {'b': {}}, 'roles': {'r': {'for': 'lambda', 'uses': [{'queue': "
              "'q', 'access': 'send'}, {'dead_letters': 'q', 'access': 'consume'}, {'parameter': "
              "'p', 'access': 'read'}, {'bucket': 'b', 'access': 'read_write'}]}}}"
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct graph g = graph_of(texts[i]);
        const json_t *boundary = want_of(&g, "iam_policy/permissions-boundary", "PolicyDocument",
                                         NULL);
        unsigned n = 0;
        for (size_t j = 0; j < g.n; j++)
            if (str_eq(g.items[j].kind, "iam_role"))
                n += check_within(boundary, g.items[j].want);
        ck_assert_uint_gt(n, 20);
        ck_assert(!within(boundary, "dynamodb:PutItem",
                          "arn:aws:dynamodb:us-east-1:123456789012:table/payments-prod"));
        ck_assert(!within(boundary, "dynamodb:PutItem",
                          "arn:aws:dynamodb:eu-west-1:123456789012:table/payments-demo"));
        ck_assert(!within(boundary, "dynamodb:DeleteTable",
                          "arn:aws:dynamodb:us-east-1:123456789012:table/payments-demo"));
        graph_clear(&g);
    }
}
END_TEST

/* One role for both regions: a secret is decrypted in each under its own condition. */
START_TEST(test_conditions_stay_apart)
{
    struct graph g = graph_of("{" TWO ", 'parameters': {'p': {'secret': {'file': '/x'}}}, 'roles': "
                              "{'r': {'for': 'ec2', 'uses': [{'parameter': 'p', 'access': "
                              "'read'}]}}}");
    const json_t *statements = want_of(&g, "iam_role/r", "Policies", "kms-demo", "Statement", NULL);
    ck_assert_uint_eq(json_array_size(statements), 2);
    ck_want(&g, "'DecryptP2'", "iam_role/r", "Policies", "kms-demo", "Statement", "1", "Sid");
    ck_want(&g, "['arn:aws:kms:us-east-2:123456789012:key/*']", "iam_role/r", "Policies",
            "kms-demo", "Statement", "1", "Resource");
    graph_clear(&g);
}
END_TEST

START_TEST(test_outputs)
{
    struct topology *t = load(
        "{" TWO ", 'tables': {'t': {'key': 'id'}}, 'queues': {'q': {}, 'n': {'dead_letter': "
        "{'after': 0}}}, 'roles': {'r': {'for': 'ec2'}, 's': {'for': 'ec2', 'scope': "
        "'regional'}}, 'outputs': {'mine': 'in {region}'}}");
    json_auto_t *outputs = topology_outputs(t, ACCOUNT);
    json_auto_t *expected = unit_json(
        "{'regions': {'primary': 'us-east-1', 'secondary': 'us-east-2'},"
        "'tables': {'t': {'name': '${dynamodb_table/t@us-east-1.name}',"
        "'arn': '${dynamodb_table/t@us-east-1.arn}'}}, 'buckets': {},"
        "'queues': {'q': {'us-east-1': '${sqs_queue/q@us-east-1.url}',"
        "'us-east-2': '${sqs_queue/q@us-east-2.url}'},"
        "'n': {'us-east-1': '${sqs_queue/n@us-east-1.url}',"
        "'us-east-2': '${sqs_queue/n@us-east-2.url}'}},"
        "'dead_letters': {'q': {'us-east-1': '${sqs_queue/q-dlq@us-east-1.url}',"
        "'us-east-2': '${sqs_queue/q-dlq@us-east-2.url}'}}, 'parameters': {},"
        "'roles': {'r': '${iam_role/r.arn}', 's': {'us-east-1': '${iam_role/s-us-east-1.arn}',"
        "'us-east-2': '${iam_role/s-us-east-2.arn}'}},"
        "'outputs': {'mine': {'us-east-1': 'in us-east-1', 'us-east-2': 'in us-east-2'}}}");
    ck_assert_json_eq(outputs, expected);
    topology_unref(t);
}
END_TEST

/* Random valid configurations */

static json_t *random_section(struct random *r, const char *word, const char *const *values,
                              size_t n_values)
{
    json_t *section = json_object();
    for (uint64_t n = random_below(r, 5); n > 0; n--) {
        autofree char *name = xasprintf("%s%u", word, (unsigned)random_below(r, 100));
        json_object_set_new(section, name, unit_json(values[random_below(r, n_values)]));
    }
    return section;
}

/* Uses for a role: of what this document has. */
static json_t *random_uses(struct random *r, const json_t *document)
{
    static const char *const uses[][3] = { { "tables", "table", "read_write" },
                                           { "tables", "table", "read" },
                                           { "queues", "queue", "consume" },
                                           { "buckets", "bucket", "write" },
                                           { "parameters", "parameter", "read" } };
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
        json_t *section = json_object_get(document, uses[i][0]), *value;
        const char *name;
        json_object_foreach(section, name, value) if (random_below(r, 2) == 0)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", uses[i][1], name, "access", uses[i][2]));
    }
    return list;
}

static json_t *random_document(struct random *r)
{
    static const char *const tables[] = {
        "{'key': 'a'}",
        "{'key': 'a', 'sort_key': 'b:number', 'consistency': 'strong'}",
        "{'key': 'a:binary', 'ttl': 'c', 'indexes': {'by-d': {'key': 'd'}}}",
        "{'key': 'a', 'recoverable': false, 'mode': 'observe', '//': 'text'}",
    };
    static const char *const buckets[] = { "{}", "{'replicate': 'none'}", "{'expire_days': 5}",
                                           "{'replicate': 'to-secondary', 'adopt': true}" };
    static const char *const queues[] = { "{}", "{'fifo': true}", "{'dead_letter': {'after': 0}}",
                                          "{'retention_s': 60, 'visibility_s': 0}" };
    static const char *const parameters[] = { "{'value': 'x'}", "{'value': '{region} {{ } {1}'}",
                                              "{'values': {'primary': '1', 'secondary': '2'}}",
                                              "{'secret': {'environment': 'X'}}" };
    json_t *document = unit_json("{" THREE "}");
    json_object_set_new(document, "tables", random_section(r, "t", tables, ARRAY_SIZE(tables)));
    json_object_set_new(document, "buckets", random_section(r, "b", buckets, ARRAY_SIZE(buckets)));
    json_object_set_new(document, "queues", random_section(r, "q", queues, ARRAY_SIZE(queues)));
    json_object_set_new(document, "parameters",
                        random_section(r, "p/", parameters, ARRAY_SIZE(parameters)));
    json_object_set_new(document, "roles",
                        json_pack("{s:{s:s, s:s, s:o}}", "role", "for", "lambda", "scope",
                                  random_below(r, 2) == 0 ? "global" : "regional", "uses",
                                  random_uses(r, document)));
    return document;
}

/* The tags say whose a resource is, and references lead to what comes earlier. */
static void check_graph(const struct graph *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct resource *r = &g->items[i];
        const json_t *tags = json_object_get(r->want, "Tags");
        ck_assert_uint_eq(graph_find(g, r->id), i);
        ck_assert(tags != NULL || str_eq(r->kind, "s3_replication"));
        if (tags != NULL)
            ck_assert_str_eq(json_string_value(json_object_get(tags, "drd:environment")), "demo");
        for (size_t j = 0; j < r->n_needs; j++)
            ck_assert_uint_lt(r->needs[j], i);
    }
}

START_TEST(test_random_configurations)
{
    const char *given = getenv("DRD_SEED");
    uint64_t seed = given == NULL ? 20261122 : strtoull(given, NULL, 10);
    struct random r;
    printf("DRD_SEED=%" PRIu64 "\n", seed);
    random_seed(&r, seed);
    for (unsigned i = 0; i < 300; i++) {
        json_auto_t *document = random_document(&r);
        autofree char *text = json_dumps(document, 0);
        struct graph g = graph_of(text), again = graph_of(text);
        autofree char *first = outline(&g), *second = outline(&again);
        check_graph(&g);
        ck_assert_str_eq(first, second);
        graph_clear(&g);
        graph_clear(&again);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_examples_outline,
        test_bad_input,
        test_bad_bytes,
        test_byte_order_mark_is_skipped,
        test_accessors,
        test_wrong_account,
        test_strong_table,
        test_eventual_table,
        test_queues,
        test_buckets,
        test_replication_role,
        test_parameters,
        test_secrets_missing,
        test_roles,
        test_no_wildcards,
        test_boundary_is_no_tighter_than_roles,
        test_conditions_stay_apart,
        test_outputs,
        test_random_configurations,
    };
    return unit_run("topology", tests, ARRAY_SIZE(tests));
}
