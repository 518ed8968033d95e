/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { BACKLOG = 32 };

int listen_inherited(const char *name)
{
    char **names = NULL;
    int found = -1, n = sd_listen_fds_with_names(0, &names);
    for (int i = 0; i < n; i++) {
        if (found < 0 && str_eq(names[i], name))
            found = SD_LISTEN_FDS_START + i;
        free(names[i]);
    }
    free(names);
    return found;
}

/* ---- Unix ---- */

static int refuse(struct problem *p, const char *path, int error, const char *text,
                  const char *remedy)
{
    str_copy(p->file, sizeof p->file, path);
    problem_set(p, "/settings/control_socket", "%s", text);
    problem_remedy(p, "%s", remedy);
    return -error;
}

/* Somebody answers there: a live drd. Nobody: the file is what a killed one left. */
static int make_way(const struct sockaddr_un *address, struct problem *reterr)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st) < 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return refuse(reterr, path, EEXIST, "there is a file that is no socket",
                      "Name another control socket, or remove the file");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    bool alive = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                 errno == EAGAIN;
    (void)close(fd);
    if (alive)
        return refuse(reterr, path, EADDRINUSE, "another drd listens there",
                      "Stop it, or give this one a control socket of its own");
    (void)unlink(path);
    return 0;
}

static int bind_unix(int fd, const struct sockaddr_un *address, struct problem *reterr)
{
    const char *path = address->sun_path;
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        chmod(path, 0666) == 0 && listen(fd, BACKLOG) == 0)
        return 0;
    int error = errno;
    return refuse(reterr, path, error, strerror(error),
                  "The directory must exist and be writable for the user that drd runs as");
}

int listen_unix(const char *path, int *ret, struct problem *reterr)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return refuse(reterr, path, ENAMETOOLONG, "the path is too long for a socket",
                      "Use at most 107 characters");
    str_copy(address.sun_path, sizeof address.sun_path, path);
    int rc = make_way(&address, reterr);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    rc = bind_unix(fd, &address, reterr);
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

/* ---- TCP ---- */

static int refuse_address(struct problem *p, const char *address, int error, const char *text)
{
    problem_set(p, "/settings/metrics_listen", "cannot listen on \"%s\": %s", address, text);
    problem_remedy(p, "Write a numeric address of this host and a free port: \"127.0.0.1:9464\"");
    return -error;
}

/* Splits "host:port" or "[host]:port". */
static int resolve(const char *address, struct addrinfo **ret)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL)
        return EAI_NONAME;
    size_t n = (size_t)(colon - address);
    bool bracketed = n >= 2 && address[0] == '[' && address[n - 1] == ']';
    autofree char *host = bracketed ? xstrndup(address + 1, n - 2) : xstrndup(address, n);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    return getaddrinfo(host, colon + 1, &hints, ret);
}

static int open_tcp(const struct addrinfo *ai, int *ret)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int error = errno;
        (void)close(fd);
        return -error;
    }
    *ret = fd;
    return 0;
}

int listen_tcp(const char *address, int *ret, struct problem *reterr)
{
    struct addrinfo *found = NULL;
    int rc = resolve(address, &found);
    if (rc != 0)
        return refuse_address(reterr, address, EINVAL, gai_strerror(rc));
    rc = open_tcp(found, ret);
    freeaddrinfo(found);
    return rc < 0 ? refuse_address(reterr, address, -rc, strerror(-rc)) : 0;
}

int listen_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) < 0)
        return -errno;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}
