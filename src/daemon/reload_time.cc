#include "daemon/reload_time.hh"

#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "api/wall_time.hh"
#include "base/text.hh"

namespace lvx::daemon {

namespace {

using namespace std::chrono;

int number(std::string_view text) { return static_cast<int>(parse_integer(text).value_or(0)); }

std::optional<seconds> time_of_day(std::string_view text) {
    if (!has_form(text, "dd:dd:dd")) return std::nullopt;
    const int hour = number(text.substr(0, 2)), minute = number(text.substr(3, 2)), second = number(text.substr(6, 2));
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return hours(hour) + minutes(minute) + seconds(second);
}

std::optional<local_days> day_of(std::string_view text) {
    const std::size_t year_digits = has_form(text, "dddd-dd-dd") ? 4 : 2;
    if (year_digits == 2 && !has_form(text, "dd-dd-dd")) return std::nullopt;
    const year_month_day date{year(number(text.substr(0, year_digits)) + (year_digits == 2 ? 2000 : 0)),
                              month(static_cast<unsigned>(number(text.substr(year_digits + 1, 2)))),
                              day(static_cast<unsigned>(number(text.substr(year_digits + 4, 2))))};
    if (!date.ok()) return std::nullopt;
    return local_days(date);
}

Zone utc() {
    return {.local = [](model::WallTime time) { return local_seconds(time.time_since_epoch()); },
            .wall = [](local_seconds time) { return model::WallTime(time.time_since_epoch()); }};
}

model::WallTime next_at(seconds time, model::WallTime from, const Zone& zone) {
    const local_days today = floor<days>(zone.local(from));
    const model::WallTime at = zone.wall(today + time);
    return at < from ? zone.wall(today + days(1) + time) : at;
}

}  // namespace

Zone machine_zone() {
    return {.local = [](model::WallTime time) {
                const std::time_t moment = time.time_since_epoch().count();
                std::tm parts{};
                ::localtime_r(&moment, &parts);
                return local_seconds(time.time_since_epoch() + seconds(parts.tm_gmtoff));
            },
            .wall = [](local_seconds time) {
                const auto today = floor<days>(time);
                const year_month_day date(today);
                const hh_mm_ss clock(time - today);
                std::tm parts{};
                parts.tm_year = static_cast<int>(date.year()) - 1900;
                parts.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
                parts.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
                parts.tm_hour = static_cast<int>(clock.hours().count());
                parts.tm_min = static_cast<int>(clock.minutes().count());
                parts.tm_sec = static_cast<int>(clock.seconds().count());
                parts.tm_isdst = -1;
                return model::WallTime(seconds(std::mktime(&parts)));
            }};
}

std::optional<ReloadTime> reload_time(std::string_view line, model::WallTime from, const Zone& zone) {
    const bool universal = line.ends_with('Z');
    if (universal) line.remove_suffix(1);
    const Zone meant = universal ? utc() : zone;
    const std::size_t blank = line.find(' ');
    const auto time = time_of_day(blank == line.npos ? line : line.substr(blank + 1));
    if (!time) return std::nullopt;
    if (blank == line.npos) return ReloadTime{.at = next_at(*time, from, meant)};
    const auto day = day_of(line.substr(0, blank));
    if (!day) return std::nullopt;
    return ReloadTime{.at = meant.wall(*day + *time), .dated = true};
}

std::string ReloadClock::schedule(const std::optional<std::string>& line, model::WallTime now) {
    const bool had = next_.has_value();
    line_ = line;
    next_.reset();
    if (!line) return had ? "the reload at a set time is cancelled" : "";
    const auto time = reload_time(*line, now, zone_);
    if (!time) return fmt::format("reload_time_file says \"{}\", which is no time", line->substr(0, 40));
    if (time->at < now) return fmt::format("reload_time_file says {}, which is over", api::wall_time_text(time->at));
    next_ = time;
    return "the configuration will be read again at " + api::wall_time_text(time->at);
}

ReloadClock::Step ReloadClock::step(const std::optional<std::string>& line, bool repeat, model::WallTime now) {
    if (line != line_) return {.notice = schedule(line, now)};
    if (!next_ || now < next_->at) return {};
    const bool again = repeat && !next_->dated;
    next_ = again ? reload_time(*line_, now + seconds(1), zone_) : std::nullopt;
    return {.reload = true, .remove = !again, .notice = ""};
}

}  // namespace lvx::daemon
