/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/profile.h"

#include <errno.h>

static const char BLANK[] = " \t\r";

/* A part of a line without blanks around it. The caller frees. */
static char *trimmed(const char *text, size_t n)
{
    size_t skip = strspn(text, BLANK);
    skip = skip < n ? skip : n;
    while (n > skip && strchr(BLANK, text[n - 1]) != NULL)
        n--;
    return xstrndup(text + skip, n - skip);
}

static int complain(struct problem *p, const char *file, int line, const char *what)
{
    *p = (struct problem){ .line = line };
    str_copy(p->file, sizeof p->file, file);
    problem_set(p, "", "%s", what);
    problem_remedy(p, "Write [section] or key = value");
    return -EINVAL;
}

/* The profile a section's title names, or NULL when it names something else. The caller frees. */
static char *profile_of(const char *title, bool is_config)
{
    if (!is_config || strcmp(title, "default") == 0)
        return xstrdup(title);
    static const char word[] = "profile";
    const char *rest = title + strlen(word);
    if (!str_prefix(title, word) || strchr(" \t", *rest) == NULL || *rest == '\0')
        return NULL;
    return trimmed(rest, strlen(rest));
}

/* Sets *section to the profile's settings, or to NULL for sections that are none. */
static bool read_title(json_t *profiles, const char *line, bool is_config, json_t **section)
{
    const char *end = strchr(line, ']');
    if (end == NULL)
        return false;
    autofree char *title = trimmed(line + 1, (size_t)(end - line - 1));
    autofree char *name = profile_of(title, is_config);
    *section = NULL;
    if (name == NULL)
        return true;
    *section = json_object_get(profiles, name);
    if (*section == NULL) {
        *section = json_object();
        json_object_set_new(profiles, name, *section);
    }
    return true;
}

static bool read_setting(json_t *section, const char *line, const char *file, int number)
{
    const char *equals = strchr(line, '=');
    if (equals == NULL || equals == line)
        return false;
    autofree char *key = trimmed(line, (size_t)(equals - line));
    autofree char *value = trimmed(equals + 1, strlen(equals + 1));
    for (char *p = value; *p != '\0'; p++)
        if ((*p == '#' || *p == ';') && p > value && strchr(" \t", p[-1]) != NULL) {
            autofree char *cut = trimmed(value, (size_t)(p - value));
            memcpy(value, cut, strlen(cut) + 1);
            break;
        }
    if (section != NULL)
        json_object_set_new(section, key,
                            json_pack("{ss ss si}", "value", value, "file", file, "line", number));
    return true;
}

int profile_read(json_t *profiles, const char *file, const char *text, bool is_config,
                 struct problem *reterr)
{
    json_t *section = NULL;
    bool titled = false;
    int number = 0;
    for (const char *p = text; *p != '\0';) {
        size_t n = strcspn(p, "\n");
        autofree char *line = trimmed(p, n);
        bool nested = strchr(" \t", *p) != NULL;
        number++;
        p += n + (p[n] == '\n');
        if (*line == '\0' || *line == '#' || *line == ';' || (nested && titled))
            continue;
        if (*line == '[') {
            titled = true;
            if (!read_title(profiles, line, is_config, &section))
                return complain(reterr, file, number, "a section's title has no end");
        } else if (!titled) {
            return complain(reterr, file, number, "a setting stands before any section");
        } else if (!read_setting(section, line, file, number)) {
            return complain(reterr, file, number, "this is neither a section nor a setting");
        }
    }
    return 0;
}

bool profile_exists(const json_t *profiles, const char *name)
{
    return json_object_get(profiles, name) != NULL;
}

struct profile_value profile_get(const json_t *profiles, const char *name, const char *key)
{
    const json_t *setting = json_object_get(json_object_get(profiles, name), key);
    return (struct profile_value){
        .text = json_string_value(json_object_get(setting, "value")),
        .file = json_string_value(json_object_get(setting, "file")),
        .line = (int)json_integer_value(json_object_get(setting, "line")),
    };
}
