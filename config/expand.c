/* SPDX-License-Identifier: Apache-2.0 */
#include "config/expand.h"

#include "config/place.h"
#include "daemon/base/nearest.h"

void expand_each(struct expansion *x, const char *section, expand_fn *fn)
{
    json_t *entries = json_object_get(x->document, section);
    const char *name;
    json_t *value;
    autofree char *above = place_key("", section);
    json_object_foreach(entries, name, value)
    {
        struct intent intent = {
            .section = section, .name = name, .value = value, .pointer = place_key(above, name)
        };
        fn(x, &intent);
        free(intent.pointer);
    }
}

struct naming expand_naming(const struct expansion *x, enum region region)
{
    return (struct naming){ .suffix = x->suffix, .account = x->account, .region = region };
}

enum region expand_other(const struct expansion *x, enum region region)
{
    return region == x->primary ? x->secondary : x->primary;
}

const char *expand_side(const struct expansion *x, enum region region)
{
    return region == x->primary ? "primary" : "secondary";
}

const json_t *expand_lookup(struct expansion *x, const char *section, const char *name,
                            const char *pointer)
{
    json_t *entries = json_object_get(x->document, section);
    const json_t *found = json_object_get(entries, name);
    if (found != NULL)
        return found;
    struct nearest nearest;
    const char *key;
    json_t *value;
    nearest_init(&nearest, name);
    json_object_foreach(entries, key, value) nearest_offer(&nearest, key);
    int singular = (int)strlen(section) - 1;
    struct problem *p = problems_add(x->problems, pointer, "there is no %.*s \"%.100s\"", singular,
                                     section, name);
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean \"%s\"?", nearest.best);
    else
        problem_remedy(p, "Add it to \"%s\".", section);
    return NULL;
}

static json_t *tags(const struct expansion *x, const char *id)
{
    json_t *all = json_deep_copy(json_object_get(x->document, "tags"));
    json_object_set_new(all, "drd:environment", json_string(x->suffix));
    json_object_set_new(all, "drd:resource", json_string(id));
    return all;
}

void expand_add(struct expansion *x, const struct intent *intent, const char *kind,
                const char *name, enum region region, json_t *want, const char *tagged_as)
{
    bool global = str_prefix(kind, "iam_");
    struct resource *r = graph_add(x->graph, kind, name, global ? REGION_US_EAST_1 : region, global,
                                   want, intent->pointer);
    const char *mode = json_string_value(json_object_get(intent->value, "mode"));
    r->mode = mode == NULL ? x->settings->mode : mode_parse(mode);
    r->adopt = json_is_true(json_object_get(intent->value, "adopt"));
    if (tagged_as != NULL)
        json_object_set_new(want, "Tags", tags(x, tagged_as[0] == '\0' ? r->id : tagged_as));
}
