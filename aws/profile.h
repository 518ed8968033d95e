/* SPDX-License-Identifier: Apache-2.0 */
/* profile: reads AWS's shared config and credentials files, the INI dialect of the SDKs: sections
 * [default], [profile x] (config) or [x] (credentials), key = value, indented lines as nested
 * settings, # and ; as comments. Source: AWS SDKs reference guide, file-format. It knows no
 * meaning of any key. */
#ifndef DRD_PROFILE_H
#define DRD_PROFILE_H

#include "daemon/base/problem.h"

/* One setting and where it stands. Borrowed from the profiles. */
struct profile_value {
    const char *text; /* NULL when there is no such setting */
    const char *file;
    int line;
};

/* Adds what text says to profiles: {name: {key: {"value", "file", "line"}}}. Settings that are
 * there already are replaced. is_config: only [default] and [profile x] name profiles; other
 * sections are passed over. Returns 0, or -EINVAL with a problem that names file and line. */
int profile_read(json_t *profiles, const char *file, const char *text, bool is_config,
                 struct problem *reterr) MUST_CHECK;
bool profile_exists(const json_t *profiles, const char *name);
struct profile_value profile_get(const json_t *profiles, const char *name, const char *key);

#endif
