/* SPDX-License-Identifier: Apache-2.0 */
/* What a table has besides its definition: point-in-time recovery, time to live, tags. */
#include "tests/sandbox/dynamodb.h"

enum {
    TTL_TRANSITION = 60 * 1000,    /* ENABLING, DISABLING: AWS says up to an hour */
    TTL_INTERVAL = 60 * 60 * 1000, /* between two changes */
    TAG_DELAY = 2000,              /* until ListTagsOfResource shows a change */
    TAGS_MAX = 50,
    PITR_DAYS = 35,
    PITR_LATEST = 5 * 60 * 1000, /* how far the latest restorable moment trails */
};

/* ---- point-in-time recovery ---- */

static json_t *find_for_backup(struct request *r, const char **ret_name, struct answer *reterr)
{
    if (!dynamodb_name(r, "TableName", ret_name, reterr))
        return NULL;
    json_t *table = dynamodb_here(r, *ret_name);
    if (table == NULL)
        *reterr = service_error(r, "TableNotFoundException", "Table not found: %s", *ret_name);
    return table;
}

static struct answer show_backups(const struct request *r, const json_t *table)
{
    const json_t *pitr = json_object_get(table, "pitr");
    json_t *shown = json_pack("{s:s}", "PointInTimeRecoveryStatus",
                              pitr != NULL ? "ENABLED" : "DISABLED");
    if (pitr != NULL) {
        json_int_t since = member_int(pitr, "since"), latest = r->now.wall.ms - PITR_LATEST;
        member_set_int(shown, "RecoveryPeriodInDays", member_int(pitr, "days"));
        member_set_int(shown, "EarliestRestorableDateTime", since);
        member_set_int(shown, "LatestRestorableDateTime", latest > since ? latest : since);
    }
    return answer_ok(json_pack("{s:{s:s, s:o}}", "ContinuousBackupsDescription",
                               "ContinuousBackupsStatus", "ENABLED",
                               "PointInTimeRecoveryDescription", shown));
}

struct answer describe_continuous_backups(struct request *r)
{
    struct answer error;
    const char *name;
    const json_t *table = find_for_backup(r, &name, &error);
    return table != NULL ? show_backups(r, table) : error;
}

struct answer update_continuous_backups(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = find_for_backup(r, &name, &error);
    if (table == NULL)
        return error;
    if (table_is(table, "CREATING"))
        return service_error(r, "ContinuousBackupsUnavailableException",
                             "Backups are being enabled for the table: %s. Please retry later",
                             name);
    const json_t *wanted = json_object_get(r->args, "PointInTimeRecoverySpecification");
    const json_t *days = json_object_get(wanted, "RecoveryPeriodInDays");
    if (!member_true(wanted, "PointInTimeRecoveryEnabled")) {
        if (days != NULL)
            return dynamodb_invalid(r, "RecoveryPeriodInDays can not be specified when point in "
                                       "time recovery is disabled");
        json_object_del(table, "pitr");
        return show_backups(r, table);
    }
    json_t *pitr = json_object_get(table, "pitr");
    if (pitr == NULL) {
        pitr = member_object(table, "pitr");
        member_set_int(pitr, "since", r->now.wall.ms);
    }
    member_set_int(pitr, "days", days != NULL ? json_integer_value(days) : PITR_DAYS);
    return show_backups(r, table);
}

/* ---- time to live ---- */

struct answer describe_time_to_live(struct request *r)
{
    struct answer error;
    const json_t *table = dynamodb_find(r, &error);
    if (table == NULL)
        return error;
    const json_t *ttl = json_object_get(table, "ttl");
    return answer_ok(json_pack("{s:{s:s, s:s*}}", "TimeToLiveDescription", "TimeToLiveStatus",
                               ttl != NULL ? member_str(ttl, "status") : "DISABLED",
                               "AttributeName", member_str(ttl, "attribute")));
}

static const char *ttl_problem(const struct request *r, const json_t *table, const json_t *wanted)
{
    const json_t *ttl = json_object_get(table, "ttl");
    bool on = member_true(wanted, "Enabled");
    if (table_strong(table))
        return "Time to Live is not supported with multi-Region strong consistency";
    if (json_object_get(table, "ttl_changed") != NULL &&
        r->now.boot < member_int(table, "ttl_changed") + cloud_wait(r->cloud, TTL_INTERVAL))
        return "Time to live has been modified multiple times within a fixed interval";
    if (on && ttl != NULL)
        return "TimeToLive is already enabled";
    if (!on && ttl == NULL)
        return "TimeToLive is already disabled";
    if (!on && !member_is(wanted, "AttributeName", member_str(ttl, "attribute")))
        return "TimeToLive is active on a different AttributeName";
    return NULL;
}

static void set_ttl(struct request *r, json_t *table, const json_t *wanted)
{
    json_t *ttl = member_object(table, "ttl");
    json_object_set(ttl, "attribute", json_object_get(wanted, "AttributeName"));
    member_set_str(ttl, "status", member_true(wanted, "Enabled") ? "ENABLING" : "DISABLING");
    member_set_int(ttl, "until", r->now.boot + cloud_wait(r->cloud, TTL_TRANSITION));
    member_set_int(table, "ttl_changed", r->now.boot);
}

struct answer update_time_to_live(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = dynamodb_find(r, &error);
    if (table == NULL || !dynamodb_name(r, "TableName", &name, &error))
        return error;
    if (!table_is(table, "ACTIVE"))
        return table_busy(r, name, table);
    const json_t *wanted = json_object_get(r->args, "TimeToLiveSpecification");
    const char *problem = ttl_problem(r, table, wanted);
    if (problem != NULL)
        return dynamodb_invalid(r, "%s", problem);
    if (table_members(table) == NULL)
        set_ttl(r, table, wanted);
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
        set_ttl(r, dynamodb_table(r->cloud, region_parse(json_string_value(each)), name), wanted);
    return answer_ok(json_pack("{s:O}", "TimeToLiveSpecification", wanted));
}

/* ---- tags ---- */

static json_t *find_by_arn(struct request *r, const char **ret_name, struct answer *reterr)
{
    const char *arn = member_str(r->args, "ResourceArn");
    autofree char *here = dynamodb_arn(r->cloud, r->region, "");
    if (!str_prefix(arn, here)) {
        *reterr = dynamodb_invalid(
            r, "1 validation error detected: Invalid AWS region or account in '%s'", arn);
        return NULL;
    }
    *ret_name = arn + strlen(here);
    json_t *table = dynamodb_here(r, *ret_name);
    if (table == NULL)
        *reterr = service_error(r, "ResourceNotFoundException",
                                "Requested resource not found: ResourcArn: %s not found", arn);
    return table;
}

/* Tags as they will be once all accepted changes have taken hold. */
static json_t *coming_tags(json_t *table)
{
    const json_t *next = json_object_get(table, "tags_next");
    return member_copy(next != NULL ? next : json_object_get(table, "tags"));
}

static void tags_take_hold(struct request *r, json_t *table, json_t *tags)
{
    json_object_set_new(table, "tags_next", tags);
    member_set_int(table, "tags_at", r->now.boot + cloud_wait(r->cloud, TAG_DELAY));
}

struct answer tag_table(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = find_by_arn(r, &name, &error), *tag;
    if (table == NULL)
        return error;
    if (!table_is(table, "ACTIVE"))
        return table_busy(r, name, table);
    json_t *tags = coming_tags(table);
    size_t i;
    json_array_foreach(json_object_get(r->args, "Tags"), i, tag)
        json_object_set(tags, member_str(tag, "Key"), json_object_get(tag, "Value"));
    if (json_object_size(tags) > TAGS_MAX) {
        json_decref(tags);
        return dynamodb_invalid(r,
                                "One or more parameter values were invalid: Too many tags: "
                                "the limit is %d",
                                TAGS_MAX);
    }
    tags_take_hold(r, table, tags);
    return answer_ok(json_object());
}

struct answer untag_table(struct request *r)
{
    struct answer error;
    const char *name;
    json_t *table = find_by_arn(r, &name, &error), *key;
    if (table == NULL)
        return error;
    if (!table_is(table, "ACTIVE"))
        return table_busy(r, name, table);
    json_t *tags = coming_tags(table);
    size_t i;
    json_array_foreach(json_object_get(r->args, "TagKeys"), i, key)
        json_object_del(tags, json_string_value(key));
    tags_take_hold(r, table, tags);
    return answer_ok(json_object());
}

struct answer list_tags_of_table(struct request *r)
{
    struct answer error;
    const char *name, *key;
    const json_t *table = find_by_arn(r, &name, &error);
    if (table == NULL)
        return error;
    json_t *out = json_array(), *value;
    json_object_foreach(json_object_get(table, "tags"), key, value)
        json_array_append_new(out, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    return answer_ok(json_pack("{s:o}", "Tags", out));
}

void settings_settle(json_t *table, struct now now)
{
    json_t *next = json_object_get(table, "tags_next"), *ttl = json_object_get(table, "ttl");
    if (next != NULL && now.boot >= member_int(table, "tags_at")) {
        json_object_set(table, "tags", next);
        json_object_del(table, "tags_next");
    }
    if (json_object_get(ttl, "until") == NULL || now.boot < member_int(ttl, "until"))
        return;
    json_object_del(ttl, "until");
    if (member_is(ttl, "status", "DISABLING"))
        json_object_del(table, "ttl");
    else
        member_set_str(ttl, "status", "ENABLED");
}
