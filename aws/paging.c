/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/paging.h"

/* The object that holds the last member of a path, and that member's name. NULL when a part of the
 * way is missing. */
static json_t *holder(json_t *object, const char *path, const char **ret_last)
{
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        autofree char *name = xstrndup(path, (size_t)(dot - path));
        object = json_object_get(object, name);
    }
    *ret_last = path;
    return object;
}

static json_t *get(const json_t *object, const char *path)
{
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        autofree char *name = xstrndup(path, (size_t)(dot - path));
        object = json_object_get(object, name);
    }
    return json_object_get(object, path);
}

/* AWS says "no more" by null, by "", by an empty map, or by silence. */
static bool is_token(const json_t *value)
{
    if (json_is_string(value))
        return json_string_length(value) > 0;
    if (json_is_object(value))
        return json_object_size(value) > 0;
    return value != NULL && !json_is_null(value);
}

enum paging paging_advance(const struct pager *pager, const json_t *page, json_t *args)
{
    bool any = false, moved = false;
    for (size_t i = 0; pager->out[i] != NULL; i++)
        any = any || is_token(get(page, pager->out[i]));
    if (pager->more != NULL && !json_is_true(get(page, pager->more)))
        return PAGING_DONE;
    if (!any)
        return pager->more != NULL ? PAGING_NO_PROGRESS : PAGING_DONE;
    for (size_t i = 0; pager->out[i] != NULL; i++) {
        json_t *token = get(page, pager->out[i]), *old = json_object_get(args, pager->in[i]);
        bool given = is_token(token);
        moved = moved || given != is_token(old) || (given && !json_equal(token, old));
        if (given)
            json_object_set(args, pager->in[i], token);
        else
            json_object_del(args, pager->in[i]);
    }
    return moved ? PAGING_MORE : PAGING_NO_PROGRESS;
}

static void move_mark(json_t *whole, const json_t *page, const char *path)
{
    const char *name;
    json_t *parent = holder(whole, path, &name), *value = get(page, path);
    if (value != NULL)
        json_object_set(parent, name, value);
    else
        json_object_del(parent, name);
}

void paging_join(const struct pager *pager, json_t *whole, const json_t *page)
{
    for (size_t i = 0; pager->keys[i] != NULL; i++) {
        const char *name;
        json_t *parent = holder(whole, pager->keys[i], &name);
        json_t *old = json_object_get(parent, name), *add = get(page, pager->keys[i]);
        if (json_is_array(old) && json_is_array(add))
            json_array_extend(old, add);
        else if (json_is_integer(old) && json_is_integer(add))
            json_object_set_new(parent, name,
                                json_integer(json_integer_value(old) + json_integer_value(add)));
        else if (!json_is_array(old) && add != NULL)
            json_object_set(parent, name, add);
    }
    for (size_t i = 0; pager->out[i] != NULL; i++)
        move_mark(whole, page, pager->out[i]);
    if (pager->more != NULL)
        move_mark(whole, page, pager->more);
}

void paging_finish(const struct pager *pager, json_t *whole)
{
    const char *name;
    for (size_t i = 0; pager->out[i] != NULL; i++) {
        json_t *parent = holder(whole, pager->out[i], &name);
        json_object_del(parent, name);
    }
}
