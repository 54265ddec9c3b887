// A steady stream of numbered datagrams to an echo, and how many come back: what loses a packet shows as a difference.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "lab/web.hh"

namespace lvx::cluster {

struct StreamReport {
    std::uint64_t sent = 0, echoed = 0;
};

class DatagramStream {
 public:
    // At most `window` are under way at once, so that no buffer on the way overflows.
    static constexpr std::uint64_t window = 64;

    static Result<DatagramStream> start(int network_namespace, const Endpoint& echo);
    DatagramStream(DatagramStream&&) = default;
    ~DatagramStream();

    [[nodiscard]] std::uint64_t echoed() const { return state_->echoed; }
    // Stops sending and waits for what is under way, `limit` at most.
    [[nodiscard]] StreamReport finish(lab::Milliseconds limit);

 private:
    struct State {
        Fd socket;
        std::atomic<bool> stop = false;
        std::atomic<std::uint64_t> sent = 0, echoed = 0;
    };
    explicit DatagramStream(std::unique_ptr<State> state);
    static void run(State& state);

    std::unique_ptr<State> state_;
    std::thread thread_;
};

}  // namespace lvx::cluster
