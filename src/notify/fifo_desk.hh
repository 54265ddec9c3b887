// The three FIFOs of a configuration and the scripts that read them.
#pragma once

#include <poll.h>

#include <array>
#include <optional>
#include <vector>

#include "model/event.hh"
#include "notify/fifo.hh"
#include "notify/notice.hh"
#include "script/runner.hh"

namespace lvx::notify {

struct FifoCounters {
    std::uint64_t lines = 0, lost = 0;
};

class FifoDesk {
 public:
    FifoDesk(std::size_t bound, model::EmitEvent emit) : bound_(bound), emit_(std::move(emit)) {}

    // Those that did not change stay open.
    void configure(const Settings& settings, const script::Rules& rules);
    void write(const WriteLine& line);
    // Adds what it waits for; then flush() and step().
    void add_to(std::vector<pollfd>& waiting) const;
    void step();
    [[nodiscard]] const FifoCounters& counters() const { return counters_; }

 private:
    struct Slot {
        model::Fifo form;
        std::optional<Fifo> fifo;
        std::optional<script::JobId> script;
        bool losing = false;
    };

    void change(Slot& slot, const model::Fifo& form);
    void start_script(Slot& slot);
    void account(Slot& slot, const Fifo::Written& written);
    void complain(const std::string& path, const std::string& reason);

    std::size_t bound_;
    model::EmitEvent emit_;
    std::array<Slot, 3> slots_;  // by FifoKind
    FifoCounters counters_;
    script::Rules rules_;
    // Its own: these scripts never end, and nobody waits for them at the end of the daemon.
    std::unique_ptr<script::Runner> runner_;
};

}  // namespace lvx::notify
