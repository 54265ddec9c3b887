#include "model/model.hh"

#include <algorithm>

namespace lvx::model {

std::string ServiceKey::text() const {
    if (fwmark != 0) {
        const std::string mark = "fwmark/" + std::to_string(fwmark);
        if (protocol != Protocol::ip) return mark + " " + std::string(protocol_name(protocol)) + "/" + Endpoint{address, port}.text();
        return mark + (address.is_v4() ? "" : "/inet6");
    }
    return std::string(protocol_name(protocol)) + "/" + Endpoint{address, port}.text();
}

ServiceKey mark_key(std::uint32_t mark, Family family) {
    return {.protocol = Protocol::ip, .address = family == Family::v4 ? Address::v4(0) : Address::v6({}), .port = 0, .fwmark = mark};
}

const Service* Cluster::find(const ServiceKey& key) const {
    const auto found = std::ranges::find(services, key, &Service::key);
    return found == services.end() ? nullptr : &*found;
}

Service* Cluster::find(const ServiceKey& key) {
    const auto found = std::ranges::find(services, key, &Service::key);
    return found == services.end() ? nullptr : &*found;
}

std::string_view protocol_name(Protocol protocol) {
    switch (protocol) {
        case Protocol::ip: return "ip";
        case Protocol::tcp: return "tcp";
        case Protocol::udp: return "udp";
        case Protocol::sctp: return "sctp";
    }
    return "?";
}

std::string_view method_name(Method method) {
    switch (method) {
        case Method::masq: return "masq";
        case Method::local: return "local";
        case Method::tunnel: return "tunnel";
        case Method::route: return "route";
    }
    return "?";
}

}  // namespace lvx::model
