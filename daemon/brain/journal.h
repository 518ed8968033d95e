/* SPDX-License-Identifier: Apache-2.0 */
/* journal: numbers the records and knows whether the store takes them. It writes nothing: records
 * leave as effects. When one could not be written (disk full, permissions) nothing is changed at
 * AWS until a later one succeeds; reading goes on. What must outlive a restart (settings,
 * operations, the inventory) is remembered until it is on disk, and recorded anew, in its latest
 * form, as soon as the store takes records again. */
#ifndef DRD_JOURNAL_H
#define DRD_JOURNAL_H

#include "daemon/brain/turn.h"

struct journal {
    uint64_t seq;    /* of the last record */
    int error;       /* negative errno while unwritable, else 0 */
    msec_t since;    /* when it became unwritable */
    msec_t try_at;   /* while unwritable: when one change may be tried again */
    msec_t delay;    /* before the try after that */
    uint64_t trying; /* seq of the record that tries, 0: none */
    json_t *unsure;  /* owned: section and key → [seq or 0 when it was lost, kind, body] */
    size_t lost;     /* entries of unsure that were */
};

void journal_clear(struct journal *j);

/* Appends an EFFECT_RECORD with the time in it; takes body. Returns its seq. */
uint64_t journal_add(struct journal *j, enum record_kind kind, json_t *body, struct turn *t);
/* {"key": key, "value": value}; takes value; NULL takes the key out of the store. */
void journal_setting(struct journal *j, const char *key, json_t *value, struct turn *t);
/* Something people should know. resource may be NULL. */
void journal_event(struct journal *j, const char *level, const char *resource, const char *text,
                   struct turn *t);
/* The store's word on a record; what was lost before is recorded anew when it is a good one. */
void journal_recorded(struct journal *j, uint64_t seq, int error, struct turn *t);
/* 0 when a change may be recorded now, else how long to wait before asking again. */
msec_t journal_refuses(const struct journal *j, msec_t now);
/* After journal_refuses said 0: this change is the one that tries. */
void journal_tries(struct journal *j, uint64_t seq);
/* Finds out by itself whether the store takes records again, when it is time to. */
void journal_probe(struct journal *j, struct turn *t);

#endif
