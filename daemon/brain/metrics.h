/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: the status, in Prometheus's text format. Pure and without state: whatever status says,
 * the metrics say too. Ages are given as ages, so a page that stops moving shows. */
#ifndef DRD_METRICS_H
#define DRD_METRICS_H

#include "daemon/base/base.h"

/* status: the reply to the command "status", with the client's counters under "client" when the
 * shell has put them there. The caller frees. */
char *metrics_render(const json_t *status) __attribute__((returns_nonnull));

/* For docs/metrics.md: the rows that have one value, ends with name == NULL. */
struct metric {
    const char *name, *type, *pointer, *help;
    double scale; /* of the number at pointer; milliseconds become seconds */
};
extern const struct metric metric_rows[];

#endif
