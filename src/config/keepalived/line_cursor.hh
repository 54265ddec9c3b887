// Walks over the words of a line that is a small language of its own: addresses, routes, rules, tracked names, peers.
// What is wrong is reported where it stands, and remembered: a line with a mistake is used as far as it is understood
// only where its reader says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// "10.0.0.0/8"; without a length, all bits.
struct Network {
    Address address;
    std::uint8_t length = 32;
    bool operator==(const Network&) const = default;
};
[[nodiscard]] Read<Network> read_network(const Word& word);
// At most 15 bytes without blanks and "/", as the kernel has it.
[[nodiscard]] Read<std::string> read_interface(const Word& word);

struct Range {
    std::int64_t low = 0, high = 0;
};

class LineCursor {
 public:
    // From the word number `from` on.
    LineCursor(const Statement& statement, Reading& reading, std::size_t from)
        : statement_(statement), reading_(reading), at_(from) {}

    [[nodiscard]] bool more() const { return at_ < statement_.words.size(); }
    [[nodiscard]] bool good() const { return good_; }
    // False after an unknown word: what follows it cannot be told from its arguments.
    [[nodiscard]] bool understood() const { return understood_; }
    [[nodiscard]] const Word& peek() const { return statement_.words[at_]; }
    [[nodiscard]] bool next_is(std::string_view text) const { return more() && peek().text == text; }
    const Word& take() { return statement_.words[at_++]; }
    // The next word if it is this one.
    bool take_if(std::string_view text);

    // The argument of the word before; its absence is reported.
    const Word* argument(std::string_view what);
    std::optional<std::int64_t> number(Range range);          // decimal or 0x...
    std::optional<std::string_view> choice(std::string_view words);
    std::optional<Address> address();
    std::optional<Network> network();  // with an impossible length: all bits, as keepalived has it, and not good()
    std::optional<std::string> interface();

    // A word that does not belong here; `known` are those that do, blanks between.
    void unknown(const Word& word, std::string_view where, std::string_view known);
    void wrong(Diagnostic diagnostic);

 private:
    template <class T>
    std::optional<T> keep(Read<T> read) {
        if (!read) good_ = false;
        return reading_.keep(std::move(read));
    }

    const Statement& statement_;
    Reading& reading_;
    std::size_t at_;
    bool good_ = true, understood_ = true;
};

// Decimal, or hexadecimal after "0x".
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

}  // namespace lvx::config::keepalived
