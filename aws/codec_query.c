/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

enum { FORM_DEPTH_MAX = 64 };

/* ---- writing ---- */

static void add_pair(struct buffer *form, const char *key, const char *value)
{
    autofree char *k = codec_percent_encode(key, false);
    autofree char *v = codec_percent_encode(value, false);
    buffer_printf(form, "%s%s=%s", form->used > 0 ? "&" : "", k, v);
}

static bool write_value(struct buffer *form, const struct member *m, const char *prefix,
                        const json_t *value, struct problem *problem);

static char *joined(const char *prefix, const char *name)
{
    return prefix[0] == '\0' ? xstrdup(name) : xasprintf("%s.%s", prefix, name);
}

static bool write_members(struct buffer *form, const struct shape *shape, const char *prefix,
                          const json_t *value, struct problem *problem)
{
    const char *name;
    json_t *item;
    json_object_foreach(codec_iterable(value), name, item)
    {
        const struct member *m = model_member(shape, name);
        if (m == NULL) {
            problem_set(problem, "", "%s has no such member", shape->name);
            return codec_under(problem, name);
        }
        autofree char *key = joined(prefix, m->wire);
        if (!json_is_null(item) && !write_value(form, m, key, item, problem))
            return codec_under(problem, name);
    }
    return true;
}

static bool is_flattened(const struct member *m)
{
    return m->flattened || m->shape->flattened;
}

/* What stands before the numbers of a list: "Names.member", or for a flattened one its own name,
 * whose last part the element's name replaces where it has one. */
static char *list_prefix(const struct member *m, const char *prefix)
{
    const struct member *element = m->shape->element;
    if (!is_flattened(m))
        return joined(prefix, element->wire);
    if (strcmp(element->wire, element->name) == 0)
        return xstrdup(prefix);
    const char *dot = strrchr(prefix, '.');
    autofree char *parent = xstrndup(prefix, dot == NULL ? 0 : (size_t)(dot - prefix));
    return joined(parent, element->wire);
}

static bool write_list(struct buffer *form, const struct member *m, const char *prefix,
                       const json_t *value, struct problem *problem)
{
    size_t i;
    json_t *item;
    autofree char *stem = list_prefix(m, prefix);
    if (json_array_size(value) == 0)
        add_pair(form, prefix, "");
    json_array_foreach(codec_iterable(value), i, item)
    {
        autofree char *key = xasprintf("%s.%zu", stem, i + 1);
        if (!write_value(form, m->shape->element, key, item, problem))
            return codec_under_index(problem, i);
    }
    return true;
}

static bool write_map(struct buffer *form, const struct member *m, const char *prefix,
                      const json_t *value, struct problem *problem)
{
    const char *name;
    json_t *item;
    size_t i = 1;
    json_object_foreach(codec_iterable(value), name, item)
    {
        autofree char *stem = xasprintf("%s%s.%zu", prefix, is_flattened(m) ? "" : ".entry", i++);
        autofree char *name_of_key = joined(stem, m->shape->key->wire);
        autofree char *value_name = joined(stem, m->shape->value->wire);
        add_pair(form, name_of_key, name);
        if (!write_value(form, m->shape->value, value_name, item, problem))
            return codec_under(problem, name);
    }
    return true;
}

static bool write_value(struct buffer *form, const struct member *m, const char *prefix,
                        const json_t *value, struct problem *problem)
{
    enum shape_type type = m->shape->type;
    if (type == SHAPE_LIST && json_is_array(value))
        return write_list(form, m, prefix, value, problem);
    if (type == SHAPE_MAP && json_is_object(value))
        return write_map(form, m, prefix, value, problem);
    if (type == SHAPE_STRUCTURE && json_is_object(value))
        return write_members(form, m->shape, prefix, value, problem);
    if (type == SHAPE_LIST || type == SHAPE_MAP || type == SHAPE_STRUCTURE) {
        problem_set(problem, "", "is %s, not %s", codec_kind(value),
                    type == SHAPE_LIST ? "a list" : "an object");
        return false;
    }
    autofree char *text = codec_value_text(m, value, TIME_ISO8601, problem);
    if (text == NULL)
        return false;
    add_pair(form, prefix, text);
    return true;
}

bool codec_query_encode(const struct operation_model *op, const json_t *args,
                        struct http_request *ret, struct problem *problem)
{
    struct buffer form = { 0 };
    add_pair(&form, "Action", op->name);
    add_pair(&form, "Version", op->service->api_version);
    if (op->input != NULL && !write_members(&form, op->input, "", args, problem)) {
        buffer_clear(&form);
        return false;
    }
    http_headers_add(&ret->headers, "Content-Type",
                     "application/x-www-form-urlencoded; charset=utf-8");
    ret->body_size = form.used;
    ret->body = buffer_take(&form);
    return true;
}

/* ---- reading ---- */

bool codec_query_each(const char *form, size_t n,
                      bool (*visit)(const char *key, const char *value, void *context),
                      void *context)
{
    const char *end = form + n;
    while (form < end) {
        size_t length = 0;
        while (form + length < end && form[length] != '&')
            length++;
        const char *equals = memchr(form, '=', length);
        size_t key_length = equals == NULL ? length : (size_t)(equals - form), size;
        autofree char *key = NULL;
        autofree char *value = NULL;
        if (!codec_percent_decode(form, key_length, true, &key, &size))
            return false;
        size_t rest = equals == NULL ? 0 : length - key_length - 1;
        if (!codec_percent_decode(form + length - rest, rest, true, &value, &size))
            return false;
        if (length > 0 && !visit(key, value, context))
            return false;
        form += length + 1;
    }
    return true;
}

struct wanted_pair {
    const char *key;
    char *value;
};

static bool keep_wanted(const char *key, const char *value, void *context)
{
    struct wanted_pair *wanted = context;
    if (wanted->value == NULL && strcmp(key, wanted->key) == 0)
        wanted->value = xstrdup(value);
    return true;
}

char *codec_query_get(const char *form, size_t n, const char *key)
{
    struct wanted_pair wanted = { .key = key };
    (void)codec_query_each(form, n, keep_wanted, &wanted);
    return wanted.value;
}

struct form_tree {
    json_t *root; /* "A.member.1" = v becomes {"A": {"member": {"1": v}}} */
    struct problem *problem;
};

static bool grow_tree(const char *key, const char *value, void *context)
{
    struct form_tree *tree = context;
    json_t *at = tree->root;
    const char *part = key;
    for (unsigned depth = 0; depth < FORM_DEPTH_MAX; depth++) {
        const char *dot = strchr(part, '.');
        autofree char *name = xstrndup(part, dot == NULL ? SIZE_MAX : (size_t)(dot - part));
        json_t *next = json_object_get(at, name);
        if (dot == NULL && next == NULL) {
            if (json_object_set_new(at, name, json_string(value)) == 0)
                return true;
            problem_set(tree->problem, "", "the value of %.80s is not UTF-8", key);
            return false;
        }
        if (next == NULL && json_object_set_new(at, name, next = json_object()) != 0)
            break;
        if (dot == NULL || !json_is_object(next))
            break;
        at = next;
        part = dot + 1;
    }
    problem_set(tree->problem, "", "the key %.80s does not fit the others", key);
    return false;
}

static json_t *read_value(const struct member *m, const json_t *tree, struct problem *problem);

/* "1", "2", …: in this order, whatever the order of the form. */
static const json_t *numbered(const json_t *tree, size_t number)
{
    autofree char *key = xasprintf("%zu", number);
    return json_object_get(tree, key);
}

static json_t *read_list(const struct member *m, const json_t *tree, struct problem *problem)
{
    const struct member *element = m->shape->element;
    const json_t *items = is_flattened(m) ? tree : json_object_get(tree, element->wire), *item;
    json_t *out = json_array();
    for (size_t i = 1; (item = numbered(items, i)) != NULL; i++) {
        json_t *value = read_value(element, item, problem);
        if (value == NULL) {
            (void)codec_under_index(problem, i - 1);
            json_decref(out);
            return NULL;
        }
        json_array_append_new(out, value);
    }
    return out;
}

static json_t *read_map(const struct member *m, const json_t *tree, struct problem *problem)
{
    const json_t *entries = is_flattened(m) ? tree : json_object_get(tree, "entry"), *entry;
    json_t *out = json_object();
    for (size_t i = 1; (entry = numbered(entries, i)) != NULL; i++) {
        const char *key = json_string_value(json_object_get(entry, m->shape->key->wire));
        const json_t *item = json_object_get(entry, m->shape->value->wire);
        json_t *value = key == NULL || item == NULL ? NULL
                                                    : read_value(m->shape->value, item, problem);
        if (value == NULL) {
            if (key == NULL || item == NULL)
                problem_set(problem, "", "entry %zu has no key or no value", i);
            json_decref(out);
            return NULL;
        }
        json_object_set_new(out, key, value);
    }
    return out;
}

/* Where a member stands in the tree; a flattened list under its element's name. */
static const char *tree_name(const struct member *m)
{
    if (m->shape->type == SHAPE_LIST && is_flattened(m) &&
        strcmp(m->shape->element->wire, m->shape->element->name) != 0)
        return m->shape->element->wire;
    return m->wire;
}

static bool known(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n_members; i++)
        if (strcmp(tree_name(&shape->members[i]), name) == 0)
            return true;
    return false;
}

static json_t *read_structure(const struct shape *shape, const json_t *tree,
                              struct problem *problem)
{
    const char *name;
    json_t *item, *out = json_object();
    json_object_foreach(codec_iterable(tree), name, item)
    {
        if (!known(shape, name)) {
            problem_set(problem, "", "%s has no such member", shape->name);
            (void)codec_under(problem, name);
            json_decref(out);
            return NULL;
        }
    }
    for (size_t i = 0; i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const json_t *branch = json_object_get(tree, tree_name(m));
        if (branch == NULL)
            continue;
        json_t *value = read_value(m, branch, problem);
        if (value == NULL) {
            (void)codec_under(problem, m->name);
            json_decref(out);
            return NULL;
        }
        json_object_set_new(out, m->name, value);
    }
    return out;
}

static json_t *read_value(const struct member *m, const json_t *tree, struct problem *problem)
{
    const char *text = json_string_value(tree);
    switch (m->shape->type) {
    case SHAPE_LIST: /* "Names=" is the empty list */
        if (text == NULL || text[0] == '\0')
            return read_list(m, tree, problem);
        break;
    case SHAPE_MAP:
        if (text == NULL || text[0] == '\0')
            return read_map(m, tree, problem);
        break;
    case SHAPE_STRUCTURE:
        if (text == NULL)
            return read_structure(m->shape, tree, problem);
        break;
    case SHAPE_STRING:
    case SHAPE_BLOB:
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        if (text != NULL)
            return codec_value_parse(m, text, problem);
        break;
    }
    problem_set(problem, "", "has the form of another type than %s", m->shape->name);
    return NULL;
}

json_t *codec_query_decode(const struct operation_model *op, const struct http_request *request,
                           struct problem *problem)
{
    json_auto_t *root = json_object();
    struct form_tree tree = { .root = root, .problem = problem };
    problem_set(problem, "", "the body is not a form");
    if (!codec_query_each(request->body == NULL ? "" : request->body, request->body_size, grow_tree,
                          &tree))
        return NULL;
    json_object_del(root, "Action");
    json_object_del(root, "Version");
    if (op->input == NULL)
        return json_object();
    return read_structure(op->input, root, problem);
}
