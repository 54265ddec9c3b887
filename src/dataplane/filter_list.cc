#include "dataplane/filter_list.hh"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "base/fd.hh"

namespace lvx::dataplane {
namespace {

enum class Answer { none, some, more };

Answer read_answer(const char* data, ssize_t length) {
    auto left = static_cast<unsigned>(length);
    for (auto* header = reinterpret_cast<const nlmsghdr*>(data); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
        if (header->nlmsg_type == RTM_NEWTFILTER || header->nlmsg_type == NLMSG_ERROR) return Answer::some;
        if (header->nlmsg_type == NLMSG_DONE) return Answer::none;
    }
    return Answer::more;
}

bool has_filters_at(std::uint32_t ifindex, std::uint32_t block) {
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    struct {
        nlmsghdr header;
        tcmsg message;
    } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETTFILTER, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                 .message = {.tcm_family = AF_UNSPEC,
                             .tcm_ifindex = static_cast<int>(ifindex),
                             .tcm_parent = TC_H_MAKE(TC_H_CLSACT, block)}};
    if (!socket.valid() || send(socket.get(), &request, sizeof request, 0) != sizeof request) return true;
    alignas(nlmsghdr) std::array<char, 32768> buffer;
    while (true) {
        const ssize_t length = recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (length <= 0) return true;
        const Answer answer = read_answer(buffer.data(), length);
        if (answer != Answer::more) return answer == Answer::some;
    }
}

}  // namespace

bool has_filters(std::uint32_t ifindex) {
    return has_filters_at(ifindex, TC_H_MIN_INGRESS) || has_filters_at(ifindex, TC_H_MIN_EGRESS);
}

}  // namespace lvx::dataplane
