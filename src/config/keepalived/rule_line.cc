#include <fmt/format.h>

#include <array>

#include "base/text.hh"
#include "config/keepalived/line_words.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/route_line.hh"

namespace lvx::config::keepalived {
namespace {

using Kind = ArgumentKind;

constexpr std::int64_t most_u32 = 0xffffffff;

constexpr std::array options = {
    LineOption{"not", "not"},
    LineOption{"from", "from", Kind::network},
    LineOption{"to", "to", Kind::network},
    LineOption{"table", "table", Kind::name, 0, most_u32},
    LineOption{"lookup", "table", Kind::name, 0, most_u32},
    LineOption{"preference", "preference", Kind::number, 0, most_u32},
    LineOption{"pref", "preference", Kind::number, 0, most_u32},
    LineOption{"order", "preference", Kind::number, 0, most_u32},
    LineOption{"priority", "preference", Kind::number, 0, most_u32},
    LineOption{"tos", "tos", Kind::name, 0, 255},
    LineOption{"dsfield", "tos", Kind::name, 0, 255},
    LineOption{"fwmark", "fwmark", Kind::mark, 0, most_u32},
    LineOption{"realms", "realms", Kind::realms, 0, 65535},
    LineOption{"suppress_prefixlength", "suppress_prefixlength", Kind::number, 0, 128},
    LineOption{"suppress_prefixlen", "suppress_prefixlength", Kind::number, 0, 128},
    LineOption{"suppress_ifgroup", "suppress_ifgroup", Kind::name, 0, most_u32},
    LineOption{"iif", "iif", Kind::interface},
    LineOption{"dev", "iif", Kind::interface},
    LineOption{"oif", "oif", Kind::interface},
    LineOption{"tun_id", "tun_id", Kind::number, 0, 0x7fffffffffffffff},
    LineOption{"tunnel-id", "tun_id", Kind::number, 0, 0x7fffffffffffffff},
    LineOption{"uidrange", "uidrange", Kind::range, 0, most_u32},
    LineOption{"l3mdev", "l3mdev"},
    LineOption{"protocol", "protocol", Kind::name, 0, 255},
    LineOption{"ip_proto", "ipproto", Kind::name, 0, 255},
    LineOption{"ipproto", "ipproto", Kind::name, 0, 255},
    LineOption{"sport", "sport", Kind::range, 1, 65535},
    LineOption{"dport", "dport", Kind::range, 1, 65535},
    LineOption{"goto", "goto", Kind::number, 0, most_u32},
    LineOption{"nop", "nop"},
    LineOption{"type", "type", Kind::choice, 0, 0, "unicast blackhole unreachable prohibit nat"},
    LineOption{"blackhole", "blackhole"},
    LineOption{"unreachable", "unreachable"},
    LineOption{"prohibit", "prohibit"},
};

}  // namespace

std::optional<model::RuleLine> read_rule_line(const Statement& line, LineOwner owner, Reading& reading) {
    LineCursor cursor(line, reading, 0);
    LineWords result;
    model::RuleLine rule;
    if (cursor.take_if("inet")) result.family = Family::v4;
    else if (cursor.take_if("inet6")) result.family = Family::v6;
    while (cursor.more() && cursor.understood()) {
        const Word& word = cursor.take();
        if (word.text == "no_track") {
            rule.no_track = true;
        } else if (word.text == "track_group" && owner == LineOwner::director) {
            const Word* name = cursor.argument("the name of a track_group belongs here");
            if (name != nullptr && expect_object(*name, "track_group", reading) != nullptr) rule.track_group = name->text;
        } else if (const LineOption* option = find_option(options, word.text)) {
            read_option(*option, cursor, result);
        } else {
            cursor.unknown(word, "a rule", option_names(options) + " no_track");
        }
    }
    if (!cursor.good()) return std::nullopt;
    rule.words = std::move(result.words);
    rule.family = result.family.value_or(Family::v4);
    return rule;
}

}  // namespace lvx::config::keepalived
