/* SPDX-License-Identifier: Apache-2.0 */
/* server: the cloud and the net behind HTTP, on libmicrohttpd. One thread, one epoll loop, many
 * listeners. The net's plans are carried out as far below HTTP as the library allows: delays
 * suspend a connection, resets close it with SO_LINGER 0, a refusal is a reset before anything was
 * read into the cloud, hanging keeps it suspended. */
#ifndef DRD_SANDBOX_SERVER_H
#define DRD_SANDBOX_SERVER_H

#include "aws/codec.h"
#include "tests/sandbox/net.h"

struct server;

struct server_settings {
    struct cloud *cloud;           /* borrowed */
    struct net *net;               /* borrowed */
    const char *certificate, *key; /* PEM text; NULL: plain HTTP */
    bool plain_is_insecure; /* plain HTTP is aws:SecureTransport false; else it stands for TLS that
                               ended at a proxy in front, so that TLS-only policies let it pass */
    const char *state_file; /* saved here every few seconds and at the end; NULL: nowhere */
    msec_t advance;         /* how far the sandbox's clock is ahead of the real one */
};

struct server *server_new(const struct server_settings *settings);
void server_free(struct server *s);

/* Listens on an IPv4 address. region: whose address this is, REGION_NONE for any. 0, or a negative
 * errno with a problem that a person can act on. Port 0 takes a free one. */
int server_listen(struct server *s, const char *address, unsigned short port, enum region region,
                  struct problem *reterr) MUST_CHECK;
/* The port of the first listener. */
unsigned short server_port(const struct server *s);
/* Serves until server_stop; 0, or a negative errno. */
int server_run(struct server *s) MUST_CHECK;
/* May be called from a signal's handler. */
void server_stop(struct server *s);

/* ---- for doors.c ---- */

struct now server_now(const struct server *s);
struct cloud *server_cloud(struct server *s);
struct net *server_net(struct server *s);
void server_advance(struct server *s, msec_t ms);
json_t *server_log(struct server *s); /* the requests, borrowed */

/* The sandbox's own doors: /sandbox/requests, faults, clock, state. */
void doors_answer(struct server *s, const struct http_request *request, struct http_response *ret);

#endif
