/* SPDX-License-Identifier: Apache-2.0 */
/* What programs are told and may do: parameters, roles. */
#include "config/intent_part.h"

/* Parameters */

static const char *rule_environment(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    bool good = strspn(text, letters) == strlen(text) && (text[0] < '0' || text[0] > '9');
    return good ? NULL : "must be the name of an environment variable";
}

static const char *rule_file(const char *text)
{
    return text[0] == '/' ? NULL : "must be an absolute path";
}

static const struct schema secret_keys[] = {
    { .key = "environment",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 255,
      .rule = rule_environment,
      .doc = "Environment variable of drd that holds it.",
      .example = "\"LEDGER_DATABASE_URL\"" },
    { .key = "file",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 2,
      .max = 4095,
      .rule = rule_file,
      .doc = "File that holds it (a final end of line is dropped).",
      .example = "\"/run/credentials/drd.service/ledger-url\"" },
    { .key = NULL },
};

#define TEMPLATE_DOC                                                                               \
    "`{region}`, `{other_region}`, `{account}`, `{suffix}`, `{table:NAME}`, `{queue:NAME}` (its "  \
    "URL), `{dead_letters:NAME}`, `{bucket:NAME}`, `{parameter:NAME}` and `{role:NAME}` (its "     \
    "ARN) stand for this region's; `{{` is a brace."

static const struct schema values_keys[] = {
    { .key = "primary",
      .type = SCHEMA_STRING,
      .required = true,
      .min = 1,
      .max = 8192,
      .doc = "In the primary region.",
      .example = "\"postgres://ledger.use1.example.org/ledger\"" },
    { .key = "secondary",
      .type = SCHEMA_STRING,
      .required = true,
      .min = 1,
      .max = 8192,
      .doc = "In the secondary region.",
      .example = "\"postgres://ledger.use2.example.org/ledger\"" },
    { .key = NULL },
};

static const struct schema secrets_keys[] = {
    { .key = "primary",
      .type = SCHEMA_OBJECT,
      .required = true,
      .inner = secret_keys,
      .doc = "In the primary region.",
      .example = "{ \"environment\": \"LEDGER_URL_PRIMARY\" }" },
    { .key = "secondary",
      .type = SCHEMA_OBJECT,
      .required = true,
      .inner = secret_keys,
      .doc = "In the secondary region.",
      .example = "{ \"environment\": \"LEDGER_URL_SECONDARY\" }" },
    { .key = NULL },
};

static const struct schema parameter_keys[] = {
    { .key = "value",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 8192,
      .doc = "Its value in both regions. " TEMPLATE_DOC,
      .example = "\"{queue:payments}\"" },
    { .key = "values",
      .type = SCHEMA_OBJECT,
      .one_of = 1,
      .inner = values_keys,
      .doc = "Its value in each region; placeholders as in `value`.",
      .example = "{ \"primary\": \"https://one.example.org\", "
                 "\"secondary\": \"https://two.example.org\" }" },
    { .key = "secret",
      .type = SCHEMA_OBJECT,
      .one_of = 1,
      .inner = secret_keys,
      .doc = "Where its secret value is. It becomes a SecureString, and is never shown or logged.",
      .example = "{ \"environment\": \"LEDGER_DATABASE_URL\" }" },
    { .key = "secrets",
      .type = SCHEMA_OBJECT,
      .one_of = 1,
      .inner = secrets_keys,
      .doc = "Where its secret value is, for each region." },
    { .key = "description",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 1024,
      .doc = "For people." },
    COMMON_KEYS,
    { .key = NULL },
};

const struct schema intent_parameter = {
    .key = "PARAMETER",
    .type = SCHEMA_OBJECT,
    .inner = parameter_keys,
    .doc = "An SSM parameter in each region. The first part of its name carries the suffix: "
           "`payments/ledger` becomes `/payments-demo/ledger`, `ledger` becomes `/ledger-demo`.",
    .example = "{ \"value\": \"{table:payments}\" }",
};

/* Roles */

static const char *const for_words[] = { "lambda", "ecs", "ec2", "scheduler", NULL };
static const char *const scope_words[] = { "global", "regional", NULL };
static const char *const access_words[] = {
    "read", "write", "read_write", "send", "consume", NULL
};

const char *intent_rule_policy_arn(const char *text)
{
    return str_prefix(text, "arn:aws:iam::") && strstr(text, ":policy/") != NULL
               ? NULL
               : "must be the ARN of an IAM policy";
}

static const struct schema use_keys[] = {
    { .key = "table",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 255,
      .doc = "A table of this configuration, with its indexes.",
      .example = "\"payments\"" },
    { .key = "queue",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 80,
      .doc = "A queue of this configuration.",
      .example = "\"payments\"" },
    { .key = "dead_letters",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 80,
      .doc = "The dead-letter queue of this queue.",
      .example = "\"payments\"" },
    { .key = "bucket",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 63,
      .doc = "A bucket of this configuration.",
      .example = "\"transaction-logs\"" },
    { .key = "parameter",
      .type = SCHEMA_STRING,
      .one_of = 1,
      .min = 1,
      .max = 1011,
      .doc = "A parameter of this configuration.",
      .example = "\"payments/ledger-table\"" },
    { .key = "access",
      .type = SCHEMA_ENUM,
      .required = true,
      .words = access_words,
      .doc = "Tables and buckets: `read`, `write` or `read_write`. Queues and dead letters: `send` "
             "or `consume`. Parameters: `read`.",
      .example = "\"read\"" },
    { .key = NULL },
};

static const struct schema use_value = {
    .key = "USE",
    .type = SCHEMA_OBJECT,
    .inner = use_keys,
    .doc = "One thing the role may use, and how.",
    .example = "{ \"table\": \"payments\", \"access\": \"read_write\" }",
};

static const struct schema policy_arn_value = {
    .key = "ARN",
    .type = SCHEMA_STRING,
    .min = 20,
    .max = 255,
    .rule = intent_rule_policy_arn,
    .doc = "ARN of a managed policy.",
    .example = "\"arn:aws:iam::123456789012:policy/tracing\"",
};

static const struct schema role_keys[] = {
    { .key = "for",
      .type = SCHEMA_ENUM,
      .required = true,
      .words = for_words,
      .doc =
          "Who may assume it: `lambda`, `ecs` tasks, `ec2` instances, or EventBridge "
          "`scheduler`. Where AWS sends `aws:SourceAccount` (ecs, scheduler), the trust is bound "
          "to the account.",
      .example = "\"lambda\"" },
    { .key = "uses",
      .type = SCHEMA_LIST,
      .otherwise = "[]",
      .max = 100,
      .inner = &use_value,
      .doc = "What it may do: exactly this, on exactly these. One inline policy per service.",
      .example = "[ { \"queue\": \"payments\", \"access\": \"send\" } ]" },
    { .key = "scope",
      .type = SCHEMA_ENUM,
      .otherwise = "\"global\"",
      .words = scope_words,
      .doc = "`global`: one role that both regions use, for the things of both. `regional`: a role "
             "for each region (`NAME-REGION-SUFFIX`), for that region's things only." },
    { .key = "session_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "3600",
      .min = 3600,
      .max = 43200,
      .doc = "Longest session in seconds." },
    { .key = "managed_policies",
      .type = SCHEMA_LIST,
      .otherwise = "[]",
      .max = 10,
      .inner = &policy_arn_value,
      .doc = "Existing policies to attach as well." },
    { .key = "description",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 1000,
      .doc = "For people." },
    COMMON_KEYS,
    { .key = NULL },
};

const struct schema intent_role = {
    .key = "ROLE",
    .type = SCHEMA_OBJECT,
    .inner = role_keys,
    .doc = "An IAM role with the least it needs.",
    .example = "{ \"for\": \"lambda\", \"uses\": [ { \"table\": \"payments\", "
               "\"access\": \"read\" } ] }",
};
