// One mail over one connection, blocking within bounds; ends early when `cancel` becomes readable.
#pragma once

#include <chrono>
#include <string>

#include "base/result.hh"
#include "notify/smtp_dialogue.hh"

namespace lvx::notify {

struct MailServer {
    std::string host;
    Port port = 25;
    std::chrono::milliseconds connect_timeout{30'000}, reply_timeout{30'000};
};

[[nodiscard]] Result<void> deliver(const MailServer& server, const Envelope& envelope, int cancel);

}  // namespace lvx::notify
