/* SPDX-License-Identifier: Apache-2.0 */
/* permission: from the catalogue to IAM. Which actions on which resources AWS checks for a call.
 * The sandbox enforces policies with it. Rows and their placeholders: aws/operation.h. */
#ifndef DRD_PERMISSION_H
#define DRD_PERMISSION_H

#include "aws/operation.h"

#include <jansson.h>

/* [{"action": "sqs:CreateQueue", "resource": "arn:aws:sqs:us-east-1:123456789012:orders"}, …], in
 * the order of the row; empty when AWS checks nothing. path is the request's path, for API Gateway;
 * NULL elsewhere. New reference. */
json_t *permission_checks(const struct operation *op, enum region region, const char *account,
                          const json_t *args, const char *path);

/* Every text that a pattern with such placeholders stands for; [] when a list in it is empty. New
 * reference. */
json_t *permission_expand(const char *pattern, enum region region, const char *account,
                          const json_t *args);

#endif
