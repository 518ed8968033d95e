/* SPDX-License-Identifier: Apache-2.0 */
#include "config/place.h"

char *place_key(const char *parent, const char *key)
{
    struct buffer b = { 0 };
    buffer_printf(&b, "%s/", parent);
    for (const char *s = key; *s != '\0'; s++) {
        if (*s == '~')
            buffer_str(&b, "~0");
        else if (*s == '/')
            buffer_str(&b, "~1");
        else
            buffer_add(&b, s, 1);
    }
    return buffer_take(&b);
}

char *place_index(const char *parent, size_t index)
{
    return xasprintf("%s/%zu", parent, index);
}

/* The first token of a pointer, unescaped, and what follows it. The caller frees. */
static char *token_take(const char **pointer)
{
    struct buffer b = { 0 };
    const char *s = *pointer + 1;
    for (; *s != '\0' && *s != '/'; s++) {
        bool escape = *s == '~' && (s[1] == '0' || s[1] == '1');
        char c = *s;
        if (escape)
            c = *++s == '0' ? '~' : '/';
        buffer_add(&b, &c, 1);
    }
    *pointer = s;
    return buffer_take(&b);
}

/* SIZE_MAX when the token is no index. */
static size_t token_index(const char *token)
{
    size_t index = 0;
    for (const char *s = token; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || index > 1000000)
            return SIZE_MAX;
        index = 10 * index + (size_t)(*s - '0');
    }
    return token[0] == '\0' ? SIZE_MAX : index;
}

/* A cursor over text that is known to be JSON; every step is bounded by the end all the same. */
struct scan {
    const char *at, *end;
};

static char scan_peek(struct scan *s)
{
    while (s->at < s->end && strchr(" \t\r\n,:", *s->at) != NULL && *s->at != '\0')
        s->at++;
    return s->at < s->end ? *s->at : '\0';
}

static void skip_string(struct scan *s)
{
    for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
    if (s->at < s->end)
        s->at++;
}

static void skip_value(struct scan *s)
{
    size_t depth = 0;
    do {
        char c = scan_peek(s);
        if (c == '"') {
            skip_string(s);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        else /* a number or a word: to its end */
            while (s->at + 1 < s->end && strchr(" \t\r\n,:]}", s->at[1]) == NULL)
                s->at++;
        if (s->at < s->end)
            s->at++;
    } while (depth > 0 && s->at < s->end);
}

static bool key_is(const char *start, const char *end, const char *key)
{
    json_auto_t *text = json_loadb(start, (size_t)(end - start), JSON_DECODE_ANY, NULL);
    return str_eq(json_string_value(text), key);
}

/* Moves from the start of an object or array to the member that the token names; *start is where
 * that member begins (its key, in an object) and the cursor is at its value. */
static bool enter(struct scan *s, const char *token, const char **start)
{
    char open = scan_peek(s);
    size_t index = token_index(token);
    if (open != '{' && open != '[')
        return false;
    s->at++;
    for (size_t i = 0; scan_peek(s) != '}' && scan_peek(s) != ']' && s->at < s->end; i++) {
        const char *member = s->at;
        bool found = open == '[' && i == index;
        if (open == '{') {
            skip_string(s);
            found = key_is(member, s->at, token);
            (void)scan_peek(s);
        }
        if (found) {
            *start = member;
            return true;
        }
        skip_value(s);
    }
    return false;
}

int place_line(const char *text, size_t size, const char *pointer)
{
    struct scan s = { .at = text, .end = text + size };
    (void)scan_peek(&s);
    const char *start = s.at;
    while (*pointer == '/') {
        autofree char *token = token_take(&pointer);
        if (!enter(&s, token, &start))
            break;
    }
    int line = 1;
    for (const char *c = text; c < start; c++)
        line += *c == '\n' ? 1 : 0;
    return line;
}
