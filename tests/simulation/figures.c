/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/figures.h"

#include <malloc.h>
#include <stdio.h>

#include "tests/simulation/house.h"

/* Two thirds queues (each with its dead letters), one third parameters, all in both regions. */
static char *configuration(unsigned n, unsigned at_once)
{
    struct buffer b = { 0 };
    buffer_printf(&b,
                  "{\"suffix\": \"sim\", \"regions\": {\"primary\": \"us-east-1\", \"secondary\": "
                  "\"us-east-2\"}, \"settings\": {\"pass_interval_s\": 86400, "
                  "\"writes_per_pass\": 100000, \"resources_at_once\": %u}, \"queues\": {",
                  at_once);
    unsigned each = n / 6 > 0 ? n / 6 : 1;
    for (unsigned i = 0; i < each; i++)
        buffer_printf(&b, "%s\"q%u\": {}", i > 0 ? ", " : "", i);
    buffer_str(&b, "}, \"parameters\": {");
    for (unsigned i = 0; i < each; i++)
        buffer_printf(&b, "%s\"p%u\": {\"value\": \"v\"}", i > 0 ? ", " : "", i);
    buffer_str(&b, "}}");
    return buffer_take(&b);
}

/* The account; the dead letters' URL, then attributes; the queue's URL, then attributes. */
enum { READS_IN_A_ROW = 5 };

/* The least time that these attempts can take: the longest chain of reads, or the family whose
 * budget is the narrowest. */
static msec_t bound(const unsigned long *attempts, msec_t round_trip)
{
    msec_t least = READS_IN_A_ROW * round_trip;
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        const struct budget_limit *limit = &budget_limits[f];
        int64_t over = (int64_t)(attempts[f] / 2) - (limit->burst - limit->reserve);
        if (over > 0 && limit->per_second_milli > 0)
            least = msec_max(least, over * 1000 * 1000 / limit->per_second_milli);
    }
    return least;
}

int figures_in_sync_pass(unsigned n, unsigned at_once, msec_t round_trip)
{
    autofree char *text = configuration(n, at_once);
    const struct house_settings settings = {
        .seed = 1, .text = text, .round_trip = round_trip, .budget_scale = 1
    };
    struct house h;
    house_init(&h, &settings);
    for (int i = 0; i < 24 * 60 && house_status(&h, "/exit_code") != 0; i++)
        house_run(&h, h.now.boot + MINUTES(1));
    if (house_status(&h, "/exit_code") != 0) {
        fprintf(stderr, "did not come into sync: %s\n",
                h.tally.violation != NULL ? h.tally.violation : "still at work");
        house_clear(&h);
        return 1;
    }
    house_run(&h, h.now.boot + MINUTES(30)); /* every bucket is full again */
    json_int_t total = house_status(&h, "/resources/total");
    size_t resting = mallinfo2().uordblks;
    brain_free(h.brain);
    size_t without = mallinfo2().uordblks;
    h.brain = NULL;
    house_crash(&h); /* boots again, and makes the pass that is measured */
    unsigned long before = h.tally.attempts;
    memset(h.tally.by_family, 0, sizeof(h.tally.by_family));
    msec_t from = h.now.boot;
    while (house_status(&h, "/pass/completed") < 1 && h.tally.violation == NULL)
        house_run(&h, h.now.boot + msec_max(5, n / 10)); /* status is not free */
    msec_t took = h.now.boot - from, least = bound(h.tally.by_family, round_trip);
    unsigned long attempts = h.tally.attempts - before;
    printf("{\"resources\": %lld, \"attempts\": %lu, \"attempts_per_resource\": %.3f, "
           "\"virtual_ms\": %lld, \"bound_ms\": %lld, \"ratio\": %.2f, \"brain_bytes\": %zu, "
           "\"bytes_per_resource\": %.0f, \"writes\": %lu}\n",
           (long long)total, attempts, (double)attempts / (double)total, (long long)took,
           (long long)least, (double)took / (double)least, resting - without,
           (double)(resting - without) / (double)total,
           (unsigned long)(h.tally.last_write >= from));
    int failed = h.tally.violation != NULL;
    house_clear(&h);
    return failed;
}
