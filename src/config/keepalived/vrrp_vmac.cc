// use_vmac [[name] IF] [MAC] [netlink_notify_msg] [group G]
// use_ipvlan [[name] IF] [ADDRESS] [bridge|private|vepa] [group G]
#include <array>

#include "base/text.hh"
#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

using Mac = std::array<std::uint8_t, 6>;
using model::VmacUse;

constexpr std::int64_t most_groups = 0xffffffff;

// With five bytes the last one is the number of the virtual router.
std::optional<Mac> parse_mac(std::string_view text, std::uint8_t number) {
    const auto parts = split_at(text, ':');
    Mac mac{};
    mac.back() = number;
    if (parts.size() != mac.size() && parts.size() + 1 != mac.size()) return std::nullopt;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        if (parts[at].empty() || parts[at].size() > 2) return std::nullopt;
        const auto byte = parse_number("0x" + std::string(parts[at]));
        if (!byte || *byte < 0) return std::nullopt;
        mac[at] = static_cast<std::uint8_t>(*byte);
    }
    return mac;
}

// A MAC that a single interface can have.
bool possible(const Mac& mac) { return (mac[0] & 1) == 0 && mac != Mac{}; }

class VmacReader {
 public:
    VmacReader(InstanceDraft& draft, const Statement& statement, Reading& reading)
        : draft_(draft), vmac_(draft.instance.vmac), reading_(reading), cursor_(statement, reading, 1) {}

    void run() {
        while (cursor_.more() && cursor_.understood()) {
            const Word& word = cursor_.take();
            if (word.text == "name") name(cursor_.argument("the name of an interface belongs here"));
            else if (word.text == "group") group();
            else if (!special(word)) name(&word);
        }
    }

 private:
    bool special(const Word& word) { return vmac_.kind == VmacUse::Kind::vmac ? vmac_word(word) : ipvlan_word(word); }

    bool vmac_word(const Word& word) {
        if (word.text == "netlink_notify_msg") {
            vmac_.netlink_notify = true;
            return true;
        }
        if (word.text.find(':') == std::string::npos) return false;
        const Statement* id = draft_.said.find("virtual_router_id");
        const auto number = id == nullptr ? std::nullopt : number_of(*id, Block::vrrp_instance);
        const auto mac = parse_mac(word.text, static_cast<std::uint8_t>(number.value_or(0)));
        if (mac && possible(*mac)) {
            vmac_.mac = *mac;
        } else {
            cursor_.wrong({.code = Code::bad_address, .place = word.place,
                           .message = "\"" + word.text + "\" is not the MAC address of an interface",
                           .caret = "six bytes such as 00:00:5e:00:01:0a"});
        }
        return true;
    }

    bool ipvlan_word(const Word& word) {
        if (word.text == "bridge" || word.text == "private" || word.text == "vepa") {
            vmac_.mode = word.text;
            return true;
        }
        const auto network = read_network(word);
        if (network) vmac_.address = network->address;
        const bool looks_like_one = word.text.find_first_of(":/") != std::string::npos;
        if (!network && looks_like_one) cursor_.wrong(network.error());
        return network || looks_like_one;
    }

    void group() {
        if (const auto number = cursor_.number({0, most_groups})) vmac_.group = static_cast<std::uint32_t>(*number);
    }

    void name(const Word* word) {
        if (word == nullptr) return;
        auto name = reading_.keep(read_interface(*word));
        if (!name) return;
        if (vmac_.name.empty()) vmac_.name = std::move(*name);
        else cursor_.unknown(*word, vmac_.kind == VmacUse::Kind::vmac ? "use_vmac" : "use_ipvlan", known());
    }

    std::string_view known() const {
        return vmac_.kind == VmacUse::Kind::vmac ? "name netlink_notify_msg group" : "name bridge private vepa group";
    }

    InstanceDraft& draft_;
    VmacUse& vmac_;
    Reading& reading_;
    LineCursor cursor_;
};

void begin(InstanceDraft& draft, VmacUse::Kind kind, const Statement& statement, Reading& reading) {
    VmacUse& vmac = draft.instance.vmac;
    if (vmac.kind != VmacUse::Kind::none && vmac.kind != kind) {
        return reading.report({.code = Code::conflicting_keywords, .place = statement.place(),
                               .message = "use_vmac and use_ipvlan exclude each other"});
    }
    vmac.kind = kind;
    VmacReader(draft, statement, reading).run();
}

}  // namespace

void read_vmac(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    begin(draft, VmacUse::Kind::vmac, statement, reading);
}

void read_ipvlan(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    begin(draft, VmacUse::Kind::ipvlan, statement, reading);
}

}  // namespace lvx::config::keepalived
