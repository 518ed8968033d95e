/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb: what the files of the sandbox's DynamoDB share, and the knobs that tests and rehearsals
 * turn: replication lag and isolated regions.
 *
 * State of a region: {"tables": {name: table}, "deliveries": [...], "lag_ms"?, "isolated"?}.
 * A table: {"status", "until"?, "definition", "items", "members"?, "mode"?, "witness"?, ...}. Its
 * definition uses AWS's member names. "members" are the regions of its global table, this one
 * included; every member keeps its own copy of the list. "until" is the boot time at which a status
 * that passes by itself has passed. */
#ifndef DRD_SANDBOX_DYNAMODB_H
#define DRD_SANDBOX_DYNAMODB_H

#include "tests/sandbox/member.h"
#include "tests/sandbox/service.h"

extern const struct service service_dynamodb;

/* How long items take into this region (milliseconds, before the cloud's speed divides them). */
void dynamodb_set_lag(struct cloud *c, enum region to, msec_t lag);
/* A region that is cut from all others: nothing replicates in or out, and its strongly consistent
 * tables refuse what needs a quorum, until it is joined again. */
void dynamodb_isolate(struct cloud *c, enum region region, bool isolated);
bool dynamodb_isolated(struct cloud *c, enum region region);

/* ---- tables (dynamodb.c, dynamodb_describe.c) ---- */

/* How long AWS takes, in milliseconds: modelled, within what public test logs show. */
enum {
    TABLE_CREATE = 6000,
    TABLE_UPDATE = 4000,
    TABLE_DELETE = 5000,
    INDEX_CREATE = 20000,
    REPLICA_CREATE = 30000,
    REPLICA_DELETE = 15000,
};

/* The table, or NULL. Borrowed. */
json_t *dynamodb_table(struct cloud *c, enum region region, const char *name);
/* The table in the state that the request sees, which for a read may be an older one. */
json_t *dynamodb_here(const struct request *r, const char *name);
/* The name in args[member], which may be an ARN of this region and account. False with *reterr. */
bool dynamodb_name(struct request *r, const char *member, const char **ret, struct answer *reterr);
/* The table that TableName names, or NULL with *reterr: ResourceNotFoundException. */
json_t *dynamodb_find(struct request *r, struct answer *reterr);
char *dynamodb_arn(const struct cloud *c, enum region region, const char *name);
bool table_is(const json_t *table, const char *status);
/* Puts a table into a status that passes after `ms`. */
void table_start(struct request *r, json_t *table, const char *status, msec_t ms);
/* The same for every member of its global table, or for the table alone. */
void table_start_all(struct request *r, const char *name, json_t *table, const char *status,
                     msec_t ms);
/* Members of the table's global table; NULL when it is not global. Borrowed. */
const json_t *table_members(const json_t *table);
bool table_strong(const json_t *table);
/* TableDescription as AWS shows it. New reference. */
json_t *table_describe(struct cloud *c, enum region region, const char *name, const json_t *table);
/* The refusal when a table is not ACTIVE: ResourceInUseException. */
struct answer table_busy(const struct request *r, const char *name, const json_t *table);
struct answer dynamodb_invalid(const struct request *r, const char *format, ...) PRINTF(2, 3);

/* ---- definitions (dynamodb_schema.c) ---- */

/* NULL when the definition is sound, else what is wrong in AWS's words; the caller frees.
 * definition holds CreateTable's members. */
char *schema_problem(const json_t *definition);
/* "S", "N" or "B" of a defined attribute; NULL when it is not defined. */
const char *schema_type(const json_t *definition, const char *attribute);
/* Name of the attribute with this KeyType ("HASH", "RANGE") in a key schema; NULL: none. */
const char *schema_key(const json_t *key_schema, const char *key_type);

/* ---- changes of the group (dynamodb_replicas.c) ---- */

/* UpdateTable with ReplicaUpdates or GlobalTableWitnessUpdates. */
struct answer replicas_update(struct request *r, const char *name, json_t *table);
/* A table is gone: the others forget it. */
void replicas_left(struct cloud *c, enum region region, const char *name, const json_t *members);

/* ---- items ---- */

/* Lets waiting deliveries of this region arrive (dynamodb_replication.c). */
void replication_settle(struct cloud *c, enum region region, struct now now);
/* Writes an item (NULL: deletes it) here and sends it on its way to the other members. False with
 * *reterr when a strongly consistent table has no quorum or the item is being written elsewhere. */
bool replication_write(struct request *r, const char *name, json_t *table, const char *key,
                       json_t *item, struct answer *reterr);
/* May this table answer a strongly consistent read here? False with *reterr. */
bool replication_readable(struct request *r, const json_t *table, struct answer *reterr);

service_run_fn create_table, describe_table, delete_table, list_tables, update_table;
service_run_fn update_continuous_backups, describe_continuous_backups;
service_run_fn update_time_to_live, describe_time_to_live;
service_run_fn tag_table, untag_table, list_tags_of_table;
service_run_fn put_item, get_item, update_item, delete_item, batch_get_item;
service_run_fn query_items, scan_items, transact_write_items;

/* Time passes for TTL and tags of one table (dynamodb_settings.c). */
void settings_settle(json_t *table, struct now now);

#endif
