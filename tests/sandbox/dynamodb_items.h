/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_items: what single items and queries share: keys, tables that may be read and written,
 * and the frame of conditions around a write. */
#ifndef DRD_SANDBOX_DYNAMODB_ITEMS_H
#define DRD_SANDBOX_DYNAMODB_ITEMS_H

#include "tests/sandbox/dynamodb.h"
#include "tests/sandbox/dynamodb_expression.h"
#include "tests/sandbox/dynamodb_value.h"

/* The table for reading or writing items: NULL with *reterr when there is none yet. */
json_t *items_table(struct request *r, const char **ret_name, struct answer *reterr);
/* The text under which an item with these key attributes is kept; NULL with *reterr when key lacks
 * an attribute or has one of a wrong type. exact: key may hold nothing else. The caller frees. */
char *items_key(struct request *r, const json_t *table, const json_t *key, bool exact,
                struct answer *reterr);
/* The live item under a key, or NULL. Borrowed. */
json_t *items_get(const json_t *table, const char *key);
/* The attributes of item that the table's key (and the index's, when given) is made of. */
json_t *items_key_of(const json_t *table, const json_t *index, const json_t *item);
/* Adds ConsumedCapacity when it is asked for. */
void items_consumed(const struct request *r, const char *name, size_t bytes, bool write,
                    json_t *body);

#endif
