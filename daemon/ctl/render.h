/* SPDX-License-Identifier: Apache-2.0 */
/* render: the daemon's documents as text for people. One function per document; what a document
 * means is the daemon's business, this only lays it out. */
#ifndef DRD_CTL_RENDER_H
#define DRD_CTL_RENDER_H

#include "daemon/base/base.h"

typedef void render_fn(const json_t *document);

void render_status(const json_t *status);
void render_rows(const json_t *document);          /* drift, resources: {"rows": […]} */
void render_outputs(const json_t *document);       /* {"outputs": {…}, "missing": {…}} */
void render_outputs_shell(const json_t *document); /* export DRD_NAME='value' lines */
void render_log(const json_t *document);
void render_operation(const json_t *operation);

enum { RENDER_AGE_SIZE = 32 };

/* "4 s", "3 min", "2 h", "12 d". */
void render_age(json_int_t ms, char to[RENDER_AGE_SIZE]);

#endif
