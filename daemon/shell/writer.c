/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/writer.h"

#include "daemon/shell/clock.h"

#include <errno.h>

enum { BATCH_MAX = 1000 };

struct batch_of_records {
    struct store_record *items;
    size_t n, size;
};

struct writer {
    uv_loop_t *loop;
    struct store *store;
    char *directory;
    writer_written_fn *written;
    writer_found_fn *found;
    void *owner;
    struct batch_of_records waiting, writing;
    uv_work_t work;
    bool busy, closing;
    msec_t busy_since;
    int error; /* of the write that just ended */
    struct problem problem;
    size_t questions;
};

struct question {
    uv_work_t work;
    struct writer *writer;
    uint64_t id;
    char *operation, *resource; /* operation: NULL asks the log */
    struct store_query query;
    json_t *body;
    int error;
    struct problem problem;
};

static void records_clear(struct batch_of_records *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->items[i].body);
    free(b->items);
    *b = (struct batch_of_records){ 0 };
}

static void release(struct writer *w)
{
    if (!w->closing || w->busy || w->questions > 0)
        return;
    store_close(w->store);
    records_clear(&w->waiting);
    free(w->directory);
    free(w);
}

/* ---- writing ---- */

static void write_batch(uv_work_t *work)
{
    struct writer *w = work->data;
    w->problem = (struct problem){ 0 };
    w->error = store_write(w->store, w->writing.items, w->writing.n, &w->problem);
}

static void begin(struct writer *w);

static void on_written(uv_work_t *work, int status)
{
    struct writer *w = work->data;
    assert(status == 0); /* nobody cancels */
    struct batch_of_records done = w->writing;
    struct problem problem = w->problem;
    int error = w->error;
    w->writing = (struct batch_of_records){ 0 };
    w->busy = false;
    w->busy_since = 0;
    begin(w); /* the next batch goes on while this one is reported */
    for (size_t i = 0; i < done.n && !w->closing; i++)
        w->written(w->owner, done.items[i].seq, error, &problem);
    records_clear(&done);
    release(w);
}

static void begin(struct writer *w)
{
    if (w->busy || w->waiting.n == 0)
        return;
    size_t n = w->waiting.n < BATCH_MAX ? w->waiting.n : BATCH_MAX;
    w->writing.items = xcalloc(n, sizeof *w->writing.items);
    w->writing.n = n;
    memcpy(w->writing.items, w->waiting.items, n * sizeof *w->writing.items);
    w->waiting.n -= n;
    memmove(w->waiting.items, w->waiting.items + n, w->waiting.n * sizeof *w->waiting.items);
    w->busy = true;
    w->busy_since = clock_now().boot;
    int rc = uv_queue_work(w->loop, &w->work, write_batch, on_written);
    assert(rc == 0);
}

void writer_add(struct writer *w, uint64_t seq, enum record_kind kind, const json_t *body)
{
    struct batch_of_records *b = &w->waiting;
    if (b->n == b->size) {
        b->size = b->size == 0 ? 16 : 2 * b->size;
        b->items = xrealloc(b->items, b->size, sizeof *b->items);
    }
    b->items[b->n++] = store_record_of(seq, kind, body);
    begin(w);
}

bool writer_idle(const struct writer *w)
{
    return !w->busy && w->waiting.n == 0;
}

msec_t writer_busy_since(const struct writer *w)
{
    return w->busy_since;
}

/* ---- asking ---- */

static void read_answer(uv_work_t *work)
{
    struct question *q = work->data;
    q->error = q->operation != NULL
                   ? store_operation(q->writer->directory, q->operation, &q->body, &q->problem)
                   : store_log(q->writer->directory, &q->query, &q->body, &q->problem);
}

static void on_read(uv_work_t *work, int status)
{
    struct question *q = work->data;
    struct writer *w = q->writer;
    assert(status == 0);
    if (!w->closing)
        w->found(w->owner, q->id, q->error, q->body, &q->problem);
    json_decref(q->body);
    free(q->operation);
    free(q->resource);
    free(q);
    w->questions--;
    release(w);
}

static void ask(struct writer *w, struct question *q)
{
    q->writer = w;
    q->work.data = q;
    w->questions++;
    int rc = uv_queue_work(w->loop, &q->work, read_answer, on_read);
    assert(rc == 0);
}

void writer_ask_log(struct writer *w, uint64_t id, const struct store_query *query)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->id = id;
    q->query = *query;
    q->resource = query->resource == NULL ? NULL : xstrdup(query->resource);
    q->query.resource = q->resource;
    ask(w, q);
}

void writer_ask_operation(struct writer *w, uint64_t id, const char *operation)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->id = id;
    q->operation = xstrdup(operation);
    ask(w, q);
}

/* ---- its own life ---- */

struct writer *writer_new(uv_loop_t *loop, struct store *store, const char *directory,
                          writer_written_fn *written, writer_found_fn *found, void *owner)
{
    struct writer *w = xcalloc(1, sizeof *w);
    w->loop = loop;
    w->store = store;
    w->directory = xstrdup(directory);
    w->written = written;
    w->found = found;
    w->owner = owner;
    w->work.data = w;
    return w;
}

void writer_close(struct writer *w)
{
    if (w == NULL)
        return;
    w->closing = true;
    release(w);
}
