/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/permission.h"

#include "daemon/base/base.h"

struct scope {
    const char *region, *account, *path;
    const json_t *args;
};

static void append(json_t *list, const char *text)
{
    json_array_append_new(list, json_string(text));
}

/* Collects the values at "A.B[].C" below value; with `many`, everything that is there. */
static void collect(const json_t *value, const char *path, json_t *out)
{
    if (value == NULL)
        return;
    if (*path == '\0') {
        json_array_append(out, (json_t *)(uintptr_t)value);
        return;
    }
    size_t n = strcspn(path, ".[");
    const json_t *inner = json_object_getn(value, path, n);
    const char *rest = path + n;
    if (str_prefix(rest, "[]")) {
        rest += rest[2] == '.' ? 3 : 2;
        for (size_t i = 0; i < json_array_size(inner); i++)
            collect(json_array_get(inner, i), rest, out);
    } else {
        collect(inner, *rest == '.' ? rest + 1 : rest, out);
    }
}

/* The name of a Lambda function out of a name, a name with a qualifier, or an ARN. */
static char *function_name(const char *text)
{
    static const char marker[] = ":function:";
    const char *in_arn = strstr(text, marker);
    const char *name = in_arn == NULL ? text : in_arn + sizeof marker - 1;
    return xstrndup(name, strcspn(name, ":"));
}

static void append_transformed(json_t *out, const json_t *value, const char *transform)
{
    const char *key;
    const json_t *ignored;
    if (str_eq(transform, "keys")) {
        json_object_foreach((json_t *)(uintptr_t)value, key, ignored) append(out, key);
        return;
    }
    const char *text = json_string_value(value);
    if (text == NULL)
        return;
    if (str_eq(transform, "last")) {
        const char *slash = strrchr(text, '/');
        append(out, slash == NULL ? text : slash + 1);
    } else if (str_eq(transform, "bare")) {
        append(out, *text == '/' ? text + 1 : text);
    } else if (str_eq(transform, "function")) {
        autofree char *name = function_name(text);
        append(out, name);
    } else {
        append(out, text);
    }
}

/* The values of one placeholder. A plain member that is absent is the empty text (a role without a
 * path); an absent list is no value at all. */
static json_t *placeholder(const struct scope *scope, const char *inside)
{
    json_t *out = json_array();
    const char *colon = strchr(inside, ':');
    autofree char *path = colon == NULL ? xstrdup(inside)
                                        : xstrndup(inside, (size_t)(colon - inside));
    const char *transform = colon == NULL ? "" : colon + 1;
    if (str_eq(path, "region")) {
        append(out, scope->region);
    } else if (str_eq(path, "account")) {
        append(out, scope->account);
    } else if (str_eq(transform, "path")) {
        append(out, scope->path == NULL ? "" : scope->path);
    } else {
        json_auto_t *values = json_array();
        collect(scope->args, path, values);
        for (size_t i = 0; i < json_array_size(values); i++)
            append_transformed(out, json_array_get(values, i), transform);
        if (json_array_size(values) == 0 && strstr(path, "[]") == NULL)
            append(out, "");
    }
    return out;
}

/* Every text that the pattern stands for; placeholders with several values multiply. */
static json_t *expand(const struct scope *scope, const char *pattern)
{
    json_t *out = json_array();
    const char *open = strchr(pattern, '{');
    if (open == NULL) {
        append(out, pattern);
        return out;
    }
    const char *close = strchr(open, '}');
    assert(close != NULL);
    autofree char *inside = xstrndup(open + 1, (size_t)(close - open - 1));
    json_auto_t *values = placeholder(scope, inside);
    json_auto_t *rests = expand(scope, close + 1);
    for (size_t i = 0; i < json_array_size(values); i++)
        for (size_t k = 0; k < json_array_size(rests); k++)
            json_array_append_new(out, json_sprintf("%.*s%s%s", (int)(open - pattern), pattern,
                                                    json_string_value(json_array_get(values, i)),
                                                    json_string_value(json_array_get(rests, k))));
    return out;
}

static void add_checks(json_t *out, const struct scope *scope, const char *action,
                       const char *resource)
{
    json_auto_t *resources = expand(scope, resource);
    for (size_t i = 0; i < json_array_size(resources); i++)
        json_array_append_new(out, json_pack("{s:s, s:O}", "action", action, "resource",
                                             json_array_get(resources, i)));
}

json_t *permission_checks(const struct operation *op, enum region region, const char *account,
                          const json_t *args, const char *path)
{
    const struct scope scope = { region_name(operation_region(op, region)), account, path, args };
    json_t *out = json_array();
    if (op->iam_action[0] != '\0')
        add_checks(out, &scope, op->iam_action, op->iam_resource);
    for (const struct permission *p = op->also; p != NULL && p->action != NULL; p++) {
        json_auto_t *present = json_array();
        collect(args, p->when, present);
        if (json_array_size(present) > 0)
            add_checks(out, &scope, p->action, p->resource);
    }
    return out;
}

json_t *permission_expand(const char *pattern, enum region region, const char *account,
                          const json_t *args)
{
    const struct scope scope = { region_name(region), account, NULL, args };
    return expand(&scope, pattern);
}
