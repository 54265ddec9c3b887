#include "cli/load_options.hh"

#include <unistd.h>

#include <string_view>

namespace lvx::cli {

namespace {

std::string host_name_up_to_dot() {
    char name[256] = "";
    if (::gethostname(name, sizeof name - 1) != 0) return {};
    const std::string_view whole = name;
    return std::string(whole.substr(0, whole.find('.')));
}

}  // namespace

config::Options load_options() {
    config::Options options{.config_id = host_name_up_to_dot()};
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) options.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return options;
}

}  // namespace lvx::cli
