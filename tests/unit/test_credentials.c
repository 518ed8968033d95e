/* SPDX-License-Identifier: Apache-2.0 */
/* Every source of keys, with what goes wrong with each. */
#include "aws/credentials.h"
#include "tests/unit/unit.h"

#include <errno.h>

struct rig {
    struct credentials_source *s;
    struct now now;
    struct credentials_need need; /* the one that is out; id 0: none */
};

static void ask(struct rig *r)
{
    struct credentials_need *needs = NULL;
    size_t n = 0;
    credentials_source_step(r->s, r->now, &needs, &n);
    ck_assert_uint_le(n, 1);
    credentials_need_clear(&r->need);
    if (n == 1)
        r->need = needs[0];
    free(needs);
}

static struct rig rig_new(const char *environment)
{
    struct rig r = { .now = { .boot = 5000, .wall = { 1795359845000 } } }; /* 2026-11-22T15:04:05 */
    json_auto_t *variables = unit_json(environment);
    r.s = credentials_source_new(variables, "drd-test");
    return r;
}

static void rig_free(struct rig *r)
{
    credentials_need_clear(&r->need);
    credentials_source_free(r->s);
}

static void give(struct rig *r, int error, int status, const char *text)
{
    credentials_source_text(r->s, r->need.id, error, status, text, r->now);
    ask(r);
}

/* Serves config and credentials files; NULL: absent. */
static void files(struct rig *r, const char *config, const char *shared)
{
    ask(r);
    ck_assert_int_eq(r->need.kind, NEED_FILE);
    give(r, config == NULL ? -ENOENT : 0, 0, config);
    ck_assert_int_eq(r->need.kind, NEED_FILE);
    give(r, shared == NULL ? -ENOENT : 0, 0, shared);
}

static void sts(struct rig *r, const char *key, const char *expires)
{
    ck_assert_int_eq(r->need.kind, NEED_CALL);
    struct answer answer = answer_ok(
        json_pack("{s{ss ss ss ss} s{ss}}", "Credentials", "AccessKeyId", key, "SecretAccessKey",
                  "s", "SessionToken", "t", "Expiration", expires, "AssumedRoleUser", "Arn",
                  "arn:aws:sts::123456789012:assumed-role/r/s"));
    credentials_source_answer(r->s, r->need.id, &answer, r->now);
    answer_clear(&answer);
    ask(r);
}

static void pass(struct rig *r, msec_t ms)
{
    r->now.boot += ms;
    r->now.wall.ms += ms;
}

static const struct credentials *keys(const struct rig *r)
{
    const struct credentials *keys = NULL;
    return credentials_source_get(r->s, r->now, &keys) ? keys : NULL;
}

static void check_key(const struct rig *r, const char *expected)
{
    ck_assert_ptr_nonnull(keys(r));
    ck_assert_str_eq(keys(r)->access_key, expected);
}

/* The problem's whole text holds this. */
static void check_problem(const struct rig *r, const char *part)
{
    const struct problem *problem = credentials_source_problem(r->s);
    ck_assert_ptr_nonnull(problem);
    autofree char *text = problem_text(problem);
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

#define NO_IMDS "'AWS_EC2_METADATA_DISABLED': 'true', 'HOME': '/h'"

/* ---- environment ---- */

START_TEST(keys_in_the_environment)
{
    struct rig r = rig_new("{'AWS_ACCESS_KEY_ID': 'A', 'AWS_SECRET_ACCESS_KEY': 's', "
                           "'AWS_SESSION_TOKEN': 't', 'AWS_ACCOUNT_ID': '123456789012'}");
    ck_assert_ptr_null(keys(&r));
    ask(&r);
    ck_assert_uint_eq(r.need.id, 0);
    check_key(&r, "A");
    ck_assert_str_eq(keys(&r)->session_token, "t");
    ck_assert_str_eq(keys(&r)->account, "123456789012");
    ck_assert_str_eq(credentials_source_name(r.s), "environment");
    ck_assert(credentials_source_next(r.s, r.now) == NEVER);
    credentials_source_expired(r.s, keys(&r), r.now); /* asking again would not help */
    check_key(&r, "A");
    rig_free(&r);
}
END_TEST

START_TEST(half_an_environment)
{
    static const struct {
        const char *environment, *problem;
    } rows[] = {
        { "{'AWS_ACCESS_KEY_ID': 'A', 'AWS_PROFILE': 'x'}", "AWS_SECRET_ACCESS_KEY" },
        { "{'AWS_SECRET_ACCESS_KEY': 's', 'AWS_ACCESS_KEY_ID': ''}", "but not AWS_ACCESS_KEY_ID" },
        { "{'AWS_ACCESS_KEY_ID': 'A', 'AWS_SECRET_ACCESS_KEY': 's', "
          "'AWS_CREDENTIAL_EXPIRATION': 'soon'}",
          "AWS_CREDENTIAL_EXPIRATION" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig r = rig_new(rows[i].environment);
        ask(&r);
        ck_assert_uint_eq(r.need.id, 0);
        ck_assert_ptr_null(keys(&r));
        check_problem(&r, rows[i].problem);
        rig_free(&r);
    }
}
END_TEST

/* ---- profiles ---- */

START_TEST(static_profile_and_where_files_are)
{
    struct rig r = rig_new("{" NO_IMDS ", 'AWS_PROFILE': 'pay', 'AWS_CONFIG_FILE': '~/c'}");
    ask(&r);
    ck_assert_str_eq(r.need.path, "/h/c");
    give(&r, 0, 0,
         "[default]\naws_access_key_id = WRONG\n\n[profile pay]\n# comment\n"
         "region = us-east-1 ; here\naws_access_key_id=CONFIG\n"
         "aws_secret_access_key = s\ns3 =\n  max_concurrent_requests = 20\n");
    ck_assert_str_eq(r.need.path, "/h/.aws/credentials");
    give(&r, 0, 0, "[pay]\naws_access_key_id = SHARED\naws_secret_access_key = x\r\n");
    check_key(&r, "SHARED");
    ck_assert_str_eq(keys(&r)->secret_key, "x");
    ck_assert_str_eq(credentials_source_name(r.s), "profile pay");
    rig_free(&r);
}
END_TEST

START_TEST(wrong_profiles)
{
    static const struct {
        const char *profile, *config, *problem;
    } rows[] = {
        { "none", "[default]\n", "AWS_PROFILE names \"none\"" },
        { "p", "[profile p]\naws_access_key_id = A\n", "/h/.aws/config:2: profile p needs" },
        { "p", "region = x\n", "/h/.aws/config:1: a setting stands before" },
        { "p", "[profile p\n", "/h/.aws/config:1: a section's title has no end" },
        { "p", "[profile p]\nnonsense\n", "/h/.aws/config:2: this is neither" },
        { "p", "[profile p]\nrole_arn = r\n",
          "/h/.aws/config:2: profile p has role_arn and neither" },
        { "p", "[profile p]\nrole_arn = r\nsource_profile = q\ncredential_source = Environment\n",
          "and both" },
        { "p", "[profile p]\nrole_arn = r\nsource_profile = q\n",
          "/h/.aws/config:3: source_profile names \"q\"" },
        { "p", "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion = x\n",
          "profile q holds no credentials" },
        { "p",
          "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\n"
          "source_profile = p\n",
          "/h/.aws/config:6: source_profile goes round in a loop: q leads back to p" },
        { "p", "[profile p]\nrole_arn = r\nsource_profile = p\n", "loop" },
        { "p", "[profile p]\nrole_arn = r\ncredential_source = Moon\n",
          "/h/.aws/config:3: credential_source \"Moon\" is not known. Use Environment" },
        { "p", "[profile p]\nrole_arn = r\ncredential_source = Environment\n",
          "/h/.aws/config:3: the environment has" },
        { "p", "[profile p]\nrole_arn = r\ncredential_source = EcsContainer\n", "not set" },
        { "p",
          "[profile p]\nrole_arn = r\nsource_profile = q\nmfa_serial = m\n[profile q]\n"
          "aws_access_key_id = A\naws_secret_access_key = s\n",
          "cannot ask a person for a code" },
        { "p",
          "[profile p]\nrole_arn = r\nsource_profile = q\nduration_seconds = 5\n[profile q]\n"
          "aws_access_key_id = A\naws_secret_access_key = s\n",
          "/h/.aws/config:4: duration_seconds \"5\"" },
        { "p", "[profile p]\nsso_session = x\n",
          "/h/.aws/config:2: profile p signs in through SSO" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        autofree char *environment = xasprintf("{" NO_IMDS ", 'AWS_PROFILE': '%s'}",
                                               rows[i].profile);
        struct rig r = rig_new(environment);
        ask(&r);
        give(&r, 0, 0, rows[i].config);
        if (r.need.id != 0)
            give(&r, -ENOENT, 0, NULL);
        ck_assert_ptr_null(keys(&r));
        check_problem(&r, rows[i].problem);
        rig_free(&r);
    }
}
END_TEST

START_TEST(a_file_that_may_not_be_read)
{
    struct rig r = rig_new("{" NO_IMDS "}");
    ask(&r);
    give(&r, -EACCES, 0, NULL);
    check_problem(&r, "/h/.aws/config: cannot be read: Permission denied. Let drd's user read it");
    rig_free(&r);
}
END_TEST

START_TEST(a_chain_of_roles)
{
    struct rig r = rig_new("{" NO_IMDS ", 'AWS_REGION': 'us-west-2'}");
    credentials_source_assume(r.s, "arn:aws:iam::123456789012:role/top", "ext", REGION_NONE);
    files(&r,
          "[default]\nrole_arn = outer\nsource_profile = mid\nduration_seconds = 900\n"
          "[profile mid]\nrole_arn = inner\nexternal_id = e\nrole_session_name = n\n"
          "source_profile = mid\naws_access_key_id = BASE\naws_secret_access_key = s\n",
          NULL);
    const json_t *args = r.need.call.args;
    json_auto_t *inner = unit_json(
        "{'RoleArn': 'inner', 'RoleSessionName': 'n', 'ExternalId': 'e'}");
    ck_assert_json_eq(args, inner);
    ck_assert_str_eq(r.need.with->access_key, "BASE");
    ck_assert_int_eq(r.need.call.region, REGION_US_WEST_2);
    sts(&r, "ONE", "2026-11-22T16:04:05Z");
    json_auto_t *outer = unit_json(
        "{'RoleArn': 'outer', 'RoleSessionName': 'drd-test', 'DurationSeconds': 900}");
    ck_assert_json_eq(r.need.call.args, outer);
    ck_assert_str_eq(r.need.with->access_key, "ONE");
    sts(&r, "TWO", "2026-11-22T16:04:05Z");
    ck_assert_ptr_null(keys(&r));
    ck_assert_str_eq(json_string_value(json_object_get(r.need.call.args, "ExternalId")), "ext");
    sts(&r, "THREE", "2026-11-22T16:04:05Z");
    check_key(&r, "THREE");
    ck_assert_str_eq(keys(&r)->account, "123456789012");
    rig_free(&r);
}
END_TEST

START_TEST(a_role_that_may_not_be_assumed)
{
    struct rig r = rig_new("{'AWS_ACCESS_KEY_ID': 'A', 'AWS_SECRET_ACCESS_KEY': 's'}");
    credentials_source_assume(r.s, "arn:x", NULL, REGION_US_EAST_2);
    ask(&r);
    ck_assert_int_eq(r.need.call.region, REGION_US_EAST_2);
    struct answer no = answer_error(AWS_DENIED, "AccessDenied", 403, "not allowed");
    credentials_source_answer(r.s, r.need.id, &no, r.now);
    check_problem(&r, "environment: role arn:x cannot be assumed: AccessDenied: not allowed");
    answer_clear(&no);
    /* an answer without keys */
    pass(&r, MINUTES(1));
    ask(&r);
    struct answer empty = answer_ok(json_object());
    credentials_source_answer(r.s, r.need.id, &empty, r.now);
    check_problem(&r, "/AccessKeyId missing");
    answer_clear(&empty);
    rig_free(&r);
}
END_TEST

START_TEST(processes)
{
    static const struct {
        int error, status;
        const char *output, *problem;
    } rows[] = {
        { 0, 0, "{'Version': 1, 'AccessKeyId': 'P', 'SecretAccessKey': 's', 'AccountId': '1'}",
          NULL },
        { -ENOENT, 0, NULL, "cannot run: No such file" },
        { 0, 3, "", "\"get keys\" ended with 3" },
        { 0, 0, "oops", "is not a JSON object" },
        { 0, 0, "[]", "is not a JSON object" },
        { 0, 0, "{'Version': 2}", "/Version must be 1" },
        { 0, 0, "{'Version': 1, 'AccessKeyId': 'P'}", "/SecretAccessKey missing" },
        { 0, 0, "{'Version': 1, 'AccessKeyId': 'P', 'SecretAccessKey': 's', 'Expiration': 'never'}",
          "/Expiration is not a time" },
        { 0, 0,
          "{'Version': 1, 'AccessKeyId': 'P', 'SecretAccessKey': 's', 'Expiration': "
          "'2026-11-22T15:00:00Z'}",
          "had expired when they came" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rig r = rig_new("{" NO_IMDS "}");
        files(&r, "[default]\ncredential_process = get keys\n", NULL);
        ck_assert_int_eq(r.need.kind, NEED_PROCESS);
        ck_assert_str_eq(r.need.command, "get keys");
        autofree char *output = rows[i].output == NULL ? NULL : xstrdup(rows[i].output);
        for (char *p = output; p != NULL && *p != '\0'; p++)
            *p = *p == '\'' ? '"' : *p;
        give(&r, rows[i].error, rows[i].status, output);
        if (rows[i].problem != NULL)
            check_problem(&r, rows[i].problem);
        else
            check_key(&r, "P");
        rig_free(&r);
    }
}
END_TEST

/* ---- web identity ---- */

START_TEST(web_identity)
{
    struct rig r = rig_new("{" NO_IMDS ", 'AWS_WEB_IDENTITY_TOKEN_FILE': '/t', 'AWS_ROLE_ARN': "
                           "'arn:r', 'AWS_ROLE_SESSION_NAME': 'me'}");
    files(&r, NULL, NULL);
    ck_assert_str_eq(r.need.path, "/t");
    give(&r, 0, 0, "token\n");
    ck_assert_str_eq(r.need.call.op->name, "AssumeRoleWithWebIdentity");
    ck_assert_ptr_null(r.need.with);
    json_auto_t *args = unit_json(
        "{'RoleArn': 'arn:r', 'RoleSessionName': 'me', 'WebIdentityToken': 'token'}");
    ck_assert_json_eq(r.need.call.args, args);
    sts(&r, "WEB", "2026-11-22T16:04:05Z");
    check_key(&r, "WEB");
    ck_assert_str_eq(credentials_source_name(r.s), "web identity");
    pass(&r, MINUTES(50)); /* the file is read again each time */
    ask(&r);
    ck_assert_int_eq(r.need.kind, NEED_FILE);
    rig_free(&r);
}
END_TEST

START_TEST(web_identity_gone_wrong)
{
    struct rig r = rig_new("{" NO_IMDS ", 'AWS_WEB_IDENTITY_TOKEN_FILE': '/t'}");
    files(&r, NULL, NULL);
    check_problem(&r, "Set AWS_ROLE_ARN too");
    rig_free(&r);
    static const struct {
        int error;
        const char *text, *problem;
    } rows[] = { { -EACCES, NULL, "/t cannot be read: Permission denied" },
                 { 0, "", "/t is empty" },
                 { 0, "a\nb\n", "more than one line" } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        r = rig_new("{" NO_IMDS ", 'AWS_PROFILE': 'w'}");
        files(&r, "[profile w]\nrole_arn = a\nweb_identity_token_file = /t\n", NULL);
        give(&r, rows[i].error, 0, rows[i].text);
        check_problem(&r, rows[i].problem);
        rig_free(&r);
    }
}
END_TEST

/* ---- container ---- */

static const char KEYS[] = "{\"AccessKeyId\": \"C\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", "
                           "\"Expiration\": \"2026-11-22T21:04:05Z\"}";

START_TEST(container)
{
    struct rig r = rig_new("{'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI': '/v2/x', "
                           "'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'secret'}");
    files(&r, NULL, NULL);
    ck_assert_str_eq(r.need.url, "http://169.254.170.2/v2/x");
    ck_assert_str_eq(r.need.method, "GET");
    ck_assert_str_eq(http_headers_get(r.need.headers, "authorization"), "secret");
    give(&r, 0, 500, "");
    ck_assert_uint_eq(r.need.id, 0); /* a second's pause */
    ck_assert_int_eq(credentials_source_next(r.s, r.now), r.now.boot + 1000);
    pass(&r, 1000);
    ask(&r);
    give(&r, 0, 200, KEYS);
    check_key(&r, "C");
    ck_assert_str_eq(keys(&r)->session_token, "t");
    rig_free(&r);
}
END_TEST

START_TEST(container_with_a_token_file)
{
    struct rig r = rig_new("{'AWS_CONTAINER_CREDENTIALS_FULL_URI': 'http://169.254.170.23/v1', "
                           "'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE': '/token', "
                           "'AWS_CONTAINER_AUTHORIZATION_TOKEN': 'ignored'}");
    files(&r, NULL, NULL);
    ck_assert_str_eq(r.need.path, "/token");
    give(&r, 0, 0, "from-file\n");
    ck_assert_str_eq(http_headers_get(r.need.headers, "authorization"), "from-file");
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_ne(r.need.id, 0);
        give(&r, -ECONNREFUSED, 0, NULL);
        pass(&r, 1000);
        if (i < 2)
            ask(&r);
    }
    check_problem(&r, "container: http://169.254.170.23/v1: Connection refused");
    rig_free(&r);
}
END_TEST

START_TEST(hosts_that_keys_are_fetched_from)
{
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        { "https://example.com/x", true },
        { "http://localhost:80/x", true },
        { "http://127.0.0.1/x", true },
        { "http://127.1.2.3:9/x", true },
        { "http://[::1]:1/x", true },
        { "http://[fd00:ec2::23]/x", true },
        { "http://169.254.170.2", true },
        { "http://169.254.169.254/x", false },
        { "http://example.com/x", false },
        { "http://localhost.evil.com/x", false },
        { "http://127.0.0.1.evil.com", false },
        { "http://localhost@evil.com/", false },
        { "http://[::1", false },
        { "ftp://localhost/", false },
        { "http://", false },
        { "https://", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        autofree char *environment = xasprintf("{'AWS_CONTAINER_CREDENTIALS_FULL_URI': '%s'}",
                                               rows[i].url);
        struct rig r = rig_new(environment);
        files(&r, NULL, NULL);
        ck_assert_msg((r.need.id != 0) == rows[i].good, "%s", rows[i].url);
        if (!rows[i].good)
            check_problem(&r, rows[i].url);
        rig_free(&r);
    }
}
END_TEST

/* ---- instance metadata ---- */

static void imds(struct rig *r)
{
    ck_assert_str_eq(r->need.method, "PUT");
    ck_assert_str_eq(r->need.url, "http://169.254.169.254/latest/api/token");
    ck_assert_str_eq(http_headers_get(r->need.headers, "x-aws-ec2-metadata-token-ttl-seconds"),
                     "21600");
    give(r, 0, 200, "TOKEN");
    ck_assert_str_eq(r->need.url,
                     "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
    ck_assert_str_eq(http_headers_get(r->need.headers, "x-aws-ec2-metadata-token"), "TOKEN");
    give(r, 0, 200, "my-role\n");
    ck_assert(str_suffix(r->need.url, "/security-credentials/my-role"));
}

START_TEST(instance_metadata)
{
    struct rig r = rig_new("{}");
    files(&r, NULL, NULL);
    imds(&r);
    give(&r, 0, 401, "");
    ck_assert_str_eq(r.need.method, "PUT");
    give(&r, 0, 200, "NEWER");
    ck_assert(str_suffix(r.need.url, "/security-credentials/my-role"));
    ck_assert_str_eq(http_headers_get(r.need.headers, "x-aws-ec2-metadata-token"), "NEWER");
    give(&r, 0, 200, KEYS);
    check_key(&r, "C");
    ck_assert_str_eq(credentials_source_name(r.s), "imds");
    rig_free(&r);
}
END_TEST

START_TEST(stale_keys_serve_while_metadata_is_out)
{
    struct rig r = rig_new("{}");
    files(&r, NULL, NULL);
    imds(&r);
    give(&r, 0, 200, KEYS); /* for six hours */
    for (unsigned minute = 0; minute < 9 * 60; minute++) {
        pass(&r, MINUTES(1));
        ask(&r);
        while (r.need.id != 0) {
            if (r.need.kind == NEED_FILE)
                give(&r, -ENOENT, 0, NULL);
            else
                give(&r, -EHOSTUNREACH, 0, NULL);
        }
        ck_assert_msg(keys(&r) != NULL || credentials_source_problem(r.s) == NULL,
                      "no keys in minute %u", minute);
    }
    check_key(&r, "C");
    rig_free(&r);
}
END_TEST

START_TEST(metadata_without_a_role)
{
    struct rig r = rig_new("{}");
    files(&r, NULL, NULL);
    give(&r, 0, 200, "TOKEN");
    give(&r, 0, 404, "");
    check_problem(&r, "no credentials: the environment has none");
    check_problem(&r, "Set AWS_ACCESS_KEY_ID");
    rig_free(&r);
    r = rig_new("{}");
    files(&r, NULL, NULL);
    imds(&r);
    give(&r, 0, 200, "{\"Code\": \"AssumeRoleUnauthorizedAccess\"}");
    check_problem(&r, "/Code");
    rig_free(&r);
    r = rig_new("{" NO_IMDS "}");
    files(&r, NULL, NULL);
    check_problem(&r, "AWS_EC2_METADATA_DISABLED");
    rig_free(&r);
    r = rig_new("{'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE': 'IPv6'}");
    files(&r, NULL, NULL);
    ck_assert_str_eq(r.need.url, "http://[fd00:ec2::254]/latest/api/token");
    rig_free(&r);
}
END_TEST

/* ---- renewing ---- */

static struct rig with_role(const char *expires)
{
    struct rig r = rig_new("{'AWS_ACCESS_KEY_ID': 'A', 'AWS_SECRET_ACCESS_KEY': 's'}");
    credentials_source_assume(r.s, "arn:x", NULL, REGION_US_EAST_2);
    ask(&r);
    sts(&r, "ONE", expires);
    return r;
}

START_TEST(renewed_before_the_end)
{
    struct rig r = with_role("2026-11-22T16:04:05Z"); /* an hour */
    msec_t next = credentials_source_next(r.s, r.now) - r.now.boot;
    ck_assert_int_ge(next, MINUTES(45));
    ck_assert_int_le(next, MINUTES(47));
    pass(&r, next - 1);
    ask(&r);
    ck_assert_uint_eq(r.need.id, 0);
    pass(&r, 1);
    ask(&r);
    ck_assert_int_eq(r.need.kind, NEED_CALL);
    check_key(&r, "ONE"); /* advisory: the old ones serve */
    pass(&r, MINUTES(50) - next);
    ck_assert_ptr_null(keys(&r)); /* mandatory: wait */
    sts(&r, "TWO", "2026-11-22T17:04:05Z");
    check_key(&r, "TWO");
    rig_free(&r);
}
END_TEST

START_TEST(renewal_that_fails)
{
    struct rig r = with_role("2026-11-22T16:04:05Z");
    unsigned tries = 0;
    for (unsigned second = 0; second < 3599; second++) {
        pass(&r, 1000);
        ask(&r);
        if (r.need.id == 0)
            continue;
        tries++;
        struct answer no = answer_error(AWS_TRANSIENT, "InternalError", 500, "down");
        credentials_source_answer(r.s, r.need.id, &no, r.now);
        answer_clear(&no);
        check_key(&r, "ONE"); /* to the last second */
    }
    ck_assert_uint_gt(tries, 10); /* with pauses between */
    ck_assert_uint_lt(tries, 40);
    check_problem(&r, "down");
    pass(&r, 1000);
    ck_assert_ptr_null(keys(&r));
    pass(&r, MINUTES(2));
    ask(&r);
    sts(&r, "TWO", "2026-11-22T17:30:00Z");
    check_key(&r, "TWO");
    ck_assert_ptr_null(credentials_source_problem(r.s));
    rig_free(&r);
}
END_TEST

START_TEST(short_lives_are_not_renewed_at_once)
{
    struct rig r = with_role("2026-11-22T15:19:05Z"); /* 15 minutes: AWS's least */
    ck_assert_int_ge(credentials_source_next(r.s, r.now) - r.now.boot, MINUTES(7));
    rig_free(&r);
}
END_TEST

START_TEST(keys_that_aws_calls_expired)
{
    struct rig r = with_role("2026-11-22T16:04:05Z");
    struct credentials other = { .access_key = "OLDER" };
    credentials_source_expired(r.s, &other, r.now); /* renewed meanwhile */
    check_key(&r, "ONE");
    struct credentials used = credentials_copy(keys(&r));
    credentials_source_expired(r.s, &used, r.now);
    ck_assert_ptr_null(keys(&r));
    ask(&r);
    sts(&r, "TWO", "2026-11-22T16:04:05Z");
    check_key(&r, "TWO");
    credentials_clear(&used);
    for (size_t i = 0; i < sizeof used; i++)
        ck_assert_int_eq(((const char *)&used)[i], 0);
    rig_free(&r);
}
END_TEST

START_TEST(strangers_and_null)
{
    struct rig r = rig_new("{" NO_IMDS "}");
    ask(&r);
    credentials_source_text(r.s, 999, 0, 0, "x", r.now);
    credentials_source_text(r.s, 0, 0, 0, "x", r.now);
    struct answer answer = answer_ok(NULL);
    credentials_source_answer(r.s, 999, &answer, r.now);
    answer_clear(&answer);
    ck_assert_ptr_null(credentials_source_problem(r.s));
    ck_assert_str_eq(credentials_source_name(r.s), "none yet");
    credentials_clear(NULL);
    credentials_need_clear(NULL);
    credentials_source_free(NULL);
    rig_free(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        keys_in_the_environment,
        half_an_environment,
        static_profile_and_where_files_are,
        wrong_profiles,
        a_file_that_may_not_be_read,
        a_chain_of_roles,
        a_role_that_may_not_be_assumed,
        processes,
        web_identity,
        web_identity_gone_wrong,
        container,
        container_with_a_token_file,
        hosts_that_keys_are_fetched_from,
        instance_metadata,
        stale_keys_serve_while_metadata_is_out,
        metadata_without_a_role,
        renewed_before_the_end,
        renewal_that_fails,
        short_lives_are_not_renewed_at_once,
        keys_that_aws_calls_expired,
        strangers_and_null,
    };
    return unit_run("credentials", tests, ARRAY_SIZE(tests));
}
