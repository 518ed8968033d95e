/* SPDX-License-Identifier: Apache-2.0 */
#include "config/topology.h"
#include "daemon/brain/grants.h"
#include "tests/unit/unit.h"

static const char example[] =
    "{\"suffix\": \"t\", \"regions\": {\"primary\": \"us-east-1\", \"secondary\": \"us-east-2\"},"
    " \"tables\": {\"a\": {\"key\": \"id\"}}, \"queues\": {\"q\": {}},"
    " \"buckets\": {\"b\": {\"replicate\": \"both\"}}}";

static json_t *policy_of(const char *mode_name)
{
    struct topology *t;
    struct problems problems = { 0 };
    struct graph graph = { 0 };
    enum grants_mode mode;
    ck_assert_int_eq(topology_load(example, sizeof example - 1, "t.json", &t, &problems), 0);
    ck_assert_int_eq(topology_expand(t, "123456789012", NULL, &graph, &problems), 0);
    ck_assert(grants_mode_parse(mode_name, &mode));
    json_t *policy = grants_policy(mode, &graph, "123456789012");
    graph_clear(&graph);
    topology_unref(t);
    problems_clear(&problems);
    return policy;
}

/* True when some statement allows the action on exactly this resource. */
static bool allows(const json_t *policy, const char *action, const char *resource)
{
    size_t i, k;
    const json_t *statement, *one;
    bool action_found = false, resource_found = false;
    json_array_foreach(json_object_get(policy, "Statement"), i, statement)
    {
        json_array_foreach(json_object_get(statement, "Action"), k, one)
            action_found |= str_eq(json_string_value(one), action);
        json_array_foreach(json_object_get(statement, "Resource"), k, one)
            resource_found |= str_eq(json_string_value(one), resource);
        if (action_found && resource_found)
            return true;
        action_found = resource_found = false;
    }
    return false;
}

START_TEST(test_reconcile_names_what_it_may_touch)
{
    json_auto_t *policy = policy_of("reconcile");
    static const struct {
        const char *action, *resource;
    } rows[] = {
        { "sqs:CreateQueue", "arn:aws:sqs:us-east-2:123456789012:q-t" },
        { "sqs:TagQueue", "arn:aws:sqs:us-east-1:123456789012:q-t" },
        { "sqs:DeleteQueue", "arn:aws:sqs:us-east-1:123456789012:q-t" },
        { "dynamodb:CreateTableReplica", "arn:aws:dynamodb:us-east-2:123456789012:table/a-t" },
        { "dynamodb:DeleteTable", "arn:aws:dynamodb:us-east-2:123456789012:table/a-t" },
        { "s3:DeleteObjectVersion", "arn:aws:s3:::b-us-east-1-123456789012-t/*" },
        { "s3:PutReplicationConfiguration", "arn:aws:s3:::b-us-east-2-123456789012-t" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_msg(allows(policy, rows[i].action, rows[i].resource), "%s on %s", rows[i].action,
                      rows[i].resource);
    autofree char *text = json_dumps(policy, 0);
    ck_assert_msg(strstr(text, "\"Resource\": [\"*\"]") == NULL, "%s", text);
    ck_assert_msg(strstr(text, "${") == NULL, "a reference is left: %s", text);
    ck_assert_ptr_nonnull(strstr(text, "iam:PassedToService"));
    ck_assert_ptr_nonnull(strstr(text, "iam:CreateServiceLinkedRole"));
}
END_TEST

START_TEST(test_observe_only_reads)
{
    json_auto_t *policy = policy_of("observe");
    size_t i, k;
    const json_t *statement, *action;
    ck_assert(allows(policy, "sqs:GetQueueAttributes", "arn:aws:sqs:us-east-2:123456789012:q-t"));
    json_array_foreach(json_object_get(policy, "Statement"), i, statement)
        json_array_foreach(json_object_get(statement, "Action"), k, action)
    {
        const char *verb = strchr(json_string_value(action), ':') + 1;
        ck_assert_msg(str_prefix(verb, "Get") || str_prefix(verb, "List") ||
                          str_prefix(verb, "Describe"),
                      "%s", json_string_value(action));
    }
}
END_TEST

START_TEST(test_failover_is_data_plane)
{
    json_auto_t *policy = policy_of("failover");
    ck_assert(!allows(policy, "sqs:CreateQueue", "arn:aws:sqs:us-east-2:123456789012:q-t"));
    enum grants_mode mode;
    ck_assert(!grants_mode_parse("everything", &mode));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_reconcile_names_what_it_may_touch, test_observe_only_reads,
                                   test_failover_is_data_plane };
    return unit_run("grants", tests, ARRAY_SIZE(tests));
}
