/* SPDX-License-Identifier: Apache-2.0 */
/* peer: who is at the other end of a Unix socket, and what that one may do. Root and the user that
 * drd runs as may write; so may members of one group; members of another may read. The kernel's
 * word (SO_PEERCRED, SO_PEERGROUPS) is all that counts. */
#ifndef DRD_PEER_H
#define DRD_PEER_H

#include "daemon/brain/brain.h"

#include <sys/types.h>

struct peer_groups {
    char read[64], write[64]; /* names; "" for none */
};

struct peer {
    bool admitted;
    enum clearance clearance;
    char who[96]; /* "uid 1000 (alice)" */
};

/* fd is a connected Unix socket. */
struct peer peer_of(int fd, const struct peer_groups *groups);

#endif
