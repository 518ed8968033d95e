/* SPDX-License-Identifier: Apache-2.0 */
/* meaning: IAM policy documents, compared by what they mean. AWS keeps them as text and gives them
 * back rearranged: percent-encoded (IAM), an account id turned into the ARN of its root, lists of
 * one turned into text. It is no evaluator: what a policy allows is not decided here.
 *
 * Two documents are equal when they differ only in: the order of statements and of lists, text
 * instead of a list of one, letter case of actions and of condition keys, Sid and Id (labels
 * without effect), "*" for the principal {"AWS": "*"}, an account id for the ARN of its root,
 * numbers and booleans for their text in conditions, percent-encoding and white space of the text
 * form. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * and reference_policies_elements_principal.html, …_condition.html */
#ifndef DRD_MEANING_H
#define DRD_MEANING_H

#include "daemon/base/base.h"

/* The one form of a document (an object, or its text as AWS sends it); a new reference. A text that
 * is no JSON object comes back as it is, and so equals only itself. */
json_t *meaning_canonical(const json_t *document);
/* The document as it stands, decoded and parsed; NULL when it is none. A new reference. */
json_t *meaning_parse(const json_t *document);
bool meaning_equal(const json_t *a, const json_t *b);
/* Where the meaning of two documents first differs, as a pointer into `wanted`:
 * "/Statement/1/Action"; "/Statement" where a statement is too many or missing. NULL when they are
 * equal. The caller frees. */
char *meaning_difference(const json_t *wanted, const json_t *live);
/* Text with %XX decoded; the caller frees. */
char *meaning_percent_decode(const char *text);

#endif
