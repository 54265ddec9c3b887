// Commands about what happens: events, bfd.
#pragma once

#include <string>
#include <vector>

#include "api/events.hh"
#include "cli/change.hh"
#include "cli/usage.hh"

namespace lvx::cli {

[[nodiscard]] std::string event_row(const api::EventSnapshot& event);
[[nodiscard]] std::string bfd_text(const api::BfdSessions& sessions);

// Prints until there is nothing more, or for ever with --follow.
[[nodiscard]] int show_events(api::Client& client, const Invocation& invocation, const ChangeSurroundings& surroundings);

}  // namespace lvx::cli
