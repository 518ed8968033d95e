/* SPDX-License-Identifier: Apache-2.0 */
#include "config/intent.h"

#include "config/naming.h"
#include "config/settings.h"

/* Every region that drd knows, for the words of an enumeration. */
static const char *const region_words[] = {
#define X(id, name) (name),
    REGIONS(X)
#undef X
        NULL
};

/* Keys that everything wanted has. */
#define COMMON_KEYS                                                                                \
    { .key = "mode",                                                                               \
      .type = SCHEMA_ENUM,                                                                         \
      .words = mode_words,                                                                         \
      .doc = "What to do when it drifts; without it, `settings.mode`." },                          \
        { .key = "adopt",                                                                          \
          .type = SCHEMA_BOOL,                                                                     \
          .otherwise = "false",                                                                    \
          .doc = "Take over what exists under this name without drd's tags. Otherwise it is left " \
                 "alone and reported." }

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

/* Tables */

static const char *const consistency_words[] = { "eventual", "strong", NULL };
static const char *const encryption_words[] = { "aws_owned", "aws_managed", NULL };

#define ATTRIBUTE_PATTERN "^[A-Za-z0-9_.-]+(:(string|number|binary))?$"

#define ATTRIBUTE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static const char *rule_attribute(const char *text)
{
    size_t name = strspn(text, ATTRIBUTE_LETTERS);
    const char *type = text + name;
    if (name == 0 || name > 255 || (*type != '\0' && *type != ':'))
        return "must be the name of an attribute, as in payment_id or created_at:number";
    if (*type == '\0' || str_eq(type, ":string") || str_eq(type, ":number") ||
        str_eq(type, ":binary"))
        return NULL;
    return "must end in :string, :number or :binary, or have no colon (then it is text)";
}

static const char *rule_plain_attribute(const char *text)
{
    return strchr(text, ':') == NULL ? rule_attribute(text)
                                     : "must be the name of an attribute, without a type";
}

static const struct schema attribute_value = {
    .key = "ATTRIBUTE",
    .type = SCHEMA_STRING,
    .min = 1,
    .max = 255,
    .rule = rule_plain_attribute,
    .doc = "Name of an attribute.",
    .example = "\"amount\"",
};

static const struct schema index_keys[] = {
    { .key = "key",
      .type = SCHEMA_STRING,
      .required = true,
      .min = 1,
      .max = 263,
      .rule = rule_attribute,
      .rule_pattern = ATTRIBUTE_PATTERN,
      .doc = "Attribute that the index is split by; `:number` or `:binary` when it is not text.",
      .example = "\"customer_id\"" },
    { .key = "sort_key",
      .type = SCHEMA_STRING,
      .min = 1,
      .max = 263,
      .rule = rule_attribute,
      .rule_pattern = ATTRIBUTE_PATTERN,
      .doc = "Attribute that it is ordered by.",
      .example = "\"created_at:number\"" },
    { .key = "include",
      .type = SCHEMA_LIST,
      .min = 0,
      .max = 100,
      .inner = &attribute_value,
      .doc = "Attributes that the index holds besides the keys; without it all, with `[]` none.",
      .example = "[ \"amount\" ]" },
    { .key = NULL },
};

static const struct schema index_value = {
    .key = "INDEX",
    .type = SCHEMA_OBJECT,
    .inner = index_keys,
    .doc = "One global secondary index.",
    .example = "{ \"key\": \"customer_id\", \"sort_key\": \"created_at:number\" }",
};

static const struct schema table_keys[] = {
    { .key = "key",
      .type = SCHEMA_STRING,
      .required = true,
      .min = 1,
      .max = 263,
      .rule = rule_attribute,
      .rule_pattern = ATTRIBUTE_PATTERN,
      .doc = "Partition key; `:number` or `:binary` when it is not text.",
      .example = "\"payment_id\"" },
    { .key = "sort_key",
      .type = SCHEMA_STRING,
      .min = 1,
      .max = 263,
      .rule = rule_attribute,
      .rule_pattern = ATTRIBUTE_PATTERN,
      .doc = "Sort key.",
      .example = "\"entry:number\"" },
    { .key = "consistency",
      .type = SCHEMA_ENUM,
      .otherwise = "\"eventual\"",
      .words = consistency_words,
      .doc = "`strong`: a write that was answered is in both regions and no region's loss can lose "
             "it (multi-region strong consistency; needs `regions.witness`; no time to live). "
             "`eventual`: copied within about a second. Cannot be changed later." },
    { .key = "indexes",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 20,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &index_value,
      .doc = "Global secondary indexes by name.",
      .example = "{ \"by-customer\": { \"key\": \"customer_id\" } }" },
    { .key = "ttl",
      .type = SCHEMA_STRING,
      .min = 1,
      .max = 255,
      .rule = rule_plain_attribute,
      .doc = "Attribute with the time (seconds since 1970) after which an item is removed.",
      .example = "\"expires_at\"" },
    { .key = "recoverable",
      .type = SCHEMA_BOOL,
      .otherwise = "true",
      .doc = "Point-in-time recovery, in each region." },
    { .key = "recovery_days",
      .type = SCHEMA_INTEGER,
      .otherwise = "35",
      .min = 1,
      .max = 35,
      .doc = "How many days back one can recover to." },
    { .key = "deletion_protection",
      .type = SCHEMA_BOOL,
      .otherwise = "true",
      .doc = "AWS refuses to delete the table. `drd-ctl destroy` switches it off first." },
    { .key = "encryption",
      .type = SCHEMA_ENUM,
      .otherwise = "\"aws_owned\"",
      .words = encryption_words,
      .doc =
          "Tables are always encrypted: with a key that DynamoDB owns, or with the account's own "
          "`aws/dynamodb` key, whose use is logged and billed." },
    COMMON_KEYS,
    { .key = NULL },
};

static const struct schema table_value = {
    .key = "TABLE",
    .type = SCHEMA_OBJECT,
    .inner = table_keys,
    .doc = "One DynamoDB global table (version 2019.11.21) in both regions, billed on demand.",
    .example = "{ \"key\": \"payment_id\", \"consistency\": \"strong\" }",
};

/* Buckets */

static const char *const replicate_words[] = { "both", "to-secondary", "none", NULL };

static const struct schema bucket_keys[] = {
    { .key = "replicate",
      .type = SCHEMA_ENUM,
      .otherwise = "\"both\"",
      .words = replicate_words,
      .doc = "Which way new objects are copied: `both` ways, only `to-secondary`, or `none`. The "
             "copying has its own role." },
    { .key = "replicate_deletes",
      .type = SCHEMA_BOOL,
      .otherwise = "true",
      .doc = "Copy delete markers too. Versions are never deleted by it." },
    { .key = "time_control",
      .type = SCHEMA_BOOL,
      .otherwise = "true",
      .doc = "S3 Replication Time Control: objects arrive within 15 minutes and the lag is "
             "measured. Billed." },
    { .key = "expire_days",
      .type = SCHEMA_INTEGER,
      .min = 1,
      .max = 36500,
      .doc = "Objects are removed after so many days; without it never.",
      .example = "2555" },
    { .key = "expire_versions_days",
      .type = SCHEMA_INTEGER,
      .min = 1,
      .max = 36500,
      .doc = "Replaced and deleted versions are removed after so many days; without it never.",
      .example = "90" },
    COMMON_KEYS,
    { .key = NULL },
};

static const struct schema bucket_value = {
    .key = "BUCKET",
    .type = SCHEMA_OBJECT,
    .inner = bucket_keys,
    .doc = "A pair of S3 buckets, one in each region: versioned, encrypted, closed to the public, "
           "reachable over TLS only. `{}` is enough.",
    .example = "{ \"replicate\": \"both\" }",
};

/* Queues */

static const struct schema dead_letter_keys[] = {
    { .key = "after",
      .type = SCHEMA_INTEGER,
      .otherwise = "5",
      .min = 0,
      .max = 1000,
      .doc = "Receives without success after which a message is moved; 0: never, and there is no "
             "dead-letter queue." },
    { .key = "retention_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "1209600",
      .min = 60,
      .max = 1209600,
      .doc = "How long it is kept there. Its age counts from when it was first sent, so this must "
             "not be less than the queue's own `retention_s`." },
    { .key = "queue",
      .type = SCHEMA_STRING,
      .min = 1,
      .max = 80,
      .doc = "Another configured queue to move it to, instead of one made for the purpose.",
      .example = "\"failed-transactions\"" },
    { .key = NULL },
};

static const struct schema queue_keys[] = {
    { .key = "fifo",
      .type = SCHEMA_BOOL,
      .otherwise = "false",
      .doc = "First in, first out, each message once (by its content). Cannot be changed later." },
    { .key = "visibility_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "30",
      .min = 0,
      .max = 43200,
      .doc =
          "Seconds a received message stays hidden from others. For a Lambda function: six times "
          "its timeout." },
    { .key = "retention_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "345600",
      .min = 60,
      .max = 1209600,
      .doc = "Seconds a message is kept; 345600 is 4 days." },
    { .key = "delay_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "0",
      .min = 0,
      .max = 900,
      .doc = "Seconds before a new message can be received." },
    { .key = "wait_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "20",
      .min = 0,
      .max = 20,
      .doc = "Seconds a receive waits for a message (long polling)." },
    { .key = "message_bytes",
      .type = SCHEMA_INTEGER,
      .otherwise = "262144",
      .min = 1024,
      .max = 1048576,
      .doc = "Largest message." },
    { .key = "dead_letter",
      .type = SCHEMA_OBJECT,
      .otherwise = "{}",
      .inner = dead_letter_keys,
      .doc = "What becomes of messages that cannot be processed. By default each queue `NAME` gets "
             "a queue `NAME-dlq` in the same region that only it may feed.",
      .example = "{ \"after\": 3 }" },
    COMMON_KEYS,
    { .key = NULL },
};

static const struct schema queue_value = {
    .key = "QUEUE",
    .type = SCHEMA_OBJECT,
    .inner = queue_keys,
    .doc =
        "A pair of SQS queues, one in each region, encrypted, reachable over TLS only, each with "
        "its dead-letter queue. `{}` is enough.",
    .example = "{ \"dead_letter\": { \"after\": 3 } }",
};

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

static const struct schema parameter_value = {
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

static const char *rule_policy_arn(const char *text)
{
    return str_prefix(text, "arn:aws:iam::") && strstr(text, ":policy/") != NULL
               ? NULL
               : "must be the ARN of an IAM policy";
}

static const char *rule_boundary(const char *text)
{
    if (str_eq(text, "own") || str_eq(text, "none") || rule_policy_arn(text) == NULL)
        return NULL;
    return "must be own, none, or the ARN of an IAM policy";
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
    .rule = rule_policy_arn,
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

static const struct schema role_value = {
    .key = "ROLE",
    .type = SCHEMA_OBJECT,
    .inner = role_keys,
    .doc = "An IAM role with the least it needs.",
    .example = "{ \"for\": \"lambda\", \"uses\": [ { \"table\": \"payments\", "
               "\"access\": \"read\" } ] }",
};

/* The whole */

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
      .inner = &table_value,
      .doc = "DynamoDB tables by name." },
    { .key = "buckets",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &bucket_value,
      .doc = "S3 buckets by name. In AWS: `NAME-REGION-ACCOUNT-SUFFIX`." },
    { .key = "queues",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &queue_value,
      .doc = "SQS queues by name." },
    { .key = "parameters",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 10000,
      .rule = naming_rule_parameter,
      .rule_pattern = NAMING_PATTERN_PARAMETER,
      .inner = &parameter_value,
      .doc = "SSM parameters by name." },
    { .key = "roles",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 1000,
      .rule = naming_rule_name,
      .rule_pattern = NAMING_PATTERN_NAME,
      .inner = &role_value,
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
