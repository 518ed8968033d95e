/* SPDX-License-Identifier: Apache-2.0 */
/* file: reads small text files whole, with a bound. Blocking: for configuration, credentials and
 * secrets, which are small and local. */
#ifndef DRD_FILE_H
#define DRD_FILE_H

#include "daemon/base/base.h"

enum { FILE_CREDENTIALS_MAX = 1 << 20, FILE_CONFIG_MAX = 16 << 20 };

/* 0 and *ret (owned by the caller, NUL-terminated, *ret_size bytes before the NUL), or negative
 * errno: -EFBIG above max bytes, -EISDIR for a directory. A leading "~/" is the home directory. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size) MUST_CHECK;

#endif
