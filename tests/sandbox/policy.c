/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>

#include "daemon/base/time.h"

static bool same_char(char a, char b, bool ignore_case)
{
    if (a == b)
        return true;
    return ignore_case && (a ^ b) == 0x20 && (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
}

bool policy_glob(const char *pattern, const char *text, bool ignore_case)
{
    const char *star = NULL, *resume = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern != '\0' &&
                   (*pattern == '?' || same_char(*pattern, *text, ignore_case))) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* Wildcards of an ARN stay within its six parts; the last part may hold colons itself. */
static bool arn_matches(const char *pattern, const char *arn)
{
    if (strcmp(pattern, "*") == 0)
        return true;
    for (int part = 0; part < 5; part++) {
        const char *end_p = strchr(pattern, ':'), *end_a = strchr(arn, ':');
        if (end_p == NULL || end_a == NULL) /* no ARN at all: plain text */
            return part == 0 && end_p == end_a && policy_glob(pattern, arn, false);
        autofree char *p = xstrndup(pattern, (size_t)(end_p - pattern));
        autofree char *a = xstrndup(arn, (size_t)(end_a - arn));
        if (!policy_glob(p, a, false))
            return false;
        pattern = end_p + 1;
        arn = end_a + 1;
    }
    return policy_glob(pattern, arn, false);
}

/* ---- the context ---- */

static const json_t *context_get(const json_t *context, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)context, key, value)
    {
        if (strcasecmp(key, name) == 0)
            return value;
    }
    return NULL;
}

/* A scalar as policies write it; the caller frees. */
static char *scalar_text(const json_t *value)
{
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    if (json_is_integer(value))
        return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return xasprintf("%.17g", json_real_value(value));
    return xstrdup(json_is_true(value) ? "true" : "false");
}

/* Replaces ${key} and ${key, 'default'} by the context. The caller frees. */
static char *expand(const char *text, const json_t *context)
{
    struct buffer out = { 0 };
    for (const char *open; (open = strstr(text, "${")) != NULL;) {
        const char *close = strchr(open, '}');
        if (close == NULL)
            break;
        buffer_add(&out, text, (size_t)(open - text));
        autofree char *name = xstrndup(open + 2, (size_t)(close - open - 2));
        char *comma = strchr(name, ',');
        const char *fallback = NULL;
        if (comma != NULL) {
            *comma = '\0';
            fallback = comma + 1 + strspn(comma + 1, " '");
        }
        const json_t *value = context_get(context, name);
        if (strlen(name) == 1) /* ${*}, ${?}, ${$}: the character itself */
            buffer_str(&out, name);
        else if (value != NULL && !json_is_array(value)) {
            autofree char *scalar = scalar_text(value);
            buffer_str(&out, scalar);
        } else if (fallback != NULL)
            buffer_add(&out, fallback, strcspn(fallback, "'"));
        else /* an unknown variable fits nothing: keep a text that no ARN holds */
            buffer_str(&out, "\x01");
        text = close + 1;
    }
    buffer_str(&out, text);
    return buffer_take(&out);
}

/* ---- condition operators ---- */

typedef bool compare_fn(const char *wanted, const char *actual);

static bool string_equals(const char *wanted, const char *actual)
{
    return strcmp(wanted, actual) == 0;
}
static bool string_same(const char *wanted, const char *actual)
{
    return strcasecmp(wanted, actual) == 0;
}
static bool string_like(const char *wanted, const char *actual)
{
    return policy_glob(wanted, actual, false);
}

static int compare_numbers(const char *wanted, const char *actual)
{
    double w = strtod(wanted, NULL), a = strtod(actual, NULL);
    return a < w ? -1 : a > w ? 1 : 0;
}
static bool number_equals(const char *wanted, const char *actual)
{
    return compare_numbers(wanted, actual) == 0;
}
static bool number_less(const char *wanted, const char *actual)
{
    return compare_numbers(wanted, actual) < 0;
}
static bool number_greater(const char *wanted, const char *actual)
{
    return compare_numbers(wanted, actual) > 0;
}

static int64_t date_of(const char *text)
{
    wall_t wall;
    return wall_parse_iso8601(text, &wall) ? wall.ms : strtoll(text, NULL, 10) * 1000;
}
static bool date_equals(const char *wanted, const char *actual)
{
    return date_of(actual) == date_of(wanted);
}
static bool date_less(const char *wanted, const char *actual)
{
    return date_of(actual) < date_of(wanted);
}
static bool date_greater(const char *wanted, const char *actual)
{
    return date_of(actual) > date_of(wanted);
}

/* IPv4 with or without a prefix length: what the sandbox is reached by. */
static bool address_within(const char *wanted, const char *actual)
{
    const char *slash = strchr(wanted, '/');
    autofree char *network = xstrndup(wanted,
                                      slash == NULL ? strlen(wanted) : (size_t)(slash - wanted));
    long bits = slash == NULL ? 32 : strtol(slash + 1, NULL, 10);
    struct in_addr w, a;
    if (inet_pton(AF_INET, network, &w) != 1 || inet_pton(AF_INET, actual, &a) != 1)
        return strcmp(wanted, actual) == 0;
    uint32_t mask = bits <= 0 ? 0 : UINT32_MAX << (32 - (bits > 32 ? 32 : bits));
    return ((ntohl(w.s_addr) ^ ntohl(a.s_addr)) & mask) == 0;
}

/* negated: the operator holds when no wanted value compares. or_equal: equality holds too. */
static const struct condition_operator {
    const char *name;
    compare_fn *compare, *or_equal;
    bool negated;
} condition_operators[] = {
    { "StringEquals", string_equals, NULL, false },
    { "StringNotEquals", string_equals, NULL, true },
    { "StringEqualsIgnoreCase", string_same, NULL, false },
    { "StringNotEqualsIgnoreCase", string_same, NULL, true },
    { "StringLike", string_like, NULL, false },
    { "StringNotLike", string_like, NULL, true },
    { "ArnEquals", arn_matches, NULL, false }, /* the two behave alike, says AWS */
    { "ArnLike", arn_matches, NULL, false },
    { "ArnNotEquals", arn_matches, NULL, true },
    { "ArnNotLike", arn_matches, NULL, true },
    { "Bool", string_same, NULL, false },
    { "BinaryEquals", string_equals, NULL, false },
    { "NumericEquals", number_equals, NULL, false },
    { "NumericNotEquals", number_equals, NULL, true },
    { "NumericLessThan", number_less, NULL, false },
    { "NumericLessThanEquals", number_less, number_equals, false },
    { "NumericGreaterThan", number_greater, NULL, false },
    { "NumericGreaterThanEquals", number_greater, number_equals, false },
    { "DateEquals", date_equals, NULL, false },
    { "DateNotEquals", date_equals, NULL, true },
    { "DateLessThan", date_less, NULL, false },
    { "DateLessThanEquals", date_less, date_equals, false },
    { "DateGreaterThan", date_greater, NULL, false },
    { "DateGreaterThanEquals", date_greater, date_equals, false },
    { "IpAddress", address_within, NULL, false },
    { "NotIpAddress", address_within, NULL, true },
};

enum set_qualifier { SET_NONE, SET_ANY, SET_ALL };

/* "ForAnyValue:StringLikeIfExists" taken apart; false when there is no such operator. */
struct operator_use {
    const struct condition_operator *operator; /* NULL: Null */
    enum set_qualifier set;
    bool if_exists;
};

static bool operator_parse(const char *text, struct operator_use *ret)
{
    *ret = (struct operator_use){ 0 };
    if (str_prefix(text, "ForAnyValue:"))
        ret->set = SET_ANY;
    else if (str_prefix(text, "ForAllValues:"))
        ret->set = SET_ALL;
    const char *name = ret->set == SET_NONE ? text : strchr(text, ':') + 1;
    if (strcmp(name, "Null") == 0)
        return true;
    ret->if_exists = str_suffix(name, "IfExists");
    size_t n = strlen(name) - (ret->if_exists ? strlen("IfExists") : 0);
    for (size_t i = 0; i < ARRAY_SIZE(condition_operators); i++) {
        ret->operator= & condition_operators[i];
        if (strlen(ret->operator->name) == n && strncmp(ret->operator->name, name, n) == 0)
            return true;
    }
    return false;
}

/* Walks a value that is one scalar or a list of them. */
static size_t value_count(const json_t *value)
{
    return json_is_array(value) ? json_array_size(value) : value == NULL ? 0 : 1;
}
static const json_t *value_at(const json_t *value, size_t i)
{
    return json_is_array(value) ? json_array_get(value, i) : value;
}

static bool value_fits(const struct condition_operator *operator, const json_t * wanted,
                       const json_t *actual, const json_t *context)
{
    autofree char *a = scalar_text(actual);
    for (size_t i = 0; i < value_count(wanted); i++) {
        autofree char *raw = scalar_text(value_at(wanted, i));
        autofree char *w = expand(raw, context);
        if (operator->compare(w, a) || (operator->or_equal != NULL && operator->or_equal(w, a)))
            return !operator->negated;
    }
    return operator->negated;
}

static bool condition_holds(const struct operator_use *use, const json_t *wanted,
                            const json_t *actual, const json_t *context)
{
    size_t n = value_count(actual), fitting = 0;
    if (use->operator== NULL) { /* Null: "true" wants the key absent */
        autofree char *text = scalar_text(value_at(wanted, 0));
        return (strcasecmp(text, "true") == 0) == (n == 0);
    }
    if (n == 0)
        return use->if_exists || use->set == SET_ALL ||
               (use->set == SET_NONE && use->operator->negated);
    for (size_t i = 0; i < n; i++)
        fitting += value_fits(use->operator, wanted, value_at(actual, i), context);
    return use->set == SET_ANY || (use->set == SET_NONE && !use->operator->negated) ? fitting > 0
                                                                                    : fitting == n;
}

static bool conditions_hold(const json_t *conditions, const json_t *context)
{
    const char *name, *key;
    json_t *keys, *wanted;
    json_object_foreach((json_t *)(uintptr_t)conditions, name, keys)
    {
        struct operator_use use;
        if (!operator_parse(name, &use))
            return false;
        json_object_foreach(keys, key, wanted)
        {
            if (!condition_holds(&use, wanted, context_get(context, key), context))
                return false;
        }
    }
    return true;
}

/* ---- statements ---- */

static bool action_listed(const json_t *actions, const char *action)
{
    for (size_t i = 0; i < value_count(actions); i++)
        if (policy_glob(json_string_value(value_at(actions, i)), action, true))
            return true;
    return false;
}

static bool resource_listed(const json_t *resources, const struct policy_request *r)
{
    for (size_t i = 0; i < value_count(resources); i++) {
        autofree char *pattern = expand(json_string_value(value_at(resources, i)), r->context);
        if (arn_matches(pattern, r->resource))
            return true;
    }
    return false;
}

/* How one name of an AWS principal fits: to the very principal, or to its whole account. */
static enum policy_effect aws_principal(const char *name, const struct policy_request *r)
{
    if (r->principal == NULL)
        return POLICY_NONE;
    if (strcmp(name, "*") == 0 || strcmp(name, r->principal) == 0 || str_eq(name, r->role))
        return POLICY_ALLOW;
    autofree char *root = xasprintf("arn:aws:iam::%s:root", r->account);
    return str_eq(name, r->account) || strcmp(name, root) == 0 ? POLICY_DELEGATE : POLICY_NONE;
}

static enum policy_effect principal_listed(const json_t *principal, const struct policy_request *r)
{
    if (json_is_string(principal)) /* only "*" gets past policy_check */
        return POLICY_ALLOW;
    enum policy_effect best = POLICY_NONE;
    const json_t *names = json_object_get(principal, "AWS");
    for (size_t i = 0; i < value_count(names); i++) {
        enum policy_effect fit = aws_principal(json_string_value(value_at(names, i)), r);
        if (fit == POLICY_ALLOW || best == POLICY_NONE)
            best = fit;
    }
    const struct {
        const char *key, *name;
    } others[] = { { "Service", r->service }, { "Federated", r->federated } };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        names = json_object_get(principal, others[i].key);
        for (size_t j = 0; j < value_count(names); j++)
            if (str_eq(json_string_value(value_at(names, j)), others[i].name))
                best = POLICY_ALLOW;
    }
    return best;
}

static enum policy_effect statement_effect(const json_t *statement, enum policy_kind kind,
                                           const struct policy_request *r)
{
    enum policy_effect fit = POLICY_ALLOW;
    const json_t *part;
    if ((part = json_object_get(statement, "Action")) != NULL && !action_listed(part, r->action))
        return POLICY_NONE;
    if ((part = json_object_get(statement, "NotAction")) != NULL && action_listed(part, r->action))
        return POLICY_NONE;
    if ((part = json_object_get(statement, "Resource")) != NULL && !resource_listed(part, r))
        return POLICY_NONE;
    if ((part = json_object_get(statement, "NotResource")) != NULL && resource_listed(part, r))
        return POLICY_NONE;
    if (kind != POLICY_IDENTITY) {
        if ((part = json_object_get(statement, "Principal")) != NULL)
            fit = principal_listed(part, r);
        if ((part = json_object_get(statement, "NotPrincipal")) != NULL &&
            principal_listed(part, r) != POLICY_NONE)
            return POLICY_NONE;
        if (fit == POLICY_NONE)
            return POLICY_NONE;
    }
    if (!conditions_hold(json_object_get(statement, "Condition"), r->context))
        return POLICY_NONE;
    return str_eq(json_string_value(json_object_get(statement, "Effect")), "Deny") ? POLICY_DENY
                                                                                   : fit;
}

enum policy_effect policy_evaluate(const json_t *document, enum policy_kind kind,
                                   const struct policy_request *request, const char **ret_statement)
{
    static const int rank[] = {
        [POLICY_NONE] = 0, [POLICY_DELEGATE] = 1, [POLICY_ALLOW] = 2, [POLICY_DENY] = 3
    };
    enum policy_effect best = POLICY_NONE;
    const char *sid = "";
    const json_t *statements = json_object_get(document, "Statement");
    for (size_t i = 0; i < value_count(statements); i++) {
        const json_t *statement = value_at(statements, i);
        enum policy_effect effect = statement_effect(statement, kind, request);
        if (rank[effect] > rank[best]) {
            best = effect;
            sid = json_string_value(json_object_get(statement, "Sid"));
        }
    }
    if (ret_statement != NULL)
        *ret_statement = sid == NULL ? "" : sid;
    return best;
}

/* ---- checking ---- */

static bool strings_only(const json_t *value)
{
    for (size_t i = 0; i < value_count(value); i++)
        if (!json_is_string(value_at(value, i)))
            return false;
    return value_count(value) > 0;
}

static bool principal_ok(const json_t *principal)
{
    static const char *const known[] = { "AWS", "Service", "Federated", "CanonicalUser" };
    const char *key;
    json_t *value;
    if (json_is_string(principal))
        return strcmp(json_string_value(principal), "*") == 0;
    json_object_foreach((json_t *)(uintptr_t)principal, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
            found |= strcmp(known[i], key) == 0;
        if (!found || !strings_only(value))
            return false;
    }
    return json_object_size(principal) > 0;
}

static bool conditions_ok(const json_t *conditions)
{
    const char *name;
    json_t *keys;
    struct operator_use use;
    if (conditions != NULL && !json_is_object(conditions))
        return false;
    json_object_foreach((json_t *)(uintptr_t)conditions, name, keys)
    {
        if (!operator_parse(name, &use) || !json_is_object(keys))
            return false;
    }
    return true;
}

/* What AWS answers about a statement; NULL: it is good. */
static const char *statement_problem(const json_t *statement, enum policy_kind kind)
{
    static const char *const known[] = { "Sid",       "Effect",       "Action",
                                         "NotAction", "Resource",     "NotResource",
                                         "Principal", "NotPrincipal", "Condition" };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)statement, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
            found |= strcmp(known[i], key) == 0;
        if (!found)
            return "Syntax errors in policy.";
    }
    const char *effect = json_string_value(json_object_get(statement, "Effect"));
    const json_t *action = json_object_get(statement, "Action");
    const json_t *not_action = json_object_get(statement, "NotAction");
    const json_t *resource = json_object_get(statement, "Resource");
    const json_t *not_resource = json_object_get(statement, "NotResource");
    const json_t *principal = json_object_get(statement, "Principal");
    const json_t *not_principal = json_object_get(statement, "NotPrincipal");
    if (!str_eq(effect, "Allow") && !str_eq(effect, "Deny"))
        return "Syntax errors in policy.";
    if ((action == NULL) == (not_action == NULL) ||
        !strings_only(action == NULL ? not_action : action))
        return "Policy statement must contain actions.";
    if (kind == POLICY_TRUST && (resource != NULL || not_resource != NULL))
        return "Has prohibited field Resource";
    if (kind != POLICY_TRUST && ((resource == NULL) == (not_resource == NULL) ||
                                 !strings_only(resource == NULL ? not_resource : resource)))
        return "Policy statement must contain resources.";
    if (kind == POLICY_IDENTITY && (principal != NULL || not_principal != NULL))
        return "Policy document should not specify a principal.";
    if (kind != POLICY_IDENTITY && ((principal == NULL) == (not_principal == NULL) ||
                                    !principal_ok(principal == NULL ? not_principal : principal)))
        return kind == POLICY_TRUST && principal == NULL ? "Missing required field Principal"
                                                         : "Invalid principal in policy.";
    return conditions_ok(json_object_get(statement, "Condition")) ? NULL
                                                                  : "Syntax errors in policy.";
}

int policy_check(const json_t *document, enum policy_kind kind, struct problem *reterr)
{
    const json_t *statements = json_object_get(document, "Statement");
    const char *version = json_string_value(json_object_get(document, "Version"));
    const char *problem = NULL;
    if (!json_is_object(document) || statements == NULL ||
        (version != NULL && strcmp(version, "2012-10-17") != 0 &&
         strcmp(version, "2008-10-17") != 0))
        problem = "Syntax errors in policy.";
    for (size_t i = 0; problem == NULL && i < value_count(statements); i++)
        problem = json_is_object(value_at(statements, i))
                      ? statement_problem(value_at(statements, i), kind)
                      : "Syntax errors in policy.";
    if (problem == NULL)
        return 0;
    problem_set(reterr, "", "%s", problem);
    return -EINVAL;
}

int policy_parse(const char *text, enum policy_kind kind, json_t **ret, struct problem *reterr)
{
    json_error_t error;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        problem_set(reterr, "", "This policy contains invalid Json");
        return -EINVAL;
    }
    if (policy_check(document, kind, reterr) < 0) {
        json_decref(document);
        return -EINVAL;
    }
    *ret = document;
    return 0;
}
