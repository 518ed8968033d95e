/* SPDX-License-Identifier: Apache-2.0 */
/* What holds data: tables, buckets, queues. */
#include "config/intent_part.h"
#include "config/naming.h"

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

const struct schema intent_table = {
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

const struct schema intent_bucket = {
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

const struct schema intent_queue = {
    .key = "QUEUE",
    .type = SCHEMA_OBJECT,
    .inner = queue_keys,
    .doc =
        "A pair of SQS queues, one in each region, encrypted, reachable over TLS only, each with "
        "its dead-letter queue. `{}` is enough.",
    .example = "{ \"dead_letter\": { \"after\": 3 } }",
};
