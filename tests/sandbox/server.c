/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aws/permission.h"
#include "tests/sandbox/front.h"
#include "tests/sandbox/state.h"

enum { LISTENERS_MAX = 8, LOG_MAX = 100000, SAVE_EVERY_MS = 3000, HANG_MAX_MS = 300000 };

struct listener {
    struct server *server;
    struct MHD_Daemon *daemon;
    enum region region;
    unsigned short port;
};

/* One request on one connection, from its first line to its end. */
struct exchange {
    struct exchange *next; /* among the waiting ones */
    struct listener *listener;
    struct MHD_Connection *connection;
    struct http_request request;
    struct buffer body;
    struct http_response response;
    enum net_reply reply;
    msec_t due; /* when a waiting one goes on; server time */
    bool started, planned, head;
};

struct server {
    struct server_settings settings;
    struct listener listeners[LISTENERS_MAX];
    size_t n;
    int stop_fd;
    msec_t advance;
    struct exchange *waiting;
    json_t *log;
    msec_t saved_at;
    bool changed;
};

/* ---- time: the boot clock follows the wall, so that states survive a restart ---- */

static wall_t real_clock(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (wall_t){ (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

struct now server_now(const struct server *s)
{
    int64_t ms = real_clock().ms + s->advance;
    return (struct now){ .boot = ms, .wall = { ms } };
}

void server_advance(struct server *s, msec_t ms)
{
    s->advance += ms;
    s->changed = true;
}

struct cloud *server_cloud(struct server *s)
{
    return s->settings.cloud;
}

struct net *server_net(struct server *s)
{
    return s->settings.net;
}

json_t *server_log(struct server *s)
{
    return s->log;
}

/* ---- reading a request ---- */

static enum MHD_Result add_header(void *closure, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind;
    http_headers_add(closure, name, "%s", value == NULL ? "" : value);
    return MHD_YES;
}

/* libmicrohttpd would decode path and query; signatures are over what was sent. */
static void *raw_uri(void *closure, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = xcalloc(1, sizeof *x);
    size_t n = strcspn(uri, "?");
    x->listener = closure;
    x->connection = connection;
    x->request.path = xstrndup(uri, n);
    x->request.query = xstrdup(uri[n] == '?' ? uri + n + 1 : "");
    return x;
}

static void source_of(struct MHD_Connection *connection, char text[64])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in address = { 0 };
    text[0] = '\0';
    if (info == NULL || info->client_addr->sa_family != AF_INET)
        return;
    memcpy(&address, info->client_addr, sizeof address);
    (void)inet_ntop(AF_INET, &address.sin_addr, text, 64);
}

/* ---- answering ---- */

/* The ARN of what the call is about; "" when IAM looks at none. */
static char *resource_of(const struct front_call *call)
{
    const struct operation *op = call->call.op;
    if (op == NULL || call->call.args == NULL)
        return xstrdup("");
    json_auto_t *checks = permission_checks(op, call->call.region, call->caller.account,
                                            call->call.args, NULL);
    const char *arn = json_string_value(json_object_get(json_array_get(checks, 0), "resource"));
    return xstrdup(arn == NULL ? "" : arn);
}

static void log_call(struct server *s, const struct front_call *call, const struct answer *answer,
                     const char *decision)
{
    static const char *const effects[] = {
        [ACCESS_READ] = "read", [ACCESS_WRITE] = "write", [ACCESS_DESTROY] = "destroy"
    };
    char date[32];
    wall_iso8601(server_now(s).wall, date);
    const struct operation *op = call->call.op;
    autofree char *resource = resource_of(call);
    json_t *entry = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "time", date, "service",
        call->service->name, "operation", call->model == NULL ? "" : call->model->name, "region",
        region_name(call->call.region), "resource", resource, "effect",
        op == NULL ? "" : effects[op->access], "status", answer->status, "error",
        answer->class == AWS_OK ? "" : answer->code, "principal", call->caller.principal,
        "decision", decision, "source", call->caller.source);
    assert(entry != NULL);
    json_array_append_new(s->log, entry);
    if (json_array_size(s->log) > LOG_MAX)
        json_array_remove(s->log, 0);
    s->changed = true;
}

static struct answer planned_answer(const struct net_plan *plan)
{
    return answer_error(AWS_TRANSIENT, plan->code, plan->status, "%s",
                        plan->status == 503 ? "Service is unable to handle request."
                                            : "Rate exceeded");
}

/* Runs one call through the net and the cloud; fills the exchange's response. */
static void run_call(struct exchange *x, struct server *s, struct front_call *call)
{
    struct now now = server_now(s);
    struct net_plan plan = net_plan(s->settings.net, &call->caller, &call->call, now);
    struct answer answer = { 0 };
    const char *decision;
    x->reply = plan.reply;
    x->due = plan.reply == NET_HANG ? now.boot + HANG_MAX_MS : now.boot + plan.delay;
    if (plan.deliver) {
        answer = cloud_call(s->settings.cloud, &call->caller, &call->call, now);
        decision = cloud_decision(s->settings.cloud);
    } else if (plan.reply == NET_SEND) {
        answer = planned_answer(&plan);
        decision = "a fault answered";
    } else {
        decision = "a fault kept it away";
    }
    log_call(s, call, &answer, decision);
    if (plan.deliver || plan.reply == NET_SEND)
        front_write(call, &answer, &x->response);
    answer_clear(&answer);
}

static void work(struct exchange *x)
{
    struct server *s = x->listener->server;
    x->planned = true;
    x->reply = NET_SEND;
    x->request.body_size = x->body.used;
    x->request.body = buffer_take(&x->body);
    bool door = str_prefix(x->request.path, "/sandbox/") &&
                http_headers_get(&x->request.headers, "authorization") == NULL;
    if (door) {
        doors_answer(s, &x->request, &x->response);
        return;
    }
    char source[64];
    source_of(x->connection, source);
    struct front_place place = { .region = x->listener->region,
                                 .source = source,
                                 .secure = s->settings.certificate != NULL ||
                                           !s->settings.plain_is_insecure,
                                 .clock = real_clock() };
    struct front_call call;
    struct answer refusal;
    if (front_read(s->settings.cloud, &x->request, &place, server_now(s), &call, &refusal)) {
        run_call(x, s, &call);
    } else {
        log_call(s, &call, &refusal, "refused at the front");
        front_write(&call, &refusal, &x->response);
        answer_clear(&refusal);
    }
    front_call_clear(&call);
}

static ssize_t no_body(void *closure, uint64_t at, char *buffer, size_t most)
{
    (void)closure;
    (void)at;
    (void)buffer;
    (void)most;
    return MHD_CONTENT_READER_END_WITH_ERROR; /* never asked: HEAD sends no body */
}

/* The answer to HEAD says the length that GET would send. */
static struct MHD_Response *make_response(const struct exchange *x)
{
    const char *length = http_headers_get(&x->response.headers, "content-length");
    if (x->head && length != NULL)
        return MHD_create_response_from_callback(strtoull(length, NULL, 10), 1024, no_body, NULL,
                                                 NULL);
    return MHD_create_response_from_buffer(
        x->response.body_size, x->response.body == NULL ? (char[]){ "" } : x->response.body,
        MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_response(struct exchange *x)
{
    struct MHD_Response *response = make_response(x);
    for (size_t i = 0; i < x->response.headers.n; i++) {
        const struct http_header *h = &x->response.headers.items[i];
        if (strcasecmp(h->name, "content-length") != 0)
            (void)MHD_add_response_header(response, h->name, h->value);
    }
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)x->response.status,
                                                response);
    MHD_destroy_response(response);
    return result;
}

/* Closing with SO_LINGER 0 sends a reset instead of an orderly end. */
static enum MHD_Result close_connection(struct exchange *x, bool reset)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    if (reset && info != NULL)
        (void)setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    return MHD_NO;
}

static enum MHD_Result finish(struct exchange *x)
{
    switch (x->reply) {
    case NET_SEND:
        return send_response(x);
    case NET_LOSE:
    case NET_HANG: /* waited long enough, or the sandbox ends */
        return close_connection(x, false);
    case NET_RESET:
    case NET_REFUSE:
        return close_connection(x, true);
    }
    return MHD_NO;
}

static enum MHD_Result wait_for_it(struct exchange *x)
{
    struct server *s = x->listener->server;
    x->next = s->waiting;
    s->waiting = x;
    MHD_suspend_connection(x->connection);
    return MHD_YES;
}

static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct exchange *x = *state;
    (void)closure;
    (void)connection;
    (void)url;
    (void)version;
    if (!x->started) {
        x->started = true;
        str_copy(x->request.method, sizeof x->request.method, method);
        x->head = strcmp(method, "HEAD") == 0;
        (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header,
                                        &x->request.headers);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (x->body.used + *upload_size > CODEC_REQUEST_MAX)
            return MHD_NO;
        buffer_add(&x->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (x->planned) /* resumed */
        return finish(x);
    work(x);
    bool waits = x->due > server_now(x->listener->server).boot;
    return waits ? wait_for_it(x) : finish(x);
}

static void on_end(void *closure, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *state;
    (void)closure;
    (void)connection;
    (void)code;
    if (x == NULL)
        return;
    http_request_clear(&x->request);
    http_response_clear(&x->response);
    buffer_clear(&x->body);
    free(x);
    *state = NULL;
}

/* Resumes what is due (everything, when the server ends); returns when the next one is. */
static msec_t resume(struct server *s, bool all)
{
    msec_t next = NEVER, now = server_now(s).boot;
    for (struct exchange **p = &s->waiting; *p != NULL;) {
        struct exchange *x = *p;
        if (!all && x->due > now) {
            next = msec_min(next, x->due);
            p = &x->next;
            continue;
        }
        *p = x->next;
        MHD_resume_connection(x->connection);
    }
    return next;
}

/* ---- the server ---- */

struct server *server_new(const struct server_settings *settings)
{
    struct server *s = xcalloc(1, sizeof *s);
    s->settings = *settings;
    s->advance = settings->advance;
    s->log = json_array();
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->saved_at = real_clock().ms;
    return s;
}

void server_free(struct server *s)
{
    if (s == NULL)
        return;
    (void)resume(s, true);
    for (size_t i = 0; i < s->n; i++)
        MHD_stop_daemon(s->listeners[i].daemon);
    json_decref(s->log);
    (void)close(s->stop_fd);
    free(s);
}

static int open_socket(const char *address, unsigned short *port, struct problem *reterr)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(*port) };
    socklen_t size = sizeof to;
    int one = 1;
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        problem_set(reterr, "", "%s is not an IPv4 address", address);
        return -EINVAL;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)&to, sizeof to) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&to, &size) < 0) {
        int error = errno;
        problem_set(reterr, "", "cannot listen on %s:%u: %s", address, *port, strerror(error));
        if (error == EADDRINUSE)
            problem_remedy(reterr, "Another program listens there; choose another port.");
        if (fd >= 0)
            (void)close(fd);
        return -error;
    }
    *port = ntohs(to.sin_port);
    return fd;
}

int server_listen(struct server *s, const char *address, unsigned short port, enum region region,
                  struct problem *reterr)
{
    assert(s->n < LISTENERS_MAX);
    struct listener *l = &s->listeners[s->n];
    int fd = open_socket(address, &port, reterr);
    if (fd < 0)
        return fd;
    *l = (struct listener){ .server = s, .region = region, .port = port };
    bool tls = s->settings.certificate != NULL;
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, 0, NULL },
        { tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
          (void *)(uintptr_t)s->settings.certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->settings.key },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0);
    l->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, l, MHD_OPTION_URI_LOG_CALLBACK,
                                 raw_uri, l, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
                                 MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (l->daemon == NULL) {
        (void)close(fd);
        problem_set(reterr, "", "cannot serve on %s:%u%s", address, port,
                    tls ? ": certificate and key are not a pair that TLS can use" : "");
        return -EINVAL;
    }
    s->n++;
    return 0;
}

unsigned short server_port(const struct server *s)
{
    return s->n == 0 ? 0 : s->listeners[0].port;
}

void server_stop(struct server *s)
{
    uint64_t one = 1;
    ssize_t written = write(s->stop_fd, &one, sizeof one);
    (void)written; /* a counter that is full is read all the same */
}

static void save(struct server *s, bool now)
{
    msec_t clock = real_clock().ms;
    if (s->settings.state_file == NULL || !s->changed ||
        (!now && clock - s->saved_at < SAVE_EVERY_MS))
        return;
    json_t *state = cloud_state(s->settings.cloud, server_now(s));
    json_object_set_new(state, "advance_ms", json_integer(s->advance));
    int error = state_save(s->settings.state_file, state);
    json_decref(state);
    if (error < 0)
        (void)fprintf(stderr, "drd-sandbox: cannot save %s: %s\n", s->settings.state_file,
                      strerror(-error));
    s->saved_at = clock;
    s->changed = false;
}

/* Milliseconds until something is due, at most as often as saving needs. */
static int patience(struct server *s, msec_t next)
{
    msec_t wait = SAVE_EVERY_MS;
    if (next != NEVER)
        wait = msec_min(wait, msec_max(next - server_now(s).boot, 0));
    for (size_t i = 0; i < s->n; i++) {
        MHD_UNSIGNED_LONG_LONG ms;
        if (MHD_get_timeout(s->listeners[i].daemon, &ms) == MHD_YES)
            wait = msec_min(wait, (msec_t)ms);
    }
    return (int)wait;
}

int server_run(struct server *s)
{
    struct pollfd fds[LISTENERS_MAX + 1];
    for (size_t i = 0; i < s->n; i++) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->listeners[i].daemon,
                                                               MHD_DAEMON_INFO_EPOLL_FD);
        fds[i] = (struct pollfd){ .fd = info->epoll_fd, .events = POLLIN };
    }
    fds[s->n] = (struct pollfd){ .fd = s->stop_fd, .events = POLLIN };
    for (;;) {
        msec_t next = resume(s, false);
        if (poll(fds, (nfds_t)s->n + 1, patience(s, next)) < 0 && errno != EINTR)
            return -errno;
        if ((fds[s->n].revents & POLLIN) != 0)
            break;
        (void)resume(s, false);
        for (size_t i = 0; i < s->n; i++)
            (void)MHD_run(s->listeners[i].daemon);
        save(s, false);
    }
    save(s, true);
    return 0;
}
