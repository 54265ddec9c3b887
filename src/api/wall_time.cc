#include "api/wall_time.hh"

#include <fmt/format.h>

#include "base/text.hh"

namespace lvx::api {

namespace {

constexpr std::string_view form = "dddd-dd-ddTdd:dd:ddZ";  // d: a digit

unsigned number(std::string_view text, std::size_t at, std::size_t digits) {
    return static_cast<unsigned>(parse_integer(text.substr(at, digits)).value_or(0));
}

}  // namespace

std::string wall_time_text(model::WallTime time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<model::WallTime> parse_wall_time(std::string_view text) {
    using namespace std::chrono;
    if (!has_form(text, form)) return std::nullopt;
    const year_month_day date{year{static_cast<int>(number(text, 0, 4))}, month{number(text, 5, 2)}, day{number(text, 8, 2)}};
    const unsigned hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return sys_days(date) + hours{hour} + minutes{minute} + seconds{second};
}

}  // namespace lvx::api
