/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/process.h"
#include "daemon/shell/wire.h"
#include "tests/unit/unit.h"

#include <errno.h>

struct ending {
    struct answer answer;
    bool sent;
    int calls;
};

static void on_ended(void *self, uint64_t id, struct answer answer, bool sent, wall_t date)
{
    struct ending *e = self;
    (void)date;
    ck_assert_uint_eq(id, 7);
    answer_clear(&e->answer);
    e->answer = answer;
    e->sent = sent;
    e->calls++;
}

static void attempt(const struct wire *w, const char *operation, const char *args)
{
    json_auto_t *value = unit_json(args);
    struct attempt a = { .id = 7,
                         .op = operation_get(operation),
                         .region = REGION_US_EAST_1,
                         .args = value,
                         .timeout = 1000 };
    wire_attempt(w, &a);
}

/* The last gate: no transport is there that could be asked. */
START_TEST(observing_refuses_what_is_no_read)
{
    struct ending e = { 0 };
    struct endpoint_settings endpoints = { 0 };
    struct wire w = { .endpoints = &endpoints, .observe = true, .ended = on_ended, .owner = &e };
    for (const struct operation *op = operations; op->name != NULL; op++) {
        if (op->access == ACCESS_READ)
            continue;
        autofree char *name = xasprintf("%s:%s", op->service, op->name);
        e.calls = 0;
        attempt(&w, name, "{}");
        ck_assert_int_eq(e.calls, 1);
        ck_assert_int_eq(e.answer.class, AWS_REFUSED);
        ck_assert(!e.sent);
    }
    answer_clear(&e.answer);
}
END_TEST

START_TEST(what_cannot_be_encoded_is_not_sent)
{
    struct ending e = { 0 };
    struct endpoint_settings endpoints = { 0 };
    struct wire w = { .endpoints = &endpoints, .ended = on_ended, .owner = &e };
    attempt(&w, "s3:GetBucketVersioning", "{}");
    ck_assert_int_eq(e.calls, 1);
    ck_assert_int_eq(e.answer.class, AWS_INVALID);
    ck_assert_ptr_nonnull(strstr(e.answer.message, "Bucket"));
    ck_assert(!e.sent);
    answer_clear(&e.answer);
}
END_TEST

START_TEST(commands_are_split_without_a_shell)
{
    static const struct {
        const char *command, *words[4];
    } cases[] = {
        { "a  b\tc ", { "a", "b", "c", NULL } },
        { "'a b' \"c \\\" d\"", { "a b", "c \" d", NULL, NULL } },
        { "a\\ b '' $(c)", { "a b", "", "$(c)", NULL } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char **words = process_words(cases[i].command);
        size_t k = 0;
        for (; cases[i].words[k] != NULL; k++)
            ck_assert_str_eq(words[k], cases[i].words[k]);
        ck_assert_ptr_null(words[k]);
        process_words_free(words);
    }
    ck_assert_ptr_null(process_words("'open"));
    ck_assert_ptr_null(process_words("  "));
}
END_TEST

static void on_process(void *self, uint64_t id, int error, int status, const char *text)
{
    int *seen = self;
    ck_assert_uint_eq(id, 1);
    seen[0] = error;
    seen[1] = status;
    seen[2] = (int)strlen(text);
}

START_TEST(processes_are_bounded)
{
    static const struct {
        const char *command;
        int error, status, length; /* status or length below 0: any */
    } cases[] = {
        { "printf hello", 0, 0, 5 },
        { "sh -c 'exit 3'", 0, 3, 0 },
        { "/nowhere/at/all", -ENOENT, -1, 0 },
        { "'open", -EINVAL, -1, 0 },
        { "sleep 30", -ETIMEDOUT, 137, 0 },
        { "sh -c 'sleep 2 & sleep 2'", -ETIMEDOUT, 137, 0 }, /* a grandchild holds the pipe */
        { "cat /dev/zero", -EFBIG, 137, -1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uv_loop_t loop;
        int seen[3] = { 1, -1, -1 };
        ck_assert_int_eq(uv_loop_init(&loop), 0);
        msec_t timeout = cases[i].error == -EFBIG ? 20000 : 500;
        (void)process_run(&loop, 1, cases[i].command, timeout, on_process, seen);
        uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
        ck_assert_msg(seen[0] == cases[i].error, "%s: error %d", cases[i].command, seen[0]);
        if (cases[i].status >= 0)
            ck_assert_msg(seen[1] == cases[i].status, "%s: status %d", cases[i].command, seen[1]);
        if (cases[i].length >= 0)
            ck_assert_int_eq(seen[2], cases[i].length);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        observing_refuses_what_is_no_read,
        what_cannot_be_encoded_is_not_sent,
        commands_are_split_without_a_shell,
        processes_are_bounded,
    };
    return unit_run("wire", tests, ARRAY_SIZE(tests));
}
