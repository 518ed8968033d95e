/* SPDX-License-Identifier: Apache-2.0 */
/* call and answer: the only things that decisions know of AWS. A call says what is wanted of AWS,
 * an answer what came of it, with a class that code branches on and the code and message that
 * people read. */
#ifndef DRD_CALL_H
#define DRD_CALL_H

#include "aws/operation.h"
#include "daemon/base/base.h"
#include "daemon/base/time.h"

#define AWS_CLASSES(X)                                                                             \
    X(OK, "ok")                                                                                    \
    X(NOT_FOUND, "not_found")                                                                      \
    X(EXISTS, "exists")           /* the name is taken */                                          \
    X(IN_PROGRESS, "in_progress") /* AWS is at work on it; look again later */                     \
    X(CONFLICT, "conflict")       /* a condition failed: If-Match, version, expression */          \
    X(THROTTLED, "throttled")                                                                      \
    X(DENIED, "denied")                   /* IAM says no */                                        \
    X(CREDENTIALS, "credentials")         /* absent, expired or wrong keys */                      \
    X(INVALID, "invalid")                 /* AWS will never accept this request */                 \
    X(QUOTA, "quota")                     /* a limit of the account; waiting rarely helps */       \
    X(TRANSIENT, "transient")             /* failed, and certainly without effect or harmless */   \
    X(UNKNOWN_OUTCOME, "unknown_outcome") /* sent, no answer: it may have happened */              \
    X(BAD_ANSWER, "bad_answer")           /* an answer that is not what the model says */          \
    X(REFUSED, "refused") /* drd itself refused to send it: observe mode, deadline */

enum aws_class {
#define X(id, name) AWS_##id,
    AWS_CLASSES(X)
#undef X
        N_AWS_CLASSES
};

enum retry {
    RETRY_FULL,   /* idempotent: try again until the deadline */
    RETRY_UNSENT, /* only when nothing has left this host */
    RETRY_NEVER,  /* once, on a fresh connection: compare-and-swap */
};

/* Ascending: the budget's reserve is for failover alone. */
enum priority { PRIORITY_BACKGROUND, PRIORITY_NORMAL, PRIORITY_OPERATOR, PRIORITY_FAILOVER };

struct call {
    const struct operation *op;
    enum region region;
    json_t *args; /* owned; see aws/model.h for the convention */
    char *slot;   /* owned; fact key, unique within its resource: "policy:logs" */
    enum retry retry;
    enum priority priority;
    bool begun;         /* goes on with work that was begun: before calls that only begin some */
    msec_t deadline;    /* boot time; 0: the client's default */
    unsigned max_pages; /* 0: all of them, as far as the client's bound goes */
};

struct call_list {
    struct call *items;
    size_t n;
};

struct answer {
    uint64_t call; /* the id under which the call was made */
    enum aws_class class;
    int status;   /* HTTP status; 0 when there was none */
    json_t *body; /* owned; on errors {"message": …} and what the model's error shape carries */
    char code[64], request_id[80], message[256];
    msec_t retry_after; /* what AWS asked for; 0: nothing */
    unsigned attempts;
    struct now sent, received;
};

/* Takes args; slot is copied and defaults to the operation's name when NULL. RETRY_FULL,
 * PRIORITY_NORMAL, no deadline. An operation that is not in the catalogue is a bug. */
struct call call_new(const char *service_colon_name, enum region region, json_t *args,
                     const char *slot);
struct call call_copy(const struct call *call);
void call_clear(struct call *call);
void call_list_add(struct call_list *list, struct call call);
void call_list_clear(struct call_list *list);

void answer_clear(struct answer *answer);
struct answer answer_copy(const struct answer *answer);
/* Fills class, code, status and message; the code is cut at its size. */
struct answer answer_error(enum aws_class class, const char *code, int status, const char *format,
                           ...) PRINTF(4, 5);
struct answer answer_ok(json_t *body);
/* Cuts text at the field's size, between characters, so that it stays UTF-8. */
void answer_set_message(struct answer *answer, const char *text);

const char *aws_class_name(enum aws_class class);
/* N_AWS_CLASSES when the name is unknown. */
enum aws_class aws_class_parse(const char *name);
/* The class of an error that AWS answered. Sources: the SDKs' retry tables and each service's
 * error list (docs/architecture.md, "Error classes"). message decides where one code means two
 * things (Lambda's InvalidParameterValueException for a role that is too fresh); it may be NULL. */
enum aws_class aws_classify(const struct operation *op, const char *code, int status,
                            const char *message);
/* True when trying the same call again may help by itself. */
bool aws_class_retryable(enum aws_class class);

#endif
