/* SPDX-License-Identifier: Apache-2.0 */
/* base: the ground floor. Cleanup attributes, allocation that aborts, small macros.
 * It knows nothing of AWS, of time or of the rest of drd. */
#ifndef DRD_BASE_H
#define DRD_BASE_H

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* char *autofree name = ...; is freed when the scope ends. */
#define autofree __attribute__((cleanup(base_free_ptr)))

static inline void base_free_ptr(void *p)
{
    free(*(void **)p);
}

/* Allocation aborts when memory runs out: state is durable and systemd restarts us, so no caller
 * carries an error path for it. xcalloc and xrealloc check the product for overflow. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull, nonnull(1)));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull, nonnull(1)));
char *xasprintf(const char *format, ...) PRINTF(1, 2) __attribute__((malloc, returns_nonnull));

/* Appends to a heap string that grows: *buffer of length *size holding *used bytes (and a NUL). */
struct buffer {
    char *text; /* NUL-terminated once something was added; NULL when empty */
    size_t used, size;
};
void buffer_add(struct buffer *b, const void *bytes, size_t n);
void buffer_str(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) PRINTF(2, 3);
void buffer_clear(struct buffer *b);
/* Hands the text over to the caller (never NULL) and empties the buffer. */
char *buffer_take(struct buffer *b) __attribute__((returns_nonnull));

/* Copies with truncation, always terminated. For the fixed fields of records that people read. */
void str_copy(char *to, size_t size, const char *from);
static inline bool str_eq(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}
bool str_prefix(const char *s, const char *prefix);
bool str_suffix(const char *s, const char *suffix);

#endif
