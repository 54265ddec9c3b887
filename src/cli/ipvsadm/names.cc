#include "cli/ipvsadm/names.hh"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "base/socket_address.hh"

namespace lvx::cli::ipvsadm {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds reverse_lookup_budget{5};

// glibc reads RES_OPTIONS at its first question.  What the operator set himself stays.
void bound_resolver() { ::setenv("RES_OPTIONS", "timeout:1 attempts:1", 0); }

const char* protocol_word(model::Protocol protocol) {
    switch (protocol) {
        case model::Protocol::tcp: return "tcp";
        case model::Protocol::udp: return "udp";
        case model::Protocol::sctp: return "sctp";
        case model::Protocol::ip: return nullptr;  // of a mark: no port has a name
    }
    return nullptr;
}

std::optional<Address> find_host(std::string_view host) {
    bound_resolver();
    const addrinfo wanted{.ai_flags = 0, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_protocol = 0, .ai_addrlen = 0,
                          .ai_addr = nullptr, .ai_canonname = nullptr, .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (::getaddrinfo(std::string(host).c_str(), nullptr, &wanted, &found) != 0) return std::nullopt;
    const auto address = ntohl(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr.s_addr);
    ::freeaddrinfo(found);
    return Address::v4(address);
}

std::optional<Port> find_service(std::string_view service, model::Protocol protocol) {
    const servent* found = ::getservbyname(std::string(service).c_str(), protocol_word(protocol));
    if (found == nullptr) return std::nullopt;
    return ntohs(static_cast<std::uint16_t>(found->s_port));
}

std::string service_label(Port port, model::Protocol protocol) {
    const char* word = protocol_word(protocol);
    const servent* found = word == nullptr || port == 0 ? nullptr : ::getservbyport(htons(port), word);
    return found == nullptr ? std::to_string(port) : found->s_name;
}

// Remembers what was asked, and how long asking has taken so far.
class ReverseLookup {
 public:
    std::string label(const Address& address) {
        const auto known = known_.find(address);
        if (known != known_.end()) return known->second;
        return known_.emplace(address, ask(address)).first->second;
    }

 private:
    std::string ask(const Address& address) {
        if (spent_ >= reverse_lookup_budget) return address.text();
        bound_resolver();
        const Clock::time_point start = Clock::now();
        const SocketAddress to_name = socket_address({address, 0});
        char name[NI_MAXHOST];
        const int failed = ::getnameinfo(to_name.get(), to_name.size, name, sizeof name, nullptr, 0, NI_NAMEREQD);
        spent_ += Clock::now() - start;
        return failed == 0 ? std::string(name) : address.text();
    }

    std::map<Address, std::string> known_;
    Clock::duration spent_{};
};

}  // namespace

config::ipvsadm::Names system_names() { return {.host = find_host, .service = find_service}; }

config::ipvsadm::Labels system_labels() {
    const auto lookup = std::make_shared<ReverseLookup>();
    return {.host = [lookup](const Address& address) { return lookup->label(address); }, .service = service_label};
}

}  // namespace lvx::cli::ipvsadm
