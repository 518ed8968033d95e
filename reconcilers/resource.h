/* SPDX-License-Identifier: Apache-2.0 */
/* resource: the common step, which walks a kind's tables: find, create, look, own, repair one
 * thing, done; or the same backwards. A kind with a step of its own uses its parts. */
#ifndef DRD_RESOURCE_H
#define DRD_RESOURCE_H

#include "reconcilers/kind.h"

kind_step_fn resource_step;

/* The tags that say whose a resource is. */
#define TAG_ENVIRONMENT "drd:environment"
#define TAG_RESOURCE "drd:resource"

enum ownership { OWNED, UNOWNED };
/* Ours: both tags say so. live: {key: value}, or NULL for a kind without tags. */
enum ownership resource_ownership(const struct scene *scene, const json_t *live);

/* The member of want that names the resource. */
const char *resource_name(const struct scene *scene);
/* Text at a pointer into want; NULL when there is none. */
const char *resource_want(const struct scene *scene, const char *pointer);
/* Text at a pointer into a fact's body; NULL when unknown or absent. */
const char *resource_live(const struct scene *scene, const char *slot, const char *pointer);

#endif
