/* SPDX-License-Identifier: Apache-2.0 */
/* naming: how a name chosen by the user becomes a name and an ARN in AWS. Every name carries the
 * suffix, so that several environments share an account; bucket names are the world's and carry
 * region and account too. AWS's limits hold for the derived name, so that is what is checked. */
#ifndef DRD_NAMING_H
#define DRD_NAMING_H

#include "aws/region.h"
#include "daemon/base/problem.h"

enum named {
    NAMED_TABLE,     /* payments-demo */
    NAMED_BUCKET,    /* transaction-logs-us-east-1-123456789012-demo */
    NAMED_QUEUE,     /* orders-demo */
    NAMED_FIFO,      /* orders-demo.fifo */
    NAMED_PARAMETER, /* payments/ledger → /payments-demo/ledger; ledger → /ledger-demo */
    NAMED_ROLE,      /* payments-api-demo */
    NAMED_POLICY,    /* permissions-boundary-demo */
    N_NAMED
};

/* Where a name is to hold. All borrowed. */
struct naming {
    const char *suffix, *account; /* 12 digits */
    enum region region;           /* ignored by global things */
};

/* The caller frees both. arn takes the derived name. */
char *naming_name(const struct naming *n, enum named what, const char *name);
char *naming_arn(const struct naming *n, enum named what, const char *derived);

/* Length and characters of a derived name; the message says what it came to and from where. */
void naming_check(const struct naming *n, enum named what, const char *derived, const char *pointer,
                  struct problems *reterr);

/* Rules for what users write; NULL when good, else what is wrong (see schema_rule). */
const char *naming_rule_name(const char *text);      /* "payments-api" */
const char *naming_rule_parameter(const char *text); /* "payments/ledger-table" */
const char *naming_rule_suffix(const char *text);    /* "demo" */
const char *naming_rule_account(const char *text);   /* "123456789012" */

#define NAMING_PATTERN_NAME "^[A-Za-z0-9][A-Za-z0-9._-]*$"
#define NAMING_PATTERN_PARAMETER "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*$"
#define NAMING_PATTERN_SUFFIX "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
#define NAMING_PATTERN_ACCOUNT "^[0-9]{12}$"

#endif
