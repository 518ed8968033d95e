/* SPDX-License-Identifier: Apache-2.0 */
/* model: AWS's own service models as constant tables. aws/model/import.py trims them out of
 * botocore into one JSON file per service; aws/model/compile.py turns those into C at build time.
 * The codec, validation and the sandbox's front all read these tables and hold no knowledge of
 * single operations. This is data: what drd knows about operations beyond AWS's models (plane,
 * budget, effect) stands in aws/operation.
 *
 * JSON convention of drd for all members: AWS's member names (not wire names), blobs as base64
 * text, timestamps as integer milliseconds since 1970, everything else as itself. */
#ifndef DRD_MODEL_H
#define DRD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_type {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRING,
    SHAPE_BLOB,
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_TIMESTAMP,
};

enum location {
    IN_BODY,
    IN_URI,
    IN_QUERY,
    IN_HEADER,
    IN_HEADERS, /* a map spread over headers with a common prefix */
    IN_STATUS,
};

enum timestamp_format {
    TIME_DEFAULT, /* what the protocol and the location say */
    TIME_ISO8601,
    TIME_UNIX,
    TIME_RFC822,
};

struct shape;

struct member {
    const char *name; /* as callers write it */
    const char *wire; /* locationName, or the name itself */
    const struct shape *shape;
    enum location location;
    enum timestamp_format time_format;
    const char *xml_uri;    /* namespace of this element or NULL */
    const char *xml_prefix; /* prefix of that namespace or NULL */
    bool required, flattened, xml_attribute, idempotency_token, json_value, host_label;
};

struct shape {
    const char *name;
    enum shape_type type;
    enum timestamp_format time_format;
    /* structure: members in the model's order, which is also the order of elements in XML */
    const struct member *members;
    size_t n_members;
    const char *payload; /* the member that is the whole body, or NULL */
    /* list: element. map: key and value. Name and location of each come with it. */
    const struct member *element, *key, *value;
    bool flattened, streaming, event_stream, is_union, sensitive, document;
    /* limits: length of strings and lists, value of numbers; only where has_min / has_max */
    int64_t min, max;
    bool has_min, has_max;
    const char *const *values; /* enum values, NULL-terminated, or NULL */
    const char *pattern;       /* ECMA regular expression of a string, or NULL */
    /* wire name of the structure as a root or as an error */
    const char *xml_name, *xml_uri, *xml_prefix;
    const char *error_code; /* wire code of an error where it differs from the name, or NULL */
    int error_status;       /* 0 when the model does not say */
};

enum protocol { PROTOCOL_JSON, PROTOCOL_QUERY, PROTOCOL_REST_JSON, PROTOCOL_REST_XML };

struct service_model {
    const char *name;       /* botocore's name: "dynamodb", "resourcegroupstaggingapi" */
    const char *service_id; /* "DynamoDB", "API Gateway": what environment variables are made of */
    const char *endpoint_prefix, *signing_name;
    const char *api_version, *target_prefix, *json_version, *xml_uri;
    enum protocol protocol;
    bool query_compatible; /* awsQueryCompatible: errors carry the legacy code in a header */
};

/* How an operation's answer is continued, from botocore's paginators. Paths are JMESPath of the
 * simplest kind: member names joined by dots. */
struct pager {
    const char *const *in;   /* members of the request, NULL-terminated */
    const char *const *out;  /* members of the answer that feed them, in the same order */
    const char *more;        /* member that says whether there is more, or NULL */
    const char *const *keys; /* lists to join over the pages, NULL-terminated */
    const char *limit;       /* member of the request that bounds one page, or NULL */
};

struct operation_model {
    const char *name;
    const struct service_model *service;
    const char *method, *uri; /* uri with {labels} and perhaps a query: "/{Bucket}?versioning" */
    int status;               /* of success; 0 when the model does not say */
    const struct shape *input, *output; /* NULL when there is none */
    const char *result_wrapper;         /* query: "GetRoleResult", or NULL */
    const char *input_root, *input_uri; /* rest-xml: root element and namespace of the body */
    const struct shape *const *errors;  /* NULL-terminated, never NULL */
    const struct pager *pager;          /* or NULL */
    const char *host_prefix;            /* or NULL */
    bool checksum_required;             /* httpChecksumRequired or requestChecksumRequired */
    bool unsigned_request;              /* authtype none */
};

extern const struct service_model *const service_models[]; /* NULL-terminated */
/* Sorted by service and name; ends with name == NULL. */
extern const struct operation_model operation_models[];
extern const size_t n_operation_models;

/* NULL when the operation is not imported. Binary search; service is botocore's name. */
const struct operation_model *model_operation(const char *service, const char *operation);
const struct service_model *model_service(const char *name);
/* NULL when the structure has no such member. */
const struct member *model_member(const struct shape *structure, const char *name);

#endif
