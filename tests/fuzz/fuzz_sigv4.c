/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request to sign: a byte of options, then lines: path, query, "name:value" headers,
 * an empty line, the body. Nothing crashes, what was signed is what the other side expects, and the
 * bytes as an Authorization header are read or refused. */
#include "aws/sigv4.h"

#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The next line, and where the one after it starts. The caller frees. */
static char *next_line(const char **text)
{
    size_t n = strcspn(*text, "\n");
    char *line = xstrndup(*text, n);
    *text += n + ((*text)[n] == '\n');
    return line;
}

/* RFC 9110: a name is a token; HTTP libraries let nothing else pass. */
static bool is_token(const char *name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return *name != '\0' && strspn(name, token) == strlen(name);
}

static void read_headers(const char **text, struct http_request *request)
{
    while (**text != '\0') {
        autofree char *line = next_line(text);
        char *colon = strchr(line, ':');
        if (*line == '\0')
            return;
        if (colon != NULL)
            *colon = '\0';
        if (is_token(line) && strcasecmp(line, "authorization") != 0)
            http_headers_add(&request->headers, line, "%s", colon == NULL ? "" : colon + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    struct sigv4 s = { .access_key = "AKIDEXAMPLE",
                       .secret_key = "secret",
                       .session_token = (bytes[0] & 8) != 0 ? "token" : NULL,
                       .region = "us-east-1",
                       .service = "service",
                       .date = { 1440938160000 },
                       .double_encode = (bytes[0] & 1) != 0,
                       .normalize_path = (bytes[0] & 2) != 0,
                       .sign_body = (bytes[0] & 4) != 0 };
    autofree char *copy = xstrndup((const char *)bytes + 1, n - 1);
    const char *text = copy;
    struct http_request request = { .method = "POST" };
    request.path = next_line(&text);
    request.query = next_line(&text);
    read_headers(&text, &request);
    request.body = xstrdup(text);
    request.body_size = strlen(text);

    autofree char *canonical = NULL;
    sigv4_sign(&s, "example.amazonaws.com", &request, &canonical, NULL);
    const char *after = strchr(canonical, '\n') + 1;
    assert(*after == '/' || !s.normalize_path);
    struct sigv4_claim claim;
    char expected[65];
    assert(sigv4_parse_authorization(http_headers_get(&request.headers, "Authorization"), &claim));
    sigv4_expected(&s, &request, claim.signed_headers, expected);
    assert(strcmp(expected, claim.signature) == 0);
    sigv4_claim_clear(&claim);
    http_request_clear(&request);
    if (sigv4_parse_authorization(copy, &claim))
        sigv4_claim_clear(&claim);
    return 0;
}
