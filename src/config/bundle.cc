#include "config/bundle.hh"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace lvx::config {
namespace {

// FNV-1a, 64 bits.
std::uint64_t fnv(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    return hash;
}

}  // namespace

model::ConfigurationText bundle(const Sources& sources, std::string_view main_file) {
    model::ConfigurationText result{.main = std::string(main_file)};
    std::set<std::string_view> seen;
    for (FileNumber file = 0; file < sources.count(); ++file)
        if (seen.insert(sources.name(file)).second)
            result.files.push_back({std::string(sources.name(file)), std::string(sources.whole(file))});
    return result;
}

Reader reader_of(const model::ConfigurationText& text) {
    return {.read = [&text](std::string_view path) -> Result<std::string> {
                const auto found = std::ranges::find(text.files, path, &model::TextFile::name);
                if (found == text.files.end()) return refusal(fmt::format("cannot open {}", path), ENOENT);
                return found->text;
            },
            .match = [&text](std::string_view pattern) {
                const std::string wanted(pattern);
                std::vector<std::string> names;
                for (const model::TextFile& file : text.files)
                    if (file.name == wanted || ::fnmatch(wanted.c_str(), file.name.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
                        names.push_back(file.name);
                std::ranges::sort(names);
                return names;
            }};
}

std::string digest(const model::ConfigurationText& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const model::TextFile& file : text.files) {
        hash = fnv(hash, fmt::format("{} {} ", file.name, file.text.size()));
        hash = fnv(hash, file.text);
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace lvx::config
