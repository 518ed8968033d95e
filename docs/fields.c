/* SPDX-License-Identifier: Apache-2.0 */
/* fields: writes docs/fields.md from the kinds' own tables, so that the page cannot say anything
 * else than the code does.
 * usage: fields            the page, on stdout
 *        fields --check F  whether F is the page (1: it is not) */
#include "reconcilers/kind.h"

#include <stdio.h>

static const char intro[] =
    "# What drd keeps, field by field\n"
    "\n"
    "Made from the tables in `reconcilers/` by `docs/fields.c`; do not edit it. Regenerate it "
    "with\n"
    "`build/docs/fields > docs/fields.md`.\n"
    "\n"
    "A pointer is what `drd-ctl drift` and the journal show. *Fixed* means that AWS cannot change "
    "it\n"
    "after creation: a difference is BLOCKED and names the field, and only an operator's consent\n"
    "replaces the resource. *Taken away* means that it is drift when it is there without being\n"
    "wanted; everything else that the configuration does not speak of is left alone.\n";

static const char *form_note(enum form form)
{
    switch (form) {
    case FORM_PLAIN:
        return "as it is";
    case FORM_WITHIN:
        return "what is wanted; AWS may add members";
    case FORM_SET:
        return "in any order";
    case FORM_DECIMAL:
        return "as a number";
    case FORM_TRUTH:
    case FORM_SWITCH:
        return "as true or false";
    case FORM_JSON:
        return "as JSON";
    case FORM_POLICY:
        return "as a policy, by meaning";
    case FORM_TAGS:
    case FORM_TAG_LIST:
        return "tag by tag";
    case FORM_SECRET:
        return "never shown when it is a secret";
    }
    return "";
}

static void print_field(struct buffer *out, const struct field *f)
{
    if (f->doc == NULL)
        return;
    buffer_printf(out, "| `%s` | %s | ", f->want, f->doc);
    if (f->repair != NULL)
        buffer_printf(out, "`%s`", f->repair);
    else
        buffer_str(out, "*fixed*");
    if (f->remove != NULL)
        buffer_printf(out, "; taken away with `%s`", f->remove);
    buffer_printf(out, " | %s |\n", form_note(f->form));
}

static void print_set(struct buffer *out, const struct set *s)
{
    buffer_printf(out, "| `%s` | %s | ", s->want, s->doc);
    if (s->add != NULL)
        buffer_printf(out, "`%s`; ", s->add);
    buffer_printf(out, "taken away with `%s` | name by name |\n", s->remove);
}

static void print_kind(struct buffer *out, const struct kind *k)
{
    buffer_printf(out, "\n## %s\n\n", k->name);
    buffer_printf(out, "Named by `%s`, %s. %s.", k->identity,
                  k->global ? "one for all regions" : "in its region",
                  k->destroy == NULL ? "Goes with the resource that it belongs to"
                                     : "Destroyed only when asked to");
    buffer_str(out, " Outputs: ");
    for (const char *const *o = k->outputs; *o != NULL; o++)
        buffer_printf(out, "%s`%s`", o == k->outputs ? "" : ", ", *o);
    buffer_str(out, ".\n");
    if (k->doc != NULL)
        buffer_printf(out, "\n%s\n", k->doc);
    buffer_str(out, "\n| pointer | what it is | repaired with | compared |\n|---|---|---|---|\n");
    for (size_t i = 0; i < k->n_fields; i++)
        print_field(out, &k->fields[i]);
    for (const struct set *s = k->sets; s != NULL && s->want != NULL; s++)
        print_set(out, s);
}

static int check(const char *path, const char *page)
{
    FILE *file = fopen(path, "re");
    size_t n = strlen(page);
    char *text = xcalloc(n + 2, 1);
    bool same = file != NULL && fread(text, 1, n + 1, file) == n && strcmp(text, page) == 0;
    if (file != NULL)
        fclose(file);
    free(text);
    if (!same)
        fprintf(stderr, "%s is not what the tables say. Run: build/docs/fields > docs/fields.md\n",
                path);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct buffer page = { 0 };
    int r = EXIT_SUCCESS;
    buffer_str(&page, intro);
    for (const struct kind *const *k = kinds; *k != NULL; k++)
        print_kind(&page, *k);
    if (argc == 3 && str_eq(argv[1], "--check"))
        r = check(argv[2], page.text);
    else
        fputs(page.text, stdout);
    buffer_clear(&page);
    return r;
}
