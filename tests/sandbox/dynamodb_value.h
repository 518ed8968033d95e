/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_value: attribute values ({"S": "x"}, {"N": "1.5"}, {"M": {...}}) - their checks, their
 * order, and exact decimal arithmetic with DynamoDB's 38 digits. Values that have been checked are
 * in one canonical form (numbers without superfluous zeros, sets sorted), so that json_equal is
 * DynamoDB's equality. Source: developer guide, "Supported data types and naming rules". */
#ifndef DRD_SANDBOX_DYNAMODB_VALUE_H
#define DRD_SANDBOX_DYNAMODB_VALUE_H

#include "tests/sandbox/member.h"

enum { NUMBER_DIGITS = 38, NUMBER_TEXT = 192 };

/* The canonical form; false when text is no number of DynamoDB's. */
bool number_canonical(const char *text, char ret[NUMBER_TEXT]);
/* Both canonical or at least valid. Like strcmp. */
int number_compare(const char *a, const char *b);
/* a + b, or a - b. False when the result has more digits than a number may have. */
bool number_add(const char *a, const char *b, bool subtract, char ret[NUMBER_TEXT]);

/* Checks a value, deeply, and brings it into canonical form. NULL, or the problem in DynamoDB's
 * words, static text. */
const char *value_problem(json_t *value);
/* The same for a map of attributes: an item, a key, ExpressionAttributeValues. */
const char *values_problem(json_t *attributes);
/* "S", "N", … of a checked value. */
const char *value_type(const json_t *value);
/* What is inside: the string of {"S": …}. Borrowed. */
json_t *value_inside(const json_t *value);
/* Order of two scalars of one type; false when they have none. */
bool value_compare(const json_t *a, const json_t *b, int *ret);
/* Bytes that DynamoDB counts for a map of attributes, about. */
size_t values_size(const json_t *attributes);

#endif
