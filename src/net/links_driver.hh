// Devices, addresses and routes made by rtnetlink: what laboratories and the pair of the daemon's own checks need and no
// more.  One Rtnetlink speaks to the namespace it was opened in, also after the thread has left it.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/world.hh"

struct mnl_socket;
struct nlmsghdr;

namespace lvx::net {

struct VethEnd {
    std::string name;
    std::uint32_t ifindex = 0;
};

class Rtnetlink {
 public:
    // In the namespace the calling thread is in.
    static Result<Rtnetlink> open();
    Rtnetlink(Rtnetlink&& other) noexcept;
    Rtnetlink& operator=(Rtnetlink&& other) = delete;
    ~Rtnetlink();

    // A veth pair: `near` here, `far` in the namespace of `far_namespace`.  The numbers must differ: the kernel holds
    // back news of the carrier up to a second when both ends have the same one (net/core/link_watch.c takes such a
    // device for one without a lower device, and those are not urgent).
    [[nodiscard]] Result<void> add_veth(const VethEnd& near, const VethEnd& far, int far_namespace);
    // ENODEV: there is none.
    [[nodiscard]] Result<void> remove(const std::string& name);
    [[nodiscard]] Result<void> add_bridge(const std::string& name);
    [[nodiscard]] Result<void> bring_up(std::uint32_t ifindex, std::uint32_t mtu);
    [[nodiscard]] Result<void> set_master(std::uint32_t ifindex, std::uint32_t bridge);
    // Without duplicate detection: usable at once.
    [[nodiscard]] Result<void> add_address(std::uint32_t ifindex, const Prefix& prefix);
    [[nodiscard]] Result<void> add_route(const Prefix& destination, const Address& gateway);

 private:
    explicit Rtnetlink(mnl_socket* socket) : socket_(socket) {}
    [[nodiscard]] Result<void> ask(nlmsghdr* message, std::string doing);

    mnl_socket* socket_;
};

// Of a device in the namespace the calling thread is in.
[[nodiscard]] Result<std::uint32_t> index_of(const std::string& device);

}  // namespace lvx::net
