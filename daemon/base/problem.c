/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/problem.h"

#include <stdio.h>

enum { PROBLEMS_MAX = 64 };

static const char left_out[] = "and more problems, left out";

void problem_set(struct problem *p, const char *pointer, const char *format, ...)
{
    va_list args;
    str_copy(p->pointer, sizeof p->pointer, pointer == NULL ? "" : pointer);
    va_start(args, format);
    (void)vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
}

void problem_remedy(struct problem *p, const char *format, ...)
{
    va_list args;
    if (str_eq(p->text, left_out))
        return;
    va_start(args, format);
    (void)vsnprintf(p->remedy, sizeof p->remedy, format, args);
    va_end(args);
}

char *problem_text(const struct problem *p)
{
    struct buffer b = { 0 };
    if (p->file[0] != '\0')
        buffer_str(&b, p->file);
    if (p->line > 0)
        buffer_printf(&b, ":%d", p->line);
    if (b.used > 0)
        buffer_str(&b, ": ");
    if (p->pointer[0] != '\0')
        buffer_printf(&b, "%s: ", p->pointer);
    buffer_str(&b, p->text);
    if (p->remedy[0] != '\0')
        buffer_printf(&b, ". %s", p->remedy);
    return buffer_take(&b);
}

struct problem *problems_add(struct problems *list, const char *pointer, const char *format, ...)
{
    va_list args;
    if (list->n == PROBLEMS_MAX) {
        struct problem *last = &list->items[PROBLEMS_MAX - 1];
        *last = (struct problem){ 0 };
        str_copy(last->text, sizeof last->text, left_out);
        return last;
    }
    list->items = xrealloc(list->items, list->n + 1, sizeof *list->items);
    struct problem *p = &list->items[list->n++];
    *p = (struct problem){ 0 };
    str_copy(p->pointer, sizeof p->pointer, pointer == NULL ? "" : pointer);
    va_start(args, format);
    (void)vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
    return p;
}

void problems_clear(struct problems *list)
{
    free(list->items);
    *list = (struct problems){ 0 };
}
