/* SPDX-License-Identifier: Apache-2.0 */
/* The published examples, and what they leave out. AWS's whole suite and botocore are compared
 * with in tests/wire/test_sigv4.py. */
#include "aws/sigv4.h"

#include "tests/unit/unit.h"

static struct sigv4 example(void)
{
    struct sigv4 s = { .access_key = "AKIDEXAMPLE",
                       .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                       .region = "us-east-1",
                       .service = "service",
                       .double_encode = true,
                       .normalize_path = true };
    ck_assert(wall_parse_iso8601("2015-08-30T12:36:00Z", &s.date));
    return s;
}

static struct http_request request_new(const char *method, const char *path, const char *query,
                                       const char *body)
{
    struct http_request r = { .path = xstrdup(path),
                              .query = xstrdup(query),
                              .body = xstrdup(body),
                              .body_size = strlen(body) };
    str_copy(r.method, sizeof r.method, method);
    return r;
}

/* Signs and returns line number `line` of the canonical request; the caller frees. */
static char *canonical_line(const struct sigv4 *s, struct http_request *r, unsigned line)
{
    autofree char *canonical = NULL;
    sigv4_sign(s, "example.amazonaws.com", r, &canonical, NULL);
    const char *p = canonical;
    while (line-- > 0)
        p = strchr(p, '\n') + 1;
    return xstrndup(p, strcspn(p, "\n"));
}

static void check_line(const struct sigv4 *s, const char *path, const char *query, unsigned line,
                       const char *expected)
{
    struct http_request r = request_new("GET", path, query, "");
    autofree char *text = canonical_line(s, &r, line);
    ck_assert_str_eq(text, expected);
    http_request_clear(&r);
}

START_TEST(sha256_of_nothing)
{
    char text[65];
    sigv4_sha256_hex(NULL, 0, text);
    ck_assert_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(published_example)
{
    struct sigv4 s = example();
    struct http_request r = request_new("GET", "/", "", "");
    autofree char *canonical = NULL, *text = NULL;
    sigv4_sign(&s, "example.amazonaws.com", &r, &canonical, &text);
    ck_assert_str_eq(canonical, "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z"
                                "\n\nhost;x-amz-date\n"
                                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(text, "AWS4-HMAC-SHA256\n20150830T123600Z\n"
                           "20150830/us-east-1/service/aws4_request\n"
                           "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
    ck_assert_str_eq(
        http_headers_get(&r.headers, "authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    http_request_clear(&r);
}
END_TEST

START_TEST(paths)
{
    struct sigv4 s = example();
    check_line(&s, "", "", 1, "/");
    check_line(&s, "/functions/arn%3Aaws%3Alambda/x", "", 1, "/functions/arn%253Aaws%253Alambda/x");
    check_line(&s, "//a/./b/../c/", "", 1, "/a/c/");
    check_line(&s, "/a/../../b", "", 1, "/b");
    check_line(&s, "/..", "", 1, "/");
    check_line(&s, "/.../..x/x..", "", 1, "/.../..x/x..");
    s.normalize_path = false;
    check_line(&s, "//a/./b/..", "", 1, "//a/./b/..");
}
END_TEST

START_TEST(paths_of_s3)
{
    struct sigv4 s = example();
    s.double_encode = s.normalize_path = false;
    check_line(&s, "/logs//2026/../x%20y%2fz", "", 1, "/logs//2026/../x%20y%2Fz");
    check_line(&s, "/a%7e!", "", 1, "/a~%21");
    check_line(&s, "/100%", "", 1, "/100%25");
    check_line(&s, "/100%4", "", 1, "/100%254");
    check_line(&s, "/100%zz", "", 1, "/100%25zz");
}
END_TEST

START_TEST(queries)
{
    struct sigv4 s = example();
    check_line(&s, "/", "replication", 2, "replication=");
    check_line(&s, "/", "a=b=c&a=b&a", 2, "a=&a=b&a=b%3Dc");
    check_line(&s, "/", "p-3=x&p=2&p=%31&%70=0", 2, "p=0&p=1&p=2&p-3=x");
    check_line(&s, "/", "a=1+2&b=%2b&&c=/", 2, "a=1%2B2&b=%2B&c=%2F");
}
END_TEST

START_TEST(headers_are_merged_and_trimmed)
{
    struct sigv4 s = example();
    struct http_request r = request_new("GET", "/", "", "");
    http_headers_add(&r.headers, "X-B", "  2   2\t\n x ");
    http_headers_add(&r.headers, "x-a", "z");
    http_headers_add(&r.headers, "X-b", "1");
    http_headers_add(&r.headers, "X-A-1", "%s", "");
    http_headers_add(&r.headers, "User-Agent", "drd");
    http_headers_add(&r.headers, "Transfer-Encoding", "chunked");
    autofree char *canonical = NULL;
    sigv4_sign(&s, "h:8080", &r, &canonical, NULL);
    ck_assert_ptr_nonnull(strstr(canonical, "\n\nhost:h:8080\nx-a:z\nx-a-1:\nx-amz-date:20150830T"
                                            "123600Z\nx-b:2 2 x,1\n\nhost;x-a;x-a-1;x-amz-date;"
                                            "x-b\n"));
    http_request_clear(&r);
}
END_TEST

START_TEST(token_and_body)
{
    struct sigv4 s = example();
    s.session_token = "token";
    s.sign_body = true;
    struct http_request r = request_new("POST", "/", "", "Param1=value1");
    autofree char *canonical = NULL;
    sigv4_sign(&s, "h", &r, &canonical, NULL);
    ck_assert_ptr_nonnull(
        strstr(canonical, "host;x-amz-content-sha256;x-amz-date;x-amz-security-token\n"));
    ck_assert_str_eq(http_headers_get(&r.headers, "x-amz-content-sha256"),
                     "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
    ck_assert_str_eq(http_headers_get(&r.headers, "x-amz-security-token"), "token");
    http_request_clear(&r);
}
END_TEST

START_TEST(token_after_signing)
{
    struct sigv4 s = example();
    s.session_token = "token";
    s.omit_token = true;
    struct http_request r = request_new("POST", "/", "", "");
    autofree char *canonical = NULL;
    sigv4_sign(&s, "h", &r, &canonical, NULL);
    ck_assert_ptr_null(strstr(canonical, "token"));
    ck_assert_str_eq(http_headers_get(&r.headers, "x-amz-security-token"), "token");
    http_request_clear(&r);
}
END_TEST

START_TEST(a_given_payload_hash_is_used)
{
    struct sigv4 s = example();
    s.sign_body = true;
    struct http_request r = request_new("PUT", "/", "", "x");
    http_headers_add(&r.headers, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    autofree char *canonical = NULL;
    sigv4_sign(&s, "h", &r, &canonical, NULL);
    ck_assert(str_suffix(canonical, "\nUNSIGNED-PAYLOAD"));
    http_request_clear(&r);
}
END_TEST

/* What one side signs the other side verifies, and every change is noticed. */
START_TEST(verifying)
{
    struct sigv4 s = example();
    s.sign_body = true;
    struct http_request r = request_new("POST", "/a", "x=1", "body");
    sigv4_sign(&s, "h", &r, NULL, NULL);
    http_headers_add(&r.headers, "Accept", "added on the way, not signed");
    struct sigv4_claim claim;
    ck_assert(sigv4_parse_authorization(http_headers_get(&r.headers, "Authorization"), &claim));
    ck_assert_str_eq(claim.access_key, "AKIDEXAMPLE");
    ck_assert_str_eq(claim.date, "20150830");
    ck_assert_str_eq(claim.region, "us-east-1");
    ck_assert_str_eq(claim.service, "service");
    ck_assert_str_eq(claim.signed_headers, "host;x-amz-content-sha256;x-amz-date");
    char signature[65];
    sigv4_expected(&s, &r, claim.signed_headers, signature);
    ck_assert_str_eq(signature, claim.signature);
    sigv4_expected(&s, &r, "host;x-amz-content-sha256", signature);
    ck_assert_str_ne(signature, claim.signature);
    s.secret_key = "other";
    sigv4_expected(&s, &r, claim.signed_headers, signature);
    ck_assert_str_ne(signature, claim.signature);
    s = example();
    r.path[1] = 'b';
    sigv4_expected(&s, &r, claim.signed_headers, signature);
    ck_assert_str_ne(signature, claim.signature);
    sigv4_claim_clear(&claim);
    sigv4_claim_clear(&claim);
    sigv4_claim_clear(NULL);
    http_request_clear(&r);
}
END_TEST

#define SIGNATURE "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

START_TEST(malformed_authorization)
{
    static const char *const bad[] = {
        NULL,
        "",
        "Basic abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA2567 Credential=A/20150830/r/s/aws4_request, SignedHeaders=h, "
        "Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s, SignedHeaders=h, Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_requests, SignedHeaders=h, "
        "Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/2015/r/s/aws4_request, SignedHeaders=h, "
        "Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=/20150830/r/s/aws4_request, SignedHeaders=h, "
        "Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 SignedHeaders=h, Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, Signature=" SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=h",
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=h, Signature=5fa0",
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=h, Other=1, "
        "Signature=" SIGNATURE,
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct sigv4_claim claim;
        ck_assert_msg(!sigv4_parse_authorization(bad[i], &claim), "accepted: %s", bad[i]);
    }
}
END_TEST

START_TEST(repeated_and_tight_authorization)
{
    struct sigv4_claim claim;
    ck_assert(sigv4_parse_authorization(
        "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request,Credential=B/20150831/r/s/"
        "aws4_request,SignedHeaders=x,SignedHeaders=h,Signature=" SIGNATURE,
        &claim));
    ck_assert_str_eq(claim.access_key, "B");
    ck_assert_str_eq(claim.signed_headers, "h");
    sigv4_claim_clear(&claim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sha256_of_nothing,
        published_example,
        paths,
        paths_of_s3,
        queries,
        headers_are_merged_and_trimmed,
        token_and_body,
        token_after_signing,
        a_given_payload_hash_is_used,
        verifying,
        malformed_authorization,
        repeated_and_tight_authorization,
    };
    return unit_run("sigv4", tests, ARRAY_SIZE(tests));
}
