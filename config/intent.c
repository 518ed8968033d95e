/* SPDX-License-Identifier: Apache-2.0 */
#include "config/intent.h"

#include "config/intent_part.h"
#include "config/naming.h"

/* Every region that drd knows, for the words of an enumeration. */
static const char *const region_words[] = {
#define X(id, name) (name),
    REGIONS(X)
#undef X
        NULL
};

static const struct schema regions_schema[] = {
    { .key = "primary",
      .type = SCHEMA_ENUM,
      .required = true,
      .words = region_words,
      .doc = "Where traffic goes while all is well.",
      .example = "\"us-east-1\"" },
    { .key = "secondary",
      .type = SCHEMA_ENUM,
      .required = true,
      .words = region_words,
      .doc = "Where it goes when the primary region fails.",
      .example = "\"us-east-2\"" },
    { .key = "witness",
      .type = SCHEMA_ENUM,
      .words = region_words,
      .doc = "Third region that lets strongly consistent tables go on when one region is lost; "
             "needed as soon as there is one. It holds no readable copy.",
      .example = "\"us-west-2\"" },
    { .key = NULL },
};

static const char *rule_boundary(const char *text)
{
    if (str_eq(text, "own") || str_eq(text, "none") || intent_rule_policy_arn(text) == NULL)
        return NULL;
    return "must be own, none, or the ARN of an IAM policy";
}

static const char *rule_tag(const char *text)
{
    if (str_prefix(text, "aws:") || str_prefix(text, "drd:"))
        return "must not start with aws: or drd:";
    return text[0] == '\0' || strlen(text) > 128 ? "must have 1 to 128 bytes" : NULL;
}

static const struct schema tag_value = {
    .key = "TAG",
    .type = SCHEMA_STRING,
    .max = 256,
    .doc = "The tag's value.",
    .example = "\"payments\"",
};

static const struct schema output_value = {
    .key = "OUTPUT",
    .type = SCHEMA_STRING,
    .min = 1,
    .max = 4096,
    .doc = "Text with placeholders as in a parameter's `value`; shown for each region.",
    .example = "\"{queue:payments}\"",
};

const struct schema intent_schema[] = {
    { .key = "$schema",
      .type = SCHEMA_STRING,
      .max = 1024,
      .doc = "For editors: where the JSON Schema is. drd does not read it.",
      .example = "\"../drd.schema.json\"" },
    { .key = "suffix",
      .type = SCHEMA_STRING,
      .required = true,
      .min = 1,
      .max = 20,
      .rule = naming_rule_suffix,
      .rule_pattern = NAMING_PATTERN_SUFFIX,
      .doc =
          "Name of the environment. Every name in AWS ends in it, every thing is tagged with it, "
          "and so several environments share an account. Changing it means another environment.",
      .example = "\"demo\"" },
    { .key = "account",
      .type = SCHEMA_STRING,
      .rule = naming_rule_account,
      .rule_pattern = NAMING_PATTERN_ACCOUNT,
      .doc = "The AWS account this is meant for. drd stops when its credentials are another's.",
      .example = "\"123456789012\"" },
    { .key = "regions",
      .type = SCHEMA_OBJECT,
      .required = true,
      .inner = regions_schema,
      .doc = "Where everything is.",
      .example = "{ \"primary\": \"us-east-1\", \"secondary\": \"us-east-2\" }" },
    { .key = "tags",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 40,
      .rule = rule_tag,
      .inner = &tag_value,
      .doc = "Tags for everything, besides drd's own `drd:environment` and `drd:resource`.",
      .example = "{ \"cost-center\": \"payments\" }" },
    { .key = "tables",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 2500,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &intent_table,
      .doc = "DynamoDB tables by name." },
    { .key = "buckets",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &intent_bucket,
      .doc = "S3 buckets by name. In AWS: `NAME-REGION-ACCOUNT-SUFFIX`." },
    { .key = "queues",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &intent_queue,
      .doc = "SQS queues by name." },
    { .key = "parameters",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_parameter,
      .rule_pattern = NAMING_PATTERN_PARAMETER,
      .inner = &intent_parameter,
      .doc = "SSM parameters by name." },
    { .key = "roles",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 1000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &intent_role,
      .doc = "IAM roles by name." },
    { .key = "permissions_boundary",
      .type = SCHEMA_STRING,
      .otherwise = "\"own\"",
      .min = 3,
      .max = 255,
      .rule = rule_boundary,
      .doc =
          "The most that any of these roles can ever do, whatever is added to it. `own`: a policy "
          "that drd makes (the data of this environment, in its regions and account). Otherwise "
          "the ARN of an existing policy, or `none`.",
      .example = "\"arn:aws:iam::123456789012:policy/boundary\"" },
    { .key = "outputs",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 100,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &output_value,
      .doc = "Texts to show with `drd-ctl outputs`, besides the names, URLs and ARNs that it shows "
             "anyway.",
      .example = "{ \"orders\": \"{queue:orders}\" }" },
    { .key = "settings",
      .type = SCHEMA_OBJECT,
      .otherwise = "{}",
      .inner = settings_schema,
      .doc = "drd's own settings.",
      .example = "{ \"pass_interval_s\": 30 }" },
    { .key = NULL },
};
