/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

#include <openssl/evp.h>

static bool given(const json_t *value)
{
    return value != NULL && !json_is_null(value);
}

/* ---- labels and query string, outwards ---- */

static const struct member *by_wire(const struct shape *shape, enum location location,
                                    const char *wire, size_t n)
{
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++)
        if (shape->members[i].location == location && strlen(shape->members[i].wire) == n &&
            memcmp(shape->members[i].wire, wire, n) == 0)
            return &shape->members[i];
    return NULL;
}

static bool write_label(const struct operation_model *op, const char *label, size_t n,
                        const json_t *args, struct buffer *path, struct problem *problem)
{
    bool greedy = n > 0 && label[n - 1] == '+';
    const struct member *m = by_wire(op->input, IN_URI, label, greedy ? n - 1 : n);
    assert(m != NULL); /* the model names a label that the input lacks */
    const json_t *value = json_object_get(args, m->name);
    if (!given(value)) {
        problem_set(problem, "", "is missing; the path needs it");
        return codec_under(problem, m->name);
    }
    autofree char *text = codec_value_text(m, value, TIME_ISO8601, problem);
    if (text == NULL)
        return codec_under(problem, m->name);
    const char *last = codec_quirks(op->service)->label_last_segment ? strrchr(text, '/') : NULL;
    autofree char *encoded = codec_percent_encode(last == NULL ? text : last + 1, greedy);
    if (encoded[0] == '\0') {
        /* "/{Bucket}" without a bucket would be another operation. */
        problem_set(problem, "", "is empty; the path needs it");
        return codec_under(problem, m->name);
    }
    buffer_str(path, encoded);
    return true;
}

static bool write_path(const struct operation_model *op, const json_t *args,
                       struct http_request *ret, struct problem *problem)
{
    struct buffer path = { 0 };
    const char *p = op->uri;
    while (*p != '\0' && *p != '?') {
        size_t literal = strcspn(p, "{?");
        buffer_add(&path, p, literal);
        p += literal;
        if (*p != '{')
            continue;
        size_t label = strcspn(p + 1, "}");
        if (!write_label(op, p + 1, label, args, &path, problem)) {
            buffer_clear(&path);
            return false;
        }
        p += label + 2;
    }
    ret->path = buffer_take(&path);
    return true;
}

static void add_query(struct buffer *query, const char *key, const char *value)
{
    autofree char *k = codec_percent_encode(key, false);
    autofree char *v = codec_percent_encode(value, false);
    buffer_printf(query, "%s%s=%s", query->used > 0 ? "&" : "", k, v);
}

static bool write_query_member(const struct member *m, const char *key, const json_t *value,
                               struct buffer *query, struct problem *problem)
{
    size_t i;
    json_t *item;
    if (m->shape->type != SHAPE_LIST) {
        autofree char *text = codec_value_text(m, value, TIME_ISO8601, problem);
        if (text == NULL)
            return false;
        add_query(query, key, text);
        return true;
    }
    json_array_foreach(codec_iterable(value), i,
                       item) if (!write_query_member(m->shape->element, key, item, query,
                                                     problem)) return codec_under_index(problem, i);
    return true;
}

/* A map's keys become parameters of their own, where no member bears that name. */
static bool write_query_map(const struct shape *shape, const struct member *m, const json_t *value,
                            struct buffer *query, struct problem *problem)
{
    const char *key;
    json_t *item;
    json_object_foreach(codec_iterable(value), key, item)
    {
        if (by_wire(shape, IN_QUERY, key, strlen(key)) != NULL)
            continue;
        if (!write_query_member(m->shape->value, key, item, query, problem))
            return codec_under(problem, key);
    }
    return true;
}

static bool write_query(const struct operation_model *op, const json_t *args,
                        struct http_request *ret, struct problem *problem)
{
    struct buffer query = { 0 };
    const char *constant = strchr(op->uri, '?');
    if (constant != NULL)
        buffer_str(&query, constant + 1);
    for (size_t i = 0; op->input != NULL && i < op->input->n_members; i++) {
        const struct member *m = &op->input->members[i];
        const json_t *value = json_object_get(args, m->name);
        if (m->location != IN_QUERY || !given(value))
            continue;
        if (m->shape->type == SHAPE_MAP ? !write_query_map(op->input, m, value, &query, problem)
                                        : !write_query_member(m, m->wire, value, &query, problem)) {
            buffer_clear(&query);
            return codec_under(problem, m->name);
        }
    }
    ret->query = buffer_take(&query);
    return true;
}

/* ---- headers, outwards ---- */

/* A string in a list is quoted where it could be taken for several. */
static void add_header_item(struct buffer *out, const struct member *m, const char *text)
{
    if (out->used > 0)
        buffer_str(out, ",");
    if (m->shape->type != SHAPE_STRING || strpbrk(text, ",\"") == NULL) {
        buffer_str(out, text);
        return;
    }
    buffer_str(out, "\"");
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buffer_str(out, "\\");
        buffer_add(out, p, 1);
    }
    buffer_str(out, "\"");
}

static char *header_text(const struct member *m, const json_t *value, struct problem *problem)
{
    size_t i;
    json_t *item;
    if (m->shape->type != SHAPE_LIST)
        return codec_value_text(m, value, TIME_RFC822, problem);
    struct buffer out = { 0 };
    json_array_foreach(codec_iterable(value), i, item)
    {
        autofree char *text = codec_value_text(m->shape->element, item, TIME_RFC822, problem);
        if (text == NULL) {
            buffer_clear(&out);
            (void)codec_under_index(problem, i);
            return NULL;
        }
        add_header_item(&out, m->shape->element, text);
    }
    return buffer_take(&out);
}

/* A line break in a value would start a header of its own. */
static bool add_header(struct http_headers *headers, const char *name, const char *text,
                       struct problem *problem)
{
    if (strpbrk(text, "\r\n") != NULL || strpbrk(name, "\r\n: ") != NULL) {
        problem_set(problem, "", "holds a line break, which no header can carry");
        return false;
    }
    http_headers_add(headers, name, "%s", text);
    return true;
}

static bool write_header_map(const struct member *m, const json_t *value,
                             struct http_headers *headers, struct problem *problem)
{
    const char *key;
    json_t *item;
    json_object_foreach(codec_iterable(value), key, item)
    {
        autofree char *name = xasprintf("%s%s", m->wire, key);
        autofree char *text = header_text(m->shape->value, item, problem);
        if (text == NULL || !add_header(headers, name, text, problem))
            return codec_under(problem, key);
    }
    return true;
}

bool codec_rest_write_headers(const struct shape *shape, const json_t *value,
                              struct http_headers *headers, struct problem *problem)
{
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const json_t *item = json_object_get(value, m->name);
        if (!given(item) || (json_is_array(item) && json_array_size(item) == 0))
            continue;
        if (m->location == IN_HEADERS && !write_header_map(m, item, headers, problem))
            return codec_under(problem, m->name);
        if (m->location != IN_HEADER)
            continue;
        autofree char *text = header_text(m, item, problem);
        if (text == NULL || !add_header(headers, m->wire, text, problem))
            return codec_under(problem, m->name);
    }
    return true;
}

/* S3 takes either header where the model demands a checksum (PutBucketReplication, DeleteObjects:
 * "Content-MD5 or x-amz-checksum-<algorithm>"). A FIPS provider of OpenSSL refuses MD5. */
static void add_checksum(struct http_request *r)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t n = 0;
    for (size_t i = 0; i < r->headers.n; i++) /* the caller brought one */
        if (http_name_prefix(r->headers.items[i].name, "x-amz-checksum-") ||
            http_name_prefix(r->headers.items[i].name, "Content-MD5"))
            return;
    bool md5 = EVP_Q_digest(NULL, "MD5", NULL, r->body, r->body_size, digest, &n) == 1;
    if (!md5 && EVP_Q_digest(NULL, "SHA256", NULL, r->body, r->body_size, digest, &n) != 1)
        abort(); /* an OpenSSL without SHA-256 cannot sign requests either */
    autofree char *text = codec_base64_encode(digest, n);
    http_headers_add(&r->headers, md5 ? "Content-MD5" : "x-amz-checksum-sha256", "%s", text);
}

static bool check_members(const struct shape *shape, const json_t *args, struct problem *problem)
{
    const char *name;
    json_t *item;
    json_object_foreach(codec_iterable(args), name, item)
    {
        if (shape != NULL && model_member(shape, name) != NULL)
            continue;
        problem_set(problem, "", "%s has no such member",
                    shape == NULL ? "an operation without input" : shape->name);
        return codec_under(problem, name);
    }
    return true;
}

bool codec_rest_encode(const struct operation_model *op, const json_t *args,
                       struct http_request *ret, struct problem *problem)
{
    struct buffer body = { 0 };
    bool good = check_members(op->input, args, problem) && write_path(op, args, ret, problem) &&
                write_query(op, args, ret, problem) &&
                codec_rest_write_headers(op->input, args, &ret->headers, problem) &&
                codec_body_write(op, op->input, args, true, &ret->headers, &body, problem);
    ret->body_size = body.used;
    ret->body = buffer_take(&body);
    if (!good)
        return false;
    if (op->checksum_required)
        add_checksum(ret);
    if (codec_quirks(op->service)->accept_json && http_headers_get(&ret->headers, "Accept") == NULL)
        http_headers_add(&ret->headers, "Accept", "application/json");
    return true;
}

/* ---- which operation a request asks for ---- */

struct label {
    const char *name, *text;
    size_t name_length, text_length;
};

enum { LABELS_MAX = 8 };

/* Walks template and path segment by segment. Returns the number of literal segments that agreed,
 * or -1 when the path does not fit. A slash at the end counts for nothing on either side. */
static int match_path(const char *template, const char *path, struct label labels[LABELS_MAX],
                      size_t *n_labels)
{
    int literals = 0;
    *n_labels = 0;
    for (;;) {
        template += strspn(template, "/");
        path += *path == '/' ? 1 : 0;
        size_t t = strcspn(template, "/?"), p = strcspn(path, "/");
        if (t == 0 || p == 0)
            return t == 0 && p == 0 && path[0] == '\0' ? literals : -1;
        bool greedy = template[0] == '{' && t > 2 && template[t - 2] == '+';
        if (greedy)
            p = strlen(path);
        if (template[0] != '{') {
            if (t != p || memcmp(template, path, t) != 0)
                return -1;
            literals++;
        } else {
            assert(*n_labels < LABELS_MAX);
            labels[(*n_labels)++] = (struct label){ template + 1, path, t - (greedy ? 3 : 2), p };
        }
        template += t;
        path += p;
    }
}

struct query_match {
    const struct operation_model *op;
    bool stranger; /* a bare parameter ("?acl") that the operation does not know */
};

/* True when the operation's own query ("?versioning", "?list-type=2") holds this parameter. */
static bool is_constant(const struct operation_model *op, const char *key, const char *value)
{
    const char *p = strchr(op->uri, '?');
    while (p != NULL && *p != '\0') {
        size_t n = strcspn(++p, "&"), k = strcspn(p, "=&");
        if (strlen(key) == k && memcmp(p, key, k) == 0)
            return k == n ||
                   (strlen(value) == n - k - 1 && memcmp(p + k + 1, value, n - k - 1) == 0);
        p += n;
    }
    return false;
}

static bool look_for_strangers(const char *key, const char *value, void *context)
{
    struct query_match *match = context;
    if (value[0] == '\0' && !is_constant(match->op, key, value) &&
        by_wire(match->op->input, IN_QUERY, key, strlen(key)) == NULL)
        match->stranger = true;
    return true;
}

/* The operation's constants that the request has, or -1 when one is missing. */
static int match_constants(const struct operation_model *op, const char *query)
{
    int found = 0;
    const char *p = strchr(op->uri, '?');
    while (p != NULL && *p != '\0') {
        size_t n = strcspn(++p, "&"), k = strcspn(p, "=&");
        autofree char *key = xstrndup(p, k);
        autofree char *value = codec_query_get(query, strlen(query), key);
        if (value == NULL || !is_constant(op, key, value))
            return -1;
        found++;
        p += n;
    }
    return found;
}

static bool present(const struct member *m, const struct http_request *request)
{
    if (m->location == IN_HEADER)
        return http_headers_get(&request->headers, m->wire) != NULL;
    autofree char *value = codec_query_get(request->query, strlen(request->query), m->wire);
    return value != NULL;
}

/* Literal segments weigh most, then constants of the query, then required members: they tell
 * apart operations of one path, and their lack must still reach validation. */
int codec_rest_score(const struct operation_model *op, const struct http_request *request)
{
    struct label labels[LABELS_MAX];
    size_t n_labels;
    if (strcmp(op->method, request->method) != 0)
        return -1;
    int literals = match_path(op->uri, request->path, labels, &n_labels);
    int constants = match_constants(op, request->query);
    struct query_match match = { .op = op };
    (void)codec_query_each(request->query, strlen(request->query), look_for_strangers, &match);
    if (literals < 0 || constants < 0 || match.stranger)
        return -1;
    int score = 10000 + literals * 1000 + constants * 100;
    for (size_t i = 0; op->input != NULL && i < op->input->n_members; i++) {
        const struct member *m = &op->input->members[i];
        if (m->required && (m->location == IN_QUERY || m->location == IN_HEADER))
            score += present(m, request) ? 1 : -1;
    }
    return score;
}

/* ---- inwards ---- */

static bool set_parsed(const struct member *m, const struct member *scalar, const char *text,
                       json_t *into, struct problem *problem)
{
    json_t *value = codec_value_parse(scalar, text, problem);
    if (value == NULL)
        return codec_under(problem, m->name);
    if (m == scalar) {
        json_object_set_new(into, m->name, value);
        return true;
    }
    json_t *list = json_object_get(into, m->name);
    if (list == NULL)
        json_object_set_new(into, m->name, list = json_array());
    json_array_append_new(list, value);
    return true;
}

static bool read_labels(const struct operation_model *op, const struct http_request *request,
                        json_t *into, struct problem *problem)
{
    struct label labels[LABELS_MAX];
    size_t n_labels, size;
    if (match_path(op->uri, request->path, labels, &n_labels) < 0) {
        problem_set(problem, "", "the path %.100s is not %s", request->path, op->uri);
        return false;
    }
    for (size_t i = 0; i < n_labels; i++) {
        const struct member *m = by_wire(op->input, IN_URI, labels[i].name, labels[i].name_length);
        autofree char *text = NULL;
        assert(m != NULL);
        if (!codec_percent_decode(labels[i].text, labels[i].text_length, false, &text, &size)) {
            problem_set(problem, "", "has a broken percent escape");
            return codec_under(problem, m->name);
        }
        if (!set_parsed(m, m, text, into, problem))
            return false;
    }
    return true;
}

struct query_reading {
    const struct operation_model *op;
    json_t *into;
    struct problem *problem;
};

static bool read_query_map(const struct member *m, const char *key, const char *text, json_t *into,
                           struct problem *problem)
{
    json_t *map = json_object_get(into, m->name);
    if (map == NULL)
        json_object_set_new(into, m->name, map = json_object());
    const struct member *value = m->shape->value;
    const struct member *scalar = value->shape->type == SHAPE_LIST ? value->shape->element : value;
    struct member keyed = *value;
    keyed.name = key;
    if (value->shape->type == SHAPE_LIST)
        return set_parsed(&keyed, scalar, text, map, problem) || codec_under(problem, m->name);
    return set_parsed(&keyed, &keyed, text, map, problem) || codec_under(problem, m->name);
}

static bool read_query_pair(const char *key, const char *value, void *context)
{
    struct query_reading *r = context;
    const struct shape *input = r->op->input;
    if (is_constant(r->op, key, value))
        return true;
    const struct member *m = by_wire(input, IN_QUERY, key, strlen(key));
    if (m != NULL)
        return set_parsed(m, m->shape->type == SHAPE_LIST ? m->shape->element : m, value, r->into,
                          r->problem);
    for (size_t i = 0; i < input->n_members; i++)
        if (input->members[i].location == IN_QUERY && input->members[i].shape->type == SHAPE_MAP)
            return read_query_map(&input->members[i], key, value, r->into, r->problem);
    return true; /* SDKs add parameters of their own, such as x-id */
}

/* Cuts one item off a header's list; quotes are undone. NULL at the end. The caller frees. */
static char *next_item(const char **text, bool dates)
{
    struct buffer item = { 0 };
    const char *p = *text + strspn(*text, " \t,");
    if (*p == '\0')
        return NULL;
    bool quoted = *p == '"';
    for (p += quoted ? 1 : 0; *p != '\0' && *p != (quoted ? '"' : ','); p++) {
        if (quoted && *p == '\\' && p[1] != '\0')
            p++;
        buffer_add(&item, p, 1);
    }
    if (dates && item.used == 3 && *p == ',') { /* "Mon, 16 Dec 2019 …": its comma is its own */
        size_t rest = strcspn(p + 1, ",");
        buffer_add(&item, p, rest + 1);
        p += rest + 1;
    }
    *text = *p == '\0' ? p : p + 1;
    while (!quoted && item.used > 0 && item.text[item.used - 1] == ' ')
        item.text[--item.used] = '\0';
    return buffer_take(&item);
}

static bool read_header_list(const struct member *m, const char *text, json_t *into,
                             struct problem *problem)
{
    const struct member *element = m->shape->element;
    for (;;) {
        autofree char *item = next_item(&text, element->shape->type == SHAPE_TIMESTAMP);
        if (item == NULL)
            return true;
        if (!set_parsed(m, element, item, into, problem))
            return false;
    }
}

/* Into an answer the map comes even when it is empty, as botocore has it. */
static bool read_header_map(const struct member *m, const struct http_headers *headers,
                            bool request, json_t *into, struct problem *problem)
{
    json_t *map = json_object();
    size_t n = strlen(m->wire);
    for (size_t i = 0; i < headers->n; i++) {
        const char *name = headers->items[i].name;
        if (!http_name_prefix(name, m->wire))
            continue;
        json_t *value = codec_value_parse(m->shape->value, headers->items[i].value, problem);
        if (value == NULL) {
            json_decref(map);
            return codec_under(problem, m->name);
        }
        json_object_set_new(map, name + n, value);
    }
    if (!request || json_object_size(map) > 0)
        json_object_set(into, m->name, map);
    json_decref(map);
    return true;
}

bool codec_rest_read_headers(const struct shape *shape, const struct http_headers *headers,
                             int status, json_t *into, struct problem *problem)
{
    for (size_t i = 0; shape != NULL && i < shape->n_members; i++) {
        const struct member *m = &shape->members[i];
        const char *text = m->location == IN_HEADER ? http_headers_get(headers, m->wire) : NULL;
        bool good = true;
        if (m->location == IN_STATUS)
            json_object_set_new(into, m->name, json_integer(status));
        else if (m->location == IN_HEADERS)
            good = read_header_map(m, headers, status == 0, into, problem);
        else if (text != NULL && m->shape->type == SHAPE_LIST)
            good = read_header_list(m, text, into, problem);
        else if (text != NULL)
            good = set_parsed(m, m, text, into, problem);
        if (!good)
            return false;
    }
    return true;
}

json_t *codec_rest_decode(const struct operation_model *op, const struct http_request *request,
                          struct problem *problem)
{
    json_t *args = json_object();
    struct query_reading reading = { .op = op, .into = args, .problem = problem };
    if (op->input == NULL)
        return args;
    problem_set(problem, "", "the query string is broken");
    if (read_labels(op, request, args, problem) &&
        codec_query_each(request->query, strlen(request->query), read_query_pair, &reading) &&
        codec_rest_read_headers(op->input, &request->headers, 0, args, problem) &&
        codec_body_read(op, op->input, request->body, request->body_size, true, args, problem))
        return args;
    json_decref(args);
    return NULL;
}
