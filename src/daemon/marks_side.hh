// The daemon's end of netfilter's rules that mark: has them watched while there is a service of a mark, hands on which
// packets they mark, answers `lvx marks`.  A director without such a service runs no tool and has no thread for it, but
// where somebody asks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/marks.hh"
#include "marks/watch.hh"
#include "model/event.hh"
#include "model/model.hh"
#include "net/neighbour_machine.hh"

namespace lvx::daemon {

// Tools are looked for in the operator's folders first, then where distributions put nft and iptables-save.
[[nodiscard]] marks::WatchSettings mark_settings();

class MarksSide : public api::MarksDesk {
 public:
    struct Surroundings {
        marks::WatchSettings settings;
        std::function<net::Instant()> now;
        std::function<void(std::function<void()>)> post;        // to the loop; called from another thread
        std::function<void(model::MarkMembers)> observed;
        std::function<const model::Cluster&()> cluster;         // what the data plane was last given
        model::EmitEvent emit;
        std::function<void()> news;                             // who waits for marks() may ask again
    };

    explicit MarksSide(Surroundings surroundings) : outside_(std::move(surroundings)) {}

    // Whenever services may have come or gone.
    void follow_services();
    // What a look found.
    void take(marks::Sight sight);

    [[nodiscard]] api::MarksSnapshot marks() const override;
    [[nodiscard]] bool looked() override;
    void look_again() override;

 private:
    [[nodiscard]] bool start();
    void hand_over(const model::MarkMembers& members);
    void tell(const marks::Sight& sight);
    void tell_trouble(const marks::Sight& sight);

    Surroundings outside_;
    bool following_ = false;
    bool asked_ = false;                            // a look is under way for somebody who waits
    std::optional<model::MarkMembers> handed_;      // what `observed` was told last
    std::optional<marks::Sight> sight_;
    net::Instant looked_at_;
    std::set<marks::NotFollowed> told_;             // rules that the log names
    std::set<std::string> troubles_;                // of the last look
    std::unique_ptr<marks::Watch> watch_;           // uses outside_
};

}  // namespace lvx::daemon
