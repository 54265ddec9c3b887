#include "config/keepalived/address_line.hh"

#include <fmt/format.h>

#include <limits>

#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/route_scope.hh"

namespace lvx::config::keepalived {
namespace {

using model::InterfaceAddress;

constexpr std::size_t longest_label = 15;
constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();  // INFINITY_LIFE_TIME of the kernel

class AddressReader {
 public:
    AddressReader(const Statement& line, AddressUse use, Reading& reading)
        : line_(line), use_(use), reading_(reading), words_(line, reading, 0) {}

    std::optional<InterfaceAddress> run() {
        const auto network = words_.network();
        while (words_.more() && words_.understood()) option(words_.take());
        if (!network) return std::nullopt;
        result_.address = network->address;
        if (!has_length_) result_.prefix_length = network->length;
        settle();
        return result_;
    }

 private:
    using Handler = void (AddressReader::*)();
    struct Option {
        std::string_view word;
        Handler read;
    };

    void option(const Word& word) {
        static constexpr Option options[] = {
            {"brd", &AddressReader::broadcast},        {"broadcast", &AddressReader::broadcast},
            {"dev", &AddressReader::device},           {"device", &AddressReader::device},
            {"scope", &AddressReader::scope},          {"label", &AddressReader::label},
            {"peer", &AddressReader::peer},            {"home", &AddressReader::home},
            {"-nodad", &AddressReader::nodad},         {"nodad", &AddressReader::nodad},
            {"mngtmpaddr", &AddressReader::temporary}, {"noprefixroute", &AddressReader::no_route},
            {"autojoin", &AddressReader::autojoin},    {"no_track", &AddressReader::no_track},
            {"preferred_lft", &AddressReader::life},   {"use_vmac", &AddressReader::vmac},
            {"track_group", &AddressReader::group},
        };
        for (const Option& one : options) {
            if (one.word == word.text && allowed(one.word)) return (this->*one.read)();
        }
        std::string known;
        for (const Option& one : options) {
            if (allowed(one.word)) known += (known.empty() ? "" : " ") + std::string(one.word);
        }
        if (read_network(word)) {
            return words_.wrong({.code = Code::unknown_word, .place = word.place,
                                 .message = fmt::format("\"{}\" is a second address in one line", word.text),
                                 .caret = "every address has a line of its own"});
        }
        words_.unknown(word, "the line of an address", known);
    }

    // What only one kind of line knows.
    bool allowed(std::string_view word) const {
        if (word == "track_group") return use_ == AddressUse::static_address;
        if (word == "use_vmac") return use_ == AddressUse::virtual_address;
        return true;
    }

    void broadcast() {
        if (words_.take_if("+")) result_.broadcast_all_ones = true;
        else if (words_.take_if("-")) result_.broadcast_all_zeros = true;
        else result_.broadcast = words_.address();
        broadcast_place_ = line_.place();
    }

    void device() {
        if (auto name = words_.interface()) result_.interface = std::move(*name);
    }

    void scope() {
        if (const auto scope = read_scope(words_)) result_.scope = *scope;
    }

    void label() {
        const Word* word = words_.argument("a label such as eth0:1 belongs here");
        if (word == nullptr) return;
        if (word->text.size() <= longest_label) {
            result_.label = word->text;
            return;
        }
        words_.wrong({.code = Code::bad_name, .place = word->place,
                      .message = fmt::format("label \"{}\" is too long", word->text), .caret = "at most 15 letters"});
    }

    void peer() {
        const auto peer = words_.network();
        if (!peer) return;
        result_.peer = peer->address;
        result_.prefix_length = peer->length;
        has_length_ = true;
    }

    void home() { result_.home = true; }
    void nodad() { result_.nodad = true; }
    void temporary() { result_.mngtmpaddr = true; }
    void no_route() { result_.noprefixroute = true; }
    void autojoin() { result_.autojoin = true; }
    void no_track() { result_.no_track = true; }
    void vmac() { result_.use_vmac = true; }

    void life() {
        if (words_.take_if("forever")) result_.preferred_lifetime = forever;
        else if (const auto seconds = words_.number({0, forever})) result_.preferred_lifetime = static_cast<std::uint32_t>(*seconds);
    }

    void group() {
        const Word* word = words_.argument("the name of a track_group belongs here");
        if (word != nullptr && expect_object(*word, "track_group", reading_) != nullptr) result_.track_group = word->text;
    }

    void settle() {
        const bool v4 = result_.address.is_v4();
        if (!v4 && result_.prefix_length == 128 && !result_.preferred_lifetime) result_.preferred_lifetime = 0;
        const bool has_broadcast = result_.broadcast || result_.broadcast_all_ones || result_.broadcast_all_zeros;
        if (has_broadcast && !v4) {
            reading_.warn(Code::ignored_value, broadcast_place_, "IPv6 has no broadcast addresses", "keepalived ignores the word as well");
            result_.broadcast.reset();
            result_.broadcast_all_ones = result_.broadcast_all_zeros = false;
        }
        if (result_.broadcast && !result_.broadcast->is_v4()) other_family("broadcast");
        if (result_.peer && result_.peer->family() != result_.address.family()) other_family("peer");
        if (v4 && (result_.home || result_.nodad || result_.mngtmpaddr)) {
            reading_.warn(Code::ignored_value, line_.place(), "home, nodad and mngtmpaddr are for IPv6 only", {});
            result_.home = result_.nodad = result_.mngtmpaddr = false;
        }
    }

    void other_family(std::string_view which) {
        reading_.report({.code = Code::mixed_families, .place = line_.place(),
                         .message = fmt::format("the {} address is of another family than the address", which)});
    }

    const Statement& line_;
    AddressUse use_;
    Reading& reading_;
    LineCursor words_;
    InterfaceAddress result_;
    Place broadcast_place_;
    bool has_length_ = false;
};

}  // namespace

std::optional<InterfaceAddress> read_address_line(const Statement& line, AddressUse use, Reading& reading) {
    return AddressReader(line, use, reading).run();
}

}  // namespace lvx::config::keepalived
