#include "marks/iptables_rule.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hh"
#include "marks/words.hh"

namespace lvx::marks {

std::vector<SavedWord> saved_words(std::string_view line) {
    std::vector<SavedWord> words;
    bool inside = false, quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool blank = line[i] == ' ' || line[i] == '\t' || line[i] == '\r';
        if (blank && !quoted) {
            inside = false;
            continue;
        }
        if (!inside) words.emplace_back();
        inside = true;
        if (line[i] == '"') {
            quoted = !quoted;
            words.back().quoted = true;
        } else {
            if (line[i] == '\\' && quoted && i + 1 < line.size()) ++i;
            words.back().text += line[i];
        }
    }
    return words;
}

namespace {

// Matches that look at more than the destination, in words; of others the name is told.
constexpr std::array modules{
    Word{"conntrack", "connection tracking"}, Word{"state", "connection tracking"},  Word{"connmark", "the connection's mark"},
    Word{"limit", "a rate limit"},            Word{"hashlimit", "a rate limit"},     Word{"connlimit", "the number of connections"},
    Word{"set", "an ipset"},                  Word{"addrtype", "local addresses (addrtype)"}, Word{"mac", "source MAC"},
    Word{"physdev", "interface"},             Word{"statistic", "chance (statistic)"}, Word{"recent", "recent packets"},
    Word{"time", "the time"},                 Word{"owner", "the process"},          Word{"devgroup", "interface"},
    Word{"socket", "local sockets"},          Word{"rpfilter", "routing (rpfilter)"}, Word{"string", "the payload"},
};
constexpr std::array<std::string_view, 9> understood_modules{"tcp", "udp", "multiport", "mark", "iprange", "comment", "sctp", "dccp", "udplite"};

// Targets after which a packet goes on with the next rule and the same mark.
constexpr std::array<std::string_view, 24> idle_targets{
    "LOG", "NFLOG", "ULOG", "TRACE", "CT", "NOTRACK", "TOS", "DSCP", "TTL", "HL", "TCPMSS", "TCPOPTSTRIP", "ECN", "CLASSIFY", "CHECKSUM", "SECMARK",
    "CONNSECMARK", "SET", "TEE", "AUDIT", "RATEEST", "IDLETIMER", "LED", "CONTINUE"};
constexpr std::array leading_targets{
    Word{"DNAT", "changes the destination"},    Word{"REDIRECT", "changes the destination"},   Word{"NETMAP", "changes the destination"},
    Word{"TPROXY", "hands packets to a local socket"}, Word{"NFQUEUE", "hands packets to a program"}, Word{"QUEUE", "hands packets to a program"},
    Word{"SYNPROXY", "hands packets to SYNPROXY"}, Word{"CLUSTERIP", "hands packets to CLUSTERIP"},
};

constexpr std::array without_value{std::string_view("-f"), std::string_view("--fragment"), std::string_view("--syn")};
constexpr std::array foreign_options{
    Word{"-s", "source address"},       Word{"--source", "source address"},       Word{"--src-range", "source address"},
    Word{"-i", "interface"},            Word{"--in-interface", "interface"},      Word{"-o", "interface"},
    Word{"--out-interface", "interface"}, Word{"-f", "fragments"},               Word{"--fragment", "fragments"},
    Word{"--sport", "source port"},     Word{"--source-port", "source port"},     Word{"--sports", "source port"},
    Word{"--source-ports", "source port"}, Word{"--ports", "source port"},        Word{"--tcp-flags", "TCP flags"},
    Word{"--syn", "TCP flags"},         Word{"--tcp-option", "TCP options"},
};

template <class List>
bool has(const List& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

// Decimal, or hexadecimal behind 0x.
std::optional<std::uint32_t> mark_number(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (hexadecimal) text.remove_prefix(2);
    std::uint32_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Masked {
    std::uint32_t value = 0;
    std::optional<std::uint32_t> mask;
};

std::optional<Masked> masked(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto value = mark_number(text.substr(0, slash));
    if (!value) return std::nullopt;
    if (slash == text.npos) return Masked{*value, std::nullopt};
    const auto mask = mark_number(text.substr(slash + 1));
    if (!mask) return std::nullopt;
    return Masked{*value, mask};
}

std::optional<Number> port(std::string_view text, Number absent) {
    if (text.empty()) return absent;
    const auto number = parse_integer(text);
    if (!number || *number < 0 || *number > 65535) return std::nullopt;
    return static_cast<Number>(*number);
}

// "80", "8000:8010", "1024:"
std::optional<Range> ports(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto first = text.empty() ? std::nullopt : port(text.substr(0, colon), 0);
    const auto last = colon == text.npos ? first : port(text.substr(colon + 1), all_ports.last);
    if (!first || !last || *first > *last) return std::nullopt;
    return Range{*first, *last};
}

std::optional<Ranges> port_list(std::string_view text) {
    Ranges result;
    for (const std::string_view each : split_at(text, ',')) {
        const auto range = ports(each);
        if (!range) return std::nullopt;
        result.push_back(*range);
    }
    return tidied(std::move(result));
}

// A mask whose ones all stand in front, as its length.
std::optional<unsigned> length_of(std::string_view text, unsigned bits) {
    if (const auto length = parse_integer(text)) {
        if (*length < 0 || *length > bits) return std::nullopt;
        return static_cast<unsigned>(*length);
    }
    const auto mask = Address::parse(text);
    if (!mask) return std::nullopt;
    const Number zeros = ~number_of(*mask) & (bits == 128 ? ~Number{0} : (Number{1} << bits) - 1);
    for (unsigned length = 0; length <= bits; ++length) {
        const Number rest = length == 0 && bits == 128 ? ~Number{0} : (Number{1} << (bits - length)) - 1;
        if (zeros == rest) return length;
    }
    return std::nullopt;
}

std::optional<Range> addresses(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned bits = address->is_v4() ? 32 : 128;
    const auto length = slash == text.npos ? bits : length_of(text.substr(slash + 1), bits);
    if (!length) return std::nullopt;
    return prefix(number_of(*address), 128 - bits + *length);
}

std::optional<Range> address_span(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = Address::parse(text.substr(0, dash));
    const auto last = dash == text.npos ? first : Address::parse(text.substr(dash + 1));
    if (!first || !last || number_of(*first) > number_of(*last)) return std::nullopt;
    return Range{number_of(*first), number_of(*last)};
}

Protocols protocol(std::string_view text) {
    if (text == "all") return both_protocols;
    if (text == "tcp") return tcp;
    if (text == "udp") return udp;
    const auto number = parse_integer(text);
    return number && *number >= 0 ? protocols_of(static_cast<Number>(*number)) : no_protocol;
}

class Translation {
 public:
    Translation(Rule& rule, const std::vector<SavedWord>& words, const SavedContext& context) : rule_(rule), words_(words), context_(context) {}

    void run() {
        while (place_ < words_.size()) {
            const SavedWord& word = words_[place_++];
            if (word.text == "!" && !word.quoted) {
                negated_ = true;
                continue;
            }
            if (!word.quoted) option(word.text);
            negated_ = false;
        }
    }

 private:
    void refuse(std::string why) {
        if (rule_.refused.empty()) rule_.refused = std::move(why);
    }
    void depends(std::string_view thing) { refuse(fmt::format("depends on {}", thing)); }
    void unreadable(std::string_view name, std::string_view value) { refuse(fmt::format("has a value lvx does not know ({} {})", name, printable(value))); }
    void act(const Action& action) {
        rule_.effect = std::max(rule_.effect, std::holds_alternative<MarkChange>(action) ? Effect::marks : Effect::flow);
        rule_.steps.emplace_back(action);
    }
    void match(Destination destination) { rule_.steps.emplace_back(Match{{std::move(destination)}, negated_}); }

    void option(std::string_view name) {
        if (const auto thing = meaning(foreign_options, name)) {
            if (!has(without_value, name)) skip();
            return depends(*thing);
        }
        if (!name.starts_with('-')) return;  // a value of what is not understood
        if (name == "-m" || name == "--match") return module(skip());
        if (name == "-j" || name == "--jump") return target(skip());
        if (name == "-g" || name == "--goto") return act(Jump{std::string(skip()), false});
        if (name == "--comment") return (void)skip();
        if (name == "-4" || name == "-6") return;
        if (name == "-p" || name == "--protocol") return match({.protocols = protocol(skip())});
        destination(name);
    }

    void destination(std::string_view name) {
        const bool address = name == "-d" || name == "--destination", span = name == "--dst-range" && module_ == "iprange";
        const bool one = name == "--dport" || name == "--destination-port", several = name == "--dports" || name == "--destination-ports";
        if (name == "--mark" && module_ == "mark") return mark_test(skip());
        if (!address && !span && !one && !several) return depends(fmt::format("the option {}", printable(name)));
        const std::string_view value = skip();
        if (one || several) {
            auto list = several ? port_list(value) : port_list(value.substr(0, value.find(',')));
            return list ? match({.ports = std::move(*list)}) : unreadable(name, value);
        }
        const auto range = span ? address_span(value) : addresses(value);
        range ? match({.addresses = {*range}}) : unreadable(name, value);
    }

    void mark_test(std::string_view text) {
        const auto read = masked(text);
        if (!read) return unreadable("--mark", text);
        rule_.steps.emplace_back(MarkTest{read->mask.value_or(0xffffffff), {{read->value, read->value}}, negated_});
    }

    void module(std::string_view name) {
        module_ = name;
        if (has(understood_modules, name)) return;
        const auto thing = meaning(modules, name);
        depends(thing ? std::string(*thing) : fmt::format("the match {}", printable(name)));
    }

    void target(std::string_view name) {
        if (name == "ACCEPT") return act(Verdict::accept);
        if (name == "DROP" || name == "REJECT") return act(Verdict::drop);
        if (name == "RETURN") return act(Verdict::leave);
        if (name == "MARK") return mark();
        if (name == "CONNMARK" || name == "HMARK") return other_mark(name);
        if (context_.chains.contains(std::string(name))) return act(Jump{std::string(name), true});
        place_ = words_.size();
        if (has(idle_targets, name)) return;
        rule_.effect = std::max(rule_.effect, Effect::flow);
        const auto leads = meaning(leading_targets, name);
        refuse(leads ? std::string(*leads) : fmt::format("has the target {}, which lvx does not know", printable(name)));
    }

    void mark() {
        rule_.effect = Effect::marks;
        const std::string_view name = skip(), value = skip();
        const auto read = masked(value);
        const auto change = read ? change_of(name, *read) : std::nullopt;
        change ? act(*change) : unreadable(fmt::format("MARK {}", printable(name)), value);
    }

    static std::optional<MarkChange> change_of(std::string_view name, const Masked& given) {
        const std::uint32_t value = given.value, mask = given.mask.value_or(0xffffffff);
        if (name == "--set-xmark") return MarkChange{~mask, value};
        if (name == "--set-mark") return MarkChange{~(mask | value), value};
        if (given.mask) return std::nullopt;
        if (name == "--and-mark") return MarkChange{value, 0};
        if (name == "--or-mark") return MarkChange{~value, value};
        if (name == "--xor-mark") return MarkChange{0xffffffff, value};
        return std::nullopt;
    }

    void other_mark(std::string_view name) {
        const std::string_view what = skip();
        place_ = words_.size();
        if (name == "CONNMARK" && what != "--restore-mark") return;  // the connection's mark alone
        rule_.effect = Effect::marks;
        depends(name == "CONNMARK" ? "the connection's mark" : "a hash (HMARK)");
    }

    std::string_view skip() { return place_ < words_.size() ? std::string_view(words_[place_++].text) : std::string_view{}; }

    Rule& rule_;
    const std::vector<SavedWord>& words_;
    const SavedContext& context_;
    std::size_t place_ = 0;
    bool negated_ = false;
    std::string_view module_;
};

}  // namespace

Rule saved_rule(std::string name, const std::vector<SavedWord>& words, const SavedContext& context) {
    Rule rule{.name = std::move(name)};
    Translation(rule, words, context).run();
    return settled(std::move(rule));
}

}  // namespace lvx::marks
