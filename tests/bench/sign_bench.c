/* SPDX-License-Identifier: Apache-2.0 */
/* sign_bench: signs one ordinary request N times and prints the CPU time that took as JSON. Each
 * time the request is new, as it is in the daemon; bench.py has botocore do the same. */
#include "aws/sigv4.h"

#include <stdio.h>
#include <time.h>

static const char body[] = "{\"QueueUrl\":\"https://sqs.us-east-1.amazonaws.com/123456789012/"
                           "payments-demo\",\"AttributeNames\":[\"All\"]}";

static void sign_one(const struct sigv4 *keys)
{
    struct http_request r = { .method = "POST",
                              .path = xstrdup("/"),
                              .query = xstrdup(""),
                              .body = xstrdup(body),
                              .body_size = sizeof body - 1 };
    http_headers_add(&r.headers, "Content-Type", "%s", "application/x-amz-json-1.0");
    http_headers_add(&r.headers, "X-Amz-Target", "%s", "AmazonSQS.GetQueueAttributes");
    sigv4_sign(keys, "sqs.us-east-1.amazonaws.com", &r, NULL, NULL);
    http_request_clear(&r);
}

int main(int argc, char **argv)
{
    long n = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (n <= 0) {
        (void)fputs("usage: sign_bench N\n", stderr);
        return EXIT_FAILURE;
    }
    struct sigv4 keys = { .access_key = "AKIDEXAMPLE",
                          .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                          .region = "us-east-1",
                          .service = "sqs",
                          .date.ms = 1700000000000,
                          .double_encode = true,
                          .normalize_path = true,
                          .sign_body = true };
    clock_t start = clock();
    for (long i = 0; i < n; i++)
        sign_one(&keys);
    double seconds = (double)(clock() - start) / (double)CLOCKS_PER_SEC;
    printf("{\"signatures\": %ld, \"cpu_seconds\": %.6f}\n", n, seconds);
    return EXIT_SUCCESS;
}
