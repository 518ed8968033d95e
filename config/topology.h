/* SPDX-License-Identifier: Apache-2.0 */
/* topology: reads what the user wants (intent: this table, in both regions, strongly consistent)
 * and expands it into the graph of resources that AWS knows. Names, ARNs and policies are derived.
 * Pure: the text is read by the caller. */
#ifndef DRD_TOPOLOGY_H
#define DRD_TOPOLOGY_H

#include "config/graph.h"

struct topology; /* immutable and counted */

/* Reads and checks all that can be checked without asking anyone: schemas, references, derived
 * names (with the pinned account or a made-up one). file is for messages. 0 and *ret, or -EINVAL
 * and at least one problem, each with its line. */
int topology_load(const char *text, size_t size, const char *file, struct topology **ret,
                  struct problems *reterr) MUST_CHECK;
struct topology *topology_ref(struct topology *t);
void topology_unref(struct topology *t);

const struct settings *topology_settings(const struct topology *t);
const char *topology_suffix(const struct topology *t); /* "demo"; also the ownership tag's value */
enum region topology_primary(const struct topology *t);
enum region topology_secondary(const struct topology *t);
enum region topology_witness(const struct topology *t); /* REGION_NONE without one */
const json_t *topology_document(const struct topology *t);

/* Secrets are configured by reference ({"environment": NAME} or {"file": PATH}); these are the
 * references the shell must read before expansion: [{"pointer", "environment"|"file"}]. New
 * reference. */
json_t *topology_secrets(const struct topology *t);

/* The resources. account: 12 digits (bucket names and ARNs carry it). secrets: {pointer: value},
 * NULL when there are none. 0, or -EINVAL with problems: an account other than the pinned one, a
 * secret that is not known. */
int topology_expand(const struct topology *t, const char *account, const json_t *secrets,
                    struct graph *ret, struct problems *reterr) MUST_CHECK;

/* R10: what people want to know, in terms of references (see graph_resolve): {"regions", "tables",
 * "buckets", "queues", "dead_letters", "parameters", "roles", "outputs"}. New reference. */
json_t *topology_outputs(const struct topology *t, const char *account);

#endif
