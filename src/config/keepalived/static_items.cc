#include "config/keepalived/static_items.hh"

#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/address_line.hh"
#include "config/keepalived/fields.hh"
#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/route_line.hh"

namespace lvx::config::keepalived {
namespace {

using model::GarpGroup;

constexpr Block here = Block::garp_group;
constexpr std::int64_t longest_delay = 255;  // seconds

void add_interface(GarpGroup& group, const Word& word, Reading& reading) {
    auto name = reading.keep(read_interface(word));
    if (!name) return;
    for (const GarpGroup& other : reading.site().vrrp.garp_groups) {
        if (std::ranges::find(other.interfaces, *name) == other.interfaces.end()) continue;
        return reading.warn(Code::duplicate_name, word.place, fmt::format("{} is in another garp_group already", *name),
                            "keepalived leaves it out of this one as well");
    }
    if (std::ranges::find(group.interfaces, *name) == group.interfaces.end()) group.interfaces.push_back(std::move(*name));
}

void read_one(GarpGroup& group, const Statement& statement, Reading& reading) {
    if (statement.words.size() > 1) add_interface(group, statement.words[1], reading);
}

void read_several(GarpGroup& group, const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        for (const Word& word : line.words) add_interface(group, word, reading);
    }
}

constexpr Row<GarpGroup> rows[] = {
    {"garp_interval", into_time<here, &GarpGroup::garp_interval>},
    {"gna_interval", into_time<here, &GarpGroup::na_interval>},
    {"interface", read_one},
    {"interfaces", read_several},
};

// IF DOWN [UP]
void read_delay(const Statement& line, Reading& reading) {
    constexpr Keyword delay{.name = "delay", .low = 0, .high = longest_delay};
    LineCursor cursor(line, reading, 0);
    auto name = cursor.interface();
    const Word* down_word = cursor.argument("seconds after which a link counts as down");
    if (down_word == nullptr) return;
    const auto down = reading.keep(read_seconds(delay, *down_word));
    auto up = down;
    if (cursor.more()) up = reading.keep(read_seconds(delay, cursor.take()));
    if (cursor.more()) cursor.unknown(cursor.peek(), "interface_up_down_delays", "INTERFACE DOWN UP");
    if (!name || !down || !up) return;
    auto& all = reading.site().vrrp.delays;
    if (std::ranges::find(all, *name, &model::InterfaceDelays::interface) != all.end()) {
        return reading.warn(Code::duplicate_name, line.place(), fmt::format("{} has delays already", *name), "the first line counts");
    }
    all.push_back({.interface = std::move(*name), .down = *down, .up = *up});
}

}  // namespace

void read_static_addresses(const Statement& statement, Reading& reading) {
    auto& all = reading.site().vrrp.static_addresses;
    for (const Statement& line : statement.block) {
        auto address = read_address_line(line, AddressUse::static_address, reading);
        if (!address) continue;
        if (address->interface.empty()) address->interface = reading.site().globals.default_interface;
        const auto same = [&](const model::InterfaceAddress& one) {
            return one.address == address->address && one.interface == address->interface;
        };
        if (std::ranges::any_of(all, same)) {
            reading.warn(Code::duplicate_address, line.place(), fmt::format("{} is listed twice", address->address.text()),
                         "keepalived leaves out the second one as well");
            continue;
        }
        all.push_back(std::move(*address));
    }
}

void read_static_routes(const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        if (auto route = read_route_line(line, LineOwner::director, reading)) reading.site().vrrp.static_routes.push_back(std::move(*route));
    }
}

void read_static_rules(const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) {
        if (auto rule = read_rule_line(line, LineOwner::director, reading)) reading.site().vrrp.static_rules.push_back(std::move(*rule));
    }
}

void read_garp_group(const Statement& statement, Reading& reading) {
    GarpGroup group;
    read_statements<GarpGroup>(statement, here, rows, group, reading);
    const bool slow = group.garp_interval.count() != 0 || group.na_interval.count() != 0;
    if (!group.interfaces.empty() && slow) return reading.site().vrrp.garp_groups.push_back(std::move(group));
    reading.warn(Code::missing_keyword, statement.place(),
                 group.interfaces.empty() ? "this garp_group has no interfaces" : "this garp_group has no interval",
                 "keepalived leaves out this block as well");
}

void read_interface_delays(const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) read_delay(line, reading);
}

std::vector<std::string_view> list_keywords(Block block) {
    return block == here ? keywords_of<GarpGroup>(rows) : std::vector<std::string_view>{};
}

}  // namespace lvx::config::keepalived
