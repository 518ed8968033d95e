/* SPDX-License-Identifier: Apache-2.0 */
/* drd-ctl: asks the daemon and tells it what to do, over its Unix socket. */
#include "daemon/ctl/render.h"
#include "daemon/ctl/request.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Documented in docs/man/drd-ctl.8; monitoring systems rely on them. */
enum exit_code {
    EXIT_GOOD = 0,        /* in sync, or done */
    EXIT_ERROR = 1,       /* usage, or something inside */
    EXIT_DRIFT = 2,       /* drift, or a person must decide */
    EXIT_REFUSED = 3,     /* not ready, not allowed, refused */
    EXIT_STALE = 4,       /* what is shown is too old to be believed */
    EXIT_RUNNING = 5,     /* the operation goes on */
    EXIT_UNREACHABLE = 6, /* no daemon */
};

enum { FOLLOW_INTERVAL_MS = 300, WATCH_INTERVAL_MS = 1000, LOG_MAX = 1000 };

struct options {
    const char *socket, *only, *confirm, *reason, *limit, *resource;
    const char *hold_for;
    bool json, watch, wait, shell, yes;
};

struct command;
typedef int run_fn(const struct command *command, const struct options *o, char **args);

struct command {
    const char *name, *arguments, *help;
    int n_args;
    run_fn *run;
    const char *path; /* what is asked for */
    render_fn *render;
};

/* ---- asking ---- */

static void print_json(const json_t *document)
{
    (void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    printf("\n");
}

/* The error document is {"error": what, "reason"?: why, "nearest"?: what may have been meant}. */
static void print_refusal(const json_t *body, int status)
{
    const char *error = json_string_value(json_object_get(body, "error"));
    const char *reason = json_string_value(json_object_get(body, "reason"));
    const char *nearest = json_string_value(json_object_get(body, "nearest"));
    (void)fprintf(stderr, "drd-ctl: %s", error == NULL ? "the daemon refused" : error);
    if (error == NULL)
        (void)fprintf(stderr, " (HTTP status %d)", status);
    if (reason != NULL)
        (void)fprintf(stderr, ": %s", reason);
    if (nearest != NULL)
        (void)fprintf(stderr, "; did you mean %s?", nearest);
    (void)fprintf(stderr, "\n");
}

/* Asks, and says on stderr what went wrong. 0 with a document, else the exit code. */
static int ask(const struct options *o, const char *method, const char *path, const json_t *body,
               json_t **ret)
{
    const char *error;
    int status = ctl_request(o->socket, method, path, body, ret, &error);
    if (status == 0) {
        (void)fprintf(stderr, "drd-ctl: %s: %s\n", o->socket, error);
        return EXIT_UNREACHABLE;
    }
    if (status < 300 && *ret != NULL)
        return 0;
    print_refusal(*ret, status);
    json_decref(*ret);
    *ret = NULL;
    return status == 403 || status == 409 || status == 503 ? EXIT_REFUSED : EXIT_ERROR;
}

static void show(const struct options *o, const json_t *document, render_fn *render)
{
    if (o->json)
        print_json(document);
    else
        render(document);
    (void)fflush(stdout);
}

static int exit_code_of(const json_t *document)
{
    if (json_is_true(json_object_get(document, "stale")))
        return EXIT_STALE;
    return (int)json_integer_value(json_object_get(document, "exit_code"));
}

static void pause_ms(long ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    (void)nanosleep(&t, NULL);
}

/* ---- commands that look ---- */

static int run_look(const struct command *command, const struct options *o, char **args)
{
    (void)args;
    for (;;) {
        json_auto_t *document = NULL;
        int error = ask(o, "GET", command->path, NULL, &document);
        if (error != 0 && !o->watch)
            return error;
        if (o->watch && !o->json)
            printf("\033[H\033[2J");
        if (document != NULL)
            show(o, document, command->render);
        if (!o->watch)
            return exit_code_of(document);
        pause_ms(WATCH_INTERVAL_MS);
    }
}

static int run_outputs(const struct command *command, const struct options *o, char **args)
{
    struct command shell = *command;
    shell.render = render_outputs_shell;
    return run_look(o->shell ? &shell : command, o, args);
}

/* 0 when it is none. */
static unsigned long whole_number(const char *text)
{
    bool digits = *text != '\0' && strspn(text, "0123456789") == strlen(text);
    return digits && strlen(text) < 10 ? strtoul(text, NULL, 10) : 0;
}

static int run_log(const struct command *command, const struct options *o, char **args)
{
    struct command with_query = *command;
    unsigned long limit = o->limit == NULL ? 50 : whole_number(o->limit);
    if (limit == 0 || limit > LOG_MAX) {
        (void)fprintf(stderr, "drd-ctl: --limit %s: write a number from 1 to %d\n", o->limit,
                      LOG_MAX);
        return EXIT_ERROR;
    }
    autofree char *resource = ctl_escape(o->resource == NULL ? "" : o->resource);
    autofree char *path = xasprintf("/v1/log?limit=%lu%s%s", limit,
                                    o->resource == NULL ? "" : "&resource=", resource);
    with_query.path = path;
    return run_look(&with_query, o, args);
}

static int operation_exit_code(const json_t *operation)
{
    const char *state = json_string_value(json_object_get(operation, "state"));
    if (str_eq(state, "running"))
        return EXIT_RUNNING;
    const json_t *result = json_object_get(operation, "result");
    if (result == NULL)
        result = json_object_get(operation, "summary");
    int code = exit_code_of(result);
    return str_eq(state, "failed") && code == 0 ? EXIT_REFUSED : code;
}

static int show_operation(const struct options *o, const char *id, json_t **ret)
{
    autofree char *escaped = ctl_escape(id);
    autofree char *path = xasprintf("/v1/operations/%s", escaped);
    return ask(o, "GET", path, NULL, ret);
}

static int run_op(const struct command *command, const struct options *o, char **args)
{
    json_auto_t *operation = NULL;
    if (!str_eq(args[0], "show")) {
        (void)fprintf(stderr, "drd-ctl: op %s: there is only `op show ID`\n", args[0]);
        return EXIT_ERROR;
    }
    int error = show_operation(o, args[1], &operation);
    if (error != 0)
        return error;
    show(o, operation, command->render);
    return operation_exit_code(operation);
}

/* ---- commands that start something ---- */

/* Progress on stderr while an operation runs, one line that is rewritten on a terminal. */
static void progress(const struct options *o, const json_t *operation, const char *id)
{
    json_auto_t *status = NULL;
    const char *error;
    if (!isatty(STDERR_FILENO) ||
        ctl_request(o->socket, "GET", "/v1/status", NULL, &status, &error) != 200)
        return;
    const json_t *counts = json_object_get(status, "resources");
    json_int_t total = json_integer_value(json_object_get(counts, "total"));
    const json_t *remaining = json_object_get(operation, "remaining");
    if (remaining != NULL)
        (void)fprintf(stderr, "\r\033[K%s: %" JSON_INTEGER_FORMAT " left", id,
                      json_integer_value(remaining));
    else
        (void)fprintf(stderr,
                      "\r\033[K%s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " in sync",
                      id, json_integer_value(json_object_get(counts, "in_sync")), total);
}

static int follow(const struct options *o, const char *id, render_fn *render)
{
    for (;;) {
        json_auto_t *operation = NULL;
        int error = show_operation(o, id, &operation);
        if (error != 0)
            return error;
        int code = operation_exit_code(operation);
        if (code != EXIT_RUNNING) {
            if (isatty(STDERR_FILENO))
                (void)fprintf(stderr, "\r\033[K");
            show(o, operation, render);
            return code;
        }
        progress(o, operation, id);
        pause_ms(FOLLOW_INTERVAL_MS);
    }
}

/* Posts, and follows the operation to its end unless the caller does not want to wait. */
static int start(const struct command *command, const struct options *o, const json_t *body,
                 bool wait)
{
    json_auto_t *document = NULL;
    int error = ask(o, "POST", command->path, body, &document);
    if (error != 0)
        return error;
    const char *id = json_string_value(json_object_get(document, "operation"));
    if (id == NULL || !wait) {
        show(o, document, command->render);
        return EXIT_GOOD;
    }
    return follow(o, id, render_operation);
}

static void render_started(const json_t *document)
{
    const char *id = json_string_value(json_object_get(document, "operation"));
    const char *warning = json_string_value(json_object_get(document, "warning"));
    json_int_t under_way = json_integer_value(json_object_get(document, "changes_under_way"));
    if (warning != NULL)
        (void)fprintf(stderr, "drd-ctl: warning: %s\n", warning);
    if (id != NULL)
        printf("started; see `drd-ctl op show %s`\n", id);
    else if (under_way > 0)
        printf("done; changes that had begun still end: %" JSON_INTEGER_FORMAT "\n", under_way);
    else
        printf("done\n");
}

static int run_reconcile(const struct command *command, const struct options *o, char **args)
{
    (void)args;
    return start(command, o, NULL, o->wait);
}

static int run_plan(const struct command *command, const struct options *o, char **args)
{
    (void)args;
    return start(command, o, NULL, true);
}

static int run_approve(const struct command *command, const struct options *o, char **args)
{
    json_auto_t *body = json_pack("{s:s, s:s*}", "id", args[0], "confirm", o->confirm);
    return start(command, o, body, false);
}

static int run_destroy(const struct command *command, const struct options *o, char **args)
{
    (void)args;
    if (o->confirm == NULL) {
        (void)fprintf(stderr,
                      "drd-ctl: destroy deletes everything that this environment owns, with "
                      "its data. Repeat with --confirm SUFFIX to do it\n");
        return EXIT_ERROR;
    }
    json_auto_t *body = json_pack("{s:s, s:s*}", "confirm", o->confirm, "only", o->only);
    return start(command, o, body, true);
}

/* "30m", "2h", "1d", "45s" → ms; -1 when it is no duration. */
static json_int_t duration(const char *text)
{
    static const struct {
        char unit;
        json_int_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    char *end;
    long n = strtol(text, &end, 10);
    for (size_t i = 0; n > 0 && n < 1000000 && end != text && i < ARRAY_SIZE(units); i++)
        if (*end == units[i].unit && end[1] == '\0')
            return n * units[i].ms;
    return -1;
}

static int run_hold(const struct command *command, const struct options *o, char **args)
{
    (void)args;
    if (o->reason == NULL) {
        (void)fprintf(stderr, "drd-ctl: hold needs --reason TEXT, for whoever finds it\n");
        return EXIT_ERROR;
    }
    json_auto_t *body = json_pack("{s:s}", "reason", o->reason);
    if (o->hold_for != NULL) {
        json_int_t ms = duration(o->hold_for);
        if (ms < 0) {
            (void)fprintf(stderr, "drd-ctl: --for %s: write 45s, 30m, 2h or 1d\n", o->hold_for);
            return EXIT_ERROR;
        }
        json_object_set_new(body, "for_ms", json_integer(ms));
    }
    return start(command, o, body, false);
}

/* clang-format off */
static const struct command commands[] = {
    { "status",    "",                            "what drd sees and does, in one screen",      0, run_look,      "/v1/status",    render_status },
    { "plan",      "",                            "what a pass would change now; changes nothing", 0, run_plan,   "/v1/plan",      render_started },
    { "drift",     "",                            "everything that is not in sync, and why",    0, run_look,      "/v1/drift",     render_rows },
    { "resources", "",                            "all resources with their state",             0, run_look,      "/v1/resources?limit=100000", render_rows },
    { "reconcile", "[--wait]",                    "start a pass now",                           0, run_reconcile, "/v1/reconcile", render_started },
    { "approve",   "ID [--confirm SUFFIX]",       "let one proposed or stopped change be made", 1, run_approve,   "/v1/approve",   render_started },
    { "outputs",   "[--shell]",                   "names, ARNs and URLs of what was made",      0, run_outputs,   "/v1/outputs",   render_outputs },
    { "destroy",   "--confirm SUFFIX [--only ID]", "delete the environment, or one orphan",     0, run_destroy,   "/v1/destroy",   render_started },
    { "hold",      "--reason TEXT [--for 30m]",   "change nothing until resumed",               0, run_hold,      "/v1/hold",      render_started },
    { "resume",    "",                            "end a hold",                                 0, run_reconcile, "/v1/resume",    render_started },
    { "log",       "[--limit N] [--resource ID]", "what was changed, when and why",             0, run_log,       "/v1/log",       render_log },
    { "op",        "show ID",                     "one operation and its end",                  2, run_op,        NULL,            render_operation },
};
/* clang-format on */

static void print_usage(FILE *to)
{
    (void)fprintf(to, "usage: drd-ctl [--socket PATH] [--json] [--watch] COMMAND\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        (void)fprintf(to, "  %-10s %-29s %s\n", commands[i].name, commands[i].arguments,
                      commands[i].help);
    (void)fprintf(
        to, "\nExit codes: 0 in sync or done, 1 usage or internal error, 2 drift, 3 refused,\n"
            "4 stale, 5 still running, 6 daemon unreachable. See drd-ctl(8).\n");
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option long_options[] = {
        { "socket", required_argument, NULL, 's' },   { "json", no_argument, NULL, 'j' },
        { "watch", no_argument, NULL, 'w' },          { "wait", no_argument, NULL, 'W' },
        { "shell", no_argument, NULL, 'x' },          { "confirm", required_argument, NULL, 'c' },
        { "only", required_argument, NULL, 'o' },     { "reason", required_argument, NULL, 'r' },
        { "for", required_argument, NULL, 'f' },      { "limit", required_argument, NULL, 'l' },
        { "resource", required_argument, NULL, 'R' }, { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "s:jwh", long_options, NULL)) != -1;)
        switch (c) {
        case 's':
            o->socket = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 'w':
            o->watch = true;
            break;
        case 'W':
            o->wait = true;
            break;
        case 'x':
            o->shell = true;
            break;
        case 'c':
            o->confirm = optarg;
            break;
        case 'o':
            o->only = optarg;
            break;
        case 'r':
            o->reason = optarg;
            break;
        case 'f':
            o->hold_for = optarg;
            break;
        case 'l':
            o->limit = optarg;
            break;
        case 'R':
            o->resource = optarg;
            break;
        case 'h':
            print_usage(stdout);
            exit(EXIT_GOOD);
        case 'V':
            printf("drd-ctl %s\n", DRD_VERSION);
            exit(EXIT_GOOD);
        default:
            return false;
        }
    return true;
}

int main(int argc, char **argv)
{
    const char *socket = getenv("DRD_SOCKET");
    struct options o = { .socket = socket != NULL ? socket : "/run/drd/control.sock" };
    if (!parse(argc, argv, &o) || optind >= argc) {
        print_usage(stderr);
        return EXIT_ERROR;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];
        if (!str_eq(c->name, argv[optind]))
            continue;
        if (argc - optind - 1 != c->n_args) {
            (void)fprintf(stderr, "usage: drd-ctl %s%s%s\n", c->name,
                          *c->arguments == '\0' ? "" : " ", c->arguments);
            return EXIT_ERROR;
        }
        return c->run(c, &o, argv + optind + 1);
    }
    (void)fprintf(stderr, "drd-ctl: there is no command %s; see drd-ctl --help\n", argv[optind]);
    return EXIT_ERROR;
}
