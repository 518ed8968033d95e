/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

#include "daemon/base/time.h"

#include <inttypes.h>
#include <stdio.h>

/* Year 9999 in seconds: beyond this a timestamp is a mistake, and milliseconds stay in range. */
static const double SECONDS_MAX = 253402300799.0;

static enum timestamp_format time_format(const struct member *m, enum timestamp_format fallback)
{
    if (m->time_format != TIME_DEFAULT)
        return m->time_format;
    return m->shape->time_format != TIME_DEFAULT ? m->shape->time_format : fallback;
}

static json_t *wrong(struct problem *problem, const char *wanted, const json_t *value)
{
    problem_set(problem, "", "is %s, not %s", codec_kind(value), wanted);
    return NULL;
}

/* JSON has no word for these; they travel as strings everywhere. */
static bool odd_float(const char *text)
{
    return strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0 ||
           strcmp(text, "-Infinity") == 0;
}

/* jansson reads and writes numbers without regard to the locale; libc does not. */
static json_t *parse_number(const char *text)
{
    json_t *number = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_number(number))
        return number;
    json_decref(number);
    return NULL;
}

/* The shortest text that reads back as the same number. */
static char *number_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    assert(text != NULL);
    json_auto_t *again = parse_number(text);
    if (json_equal(again, value))
        return text;
    free(text);
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    assert(text != NULL);
    return text;
}

static char *time_text(int64_t ms, enum timestamp_format format)
{
    char text[32];
    int64_t rest = ms % 1000;
    switch (format) {
    case TIME_UNIX:
        if (rest == 0)
            return xasprintf("%" PRId64, ms / 1000);
        return xasprintf("%s%" PRId64 ".%03" PRId64, ms < 0 ? "-" : "",
                         ms < 0 ? -(ms / 1000) : ms / 1000, rest < 0 ? -rest : rest);
    case TIME_RFC822:
        wall_http_date((wall_t){ ms }, text);
        return xstrdup(text);
    case TIME_DEFAULT:
    case TIME_ISO8601:
        break;
    }
    wall_iso8601((wall_t){ ms }, text);
    return xstrdup(text);
}

static json_t *time_from_seconds(double seconds, struct problem *problem)
{
    if (!(seconds > -SECONDS_MAX && seconds < SECONDS_MAX)) {
        problem_set(problem, "", "is a timestamp out of range");
        return NULL;
    }
    return json_integer((json_int_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5)));
}

static json_t *time_from_text(const char *text, struct problem *problem)
{
    wall_t t;
    if (wall_parse_iso8601(text, &t) || wall_parse_http_date(text, &t))
        return json_integer(t.ms);
    json_auto_t *number = parse_number(text);
    if (number != NULL)
        return time_from_seconds(json_number_value(number), problem);
    problem_set(problem, "", "is no timestamp: \"%.40s\"", text);
    return NULL;
}

static json_t *bool_from_text(const char *text, struct problem *problem)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    problem_set(problem, "", "is neither true nor false: \"%.40s\"", text);
    return NULL;
}

static json_t *number_from_json(enum shape_type type, const json_t *number, struct problem *problem)
{
    double real = json_number_value(number);
    if (type == SHAPE_FLOAT || type == SHAPE_DOUBLE)
        return json_real(real);
    if (json_is_integer(number))
        return json_integer(json_integer_value(number));
    /* 5.0 is 5; some services write whole numbers so. */
    json_int_t whole = real > -9e15 && real < 9e15 ? (json_int_t)real : 0;
    json_auto_t *again = json_real((double)whole);
    if (json_equal(again, number))
        return json_integer(whole);
    return wrong(problem, "a whole number", number);
}

static json_t *number_from_text(enum shape_type type, const char *text, struct problem *problem)
{
    if ((type == SHAPE_FLOAT || type == SHAPE_DOUBLE) && odd_float(text))
        return json_string(text);
    json_auto_t *number = parse_number(text);
    if (number != NULL)
        return number_from_json(type, number, problem);
    problem_set(problem, "", "is no number: \"%.40s\"", text);
    return NULL;
}

static json_t *string_from_text(const char *text, struct problem *problem)
{
    json_t *string = json_string(text);
    if (string == NULL)
        problem_set(problem, "", "is not UTF-8");
    return string;
}

json_t *codec_value_parse(const struct member *m, const char *text, struct problem *problem)
{
    switch (m->shape->type) {
    case SHAPE_STRING:
        if (m->json_value && m->location == IN_HEADER) {
            size_t n;
            autofree char *plain = codec_base64_decode(text, &n);
            return string_from_text(plain == NULL ? text : plain, problem);
        }
        return string_from_text(text, problem);
    case SHAPE_BLOB:
        return string_from_text(text, problem);
    case SHAPE_BOOLEAN:
        return bool_from_text(text, problem);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return number_from_text(m->shape->type, text, problem);
    case SHAPE_TIMESTAMP:
        return time_from_text(text, problem);
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    problem_set(problem, "", "is text where %s belongs", m->shape->name);
    return NULL;
}

json_t *codec_value_from_json(const struct member *m, const json_t *wire, struct problem *problem)
{
    enum shape_type type = m->shape->type;
    if (json_is_string(wire))
        return codec_value_parse(m, json_string_value(wire), problem);
    if (type == SHAPE_BOOLEAN && json_is_boolean(wire))
        return json_boolean(json_is_true(wire));
    if (!json_is_number(wire) || type == SHAPE_BOOLEAN || type == SHAPE_STRING ||
        type == SHAPE_BLOB)
        return wrong(problem, type == SHAPE_BOOLEAN ? "a boolean" : "a string", wire);
    if (type == SHAPE_TIMESTAMP)
        return time_from_seconds(json_number_value(wire), problem);
    return number_from_json(type, wire, problem);
}

/* NULL when value may stand for the scalar, else what it should have been. */
static const char *wrong_kind(enum shape_type type, const json_t *value)
{
    switch (type) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return json_is_string(value) ? NULL : "a string";
    case SHAPE_BOOLEAN:
        return json_is_boolean(value) ? NULL : "a boolean";
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return json_is_integer(value) ? NULL : "a whole number";
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return json_is_number(value) ||
                       (json_is_string(value) && odd_float(json_string_value(value)))
                   ? NULL
                   : "a number";
    case SHAPE_TIMESTAMP:
        return json_is_integer(value) ? NULL : "a time in milliseconds";
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    return "one value";
}

char *codec_value_text(const struct member *m, const json_t *value, enum timestamp_format fallback,
                       struct problem *problem)
{
    const char *wanted = wrong_kind(m->shape->type, value);
    if (wanted != NULL) {
        (void)wrong(problem, wanted, value);
        return NULL;
    }
    if (m->shape->type == SHAPE_TIMESTAMP)
        return time_text(json_integer_value(value), time_format(m, fallback));
    if (json_is_boolean(value))
        return xstrdup(json_is_true(value) ? "true" : "false");
    if (json_is_number(value))
        return number_text(value);
    if (m->json_value && m->location == IN_HEADER)
        return codec_base64_encode(json_string_value(value), json_string_length(value));
    return xstrdup(json_string_value(value));
}

json_t *codec_value_to_json(const struct member *m, const json_t *value, struct problem *problem)
{
    const char *wanted = wrong_kind(m->shape->type, value);
    if (wanted != NULL)
        return wrong(problem, wanted, value);
    if (m->shape->type != SHAPE_TIMESTAMP)
        return json_copy(codec_iterable(value));
    int64_t ms = json_integer_value(value);
    enum timestamp_format format = time_format(m, TIME_UNIX);
    if (format == TIME_UNIX)
        return ms % 1000 == 0 ? json_integer(ms / 1000) : json_real((double)ms / 1000);
    autofree char *text = time_text(ms, format);
    return json_string(text);
}
