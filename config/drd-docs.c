/* SPDX-License-Identifier: Apache-2.0 */
/* drd-docs: prints the reference page of the configuration, and its JSON Schema for editors, from
 * the tables that check it.
 *
 *     drd-docs page | schema                print it
 *     drd-docs page | schema --check FILE   0 when FILE says the same, else 1 */
#include <stdio.h>

#include "config/intent.h"

#define COMMENT_PATTERN "^//"

/* The page */

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "<!-- Made from config/intent*.c and config/settings.c by `drd-docs page`: change those. -->\n"
    "\n"
    "One JSON file says what is wanted; names, ARNs and policies are derived. "
    "`config/examples/minimal.json` is the least that is useful, `config/examples/payments.json` a "
    "whole platform. `drd --config FILE --check` says what is wrong with a file, with line, "
    "pointer "
    "and remedy. An editor that knows JSON Schema completes and checks it while you type: "
    "`config/drd.schema.json`.\n"
    "\n"
    "Keys that start with `//` are comments, anywhere. A name or key that is not known is refused, "
    "never ignored. Names written in capitals below are for you to choose. Every name in AWS ends "
    "in the suffix (`payments` becomes `payments-demo`); buckets carry region and account too "
    "(`transaction-logs-us-east-1-123456789012-demo`), and the first part of a parameter's name "
    "carries it (`payments/ledger` becomes `/payments-demo/ledger`). AWS's limits hold for these "
    "derived names.\n"
    "\n";

/* In a cell of a table, a bar would end the cell. */
static void add_cell(struct buffer *b, const char *text)
{
    for (const char *s = text; *s != '\0'; s++) {
        if (*s == '|')
            buffer_str(b, "\\");
        buffer_add(b, s, 1);
    }
}

static void add_range(struct buffer *b, const struct schema *row)
{
    bool number = row->type == SCHEMA_INTEGER || row->type == SCHEMA_NUMBER;
    const char *unit = number ? "" : row->type == SCHEMA_STRING ? " bytes" : " entries";
    if (row->min == 0 && row->max == 0)
        return;
    if (number || row->min > 0)
        buffer_printf(b, ", %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT "%s", row->min,
                      row->max, unit);
    else
        buffer_printf(b, ", at most %" JSON_INTEGER_FORMAT "%s", row->max, unit);
}

/* A long list (the regions) is in the schema, and not three times on the page. */
static void add_words(struct buffer *b, const char *const *words)
{
    size_t n = 0, shown;
    while (words[n] != NULL)
        n++;
    shown = n > 8 ? 2 : n;
    for (size_t i = 0; i < shown; i++)
        buffer_printf(b, "%s`%s`", i == 0 ? "" : ", ", words[i]);
    if (shown < n)
        buffer_printf(b, ", … (%zu, listed in `config/drd.schema.json`)", n);
}

static void add_type(struct buffer *b, const struct schema *row)
{
    if (row->type == SCHEMA_ENUM) {
        add_words(b, row->words);
        return;
    }
    buffer_str(b, row->type == SCHEMA_MAP ? "an object by name" : schema_type_name(row->type));
    add_range(b, row);
}

static void add_row(struct buffer *b, const struct schema *row)
{
    buffer_printf(b, "| `%s` | ", row->key);
    add_type(b, row);
    if (row->required)
        buffer_str(b, " | required | ");
    else if (row->one_of != 0)
        buffer_str(b, " | one of these | ");
    else if (row->otherwise != NULL)
        buffer_printf(b, " | `%s` | ", row->otherwise);
    else
        buffer_str(b, " | none | ");
    add_cell(b, row->doc);
    if (row->example != NULL) {
        buffer_str(b, " Example: `");
        add_cell(b, row->example);
        buffer_str(b, "`.");
    }
    buffer_str(b, " |\n");
}

static void add_section(struct buffer *b, const char *path, const struct schema *table);

/* Sections for what is inside a row: an object, or the objects of a map or list. */
static void add_inner(struct buffer *b, const char *path, const struct schema *row)
{
    const char *dot = path[0] == '\0' ? "" : ".";
    autofree char *below = xasprintf("%s%s%s", path, dot, row->key);
    if (row->type == SCHEMA_OBJECT) {
        buffer_printf(b, "## %s\n\n%s\n\n", below, row->doc);
        add_section(b, below, row->inner);
    } else if (row->type == SCHEMA_MAP || row->type == SCHEMA_LIST) {
        const struct schema *inner = row->inner;
        autofree char *one = row->type == SCHEMA_MAP ? xasprintf("%s.%s", below, inner->key)
                                                     : xasprintf("%s[]", below);
        buffer_printf(b, "## %s\n\n%s", one, inner->doc);
        if (inner->example != NULL)
            buffer_printf(b, " Example: `%s`.", inner->example);
        buffer_str(b, "\n\n");
        if (inner->type == SCHEMA_OBJECT)
            add_section(b, one, inner->inner);
    }
}

static void add_section(struct buffer *b, const char *path, const struct schema *table)
{
    buffer_str(b, "| key | type | default | meaning |\n|---|---|---|---|\n");
    for (const struct schema *row = table; row->key != NULL; row++)
        add_row(b, row);
    buffer_str(b, "\n");
    for (const struct schema *row = table; row->key != NULL; row++)
        add_inner(b, path, row);
}

static char *page(void)
{
    struct buffer b = { 0 };
    buffer_str(&b, introduction);
    buffer_str(&b, "## The file\n\n");
    add_section(&b, "", intent_schema);
    b.text[--b.used] = '\0'; /* no empty line at the end */
    return buffer_take(&b);
}

/* The schema */

static json_t *schema_of(const struct schema *row);

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* "exactly one of these keys", as JSON Schema says it. Tables have at most one such group. */
static json_t *one_of(const struct schema *table)
{
    json_t *list = json_array();
    for (const struct schema *row = table; row->key != NULL; row++)
        if (row->one_of != 0)
            json_array_append_new(list, json_pack("{s:[s]}", "required", row->key));
    return list;
}

static json_t *object_of(const struct schema *table)
{
    json_t *properties = json_object(), *required = json_array();
    json_t *group = one_of(table);
    for (const struct schema *row = table; row->key != NULL; row++) {
        set(properties, row->key, schema_of(row));
        if (row->required)
            json_array_append_new(required, json_string(row->key));
    }
    json_t *object = json_pack("{s:s, s:o, s:{s:{}}, s:b}", "type", "object", "properties",
                               properties, "patternProperties", COMMENT_PATTERN,
                               "additionalProperties", 0);
    if (json_array_size(required) > 0)
        json_object_set(object, "required", required);
    if (json_array_size(group) > 0)
        json_object_set(object, "oneOf", group);
    json_decref(required);
    json_decref(group);
    return object;
}

static json_t *map_of(const struct schema *row)
{
    json_t *map = json_pack("{s:s, s:{s:{}}, s:o}", "type", "object", "patternProperties",
                            COMMENT_PATTERN, "additionalProperties", schema_of(row->inner));
    if (row->rule_pattern != NULL)
        set(map, "propertyNames",
            json_pack("{s:o}", "pattern",
                      json_sprintf("(%s)|(%s)", COMMENT_PATTERN, row->rule_pattern)));
    return map;
}

static json_t *number_of(const struct schema *row, const char *type)
{
    json_t *number = json_pack("{s:s}", "type", type);
    if (row->min != 0 || row->max != 0) {
        set(number, "minimum", json_integer(row->min));
        set(number, "maximum", json_integer(row->max));
    }
    return number;
}

/* Lengths are bytes to us and characters to JSON Schema; theirs is then the milder rule. */
static json_t *text_of(const struct schema *row)
{
    json_t *text = json_pack("{s:s}", "type", "string");
    if (row->min > 0)
        set(text, "minLength", json_integer(1));
    if (row->max > 0)
        set(text, "maxLength", json_integer(row->max));
    if (row->rule_pattern != NULL)
        set(text, "pattern", json_string(row->rule_pattern));
    return text;
}

static json_t *words_of(const struct schema *row)
{
    json_t *list = json_array();
    for (size_t i = 0; row->words[i] != NULL; i++)
        json_array_append_new(list, json_string(row->words[i]));
    return json_pack("{s:o}", "enum", list);
}

static json_t *list_of(const struct schema *row)
{
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", schema_of(row->inner));
    if (row->max > 0)
        set(list, "maxItems", json_integer(row->max));
    return list;
}

static json_t *typed(const struct schema *row)
{
    switch (row->type) {
    case SCHEMA_STRING:
        return text_of(row);
    case SCHEMA_INTEGER:
        return number_of(row, "integer");
    case SCHEMA_NUMBER:
        return number_of(row, "number");
    case SCHEMA_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case SCHEMA_ENUM:
        return words_of(row);
    case SCHEMA_OBJECT:
        return object_of(row->inner);
    case SCHEMA_MAP:
        return map_of(row);
    case SCHEMA_LIST:
        return list_of(row);
    }
    return NULL;
}

static json_t *parsed(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert(value != NULL); /* a default or an example in a table is no JSON */
    return value;
}

static json_t *schema_of(const struct schema *row)
{
    json_t *value = typed(row);
    set(value, "description", json_string(row->doc));
    if (row->otherwise != NULL)
        set(value, "default", parsed(row->otherwise));
    if (row->example != NULL)
        set(value, "examples", json_pack("[o]", parsed(row->example)));
    return value;
}

static char *schema(void)
{
    json_auto_t *root = json_pack("{s:s, s:s, s:s}", "$schema",
                                  "https://json-schema.org/draft/2020-12/schema", "title",
                                  "Configuration of drd", "$comment", "Made by drd-docs schema.");
    json_auto_t *intent = object_of(intent_schema);
    json_object_update(root, intent);
    char *text = json_dumps(root, JSON_INDENT(1));
    autofree char *copy = text;
    return xasprintf("%s\n", copy);
}

/* The program */

static char *read_all(const char *path)
{
    struct buffer b = { 0 };
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    do {
        n = fread(block, 1, sizeof block, file);
        buffer_add(&b, block, n);
    } while (n == sizeof block);
    (void)fclose(file);
    return buffer_take(&b);
}

static int check(const char *what, const char *text, const char *path)
{
    autofree char *there = read_all(path);
    if (str_eq(there, text))
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "%s is stale: drd-docs %s > %s\n", path, what, path);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool checks = argc == 4 && str_eq(argv[2], "--check");
    if ((!str_eq(what, "page") && !str_eq(what, "schema")) || (argc != 2 && !checks)) {
        (void)fprintf(stderr, "usage: drd-docs page | schema [--check FILE]\n");
        return EXIT_FAILURE;
    }
    autofree char *text = str_eq(what, "page") ? page() : schema();
    if (checks)
        return check(what, text, argv[3]);
    return fputs(text, stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
