/* SPDX-License-Identifier: Apache-2.0 */
/* process: runs a program of the user's (credential_process) and collects what it prints. No shell:
 * the command is split by spaces, quotes and backslashes. Bounded in time and output. */
#ifndef DRD_PROCESS_H
#define DRD_PROCESS_H

#include "daemon/base/base.h"
#include "daemon/base/time.h"

#include <uv.h>

enum { PROCESS_OUTPUT_MAX = 1 << 20 };

/* error: 0, or negative errno: could not be started (-ENOENT, -EACCES), -ETIMEDOUT, -EFBIG. status:
 * the exit status, or 128 + the signal. text: what it printed, "" when there is none. */
typedef void process_ended_fn(void *owner, uint64_t id, int error, int status, const char *text);

struct process;

/* The process, which frees itself after ended was called; or NULL when it could not be started, in
 * which case ended has been called already. */
struct process *process_run(uv_loop_t *loop, uint64_t id, const char *command, msec_t timeout,
                            process_ended_fn *ended, void *owner);
/* Kills it; ended is called as usual. For shutting down. */
void process_kill(struct process *p);

/* The words of a command as a NULL-terminated list, freed with process_words_free; NULL when a
 * quote is left open or there is no word. */
char **process_words(const char *command);
void process_words_free(char **words);

#endif
