/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_state: what the credential source is made of, shared by its files and by nobody
 * else. A run first finds out where keys come from (credentials_chain.c: a base and the roles to
 * assume on top), then carries that out need by need (credentials.c); credentials_document.c reads
 * what the bases answer. */
#ifndef DRD_CREDENTIALS_STATE_H
#define DRD_CREDENTIALS_STATE_H

#include "aws/credentials.h"
#include "aws/profile.h"

enum { ROLES_MAX = 8 };

enum base { BASE_STATIC, BASE_PROCESS, BASE_WEB_IDENTITY, BASE_CONTAINER, BASE_IMDS };

struct role {
    char *arn, *external_id, *session_name; /* owned; the last two may be NULL */
    int duration_s;                         /* 0: AWS's default, an hour */
};

/* Where keys come from. */
struct plan {
    enum base base;
    char name[160];          /* "environment", "profile payments", … */
    struct credentials keys; /* BASE_STATIC */
    char *command;           /* BASE_PROCESS */
    char *token_file;        /* BASE_WEB_IDENTITY, BASE_CONTAINER (or NULL) */
    char *url;               /* BASE_CONTAINER; BASE_IMDS: up to and with the host */
    char *token;             /* BASE_CONTAINER: as given in the environment, or NULL */
    struct role web_role;    /* BASE_WEB_IDENTITY */
    struct role roles[ROLES_MAX];
    size_t n_roles;
    bool from_environment; /* reading it again changes nothing */
    bool only_guessed;     /* nobody configured it: the last resort */
};

/* What the next need is for. */
enum phase {
    PHASE_IDLE,
    PHASE_CONFIG_FILE,
    PHASE_CREDENTIALS_FILE,
    PHASE_TOKEN_FILE,
    PHASE_WEB_IDENTITY,
    PHASE_PROCESS,
    PHASE_CONTAINER,
    PHASE_IMDS_TOKEN,
    PHASE_IMDS_ROLE,
    PHASE_IMDS_KEYS,
    PHASE_ASSUME,
};

struct credentials_source {
    json_t *environment;
    char *session_name;
    struct role top; /* arn NULL: none */
    enum region region;
    struct random random;

    struct credentials keys; /* given out */
    bool have;
    bool renewable;                      /* asking again may bring other keys */
    msec_t expires, advisory, mandatory; /* boot time; NEVER for keys without an end */
    struct problem problem;
    bool failed;
    unsigned failures; /* in a row */
    msec_t again_at;   /* when to try again after a failure */
    char name[160];

    /* the run under way */
    enum phase phase;
    uint64_t id; /* of the need that is out; 0: none */
    uint64_t last_id;
    msec_t not_before;
    unsigned tries;
    json_t *profiles;
    struct plan plan;
    struct credentials got; /* so far */
    size_t n_assumed;
    char *token; /* web identity, container or IMDS */
    char *imds_role;
};

/* ---- credentials_chain.c ---- */
/* A variable's value, or NULL when it is not set or empty. */
const char *credentials_variable(const struct credentials_source *s, const char *name);
/* "$AWS_CONFIG_FILE" or where the file is by default. The caller frees. */
char *credentials_file(const struct credentials_source *s, bool config);
/* Chooses the base and the roles, once the files are read. 0, or -EINVAL with s->problem's text. */
int credentials_plan(struct credentials_source *s, struct problem *reterr) MUST_CHECK;
/* When the environment alone says it, no file need be read: 0; -ENOENT when it says nothing of
 * keys, -EINVAL with a problem when it says half. */
int credentials_plan_environment(struct credentials_source *s, struct problem *reterr) MUST_CHECK;
void credentials_plan_clear(struct plan *plan);
void credentials_wipe_text(char *text);

/* ---- credentials_document.c ---- */
enum document { DOCUMENT_PROCESS, DOCUMENT_CONTAINER, DOCUMENT_IMDS };
/* Reads keys out of JSON text. 0, or -EINVAL with a problem. */
int credentials_read_document(enum document kind, const char *text, struct credentials *ret,
                              struct problem *reterr) MUST_CHECK;
/* Reads keys out of the answer of AssumeRole and AssumeRoleWithWebIdentity. */
int credentials_read_answer(const json_t *body, struct credentials *ret,
                            struct problem *reterr) MUST_CHECK;
/* May keys be fetched from this URL: https, or plain http to this host or to AWS's own? */
bool credentials_host_allowed(const char *url);
/* Overwrites all strings within, and drops the reference. */
void credentials_wipe_json(json_t *value);

#endif
