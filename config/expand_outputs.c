/* SPDX-License-Identifier: Apache-2.0 */
/* What people and programs want to know of a topology that stands: names, URLs and ARNs, as
 * references that the engine resolves. */
#include "config/expand.h"

#include "config/place.h"

/* {"us-east-1": "${kind/name@us-east-1.output}", "us-east-2": …} */
static json_t *in_both(const struct expansion *x, const char *kind, const char *name,
                       const char *output)
{
    json_t *both = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        const char *region = region_name(x->regions[i]);
        json_object_set_new(both, region,
                            json_sprintf("${%s/%s@%s.%s}", kind, name, region, output));
    }
    return both;
}

static json_t *table_output(const struct expansion *x, const char *name)
{
    const char *home = region_name(x->primary);
    return json_pack("{s:o, s:o}", "name", json_sprintf("${dynamodb_table/%s@%s.name}", name, home),
                     "arn", json_sprintf("${dynamodb_table/%s@%s.arn}", name, home));
}

static json_t *role_output(const struct expansion *x, const char *name, const json_t *role)
{
    if (str_eq(json_string_value(json_object_get(role, "scope")), "global"))
        return json_sprintf("${iam_role/%s.arn}", name);
    json_t *both = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        const char *region = region_name(x->regions[i]);
        json_object_set_new(both, region, json_sprintf("${iam_role/%s-%s.arn}", name, region));
    }
    return both;
}

/* NULL for a queue without dead letters. */
static json_t *dead_letters_output(struct expansion *x, const char *name, const json_t *queue)
{
    const json_t *dead_letter = json_object_get(queue, "dead_letter");
    if (json_integer_value(json_object_get(dead_letter, "after")) == 0)
        return NULL;
    autofree char *target = expand_dead_letters(x, name, "");
    return in_both(x, "sqs_queue", target, "url");
}

/* The user's own: one text for each region. */
static json_t *own_output(struct expansion *x, const char *name, const json_t *text)
{
    json_t *both = json_object();
    autofree char *pointer = place_key("/outputs", name);
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        autofree char *filled = expand_text(x, json_string_value(text), x->regions[i], pointer);
        if (filled != NULL)
            json_object_set_new(both, region_name(x->regions[i]), json_string(filled));
        else
            break; /* said once */
    }
    return both;
}

static json_t *output(struct expansion *x, const char *section, const char *name,
                      const json_t *value)
{
    if (str_eq(section, "tables"))
        return table_output(x, name);
    if (str_eq(section, "buckets"))
        return in_both(x, "s3_bucket", name, "name");
    if (str_eq(section, "queues"))
        return in_both(x, "sqs_queue", name, "url");
    if (str_eq(section, "dead_letters"))
        return dead_letters_output(x, name, value);
    if (str_eq(section, "parameters"))
        return in_both(x, "ssm_parameter", name, "name");
    return str_eq(section, "roles") ? role_output(x, name, value) : own_output(x, name, value);
}

json_t *expand_outputs(struct expansion *x)
{
    /* What it is called in the outputs, and the section of the document it comes from. */
    static const char *const sections[][2] = {
        { "tables", "tables" },       { "buckets", "buckets" },       { "queues", "queues" },
        { "dead_letters", "queues" }, { "parameters", "parameters" }, { "roles", "roles" },
        { "outputs", "outputs" },
    };
    json_t *all = json_pack("{s:{s:s, s:s}}", "regions", "primary", region_name(x->primary),
                            "secondary", region_name(x->secondary));
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
        json_t *of_section = json_object(), *value;
        const char *name;
        json_object_foreach(json_object_get(x->document, sections[i][1]), name, value)
        {
            json_t *one = output(x, sections[i][0], name, value);
            if (one != NULL)
                json_object_set_new(of_section, name, one);
        }
        json_object_set_new(all, sections[i][0], of_section);
    }
    return all;
}
