// Images in the maps: writes one, or what changes of it, into the set packets do not see, makes it the one they see, and
// reads it back.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>

#include "dataplane/grace.hh"
#include "dataplane/nexthops.hh"
#include "dataplane/tables.hh"
#include "plan/image.hh"
#include "plan/patch.hh"

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
    // The same for a change of `image`, which packets see; carries it out on `image`, too.  Only what the two sets differ
    // in is written.
    [[nodiscard]] Result<void> store(const plan::Patch& patch, plan::Image& image);
    // Makes the inactive set equal to `image`, which packets see, as soon as nobody reads it any more: so that the next
    // patch finds little to write.  To be called now and then; nothing to do is the usual case.
    void level(const plan::Image& image);

 private:
    using KeyBytes = std::array<std::uint8_t, sizeof(abi::service_key)>;

    // Rows in which the inactive set differs from the active one.
    struct Difference {
        std::set<std::uint32_t> services, servers;
        std::map<std::uint32_t, std::uint32_t> pool;  // from a word on, how many
        std::set<std::size_t> filter;                 // bytes
    };

    static void add(Difference& difference, const plan::Patch& patch);
    Result<void> write_all(const plan::Image& image, std::uint32_t set);
    void write(const Difference& difference, const plan::Image& image, std::uint32_t set) const;
    [[nodiscard]] abi::server with_nexthop(abi::server server) const;
    void write_filter_byte(std::size_t byte, const plan::Image& image, std::uint32_t set) const;
    Result<void> write_keys(const plan::Image& image, std::uint32_t set);
    Result<void> write_key(const KeyBytes& key, const abi::service_id& value);
    void activate(const plan::Image& image);
    void refresh_overload(std::size_t id, const abi::server& server, const abi::server& before) const;
    void drop_stale_keys();

    const Tables& tables_;
    const Grace& grace_;
    const Nexthops& nexthops_;
    std::map<KeyBytes, abi::service_id> keys_;  // exactly what the map service_ids holds
    std::optional<Difference> difference_;      // nullopt: nobody knows
    bool settled_ = false;  // nobody reads the inactive set
};

}  // namespace lvx::dataplane
