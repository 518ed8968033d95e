/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/batching.h"

static bool holds(const json_t *names, const json_t *name)
{
    size_t i;
    const json_t *other;
    json_array_foreach(names, i, other) if (json_equal(other, name)) return true;
    return false;
}

const json_t *batching_names(const struct call *call)
{
    const struct batch *batch = call->op->batch;
    if (batch == NULL)
        return NULL;
    const json_t *names = json_object_get(call->args, batch->list);
    size_t n = json_array_size(names), i;
    if (n == 0 || n > batch->max)
        return NULL;
    const json_t *name;
    json_array_foreach(names, i, name)
    {
        if (!json_is_string(name) || strchr(json_string_value(name), ':') != NULL)
            return NULL;
    }
    return names;
}

json_t *batching_rest(const struct call *call)
{
    json_t *rest = json_copy(call->args);
    json_object_del(rest, call->op->batch->list);
    return rest;
}

bool batching_merge(const struct batch *batch, json_t *args, const json_t *names)
{
    json_t *list = json_object_get(args, batch->list);
    size_t i, n = json_array_size(list);
    json_t *name;
    json_array_foreach(names, i, name) n += !holds(list, name);
    if (n > batch->max)
        return false;
    json_array_foreach(names, i, name) if (!holds(list, name)) json_array_append(list, name);
    return true;
}

static json_t *filtered(const json_t *list, const char *key, const json_t *names)
{
    json_t *mine = json_array();
    size_t i;
    const json_t *element;
    json_array_foreach(list, i, element)
    {
        if (holds(names, key == NULL ? element : json_object_get(element, key)))
            json_array_append_new(mine, json_deep_copy(element));
    }
    return mine;
}

json_t *batching_deal(const struct batch *batch, const json_t *body, const json_t *names)
{
    json_t *mine = json_object();
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, member, value)
    {
        json_t *part = NULL;
        for (size_t d = 0; d < ARRAY_SIZE(batch->deal); d++)
            if (str_eq(batch->deal[d].result, member))
                part = filtered(value, batch->deal[d].key, names);
        json_object_set_new(mine, member, part != NULL ? part : json_deep_copy(value));
    }
    return mine;
}
