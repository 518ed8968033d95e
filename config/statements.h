/* SPDX-License-Identifier: Apache-2.0 */
/* statements: IAM policy documents, written statement by statement. What may be allowed to whom is
 * decided by the expand_* files; comparing policies is reconcilers/policy's. */
#ifndef DRD_STATEMENTS_H
#define DRD_STATEMENTS_H

#include "daemon/base/base.h"

/* {"Version": "2012-10-17", "Statement": []} */
json_t *statements_new(void);
/* Adds an Allow; actions ends in NULL, resources and condition (may be NULL) are taken. A statement
 * of that sid with the same actions and condition gets the resources; if they differ, the sid gets
 * a number. */
void statements_allow(json_t *policy, const char *sid, const char *const *actions,
                      json_t *resources, json_t *condition);
/* Adds a refusal of everything that does not come over TLS: "s3:*" on these resources (taken). */
void statements_tls_only(json_t *policy, const char *actions, json_t *resources);
/* Who may assume a role: one service; account binds it with aws:SourceAccount, NULL does not. */
json_t *statements_trust(const char *service, const char *account);

/* "orders-dlq", "consume" → "ConsumeOrdersDlq": letters and digits only, as a Sid must be. */
char *statements_sid(const char *verb, const char *name);
/* Its size as AWS counts it: without white space. */
size_t statements_size(const json_t *policy);

#endif
