/* SPDX-License-Identifier: Apache-2.0 */
#include "config/topology.h"

#include <errno.h>

#include "config/document.h"
#include "config/expand.h"
#include "config/intent.h"
#include "config/place.h"

struct topology {
    unsigned references;
    json_t *document; /* checked, defaults filled in */
    struct settings settings;
    enum region primary, secondary, witness;
};

/* For names and ARNs while the account is not known: as long as a real one. */
static const char made_up_account[] = "000000000000";

static const char *text_at(const struct topology *t, const char *key)
{
    return json_string_value(json_object_get(t->document, key));
}

static enum region region_at(const struct topology *t, const char *key)
{
    const json_t *regions = json_object_get(t->document, "regions");
    return region_parse(json_string_value(json_object_get(regions, key)));
}

static void check_regions(const struct topology *t, struct problems *problems)
{
    if (t->primary == t->secondary)
        problems_add(problems, "/regions/secondary", "is the primary region too");
    if (t->witness == t->primary || t->witness == t->secondary)
        problems_add(problems, "/regions/witness", "is the %s region too",
                     t->witness == t->primary ? "primary" : "secondary");
}

static void expand_all(struct expansion *x)
{
    if (json_object_size(json_object_get(x->document, "roles")) > 0 ||
        json_object_size(json_object_get(x->document, "buckets")) > 0)
        expand_boundary(x);
    expand_roles(x);
    expand_tables(x);
    expand_buckets(x);
    expand_queues(x);
    expand_parameters(x);
}

static struct expansion expansion_of(const struct topology *t, const char *account)
{
    return (struct expansion){
        .document = t->document,
        .settings = &t->settings,
        .suffix = topology_suffix(t),
        .account = account,
        .primary = t->primary,
        .secondary = t->secondary,
        .witness = t->witness,
        .regions = { t->primary, t->secondary },
    };
}

/* Both regions often have the same to say. */
static void drop_repeats(struct problems *problems, size_t first)
{
    size_t kept = first;
    for (size_t i = first; i < problems->n; i++) {
        const struct problem *p = &problems->items[i];
        bool repeated = false;
        for (size_t j = first; j < kept && !repeated; j++)
            repeated = str_eq(problems->items[j].pointer, p->pointer) &&
                       str_eq(problems->items[j].text, p->text);
        if (!repeated)
            problems->items[kept++] = *p;
    }
    problems->n = kept;
}

static int expand(struct expansion *x, struct graph *ret, struct problems *problems)
{
    size_t before = problems->n;
    *ret = (struct graph){ 0 };
    x->graph = ret;
    x->problems = problems;
    expand_all(x);
    if (problems->n == before && graph_finish(ret, problems) == 0)
        return 0;
    drop_repeats(problems, before);
    graph_clear(ret);
    return -EINVAL;
}

/* Goes the whole way once, so that all that is wrong is said when the file is read. */
static void rehearse(const struct topology *t, struct problems *problems)
{
    struct graph graph;
    const char *pinned = t->settings.account;
    struct expansion x = expansion_of(t, pinned[0] != '\0' ? pinned : made_up_account);
    x.rehearsal = true;
    if (expand(&x, &graph, problems) == 0)
        graph_clear(&graph);
    json_decref(expand_outputs(&x));
}

int topology_load(const char *text, size_t size, const char *file, struct topology **ret,
                  struct problems *reterr)
{
    size_t before = reterr->n;
    struct topology *t = xcalloc(1, sizeof *t);
    t->references = 1;
    t->document = document_read(text, size, intent_schema, reterr);
    if (t->document != NULL) {
        settings_read(json_object_get(t->document, "settings"), &t->settings);
        if (text_at(t, "account") != NULL)
            str_copy(t->settings.account, sizeof t->settings.account, text_at(t, "account"));
        t->primary = region_at(t, "primary");
        t->secondary = region_at(t, "secondary");
        t->witness = region_at(t, "witness");
        check_regions(t, reterr);
    }
    if (reterr->n == before)
        rehearse(t, reterr);
    if (reterr->n == before) {
        *ret = t;
        return 0;
    }
    document_locate(reterr, before, file == NULL ? "" : file, text, size);
    topology_unref(t);
    return -EINVAL;
}

struct topology *topology_ref(struct topology *t)
{
    assert(t->references > 0);
    t->references++;
    return t;
}

void topology_unref(struct topology *t)
{
    if (t == NULL || --t->references > 0)
        return;
    json_decref(t->document);
    settings_clear(&t->settings);
    free(t);
}

const struct settings *topology_settings(const struct topology *t)
{
    return &t->settings;
}

const char *topology_suffix(const struct topology *t)
{
    return text_at(t, "suffix");
}

enum region topology_primary(const struct topology *t)
{
    return t->primary;
}

enum region topology_secondary(const struct topology *t)
{
    return t->secondary;
}

enum region topology_witness(const struct topology *t)
{
    return t->witness;
}

const json_t *topology_document(const struct topology *t)
{
    return t->document;
}

static void add_secret(json_t *list, const char *pointer, const json_t *secret)
{
    json_t *one;
    if (secret == NULL)
        return;
    one = json_deep_copy(secret);
    json_object_set_new(one, "pointer", json_string(pointer));
    json_array_append_new(list, one);
}

json_t *topology_secrets(const struct topology *t)
{
    json_t *list = json_array(), *parameter;
    const char *name;
    json_object_foreach(json_object_get(t->document, "parameters"), name, parameter)
    {
        const json_t *sides = json_object_get(parameter, "secrets");
        autofree char *above = place_key("/parameters", name);
        autofree char *one = place_key(above, "secret");
        autofree char *primary = xasprintf("%s/secrets/primary", above);
        autofree char *secondary = xasprintf("%s/secrets/secondary", above);
        add_secret(list, one, json_object_get(parameter, "secret"));
        add_secret(list, primary, json_object_get(sides, "primary"));
        add_secret(list, secondary, json_object_get(sides, "secondary"));
    }
    return list;
}

int topology_expand(const struct topology *t, const char *account, const json_t *secrets,
                    struct graph *ret, struct problems *reterr)
{
    const char *pinned = t->settings.account;
    *ret = (struct graph){ 0 };
    if (naming_rule_account(account) != NULL) {
        problems_add(reterr, "/account", "\"%.20s\" is no account: it must be 12 digits", account);
        return -EINVAL;
    }
    if (pinned[0] != '\0' && !str_eq(pinned, account)) {
        struct problem *p = problems_add(
            reterr, "/account", "the credentials are of account %s, the configuration is for %s",
            account, pinned);
        problem_remedy(p, "Use the other account's credentials, or change \"account\".");
        return -EINVAL;
    }
    struct expansion x = expansion_of(t, account);
    x.secrets = secrets;
    return expand(&x, ret, reterr);
}

json_t *topology_outputs(const struct topology *t, const char *account)
{
    struct problems none = { 0 };
    struct expansion x = expansion_of(t, account);
    x.problems = &none;
    json_t *outputs = expand_outputs(&x);
    assert(none.n == 0); /* the rehearsal would have found it */
    return outputs;
}
