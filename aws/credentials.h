/* SPDX-License-Identifier: Apache-2.0 */
/* credentials: finds keys and keeps them fresh, as a pure machine. It asks for files, processes,
 * local HTTP and STS calls as effects and is told the results; it never touches any of them.
 * Order: environment, profile (static, role_arn with source_profile or credential_source,
 * credential_process), web identity, container, IMDSv2. The first that is configured must work or
 * fail loudly: there is no falling through on error. Refresh is tried from 15 minutes before the
 * end (advisory); from 10 minutes before it callers wait for the refresh under way (mandatory), as
 * in botocore. Unlike there, when it fails the keys at hand serve until they really end. Keys from
 * instance metadata serve beyond that while the metadata service is out. */
#ifndef DRD_CREDENTIALS_H
#define DRD_CREDENTIALS_H

#include "aws/call.h"
#include "aws/codec.h"
#include "daemon/base/problem.h"
#include "daemon/base/random.h"

struct credentials {
    char access_key[128], secret_key[256];
    char *session_token; /* owned; NULL when there is none */
    char account[16];    /* "" when the source does not say */
    wall_t expires;      /* .ms == 0: never */
};

void credentials_clear(struct credentials *c); /* wipes */
struct credentials credentials_copy(const struct credentials *c);

/* What the machine wants done. Each carries an id, under which the result comes back. */
enum credentials_need_kind { NEED_FILE, NEED_PROCESS, NEED_HTTP, NEED_CALL };
struct credentials_need {
    enum credentials_need_kind kind;
    uint64_t id;
    char *path;         /* NEED_FILE; "~" stands for the home directory */
    char *command;      /* NEED_PROCESS: split by spaces and quotes, never run by a shell */
    char *url, *method; /* NEED_HTTP: link-local and loopback only */
    struct http_headers *headers; /* NEED_HTTP */
    msec_t timeout;
    struct call call;               /* NEED_CALL: sts:AssumeRole, sts:AssumeRoleWithWebIdentity */
    const struct credentials *with; /* NEED_CALL: keys to sign with; NULL: unsigned */
};

struct credentials_source; /* the machine */

/* environment: an object of variables, NAME to value; only AWS_* and HOME are read. Copied. */
struct credentials_source *credentials_source_new(const json_t *environment,
                                                  const char *session_name);
void credentials_source_free(struct credentials_source *s);
/* For jitter, so that many daemons do not renew together. */
void credentials_source_seed(struct credentials_source *s, uint64_t seed);
/* Before the first step. Assume this role on top of what the chain finds (drd's roles for observe,
 * reconcile, failover); NULL for none. region is the STS to ask. */
void credentials_source_assume(struct credentials_source *s, const char *role_arn,
                               const char *external_id, enum region region);

/* True and *ret borrowed until the next step, when usable keys are at hand. */
bool credentials_source_get(const struct credentials_source *s, struct now now,
                            const struct credentials **ret);
/* Starts or goes on with what is due; appends needs that the caller must carry out. */
void credentials_source_step(struct credentials_source *s, struct now now,
                             struct credentials_need **needs, size_t *n);
void credentials_need_clear(struct credentials_need *need);
/* The result of a need: text of file, process output, HTTP body (status beside it), or an answer.
 */
void credentials_source_text(struct credentials_source *s, uint64_t id, int error, int status,
                             const char *text, struct now now);
void credentials_source_answer(struct credentials_source *s, uint64_t id,
                               const struct answer *answer, struct now now);
/* AWS says that these keys have expired. When they are the ones at hand and can be renewed, they
 * are not given out again before they have been. */
void credentials_source_expired(struct credentials_source *s, const struct credentials *used,
                                struct now now);
/* When to call step again (boot time; NEVER when nothing is pending). */
msec_t credentials_source_next(const struct credentials_source *s, struct now now);
/* Why there are no keys, in words for a person; NULL while still looking or when all is well. */
const struct problem *credentials_source_problem(const struct credentials_source *s);
/* "environment", "profile payments", "container", "imds", …; static or owned by the source. */
const char *credentials_source_name(const struct credentials_source *s);

#endif
