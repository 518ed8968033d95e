/* SPDX-License-Identifier: Apache-2.0 */
/* engine: carries verdicts out. It walks the graph of resources in passes, asks each kind's
 * reconciler what to do, makes the calls, and decides whether a change may be made: mode, hold,
 * mandate, limits per pass, breaker, journal. It knows no AWS service and no operator; it remembers
 * nothing it could read again. A pass looks at every resource once, those that are needed first,
 * and ends in bounded time; a resource that AWS is still working on goes on by itself. */
#ifndef DRD_ENGINE_H
#define DRD_ENGINE_H

#include "daemon/base/random.h"
#include "daemon/brain/journal.h"
#include "daemon/brain/mandate.h"
#include "reconcilers/kind.h"

struct engine;

typedef const struct kind *engine_kind_fn(const char *name);

/* Where resources belong. All borrowed until the next engine_configure. */
struct engine_place {
    const char *environment, *account;
    const struct settings *settings;
};

/* journal and random are the brain's and must outlive the engine. kind: kind_find; tests pass their
 * own table. */
struct engine *engine_new(struct journal *journal, struct random *random, engine_kind_fn *kind,
                          bool observe);
void engine_free(struct engine *e);
/* Takes over what the store remembers: {"resources", "settings"} of the booted event. Before the
 * first engine_configure. */
void engine_restore(struct engine *e, const json_t *checkpoint, struct now now);
/* The resources from now on; takes graph. What was known of those that stay is kept; those that
 * left become orphans. A pass becomes due at once. */
void engine_configure(struct engine *e, struct graph *graph, const struct engine_place *place,
                      struct turn *t);
bool engine_configured(const struct engine *e);
/* While suspended nothing is begun: the credentials open another account. */
void engine_suspend(struct engine *e, bool suspended);
void engine_set_mandate(struct engine *e, const struct mandate *mandate);

/* The events that concern it. answer: true when the call was its own. */
void engine_tick(struct engine *e, struct turn *t);
bool engine_answer(struct engine *e, const struct answer *answer, struct turn *t);
void engine_recorded(struct engine *e, uint64_t seq, int error, struct turn *t);
/* Boot time of the next tick it needs; NEVER when none. */
msec_t engine_next(const struct engine *e);
/* Calls that are out, and changes waiting for the journal. */
size_t engine_busy(const struct engine *e);
void engine_stop(struct engine *e);

/* Who asked for a pass, for the journal and for status. Strings are copied. */
struct engine_cause {
    const char *operation, *who; /* NULL: the interval */
    bool dry;                    /* look and say what would be done; change nothing */
};
/* Asks for a pass; the number of the pass that will have started after this moment. */
uint64_t engine_ask(struct engine *e, const struct engine_cause *cause, struct turn *t);
/* True while an asked pass has not begun: ask for one after the other. */
bool engine_asked(const struct engine *e);
/* Number of the last pass that ended. */
uint64_t engine_passed(const struct engine *e);
/* Resources that are neither in sync nor given up for now (AWS at work, retries that are due). */
size_t engine_unsettled(const struct engine *e);
/* After a dry pass: [{"resource", "kind", "region", "action", "operation", "drift", "others"?}];
 * others: what differs too, and is changed by further operations. Takes it out; new reference. NULL
 * when the pass was cut short: there is no plan then, which is not an empty one. No other pass
 * begins before it is taken. */
json_t *engine_take_plan(struct engine *e, struct turn *t);

/* Hold: nothing is changed until it ends. reason NULL ends it; until: wall ms, 0: no end. */
void engine_hold(struct engine *e, const char *reason, const char *who, int64_t until_wall_ms,
                 struct turn *t);
bool engine_on_hold(const struct engine *e);
bool engine_destroying(const struct engine *e); /* or destroyed */
/* Changes that are being recorded or made: a hold does not call them back. */
size_t engine_changing(const struct engine *e);
/* Lets drd repair this one although its mode or breaker says no, or mend what it is blocked for,
 * which destroys data: that is asked for by engine_approval_destroys, and holds for the drift that
 * is shown now and no other. NULL, or why there is nothing to approve. */
const char *engine_approve(struct engine *e, const char *id, const char *who, struct turn *t);

bool engine_approval_destroys(const struct engine *e, const char *id);

/* Everything is to be absent (only == NULL), or one orphan. NULL, or why not. Survives a restart.
 */
const char *engine_destroy(struct engine *e, const char *only, const char *who, struct turn *t);
/* Wants things present again. */
void engine_revive(struct engine *e, struct turn *t);
/* Resources still to be seen absent. only: that one. */
size_t engine_remaining(const struct engine *e, const char *only);

/* True when a pass found that all that is left to destroy waits for a person. */
bool engine_stuck(const struct engine *e);

/* Views: new references. */
json_t *engine_counts(const struct engine *e, enum region region); /* REGION_NONE: all */
json_t *engine_status(const struct engine *e, struct now now);
/* filter: {"state"?, "region"?, "kind"?, "id"? (part of it), "offset"?, "limit"? (100)}; NULL. */
json_t *engine_rows(const struct engine *e, const json_t *filter, msec_t now);
/* Rows of everything that is not in sync, at most `most` of them. */
json_t *engine_problems(const struct engine *e, size_t most, msec_t now);
json_t *engine_row(const struct engine *e, const char *id, msec_t now); /* NULL: no such */
/* {id: outputs}, borrowed. */
const json_t *engine_outputs(const struct engine *e);
/* Names the nearest known id, or NULL; borrowed. */
const char *engine_nearest(const struct engine *e, const char *id);
/* True when all resources are in sync (or, when destroying, gone); else worst state's exit code is
 * 1 for errors and 2 for drift. */
int engine_exit_code(const struct engine *e);

#endif
