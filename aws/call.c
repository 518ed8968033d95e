/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/call.h"

#include <stdio.h>

struct call call_new(const char *service_colon_name, enum region region, json_t *args,
                     const char *slot)
{
    const struct operation *op = operation_get(service_colon_name);
    return (struct call){
        .op = op,
        .region = region,
        .args = args,
        .slot = xstrdup(slot == NULL ? op->name : slot),
        .retry = RETRY_FULL,
        .priority = PRIORITY_NORMAL,
    };
}

struct call call_copy(const struct call *call)
{
    struct call copy = *call;
    copy.args = call->args == NULL ? NULL : json_deep_copy(call->args);
    copy.slot = call->slot == NULL ? NULL : xstrdup(call->slot);
    return copy;
}

void call_clear(struct call *call)
{
    if (call == NULL)
        return;
    json_decref(call->args);
    free(call->slot);
    *call = (struct call){ 0 };
}

void call_list_add(struct call_list *list, struct call call)
{
    list->items = xrealloc(list->items, list->n + 1, sizeof *list->items);
    list->items[list->n++] = call;
}

void call_list_clear(struct call_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->n; i++)
        call_clear(&list->items[i]);
    free(list->items);
    *list = (struct call_list){ 0 };
}

void answer_clear(struct answer *answer)
{
    if (answer == NULL)
        return;
    json_decref(answer->body);
    *answer = (struct answer){ 0 };
}

struct answer answer_copy(const struct answer *answer)
{
    struct answer copy = *answer;
    copy.body = answer->body == NULL ? NULL : json_deep_copy(answer->body);
    return copy;
}

void answer_set_message(struct answer *answer, const char *text)
{
    size_t n = strnlen(text, sizeof answer->message - 1);
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--; /* a continuation byte: the character began before */
    memcpy(answer->message, text, n);
    answer->message[n] = '\0';
}

struct answer answer_error(enum aws_class class, const char *code, int status, const char *format,
                           ...)
{
    struct answer answer = { .class = class, .status = status, .body = json_object() };
    char text[sizeof answer.message + 8]; /* longer, so that the cut is ours */
    va_list args;
    assert(class != AWS_OK);
    str_copy(answer.code, sizeof answer.code, code == NULL ? "" : code);
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer_set_message(&answer, text);
    (void)json_object_set_new(answer.body, "message", json_string(answer.message));
    return answer;
}

struct answer answer_ok(json_t *body)
{
    return (struct answer){ .class = AWS_OK,
                            .status = 200,
                            .body = body == NULL ? json_object() : body };
}

static const char *const class_names[N_AWS_CLASSES] = {
#define X(id, name) [AWS_##id] = (name),
    AWS_CLASSES(X)
#undef X
};

const char *aws_class_name(enum aws_class class)
{
    assert((unsigned)class < N_AWS_CLASSES);
    return class_names[class];
}

enum aws_class aws_class_parse(const char *name)
{
    unsigned class = 0;
    while (class < N_AWS_CLASSES && !str_eq(class_names[class], name))
        class ++;
    return (enum aws_class) class;
}

bool aws_class_retryable(enum aws_class class)
{
    return class == AWS_THROTTLED || class == AWS_TRANSIENT || class == AWS_UNKNOWN_OUTCOME;
}
