/* SPDX-License-Identifier: Apache-2.0 */
/* Reading expressions: a recursive descent over one text, with the placeholders resolved on the
 * way. */
#include "tests/sandbox/dynamodb_expression.h"

#include <stdio.h>

enum { TOKEN_MAX = 256, DEPTH_MAX = 64 };

struct reader {
    struct expressions *e;
    const char *kind, *at;
    char token[TOKEN_MAX]; /* "" at the end */
    int depth;
};

void expressions_init(struct expressions *e, const json_t *args)
{
    *e = (struct expressions){ .names = json_object_get(args, "ExpressionAttributeNames"),
                               .values = json_object_get(args, "ExpressionAttributeValues"),
                               .used = json_object() };
}

void expressions_clear(struct expressions *e)
{
    json_decref(e->used);
    free(e->problem);
    *e = (struct expressions){ 0 };
}

PRINTF(2, 3) static json_t *fail(struct reader *p, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (p->e->problem == NULL)
        p->e->problem = xasprintf("Invalid %s: %s", p->kind, text);
    return NULL;
}

/* ---- tokens ---- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void next(struct reader *p)
{
    p->at += strspn(p->at, " \t\r\n");
    size_t n = *p->at == '#' || *p->at == ':';
    while (is_word(p->at[n]) && n < TOKEN_MAX - 1)
        n++;
    if (n == 0 && *p->at != '\0')
        n = strncmp(p->at, "<>", 2) == 0 || strncmp(p->at, "<=", 2) == 0 ||
                    strncmp(p->at, ">=", 2) == 0
                ? 2
                : 1;
    memcpy(p->token, p->at, n);
    p->token[n] = '\0';
    p->at += n;
}

static bool is(const struct reader *p, const char *token)
{
    return strcasecmp(p->token, token) == 0;
}

static bool take(struct reader *p, const char *token)
{
    if (!is(p, token))
        return false;
    next(p);
    return true;
}

static json_t *syntax(struct reader *p)
{
    return fail(p, "Syntax error; token: \"%s\", near: \"%.20s\"",
                p->token[0] != '\0' ? p->token : "<EOF>", p->at);
}

static bool expect(struct reader *p, const char *token)
{
    if (take(p, token))
        return true;
    syntax(p);
    return false;
}

static struct reader reader_new(struct expressions *e, const char *kind, const char *text)
{
    struct reader p = { .e = e, .kind = kind, .at = text };
    next(&p);
    if (p.token[0] == '\0')
        fail(&p, "The expression can not be empty;");
    return p;
}

/* Takes a tree and gives it on only when the text ended with it. */
static json_t *whole(struct reader *p, json_t *tree)
{
    if (tree != NULL && p->token[0] != '\0')
        syntax(p);
    if (p->e->problem == NULL)
        return tree;
    json_decref(tree);
    return NULL;
}

/* A node of up to three parts, which are taken; NULL when one of them is missing. */
static json_t *node(const char *op, json_t *a, json_t *b, json_t *c, int n)
{
    json_t *parts[3] = { a, b, c }, *tree = json_pack("[s]", op);
    bool complete = true;
    for (int i = 0; i < n; i++) {
        complete &= parts[i] != NULL;
        if (parts[i] != NULL)
            json_array_append_new(tree, parts[i]);
    }
    if (complete)
        return tree;
    json_decref(tree);
    return NULL;
}

/* ---- paths and operands ---- */

static json_t *name_of(struct reader *p)
{
    if (p->token[0] == '#') {
        json_t *name = json_object_get(p->e->names, p->token);
        if (name == NULL)
            return fail(p,
                        "An expression attribute name used in the document path is not defined; "
                        "attribute name: %s",
                        p->token);
        json_object_set_new(p->e->used, p->token, json_true());
        return json_incref(name);
    }
    if (!is_word(p->token[0]) || (p->token[0] >= '0' && p->token[0] <= '9'))
        return syntax(p);
    if (expression_reserved(p->token))
        return fail(p, "Attribute name is a reserved keyword; reserved keyword: %s", p->token);
    return json_string(p->token);
}

static bool read_step(struct reader *p, json_t *path)
{
    if (take(p, ".")) {
        json_t *name = name_of(p);
        if (name == NULL)
            return false;
        json_array_append_new(path, name);
        next(p);
        return true;
    }
    next(p);
    if (p->token[0] == '\0' || strspn(p->token, "0123456789") != strlen(p->token)) {
        syntax(p);
        return false;
    }
    json_array_append_new(path, json_integer(strtol(p->token, NULL, 10)));
    next(p);
    return expect(p, "]");
}

static json_t *read_path(struct reader *p)
{
    json_t *first = name_of(p);
    if (first == NULL)
        return NULL;
    json_auto_t *path = json_pack("[o]", first);
    next(p);
    while (is(p, ".") || is(p, "["))
        if (!read_step(p, path))
            return NULL;
    return json_incref(path);
}

static json_t *path_operand(struct reader *p)
{
    json_t *path = read_path(p);
    return path != NULL ? json_pack("{s:o}", "path", path) : NULL;
}

static json_t *value_operand(struct reader *p)
{
    const json_t *value = json_object_get(p->e->values, p->token);
    if (value == NULL)
        return fail(p,
                    "An expression attribute value used in expression is not defined; attribute "
                    "value: %s",
                    p->token);
    json_object_set_new(p->e->used, p->token, json_true());
    next(p);
    return json_pack("{s:o}", "value", member_copy(value));
}

/* Is the token a function's name, that is: does a parenthesis follow? */
static bool calls(const struct reader *p, const char *function)
{
    return strcmp(p->token, function) == 0 && p->at[strspn(p->at, " \t\r\n")] == '(';
}

static json_t *operand(struct reader *p)
{
    if (p->token[0] == ':')
        return value_operand(p);
    if (!calls(p, "size"))
        return path_operand(p);
    next(p), next(p);
    json_t *tree = node("size", path_operand(p), NULL, NULL, 1);
    if (tree != NULL && !expect(p, ")")) {
        json_decref(tree);
        return NULL;
    }
    return tree;
}

/* ---- conditions ---- */

static json_t *read_or(struct reader *p);

static const struct {
    const char *name;
    int operands;
} functions[] = {
    { "attribute_exists", 1 }, { "attribute_not_exists", 1 },
    { "attribute_type", 2 },   { "begins_with", 2 },
    { "contains", 2 },
};

static json_t *function_call(struct reader *p, size_t f)
{
    next(p), next(p);
    json_t *first = operand(p), *second = NULL;
    if (functions[f].operands == 2 && first != NULL && expect(p, ","))
        second = operand(p);
    json_t *tree = node(functions[f].name, first, second, NULL, functions[f].operands);
    if (tree != NULL && !expect(p, ")")) {
        json_decref(tree);
        return NULL;
    }
    return tree;
}

static json_t *read_in(struct reader *p, json_t *left)
{
    json_auto_t *tree = json_pack("[s, o]", "in", left);
    if (!expect(p, "("))
        return NULL;
    do {
        json_t *each = operand(p);
        if (each == NULL)
            return NULL;
        json_array_append_new(tree, each);
    } while (take(p, ","));
    return expect(p, ")") ? json_incref(tree) : NULL;
}

static json_t *comparison(struct reader *p)
{
    static const char *const comparators[] = { "=", "<>", "<=", ">=", "<", ">" };
    json_t *left = operand(p);
    if (left == NULL)
        return NULL;
    if (take(p, "BETWEEN")) {
        json_t *low = operand(p);
        json_t *high = low != NULL && expect(p, "AND") ? operand(p) : NULL;
        return node("between", left, low, high, 3);
    }
    if (take(p, "IN"))
        return read_in(p, left);
    for (size_t i = 0; i < ARRAY_SIZE(comparators); i++)
        if (take(p, comparators[i]))
            return node(comparators[i], left, operand(p), NULL, 2);
    json_decref(left);
    return syntax(p);
}

static json_t *primary(struct reader *p)
{
    if (++p->depth > DEPTH_MAX)
        return fail(p, "The expression has too many levels");
    json_t *tree;
    if (take(p, "NOT")) {
        tree = node("not", primary(p), NULL, NULL, 1);
    } else if (take(p, "(")) {
        tree = read_or(p);
        if (tree != NULL && !expect(p, ")")) {
            json_decref(tree);
            tree = NULL;
        }
    } else {
        size_t f = 0;
        while (f < ARRAY_SIZE(functions) && !calls(p, functions[f].name))
            f++;
        tree = f < ARRAY_SIZE(functions) ? function_call(p, f) : comparison(p);
    }
    p->depth--;
    return tree;
}

static json_t *read_and(struct reader *p)
{
    json_t *tree = primary(p);
    while (tree != NULL && take(p, "AND"))
        tree = node("and", tree, primary(p), NULL, 2);
    return tree;
}

static json_t *read_or(struct reader *p)
{
    json_t *tree = read_and(p);
    while (tree != NULL && take(p, "OR"))
        tree = node("or", tree, read_and(p), NULL, 2);
    return tree;
}

json_t *expression_condition(struct expressions *e, const char *kind, const char *text)
{
    struct reader p = reader_new(e, kind, text);
    return whole(&p, e->problem == NULL ? read_or(&p) : NULL);
}

/* ---- updates: {"SET": [[path, tree], …], "REMOVE": [path, …], "ADD"/"DELETE": [[path, value]]}
 * --*/

static json_t *set_operand(struct reader *p)
{
    static const char *const two[] = { "if_not_exists", "list_append" };
    for (size_t i = 0; i < ARRAY_SIZE(two); i++) {
        if (!calls(p, two[i]))
            continue;
        next(p), next(p);
        json_t *first = i == 0 ? path_operand(p) : set_operand(p), *second = NULL;
        if (first != NULL && expect(p, ","))
            second = set_operand(p);
        json_t *tree = node(two[i], first, second, NULL, 2);
        if (tree == NULL || expect(p, ")"))
            return tree;
        json_decref(tree);
        return NULL;
    }
    return p->token[0] == ':' ? value_operand(p) : path_operand(p);
}

static json_t *set_value(struct reader *p)
{
    json_t *left = set_operand(p);
    if (left != NULL && take(p, "+"))
        return node("+", left, set_operand(p), NULL, 2);
    if (left != NULL && take(p, "-"))
        return node("-", left, set_operand(p), NULL, 2);
    return left;
}

static json_t *read_action(struct reader *p, const char *clause)
{
    json_t *path = read_path(p), *value = NULL;
    if (strcmp(clause, "REMOVE") == 0 || path == NULL)
        return path;
    if (strcmp(clause, "SET") != 0)
        value = p->token[0] == ':' ? value_operand(p) : syntax(p);
    else if (expect(p, "="))
        value = set_value(p);
    if (value != NULL)
        return json_pack("[o, o]", path, value);
    json_decref(path);
    return NULL;
}

static bool read_clause(struct reader *p, json_t *update)
{
    static const char *const clauses[] = { "SET", "REMOVE", "ADD", "DELETE" };
    size_t i = 0;
    while (i < ARRAY_SIZE(clauses) && !is(p, clauses[i]))
        i++;
    if (i == ARRAY_SIZE(clauses)) {
        syntax(p);
        return false;
    }
    if (json_object_get(update, clauses[i]) != NULL) {
        fail(p, "The \"%s\" section can only be used once in an update expression;", clauses[i]);
        return false;
    }
    next(p);
    json_t *list = member_array(update, clauses[i]);
    do {
        json_t *action = read_action(p, clauses[i]);
        if (action == NULL)
            return false;
        json_array_append_new(list, action);
    } while (take(p, ","));
    return true;
}

/* One path must not be the beginning of another. */
static bool overlap(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < json_array_size(a) && i < json_array_size(b); i++)
        if (!json_equal(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

json_t *update_paths(const json_t *update)
{
    json_t *paths = json_array(), *list, *action;
    const char *clause;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)update, clause, list)
        json_array_foreach(list, i, action) json_array_append(
            paths, json_is_array(json_array_get(action, 0)) ? json_array_get(action, 0) : action);
    return paths;
}

json_t *expression_update(struct expressions *e, const char *text)
{
    struct reader p = reader_new(e, "UpdateExpression", text);
    json_auto_t *update = json_object();
    while (e->problem == NULL && p.token[0] != '\0')
        if (!read_clause(&p, update))
            return NULL;
    json_auto_t *paths = update_paths(update);
    for (size_t i = 0; i < json_array_size(paths); i++)
        for (size_t k = i + 1; k < json_array_size(paths); k++)
            if (overlap(json_array_get(paths, i), json_array_get(paths, k)))
                fail(&p, "Two document paths overlap with each other; must remove or rewrite one "
                         "of these paths;");
    return e->problem == NULL ? json_incref(update) : NULL;
}

/* ---- projections ---- */

json_t *expression_projection(struct expressions *e, const char *text)
{
    struct reader p = reader_new(e, "ProjectionExpression", text);
    json_auto_t *paths = json_array();
    while (e->problem == NULL) {
        json_t *path = read_path(&p);
        if (path == NULL)
            return NULL;
        json_array_append_new(paths, path);
        if (!take(&p, ","))
            return whole(&p, json_incref(paths));
    }
    return NULL;
}

bool expressions_used_up(struct expressions *e)
{
    static const char *const kinds[] = { "Names", "Values" };
    const json_t *given[] = { e->names, e->values };
    for (size_t k = 0; k < 2; k++) {
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)given[k], name,
                            value) if (e->problem == NULL && json_object_get(e->used, name) == NULL)
            e->problem = xasprintf("Value provided in ExpressionAttribute%s unused in "
                                   "expressions: keys: {%s}",
                                   kinds[k], name);
    }
    return e->problem == NULL;
}
