/* SPDX-License-Identifier: Apache-2.0 */
/* The services of this cloud, one line each. */
#include "tests/sandbox/service.h"

extern const struct service service_dynamodb, service_iam, service_s3, service_sqs, service_ssm,
    service_sts;

const struct service *const services[] = {
    &service_dynamodb, &service_iam, &service_s3, &service_sqs, &service_ssm, &service_sts, NULL,
};
