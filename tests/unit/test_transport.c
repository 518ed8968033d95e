/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server of its own on loopback, in a forked process, that misbehaves by path. */
#include "daemon/shell/transport.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct counters {
    int connections, requests;
};
static struct counters *counters; /* shared with the server */

/* ---- the server ---- */

static void say(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Head and body of one request into text; false at the end of the connection. */
static bool hear(int fd, char *text, size_t size)
{
    size_t n = 0, body = 0;
    for (;;) {
        ssize_t got = recv(fd, text + n, size - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (length != NULL)
            body = strtoul(length + 16, NULL, 10);
        if (end != NULL && n >= (size_t)(end + 4 - text) + body)
            return true;
    }
}

static void pour(int fd, const char *head, const char *piece, size_t times)
{
    say(fd, head);
    for (size_t i = 0; i < times; i++)
        if (send(fd, piece, strlen(piece), MSG_NOSIGNAL) < 0)
            return;
}

/* True when the connection may be used again. */
static bool answer(int fd, const char *request, int nth)
{
    const char *path = strchr(request, ' ') + 1;
    static char piece[65537];
    memset(piece, 'x', sizeof piece - 1);
    if (str_prefix(path, "/ok") || (str_prefix(path, "/dead") && nth == 1)) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: a \r\nEmpty:\r\n\r\nhello");
        return true;
    }
    if (str_prefix(path, "/echo")) {
        autofree char *text = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                                        strlen(request), request);
        say(fd, text);
        return true;
    }
    if (str_prefix(path, "/continue"))
        say(fd, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: "
                "close\r\n\r\n");
    else if (str_prefix(path, "/redirect"))
        say(fd, "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    else if (str_prefix(path, "/truncated"))
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.");
    else if (str_prefix(path, "/huge"))
        pour(fd, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", piece, 1600);
    else if (str_prefix(path, "/headers"))
        pour(fd, "HTTP/1.1 200 OK\r\n", "X-Long: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
             9000);
    else if (str_prefix(path, "/garbage"))
        say(fd, "\x16\x03\x01 this is no HTTP\r\n\r\n");
    else if (str_prefix(path, "/slow"))
        (void)usleep(3000000);
    else if (str_prefix(path, "/reset"))
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
                         sizeof(struct linger));
    return false; /* "/dead" the second time: closed without a word */
}

static void serve(int listener)
{
    static char request[1 << 20];
    (void)signal(SIGCHLD, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a check has failed */
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        __atomic_add_fetch(&counters->connections, 1, __ATOMIC_SEQ_CST);
        if (fork() != 0) {
            close(fd);
            continue;
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int nth = 0;
        do {
            if (!hear(fd, request, sizeof request))
                break;
            __atomic_add_fetch(&counters->requests, 1, __ATOMIC_SEQ_CST);
        } while (answer(fd, request, ++nth));
        close(fd);
        _exit(0);
    }
}

/* ---- the client's side ---- */

struct ending {
    bool ended, sent;
    int status;
    char failure[32], message[256];
    char *body;
    struct http_headers headers;
};

struct world {
    uv_loop_t loop;
    struct transport *transport;
    pid_t server;
    int port;
};

static void on_ended(void *self, struct exchange_end *end)
{
    struct ending *e = self;
    ck_assert(!e->ended);
    e->ended = true;
    e->sent = end->sent;
    e->status = end->response.status;
    str_copy(e->failure, sizeof e->failure, end->failure == NULL ? "" : end->failure);
    str_copy(e->message, sizeof e->message, end->message);
    e->body = end->response.body;
    end->response.body = NULL;
    e->headers = end->response.headers;
    end->response.headers = (struct http_headers){ 0 };
}

static void ending_clear(struct ending *e)
{
    free(e->body);
    http_headers_clear(&e->headers);
    *e = (struct ending){ 0 };
}

static int listen_anywhere(int *ret_port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void world_init(struct world *w, const char *connect_to, const char *ca)
{
    *w = (struct world){ 0 };
    counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                    0);
    ck_assert_ptr_ne(counters, MAP_FAILED);
    int listener = listen_anywhere(&w->port);
    w->server = fork();
    if (w->server == 0)
        serve(listener);
    close(listener);
    autofree char *here = xasprintf("127.0.0.1:%d", w->port);
    json_auto_t *map = connect_to == NULL ? NULL : unit_json(connect_to);
    const char *name;
    json_t *target;
    json_object_foreach(map, name, target) if (str_eq(json_string_value(target), "here"))
        json_string_set(target, here);
    struct transport_settings settings = { .connect_to = map, .ca_bundle = ca, .proxy = "" };
    struct problem problem = { 0 };
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    int rc = transport_new(&w->loop, &settings, &w->transport, &problem);
    ck_assert_msg(rc == 0, "%s", problem.text);
}

static void world_clear(struct world *w)
{
    transport_close(w->transport);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    (void)kill(w->server, SIGKILL);
    (void)waitpid(w->server, NULL, 0);
    (void)munmap(counters, sizeof *counters);
}

struct order {
    const char *url; /* NULL: the server */
    const char *method, *path, *body;
    msec_t timeout;
    bool fresh, tls;
};

static void begin(struct world *w, const struct order *o, struct ending *e)
{
    struct exchange x = { .timeout = o->timeout == 0 ? 5000 : o->timeout,
                          .fresh_connection = o->fresh };
    x.url = o->url != NULL
                ? xstrdup(o->url)
                : xasprintf("http%s://127.0.0.1:%d%s", o->tls ? "s" : "", w->port, o->path);
    str_copy(x.request.method, sizeof x.request.method, o->method == NULL ? "GET" : o->method);
    if (o->body != NULL) {
        x.request.body = xstrdup(o->body);
        x.request.body_size = strlen(o->body);
    }
    http_headers_add(&x.request.headers, "X-Empty", "%s", "");
    http_headers_add(&x.request.headers, "X-Full", "%s", "1");
    transport_send(w->transport, &x, on_ended, e);
    ck_assert(!e->ended); /* never from inside */
}

static void finish(struct world *w, struct ending *e)
{
    while (!e->ended)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void run(struct world *w, const struct order *o, struct ending *e)
{
    begin(w, o, e);
    finish(w, e);
}

START_TEST(an_answer_comes_whole)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    run(&w, &(struct order){ .path = "/ok" }, &e);
    ck_assert_str_eq(e.failure, "");
    ck_assert_int_eq(e.status, 200);
    ck_assert_str_eq(e.body, "hello");
    ck_assert_str_eq(http_headers_get(&e.headers, "x-two"), "a");
    ck_assert_str_eq(http_headers_get(&e.headers, "Empty"), "");
    ck_assert(e.sent);
    ending_clear(&e);
    run(&w, &(struct order){ .path = "/continue" }, &e);
    ck_assert_int_eq(e.status, 503);
    ck_assert_ptr_null(http_headers_get(&e.headers, "X-Early"));
    ending_clear(&e);
    run(&w, &(struct order){ .path = "/redirect" }, &e);
    ck_assert_int_eq(e.status, 301);
    ending_clear(&e);
    world_clear(&w);
}
END_TEST

START_TEST(what_is_sent_is_what_was_asked)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    run(&w, &(struct order){ .method = "PUT", .path = "/echo/../a%2Fb?x=1&y=%20", .body = "" }, &e);
    ck_assert_ptr_eq(strstr(e.body, "PUT /echo/../a%2Fb?x=1&y=%20 HTTP/1.1\r\n"), e.body);
    ck_assert_ptr_nonnull(strstr(e.body, "Content-Length: 0\r\n"));
    ck_assert_ptr_nonnull(strstr(e.body, "X-Empty:\r\n"));
    ck_assert_ptr_nonnull(strstr(e.body, "X-Full: 1\r\n"));
    ck_assert_ptr_null(strstr(e.body, "Expect"));
    ck_assert_ptr_null(strstr(e.body, "Content-Type"));
    ck_assert_ptr_null(strstr(e.body, "Accept"));
    ending_clear(&e);
    run(&w, &(struct order){ .method = "DELETE", .path = "/echo" }, &e);
    ck_assert_ptr_eq(strstr(e.body, "DELETE /echo HTTP/1.1\r\n"), e.body);
    ck_assert_ptr_null(strstr(e.body, "Content-Length"));
    ending_clear(&e);
    run(&w, &(struct order){ .method = "POST", .path = "/echo", .body = "{}" }, &e);
    ck_assert_ptr_nonnull(strstr(e.body, "\r\n\r\n{}"));
    ending_clear(&e);
    run(&w, &(struct order){ .method = "HEAD", .path = "/ok" }, &e);
    ck_assert_int_eq(e.status, 200);
    ck_assert_str_eq(e.failure, "");
    ending_clear(&e);
    world_clear(&w);
}
END_TEST

START_TEST(failures_have_a_name)
{
    static const struct {
        struct order order;
        const char *failure;
        bool sent;
    } cases[] = {
        { { .path = "/truncated" }, "ConnectionBroken", true },
        { { .path = "/huge" }, "AnswerTooLarge", true },
        { { .path = "/headers" }, "AnswerTooLarge", true },
        { { .path = "/garbage" }, "ConnectionBroken", true },
        { { .path = "/reset" }, "ConnectionBroken", true },
        { { .path = "/slow", .timeout = 200 }, "Timeout", true },
        { { .url = "http://127.0.0.1:1/" }, "ConnectFailed", false },
        /* a handshake that is never answered: nothing of the request has left */
        { { .path = "/ok", .tls = true, .timeout = 200 }, "Timeout", false },
        { { .url = "file:///etc/passwd" }, "ConnectionBroken", false },
        { { .url = "https://127.0.0.1:1/" }, "ConnectFailed", false },
    };
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run(&w, &cases[i].order, &e);
        ck_assert_msg(strcmp(e.failure, cases[i].failure) == 0, "%zu: %s (%s)", i, e.failure,
                      e.message);
        ck_assert_msg(e.sent == cases[i].sent, "%zu", i);
        ck_assert_str_ne(e.message, "");
        ending_clear(&e);
    }
    world_clear(&w);
}
END_TEST

START_TEST(connections_are_used_again_but_fresh_ones_are_not)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    for (int i = 0; i < 5; i++) {
        run(&w, &(struct order){ .path = "/ok" }, &e);
        ending_clear(&e);
    }
    ck_assert_int_eq(counters->connections, 1);
    run(&w, &(struct order){ .path = "/ok", .fresh = true }, &e);
    ending_clear(&e);
    ck_assert_int_eq(counters->connections, 2);
    world_clear(&w);
}
END_TEST

/* libcurl sends again when a reused connection dies unanswered; on a fresh one it must not. */
START_TEST(a_fresh_connection_is_asked_only_once)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    run(&w, &(struct order){ .path = "/dead" }, &e);
    ending_clear(&e);
    run(&w, &(struct order){ .path = "/dead", .method = "POST", .body = "a" }, &e);
    ck_assert_str_eq(e.failure, ""); /* the replay on a new connection was answered */
    ck_assert_int_eq(counters->requests, 3);
    ending_clear(&e);
    run(&w, &(struct order){ .path = "/reset", .method = "POST", .body = "a", .fresh = true }, &e);
    ck_assert_str_eq(e.failure, "ConnectionBroken");
    ck_assert_int_eq(counters->requests, 4);
    ending_clear(&e);
    world_clear(&w);
}
END_TEST

START_TEST(many_at_once_all_end)
{
    enum { N = 200 };
    static const char *const paths[] = { "/ok", "/reset", "/truncated", "/echo", "/garbage" };
    static struct ending endings[N];
    struct world w;
    world_init(&w, NULL, "");
    for (size_t i = 0; i < N; i++)
        begin(&w, &(struct order){ .path = paths[i % 5], .timeout = 20000 }, &endings[i]);
    for (size_t i = 0; i < N; i++) {
        finish(&w, &endings[i]);
        ck_assert_int_eq(strcmp(endings[i].failure, "") == 0, i % 5 == 0 || i % 5 == 3);
        ending_clear(&endings[i]);
    }
    ck_assert_uint_eq(transport_in_flight(w.transport), 0);
    world_clear(&w);
}
END_TEST

START_TEST(closing_ends_what_is_under_way)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w, NULL, "");
    begin(&w, &(struct order){ .path = "/slow" }, &e);
    for (int i = 0; i < 5; i++)
        uv_run(&w.loop, UV_RUN_NOWAIT);
    world_clear(&w);
    ck_assert_str_eq(e.failure, "Stopped");
    ending_clear(&e);
}
END_TEST

START_TEST(names_are_mapped)
{
    struct world w;
    struct ending e = { 0 };
    world_init(&w,
               "{'sqs.us-east-1.amazonaws.com:80': 'here',"
               " '*.s3.amazonaws.com:80': 'here'}",
               "");
    run(&w, &(struct order){ .url = "http://sqs.us-east-1.amazonaws.com/echo" }, &e);
    ck_assert_ptr_nonnull(strstr(e.body, "Host: sqs.us-east-1.amazonaws.com\r\n"));
    ending_clear(&e);
    run(&w, &(struct order){ .url = "http://a-bucket.s3.amazonaws.com/ok" }, &e);
    ck_assert_str_eq(e.body, "hello");
    ending_clear(&e);
    world_clear(&w);
}
END_TEST

START_TEST(bad_settings_are_named)
{
    uv_loop_t loop;
    struct transport *t = NULL;
    struct problem problem = { 0 };
    json_auto_t *map = unit_json("{'nothing': 1}");
    struct transport_settings bad_map = { .connect_to = map, .ca_bundle = "", .proxy = "" };
    struct transport_settings bad_ca = { .ca_bundle = "/nowhere.pem", .proxy = "" };
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(transport_new(&loop, &bad_map, &t, &problem), -EINVAL);
    ck_assert_str_eq(problem.pointer, "/settings/connect_to");
    ck_assert_int_eq(transport_new(&loop, &bad_ca, &t, &problem), -ENOENT);
    ck_assert_ptr_nonnull(strstr(problem.text, "/nowhere.pem"));
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

/* ---- TLS: a server of openssl's, an authority of our own ---- */

static int sh(const char *directory, const char *commands)
{
    autofree char *line = xasprintf("cd %s && (%s) >log 2>&1", directory, commands);
    return system(line);
}

static pid_t tls_server(const char *directory, int port)
{
    pid_t server = fork();
    if (server != 0)
        return server;
    autofree char *address = xasprintf("127.0.0.1:%d", port);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(directory) < 0)
        _exit(1);
    if (freopen("log", "a", stdout) == NULL || dup2(1, 2) < 0)
        _exit(1);
    execlp("openssl", "openssl", "s_server", "-accept", address, "-www", "-quiet", "-cert",
           "server.pem", "-key", "server.key", (char *)NULL);
    _exit(127);
}

static void wait_for(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int i = 0; i < 100; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
        close(fd);
        if (rc == 0)
            return;
        (void)usleep(50000);
    }
    ck_abort_msg("openssl s_server does not listen");
}

static void ask_tls(const char *ca, int port, const char *want)
{
    struct world w;
    struct ending e = { 0 };
    autofree char *map = xasprintf("{'sqs.us-east-1.amazonaws.com:443': '127.0.0.1:%d'}", port);
    world_init(&w, map, ca);
    for (int i = 0; i < 3; i++) {
        run(&w, &(struct order){ .url = "https://sqs.us-east-1.amazonaws.com/", .fresh = true },
            &e);
        ck_assert_msg(strcmp(e.failure, want) == 0, "%s: %s", e.failure, e.message);
        if (want[0] == '\0' && i > 0) /* the session is shared between handles */
            ck_assert_msg(strstr(e.body, "Reused, ") != NULL, "%s", e.body);
        ck_assert_int_eq(e.sent, want[0] == '\0');
        ending_clear(&e);
    }
    world_clear(&w);
}

START_TEST(tls_with_an_authority_of_our_own)
{
    char directory[] = "/tmp/drd-tls-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(directory));
    int port,
        rc = sh(directory,
                "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 "
                "-subj /CN=authority && "
                "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr "
                "-subj /CN=sqs && "
                "printf 'subjectAltName=DNS:sqs.us-east-1.amazonaws.com' >ext && "
                "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                "-extfile ext -out server.pem -days 2");
    ck_assert_msg(rc == 0, "openssl makes no certificates: see %s/log", directory);
    close(listen_anywhere(&port));
    pid_t server = tls_server(directory, port);
    wait_for(port);
    autofree char *ca = xasprintf("%s/ca.pem", directory);
    ask_tls(ca, port, "");
    ask_tls("", port, "TlsFailed"); /* the system does not know our authority */
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    autofree char *remove = xasprintf("rm -rf %s", directory);
    ck_assert_int_eq(system(remove), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_answer_comes_whole,
        what_is_sent_is_what_was_asked,
        failures_have_a_name,
        connections_are_used_again_but_fresh_ones_are_not,
        a_fresh_connection_is_asked_only_once,
        many_at_once_all_end,
        closing_ends_what_is_under_way,
        names_are_mapped,
        bad_settings_are_named,
        tls_with_an_authority_of_our_own,
    };
    return unit_run("transport", tests, ARRAY_SIZE(tests));
}
