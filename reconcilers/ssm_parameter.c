/* SPDX-License-Identifier: Apache-2.0 */
/* ssm_parameter: one parameter. The value of a SecureString is compared and never shown.
 * GetParameters is asked with one name and batched by the client; description and tier come from
 * DescribeParameters only. A parameter that is not there is an empty list, not an error.
 * PutParameter replaces the whole, so all values travel; with Overwrite it refuses tags. AWS
 * changes neither the type nor Advanced back to Standard: that needs a new parameter. Sources:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html,
 * API_GetParameters.html, API_DescribeParameters.html */
#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

static json_t *value(const struct scene *s)
{
    return json_pack("{s:[s], s:b}", "Names", resource_name(s), "WithDecryption", 1);
}

static json_t *description(const struct scene *s)
{
    return json_pack("{s:[{s:s, s:s, s:[s]}]}", "ParameterFilters", "Key", "Name", "Option",
                     "Equals", "Values", resource_name(s));
}

static json_t *tagged(const struct scene *s)
{
    return json_pack("{s:s, s:s}", "ResourceType", "Parameter", "ResourceId", resource_name(s));
}

static json_t *name(const struct scene *s)
{
    return json_pack("{s:s}", "Name", resource_name(s));
}

static json_t *whole(const struct scene *s)
{
    json_t *args = fields_wanted(s);
    json_object_set_new(args, "Name", json_string(resource_name(s)));
    if (resource_live(s, "value", "/Parameters/0/Name") != NULL) {
        json_object_del(args, "Tags");
        json_object_set_new(args, "Overwrite", json_true());
    }
    return args;
}

static const char *busy(const struct scene *s)
{
    const json_t *body = fact_body(s->facts, "description");
    return body != NULL && pointer_get(body, "/Parameters/0") == NULL
               ? "the parameter's description does not show yet"
               : NULL;
}

static const char *live_type(const struct scene *s)
{
    return resource_live(s, "value", "/Parameters/0/Type");
}

/* What PutParameter would be refused for, whatever else it carries. */
static bool refuse_type(const struct scene *s, struct verdict *ret)
{
    const char *live = live_type(s), *wanted = resource_want(s, "/Type");
    if (live == NULL || wanted == NULL || strcmp(live, wanted) == 0)
        return false;
    json_auto_t *live_text = json_string(live), *wanted_text = json_string(wanted);
    json_t *drift = NULL;
    drift_add(&drift, "/Type", wanted_text, live_text, false);
    *ret = verdict_blocked(drift, "differs in what is fixed at creation");
    ret->by_consent = true;
    return true;
}

static bool refuse_downgrade(const struct scene *s, struct verdict *ret)
{
    const json_t *live = pointer_get(fact_body(s->facts, "description"), "/Parameters/0/Tier");
    const json_t *wanted = json_object_get(s->subject->want, "Tier");
    if (!str_eq(json_string_value(live), "Advanced") ||
        !str_eq(json_string_value(wanted), "Standard"))
        return false;
    json_t *drift = NULL;
    drift_add(&drift, "/Tier", wanted, live, false);
    *ret = verdict_blocked(drift, "AWS turns no Advanced parameter into a Standard one");
    return true;
}

static bool refuse(const struct scene *s, struct verdict *ret)
{
    return refuse_type(s, ret) || refuse_downgrade(s, ret);
}

/* Of either side: what is a secret now stays one, also where plain text is wanted. */
static bool is_secret(const struct scene *s)
{
    return str_eq(resource_want(s, "/Type"), "SecureString") ||
           str_eq(live_type(s), "SecureString");
}

static json_t *report(const struct scene *s)
{
    const json_t *live = pointer_get(fact_body(s->facts, "value"), "/Parameters/0");
    return json_pack("{s:s, s:O*, s:O*}", "name", resource_name(s), "arn",
                     json_object_get(live, "ARN"), "version", json_object_get(live, "Version"));
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "value",       .operation = "ssm:GetParameters",       .args = value },
    { .slot = "description", .operation = "ssm:DescribeParameters",  .args = description, .use = TO_KEEP },
    { .slot = "tags",        .operation = "ssm:ListTagsForResource", .args = tagged },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/TagList", .form = FORM_TAG_LIST,
      .repair = "ssm:AddTagsToResource", .doc = "tags; others are left alone" },
    { .want = "/Value", .slot = "value", .live = "/Parameters/0/Value", .form = FORM_SECRET,
      .repair = "ssm:PutParameter", .doc = "the value; hidden when the type is SecureString" },
    { .want = "/Description", .slot = "description", .live = "/Parameters/0/Description",
      .absent = "\"\"", .repair = "ssm:PutParameter", .doc = "description" },
    { .want = "/Tier", .slot = "description", .live = "/Parameters/0/Tier",
      .repair = "ssm:PutParameter", .doc = "Standard or Advanced; never back to Standard" },
    { .want = "/Type", .slot = "value", .live = "/Parameters/0/Type",
      .doc = "String, StringList or SecureString" },
};
static const struct change changes[] = {
    { .operation = "ssm:PutParameter",      .args = whole, .first = refuse },
    { .operation = "ssm:AddTagsToResource", .args = tagged },
    { .operation = "ssm:DeleteParameter",   .args = name },
    { 0 },
};
/* clang-format on */
static const char *const outputs[] = { "name", "arn", "version", NULL };

const struct kind kind_ssm_parameter = {
    .name = "ssm_parameter",
    .service = "ssm",
    .settle = SECONDS(5),
    .step = resource_step,
    .reads = reads,
    .found = "/Parameters/0",
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "ssm:PutParameter",
    .destroy = "ssm:DeleteParameter",
    .busy = busy,
    .secret = is_secret,
    .report = report,
    .outputs = outputs,
    .identity = "Name",
};
