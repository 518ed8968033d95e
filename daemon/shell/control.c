/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/control.h"

#include "daemon/shell/clock.h"
#include "daemon/shell/listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BODY_MAX = 64 << 10,
    CONNECTIONS_MAX = 32,
    STRANGERS_MAX = 8, /* of them: who may not talk to us may not keep others from it */
    REQUEST_TIME = 10, /* s */
    MEMORY_PER_CONNECTION = 16 << 10,
    SWEEP = 1000, /* ms between looks for slow clients */
};

/* Paths and what they mean; the one that ends in "/" takes the rest as "id". */
static const struct route {
    const char *method, *path, *command;
    bool public; /* TCP serves it too, to anybody */
} routes[] = {
    { "GET", "/healthz", "health", true },
    { "GET", "/metrics", "metrics", true },
    { "GET", "/readyz", "ready", true },
    { "GET", "/v1/client", "client", false },
    { "GET", "/v1/drift", "drift", false },
    { "GET", "/v1/log", "log", false },
    { "GET", "/v1/operations/", "operation", false },
    { "GET", "/v1/outputs", "outputs", false },
    { "GET", "/v1/plan", "plan", false },
    { "GET", "/v1/resources", "resources", false },
    { "GET", "/v1/resources/", "resource", false },
    { "GET", "/v1/status", "status", false },
    { "POST", "/v1/approve", "approve", false },
    { "POST", "/v1/destroy", "destroy", false },
    { "POST", "/v1/hold", "hold", false },
    { "POST", "/v1/plan", "plan", false },
    { "POST", "/v1/reconcile", "reconcile", false },
    { "POST", "/v1/resume", "resume", false },
};

struct door {
    struct control *control;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    bool tcp;
    int port;
};

struct connection {
    LIST_ENTRY(connection) link;
    int fd;
    bool tcp;
    struct peer peer;
    msec_t deadline;  /* a whole request must have come */
    unsigned waiting; /* requests that wait for us: no deadline */
};

struct request {
    LIST_ENTRY(request) link;
    uint64_t id;
    struct door *door;
    struct connection *from;
    struct MHD_Connection *connection;
    struct buffer body;
    json_t *args;
    bool too_large, inside, suspended;
    int status; /* 0: no reply yet */
    char *reply;
    bool plain;
};

struct control {
    uv_loop_t *loop;
    control_command_fn *command;
    void *owner;
    struct peer_groups groups;
    struct door doors[2];
    size_t n_doors, n_handles;
    uv_timer_t sweep;
    LIST_HEAD(, connection) connections;
    LIST_HEAD(, request) requests;
    uint64_t last_id;
    char *socket; /* path to remove at the end, or NULL */
    bool closing;
};

/* ---- documents ---- */

json_t *control_error(const char *code, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        abort();
    /* "s#" would refuse bytes that are no UTF-8, which a client may well have sent. */
    json_t *message = json_string(text);
    free(text);
    if (message == NULL)
        message = json_string("malformed text");
    return json_pack("{so ss}", "error", message, "code", code);
}

static void set_reply(struct request *r, int status, const json_t *body)
{
    const char *text = json_string_value(body);
    r->plain = text != NULL;
    autofree char *document = text != NULL ? NULL : json_dumps(body, JSON_COMPACT);
    free(r->reply);
    r->reply = text != NULL ? xstrdup(text) : xasprintf("%s\n", document);
    r->status = status;
}

static void set_error(struct request *r, int status, json_t *error)
{
    set_reply(r, status, error);
    json_decref(error);
}

static enum MHD_Result send_reply(struct request *r)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(r->reply), r->reply,
                                                                    MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type",
                                  r->plain ? "text/plain; version=0.0.4; charset=utf-8"
                                           : "application/json");
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    if (r->status == MHD_HTTP_CONTENT_TOO_LARGE)
        (void)MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(r->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- a request becomes a command ---- */

static const struct route *find_route(const struct request *r, const char *method, const char *path,
                                      bool *ret_path_known)
{
    *ret_path_known = false;
    for (const struct route *route = routes; route < routes + ARRAY_SIZE(routes); route++) {
        bool fits = str_suffix(route->path, "/")
                        ? str_prefix(path, route->path) && path[strlen(route->path)] != '\0'
                        : strcmp(path, route->path) == 0;
        if (!fits || (r->door->tcp && !route->public))
            continue;
        *ret_path_known = true;
        if (strcmp(method, route->method) == 0)
            return route;
    }
    return NULL;
}

static bool is_number(const char *key, const char *value)
{
    return (str_eq(key, "limit") || str_eq(key, "before") || str_eq(key, "offset")) &&
           value[0] != '\0' && strlen(value) < 19 && strspn(value, "0123456789") == strlen(value);
}

static enum MHD_Result take_argument(void *self, enum MHD_ValueKind kind, const char *key,
                                     const char *value)
{
    json_t *args = self;
    (void)kind;
    if (value == NULL)
        value = "";
    json_t *text = is_number(key, value) ? json_integer(strtoll(value, NULL, 10))
                                         : json_string(value);
    (void)json_object_set_new(args, key, text == NULL ? json_null() : text);
    return MHD_YES;
}

static bool parse_body(struct request *r)
{
    json_error_t error;
    if (r->body.used == 0)
        return true;
    json_t *body = json_loadb(r->body.text, r->body.used, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(body)) {
        json_decref(r->args);
        r->args = body;
        return true;
    }
    if (body != NULL)
        set_error(r, 400, control_error("NotAnObject", "the body must be a JSON object"));
    else
        set_error(r, 400,
                  control_error("MalformedJson", "line %d, column %d: %s", error.line, error.column,
                                error.text));
    json_decref(body);
    return false;
}

/* Whom the refused may ask; who is of no group has the settings to ask for one. */
static json_t *not_admitted(const struct peer *peer, const struct peer_groups *groups)
{
    if (groups->read[0] == '\0' && groups->write[0] == '\0')
        return control_error("Forbidden",
                             "%s may not talk to drd. Only root and its own user may; "
                             "settings/control_group_read and control_group_write let others",
                             peer->who);
    return control_error("Forbidden", "%s may not talk to drd. Members of these groups may: %s%s%s",
                         peer->who, groups->read,
                         groups->read[0] == '\0' || groups->write[0] == '\0' ? "" : ", ",
                         groups->write);
}

static bool may(struct request *r, const struct route *route)
{
    const struct peer *peer = &r->from->peer;
    const struct peer_groups *groups = &r->door->control->groups;
    if (route->public)
        return true;
    if (!peer->admitted) {
        set_error(r, 403, not_admitted(peer, groups));
        return false;
    }
    if (strcmp(route->method, "GET") != 0 && peer->clearance < CLEARANCE_WRITE) {
        set_error(r, 403,
                  control_error("Forbidden", "%s may look but not act. %s%s may", peer->who,
                                groups->write[0] == '\0' ? "Only root and drd's own user"
                                                         : "Members of the group ",
                                groups->write));
        return false;
    }
    return true;
}

static const struct route *accept_request(struct request *r, const char *method, const char *path)
{
    bool path_known;
    const struct route *route = find_route(r, method, path, &path_known);
    if (r->door->control->closing)
        set_error(r, 503, control_error("Stopping", "drd is stopping"));
    else if (r->too_large)
        set_error(r, 413, control_error("TooLarge", "the body is larger than %d bytes", BODY_MAX));
    else if (route == NULL && path_known)
        set_error(r, 405, control_error("MethodNotAllowed", "%s is not for %s", path, method));
    else if (route == NULL)
        set_error(r, 404, control_error("NoSuchPath", "there is no %s here", path));
    else if (may(r, route) && parse_body(r))
        return route;
    return NULL;
}

static void ask(struct request *r, const struct route *route, const char *path)
{
    struct control *c = r->door->control;
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_argument, r->args);
    if (str_suffix(route->path, "/"))
        (void)json_object_set_new(r->args, "id", json_string(path + strlen(route->path)));
    struct control_command command = {
        .id = r->id,
        .name = route->command,
        .args = r->args,
        .who = r->door->tcp ? "tcp" : r->from->peer.who,
        .clearance = r->from->peer.clearance,
    };
    r->inside = true;
    c->command(c->owner, &command);
    r->inside = false;
}

static struct request *request_new(struct door *door, struct MHD_Connection *connection)
{
    struct control *c = door->control;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct request *r = xcalloc(1, sizeof *r);
    r->door = door;
    r->connection = connection;
    r->from = info->socket_context;
    r->id = ++c->last_id;
    r->args = json_object();
    LIST_INSERT_HEAD(&c->requests, r, link);
    return r;
}

static void take_body(struct request *r, const char *bytes, size_t n)
{
    if (r->body.used + n > BODY_MAX)
        r->too_large = true;
    else
        buffer_add(&r->body, bytes, n);
}

/* Called for the head, for each piece of the body, at the end, and again after a suspension. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *n, void **state)
{
    struct door *door = self;
    struct request *r = *state;
    (void)version;
    if (r == NULL) {
        *state = request_new(door, connection);
        return MHD_YES;
    }
    if (*n > 0) {
        take_body(r, bytes, *n);
        *n = 0;
        return MHD_YES;
    }
    if (r->status == 0) {
        const struct route *route = accept_request(r, method, path);
        if (route != NULL)
            ask(r, route, path);
    }
    if (r->status != 0)
        return send_reply(r);
    r->suspended = true;
    r->from->waiting++;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void on_completed(void *self, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct request *r = *state;
    (void)self, (void)connection, (void)why;
    if (r == NULL)
        return;
    r->from->deadline = clock_now().boot + SECONDS(REQUEST_TIME);
    LIST_REMOVE(r, link);
    buffer_clear(&r->body);
    json_decref(r->args);
    free(r->reply);
    free(r);
    *state = NULL;
}

/* ---- replies ---- */

static void on_door_timer(uv_timer_t *timer);

static void resume(struct request *r)
{
    if (!r->suspended)
        return;
    r->suspended = false;
    r->from->waiting--;
    r->from->deadline = clock_now().boot + SECONDS(REQUEST_TIME);
    MHD_resume_connection(r->connection);
    (void)uv_timer_start(&r->door->timer, on_door_timer, 0, 0);
}

void control_reply(struct control *c, uint64_t id, int status, const json_t *body)
{
    struct request *r;
    LIST_FOREACH(r, &c->requests, link)
    if (r->id == id && r->status == 0) {
        set_reply(r, status, body);
        resume(r);
        return;
    }
}

/* ---- connections ---- */

static void on_sweep(uv_timer_t *timer)
{
    struct control *c = timer->data;
    msec_t now = clock_now().boot;
    struct connection *x;
    LIST_FOREACH(x, &c->connections, link)
    if (x->waiting == 0 && x->deadline < now)
        (void)shutdown(x->fd, SHUT_RDWR); /* libmicrohttpd sees the end and cleans up */
    if (LIST_EMPTY(&c->connections))
        (void)uv_timer_stop(timer);
}

static bool crowded(const struct control *c)
{
    unsigned strangers = 0;
    const struct connection *x;
    LIST_FOREACH(x, &c->connections, link)
    strangers += !x->tcp && !x->peer.admitted;
    return strangers > STRANGERS_MAX;
}

static void on_connection(void *self, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct door *door = self;
    struct control *c = door->control;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct connection *gone = *context;
        LIST_REMOVE(gone, link);
        free(gone);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *x = xcalloc(1, sizeof *x);
    x->fd = info->connect_fd;
    x->deadline = clock_now().boot + SECONDS(REQUEST_TIME);
    x->tcp = door->tcp;
    if (!door->tcp)
        x->peer = peer_of(x->fd, &c->groups);
    LIST_INSERT_HEAD(&c->connections, x, link);
    if (!x->tcp && !x->peer.admitted && crowded(c))
        (void)shutdown(x->fd, SHUT_RDWR);
    if (!c->closing)
        (void)uv_timer_start(&c->sweep, on_sweep, SWEEP, SWEEP);
    *context = x;
}

/* ---- the loop ---- */

static void pump(struct door *door)
{
    MHD_UNSIGNED_LONG_LONG ms;
    (void)MHD_run(door->daemon);
    if (MHD_get_timeout(door->daemon, &ms) == MHD_YES)
        (void)uv_timer_start(&door->timer, on_door_timer, ms, 0);
    else
        (void)uv_timer_stop(&door->timer);
}

static void on_door_timer(uv_timer_t *timer)
{
    pump(timer->data);
}

static void on_door_ready(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    pump(poll->data);
}

static void door_open(struct control *c, int fd, bool tcp)
{
    struct door *door = &c->doors[c->n_doors++];
    *door = (struct door){ .control = c, .tcp = tcp, .port = tcp ? listen_port(fd) : 0 };
    door->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, door,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)REQUEST_TIME, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_END);
    if (door->daemon == NULL)
        abort(); /* epoll and eventfd: only out of memory or descriptors */
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_poll_init(c->loop, &door->poll, info->epoll_fd);
    uv_timer_init(c->loop, &door->timer);
    door->poll.data = door->timer.data = door;
    uv_poll_start(&door->poll, UV_READABLE, on_door_ready);
    c->n_handles += 2;
}

/* From systemd when it passed one, else made here. */
static int open_socket(struct control *c, const char *path, struct problem *reterr)
{
    int fd = listen_inherited("control");
    if (fd < 0) {
        int rc = listen_unix(path, &fd, reterr);
        if (rc < 0)
            return rc;
        c->socket = xstrdup(path);
    }
    door_open(c, fd, false);
    return 0;
}

static int open_tcp(struct control *c, const char *address, struct problem *reterr)
{
    int fd = listen_inherited("metrics");
    int rc = fd >= 0 ? 0 : listen_tcp(address, &fd, reterr);
    if (rc == 0)
        door_open(c, fd, true);
    return rc;
}

int control_open(uv_loop_t *loop, const struct control_settings *settings,
                 control_command_fn *command, void *owner, struct control **ret,
                 struct problem *reterr)
{
    struct control *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->command = command;
    c->owner = owner;
    c->groups = settings->groups;
    LIST_INIT(&c->connections);
    LIST_INIT(&c->requests);
    uv_timer_init(loop, &c->sweep);
    c->sweep.data = c;
    c->n_handles = 1;
    int rc = settings->socket[0] == '\0' ? 0 : open_socket(c, settings->socket, reterr);
    if (rc == 0 && (settings->tcp[0] != '\0' || listen_inherited("metrics") >= 0))
        rc = open_tcp(c, settings->tcp, reterr);
    if (rc < 0) {
        control_close(c);
        return rc;
    }
    *ret = c;
    return 0;
}

int control_port(const struct control *c)
{
    for (size_t i = 0; i < c->n_doors; i++)
        if (c->doors[i].tcp)
            return c->doors[i].port;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct control *c = handle->data;
    if (--c->n_handles > 0)
        return;
    free(c->socket);
    free(c);
}

static void door_close(struct door *door)
{
    struct control *c = door->control;
    for (int i = 0; i < 2; i++) /* resumed requests send their answers */
        (void)MHD_run(door->daemon);
    uv_poll_stop(&door->poll);
    MHD_stop_daemon(door->daemon);
    door->poll.data = door->timer.data = c;
    uv_close((uv_handle_t *)&door->poll, on_closed);
    uv_close((uv_handle_t *)&door->timer, on_closed);
}

void control_close(struct control *c)
{
    if (c == NULL)
        return;
    c->closing = true;
    if (c->socket != NULL)
        (void)unlink(c->socket);
    json_auto_t *stopping = control_error("Stopping", "drd is stopping");
    struct request *r;
    LIST_FOREACH(r, &c->requests, link)
    if (r->status == 0)
        set_reply(r, 503, stopping);
    LIST_FOREACH(r, &c->requests, link)
    resume(r);
    for (size_t i = 0; i < c->n_doors; i++)
        door_close(&c->doors[i]);
    uv_close((uv_handle_t *)&c->sweep, on_closed);
}
