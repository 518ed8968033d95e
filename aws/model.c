/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model.h"

#include <string.h>

static int compare(const char *service, const char *operation, const struct operation_model *m)
{
    int order = strcmp(service, m->service->name);
    return order != 0 ? order : strcmp(operation, m->name);
}

const struct operation_model *model_operation(const char *service, const char *operation)
{
    size_t low = 0, high = n_operation_models;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(service, operation, &operation_models[middle]);
        if (order == 0)
            return &operation_models[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct service_model *model_service(const char *name)
{
    for (size_t i = 0; service_models[i] != NULL; i++)
        if (strcmp(service_models[i]->name, name) == 0)
            return service_models[i];
    return NULL;
}

const struct member *model_member(const struct shape *structure, const char *name)
{
    for (size_t i = 0; i < structure->n_members; i++)
        if (strcmp(structure->members[i].name, name) == 0)
            return &structure->members[i];
    return NULL;
}
