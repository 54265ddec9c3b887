#include "health/file_values.hh"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "base/text.hh"

namespace lvx::health {

std::int64_t file_value(std::string_view content) {
    content = trim(content.substr(0, content.find('\n')));
    if (content.starts_with('+')) content.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(content.data(), content.data() + content.size(), value);
    return code == std::errc() && end != content.data() ? value : 0;
}

FileResult file_result(std::int64_t value, std::int32_t weight, bool reverse) {
    constexpr std::int64_t highest = 2147483647, lowest = -highest - 1;
    if (weight == 0) return {.failed = (value != 0) != reverse};
    const std::int64_t bounded = std::clamp(value, lowest, highest);
    const std::int64_t added = bounded * weight * (reverse ? -1 : 1);
    if (added <= lowest) return {.failed = true};
    return {.added = std::min(added, highest)};
}

std::optional<Endpoint> maintenance_name(std::string_view file_name) {
    if (const auto address = Address::parse(file_name)) return Endpoint{*address, 0};
    const std::size_t colon = file_name.rfind(':');
    if (colon == file_name.npos) return std::nullopt;
    std::string_view host = file_name.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = Address::parse(host);
    const auto port = parse_port(file_name.substr(colon + 1));
    if (!address || !port) return std::nullopt;
    return Endpoint{*address, *port};
}

std::optional<HostPort> maintenance_host(std::string_view file_name) {
    constexpr std::size_t longest_name = 253, longest_label = 63;  // RFC 1035, 2.3.4
    if (maintenance_name(file_name)) return std::nullopt;
    HostPort result;
    const std::size_t colon = file_name.find(':');
    const std::string_view host = file_name.substr(0, colon);
    if (colon != file_name.npos) {
        const auto port = parse_port(file_name.substr(colon + 1));
        if (!port) return std::nullopt;
        result.port = *port;
    }
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    const auto label = [&](std::string_view part) {
        return !part.empty() && part.size() <= longest_label && part.front() != '-' && std::ranges::all_of(part, letter);
    };
    if (host.size() > longest_name || !std::ranges::all_of(split_at(host, '.'), label)) return std::nullopt;
    result.host = host;
    return result;
}

Maintenance in_maintenance(const std::string& directory) {
    Maintenance result;
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
    if (!opened) return result;
    while (const dirent* entry = ::readdir(opened.get())) {
        if (const auto server = maintenance_name(entry->d_name)) result.servers.insert(*server);
        else if (auto host = maintenance_host(entry->d_name)) result.hosts.insert(std::move(*host));
    }
    return result;
}

std::int64_t read_file_value(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    std::array<char, 64> buffer{};
    const ssize_t got = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
    return got <= 0 ? 0 : file_value({buffer.data(), static_cast<std::size_t>(got)});
}

Result<DirectoryWatch> DirectoryWatch::open() {
    Fd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify.valid()) return refusal("cannot watch files", errno);
    return DirectoryWatch(std::move(inotify));
}

void DirectoryWatch::follow(const std::set<std::string>& directories) {
    for (auto known = watches_.begin(); known != watches_.end();) {
        if (directories.contains(known->first)) {
            ++known;
            continue;
        }
        (void)::inotify_rm_watch(inotify_.get(), known->second);
        known = watches_.erase(known);
    }
    for (const std::string& directory : directories) {
        const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(),
                                              IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR);
        if (watch >= 0) watches_[directory] = watch;
    }
}

bool DirectoryWatch::changed() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    bool any = false;
    while (::read(inotify_.get(), buffer.data(), buffer.size()) > 0) any = true;
    return any;
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace lvx::health
