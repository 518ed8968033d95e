/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/form.h"

#include "reconcilers/meaning.h"

struct ranked {
    char *text;
    json_t *value;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct ranked *)a)->text, ((const struct ranked *)b)->text);
}

json_t *form_sorted(const json_t *list, bool without_repeats)
{
    size_t n = json_array_size(list);
    struct ranked *ranked = xcalloc(n + 1, sizeof(*ranked));
    for (size_t i = 0; i < n; i++) {
        ranked[i].value = json_array_get(list, i);
        ranked[i].text = json_dumps(ranked[i].value,
                                    JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
    }
    qsort(ranked, n, sizeof(*ranked), by_text);
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++)
        if (!without_repeats || i == 0 || strcmp(ranked[i].text, ranked[i - 1].text) != 0)
            json_array_append(out, ranked[i].value);
    for (size_t i = 0; i < n; i++)
        free(ranked[i].text);
    free(ranked);
    return out;
}

json_t *form_scalar_text(const json_t *value)
{
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    if (json_is_integer(value))
        return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) {
        autofree char *text = json_dumps(value, JSON_ENCODE_ANY);
        return json_string(text);
    }
    return json_deep_copy(value);
}

/* JSON with scalars as text and lists in one order, as attributes like RedrivePolicy come back. */
static json_t *loose(const json_t *value)
{
    if (json_is_array(value)) {
        json_auto_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, loose(json_array_get(value, i)));
        return form_sorted(list, false);
    }
    if (!json_is_object(value))
        return form_scalar_text(value);
    json_t *out = json_object();
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
        json_object_set_new(out, name, loose(member));
    return out;
}

static json_t *parsed(const json_t *value)
{
    const char *text = json_string_value(value);
    json_auto_t *inner = text == NULL ? NULL : json_loads(text, 0, NULL);
    return loose(inner != NULL ? inner : value);
}

/* ENABLED and what leads there are true; DISABLED and all else are false. */
static json_t *switched(const json_t *value)
{
    if (!json_is_string(value))
        return json_deep_copy(value);
    const char *text = json_string_value(value);
    return json_boolean(str_prefix(text, "ENABL") || str_eq(text, "UPDATING"));
}

static void fill(json_t *value, const json_t *defaults)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            fill(json_array_get(value, i), json_array_get(defaults, 0));
        return;
    }
    const char *name;
    json_t *preset;
    json_object_foreach((json_t *)(uintptr_t)defaults, name, preset)
    {
        json_t *member = json_object_get(value, name);
        if (member != NULL)
            fill(member, preset);
        else if (json_is_object(value) && !json_is_array(preset))
            json_object_set_new(value, name, json_deep_copy(preset));
    }
}

static json_t *canonical(enum form form, const json_t *value, const json_t *defaults)
{
    switch (form) {
    case FORM_DECIMAL:
    case FORM_TRUTH:
        return form_scalar_text(value);
    case FORM_JSON:
        return parsed(value);
    case FORM_POLICY:
        return meaning_canonical(value);
    case FORM_SWITCH:
        return switched(value);
    case FORM_PLAIN:
    case FORM_WITHIN:
    case FORM_SET:
    case FORM_TAGS:
    case FORM_TAG_LIST:
    case FORM_SECRET:
        break;
    }
    json_auto_t *filled = json_deep_copy(value);
    fill(filled, defaults);
    return form == FORM_SET && json_is_array(filled) ? form_sorted(filled, false)
                                                     : json_incref(filled);
}

/* Whether live says all that wanted says; it may say more. */
static bool within(const json_t *wanted, const json_t *live)
{
    if (json_is_array(wanted)) {
        bool all = json_array_size(wanted) == json_array_size(live);
        for (size_t i = 0; all && i < json_array_size(wanted); i++)
            all = within(json_array_get(wanted, i), json_array_get(live, i));
        return all;
    }
    if (!json_is_object(wanted))
        return json_equal(wanted, live);
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)wanted, name,
                        member) if (!within(member, json_object_get(live, name))) return false;
    return json_is_object(live);
}

bool form_equal(enum form form, const json_t *wanted, const json_t *live, const char *defaults)
{
    if (wanted == NULL || live == NULL)
        return wanted == live;
    json_auto_t *preset = defaults == NULL ? NULL : json_loads(defaults, 0, NULL);
    assert(defaults == NULL || preset != NULL);
    json_auto_t *w = canonical(form, wanted, preset), *l = canonical(form, live, preset);
    return form == FORM_WITHIN ? within(w, l) : json_equal(w, l);
}

json_t *form_readable(enum form form, const json_t *value)
{
    json_t *opened = NULL;
    if (form == FORM_POLICY)
        opened = meaning_parse(value);
    else if (form == FORM_JSON && json_is_string(value))
        opened = json_loads(json_string_value(value), 0, NULL);
    return opened != NULL ? opened : json_deep_copy(value);
}

json_t *form_request(enum form form, const json_t *wanted)
{
    switch (form) {
    case FORM_DECIMAL:
    case FORM_TRUTH:
        return form_scalar_text(wanted);
    case FORM_JSON:
    case FORM_POLICY:
        if (json_is_object(wanted)) {
            autofree char *text = json_dumps(wanted, JSON_COMPACT);
            return json_string(text);
        }
        return json_deep_copy(wanted);
    case FORM_TAG_LIST:
        return form_tag_list(wanted);
    case FORM_PLAIN:
    case FORM_SWITCH:
    case FORM_WITHIN:
    case FORM_SET:
    case FORM_TAGS:
    case FORM_SECRET:
        return json_deep_copy(wanted);
    }
    return NULL;
}

json_t *form_tag_map(const json_t *tags)
{
    if (!json_is_array(tags))
        return tags == NULL ? json_object() : json_deep_copy(tags);
    json_t *map = json_object();
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        const char *key = json_string_value(json_object_get(tag, "Key"));
        if (key != NULL)
            json_object_set(map, key, json_object_get(tag, "Value"));
    }
    return map;
}

json_t *form_tag_list(const json_t *map)
{
    json_t *list = json_array();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        json_t *tag = json_pack("{s:s, s:O}", "Key", key, "Value", value);
        assert(tag != NULL);
        json_array_append_new(list, tag);
    }
    return list;
}
