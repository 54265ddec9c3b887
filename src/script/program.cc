#include "script/program.hh"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <deque>
#include <map>

#include "base/text.hh"

namespace lvx::script {

namespace {

constexpr int links_limit = 40;            // the kernel's
constexpr std::size_t record_size = 16384; // of a line of the user data base
constexpr int groups_limit = 1024;

bool is_program(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & 0111) != 0;
}

std::deque<std::string> parts_of(std::string_view path) {
    std::deque<std::string> parts;
    for (const std::string_view part : split_at(path, '/'))
        if (!part.empty() && part != ".") parts.emplace_back(part);
    return parts;
}

Result<std::string> target_of(const std::string& link) {
    std::array<char, PATH_MAX> target;
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    if (length < 0) return refusal("cannot read " + link, errno);
    return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<PathComponent> look_at(const std::string& path, const std::string& whole) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return refusal("cannot run " + whole, errno);
    return PathComponent{path, found.st_mode, found.st_uid, found.st_gid};
}

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

std::optional<Credentials> find_user(const std::string& name) {
    passwd record{}, *found = nullptr;
    std::vector<char> buffer(record_size);
    if (::getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
    Credentials who{.user = record.pw_uid, .group = record.pw_gid, .groups = std::vector<gid_t>(groups_limit)};
    int count = groups_limit;
    if (::getgrouplist(name.c_str(), record.pw_gid, who.groups.data(), &count) < 0) count = 0;
    who.groups.resize(static_cast<std::size_t>(count));
    return who;
}

std::optional<gid_t> find_group(const std::string& name) {
    group record{}, *found = nullptr;
    std::vector<char> buffer(record_size);
    if (::getgrnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
    return record.gr_gid;
}

}  // namespace

Result<std::string> find_program(const std::string& word, std::string_view path) {
    if (word.empty()) return refusal("cannot run a command without words", EINVAL);
    if (word.starts_with('/')) return word;
    if (word.find('/') != word.npos) return refusal("cannot run " + word, EINVAL, "write its whole path");
    for (const std::string_view folder : split_at(path, ':')) {
        const std::string candidate = std::string(folder) + "/" + word;
        if (!folder.empty() && is_program(candidate)) return candidate;
    }
    return refusal("cannot run " + word, ENOENT, "write its whole path, or add its folder to PATH");
}

Result<std::vector<PathComponent>> components_of(const std::string& path) {
    std::vector<PathComponent> components{TRY(look_at("/", path))};
    std::deque<std::string> rest = parts_of(path);
    std::string at;
    int links = 0;
    while (!rest.empty()) {
        const std::string part = rest.front();
        rest.pop_front();
        if (part == "..") {
            at = parent_of(at);
            continue;
        }
        const std::string here = at + "/" + part;
        components.push_back(TRY(look_at(here, path)));
        if (!S_ISLNK(components.back().mode)) {
            at = here;
            continue;
        }
        if (++links > links_limit) return refusal("cannot run " + path, ELOOP);
        const std::string target = TRY(target_of(here));
        if (target.starts_with('/')) at.clear();
        const std::deque<std::string> more = parts_of(target);
        rest.insert(rest.begin(), more.begin(), more.end());
    }
    return components;
}

const Directory& system_directory() {
    static constexpr Directory directory{find_user, find_group};
    return directory;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::map<std::string, std::string> variables{{"PATH", usual_path}};
    const auto add = [&](std::string_view text) {
        const std::size_t equals = text.find('=');
        if (equals != text.npos) variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    };
    for (char** variable = environ; *variable != nullptr; ++variable) add(*variable);
    for (const std::string& text : more) add(text);
    std::vector<std::string> result;
    for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
    return result;
}

}  // namespace lvx::script
