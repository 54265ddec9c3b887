#include "lab/director.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "lab/readiness.hh"

namespace lvx::lab {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds start_limit{60'000};
constexpr Milliseconds question_limit{60'000};
constexpr const char* package_directory = "/usr/sbin";

std::string file_of(const Lab& lab, std::string_view node, std::string_view ending) {
    return fmt::format("{}/{}.{}", lab.directory(), node, ending);
}

Command lvxd_command(const Lab& lab, const DirectorSettings& settings, const std::string& program) {
    Command command{.argv = {program, "--instance", lab.name(), "--socket", file_of(lab, settings.node, "sock"), "--bpffs",
                             lab.pin_directory() + "-" + settings.node, "--state-dir", file_of(lab, settings.node, "state"),
                             "--hook", settings.hook},
                    .environment = {"NOTIFY_SOCKET=" + file_of(lab, settings.node, "ready")},
                    .output = file_of(lab, settings.node, "log"),
                    .bond = settings.bond};
    std::string file = settings.configuration_file;
    if (file.empty() && !settings.configuration.empty()) file = file_of(lab, settings.node, "conf");
    if (!file.empty()) command.argv.insert(command.argv.end(), {"-f", file});
    command.argv.insert(command.argv.end(), settings.arguments.begin(), settings.arguments.end());
    return command;
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

Result<void> write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    file.flush();
    if (!file) return refusal("cannot write " + path, errno);
    return {};
}

Result<Process> start_ready(const Lab& lab, const DirectorSettings& settings) {
    const std::string program = TRY(find_lvxd());
    const Readiness readiness = TRY(Readiness::listen(file_of(lab, settings.node, "ready")));
    Process process = TRY(lab.start(settings.node, lvxd_command(lab, settings, program)));
    if (readiness.await(process, start_limit)) return process;
    std::string said = content_of(file_of(lab, settings.node, "log"));
    while (said.ends_with('\n')) said.pop_back();
    return refusal(fmt::format("lvxd did not become ready in {}; it said{}{}", settings.node,
                               said.empty() ? " nothing" : ":\n", said), 0);
}

Result<void> link_program(const std::string& target, const std::string& name) {
    std::error_code code;
    fs::remove(name, code);
    fs::create_symlink(target, name, code);
    if (code) return refusal("cannot make " + name, code.value());
    return {};
}

}  // namespace

std::string program_directory() {
    std::error_code code;
    return fs::read_symlink("/proc/self/exe", code).parent_path();
}

Result<std::string> find_lvxd() {
    for (const std::string& directory : {program_directory(), std::string(package_directory)}) {
        const std::string path = directory + "/lvxd";
        if (access(path.c_str(), X_OK) == 0) return path;
    }
    return refusal(fmt::format("cannot find lvxd in {} or {}", program_directory(), package_directory), ENOENT);
}

Result<void> link_programs(const Lab& lab) {
    const std::string bin = lab.directory() + "/bin";
    std::error_code code;
    fs::create_directories(bin, code);
    if (code) return refusal("cannot make " + bin, code.value());
    for (const char* applet : {"lvx", "ipvsadm", "ipvsadm-save", "ipvsadm-restore"}) {
        TRY(link_program(program_directory() + "/lvx", fmt::format("{}/{}", bin, applet)));
    }
    const std::string lvxd = TRY(find_lvxd());
    return link_program(lvxd, bin + "/lvxd");
}

std::vector<std::string> tool_environment(const Lab& lab, std::string_view node) {
    const char* path = std::getenv("PATH");
    return {fmt::format("PATH={}/bin:{}", lab.directory(), path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path),
            "LVX_SOCKET=" + file_of(lab, node, "sock")};
}

Director::Director(const Lab& lab, DirectorSettings settings, Process process)
    : lab_(&lab),
      settings_(std::move(settings)),
      socket_(file_of(lab, settings_.node, "sock")),
      process_(std::move(process)) {}

Result<Director> Director::start(const Lab& lab, DirectorSettings settings) {
    TRY(link_programs(lab));
    TRY(write_file(file_of(lab, settings.node, "conf"), settings.configuration));
    Process process = TRY(start_ready(lab, settings));
    return Director(lab, std::move(settings), std::move(process));
}

Result<void> Director::restart() {
    process_.kill();
    process_ = TRY(start_ready(*lab_, settings_));
    return {};
}

Result<void> Director::write_configuration(const std::string& text) {
    return write_file(file_of(*lab_, settings_.node, "conf"), text);
}

std::vector<std::string> Director::environment() const { return tool_environment(*lab_, settings_.node); }

Result<Outcome> Director::ask(std::string_view words) const {
    Command command = shell(words);
    command.environment = environment();
    return lab_->run(settings_.node, command, question_limit);
}

std::string Director::log() const { return content_of(file_of(*lab_, settings_.node, "log")); }

}  // namespace lvx::lab
