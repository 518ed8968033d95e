/* SPDX-License-Identifier: Apache-2.0 */
/* listen: makes the sockets that daemon/shell/control serves, or takes them from systemd. Knows
 * nothing of what is spoken on them. All descriptors are non-blocking and close on exec. */
#ifndef DRD_LISTEN_H
#define DRD_LISTEN_H

#include "daemon/base/problem.h"

/* A descriptor that systemd passed under this name (FileDescriptorName= of drd.socket), or -1. */
int listen_inherited(const char *name);

/* A Unix socket at path, open to all: who may do what is decided by the peer's credentials, so that
 * a refusal can say what is missing. The socket file of a drd that is gone is replaced; that of a
 * live one is -EADDRINUSE; what is no socket is never removed (-EEXIST). */
int listen_unix(const char *path, int *ret, struct problem *reterr) MUST_CHECK;

/* "127.0.0.1:9464", "[::1]:9464"; numeric addresses only. Port 0 picks one. */
int listen_tcp(const char *address, int *ret, struct problem *reterr) MUST_CHECK;
/* The port that a TCP socket really has. */
int listen_port(int fd);

#endif
