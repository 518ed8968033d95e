/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include "config/place.h"

/* The deepest nesting, strings skipped. Also holds for text that is no JSON. */
static size_t depth_of(const char *text, size_t size)
{
    size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '['))
            deepest = ++depth > deepest ? depth : deepest;
        else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
            depth--;
    }
    return deepest;
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
            return false;
    return true;
}

/* What keeps a text from being looked at any further; true when there is something. */
static bool refuse_bytes(const char *text, size_t size, struct problems *problems)
{
    struct problem *p;
    if (size > DOCUMENT_MAX) {
        problems_add(problems, "", "the file has %zu bytes; at most %d are read", size,
                     DOCUMENT_MAX);
    } else if (size >= 2 &&
               (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        p = problems_add(problems, "", "the file is UTF-16");
        problem_remedy(p, "Save it as UTF-8.");
    } else if (is_blank(text, size)) {
        p = problems_add(problems, "", "the file is empty");
        problem_remedy(p, "Start from config/examples/minimal.json.");
    } else if (depth_of(text, size) > DOCUMENT_DEPTH_MAX) {
        problems_add(problems, "", "nested more than %d deep", DOCUMENT_DEPTH_MAX);
    } else {
        return false;
    }
    return true;
}

/* jansson says: duplicate object key near '"name"'. */
static void refuse_duplicate(struct problem *p, const char *said)
{
    const char *start = strstr(said, "near '\"");
    start = start == NULL ? "" : start + strlen("near '\"");
    size_t length = strlen(start) < 2 ? 0 : strlen(start) - 2;
    problem_set(p, "", "the key \"%.*s\" appears twice in one object", (int)length, start);
    problem_remedy(p, "Remove one of them; comments may be told apart as \"//1\", \"//2\".");
}

static void refuse_syntax(const json_error_t *error, struct problems *problems)
{
    struct problem *p = problems_add(problems, "", "not JSON: %s (column %d)", error->text,
                                     error->column);
    p->line = error->line;
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        refuse_duplicate(p, error->text);
        break;
    case json_error_premature_end_of_input:
        problem_remedy(p, "The file ends too early.");
        break;
    case json_error_invalid_utf8:
        problem_remedy(p, "Save it as UTF-8.");
        break;
    case json_error_invalid_syntax:
        if (strstr(error->text, "near '}'") != NULL || strstr(error->text, "near ']'") != NULL)
            problem_remedy(p, "Is there a comma too many before it?");
        else if (strstr(error->text, "near '/'") != NULL || strstr(error->text, "near '#'") != NULL)
            problem_remedy(p, "A comment is a key: \"//\": \"text\".");
        break;
    case json_error_unknown:
    case json_error_out_of_memory:
    case json_error_stack_overflow:
    case json_error_cannot_open_file:
    case json_error_invalid_argument:
    case json_error_invalid_format:
    case json_error_end_of_input_expected:
    case json_error_wrong_type:
    case json_error_null_character:
    case json_error_null_value:
    case json_error_null_byte_in_key:
    case json_error_numeric_overflow:
    case json_error_item_not_found:
    case json_error_index_out_of_range:
        break;
    }
}

json_t *document_read(const char *text, size_t size, const struct schema *table,
                      struct problems *reterr)
{
    json_error_t error;
    if (size >= 3 &&
        memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark says nothing new */
        text += 3;
        size -= 3;
    }
    if (refuse_bytes(text, size, reterr))
        return NULL;
    json_auto_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL) {
        refuse_syntax(&error, reterr);
        return NULL;
    }
    if (!json_is_object(root)) {
        struct problem *p = problems_add(reterr, "", "the configuration must be an object");
        problem_remedy(p, "Start with { and end with }.");
        return NULL;
    }
    return schema_check(table, root, "", reterr) ? schema_fill(table, root) : NULL;
}

void document_locate(struct problems *problems, size_t first, const char *file, const char *text,
                     size_t size)
{
    for (size_t i = first; i < problems->n; i++) {
        struct problem *p = &problems->items[i];
        str_copy(p->file, sizeof p->file, file);
        if (p->line == 0 && p->pointer[0] != '\0')
            p->line = place_line(text, size, p->pointer);
    }
}
