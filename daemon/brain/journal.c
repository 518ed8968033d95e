/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/journal.h"

enum { DELAY_FIRST = 1000, DELAY_MOST = 30 * 1000, TRYING_POLL = 500 };

void journal_clear(struct journal *j)
{
    json_decref(j->unsure);
    *j = (struct journal){ 0 };
}

/* The member of a record that a later record of the same thing has too; NULL: it is history, and
 * stands alone. */
static const char *key_of(enum record_kind kind)
{
    switch (kind) {
    case RECORD_SETTING:
        return "key";
    case RECORD_OPERATION:
    case RECORD_RESOURCE:
        return "id";
    case RECORD_CHANGE:
    case RECORD_RESULT:
    case RECORD_EVENT:
        return NULL;
    }
    return NULL;
}

static void remember(struct journal *j, enum record_kind kind, const json_t *body)
{
    const char *member = key_of(kind);
    if (member == NULL)
        return;
    if (j->unsure == NULL)
        j->unsure = json_object();
    const char *key = json_string_value(json_object_get(body, member));
    autofree char *where = xasprintf("%d %s", (int)kind, key);
    const json_t *before = json_object_get(j->unsure, where);
    if (before != NULL && json_integer_value(json_array_get(before, 0)) == 0)
        j->lost--;
    json_object_set_new(
        j->unsure, where,
        json_pack("[I, i, o]", (json_int_t)j->seq, (int)kind, json_deep_copy(body)));
}

static void settle(struct journal *j, uint64_t seq, int error)
{
    const char *where;
    json_t *entry;
    json_object_foreach(j->unsure, where, entry) /* they come back in the order they were made */
    {
        if (json_integer_value(json_array_get(entry, 0)) != (json_int_t)seq)
            continue;
        if (error == 0) {
            json_object_del(j->unsure, where);
        } else {
            json_array_set_new(entry, 0, json_integer(0));
            j->lost++;
        }
        return;
    }
}

static void repeat_lost(struct journal *j, struct turn *t)
{
    const char *where;
    json_t *entry;
    json_object_foreach(j->unsure, where, entry)
    {
        if (json_integer_value(json_array_get(entry, 0)) != 0)
            continue;
        enum record_kind kind = (enum record_kind)json_integer_value(json_array_get(entry, 1));
        journal_add(j, kind, json_deep_copy(json_array_get(entry, 2)), t);
    }
    assert(j->lost == 0);
}

uint64_t journal_add(struct journal *j, enum record_kind kind, json_t *body, struct turn *t)
{
    assert(body != NULL);
    int failed = json_object_set_new(body, "time", json_integer(t->now.wall.ms));
    assert(failed == 0);
    struct effect *effect = effects_add(t->out, EFFECT_RECORD);
    effect->record.seq = ++j->seq;
    effect->record.kind = kind;
    effect->record.body = body;
    remember(j, kind, body);
    return j->seq;
}

void journal_setting(struct journal *j, const char *key, json_t *value, struct turn *t)
{
    if (value == NULL)
        value = json_null();
    journal_add(j, RECORD_SETTING, json_pack("{ss so}", "key", key, "value", value), t);
}

void journal_event(struct journal *j, const char *level, const char *resource, const char *text,
                   struct turn *t)
{
    json_t *body = json_pack("{ss ss ss*}", "level", level, "text", text, "resource", resource);
    journal_add(j, RECORD_EVENT, body, t);
}

void journal_recorded(struct journal *j, uint64_t seq, int error, struct turn *t)
{
    if (seq == j->trying)
        j->trying = 0;
    settle(j, seq, error);
    if (error == 0) {
        j->error = 0;
        if (j->lost > 0)
            repeat_lost(j, t);
        return;
    }
    if (j->error == 0) {
        j->since = t->now.boot;
        j->delay = DELAY_FIRST;
    }
    j->error = error;
    j->try_at = t->now.boot + j->delay;
    j->delay = msec_min(j->delay * 2, DELAY_MOST);
}

msec_t journal_refuses(const struct journal *j, msec_t now)
{
    if (j->error == 0)
        return 0;
    if (j->trying != 0)
        return TRYING_POLL;
    return msec_max(j->try_at - now, 0);
}

void journal_tries(struct journal *j, uint64_t seq)
{
    if (j->error != 0)
        j->trying = seq;
}

void journal_probe(struct journal *j, struct turn *t)
{
    if (j->error == 0 || journal_refuses(j, t->now.boot) > 0)
        return;
    journal_event(j, "info", NULL, "the journal takes records again", t); /* true once it is read */
    journal_tries(j, j->seq);
}
