#include "daemon/state_store.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "api/json.hh"
#include "base/fd.hh"

namespace lvx::daemon {

namespace {

std::string hint_for(int code) {
    if (code == ENOSPC || code == EDQUOT) return "the disk is full; nothing was changed, make room and try again";
    if (code == EROFS || code == EACCES) return "choose a place that can be written with --state-dir DIR";
    return {};
}

std::unexpected<Error> refused(const std::string& doing, int code) { return refusal(doing, code, hint_for(code)); }

Result<void> write_all(const Fd& file, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return refused("cannot write " + path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// On disk when this returns, under that name or not at all as far as its content goes.
Result<void> write_synced(const std::string& path, std::string_view text) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return refused("cannot open " + path, errno);
    auto written = write_all(file, text, path);
    if (written && ::fsync(file.get()) != 0) written = refused("cannot write " + path, errno);
    if (!written) ::unlink(path.c_str());
    return written;
}

Result<void> rename_synced(const std::string& from, const std::string& to, const std::string& folder) {
    if (::rename(from.c_str(), to.c_str()) != 0) return refused("cannot rename " + from, errno);
    const Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid() || ::fsync(directory.get()) != 0) return refused("cannot sync " + folder, errno);
    return {};
}

Result<std::string> read_whole(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return refused("cannot open " + path, errno);
    std::string text;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refused("cannot read " + path, errno);
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

template <class T>
Result<T> parsed(const std::string& path, const std::string& text) {
    auto value = api::from_json<T>(text);
    if (!value) return refusal(fmt::format("cannot understand {}: {}", path, value.error().sentence()), 0, "move it away; lvxd starts without it");
    return std::move(*value);
}

}  // namespace

Result<StateStore> StateStore::open(std::string directory) {
    std::error_code error;
    std::filesystem::create_directories(directory + "/history", error);
    if (error) return refused("cannot make the folder " + directory, error.value());
    if (::chmod(directory.c_str(), 0700) != 0) return refused("cannot protect the folder " + directory, errno);
    return StateStore(std::move(directory));
}

StateStore StateStore::in_memory() { return StateStore(""); }

std::string StateStore::record_file(std::uint64_t number) const { return fmt::format("{}/history/{:06}.json", directory_, number); }

Result<std::optional<model::RunState>> StateStore::load() const {
    if (directory_.empty() || ::access(state_file().c_str(), F_OK) != 0) return std::nullopt;
    const std::string text = TRY(read_whole(state_file()));
    return TRY(parsed<model::RunState>(state_file(), text));
}

Result<void> StateStore::prepare(const model::RunState& state) {
    if (directory_.empty()) return {};
    return write_synced(state_file() + ".new", api::to_json(state) + "\n");
}

Result<void> StateStore::commit() {
    if (directory_.empty()) return {};
    return rename_synced(state_file() + ".new", state_file(), directory_);
}

void StateStore::discard() {
    if (!directory_.empty()) ::unlink((state_file() + ".new").c_str());
}

Result<void> StateStore::keep(const model::Record& record) {
    if (directory_.empty()) {
        records_.insert_or_assign(record.number, record);
        return {};
    }
    const std::string path = record_file(record.number);
    TRY(write_synced(path + ".new", api::to_json(record) + "\n"));
    return rename_synced(path + ".new", path, directory_ + "/history");
}

Result<model::Record> StateStore::record(std::uint64_t number) const {
    if (directory_.empty()) {
        const auto found = records_.find(number);
        if (found == records_.end()) return refusal(fmt::format("there is no configuration {} in the history", number), ENOENT);
        return found->second;
    }
    const std::string text = TRY(read_whole(record_file(number)));
    return parsed<model::Record>(record_file(number), text);
}

void StateStore::forget(std::uint64_t number) {
    records_.erase(number);
    if (!directory_.empty()) ::unlink(record_file(number).c_str());
}

}  // namespace lvx::daemon
