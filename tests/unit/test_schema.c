/* SPDX-License-Identifier: Apache-2.0 */
#include "config/intent.h"
#include "config/place.h"
#include "daemon/base/nearest.h"
#include "tests/unit/unit.h"

static const char *rule_even(const char *text)
{
    return strlen(text) % 2 == 0 ? NULL : "must have an even length";
}

static const char *const colours[] = { "red", "green", NULL };
static const struct schema inner[] = {
    { .key = "a", .type = SCHEMA_BOOL, .one_of = 1 },
    { .key = "b", .type = SCHEMA_INTEGER, .one_of = 1 },
    { .key = "c", .type = SCHEMA_INTEGER, .otherwise = "3" },
    { .key = NULL },
};
static const struct schema one = { .key = "ONE", .type = SCHEMA_OBJECT, .inner = inner };
static const struct schema word = { .key = "WORD", .type = SCHEMA_ENUM, .words = colours };
static const struct schema table[] = {
    { .key = "text", .type = SCHEMA_STRING, .min = 2, .max = 4, .rule = rule_even },
    { .key = "number", .type = SCHEMA_NUMBER, .min = -1, .max = 1 },
    { .key = "list", .type = SCHEMA_LIST, .min = 1, .max = 2, .inner = &word },
    { .key = "map", .type = SCHEMA_MAP, .max = 2, .rule = rule_even, .inner = &one },
    { .key = "object", .type = SCHEMA_OBJECT, .otherwise = "{\"b\": 1}", .inner = inner },
    { .key = NULL },
};

/* Fails unless the value has exactly these problems, one a line. */
static void check(const char *value, const char *expected)
{
    struct problems problems = { 0 };
    struct buffer said = { 0 };
    json_auto_t *json = unit_json(value);
    bool good = schema_check(table, json, "", &problems);
    for (size_t i = 0; i < problems.n; i++) {
        autofree char *text = problem_text(&problems.items[i]);
        buffer_printf(&said, "%s%s", i == 0 ? "" : "\n", text);
    }
    autofree char *text = buffer_take(&said);
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(good, problems.n == 0);
    problems_clear(&problems);
}

START_TEST(test_check)
{
    check("{}", "");
    check("{'//': [], '// more': null, 'text': 'abcd', 'number': 0.5, 'list': ['red']}", "");
    check("{'text': 'a'}", "/text: has 1 bytes; at least 2 are needed");
    check("{'text': ''}", "/text: is empty");
    check("{'text': 'abcde'}", "/text: has 5 bytes; at most 4 are allowed");
    check("{'text': 'abc'}", "/text: \"abc\" must have an even length");
    check("{'number': 1.5}", "/number: 1.5 is above 1. Use -1 to 1.");
    check("{'number': -2}", "/number: -2 is below -1. Use -1 to 1.");
    check("{'number': '1'}", "/number: is text; must be a number");
    check("{'list': []}", "/list: is empty");
    check("{'list': ['red', 'gren', 'x']}",
          "/list: has 3 entries; at most 2 are allowed\n"
          "/list/1: \"gren\" is not one of red or green. Did you mean \"green\"?\n"
          "/list/2: \"x\" is not one of red or green");
    check("{'map': {'//': 1, 'odd': {}, 'even': {'a': true, 'b': 2}, 'a/': {'a': true}}}",
          "/map/odd: the name \"odd\" must have an even length\n"
          "/map/odd: lacks one of \"a\", \"b\"\n"
          "/map/even: has more than one of \"a\", \"b\"\n"
          "/map: has 3 entries; at most 2 are allowed");
    check("{'map': {'ok': {'a': true, 'B': 1}}}",
          "/map/ok/B: the key \"B\" is not known. Known here: a, b, c.");
}
END_TEST

START_TEST(test_fill)
{
    json_auto_t *given = unit_json(
        "{'//': 1, 'map': {'//': 1, 'x': {'a': true, '//': 2}}, 'list': ['red']}");
    json_auto_t *filled = schema_fill(table, given);
    json_auto_t *expected = unit_json("{'list': ['red'], 'map': {'x': {'a': true, 'c': 3}},"
                                      "'object': {'b': 1, 'c': 3}}");
    ck_assert_json_eq(filled, expected);
}
END_TEST

/* Every row says what it is for, its default and example pass its own check, and ranges make
 * sense. */
static void check_table(const struct schema *rows);

static void check_row(const struct schema *row)
{
    const char *const samples[] = { row->otherwise, row->example };
    struct schema alone[] = { *row, { .key = NULL } };
    ck_assert_msg(row->doc != NULL && str_suffix(row->doc, "."), "%s has no doc", row->key);
    ck_assert_msg(row->min <= row->max, "%s has no range", row->key);
    ck_assert_msg((row->type == SCHEMA_ENUM) == (row->words != NULL), "%s: words", row->key);
    alone[0].one_of = 0;
    for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
        if (samples[i] == NULL)
            continue;
        struct problems problems = { 0 };
        json_auto_t *object = json_object();
        json_object_set_new(object, row->key, json_loads(samples[i], JSON_DECODE_ANY, NULL));
        ck_assert_msg(schema_check(alone, object, "", &problems), "%s: %s", row->key, samples[i]);
    }
    if (row->type == SCHEMA_OBJECT)
        check_table(row->inner);
    else if (row->type == SCHEMA_MAP || row->type == SCHEMA_LIST)
        check_row(row->inner);
}

static void check_table(const struct schema *rows)
{
    for (const struct schema *row = rows; row->key != NULL; row++) {
        for (const struct schema *other = rows; other < row; other++)
            ck_assert_str_ne(other->key, row->key);
        check_row(row);
    }
}

START_TEST(test_tables_are_sound)
{
    check_table(intent_schema);
}
END_TEST

START_TEST(test_nearest)
{
    static const char *const words[] = { "tables", "buckets", "queues" };
    static const char *const expected[][2] = { { "tabels", "tables" }, { "bucket", "buckets" },
                                               { "quees", "queues" },  { "lambda", NULL },
                                               { "", NULL },           { "queues", "queues" } };
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[199] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        struct nearest n;
        nearest_init(&n, expected[i][0]);
        for (size_t j = 0; j < ARRAY_SIZE(words); j++)
            nearest_offer(&n, words[j]);
        if (expected[i][1] == NULL)
            ck_assert_ptr_null(n.best);
        else
            ck_assert_str_eq(n.best, expected[i][1]);
    }
    ck_assert_uint_eq(nearest_distance("abc", "abc", 2), 0);
    ck_assert_uint_eq(nearest_distance("abc", "acb", 2), 1);
    ck_assert_uint_eq(nearest_distance("abc", "xyz", 2), 3);
    ck_assert_uint_eq(nearest_distance("kitten", "sitting", 5), 3);
    ck_assert_uint_eq(nearest_distance(longest, longest, 2), 0);
    ck_assert_uint_eq(nearest_distance(longest, "x", 2), 3);
}
END_TEST

START_TEST(test_place)
{
    static const char text[] =
        "{\n \"a\": {\n  \"x/y~\": [1,\n   {\"b\": \"} ]\\\"\"},\n   3]\n },\n"
        " \"c\\u0064\": -1.5e3,\n \"e\": null }";
    autofree char *key = place_key("/a", "x/y~");
    autofree char *index = place_index(key, 1);
    ck_assert_str_eq(index, "/a/x~1y~0/1");
    ck_assert_int_eq(place_line(text, strlen(text), ""), 1);
    ck_assert_int_eq(place_line(text, strlen(text), "/a"), 2);
    ck_assert_int_eq(place_line(text, strlen(text), key), 3);
    ck_assert_int_eq(place_line(text, strlen(text), index), 4);
    ck_assert_int_eq(place_line(text, strlen(text), "/a/x~1y~0/1/b"), 4);
    ck_assert_int_eq(place_line(text, strlen(text), "/a/x~1y~0/2"), 5);
    ck_assert_int_eq(place_line(text, strlen(text), "/cd"), 7);
    ck_assert_int_eq(place_line(text, strlen(text), "/e"), 8);
    ck_assert_int_eq(place_line(text, strlen(text), "/e/deeper"), 8);
    ck_assert_int_eq(place_line(text, strlen(text), "/a/none"), 2);
    ck_assert_int_eq(place_line(text, strlen(text), "/a/x~1y~0/9"), 3);
    ck_assert_int_eq(place_line("", 0, "/a"), 1);
    ck_assert_int_eq(place_line("{\"a", 3, "/a"), 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_check, test_fill, test_tables_are_sound, test_nearest, test_place,
    };
    return unit_run("schema", tests, ARRAY_SIZE(tests));
}
