/* SPDX-License-Identifier: Apache-2.0 */
/* case: one recorded question to a reconciler, tests/cases/KIND/NAME.json:
 *
 *   { "about": what it shows,
 *     "like": name of another case of the kind whose subject and facts this one changes (optional),
 *     "subject": {"id", "environment", "account", "region", "goal", "adopt", "consent", "want"},
 *     "facts": {slot: {"class", "body"}},
 *     "verdict": {"kind", "reason", "calls", "drift", "others", "outputs", "wait"} }
 *
 * With "like", subject and facts are merge patches (RFC 7386): null takes a member away. */
#ifndef DRD_CASE_H
#define DRD_CASE_H

#include "reconcilers/kind.h"

struct test_case {
    json_t *subject, *facts, *verdict; /* owned; verdict may be NULL */
    const struct kind *kind;
};

/* Prints what is wrong and returns false when the file is no case. */
bool case_load(const char *directory, const char *kind, const char *name, struct test_case *ret);
void case_clear(struct test_case *c);
/* Borrows from the case's subject. */
struct subject case_subject(const struct test_case *c);
/* The verdict as a document; a new reference. */
json_t *case_verdict(const struct verdict *v);
/* The names of the cases of a kind (owned list of strings), sorted. */
json_t *case_names(const char *directory, const char *kind);

#endif
