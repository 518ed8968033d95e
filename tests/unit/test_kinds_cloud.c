/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind against the sandbox's cloud: from nothing to in sync, after a careless human, and back
 * to nothing, with no engine in between. The wants are those of the cases "in_sync". */
#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"
#include "tests/cases/case.h"
#include "tests/sandbox/service.h"
#include "tests/unit/unit.h"

enum { STEPS_MAX = 120 };

static const enum region regions[] = { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 };

struct world {
    struct cloud *cloud;
    struct caller caller;
    struct now now;
};

static void world_init(struct world *w)
{
    const struct cloud_settings settings = { .regions = regions,
                                             .n_regions = ARRAY_SIZE(regions),
                                             .seed = 7 };
    *w = (struct world){ .cloud = cloud_new(&settings),
                         .now = { .boot = HOURS(1), .wall = { 1790000000000 } } };
    cloud_add_user(w->cloud, "drd", "AKIDEXAMPLE", "secret", NULL);
    w->caller = cloud_caller(w->cloud, "AKIDEXAMPLE", "127.0.0.1");
}

static void pass(struct world *w, msec_t ms)
{
    w->now.boot += ms;
    w->now.wall.ms += ms;
}

static bool served(const struct kind *kind)
{
    for (const struct service *const *s = services; *s != NULL; s++)
        if (str_eq((*s)->name, kind->service))
            return true;
    return false;
}

static struct answer ask(struct world *w, const struct call *call)
{
    pass(w, SECONDS(1));
    return cloud_call(w->cloud, &w->caller, call, w->now);
}

static void read_all(struct world *w, const struct verdict *v, json_t *facts)
{
    for (size_t i = 0; i < v->calls.n; i++) {
        const struct call *call = &v->calls.items[i];
        struct answer a = ask(w, call);
        if (a.class == AWS_OK || a.class == AWS_NOT_FOUND)
            json_object_set_new(facts, call->slot, fact_new(&a));
        else
            ck_assert_msg(aws_class_retryable(a.class), "%s: %s %s", call->op->name, a.code,
                          a.message);
        answer_clear(&a);
    }
}

/* Steps a resource until it is done; how many writes that took. */
static unsigned converge(struct world *w, const struct kind *kind, const struct subject *subject,
                         json_t **ret_outputs)
{
    json_t *facts = json_object();
    unsigned writes = 0;
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        struct verdict v = kind_step(kind, subject, facts);
        ck_assert_msg(v.kind != VERDICT_BLOCKED, "%s: %s", kind->name, v.reason);
        if (v.kind == VERDICT_READ)
            read_all(w, &v, facts);
        if (v.kind == VERDICT_WRITE || v.kind == VERDICT_WAIT)
            json_object_clear(facts);
        if (v.kind == VERDICT_WAIT)
            pass(w, v.wait);
        if (v.kind == VERDICT_WRITE) {
            struct answer a = ask(w, &v.calls.items[0]);
            bool again = a.class == AWS_IN_PROGRESS || a.class == AWS_CONFLICT ||
                         aws_class_retryable(a.class);
            ck_assert_msg(a.class == AWS_OK || again, "%s %s: %s %s", kind->name,
                          v.calls.items[0].op->name, a.code, a.message);
            writes += a.class == AWS_OK ? 1 : 0;
            pass(w, kind->settle); /* eventual reads */
            answer_clear(&a);
        }
        bool done = v.kind == VERDICT_DONE;
        if (done && ret_outputs != NULL)
            *ret_outputs = json_incref(v.outputs);
        verdict_clear(&v);
        if (done) {
            json_decref(facts);
            return writes;
        }
    }
    ck_abort_msg("%s does not come to an end", kind->name);
}

static struct test_case load_case(const char *kind, const char *name)
{
    const char *root = getenv("DRD_SOURCE");
    autofree char *directory = xasprintf("%s/tests/cases", root != NULL ? root : ".");
    struct test_case c;
    ck_assert(case_load(directory, kind, name, &c));
    if (str_eq(kind, "iam_role")) /* the sandbox knows no policies of AWS's own */
        pointer_put(c.subject, "/want/AttachedPolicies",
                    json_pack("[s]", "arn:aws:iam::123456789012:policy/boundary-demo"));
    return c;
}

static void make(struct world *w, const char *kind, enum region region, json_t *want)
{
    const struct subject subject = { .id = "stage",
                                     .environment = "demo",
                                     .account = "123456789012",
                                     .region = region,
                                     .want = want };
    converge(w, kind_find(kind), &subject, NULL);
    json_decref(want);
}

static json_t *owned(const char *id)
{
    return json_pack("{s:s, s:s}", "drd:environment", "demo", "drd:resource", id);
}

/* What the resources of the cases refer to. */
static void set_stage(struct world *w, const struct kind *kind)
{
    if (str_eq(kind->name, "sqs_queue"))
        make(w, kind->name, REGION_US_EAST_2,
             json_pack("{s:s, s:o}", "QueueName", "orders-dead-demo", "Tags", owned("dead")));
    if (str_eq(kind->name, "table_settings")) {
        struct test_case c = load_case("dynamodb_table", "in_sync");
        make(w, "dynamodb_table", REGION_US_EAST_1,
             json_incref(json_object_get(c.subject, "want")));
        case_clear(&c);
    }
    if (str_eq(kind->name, "iam_role"))
        make(w, "iam_policy", REGION_US_EAST_1,
             json_pack("{s:s, s:s, s:o, s:o}", "PolicyName", "boundary-demo", "Path", "/",
                       "PolicyDocument",
                       unit_json("{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow',"
                                 " 'Action': 'sqs:*', 'Resource': '*'}]}"),
                       "Tags", owned("boundary")));
}

START_TEST(from_nothing_and_back)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        if (!served(*k) || str_eq((*k)->name, "s3_replication"))
            continue;
        struct world w;
        world_init(&w);
        set_stage(&w, *k);
        struct test_case c = load_case((*k)->name, "in_sync");
        struct subject subject = case_subject(&c);
        json_t *outputs = NULL;
        ck_assert_uint_gt(converge(&w, *k, &subject, NULL), 0);
        ck_assert_msg(converge(&w, *k, &subject, &outputs) == 0, "%s: not quiet", (*k)->name);
        ck_assert(json_object_size(outputs) > 0);
        json_decref(outputs);
        subject.goal = GOAL_ABSENT;
        ck_assert_uint_gt(converge(&w, *k, &subject, NULL), 0);
        ck_assert_uint_eq(converge(&w, *k, &subject, NULL), 0);
        case_clear(&c);
        cloud_free(w.cloud);
    }
}
END_TEST

/* Changing want is what a careless human looks like from the other side: each settable text or
 * number is set to another value and back, one write each. */
static void vary(struct world *w, const struct kind *kind, struct test_case *c, const char *pointer,
                 json_t *value)
{
    json_t *want = json_object_get(c->subject, "want");
    json_auto_t *before = json_deep_copy(pointer_get(want, pointer));
    const struct subject subject = case_subject(c);
    pointer_put(want, pointer, value);
    ck_assert_msg(converge(w, kind, &subject, NULL) == 1, "%s %s", kind->name, pointer);
    ck_assert_uint_eq(converge(w, kind, &subject, NULL), 0);
    pointer_put(want, pointer, json_incref(before));
    ck_assert_uint_eq(converge(w, kind, &subject, NULL), 1);
}

static const struct {
    const char *kind, *pointer, *value;
} variations[] = {
    { "iam_role", "/Description", "'other'" },
    { "iam_role", "/MaxSessionDuration", "3600" },
    { "iam_role", "/AttachedPolicies", "[]" },
    { "iam_role", "/Policies/logs",
      "{'Version': '2012-10-17', 'Statement': {'Effect': 'Deny', 'Action': 'sqs:*', 'Resource': "
      "'*'}}" },
    { "iam_policy", "/PolicyDocument/Version", "'2008-10-17'" },
    { "sqs_queue", "/Attributes/VisibilityTimeout", "31" },
    { "sqs_queue", "/Attributes/MaximumMessageSize", "1024" },
    { "sqs_queue", "/Attributes/SqsManagedSseEnabled", "false" },
    { "sqs_queue", "/Attributes/RedrivePolicy/maxReceiveCount", "9" },
    { "sqs_queue", "/Tags/team", "'other'" },
    { "s3_bucket", "/VersioningConfiguration/Status", "'Suspended'" },
    { "s3_bucket", "/PublicAccessBlockConfiguration/BlockPublicAcls", "false" },
    { "s3_bucket", "/ServerSideEncryptionConfiguration/Rules",
      "[{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'aws:kms'}}]" },
    { "dynamodb_table", "/TableClass", "'STANDARD_INFREQUENT_ACCESS'" },
    { "table_settings", "/DeletionProtectionEnabled", "false" },
    { "table_settings", "/PointInTimeRecoverySpecification/RecoveryPeriodInDays", "7" },
    { "ssm_parameter", "/Value", "'other'" },
    { "ssm_parameter", "/Description", "'other'" },
};

START_TEST(each_variation_is_one_write)
{
    for (size_t i = 0; i < ARRAY_SIZE(variations); i++) {
        const struct kind *kind = kind_find(variations[i].kind);
        if (!served(kind))
            continue;
        struct world w;
        world_init(&w);
        set_stage(&w, kind);
        struct test_case c = load_case(kind->name, "in_sync");
        const struct subject subject = case_subject(&c);
        converge(&w, kind, &subject, NULL);
        vary(&w, kind, &c, variations[i].pointer, unit_json(variations[i].value));
        case_clear(&c);
        cloud_free(w.cloud);
    }
}
END_TEST

/* One call that changes something behind drd's back. */
static void meddle(struct world *w, const char *operation, enum region region, json_t *args)
{
    struct call call = call_new(operation, region, args, NULL);
    struct answer a = ask(w, &call);
    ck_assert_msg(a.class == AWS_OK, "%s: %s %s", operation, a.code, a.message);
    answer_clear(&a);
    call_clear(&call);
    pass(w, MINUTES(30));
}

/* Replica and witness come and go together. */
START_TEST(strongly_consistent_table)
{
    struct world w;
    world_init(&w);
    struct test_case c = load_case("dynamodb_table", "strong_in_sync");
    struct subject subject = case_subject(&c);
    converge(&w, c.kind, &subject, NULL);
    ck_assert_uint_eq(converge(&w, c.kind, &subject, NULL), 0);
    subject.goal = GOAL_ABSENT;
    ck_assert_uint_eq(converge(&w, c.kind, &subject, NULL), 2);
    case_clear(&c);
    cloud_free(w.cloud);
}
END_TEST

/* The other region's replica is removed, then the home region's own: each comes back with one
 * write, and no table is made anew. */
START_TEST(lost_replicas_come_back)
{
    static const struct {
        enum region from;
        const char *lost;
    } losses[] = { { REGION_US_EAST_1, "us-east-2" }, { REGION_US_EAST_2, "us-east-1" } };
    struct world w;
    world_init(&w);
    struct test_case c = load_case("dynamodb_table", "in_sync");
    struct subject subject = case_subject(&c);
    converge(&w, c.kind, &subject, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
        if (i == 1) /* what table_settings does for the replica */
            meddle(&w, "dynamodb:TagResource", REGION_US_EAST_2,
                   json_pack("{s:s, s:[{s:s, s:s}]}", "ResourceArn",
                             "arn:aws:dynamodb:us-east-2:123456789012:table/orders-demo", "Tags",
                             "Key", "drd:environment", "Value", "demo"));
        meddle(&w, "dynamodb:UpdateTable", losses[i].from,
               json_pack("{s:s, s:[{s:{s:s}}]}", "TableName", "orders-demo", "ReplicaUpdates",
                         "Delete", "RegionName", losses[i].lost));
        /* What comes back in the home region has no tags and, in its own region, no key. */
        unsigned writes = converge(&w, c.kind, &subject, NULL);
        ck_assert_msg(writes >= 1 && writes <= 3, "%s: %u writes", losses[i].lost, writes);
        ck_assert_uint_eq(converge(&w, c.kind, &subject, NULL), 0);
    }
    case_clear(&c);
    cloud_free(w.cloud);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { from_nothing_and_back, each_variation_is_one_write,
                                   strongly_consistent_table, lost_replicas_come_back };
    return unit_run("kinds_cloud", tests, ARRAY_SIZE(tests));
}
