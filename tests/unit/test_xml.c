/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "aws/xml.h"

#include <errno.h>

static const char *refusal(const char *text)
{
    struct xml_node *root = NULL;
    const char *error = NULL;
    int line = 0;
    if (xml_parse(text, strlen(text), &root, &error, &line) == 0) {
        xml_free(root);
        return NULL;
    }
    ck_assert_ptr_null(root);
    ck_assert_ptr_nonnull(error);
    return error;
}

START_TEST(test_tree)
{
    const char *text = "<?xml version=\"1.0\"?>\n<a:Root xmlns:a=\"urn:x\" a:kind=\"big\">one"
                       "<First>1</First><!-- no --><Second/>two</a:Root>";
    struct xml_node *root;
    const char *error;
    int line;
    ck_assert_int_eq(xml_parse(text, strlen(text), &root, &error, &line), 0);
    ck_assert_str_eq(root->name, "Root");
    ck_assert_str_eq(root->text, "onetwo");
    ck_assert_str_eq(xml_attribute(root, "kind"), "big");
    ck_assert_ptr_null(xml_attribute(root, "a"));
    ck_assert_str_eq(xml_child(root, "First")->text, "1");
    ck_assert_str_eq(xml_child(root, "Second")->text, "");
    ck_assert_ptr_null(xml_child(root, "Third"));
    ck_assert_ptr_null(xml_child(NULL, "First"));
    ck_assert_ptr_null(xml_attribute(NULL, "kind"));
    xml_free(root);
    xml_free(NULL);
}
END_TEST

START_TEST(test_refusals)
{
    ck_assert_ptr_nonnull(refusal(""));
    ck_assert_ptr_nonnull(refusal("<a><b></a>"));
    ck_assert_ptr_nonnull(refusal("<a>"));
    ck_assert_ptr_nonnull(refusal("plain"));
    ck_assert_ptr_nonnull(refusal("<a>\xff</a>"));
    ck_assert_ptr_nonnull(refusal("<a>&other;</a>"));
    ck_assert_str_eq(refusal("<!DOCTYPE a [<!ENTITY x \"xxxx\">]><a>&x;</a>"),
                     "holds a document type declaration");
}
END_TEST

START_TEST(test_bounds)
{
    struct buffer deep = { 0 }, wide = { 0 };
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        buffer_str(&deep, "<a>");
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        buffer_str(&deep, "</a>");
    ck_assert_ptr_null(refusal(deep.text));
    autofree char *deeper = xasprintf("<a>%s</a>", deep.text);
    ck_assert_str_eq(refusal(deeper), "too deep");
    buffer_str(&wide, "<a>");
    for (int i = 0; i < XML_NODES_MAX; i++)
        buffer_str(&wide, "<b/>");
    buffer_str(&wide, "</a>");
    ck_assert_str_eq(refusal(wide.text), "too many elements");
    buffer_clear(&deep);
    buffer_clear(&wide);
}
END_TEST

START_TEST(test_line_of_error)
{
    struct xml_node *root;
    const char *error;
    int line = 0;
    ck_assert_int_eq(xml_parse("<a>\n\n<b></a>", 12, &root, &error, &line), -EINVAL);
    ck_assert_int_eq(line, 3);
}
END_TEST

START_TEST(test_escape)
{
    struct buffer out = { 0 };
    xml_escape(&out, "a<b>&\"c'\r\n\xc3\xa9");
    ck_assert_str_eq(out.text, "a&lt;b&gt;&amp;&quot;c&apos;&#xD;&#xA;\xc3\xa9");
    buffer_clear(&out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_tree, test_refusals, test_bounds, test_line_of_error,
                                   test_escape };
    return unit_run("xml", tests, ARRAY_SIZE(tests));
}
