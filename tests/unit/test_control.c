/* SPDX-License-Identifier: Apache-2.0 */
/* The loop runs here; a forked child is the client and writes what it got into a pipe. */
#include "daemon/shell/control.h"
#include "daemon/shell/listen.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct house {
    uv_loop_t loop;
    struct control *control;
    char directory[64], path[96];
    uv_timer_t later;
    uint64_t late_id;
    json_t *seen; /* the last command */
    unsigned commands;
};

static void reply_late(uv_timer_t *timer)
{
    struct house *h = timer->data;
    json_auto_t *body = unit_json("{'late': true}");
    control_reply(h->control, h->late_id, 202, body);
}

/* "reconcile" is answered 30 ms later, "destroy" never, the rest at once. */
static void on_command(void *self, const struct control_command *command)
{
    struct house *h = self;
    h->commands++;
    json_decref(h->seen);
    h->seen = json_pack("{ss sO ss sb}", "name", command->name, "args", command->args, "who",
                        command->who, "write", command->clearance == CLEARANCE_WRITE);
    if (str_eq(command->name, "reconcile")) {
        h->late_id = command->id;
        uv_timer_start(&h->later, reply_late, 30, 0);
    } else if (str_eq(command->name, "metrics")) {
        json_auto_t *text = json_string("drd_up 1\n");
        control_reply(h->control, command->id, 200, text);
    } else if (!str_eq(command->name, "destroy")) {
        control_reply(h->control, command->id, 200, h->seen);
    }
}

static void house_init(struct house *h)
{
    *h = (struct house){ 0 };
    str_copy(h->directory, sizeof h->directory, "/tmp/drd-control-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(h->directory));
    ck_assert_int_eq(chmod(h->directory, 0755), 0);
    (void)snprintf(h->path, sizeof h->path, "%s/socket", h->directory);
    ck_assert_int_eq(uv_loop_init(&h->loop), 0);
    uv_timer_init(&h->loop, &h->later);
    h->later.data = h;
    struct control_settings settings = { .socket = h->path,
                                         .tcp = "127.0.0.1:0",
                                         .groups = { "drd", "drd-admin" } };
    struct problem problem = { 0 };
    int rc = control_open(&h->loop, &settings, on_command, h, &h->control, &problem);
    ck_assert_msg(rc == 0, "%s", problem.text);
}

static void house_clear(struct house *h)
{
    control_close(h->control);
    uv_close((uv_handle_t *)&h->later, NULL);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&h->loop), 0);
    ck_assert_int_eq(access(h->path, F_OK), -1);
    ck_assert_int_eq(rmdir(h->directory), 0);
    json_decref(h->seen);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    str_copy(a.sun_path, sizeof a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

struct client {
    const char *text;
    size_t size;
    uid_t uid;       /* 0: stay as we are */
    msec_t pause_ms; /* between single bytes; 0: all at once */
};

static void send_slowly(int fd, const struct client *c)
{
    for (size_t i = 0; i < c->size; i++) {
        if (send(fd, c->text + i, 1, MSG_NOSIGNAL) < 0)
            return;
        (void)usleep((useconds_t)c->pause_ms * 1000);
    }
}

static void be_client(const char *path, int out, const struct client *c)
{
    if (c->uid != 0 && (setgroups(0, NULL) < 0 || setgid(c->uid) < 0 || setuid(c->uid) < 0))
        _exit(1);
    int fd = connect_unix(path);
    char chunk[4096];
    ssize_t n;
    if (c->pause_ms > 0)
        send_slowly(fd, c);
    else
        for (size_t at = 0;
             at < c->size && (n = send(fd, c->text + at, c->size - at, MSG_NOSIGNAL)) > 0;)
            at += (size_t)n;
    (void)shutdown(fd, SHUT_WR);
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        if (write(out, chunk, (size_t)n) < 0)
            break;
    _exit(0);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct buffer *got = poll->data;
    char chunk[4096];
    (void)status, (void)events;
    int fd;
    uv_fileno((uv_handle_t *)poll, &fd);
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n > 0)
        buffer_add(got, chunk, (size_t)n);
    else
        uv_stop(poll->loop);
}

/* What the client got, up to its end. */
static char *talk(struct house *h, const struct client *c)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0)
        be_client(h->path, fds[1], c);
    close(fds[1]);
    struct buffer got = { 0 };
    uv_poll_t poll;
    uv_poll_init(&h->loop, &poll, fds[0]);
    poll.data = &got;
    uv_poll_start(&poll, UV_READABLE, on_readable);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&poll, NULL);
    uv_run(&h->loop, UV_RUN_NOWAIT);
    close(fds[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    return buffer_take(&got);
}

static char *ask(struct house *h, const char *method_and_path, const char *body, uid_t uid)
{
    autofree char *text = xasprintf("%s HTTP/1.1\r\nHost: drd\r\nConnection: close\r\n"
                                    "Content-Length: %zu\r\n\r\n%s",
                                    method_and_path, strlen(body), body);
    struct client c = { .text = text, .size = strlen(text), .uid = uid };
    return talk(h, &c);
}

#define ck_assert_contains(text, part)                                                             \
    ck_assert_msg(strstr((text), (part)) != NULL, "\"%s\" is not in: %s", (part), (text))

START_TEST(a_question_becomes_a_command)
{
    struct house h;
    house_init(&h);
    autofree char *got = ask(&h, "GET /v1/resources?limit=5&kind=sqs_queue", "", 0);
    ck_assert_contains(got, "HTTP/1.1 200");
    ck_assert_contains(got, "application/json");
    json_auto_t *args = unit_json("{'limit': 5, 'kind': 'sqs_queue'}");
    ck_assert_json_eq(json_object_get(h.seen, "args"), args);
    ck_assert_str_eq(json_string_value(json_object_get(h.seen, "name")), "resources");
    ck_assert(json_is_true(json_object_get(h.seen, "write")));
    autofree char *operation = ask(&h, "GET /v1/operations/abc", "", 0);
    ck_assert_contains(operation, "\"id\":\"abc\"");
    autofree char *metrics = ask(&h, "GET /metrics", "", 0);
    ck_assert_contains(metrics, "text/plain; version=0.0.4");
    ck_assert_contains(metrics, "\r\n\r\ndrd_up 1\n");
    house_clear(&h);
}
END_TEST

START_TEST(a_reply_may_come_later)
{
    struct house h;
    house_init(&h);
    autofree char *got = ask(&h, "POST /v1/reconcile", "{\"wait\": true}", 0);
    ck_assert_contains(got, "HTTP/1.1 202");
    ck_assert_contains(got, "{\"late\":true}");
    house_clear(&h);
}
END_TEST

START_TEST(bad_requests_are_told_what_is_bad)
{
    static const struct {
        const char *request, *body, *status, *text;
    } cases[] = {
        { "POST /v1/reconcile", "{\n \"a\": }", "400", "line 2, column 7" },
        { "POST /v1/reconcile", "[1]", "400", "must be a JSON object" },
        { "POST /v1/reconcile", "{\"a\":1,\"a\":2}", "400", "duplicate" },
        { "GET /v1/nothing", "", "404", "/v1/nothing" },
        { "GET /v1/operations/", "", "404", "operations" },
        { "POST /v1/status", "{}", "405", "not for POST" },
        { "GET /v1/reconcile", "", "405", "not for GET" },
    };
    struct house h;
    house_init(&h);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        autofree char *got = ask(&h, cases[i].request, cases[i].body, 0);
        ck_assert_contains(got, cases[i].status);
        ck_assert_contains(got, cases[i].text);
        ck_assert_contains(got, "\"error\"");
    }
    ck_assert_uint_eq(h.commands, 0);
    house_clear(&h);
}
END_TEST

START_TEST(a_huge_body_is_refused)
{
    struct house h;
    house_init(&h);
    size_t size = 1 << 20;
    autofree char *body = xmalloc(size + 1);
    memset(body, ' ', size);
    body[size] = '\0';
    autofree char *got = ask(&h, "POST /v1/reconcile", body, 0);
    ck_assert_contains(got, "413");
    ck_assert_uint_eq(h.commands, 0);
    house_clear(&h);
}
END_TEST

START_TEST(garbage_is_no_request)
{
    static const char *const texts[] = { "\0\1\2\3\r\n\r\n", "GET\r\n\r\n",
                                         "GET / HTTP/9.9\r\n\r\n",
                                         "POST /v1/hold HTTP/1.1\r\nContent-Length: -4\r\n\r\n" };
    struct house h;
    house_init(&h);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct client c = { .text = texts[i], .size = i == 0 ? 8 : strlen(texts[i]) };
        autofree char *got = talk(&h, &c);
        ck_assert_ptr_null(strstr(got, " 200 "));
    }
    ck_assert_uint_eq(h.commands, 0);
    house_clear(&h);
}
END_TEST

START_TEST(strangers_are_refused)
{
    if (geteuid() != 0)
        return;
    struct house h;
    house_init(&h);
    autofree char *got = ask(&h, "GET /v1/status", "", 65534);
    ck_assert_contains(got, "403");
    ck_assert_contains(got, "drd-admin");
    ck_assert_contains(got, "uid 65534");
    autofree char *health = ask(&h, "GET /metrics", "", 65534);
    ck_assert_contains(health, "200");
    house_clear(&h);
}
END_TEST

START_TEST(strangers_do_not_crowd_out_root)
{
    if (geteuid() != 0)
        return;
    struct house h;
    house_init(&h);
    int fds[20];
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        ck_assert_int_eq(seteuid(65534), 0);
        fds[i] = connect_unix(h.path);
        ck_assert_int_eq(seteuid(0), 0);
        uv_run(&h.loop, UV_RUN_NOWAIT);
    }
    char byte;
    size_t ended = 0;
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        ended += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0;
    ck_assert_uint_ge(ended, 11); /* the twentieth may still be on its way */
    autofree char *got = ask(&h, "GET /v1/resources", "", 0);
    ck_assert_contains(got, "200");
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    house_clear(&h);
}
END_TEST

START_TEST(a_slow_client_is_let_go)
{
    struct house h;
    house_init(&h);
    /* A byte each 400 ms is never idle for long; the whole request still has to come in 10 s. */
    char text[61];
    memset(text, 'G', sizeof text - 1);
    text[60] = '\0';
    struct client c = { .text = text, .size = 60, .pause_ms = 400 };
    uint64_t begun = uv_hrtime();
    autofree char *got = talk(&h, &c);
    uint64_t took = (uv_hrtime() - begun) / 1000000;
    ck_assert_msg(took > 9000 && took < 14000, "%" PRIu64 " ms", took);
    house_clear(&h);
}
END_TEST

START_TEST(stopping_answers_those_who_wait)
{
    struct house h;
    house_init(&h);
    int fd = connect_unix(h.path);
    const char *text = "POST /v1/destroy HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n";
    ck_assert_int_gt(send(fd, text, strlen(text), MSG_NOSIGNAL), 0);
    while (h.commands == 0)
        uv_run(&h.loop, UV_RUN_ONCE);
    house_clear(&h);
    char got[1024] = "";
    ck_assert_int_gt(read(fd, got, sizeof got - 1), 0);
    ck_assert_contains(got, "503");
    close(fd);
}
END_TEST

START_TEST(a_live_socket_is_not_taken_and_a_stale_one_is)
{
    struct house h;
    house_init(&h);
    int fd = -1;
    struct problem problem = { 0 };
    ck_assert_int_eq(listen_unix(h.path, &fd, &problem), -EADDRINUSE);
    autofree char *text = problem_text(&problem);
    ck_assert_contains(text, h.path);
    ck_assert_contains(text, "another drd");
    autofree char *stale = xasprintf("%s.stale", h.path);
    ck_assert_int_eq(listen_unix(stale, &fd, &problem), 0);
    close(fd); /* killed: the file stays */
    ck_assert_int_eq(listen_unix(stale, &fd, &problem), 0);
    close(fd);
    ck_assert_int_eq(unlink(stale), 0);
    FILE *f = fopen(stale, "w");
    (void)fclose(f);
    ck_assert_int_eq(listen_unix(stale, &fd, &problem), -EEXIST);
    ck_assert_int_eq(unlink(stale), 0);
    ck_assert_int_lt(listen_unix("/nowhere/at/all", &fd, &problem), 0);
    ck_assert_int_eq(listen_tcp("localhost", &fd, &problem), -EINVAL);
    ck_assert_int_eq(listen_tcp("192.0.2.1:80", &fd, &problem), -EADDRNOTAVAIL);
    house_clear(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_question_becomes_a_command,
        a_reply_may_come_later,
        bad_requests_are_told_what_is_bad,
        a_huge_body_is_refused,
        garbage_is_no_request,
        strangers_are_refused,
        strangers_do_not_crowd_out_root,
        a_slow_client_is_let_go,
        stopping_answers_those_who_wait,
        a_live_socket_is_not_taken_and_a_stale_one_is,
    };
    return unit_run("control", tests, ARRAY_SIZE(tests));
}
