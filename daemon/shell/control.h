/* SPDX-License-Identifier: Apache-2.0 */
/* control: the doors for people and programs. HTTP with JSON documents on a Unix socket, and
 * /metrics, /healthz, /readyz alone on TCP. Turns requests into commands and replies into answers;
 * it knows no command's meaning. Bounded: 32 connections a door, 64 KiB of body, 10 seconds for a
 * whole request to arrive.
 *
 * Errors are documents too: {"error": "what is wrong", "code": "MalformedJson"}. */
#ifndef DRD_CONTROL_H
#define DRD_CONTROL_H

#include "daemon/shell/peer.h"

#include "daemon/base/problem.h"

#include <uv.h>

struct control_settings {
    const char *socket; /* path; "" for none */
    const char *tcp;    /* "address:port"; "" for none */
    struct peer_groups groups;
};

struct control_command {
    uint64_t id;
    const char *name;   /* "status", "reconcile", "log", "operation", "metrics", "ready" … */
    const json_t *args; /* an object: the body of a POST, the query of a GET; borrowed */
    const char *who;
    enum clearance clearance;
};
typedef void control_command_fn(void *owner, const struct control_command *command);

struct control;

/* Each command is to be answered once with control_reply, at once or later. */
int control_open(uv_loop_t *loop, const struct control_settings *settings,
                 control_command_fn *command, void *owner, struct control **ret,
                 struct problem *reterr) MUST_CHECK;
/* status is HTTP's. A body that is a string goes out as plain text. An id whose client is gone is
 * ignored. body is borrowed. */
void control_reply(struct control *c, uint64_t id, int status, const json_t *body);
/* The error document; a new reference. */
json_t *control_error(const char *code, const char *format, ...) PRINTF(2, 3);
/* The TCP door's port, or 0. */
int control_port(const struct control *c);
/* Not from inside one of its callbacks. Answers what is open with 503 and frees itself once the
 * loop has closed its handles. NULL is accepted. */
void control_close(struct control *c);

#endif
