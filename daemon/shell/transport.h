/* SPDX-License-Identifier: Apache-2.0 */
/* transport: HTTP exchanges over libcurl's multi interface on a libuv loop; the only file of the
 * daemon with curl. It knows nothing of AWS: daemon/shell/wire makes the requests and reads the
 * answers. One thread, one connection pool, one TLS session cache.
 *
 * What it promises: each exchange ends exactly once, through its callback and never from inside
 * transport_send; an answer is bounded in size and time; redirects are answers; and a request that
 * asks for a fresh connection is sent at most once (libcurl silently sends again when a reused
 * connection turns out to be dead). */
#ifndef DRD_TRANSPORT_H
#define DRD_TRANSPORT_H

#include "aws/codec.h"
#include "daemon/base/problem.h"
#include "daemon/base/time.h"

#include <uv.h>

enum { TRANSPORT_BODY_MAX = 16 << 20, TRANSPORT_HEADERS_MAX = 64 << 10 };

struct transport_settings {
    /* {"host:port": "address:port"}; "*.host:port" stands for all names below host. May be NULL. */
    const json_t *connect_to;
    const char *ca_bundle; /* file of PEM certificates; "" for the system's */
    const char *proxy;     /* URL; "" for none. The environment's proxies are not looked at */
};

struct exchange {
    char *url; /* owned; whole */
    struct http_request request;
    msec_t timeout;        /* of the whole exchange */
    bool fresh_connection; /* neither reuse a connection nor leave one behind */
    bool local;            /* credentials of this host: never through the proxy */
};

struct exchange_end {
    /* NULL when there is a whole answer; else a short name for the cause: "ConnectFailed",
     * "NameNotFound", "TlsFailed", "Timeout", "ConnectionBroken", "AnswerTooLarge". Static. */
    const char *failure;
    char message[256];             /* the cause in libcurl's words */
    bool sent;                     /* some byte of the request may have left this host */
    struct http_response response; /* the callee may take parts, leaving zero */
};
typedef void exchange_ended_fn(void *owner, struct exchange_end *end);

struct transport;

/* 0, or negative errno with the problem (a CA bundle that cannot be read, a bad connect_to). */
int transport_new(uv_loop_t *loop, const struct transport_settings *settings,
                  struct transport **ret, struct problem *reterr) MUST_CHECK;
/* Takes what the exchange holds. */
void transport_send(struct transport *t, struct exchange *x, exchange_ended_fn *ended, void *owner);
/* Exchanges begun and not ended. */
size_t transport_in_flight(const struct transport *t);
/* Not from inside one of its callbacks. Ends what is under way with the failure "Stopped". Frees
 * itself once the loop has closed its handles. NULL is accepted. */
void transport_close(struct transport *t);

#endif
