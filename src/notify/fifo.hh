// A FIFO that tools read notifications from.  Writing never waits: lines that do not fit now are kept up to a bound, the
// oldest go first, since the newest tell the present state.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "base/fd.hh"
#include "base/result.hh"
#include "model/site.hh"
#include "script/rules.hh"

namespace lvx::notify {

class Fifo {
 public:
    // Makes the file (mode 0600, 0640 with a group) unless it is there.  Held open for reading as well, so that lines wait
    // in the kernel for a reader that comes later.
    static Result<Fifo> open(const model::Fifo& form, const script::Directory& directory);
    Fifo(Fifo&& other) noexcept = default;
    Fifo& operator=(Fifo&&) = delete;
    // Takes away a file it made.
    ~Fifo();

    struct Written {
        std::size_t lines = 0, lost = 0;
        int refused = 0;  // errno that made lines wait or be lost
    };
    Written write(const std::string& line, std::size_t bound);
    Written flush();
    [[nodiscard]] bool waits() const { return !kept_.empty(); }
    [[nodiscard]] int fd() const { return file_.get(); }

 private:
    Fifo(Fd file, std::string path) : file_(std::move(file)), made_(std::move(path)) {}

    Fd file_;
    std::string made_;  // "" = it was there
    std::deque<std::string> kept_;
};

}  // namespace lvx::notify
