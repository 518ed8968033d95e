/* SPDX-License-Identifier: Apache-2.0 */
/* drd-simulate: brain, client and a cloud in one process under virtual time.
 *     drd-simulate --seeds N [--from S]     plays N incidents; the first that fails is named
 *     drd-simulate --seed S --trace         plays one, and says all that happens
 *     drd-simulate --in-sync-pass --resources N [--at-once N] [--rtt MS]    figures, as JSON
 *     drd-simulate --drift [--seed S] [--sets N]    each field of each kind, changed and repaired
 *     drd-simulate --ceilings FILE    calls of passes in sync, and a throttled family
 * Exit: 0 no judge failed, 1 one did, 2 usage. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/simulation/ceilings.h"
#include "tests/simulation/drift.h"
#include "tests/simulation/figures.h"
#include "tests/simulation/incident.h"

static void usage(void)
{
    fputs("usage: drd-simulate --seeds N [--from S] | --seed S [--trace]\n"
          "       drd-simulate --drift [--seed S] [--sets N] [--trace]\n"
          "       drd-simulate --ceilings CONFIGURATION\n"
          "       drd-simulate --in-sync-pass --resources N [--at-once N] [--rtt MS]\n",
          stderr);
}

struct options {
    uint64_t seeds, from, resources, at_once;
    msec_t round_trip;
    unsigned sets;
    const char *ceilings;
    bool trace, in_sync_pass, drift;
};

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option table[] = {
        { "seeds", required_argument, NULL, 'n' },     { "from", required_argument, NULL, 'f' },
        { "seed", required_argument, NULL, 's' },      { "trace", no_argument, NULL, 't' },
        { "in-sync-pass", no_argument, NULL, 'p' },    { "rtt", required_argument, NULL, 'r' },
        { "resources", required_argument, NULL, 'R' }, { "at-once", required_argument, NULL, 'a' },
        { "drift", no_argument, NULL, 'd' },           { "sets", required_argument, NULL, 'S' },
        { "ceilings", required_argument, NULL, 'c' },  { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        uint64_t number = optarg != NULL ? strtoull(optarg, NULL, 10) : 0;
        switch (c) {
        case 'n':
            o->seeds = number;
            break;
        case 'f':
            o->from = number;
            break;
        case 's':
            o->from = number;
            o->seeds = 1;
            break;
        case 't':
            o->trace = true;
            break;
        case 'c':
            o->ceilings = optarg;
            break;
        case 'd':
            o->drift = true;
            break;
        case 'S':
            o->sets = (unsigned)number;
            break;
        case 'p':
            o->in_sync_pass = true;
            break;
        case 'r':
            o->round_trip = (msec_t)number;
            break;
        case 'a':
            o->at_once = number;
            break;
        case 'R':
            o->resources = number;
            break;
        default:
            return false;
        }
    }
    return optind == argc && (o->seeds > 0 || o->drift || o->ceilings != NULL ||
                              (o->in_sync_pass && o->resources > 0));
}

static int play(const struct options *o)
{
    unsigned long events = 0, changes = 0, crashes = 0, lost_records = 0;
    for (uint64_t seed = o->from; seed < o->from + o->seeds; seed++) {
        struct tally tally;
        if (!incident_play(seed, o->trace, &tally)) {
            printf("seed %" PRIu64 ": %s: %s\n", seed, tally.violation, tally.detail);
            return 1;
        }
        events += tally.events;
        changes += tally.calls_write;
        crashes += tally.crashes;
        lost_records += tally.record_failures;
    }
    printf("%" PRIu64 " seeds from %" PRIu64 ": %lu events, %lu changes, %lu crashes, %lu records "
           "lost, no judge failed\n",
           o->seeds, o->from, events, changes, crashes, lost_records);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = { .from = 1, .round_trip = 30, .at_once = 32, .sets = 200 };
    if (!parse(argc, argv, &options)) {
        usage();
        return 2;
    }
    if (options.in_sync_pass)
        return figures_in_sync_pass((unsigned)options.resources, (unsigned)options.at_once,
                                    options.round_trip);
    if (options.ceilings != NULL)
        return ceilings_prove(options.ceilings);
    if (options.drift)
        return drift_prove(options.from, options.sets, options.trace);
    return play(&options);
}
