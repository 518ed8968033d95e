/* SPDX-License-Identifier: Apache-2.0 */
/* writer: the store, off the loop. Records are written in the order they came, those that wait
 * together in one transaction, by one thread at a time; each is then reported on the loop.
 * Questions run beside it on threads of their own connection. Decides nothing: a failed write is
 * told, and the records after it are tried as they come. */
#ifndef DRD_WRITER_H
#define DRD_WRITER_H

#include "daemon/base/time.h"
#include "daemon/shell/store.h"

#include <uv.h>

/* error: 0 once the record is on disk, else negative errno with the problem. */
typedef void writer_written_fn(void *owner, uint64_t seq, int error, const struct problem *problem);
/* body is borrowed; NULL on error. */
typedef void writer_found_fn(void *owner, uint64_t id, int error, const json_t *body,
                             const struct problem *problem);

struct writer;

/* Takes the store. directory is for the readers. */
struct writer *writer_new(uv_loop_t *loop, struct store *store, const char *directory,
                          writer_written_fn *written, writer_found_fn *found, void *owner);
void writer_add(struct writer *w, uint64_t seq, enum record_kind kind, const json_t *body);
/* Ask the log, or for one operation; the answer comes as found() with the id. Strings are copied.
 */
void writer_ask_log(struct writer *w, uint64_t id, const struct store_query *query);
void writer_ask_operation(struct writer *w, uint64_t id, const char *operation);
/* No record waits or is being written. */
bool writer_idle(const struct writer *w);
/* Since when (boot time) the write under way lasts; 0 when there is none. */
msec_t writer_busy_since(const struct writer *w);
/* Not from inside one of its callbacks. Closes the store and frees itself once what is under way
 * has ended; nothing is called back any more. What still waits is written first. NULL is accepted.
 */
void writer_close(struct writer *w);

#endif
