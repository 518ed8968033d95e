/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/ceilings.h"

#include <stdio.h>

#include "tests/simulation/house.h"

enum { PASSES = 20 };

/* Attempts of a pass over the example, in all regions together. Raise one only with a reason. */
static const struct {
    enum budget_family family;
    unsigned long most;
} ceilings[] = {
    { BUDGET_IAM_READ, 19 },      { BUDGET_SQS, 24 },       { BUDGET_SSM_READ, 24 },
    { BUDGET_DYNAMODB_READ, 25 }, { BUDGET_S3_CONFIG, 18 }, { BUDGET_STS, 0 },
};

static unsigned long ceiling_of(enum budget_family family)
{
    for (size_t i = 0; i < ARRAY_SIZE(ceilings); i++)
        if (ceilings[i].family == family)
            return ceilings[i].most;
    return 0;
}

static bool count_passes(struct house *h)
{
    bool good = true;
    json_int_t from = house_status(h, "/pass/completed");
    memset(h->tally.by_family, 0, sizeof(h->tally.by_family));
    while (house_status(h, "/pass/completed") < from + PASSES && h->tally.violation == NULL)
        house_run(h, h->now.boot + 1000);
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        unsigned long made = h->tally.by_family[f], most = PASSES * ceiling_of(f);
        if (made > 0)
            printf("%s: %.1f calls a pass, at most %lu\n",
                   budget_family_name((enum budget_family)f), (double)made / (double)PASSES,
                   most / PASSES);
        good = good && made <= most;
    }
    return good;
}

static bool seen_since(const json_t *row, msec_t age)
{
    const json_t *checked = json_object_get(row, "checked_age_ms");
    return checked != NULL && json_integer_value(checked) < age;
}

/* How long until all has been looked at but IAM's, and what a pass comes to after its role
 * (s3_replication); -1: not in ten minutes. */
static msec_t look_at_the_rest(struct house *h)
{
    msec_t from = h->now.boot;
    house_command(h, "reconcile", NULL, NULL);
    while (h->now.boot < from + MINUTES(10)) {
        house_run(h, h->now.boot + 20);
        const json_t *rows = json_object_get(
            house_command(h, "resources", json_pack("{si}", "limit", 1000), NULL), "rows");
        bool all = true;
        size_t i;
        json_t *row;
        json_array_foreach(rows, i, row)
        {
            const char *kind = json_string_value(json_object_get(row, "kind"));
            bool after = str_prefix(kind, "iam_") || str_eq(kind, "s3_replication");
            all = all && (after || seen_since(row, h->now.boot - from + 1));
        }
        if (all)
            return h->now.boot - from;
    }
    return -1;
}

static bool throttle_one(struct house *h)
{
    house_run(h, h->now.boot + MINUTES(5));
    msec_t calm = look_at_the_rest(h);
    house_run(h, h->now.boot + MINUTES(5));
    json_auto_t *fault = json_pack("{ss ss sf}", "do", "throttle", "service", "iam", "probability",
                                   1.0);
    struct problem problem;
    char *id = NULL;
    if (net_add_fault(h->net, fault, h->now, &id, &problem) < 0)
        return false;
    free(id);
    msec_t stormy = look_at_the_rest(h);
    printf("a look at all but IAM: %lld ms, with IAM throttled %lld ms\n", (long long)calm,
           (long long)stormy);
    return calm > 0 && stormy > 0 && stormy * 10 <= calm * 11;
}

int ceilings_prove(const char *file)
{
    json_auto_t *document = json_load_file(file, 0, NULL);
    autofree char *text = json_dumps(document, 0);
    if (text == NULL) {
        fprintf(stderr, "%s cannot be read\n", file);
        return 1;
    }
    const struct house_settings settings = {
        .seed = 1, .text = text, .round_trip = 30, .budget_scale = 1
    };
    struct house h;
    house_init(&h, &settings);
    for (int i = 0; i < 60 && house_status(&h, "/exit_code") != 0; i++)
        house_run(&h, h.now.boot + MINUTES(1));
    bool good = house_status(&h, "/exit_code") == 0 && count_passes(&h) && throttle_one(&h);
    if (h.tally.violation != NULL)
        printf("%s: %s\n", h.tally.violation, h.tally.detail);
    good = good && h.tally.violation == NULL;
    house_clear(&h);
    return good ? 0 : 1;
}
