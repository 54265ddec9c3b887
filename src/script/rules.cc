#include "script/rules.hh"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace lvx::script {

namespace {

bool others_can_change(const PathComponent& component) {
    if (S_ISLNK(component.mode)) return component.user != 0;  // a link's own mode means nothing, its owner may replace it
    if (component.user != 0 && (component.mode & S_IWUSR) != 0) return true;
    if (component.group != 0 && (component.mode & S_IWGRP) != 0) return true;
    return (component.mode & S_IWOTH) != 0;
}

Result<Credentials> with_group(Credentials who, const std::string& group, const Directory& directory) {
    if (group.empty()) return who;
    const auto found = directory.group(group);
    if (!found) return refusal("cannot run scripts as group " + group, ENOENT, "there is no such group");
    who.group = *found;
    return who;
}

}  // namespace

Result<Credentials> credentials_of(const model::Command& command, const Rules& rules, const Directory& directory) {
    const bool own = !command.user.empty();
    const std::string& user = own ? command.user : rules.user;
    const std::string& group = own ? command.group : rules.group;
    if (!user.empty()) {
        const auto found = directory.user(user);
        if (!found) return refusal("cannot run scripts as " + user, ENOENT, "there is no such user");
        return with_group(*found, group, directory);
    }
    if (const auto found = directory.user(default_user)) return *found;
    if (rules.security)
        return refusal("cannot run scripts", EPERM, "enable_script_security is set: make the user keepalived_script, or name one with script_user");
    return Credentials{};
}

std::optional<PathComponent> insecure_component(std::span<const PathComponent> components) {
    const auto found = std::ranges::find_if(components, others_can_change);
    if (found == components.end()) return std::nullopt;
    return *found;
}

Result<void> permitted(const Credentials& who, const Rules& rules, std::span<const PathComponent> components) {
    if (!rules.security || who.user != 0) return {};
    const auto insecure = insecure_component(components);
    if (!insecure) return {};
    return refusal("cannot run " + components.back().path + " as root", EPERM,
                   insecure->path + " can be changed by others than root, and enable_script_security is set");
}

}  // namespace lvx::script
