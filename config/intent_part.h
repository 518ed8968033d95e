/* SPDX-License-Identifier: Apache-2.0 */
/* intent_part: the parts of the intent table, for intent.c alone: what one table, bucket, queue,
 * parameter or role of the configuration looks like. */
#ifndef DRD_INTENT_PART_H
#define DRD_INTENT_PART_H

#include "config/schema.h"
#include "config/settings.h"

extern const struct schema intent_table, intent_bucket, intent_queue; /* intent_data.c */
extern const struct schema intent_parameter, intent_role;             /* intent_access.c */

/* A rule for texts that name a managed policy. */
const char *intent_rule_policy_arn(const char *text);

/* Keys that everything wanted has. */
#define COMMON_KEYS                                                                                \
    { .key = "mode",                                                                               \
      .type = SCHEMA_ENUM,                                                                         \
      .words = mode_words,                                                                         \
      .doc = "What to do when it drifts; without it, `settings.mode`." },                          \
        { .key = "adopt",                                                                          \
          .type = SCHEMA_BOOL,                                                                     \
          .otherwise = "false",                                                                    \
          .doc = "Take over what exists under this name without drd's tags. Otherwise it is left " \
                 "alone and reported." }

#endif
