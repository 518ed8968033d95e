/* SPDX-License-Identifier: Apache-2.0 */
/* codec_internal: what the files of the codec share with each other and with nobody else.
 * Values travel by `struct member`, because the member carries all three things that decide their
 * form on the wire: shape, wire name and timestamp format. A root has no member of its own and
 * borrows one from codec_root().
 * Problems are written from the inside out: the leaf says what is wrong, and every level that it
 * passes through on the way up puts its own name in front of the pointer (codec_under). */
#ifndef DRD_CODEC_INTERNAL_H
#define DRD_CODEC_INTERNAL_H

#include "aws/codec.h"
#include "aws/xml.h"

static inline struct member codec_root(const struct shape *shape)
{
    return (struct member){ .name = shape->name, .wire = shape->name, .shape = shape };
}

/* jansson's iterators ask for a value that may be changed, and leave it as it is. */
static inline json_t *codec_iterable(const json_t *value)
{
    const union {
        const json_t *in;
        json_t *out;
    } same = { .in = value };
    return same.out;
}

/* ---- codec.c ---- */

/* Puts "/name" in front of the problem's pointer. Returns false, so that a caller can return it. */
bool codec_under(struct problem *problem, const char *name);
bool codec_under_index(struct problem *problem, size_t index);
/* "a list", "an object", … for messages. */
const char *codec_kind(const json_t *value);
/* The first printable characters of bytes, for a message. excerpt is always terminated. */
void codec_excerpt(const char *bytes, size_t n, char excerpt[80]);
/* The wire facts of a service that its model does not tell; see the table in codec.c. */
struct codec_quirks {
    const char *service;
    bool accept_json;        /* asks for plain JSON */
    bool label_last_segment; /* "/hostedzone/Z1" is sent as "Z1" */
    bool bare_error;         /* <Error> is the root, not inside <ErrorResponse> */
    bool s3_request_id;      /* x-amz-request-id, not x-amzn-RequestId */
    bool scalar_root;        /* an answer of one string is the root element itself */
};
const struct codec_quirks *codec_quirks(const struct service_model *service);

/* ---- codec_text.c ---- */

/* Names of headers, compared without case. */
bool http_name_prefix(const char *name, const char *prefix);

/* ---- codec_value.c: scalars as text ---- */

/* The text of a scalar in a query, header, label or XML element; NULL with a problem. fallback is
 * the protocol's own format of timestamps in that place. The caller frees. */
char *codec_value_text(const struct member *m, const json_t *value, enum timestamp_format fallback,
                       struct problem *problem);
json_t *codec_value_parse(const struct member *m, const char *text, struct problem *problem);
/* The same for JSON, where numbers and booleans stand as themselves. */
json_t *codec_value_to_json(const struct member *m, const json_t *value, struct problem *problem);
json_t *codec_value_from_json(const struct member *m, const json_t *wire, struct problem *problem);

/* ---- codec_json.c: JSON bodies ---- */

json_t *codec_json_write(const struct member *m, const json_t *value, struct problem *problem);
/* strict: an unknown member is a problem (the server's side); else it is passed over. */
json_t *codec_json_read(const struct member *m, const json_t *wire, bool strict,
                        struct problem *problem);
/* Parses bounded text: size, nesting, encoding. NULL with a problem. */
json_t *codec_json_parse(const char *bytes, size_t n, struct problem *problem);

/* ---- codec_xml.c: XML bodies ---- */

/* Appends <name>…</name> for value; uri and prefix are the namespace of a root or NULL. */
bool codec_xml_write(struct buffer *out, const struct member *m, const char *name,
                     const json_t *value, struct problem *problem);
/* The members of a structure, without the element around them. */
bool codec_xml_write_members(struct buffer *out, const struct shape *shape, const json_t *value,
                             struct problem *problem);
json_t *codec_xml_read(const struct member *m, const struct xml_node *node, bool strict,
                       struct problem *problem);
/* Parses bounded text; false with a problem. An empty text is NULL and no problem. */
bool codec_xml_parse(const char *bytes, size_t n, struct xml_node **ret, struct problem *problem);

/* ---- codec_query.c: forms ---- */

bool codec_query_encode(const struct operation_model *op, const json_t *args,
                        struct http_request *ret, struct problem *problem);
json_t *codec_query_decode(const struct operation_model *op, const struct http_request *request,
                           struct problem *problem);
/* Calls back for each decoded pair. False on a broken escape, or when visit returned false. */
bool codec_query_each(const char *form, size_t n,
                      bool (*visit)(const char *key, const char *value, void *context),
                      void *context);
/* The value of one key of a form or query string, decoded, or NULL. The caller frees. */
char *codec_query_get(const char *form, size_t n, const char *key);

/* ---- codec_rest.c: labels, query strings, headers ---- */

bool codec_rest_encode(const struct operation_model *op, const json_t *args,
                       struct http_request *ret, struct problem *problem);
/* How well a request fits an operation's method and path; negative when it does not. */
int codec_rest_score(const struct operation_model *op, const struct http_request *request);
json_t *codec_rest_decode(const struct operation_model *op, const struct http_request *request,
                          struct problem *problem);
/* Members in headers and status, into or out of an answer. */
bool codec_rest_read_headers(const struct shape *shape, const struct http_headers *headers,
                             int status, json_t *into, struct problem *problem);
bool codec_rest_write_headers(const struct shape *shape, const json_t *value,
                              struct http_headers *headers, struct problem *problem);

/* ---- codec_body.c: bodies of the REST protocols ---- */

/* Appends the body of a message of this shape (an operation's input or output) and its
 * Content-Type: the payload member, or the members of the body. */
bool codec_body_write(const struct operation_model *op, const struct shape *shape,
                      const json_t *value, bool request, struct http_headers *headers,
                      struct buffer *body, struct problem *problem);
bool codec_body_read(const struct operation_model *op, const struct shape *shape, const char *bytes,
                     size_t n, bool strict, json_t *into, struct problem *problem);

/* True when a message of this shape has something to say in its body. */
bool codec_body_expected(const struct shape *shape);

/* ---- codec_error.c: errors in each protocol's form ---- */

/* Fills code, message, request id and body. False when the body is no error of this protocol;
 * problem then says what it is. */
bool codec_error_decode(const struct operation_model *op, const struct http_response *response,
                        struct answer *ret, struct problem *problem);
void codec_error_encode(const struct service_model *service, const struct operation_model *op,
                        const struct answer *answer, struct http_response *ret);

#endif
