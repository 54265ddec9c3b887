#include "config/keepalived/group.hh"

#include <fmt/format.h>

#include <set>

#include "base/text.hh"
#include "config/keepalived/head.hh"
#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

struct AddressRange {
    Address first;
    std::uint64_t count = 1;
};

using Bytes = std::array<std::uint8_t, 16>;

Address plus(const Address& address, std::uint64_t steps) {
    if (address.is_v4()) return Address::v4(static_cast<std::uint32_t>(address.v4_value() + steps));
    Bytes bytes = address.mapped();
    for (std::size_t at = bytes.size(); at-- > 0 && steps > 0; steps >>= 8) {
        steps += bytes[at];
        bytes[at] = static_cast<std::uint8_t>(steps);
    }
    return Address::v6(bytes);
}

// Addresses from first to last, both counted; nothing where last comes before first, or is too far away to be counted.
std::optional<std::uint64_t> distance(const Address& first, const Address& last) {
    if (first.family() != last.family() || last < first) return std::nullopt;
    std::uint64_t difference = 0;
    for (std::size_t at = 0; at < 16; ++at) {
        if (difference >> 40 != 0) return std::nullopt;
        difference = (difference << 8) + last.mapped()[at] - first.mapped()[at];
    }
    return difference + 1;
}

Diagnostic wrong(Code code, const Word& word, std::string message, std::string caret) {
    return {.code = code, .place = word.place, .message = std::move(message), .caret = std::move(caret),
            .note = "keepalived would leave this line out"};
}

// "10.0.0.1-5", "2001:db8::1-f", "10.0.0.1-10.0.1.20".
Read<AddressRange> read_dashed(const Word& word, std::size_t dash) {
    const std::string_view text = word.text, begin = text.substr(0, dash), end = text.substr(dash + 1);
    const auto first = Address::parse(begin);
    auto last = Address::parse(end);
    if (first && !last) {  // only the last part of the address
        const std::size_t cut = begin.find_last_of(".:") + 1;
        last = Address::parse(std::string(begin.substr(0, cut)) + std::string(end));
    }
    if (!first || !last || first->family() != last->family()) {
        return std::unexpected(wrong(Code::bad_address, word, fmt::format("\"{}\" is not a range of addresses", word.text),
                                     "such as 192.0.2.1-20, 192.0.2.1-192.0.3.7 or 2001:db8::1-f"));
    }
    const auto count = distance(*first, *last);
    if (last < first) {
        return std::unexpected(wrong(Code::bad_range, word, fmt::format("\"{}\" ends before it begins", word.text), {}));
    }
    return AddressRange{.first = *first, .count = count.value_or(most_of_a_range + 1)};
}

// "192.0.2.8/29": all of its addresses.
Read<AddressRange> read_network(const Word& word, std::size_t slash) {
    const auto address = Address::parse(std::string_view(word.text).substr(0, slash));
    const auto bits = parse_integer(std::string_view(word.text).substr(slash + 1));
    const int all = address && address->is_v4() ? 32 : 128;
    if (!address || !bits || *bits < 1 || *bits > all) {
        return std::unexpected(wrong(Code::bad_mask, word, fmt::format("\"{}\" is not a network", word.text),
                                     "such as 192.0.2.8/29 or 2001:db8::/124"));
    }
    const auto free_bits = static_cast<unsigned>(all - *bits);
    if (free_bits > 16) return AddressRange{.first = *address, .count = most_of_a_range + 1};
    Bytes bytes = address->mapped();
    for (unsigned bit = 0; bit < free_bits; ++bit) bytes[15 - bit / 8] &= static_cast<std::uint8_t>(~(1u << bit % 8));
    return AddressRange{.first = Address::from_mapped(bytes), .count = 1ull << free_bits};
}

Read<AddressRange> read_range(const Word& word) {
    const std::size_t dash = word.text.find('-'), slash = word.text.find('/');
    Read<AddressRange> range = AddressRange{};
    if (dash != std::string::npos) {
        range = read_dashed(word, dash);
    } else if (slash != std::string::npos) {
        range = read_network(word, slash);
    } else {
        const auto address = read_address(word);
        if (!address) return std::unexpected(address.error());
        range->first = *address;
    }
    if (range && range->count > most_of_a_range) {
        return std::unexpected(wrong(Code::range_size, word, fmt::format("\"{}\" has too many addresses", word.text),
                                     fmt::format("at most {} in a line", most_of_a_range)));
    }
    return range;
}

class GroupReader {
 public:
    explicit GroupReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void line(const Statement& line) {
        if (line.words[0].text == "fwmark") return mark(line);
        const auto range = read_range(line.words[0]);
        const Read<Port> port = line.words.size() > 1 ? read_service_port(line.words[1]) : Read<Port>(Port{0});
        if (!range) diagnostics_.add(range.error());
        if (!port) diagnostics_.add(port.error());
        if (line.words.size() > 2) surplus(line.words[2], diagnostics_);
        if (!range || !port) return;
        for (std::uint64_t step = 0; step < range->count; ++step) {
            add({.address = plus(range->first, step), .port = *port}, line);
        }
    }

    std::vector<GroupMember> take() { return std::move(members_); }

 private:
    void mark(const Statement& line) {
        const auto mark = read_mark(line, 0, diagnostics_);
        if (mark) add(*mark, line);
    }

    void add(const model::ServiceKey& key, const Statement& line) {
        if (known_.insert(key).second) {
            members_.push_back({.key = key, .place = line.place()});
            return;
        }
        diagnostics_.add({.severity = Severity::warning, .code = Code::duplicate_address, .place = line.place(),
                          .message = "this group has an address of this line already", .caret = "it counts once"});
    }

    Diagnostics& diagnostics_;
    std::vector<GroupMember> members_;
    std::set<model::ServiceKey> known_;
};

}  // namespace

std::vector<GroupMember> group_members(const Statement& group, Diagnostics& diagnostics) {
    GroupReader reader(diagnostics);
    for (const Statement& line : group.block) reader.line(line);
    return reader.take();
}

void read_group(const Statement& statement, Reading& reading) {
    if (!first_of_name(statement, reading)) return;
    if (!group_members(statement, reading.diagnostics()).empty() || !statement.block.empty()) return;
    reading.report({.severity = Severity::warning, .code = Code::missing_keyword, .place = statement.place(),
                    .message = "this group has no addresses"});
}

}  // namespace lvx::config::keepalived
