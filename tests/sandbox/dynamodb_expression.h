/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_expression: DynamoDB's expression language, read into trees of JSON and carried out on
 * items. Source: developer guide, "Using expressions in DynamoDB"; messages as DynamoDB answers.
 *
 * Trees: [op, operand, ...]. Operands: {"path": ["a", 0, "b"]}, {"value": {"S": "x"}}, or again a
 * tree (size, if_not_exists, list_append, +, -). */
#ifndef DRD_SANDBOX_DYNAMODB_EXPRESSION_H
#define DRD_SANDBOX_DYNAMODB_EXPRESSION_H

#include "tests/sandbox/member.h"

/* The expressions of one request: they share the placeholders, each of which must be used. */
struct expressions {
    const json_t *names, *values; /* borrowed; may be NULL */
    json_t *used;                 /* placeholders that some expression used */
    char *problem;                /* what is wrong; owned */
};

void expressions_init(struct expressions *e, const json_t *args);
void expressions_clear(struct expressions *e);
/* Each returns a new tree, or NULL with e->problem; kind is the argument's name. */
json_t *expression_condition(struct expressions *e, const char *kind, const char *text);
json_t *expression_update(struct expressions *e, const char *text);
json_t *expression_projection(struct expressions *e, const char *text); /* list of paths */
/* False with e->problem when a placeholder was given and not used. */
bool expressions_used_up(struct expressions *e);
/* True for DynamoDB's reserved words, in any case. */
bool expression_reserved(const char *word);

/* ---- carrying out (dynamodb_evaluate.c) ---- */

/* The value at a path in an item, or NULL. Borrowed. */
json_t *evaluate_path(const json_t *path, const json_t *item);
bool evaluate_condition(const json_t *tree, const json_t *item);
/* The parts of an item at these paths. New reference. */
json_t *evaluate_projection(const json_t *paths, const json_t *item);
/* Changes item, which holds a copy of old. NULL, or what is wrong (static text). */
const char *evaluate_update(const json_t *update, const json_t *old, json_t *item);
/* Paths that an update writes. New reference. */
json_t *update_paths(const json_t *update);

#endif
