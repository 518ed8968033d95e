/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/front.h"

#include <openssl/crypto.h>
#include <strings.h>

#include "aws/sigv4.h"
#include "tests/sandbox/words.h"

enum { SKEW_MS = 5 * 60 * 1000, SKEW_S3_MS = 15 * 60 * 1000 };

/* ---- which service ---- */

static bool is_s3(const struct service_model *service)
{
    return strcmp(service->name, "s3") == 0;
}

static const struct service_model *service_by_signing_name(const char *name)
{
    for (const struct service_model *const *s = service_models; *s != NULL; s++)
        if (str_eq((*s)->signing_name, name))
            return *s;
    return NULL;
}

/* A request without a signature says less: its target, its action, or nothing (then it is S3's). */
static const struct service_model *service_by_content(const struct http_request *request)
{
    const char *target = http_headers_get(&request->headers, "x-amz-target");
    for (const struct service_model *const *s = service_models; *s != NULL; s++) {
        const char *prefix = (*s)->target_prefix;
        if (target != NULL && prefix != NULL && str_prefix(target, prefix) &&
            target[strlen(prefix)] == '.')
            return *s;
        if ((*s)->protocol == PROTOCOL_QUERY && request->body_size > 0 &&
            codec_match_request(*s, request) != NULL)
            return *s;
    }
    return model_service("s3");
}

/* ---- the signature ---- */

static bool date_ok(const struct service_model *service, const char *date,
                    const struct front_place *place, struct answer *refusal)
{
    wall_t signed_at;
    char here[17];
    int64_t most = is_s3(service) ? SKEW_S3_MS : SKEW_MS;
    wall_basic(place->clock, here);
    if (date == NULL || !wall_parse_basic(date, &signed_at)) {
        *refusal = words_unauthenticated(service, "IncompleteSignatureException",
                                         "Authorization header requires existence of either a "
                                         "'X-Amz-Date' or a 'Date' header.");
        return false;
    }
    int64_t apart = place->clock.ms - signed_at.ms;
    if (apart <= most && apart >= -most)
        return true;
    if (is_s3(service))
        *refusal = words_unauthenticated(service, "SignatureExpired",
                                         "The difference between the request time and the current "
                                         "time is too large.");
    else if (apart > 0)
        *refusal = words_unauthenticated(service, "SignatureExpired",
                                         "Signature expired: %s is now earlier than %s - 5 min.",
                                         date, here);
    else
        *refusal = words_unauthenticated(service, "SignatureExpired",
                                         "Signature not yet current: %s is still later than %s + 5 "
                                         "min.",
                                         date, here);
    return false;
}

/* Does the list "host;x-amz-date" hold this header's name? */
static bool is_signed(const char *signed_headers, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = signed_headers; *p != '\0'; p += strcspn(p, ";"), p += *p == ';')
        if (strcspn(p, ";") == n && strncasecmp(p, name, n) == 0)
            return true;
    return false;
}

/* Host and every x-amz- header must be among the signed ones. */
static bool headers_signed(const struct service_model *service, const struct http_request *request,
                           const char *signed_headers, struct answer *refusal)
{
    const char *missing = is_signed(signed_headers, "host") ? NULL : "host";
    for (size_t i = 0; i < request->headers.n; i++) {
        const char *name = request->headers.items[i].name;
        if (strncasecmp(name, "x-amz-", 6) == 0 && !is_signed(signed_headers, name))
            missing = name;
    }
    if (missing == NULL)
        return true;
    *refusal = is_s3(service)
                   ? answer_error(AWS_CREDENTIALS, "AccessDenied", 403,
                                  "There were headers present in the request which were not signed")
                   : words_unauthenticated(service, "InvalidSignatureException",
                                           "'%s' must be a signed header in the AWS Credential.",
                                           missing);
    return false;
}

static bool body_ok(const struct service_model *service, const struct http_request *request,
                    struct answer *refusal)
{
    const char *claimed = http_headers_get(&request->headers, "x-amz-content-sha256");
    char actual[65];
    if (claimed == NULL && is_s3(service)) {
        *refusal = answer_error(AWS_CREDENTIALS, "InvalidRequest", 400,
                                "Missing required header for this request: x-amz-content-sha256");
        return false;
    }
    if (claimed == NULL || (is_s3(service) && (strcmp(claimed, "UNSIGNED-PAYLOAD") == 0 ||
                                               str_prefix(claimed, "STREAMING-"))))
        return true;
    sigv4_sha256_hex(request->body, request->body_size, actual);
    if (strcmp(claimed, actual) == 0)
        return true;
    *refusal = words_unauthenticated(
        service, "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.");
    return false;
}

static bool region_ok(const struct service_model *service, const char *claimed,
                      const struct front_place *place, enum region *ret, struct answer *refusal)
{
    *ret = region_parse(claimed);
    if (*ret != REGION_NONE && (place->region == REGION_NONE || place->region == *ret))
        return true;
    const char *expected = region_name(place->region);
    if (is_s3(service) && *expected != '\0')
        *refusal = answer_error(AWS_CREDENTIALS, "AuthorizationHeaderMalformed", 400,
                                "The authorization header is malformed; the region '%s' is wrong; "
                                "expecting '%s'",
                                claimed, expected);
    else
        *refusal = words_unauthenticated(service, "InvalidSignatureException",
                                         "Credential should be scoped to a valid region.");
    return false;
}

static bool key_ok(const struct cloud *cloud, const struct service_model *service,
                   const struct sigv4_claim *claim, const char *token, struct now now,
                   struct caller *caller, char secret[128], struct answer *refusal)
{
    const char *code;
    if (cloud_authenticate(cloud, claim->access_key, token, now, caller, secret, &code))
        return true;
    if (strcmp(code, "ExpiredToken") == 0)
        *refusal = words_unauthenticated(service, "ExpiredTokenException",
                                         "The security token included in the request is expired");
    else if (is_s3(service))
        *refusal = words_unauthenticated(
            service, "UnrecognizedClientException",
            "The AWS Access Key Id you provided does not exist in our records.");
    else
        *refusal = words_unauthenticated(service, "UnrecognizedClientException",
                                         "The security token included in the request is invalid.");
    return false;
}

/* Everything that a signed request must satisfy. */
static bool verify(const struct cloud *cloud, const struct http_request *request,
                   const struct sigv4_claim *claim, const struct front_place *place, struct now now,
                   struct front_call *ret, struct answer *refusal)
{
    const struct service_model *service = ret->service;
    const char *date = http_headers_get(&request->headers, "x-amz-date");
    const char *token = http_headers_get(&request->headers, "x-amz-security-token");
    char secret[128], expected[65];
    wall_t signed_at = { 0 };
    if (!region_ok(service, claim->region, place, &ret->call.region, refusal) ||
        !key_ok(cloud, service, claim, token, now, &ret->caller, secret, refusal) ||
        !date_ok(service, date, place, refusal) ||
        !headers_signed(service, request, claim->signed_headers, refusal) ||
        !body_ok(service, request, refusal))
        return false;
    (void)wall_parse_basic(date, &signed_at);
    const struct sigv4 sigv4 = { .access_key = claim->access_key,
                                 .secret_key = secret,
                                 .session_token = token,
                                 .region = claim->region,
                                 .service = claim->service,
                                 .date = signed_at,
                                 .double_encode = !is_s3(service),
                                 .normalize_path = !is_s3(service) };
    sigv4_expected(&sigv4, request, claim->signed_headers, expected);
    OPENSSL_cleanse(secret, sizeof secret);
    bool same = strlen(claim->signature) == 64 &&
                CRYPTO_memcmp(expected, claim->signature, 64) == 0 &&
                strncmp(date, claim->date, 8) == 0;
    if (!same)
        *refusal = words_unauthenticated(
            service, "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.");
    return same;
}

/* ---- the content ---- */

/* S3's virtual hosts: "bucket.s3.us-east-1.amazonaws.com" or "bucket.localhost" become a path. */
static void host_to_path(struct http_request *request)
{
    const char *host = http_headers_get(&request->headers, "host");
    const char *end = host == NULL ? NULL : strstr(host, ".s3.");
    if (host != NULL && end == NULL)
        end = strstr(host, ".localhost");
    if (end == NULL || end == host)
        return;
    char *path = xasprintf("/%.*s%s", (int)(end - host), host, request->path);
    free(request->path);
    request->path = path;
}

/* Undoes the aws-chunked encoding of uploads whose checksum comes behind the body. */
static bool unchunk(struct http_request *request)
{
    const char *hash = http_headers_get(&request->headers, "x-amz-content-sha256");
    if (hash == NULL || !str_prefix(hash, "STREAMING-"))
        return true;
    struct buffer plain = { 0 };
    const char *p = request->body, *end = request->body + request->body_size;
    for (;;) {
        char *rest;
        unsigned long n = p == NULL ? 0 : strtoul(p, &rest, 16);
        const char *line = p == NULL ? NULL : strstr(p, "\r\n");
        if (n == 0 || line == NULL)
            break;
        if ((size_t)(end - line) < n + 4) {
            buffer_clear(&plain);
            return false;
        }
        buffer_add(&plain, line + 2, n);
        p = line + 2 + n + 2;
    }
    free(request->body);
    request->body_size = plain.used;
    request->body = buffer_take(&plain);
    return true;
}

static bool read_call(struct http_request *request, struct front_call *ret, struct answer *refusal)
{
    struct problem problem = { 0 };
    ret->model = codec_match_request(ret->service, request);
    if (ret->model == NULL) {
        *refusal = answer_error(AWS_INVALID, "NotImplemented", 501,
                                "the sandbox knows no such operation of %s: %s %s",
                                ret->service->name, request->method, request->path);
        return false;
    }
    ret->call.op = operation_find(ret->service->name, ret->model->name);
    if (ret->call.op == NULL) {
        *refusal = answer_error(AWS_INVALID, "NotImplemented", 501,
                                "the sandbox does not implement %s:%s", ret->service->name,
                                ret->model->name);
        return false;
    }
    if (unchunk(request) &&
        codec_decode_request(ret->model, request, &ret->call.args, &problem) == 0)
        return true;
    bool json = ret->service->protocol == PROTOCOL_JSON ||
                ret->service->protocol == PROTOCOL_REST_JSON;
    *refusal = answer_error(AWS_INVALID,
                            json                  ? "SerializationException"
                            : is_s3(ret->service) ? "MalformedXML"
                                                  : "MalformedInput",
                            400, "%s%s%s", problem.pointer, *problem.pointer == '\0' ? "" : ": ",
                            problem.text);
    return false;
}

bool front_read(const struct cloud *cloud, struct http_request *request,
                const struct front_place *place, struct now now, struct front_call *ret,
                struct answer *ret_refusal)
{
    const char *header = http_headers_get(&request->headers, "authorization");
    struct sigv4_claim claim = { 0 };
    bool good;
    memset(ret, 0, sizeof *ret);
    if (header == NULL) {
        ret->service = service_by_content(request);
        ret->call.region = place->region == REGION_NONE ? REGION_US_EAST_1 : place->region;
        const struct operation_model *model = codec_match_request(ret->service, request);
        good = model != NULL && model->unsigned_request;
        if (!good)
            *ret_refusal = words_unauthenticated(ret->service,
                                                 "MissingAuthenticationTokenException",
                                                 "Request is missing Authentication Token");
    } else if (!sigv4_parse_authorization(header, &claim)) {
        ret->service = service_by_content(request);
        good = false;
        *ret_refusal = words_unauthenticated(ret->service, "IncompleteSignatureException",
                                             "Authorization header is malformed.");
    } else {
        ret->service = service_by_signing_name(claim.service);
        good = ret->service != NULL;
        if (!good) {
            ret->service = service_by_content(request);
            *ret_refusal = words_unauthenticated(ret->service, "InvalidSignatureException",
                                                 "Credential should be scoped to correct service: "
                                                 "the sandbox has no '%s'.",
                                                 claim.service);
        }
        good = good && verify(cloud, request, &claim, place, now, ret, ret_refusal);
        sigv4_claim_clear(&claim);
    }
    str_copy(ret->caller.source, sizeof ret->caller.source, place->source);
    ret->caller.secure = place->secure;
    if (good && is_s3(ret->service))
        host_to_path(request);
    return good && read_call(request, ret, ret_refusal);
}

void front_call_clear(struct front_call *call)
{
    json_decref(call->call.args);
    call->call.args = NULL;
}

/* ---- the answer ---- */

/* What SQS calls its errors towards clients of its older protocol.
 * Source: recorded answers; botocore's query-compatible errors. */
static const char *const legacy_codes[][2] = {
    { "AccessDeniedException", "AccessDenied" },
    { "InvalidParameterValueException", "InvalidParameterValue" },
    { "MissingRequiredParameterException", "MissingParameter" },
    { "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently" },
    { "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue" },
    { "QueueNameExists", "QueueAlreadyExists" },
    { "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation" },
};

static void use_legacy_code(struct http_headers *headers)
{
    for (size_t i = 0; i < headers->n; i++) {
        if (strcasecmp(headers->items[i].name, "x-amzn-query-error") != 0)
            continue;
        char *value = headers->items[i].value;
        size_t n = strcspn(value, ";");
        for (size_t j = 0; j < ARRAY_SIZE(legacy_codes); j++) {
            if (strlen(legacy_codes[j][0]) != n || strncmp(legacy_codes[j][0], value, n) != 0)
                continue;
            headers->items[i].value = xasprintf("%s%s", legacy_codes[j][1], value + n);
            free(value);
            return;
        }
    }
}

void front_write(const struct front_call *call, const struct answer *answer,
                 struct http_response *ret)
{
    codec_encode_answer(call->service, call->model, answer, ret);
    if (strcmp(call->service->name, "sqs") == 0)
        use_legacy_code(&ret->headers);
}
