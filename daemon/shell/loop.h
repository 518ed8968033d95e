/* SPDX-License-Identifier: Apache-2.0 */
/* loop: the glue of the daemon. One libuv loop, one thread, and on it the brain and the client
 * (both pure), the transport, the writer and the control socket. It reads the clocks, takes effects
 * to whoever carries them out and brings back what came of them; it decides nothing.
 *
 * An effect that waits for a record (effect.after) is held until that is on disk; when it could not
 * be written the effect is dropped and the brain is told. SIGTERM and SIGINT let what is under way
 * end, for at most 30 seconds (a second signal: at once). SIGHUP reads the configuration again; a
 * bad one is refused, and the old one goes on. */
#ifndef DRD_LOOP_H
#define DRD_LOOP_H

#include "daemon/base/time.h"
#include "daemon/shell/log.h"

struct loop_options {
    const char *config; /* path */
    bool observe;       /* refuse every operation that is not a read */
    bool alone;         /* no control socket and no signals but TERM and INT: --once */
};

struct loop;

/* Everything is open and listening, and the brain has booted. 0 and *ret, or -1 and at least one
 * problem. log is borrowed. */
int loop_new(const struct loop_options *options, const struct log *log, struct loop **ret,
             struct problems *reterr) MUST_CHECK;
/* Until it was stopped. Everything is closed then. */
void loop_run(struct loop *l);
/* Begins the stop that SIGTERM begins. */
void loop_stop(struct loop *l);
/* Only after loop_run. NULL is accepted. */
void loop_free(struct loop *l);

/* A command from inside the process; ended is called once, perhaps before this returns. body is
 * borrowed; status is HTTP's. args may be NULL. */
typedef void loop_reply_fn(void *owner, int status, const json_t *body);
void loop_command(struct loop *l, const char *name, const json_t *args, loop_reply_fn *reply,
                  void *owner);
/* Calls tick over and over until the loop stops; one caller at most. */
void loop_every(struct loop *l, msec_t interval, void (*tick)(void *owner), void *owner);

#endif
