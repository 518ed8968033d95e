/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

const char *const mode_words[] = { "observe", "propose", "enforce", NULL };

const char *mode_name(enum mode mode)
{
    return mode_words[mode];
}

enum mode mode_parse(const char *name)
{
    for (unsigned i = 0; mode_words[i] != NULL; i++)
        if (str_eq(mode_words[i], name))
            return (enum mode)i;
    assert(false);
    return MODE_OBSERVE;
}

static const char *rule_role(const char *text)
{
    bool good = text[0] == '\0' || (str_prefix(text, "arn:aws:iam::") && strstr(text, ":role/"));
    return good ? NULL : "must be the ARN of an IAM role, or empty";
}

static const char *rule_path(const char *text)
{
    return text[0] == '/' ? NULL : "must be an absolute path";
}

static const char *rule_path_or_empty(const char *text)
{
    return text[0] == '/' || text[0] == '\0' ? NULL : "must be an absolute path, or empty";
}

/* address:port, [address]:port; the shell finds out whether it can be listened on. */
static const char *rule_listen(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (text[0] == '\0')
        return NULL;
    if (colon == NULL || colon == text || colon[1] == '\0' || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtol(colon + 1, NULL, 10) > 65535)
        return "must be an address and a port, as in 127.0.0.1:9469, or empty";
    return NULL;
}

static const struct schema connect_to_value = {
    .key = "HOST:PORT",
    .type = SCHEMA_STRING,
    .min = 3,
    .max = 255,
    .doc = "The address and port that are connected to instead.",
    .example = "\"127.0.0.11:8443\"",
};

const struct schema settings_schema[] = {
    { .key = "pass_interval_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "60",
      .min = 1,
      .max = 86400,
      .doc = "Seconds between the starts of two passes over everything." },
    { .key = "mode",
      .type = SCHEMA_ENUM,
      .otherwise = "\"enforce\"",
      .words = mode_words,
      .doc = "What to do about drift where the thing itself does not say: `observe` only reports, "
             "`propose` waits for an approval, `enforce` repairs." },
    { .key = "writes_per_pass",
      .type = SCHEMA_INTEGER,
      .otherwise = "500",
      .min = 0,
      .max = 100000,
      .doc = "Changes in one pass; a pass that wants more stops and says so." },
    { .key = "destroys_per_pass",
      .type = SCHEMA_INTEGER,
      .otherwise = "200",
      .min = 0,
      .max = 100000,
      .doc = "Of those changes, how many may delete something." },
    { .key = "repairs_per_hour",
      .type = SCHEMA_INTEGER,
      .otherwise = "3",
      .min = 1,
      .max = 1000,
      .doc = "Repairs of one field before drd stops repairing it and alerts: somebody else is "
             "changing it back." },
    { .key = "resources_at_once",
      .type = SCHEMA_INTEGER,
      .otherwise = "32",
      .min = 1,
      .max = 1024,
      .doc = "Resources that are worked on at the same time." },
    { .key = "call_timeout_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "60",
      .min = 1,
      .max = 3600,
      .doc = "Seconds for one call to AWS with all its attempts." },
    { .key = "attempt_timeout_s",
      .type = SCHEMA_INTEGER,
      .otherwise = "10",
      .min = 1,
      .max = 600,
      .doc = "Seconds for one attempt of a call." },
    { .key = "budget_scale",
      .type = SCHEMA_NUMBER,
      .otherwise = "1.0",
      .min = 0,
      .max = 100,
      .doc = "Multiplies every budget of API calls. 1 is about half of what AWS publishes as its "
             "limits." },
    { .key = "role_observe",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 255,
      .rule = rule_role,
      .doc = "Role to assume with `--observe`; empty: the credentials as they are.",
      .example = "\"arn:aws:iam::123456789012:role/drd-observe\"" },
    { .key = "role_reconcile",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 255,
      .rule = rule_role,
      .doc = "Role to assume otherwise, for reading and changing; empty: the credentials "
             "as they are.",
      .example = "\"arn:aws:iam::123456789012:role/drd-reconcile\"" },
    { .key = "control_socket",
      .type = SCHEMA_STRING,
      .otherwise = "\"/run/drd/control.sock\"",
      .min = 2,
      .max = 107,
      .rule = rule_path,
      .doc = "Unix socket for drd-ctl." },
    { .key = "control_group_read",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 63,
      .doc = "Group whose members may look; empty: only root and drd's own user." },
    { .key = "control_group_write",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 63,
      .doc = "Group whose members may command; empty: only root and drd's own user." },
    { .key = "state_directory",
      .type = SCHEMA_STRING,
      .otherwise = "\"/var/lib/drd\"",
      .min = 2,
      .max = 255,
      .rule = rule_path,
      .doc = "Directory of the journal, and of what drd remembers of one environment in one "
             "account." },
    { .key = "metrics_listen",
      .type = SCHEMA_STRING,
      .otherwise = "\"127.0.0.1:9469\"",
      .max = 63,
      .rule = rule_listen,
      .doc = "Address and port of /metrics, /healthz and /readyz; empty: none." },
    { .key = "connect_to",
      .type = SCHEMA_MAP,
      .otherwise = "{}",
      .max = 256,
      .inner = &connect_to_value,
      .doc = "Connects to other addresses while host names, signatures and TLS stay as they are; "
             "for private networks and for tests.",
      .example = "{ \"sqs.us-east-1.amazonaws.com:443\": \"127.0.0.11:8443\" }" },
    { .key = "ca_bundle",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 255,
      .rule = rule_path_or_empty,
      .doc = "File with the certificates to trust; empty: the system's, or AWS_CA_BUNDLE." },
    { .key = "proxy",
      .type = SCHEMA_STRING,
      .otherwise = "\"\"",
      .max = 255,
      .doc = "Proxy for every call to AWS; empty: none.",
      .example = "\"http://proxy.example.org:3128\"" },
    { .key = "fips",
      .type = SCHEMA_BOOL,
      .otherwise = "false",
      .doc = "Use AWS's FIPS endpoints." },
    { .key = "dual_stack",
      .type = SCHEMA_BOOL,
      .otherwise = "false",
      .doc = "Use AWS's endpoints that answer over IPv6 too." },
    { .key = NULL },
};

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void text(const json_t *object, const char *key, char *to, size_t size)
{
    str_copy(to, size, json_string_value(json_object_get(object, key)));
}

void settings_read(const json_t *o, struct settings *ret)
{
    *ret = (struct settings){
        .pass_interval = SECONDS(number(o, "pass_interval_s")),
        .writes_per_pass = (unsigned)number(o, "writes_per_pass"),
        .destroys_per_pass = (unsigned)number(o, "destroys_per_pass"),
        .repairs_per_hour = (unsigned)number(o, "repairs_per_hour"),
        .resources_at_once = (unsigned)number(o, "resources_at_once"),
        .call_timeout = SECONDS(number(o, "call_timeout_s")),
        .attempt_timeout = SECONDS(number(o, "attempt_timeout_s")),
        .mode = mode_parse(json_string_value(json_object_get(o, "mode"))),
        .connect_to = json_deep_copy(json_object_get(o, "connect_to")),
        .fips = json_is_true(json_object_get(o, "fips")),
        .dual_stack = json_is_true(json_object_get(o, "dual_stack")),
        .budget_scale = json_number_value(json_object_get(o, "budget_scale")),
    };
    text(o, "role_observe", ret->role_observe, sizeof ret->role_observe);
    text(o, "role_reconcile", ret->role_reconcile, sizeof ret->role_reconcile);
    text(o, "control_socket", ret->control_socket, sizeof ret->control_socket);
    text(o, "state_directory", ret->state_directory, sizeof ret->state_directory);
    text(o, "metrics_listen", ret->metrics_listen, sizeof ret->metrics_listen);
    text(o, "control_group_read", ret->control_group_read, sizeof ret->control_group_read);
    text(o, "control_group_write", ret->control_group_write, sizeof ret->control_group_write);
    text(o, "ca_bundle", ret->ca_bundle, sizeof ret->ca_bundle);
    text(o, "proxy", ret->proxy, sizeof ret->proxy);
}

void settings_clear(struct settings *s)
{
    json_decref(s->connect_to);
    *s = (struct settings){ 0 };
}
