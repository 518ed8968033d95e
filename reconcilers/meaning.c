/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/meaning.h"

#include "reconcilers/form.h"
#include "reconcilers/pointer.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *meaning_percent_decode(const char *text)
{
    char *out = xmalloc(strlen(text) + 1), *o = out;
    for (const char *p = text; *p != '\0'; p++) {
        int high = *p == '%' ? hex_digit(p[1]) : -1;
        int low = high >= 0 ? hex_digit(p[2]) : -1;
        if (low >= 0) {
            *o++ = (char)(high * 16 + low);
            p += 2;
        } else {
            *o++ = *p;
        }
    }
    *o = '\0';
    return out;
}

json_t *meaning_parse(const json_t *document)
{
    const char *text = json_string_value(document);
    if (text == NULL)
        return json_is_object(document) ? json_deep_copy(document) : NULL;
    json_t *parsed = json_loads(text, 0, NULL);
    if (parsed == NULL) {
        autofree char *decoded = meaning_percent_decode(text);
        parsed = json_loads(decoded, 0, NULL);
    }
    if (!json_is_object(parsed)) {
        json_decref(parsed);
        return NULL;
    }
    return parsed;
}

/* ASCII only: actions and condition keys have no other letters, and no locale may decide. */
static json_t *lower(const char *text, const char *stop)
{
    autofree char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0' && strchr(stop, *p) == NULL; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return json_string(copy);
}

static json_t *same(const json_t *value)
{
    return json_is_string(value) ? json_deep_copy(value) : form_scalar_text(value);
}

static json_t *action(const json_t *value)
{
    const char *text = json_string_value(value);
    return text == NULL ? same(value) : lower(text, "");
}

static bool is_account(const char *text)
{
    return strspn(text, "0123456789") == 12 && text[12] == '\0';
}

static json_t *principal(const json_t *value)
{
    const char *text = json_string_value(value);
    if (text != NULL && is_account(text))
        return json_sprintf("arn:aws:iam::%s:root", text);
    return same(value);
}

static json_t *truth(const json_t *value)
{
    json_auto_t *text = same(value);
    return json_is_string(text) ? lower(json_string_value(text), "") : json_incref(text);
}

typedef json_t *element_fn(const json_t *value);

/* One value or a list of them as a sorted list without repeats. */
static json_t *as_set(const json_t *value, element_fn *element)
{
    json_auto_t *list = json_array();
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, element(json_array_get(value, i)));
    } else {
        json_array_append_new(list, element(value));
    }
    return form_sorted(list, true);
}

static json_t *principals(const json_t *value)
{
    json_t *out = json_object();
    if (!json_is_object(value)) { /* "*" */
        json_object_set_new(out, "AWS", as_set(value, principal));
        return out;
    }
    const char *kind;
    json_t *who;
    json_object_foreach((json_t *)(uintptr_t)value, kind, who)
        json_object_set_new(out, kind, as_set(who, str_eq(kind, "AWS") ? principal : same));
    return out;
}

static json_t *conditions(const json_t *value)
{
    json_t *out = json_object();
    const char *operator, * key;
    json_t *tests, *values;
    json_object_foreach((json_t *)(uintptr_t)value, operator, tests)
    {
        bool is_truth = strncmp(operator, "Bool", 4) == 0 || strncmp(operator, "Null", 4) == 0;
        json_t *canonical = json_object();
        json_object_foreach(tests, key, values)
        {
            json_auto_t *name = lower(key, "/"); /* tag keys after the slash keep their case */
            json_object_set_new(canonical, json_string_value(name),
                                as_set(values, is_truth ? truth : same));
        }
        json_object_set_new(out, operator, canonical);
    }
    return out;
}

static json_t *statement(const json_t *value)
{
    json_t *out = json_object();
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (str_eq(name, "Sid"))
            continue;
        if (str_eq(name, "Action") || str_eq(name, "NotAction"))
            json_object_set_new(out, name, as_set(member, action));
        else if (str_eq(name, "Resource") || str_eq(name, "NotResource"))
            json_object_set_new(out, name, as_set(member, same));
        else if (str_eq(name, "Principal") || str_eq(name, "NotPrincipal"))
            json_object_set_new(out, name, principals(member));
        else if (str_eq(name, "Condition") && json_object_size(member) > 0)
            json_object_set_new(out, name, conditions(member));
        else if (!str_eq(name, "Condition"))
            json_object_set(out, name, member);
    }
    return out;
}

/* Canonical statements in the document's own order; one statement may stand without a list. */
static json_t *statements(const json_t *document)
{
    const json_t *list = json_object_get(document, "Statement");
    json_t *out = json_array();
    if (json_is_object(list))
        json_array_append_new(out, statement(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        json_array_append_new(out, statement(json_array_get(list, i)));
    return out;
}

static const char *version(const json_t *document)
{
    const char *text = json_string_value(json_object_get(document, "Version"));
    return text != NULL ? text : "2008-10-17"; /* the default that the grammar gives */
}

json_t *meaning_canonical(const json_t *document)
{
    json_auto_t *parsed = meaning_parse(document);
    if (parsed == NULL)
        return json_deep_copy(document);
    json_auto_t *list = statements(parsed);
    json_t *out = json_object();
    json_object_set_new(out, "Version", json_string(version(parsed)));
    json_object_set_new(out, "Statement", form_sorted(list, true));
    return out;
}

bool meaning_equal(const json_t *a, const json_t *b)
{
    json_auto_t *ca = meaning_canonical(a), *cb = meaning_canonical(b);
    return json_equal(ca, cb);
}

static bool contains(const json_t *list, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return true;
    return false;
}

/* How many members two statements share: the nearest one is what a changed one was. */
static size_t likeness(const json_t *a, const json_t *b)
{
    size_t n = 0;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)a, name, member)
        n += json_equal(member, json_object_get(b, name)) ? 1 : 0;
    return n;
}

/* The member in which a statement differs from the one of `others` that is most like it; NULL when
 * nothing there is like it. */
static const char *changed_member(const json_t *one, const json_t *others)
{
    const json_t *nearest = NULL;
    size_t best = 0;
    for (size_t i = 0; i < json_array_size(others); i++) {
        size_t n = likeness(one, json_array_get(others, i));
        if (n > best) {
            best = n;
            nearest = json_array_get(others, i);
        }
    }
    const char *name;
    json_t *member;
    json_object_foreach(
        (json_t *)(uintptr_t)one, name,
        member) if (nearest != NULL &&
                    !json_equal(member, json_object_get(nearest, name))) return name;
    return NULL;
}

char *meaning_difference(const json_t *wanted, const json_t *live)
{
    if (meaning_equal(wanted, live))
        return NULL;
    json_auto_t *w = meaning_parse(wanted), *l = meaning_parse(live);
    if (w == NULL || l == NULL)
        return xstrdup("");
    if (strcmp(version(w), version(l)) != 0)
        return xstrdup("/Version");
    json_auto_t *ours = statements(w), *theirs = statements(l);
    for (size_t i = 0; i < json_array_size(ours); i++) {
        const json_t *one = json_array_get(ours, i);
        if (contains(theirs, one))
            continue;
        const char *member = changed_member(one, theirs);
        return member == NULL ? xasprintf("/Statement/%zu", i)
                              : xasprintf("/Statement/%zu/%s", i, member);
    }
    return xstrdup("/Statement"); /* all of ours are there, and more */
}
