/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ctl/render.h"

#include "daemon/base/time.h"

#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <unistd.h>

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s == NULL ? "" : s;
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void render_age(json_int_t ms, char to[RENDER_AGE_SIZE])
{
    static const struct {
        json_int_t ms;
        const char *unit;
    } units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" } };
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (ms >= units[i].ms * 2 || i + 1 == ARRAY_SIZE(units)) {
            (void)snprintf(to, RENDER_AGE_SIZE, "%" JSON_INTEGER_FORMAT " %s", ms / units[i].ms,
                           units[i].unit);
            return;
        }
}

static const char *age_of(const json_t *object, const char *key, char to[RENDER_AGE_SIZE])
{
    if (json_object_get(object, key) == NULL)
        return "-";
    render_age(number(object, key), to);
    return to;
}

/* ---- tables ---- */

/* The last column takes what room is left and wraps; the others are as wide as they need. */
static struct libscols_table *table_new(const char *const *headings, size_t n)
{
    struct libscols_table *t = scols_new_table();
    if (t == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        if (scols_table_new_column(t, headings[i], i + 1 < n ? 0 : 0.5,
                                   i + 1 < n ? 0 : SCOLS_FL_WRAP) == NULL)
            abort();
    scols_table_set_column_separator(t, "  ");
    if (!isatty(STDOUT_FILENO))
        scols_table_set_termwidth(t, 200);
    return t;
}

static void table_row(struct libscols_table *t, const char *const *cells, size_t n)
{
    struct libscols_line *line = scols_table_new_line(t, NULL);
    if (line == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        (void)scols_line_set_data(line, i, cells[i]);
}

static void table_print(struct libscols_table *t)
{
    if (scols_table_get_nlines(t) > 0)
        (void)scols_print_table(t);
    scols_unref_table(t);
}

/* A value in a few characters: strings bare, the rest as JSON. */
static char *value_text(const json_t *value)
{
    if (value == NULL)
        return xstrdup("nothing");
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    if (dumped != NULL && strlen(dumped) > 160)
        memcpy(dumped + 157, "...", 4);
    return dumped == NULL ? xstrdup("?") : dumped;
}

/* "VisibilityTimeout: 60, wanted 30; …" */
static void add_drift(struct buffer *b, const json_t *drift, const char *live, const char *wanted)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(drift, i, entry)
    {
        bool secret = json_is_true(json_object_get(entry, "secret"));
        if (*text(entry, "pointer") == '\0') /* the whole resource: the reason says it */
            continue;
        autofree char *from = value_text(json_object_get(entry, live));
        autofree char *to = value_text(json_object_get(entry, wanted));
        buffer_printf(b, "%s%s: ", b->used == 0 ? "" : "; ", text(entry, "pointer"));
        if (secret)
            buffer_str(b, "differs (secret)");
        else
            buffer_printf(b, "%s, wanted %s", from, to);
    }
}

/* ---- documents ---- */

static void add_why(struct buffer *b, const json_t *row)
{
    const json_t *error = json_object_get(row, "error"), *drift = json_object_get(row, "drift");
    buffer_str(b, text(row, "reason"));
    if (json_array_size(drift) > 0) {
        struct buffer fields = { 0 };
        add_drift(&fields, drift, "live", "wanted");
        if (fields.used > 0)
            buffer_printf(b, "%s%s", b->used == 0 ? "" : ": ", fields.text);
        buffer_clear(&fields);
    }
    if (error != NULL)
        buffer_printf(b, "%s%s %s %s", b->used == 0 ? "" : "; ", text(error, "operation"),
                      text(error, "code"), text(error, "message"));
}

static void print_rows(const json_t *rows)
{
    static const char *const headings[] = { "RESOURCE", "STATE", "SINCE", "LOOKED", "WHY" };
    struct libscols_table *t = table_new(headings, ARRAY_SIZE(headings));
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        char since[RENDER_AGE_SIZE], looked[RENDER_AGE_SIZE];
        struct buffer why = { 0 };
        add_why(&why, row);
        autofree char *reason = buffer_take(&why);
        const char *const cells[] = { text(row, "id"), text(row, "state"),
                                      age_of(row, "state_age_ms", since),
                                      age_of(row, "checked_age_ms", looked), reason };
        table_row(t, cells, ARRAY_SIZE(cells));
    }
    table_print(t);
}

void render_rows(const json_t *document)
{
    const json_t *rows = json_object_get(document, "rows");
    if (json_array_size(rows) == 0)
        printf("nothing to show\n");
    print_rows(rows);
}

/* "13 in_sync, 1 drifted" without the total. */
static char *states_text(const json_t *counts)
{
    struct buffer b = { 0 };
    const char *state;
    json_t *n;
    json_object_foreach((json_t *)(uintptr_t)counts, state,
                        n) if (json_is_integer(n) && !str_eq(state, "total"))
        buffer_printf(&b, "%s%" JSON_INTEGER_FORMAT " %s", b.used == 0 ? "" : ", ",
                      json_integer_value(n), state);
    return buffer_take(&b);
}

static void print_regions(const json_t *regions)
{
    static const char *const headings[] = { "REGION", "ROLE", "RESOURCES", "STATES" };
    struct libscols_table *t = table_new(headings, ARRAY_SIZE(headings));
    const char *region;
    json_t *counts;
    json_object_foreach((json_t *)(uintptr_t)regions, region, counts)
    {
        autofree char *total = xasprintf("%" JSON_INTEGER_FORMAT, number(counts, "total"));
        autofree char *states = states_text(counts);
        const char *const cells[] = { region, text(counts, "role"), total, states };
        table_row(t, cells, ARRAY_SIZE(cells));
    }
    table_print(t);
}

static void print_pass(const json_t *pass)
{
    char a[RENDER_AGE_SIZE], b[RENDER_AGE_SIZE];
    printf("pass %" JSON_INTEGER_FORMAT, number(pass, "number"));
    if (json_is_true(json_object_get(pass, "running")))
        printf(": running for %s, %" JSON_INTEGER_FORMAT " to look at",
               age_of(pass, "started_age_ms", a), number(pass, "open"));
    else if (number(pass, "number") > 0)
        printf(": took %" JSON_INTEGER_FORMAT " ms, ended %s ago, next in %s",
               number(pass, "duration_ms"), age_of(pass, "ended_age_ms", a),
               age_of(pass, "next_in_ms", b));
    printf("; %" JSON_INTEGER_FORMAT " changes made in it\n", number(pass, "writes"));
    if (number(pass, "limited") > 0)
        printf("%" JSON_INTEGER_FORMAT " changes wait for the next pass: the limit is reached\n",
               number(pass, "limited"));
}

static void print_hold(const json_t *hold)
{
    char since[RENDER_AGE_SIZE], ends[RENDER_AGE_SIZE];
    if (hold == NULL)
        return;
    printf("ON HOLD for %s by %s: %s", age_of(hold, "age_ms", since), text(hold, "who"),
           text(hold, "reason"));
    if (json_object_get(hold, "ends_in_ms") != NULL)
        printf(" (ends in %s)", age_of(hold, "ends_in_ms", ends));
    printf("\n");
}

static void print_unreachable(const json_t *unreachable)
{
    size_t i;
    const json_t *place;
    json_array_foreach(unreachable, i, place)
    {
        char age[RENDER_AGE_SIZE];
        printf("UNREACHABLE %s in %s for %s\n", text(place, "service"), text(place, "region"),
               age_of(place, "dark_ms", age));
    }
}

static void print_operations(const json_t *operations)
{
    size_t i;
    const json_t *order;
    json_array_foreach(operations, i, order)
    {
        char age[RENDER_AGE_SIZE];
        printf("running: %s %s for %s by %s\n", text(order, "command"), text(order, "id"),
               age_of(order, "age_ms", age), text(order, "who"));
    }
}

void render_status(const json_t *status)
{
    char up[RENDER_AGE_SIZE], oldest[RENDER_AGE_SIZE];
    const char *account = text(json_object_get(status, "account"), "id");
    printf("drd %s  environment %s  account %s  %s  up %s\n", text(status, "version"),
           text(status, "environment"), *account == '\0' ? "not known yet" : account,
           text(status, "posture"), age_of(status, "uptime_ms", up));
    if (json_object_get(status, "refusal") != NULL)
        printf("CANNOT WORK: %s\n", text(status, "refusal"));
    print_hold(json_object_get(status, "hold"));
    print_pass(json_object_get(status, "pass"));
    print_unreachable(json_object_get(status, "unreachable"));
    print_regions(json_object_get(status, "regions"));
    if (json_is_true(json_object_get(status, "stale")))
        printf("STALE: passes do not come to their end; what stands here is old\n");
    if (number(status, "never_checked") > 0)
        printf("%" JSON_INTEGER_FORMAT " not looked at yet; ", number(status, "never_checked"));
    if (number(json_object_get(status, "resources"), "total") == 0)
        printf("nothing looked at yet; ");
    else
        printf("oldest look: %s ago; ", age_of(status, "oldest_check_age_ms", oldest));
    printf("%" JSON_INTEGER_FORMAT " changes since start, %" JSON_INTEGER_FORMAT
           " failed, %" JSON_INTEGER_FORMAT " not retained\n",
           number(status, "changes"), number(status, "changes_failed"),
           number(status, "not_retained"));
    print_operations(json_object_get(status, "operations"));
    if (json_array_size(json_object_get(status, "problems")) > 0) {
        printf("\n");
        print_rows(json_object_get(status, "problems"));
    }
}

/* One row for each leaf, named by its path. */
static void add_output(struct libscols_table *t, const char *name, const json_t *value)
{
    const char *key;
    json_t *inner;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, inner)
        {
            autofree char *longer = xasprintf("%s.%s", name, key);
            add_output(t, longer, inner);
        }
        return;
    }
    autofree char *shown = value_text(value);
    const char *const cells[] = { name, shown };
    table_row(t, cells, ARRAY_SIZE(cells));
}

void render_outputs(const json_t *document)
{
    static const char *const headings[] = { "OUTPUT", "VALUE" };
    struct libscols_table *t = table_new(headings, ARRAY_SIZE(headings));
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(document, "outputs"), name, value)
        add_output(t, name, value);
    table_print(t);
    json_object_foreach(json_object_get(document, "missing"), name, value)
        printf("not known yet: %s (needs %s)\n", name, json_string_value(value));
}

/* One export line for each leaf; 'it'\''s' is how a shell reads a quote in quotes. */
static void print_exports(const char *name, const json_t *value)
{
    const char *key;
    json_t *inner;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, inner)
        {
            autofree char *longer = xasprintf("%s_%s", name, key);
            print_exports(longer, inner);
        }
        return;
    }
    autofree char *shown = value_text(value);
    printf("export ");
    for (const char *p = name; *p != '\0'; p++) {
        char upper = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        bool plain = (upper >= 'A' && upper <= 'Z') || (upper >= '0' && upper <= '9');
        (void)putchar(plain ? upper : '_');
    }
    printf("='");
    for (const char *p = shown; *p != '\0'; p++)
        if (*p == '\'')
            printf("'\\''");
        else
            (void)putchar(*p);
    printf("'\n");
}

void render_outputs_shell(const json_t *document)
{
    print_exports("drd", json_object_get(document, "outputs"));
}

static void log_line(struct libscols_table *t, const json_t *row)
{
    char when[32];
    const json_t *result = json_object_get(row, "result");
    struct buffer what = { 0 };
    bool change = str_eq(text(row, "record"), "change");
    wall_iso8601((wall_t){ number(row, "time") }, when);
    buffer_str(&what, change ? text(row, "reason") : text(row, "text"));
    struct buffer fields = { 0 };
    add_drift(&fields, json_object_get(row, "fields"), "before", "after");
    if (fields.used > 0)
        buffer_printf(&what, ": %s", fields.text);
    buffer_clear(&fields);
    if (result != NULL && !str_eq(text(result, "class"), "ok"))
        buffer_printf(&what, " -> %s %s", text(result, "class"), text(result, "code"));
    autofree char *shown = buffer_take(&what);
    const char *const cells[] = { when, text(row, "resource"),
                                  change ? text(row, "op") : text(row, "level"),
                                  result == NULL ? "" : text(result, "request_id"), shown };
    table_row(t, cells, ARRAY_SIZE(cells));
}

void render_log(const json_t *document)
{
    static const char *const headings[] = { "TIME", "RESOURCE", "OPERATION", "REQUEST", "WHAT" };
    struct libscols_table *t = table_new(headings, ARRAY_SIZE(headings));
    const json_t *rows = json_object_get(document, "rows");
    if (json_array_size(rows) == 0)
        printf("nothing to show\n");
    for (size_t i = json_array_size(rows); i > 0; i--) /* oldest first, as one reads */
        log_line(t, json_array_get(rows, i - 1));
    table_print(t);
}

static void print_changes(const json_t *changes)
{
    static const char *const headings[] = { "ACTION", "RESOURCE", "OPERATION", "WHAT" };
    struct libscols_table *t = table_new(headings, ARRAY_SIZE(headings));
    size_t i;
    const json_t *change;
    json_array_foreach(changes, i, change)
    {
        struct buffer what = { 0 };
        bool planned = json_object_get(change, "drift") != NULL;
        add_drift(&what, json_object_get(change, planned ? "drift" : "fields"),
                  planned ? "live" : "before", planned ? "wanted" : "after");
        add_drift(&what, json_object_get(change, "others"), "live", "wanted");
        autofree char *shown = buffer_take(&what);
        const char *operation = text(change, "operation");
        const char *const cells[] = { text(change, "action"), text(change, "resource"),
                                      *text(change, "op") != '\0' ? text(change, "op") : operation,
                                      *shown == '\0' ? text(change, "reason") : shown };
        table_row(t, cells, ARRAY_SIZE(cells));
    }
    table_print(t);
}

void render_operation(const json_t *operation)
{
    char age[RENDER_AGE_SIZE];
    const json_t *result = json_object_get(operation, "result");
    if (result == NULL)
        result = json_object_get(operation, "summary");
    const json_t *changes = json_object_get(result, "changes");
    if (changes == NULL)
        changes = json_object_get(operation, "changes");
    if (json_is_array(changes) && json_array_size(changes) == 0)
        printf("nothing to change\n");
    print_changes(changes);
    printf("%s %s: %s", text(operation, "command"), text(operation, "id"),
           text(operation, "state"));
    if (json_object_get(operation, "reason") != NULL)
        printf(", %s", text(operation, "reason"));
    if (json_object_get(result, "duration_ms") != NULL)
        printf(" after %s", age_of(result, "duration_ms", age));
    autofree char *states = states_text(json_object_get(result, "resources"));
    printf("%s%s\n", *states == '\0' ? "" : "; ", states);
    if (json_array_size(json_object_get(result, "problems")) > 0)
        print_rows(json_object_get(result, "problems"));
}
