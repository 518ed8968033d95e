/* SPDX-License-Identifier: Apache-2.0 */
/* member: short ways to read and make members of JSON objects. All of them take NULL for an object
 * that is not there and answer as if the member were absent; what they return is borrowed. */
#ifndef DRD_SANDBOX_MEMBER_H
#define DRD_SANDBOX_MEMBER_H

#include "daemon/base/base.h"

static inline const char *member_str(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static inline json_int_t member_int(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static inline bool member_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static inline bool member_is(const json_t *object, const char *name, const char *value)
{
    return str_eq(member_str(object, name), value);
}

/* The object of that name inside, made when missing. */
static inline json_t *member_object(json_t *object, const char *name)
{
    json_t *inner = json_object_get(object, name);
    if (inner == NULL) {
        inner = json_object();
        json_object_set_new(object, name, inner);
    }
    return inner;
}

/* The array of that name inside, made when missing. */
static inline json_t *member_array(json_t *object, const char *name)
{
    json_t *inner = json_object_get(object, name);
    if (inner == NULL) {
        inner = json_array();
        json_object_set_new(object, name, inner);
    }
    return inner;
}

static inline void member_set_str(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, json_string(value));
}

static inline void member_set_int(json_t *object, const char *name, json_int_t value)
{
    json_object_set_new(object, name, json_integer(value));
}

/* The first object of an array whose member has this value, or NULL. */
static inline json_t *member_find(const json_t *array, const char *name, const char *value)
{
    size_t i;
    json_t *each;
    json_array_foreach(array, i, each) if (member_is(each, name, value)) return each;
    return NULL;
}

/* A copy of a value with nothing shared; for state that must not alias a request's arguments. */
static inline json_t *member_copy(const json_t *value)
{
    json_t *copy = json_deep_copy(value);
    assert(value == NULL || copy != NULL);
    return copy;
}

#endif
