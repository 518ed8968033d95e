/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4: AWS Signature Version 4, pure. Time and keys are arguments.
 * Source:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * checked with the 38 cases of awslabs/aws-c-auth and against botocore. */
#ifndef DRD_SIGV4_H
#define DRD_SIGV4_H

#include "aws/codec.h"
#include "daemon/base/time.h"

struct sigv4 {
    const char *access_key, *secret_key, *session_token; /* token: NULL when there is none */
    const char *region, *service;                        /* of the credential scope */
    wall_t date;
    bool double_encode;  /* all services but S3 */
    bool normalize_path; /* all services but S3 */
    bool sign_body;      /* add x-amz-content-sha256; drd always does */
    bool omit_token;     /* add the token after signing, not before */
};

/* Adds Host (when missing, from host), X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 and
 * Authorization to the request. Optional outputs (NULL to skip; the caller frees): the canonical
 * request and the string to sign. Secrets on the stack are wiped. */
void sigv4_sign(const struct sigv4 *s, const char *host, struct http_request *request,
                char **ret_canonical, char **ret_string_to_sign);

/* What an Authorization header claims; for the sandbox. Strings are owned. */
struct sigv4_claim {
    char *access_key, *date, *region, *service, *signed_headers, *signature;
};
bool sigv4_parse_authorization(const char *header, struct sigv4_claim *ret);
void sigv4_claim_clear(struct sigv4_claim *claim);
/* The signature the request should carry, given the names of the headers that were signed
 * ("host;x-amz-date"); payload hash is taken from x-amz-content-sha256 when present, else computed
 * from the body. 64 hexadecimal digits and NUL. */
void sigv4_expected(const struct sigv4 *s, const struct http_request *request,
                    const char *signed_headers, char signature[65]);
void sigv4_sha256_hex(const void *bytes, size_t n, char text[65]);

#endif
