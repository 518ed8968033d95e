/* SPDX-License-Identifier: Apache-2.0 */
/* suite: runs AWS's protocol compliance cases (botocore tests/unit/protocols, read in place from
 * $DRD_VECTORS or shared/vectors beside the checkout) through the codec, each in both directions:
 *   input    arguments → request, compared by meaning; the request → arguments again
 *   output   answer → body, compared; the body → answer → body again
 * Cases for features that no operation of drd's uses stand in skipped.json with the reason. One
 * that stands there and passes is a failure, so that the list stays true.
 * usage: suite SKIPPED.json [-v]        exit 77 when the vectors are not there */
#include "aws/codec_internal.h"
#include "tests/wire/model_loader.h"

#include <stdio.h>
#include <unistd.h>

enum { ERRORS_MAX = 16 };

struct suite {
    const json_t *skipped; /* {"input": {"CaseId": "why"}, "input-back": …} */
    bool verbose;
    unsigned passed, skips, failed;
    char why[2000]; /* of the case at hand */
};

static bool fail(struct suite *s, const char *format, ...) PRINTF(2, 3);
static bool fail(struct suite *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(s->why, sizeof s->why, format, args);
    va_end(args);
    return false;
}

static bool fail_json(struct suite *s, const char *what, const json_t *is, const json_t *wanted)
{
    autofree char *a = json_dumps(is, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    autofree char *b = json_dumps(wanted, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    return fail(s, "%s: %s\n      wanted: %s", what, a, b);
}

/* ---- the suites' values in drd's convention ---- */

static json_t *to_drd(const struct shape *shape, const json_t *value);

static json_t *children_to_drd(const struct shape *shape, const json_t *value)
{
    const char *name;
    json_t *item, *out = json_object();
    json_object_foreach((json_t *)(uintptr_t)value, name, item)
    {
        const struct member *m = shape->type == SHAPE_MAP ? shape->value
                                                          : model_member(shape, name);
        if (!json_is_null(item) && m != NULL)
            json_object_set_new(out, name, to_drd(m->shape, item));
    }
    return out;
}

static json_t *to_drd(const struct shape *shape, const json_t *value)
{
    size_t i;
    json_t *item, *out;
    if (shape->document)
        return json_deep_copy(value);
    if (json_is_object(value))
        return children_to_drd(shape, value);
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach((json_t *)(uintptr_t)value, i, item)
            json_array_append_new(out, to_drd(shape->element->shape, item));
        return out;
    }
    if (shape->type == SHAPE_TIMESTAMP && json_is_number(value))
        return json_integer((json_int_t)(json_number_value(value) * 1000 + 0.5));
    if (shape->type == SHAPE_BLOB && json_is_string(value)) {
        autofree char *text = codec_base64_encode(json_string_value(value),
                                                  json_string_length(value));
        return json_string(text);
    }
    if ((shape->type == SHAPE_DOUBLE || shape->type == SHAPE_FLOAT) && json_is_number(value))
        return json_real(json_number_value(value));
    return json_deep_copy(value);
}

/* 1 and 1.0 are the same number to JSON. */
static json_t *plain_numbers(const json_t *value)
{
    const char *name;
    size_t i;
    json_t *item, *out = NULL;
    if (json_is_object(value)) {
        out = json_object();
        json_object_foreach((json_t *)(uintptr_t)value, name, item)
            json_object_set_new(out, name, plain_numbers(item));
    } else if (json_is_array(value)) {
        out = json_array();
        json_array_foreach((json_t *)(uintptr_t)value, i, item)
            json_array_append_new(out, plain_numbers(item));
    } else if (json_is_number(value)) {
        out = json_real(json_number_value(value));
    }
    return out == NULL ? json_deep_copy(value) : out;
}

static bool same(const json_t *a, const json_t *b)
{
    json_auto_t *x = plain_numbers(a), *y = plain_numbers(b);
    return json_equal(x, y);
}

/* ---- forms, headers and bodies by meaning ---- */

static bool add_pair(const char *key, const char *value, void *context)
{
    json_t *pairs = context, *list = json_object_get(pairs, key);
    if (list == NULL)
        json_object_set_new(pairs, key, list = json_array());
    json_array_append_new(list, json_string(value));
    return true;
}

static json_t *pairs_of(const char *form)
{
    json_t *pairs = json_object();
    bool good = codec_query_each(form, strlen(form), add_pair, pairs);
    assert(good);
    return pairs;
}

static json_t *tree_of(const struct xml_node *node)
{
    json_t *attributes = json_object(), *children = json_array();
    for (char **a = node->attributes; a != NULL && *a != NULL; a += 2)
        json_object_set_new(attributes, a[0], json_string(a[1]));
    for (const struct xml_node *child = node->child; child != NULL; child = child->next)
        json_array_append_new(children, tree_of(child));
    return json_pack("{s:s, s:s, s:o, s:o}", "name", node->name, "text",
                     node->child != NULL ? "" : node->text, "attributes", attributes, "children",
                     children);
}

static json_t *xml_json(const char *text)
{
    const char *error;
    int line;
    struct xml_node *root;
    if (xml_parse(text, strlen(text), &root, &error, &line) != 0)
        return json_string(text);
    json_t *tree = tree_of(root);
    xml_free(root);
    return tree;
}

static json_t *body_json(enum protocol protocol, const char *text)
{
    json_t *value = NULL;
    if (protocol == PROTOCOL_QUERY)
        return pairs_of(text);
    if (protocol == PROTOCOL_REST_XML)
        return xml_json(text);
    value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value != NULL ? value : json_string(text);
}

/* White space around commas says nothing. */
static char *squeezed(const char *text)
{
    struct buffer out = { 0 };
    for (const char *p = text; *p != '\0'; p++)
        if (*p != ' ' || (out.used > 0 && out.text[out.used - 1] != ','))
            buffer_add(&out, p, 1);
    return buffer_take(&out);
}

static bool check_headers(struct suite *s, const json_t *wanted, const struct http_headers *headers)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json_object_get(wanted, "headers"), name, value)
    {
        const char *got = http_headers_get(headers, name);
        autofree char *a = squeezed(got == NULL ? "" : got);
        autofree char *b = squeezed(json_string_value(value));
        bool prefix = got != NULL && strcmp(name, "Content-Type") == 0 && str_prefix(a, b);
        if (got == NULL ? b[0] != '\0' : !prefix && strcmp(a, b) != 0)
            return fail(s, "header %s: %s, wanted %s", name, got == NULL ? "(none)" : got, b);
    }
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)json_object_get(wanted, "forbidHeaders"), i,
                       value) if (http_headers_get(headers, json_string_value(value)) !=
                                  NULL) return fail(s, "header %s is there",
                                                    json_string_value(value));
    return true;
}

static bool check_uri(struct suite *s, const char *wanted, const struct http_request *r)
{
    size_t n = strcspn(wanted, "?");
    if (strlen(r->path) != n || strncmp(r->path, wanted, n) != 0)
        return fail(s, "path %s, wanted %s", r->path, wanted);
    json_auto_t *is = pairs_of(r->query);
    json_auto_t *should = pairs_of(wanted[n] == '?' ? wanted + n + 1 : "");
    return json_equal(is, should) || fail_json(s, "query", is, should);
}

static bool check_request(struct suite *s, const struct operation_model *op, const json_t *wanted,
                          const struct http_request *r)
{
    const char *method = json_string_value(json_object_get(wanted, "method"));
    const char *uri = json_string_value(json_object_get(wanted, "uri"));
    const char *body = json_string_value(json_object_get(wanted, "body"));
    if (strcmp(method, r->method) != 0)
        return fail(s, "method %s", r->method);
    if (!check_uri(s, uri, r) || !check_headers(s, wanted, &r->headers))
        return false;
    if (body == NULL || strcmp(body, r->body == NULL ? "" : r->body) == 0)
        return true;
    json_auto_t *is = body_json(op->service->protocol, r->body == NULL ? "" : r->body);
    json_auto_t *should = body_json(op->service->protocol, body);
    return same(is, should) || fail_json(s, "body", is, should);
}

/* ---- one case ---- */

static bool input_case(struct suite *s, const struct operation_model *op, const json_t *test,
                       bool back)
{
    struct http_request request = { 0 };
    struct problem problem = { 0 };
    json_auto_t *args = op->input == NULL ? json_object()
                                          : to_drd(op->input, json_object_get(test, "params"));
    json_auto_t *again = NULL;
    bool good = codec_encode_request(op, args, &request, &problem) == 0;
    if (!good)
        return fail(s, "encode: %s %s", problem.pointer, problem.text);
    if (!back) {
        good = check_request(s, op, json_object_get(test, "serialized"), &request);
    } else if (op->service->protocol >= PROTOCOL_REST_JSON && codec_rest_score(op, &request) < 0) {
        good = fail(s, "its own operation does not match %s?%s", request.path, request.query);
    } else if (codec_decode_request(op, &request, &again, &problem) != 0) {
        good = fail(s, "decode: %s %s", problem.pointer, problem.text);
    } else {
        good = same(again, args) || fail_json(s, "arguments", again, args);
    }
    http_request_clear(&request);
    return good;
}

static struct http_response response_of(const json_t *given)
{
    const char *body = json_string_value(json_object_get(given, "body")), *name;
    json_t *value;
    struct http_response r = {
        .status = (int)json_integer_value(json_object_get(given, "status_code")),
        .body = xstrdup(body == NULL ? "" : body),
        .body_size = body == NULL ? 0 : strlen(body),
    };
    json_object_foreach((json_t *)(uintptr_t)json_object_get(given, "headers"), name, value)
        http_headers_add(&r.headers, name, "%s", json_string_value(value));
    return r;
}

static bool check_error(struct suite *s, const struct operation_model *op, const json_t *test,
                        const struct answer *answer)
{
    const char *code = json_string_value(json_object_get(test, "errorCode"));
    const char *message = json_string_value(json_object_get(test, "errorMessage"));
    const json_t *given = json_object_get(test, "error");
    if (!str_eq(answer->code, code))
        return fail(s, "code %s, wanted %s", answer->code, code);
    if (message != NULL && !str_eq(answer->message, message))
        return fail(s, "message %s, wanted %s", answer->message, message);
    for (size_t i = 0; op->errors[i] != NULL; i++) {
        if (!str_eq(op->errors[i]->error_code, code) && !str_eq(op->errors[i]->name, code))
            continue;
        json_auto_t *wanted = to_drd(op->errors[i], given), *all = json_deep_copy(answer->body);
        json_object_update(all, wanted);
        return same(all, answer->body) || fail_json(s, "error", answer->body, wanted);
    }
    return true;
}

/* Encodes what was read as a server would, and reads it again. */
static bool output_back(struct suite *s, const struct operation_model *op, struct answer *answer,
                        bool is_error)
{
    struct http_response response;
    struct answer again;
    bool again_error;
    if (is_error)
        answer->class = AWS_INVALID;
    codec_encode_answer(op->service, op, answer, &response);
    codec_decode_answer(op, &response, &again, &again_error);
    bool good = again_error == is_error && again.class == AWS_OK;
    if (is_error)
        good = again_error && str_eq(again.code, answer->code) &&
               str_eq(again.message, answer->message);
    if (!good)
        (void)fail(s, "back: %s %s", again.code, again.message);
    else if (!same(again.body, answer->body))
        good = fail_json(s, "back", again.body, answer->body);
    http_response_clear(&response);
    answer_clear(&again);
    return good;
}

static bool output_case(struct suite *s, const struct operation_model *op, const json_t *test,
                        bool back)
{
    struct http_response response = response_of(json_object_get(test, "response"));
    struct answer answer;
    bool is_error, good;
    codec_decode_answer(op, &response, &answer, &is_error);
    const json_t *result = json_object_get(test, "result");
    json_auto_t *wanted = op->output == NULL || result == NULL ? json_object()
                                                               : to_drd(op->output, result);
    if (back)
        good = output_back(s, op, &answer, is_error);
    else if (json_object_get(test, "errorCode") != NULL)
        good = is_error ? check_error(s, op, test, &answer)
                        : fail(s, "no error: %s", answer.message);
    else if (answer.class != AWS_OK || is_error)
        good = fail(s, "%s: %s", answer.code, answer.message);
    else
        good = same(answer.body, wanted) || fail_json(s, "body", answer.body, wanted);
    answer_clear(&answer);
    http_response_clear(&response);
    return good;
}

static void run(struct suite *s, const char *file, const char *section, const json_t *test,
                bool good)
{
    const char *id = json_string_value(json_object_get(test, "id"));
    const char *reason = json_string_value(
        json_object_get(json_object_get(s->skipped, section), id));
    if (reason != NULL && good) {
        printf("FAIL %s %s %s: passes, but stands in skipped.json\n", section, file, id);
        s->failed++;
    } else if (reason != NULL) {
        s->skips++;
        if (s->verbose)
            printf("skip %s %s %s: %s\n", section, file, id, reason);
    } else if (good) {
        s->passed++;
    } else {
        printf("FAIL %s %s %s\n      %s\n", section, file, id, s->why);
        s->failed++;
    }
}

static void run_case(struct suite *s, const char *file, bool input, const struct loaded_model *m,
                     const json_t *test)
{
    const struct shape *errors[ERRORS_MAX];
    struct operation_model op = loaded_operation(m, json_object_get(test, "given"), errors,
                                                 ERRORS_MAX);
    autofree char *wrapper = xasprintf("%sResult", op.name);
    if (m->service.protocol == PROTOCOL_QUERY && op.output != NULL && op.result_wrapper == NULL)
        op.result_wrapper = wrapper; /* the suite's models leave it out */
    for (int back = 0; back < 2; back++) {
        bool good = input ? input_case(s, &op, test, back) : output_case(s, &op, test, back);
        run(s, file, input ? (back ? "input-back" : "input") : (back ? "output-back" : "output"),
            test, good);
    }
}

static void run_file(struct suite *s, const char *vectors, const char *side, const char *file)
{
    json_error_t error;
    size_t i, j;
    json_t *model, *test;
    autofree char *path = xasprintf("%s/protocols/%s/%s.json", vectors, side, file);
    json_auto_t *models = json_load_file(path, 0, &error);
    if (models == NULL) {
        printf("FAIL %s: %s\n", path, error.text);
        s->failed++;
        return;
    }
    json_array_foreach(models, i, model)
    {
        struct loaded_model m;
        loaded_model_init(&m, model);
        json_array_foreach(json_object_get(model, "cases"), j, test)
            run_case(s, file, strcmp(side, "input") == 0, &m, test);
        loaded_model_clear(&m);
    }
}

int main(int argc, char **argv)
{
    static const char *const files[] = { "json",  "json_1_0",  "json_1_0-query-compatible",
                                         "query", "rest-json", "rest-xml" };
    const char *given = getenv("DRD_VECTORS"), *source = getenv("DRD_SOURCE");
    autofree char *vectors = given != NULL
                                 ? xstrdup(given)
                                 : xasprintf("%s/../shared/vectors", source == NULL ? "." : source);
    json_auto_t *skipped = argc > 1 ? json_load_file(argv[1], 0, NULL) : NULL;
    struct suite s = { .skipped = skipped, .verbose = argc > 2 };
    if (skipped == NULL) {
        fprintf(stderr, "usage: suite SKIPPED.json [-v]\n");
        return 1;
    }
    if (access(vectors, R_OK) != 0) {
        printf("skipped: no protocol cases in %s\n", vectors);
        return 77;
    }
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        run_file(&s, vectors, "input", files[i]);
        run_file(&s, vectors, "output", files[i]);
    }
    printf("skipped: %u protocol cases for features that drd does not use (skipped.json)\n",
           s.skips);
    printf("protocols: %u passed, %u failed\n", s.passed, s.failed);
    return s.failed == 0 && s.passed > 1000 ? 0 : 1;
}
