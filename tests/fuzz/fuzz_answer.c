/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer to any operation: two bytes choose the operation, one the status, the
 * rest is the body. Nothing crashes, every answer has a class, and a body that was accepted can be
 * written and read again. */
#include "aws/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_again(const struct operation_model *op, struct answer *answer)
{
    struct http_response response;
    struct answer again;
    bool is_error;
    codec_encode_answer(op->service, op, answer, &response);
    codec_decode_answer(op, &response, &again, &is_error);
    assert(again.class == AWS_OK || response.body_size == 0);
    answer_clear(&again);
    http_response_clear(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const int statuses[] = {
        200, 200, 200, 204, 301, 400, 403, 404, 409, 412, 429, 500, 503
    };
    if (n < 3)
        return 0;
    const struct operation_model *op =
        &operation_models[((unsigned)bytes[0] << 8 | bytes[1]) % n_operation_models];
    struct http_response response = { .status = statuses[bytes[2] % ARRAY_SIZE(statuses)],
                                      .body = xmalloc(n - 2),
                                      .body_size = n - 3 };
    struct answer answer;
    bool is_error;
    memcpy(response.body, bytes + 3, n - 3);
    response.body[n - 3] = '\0';
    codec_decode_answer(op, &response, &answer, &is_error);
    assert(json_is_object(answer.body));
    assert(answer.class == AWS_OK || answer.class == AWS_BAD_ANSWER);
    if (is_error)
        assert((unsigned)aws_classify(NULL, answer.code, answer.status, answer.message) <
               N_AWS_CLASSES);
    else if (answer.class == AWS_OK)
        read_again(op, &answer);
    answer_clear(&answer);
    http_response_clear(&response);
    return 0;
}
