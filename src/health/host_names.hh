// The addresses of host names, for maintenance directories.  A resolver may hang for as long as it likes: it has a thread
// of its own, and whoever asks gets what is known by now and hears when that changes.
//
//   follow(names) --> thread: looks each up, and again every `refresh` --> fd() readable --> addresses_of()
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/address.hh"
#include "base/result.hh"

namespace lvx::health {

class HostNames {
 public:
    // May block; nothing: nobody could say, what was known stays.
    using Lookup = std::function<std::optional<std::vector<Address>>(const std::string&)>;

    static constexpr std::size_t limit = 1024;          // names; further ones are not looked up
    static constexpr std::chrono::seconds refresh{30};

    static Result<std::unique_ptr<HostNames>> open(Lookup lookup);
    // Waits for nobody: a lookup that hangs ends by itself.
    ~HostNames();

    // These from now on; what is known of others is forgotten.
    void follow(std::set<std::string> names);
    // Readable when addresses changed; heard() takes that back.
    [[nodiscard]] int fd() const;
    void heard();
    // Of those followed: how many are beyond the limit.
    [[nodiscard]] std::size_t left_out() const { return left_out_; }
    [[nodiscard]] std::set<Address> addresses_of(const std::string& name) const;

 private:
    struct Shared;
    explicit HostNames(std::shared_ptr<Shared> shared);
    static void run(const std::shared_ptr<Shared>& shared);

    std::shared_ptr<Shared> shared_;
    bool started_ = false;
    std::size_t left_out_ = 0;
};

// What the machine's resolver says: hosts file, DNS, whatever nsswitch.conf(5) names.
[[nodiscard]] std::optional<std::vector<Address>> look_up(const std::string& name);

}  // namespace lvx::health
