/* SPDX-License-Identifier: Apache-2.0 */
/* disturbances: what careless people do to each field of each kind, and what puts it right again.
 * One row at least for each field row and set row of the kinds' tables: the proof fails where one
 * is missing. Data only. */
#ifndef DRD_SIMULATION_DISTURBANCES_H
#define DRD_SIMULATION_DISTURBANCES_H

#include "daemon/base/base.h"
#include "daemon/base/time.h"

enum disturbance_end {
    END_REPAIRED, /* one pass repairs it, by exactly these operations */
    END_SLOW,     /* repaired, by further passes: AWS allows one such change an hour */
    END_BLOCKED,  /* a person must decide: nothing is written, the field is named */
    END_REFUSED,  /* AWS itself does not let it happen */
    END_UNWANTED, /* no configuration speaks of it, and what nobody wants is left alone */
    END_NAMED,    /* part of the name by which it is found, so it never differs */
    END_FIXED,    /* what no call can change: made wrong before drd begins; see fixtures */
};

struct step {
    const char *operation; /* "sqs:TagQueue", "dynamodb:UpdateTable@us-east-2" */
    const char *args;      /* JSON with ' for \", in which $name, $url … are filled in */
};

struct disturbance {
    const char *kind, *row; /* want pointer of the row; "" is the whole resource */
    const char *on;         /* part of the resource's id; NULL: any that wants the field */
    enum disturbance_end end;
    const char *repairs; /* the operations, in order */
    const char *also;    /* start of another pointer that changes with it, or NULL */
    msec_t settle; /* before and after each step; 0: a minute after, in which AWS comes to rest */
    struct step steps[6];
};

extern const struct disturbance disturbances[]; /* ends with kind == NULL */

/* Made by somebody before drd begins, with drd's tags and one thing wrong. */
struct fixture {
    const char *kind, *row, *id;
    struct step step;
};
extern const struct fixture fixtures[]; /* ends with kind == NULL */

/* The configuration all this is about; ' for \". */
extern const char disturbed_configuration[];

#endif
