/* SPDX-License-Identifier: Apache-2.0 */
/* iam: what the two halves of the sandbox's IAM share. iam_roles.c has the roles, iam_policies.c
 * the managed policies; state is {"roles": {name: …}, "policies": {arn: …}}.
 * Not here: users, groups, instance profiles; keys are made by cloud_add_user. */
#ifndef DRD_SANDBOX_IAM_H
#define DRD_SANDBOX_IAM_H

#include "tests/sandbox/policy.h"
#include "tests/sandbox/service.h"

enum { IAM_TAGS_MAX = 50, IAM_PAGE = 100 };

/* The managed policy, AWS's own included (they appear when first named); NULL when absent. */
json_t *iam_policy(struct request *r, const char *arn);
/* {"text": as given, "document": parsed}, or NULL and *ret filled. */
json_t *iam_document(struct request *r, const char *text, enum policy_kind kind,
                     struct answer *ret);
/* The text of such a document, percent-encoded as IAM answers it. New reference. */
json_t *iam_encoded(const json_t *document);
/* One page by Marker and MaxItems; takes all. */
struct answer iam_page(struct request *r, json_t *all, const char *list);
/* Merges Tags of the call into tags; false and *ret filled when there would be too many. */
bool iam_tag(struct request *r, json_t *tags, struct answer *ret);
void iam_untag(struct request *r, json_t *tags);

/* The operations of iam_policies.c, for the one table. */
service_run_fn iam_create_policy, iam_create_policy_version, iam_delete_policy,
    iam_delete_policy_version, iam_get_policy, iam_get_policy_version, iam_list_entities_for_policy,
    iam_list_policy_tags, iam_list_policy_versions, iam_tag_policy, iam_untag_policy;

#endif
