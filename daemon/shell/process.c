/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/process.h"

#include <errno.h>
#include <signal.h>

struct process {
    uv_process_t child;
    uv_pipe_t out;
    uv_timer_t timer;
    struct buffer text;
    char chunk[4096];
    uint64_t id;
    process_ended_fn *ended;
    void *owner;
    int error, status;
    unsigned open_handles, going; /* going: the child and its output */
};

/* ---- words ---- */

static void words_add(char ***words, size_t *n, struct buffer *word)
{
    *words = xrealloc(*words, *n + 2, sizeof **words);
    (*words)[(*n)++] = buffer_take(word);
    (*words)[*n] = NULL;
}

void process_words_free(char **words)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

char **process_words(const char *command)
{
    char **words = NULL, quote = '\0';
    struct buffer word = { 0 };
    size_t n = 0;
    bool inside = false;
    for (const char *p = command; *p != '\0'; p++) {
        if (quote == '\0' && strchr(" \t\r\n", *p) != NULL) {
            if (inside)
                words_add(&words, &n, &word);
            inside = false;
            continue;
        }
        inside = true;
        if (quote == '\0' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (quote != '\0' && *p == quote)
            quote = '\0';
        else if (*p == '\\' && quote != '\'' && p[1] != '\0')
            buffer_add(&word, ++p, 1);
        else
            buffer_add(&word, p, 1);
    }
    if (inside && quote == '\0')
        words_add(&words, &n, &word);
    buffer_clear(&word);
    if (quote != '\0') {
        process_words_free(words);
        return NULL;
    }
    return words;
}

/* ---- the process ---- */

static void on_closed(uv_handle_t *handle)
{
    struct process *p = handle->data;
    if (--p->open_handles > 0)
        return;
    buffer_clear(&p->text);
    free(p);
}

/* Both must be over: the child may end before all that it printed has been read. */
static void part_over(struct process *p)
{
    if (--p->going > 0)
        return;
    p->ended(p->owner, p->id, p->error, p->status, p->text.text == NULL ? "" : p->text.text);
    /* What it printed are keys. */
    if (p->text.text != NULL)
        explicit_bzero(p->text.text, p->text.used);
    explicit_bzero(p->chunk, sizeof p->chunk);
    uv_close((uv_handle_t *)&p->child, on_closed);
    uv_close((uv_handle_t *)&p->out, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
}

static void on_exit_of(uv_process_t *child, int64_t status, int signal_number)
{
    struct process *p = child->data;
    p->status = signal_number != 0 ? 128 + signal_number : (int)status;
    part_over(p);
}

static void give_up(struct process *p, int error)
{
    if (p->error == 0)
        p->error = error;
    if (uv_is_active((uv_handle_t *)&p->child)) /* once it has ended its number may be another's */
        (void)uv_process_kill(&p->child, SIGKILL);
}

static void stop(struct process *p, int error)
{
    give_up(p, error);
    /* A grandchild may hold the pipe open for ever. */
    if (uv_is_active((uv_handle_t *)&p->out)) {
        uv_read_stop((uv_stream_t *)&p->out);
        part_over(p);
    }
}

static void on_timeout(uv_timer_t *timer)
{
    stop(timer->data, -ETIMEDOUT);
}

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct process *p = handle->data;
    (void)suggested;
    *buf = uv_buf_init(p->chunk, sizeof p->chunk);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct process *p = stream->data;
    if (n < 0) {
        uv_read_stop(stream);
        part_over(p);
        return;
    }
    if (p->text.used + (size_t)n > PROCESS_OUTPUT_MAX)
        give_up(p, -EFBIG);
    else
        buffer_add(&p->text, buf->base, (size_t)n);
}

static int spawn(struct process *p, uv_loop_t *loop, char **words)
{
    /* NOLINTBEGIN(clang-analyzer-optin.core.EnumCastOutOfRange): flags of libuv are an enum */
    uv_stdio_container_t stdio[3] = {
        { .flags = UV_IGNORE },
        { .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->out },
        { .flags = UV_INHERIT_FD, .data.fd = 2 },
    };
    /* NOLINTEND(clang-analyzer-optin.core.EnumCastOutOfRange) */
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = words[0],
        .args = words,
        .stdio_count = 3,
        .stdio = stdio,
    };
    return uv_spawn(loop, &p->child, &options);
}

struct process *process_run(uv_loop_t *loop, uint64_t id, const char *command, msec_t timeout,
                            process_ended_fn *ended, void *owner)
{
    char **words = process_words(command);
    if (words == NULL) {
        ended(owner, id, -EINVAL, 0, "");
        return NULL;
    }
    struct process *p = xcalloc(1, sizeof *p);
    *p = (struct process){
        .id = id, .ended = ended, .owner = owner, .open_handles = 3, .going = 2
    };
    uv_pipe_init(loop, &p->out, 0);
    uv_timer_init(loop, &p->timer);
    p->child.data = p->out.data = p->timer.data = p;
    int rc = spawn(p, loop, words);
    process_words_free(words);
    if (rc < 0) {
        p->error = rc;
        p->going = 1;
        part_over(p);
        return NULL;
    }
    uv_timer_start(&p->timer, on_timeout, (uint64_t)timeout, 0);
    uv_read_start((uv_stream_t *)&p->out, give_chunk, on_output);
    return p;
}

void process_kill(struct process *p)
{
    stop(p, -ECANCELED);
}
