/* SPDX-License-Identifier: Apache-2.0 */
/* settings: the daemon's own knobs, from the "settings" object of the configuration, each with a
 * default. What is wanted of AWS is config/topology's. */
#ifndef DRD_SETTINGS_H
#define DRD_SETTINGS_H

#include "config/schema.h"
#include "daemon/base/problem.h"
#include "daemon/base/time.h"

enum mode { MODE_OBSERVE, MODE_PROPOSE, MODE_ENFORCE };

struct settings {
    msec_t pass_interval;       /* between the starts of two passes */
    unsigned writes_per_pass;   /* changes; a pass that wants more stops and says so */
    unsigned destroys_per_pass; /* of those, how many may delete */
    unsigned repairs_per_hour;  /* of one field, before the breaker opens */
    unsigned resources_at_once; /* being stepped at the same time */
    msec_t call_timeout, attempt_timeout;
    enum mode mode;                              /* default for all resources */
    char account[16];                            /* pinned account, or "" */
    char role_observe[256], role_reconcile[256]; /* roles to assume, or "" */
    char control_socket[108], state_directory[256], metrics_listen[64];
    char control_group_read[64], control_group_write[64];
    json_t *connect_to; /* {"host:port": "address:port"}; owned, may be NULL */
    char ca_bundle[256], proxy[256];
    bool fips, dual_stack;
    double budget_scale;
};

const char *mode_name(enum mode mode);
/* "observe", "propose" or "enforce": text that a schema has checked. */
enum mode mode_parse(const char *name);
extern const char *const mode_words[]; /* for schemas; ends in NULL */

extern const struct schema settings_schema[]; /* the keys of "settings" */
/* From an object that is checked against the schema and filled with its defaults. */
void settings_read(const json_t *object, struct settings *ret);
void settings_clear(struct settings *s);

#endif
