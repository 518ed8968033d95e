/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/service.h"

#include <stdio.h>

const json_t *request_member(const struct request *r, const char *member)
{
    return json_object_get(r->args, member);
}

const char *request_text(const struct request *r, const char *member)
{
    return json_string_value(json_object_get(r->args, member));
}

json_int_t request_integer(const struct request *r, const char *member, json_int_t fallback)
{
    const json_t *value = json_object_get(r->args, member);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool request_true(const struct request *r, const char *member)
{
    return json_is_true(json_object_get(r->args, member));
}

json_t *service_object(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    if (member == NULL) {
        member = json_object();
        json_object_set_new(object, name, member);
    }
    return member;
}

json_t *service_date(struct now now)
{
    return json_integer(now.wall.ms);
}

char *service_id(struct cloud *c, const char *prefix, unsigned n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct buffer id = { 0 };
    buffer_str(&id, prefix);
    for (unsigned i = 0; i < n; i++)
        buffer_add(&id, &letters[random_below(cloud_random(c), sizeof letters - 1)], 1);
    return buffer_take(&id);
}

bool service_page(const json_t *all, const char *token, json_int_t max, json_t *body,
                  const char *list, size_t *ret_next)
{
    size_t n = json_array_size(all), from = 0;
    if (token != NULL) {
        char *end;
        from = strtoul(token, &end, 10);
        if (*token == '\0' || *end != '\0' || from > n)
            return false;
    }
    size_t to = max > 0 && (size_t)max < n - from ? from + (size_t)max : n;
    json_t *page = json_array();
    for (size_t i = from; i < to; i++)
        json_array_append(page, json_array_get(all, i));
    json_object_set_new(body, list, page);
    *ret_next = to < n ? to : 0;
    return true;
}

json_t *service_tag_map(const json_t *list)
{
    if (json_is_object(list))
        return json_deep_copy(list);
    json_t *map = json_object();
    size_t i;
    json_t *tag;
    json_array_foreach(list, i, tag)
    {
        json_t *key = json_object_get(tag, "Key");
        json_t *value = json_object_get(tag, "Value");
        if (json_is_string(key))
            json_object_set(map, json_string_value(key), value);
    }
    return map;
}

json_t *service_tag_list(const json_t *map)
{
    json_t *list = json_array();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    }
    return list;
}

static int error_status(const struct operation *op, const char *code)
{
    const struct shape *const *error = operation_model(op)->errors;
    for (; *error != NULL; error++)
        if (str_eq((*error)->error_code, code) || strcmp((*error)->name, code) == 0)
            return (*error)->error_status == 0 ? 400 : (*error)->error_status;
    return 400;
}

struct answer service_error(const struct request *r, const char *code, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    int status = error_status(r->op, code);
    return answer_error(aws_classify(r->op, code, status, message), code, status, "%s", message);
}
