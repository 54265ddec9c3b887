#include "vrrp/ports_driver.hh"

#include <algorithm>
#include <span>
#include <utility>

namespace lvx::vrrp {

namespace {

std::uint16_t interval_on_wire(const model::VrrpInstance& instance) {
    if (instance.version == 2) return static_cast<std::uint16_t>(std::chrono::round<std::chrono::seconds>(instance.advert_interval).count());
    return static_cast<std::uint16_t>(instance.advert_interval.count() / 10'000);
}

Address group_of(const model::VrrpInstance& instance) {
    return instance.group.value_or(instance.family == Family::v4 ? group_v4 : group_v6);
}

bool sends_seal(const model::Hmac& hmac) { return !hmac.keys.empty() && hmac.mode != model::Hmac::Mode::receive_only; }

const model::HmacKey* active_key(const model::Hmac& hmac) {
    const auto found = std::ranges::find(hmac.keys, hmac.active, &model::HmacKey::id);
    return found == hmac.keys.end() ? &hmac.keys.front() : &*found;
}

bool is_group(const Address& address) { return address.is_v4() ? address.v4_value() >> 28 == 0xe : address.mapped()[0] == 0xff; }

}  // namespace

Advert advert_of(const model::VrrpInstance& configuration, std::uint8_t priority) {
    Advert advert{.version = configuration.version, .vrid = configuration.vrid, .priority = priority, .interval = interval_on_wire(configuration)};
    if (configuration.version == 2) advert.auth = configuration.auth;
    // With AH it is a key, and stays here.
    if (advert.auth == model::VrrpAuth::password) std::ranges::copy(configuration.auth_data, advert.password.begin());
    for (const model::InterfaceAddress& address : configuration.addresses)
        if (address.address.family() == configuration.family) advert.addresses.push_back(address.address);
    return advert;
}

Expected expected_of(const model::VrrpInstance& configuration) {
    const Advert own = advert_of(configuration, configuration.priority);
    return {.version = configuration.version,
            .vrid = configuration.vrid,
            .family = configuration.family,
            .unicast = configuration.unicast,
            .group = group_of(configuration),
            .peers = configuration.peers,
            .check_source = configuration.check_unicast_source,
            .auth = own.auth,
            .password = own.password,
            .interval = own.interval,
            .addresses = own.addresses,
            .skip_address_check = configuration.skip_check_adv_addr,
            .sealed = !configuration.hmac.keys.empty(),
            .old_unicast = configuration.old_unicast_checksum.value_or(true)};
}

Result<Port*> Ports::port(const PortKey& key, std::uint32_t ifindex, int receive_buffer) {
    const std::pair place{key, ifindex};
    used_[place] = true;
    const auto found = ports_.find(place);
    if (found != ports_.end()) return found->second.get();
    auto opened = std::make_unique<Port>(TRY(Port::open(key, ifindex, receive_buffer)));
    return (ports_[place] = std::move(opened)).get();
}

// With AH there are two: what comes without it is heard, refused and counted.
Result<Port*> Ports::open_ears(Use& use, PortKey key, std::uint32_t ifindex, const Ear& like) {
    const int buffer = static_cast<int>(use.configuration.receive_buffer);
    Ear plain = like;
    plain.port = TRY(port(key, ifindex, buffer));
    use.ears.push_back(plain);
    if (use.expected.auth != model::VrrpAuth::header) return plain.port;
    key.protocol = ah_protocol;
    Ear headed = like;
    headed.port = TRY(port(key, ifindex, buffer));
    headed.has_header = true;
    use.ears.push_back(headed);
    return headed.port;
}

Result<void> Ports::open_main(Use& use) {
    const model::VrrpInstance& instance = use.configuration;
        // A macvlan in private mode gets every frame from its own MAC, which another director's is, and nobody else does.
    PortKey key{.interface = use.ground.send_interface, .family = instance.family, .group = std::nullopt};
    if (!instance.unicast) key.group = group_of(instance);
    Port* opened = TRY(open_ears(use, key, use.ground.send_ifindex, {.port = nullptr, .path = 0, .unicast = instance.unicast}));
    use.own_sources.push_back(use.ground.source);
    if (!instance.unicast) use.ways.push_back({.port = opened, .destination = group_of(instance), .source = use.ground.source});
    for (const model::UnicastPeer& peer : instance.peers)
        use.ways.push_back({.port = opened, .destination = peer.address, .source = use.ground.source, .ttl = instance.unicast_ttl.value_or(0)});
    return {};
}

Result<void> Ports::open_path(Use& use, std::size_t number, const net::World& world) {
    const model::VrrpInstance& instance = use.configuration;
    const model::VrrpInstance::Path& path = instance.paths[number - 1];
    const net::Link* link = link_named(world, path.interface);
    if (link == nullptr) return refusal("path " + path.interface + ": no such interface", 0);
    const std::optional<Address> source = speaking_address(world, link->ifindex, instance.family, {});
    if (!source) return refusal("path " + path.interface + ": no address to speak from", 0);
    PortKey key{.interface = path.interface, .family = instance.family, .group = std::nullopt};
    if (!path.peer) key.group = group_of(instance);
    Port* opened = TRY(open_ears(use, key, link->ifindex, {.port = nullptr, .path = number, .unicast = path.peer.has_value()}));
    use.ways.push_back({.port = opened, .destination = path.peer.value_or(group_of(instance)), .source = *source, .path = number});
    use.own_sources.push_back(*source);
    return {};
}

std::vector<PortTrouble> Ports::configure(const model::Vrrp& configuration, const std::vector<Ground>& grounds, const net::World& world) {
    std::vector<PortTrouble> troubles;
    std::vector<Use> before = std::exchange(uses_, {});
    used_.clear();
    for (Index i = 0; i < configuration.instances.size(); ++i) {
        Use use{.configuration = configuration.instances[i], .ground = grounds[i], .expected = expected_of(configuration.instances[i])};
        const auto old = std::ranges::find(before, use.configuration.name, [](const Use& one) { return one.configuration.name; });
        if (old != before.end()) {
            use.seals = std::move(old->seals);
            use.seal_counter = old->seal_counter;
            use.sequences = old->sequences;
        }
        const bool ready = grounds[i].ifindex != 0 || use.configuration.interface.empty();
        if (ready)
            if (const Result<void> opened = open_main(use); !opened) troubles.push_back({i, opened.error().sentence()});
        for (std::size_t path = 1; path <= use.configuration.paths.size(); ++path)
            if (const Result<void> opened = open_path(use, path, world); !opened) troubles.push_back({i, opened.error().sentence()});
        uses_.push_back(std::move(use));
    }
    std::erase_if(ports_, [&](const auto& each) { return !used_.contains(each.first); });
    return troubles;
}

std::vector<int> Ports::fds() const {
    std::vector<int> result;
    for (const auto& [key, port] : ports_) result.push_back(port->fd());
    return result;
}

std::vector<std::string> Ports::paths(Index instance) const {
    const model::VrrpInstance& configuration = uses_[instance].configuration;
    std::vector<std::string> names = {configuration.interface.empty() ? "unicast" : configuration.interface};
    for (const model::VrrpInstance::Path& path : configuration.paths)
        names.push_back(path.peer ? path.interface + " to " + path.peer->text() : path.interface);
    return names;
}

Result<void> Ports::send_on(Use& use, const Way& way, const Router& router, const Advert& advert) {
    const Route route{way.source, way.destination};
    const Route summed = router.form == ChecksumForm::old_unicast ? Route{way.source, group_of(router.configuration)} : route;
    std::vector<std::uint8_t> bytes = encode(advert, summed, router.form);
    if (sends_seal(use.configuration.hmac)) {
        const Stamp stamp = stamp_of(std::chrono::system_clock::now(), ++use.seal_counter);
        const Trailer trailer = seal(bytes, route.source, *active_key(use.configuration.hmac), stamp);
        bytes.insert(bytes.end(), trailer.begin(), trailer.end());
    }
    if (use.expected.auth != model::VrrpAuth::header) return way.port->send(bytes, route, way.ttl);
    const HeaderAuth auth{.key = use.configuration.auth_data, .delivery = is_group(route.destination) ? Delivery::group : Delivery::unicast};
    const std::uint8_t ttl = way.ttl == 0 ? required_ttl : way.ttl;
    // Above all that others sent: they compare with what they heard of anybody.
    std::uint32_t sequence = 1;
    for (const auto& [path, last] : use.sequences) sequence = std::max(sequence, last + 1);
    use.sequences[way.path] = sequence;
    // 0 would be filled in by the kernel, after it was summed.
    const auto identification = static_cast<std::uint16_t>(sequence % 0xffff + 1);
    return way.port->send_whole(authenticated(bytes, route, ttl, identification, sequence, auth), route.destination);
}

std::size_t Ports::send(Index instance, const Router& router, std::uint8_t priority) {
    Use& use = uses_[instance];
    const Advert advert = advert_of(router.configuration, priority);
    std::size_t failures = use.ways.empty() ? 1 : 0;
    for (const Way& way : use.ways)
        if (!send_on(use, way, router, advert)) ++failures;
    return failures;
}

std::optional<Refusal> Ports::check_seal_of(Use& use, const Packet& packet, const Received& received) const {
    const std::size_t width = use.configuration.family == Family::v4 ? 4 : 16;
    const std::size_t length = header_bytes + received.advert.addresses.size() * width + (received.advert.version == 2 ? password_bytes : 0);
    return check_seal(packet.bytes.first(length), received.trailer, packet.route.source, use.configuration.hmac,
                      window_of(use.configuration), std::chrono::system_clock::now(), use.seals);
}

std::span<const std::uint8_t> Ports::behind_header(std::span<const std::uint8_t> bytes, const Ear& ear) {
    return ear.has_header ? bytes.subspan(std::min(bytes.size(), ah_bytes)) : bytes;
}

Arrival Ports::judge(Index instance, const Ear& ear, const Packet& packet) {
    Use& use = uses_[instance];
    Arrival arrival{.instance = instance, .path = ear.path, .route = packet.route, .content = Refusal::own_packet};
    if (std::ranges::find(use.own_sources, packet.route.source) != use.own_sources.end()) return arrival;
    if (use.expected.auth == model::VrrpAuth::header) {
        arrival.content = Refusal::no_header;
        if (!ear.has_header) return arrival;
        const HeaderAuth auth{.key = use.configuration.auth_data, .delivery = ear.unicast ? Delivery::unicast : Delivery::group};
        if (const auto refused = check_header(packet.whole, auth, use.sequences[ear.path])) {
            arrival.content = *refused;
            return arrival;
        }
    }
    const Datagram datagram{.bytes = behind_header(packet.bytes, ear), .route = packet.route, .ttl = packet.ttl};
    if (ear.path == 0) {
        arrival.content = vrrp::receive(datagram, use.expected);
    } else {
        Expected expected = use.expected;
        expected.unicast = ear.unicast;
        expected.check_source = false;
        expected.peers.clear();
        arrival.content = vrrp::receive(datagram, expected);
    }
    if (!use.expected.sealed || std::holds_alternative<Refusal>(arrival.content)) return arrival;
    if (const auto refused = check_seal_of(use, packet, std::get<Received>(arrival.content))) arrival.content = *refused;
    return arrival;
}

void Ports::receive(const std::function<void(const Arrival&)>& visit) {
    strangers_.clear();
    for (const auto& [key, port] : ports_) {
        for (std::size_t count = 0; count < packets_at_once; ++count) {
            const std::optional<Packet> packet = port->receive();
            if (!packet) break;
            const auto advert = behind_header(packet->bytes, {.has_header = key.first.protocol == ah_protocol});
            const std::optional<Label> label = label_of(advert);
            bool known = false;
            for (Index i = 0; i < uses_.size(); ++i) {
                const auto ear = std::ranges::find(uses_[i].ears, port.get(), &Ear::port);
                if (ear == uses_[i].ears.end() || !label || label->vrid != uses_[i].configuration.vrid) continue;
                known = true;
                visit(judge(i, *ear, *packet));
            }
            if (known) continue;
            ++unknown_;
            if (label && strangers_.size() < strangers_kept) strangers_.push_back({key.first.interface, packet->route.source, label->vrid});
        }
    }
}

}  // namespace lvx::vrrp
