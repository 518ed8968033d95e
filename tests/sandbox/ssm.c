/* SPDX-License-Identifier: Apache-2.0 */
/* ssm: Parameter Store. State is {"parameters": {name: {"Tags", "versions": [newest first]}}}.
 * A version holds what AWS's Parameter and ParameterMetadata show, and its value in the clear:
 * without WithDecryption a SecureString shows a text that stands for its ciphertext.
 * Not here: policies of parameters, labels, sharing between accounts. */
#include <ctype.h>
#include <strings.h>

#include "aws/pattern.h"
#include "tests/sandbox/service.h"

enum {
    STANDARD_MAX = 4096,
    ADVANCED_MAX = 8192,
    PARAMETERS_MAX = 10000,
    VERSIONS_KEPT = 100,
    LEVELS_MAX = 15,
    NAME_LENGTH_MAX = 1011,
    PAGE = 10,
    TAGS_MAX = 50,
};

static json_t *parameters_of(const struct request *r)
{
    return service_object(r->state, "parameters");
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static const json_t *newest(const json_t *parameter)
{
    return json_array_get(json_object_get(parameter, "versions"), 0);
}

/* ---- names ---- */

static struct answer bad_name(struct request *r)
{
    return service_error(
        r, "ValidationException",
        "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). If formed "
        "as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be "
        "formed as a mix of letters, numbers and the following 3 symbols .-_");
}

static bool name_ok(struct request *r, const char *name, struct answer *ret)
{
    const char *bare = *name == '/' ? name + 1 : name;
    int levels = 0;
    bool good = strlen(name) <= NAME_LENGTH_MAX && strncasecmp(bare, "aws", 3) != 0 &&
                strncasecmp(bare, "ssm", 3) != 0 && *bare != '\0';
    for (const char *p = name; *p != '\0'; p++) {
        levels += *p == '/';
        good &= isalnum((unsigned char)*p) || strchr("._-/", *p) != NULL;
        good &= *p != '/' || p[1] != '/';
    }
    if (!good)
        *ret = bad_name(r);
    else if (levels > 0 && *name != '/')
        *ret = service_error(r, "ValidationException",
                             "Parameter name must be a fully qualified name.");
    else if (levels > LEVELS_MAX)
        *ret = service_error(r, "HierarchyLevelLimitExceededException",
                             "A parameter name can have at most %d levels.", LEVELS_MAX);
    else
        return true;
    return false;
}

static char *parameter_arn(const struct request *r, const char *name)
{
    return xasprintf("arn:aws:ssm:%s:%s:parameter%s%s", region_name(r->region),
                     cloud_account(r->cloud), *name == '/' ? "" : "/", name);
}

/* A parameter by name or ARN, perhaps with ":3" for a version. *ret_version is 0 without. */
static json_t *find_parameter(const struct request *r, const char *asked, json_int_t *ret_version)
{
    autofree char *prefix = parameter_arn(r, "/");
    *ret_version = 0;
    const char *name = asked;
    if (str_prefix(asked, prefix))
        name = asked + strlen(prefix) - 1;
    const char *colon = strchr(name, ':');
    autofree char *plain = xstrndup(name, colon == NULL ? strlen(name) : (size_t)(colon - name));
    if (colon != NULL)
        *ret_version = strtoll(colon + 1, NULL, 10);
    json_t *found = json_object_get(parameters_of(r), plain);
    if (found == NULL && name != asked) /* an ARN does not tell "x" from "/x" */
        found = json_object_get(parameters_of(r), plain + 1);
    return found;
}

/* ---- putting ---- */

static struct answer too_large(struct request *r, bool advanced)
{
    if (advanced)
        return service_error(r, "ValidationException",
                             "Advanced tier parameters support a maximum parameter value of %d "
                             "characters.",
                             ADVANCED_MAX);
    return service_error(
        r, "ValidationException",
        "Standard tier parameters support a maximum parameter value of %d characters. To create a "
        "larger parameter value, upgrade the parameter to use the advanced-parameter tier. For "
        "more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
        "parameter-store-advanced-parameters.html",
        STANDARD_MAX);
}

/* Static text, or NULL and *ret filled. */
static const char *choose_tier(struct request *r, const json_t *before, size_t size,
                               struct answer *ret)
{
    const char *asked = request_text(r, "Tier"), *was = text_of(before, "Tier");
    bool advanced_before = strcmp(was, "Advanced") == 0;
    bool advanced = str_eq(asked, "Advanced") || (asked == NULL && advanced_before) ||
                    (str_eq(asked, "Intelligent-Tiering") &&
                     (size > STANDARD_MAX || advanced_before));
    if (advanced_before && !advanced)
        *ret = service_error(r, "ValidationException",
                             "This parameter uses the advanced-parameter tier. You can't downgrade "
                             "a parameter from the advanced-parameter tier to the "
                             "standard-parameter tier. If necessary, you can delete the advanced "
                             "parameter and recreate it as a standard parameter.");
    else if (size > (advanced ? ADVANCED_MAX : STANDARD_MAX))
        *ret = too_large(r, advanced);
    else
        return advanced ? "Advanced" : "Standard";
    return NULL;
}

static bool put_allowed(struct request *r, const json_t *before, struct answer *ret)
{
    const char *type = request_text(r, "Type");
    bool overwrite = request_true(r, "Overwrite");
    if (overwrite && json_array_size(request_member(r, "Tags")) > 0)
        *ret = service_error(r, "ValidationException",
                             "Invalid request: tags and overwrite can't be used together. To "
                             "create a parameter with tags, please remove overwrite flag. To "
                             "update tags for an existing parameter, please use AddTagsToResource "
                             "or RemoveTagsFromResource.");
    else if (before != NULL && !overwrite)
        *ret = service_error(r, "ParameterAlreadyExists",
                             "The parameter already exists. To overwrite this value, set the "
                             "overwrite option in the request to true.");
    else if (before == NULL && type == NULL)
        *ret = service_error(r, "ValidationException",
                             "A parameter type is required when you create a parameter.");
    else if (before != NULL && type != NULL && strcmp(type, text_of(before, "Type")) != 0)
        *ret = service_error(r, "HierarchyTypeMismatchException",
                             "A parameter's type can't be changed from %s to %s.",
                             text_of(before, "Type"), type);
    else if (before == NULL && json_object_size(parameters_of(r)) >= PARAMETERS_MAX)
        *ret = service_error(r, "ParameterLimitExceeded",
                             "You have exceeded the number of parameters for this AWS account.");
    else if (*request_text(r, "Value") == '\0')
        *ret = service_error(r, "ValidationException",
                             "1 validation error detected: Value at 'value' failed to satisfy "
                             "constraint: Member must have length greater than or equal to 1");
    else
        return true;
    return false;
}

static bool pattern_ok(struct request *r, const char *pattern, struct answer *ret)
{
    if (pattern == NULL || pattern_matches(pattern, request_text(r, "Value")))
        return true;
    *ret = service_error(r, "ParameterPatternMismatchException",
                         "Parameter value, cannot be validated against allowedPattern: %s",
                         pattern);
    return false;
}

/* A member of the call, else of the version before, else NULL. Borrowed. */
static json_t *kept(struct request *r, const json_t *before, const char *member)
{
    json_t *given = json_object_get(r->args, member);
    return given != NULL ? given : json_object_get(before, member);
}

static struct answer put_parameter(struct request *r)
{
    struct answer bad;
    const char *name = request_text(r, "Name");
    json_t *parameter = json_object_get(parameters_of(r), name);
    const json_t *before = newest(parameter);
    if (!name_ok(r, name, &bad) || !put_allowed(r, before, &bad) ||
        !pattern_ok(r, request_text(r, "AllowedPattern"), &bad))
        return bad;
    const char *tier = choose_tier(r, before, strlen(request_text(r, "Value")), &bad);
    if (tier == NULL)
        return bad;
    if (parameter == NULL) {
        parameter = json_pack("{s:o, s:[]}", "Tags", service_tag_map(request_member(r, "Tags")),
                              "versions");
        json_object_set_new(parameters_of(r), name, parameter);
    }
    json_int_t version = json_integer_value(json_object_get(before, "Version")) + 1;
    json_auto_t *type = json_incref(kept(r, before, "Type"));
    json_auto_t *key = strcmp(json_string_value(type), "SecureString") != 0 ? NULL
                       : kept(r, before, "KeyId") == NULL ? json_string("alias/aws/ssm")
                                                          : json_incref(kept(r, before, "KeyId"));
    const char *data = request_text(r, "DataType");
    json_t *made = json_pack(
        "{s:s, s:O, s:O, s:I, s:s, s:s, s:o, s:s, s:O*, s:O*, s:O*}", "Name", name, "Type", type,
        "Value", json_object_get(r->args, "Value"), "Version", version, "Tier", tier, "DataType",
        data == NULL ? "text" : data, "LastModifiedDate", service_date(r->now), "LastModifiedUser",
        r->caller->principal, "KeyId", key, "Description", kept(r, before, "Description"),
        "AllowedPattern", json_object_get(r->args, "AllowedPattern"));
    assert(made != NULL);
    json_t *versions = json_object_get(parameter, "versions");
    json_array_insert_new(versions, 0, made);
    if (json_array_size(versions) > VERSIONS_KEPT)
        json_array_remove(versions, VERSIONS_KEPT);
    return answer_ok(json_pack("{s:I, s:s}", "Version", version, "Tier", tier));
}

/* ---- reading ---- */

/* Copies the named members that are there. NULL ends the list. */
static json_t *pick(const json_t *from, const char *const *members)
{
    json_t *picked = json_object();
    for (; *members != NULL; members++)
        json_object_set(picked, *members, json_object_get(from, *members));
    return picked;
}

static json_t *parameter_shown(struct request *r, const json_t *version)
{
    static const char *const members[] = {
        "Name", "Type", "Value", "Version", "LastModifiedDate", "DataType", NULL
    };
    json_t *shown = pick(version, members);
    autofree char *arn = parameter_arn(r, text_of(version, "Name"));
    json_object_set_new(shown, "ARN", json_string(arn));
    if (strcmp(text_of(version, "Type"), "SecureString") == 0 && !request_true(r, "WithDecryption"))
        json_object_set_new(shown, "Value",
                            json_sprintf("AQICAHh%zx:%s:%" JSON_INTEGER_FORMAT,
                                         strlen(text_of(version, "Value")),
                                         text_of(version, "KeyId"),
                                         json_integer_value(json_object_get(version, "Version"))));
    return shown;
}

/* The version that a selector asks for; NULL when it is gone or never was. */
static const json_t *version_of(const json_t *parameter, json_int_t number)
{
    size_t i;
    json_t *version;
    if (number == 0)
        return newest(parameter);
    json_array_foreach(json_object_get(parameter, "versions"), i, version)
    {
        if (json_integer_value(json_object_get(version, "Version")) == number)
            return version;
    }
    return NULL;
}

static struct answer get_parameter(struct request *r)
{
    json_int_t number;
    const char *name = request_text(r, "Name");
    const json_t *parameter = find_parameter(r, name, &number);
    const json_t *version = version_of(parameter, number);
    if (parameter == NULL)
        return service_error(r, "ParameterNotFound", "%s", ""); /* AWS says nothing more */
    if (version == NULL)
        return service_error(r, "ParameterVersionNotFound",
                             "Systems Manager could not find version %lld of %s. Verify the "
                             "version and try again.",
                             (long long)number, text_of(newest(parameter), "Name"));
    json_t *shown = parameter_shown(r, version);
    if (number != 0)
        json_object_set_new(shown, "Selector", json_sprintf(":%lld", (long long)number));
    return answer_ok(json_pack("{s:o}", "Parameter", shown));
}

static struct answer get_parameters(struct request *r)
{
    json_t *found = json_array(), *absent = json_array(), *name;
    size_t i;
    json_array_foreach(request_member(r, "Names"), i, name)
    {
        json_int_t number;
        const json_t *parameter = find_parameter(r, json_string_value(name), &number);
        const json_t *version = version_of(parameter, number);
        if (version == NULL)
            json_array_append(absent, name);
        else
            json_array_append_new(found, parameter_shown(r, version));
    }
    return answer_ok(json_pack("{s:o, s:o}", "Parameters", found, "InvalidParameters", absent));
}

/* ---- filters ---- */

static bool below(const char *path, const char *name, bool recursive)
{
    size_t n = strlen(path);
    n -= n > 0 && path[n - 1] == '/';
    if (strncmp(name, path, n) != 0 || name[n] != '/')
        return false;
    return recursive || strchr(name + n + 1, '/') == NULL;
}

static bool value_fits(const char *option, const char *key, const char *actual, const char *wanted)
{
    if (strcmp(key, "Path") == 0)
        return below(wanted, actual, str_eq(option, "Recursive"));
    if (str_eq(option, "BeginsWith"))
        return str_prefix(actual, wanted);
    if (str_eq(option, "Contains"))
        return strstr(actual, wanted) != NULL;
    return strcmp(actual, wanted) == 0;
}

static bool filter_fits(const json_t *filter, const json_t *parameter)
{
    const char *key = text_of(filter, "Key"), *option = text_of(filter, "Option");
    const json_t *values = json_object_get(filter, "Values");
    const char *actual = str_prefix(key, "tag:")
                             ? text_of(json_object_get(parameter, "Tags"), key + 4)
                         : strcmp(key, "Path") == 0 ? text_of(newest(parameter), "Name")
                                                    : text_of(newest(parameter), key);
    size_t i;
    json_t *value;
    if (json_array_size(values) == 0)
        return *actual != '\0';
    json_array_foreach(values, i, value)
    {
        if (value_fits(option, key, actual, json_string_value(value)))
            return true;
    }
    return false;
}

static bool filters_known(struct request *r, const char *const *keys, struct answer *ret)
{
    size_t i;
    json_t *filter;
    json_array_foreach(request_member(r, "ParameterFilters"), i, filter)
    {
        const char *key = text_of(filter, "Key");
        const char *const *k = keys;
        while (*k != NULL && strcmp(*k, key) != 0 &&
               !(strcmp(*k, "tag:") == 0 && str_prefix(key, "tag:")))
            k++;
        if (*k != NULL)
            continue;
        *ret = service_error(r, "InvalidFilterKey", "The following filter key is not valid: %s.",
                             key);
        return false;
    }
    return true;
}

static bool filters_fit(struct request *r, const json_t *parameter)
{
    size_t i;
    json_t *filter;
    json_array_foreach(request_member(r, "ParameterFilters"), i, filter)
    {
        if (!filter_fits(filter, parameter))
            return false;
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef json_t *show_fn(struct request *r, const json_t *version);

/* One page of the parameters that fit, by name. path: NULL for all. */
static struct answer page_of(struct request *r, const char *path, show_fn *show)
{
    json_t *parameters = parameters_of(r), *parameter, *body = json_object();
    json_auto_t *all = json_array();
    size_t n = json_object_size(parameters), i = 0, next;
    autofree const char **names = xcalloc(n, sizeof *names);
    const char *name;
    json_object_foreach(parameters, name, parameter)
    {
        names[i++] = name;
    }
    qsort(names, n, sizeof *names, by_text);
    for (i = 0; i < n; i++) {
        parameter = json_object_get(parameters, names[i]);
        if ((path == NULL || below(path, names[i], request_true(r, "Recursive"))) &&
            filters_fit(r, parameter))
            json_array_append_new(all, show(r, newest(parameter)));
    }
    if (!service_page(all, request_text(r, "NextToken"), request_integer(r, "MaxResults", PAGE),
                      body, "Parameters", &next)) {
        json_decref(body);
        return service_error(r, "InvalidNextToken", "The specified token isn't valid.");
    }
    if (next != 0)
        json_object_set_new(body, "NextToken", json_sprintf("%zu", next));
    return answer_ok(body);
}

static struct answer get_parameters_by_path(struct request *r)
{
    static const char *const keys[] = { "Type", "KeyId", "DataType", NULL };
    struct answer bad;
    const char *path = request_text(r, "Path");
    if (*path != '/')
        return service_error(r, "ValidationException",
                             "The parameter doesn't meet the parameter name requirements. The "
                             "parameter name must begin with a forward slash \"/\". It can't be "
                             "prefixed with \"aws\" or \"ssm\" (case-insensitive).");
    return filters_known(r, keys, &bad) ? page_of(r, path, parameter_shown) : bad;
}

static json_t *metadata_shown(struct request *r, const json_t *version)
{
    static const char *const members[] = { "Name",
                                           "Type",
                                           "KeyId",
                                           "Description",
                                           "AllowedPattern",
                                           "LastModifiedDate",
                                           "LastModifiedUser",
                                           "Version",
                                           "Tier",
                                           "DataType",
                                           NULL };
    json_t *shown = pick(version, members);
    autofree char *arn = parameter_arn(r, text_of(version, "Name"));
    json_object_set_new(shown, "ARN", json_string(arn));
    json_object_set_new(shown, "Policies", json_array());
    return shown;
}

static struct answer describe_parameters(struct request *r)
{
    static const char *const keys[] = { "Name", "Type",     "KeyId", "Path",
                                        "Tier", "DataType", "tag:",  NULL };
    struct answer bad;
    if (json_array_size(request_member(r, "Filters")) > 0)
        return service_error(r, "ValidationException",
                             "The sandbox knows ParameterFilters, not the older Filters.");
    return filters_known(r, keys, &bad) ? page_of(r, NULL, metadata_shown) : bad;
}

/* ---- deleting ---- */

static struct answer delete_parameter(struct request *r)
{
    if (json_object_del(parameters_of(r), request_text(r, "Name")) < 0)
        return service_error(r, "ParameterNotFound", "%s", "");
    return answer_ok(json_object());
}

static struct answer delete_parameters(struct request *r)
{
    json_t *deleted = json_array(), *absent = json_array(), *name;
    size_t i;
    json_array_foreach(request_member(r, "Names"), i, name)
    {
        bool there = json_object_del(parameters_of(r), json_string_value(name)) == 0;
        json_array_append(there ? deleted : absent, name);
    }
    return answer_ok(
        json_pack("{s:o, s:o}", "DeletedParameters", deleted, "InvalidParameters", absent));
}

/* ---- tags ---- */

/* The tags of the parameter that the call names; NULL and *ret filled when it is none. */
static json_t *the_tags(struct request *r, struct answer *ret)
{
    json_int_t number;
    if (!str_eq(request_text(r, "ResourceType"), "Parameter")) {
        *ret = service_error(r, "InvalidResourceType",
                             "The resource type is not valid. For example, if you are attempting "
                             "to tag an EC2 instance, the instance must be a registered managed "
                             "node. (The sandbox has parameters only.)");
        return NULL;
    }
    json_t *parameter = find_parameter(r, request_text(r, "ResourceId"), &number);
    if (parameter == NULL)
        *ret = service_error(r, "InvalidResourceId",
                             "The resource ID is not valid. Verify that you entered the correct ID "
                             "and try again.");
    return json_object_get(parameter, "Tags");
}

static struct answer add_tags(struct request *r)
{
    struct answer bad;
    json_t *tags = the_tags(r, &bad);
    if (tags == NULL)
        return bad;
    json_auto_t *added = service_tag_map(request_member(r, "Tags"));
    json_auto_t *merged = json_copy(tags);
    json_object_update(merged, added);
    if (json_object_size(merged) > TAGS_MAX)
        return service_error(r, "TooManyTagsError", "A resource can have at most %d tags.",
                             TAGS_MAX);
    json_object_update(tags, added);
    return answer_ok(json_object());
}

static struct answer remove_tags(struct request *r)
{
    struct answer bad;
    json_t *tags = the_tags(r, &bad), *key;
    size_t i;
    if (tags == NULL)
        return bad;
    json_array_foreach(request_member(r, "TagKeys"), i, key)
    {
        json_object_del(tags, json_string_value(key));
    }
    return answer_ok(json_object());
}

static struct answer list_tags(struct request *r)
{
    struct answer bad;
    const json_t *tags = the_tags(r, &bad);
    return tags == NULL ? bad : answer_ok(json_pack("{s:o}", "TagList", service_tag_list(tags)));
}

/* ---- the service ---- */

static const struct service_operation operations_table[] = {
    { "AddTagsToResource", add_tags },
    { "DeleteParameter", delete_parameter },
    { "DeleteParameters", delete_parameters },
    { "DescribeParameters", describe_parameters },
    { "GetParameter", get_parameter },
    { "GetParameters", get_parameters },
    { "GetParametersByPath", get_parameters_by_path },
    { "ListTagsForResource", list_tags },
    { "PutParameter", put_parameter },
    { "RemoveTagsFromResource", remove_tags },
    { NULL, NULL },
};

static json_t *resource_tags(struct cloud *c, enum region region, const char *arn)
{
    const struct request r = { .cloud = c,
                               .region = region,
                               .state = cloud_service_state(c, "ssm", region) };
    json_int_t number;
    return json_deep_copy(json_object_get(find_parameter(&r, arn, &number), "Tags"));
}

static const char *const eventual[] = { "DescribeParameters",  "GetParameter",
                                        "GetParameters",       "GetParametersByPath",
                                        "ListTagsForResource", NULL };

const struct service service_ssm = {
    .name = "ssm",
    .operations = operations_table,
    .resource_tags = resource_tags,
    .eventual_reads = eventual,
};
