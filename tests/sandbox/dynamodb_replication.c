/* SPDX-License-Identifier: Apache-2.0 */
/* Items between the members of a global table. Eventually consistent tables send each write on its
 * way and the last writer wins; strongly consistent ones write to a majority at once.
 * Sources: developer guide, "How DynamoDB global tables work", "Multi-Region strong consistency".
 *
 * A record: {"item"?, "time", "region", "boot"}; one without an item remembers a deletion, so that
 * an older write that arrives later does not bring the item back. A delivery: {"at", "from",
 * "table", "key", "record"}. */
#include "tests/sandbox/dynamodb.h"

enum {
    LAG = 800,           /* the usual time into another region */
    CONFLICT_WINDOW = 1, /* ms: writes of one item in two regions this close collide */
    REGIONS_OF_STRONG = 3,
};

static json_t *record_of(const json_t *table, const char *key)
{
    return json_object_get(json_object_get(table, "items"), key);
}

/* Later time wins; at the same time the region's name decides, alike everywhere. */
static bool newer(const json_t *a, const json_t *b)
{
    json_int_t x = member_int(a, "time"), y = member_int(b, "time");
    if (b == NULL || x != y)
        return b == NULL || x > y;
    return strcmp(member_str(a, "region"), member_str(b, "region")) > 0;
}

static void deliver(json_t *table, const char *key, const json_t *record)
{
    if (newer(record, record_of(table, key)))
        json_object_set_new(member_object(table, "items"), key, member_copy(record));
}

static msec_t lag_into(struct cloud *c, enum region region)
{
    const json_t *lag = json_object_get(cloud_service_state(c, "dynamodb", region), "lag_ms");
    return cloud_wait(c, lag != NULL ? json_integer_value(lag) : LAG);
}

static void send(struct request *r, const char *name, const char *key, const json_t *record,
                 enum region to, msec_t lag)
{
    json_t *queue = member_array(cloud_service_state(r->cloud, "dynamodb", to), "deliveries");
    json_array_append_new(queue, json_pack("{s:I, s:s, s:s, s:s, s:o}", "at", r->now.boot + lag,
                                           "from", region_name(r->region), "table", name, "key",
                                           key, "record", member_copy(record)));
}

/* ---- strong consistency ---- */

/* How many of the table's three regions this one can reach, itself included. */
static int reachable(struct request *r, const json_t *table)
{
    if (dynamodb_isolated(r->cloud, r->region))
        return 1;
    int n = 0;
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
        n += !dynamodb_isolated(r->cloud, region_parse(json_string_value(each)));
    const char *witness = member_str(json_object_get(table, "witness"), "region");
    return n + (witness != NULL && !dynamodb_isolated(r->cloud, region_parse(witness)));
}

bool replication_readable(struct request *r, const json_t *table, struct answer *reterr)
{
    if (!table_strong(table) || reachable(r, table) * 2 > REGIONS_OF_STRONG)
        return true;
    *reterr = service_error(r, "InternalServerError",
                            "Internal server error: the Region cannot reach enough other Regions");
    reterr->status = 500;
    reterr->class = AWS_TRANSIENT;
    return false;
}

static bool conflicts(const struct request *r, const json_t *record)
{
    return record != NULL && !member_is(record, "region", region_name(r->region)) &&
           r->now.boot < member_int(record, "boot") + CONFLICT_WINDOW;
}

static void write_members(struct request *r, const char *name, const json_t *table, const char *key,
                          const json_t *record)
{
    bool strong = table_strong(table);
    size_t i;
    json_t *each;
    json_array_foreach(table_members(table), i, each)
    {
        enum region to = region_parse(json_string_value(each));
        json_t *there = dynamodb_table(r->cloud, to, name);
        if (to == r->region || there == NULL)
            continue;
        if (strong && !dynamodb_isolated(r->cloud, to))
            deliver(there, key, record);
        else
            send(r, name, key, record, to, strong ? 0 : lag_into(r->cloud, to));
    }
}

bool replication_write(struct request *r, const char *name, json_t *table, const char *key,
                       json_t *item, struct answer *reterr)
{
    const json_t *old = record_of(table, key);
    if (!replication_readable(r, table, reterr))
        return false;
    if (table_strong(table) && conflicts(r, old)) {
        *reterr = service_error(r, "ReplicatedWriteConflictException",
                                "The request was rejected because one or more items in the request "
                                "are being modified by a request in another Region.");
        return false;
    }
    if (item == NULL && json_object_get(old, "item") == NULL)
        return true;
    /* A later write of one region is never older than what that region had seen. */
    json_int_t time = r->now.wall.ms, seen = member_int(old, "time");
    json_auto_t *record = json_pack("{s:I, s:s, s:I, s:O*}", "time", time > seen ? time : seen + 1,
                                    "region", region_name(r->region), "boot", r->now.boot, "item",
                                    item);
    assert(record != NULL);
    if (item == NULL && table_members(table) == NULL)
        json_object_del(json_object_get(table, "items"), key);
    else
        json_object_set_new(member_object(table, "items"), key, member_copy(record));
    write_members(r, name, table, key, record);
    return true;
}

/* ---- arriving ---- */

void replication_settle(struct cloud *c, enum region region, struct now now)
{
    json_t *queue = json_object_get(cloud_service_state(c, "dynamodb", region), "deliveries");
    if (dynamodb_isolated(c, region))
        return;
    for (size_t i = 0; i < json_array_size(queue);) {
        const json_t *delivery = json_array_get(queue, i);
        enum region from = region_parse(member_str(delivery, "from"));
        if (now.boot < member_int(delivery, "at") || dynamodb_isolated(c, from)) {
            i++;
            continue;
        }
        json_t *table = dynamodb_table(c, region, member_str(delivery, "table"));
        if (table_members(table) != NULL)
            deliver(table, member_str(delivery, "key"), json_object_get(delivery, "record"));
        json_array_remove(queue, i);
    }
}
