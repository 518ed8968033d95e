/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/journal.h"

enum { DELAY_FIRST = 1000, DELAY_MOST = 30 * 1000, TRYING_POLL = 500 };

uint64_t journal_add(struct journal *j, enum record_kind kind, json_t *body, struct turn *t)
{
    assert(body != NULL);
    int failed = json_object_set_new(body, "time", json_integer(t->now.wall.ms));
    assert(failed == 0);
    struct effect *effect = effects_add(t->out, EFFECT_RECORD);
    effect->record.seq = ++j->seq;
    effect->record.kind = kind;
    effect->record.body = body;
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
    if (error == 0) {
        j->error = 0;
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
