/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/pointer.h"

/* Takes the first step off a pointer: its unescaped name, owned. */
static char *step(const char **pointer)
{
    const char *p = *pointer + 1;
    size_t n = strcspn(p, "/"), used = 0;
    char *name = xmalloc(n + 1);
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '~' && i + 1 < n && (p[i + 1] == '0' || p[i + 1] == '1'))
            c = p[++i] == '0' ? '~' : '/';
        name[used++] = c;
    }
    name[used] = '\0';
    *pointer = p + n;
    return name;
}

static const json_t *element(const json_t *list, const char *name)
{
    size_t index = 0;
    for (const char *p = name; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || index > 1000000)
            return NULL;
        index = index * 10 + (size_t)(*p - '0');
    }
    return name[0] == '\0' ? NULL : json_array_get(list, index);
}

const json_t *pointer_get(const json_t *root, const char *pointer)
{
    while (root != NULL && *pointer == '/') {
        autofree char *name = step(&pointer);
        root = json_is_array(root) ? element(root, name) : json_object_get(root, name);
    }
    return root;
}

const char *pointer_text(const json_t *root, const char *pointer)
{
    return json_string_value(pointer_get(root, pointer));
}

void pointer_put(json_t *root, const char *pointer, json_t *value)
{
    assert(*pointer == '/');
    for (;;) {
        autofree char *name = step(&pointer);
        if (*pointer == '\0') {
            json_object_set_new(root, name, value);
            return;
        }
        json_t *next = json_object_get(root, name);
        if (next == NULL) {
            next = json_object();
            json_object_set_new(root, name, next);
        }
        root = next;
    }
}

char *pointer_join(const char *pointer, const char *name)
{
    struct buffer b = { 0 };
    buffer_str(&b, pointer);
    buffer_str(&b, "/");
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '~' || *p == '/')
            buffer_str(&b, *p == '~' ? "~0" : "~1");
        else
            buffer_add(&b, p, 1);
    }
    return buffer_take(&b);
}

bool pointer_same_member(const char *a, const char *b)
{
    size_t n = 1 + strcspn(a + 1, "/");
    return n == 1 + strcspn(b + 1, "/") && strncmp(a, b, n) == 0;
}
