/* SPDX-License-Identifier: Apache-2.0 */
/* once: converge one time and stop. Asks the brain for a pass as an operator would, follows the
 * operation to its end, and prints what came of it. */
#ifndef DRD_ONCE_H
#define DRD_ONCE_H

#include "daemon/shell/loop.h"

/* The exit code: 0 in sync, 2 drift or something that waits for a person, 1 an error. The report
 * goes to stdout, as a table or as one JSON document; progress to stderr when that is a terminal.
 */
int once_run(const char *config, bool observe, bool as_json, const struct log *log);

#endif
