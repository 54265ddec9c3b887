#include "daemon/reload_files.hh"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.hh"

namespace lvx::daemon {

namespace {

constexpr std::chrono::seconds look_period{1};
constexpr std::size_t longest_line = 64;

// Without its line end; what is longer than any time is cut.  Nothing without a file.
std::optional<std::string> first_line(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) return std::nullopt;
    std::array<char, longest_line> bytes;
    const ssize_t length = ::read(file.get(), bytes.data(), bytes.size());
    const std::string_view text(bytes.data(), static_cast<std::size_t>(length < 0 ? 0 : length));
    return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

Result<ReloadFile> ReloadFile::make(const std::string& path) {
    if (path.empty()) return ReloadFile("");
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file.valid()) return refusal("cannot make reload_file " + path, errno);
    return ReloadFile(path);
}

ReloadFile::~ReloadFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

void ReloadTimeFile::configure(const model::Globals& globals) {
    path_ = globals.reload_time_file;
    repeat_ = globals.reload_repeat;
}

bool ReloadTimeFile::due(std::chrono::steady_clock::time_point now, model::WallTime wall) {
    if (now < next_look_) return false;
    next_look_ = now + look_period;
    const ReloadClock::Step step = clock_.step(path_.empty() ? std::nullopt : first_line(path_), repeat_, wall);
    if (!step.notice.empty()) log_.notice(step.notice, {{"file", path_}});
    if (step.remove && ::unlink(path_.c_str()) != 0) log_.warning("cannot remove reload_time_file " + path_, {{"errno", std::strerror(errno)}});
    return step.reload;
}

}  // namespace lvx::daemon
