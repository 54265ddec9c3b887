// Files whose content steers: track files (a number) and maintenance directories (a name is a server).  Watched with
// inotify by their directories, so that a file may come, go and be replaced.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/address.hh"
#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::health {

// The number a track file begins with; 0 when there is none (keepalived).
[[nodiscard]] std::int64_t file_value(std::string_view content);

struct FileResult {
    bool failed = false;
    std::int64_t added = 0;  // to the weight
    bool operator==(const FileResult&) const = default;
};
// weight 0: any other value than 0 is a failure (reverse: 0 is); else value x weight is added, and a sum of at most -2^31
// is a failure.
[[nodiscard]] FileResult file_result(std::int64_t value, std::int32_t weight, bool reverse);

// "10.0.0.2", "10.0.0.2:80", "2001:db8::1", "[2001:db8::1]:80"; port 0 = any.
[[nodiscard]] std::optional<Endpoint> maintenance_name(std::string_view file_name);

// "web2", "web2.example.net:80": no address, and nothing that no host is called.
struct HostPort {
    std::string host;
    Port port = 0;  // 0 = any
    auto operator<=>(const HostPort&) const = default;
};
[[nodiscard]] std::optional<HostPort> maintenance_host(std::string_view file_name);

// Who stands in a maintenance directory; nobody when it cannot be read.
struct Maintenance {
    std::set<Endpoint> servers;
    std::set<HostPort> hosts;
};
[[nodiscard]] Maintenance in_maintenance(const std::string& directory);
[[nodiscard]] std::int64_t read_file_value(const std::string& path);

class DirectoryWatch {
 public:
    static Result<DirectoryWatch> open();
    // From now on: changes in exactly these.  A directory that is not there yet is looked for again at each call.
    void follow(const std::set<std::string>& directories);
    [[nodiscard]] int fd() const { return inotify_.get(); }
    // Takes what is waiting; true when something changed.
    [[nodiscard]] bool changed();

 private:
    explicit DirectoryWatch(Fd inotify) : inotify_(std::move(inotify)) {}

    Fd inotify_;
    std::map<std::string, int> watches_;
};

[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace lvx::health
