/* SPDX-License-Identifier: Apache-2.0 */
/* sqs: what the parts of the sandbox's SQS share. sqs.c has queues, attributes and tags;
 * sqs_messages.c messages and their way to dead-letter queues, sqs_moves.c their way back. State is
 * {"queues": {name: {"attributes", "tags", "messages", "created", "modified"}}, "deleted": {name:
 * until}, "moves": [task]}. ReceiveMessage never waits: long polling answers at once. */
#ifndef DRD_SANDBOX_SQS_H
#define DRD_SANDBOX_SQS_H

#include "tests/sandbox/service.h"

/* The queue of QueueUrl; NULL and *ret filled when there is none. */
json_t *sqs_queue(struct request *r, struct answer *ret);
/* The queue of an ARN in this region and account, or NULL. */
json_t *sqs_queue_by_arn(const struct request *r, const char *arn);
/* The caller frees. */
char *sqs_arn(const struct request *r, const char *name);
/* The number an attribute holds. */
json_int_t sqs_number(const json_t *queue, const char *attribute);
bool sqs_fifo(const json_t *queue);
/* The attribute's JSON, parsed; NULL when it is not set. New. */
json_t *sqs_redrive(const json_t *queue);
/* Drops what is older than the retention period. */
void sqs_expire(json_t *queue, struct now now);
/* Messages that are visible, delayed and in flight. */
void sqs_count(const json_t *queue, struct now now, size_t counts[3]);

/* Lets the running message move tasks of all regions go on. */
void sqs_move_on(struct cloud *c, struct now now);

service_run_fn sqs_cancel_move, sqs_delete_message, sqs_list_moves, sqs_receive, sqs_send,
    sqs_start_move;

#endif
