// reload_time_file: a file whose first line says when to read the configuration again, so that all directors of a site
// change at the same moment.  A pure machine: it is told the line and the time.  Forms of the line, to the letter:
//
//   HH:MM:SS    YY-MM-DD HH:MM:SS    YYYY-MM-DD HH:MM:SS        each with "Z" behind it for UTC, else local time
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/override.hh"

namespace lvx::daemon {

// Of the machine: what its clocks show.  Where local time does not exist or exists twice, the C library chooses.
struct Zone {
    std::function<std::chrono::local_seconds(model::WallTime)> local;
    std::function<model::WallTime(std::chrono::local_seconds)> wall;
};
[[nodiscard]] Zone machine_zone();

struct ReloadTime {
    model::WallTime at{};
    bool dated = false;  // once; otherwise the next moment of a day that shows this time
    bool operator==(const ReloadTime&) const = default;
};
// The first moment not before `from`, where the line has no date; nothing when it has none of the forms.
[[nodiscard]] std::optional<ReloadTime> reload_time(std::string_view line, model::WallTime from, const Zone& zone);

class ReloadClock {
 public:
    struct Step {
        bool reload = false;
        bool remove = false;  // the file: what it asked for is done
        std::string notice;   // for the log; "" = nothing new
        bool operator==(const Step&) const = default;
    };

    explicit ReloadClock(Zone zone) : zone_(std::move(zone)) {}
    // `line`: the file's first one, nothing without a file.  `repeat`: daily, and the file stays.
    [[nodiscard]] Step step(const std::optional<std::string>& line, bool repeat, model::WallTime now);

 private:
    [[nodiscard]] std::string schedule(const std::optional<std::string>& line, model::WallTime now);

    Zone zone_;
    std::optional<std::string> line_;
    std::optional<ReloadTime> next_;
};

}  // namespace lvx::daemon
