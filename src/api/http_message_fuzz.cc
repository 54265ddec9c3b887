// Arbitrary heads of answers, as a broken or foreign daemon may send them.
#include <cstdint>
#include <string_view>

#include "api/http_message.hh"
#include "base/ensure.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::api;
    const auto head = parse_answer_head({reinterpret_cast<const char*>(data), size});
    if (!head) return 0;
    ensure(head->status <= 999);
    ensure(head->content_length <= answer_body_limit);
    ensure(next_link(head->link).size() <= head->link.size());
    return 0;
}
