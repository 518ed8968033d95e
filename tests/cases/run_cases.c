/* SPDX-License-Identifier: Apache-2.0 */
/* run_cases: asks every recorded question again and compares the verdicts.
 * usage: run_cases DIRECTORY [KIND/NAME…]
 * With DRD_ACCEPT=1 what came out becomes the recorded verdict: read the diff before you commit it.
 */
#include "aws/validate.h"
#include "tests/cases/case.h"

#include <stdio.h>

static const char *const members[] = { "kind",   "reason",  "calls", "drift",
                                       "others", "outputs", "wait" };

static void print(const char *sign, const char *name, const json_t *value)
{
    if (value == NULL)
        return;
    autofree char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(2));
    printf("  %s \"%s\": %s\n", sign, name, shown);
}

static void print_difference(const json_t *recorded, const json_t *actual)
{
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const json_t *a = json_object_get(recorded, members[i]);
        const json_t *b = json_object_get(actual, members[i]);
        if (a == b || (a != NULL && b != NULL && json_equal(a, b)))
            continue;
        print("-", members[i], a);
        print("+", members[i], b);
    }
}

static bool accept(const char *directory, const char *kind, const char *name, json_t *actual)
{
    autofree char *path = xasprintf("%s/%s/%s.json", directory, kind, name);
    json_auto_t *file = json_load_file(path, 0, NULL);
    json_object_set(file, "verdict", actual);
    return json_dump_file(file, path, JSON_INDENT(2)) == 0;
}

/* What AWS's own model says of the calls: a recorded verdict has to be one that AWS understands. */
static bool is_valid(const char *kind, const char *name, const struct verdict *v)
{
    bool good = true;
    for (size_t i = 0; i < v->calls.n; i++) {
        const struct call *call = &v->calls.items[i];
        struct problem p = { 0 };
        if (validate_input(operation_model(call->op)->input, call->args, &p) == 0)
            continue;
        printf("%s/%s: %s: %s: %s\n", kind, name, call->op->name, p.pointer, p.text);
        good = false;
    }
    return good;
}

static bool run(const char *directory, const char *kind, const char *name)
{
    struct test_case c;
    if (!case_load(directory, kind, name, &c))
        return false;
    const struct subject subject = case_subject(&c);
    struct verdict v = kind_step(c.kind, &subject, c.facts);
    json_auto_t *actual = case_verdict(&v);
    bool good = c.verdict != NULL && json_equal(c.verdict, actual);
    if (!good && getenv("DRD_ACCEPT") != NULL) {
        good = accept(directory, kind, name, actual);
        printf("%s/%s: accepted\n", kind, name);
    } else if (!good) {
        printf("%s/%s: another verdict than the recorded one\n", kind, name);
        print_difference(c.verdict, actual);
        printf("  To accept it: DRD_ACCEPT=1 build/tests/cases/run_cases tests/cases %s/%s\n", kind,
               name);
    }
    good = is_valid(kind, name, &v) && good;
    verdict_clear(&v);
    case_clear(&c);
    return good;
}

static bool wanted(const char *kind, const char *name, int n, char **only)
{
    autofree char *id = xasprintf("%s/%s", kind, name);
    for (int i = 0; i < n; i++)
        if (str_eq(only[i], id))
            return true;
    return n == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [KIND/NAME...]\n", argv[0]);
        return EXIT_FAILURE;
    }
    unsigned n = 0, bad = 0;
    for (const struct kind *const *k = kinds; *k != NULL; k++) {
        json_auto_t *names = case_names(argv[1], (*k)->name);
        for (size_t i = 0; i < json_array_size(names); i++) {
            const char *name = json_string_value(json_array_get(names, i));
            if (!wanted((*k)->name, name, argc - 2, argv + 2))
                continue;
            n++;
            bad += run(argv[1], (*k)->name, name) ? 0 : 1;
        }
    }
    printf("%u cases, %u bad\n", n, bad);
    return bad == 0 && n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
