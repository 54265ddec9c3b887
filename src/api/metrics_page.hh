// The text format of a metrics page, and the families that stand in files of their own.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "api/events.hh"
#include "api/vrrp.hh"
#include "api/work.hh"

namespace lvx::api {

using Label = std::pair<std::string_view, std::string_view>;

// One metric family after the other; all samples of a family must stand together.
class Page {
 public:
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(std::initializer_list<Label> labels, std::uint64_t value);
    void seconds(std::initializer_list<Label> labels, std::uint64_t microseconds);
    void signed_sample(std::initializer_list<Label> labels, std::int64_t value);
    [[nodiscard]] std::string take() { return std::move(text_); }

 private:
    void name_and(std::initializer_list<Label> labels);

    std::string name_, text_;
};

void write_vrrp(Page& page, const VrrpSnapshot& vrrp);
void write_bfd(Page& page, const BfdSessions& sessions);
void write_work(Page& page, const WorkCounts& work);

}  // namespace lvx::api
