// Images in the maps: writes one into the set packets do not see, makes it the one they see, and reads it back.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "dataplane/grace.hh"
#include "dataplane/nexthops.hh"
#include "dataplane/tables.hh"
#include "plan/image.hh"

namespace lvx::dataplane {

class ImageStore {
 public:
    // References outlive this object.
    ImageStore(const Tables& tables, const Grace& grace, const Nexthops& nexthops);

    // What an earlier daemon left active: nullopt when nothing was ever stored.
    [[nodiscard]] std::optional<plan::Image> adopt();

    // Waits until no packet uses the inactive set any more; then it may be written, and gauges of servers that were
    // removed with it only fall.
    void settle();

    // All or nothing: an error leaves packets with the set they have.  After settle().
    [[nodiscard]] Result<void> store(const plan::Image& image, const plan::Image* before);

 private:
    using KeyBytes = std::array<std::uint8_t, sizeof(abi::service_key)>;

    Result<void> write_keys(const plan::Image& image, std::uint32_t set);
    Result<void> write_key(const KeyBytes& key, const abi::service_id& value);
    void write_rows(const plan::Image& image, std::uint32_t set) const;
    void write_filter(const plan::Image& image, std::uint32_t set) const;
    void activate(const plan::Image& image, std::uint32_t set);
    void refresh_overload(const plan::Image& image, const plan::Image* before) const;
    void drop_stale_keys();

    const Tables& tables_;
    const Grace& grace_;
    const Nexthops& nexthops_;
    std::map<KeyBytes, abi::service_id> keys_;  // exactly what the map service_ids holds
    bool settled_ = false;
};

}  // namespace lvx::dataplane
