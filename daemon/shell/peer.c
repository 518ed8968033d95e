/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SPACE = 16384, GROUPS_MAX = 1024 };

static bool group_id(const char *name, gid_t *ret)
{
    autofree char *space = xmalloc(NAME_SPACE);
    struct group group, *found = NULL;
    if (name[0] == '\0' || getgrnam_r(name, &group, space, NAME_SPACE, &found) != 0 ||
        found == NULL)
        return false;
    *ret = group.gr_gid;
    return true;
}

static bool is_member(const struct ucred *who, const gid_t *groups, size_t n, const char *name)
{
    gid_t wanted;
    if (!group_id(name, &wanted))
        return false;
    if (who->gid == wanted)
        return true;
    for (size_t i = 0; i < n; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

static void name_peer(const struct ucred *who, char text[96])
{
    autofree char *space = xmalloc(NAME_SPACE);
    struct passwd user, *found = NULL;
    if (getpwuid_r(who->uid, &user, space, NAME_SPACE, &found) == 0 && found != NULL)
        (void)snprintf(text, 96, "uid %u (%s)", who->uid, user.pw_name);
    else
        (void)snprintf(text, 96, "uid %u", who->uid);
}

struct peer peer_of(int fd, const struct peer_groups *groups)
{
    struct peer peer = { .admitted = false, .clearance = CLEARANCE_READ, .who = "unknown" };
    struct ucred who;
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        return peer;
    name_peer(&who, peer.who);
    autofree gid_t *more = xcalloc(GROUPS_MAX, sizeof *more);
    socklen_t bytes = GROUPS_MAX * sizeof *more;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, more, &bytes) < 0)
        bytes = 0;
    size_t n = bytes / sizeof *more;
    if (who.uid == 0 || who.uid == geteuid() || is_member(&who, more, n, groups->write)) {
        peer.admitted = true;
        peer.clearance = CLEARANCE_WRITE;
    } else {
        peer.admitted = is_member(&who, more, n, groups->read);
    }
    return peer;
}
