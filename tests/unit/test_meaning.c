/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/meaning.h"

#include "tests/unit/unit.h"

static const char base[] =
    "{'Version': '2012-10-17', 'Statement': ["
    "{'Sid': 'read', 'Effect': 'Allow', 'Action': ['s3:GetObject', 's3:ListBucket'],"
    " 'Resource': ['arn:aws:s3:::b', 'arn:aws:s3:::b/*']},"
    "{'Effect': 'Deny', 'Principal': {'AWS': '123456789012'}, 'Action': 's3:*', 'Resource': '*',"
    " 'Condition': {'Bool': {'aws:SecureTransport': false},"
    "               'NumericLessThan': {'s3:TlsVersion': 1.2}}}]}";

static const struct {
    const char *why, *live;
    const char *where; /* NULL: equal */
} table[] = {
    { "order, lists of one, case, root ARN, text in conditions, no Sid, an Id",
      "{'Id': 'x', 'Version': '2012-10-17', 'Statement': ["
      "{'Effect': 'Deny', 'Principal': {'AWS': ['arn:aws:iam::123456789012:root']},"
      " 'Action': ['S3:*'], 'Resource': ['*'],"
      " 'Condition': {'NumericLessThan': {'S3:tlsversion': ['1.2']},"
      "               'Bool': {'AWS:SecureTransport': 'False'}}},"
      "{'Effect': 'Allow', 'Action': ['s3:listbucket', 's3:GetObject', 's3:GetObject'],"
      " 'Resource': ['arn:aws:s3:::b/*', 'arn:aws:s3:::b'], 'Condition': {}}]}",
      NULL },
    { "another version",
      "{'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': '*'}]}",
      "/Version" },
    { "one action more",
      "{'Version': '2012-10-17', 'Statement': ["
      "{'Effect': 'Allow', 'Action': ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],"
      " 'Resource': ['arn:aws:s3:::b', 'arn:aws:s3:::b/*']},"
      "{'Effect': 'Deny', 'Principal': {'AWS': '123456789012'}, 'Action': 's3:*', 'Resource': '*',"
      " 'Condition': {'Bool': {'aws:SecureTransport': 'false'},"
      "               'NumericLessThan': {'s3:TlsVersion': '1.2'}}}]}",
      "/Statement/0/Action" },
    { "the condition is gone",
      "{'Version': '2012-10-17', 'Statement': ["
      "{'Effect': 'Allow', 'Action': ['s3:GetObject', 's3:ListBucket'],"
      " 'Resource': ['arn:aws:s3:::b', 'arn:aws:s3:::b/*']},"
      "{'Effect': 'Deny', 'Principal': {'AWS': '123456789012'}, 'Action': 's3:*',"
      " 'Resource': '*'}]}",
      "/Statement/1/Condition" },
    { "resources keep their case",
      "{'Version': '2012-10-17', 'Statement': ["
      "{'Effect': 'Allow', 'Action': ['s3:GetObject', 's3:ListBucket'],"
      " 'Resource': ['arn:aws:s3:::B', 'arn:aws:s3:::b/*']},"
      "{'Effect': 'Deny', 'Principal': {'AWS': '123456789012'}, 'Action': 's3:*', 'Resource': '*',"
      " 'Condition': {'Bool': {'aws:SecureTransport': 'false'},"
      "               'NumericLessThan': {'s3:TlsVersion': '1.2'}}}]}",
      "/Statement/0/Resource" },
    { "nothing alike", "{'Version': '2012-10-17', 'Statement': []}", "/Statement/0" },
    { "no policy", "'not a policy'", "" },
    { "no object", "'[1]'", "" },
};

START_TEST(compares_by_meaning)
{
    json_auto_t *wanted = unit_json(base);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        json_auto_t *live = unit_json(table[i].live);
        autofree char *where = meaning_difference(wanted, live);
        ck_assert_msg(meaning_equal(wanted, live) == (table[i].where == NULL), "%s", table[i].why);
        ck_assert_msg(where == NULL ? table[i].where == NULL : str_eq(where, table[i].where),
                      "%s: found %s", table[i].why, where == NULL ? "(equal)" : where);
    }
}
END_TEST

START_TEST(one_statement_needs_no_list)
{
    json_auto_t *a = unit_json("{'Statement': {'Effect': 'Allow', 'NotAction': 'iam:*',"
                               " 'NotResource': 'x', 'Principal': '*'}}");
    json_auto_t *b = unit_json("{'Version': '2008-10-17', 'Statement': [{'Effect': 'Allow',"
                               " 'NotAction': ['IAM:*'], 'NotResource': ['x'],"
                               " 'Principal': {'AWS': ['*']}}]}");
    ck_assert(meaning_equal(a, b));
}
END_TEST

START_TEST(a_statement_too_many)
{
    json_auto_t *a = unit_json("{'Statement': [{'Effect': 'Allow', 'Action': 'a:b'}]}");
    json_auto_t *b = unit_json("{'Statement': [{'Effect': 'Allow', 'Action': 'a:b'},"
                               " {'Effect': 'Allow', 'Action': '*'}]}");
    autofree char *where = meaning_difference(a, b);
    ck_assert_str_eq(where, "/Statement");
}
END_TEST

START_TEST(tag_keys_in_conditions_keep_their_case)
{
    json_auto_t *a = unit_json("{'Statement': [{'Condition': {'StringEquals':"
                               " {'aws:ResourceTag/Team': 'x'}}}]}");
    json_auto_t *b = unit_json("{'Statement': [{'Condition': {'StringEquals':"
                               " {'AWS:resourcetag/Team': ['x']}}}]}");
    json_auto_t *c = unit_json("{'Statement': [{'Condition': {'StringEquals':"
                               " {'aws:ResourceTag/team': 'x'}}}]}");
    ck_assert(meaning_equal(a, b));
    ck_assert(!meaning_equal(a, c));
}
END_TEST

/* AWS sends documents percent-encoded (RFC 3986); plain text passes too. */
START_TEST(reads_encoded_text)
{
    json_auto_t *plain = unit_json(base);
    autofree char *text = json_dumps(plain, JSON_COMPACT);
    struct buffer encoded = { 0 };
    for (const char *p = text; *p != '\0'; p++)
        buffer_printf(&encoded, "%%%02X", (unsigned)*p);
    json_auto_t *a = json_string(encoded.text), *b = json_string(text);
    ck_assert(meaning_equal(plain, a));
    ck_assert(meaning_equal(a, b));
    buffer_clear(&encoded);
}
END_TEST

START_TEST(decodes_only_what_is_encoded)
{
    static const char *const pairs[][2] = {
        { "a%20b", "a b" }, { "100%", "100%" }, { "%4", "%4" }, { "%zz", "%zz" }, { "%c3%A9", "é" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        autofree char *text = meaning_percent_decode(pairs[i][0]);
        ck_assert_str_eq(text, pairs[i][1]);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        compares_by_meaning,  one_statement_needs_no_list,
        a_statement_too_many, tag_keys_in_conditions_keep_their_case,
        reads_encoded_text,   decodes_only_what_is_encoded,
    };
    return unit_run("meaning", tests, ARRAY_SIZE(tests));
}
