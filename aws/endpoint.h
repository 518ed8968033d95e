/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint: service and region to URL and signing scope, by AWS's endpoint rules within the
 * parameters that drd has (region, FIPS, dual-stack, overrides), and S3's addressing styles. */
#ifndef DRD_ENDPOINT_H
#define DRD_ENDPOINT_H

#include "aws/codec.h"
#include "aws/region.h"

struct endpoint_settings {
    bool fips, dual_stack;
    bool path_style; /* S3: always path style */
    /* {"": "http://127.0.0.1:4566", "S3": …}: AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>;
     * NULL when there are none. Borrowed. */
    const json_t *urls;
};

struct endpoint {
    char scheme[8];
    char host[256];   /* with ":port" when it is not the scheme's own */
    char prefix[256]; /* path before the operation's own; "" or "/x" */
    char signing_region[24];
    const char *signing_name;
    bool double_encode, normalize_path; /* for aws/sigv4 */
};

/* Fills ret for an operation of service in region. For S3, request is rewritten: the bucket moves
 * from the path into the host where the rules say so. request may be NULL for other services.
 * Returns 0, or -EINVAL with a problem (an override that is no URL, FIPS and dual-stack together
 * where AWS has no such host). */
int endpoint_resolve(const struct endpoint_settings *settings, const struct service_model *service,
                     enum region region, struct http_request *request, struct endpoint *ret,
                     struct problem *reterr) MUST_CHECK;
/* "API Gateway" → "API_GATEWAY", the suffix of AWS_ENDPOINT_URL_…; the caller frees. */
char *endpoint_variable(const char *service_id);

#endif
