/* SPDX-License-Identifier: Apache-2.0 */
/* schema: what a JSON document may look like, as tables. One table is at once the check of what
 * people write, the defaults, the reference page and the JSON Schema for editors; so a key that is
 * not documented cannot be read, and one that is not checked cannot be documented.
 *
 * Keys that start with "//" are comments, anywhere. */
#ifndef DRD_SCHEMA_H
#define DRD_SCHEMA_H

#include "daemon/base/problem.h"

enum schema_type {
    SCHEMA_STRING,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,
    SCHEMA_BOOL,
    SCHEMA_ENUM,   /* a string out of `words` */
    SCHEMA_OBJECT, /* keys: the table `inner` */
    SCHEMA_MAP,    /* names chosen by the user → values of the schema `inner` */
    SCHEMA_LIST,   /* values of the schema `inner` */
};

/* NULL when text is good, else what it must be: "must be 12 digits". Static text. */
typedef const char *schema_rule(const char *text);

struct schema {
    const char
        *key; /* NULL ends a table; in the schema of a map's values, what the name stands for */
    enum schema_type type;
    bool required;
    unsigned one_of;          /* of the keys with this number exactly one must be there; 0: none */
    const char *otherwise;    /* the default, as JSON; NULL: absent */
    json_int_t min, max;      /* of the number; of the length in bytes; of the count. 0, 0: any */
    schema_rule *rule;        /* STRING: a further rule; MAP: for the names */
    const char *rule_pattern; /* the same as a regular expression, for editors; may be NULL */
    const char *const *words; /* ENUM; ends in NULL */
    const struct schema *inner; /* OBJECT: a table; MAP, LIST: one schema */
    const char *doc;            /* for people: one or two sentences */
    const char *example;        /* JSON */
};

/* Checks value against the table of an object's keys; every problem found is added, with its
 * pointer below `pointer`. True when there was none. */
bool schema_check(const struct schema *table, const json_t *value, const char *pointer,
                  struct problems *reterr);

/* A copy of a checked document with comments removed and defaults filled in, so that whoever reads
 * it knows no defaults. An object with a default gets its own defaults too. */
json_t *schema_fill(const struct schema *table, const json_t *value);

/* "text", "whole number", …: what to call a type. Static text. */
const char *schema_type_name(enum schema_type type);
bool schema_is_comment(const char *key);

#endif
