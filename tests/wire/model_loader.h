/* SPDX-License-Identifier: Apache-2.0 */
/* model_loader: reads a botocore service model (JSON) into the tables of aws/model.h at run time,
 * for suites that bring small models of their own. aws/model/compile.py does the same at build
 * time for the models that drd ships. */
#ifndef DRD_MODEL_LOADER_H
#define DRD_MODEL_LOADER_H

#include "aws/model.h"
#include "daemon/base/base.h"

struct loaded_model {
    const json_t *document; /* borrowed: all names point into it */
    struct service_model service;
    struct shape *shapes;
    size_t n_shapes;
    struct member *members;
    size_t n_members;
};

void loaded_model_init(struct loaded_model *m, const json_t *document);
void loaded_model_clear(struct loaded_model *m);
/* The operation as one case gives it: {"name", "http", "input", "output", "errors"}. errors is an
 * array of the caller's with room for n pointers. */
struct operation_model loaded_operation(const struct loaded_model *m, const json_t *given,
                                        const struct shape **errors, size_t n);

#endif
