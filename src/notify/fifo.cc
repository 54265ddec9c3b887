#include "notify/fifo.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace lvx::notify {

namespace {

constexpr mode_t own_mode = 0600, group_mode = 0640;

// Who may read a FIFO: root, or who the configuration names.
Result<void> hand_over(const model::Fifo& form, const script::Directory& directory) {
    if (form.user.empty() && form.group.empty()) return {};
    const script::Credentials owner = TRY(script::credentials_of({.words = {}, .user = form.user.empty() ? "root" : form.user, .group = form.group}, {}, directory));
    if (::chown(form.path.c_str(), owner.user, owner.group) != 0) return refusal("cannot change the owner of FIFO " + form.path, errno);
    return {};
}

// True when it was made.
Result<bool> make(const model::Fifo& form, const script::Directory& directory) {
    if (::mkfifo(form.path.c_str(), own_mode) != 0) {
        if (errno == EEXIST) return false;
        return refusal("cannot make FIFO " + form.path, errno);
    }
    if (auto handed = hand_over(form, directory); !handed) {
        ::unlink(form.path.c_str());
        return std::unexpected(handed.error());
    }
    ::chmod(form.path.c_str(), form.group.empty() ? own_mode : group_mode);
    return true;
}

Result<Fd> open_file(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!file.valid()) return refusal("cannot open FIFO " + path, errno);
    struct stat found {};
    if (::fstat(file.get(), &found) != 0 || !S_ISFIFO(found.st_mode))
        return refusal("cannot write to " + path, EEXIST, "a file that is no FIFO is there; remove it or choose another path");
    return file;
}

}  // namespace

Result<Fifo> Fifo::open(const model::Fifo& form, const script::Directory& directory) {
    const bool made = TRY(make(form, directory));
    return Fifo(TRY(open_file(form.path)), made ? form.path : "");
}

Fifo::~Fifo() {
    if (file_.valid() && !made_.empty()) ::unlink(made_.c_str());
}

Fifo::Written Fifo::write(const std::string& line, std::size_t bound) {
    // Beyond PIPE_BUF a line could be written in part.
    if (line.size() > PIPE_BUF) return {.lost = 1, .refused = EMSGSIZE};
    kept_.push_back(line);
    Written written = flush();
    while (kept_.size() > bound) {
        kept_.pop_front();
        ++written.lost;
    }
    return written;
}

Fifo::Written Fifo::flush() {
    Written written;
    while (!kept_.empty()) {
        const std::string& line = kept_.front();
        if (::write(file_.get(), line.data(), line.size()) < 0) {
            written.refused = errno;
            return written;
        }
        kept_.pop_front();
        ++written.lines;
    }
    return written;
}

}  // namespace lvx::notify
