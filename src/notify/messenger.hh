// Carries out notifications on threads of its own: nobody who tells something ever waits for a script, a FIFO's reader or
// a mail server.  tell() may be called from every thread; what it is told happens in that order for each object.
//
//   tell --queue--> thread: order.cc --> Runner (one lane an object), FIFO files --> mail queue --> mail thread
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/result.hh"
#include "model/event.hh"
#include "notify/notice.hh"
#include "script/runner.hh"

namespace lvx::notify {

struct Bounds {
    std::size_t notices = 65536;     // told and not yet carried out
    std::size_t fifo_lines = 4096;   // of one FIFO whose reader is slow
    std::size_t mails = 256;
    // A notify script that hangs must not keep its object's later ones waiting for ever.
    std::chrono::milliseconds script_time{300'000};
    std::chrono::milliseconds mail_reply_time{30'000}, mail_retry_delay{5'000};
};

// Since start, one for each bound and each failure.
struct Counters {
    std::uint64_t notices = 0, notices_lost = 0;
    std::uint64_t fifo_lines = 0, fifo_lines_lost = 0;
    std::uint64_t mails_sent = 0, mails_failed = 0, mails_lost = 0;
    script::Counters scripts;
    bool operator==(const Counters&) const = default;
};

class Messenger {
 public:
    // Makes the FIFOs and starts their scripts.  `emit` is called from the Messenger's threads: hand over a function that
    // posts to the loop which owns the events.
    static Result<std::unique_ptr<Messenger>> start(Settings settings, script::Rules rules, Bounds bounds, model::EmitEvent emit);

    virtual ~Messenger() = default;

    virtual void tell(Notice notice) = 0;
    // A reload: FIFOs that changed are opened anew.
    virtual void configure(Settings settings, script::Rules rules) = 0;
    // True when all that was told is carried out (mail excepted); waits for it at most so long.  For the end of a daemon.
    virtual bool drain(std::chrono::milliseconds patience) = 0;
    [[nodiscard]] virtual Counters counters() const = 0;
};

inline constexpr std::chrono::milliseconds stop_patience{1000};  // keepalived's, for scripts at the end

}  // namespace lvx::notify
