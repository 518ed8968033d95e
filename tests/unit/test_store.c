/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/store.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static void fresh_directory(void)
{
    str_copy(directory, sizeof directory, "/tmp/drd-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
    static const char *const names[] = { "drd.db", "drd.db-wal", "drd.db-shm", "drd.lock" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        autofree char *path = xasprintf("%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)chmod(directory, 0700);
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct store *opened(int64_t keep)
{
    struct store *s = NULL;
    struct problem problem = { 0 };
    int rc = store_open(directory, keep, &s, &problem);
    ck_assert_msg(rc == 0, "%s", problem.text);
    return s;
}

static int put(struct store *s, uint64_t seq, enum record_kind kind, const char *json,
               struct problem *problem)
{
    json_auto_t *body = unit_json(json);
    struct store_record r = store_record_of(seq, kind, body);
    int rc = store_write(s, &r, 1, problem);
    free(r.body);
    return rc;
}

static void must_put(struct store *s, uint64_t seq, enum record_kind kind, const char *json)
{
    struct problem problem = { 0 };
    int rc = put(s, seq, kind, json, &problem);
    ck_assert_msg(rc == 0, "%s", problem.text);
}

static void expect_checkpoint(struct store *s, const char *json)
{
    json_t *got = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_checkpoint(s, &got, &problem), 0);
    json_auto_t *want = unit_json(json);
    ck_assert_json_eq(got, want);
    json_decref(got);
}

static json_t *page(unsigned limit, uint64_t before, const char *resource)
{
    struct store_query query = { limit, before, resource };
    struct problem problem = { 0 };
    json_t *got = NULL;
    ck_assert_int_eq(store_log(directory, &query, &got, &problem), 0);
    return got;
}

START_TEST(a_new_store_is_empty)
{
    fresh_directory();
    struct store *s = opened(STORE_KEEP);
    expect_checkpoint(s, "{'seq': 0, 'resources': {}, 'settings': {}, 'operations': {}}");
    store_close(s);
    store_close(NULL);
    remove_directory();
}
END_TEST

START_TEST(the_checkpoint_is_what_was_written_last)
{
    fresh_directory();
    struct store *s = opened(STORE_KEEP);
    must_put(s, 1, RECORD_RESOURCE, "{'id': 'a', 'kind': 'sqs_queue', 'time': 5}");
    must_put(s, 2, RECORD_RESOURCE, "{'id': 'b', 'kind': 'iam_role', 'time': 6}");
    must_put(s, 3, RECORD_RESOURCE, "{'id': 'a', 'kind': 'sqs_queue', 'time': 7}");
    must_put(s, 4, RECORD_RESOURCE, "{'id': 'b', 'gone': true, 'time': 8}");
    must_put(s, 5, RECORD_SETTING, "{'key': 'hold', 'value': {'who': 'x'}, 'time': 9}");
    must_put(s, 6, RECORD_SETTING, "{'key': 'gone', 'value': 1, 'time': 9}");
    must_put(s, 7, RECORD_SETTING, "{'key': 'gone', 'value': null, 'time': 9}");
    must_put(s, 8, RECORD_OPERATION, "{'id': 'op1', 'state': 'running', 'time': 9}");
    must_put(s, 9, RECORD_OPERATION, "{'id': 'op2', 'state': 'running', 'time': 9}");
    must_put(s, 10, RECORD_OPERATION, "{'id': 'op2', 'state': 'done', 'time': 9}");
    store_close(s);
    s = opened(STORE_KEEP);
    expect_checkpoint(s, "{'seq': 10, 'resources': {'a': {'id': 'a', 'kind': 'sqs_queue',"
                         " 'time': 7}}, 'settings': {'hold': {'who': 'x'}}, 'operations':"
                         " {'op1': {'id': 'op1', 'state': 'running', 'time': 9}}}");
    store_close(s);
    remove_directory();
}
END_TEST

START_TEST(the_log_pages_backwards)
{
    fresh_directory();
    struct store *s = opened(STORE_KEEP);
    must_put(s, 1, RECORD_CHANGE, "{'resource': 'a', 'time': 1, 'operation': 'op1'}");
    must_put(s, 2, RECORD_RESULT, "{'change': 1, 'class': 'ok'}");
    must_put(s, 3, RECORD_EVENT, "{'text': 'hi', 'level': 'notice', 'resource': 'b'}");
    must_put(s, 4, RECORD_CHANGE, "{'resource': 'b', 'time': 2}");
    json_auto_t *first = page(2, 0, NULL), *second = page(2, 3, NULL), *of_b = page(9, 0, "b");
    json_auto_t *want_first = unit_json(
        "{'rows': [{'resource': 'b', 'time': 2, 'seq': 4, 'record': 'change'},"
        " {'text': 'hi', 'level': 'notice', 'resource': 'b', 'seq': 3, 'record': 'event'}],"
        " 'next': 3}");
    json_auto_t *want_second = unit_json(
        "{'rows': [{'resource': 'a', 'time': 1, 'operation': 'op1', 'seq': 1, 'record': 'change',"
        " 'result': {'change': 1, 'class': 'ok'}}]}");
    ck_assert_json_eq(first, want_first);
    ck_assert_json_eq(second, want_second);
    ck_assert_uint_eq(json_array_size(json_object_get(of_b, "rows")), 2);
    store_close(s);
    remove_directory();
}
END_TEST

START_TEST(an_operation_comes_with_its_changes)
{
    fresh_directory();
    struct store *s = opened(STORE_KEEP);
    must_put(s, 1, RECORD_OPERATION, "{'id': 'op1', 'state': 'running'}");
    must_put(s, 2, RECORD_CHANGE, "{'resource': 'a', 'operation': 'op1'}");
    must_put(s, 3, RECORD_CHANGE, "{'resource': 'b', 'operation': 'op2'}");
    json_t *got = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_operation(directory, "op1", &got, &problem), 0);
    ck_assert_str_eq(json_string_value(json_object_get(got, "state")), "running");
    ck_assert_uint_eq(json_array_size(json_object_get(got, "changes")), 1);
    json_decref(got);
    ck_assert_int_eq(store_operation(directory, "op'--", &got, &problem), -ENOENT);
    store_close(s);
    remove_directory();
}
END_TEST

START_TEST(old_changes_go)
{
    fresh_directory();
    struct store *s = opened(10);
    for (uint64_t seq = 1; seq <= 40; seq++)
        must_put(s, seq, RECORD_CHANGE, "{'resource': 'a'}");
    json_auto_t *all = page(1000, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "rows")), 10);
    expect_checkpoint(s, "{'seq': 40, 'resources': {}, 'settings': {}, 'operations': {}}");
    store_close(s);
    remove_directory();
}
END_TEST

START_TEST(a_second_drd_is_kept_out)
{
    fresh_directory();
    struct store *s = opened(STORE_KEEP), *other = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_open(directory, STORE_KEEP, &other, &problem), -EBUSY);
    autofree char *text = problem_text(&problem);
    autofree char *pid = xasprintf("process %d", (int)getpid());
    ck_assert_ptr_nonnull(strstr(text, pid));
    ck_assert_ptr_nonnull(strstr(text, directory));
    ck_assert_ptr_nonnull(strstr(text, "state directory of its own"));
    store_close(s);
    s = opened(STORE_KEEP);
    store_close(s);
    remove_directory();
}
END_TEST

START_TEST(a_damaged_file_is_named)
{
    fresh_directory();
    autofree char *path = xasprintf("%s/drd.db", directory);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < 400; i++)
        (void)fputs("this is no database ", f);
    (void)fclose(f);
    struct store *s = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_open(directory, STORE_KEEP, &s, &problem), -EBADMSG);
    autofree char *text = problem_text(&problem);
    ck_assert_ptr_nonnull(strstr(text, path));
    ck_assert_ptr_nonnull(strstr(text, "Move the file away"));
    remove_directory();
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
    fresh_directory();
    store_close(opened(STORE_KEEP));
    autofree char *path = xasprintf("%s/drd.db", directory);
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct store *s = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_open(directory, STORE_KEEP, &s, &problem), -EPROTO);
    ck_assert_ptr_nonnull(strstr(problem.text, "newer"));
    remove_directory();
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_is_named)
{
    struct store *s = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_open("/nowhere/at/all", STORE_KEEP, &s, &problem), -ENOENT);
    autofree char *text = problem_text(&problem);
    ck_assert_ptr_nonnull(strstr(text, "/nowhere/at/all"));
    ck_assert_int_lt(store_open("/proc/version", STORE_KEEP, &s, &problem), 0);
}
END_TEST

/* Runs in a child: file sizes are limited, as a full disk would. */
static int fill_up(void)
{
    struct store *s = opened(STORE_KEEP);
    struct problem problem = { 0 };
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = { 1 << 20, 1 << 20 };
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 10;
    autofree char *long_text = xmalloc(4001);
    memset(long_text, 'x', 4000);
    long_text[4000] = '\0';
    autofree char *body = xasprintf("{'resource': 'a', 'before': '%s'}", long_text);
    uint64_t seq = 1;
    int rc = 0;
    for (; rc == 0 && seq < 1000; seq++)
        rc = put(s, seq, RECORD_CHANGE, body, &problem);
    if (rc == 0 || problem.remedy[0] == '\0')
        return 11;
    uint64_t written = seq - 2; /* the last try failed */
    json_auto_t *checkpoint = NULL;
    if (store_checkpoint(s, &checkpoint, &problem) < 0 ||
        json_integer_value(json_object_get(checkpoint, "seq")) != (json_int_t)written)
        return 12;
    return written > 10 ? 0 : 13;
}

START_TEST(a_full_disk_is_an_error_and_loses_nothing)
{
    fresh_directory();
    pid_t child = fork();
    if (child == 0)
        _exit(fill_up());
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
    struct store *s = opened(STORE_KEEP); /* and with space again it goes on */
    must_put(s, 5000, RECORD_CHANGE, "{'resource': 'a'}");
    store_close(s);
    remove_directory();
}
END_TEST

/* Writes for ever and says each seq that is on disk. */
static void write_until_killed(int fd)
{
    struct store *s = opened(STORE_KEEP);
    for (uint64_t seq = 1;; seq++) {
        must_put(s, seq, RECORD_CHANGE, "{'resource': 'a'}");
        if (write(fd, &seq, sizeof seq) != sizeof seq)
            _exit(1);
    }
}

START_TEST(what_was_reported_survives_a_kill)
{
    fresh_directory();
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0)
        write_until_killed(fds[1]);
    close(fds[1]);
    uint64_t seq = 0, last = 0;
    while (last < 200 && read(fds[0], &seq, sizeof seq) == sizeof seq)
        last = seq;
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    while (read(fds[0], &seq, sizeof seq) == sizeof seq)
        last = seq;
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    close(fds[0]);
    struct store *s = opened(STORE_KEEP);
    json_t *checkpoint = NULL;
    struct problem problem = { 0 };
    ck_assert_int_eq(store_checkpoint(s, &checkpoint, &problem), 0);
    ck_assert_int_ge(json_integer_value(json_object_get(checkpoint, "seq")), (json_int_t)last);
    json_decref(checkpoint);
    store_close(s);
    remove_directory();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_new_store_is_empty,
        the_checkpoint_is_what_was_written_last,
        the_log_pages_backwards,
        an_operation_comes_with_its_changes,
        old_changes_go,
        a_second_drd_is_kept_out,
        a_damaged_file_is_named,
        a_newer_schema_is_refused,
        a_directory_that_cannot_be_made_is_named,
        a_full_disk_is_an_error_and_loses_nothing,
        what_was_reported_survives_a_kill,
    };
    return unit_run("store", tests, ARRAY_SIZE(tests));
}
