// Arbitrary request lines: "METHOD TARGET\nBODY".  Every answer is whole, and one that changes something was a POST.
#include <cstdint>
#include <string>

#include "api/routes.hh"
#include "api/sample.hh"
#include "base/ensure.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::api;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string line = text.substr(0, text.find('\n'));
    const std::string method = line.substr(0, line.find(' '));
    const std::string target = method.size() < line.size() ? line.substr(method.size() + 1) : "";
    const std::string body = line.size() < text.size() ? text.substr(line.size() + 1) : "";
    FakeDirector director = sample_director();
    const Response response = answer({method, target, body}, director, ServerCounters{});
    // 501: what this director has none of, as its virtual routers.
    ensure((response.status >= 200 && response.status < 500) || response.status == 501);
    ensure(!response.content_type.empty());
    const bool changed = !director.executed.empty() || director.reloads != 0 || director.stopped.has_value();
    ensure(!changed || method == "POST");
    return 0;
}
