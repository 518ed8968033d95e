/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    POOL = 16,
    CONNECT_TIMEOUT = 5000,
    HOST_CONNECTIONS = 16,
    ALL_CONNECTIONS = 64,
    CONNECTION_AGE = 60 /* s; AWS closes idle connections after that or sooner */
};

struct flight {
    LIST_ENTRY(flight) link;
    struct transport *transport;
    CURL *easy;
    struct exchange exchange;
    struct curl_slist *headers, *connect_to;
    struct buffer body;
    size_t header_bytes;
    struct exchange_end end;
    char error[CURL_ERROR_SIZE];
    bool too_large;
    exchange_ended_fn *ended;
    void *owner;
};

/* One per socket that libcurl wants watched, never used again: a new socket may get the same
 * number while the old handle is still closing. */
struct watched {
    LIST_ENTRY(watched) link;
    struct transport *transport;
    uv_poll_t poll;
    curl_socket_t fd;
    int events;
    bool closing;
};

struct transport {
    uv_loop_t *loop;
    CURLM *multi;
    CURLSH *share; /* TLS sessions: libcurl keeps them per easy handle otherwise */
    uv_timer_t timer;
    CURL *idle[POOL];
    size_t n_idle, n_flights, n_handles;
    LIST_HEAD(, flight) flights;
    LIST_HEAD(, watched) sockets;
    json_t *connect_to;
    char *ca_bundle, *proxy;
    bool closing;
};

/* ---- libuv and libcurl watch each other ---- */

static void collect(struct transport *t);

/* After an error here libcurl's transfers are in no defined state: there is no going on. Stopping
 * is safe (state is durable, systemd restarts us), guessing is not. */
static void act(struct transport *t, curl_socket_t fd, int flags)
{
    int running;
    CURLMcode rc = curl_multi_socket_action(t->multi, fd, flags, &running);
    if (rc != CURLM_OK) {
        (void)fprintf(stderr, "libcurl: %s\n", curl_multi_strerror(rc));
        abort();
    }
    /* Always, and not only while something runs: the last transfer may just have ended. */
    collect(t);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long ms, void *self)
{
    struct transport *t = self;
    (void)multi;
    if (ms < 0 || t->closing)
        return uv_timer_stop(&t->timer);
    /* Zero too goes through the loop: libcurl must not be called from its own callback. */
    uv_update_time(t->loop);
    return uv_timer_start(&t->timer, on_timer, (uint64_t)ms, 0);
}

static void release(struct transport *t);

static void on_socket_closed(uv_handle_t *handle)
{
    struct watched *w = handle->data;
    struct transport *t = w->transport;
    free(w);
    t->n_handles--;
    release(t);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watched *w = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(w->transport, w->fd, flags);
    /* On POLLERR libuv stops the handle by itself; libcurl may still count on it. */
    if (status < 0 && !w->closing)
        (void)uv_poll_start(poll, w->events, on_socket);
}

static struct watched *watch(struct transport *t, curl_socket_t fd)
{
    struct watched *w = xcalloc(1, sizeof *w);
    *w = (struct watched){ .transport = t, .fd = fd };
    if (uv_poll_init_socket(t->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    t->n_handles++;
    LIST_INSERT_HEAD(&t->sockets, w, link);
    curl_multi_assign(t->multi, fd, w);
    return w;
}

/* Stopping takes the descriptor out of epoll before libcurl closes it; the memory goes later. */
static void unwatch(struct watched *w)
{
    w->closing = true;
    LIST_REMOVE(w, link);
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_socket_closed);
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *self, void *known)
{
    struct transport *t = self;
    struct watched *w = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            unwatch(w);
        curl_multi_assign(t->multi, fd, NULL);
        return 0;
    }
    if (w == NULL && (w = watch(t, fd)) == NULL)
        return -1;
    w->events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&w->poll, w->events, on_socket);
}

/* ---- one exchange ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *self)
{
    struct flight *f = self;
    if (f->body.used + size * n > TRANSPORT_BODY_MAX) {
        f->too_large = true;
        return 0;
    }
    buffer_add(&f->body, bytes, size * n);
    return size * n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *self)
{
    struct flight *f = self;
    size_t length = size * n;
    f->header_bytes += length;
    if (f->header_bytes > TRANSPORT_HEADERS_MAX) {
        f->too_large = true;
        return 0;
    }
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* the final answer after a 1xx */
        http_headers_clear(&f->end.response.headers);
        return length;
    }
    const char *colon = memchr(bytes, ':', length);
    if (colon == NULL)
        return length;
    const char *value = colon + 1, *last = bytes + length;
    while (value < last && (*value == ' ' || *value == '\t'))
        value++;
    while (last > value && strchr(" \t\r\n", last[-1]) != NULL)
        last--;
    autofree char *name = xstrndup(bytes, (size_t)(colon - bytes));
    http_headers_add(&f->end.response.headers, name, "%.*s", (int)(last - value), value);
    return length;
}

/* Called with the connection made and nothing of the request written yet: from here on we can no
 * longer swear that it was not sent. */
static int on_connected(void *self, char *peer, char *local, int peer_port, int local_port)
{
    struct flight *f = self;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    f->end.sent = true;
    return CURL_PREREQFUNC_OK;
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL)
        abort();
    return longer;
}

static struct curl_slist *header_lines(const struct http_request *r)
{
    /* No Expect: 100-continue, and no Content-Type but our own. */
    struct curl_slist *list = append(append(NULL, "Expect:"), "Accept:");
    if (http_headers_get(&r->headers, "Content-Type") == NULL)
        list = append(list, "Content-Type:");
    for (size_t i = 0; i < r->headers.n; i++) {
        const struct http_header *h = &r->headers.items[i];
        if (strcasecmp(h->name, "Content-Length") == 0)
            continue; /* libcurl counts for itself */
        autofree char *line = h->value[0] == '\0' ? xasprintf("%s;", h->name)
                                                  : xasprintf("%s: %s", h->name, h->value);
        list = append(list, line);
    }
    return list;
}

/* "host:port" of a URL, with the scheme's port when it names none. */
static char *authority(const char *url)
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    size_t n = strcspn(host, "/?#");
    const char *bracket = memchr(host, ']', n);
    const char *colon = memchr(bracket == NULL ? host : bracket, ':',
                               n - (bracket == NULL ? 0 : (size_t)(bracket - host)));
    return xasprintf("%.*s%s", (int)n, host,
                     colon != NULL                 ? ""
                     : str_prefix(url, "https://") ? ":443"
                                                   : ":80");
}

static const char *mapped(const json_t *connect_to, const char *place)
{
    const json_t *target = json_object_get(connect_to, place);
    for (const char *p = place; target == NULL && (p = strchr(p, '.')) != NULL; p++) {
        autofree char *pattern = xasprintf("*%s", p);
        target = json_object_get(connect_to, pattern);
    }
    return json_string_value(target);
}

static struct curl_slist *connect_line(const json_t *connect_to, const char *url)
{
    autofree char *place = authority(url);
    const char *target = mapped(connect_to, place);
    if (target == NULL)
        return NULL;
    autofree char *line = xasprintf("%s:%s", place, target);
    return append(NULL, line);
}

#define SET(option, value) assert_ok(curl_easy_setopt(f->easy, (option), (value)))
static void assert_ok(CURLcode rc)
{
    assert(rc == CURLE_OK);
}

static void set_body(struct flight *f)
{
    struct http_request *r = &f->exchange.request;
    bool bodiless = r->body_size == 0 && strcmp(r->method, "POST") != 0 &&
                    strcmp(r->method, "PUT") != 0;
    if (strcmp(r->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return;
    }
    if (!bodiless) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_size);
        SET(CURLOPT_POSTFIELDS, r->body == NULL ? "" : r->body);
    }
    SET(CURLOPT_CUSTOMREQUEST, r->method);
}

/* One file of authorities and no directory beside it: then the bundle alone is trusted, and libcurl
 * reads it once for all connections instead of once for each (about 1 MB a connection). */
static void set_authorities(struct flight *f)
{
    const char *bundle = f->transport->ca_bundle;
    if (bundle[0] != '\0')
        SET(CURLOPT_CAINFO, bundle);
    if (bundle[0] != '\0' || curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
        SET(CURLOPT_CAPATH, NULL);
}

static void set_connection(struct flight *f)
{
    struct transport *t = f->transport;
    const struct exchange *x = &f->exchange;
    f->connect_to = connect_line(t->connect_to, x->url);
    if (f->connect_to != NULL)
        SET(CURLOPT_CONNECT_TO, f->connect_to);
    /* An empty string also keeps libcurl from reading the environment's proxies. */
    SET(CURLOPT_PROXY, x->local ? "" : t->proxy);
    SET(CURLOPT_NOPROXY, "");
    set_authorities(f);
    SET(CURLOPT_SHARE, t->share);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)msec_min(x->timeout, CONNECT_TIMEOUT));
    SET(CURLOPT_TIMEOUT_MS, (long)x->timeout);
    SET(CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE);
    SET(CURLOPT_FRESH_CONNECT, x->fresh_connection ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, x->fresh_connection ? 1L : 0L);
}

static void set_callbacks(struct flight *f)
{
    SET(CURLOPT_PRIVATE, f);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, f);
    SET(CURLOPT_ERRORBUFFER, f->error);
}

static void set_up(struct flight *f)
{
    SET(CURLOPT_URL, f->exchange.url);
    SET(CURLOPT_PATH_AS_IS, 1L); /* the path is signed as it stands */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_USERAGENT, "drd/" DRD_VERSION);
    f->headers = header_lines(&f->exchange.request);
    SET(CURLOPT_HTTPHEADER, f->headers);
    set_body(f);
    set_connection(f);
    set_callbacks(f);
}

void transport_send(struct transport *t, struct exchange *x, exchange_ended_fn *ended, void *owner)
{
    assert(!t->closing && x->timeout > 0);
    struct flight *f = xcalloc(1, sizeof *f);
    f->transport = t;
    f->exchange = *x;
    *x = (struct exchange){ 0 };
    f->ended = ended;
    f->owner = owner;
    f->easy = t->n_idle > 0 ? t->idle[--t->n_idle] : curl_easy_init();
    if (f->easy == NULL)
        abort();
    set_up(f);
    LIST_INSERT_HEAD(&t->flights, f, link);
    t->n_flights++;
    CURLMcode rc = curl_multi_add_handle(t->multi, f->easy);
    assert(rc == CURLM_OK);
}

/* ---- the end of an exchange ---- */

static const char *failure_name(CURLcode rc, bool too_large)
{
    if (too_large)
        return "AnswerTooLarge";
    switch ((int)rc) {
    case CURLE_OK:
        return NULL;
    case CURLE_OPERATION_TIMEDOUT:
        return "Timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "NameNotFound";
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return "ConnectFailed";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return "TlsFailed";
    default:
        return "ConnectionBroken";
    }
}

static void retire(struct flight *f)
{
    struct transport *t = f->transport;
    curl_multi_remove_handle(t->multi, f->easy);
    curl_easy_reset(f->easy);
    if (t->n_idle < POOL)
        t->idle[t->n_idle++] = f->easy;
    else
        curl_easy_cleanup(f->easy);
    LIST_REMOVE(f, link);
    t->n_flights--;
}

static void flight_free(struct flight *f)
{
    curl_slist_free_all(f->headers);
    curl_slist_free_all(f->connect_to);
    http_request_clear(&f->exchange.request);
    http_response_clear(&f->end.response);
    buffer_clear(&f->body);
    free(f->exchange.url);
    free(f);
}

static void deliver(struct flight *f)
{
    f->end.response.body_size = f->body.used;
    f->end.response.body = buffer_take(&f->body);
    f->ended(f->owner, &f->end);
    flight_free(f);
}

static void finish(struct flight *f, CURLcode rc)
{
    long status = 0;
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    f->end.response.status = (int)status;
    f->end.failure = failure_name(rc, f->too_large);
    if (f->too_large)
        (void)snprintf(f->end.message, sizeof f->end.message,
                       "the answer is larger than drd reads (%d MiB of body, %d KiB of headers)",
                       TRANSPORT_BODY_MAX >> 20, TRANSPORT_HEADERS_MAX >> 10);
    else if (rc != CURLE_OK)
        str_copy(f->end.message, sizeof f->end.message,
                 f->error[0] != '\0' ? f->error : curl_easy_strerror(rc));
    retire(f);
    deliver(f);
}

static void collect(struct transport *t)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
        struct flight *f = NULL;
        CURLcode rc = message->data.result; /* the message dies with the handle's removal */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&f);
        finish(f, rc);
    }
}

size_t transport_in_flight(const struct transport *t)
{
    return t->n_flights;
}

/* ---- its own life ---- */

static int check_connect_to(const json_t *connect_to, struct problem *reterr)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)connect_to, key, value)
    {
        if (strchr(key, ':') != NULL && json_is_string(value) &&
            strchr(json_string_value(value), ':') != NULL)
            continue;
        problem_set(reterr, "/settings/connect_to", "\"%s\" does not map a host to an address",
                    key);
        problem_remedy(reterr, "Write \"host:port\": \"address:port\"");
        return -EINVAL;
    }
    return 0;
}

static void set_multi(struct transport *t)
{
    t->multi = curl_multi_init();
    t->share = curl_share_init();
    if (t->multi == NULL || t->share == NULL)
        abort();
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)ALL_CONNECTIONS);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)ALL_CONNECTIONS);
}

int transport_new(uv_loop_t *loop, const struct transport_settings *settings,
                  struct transport **ret, struct problem *reterr)
{
    const char *ca = settings->ca_bundle;
    if (ca[0] != '\0' && access(ca, R_OK) != 0) {
        int error = errno;
        problem_set(reterr, "/settings/ca_bundle", "cannot read the CA bundle %s: %s", ca,
                    strerror(error));
        return -error;
    }
    int rc = check_connect_to(settings->connect_to, reterr);
    if (rc < 0)
        return rc;
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, realloc, xstrdup, xcalloc) != 0)
        abort();
    struct transport *t = xcalloc(1, sizeof *t);
    t->loop = loop;
    t->connect_to = json_deep_copy(settings->connect_to);
    t->ca_bundle = xstrdup(ca);
    t->proxy = xstrdup(settings->proxy);
    LIST_INIT(&t->flights);
    LIST_INIT(&t->sockets);
    uv_timer_init(loop, &t->timer);
    t->timer.data = t;
    t->n_handles = 1;
    set_multi(t);
    *ret = t;
    return 0;
}

/* The last handle to close frees the owner. */
static void release(struct transport *t)
{
    if (!t->closing || t->n_handles > 0)
        return;
    json_decref(t->connect_to);
    free(t->ca_bundle);
    free(t->proxy);
    free(t);
    curl_global_cleanup();
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;
    t->n_handles--;
    release(t);
}

void transport_close(struct transport *t)
{
    if (t == NULL)
        return;
    t->closing = true;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not see LIST_REMOVE take them out */
    while (!LIST_EMPTY(&t->flights)) {
        struct flight *f = LIST_FIRST(&t->flights);
        f->end.failure = "Stopped";
        str_copy(f->end.message, sizeof f->end.message, "drd is stopping");
        retire(f);
        deliver(f);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    while (t->n_idle > 0)
        curl_easy_cleanup(t->idle[--t->n_idle]);
    curl_multi_cleanup(t->multi);
    curl_share_cleanup(t->share);
    while (!LIST_EMPTY(&t->sockets))
        unwatch(LIST_FIRST(&t->sockets));
    uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}
