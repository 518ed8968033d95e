/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of every kind, over every row of its tables. They start from the case "in_sync" of the
 * kind (tests/cases) and change what AWS shows. */
#include "aws/validate.h"
#include "daemon/base/random.h"
#include "reconcilers/fields.h"
#include "reconcilers/form.h"
#include "reconcilers/pointer.h"
#include "reconcilers/resource.h"
#include "tests/cases/case.h"
#include "tests/unit/unit.h"

enum { ROUNDS = 40 };

/* One way in which a resource in sync can drift. */
struct drift_case {
    const struct field *field;
    char *pointer, *slot, *live; /* into want; the fact; into its body */
    char *item;
    json_t *value; /* what AWS shows instead; NULL: nothing */
};

struct drift_cases {
    struct drift_case items[64];
    size_t n;
};

static char *source(const char *path)
{
    const char *root = getenv("DRD_SOURCE");
    return xasprintf("%s/%s", root != NULL ? root : ".", path);
}

static struct test_case in_sync(const struct kind *kind)
{
    autofree char *directory = source("tests/cases");
    struct test_case c;
    ck_assert_msg(case_load(directory, kind->name, "in_sync", &c), "%s: no case in_sync",
                  kind->name);
    /* A tag of the user's own, so that tags can drift without touching whose it is. */
    if (json_object_get(json_object_get(c.subject, "want"), "Tags") != NULL)
        pointer_put(c.subject, "/want/Tags/team", json_string("payments"));
    if (str_eq(kind->name, "iam_policy"))
        json_object_set_new(c.facts, "versions",
                            unit_json("{'class': 'ok', 'body': {'Versions': []}}"));
    return c;
}

static bool is_tags(const struct field *f)
{
    return f->form == FORM_TAGS || f->form == FORM_TAG_LIST;
}

/* Something of the right type that is not what was wanted. */
static json_t *other_value(const struct field *f, const json_t *live)
{
    switch (f->form) {
    case FORM_DECIMAL:
        return json_string("7");
    case FORM_TRUTH:
        return json_string(str_eq(json_string_value(live), "true") ? "false" : "true");
    case FORM_SWITCH:
        return json_string(str_eq(json_string_value(live), "DISABLED") ? "ENABLED" : "DISABLED");
    case FORM_POLICY:
        return json_string("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                           "\"Action\":\"*\",\"Resource\":\"*\"}]}");
    case FORM_JSON:
        return json_string("{\"other\":1}");
    case FORM_PLAIN:
    case FORM_WITHIN:
    case FORM_SET:
    case FORM_TAGS:
    case FORM_TAG_LIST:
    case FORM_SECRET:
        break;
    }
    if (json_is_boolean(live))
        return json_boolean(!json_is_true(live));
    if (json_is_integer(live))
        return json_integer(json_integer_value(live) + 1);
    if (json_is_array(live))
        return json_array();
    return json_is_object(live) ? json_object() : json_string("other");
}

static void put_live(json_t *facts, const struct drift_case *d, const json_t *value)
{
    json_t *body = json_object_get(json_object_get(facts, d->slot), "body");
    autofree char *parent = xstrndup(d->live, (size_t)(strrchr(d->live, '/') - d->live));
    json_t *holder = (json_t *)(uintptr_t)pointer_get(body, parent);
    const char *name = strrchr(d->live, '/') + 1;
    if (value == NULL)
        json_object_del(holder, name);
    else if (holder != NULL)
        json_object_set_new(holder, name, json_deep_copy(value));
    else
        pointer_put(body, d->live, json_deep_copy(value));
}

static void add_case(const struct test_case *c, const struct field *f, const char *item,
                     struct drift_cases *list)
{
    struct drift_case d = { .field = f, .live = xstrdup(f->live) };
    if (item == NULL) {
        d.pointer = is_tags(f) ? pointer_join(f->want, "team") : xstrdup(f->want);
        d.slot = xstrdup(f->slot);
    } else {
        autofree char *parent = xstrndup(f->want, strlen(f->want) - 2);
        d.pointer = pointer_join(parent, item);
        d.slot = xasprintf("%.*s%s", (int)strlen(f->slot) - 1, f->slot, item);
        d.item = xstrdup(item);
    }
    const json_t *live = pointer_get(fact_body(c->facts, d.slot), f->live);
    d.value = is_tags(f) ? NULL : other_value(f, live);
    list->items[list->n++] = d;
}

/* All rows, each changed in its own way. What want does not speak of can only appear, and counts
 * only where the row removes it. */
static struct drift_cases all_cases(const struct test_case *c)
{
    struct drift_cases list = { 0 };
    const json_t *want = json_object_get(c->subject, "want");
    for (size_t i = 0; i < c->kind->n_fields; i++) {
        const struct field *f = &c->kind->fields[i];
        if (str_suffix(f->want, "/*")) {
            autofree char *parent = xstrndup(f->want, strlen(f->want) - 2);
            const char *name;
            json_t *unused;
            json_object_foreach((json_t *)(uintptr_t)pointer_get(want, parent), name, unused)
                add_case(c, f, name, &list);
        } else if (pointer_get(want, f->want) != NULL || f->remove != NULL) {
            add_case(c, f, NULL, &list);
        }
    }
    return list;
}

static void cases_clear(struct drift_cases *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct drift_case *d = &list->items[i];
        free(d->pointer);
        free(d->slot);
        free(d->live);
        free(d->item);
        json_decref(d->value);
    }
    list->n = 0;
}

/* Adds the user's own tag to what AWS shows: the state in sync for these tests. */
static void show_tag(struct test_case *c, bool shown)
{
    for (size_t i = 0; i < c->kind->n_fields; i++) {
        const struct field *f = &c->kind->fields[i];
        if (!is_tags(f))
            continue;
        json_t *body = json_object_get(json_object_get(c->facts, f->slot), "body");
        json_auto_t *map = form_tag_map(pointer_get(body, f->live));
        json_object_del(map, "team");
        if (shown)
            json_object_set_new(map, "team", json_string("payments"));
        pointer_put(body, f->live, f->form == FORM_TAGS ? json_deep_copy(map) : form_tag_list(map));
    }
}

static struct verdict step(const struct test_case *c)
{
    const struct subject subject = case_subject(c);
    json_auto_t *before = json_deep_copy(c->facts);
    struct verdict v = kind_step(c->kind, &subject, c->facts);
    ck_assert_json_eq(before, c->facts);
    struct verdict again = kind_step(c->kind, &subject, c->facts);
    json_auto_t *first = case_verdict(&v), *second = case_verdict(&again);
    ck_assert_json_eq(first, second);
    verdict_clear(&again);
    for (size_t i = 0; i < v.calls.n; i++) {
        struct problem p = { 0 };
        const struct call *call = &v.calls.items[i];
        int r = validate_input(operation_model(call->op)->input, call->args, &p);
        ck_assert_msg(r == 0, "%s %s: %s: %s", c->kind->name, call->op->name, p.pointer, p.text);
    }
    return v;
}

static void apply(struct test_case *c, const struct drift_case *d)
{
    if (is_tags(d->field))
        show_tag(c, false);
    else
        put_live(c->facts, d, d->value);
}

/* That the one call repairs this difference and, unless it replaces a whole, nothing else. */
static void check_call(const struct test_case *c, const struct drift_case *d,
                       const struct call *call)
{
    const struct field *f = d->field;
    bool silent = pointer_get(c->subject, "/want") == NULL ||
                  (!is_tags(f) &&
                   pointer_get(json_object_get(c->subject, "want"), d->pointer) == NULL);
    autofree char *name = xasprintf("%s:%s", call->op->service, call->op->name);
    ck_assert_str_eq(name, silent ? f->remove : f->repair);
    const char *place = f->arg != NULL ? f->arg : f->want;
    ck_assert_msg((pointer_get(call->args, place) != NULL) || (silent && f->remove != f->repair),
                  "%s %s: the value is not sent", c->kind->name, d->pointer);
    const struct change *with = c->kind->changes;
    while (!str_eq(with->operation, name))
        with++;
    if (with->carry != CARRY_CHANGED || is_tags(f))
        return;
    const struct subject subject = case_subject(c);
    const struct scene scene = { c->kind, &subject, c->facts, d->item };
    json_auto_t *args = with->args(&scene);
    if (!silent)
        pointer_put(
            args, place,
            form_request(f->form, pointer_get(json_object_get(c->subject, "want"), d->pointer)));
    else if (f->remove == f->repair)
        pointer_put(args, place, json_string(""));
    ck_assert_json_eq(args, call->args);
}

START_TEST(each_field_alone)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        struct test_case probe = in_sync(*k);
        struct drift_cases list = all_cases(&probe);
        for (size_t i = 0; i < list.n; i++) {
            const struct drift_case *d = &list.items[i];
            struct test_case c = in_sync(*k);
            show_tag(&c, true);
            if (is_tags(d->field) &&
                json_object_get(json_object_get(c.subject, "want"), "Tags") == NULL) {
                case_clear(&c);
                continue;
            }
            apply(&c, d);
            struct verdict v = step(&c);
            bool fixed = d->field->repair == NULL;
            ck_assert_msg(v.kind == (fixed ? VERDICT_BLOCKED : VERDICT_WRITE), "%s %s: %s (%s)",
                          (*k)->name, d->pointer, verdict_kind_name(v.kind), v.reason);
            ck_assert_msg(json_array_size(v.drift) == 1 && v.others == NULL &&
                              str_eq(pointer_text(v.drift, "/0/pointer"), d->pointer),
                          "%s: changed %s, found %s", (*k)->name, d->pointer,
                          pointer_text(v.drift, "/0/pointer"));
            if (!fixed && !str_prefix(v.reason, "time to live goes off"))
                check_call(&c, d, &v.calls.items[0]);
            verdict_clear(&v);
            case_clear(&c);
        }
        cases_clear(&list);
        case_clear(&probe);
    }
}
END_TEST

static bool among(const json_t *drift, const char *pointer)
{
    for (size_t i = 0; i < json_array_size(drift); i++)
        if (str_eq(pointer_text(json_array_get(drift, i), "/pointer"), pointer))
            return true;
    return false;
}

/* Changes some fields, then lets each write mend what it names: all are found at every step, each
 * write mends something, and in the end all is in sync. */
static void mend(const struct kind *kind, struct random *random)
{
    struct test_case c = in_sync(kind), good = in_sync(kind);
    struct drift_cases list = all_cases(&c);
    bool changed[64] = { false };
    size_t left = 0;
    show_tag(&c, true);
    show_tag(&good, true);
    for (size_t i = 0; i < list.n; i++) {
        const struct drift_case *d = &list.items[i];
        bool tagless = is_tags(d->field) &&
                       json_object_get(json_object_get(c.subject, "want"), "Tags") == NULL;
        if (d->field->repair == NULL || tagless || random_below(random, 3) != 0)
            continue;
        changed[i] = true;
        left++;
        apply(&c, d);
    }
    for (size_t writes = 0; left > 0; writes++) {
        ck_assert_uint_lt(writes, list.n);
        struct verdict v = step(&c);
        ck_assert_msg(v.kind == VERDICT_WRITE, "%s: %s, %zu left", kind->name, v.reason, left);
        bool off = str_prefix(v.reason, "time to live goes off");
        for (size_t i = 0; i < list.n; i++) {
            const struct drift_case *d = &list.items[i];
            bool now = among(v.drift, d->pointer);
            ck_assert_msg(off || changed[i] == (now || among(v.others, d->pointer)), "%s: %s",
                          kind->name, d->pointer);
            if (!now)
                continue;
            if (is_tags(d->field))
                show_tag(&c, true);
            else
                put_live(c.facts, d, pointer_get(fact_body(good.facts, d->slot), d->live));
            changed[i] = false;
            left--;
        }
        verdict_clear(&v);
    }
    struct verdict v = step(&c);
    ck_assert_msg(v.kind == VERDICT_DONE, "%s: %s", kind->name, v.reason);
    verdict_clear(&v);
    cases_clear(&list);
    case_clear(&c);
    case_clear(&good);
}

START_TEST(random_sets_of_fields)
{
    const char *text = getenv("DRD_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : 2026;
    printf("DRD_SEED=%" PRIu64 "\n", seed);
    struct random random;
    random_seed(&random, seed);
    for (const struct kind *const *k = kinds; *k != NULL; k++)
        for (unsigned i = 0; i < ROUNDS; i++)
            mend(*k, &random);
}
END_TEST

/* What is not known is asked for, and is never taken for absent. */
START_TEST(unknown_is_not_absent)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        struct test_case c = in_sync(*k);
        show_tag(&c, true);
        const char *slot;
        json_t *fact;
        json_auto_t *facts = json_deep_copy(c.facts);
        json_object_foreach(facts, slot, fact)
        {
            if (str_eq(slot, "versions"))
                continue;
            json_object_del(c.facts, slot);
            struct verdict v = step(&c);
            ck_assert_msg(v.kind == VERDICT_READ, "%s without %s: %s", (*k)->name, slot, v.reason);
            ck_assert_str_eq(v.calls.items[0].slot, slot);
            verdict_clear(&v);
            json_object_set(c.facts, slot, fact);
        }
        case_clear(&c);
    }
}
END_TEST

START_TEST(in_sync_needs_no_write)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        struct test_case c = in_sync(*k);
        show_tag(&c, true);
        struct verdict v = step(&c);
        ck_assert_msg(v.kind == VERDICT_DONE, "%s: %s", (*k)->name, v.reason);
        for (const char *const *name = (*k)->outputs; *name != NULL; name++)
            ck_assert_msg(json_object_get(v.outputs, *name) != NULL, "%s: no output %s", (*k)->name,
                          *name);
        ck_assert_ptr_eq(kind_find((*k)->name), *k);
        verdict_clear(&v);
        case_clear(&c);
    }
    ck_assert_ptr_null(kind_find("nothing"));
}
END_TEST

/* With either of our tags gone it is not ours: nothing is written, whatever the goal. */
START_TEST(not_ours_is_left_alone)
{
    static const char *const tags[] = { TAG_ENVIRONMENT, TAG_RESOURCE };
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        for (size_t i = 0; i < 2 * ARRAY_SIZE(tags); i++) {
            struct test_case c = in_sync(*k);
            show_tag(&c, true);
            for (size_t j = 0; j < (*k)->n_fields; j++) {
                const struct field *f = &(*k)->fields[j];
                if (!is_tags(f))
                    continue;
                json_t *body = json_object_get(json_object_get(c.facts, f->slot), "body");
                json_auto_t *map = form_tag_map(pointer_get(body, f->live));
                json_object_set_new(map, tags[i / 2], json_string("another"));
                pointer_put(body, f->live,
                            f->form == FORM_TAGS ? json_deep_copy(map) : form_tag_list(map));
            }
            if (i % 2 == 1)
                json_object_set_new(c.subject, "goal", json_string("absent"));
            struct verdict v = step(&c);
            bool asks_more = v.kind == VERDICT_READ && i % 2 == 1;
            bool by_parent = (i / 2 == 1 &&
                              ((*k)->parent_owns || str_eq((*k)->name, "s3_replication"))) ||
                             ((*k)->parent_owns && v.kind == VERDICT_DONE && i % 2 == 1);
            ck_assert_msg(v.kind == VERDICT_BLOCKED || asks_more || by_parent, "%s: %s", (*k)->name,
                          v.reason);
            verdict_clear(&v);
            case_clear(&c);
        }
    }
}
END_TEST

static bool has_change(const struct kind *kind, const char *operation)
{
    for (const struct change *c = kind->changes; c->operation != NULL; c++)
        if (strcmp(c->operation, operation) == 0)
            return true;
    return false;
}

static bool has_read(const struct kind *kind, const char *slot)
{
    for (const struct read *r = kind->reads; r->slot != NULL; r++)
        if (strcmp(r->slot, slot) == 0)
            return true;
    return false;
}

START_TEST(tables_are_whole)
{
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        ck_assert(k[1] == NULL || strcmp(k[0]->name, k[1]->name) < 0);
        for (const struct read *r = (*k)->reads; r->slot != NULL; r++)
            ck_assert_int_eq(operation_get(r->operation)->access, ACCESS_READ);
        for (const struct change *c = (*k)->changes; c->operation != NULL; c++)
            ck_assert_int_ne(operation_get(c->operation)->access, ACCESS_READ);
        for (size_t i = 0; i < (*k)->n_fields; i++) {
            const struct field *f = &(*k)->fields[i];
            ck_assert_msg(has_read(*k, f->slot), "%s %s", (*k)->name, f->want);
            /* s3_replication looks at its bucket's tags and never writes them. */
            bool borrowed = is_tags(f) && f->doc == NULL;
            ck_assert(f->repair == NULL || borrowed || has_change(*k, f->repair));
            ck_assert(f->remove == NULL || has_change(*k, f->remove));
        }
        for (const struct set *s = (*k)->sets; s != NULL && s->want != NULL; s++)
            ck_assert(has_read(*k, s->slot) && has_change(*k, s->remove) &&
                      (s->add == NULL || has_change(*k, s->add)));
        ck_assert((*k)->create == NULL || has_change(*k, (*k)->create));
        ck_assert((*k)->destroy == NULL || has_change(*k, (*k)->destroy));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_field_alone,       random_sets_of_fields,  unknown_is_not_absent,
        in_sync_needs_no_write, not_ours_is_left_alone, tables_are_whole,
    };
    return unit_run("kinds", tests, ARRAY_SIZE(tests));
}
