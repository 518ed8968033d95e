/* SPDX-License-Identifier: Apache-2.0 */
/* grants: the least IAM policy that drd needs for a topology, made from the same tables that it
 * works with: the operations of each kind, the catalogue's actions and ARNs, the resources of the
 * graph. Nothing is listed by hand, so nothing can be forgotten or left over. */
#ifndef DRD_GRANTS_H
#define DRD_GRANTS_H

#include "config/graph.h"

enum grants_mode {
    GRANTS_OBSERVE,   /* reads only */
    GRANTS_RECONCILE, /* and every change that keeping the topology may take */
    GRANTS_FAILOVER,  /* the data plane only: what moving traffic may use */
};

/* False when the name is none of observe, reconcile, failover. */
bool grants_mode_parse(const char *name, enum grants_mode *ret);
/* An IAM policy document: {"Version", "Statement": […]}. New reference. */
json_t *grants_policy(enum grants_mode mode, const struct graph *graph, const char *account);

#endif
