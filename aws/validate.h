/* SPDX-License-Identifier: Apache-2.0 */
/* validate: a call's arguments against AWS's model, before they leave (client) or when they
 * arrive (sandbox): types, required and unknown members, lengths, ranges, enums, patterns where
 * they are of the kind that POSIX can say. */
#ifndef DRD_VALIDATE_H
#define DRD_VALIDATE_H

#include "aws/model.h"
#include "daemon/base/problem.h"

/* 0, or -EINVAL with a problem whose pointer names the member:
 * "/Attributes: unknown member; did you mean Attributes?". shape may be NULL (no input): then only
 * {} or NULL is good. */
int validate_input(const struct shape *shape, const json_t *value,
                   struct problem *reterr) MUST_CHECK;

#endif
