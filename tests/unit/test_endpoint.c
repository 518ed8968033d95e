/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"
#include "tests/unit/unit.h"

#include <errno.h>

/* What AWS's test cases call Region may be one that drd does not have, or another partition. */
static const char *skip_reason(const json_t *params, const json_t *expect, enum region region)
{
    static const char *const features[] = {
        "Accelerate",
        "UseObjectLambdaEndpoint",
        "UseS3ExpressControlEndpoint",
        "UseGlobalEndpoint",
        "DisableMultiRegionAccessPoints",
        "DisableAccessPoints",
        "UseArnRegion",
        "AccountId",
        "DisableS3ExpressSessionAuth",
        "ResourceArnList",
        "ResourceArn",
        "IsSearchOperation",
    };
    const char *bucket = json_string_value(json_object_get(params, "Bucket"));
    if (region == REGION_NONE)
        return "region";
    for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
        const json_t *value = json_object_get(params, features[i]);
        if (value != NULL && !json_is_false(value))
            return "feature";
    }
    if (str_eq(json_string_value(json_object_get(params, "AccountIdEndpointMode")), "required"))
        return "feature";
    if (bucket != NULL && (str_prefix(bucket, "arn:") || strstr(bucket, "--") != NULL))
        return "bucket form";
    /* Two services let a custom endpoint stand beside FIPS or dual-stack, and ignore the latter;
     * drd refuses the contradiction everywhere. */
    if (str_eq(json_string_value(json_object_get(params, "ServiceType")), "ACM-ACME"))
        return "feature";
    if (json_object_get(params, "Endpoint") != NULL &&
        (json_is_true(json_object_get(params, "UseFIPS")) ||
         json_is_true(json_object_get(params, "UseDualStack"))) &&
        json_object_get(expect, "endpoint") != NULL)
        return "stricter";
    /* DynamoDB alone refuses AWS's own dual-stack host as an override. */
    const char *url = json_string_value(json_object_get(params, "Endpoint"));
    return url != NULL && strstr(url, ".api.aws") != NULL ? "override" : NULL;
}

static void check_case(const char *service, const json_t *test, unsigned *ran, unsigned *skipped)
{
    const json_t *params = json_object_get(test, "params"),
                 *expect = json_object_get(test, "expect");
    enum region region = region_parse(json_string_value(json_object_get(params, "Region")));
    if (skip_reason(params, expect, region) != NULL) {
        ++*skipped;
        return;
    }
    const char *bucket = json_string_value(json_object_get(params, "Bucket"));
    const char *url = json_string_value(json_object_get(params, "Endpoint"));
    json_auto_t *urls = url == NULL ? NULL : json_pack("{s:s}", "", url);
    struct endpoint_settings settings = {
        .fips = json_is_true(json_object_get(params, "UseFIPS")),
        .dual_stack = json_is_true(json_object_get(params, "UseDualStack")),
        .path_style = json_is_true(json_object_get(params, "ForcePathStyle")),
        .urls = urls,
    };
    autofree char *encoded = codec_percent_encode(bucket == NULL ? "" : bucket, false);
    struct http_request request = { .path = xasprintf("/%s", encoded) };
    struct endpoint e;
    struct problem problem;
    int error = endpoint_resolve(&settings, model_service(service), region, &request, &e, &problem);
    const json_t *endpoint = json_object_get(expect, "endpoint");
    autofree char *text = json_dumps(test, 0);
    if (endpoint == NULL) {
        ck_assert_msg(error == -EINVAL, "%s", text);
    } else {
        ck_assert_msg(error == 0, "%s", text);
        autofree char *got = xasprintf("%s://%s%s%s", e.scheme, e.host, e.prefix,
                                       str_eq(request.path, "/") ? "" : request.path);
        const char *want = json_string_value(json_object_get(endpoint, "url"));
        ck_assert_msg(str_eq(got, want), "%s: %s", got, text);
        const json_t *scheme = json_array_get(
            json_object_get(json_object_get(endpoint, "properties"), "authSchemes"), 0);
        const char *name = json_string_value(json_object_get(scheme, "signingName"));
        const char *scope = json_string_value(json_object_get(scheme, "signingRegion"));
        ck_assert(name == NULL || str_eq(name, e.signing_name));
        ck_assert(scope == NULL || str_eq(scope, e.signing_region));
    }
    http_request_clear(&request);
    ++*ran;
}

START_TEST(test_aws_cases)
{
    const char *vectors = getenv("DRD_VECTORS");
    autofree char *folder = vectors != NULL
                                ? xstrdup(vectors)
                                : xasprintf("%s/../shared/vectors", getenv("DRD_SOURCE"));
    unsigned ran = 0, skipped = 0, files = 0;
    for (size_t i = 0; service_models[i] != NULL; i++) {
        autofree char *path = xasprintf("%s/endpoints/%s.json", folder, service_models[i]->name);
        json_auto_t *suite = json_load_file(path, 0, NULL);
        const json_t *cases = json_object_get(suite, "testCases");
        files += suite != NULL;
        for (size_t k = 0; k < json_array_size(cases); k++)
            check_case(service_models[i]->name, json_array_get(cases, k), &ran, &skipped);
    }
    if (files == 0)
        printf("skipped: no endpoint cases in %s\n", folder);
    else
        printf("%u endpoint cases of AWS pass, %u are outside drd's parameters\n", ran, skipped);
    ck_assert(files == 0 || ran > 250);
}
END_TEST

static struct endpoint resolve(const struct endpoint_settings *settings, const char *service,
                               enum region region, struct http_request *request)
{
    struct endpoint e;
    struct problem problem;
    ck_assert_int_eq(
        endpoint_resolve(settings, model_service(service), region, request, &e, &problem), 0);
    return e;
}

/* The hosts of aws-facts section 1.1, so that this holds without AWS's cases as well. */
START_TEST(test_hosts)
{
    static const struct {
        const char *service, *plain, *fips, *dual_stack, *scope;
    } rows[] = {
        { "dynamodb", "dynamodb.us-east-2.amazonaws.com", "dynamodb-fips.us-east-2.amazonaws.com",
          "dynamodb.us-east-2.api.aws", "us-east-2" },
        { "iam", "iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws", "us-east-1" },
        { "route53", "route53.amazonaws.com", "route53-fips.amazonaws.com",
          "route53.global.api.aws", "us-east-1" },
        { "cloudwatch", "monitoring.us-east-2.amazonaws.com",
          "monitoring-fips.us-east-2.amazonaws.com", "monitoring.us-east-2.api.aws", "us-east-2" },
        { "s3", "s3.us-east-2.amazonaws.com", "s3-fips.us-east-2.amazonaws.com",
          "s3.dualstack.us-east-2.amazonaws.com", "us-east-2" },
        { "resourcegroupstaggingapi", "tagging.us-east-2.amazonaws.com",
          "tagging-fips.us-east-2.amazonaws.com", "tagging.us-east-2.api.aws", "us-east-2" },
    };
    struct endpoint_settings plain = { 0 }, fips = { .fips = true }, dual = { .dual_stack = true };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct endpoint e = resolve(&plain, rows[i].service, REGION_US_EAST_2, NULL);
        ck_assert_str_eq(e.host, rows[i].plain);
        ck_assert_str_eq(e.signing_region, rows[i].scope);
        ck_assert_str_eq(e.scheme, "https");
        e = resolve(&fips, rows[i].service, REGION_US_EAST_2, NULL);
        ck_assert_str_eq(e.host, rows[i].fips);
        e = resolve(&dual, rows[i].service, REGION_US_EAST_2, NULL);
        ck_assert_str_eq(e.host, rows[i].dual_stack);
    }
}
END_TEST

START_TEST(test_buckets)
{
    static const struct {
        const char *url, *path, *host, *rest;
    } rows[] = {
        { NULL, "/logs-demo/a/b", "logs-demo.s3.us-east-2.amazonaws.com", "/a/b" },
        { NULL, "/logs-demo", "logs-demo.s3.us-east-2.amazonaws.com", "/" },
        { NULL, "/with.dots/k", "s3.us-east-2.amazonaws.com", "/with.dots/k" },
        { NULL, "/Upper/k", "s3.us-east-2.amazonaws.com", "/Upper/k" },
        { NULL, "/-ab/k", "s3.us-east-2.amazonaws.com", "/-ab/k" },
        { NULL, "/", "s3.us-east-2.amazonaws.com", "/" },
        { "http://127.0.0.1:4566", "/logs-demo/k", "127.0.0.1:4566", "/logs-demo/k" },
        { "http://[::1]:4566/", "/logs-demo/k", "[::1]:4566", "/logs-demo/k" },
        { "http://localhost:4566", "/a.b.c/k", "a.b.c.localhost:4566", "/k" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        json_auto_t *urls = rows[i].url == NULL ? NULL : json_pack("{s:s}", "", rows[i].url);
        struct endpoint_settings settings = { .urls = urls };
        struct http_request request = { .path = xstrdup(rows[i].path) };
        struct endpoint e = resolve(&settings, "s3", REGION_US_EAST_2, &request);
        ck_assert_str_eq(e.host, rows[i].host);
        ck_assert_str_eq(request.path, rows[i].rest);
        ck_assert(!e.double_encode && !e.normalize_path);
        http_request_clear(&request);
    }
}
END_TEST

START_TEST(test_overrides)
{
    json_auto_t *urls = unit_json("{'': 'http://127.0.0.1:4566', 'API_GATEWAY': 'https://gw/x/'}");
    struct endpoint_settings settings = { .urls = urls };
    struct endpoint e = resolve(&settings, "sqs", REGION_US_EAST_1, NULL);
    ck_assert_str_eq(e.scheme, "http");
    ck_assert_str_eq(e.host, "127.0.0.1:4566");
    ck_assert_str_eq(e.prefix, "");
    ck_assert_str_eq(e.signing_region, "us-east-1");
    e = resolve(&settings, "apigateway", REGION_US_EAST_1, NULL);
    ck_assert_str_eq(e.host, "gw");
    ck_assert_str_eq(e.prefix, "/x");

    const char *const wrong[] = { "ftp://x", "127.0.0.1", "http://", "http://h?x", "https:///p" };
    struct problem problem;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        json_auto_t *bad_urls = json_pack("{s:s}", "", wrong[i]);
        struct endpoint_settings bad = { .urls = bad_urls };
        ck_assert_int_eq(
            endpoint_resolve(&bad, model_service("sqs"), REGION_US_EAST_1, NULL, &e, &problem),
            -EINVAL);
        ck_assert_str_eq(problem.remedy, "Correct AWS_ENDPOINT_URL");
    }
    settings.fips = true;
    ck_assert_int_eq(
        endpoint_resolve(&settings, model_service("sqs"), REGION_US_EAST_1, NULL, &e, &problem),
        -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_aws_cases, test_hosts, test_buckets, test_overrides };
    return unit_run("endpoint", tests, ARRAY_SIZE(tests));
}
