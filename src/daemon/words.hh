// Sentences and words of the daemon's answers and log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "net/world.hh"

namespace lvx::daemon {

// "52:54:00:12:34:56 on eth1", or why there is none.
[[nodiscard]] std::string neighbour_text(const net::World& world, const std::optional<net::Way>& way);
[[nodiscard]] std::string mac_text(const net::Mac& mac);
[[nodiscard]] std::string_view hook_words(net::Hook hook);  // "xdp native"
// The error's sentence, and what to do about it.
[[nodiscard]] std::string with_hint(const Error& error);
// Errors of Dataplane::set_interfaces name their interface in the sentence, as a word.
[[nodiscard]] bool names_interface(const Error& error, std::string_view interface);

}  // namespace lvx::daemon
