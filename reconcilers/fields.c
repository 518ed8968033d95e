/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/fields.h"

#include "reconcilers/form.h"
#include "reconcilers/meaning.h"
#include "reconcilers/pointer.h"

static bool is_tags(const struct field *f)
{
    return f->form == FORM_TAGS || f->form == FORM_TAG_LIST;
}

static bool is_star(const struct field *f)
{
    return str_suffix(f->want, "/*");
}

/* The pointer without its last step, the star; the caller frees. */
static char *star_parent(const char *pattern)
{
    return xstrndup(pattern, strlen(pattern) - strlen("/*"));
}

static json_t *parse(const char *text)
{
    json_t *value = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
    assert(text == NULL || value != NULL);
    return value;
}

static struct difference *add(struct differences *list)
{
    list->items = xrealloc(list->items, list->n + 1, sizeof(*list->items));
    list->items[list->n] = (struct difference){ 0 };
    return &list->items[list->n++];
}

/* A row's value in want or in its fact, or what AWS takes a missing one for. A new reference. */
static json_t *value_or_absent(const json_t *root, const char *pointer, const struct field *f)
{
    const json_t *value = pointer_get(root, pointer);
    return value == NULL || json_is_null(value) ? parse(f->absent) : json_deep_copy(value);
}

static const json_t *body_of(const struct scene *scene, const struct field *f, const char *item)
{
    if (item == NULL)
        return fact_body(scene->facts, f->slot);
    autofree char *prefix = xstrndup(f->slot, strlen(f->slot) - 1); /* "policy:*" */
    autofree char *slot = xasprintf("%s%s", prefix, item);
    return fact_body(scene->facts, slot);
}

static void compare_row(const struct scene *scene, const struct field *f, const char *pointer,
                        const char *item, struct differences *list)
{
    bool silent = pointer_get(scene->subject->want, pointer) == NULL;
    if (silent && f->remove == NULL)
        return;
    json_auto_t *wanted = value_or_absent(scene->subject->want, pointer, f);
    json_auto_t *live = value_or_absent(body_of(scene, f, item), f->live, f);
    if (form_equal(f->form, wanted, live, f->defaults))
        return;
    struct difference *d = add(list);
    d->field = f;
    d->item = item == NULL ? NULL : xstrdup(item);
    d->pointer = xstrdup(pointer);
    if (f->form == FORM_POLICY && wanted != NULL && live != NULL)
        d->where = meaning_difference(wanted, live);
    d->wanted = json_incref(wanted);
    d->live = live == NULL ? NULL : form_readable(f->form, live);
    d->operation = silent ? f->remove : f->repair;
    d->removal = silent && f->remove != f->repair;
}

static void compare_star(const struct scene *scene, const struct field *f, struct differences *list)
{
    autofree char *parent = star_parent(f->want);
    const json_t *members = pointer_get(scene->subject->want, parent);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)members, name, value)
    {
        autofree char *pointer = pointer_join(parent, name);
        compare_row(scene, f, pointer, name, list);
    }
}

static json_t *live_tags(const struct scene *scene, const struct field *f)
{
    return form_tag_map(pointer_get(fact_body(scene->facts, f->slot), f->live));
}

static void compare_tags(const struct scene *scene, const struct field *f, struct differences *list)
{
    json_auto_t *live = live_tags(scene, f);
    const json_t *wanted = pointer_get(scene->subject->want, f->want);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
    {
        if (json_equal(value, json_object_get(live, key)))
            continue;
        struct difference *d = add(list);
        *d = (struct difference){ .field = f,
                                  .item = xstrdup(key),
                                  .pointer = pointer_join(f->want, key),
                                  .wanted = json_incref(value),
                                  .live = json_incref(json_object_get(live, key)),
                                  .operation = f->repair };
    }
}

/* The names in a list or object, each once, sorted. A new reference. */
static json_t *names(const json_t *where, const char *name)
{
    json_auto_t *list = json_array();
    const char *key;
    json_t *unused;
    json_object_foreach((json_t *)(uintptr_t)where, key, unused)
        json_array_append_new(list, json_string(key));
    for (size_t i = 0; i < json_array_size(where); i++) {
        const char *text = pointer_text(json_array_get(where, i), name);
        if (text != NULL)
            json_array_append_new(list, json_string(text));
    }
    return form_sorted(list, true);
}

static bool has(const json_t *list, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), name))
            return true;
    return false;
}

/* Adds a difference for each name of `these` that is not among `those`. */
static void only_in(const struct scene *scene, const struct set *set, const json_t *these,
                    const json_t *those, bool remove, struct differences *list)
{
    bool keyed = json_is_object(pointer_get(scene->subject->want, set->want));
    for (size_t i = 0; i < json_array_size(these); i++) {
        const json_t *name = json_array_get(these, i);
        if (has(those, name))
            continue;
        struct difference *d = add(list);
        d->item = xstrdup(json_string_value(name));
        d->pointer = keyed ? pointer_join(set->want, d->item) : xstrdup(set->want);
        d->operation = remove ? set->remove : set->add;
        d->removal = remove;
        if (remove)
            d->live = json_deep_copy(name);
        else
            d->wanted = json_deep_copy(name);
    }
}

static void compare_set(const struct scene *scene, const struct set *set, bool emptied,
                        struct differences *list)
{
    const json_t *body = fact_body(scene->facts, set->slot);
    json_auto_t *live = names(pointer_get(body, set->live), set->name);
    const json_t *want = emptied ? NULL : pointer_get(scene->subject->want, set->want);
    json_auto_t *wanted = names(want, "");
    if (set->add != NULL)
        only_in(scene, set, wanted, live, false, list);
    only_in(scene, set, live, wanted, true, list);
}

struct differences fields_compare(const struct scene *scene)
{
    struct differences list = { 0 };
    for (size_t i = 0; i < scene->kind->n_fields; i++) {
        const struct field *f = &scene->kind->fields[i];
        if (is_tags(f))
            compare_tags(scene, f, &list);
        else if (is_star(f))
            compare_star(scene, f, &list);
        else
            compare_row(scene, f, f->want, NULL, &list);
    }
    for (const struct set *s = scene->kind->sets; s != NULL && s->want != NULL; s++)
        compare_set(scene, s, false, &list);
    return list;
}

struct differences fields_leftovers(const struct scene *scene)
{
    struct differences list = { 0 };
    for (const struct set *s = scene->kind->sets; s != NULL && s->want != NULL; s++)
        compare_set(scene, s, true, &list);
    return list;
}

void differences_clear(struct differences *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct difference *d = &list->items[i];
        free(d->item);
        free(d->pointer);
        free(d->where);
        json_decref(d->wanted);
        json_decref(d->live);
    }
    free(list->items);
    *list = (struct differences){ 0 };
}

void difference_show(const struct scene *scene, const struct difference *d, json_t **drift)
{
    bool (*hides)(const struct scene *) = scene->kind->secret;
    bool secret = d->field != NULL && d->field->form == FORM_SECRET &&
                  (hides == NULL || hides(scene));
    drift_add(drift, d->pointer, d->wanted, d->live, secret);
    json_t *entry = json_array_get(*drift, json_array_size(*drift) - 1);
    if (d->where != NULL && d->where[0] != '\0')
        json_object_set_new(entry, "where", json_string(d->where));
}

static bool is_default(const struct field *f, const json_t *wanted)
{
    json_auto_t *absent = parse(f->absent);
    return absent != NULL && form_equal(f->form, wanted, absent, f->defaults);
}

json_t *fields_wanted(const struct scene *scene)
{
    json_t *args = json_object();
    for (size_t i = 0; i < scene->kind->n_fields; i++) {
        const struct field *f = &scene->kind->fields[i];
        const json_t *wanted = pointer_get(scene->subject->want, f->want);
        if (wanted != NULL && !is_star(f) && !is_default(f, wanted))
            pointer_put(args, f->want, form_request(f->form, wanted));
    }
    return args;
}

static const char *place(const struct field *f)
{
    return f->arg != NULL ? f->arg : f->want;
}

/* Tags travel together: those that differ, or with CARRY_ALL those that are there as well. */
static void put_tag(const struct scene *scene, const struct change *with,
                    const struct difference *d, json_t *args)
{
    const struct field *f = d->field;
    json_auto_t *map = form_tag_map(pointer_get(args, place(f)));
    if (with->carry == CARRY_ALL && json_object_size(map) == 0) {
        json_decref(map);
        map = live_tags(scene, f);
    }
    json_object_set(map, d->item, d->wanted);
    pointer_put(args, place(f), form_request(f->form, map));
}

static bool carries(const struct change *with, const struct difference *d, const struct field *f)
{
    if (is_tags(f) || is_star(f))
        return false;
    return with->carry == CARRY_ALL ? str_eq(f->repair, with->operation)
                                    : pointer_same_member(f->want, d->field->want);
}

void fields_put(const struct scene *scene, const struct change *with, const struct difference *d,
                json_t *args)
{
    if (d->field == NULL || d->removal)
        return;
    if (is_tags(d->field)) {
        put_tag(scene, with, d, args);
        return;
    }
    pointer_put(args, place(d->field), form_request(d->field->form, d->wanted));
    for (size_t i = 0; with->carry != CARRY_CHANGED && i < scene->kind->n_fields; i++) {
        const struct field *f = &scene->kind->fields[i];
        const json_t *wanted = pointer_get(scene->subject->want, f->want);
        if (wanted != NULL && carries(with, d, f))
            pointer_put(args, place(f), form_request(f->form, wanted));
    }
}

bool fields_together(const struct change *with, const struct difference *a,
                     const struct difference *b)
{
    if (a == b)
        return true;
    if (a->field == NULL || b->field == NULL)
        return false;
    if (with->carry == CARRY_MEMBER && !is_tags(a->field) && !is_tags(b->field))
        return pointer_same_member(a->pointer, b->pointer); /* also what is fixed goes along */
    if (!str_eq(a->operation, b->operation))
        return false;
    if (is_tags(a->field) || is_tags(b->field))
        return a->field == b->field;
    if (is_star(a->field) || is_star(b->field))
        return str_eq(a->item, b->item);
    return true;
}

json_t *fields_tags(const struct scene *scene)
{
    for (size_t i = 0; i < scene->kind->n_fields; i++)
        if (is_tags(&scene->kind->fields[i]))
            return live_tags(scene, &scene->kind->fields[i]);
    return NULL;
}
