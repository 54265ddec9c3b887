#include "model/event_ring.hh"

#include <algorithm>

#include "base/ensure.hh"

namespace lvx::model {

EventRing::EventRing(std::size_t capacity) : capacity_(capacity), counts_(event_forms().size()) { ensure(capacity > 0); }

std::uint64_t EventRing::add(const Event& event, std::chrono::system_clock::time_point now) {
    ++counts_[static_cast<std::size_t>(event.kind)];
    kept_.push_back({++last_, now, event});
    if (kept_.size() > capacity_) {
        kept_.pop_front();
        ++dropped_;
    }
    return last_;
}

EventPage EventRing::page(std::uint64_t since, std::size_t limit) const {
    EventPage page{.last = last_};
    if (since > last_) since = 0;
    const std::uint64_t first = last_ - kept_.size();  // sequence before the first that is kept
    page.missed = since < first ? first - since : 0;
    const std::size_t skip = static_cast<std::size_t>(std::max(since, first) - first);
    const std::size_t take = std::min(limit, kept_.size() - skip);
    page.events.assign(kept_.begin() + static_cast<std::ptrdiff_t>(skip), kept_.begin() + static_cast<std::ptrdiff_t>(skip + take));
    if (!page.events.empty()) page.last = page.events.back().sequence;
    return page;
}

}  // namespace lvx::model
