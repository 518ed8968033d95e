/* SPDX-License-Identifier: Apache-2.0 */
/* drd: the daemon, and the few things its program does without being one. */
#include "daemon/brain/grants.h"
#include "daemon/shell/inputs.h"
#include "daemon/shell/loop.h"
#include "daemon/shell/once.h"

#include <getopt.h>
#include <stdio.h>

static const char usage_text[] =
    "Usage: drd --config FILE [OPTION]...\n"
    "Keeps AWS in two regions as FILE wants it; see drd(8).\n"
    "\n"
    "  -c, --config FILE   what is wanted, and the settings of the daemon\n"
    "      --check         check FILE and stop: 0 when it is good, 1 when it is not\n"
    "      --once          converge once and stop: 0 in sync, 2 drift or blocked, 1 error\n"
    "      --json          with --once: the report as one JSON document\n"
    "      --observe       never write: every operation that is not a read is refused\n"
    "      --print-iam-policy observe|reconcile|failover\n"
    "                      print the least IAM policy for FILE and stop\n"
    "  -v, --verbose       also say what is of interest to few\n"
    "      --version       print the version and stop\n"
    "      --help          print this and stop\n";

struct options {
    const char *config, *iam_policy;
    bool check, once, as_json, observe, verbose;
    int exit_code; /* when there is nothing left to do; else -1 */
};

enum {
    OPTION_CHECK = 256,
    OPTION_ONCE,
    OPTION_JSON,
    OPTION_OBSERVE,
    OPTION_IAM_POLICY,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "check", no_argument, NULL, OPTION_CHECK },
    { "once", no_argument, NULL, OPTION_ONCE },
    { "json", no_argument, NULL, OPTION_JSON },
    { "observe", no_argument, NULL, OPTION_OBSERVE },
    { "print-iam-policy", required_argument, NULL, OPTION_IAM_POLICY },
    { "verbose", no_argument, NULL, 'v' },
    { "version", no_argument, NULL, OPTION_VERSION },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static void take_option(struct options *o, int option)
{
    switch (option) {
    case 'c':
        o->config = optarg;
        break;
    case 'v':
        o->verbose = true;
        break;
    case OPTION_CHECK:
        o->check = true;
        break;
    case OPTION_ONCE:
        o->once = true;
        break;
    case OPTION_JSON:
        o->as_json = true;
        break;
    case OPTION_OBSERVE:
        o->observe = true;
        break;
    case OPTION_IAM_POLICY:
        o->iam_policy = optarg;
        break;
    case OPTION_VERSION:
        (void)puts("drd " DRD_VERSION);
        o->exit_code = 0;
        break;
    case OPTION_HELP:
        (void)fputs(usage_text, stdout);
        o->exit_code = 0;
        break;
    default: /* getopt_long has said what is wrong */
        o->exit_code = 1;
        break;
    }
}

static struct options read_options(int argc, char **argv)
{
    struct options o = { .exit_code = -1 };
    int option;
    while (o.exit_code < 0 && (option = getopt_long(argc, argv, "c:v", long_options, NULL)) != -1)
        take_option(&o, option);
    const char *wrong = optind < argc          ? "there is an argument too many"
                        : o.config == NULL     ? "--config FILE is missing"
                        : o.as_json && !o.once ? "--json goes with --once"
                                               : NULL;
    if (o.exit_code < 0 && wrong != NULL) {
        (void)fprintf(stderr, "drd: %s; see drd --help\n", wrong);
        o.exit_code = 1;
    }
    return o;
}

static int fail(const struct log *log, struct problems *problems)
{
    log_problems(log, LOG_ERR, problems);
    problems_clear(problems);
    return 1;
}

static int check(const char *config, const struct log *log)
{
    struct problems problems = { 0 };
    struct topology *topology = NULL;
    if (inputs_topology(config, &topology, &problems) < 0)
        return fail(log, &problems);
    printf("%s is good: environment %s, %s and %s\n", config, topology_suffix(topology),
           region_name(topology_primary(topology)), region_name(topology_secondary(topology)));
    topology_unref(topology);
    return 0;
}

/* ARNs hold the account, so the configuration has to say which one it is. */
static int print_iam_policy(const struct options *o, const struct log *log)
{
    struct problems problems = { 0 };
    struct topology *topology = NULL;
    struct graph graph = { 0 };
    enum grants_mode mode;
    if (!grants_mode_parse(o->iam_policy, &mode))
        problems_add(&problems, "",
                     "--print-iam-policy %s: there are observe, reconcile and failover",
                     o->iam_policy);
    else if (inputs_topology(o->config, &topology, &problems) == 0) {
        const char *account = topology_settings(topology)->account;
        if (account[0] == '\0')
            problem_remedy(problems_add(&problems, "/account",
                                        "the account is not in %s, and ARNs "
                                        "need it",
                                        o->config),
                           "Add \"account\": \"…\" with its 12 digits");
        else if (topology_expand(topology, account, NULL, &graph, &problems) == 0) {
            json_auto_t *policy = grants_policy(mode, &graph, account);
            (void)json_dumpf(policy, stdout, JSON_INDENT(2));
            (void)puts("");
        }
    }
    graph_clear(&graph);
    topology_unref(topology);
    return problems.n > 0 ? fail(log, &problems) : 0;
}

static int serve(const struct options *o, const struct log *log)
{
    struct loop_options options = { .config = o->config, .observe = o->observe };
    struct problems problems = { 0 };
    struct loop *loop = NULL;
    if (loop_new(&options, log, &loop, &problems) < 0)
        return fail(log, &problems);
    loop_run(loop);
    loop_free(loop);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    if (o.exit_code >= 0)
        return o.exit_code;
    struct log log;
    log_init(&log, o.verbose ? LOG_DEBUG : o.once ? LOG_NOTICE : LOG_INFO);
    json_set_alloc_funcs(xmalloc, free);
    if (o.check)
        return check(o.config, &log);
    if (o.iam_policy != NULL)
        return print_iam_policy(&o, &log);
    if (o.once)
        return once_run(o.config, o.observe, o.as_json, &log);
    return serve(&o, &log);
}
