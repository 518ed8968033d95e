/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/resource.h"

#include "reconcilers/fields.h"
#include "reconcilers/pointer.h"

static const msec_t WAIT_BUSY = SECONDS(5);
static const msec_t WAIT_UNSEEN = SECONDS(2);

const char *resource_want(const struct scene *scene, const char *pointer)
{
    return pointer_text(scene->subject->want, pointer);
}

const char *resource_live(const struct scene *scene, const char *slot, const char *pointer)
{
    return pointer_text(fact_body(scene->facts, slot), pointer);
}

const char *resource_name(const struct scene *scene)
{
    return json_string_value(json_object_get(scene->subject->want, scene->kind->identity));
}

enum ownership resource_ownership(const struct scene *scene, const json_t *live)
{
    if (live == NULL)
        return OWNED;
    const char *environment = json_string_value(json_object_get(live, TAG_ENVIRONMENT));
    if (scene->kind->parent_owns && environment == NULL)
        return scene->subject->goal == GOAL_PRESENT ? OWNED : UNOWNED;
    const json_t *ours = pointer_get(scene->subject->want, "/Tags/" TAG_RESOURCE);
    bool same = ours == NULL || scene->kind->parent_owns ||
                json_equal(ours, json_object_get(live, TAG_RESOURCE));
    return same && str_eq(environment, scene->subject->environment) ? OWNED : UNOWNED;
}

static bool used(const struct read *r, enum goal goal)
{
    return r->use == TO_BOTH || r->use == (goal == GOAL_ABSENT ? TO_DESTROY : TO_KEEP);
}

static void ask(const struct scene *scene, const struct read *r, const char *slot,
                struct verdict *v)
{
    if (fact_known(scene->facts, slot))
        return;
    json_t *args = r->args(scene);
    if (args == NULL)
        return;
    struct call call = call_new(r->operation, scene->subject->region, args, slot);
    call.max_pages = r->max_pages;
    call_list_add(&v->calls, call);
}

static void ask_each(const struct scene *scene, const struct read *r, struct verdict *v)
{
    const char *name;
    json_t *value;
    const json_t *members = pointer_get(scene->subject->want, r->each);
    json_object_foreach((json_t *)(uintptr_t)members, name, value)
    {
        struct scene about = *scene;
        about.item = name;
        autofree char *slot = xasprintf("%.*s%s", (int)strlen(r->slot) - 1, r->slot, name);
        ask(&about, r, slot, v);
    }
}

static bool is_there(const struct scene *scene)
{
    const json_t *body = fact_body(scene->facts, scene->kind->reads[0].slot);
    const char *found = scene->kind->found;
    return body != NULL && (found == NULL || pointer_get(body, found) != NULL);
}

/* What is still to be read goes into *v: true. All of it leaves at once but for what needs an
 * earlier answer; nothing more is asked about what is not there. */
static bool look(const struct scene *scene, struct verdict *v)
{
    const struct read *reads = scene->kind->reads;
    bool found = fact_known(scene->facts, reads[0].slot);
    if (found && !is_there(scene))
        return false;
    *v = verdict_read();
    for (const struct read *r = reads; r->slot != NULL; r++) {
        if (used(r, scene->subject->goal)) {
            if (r->each != NULL)
                ask_each(scene, r, v);
            else
                ask(scene, r, r->slot, v);
        }
    }
    return v->calls.n > 0;
}

/* After look: whether every fact is there that has to be. One that AWS calls absent while it shows
 * the resource itself is not settled yet. */
static bool complete(const struct scene *scene)
{
    for (const struct read *r = scene->kind->reads; r->slot != NULL; r++)
        if (used(r, scene->subject->goal) && r->each == NULL && !r->optional &&
            fact_body(scene->facts, r->slot) == NULL)
            return false;
    return true;
}

static const struct change *change_of(const struct kind *kind, const char *operation)
{
    const struct change *c = kind->changes;
    while (c->operation != NULL && strcmp(c->operation, operation) != 0)
        c++;
    assert(c->operation != NULL);
    return c;
}

static struct verdict plain_write(const struct scene *scene, const char *operation, json_t *drift,
                                  const char *reason)
{
    json_t *args = change_of(scene->kind, operation)->args(scene);
    assert(args != NULL);
    return verdict_write(call_new(operation, scene->subject->region, args, NULL), drift, reason);
}

/* The whole resource, by its name. */
static json_t *drift_of_all(const struct scene *scene, bool wanted)
{
    json_t *drift = NULL;
    json_auto_t *name = json_string(resource_name(scene));
    drift_add(&drift, "", wanted ? name : NULL, wanted ? NULL : name, false);
    return drift;
}

/* The one that is repaired first: tags before everything else, then the order of the rows. */
static const struct difference *choose(const struct differences *list)
{
    const struct difference *first = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct difference *d = &list->items[i];
        if (d->operation == NULL)
            continue;
        if (d->field != NULL && str_prefix(d->field->want, "/Tags"))
            return d;
        if (first == NULL)
            first = d;
    }
    return first;
}

/* One call that repairs `chosen` and whatever else travels with it. */
static struct verdict repair(const struct scene *scene, const struct differences *list,
                             const struct difference *chosen, const char *reason)
{
    const struct change *with = change_of(scene->kind, chosen->operation);
    struct verdict v = { 0 };
    if (with->first != NULL && with->first(scene, &v)) {
        if (v.kind == VERDICT_WRITE && v.drift == NULL)
            difference_show(scene, chosen, &v.drift);
        return v;
    }
    struct scene about = *scene;
    about.item = chosen->item;
    json_t *args = with->args(&about);
    assert(args != NULL);
    json_t *drift = NULL, *others = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct difference *d = &list->items[i];
        bool along = fields_together(with, chosen, d);
        difference_show(scene, d, along ? &drift : &others);
        if (along)
            fields_put(scene, with, d, args);
    }
    v = verdict_write(call_new(with->operation, scene->subject->region, args, NULL), drift, reason);
    v.others = others;
    return v;
}

/* Those below `prefix`; with NULL those that are fixed at creation. NULL when there is none. */
static json_t *drift_of(const struct scene *scene, const struct differences *list,
                        const char *prefix)
{
    json_t *drift = NULL;
    for (size_t i = 0; i < list->n; i++)
        if (prefix == NULL ? list->items[i].operation == NULL
                           : str_prefix(list->items[i].pointer, prefix))
            difference_show(scene, &list->items[i], &drift);
    return drift;
}

static struct verdict not_ours(const struct scene *scene, const struct differences *list)
{
    json_t *drift = drift_of(scene, list, "/Tags");
    return verdict_blocked(drift != NULL ? drift : drift_of_all(scene, false),
                           "exists and is not ours");
}

/* An operator consented to a replacement: the way there begins like destroying. */
static struct verdict replace(const struct scene *scene)
{
    struct subject gone = *scene->subject;
    gone.goal = GOAL_ABSENT;
    return resource_step(scene->kind, &gone, scene->facts);
}

static struct verdict settle_differences(const struct scene *scene, const struct differences *list)
{
    const struct difference *chosen = choose(list);
    json_auto_t *fixed = drift_of(scene, list, NULL);
    if (fixed != NULL && verdict_consented(scene->subject, fixed))
        return replace(scene); /* and not first repaired what is taken apart on the way */
    if (chosen != NULL)
        return repair(scene, list, chosen, "drifted");
    struct verdict v = { 0 };
    if (fixed != NULL) {
        v = verdict_blocked(json_incref(fixed), "differs in what is fixed at creation");
        v.by_consent = true;
        return v;
    }
    if (scene->kind->more != NULL && scene->kind->more(scene, &v))
        return v;
    return verdict_done(scene->kind->report(scene));
}

/* Whether it is ours; if that has to be asked first, *v holds the calls. */
static bool is_ours(const struct scene *scene, struct verdict *v)
{
    json_auto_t *tags = fields_tags(scene);
    if (resource_ownership(scene, tags) == OWNED)
        return true;
    return scene->kind->vouch != NULL && json_object_get(tags, TAG_ENVIRONMENT) == NULL &&
           scene->kind->vouch(scene, v);
}

static struct verdict keep(const struct scene *scene)
{
    struct verdict v = { 0 };
    if (!is_there(scene)) {
        if (scene->kind->missing != NULL && scene->kind->missing(scene, &v))
            return v;
        return plain_write(scene, scene->kind->create, drift_of_all(scene, true), "absent");
    }
    if (!complete(scene))
        return verdict_wait(WAIT_UNSEEN, "AWS does not show all of it yet");
    const char *busy = scene->kind->busy == NULL ? NULL : scene->kind->busy(scene);
    if (busy != NULL)
        return verdict_wait(WAIT_BUSY, busy);
    bool ours = is_ours(scene, &v);
    if (v.calls.n > 0)
        return v;
    struct differences list = fields_compare(scene);
    v = ours || scene->subject->adopt ? settle_differences(scene, &list) : not_ours(scene, &list);
    differences_clear(&list);
    return v;
}

static struct verdict gone(void)
{
    struct verdict v = verdict_done(NULL);
    v.reason = "gone";
    return v;
}

static struct verdict destroy(const struct scene *scene)
{
    struct verdict v = { 0 };
    if (!is_there(scene)) {
        if (scene->kind->missing != NULL && scene->kind->missing(scene, &v))
            return v;
        return gone();
    }
    if (!complete(scene))
        return verdict_wait(WAIT_UNSEEN, "AWS does not show all of it yet");
    bool ours = is_ours(scene, &v);
    if (v.calls.n > 0)
        return v;
    if (!ours && scene->kind->parent_owns)
        return gone(); /* nothing there is its own, and what carries it need not be ours */
    if (!ours)
        return verdict_blocked(drift_of_all(scene, false), "is not ours, so it is not deleted");
    const char *busy = scene->kind->busy == NULL ? NULL : scene->kind->busy(scene);
    if (busy != NULL)
        return verdict_wait(WAIT_BUSY, busy);
    struct differences left = fields_leftovers(scene);
    if (left.n > 0)
        v = repair(scene, &left, &left.items[0], "is in the way of deletion");
    bool done = left.n > 0;
    differences_clear(&left);
    if (done || (scene->kind->undo != NULL && scene->kind->undo(scene, &v)))
        return v;
    if (scene->kind->destroy == NULL)
        return gone();
    return plain_write(scene, scene->kind->destroy, drift_of_all(scene, false), "not wanted");
}

struct verdict resource_step(const struct kind *kind, const struct subject *subject,
                             const json_t *facts)
{
    const struct scene scene = { .kind = kind, .subject = subject, .facts = facts };
    struct verdict v;
    if (look(&scene, &v))
        return v;
    return subject->goal == GOAL_ABSENT ? destroy(&scene) : keep(&scene);
}
