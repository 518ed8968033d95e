/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int state_save(const char *path, const json_t *state)
{
    autofree char *beside = xasprintf("%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int error = json_dumpfd(state, fd, JSON_INDENT(1)) < 0 || fsync(fd) < 0 ? -EIO : 0;
    if (close(fd) < 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(beside, path) < 0)
        error = -errno;
    if (error < 0)
        (void)unlink(beside);
    return error;
}

char *state_read(const char *path)
{
    struct buffer text = { 0 };
    char part[8192];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    while (fd >= 0 && (n = read(fd, part, sizeof part)) > 0)
        buffer_add(&text, part, (size_t)n);
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (n == 0)
        return buffer_take(&text);
    buffer_clear(&text);
    errno = error;
    return NULL;
}
