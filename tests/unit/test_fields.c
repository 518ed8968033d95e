/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcilers/fields.h"

#include "reconcilers/form.h"
#include "reconcilers/pointer.h"
#include "tests/unit/unit.h"

static const struct {
    enum form form;
    const char *wanted, *live, *defaults;
    bool equal;
} forms[] = {
    { FORM_PLAIN, "1", "1", NULL, true },
    { FORM_PLAIN, "1", "'1'", NULL, false },
    { FORM_PLAIN, "{'a': 1}", "{'a': 1, 'b': false}", "{\"b\": false}", true },
    { FORM_PLAIN, "{'a': 1}", "{'a': 1, 'b': true}", "{\"b\": false}", false },
    { FORM_PLAIN, "{'r': [{'a': 1}]}", "{'r': [{'a': 1, 'b': 2}]}", "{\"r\": [{\"b\": 2}]}", true },
    { FORM_PLAIN, "[{}]", "[{'f': {'p': ''}}]", "[{\"f\": {\"p\": \"\"}}]", true },
    { FORM_WITHIN, "{'a': [{'b': 1}]}", "{'a': [{'b': 1, 'c': 2}], 'd': 3}", NULL, true },
    { FORM_WITHIN, "{'a': [{'b': 1}]}", "{'a': [{'b': 2, 'c': 2}]}", NULL, false },
    { FORM_WITHIN, "{'a': [1]}", "{'a': [1, 2]}", NULL, false },
    { FORM_WITHIN, "{}", "'x'", NULL, false },
    { FORM_SET, "['a', 'b']", "['b', 'a']", NULL, true },
    { FORM_SET, "['a', 'b']", "['a', 'a']", NULL, false },
    { FORM_SET, "[{'x': {'b': 1, 'a': 2}}]", "[{'x': {'a': 2, 'b': 1}}]", NULL, true },
    { FORM_DECIMAL, "30", "'30'", NULL, true },
    { FORM_DECIMAL, "30", "'031'", NULL, false },
    { FORM_TRUTH, "true", "'true'", NULL, true },
    { FORM_TRUTH, "false", "'true'", NULL, false },
    { FORM_SWITCH, "true", "'ENABLING'", NULL, true },
    { FORM_SWITCH, "true", "'UPDATING'", NULL, true },
    { FORM_SWITCH, "false", "'DISABLING'", NULL, true },
    { FORM_SWITCH, "true", "'DISABLED'", NULL, false },
    { FORM_JSON, "{'n': 5, 'l': ['b', 'a']}",
      "'{\\u0022l\\u0022:[\\u0022a\\u0022,\\u0022b\\u0022],"
      "\\u0022n\\u0022:\\u00225\\u0022}'",
      NULL, true },
    { FORM_JSON, "{'n': 5}", "'{'", NULL, false },
    { FORM_JSON, "{'n': 1.5}", "{'n': '1.5'}", NULL, true },
    { FORM_SECRET, "'a'", "'b'", NULL, false },
};

START_TEST(forms_compare)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        json_auto_t *wanted = unit_json(forms[i].wanted), *live = unit_json(forms[i].live);
        ck_assert_msg(form_equal(forms[i].form, wanted, live, forms[i].defaults) == forms[i].equal,
                      "%s and %s", forms[i].wanted, forms[i].live);
        ck_assert(!form_equal(forms[i].form, wanted, NULL, NULL));
        ck_assert(!form_equal(forms[i].form, NULL, live, NULL));
    }
    ck_assert(form_equal(FORM_PLAIN, NULL, NULL, NULL));
}
END_TEST

START_TEST(requests_are_as_aws_takes_them)
{
    json_auto_t *number = json_integer(30), *yes = json_true(), *object = unit_json("{'a': 1}");
    json_auto_t *decimal = form_request(FORM_DECIMAL, number),
                *truth = form_request(FORM_TRUTH, yes);
    json_auto_t *text = form_request(FORM_JSON, object), *plain = form_request(FORM_PLAIN, object);
    json_auto_t *empty = json_string("");
    json_auto_t *cleared = form_request(FORM_POLICY, empty);
    ck_assert_str_eq(json_string_value(decimal), "30");
    ck_assert_str_eq(json_string_value(truth), "true");
    ck_assert_str_eq(json_string_value(text), "{\"a\":1}");
    ck_assert_json_eq(plain, object);
    ck_assert_str_eq(json_string_value(cleared), "");
}
END_TEST

START_TEST(tags_turn_both_ways)
{
    json_auto_t *map = unit_json("{'a': '1', 'b': ''}"), *list = form_tag_list(map);
    json_auto_t *back = form_tag_map(list), *none = form_tag_map(NULL);
    ck_assert_json_eq(map, back);
    ck_assert_uint_eq(json_object_size(none), 0);
}
END_TEST

START_TEST(pointers_escape_and_nest)
{
    json_auto_t *root = json_object();
    autofree char *pointer = pointer_join("/a", "x/y~z");
    ck_assert_str_eq(pointer, "/a/x~1y~0z");
    pointer_put(root, pointer, json_integer(1));
    pointer_put(root, "/a/l", json_pack("[i, {s:s}]", 7, "k", "v"));
    ck_assert_int_eq(json_integer_value(pointer_get(root, pointer)), 1);
    ck_assert_int_eq(json_integer_value(pointer_get(root, "/a/l/0")), 7);
    ck_assert_str_eq(pointer_text(root, "/a/l/1/k"), "v");
    ck_assert(pointer_get(root, "") == root);
    static const char *const nowhere[] = { "/b", "/a/l/2", "/a/l/x", "/a/l/", "/a/l/0/k" };
    for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
        ck_assert_ptr_null(pointer_get(root, nowhere[i]));
    ck_assert_ptr_null(pointer_get(NULL, "/a"));
    ck_assert(pointer_same_member("/a/b", "/a/c") && pointer_same_member("/a", "/a/c"));
    ck_assert(!pointer_same_member("/a/b", "/ab/b"));
}
END_TEST

START_TEST(secrets_are_veiled)
{
    json_auto_t *secret = json_string("hunter2"), *other = json_string("hunter3");
    json_t *drift = NULL;
    drift_add(&drift, "/Value", secret, other, true);
    autofree char *text = json_dumps(drift, 0);
    ck_assert_ptr_null(strstr(text, "hunter"));
    const char *wanted = pointer_text(drift, "/0/wanted"), *live = pointer_text(drift, "/0/live");
    ck_assert_str_ne(wanted, live);
    ck_assert(str_prefix(wanted, "sha256:") && strlen(wanted) == strlen("sha256:") + 12);
    ck_assert(json_is_true(pointer_get(drift, "/0/secret")));
    json_decref(drift);
}
END_TEST

START_TEST(facts_know_three_states)
{
    struct answer yes = answer_ok(unit_json("{'a': 1}"));
    struct answer no = answer_error(AWS_NOT_FOUND, "NoSuchThing", 404, "it is not there");
    json_auto_t *facts = json_object();
    json_object_set_new(facts, "yes", fact_new(&yes));
    json_object_set_new(facts, "no", fact_new(&no));
    ck_assert(fact_known(facts, "yes") && fact_known(facts, "no") && !fact_known(facts, "other"));
    ck_assert(!fact_absent(facts, "yes") && fact_absent(facts, "no"));
    ck_assert(!fact_absent(facts, "other"));
    ck_assert_json_eq(fact_body(facts, "yes"), yes.body);
    ck_assert_ptr_null(fact_body(facts, "no"));
    ck_assert_ptr_null(fact_body(facts, "other"));
    ck_assert_str_eq(pointer_text(facts, "/no/code"), "NoSuchThing");
    answer_clear(&yes);
    answer_clear(&no);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        forms_compare,       requests_are_as_aws_takes_them,
        tags_turn_both_ways, pointers_escape_and_nest,
        secrets_are_veiled,  facts_know_three_states,
    };
    return unit_run("fields", tests, ARRAY_SIZE(tests));
}
