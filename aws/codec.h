/* SPDX-License-Identifier: Apache-2.0 */
/* codec: call and answer ⇄ HTTP messages, for every protocol and in both directions. The client's
 * side (request out, answer in) is what drd speaks; the server's side (request in, answer out) is
 * what the sandbox speaks. Driven by aws/model alone: no operation is named here. Knows nothing of
 * hosts, signatures or connections. */
#ifndef DRD_CODEC_H
#define DRD_CODEC_H

#include "aws/call.h"
#include "aws/model.h"
#include "daemon/base/problem.h"

/* Bodies beyond these are refused unread: the largest answer that drd asks for is a page of lists
 * or an object of its own, the largest request is a Lambda function's code. */
enum { CODEC_ANSWER_MAX = 16 << 20, CODEC_REQUEST_MAX = 80 << 20 };

struct http_header {
    char *name, *value; /* owned */
};

struct http_headers {
    struct http_header *items;
    size_t n;
};

struct http_request {
    char method[8];
    char *path;  /* owned; percent-encoded once, as it goes on the wire; starts with "/" */
    char *query; /* owned; encoded, without "?"; "" when there is none */
    struct http_headers headers;
    char *body; /* owned; NUL-terminated for convenience, body_size counts */
    size_t body_size;
};

struct http_response {
    int status;
    struct http_headers headers;
    char *body;
    size_t body_size;
};

void http_headers_add(struct http_headers *h, const char *name, const char *format, ...)
    PRINTF(3, 4);
/* The first value of the name, compared without case, or NULL. Borrowed. */
const char *http_headers_get(const struct http_headers *h, const char *name);
void http_headers_clear(struct http_headers *h);
void http_request_clear(struct http_request *r);
void http_response_clear(struct http_response *r);

/* ---- the client's side ---- */

/* Writes the request for an operation. args is checked for what the encoding itself needs (a
 * missing label, a wrong type); full validation is aws/validate's. Returns 0, or -EINVAL with the
 * problem filled (pointer into args). S3's bucket stays in the path: aws/endpoint moves it into
 * the host where AWS wants it there. */
int codec_encode_request(const struct operation_model *op, const json_t *args,
                         struct http_request *ret, struct problem *reterr) MUST_CHECK;
/* Reads an answer into body, code, request_id, message, status and retry_after; class is OK or
 * BAD_ANSWER or, for an error, left to aws_classify by the caller through *is_error.
 * Never fails: what cannot be read is BAD_ANSWER with a message that says where. */
void codec_decode_answer(const struct operation_model *op, const struct http_response *response,
                         struct answer *ret, bool *ret_is_error);

/* ---- the server's side ---- */

/* Which operation a request asks for: by X-Amz-Target, by Action, or by method and path among the
 * service's operations. NULL when none fits. */
const struct operation_model *codec_match_request(const struct service_model *service,
                                                  const struct http_request *request);
int codec_decode_request(const struct operation_model *op, const struct http_request *request,
                         json_t **ret_args, struct problem *reterr) MUST_CHECK;
/* answer->class OK: body is encoded as the operation's output. Otherwise code, message, status and
 * body become the protocol's error form. op may be NULL for errors before the operation is known;
 * service says the protocol then. */
void codec_encode_answer(const struct service_model *service, const struct operation_model *op,
                         const struct answer *answer, struct http_response *ret);

/* RFC 3986 percent-encoding; keep_slash leaves "/" as it is. The caller frees. */
char *codec_percent_encode(const char *text, bool keep_slash);
/* Bytes may hold NUL; *ret_size counts them. False on a broken escape. plus_is_space for forms. */
bool codec_percent_decode(const char *text, size_t n, bool plus_is_space, char **ret,
                          size_t *ret_size);
char *codec_base64_encode(const void *bytes, size_t n);
/* NULL when text is not base64. The caller frees; the result carries a NUL behind its bytes. */
char *codec_base64_decode(const char *text, size_t *ret_size);

#endif
