/* SPDX-License-Identifier: Apache-2.0 */
/* loop_state: what the parts of daemon/shell/loop share; nobody else includes it.
 *     loop.c           opening, running, reloading, closing
 *     loop_effects.c   effects out and events in
 *     loop_commands.c  commands and their replies */
#ifndef DRD_LOOP_STATE_H
#define DRD_LOOP_STATE_H

#include "aws/client.h"
#include "daemon/shell/control.h"
#include "daemon/shell/loop.h"
#include "daemon/shell/process.h"
#include "daemon/shell/wire.h"
#include "daemon/shell/writer.h"

enum { PROCESSES_MAX = 8, LOOP_SIGNALS = 3 };

/* A clock to be woken by; boot time. */
struct alarm {
    uv_timer_t timer;
    struct loop *loop;
    msec_t at;
    void (*ring)(struct loop *l);
};

struct local_command {
    uint64_t id;
    loop_reply_fn *reply;
    void *owner;
};

struct loop {
    uv_loop_t uv;
    struct loop_options options;
    const struct log *log;

    struct topology *topology;
    json_t *urls; /* of endpoints; the wire borrows it */
    struct endpoint_settings endpoints;
    json_t *rejected; /* texts of the configuration that was refused last, or NULL */
    wall_t loaded;

    struct brain *brain;
    struct client *client;
    struct transport *transport;
    struct wire wire;
    struct writer *writer;
    struct control *control;
    struct {
        uint64_t id;
        struct process *process; /* NULL: the place is free */
    } processes[PROCESSES_MAX];

    struct effects effects, held;
    struct client_effects client_effects;
    uint64_t durable; /* seq of the last record on disk */
    int write_error;  /* of the last record, so that a full disk is logged once */

    struct local_command *local;
    size_t n_local;
    uint64_t last_local;
    json_t *asked; /* command id → its name and arguments, where the reply needs more of us */

    json_t *views; /* command id → the brain's reply, while the store looks for the rest */

    struct alarm brain_alarm, client_alarm;
    uv_timer_t stop_timer, watchdog, every;
    void (*tick)(void *owner); /* see loop_every */
    void *tick_owner;
    uv_signal_t signals[LOOP_SIGNALS];
    bool booted, pumping, stopping, closed;
};

/* Commands of our own count from here; those of the control socket start at 1. */
#define LOOP_LOCAL_IDS (UINT64_C(1) << 63)

/* ---- loop_effects.c ---- */

/* Carries out everything there is to carry out, and what that brings about. Not recursive: what
 * happens meanwhile only adds to the lists. */
void loop_pump(struct loop *l);
void loop_tell_brain(struct loop *l, const struct event *event);
void loop_alarm_init(struct alarm *a, struct loop *l, void (*ring)(struct loop *l));
/* Sets it anew: after a suspension libuv's timer has further to go than the time that is left. */
void loop_alarm_again(struct alarm *a);
void loop_ring_brain(struct loop *l);
void loop_ring_client(struct loop *l);
/* Callbacks of the wire and the writer; self is the loop. */
void loop_attempt_ended(void *self, uint64_t id, struct answer answer, bool sent, wall_t date);
void loop_written(void *self, uint64_t seq, int error, const struct problem *problem);

/* ---- loop_commands.c ---- */

/* Callback of the control socket; self is the loop. */
void loop_on_command(void *self, const struct control_command *command);
/* Callback of the writer's questions. */
void loop_found(void *self, uint64_t id, int error, const json_t *body,
                const struct problem *problem);
/* The brain's reply on its way to whoever asked. body may be added to. */
void loop_reply(struct loop *l, uint64_t id, int status, json_t *body);
/* Takes error. */
void loop_reply_error(struct loop *l, uint64_t id, int status, json_t *error);

/* ---- loop.c ---- */

/* While stopping: closes everything once nothing is under way any more. */
void loop_finish_when_idle(struct loop *l);

#endif
