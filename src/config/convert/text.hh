// Lines of a foreign file with their places, for the converters.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hh"
#include "config/convert/convert.hh"

namespace lvx::config::convert {

// A piece of a line, and where it stands.
struct Piece {
    std::string text;
    Place place;
};

struct FileLine {
    std::string_view text;  // without line end
    Place place;            // of its first byte
};

[[nodiscard]] std::vector<FileLine> lines_of(const Sources& sources, FileNumber file);
// Words between blanks; "..." is one word without its marks.
[[nodiscard]] std::vector<Piece> pieces_of(const FileLine& line, std::size_t from);

// Collects what is to be said; the codes are those of the converters.
class Notes {
 public:
    explicit Notes(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void no_equivalent(const Place& place, std::string message, std::string help);
    void wrong(const Place& place, std::string message, std::string help);
    void choose(const Place& place, std::string message, std::string help);  // works, but somebody has to look

 private:
    Diagnostics& diagnostics_;
};

// "10.0.0.2:80", "[2001:db8::1]:80", "10.0.0.2"; a service name or host name is none.
struct HostPort {
    Address address;
    Port port = 0;
};
[[nodiscard]] std::optional<HostPort> host_port(std::string_view text);
// "2", "2.5", "1500ms".
[[nodiscard]] std::optional<std::chrono::microseconds> duration(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t low, std::int64_t high);

}  // namespace lvx::config::convert
