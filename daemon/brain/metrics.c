/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/metrics.h"

#include "reconcilers/pointer.h"

/* clang-format off */
const struct metric metric_rows[] = {
    { "drd_uptime_seconds", "gauge", "/uptime_ms", "Time since the daemon started.", 1e-3 },
    { "drd_resources_managed", "gauge", "/resources/total", "Resources under care.", 1 },
    { "drd_passes_begun_total", "counter", "/pass/number", "Passes begun.", 1 },
    { "drd_passes_ended_total", "counter", "/pass/completed", "Passes ended.", 1 },
    { "drd_pass_duration_seconds", "gauge", "/pass/duration_ms", "Length of the last pass, or of the one that runs.", 1e-3 },
    { "drd_pass_age_seconds", "gauge", "/pass/started_age_ms", "Time since the last pass began.", 1e-3 },
    { "drd_pass_writes", "gauge", "/pass/writes", "Changes begun in this pass.", 1 },
    { "drd_pass_limited", "gauge", "/pass/limited", "Changes of this pass that a limit put off.", 1 },
    { "drd_oldest_check_age_seconds", "gauge", "/oldest_check_age_ms", "Age of the oldest look at any resource.", 1e-3 },
    { "drd_changes_total", "counter", "/changes", "Changes that AWS accepted.", 1 },
    { "drd_changes_failed_total", "counter", "/changes_failed", "Changes that AWS did not accept.", 1 },
    { "drd_not_retained_total", "counter", "/not_retained", "Changes that AWS accepted and that did not show.", 1 },
    { "drd_calls_out", "gauge", "/calls_out", "Calls that wait for an answer.", 1 },
    { "drd_throttled_total", "counter", "/client/throttled", "Attempts that AWS throttled.", 1 },
    { NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */

/* A number with at most three decimals, whatever the locale says of commas. */
static void add_number(struct buffer *b, double value)
{
    int64_t thousandths = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));
    int64_t whole = thousandths / 1000, rest = thousandths % 1000;
    if (rest == 0) {
        buffer_printf(b, "%lld\n", (long long)whole);
        return;
    }
    const char *sign = thousandths < 0 ? "-" : "";
    whole = whole < 0 ? -whole : whole;
    rest = rest < 0 ? -rest : rest;
    buffer_printf(b, "%s%lld.%03lld\n", sign, (long long)whole, (long long)rest);
}

static void add_head(struct buffer *b, const char *name, const char *type, const char *help)
{
    buffer_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* name="value", escaped as the format wants it. */
static void add_label(struct buffer *b, const char *name, const char *value)
{
    buffer_printf(b, "%s=\"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\\' || *p == '"')
            buffer_add(b, "\\", 1);
        if (*p == '\n')
            buffer_str(b, "\\n");
        else
            buffer_add(b, p, 1);
    }
    buffer_str(b, "\"");
}

static void add_rows(struct buffer *b, const json_t *status)
{
    for (const struct metric *m = metric_rows; m->name != NULL; m++) {
        const json_t *value = pointer_get(status, m->pointer);
        if (!json_is_number(value))
            continue;
        add_head(b, m->name, m->type, m->help);
        buffer_printf(b, "%s ", m->name);
        add_number(b, json_number_value(value) * m->scale);
    }
}

static void add_flag(struct buffer *b, const char *name, bool on, const char *help)
{
    add_head(b, name, "gauge", help);
    buffer_printf(b, "%s %d\n", name, (int)on);
}

static void add_resources(struct buffer *b, const json_t *status)
{
    add_head(b, "drd_resources", "gauge", "Resources by region and state.");
    const char *region, *state;
    json_t *counts, *n;
    json_object_foreach(json_object_get(status, "regions"), region, counts)
        json_object_foreach(counts, state, n)
    {
        if (!json_is_integer(n) || strcmp(state, "total") == 0)
            continue;
        buffer_str(b, "drd_resources{");
        add_label(b, "region", region);
        buffer_str(b, ",");
        add_label(b, "state", state);
        buffer_str(b, "} ");
        add_number(b, json_number_value(n));
    }
}

static void add_attempts(struct buffer *b, const json_t *status)
{
    const json_t *attempts = pointer_get(status, "/client/attempts");
    if (attempts == NULL)
        return;
    add_head(b, "drd_aws_attempts_total", "counter", "Requests to AWS by operation and outcome.");
    const char *operation, *outcome;
    json_t *outcomes, *n;
    json_object_foreach((json_t *)(uintptr_t)attempts, operation, outcomes)
        json_object_foreach(outcomes, outcome, n)
    {
        buffer_str(b, "drd_aws_attempts_total{");
        add_label(b, "operation", operation);
        buffer_str(b, ",");
        add_label(b, "outcome", outcome);
        buffer_str(b, "} ");
        add_number(b, json_number_value(n));
    }
}

static void add_unreachable(struct buffer *b, const json_t *status)
{
    add_head(b, "drd_unreachable_seconds", "gauge", "How long a service has not answered.");
    size_t i;
    json_t *place;
    json_array_foreach(json_object_get(status, "unreachable"), i, place)
    {
        buffer_str(b, "drd_unreachable_seconds{");
        add_label(b, "region", json_string_value(json_object_get(place, "region")));
        buffer_str(b, ",");
        add_label(b, "service", json_string_value(json_object_get(place, "service")));
        buffer_str(b, "} ");
        add_number(b, json_number_value(json_object_get(place, "dark_ms")) * 1e-3);
    }
}

static void add_clocks(struct buffer *b, const json_t *status)
{
    const json_t *offsets = pointer_get(status, "/client/clock_offset_ms");
    if (!json_is_object(offsets))
        return;
    add_head(b, "drd_clock_offset_seconds", "gauge", "AWS's clock minus this host's, by region.");
    const char *region;
    json_t *ms;
    json_object_foreach((json_t *)(uintptr_t)offsets, region, ms)
    {
        buffer_str(b, "drd_clock_offset_seconds{");
        add_label(b, "region", region);
        buffer_str(b, "} ");
        add_number(b, json_number_value(ms) * 1e-3);
    }
}

char *metrics_render(const json_t *status)
{
    struct buffer b = { 0 };
    const char *version = json_string_value(json_object_get(status, "version"));
    const char *environment = json_string_value(json_object_get(status, "environment"));
    const char *posture = json_string_value(json_object_get(status, "posture"));
    add_head(&b, "drd_info", "gauge", "Version and environment.");
    buffer_str(&b, "drd_info{");
    add_label(&b, "version", version != NULL ? version : "");
    buffer_str(&b, ",");
    add_label(&b, "environment", environment != NULL ? environment : "");
    buffer_str(&b, ",");
    add_label(&b, "posture", posture != NULL ? posture : "");
    buffer_str(&b, "} 1\n");
    add_flag(&b, "drd_hold", json_is_object(json_object_get(status, "hold")),
             "1 while an operator holds all changes.");
    add_flag(&b, "drd_journal_unwritable", str_eq(posture, "journal unwritable"),
             "1 while the journal cannot be written and nothing is changed.");
    add_rows(&b, status);
    add_resources(&b, status);
    add_unreachable(&b, status);
    add_attempts(&b, status);
    add_clocks(&b, status);
    return buffer_take(&b);
}
