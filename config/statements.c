/* SPDX-License-Identifier: Apache-2.0 */
#include "config/statements.h"

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void add_camel(struct buffer *b, const char *text)
{
    bool start = true;
    for (const char *s = text; *s != '\0'; s++) {
        char c = start && *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
        start = !is_alphanumeric(c);
        if (!start)
            buffer_add(b, &c, 1);
    }
}

char *statements_sid(const char *verb, const char *name)
{
    struct buffer b = { 0 };
    add_camel(&b, verb);
    add_camel(&b, name);
    return buffer_take(&b);
}

json_t *statements_new(void)
{
    json_t *policy = json_pack("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
    assert(policy != NULL);
    return policy;
}

static json_t *statement_of(const json_t *statements, const char *sid)
{
    for (size_t i = 0; i < json_array_size(statements); i++) {
        json_t *statement = json_array_get(statements, i);
        if (str_eq(json_string_value(json_object_get(statement, "Sid")), sid))
            return statement;
    }
    return NULL;
}

static bool same_grant(const json_t *a, const json_t *b)
{
    const json_t *if_a = json_object_get(a, "Condition"), *if_b = json_object_get(b, "Condition");
    bool same_condition = if_a == NULL ? if_b == NULL : json_equal(if_a, if_b);
    return same_condition && json_equal(json_object_get(a, "Action"), json_object_get(b, "Action"));
}

void statements_allow(json_t *policy, const char *sid, const char *const *actions,
                      json_t *resources, json_t *condition)
{
    json_t *statements = json_object_get(policy, "Statement"), *list = json_array(), *there;
    for (; *actions != NULL; actions++)
        json_array_append_new(list, json_string(*actions));
    json_auto_t *statement = json_pack("{s:s, s:s, s:o, s:o, s:o*}", "Sid", sid, "Effect", "Allow",
                                       "Action", list, "Resource", resources, "Condition",
                                       condition);
    assert(statement != NULL);
    for (unsigned i = 2;
         (there = statement_of(statements, json_string_value(json_object_get(statement, "Sid")))) !=
         NULL;
         i++) {
        if (same_grant(there, statement)) {
            json_array_extend(json_object_get(there, "Resource"), resources);
            return;
        }
        json_object_set_new(statement, "Sid", json_sprintf("%s%u", sid, i));
    }
    json_array_append(statements, statement);
}

void statements_tls_only(json_t *policy, const char *actions, json_t *resources)
{
    json_t *statement = json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:{s:s}}}", "Sid", "TlsOnly",
                                  "Effect", "Deny", "Principal", "*", "Action", actions, "Resource",
                                  resources, "Condition", "Bool", "aws:SecureTransport", "false");
    assert(statement != NULL);
    json_array_append_new(json_object_get(policy, "Statement"), statement);
}

json_t *statements_trust(const char *service, const char *account)
{
    json_t *condition = NULL;
    if (account != NULL)
        condition = json_pack("{s:{s:s}}", "StringEquals", "aws:SourceAccount", account);
    json_t *policy = json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:o*}]}", "Version", "2012-10-17",
                               "Statement", "Effect", "Allow", "Principal", "Service", service,
                               "Action", "sts:AssumeRole", "Condition", condition);
    assert(policy != NULL);
    return policy;
}

size_t statements_size(const json_t *policy)
{
    return json_dumpb(policy, NULL, 0, JSON_COMPACT);
}
