// The two files by which others and reloads keep out of each other's way.
//
//   reload_file        exists, empty, while the configuration's files are being read: whoever writes them made it, asked
//                      for the reload, and waits until it is gone
//   reload_time_file   asks for a reload at a set time (reload_time.hh)
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/log.hh"
#include "base/result.hh"
#include "daemon/reload_time.hh"
#include "model/site.hh"

namespace lvx::daemon {

class ReloadFile {
 public:
    // Makes or empties `path`; "" makes none.
    static Result<ReloadFile> make(const std::string& path);
    ReloadFile(ReloadFile&& other) noexcept : path_(std::exchange(other.path_, "")) {}
    ReloadFile& operator=(ReloadFile&&) = delete;
    ~ReloadFile();  // removes it

 private:
    explicit ReloadFile(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

class ReloadTimeFile {
 public:
    explicit ReloadTimeFile(log::Log& log) : log_(log), clock_(machine_zone()) {}
    void configure(const model::Globals& globals);
    // Looks at the file, once a second at most; true: reload now.
    [[nodiscard]] bool due(std::chrono::steady_clock::time_point now, model::WallTime wall);

 private:
    log::Log& log_;
    ReloadClock clock_;
    std::string path_;
    bool repeat_ = false;
    std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace lvx::daemon
