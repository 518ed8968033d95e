/* SPDX-License-Identifier: Apache-2.0 */
/* policy: the meaning of one IAM policy document for one request. Identity policies, permissions
 * boundaries, session policies, resource policies and trust policies are all read here; how their
 * verdicts combine is the cloud's business (authorize.c). Pure.
 * Source: IAM User Guide, "IAM JSON policy elements reference" and "Policy evaluation logic". */
#ifndef DRD_SANDBOX_POLICY_H
#define DRD_SANDBOX_POLICY_H

#include "daemon/base/base.h"
#include "daemon/base/problem.h"

enum policy_effect {
    POLICY_NONE,     /* no statement fits: an implicit deny */
    POLICY_ALLOW,    /* allowed (by a resource policy: to this very principal) */
    POLICY_DELEGATE, /* a resource policy allows the account: identity policies decide */
    POLICY_DENY,     /* an explicit deny */
};

enum policy_kind {
    POLICY_IDENTITY, /* attached to a role or user, a boundary, or a session policy */
    POLICY_RESOURCE, /* attached to a bucket or a queue: names principals and resources */
    POLICY_TRUST,    /* of a role: names principals, no resources */
};

struct policy_request {
    const char *action;   /* "sqs:CreateQueue" */
    const char *resource; /* ARN or "*" */
    /* {"aws:RequestedRegion": "us-east-1", "aws:TagKeys": ["a"]}: values are strings, booleans,
     * integers or lists of strings; names are compared without case. NULL: none. */
    const json_t *context;
    /* Who asks, for policies that name principals; unused otherwise. */
    const char *principal; /* ARN of the user or session; NULL for a service */
    const char *role;      /* ARN of the session's role, or NULL */
    const char *account;   /* of the principal */
    const char *service;   /* "lambda.amazonaws.com", or NULL */
    const char *federated; /* provider of a web identity, or NULL */
};

/* The effect of the document; *ret_statement (may be NULL) borrows the Sid of the statement that
 * decided, or "" when it has none or none decided. A document is what policy_check let pass. */
enum policy_effect policy_evaluate(const json_t *document, enum policy_kind kind,
                                   const struct policy_request *request,
                                   const char **ret_statement);

/* 0, or -EINVAL and a problem in AWS's words ("Syntax errors in policy."). */
int policy_check(const json_t *document, enum policy_kind kind, struct problem *reterr) MUST_CHECK;
/* Parses and checks. 0 and a new reference, or -EINVAL. */
int policy_parse(const char *text, enum policy_kind kind, json_t **ret,
                 struct problem *reterr) MUST_CHECK;

/* Does text fit a pattern of '*' and '?'? */
bool policy_glob(const char *pattern, const char *text, bool ignore_case);

#endif
