/* SPDX-License-Identifier: Apache-2.0 */
/* intent: every key of the configuration, as one table of schemas. Nothing here acts; topology
 * reads what the table let through, and drd-docs prints the table for people and for editors. */
#ifndef DRD_INTENT_H
#define DRD_INTENT_H

#include "config/schema.h"

extern const struct schema intent_schema[];

#endif
