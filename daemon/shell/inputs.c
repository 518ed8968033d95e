/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/inputs.h"

#include "config/document.h"
#include "daemon/shell/file.h"

#include <errno.h>
#include <unistd.h>

int inputs_topology(const char *path, struct topology **ret, struct problems *reterr)
{
    autofree char *text = NULL;
    size_t size = 0;
    int rc = file_read(path, FILE_CONFIG_MAX, &text, &size);
    if (rc == 0)
        return topology_load(text, size, path, ret, reterr) < 0 ? -1 : 0;
    struct problem *p = problems_add(reterr, "", "cannot read the configuration: %s",
                                     strerror(-rc));
    str_copy(p->file, sizeof p->file, path);
    if (rc == -EFBIG)
        problem_remedy(p, "At most %d KiB are read", DOCUMENT_MAX >> 10);
    else
        problem_remedy(p, "Name a file with --config; config/examples/minimal.json is a start");
    return -1;
}

/* ---- secrets ---- */

static json_t *secret_of_file(const char *path, const char *pointer, struct problems *reterr)
{
    autofree char *text = NULL;
    size_t size = 0;
    int rc = file_read(path, FILE_CREDENTIALS_MAX, &text, &size);
    if (rc < 0) {
        problems_add(reterr, pointer, "cannot read the secret in %s: %s", path, strerror(-rc));
        return NULL;
    }
    if (size > 0 && text[size - 1] == '\n')
        size--;
    json_t *value = json_stringn(text, size);
    if (value == NULL)
        problems_add(reterr, pointer, "the secret in %s is not UTF-8 text", path);
    explicit_bzero(text, size);
    return value;
}

static json_t *secret_of_variable(const char *name, const char *pointer, struct problems *reterr)
{
    const char *text = getenv(name);
    json_t *value = text == NULL ? NULL : json_string(text);
    if (value == NULL)
        problems_add(reterr, pointer, "the environment variable %s is %s", name,
                     text == NULL ? "not set" : "not UTF-8 text");
    return value;
}

int inputs_secrets(const struct topology *t, json_t **ret, struct problems *reterr)
{
    json_auto_t *references = topology_secrets(t), *found = json_object();
    size_t i, before = reterr->n;
    json_t *reference;
    json_array_foreach(references, i, reference)
    {
        const char *pointer = json_string_value(json_object_get(reference, "pointer"));
        const char *variable = json_string_value(json_object_get(reference, "environment"));
        const char *path = json_string_value(json_object_get(reference, "file"));
        json_t *value = variable != NULL ? secret_of_variable(variable, pointer, reterr)
                                         : secret_of_file(path, pointer, reterr);
        if (value != NULL && json_string_length(value) == 0)
            problems_add(reterr, pointer, "the secret in %s is empty",
                         variable != NULL ? variable : path);
        if (value != NULL)
            (void)json_object_set_new(found, pointer, value);
    }
    if (reterr->n > before)
        return -1;
    *ret = json_incref(found);
    return 0;
}

/* ---- the environment ---- */

json_t *inputs_environment(void)
{
    json_t *found = json_object();
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || (!str_prefix(*entry, "AWS_") && !str_prefix(*entry, "HOME=")))
            continue;
        autofree char *name = xstrndup(*entry, (size_t)(equals - *entry));
        json_t *value = json_string(equals + 1);
        if (value != NULL) /* what is not UTF-8 cannot be a key or a path of ours */
            (void)json_object_set_new(found, name, value);
    }
    return found;
}

json_t *inputs_endpoint_urls(const json_t *environment)
{
    static const char prefix[] = "AWS_ENDPOINT_URL";
    json_t *urls = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)environment, name, value)
    {
        const char *rest = name + sizeof prefix - 1;
        if (!str_prefix(name, prefix) || json_string_length(value) == 0)
            continue;
        if (*rest == '\0' || (*rest == '_' && rest[1] != '\0'))
            (void)json_object_set(urls, *rest == '\0' ? "" : rest + 1, value);
    }
    return urls;
}
