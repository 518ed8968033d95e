/* SPDX-License-Identifier: Apache-2.0 */
/* request: one question to the daemon over its Unix socket, for drd-ctl. */
#ifndef DRD_CTL_REQUEST_H
#define DRD_CTL_REQUEST_H

#include "daemon/base/base.h"

enum { ANSWER_MAX = 64 * 1024 * 1024, REQUEST_TIMEOUT_MS = 15000 };

/* method "GET" or "POST"; path with its query; body is borrowed, NULL for none. Returns HTTP's
 * status with *ret_body (a new reference; NULL when the answer has no JSON), or 0 when there was no
 * answer: *ret_error then says why, static text. */
int ctl_request(const char *socket, const char *method, const char *path, const json_t *body,
                json_t **ret_body, const char **ret_error);

/* For a path or a query; the caller frees. */
char *ctl_escape(const char *text);

#endif
