/* SPDX-License-Identifier: Apache-2.0 */
/* The class of an error that AWS answered (declared in aws/call.h). One table: what a code means,
 * where one code means two things by a piece of its message. Codes stand without "Exception" and
 * without the "AWS.SimpleQueueService." of old SQS; both are cut off before the look-up.
 *
 * Sources: [R] botocore retries/standard.py and special.py; [M] the error shapes of the services'
 * own models; [A] recorded answers of AWS (localstack's snapshots); [T] the messages on which
 * hashicorp/terraform-provider-aws retries; [S] the SDKs' common lists of authentication errors. */
#include "aws/call.h"

struct rule {
    const char *code;    /* "*X": ends in X, "X*": begins with X */
    const char *message; /* a piece of the message, or NULL: any */
    enum aws_class class;
};

/* clang-format off */
static const struct rule rules[] = {
    /* Slow down [R]. PriorRequestNotComplete: Route 53 is at work on the same zone. */
    { "Throttling", NULL, AWS_THROTTLED },
    { "Throttled", NULL, AWS_THROTTLED },
    { "RequestThrottled", NULL, AWS_THROTTLED },
    { "KMSThrottling", NULL, AWS_THROTTLED },
    { "KmsThrottled", NULL, AWS_THROTTLED },
    { "ThrottledRequests", NULL, AWS_THROTTLED },
    { "TooManyRequests", NULL, AWS_THROTTLED },
    { "TooManyUpdates", NULL, AWS_THROTTLED },
    { "ProvisionedThroughputExceeded", NULL, AWS_THROTTLED },
    { "TransactionInProgress", NULL, AWS_THROTTLED },
    { "RequestLimitExceeded", NULL, AWS_THROTTLED },
    { "BandwidthLimitExceeded", NULL, AWS_THROTTLED },
    { "SlowDown", NULL, AWS_THROTTLED },
    { "PriorRequestNotComplete", NULL, AWS_THROTTLED },
    { "EC2Throttled", NULL, AWS_THROTTLED },
    /* Too much at once passes; too much altogether does not [M dynamodb, T #46228]. */
    { "LimitExceeded", "simultaneous", AWS_THROTTLED },
    { "LimitExceeded", "oncurrent", AWS_THROTTLED },
    { "LimitExceeded", "Rate ", AWS_THROTTLED },
    { "LimitExceeded", "rate ", AWS_THROTTLED },
    { "LimitExceeded", "Too many", AWS_THROTTLED },
    { "LimitExceeded", "Too Many", AWS_THROTTLED },
    { "LimitExceeded", NULL, AWS_QUOTA },

    /* Wrong, expired or missing keys, or a clock that is off [S]. */
    { "ExpiredToken", NULL, AWS_CREDENTIALS },
    { "InvalidToken", NULL, AWS_CREDENTIALS },
    { "TokenRefreshRequired", NULL, AWS_CREDENTIALS },
    { "InvalidClientTokenId", NULL, AWS_CREDENTIALS },
    { "UnrecognizedClient", NULL, AWS_CREDENTIALS },
    { "InvalidAccessKeyId", NULL, AWS_CREDENTIALS },
    { "SignatureDoesNotMatch", NULL, AWS_CREDENTIALS },
    { "InvalidSignature", NULL, AWS_CREDENTIALS },
    { "IncompleteSignature", NULL, AWS_CREDENTIALS },
    { "MissingAuthenticationToken", NULL, AWS_CREDENTIALS },
    { "AuthFailure", NULL, AWS_CREDENTIALS },
    { "AuthorizationHeaderMalformed", NULL, AWS_CREDENTIALS },
    { "RequestExpired", NULL, AWS_CREDENTIALS },
    { "RequestTimeTooSkewed", NULL, AWS_CREDENTIALS },
    { "RequestInTheFuture", NULL, AWS_CREDENTIALS },
    { "InvalidIdentityToken", NULL, AWS_CREDENTIALS },
    { "IDPRejectedClaim", NULL, AWS_CREDENTIALS },

    /* IAM, or the account, says no [S, M sns, lambda]. */
    { "AccessDenied*", NULL, AWS_DENIED },
    { "*AccessDenied", NULL, AWS_DENIED },
    { "Unauthorized*", NULL, AWS_DENIED },
    { "NotAuthorized", NULL, AWS_DENIED },
    { "AuthorizationError", NULL, AWS_DENIED },
    { "OptInRequired", NULL, AWS_DENIED },
    { "AllAccessDisabled", NULL, AWS_DENIED },
    { "AccountProblem", NULL, AWS_DENIED },
    { "RegionDisabled", NULL, AWS_DENIED },
    { "403", NULL, AWS_DENIED },

    /* A condition did not hold [M dynamodb, s3, route53, lambda]. */
    { "ConditionalCheckFailed", NULL, AWS_CONFLICT },
    { "TransactionCanceled", "ConditionalCheckFailed", AWS_CONFLICT },
    { "TransactionCanceled", "TransactionConflict", AWS_TRANSIENT },
    { "TransactionCanceled", "Throttl", AWS_THROTTLED },
    { "TransactionCanceled", "ProvisionedThroughputExceeded", AWS_THROTTLED },
    { "TransactionCanceled", NULL, AWS_INVALID },
    { "PreconditionFailed", NULL, AWS_CONFLICT },
    { "ConditionalRequestConflict", NULL, AWS_CONFLICT },
    { "HealthCheckVersionMismatch", NULL, AWS_CONFLICT },
    { "StaleTag", NULL, AWS_CONFLICT },
    { "DeleteConflict", NULL, AWS_CONFLICT },
    { "BucketNotEmpty", NULL, AWS_CONFLICT },
    { "HostedZoneNotEmpty", NULL, AWS_CONFLICT },
    { "HealthCheckInUse", NULL, AWS_CONFLICT },
    { "InvalidState", NULL, AWS_CONFLICT },
    { "304", NULL, AWS_CONFLICT },
    { "412", NULL, AWS_CONFLICT },
    /* One change of a record set among others, told by the message alone [A route53]. */
    { "InvalidChangeBatch", "already exists", AWS_EXISTS },
    { "InvalidChangeBatch", "was not found", AWS_NOT_FOUND },
    { "InvalidChangeBatch", "do not match", AWS_CONFLICT },

    /* Taken names, and AWS at work; Lambda and API Gateway say both with one code [A, T]. */
    { "ResourceInUse", "already exists", AWS_EXISTS },
    { "ResourceInUse", NULL, AWS_IN_PROGRESS },
    { "ResourceConflict", "already exist", AWS_EXISTS },
    { "ResourceConflict", NULL, AWS_IN_PROGRESS },
    { "Conflict", "already", AWS_EXISTS },
    { "Conflict", "oncurrent", AWS_IN_PROGRESS },
    { "Conflict", NULL, AWS_CONFLICT },
    { "BucketAlreadyOwnedByYou", NULL, AWS_EXISTS },
    { "QueueNameExists", NULL, AWS_EXISTS },
    { "*AlreadyExists", NULL, AWS_EXISTS },
    { "QueueDeletedRecently", NULL, AWS_IN_PROGRESS },
    { "PurgeQueueInProgress", NULL, AWS_IN_PROGRESS },
    { "TableInUse", NULL, AWS_IN_PROGRESS },
    { "ContinuousBackupsUnavailable", NULL, AWS_IN_PROGRESS }, /* being enabled */
    { "ResourceNotReady", NULL, AWS_IN_PROGRESS },
    { "RequestInProgress", NULL, AWS_IN_PROGRESS },
    { "OperationAborted", NULL, AWS_IN_PROGRESS },
    { "ConcurrentModification", NULL, AWS_IN_PROGRESS },
    { "ConcurrentUpdate", NULL, AWS_IN_PROGRESS },
    { "ConcurrentAccess", NULL, AWS_IN_PROGRESS },
    /* A role that is seconds old; the same code stands for real mistakes [A lambda, T]. */
    { "InvalidParameterValue", "cannot be assumed by Lambda", AWS_IN_PROGRESS },
    { "InvalidParameterValue", "execution role does not have permissions", AWS_IN_PROGRESS },

    /* AWS's own trouble [R, M]. */
    { "RequestTimeout", NULL, AWS_TRANSIENT },
    { "InternalError", NULL, AWS_TRANSIENT },
    { "InternalFailure", NULL, AWS_TRANSIENT },
    { "InternalServerError", NULL, AWS_TRANSIENT },
    { "InternalServiceError", NULL, AWS_TRANSIENT },
    { "InternalServiceFault", NULL, AWS_TRANSIENT },
    { "ServiceUnavailable", NULL, AWS_TRANSIENT },
    { "ServiceFailure", NULL, AWS_TRANSIENT },
    { "BadDigest", NULL, AWS_TRANSIENT },
    { "IDPCommunicationError", NULL, AWS_TRANSIENT },
    { "TransactionConflict", NULL, AWS_TRANSIENT },
    { "ReplicatedWriteConflict", NULL, AWS_TRANSIENT },
    { "EndpointTemporarilyUnavailable", NULL, AWS_TRANSIENT },

    /* Never [M]. The keys and paths named here are not the resource that was asked for. */
    { "UnknownOperation", NULL, AWS_INVALID },
    { "KMSNotFound", NULL, AWS_INVALID },
    { "KmsNotFound", NULL, AWS_INVALID },

    /* The account is full [M]. */
    { "*LimitExceeded", NULL, AWS_QUOTA },
    { "*QuotaExceeded", NULL, AWS_QUOTA },
    { "*LimitReached", NULL, AWS_QUOTA },
    { "CodeStorageExceeded", NULL, AWS_QUOTA },
    { "PolicyLengthExceeded", NULL, AWS_QUOTA },
    { "OverLimit", NULL, AWS_QUOTA },
    { "LimitsExceeded", NULL, AWS_QUOTA },
    { "TooMany*", NULL, AWS_QUOTA },

    /* Absence by its common names, after the operation's own list. */
    { "NoSuch*", NULL, AWS_NOT_FOUND },
    { "*NotFound", NULL, AWS_NOT_FOUND },
    { "*NotFoundError", NULL, AWS_NOT_FOUND },
    { "*DoesNotExist", NULL, AWS_NOT_FOUND },
    { "NonExistentQueue", NULL, AWS_NOT_FOUND },
    { "404", NULL, AWS_NOT_FOUND },
};
/* clang-format on */

static bool code_fits(const char *pattern, const char *code)
{
    size_t n = strlen(pattern);
    if (pattern[0] == '*')
        return str_suffix(code, pattern + 1);
    if (pattern[n - 1] == '*')
        return strncmp(code, pattern, n - 1) == 0;
    return strcmp(code, pattern) == 0;
}

static const struct rule *find_rule(const char *code, const char *message)
{
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        if (code_fits(rules[i].code, code) &&
            (rules[i].message == NULL || strstr(message, rules[i].message) != NULL))
            return &rules[i];
    return NULL;
}

static bool listed(const char *const *list, const char *code)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, code) == 0)
            return true;
    return false;
}

/* For codes that no rule knows. A 404 without a known code is INVALID, not NOT_FOUND: taking a
 * wrong path or a proxy's page for "it is not there" would make drd create things. */
static enum aws_class by_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return AWS_DENIED;
    case 408:
        return AWS_TRANSIENT;
    case 409:
    case 412:
        return AWS_CONFLICT;
    case 429:
        return AWS_THROTTLED;
    case 0:
        return AWS_UNKNOWN_OUTCOME;
    default:
        return status >= 500 ? AWS_TRANSIENT : AWS_INVALID;
    }
}

enum aws_class aws_classify(const struct operation *op, const char *code, int status,
                            const char *message)
{
    char plain[64];
    const char *dot = strrchr(code, '.');
    if (op != NULL && listed(op->not_found, code))
        return AWS_NOT_FOUND;
    str_copy(plain, sizeof plain, dot == NULL ? code : dot + 1);
    if (str_suffix(plain, "Exception"))
        plain[strlen(plain) - strlen("Exception")] = '\0';
    const struct rule *rule = find_rule(plain, message == NULL ? "" : message);
    return rule == NULL ? by_status(status) : rule->class;
}
