#include "daemon/outside.hh"

#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "config/bundle.hh"
#include "config/disk_reader.hh"

namespace lvx::daemon {

std::string host_name_up_to_dot() {
    std::string host(256, '\0');
    if (::gethostname(host.data(), host.size() - 1) != 0) host.clear();
    return host.substr(0, host.find_first_of(std::string(".\0", 2)));
}

namespace {

config::Options load_options(const Options& options, Tolerance tolerance, std::uint64_t seed) {
    config::Options result{.config_id = options.config_id.empty() ? host_name_up_to_dot() : options.config_id, .random_seed = seed,
                           .tolerant = tolerance == Tolerance::as_keepalived};
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (equals != text.npos) result.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

}  // namespace

config::Outcome load_file(const Options& options, Tolerance tolerance, std::uint64_t seed) {
    return config::load(config::disk_reader(), options.file, load_options(options, tolerance, seed));
}

Readers readers_for(const Options& options, Tolerance tolerance) {
    return {.file = [options, tolerance](std::uint64_t seed) { return load_file(options, tolerance, seed); },
            .text = [options, tolerance](const model::ConfigurationText& text, std::uint64_t seed) {
                return config::load(config::reader_of(text), text.main, load_options(options, tolerance, seed));
            },
            .seed = [] { return std::uint64_t{std::random_device{}()}; }};
}

model::WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Identity identity_of(const Options& options) {
    utsname name{};
    ::uname(&name);
    return {.version = LVX_VERSION,
            .kernel = name.release,
            .instance = options.instance,
            .file = options.file,
            .pid = static_cast<std::uint64_t>(::getpid())};
}

StateStore store_for(const Options& options, log::Log& log) {
    auto store = StateStore::open(options.state_dir);
    if (store) return std::move(*store);
    log.error("what operators change will not survive a restart: " + store.error().sentence(), {{"hint", store.error().hint}});
    return StateStore::in_memory();
}

Result<Beginning> begin_with(const Options& options, const StateStore& store) {
    const Readers readers = readers_for(options, options.tolerant ? Tolerance::as_keepalived : Tolerance::none);
    Beginning beginning = TRY(begin(store, options.file, readers, wall_now()));
    if (!options.tolerant) return beginning;
    const model::Record& record = beginning.runs.record;
    beginning.tolerated = readers_for(options, Tolerance::none).text(record.text, record.random_seed).diagnostics.errors();
    return beginning;
}

dataplane::Sizes sizes_for(const Options& options, const model::DirectorSettings& settings) {
    dataplane::Sizes sizes = options.sizes;
    if (sizes.connections == 0) sizes.connections = settings.connections;
    if (sizes.services == 0) sizes.services = settings.max_services;
    if (sizes.servers == 0) sizes.servers = settings.max_servers;
    if (sizes.pool_words == 0) sizes.pool_words = settings.pool_words;
    return sizes;
}

}  // namespace lvx::daemon
