/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_internal.h"

#include <stdio.h>

/* ---- headers ---- */

void http_headers_add(struct http_headers *h, const char *name, const char *format, ...)
{
    char *value = NULL;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    assert(length >= 0);
    value = xmalloc((size_t)length + 1);
    (void)vsnprintf(value, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    h->items = xrealloc(h->items, h->n + 1, sizeof *h->items);
    h->items[h->n++] = (struct http_header){ .name = xstrdup(name), .value = value };
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool http_name_prefix(const char *name, const char *prefix)
{
    while (*prefix != '\0' && lower(*name) == lower(*prefix))
        name++, prefix++;
    return *prefix == '\0';
}

static bool same_name(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && http_name_prefix(a, b);
}

const char *http_headers_get(const struct http_headers *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++)
        if (same_name(h->items[i].name, name))
            return h->items[i].value;
    return NULL;
}

void http_headers_clear(struct http_headers *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->n; i++) {
        free(h->items[i].name);
        free(h->items[i].value);
    }
    free(h->items);
    *h = (struct http_headers){ 0 };
}

void http_request_clear(struct http_request *r)
{
    if (r == NULL)
        return;
    free(r->path);
    free(r->query);
    free(r->body);
    http_headers_clear(&r->headers);
    *r = (struct http_request){ 0 };
}

void http_response_clear(struct http_response *r)
{
    if (r == NULL)
        return;
    free(r->body);
    http_headers_clear(&r->headers);
    *r = (struct http_response){ 0 };
}

/* ---- percent-encoding ---- */

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

char *codec_percent_encode(const char *text, bool keep_slash)
{
    struct buffer out = { 0 };
    for (const char *p = text; *p != '\0'; p++)
        if (unreserved(*p) || (keep_slash && *p == '/'))
            buffer_add(&out, p, 1);
        else
            buffer_printf(&out, "%%%02X", (unsigned)(unsigned char)*p);
    return buffer_take(&out);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool codec_percent_decode(const char *text, size_t n, bool plus_is_space, char **ret,
                          size_t *ret_size)
{
    autofree char *out = xmalloc(n + 1);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < n ? hex_digit(text[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_digit(text[i + 2]);
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[used++] = c;
    }
    out[used] = '\0';
    *ret = out;
    *ret_size = used;
    out = NULL;
    return true;
}

/* ---- base64 (RFC 4648, section 4) ---- */

static const char base64_digits[] = /* and the padding as number 64 */
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

char *codec_base64_encode(const void *bytes, size_t n)
{
    const unsigned char *in = bytes;
    char *text = xmalloc((n + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned group = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                         (left > 2 ? (unsigned)in[i + 2] : 0);
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        *out++ = base64_digits[left > 1 ? group >> 6 & 63 : 64];
        *out++ = base64_digits[left > 2 ? group & 63 : 64];
    }
    *out = '\0';
    return text;
}

static int base64_value(char c)
{
    const char *digit = c == '\0' ? NULL : strchr(base64_digits, c);
    return digit == NULL || *digit == '=' ? -1 : (int)(digit - base64_digits);
}

char *codec_base64_decode(const char *text, size_t *ret_size)
{
    size_t n = strlen(text), used = 0, padding = 0;
    if (n % 4 != 0)
        return NULL;
    while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
        padding++;
    autofree char *out = xmalloc(n / 4 * 3 + 1);
    unsigned group = 0;
    for (size_t i = 0; i < n - padding; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return NULL;
        group = group << 6 | (unsigned)value;
        if (i % 4 > 0)
            out[used++] = (char)(group >> (6 - i % 4 * 2) & 255);
    }
    out[used] = '\0';
    *ret_size = used;
    char *result = out;
    out = NULL;
    return result;
}
