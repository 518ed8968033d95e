/* SPDX-License-Identifier: Apache-2.0 */
/* dynamodb_replicas: the global part of a table: its replicas and witness, one change at a time.
 * Part of the kind dynamodb_table.
 *
 * Eventually consistent tables get and lose replicas one by one. A strongly consistent one is made
 * by a single UpdateTable that names all of them and the witness, which is possible only while the
 * table has no other replica, and comes apart the same way. A replica that went missing is made
 * again, from whichever region still has the table: no table is ever destroyed for it. A replica
 * that nobody wants is an operator's decision.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
 * (ReplicaUpdates, GlobalTableWitnessUpdates, MultiRegionConsistency),
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_MRSC.html */
#ifndef DRD_DYNAMODB_REPLICAS_H
#define DRD_DYNAMODB_REPLICAS_H

#include "reconcilers/kind.h"

/* Why AWS is at work on the table, its replicas, indexes or witness; NULL: it is not. table is the
 * "Table" of a DescribeTable. Static text. */
const char *replicas_busy(const json_t *table);
/* The next step towards the wanted replicas; false when they are all there. */
word_fn replicas_keep;
/* The next step towards a table without replicas and protection; false when it can be deleted. */
word_fn replicas_undo;
/* The home region has no table: is there one elsewhere that it can come back from, or that has to
 * go too? False when there is none. */
word_fn replicas_missing;
/* A home region that got its replica back has it without tags; another replica's tags vouch for it.
 */
word_fn replicas_vouch;
/* Arguments that name the table. */
args_fn replicas_table;

#endif
