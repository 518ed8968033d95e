/* SPDX-License-Identifier: Apache-2.0 */
/* table_settings: what each region keeps for itself of a table: point-in-time recovery, deletion
 * protection, tags, and in the home region time to live. The table belongs to dynamodb_table, which
 * brings it into being without tags in the other regions; so it may be untagged here, and only
 * another environment's tag blocks. Destroying takes the deletion protection off and leaves the
 * table to dynamodb_table.
 * AWS lets the attribute of time to live change only by switching it off in between.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/
 * API_UpdateContinuousBackups.html, API_UpdateTimeToLive.html, API_TagResource.html */
#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"

static json_t *table(const struct scene *s)
{
    return json_pack("{s:s}", "TableName", resource_name(s));
}

static json_t *arn(const struct scene *s)
{
    return json_sprintf("arn:aws:dynamodb:%s:%s:table/%s", region_name(s->subject->region),
                        s->subject->account, resource_name(s));
}

static json_t *tagged(const struct scene *s)
{
    return json_pack("{s:o}", "ResourceArn", arn(s));
}

static json_t *time_to_live(const struct scene *s)
{
    return json_object_get(s->subject->want, "TimeToLiveSpecification") == NULL ? NULL : table(s);
}

static const char *busy(const struct scene *s)
{
    const char *status = resource_live(s, "table", "/Table/TableStatus");
    return str_eq(status, "ACTIVE") ? NULL : "the table is not active";
}

static bool wait_for_table(const struct scene *s, struct verdict *ret)
{
    if (s->subject->goal == GOAL_PRESENT)
        *ret = verdict_wait(SECONDS(5), "the table is not there yet");
    return s->subject->goal == GOAL_PRESENT;
}

/* Another attribute needs the old one switched off first; both take AWS up to an hour. */
static bool switch_off(const struct scene *s, struct verdict *ret)
{
    const json_t *live = pointer_get(fact_body(s->facts, "ttl"), "/TimeToLiveDescription");
    const json_t *old = json_object_get(live, "AttributeName");
    const json_t *wanted = pointer_get(s->subject->want, "/TimeToLiveSpecification/AttributeName");
    const char *status = json_string_value(json_object_get(live, "TimeToLiveStatus"));
    if (str_eq(status, "ENABLING") || str_eq(status, "DISABLING")) {
        *ret = verdict_wait(MINUTES(5), "time to live is being switched");
        return true;
    }
    if (!str_eq(status, "ENABLED") || old == NULL || wanted == NULL || json_equal(old, wanted))
        return false;
    json_t *args = table(s);
    pointer_put(args, "/TimeToLiveSpecification/Enabled", json_false());
    pointer_put(args, "/TimeToLiveSpecification/AttributeName", json_deep_copy(old));
    json_t *drift = NULL;
    drift_add(&drift, "/TimeToLiveSpecification/AttributeName", wanted, old, false);
    *ret = verdict_write(call_new("dynamodb:UpdateTimeToLive", s->subject->region, args, NULL),
                         drift, "time to live goes off before its attribute changes");
    return true;
}

static bool unprotect(const struct scene *s, struct verdict *ret)
{
    const json_t *live = pointer_get(fact_body(s->facts, "table"),
                                     "/Table/DeletionProtectionEnabled");
    if (!json_is_true(live))
        return false;
    json_t *args = table(s), *drift = NULL;
    json_object_set_new(args, "DeletionProtectionEnabled", json_false());
    drift_add(&drift, "/DeletionProtectionEnabled", NULL, live, false);
    *ret = verdict_write(call_new("dynamodb:UpdateTable", s->subject->region, args, NULL), drift,
                         "is in the way of deletion");
    return true;
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:o}", "arn", arn(s));
}

#define RECOVERY "/PointInTimeRecoverySpecification"
#define RECOVERY_LIVE "/ContinuousBackupsDescription/PointInTimeRecoveryDescription"
/* clang-format off */
static const struct read reads[] = {
    { .slot = "table",   .operation = "dynamodb:DescribeTable",             .args = table },
    { .slot = "tags",    .operation = "dynamodb:ListTagsOfResource",        .args = tagged },
    { .slot = "backups", .operation = "dynamodb:DescribeContinuousBackups", .args = table,
      .use = TO_KEEP },
    { .slot = "ttl",     .operation = "dynamodb:DescribeTimeToLive",        .args = time_to_live,
      .use = TO_KEEP, .optional = true },
    { 0 },
};
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/Tags", .form = FORM_TAG_LIST,
      .repair = "dynamodb:TagResource", .doc = "tags of this region; others are left alone" },
    { .want = "/DeletionProtectionEnabled", .slot = "table",
      .live = "/Table/DeletionProtectionEnabled", .absent = "false",
      .repair = "dynamodb:UpdateTable", .doc = "refuses deletion" },
    { .want = RECOVERY "/PointInTimeRecoveryEnabled", .slot = "backups",
      .live = RECOVERY_LIVE "/PointInTimeRecoveryStatus", .form = FORM_SWITCH, .absent = "false",
      .repair = "dynamodb:UpdateContinuousBackups", .doc = "point-in-time recovery" },
    { .want = RECOVERY "/RecoveryPeriodInDays", .slot = "backups",
      .live = RECOVERY_LIVE "/RecoveryPeriodInDays", .absent = "35",
      .repair = "dynamodb:UpdateContinuousBackups", .doc = "days back that it reaches" },
    { .want = "/TimeToLiveSpecification/Enabled", .slot = "ttl",
      .live = "/TimeToLiveDescription/TimeToLiveStatus", .form = FORM_SWITCH, .absent = "false",
      .repair = "dynamodb:UpdateTimeToLive", .doc = "items expire" },
    { .want = "/TimeToLiveSpecification/AttributeName", .slot = "ttl",
      .live = "/TimeToLiveDescription/AttributeName", .repair = "dynamodb:UpdateTimeToLive",
      .doc = "attribute that holds the time of expiry" },
};
static const struct change changes[] = {
    { .operation = "dynamodb:TagResource",             .args = tagged },
    { .operation = "dynamodb:UpdateTable",             .args = table },
    { .operation = "dynamodb:UpdateContinuousBackups", .args = table, .carry = CARRY_ALL },
    { .operation = "dynamodb:UpdateTimeToLive",        .args = table, .carry = CARRY_ALL,
      .first = switch_off },
    { 0 },
};
/* clang-format on */
static const char *const outputs[] = { "arn", NULL };

const struct kind kind_table_settings = {
    .name = "table_settings",
    .service = "dynamodb",
    .doc = "Belongs to the table. Destroying takes the deletion protection off.",
    .parent_owns = true,
    .settle = SECONDS(30),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .busy = busy,
    .missing = wait_for_table,
    .undo = unprotect,
    .report = report,
    .outputs = outputs,
    .identity = "TableName",
};
