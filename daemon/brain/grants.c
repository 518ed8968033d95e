/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/grants.h"

#include "aws/permission.h"
#include "reconcilers/kind.h"

bool grants_mode_parse(const char *name, enum grants_mode *ret)
{
    static const char *const names[] = {
        [GRANTS_OBSERVE] = "observe",
        [GRANTS_RECONCILE] = "reconcile",
        [GRANTS_FAILOVER] = "failover",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_eq(names[i], name)) {
            *ret = (enum grants_mode)i;
            return true;
        }
    return false;
}

static bool granted(enum grants_mode mode, const struct operation *op)
{
    switch (mode) {
    case GRANTS_OBSERVE:
        return op->access == ACCESS_READ;
    case GRANTS_RECONCILE:
        return true;
    case GRANTS_FAILOVER:
        return op->plane == PLANE_DATA && op->access != ACCESS_DESTROY;
    }
    return false;
}

/* What is the same for all resources of one policy. */
struct view {
    enum grants_mode mode;
    const char *account;
    const json_t *outputs;
    json_t *grants; /* {action: {resource: true}} */
};

/* ---- the calls that a resource may need, as far as IAM looks at them ---- */

/* Operations name their resource in several ways; these stand for what a kind puts there. The
 * values may hold the placeholders of aws/operation.h, filled from want. */
static const struct alias {
    const char *kind, *member, *value;
} aliases[] = {
    { "dynamodb_table", "ResourceArn", "arn:aws:dynamodb:{region}:{account}:table/{TableName}" },
    { "iam_policy", "PolicyArn", "arn:aws:iam::{account}:policy/{Path:bare}{PolicyName}" },
    { "s3_bucket", "Key", "*" },
    { "sqs_queue", "QueueUrl", "{QueueName}" },
    { "ssm_parameter", "ResourceId", "{Name}" },
    { "table_settings", "ResourceArn", "arn:aws:dynamodb:{region}:{account}:table/{TableName}" },
};

/* What a reference to a resource will be, known before it exists. */
static const struct arn {
    const char *kind, *arn;
} arns[] = {
    { "dynamodb_table", "arn:aws:dynamodb:{region}:{account}:table/{TableName}" },
    { "iam_policy", "arn:aws:iam::{account}:policy/{Path:bare}{PolicyName}" },
    { "iam_role", "arn:aws:iam::{account}:role/{Path:bare}{RoleName}" },
    { "s3_bucket", "arn:aws:s3:::{Bucket}" },
    { "sqs_queue", "arn:aws:sqs:{region}:{account}:{QueueName}" },
};

/* {id: {"arn": …}} for every resource whose ARN follows from its name. */
static json_t *predicted_outputs(const struct graph *graph, const char *account)
{
    json_t *outputs = json_object();
    for (size_t i = 0; i < graph->n; i++) {
        const struct resource *r = &graph->items[i];
        for (size_t k = 0; k < ARRAY_SIZE(arns); k++) {
            if (!str_eq(arns[k].kind, r->kind))
                continue;
            json_auto_t *values = permission_expand(arns[k].arn, r->region, account, r->want);
            json_object_set_new(outputs, r->id,
                                json_pack("{s:O}", "arn", json_array_get(values, 0)));
        }
    }
    return outputs;
}

static void add_aliases(const struct resource *r, const char *account, json_t *args)
{
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
        if (!str_eq(aliases[i].kind, r->kind))
            continue;
        json_auto_t *values = permission_expand(aliases[i].value, r->region, account, args);
        json_object_set(args, aliases[i].member, json_array_get(values, 0));
    }
}

/* One replica more and one less, for each region that the table is to be in. */
static json_t *replica_updates(const json_t *regions)
{
    json_t *updates = json_array();
    for (size_t i = 0; i < json_array_size(regions); i++) {
        json_t *region = json_array_get(regions, i);
        json_array_append_new(updates, json_pack("{s:{s:O}, s:{s:O}}", "Create", "RegionName",
                                                 region, "Delete", "RegionName", region));
    }
    return updates;
}

/* Arguments that have every member on which IAM's view of a call depends. */
static json_t *args_of(const struct resource *r, const struct view *view)
{
    json_t *resolved = graph_resolve(r->want, view->outputs, NULL);
    json_auto_t *want = resolved != NULL ? resolved : json_incref(r->want);
    json_t *args = json_copy(want);
    const json_t *witness = json_object_get(args, "Witness");
    json_t *name = json_object_get(args, "Name");
    if (json_object_get(args, "Tags") != NULL)
        json_object_set(args, "tags", json_object_get(args, "Tags"));
    if (name != NULL)
        json_object_set_new(args, "Names", json_pack("[O]", name));
    if (json_object_get(args, "Replicas") != NULL)
        json_object_set_new(args, "ReplicaUpdates",
                            replica_updates(json_object_get(args, "Replicas")));
    if (witness != NULL)
        json_object_set_new(args, "GlobalTableWitnessUpdates",
                            json_pack("[{s:{s:O}, s:{s:O}}]", "Create", "RegionName", witness,
                                      "Delete", "RegionName", witness));
    if (str_eq(r->kind, "s3_bucket")) {
        json_object_set_new(args, "Delete",
                            json_pack("{s:[{s:s, s:s}]}", "Objects", "Key", "*", "VersionId", "*"));
        json_object_set_new(args, "CreateBucketConfiguration",
                            json_pack("{s:[{s:s, s:s}]}", "Tags", "Key", "*", "Value", "*"));
    }
    add_aliases(r, view->account, args);
    return args;
}

/* ---- collecting ---- */

static void add_operation(const struct view *view, const char *name, const struct resource *r,
                          enum region region)
{
    const struct operation *op = operation_get(name);
    if (!granted(view->mode, op))
        return;
    struct resource there = *r;
    there.region = region;
    json_auto_t *args = args_of(&there, view);
    json_auto_t *checks = permission_checks(op, region, view->account, args, NULL);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        const char *action = json_string_value(json_object_get(check, "action"));
        const char *arn = json_string_value(json_object_get(check, "resource"));
        json_t *resources = json_object_get(view->grants, action);
        if (resources == NULL) {
            resources = json_object();
            json_object_set_new(view->grants, action, resources);
        }
        json_object_set_new(resources, arn, json_true());
    }
}

static void add_kind(const struct view *view, const struct kind *kind, const struct resource *r,
                     enum region region)
{
    for (const struct read *read = kind->reads; read->slot != NULL; read++)
        add_operation(view, read->operation, r, region);
    for (const struct change *change = kind->changes; change->operation != NULL; change++)
        add_operation(view, change->operation, r, region);
    for (size_t i = 0; kind->also != NULL && kind->also[i] != NULL; i++)
        add_operation(view, kind->also[i], r, region);
}

/* A global table is looked at and taken down in every region that it is in. */
static void add_resource(const struct view *view, const struct resource *r)
{
    const struct kind *kind = kind_find(r->kind);
    const json_t *replicas = json_object_get(r->want, "Replicas");
    assert(kind != NULL);
    add_kind(view, kind, r, r->region);
    for (size_t i = 0; i < json_array_size(replicas); i++) {
        enum region region = region_parse(json_string_value(json_array_get(replicas, i)));
        if (region != REGION_NONE)
            add_kind(view, kind, r, region);
    }
}

/* ---- writing ---- */

static json_t *keys_sorted(const json_t *object)
{
    json_t *keys = json_array();
    const char *key;
    const json_t *ignored;
    json_object_foreach((json_t *)(uintptr_t)object, key, ignored)
    {
        size_t at = 0;
        while (at < json_array_size(keys) &&
               strcmp(json_string_value(json_array_get(keys, at)), key) < 0)
            at++;
        json_array_insert_new(keys, at, json_string(key));
    }
    return keys;
}

/* Which services a role may be handed to: AWS checks iam:PassRole with this condition key. */
static json_t *pass_role_condition(void)
{
    return json_pack("{s:{s:[s, s]}}", "StringEquals", "iam:PassedToService", "s3.amazonaws.com",
                     "lambda.amazonaws.com");
}

/* Actions that may be done on the same resources share a statement. */
static json_t *statements(const json_t *grants)
{
    json_t *list = json_array();
    json_auto_t *actions = keys_sorted(grants);
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *action = json_string_value(json_array_get(actions, i));
        json_auto_t *resources = keys_sorted(json_object_get(grants, action));
        bool pass = str_eq(action, "iam:PassRole");
        size_t k = 0;
        while (k < json_array_size(list) && !pass &&
               !json_equal(json_object_get(json_array_get(list, k), "Resource"), resources))
            k++;
        if (!pass && k < json_array_size(list)) {
            json_array_append_new(json_object_get(json_array_get(list, k), "Action"),
                                  json_string(action));
            continue;
        }
        json_t *condition = pass ? pass_role_condition() : NULL;
        json_array_append_new(list,
                              json_pack("{s:s, s:[s], s:O, s:o*}", "Effect", "Allow", "Action",
                                        action, "Resource", resources, "Condition", condition));
    }
    return list;
}

/* The first replica of an account makes DynamoDB's service-linked role in the caller's name. */
static void add_service_linked_role(json_t *list, const char *account)
{
    json_array_append_new(
        list, json_pack("{s:s, s:[s], s:[o], s:{s:{s:s}}}", "Effect", "Allow", "Action",
                        "iam:CreateServiceLinkedRole", "Resource",
                        json_sprintf("arn:aws:iam::%s:role/aws-service-role/replication.dynamodb."
                                     "amazonaws.com/AWSServiceRoleForDynamoDBReplication",
                                     account),
                        "Condition", "StringEquals", "iam:AWSServiceName",
                        "replication.dynamodb.amazonaws.com"));
}

json_t *grants_policy(enum grants_mode mode, const struct graph *graph, const char *account)
{
    json_auto_t *outputs = predicted_outputs(graph, account), *grants = json_object();
    const struct view view = { mode, account, outputs, grants };
    bool replicated = false;
    for (size_t i = 0; i < graph->n; i++) {
        add_resource(&view, &graph->items[i]);
        replicated |= json_object_get(graph->items[i].want, "Replicas") != NULL;
    }
    json_t *list = statements(grants);
    if (replicated && mode == GRANTS_RECONCILE)
        add_service_linked_role(list, account);
    return json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", list);
}
