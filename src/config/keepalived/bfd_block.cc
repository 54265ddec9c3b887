// bfd_instance: times are in milliseconds here, with decimals.
#include <fmt/format.h>

#include "config/keepalived/fields.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/track_objects.hh"
#include "config/keepalived/vrrp_tracks.hh"

namespace lvx::config::keepalived {
namespace {

using model::BfdInstance;
using std::chrono::microseconds;

constexpr Block here = Block::bfd_instance;

template <microseconds BfdInstance::*member>
void read_time(BfdInstance& bfd, const Statement& statement, Reading&) {
    if (const auto time = duration_of(statement, here)) bfd.*member = *time;
}

void read_weight_line(BfdInstance& bfd, const Statement& statement, Reading&) {
    const auto weight = weight_of(statement, here);
    if (!weight) return;
    bfd.weight = weight->weight;
    bfd.reverse = weight->reverse;
}

constexpr Row<BfdInstance> rows[] = {
    {"neighbor_ip", into_address<&BfdInstance::neighbour>},
    {"source_ip", into_address<&BfdInstance::source>},
    {"min_rx", read_time<&BfdInstance::min_rx>},
    {"min_tx", read_time<&BfdInstance::min_tx>},
    {"idle_tx", read_time<&BfdInstance::idle_tx>},
    {"multiplier", into_number<here, &BfdInstance::multiplier>},
    {"passive", into_flag<&BfdInstance::passive>},
    {"ttl", into_number<here, &BfdInstance::ttl>},
    {"hoplimit", into_number<here, &BfdInstance::ttl>},
    {"max_hops", into_number<here, &BfdInstance::max_hops>},
    {"multihop", into_flag<&BfdInstance::multihop>},
    {"weight", read_weight_line},
    {"vrrp", read_elsewhere},
    {"checker", read_elsewhere},
};

// Who is told: both, unless one is named.
void settle_users(BfdInstance& bfd, const Said& said) {
    const Statement* vrrp = said.find("vrrp");
    const Statement* checker = said.find("checker");
    if (vrrp == nullptr && checker == nullptr) return;
    bfd.for_vrrp = vrrp != nullptr && flag_of(*vrrp);
    bfd.for_checks = checker != nullptr && flag_of(*checker);
}

void check_ttl(BfdInstance& bfd, const Said& said, const Statement& statement, Reading& reading) {
    const int ttl = bfd.ttl.value_or(bfd.neighbour.is_v4() ? 255 : 64);
    if (bfd.max_hops == 255 || bfd.max_hops <= ttl) return;
    reading.report({.code = Code::out_of_range, .place = said.place("max_hops", statement),
                    .message = fmt::format("max_hops {} is more than packets travel ({})", bfd.max_hops, ttl),
                    .note = "keepalived would use the TTL"});
    bfd.max_hops = static_cast<std::uint8_t>(ttl);
}

// False: somebody else has this neighbour.
bool first_of_neighbour(const BfdInstance& bfd, const Statement& statement, Reading& reading) {
    for (const BfdInstance& other : reading.site().vrrp.bfds) {
        if (other.neighbour != bfd.neighbour || other.source != bfd.source) continue;
        reading.report({.code = Code::duplicate_address, .place = statement.place(),
                        .message = fmt::format("{} is the neighbour of {} already", bfd.neighbour.text(), other.name),
                        .note = "keepalived would leave out this one"});
        return false;
    }
    return true;
}

}  // namespace

void read_bfd(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    BfdInstance bfd{.name = statement.words[1].text};
    const Said said(statement, here);
    read_statements<BfdInstance>(statement, here, rows, bfd, reading);
    settle_users(bfd, said);
    if (!said.has("neighbor_ip")) {
        return reading.report({.code = Code::missing_keyword, .place = statement.place(),
                        .message = fmt::format("bfd_instance {} has no neighbor_ip", bfd.name),
                        .note = "keepalived would leave out this block"});
    }
    if (bfd.source && bfd.source->family() != bfd.neighbour.family()) {
        reading.report({.code = Code::mixed_families, .place = said.place("source_ip", statement),
                        .message = "source_ip is of another family than neighbor_ip"});
        bfd.source.reset();
    }
    if (!first_of_neighbour(bfd, statement, reading)) return;
    check_ttl(bfd, said, statement, reading);
    reading.site().vrrp.bfds.push_back(std::move(bfd));
}

std::vector<std::string_view> bfd_keywords(Block block) {
    return block == here ? keywords_of<BfdInstance>(rows) : std::vector<std::string_view>{};
}

}  // namespace lvx::config::keepalived
