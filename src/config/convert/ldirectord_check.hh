// How ldirectord watches a real server, as a check of lvx.
#pragma once

#include <optional>

#include "config/convert/ldirectord_lines.hh"
#include "model/watch.hh"

namespace lvx::config::convert {

// A virtual block with the settings of the file behind it.
class Scope {
 public:
    Scope(const LdirectordFile& file, const VirtualBlock& block) : file_(file), block_(block) {}
    // The block's own setting, else the file's; null if neither says it.
    [[nodiscard]] const Setting* find(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise) const;
    // Seconds; `otherwise` where nothing or nonsense is said (which is reported).
    [[nodiscard]] std::chrono::microseconds seconds(std::string_view key, std::chrono::seconds otherwise, Notes& notes) const;
    [[nodiscard]] std::int64_t number(std::string_view key, std::int64_t otherwise, Notes& notes) const;
    [[nodiscard]] bool yes(std::string_view key, bool otherwise) const;
    [[nodiscard]] const VirtualBlock& block() const { return block_; }

 private:
    const LdirectordFile& file_;
    const VirtualBlock& block_;
};

// What a "real" line says for itself.
struct RealServer {
    Endpoint endpoint;
    std::optional<std::string> request, receive;
    Place place;
};

// The checks of one real server of `service`; none where checking is off.
[[nodiscard]] std::vector<model::Check> checks_of(const Scope& scope, const model::ServiceKey& service, const RealServer& server, Notes& notes);

}  // namespace lvx::config::convert
