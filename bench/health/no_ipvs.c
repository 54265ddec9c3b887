/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Preloaded into keepalived by the health bench: libnl's calls that talk to the kernel's IPVS family succeed and do
 * nothing, so that its checker lives where the kernel has no IPVS.  Its checks are not touched.
 */
struct nl_sock;
struct nl_msg;

int genl_ctrl_resolve(struct nl_sock* socket, const char* name);
int nl_send_auto(struct nl_sock* socket, struct nl_msg* message);
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

int nl_recvmsgs_default(struct nl_sock* socket) {
    (void)socket;
    return 0;
}
