/* SPDX-License-Identifier: Apache-2.0 */
/* commands: what an operator may ask of the brain, one table. A row names the command, who may give
 * it, and its arguments; wrong ones are refused before anything happens. Every command is answered
 * exactly once. Refusals are {"error": text, "reason"?, "nearest"?, "key"?}.
 *
 *   status                 200, the summary: version, environment, account {id, state, …}, posture,
 *                          resources {total, in_sync, …}, regions {name: the same, role}, pass,
 *                          hold, unreachable, problems (20 rows), operations, exit_code, ages in ms
 *   resources {state?, region?, kind?, id?, offset?, limit?}   200 {rows, offset, matched}
 *   resource {id}          200, one row
 *   drift                  200 {rows, exit_code}: all that is not in sync
 *   outputs                200 {outputs: {…}, missing: {name: id of what is not there yet}}
 *   reconcile              202 {operation}: a pass now
 *   plan                   202 {operation}: a dry pass; the operation's result has "changes"
 *   destroy {confirm, only?}   202 {operation}; confirm is the environment's suffix
 *   operation {id}         200 {id, command, state: running | done | failed, result?, …}
 *   approve {id}           200: this resource may be repaired, replaced or repaired again
 *   hold {reason, for_ms?} 200: nothing is changed until resume, or for so long
 *   resume                 200: ends a hold; after a destroy, wants everything present again
 *
 * 400 wrong arguments, 403 clearance, 404 no such thing, 409 refused. */
#ifndef DRD_COMMANDS_H
#define DRD_COMMANDS_H

#include "daemon/brain/brain_state.h"

void commands_run(struct brain *b, const struct event *event, struct turn *t);

struct argument {
    const char *key;
    bool required, number; /* number: an integer from 0; else text */
};

struct command_row {
    const char *name;
    enum clearance clearance;
    const struct argument *arguments; /* ends with key == NULL */
    const char *doc;
    void (*run)(struct brain *b, const struct event *event, struct turn *t);
};
extern const struct command_row command_rows[]; /* ends with name == NULL */

#endif
