/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *expand_home(const char *path)
{
    const char *home = getenv("HOME");
    if (!str_prefix(path, "~/") || home == NULL)
        return xstrdup(path);
    return xasprintf("%s%s", home, path + 1);
}

/* Reads to the end rather than trusting st_size: credentials may come through a pipe. */
static int read_all(int fd, size_t max, struct buffer *b)
{
    char chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        if (b->used + (size_t)n > max)
            return -EFBIG;
        buffer_add(b, chunk, (size_t)n);
    }
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size)
{
    autofree char *name = expand_home(path);
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    struct buffer b = { 0 };
    int rc = read_all(fd, max, &b);
    (void)close(fd);
    if (rc < 0) {
        buffer_clear(&b);
        return rc;
    }
    *ret_size = b.used;
    *ret = buffer_take(&b);
    return 0;
}
