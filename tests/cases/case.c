/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cases/case.h"

#include "reconcilers/form.h"

#include <dirent.h>
#include <stdio.h>

static void merge(json_t *target, const json_t *patch)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)patch, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(target, name);
        } else if (json_is_object(value)) {
            if (!json_is_object(json_object_get(target, name)))
                json_object_set_new(target, name, json_object());
            merge(json_object_get(target, name), value);
        } else {
            json_object_set_new(target, name, json_deep_copy(value));
        }
    }
}

bool case_load(const char *directory, const char *kind, const char *name, struct test_case *ret)
{
    autofree char *path = xasprintf("%s/%s/%s.json", directory, kind, name);
    json_error_t error;
    json_auto_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (file == NULL) {
        fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
        return false;
    }
    const char *like = json_string_value(json_object_get(file, "like"));
    struct test_case c = { 0 };
    if (like != NULL && !case_load(directory, kind, like, &c))
        return false;
    if (like == NULL)
        c = (struct test_case){ .subject = json_object(), .facts = json_object() };
    merge(c.subject, json_object_get(file, "subject"));
    merge(c.facts, json_object_get(file, "facts"));
    json_decref(c.verdict);
    c.verdict = json_incref(json_object_get(file, "verdict"));
    c.kind = kind_find(kind);
    if (c.kind == NULL)
        fprintf(stderr, "%s: there is no kind \"%s\"\n", path, kind);
    *ret = c;
    return c.kind != NULL;
}

void case_clear(struct test_case *c)
{
    json_decref(c->subject);
    json_decref(c->facts);
    json_decref(c->verdict);
    *c = (struct test_case){ 0 };
}

static const char *text(const struct test_case *c, const char *name)
{
    return json_string_value(json_object_get(c->subject, name));
}

struct subject case_subject(const struct test_case *c)
{
    return (struct subject){
        .id = text(c, "id"),
        .environment = text(c, "environment"),
        .account = text(c, "account"),
        .region = region_parse(text(c, "region")),
        .want = json_object_get(c->subject, "want"),
        .goal = str_eq(text(c, "goal"), "absent") ? GOAL_ABSENT : GOAL_PRESENT,
        .adopt = json_is_true(json_object_get(c->subject, "adopt")),
        .consent = json_object_get(c->subject, "consent"),
    };
}

json_t *case_verdict(const struct verdict *v)
{
    json_t *out = json_object(), *calls = json_array();
    json_object_set_new(out, "kind", json_string(verdict_kind_name(v->kind)));
    json_object_set_new(out, "reason", json_string(v->reason));
    for (size_t i = 0; i < v->calls.n; i++) {
        const struct call *call = &v->calls.items[i];
        json_t *shown = json_pack("{s:o, s:s, s:s, s:O}", "operation",
                                  json_sprintf("%s:%s", call->op->service, call->op->name),
                                  "region", region_name(call->region), "slot", call->slot, "args",
                                  call->args);
        json_array_append_new(calls, shown);
    }
    if (v->calls.n > 0)
        json_object_set(out, "calls", calls);
    json_decref(calls);
    if (v->drift != NULL)
        json_object_set(out, "drift", v->drift);
    if (v->others != NULL)
        json_object_set(out, "others", v->others);
    if (v->outputs != NULL)
        json_object_set(out, "outputs", v->outputs);
    if (v->wait > 0)
        json_object_set_new(out, "wait", json_integer(v->wait));
    return out;
}

json_t *case_names(const char *directory, const char *kind)
{
    autofree char *path = xasprintf("%s/%s", directory, kind);
    json_auto_t *list = json_array();
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (!str_suffix(entry->d_name, ".json"))
            continue;
        size_t n = strlen(entry->d_name) - strlen(".json");
        json_array_append_new(list, json_stringn(entry->d_name, n));
    }
    if (dir != NULL)
        closedir(dir);
    return form_sorted(list, true);
}
