/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model.h"
#include "tests/unit/unit.h"

START_TEST(test_operations_are_sorted_and_found)
{
    ck_assert_uint_gt(n_operation_models, 230);
    for (size_t i = 0; i < n_operation_models; i++) {
        const struct operation_model *m = &operation_models[i];
        ck_assert_ptr_eq(model_operation(m->service->name, m->name), m);
        ck_assert_ptr_nonnull(m->errors);
        ck_assert_ptr_eq(model_service(m->service->name), m->service);
        if (m->pager == NULL)
            continue;
        for (size_t k = 0; m->pager->in[k] != NULL; k++) {
            ck_assert_ptr_nonnull(model_member(m->input, m->pager->in[k]));
            ck_assert_ptr_nonnull(model_member(m->output, m->pager->out[k]));
        }
    }
    ck_assert_ptr_null(operation_models[n_operation_models].name);
    ck_assert_ptr_null(model_operation("sqs", "MakeTea"));
    ck_assert_ptr_null(model_operation("aaa", "CreateQueue"));
    ck_assert_ptr_null(model_operation("zzz", "CreateQueue"));
    ck_assert_ptr_null(model_service("ec2"));
}
END_TEST

START_TEST(test_what_the_tables_say)
{
    const struct operation_model *create = model_operation("sqs", "CreateQueue");
    ck_assert_int_eq(create->service->protocol, PROTOCOL_JSON);
    ck_assert_str_eq(create->service->json_version, "1.0");
    ck_assert(create->service->query_compatible);
    const struct member *name = model_member(create->input, "QueueName");
    ck_assert(name->required);
    ck_assert_int_eq(name->shape->type, SHAPE_STRING);
    ck_assert_ptr_null(model_member(create->input, "Nope"));

    const struct operation_model *bucket = model_operation("s3", "PutBucketVersioning");
    ck_assert(bucket->checksum_required);
    ck_assert_str_eq(bucket->uri, "/{Bucket}?versioning");
    ck_assert_str_eq(bucket->input->payload, "VersioningConfiguration");
    ck_assert_int_eq(model_member(bucket->input, "Bucket")->location, IN_URI);

    const struct operation_model *list = model_operation("s3", "ListObjectVersions");
    ck_assert_str_eq(list->pager->in[1], "VersionIdMarker");
    ck_assert(model_member(list->output, "Versions")->flattened);

    const struct operation_model *role = model_operation("iam", "GetRole");
    ck_assert_int_eq(role->service->protocol, PROTOCOL_QUERY);
    ck_assert_str_eq(role->result_wrapper, "GetRoleResult");
    ck_assert_str_eq(role->errors[0]->error_code, "NoSuchEntity");
    ck_assert_int_eq(role->errors[0]->error_status, 404);

    ck_assert_int_eq(model_service("cloudwatch")->protocol, PROTOCOL_JSON);
    ck_assert_str_eq(model_service("cloudwatch")->signing_name, "monitoring");
    ck_assert(model_operation("sts", "AssumeRoleWithWebIdentity")->unsigned_request);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_operations_are_sorted_and_found, test_what_the_tables_say };
    return unit_run("model", tests, ARRAY_SIZE(tests));
}
