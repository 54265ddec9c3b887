#include "vrrp/address_driver.hh"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "net/netlink_socket.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t message_room = 256;   // more than an address message with all its attributes
constexpr std::size_t answer_room = 16 * 1024;
constexpr timeval kernel_patience{.tv_sec = 1, .tv_usec = 0};

void put_address(nlmsghdr* header, std::uint16_t type, const Address& address) {
    const auto bytes = std::span(address.mapped()).last(address.is_v4() ? 4 : 16);
    mnl_attr_put(header, type, bytes.size(), bytes.data());
}

std::uint32_t broadcast_of(const model::InterfaceAddress& address) {
    const std::uint32_t hosts = address.prefix_length == 0 ? ~0u : (1u << (32 - address.prefix_length)) - 1;
    return address.broadcast_all_ones ? address.address.v4_value() | hosts : address.address.v4_value() & ~hosts;
}

std::uint32_t flags_of(const model::InterfaceAddress& address) {
    std::uint32_t flags = 0;
    if (address.nodad) flags |= IFA_F_NODAD;
    if (address.home) flags |= IFA_F_HOMEADDRESS;
    if (address.mngtmpaddr) flags |= IFA_F_MANAGETEMPADDR;
    if (address.noprefixroute) flags |= IFA_F_NOPREFIXROUTE;
    if (address.autojoin) flags |= IFA_F_MCAUTOJOIN;
    return flags;
}

// A /128 is never to be chosen as source: keepalived gives it no preferred lifetime.
void put_lifetime(nlmsghdr* header, const model::InterfaceAddress& address) {
    const bool host = !address.address.is_v4() && address.prefix_length == 128;
    if (!address.preferred_lifetime && !host) return;
    ifa_cacheinfo lifetime{};
    lifetime.ifa_prefered = address.preferred_lifetime.value_or(0);
    lifetime.ifa_valid = ~0u;
    mnl_attr_put(header, IFA_CACHEINFO, sizeof lifetime, &lifetime);
}

void put_details(nlmsghdr* header, const model::InterfaceAddress& address) {
    put_lifetime(header, address);
    if (const std::uint32_t flags = flags_of(address); flags != 0) mnl_attr_put_u32(header, IFA_FLAGS, flags);
    if (!address.label.empty()) mnl_attr_put_strz(header, IFA_LABEL, address.label.c_str());
    if (address.broadcast) put_address(header, IFA_BROADCAST, *address.broadcast);
    else if (address.address.is_v4() && (address.broadcast_all_ones || address.broadcast_all_zeros))
        put_address(header, IFA_BROADCAST, Address::v4(broadcast_of(address)));
}

std::size_t write_message(std::uint8_t* at, const AddressChange& change, std::uint32_t sequence) {
    const model::InterfaceAddress& address = change.placed.address;
    const bool add = change.change == Change::add;
    nlmsghdr* header = mnl_nlmsg_put_header(at);
    header->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0));
    header->nlmsg_seq = sequence;
    auto* body = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ifaddrmsg)));
    body->ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
    body->ifa_prefixlen = address.prefix_length;
    body->ifa_index = change.placed.ifindex;
    body->ifa_scope = address.scope;
    put_address(header, IFA_LOCAL, address.address);
    put_address(header, IFA_ADDRESS, address.peer.value_or(address.address));
    if (add) put_details(header, address);
    return header->nlmsg_len;
}

bool is_harmless(Change change, int code) {
    return change == Change::add ? code == EEXIST : code == EADDRNOTAVAIL || code == ENODEV;
}

struct Answer { std::uint32_t sequence = 0; int code = 0; };

void read_answers(std::span<const std::uint8_t> datagram, std::vector<Answer>& answers) {
    int left = static_cast<int>(datagram.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_type != NLMSG_ERROR) continue;
        answers.push_back({message->nlmsg_seq, -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error});
    }
}

bool is_same_place(const PlacedAddress& a, const PlacedAddress& b) {
    return a.ifindex == b.ifindex && a.address.address == b.address.address && a.address.prefix_length == b.address.prefix_length;
}

}  // namespace

Result<AddressWriter> AddressWriter::open() {
    Fd socket = TRY(net::open_netlink());
    constexpr int on = 1;
    (void)::setsockopt(socket.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);  // short acknowledgements
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kernel_patience, sizeof kernel_patience) != 0)
        return refusal("cannot limit how long netlink may take", errno);
    return AddressWriter(std::move(socket));
}

void AddressWriter::want(AddressChange change) {
    if (waiting_.size() < slice)
        std::erase_if(waiting_, [&](const AddressChange& other) { return is_same_place(other.placed, change.placed); });
    waiting_.push_back(std::move(change));
}

Result<std::vector<AddressRefusal>> AddressWriter::work() {
    done_.clear();
    alignas(nlmsghdr) std::array<std::uint8_t, slice * message_room> request{};
    alignas(nlmsghdr) std::array<std::uint8_t, answer_room> answer_buffer;
    std::size_t length = 0;
    const std::uint32_t first = sequence_ + 1;
    while (!waiting_.empty() && done_.size() < slice) {
        length += MNL_ALIGN(write_message(request.data() + length, waiting_.front(), ++sequence_));
        done_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    std::vector<AddressRefusal> refused;
    if (done_.empty()) return refused;
    if (::send(socket_.get(), request.data(), length, 0) < 0) return refusal("cannot change addresses", errno);
    std::vector<Answer> answers;
    while (answers.size() < done_.size()) {
        const ssize_t got = ::recv(socket_.get(), answer_buffer.data(), answer_buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refusal("cannot change addresses", errno);
        read_answers(std::span(answer_buffer).first(static_cast<std::size_t>(got)), answers);
    }
    for (const Answer& answer : answers) {
        if (answer.sequence < first || answer.sequence - first >= done_.size() || answer.code == 0) continue;
        const AddressChange& change = done_[answer.sequence - first];
        if (!is_harmless(change.change, answer.code)) refused.push_back({change, answer.code});
    }
    return refused;
}

}  // namespace lvx::vrrp
