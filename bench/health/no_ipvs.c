/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Preloaded into keepalived by the health bench: libnl's calls that talk to the kernel's IPVS family succeed and do
 * nothing, so that its checker lives where the kernel has no IPVS.  Its checks are not touched.
 *
 * A request is over for keepalived when its callback for an acknowledgement, or for the end of a dump, was called.
 */
struct nl_sock;
struct nl_msg;

enum { CALLBACK_FINISH = 1, CALLBACK_ACKNOWLEDGED = 4, CALLBACK_KINDS = 16 };

typedef int (*callback)(struct nl_msg* message, void* argument);

static callback callbacks[CALLBACK_KINDS];
static void* arguments[CALLBACK_KINDS];

int genl_ctrl_resolve(struct nl_sock* socket, const char* name);
int nl_send_auto(struct nl_sock* socket, struct nl_msg* message);
int nl_socket_modify_cb(struct nl_sock* socket, int type, int kind, callback function, void* argument);
int nl_recvmsgs_default(struct nl_sock* socket);

int genl_ctrl_resolve(struct nl_sock* socket, const char* name) {
    (void)socket;
    (void)name;
    return 40;
}

int nl_send_auto(struct nl_sock* socket, struct nl_msg* message) {
    (void)socket;
    (void)message;
    return 1;
}

int nl_socket_modify_cb(struct nl_sock* socket, int type, int kind, callback function, void* argument) {
    (void)socket;
    (void)kind;
    if (type < 0 || type >= CALLBACK_KINDS) return 0;
    callbacks[type] = function;
    arguments[type] = argument;
    return 0;
}

int nl_recvmsgs_default(struct nl_sock* socket) {
    (void)socket;
    for (int type = CALLBACK_FINISH; type <= CALLBACK_ACKNOWLEDGED; type++)
        if (callbacks[type]) callbacks[type](0, arguments[type]);
    return 0;
}
