/* SPDX-License-Identifier: Apache-2.0 */
/* state: files of the sandbox's program: its saved state, and certificates. */
#ifndef DRD_SANDBOX_STATE_H
#define DRD_SANDBOX_STATE_H

#include "daemon/base/base.h"

/* Writes beside the file, syncs, and renames: a reader sees the old or the new. Negative errno. */
int state_save(const char *path, const json_t *state) MUST_CHECK;
/* The whole file as text, owned by the caller; NULL with errno set. */
char *state_read(const char *path);

#endif
