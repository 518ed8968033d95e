/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/drift.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/topology.h"
#include "reconcilers/kind.h"
#include "reconcilers/pointer.h"
#include "tests/simulation/disturbances.h"
#include "tests/simulation/house.h"

#define ACCOUNT "123456789012"

enum { SET_MOST = 8 };

struct proof {
    struct house house;
    struct graph graph; /* what is wanted */
    struct random random;
    size_t seen;            /* changes judged so far */
    unsigned long writes;   /* that reached the cloud until then */
    unsigned singles, sets; /* proved */
};

/* Words */

static char *double_quotes(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

static const char *name_of(const struct resource *r)
{
    return json_string_value(json_object_get(r->want, kind_find(r->kind)->identity));
}

/* What $word stands for in the arguments of a step; the caller frees. NULL: no such word. */
static char *meaning_of(const struct resource *r, const char *word)
{
    const char *region = region_name(r->region), *name = name_of(r);
    const char *description = json_string_value(json_object_get(r->want, "Description"));
    const char *id = json_string_value(pointer_get(r->want, "/Tags/drd:resource"));
    if (str_prefix(word, "name"))
        return xstrdup(name);
    if (str_prefix(word, "url"))
        return xasprintf("https://sqs.%s.amazonaws.com/" ACCOUNT "/%s", region, name);
    if (str_prefix(word, "arn"))
        return xasprintf("arn:aws:dynamodb:%s:" ACCOUNT ":table/%s", region, name);
    if (str_prefix(word, "description"))
        return xstrdup(description != NULL ? description : "");
    if (str_prefix(word, "id"))
        return xstrdup(id);
    if (str_prefix(word, "policy"))
        return xstrdup("{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
                       "\\\"Allow\\\",\\\"Action\\\":\\\"sqs:*\\\",\\\"Resource\\\":\\\"*\\\"}]}");
    if (str_prefix(word, "trust"))
        return xstrdup(
            "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
            "\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":\\\"ec2.amazonaws.com\\\"},"
            "\\\"Action\\\":\\\"sts:AssumeRole\\\"}]}");
    if (str_prefix(word, "deny"))
        return xstrdup("{\\\"redrivePermission\\\":\\\"denyAll\\\"}");
    return NULL;
}

static json_t *fill_in(const struct resource *r, const char *args)
{
    struct buffer b = { 0 };
    for (const char *p = args; *p != '\0'; p++) {
        if (*p != '$') {
            char c = *p == '\'' ? '"' : *p;
            buffer_printf(&b, "%c", c);
            continue;
        }
        autofree char *meaning = meaning_of(r, p + 1);
        assert(meaning != NULL);
        buffer_str(&b, meaning);
        while (p[1] >= 'a' && p[1] <= 'z')
            p++;
    }
    autofree char *text = buffer_take(&b);
    json_t *value = json_loads(text, 0, NULL);
    if (value == NULL)
        fprintf(stderr, "%s\n", text);
    assert(value != NULL);
    return value;
}

/* People */

/* One call of somebody else's; a policy that has five versions loses the old ones first. */
static struct answer take_step(struct proof *p, const struct resource *r, const struct step *step)
{
    const char *at = strchr(step->operation, '@');
    autofree char *operation = at == NULL
                                   ? xstrdup(step->operation)
                                   : xstrndup(step->operation, (size_t)(at - step->operation));
    enum region region = at == NULL ? r->region : region_parse(at + 1);
    return house_outsider(&p->house, operation, region, fill_in(r, step->args));
}

static void forget_versions(struct proof *p, const struct resource *r)
{
    json_t *arn = json_sprintf("arn:aws:iam::" ACCOUNT ":policy/%s", name_of(r));
    json_auto_t *which = json_pack("{s:o}", "PolicyArn", arn);
    struct answer list = house_outsider(&p->house, "iam:ListPolicyVersions", r->region,
                                        json_deep_copy(which));
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(list.body, "Versions"), i, version)
    {
        if (json_is_true(json_object_get(version, "IsDefaultVersion")))
            continue;
        json_t *args = json_deep_copy(which);
        json_object_set(args, "VersionId", json_object_get(version, "VersionId"));
        struct answer gone = house_outsider(&p->house, "iam:DeletePolicyVersion", r->region, args);
        answer_clear(&gone);
    }
    answer_clear(&list);
}

/* True when AWS let it happen. alone: it has to, when the row says so; in a set another one may
 * have done the same already. */
static bool disturb(struct proof *p, const struct disturbance *d, const struct resource *r,
                    bool alone)
{
    struct house *h = &p->house;
    if (str_eq(d->kind, "iam_policy"))
        forget_versions(p, r);
    house_run(h, h->now.boot + d->settle);
    for (size_t i = 0; i < ARRAY_SIZE(d->steps) && d->steps[i].operation != NULL; i++) {
        struct answer answer = take_step(p, r, &d->steps[i]);
        bool ok = answer.class == AWS_OK;
        if (!ok && d->end != END_REFUSED && (alone || i > 0))
            house_violation(h, "the disturbance", "%s %s: %s %s %.90s", r->id, d->row,
                            d->steps[i].operation, answer.code, answer.message);
        answer_clear(&answer);
        if (!ok)
            return false;
        house_run(h, h->now.boot + (d->settle > 0 ? d->settle : SECONDS(61)));
    }
    return true;
}

/* Passes */

static void make_pass(struct proof *p)
{
    struct house *h = &p->house;
    const json_t *reply = house_command(h, "reconcile", NULL, NULL);
    json_auto_t *id = json_deep_copy(json_object_get(reply, "operation"));
    msec_t end = h->now.boot + HOURS(8);
    while (h->now.boot < end && h->tally.violation == NULL) {
        house_run(h, h->now.boot + 1000);
        const json_t *order = house_command(h, "operation", json_pack("{sO}", "id", id), NULL);
        if (!str_eq(json_string_value(json_object_get(order, "state")), "running"))
            return;
    }
    house_violation(h, "a pass ends", "not within 8 hours");
}

static const json_t *change_at(const struct proof *p, size_t i)
{
    return json_array_get(p->house.tally.changes, i);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* "sqs:TagQueue sqs:CreateQueue": the changes since `seen`; the caller frees. */
static char *operations_since(const struct proof *p, size_t seen)
{
    struct buffer b = { 0 };
    for (size_t i = seen; i < json_array_size(p->house.tally.changes); i++)
        buffer_printf(&b, "%s%s", i > seen ? " " : "", text_of(change_at(p, i), "op"));
    char *text = buffer_take(&b);
    return text != NULL ? text : xstrdup("");
}

/* What was recorded is what reached the cloud, and the next pass adds nothing. */
static void judge_rest(struct proof *p, const char *what)
{
    struct house *h = &p->house;
    size_t changes = json_array_size(h->tally.changes);
    if (h->tally.calls_write - p->writes != changes - p->seen)
        house_violation(h, "each write is recorded once", "%s: %lu writes, %zu records", what,
                        h->tally.calls_write - p->writes, changes - p->seen);
    p->writes = h->tally.calls_write;
    make_pass(p);
    autofree char *more = operations_since(p, changes);
    if (h->tally.calls_write != p->writes || more[0] != '\0')
        house_violation(h, "the next pass writes nothing", "%s: %s", what, more);
    p->seen = json_array_size(h->tally.changes);
}

static bool is_about(const struct disturbance *d, const char *pointer)
{
    size_t length = strlen(d->row) - (str_suffix(d->row, "/*") ? 2 : 0), given = strlen(pointer);
    bool same = given >= length && memcmp(pointer, d->row, length) == 0 &&
                (given == length || (length > 0 && pointer[length] == '/'));
    return same || (d->also != NULL && str_prefix(pointer, d->also));
}

static void judge_fields(struct proof *p, const struct disturbance *d, const struct resource *r)
{
    const json_t *fields = json_object_get(change_at(p, p->seen), "fields");
    size_t i;
    const json_t *field;
    if (!str_eq(text_of(change_at(p, p->seen), "resource"), r->id))
        house_violation(&p->house, "exactly that field", "%s %s: found at %s", r->id, d->row,
                        text_of(change_at(p, p->seen), "resource"));
    json_array_foreach(fields, i, field) if (!is_about(d, text_of(field, "pointer")))
        house_violation(&p->house, "exactly that field", "%s %s: also %s", r->id, d->row,
                        text_of(field, "pointer"));
}

static void judge_repaired(struct proof *p, const struct disturbance *d, const struct resource *r)
{
    struct house *h = &p->house;
    make_pass(p);
    autofree char *made = operations_since(p, p->seen);
    if (strcmp(made, d->repairs) != 0)
        house_violation(h, "the fewest writes", "%s %s: \"%s\", not \"%s\"", r->id, d->row, made,
                        d->repairs);
    judge_fields(p, d, r);
    if (house_status(h, "/exit_code") != 0)
        house_violation(h, "one pass repairs it", "%s %s", r->id, d->row);
    judge_rest(p, r->id);
}

/* BLOCKED, by the field's name, without a write. */
static void judge_blocked(struct proof *p, const char *id, const char *row)
{
    struct house *h = &p->house;
    const json_t *seen = house_command(h, "resource", json_pack("{ss}", "id", id), NULL);
    const json_t *drift = json_object_get(seen, "drift"), *entry;
    bool named = false;
    size_t i;
    json_array_foreach(drift, i, entry) named |= str_prefix(text_of(entry, "pointer"), row);
    if (!str_eq(text_of(seen, "state"), "blocked") || !named)
        house_violation(h, "blocked by name", "%s %s: %s, %s", id, row, text_of(seen, "state"),
                        text_of(seen, "reason"));
}

/* What is where */

static bool wants(const struct resource *r, const char *row)
{
    autofree char *pointer = xstrdup(row);
    if (str_suffix(pointer, "/*"))
        pointer[strlen(pointer) - 2] = '\0';
    return pointer[0] == '\0' || pointer_get(r->want, pointer) != NULL;
}

static bool applies(const struct disturbance *d, const struct resource *r)
{
    bool free = d->on != NULL || str_eq(d->row, "/Policies") || str_eq(d->row, "/AttachedPolicies");
    return str_eq(d->kind, r->kind) && (d->on == NULL || strstr(r->id, d->on) != NULL) &&
           (free || wants(r, d->row));
}

static const struct resource *first_for(const struct proof *p, const struct disturbance *d)
{
    for (size_t i = 0; i < p->graph.n; i++)
        if (applies(d, &p->graph.items[i]))
            return &p->graph.items[i];
    return NULL;
}

static void judge_unwanted(struct proof *p, const struct disturbance *d)
{
    for (size_t i = 0; i < p->graph.n; i++)
        if (str_eq(p->graph.items[i].kind, d->kind) && wants(&p->graph.items[i], d->row))
            house_violation(&p->house, "a row for each field", "%s %s is wanted by now", d->kind,
                            d->row);
}

/* The table is whole: each row of each kind is in it. */
static void require_row(struct proof *p, const struct kind *kind, const char *row)
{
    for (const struct disturbance *d = disturbances; d->kind != NULL; d++)
        if (str_eq(d->kind, kind->name) && strcmp(d->row, row) == 0)
            return;
    house_violation(&p->house, "a row for each field", "nobody disturbs %s %s", kind->name, row);
}

static void require_all_rows(struct proof *p)
{
    for (const struct kind *const *kind = kinds; *kind != NULL; kind++) {
        for (size_t i = 0; i < (*kind)->n_fields; i++)
            require_row(p, *kind, (*kind)->fields[i].want);
        for (const struct set *s = (*kind)->sets; s != NULL && s->want != NULL; s++)
            require_row(p, *kind, s->want);
    }
    for (const struct disturbance *d = disturbances; d->kind != NULL; d++) {
        bool fixture = d->end != END_FIXED;
        for (const struct fixture *f = fixtures; f->kind != NULL; f++)
            fixture |= str_eq(f->kind, d->kind) && str_eq(f->row, d->row);
        if (!fixture)
            house_violation(&p->house, "a row for each field", "no fixture for %s %s", d->kind,
                            d->row);
    }
}

/* Proofs */

static void begin(struct proof *p, uint64_t seed, bool trace)
{
    autofree char *text = double_quotes(disturbed_configuration);
    const struct house_settings settings = {
        .seed = seed, .text = text, .round_trip = 20, .budget_scale = 1, .trace = trace
    };
    *p = (struct proof){ 0 };
    random_seed(&p->random, seed);
    house_init(&p->house, &settings);
    p->house.tally.changes = json_array();
    struct problems problems = { 0 };
    int failed = topology_expand(p->house.topology, ACCOUNT, NULL, &p->graph, &problems);
    assert(failed == 0);
}

static void converge(struct proof *p)
{
    struct house *h = &p->house;
    for (int i = 0; i < 10; i++) {
        house_run(h, h->now.boot + MINUTES(1));
        make_pass(p);
        if (house_status(h, "/exit_code") == 0)
            break;
    }
    if (house_status(h, "/exit_code") != 0) {
        autofree char *rows = json_dumps(house_command(h, "drift", NULL, NULL), JSON_COMPACT);
        house_violation(h, "in sync after ten passes", "%.250s", rows);
    }
    p->seen = json_array_size(h->tally.changes);
    p->writes = h->tally.calls_write;
}

static void clear(struct proof *p)
{
    graph_clear(&p->graph);
    json_decref(p->house.tally.changes);
    p->house.tally.changes = NULL;
    house_clear(&p->house);
}

static void prove_single(struct proof *p, const struct disturbance *d)
{
    struct house *h = &p->house;
    if (d->end == END_UNWANTED)
        judge_unwanted(p, d);
    if (d->end == END_UNWANTED || d->end == END_NAMED || d->end == END_FIXED)
        return;
    const struct resource *r = first_for(p, d);
    if (r == NULL) {
        house_violation(h, "a row for each field", "nothing here has %s %s", d->kind, d->row);
        return;
    }
    bool happened = disturb(p, d, r, true);
    if (d->end == END_REFUSED && happened)
        house_violation(h, "AWS refuses it", "%s %s", r->id, d->row);
    if (d->end == END_REPAIRED) {
        judge_repaired(p, d, r);
    } else if (d->end == END_BLOCKED) {
        make_pass(p);
        judge_blocked(p, r->id, d->row);
        struct answer gone = house_outsider(h, "ssm:DeleteParameter", r->region,
                                            json_pack("{ss}", "Name", name_of(r)));
        answer_clear(&gone);
        house_run(h, h->now.boot + SECONDS(61));
        converge(p);
    }
    if (d->end == END_SLOW) {
        make_pass(p);
        house_run(h, h->now.boot + HOURS(3));
        if (house_status(h, "/exit_code") != 0)
            house_violation(h, "it is repaired by itself", "%s %s", r->id, d->row);
        converge(p);
    }
    p->singles++;
}

static void prove_fixture(const struct fixture *f, uint64_t seed, bool trace, struct tally *ret)
{
    struct proof p;
    begin(&p, seed, trace);
    const struct resource *r = &p.graph.items[graph_find(&p.graph, f->id)];
    struct answer answer = take_step(&p, r, &f->step);
    if (answer.class != AWS_OK)
        house_violation(&p.house, "the fixture", "%s %s: %s", f->id, f->row, answer.message);
    answer_clear(&answer);
    house_run(&p.house, p.house.now.boot + MINUTES(20));
    judge_blocked(&p, f->id, f->row);
    clear(&p);
    *ret = p.house.tally;
}

/* Two disturbances with the same key are put right by one call. */
static char *key_of(const struct disturbance *d, const struct resource *r)
{
    size_t member = 0; /* length of the first step of the row, where one call is about one member */
    for (const struct change *c = kind_find(d->kind)->changes; c->operation != NULL; c++)
        if (str_eq(c->operation, d->repairs) && c->carry == CARRY_MEMBER)
            member = 1 + strcspn(d->row + 1, "/");
    return xasprintf("%s|%s|%.*s", r->id, d->repairs, (int)member, d->row);
}

static size_t count_words(const char *text)
{
    size_t n = *text != '\0';
    for (; *text != '\0'; text++)
        n += *text == ' ';
    return n;
}

/* Something that may join the set; NULL: this draw does not. taken: {resource id: true when all of
 * it is taken}. */
static const struct resource *draw(struct proof *p, const struct disturbance *d, json_t *taken)
{
    const struct resource *r = &p->graph.items[random_below(&p->random, p->graph.n)];
    if (!applies(d, r))
        r = first_for(p, d);
    bool whole = d->row[0] == '\0' || d->settle > 0;
    const char *what = str_eq(kind_find(r->kind)->service, "dynamodb") ? "tables" : r->id;
    const json_t *before = json_object_get(taken, what);
    if (before != NULL && (whole || json_is_true(before)))
        return NULL;
    json_object_set_new(taken, what, json_boolean(whole));
    return r;
}

static void prove_set(struct proof *p, unsigned number)
{
    struct house *h = &p->house;
    json_auto_t *taken = json_object(), *keys = json_object();
    struct buffer what = { 0 };
    size_t n_rows = 0, expected = 0;
    while (disturbances[n_rows].kind != NULL)
        n_rows++;
    buffer_printf(&what, "set %u:", number);
    for (size_t n = 2 + random_below(&p->random, SET_MOST - 1); n > 0;) {
        const struct disturbance *d = &disturbances[random_below(&p->random, n_rows)];
        const struct resource *r = d->end == END_REPAIRED ? draw(p, d, taken) : NULL;
        if (r == NULL)
            continue;
        n--;
        if (!disturb(p, d, r, false))
            continue;
        buffer_printf(&what, " %s%s", r->id, d->row);
        autofree char *key = key_of(d, r);
        if (json_object_get(keys, key) == NULL)
            expected += count_words(d->repairs);
        json_object_set_new(keys, key, json_true());
    }
    autofree char *text = buffer_take(&what);
    make_pass(p);
    size_t made = json_array_size(h->tally.changes) - p->seen;
    autofree char *calls = operations_since(p, p->seen);
    if (made != expected)
        house_violation(h, "the fewest writes", "%zu, not %zu: %.250s", made, expected, text);
    if (made != expected)
        printf("%s\nmade: %s\n", text, calls);
    if (house_status(h, "/exit_code") != 0)
        house_violation(h, "one pass repairs it", "%.200s", text);
    judge_rest(p, text);
    p->sets++;
}

static int report(const struct tally *tally, uint64_t seed)
{
    if (tally->violation != NULL)
        printf("drift, seed %" PRIu64 ": %s: %s\n", seed, tally->violation, tally->detail);
    return tally->violation != NULL;
}

static bool good(const struct proof *p)
{
    return p->house.tally.violation == NULL;
}

int drift_prove(uint64_t seed, unsigned sets, bool trace)
{
    struct proof p;
    begin(&p, seed, trace);
    require_all_rows(&p);
    converge(&p);
    for (const struct disturbance *d = disturbances; d->kind != NULL && good(&p); d++)
        prove_single(&p, d);
    while (p.sets < sets && good(&p))
        prove_set(&p, p.sets + 1);
    clear(&p);
    int failed = report(&p.house.tally, seed);
    for (const struct fixture *f = fixtures; f->kind != NULL && !failed; f++) {
        struct tally tally;
        prove_fixture(f, seed, trace, &tally);
        failed = report(&tally, seed);
    }
    if (!failed)
        printf("drift: %u changes alone, %u sets, all found and repaired\n", p.singles, p.sets);
    return failed;
}
