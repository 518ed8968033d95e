/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { SHA256_SIZE = 32, BASIC_DATE_SIZE = 17, SCOPE_DATE_LENGTH = 8 };

static const char ALGORITHM[] = "AWS4-HMAC-SHA256";

/* ---- hashes ---- */

static void hex(const uint8_t *bytes, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * n] = '\0';
}

void sigv4_sha256_hex(const void *bytes, size_t n, char text[65])
{
    uint8_t digest[SHA256_SIZE];
    int done = EVP_Digest(n == 0 ? "" : bytes, n, digest, NULL, EVP_sha256(), NULL);
    assert(done == 1);
    hex(digest, sizeof digest, text);
}

/* key may be the result of the round before: OpenSSL copies it first. */
static void hmac(const void *key, size_t key_size, const char *text, uint8_t mac[SHA256_SIZE])
{
    size_t size = 0;
    const uint8_t *done = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_size,
                                    (const uint8_t *)text, strlen(text), mac, SHA256_SIZE, &size);
    assert(done != NULL && size == SHA256_SIZE);
}

/* ---- encoding ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void encode_byte(struct buffer *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    unsigned byte = (unsigned char)c;
    if (plain)
        buffer_add(out, &c, 1);
    else
        buffer_add(out, (const char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3);
}

static void encode(struct buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] == '/')
            buffer_add(out, "/", 1);
        else
            encode_byte(out, text[i]);
}

/* Brings text that is percent-encoded already into the one form that is signed: what need not be
 * escaped is not, and digits are upper case. */
static void encode_again(struct buffer *out, const char *text, size_t n, bool keep_slash)
{
    for (size_t i = 0; i < n; i++) {
        int high = i + 2 < n && text[i] == '%' ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            encode_byte(out, (char)(high << 4 | low));
            i += 2;
        } else if (keep_slash && text[i] == '/') {
            buffer_add(out, "/", 1);
        } else {
            encode_byte(out, text[i]);
        }
    }
}

/* ---- the canonical request ---- */

struct field {
    char *name, *value; /* owned */
    size_t position;
};

struct fields {
    struct field *items;
    size_t n;
};

static void fields_add(struct fields *list, char *name, char *value)
{
    list->items = xrealloc(list->items, list->n + 1, sizeof *list->items);
    list->items[list->n] = (struct field){ name, value, list->n };
    list->n++;
}

static void fields_clear(struct fields *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].name);
        free(list->items[i].value);
    }
    free(list->items);
}

static int by_name_and_value(const void *left, const void *right)
{
    const struct field *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

/* Repeated headers are joined in the order in which they stand. */
static int by_name_and_position(const void *left, const void *right)
{
    const struct field *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->position > b->position) - (a->position < b->position);
}

static void sort(struct fields *list, int (*order)(const void *, const void *))
{
    if (list->n > 1)
        qsort(list->items, list->n, sizeof *list->items, order);
}

/* RFC 3986 section 5.2.4, and AWS also drops empty segments. */
static void add_normalized_path(struct buffer *out, const char *path)
{
    struct buffer kept = { 0 };
    for (const char *p = path; *p != '\0';) {
        p += strspn(p, "/");
        size_t n = strcspn(p, "/");
        if (n == 2 && memcmp(p, "..", 2) == 0) {
            while (kept.used > 0 && kept.text[--kept.used] != '/')
                continue;
        } else if (n > 0 && !(n == 1 && *p == '.')) {
            buffer_str(&kept, "/");
            buffer_add(&kept, p, n);
        }
        p += n;
    }
    if (kept.used == 0 || str_suffix(path, "/"))
        buffer_add(&kept, "/", 1);
    encode(out, kept.text, kept.used);
    buffer_clear(&kept);
}

static void add_path(struct buffer *out, const struct sigv4 *s, const char *path)
{
    if (*path == '\0')
        path = "/";
    if (s->normalize_path)
        add_normalized_path(out, path);
    else if (s->double_encode)
        encode(out, path, strlen(path));
    else
        encode_again(out, path, strlen(path), true);
    buffer_str(out, "\n");
}

static void add_query(struct buffer *out, const char *query)
{
    struct fields list = { 0 };
    for (const char *p = query; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, "&"), name_size = strcspn(p, "=&");
        struct buffer name = { 0 }, value = { 0 };
        encode_again(&name, p, name_size, false);
        if (name_size < n)
            encode_again(&value, p + name_size + 1, n - name_size - 1, false);
        if (n > 0)
            fields_add(&list, buffer_take(&name), buffer_take(&value));
        p += n + (p[n] == '&');
    }
    sort(&list, by_name_and_value);
    for (size_t i = 0; i < list.n; i++)
        buffer_printf(out, "%s%s=%s", i == 0 ? "" : "&", list.items[i].name, list.items[i].value);
    fields_clear(&list);
    buffer_str(out, "\n");
}

static char *lower_case(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    return copy;
}

/* Trimmed, inner runs of white space made one space. */
static char *squeeze(const char *text)
{
    struct buffer out = { 0 };
    for (const char *p = text + strspn(text, " \t\r\n"); *p != '\0';) {
        size_t n = strcspn(p, " \t\r\n");
        buffer_str(&out, out.used > 0 ? " " : "");
        buffer_add(&out, p, n);
        p += n + strspn(p + n, " \t\r\n");
    }
    return buffer_take(&out);
}

/* Headers that proxies and HTTP libraries change on the way, and the signature itself. */
static bool is_signed_by_default(const char *name)
{
    static const char *const unsigned_names[] = {
        "authorization",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "upgrade",
        "transfer-encoding",
        "proxy-authorization",
        "user-agent",
        "x-amzn-trace-id",
    };
    for (size_t i = 0; i < ARRAY_SIZE(unsigned_names); i++)
        if (str_eq(unsigned_names[i], name))
            return false;
    return true;
}

static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p != '\0';) {
        size_t length = strcspn(p, ";");
        if (length == n && memcmp(p, name, n) == 0)
            return true;
        p += length + (p[length] == ';');
    }
    return false;
}

/* Adds the headers that are signed and returns their names: those of the list, or all that may be
 * signed when there is none. */
static char *add_headers(struct buffer *out, const struct http_headers *headers, const char *list)
{
    struct fields fields = { 0 };
    for (size_t i = 0; i < headers->n; i++) {
        autofree char *name = lower_case(headers->items[i].name);
        if (list != NULL ? is_listed(list, name) : is_signed_by_default(name))
            fields_add(&fields, xstrdup(name), squeeze(headers->items[i].value));
    }
    sort(&fields, by_name_and_position);
    struct buffer names = { 0 };
    for (size_t i = 0; i < fields.n; i++) {
        const struct field *f = &fields.items[i];
        if (i > 0 && strcmp(f->name, fields.items[i - 1].name) == 0) {
            buffer_printf(out, ",%s", f->value);
            continue;
        }
        buffer_printf(out, "%s%s:%s", i == 0 ? "" : "\n", f->name, f->value);
        buffer_printf(&names, "%s%s", i == 0 ? "" : ";", f->name);
    }
    buffer_str(out, fields.n > 0 ? "\n\n" : "\n");
    fields_clear(&fields);
    return list != NULL ? (buffer_clear(&names), xstrdup(list)) : buffer_take(&names);
}

static char *canonical_request(const struct sigv4 *s, const struct http_request *request,
                               const char *list, const char *payload_hash, char **ret_signed)
{
    struct buffer out = { 0 };
    buffer_printf(&out, "%s\n", request->method);
    add_path(&out, s, request->path);
    add_query(&out, request->query);
    *ret_signed = add_headers(&out, &request->headers, list);
    buffer_printf(&out, "%s\n%s", *ret_signed, payload_hash);
    return buffer_take(&out);
}

/* ---- the signature ---- */

static char *scope_of(const struct sigv4 *s, const char *date)
{
    return xasprintf("%.*s/%s/%s/aws4_request", SCOPE_DATE_LENGTH, date, s->region, s->service);
}

static char *string_to_sign(const struct sigv4 *s, const char *canonical)
{
    char date[BASIC_DATE_SIZE], hash[65];
    wall_basic(s->date, date);
    autofree char *scope = scope_of(s, date);
    sigv4_sha256_hex(canonical, strlen(canonical), hash);
    return xasprintf("%s\n%s\n%s\n%s", ALGORITHM, date, scope, hash);
}

static void sign_text(const struct sigv4 *s, const char *text, char signature[65])
{
    char date[BASIC_DATE_SIZE];
    wall_basic(s->date, date);
    date[SCOPE_DATE_LENGTH] = '\0';
    char *secret = xasprintf("AWS4%s", s->secret_key);
    size_t secret_size = strlen(secret);
    uint8_t key[SHA256_SIZE];
    hmac(secret, secret_size, date, key);
    hmac(key, sizeof key, s->region, key);
    hmac(key, sizeof key, s->service, key);
    hmac(key, sizeof key, "aws4_request", key);
    hmac(key, sizeof key, text, key);
    hex(key, sizeof key, signature);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(secret, secret_size);
    free(secret);
}

static void payload_hash(const struct http_request *request, char text[65])
{
    const char *given = http_headers_get(&request->headers, "x-amz-content-sha256");
    if (given != NULL)
        str_copy(text, 65, given);
    else
        sigv4_sha256_hex(request->body, request->body_size, text);
}

static void add_own_headers(const struct sigv4 *s, const char *host, const char *hash,
                            struct http_request *request)
{
    char date[BASIC_DATE_SIZE];
    wall_basic(s->date, date);
    struct http_headers *headers = &request->headers;
    if (http_headers_get(headers, "host") == NULL)
        http_headers_add(headers, "Host", "%s", host);
    http_headers_add(headers, "X-Amz-Date", "%s", date);
    if (s->session_token != NULL && !s->omit_token)
        http_headers_add(headers, "X-Amz-Security-Token", "%s", s->session_token);
    if (s->sign_body && http_headers_get(headers, "x-amz-content-sha256") == NULL)
        http_headers_add(headers, "X-Amz-Content-Sha256", "%s", hash);
}

static void hand_over(char *text, char **ret)
{
    if (ret != NULL)
        *ret = text;
    else
        free(text);
}

void sigv4_sign(const struct sigv4 *s, const char *host, struct http_request *request,
                char **ret_canonical, char **ret_string_to_sign)
{
    char hash[65], signature[65], date[BASIC_DATE_SIZE];
    payload_hash(request, hash);
    add_own_headers(s, host, hash, request);
    autofree char *names = NULL;
    char *canonical = canonical_request(s, request, NULL, hash, &names);
    char *text = string_to_sign(s, canonical);
    sign_text(s, text, signature);
    wall_basic(s->date, date);
    autofree char *scope = scope_of(s, date);
    http_headers_add(&request->headers, "Authorization",
                     "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", ALGORITHM,
                     s->access_key, scope, names, signature);
    if (s->session_token != NULL && s->omit_token)
        http_headers_add(&request->headers, "X-Amz-Security-Token", "%s", s->session_token);
    hand_over(canonical, ret_canonical);
    hand_over(text, ret_string_to_sign);
}

void sigv4_expected(const struct sigv4 *s, const struct http_request *request,
                    const char *signed_headers, char signature[65])
{
    char hash[65];
    payload_hash(request, hash);
    autofree char *names = NULL;
    autofree char *canonical = canonical_request(s, request, signed_headers, hash, &names);
    autofree char *text = string_to_sign(s, canonical);
    sign_text(s, text, signature);
}

/* ---- reading an Authorization header ---- */

/* "AKID/20150830/us-east-1/service/aws4_request" */
static bool parse_credential(const char *text, size_t n, struct sigv4_claim *ret)
{
    char **parts[] = { &ret->access_key, &ret->date, &ret->region, &ret->service };
    const char *end = text + n;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        const char *slash = memchr(text, '/', (size_t)(end - text));
        if (slash == NULL || slash == text)
            return false;
        free(*parts[i]);
        *parts[i] = xstrndup(text, (size_t)(slash - text));
        text = slash + 1;
    }
    static const char last[] = "aws4_request";
    return (size_t)(end - text) == strlen(last) && memcmp(text, last, strlen(last)) == 0 &&
           strlen(ret->date) == SCOPE_DATE_LENGTH;
}

static bool parse_part(const char *part, size_t n, struct sigv4_claim *ret)
{
    static const char credential[] = "Credential=", headers[] = "SignedHeaders=",
                      signature[] = "Signature=";
    char **field = NULL;
    size_t skip = 0;
    if (n >= strlen(credential) && str_prefix(part, credential))
        return parse_credential(part + strlen(credential), n - strlen(credential), ret);
    if (n >= strlen(headers) && str_prefix(part, headers)) {
        field = &ret->signed_headers;
        skip = strlen(headers);
    } else if (n >= strlen(signature) && str_prefix(part, signature)) {
        field = &ret->signature;
        skip = strlen(signature);
    } else {
        return false;
    }
    free(*field);
    *field = xstrndup(part + skip, n - skip);
    return true;
}

bool sigv4_parse_authorization(const char *header, struct sigv4_claim *ret)
{
    struct sigv4_claim claim = { 0 };
    size_t n = strlen(ALGORITHM);
    bool good = header != NULL && str_prefix(header, ALGORITHM) && header[n] == ' ';
    for (const char *p = good ? header + n : ""; good && *p != '\0';) {
        p += strspn(p, " ,");
        size_t length = strcspn(p, " ,");
        good = length == 0 || parse_part(p, length, &claim);
        p += length;
    }
    good = good && claim.access_key != NULL && claim.signed_headers != NULL &&
           claim.signature != NULL && strlen(claim.signature) == 2 * (size_t)SHA256_SIZE &&
           strspn(claim.signature, "0123456789abcdef") == 2 * (size_t)SHA256_SIZE;
    if (!good) {
        sigv4_claim_clear(&claim);
        return false;
    }
    *ret = claim;
    return true;
}

void sigv4_claim_clear(struct sigv4_claim *claim)
{
    if (claim == NULL)
        return;
    char *owned[] = { claim->access_key, claim->date,           claim->region,
                      claim->service,    claim->signed_headers, claim->signature };
    for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
        free(owned[i]);
    *claim = (struct sigv4_claim){ 0 };
}
