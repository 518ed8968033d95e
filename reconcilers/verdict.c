/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/verdict.h"

#include "reconcilers/pointer.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { SECRET_BYTES = 6 }; /* of the hash that may be shown */

struct verdict verdict_read(void)
{
    return (struct verdict){ .kind = VERDICT_READ, .reason = "not looked at yet" };
}

struct verdict verdict_write(struct call call, json_t *drift, const char *reason)
{
    struct verdict v = { .kind = VERDICT_WRITE, .drift = drift, .reason = reason };
    call_list_add(&v.calls, call);
    return v;
}

struct verdict verdict_wait(msec_t wait, const char *reason)
{
    return (struct verdict){ .kind = VERDICT_WAIT, .wait = wait, .reason = reason };
}

struct verdict verdict_done(json_t *outputs)
{
    return (struct verdict){ .kind = VERDICT_DONE, .outputs = outputs, .reason = "in sync" };
}

struct verdict verdict_blocked(json_t *drift, const char *reason)
{
    return (struct verdict){ .kind = VERDICT_BLOCKED, .drift = drift, .reason = reason };
}

bool verdict_consented(const struct subject *subject, const json_t *drift)
{
    return subject->consent != NULL && json_equal(subject->consent, drift);
}

void verdict_clear(struct verdict *v)
{
    if (v == NULL)
        return;
    call_list_clear(&v->calls);
    json_decref(v->drift);
    json_decref(v->others);
    json_decref(v->outputs);
    *v = (struct verdict){ .kind = v->kind };
}

const char *verdict_kind_name(enum verdict_kind kind)
{
    static const char *const names[] = {
        [VERDICT_READ] = "read", [VERDICT_WRITE] = "write",     [VERDICT_WAIT] = "wait",
        [VERDICT_DONE] = "done", [VERDICT_BLOCKED] = "blocked",
    };
    assert((size_t)kind < ARRAY_SIZE(names));
    return names[kind];
}

/* "sha256:0011223344556677": that two secrets differ may be seen, what they are may not. */
static json_t *veiled(const json_t *value)
{
    autofree char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    unsigned char digest[EVP_MAX_MD_SIZE];
    assert(text != NULL);
    int ok = EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
    assert(ok == 1);
    (void)ok;
    char shown[sizeof("sha256:") + 2 * (size_t)SECRET_BYTES] = "sha256:";
    for (size_t i = 0; i < SECRET_BYTES; i++)
        snprintf(shown + strlen("sha256:") + 2 * i, 3, "%02x", digest[i]);
    return json_string(shown);
}

void drift_add(json_t **drift, const char *pointer, const json_t *wanted, const json_t *live,
               bool secret)
{
    if (*drift == NULL)
        *drift = json_array();
    json_t *entry = json_object();
    json_object_set_new(entry, "pointer", json_string(pointer));
    if (wanted != NULL)
        json_object_set_new(entry, "wanted", secret ? veiled(wanted) : json_deep_copy(wanted));
    if (live != NULL)
        json_object_set_new(entry, "live", secret ? veiled(live) : json_deep_copy(live));
    if (secret)
        json_object_set_new(entry, "secret", json_true());
    json_array_append_new(*drift, entry);
}

json_t *fact_new(const struct answer *answer)
{
    assert(answer->class == AWS_OK || answer->class == AWS_NOT_FOUND);
    json_t *fact = json_object();
    json_object_set_new(fact, "class", json_string(aws_class_name(answer->class)));
    if (answer->code[0] != '\0')
        json_object_set_new(fact, "code", json_string(answer->code));
    if (answer->class == AWS_OK)
        json_object_set_new(fact, "body",
                            answer->body == NULL ? json_object() : json_incref(answer->body));
    return fact;
}

static const json_t *fact(const json_t *facts, const char *slot)
{
    return json_object_get(facts, slot);
}

bool fact_known(const json_t *facts, const char *slot)
{
    return fact(facts, slot) != NULL;
}

bool fact_absent(const json_t *facts, const char *slot)
{
    return str_eq(json_string_value(json_object_get(fact(facts, slot), "class")), "not_found");
}

const json_t *fact_body(const json_t *facts, const char *slot)
{
    return fact_absent(facts, slot) ? NULL : json_object_get(fact(facts, slot), "body");
}
