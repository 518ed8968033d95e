/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/base.h"

#include <stdio.h>

static void *must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

void *xmalloc(size_t size)
{
    return must(malloc(size == 0 ? 1 : size));
}

void *xcalloc(size_t n, size_t size)
{
    return must(calloc(n == 0 ? 1 : n, size == 0 ? 1 : size));
}

void *xrealloc(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        abort();
    return must(realloc(p, bytes == 0 ? 1 : bytes));
}

char *xstrndup(const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *copy = xmalloc(length + 1);
    memcpy(copy, s, length);
    copy[length] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

static char *format_text(const char *format, va_list args) PRINTF(1, 0);
static char *format_text(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    assert(length >= 0);
    char *text = xmalloc((size_t)length + 1);
    (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    return text;
}

void buffer_add(struct buffer *b, const void *bytes, size_t n)
{
    if (b->size - b->used <= n || b->text == NULL) {
        size_t size = b->size < 64 ? 64 : b->size;
        while (size - b->used <= n)
            size *= 2;
        b->text = xrealloc(b->text, size, 1);
        b->size = size;
    }
    if (n > 0)
        memcpy(b->text + b->used, bytes, n);
    b->used += n;
    b->text[b->used] = '\0';
}

void buffer_str(struct buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    autofree char *text = format_text(format, args);
    va_end(args);
    buffer_str(b, text);
}

void buffer_clear(struct buffer *b)
{
    free(b->text);
    *b = (struct buffer){ 0 };
}

char *buffer_take(struct buffer *b)
{
    char *text = b->text == NULL ? xstrdup("") : b->text;
    *b = (struct buffer){ 0 };
    return text;
}

void str_copy(char *to, size_t size, const char *from)
{
    assert(size > 0);
    size_t n = strnlen(from, size - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

bool str_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}
