/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_items: what single items, transactions and queries share: keys, tables that may be read
 * and written, and the steps of a write. */
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
/* False with *reterr when the call holds one of the parameters that expressions replaced. */
bool items_modern(const struct request *r, struct answer *reterr);

/* ---- writes: read, locate, plan, carry out; a transaction does each step for all its items before
 * the next ---- */

enum write_kind { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK };

struct write {
    struct request *r; /* its args are those of this write; borrowed */
    enum write_kind kind;
    const char *name;
    json_t *table;
    json_t *given; /* a put's item, else the key, checked; owned */
    char *key;     /* owned */
    struct expressions expressions;
    json_t *condition, *update; /* owned trees, or NULL */
    json_t *old;                /* borrowed, or NULL */
    json_t *item;               /* what the item becomes; owned, NULL: nothing */
};

/* What the request alone shows, and the table. Every step fails with *reterr; write_clear follows
 * in any case. */
bool write_read(struct write *w, enum write_kind kind, struct request *r, struct answer *reterr);
/* Which item it is about, by the table's key schema. */
bool write_locate(struct write *w, struct answer *reterr);
/* The condition, and what the item becomes. Changes nothing. */
bool write_plan(struct write *w, struct answer *reterr);
bool write_carry_out(struct write *w, struct answer *reterr);
void write_clear(struct write *w);

#endif
