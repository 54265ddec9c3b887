#include "config/keepalived/route_line.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/keepalived/line_words.hh"
#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

using Kind = ArgumentKind;

constexpr std::int64_t most_u32 = 0xffffffff;
constexpr std::int64_t longest_time = 2147483647;  // ms; of rtt, rttvar, rto_min

constexpr std::string_view route_types = "unicast local broadcast anycast multicast throw unreachable prohibit blackhole nat";

constexpr std::array route_options = {
    LineOption{"to", "to", Kind::network},
    LineOption{"via", "via", Kind::gateway},
    LineOption{"gw", "via", Kind::gateway},
    LineOption{"from", "src", Kind::address},
    LineOption{"src", "src", Kind::address},
    LineOption{"tos", "tos", Kind::name, 0, 255},
    LineOption{"dsfield", "tos", Kind::name, 0, 255},
    LineOption{"table", "table", Kind::name, 0, most_u32},
    LineOption{"protocol", "protocol", Kind::name, 0, 255},
    LineOption{"scope", "scope", Kind::scope},
    LineOption{"metric", "metric", Kind::number, 0, most_u32},
    LineOption{"priority", "metric", Kind::number, 0, most_u32},
    LineOption{"preference", "metric", Kind::number, 0, most_u32},
    LineOption{"dev", "dev", Kind::interface},
    LineOption{"oif", "dev", Kind::interface},
    LineOption{"onlink", "onlink"},
    LineOption{"expires", "expires", Kind::number, 0, most_u32},
    LineOption{"mtu", "mtu", Kind::locked_number, 1, most_u32},
    LineOption{"advmss", "advmss", Kind::locked_number, 1, 65535},
    LineOption{"rtt", "rtt", Kind::time, 0, longest_time},
    LineOption{"rttvar", "rttvar", Kind::time, 0, longest_time},
    LineOption{"rto_min", "rto_min", Kind::time, 0, longest_time},
    LineOption{"reordering", "reordering", Kind::locked_number, 0, most_u32},
    LineOption{"window", "window", Kind::locked_number, 0, most_u32},
    LineOption{"cwnd", "cwnd", Kind::locked_number, 0, most_u32},
    LineOption{"ssthresh", "ssthresh", Kind::locked_number, 0, most_u32},
    LineOption{"hoplimit", "hoplimit", Kind::locked_number, 0, 255},
    LineOption{"initcwnd", "initcwnd", Kind::locked_number, 0, most_u32},
    LineOption{"initrwnd", "initrwnd", Kind::locked_number, 0, most_u32},
    LineOption{"quickack", "quickack", Kind::locked_number, 0, 1},
    LineOption{"realms", "realms", Kind::realms, 0, 65535},
    LineOption{"features", "features", Kind::choice, 0, 0, "ecn"},
    LineOption{"congctl", "congctl", Kind::name, 0, 0},
    LineOption{"pref", "pref", Kind::choice, 0, 0, "low medium high"},
    LineOption{"ttl-propagate", "ttl-propagate", Kind::choice, 0, 0, "on off enabled disabled"},
    LineOption{"fastopen_no_cookie", "fastopen_no_cookie", Kind::number, 0, 1},
    LineOption{"vrf", "vrf", Kind::interface},
};

constexpr std::array hop_options = {
    LineOption{"via", "via", Kind::gateway},
    LineOption{"gw", "via", Kind::gateway},
    LineOption{"dev", "dev", Kind::interface},
    LineOption{"oif", "dev", Kind::interface},
    LineOption{"weight", "weight", Kind::number, 1, 256},
    LineOption{"realms", "realms", Kind::realms, 0, 65535},
    LineOption{"onlink", "onlink"},
};

// What may stand behind "encap TYPE"; mpls and ila take their argument first.
constexpr std::array encap_options = {
    LineOption{"id", "id", Kind::number, 0, most_u32},
    LineOption{"dst", "dst", Kind::text},
    LineOption{"src", "src", Kind::text},
    LineOption{"tos", "tos", Kind::number, 0, 255},
    LineOption{"tc", "tc", Kind::number, 0, 255},
    LineOption{"ttl", "ttl", Kind::number, 0, 255},
    LineOption{"hoplimit", "hoplimit", Kind::number, 0, 255},
    LineOption{"flags", "flags", Kind::number, 0, 65535},
    LineOption{"csum-mode", "csum-mode", Kind::choice, 0, 0, "adj-transport neutral-map no-action neutral-map-auto"},
    LineOption{"ident-type", "ident-type", Kind::choice, 0, 0, "luid use-format"},
    LineOption{"hook-type", "hook-type", Kind::choice, 0, 0, "input output"},
    LineOption{"mode", "mode", Kind::choice, 0, 0, "encap inline l2encap"},
    LineOption{"segs", "segs", Kind::text},
};

bool is_route_type(std::string_view word) {
    const auto types = split_words(route_types);
    return std::ranges::find(types, word) != types.end();
}

// What routes and rules both begin with.
void take_family(LineCursor& cursor, LineWords& result) {
    if (cursor.take_if("inet")) result.family = Family::v4;
    else if (cursor.take_if("inet6")) result.family = Family::v6;
}

class RouteReader {
 public:
    RouteReader(const Statement& line, LineOwner owner, Reading& reading)
        : line_(line), owner_(owner), reading_(reading), cursor_(line, reading, 0) {}

    std::optional<model::RouteLine> run() {
        take_family(cursor_, words_);
        if (cursor_.more() && is_route_type(cursor_.peek().text)) words_.words.push_back(cursor_.take().text);
        while (cursor_.more() && cursor_.understood()) option();
        if (!has_destination_ && cursor_.good()) {
            cursor_.wrong({.code = Code::missing_argument, .place = line_.place(), .message = "this route has no destination",
                           .caret = "a network or \"default\" belongs here"});
        }
        join_hops();
        if (!cursor_.good()) return std::nullopt;
        route_.words = std::move(words_.words);
        route_.family = words_.family.value_or(Family::v4);
        return route_;
    }

 private:
    void option() {
        const Word& word = cursor_.take();
        if (special(word)) return;
        if (const LineOption* option = find_option(route_options, word.text)) {
            const bool gateway = option->of_ip == "via";
            const std::size_t before = words_.words.size();
            read_option(*option, cursor_, words_);
            if (option->word == "to") destination_read(before);
            if (gateway) gateway_at_ = before;
            return;
        }
        destination(word);
    }

    bool special(const Word& word) {
        if (word.text == "nexthop") next_hop();
        else if (word.text == "encap") encapsulation();
        else if (word.text == "or") second_gateway();
        else if (word.text == "append" || word.text == "prepend") route_.verb = word.text;
        else if (word.text == "no_track") route_.no_track = true;
        else if (word.text == "track_group") track_group();
        else return false;
        return true;
    }

    // "to DST" and "DST" are the same; "ip" gets the second.
    void destination_read(std::size_t before) {
        has_destination_ = true;
        words_.words.erase(words_.words.begin() + static_cast<std::ptrdiff_t>(before));
    }

    void destination(const Word& word) {
        const auto network = read_network(word);
        if (network && !has_destination_) {
            has_destination_ = true;
            return add_network(*network, word, cursor_, words_);
        }
        if (network) {
            return cursor_.wrong({.code = Code::surplus_argument, .place = word.place,
                                  .message = fmt::format("\"{}\" is a second destination", word.text),
                                  .caret = "every route has a line of its own"});
        }
        const bool looks_like_one = word.text.find_first_of(".:/") != std::string::npos;
        if (looks_like_one) return cursor_.wrong(network.error());
        cursor_.unknown(word, "a route", option_names(route_options) + " nexthop encap or append prepend no_track track_group");
    }

    void next_hop() {
        words_.words.emplace_back("nexthop");
        bool any = false;
        while (cursor_.more()) {
            const LineOption* option = find_option(hop_options, cursor_.peek().text);
            if (option == nullptr && cursor_.next_is("encap")) {
                cursor_.take();
                encapsulation();
            } else if (option == nullptr) {
                break;
            } else {
                cursor_.take();
                read_option(*option, cursor_, words_);
            }
            any = true;
        }
        if (!any && cursor_.good()) static_cast<void>(cursor_.argument("via ADDRESS or dev INTERFACE belongs here"));
    }

    void encapsulation() {
        const auto type = cursor_.choice("mpls ip ip6 ila seg6 seg6local bpf");
        if (!type) return;
        words_.words.insert(words_.words.end(), {"encap", std::string(*type)});
        if (*type == "mpls" || *type == "ila") {
            if (const Word* word = cursor_.argument("a label or locator belongs here")) words_.words.push_back(word->text);
        }
        while (cursor_.more()) {
            const LineOption* option = find_option(encap_options, cursor_.peek().text);
            if (option == nullptr) return;
            cursor_.take();
            read_option(*option, cursor_, words_);
        }
    }

    // "via A or B", the old way to write two next hops.
    void second_gateway() {
        const auto address = cursor_.address();
        if (address) other_gateways_.push_back(*address);
    }

    void join_hops() {
        if (other_gateways_.empty() || !cursor_.good()) return;
        if (!gateway_at_) {
            return cursor_.wrong({.code = Code::missing_argument, .place = line_.place(),
                                  .message = "\"or\" needs a \"via\" before it"});
        }
        auto& words = words_.words;
        const std::string first = words[*gateway_at_ + 1];
        const auto from = words.begin() + static_cast<std::ptrdiff_t>(*gateway_at_);
        words.erase(from, from + 2);
        words.insert(words.end(), {"nexthop", "via", first});
        for (const Address& other : other_gateways_) words.insert(words.end(), {"nexthop", "via", other.text()});
    }

    void track_group() {
        const Word* word = cursor_.argument("the name of a track_group belongs here");
        if (word == nullptr) return;
        if (owner_ == LineOwner::instance) {
            return reading_.warn(Code::ignored_value, word->place, "track_group is for static routes only",
                                 "routes of a virtual router follow this router");
        }
        if (expect_object(*word, "track_group", reading_) != nullptr) route_.track_group = word->text;
    }

    const Statement& line_;
    LineOwner owner_;
    Reading& reading_;
    LineCursor cursor_;
    LineWords words_;
    model::RouteLine route_;
    std::vector<Address> other_gateways_;
    std::optional<std::size_t> gateway_at_;
    bool has_destination_ = false;
};

}  // namespace

std::optional<model::RouteLine> read_route_line(const Statement& line, LineOwner owner, Reading& reading) {
    return RouteReader(line, owner, reading).run();
}

}  // namespace lvx::config::keepalived
