/* SPDX-License-Identifier: Apache-2.0 */
/* store: what outlives the process, in one SQLite file (WAL, synchronous=FULL): the journal of
 * changes and what came of them, operations, the inventory of resources, settings, events. The only
 * file of the daemon with sqlite3.h. Everything here blocks; daemon/shell/writer calls it off the
 * loop. A store may be used by one thread at a time; readers open their own.
 *
 * One process per state directory: a lock file keeps a second drd out. */
#ifndef DRD_STORE_H
#define DRD_STORE_H

#include "daemon/base/problem.h"
#include "daemon/brain/brain.h"

/* Changes (and as many events) that are kept before the oldest go. */
enum { STORE_KEEP = 1000000 };

struct store;

/* Text, not JSON: the brain may share parts of a document, and a thread must not read them. */
struct store_record {
    uint64_t seq;
    enum record_kind kind;
    char *body; /* owned */
    bool gone;  /* a resource that leaves the inventory, a setting that became null */
};
/* body: see EFFECT_RECORD; borrowed. */
struct store_record store_record_of(uint64_t seq, enum record_kind kind, const json_t *body);

/* Makes the directory (0700) and the database as needed, migrates an older schema, refuses a newer
 * one. 0, or negative errno with a problem that names the path and the remedy: -EBUSY when another
 * drd holds it, -EBADMSG when the file is damaged. */
int store_open(const char *directory, int64_t keep, struct store **ret,
               struct problem *reterr) MUST_CHECK;
/* Accepts NULL. */
void store_close(struct store *s);

/* {"seq": last, "resources": {id: body}, "settings": {key: value}, "operations": {id: body}}, the
 * last with those that have not ended. 0 and a new reference, or negative errno. */
int store_checkpoint(struct store *s, json_t **ret, struct problem *reterr) MUST_CHECK;

/* All n records in order in one transaction: all are on disk, or none is. 0, or negative errno
 * (-ENOSPC, -EIO, -EROFS …) with the problem. */
int store_write(struct store *s, const struct store_record *records, size_t n,
                struct problem *reterr) MUST_CHECK;

/* Pages of what was written, newest first. A reader of its own: any thread, while others write. */
struct store_query {
    unsigned limit;       /* rows; 1 … 1000 */
    uint64_t before;      /* only rows with a smaller seq; 0: from the newest */
    const char *resource; /* only of this resource; NULL: all */
};
/* {"rows": [{"seq", "record": "change" | "event", …body, "result": {…}}], "next": seq}; next is
 * absent on the last page, else the "before" of the next one. */
int store_log(const char *directory, const struct store_query *query, json_t **ret,
              struct problem *reterr) MUST_CHECK;
/* One operation with its changes: {…body, "changes": [rows as in the log]}; -ENOENT when there is
 * none of this id. */
int store_operation(const char *directory, const char *id, json_t **ret,
                    struct problem *reterr) MUST_CHECK;

#endif
