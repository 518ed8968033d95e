/* SPDX-License-Identifier: Apache-2.0 */
/* kind: what there is to know about one kind of resource. Tables first: most of a kind is field
 * rows, and the common step (reconcilers/resource) reads them. A field row is also the drift
 * report, the reference page, the redaction list and a property test. */
#ifndef DRD_KIND_H
#define DRD_KIND_H

#include "reconcilers/verdict.h"

/* How a wanted value and a live one are brought to one form before they are compared. */
enum form {
    FORM_PLAIN,   /* as it is; objects by value */
    FORM_DECIMAL, /* want has a number, AWS answers its digits as text */
    FORM_TRUTH,   /* want has true or false, AWS answers "true" or "false" */
    FORM_JSON,    /* AWS holds JSON in a string: compared parsed */
    FORM_POLICY,  /* an IAM policy document, compared by meaning */
    FORM_SET,     /* a list whose order means nothing */
    FORM_TAGS,    /* want has {key: value}; the kind says how AWS lists them */
    FORM_SECRET,  /* compared by hash, never shown */
};

struct field {
    const char *want;   /* JSON pointer into want: "/Attributes/VisibilityTimeout" */
    const char *live;   /* JSON pointer into the fact's body */
    const char *slot;   /* which fact */
    const char *repair; /* operation that changes it; NULL: fixed at creation */
    enum form form;
    const char *absent; /* JSON text of what a missing live value means to AWS; NULL: nothing */
    const char *doc;    /* one line for the reference page; NULL: not shown to users */
};

struct kind;
typedef struct verdict kind_step_fn(const struct kind *kind, const struct subject *subject,
                                    const json_t *facts);

struct kind {
    const char *name;    /* "sqs_queue" */
    const char *service; /* botocore's name */
    bool global;         /* one for all regions (IAM, Route 53) */
    bool steers_traffic; /* someone else's change is proposed, not undone */
    msec_t settle;       /* how long AWS may take to show an accepted change */
    kind_step_fn *step;
    const struct field *fields;
    size_t n_fields;
    const char *const *outputs; /* NULL-terminated names */
    const char *identity;       /* member of want that names it in AWS: "QueueName" */
};

extern const struct kind *const kinds[]; /* NULL-terminated; sorted by name */
const struct kind *kind_find(const char *name);

/* The step of a kind, with the checks that hold for all of them (a READ has calls with distinct
 * slots that are not known yet, a WRITE has one call and it is no read). */
struct verdict kind_step(const struct kind *kind, const struct subject *subject,
                         const json_t *facts);

#endif
