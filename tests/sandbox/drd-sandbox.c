/* SPDX-License-Identifier: Apache-2.0 */
/* drd-sandbox: AWS regions on a laptop, for drd and any AWS SDK. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "tests/sandbox/server.h"
#include "tests/sandbox/state.h"

#define ACCESS_KEY "AKIASANDBOXADMIN0001"
#define SECRET_KEY "sandbox-secret-key-for-nobody-but-you"

static const char usage[] =
    "usage: drd-sandbox --listen ADDR:PORT [option…]\n"
    "  --listen ADDR:PORT   serve all regions here; port 0 takes a free one\n"
    "  --regions            and each region on its own address, same port: 127.0.0.10 global,\n"
    "                       .11 us-east-1, .12 us-east-2, .13 us-west-2\n"
    "  --tls CERT KEY       speak TLS with this certificate and key (PEM files)\n"
    "  --plain-is-insecure  plain HTTP is aws:SecureTransport false; otherwise it stands for TLS\n"
    "                       that ended at a proxy in front\n"
    "  --speed X            divide the waiting times of resources by X\n"
    "  --seed N             of all chance\n"
    "  --stale-ms N         let reads lag behind writes by up to N ms\n"
    "  --round-trip-ms N    delay every answer by N ms\n"
    "  --state FILE         start from this state, and keep it there\n"
    "  --print-env          print shell exports that make drd and SDKs use it\n"
    "Doors: GET|DELETE /sandbox/requests, GET|POST|DELETE /sandbox/faults,\n"
    "       POST /sandbox/clock, GET /sandbox/state\n";

struct options {
    char address[64];
    unsigned short port;
    const char *certificate, *key, *state;
    double speed;
    uint64_t seed;
    msec_t stale, round_trip;
    bool regions, print_env, plain_is_insecure, help;
};

static int complain(const char *text, const char *what)
{
    (void)fprintf(stderr, "drd-sandbox: %s%s%s\n", text, *what == '\0' ? "" : ": ", what);
    return -EINVAL;
}

static int parse_listen(const char *text, struct options *o)
{
    const char *colon = strrchr(text, ':');
    char *end;
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (port < 0 || port > 65535 || colon[1] == '\0' || *end != '\0' ||
        (size_t)(colon - text) >= sizeof o->address)
        return complain("--listen wants ADDR:PORT, for example 127.0.0.1:4566, not", text);
    memcpy(o->address, text, (size_t)(colon - text));
    o->port = (unsigned short)port;
    return 0;
}

static int parse_number(const char *option, const char *text, double *ret)
{
    char *end;
    *ret = strtod(text, &end);
    if (*text != '\0' && *end == '\0' && *ret >= 0)
        return 0;
    (void)fprintf(stderr, "drd-sandbox: --%s wants a number, not \"%s\"\n", option, text);
    return -EINVAL;
}

enum which { /* in the order of long_options */
             LISTEN,
             REGIONS_TOO,
             TLS,
             SPEED,
             SEED,
             STALE,
             ROUND_TRIP,
             STATE,
             PLAIN_IS_INSECURE,
             PRINT_ENV,
             HELP
};
static const struct option long_options[] = {
    { "listen", required_argument, NULL, LISTEN },
    { "regions", no_argument, NULL, REGIONS_TOO },
    { "tls", required_argument, NULL, TLS },
    { "speed", required_argument, NULL, SPEED },
    { "seed", required_argument, NULL, SEED },
    { "stale-ms", required_argument, NULL, STALE },
    { "round-trip-ms", required_argument, NULL, ROUND_TRIP },
    { "state", required_argument, NULL, STATE },
    { "plain-is-insecure", no_argument, NULL, PLAIN_IS_INSECURE },
    { "print-env", no_argument, NULL, PRINT_ENV },
    { "help", no_argument, NULL, HELP },
    { 0 },
};

static int parse_one(int which, int argc, char **argv, struct options *o)
{
    const char *name = which == '?' ? "" : long_options[which].name;
    double number = 0;
    int error = 0;
    if (which == SPEED || which == SEED || which == STALE || which == ROUND_TRIP)
        error = parse_number(name, optarg, &number);
    if (which == LISTEN)
        return parse_listen(optarg, o);
    else if (which == TLS) {
        if (optind >= argc)
            return complain("--tls wants two files: certificate and key", "");
        o->certificate = optarg;
        o->key = argv[optind++];
    } else if (which == SPEED)
        o->speed = number;
    else if (which == SEED)
        o->seed = (uint64_t)number;
    else if (which == STALE)
        o->stale = (msec_t)number;
    else if (which == ROUND_TRIP)
        o->round_trip = (msec_t)number;
    else if (which == STATE)
        o->state = optarg;
    else if (which == REGIONS_TOO)
        o->regions = true;
    else if (which == PLAIN_IS_INSECURE)
        o->plain_is_insecure = true;
    else if (which == PRINT_ENV)
        o->print_env = true;
    else if (which == HELP)
        o->help = true;
    else
        error = complain("see --help", "");
    return error;
}

static int parse(int argc, char **argv, struct options *o)
{
    int which;
    while ((which = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (parse_one(which, argc, argv, o) < 0)
            return -EINVAL;
    if (optind < argc)
        return complain("unexpected argument", argv[optind]);
    if (o->address[0] == '\0' && !o->help)
        return complain("--listen ADDR:PORT is missing", "");
    return 0;
}

static char *read_pem(const char *path)
{
    char *text = state_read(path);
    if (text == NULL)
        complain(path, strerror(errno));
    return text;
}

/* Loads the state file when there is one. */
static int restore(struct cloud *cloud, const char *path, msec_t *advance)
{
    json_error_t error;
    autofree char *text = state_read(path);
    if (text == NULL)
        return errno == ENOENT ? 0 : complain(path, strerror(errno));
    json_auto_t *state = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (state == NULL)
        return complain(path, error.text);
    if (cloud_restore(cloud, state) < 0)
        return complain(path, "is no state of this sandbox (version, account)");
    *advance = json_integer_value(json_object_get(state, "advance_ms"));
    return 0;
}

static int listen_all(struct server *server, const struct options *o)
{
    static const struct {
        const char *address;
        enum region region;
    } places[] = { { "127.0.0.10", REGION_NONE },
                   { "127.0.0.11", REGION_US_EAST_1 },
                   { "127.0.0.12", REGION_US_EAST_2 },
                   { "127.0.0.13", REGION_US_WEST_2 } };
    struct problem problem = { 0 };
    int error = server_listen(server, o->address, o->port, REGION_NONE, &problem);
    for (size_t i = 0; o->regions && error == 0 && i < ARRAY_SIZE(places); i++)
        error = server_listen(server, places[i].address, server_port(server), places[i].region,
                              &problem);
    if (error < 0) {
        autofree char *text = problem_text(&problem);
        return complain(text, "");
    }
    return 0;
}

static void print_environment(const struct options *o, unsigned short port)
{
    (void)printf("export AWS_ENDPOINT_URL=%s://%s:%u\n"
                 "export AWS_ACCESS_KEY_ID=%s\n"
                 "export AWS_SECRET_ACCESS_KEY=%s\n"
                 "export AWS_DEFAULT_REGION=us-east-1\n",
                 o->certificate == NULL ? "http" : "https", o->address, port, ACCESS_KEY,
                 SECRET_KEY);
    (void)fflush(stdout);
}

/* Signals end the loop; the handler has no other way to reach the server. */
static struct server *running;
static void on_signal(int number)
{
    (void)number;
    server_stop(running);
}

static int serve(struct server *server, const struct options *o)
{
    const struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    if (listen_all(server, o) < 0)
        return EXIT_FAILURE;
    running = server;
    (void)sigaction(SIGTERM, &end, NULL);
    (void)sigaction(SIGINT, &end, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (o->print_env)
        print_environment(o, server_port(server));
    (void)fprintf(stderr, "drd-sandbox: serving on %s:%u\n", o->address, server_port(server));
    int error = server_run(server);
    if (error < 0)
        complain("stopped", strerror(-error));
    return error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const struct options *o)
{
    static const enum region regions[] = { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 };
    const struct cloud_settings settings = { .regions = regions,
                                             .n_regions = ARRAY_SIZE(regions),
                                             .seed = o->seed,
                                             .speed = o->speed,
                                             .stale_reads = o->stale };
    autofree char *certificate = o->certificate == NULL ? NULL : read_pem(o->certificate);
    autofree char *key = o->key == NULL ? NULL : read_pem(o->key);
    if ((o->certificate != NULL && certificate == NULL) || (o->key != NULL && key == NULL))
        return EXIT_FAILURE;
    struct cloud *cloud = cloud_new(&settings);
    struct net *net = net_new(o->seed, o->round_trip);
    msec_t advance = 0;
    int status = EXIT_FAILURE;
    if (o->state == NULL || restore(cloud, o->state, &advance) == 0) {
        cloud_add_user(cloud, "sandbox", ACCESS_KEY, SECRET_KEY, NULL);
        const struct server_settings all = { .cloud = cloud,
                                             .net = net,
                                             .plain_is_insecure = o->plain_is_insecure,
                                             .certificate = certificate,
                                             .key = key,
                                             .state_file = o->state,
                                             .advance = advance };
        struct server *server = server_new(&all);
        status = serve(server, o);
        server_free(server);
    }
    net_free(net);
    cloud_free(cloud);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = { .seed = 1 };
    if (parse(argc, argv, &options) < 0)
        return EXIT_FAILURE;
    if (!options.help)
        return run(&options);
    (void)fputs(usage, stdout);
    return EXIT_SUCCESS;
}
