/* SPDX-License-Identifier: Apache-2.0 */
#include "config/naming.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Limits of the derived names. Sources: the Name members of CreateTable, CreateBucket, CreateQueue,
 * PutParameter, CreateRole and CreatePolicy in the API references. */
static const struct limit {
    const char *what;
    size_t min, max;
    const char *letters, *letters_said;
} limits[N_NAMED] = {
    [NAMED_TABLE] = { "table", 3, 255, LOWER UPPER DIGITS "._-",
                      "letters, digits, dots, hyphens and underscores" },
    /* Dots are legal and break TLS with virtual-hosted names, so we refuse them. */
    [NAMED_BUCKET] = { "bucket", 3, 63, LOWER DIGITS "-",
                       "lower-case letters, digits and hyphens" },
    [NAMED_QUEUE] = { "queue", 1, 80, LOWER UPPER DIGITS "_-",
                      "letters, digits, hyphens and underscores" },
    [NAMED_FIFO] = { "queue", 1, 80, LOWER UPPER DIGITS "_-.",
                     "letters, digits, hyphens and underscores" },
    [NAMED_PARAMETER] = { "parameter", 2, 1011, LOWER UPPER DIGITS "._-/",
                          "letters, digits, dots, hyphens, underscores and slashes" },
    [NAMED_ROLE] = { "role", 1, 64, LOWER UPPER DIGITS "._-",
                     "letters, digits, dots, hyphens and underscores" },
    [NAMED_POLICY] = { "policy", 1, 128, LOWER UPPER DIGITS "._-",
                       "letters, digits, dots, hyphens and underscores" },
};

static char *parameter_name(const struct naming *n, const char *name)
{
    size_t first = strcspn(name, "/");
    return xasprintf("/%.*s-%s%s", (int)first, name, n->suffix, name + first);
}

char *naming_name(const struct naming *n, enum named what, const char *name)
{
    switch (what) {
    case NAMED_BUCKET:
        return xasprintf("%s-%s-%s-%s", name, region_name(n->region), n->account, n->suffix);
    case NAMED_FIFO:
        return xasprintf("%s-%s.fifo", name, n->suffix);
    case NAMED_PARAMETER:
        return parameter_name(n, name);
    case NAMED_TABLE:
    case NAMED_QUEUE:
    case NAMED_ROLE:
    case NAMED_POLICY:
    case N_NAMED:
        break;
    }
    return xasprintf("%s-%s", name, n->suffix);
}

char *naming_arn(const struct naming *n, enum named what, const char *derived)
{
    const char *region = region_name(n->region);
    switch (what) {
    case NAMED_TABLE:
        return xasprintf("arn:aws:dynamodb:%s:%s:table/%s", region, n->account, derived);
    case NAMED_BUCKET:
        return xasprintf("arn:aws:s3:::%s", derived);
    case NAMED_QUEUE:
    case NAMED_FIFO:
        return xasprintf("arn:aws:sqs:%s:%s:%s", region, n->account, derived);
    case NAMED_PARAMETER: /* the name's own slash separates */
        return xasprintf("arn:aws:ssm:%s:%s:parameter%s", region, n->account, derived);
    case NAMED_ROLE:
        return xasprintf("arn:aws:iam::%s:role/%s", n->account, derived);
    case NAMED_POLICY:
        return xasprintf("arn:aws:iam::%s:policy/%s", n->account, derived);
    case N_NAMED:
        break;
    }
    return xstrdup("");
}

/* What AWS keeps for itself; NULL when the name is free to use. */
static const char *reserved(enum named what, const char *derived)
{
    static const char *const bucket_starts[] = { "xn--", "sthree-", "amzn-s3-demo-" };
    if (what == NAMED_PARAMETER && (str_prefix(derived, "/aws") || str_prefix(derived, "/ssm") ||
                                    str_prefix(derived, "/AWS") || str_prefix(derived, "/SSM")))
        return "begins with aws or ssm, which AWS keeps for itself";
    for (size_t i = 0; what == NAMED_BUCKET && i < ARRAY_SIZE(bucket_starts); i++)
        if (str_prefix(derived, bucket_starts[i]))
            return "begins with what AWS keeps for itself (xn--, sthree-, amzn-s3-demo-)";
    return NULL;
}

void naming_check(const struct naming *n, enum named what, const char *derived, const char *pointer,
                  struct problems *reterr)
{
    const struct limit *limit = &limits[what];
    autofree char *arn = what == NAMED_PARAMETER ? naming_arn(n, what, derived) : NULL;
    size_t length = strlen(derived), counted = arn == NULL ? length : strlen(arn);
    const char *fault = reserved(what, derived);
    if (counted > limit->max) {
        struct problem *p = problems_add(
            reterr, pointer, "the %s name \"%s\" has %zu characters%s; AWS allows %zu", limit->what,
            derived, counted, arn == NULL ? "" : " as an ARN", limit->max);
        problem_remedy(p, "Shorten the name by %zu, or the suffix.", counted - limit->max);
    } else if (length < limit->min) {
        problems_add(reterr, pointer, "the %s name \"%s\" has %zu characters; AWS wants %zu",
                     limit->what, derived, length, limit->min);
    } else if (strspn(derived, limit->letters) != length) {
        struct problem *p = problems_add(reterr, pointer, "the %s name \"%s\" has a \"%c\"",
                                         limit->what, derived,
                                         derived[strspn(derived, limit->letters)]);
        problem_remedy(p, "Use %s.", limit->letters_said);
    } else if (fault != NULL) {
        problems_add(reterr, pointer, "the %s name \"%s\" %s", limit->what, derived, fault);
    }
}

const char *naming_rule_name(const char *text)
{
    if (text[0] == '\0' || strspn(text, LOWER UPPER DIGITS "._-") != strlen(text))
        return "must consist of letters, digits, dots, hyphens and underscores";
    if (strchr("._-", text[0]) != NULL)
        return "must start with a letter or a digit";
    return NULL;
}

const char *naming_rule_parameter(const char *text)
{
    if (text[0] == '/')
        return "must not start with a slash; it is added, with the suffix";
    if (text[0] == '\0' || strspn(text, LOWER UPPER DIGITS "._-/") != strlen(text))
        return "must consist of letters, digits, dots, hyphens, underscores and slashes";
    if (strchr("._-", text[0]) != NULL)
        return "must start with a letter or a digit";
    if (strstr(text, "//") != NULL || text[strlen(text) - 1] == '/')
        return "must not have an empty part between slashes";
    unsigned slashes = 0;
    for (const char *s = text; *s != '\0'; s++)
        slashes += *s == '/' ? 1 : 0;
    return slashes > 14 ? "must not have more than 15 parts" : NULL;
}

const char *naming_rule_suffix(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || strspn(text, LOWER DIGITS "-") != length)
        return "must consist of lower-case letters, digits and hyphens";
    if (text[0] == '-' || text[length - 1] == '-')
        return "must start and end with a letter or a digit";
    return NULL;
}

const char *naming_rule_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, DIGITS) == 12 ? NULL : "must be 12 digits";
}
