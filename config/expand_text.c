/* SPDX-License-Identifier: Apache-2.0 */
/* Text with placeholders: "{queue:orders}" in a value becomes a reference to this region's queue.
 */
#include "config/expand.h"

#include "config/reference.h"
#include "daemon/base/nearest.h"

/* {section:NAME} → what of which resource. */
static const struct thing {
    const char *word, *section, *kind, *output;
    bool global;
} things[] = {
    { "table", "tables", "dynamodb_table", "name", false },
    { "queue", "queues", "sqs_queue", "url", false },
    { "dead_letters", "queues", "sqs_queue", "url", false },
    { "bucket", "buckets", "s3_bucket", "name", false },
    { "parameter", "parameters", "ssm_parameter", "name", false },
    { "role", "roles", "iam_role", "arn", true },
};

static const char *const plain_words[] = { "region", "other_region", "account", "suffix" };

struct filling {
    struct expansion *x;
    enum region region;
    const char *pointer;
    struct buffer out;
};

static bool fill_plain(struct filling *f, const char *word)
{
    const char *values[] = { region_name(f->region), region_name(expand_other(f->x, f->region)),
                             f->x->account, f->x->suffix };
    for (size_t i = 0; i < ARRAY_SIZE(plain_words); i++)
        if (str_eq(plain_words[i], word)) {
            buffer_str(&f->out, values[i]);
            return true;
        }
    return false;
}

static void fill_thing(struct filling *f, const struct thing *thing, const char *name)
{
    struct expansion *x = f->x;
    const json_t *value = expand_lookup(x, thing->section, name, f->pointer);
    if (value == NULL)
        return;
    autofree char *target = str_eq(thing->word, "dead_letters")
                                ? expand_dead_letters(x, name, f->pointer)
                                : xstrdup(name);
    bool regional_role = thing->global &&
                         str_eq(json_string_value(json_object_get(value, "scope")), "regional");
    /* A global table is one resource, asked in its home region. */
    enum region region = str_eq(thing->word, "table") ? x->primary : f->region;
    if (target == NULL)
        return;
    buffer_printf(&f->out, "${%s/%s", thing->kind, target);
    if (regional_role)
        buffer_printf(&f->out, "-%s", region_name(region));
    if (!thing->global)
        buffer_printf(&f->out, "@%s", region_name(region));
    buffer_printf(&f->out, ".%s}", thing->output);
}

static void refuse(struct filling *f, const char *word, const char *inside)
{
    struct nearest nearest;
    nearest_init(&nearest, word);
    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        nearest_offer(&nearest, things[i].word);
    for (size_t i = 0; i < ARRAY_SIZE(plain_words); i++)
        nearest_offer(&nearest, plain_words[i]);
    struct problem *p = problems_add(f->x->problems, f->pointer,
                                     "the placeholder {%.60s} is not known", inside);
    if (nearest.best != NULL)
        problem_remedy(p, "Did you mean {%s}? A brace as such is written {{.", nearest.best);
    else
        problem_remedy(p, "A brace as such is written {{.");
}

static void fill(struct filling *f, const char *inside)
{
    const char *colon = strchr(inside, ':');
    autofree char *word = xstrndup(inside, strcspn(inside, ":"));
    for (size_t i = 0; colon != NULL && i < ARRAY_SIZE(things); i++)
        if (str_eq(things[i].word, word)) {
            fill_thing(f, &things[i], colon + 1);
            return;
        }
    if (colon != NULL || !fill_plain(f, word))
        refuse(f, word, inside);
}

/* Length of a placeholder at s, with its braces; 0 when it is text: JSON may be a value too. */
static size_t placeholder_length(const char *s)
{
    size_t word = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
    size_t inside = word;
    if (word > 0 && s[1 + word] == ':')
        inside = strcspn(s + 1, "{} \"'\t\r\n");
    return inside > 0 && s[1 + inside] == '}' ? inside + 2 : 0;
}

/* "{queue:orders" and no brace after it: nobody means that as text. */
static void refuse_unclosed(struct filling *f, const char *s)
{
    size_t word = strcspn(s + 1, ":{} \"'\t\r\n");
    for (size_t i = 0; s[1 + word] == ':' && i < ARRAY_SIZE(things); i++)
        if (strlen(things[i].word) == word && str_prefix(s + 1, things[i].word))
            problem_remedy(
                problems_add(f->x->problems, f->pointer, "the placeholder %.60s is not closed", s),
                "End it with }. A brace as such is written {{.");
}

char *expand_text(struct expansion *x, const char *text, enum region region, const char *pointer)
{
    struct filling f = { .x = x, .region = region, .pointer = pointer };
    size_t before = x->problems->n;
    for (const char *s = text; *s != '\0';) {
        size_t length = s[0] == '{' && s[1] != '{' ? placeholder_length(s) : 0;
        if (length > 0) {
            autofree char *inside = xstrndup(s + 1, length - 2);
            fill(&f, inside);
            s += length;
            continue;
        }
        if (s[0] == '{' && s[1] != '{')
            refuse_unclosed(&f, s);
        if (s[0] == '$' && s[1] == '{') /* no reference of ours */
            buffer_str(&f.out, "$");
        buffer_add(&f.out, s, 1);
        s += s[0] == '{' && s[1] == '{' ? 2 : 1;
    }
    if (x->problems->n == before)
        return buffer_take(&f.out);
    buffer_clear(&f.out);
    return NULL;
}

const char *expand_secret(struct expansion *x, const json_t *secret, const char *pointer)
{
    const char *value = json_string_value(json_object_get(x->secrets, pointer));
    if (x->rehearsal)
        return "unknown";
    if (value != NULL)
        return value;
    const char *environment = json_string_value(json_object_get(secret, "environment"));
    const char *file = json_string_value(json_object_get(secret, "file"));
    struct problem *p;
    if (environment != NULL) {
        p = problems_add(x->problems, pointer, "the environment variable %s is not set",
                         environment);
        problem_remedy(p, "Set it where drd is started.");
    } else {
        p = problems_add(x->problems, pointer, "the file %s could not be read", file);
        problem_remedy(p, "drd's user must be able to read it.");
    }
    return NULL;
}
