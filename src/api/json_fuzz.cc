// Operations out of arbitrary text: whatever is read is written and read back as the same text.
#include <cstdint>
#include <string_view>

#include "api/json.hh"
#include "base/ensure.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::api;
    const auto read = from_json<Operations>({reinterpret_cast<const char*>(data), size});
    if (!read) {
        ensure(!read.error().reason.empty());
        return 0;
    }
    const std::string text = to_json(*read);
    const auto again = from_json<Operations>(text);
    ensure(again.has_value());
    ensure(to_json(*again) == text);
    return 0;
}
