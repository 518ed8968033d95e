/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include <errno.h>

#include <stdio.h>

static const char global_services[][8] = { "iam", "route53" };

static bool is_global(const struct service_model *service)
{
    for (size_t i = 0; i < ARRAY_SIZE(global_services); i++)
        if (str_eq(service->name, global_services[i]))
            return true;
    return false;
}

/* ASCII only, whatever the locale. */
static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

char *endpoint_variable(const char *service_id)
{
    char *name = xstrdup(service_id);
    for (char *p = name; *p != '\0'; p++)
        *p = *p == ' ' || *p == '-' ? '_' : upper(*p);
    return name;
}

/* AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else NULL. */
static const char *override_of(const struct endpoint_settings *settings,
                               const struct service_model *service)
{
    autofree char *variable = endpoint_variable(service->service_id);
    const json_t *url = json_object_get(settings->urls, variable);
    return json_string_value(url != NULL ? url : json_object_get(settings->urls, ""));
}

static int bad(struct problem *p, const char *text, const char *remedy)
{
    *p = (struct problem){ 0 };
    problem_set(p, "", "%s", text);
    problem_remedy(p, "%s", remedy);
    return -EINVAL;
}

static int take_override(const char *url, const struct endpoint_settings *settings,
                         struct endpoint *ret, struct problem *p)
{
    if (settings->dual_stack)
        return bad(p, "an endpoint URL and dual-stack exclude each other",
                   "Unset AWS_USE_DUALSTACK_ENDPOINT or AWS_ENDPOINT_URL");
    if (settings->fips)
        return bad(p, "an endpoint URL and FIPS exclude each other",
                   "Unset AWS_USE_FIPS_ENDPOINT or AWS_ENDPOINT_URL");
    const char *host = strstr(url, "://");
    if (host == NULL || (!str_prefix(url, "http://") && !str_prefix(url, "https://")))
        return bad(p, "an endpoint URL must start with http:// or https://",
                   "Correct AWS_ENDPOINT_URL");
    str_copy(ret->scheme, sizeof ret->scheme, url[4] == 's' ? "https" : "http");
    host += 3;
    size_t n = strcspn(host, "/?#");
    if (n == 0 || n >= sizeof ret->host || host[n] == '?' || host[n] == '#')
        return bad(p, "an endpoint URL is scheme, host, port and path only",
                   "Correct AWS_ENDPOINT_URL");
    str_copy(ret->host, n + 1, host);
    str_copy(ret->prefix, sizeof ret->prefix, host + n);
    size_t m = strlen(ret->prefix);
    if (m > 0 && ret->prefix[m - 1] == '/')
        ret->prefix[m - 1] = '\0';
    return 0;
}

/* AWS's rules for the partition "aws"; botocore's endpoint-rule-set-1.json of each service. */
static void take_rule(const struct endpoint_settings *settings, const struct service_model *service,
                      enum region region, struct endpoint *ret)
{
    const char *fips = settings->fips ? "-fips" : "", *prefix = service->endpoint_prefix;
    const char *name = region_name(region);
    str_copy(ret->scheme, sizeof ret->scheme, "https");
    if (str_eq(service->name, "s3"))
        (void)snprintf(ret->host, sizeof ret->host, "s3%s%s.%s.amazonaws.com", fips,
                       settings->dual_stack ? ".dualstack" : "", name);
    else if (is_global(service))
        (void)snprintf(ret->host, sizeof ret->host, "%s%s%s", prefix, fips,
                       settings->dual_stack ? ".global.api.aws" : ".amazonaws.com");
    else
        (void)snprintf(ret->host, sizeof ret->host, "%s%s.%s.%s", prefix, fips, name,
                       settings->dual_stack ? "api.aws" : "amazonaws.com");
}

/* Host labels of a bucket that may stand in front of S3's host: 3 to 63 lower-case letters, digits,
 * hyphens, no hyphen at an end; with dots between them only where no certificate is checked. */
static bool hostable(const char *bucket, size_t n, bool dots)
{
    if (n < 3 || n > 63)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = bucket[i];
        bool inner = i > 0 && i + 1 < n && bucket[i - 1] != '.' && bucket[i + 1] != '.';
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    ((c == '-' || (c == '.' && dots)) && inner);
        if (!good)
            return false;
    }
    return true;
}

static bool is_address(const char *host)
{
    return *host == '[' || strspn(host, "0123456789.:") == strlen(host);
}

/* Moves the bucket from the first segment of the path into the host. */
static void take_bucket(const struct endpoint_settings *settings, struct http_request *request,
                        struct endpoint *ret)
{
    const char *bucket = request->path + 1;
    size_t n = strcspn(bucket, "/");
    char host[sizeof ret->host];
    if (settings->path_style || is_address(ret->host) ||
        !hostable(bucket, n, str_eq(ret->scheme, "http")))
        return;
    int length = snprintf(host, sizeof host, "%.*s.%s", (int)n, bucket, ret->host);
    if (length < 0 || (size_t)length >= sizeof host)
        return;
    memcpy(ret->host, host, sizeof host);
    char *rest = xstrdup(bucket[n] == '/' ? bucket + n : "/");
    free(request->path);
    request->path = rest;
}

int endpoint_resolve(const struct endpoint_settings *settings, const struct service_model *service,
                     enum region region, struct http_request *request, struct endpoint *ret,
                     struct problem *reterr)
{
    bool s3 = str_eq(service->name, "s3");
    const char *url = override_of(settings, service);
    *ret = (struct endpoint){ .signing_name = service->signing_name,
                              .double_encode = !s3,
                              .normalize_path = !s3 };
    str_copy(ret->signing_region, sizeof ret->signing_region,
             is_global(service) ? "us-east-1" : region_name(region));
    if (url != NULL) {
        int error = take_override(url, settings, ret, reterr);
        if (error != 0)
            return error;
    } else {
        take_rule(settings, service, region, ret);
    }
    if (s3 && request != NULL && request->path[1] != '\0')
        take_bucket(settings, request, ret);
    return 0;
}
