/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_document: the JSON documents that processes, containers, instance metadata and STS
 * answer with. Sources: AWS SDKs reference guide, feature-process-credentials,
 * feature-container-credentials, feature-imds-credentials. */
#include "aws/credentials_state.h"

#include <errno.h>
#include <openssl/crypto.h>

struct document_keys {
    const char *access_key, *secret_key, *token, *expires, *account;
};

static const struct document_keys names_of[] = {
    [DOCUMENT_PROCESS] = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration",
                           "AccountId" },
    [DOCUMENT_CONTAINER] = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId" },
    [DOCUMENT_IMDS] = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId" },
};

void credentials_wipe_json(json_t *value)
{
    const char *key;
    json_t *member;
    if (json_is_string(value)) /* jansson's copy of a secret */
        OPENSSL_cleanse((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    json_object_foreach(value, key, member)
    {
        if (json_is_object(member))
            credentials_wipe_json(json_incref(member));
        else if (json_is_string(member))
            OPENSSL_cleanse((char *)(uintptr_t)json_string_value(member),
                            json_string_length(member));
    }
    json_decref(value);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL || *text == '\0' ? NULL : text;
}

static int complain(struct problem *p, const char *pointer, const char *what)
{
    *p = (struct problem){ 0 };
    problem_set(p, pointer, "%s", what);
    return -EINVAL;
}

static int read_keys(const json_t *object, const struct document_keys *names,
                     struct credentials *ret, struct problem *reterr)
{
    const char *access = text_of(object, names->access_key),
               *secret = text_of(object, names->secret_key), *token = text_of(object, names->token),
               *account = text_of(object, names->account);
    if (access == NULL || secret == NULL)
        return complain(reterr, access == NULL ? "/AccessKeyId" : "/SecretAccessKey",
                        "missing in the answer");
    if (strlen(access) >= sizeof ret->access_key || strlen(secret) >= sizeof ret->secret_key)
        return complain(reterr, "", "the keys are too long to be keys of AWS");
    struct credentials keys = { 0 };
    const json_t *expires = json_object_get(object, names->expires);
    if (json_is_integer(expires)) {
        keys.expires.ms = json_integer_value(expires);
    } else if (expires != NULL && !json_is_null(expires)) {
        const char *text = json_string_value(expires);
        if (text == NULL || !wall_parse_iso8601(text, &keys.expires))
            return complain(reterr, "/Expiration", "is not a time in ISO 8601 form");
    }
    str_copy(keys.access_key, sizeof keys.access_key, access);
    str_copy(keys.secret_key, sizeof keys.secret_key, secret);
    str_copy(keys.account, sizeof keys.account, account == NULL ? "" : account);
    keys.session_token = token == NULL ? NULL : xstrdup(token);
    *ret = keys;
    return 0;
}

int credentials_read_document(enum document kind, const char *text, struct credentials *ret,
                              struct problem *reterr)
{
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    int result;
    const char *code = text_of(object, "Code");
    if (!json_is_object(object))
        result = complain(reterr, "", "the answer is not a JSON object");
    else if (kind == DOCUMENT_PROCESS &&
             json_integer_value(json_object_get(object, "Version")) != 1)
        result = complain(reterr, "/Version", "must be 1");
    else if (kind == DOCUMENT_IMDS && code != NULL && strcmp(code, "Success") != 0)
        result = complain(reterr, "/Code", "instance metadata has no keys for this role");
    else
        result = read_keys(object, &names_of[kind], ret, reterr);
    credentials_wipe_json(object);
    return result;
}

int credentials_read_answer(const json_t *body, struct credentials *ret, struct problem *reterr)
{
    int result = read_keys(json_object_get(body, "Credentials"), &names_of[DOCUMENT_PROCESS], ret,
                           reterr);
    /* arn:aws:sts::123456789012:assumed-role/… */
    const char *arn = text_of(json_object_get(body, "AssumedRoleUser"), "Arn");
    for (unsigned colons = 0; result == 0 && arn != NULL && colons < 4; colons++) {
        arn = strchr(arn, ':');
        arn = arn == NULL ? NULL : arn + 1;
    }
    if (result == 0 && arn != NULL && strcspn(arn, ":") == 12)
        str_copy(ret->account, 13, arn);
    return result;
}

bool credentials_host_allowed(const char *url)
{
    static const char *const hosts[] = { "localhost", "169.254.170.2", "169.254.170.23",
                                         "[fd00:ec2::23]", "[::1]" };
    static const char plain[] = "http://", loopback[] = "127.";
    if (str_prefix(url, "https://"))
        return url[strlen("https://")] != '\0' && strpbrk(url, "@ \r\n") == NULL;
    if (!str_prefix(url, plain))
        return false;
    const char *host = url + strlen(plain);
    size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (strchr("/:?#", host[n > strlen(host) ? 0 : n]) == NULL || strpbrk(url, "@ \r\n") != NULL)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
        if (strlen(hosts[i]) == n && memcmp(hosts[i], host, n) == 0)
            return true;
    return str_prefix(host, loopback) && strspn(host, "0123456789.") == n;
}
