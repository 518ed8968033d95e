/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum { VALUE_SHOWN = 120 };

static const char *const level_names[] = {
    [LOG_EMERG] = "emergency", [LOG_ALERT] = "alert",     [LOG_CRIT] = "critical",
    [LOG_ERR] = "error",       [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
    [LOG_INFO] = "info",       [LOG_DEBUG] = "debug",
};

/* JOURNAL_STREAM is "device:inode" of the stream that systemd made for us. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    if (stream == NULL || fstat(STDERR_FILENO, &st) < 0)
        return false;
    autofree char *ours = xasprintf("%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    return str_eq(stream, ours);
}

void log_init(struct log *log, int level)
{
    log->level = level;
    log->journal = stderr_is_journal();
    log->terminal = !log->journal && isatty(STDERR_FILENO);
    log->prefixed = !log->journal && getenv("INVOCATION_ID") != NULL;
}

static void send_to_journal(int level, const char *text, const json_t *body)
{
    static const struct {
        const char *field, *key;
    } fields[] = {
        { "DRD_RESOURCE", "resource" },   { "DRD_KIND", "kind" },
        { "DRD_REGION", "region" },       { "DRD_CALL", "op" },
        { "DRD_OPERATION", "operation" }, { "DRD_REQUEST_ID", "request_id" },
        { "DRD_CLASS", "class" },         { "DRD_CODE", "code" },
    };
    char *lines[2 + ARRAY_SIZE(fields)];
    struct iovec parts[2 + ARRAY_SIZE(fields)];
    int n = 0;
    lines[n++] = xasprintf("MESSAGE=%s", text);
    lines[n++] = xasprintf("PRIORITY=%d", level);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const char *value = json_string_value(json_object_get(body, fields[i].key));
        if (value != NULL)
            lines[n++] = xasprintf("%s=%s", fields[i].field, value);
    }
    for (int i = 0; i < n; i++)
        parts[i] = (struct iovec){ .iov_base = lines[i], .iov_len = strlen(lines[i]) };
    (void)sd_journal_sendv(parts, n);
    for (int i = 0; i < n; i++)
        free(lines[i]);
}

/* One line, whatever AWS or a person put into the text. */
static void print_line(const struct log *log, int level, const char *text)
{
    struct buffer line = { 0 };
    if (!log->prefixed)
        buffer_printf(&line, "drd: %s%s", level <= LOG_WARNING ? level_names[level] : "",
                      level <= LOG_WARNING ? ": " : "");
    else
        buffer_printf(&line, "<%d>", level);
    for (const char *p = text; *p != '\0'; p++)
        buffer_add(&line, (unsigned char)*p < ' ' || *p == 0x7f ? " " : p, 1);
    buffer_str(&line, "\n");
    (void)fputs(line.text, stderr);
    buffer_clear(&line);
}

static void put(const struct log *log, int level, const char *text, const json_t *body)
{
    if (level > log->level)
        return;
    if (log->journal)
        send_to_journal(level, text, body);
    else
        print_line(log, level, text);
}

void log_say(const struct log *log, int level, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        abort();
    put(log, level, text, NULL);
    free(text);
}

void log_problem(const struct log *log, int level, const struct problem *problem)
{
    autofree char *text = problem_text(problem);
    put(log, level, text, NULL);
}

void log_problems(const struct log *log, int level, const struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        log_problem(log, level, &problems->items[i]);
}

/* ---- records ---- */

static const char *text_of(const json_t *body, const char *key)
{
    const char *value = json_string_value(json_object_get(body, key));
    return value == NULL ? "" : value;
}

static int level_of(const char *name)
{
    for (int level = 0; level < (int)ARRAY_SIZE(level_names); level++)
        if (strcmp(level_names[level], name) == 0)
            return level;
    return LOG_NOTICE;
}

static char *shown(const json_t *value)
{
    char *text = value == NULL ? xstrdup("nothing") : json_dumps(value, JSON_ENCODE_ANY);
    if (text != NULL && strlen(text) > VALUE_SHOWN)
        memcpy(text + VALUE_SHOWN - 3, "...", 4);
    return text;
}

/* "/VisibilityTimeout 30 -> 60, /Tags/owner nothing -> \"payments\"" */
static char *fields_text(const json_t *fields)
{
    struct buffer b = { 0 };
    size_t i;
    const json_t *field;
    json_array_foreach(fields, i, field)
    {
        autofree char *before = shown(json_object_get(field, "before"));
        autofree char *after = shown(json_object_get(field, "after"));
        bool secret = json_is_true(json_object_get(field, "secret"));
        const char *pointer = text_of(field, "pointer");
        buffer_printf(&b, "%s%s%s%s -> %s", i == 0 ? ": " : ", ", pointer,
                      pointer[0] == '\0' ? "" : " ", secret ? "(secret)" : before,
                      secret ? "(secret)" : after);
    }
    return buffer_take(&b);
}

static void log_change(const struct log *log, uint64_t seq, const json_t *body)
{
    autofree char *fields = fields_text(json_object_get(body, "fields"));
    const char *reason = text_of(body, "reason");
    autofree char *text = xasprintf("change %llu: %s: %s%s%s%s%s", (unsigned long long)seq,
                                    text_of(body, "resource"), text_of(body, "op"),
                                    reason[0] == '\0' ? "" : " (", reason,
                                    reason[0] == '\0' ? "" : ")", fields);
    put(log, LOG_NOTICE, text, body);
}

static void log_result(const struct log *log, const json_t *body)
{
    static const char *const keys[] = {
        "resource", "op", "class", "code", "message", "request_id"
    };
    struct buffer b = { 0 };
    buffer_printf(&b, "change %lld",
                  (long long)json_integer_value(json_object_get(body, "change")));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (text_of(body, keys[i])[0] != '\0')
            buffer_printf(&b, ": %s", text_of(body, keys[i]));
    put(log, str_eq(text_of(body, "class"), "ok") ? LOG_INFO : LOG_WARNING, b.text, body);
    buffer_clear(&b);
}

static void log_event(const struct log *log, const json_t *body)
{
    const char *resource = text_of(body, "resource");
    autofree char *text = xasprintf("%s%s%s", resource, resource[0] == '\0' ? "" : ": ",
                                    text_of(body, "text"));
    put(log, level_of(text_of(body, "level")), text, body);
}

void log_record(const struct log *log, uint64_t seq, enum record_kind kind, const json_t *body)
{
    switch (kind) {
    case RECORD_CHANGE:
        log_change(log, seq, body);
        break;
    case RECORD_RESULT:
        log_result(log, body);
        break;
    case RECORD_EVENT:
        log_event(log, body);
        break;
    case RECORD_OPERATION:
    case RECORD_RESOURCE:
    case RECORD_SETTING:
        break;
    }
}
