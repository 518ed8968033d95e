/* SPDX-License-Identifier: Apache-2.0 */
/* sign_tool: signs requests given as JSON, one a line, and prints what came of each as JSON, one a
 * line. A tool for test_sigv4.py alone.
 * in:  {"method", "path", "query", "headers": [[name, value]], "body", "host", "access_key",
 *       "secret_key", "token"?, "region", "service", "date": milliseconds, "double_encode",
 *       "normalize_path", "sign_body", "omit_token"?}
 * out: {"canonical", "string_to_sign", "authorization", "verified"} */
#include "aws/sigv4.h"

#include <stdio.h>

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static struct http_request read_request(const json_t *in)
{
    const char *body = text(in, "body");
    struct http_request r = { .path = xstrdup(text(in, "path")),
                              .query = xstrdup(text(in, "query")),
                              .body = xstrdup(body),
                              .body_size = strlen(body) };
    str_copy(r.method, sizeof r.method, text(in, "method"));
    size_t i;
    const json_t *pair;
    json_array_foreach(json_object_get(in, "headers"), i, pair)
        http_headers_add(&r.headers, json_string_value(json_array_get(pair, 0)), "%s",
                         json_string_value(json_array_get(pair, 1)));
    return r;
}

static json_t *sign(const json_t *in)
{
    struct sigv4 s = { .access_key = text(in, "access_key"),
                       .secret_key = text(in, "secret_key"),
                       .session_token = text(in, "token"),
                       .region = text(in, "region"),
                       .service = text(in, "service"),
                       .date.ms = json_integer_value(json_object_get(in, "date")),
                       .double_encode = flag(in, "double_encode"),
                       .normalize_path = flag(in, "normalize_path"),
                       .sign_body = flag(in, "sign_body"),
                       .omit_token = flag(in, "omit_token") };
    struct http_request r = read_request(in);
    autofree char *canonical = NULL, *to_sign = NULL;
    sigv4_sign(&s, text(in, "host"), &r, &canonical, &to_sign);
    const char *authorization = http_headers_get(&r.headers, "Authorization");
    struct sigv4_claim claim = { 0 };
    char expected[65] = "";
    bool verified = sigv4_parse_authorization(authorization, &claim);
    if (verified)
        sigv4_expected(&s, &r, claim.signed_headers, expected);
    json_t *out = json_pack("{ss ss ss sb}", "canonical", canonical, "string_to_sign", to_sign,
                            "authorization", authorization, "verified",
                            verified && str_eq(expected, claim.signature));
    sigv4_claim_clear(&claim);
    http_request_clear(&r);
    return out;
}

int main(void)
{
    autofree char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        json_error_t error;
        json_auto_t *in = json_loads(line, 0, &error);
        if (in == NULL) {
            (void)fprintf(stderr, "sign_tool: %s\n", error.text);
            return EXIT_FAILURE;
        }
        json_auto_t *out = sign(in);
        if (out == NULL || json_dumpf(out, stdout, JSON_COMPACT) != 0)
            return EXIT_FAILURE;
        (void)puts("");
    }
    return EXIT_SUCCESS;
}
