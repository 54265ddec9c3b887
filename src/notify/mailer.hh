// Sends mail from a thread of its own, one after the other: a name server or a mail server that hangs delays mail only.
// Each mail is tried twice.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "notify/notice.hh"

namespace lvx::notify {

struct MailBounds {
    std::size_t waiting = 256;                       // further mails are lost
    std::chrono::milliseconds reply_timeout{30'000}; // for each answer of the server
    std::chrono::milliseconds retry_delay{5'000};
};

struct MailCounters {
    std::uint64_t sent = 0, failed = 0, lost = 0;
    bool operator==(const MailCounters&) const = default;
};

class Mailer {
 public:
    // `failed(server, reason)` is called from the Mailer's thread.
    using OnFailure = std::function<void(const std::string& server, const std::string& reason)>;

    Mailer(const MailBounds& bounds, OnFailure failed);
    // Gives up what waits.  A look-up under way is left to end by itself: it touches nothing of ours any more.
    ~Mailer();

    void send(const SendMail& mail, const Settings& settings);
    [[nodiscard]] MailCounters counters() const;

 private:
    struct Desk;
    std::shared_ptr<Desk> desk_;
};

}  // namespace lvx::notify
