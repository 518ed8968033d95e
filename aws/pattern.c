/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/pattern.h"

#include "daemon/base/base.h"

#include <regex.h>
#include <stdio.h>

/* The characters of a bracket expression; only ASCII, which is all that a POSIX bracket says
 * independently of the locale. */
struct set {
    bool in[128];
};

static void set_range(struct set *s, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to && c < 128; c++)
        s->in[c] = true;
}

static void set_string(struct set *s, const char *chars)
{
    for (; *chars != '\0'; chars++)
        s->in[(unsigned char)*chars] = true;
}

/* Adds what \d, \w, \s mean; false when letter is no class. */
static bool set_class(struct set *s, char letter)
{
    switch (letter) {
    case 'd':
        set_range(s, '0', '9');
        return true;
    case 'w':
        set_range(s, '0', '9');
        set_range(s, 'a', 'z');
        set_range(s, 'A', 'Z');
        set_string(s, "_");
        return true;
    case 's':
        set_string(s, " \t\n\r\f\v");
        return true;
    default:
        return false;
    }
}

/* "]" must come first, "^" not first, "-" last. */
static void set_write(const struct set *s, bool negated, struct buffer *out)
{
    buffer_str(out, negated ? "[^" : "[");
    if (s->in[']'])
        buffer_str(out, "]");
    for (unsigned c = 1; c < 128; c++)
        if (s->in[c] && c != ']' && c != '-' && c != '^')
            buffer_add(out, &(char){ (char)c }, 1);
    if (s->in['^'])
        buffer_str(out, "^");
    if (s->in['-'])
        buffer_str(out, "-");
    buffer_str(out, "]");
}

/* One escaped character at p (behind the backslash): \x2e, \u002F, \/ or \. ; moves *p on.
 * -1 when it is none that ASCII has. */
static int escaped(const char **p)
{
    unsigned digits = **p == 'u' ? 4 : **p == 'x' ? 2 : 0, code = 0;
    if (digits == 0) {
        bool special = strchr("pPbBDWSk0123456789", **p) != NULL;
        return special ? -1 : *(*p)++;
    }
    (*p)++;
    for (unsigned i = 0; i < digits; i++, (*p)++) {
        const char *hex = "0123456789abcdefABCDEF", *at = **p == '\0' ? NULL : strchr(hex, **p);
        if (at == NULL)
            return -1;
        unsigned value = (unsigned)(at - hex);
        code = code * 16 + (value > 15 ? value - 6 : value);
    }
    return code > 0 && code < 128 ? (int)code : -1;
}

/* One member of a bracket expression at p; -1 for a class that was added whole, -2 when POSIX
 * cannot say it. */
static int bracket_member(const char **p, struct set *s)
{
    if (**p != '\\')
        return (unsigned char)**p < 128 ? *(*p)++ : -2;
    (*p)++;
    if (set_class(s, **p)) {
        (*p)++;
        return -1;
    }
    int c = escaped(p);
    return c < 0 ? -2 : c;
}

/* A bracket expression; *p stands behind "[" and is moved behind "]". */
static bool bracket(const char **p, struct buffer *out)
{
    struct set s = { { false } };
    bool negated = **p == '^';
    *p += negated;
    while (**p != ']') {
        if (**p == '\0')
            return false;
        if (str_prefix(*p, "\\S")) { /* [\s\S]: everything */
            set_range(&s, 1, 127);
            *p += 2;
            continue;
        }
        int from = bracket_member(p, &s);
        if (from == -2)
            return false;
        if (from == -1)
            continue;
        int to = from;
        if (**p == '-' && (*p)[1] != ']' && !(str_prefix(*p, "-\\w") || str_prefix(*p, "-\\d"))) {
            (*p)++;
            to = bracket_member(p, &s);
        }
        if (to < from)
            return false;
        set_range(&s, (unsigned)from, (unsigned)to);
    }
    (*p)++;
    set_write(&s, negated, out);
    return true;
}

static bool escape_outside(const char **p, struct buffer *out)
{
    struct set s = { { false } };
    char upper = **p;
    if (set_class(&s, upper)) {
        (*p)++;
        set_write(&s, false, out);
        return true;
    }
    int c = escaped(p);
    if (c < 0)
        return false;
    if (strchr(".[\\()*+?{|^$", c) != NULL)
        buffer_str(out, "\\");
    buffer_add(out, &(char){ (char)c }, 1);
    return true;
}

static bool group(const char **p, struct buffer *out)
{
    buffer_str(out, "(");
    if (**p == ')') /* POSIX leaves the empty group undefined; glibc takes it */
        return true;
    if (**p != '?')
        return true;
    if ((*p)[1] != ':')
        return false;
    *p += 2;
    return true;
}

static bool translate(const char *p, struct buffer *out)
{
    while (*p != '\0') {
        char c = *p++;
        bool good = true;
        if (c == '[')
            good = bracket(&p, out);
        else if (c == '\\')
            good = escape_outside(&p, out);
        else if (c == '(')
            good = group(&p, out);
        else if (c == '?' && out->used > 0 && strchr("*+?}", out->text[out->used - 1]) != NULL)
            good = false; /* lazy */
        else
            buffer_add(out, &c, 1);
        if (!good)
            return false;
    }
    return true;
}

char *pattern_posix(const char *pattern)
{
    struct buffer out = { 0 };
    buffer_str(&out, "^(");
    bool good = translate(pattern, &out);
    buffer_str(&out, ")$");
    if (good)
        return buffer_take(&out);
    buffer_clear(&out);
    return NULL;
}

bool pattern_matches(const char *pattern, const char *text)
{
    autofree char *posix = pattern_posix(pattern);
    regex_t regex;
    if (posix == NULL || regcomp(&regex, posix, REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    bool matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}
