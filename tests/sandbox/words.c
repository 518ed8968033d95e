/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/words.h"

#include <stdio.h>

static const struct words {
    const char *service;
    const char *invalid;
    const char *denied;
    int denied_status;
    const char *throttled, *slower;
    int throttled_status;
} table[] = {
    { "acm", "ValidationException", "AccessDeniedException", 400, "ThrottlingException",
      "Rate exceeded", 400 },
    { "apigateway", "BadRequestException", "AccessDeniedException", 403, "TooManyRequestsException",
      "Too Many Requests", 429 },
    { "cloudwatch", "ValidationError", "AccessDenied", 403, "Throttling", "Rate exceeded", 400 },
    { "dynamodb", "ValidationException", "AccessDeniedException", 400, "ThrottlingException",
      "Rate exceeded", 400 },
    { "iam", "ValidationError", "AccessDenied", 403, "Throttling", "Rate exceeded", 400 },
    { "lambda", "ValidationException", "AccessDeniedException", 403, "TooManyRequestsException",
      "Rate exceeded", 429 },
    { "logs", "InvalidParameterException", "AccessDeniedException", 400, "ThrottlingException",
      "Rate exceeded", 400 },
    { "route53", "InvalidInput", "AccessDenied", 403, "Throttling", "Rate exceeded", 400 },
    { "s3", "InvalidRequest", "AccessDenied", 403, "SlowDown", "Please reduce your request rate.",
      503 },
    { "sns", "InvalidParameter", "AuthorizationError", 403, "Throttling", "Rate exceeded", 400 },
    { "sqs", "InvalidParameterValueException", "AccessDeniedException", 403, "RequestThrottled",
      "Request is throttled.", 403 },
    { "ssm", "ValidationException", "AccessDeniedException", 400, "ThrottlingException",
      "Rate exceeded", 400 },
    { "sts", "ValidationError", "AccessDenied", 403, "Throttling", "Rate exceeded", 400 },
    { NULL, "ValidationException", "AccessDeniedException", 400, "ThrottlingException",
      "Rate exceeded", 400 }, /* everything else */
};

static const struct words *words_of(const char *service)
{
    const struct words *w = table;
    while (w->service != NULL && strcmp(w->service, service) != 0)
        w++;
    return w;
}

/* The shape and value that a JSON pointer leads to; the value is NULL when it is missing. */
static const struct shape *walk(const struct shape *shape, const json_t **value,
                                const char *pointer)
{
    while (shape != NULL && *pointer == '/') {
        size_t n = strcspn(++pointer, "/");
        autofree char *name = xstrndup(pointer, n);
        pointer += n;
        const struct member *member = NULL;
        if (shape->type == SHAPE_STRUCTURE)
            member = model_member(shape, name);
        else if (shape->type == SHAPE_LIST)
            member = shape->element;
        else if (shape->type == SHAPE_MAP)
            member = shape->value;
        *value = shape->type == SHAPE_LIST ? json_array_get(*value, strtoul(name, NULL, 10))
                                           : json_object_get(*value, name);
        shape = member == NULL ? NULL : member->shape;
    }
    return shape;
}

static void add_enum(struct buffer *out, const char *const *values)
{
    buffer_str(out, "Member must satisfy enum value set: [");
    for (const char *const *v = values; *v != NULL; v++)
        buffer_printf(out, "%s%s", v == values ? "" : ", ", *v);
    buffer_str(out, "]");
}

static bool in_enum(const char *const *values, const char *text)
{
    for (; *values != NULL; values++)
        if (strcmp(*values, text) == 0)
            return true;
    return false;
}

/* The constraint a value breaks, in AWS's words; false when the model's limits do not say. */
static bool constraint(const struct shape *shape, const json_t *value, struct buffer *out)
{
    const char *text = json_string_value(value);
    bool number = json_is_integer(value);
    json_int_t size = number                 ? json_integer_value(value)
                      : text != NULL         ? (json_int_t)strlen(text)
                      : json_is_array(value) ? (json_int_t)json_array_size(value)
                                             : (json_int_t)json_object_size(value);
    const char *measure = number ? "value" : "length";
    if (shape == NULL)
        return false;
    if (value == NULL)
        buffer_str(out, "Member must not be null");
    else if (text != NULL && shape->values != NULL && !in_enum(shape->values, text))
        add_enum(out, shape->values);
    else if (shape->has_min && size < shape->min)
        buffer_printf(out, "Member must have %s greater than or equal to %lld", measure,
                      (long long)shape->min);
    else if (shape->has_max && size > shape->max)
        buffer_printf(out, "Member must have %s less than or equal to %lld", measure,
                      (long long)shape->max);
    else if (text != NULL && shape->pattern != NULL)
        buffer_printf(out, "Member must satisfy regular expression pattern: %s", shape->pattern);
    else
        return false;
    return true;
}

/* "/Tags/0/Key" as AWS writes it: "tags.1.member.key" is beyond us; "tags.0.key" it is. */
static char *member_path(const char *pointer)
{
    char *path = xstrdup(*pointer == '/' ? pointer + 1 : pointer);
    for (char *p = path; *p != '\0'; p++) {
        if ((p == path || p[-1] == '.') && *p >= 'A' && *p <= 'Z')
            *p = (char)(*p | 0x20);
        if (*p == '/')
            *p = '.';
    }
    return path;
}

struct answer words_invalid(const struct operation *op, const struct problem *problem,
                            const json_t *args)
{
    const struct words *words = words_of(op->service);
    const json_t *value = args;
    const struct shape *shape = walk(operation_model(op)->input, &value, problem->pointer);
    autofree char *path = member_path(problem->pointer);
    const char *last = strrchr(problem->pointer, '/');
    if (strcmp(op->service, "sqs") == 0 && last != NULL) {
        if (str_prefix(problem->pointer, "/Attributes/"))
            return answer_error(AWS_INVALID, "InvalidAttributeName", 400, "Unknown Attribute %s.",
                                last + 1);
        if (str_prefix(problem->pointer, "/AttributeNames/") && json_is_string(value))
            return answer_error(AWS_INVALID, "InvalidAttributeName", 400, "Unknown Attribute %s.",
                                json_string_value(value));
        if (value == NULL && shape != NULL)
            return answer_error(AWS_INVALID, "MissingRequiredParameterException", 400,
                                "The request must contain the parameter %s.", last + 1);
    }
    /* What a document lacks is S3's schema's to say; only the members beside it have names. */
    if (strcmp(op->service, "s3") == 0 && value == NULL && last > problem->pointer)
        return answer_error(AWS_INVALID, "MalformedXML", 400,
                            "The XML you provided was not well-formed or did not validate against "
                            "our published schema");
    struct buffer broken = { 0 };
    if (!constraint(shape, value, &broken))
        buffer_str(&broken, problem->text);
    const char *text = json_string_value(value);
    autofree char *quoted = text == NULL ? xstrdup("") : xasprintf("'%.100s' ", text);
    struct answer answer = answer_error(
        AWS_INVALID, words->invalid, 400,
        "1 validation error detected: Value %sat '%s' failed to satisfy constraint: %s", quoted,
        path, broken.text);
    buffer_clear(&broken);
    return answer;
}

struct answer words_denied(const struct operation *op, const char *message)
{
    const struct words *words = words_of(op->service);
    return answer_error(AWS_DENIED, words->denied, words->denied_status, "%s", message);
}

struct answer words_throttled(const struct operation *op)
{
    const struct words *words = words_of(op->service);
    return answer_error(AWS_THROTTLED, words->throttled, words->throttled_status, "%s",
                        words->slower);
}

/* The same refusal by another name: JSON services, query services, S3. */
static const char *const synonyms[][3] = {
    { "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId" },
    { "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch" },
    { "SignatureExpired", "SignatureDoesNotMatch", "RequestTimeTooSkewed" },
    { "ExpiredTokenException", "ExpiredToken", "ExpiredToken" },
    { "MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied" },
    { "IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed" },
    { "XAmzContentSHA256Mismatch", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch" },
};

struct answer words_unauthenticated(const struct service_model *service, const char *code,
                                    const char *format, ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t form = strcmp(service->name, "s3") == 0         ? 2
                  : service->protocol == PROTOCOL_QUERY    ? 1
                  : service->protocol == PROTOCOL_REST_XML ? 1
                                                           : 0;
    const char *said = code;
    for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
        if (strcmp(synonyms[i][0], code) == 0)
            said = synonyms[i][form];
    if (form == 0 &&
        (strcmp(said, "SignatureExpired") == 0 || strcmp(said, "XAmzContentSHA256Mismatch") == 0))
        said = "InvalidSignatureException";
    bool json = form == 0 && service->protocol == PROTOCOL_JSON;
    return answer_error(AWS_CREDENTIALS, said, json ? 400 : 403, "%s", message);
}
