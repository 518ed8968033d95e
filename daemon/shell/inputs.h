/* SPDX-License-Identifier: Apache-2.0 */
/* inputs: what is read before and beside AWS: the configuration, the environment, the secrets that
 * the configuration refers to. Reading only; config/ says what it means. */
#ifndef DRD_INPUTS_H
#define DRD_INPUTS_H

#include "config/topology.h"

/* 0 and *ret, or -1 and at least one problem with the file's name. */
int inputs_topology(const char *path, struct topology **ret, struct problems *reterr) MUST_CHECK;
/* {pointer: value} for all secret references; 0 and a new reference, or -1 with a problem for each
 * that cannot be read. A file's last line end is not part of the secret. */
int inputs_secrets(const struct topology *t, json_t **ret, struct problems *reterr) MUST_CHECK;

/* {NAME: value} of AWS_* and HOME. New reference. */
json_t *inputs_environment(void);
/* {"": AWS_ENDPOINT_URL, "SQS": AWS_ENDPOINT_URL_SQS, …} as aws/endpoint wants it. New reference.
 */
json_t *inputs_endpoint_urls(const json_t *environment);

#endif
