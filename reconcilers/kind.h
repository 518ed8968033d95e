/* SPDX-License-Identifier: Apache-2.0 */
/* kind: what there is to know about one kind of resource. Tables first: what to read, which fields
 * are kept and by which operation each is repaired. The common step (reconcilers/resource) walks
 * them; what no table can say is a small function of the kind. A field row is also the drift
 * report, the reference page (docs/fields.md), the redaction list and a property test. */
#ifndef DRD_KIND_H
#define DRD_KIND_H

#include "reconcilers/verdict.h"

/* How a wanted value and a live one are brought to one form before they are compared. */
enum form {
    FORM_PLAIN,    /* as it is; objects by value */
    FORM_WITHIN,   /* live may hold more than was wanted: AWS adds members of its own */
    FORM_SET,      /* a list whose order means nothing */
    FORM_DECIMAL,  /* want has a number, AWS answers its digits as text */
    FORM_TRUTH,    /* want has true or false, AWS takes and answers "true" or "false" */
    FORM_SWITCH,   /* want has true or false, AWS answers ENABLED, ENABLING, DISABLED … */
    FORM_JSON,     /* AWS holds JSON in a string: compared parsed */
    FORM_POLICY,   /* an IAM policy document, compared by meaning */
    FORM_TAGS,     /* tags, which AWS holds as {key: value}, as want does … */
    FORM_TAG_LIST, /* … or as [{"Key", "Value"}]; live tags that nobody wants are left alone */
    FORM_SECRET,   /* compared, never shown */
};

/* What the functions of a kind may look at: the subject, the facts so far, and the one thing that a
 * "*" in a row stands for. */
struct scene {
    const struct kind *kind;
    const struct subject *subject;
    const json_t *facts;
    const char *item;
};
/* Arguments of a call; a new reference. */
typedef json_t *args_fn(const struct scene *scene);
/* Fills *ret and returns true when the kind has something to say first. */
typedef bool word_fn(const struct scene *scene, struct verdict *ret);

/* One look at AWS. Reads that do not need each other's answers leave in one verdict. */
struct read {
    const char *slot;      /* the fact's key; "policy:*" with each */
    const char *operation; /* "sqs:GetQueueAttributes" */
    args_fn *args;         /* NULL result: not yet, an earlier answer is needed */
    const char *each;      /* pointer into want: one read for every name there */
    unsigned max_pages;    /* 0: all */
    enum { TO_BOTH, TO_KEEP, TO_DESTROY } use;
    bool optional; /* "not found" means only that this part is not set */
};

struct field {
    const char *want;   /* JSON pointer into want: "/Attributes/VisibilityTimeout". A last step
                             of * stands for every member there */
    const char *live;   /* JSON pointer into the fact's body */
    const char *slot;   /* which fact */
    const char *repair; /* operation that changes it; NULL: fixed at creation */
    const char *remove; /* operation that takes it away when it is not wanted; NULL: it is then
                           nobody's concern. The same as repair: `absent` is written */
    const char *arg;    /* JSON pointer into the repair's arguments; NULL: the one into want */
    enum form form;
    const char *absent;   /* JSON text of what a missing value means to AWS; NULL: nothing */
    const char *defaults; /* JSON text of members that AWS fills in; NULL: none */
    const char *doc;      /* one line for the reference page; NULL: not shown to users */
};

/* A set of names of which each is added and removed by itself: attached policies. */
struct set {
    const char *want;   /* pointer to a list of names, or to an object whose keys they are */
    const char *slot;   /* the fact that lists those that are there */
    const char *live;   /* pointer to the list in it */
    const char *name;   /* pointer to the name in an element; "": the element is the name */
    const char *add;    /* operation; NULL: a field row with "*" adds them */
    const char *remove; /* operation */
    const char *doc;
};

/* One operation that changes the resource. */
struct change {
    const char *operation;
    args_fn *args; /* which resource; the values that differ are put in beside it */
    enum {
        CARRY_CHANGED, /* the values that differ, all of them in one call */
        CARRY_ALL,     /* every wanted value that it can set: it replaces the whole */
        CARRY_MEMBER,  /* every wanted value below one member: it does one thing a call */
    } carry;
    word_fn *first; /* what has to happen before; may be NULL */
};

typedef struct verdict kind_step_fn(const struct kind *kind, const struct subject *subject,
                                    const json_t *facts);

struct kind {
    const char *name;    /* "sqs_queue" */
    const char *service; /* botocore's name */
    const char *doc;     /* for the reference page: what no row says; may be NULL */
    bool global;         /* one for all regions (IAM, Route 53) */
    bool steers_traffic; /* someone else's change is proposed, not undone */
    bool parent_owns;    /* comes into being with another resource, so it may carry no tags yet */
    msec_t settle;       /* how long AWS may take to show an accepted change */
    kind_step_fn *step;  /* resource_step, for those that fit the tables */
    const struct read *reads; /* ends with slot == NULL; the first one finds the resource */
    const char *found; /* pointer in its body that exists when the resource does; NULL: any */
    const struct field *fields;
    size_t n_fields;
    const struct set *sets;       /* ends with want == NULL; may be NULL */
    const struct change *changes; /* ends with operation == NULL; all that the rows name */
    const char *create, *destroy; /* operations, rows of changes; destroy may be NULL */
    const char *const *also;      /* other operations that its own code calls; NULL-terminated list
                                     or NULL. Permissions are made from all of these */
    const char *(*busy)(const struct scene *scene); /* why AWS is at work on it, or NULL */
    /* Whether what carries no tags is ours all the same; calls in *ret have to be answered first.
     * NULL: it never is. */
    word_fn *vouch;
    word_fn *missing;                          /* before it is created, or called gone */
    word_fn *more;                             /* after fields and sets are in sync */
    word_fn *undo;                             /* before it is destroyed */
    bool (*secret)(const struct scene *scene); /* whether FORM_SECRET hides; NULL: always */
    args_fn *report;                           /* the outputs */
    const char *const *outputs;                /* NULL-terminated names */
    const char *identity; /* member of want that names it in AWS: "QueueName" */
};

extern const struct kind *const kinds[]; /* NULL-terminated; sorted by name */
const struct kind *kind_find(const char *name);

/* The step of a kind, with the checks that hold for all of them (a READ has calls with distinct
 * slots that are not known yet, a WRITE has one call and it is no read). */
struct verdict kind_step(const struct kind *kind, const struct subject *subject,
                         const json_t *facts);

#endif
